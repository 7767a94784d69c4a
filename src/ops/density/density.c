/* Logarithms of densities, element by element. Composed of ops, so that gradients follow. Outside
 * of where a distribution has values it is -inf, and no gradient comes from there. Rests on tape.h.
 */
#include <math.h>
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

static tad_status density_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    out->dtype = (tad_dtype)c->in[0]->dtype;
    return tad__broadcast_all(c, &out->shape);
}

/* ---- words ---- */

static tad_var plus(tad_var x, double k) { return tad_add(x, tad_number(k)); }
static tad_var times(double k, tad_var x) { return tad_mul(x, tad_number(k)); }

static tad_var constant_like(tad_var x, double value) {
    return tad_full(x.tape, tad_dtype_of(x), TAD_0D, value);
}

/* x, but a number from within where it is `outside`: no NaN may come from there by way of a factor
 * 0.
 */
static tad_var moved_inside(tad_var outside, tad_var x, double inside) {
    return tad_where(outside, constant_like(x, inside), x);
}

static tad_var none_outside(tad_var outside, tad_var y) {
    return tad_where(outside, constant_like(y, -INFINITY), y);
}

static tad_var standardized(const tad_rule *r, size_t location, size_t scale) {
    return tad_div(tad_sub(r->in[0], r->in[location]), r->in[scale]);
}

/* ---- on all numbers: of x, a location and a scale ---- */

static void normal_compose(tad_rule *r) {
    const double half_log_2_pi = 0.91893853320467274178;
    tad_var squares = times(-0.5, tad_square(standardized(r, 1, 2)));
    r->result[0] = plus(tad_sub(squares, tad_log(r->in[2])), -half_log_2_pi);
}

static void laplace_compose(tad_rule *r) {
    tad_var far = tad_abs(standardized(r, 1, 2));
    r->result[0] = tad_sub(tad_neg(far), tad_log(times(2, r->in[2])));
}

static void cauchy_compose(tad_rule *r) {
    const double log_pi = 1.14472988584940017414;
    tad_var far = tad_log1p(tad_square(standardized(r, 1, 2)));
    r->result[0] = plus(tad_neg(tad_add(far, tad_log(r->in[2]))), -log_pi);
}

/* Of x, the degrees of freedom n, a location and a scale: (1 + z^2 / n)^(-(n + 1) / 2) over
 * beta(1/2, n/2) sqrt(n) scale. */
static void student_compose(tad_rule *r) {
    tad_var n = r->in[1], far = tad_log1p(tad_div(tad_square(standardized(r, 2, 3)), n));
    tad_var fixed = tad_lbeta(constant_like(n, 0.5), times(0.5, n));
    fixed = tad_add(fixed, tad_add(times(0.5, tad_log(n)), tad_log(r->in[3])));
    r->result[0] = tad_neg(tad_add(fixed, tad_mul(times(0.5, plus(n, 1)), far)));
}

/* ---- from 0 on ---- */

static void exponential_compose(tad_rule *r) {
    tad_var x = r->in[0], rate = r->in[1], outside = tad_less(x, tad_number(0));
    tad_var y = tad_sub(tad_log(rate), tad_mul(rate, moved_inside(outside, x, 1)));
    r->result[0] = none_outside(outside, y);
}

/* Of x, the concentration a and the rate. */
static void gamma_compose(tad_rule *r) {
    tad_var a = r->in[1], rate = r->in[2], outside = tad_less(r->in[0], tad_number(0));
    tad_var x = moved_inside(outside, r->in[0], 1);
    tad_var y = tad_sub(tad_xlogy(plus(a, -1), x), tad_mul(rate, x));
    y = tad_add(y, tad_sub(tad_mul(a, tad_log(rate)), tad_lgamma(a)));
    r->result[0] = none_outside(outside, y);
}

/* Of a count, which may lie between whole numbers, and the rate. */
static void poisson_compose(tad_rule *r) {
    tad_var rate = r->in[1], outside = tad_less(r->in[0], tad_number(0));
    tad_var k = moved_inside(outside, r->in[0], 1);
    tad_var y = tad_sub(tad_sub(tad_xlogy(k, rate), rate), tad_lgamma(plus(k, 1)));
    r->result[0] = none_outside(outside, y);
}

/* ---- between two numbers ---- */

