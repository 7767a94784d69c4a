/* What reductions share: types, the axes that are reduced, rows of them. Rests on rows.h, options.h
 * and array/view.h. */
#ifndef TAD_OPS_REDUCE_REDUCE_H
#define TAD_OPS_REDUCE_REDUCE_H

#include "array/number.h"
#include "array/view.h"
#include "ops/options.h"
#include "ops/rows/rows.h"

/* ---- types ---- */

/* The type of a float operand without the axes, or with size 1 there. */
tad_status tad__reduced_type(const tad_call_frame *c, const tad_axes *axes, bool keepdims,
                             tad_type *out);
/* There are elements to choose from, or none have to be chosen. */
tad_status tad__not_of_nothing(const tad_call_frame *c, const tad_shape *out);
/* Shape rules of ops with tad__reduce: of any, of one that chooses an element. */
tad_status tad__reduce_shape(const tad_call_frame *c, tad_type *out, size_t *n_out);
tad_status tad__choose_shape(const tad_call_frame *c, tad_type *out, size_t *n_out);

/* ---- axes that are reduced ---- */

/* An output seen with the rank of x: size 1 where it is reduced. */
tad_array *tad__keepdims_view(tad__header *h, const tad_array *out, const tad_array *x,
                              unsigned mask);
tad_shape tad__keepdims_shape(tad_var x, const tad_axes *axes);

/* x contiguous as (before, n, after), reduced over n. */
typedef struct tad__blocks {
    size_t before, n, after;
} tad__blocks;

/* False when the reduced axes of the mask are not neighbours. */
bool tad__as_blocks(const tad_array *x, unsigned mask, tad__blocks *b);

/* ---- elements of a float type ---- */

static inline size_t tad__bytes_of(const tad_array *a, size_t elements) {
    return elements * tad_dtype_size((tad_dtype)a->dtype);
}

/* ---- rows ---- */

/* What kernels along rows need: x as rows, the result and its cotangent with a number for each. */
typedef struct tad__by_rows {
    tad__rows plan;
    const tad__compute *compute;
    const char *x;
    char *y;
    const char *g;
} tad__by_rows;

/* False: no memory. */
bool tad__by_rows_prepare(tad__by_rows *r, const tad_call_frame *c);
/* Backward, of which `fill` writes the rows; its context is a tad__by_rows. */
tad_status tad__by_rows_gradient(tad_backward *b, tad__rows_fill *fill);

/* ---- descriptors ---- */

enum { TAD__REDUCE_OPTIONS = 2, TAD__SUM_SAMPLES = 9, TAD__SUM_MISUSE = 4 };
extern const tad_option tad__reduce_list[TAD__REDUCE_OPTIONS];
/* Of sums, and of what sums exponentials. */
extern const tad_sample tad__sum_samples[TAD__SUM_SAMPLES];
extern const tad_misuse tad__sum_misuse[TAD__SUM_MISUSE];

#define REDUCES FAMILY("reduce", 1, 1), OPTIONS(tad__reduce, tad__reduce_list)

tad_var tad__reduce_apply(const tad_op *op, tad_var x, tad_axes over);

#endif
