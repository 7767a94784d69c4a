/* Checks of operands. Rests on operands.h. */
#include "operands.h"

tad_status tad__needs_float(const tad_call_frame *c, size_t i) {
    if (tad__is_float(c->in[i]->dtype)) return TAD_OK;
    return tad_fail(c, TAD_BAD_DTYPE, "needs float64 or float32, not %s; use tad_cast",
                    tad_dtype_name((tad_dtype)c->in[i]->dtype));
}

tad_status tad__need_one_float(const tad_call_frame *c) {
    for (size_t i = 0; i < c->n_in; i++)
        if (c->in[i] && tad__needs_float(c, i)) return TAD_BAD_DTYPE;
    return TAD_OK;
}

tad_status tad__broadcast_all(const tad_call_frame *c, tad_shape *out) {
    *out = tad__shape_of(c->in[0]);
    for (size_t i = 1; i < c->n_in; i++) {
        const tad_shape next = tad__shape_of(c->in[i]);
        if (!tad__shape_broadcast(out, &next, out))
            return tad_fail(c, TAD_BAD_SHAPE, "do not broadcast together");
    }
    return TAD_OK;
}

tad_status tad__masked_type(const tad_call_frame *c, tad_type *out) {
    tad_shape x = tad__shape_of(c->in[0]), mask = tad__shape_of(c->in[1]), both;
    if (c->in[1]->dtype != TAD_BOOL) return tad_fail(c, TAD_BAD_DTYPE, "the mask is not bool");
    if (!tad__shape_broadcast(&x, &mask, &both) || !tad__shape_equal(&both, &x))
        return tad_fail(c, TAD_BAD_SHAPE, "the mask does not broadcast to x");
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, x};
    return TAD_OK;
}

tad_status tad__check_per_axis(const tad_call_frame *c, const char *name, const tad_shape *given,
                               int rank, int64_t least, bool pairs) {
    const int n = given->rank;
    if (n != 0 && n != 1 && n != rank && !(pairs && n == 2 * rank))
        return tad_fail(c, TAD_BAD_ARGUMENT, "%s has %d numbers for %d axes", name, n, rank);
    for (int i = 0; i < n; i++)
        if (given->dim[i] < least || given->dim[i] > TAD__LARGEST_WINDOW)
            return tad_fail(c, TAD_BAD_ARGUMENT, "%s %lld is not within %lld to %d", name,
                            (long long)given->dim[i], (long long)least, TAD__LARGEST_WINDOW);
    return TAD_OK;
}
