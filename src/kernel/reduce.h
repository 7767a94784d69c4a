/* Sums of columns, largest and smallest elements, once per instruction-set level. Works on raw
 * buffers, cannot fail. */
#ifndef TAD_KERNEL_REDUCE_H
#define TAD_KERNEL_REDUCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "isa.h"
#include "plain/columns.h"

/* y[j] += sum over i of x[i stride + j]. The order of the additions depends on rows and stride
 * only: a matrix cut into pieces of a multiple of TAD__COLUMNS columns gives the same bits. */
typedef void tad__columns_fn(size_t rows, size_t cols, size_t stride, const void *x, void *y);

/* The largest (or smallest) of n > 0 elements; a NaN when there is one. */
typedef double tad__extreme(size_t n, const void *x, bool largest);
/* best[i] becomes the larger (or smaller) of best[i] and x[i]; a NaN wins. */
typedef void tad__extremes(size_t n, const void *x, void *best, bool largest);

/* dx of the rows' extremes `best`: the cotangent shared among the elements that equal them; all NaN
 * where the extreme is one. */
typedef void tad__share(size_t rows, size_t n, const void *x, const void *best, const void *g,
                        void *dx);

/* The first largest (or smallest) element of each column, or its first NaN, and in which row it
 * stands; rows > 0, as long a step apart as stride says. */
typedef void tad__places(size_t rows, size_t cols, size_t stride, const void *x, bool largest,
                         void *best, int64_t *place);
/* The first place of v among n elements, where it is; of a NaN: of any NaN. */
typedef size_t tad__find(size_t n, const void *x, double v);

extern tad__columns_fn TAD_LEVEL(tad__add_columns_f64);
extern tad__columns_fn TAD_LEVEL(tad__add_columns_f32);
extern tad__extreme TAD_LEVEL(tad__extreme_f64);
extern tad__extreme TAD_LEVEL(tad__extreme_f32);
extern tad__extremes TAD_LEVEL(tad__extremes_f64);
extern tad__extremes TAD_LEVEL(tad__extremes_f32);
extern tad__places TAD_LEVEL(tad__places_f64);
extern tad__places TAD_LEVEL(tad__places_f32);
extern tad__find TAD_LEVEL(tad__find_f64);
extern tad__find TAD_LEVEL(tad__find_f32);
extern tad__share TAD_LEVEL(tad__share_f64);
extern tad__share TAD_LEVEL(tad__share_f32);

#endif
