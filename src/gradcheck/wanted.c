/* Laws of the gradient check about what is asked for: shapes of the derivatives, and derivatives
 * with respect to some of the inputs, the others being constants. Rests on law.h. */
#include "wanted.h"

#include <float.h>
#include <string.h>

#include <tad/diff.h>

#include "array/shape.h"

#include "vector.h"

/* ---- shapes and types ---- */

static bool fits(tad_var result, const tad_shape *shape) {
    tad_shape got = tad_shape_of(result);
    return tad__shape_equal(&got, shape) && tad_dtype_of(result) == TAD_F64;
}

/* Whether a derivative came out: the engine refuses what has a wrong shape. */
static bool came_out(tad__check *c, tad_status *status, const char *what) {
    bool refused = *status == TAD_BAD_SHAPE || *status == TAD_BAD_DTYPE;
    if (refused) {
        tad__note(&c->notes, TAD_LAW_SHAPE, 1, 0, "%s: %s", what,
                  tad_message(c->p->workspace->tape));
        tad_tape_clear(c->p->workspace->tape);
        *status = TAD_OK;
    }
    return *status == TAD_OK && !refused;
}

static tad_status shapes_of_gradients(tad__check *c) {
    tad__problem *p = c->p;
    tad__problem_seed_outputs(p, tad_borrow, c->v);
    tad_status status = tad__problem_record_vjp(p);
    if (came_out(c, &status, "gradient"))
        for (size_t i = 0; i < p->n_in; i++)
            tad__note(&c->notes, TAD_LAW_SHAPE, !fits(p->result[i], &p->in_shape[i]), 0,
                      "input %zu", i);
    return status;
}

static tad_status shapes_of_tangents(tad__check *c) {
    tad__problem *p = c->p;
    tad__problem_seed_inputs(p, tad_borrow, c->w);
    tad_status status = tad__problem_record_jvp(p);
    if (came_out(c, &status, "tangent"))
        for (size_t k = 0; k < p->n_out; k++)
            tad__note(&c->notes, TAD_LAW_SHAPE, !fits(p->result[k], &p->out_shape[k]), 0,
                      "output %zu", k);
    return status;
}

tad_status tad__check_shapes(tad__check *c) {
    tad__problem *p = c->p;
    tad_status status = tad__problem_open(p, p->x);
    if (status == TAD_OK) status = shapes_of_gradients(c);
    if (status == TAD_OK) status = shapes_of_tangents(c);
    if (status == TAD_OK) status = tad__problem_vjp(p, c->v, NULL, c->g2);
    if (status != TAD_OK) (void)came_out(c, &status, "sweep");
    tad__problem_close(p);
    return status;
}

/* ---- which inputs are wanted ---- */

typedef struct subset {
    bool *wanted;
    double *g, *t, *w; /* of all inputs: gradient, tangent, direction that is 0 elsewhere */
} subset;

/* The function with the other inputs as constants. */
static tad_status open_subset(tad__problem *p, const bool *wanted) {
    tad__problem_begin(p);
    for (size_t i = 0; i < p->n_in; i++) {
        const double *x = p->x + p->in_at[i];
        p->in[i] = (wanted[i] ? tad_input_borrow : tad_borrow)(p->workspace->tape, TAD_F64,
                                                               p->in_shape[i], x);
    }
    return tad__problem_call(p);
}

/* To s->g, of the wanted inputs. */
static tad_status gradients_of_subset(tad__problem *p, const double *v, const subset *s) {
    size_t n = tad__problem_cotangents(p, v, NULL, p->result, p->seed);
    tad_status status = n > 0 ? tad_reverse_from(p->result, p->seed, n) : TAD_OK;
    if (n == 0) memset(s->g, 0, tad__inputs(p) * sizeof *s->g);
    for (size_t i = 0; i < p->n_in && n > 0 && status == TAD_OK; i++)
        if (s->wanted[i])
            status = tad__gradient_read(p->in[i], tad__input_size(p, i), s->g + p->in_at[i]);
    return status;
}

