/* Parts A and B of the gradient check: laws that hold exactly or to rounding, whatever the
 * function. Sizes of rounding errors are told from the Jacobian, so it is needed first. */
#include "check.h"

#include "tape/error.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "vector.h"

/* ---- vectors ---- */

static void scale_by(const double *a, double factor, size_t n, double *out) {
    for (size_t i = 0; i < n; i++) out[i] = factor * a[i];
}

static tad_status reverse_at(tad__check *c, const double *x, const double *v, double *g) {
    tad_status status = tad__point_open(c->p, x);
    if (status == TAD_OK) status = tad__point_sweep(c->p, v, NULL, g);
    tad__point_close(c->p);
    return status;
}

static tad_status forward_at(tad__check *c, const double *x, const double *w, double *t) {
    tad_status status = tad__point_open(c->p, x);
    if (status == TAD_OK) status = tad__point_jvp(c->p, w, t);
    tad__point_close(c->p);
    return status;
}

/* ---- A1, A2: unchanged operands, the same bits every time ---- */

/* Leaves NaNs in the memory that the next recording and its gradients will use. */
static tad_status poison(tad__check *c) {
    tad_tape *t = c->p->tape;
    size_t bytes = tad__min((tad__inputs(c->p) + tad__outputs(c->p) + 512) * 64, (size_t)1 << 20);
    tad_mark mark = tad_tape_mark(t);
    void *arena = tad__arena_take(&t->arena, bytes, 64);
    if (arena) memset(arena, 0xFF, bytes);
    (void)tad_tape_rewind(t, mark);
    return arena ? TAD_OK : tad__no_memory(t, "gradcheck");
}

static void check_unchanged(tad__check *c, const double *x, const double *v) {
    tad__problem *p = c->p;
    for (size_t i = 0; i < p->n_in; i++) {
        size_t n = p->in_at[i + 1] - p->in_at[i];
        bool same = n == 0 || memcmp(x + p->in_at[i], p->x + p->in_at[i], n * sizeof *x) == 0;
        double item = p->in_shape[i].rank == 0 ? tad_item(p->in[i]) : 0;
        if (p->in_shape[i].rank == 0) same = memcmp(&item, p->x + p->in_at[i], sizeof item) == 0;
        tad__law_note(c, TAD_LAW_UNCHANGED, !same, 0, "input %zu", i);
    }
    size_t m = tad__outputs(p);
    bool same = m == 0 || memcmp(v, c->v, m * sizeof *v) == 0;
    tad__law_note(c, TAD_LAW_UNCHANGED, !same, 0, "cotangent");
}

static bool same_bits(const double *a, const double *b, size_t n) {
    return n == 0 || memcmp(a, b, n * sizeof *a) == 0;
}

/* Once more at another place in memory; compares with y, g and t of the first time. */
static tad_status once_more(tad__check *c, size_t shift, const double *t1, double *room) {
    tad__problem *p = c->p;
    size_t n = tad__inputs(p), m = tad__outputs(p);
    double *x = room + shift, *v = x + n, *w = v + m, *y = w + n;
    tad_status status = poison(c);
    memcpy(x, p->x, n * sizeof *x);
    memcpy(v, c->v, m * sizeof *v);
    memcpy(w, c->w, n * sizeof *w);
    if (status != TAD_OK) return status;
    status = tad__point_open(p, x);
    if (status == TAD_OK) status = tad__point_read(p, y);
    if (status == TAD_OK) status = tad__point_sweep(p, v, NULL, c->g2);
    if (status == TAD_OK) status = tad__point_jvp(p, w, c->t2);
    if (status == TAD_OK) {
        check_unchanged(c, x, v);
        tad__law_note(c, TAD_LAW_DETERMINISM, !same_bits(y, p->y, m), 0, "value");
        tad__law_note(c, TAD_LAW_DETERMINISM, !same_bits(c->g2, c->g, n), 0, "VJP");
        tad__law_note(c, TAD_LAW_DETERMINISM, !same_bits(c->t2, t1, m), 0, "JVP");
    }
    tad__point_close(p);
    return status;
}

static tad_status check_determinism(tad__check *c) {
    size_t n = tad__inputs(c->p), m = tad__outputs(c->p);
    double *room = tad__check_take(c->p->tape, 2 * (n + m) + 8, sizeof *room);
    if (!room) return tad_tape_status(c->p->tape);
    tad__normals(&c->random, c->v, m);
    tad__normals(&c->random, c->w, n);
    tad_status status = reverse_at(c, c->p->x, c->v, c->g);
    if (status == TAD_OK) status = forward_at(c, c->p->x, c->w, c->t);
    for (size_t k = 1; k <= 7 && status == TAD_OK; k += 1 + (k > 1))
        status = once_more(c, k, c->t, room);
    return status;
}

