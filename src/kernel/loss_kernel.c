/* Elementwise losses for one instruction-set level. Rests on elementary.h. */
#include "loss.h"

#include "elementary.h"
#include "isa.h"

#define T       double
#define NAME(f) f##_f64
#define E(f)    tad__##f##_f64
#include "loss_body.h"
#undef T
#undef NAME
#undef E

#define T       float
#define NAME(f) f##_f32
#define E(f)    tad__##f##_f32
#include "loss_body.h"

#define BOTH(f) {f##_f64, f##_f32}
#define KIND(f) {BOTH(f##_loss), BOTH(f##_dx), BOTH(f##_dt)}
const tad__loss_kernels TAD_LEVEL(tad__loss_kernels) = {
    .fn = {
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
