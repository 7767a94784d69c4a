/* Reductions: sum, mean, logsumexp, the largest and smallest element and their places, sum_to.
 * Rests on rows.h and the kernel table. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "kernel/softmax.h"
#include "families.h"
#include "tape/error.h"
#include "tape/handle.h"
#include "array/loop.h"
#include "tape/tape.h"
#include "axes.h"
#include "place/indexed.h"
#include "rows.h"
#include "options.h"
#include "old_samples.h"

enum { SUM, MEAN, SUM_TO, AMAX, AMIN, LOGSUMEXP, MAX, MIN, ARGMAX, ARGMIN };

typedef struct shape_options {
    tad_shape shape;
} shape_options;

/* ---- shapes ---- */

static tad_status need_float(const tad_call_frame *c) {
    if (tad__is_float(c->in[0]->dtype)) return TAD_OK;
    return tad_fail(c, TAD_BAD_DTYPE, "needs float64 or float32, not %s; use tad_cast",
                    tad_dtype_name((tad_dtype)c->in[0]->dtype));
}

static tad_status reduced_shape(const tad_call_frame *c, const tad_axes *axes, bool keepdims,
                                tad_type *out) {
    tad_status s = need_float(c);
    if (s != TAD_OK) return s;
    tad_shape x = tad__shape_of(c->in[0]);
    unsigned mask;
    if (tad__named_axes(c, axes, x.rank, &mask)) return TAD_BAD_AXIS;
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, tad__shape_reduced(&x, mask, keepdims)};
    return TAD_OK;
}

static tad_status reduce_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__reduce *o = c->options;
    return reduced_shape(c, &o->axis, o->keepdims, out);
}

static tad_status not_of_nothing(const tad_call_frame *c, const tad_shape *out) {
    int64_t size = 0;
    if (c->in[0]->size > 0 || (tad__shape_size(out, &size) && size == 0)) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "no elements to choose from");
}

static tad_status extreme_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    tad_status s = reduce_shape(c, out, n_out);
    return s == TAD_OK ? not_of_nothing(c, &out->shape) : s;
}

/* One axis as the list of axes that the other functions take. */
static tad_axes only(int64_t axis) {
    return tad_axis(axis > INT32_MAX || axis < INT32_MIN ? INT32_MAX : (int)axis);
}

static tad_status along_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__along *o = c->options;
    tad_axes axes = only(o->axis);
    tad_status s = reduced_shape(c, &axes, o->keepdims, &out[0]);
    if (s != TAD_OK) return s;
    out[1] = (tad_type){TAD_I64, out[0].shape};
    return not_of_nothing(c, &out[0].shape);
}

static tad_status arg_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    const tad__reduce *o = c->options;
    if (o->axis.given && o->axis.count != 1)
        return tad_fail(c, TAD_BAD_AXIS, "%d axes; one or all are possible", o->axis.count);
    tad_status s = extreme_shape(c, out, n_out);
    out->dtype = TAD_I64;
    return s;
}

static tad_status sum_to_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const shape_options *o = c->options;
    tad_status s = need_float(c);
    if (s != TAD_OK) return s;
    tad_shape x = tad__shape_of(c->in[0]), both;
    int64_t size;
    char text[160];
    if (!tad__shape_size(&o->shape, &size)) return tad_fail(c, TAD_BAD_SHAPE, "no such shape");
    if (!tad__shape_broadcast(&o->shape, &x, &both) || !tad__shape_equal(&both, &x))
        return tad_fail(c, TAD_BAD_SHAPE, "%s does not broadcast to x",
                        tad__shape_text(&o->shape, text, sizeof text));
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, o->shape};
    return TAD_OK;
}

/* ---- an output seen with the rank of x: size 1 where it is reduced ---- */

typedef union header {
    tad_array array;
    char room[sizeof(tad_array) + 2 * TAD_MAX_RANK * sizeof(int64_t)];
} header;

static unsigned axes_mask(const tad_axes *axes, int rank) {
    unsigned mask = 0;
    int bad;
    tad__axes_mask(axes, rank, &mask, &bad);
    return mask;
}

static tad_array *kept(header *h, const tad_array *out, const tad_array *x, unsigned mask) {
    tad_shape shape = tad__shape_of(x);
    shape = tad__shape_reduced(&shape, mask, true);
    tad__array_layout(&h->array, (tad_dtype)out->dtype, &shape);
    h->array.data = out->data;
    return &h->array;
}

static tad_shape kept_shape(tad_var x, const tad_axes *axes) {
    tad_shape shape = tad_shape_of(x);
    return tad__shape_reduced(&shape, axes_mask(axes, shape.rank), true);
}

/* x contiguous as (before, n, after), reduced over n. */
typedef struct blocks {
    size_t before, n, after;
} blocks;

