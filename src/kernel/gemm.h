/* Matrix product C = S + A B on raw strided memory, for float and double.
 *
 * The kernels exist once per instruction-set level; a dispatcher picks one tad__gemm_kernels table
 * by CPU feature bits. They use no globals, allocate nothing and cannot fail: the caller brings the
 * workspace. Zeros are never skipped, so NaN and Inf travel as in the textbook sum.
 *
 * Each element of C is summed in an order that depends only on the problem (sizes and strides) and
 * the level, never on how the work was split into parts: any number of threads gives the same
 * bits. */
#ifndef TAD_KERNEL_GEMM_H
#define TAD_KERNEL_GEMM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/threads.h"

/* All strides count elements. C must not overlap A, B or a start that is not C itself. */
typedef struct tad__gemm {
    size_t m, n, k; /* C is m x n, A is m x k, B is k x n */
    const void *a;
    ptrdiff_t a_row, a_col; /* element (i, p) at i a_row + p a_col; fast when one of them is 1 */
    const void *b;
    ptrdiff_t b_row, b_col; /* element (p, j) at p b_row + j b_col; the same */
    void *c;
    ptrdiff_t c_row;   /* columns of C are contiguous */
    const void *start; /* S: NULL is zero, c itself accumulates, n numbers with stride 0 a bias */
    ptrdiff_t start_row;
} tad__gemm;

/* Computes piece number `part` of `parts` disjoint ones of C; (g, 0, 1, workspace) is all. */
typedef void tad__gemm_fn(const tad__gemm *g, size_t part, size_t parts, void *workspace);

/* Bytes of workspace that one part needs (bounded by about 1 MiB, 0 for many small problems). */
typedef size_t tad__gemm_bytes_fn(const tad__gemm *g);

/* How an element's sum is cut: blocks of k in turn, each summed from 0 and then added to what is
 * there. A block has `block` steps, one more in the first `longer` blocks; the last takes what is
 * left. */
typedef struct tad__gemm_sums {
    size_t block, longer;
    bool by_lanes; /* not in order: lane i of a vector sums steps i, i + lanes, ... of the block;
                    * lanes are then added in halves */
} tad__gemm_sums;

/* Who wants the same bits sums so: all of C as `narrow` says where it is flat, else its last
 * columns, `tail` of them, and the others as `tiles` says. */
typedef struct tad__gemm_order {
    bool flat;
    size_t tail;
    tad__gemm_sums tiles, narrow;
} tad__gemm_order;

/* Follows from sizes and strides alone. */
typedef tad__gemm_order tad__gemm_order_fn(const tad__gemm *g);

typedef struct tad__gemm_kernel {
    tad__gemm_fn *run;
    tad__gemm_bytes_fn *bytes;
    tad__gemm_order_fn *order; /* NULL: nobody knows it */
} tad__gemm_kernel;

typedef struct tad__gemm_kernels {
    tad__gemm_kernel f32, f64;
} tad__gemm_kernels;

extern const tad__gemm_kernels tad__gemm_kernels_base;
extern const tad__gemm_kernels tad__gemm_kernels_avx2;
extern const tad__gemm_kernels tad__gemm_kernels_avx512;

/* How many parts are worth their hand-over on this pool (1 for a NULL pool or a small product), the
 * workspace for so many, and the product itself split over the pool. */
size_t tad__gemm_parts(const tad__gemm *g, const tad__pool *pool);
size_t tad__gemm_workspace(tad__gemm_kernel kernel, const tad__gemm *g, const tad__pool *pool);
void tad__gemm_run(tad__gemm_kernel kernel, const tad__gemm *g, void *workspace, tad__pool *pool);

#endif
