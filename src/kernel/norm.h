/* Kernels that normalise contiguous rows: layer norm and RMS norm. They cannot fail. float64 and
 * float32 by index. */
#ifndef TAD_KERNEL_NORM_H
#define TAD_KERNEL_NORM_H

#include <stdbool.h>
#include <stddef.h>

#include "isa.h"

/* y = (x - m) k gain + bias, m the row's mean and k = 1 / sqrt(mean of (x - m)^2 + eps); not
 * centred: m = 0. */
typedef struct tad__norm {
    size_t n;
    bool centred;
    double eps;
    const void *gain, *bias; /* n numbers each */
} tad__norm;

/* stats: m and k of each row. */
typedef void tad__norm_measure(const tad__norm *c, size_t rows, const void *x, void *stats);
typedef void tad__norm_forward(const tad__norm *c, size_t rows, const void *x, void *stats,
                               void *y);
/* dx of x and y's cotangent g; adds to dgain and dbias. */
typedef void tad__norm_backward(const tad__norm *c, size_t rows, const void *x, const void *stats,
                                const void *g, void *dx, void *dgain, void *dbias);

typedef struct tad__norm_kernels {
    tad__norm_measure *measure[2];
    tad__norm_forward *forward[2];
    tad__norm_backward *backward[2];
} tad__norm_kernels;

extern const tad__norm_kernels TAD_LEVEL(tad__norm_kernels);

#endif
