/* Special cases of the elementwise functions, as the tables of the Python array API standard
 * (2023.12) have them: NaN, infinities, signed zeros, the ends of domains. Each row is tried on
 * numbers, and on arrays long enough for vectors and their remainder, in both float types, at every
 * level. */
#include "support.h"

#include <tad/ops.h>

#define PI 3.14159265358979323846
#define ANY 7.25 /* some number that is finite and positive */

typedef struct one {
    const char *name;
    tad_var (*f)(tad_var x);
    double x, y;
} one;
typedef struct two {
    const char *name;
    tad_var (*f)(tad_var a, tad_var b);
    double a, b, y;
} two;

#define U(f, x, y)                                                                                 \
    { #f, tad_##f, x, y }
#define B(f, a, b, y)                                                                              \
    { #f, tad_##f, a, b, y }
#define INF INFINITY

/* clang-format off */
static const one unary[] = {
    U(abs, NAN, NAN), U(abs, -0.0, 0.0), U(abs, -INF, INF), U(abs, INF, INF),
    U(acos, NAN, NAN), U(acos, 1.5, NAN), U(acos, INF, NAN), U(acos, -1.5, NAN), U(acos, -INF, NAN),
    U(acos, 1, 0.0),
    U(acosh, NAN, NAN), U(acosh, 0.5, NAN), U(acosh, -INF, NAN), U(acosh, 1, 0.0),
    U(acosh, INF, INF),
    U(asin, NAN, NAN), U(asin, 1.5, NAN), U(asin, INF, NAN), U(asin, -1.5, NAN), U(asin, -INF, NAN),
    U(asin, 0.0, 0.0), U(asin, -0.0, -0.0),
    U(asinh, NAN, NAN), U(asinh, 0.0, 0.0), U(asinh, -0.0, -0.0), U(asinh, INF, INF),
    U(asinh, -INF, -INF),
    U(atan, NAN, NAN), U(atan, 0.0, 0.0), U(atan, -0.0, -0.0), U(atan, INF, PI / 2),
    U(atan, -INF, -PI / 2),
    U(atanh, NAN, NAN), U(atanh, -1.5, NAN), U(atanh, -INF, NAN), U(atanh, 1.5, NAN),
    U(atanh, INF, NAN), U(atanh, -1, -INF), U(atanh, 1, INF), U(atanh, 0.0, 0.0),
    U(atanh, -0.0, -0.0),
    U(ceil, NAN, NAN), U(ceil, 3, 3), U(ceil, INF, INF), U(ceil, -INF, -INF), U(ceil, 0.0, 0.0),
    U(ceil, -0.0, -0.0), U(ceil, -0.5, -0.0),
    U(cos, NAN, NAN), U(cos, 0.0, 1), U(cos, -0.0, 1), U(cos, INF, NAN), U(cos, -INF, NAN),
    U(cosh, NAN, NAN), U(cosh, 0.0, 1), U(cosh, -0.0, 1), U(cosh, INF, INF), U(cosh, -INF, INF),
    U(exp, NAN, NAN), U(exp, 0.0, 1), U(exp, -0.0, 1), U(exp, INF, INF), U(exp, -INF, 0.0),
    U(expm1, NAN, NAN), U(expm1, 0.0, 0.0), U(expm1, -0.0, -0.0), U(expm1, INF, INF),
    U(expm1, -INF, -1),
    U(floor, NAN, NAN), U(floor, -3, -3), U(floor, INF, INF), U(floor, -INF, -INF),
    U(floor, 0.0, 0.0), U(floor, -0.0, -0.0),
    U(log, NAN, NAN), U(log, -1, NAN), U(log, -INF, NAN), U(log, 0.0, -INF), U(log, -0.0, -INF),
    U(log, 1, 0.0), U(log, INF, INF),
    U(log1p, NAN, NAN), U(log1p, -1.5, NAN), U(log1p, -INF, NAN), U(log1p, -1, -INF),
    U(log1p, -0.0, -0.0), U(log1p, 0.0, 0.0), U(log1p, INF, INF),
    U(log2, NAN, NAN), U(log2, -1, NAN), U(log2, 0.0, -INF), U(log2, -0.0, -INF), U(log2, 1, 0.0),
    U(log2, INF, INF),
    U(log10, NAN, NAN), U(log10, -1, NAN), U(log10, 0.0, -INF), U(log10, -0.0, -INF),
    U(log10, 1, 0.0), U(log10, INF, INF),
    U(neg, NAN, NAN), U(neg, 0.0, -0.0), U(neg, -0.0, 0.0), U(neg, INF, -INF),
    U(reciprocal, NAN, NAN), U(reciprocal, INF, 0.0), U(reciprocal, -INF, -0.0),
    U(reciprocal, 0.0, INF), U(reciprocal, -0.0, -INF),
    U(round, NAN, NAN), U(round, 3, 3), U(round, INF, INF), U(round, -INF, -INF),
    U(round, 0.0, 0.0), U(round, -0.0, -0.0), U(round, 0.5, 0.0), U(round, 1.5, 2),
    U(round, 2.5, 2), U(round, -0.5, -0.0),
    U(sign, NAN, NAN), U(sign, -ANY, -1), U(sign, 0.0, 0.0), U(sign, ANY, 1),
    U(sign, INF, 1), U(sign, -INF, -1),
    U(sin, NAN, NAN), U(sin, 0.0, 0.0), U(sin, -0.0, -0.0), U(sin, INF, NAN), U(sin, -INF, NAN),
    U(sinh, NAN, NAN), U(sinh, 0.0, 0.0), U(sinh, -0.0, -0.0), U(sinh, INF, INF),
    U(sinh, -INF, -INF),
    U(sqrt, NAN, NAN), U(sqrt, -1, NAN), U(sqrt, -INF, NAN), U(sqrt, 0.0, 0.0),
    U(sqrt, -0.0, -0.0), U(sqrt, INF, INF),
    U(square, NAN, NAN), U(square, -0.0, 0.0), U(square, -INF, INF),
    U(tan, NAN, NAN), U(tan, 0.0, 0.0), U(tan, -0.0, -0.0), U(tan, INF, NAN), U(tan, -INF, NAN),
    U(tanh, NAN, NAN), U(tanh, 0.0, 0.0), U(tanh, -0.0, -0.0), U(tanh, INF, 1), U(tanh, -INF, -1),
    U(trunc, NAN, NAN), U(trunc, -3, -3), U(trunc, INF, INF), U(trunc, -INF, -INF),
    U(trunc, 0.0, 0.0), U(trunc, -0.0, -0.0), U(trunc, -0.5, -0.0),
};

static const two binary[] = {
    B(add, NAN, 1, NAN), B(add, 1, NAN, NAN), B(add, INF, -INF, NAN), B(add, -INF, INF, NAN),
    B(add, INF, INF, INF), B(add, -INF, -INF, -INF), B(add, INF, 1, INF), B(add, -INF, 1, -INF),
    B(add, 1, INF, INF), B(add, 1, -INF, -INF), B(add, -0.0, -0.0, -0.0), B(add, -0.0, 0.0, 0.0),
    B(add, 0.0, -0.0, 0.0), B(add, 0.0, 0.0, 0.0), B(add, 0.0, ANY, ANY), B(add, ANY, -ANY, 0.0),
    B(sub, INF, INF, NAN), B(sub, -INF, -INF, NAN), B(sub, -0.0, 0.0, -0.0), B(sub, 0.0, 0.0, 0.0),
    B(sub, ANY, ANY, 0.0), B(sub, NAN, 1, NAN), B(sub, 1, -INF, INF),
    B(atan2, NAN, 1, NAN), B(atan2, 1, NAN, NAN), B(atan2, ANY, 0.0, PI / 2),
    B(atan2, ANY, -0.0, PI / 2), B(atan2, 0.0, ANY, 0.0), B(atan2, 0.0, 0.0, 0.0),
    B(atan2, 0.0, -0.0, PI), B(atan2, 0.0, -ANY, PI), B(atan2, -0.0, ANY, -0.0),
    B(atan2, -0.0, 0.0, -0.0), B(atan2, -0.0, -0.0, -PI), B(atan2, -0.0, -ANY, -PI),
    B(atan2, -ANY, 0.0, -PI / 2), B(atan2, -ANY, -0.0, -PI / 2), B(atan2, ANY, INF, 0.0),
    B(atan2, ANY, -INF, PI), B(atan2, -ANY, INF, -0.0), B(atan2, -ANY, -INF, -PI),
    B(atan2, INF, ANY, PI / 2), B(atan2, -INF, ANY, -PI / 2), B(atan2, INF, INF, PI / 4),
    B(atan2, INF, -INF, 3 * PI / 4), B(atan2, -INF, INF, -PI / 4),
    B(atan2, -INF, -INF, -3 * PI / 4),
    B(div, NAN, 1, NAN), B(div, 1, NAN, NAN), B(div, INF, INF, NAN), B(div, INF, -INF, NAN),
    B(div, -INF, INF, NAN), B(div, 0.0, 0.0, NAN), B(div, -0.0, 0.0, NAN), B(div, 0.0, -0.0, NAN),
    B(div, 0.0, ANY, 0.0), B(div, -0.0, ANY, -0.0), B(div, 0.0, -ANY, -0.0),
    B(div, -0.0, -ANY, 0.0),
    B(div, ANY, 0.0, INF), B(div, ANY, -0.0, -INF), B(div, -ANY, 0.0, -INF),
    B(div, -ANY, -0.0, INF),
    B(div, INF, ANY, INF), B(div, INF, -ANY, -INF), B(div, -INF, ANY, -INF),
    B(div, -INF, -ANY, INF),
    B(div, ANY, INF, 0.0), B(div, ANY, -INF, -0.0), B(div, -ANY, INF, -0.0),
    B(div, -ANY, -INF, 0.0),
    B(hypot, INF, 1, INF), B(hypot, 1, -INF, INF), B(hypot, -INF, NAN, INF),
    B(hypot, NAN, INF, INF),
    B(hypot, NAN, 1, NAN), B(hypot, 1, NAN, NAN), B(hypot, 0.0, -0.0, 0.0),
    B(logaddexp, NAN, 1, NAN), B(logaddexp, 1, NAN, NAN), B(logaddexp, INF, 1, INF),
    B(logaddexp, 1, INF, INF), B(logaddexp, -INF, -INF, -INF), B(logaddexp, -INF, ANY, ANY),
    B(maximum, NAN, 1, NAN), B(maximum, 1, NAN, NAN), B(maximum, -INF, 1, 1),
    B(maximum, INF, 1, INF),
    B(minimum, NAN, 1, NAN), B(minimum, 1, NAN, NAN), B(minimum, INF, 1, 1),
    B(mul, NAN, 1, NAN), B(mul, 1, NAN, NAN), B(mul, INF, 0.0, NAN), B(mul, -INF, -0.0, NAN),
    B(mul, 0.0, INF, NAN), B(mul, INF, INF, INF), B(mul, INF, -INF, -INF), B(mul, -INF, -ANY, INF),
    B(mul, INF, ANY, INF), B(mul, 0.0, -ANY, -0.0), B(mul, -0.0, -ANY, 0.0),
    B(pow, ANY, 0.0, 1), B(pow, NAN, 0.0, 1), B(pow, NAN, -0.0, 1), B(pow, INF, 0.0, 1),
    B(pow, NAN, 1, NAN), B(pow, ANY, NAN, NAN), B(pow, 2, INF, INF), B(pow, -2, INF, INF),
    B(pow, 2, -INF, 0.0), B(pow, 1, INF, 1), B(pow, 1, -INF, 1), B(pow, 1, NAN, 1),
    B(pow, -1, INF, 1), B(pow, -1, -INF, 1), B(pow, 0.5, INF, 0.0), B(pow, 0.5, -INF, INF),
    B(pow, INF, 2, INF), B(pow, INF, -2, 0.0), B(pow, -INF, 3, -INF), B(pow, -INF, 2, INF),
    B(pow, -INF, -3, -0.0), B(pow, -INF, -2, 0.0), B(pow, 0.0, 2, 0.0), B(pow, 0.0, -2, INF),
    B(pow, -0.0, 3, -0.0), B(pow, -0.0, 2, 0.0), B(pow, -0.0, -3, -INF), B(pow, -0.0, -2, INF),
    B(pow, -2, 0.5, NAN),
    /* Python's remainder has the sign of the divisor. */
    B(remainder, NAN, 1, NAN), B(remainder, 1, NAN, NAN), B(remainder, INF, INF, NAN),
    B(remainder, 1, 0.0, NAN), B(remainder, 0.0, ANY, 0.0), B(remainder, -0.0, ANY, 0.0),
    B(remainder, 0.0, -ANY, -0.0), B(remainder, -0.0, -ANY, -0.0), B(remainder, INF, ANY, NAN),
    B(remainder, ANY, INF, ANY), B(remainder, ANY, -INF, -INF), B(remainder, -ANY, INF, INF),
    B(remainder, -ANY, -INF, -ANY),
};
/* clang-format on */

enum { ONES = sizeof unary / sizeof *unary, TWOS = sizeof binary / sizeof *binary, LONG = 37 };

static void ck_special(const char *name, const char *how, double a, double b, double got, double y,
                       double eps) {
    const bool same = isnan(y)   ? isnan(got)
                      : y == 0   ? got == 0 && !signbit(got) == !signbit(y)
                      : isinf(y) ? got == y
                                 : fabs(got - y) <= 4 * eps * fabs(y);
    ck_assert_msg(same, "%s(%g, %g) = %.17g, not %g, %s", name, a, b, got, y, how);
}

/* ANY is a float32, other values are rounded alike. */
static void try_row(tad_tape *t, const one *u, const two *w) {
    const double a = u ? u->x : w->a, b = u ? 0 : w->b, y = u ? u->y : w->y;
    const char *name = u ? u->name : w->name;
    static const char *const how[] = {"float64", "float32"};
    tad_var x = tad_scalar(t, a), z = u ? u->f(x) : w->f(x, tad_scalar(t, b));
    ck_special(name, "a number", a, b, tad_item(z), y, 0x1p-52);
    for (int d = 0; d < 2; d++) {
        const tad_dtype dtype = d ? TAD_F32 : TAD_F64;
        double got[LONG];
        x = tad_full(t, dtype, TAD_SHAPE(LONG), a);
        z = u ? u->f(x) : w->f(x, tad_full(t, dtype, TAD_SHAPE(LONG), b));
        ck_done(tad_read(z, got, LONG), t);
        for (int i = 0; i < LONG; i++)
            ck_special(name, how[d], a, b, got[i], y, d ? 0x1p-23 : 0x1p-52);
    }
}

static const tad_level levels[] = {TAD_LEVEL_BASE, TAD_LEVEL_AVX2, TAD_LEVEL_AVX512};

START_TEST(special_cases) {
    tad_tape *t = tad_tape_new(&(tad_settings){.level = levels[_i]});
    if (tad_tape_status(t) == TAD_OK) {
        for (int i = 0; i < ONES; i++) try_row(t, &unary[i], NULL);
        for (int i = 0; i < TWOS; i++) try_row(t, NULL, &binary[i]);
        ck_tape(t);
    }
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("array API");
    TCase *c = support_case(s, "array API");
    tcase_add_loop_test(c, special_cases, 0, 3);
    return s;
}

SUPPORT_MAIN(suite)
