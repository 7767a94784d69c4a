/* Elementwise ops at special points: derivatives of first and second order, mixed ones too, against
 * formulas in long double, which neither overflow nor cancel where float64 does; and every way to a
 * derivative (numbers, arrays, graph, tangent) against the others, also in compositions. */
#include "support.h"

#include "rows.h"

#include <float.h>

/* ---- ways to the derivatives of one op ---- */

enum { MOST = 3 };

typedef struct result {
    double value;
    double first[MOST], second[MOST][MOST]; /* by the graph */
    double sweep[MOST], tangent[MOST];
} result;

typedef struct how {
    tad_dtype dtype;
    bool array;    /* (2), else 0-d */
    bool by_apply; /* else by the row's function, which has a way of its own for numbers */
} how;

static const row *row_named(const char *name) {
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    ck_abort_msg("no row %s", name);
    return NULL;
}

static double element(tad_var v) {
    double x[2];
    tad_status s = tad_read(v, x, (size_t)tad_size_of(v));
    ck_assert_msg(s == TAD_OK, "%s", tad_message(v.tape));
    return x[0];
}

static tad_var input(tad_tape *t, how h, double x) {
    tad_var v = tad_cast(
        tad_constant(t, TAD_F64, h.array ? TAD_SHAPE(2) : TAD_0D, (double[]){x, x}), h.dtype);
    double data[2];
    float narrow[2];
    ck_done(tad_read(v, data, h.array ? 2 : 1), t);
    for (int i = 0; i < 2; i++) narrow[i] = (float)data[0], data[i] = data[0];
    return tad_input(t, h.dtype, tad_shape_of(v), h.dtype == TAD_F32 ? (void *)narrow : data);
}

static tad_var apply(const row *f, const double *options, size_t n, const tad_var *in,
                     bool by_apply) {
    const tad_op *op = tad_op_find(f->name);
    if (!by_apply) return f->call(in, options);
    double both[2] = {0};
    if (options) memcpy(both, options, op->n_options * sizeof *both);
    return tad_apply(op, in, n, op->options_size ? both : NULL, NULL, 0);
}

/* First derivatives in every way; of `second` also those of the graph's. */
static result derive(const char *name, const double *options, size_t n, const double *x, how h,
                     bool second) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var in[MOST], g[MOST], gg[MOST], tangent;
    result r;
    for (size_t i = 0; i < n; i++) in[i] = input(t, h, x[i]);
    tad_var y = apply(row_named(name), options, n, in, h.by_apply),
            one = tad_full(t, h.dtype, tad_shape_of(in[0]), 1);
    r.value = element(y);
    ck_done(tad_reverse_from(&y, &one, 1), t);
    for (size_t i = 0; i < n; i++) r.sweep[i] = element(tad_gradient(in[i]));
    ck_done(tad_grad(&y, &one, 1, in, n, g), t);
    for (size_t i = 0; i < n; i++) {
        r.first[i] = element(g[i]);
        ck_done(tad_tangent(&y, 1, &in[i], &one, 1, &tangent), t);
        r.tangent[i] = element(tangent);
        if (second) ck_done(tad_grad(&g[i], &one, 1, in, n, gg), t);
        for (size_t k = 0; k < n && second; k++) r.second[i][k] = element(gg[k]);
    }
    ck_tape(t);
    tad_tape_free(t);
    return r;
}

static const how ways[] = {{TAD_F64, false, false},
                           {TAD_F64, false, true},
                           {TAD_F64, true, false},
                           {TAD_F32, false, false},
                           {TAD_F32, true, false}};
enum { WAYS = sizeof ways / sizeof *ways };

/* ---- against formulas ---- */

/* What does not fit the type is infinite or, near its smallest numbers, within some of them. */
static bool is_near(double got, long double right, tad_dtype dtype, double relative,
                    double absolute) {
    long double most = dtype == TAD_F32 ? (long double)FLT_MAX : (long double)DBL_MAX;
    long double least = 1000 * (dtype == TAD_F32 ? (long double)FLT_MIN : (long double)DBL_MIN);
    double eps = dtype == TAD_F32 ? FLT_EPSILON : DBL_EPSILON;
    if (right != right) return got != got;
    if (fabsl(right) > most) return isinf(got) && (got > 0) == (right > 0);
    if (fabsl(right) > most / 4 && isinf(got)) return true;
    return fabsl((long double)got - right) <=
           relative * eps * fabsl(right) + absolute * eps + least;
}

#define ck_right(got, right, dtype, relative, absolute, ...)                                       \
    do {                                                                                           \
        char right_at[160];                                                                        \
        double right_got = (got);                                                                  \
        long double right_is = (right);                                                            \
        snprintf(right_at, sizeof right_at, __VA_ARGS__);                                          \
        ck_assert_msg(is_near(right_got, right_is, dtype, relative, absolute),                     \
                      "%s: %.17g, right is %.17Lg", right_at, right_got, right_is);                \
    } while (0)

typedef long double slope(long double x, const double *o);

typedef struct unary {
    const char *name;
    double options[2], lo, hi; /* smooth within, without the ends */
    slope *first, *second;
    double relative, absolute; /* errors allowed, in the type's epsilons */
} unary;

#define S(name, expression)                                                                        \
    static long double name(long double x, const double *o) {                                      \
        return (void)x, (void)o, (expression);                                                     \
    }
