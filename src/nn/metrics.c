/* Accuracy and evaluation. Rests on dataset.h and the public headers. */
#include <math.h>
#include <stdlib.h>

#include <tad/ops.h>
#include <tad/train.h>

#include "dataset.h"

/* The elements of a variable as numbers of any type. */
typedef struct numbers {
    const void *data;
    tad_dtype dtype;
    tad_shape shape;
} numbers;

static bool open_numbers(tad_var v, numbers *out) {
    *out = (numbers){tad_data(v), tad_dtype_of(v), tad_shape_of(v)};
    return out->data != NULL;
}

static double at(const numbers *x, int64_t i) {
    switch (x->dtype) {
    case TAD_F64: return ((const double *)x->data)[i];
    case TAD_F32: return (double)((const float *)x->data)[i];
    case TAD_I64: return (double)((const int64_t *)x->data)[i];
    default: return ((const uint8_t *)x->data)[i];
    }
}

/* The first of the largest of n elements from `first`; -1 if there is a NaN or nothing. */
static int64_t largest(const numbers *x, int64_t first, int64_t n) {
    int64_t best = n > 0 ? 0 : -1;
    for (int64_t i = 0; i < n; i++) {
        double value = at(x, first + i);
        if (isnan(value)) return -1;
        if (value > at(x, first + best)) best = i;
    }
    return best;
}

static double refuse(tad_var x, const char *what, tad_status code, const char *why) {
    tad_tape_fail(x.tape, code, "%s: %s", what, why);
    return NAN;
}

static tad_tape *tape_of(tad_var v) { return tad_is_number(v) || tad_is_none(v) ? NULL : v.tape; }

/* Opens both; else the tape knows why. */
static bool open_both(tad_var scores, tad_var labels, const char *what, numbers *s, numbers *l) {
    if (open_numbers(scores, s) && open_numbers(labels, l)) return true;
    tad_tape *t = tape_of(scores) ? tape_of(scores) : tape_of(labels);
    if (tad_tape_status(t) == TAD_OK)
        tad_tape_fail(t, TAD_BAD_HANDLE, "%s: scores or labels are no variables", what);
    return false;
}

/* Rows of scores, with the label of each. */
typedef struct judged {
    numbers score, label;
    int64_t rows, classes;
    bool one_hot;
} judged;

static bool open_judged(tad_var scores, tad_var labels, const char *what, judged *j) {
    if (!open_both(scores, labels, what, &j->score, &j->label)) return false;
    const tad_shape *s = &j->score.shape, *l = &j->label.shape;
    j->rows = s->dim[0];
    j->classes = s->dim[1];
    j->one_hot = l->rank == 2 && s->rank == 2 && l->dim[1] == s->dim[1];
    if (s->rank != 2)
        refuse(scores, what, TAD_BAD_SHAPE, "scores must be (B, C)");
    else if (!j->one_hot && (l->rank != 1 || j->label.dtype != TAD_I64))
        refuse(scores, what, TAD_BAD_SHAPE, "labels must be int64 (B) or one-hot (B, C)");
    else if (l->dim[0] != j->rows)
        refuse(scores, what, TAD_BAD_SHAPE, "as many labels as scores");
    return tad_tape_status(scores.tape) == TAD_OK;
}

static int64_t label_of(const judged *j, int64_t row) {
    return j->one_hot ? largest(&j->label, row * j->classes, j->classes)
                      : ((const int64_t *)j->label.data)[row];
}

double tad_accuracy(tad_var scores, tad_var labels) {
    judged j;
    int64_t right = 0;
    if (!open_judged(scores, labels, "accuracy", &j)) return NAN;
    for (int64_t i = 0; i < j.rows; i++) {
        const int64_t label = label_of(&j, i);
        right += label >= 0 && largest(&j.score, i * j.classes, j.classes) == label;
    }
    return (double)right / (double)j.rows;
}

/* Whether fewer than k scores of a row come before the label's: larger ones, and equal ones that
 * stand before it. */
static bool is_among(const judged *j, int64_t row, int64_t label, int64_t k) {
    const int64_t first = row * j->classes;
    int64_t before = 0;
    if (label < 0 || label >= j->classes) return false;
    const double own = at(&j->score, first + label);
    for (int64_t i = 0; i < j->classes; i++) {
        const double other = at(&j->score, first + i);
        if (isnan(other)) return false;
        before += other > own || (other == own && i < label);
    }
    return before < k;
}

double tad_top_k_accuracy(tad_var scores, tad_var labels, int64_t k) {
    judged j;
    int64_t right = 0;
    if (!open_judged(scores, labels, "top_k_accuracy", &j)) return NAN;
    if (k < 1) return refuse(scores, "top_k_accuracy", TAD_BAD_ARGUMENT, "k must be 1 or more");
    for (int64_t i = 0; i < j.rows; i++) right += is_among(&j, i, label_of(&j, i), k);
    return (double)right / (double)j.rows;
}