static void hold_gradients(tad__check *c, const subset *s) {
    tad__problem *p = c->p;
    const tad__noise_at noise = {TAD__NOISE_REVERSE, p->x, c->v, NULL};
    for (size_t i = 0; i < p->n_in; i++) {
        size_t at = p->in_at[i], size = tad__input_size(p, i);
        if (!s->wanted[i]) continue;
        tad__law_near(c, TAD_LAW_WANTED, tad__distance(s->g + at, c->g + at, size),
                      tad__largest(c->g + at, size), 64 * DBL_EPSILON, &noise, 1,
                      "gradient, input %zu", i);
    }
}

/* The tangent of the wanted inputs alone, to out: others have none, where before they had zeros. */
static tad_status tangents_of_subset(tad__problem *p, const double *w, const subset *s,
                                     double *out) {
    size_t m = 0;
    tad_var *x = tad__take(p->workspace, p->n_in, sizeof *x);
    if (!x) return tad_tape_status(p->workspace->tape);
    for (size_t i = 0; i < p->n_in; i++) {
        if (!s->wanted[i]) continue;
        p->seed[m] = tad_borrow(p->workspace->tape, TAD_F64, p->in_shape[i], w + p->in_at[i]);
        x[m++] = p->in[i];
    }
    tad_status status = tad_tangent(p->out, p->n_out, x, p->seed, m, p->result);
    for (size_t k = 0; k < p->n_out && status == TAD_OK; k++)
        status = tad_read(p->result[k], out + p->out_at[k], tad__output_size(p, k));
    return status;
}

/* What the tangent is with zeros for the other inputs: s->t, for s->w. */
static tad_status tangents_with_zeros(tad__problem *p, const double *w, const subset *s) {
    for (size_t i = 0; i < p->n_in; i++)
        for (size_t e = p->in_at[i]; e < p->in_at[i + 1]; e++) s->w[e] = s->wanted[i] ? w[e] : 0;
    tad_status status = tad__problem_open(p, p->x);
    if (status == TAD_OK) status = tad__problem_jvp(p, s->w, s->t);
    tad__problem_close(p);
    return status;
}

static tad_status try_subset(tad__check *c, const subset *s) {
    tad__problem *p = c->p;
    size_t m = tad__outputs(p);
    const tad__noise_at noise = {TAD__NOISE_FORWARD, p->x, NULL, s->w};
    tad_status status = tangents_with_zeros(p, c->w, s);
    if (status != TAD_OK) return status;
    status = open_subset(p, s->wanted);
    if (status == TAD_OK) status = gradients_of_subset(p, c->v, s);
    if (status == TAD_OK) hold_gradients(c, s);
    if (status == TAD_OK) status = tangents_of_subset(p, c->w, s, c->t2);
    tad__problem_close(p);
    if (status == TAD_OK)
        tad__law_near(c, TAD_LAW_WANTED, tad__distance(c->t2, s->t, m), tad__largest(s->t, m),
                      64 * DBL_EPSILON, &noise, 1, "tangent");
    return status;
}

tad_status tad__check_wanted(tad__check *c) {
    enum { MOST = 6 };
    tad__problem *p = c->p;
    size_t n = tad__min(p->n_in, MOST), all = tad__inputs(p);
    subset s = {tad__take(p->workspace, p->n_in, sizeof *s.wanted),
                tad__take(p->workspace, all, sizeof *s.g),
                tad__take(p->workspace, tad__outputs(p), sizeof *s.t),
                tad__take(p->workspace, all, sizeof *s.w)};
    if (!s.wanted || !s.g || !s.t || !s.w) return tad_tape_status(p->workspace->tape);
    tad_status status = TAD_OK;
    for (size_t k = 0; k < 2 * n && n > 1 && status == TAD_OK; k++) {
        bool alone = k < n;
        if (!alone && n == 2) break; /* one left out of two: the other alone */
        for (size_t i = 0; i < p->n_in; i++) s.wanted[i] = (i == k % n) == alone;
        status = try_subset(c, &s);
    }
    return status;
}