/* False when the reduced axes of the mask are not neighbours. */
static bool as_blocks(const tad_array *x, unsigned mask, blocks *b) {
    *b = (blocks){1, 1, 1};
    bool reduced = false, over = false; /* within the reduced axes, behind them */
    for (int i = 0; i < x->rank; i++) {
        size_t size = (size_t)x->dim[i];
        if (size == 1) continue;
        if (mask >> i & 1) {
            if (over) return false;
            reduced = true;
            b->n *= size;
        } else {
            over = reduced;
            if (over)
                b->after *= size;
            else
                b->before *= size;
        }
    }
    return x->contiguous;
}

/* ---- sums ---- */

static size_t bytes_of(const tad_array *a, size_t elements) {
    return elements * tad_dtype_size((tad_dtype)a->dtype);
}

static void store(const tad_array *a, size_t i, double v) {
    if (a->dtype == TAD_F64)
        ((double *)a->data)[i] = v;
    else
        ((float *)a->data)[i] = (float)v;
}

enum { SHORT_ROW = 32 }; /* shorter ones are summed without a call */

typedef struct row_sums {
    const tad__compute *compute;
    const tad_array *out, *x;
    size_t n;
} row_sums;

#define SUM_SHORT_ROWS(T)                                                                          \
    do {                                                                                           \
        const T *row = (const T *)r->x->data + first * r->n;                                       \
        T *sum = r->out->data;                                                                     \
        for (size_t i = first; i < end; i++, row += r->n) {                                        \
            T part[4] = {0};                                                                       \
            size_t k = 0;                                                                          \
            for (; k + 4 <= r->n; k += 4)                                                          \
                for (size_t lane = 0; lane < 4; lane++) part[lane] += row[k + lane];               \
            for (; k < r->n; k++) part[k % 4] += row[k];                                           \
            sum[i] = (part[0] + part[1]) + (part[2] + part[3]);                                    \
        }                                                                                          \
    } while (0)

static void sum_some_rows(void *arg, size_t first, size_t end) {
    const row_sums *r = arg;
    const char *x = r->x->data;
    if (r->n >= SHORT_ROW) {
        for (size_t i = first; i < end; i++)
            store(r->out, i,
                  tad__total(r->compute, (tad_dtype)r->x->dtype, r->n, x + bytes_of(r->x, i * r->n)));
    } else if (r->x->dtype == TAD_F64) {
        SUM_SHORT_ROWS(double);
    } else {
        SUM_SHORT_ROWS(float);
    }
}

static void sum_rows(const tad__compute *compute, const tad_array *out, const tad_array *x, blocks b) {
    row_sums r = {compute, out, x, b.n};
    tad__split(compute->threads, b.before, tad__rows_grain(b.n), sum_some_rows, &r);
}

static void sum_columns(const tad__compute *compute, const tad_array *out, const tad_array *x, blocks b) {
    tad__clear(compute, out);
    for (size_t i = 0; i < b.before; i++)
        tad__add_columns(compute, (tad_dtype)x->dtype, b.n, b.after,
                         (const char *)x->data + bytes_of(x, i * b.n * b.after),
                         (char *)out->data + bytes_of(x, i * b.after));
}

/* out, which has x's rank and size 1 where the mask says, = the sums. */
static void sum_into(const tad__compute *compute, tad_array *out, const tad_array *x, unsigned mask) {
    blocks b;
    if (out->size == 0) return;
    if (x->size == 0)
        tad__clear(compute, out);
    else if (!as_blocks(x, mask, &b)) {
        tad__clear(compute, out);
        tad__add_into(compute, out, x);
    } else if (b.after == 1)
        sum_rows(compute, out, x, b);
    else
        sum_columns(compute, out, x, b);
}

static void scale(const tad_array *a, double divisor) {
    if (a->dtype == TAD_F64)
        for (int64_t i = 0; i < a->size; i++) ((double *)a->data)[i] /= divisor;
    else
        for (int64_t i = 0; i < a->size; i++) ((float *)a->data)[i] /= (float)divisor;
}

/* How many elements make one of the result. */
static double count_of(const tad_array *x, unsigned mask) {
    double n = 1;
    for (int i = 0; i < x->rank; i++)
        if (mask >> i & 1) n *= (double)x->dim[i];
    return n;
}

static tad_status sum_forward(const tad_call_frame *c) {
    const tad__reduce *o = c->options;
    const tad_array *x = c->in[0];
    unsigned mask = axes_mask(&o->axis, x->rank);
    header h;
    sum_into(c->compute, kept(&h, c->out[0], x, mask), x, mask);
    if (c->op == &tad__ops_reduce[MEAN]) scale(c->out[0], count_of(x, mask));
    return TAD_OK;
}

static double count_in_rule(tad_var x, const tad_axes *axes) {
    tad_shape shape = tad_shape_of(x);
    unsigned mask = axes_mask(axes, shape.rank);
    double n = 1;
    for (int i = 0; i < shape.rank; i++)
        if (mask >> i & 1) n *= (double)shape.dim[i];
    return n;
}