/* ---- A3: homogeneity ---- */

static tad_status check_homogeneity(tad__check *c) {
    static const double factor[] = {0, 8, 0.125};
    tad__problem *p = c->p;
    size_t n = tad__inputs(p), m = tad__outputs(p);
    tad_status status = tad__point_open(p, p->x);
    double *v = tad__check_take(p->tape, n + m, sizeof *v), *w = v + m;
    const tad__noise_at at[] = {{TAD__NOISE_REVERSE, p->x, c->v, NULL},
                                {TAD__NOISE_FORWARD, p->x, NULL, c->w}};
    if (!v) status = tad_tape_status(p->tape);
    for (int k = 0; k < 3 && status == TAD_OK; k++) {
        scale_by(c->v, factor[k], m, v);
        scale_by(c->w, factor[k], n, w);
        status = tad__point_sweep(p, v, NULL, c->g2);
        if (status == TAD_OK) status = tad__point_jvp(p, w, c->t2);
        if (status != TAD_OK) break;
        scale_by(c->g, factor[k], n, w);
        scale_by(c->t, factor[k], m, v);
        tad__law_near(c, TAD_LAW_HOMOGENEITY, tad__distance(c->g2, w, n), 1, 0, &at[0], 1,
                      "VJP of %g v", factor[k]);
        tad__law_near(c, TAD_LAW_HOMOGENEITY, tad__distance(c->t2, v, m), 1, 0, &at[1], 1,
                      "JVP of %g w", factor[k]);
    }
    tad__point_close(p);
    return status;
}

/* ---- A4: missing cotangents, several outputs, NaN ---- */

static tad_status check_outputs(tad__check *c, double *sum, bool *given) {
    tad__problem *p = c->p;
    size_t n = tad__inputs(p);
    tad_status status = tad__point_open(p, p->x);
    for (size_t k = 0; k < p->n_out && status == TAD_OK; k++) {
        given[k] = true;
        for (size_t i = 0; i < tad__outputs(p); i++)
            c->t2[i] = i >= p->out_at[k] && i < p->out_at[k + 1] ? c->v[i] : 0;
        status = tad__point_sweep(p, c->t2, NULL, c->g2);
        if (status == TAD_OK) status = tad__point_sweep(p, c->v, given, c->w);
        given[k] = false;
        if (status != TAD_OK) break;
        tad__law_note(c, TAD_LAW_OUTPUTS, tad__distance(c->g2, c->w, n), 0, "output %zu alone", k);
        for (size_t i = 0; i < n; i++) sum[i] += c->g2[i];
    }
    tad__point_close(p);
    const tad__noise_at at = {TAD__NOISE_REVERSE, p->x, c->v, NULL};
    if (status == TAD_OK)
        tad__law_near(c, TAD_LAW_OUTPUTS, tad__distance(sum, c->g, n), tad__top(c->g, n),
                      64 * DBL_EPSILON, &at, 1, "sum");
    return status;
}

static tad_status check_several(tad__check *c) {
    double *sum = tad__check_take(c->p->tape, tad__inputs(c->p), sizeof *sum);
    bool *given = tad__check_take(c->p->tape, c->p->n_out, sizeof *given);
    double *w = tad__check_take(c->p->tape, tad__inputs(c->p), sizeof *w), *old = c->w;
    if (!sum || !given || !w) return tad_tape_status(c->p->tape);
    c->w = w; /* the tangent of other laws stays */
    tad_status status = check_outputs(c, sum, given);
    c->w = old;
    return status;
}

/* Where an entry of the Jacobian is not zero, a NaN must come through. */
static tad_status check_nan(tad__check *c) {
    tad__problem *p = c->p;
    tad_status status = tad__point_open(p, p->x);
    size_t rows = tad__min(c->of.n, 8);
    for (size_t i = 0; i < rows && status == TAD_OK; i++) {
        if (c->of.pick[i].sign) continue;
        memset(c->t2, 0, tad__outputs(p) * sizeof *c->t2);
        c->t2[c->of.pick[i].at] = NAN;
        status = tad__point_sweep(p, c->t2, NULL, c->g2);
        for (size_t j = 0; j < c->wrt.n && status == TAD_OK; j++) {
            const tad__pick *wrt = &c->wrt.pick[j];
            double a = c->a[i * c->wrt.n + j];
            if (wrt->sign || a == 0 || !isfinite(a)) continue;
            tad__law_note(c, TAD_LAW_NAN, !isnan(c->g2[wrt->at]), 0, "input %zu", wrt->array);
        }
    }
    tad__point_close(p);
    return status;
}

/* ---- A5: accumulation, a variable passed twice ---- */

