/* softmax and log_softmax: shifted by the largest element, so that no exponential overflows.
 * Rests on rows.h, c_text.h and kernel/softmax.h. */
#include <stddef.h>

#include "array/c_text.h"
#include "kernel/softmax.h"
#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "rows.h"

enum { SOFTMAX, LOG_SOFTMAX, SOFTMIN };

static tad_status along_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__at_axis *o = c->options;
    int axis;
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (tad__one_axis(c, o->axis, c->in[0]->rank, &axis)) return TAD_BAD_AXIS;
    out[0] = (tad_type){(tad_dtype)c->in[0]->dtype, tad__shape_of(c->in[0])};
    return TAD_OK;
}

/* The axis a row runs along. */
static int row_axis(const void *options, int rank) {
    return tad__known_axis(((const tad__at_axis *)options)->axis, rank);
}

static tad__rows plan(const tad_call_frame *c) {
    tad__rows r;
    tad_shape s = tad__shape_of(c->in[0]);
    tad__rows_plan(&r, c->compute, (tad_dtype)c->in[0]->dtype, &s,
                   1u << row_axis(c->options, s.rank));
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
    const char *x = tad__rows_of(&r, c->in[0]);
    char *y = tad__rows_target(&r, c->out[0]);
    if (!x || !y) return TAD_NO_MEMORY;
    map_rows m = {map, r.n, r.width, x, y};
    tad__split(c->compute->threads, r.rows, tad__tile_grain(r.n), map_piece, &m);
    return tad__rows_put(&r, y, c->out[0], false);
}

/* ---- down columns, where they lie beside each other: no transposed copies ---- */

/* Blocks of neighbouring columns, all of an outer index, then the next. */
typedef struct columns {
    tad__columns_map *map;
    tad__columns_backward *backward;
    size_t n, inner, blocks, width;
    const char *x, *g; /* backward: x is the result */
    char *y;
} columns;

static void columns_piece(void *arg, size_t first, size_t end) {
    const columns *d = arg;
    for (size_t k = first; k < end; k++) {
        const size_t column = k % d->blocks * TAD__COLUMN_BLOCK,
                     cols = tad__min(TAD__COLUMN_BLOCK, d->inner - column),
                     at = (k / d->blocks * d->n * d->inner + column) * d->width;
        if (d->map)
            d->map(d->n, cols, d->inner, d->x + at, d->y + at);
        else
            d->backward(d->n, cols, d->inner, d->x + at, d->g + at, d->y + at);
    }
}

/* Whether an array like x is walked so: along an axis that is not the last, with enough columns for
 * vectors. */
static bool find_columns(const tad_call_frame *c, columns *d) {
    const tad_array *x = c->in[0];
    const int axis = row_axis(c->options, x->rank);
    size_t inner = 1;
    for (int i = axis + 1; i < x->rank; i++) inner *= (size_t)x->dim[i];
    *d = (columns){.n = (size_t)x->dim[axis], .inner = inner};
    d->width = tad__width((tad_dtype)x->dtype);
    d->blocks = (inner + TAD__COLUMN_BLOCK - 1) / TAD__COLUMN_BLOCK;
    return inner >= TAD__COLUMN_BLOCK / 4 && d->n > 1;
}

static void walk_columns(const tad_call_frame *c, columns *d) {
    const size_t all = (size_t)c->in[0]->size / (d->n * d->inner) * d->blocks,
                 grain = TAD__GRAIN / (d->n * TAD__COLUMN_BLOCK);
    tad__split(c->compute->threads, all, grain ? grain : 1, columns_piece, d);
}

static tad_status forward(const tad_call_frame *c, tad__rows_map *const *map,
                          tad__columns_map *const *down) {
    const tad_array *x = c->in[0];
    columns d;
    if (x->size == 0) return TAD_OK;
    if (!x->contiguous || !find_columns(c, &d)) return map_forward(c, map[x->dtype]);
    d.map = down[x->dtype];
    d.x = x->data;
    d.y = c->out[0]->data;
    walk_columns(c, &d);
    return TAD_OK;
}

static tad_status softmax_forward(const tad_call_frame *c) {
    const tad__softmax_kernels *k = c->compute->kernels->softmax;
    return forward(c, k->softmax, k->softmax_down);
}

static tad_status log_softmax_forward(const tad_call_frame *c) {
    const tad__softmax_kernels *k = c->compute->kernels->softmax;
    return forward(c, k->log_softmax, k->log_softmax_down);
}

/* ---- values as C ---- */

static void put_columns(tad_c *to, const columns *d, size_t all, const char *name) {
    tad_c_put(to, "for (ptrdiff_t i = 0; i < %zu; i += %zu)\n", all, d->n * d->inner);
    tad_c_put(to, "    for (ptrdiff_t j = 0; j < %zu; j += %d)\n", d->inner, TAD__COLUMN_BLOCK);
    tad_c_put(to, "        %s(%zu, %zu - j < %d ? %zu - j : %d, %zu, in0 + i + j, out0 + i + j);\n",
              name, d->n, d->inner, TAD__COLUMN_BLOCK, d->inner, TAD__COLUMN_BLOCK, d->inner);
}

static void put_rows(tad_c *to, const tad_call_frame *c, const char *name) {
    const tad_array *x = c->in[0], *y = c->out[0];
    const int axis = row_axis(c->options, x->rank);
    tad_shape shape = tad__shape_of(x);
    tad__loop l;
    shape.dim[axis] = 1;
    tad__c_open(to, &l, &shape, (const tad_array *const[]){y, x}, 2);
    tad_c_put(to, "%s(%lld, &in0", name, (long long)x->dim[axis]);
    tad__c_at(to, &l, 1);
    tad_c_put(to, ", %lld, &out0", (long long)tad_strides(x)[axis]);
    tad__c_at(to, &l, 0);
    tad_c_put(to, ", %lld);\n", (long long)tad_strides(y)[axis]);
    tad__c_close(to, &l);
}

