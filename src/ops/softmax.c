/* softmax and log_softmax: shifted by the largest element, so that no exponential overflows.
 * Rests on rows.h and kernel/softmax.h. */
#include "kernel/softmax.h"
#include "families.h"
#include "rows.h"
#include "old_samples.h"

enum { SOFTMAX, LOG_SOFTMAX, COUNT };

typedef struct along {
    int64_t axis;
} along;

/* ---- shapes ---- */

static tad_status float_input(const tad_call_frame *c) {
    if (c->in[0]->dtype <= TAD_F32) return TAD_OK;
    return tad_fail(c, TAD_BAD_DTYPE, "needs float64 or float32, not %s",
                    tad_dtype_name((tad_dtype)c->in[0]->dtype));
}

static tad_status along_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const along *o = c->options;
    int axis;
    if (float_input(c)) return TAD_BAD_DTYPE;
    if (!tad__axis(o->axis, c->in[0]->rank, &axis))
        return tad_fail(c, TAD_BAD_AXIS, "no axis %lld", (long long)o->axis);
    out[0] = (tad_type){(tad_dtype)c->in[0]->dtype, tad__shape_of(c->in[0])};
    return TAD_OK;
}

/* The axis a row runs along; it was checked by the shape rule. */
static int row_axis(const void *options, int rank) {
    int axis = 0;
    tad__axis(((const along *)options)->axis, rank, &axis);
    return axis;
}

static tad__rows plan(const tad_call_frame *c) {
    tad__rows r;
    tad_shape s = tad__shape_of(c->in[0]);
    tad__rows_plan(&r, c->compute, (tad_dtype)c->in[0]->dtype, &s, 1u << row_axis(c->options, s.rank));
    return r;
}

/* ---- values ---- */

typedef struct map_rows {
    tad__rows_map *map;
    size_t n, width;
    const char *x;
    char *y;
} map_rows;

static void map_piece(void *arg, size_t first, size_t end) {
    const map_rows *m = arg;
    size_t step = tad__tile_rows(m->n), bytes = m->n * m->width;
    for (size_t i = first; i < end; i += step)
        m->map(tad__min(step, end - i), m->n, m->x + i * bytes, m->y + i * bytes);
}

static tad_status map_forward(const tad_call_frame *c, tad__rows_map *map) {
    tad__rows r = plan(c);
    if (c->in[0]->size == 0) return TAD_OK;
    const char *x = tad__rows_of(&r, c->in[0]);
    char *y = tad__rows_room(&r, c->out[0]);
    if (!x || !y) return TAD_NO_MEMORY;
    map_rows m = {map, r.n, r.width, x, y};
    tad__split(c->compute->threads, r.rows, tad__tile_grain(r.n), map_piece, &m);
    return tad__rows_put(&r, y, c->out[0], false);
}

static tad_status softmax_forward(const tad_call_frame *c) {
    return map_forward(c, c->compute->kernels->softmax->softmax[c->in[0]->dtype]);
}

static tad_status log_softmax_forward(const tad_call_frame *c) {
    return map_forward(c, c->compute->kernels->softmax->log_softmax[c->in[0]->dtype]);
}

/* ---- fused derivatives ---- */

typedef struct backward_rows {
    const tad__rows *plan;
    tad__rows_backward *kernel;
    const char *y, *g;
} backward_rows;

static void fill_rows(void *context, size_t first, size_t rows, void *to) {
    const backward_rows *c = context;
    size_t at = first * c->plan->n * c->plan->width;
    c->kernel(rows, c->plan->n, c->y + at, c->g + at, to);
}

static tad_status map_backward(tad_backward *b, tad__rows_backward *kernel) {
    tad__rows r = plan(&b->call);
    if (!b->cotangent[0] || !b->wanted[0]) return TAD_OK;
    const void *y = tad__rows_of(&r, b->call.out[0]), *g = tad__rows_of(&r, b->cotangent[0]);
    if (!y || !g) return TAD_NO_MEMORY;
    return tad__rows_gradient_over(b, &r, fill_rows, &(backward_rows){&r, kernel, y, g});
}

static tad_status softmax_backward(tad_backward *b) {
    return map_backward(b, b->call.compute->kernels->softmax->softmax_backward[b->call.in[0]->dtype]);
}

static tad_status log_softmax_backward(tad_backward *b) {
    return map_backward(b,
                        b->call.compute->kernels->softmax->log_softmax_backward[b->call.in[0]->dtype]);
}

/* ---- rules ---- */

