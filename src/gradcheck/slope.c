/* The numeric derivative: the steps of levels.c below the scale of the point and, where they leave
 * much to be desired, below finer ones. Rests on levels.h alone. Derivation: docs/math.md. */
#include "slope.h"

#include <float.h>
#include <math.h>

static tad_status evaluate_all(const tad__path *path, double scale, size_t m, double *workspace,
                               tad__slope_steps *c) {
    int e;
    (void)frexp(scale, &e); /* scale < 2^e */
    c->x = path->x;
    c->near = ldexp(path->size, -TAD__FINE - 3);
    for (int k = 0; k < TAD__LEVELS; k++) {
        double *plus = workspace + (size_t)k * m, *minus = plus + TAD__LEVELS * m;
        c->h[k] = ldexp(1, e - 3 - k);
        tad_status status = path->f(path->user, c->h[k], plus, &c->plus[k]);
        if (status == TAD_OK) status = path->f(path->user, -c->h[k], minus, &c->minus[k]);
        if (status != TAD_OK) return status;
    }
    return TAD_OK;
}

/* What a finer scale says goes before: the coarser one's steps were too large. */
static void refine(tad__slope *s, const tad__slope *finer) {
    double natural = isfinite(s->natural) ? s->natural : finer->natural;
    double far = fabs(s->value - finer->value);
    bool same = s->kind == TAD__SLOPE_SMOOTH && finer->kind == TAD__SLOPE_SMOOTH &&
                far <= s->error + finer->error;
    s->open = finer->open;
    if (finer->kind == TAD__SLOPE_UNKNOWN && s->kind != TAD__SLOPE_UNKNOWN) return;
    if (same && s->error < finer->error && finer->error > 1e-6 * fabs(finer->value))
        s->error = fmax(s->error, far);
    else
        *s = *finer;
    s->natural = natural;
    s->rejected = true;
}

/* The next scale to try, or 0: down by all levels, or at once to the size of x; but steps stay far
 * above the rounding of what is moved. */
static double finer_scale(const tad__path *path, double scale) {
    double next = ldexp(scale, -TAD__LEVELS), x = fabs(path->x);
    if (x > 0 && x < next) next = x;
    next = fmax(next, ldexp(path->size, TAD__LEVELS - 42));
    return next <= scale / 16 && next > 16 * DBL_MIN ? next : 0;
}

static tad_status one_scale(const tad__path *path, double scale, const double *f0,
                            const double *noise, size_t m, double *workspace, tad__slope *out,
                            bool first, bool *more) {
    tad__slope_steps c;
    tad_status status = evaluate_all(path, scale, m, workspace, &c);
    *more = false;
    for (size_t j = 0; j < m && status == TAD_OK; j++) {
        const tad__values f = {f0[j],
                               workspace + j,
                               workspace + TAD__LEVELS * m + j,
                               m,
                               noise ? noise[j] : 0,
                               path->rounding ? path->rounding[j] : 0,
                               path->ripple ? path->ripple[j] : 0};
        tad__slope s;
        if (!first && !out[j].open) continue; /* another value asked for this scale */
        tad__levels_slope(&c, &f, &s);
        if (first)
            out[j] = s;
        else
            refine(&out[j], &s);
        if (s.open) *more = true;
    }
    return status;
}

tad_status tad__slopes(const tad__path *path, const double *f0, const double *noise, size_t m,
                       double *workspace, tad__slope *out) {
    enum { SCALES = 4 };
    double scale = path->scale;
    bool more = true;
    tad_status status = TAD_OK;
    for (int k = 0; k < SCALES && more && scale > 0 && status == TAD_OK; k++) {
        status = one_scale(path, scale, f0, noise, m, workspace, out, k == 0, &more);
        scale = path->fixed ? 0 : finer_scale(path, scale);
    }
    return status;
}
