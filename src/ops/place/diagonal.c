/* Diagonals: diagonal, a view; its adjoint, which puts them into zeros; diag, trace, tril and triu,
 * which are composed. Rests on view.h. */
#include <stddef.h>
#include <string.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "tape/leaf.h"
#include "view.h"

enum { DIAGONAL, DIAGONAL_PUT, DIAG, TRACE, TRIL, TRIU };

typedef struct diagonal_options {
    int64_t offset, axis1, axis2;
    tad_shape shape; /* of diagonal_put's result */
} diagonal_options;

typedef struct matrix_options {
    int64_t diagonal;
} matrix_options;

/* ---- shapes ---- */

/* The rows and columns that a diagonal skips, and how many elements it has. */
typedef struct line {
    int row_axis, column_axis;
    int64_t row, column, n;
} line;

/* n is 0 for a diagonal that lies outside. */
static line line_of(const diagonal_options *o, const tad_shape *x) {
    line l = {tad__known_axis(o->axis1, x->rank), tad__known_axis(o->axis2, x->rank), 0, 0, 0};
    const int64_t rows = x->dim[l.row_axis], columns = x->dim[l.column_axis];
    if (o->offset >= columns || o->offset <= -rows) return l;
    l.row = o->offset < 0 ? -o->offset : 0;
    l.column = o->offset > 0 ? o->offset : 0;
    l.n = rows - l.row < columns - l.column ? rows - l.row : columns - l.column;
    return l;
}

/* x without the two axes, and with the diagonal as the last one. */
static tad_status diagonal_of(const tad_call_frame *c, const tad_shape *x, tad_shape *out) {
    const diagonal_options *o = c->options;
    int row, column;
    if (x->rank < 2) return tad_fail(c, TAD_BAD_SHAPE, "a diagonal needs two axes");
    if (tad__one_axis(c, o->axis1, x->rank, &row)) return TAD_BAD_AXIS;
    if (tad__one_axis(c, o->axis2, x->rank, &column)) return TAD_BAD_AXIS;
    if (row == column) return tad_fail(c, TAD_BAD_AXIS, "axis %d is named twice", row);
    out->rank = 0;
    for (int i = 0; i < x->rank; i++)
        if (i != row && i != column) out->dim[out->rank++] = x->dim[i];
    out->dim[out->rank++] = line_of(o, x).n;
    return TAD_OK;
}

static tad_status diagonal_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_shape x = tad__shape_of(c->in[0]);
    out->dtype = (tad_dtype)c->in[0]->dtype;
    return diagonal_of(c, &x, &out->shape);
}

static tad_status diagonal_put_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const diagonal_options *o = c->options;
    const tad_shape x = tad__shape_of(c->in[0]);
    tad_shape need;
    int64_t size;
    char text[TAD__SHAPE_ROOM];
    if (!tad__shape_size(&o->shape, &size)) return tad_fail(c, TAD_BAD_SHAPE, "no such shape");
    tad_status s = diagonal_of(c, &o->shape, &need);
    if (s != TAD_OK) return s;
    if (!tad__shape_equal(&x, &need))
        return tad_fail(c, TAD_BAD_SHAPE, "the diagonals have shape %s",
                        tad__shape_text(&need, text, sizeof text));
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, o->shape};
    return TAD_OK;
}

/* ---- values ---- */

/* Where the elements of `seen`, which has its dims and the data of x, lie in x. */
static void place_diagonal(const diagonal_options *o, const tad_array *x, tad_array *seen) {
    const tad_shape shape = tad__shape_of(x);
    const line l = line_of(o, &shape);
    const int64_t *stride = tad_strides(x);
    int64_t *own = tad__strides(seen);
    if (seen->size == 0) return;
    for (int i = 0; i < x->rank; i++)
        if (i != l.row_axis && i != l.column_axis) *own++ = stride[i];
    *own = stride[l.row_axis] + stride[l.column_axis];
    tad__move_data(seen, l.row * stride[l.row_axis] + l.column * stride[l.column_axis]);
}

static bool diagonal_view(const tad_call_frame *c, tad_array *out) {
    place_diagonal(c->options, c->in[0], out);
    return true;
}

static tad_array *diagonal_in(const tad_call_frame *c, void *data, tad__header *h) {
    tad_shape shape = tad__shape_of(c->in[0]);
    tad_array *seen = tad__lay_out(h, c->out[0], &shape);
    seen->data = data;
    place_diagonal(c->options, c->out[0], seen);
    return seen;
}