static void sum_vjp(tad_rule *r) {
    const tad__reduce *o = r->options;
    tad_var g = r->given[0];
    if (r->op == &tad__ops_reduce[MEAN])
        g = tad_div(g, tad_number(count_in_rule(r->in[0], &o->axis)));
    r->result[0] =
        tad_broadcast_to(tad_reshape(g, kept_shape(r->in[0], &o->axis)), tad_shape_of(r->in[0]));
}

/* One run of a gradient: its elements are the cotangent's or all one of them, over a divisor. */
#define SPREAD(T)                                                                                  \
    do {                                                                                           \
        T *to = (T *)(void *)l->run[0];                                                            \
        const T *from = (const T *)(const void *)l->run[1];                                        \
        T one = *from / (T)divisor;                                                                \
        if (l->step[1] == 0 && fresh) {                                                            \
            k->fill[dtype]((size_t)l->length, (double)one, to);                                    \
        } else if (l->step[1] == 0) {                                                              \
            for (int64_t i = 0; i < l->length; i++) to[i] += one;                                  \
        } else if (fresh) {                                                                        \
            for (int64_t i = 0; i < l->length; i++) to[i] = from[i] / (T)divisor;                  \
        } else {                                                                                   \
            for (int64_t i = 0; i < l->length; i++) to[i] += from[i] / (T)divisor;                 \
        }                                                                                          \
    } while (0)

static void spread_run(const tad__kernels *k, const tad__loop *l, tad_dtype dtype, double divisor,
                       bool fresh) {
    if (dtype == TAD_F64)
        SPREAD(double);
    else
        SPREAD(float);
}

typedef struct spread {
    const tad__kernels *kernels;
    tad_dtype dtype;
    double divisor;
    bool fresh;
} spread;

static void spread_walk(void *arg, tad__loop *l) {
    const spread *s = arg;
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l))
        spread_run(s->kernels, l, s->dtype, s->divisor, s->fresh);
}

/* to, of the rank of g, = or += what g is over the divisor, repeated where g has size 1. */
static void spread_out(const tad__compute *compute, const tad_array *to, const tad_array *g, double divisor,
                       bool fresh) {
    tad_shape shape = tad__shape_of(to);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){to, g}, 2);
    spread s = {compute->kernels, (tad_dtype)to->dtype, divisor, fresh};
    tad__loop_split(compute->threads, &l, 0, spread_walk, &s);
}

static tad_status sum_backward(tad_backward *b) {
    const tad__reduce *o = b->call.options;
    const tad_array *x = b->call.in[0];
    if (!b->cotangent[0] || !b->wanted[0]) return TAD_OK;
    unsigned mask = axes_mask(&o->axis, x->rank);
    double divisor = b->call.op == &tad__ops_reduce[MEAN] ? count_of(x, mask) : 1;
    header g_room, few_room;
    const tad_array *g = kept(&g_room, b->cotangent[0], x, mask);
    tad_array *to = tad_backward_repeat(b, 0, g);
    if (to) {
        spread_out(b->call.compute, kept(&few_room, to, x, mask), g, divisor, true);
        return TAD_OK;
    }
    bool fresh;
    to = tad_backward_buffer(b, 0, &fresh);
    if (!to) return TAD_NO_MEMORY;
    spread_out(b->call.compute, to, g, divisor, fresh);
    return TAD_OK;
}

/* ---- sum_to ---- */

static tad_status sum_to_forward(const tad_call_frame *c) {
    const tad_array *x = c->in[0], *y = c->out[0];
    unsigned mask = 0;
    int skip = x->rank - y->rank;
    for (int i = 0; i < x->rank; i++)
        if (i < skip || y->dim[i - skip] == 1) mask |= 1u << i;
    header h;
    sum_into(c->compute, kept(&h, y, x, mask), x, mask);
    return TAD_OK;
}

static void sum_to_vjp(tad_rule *r) {
    r->result[0] = tad_broadcast_to(r->given[0], tad_shape_of(r->in[0]));
}

/* ---- amax, amin: ties share the gradient ---- */

/* A run with steps of its own. */
#define EXTREME(T)                                                                                 \
    do {                                                                                           \
        for (int64_t i = 0; i < l->length; i++) {                                                  \
            T *best = (T *)(void *)(l->run[0] + i * l->step[0]);                                   \
            T v = *(const T *)(const void *)(l->run[1] + i * l->step[1]);                          \
            if (v != v || (larger ? v > *best : v < *best)) *best = v;                             \
        }                                                                                          \
    } while (0)

static void extreme_run(const tad__compute *compute, const tad__loop *l, tad_dtype dtype, bool larger) {
    const tad__kernels *k = compute->kernels;
    int64_t size = (int64_t)tad_dtype_size(dtype);
    size_t n = (size_t)l->length;
    if (l->step[1] == size && l->step[0] == size) {
        k->extremes[dtype](n, l->run[1], l->run[0], larger);
    } else if (l->step[1] == size && l->step[0] == 0) {
        double one = k->extreme[dtype](n, l->run[1], larger);
        float one32 = (float)one;
        k->extremes[dtype](1, dtype == TAD_F64 ? (const void *)&one : &one32, l->run[0], larger);
    } else if (dtype == TAD_F64) {
        EXTREME(double);
    } else {
        EXTREME(float);
    }
}

