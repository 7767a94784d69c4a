/* The gradient of cross_entropy by its logits: derivatives as graphs. It is g (Q s - q) with
 * s = softmax(x), the shares q of shares.c and their sum Q. Rests on entropy.h. */
#include "entropy.h"

#include "ops/operands.h"

static int axis_of(const tad_rule *r) {
    return tad__class_axis(tad_shape_of(r->in[TAD__ENTROPY_X]).rank);
}

static tad_var over_classes(const tad_rule *r, tad_var v) {
    return tad_sum(v, tad_keepdims(tad_axis(axis_of(r))));
}

static tad_var softmax_of(const tad_rule *r) {
    return tad_softmax(r->in[TAD__ENTROPY_X], axis_of(r));
}

/* softmax's Jacobian takes nothing from a constant along the classes. Without what v has at the
 * label, nothing cancels where the softmax is sure of it. */
static tad_var beyond_label(const tad_rule *r, tad_var v) {
    return tad_sub(v, tad_detach(over_classes(r, tad_mul(tad__entropy_targets(r), v))));
}

static bool is_each(const tad_rule *r) {
    const tad__entropy_options *o = r->options;
    return o->reduction == TAD_EACH;
}

/* A number for each loss times what there is for each logit. */
static tad_var times(const tad_rule *r, tad_var g, tad_var v) {
    return tad_mul(is_each(r) ? tad_unsqueeze(g, axis_of(r)) : g, v);
}

static tad_var times_cotangent(const tad_rule *r, tad_var v) {
    return tad__has_operand(r, TAD__ENTROPY_G) ? times(r, r->in[TAD__ENTROPY_G], v) : v;
}

static bool wants(const tad_rule *r, size_t i) { return tad__has_operand(r, i) && r->wanted[i]; }

/* By the weights, from what there is by q. A mean over labels is divided by their sum. */
static tad_var weight_gradient(const tad_rule *r, tad_var by_share) {
    tad_var d = tad__over_positions(tad_mul(by_share, tad__entropy_portions(r)));
    if (!tad__divides_by_weights(r)) return d;
    tad_var lost = tad_sum(tad_mul(r->given[0], r->out[0]), tad_all());
    return tad__over_weights(r, tad_sub(d, tad_mul(lost, tad__label_counts(r))));
}

/* With the cotangent v of Q s - q: Q s (v - s.v) by x, s.v - v by q. */
void tad__entropy_gradient_vjp(tad_rule *r) {
    tad_var v = beyond_label(r, times_cotangent(r, r->given[0])), s = softmax_of(r),
            inner = over_classes(r, tad_mul(s, v)), by_share = tad_sub(inner, v);
    if (r->wanted[TAD__ENTROPY_X])
        r->result[TAD__ENTROPY_X] =
            tad_mul(tad_mul(over_classes(r, tad__entropy_shares(r)), s), tad_sub(v, inner));
    if (r->wanted[TAD__ENTROPY_T]) r->result[TAD__ENTROPY_T] = tad__by_target(r, by_share);
    if (wants(r, TAD__ENTROPY_WEIGHT))
        r->result[TAD__ENTROPY_WEIGHT] = weight_gradient(r, by_share);
    if (!wants(r, TAD__ENTROPY_G)) return;
    tad_var d = tad_mul(r->given[0], tad__record_entropy_gradient(r, tad_none()));
    r->result[TAD__ENTROPY_G] = tad_sum(d, is_each(r) ? tad_axis(axis_of(r)) : tad_all());
}

static bool moves(const tad_rule *r, size_t i) {
    return tad__has_operand(r, i) && !tad_is_nil(r->given[i]);
}

/* How the shares move; nil: not at all. */
static tad_var share_tangent(const tad_rule *r) {
    tad_var sum = r->result[0];
    if (moves(r, TAD__ENTROPY_T)) sum = tad__by_target(r, r->given[TAD__ENTROPY_T]);
    if (!moves(r, TAD__ENTROPY_WEIGHT)) return sum;
    const tad_var w = r->given[TAD__ENTROPY_WEIGHT];
    tad_var d = tad_mul(tad__entropy_portions(r), tad__along_classes(r, w));
    if (tad__divides_by_weights(r)) {
        tad_var total = tad_sum(tad_mul(tad__label_counts(r), w), tad_all());
        d = tad__over_weights(r, tad_sub(d, tad_mul(tad__entropy_shares(r), total)));
    }
    return tad__plus(sum, d);
}

/* Q s' + Q' s - q', with s' = s (x' - s.x') */
void tad__entropy_gradient_jvp(tad_rule *r) {
    tad_var sum = r->result[0], q = share_tangent(r), s = softmax_of(r);
    if (moves(r, TAD__ENTROPY_X)) {
        const tad_var x = beyond_label(r, r->given[TAD__ENTROPY_X]);
        tad_var ds = tad_mul(s, tad_sub(x, over_classes(r, tad_mul(s, x))));
        sum = tad_mul(over_classes(r, tad__entropy_shares(r)), ds);
    }
    if (!tad_is_nil(q)) sum = tad__plus(sum, tad_sub(tad_mul(over_classes(r, q), s), q));
    if (!tad_is_nil(sum)) sum = times_cotangent(r, sum);
    if (moves(r, TAD__ENTROPY_G))
        sum = tad__plus(
            sum, times(r, r->given[TAD__ENTROPY_G], tad__record_entropy_gradient(r, tad_none())));
    r->result[0] = sum;
}