#define D(name, d1, d2) S(name##_1, d1) S(name##_2, d2)
#define SIGMOID(x) (1 / (1 + expl(-(x))))
#define SPREAD(x) (1 / ((1 + expl(x)) * (1 + expl(-(x)))))
static const long double ln2 = 0.693147180559945309417232121458L,
                         ln10 = 2.302585092994045684017991454684L,
                         pi = 3.141592653589793238462643383280L;
static const double scale_of_selu = 1.0507009873554804934193349852946,
                    alpha_of_selu = 1.6732632423543772848170429916717;

static long double phi(long double x) { return expl(-x * x / 2) / sqrtl(2 * pi); }
static long double inner(long double x, int order) {
    long double c = sqrtl(2 / pi), k = 0.044715L;
    return order == 0   ? c * (x + k * x * x * x)
           : order == 1 ? c * (1 + 3 * k * x * x)
                        : c * 6 * k * x;
}
static long double sech2(long double x) { return fabsl(x) > 5000 ? 0 : 1 / (coshl(x) * coshl(x)); }

D(neg, -1, 0)
D(square, 2 * x, 2)
D(reciprocal, -1 / (x * x), 2 / (x * x * x))
D(sqrt, 0.5L / sqrtl(x), -0.25L / (x * sqrtl(x)))
D(rsqrt, -0.5L / (x * sqrtl(x)), 0.75L / (x * x * sqrtl(x)))
D(cbrt, 1 / (3 * cbrtl(x) * cbrtl(x)), -2 / (9 * cbrtl(x) * cbrtl(x) * x))
D(sign, x > 0 ? 1 : -1, 0)
D(zero, 0, 0)
D(exp, expl(x), expl(x))
D(exp2, ln2 *exp2l(x), ln2 *ln2 *exp2l(x))
D(log, 1 / x, -1 / (x * x))
D(log2, 1 / (x * ln2), -1 / (x * x * ln2))
D(log10, 1 / (x * ln10), -1 / (x * x * ln10))
D(log1p, 1 / (1 + x), -1 / ((1 + x) * (1 + x)))
D(sin, cosl(x), -sinl(x))
D(cos, -sinl(x), -cosl(x))
D(tan, 1 / (cosl(x) * cosl(x)), 2 * tanl(x) / (cosl(x) * cosl(x)))
D(asin, 1 / sqrtl((1 - x) * (1 + x)), x / powl((1 - x) * (1 + x), 1.5L))
D(acos, -1 / sqrtl((1 - x) * (1 + x)), -x / powl((1 - x) * (1 + x), 1.5L))
D(atan, 1 / (1 + x * x), -2 * x / ((1 + x * x) * (1 + x * x)))
D(sinh, coshl(x), sinhl(x))
D(cosh, sinhl(x), coshl(x))
D(tanh, sech2(x), -2 * tanhl(x) * sech2(x))
D(asinh, 1 / sqrtl(1 + x * x), -x / powl(1 + x * x, 1.5L))
D(acosh, 1 / sqrtl((x - 1) * (x + 1)), -x / powl((x - 1) * (x + 1), 1.5L))
D(atanh, 1 / ((1 - x) * (1 + x)), 2 * x / ((1 - x) * (1 + x) * (1 - x) * (1 + x)))
D(erf, 2 / sqrtl(pi) * expl(-x * x), -4 * x / sqrtl(pi) * expl(-x * x))
D(erfc, -2 / sqrtl(pi) * expl(-x * x), 4 * x / sqrtl(pi) * expl(-x * x))
D(sigmoid, SPREAD(x), SPREAD(x) * (1 - 2 * SIGMOID(x)))
D(log_sigmoid, SIGMOID(-x), -SPREAD(x))
D(relu, x > 0 ? 1 : 0, 0)
D(leaky, x > 0 ? 1 : (long double)o[0], 0)
D(elu, x < 0 ? o[0] * expl(x) : 1, x < 0 ? o[0] * expl(x) : 0)
D(selu, x < 0 ? (long double)scale_of_selu * alpha_of_selu * expl(x) : (long double)scale_of_selu,
  x < 0 ? (long double)scale_of_selu * alpha_of_selu * expl(x) : 0)
D(gelu, erfcl(-x / sqrtl(2)) / 2 + x * phi(x), (2 - x * x) * phi(x))
D(gelu_tanh, (1 + tanhl(inner(x, 0))) / 2 + x / 2 * sech2(inner(x, 0)) * inner(x, 1),
  sech2(inner(x, 0)) *
      (inner(x, 1) + x / 2 * inner(x, 2) - x * tanhl(inner(x, 0)) * inner(x, 1) * inner(x, 1)))
D(silu, SIGMOID(x) + x * SPREAD(x), SPREAD(x) * (2 + x * (1 - 2 * SIGMOID(x))))
D(softplus, SIGMOID(o[0] * x), o[0] * SPREAD(o[0] * x))
D(softsign, 1 / ((1 + fabsl(x)) * (1 + fabsl(x))), (x > 0 ? -2 : 2) / powl(1 + fabsl(x), 3))
D(inside, x > o[0] && x < o[1] ? 1 : 0, 0)
D(hardsigmoid, x > -3 && x < 3 ? 1 / 6.0L : 0, 0)
D(hardswish, x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5L, x > -3 && x < 3 ? 1 / 3.0L : 0)
D(celu, x < 0 ? expl(x / o[0]) : 1, x < 0 ? expl(x / o[0]) / o[0] : 0)
/* tanh(softplus(x)) and its slope */
static long double mish_gate(long double x) {
    long double e = expl(x < 40 ? x : 40), n = e * (e + 2);
    return n / (n + 2);
}
static long double mish_slope(long double x) {
    long double e = expl(x < 40 ? x : 40), n = e * (e + 2);
    return x < 40 ? 4 * e * (e + 1) / ((n + 2) * (n + 2)) : 0;
}
D(mish, mish_gate(x) + x * mish_slope(x),
  mish_slope(x) * (2 + x * (1 - SIGMOID(x) - 2 * mish_gate(x) * SIGMOID(x))))
