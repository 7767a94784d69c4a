/* kl_div: the divergence of distributions, given by logarithms. Rests on compare.h. */
#include <stddef.h>

#include "compare.h"
#include "ops/families.h"
#include "ops/samples.h"

/* ---- derivatives of an element ---- */

static bool log_target(const tad_rule *r) {
    return ((const tad__loss_options *)r->options)->log_target;
}

static tad_var kl_dx(const tad_rule *r) {
    return tad_neg(log_target(r) ? tad_exp(r->in[TAD__LOSS_T]) : r->in[TAD__LOSS_T]);
}

static tad_var kl_dt(const tad_rule *r) {
    tad_var x = r->in[TAD__LOSS_X], t = r->in[TAD__LOSS_T], one = tad_number(1);
    if (log_target(r)) return tad_mul(tad_exp(t), tad_add(tad_sub(t, x), one));
    return tad_sub(tad_add(tad_log(t), one), x);
}

static const tad__loss losses[] = {
    {.kind = TAD__LOSS_KL,
     .log_kind = TAD__LOSS_KL_LOG,
     .by_batch = true,
     .dx = kl_dx,
     .dt = kl_dt},
};
COMPARE_HOOKS(kl_div, losses)

/* ---- options, samples, misuse ---- */

static const tad_option kl_list[] = {
    REDUCTIONS("mean|sum|none|batchmean"),
    {OPTION(BOOL, tad__loss_options, log_target)},
};

static const tad_sample kl_samples[] = {
    {CASE("mean", F64(3, 5), WITHIN(0.2, 1, 3, 5))},
    {CASE("sum", F64(7), WITHIN(0.2, 1, 7)), REDUCED(TAD_SUM)},
    {CASE("none, logarithms", F64(2, 3), F64(2, 3)), REDUCED(TAD_EACH, .log_target = true)},
    {CASE("by rows", F64(5, 3), WITHIN(0.2, 1, 5, 3)), REDUCED((tad_reduction)TAD_BATCHMEAN)},
    {CASE("one target for all", F64(5, 3), WITHIN_0D(0.2, 1))},
    {CASE("empty", F64(0, 3), F64(0, 3)), REDUCED(TAD_SUM)},
};
static const tad_misuse kl_misuse[] = {SHAPES_DIFFER, INTEGER_TARGET, NO_REDUCTION};

/* ---- the op ---- */

const tad_op tad__ops_kl_div[] = {
    {.name = "kl_div",
     .doc = "t (log t - input), 0 where t is 0; batchmean: sum / shape[0]",
     COMPARES(2, 2),
     OPTIONS(tad__loss_options, kl_list),
     CASES(kl)},
};
const size_t tad__ops_kl_div_count = LENGTH(tad__ops_kl_div);

tad_var tad_kl_div(tad_var log_probability, tad_var target, bool log_target,
                   tad_reduction reduction) {
    const tad__loss_options o = {.reduction = reduction, .log_target = log_target};
    return tad__compare(tad__ops_kl_div, log_probability, target, &o);
}
