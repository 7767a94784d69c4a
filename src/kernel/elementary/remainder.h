/* What division leaves. */
#ifndef TAD_KERNEL_ELEMENTARY_REMAINDER_H
#define TAD_KERNEL_ELEMENTARY_REMAINDER_H

#include "log.h"

/* For which |a| and |b| tad__fmod_near is not right. */
TAD__EMBEDDED int tad__fmod_far_f64(double a, double b) {
    return !(a / b < 0x1p51) | !(a < 0x1p1000) | !(b > 0x1p-900) | !(b < 0x1p1000);
}

TAD__EMBEDDED int tad__fmod_far_f32(float a, float b) {
    return !((double)a / (double)b < 0x1p29) | !(b < HUGE_VALF);
}

/* a - q b for a whole q near a/b: the product in two parts (Dekker 1971, "A floating-point
 * technique for extending the available precision"), both differences exact. */
TAD__EMBEDDED double tad__fmod_near_f64(double x, double y) {
    double a = fabs(x), b = fabs(y), q = tad__nearest_f64(a / b), p = q * b;
    double qh = tad__head_f64(q), ql = q - qh, bh = tad__head_f64(b), bl = b - bh;
    double e = ql * bl - (((p - qh * bh) - ql * bh) - qh * bl), r = (a - p) - e;
    return copysign(r < 0.0 ? r + b : r, x);
}

/* In binary64 the product is exact. */
TAD__EMBEDDED float tad__fmod_near_f32(float x, float y) {
    double a = fabs((double)x), b = fabs((double)y), r = a - tad__nearest_f64(a / b) * b;
    return copysignf((float)(r < 0.0 ? r + b : r), x);
}

/* Calls libm for large quotients. */
TAD__EMBEDDED double tad__fmod_f64(double a, double b) {
    return tad__fmod_far_f64(fabs(a), fabs(b)) ? fmod(a, b) : tad__fmod_near_f64(a, b);
}

TAD__EMBEDDED float tad__fmod_f32(float a, float b) {
    return tad__fmod_far_f32(fabsf(a), fabsf(b)) ? fmodf(a, b) : tad__fmod_near_f32(a, b);
}

#endif