D(tanhshrink, tanhl(x) * tanhl(x), 2 * tanhl(x) * sech2(x))
D(beyond, fabsl(x) > o[0] ? 1 : 0, 0)
D(above, x > o[0] ? 1 : 0, 0)
D(logit, 1 / (x * (1 - x)), (2 * x - 1) / (x * x * (1 - x) * (1 - x)))
D(power, o[0] * powl(x, o[0] - 1), o[0] * (o[0] - 1) * powl(x, o[0] - 2))

#define ALL -INFINITY, INFINITY
#define U(name, options, domain, slopes, relative, absolute)                                       \
    { #name, {options }, domain, slopes##_1, slopes##_2, relative, absolute }
#define UNIT -1, 1
#define HALF 0, INFINITY
#define TWO(a, b) a, b
/* Where an absolute error is allowed it is that of 1 - y^2 and y (1 - y), beside 1, or of what
 * cancels. */
static const unary unaries[] = {
    U(neg, 0, ALL, neg, 0, 0),
    U(square, 0, ALL, square, 1, 0),
    U(reciprocal, 0, ALL, reciprocal, 8, 0),
    U(sqrt, 0, HALF, sqrt, 4, 0),
    U(rsqrt, 0, HALF, rsqrt, 8, 0),
    U(cbrt, 0, ALL, cbrt, 12, 0),
    U(abs, 0, ALL, sign, 0, 0),
    U(exp, 0, ALL, exp, 4, 0),
    U(exp2, 0, ALL, exp2, 4, 0),
    U(expm1, 0, ALL, exp, 4, 0),
    U(log, 0, HALF, log, 4, 0),
    U(log2, 0, HALF, log2, 4, 0),
    U(log10, 0, HALF, log10, 4, 0),
    U(log1p, 0, TWO(-1, INFINITY), log1p, 4, 0),
    U(sin, 0, TWO(-1e6, 1e6), sin, 4, 0),
    U(cos, 0, TWO(-1e6, 1e6), cos, 4, 0),
    U(tan, 0, TWO(-1.5, 1.5), tan, 8, 0),
    U(asin, 0, UNIT, asin, 8, 1),
    U(acos, 0, UNIT, acos, 8, 1),
    U(atan, 0, ALL, atan, 8, 0),
    U(sinh, 0, ALL, sinh, 8, 0),
    U(cosh, 0, ALL, cosh, 8, 0),
    U(tanh, 0, ALL, tanh, 8, 4),
    U(asinh, 0, ALL, asinh, 8, 0),
    U(acosh, 0, TWO(1, INFINITY), acosh, 8, 0),
    U(atanh, 0, UNIT, atanh, 8, 1),
    U(erf, 0, ALL, erf, 1000, 0),
    U(erfc, 0, ALL, erfc, 1000, 0),
    U(sigmoid, 0, ALL, sigmoid, 8, 4),
    U(log_sigmoid, 0, ALL, log_sigmoid, 8, 4),
    U(relu, 0, ALL, relu, 0, 0),
    U(leaky_relu, 0.01, ALL, leaky, 4, 0),
    U(leaky_relu, -0.3, ALL, leaky, 4, 0),
    U(elu, 1, ALL, elu, 4, 0),
    U(elu, 1.7, ALL, elu, 4, 0),
    U(celu, 1, ALL, celu, 8, 0),
    U(celu, 1.7, TWO(-100, INFINITY), celu, 80, 0),
    U(selu, 0, ALL, selu, 4, 0),
    U(gelu, 0, ALL, gelu, 8, 8),
    U(gelu, 1, ALL, gelu_tanh, 16, 64),
    U(silu, 0, ALL, silu, 8, 8),
    U(mish, 0, ALL, mish, 16, 16),
    U(softplus, 1, ALL, softplus, 8, 4),
    U(softplus, 3, ALL, softplus, 8, 12),
    U(softplus, -1.5, ALL, softplus, 8, 8),
    U(softsign, 0, ALL, softsign, 8, 0),
    U(hardsigmoid, 0, ALL, hardsigmoid, 2, 0),
    U(hardswish, 0, ALL, hardswish, 2, 0),
    U(hardtanh, TWO(-1, 1), ALL, inside, 0, 0),
    U(hardtanh, TWO(-0.5, 1.5), ALL, inside, 0, 0),
    U(relu6, TWO(0, 6), ALL, inside, 0, 0),
    U(hardshrink, 0.5, ALL, beyond, 0, 0),
    U(softshrink, 0.5, ALL, beyond, 0, 0),
    U(tanhshrink, 0, ALL, tanhshrink, 8, 4),
    U(threshold, TWO(0.5, 7), ALL, above, 0, 0),
    U(logit, 0, TWO(1e-18, 1), logit, 8, 0),
    U(clamp, TWO(-0.5, 1.5), ALL, inside, 0, 0),
    U(clamp, TWO(-INFINITY, INFINITY), ALL, inside, 0, 0),
    U(clamp, TWO(2, 1), ALL, zero, 0, 0),
    U(pow_scalar, 2.5, HALF, power, 32, 0),
    U(pow_scalar, -1.5, HALF, power, 32, 0),
    U(pow_scalar, 0, HALF, zero, 0, 0),
    U(pow_scalar, 1, ALL, power, 0, 0),
    U(pow_scalar, 2, ALL, power, 32, 0),
    U(pow_scalar, 3, ALL, power, 32, 0),
    U(pow_scalar, -1, ALL, power, 32, 0),
    U(pow_scalar, 0.5, HALF, power, 32, 0),
    U(sign, 0, ALL, zero, 0, 0),
    U(step, 0, ALL, zero, 0, 0),
    U(floor, 0, ALL, zero, 0, 0),
    U(ceil, 0, ALL, zero, 0, 0),
    U(round, 0, ALL, zero, 0, 0),
    U(trunc, 0, ALL, zero, 0, 0),
};
enum { UNARIES = sizeof unaries / sizeof *unaries };

static const double unary_points[] = {
    1e-300, 1e-160, 1e-40, 1e-20, 1e-9, 0.01, 0.3,  0.7,   0.99,  1.25,  1.99,  2.01,
    2.5,    2.9,    3.5,   5.2,   12.3, 20.1, 40.2, 90.4,  120.3, 400.5, 800.5, 12345.6,
    1e7,    1e9,    1e12,  1e19,  1e25, 1e37, 1e77, 1e154, 1e160, 1e250, 1e307};

static bool fits_float32(double x) { return x == 0 || (fabs(x) > 1e-37 && fabs(x) < 3e38); }

static void at_point(const unary *u, double at) {
    for (int w = 0; w < WAYS; w++) {
        double x = ways[w].dtype == TAD_F32 ? (double)(float)at : at;
        double o[2] = {(double)(float)u->options[0], (double)(float)u->options[1]};
        const double *options = ways[w].dtype == TAD_F32 ? o : u->options;
        if (ways[w].dtype == TAD_F32 && !fits_float32(at)) continue;
        result r = derive(u->name, u->options, 1, &x, ways[w], true);
        ck_right(r.sweep[0], u->first(x, options), ways[w].dtype, u->relative, u->absolute,
                 "%s'(%g), sweep, way %d", u->name, x, w);
        ck_right(r.first[0], u->first(x, options), ways[w].dtype, u->relative, u->absolute,
                 "%s'(%g), way %d", u->name, x, w);
        ck_right(r.second[0][0], u->second(x, options), ways[w].dtype, 4 * u->relative,
                 4 * u->absolute, "%s''(%g), way %d", u->name, x, w);
    }
}

START_TEST(unary_derivatives_are_right_far_out_and_near_zero) {
    const unary *u = &unaries[_i];
    for (size_t k = 0; k < sizeof unary_points / sizeof *unary_points; k++)
        for (int sign = -1; sign <= 1; sign += 2) {
            double x = sign * unary_points[k];
            if (x > u->lo && x < u->hi) at_point(u, x);
        }
}
END_TEST

START_TEST(softplus_is_right_for_any_beta) {
    static const double betas[] = {1, 0.3, 4, -1.5, -0.2, -20},
                        points[] = {0, 0.01, -0.01, 1, -1, 2, -2, 30, -30, 300, -300};
    for (size_t b = 0; b < sizeof betas / sizeof *betas; b++)
        for (size_t k = 0; k < sizeof points / sizeof *points; k++)
            for (int w = 0; w < WAYS; w++) {
                bool single = ways[w].dtype == TAD_F32;
                double x = single ? (double)(float)points[k] : points[k];
                long double beta = single ? (long double)(float)betas[b] : (long double)betas[b];
                result r = derive("softplus", &betas[b], 1, &x, ways[w], false);
                ck_right(r.value, log1pl(expl(beta * x)) / beta, ways[w].dtype,
                         8 + fabs(points[k] * betas[b]), 0, "softplus(%g, %g), way %d", x, betas[b],
                         w);
            }
}
END_TEST

START_TEST(crossed_bounds_are_refused_by_hardtanh_and_clamp_takes_the_upper) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){0, 1.5, 3});
    ck_assert(tad_is_nil(tad_hardtanh(x, 2, 1)));
    ck_refused(t, TAD_BAD_ARGUMENT, "hardtanh", "2 .. 1");
    ck_assert(tad_is_nil(tad_hardtanh(tad_scalar(t, 0), 2, 1)));
    ck_refused(t, TAD_BAD_ARGUMENT, "hardtanh");
    ck_assert(tad_is_nil(tad_clamp(x, NAN, 1)));
    ck_refused(t, TAD_BAD_ARGUMENT, "clamp", "nan");
    ck_assert(tad_is_nil(tad_hardtanh(x, 0, NAN)));
    ck_refused(t, TAD_BAD_ARGUMENT, "hardtanh", "nan");
    ck_assert(tad_is_nil(tad_softshrink(x, -1)));
    ck_refused(t, TAD_BAD_ARGUMENT, "softshrink", "lambd -1");
    ck_assert(tad_is_nil(tad_softshrink(tad_scalar(t, 0), NAN)));
    ck_refused(t, TAD_BAD_ARGUMENT, "softshrink", "lambd nan");
    tad_var y = tad_clamp(x, 2, 1), ones = tad_full(t, TAD_F64, TAD_SHAPE(3), 1);
    ck_values(y, 0, 1, 1, 1);
    ck_done(tad_reverse_from(&y, &ones, 1), t);
    ck_values(tad_gradient(x), 0, 0, 0, 0);
    ck_values(tad_hardtanh(x, 2, 2), 0, 2, 2, 2);
    tad_tape_free(t);
}
END_TEST

