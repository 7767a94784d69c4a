/* Sine, cosine, tangent. */
#ifndef TAD_KERNEL_ELEMENTARY_TRIG_H
#define TAD_KERNEL_ELEMENTARY_TRIG_H

#include "poly.h"

/* Largest |x| that the reductions below serve; beyond, the functions call libm. Of binary32's two
 * the faster one serves less. */
#define TAD__TRIG_LIMIT_F64 0x1.8p19
#define TAD__TRIG_LIMIT_F32 0x1.8p19f
#define TAD__TRIG_NEAR_F64 TAD__TRIG_LIMIT_F64
#define TAD__TRIG_NEAR_F32 0x1.9p12f

/* pi/2 in four parts of 33, 33, 33 and 53 bits (fdlibm e_rem_pio2.c): k times each of the first
 * three is exact for |k| <= 2^19. */
static const double tad__pio2_f64[4] = {
    1.57079632673412561417e+00,
    6.07710050630396597660e-11,
    2.02226624871116645580e-21,
    8.47842766036889956997e-32,
};

/* sin r = r + r z S(z), cos r = 1 - z/2 + z^2 C(z), z = r^2, |r| <= pi/4 (fdlibm k_sin.c, k_cos.c);
 * errors 2^-58. */
static const double tad__sin_s_f64[6] = {
    -1.66666666666666324348e-01, 8.33333333332248946124e-03,  -1.98412698298579493134e-04,
    2.75573137070700676789e-06,  -2.50507602534068634195e-08, 1.58969099521155010221e-10,
};
static const double tad__cos_c_f64[6] = {
    4.16666666666666019037e-02,  -1.38888888888741095749e-03, 2.48015872894767294178e-05,
    -2.75573143513906633035e-07, 2.08757232129817482790e-09,  -1.13596475577881948265e-11,
};

/* x = k pi/2 + (r + e), e below half an ulp of r; n holds k in its low bits. */
typedef struct {
    double r, e;
    uint64_t n;
} tad__trig_parts_t_f64;

/* No sum here needs more than its one rounding: r0 is exact, and wherever |k * part[1]| exceeds
 * |r0| their difference is exact. */
TAD__EMBEDDED tad__trig_parts_t_f64 tad__trig_parts_f64(double x) {
    const double *pio2 = tad__pio2_f64;
    double shifted = x * 6.36619772367581382433e-01 + TAD__SHIFT_F64;
    double k = shifted - TAD__SHIFT_F64;
    double r0 = x - k * pio2[0], w = k * pio2[1], r1 = r0 - w;
    double l = ((r0 - r1) - w) - k * pio2[2];
    double r = r1 + l, e = ((r1 - r) + l) - k * pio2[3];
    return (tad__trig_parts_t_f64){r, e, tad__bits_f64(shifted)};
}

/* sin((n mod 4) pi/2 + r + e). */
TAD__EMBEDDED double tad__trig_join_f64(tad__trig_parts_t_f64 p) {
    double c[6], z = p.r * p.r, z2 = z * z, w = 1.0 - 0.5 * z;
    int odd = (p.n & 1) != 0;
#pragma GCC unroll 6
    for (int i = 0; i < 6; i++) c[i] = odd ? tad__cos_c_f64[i] : tad__sin_s_f64[i];
    double lead = odd ? w : p.r;
    double rest = odd ? ((1.0 - w) - 0.5 * z) - p.r * p.e : p.e * w;
    double poly = tad__poly4_f64(c, z, z2) + tad__poly2_f64(c + 4, z) * (z2 * z2);
    double y = lead + ((odd ? z2 : z * p.r) * poly + rest);
    return tad__from_bits_f64(tad__bits_f64(y) ^ ((p.n & 2) << 62));
}

TAD__EMBEDDED double tad__sin_core_f64(double x) {
    double y = tad__trig_join_f64(tad__trig_parts_f64(x));
    return x == 0.0 ? x : y;
}

TAD__EMBEDDED double tad__cos_core_f64(double x) {
    tad__trig_parts_t_f64 p = tad__trig_parts_f64(x);
    p.n += 1;
    return tad__trig_join_f64(p);
}

/* pi/2 in parts of 9, 12, 12 and 24 bits: k times each of the first three is exact for |k| < 2^12,
 * and k times the rest of pi/2 is below 2^-27 of the smallest remainder of |x| <= 6400. */
