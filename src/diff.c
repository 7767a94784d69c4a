/* Drivers over a function: vjp, jvp, hvp, Jacobian, Hessian. Rests on the recorded sweeps alone. */
#include <tad/diff.h>

#include "tape.h"

static tad_tape *tape_of(const tad_var *x, size_t n) { return x ? tad__tape_of(x, n) : NULL; }

tad_status tad_vjp(tad_fn *f, void *user, const tad_var *x, size_t n, tad_var cotangent, tad_var *y, tad_var *gradients) {
    tad_tape *t = tape_of(x, n);
    if (!t || !f) return TAD_BAD_ARGUMENT;
    tad_var value = f(t, x, n, user);
    if (y) *y = value;
    return tad_grad(&value, &cotangent, 1, x, n, gradients);
}

tad_status tad_jvp(tad_fn *f, void *user, const tad_var *x, const tad_var *tangents, size_t n, tad_var *y, tad_var *tangent) {
    tad_tape *t = tape_of(x, n);
    if (!t || !f) return TAD_BAD_ARGUMENT;
    tad_var value = f(t, x, n, user);
    if (y) *y = value;
    return tad_tangent(&value, 1, x, tangents, n, tangent);
}

/* Forward over reverse: the tangent of the gradient. */
tad_status tad_hvp(tad_fn *f, void *user, const tad_var *x, const tad_var *v, size_t n, tad_var *out) {
    tad_status s = tad_vjp(f, user, x, n, tad_none(), NULL, out);
    return s == TAD_OK ? tad_tangent(out, n, x, v, n, out) : s;
}

/* Shape a followed by shape b. */
static bool joined(const tad_shape *a, const tad_shape *b, tad_shape *out) {
    if (a->rank + b->rank > TAD_MAX_RANK) return false;
    *out = *a;
    for (int i = 0; i < b->rank; i++) out->dim[out->rank++] = b->dim[i];
    return true;
}

/* Element k of the flattened y, as a 0-d variable. */
static tad_var element(tad_var flat, int64_t k) {
    tad_range r = {.start = TAD_INT(k), .stop = TAD_INT(k + 1)};
    return tad_reshape(tad_slice(flat, &r, 1), TAD_0D);
}

/* Rows d y[k] / d x by one reverse sweep each, stacked. */
static tad_status rows(tad_var y, tad_var x, tad_var *out) {
    tad_tape *t = y.tape;
    tad_shape sy = tad_shape_of(y), sx = tad_shape_of(x), shape;
    int64_t m = tad_size_of(y);
    if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
    if (!joined(&sy, &sx, &shape)) return tad__fail(t, TAD_TOO_LARGE, "jacobian: its rank would exceed %d", TAD_MAX_RANK);
    *out = tad_full(t, tad_dtype_of(y), shape, 0);
    if (m == 0 || tad_size_of(x) == 0) return tad_tape_status(t);
    tad_var *row = tad__buffers_take(&t->buffers, (size_t)m * sizeof *row);
    if (!row) return tad__no_memory(t, "jacobian");
    tad_var flat = tad_reshape(y, TAD_SHAPE(m));
    tad_status s = TAD_OK;
    for (int64_t k = 0; k < m && s == TAD_OK; k++) {
        tad_var yk = element(flat, k);
        s = tad_grad(&yk, NULL, 1, &x, 1, &row[k]);
    }
    if (s == TAD_OK) *out = tad_reshape(tad_stack(row, (size_t)m, 0), shape);
    tad__buffers_give(&t->buffers, row);
    return tad_tape_status(t);
}

static tad_status check_input(tad_tape *t, size_t n, size_t i) {
    return i < n ? TAD_OK : tad__fail(t, TAD_BAD_ARGUMENT, "there is no input %zu of %zu", i, n);
}

tad_status tad_jacobian(tad_fn *f, void *user, const tad_var *x, size_t n, size_t i, tad_var *out) {
    tad_tape *t = tape_of(x, n);
    if (!t || !f) return TAD_BAD_ARGUMENT;
    *out = tad__nil(t);
    if (check_input(t, n, i) != TAD_OK) return tad_tape_status(t);
    tad_var y = f(t, x, n, user);
    return tad_is_nil(y) ? tad_tape_status(t) : rows(y, x[i], out);
}

tad_status tad_hessian(tad_fn *f, void *user, const tad_var *x, size_t n, size_t i, size_t j, tad_var *out) {
    tad_tape *t = tape_of(x, n);
    if (!t || !f) return TAD_BAD_ARGUMENT;
    *out = tad__nil(t);
    if (check_input(t, n, i) != TAD_OK || check_input(t, n, j) != TAD_OK) return tad_tape_status(t);
    tad_var y = f(t, x, n, user), g;
    tad_status s = tad_grad(&y, NULL, 1, &x[i], 1, &g);
    return s == TAD_OK ? rows(g, x[j], out) : s;
}
