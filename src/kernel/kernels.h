/* The table of numeric kernels of one instruction-set level, and its choice.
 *
 * Kernels work on raw buffers and cannot fail. Rests on the headers below. */
#ifndef TAD_KERNEL_KERNELS_H
#define TAD_KERNEL_KERNELS_H

#include <tad/scalar.h>

#include "between.h"
#include "conv.h"
#include "gemm.h"
#include "group.h"
#include "linalg.h"
#include "loss.h"
#include "norm.h"
#include "pieces.h"
#include "reduce.h"
#include "roll.h"
#include "softmax.h"
#include "sweep.h"
#include "turn.h"
#include "update.h"

/* in: contiguous inputs of n elements; pq: two options, never NULL. float64 and float32 by the
 * table's index. */
typedef void tad__row_forward(size_t n, const void *const *in, void *out, const double *pq);
/* The options of a row that has none, as kernels and functions of numbers are given them. */
extern const double tad__no_options[2];
/* out[i] = g[i] * (derivative with respect to one input)(in, y). */
typedef void tad__row_backward(size_t n, const void *const *in, const void *y, const void *g,
                               void *out, const double *pq);

typedef struct tad__row_kernels {
    tad__row_forward *forward[2];      /* by dtype: TAD_F64, TAD_F32 */
    tad__row_backward *backward[3][2]; /* by input and dtype */
    /* Of two operands, with the one that is the index a single element. */
    tad__row_forward *forward_single[2][2];
    tad__row_backward *backward_single[2][2]; /* with respect to the other */
} tad__row_kernels;

typedef struct tad__kernels {
    const char *name;
    const tad__row_kernels *row; /* TAD__ROW_COUNT */
    void (*fill[2])(size_t n, double value, void *y);
    /* y = c ? a : b, by dtype */
    void (*select[TAD_DTYPE_COUNT])(size_t n, const uint8_t *c, const void *a, const void *b,
                                    void *y);
    void (*add[2])(size_t n, const void *x, void *y); /* y += x */
    double (*sum[2])(size_t n, const void *x);        /* fixed order, wide accumulators */
    tad__columns_fn *add_columns[2];                  /* y += the sums of a matrix's columns */
    const tad__gemm_kernels *gemm;
    const tad__conv_kernels *conv;
    const tad__softmax_kernels *softmax;
    const tad__loss_kernels *loss;
    const tad__norm_kernels *norm;
    const tad__linalg_kernels *linalg;
    const tad__pieces_kernels *pieces;
    const tad__update_kernels *update;
    const tad__roll_kernels *roll;
    const tad__turn_kernels *turn;
    tad__sweep *sweep;
    tad__push_tangents *push_tangents;
    tad__pull_adjoints *pull_adjoints, *pull_quickly;
    const tad__group_kernels *group;
    tad__extreme *extreme[2]; /* of a row */
    tad__places *places[2];
    tad__find *find[2];
    tad__extremes *extremes[2]; /* of two rows, element by element */
    tad__share *share[2];       /* gradients of extremes of rows */
} tad__kernels;

/* The best table of at most this level that the CPU can run. */
const tad__kernels *tad__kernels_choose(tad_level level);

#endif
