/* The formulas of the optimisers on raw numbers, once for float32 and once for float64. */
#include "update.h"

#include <stddef.h>

#include "elementary.h"

#define BODY "update_body.h"
#include "instantiate.h"

const tad__update_kernels TAD_LEVEL(tad__update_kernels) = {
    .step = {update_f64, update_f32},
    .squares = {squares_f64, squares_f32},
};
