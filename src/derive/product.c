/* Drivers that multiply a function's derivatives by vectors. Rests on function.h and the sweeps. */
#include "function.h"

#include <string.h>

#include "sweep/apart.h"
#include "sweep/forward.h"
#include "sweep/group.h"
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

/* A driver at work on m seeds. */
typedef struct many {
    tad__function d;
    tad_var y;
    const tad_var *seeds;
    size_t m;
    tad_var *gradient, *out; /* gradient: of the Hessian products; NULL: not wanted */
    tad__lane_sweep lanes;   /* several at once */
    tad__numeric one;        /* tangents, and products, one by one */
    tad__apart apart;        /* gradients, begun when a first one is needed */
    bool begun;
} many;

/* Seeds from k on: n of them side by side, false where that cannot be; or one. */
typedef bool in_lanes(many *s, size_t k, size_t n);
typedef void alone(many *s, size_t k);

static void each(many *s, in_lanes *lanes, alone *one) {
    const tad_tape *t = s->d.t;
    for (size_t k = 0, n; k < s->m && t->error.status == TAD_OK; k += n) {
        n = tad__min(s->m - k, TAD__LANES);
        if (n > 1 && lanes(s, k, n)) continue;
        for (size_t i = k; i < k + n && t->error.status == TAD_OK; i++) one(s, i);
    }
}

/* ---- Hessian products ---- */

static bool products_in_lanes(many *s, size_t k, size_t n) {
    const size_t at = k * s->d.n;
    return tad__lanes_products(&s->lanes, s->seeds + at, n, k ? NULL : s->gradient, s->out + at);
}

static void product_alone(many *s, size_t k) {
    const size_t n = s->d.n;
    (void)!tad__forward_over_reverse(&s->one, &(tad__gradient_product){s->d.x, s->seeds + k * n, n,
                                                                       k ? NULL : s->gradient,
                                                                       s->out + k * n});
}

/* ---- tangents ---- */

static bool tangents_in_lanes(many *s, size_t k, size_t n) {
    return tad__lanes_tangents(&s->lanes, s->seeds + k * s->d.n, n, s->out + k);
}

static void tangent_alone(many *s, size_t k) {
    (void)!tad__forward(&s->one, s->d.x, s->seeds + k * s->d.n, s->d.n, s->out + k);
}

/* ---- gradients ---- */

static bool gradients_in_lanes(many *s, size_t k, size_t n) {
    return tad__lanes_gradients(&s->lanes, s->seeds + k, n, s->out + k * s->d.n);
}

static tad_var gradient_of(tad__apart *a, tad_var x) {
    tad__view view;
    const tad_array *g = tad__apart_gradient(a, x, &view);
    return g ? tad__swept_constant(x.tape, (tad_dtype)g->dtype, tad__shape_of(g), g->data)
             : tad__of_origin(tad_full(x.tape, tad_dtype_of(x), tad_shape_of(x), 0), TAD__SWEPT);
}

static void gradient_alone(many *s, size_t k) {
    const tad__function *d = &s->d;
    if (!s->begun) s->begun = tad__apart_begin(&s->apart, s->y, d->x, d->n, d->what);
    if (!s->begun) return;
    if (tad_node_needs_gradient(s->y)) (void)!tad__apart_reverse(&s->apart, s->y, s->seeds[k]);
    for (size_t i = 0; i < d->n && d->t->error.status == TAD_OK; i++)
        s->out[k * d->n + i] = gradient_of(&s->apart, d->x[i]);
}

/* ---- the drivers ---- */

/* What tells one from another. */
typedef struct driver {
    tad_status (*run)(const tad__function *d, tad_fn *f, void *user, tad_var *y);
    const char *what; /* the sweep for one seed, in messages */
    bool tangents, adjoints;
    in_lanes *lanes;
    alone *one;
} driver;

static tad_status sweep_all(many *s, const driver *driver) {
    const tad__function *d = &s->d;
    s->lanes = (tad__lane_sweep){.t = d->t, .y = s->y, .x = d->x, .nx = d->n};
    s->one = (tad__numeric){.t = d->t, .what = driver->what, .y = &s->y, .ny = 1};
    if (s->m > 1) tad__lanes_begin(&s->lanes, driver->tangents, driver->adjoints);
    each(s, driver->lanes, driver->one);
    tad__lanes_end(&s->lanes);
    if (s->begun) tad__apart_end(&s->apart);
    return d->t->error.status;
}

/* results: how many for each seed. */
static tad_status drive(many *s, const driver *driver, tad_fn *f, void *user, size_t results,
                        tad_var *y) {
    tad__function *d = &s->d;
    tad_var *own = NULL;
    tad_status status = prepare(d, f, s->out, s->seeds, &own);
    if (status == TAD_OK) status = driver->run(d, f, user, &s->y);
    if (status == TAD_OK) status = sweep_all(s, driver);
    if (own) tad__buffers_give(&d->t->buffers, own);
    if (y) *y = s->y;
    status = tad__function_end(d, tad__function_end(d, status, y, 1), s->gradient, s->m ? d->n : 0);
    return tad__function_end(d, status, s->out, results * s->m);
}

static const driver of_products = {.run = tad__function_run_to_number,
                                   .what = "forward over reverse",
                                   .tangents = true,
                                   .adjoints = true,
                                   .lanes = products_in_lanes,
                                   .one = product_alone},
                    of_tangents = {.run = tad__function_run,
                                   .what = "forward",
                                   .tangents = true,
                                   .lanes = tangents_in_lanes,
                                   .one = tangent_alone},
                    of_gradients = {.run = tad__function_run,
                                    .adjoints = true,
                                    .lanes = gradients_in_lanes,
                                    .one = gradient_alone};

tad_status tad_hvp(tad_fn *f, void *user, const tad_var *x, const tad_var *v, size_t n, tad_var *y,
                   tad_var *gradient, tad_var *out) {
    many s = {
        {.what = "hvp", .x = x, .n = n}, .seeds = v, .m = 1, .gradient = gradient, .out = out};
    return drive(&s, &of_products, f, user, n, y);
}

tad_status tad_hvp_many(tad_fn *f, void *user, const tad_var *x, const tad_var *v, size_t n,
                        size_t m, tad_var *y, tad_var *gradient, tad_var *out) {
    many s = {
        {.what = "hvp_many", .x = x, .n = n}, .seeds = v, .m = m, .gradient = gradient, .out = out};
    return drive(&s, &of_products, f, user, n, y);
}

tad_status tad_jvp_many(tad_fn *f, void *user, const tad_var *x, const tad_var *tangents, size_t n,
                        size_t m, tad_var *y, tad_var *out) {
    many s = {{.what = "jvp_many", .x = x, .n = n}, .seeds = tangents, .m = m, .out = out};
    return drive(&s, &of_tangents, f, user, 1, y);
}

tad_status tad_vjp_many(tad_fn *f, void *user, const tad_var *x, size_t n,
                        const tad_var *cotangents, size_t m, tad_var *y, tad_var *out) {
    many s = {{.what = "vjp_many", .x = x, .n = n}, .seeds = cotangents, .m = m, .out = out};
    return drive(&s, &of_gradients, f, user, n, y);
}
