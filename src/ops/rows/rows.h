/* An array as contiguous rows along some of its axes, for kernels that know nothing else. Rests on
 * tape.h. */
#ifndef TAD_OPS_ROWS_ROWS_H
#define TAD_OPS_ROWS_ROWS_H

#include "tape/tape.h"

typedef struct tad__rows {
    const tad__compute *compute;
    tad_dtype dtype;
    tad_shape transposed;    /* the axes of the rows last */
    int order[TAD_MAX_RANK]; /* transposed axis i is axis order[i] */
    bool straight;           /* nothing is transposed */
    size_t rows, n, width;   /* n numbers of width bytes in each */
} tad__rows;

/* mask: the axes that make up a row. */
void tad__rows_plan(tad__rows *r, const tad__compute *compute, tad_dtype dtype, const tad_shape *s,
                    unsigned mask);
/* The rows of `a`, of the planned shape: its own memory or a copy. NULL: no memory. */
const void *tad__rows_of(const tad__rows *r, const tad_array *a);
/* A small operand as contiguous numbers: its own memory or a copy. NULL: no memory. */
const void *tad__numbers_of(const tad__compute *compute, const tad_array *a);
/* Where to write rows that shall become `a`, contiguous: its own memory, or scratch memory that
 * tad__rows_put takes it from. */
void *tad__rows_target(const tad__rows *r, tad_array *a);
/* Writes rows to `a`, or adds them. */
tad_status tad__rows_put(const tad__rows *r, const void *rows, tad_array *a, bool add);

/* The gradient of an input, tile by tile (kernel/tile.h): fill writes rows [first, first + rows)
 * to `to`; they are written or added where they belong. */
typedef void tad__rows_fill(void *context, size_t first, size_t rows, void *to);
tad_status tad__rows_gradient(tad_backward *b, size_t input, const tad__rows *r,
                              tad__rows_fill *fill, void *context);
/* A result, contiguous, in the same way. */
tad_status tad__rows_result(tad_array *to, const tad__rows *r, tad__rows_fill *fill, void *context);
/* The gradient of the only input of an op, whose result has its shape; fill reads numbers of the
 * cotangent before it writes those of the same place, so that one may be written over the other. */
tad_status tad__rows_gradient_over(tad_backward *b, const tad__rows *r, tad__rows_fill *fill,
                                   void *context);

#endif
