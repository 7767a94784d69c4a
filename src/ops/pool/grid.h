/* What grid_sample is composed of: the taps of places on one axis, and sums over taps. Rests on
 * tape.h and kernel/plain/grid.h. */
#ifndef TAD_OPS_POOL_GRID_H
#define TAD_OPS_POOL_GRID_H

#include "kernel/plain/grid.h"
#include "tape/tape.h"

enum { TAD__GRID_AXES = 3 };

/* Of x, places from -1 to 1 on an axis of so many elements: (...,taps) what the taps weigh, and
 * which elements they are, int64, -1 where there is none. */
tad_var tad__grid_weights(tad_var x, const tad__grid_axis *a);
tad_var tad__grid_places(tad_var x, const tad__grid_axis *a);

/* Image x (N,C,...) at the taps of P points, (N,P,taps) for each axis, to (N,C,P); nil weights are
 * 1. */
tad_var tad__grid_sum(tad_var x, const tad_var *weights, const tad_var *places, int axes);

#endif
