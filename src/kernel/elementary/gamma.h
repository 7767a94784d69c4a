/* The logarithm of the gamma function and its derivatives: functions with branches, defined once
 * for all levels by special.c. TAD__SPECIAL says how. */
#ifndef TAD_KERNEL_ELEMENTARY_GAMMA_H
#define TAD_KERNEL_ELEMENTARY_GAMMA_H

#include "pow.h"
#include "trig.h"

static const double tad__pi_f64 = 0x1.921fb54442d18p+1;

/* ---- polynomials in t = 2x - 3, 1 <= x <= 2; interpolated with mpmath ---- */

/* log gamma(x) / ((x - 1) (x - 2)); relative error 2^-65. */
static const double tad__lgamma_p_f64[24] = {
    0x1.eeb95b094c191p-2,  -0x1.2aed059bd608ap-4,  0x1.01af62a2929e9p-6,  -0x1.007aa83cee1e1p-8,
    0x1.1334235278be4p-10, -0x1.34dbda148eef6p-12, 0x1.64f066528cd9bp-14, -0x1.a503523aa8e93p-16,
    0x1.f814b793ba519p-18, -0x1.313e883c22a03p-19, 0x1.750aee15dde55p-21, -0x1.cb45751de412fp-23,
    0x1.1c738f7c6bcc4p-24, -0x1.62316175d7440p-26, 0x1.bb23a2fc2e075p-28, -0x1.1637a53958dbap-29,
    0x1.5cf180d17742ap-31, -0x1.b8f9886378442p-33, 0x1.24db3d1cbdecep-34, -0x1.743f4a6b33b57p-36,
    0x1.4b78bd46746e8p-38, -0x1.a5ac06e896ffdp-40, 0x1.5fe008216fbe9p-40, -0x1.c36de923d02c4p-42,
};

/* digamma(x) / (x - root) with digamma's positive root in two parts; relative error 2^-60. */
static const double tad__digamma_root_f64[2] = {0x1.762d86p+0, 0x1.ab5f1fb70d4e4p-27};
static const double tad__digamma_p_f64[24] = {
    0x1.e6f0cbb873616p-1,  -0x1.b1cb63005ee96p-3,  0x1.eca189b8e6f7bp-5,  -0x1.2feeeb98a7e14p-6,
    0x1.8512e59037f3fp-8,  -0x1.fb4420299c39ep-10, 0x1.4de9aa17fed5cp-11, -0x1.b9f8b14eb372ep-13,
    0x1.256471573c163p-14, -0x1.8635595c28480p-16, 0x1.03c0b29031197p-17, -0x1.5a07ffdcf1525p-19,
    0x1.cd1f2dbc0dbedp-21, -0x1.335166d938f39p-22, 0x1.99e14548a2d9bp-24, -0x1.1138fd323dc0cp-25,
    0x1.69be71d89ad40p-27, -0x1.e24e3f4fdc1dcp-29, 0x1.56ae8897d5d3dp-30, -0x1.c8e71b670fd14p-32,
    0x1.80c273fb322c5p-34, -0x1.0081238b97022p-35, 0x1.0080971c5617fp-35, -0x1.5600aebc07538p-37,
};

/* With B the Bernoulli numbers: B[2k] / (2k (2k - 1)), B[2k] / 2k, B[2k] / (2k)!, k = 1, 2, ... */
static const double tad__stirling_f64[9] = {
    0x1.5555555555555p-4,   -0x1.6c16c16c16c17p-9, 0x1.a01a01a01a01ap-11,
    -0x1.3813813813814p-11, 0x1.b951e2b18ff23p-11, -0x1.f6ab0d9993c7dp-10,
    0x1.a41a41a41a41ap-8,   -0x1.e4286cb0f5398p-6, 0x1.6fe96381e0680p-3,
};
static const double tad__digamma_far_f64[8] = {
    0x1.5555555555555p-4, -0x1.1111111111111p-7, 0x1.0410410410410p-8, -0x1.1111111111111p-8,
    0x1.f07c1f07c1f08p-8, -0x1.5995995995996p-6, 0x1.5555555555555p-4, -0x1.c5e5e5e5e5e5ep-2,
};
static const double tad__zeta_f64[10] = {
    0x1.5555555555555p-4,  -0x1.6c16c16c16c17p-10, 0x1.1566abc011567p-15, -0x1.bbd779334ef0bp-21,
    0x1.66a8f2bf70ebep-26, -0x1.22805d644267fp-31, 0x1.d6db2c4e09162p-37, -0x1.7da4e1f79955cp-42,
    0x1.355871d652e9ep-47, -0x1.f57d968caacf1p-53,
};