/* ---- two operands ---- */

typedef struct binary {
    const char *name;
    double lo[2], hi[2];
    void (*right)(long double a, long double b, long double *d); /* da, db, daa, dab, dbb */
    double relative,
        absolute; /* as above; absolute: of the largest second derivative, where terms cancel */
} binary;

#define B(name, da, db, daa, dab, dbb)                                                             \
    static void name##_right(long double a, long double b, long double *d) {                       \
        (void)a, (void)b;                                                                          \
        d[0] = (da), d[1] = (db), d[2] = (daa), d[3] = (dab), d[4] = (dbb);                        \
    }
static long double norm(long double a, long double b) { return sqrtl(a * a + b * b); }
static long double quotient(long double a, long double b, bool floors) {
    long double r = fmodl(a, b);
    if (floors && r != 0 && (r < 0) != (b < 0)) r += b;
    return rintl((a - r) / b);
}
B(mul, b, a, 0, 1, 0)
B(div, 1 / b, -a / (b * b), 0, -1 / (b * b), 2 * a / (b * b * b))
B(pow, b == 0 ? 0 : b * powl(a, b - 1), powl(a, b) * logl(a),
  b == 0 || b == 1 ? 0 : b * (b - 1) * powl(a, b - 2), powl(a, b - 1) * (1 + b * logl(a)),
  powl(a, b) * logl(a) * logl(a))