typedef struct extremes {
    const tad__compute *compute;
    tad_dtype dtype;
    bool larger;
} extremes;

static void extreme_walk(void *arg, tad__loop *l) {
    const extremes *e = arg;
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l))
        extreme_run(e->compute, l, e->dtype, e->larger);
}

/* out, of x's rank, = the extremes. */
static void extreme_into(const tad__compute *compute, tad_array *out, const tad_array *x, bool larger) {
    for (int64_t i = 0; i < out->size; i++) store(out, (size_t)i, larger ? -INFINITY : INFINITY);
    tad_shape shape = tad__shape_of(x);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){out, x}, 2);
    extremes e = {compute, (tad_dtype)x->dtype, larger};
    tad__loop_split(compute->threads, &l, 0, extreme_walk, &e);
}

static tad_status extreme_forward(const tad_call_frame *c) {
    const tad__reduce *o = c->options;
    header h;
    tad_array *out = kept(&h, c->out[0], c->in[0], axes_mask(&o->axis, c->in[0]->rank));
    extreme_into(c->compute, out, c->in[0], c->op == &tad__ops_reduce[AMAX]);
    return TAD_OK;
}

/* Where x has the extreme value, and how often along the axes. A NaN equals nothing: count 0. */
static void find_ties(const tad_rule *r, tad_var extreme, tad_var *ties, tad_var *count) {
    const tad__reduce *o = r->options;
    *ties = tad_equal(r->in[0], extreme);
    *count = tad_sum(tad_cast(*ties, tad_dtype_of(r->in[0])), tad_keepdims(o->axis));
}

static tad_var kept_extreme(const tad_rule *r) {
    const tad__reduce *o = r->options;
    return tad_reshape(tad_detach(r->out[0]), kept_shape(r->in[0], &o->axis));
}

static void extreme_vjp(tad_rule *r) {
    const tad__reduce *o = r->options;
    tad_var y = kept_extreme(r), ties, count;
    find_ties(r, y, &ties, &count);
    tad_var share = tad_div(tad_reshape(r->given[0], kept_shape(r->in[0], &o->axis)), count);
    tad_var rest =
        tad_where(tad_equal(y, y), tad_number(0), y); /* where y is NaN, so are all gradients */
    r->result[0] = tad_where(ties, share, rest);
}

static void extreme_jvp(tad_rule *r) {
    const tad__reduce *o = r->options;
    tad_var ties, count;
    find_ties(r, kept_extreme(r), &ties, &count);
    tad_var moves =
        tad_sum(tad_where(ties, r->given[0], tad_number(0)), tad_keepdims(o->axis));
    r->result[0] = tad_reshape(tad_div(moves, count), tad_shape_of(r->out[0]));
}

/* ---- logsumexp ---- */

/* What kernels along rows need: x as rows, the result and its cotangent with a number for each. */
typedef struct by_rows {
    tad__rows plan;
    const tad__compute *compute;
    const char *x;
    char *y;
    const char *g;
} by_rows;

/* False: no memory. */
static bool prepare_rows(by_rows *r, const tad_call_frame *c) {
    const tad__reduce *o = c->options;
    const tad_array *x = c->in[0];
    tad_shape shape = tad__shape_of(x);
    tad__rows_plan(&r->plan, c->compute, (tad_dtype)x->dtype, &shape, axes_mask(&o->axis, x->rank));
    r->compute = c->compute;
    r->x = tad__rows_of(&r->plan, x);
    r->y = c->out[0]->data;
    r->g = NULL;
    return r->x;
}

static tad_status gradient_by_rows(tad_backward *b, tad__rows_fill *fill) {
    by_rows r;
    if (!b->cotangent[0] || !b->wanted[0]) return TAD_OK;
    if (!prepare_rows(&r, &b->call)) return TAD_NO_MEMORY;
    r.g = b->cotangent[0]->data;
    return tad__rows_gradient(b, 0, &r.plan, fill, &r);
}

static void logsumexp_piece(void *arg, size_t first, size_t end) {
    const by_rows *r = arg;
    size_t n = r->plan.n, step = tad__tile_rows(n), width = r->plan.width;
    for (size_t i = first; i < end; i += step)
        r->compute->kernels->softmax->logsumexp[r->plan.dtype](
            tad__min(step, end - i), n, r->x + i * n * width, r->y + i * width);
}

static tad_status logsumexp_forward(const tad_call_frame *c) {
    by_rows r;
    if (c->in[0]->size == 0) {
        for (int64_t i = 0; i < c->out[0]->size; i++) store(c->out[0], (size_t)i, -INFINITY);
        return TAD_OK;
    }
    if (!prepare_rows(&r, c)) return TAD_NO_MEMORY;
    tad__split(c->compute->threads, r.plan.rows, tad__tile_grain(r.plan.n), logsumexp_piece, &r);
    return TAD_OK;
}

