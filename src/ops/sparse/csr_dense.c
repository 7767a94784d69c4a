/* csr_to_dense and its adjoint csr_sample, the elements that there are entries for; csr_rows, the
 * rows of the entries; csr_sum, composed of products. Rests on sparse.h. */
#include <stddef.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/options.h"
#include "ops/samples.h"
#include "sparse.h"

enum { CSR_TO_DENSE, CSR_SAMPLE, CSR_ROWS, CSR_SUM };

typedef struct dense_options {
    int64_t n_columns;
} dense_options;

typedef struct rows_options {
    int64_t n_entries;
} rows_options;

typedef struct sum_options {
    int64_t n_columns;
    tad_axes axis;
    bool keepdims;
} sum_options;

/* ---- shapes ---- */

/* Operands 0 to 2 are the values of a matrix and its structure; its own shape. */
static tad_status whole_shape(const tad_call_frame *c, int64_t n_columns, tad_shape *shape) {
    const tad_array *values = c->in[0];
    tad_status s = tad__csr_fits(c, 1, n_columns);
    if (s != TAD_OK) return s;
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (values->rank != 1 || values->dim[0] != c->in[2]->dim[0])
        return tad_fail(c, TAD_BAD_SHAPE, "values and columns must be vectors of one size");
    *shape = TAD_SHAPE(tad__csr_rows_of(c->in[1]), n_columns);
    return TAD_OK;
}

static tad_status to_dense_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    int64_t size;
    out->dtype = (tad_dtype)c->in[0]->dtype;
    tad_status s = whole_shape(c, ((const dense_options *)c->options)->n_columns, &out->shape);
    if (s != TAD_OK || tad__shape_size(&out->shape, &size)) return s;
    return tad_fail(c, TAD_TOO_LARGE, "too many elements");
}

static tad_status sample_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[2];
    if (tad__needs_float(c, 2)) return TAD_BAD_DTYPE;
    if (x->rank != 2) return tad_fail(c, TAD_BAD_SHAPE, "the dense operand must be a matrix");
    tad_status s = tad__csr_fits(c, 0, x->dim[1]);
    if (s == TAD_OK) s = tad__dense_fits(c, 2, tad__csr_rows_of(c->in[0]), "the dense operand");
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(c->in[1])};
    return s;
}

static tad_status rows_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const rows_options *o = c->options;
    const tad_array *starts = c->in[0];
    if (starts->dtype != TAD_I64) return tad_fail(c, TAD_BAD_DTYPE, "row_starts must be int64");
    if (starts->rank != 1 || starts->dim[0] == 0 || (starts->dim[0] == 1 && o->n_entries > 0))
        return tad_fail(c, TAD_BAD_SHAPE, "row_starts has a number for each row and one more");
    *out = (tad_type){TAD_I64, TAD_SHAPE(o->n_entries)};
    return tad__csr_size_fits(c, "entries", o->n_entries);
}

static tad_status sum_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const sum_options *o = c->options;
    unsigned mask;
    tad_shape whole;
    tad_status s = whole_shape(c, o->n_columns, &whole);
    if (s == TAD_OK) s = tad__csr_check(c, 1, 2, o->n_columns);
    if (s == TAD_OK) s = tad__named_axes(c, &o->axis, whole.rank, &mask);
    if (s == TAD_OK)
        *out =
            (tad_type){(tad_dtype)c->in[0]->dtype, tad__shape_reduced(&whole, mask, o->keepdims)};
    return s;
}

/* ---- values ---- */

#define DENSE_PIECES(T, suffix)                                                                    \
    static void to_dense_##suffix(void *arg, size_t first, size_t end) {                           \
        tad__csr_job *j = arg;                                                                     \
        tad__csr_done(                                                                             \
            j, first,                                                                              \
            tad__csr_to_dense_##suffix(&j->a, (int64_t)first, (int64_t)end, j->values, 1, j->y));  \
    }                                                                                              \
    static void sample_##suffix(void *arg, size_t first, size_t end) {                             \
        tad__csr_job *j = arg;                                                                     \
        tad__csr_done(j, first,                                                                    \
                      tad__csr_sample_##suffix(&j->a, (int64_t)first, (int64_t)end, j->x,          \
                                               j->width, 1, j->y));                                \
    }
DENSE_PIECES(double, f64)
DENSE_PIECES(float, f32)