static tad_var sum_rows(const tad_rule *r, tad_var x) {
    int axis = row_axis(r->options, tad_shape_of(r->in[0]).rank);
    return tad_sum(x, tad_keepdims(tad_axis(axis)));
}

static tad_var softmax_rule(const tad_rule *r, tad_var v) {
    tad_var y = r->out[0];
    return tad_mul(y, tad_sub(v, sum_rows(r, tad_mul(v, y))));
}

/* The Jacobian is symmetric. */
static void softmax_vjp(tad_rule *r) { r->result[0] = softmax_rule(r, r->given[0]); }
static void softmax_jvp(tad_rule *r) { r->result[0] = softmax_rule(r, r->given[0]); }

static void log_softmax_vjp(tad_rule *r) {
    tad_var g = r->given[0];
    r->result[0] = tad_sub(g, tad_mul(tad_exp(r->out[0]), sum_rows(r, g)));
}

static void log_softmax_jvp(tad_rule *r) {
    tad_var t = r->given[0];
    r->result[0] = tad_sub(t, sum_rows(r, tad_mul(tad_exp(r->out[0]), t)));
}

/* ---- the family ---- */

static const tad_option along_options[] = {
    {.name = "axis", .kind = TAD_OPTION_INT, .offset = offsetof(along, axis), .required = true},
};
#define ALONG(a)                                                                                   \
    .options = &(const along) { a }
static const tad_sample along_samples[] = {
    {.label = "rows", .n = 1, .in = {TAD__F64(3, 5)}, ALONG(1)},
    {.label = "columns", .n = 1, .in = {TAD__F64(5, 3)}, ALONG(0)},
    {.label = "middle axis", .n = 1, .in = {TAD__F64(2, 5, 3)}, ALONG(-2)},
    {.label = "long row", .n = 1, .in = {TAD__F64(2, 37)}, ALONG(-1)},
    {.label = "one element", .n = 1, .in = {TAD__F64(3, 1)}, ALONG(1)},
    {.label = "vector", .n = 1, .in = {TAD__F64(7)}, ALONG(0)},
    {.label = "empty", .n = 1, .in = {TAD__F64(0, 4)}, ALONG(1)},
    {.label = "empty row", .n = 1, .in = {TAD__F64(4, 0)}, ALONG(1)},
};
static const tad_misuse along_misuse[] = {
    {.label = "no such axis", .n = 1, .in = {TAD__F64(3, 5)}, ALONG(2), .expect = TAD_BAD_AXIS},
    {.label = "axis of a number", .n = 1, .in = {TAD__F64_0D}, ALONG(0), .expect = TAD_BAD_AXIS},
    {.label = "integers", .n = 1, .in = {TAD__INDICES(3, 4)}, ALONG(0), .expect = TAD_BAD_DTYPE},
};
const tad_op tad__ops_softmax[] = {
    [SOFTMAX] = {.name = "softmax",
                 .family = "softmax",
                 .doc = "e^x / sum e^x along an axis; a row of -inf gives NaN",
                 .min_in = 1,
                 .max_in = 1,
                 .n_out = 1,
                 TAD__OPTIONS(along, along_options),
                 .shape = along_shape,
                 .forward = softmax_forward,
                 .vjp = softmax_vjp,
                 .jvp = softmax_jvp,
                 .backward = softmax_backward,
                 TAD__SAMPLES(along_samples),
                 TAD__MISUSE(along_misuse)},
    [LOG_SOFTMAX] = {.name = "log_softmax",
                     .family = "softmax",
                     .doc = "x - logsumexp(x) along an axis; a row of -inf gives NaN",
                     .min_in = 1,
                     .max_in = 1,
                     .n_out = 1,
                     TAD__OPTIONS(along, along_options),
                     .shape = along_shape,
                     .forward = log_softmax_forward,
                     .vjp = log_softmax_vjp,
                     .jvp = log_softmax_jvp,
                     .backward = log_softmax_backward,
                     TAD__SAMPLES(along_samples),
                     TAD__MISUSE(along_misuse)},
};
const size_t tad__ops_softmax_count = COUNT;

tad_var tad_softmax(tad_var x, int axis) {
    return tad_apply(&tad__ops_softmax[SOFTMAX], &x, 1, &(along){axis}, NULL, 0);
}

tad_var tad_log_softmax(tad_var x, int axis) {
    return tad_apply(&tad__ops_softmax[LOG_SOFTMAX], &x, 1, &(along){axis}, NULL, 0);
}
