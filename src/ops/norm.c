/* layer_norm and rms_norm: the numbers along the last axes brought to mean 0 and variance 1, or to
 * mean square 1. Rests on rows.h and kernel/norm.h. */
#include "kernel/norm.h"

#include <string.h>

#include "kernel/softmax.h"
#include "families.h"
#include "rows.h"
#include "old_samples.h"

enum { LAYER_NORM, RMS_NORM, COUNT };
enum { X, GAIN, BIAS };

typedef struct norm_options {
    tad_shape normalized_shape; /* rank 0: the last axis */
    tad_maybe_float eps;        /* not given: 1e-5, of rms_norm 1e-6 */
} norm_options;

static int normalized_axes(const norm_options *o) {
    return o->normalized_shape.rank ? o->normalized_shape.rank : 1;
}

static bool is_layer_norm(const tad_op *op) { return op == &tad__ops_norm[LAYER_NORM]; }

static double eps_of(const tad_op *op, const norm_options *o) {
    return o->eps.given ? o->eps.value : is_layer_norm(op) ? 1e-5 : 1e-6;
}

/* ---- shapes ---- */

static tad_status check_vector(const tad_call_frame *c, size_t i, const tad_shape *row) {
    const tad_array *a = c->n_in > i ? c->in[i] : NULL;
    if (!a) return TAD_OK;
    if (a->dtype != c->in[X]->dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "operand %zu is %s", i,
                        tad_dtype_name((tad_dtype)a->dtype));
    tad_shape s = tad__shape_of(a);
    char text[160];
    if (tad__shape_equal(&s, row)) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "operand %zu does not have shape %s", i,
                    tad__shape_text(row, text, sizeof text));
}

static tad_status norm_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const norm_options *o = c->options;
    const tad_array *x = c->in[X];
    tad_shape row = {normalized_axes(o), {0}};
    if (x->dtype > TAD_F32)
        return tad_fail(c, TAD_BAD_DTYPE, "needs float64 or float32, not %s",
                        tad_dtype_name((tad_dtype)x->dtype));
    if (row.rank < 0 || row.rank > x->rank) return tad_fail(c, TAD_BAD_SHAPE, "x has no %d axes", row.rank);
    for (int i = 0; i < row.rank; i++) row.dim[i] = x->dim[x->rank - row.rank + i];
    if (o->normalized_shape.rank && !tad__shape_equal(&row, &o->normalized_shape))
        return tad_fail(c, TAD_BAD_SHAPE, "x does not end with the normalized shape");
    double eps = eps_of(c->op, o);
    if (!(eps >= 0)) return tad_fail(c, TAD_BAD_ARGUMENT, "eps %g is not 0 or above", eps);
    out[0] = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    tad_status s = check_vector(c, GAIN, &row);
    return s ? s : check_vector(c, BIAS, &row);
}

/* ---- one call, prepared ---- */

/* Gradients of gain and bias, over the rows of a piece; over some rows that will join them, which
 * keeps rounding errors small. */
typedef struct norm_sums {
    char *sum[2], *part[2];
    size_t rows; /* in the part */
} norm_sums;

typedef struct norm_call {
    tad__rows plan;
    tad__norm norm;
    const tad__norm_kernels *kernel;
    const char *x;
    char *stats; /* of the rows */
    char *y;
    /* backward */
    const char *g;             /* the cotangent */
    size_t piece;              /* rows that one thread takes */
    norm_sums *sums;           /* of each piece */
    const tad_array *total[2]; /* what they join; NULL: not wanted */
} norm_call;

static void fill(tad_dtype dtype, size_t n, double value, void *to) {
    for (size_t i = 0; i < n; i++)
        if (dtype == TAD_F64)
            ((double *)to)[i] = value;
        else
            ((float *)to)[i] = (float)value;
}

/* The numbers of operand i, or `value` in their place. NULL: no memory. */
static const void *vector(const norm_call *p, const tad_call_frame *c, size_t i, double value) {
    const tad_array *a = c->n_in > i ? c->in[i] : NULL;
    if (!a) {
        void *to = tad__scratch(c->compute, p->plan.n * p->plan.width);
        if (to) fill(p->plan.dtype, p->plan.n, value, to);
        return to;
    }
    tad__rows plan;
    tad_shape s = tad__shape_of(a);
    tad__rows_plan(&plan, c->compute, (tad_dtype)a->dtype, &s, 0);
    return tad__rows_of(&plan, a);
}

