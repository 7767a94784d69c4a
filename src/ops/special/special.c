/* Special functions of several arguments, element by element: zeta, the beta function, incomplete
 * gamma and beta functions. By a parameter for which there is no formula the derivative of order n
 * is the same function with n as an option. Rests on special.h. */
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "special.h"

enum { ZETA, LBETA, BETA, GAMMAINC, GAMMAINCC, GAMMA_DENSITY, BETAINC, BETA_DENSITY };

/* Orders of the derivatives by the first and the second parameter. */
typedef struct orders {
    int64_t n, m;
} orders;

static orders orders_of(const void *options) {
    return options ? *(const orders *)options : (orders){0, 0};
}

/* ---- shape and values ---- */

enum { JETS = 4, ANY = 1 << 20 };

typedef struct function {
    tad__special_function at;
    int64_t most; /* order */
} function;

#define FUNCTION(name, most)                                                                       \
    { TAD__SPECIAL_FUNCTION(name), most }
static const function functions[] = {
    [ZETA] = FUNCTION(zeta_value, JETS),
    [LBETA] = FUNCTION(lbeta, ANY),
    [BETA] = FUNCTION(beta, 0),
    [GAMMAINC] = FUNCTION(gammainc, JETS),
    [GAMMAINCC] = FUNCTION(gammaincc, JETS),
    [GAMMA_DENSITY] = FUNCTION(gamma_density, JETS),
    [BETAINC] = FUNCTION(betainc, JETS),
    [BETA_DENSITY] = FUNCTION(beta_density, JETS),
};
#undef FUNCTION

static const function *function_of(const tad_call_frame *c) {
    return &functions[c->op - tad__ops_special];
}

static tad_status special_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    const orders o = orders_of(c->options);
    const int64_t most = function_of(c)->most;
    if (o.n < 0 || o.m < 0 || o.n > most || o.m > most)
        return tad_fail(c, TAD_BAD_ARGUMENT, "derivatives by a parameter are of order 0 to %lld",
                        (long long)most);
    return tad__special_shape(c, out, n_out);
}

static tad_status special_forward(const tad_call_frame *c) {
    const orders o = orders_of(c->options);
    return tad__special_forward(c, &function_of(c)->at, o.n, o.m);
}

static void special_c_text(const tad_call_frame *c, tad_c *to) {
    const orders o = orders_of(c->options);
    tad__special_c_text(c, to, &function_of(c)->at, o.n, o.m);
}

/* ---- rules: the derivative by operand i ---- */

static tad_var apply(int op, const tad_var *in, orders o) {
    const tad_op *f = &tad__ops_special[op];
    return tad_apply(f, in, f->min_in, f->options_size ? &o : NULL, NULL, 0);
}

static tad_var times(double k, tad_var x) { return k == 1 ? x : tad_mul(x, tad_number(k)); }

/* Of higher order by parameter i. */
static tad_var higher(const tad_rule *r, size_t i) {
    const orders o = orders_of(r->options);
    return apply((int)(r->op - tad__ops_special), r->in,
                 i == 0 ? (orders){o.n + 1, o.m} : (orders){o.n, o.m + 1});
}

/* -s zeta(s + 1, q), derived n times by s. */
static tad_var zeta_slope(const tad_rule *r, size_t i) {
    if (i == 0) return higher(r, 0);
    const int64_t n = orders_of(r->options).n;
    const tad_var next[2] = {tad_add(r->in[0], tad_number(1)), r->in[1]};
    tad_var sum = tad_mul(r->in[0], apply(ZETA, next, (orders){n, 0}));
    if (n > 0) sum = tad_add(sum, times((double)n, apply(ZETA, next, (orders){n - 1, 0})));
    return tad_neg(sum);
}

static tad_var beta_slope(const tad_rule *r, size_t i) {
    return tad_mul(r->out[0], apply(LBETA, r->in, (orders){i == 0, i == 1}));
}

static tad_var gammainc_slope(const tad_rule *r, size_t i) {
    if (i == 0) return higher(r, 0);
    const tad_var density = apply(GAMMA_DENSITY, r->in, orders_of(r->options));
    return r->op == &tad__ops_special[GAMMAINC] ? density : tad_neg(density);
}

