/* Summing the columns of a matrix, once per instruction-set level. Works on raw buffers, cannot fail. */
#ifndef TAD_KERNEL_REDUCE_H
#define TAD_KERNEL_REDUCE_H

#include <stddef.h>

#include "isa.h"

/* y[j] += sum over i of x[i cols + j]. The order of the additions depends on rows and cols only. */
typedef void tad__add_columns(size_t rows, size_t cols, const void *x, void *y);

extern tad__add_columns TAD_LEVEL(tad__add_columns_f64);
extern tad__add_columns TAD_LEVEL(tad__add_columns_f32);

#endif
