/* Bessel functions J and Y and the modified ones of the second kind, K, of whole orders. Functions
 * with branches, defined once for all levels by special.c. TAD__SPECIAL says how.
 *
 * Orders 0 and 1 of J and Y: the power series below 1; Miller's recurrence downwards with Neumann's
 * series to 25; Hankel's series beyond. Of K the power series and Temme's continued fraction.
 * Higher orders by the recurrence, in the direction in which the function grows. */
#ifndef TAD_KERNEL_ELEMENTARY_BESSEL_JYK_H
#define TAD_KERNEL_ELEMENTARY_BESSEL_JYK_H

#include "exp.h"
#include "gamma.h"
#include "trig.h"

/* log 2 less Euler's constant. */
static const double tad__log_2_over_f64 = 0x1.dadb014541eb2p-4;

/* Of orders 0 and 1: the function without a pole at 0, and the other one. */
typedef struct tad__bessel_two {
    double j[2], y[2];
} tad__bessel_two;

/* ---- x < 1: power series ---- */

/* The sums over k of z^k / (k! (k + order)!), and with the factors H_k and (H_k + H_(k+1)) / 2;
 * j is x^-order times the function of the first kind, y the rest of the second beside log x. */
static inline tad__bessel_two tad__bessel_sums_f64(double z) {
    tad__bessel_two s = {{1, 1}, {0, 0.5}};
    double term = 1, harmonic = 0;
    for (double k = 1; fabs(term) > 0x1p-60; k += 1) {
        term *= z / (k * k);
        harmonic += 1 / k;
        const double next = term / (k + 1);
        s.j[0] += term;
        s.y[0] += harmonic * term;
        s.j[1] += next;
        s.y[1] += (harmonic + 0.5 / (k + 1)) * next;
    }
    return s;
}

static inline tad__bessel_two tad__bessel_jy_near_f64(double x) {
    const tad__bessel_two s = tad__bessel_sums_f64(-0.25 * x * x);
    const double l = tad__log_f64(x) - tad__log_2_over_f64, over_pi = 1 / tad__pi_f64;
    return (tad__bessel_two){
        {s.j[0], 0.5 * x * s.j[1]},
        {2 * over_pi * (l * s.j[0] - s.y[0]), over_pi * (x * (l * s.j[1] - s.y[1]) - 2 / x)},
    };
}

/* ---- x from 25 on: Hankel's series ---- */

/* P and Q of order n. */
static inline void tad__hankel_f64(double n, double x, double *p, double *q) {
    double term = 1, sum[2] = {1, 0};
    for (int k = 1; k < 60 && fabs(term) > 0x1p-60; k++) {
        term *= (4 * n * n - (2 * k - 1.0) * (2 * k - 1.0)) / (8 * x * k);
        sum[k & 1] += k & 2 ? -term : term;
    }
    *p = sum[0];
    *q = sum[1];
}

static inline tad__bessel_two tad__bessel_jy_far_f64(double x) {
    const double s = tad__sin_f64(x), c = tad__cos_f64(x), root = 1 / (sqrt(tad__pi_f64) * sqrt(x));
    double p[2], q[2];
    for (int n = 0; n < 2; n++) tad__hankel_f64(n, x, &p[n], &q[n]);
    return (tad__bessel_two){
        {root * (p[0] * (s + c) - q[0] * (s - c)), root * (p[1] * (s - c) + q[1] * (s + c))},
        {root * (p[0] * (s - c) + q[0] * (s + c)), root * (q[1] * (s - c) - p[1] * (s + c))},
    };
}

/* ---- between: downwards from an order where J vanishes ---- */

/* What the recurrence adds up on its way, for 1 = J_0 + 2 (J_2 + J_4 + ...) and, with signs in
 * turn, for Y_0 and its derivative: sums of J_2k / k and of (J_(2k-1) - J_(2k+1)) / k. */