/* b log(1 - x), to full accuracy near 0 and near 1, where it is 0 for b = 0. */
static tad_var log_rest(tad_var b, tad_var x) {
    tad_var is_near = tad_greater(x, tad_number(0.5));
    tad_var low = tad_where(is_near, constant_like(x, 0.25), x),
            high = tad_where(is_near, x, constant_like(x, 0.75));
    return tad_where(is_near, tad_xlogy(b, tad_sub(tad_number(1), high)),
                     tad_mul(b, tad_log1p(tad_neg(low))));
}

/* Of x and two concentrations. */
static void beta_compose(tad_rule *r) {
    tad_var a = r->in[1], b = r->in[2];
    tad_var outside =
        tad_logical_or(tad_less(r->in[0], tad_number(0)), tad_greater(r->in[0], tad_number(1)));
    tad_var x = moved_inside(outside, r->in[0], 0.5);
    tad_var y = tad_add(tad_xlogy(plus(a, -1), x), log_rest(plus(b, -1), x));
    r->result[0] = none_outside(outside, tad_sub(y, tad_lbeta(a, b)));
}

/* Of x and both ends, which belong to it. */
static void uniform_compose(tad_rule *r) {
    tad_var x = r->in[0], low = r->in[1], high = r->in[2];
    tad_var outside = tad_logical_or(tad_less(x, low), tad_greater(x, high));
    tad_var y = tad_sub(times(0, x), tad_log(tad_sub(high, low)));
    r->result[0] = none_outside(outside, y);
}

/* Of 0 or 1, or a share between, and the logit of 1. */
static void bernoulli_compose(tad_rule *r) {
    tad_var x = r->in[0], logit = r->in[1];
    r->result[0] = tad_sub(tad_mul(x, logit), tad_softplus(logit, 1));
}

/* ---- samples, misuse ---- */

#define SIZES(...) WITHIN(0.5, 2, __VA_ARGS__)
#define FROM_0(...) WITHIN(0.5, 3, __VA_ARGS__)
#define SHARES(...) WITHIN(0.1, 0.9, __VA_ARGS__)
#define LOWS(...) WITHIN(-2, -1, __VA_ARGS__)
#define HIGHS(...) WITHIN(1, 2, __VA_ARGS__)
#define AMIDST(...) WITHIN(-0.9, 0.9, __VA_ARGS__)

#define THREE(X, A, B)                                                                             \
    {CASE("vectors", X(5), A(5), B(5))}, {CASE("broadcast", X(3, 4), A(4), B(3, 1))},              \
        {CASE("one scale", X(2, 3), A(2, 3), B(1))}, {CASE("ones", X(1), A(1), B(1))}, {           \
        CASE("nothing", X(0, 3), A(3), B(1))                                                       \
    }
#define TWO(X, A)                                                                                  \
    {CASE("vectors", X(5), A(5))}, {CASE("broadcast", X(3, 4), A(4))},                             \
        {CASE("columns", X(2, 1), A(3))}, {CASE("ones", X(1), A(1))}, {                            \
        CASE("nothing", X(0, 3), A(3))                                                             \
    }

static const tad_sample located_samples[] = {THREE(F64, F64, SIZES)};
static const tad_sample student_samples[] = {
    {CASE("vectors", F64(5), SIZES(5), F64(5), SIZES(5))},
    {CASE("broadcast", F64(3, 4), SIZES(4), F64(3, 1), SIZES(1))},
    {CASE("many degrees", F64(4), WITHIN(50, 60, 4), F64(4), SIZES(4))},
    {CASE("ones", F64(1), SIZES(1), F64(1), SIZES(1))},
    {CASE("nothing", F64(0), SIZES(1), F64(1), SIZES(1))},
};
static const tad_sample rate_samples[] = {TWO(FROM_0, SIZES)};
static const tad_sample gamma_samples[] = {THREE(FROM_0, FROM_0, SIZES)};
static const tad_sample beta_samples[] = {THREE(SHARES, FROM_0, FROM_0)};
static const tad_sample uniform_samples[] = {THREE(AMIDST, LOWS, HIGHS)};
static const tad_sample bernoulli_samples[] = {TWO(SHARES, F64)};

