/* What every law works on, and how it allows for rounding. Rests on problem.h, pick.h, noise.h and
 * report.h. */
#include "law.h"

#include <math.h>

#include "vector.h"

/* ---- the state of a check ---- */

/* A Jacobian of at most 2^20 entries is kept. */
static tad_status choose_entries(tad__check *c) {
    tad__problem *p = c->p;
    const tad__sampling *how = &c->sampling;
    tad_status status =
        tad__picks_choose(&c->wrt, p->workspace, &c->random, how, p->n_in, p->in_at, c->inputs);
    if (status != TAD_OK) return status;
    size_t fits = tad__max(((size_t)1 << 20) / tad__max(c->wrt.n, 1), 16);
    size_t rows = tad__min(tad__min(how->limit, fits), 1024);
    const tad__sampling across = {rows, tad__min(rows, how->some), how->directions};
    return tad__picks_choose(&c->of, p->workspace, &c->random, &across, p->n_out, p->out_at, NULL);
}

tad_status tad__check_begin(tad__check *c) {
    tad__problem *p = c->p;
    size_t n = tad__inputs(p), m = tad__outputs(p);
    tad_status status = choose_entries(c);
    if (status != TAD_OK) return status;
    c->jacobian = tad__take(p->workspace, c->of.n, tad__max(c->wrt.n, 1) * sizeof *c->jacobian);
    c->largest = tad__take(p->workspace, p->n_in, sizeof *c->largest);
    c->v = tad__take(p->workspace, m, sizeof *c->v);
    c->t = tad__take(p->workspace, m, sizeof *c->t);
    c->t2 = tad__take(p->workspace, m, sizeof *c->t2);
    c->w = tad__take(p->workspace, n, sizeof *c->w);
    c->g = tad__take(p->workspace, n, sizeof *c->g);
    c->g2 = tad__take(p->workspace, n, sizeof *c->g2);
    return tad_tape_status(p->workspace->tape);
}

/* ---- derivatives at the point ---- */

static void keep_row(tad__check *c, size_t row) {
    for (size_t j = 0; j < c->wrt.n; j++) {
        const tad__pick *p = &c->wrt.pick[j];
        double a = tad__pick_component(p, c->g);
        c->jacobian[row * c->wrt.n + j] = a;
        if (fabs(a) > c->largest[p->array]) c->largest[p->array] = fabs(a);
    }
}

tad_status tad__check_jacobian(tad__check *c) {
    tad__problem *p = c->p;
    tad_status status = tad__problem_open(p, p->x);
    for (size_t i = 0; i < c->of.n && status == TAD_OK; i++) {
        tad__pick_unit(&c->of.pick[i], tad__outputs(p), c->v);
        status = tad__problem_vjp(p, c->v, NULL, c->g);
        if (status == TAD_OK) keep_row(c, i);
    }
    tad__problem_close(p);
    return status;
}

static tad_status derive_reverse(tad__check *c) {
    tad_status status = tad__problem_open(c->p, c->p->x);
    if (status == TAD_OK) status = tad__problem_vjp(c->p, c->v, NULL, c->g);
    tad__problem_close(c->p);
    return status;
}

static tad_status derive_forward(tad__check *c) {
    tad_status status = tad__problem_open(c->p, c->p->x);
    if (status == TAD_OK) status = tad__problem_jvp(c->p, c->w, c->t);
    tad__problem_close(c->p);
    return status;
}

tad_status tad__check_derive(tad__check *c) {
    tad_status status = derive_reverse(c);
    return status == TAD_OK ? derive_forward(c) : status;
}

tad_status tad__check_draw(tad__check *c) {
    tad__normals(&c->random, c->v, tad__outputs(c->p));
    tad__normals(&c->random, c->w, tad__inputs(c->p));
    return tad__check_derive(c);
}

/* ---- rounding ---- */

/* A law that is broken often needs no more estimates: they are not cheap. */
static bool may_be_rounding(const tad__check *c, tad_law law, double error) {
    return isfinite(error) && tad__note_broken(&c->notes, law) < 4;
}

void tad__law_near(tad__check *c, tad_law law, double error, double size, double limit,
                   const tad__noise_at *at, size_t n, const char *format, ...) {
    double relative = tad__relative(error, size);
    if (!(relative <= limit) && may_be_rounding(c, law, error)) {
        double noise = 0;
        for (size_t i = 0; i < n; i++) noise += 16 * tad__noise(c->p, at[i], limit == 0);
        if (error <= noise) relative = limit; /* rounding, which is no error of the rule */
    }
    va_list args;
    va_start(args, format);
    tad__note_v(&c->notes, law, relative, limit, format, args);
    va_end(args);
}