B(xlogy, logl(b), a / b, 0, 1 / b, -a / (b * b))
B(hypot, a / norm(a, b), b / norm(a, b), b *b / powl(norm(a, b), 3), -a *b / powl(norm(a, b), 3),
  a *a / powl(norm(a, b), 3))
B(atan2, b / (a * a + b * b), -a / (a * a + b * b), -2 * a * b / powl(a * a + b * b, 2),
  (a * a - b * b) / powl(a * a + b * b, 2), 2 * a * b / powl(a * a + b * b, 2))
B(fmod, 1, -quotient(a, b, false), 0, 0, 0)
B(remainder, 1, -quotient(a, b, true), 0, 0, 0)
B(maximum, a > b ? 1 : 0, a > b ? 0 : 1, 0, 0, 0)
B(minimum, a < b ? 1 : 0, a < b ? 0 : 1, 0, 0, 0)
B(fmax, a > b ? 1 : 0, a > b ? 0 : 1, 0, 0, 0)
B(fmin, a < b ? 1 : 0, a < b ? 0 : 1, 0, 0, 0)
B(logaddexp, SIGMOID(a - b), SIGMOID(b - a), SPREAD(a - b), -SPREAD(a - b), SPREAD(a - b))
B(swiglu, b *silu_1(a, NULL), a *SIGMOID(a), b *silu_2(a, NULL), silu_1(a, NULL), 0)
B(prelu, a > 0 ? 1 : b, a > 0 ? 0 : a, 0, a > 0 ? 0 : 1, 0)