static inline double tad__horner_f64(const double *c, int n, double x) {
    double y = c[n - 1];
    for (int i = n - 2; i >= 0; i--) y = y * x + c[i];
    return y;
}

/* x less the nearest integer, exact; a NaN where x is none or infinite. */
static inline double tad__beyond_integer_f64(double x) {
    return fabs(x) < 0x1p52 ? x - tad__rint_f64(x) : x - x;
}

/* ---- the logarithm of the gamma function ---- */

/* a b times the polynomial: a and b, exact, are the factors that are 0 at the ends. */
static inline double tad__lgamma_near_f64(double t, double a, double b) {
    return a * b * tad__horner_f64(tad__lgamma_p_f64, 24, t) + 0.0; /* no -0 */
}

static inline double tad__lgamma_positive_f64(double x) {
    if (x < 0x1p-54) return -tad__log_f64(x);
    if (x < 1) return tad__lgamma_near_f64(2 * x - 1, x, x - 1) - tad__log_f64(x);
    if (x < 8) {
        double product = 1;
        for (; x > 2; x -= 1) product *= x - 1;
        double near = tad__lgamma_near_f64(2 * x - 3, x - 1, x - 2);
        return product == 1 ? near : near + tad__log_f64(product);
    }
    if (x >= 0x1p1020) return x * (tad__log_f64(x) - 1); /* infinite from 2.6e305 on */
    const double rest = tad__horner_f64(tad__stirling_f64, 9, 1 / (x * x)) / x;
    return (x - 0.5) * (tad__log_f64(x) - 1) + (0x1.acfe390c97d69p-2 + rest);
}

/* By the reflection gamma(x) gamma(-x) = -pi / (x sin(pi x)). */
TAD__SPECIAL double tad__lgamma_f64(double x) {
    if (x != x) return x;
    if (x > 0) return tad__lgamma_positive_f64(x);
    const double a = -x, d = fabs(tad__beyond_integer_f64(a));
    if (d == 0 || d != d) return HUGE_VAL;
    if (a < 0x1p-54) return -tad__log_f64(a);
    return tad__log_f64(tad__pi_f64 / (a * tad__sin_f64(tad__pi_f64 * d))) -
           tad__lgamma_positive_f64(a);
}

TAD__SPECIAL float tad__lgamma_f32(float x) { return (float)tad__lgamma_f64((double)x); }

/* ---- its derivative ---- */

static inline double tad__digamma_positive_f64(double x) {
    const double *root = tad__digamma_root_f64;
    double sum = 0;
    if (x >= 10) {
        const double v = 1 / (x * x);
        return tad__log_f64(x) - (0.5 / x + v * tad__horner_f64(tad__digamma_far_f64, 8, v));
    }
    if (x < 1) {
        const double d = (x - (root[0] - 1)) - root[1];
        return d * tad__horner_f64(tad__digamma_p_f64, 24, 2 * x - 1) - 1 / x;
    }
    for (; x > 2; x -= 1) sum += 1 / (x - 1);
    const double d = (x - root[0]) - root[1];
    return d * tad__horner_f64(tad__digamma_p_f64, 24, 2 * x - 3) + sum;
}

TAD__SPECIAL double tad__digamma_f64(double x) {
    if (x > 0 || x != x) return tad__digamma_positive_f64(x);
    const double d = tad__beyond_integer_f64(x);
    if (d == 0 || d != d) return (double)NAN;
    return tad__digamma_positive_f64(1 - x) - tad__pi_f64 / tad__tan_f64(tad__pi_f64 * d);
}

TAD__SPECIAL float tad__digamma_f32(float x) { return (float)tad__digamma_f64((double)x); }

/* ---- and that one's derivatives of order n: (-1)^(n+1) n! sum over k >= 0 of (x + k)^-(n+1) ----
 */

