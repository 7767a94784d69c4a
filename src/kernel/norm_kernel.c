/* Layer norm and RMS norm along rows for one instruction-set level. Rests on elementary.h and
 * lanes.h. */
#include "norm.h"

#include "elementary.h"
#include "lanes.h"

#define BODY "norm_body.h"
#include "instantiate.h"

#define BOTH(f)                                                                                    \
    { f##_f64, f##_f32 }
const tad__norm_kernels TAD_LEVEL(tad__norm_kernels) = {
    .measure = BOTH(measure),
    .forward = BOTH(forward),
    .backward = BOTH(backward),
};