static tad_status diagonal_put_forward(const tad_call_frame *c) {
    tad__header h;
    tad__clear(c->compute, c->out[0]);
    tad__put(c->compute, diagonal_in(c, c->out[0]->data, &h), c->in[0], false);
    return TAD_OK;
}

static void diagonal_put_c_text(const tad_call_frame *c, tad_c *to) {
    tad__header h;
    const tad_array *seen = diagonal_in(c, tad__nowhere(), &h);
    tad__c_clear(to, c->out[0]);
    tad__c_move(to, &(tad__c_seen){"out0", seen, tad__offset(seen)},
                &(tad__c_seen){"in0", c->in[0], 0});
}

/* ---- rules ---- */

static tad_var put(tad_var x, const diagonal_options *o, tad_shape shape) {
    return tad__apply_one(&tad__ops_diagonal[DIAGONAL_PUT], x,
                          &(diagonal_options){o->offset, o->axis1, o->axis2, shape});
}

static void diagonal_vjp(tad_rule *r) {
    r->result[0] = put(r->given[0], r->options, tad_shape_of(r->in[0]));
}

static void diagonal_put_vjp(tad_rule *r) {
    const diagonal_options *o = r->options;
    r->result[0] = tad_diagonal(r->given[0], o->offset, (int)o->axis1, (int)o->axis2);
}

/* ---- diag, trace ---- */

static tad_status diag_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const int64_t k = ((const matrix_options *)c->options)->diagonal;
    const tad_shape x = tad__shape_of(c->in[0]);
    out->dtype = (tad_dtype)c->in[0]->dtype;
    if (x.rank == 1) {
        const int64_t far = INT64_MAX - x.dim[0], n = k > far || k < -far ? -1 : x.dim[0];
        if (n < 0) return tad_fail(c, TAD_TOO_LARGE, "diagonal %lld", (long long)k);
        out->shape = TAD_SHAPE(n + (k < 0 ? -k : k), n + (k < 0 ? -k : k));
        return TAD_OK;
    }
    if (x.rank != 2) return tad_fail(c, TAD_BAD_SHAPE, "needs a vector or a matrix");
    out->shape = TAD_SHAPE(line_of(&(diagonal_options){k, 0, 1, TAD_0D}, &x).n);
    return TAD_OK;
}

static void diag_compose(tad_rule *r) {
    const int64_t k = ((const matrix_options *)r->options)->diagonal;
    const tad_shape x = tad_shape_of(r->in[0]);
    if (x.rank == 2) {
        r->result[0] = tad_diagonal(r->in[0], k, 0, 1);
        return;
    }
    const int64_t n = x.dim[0] + (k < 0 ? -k : k); /* the shape rule has refused what overflows */
    r->result[0] = put(r->in[0], &(diagonal_options){k, 0, 1, TAD_0D}, TAD_SHAPE(n, n));
}

static tad_status trace_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (c->in[0]->rank != 2) return tad_fail(c, TAD_BAD_SHAPE, "needs a matrix");
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, TAD_0D};
    return TAD_OK;
}

static void trace_compose(tad_rule *r) {
    r->result[0] = tad_sum(tad_diagonal(r->in[0], 0, 0, 1), tad_all());
}

/* ---- tril, triu ---- */

static tad_status triangle_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    if (c->in[0]->rank < 2) return tad_fail(c, TAD_BAD_SHAPE, "needs two axes");
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, tad__shape_of(c->in[0])};
    return TAD_OK;
}

static double place(const void *first, int64_t i) { return *(const double *)first + (double)i; }

/* n places from `first` on, as a column or a row. */
static tad_var places(const tad_rule *r, int64_t first, tad_shape shape) {
    const double begin = (double)first;
    return tad__filled(r->tape, r->op->name, TAD_I64, shape, place, &begin);
}

