/* Square and cube root, and the length of a vector. */
#ifndef TAD_KERNEL_ELEMENTARY_ROOT_H
#define TAD_KERNEL_ELEMENTARY_ROOT_H

#include "log.h"

TAD__EMBEDDED double tad__sqrt_f64(double x) { return sqrt(x); }
TAD__EMBEDDED float tad__sqrt_f32(float x) { return sqrtf(x); }

/* cbrt m, sqrt(1/2) <= m <= sqrt 2; Sollya's remez, relative error 7.4e-5. */
static const double tad__cbrt_c_f64[4] = {
    0x1.f85474c495b73p-2,
    0x1.7abc45ca58dcap-1,
    -0x1.2959191e91d25p-2,
    0x1.dcf1ff1d18369p-5,
};

/* x = m 2^(3q + j), |j| <= 1: cbrt(m 2^j) to 2^-41 by a Halley step from the polynomial. */
TAD__EMBEDDED double tad__cbrt_start_f64(double m, double j) {
    double t = tad__poly4_f64(tad__cbrt_c_f64, m, m * m);
    t *= j == 0.0 ? 1.0 : j > 0.0 ? 0x1.428a2f98d728bp+0 : 0x1.965fea53d6e3dp-1;
    m *= j == 0.0 ? 1.0 : j > 0.0 ? 2.0 : 0.5;
    double c = t * t * t;
    return t * ((c + 2.0 * m) / (2.0 * c + m));
}

/* Another from the 26 leading bits, whose square is exact (fdlibm s_cbrt.c). */
TAD__EMBEDDED double tad__cbrt_f64(double x) {
    double a = fabs(x);
    tad__log_parts_t_f64 p = tad__log_parts_f64(a);
    double q = tad__nearest_f64(p.k * (1.0 / 3.0)), j = p.k - 3.0 * q, m = p.f + 1.0;
    double t = tad__head_f64(tad__cbrt_start_f64(m, j));
    double r = m * (j == 0.0 ? 1.0 : j > 0.0 ? 2.0 : 0.5) / (t * t);
    t = (t + t * ((r - t) / (2.0 * t + r))) * tad__pow2_f64(q);
    return copysign(a > 0.0 && a < HUGE_VAL ? t : a, x);
}

TAD__EMBEDDED float tad__cbrt_f32(float x) {
    double a = fabs((double)x);
    tad__log_parts_t_f64 p = tad__log_split_f64(a, 0.0);
    double q = tad__nearest_f64(p.k * (1.0 / 3.0));
    double t = tad__cbrt_start_f64(p.f + 1.0, p.k - 3.0 * q) * tad__pow2_f64(q);
    return copysignf((float)(a > 0.0 && a < HUGE_VAL ? t : a), x);
}

/* sqrt(a^2 + b^2), scaled where the squares of the larger would not be normal; infinite where one
 * is, even beside a NaN. */
TAD__EMBEDDED double tad__hypot_f64(double a, double b) {
    double x = fabs(a), y = fabs(b), most = x > y ? x : y;
    double scale = most > 0x1p500 ? 0x1p-600 : most < 0x1p-450 ? 0x1p600 : 1.0;
    double back = most > 0x1p500 ? 0x1p600 : most < 0x1p-450 ? 0x1p-600 : 1.0;
    double u = x * scale, v = y * scale, r = sqrt(u * u + v * v) * back;
    return x == HUGE_VAL ? x : y == HUGE_VAL ? y : r;
}

TAD__EMBEDDED float tad__hypot_f32(float a, float b) {
    double x = fabs((double)a), y = fabs((double)b), r = sqrt(x * x + y * y);
    return (float)(x == HUGE_VAL ? x : y == HUGE_VAL ? y : r);
}

#endif
