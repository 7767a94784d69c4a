/* Law of the gradient check: values that are no longer what was recorded. The engine refuses a
 * sweep over a node whose operand was changed, whatever the rule reads. It makes one exception: a
 * view of the operand, which changes with it, and whose rule is trusted to read no elements. An op
 * that breaks this trust gives a gradient of mixed values. Rests on law.h. */
#include "stale.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "vector.h"

/* The function with input k as a parameter that was changed since. */
static tad_status open_changed(tad__problem *p, size_t k) {
    size_t n = tad__input_size(p, k);
    tad__problem_begin(p);
    double *other = tad__take(p->workspace, n, sizeof *other);
    if (!other) return tad_tape_status(p->workspace->tape);
    for (size_t i = 0; i < p->n_in; i++)
        p->in[i] = (i == k ? tad_param : tad_input_borrow)(p->workspace->tape, TAD_F64,
                                                           p->in_shape[i], p->x + p->in_at[i]);
    tad_status status = tad__problem_call(p);
    for (size_t e = 0; e < n; e++) other[e] = -1.5 * p->x[p->in_at[k] + e] - 0.25;
    return status == TAD_OK ? tad_assign(p->in[k], other) : status;
}

typedef tad_status derivative(tad__problem *p, const double *from, double *to);

static tad_status by_sweep(tad__problem *p, const double *v, double *g) {
    return tad__problem_vjp(p, v, NULL, g);
}

typedef struct way {
    const char *name;
    derivative *run;
    bool forward;
} way;
static const way ways[] = {{"reverse", by_sweep, false},
                           {"grad", tad__problem_grad, false},
                           {"tangent", tad__problem_jvp, true}};

/* Refused as `expect`, or what it was at the recorded values. */
static tad_status try_way(tad__check *c, const way *w, tad_status expect, const char *what) {
    tad__problem *p = c->p;
    size_t n = w->forward ? tad__outputs(p) : tad__inputs(p);
    const double *right = w->forward ? c->t : c->g;
    double *got = w->forward ? c->t2 : c->g2;
    tad_status status = w->run(p, w->forward ? c->w : c->v, got);
    if (status == TAD_NO_MEMORY) return status;
    double error = status == TAD_OK ? tad__distance(got, right, n) : status != expect;
    if (status != TAD_OK) tad_tape_clear(p->workspace->tape);
    tad__note(&c->notes, TAD_LAW_STALE, tad__relative(error, fmax(tad__largest(right, n), DBL_MIN)),
              64 * DBL_EPSILON, "%s, %s", w->name, what);
    return TAD_OK;
}

static tad_status try_ways(tad__check *c, tad_status expect, const char *what) {
    tad_status status = TAD_OK;
    for (size_t i = 0; i < sizeof ways / sizeof *ways && status == TAD_OK; i++)
        status = try_way(c, &ways[i], expect, what);
    return status;
}

tad_status tad__check_stale(tad__check *c) {
    enum { MOST = 6 };
    tad__problem *p = c->p;
    tad_status status = tad__check_derive(c);
    for (size_t k = 0; k < tad__min(p->n_in, MOST) && status == TAD_OK; k++) {
        char what[40];
        if (p->in_at[k + 1] == p->in_at[k]) continue;
        snprintf(what, sizeof what, "input %zu changed", k);
        status = open_changed(p, k);
        if (status == TAD_OK) status = try_ways(c, TAD_STALE_VALUE, what);
        tad__problem_close(p);
    }
    return status;
}
