/* Sums of columns, largest and smallest elements, once per instruction-set level. Works on raw
 * buffers, cannot fail. */
#ifndef TAD_KERNEL_REDUCE_H
#define TAD_KERNEL_REDUCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "isa.h"

/* y[j] += sum over i of x[i stride + j]. The order of the additions depends on rows and stride only:
 * a matrix cut into pieces of a multiple of TAD__COLUMNS columns gives the same bits. */
enum { TAD__COLUMNS = 64 };
typedef void tad__columns_fn(size_t rows, size_t cols, size_t stride, const void *x, void *y);

/* The largest (or smallest) of n > 0 elements; a NaN when there is one. */
typedef double tad__extreme(size_t n, const void *x, bool largest);
/* best[i] becomes the larger (or smaller) of best[i] and x[i]; a NaN wins. */
typedef void tad__extremes(size_t n, const void *x, void *best, bool largest);

/* The first largest (or smallest) element of each column, or its first NaN, and in which row it
 * stands; rows > 0. */
typedef void tad__places(size_t rows, size_t cols, const void *x, bool largest, void *best,
                         int64_t *place);

extern tad__columns_fn TAD_LEVEL(tad__add_columns_f64);
extern tad__columns_fn TAD_LEVEL(tad__add_columns_f32);
extern tad__extreme TAD_LEVEL(tad__extreme_f64);
extern tad__extreme TAD_LEVEL(tad__extreme_f32);
extern tad__extremes TAD_LEVEL(tad__extremes_f64);
extern tad__extremes TAD_LEVEL(tad__extremes_f32);
extern tad__places TAD_LEVEL(tad__places_f64);
extern tad__places TAD_LEVEL(tad__places_f32);

#endif