static void fill_weights(void *context, size_t first, size_t rows, void *to) {
    const by_rows *r = context;
    size_t n = r->plan.n, width = r->plan.width, at = first * width;
    r->compute->kernels->softmax->logsumexp_backward[r->plan.dtype](rows, n, r->x + at * n, r->y + at,
                                                                 r->g + at, to);
}

static tad_status logsumexp_backward(tad_backward *b) { return gradient_by_rows(b, fill_weights); }

/* The softmax of x. Where all of x is -inf the result is too; 0 in its place makes the weights 0.
 */
static tad_var weights(const tad_rule *r) {
    const tad__reduce *o = r->options;
    tad_var y = tad_reshape(r->out[0], kept_shape(r->in[0], &o->axis));
    y = tad_where(tad_equal(y, tad_number(-INFINITY)), tad_number(0), y);
    return tad_exp(tad_sub(r->in[0], y));
}

static void logsumexp_vjp(tad_rule *r) {
    const tad__reduce *o = r->options;
    r->result[0] = tad_mul(weights(r), tad_reshape(r->given[0], kept_shape(r->in[0], &o->axis)));
}

static void logsumexp_jvp(tad_rule *r) {
    const tad__reduce *o = r->options;
    tad_axes over = o->axis;
    over.keepdims = o->keepdims;
    r->result[0] = tad_sum(tad_mul(weights(r), r->given[0]), over);
}

/* ---- fused derivative of amax, amin ---- */

static void fill_shares(void *context, size_t first, size_t rows, void *to) {
    const by_rows *r = context;
    size_t n = r->plan.n, width = r->plan.width, at = first * width;
    r->compute->kernels->share[r->plan.dtype](rows, n, r->x + at * n, r->y + at, r->g + at, to);
}

static tad_status extreme_backward(tad_backward *b) { return gradient_by_rows(b, fill_shares); }

/* ---- max, min with their places; argmax, argmin ---- */

typedef struct finding {
    const tad__kernels *kernels;
    tad_dtype dtype;
    blocks b;
    bool larger;
    const char *x; /* a block */
    char *value;
    int64_t *place;
} finding;

/* The extreme of a row is sought once it is known. */
static void find_in_rows(void *arg, size_t first, size_t end) {
    const finding *f = arg;
    size_t width = tad_dtype_size(f->dtype), n = f->b.n;
    for (size_t i = first; i < end; i++) {
        const char *row = f->x + i * n * width;
        double best = f->kernels->extreme[f->dtype](n, row, f->larger);
        size_t k = f->kernels->find[f->dtype](n, row, best);
        memcpy(f->value + i * width, row + k * width, width);
        f->place[i] = (int64_t)k;
    }
}

static void find_in_columns(void *arg, size_t first, size_t end) {
    const finding *f = arg;
    size_t at = first * tad_dtype_size(f->dtype);
    f->kernels->places[f->dtype](f->b.n, end - first, f->b.after, f->x + at, f->larger,
                                 f->value + at, f->place + first);
}

static void find_extremes(const tad__compute *compute, const tad_array *x, blocks b, bool larger, void *value,
                          int64_t *place) {
    finding f = {compute->kernels, (tad_dtype)x->dtype, b, larger, x->data, value, place};
    if (b.after == 1) {
        tad__split(compute->threads, b.before, tad__rows_grain(b.n), find_in_rows, &f);
        return;
    }
    for (size_t i = 0; i < b.before; i++) {
        size_t grain = TAD__COLUMNS * tad__rows_grain(b.n * TAD__COLUMNS);
        tad__split(compute->threads, b.after, grain, find_in_columns, &f);
        f.x += bytes_of(x, b.n * b.after);
        f.value += bytes_of(x, b.after);
        f.place += b.after;
    }
}

static tad_status place_forward(const tad_call_frame *c, const tad_axes *axes, bool larger,
                                void *value, int64_t *place) {
    const tad_array *x = tad__contiguous(c->compute, c->in[0]);
    if (!x) return TAD_NO_MEMORY;
    blocks b;
    as_blocks(x, axes_mask(axes, x->rank), &b); /* one axis or all: always blocks */
    if (x->size) find_extremes(c->compute, x, b, larger, value, place);
    return TAD_OK;
}

static tad_status along_forward(const tad_call_frame *c) {
    tad_axes axes = only(((const tad__along *)c->options)->axis);
    return place_forward(c, &axes, c->op == &tad__ops_reduce[MAX], c->out[0]->data,
                         c->out[1]->data);
}

static tad_status arg_forward(const tad_call_frame *c) {
    const tad__reduce *o = c->options;
    void *value = tad__scratch(c->compute, bytes_of(c->in[0], (size_t)c->out[0]->size));
    if (!value) return TAD_NO_MEMORY;
    return place_forward(c, &o->axis, c->op == &tad__ops_reduce[ARGMAX], value, c->out[0]->data);
}

