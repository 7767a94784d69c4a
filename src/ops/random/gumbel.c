/* Softmax of logits with Gumbel's noise, the reparameterised choice of a class (Jang and others,
 * 2017). Composed of ops. Rests on operands.h. */
#include <math.h>

#include "ops/operands.h"

/* 1 for the largest of each row along an axis, the first of equals. */
static tad_var chosen(tad_var y, int axis) {
    const tad_shape s = tad_shape_of(y);
    const int at = axis < 0 ? axis + s.rank : axis;
    int order[TAD_MAX_RANK]; /* the last axis goes there */
    for (int i = 0; i < s.rank; i++) order[i] = i < at ? i : i == at ? s.rank - 1 : i - 1;
    tad_var one = tad_one_hot(tad_argmax(y, tad_axis(at)), s.dim[at]);
    return tad_cast(tad_permute(one, tad_axes_of(order, (size_t)s.rank)), tad_dtype_of(y));
}

tad_var tad_gumbel_softmax(tad_var logits, double tau, bool hard, int axis) {
    tad_tape *t = tad_tape_of(logits);
    if (t && !(tau > 0)) {
        tad_tape_fail(t, TAD_BAD_ARGUMENT, "gumbel_softmax: tau = %g is not above 0", tau);
        return (tad_var){0};
    }
    tad_var u = tad_rand(t, tad_dtype_of(logits), tad_shape_of(logits));
    tad_var noise = tad_neg(tad_log(tad_neg(tad_log(u))));
    tad_var y = tad_softmax(tad_mul(tad_add(logits, noise), tad_number(1 / tau)), axis);
    if (!hard || tad_is_nil(y)) return y;
    return tad_add(tad_sub(chosen(y, axis), tad_detach(y)), y);
}
