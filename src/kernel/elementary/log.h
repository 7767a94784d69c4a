/* Logarithms. */
#ifndef TAD_KERNEL_ELEMENTARY_LOG_H
#define TAD_KERNEL_ELEMENTARY_LOG_H

#include "exp.h"

/* fdlibm e_log.c: (log(1+f) - 2s)/s = z L(z), z = s^2, s = f/(2+f); error below 2^-58.45. */
static const double tad__log_l_f64[7] = {
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
    2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01,
    1.479819860511658591e-01,
};
/* (log(1+f) - f + f^2/2) / f^3 for sqrt(1/2) <= 1+f <= sqrt(2), fitted with Sollya; relative error
 * of log(1+f) 2^-27.7. */
static const float tad__log_p_f32[9] = {
    0x1.555554p-2f,  -0x1.ffffe6p-3f, 0x1.999d36p-3f,  -0x1.55625cp-3f, 0x1.23dd1ap-3f,
    -0x1.fbc4d2p-4f, 0x1.dc8e44p-4f,  -0x1.dd9742p-4f, 0x1.2c573cp-4f,
};

/* x = 2^k * (1 + f), sqrt(1/2) <= 1 + f < sqrt(2); for 0 < x < infinity. */
typedef struct {
    double k, f;
} tad__log_parts_t_f64;

typedef struct {
    float k, f;
} tad__log_parts_t_f32;

#define TAD__SQRT_HALF_BITS_F64 UINT64_C(0x3fe6a09e667f3bcd)
#define TAD__SQRT_HALF_BITS_F32 UINT32_C(0x3f3504f3)

/* For normal x; shift is taken from k. */
TAD__EMBEDDED tad__log_parts_t_f64 tad__log_split_f64(double x, double shift) {
    uint64_t u = tad__bits_f64(x) + (UINT64_C(0x3ff0000000000000) - TAD__SQRT_HALF_BITS_F64);
    double k = tad__from_bits_f64((u >> 52) | UINT64_C(0x4330000000000000));
    double m = tad__from_bits_f64((u & UINT64_C(0x000fffffffffffff)) + TAD__SQRT_HALF_BITS_F64);
    return (tad__log_parts_t_f64){k - (0x1p52 + 1023.0 + shift), m - 1.0};
}

TAD__EMBEDDED tad__log_parts_t_f32 tad__log_split_f32(float x, float shift) {
    uint32_t u = tad__bits_f32(x) + (UINT32_C(0x3f800000) - TAD__SQRT_HALF_BITS_F32);
    float k = tad__from_bits_f32((u >> 23) | UINT32_C(0x4b000000));
    float m = tad__from_bits_f32((u & UINT32_C(0x007fffff)) + TAD__SQRT_HALF_BITS_F32);
    return (tad__log_parts_t_f32){k - (0x1p23f + 127.0f + shift), m - 1.0f};
}

TAD__EMBEDDED tad__log_parts_t_f64 tad__log_parts_f64(double x) {
    int small = x < 0x1p-1022;
    return tad__log_split_f64(small ? x * 0x1p54 : x, small ? 54.0 : 0.0);
}

TAD__EMBEDDED tad__log_parts_t_f32 tad__log_parts_f32(float x) {
    int small = x < 0x1p-126f;
    return tad__log_split_f32(small ? x * 0x1p25f : x, small ? 25.0f : 0.0f);
}

/* log(1+f) - f + f^2/2. */
TAD__EMBEDDED double tad__log_rest_f64(double f) {
    const double *c = tad__log_l_f64;
    double s = f / (2.0 + f), z = s * s, z2 = z * z;
    double r = z * (tad__poly4_f64(c, z, z2) + tad__poly3_f64(c + 4, z, z2) * (z2 * z2));
    return s * (0.5 * f * f + r);
}

TAD__EMBEDDED float tad__log_rest_f32(float f) {
    const float *c = tad__log_p_f32;
    float f2 = f * f, f4 = f2 * f2;
    float p = tad__poly4_f32(c, f, f2) + tad__poly4_f32(c + 4, f, f2) * f4 + c[8] * (f4 * f4);
    return f * f2 * p;
}

/* k ln 2 + log(1+f) + e, the two leading terms added with their error. */
TAD__EMBEDDED double tad__log_join_f64(tad__log_parts_t_f64 p, double e) {
    double a = p.k * tad__ln2_f64[0], s = a + p.f;
    double t = tad__log_rest_f64(p.f) + (p.k * tad__ln2_f64[1] + e) - 0.5 * p.f * p.f;
    return s + ((p.f - (s - a)) + t);
}

TAD__EMBEDDED float tad__log_join_f32(tad__log_parts_t_f32 p, float e) {
    float a = p.k * tad__ln2_f32[0], s = a + p.f;
    float t = tad__log_rest_f32(p.f) + (p.k * tad__ln2_f32[1] + e) - 0.5f * p.f * p.f;
    return s + ((p.f - (s - a)) + t);
}

