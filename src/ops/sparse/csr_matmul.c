/* csr_matmul, a sparse matrix times a dense one; csr_sample_matmul, the elements of a product of
 * dense ones that a sparse matrix has entries for. Each is the other's derivative. Rests on
 * sparse.h. */
#include <stddef.h>

#include "ops/families.h"
#include "ops/samples.h"
#include "sparse.h"

enum { CSR_MATMUL, CSR_SAMPLE_MATMUL };
enum { VALUES, STARTS_OF_ROWS, COLUMNS, DENSE };     /* operands of csr_matmul */
enum { SAMPLE_STARTS, SAMPLE_COLUMNS, LEFT, RIGHT }; /* of csr_sample_matmul */

typedef struct matmul_options {
    int64_t n_columns;
    bool transposed;
} matmul_options;

/* ---- shapes ---- */

/* Of x, but with other rows. */
static tad_status with_rows(const tad_call_frame *c, const tad_array *x, int64_t rows,
                            tad_type *out) {
    int64_t size;
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    out->shape.dim[0] = rows;
    if (tad__shape_size(&out->shape, &size)) return TAD_OK;
    return tad_fail(c, TAD_TOO_LARGE, "too many elements");
}

static tad_status matmul_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const matmul_options *o = c->options;
    const tad_array *values = c->in[VALUES], *x = c->in[DENSE];
    tad_status s = tad__csr_fits(c, STARTS_OF_ROWS, o->n_columns);
    if (s != TAD_OK) return s;
    const int64_t rows = tad__csr_rows_of(c->in[STARTS_OF_ROWS]);
    s = tad__dense_fits(c, DENSE, o->transposed ? rows : o->n_columns, "the dense operand");
    if (s != TAD_OK) return s;
    if (values->dtype != x->dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "values and the dense operand must have one float type");
    if (values->rank != 1 || values->dim[0] != c->in[COLUMNS]->dim[0])
        return tad_fail(c, TAD_BAD_SHAPE, "values and columns must be vectors of one size");
    return with_rows(c, x, o->transposed ? o->n_columns : rows, out);
}

static tad_status sample_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[LEFT], *z = c->in[RIGHT];
    const int64_t n_columns = z->rank ? z->dim[0] : 0;
    tad_status s = tad__csr_fits(c, SAMPLE_STARTS, n_columns);
    if (s == TAD_OK)
        s = tad__dense_fits(c, LEFT, tad__csr_rows_of(c->in[SAMPLE_STARTS]), "the left operand");
    if (s == TAD_OK) s = tad__dense_fits(c, RIGHT, n_columns, "the right operand");
    if (s != TAD_OK) return s;
    if (x->dtype != z->dtype) return tad_fail(c, TAD_BAD_DTYPE, "one float type is needed");
    if (x->rank != z->rank || tad__dense_width(x) != tad__dense_width(z))
        return tad_fail(c, TAD_BAD_SHAPE, "rows of both must have one size");
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(c->in[SAMPLE_COLUMNS])};
    return TAD_OK;
}

/* ---- values ---- */

/* The products of a job, as the compiler should know it: without steps, of vectors without
 * widths. */
#define OF_JOB(name, width_, ...)                                                                  \
    name(&a, (int64_t)first, (int64_t)end, __VA_ARGS__, width_, 1, width_, j->y)
#define PIECE(name, function, given)                                                               \
    static void name(void *arg, size_t first, size_t end) {                                        \
        tad__csr_job *j = arg;                                                                     \
        tad__csr a = j->a;                                                                         \
        a.start_step = a.column_step = 1;                                                          \
        tad__csr_done(j, first,                                                                    \
                      j->width == 1 ? OF_JOB(function, 1, given(1))                                \
                                    : OF_JOB(function, j->width, given(j->width)));                \
    }
#define BY_VALUES(width) j->values, 1, j->x
#define BY_ROWS(width) j->x, width, 1, j->z

PIECE(matmul_f64, tad__csr_matmul_f64, BY_VALUES)
PIECE(matmul_f32, tad__csr_matmul_f32, BY_VALUES)
PIECE(transposed_matmul_f64, tad__csr_matmul_transposed_f64, BY_VALUES)
PIECE(transposed_matmul_f32, tad__csr_matmul_transposed_f32, BY_VALUES)
PIECE(sample_matmul_f64, tad__csr_sample_matmul_f64, BY_ROWS)
PIECE(sample_matmul_f32, tad__csr_sample_matmul_f32, BY_ROWS)

/* Rows of a share the places of a transposed product: its pieces are columns of x. Alone, each
 * would only cost another walk over a. */