#define PAIR(...) PAIR_(__VA_ARGS__)
#define PAIR_(name, la, ha, lb, hb, relative, absolute)                                            \
    { #name, {la, lb }, {ha, hb }, name##_right, relative, absolute }
static const binary binaries[] = {
    PAIR(mul, ALL, ALL, 1, 0),
    PAIR(div, ALL, ALL, 8, 0),
    PAIR(pow, 1e-10, INFINITY, -3.5, 3.5, 64, 0),
    PAIR(xlogy, ALL, 0, INFINITY, 4, 0),
    PAIR(hypot, ALL, ALL, 16, 8),
    PAIR(atan2, ALL, ALL, 32, 8),
    PAIR(fmod, ALL, ALL, 0, 0),
    PAIR(remainder, ALL, ALL, 0, 0),
    PAIR(maximum, ALL, ALL, 0, 0),
    PAIR(minimum, ALL, ALL, 0, 0),
    PAIR(fmax, ALL, ALL, 0, 0),
    PAIR(fmin, ALL, ALL, 0, 0),
    PAIR(logaddexp, -3.5, 3.5, -3.5, 3.5, 32, 8),
    PAIR(swiglu, -3.5, 3.5, ALL, 32, 8),
    PAIR(prelu, ALL, ALL, 0, 0),
};
enum { BINARIES = sizeof binaries / sizeof *binaries };

static const double binary_points[] = {0,    1,   -1,   0.1, 2,     3,    -0.5,  0.75,  -2.25,
                                       17.3, -40, 1e-9, 1e8, 1e-30, 1e30, 1e100, 1e-100};

static bool is_smooth(const binary *p, double a, double b) {
    static const char *const tied[] = {"maximum", "minimum", "fmax", "fmin"};
    bool ties = false;
    for (size_t i = 0; i < sizeof tied / sizeof *tied; i++)
        ties = ties || strcmp(p->name, tied[i]) == 0;
    bool origin = strcmp(p->name, "hypot") == 0 || strcmp(p->name, "atan2") == 0;
    bool divides = strcmp(p->name, "div") == 0;
    bool cuts = strcmp(p->name, "fmod") == 0 || strcmp(p->name, "remainder") == 0;
    if (cuts) return b != 0 && fabs(a / b) < 1e6 && fmod(a, b) != 0;
    if (strcmp(p->name, "pow") == 0 && fabs(b * log(a)) > 60) return false; /* of float32 */
    return !(ties && a == b) && !(origin && a == 0 && b == 0) && !(divides && b == 0);
}

static void at_pair(const binary *p, const double *x) {
    for (int w = 0; w < WAYS; w++) {
        bool single = ways[w].dtype == TAD_F32;
        double v[2] = {single ? (double)(float)x[0] : x[0], single ? (double)(float)x[1] : x[1]};
        if (single && !(fits_float32(x[0]) && fits_float32(x[1]))) continue;
        if (!is_smooth(p, v[0], v[1])) continue;
        long double d[5];
        p->right(v[0], v[1], d);
        result r = derive(p->name, NULL, 2, v, ways[w], true);
        const long double h[2][2] = {{d[2], d[3]}, {d[3], d[4]}};
        double largest = (double)fmaxl(fmaxl(fabsl(d[2]), fabsl(d[3])), fabsl(d[4]));
        for (int i = 0; i < 2; i++) {
            ck_right(r.sweep[i], d[i], ways[w].dtype, p->relative, 0,
                     "%s(%g, %g), sweep %d, way %d", p->name, v[0], v[1], i, w);
            ck_right(r.first[i], d[i], ways[w].dtype, p->relative, 0,
                     "%s(%g, %g), input %d, way %d", p->name, v[0], v[1], i, w);
            for (int k = 0; k < 2 && largest < (single ? FLT_MAX : DBL_MAX); k++)
                ck_right(r.second[i][k], h[i][k], ways[w].dtype, 8 * p->relative,
                         p->absolute * largest, "%s(%g, %g), inputs %d %d, way %d", p->name, v[0],
                         v[1], i, k, w);
        }
    }
}

START_TEST(all_derivatives_of_two_operands_are_right_where_a_select_decides) {
    const binary *p = &binaries[_i];
    const size_t n = sizeof binary_points / sizeof *binary_points;
    for (size_t i = 0; i < n * n; i++) {
        const double x[2] = {binary_points[i / n], binary_points[i % n]};
        bool within = true;
        for (int k = 0; k < 2; k++) within = within && x[k] > p->lo[k] && x[k] < p->hi[k];
        if (within) at_pair(p, x);
    }
}
END_TEST

/* ---- every way against the others ---- */

static const double special_points[] = {0,       -0.0,    1,        -1,        0.5,  -0.5,  3,
                                        -3,      6,       40,       -40,       800,  -800,  5e-324,
                                        -5e-324, 1e-40,   1e-310,   1e-160,    1e40, -1e40, 1e160,
                                        -1e160,  1.7e308, INFINITY, -INFINITY, NAN};
enum { SPECIAL = sizeof special_points / sizeof *special_points };

/* Results near what the type can hold may overflow or vanish in one order of products only. */
static bool agree(double a, double b, tad_dtype dtype) {
    bool single = dtype == TAD_F32;
    double most = single ? FLT_MAX : DBL_MAX, least = single ? 1000 * FLT_MIN : 1000 * DBL_MIN;
    if (a == b || (isnan(a) && isnan(b))) return true;
    if (isinf(a) || isinf(b)) return fabs(a) > most / 4 && fabs(b) > most / 4 && (a > 0) == (b > 0);
    return fabs(a - b) <=
           64 * (single ? FLT_EPSILON : DBL_EPSILON) * fmax(fabs(a), fabs(b)) + least;
}

static void ways_agree(const row *f, const double *options, size_t n, const double *x) {
    result first[2]; /* of each type */
    for (int w = 0; w < WAYS; w++) {
        tad_dtype d = ways[w].dtype;
        bool opens = w == 0 || ways[w - 1].dtype != d;
        result r = derive(f->name, options, n, x, ways[w], false);
        if (opens) first[d] = r;
        ck_assert_msg(agree(r.value, first[d].value, d), "%s(%g, %g, %g), way %d: %g, not %g",
                      f->name, x[0], x[1], x[2], w, r.value, first[d].value);
        for (size_t i = 0; i < n; i++)
            ck_assert_msg(
                agree(r.sweep[i], first[d].sweep[i], d) &&
                    agree(r.first[i], first[d].sweep[i], d) &&
                    agree(r.tangent[i], first[d].sweep[i], d),
                "%s(%g, %g, %g), input %zu, way %d: sweep %g, graph %g, tangent %g; first way %g",
                f->name, x[0], x[1], x[2], i, w, r.sweep[i], r.first[i], r.tangent[i],
                first[d].sweep[i]);
    }
}

/* With the values of the options that the row names for the gradient check. */
START_TEST(every_way_gives_the_same_first_derivative) {
    static const double special_three[] = {0, -1, 2, 1e-320, 1e300, INFINITY, NAN};
    const row *f = &rows[_i];
    const tad_op *op = tad_op_find(f->name);
    size_t n = op->max_in, count = n < 3 ? SPECIAL : sizeof special_three / sizeof *special_three,
           all = 1;
    const double *points = n < 3 ? special_points : special_three, none[2] = {0, 0};
    for (size_t i = 0; i < n; i++) all *= count;
    for (size_t k = 0; k < op->n_samples; k++)
        for (size_t at = 0; at < all; at++) {
            const double x[MOST] = {points[at % count], points[at / count % count],
                                    points[at / count / count % count]};
            ways_agree(f, op->options_size ? op->samples[k].options : none, n, x);
        }
}
END_TEST

/* ---- arrays long enough to be done in strips, which an element can make take another way ---- */

enum { LONG = 2100, ODD_AT = 1500 };

typedef struct strips {
    const row *f;
    size_t n, odd_in; /* operands; which one has the odd element */
    tad_dtype dtype;
    double odd;
} strips;

static tad_var strip_input(tad_tape *t, const strips *s, size_t k, size_t first, size_t count) {
    double x[LONG];
    float narrow[LONG];
    for (size_t i = 0; i < count; i++) {
        bool is_odd = k == s->odd_in && first + i == ODD_AT;
        x[i] = is_odd ? s->odd : -1.9 + 0.0018 * (double)((first + i) * (k + 1) % LONG);
        narrow[i] = (float)x[i];
    }
    return tad_input(t, s->dtype, TAD_SHAPE((int64_t)count),
                     s->dtype == TAD_F32 ? (void *)narrow : x);
}

/* Elements from `first` on of the gradient by operand `wrt`. False: the CPU has no such level. */
static bool strip_gradient(const strips *s, tad_level level, size_t wrt, size_t first, size_t count,
                           double *g) {
    static const double none[2] = {0, 0};
    const tad_op *op = tad_op_find(s->f->name);
    tad_tape *t = tad_tape_new(&(tad_settings){.level = level});
    tad_var in[MOST];
    bool built = tad_tape_status(t) != TAD_UNSUPPORTED;
    for (size_t k = 0; built && k < s->n; k++) in[k] = strip_input(t, s, k, first, count);
    if (built) {
        tad_var y = s->f->call(in, op->options_size ? op->samples[0].options : none);
        tad_var ones = tad_full(t, s->dtype, tad_shape_of(y), 1);
        ck_done(tad_reverse_from(&y, &ones, 1), t);
        ck_done(tad_read(tad_cast(tad_gradient(in[wrt]), TAD_F64), g, count), t);
    }
    tad_tape_free(t);
    return built;
}

/* A NaN has no particular bits. */
static bool is_same(double a, double b) {
    return (a == b && !signbit(a) == !signbit(b)) || (isnan(a) && isnan(b));
}

static void odd_element_is_alone(const strips *s, size_t wrt) {
    static double plain[LONG], base[LONG], other[LONG];
    strips without = *s;
    double alone;
    without.odd_in = MOST;
    (void)strip_gradient(&without, TAD_LEVEL_BASE, wrt, 0, LONG, plain);
    (void)strip_gradient(s, TAD_LEVEL_BASE, wrt, 0, LONG, base);
    (void)strip_gradient(s, TAD_LEVEL_BASE, wrt, ODD_AT, 1, &alone);
    for (size_t i = 0; i < LONG; i++)
        ck_assert_msg(is_same(base[i], i == ODD_AT ? alone : plain[i]),
                      "%s, input %zu, %g in operand %zu: element %zu is %a, not %a", s->f->name,
                      wrt, s->odd, s->odd_in, i, base[i], i == ODD_AT ? alone : plain[i]);
    for (tad_level l = TAD_LEVEL_AVX2; l <= TAD_LEVEL_AVX512; l++) {
        if (!strip_gradient(s, l, wrt, 0, LONG, other)) break;
        for (size_t i = 0; i < LONG; i++)
            ck_assert_msg(is_same(base[i], other[i]), "%s, input %zu, level %d, %g: %a, not %a",
                          s->f->name, wrt, (int)l, s->odd, other[i], base[i]);
    }
}

START_TEST(an_odd_element_changes_no_other_and_levels_agree) {
    static const double odd[] = {-3, 1e-25, 1e160, -INFINITY, NAN};
    const row *f = &rows[_i];
    size_t n = tad_op_find(f->name)->max_in;
    for (size_t p = 0; p < sizeof odd / sizeof *odd; p++)
        for (size_t k = 0; k < 2 * n * n; k++) {
            strips s = {f, n, k / 2 % n, k & 1 ? TAD_F32 : TAD_F64, odd[p]};
            odd_element_is_alone(&s, k / 2 / n);
        }
}
END_TEST

/* ---- compositions: a zero meets an infinite derivative ---- */

typedef struct pair {
    double number, apply, array, graph, tangent;
} pair;

/* d f(g(x)) / dx. Zero times infinity is a NaN in every way. */
static pair compose(const row *f, const row *g, double at) {
    static const double none[2] = {0, 0};
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, at), v = tad_input(t, TAD_F64, TAD_SHAPE(1), &at), grad, tangent,
            one = tad_number(1);
    tad_var inner = g->call(&x, none), y = f->call(&inner, none);
    pair p;
    ck_done(tad_reverse(y), t);
    p.number = tad_gradient_item(x);
    ck_done(tad_grad(&y, NULL, 1, &x, 1, &grad), t);
    p.graph = tad_item(grad);
    ck_done(tad_tangent(&y, 1, &x, &one, 1, &tangent), t);
    p.tangent = tad_item(tangent);
    inner = apply(g, none, 1, &x, true);
    y = apply(f, none, 1, &inner, true);
    ck_done(tad_reverse(y), t);
    p.apply = tad_gradient_item(x);
    inner = g->call(&v, none);
    y = f->call(&inner, none);
    ck_done(tad_reverse(y), t);
    p.array = tad_gradient_item(v);
    ck_tape(t);
    tad_tape_free(t);
    return p;
}

