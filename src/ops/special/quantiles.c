/* Quantiles: inverses of incomplete gamma and beta functions, and of Poisson's distribution,
 * element by element. They make samples of uniform numbers, and their derivatives by parameters are
 * those of samples that hold the uniform number: where P(a, x) = p stays, dx/da = -P_a / P_x. Rests
 * on special.h. */
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "special.h"

enum { GAMMA, GAMMA_UPPER, BETA, POISSON };

static const tad__special_function functions[] = {
    [GAMMA] = TAD__SPECIAL_FUNCTION(gammaincinv),
    [GAMMA_UPPER] = TAD__SPECIAL_FUNCTION(gammainccinv),
    [BETA] = TAD__SPECIAL_FUNCTION(betaincinv),
    [POISSON] = TAD__SPECIAL_FUNCTION(poisson_quantile),
};

static tad_status quantile_forward(const tad_call_frame *c) {
    return tad__special_forward(c, &functions[c->op - tad__ops_quantiles], 0, 0);
}

static void quantile_c_text(const tad_call_frame *c, tad_c *to) {
    tad__special_c_text(c, to, &functions[c->op - tad__ops_quantiles], 0, 0);
}

/* ---- rules: the derivative by operand i; at the result x ---- */

static tad_var gamma_slope(const tad_rule *r, size_t i) {
    const bool upper = r->op == &tad__ops_quantiles[GAMMA_UPPER];
    tad_var x = r->out[0], by_x = tad__gamma_density(r->in[0], x);
    if (upper) by_x = tad_neg(by_x);
    if (i == 1) return tad_reciprocal(by_x);
    return tad_neg(tad_div(tad__gammainc_by_a(r->in[0], x, upper), by_x));
}

static tad_var beta_slope(const tad_rule *r, size_t i) {
    const tad_var at[] = {r->in[0], r->in[1], r->out[0]};
    tad_var by_x = tad__beta_density(at);
    if (i == 2) return tad_reciprocal(by_x);
    return tad_neg(tad_div(tad__betainc_by(i == 0, at), by_x));
}

static tad_var slope(const tad_rule *r, size_t i) {
    return r->op == &tad__ops_quantiles[BETA] ? beta_slope(r, i) : gamma_slope(r, i);
}

static void quantile_vjp(tad_rule *r) {
    for (size_t i = 0; i < r->n_in; i++)
        if (r->wanted[i]) r->result[i] = tad_mul(r->given[0], slope(r, i));
}

static void quantile_jvp(tad_rule *r) {
    for (size_t i = 0; i < r->n_in; i++)
        if (!tad_is_nil(r->given[i]))
            r->result[0] = tad__plus(r->result[0], tad_mul(r->given[i], slope(r, i)));
}

/* Of what is constant between its steps: nothing. */
static void flat_rule(tad_rule *r) { (void)r; }

/* ---- samples, misuse ---- */

#define SIZES(...) WITHIN(0.6, 3, __VA_ARGS__)
#define SHARES(...) WITHIN(0.1, 0.9, __VA_ARGS__)

