/* The numeric derivative of the gradient check promises |true derivative - value| <= error. Held
 * against derivatives in quadruple precision (long double where there is none), for functions
 * that are smooth, steep, flat, oscillating, singular nearby and full of cancellation, at points of
 * all sizes. */
#include "support.h"

#include "slope.h"

#ifdef HAVE_QUADMATH
#include <quadmath.h>
typedef __float128 wide;
#define W(f) f##q
#else
typedef long double wide;
#define W(f) f##l
#endif

static wide sqr(wide x) { return x * x; }
/* 1 / cosh(x)^2 without overflow. */
static wide sech2(wide x) {
    wide e = W(exp)(-2 * W(fabs)(x));
    return 4 * e / sqr(1 + e);
}
/* Near 0 the formula cancels also in long double, where there is no __float128. */
static wide sinc_slope(wide x) {
    wide q = x * x;
    if (q < 1e-4) return x * ((wide)-1 / 3 + q * ((wide)1 / 30 + q * ((wide)-1 / 840 + q / 45360)));
    return (x * W(cos)(x) - W(sin)(x)) / q;
}

static wide sigma(wide x) { return 1 / (1 + W(exp)(-x)); }
static wide phi(wide x) { return W(exp)(-x * x / 2) * 0.398942280401432677939946059934382L; }

/* F(name, least and largest decimal exponent of |x|, negative x too, value, derivative): x is a
 * double in the value, wide in the derivative. */
#define FUNCTIONS(F)                                                                               \
    F(exp_, -12, 2, 1, exp(x), W(exp)(x))                                                          \
    F(expm1_, -300, 1, 1, expm1(x), W(exp)(x))                                                     \
    F(exp_decay, -3, 2.5, 0, exp(-x), -W(exp)(-x))                                                 \
    F(exp_steep, -12, -7, 1, exp(1e8 * x), 1e8 * W(exp)(1e8 * x))                                  \
    F(sin_, -300, 8.5, 1, sin(x), W(cos)(x))                                                       \
    F(cos_, -8, 8.5, 1, cos(x), -W(sin)(x))                                                        \
    F(tan_, -6, 2, 1, tan(x), 1 + sqr(W(tan)(x)))                                                  \
    F(sin_fast, -6, 1, 1, sin(1e5 * x), 1e5 * W(cos)(1e5 * x))                                     \
    F(sin_faster, -9, 0, 1, sin(1e9 * x), 1e9 * W(cos)(1e9 * x))                                   \
    F(sin_slow, -3, 12, 1, sin(1e-6 * x), 1e-6 * W(cos)((wide)1e-6 * x))                           \
    F(sin_inverse, -2, 3, 1, sin(1 / x), -W(cos)(1 / x) / (x * x))                                 \
    F(sin_square, -3, 3, 1, sin(x *x), 2 * x * W(cos)(x * x))                                      \
    F(sinc, -6, 5, 1, sin(x) / x, sinc_slope(x))                                                   \
    F(log_, -300, 300, 0, log(x), 1 / x)                                                           \
    F(log1p_, -300, 100, 0, log1p(x), 1 / (1 + x))                                                 \
    F(sqrt_, -300, 300, 0, sqrt(x), 0.5L / W(sqrt)(x))                                             \
    F(cbrt_, -300, 300, 1, cbrt(x), 1 / (3 * sqr(W(cbrt)(x))))                                     \
    F(inverse, -100, 100, 1, 1 / x, -1 / (x * x))                                                  \
    F(inverse_square, -70, 70, 1, 1 / (x * x), -2 / (x * x * x))                                   \
    F(square, -150, 150, 1, x *x, 2 * x)                                                           \
    F(cube, -100, 100, 1, x *x *x, 3 * x * x)                                                      \
    F(power, -20, 20, 0, pow(x, 2.5), 2.5L * W(pow)(x, 1.5L))                                      \
    F(power_x, -6, 2, 0, pow(x, x), W(pow)(x, x) * (W(log)(x) + 1))                                \
    F(tanh_, -20, 1.3, 1, tanh(x), sech2(x))                                                       \
    F(sigmoid, -3, 1.5, 1, 1 / (1 + exp(-x)), sigma(x) * (1 - sigma(x)))                           \
    F(softplus, -3, 1.5, 1, log1p(exp(x)), sigma(x))                                               \
    F(atan_, -20, 20, 1, atan(x), 1 / (1 + x * x))                                                 \
    F(asinh_, -20, 100, 1, asinh(x), 1 / W(sqrt)(1 + x * x))                                       \
    F(erf_, -20, 0.8, 1, erf(x), 1.12837916709551257389615890312155L * W(exp)(-x * x))             \
    F(gelu, -6, 0.8, 1, 0.5 * x * (1 + erf(x * 0.70710678118654752440)),                           \
      0.5L * (1 + W(erf)(x * (wide)0.70710678118654752440)) + x * phi(x))                          \
    F(gauss, -3, 1.2, 1, exp(-(x * x)), -2 * x * W(exp)(-x * x))                                   \
    F(peak, -6, 3, 1, 1 / (x * x + 1e-6), -2 * x / sqr(x * x + (wide)1e-6))                        \
    F(lifted, -6, 2, 1, 1e6 + sin(x), W(cos)(x))                                                   \
    F(lifted_far, -3, 1, 1, sin(x) + 1e10, W(cos)(x))                                              \
    F(cancel_exp, -8, 0.5, 1, (exp(x) - 1) / x, (x * W(exp)(x) - W(expm1)(x)) / (x * x))           \
    F(cancel_root, -2, 4, 1, sqrt(x *x + 1) - x, x / W(sqrt)(x * x + 1) - 1)                       \
    F(cancel_cos, -4, 1, 1, (1 - cos(x)) / (x * x),                                                \
      (x * W(sin)(x) - 4 * sqr(W(sin)(x / 2))) / (x * x * x))                                      \
    F(tiny, -3, 1, 1, 1e-300 * sin(x), 1e-300 * W(cos)(x))                                         \
    F(huge_, -3, 1, 1, 1e300 * sin(x), 1e300 * W(cos)(x))                                          \
    F(rational, -4, 4, 1, (x - 3) / (x * x + x + 1),                                               \
      ((x * x + x + 1) - (x - 3) * (2 * x + 1)) / sqr(x * x + x + 1))                              \
    F(poly_7, -2, 0, 1, x *(-7 + x * x * (56 + x * x * (-112 + 64 * x * x))),                      \
      -7 + x * x * (168 + x * x * (-560 + 448 * x * x)))                                           \
    F(wilkinson, -2, 1, 0, (x - 1) * (x - 2) * (x - 3) * (x - 4),                                  \
      ((x - 1) + (x - 2)) * (x - 3) * (x - 4) + (x - 1) * (x - 2) * ((x - 3) + (x - 4)))           \
    F(tanh_saturated, 0, 1.3, 1, 1 - tanh(x), -sech2(x))                                           \
    F(leaky, -12, 3, 1, (x > 0 ? x : 0.01 * x), (x > 0 ? (wide)1 : (wide)0.01))                    \
    F(bend, -12, 1, 1, (x > 0 ? sin(x) : expm1(x)), (x > 0 ? W(cos)(x) : W(exp)(x)))

