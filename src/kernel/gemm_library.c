/* Matrix products by a library that the builder chose with -Dgemm: a CBLAS, or oneDNN for float32.
 * What the library has no words for (an operand without a unit stride, sizes beyond its integers,
 * float64 in oneDNN) is left to this level's own kernel.
 *
 * The library is called once for a product, so that its bits do not depend on tad's threads; what
 * threads and levels it uses itself is its own business. Rests on gemm.h. */
#include "gemm.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "isa.h"

#if defined(TAD_GEMM_CBLAS)
#include <cblas.h>
#else
#include <dnnl.h>
#endif

/* A matrix as BLAS sees it: row after row, or its transpose so. */
typedef struct operand {
    bool turned;
    int leap; /* elements from one row to the next */
} operand;

static bool in_rows(size_t rows, size_t cols, ptrdiff_t row, ptrdiff_t col, int *leap) {
    ptrdiff_t step = rows == 1 ? (ptrdiff_t)cols : row;
    if ((cols > 1 && col != 1) || step < (ptrdiff_t)cols || step > INT_MAX) return false;
    *leap = (int)step;
    return true;
}

static bool describe(size_t rows, size_t cols, ptrdiff_t row, ptrdiff_t col, operand *o) {
    o->turned = !in_rows(rows, cols, row, col, &o->leap);
    return !o->turned || in_rows(cols, rows, col, row, &o->leap);
}

static bool describe_both(const tad__gemm *g, operand *a, operand *b) {
    bool empty = !g->m || !g->n || !g->k;
    if (empty || g->m > INT_MAX || g->n > INT_MAX || g->k > INT_MAX || g->c_row > INT_MAX)
        return false;
    return describe(g->m, g->k, g->a_row, g->a_col, a) &&
           describe(g->k, g->n, g->b_row, g->b_col, b);
}

/* What C is multiplied by before A B is added: where it must not be 0, C holds the start. */
static int begin(const tad__gemm *g, size_t size) {
    if (!g->start) return 0;
    for (size_t i = 0; i < g->m && g->start != g->c; i++)
        memcpy((char *)g->c + (ptrdiff_t)i * g->c_row * (ptrdiff_t)size,
               (const char *)g->start + (ptrdiff_t)i * g->start_row * (ptrdiff_t)size, g->n * size);
    return 1;
}

#if defined(TAD_GEMM_CBLAS)
static bool multiply(const tad__gemm *g, operand a, operand b, size_t size) {
    const int m = (int)g->m, n = (int)g->n, k = (int)g->k, leap = g->m == 1 ? n : (int)g->c_row;
    const CBLAS_TRANSPOSE ta = a.turned ? CblasTrans : CblasNoTrans,
                          tb = b.turned ? CblasTrans : CblasNoTrans;
    const int keep = begin(g, size);
    if (size == sizeof(float))
        cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1, g->a, a.leap, g->b, b.leap, (float)keep,
                    g->c, leap);
    else
        cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, 1, g->a, a.leap, g->b, b.leap, keep, g->c,
                    leap);
    return true;
}
#else
static bool multiply(const tad__gemm *g, operand a, operand b, size_t size) {
    const dnnl_dim_t m = (dnnl_dim_t)g->m, n = (dnnl_dim_t)g->n, k = (dnnl_dim_t)g->k;
    if (size != sizeof(float)) return false;
    const int keep = begin(g, size);
    return dnnl_sgemm(a.turned ? 'T' : 'N', b.turned ? 'T' : 'N', m, n, k, 1, g->a, a.leap, g->b,
                      b.leap, (float)keep, g->c, g->m == 1 ? n : g->c_row) == dnnl_success;
}
#endif

/* The first part is all of the product; the others have nothing to do. */
static void run(const tad__gemm *g, size_t part, size_t parts, void *workspace, size_t size,
                tad__gemm_kernel own) {
    operand a, b;
    if (!describe_both(g, &a, &b))
        own.run(g, part, parts, workspace);
    else if (part == 0 && !multiply(g, a, b, size))
        own.run(g, 0, 1, workspace);
}

static void run_f32(const tad__gemm *g, size_t part, size_t parts, void *workspace) {
    run(g, part, parts, workspace, sizeof(float), TAD_LEVEL(tad__gemm_kernels).f32);
}

static void run_f64(const tad__gemm *g, size_t part, size_t parts, void *workspace) {
    run(g, part, parts, workspace, sizeof(double), TAD_LEVEL(tad__gemm_kernels).f64);
}

static size_t bytes_f32(const tad__gemm *g) { return TAD_LEVEL(tad__gemm_kernels).f32.bytes(g); }
static size_t bytes_f64(const tad__gemm *g) { return TAD_LEVEL(tad__gemm_kernels).f64.bytes(g); }

/* A library does not tell the order of its sums. */
extern const tad__gemm_kernels TAD_LEVEL(tad__gemm_library);
const tad__gemm_kernels TAD_LEVEL(tad__gemm_library) = {
    .f32 = {run_f32, bytes_f32, NULL},
    .f64 = {run_f64, bytes_f64, NULL},
};
