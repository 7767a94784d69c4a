/* A product by BLIS, for bench_gemm. Its header brings a CBLAS of its own, so it is kept apart. */
#ifndef TAD_TESTS_GEMM_BLIS_H
#define TAD_TESTS_GEMM_BLIS_H

#include "kernel/gemm.h"

/* C = A B in elements of so many bytes; a start is not added. */
void gemm_blis(const tad__gemm *g, size_t bytes);

#endif