typedef struct function {
    const char *name;
    double from, to; /* decimal exponents */
    bool both;       /* signs */
    double (*f)(double);
    wide (*d)(wide);
} function;

#define DEFINE(name, from, to, both, value, derivative)                                            \
    static double name(double x) { return value; }                                                 \
    static wide name##_d(wide x) { return derivative; }
FUNCTIONS(DEFINE)
#define ENTRY(name, from, to, both, value, derivative) {#name, from, to, both, name, name##_d},
static const function functions[] = {FUNCTIONS(ENTRY)};
enum { COUNT = sizeof functions / sizeof *functions, POINTS = 4000 };

/* Whether the slope is not known, or as near to the truth as it says. */
static bool within(const function *f, double x, const tad__slope *s) {
    wide d = f->d((wide)x);
    if (s->kind != TAD__SLOPE_SMOOTH || !isfinite((double)d) || !isfinite(s->error)) return true;
    return W(fabs)(d - (wide)s->value) <= (wide)s->error;
}

START_TEST(the_error_of_a_numeric_derivative_is_below_its_bound) {
    const function *f = &functions[_i];
    tad_random r = {17, 0};
    int wrong = 0, known = 0;
    double worst = 0;
    for (int i = 0; i < POINTS; i++) {
        double x = pow(10, f->from + (f->to - f->from) * tad_random_uniform(&r));
        if (f->both && tad_random_below(&r, 2)) x = -x;
        if (!isfinite(f->f(x))) continue;
        tad__slope s = slope_at(f->f, x);
        known += s.kind == TAD__SLOPE_SMOOTH && s.error <= 1e-5 * fabs(s.value);
        if (within(f, x, &s)) continue;
        if (wrong++ < 4)
            fprintf(stderr, "# %s at %.17g: %.17g +- %.2g, but %.17g\n", f->name, x, s.value,
                    s.error, (double)f->d((wide)x));
        worst = fmax(worst, fabs((double)(f->d((wide)x) - (wide)s.value)) / s.error);
    }
    /* A bound is of no use where it is always large; one function here is hidden by rounding. */
    ck_assert_msg(known >= POINTS / 2 || f->f == lifted_far, "%s: only %d known", f->name, known);
    /* Where most digits are lost, one in some 5000 is too small (docs/math.md). */
    int allowed = f->f == cancel_exp || f->f == cancel_cos ? POINTS / 1000 : 0;
    ck_assert_msg(wrong <= allowed, "%s: %d bounds of %d are too small, by %g", f->name, wrong,
                  POINTS, worst);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("bounds");
    TCase *c = support_case(s, "bounds");
    tcase_add_loop_test(c, the_error_of_a_numeric_derivative_is_below_its_bound, 0, COUNT);
    return s;
}

SUPPORT_MAIN(suite)
