/* hinge: how far a product falls short of a margin. Rests on compare.h. */
#include <stddef.h>

#include "compare.h"
#include "ops/families.h"
#include "ops/samples.h"

/* ---- derivatives of an element ---- */

/* 1 where the margin is missed. */
static tad_var missed(const tad_rule *r) {
    tad_var p = tad_number(tad__loss_parameter(r->options));
    return tad_step(tad_sub(p, tad_mul(r->in[TAD__LOSS_X], r->in[TAD__LOSS_T])));
}

static tad_var hinge_dx(const tad_rule *r) {
    return tad_neg(tad_mul(r->in[TAD__LOSS_T], missed(r)));
}

static tad_var hinge_dt(const tad_rule *r) {
    return tad_neg(tad_mul(r->in[TAD__LOSS_X], missed(r)));
}

static const tad__loss losses[] = {{.kind = TAD__LOSS_HINGE, .dx = hinge_dx, .dt = hinge_dt}};
COMPARE_HOOKS(hinge, losses)

/* ---- options, samples, misuse ---- */

static const tad_option hinge_list[] = {REDUCTIONS("mean|sum|none"), PARAMETER("margin")};

static const tad_sample hinge_samples[] = {
    {CASE("mean", AWAY(1, 1, 0, 0, 3, 5), WITHIN(0.99, 1.01, 3, 5))},
    {CASE("negatives", AWAY(1, -1, 0, 0, 7), WITHIN(-1.01, -0.99, 7)), REDUCED(TAD_SUM)},
    {CASE("none", AWAY(1, 1, 0, 0, 2, 3), WITHIN(0.99, 1.01, 2, 3)), REDUCED(TAD_EACH)},
    {CASE("margin", AWAY(1, 0.5, 0, 0, 2, 3), WITHIN(0.99, 1.01, 2, 3)),
     REDUCED(TAD_SUM, .p = GIVEN(0.5))},
    {CASE("empty", F64(0, 3), WITHIN(0.99, 1.01, 0, 3)), REDUCED(TAD_SUM)},
};
static const tad_misuse hinge_misuse[] = {SHAPES_DIFFER, INTEGER_TARGET, NO_REDUCTION};

/* ---- the op ---- */

const tad_op tad__ops_hinge[] = {
    {.name = "hinge",
     .doc = "max(0, margin - target input)",
     COMPARES(2, 2),
     OPTIONS(tad__loss_options, hinge_list),
     CASES(hinge)},
};
const size_t tad__ops_hinge_count = LENGTH(tad__ops_hinge);

tad_var tad_hinge(tad_var input, tad_var target, double margin, tad_reduction reduction) {
    return tad__compare_scaled(tad__ops_hinge, input, target, margin, reduction);
}