enum { COLUMNS_OF_A_PIECE = 16 };

static tad_status matmul_forward(const tad_call_frame *c) {
    static tad__split_fn *const along[] = {matmul_f64, matmul_f32};
    static tad__split_fn *const across[] = {transposed_matmul_f64, transposed_matmul_f32};
    const matmul_options *o = c->options;
    const bool is_f32 = c->out[0]->dtype == TAD_F32;
    tad__csr_job j;
    if (!tad__csr_begin(c, c->in[STARTS_OF_ROWS], c->in[COLUMNS], o->n_columns, &j) ||
        !tad__csr_elements(c, VALUES, &j.values) || !tad__csr_elements(c, DENSE, &j.x))
        return TAD_NO_MEMORY;
    j.width = tad__dense_width(c->in[DENSE]);
    if (!o->transposed) return tad__csr_run_rows(c, &j, j.width, along[is_f32]);
    const bool alone = tad__pool_threads(c->compute->threads) < 2;
    tad__clear(c->compute, c->out[0]);
    return tad__csr_run(c, &j, j.width, alone ? tad__max((size_t)j.width, 1) : COLUMNS_OF_A_PIECE,
                        across[is_f32]);
}

static tad_status sample_forward(const tad_call_frame *c) {
    const tad_array *z = c->in[RIGHT];
    tad__csr_job j;
    if (!tad__csr_begin(c, c->in[SAMPLE_STARTS], c->in[SAMPLE_COLUMNS], z->dim[0], &j) ||
        !tad__csr_elements(c, LEFT, &j.x) || !tad__csr_elements(c, RIGHT, &j.z))
        return TAD_NO_MEMORY;
    j.width = tad__dense_width(z);
    return tad__csr_run_rows(c, &j, j.width,
                             z->dtype == TAD_F64 ? sample_matmul_f64 : sample_matmul_f32);
}

/* ---- as C ---- */

static void matmul_c_text(const tad_call_frame *c, tad_c *to) {
    const matmul_options *o = c->options;
    const int64_t width = tad__dense_width(c->in[DENSE]);
    if (o->transposed) tad__c_clear(to, c->out[0]);
    tad__csr_c_structure(to, c, STARTS_OF_ROWS, COLUMNS, o->n_columns);
    tad__csr_c_call(to, o->transposed ? "csr_matmul_transposed" : "csr_matmul", c->out[0]->dtype,
                    o->transposed ? width : tad__csr_rows_of(c->in[STARTS_OF_ROWS]));
    tad__csr_c_values(to, c, VALUES);
    tad__csr_c_dense(to, c, DENSE);
    tad_c_put(to, ", %lld", (long long)width);
    tad__csr_c_end(to);
}

static void sample_c_text(const tad_call_frame *c, tad_c *to) {
    tad__csr_c_structure(to, c, SAMPLE_STARTS, SAMPLE_COLUMNS, c->in[RIGHT]->dim[0]);
    tad__csr_c_call(to, "csr_sample_matmul", c->out[0]->dtype,
                    tad__csr_rows_of(c->in[SAMPLE_STARTS]));
    tad__csr_c_dense(to, c, LEFT);
    tad__csr_c_dense(to, c, RIGHT);
    tad_c_put(to, ", %lld", (long long)tad__dense_width(c->in[RIGHT]));
    tad__csr_c_end(to);
}

/* ---- rules ---- */

static tad__pattern pattern_of(const tad_rule *r) {
    const matmul_options *o = r->options;
    return (tad__pattern){r->in[STARTS_OF_ROWS], r->in[COLUMNS], o->n_columns};
}

/* Of y = a x the gradient of entry (i,j) is g_i . x_j. */
static void matmul_vjp(tad_rule *r) {
    const matmul_options *o = r->options;
    const tad__pattern p = pattern_of(r);
    tad_var g = r->given[0], x = r->in[DENSE];
    if (r->wanted[VALUES])
        r->result[VALUES] = tad__csr_sample_matmul(p, o->transposed ? x : g, o->transposed ? g : x);
    if (r->wanted[DENSE]) r->result[DENSE] = tad__csr_matmul(r->in[VALUES], p, g, !o->transposed);
}

static void matmul_jvp(tad_rule *r) {
    const matmul_options *o = r->options;
    const tad__pattern p = pattern_of(r);
    tad_var sum = r->result[0];
    if (!tad_is_nil(r->given[VALUES]))
        sum = tad__csr_matmul(r->given[VALUES], p, r->in[DENSE], o->transposed);
    if (!tad_is_nil(r->given[DENSE]))
        sum = tad__plus(sum, tad__csr_matmul(r->in[VALUES], p, r->given[DENSE], o->transposed));
    r->result[0] = sum;
}

