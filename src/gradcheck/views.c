/* Part A6 of the gradient check: inputs that are views (transposed, reversed, strided, offset,
 * expanded) against contiguous copies: same values, and gradients that arrive in the viewed array.
 */
#include "check.h"

#include "tape/error.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "vector.h"

typedef enum layout { TRANSPOSED, REVERSED, STRIDED, OFFSET, EXPANDED, LAYOUT_COUNT } layout;

static const char *const layout_name[] = {"transposed", "reversed", "strided", "offset",
                                          "expanded"};

/* One input seen as a view of a base array: element e of the view is element map[e] of the base. */
typedef struct viewed {
    tad_shape base;
    int64_t size; /* of the base */
    size_t *map;
    double *data; /* of the base; NaN where the view does not look */
    tad_var variable;
    long double *expected; /* gradient of the base: sums of many terms */
} viewed;

/* ---- where the elements are ---- */

static int expanded_axis(const tad_shape *s) {
    for (int d = 0; d < s->rank; d++)
        if (s->dim[d] > 1) return d;
    return -1;
}

static tad_shape base_shape(layout how, const tad_shape *s) {
    tad_shape base = *s;
    if (s->rank == 0) return base;
    if (how == TRANSPOSED)
        for (int d = 0; d < s->rank; d++) base.dim[d] = s->dim[s->rank - 1 - d];
    if (how == STRIDED) base.dim[s->rank - 1] *= 2;
    if (how == OFFSET) base.dim[0] += 2;
    if (how == EXPANDED && expanded_axis(s) >= 0) base.dim[expanded_axis(s)] = 1;
    return base;
}

/* Index in the base of the view's element at these coordinates. */
static size_t place(layout how, const tad_shape *s, const tad_shape *base, const int64_t *at) {
    int64_t stride[TAD_MAX_RANK], sum = 0;
    tad__shape_strides(base, stride);
    for (int d = 0; d < s->rank; d++) {
        int64_t i = at[d];
        int axis = how == TRANSPOSED ? s->rank - 1 - d : d;
        if (how == REVERSED) i = s->dim[d] - 1 - i;
        if (how == STRIDED && d == s->rank - 1) i *= 2;
        if (how == OFFSET && d == 0) i += 1;
        if (how == EXPANDED && d == expanded_axis(s)) i = 0;
        sum += i * stride[axis];
    }
    return (size_t)sum;
}

static void fill_map(layout how, const tad_shape *s, viewed *v, size_t n) {
    int64_t at[TAD_MAX_RANK] = {0};
    for (size_t e = 0; e < n; e++) {
        v->map[e] = place(how, s, &v->base, at);
        for (int d = s->rank - 1; d >= 0 && ++at[d] == s->dim[d]; d--) at[d] = 0;
    }
}

/* ---- the view as a variable ---- */

static tad_var look(layout how, tad_var base, const tad_shape *s) {
    int axes[TAD_MAX_RANK];
    for (int d = 0; d < s->rank; d++) axes[d] = how == TRANSPOSED ? s->rank - 1 - d : d;
    if (s->rank == 0) return base;
    switch (how) {
    case TRANSPOSED: return tad_permute(base, tad_axes_of(axes, (size_t)s->rank));
    case REVERSED: return tad_flip(base, tad_axes_of(axes, (size_t)s->rank));
    case STRIDED: return tad_slice(base, -1, 0, TAD_END, 2);
    case OFFSET: return tad_slice(base, 0, 1, -1, 1);
    default: return tad_broadcast_to(base, *s);
    }
}

static tad_status make_base(tad__problem *p, layout how, size_t i, viewed *v) {
    const tad_shape *s = &p->in_shape[i];
    const double *x = p->x + p->in_at[i];
    size_t n = p->in_at[i + 1] - p->in_at[i];
    v->base = base_shape(how, s);
    if (!tad__shape_size(&v->base, &v->size))
        return tad__fail(p->tape, TAD_TOO_LARGE, "gradcheck: layouts");
    v->map = tad__check_take(p->tape, n, sizeof *v->map);
    v->data = tad__check_take(p->tape, (size_t)v->size, sizeof *v->data);
    v->expected = tad__check_take(p->tape, (size_t)v->size, sizeof *v->expected);
    if (!v->map || !v->data || !v->expected) return tad_tape_status(p->tape);
    fill_map(how, s, v, n);
    for (int64_t e = 0; e < v->size; e++) v->data[e] = NAN;
    for (size_t e = n; e-- > 0;) v->data[v->map[e]] = x[e];
    return TAD_OK;
}

/* ---- the comparison ---- */

