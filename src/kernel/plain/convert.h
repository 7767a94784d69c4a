/* Conversion of numbers, as the library and programs written as C do it. */
#ifndef TAD_KERNEL_PLAIN_CONVERT_H
#define TAD_KERNEL_PLAIN_CONVERT_H

#include <math.h>
#include <stdint.h>

/* Beyond int64 and NaN a conversion to int64 has no meaning in C: NaN gives 0, the rest the
 * bounds. */
static inline int64_t tad__to_int64(double v) {
    if (isnan(v)) return 0;
    if (v >= 9223372036854775808.0) return INT64_MAX;
    if (v <= -9223372036854775808.0) return INT64_MIN;
    return (int64_t)v;
}

#endif
