/* sin(pi x) / (pi x) and its derivatives. A function with branches, defined once for all levels by
 * special.c. TAD__SPECIAL says how. */
#ifndef TAD_KERNEL_ELEMENTARY_SINC_H
#define TAD_KERNEL_ELEMENTARY_SINC_H

#include "gamma.h"

/* The n-th derivative of the sine at pi x; that at a whole x is exact. */
static inline double tad__sine_pi_f64(double n, double x) {
    const double whole = tad__rint_f64(x), d = tad__pi_f64 * (x - whole);
    const double half = whole + floor(0.5 * n); /* turns by pi */
    const double y = 2 * floor(0.5 * n) == n ? tad__sin_f64(d) : tad__cos_f64(d);
    return (2 * tad__rint_f64(0.5 * half) == half ? y : -y) + 0.0; /* no -0 */
}

/* With z = pi x the n-th derivative by z, f_n, of sin z / z has z f_n + n f_(n-1) = the sine's.
 * Upwards that is stable for n below z, else downwards from where it vanishes. */
TAD__SPECIAL double tad__sinc_f64(double n, double x) {
    const double z = tad__pi_f64 * x, a = fabs(z);
    if (!(a < HUGE_VAL)) return x != x ? x : 0;
    double f = 0, scale = 1;
    for (double k = 0; k < n; k += 1) scale *= tad__pi_f64;
    if (a >= n && a >= 1) {
        f = tad__sine_pi_f64(0, x) / z;
        for (double k = 1; k <= n; k += 1) f = (tad__sine_pi_f64(k, x) - k * f) / z;
        return scale * f;
    }
    for (double k = tad__rint_f64(n + 30 + 10 * sqrt(n)); k > n; k -= 1)
        f = (tad__sine_pi_f64(k, x) - z * f) / k;
    return scale * f;
}

TAD__SPECIAL float tad__sinc_f32(float n, float x) {
    return (float)tad__sinc_f64((double)n, (double)x);
}

#endif
