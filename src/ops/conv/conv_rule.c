/* Derivatives of convolutions, written with them. Rests on conv.h. */
#include "conv.h"
#include "ops/operands.h"

/* ---- the three arrays of a call ---- */

typedef struct arrays {
    tad_var of[3]; /* by role */
    tad_shape shape[3];
    int rank; /* axes behind the first two */
} arrays;

static arrays arrays_of(const tad_rule *r) {
    arrays a;
    a.of[tad__conv_operand(r->op, 0)] = r->in[0];
    a.of[tad__conv_operand(r->op, 1)] = r->in[1];
    a.of[tad__conv_result(r->op)] = r->out[0];
    for (int i = 0; i < 3; i++) a.shape[i] = tad_shape_of(a.of[i]);
    a.rank = a.shape[0].rank - 2;
    return a;
}

/* Options that say of these shapes everything, for whichever of the ops. */
static tad__conv_options spelled_out(const tad__conv_options *o, const arrays *a) {
    const tad__conv v =
        tad__conv_sizes(o, &a->shape[TAD__CONV_X], &a->shape[TAD__CONV_W], &a->shape[TAD__CONV_Y]);
    tad__conv_options all = {.groups = o->groups};
    all.stride.rank = all.dilation.rank = all.output_padding.rank = all.kernel_size.rank = a->rank;
    all.padding.rank = 2 * a->rank;
    for (int i = 0; i < a->rank; i++) {
        const tad__conv_axis *axis = &v.axis[TAD__SPATIAL - a->rank + i];
        all.stride.dim[i] = axis->stride;
        all.dilation.dim[i] = axis->dilation;
        all.kernel_size.dim[i] = axis->kernel;
        all.padding.dim[2 * i] = axis->pad;
        all.padding.dim[2 * i + 1] = axis->pad_behind;
        all.output_padding.dim[i] = axis->x + axis->pad + axis->pad_behind - tad__conv_reach(axis) -
                                    (axis->y - 1) * axis->stride;
    }
    return all;
}

/* The first elements of y on each axis: windows beyond what made x tell nothing. */
static tad_var shortened(tad_var y, const tad_shape *to) {
    const tad_shape have = tad_shape_of(y);
    for (int i = 2; i < to->rank && i < have.rank; i++)
        if (have.dim[i] > to->dim[i]) y = tad_slice(y, i, 0, to->dim[i], 1);
    return y;
}

/* The array of this role from the two others. */
static tad_var computed(const tad_rule *r, const arrays *a, tad__conv_role role) {
    const tad__conv_options all = spelled_out(r->options, a);
    const tad_var x = a->of[TAD__CONV_X], w = a->of[TAD__CONV_W], y = a->of[TAD__CONV_Y];
    const tad_op *op = tad__ops_conv + a->rank - 1;
    if (role == TAD__CONV_X)
        return tad_apply(op + TAD__CONV_TURNED, (tad_var[]){y, w}, 2, &all, NULL, 0);
    if (role == TAD__CONV_W)
        return tad_apply(tad__ops_conv + TAD__CONV_WEIGHT, (tad_var[]){x, y}, 2, &all, NULL, 0);
    return shortened(tad_apply(op, (tad_var[]){x, w}, 2, &all, NULL, 0), &a->shape[TAD__CONV_Y]);
}

/* ---- rules ---- */

/* Over all axes but that of channels. */
static tad_var summed(tad_var g, int rank) {
    int over[1 + TAD__SPATIAL] = {0};
    for (int i = 0; i < rank; i++) over[1 + i] = 2 + i;
    return tad_sum(g, tad_axes_of(over, (size_t)rank + 1));
}

void tad__conv_vjp(tad_rule *r) {
    arrays a = arrays_of(r);
    a.of[tad__conv_result(r->op)] = r->given[0];
    for (size_t i = 0; i < 2; i++)
        if (r->wanted[i]) r->result[i] = computed(r, &a, tad__conv_operand(r->op, i));
    if (tad__has_operand(r, 2) && r->wanted[2]) r->result[2] = summed(r->given[0], a.rank);
}

/* A bias as part of the result. */
static tad_var spread(tad_var bias, const tad_shape *shape) {
    tad_shape s = {shape->rank, {0}};
    for (int i = 0; i < s.rank; i++) s.dim[i] = i == 1 ? shape->dim[1] : 1;
    return tad_broadcast_to(tad_reshape(bias, s), *shape);
}

void tad__conv_jvp(tad_rule *r) {
    tad_var sum = r->result[0];
    const tad__conv_role result = tad__conv_result(r->op);
    for (size_t i = 0; i < 2; i++) {
        if (tad_is_nil(r->given[i])) continue;
        arrays a = arrays_of(r);
        a.of[tad__conv_operand(r->op, i)] = r->given[i];
        sum = tad__plus(sum, computed(r, &a, result));
    }
    if (tad__has_operand(r, 2) && !tad_is_nil(r->given[2])) {
        const tad_shape shape = tad_shape_of(r->out[0]);
        sum = tad__plus(sum, spread(r->given[2], &shape));
    }
    r->result[0] = sum;
}
