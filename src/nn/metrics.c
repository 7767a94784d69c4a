/* Accuracy and evaluation. Rests on the public headers. */
#include <math.h>

#include <tad/ops.h>
#include <tad/train.h>

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

static double refuse(tad_var x, tad_status code, const char *what) {
    tad_tape_fail(x.tape, code, "accuracy: %s", what);
    return NAN;
}

double tad_accuracy(tad_var scores, tad_var labels) {
    numbers s, l;
    if (!open_numbers(scores, &s) || !open_numbers(labels, &l)) return NAN;
    if (s.shape.rank != 2) return refuse(scores, TAD_BAD_SHAPE, "scores must be (B, C)");
    int64_t rows = s.shape.dim[0], classes = s.shape.dim[1], right = 0;
    bool one_hot = l.shape.rank == 2 && l.shape.dim[1] == classes;
    if (!one_hot && (l.shape.rank != 1 || l.dtype != TAD_I64))
        return refuse(scores, TAD_BAD_SHAPE, "labels must be int64 (B) or one-hot (B, C)");
    if (l.shape.dim[0] != rows) return refuse(scores, TAD_BAD_SHAPE, "as many labels as scores");
    for (int64_t i = 0; i < rows; i++) {
        int64_t label = one_hot ? largest(&l, i * classes, classes) : ((const int64_t *)l.data)[i];
        right += label >= 0 && largest(&s, i * classes, classes) == label;
    }
    return (double)right / (double)rows;
}

double tad_binary_accuracy(tad_var scores, tad_var targets, double threshold) {
    numbers s, y;
    if (!open_numbers(scores, &s) || !open_numbers(targets, &y)) return NAN;
    int64_t n = tad_size_of(scores), right = 0;
    if (tad_size_of(targets) != n)
        return refuse(scores, TAD_BAD_SHAPE, "as many targets as scores");
    for (int64_t i = 0; i < n; i++) {
        double score = at(&s, i);
        right += !isnan(score) && (score >= threshold) == (at(&y, i) >= 0.5);
    }
    return (double)right / (double)n;
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