static tad__pattern sampled_pattern(const tad_rule *r) {
    return (tad__pattern){r->in[SAMPLE_STARTS], r->in[SAMPLE_COLUMNS],
                          tad_shape_of(r->in[RIGHT]).dim[0]};
}

static void sample_vjp(tad_rule *r) {
    const tad__pattern p = sampled_pattern(r);
    tad_var g = r->given[0];
    if (r->wanted[LEFT]) r->result[LEFT] = tad__csr_matmul(g, p, r->in[RIGHT], false);
    if (r->wanted[RIGHT]) r->result[RIGHT] = tad__csr_matmul(g, p, r->in[LEFT], true);
}

static void sample_jvp(tad_rule *r) {
    const tad__pattern p = sampled_pattern(r);
    tad_var sum = r->result[0];
    if (!tad_is_nil(r->given[LEFT])) sum = tad__csr_sample_matmul(p, r->given[LEFT], r->in[RIGHT]);
    if (!tad_is_nil(r->given[RIGHT]))
        sum = tad__plus(sum, tad__csr_sample_matmul(p, r->in[LEFT], r->given[RIGHT]));
    r->result[0] = sum;
}

/* ---- options, samples, misuse ---- */

static const tad_option matmul_list[] = {
    {OPTION(INT, matmul_options, n_columns), .required = true},
    {OPTION(BOOL, matmul_options, transposed)},
};

#define OF(columns, transposed_)                                                                   \
    .options = &(const matmul_options) { columns, transposed_ }

