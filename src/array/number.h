/* Single elements of contiguous float64 or float32 arrays. Rests on shape.h. */
#ifndef TAD_ARRAY_NUMBER_H
#define TAD_ARRAY_NUMBER_H

#include "shape.h"

static inline double tad__number_at(unsigned dtype, const void *data, size_t i) {
    return dtype == TAD_F64 ? ((const double *)data)[i] : (double)((const float *)data)[i];
}

static inline void tad__set_number(const tad_array *a, size_t i, double value) {
    if (a->dtype == TAD_F64)
        ((double *)a->data)[i] = value;
    else
        ((float *)a->data)[i] = (float)value;
}

#endif
