/* Single elements as float64: at an address, whatever their type; of contiguous float64 or float32
 * arrays. Rests on shape.h. */
#ifndef TAD_ARRAY_NUMBER_H
#define TAD_ARRAY_NUMBER_H

#include "kernel/plain/convert.h"

#include "shape.h"

static inline double tad__load(const char *p, tad_dtype dtype) {
    switch (dtype) {
    case TAD_F64: return *(const double *)(const void *)p;
    case TAD_F32: return *(const float *)(const void *)p;
    case TAD_I64: return (double)*(const int64_t *)(const void *)p;
    default: return *(const uint8_t *)p;
    }
}

static inline void tad__store(char *p, tad_dtype dtype, double v) {
    switch (dtype) {
    case TAD_F64: *(double *)(void *)p = v; break;
    case TAD_F32: *(float *)(void *)p = (float)v; break;
    case TAD_I64: *(int64_t *)(void *)p = tad__to_int64(v); break;
    default: *(uint8_t *)p = v != 0; break;
    }
}

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
