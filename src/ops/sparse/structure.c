/* The structure of compressed rows: its checks, what is wrong with it in words, pieces of rows, its
 * text. Rests on sparse.h. */
#include "sparse.h"

/* ---- shape rules ---- */

/* One more fits too. */
tad_status tad__csr_size_fits(const tad_call_frame *c, const char *what, int64_t n) {
    int64_t size;
    if (n < 0) return tad_fail(c, TAD_BAD_ARGUMENT, "%lld %s", (long long)n, what);
    const tad_shape s = {2, {n, sizeof(int64_t)}};
    if (tad__shape_size(&s, &size) && size < INT64_MAX / 16) return TAD_OK;
    return tad_fail(c, TAD_TOO_LARGE, "%lld %s", (long long)n, what);
}

tad_status tad__csr_fits(const tad_call_frame *c, size_t starts, int64_t n_columns) {
    const tad_array *s = c->in[starts], *columns = c->in[starts + 1];
    if (s->dtype != TAD_I64 || columns->dtype != TAD_I64)
        return tad_fail(c, TAD_BAD_DTYPE, "row_starts and columns must be int64");
    if (s->rank != 1 || columns->rank != 1)
        return tad_fail(c, TAD_BAD_SHAPE, "row_starts and columns must have one axis");
    if (s->dim[0] == 0)
        return tad_fail(c, TAD_BAD_SHAPE, "row_starts has a number for each row and one more");
    if (s->dim[0] == 1 && columns->dim[0] > 0)
        return tad_fail(c, TAD_BAD_SHAPE, "entries, but no rows");
    return tad__csr_size_fits(c, "columns", n_columns);
}

tad_status tad__dense_fits(const tad_call_frame *c, size_t i, int64_t rows, const char *what) {
    const tad_array *x = c->in[i];
    if (tad__needs_float(c, i)) return TAD_BAD_DTYPE;
    if (x->rank != 1 && x->rank != 2)
        return tad_fail(c, TAD_BAD_SHAPE, "%s must be a vector or a matrix", what);
    if (x->dim[0] == rows) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "%s has %lld rows, not %lld", what, (long long)x->dim[0],
                    (long long)rows);
}

/* ---- what is wrong ---- */

static tad_status refuse_row(const tad_call_frame *c, int64_t at, int64_t first, int64_t last) {
    return tad_fail(c, TAD_BAD_INDEX, "row_starts[%lld] is %lld, after %lld", (long long)at,
                    (long long)last, (long long)first);
}

static tad_status refuse_size(const tad_call_frame *c, const tad__csr *a, int64_t at) {
    return tad_fail(c, TAD_BAD_INDEX, "row_starts[%lld] is %lld, of %lld entries", (long long)at,
                    (long long)a->start[at * a->start_step], (long long)a->entries);
}

/* Refuses the first place that is wrong. */
static tad_status check(const tad_call_frame *c, const tad__csr *a) {
    int64_t e, last, column;
    if (!tad__csr_begins(a, 0, &e))
        return tad_fail(c, TAD_BAD_INDEX, "row_starts[0] is %lld, not 0", (long long)e);
    for (int64_t i = 0; i < a->rows; i++) {
        const bool is_right = tad__csr_row(a, i, e, &last);
        if (last < e) return refuse_row(c, i + 1, e, last);
        if (!is_right) return refuse_size(c, a, i + 1);
        for (; e < last && a->column; e++)
            if (!tad__csr_entry(a, e, &column))
                return tad_fail(c, TAD_BAD_INDEX, "columns[%lld] is %lld, not within 0 to %lld",
                                (long long)e, (long long)column, (long long)a->columns - 1);
        e = last;
    }
    return tad__csr_ends(a, a->rows, e) ? TAD_OK : refuse_size(c, a, a->rows);
}

tad_status tad__csr_check(const tad_call_frame *c, size_t starts, size_t columns,
                          int64_t n_columns) {
    const tad_array *s = c->in[starts], *k = c->in[columns];
    return check(c, &(tad__csr){tad__csr_rows_of(s), n_columns, k->size, s->data, k->data,
                                tad_strides(s)[0], tad_strides(k)[0]});
}

/* ---- forward ---- */

bool tad__csr_elements(const tad_call_frame *c, size_t i, const void **to) {
    const tad_array *a = tad__contiguous(c->compute, c->in[i]);
    if (!a) return false;
    *to = a->data;
    return true;
}

bool tad__csr_begin(const tad_call_frame *c, const tad_array *starts, const tad_array *columns,
                    int64_t n_columns, tad__csr_job *j) {
    *j = (tad__csr_job){
        .a = {tad__csr_rows_of(starts), n_columns, columns ? columns->size : 0, NULL, NULL, 1, 1},
        .y = c->out[0]->data};
    if (!(starts = tad__contiguous(c->compute, starts))) return false;
    j->a.start = starts->data;
    if (!columns) return true;
    if (!(columns = tad__contiguous(c->compute, columns))) return false;
    j->a.column = columns->data;
    return true;
}

tad_status tad__csr_run(const tad_call_frame *c, tad__csr_job *j, int64_t n, size_t grain,
                        tad__split_fn *fn) {
    j->piece = tad__split_size((size_t)n, grain);
    if (j->a.rows == 0 && j->a.start[0] != 0) return check(c, &j->a);
    tad__split(c->compute->threads, (size_t)n, grain, fn, j);
    for (size_t i = 0; i < TAD__MOST_PIECES; i++)
        if (j->wrong[i]) return check(c, &j->a);
    return TAD_OK;
}

tad_status tad__csr_run_rows(const tad_call_frame *c, tad__csr_job *j, int64_t width,
                             tad__split_fn *fn) {
    const int64_t rows = j->a.rows, of_each = rows ? j->a.entries / rows * width : 0;
    return tad__csr_run(c, j, rows, tad__rows_grain((size_t)of_each), fn);
}

/* ---- as C ---- */

void tad__csr_c_structure(tad_c *to, const tad_call_frame *c, size_t starts, size_t columns,
                          int64_t n_columns) {
    const tad_array *s = c->in[starts];
    tad_c_put(to, "const %s a = {%lld, %lld, ", tad__c_part_named(to, "tad__csr"),
              (long long)tad__csr_rows_of(s), (long long)n_columns);
    if (columns)
        tad_c_put(to, "%lld, in%zu, in%zu, %lld, %lld};\n", (long long)c->in[columns]->size, starts,
                  columns, (long long)tad_strides(s)[0], (long long)tad_strides(c->in[columns])[0]);
    else
        tad_c_put(to, "%lld, in%zu, 0, %lld, 1};\n", (long long)c->out[0]->size, starts,
                  (long long)tad_strides(s)[0]);
}

void tad__csr_c_call(tad_c *to, const char *name, unsigned dtype, int64_t n) {
    tad_c_put(to, "if (!%s(&a, 0, %lld", tad__c_part(to, name, dtype), (long long)n);
}

void tad__csr_c_values(tad_c *to, const tad_call_frame *c, size_t i) {
    tad_c_put(to, ", in%zu, %lld", i, (long long)tad_strides(c->in[i])[0]);
}

void tad__csr_c_dense(tad_c *to, const tad_call_frame *c, size_t i) {
    const tad_array *x = c->in[i];
    tad_c_put(to, ", in%zu, %lld, %lld", i, (long long)tad_strides(x)[0],
              x->rank < 2 ? 1LL : (long long)tad_strides(x)[1]);
}

void tad__csr_c_end(tad_c *to) { tad_c_put(to, ", out0)) return TAD_BAD_INDEX;\n"); }
