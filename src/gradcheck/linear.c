/* Laws of the gradient check that follow from a derivative being linear in cotangent and tangent:
 * of their multiples, of one output at a time, of a NaN. Rests on law.h. */
#include "linear.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "vector.h"

/* ---- homogeneity ---- */

/* VJP and JVP of multiples against the multiples of both. workspace: n + m doubles. */
static tad_status hold_multiple(tad__check *c, double factor, double *workspace) {
    tad__problem *p = c->p;
    size_t n = tad__inputs(p), m = tad__outputs(p);
    double *v = workspace, *w = v + m;
    const tad__noise_at reverse = {TAD__NOISE_REVERSE, p->x, c->v, NULL};
    const tad__noise_at forward = {TAD__NOISE_FORWARD, p->x, NULL, c->w};
    tad__scale(c->v, factor, m, v);
    tad__scale(c->w, factor, n, w);
    tad_status status = tad__problem_vjp(p, v, NULL, c->g2);
    if (status == TAD_OK) status = tad__problem_jvp(p, w, c->t2);
    if (status != TAD_OK) return status;
    tad__scale(c->g, factor, n, w);
    tad__scale(c->t, factor, m, v);
    tad__law_near(c, TAD_LAW_HOMOGENEITY, tad__distance(c->g2, w, n), 1, 0, &reverse, 1,
                  "VJP of %g v", factor);
    tad__law_near(c, TAD_LAW_HOMOGENEITY, tad__distance(c->t2, v, m), 1, 0, &forward, 1,
                  "JVP of %g w", factor);
    return TAD_OK;
}

tad_status tad__check_homogeneity(tad__check *c) {
    static const double factor[] = {0, 8, 0.125};
    tad__problem *p = c->p;
    double *workspace =
        tad__take(p->workspace, tad__inputs(p) + tad__outputs(p), sizeof *workspace);
    if (!workspace) return tad_tape_status(p->workspace->tape);
    tad_status status = tad__problem_open(p, p->x);
    for (int k = 0; k < 3 && status == TAD_OK; k++) status = hold_multiple(c, factor[k], workspace);
    tad__problem_close(p);
    return status;
}

/* ---- missing cotangents, several outputs ---- */

/* Output k alone, the cotangents of others zero, and missing; added to sum. alone: workspace. */
static tad_status hold_output(tad__check *c, size_t k, bool *given, double *alone, double *sum) {
    tad__problem *p = c->p;
    size_t n = tad__inputs(p);
    for (size_t i = 0; i < tad__outputs(p); i++)
        c->t2[i] = i >= p->out_at[k] && i < p->out_at[k + 1] ? c->v[i] : 0;
    given[k] = true;
    tad_status status = tad__problem_vjp(p, c->t2, NULL, c->g2);
    if (status == TAD_OK) status = tad__problem_vjp(p, c->v, given, alone);
    given[k] = false;
    if (status != TAD_OK) return status;
    double error = tad__distance(c->g2, alone, n);
    tad__note(&c->notes, TAD_LAW_OUTPUTS, error, 0, "output %zu alone", k);
    for (size_t i = 0; i < n; i++) sum[i] += c->g2[i];
    return TAD_OK;
}

tad_status tad__check_outputs(tad__check *c) {
    tad__problem *p = c->p;
    size_t n = tad__inputs(p);
    double *sum = tad__take(p->workspace, n, sizeof *sum),
           *alone = tad__take(p->workspace, n, sizeof *alone);
    bool *given = tad__take(p->workspace, p->n_out, sizeof *given);
    if (!sum || !alone || !given) return tad_tape_status(p->workspace->tape);
    tad_status status = tad__problem_open(p, p->x);
    for (size_t k = 0; k < p->n_out && status == TAD_OK; k++)
        status = hold_output(c, k, given, alone, sum);
    tad__problem_close(p);
    const tad__noise_at at = {TAD__NOISE_REVERSE, p->x, c->v, NULL};
    if (status == TAD_OK)
        tad__law_near(c, TAD_LAW_OUTPUTS, tad__distance(sum, c->g, n), tad__top(c->g, n),
                      64 * DBL_EPSILON, &at, 1, "sum");
    return status;
}

/* ---- NaN ---- */

/* Whether c->g2, for a NaN in the cotangent of row i, has NaNs where the Jacobian's entries are not
 * zero. */
static void hold_row(tad__check *c, size_t i) {
    for (size_t j = 0; j < c->wrt.n; j++) {
        const tad__pick *wrt = &c->wrt.pick[j];
        double a = c->jacobian[i * c->wrt.n + j];
        if (wrt->sign || a == 0 || !isfinite(a)) continue;
        tad__note(&c->notes, TAD_LAW_NAN, !isnan(c->g2[wrt->at]), 0, "input %zu", wrt->array);
    }
}

tad_status tad__check_nan(tad__check *c) {
    tad__problem *p = c->p;
    size_t m = tad__outputs(p), rows = tad__min(c->of.n, 8);
    tad_status status = tad__problem_open(p, p->x);
    for (size_t i = 0; i < rows && status == TAD_OK; i++) {
        if (c->of.pick[i].sign) continue;
        memset(c->t2, 0, m * sizeof *c->t2);
        c->t2[c->of.pick[i].at] = NAN;
        status = tad__problem_vjp(p, c->t2, NULL, c->g2);
        if (status == TAD_OK) hold_row(c, i);
    }
    tad__problem_close(p);
    return status;
}