/* With <c, x> added to what is reversed, the gradient buffer of x is not fresh when the function's
 * own contribution arrives. */
static tad_status check_accumulation(tad__check *c) {
    tad__problem *p = c->p;
    size_t n = tad__inputs(p), total = p->n_out + p->n_in;
    double *preset = tad__check_take(p->tape, n, sizeof *preset);
    tad_var *y = tad__check_take(p->tape, total, sizeof *y);
    if (!preset || !y) return tad_tape_status(p->tape);
    double size = fmax(tad__largest(c->g, n), 1);
    tad__normals(&c->random, preset, n);
    scale_by(preset, size, n, preset);
    tad_status status = tad__point_open(p, p->x);
    if (status == TAD_OK) {
        size_t k = tad__point_cotangents(p, c->v, NULL, y, p->seed);
        for (size_t i = 0; i < p->n_in; i++, k++) {
            y[k] = p->in[i];
            p->seed[k] = tad_borrow(p->tape, TAD_F64, p->in_shape[i], preset + p->in_at[i]);
        }
        status = tad_reverse_from(y, p->seed, k);
    }
    for (size_t i = 0; i < p->n_in && status == TAD_OK; i++)
        status = tad__gradient_read(p->in[i], p->in_at[i + 1] - p->in_at[i], c->g2 + p->in_at[i]);
    tad__point_close(p);
    for (size_t i = 0; i < n; i++) preset[i] += c->g[i];
    const tad__noise_at at = {TAD__NOISE_REVERSE, p->x, c->v, NULL};
    if (status == TAD_OK)
        tad__law_near(c, TAD_LAW_ACCUMULATION, tad__distance(c->g2, preset, n), size,
                      64 * DBL_EPSILON, &at, 1, "preset gradient");
    return status;
}

/* f(x, x) against f(x, x') with x' = x. Some functions refuse such a point: no law then. */
static tad_status twice(tad__check *c, size_t i, size_t j, double *x, double *both) {
    tad__problem *p = c->p;
    size_t n = p->in_at[i + 1] - p->in_at[i];
    memcpy(x, p->x, tad__inputs(p) * sizeof *x);
    memcpy(x + p->in_at[i], x + p->in_at[j], n * sizeof *x);
    tad_status status = reverse_at(c, x, c->v, c->g2);
    if (status != TAD_OK) return status;
    double *gi = c->g2 + p->in_at[i], *gj = c->g2 + p->in_at[j];
    double size = fmax(tad__top(gi, n), tad__top(gj, n));
    for (size_t k = 0; k < n; k++) gi[k] += gj[k];
    p->mark = tad_tape_mark(p->tape);
    for (size_t k = 0; k < p->n_in; k++)
        p->in[k] = tad_input_borrow(p->tape, TAD_F64, p->in_shape[k], x + p->in_at[k]);
    p->in[j] = p->in[i];
    status = tad__point_call(p);
    if (status == TAD_OK) status = tad__point_sweep(p, c->v, NULL, both);
    tad__point_close(p);
    const tad__noise_at at = {TAD__NOISE_REVERSE, x, c->v, NULL};
    if (status == TAD_OK && isfinite(size))
        tad__law_near(c, TAD_LAW_REPEATED, tad__distance(both + p->in_at[i], gi, n), size,
                      64 * DBL_EPSILON, &at, 1, "inputs %zu and %zu", i, j);
    return status;
}

static tad_status check_repeated(tad__check *c) {
    tad__problem *p = c->p;
    double *x = tad__check_take(p->tape, 2 * tad__inputs(p), sizeof *x);
    if (!x) return tad_tape_status(p->tape);
    size_t pairs = 0;
    for (size_t i = 0; i < p->n_in; i++) {
        for (size_t j = i + 1; j < p->n_in && pairs < 8; j++) {
            if (!tad__shape_equal(&p->in_shape[i], &p->in_shape[j])) continue;
            if (p->in_at[i + 1] == p->in_at[i]) continue;
            tad_status status = twice(c, i, j, x, x + tad__inputs(p));
            if (status == TAD_NO_MEMORY) return status;
            if (status != TAD_OK) tad_tape_clear(p->tape);
            pairs++;
        }
    }
    return TAD_OK;
}

/* ---- two ways of reverse mode ---- */

static tad_status check_paths(tad__check *c) {
    tad__problem *p = c->p;
    const tad__noise_at noise = {TAD__NOISE_REVERSE, p->x, c->v, NULL};
    tad_status status = tad__point_open(p, p->x);
    if (status == TAD_OK) status = tad__point_graph(p, c->v, c->g2);
    tad__point_close(p);
    for (size_t i = 0; i < p->n_in && status == TAD_OK; i++) {
        size_t at = p->in_at[i], n = p->in_at[i + 1] - at;
        double size = tad__top(c->g + at, n) + tad__top(c->g, tad__inputs(p)) / 4;
        tad__law_near(c, TAD_LAW_PATHS, tad__distance(c->g2 + at, c->g + at, n), size,
                      64 * DBL_EPSILON, &noise, 1, "input %zu", i);
    }
    return status;
}