/* Finite ones may differ: a sine of 1e17 does, by the last bits of its argument. */
static bool alike(double a, double b) {
    return agree(a, b, TAD_F64) || (isfinite(a) && isfinite(b));
}

START_TEST(zero_times_infinity_is_the_same_in_every_way) {
    static const double points[] = {0,  -0.0, 1,   -1,       3,         1e-310,
                                    40, -800, 800, INFINITY, -INFINITY, NAN};
    const row *f = &rows[_i];
    for (size_t k = 0; k < ROWS; k++) {
        if (f->n_in != 1 || rows[k].n_in != 1) continue;
        if (f->n_options || rows[k].n_options) continue;
        for (size_t j = 0; j < sizeof points / sizeof *points; j++) {
            pair p = compose(f, &rows[k], points[j]);
            ck_assert_msg(alike(p.number, p.graph) && alike(p.apply, p.graph) &&
                              alike(p.array, p.graph) && alike(p.tangent, p.graph),
                          "%s(%s(%g)): number %g, by apply %g, array %g, graph %g, tangent %g",
                          f->name, rows[k].name, points[j], p.number, p.apply, p.array, p.graph,
                          p.tangent);
        }
    }
}
END_TEST

/* What the root does not depend on has no part in its gradient, however infinite it is; what it
 * depends on through a comparison neither. */
