/* Modified Bessel functions of the first kind of whole orders. Functions with branches, defined
 * once for all levels by special.c. TAD__SPECIAL says how. */
#ifndef TAD_KERNEL_ELEMENTARY_BESSEL_H
#define TAD_KERNEL_ELEMENTARY_BESSEL_H

#include "exp.h"

/* e^-a I_n(a) by the power series, whose terms are positive, for a to 30. */
static inline double tad__bessel_near_f64(double n, double a) {
    const double z = 0.25 * a * a;
    double term = 1, sum = 1;
    for (double k = 1; k <= n; k += 1) term *= 0.5 * a / k;
    const double first = term;
    term = 1;
    for (double k = 1; term > 0x1p-60 * sum; k += 1) {
        term *= z / (k * (n + k));
        sum += term;
    }
    return first * (sum * tad__exp_f64(-a));
}

/* By Hankel's series, for a at least 30 and n^2. */
static inline double tad__bessel_far_f64(double n, double a) {
    const double root_2_pi = 0x1.40d931ff62706p+1, m = 4 * n * n;
    double term = 1, sum = 1;
    for (double k = 1; k < 60 && fabs(term) > 0x1p-60; k += 1) {
        term *= ((2 * k - 1) * (2 * k - 1) - m) / (8 * a * k);
        sum += term;
    }
    return sum / (root_2_pi * sqrt(a));
}

/* By the recurrence downwards, from an order where it vanishes; e^a is I_0 + 2 (I_1 + I_2 + ...).
 */
static inline double tad__bessel_between_f64(double n, double a) {
    double above = 0, at = 1, sum = 0, found = 0;
    for (double k = tad__rint_f64(sqrt(n * n + 100 * a)) + 60; k > 0; k -= 1) {
        const double below = above + 2 * k / a * at;
        found = k == n ? at : found;
        sum += at;
        above = at;
        at = below;
        if (at > 0x1p500) {
            above *= 0x1p-500, at *= 0x1p-500, sum *= 0x1p-500, found *= 0x1p-500;
        }
    }
    return found / (at + 2 * sum);
}

TAD__SPECIAL double tad__bessel_ie_f64(double n, double x) {
    const double a = fabs(x);
    if (a != a) return x;
    const double y = a == HUGE_VAL ? 0
                     : a < 30      ? tad__bessel_near_f64(n, a)
                     : a > n * n   ? tad__bessel_far_f64(n, a)
                                   : tad__bessel_between_f64(n, a);
    return x < 0 && 2 * tad__rint_f64(0.5 * n) != n ? -y : y;
}

/* e^a may overflow where the product does not. */
TAD__SPECIAL double tad__bessel_i_f64(double n, double x) {
    const double a = fabs(x), root = tad__exp_f64(0.5 * a), y = tad__bessel_ie_f64(n, x);
    if (a == HUGE_VAL) return x < 0 && 2 * tad__rint_f64(0.5 * n) != n ? -a : a;
    return a < 30 ? y * tad__exp_f64(a) : y * root * root;
}

TAD__SPECIAL float tad__bessel_ie_f32(float n, float x) {
    return (float)tad__bessel_ie_f64((double)n, (double)x);
}

TAD__SPECIAL float tad__bessel_i_f32(float n, float x) {
    return (float)tad__bessel_i_f64((double)n, (double)x);
}

#endif
