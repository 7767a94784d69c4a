/* What the elementary functions are made of: bits, rounding, powers of two. */
#ifndef TAD_KERNEL_ELEMENTARY_BITS_H
#define TAD_KERNEL_ELEMENTARY_BITS_H

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Left out of line, a function would keep the loops over it from becoming vector code. */
#if defined(__GNUC__)
#define TAD__EMBEDDED static inline __attribute__((always_inline))
#else
#define TAD__EMBEDDED static inline
#endif

TAD__EMBEDDED uint64_t tad__bits_f64(double x) {
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

TAD__EMBEDDED uint32_t tad__bits_f32(float x) {
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

TAD__EMBEDDED double tad__from_bits_f64(uint64_t u) {
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

TAD__EMBEDDED float tad__from_bits_f32(uint32_t u) {
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

TAD__EMBEDDED double tad__fabs_f64(double x) { return fabs(x); }
TAD__EMBEDDED float tad__fabs_f32(float x) { return fabsf(x); }
TAD__EMBEDDED double tad__copysign_f64(double x, double y) { return copysign(x, y); }
TAD__EMBEDDED float tad__copysign_f32(float x, float y) { return copysignf(x, y); }

/* All bits where something holds, as wide as what is selected: a condition of several parts, or a
 * value that would take a branch, keeps a loop from becoming vector code. */
#define TAD__WHERE_F64(condition) (-(uint64_t)(condition))
#define TAD__WHERE_F32(condition) (-(uint32_t)(condition))

TAD__EMBEDDED uint64_t tad__negative_f64(double x) { return -(tad__bits_f64(x) >> 63); }
TAD__EMBEDDED uint32_t tad__negative_f32(float x) { return -(tad__bits_f32(x) >> 31); }

TAD__EMBEDDED double tad__select_f64(uint64_t where, double a, double b) {
    return tad__from_bits_f64((tad__bits_f64(a) & where) | (tad__bits_f64(b) & ~where));
}

TAD__EMBEDDED float tad__select_f32(uint32_t where, float a, float b) {
    return tad__from_bits_f32((tad__bits_f32(a) & where) | (tad__bits_f32(b) & ~where));
}

/* The largest finite numbers. */
#define tad__largest_f64 DBL_MAX
#define tad__largest_f32 FLT_MAX

/* The power of two at or below a finite x > 0 that is not subnormal. */
TAD__EMBEDDED double tad__power_below_f64(double x) {
    return tad__from_bits_f64(tad__bits_f64(x) & UINT64_C(0x7ff0000000000000));
}

TAD__EMBEDDED float tad__power_below_f32(float x) {
    return tad__from_bits_f32(tad__bits_f32(x) & UINT32_C(0x7f800000));
}

/* Adding this to an integer k, |k| < 2^51 (2^22), leaves k in the low bits of the sum. */
#define TAD__SHIFT_F64 0x1.8p52
#define TAD__SHIFT_F32 0x1.8p23f

/* Nearest integer, ties to even, for |x| < 2^51 (2^22). */
TAD__EMBEDDED double tad__nearest_f64(double x) { return (x + TAD__SHIFT_F64) - TAD__SHIFT_F64; }
TAD__EMBEDDED float tad__nearest_f32(float x) { return (x + TAD__SHIFT_F32) - TAD__SHIFT_F32; }

/* 2^k for an integer k within the normal exponents. */
TAD__EMBEDDED double tad__pow2_f64(double k) {
    return tad__from_bits_f64(tad__bits_f64(k + (TAD__SHIFT_F64 + 1023.0)) << 52);
}

TAD__EMBEDDED float tad__pow2_f32(float k) {
    return tad__from_bits_f32(tad__bits_f32(k + (TAD__SHIFT_F32 + 127.0f)) << 23);
}

/* y * 2^k for an integer k, |k| < 2046 (254), in two steps that round at most once; u has k + 254
 * in its low bits. */
TAD__EMBEDDED double tad__scale_f64(double y, double k) {
    uint64_t u = tad__bits_f64(k + (TAD__SHIFT_F64 + 2046.0));
    uint64_t half = u >> 1;
    return y * tad__from_bits_f64(half << 52) * tad__from_bits_f64((u - half) << 52);
}

TAD__EMBEDDED float tad__scale_bits_f32(float y, uint32_t u) {
    uint32_t half = u >> 1;
    return y * tad__from_bits_f32(half << 23) * tad__from_bits_f32((u - half) << 23);
}

TAD__EMBEDDED float tad__scale_f32(float y, float k) {
    return tad__scale_bits_f32(y, tad__bits_f32(k + (TAD__SHIFT_F32 + 254.0f)));
}

/* The leading 26 (12) bits of x. */
TAD__EMBEDDED double tad__head_f64(double x) {
    return tad__from_bits_f64(tad__bits_f64(x) & UINT64_C(0xfffffffff8000000));
}

TAD__EMBEDDED float tad__head_f32(float x) {
    return tad__from_bits_f32(tad__bits_f32(x) & UINT32_C(0xfffff000));
}

/* 0 where x is within 2^-511 .. 2^513 (2^-63 .. 2^65), the middle half of the exponents. Not by
 * comparison: a division leaves a vector unit less room for these than for integers. */
TAD__EMBEDDED uint64_t tad__outlying_f64(double x) {
    return ~(tad__bits_f64(x) + (UINT64_C(512) << 52)) & (UINT64_C(1) << 62);
}

TAD__EMBEDDED uint32_t tad__outlying_f32(float x) {
    return ~(tad__bits_f32(x) + (UINT32_C(64) << 23)) & (UINT32_C(1) << 30);
}

/* x limited to [lo, hi]; NaN stays NaN. */
TAD__EMBEDDED double tad__clamp_f64(double x, double lo, double hi) {
    x = x < lo ? lo : x;
    return x > hi ? hi : x;
}

TAD__EMBEDDED float tad__clamp_f32(float x, float lo, float hi) {
    x = x < lo ? lo : x;
    return x > hi ? hi : x;
}

/* ---- rounding ---- */

#ifdef __SSE4_1__
TAD__EMBEDDED double tad__rint_f64(double x) { return rint(x); }
TAD__EMBEDDED float tad__rint_f32(float x) { return rintf(x); }
TAD__EMBEDDED double tad__floor_f64(double x) { return floor(x); }
TAD__EMBEDDED float tad__floor_f32(float x) { return floorf(x); }
TAD__EMBEDDED double tad__ceil_f64(double x) { return ceil(x); }
TAD__EMBEDDED float tad__ceil_f32(float x) { return ceilf(x); }
TAD__EMBEDDED double tad__trunc_f64(double x) { return trunc(x); }
TAD__EMBEDDED float tad__trunc_f32(float x) { return truncf(x); }
#else
/* Without rounding instructions: adding and taking away 2^52 (2^23) rounds smaller magnitudes. */
TAD__EMBEDDED double tad__rint_f64(double x) {
    double a = fabs(x), r = (a + 0x1p52) - 0x1p52;
    return copysign(a < 0x1p52 ? r : a, x);
}

TAD__EMBEDDED float tad__rint_f32(float x) {
    float a = fabsf(x), r = (a + 0x1p23f) - 0x1p23f;
    return copysignf(a < 0x1p23f ? r : a, x);
}

TAD__EMBEDDED double tad__floor_f64(double x) {
    double r = tad__rint_f64(x);
    return copysign(r - (r > x ? 1.0 : 0.0), x);
}

TAD__EMBEDDED float tad__floor_f32(float x) {
    float r = tad__rint_f32(x);
    return copysignf(r - (r > x ? 1.0f : 0.0f), x);
}

TAD__EMBEDDED double tad__ceil_f64(double x) { return -tad__floor_f64(-x); }
TAD__EMBEDDED float tad__ceil_f32(float x) { return -tad__floor_f32(-x); }
TAD__EMBEDDED double tad__trunc_f64(double x) { return copysign(tad__floor_f64(fabs(x)), x); }
TAD__EMBEDDED float tad__trunc_f32(float x) { return copysignf(tad__floor_f32(fabsf(x)), x); }
#endif

#endif