static void along_vjp(tad_rule *r) {
    const tad__along *o = r->options;
    tad_axes axes = only(o->axis);
    tad_shape kept = kept_shape(r->in[0], &axes);
    if (tad_is_nil(r->given[0])) return; /* places have no cotangent */
    r->result[0] = tad__gather_put(tad_reshape(r->given[0], kept), tad_reshape(r->out[1], kept),
                                   tad_shape_of(r->in[0]), o->axis);
}

#define PUT_AT_PLACES(T)                                                                           \
    for (size_t i = 0; i < k.before; i++)                                                          \
        for (size_t j = 0; j < k.after; j++, place++)                                              \
            ((T *)to->data)[(i * k.n + (size_t)*place) * k.after + j] +=                           \
                ((const T *)g->data)[i * k.after + j]

static tad_status along_backward(tad_backward *b) {
    tad_axes axes = only(((const tad__along *)b->call.options)->axis);
    const tad_array *g = b->cotangent[0];
    bool fresh;
    if (!g || !b->wanted[0]) return TAD_OK;
    tad_array *to = tad_backward_buffer(b, 0, &fresh);
    if (!to) return TAD_NO_MEMORY;
    if (fresh) tad__clear(b->call.compute, to);
    const int64_t *place = b->call.out[1]->data;
    blocks k;
    as_blocks(to, axes_mask(&axes, to->rank), &k); /* one axis: always blocks */
    if (to->dtype == TAD_F64)
        PUT_AT_PLACES(double);
    else
        PUT_AT_PLACES(float);
    return TAD_OK;
}

static void along_jvp(tad_rule *r) {
    const tad__along *o = r->options;
    tad_axes axes = only(o->axis);
    tad_var place = tad_reshape(r->out[1], kept_shape(r->in[0], &axes));
    r->result[0] =
        tad_reshape(tad_gather(r->given[0], place, (int)o->axis), tad_shape_of(r->out[0]));
}

/* ---- options, samples, misuse ---- */

static const tad_option reduce_list[] = {
    {"axis", TAD_OPTION_AXES, offsetof(tad__reduce, axis), NULL, 0, false},
    {"keepdims", TAD_OPTION_BOOL, offsetof(tad__reduce, keepdims), NULL, 0, false}};
static const tad_option along_list[] = {
    {"axis", TAD_OPTION_INT, offsetof(tad__along, axis), NULL, 0, true},
    {"keepdims", TAD_OPTION_BOOL, offsetof(tad__along, keepdims), NULL, 0, false}};
static const tad_option sum_to_list[] = {
    {"shape", TAD_OPTION_SHAPE, offsetof(shape_options, shape), NULL, 0, true}};

#define ONE(what, input, ...) .label = what, .n = 1, .in = {input}, .options = __VA_ARGS__
#define OVER(...)                                                                                  \
    &(const tad__reduce) { .axis = TAD__AXES(__VA_ARGS__) }
#define KEEP(...)                                                                                  \
    &(const tad__reduce) { .axis = TAD__AXES(__VA_ARGS__), .keepdims = true }
#define ALONG(k)                                                                                   \
    &(const tad__along) { .axis = k }
#define ALONG_KEEP(k)                                                                              \
    &(const tad__along) { k, true }
#define DOWN(...)                                                                                  \
    &(const shape_options) { TAD__SHAPE(__VA_ARGS__) }
#define DOWN_0D                                                                                    \
    &(const shape_options) {                                                                       \
        {                                                                                          \
            0, { 0 }                                                                               \
        }                                                                                          \
    }

