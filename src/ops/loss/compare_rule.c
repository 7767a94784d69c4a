/* The frame of losses that compare: derivatives as graphs. Rests on compare.h. */
#include "compare.h"
#include "ops/operands.h"

/* Each element's loss without its weight. */
static tad_var unweighted(const tad_rule *r) {
    tad__loss_options o = *(const tad__loss_options *)r->options;
    tad_var in[TAD__LOSS_INPUTS] = {
        r->in[TAD__LOSS_X], r->in[TAD__LOSS_T], tad_none(),
        tad__has_operand(r, TAD__LOSS_POSITIVE) ? r->in[TAD__LOSS_POSITIVE] : tad_none()};
    o.reduction = TAD_EACH;
    return tad_apply(r->op, in, r->n_in, &o, NULL, 0);
}

static tad_var element_slope(const tad_rule *r, const tad__loss *loss, int input) {
    if (input == TAD__LOSS_X) return loss->dx(r);
    if (input == TAD__LOSS_T) return loss->dt ? loss->dt(r) : tad_neg(loss->dx(r));
    if (input == TAD__LOSS_WEIGHT) return unweighted(r);
    return tad_neg(tad_mul(r->in[TAD__LOSS_T], tad_log_sigmoid(r->in[TAD__LOSS_X])));
}

static tad_shape full_shape_of(const tad_rule *r) {
    tad_shape s = tad_shape_of(r->in[TAD__LOSS_X]);
    return s.rank ? s : tad_shape_of(r->in[TAD__LOSS_T]);
}

/* One element's derivative with the weight and what the reduction divides by. */
static tad_var slope(const tad_rule *r, const tad__loss *loss, int input) {
    tad_var d = element_slope(r, loss, input);
    if (input != TAD__LOSS_WEIGHT && tad__has_operand(r, TAD__LOSS_WEIGHT))
        d = tad_mul(d, r->in[TAD__LOSS_WEIGHT]);
    tad_shape full = full_shape_of(r);
    double by = tad__compare_divisor(tad__compare_reduction(loss, r->options), &full);
    return by == 1 ? d : tad__times(d, 1 / by);
}

/* One number for each element: a factor may stand for several of them. */
static tad_var for_each(tad_var d, const tad_shape *full) {
    tad_shape s = tad_shape_of(d);
    return tad__shape_equal(&s, full) ? d : tad_broadcast_to(d, *full);
}

void tad__compare_vjp(tad_rule *r, const tad__loss *loss) {
    tad_shape full = full_shape_of(r);
    for (int i = TAD__LOSS_X; i < (int)r->n_in; i++)
        if (r->wanted[i]) r->result[i] = for_each(tad_mul(slope(r, loss, i), r->given[0]), &full);
}

void tad__compare_jvp(tad_rule *r, const tad__loss *loss) {
    tad_shape full = full_shape_of(r);
    tad_var sum = r->result[0];
    for (int i = TAD__LOSS_X; i < (int)r->n_in; i++) {
        if (tad_is_nil(r->given[i])) continue;
        sum = tad__plus(sum, tad_mul(slope(r, loss, i), r->given[i]));
    }
    if (tad_is_nil(sum)) return;
    sum = for_each(sum, &full);
    r->result[0] =
        tad__compare_reduction(loss, r->options) == TAD_EACH ? sum : tad_sum(sum, tad_all());
}

/* ---- constructors ---- */

tad_var tad__compare(const tad_op *op, tad_var x, tad_var t, const tad__loss_options *o) {
    return tad_apply(op, (tad_var[]){x, t}, 2, o, NULL, 0);
}

tad_var tad__compare_scaled(const tad_op *op, tad_var x, tad_var t, double p,
                            tad_reduction reduction) {
    return tad__compare(op, x, t, &(tad__loss_options){.reduction = reduction, .p = {true, p}});
}
