/* The error function's relatives: scaled, inverse, and as the normal distribution. Functions with
 * branches, defined once for all levels by special.c. TAD__SPECIAL says how. */
#ifndef TAD_KERNEL_ELEMENTARY_NORMAL_H
#define TAD_KERNEL_ELEMENTARY_NORMAL_H

#include "erf.h"
#include "log.h"

/* erfinv(x) / x in x^2 <= 1/2, relative error 2^-21; erfc's inverse less s = sqrt(-log q), over s,
 * in 1/s and with log(s)/s, 1 <= s <= 27.4, 2^-18. Fitted with mpmath. */
static const double tad__erfinv_near_f64[7] = {
    0x1.c5bf90e6bd526p-1, 0x1.db123819677afp-3,  0x1.0822c54b8c426p-3, 0x1.201903a51ec59p-4,
    0x1.33eebe76df6bdp-3, -0x1.51e52c93eca4cp-3, 0x1.1a4ac45fa1919p-2,
};
static const double tad__erfinv_far_f64[7] = {
    -0.01542708, -0.38760202, 0.16975379, -0.16349905, 0.03347072, 0.00313907, -0.42949126,
};
static const double tad__root_pi_f64 = 0x1.c5bf891b4ef6bp+0;

/* e^(factor a^2) for a factor that is a power of two; the square is exact as head and tail. */
static inline double tad__exp_square_f64(double a, double factor) {
    const double h = tad__head_f64(a), tail = (a - h) * (a + h);
    return tad__exp_f64(factor * (h * h)) * tad__exp_f64(factor * tail);
}

/* e^(x^2) erfc x; the asymptotic series beyond the polynomial of erfc. */
static inline double tad__erfcx_value_f64(double x) {
    if (x != x) return x;
    if (x < 0.625 && x > -0.625) return tad__exp_f64(x * x) * tad__erfc_f64(x);
    if (x < 0) return x < -27 ? HUGE_VAL : tad__exp_square_f64(x, 1) * tad__erfc_f64(x);
    if (x <= tad__erfc_most_f64) {
        double rest, q = tad__erfc_factor_f64(x, &rest);
        return q + rest;
    }
    const double h = 0.5 / x / x;
    double series = 1;
    for (int k = 13; k > 0; k -= 2) series = 1 - k * h * series;
    return series / (tad__root_pi_f64 * x);
}

/* The n-th derivative of erfcx, n at least 1. With y' = 2 x y - 2 / sqrt pi those of orders 2 and
 * on follow from two before; above 1, where that cancels, from their quotients, by a continued
 * fraction. */
static inline double tad__erfcx_slope_f64(double n, double x) {
    double before = tad__erfcx_value_f64(x), at = 2 * x * before - 2 / tad__root_pi_f64;
    if (x <= 1) {
        for (double k = 1; k < n; k += 1) {
            const double next = 2 * x * at + 2 * k * before;
            before = at;
            at = next;
        }
        return at;
    }
    double ratio = 0, product = before;
    for (double k = tad__rint_f64(n + 40 + 400 / (x * x)); k > 0; k -= 1) {
        ratio = 1 / (2 * x + 2 * (k + 1) * ratio);
        if (k <= n) product *= -2 * k * ratio;
    }
    return product;
}

TAD__SPECIAL double tad__erfcx_f64(double n, double x) {
    if (x != x) return x;
    return n == 0 ? tad__erfcx_value_f64(x) : tad__erfcx_slope_f64(n, x);
}

TAD__SPECIAL float tad__erfcx_f32(float n, float x) {
    return (float)tad__erfcx_f64((double)n, (double)x);
}

/* y with erfc y = q, 0 < q < 1/3: where log erfcx y = y^2 + log q, which neither overflows nor
 * cancels. One step of Halley's. */
static inline double tad__erfc_inverse_f64(double q) {
    const double l = -tad__log_f64(q), s = sqrt(l), *c = tad__erfinv_far_f64;
    double y =
        s + tad__horner_f64(c, 5, 1 / s) + c[5] * tad__log_f64(s) + c[6] * tad__log_f64(s) / s;
    const double e = tad__erfcx_value_f64(y), slope = 2 / (tad__root_pi_f64 * e);
    const double move = ((y * y - l) - tad__log_f64(e)) / slope;
    return y - move / (1 + move * (y - 0.5 * slope));
}

/* y with erf y = x, x^2 <= 1/2. */
static inline double tad__erf_inverse_f64(double x) {
    const double y = x * tad__horner_f64(tad__erfinv_near_f64, 7, x * x);
    const double move = (tad__erf_f64(y) - x) * (0.5 * tad__root_pi_f64) * tad__exp_f64(y * y);
    return y - move / (1 + move * y);
}

