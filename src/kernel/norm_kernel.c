/* Layer norm and RMS norm along rows for one instruction-set level. Rests on lanes.h. */
#include "norm.h"

#include <math.h>

#include "lanes.h"

#define T       double
#define NAME(f) f##_f64
#define SQRT    sqrt
#include "norm_body.h"
#undef T
#undef NAME
#undef SQRT

#define T       float
#define NAME(f) f##_f32
#define SQRT    sqrtf
#include "norm_body.h"

#define BOTH(f) {f##_f64, f##_f32}
const tad__norm_kernels TAD_LEVEL(tad__norm_kernels) = {
    .measure = BOTH(measure),
    .forward = BOTH(forward),
    .backward = BOTH(backward),
};
