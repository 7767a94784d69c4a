/* Binary cross-entropy, of probabilities and of logits, with weights. Rests on compare.h. */
#include <stddef.h>

#include "compare.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { BCE, BCE_WITH_LOGITS };

/* ---- derivatives of an element ---- */

static tad_var bce_dx(const tad_rule *r) {
    tad_var x = r->in[TAD__LOSS_X], spread = tad_mul(x, tad_sub(tad_number(1), x));
    return tad_div(tad__difference(r), tad_maximum(spread, tad_number(1e-12)));
}

static tad_var bce_dt(const tad_rule *r) {
    tad_var x = r->in[TAD__LOSS_X], low = tad_number(-100);
    return tad_sub(tad_maximum(tad_log1p(tad_neg(x)), low), tad_maximum(tad_log(x), low));
}

static tad_var positively(const tad_rule *r, tad_var v) {
    return tad__has_operand(r, TAD__LOSS_POSITIVE) ? tad_mul(r->in[TAD__LOSS_POSITIVE], v) : v;
}

static tad_var bce_logits_dx(const tad_rule *r) {
    tad_var x = r->in[TAD__LOSS_X], t = r->in[TAD__LOSS_T];
    tad_var up = tad_mul(tad_sub(tad_number(1), t), tad_sigmoid(x));
    return tad_sub(up, positively(r, tad_mul(t, tad_sigmoid(tad_neg(x)))));
}

static tad_var bce_logits_dt(const tad_rule *r) {
    tad_var x = r->in[TAD__LOSS_X];
    return tad_sub(tad_log_sigmoid(tad_neg(x)), positively(r, tad_log_sigmoid(x)));
}

static const tad__loss losses[] = {
    [BCE] = {.kind = TAD__LOSS_BCE, .dx = bce_dx, .dt = bce_dt},
    [BCE_WITH_LOGITS] = {.kind = TAD__LOSS_BCE_LOGITS, .dx = bce_logits_dx, .dt = bce_logits_dt},
};
COMPARE_HOOKS(bce, losses)

/* ---- options, samples, misuse ---- */

static const tad_option plain_list[] = {REDUCTIONS("mean|sum|none")};

static const tad_sample bce_samples[] = {
    {CASE("mean", WITHIN(0.1, 0.9, 3, 5), WITHIN(0, 1, 3, 5))},
    {CASE("sum", WITHIN(0.1, 0.9, 7), WITHIN(0, 1, 7)), REDUCED(TAD_SUM)},
    {CASE("none", WITHIN(0.1, 0.9, 2, 3), WITHIN(0, 1, 2, 3)), REDUCED(TAD_EACH)},
    {CASE("weights", WITHIN(0.1, 0.9, 2, 3), WITHIN(0, 1, 2, 3), WITHIN(0.5, 2, 2, 3))},
    {CASE("weights of columns", WITHIN(0.1, 0.9, 2, 3), WITHIN(0, 1, 2, 3), WITHIN(0.5, 2, 3)),
     REDUCED(TAD_EACH)},
    {CASE("weights of rows", WITHIN(0.1, 0.9, 2, 3), WITHIN(0, 1, 2, 3), WITHIN(0.5, 2, 2, 1))},
    {CASE("one probability, weights of rows", WITHIN_0D(0.1, 0.9), WITHIN(0, 1, 2, 3),
          WITHIN(0.5, 2, 2, 1)),
     REDUCED(TAD_SUM)},
    {CASE("one target, weights of one row", WITHIN(0.1, 0.9, 2, 3), WITHIN_0D(0, 1),
          WITHIN(0.5, 2, 1, 3)),
     REDUCED(TAD_EACH)},
    {CASE("one of each", WITHIN_0D(0.1, 0.9), WITHIN_0D(0, 1), WITHIN_0D(0.5, 2))},
    {CASE("empty", WITHIN(0.1, 0.9, 0, 3), WITHIN(0, 1, 0, 3)), REDUCED(TAD_SUM)},
};
static const tad_sample bce_logits_samples[] = {
    {CASE("mean", F64(3, 5), WITHIN(0, 1, 3, 5))},
    {CASE("sum", F64(7), WITHIN(0, 1, 7)), REDUCED(TAD_SUM)},
    {CASE("none, large", WITHIN(-30, 30, 2, 3), WITHIN(0, 1, 2, 3)), REDUCED(TAD_EACH)},
    {CASE("weights", F64(2, 3), WITHIN(0, 1, 2, 3), WITHIN(0.5, 2, 2, 1))},
    {CASE("one input, weights of rows", F64_0D, WITHIN(0, 1, 2, 3), WITHIN(0.5, 2, 2, 1),
          WITHIN(0.5, 3, 1, 3))},
    {CASE("one target, both weights", F64(2, 3), WITHIN_0D(0, 1), WITHIN(0.5, 2, 1, 3),
          WITHIN(0.5, 3, 2, 1)),
     REDUCED(TAD_EACH)},
    {CASE("positives count more", F64(5, 3), WITHIN(0, 1, 5, 3), ABSENT, WITHIN(0.5, 3, 3))},
    {CASE("both weights", F64(5, 3), WITHIN(0, 1, 5, 3), WITHIN(0.5, 2, 5, 3), WITHIN(0.5, 3, 3)),
     REDUCED(TAD_SUM)},
    {CASE("empty", F64(0, 3), WITHIN(0, 1, 0, 3)), REDUCED(TAD_SUM)},
};

static const tad_misuse weighted_misuse[] = {
    SHAPES_DIFFER,
    INTEGER_TARGET,
    NO_REDUCTION,
    {CASE("weight", F64(3), F64(3), WITHIN(1, 2, 2, 3)), .expect = TAD_BAD_SHAPE},
};

/* ---- the ops ---- */

const tad_op tad__ops_bce[] = {
    [BCE] =
        {.name = "bce",
         .doc = "-t log p - (1 - t) log(1 - p), logarithms at least -100, times an optional weight",
         COMPARES(2, 3),
         OPTIONS(tad__loss_options, plain_list),
         SAMPLES(bce_samples),
         MISUSE(weighted_misuse)},
    [BCE_WITH_LOGITS] =
        {.name = "bce_with_logits",
         .doc = "bce of sigmoid(input), exact for large logits; targets count pos_weight times",
         COMPARES(2, 4),
         OPTIONS(tad__loss_options, plain_list),
         SAMPLES(bce_logits_samples),
         MISUSE(weighted_misuse)},
};
const size_t tad__ops_bce_count = LENGTH(tad__ops_bce);

tad_var tad_bce(tad_var probability, tad_var target, tad_var weight, tad_reduction reduction) {
    tad_var in[] = {probability, target, weight};
    return tad_apply(&tad__ops_bce[BCE], in, 3, &(tad__loss_options){.reduction = reduction}, NULL,
                     0);
}

tad_var tad_bce_with_logits(tad_var logits, tad_var target, tad_var weight, tad_var pos_weight,
                            tad_reduction reduction) {
    tad_var in[] = {logits, target, weight, pos_weight};
    return tad_apply(&tad__ops_bce[BCE_WITH_LOGITS], in, 4,
                     &(tad__loss_options){.reduction = reduction}, NULL, 0);
}
