/* What grid_sample is composed of: the taps of places on one axis, and sums over taps. Rests on
 * tape.h and kernel/plain/grid.h. */
#ifndef TAD_OPS_POOL_GRID_H
#define TAD_OPS_POOL_GRID_H

#include "kernel/plain/grid.h"
#include "tape/tape.h"

enum { TAD__GRID_AXES = 3 };

/* Modes and paddings as tad_grid_mode and tad_grid_padding count them. */
#define TAD__GRID_MODES "bilinear|nearest|bicubic"
#define TAD__GRID_PADDINGS "zeros|border|reflection"

typedef struct tad__grid_options {
    int64_t size; /* elements of the axis */
    int mode, padding;
    bool align_corners;
    int64_t n; /* order of the derivative, of weights */
} tad__grid_options;

/* Of x, places from -1 to 1 on an axis: (...,taps) what the taps weigh, and which elements they
 * are, int64, -1 where there is none. */
tad_var tad__grid_weights(tad_var x, const tad__grid_options *o);
tad_var tad__grid_places(tad_var x, const tad__grid_options *o);

/* Image x (N,C,...) at the taps of P points, (N,P,taps) for each axis, to (N,C,P); nil weights are
 * 1. */
tad_var tad__grid_sum(tad_var x, const tad_var *weights, const tad_var *places, int axes);

#endif
