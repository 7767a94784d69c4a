/* Law of the gradient check: inputs that are views (transposed, reversed, strided, offset,
 * expanded) against contiguous copies: same values, and gradients that arrive in the viewed array.
 * Rests on law.h and the ops that make views. */
#include "views.h"

#include <float.h>
#include <math.h>

#include <tad/diff.h>
#include <tad/ops.h>

#include "array/shape.h"

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
    double *gradient;      /* of the base */
    long double *expected; /* what it should be: sums of many terms */
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

static tad_status take_base(tad__workspace *workspace, viewed *v, size_t n) {
    size_t size = (size_t)v->size;
    v->map = tad__take(workspace, n, sizeof *v->map);
    v->data = tad__take(workspace, size, sizeof *v->data);
    v->gradient = tad__take(workspace, size, sizeof *v->gradient);
    v->expected = tad__take(workspace, size, sizeof *v->expected);
    bool all = v->map && v->data && v->gradient && v->expected;
    return all ? TAD_OK : tad_tape_status(workspace->tape);
}

static tad_status make_base(tad__problem *p, layout how, size_t i, viewed *v) {
    const tad_shape *s = &p->in_shape[i];
    const double *x = p->x + p->in_at[i];
    size_t n = tad__input_size(p, i);
    v->base = base_shape(how, s);
    if (!tad__shape_size(&v->base, &v->size))
        return tad_tape_fail(p->workspace->tape, TAD_TOO_LARGE, "gradcheck: layouts");
    tad_status status = take_base(p->workspace, v, n);
    if (status != TAD_OK) return status;
    fill_map(how, s, v, n);
    for (int64_t e = 0; e < v->size; e++) v->data[e] = NAN;
    for (size_t e = n; e-- > 0;) v->data[v->map[e]] = x[e];
    return TAD_OK;
}

/* ---- values and gradients, both ways ---- */

/* Through copies of what the views show, at x, and through the views. */
typedef struct ways {
    double *x, *y, *y2;
    viewed *in;
} ways;

static tad_status begin_ways(tad__problem *p, layout how, ways *both) {
    both->x = tad__take(p->workspace, tad__inputs(p), sizeof *both->x);
    both->y = tad__take(p->workspace, tad__outputs(p), sizeof *both->y);
    both->y2 = tad__take(p->workspace, tad__outputs(p), sizeof *both->y2);
    both->in = tad__take(p->workspace, p->n_in, sizeof *both->in);
    if (!both->x || !both->y || !both->y2 || !both->in) return tad_tape_status(p->workspace->tape);
    tad_status status = TAD_OK;
    for (size_t i = 0; i < p->n_in && status == TAD_OK; i++)
        status = make_base(p, how, i, &both->in[i]);
    return status;
}

/* Its gradient goes to g. */
static tad_status through_copies(tad__problem *p, const ways *both, const double *v, double *g) {
    for (size_t i = 0; i < p->n_in; i++)
        for (size_t e = 0; e < tad__input_size(p, i); e++)
            both->x[p->in_at[i] + e] = both->in[i].data[both->in[i].map[e]];
    tad_status status = tad__problem_open(p, both->x);
    if (status == TAD_OK) status = tad__problem_read(p, both->y);
    if (status == TAD_OK) status = tad__problem_vjp(p, v, NULL, g);
    tad__problem_close(p);
    return status;
}

static tad_status gradients_of_bases(tad__problem *p, const ways *both, const double *v) {
    size_t n = tad__problem_cotangents(p, v, NULL, p->result, p->seed);
    tad_status status = n > 0 ? tad_reverse_from(p->result, p->seed, n) : TAD_OK;
    for (size_t i = 0; i < p->n_in && n > 0 && status == TAD_OK; i++)
        status = tad__gradient_read(both->in[i].variable, (size_t)both->in[i].size,
                                    both->in[i].gradient);
    return status;
}