/* False: no memory. */
static bool prepare(norm_call *p, const tad_call_frame *c) {
    const tad_array *x = c->in[X];
    int axes = normalized_axes(c->options);
    tad_shape s = tad__shape_of(x);
    memset(p, 0, sizeof *p);
    p->kernel = c->compute->kernels->norm;
    tad__rows_plan(&p->plan, c->compute, (tad_dtype)x->dtype, &s,
                   ((1u << axes) - 1) << (x->rank - axes));
    p->x = tad__rows_of(&p->plan, x);
    p->norm = (tad__norm){.n = p->plan.n,
                          .centred = is_layer_norm(c->op),
                          .eps = eps_of(c->op, c->options),
                          .gain = vector(p, c, GAIN, 1),
                          .bias = vector(p, c, BIAS, 0)};
    return p->x && p->norm.gain && p->norm.bias;
}

/* Two numbers for each row. NULL: no memory. */
static void *room_for_stats(const norm_call *p) {
    return tad__scratch(p->plan.compute, p->plan.rows * 2 * p->plan.width);
}

static void forward_piece(void *arg, size_t first, size_t end) {
    const norm_call *p = arg;
    size_t row = p->plan.n * p->plan.width;
    p->kernel->forward[p->plan.dtype](&p->norm, end - first, p->x + first * row,
                                      p->stats + first * 2 * p->plan.width, p->y + first * row);
}

static tad_status norm_forward(const tad_call_frame *c) {
    norm_call p;
    if (c->in[X]->size == 0) return TAD_OK;
    if (!prepare(&p, c)) return TAD_NO_MEMORY;
    const tad_shape shape = {2, {(int64_t)p.plan.rows, 2}};
    bool needed = tad_needs(c, X) || tad_needs(c, GAIN);
    const tad_array *kept = needed ? tad_save(c, p.plan.dtype, &shape) : NULL;
    p.stats = kept ? kept->data : room_for_stats(&p);
    if (!p.stats) return TAD_NO_MEMORY;
    p.y = c->out[0]->data;
    tad__split(c->compute->threads, p.plan.rows, tad__tile_grain(p.plan.n), forward_piece, &p);
    return TAD_OK;
}

/* ---- fused derivative ---- */

enum { PART_ROWS = 64 };

static void join_part(const norm_call *p, norm_sums *s) {
    for (int k = 0; k < 2; k++) {
        p->plan.compute->kernels->add[p->plan.dtype](p->plan.n, s->part[k], s->sum[k]);
        memset(s->part[k], 0, p->plan.n * p->plan.width);
    }
    s->rows = 0;
}

static void fill_rows(void *context, size_t first, size_t rows, void *to) {
    const norm_call *p = context;
    size_t at = first * p->plan.n * p->plan.width;
    norm_sums *s = &p->sums[first / p->piece];
    for (int k = 0; k < 2 && first % p->piece == 0; k++) {
        memset(s->part[k], 0, p->plan.n * p->plan.width);
        if (s->sum[k] != s->part[k]) memset(s->sum[k], 0, p->plan.n * p->plan.width);
    }
    if (s->rows + rows > PART_ROWS && s->sum[0] != s->part[0]) join_part(p, s);
    s->rows += rows;
    p->kernel->backward[p->plan.dtype](&p->norm, rows, p->x + at,
                                       p->stats + first * 2 * p->plan.width, p->g + at, to,
                                       s->part[0], s->part[1]);
}

/* Where only gain or bias have a gradient. */
static tad_status skip_rows(norm_call *p) {
    size_t step = tad__tile_rows(p->plan.n);
    void *room = tad__scratch(p->plan.compute, step * p->plan.n * p->plan.width);
    if (!room) return TAD_NO_MEMORY;
    for (size_t i = 0; i < p->plan.rows; i += p->piece)
        for (size_t k = i; k < tad__min(i + p->piece, p->plan.rows); k += step)
            fill_rows(p, k, tad__min(step, tad__min(i + p->piece, p->plan.rows) - k), room);
    return TAD_OK;
}