static const float tad__pio2_f32[4] = {0x1.92p+0f, 0x1.fb4p-12f, 0x1.444p-24f, 0x1.68c234p-39f};

/* sin r = r + r z S(z), cos r = 1 - z/2 + z^2 C(z), z = r^2, |r| <= pi/4; Sollya's fpminimax,
 * errors 2^-27.9 and 2^-33. */
static const float tad__sin_n_f32[3] = {-0x1.555546p-3f, 0x1.110778p-7f, -0x1.9953e2p-13f};
static const float tad__cos_n_f32[3] = {0x1.55554ap-5f, -0x1.6c0c2ep-10f, 0x1.99eac2p-16f};

/* sin(x + turn pi/2), as in binary64. */
TAD__EMBEDDED float tad__trig_near_f32(float x, uint32_t turn) {
    const float *pio2 = tad__pio2_f32;
    float c[3], shifted = x * 0x1.45f306p-1f + TAD__SHIFT_F32, k = shifted - TAD__SHIFT_F32;
    float r0 = (x - k * pio2[0]) - k * pio2[1], w = k * pio2[2], r = r0 - w;
    float e = ((r0 - r) - w) - k * pio2[3];
    uint32_t n = tad__bits_f32(shifted) + turn;
    int odd = (n & 1) != 0;
#pragma GCC unroll 3
    for (int i = 0; i < 3; i++) c[i] = odd ? tad__cos_n_f32[i] : tad__sin_n_f32[i];
    float z = r * r, half = 0.5f * z, one = 1.0f - half;
    float rest = odd ? ((1.0f - one) - half) - r * e : e;
    float y = (odd ? one : r) + ((odd ? z : r) * z * tad__poly3_f32(c, z, z * z) + rest);
    return tad__from_bits_f32(tad__bits_f32(y) ^ (n & 2) << 30);
}

TAD__EMBEDDED float tad__sin_near_f32(float x) {
    float y = tad__trig_near_f32(x, 0);
    return x == 0.0f ? x : y;
}

TAD__EMBEDDED float tad__cos_near_f32(float x) { return tad__trig_near_f32(x, 1); }

/* The binary32 polynomials, for arithmetic in binary64 (FreeBSD k_sinf.c, k_cosf.c): errors 2^-37.5
 * and 2^-34.1. Here cos r = 1 + z C(z). */
static const double tad__sin_s_f32[4] = {
    -0x15555554cbac77.0p-55,
    0x111110896efbb2.0p-59,
    -0x1a00f9e2cae774.0p-65,
    0x16cd878c3b46a7.0p-71,
};
static const double tad__cos_c_f32[4] = {
    -0x1ffffffd0c5e81.0p-54,
    0x155553e1053a42.0p-57,
    -0x16c087e80f1e27.0p-62,
    0x199342e0ee5069.0p-68,
};

/* sin(x + turn pi/2). */
TAD__EMBEDDED float tad__trig_f32(double x, uint64_t turn) {
    double shifted = x * 6.36619772367581382433e-01 + TAD__SHIFT_F64;
    double k = shifted - TAD__SHIFT_F64;
    double r = (x - k * 1.57079631090164184570e+00) - k * 1.58932547735281966916e-08;
    double c[4], z = r * r;
    uint64_t n = tad__bits_f64(shifted) + turn;
    int odd = (n & 1) != 0;
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) c[i] = odd ? tad__cos_c_f32[i] : tad__sin_s_f32[i];
    double y = (odd ? 1.0 : r) + (odd ? z : z * r) * tad__poly4_f64(c, z, z * z);
    return (float)tad__from_bits_f64(tad__bits_f64(y) ^ ((n & 2) << 62));
}

TAD__EMBEDDED float tad__sin_core_f32(float x) {
    float near = tad__sin_near_f32(x), far = tad__trig_f32((double)x, 0);
    return fabsf(x) <= TAD__TRIG_NEAR_F32 ? near : far;
}

TAD__EMBEDDED float tad__cos_core_f32(float x) {
    float near = tad__cos_near_f32(x), far = tad__trig_f32((double)x, 1);
    return fabsf(x) <= TAD__TRIG_NEAR_F32 ? near : far;
}

/* s/c or -c/s, where s + sl and c + cl are the sine and cosine of r + e, |r| <= pi/4, with a first
 * order correction for sl and cl that takes 1/c from its series. */