/* A NaN outside is zero, too. */
static void triangle_compose(tad_rule *r) {
    const int64_t far = INT64_C(1) << 50, k = ((const matrix_options *)r->options)->diagonal;
    const tad_shape x = tad_shape_of(r->in[0]);
    tad_var row = places(r,
                         k > far    ? far
                         : k < -far ? -far
                                    : k,
                         TAD_SHAPE(x.dim[x.rank - 2], 1)),
            column = places(r, 0, TAD_SHAPE(1, x.dim[x.rank - 1]));
    const bool lower = r->op == &tad__ops_diagonal[TRIL];
    tad_var outside = lower ? tad_greater(column, row) : tad_less(column, row);
    const tad_dtype dtype = tad_dtype_of(r->in[0]);
    r->result[0] = tad__is_float(dtype)
                       ? tad_masked_fill(r->in[0], outside, 0)
                       : tad_where(outside, tad_full(r->tape, dtype, TAD_0D, 0), r->in[0]);
}

/* ---- options, samples, misuse ---- */

#define LINE_OPTIONS                                                                               \
    {OPTION(INT, diagonal_options, offset)}, {OPTION(INT, diagonal_options, axis1)}, {             \
        OPTION(INT, diagonal_options, axis2), .initial = 1                                         \
    }
static const tad_option diagonal_list[] = {LINE_OPTIONS};
static const tad_option diagonal_put_list[] = {
    LINE_OPTIONS,
    {OPTION(SHAPE, diagonal_options, shape), .required = true},
};
static const tad_option matrix_list[] = {{OPTION(INT, matrix_options, diagonal)}};

#define LINE(k, i, j)                                                                              \
    .options = &(const diagonal_options) { .offset = k, .axis1 = i, .axis2 = j }
#define LINE_IN(k, i, j, ...)                                                                      \
    .options = &(const diagonal_options) { k, i, j, SHAPE(__VA_ARGS__) }
#define K(k)                                                                                       \
    .options = &(const matrix_options) { k }