/* Room for the sums of each piece; a short one needs no parts. */
static tad_status prepare_sums(norm_call *p) {
    size_t row = p->plan.n * p->plan.width, each = p->piece > PART_ROWS ? 4 : 2;
    size_t pieces = (p->plan.rows - 1) / p->piece + 1;
    p->sums = tad__scratch(p->plan.compute, pieces * sizeof *p->sums);
    char *room = tad__scratch(p->plan.compute, pieces * each * row);
    if (!p->sums || !room) return TAD_NO_MEMORY;
    for (size_t i = 0; i < pieces; i++, room += each * row)
        p->sums[i] = (norm_sums){{room, room + row},
                                 {room + (each - 2) * row, room + (each - 1) * row}, 0};
    return TAD_OK;
}

/* The gradients of gain and bias, cleared where they are new. */
static tad_status prepare_totals(norm_call *p, tad_backward *b) {
    for (size_t k = 0; k < 2; k++) {
        if (b->call.n_in <= GAIN + k || !b->wanted[GAIN + k]) continue;
        bool fresh;
        tad_array *into = tad_backward_buffer(b, GAIN + k, &fresh);
        if (!into) return TAD_NO_MEMORY;
        if (fresh) memset(into->data, 0, (size_t)into->size * p->plan.width);
        p->total[k] = into;
    }
    return TAD_OK;
}

static void join_sums(const norm_call *p) {
    for (size_t i = 0; i * p->piece < p->plan.rows; i++) {
        norm_sums *s = &p->sums[i];
        if (s->sum[0] != s->part[0]) join_part(p, s);
        for (int k = 0; k < 2; k++)
            if (p->total[k])
                p->plan.compute->kernels->add[p->plan.dtype](p->plan.n, s->sum[k], p->total[k]->data);
    }
}

/* Cuts the rows into pieces; finds their m and k, kept or anew. */
static tad_status prepare_rows(norm_call *p, const tad_backward *b) {
    const tad_array *kept = tad_saved(b);
    p->piece = tad__split_size(p->plan.rows, tad__tile_grain(p->plan.n));
    p->stats = kept ? kept->data : room_for_stats(p);
    if (!p->stats) return TAD_NO_MEMORY;
    if (!kept) p->kernel->measure[p->plan.dtype](&p->norm, p->plan.rows, p->x, p->stats);
    return prepare_sums(p);
}

static tad_status norm_backward(tad_backward *b) {
    norm_call p;
    if (!b->cotangent[0]) return TAD_OK;
    if (!prepare(&p, &b->call)) return TAD_NO_MEMORY;
    p.g = b->cotangent[0]->data;
    tad_status s = prepare_totals(&p, b);
    bool empty = b->call.in[X]->size == 0;
    if (!s && !empty) s = prepare_rows(&p, b);
    if (s) return s;
    if (b->wanted[X])
        s = tad__rows_gradient(b, X, &p.plan, fill_rows, &p);
    else if (!empty)
        s = skip_rows(&p);
    if (!s && !empty) join_sums(&p);
    return s;
}

/* ---- rules ---- */

static tad_var mean_of_rows(const tad_rule *r, tad_var v) {
    int rank = tad_shape_of(r->in[X]).rank, axes = normalized_axes(r->options);
    int last[TAD_MAX_RANK];
    for (int i = 0; i < axes; i++) last[i] = rank - axes + i;
    return tad_mean(v, tad_keepdims(tad_axes_of(last, (size_t)axes)));
}

/* v - its mean, if rows are centred. */
static tad_var centred(const tad_rule *r, tad_var v) {
    return is_layer_norm(r->op) ? tad_sub(v, mean_of_rows(r, v)) : v;
}

/* h, the normalised rows; *scale: k. */
static tad_var normalized(const tad_rule *r, tad_var *scale) {
    tad_var c = centred(r, r->in[X]), square = mean_of_rows(r, tad_square(c));
    *scale = tad_rsqrt(tad_add(square, tad_number(eps_of(r->op, r->options))));
    return tad_mul(c, *scale);
}

/* The derivative of h by x is symmetric: k (v - mean v - h mean(h v)). */
static tad_var normalized_slope(const tad_rule *r, tad_var h, tad_var scale, tad_var v) {
    tad_var along = tad_mul(h, mean_of_rows(r, tad_mul(h, v)));
    return tad_mul(scale, tad_sub(centred(r, v), along));
}