TAD__EMBEDDED double tad__tan_core_f64(double x) {
    tad__trig_parts_t_f64 p = tad__trig_parts_f64(x);
    const double *sc = tad__sin_s_f64, *cc = tad__cos_c_f64;
    double r = p.r, z = r * r, z2 = z * z, z4 = z2 * z2, w = 1.0 - 0.5 * z;
    double sp = tad__poly4_f64(sc, z, z2) + tad__poly2_f64(sc + 4, z) * z4;
    double cp = tad__poly4_f64(cc, z, z2) + tad__poly2_f64(cc + 4, z) * z4;
    double sr = z * r * sp + p.e * w, cr = z2 * cp + (((1.0 - w) - 0.5 * z) - r * p.e);
    double s = r + sr, sl = sr - (s - r), c = w + cr, cl = cr - (c - w);
    int odd = (p.n & 1) != 0;
    double q = (odd ? -c : s) / (odd ? s : c);
    double inverse = 1.0 + z * (0.5 + z * (5.0 / 24.0));
    double y = q + (odd ? (cl + q * sl) * q : sl - q * cl) * inverse;
    return x == 0.0 ? x : y;
}

TAD__EMBEDDED float tad__tan_core_f32(float x) {
    double shifted = (double)x * 6.36619772367581382433e-01 + TAD__SHIFT_F64;
    double k = shifted - TAD__SHIFT_F64;
    double r = ((double)x - k * 1.57079631090164184570e+00) - k * 1.58932547735281966916e-08;
    double z = r * r, z2 = z * z;
    double s = r + z * r * tad__poly4_f64(tad__sin_s_f32, z, z2);
    double c = 1.0 + z * tad__poly4_f64(tad__cos_c_f32, z, z2);
    int odd = (tad__bits_f64(shifted) & 1) != 0;
    float y = (float)((odd ? -c : s) / (odd ? s : c));
    return x == 0.0f ? x : y;
}

/* ---- with a branch to libm ---- */

#define tad__sin_near_f64 tad__sin_core_f64
#define tad__cos_near_f64 tad__cos_core_f64
#define tad__tan_near_f64 tad__tan_core_f64
#define tad__tan_near_f32 tad__tan_core_f32

/* The scalar forms are complete; the block forms are the same function of every element, with
 * vector loops for the elements within the limits. y may be x. */
#define TAD__TRIG(name, T, bits, libm, fabs_)                                                      \
    TAD__EMBEDDED T tad__##name##_f##bits(T x) {                                                   \
        return fabs_(x) <= TAD__TRIG_LIMIT_F##bits ? tad__##name##_core_f##bits(x) : libm(x);      \
    }                                                                                              \
    TAD__EMBEDDED void tad__##name##_block_f##bits(size_t n, const T *x, T *y) {                   \
        for (size_t i = 0; i < n; i += 256) {                                                      \
            size_t m = n - i < 256 ? n - i : 256;                                                  \
            T kept[256];                                                                           \
            unsigned far = 0, big = 0;                                                             \
            for (size_t j = 0; j < m; j++) {                                                       \
                kept[j] = x[i + j];                                                                \
                far += !(fabs_(kept[j]) <= TAD__TRIG_NEAR_F##bits);                                \
                big += !(fabs_(kept[j]) <= TAD__TRIG_LIMIT_F##bits);                               \
            }                                                                                      \
            if (far)                                                                               \
                for (size_t j = 0; j < m; j++) y[i + j] = tad__##name##_core_f##bits(kept[j]);     \
            else                                                                                   \
                for (size_t j = 0; j < m; j++) y[i + j] = tad__##name##_near_f##bits(kept[j]);     \
            for (size_t j = 0; big && j < m; j++)                                                  \
                if (!(fabs_(kept[j]) <= TAD__TRIG_LIMIT_F##bits)) y[i + j] = libm(kept[j]);        \
        }                                                                                          \
    }

TAD__TRIG(sin, double, 64, sin, fabs)
TAD__TRIG(sin, float, 32, sinf, fabsf)
TAD__TRIG(cos, double, 64, cos, fabs)
TAD__TRIG(cos, float, 32, cosf, fabsf)
TAD__TRIG(tan, double, 64, tan, fabs)
TAD__TRIG(tan, float, 32, tanf, fabsf)

#endif
