/* Softmax and cross-entropy along rows for one instruction-set level. Rests on elementary.h
 * and lanes.h. */
#include "softmax.h"

#include <math.h>

#include "elementary.h"
#include "lanes.h"

enum { PARTS = 16 }; /* partial sums of loops that compute much for each element */

#define T       double
#define NAME(f) f##_f64
#define EXP     tad__exp_term_f64
#define LOG     tad__log_f64
#include "softmax_body.h"
#undef T
#undef NAME
#undef EXP
#undef LOG

#define T       float
#define NAME(f) f##_f32
#define EXP     tad__exp_term_f32
#define LOG     tad__log_f32
#include "softmax_body.h"

#define BOTH(f) {f##_f64, f##_f32}
const tad__softmax_kernels TAD_LEVEL(tad__softmax_kernels) = {
    .softmax = BOTH(softmax),
    .log_softmax = BOTH(log_softmax),
    .softmax_backward = BOTH(softmax_backward),
    .log_softmax_backward = BOTH(log_softmax_backward),
    .logsumexp = BOTH(logsumexp),
    .logsumexp_backward = BOTH(logsumexp_backward),
    .entropy = BOTH(entropy),
    .entropy_gradient = BOTH(entropy_gradient),
};
