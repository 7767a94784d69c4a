/* The product by BLIS through its own interface, which takes any strides. */
#include "gemm_blis.h"

#include <blis.h>

void gemm_blis(const tad__gemm *g, size_t bytes) {
    const dim_t m = (dim_t)g->m, n = (dim_t)g->n, k = (dim_t)g->k;
    const trans_t as_it_is = BLIS_NO_TRANSPOSE;
    if (bytes == sizeof(float))
        bli_sgemm(as_it_is, as_it_is, m, n, k, &(float){1}, (float *)g->a, g->a_row, g->a_col,
                  (float *)g->b, g->b_row, g->b_col, &(float){0}, g->c, g->c_row, 1);
    else
        bli_dgemm(as_it_is, as_it_is, m, n, k, &(double){1}, (double *)g->a, g->a_row, g->a_col,
                  (double *)g->b, g->b_row, g->b_col, &(double){0}, g->c, g->c_row, 1);
}