/* What is not contiguous is read where it lies. */
static void along_c_text(const tad_call_frame *c, tad_c *to) {
    const bool plain = c->op == &tad__ops_softmax[SOFTMAX];
    const tad_array *x = c->in[0];
    columns d;
    if (x->size == 0)
        tad_c_put(to, "(void)in0, (void)out0;\n");
    else if (x->contiguous && find_columns(c, &d))
        put_columns(to, &d, (size_t)x->size,
                    tad__c_part(to, plain ? "softmax_down" : "log_softmax_down", x->dtype));
    else
        put_rows(to, c, tad__c_part(to, plain ? "softmax_row" : "log_softmax_row", x->dtype));
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
    const void *y = tad__rows_of(&r, b->call.out[0]), *g = tad__rows_of(&r, b->cotangent[0]);
    if (!y || !g) return TAD_NO_MEMORY;
    return tad__rows_gradient_over(b, &r, fill_rows, &(backward_rows){&r, kernel, y, g});
}

/* What has arrived already is added to by way of rows. */
static tad_status backward(tad_backward *b, tad__rows_backward *const *kernel,
                           tad__columns_backward *const *down) {
    const tad_array *y = b->call.out[0], *g = b->cotangent[0];
    columns d;
    bool fresh;
    if (!g || !b->wanted[0]) return TAD_OK;
    if (y->size == 0 || !g->contiguous || !tad_backward_is_fresh(b, 0) ||
        !find_columns(&b->call, &d))
        return map_backward(b, kernel[y->dtype]);
    d.x = y->data;
    d.g = g->data;
    tad_array *dx = tad_backward_take(b, 0, 0);
    if (!dx) dx = tad_backward_buffer(b, 0, &fresh);
    if (!dx) return TAD_NO_MEMORY;
    d.backward = down[y->dtype];
    d.y = dx->data;
    walk_columns(&b->call, &d);
    return TAD_OK;
}

static tad_status softmax_backward(tad_backward *b) {
    const tad__softmax_kernels *k = b->call.compute->kernels->softmax;
    return backward(b, k->softmax_backward, k->softmax_backward_down);
}

static tad_status log_softmax_backward(tad_backward *b) {
    const tad__softmax_kernels *k = b->call.compute->kernels->softmax;
    return backward(b, k->log_softmax_backward, k->log_softmax_backward_down);
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

/* ---- options, samples, misuse ---- */

static const tad_option along_list[] = {{OPTION(INT, tad__at_axis, axis), .required = true}};

static const tad_sample along_samples[] = {
    {CASE("rows", F64(3, 5)), AT(1)},
    {CASE("columns", F64(5, 3)), AT(0)},
    {CASE("middle axis", F64(2, 5, 3)), AT(-2)},
    {CASE("columns beside each other", F64(2, 3, 16)), AT(1)},
    {CASE("long row", F64(2, 37)), AT(-1)},
    {CASE("one element", F64(3, 1)), AT(1)},
    {CASE("vector", F64(7)), AT(0)},
    {CASE("empty", F64(0, 4)), AT(1)},
    {CASE("empty row", F64(4, 0)), AT(1)},
};
static const tad_misuse along_misuse[] = {
    {CASE("no such axis", F64(3, 5)), AT(2), .expect = TAD_BAD_AXIS},
    {CASE("axis of a number", F64_0D), AT(0), .expect = TAD_BAD_AXIS},
    {CASE("integers", INDICES(3, 4)), AT(0), .expect = TAD_BAD_DTYPE},
};

/* ---- softmin ---- */

static void softmin_compose(tad_rule *r) {
    r->result[0] = tad_softmax(tad_neg(r->in[0]), (int)((const tad__at_axis *)r->options)->axis);
}

/* ---- the ops ---- */

#define ALONG_AXIS                                                                                 \
    FAMILY("softmax", 1, 1), OPTIONS(tad__at_axis, along_list), .shape = along_shape, CASES(along)
#define ALONG ALONG_AXIS, .c_text = along_c_text

const tad_op tad__ops_softmax[] = {
    [SOFTMAX] = {.name = "softmax",
                 ALONG,
                 .doc = "e^x / sum e^x along an axis; a row of -inf gives NaN",
                 .forward = softmax_forward,
                 .vjp = softmax_vjp,
                 .jvp = softmax_jvp,
                 .backward = softmax_backward},
    [LOG_SOFTMAX] = {.name = "log_softmax",
                     ALONG,
                     .doc = "x - logsumexp(x) along an axis; a row of -inf gives NaN",
                     .forward = log_softmax_forward,
                     .vjp = log_softmax_vjp,
                     .jvp = log_softmax_jvp,
                     .backward = log_softmax_backward},
    [SOFTMIN] = {.name = "softmin",
                 ALONG_AXIS,
                 .doc = "softmax of -x along an axis; a row of inf gives NaN",
                 .compose = softmin_compose},
};
const size_t tad__ops_softmax_count = LENGTH(tad__ops_softmax);

tad_var tad_softmax(tad_var x, int axis) {
    return tad__apply_one(&tad__ops_softmax[SOFTMAX], x, &(tad__at_axis){axis});
}

tad_var tad_softmin(tad_var x, int axis) {
    return tad__apply_one(&tad__ops_softmax[SOFTMIN], x, &(tad__at_axis){axis});
}

tad_var tad_log_softmax(tad_var x, int axis) {
    return tad__apply_one(&tad__ops_softmax[LOG_SOFTMAX], x, &(tad__at_axis){axis});
}