/* n! a^-(n+1), a > 0. */
static inline double tad__polygamma_size_f64(double n, double a) {
    if (n > 150) return tad__exp_f64(tad__lgamma_f64(n + 1) - (n + 1) * tad__log_f64(a));
    double size = 1 / a;
    for (double k = 1; k <= n; k += 1) size *= k / a;
    return size;
}

/* r^s for s = 2, 3, .... Few factors are quicker, and lose no more than r has lost. */
static inline double tad__whole_power_f64(double r, double s) {
    double y = 1;
    if (s > 16) return tad__pow_f64(r, s);
    for (int k = (int)s; k > 0; k /= 2, r *= r)
        if (k % 2) y *= r;
    return y;
}

/* The sum, over its first term: a few terms, and the others by the formula of Euler and
 * Maclaurin. */
static inline double tad__zeta_over_first_f64(double s, double a) {
    double sum = 0, at = a, ratio = 1;
    for (; at < 10 + s; at += 1, ratio = tad__whole_power_f64(a / at, s)) {
        sum += ratio;
        if (ratio < 0x1p-60) return sum;
    }
    double factor = s / at, tail = at / (s - 1) + 0.5;
    for (int j = 0; j < 10; j++) {
        tail += tad__zeta_f64[j] * factor;
        factor *= (s + 2 * j + 1) * (s + 2 * j + 2) / (at * at);
    }
    return sum + ratio * tail;
}

/* The n-th derivative of pi cot(pi x), d = x less an integer: pi^(n+1) times a polynomial in the
 * cotangent c whose terms have one sign; that of c^(k+1) gives those of c^k and c^(k+2). */
static inline double tad__cotangent_slope_f64(int n, double d) {
    double p[24] = {0, 1}, scale = tad__pi_f64;
    const double c = 1 / tad__tan_f64(tad__pi_f64 * d);
    for (int order = 0; order < n; order++) {
        double q[24] = {0};
        for (int k = 0; k <= order; k++) {
            q[k] -= (k + 1) * p[k + 1];
            q[k + 2] -= (k + 1) * p[k + 1];
        }
        for (int k = 0; k < 24; k++) p[k] = q[k];
        scale *= tad__pi_f64;
    }
    return scale * tad__horner_f64(p, n + 2, c);
}

/* Of high order the poles around x are all that counts: it is at d beside one of them, of which
 * there are none above 0. */
static inline double tad__between_poles_f64(double n, double x, double d) {
    double sum = 0, a = fabs(d), first = tad__rint_f64(x);
    const int odd = tad__beyond_integer_f64((n + 1) / 2) != 0; /* the power */
    for (double k = first < -4 ? -4 : first; k <= 4; k += 1) {
        const double term = tad__pow_f64(a / fabs(d + k), n + 1);
        sum += odd && d + k < 0 ? -term : term;
    }
    return tad__polygamma_size_f64(n, a) * (odd ? -sum : sum);
}

/* For n from 1 on. The sum is x / n of its first term where x is large: with (n - 1)! x^-n that
 * vanishes no earlier than the result. */
static inline double tad__polygamma_positive_f64(double n, double x) {
    const double y =
        tad__polygamma_size_f64(n - 1, x) * (tad__zeta_over_first_f64(n + 1, x) * (n / x));
    return tad__beyond_integer_f64(n / 2) != 0 ? y : -y;
}

TAD__SPECIAL double tad__polygamma_f64(double n, double x) {
    if (n == 0) return tad__digamma_f64(x);
    if (x != x) return x;
    const int odd = tad__beyond_integer_f64(n / 2) != 0;
    if (x == HUGE_VAL) return odd ? 0.0 : -0.0;
    if (x > 0) return tad__polygamma_positive_f64(n, x);
    const double d = tad__beyond_integer_f64(x);
    if (d == 0) return odd ? HUGE_VAL : (double)NAN;
    if (d != d) return d;
    if (n > 20) return tad__between_poles_f64(n, x, d);
    const double mirrored = tad__polygamma_positive_f64(n, 1 - x);
    return (odd ? -mirrored : mirrored) - tad__cotangent_slope_f64((int)n, d);
}

TAD__SPECIAL float tad__polygamma_f32(float n, float x) {
    return (float)tad__polygamma_f64((double)n, (double)x);
}

#endif