static tad_var betainc_slope(const tad_rule *r, size_t i) {
    return i < 2 ? higher(r, i) : apply(BETA_DENSITY, r->in, orders_of(r->options));
}

static tad_var less_one(tad_var x) { return tad_sub(x, tad_number(1)); }

/* The density f of gamma times (a - 1) / x - 1, derived n times by a. */
static tad_var gamma_density_slope(const tad_rule *r, size_t i) {
    if (i == 0) return higher(r, 0);
    const int64_t n = orders_of(r->options).n;
    const tad_var x = r->in[1];
    tad_var sum = tad_mul(r->out[0], less_one(tad_div(less_one(r->in[0]), x)));
    if (n == 0) return sum;
    tad_var lower = apply(GAMMA_DENSITY, r->in, (orders){n - 1, 0});
    return tad_add(sum, times((double)n, tad_div(lower, x)));
}

/* That of beta times (a - 1) / x - (b - 1) / (1 - x), derived n times by a and m times by b. */
static tad_var beta_density_slope(const tad_rule *r, size_t i) {
    if (i < 2) return higher(r, i);
    const orders o = orders_of(r->options);
    const tad_var x = r->in[2], y = tad_sub(tad_number(1), x);
    tad_var factor = tad_sub(tad_div(less_one(r->in[0]), x), tad_div(less_one(r->in[1]), y));
    tad_var sum = tad_mul(r->out[0], factor);
    if (o.n > 0) {
        tad_var lower = apply(BETA_DENSITY, r->in, (orders){o.n - 1, o.m});
        sum = tad_add(sum, times((double)o.n, tad_div(lower, x)));
    }
    if (o.m > 0) {
        tad_var lower = apply(BETA_DENSITY, r->in, (orders){o.n, o.m - 1});
        sum = tad_sub(sum, times((double)o.m, tad_div(lower, y)));
    }
    return sum;
}

static tad_var slope(const tad_rule *r, size_t i) {
    switch (r->op - tad__ops_special) {
    case ZETA: return zeta_slope(r, i);
    case LBETA: return higher(r, i);
    case BETA: return beta_slope(r, i);
    case GAMMAINC:
    case GAMMAINCC: return gammainc_slope(r, i);
    case GAMMA_DENSITY: return gamma_density_slope(r, i);
    case BETAINC: return betainc_slope(r, i);
    default: return beta_density_slope(r, i);
    }
}

static void special_vjp(tad_rule *r) {
    for (size_t i = 0; i < r->n_in; i++)
        if (r->wanted[i]) r->result[i] = tad_mul(r->given[0], slope(r, i));
}

static void special_jvp(tad_rule *r) {
    for (size_t i = 0; i < r->n_in; i++)
        if (!tad_is_nil(r->given[i]))
            r->result[0] = tad__plus(r->result[0], tad_mul(r->given[i], slope(r, i)));
}

/* ---- options, samples, misuse ---- */

static const tad_option one_order[] = {{OPTION(INT, orders, n)}};
static const tad_option two_orders[] = {{OPTION(INT, orders, n)}, {OPTION(INT, orders, m)}};

#define ORDERS(n, m)                                                                               \
    .options = &(const orders) { n, m }
/* Within the range where every function is. */
#define PART(...) WITHIN(1.2, 3, __VA_ARGS__)
#define INNER(...) WITHIN(0.1, 0.9, __VA_ARGS__)