static const tad_sample matmul_samples[] = {
    {CASE("vector", F64(9), STARTS(9, 5), INDICES(6, 9), F64(6)), OF(6, false)},
    {CASE("matrix", F64(7), STARTS(7, 4), INDICES(5, 7), F64(5, 3)), OF(5, false)},
    {CASE("transposed, vector", F64(9), STARTS(9, 5), INDICES(6, 9), F64(4)), OF(6, true)},
    {CASE("transposed, matrix", F64(7), STARTS(7, 4), INDICES(5, 7), F64(3, 2)), OF(5, true)},
    {CASE("often the same", F64(11), STARTS(11, 3), INDICES(2, 11), F64(2, 4)), OF(2, false)},
    {CASE("one column", F64(4), STARTS(4, 8), INDICES(1, 4), F64(1, 1)), OF(1, false)},
    {CASE("no entries", F64(0), STARTS(0, 4), INDICES(5, 0), F64(5, 2)), OF(5, false)},
    {CASE("no rows", F64(0), STARTS(0, 1), INDICES(5, 0), F64(5)), OF(5, false)},
    {CASE("no rows, transposed", F64(0), STARTS(0, 1), INDICES(5, 0), F64(0, 2)), OF(5, true)},
};
static const tad_misuse matmul_misuse[] = {
    {CASE("no such column", F64(9), STARTS(9, 5), INDICES(900, 9), F64(6)), OF(6, false),
     .expect = TAD_BAD_INDEX},
    {CASE("no such column, transposed", F64(9), STARTS(9, 5), INDICES(900, 9), F64(4)), OF(6, true),
     .expect = TAD_BAD_INDEX},
    {CASE("more entries", F64(9), STARTS(8, 5), INDICES(6, 9), F64(6)), OF(6, false),
     .expect = TAD_BAD_INDEX},
    {CASE("not in order", F64(9), INDICES(900, 50), INDICES(6, 9), F64(6)), OF(6, false),
     .expect = TAD_BAD_INDEX},
    {CASE("too few values", F64(8), STARTS(9, 5), INDICES(6, 9), F64(6)), OF(6, false),
     .expect = TAD_BAD_SHAPE},
    {CASE("sizes", F64(9), STARTS(9, 5), INDICES(6, 9), F64(4)), OF(6, false),
     .expect = TAD_BAD_SHAPE},
    {CASE("sizes, transposed", F64(9), STARTS(9, 5), INDICES(6, 9), F64(6)), OF(6, true),
     .expect = TAD_BAD_SHAPE},
    {CASE("no starts", F64(0), STARTS(0, 0), INDICES(6, 0), F64(6)), OF(6, false),
     .expect = TAD_BAD_SHAPE},
    {CASE("types", F64(9), STARTS(9, 5), INDICES(6, 9), F32(6)), OF(6, false),
     .expect = TAD_BAD_DTYPE},
    {CASE("float columns", F64(9), STARTS(9, 5), F64(9), F64(6)), OF(6, false),
     .expect = TAD_BAD_DTYPE},
    {CASE("less than no columns", F64(0), STARTS(0, 2), INDICES(6, 0), F64(1)), OF(-1, true),
     .expect = TAD_BAD_ARGUMENT},
};
static const tad_sample sample_samples[] = {
    {CASE("vectors", STARTS(9, 5), INDICES(6, 9), F64(4), F64(6))},
    {CASE("matrices", STARTS(7, 4), INDICES(5, 7), F64(3, 3), F64(5, 3))},
    {CASE("longer rows", STARTS(5, 3), INDICES(4, 5), F64(2, 11), F64(4, 11))},
    {CASE("often the same", STARTS(11, 3), INDICES(2, 11), F64(2, 4), F64(2, 4))},
    {CASE("no entries", STARTS(0, 4), INDICES(5, 0), F64(3, 2), F64(5, 2))},
    {CASE("rows of nothing", STARTS(3, 3), INDICES(5, 3), F64(2, 0), F64(5, 0))},
};
static const tad_misuse sample_misuse[] = {
    {CASE("no such column", STARTS(9, 5), INDICES(900, 9), F64(4), F64(6)),
     .expect = TAD_BAD_INDEX},
    {CASE("other width", STARTS(7, 4), INDICES(5, 7), F64(3, 3), F64(5, 2)),
     .expect = TAD_BAD_SHAPE},
    {CASE("other rank", STARTS(7, 4), INDICES(5, 7), F64(3, 1), F64(5)), .expect = TAD_BAD_SHAPE},
    {CASE("other rows", STARTS(7, 4), INDICES(5, 7), F64(4, 3), F64(5, 3)),
     .expect = TAD_BAD_SHAPE},
    {CASE("types", STARTS(9, 5), INDICES(6, 9), F64(4), F32(6)), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

const tad_op tad__ops_csr_matmul[] = {
    [CSR_MATMUL] = {.name = "csr_matmul",
                    .doc = "operands values, row_starts, columns, x: a x of a sparse matrix a, "
                           "entries row_starts[i] to row_starts[i+1] - 1 of values and columns "
                           "are its row i; x (n) or (n,k). transposed: a^T x",
                    FAMILY("sparse", 4, 4),
                    .flags = TAD_OP_REFUSES,
                    .constant_in = 1u << STARTS_OF_ROWS | 1u << COLUMNS,
                    OPTIONS(matmul_options, matmul_list),
                    HOOKS(matmul),
                    .jvp = matmul_jvp,
                    .c_text = matmul_c_text,
                    CASES(matmul)},
    [CSR_SAMPLE_MATMUL] = {.name = "csr_sample_matmul",
                           .doc = "operands row_starts, columns, x, z; (entries): x_i . z_j for "
                                  "each entry (i,j) of a sparse matrix, rows of x (m,k) and z "
                                  "(n,k); of vectors x_i z_j",
                           FAMILY("sparse", 4, 4),
                           .flags = TAD_OP_REFUSES,
                           .constant_in = 1u << SAMPLE_STARTS | 1u << SAMPLE_COLUMNS,
                           HOOKS(sample),
                           .jvp = sample_jvp,
                           .c_text = sample_c_text,
                           CASES(sample)},
};
const size_t tad__ops_csr_matmul_count = LENGTH(tad__ops_csr_matmul);

tad_var tad__csr_matmul(tad_var values, tad__pattern p, tad_var x, bool transposed) {
    return tad_apply(&tad__ops_csr_matmul[CSR_MATMUL], (tad_var[]){values, p.starts, p.columns, x},
                     4, &(matmul_options){p.n_columns, transposed}, NULL, 0);
}

tad_var tad__csr_sample_matmul(tad__pattern p, tad_var x, tad_var z) {
    return tad_apply(&tad__ops_csr_matmul[CSR_SAMPLE_MATMUL],
                     (tad_var[]){p.starts, p.columns, x, z}, 4, NULL, NULL, 0);
}

static tad__pattern pattern_in(tad_csr a) {
    return (tad__pattern){a.row_starts, a.columns, a.n_columns};
}

tad_var tad_csr_matmul(tad_csr a, tad_var x) {
    return tad__csr_matmul(a.values, pattern_in(a), x, false);
}

tad_var tad_csr_matmul_transposed(tad_csr a, tad_var x) {
    return tad__csr_matmul(a.values, pattern_in(a), x, true);
}

tad_var tad_csr_sample_matmul(tad_csr pattern, tad_var x, tad_var z) {
    return tad__csr_sample_matmul(pattern_in(pattern), x, z);
}