static void compare(tad__check *c, layout how, const double *x, const double *y, const double *y2,
                    const double *got, const viewed *v, size_t i) {
    tad__problem *p = c->p;
    size_t n = p->in_at[i + 1] - p->in_at[i], m = tad__outputs(p);
    const tad__noise_at value = {TAD__NOISE_VALUE, x, NULL, NULL};
    const tad__noise_at gradient = {TAD__NOISE_REVERSE, x, c->v, NULL};
    double error = 0, size = 0;
    /* A long sum over what was expanded rounds more than once. */
    double limit = 64 * DBL_EPSILON * (1 + sqrt((double)n));
    /* What is expanded may make everything vanish: sizes are also those of the point itself. */
    double top = fmax(tad__largest(y, m), tad__largest(p->y, m));
    tad__law_near(c, TAD_LAW_LAYOUT, tad__distance(y, y2, m), top, limit, &value, 1,
                  "value, %s", layout_name[how]);
    for (size_t e = 0; e < n; e++) v->expected[v->map[e]] += c->g[p->in_at[i] + e];
    for (int64_t e = 0; e < v->size; e++) {
        double wanted = (double)v->expected[e];
        error = fmax(error, tad__distance(&got[e], &wanted, 1));
    }
    for (size_t e = 0; e < n; e++) size += fabs(c->g[p->in_at[i] + e]);
    size = fmax(size, c->largest[i]);
    tad__law_near(c, TAD_LAW_LAYOUT, error, size, limit, &gradient, 1,
                  "gradient, input %zu %s", i, layout_name[how]);
}

/* The function and its gradient through views; y2 and the gradients of the bases come back. */
static tad_status through_views(tad__check *c, layout how, viewed *v, double *y2, double **got) {
    tad__problem *p = c->p;
    for (size_t i = 0; i < p->n_in; i++) {
        v[i].variable = tad_input_borrow(p->tape, TAD_F64, v[i].base, v[i].data);
        p->in[i] = look(how, v[i].variable, &p->in_shape[i]);
    }
    tad_status status = tad__point_call(p);
    if (status == TAD_OK) status = tad__point_read(p, y2);
    size_t n = 0;
    if (status == TAD_OK) n = tad__point_cotangents(p, c->v, NULL, p->result, p->seed);
    if (n > 0) status = tad_reverse_from(p->result, p->seed, n);
    for (size_t i = 0; i < p->n_in && n > 0 && status == TAD_OK; i++)
        status = tad__gradient_read(v[i].variable, (size_t)v[i].size, got[i]);
    return status;
}

/* The reference: contiguous copies of what the views show; its gradient goes to c->g. */
static tad_status through_copies(tad__check *c, const viewed *v, double *x, double *y) {
    tad__problem *p = c->p;
    for (size_t i = 0; i < p->n_in; i++)
        for (size_t e = 0; e < p->in_at[i + 1] - p->in_at[i]; e++)
            x[p->in_at[i] + e] = v[i].data[v[i].map[e]];
    tad_status status = tad__point_open(p, x);
    if (status == TAD_OK) status = tad__point_read(p, y);
    if (status == TAD_OK) status = tad__point_sweep(p, c->v, NULL, c->g);
    tad__point_close(p);
    return status;
}

static tad_status check_layout(tad__check *c, layout how) {
    tad__problem *p = c->p;
    tad_tape *t = p->tape;
    viewed *v = tad__check_take(t, p->n_in, sizeof *v);
    double **got = tad__check_take(t, p->n_in, sizeof *got);
    double *y = tad__check_take(t, 2 * tad__outputs(p), sizeof *y);
    double *x = tad__check_take(t, tad__inputs(p), sizeof *x);
    if (!v || !got || !x || !y) return tad_tape_status(t);
    for (size_t i = 0; i < p->n_in; i++) {
        tad_status status = make_base(p, how, i, &v[i]);
        if (status != TAD_OK) return status;
        got[i] = tad__check_take(t, (size_t)v[i].size, sizeof **got);
        if (!got[i]) return tad_tape_status(t);
    }
    tad_status status = through_copies(c, v, x, y);
    if (status != TAD_OK && status != TAD_NO_MEMORY && how == EXPANDED) {
        tad_tape_clear(t); /* another point than the one asked for: it may be refused */
        return TAD_OK;
    }
    if (status != TAD_OK) return status;
    p->mark = tad_tape_mark(t);
    double *y2 = y + tad__outputs(p);
    status = through_views(c, how, v, y2, got);
    tad__point_close(p);
    for (size_t i = 0; i < p->n_in && status == TAD_OK; i++)
        compare(c, how, x, y, y2, got[i], &v[i], i);
    return status;
}

tad_status tad__check_views(tad__check *c) {
    tad_status status = TAD_OK;
    tad__normals(&c->random, c->v, tad__outputs(c->p));
    for (int how = 0; how < LAYOUT_COUNT && status == TAD_OK; how++)
        status = check_layout(c, (layout)how);
    return status;
}