typedef struct tad__bessel_down {
    double j[2], found, norm, y, slope;
} tad__bessel_down;

static inline tad__bessel_down tad__bessel_downwards_f64(double n, double x) {
    const double most = n > x ? n : x,
                 first = 2 * tad__rint_f64(0.5 * most + 1.5 * sqrt(most) + 15);
    tad__bessel_down d = {{0, 0}, 0, 0, 0, 0};
    double above = 0, at = 0x1p-500;
    for (double k = first; k > 0; k -= 1) {
        const double below = 2 * k / x * at - above, half = tad__rint_f64(0.5 * k);
        if (k == n) d.found = at;
        if (2 * half == k) {
            const double turn = 2 * tad__rint_f64(0.5 * half) == half ? 1 : -1;
            d.norm += 2 * at;
            d.y += turn * at / half;
            d.slope += turn * (below - above) / (2 * half);
        }
        d.j[1] = at;
        above = at;
        at = below;
        if (fabs(at) > 0x1p500) {
            at *= 0x1p-600, above *= 0x1p-600, d.j[1] *= 0x1p-600, d.found *= 0x1p-600;
            d.norm *= 0x1p-600, d.y *= 0x1p-600, d.slope *= 0x1p-600;
        }
    }
    d.j[0] = at;
    d.norm += at;
    if (n == 0) d.found = at;
    return d;
}

static inline tad__bessel_two tad__bessel_jy_between_f64(double x) {
    const tad__bessel_down d = tad__bessel_downwards_f64(0, x);
    const double l = tad__log_f64(x) - tad__log_2_over_f64, factor = 2 / (tad__pi_f64 * d.norm);
    return (tad__bessel_two){
        {d.j[0] / d.norm, d.j[1] / d.norm},
        {factor * (l * d.j[0] - 2 * d.y), factor * (l * d.j[1] - d.j[0] / x + 2 * d.slope)},
    };
}

static inline tad__bessel_two tad__bessel_jy_f64(double x) {
    return x < 1    ? tad__bessel_jy_near_f64(x)
           : x < 25 ? tad__bessel_jy_between_f64(x)
                    : tad__bessel_jy_far_f64(x);
}

/* ---- all orders ---- */

/* (x/2)^n / n! times its power series, for x^2 below 4 (n + 1). */
static inline double tad__bessel_j_series_f64(double n, double x) {
    const double z = -0.25 * x * x;
    double first = 1, term = 1, sum = 1;
    for (double k = 1; k <= n && first > 0; k += 1) first *= 0.5 * x / k;
    for (double k = 1; fabs(term) > 0x1p-60; k += 1) {
        term *= z / (k * (n + k));
        sum += term;
    }
    return first * sum;
}

/* By the order 0 or 1 that is the larger, or by the sum. */
static inline double tad__bessel_j_downwards_f64(double n, double x) {
    const tad__bessel_down d = tad__bessel_downwards_f64(n, x);
    if (x < 25) return d.found / d.norm;
    const tad__bessel_two two = tad__bessel_jy_far_f64(x);
    const int by = fabs(two.j[1]) > fabs(two.j[0]);
    return d.found / d.j[by] * two.j[by];
}

static inline double tad__bessel_upwards_f64(double n, double x, double before, double at) {
    if (n == 0) return before;
    for (double k = 1; k < n && fabs(at) <= DBL_MAX; k += 1) {
        const double next = 2 * k / x * at - before;
        before = at;
        at = next;
    }
    return at;
}

static inline double tad__bessel_j_positive_f64(double n, double x) {
    if (x == HUGE_VAL) return 0;
    if (x < 1 || x * x < 2 * n) return tad__bessel_j_series_f64(n, x);
    if (x < 25 || n > x) return tad__bessel_j_downwards_f64(n, x);
    const tad__bessel_two two = tad__bessel_jy_far_f64(x);
    return tad__bessel_upwards_f64(n, x, two.j[0], two.j[1]);
}

