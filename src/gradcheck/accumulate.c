/* Laws of the gradient check about how gradients come together: added to what is there, from a
 * variable that is passed twice, by kernels or by the graph. Rests on law.h. */
#include "accumulate.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <tad/diff.h>

#include "array/shape.h"

#include "vector.h"

/* ---- what is there already ---- */

/* With <c, x> added to what is reversed, the gradient buffer of x is not fresh when the function's
 * own contribution arrives. */
static tad_status sweep_with_preset(tad__problem *p, const double *v, const double *preset,
                                    tad_var *y, double *g) {
    size_t k = tad__problem_cotangents(p, v, NULL, y, p->seed);
    for (size_t i = 0; i < p->n_in; i++, k++) {
        y[k] = p->in[i];
        p->seed[k] = tad_borrow(p->workspace->tape, TAD_F64, p->in_shape[i], preset + p->in_at[i]);
    }
    tad_status status = tad_reverse_from(y, p->seed, k);
    for (size_t i = 0; i < p->n_in && status == TAD_OK; i++)
        status = tad__gradient_read(p->in[i], tad__input_size(p, i), g + p->in_at[i]);
    return status;
}

tad_status tad__check_accumulation(tad__check *c) {
    tad__problem *p = c->p;
    size_t n = tad__inputs(p);
    double *preset = tad__take(p->workspace, n, sizeof *preset);
    tad_var *y = tad__take(p->workspace, p->n_out + p->n_in, sizeof *y);
    if (!preset || !y) return tad_tape_status(p->workspace->tape);
    double size = fmax(tad__largest(c->g, n), 1);
    tad__normals(&c->random, preset, n);
    tad__scale(preset, size, n, preset);
    tad_status status = tad__problem_open(p, p->x);
    if (status == TAD_OK) status = sweep_with_preset(p, c->v, preset, y, c->g2);
    tad__problem_close(p);
    for (size_t i = 0; i < n; i++) preset[i] += c->g[i];
    const tad__noise_at at = {TAD__NOISE_REVERSE, p->x, c->v, NULL};
    if (status == TAD_OK)
        tad__law_near(c, TAD_LAW_ACCUMULATION, tad__distance(c->g2, preset, n), size,
                      64 * DBL_EPSILON, &at, 1, "preset gradient");
    return status;
}

/* ---- a variable passed twice ---- */

static tad_status gradient_apart(tad__problem *p, const double *x, const double *v, double *g) {
    tad_status status = tad__problem_open(p, x);
    if (status == TAD_OK) status = tad__problem_vjp(p, v, NULL, g);
    tad__problem_close(p);
    return status;
}

/* With input i also in place of j. */
static tad_status gradient_twice(tad__problem *p, const double *x, const double *v, size_t i,
                                 size_t j, double *g) {
    tad__problem_begin(p);
    for (size_t k = 0; k < p->n_in; k++)
        p->in[k] = tad_input_borrow(p->workspace->tape, TAD_F64, p->in_shape[k], x + p->in_at[k]);
    p->in[j] = p->in[i];
    tad_status status = tad__problem_call(p);
    if (status == TAD_OK) status = tad__problem_vjp(p, v, NULL, g);
    tad__problem_close(p);
    return status;
}

/* f(x, x) against f(x, x') with x' = x. Some functions refuse such a point: no law then. */
static tad_status twice(tad__check *c, size_t i, size_t j, double *x, double *both) {
    tad__problem *p = c->p;
    size_t n = tad__input_size(p, i);
    memcpy(x, p->x, tad__inputs(p) * sizeof *x);
    memcpy(x + p->in_at[i], x + p->in_at[j], n * sizeof *x);
    tad_status status = gradient_apart(p, x, c->v, c->g2);
    if (status == TAD_OK) status = gradient_twice(p, x, c->v, i, j, both);
    if (status != TAD_OK) return status;
    double *gi = c->g2 + p->in_at[i], *gj = c->g2 + p->in_at[j];
    double size = fmax(tad__top(gi, n), tad__top(gj, n));
    for (size_t k = 0; k < n; k++) gi[k] += gj[k];
    const tad__noise_at at = {TAD__NOISE_REVERSE, x, c->v, NULL};
    if (isfinite(size))
        tad__law_near(c, TAD_LAW_REPEATED, tad__distance(both + p->in_at[i], gi, n), size,
                      64 * DBL_EPSILON, &at, 1, "inputs %zu and %zu", i, j);
    return TAD_OK;
}

static bool may_be_one(const tad__problem *p, size_t i, size_t j) {
    return tad__input_size(p, i) > 0 && tad__shape_equal(&p->in_shape[i], &p->in_shape[j]);
}

tad_status tad__check_repeated(tad__check *c) {
    enum { MOST = 8 };
    tad__problem *p = c->p;
    double *x = tad__take(p->workspace, 2 * tad__inputs(p), sizeof *x);
    if (!x) return tad_tape_status(p->workspace->tape);
    size_t pairs = 0;
    for (size_t i = 0; i < p->n_in; i++) {
        for (size_t j = i + 1; j < p->n_in && pairs < MOST; j++) {
            if (!may_be_one(p, i, j)) continue;
            tad_status status = twice(c, i, j, x, x + tad__inputs(p));
            if (status == TAD_NO_MEMORY) return status;
            if (status != TAD_OK) tad_tape_clear(p->workspace->tape);
            pairs++;
        }
    }
    return TAD_OK;
}

/* ---- two ways of reverse mode ---- */

tad_status tad__check_paths(tad__check *c) {
    tad__problem *p = c->p;
    const tad__noise_at noise = {TAD__NOISE_REVERSE, p->x, c->v, NULL};
    tad_status status = tad__problem_open(p, p->x);
    if (status == TAD_OK) status = tad__problem_grad(p, c->v, c->g2);
    tad__problem_close(p);
    for (size_t i = 0; i < p->n_in && status == TAD_OK; i++) {
        size_t at = p->in_at[i], n = p->in_at[i + 1] - at;
        double size = tad__top(c->g + at, n) + tad__top(c->g, tad__inputs(p)) / 4;
        tad__law_near(c, TAD_LAW_PATHS, tad__distance(c->g2 + at, c->g + at, n), size,
                      64 * DBL_EPSILON, &noise, 1, "input %zu", i);
    }
    return status;
}