static tad_status to_dense_forward(const tad_call_frame *c) {
    const tad_array *y = c->out[0];
    tad__csr_job j;
    if (!tad__csr_begin(c, c->in[1], c->in[2], y->dim[1], &j) ||
        !tad__csr_elements(c, 0, &j.values))
        return TAD_NO_MEMORY;
    return tad__csr_run(c, &j, j.a.rows, tad__rows_grain((size_t)y->dim[1]),
                        y->dtype == TAD_F64 ? to_dense_f64 : to_dense_f32);
}

static tad_status sample_forward(const tad_call_frame *c) {
    const tad_array *x = c->in[2];
    tad__csr_job j;
    if (!tad__csr_begin(c, c->in[0], c->in[1], x->dim[1], &j) || !tad__csr_elements(c, 2, &j.x))
        return TAD_NO_MEMORY;
    j.width = x->dim[1];
    return tad__csr_run_rows(c, &j, 1, x->dtype == TAD_F64 ? sample_f64 : sample_f32);
}

static void rows_piece(void *arg, size_t first, size_t end) {
    tad__csr_job *j = arg;
    tad__csr_done(j, first, tad__csr_rows(&j->a, (int64_t)first, (int64_t)end, j->y));
}

static tad_status rows_forward(const tad_call_frame *c) {
    tad__csr_job j;
    if (!tad__csr_begin(c, c->in[0], NULL, 0, &j)) return TAD_NO_MEMORY;
    j.a.entries = c->out[0]->size;
    return tad__csr_run_rows(c, &j, 1, rows_piece);
}

/* ---- as C ---- */

static void to_dense_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_array *y = c->out[0];
    tad__csr_c_structure(to, c, 1, 2, y->dim[1]);
    tad__csr_c_call(to, "csr_to_dense", y->dtype, y->dim[0]);
    tad__csr_c_values(to, c, 0);
    tad__csr_c_end(to);
}

static void sample_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_array *x = c->in[2];
    tad__csr_c_structure(to, c, 0, 1, x->dim[1]);
    tad__csr_c_call(to, "csr_sample", x->dtype, x->dim[0]);
    tad__csr_c_dense(to, c, 2);
    tad__csr_c_end(to);
}

static void rows_c_text(const tad_call_frame *c, tad_c *to) {
    tad__csr_c_structure(to, c, 0, 0, 0);
    tad_c_put(to, "if (!%s(&a, 0, %lld", tad__c_part_named(to, "tad__csr_rows"),
              (long long)tad__csr_rows_of(c->in[0]));
    tad__csr_c_end(to);
}

/* ---- rules ---- */

static tad_var apply(int op, const tad_var *in, size_t n, const void *options);

static void to_dense_vjp(tad_rule *r) {
    r->result[0] = apply(CSR_SAMPLE, (tad_var[]){r->in[1], r->in[2], r->given[0]}, 3, NULL);
}

static void sample_vjp(tad_rule *r) {
    const dense_options o = {tad_shape_of(r->in[2]).dim[1]};
    r->result[2] = apply(CSR_TO_DENSE, (tad_var[]){r->given[0], r->in[0], r->in[1]}, 3, &o);
}

/* Along an axis as the product with ones. */
static void sum_compose(tad_rule *r) {
    const sum_options *o = r->options;
    const tad_shape whole = TAD_SHAPE(tad_size_of(r->in[1]) - 1, o->n_columns);
    const tad__pattern p = {r->in[1], r->in[2], o->n_columns};
    const unsigned mask = tad__known_axes(&o->axis, whole.rank);
    const tad_dtype dtype = tad_dtype_of(r->in[0]);
    tad_var y = r->in[0];
    if (mask == 3)
        y = tad_sum(y, tad_all());
    else if (mask == 0)
        y = apply(CSR_TO_DENSE, r->in, 3, &(dense_options){o->n_columns});
    else
        y = tad__csr_matmul(y, p, tad_full(r->tape, dtype, TAD_SHAPE(whole.dim[mask == 2]), 1),
                            mask == 1);
    r->result[0] = o->keepdims ? tad_reshape(y, tad__shape_reduced(&whole, mask, true)) : y;
}

/* ---- options, samples, misuse ---- */

static const tad_option dense_list[] = {
    {OPTION(INT, dense_options, n_columns), .required = true},
};
static const tad_option rows_list[] = {
    {OPTION(INT, rows_options, n_entries), .required = true},
};
static const tad_option sum_list[] = {
    {OPTION(INT, sum_options, n_columns), .required = true},
    {OPTION(AXES, sum_options, axis)},
    {OPTION(BOOL, sum_options, keepdims)},
};

