/* Drivers that multiply a function's derivatives by vectors. Rests on function.h and the sweeps. */
#include "function.h"

#include <string.h>

#include "sweep/apart.h"
#include "sweep/forward.h"
#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/leaf.h"

/* ---- recorded ---- */

tad_status tad_vjp(tad_fn *f, void *user, const tad_var *x, size_t n, tad_var cotangent, tad_var *y,
                   tad_var *gradients) {
    tad__function d = {.what = "vjp", .x = x, .n = n};
    tad_var value = {0};
    tad_status s = tad__function_begin(&d, f, gradients);
    if (s == TAD_OK) s = tad__function_check_all(&d);
    if (s == TAD_OK) s = tad__function_run(&d, f, user, &value);
    if (s == TAD_OK) s = tad_grad(&value, &cotangent, 1, x, n, gradients);
    if (y) *y = value;
    return tad__function_end(&d, tad__function_end(&d, s, y, 1), gradients, n);
}

tad_status tad_jvp(tad_fn *f, void *user, const tad_var *x, const tad_var *tangents, size_t n,
                   tad_var *y, tad_var *tangent) {
    tad__function d = {.what = "jvp", .x = x, .n = n};
    tad_var value = {0};
    tad_status s = tad__function_begin(&d, f, tangent);
    if (s == TAD_OK && !tangents) s = tad__fail(d.t, TAD_BAD_ARGUMENT, "jvp: no tangents");
    if (s == TAD_OK) s = tad__function_check_all(&d);
    if (s == TAD_OK) s = tad__function_run(&d, f, user, &value);
    if (s == TAD_OK) s = tad_tangent(&value, 1, x, tangents, n, tangent);
    if (y) *y = value;
    return tad__function_end(&d, tad__function_end(&d, s, y, 1), tangent, 1);
}

/* ---- numeric, several at once ---- */

/* x in a list of its own, as results may be written over it. NULL: the error. */
static tad_var *own_list(tad__function *d) {
    tad_var *x = tad__buffers_take(&d->t->buffers, (d->n + 1) * sizeof *x);
    if (!x) {
        tad__no_memory(d->t, d->what);
        return NULL;
    }
    memcpy(x, d->x, d->n * sizeof *x);
    d->x = x;
    return x;
}

/* Until here nothing is computed; list: what was given for the vectors. */
static tad_status prepare(tad__function *d, tad_fn *f, const tad_var *out, const tad_var *list,
                          tad_var **own) {
    tad_status s = tad__function_begin(d, f, out);
    if (s == TAD_OK && !list) s = tad__fail(d->t, TAD_BAD_ARGUMENT, "%s: no vectors", d->what);
    if (s == TAD_OK) s = tad__function_check_all(d);
    if (s == TAD_OK && !(*own = own_list(d))) s = d->t->error.status;
    return s;
}

static tad_status products(const char *what, tad_fn *f, void *user, const tad_var *x,
                           const tad_var *v, size_t n, size_t m, tad_var *y, tad_var *gradient,
                           tad_var *out) {
    tad__function d = {.what = what, .x = x, .n = n};
    tad_var value = {0}, *own = NULL;
    tad_status s = prepare(&d, f, out, v, &own);
    if (s == TAD_OK) s = tad__function_run_to_number(&d, f, user, &value);
    tad__numeric sweep = {.t = d.t, .what = "forward over reverse", .y = &value, .ny = 1};
    for (size_t k = 0; k < m && s == TAD_OK; k++)
        s = tad__forward_over_reverse(
            &sweep, &(tad__product){own, v + k * n, n, k ? NULL : gradient, out + k * n});
    if (own) tad__buffers_give(&d.t->buffers, own);
    if (y) *y = value;
    s = tad__function_end(&d, tad__function_end(&d, s, y, 1), gradient, m ? n : 0);
    return tad__function_end(&d, s, out, n * m);
}

tad_status tad_hvp(tad_fn *f, void *user, const tad_var *x, const tad_var *v, size_t n, tad_var *y,
                   tad_var *gradient, tad_var *out) {
    return products("hvp", f, user, x, v, n, 1, y, gradient, out);
}

tad_status tad_hvp_many(tad_fn *f, void *user, const tad_var *x, const tad_var *v, size_t n,
                        size_t m, tad_var *y, tad_var *gradient, tad_var *out) {
    return products("hvp_many", f, user, x, v, n, m, y, gradient, out);
}

tad_status tad_jvp_many(tad_fn *f, void *user, const tad_var *x, const tad_var *tangents, size_t n,
                        size_t m, tad_var *y, tad_var *out) {
    tad__function d = {.what = "jvp_many", .x = x, .n = n};
    tad_var value = {0}, *own = NULL;
    tad_status s = prepare(&d, f, out, tangents, &own);
    if (s == TAD_OK) s = tad__function_run(&d, f, user, &value);
    tad__numeric sweep = {.t = d.t, .what = "forward", .y = &value, .ny = 1};
    for (size_t k = 0; k < m && s == TAD_OK; k++)
        s = tad__forward(&sweep, own, tangents + k * n, n, &out[k]);
    if (own) tad__buffers_give(&d.t->buffers, own);
    if (y) *y = value;
    return tad__function_end(&d, tad__function_end(&d, s, y, 1), out, m);
}

static tad_var gradient_of(tad__apart *a, tad_var x) {
    tad__view view;
    const tad_array *g = tad__apart_gradient(a, x, &view);
    return g ? tad__swept_constant(x.tape, (tad_dtype)g->dtype, tad__shape_of(g), g->data)
             : tad__of_origin(tad_full(x.tape, tad_dtype_of(x), tad_shape_of(x), 0), TAD__SWEPT);
}

static tad_status gradients(const tad__function *d, tad_var y, const tad_var *cotangents, size_t m,
                            tad_var *out) {
    tad__apart apart;
    const bool flat = !tad_node_needs_gradient(y);
    if (!tad__apart_begin(&apart, y, d->x, d->n, d->what)) return d->t->error.status;
    tad_status s = TAD_OK;
    for (size_t k = 0; k < m && s == TAD_OK; k++) {
        if (!flat) s = tad__apart_reverse(&apart, y, cotangents[k]);
        for (size_t i = 0; i < d->n && s == TAD_OK; i++) {
            out[k * d->n + i] = gradient_of(&apart, d->x[i]);
            s = d->t->error.status;
        }
    }
    tad__apart_end(&apart);
    return s;
}

tad_status tad_vjp_many(tad_fn *f, void *user, const tad_var *x, size_t n,
                        const tad_var *cotangents, size_t m, tad_var *y, tad_var *out) {
    tad__function d = {.what = "vjp_many", .x = x, .n = n};
    tad_var value = {0}, *own = NULL;
    tad_status s = prepare(&d, f, out, cotangents, &own);
    if (s == TAD_OK) s = tad__function_run(&d, f, user, &value);
    if (s == TAD_OK) s = gradients(&d, value, cotangents, m, out);
    if (own) tad__buffers_give(&d.t->buffers, own);
    if (y) *y = value;
    return tad__function_end(&d, tad__function_end(&d, s, y, 1), out, n * m);
}
