/* cross_entropy and nll_loss: derivatives as graphs. Without weights the loss is
 * sum_c q_c (logsumexp(x) - x_c), with the shares q of shares.c. Rests on entropy.h. */
#include "entropy.h"

#include <float.h>

#include "ops/operands.h"

/* A number for each class, along the class axis. */
tad_var tad__along_classes(const tad_rule *r, tad_var v) {
    tad_shape x = tad_shape_of(r->in[TAD__ENTROPY_X]), s = {x.rank - tad__class_axis(x.rank), {0}};
    for (int i = 0; i < s.rank; i++) s.dim[i] = i ? 1 : x.dim[tad__class_axis(x.rank)];
    return tad_reshape(v, s);
}

static tad_var class_weight(const tad_rule *r) {
    return tad__along_classes(r, r->in[TAD__ENTROPY_WEIGHT]);
}

/* What the loss is divided by when the targets are probabilities. */
static double positions(const tad_rule *r) {
    const tad__entropy_options *o = r->options;
    tad_shape x = tad_shape_of(r->in[TAD__ENTROPY_X]);
    return o->reduction == TAD_MEAN
               ? (double)tad_size_of(r->in[TAD__ENTROPY_X]) / (double)x.dim[tad__class_axis(x.rank)]
               : 1;
}

static bool has_labels(const tad_rule *r) { return tad_dtype_of(r->in[TAD__ENTROPY_T]) == TAD_I64; }

/* q without weights, and divided only where that does not depend on them. */
tad_var tad__entropy_portions(const tad_rule *r) {
    tad__entropy_options o = *(const tad__entropy_options *)r->options;
    tad_shape x = tad_shape_of(r->in[TAD__ENTROPY_X]);
    double even = o.label_smoothing / (double)x.dim[tad__class_axis(x.rank)];
    if (has_labels(r)) {
        if (tad__has_operand(r, TAD__ENTROPY_WEIGHT)) o.reduction = TAD_SUM;
        return tad__label_shares(r, o);
    }
    tad_var q = tad_add(tad_mul(r->in[TAD__ENTROPY_T], tad_number(1 - o.label_smoothing)),
                        tad_number(even));
    return tad_mul(q, tad_number(1 / positions(r)));
}

/* Whether the loss is a mean over the weights of labels. */
bool tad__divides_by_weights(const tad_rule *r) {
    const tad__entropy_options *o = r->options;
    return o->reduction == TAD_MEAN && has_labels(r) && tad__has_operand(r, TAD__ENTROPY_WEIGHT);
}

/* Sums to one number for each class. */
tad_var tad__over_positions(tad_var v) {
    int rank = tad_shape_of(v).rank;
    int others[TAD_MAX_RANK], n = 0;
    for (int i = 0; i < rank; i++)
        if (i != tad__class_axis(rank)) others[n++] = i;
    return tad_sum(v, tad_axes_of(others, (size_t)n));
}

tad_var tad__entropy_targets(const tad_rule *r) {
    tad__entropy_options o = *(const tad__entropy_options *)r->options;
    if (!has_labels(r)) return r->in[TAD__ENTROPY_T];
    o.reduction = TAD_SUM;
    o.label_smoothing = 0;
    return tad__label_shares(r, o);
}

/* How often each class is a label, and the sum of the labels' weights. */
tad_var tad__label_counts(const tad_rule *r) {
    return tad__over_positions(tad__entropy_targets(r));
}

static tad_var total_weight(const tad_rule *r) {
    return tad_sum(tad_mul(tad__label_counts(r), r->in[TAD__ENTROPY_WEIGHT]), tad_all());
}

/* q. A row that does not count has 0 even where nothing counts. */
tad_var tad__entropy_shares(const tad_rule *r) {
    tad_var p = tad__entropy_portions(r);
    if (!tad__has_operand(r, TAD__ENTROPY_WEIGHT)) return p;
    tad_var q = tad_mul(p, class_weight(r));
    if (!tad__divides_by_weights(r)) return q;
    return tad_where(tad_equal(p, tad_number(0)), tad_number(0), tad_div(q, total_weight(r)));
}

/* By the weight of its class: q / w times -log softmax(x), or -x of nll_loss, before the division
 * by weights. Zero times infinity is zero. */
static tad_var weight_slope(const tad_rule *r) {
    int axis = tad__class_axis(tad_shape_of(r->in[TAD__ENTROPY_X]).rank);
    tad_var y =
        tad__is_nll(r->op) ? r->in[TAD__ENTROPY_X] : tad_log_softmax(r->in[TAD__ENTROPY_X], axis);
    double least = tad_dtype_of(y) == TAD_F32 ? -FLT_MAX : -DBL_MAX;
    return tad_neg(tad_mul(tad__entropy_portions(r), tad_maximum(y, tad_number(least))));
}

