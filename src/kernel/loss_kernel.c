/* Elementwise losses for one instruction-set level. Rests on plain/loss.h. */
#include "loss.h"

#include "ending.h"
#include "isa.h"
#include "plain/loss.h"

enum { SHORT, LONG }; /* LONG: of the exponential or a logarithm; see ending.h */

static __attribute__((noinline)) void do_left(const ending *e, tad__loss_fn *f,
                                              const tad__loss_terms *a, double scale, void *out) {
    room x, t, positive, result;
    tad__loss_terms left = {brought_in(e, a->x, &x), brought_in(e, a->t, &t), NULL, a->p};
    if (a->positive) left.positive = brought_in(e, a->positive, &positive);
    f(&left, TAD_VECTOR_BYTES / e->size, scale, result.bytes);
    bring_out(e, &result, out);
}

#define BODY "loss_body.h"
#include "instantiate.h"

#define BOTH(f)                                                                                    \
    { f##_f64, f##_f32 }
#define KIND(f)                                                                                    \
    { BOTH(f##_loss), BOTH(f##_dx), BOTH(f##_dt) }
const tad__loss_kernels TAD_LEVEL(tad__loss_kernels) = {
    .fn =
        {
            [TAD__LOSS_SQUARE] = KIND(square),
            [TAD__LOSS_ABSOLUTE] = KIND(absolute),
            [TAD__LOSS_SMOOTH] = KIND(smooth),
            [TAD__LOSS_HUBER] = KIND(huber),
            [TAD__LOSS_BCE] = KIND(bce),
            [TAD__LOSS_BCE_LOGITS] = KIND(bce_logits),
            [TAD__LOSS_KL] = KIND(kl),
            [TAD__LOSS_KL_LOG] = KIND(kl_log),
            [TAD__LOSS_HINGE] = KIND(hinge),
        },
};