static const tad_misuse two_misuse[] = {
    {CASE("shapes", F64(3), F64(4)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", F64(3), INDICES(2, 3)), .expect = TAD_BAD_DTYPE},
    {CASE("one operand", F64(3)), .expect = TAD_BAD_ARGUMENT},
};
static const tad_misuse three_misuse[] = {
    {CASE("shapes", F64(3), F64(3), F64(4)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", F64(3), F64(3), INDICES(2, 3)), .expect = TAD_BAD_DTYPE},
    {CASE("two operands", F64(3), F64(3)), .expect = TAD_BAD_ARGUMENT},
};
static const tad_misuse four_misuse[] = {
    {CASE("shapes", F64(3), F64(3), F64(3), F64(4)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", F64(3), F64(3), F64(3), INDICES(2, 3)), .expect = TAD_BAD_DTYPE},
    {CASE("two operands", F64(3), F64(3)), .expect = TAD_BAD_ARGUMENT},
};

/* ---- the ops ---- */

/* X(name, operands, samples, misuse, doc) */
#define DENSITIES(X)                                                                               \
    X(normal, 3, located, three, "log density of normal numbers a with mean b, deviation c")       \
    X(laplace, 3, located, three,                                                                  \
      "log density of Laplace's distribution at a: location b, scale c")                           \
    X(cauchy, 3, located, three, "log density of Cauchy's distribution at a: location b, scale c") \
    X(student, 4, student, four,                                                                   \
      "log density of Student's distribution: a, degrees, location, scale")                        \
    X(exponential, 2, rate, two, "log density of the exponential distribution at a: rate b")       \
    X(gamma, 3, gamma, three,                                                                      \
      "log density of the gamma distribution at a: concentration b, rate c")                       \
    X(poisson, 2, rate, two, "log probability of a count a by Poisson: rate b")                    \
    X(beta, 3, beta, three, "log density of the beta distribution at a: concentrations b, c")      \
    X(uniform, 3, uniform, three, "log density of numbers a between b and c")                      \
    X(bernoulli, 2, bernoulli, two, "log probability of a, 0 or 1: b is the logit of 1")

#define INDEX(name, ...) AT_##name,
enum { DENSITIES(INDEX) };

#define DENSITY(name_, operands, samples_, misuse_, doc_)                                          \
    [AT_##name_] = {.name = #name_ "_log_density",                                                 \
                    .doc = doc_,                                                                   \
                    FAMILY("densities", operands, operands),                                       \
                    .shape = density_shape,                                                        \
                    .compose = name_##_compose,                                                    \
                    SAMPLES(samples_##_samples),                                                   \
                    MISUSE(misuse_##_misuse)},
const tad_op tad__ops_density[] = {DENSITIES(DENSITY)};
const size_t tad__ops_density_count = LENGTH(tad__ops_density);

static tad_var apply(int op, const tad_var *in) {
    return tad_apply(&tad__ops_density[op], in, tad__ops_density[op].min_in, NULL, NULL, 0);
}

tad_var tad_normal_log_density(tad_var x, tad_var mean, tad_var deviation) {
    return apply(AT_normal, (tad_var[]){x, mean, deviation});
}
tad_var tad_laplace_log_density(tad_var x, tad_var location, tad_var scale) {
    return apply(AT_laplace, (tad_var[]){x, location, scale});
}
tad_var tad_cauchy_log_density(tad_var x, tad_var location, tad_var scale) {
    return apply(AT_cauchy, (tad_var[]){x, location, scale});
}
tad_var tad_student_log_density(tad_var x, tad_var degrees, tad_var location, tad_var scale) {
    return apply(AT_student, (tad_var[]){x, degrees, location, scale});
}
tad_var tad_exponential_log_density(tad_var x, tad_var rate) {
    return apply(AT_exponential, (tad_var[]){x, rate});
}
tad_var tad_gamma_log_density(tad_var x, tad_var concentration, tad_var rate) {
    return apply(AT_gamma, (tad_var[]){x, concentration, rate});
}
tad_var tad_poisson_log_density(tad_var count, tad_var rate) {
    return apply(AT_poisson, (tad_var[]){count, rate});
}
tad_var tad_beta_log_density(tad_var x, tad_var a, tad_var b) {
    return apply(AT_beta, (tad_var[]){x, a, b});
}
tad_var tad_uniform_log_density(tad_var x, tad_var low, tad_var high) {
    return apply(AT_uniform, (tad_var[]){x, low, high});
}
tad_var tad_bernoulli_log_density(tad_var x, tad_var logit) {
    return apply(AT_bernoulli, (tad_var[]){x, logit});
}
