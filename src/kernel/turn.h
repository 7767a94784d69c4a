/* Numbers of points turned between two orders: of each point side by side, and of each number in a
 * row of its own, all points. Both only move, so that the bits are the same at every level. Rests
 * on isa.h. */
#ifndef TAD_KERNEL_TURN_H
#define TAD_KERNEL_TURN_H

#include <stddef.h>

#include "isa.h"

/* Of points that lie `step` bytes apart. Neither end needs to be a multiple of anything. */
typedef void tad__turn_to_rows(size_t points, size_t numbers, const char *from, size_t step,
                               double *const *row);
typedef void tad__turn_from_rows(size_t points, size_t numbers, const double *const *row, char *to,
                                 size_t step);

typedef struct tad__turn_kernels {
    tad__turn_to_rows *to_rows;
    tad__turn_from_rows *from_rows;
} tad__turn_kernels;

extern const tad__turn_kernels TAD_LEVEL(tad__turn_kernels);

#endif
