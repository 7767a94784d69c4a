/* Arithmetic on contiguous numbers, cut into pieces for the threads. Rests on compute.h. */
#include <string.h>

#include "compute.h"

typedef struct run {
    const tad__kernels *kernels;
    tad_dtype dtype;
    size_t size;
    char *to;
    const char *from;
    size_t rows, cols; /* of columns added up */
    size_t piece;
    double *part; /* sums of pieces */
} run;

static void clear_piece(void *arg, size_t first, size_t end) {
    memset((char *)arg + first, 0, end - first);
}

void tad__clear(const tad__compute *c, const tad_array *a) {
    size_t bytes = (size_t)a->size * tad_dtype_size((tad_dtype)a->dtype);
    tad__split(c->threads, bytes, TAD__GRAIN * sizeof(double), clear_piece, a->data);
}

static void add_piece(void *arg, size_t first, size_t end) {
    const run *r = arg;
    r->kernels->add[r->dtype](end - first, r->from + first * r->size, r->to + first * r->size);
}

void tad__add(const tad__compute *c, tad_dtype dtype, size_t n, const void *x, void *y) {
    run r = {
        .kernels = c->kernels, .dtype = dtype, .size = tad_dtype_size(dtype), .to = y, .from = x};
    tad__split(c->threads, n, TAD__GRAIN, add_piece, &r);
}

static void sum_piece(void *arg, size_t first, size_t end) {
    const run *r = arg;
    r->part[first / r->piece] = r->kernels->sum[r->dtype](end - first, r->from + first * r->size);
}

double tad__total(const tad__compute *c, tad_dtype dtype, size_t n, const void *x) {
    double part[TAD__MOST_PIECES], sum = 0;
    run r = {.kernels = c->kernels,
             .dtype = dtype,
             .size = tad_dtype_size(dtype),
             .from = x,
             .part = part};
    if (n <= TAD__GRAIN) return c->kernels->sum[dtype](n, x);
    r.piece = tad__split_size(n, TAD__GRAIN);
    tad__split(c->threads, n, TAD__GRAIN, sum_piece, &r);
    for (size_t i = 0; i * r.piece < n; i++) sum += part[i];
    return sum;
}

static void columns_piece(void *arg, size_t first, size_t end) {
    const run *r = arg;
    size_t at = first * r->size;
    r->kernels->add_columns[r->dtype](r->rows, end - first, r->cols, r->from + at, r->to + at);
}

void tad__add_columns(const tad__compute *c, tad_dtype dtype, size_t rows, size_t cols,
                      const void *x, void *y) {
    run r = {
        .kernels = c->kernels, .dtype = dtype, .size = tad_dtype_size(dtype), .to = y, .from = x};
    r.rows = rows;
    r.cols = cols;
    /* A piece of at least about TAD__GRAIN elements for each thread, in whole rows for one: narrow
     * pieces of long rows take memory twice as long to read. */
    const size_t threads = tad__pool_threads(c->threads);
    const size_t grains = rows ? TAD__GRAIN / rows / TAD__COLUMNS : 0,
                 share = (cols / threads + TAD__COLUMNS) / TAD__COLUMNS;
    tad__split(c->threads, cols, TAD__COLUMNS * tad__max(grains, share), columns_piece, &r);
}