TAD__SPECIAL double tad__erfinv_f64(double x) {
    const double a = fabs(x);
    if (a * a <= 0.5) return tad__erf_inverse_f64(x);
    if (a < 1) return copysign(tad__erfc_inverse_f64(1 - a), x);
    return a == 1 ? copysign(HUGE_VAL, x) : x != x ? x : (double)NAN;
}

TAD__SPECIAL float tad__erfinv_f32(float x) { return (float)tad__erfinv_f64((double)x); }

/* ---- the normal distribution ---- */

TAD__SPECIAL double tad__log_ndtr_f64(double x) {
    if (x > -1) return tad__log1p_f64(-tad__ndtr_f64(-x));
    return tad__log_f64(0.5 * tad__erfcx_value_f64(-x * tad__root_half_f64)) - 0.5 * x * x;
}

TAD__SPECIAL float tad__log_ndtr_f32(float x) { return (float)tad__log_ndtr_f64((double)x); }

/* ---- phi / ndtr, the inverse of Mills' ratio ---- */

enum { TAD__MILLS_MOST = 60 }; /* order */

/* h = k / h for a Taylor series h of degree n. */
static inline void tad__series_under_f64(double k, int n, double *h) {
    double q[TAD__MILLS_MOST + 1];
    for (int i = 0; i <= n; i++) {
        double rest = i == 0 ? k : 0;
        for (int j = 0; j < i; j++) rest -= q[j] * h[i - j];
        q[i] = rest / h[0];
    }
    for (int i = 0; i <= n; i++) h[i] = q[i];
}

/* The coefficients of degrees 1 to n at x. Far below 0 by Laplace's fraction, h(-u) = u + 1/(u +
 * 2/(u + 3/(u + ...))), where nothing cancels; else by h' = -h (x + h). */
static inline void tad__mills_series_f64(int n, double x, double *h) {
    const double u = -x;
    if (x > -1.75) {
        for (int k = 0; k < n; k++) {
            double sum = x * h[k] + (k > 0 ? h[k - 1] : 0);
            for (int i = 0; i <= k; i++) sum += h[i] * h[k - i];
            h[k + 1] = -sum / (k + 1);
        }
        return;
    }
    const double depth = tad__rint_f64(4 * n + 30 + 400 / (x * x)), root = sqrt(u * u + 4 * depth);
    h[0] = 0.5 * (u + root), h[1] = 0.5 + 0.5 * u / root; /* as k / h + u repeats itself there */
    for (int i = 2; i <= n; i++) h[i] = 0;
    for (double k = depth; k > 0; k -= 1) {
        tad__series_under_f64(k, n, h);
        h[0] += u, h[1] += 1;
    }
    for (int i = 1; i <= n; i += 2) h[i] = -h[i];
}

static inline double tad__mills_value_f64(double x) {
    const double root_2_over_pi = 0x1.9884533d43651p-1;
    if (x < 1) return root_2_over_pi / tad__erfcx_value_f64(-x * tad__root_half_f64);
    return x == HUGE_VAL ? 0
                         : 0.5 * root_2_over_pi * tad__exp_square_f64(x, -0.5) / tad__ndtr_f64(x);
}

TAD__SPECIAL double tad__inverse_mills_f64(double n, double x) {
    double h[TAD__MILLS_MOST + 1];
    if (x != x || n > TAD__MILLS_MOST) return (double)NAN;
    h[0] = tad__mills_value_f64(x);
    if (n == 0) return h[0];
    if (x == HUGE_VAL || x == -HUGE_VAL) return x < 0 && n == 1 ? -1 : 0;
    tad__mills_series_f64((int)n, x, h);
    for (double k = 2; k <= n; k += 1) h[(int)n] *= k;
    return h[(int)n];
}

TAD__SPECIAL float tad__inverse_mills_f32(float n, float x) {
    return (float)tad__inverse_mills_f64((double)n, (double)x);
}

TAD__SPECIAL double tad__ndtri_f64(double p) {
    const double root_2 = 2 * tad__root_half_f64;
    if (p > 0.15 && p < 0.85) return root_2 * tad__erf_inverse_f64(2 * p - 1);
    if (p > 0 && p < 0.5) return -root_2 * tad__erfc_inverse_f64(2 * p);
    if (p < 1 && p > 0.5) return root_2 * tad__erfc_inverse_f64(2 * (1 - p));
    return p == 0 ? -HUGE_VAL : p == 1 ? HUGE_VAL : p != p ? p : (double)NAN;
}

TAD__SPECIAL float tad__ndtri_f32(float p) { return (float)tad__ndtri_f64((double)p); }

#endif
