/* Kernels along contiguous rows: softmax and its relatives, cross-entropy on logits.
 *
 * Each call works on one tile (tile.h). They cannot fail. float64 and float32 by
 * index. */
#ifndef TAD_KERNEL_SOFTMAX_H
#define TAD_KERNEL_SOFTMAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "isa.h"
#include "plain/softmax.h"
#include "tile.h"

/* y of x. */
typedef void tad__rows_map(size_t rows, size_t n, const void *x, void *y);
/* dx of a result y and its cotangent g, which it may be written over. */
typedef void tad__rows_backward(size_t rows, size_t n, const void *y, const void *g, void *dx);

/* The same down at most TAD__COLUMN_BLOCK columns of n numbers: the next of a column lies `stride`
 * on.
 */
typedef void tad__columns_map(size_t n, size_t cols, size_t stride, const void *x, void *y);
typedef void tad__columns_backward(size_t n, size_t cols, size_t stride, const void *y,
                                   const void *g, void *dx);

/* dx of rows x, with one number each for the result y and its cotangent g. */
typedef void tad__rows_down(size_t rows, size_t n, const void *x, const void *y, const void *g,
                            void *dx);

/* The loss of a row: sum_c q_c (logsumexp(x) - x_c) with q_c = w_c ((1 - smoothing) t_c +
 * smoothing / n); a term with q_c = 0 is 0. A label stands for the t that is 1 there; a row whose
 * label is `ignore` has loss and gradient 0. */
typedef struct tad__entropy {
    size_t n;
    double smoothing;
    int64_t ignore;
    const int64_t *label; /* of the rows; NULL: target */
    const void *target;   /* rows of probabilities */
    const void *weight;   /* w; NULL: ones */
} tad__entropy;

typedef void tad__entropy_forward(const tad__entropy *e, size_t rows, const void *x, void *out,
                                  void *room);
/* dx: scale times the gradient of each row's loss; loss may be NULL. */
typedef void tad__entropy_gradient(const tad__entropy *e, size_t rows, const void *x, double scale,
                                   void *loss, void *dx);

typedef struct tad__softmax_kernels {
    tad__rows_map *softmax[2], *log_softmax[2];
    tad__rows_backward *softmax_backward[2], *log_softmax_backward[2];
    tad__columns_map *softmax_down[2], *log_softmax_down[2];
    tad__columns_backward *softmax_backward_down[2], *log_softmax_backward_down[2];
    tad__rows_map *logsumexp[2]; /* y: a number for each row */
    tad__rows_down *logsumexp_backward[2];
    tad__entropy_forward *entropy[2];
    tad__entropy_gradient *entropy_gradient[2];
} tad__softmax_kernels;

extern const tad__softmax_kernels TAD_LEVEL(tad__softmax_kernels);

#endif