tad_status tad_confusion(tad_var scores, tad_var labels, int64_t *counts, size_t n) {
    judged j;
    tad_tape *t = tape_of(scores) ? tape_of(scores) : tape_of(labels);
    if (!open_judged(scores, labels, "confusion", &j)) return tad_tape_status(t);
    if (!counts || (double)n != (double)j.classes * (double)j.classes)
        return tad_tape_fail(scores.tape, TAD_BAD_ARGUMENT, "confusion: %lld classes, %zu counts",
                             (long long)j.classes, counts ? n : 0);
    for (int64_t i = 0; i < j.rows; i++) {
        const int64_t label = label_of(&j, i);
        if (label < 0 || label >= j.classes)
            return tad_tape_fail(scores.tape, TAD_BAD_INDEX, "confusion: label %lld of row %lld",
                                 (long long)label, (long long)i);
        if (largest(&j.score, i * j.classes, j.classes) < 0)
            return tad_tape_fail(scores.tape, TAD_NOT_FINITE, "confusion: a NaN in row %lld",
                                 (long long)i);
    }
    for (int64_t i = 0; i < j.rows; i++)
        counts[label_of(&j, i) * j.classes + largest(&j.score, i * j.classes, j.classes)]++;
    return TAD_OK;
}

/* ---- two classes ---- */

double tad_binary_accuracy(tad_var scores, tad_var targets, double threshold) {
    numbers s, y;
    if (!open_both(scores, targets, "binary_accuracy", &s, &y)) return NAN;
    int64_t n = tad_size_of(scores), right = 0;
    if (tad_size_of(targets) != n)
        return refuse(scores, "binary_accuracy", TAD_BAD_SHAPE, "as many targets as scores");
    for (int64_t i = 0; i < n; i++) {
        const double score = at(&s, i), target = at(&y, i);
        right += !isnan(score) && !isnan(target) && (score >= threshold) == (target >= 0.5);
    }
    return (double)right / (double)n;
}

typedef struct scored {
    double score;
    bool positive;
} scored;

static int by_score(const void *a, const void *b) {
    const double x = ((const scored *)a)->score, y = ((const scored *)b)->score;
    return (x > y) - (x < y);
}

/* The share of pairs, a positive and a negative, in which the positive is above; equal ones are
 * half. Sorted scores are walked by runs of equal ones. */
static double share_of_pairs(const scored *s, int64_t n) {
    double negatives = 0, positives = 0, won = 0;
    for (int64_t i = 0, end = 0; i < n; i = end) {
        double here[2] = {0, 0};
        for (end = i; end < n && s[end].score == s[i].score; end++) here[s[end].positive]++;
        won += here[1] * (negatives + 0.5 * here[0]);
        negatives += here[0];
        positives += here[1];
    }
    return won / (positives * negatives);
}

double tad_auc(tad_var scores, tad_var targets) {
    numbers s, y;
    if (!open_both(scores, targets, "auc", &s, &y)) return NAN;
    const int64_t n = tad_size_of(scores);
    if (tad_size_of(targets) != n)
        return refuse(scores, "auc", TAD_BAD_SHAPE, "as many targets as scores");
    scored *all = tad_tape_resize(scores.tape, NULL, (size_t)n + 1, sizeof *all);
    double share = all ? 0 : NAN;
    for (int64_t i = 0; all && i < n; i++) {
        all[i] = (scored){at(&s, i), at(&y, i) >= 0.5};
        if (isnan(all[i].score) || isnan(at(&y, i))) share = NAN;
    }
    if (all && !isnan(share)) {
        qsort(all, (size_t)n, sizeof *all, by_score);
        share = share_of_pairs(all, n);
    }
    tad_tape_resize(scores.tape, all, 0, 0);
    return share;
}

/* ---- evaluation ---- */

/* Adds one batch to the sums in *total; its variables are forgotten again. */
static void add_batch(tad_net *net, tad_var examples, tad_var labels, tad_score *total) {
    tad_var scores = tad_net_apply(net, examples);
    int64_t count = tad_shape_of(examples).dim[0];
    double n = (double)count, loss = tad_item(tad_cross_entropy(scores, labels, NULL));
    total->loss += n * loss;
    total->accuracy += n * tad_accuracy(scores, labels);
    total->count += count;
}

tad_status tad_evaluate(tad_net *net, tad_batches *batches, tad_score *out) {
    tad_tape *t = tad_net_tape(net);
    if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
    if (!batches || !out) return tad_tape_fail(t, TAD_BAD_ARGUMENT, "evaluate: NULL");
    if (tad__batches_tape(batches) != t)
        return tad_tape_fail(t, TAD_BAD_HANDLE, "evaluate: batches of another tape");
    tad_score total = {0};
    tad_var examples, labels;
    bool training = tad_net_is_training(net);
    tad_status status = tad_batches_restore(batches, (tad_batch_state){.done = 0});
    if (status != TAD_OK) return status;
    tad_mark mark = tad_tape_mark(t);
    tad_record_pause(t);
    tad_net_train(net, false);
    while (tad_batches_next(batches, &examples, &labels)) {
        add_batch(net, examples, labels, &total);
        if (tad_tape_rewind(t, mark) != TAD_OK) break;
    }
    tad_net_train(net, training);
    tad_record_resume(t);
    if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
    total.loss /= (double)total.count;
    total.accuracy /= (double)total.count;
    *out = total;
    return TAD_OK;
}