/* y, except where x has no finite logarithm. */
TAD__EMBEDDED double tad__log_special_f64(double x, double y) {
    y = x < HUGE_VAL ? y : x;
    y = x == 0.0 ? -HUGE_VAL : y;
    return x < 0.0 ? (double)NAN : y;
}

TAD__EMBEDDED float tad__log_special_f32(float x, float y) {
    y = x < HUGE_VALF ? y : x;
    y = x == 0.0f ? -HUGE_VALF : y;
    return x < 0.0f ? NAN : y;
}

TAD__EMBEDDED double tad__log_f64(double x) {
    return tad__log_special_f64(x, tad__log_join_f64(tad__log_parts_f64(x), 0.0));
}

TAD__EMBEDDED float tad__log_f32(float x) {
    return tad__log_special_f32(x, tad__log_join_f32(tad__log_parts_f32(x), 0.0f));
}

/* log(u) + c/u where u is 1+x rounded and c its error; near 1, f = x itself. */
TAD__EMBEDDED double tad__log1p_f64(double x) {
    double u = 1.0 + x, v = u - 1.0, c = ((1.0 - (u - v)) + (x - v)) / u;
    tad__log_parts_t_f64 p = tad__log_split_f64(u, 0.0);
    c = p.k == 0.0 ? 0.0 : c;
    p.f = p.k == 0.0 ? x : p.f;
    double y = tad__log_special_f64(u, tad__log_join_f64(p, c));
    return fabs(x) < 0x1p-54 ? x : y;
}

TAD__EMBEDDED float tad__log1p_f32(float x) {
    float u = 1.0f + x, v = u - 1.0f, c = ((1.0f - (u - v)) + (x - v)) / u;
    tad__log_parts_t_f32 p = tad__log_split_f32(u, 0.0f);
    c = p.k == 0.0f ? 0.0f : c;
    p.f = p.k == 0.0f ? x : p.f;
    float y = tad__log_special_f32(u, tad__log_join_f32(p, c));
    return fabsf(x) < 0x1p-25f ? x : y;
}

/* FreeBSD e_log2.c and e_log10.c: log(1+f) as a short head and a tail, times 1/ln b in two parts,
 * plus k log_b 2 in two parts. inv[0] has at most 33 bits. */
TAD__EMBEDDED double tad__log_base_f64(double x, const double inv[2], const double two[2]) {
    tad__log_parts_t_f64 p = tad__log_parts_f64(x);
    double hfsq = 0.5 * p.f * p.f;
    double h = tad__from_bits_f64(tad__bits_f64(p.f - hfsq) & UINT64_C(0xffffffff00000000));
    double l = ((p.f - h) - hfsq) + tad__log_rest_f64(p.f);
    double a = p.k * two[0], b = h * inv[0], s = a + b;
    double t = p.k * two[1] + (l + h) * inv[1] + l * inv[0];
    return tad__log_special_f64(x, s + (t + ((a - s) + b)));
}

TAD__EMBEDDED double tad__log2_f64(double x) {
    static const double inv[2] = {1.44269504072144627571e+00, 1.67517131648865118353e-10};
    static const double two[2] = {1.0, 0.0};
    return tad__log_base_f64(x, inv, two);
}

TAD__EMBEDDED double tad__log10_f64(double x) {
    static const double inv[2] = {4.34294481878168880939e-01, 2.50829467116452752298e-11};
    static const double two[2] = {3.01029995663611771306e-01, 3.69423907715893078616e-13};
    return tad__log_base_f64(x, inv, two);
}

/* Likewise e_log2f.c and e_log10f.c; inv[0] has at most 12 bits. */
TAD__EMBEDDED float tad__log_base_f32(float x, const float inv[2], const float two[2]) {
    tad__log_parts_t_f32 p = tad__log_parts_f32(x);
    float hfsq = 0.5f * p.f * p.f;
    float h = tad__head_f32(p.f - hfsq);
    float l = ((p.f - h) - hfsq) + tad__log_rest_f32(p.f);
    float a = p.k * two[0], b = h * inv[0], s = a + b;
    float t = p.k * two[1] + (l + h) * inv[1] + l * inv[0];
    return tad__log_special_f32(x, s + (t + ((a - s) + b)));
}

TAD__EMBEDDED float tad__log2_f32(float x) {
    static const float inv[2] = {1.4428710938e+00f, -1.7605285393e-04f}, two[2] = {1.0f, 0.0f};
    return tad__log_base_f32(x, inv, two);
}

TAD__EMBEDDED float tad__log10_f32(float x) {
    static const float inv[2] = {4.3432617188e-01f, -3.1689971365e-05f};
    static const float two[2] = {3.0102920532e-01f, 7.9034151668e-07f};
    return tad__log_base_f32(x, inv, two);
}

#endif
