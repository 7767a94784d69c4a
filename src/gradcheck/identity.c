/* Laws of the gradient check: reverse against forward mode, and the symmetry of second derivatives.
 * Rests on law.h. */
#include "identity.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "vector.h"

/* ---- reverse against forward ---- */

/* <v, J w> against <J'v, w>. NaNs are for the entries to judge. */
static void hold_together(tad__check *c, double left, double right, double size, const double *v,
                          const double *w, const char *what) {
    const tad__noise_at at[] = {{TAD__NOISE_REVERSE, c->p->x, v, w},
                                {TAD__NOISE_FORWARD, c->p->x, v, w}};
    tad__law_near(c, TAD_LAW_IDENTITY, tad__gap(left, right), size, 256 * DBL_EPSILON, at, 2, "%s",
                  what);
}

static tad_status check_pairs(tad__check *c) {
    tad__problem *p = c->p;
    size_t n = tad__inputs(p), m = tad__outputs(p);
    double *v = tad__take(p->workspace, n + m, sizeof *v), *w = v + m;
    if (!v) return tad_tape_status(p->workspace->tape);
    tad_status status = tad__problem_open(p, p->x);
    for (int k = 0; k < 8 && status == TAD_OK; k++) {
        (k % 2 ? tad__normals : tad__signs)(&c->random, v, m);
        (k % 2 ? tad__normals : tad__signs)(&c->random, w, n);
        status = tad__problem_vjp(p, v, NULL, c->g2);
        if (status == TAD_OK) status = tad__problem_jvp(p, w, c->t2);
        if (status != TAD_OK) break;
        double size = fmax(tad__length(v, m) * tad__length(c->t2, m),
                           tad__length(c->g2, n) * tad__length(w, n));
        hold_together(c, tad__dot(v, c->t2, m), tad__dot(c->g2, w, n), size, v, w, "random pair");
    }
    tad__problem_close(p);
    return status;
}

/* One column of the Jacobian by forward mode, entry by entry; v: workspace, all zero. */
static void compare_column(tad__check *c, size_t j, const double *row_norm, double *v,
                           const double *w) {
    double size = tad__length(c->t2, tad__outputs(c->p));
    for (size_t i = 0; i < c->of.n; i++) {
        char what[60];
        size_t at = c->of.pick[i].at;
        snprintf(what, sizeof what, "output %zu, input %zu", c->of.pick[i].array,
                 c->wrt.pick[j].array);
        v[at] = 1;
        hold_together(c, c->t2[at], c->jacobian[i * c->wrt.n + j], fmax(size, row_norm[i]), v, w,
                      what);
        v[at] = 0;
    }
}

static tad_status check_columns(tad__check *c) {
    tad__problem *p = c->p;
    if (!c->wrt.complete || !c->of.complete || c->wrt.n * c->of.n > 4096) return TAD_OK;
    double *row_norm = tad__take(p->workspace, c->of.n, sizeof *row_norm);
    double *w = tad__take(p->workspace, tad__inputs(p), sizeof *w);
    double *v = tad__take(p->workspace, tad__outputs(p), sizeof *v);
    if (!row_norm || !w || !v) return tad_tape_status(p->workspace->tape);
    for (size_t i = 0; i < c->of.n; i++)
        row_norm[i] = tad__length(c->jacobian + i * c->wrt.n, c->wrt.n);
    tad_status status = tad__problem_open(p, p->x);
    for (size_t j = 0; j < c->wrt.n && status == TAD_OK; j++) {
        w[c->wrt.pick[j].at] = 1;
        status = tad__problem_jvp(p, w, c->t2);
        if (status == TAD_OK) compare_column(c, j, row_norm, v, w);
        w[c->wrt.pick[j].at] = 0;
    }
    tad__problem_close(p);
    return status;
}

tad_status tad__check_identity(tad__check *c) {
    tad_status status = check_pairs(c);
    return status == TAD_OK ? check_columns(c) : status;
}

/* ---- symmetry of second derivatives ---- */

/* On the open recording; u and w: zero after the first n elements. */
static tad_status hold_symmetric(tad__check *c, const double *u, const double *w, size_t n) {
    tad__problem *p = c->p;
    const tad__noise_at at[] = {{TAD__NOISE_FORWARD, p->x, u, w}, {TAD__NOISE_FORWARD, p->x, w, u}};
    tad_status status = tad__problem_jvp(p, u, c->t);
    if (status == TAD_OK) status = tad__problem_jvp(p, w, c->t2);
    if (status != TAD_OK) return status;
    double uhw = 0, whu = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        uhw += u[i] * c->t2[i];
        whu += w[i] * c->t[i];
        size += fabs(u[i] * c->t2[i]) + fabs(w[i] * c->t[i]);
    }
    tad__law_near(c, TAD_LAW_SYMMETRY, tad__gap(uhw, whu), size, 1024 * DBL_EPSILON, at, 2,
                  "Hessian");
    return TAD_OK;
}

tad_status tad__check_symmetry(tad__check *c, size_t n) {
    tad__problem *p = c->p;
    size_t all = tad__inputs(p);
    double *u = tad__take(p->workspace, 2 * all, sizeof *u), *w = u + all;
    if (!u) return tad_tape_status(p->workspace->tape);
    tad_status status = tad__problem_open(p, p->x);
    for (int k = 0; k < 4 && status == TAD_OK; k++) {
        tad__normals(&c->random, u, n);
        tad__normals(&c->random, w, n);
        status = hold_symmetric(c, u, w, n);
    }
    tad__problem_close(p);
    return status;
}