static bool has(const tad_rule *r, size_t i) { return r->n_in > i && !tad_is_none(r->in[i]); }

static void norm_vjp(tad_rule *r) {
    tad_var g = r->given[0], scale, h = normalized(r, &scale);
    if (r->wanted[X]) {
        tad_var d = has(r, GAIN) ? tad_mul(g, r->in[GAIN]) : g;
        r->result[X] = normalized_slope(r, h, scale, d);
    }
    if (r->n_in > GAIN && r->wanted[GAIN]) r->result[GAIN] = tad_mul(g, h);
    if (r->n_in > BIAS && r->wanted[BIAS]) r->result[BIAS] = g;
}

static void norm_jvp(tad_rule *r) {
    tad_var scale, h = normalized(r, &scale), sum = r->result[0];
    if (!tad_is_nil(r->given[X])) {
        sum = normalized_slope(r, h, scale, r->given[X]);
        if (has(r, GAIN)) sum = tad_mul(sum, r->in[GAIN]);
    }
    if (r->n_in > GAIN && !tad_is_nil(r->given[GAIN])) {
        tad_var d = tad_mul(h, r->given[GAIN]);
        sum = tad_is_nil(sum) ? d : tad_add(sum, d);
    }
    if (r->n_in > BIAS && !tad_is_nil(r->given[BIAS]))
        sum = tad_is_nil(sum) ? tad_broadcast_to(r->given[BIAS], tad_shape_of(r->in[X]))
                              : tad_add(sum, r->given[BIAS]);
    r->result[0] = sum;
}

/* ---- the family ---- */

static const tad_option norm_list[] = {
    {.name = "normalized_shape",
     .kind = TAD_OPTION_SHAPE,
     .offset = offsetof(norm_options, normalized_shape)},
    {.name = "eps", .kind = TAD_OPTION_MAYBE_FLOAT, .offset = offsetof(norm_options, eps)},
};

#define OVER(...)                                                                                  \
    .options = &(const norm_options) { .normalized_shape = TAD__SHAPE(__VA_ARGS__) }
#define EPS(...)                                                                                   \
    .options = &(const norm_options) { .eps = TAD__GIVEN(__VA_ARGS__) }
#define ABSENT                                                                                     \
    { .absent = true }

static const tad_sample layer_norm_samples[] = {
    {.label = "rows", .n = 3, .in = {TAD__F64(3, 5), TAD__F64(5), TAD__F64(5)}},
    {.label = "no gain, no bias", .n = 1, .in = {TAD__F64(5, 3)}},
    {.label = "only gain", .n = 2, .in = {TAD__F64(2, 7), TAD__F64(7)}, EPS(0.1)},
    {.label = "only bias", .n = 3, .in = {TAD__F64(2, 7), ABSENT, TAD__F64(7)}},
    {.label = "two axes",
     .n = 3,
     .in = {TAD__F64(2, 3, 5), TAD__F64(3, 5), TAD__F64(3, 5)},
     OVER(3, 5)},
    {.label = "long row", .n = 3, .in = {TAD__F64(2, 67), TAD__F64(67), TAD__F64(67)}},
    {.label = "many rows", .n = 3, .in = {TAD__F64(131, 2), TAD__F64(2), TAD__F64(2)}, EPS(0.5)},
    {.label = "vector", .n = 3, .in = {TAD__F64(5), TAD__F64(5), TAD__F64(5)}},
    {.label = "one element", .n = 3, .in = {TAD__F64(3, 1), TAD__F64(1), TAD__F64(1)}},
    {.label = "empty", .n = 3, .in = {TAD__F64(0, 4), TAD__F64(4), TAD__F64(4)}},
    {.label = "empty row", .n = 3, .in = {TAD__F64(4, 0), TAD__F64(0), TAD__F64(0)}},
};
static const tad_sample rms_norm_samples[] = {
    {.label = "rows", .n = 2, .in = {TAD__F64(3, 5), TAD__F64(5)}},
    {.label = "no gain", .n = 1, .in = {TAD__F64(5, 3)}, EPS(0.1)},
    {.label = "two axes", .n = 2, .in = {TAD__F64(2, 3, 5), TAD__F64(3, 5)}, OVER(3, 5)},
    {.label = "long row", .n = 2, .in = {TAD__F64(2, 67), TAD__F64(67)}},
    {.label = "one element", .n = 2, .in = {TAD__F64(3, 1), TAD__F64(1)}, EPS(1)},
    {.label = "empty", .n = 2, .in = {TAD__F64(0, 4), TAD__F64(4)}},
};