static tad_status through_views(tad__problem *p, layout how, const ways *both, const double *v) {
    tad__problem_begin(p);
    for (size_t i = 0; i < p->n_in; i++) {
        viewed *in = &both->in[i];
        in->variable = tad_input_borrow(p->workspace->tape, TAD_F64, in->base, in->data);
        p->in[i] = look(how, in->variable, &p->in_shape[i]);
    }
    tad_status status = tad__problem_call(p);
    if (status == TAD_OK) status = tad__problem_read(p, both->y2);
    if (status == TAD_OK) status = gradients_of_bases(p, both, v);
    tad__problem_close(p);
    return status;
}

/* ---- the comparison ---- */

/* How far the gradient of a base is off what the elements' gradients g add up to. */
static double gradient_error(const viewed *v, const double *g, size_t n) {
    double error = 0;
    for (size_t e = 0; e < n; e++) v->expected[v->map[e]] += g[e];
    for (int64_t e = 0; e < v->size; e++) {
        double wanted = (double)v->expected[e];
        error = fmax(error, tad__distance(&v->gradient[e], &wanted, 1));
    }
    return error;
}

static double sum_of_sizes(const double *g, size_t n) {
    double sum = 0;
    for (size_t e = 0; e < n; e++) sum += fabs(g[e]);
    return sum;
}

/* Equal numbers may leave nothing of a function but rounding, or not even a number, as of what is
 * divided by its standard deviation. */
static bool is_lost(tad__check *c, const ways *both) {
    const tad__noise_at value = {TAD__NOISE_VALUE, both->x, NULL, NULL};
    const size_t m = tad__outputs(c->p);
    if (!isfinite(tad__top(both->y, m))) return isfinite(tad__top(c->p->y, m));
    return 16 * tad__noise(c->p, value, false) > 1e-3 * tad__largest(both->y, m);
}

static void compare(tad__check *c, layout how, const ways *both, size_t i) {
    tad__problem *p = c->p;
    size_t n = tad__input_size(p, i), m = tad__outputs(p);
    const double *g = c->g + p->in_at[i], off = tad__distance(both->y, both->y2, m),
                 off_gradient = gradient_error(&both->in[i], g, n);
    const tad__noise_at value = {TAD__NOISE_VALUE, both->x, NULL, NULL};
    const tad__noise_at gradient = {TAD__NOISE_REVERSE, both->x, c->v, NULL};
    /* A long sum over what was expanded rounds more than once. */
    double limit = 64 * DBL_EPSILON * (1 + sqrt((double)n));
    /* What is expanded may make everything vanish: sizes are also those of the point itself. */
    double top = fmax(tad__largest(both->y, m), tad__largest(p->y, m));
    double size = fmax(sum_of_sizes(g, n), c->largest[i]);
    const bool same = off <= limit * top && off_gradient <= limit * size;
    if (how == EXPANDED && !same && is_lost(c, both)) return;
    tad__law_near(c, TAD_LAW_LAYOUT, off, top, limit, &value, 1, "value, %s", layout_name[how]);
    tad__law_near(c, TAD_LAW_LAYOUT, off_gradient, size, limit, &gradient, 1,
                  "gradient, input %zu %s", i, layout_name[how]);
}

static tad_status check_layout(tad__check *c, layout how) {
    tad__problem *p = c->p;
    ways both;
    tad_status status = begin_ways(p, how, &both);
    if (status != TAD_OK) return status;
    status = through_copies(p, &both, c->v, c->g);
    if (status != TAD_OK && status != TAD_NO_MEMORY && how == EXPANDED) {
        /* another point than the one asked for: it may be refused */
        tad_tape_clear(p->workspace->tape);
        return TAD_OK;
    }
    if (status == TAD_OK) status = through_views(p, how, &both, c->v);
    for (size_t i = 0; i < p->n_in && status == TAD_OK; i++) compare(c, how, &both, i);
    return status;
}

tad_status tad__check_views(tad__check *c) {
    tad_status status = TAD_OK;
    tad__normals(&c->random, c->v, tad__outputs(c->p));
    for (int how = 0; how < LAYOUT_COUNT && status == TAD_OK; how++) {
        tad__moment before = tad__workspace_now(c->p->workspace);
        status = check_layout(c, (layout)how);
        tad__workspace_return(c->p->workspace, before);
    }
    return status;
}