TAD__SPECIAL double tad__bessel_j_f64(double n, double x) {
    if (x != x) return x;
    const double y = tad__bessel_j_positive_f64(n, fabs(x));
    return x < 0 && 2 * tad__rint_f64(0.5 * n) != n ? -y : y;
}

TAD__SPECIAL double tad__bessel_y_f64(double n, double x) {
    if (!(x > 0)) return x == 0 ? -HUGE_VAL : x != x ? x : (double)NAN;
    if (x == HUGE_VAL) return 0;
    const tad__bessel_two two = tad__bessel_jy_f64(x);
    return tad__bessel_upwards_f64(n, x, two.y[0], two.y[1]);
}

/* ---- K ---- */

/* e^x times orders 0 and 1. The continued fraction is Temme's for their quotient and for a sum over
 * the solutions of one recurrence (Thompson and Barnett). */
static inline tad__bessel_two tad__bessel_k_far_f64(double x) {
    const double limit = sqrt(0.5 * tad__pi_f64) / sqrt(x);
    if (x > 0x1p60) return (tad__bessel_two){{0, 0}, {limit, limit}};
    double b = 2 * (1 + x), d = 1 / b, move = d, h = d, a = -0.25, c = 0.25;
    double before = 0, at = 1, q = c, sum = 1 + q * move, change = 1;
    for (double i = 2; i < 2000 && fabs(change) > 0x1p-54 * sum; i += 1) {
        a -= 2 * (i - 1);
        c *= -a / i;
        const double next = (before - b * at) / a;
        before = at;
        at = next;
        q += c * next;
        b += 2;
        d = 1 / (b + a * d);
        move *= b * d - 1;
        h += move;
        change = q * move;
        sum += change;
    }
    const double k = limit / sum;
    return (tad__bessel_two){{0, 0}, {k, k * ((x + 0.5 - 0.25 * h) / x)}};
}

static inline tad__bessel_two tad__bessel_k_near_f64(double x) {
    const tad__bessel_two s = tad__bessel_sums_f64(0.25 * x * x);
    const double l = tad__log_f64(x) - tad__log_2_over_f64, scale = tad__exp_f64(x);
    return (tad__bessel_two){
        {0, 0}, {scale * (s.y[0] - l * s.j[0]), scale * (1 / x + 0.5 * x * (l * s.j[1] - s.y[1]))}};
}

TAD__SPECIAL double tad__bessel_ke_f64(double n, double x) {
    if (!(x > 0)) return x == 0 ? HUGE_VAL : x != x ? x : (double)NAN;
    if (x == HUGE_VAL) return 0;
    const tad__bessel_two two = x < 1.5 ? tad__bessel_k_near_f64(x) : tad__bessel_k_far_f64(x);
    double before = two.y[0], at = two.y[1];
    for (double k = 1; k < n; k += 1) {
        const double next = before + 2 * k / x * at;
        before = at;
        at = next;
    }
    return n == 0 ? two.y[0] : at;
}

/* e^-x may vanish where the product does not. */
TAD__SPECIAL double tad__bessel_k_f64(double n, double x) {
    const double y = tad__bessel_ke_f64(n, x), root = tad__exp_f64(-0.5 * x);
    return x < 600 ? y * tad__exp_f64(-x) : x == HUGE_VAL ? 0 : y * root * root;
}

TAD__SPECIAL float tad__bessel_j_f32(float n, float x) {
    return (float)tad__bessel_j_f64((double)n, (double)x);
}
TAD__SPECIAL float tad__bessel_y_f32(float n, float x) {
    return (float)tad__bessel_y_f64((double)n, (double)x);
}
TAD__SPECIAL float tad__bessel_k_f32(float n, float x) {
    return (float)tad__bessel_k_f64((double)n, (double)x);
}
TAD__SPECIAL float tad__bessel_ke_f32(float n, float x) {
    return (float)tad__bessel_ke_f64((double)n, (double)x);
}

#endif