/* ---- B: reverse against forward ---- */

/* <v, J w> against <J'v, w>. NaNs are for the entries to judge. */
static void hold_together(tad__check *c, double left, double right, double size, const double *v,
                          const double *w, const char *what) {
    const tad__noise_at at[] = {{TAD__NOISE_REVERSE, c->p->x, v, w},
                                {TAD__NOISE_FORWARD, c->p->x, v, w}};
    double error = left == right || (isnan(left) && isnan(right)) ? 0 : fabs(left - right);
    tad__law_near(c, TAD_LAW_IDENTITY, error, size, 256 * DBL_EPSILON, at, 2, "%s", what);
}

static tad_status check_pairs(tad__check *c) {
    tad__problem *p = c->p;
    size_t n = tad__inputs(p), m = tad__outputs(p);
    double *v = tad__check_take(p->tape, n + m, sizeof *v), *w = v + m;
    if (!v) return tad_tape_status(p->tape);
    tad_status status = tad__point_open(p, p->x);
    for (int k = 0; k < 8 && status == TAD_OK; k++) {
        (k % 2 ? tad__normals : tad__signs)(&c->random, v, m);
        (k % 2 ? tad__normals : tad__signs)(&c->random, w, n);
        status = tad__point_sweep(p, v, NULL, c->g2);
        if (status == TAD_OK) status = tad__point_jvp(p, w, c->t2);
        if (status != TAD_OK) break;
        double size = fmax(tad__length(v, m) * tad__length(c->t2, m),
                           tad__length(c->g2, n) * tad__length(w, n));
        hold_together(c, tad__dot(v, c->t2, m), tad__dot(c->g2, w, n), size, v, w, "random pair");
    }
    tad__point_close(p);
    return status;
}

/* One column of the Jacobian by forward mode, entry by entry; v: room, all zero. */
static void compare_column(tad__check *c, size_t j, const double *row_norm, double *v,
                           const double *w) {
    double size = tad__length(c->t2, tad__outputs(c->p));
    for (size_t i = 0; i < c->of.n; i++) {
        char what[60];
        size_t at = c->of.pick[i].at;
        snprintf(what, sizeof what, "output %zu, input %zu", c->of.pick[i].array,
                 c->wrt.pick[j].array);
        v[at] = 1;
        hold_together(c, c->t2[at], c->a[i * c->wrt.n + j], fmax(size, row_norm[i]), v, w, what);
        v[at] = 0;
    }
}

static tad_status check_columns(tad__check *c) {
    tad__problem *p = c->p;
    if (!c->wrt.complete || !c->of.complete || c->wrt.n * c->of.n > 4096) return TAD_OK;
    double *row_norm = tad__check_take(p->tape, c->of.n, sizeof *row_norm);
    double *w = tad__check_take(p->tape, tad__inputs(p), sizeof *w);
    double *v = tad__check_take(p->tape, tad__outputs(p), sizeof *v);
    if (!row_norm || !w || !v) return tad_tape_status(p->tape);
    for (size_t i = 0; i < c->of.n; i++)
        row_norm[i] = tad__length(c->a + i * c->wrt.n, c->wrt.n);
    tad_status status = tad__point_open(p, p->x);
    for (size_t j = 0; j < c->wrt.n && status == TAD_OK; j++) {
        w[c->wrt.pick[j].at] = 1;
        status = tad__point_jvp(p, w, c->t2);
        if (status == TAD_OK) compare_column(c, j, row_norm, v, w);
        w[c->wrt.pick[j].at] = 0;
    }
    tad__point_close(p);
    return status;
}

tad_status tad__check_laws(tad__check *c) {
    static tad_status (*const laws[])(tad__check *) = {
        check_determinism, check_homogeneity, check_nan,    check_accumulation,
        check_paths,       check_pairs,       check_columns};
    tad_status status = TAD_OK;
    for (size_t i = 0; i < sizeof laws / sizeof *laws && status == TAD_OK; i++) status = laws[i](c);
    if (status == TAD_OK && c->p->n_out > 1) status = check_several(c);
    /* Not of order 2: a gradient with respect to x, x means another function there. */
    if (status == TAD_OK && !c->second) status = check_repeated(c);
    if (status == TAD_OK && !c->second) status = tad__check_wanted(c);
    if (status == TAD_OK && !c->second) status = tad__check_stale(c);
    return status;
}