/* sum, mean, logsumexp */
static const tad_sample sum_samples[] = {
    {ONE("all", TAD__F64(3, 5), NULL)},
    {ONE("columns", TAD__F64(7, 3), OVER(0))},
    {ONE("rows kept", TAD__F64(3, 11), KEEP(-1))},
    {ONE("middle", TAD__F64(2, 3, 5), OVER(1))},
    {ONE("outer two", TAD__F64(2, 3, 5), OVER(0, -1))},
    {ONE("0-d", TAD__F64_0D, NULL)},
    {ONE("size 1", TAD__F64(1, 3, 1), KEEP(0))},
    {ONE("no axis", TAD__F64(2, 3), &(const tad__reduce){.axis = {.given = true}})},
    {ONE("nothing left", TAD__F64(0, 3), OVER(1))},
};
static const tad_misuse sum_misuse[] = {
    {ONE("no such axis", TAD__F64(3, 4), OVER(2)), .expect = TAD_BAD_AXIS},
    {ONE("no such negative axis", TAD__F64(3, 4), OVER(-3)), .expect = TAD_BAD_AXIS},
    {ONE("named twice", TAD__F64(3, 4), OVER(0, -2)), .expect = TAD_BAD_AXIS},
    {ONE("integers", TAD__INDICES(3, 4), NULL), .expect = TAD_BAD_DTYPE},
};
static const tad_sample sum_to_samples[] = {
    {ONE("row", TAD__F64(7, 3), DOWN(3))},
    {ONE("column", TAD__F64(3, 5), DOWN(3, 1))},
    {ONE("both ends", TAD__F64(2, 3, 5), DOWN(1, 3, 1))},
    {ONE("0-d", TAD__F64(2, 3), DOWN_0D)},
    {ONE("unchanged", TAD__F64(2, 3), DOWN(2, 3))},
    {ONE("of nothing", TAD__F64(0, 3), DOWN(3))},
};
static const tad_misuse sum_to_misuse[] = {
    {ONE("other size", TAD__F64(3, 4), DOWN(3)), .expect = TAD_BAD_SHAPE},
    {ONE("larger", TAD__F64(3), DOWN(2, 3)), .expect = TAD_BAD_SHAPE},
    {ONE("negative", TAD__F64(3, 4), DOWN(-1)), .expect = TAD_BAD_SHAPE},
};
static const tad_sample amax_samples[] = {
    {ONE("all", TAD__DISTINCT(3, 5), NULL)},
    {ONE("columns", TAD__DISTINCT(7, 3), OVER(0))},
    {ONE("rows kept", TAD__DISTINCT(3, 11), KEEP(-1))},
    {ONE("outer two", TAD__DISTINCT(2, 3, 5), OVER(0, -1))},
    {ONE("0-d", TAD__F64_0D, NULL)},
    {ONE("nothing left", TAD__F64(0, 3), OVER(1))},
};
static const tad_misuse amax_misuse[] = {
    {ONE("of nothing", TAD__F64(0, 3), OVER(0)), .expect = TAD_BAD_SHAPE},
    {ONE("no such axis", TAD__F64(3, 4), OVER(2)), .expect = TAD_BAD_AXIS},
    {ONE("integers", TAD__INDICES(3, 4), NULL), .expect = TAD_BAD_DTYPE},
};
static const tad_sample max_samples[] = {
    {ONE("columns", TAD__DISTINCT(3, 5), ALONG(0))},
    {ONE("rows kept", TAD__DISTINCT(3, 7), ALONG_KEEP(-1))},
    {ONE("middle", TAD__DISTINCT(2, 3, 5), ALONG(1))},
    {ONE("vector", TAD__DISTINCT(7), ALONG(0))},
    {ONE("size 1", TAD__DISTINCT(1, 3), ALONG(0))},
    {ONE("nothing left", TAD__F64(0, 3), ALONG(1))},
};
static const tad_misuse max_misuse[] = {
    {ONE("of nothing", TAD__F64(0, 3), ALONG(0)), .expect = TAD_BAD_SHAPE},
    {ONE("no such axis", TAD__F64(3, 4), ALONG(2)), .expect = TAD_BAD_AXIS},
    {ONE("0-d", TAD__F64_0D, ALONG(0)), .expect = TAD_BAD_AXIS},
    {ONE("integers", TAD__INDICES(3, 4), ALONG(0)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample argmax_samples[] = {
    {ONE("all", TAD__DISTINCT(3, 5), NULL)},
    {ONE("columns", TAD__DISTINCT(7, 3), OVER(0))},
    {ONE("rows kept", TAD__DISTINCT(3, 11), KEEP(-1))},
    {ONE("0-d", TAD__F64_0D, NULL)},
    {ONE("nothing left", TAD__F64(0, 3), OVER(1))},
};
static const tad_misuse argmax_misuse[] = {
    {ONE("two axes", TAD__F64(2, 3, 5), OVER(0, 1)), .expect = TAD_BAD_AXIS},
    {ONE("of nothing", TAD__F64(0, 3), NULL), .expect = TAD_BAD_SHAPE},
    {ONE("no such axis", TAD__F64(3, 4), OVER(2)), .expect = TAD_BAD_AXIS},
};

/* ---- the family ---- */

#define REDUCES                                                                                    \
    .family = "reduce", .min_in = 1, .max_in = 1, .n_out = 1, TAD__OPTIONS(tad__reduce, reduce_list)
#define SUMS                                                                                       \
    REDUCES, .flags = TAD_OP_LINEAR, .shape = reduce_shape, .forward = sum_forward,                \
             .vjp = sum_vjp, .backward = sum_backward, TAD__SAMPLES(sum_samples),                  \
             TAD__MISUSE(sum_misuse)
#define EXTREMES                                                                                   \
    REDUCES, .shape = extreme_shape, .forward = extreme_forward, .vjp = extreme_vjp,               \
             .jvp = extreme_jvp, .backward = extreme_backward, TAD__SAMPLES(amax_samples), TAD__MISUSE(amax_misuse)
#define PLACES                                                                                     \
    REDUCES, .flags = TAD_OP_FLAT, .shape = arg_shape, .forward = arg_forward,                     \
             TAD__SAMPLES(argmax_samples), TAD__MISUSE(argmax_misuse)
#define WITH_PLACES                                                                                \
    .family = "reduce", .min_in = 1, .max_in = 1, .n_out = 2, TAD__OPTIONS(tad__along, along_list), \
    .shape = along_shape, .forward = along_forward, .vjp = along_vjp, .jvp = along_jvp,            \
    .backward = along_backward, TAD__SAMPLES(max_samples), TAD__MISUSE(max_misuse)

const tad_op tad__ops_reduce[] = {
    [SUM] = {.name = "sum", .doc = "sum over the axes, all if not given; 0 of nothing", SUMS},
    [MEAN] = {.name = "mean",
              .doc = "sum over the axes by their number of elements; NaN of nothing",
              SUMS},
    [SUM_TO] = {.name = "sum_to",
                .doc = "sums x down to a shape that broadcasts to x's: undoes broadcast_to",
                .family = "reduce",
                .min_in = 1,
                .max_in = 1,
                .n_out = 1,
                .flags = TAD_OP_LINEAR,
                TAD__OPTIONS(shape_options, sum_to_list),
                .shape = sum_to_shape,
                .forward = sum_to_forward,
                .vjp = sum_to_vjp,
                TAD__SAMPLES(sum_to_samples),
                TAD__MISUSE(sum_to_misuse)},
    [AMAX] = {.name = "amax",
              .doc = "largest over the axes; NaN wins, ties share the gradient evenly",
              EXTREMES},
    [AMIN] = {.name = "amin",
              .doc = "smallest over the axes; NaN wins, ties share the gradient evenly",
              EXTREMES},
    [LOGSUMEXP] = {.name = "logsumexp",
                   .doc = "log of the sum of e^x over the axes; -inf of nothing, "
                          "gradient 0 where all are -inf",
                   REDUCES,
                   .shape = reduce_shape,
                   .forward = logsumexp_forward,
                   .vjp = logsumexp_vjp,
                   .jvp = logsumexp_jvp,
                   .backward = logsumexp_backward,
                   TAD__SAMPLES(sum_samples),
                   TAD__MISUSE(sum_misuse)},
    [MAX] = {.name = "max",
             .doc = "largest along an axis and its place: the first of equals, or the first NaN, "
                    "which also gets the gradient",
             WITH_PLACES},
    [MIN] = {.name = "min",
             .doc = "smallest along an axis and its place: the first of equals, or the first NaN, "
                    "which also gets the gradient",
             WITH_PLACES},
    [ARGMAX] = {.name = "argmax",
                .doc = "place of the largest along an axis, or in x flattened: the first of "
                       "equals, or the first NaN",
                PLACES},
    [ARGMIN] = {.name = "argmin",
                .doc = "place of the smallest along an axis, or in x flattened: the first of "
                       "equals, or the first NaN",
                PLACES},
};
const size_t tad__ops_reduce_count = sizeof tad__ops_reduce / sizeof *tad__ops_reduce;

/* ---- constructors ---- */

static tad_var reduce(int op, tad_var x, tad_axes over) {
    const tad__reduce o = tad__reduce_over(over);
    return tad_apply(&tad__ops_reduce[op], &x, 1, &o, NULL, 0);
}

tad_var tad_sum(tad_var x, tad_axes over) { return reduce(SUM, x, over); }
tad_var tad_mean(tad_var x, tad_axes over) { return reduce(MEAN, x, over); }
tad_var tad_amax(tad_var x, tad_axes over) { return reduce(AMAX, x, over); }
tad_var tad_amin(tad_var x, tad_axes over) { return reduce(AMIN, x, over); }
tad_var tad_logsumexp(tad_var x, tad_axes over) { return reduce(LOGSUMEXP, x, over); }
tad_var tad_argmax(tad_var x, tad_axes over) { return reduce(ARGMAX, x, over); }
tad_var tad_argmin(tad_var x, tad_axes over) { return reduce(ARGMIN, x, over); }

static tad_var along(int op, tad_var x, tad_axes over, tad_var *indices) {
    const char *name = tad__ops_reduce[op].name;
    tad_tape *t = tad__tape_of(&x, 1);
    tad_var out[2] = {tad__nil(t), tad__nil(t)};
    const tad__along o = {over.axis[0], over.keepdims};
    if (over.given && over.count == 1) tad_apply(&tad__ops_reduce[op], &x, 1, &o, out, 2);
    else if (t) tad__fail(t, TAD_BAD_AXIS, "%s: one axis is needed", name);
    if (indices) *indices = out[1];
    return out[0];
}

tad_var tad_max(tad_var x, tad_axes over, tad_var *indices) { return along(MAX, x, over, indices); }
tad_var tad_min(tad_var x, tad_axes over, tad_var *indices) { return along(MIN, x, over, indices); }

tad_var tad_sum_to(tad_var x, tad_shape shape) {
    return tad_apply(&tad__ops_reduce[SUM_TO], &x, 1, &(shape_options){shape}, NULL, 0);
}
