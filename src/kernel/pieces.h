/* Kernels that normalise sets of numbers to mean 0 and variance 1, sets that lie in pieces: a
 * channel of every sample, or channels of one. They cannot fail. float64 and float32 by index. */
#ifndef TAD_KERNEL_PIECES_H
#define TAD_KERNEL_PIECES_H

#include <stdbool.h>
#include <stddef.h>

#include "isa.h"

/* count pieces of `size` neighbours, each `step` behind the one before. */
typedef struct tad__pieces {
    size_t count, size, step;
} tad__pieces;

/* y = (x - mean) scale gain + bias; gain and bias of a piece lie `next` behind those before. */
typedef struct tad__pieces_norm {
    double mean, scale;
    const void *gain, *bias;
    size_t next;
} tad__pieces_norm;

/* moments: mean and variance. */
typedef void tad__pieces_measure(const tad__pieces *p, const void *x, double *moments);
typedef void tad__pieces_normalize(const tad__pieces *p, const tad__pieces_norm *c, const void *x,
                                   void *y);
/* sums: of g, of g (x - mean). */
typedef void tad__pieces_sums(const tad__pieces *p, double mean, const void *x, const void *g,
                              double *sums);
/* dx = g scale gain - (x - mean) slope - shift, or that is added to it; dx may be g. */
typedef void tad__pieces_gradient(const tad__pieces *p, const tad__pieces_norm *c, double slope,
                                  double shift, const void *x, const void *g, bool add, void *dx);

/* Channels that are neighbours: columns of a matrix whose rows lie `stride` apart, at most 64 bytes
 * of each. measures: mean and scale of each column. */
typedef struct tad__panel {
    size_t rows, stride, columns;
    const double *measures;
    const void *gain, *bias;
} tad__panel;

/* The same of each column; pairs of numbers lie behind each other. change: slope and shift. */
typedef void tad__panel_measure(const tad__panel *p, const void *x, double *moments);
typedef void tad__panel_normalize(const tad__panel *p, const void *x, void *y);
typedef void tad__panel_sums(const tad__panel *p, const void *x, const void *g, double *sums);
typedef void tad__panel_gradient(const tad__panel *p, const double *change, const void *x,
                                 const void *g, bool add, void *dx);

typedef struct tad__pieces_kernels {
    tad__pieces_measure *measure[2];
    tad__pieces_normalize *normalize[2];
    tad__pieces_sums *sums[2];
    tad__pieces_gradient *gradient[2];
    tad__panel_measure *measure_panel[2];
    tad__panel_normalize *normalize_panel[2];
    tad__panel_sums *sum_panel[2];
    tad__panel_gradient *gradient_panel[2];
} tad__pieces_kernels;

extern const tad__pieces_kernels TAD_LEVEL(tad__pieces_kernels);

#endif
