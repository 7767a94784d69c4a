/* Losses of a difference: mse, half_sse, l1, smooth_l1, huber. Rests on compare.h. */
#include <stddef.h>

#include "compare.h"
#include "ops/families.h"
#include "ops/samples.h"

enum { MSE, HALF_SSE, L1, SMOOTH_L1, HUBER };

/* ---- parameters ---- */

static tad_status check_beta(const tad_call_frame *c, double beta) {
    return beta >= 0 ? TAD_OK : tad_fail(c, TAD_BAD_ARGUMENT, "beta %g is below 0", beta);
}

static tad_status check_delta(const tad_call_frame *c, double delta) {
    return delta > 0 ? TAD_OK : tad_fail(c, TAD_BAD_ARGUMENT, "delta %g is not above 0", delta);
}

/* ---- derivatives of an element ---- */

static tad_var square_dx(const tad_rule *r) { return tad__times(tad__difference(r), 2); }

static tad_var half_square_dx(const tad_rule *r) { return tad__difference(r); }

static tad_var absolute_dx(const tad_rule *r) { return tad_sign(tad__difference(r)); }

static tad_var smooth_dx(const tad_rule *r) {
    double p = tad__loss_parameter(r->options);
    if (p == 0) return absolute_dx(r);
    return tad_clamp(tad__times(tad__difference(r), 1 / p), -1, 1);
}

static tad_var huber_dx(const tad_rule *r) {
    double p = tad__loss_parameter(r->options);
    return tad_clamp(tad__difference(r), -p, p);
}

static const tad__loss losses[] = {
    [MSE] = {.kind = TAD__LOSS_SQUARE, .dx = square_dx},
    [HALF_SSE] = {.kind = TAD__LOSS_SQUARE, .half = true, .dx = half_square_dx},
    [L1] = {.kind = TAD__LOSS_ABSOLUTE, .dx = absolute_dx},
    [SMOOTH_L1] = {.kind = TAD__LOSS_SMOOTH, .check = check_beta, .dx = smooth_dx},
    [HUBER] = {.kind = TAD__LOSS_HUBER, .check = check_delta, .dx = huber_dx},
};
COMPARE_HOOKS(regression, losses)

/* ---- options, samples, misuse ---- */

static const tad_option plain_list[] = {REDUCTIONS("mean|sum|none")};
static const tad_option smooth_list[] = {REDUCTIONS("mean|sum|none"), PARAMETER("beta")};
static const tad_option huber_list[] = {REDUCTIONS("mean|sum|none"), PARAMETER("delta")};

static const tad_sample mse_samples[] = {
    {CASE("mean", F64(3, 5), F64(3, 5))},
    {CASE("sum", F64(7), F64(7)), REDUCED(TAD_SUM)},
    {CASE("none", F64(2, 1, 3), F64(2, 1, 3)), REDUCED(TAD_EACH)},
    {CASE("one target for all", F64(2, 3), F64_0D)},
    {CASE("one input for all", F64_0D, F64(5)), REDUCED(TAD_EACH)},
    {CASE("0-d", F64_0D, F64_0D)},
    {CASE("several blocks", F64(601), F64(601)), REDUCED(TAD_SUM)},
    {CASE("empty", F64(0, 3), F64(0, 3)), REDUCED(TAD_SUM)},
};
static const tad_sample half_sse_samples[] = {
    {CASE("matrix", F64(3, 5), F64(3, 5))},
    {CASE("vector", F64(7), F64(7))},
    {CASE("one target for all", F64(2, 3), F64_0D)},
    {CASE("0-d", F64_0D, F64_0D)},
    {CASE("empty", F64(0), F64(0))},
};
/* Differences of one sign, far from the kink. */
static const tad_sample absolute_samples[] = {
    {CASE("mean", WITHIN(0.6, 2, 3, 5), WITHIN(-0.1, 0.1, 3, 5))},
    {CASE("negative", WITHIN(-2, -0.6, 7), WITHIN(-0.1, 0.1, 7)), REDUCED(TAD_SUM)},
    {CASE("none", WITHIN(0.6, 2, 2, 3), WITHIN(-0.1, 0.1, 2, 3)), REDUCED(TAD_EACH)},
    {CASE("none, negative", WITHIN(-2, -0.6, 2, 3), WITHIN(-0.1, 0.1, 2, 3)), REDUCED(TAD_EACH)},
    {CASE("one target for all", WITHIN(0.6, 2, 2, 3), WITHIN_0D(-0.1, 0.1))},
    {CASE("empty", F64(0, 3), F64(0, 3)), REDUCED(TAD_SUM)},
};
/* Targets near 0, inputs away from where the derivative of the difference has a kink. */
static const tad_sample smooth_samples[] = {
    {CASE("mean", AWAY(2, -1, 1, 0, 3, 5), WITHIN(-0.02, 0.02, 3, 5))},
    {CASE("sum", AWAY(2, -1, 1, 0, 7), WITHIN(-0.02, 0.02, 7)), REDUCED(TAD_SUM)},
    {CASE("parameter", AWAY(2, -0.5, 0.5, 0, 2, 3), WITHIN(-0.02, 0.02, 2, 3)),
     REDUCED(TAD_EACH, .p = GIVEN(0.5))},
    {CASE("one target for all", AWAY(2, -1, 1, 0, 2, 3), WITHIN_0D(-0.02, 0.02))},
    {CASE("empty", F64(0, 3), F64(0, 3)), REDUCED(TAD_SUM)},
};

