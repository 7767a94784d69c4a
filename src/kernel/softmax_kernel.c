/* Softmax and cross-entropy along rows for one instruction-set level. Rests on elementary.h
 * and lanes.h. */
#include "softmax.h"

#include <math.h>

#include "elementary.h"
#include "lanes.h"

enum { PARTS = 16 }; /* partial sums of loops that compute much for each element */

static bool has_label(const tad__entropy *e, size_t row) {
    return e->label && e->label[row] != e->ignore;
}

/* Whether a label alone counts. Then the powers of the other classes are summed apart from its own:
 * their sum is all that a row sure of its label has to say, and would be lost beside a 1. */
static bool label_is_all(const tad__entropy *e) { return e->label && e->smoothing == 0; }

#define BODY "softmax_body.h"
#include "instantiate.h"

#define BODY "softmax_columns_body.h"
#include "instantiate.h"

#define BOTH(f)                                                                                    \
    { f##_f64, f##_f32 }
const tad__softmax_kernels TAD_LEVEL(tad__softmax_kernels) = {
    .softmax = BOTH(softmax),
    .log_softmax = BOTH(log_softmax),
    .softmax_backward = BOTH(softmax_backward),
    .log_softmax_backward = BOTH(log_softmax_backward),
    .softmax_down = BOTH(softmax_down),
    .log_softmax_down = BOTH(log_softmax_down),
    .softmax_backward_down = BOTH(softmax_backward_down),
    .log_softmax_backward_down = BOTH(log_softmax_backward_down),
    .logsumexp = BOTH(logsumexp),
    .logsumexp_backward = BOTH(logsumexp_backward),
    .entropy = BOTH(entropy),
    .entropy_gradient = BOTH(entropy_gradient),
};
