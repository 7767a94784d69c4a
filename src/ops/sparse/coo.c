/* Sparse matrices from coordinates: coo_to_csr brings a structure into rows; values follow by sums.
 * So are transposed matrices and sums of two made. Rests on sparse.h. */
#include <stddef.h>

#include "ops/families.h"
#include "ops/place/indexed.h"
#include "ops/samples.h"
#include "sparse.h"

enum { ROWS, COLUMNS };
enum { ROW_STARTS, CSR_COLUMNS, PLACES }; /* results */

typedef struct coo_options {
    int64_t n_rows, n_columns;
} coo_options;

/* ---- shape ---- */

static tad_status sizes_fit(const tad_call_frame *c) {
    const coo_options *o = c->options;
    const tad_array *rows = c->in[ROWS], *columns = c->in[COLUMNS];
    if (tad__need_index(c, rows) || tad__need_index(c, columns)) return TAD_BAD_DTYPE;
    if (rows->rank != 1 || columns->rank != 1 || rows->dim[0] != columns->dim[0])
        return tad_fail(c, TAD_BAD_SHAPE, "rows and columns must be vectors of one size");
    tad_status s = tad__csr_size_fits(c, "rows", o->n_rows);
    if (s == TAD_OK) s = tad__csr_size_fits(c, "columns", o->n_columns);
    if (s == TAD_OK) s = tad__check_indices(c, rows, o->n_rows);
    return s == TAD_OK ? tad__check_indices(c, columns, o->n_columns) : s;
}

/* False: no memory. */
static bool coo_of(const tad_call_frame *c, tad__coo *a) {
    const coo_options *o = c->options;
    const tad_array *rows = tad__contiguous(c->compute, c->in[ROWS]),
                    *columns = tad__contiguous(c->compute, c->in[COLUMNS]);
    if (!rows || !columns) return false;
    *a = (tad__coo){o->n_rows, o->n_columns, rows->size, rows->data, columns->data, 1, 1};
    return true;
}

/* How many places have entries. False: no memory. */
static bool count_places(const tad_call_frame *c, int64_t *n) {
    tad__coo a;
    if (!coo_of(c, &a)) return false;
    int64_t *start = tad__scratch(c->compute, (size_t)(a.rows + 1) * sizeof *start),
            *place = tad__scratch(c->compute, (size_t)a.entries * sizeof *place + 1);
    if (!start || !place) return false;
    *n = tad__coo_sort(&a, start, place) ? tad__coo_merge(&a, start, place, 0, NULL) : 0;
    return true;
}

static tad_status coo_to_csr_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const coo_options *o = c->options;
    int64_t n = 0;
    tad_status s = sizes_fit(c);
    if (s != TAD_OK) return s;
    if (!count_places(c, &n)) return TAD_NO_MEMORY;
    out[ROW_STARTS] = (tad_type){TAD_I64, TAD_SHAPE(o->n_rows + 1)};
    out[CSR_COLUMNS] = (tad_type){TAD_I64, TAD_SHAPE(n)};
    out[PLACES] = (tad_type){TAD_I64, tad__shape_of(c->in[ROWS])};
    return TAD_OK;
}

/* ---- values ---- */

static tad_status coo_to_csr_forward(const tad_call_frame *c) {
    const int64_t most = c->out[CSR_COLUMNS]->size;
    tad__coo a;
    if (!coo_of(c, &a)) return TAD_NO_MEMORY;
    const int64_t n = tad__coo_to_csr(&a, most, c->out[ROW_STARTS]->data, c->out[CSR_COLUMNS]->data,
                                      c->out[PLACES]->data);
    if (n == most) return TAD_OK;
    return tad_fail(c, TAD_BRANCH, "%lld places with entries, not %lld", (long long)n,
                    (long long)most);
}

/* Ends the run where other places have entries than were recorded. */
static void coo_to_csr_c_text(const tad_call_frame *c, tad_c *to) {
    const coo_options *o = c->options;
    const long long most = (long long)c->out[CSR_COLUMNS]->size;
    tad_c_put(to, "const %s a = {%lld, %lld, %lld, in0, in1, %lld, %lld};\n",
              tad__c_part_named(to, "tad__coo"), (long long)o->n_rows, (long long)o->n_columns,
              (long long)c->in[ROWS]->size, (long long)tad_strides(c->in[ROWS])[0],
              (long long)tad_strides(c->in[COLUMNS])[0]);
    tad_c_put(to, "const int64_t n = %s(&a, %lld, out0, out1, out2);\n",
              tad__c_part_named(to, "tad__coo_to_csr"), most);
    tad_c_put(to, "if (n < 0) return TAD_BAD_INDEX;\nif (n != %lld) return TAD_BRANCH;\n", most);
}

/* ---- options, samples, misuse ---- */

static const tad_option coo_list[] = {
    {OPTION(INT, coo_options, n_rows), .required = true},
    {OPTION(INT, coo_options, n_columns), .required = true},
};