static const tad_sample two_samples[] = {
    {CASE("vectors", PART(5), PART(5)), ORDERS(0, 0)},
    {CASE("broadcast", PART(3, 1), PART(4)), ORDERS(0, 0)},
    {CASE("first derivative", PART(4), PART(4)), ORDERS(1, 0)},
    {CASE("second derivative", PART(2, 2), WITHIN_0D(1.2, 3)), ORDERS(2, 0)},
    {CASE("0-d", WITHIN_0D(1.2, 3), WITHIN_0D(1.2, 3)), ORDERS(0, 0)},
    {CASE("nothing", PART(0, 3), PART(3)), ORDERS(0, 0)},
};
static const tad_sample both_samples[] = {
    {CASE("vectors", PART(5), PART(5)), ORDERS(0, 0)},
    {CASE("broadcast", PART(3, 1), PART(4)), ORDERS(1, 0)},
    {CASE("by the second", PART(4), PART(4)), ORDERS(0, 1)},
    {CASE("by both", PART(2, 2), WITHIN_0D(1.2, 3)), ORDERS(1, 1)},
    {CASE("0-d", WITHIN_0D(1.2, 3), WITHIN_0D(1.2, 3)), ORDERS(0, 0)},
    {CASE("nothing", PART(0, 3), PART(3)), ORDERS(0, 0)},
};
static const tad_sample beta_samples[] = {
    {CASE("vectors", PART(5), PART(5))},
    {CASE("broadcast", PART(3, 1), PART(4))},
    {CASE("below 1", WITHIN(0.2, 0.9, 4), WITHIN(0.2, 0.9, 4))},
    {CASE("0-d", WITHIN_0D(1.2, 3), WITHIN_0D(1.2, 3))},
    {CASE("nothing", PART(0, 3), PART(3))},
};
static const tad_sample three_samples[] = {
    {CASE("vectors", PART(5), PART(5), INNER(5)), ORDERS(0, 0)},
    {CASE("broadcast", PART(3, 1), PART(4), INNER(2, 1, 1)), ORDERS(0, 0)},
    {CASE("by the first", PART(3), PART(3), INNER(3)), ORDERS(1, 0)},
    {CASE("by both", PART(2), PART(2), INNER(2)), ORDERS(1, 2)},
    {CASE("0-d", WITHIN_0D(1.2, 3), WITHIN_0D(1.2, 3), WITHIN_0D(0.1, 0.9)), ORDERS(0, 0)},
    {CASE("nothing", PART(0), PART(1), INNER(0)), ORDERS(0, 0)},
};
static const tad_misuse two_misuse[] = {
    {CASE("shapes", PART(3), PART(4)), ORDERS(0, 0), .expect = TAD_BAD_SHAPE},
    {CASE("integers", PART(3), INDICES(2, 3)), ORDERS(0, 0), .expect = TAD_BAD_DTYPE},
    {CASE("order below 0", PART(3), PART(3)), ORDERS(-1, 0), .expect = TAD_BAD_ARGUMENT},
    {CASE("order", PART(3), PART(3)), ORDERS(ANY + 1, 0), .expect = TAD_BAD_ARGUMENT},
};
static const tad_misuse beta_misuse[] = {
    {CASE("shapes", PART(3), PART(4)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", PART(3), INDICES(2, 3)), .expect = TAD_BAD_DTYPE},
    {CASE("one operand", PART(3)), .expect = TAD_BAD_ARGUMENT},
};
static const tad_misuse three_misuse[] = {
    {CASE("shapes", PART(3), PART(3), INNER(4)), ORDERS(0, 0), .expect = TAD_BAD_SHAPE},
    {CASE("integers", PART(3), PART(3), INDICES(2, 3)), ORDERS(0, 0), .expect = TAD_BAD_DTYPE},
    {CASE("order", PART(3), PART(3), INNER(3)), ORDERS(0, JETS + 1), .expect = TAD_BAD_ARGUMENT},
};

/* ---- the ops ---- */

#define SPECIAL(operands)                                                                          \
    FAMILY("special functions", operands, operands),                                               \
        .shape = special_shape, .forward = special_forward, .c_text = special_c_text,              \
        .vjp = special_vjp, .jvp = special_jvp

const tad_op tad__ops_special[] = {
    [ZETA] = {.name = "zeta",
              .doc = "Hurwitz's zeta function, the sum of (b + k)^-a, k = 0, 1, ...; inf at a = 1 "
                     "and b = 0, NaN below; its derivative of order n by a",
              SPECIAL(2),
              OPTIONS(orders, one_order),
              SAMPLES(two_samples),
              MISUSE(two_misuse)},
    [LBETA] = {.name = "lbeta",
               .doc = "log |gamma(a) gamma(b) / gamma(a + b)|; its derivative of orders n and m",
               SPECIAL(2),
               OPTIONS(orders, two_orders),
               SAMPLES(both_samples),
               MISUSE(two_misuse)},
    [BETA] = {.name = "beta", .doc = "gamma(a) gamma(b) / gamma(a + b)", SPECIAL(2), CASES(beta)},
    [GAMMAINC] = {.name = "gammainc",
                  .doc =
                      "the integral of t^(a-1) e^-t over t from 0 to b, over gamma(a); NaN for a "
                      "or b below 0; its derivative of order n by a",
                  SPECIAL(2),
                  OPTIONS(orders, one_order),
                  SAMPLES(two_samples),
                  MISUSE(two_misuse)},
    [GAMMAINCC] = {.name = "gammaincc",
                   .doc = "1 - gammainc(a, b), also where that vanishes; its derivative of order n "
                          "by a",
                   SPECIAL(2),
                   OPTIONS(orders, one_order),
                   SAMPLES(two_samples),
                   MISUSE(two_misuse)},
    [GAMMA_DENSITY] = {.name = "gamma_density",
                       .doc = "b^(a-1) e^-b / gamma(a), the derivative of gammainc by b; its "
                              "derivative of order n by a",
                       SPECIAL(2),
                       .flags = TAD_OP_INTERNAL,
                       OPTIONS(orders, one_order),
                       SAMPLES(two_samples),
                       MISUSE(two_misuse)},
    [BETAINC] = {.name = "betainc",
                 .doc =
                     "the integral of t^(a-1) (1 - t)^(b-1) over t from 0 to c, over beta(a, b); "
                     "NaN for a or b below 0, c outside 0 .. 1; its derivative of orders n and m "
                     "by a and b",
                 SPECIAL(3),
                 OPTIONS(orders, two_orders),
                 SAMPLES(three_samples),
                 MISUSE(three_misuse)},
    [BETA_DENSITY] = {.name = "beta_density",
                      .doc = "c^(a-1) (1 - c)^(b-1) / beta(a, b), the derivative of betainc by c; "
                             "its derivative of orders n and m by a and b",
                      SPECIAL(3),
                      .flags = TAD_OP_INTERNAL,
                      OPTIONS(orders, two_orders),
                      SAMPLES(three_samples),
                      MISUSE(three_misuse)},
};
const size_t tad__ops_special_count = LENGTH(tad__ops_special);

tad_var tad__gammainc_by_a(tad_var a, tad_var x, bool upper) {
    return apply(upper ? GAMMAINCC : GAMMAINC, (tad_var[]){a, x}, (orders){1, 0});
}
tad_var tad__gamma_density(tad_var a, tad_var x) {
    return apply(GAMMA_DENSITY, (tad_var[]){a, x}, (orders){0, 0});
}
tad_var tad__betainc_by(bool first, const tad_var *abx) {
    return apply(BETAINC, abx, (orders){first, !first});
}
tad_var tad__beta_density(const tad_var *abx) { return apply(BETA_DENSITY, abx, (orders){0, 0}); }

static const orders none = {0, 0};

tad_var tad_zeta(tad_var s, tad_var q) { return apply(ZETA, (tad_var[]){s, q}, none); }
tad_var tad_lbeta(tad_var a, tad_var b) { return apply(LBETA, (tad_var[]){a, b}, none); }
tad_var tad_beta(tad_var a, tad_var b) { return apply(BETA, (tad_var[]){a, b}, none); }
tad_var tad_gammainc(tad_var a, tad_var x) { return apply(GAMMAINC, (tad_var[]){a, x}, none); }
tad_var tad_gammaincc(tad_var a, tad_var x) { return apply(GAMMAINCC, (tad_var[]){a, x}, none); }
tad_var tad_betainc(tad_var a, tad_var b, tad_var x) {
    return apply(BETAINC, (tad_var[]){a, b, x}, none);
}