START_TEST(extremes_of_what_is_no_number_are_none) {
    const double pairs[][2] = {{NAN, 2}, {2, NAN}, {NAN, -INFINITY}, {INFINITY, NAN}, {NAN, NAN}};
    enum { N = sizeof pairs / sizeof *pairs };
    tad_var (*const ops[])(tad_var, tad_var) = {tad_maximum, tad_minimum};
    tad_tape *t = tad_tape_new(NULL);
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < N; i++) {
            const double *p = pairs[i];
            tad_var a = tad_scalar(t, p[0]), b = tad_scalar(t, p[1]);
            ck_assert(isnan(tad_item(ops[k](a, b))));
            ck_assert(isnan(tad_item(ops[k](a, tad_number(p[1])))));
            ck_assert(isnan(tad_item(ops[k](tad_number(p[0]), b))));
            for (int narrow = 0; narrow < 2; narrow++) {
                const tad_dtype dtype = narrow ? TAD_F32 : TAD_F64;
                tad_var many = tad_full(t, dtype, TAD_SHAPE(9), p[0]),
                        others = tad_full(t, dtype, TAD_SHAPE(9), p[1]);
                ck_values(ops[k](many, others), 0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN);
                ck_values(ops[k](many, tad_number(p[1])), 0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN,
                          NAN);
            }
        }
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(infinite_derivatives_that_nothing_arrives_at_do_not_count) {
    const bool traps[] = {false, true};
    for (int k = 0; k < 2; k++) {
        tad_tape *t = tad_tape_new(&(tad_settings){.trap = traps[k]});
        tad_var x = tad_scalar(t, 0), root = tad_sqrt(x),
                quotient = tad_div(tad_add(x, tad_number(1)), tad_number(2));
        tad_var power = tad_pow(x, tad_number(0.5)),
                sum = tad_sum(tad_sqrt(tad_reshape(x, TAD_SHAPE(1))), tad_all());
        tad_var y = tad_where(tad_greater(root, tad_number(1)), tad_mul(x, tad_number(2)),
                              tad_mul(x, tad_number(3)));
        tad_var z = tad_add(y, quotient);
        ck_done(tad_reverse(z), t);
        ck_near(tad_gradient_item(x), 3.5, 0);
        ck_assert(!tad_is_nil(power) && !tad_is_nil(sum));
        tad_tape_free(t);
    }
}
END_TEST

/* Products, quotients, lists and ops that are no rows, with a zero that arrives as a number. */
START_TEST(zeros_that_arrive_reach_infinite_factors) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, 0), one = tad_scalar(t, 1), zero = tad_scalar(t, 0),
            far = tad_scalar(t, INFINITY);
    tad_var v = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){0, 1});
    const tad_var roots[] = {tad_sqrt(x),
                             tad_div(one, x),
                             tad_pow(x, tad_number(0.5)),
                             tad_mul(x, far),
                             tad_fma(x, far, one),
                             tad_dot_list(&x, &far, 1, one),
                             tad_sum(tad_sqrt(v), tad_all())};
    for (size_t k = 0; k < sizeof roots / sizeof *roots; k++) {
        tad_var y = tad_mul(roots[k], zero), wrt = k == 6 ? v : x, g;
        ck_done(tad_reverse(y), t);
        double sweep = element(tad_gradient(wrt));
        ck_done(tad_grad(&y, NULL, 1, &wrt, 1, &g), t);
        ck_assert_msg(isnan(sweep) && isnan(element(g)), "root %zu: %g, %g", k, sweep, element(g));
    }
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("points");
    TCase *c = support_case(s, "formulas");
    tcase_add_loop_test(c, unary_derivatives_are_right_far_out_and_near_zero, 0, UNARIES);
    tcase_add_test(c, softplus_is_right_for_any_beta);
    tcase_add_test(c, crossed_bounds_are_refused_by_hardtanh_and_clamp_takes_the_upper);
    tcase_add_loop_test(c, all_derivatives_of_two_operands_are_right_where_a_select_decides, 0,
                        BINARIES);
    c = support_case(s, "agreement");
    tcase_add_loop_test(c, every_way_gives_the_same_first_derivative, 0, ROWS);
    tcase_add_loop_test(c, an_odd_element_changes_no_other_and_levels_agree, 0, ROWS);
    tcase_add_loop_test(c, zero_times_infinity_is_the_same_in_every_way, 0, ROWS);
    tcase_add_test(c, extremes_of_what_is_no_number_are_none);
    tcase_add_test(c, infinite_derivatives_that_nothing_arrives_at_do_not_count);
    tcase_add_test(c, zeros_that_arrive_reach_infinite_factors);
    return s;
}

SUPPORT_MAIN(suite)