static const tad_sample gamma_samples[] = {
    {CASE("vectors", SIZES(5), SHARES(5))},
    {CASE("broadcast", SIZES(3, 1), SHARES(4))},
    {CASE("below 1", WITHIN(0.2, 0.9, 2, 2), SHARES(2, 2))},
    {CASE("0-d", WITHIN_0D(1.2, 3), WITHIN_0D(0.1, 0.9))},
    {CASE("large", WITHIN(20, 30, 3), SHARES(3))},
    {CASE("nothing", SIZES(0, 3), SHARES(3))},
};
static const tad_sample beta_samples[] = {
    {CASE("vectors", SIZES(5), SIZES(5), SHARES(5))},
    {CASE("broadcast", SIZES(3, 1), SIZES(4), SHARES(2, 1, 1))},
    {CASE("below 1", WITHIN(0.2, 0.9, 2), WITHIN(0.2, 0.9, 2), SHARES(2))},
    {CASE("0-d", WITHIN_0D(1.2, 3), WITHIN_0D(1.2, 3), WITHIN_0D(0.1, 0.9))},
    {CASE("large", WITHIN(20, 30, 3), SIZES(3), SHARES(3))},
    {CASE("nothing", SIZES(0), SIZES(1), SHARES(0))},
};
static const tad_sample poisson_samples[] = {
    {CASE("vectors", SHARES(5), SIZES(5))},
    {CASE("broadcast", SHARES(3, 1), WITHIN(20, 30, 4))},
    {CASE("small", SHARES(2, 2), WITHIN(0.01, 0.1, 2, 2))},
    {CASE("0-d", WITHIN_0D(0.1, 0.9), WITHIN_0D(1, 9))},
    {CASE("nothing", SHARES(0), SIZES(1))},
};
static const tad_misuse two_misuse[] = {
    {CASE("shapes", SIZES(3), SHARES(4)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", SIZES(3), INDICES(2, 3)), .expect = TAD_BAD_DTYPE},
    {CASE("one operand", SIZES(3)), .expect = TAD_BAD_ARGUMENT},
};
static const tad_misuse beta_misuse[] = {
    {CASE("shapes", SIZES(3), SIZES(3), SHARES(4)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", SIZES(3), SIZES(3), INDICES(2, 3)), .expect = TAD_BAD_DTYPE},
    {CASE("two operands", SIZES(3), SHARES(3)), .expect = TAD_BAD_ARGUMENT},
};

/* ---- the ops ---- */

#define QUANTILE(operands)                                                                         \
    FAMILY("special functions", operands, operands),                                               \
        .shape = tad__special_shape, .forward = quantile_forward, .c_text = quantile_c_text
#define DERIVATIVES .vjp = quantile_vjp, .jvp = quantile_jvp

const tad_op tad__ops_quantiles[] = {
    [GAMMA] = {.name = "gammaincinv",
               .doc = "the x with gammainc(a, x) = b; NaN for a below 0, b outside 0 .. 1",
               QUANTILE(2),
               DERIVATIVES,
               SAMPLES(gamma_samples),
               MISUSE(two_misuse)},
    [GAMMA_UPPER] = {.name = "gammainccinv",
                     .doc = "the x with gammaincc(a, x) = b; NaN for a below 0, b outside 0 .. 1",
                     QUANTILE(2),
                     DERIVATIVES,
                     SAMPLES(gamma_samples),
                     MISUSE(two_misuse)},
    [BETA] = {.name = "betaincinv",
              .doc = "the x with betainc(a, b, x) = c; NaN for a or b below 0, c outside 0 .. 1",
              QUANTILE(3),
              DERIVATIVES,
              CASES(beta)},
    [POISSON] = {.name = "poisson_quantile",
                 .doc = "the smallest count that Poisson's distribution of mean b is at most with "
                        "probability a; no gradient or 0",
                 QUANTILE(2),
                 .flags = TAD_OP_FLAT,
                 .vjp = flat_rule,
                 .jvp = flat_rule,
                 SAMPLES(poisson_samples),
                 MISUSE(two_misuse)},
};
const size_t tad__ops_quantiles_count = LENGTH(tad__ops_quantiles);

static tad_var apply(int op, const tad_var *in) {
    const tad_op *f = &tad__ops_quantiles[op];
    return tad_apply(f, in, f->min_in, NULL, NULL, 0);
}

tad_var tad_gammaincinv(tad_var a, tad_var p) { return apply(GAMMA, (tad_var[]){a, p}); }
tad_var tad_gammainccinv(tad_var a, tad_var q) { return apply(GAMMA_UPPER, (tad_var[]){a, q}); }
tad_var tad_betaincinv(tad_var a, tad_var b, tad_var p) {
    return apply(BETA, (tad_var[]){a, b, p});
}
tad_var tad_poisson_quantile(tad_var p, tad_var rate) {
    return apply(POISSON, (tad_var[]){p, rate});
}