#define WITHIN_SHAPE(rows, columns)                                                                \
    .options = &(const coo_options) { rows, columns }

static const tad_sample coo_to_csr_samples[] = {
    {CASE("few", INDICES(5, 7), INDICES(6, 7)), WITHIN_SHAPE(5, 6)},
    {CASE("often the same", INDICES(3, 20), INDICES(2, 20)), WITHIN_SHAPE(3, 2)},
    {CASE("one long row", INDICES(1, 30), INDICES(50, 30)), WITHIN_SHAPE(1, 50)},
    {CASE("one column", INDICES(9, 6), INDICES(1, 6)), WITHIN_SHAPE(9, 1)},
    {CASE("none", INDICES(5, 0), INDICES(6, 0)), WITHIN_SHAPE(5, 6)},
    {CASE("no rows", INDICES(5, 0), INDICES(6, 0)), WITHIN_SHAPE(0, 0)},
};
static const tad_misuse coo_to_csr_misuse[] = {
    {CASE("no such row", INDICES(900, 7), INDICES(6, 7)), WITHIN_SHAPE(5, 6),
     .expect = TAD_BAD_INDEX},
    {CASE("no such column", INDICES(5, 7), INDICES(900, 7)), WITHIN_SHAPE(5, 6),
     .expect = TAD_BAD_INDEX},
    {CASE("sizes", INDICES(5, 7), INDICES(6, 8)), WITHIN_SHAPE(5, 6), .expect = TAD_BAD_SHAPE},
    {CASE("floats", INDICES(5, 7), F64(7)), WITHIN_SHAPE(5, 6), .expect = TAD_BAD_DTYPE},
    {CASE("less than no rows", INDICES(5, 0), INDICES(6, 0)), WITHIN_SHAPE(-1, 6),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("too many rows", INDICES(5, 7), INDICES(6, 7)), WITHIN_SHAPE(INT64_MAX, 6),
     .expect = TAD_TOO_LARGE},
};

/* ---- the op ---- */

const tad_op tad__ops_coo[] = {
    {.name = "coo_to_csr",
     .doc = "row_starts and columns, ascending in each row and none twice, of a sparse matrix with "
            "entries at (rows[e],columns[e]); which of its entries each one belongs to",
     .family = "sparse",
     .min_in = 2,
     .max_in = 2,
     .n_out = 3,
     .flags = TAD_OP_FLAT | TAD_OP_LOOKS,
     .shape = coo_to_csr_shape,
     .forward = coo_to_csr_forward,
     .c_text = coo_to_csr_c_text,
     OPTIONS(coo_options, coo_list),
     CASES(coo_to_csr)},
};
const size_t tad__ops_coo_count = LENGTH(tad__ops_coo);

/* ---- matrices ---- */

tad_csr tad_coo_to_csr(tad_coo a) {
    tad_var out[3];
    tad_apply(tad__ops_coo, (tad_var[]){a.rows, a.columns}, 2,
              &(coo_options){a.n_rows, a.n_columns}, out, 3);
    const int64_t n = tad_size_of(out[CSR_COLUMNS]);
    tad_var values = tad__gather_put(a.values, out[PLACES], TAD_SHAPE(n), 0);
    if (tad_is_nil(values)) out[ROW_STARTS] = out[CSR_COLUMNS] = values;
    return (tad_csr){values, out[ROW_STARTS], out[CSR_COLUMNS], a.n_columns};
}

tad_coo tad_csr_to_coo(tad_csr a) {
    tad_coo coo = {a.values, tad_csr_rows(a), a.columns, tad_size_of(a.row_starts) - 1,
                   a.n_columns};
    if (tad_is_nil(coo.rows)) coo.values = coo.columns = coo.rows;
    return coo;
}

tad_csr tad_csr_transpose(tad_csr a) {
    const tad_coo own = tad_csr_to_coo(a);
    return tad_coo_to_csr((tad_coo){own.values, own.columns, own.rows, own.n_columns, own.n_rows});
}

static tad_var both(tad_var a, tad_var b) { return tad_concat((tad_var[]){a, b}, 2, 0); }

tad_csr tad_csr_add(tad_csr a, tad_csr b) {
    const tad_coo x = tad_csr_to_coo(a), z = tad_csr_to_coo(b);
    tad_coo sum = {both(x.values, z.values), both(x.rows, z.rows), both(x.columns, z.columns),
                   x.n_rows, x.n_columns};
    tad_tape *t = tad_tape_of(sum.values);
    if (t && (x.n_rows != z.n_rows || x.n_columns != z.n_columns))
        tad_tape_fail(t, TAD_BAD_SHAPE, "csr_add: (%lld,%lld) + (%lld,%lld)", (long long)x.n_rows,
                      (long long)x.n_columns, (long long)z.n_rows, (long long)z.n_columns);
    return tad_coo_to_csr(sum);
}