#define OF(n)                                                                                      \
    .options = &(const dense_options) { n }
#define ENTRIES(n)                                                                                 \
    .options = &(const rows_options) { n }
#define OF_ALL(n, keep)                                                                            \
    .options = &(const sum_options) { n, {0}, keep }
#define SUMS(n, keep, ...)                                                                         \
    .options = &(const sum_options) { n, AXES(__VA_ARGS__), keep }

static const tad_sample to_dense_samples[] = {
    {CASE("matrix", F64(9), STARTS(9, 5), INDICES(6, 9)), OF(6)},
    {CASE("wide", F64(5), STARTS(5, 3), INDICES(20, 5)), OF(20)},
    {CASE("often the same", F64(11), STARTS(11, 3), INDICES(2, 11)), OF(2)},
    {CASE("one row", F64(4), STARTS(4, 2), INDICES(5, 4)), OF(5)},
    {CASE("no entries", F64(0), STARTS(0, 4), INDICES(5, 0)), OF(5)},
    {CASE("no rows", F64(0), STARTS(0, 1), INDICES(5, 0)), OF(5)},
};
static const tad_misuse to_dense_misuse[] = {
    {CASE("no such column", F64(9), STARTS(9, 5), INDICES(900, 9)), OF(6), .expect = TAD_BAD_INDEX},
    {CASE("too many values", F64(10), STARTS(9, 5), INDICES(6, 9)), OF(6), .expect = TAD_BAD_SHAPE},
    {CASE("a matrix of values", F64(9, 1), STARTS(9, 5), INDICES(6, 9)), OF(6),
     .expect = TAD_BAD_SHAPE},
    {CASE("too large", F64(9), STARTS(9, 5), INDICES(6, 9)), OF(INT64_C(1) << 61),
     .expect = TAD_TOO_LARGE},
    {CASE("integers", INDICES(3, 9), STARTS(9, 5), INDICES(6, 9)), OF(6), .expect = TAD_BAD_DTYPE},
};
static const tad_sample sample_samples[] = {
    {CASE("matrix", STARTS(9, 5), INDICES(6, 9), F64(4, 6))},
    {CASE("wide", STARTS(5, 3), INDICES(20, 5), F64(2, 20))},
    {CASE("often the same", STARTS(11, 3), INDICES(2, 11), F64(2, 2))},
    {CASE("one row", STARTS(4, 2), INDICES(5, 4), F64(1, 5))},
    {CASE("no entries", STARTS(0, 4), INDICES(5, 0), F64(3, 5))},
};
static const tad_misuse sample_misuse[] = {
    {CASE("no such column", STARTS(9, 5), INDICES(900, 9), F64(4, 6)), .expect = TAD_BAD_INDEX},
    {CASE("other rows", STARTS(9, 5), INDICES(6, 9), F64(5, 6)), .expect = TAD_BAD_SHAPE},
    {CASE("a vector", STARTS(9, 5), INDICES(6, 9), F64(4)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", STARTS(9, 5), INDICES(6, 9), INDICES(3, 4, 6)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample rows_samples[] = {
    {CASE("some", STARTS(9, 5)), ENTRIES(9)},
    {CASE("many of one", STARTS(20, 2)), ENTRIES(20)},
    {CASE("mostly none", STARTS(2, 9)), ENTRIES(2)},
    {CASE("none", STARTS(0, 4)), ENTRIES(0)},
    {CASE("no rows", STARTS(0, 1)), ENTRIES(0)},
};
static const tad_misuse rows_misuse[] = {
    {CASE("other number", STARTS(9, 5)), ENTRIES(8), .expect = TAD_BAD_INDEX},
    {CASE("not in order", INDICES(900, 50)), ENTRIES(9), .expect = TAD_BAD_INDEX},
    {CASE("a matrix", STARTS(9, 5, 1)), ENTRIES(9), .expect = TAD_BAD_SHAPE},
    {CASE("less than none", STARTS(0, 4)), ENTRIES(-1), .expect = TAD_BAD_ARGUMENT},
    {CASE("floats", F64(5)), ENTRIES(9), .expect = TAD_BAD_DTYPE},
};
static const tad_sample sum_samples[] = {
    {CASE("all", F64(9), STARTS(9, 5), INDICES(6, 9)), OF_ALL(6, false)},
    {CASE("all, kept", F64(9), STARTS(9, 5), INDICES(6, 9)), OF_ALL(6, true)},
    {CASE("of columns", F64(7), STARTS(7, 4), INDICES(5, 7)), SUMS(5, false, 0)},
    {CASE("of rows", F64(7), STARTS(7, 4), INDICES(5, 7)), SUMS(5, false, -1)},
    {CASE("of rows, kept", F64(11), STARTS(11, 3), INDICES(2, 11)), SUMS(2, true, 1)},
    {CASE("both named", F64(4), STARTS(4, 8), INDICES(1, 4)), SUMS(1, false, 1, 0)},
    {CASE("no entries", F64(0), STARTS(0, 4), INDICES(5, 0)), SUMS(5, false, 0)},
};
static const tad_misuse sum_misuse[] = {
    {CASE("no such column", F64(9), STARTS(9, 5), INDICES(900, 9)), SUMS(6, false, 0),
     .expect = TAD_BAD_INDEX},
    {CASE("no such axis", F64(9), STARTS(9, 5), INDICES(6, 9)), SUMS(6, false, 2),
     .expect = TAD_BAD_AXIS},
    {CASE("too few values", F64(8), STARTS(9, 5), INDICES(6, 9)), SUMS(6, false, 0),
     .expect = TAD_BAD_SHAPE},
};

/* ---- the ops ---- */

const tad_op tad__ops_csr_dense[] = {
    [CSR_TO_DENSE] = {.name = "csr_to_dense",
                      .doc = "a sparse matrix (see csr_matmul) with zeros where it has no entry; "
                             "entries for one place add up",
                      FAMILY("sparse", 3, 3),
                      .flags = TAD_OP_LINEAR | TAD_OP_REFUSES,
                      .constant_in = 1u << 1 | 1u << 2,
                      OPTIONS(dense_options, dense_list),
                      HOOKS(to_dense),
                      .c_text = to_dense_c_text,
                      CASES(to_dense)},
    [CSR_SAMPLE] = {.name = "csr_sample",
                    .doc = "operands row_starts, columns, x; (entries): the elements of a dense "
                           "matrix x that a sparse one has entries for",
                    FAMILY("sparse", 3, 3),
                    .flags = TAD_OP_LINEAR | TAD_OP_REFUSES,
                    .constant_in = 1u << 0 | 1u << 1,
                    HOOKS(sample),
                    .c_text = sample_c_text,
                    CASES(sample)},
    [CSR_ROWS] = {.name = "csr_rows",
                  .doc = "int64 (n_entries): the row of each entry of a sparse matrix",
                  FAMILY("sparse", 1, 1),
                  .flags = TAD_OP_FLAT | TAD_OP_REFUSES,
                  .shape = rows_shape,
                  .forward = rows_forward,
                  OPTIONS(rows_options, rows_list),
                  .c_text = rows_c_text,
                  CASES(rows)},
    [CSR_SUM] = {.name = "csr_sum",
                 .doc = "the sum of a sparse matrix (see csr_matmul) over the axes",
                 FAMILY("sparse", 3, 3),
                 .constant_in = 1u << 1 | 1u << 2,
                 .shape = sum_shape,
                 .compose = sum_compose,
                 OPTIONS(sum_options, sum_list),
                 CASES(sum)},
};
const size_t tad__ops_csr_dense_count = LENGTH(tad__ops_csr_dense);

static tad_var apply(int op, const tad_var *in, size_t n, const void *options) {
    return tad_apply(&tad__ops_csr_dense[op], in, n, options, NULL, 0);
}

tad_var tad__csr_rows_var(tad_var starts, int64_t entries) {
    return apply(CSR_ROWS, &starts, 1, &(rows_options){entries});
}

tad_var tad_csr_rows(tad_csr pattern) {
    return tad__csr_rows_var(pattern.row_starts, tad_size_of(pattern.columns));
}

tad_var tad_csr_to_dense(tad_csr a) {
    return apply(CSR_TO_DENSE, (tad_var[]){a.values, a.row_starts, a.columns}, 3,
                 &(dense_options){a.n_columns});
}

tad_var tad_csr_sample(tad_csr pattern, tad_var x) {
    return apply(CSR_SAMPLE, (tad_var[]){pattern.row_starts, pattern.columns, x}, 3, NULL);
}

tad_var tad_csr_sum(tad_csr a, tad_axes over) {
    return apply(CSR_SUM, (tad_var[]){a.values, a.row_starts, a.columns}, 3,
                 &(sum_options){a.n_columns, over, over.keepdims});
}
