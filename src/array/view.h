/* Arrays seen otherwise for the time of a call: a header of any rank on the stack. Rests on
 * shape.h. */
#ifndef TAD_ARRAY_VIEW_H
#define TAD_ARRAY_VIEW_H

#include "shape.h"

typedef union tad__header {
    tad_array array;
    char dims_and_strides[sizeof(tad_array) + 2 * TAD_MAX_RANK * sizeof(int64_t)];
} tad__header;

/* The memory of `like` as a row-major array of this shape. */
static inline tad_array *tad__lay_out(tad__header *h, const tad_array *like,
                                      const tad_shape *shape) {
    tad__array_layout(&h->array, (tad_dtype)like->dtype, shape);
    h->array.data = like->data;
    return &h->array;
}

/* Strides that may be written. */
static inline int64_t *tad__strides(tad_array *a) { return a->dim + a->rank; }

static inline void tad__move_data(tad_array *a, int64_t elements) {
    a->data = (char *)a->data + elements * (int64_t)tad_dtype_size((tad_dtype)a->dtype);
}

#endif