#define BAD_PARAMETER(value)                                                                       \
    {                                                                                              \
        CASE("parameter", F64(3), F64(3)), REDUCED(TAD_MEAN, .p = GIVEN(value)),                   \
            .expect = TAD_BAD_ARGUMENT                                                             \
    }
static const tad_misuse plain_misuse[] = {SHAPES_DIFFER, INTEGER_TARGET, NO_REDUCTION};
static const tad_misuse half_sse_misuse[] = {
    SHAPES_DIFFER,
    INTEGER_TARGET,
    {CASE("sizes", F64(3), F64(2)), .expect = TAD_BAD_SHAPE},
};
static const tad_misuse smooth_misuse[] = {SHAPES_DIFFER, INTEGER_TARGET, BAD_PARAMETER(-1)};
static const tad_misuse huber_misuse[] = {SHAPES_DIFFER, INTEGER_TARGET, BAD_PARAMETER(0)};

/* ---- the ops ---- */

const tad_op tad__ops_regression[] = {
    [MSE] = {.name = "mse",
             .doc = "(input - target)^2",
             COMPARES(2, 2),
             OPTIONS(tad__loss_options, plain_list),
             SAMPLES(mse_samples),
             MISUSE(plain_misuse)},
    [HALF_SSE] = {.name = "half_sse",
                  .doc = "1/2 sum (input - target)^2",
                  COMPARES(2, 2),
                  CASES(half_sse)},
    [L1] = {.name = "l1",
            .doc = "|input - target|; derivative 0 where they are equal",
            COMPARES(2, 2),
            OPTIONS(tad__loss_options, plain_list),
            SAMPLES(absolute_samples),
            MISUSE(plain_misuse)},
    [SMOOTH_L1] = {.name = "smooth_l1",
                   .doc = "d^2 / (2 beta) where |d| < beta, else |d| - beta/2",
                   COMPARES(2, 2),
                   OPTIONS(tad__loss_options, smooth_list),
                   CASES(smooth)},
    [HUBER] = {.name = "huber",
               .doc = "d^2 / 2 where |d| < delta, else delta (|d| - delta/2)",
               COMPARES(2, 2),
               OPTIONS(tad__loss_options, huber_list),
               SAMPLES(smooth_samples),
               MISUSE(huber_misuse)},
};
const size_t tad__ops_regression_count = LENGTH(tad__ops_regression);

tad_var tad_mse(tad_var input, tad_var target, tad_reduction reduction) {
    return tad__compare(&tad__ops_regression[MSE], input, target,
                        &(tad__loss_options){.reduction = reduction});
}

tad_var tad_half_sse(tad_var input, tad_var target) {
    return tad__compare(&tad__ops_regression[HALF_SSE], input, target, NULL);
}

tad_var tad_l1(tad_var input, tad_var target, tad_reduction reduction) {
    return tad__compare(&tad__ops_regression[L1], input, target,
                        &(tad__loss_options){.reduction = reduction});
}

tad_var tad_smooth_l1(tad_var input, tad_var target, double beta, tad_reduction reduction) {
    return tad__compare_scaled(&tad__ops_regression[SMOOTH_L1], input, target, beta, reduction);
}

tad_var tad_huber(tad_var input, tad_var target, double delta, tad_reduction reduction) {
    return tad__compare_scaled(&tad__ops_regression[HUBER], input, target, delta, reduction);
}
