/* The formulas of the optimisers on raw numbers, once for float32 and once for float64. */
#include <math.h>
#include <stddef.h>

#include "update.h"

#define REAL    float
#define NAME(f) f##_f32
#define SQRT(x) sqrtf(x)
#include "update_body.h"

#define REAL    double
#define NAME(f) f##_f64
#define SQRT(x) sqrt(x)
#include "update_body.h"

const tad__update_kernels TAD_LEVEL(tad__update_kernels) = {
    .step = {update_f64, update_f32},
    .squares = {squares_f64, squares_f32},
};