/* Where nothing counts no weight has a say. */
tad_var tad__over_weights(const tad_rule *r, tad_var d) {
    tad_var total = total_weight(r), zero = tad_number(0);
    return tad_where(tad_equal(total, zero), zero, tad_div(d, total));
}

/* A mean over labels is divided by the total weight, which grows by each label's. */
static tad_var weight_gradient(const tad_rule *r, tad_var g) {
    tad_var d = tad__over_positions(tad_mul(g, weight_slope(r)));
    if (!tad__divides_by_weights(r)) return d;
    tad_var lost = tad_mul(tad_mul(g, r->out[0]), tad__label_counts(r));
    return tad__over_weights(r, tad_sub(d, lost));
}

tad_var tad__by_target(const tad_rule *r, tad_var v) {
    const tad__entropy_options *o = r->options;
    if (tad__has_operand(r, TAD__ENTROPY_WEIGHT)) v = tad_mul(v, class_weight(r));
    return tad_mul(v, tad_number((1 - o->label_smoothing) / positions(r)));
}

/* dq/dt, times log softmax(x): minus the derivative by the target. */
static tad_var target_slope(const tad_rule *r) {
    const tad_var x = r->in[TAD__ENTROPY_X];
    return tad__by_target(r, tad_log_softmax(x, tad__class_axis(tad_shape_of(x).rank)));
}

/* The derivative by the logits: (sum q) softmax(x) - q; of nll_loss: -q. */
static tad_var logit_slope(const tad_rule *r) {
    return tad__is_nll(r->op) ? tad_neg(tad__entropy_shares(r))
                              : tad__record_entropy_gradient(r, tad_none());
}

static tad_var logit_gradient(const tad_rule *r, tad_var along_classes) {
    return tad__is_nll(r->op) ? tad_mul(along_classes, logit_slope(r))
                              : tad__record_entropy_gradient(r, r->given[0]);
}

void tad__entropy_vjp(tad_rule *r) {
    const tad__entropy_options *o = r->options;
    tad_var g = r->given[0];
    if (o->reduction == TAD_EACH)
        g = tad_unsqueeze(g, tad__class_axis(tad_shape_of(r->in[TAD__ENTROPY_X]).rank));
    if (r->wanted[TAD__ENTROPY_X]) r->result[TAD__ENTROPY_X] = logit_gradient(r, g);
    if (r->wanted[TAD__ENTROPY_T]) r->result[TAD__ENTROPY_T] = tad_neg(tad_mul(g, target_slope(r)));
    if (tad__has_operand(r, TAD__ENTROPY_WEIGHT) && r->wanted[TAD__ENTROPY_WEIGHT])
        r->result[TAD__ENTROPY_WEIGHT] = weight_gradient(r, g);
}

/* What the division by weights takes away when those move. */
static tad_var lost_by_division(const tad_rule *r) {
    return tad_mul(r->out[0], tad_sum(tad_mul(tad__label_counts(r), r->given[TAD__ENTROPY_WEIGHT]),
                                      tad_all()));
}

void tad__entropy_jvp(tad_rule *r) {
    const tad__entropy_options *o = r->options;
    int axis = tad__class_axis(tad_shape_of(r->in[TAD__ENTROPY_X]).rank);
    bool weighs =
             tad__has_operand(r, TAD__ENTROPY_WEIGHT) && !tad_is_nil(r->given[TAD__ENTROPY_WEIGHT]),
         none = o->reduction == TAD_EACH;
    tad_axes over = none ? tad_axis(axis) : tad_all();
    tad_var sum = r->result[0];
    if (!tad_is_nil(r->given[TAD__ENTROPY_X]))
        sum = tad__plus(sum, tad_mul(logit_slope(r), r->given[TAD__ENTROPY_X]));
    if (!tad_is_nil(r->given[TAD__ENTROPY_T]))
        sum = tad__plus(sum, tad_neg(tad_mul(target_slope(r), r->given[TAD__ENTROPY_T])));
    if (!tad_is_nil(sum)) sum = tad_sum(sum, over);
    if (weighs) {
        tad_var d = tad_sum(
            tad_mul(weight_slope(r), tad__along_classes(r, r->given[TAD__ENTROPY_WEIGHT])), over);
        if (tad__divides_by_weights(r)) d = tad__over_weights(r, tad_sub(d, lost_by_division(r)));
        sum = tad__plus(sum, d);
    }
    r->result[0] = sum;
}
