/* Leaves. Rests on node.h. */
#ifndef TAD_TAPE_LEAF_H
#define TAD_TAPE_LEAF_H

#include "node.h"

/* A leaf from a ready array; 0-d float64 arrays become numbers. */
tad_var tad__leaf(tad_tape *t, enum tad__kind kind, tad_array *array);
/* What a plain number among nodes becomes. */
tad_var tad__constant_number(tad_tape *t, double value);
/* tad_constant, of what a numeric sweep gave. */
tad_var tad__swept_constant(tad_tape *t, tad_dtype dtype, tad_shape shape, const void *data);
/* A constant of a dtype whose elements a function says, in row-major order. */
typedef double tad__element(const void *context, int64_t i);
tad_var tad__filled(tad_tape *t, const char *what, tad_dtype dtype, tad_shape shape,
                    tad__element *element, const void *context);
/* Says of a new constant where it comes from; nil stays nil. Returns it. */
tad_var tad__of_origin(tad_var constant, enum tad__origin origin);

#endif