static const tad_sample diagonal_samples[] = {
    {CASE("main", F64(3, 4)), LINE(0, 0, 1)},
    {CASE("above", F64(3, 5)), LINE(3, 0, 1)},
    {CASE("below, outer axes", F64(4, 3, 2)), LINE(-1, 0, -1)},
    {CASE("axes turned", F64(2, 5, 3, 2)), LINE(1, 2, 1)},
    {CASE("outside", F64(2, 3)), LINE(3, 0, 1)},
    {CASE("far outside", F64(2, 3)), LINE(-1000000, 0, 1)},
    {CASE("empty", F64(0, 3, 3)), LINE(0, 1, 2)},
};
static const tad_misuse diagonal_misuse[] = {
    {CASE("vector", F64(3)), LINE(0, 0, 1), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(3, 4)), LINE(0, 0, 2), .expect = TAD_BAD_AXIS},
    {CASE("named twice", F64(3, 4)), LINE(0, 1, -1), .expect = TAD_BAD_AXIS},
};
static const tad_sample diagonal_put_samples[] = {
    {CASE("main", F64(3)), LINE_IN(0, 0, 1, 3, 4)},
    {CASE("below, outer axes", F64(3, 2)), LINE_IN(-1, 0, -1, 4, 3, 2)},
    {CASE("axes turned", F64(2, 2, 3)), LINE_IN(1, 2, 1, 2, 5, 3, 2)},
    {CASE("above", F64(1)), LINE_IN(2, 0, 1, 3, 3)},
    {CASE("outside", F64(0)), LINE_IN(4, 0, 1, 3, 4)},
};
static const tad_misuse diagonal_put_misuse[] = {
    {CASE("other length", F64(2)), LINE_IN(0, 0, 1, 3, 4), .expect = TAD_BAD_SHAPE},
    {CASE("negative size", F64(2)), LINE_IN(0, 0, 1, -3, 4), .expect = TAD_BAD_SHAPE},
    {CASE("named twice", F64(3)), LINE_IN(0, 0, 0, 3, 4), .expect = TAD_BAD_AXIS},
};
static const tad_sample diag_samples[] = {
    {CASE("vector", F64(3)), K(0)},           {CASE("vector above", F64(2)), K(2)},
    {CASE("vector below", F64(5)), K(-1)},    {CASE("matrix", F64(3, 5)), K(1)},
    {CASE("matrix below", F64(3, 3)), K(-2)}, {CASE("no vector", F64(0)), K(0)},
};
static const tad_misuse diag_misuse[] = {
    {CASE("three axes", F64(2, 3, 4)), K(0), .expect = TAD_BAD_SHAPE},
    {CASE("0-d", F64_0D), K(0), .expect = TAD_BAD_SHAPE},
    {CASE("too large", F64(3)), K(INT64_MIN), .expect = TAD_TOO_LARGE},
    {CASE("large", F64(3)), K(INT64_C(1) << 40), .expect = TAD_TOO_LARGE},
};
static const tad_sample trace_samples[] = {
    {CASE("square", F64(3, 3))}, {CASE("wide", F64(2, 5))},  {CASE("high", F64(7, 3))},
    {CASE("one", F64(1, 1))},    {CASE("empty", F64(0, 3))},
};
static const tad_misuse trace_misuse[] = {
    {CASE("vector", F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("three axes", F64(2, 3, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 2, 2)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample triangle_samples[] = {
    {CASE("square", F64(3, 3)), K(0)},          {CASE("above", F64(3, 5)), K(1)},
    {CASE("below", F64(5, 3)), K(-2)},          {CASE("batch", F64(2, 3, 4)), K(2)},
    {CASE("all or none", F64(2, 3)), K(7)},     {CASE("empty", F64(3, 0)), K(0)},
    {CASE("integers", INDICES(9, 3, 4)), K(1)}, {CASE("bools", MASK(2, 3, 3)), K(-1)},
};
static const tad_misuse triangle_misuse[] = {
    {CASE("vector", F64(3)), K(0), .expect = TAD_BAD_SHAPE},
    {CASE("0-d", F64_0D), K(0), .expect = TAD_BAD_SHAPE},
    {CASE("a row of integers", INDICES(3, 2)), K(0), .expect = TAD_BAD_SHAPE},
};

/* ---- the ops ---- */

#define OF_MATRIX(op)                                                                              \
    FAMILY("shape", 1, 1), OPTIONS(matrix_options, matrix_list),                                   \
        .shape = op##_shape, .compose = op##_compose, CASES(op)

const tad_op tad__ops_diagonal[] = {
    [DIAGONAL] = {.name = "diagonal",
                  .doc = "the diagonals of two axes, as the last axis; offset counts columns",
                  VIEW_ONCE(diagonal, diagonal_view),
                  OPTIONS(diagonal_options, diagonal_list),
                  .vjp = diagonal_vjp},
    [DIAGONAL_PUT] = {.name = "diagonal_put",
                      .doc = "zeros of a shape with x on the diagonals; the adjoint of diagonal",
                      FAMILY("shape", 1, 1),
                      .flags = TAD_OP_LINEAR | TAD_OP_INTERNAL,
                      OPTIONS(diagonal_options, diagonal_put_list),
                      HOOKS(diagonal_put),
                      .c_text = diagonal_put_c_text,
                      CASES(diagonal_put)},
    [DIAG] = {.name = "diag",
              .doc = "a vector as the diagonal of a matrix, or the diagonal of a matrix",
              OF_MATRIX(diag)},
    [TRACE] = {.name = "trace",
               .doc = "sum of the diagonal of a matrix",
               FAMILY("shape", 1, 1),
               .shape = trace_shape,
               .compose = trace_compose,
               CASES(trace)},
    [TRIL] = {.name = "tril",
              .doc = "0 above a diagonal of the last two axes, else x",
              OF_MATRIX(triangle)},
    [TRIU] = {.name = "triu",
              .doc = "0 below a diagonal of the last two axes, else x",
              OF_MATRIX(triangle)},
};
const size_t tad__ops_diagonal_count = LENGTH(tad__ops_diagonal);

tad_var tad_diagonal(tad_var x, int64_t offset, int axis1, int axis2) {
    return tad__apply_one(&tad__ops_diagonal[DIAGONAL], x,
                          &(diagonal_options){offset, axis1, axis2, TAD_0D});
}

static tad_var of_matrix(int op, tad_var x, int64_t diagonal) {
    return tad__apply_one(&tad__ops_diagonal[op], x, &(matrix_options){diagonal});
}

tad_var tad_diag(tad_var x, int64_t diagonal) { return of_matrix(DIAG, x, diagonal); }
tad_var tad_tril(tad_var x, int64_t diagonal) { return of_matrix(TRIL, x, diagonal); }
tad_var tad_triu(tad_var x, int64_t diagonal) { return of_matrix(TRIU, x, diagonal); }
tad_var tad_trace(tad_var x) { return tad__apply_one(&tad__ops_diagonal[TRACE], x, NULL); }