#define NORM_MISUSE                                                                                \
    {.label = "a number", .n = 1, .in = {TAD__F64_0D}, .expect = TAD_BAD_SHAPE},                   \
        {.label = "integers", .n = 1, .in = {TAD__INDICES(3, 4)}, .expect = TAD_BAD_DTYPE},        \
        {.label = "integer gain",                                                                  \
         .n = 2,                                                                                   \
         .in = {TAD__F64(3, 5), TAD__INDICES(3, 5)},                                               \
         .expect = TAD_BAD_DTYPE},                                                                 \
        {.label = "size of the gain",                                                              \
         .n = 2,                                                                                   \
         .in = {TAD__F64(3, 5), TAD__F64(3)},                                                      \
         .expect = TAD_BAD_SHAPE},                                                                 \
        {.label = "normalized shape",                                                              \
         .n = 1,                                                                                   \
         .in = {TAD__F64(3, 5)},                                                                   \
         OVER(3),                                                                                  \
         .expect = TAD_BAD_SHAPE},                                                                 \
        {.label = "rank below 0",                                                                  \
         .n = 1,                                                                                   \
         .in = {TAD__F64(3, 5)},                                                                   \
         .options = &(const norm_options){.normalized_shape = {-1, {0}}},                      \
         .expect = TAD_BAD_SHAPE},                                                                 \
        {.label = "too many axes",                                                                 \
         .n = 1,                                                                                   \
         .in = {TAD__F64(3, 5)},                                                                   \
         OVER(2, 3, 5),                                                                            \
         .expect = TAD_BAD_SHAPE},                                                                 \
    {                                                                                              \
        .label = "negative eps", .n = 1, .in = {TAD__F64(3, 5)}, EPS(-1),                          \
        .expect = TAD_BAD_ARGUMENT                                                                 \
    }
static const tad_misuse layer_norm_misuse[] = {
    NORM_MISUSE,
    {.label = "shape of the bias",
     .n = 3,
     .in = {TAD__F64(3, 5), ABSENT, TAD__F64(1, 5)},
     .expect = TAD_BAD_SHAPE},
};
static const tad_misuse rms_norm_misuse[] = {NORM_MISUSE};

#define NORM                                                                                       \
    .family = "norm", .min_in = 1, .n_out = 1, TAD__OPTIONS(norm_options, norm_list),       \
    .shape = norm_shape, .forward = norm_forward, .vjp = norm_vjp, .jvp = norm_jvp,                \
    .backward = norm_backward
const tad_op tad__ops_norm[] = {
    [LAYER_NORM] = {.name = "layer_norm",
                    .doc = "(x - mean) / sqrt(variance + eps) over the last axes, times a gain, "
                           "plus a bias; eps: 1e-5",
                    .max_in = 3,
                    NORM,
                    TAD__SAMPLES(layer_norm_samples),
                    TAD__MISUSE(layer_norm_misuse)},
    [RMS_NORM] = {.name = "rms_norm",
                  .doc = "x / sqrt(mean of x^2 + eps) over the last axes, times a gain; eps: 1e-6",
                  .max_in = 2,
                  NORM,
                  TAD__SAMPLES(rms_norm_samples),
                  TAD__MISUSE(rms_norm_misuse)},
};
const size_t tad__ops_norm_count = COUNT;

tad_var tad_layer_norm(tad_var x, tad_var gain, tad_var bias, tad_shape normalized, double eps) {
    tad_var in[] = {x, gain, bias};
    const norm_options o = {normalized, {true, eps}};
    return tad_apply(&tad__ops_norm[LAYER_NORM], in, 3, &o, NULL, 0);
}

tad_var tad_rms_norm(tad_var x, tad_var gain, tad_shape normalized, double eps) {
    tad_var in[] = {x, gain};
    const norm_options o = {normalized, {true, eps}};
    return tad_apply(&tad__ops_norm[RMS_NORM], in, 2, &o, NULL, 0);
}
