/* Elementary functions that a compiler can vectorise.
 *
 * Every function tad__NAME_f64(double) and tad__NAME_f32(float) is a branch-free expression (unless
 * its comment says that it calls libm), so that a plain loop over an array becomes vector code at
 * any instruction-set level. Only correctly rounded operations are used, in a fixed order and
 * without fused multiply-add; a result therefore has the same bits at every array position, vector
 * width and instruction-set level. Special values (NaN, infinities, signed zeros, overflow, gradual
 * underflow) are those of C11 annex F; errno and the exception flags are not maintained.
 *
 * Needs C11 and <math.h>, IEEE 754 binary32/binary64 evaluated without excess precision in the
 * default rounding mode, and two's complement; nothing else of tad. Compile with
 * -fno-math-errno -fno-trapping-math -ffp-contract=off, and without -ffast-math.
 *
 * Largest errors seen, in ulps, binary64 / binary32 (tests/test_elementary.c; every 37th float,
 * of exp, tanh and sigmoid every one):
 *
 *   exp 0.75/0.99   expm1 1.1/1.2    exp2 0.87/0.99   log 0.80/0.82    log1p 0.80/0.92
 *   log2 0.83/0.84  log10 0.68/0.73  tanh 0.64/1.2    sigmoid 1.5/2.0
 *   sin 0.78/0.94   cos 0.81/0.94    tan 1.4/1.4      asin 1.7/1.7     acos 1.1/1.1
 *   atan 1.6/1.9    atan2 1.7/1.8    sinh 1.1/1.2     cosh 0.88/0.88   asinh 0.97/1.1
 *   acosh 1.5/1.7   atanh 1.4/1.4    erf 1.3/1.4      erfc 1.5/1.6     cbrt 0.67/0.51
 *   pow 1.3/0.51
 *
 * sin, cos and tan call libm for large arguments, which keeps a loop over them from becoming vector
 * code: see TAD__ELEMENTARY_BLOCK. */
#ifndef TAD_KERNEL_ELEMENTARY_H
#define TAD_KERNEL_ELEMENTARY_H

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

/* All functions of one argument, for tables: X(NAME). Those of many instructions: */
#define TAD__ELEMENTARY_LONG(X)                                                                    \
    X(exp) X(expm1) X(exp2)                                                                        \
    X(log) X(log1p) X(log2) X(log10)                                                               \
    X(tanh) X(sigmoid)                                                                             \
    X(sin) X(cos) X(tan)                                                                           \
    X(erf) X(erfc)                                                                                 \
    X(sinh) X(cosh)                                                                                \
    X(asin) X(acos) X(atan)                                                                        \
    X(asinh) X(acosh) X(atanh)                                                                     \
    X(cbrt)
/* Those of a few. */
#define TAD__ELEMENTARY_SHORT(X) X(sqrt) X(fabs) X(floor) X(ceil) X(rint) X(trunc)
#define TAD__ELEMENTARY_UNARY(X) TAD__ELEMENTARY_LONG(X) TAD__ELEMENTARY_SHORT(X)

/* All functions of two arguments. */
#define TAD__ELEMENTARY_BINARY(X)                                                                  \
    X(pow)                                                                                         \
    X(atan2)

/* Those whose scalar form calls libm for large arguments, which keeps a loop over it from becoming
 * vector code. void tad__NAME_block_f64(size_t n, const double *x, double *y) is the vector loop;
 * tad__NAME_core_f64(x) is the branch-free part, the same bits as long as |x| is within
 * TAD__TRIG_LIMIT_F64, and tad__NAME_near_f64(x) is faster within TAD__TRIG_NEAR_F64. Likewise
 * _f32. */
#define TAD__ELEMENTARY_BLOCK(X)                                                                   \
    X(sin)                                                                                         \
    X(cos)                                                                                         \
    X(tan)

/* ---- Bits, rounding, powers of two ---- */

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

/* y * 2^k for an integer k, |k| < 2046 (254), in two steps that round at most once; u has k + 254 in
 * its low bits. */
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

/* ---- Rounding and square root ---- */

TAD__EMBEDDED double tad__sqrt_f64(double x) { return sqrt(x); }
TAD__EMBEDDED float tad__sqrt_f32(float x) { return sqrtf(x); }

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

/* ---- Polynomials by Estrin's scheme; lowest coefficient first, x2 = x*x, x4 = x2*x2 ---- */

TAD__EMBEDDED double tad__poly2_f64(const double *c, double x) { return c[0] + c[1] * x; }

TAD__EMBEDDED double tad__poly3_f64(const double *c, double x, double x2) {
    return tad__poly2_f64(c, x) + c[2] * x2;
}

TAD__EMBEDDED double tad__poly4_f64(const double *c, double x, double x2) {
    return tad__poly2_f64(c, x) + tad__poly2_f64(c + 2, x) * x2;
}

TAD__EMBEDDED double tad__poly8_f64(const double *c, double x, double x2, double x4) {
    return tad__poly4_f64(c, x, x2) + tad__poly4_f64(c + 4, x, x2) * x4;
}

TAD__EMBEDDED float tad__poly2_f32(const float *c, float x) { return c[0] + c[1] * x; }

TAD__EMBEDDED float tad__poly3_f32(const float *c, float x, float x2) {
    return tad__poly2_f32(c, x) + c[2] * x2;
}

TAD__EMBEDDED float tad__poly4_f32(const float *c, float x, float x2) {
    return tad__poly2_f32(c, x) + tad__poly2_f32(c + 2, x) * x2;
}

/* ---- Exponentials ---- */

#define TAD__LOG2E_F64 0x1.71547652b82fep+0
#define TAD__LOG2E_F32 0x1.715476p+0f

/* ln 2 in two parts (fdlibm): k * part[0] is exact for |k| < 2^20 (2^8). */
static const double tad__ln2_f64[2] = {6.93147180369123816490e-01, 1.90821492927058770002e-10};
static const float tad__ln2_f32[2] = {6.9314575195e-01f, 1.4286067653e-06f};

/* (e^r - 1 - r) / r^2 on |r| <= 0.348, fitted with Sollya's fpminimax (binary32: by weighted least
 * squares, coefficient after coefficient); the error of e^r is below 2^-62 (2^-28.2). */
static const double tad__exp_q_f64[11] = {
    0x1p-1,
    0x1.5555555555557p-3,
    0x1.5555555555557p-5,
    0x1.111111111002ap-7,
    0x1.6c16c16c1568bp-10,
    0x1.a01a01ac3c2ebp-13,
    0x1.a01a01aba8f55p-16,
    0x1.71de013d72ff7p-19,
    0x1.27e4cf7b4069fp-22,
    0x1.af4fc6e5086e4p-26,
    0x1.1f875811ca4f9p-29,
};
static const float tad__exp_q_f32[5] = {
    0x1.fffffcp-2f, 0x1.555492p-3f, 0x1.5558bep-5f, 0x1.1239ep-7f, 0x1.6a3fb8p-10f,
};

/* e^x = 2^k * (1 + h + t): h is exact and |h| <= 0.347, t is small and rounded. */
typedef struct {
    double k, h, t;
} tad__exp_parts_f64_t;

typedef struct {
    float k, h, t;
} tad__exp_parts_f32_t;

/* The parts of 2^k * e^(h - l), l tiny. */
TAD__EMBEDDED tad__exp_parts_f64_t tad__exp_finish_f64(double k, double h, double l) {
    const double *c = tad__exp_q_f64;
    double r = h - l, r2 = r * r, r4 = r2 * r2;
    double q = tad__poly8_f64(c, r, r2, r4) + tad__poly3_f64(c + 8, r, r2) * (r4 * r4);
    return (tad__exp_parts_f64_t){k, h, r2 * q - l};
}

TAD__EMBEDDED tad__exp_parts_f32_t tad__exp_finish_f32(float k, float h, float l) {
    const float *c = tad__exp_q_f32;
    float r = h - l, r2 = r * r;
    float q = tad__poly2_f32(c, r) + tad__poly3_f32(c + 2, r, r2) * r2;
    return (tad__exp_parts_f32_t){k, h, r2 * q - l};
}

TAD__EMBEDDED tad__exp_parts_f64_t tad__exp_parts_f64(double x) {
    double k = tad__nearest_f64(x * TAD__LOG2E_F64);
    return tad__exp_finish_f64(k, x - k * tad__ln2_f64[0], k * tad__ln2_f64[1]);
}

TAD__EMBEDDED tad__exp_parts_f32_t tad__exp_parts_f32(float x) {
    float k = tad__nearest_f32(x * TAD__LOG2E_F32);
    return tad__exp_finish_f32(k, x - k * tad__ln2_f32[0], k * tad__ln2_f32[1]);
}

/* 1 + h + t as a rounded sum *s and its error, which is returned. */
TAD__EMBEDDED double tad__exp_sum_f64(tad__exp_parts_f64_t p, double *s) {
    *s = 1.0 + p.h;
    return (p.h - (*s - 1.0)) + p.t;
}

TAD__EMBEDDED float tad__exp_sum_f32(tad__exp_parts_f32_t p, float *s) {
    *s = 1.0f + p.h;
    return (p.h - (*s - 1.0f)) + p.t;
}

TAD__EMBEDDED double tad__exp_join_f64(tad__exp_parts_f64_t p) {
    double s, l = tad__exp_sum_f64(p, &s);
    return tad__scale_f64(s + l, p.k);
}

/* y, except where e^x is 0 or infinite. Done with the result, as a compiler turns limits of the
 * argument into more instructions. */
TAD__EMBEDDED double tad__exp_special_f64(double x, double y) {
    y = x > 710.0 ? HUGE_VAL : y;
    return x < -746.0 ? 0.0 : y;
}

TAD__EMBEDDED float tad__exp_special_f32(float x, float y) {
    y = x > 89.0f ? HUGE_VALF : y;
    return x < -104.0f ? 0.0f : y;
}

TAD__EMBEDDED double tad__exp_f64(double x) {
    return tad__exp_special_f64(x, tad__exp_join_f64(tad__exp_parts_f64(x)));
}

/* In binary32 the functions most in use do without an error term: x = k ln 2 + r, and *u holds
 * k + bias in its low bits; nothing of it holds for large x. */
TAD__EMBEDDED float tad__exp_reduce_f32(float x, float bias, uint32_t *u) {
    const float shift = TAD__SHIFT_F32 + bias, s = x * TAD__LOG2E_F32 + shift, k = s - shift;
    *u = tad__bits_f32(s);
    return (x - k * tad__ln2_f32[0]) - k * tad__ln2_f32[1];
}

/* e^r - 1. */
TAD__EMBEDDED float tad__exp_rest_f32(float r) {
    const float *c = tad__exp_q_f32;
    return r + r * r * ((((c[4] * r + c[3]) * r + c[2]) * r + c[1]) * r + c[0]);
}

TAD__EMBEDDED float tad__exp_f32(float x) {
    uint32_t u;
    float y = 1.0f + tad__exp_rest_f32(tad__exp_reduce_f32(x, 254.0f, &u));
    return tad__exp_special_f32(x, tad__scale_bits_f32(y, u));
}

/* e^x for x <= 0, with 0 for results below 2^-1022 (2^-126): terms of a sum whose largest is 1. */
TAD__EMBEDDED double tad__exp_term_f64(double x) {
    tad__exp_parts_f64_t p = tad__exp_parts_f64(x);
    double y = (1.0 + (p.h + p.t)) * tad__pow2_f64(p.k);
    return x < -708.0 ? 0.0 : y;
}

TAD__EMBEDDED float tad__exp_term_f32(float x) {
    uint32_t u;
    float y = 1.0f + tad__exp_rest_f32(tad__exp_reduce_f32(x, 127.0f, &u));
    return x < -87.0f ? 0.0f : y * tad__from_bits_f32(u << 23);
}

/* 2^x = 2^k e^(f ln 2), k + f = x. */
TAD__EMBEDDED double tad__exp2_f64(double x) {
    x = tad__clamp_f64(x, -1080.0, 1025.0);
    double k = tad__nearest_f64(x), r = (x - k) * 0x1.62e42fefa39efp-1;
    return tad__exp_join_f64(tad__exp_finish_f64(k, r, 0.0));
}

TAD__EMBEDDED float tad__exp2_f32(float x) {
    const float shift = TAD__SHIFT_F32 + 254.0f, s = x + shift, k = s - shift;
    float y = 1.0f + tad__exp_rest_f32((x - k) * 0x1.62e43p-1f);
    y = tad__scale_bits_f32(y, tad__bits_f32(s));
    y = x > 129.0f ? HUGE_VALF : y;
    return x < -151.0f ? 0.0f : y;
}

/* 2^k * ((1 - 2^-k) + h + t), the first two terms added with their error. */
TAD__EMBEDDED double tad__expm1_f64(double x) {
    tad__exp_parts_f64_t p = tad__exp_parts_f64(tad__clamp_f64(x, -45.0, 710.0));
    double c = 1.0 - tad__pow2_f64(-(p.k > 64.0 ? 64.0 : p.k));
    double s = c + p.h;
    double y = s + ((p.h - (s - c)) + p.t);
    return copysign(tad__scale_f64(y, p.k), x);
}

TAD__EMBEDDED float tad__expm1_f32(float x) {
    tad__exp_parts_f32_t p = tad__exp_parts_f32(tad__clamp_f32(x, -20.0f, 89.0f));
    float c = 1.0f - tad__pow2_f32(-(p.k > 32.0f ? 32.0f : p.k));
    float s = c + p.h;
    float y = s + ((p.h - (s - c)) + p.t);
    return copysignf(tad__scale_f32(y, p.k), x);
}

/* 2^(i/64) and what it was rounded by, relative to it. */
static const double tad__exp_t_f64[2][64] = {
    {
        1, 0x1.02c9a3e778061p0, 0x1.059b0d3158574p0, 0x1.0874518759bc8p0, 0x1.0b5586cf9890fp0,
        0x1.0e3ec32d3d1a2p0, 0x1.11301d0125b51p0, 0x1.1429aaea92dep0, 0x1.172b83c7d517bp0,
        0x1.1a35beb6fcb75p0, 0x1.1d4873168b9aap0, 0x1.2063b88628cd6p0, 0x1.2387a6e756238p0,
        0x1.26b4565e27cddp0, 0x1.29e9df51fdee1p0, 0x1.2d285a6e4030bp0, 0x1.306fe0a31b715p0,
        0x1.33c08b26416ffp0, 0x1.371a7373aa9cbp0, 0x1.3a7db34e59ff7p0, 0x1.3dea64c123422p0,
        0x1.4160a21f72e2ap0, 0x1.44e086061892dp0, 0x1.486a2b5c13cdp0, 0x1.4bfdad5362a27p0,
        0x1.4f9b2769d2ca7p0, 0x1.5342b569d4f82p0, 0x1.56f4736b527dap0, 0x1.5ab07dd485429p0,
        0x1.5e76f15ad2148p0, 0x1.6247eb03a5585p0, 0x1.6623882552225p0, 0x1.6a09e667f3bcdp0,
        0x1.6dfb23c651a2fp0, 0x1.71f75e8ec5f74p0, 0x1.75feb564267c9p0, 0x1.7a11473eb0187p0,
        0x1.7e2f336cf4e62p0, 0x1.82589994cce13p0, 0x1.868d99b4492edp0, 0x1.8ace5422aa0dbp0,
        0x1.8f1ae99157736p0, 0x1.93737b0cdc5e5p0, 0x1.97d829fde4e5p0, 0x1.9c49182a3f09p0,
        0x1.a0c667b5de565p0, 0x1.a5503b23e255dp0, 0x1.a9e6b5579fdbfp0, 0x1.ae89f995ad3adp0,
        0x1.b33a2b84f15fbp0, 0x1.b7f76f2fb5e47p0, 0x1.bcc1e904bc1d2p0, 0x1.c199bdd85529cp0,
        0x1.c67f12e57d14bp0, 0x1.cb720dcef9069p0, 0x1.d072d4a07897cp0, 0x1.d5818dcfba487p0,
        0x1.da9e603db3285p0, 0x1.dfc97337b9b5fp0, 0x1.e502ee78b3ff6p0, 0x1.ea4afa2a490dap0,
        0x1.efa1bee615a27p0, 0x1.f50765b6e454p0, 0x1.fa7c1819e90d8p0,
    },
    {
        0, -0x1.160139cd8dc5dp-56, 0x1.cd2523567f613p-55, 0x1.0f74e61e6c861p-57,
        0x1.79aa65d837b6dp-54, 0x1.ebe3d702f9cd1p-60, -0x1.556522a2fbd0ep-54,
        -0x1.1c923b9d5f416p-54, -0x1.01b15eaa59348p-55, 0x1.b898c3f1353bfp-55, 0x1.aecf73e3a2f6p-54,
        0x1.a6f4144a6c38dp-55, 0x1.68efde3a8a894p-54, 0x1.0472b981fe7f2p-55, 0x1.2f7e16d09ab31p-55,
        0x1.b3782720c0ab4p-55, 0x1.34d754db0abb6p-55, 0x1.fdd395dd3f84ap-55, -0x1.24aedcc4b5068p-54,
        -0x1.1d1e83e9436d2p-56, 0x1.59f48a72a4c6dp-55, -0x1.8a78f4817895bp-58,
        0x1.363ed60c2ac11p-59, 0x1.ecce1daa10379p-57, 0x1.690cebb7aafbp-56, -0x1.f94340071a38ep-55,
        -0x1.8dec6bd0f385fp-56, 0x1.3350518fdd78ep-54, 0x1.063e1e21c5409p-54, 0x1.432e62b64c035p-54,
        -0x1.c33c53bef4da8p-55, -0x1.3cedd78565858p-54, -0x1.3b3efbf5e2228p-54,
        -0x1.367efb86da9eep-57, -0x1.81f647e5a3ecfp-56, -0x1.619321e55e68ap-55,
        -0x1.b32dcb94da51dp-56, 0x1.5ebe1abd66c55p-57, -0x1.369b6f13b3734p-54,
        -0x1.4d450d872576ep-54, 0x1.db72fc1f0eab4p-55, 0x1.bf68359f35f44p-56,
        -0x1.da9b88b6c1e29p-58, -0x1.2434322f4f9aap-54, 0x1.1affc2b91ce27p-56,
        -0x1.7c50422622263p-55, -0x1.1bbd1d3bcbb15p-54, 0x1.469846e735ab3p-55,
        0x1.c1a7792cb3387p-55, -0x1.5c3d956dcaebap-58, -0x1.8d6f438ad9334p-57,
        0x1.4ffd70a5fddcdp-56, 0x1.36eae30af0cb3p-56, 0x1.4e08fd10959acp-55, 0x1.76b2c6c921968p-57,
        -0x1.fad5d3ffffa6fp-55, 0x1.4a385a63d07a7p-56, 0x1.e5a50d5c192acp-55,
        -0x1.2d52107b43e1fp-55, 0x1.4b604603a88d3p-56, -0x1.ff7128fd391fp-55, 0x1.ec3bc41aa2008p-55,
        0x1.a64a931d185eep-55, 0x1.7893b4d91cd9dp-56,
    },
};

/* (e^r - 1 - r) / r^2 for |r| <= ln 2 / 128, interpolated with mpmath; the error of e^r is 2^-57. */
static const double tad__exp_c_f64[4] = {
    0x1.ffffffffff511p-2,
    0x1.5555555555236p-3,
    0x1.55556ba388635p-5,
    0x1.11111dd009952p-7,
};

/* 1 / (1 + e^-x) with everything taken times 2^-64, so that the division underflows by itself: with
 * -x = k ln 2 / 64 + r and s = 2^(k/64), 1 + s is taken with its error, and s (e^r - 1) is small. */
TAD__EMBEDDED double tad__sigmoid_f64(double x) {
    const double *c = tad__exp_c_f64, one = 0x1p-64, shift = TAD__SHIFT_F64 - 64 * 64;
    double v = x * (-64.0 * TAD__LOG2E_F64) + shift, k = v - shift;
    double r = (-x - k * (tad__ln2_f64[0] / 64)) - k * (tad__ln2_f64[1] / 64), r2 = r * r;
    uint64_t u = tad__bits_f64(v);
    size_t i = u & 63;
    double s = tad__from_bits_f64(tad__bits_f64(tad__exp_t_f64[0][i]) + ((u - i) << 46));
    double sum = one + s, part = sum - one, lost = (one - (sum - part)) + (s - part);
    double rest = (lost + s * (tad__exp_t_f64[1][i] + r)) + s * r2 * tad__poly4_f64(c, r, r2);
    double y = one / (sum + rest);
    y = x > 40.0 ? 1.0 : y;
    return x < -746.0 ? 0.0 : y;
}

/* 1 / (1 + f + f (e^r - 1)), f = 2^k, with everything taken times 2^-64: the last division
 * underflows by itself. The two largest terms come last, so that rounding them hardly counts. */
TAD__EMBEDDED float tad__sigmoid_f32(float x) {
    const float one = 0x1p-64f;
    uint32_t u;
    float rest = tad__exp_rest_f32(tad__exp_reduce_f32(-x, 127.0f - 64.0f, &u));
    int32_t f = (int32_t)(u << 23), c = 63 << 23; /* the bits of f and of one */
    float larger = tad__from_bits_f32((uint32_t)(f > c ? f : c));
    float smaller = tad__from_bits_f32((uint32_t)(f > c ? c : f));
    float y = one / (larger + (smaller + tad__from_bits_f32((uint32_t)f) * rest));
    y = x > 40.0f ? 1.0f : y;
    return x < -104.0f ? 0.0f : y;
}

/* In binary64 |x| = t + r with t in the middle of an eighth of a binade, t = 0 below 1/8. The rows:
 * T = tanh t, its rounding error, and 1 - T^2; column j is that of the j-th eighth from 1/8 on, the
 * last one that of t = 0. */
static const double tad__tanh_t_f64[3][64] = {
    {
        0x1.0e6973998da48p-3, 0x1.2dc968e6e0d62p-3, 0x1.4d04783618c72p-3, 0x1.6c170259e21f8p-3,
        0x1.8afd7b974fabbp-3, 0x1.a9b46d2ddc5e4p-3, 0x1.c83876ca98e15p-3, 0x1.e6864fe55a3dp-3,
        0x1.09c744f539be5p-2, 0x1.275f7e1cf7f64p-2, 0x1.4470650036407p-2, 0x1.60ef7120502a9p-2,
        0x1.7cd3115fc0f16p-2, 0x1.9812b3b03f0a5p-2, 0x1.b2a6c993b829ep-2, 0x1.cc88c9902cf45p-2,
        0x1.f20211a36475ep-2, 0x1.10af47e0bf61p-1, 0x1.26d76f73233c7p-1, 0x1.3b75f8bcb742dp-1,
        0x1.4e8d895b010dcp-1, 0x1.602609aae7c22p-1, 0x1.704bb1b7fcb81p-1, 0x1.7f0e1a4cd846ep-1,
        0x1.92bfb370d9b72p-1, 0x1.a8dbcbc31897ap-1, 0x1.bad50a4a68bc2p-1, 0x1.c950a3340c8bfp-1,
        0x1.d4e6f464286b1p-1, 0x1.de1eb5937518fp-1, 0x1.e56b6f3efabfdp-1, 0x1.eb2dfedd5ec93p-1,
        0x1.f1994df724fc8p-1, 0x1.f73776b2aa2dbp-1, 0x1.faa7934b75ebdp-1, 0x1.fcc04cdbcdc4cp-1,
        0x1.fe06eb0688212p-1, 0x1.fecd6b7ea3128p-1, 0x1.ff45f6d36133bp-1, 0x1.ff8f21cdaaa63p-1,
        0x1.ffcaac3f20e66p-1, 0x1.ffec61279a3a4p-1, 0x1.fff8c81c6dc34p-1, 0x1.fffd583014825p-1,
        0x1.ffff05e8d3192p-1, 0x1.ffffa3ff22708p-1, 0x1.ffffde2760a41p-1, 0x1.fffff38c76668p-1,
        0x1.fffffd38c39fp-1, 0x1.ffffff9fbea41p-1, 0x1.fffffff2f9279p-1, 0x1.fffffffe3cad8p-1,
        0x1.ffffffffc2eb9p-1, 0x1.fffffffff7bbdp-1, 0x1.fffffffffee1ap-1, 0x1.ffffffffffd94p-1,
        0x1.fffffffffffe1p-1, 0x1.fffffffffffffp-1, 1, 1, 1, 1, 1, 0,
    },
    {
        0x1.708a564faf9d7p-60, 0x1.004ee5739e25cp-57, -0x1.541db1fad48b6p-60, -0x1.3998b2795e1bp-62,
        0x1.a917ca3624e69p-57, -0x1.3efb0c2f3ebedp-57, 0x1.f19daa20f51cfp-57, 0x1.ac6c889d810a8p-57,
        -0x1.8b52622d0af02p-57, -0x1.255527ae29722p-57, 0x1.139a81c7cc37fp-56,
        0x1.751fe0fdff786p-56, 0x1.e67f25814e1dcp-64, 0x1.412330175e8f4p-57, -0x1.92182a20b9da8p-57,
        0x1.3fa437acd1669p-56, -0x1.6e03fa046b469p-56, 0x1.42982fb5e7092p-55, 0x1.be915d84d03c1p-57,
        0x1.b64af057bc6d7p-55, 0x1.a4855a4ca6661p-57, 0x1.bb6a2e353e7ddp-57, 0x1.0328be4a6f1eep-55,
        0x1.16f7f04022c64p-56, -0x1.9cb762e96ce5ap-55, 0x1.84d6a52cacb7ep-55,
        -0x1.e45c4bf117f17p-55, 0x1.fb60eb4c37d96p-55, -0x1.58d90474e92d8p-55,
        0x1.51109ef242566p-56, -0x1.acb810a88689dp-59, 0x1.af8bb6aca65efp-57, 0x1.a807b9bfbce1ep-56,
        0x1.6f5a4f15330efp-55, 0x1.aaf95f2c25183p-62, -0x1.0c4608246dd7dp-55, 0x1.04beec232acfcp-55,
        0x1.b989950b37e25p-58, -0x1.eb77cbd10e471p-57, -0x1.cdcc19c75491ap-58,
        -0x1.17aa45074b7ddp-56, 0x1.fb7793991ca3ep-55, -0x1.bd986837c49f7p-57,
        0x1.43254f5626af6p-57, -0x1.b5a824232e239p-55, 0x1.bb4fb24ef6e53p-56, 0x1.bd199f302a22dp-55,
        0x1.ae016b204d28dp-55, 0x1.5984ff48dda05p-56, -0x1.d28c2e104e8b2p-56, 0x1.eee4a5133d9a7p-55,
        0x1.bd873fdf5e788p-57, 0x1.6e883ca81457fp-58, 0x1.acf13472073c9p-55, -0x1.0aebadfe7b033p-55,
        -0x1.21e24d3afdc18p-56, 0x1.ffe1129d56f11p-57, 0x1.bceea52a399fap-55, 0, 0, 0, 0, 0, 0,
    },
    {
        0x1.f712eb25c0888p-1, 0x1.f4e1e606d96dfp-1, 0x1.f2765af97a4b3p-1, 0x1.efd17479f7c65p-1,
        0x1.ecf47624a5d03p-1, 0x1.e9e0bb72a01a1p-1, 0x1.e697b662d07cdp-1, 0x1.e31aee116b82bp-1,
        0x1.dd823b0400d42p-1, 0x1.d56658f74c9ccp-1, 0x1.cc9a69dfddd48p-1, 0x1.c32d951e56e6fp-1,
        0x1.b92f96ccc2c5bp-1, 0x1.aeb08c3c0e84dp-1, 0x1.a3c0c1fba328cp-1, 0x1.9870845162d1dp-1,
        0x1.86e67e6b80ac2p-1, 0x1.6ec5879f87eeep-1, 0x1.56363b5b93937p-1, 0x1.3da23bc12369fp-1,
        0x1.25652faaf8a73p-1, 0x1.0dcbafe191c7fp-1, 0x1.ee264aad6c40cp-2, 0x1.c2d4cc872dc09p-2,
        0x1.866160e454111p-2, 0x1.3ee730537c8eap-2, 0x1.01fba72cee1a5p-2, 0x1.9e1dffd385423p-3,
        0x1.4a45842b7de1ep-3, 0x1.06129c7c8ebb1p-3, 0x1.9e3efd94bb9fcp-4, 0x1.465a205cfb638p-4,
        0x1.c65b1bc0c9d5dp-5, 0x1.16a7fc4d7b907p-5, 0x1.545200830a434p-6, 0x1.9e87d088d26a1p-7,
        0x1.f81bd88762252p-8, 0x1.3238b786138p-8, 0x1.73cec093032dfp-9, 0x1.c3470628813f1p-10,
        0x1.aa87cf66470c5p-11, 0x1.39e782819fc19p-12, 0x1.cdf5a2e4d7481p-14, 0x1.53e71416c3dcp-15,
        0x1.f42ddfa52ac73p-17, 0x1.7003552d52e5ap-18, 0x1.0ec4f1ec2796dp-19, 0x1.8e712e56e0a4ep-21,
        0x1.639e2f87a66cep-23, 0x1.81056faa634bdp-26, 0x1.a0db0d03401c3p-29, 0x1.c3527e41b1d53p-32,
        0x1.e8a37a45c1e7ep-35, 0x1.0885298763a45p-37, 0x1.1e642baeb7a9dp-40, 0x1.36121e24d3a42p-43,
        0x1.ee001eed62a82p-48, 0x1.2188ad6ae3303p-53, 0, 0, 0, 0, 0, 1,
    },
};

/* tanh(t + r) = T + D r (1 - m / (n + m)), D = 1 - T^2, m = e + T r n, for tanh r = r n / (n + e):
 * n = c0 + c1 r^2 + r^4 and e = c2 r^2 + c3 r^4 are exact at r = 0 and four more |r| below 1/4. The
 * error of n / (n + e) is 2^-58 for |r| <= 1/8 and 2^-47, 2^-34, 2^-24 up to 1/4, 1/2, 1, where D is
 * below 2^-10, 2^-22, 2^-44. D r is at most T / 16, so its roundings hardly count. */
TAD__EMBEDDED double tad__tanh_f64(double x) {
    const double(*c)[64] = tad__tanh_t_f64;
    double a = fabs(x);
    uint64_t u = tad__bits_f64(a), j = (u >> 49) - 1020 * 8, low = 0 - (j >> 63);
    double t = tad__from_bits_f64((u >> 49 << 49 | UINT64_C(1) << 48) & ~low);
    size_t i = (j | low) & 63;
    double r = a - t, z = r * r, d = c[2][i] * r;
    double n = 0x1.d8e7e305e6c6bp+9 + z * (0x1.a44f24b122331p+6 + z);
    double e = z * (0x1.3b454203ef2b1p+8 + z * 0x1.c03f4c7b7015ep+3);
    double m = e + c[0][i] * r * n;
    double y = c[0][i] + ((c[1][i] + d) - d * m / (n + m));
    return copysign(a > 20.0 ? 1.0 : y, x);
}

/* In binary32 tanh x = x + x^3 P(x^2) below 0.625, P fitted with Sollya, relative error 2^-29.9, and
 * 1 - 2 / (e^2x + 1) above. */
static const float tad__tanh_p_f32[6] = {
    -0x1.555556p-2f, 0x1.11113ap-3f,  -0x1.ba1b1ep-5f,
    0x1.65821ap-6f,  -0x1.15c6bep-7f, 0x1.3cd7b2p-9f,
};

TAD__EMBEDDED float tad__tanh_f32(float x) {
    const float *c = tad__tanh_p_f32;
    uint32_t u;
    float a = fabsf(x), z = a * a;
    float rest = tad__exp_rest_f32(tad__exp_reduce_f32(a + a, 127.0f, &u));
    float f = tad__from_bits_f32(u << 23), far = 1.0f - 2.0f / ((1.0f + f) + f * rest);
    float p = ((((c[5] * z + c[4]) * z + c[3]) * z + c[2]) * z + c[1]) * z + c[0];
    float y = a < 0.625f ? a + a * (z * p) : far;
    return copysignf(a > 10.0f ? 1.0f : y, x);
}

/* ---- Logarithms ---- */

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
} tad__log_parts_f64_t;

typedef struct {
    float k, f;
} tad__log_parts_f32_t;

#define TAD__SQRT_HALF_BITS_F64 UINT64_C(0x3fe6a09e667f3bcd)
#define TAD__SQRT_HALF_BITS_F32 UINT32_C(0x3f3504f3)

/* For normal x; shift is taken from k. */
TAD__EMBEDDED tad__log_parts_f64_t tad__log_split_f64(double x, double shift) {
    uint64_t u = tad__bits_f64(x) + (UINT64_C(0x3ff0000000000000) - TAD__SQRT_HALF_BITS_F64);
    double k = tad__from_bits_f64((u >> 52) | UINT64_C(0x4330000000000000));
    double m = tad__from_bits_f64((u & UINT64_C(0x000fffffffffffff)) + TAD__SQRT_HALF_BITS_F64);
    return (tad__log_parts_f64_t){k - (0x1p52 + 1023.0 + shift), m - 1.0};
}

TAD__EMBEDDED tad__log_parts_f32_t tad__log_split_f32(float x, float shift) {
    uint32_t u = tad__bits_f32(x) + (UINT32_C(0x3f800000) - TAD__SQRT_HALF_BITS_F32);
    float k = tad__from_bits_f32((u >> 23) | UINT32_C(0x4b000000));
    float m = tad__from_bits_f32((u & UINT32_C(0x007fffff)) + TAD__SQRT_HALF_BITS_F32);
    return (tad__log_parts_f32_t){k - (0x1p23f + 127.0f + shift), m - 1.0f};
}

TAD__EMBEDDED tad__log_parts_f64_t tad__log_parts_f64(double x) {
    int small = x < 0x1p-1022;
    return tad__log_split_f64(small ? x * 0x1p54 : x, small ? 54.0 : 0.0);
}

TAD__EMBEDDED tad__log_parts_f32_t tad__log_parts_f32(float x) {
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
TAD__EMBEDDED double tad__log_join_f64(tad__log_parts_f64_t p, double e) {
    double a = p.k * tad__ln2_f64[0], s = a + p.f;
    double t = tad__log_rest_f64(p.f) + (p.k * tad__ln2_f64[1] + e) - 0.5 * p.f * p.f;
    return s + ((p.f - (s - a)) + t);
}

TAD__EMBEDDED float tad__log_join_f32(tad__log_parts_f32_t p, float e) {
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
    tad__log_parts_f64_t p = tad__log_split_f64(u, 0.0);
    c = p.k == 0.0 ? 0.0 : c;
    p.f = p.k == 0.0 ? x : p.f;
    double y = tad__log_special_f64(u, tad__log_join_f64(p, c));
    return fabs(x) < 0x1p-54 ? x : y;
}

TAD__EMBEDDED float tad__log1p_f32(float x) {
    float u = 1.0f + x, v = u - 1.0f, c = ((1.0f - (u - v)) + (x - v)) / u;
    tad__log_parts_f32_t p = tad__log_split_f32(u, 0.0f);
    c = p.k == 0.0f ? 0.0f : c;
    p.f = p.k == 0.0f ? x : p.f;
    float y = tad__log_special_f32(u, tad__log_join_f32(p, c));
    return fabsf(x) < 0x1p-25f ? x : y;
}

/* FreeBSD e_log2.c and e_log10.c: log(1+f) as a short head and a tail, times 1/ln b in two parts,
 * plus k log_b 2 in two parts. inv[0] has at most 33 bits. */
TAD__EMBEDDED double tad__log_base_f64(double x, const double inv[2], const double two[2]) {
    tad__log_parts_f64_t p = tad__log_parts_f64(x);
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
    tad__log_parts_f32_t p = tad__log_parts_f32(x);
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

/* ---- Powers ---- */

/* (3/2) (log((1+s)/(1-s)) - 2s - 2 s^3/3) / s^5, z = s^2, |s| <= 0.172; Sollya's remez, relative
 * error of the logarithm 2^-70. */
static const double tad__pow_c_f64[8] = {
    0x1.3333333333333p-1, 0x1.b6db6db6db7cep-2, 0x1.555555552cf0ep-2, 0x1.1745d19e360e4p-2,
    0x1.d89d5f0848b64p-3, 0x1.99a58127a4e96p-3, 0x1.6795318f9de26p-3, 0x1.68766c859f0f8p-3,
};

/* log2 a as a 26-bit number that is returned and *rest, together good to about 2^-65; a > 0 finite.
 * After fdlibm e_pow.c: log(1+f) = (2/3) s (3 + s^2 + r), s = f/(2+f). */
TAD__EMBEDDED double tad__pow_log2_f64(double a, double *rest) {
    const double c_hi = 0x1.ec709ep-1, c_lo = -0x1.e2fe0145b01f5p-28; /* 2 / (3 ln 2) */
    const double *c = tad__pow_c_f64;
    tad__log_parts_f64_t p = tad__log_parts_f64(a);
    double d = 2.0 + p.f, dl = p.f - (d - 2.0), inverse = 1.0 / d, dh = tad__head_f64(d);
    double s = p.f * inverse, sh = tad__head_f64(s);
    double sl = ((p.f - sh * dh) - sh * ((d - dh) + dl)) * inverse;
    double z = s * s, z2 = z * z, q = sh * sh;
    double r = z2 * tad__poly8_f64(c, z, z2, z2 * z2) + sl * (sh + s);
    double th = tad__head_f64(3.0 + q + r), tl = r - ((th - 3.0) - q);
    double u = sh * th, v = sl * th + tl * s;
    double ph = tad__head_f64(u + v), pl = v - (ph - u);
    double zh = c_hi * ph, zl = c_lo * ph + pl * (c_hi + c_lo);
    double h = tad__head_f64((zh + zl) + p.k);
    *rest = zl - ((h - p.k) - zh);
    return h;
}

/* 2^(h + l), l small against h. */
TAD__EMBEDDED double tad__pow_exp2_f64(double h, double l) {
    const double ln2_hi = 0x1.62e42ep-1, ln2_lo = 0x1.efa39ef35793cp-25;
    l = fabs(h) > 1100.0 ? 0.0 : l;
    h = tad__clamp_f64(h, -1100.0, 1100.0);
    double k = tad__nearest_f64(h), f = h - k, g = tad__head_f64(f + l), e = l - (g - f);
    return tad__exp_join_f64(
        tad__exp_finish_f64(k, g * ln2_hi, -(g * ln2_lo + e * (ln2_hi + ln2_lo))));
}

/* y = |x|^w given the sign and the special cases of x^w. */
TAD__EMBEDDED double tad__pow_special_f64(double x, double w, double y) {
    double a = fabs(x), half = 0.5 * w;
    int whole = tad__rint_f64(w) == w, odd = whole && tad__rint_f64(half) != half;
    y = a == 0.0 ? (w < 0.0 ? HUGE_VAL : 0.0) : y;
    y = a > DBL_MAX ? (w < 0.0 ? 0.0 : HUGE_VAL) : y;
    y = odd ? copysign(y, x) : y;
    y = x < 0.0 && a <= DBL_MAX && !whole ? (double)NAN : y;
    y = x != x || w != w ? x + w : y;
    return w == 0.0 || x == 1.0 ? 1.0 : y;
}

TAD__EMBEDDED double tad__pow_f64(double x, double w) {
    double rest, h = tad__pow_log2_f64(fabs(x), &rest);
    double v = tad__clamp_f64(w, -0x1p70, 0x1p70), vh = tad__head_f64(v);
    return tad__pow_special_f64(x, w, tad__pow_exp2_f64(vh * h, (v - vh) * h + v * rest));
}

TAD__EMBEDDED float tad__pow_f32(float x, float w) {
    double v = (double)w, y = tad__exp_f64(v * tad__log_f64((double)fabsf(x)));
    return (float)tad__pow_special_f64((double)x, v, fabsf(x) == 1.0f ? 1.0 : y);
}

/* ---- Trigonometric functions ---- */

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
} tad__trig_parts_f64_t;

/* No sum here needs more than its one rounding: r0 is exact, and wherever |k * part[1]| exceeds
 * |r0| their difference is exact. */
TAD__EMBEDDED tad__trig_parts_f64_t tad__trig_parts_f64(double x) {
    const double *pio2 = tad__pio2_f64;
    double shifted = x * 6.36619772367581382433e-01 + TAD__SHIFT_F64;
    double k = shifted - TAD__SHIFT_F64;
    double r0 = x - k * pio2[0], w = k * pio2[1], r1 = r0 - w;
    double l = ((r0 - r1) - w) - k * pio2[2];
    double r = r1 + l, e = ((r1 - r) + l) - k * pio2[3];
    return (tad__trig_parts_f64_t){r, e, tad__bits_f64(shifted)};
}

/* sin((n mod 4) pi/2 + r + e). */
TAD__EMBEDDED double tad__trig_join_f64(tad__trig_parts_f64_t p) {
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
    tad__trig_parts_f64_t p = tad__trig_parts_f64(x);
    p.n += 1;
    return tad__trig_join_f64(p);
}

/* pi/2 in parts of 9, 12, 12 and 24 bits: k times each of the first three is exact for |k| < 2^12,
 * and k times the rest of pi/2 is below 2^-27 of the smallest remainder of |x| <= 6400. */
static const float tad__pio2_f32[4] = {0x1.92p+0f, 0x1.fb4p-12f, 0x1.444p-24f, 0x1.68c234p-39f};

/* sin r = r + r z S(z), cos r = 1 - z/2 + z^2 C(z), z = r^2, |r| <= pi/4; Sollya's fpminimax, errors
 * 2^-27.9 and 2^-33. */
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
    tad__trig_parts_f64_t p = tad__trig_parts_f64(x);
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

/* ---- Inverse trigonometric functions ---- */

/* atan r = r - r z A(z), z = r^2, |r| <= 7/16 (fdlibm s_atan.c). */
static const double tad__atan_a_f64[11] = {
    3.33333333333329318027e-01,  -1.99999999998764832476e-01, 1.42857142725034663711e-01,
    -1.11111104054623557880e-01, 9.09088713343650656196e-02,  -7.69187620504482999495e-02,
    6.66107313738753120669e-02,  -5.83357013379057348645e-02, 4.97687799461593236017e-02,
    -3.65315727442169155270e-02, 1.62858201153657823623e-02,
};

/* pi/4 in two parts. */
static const double tad__pio4_f64[2] = {7.85398163397448278999e-01, 3.06161699786838301793e-17};

/* atan(n/d) for n, d >= 0 with n + d finite: 0, 1 or 2 times pi/4 + atan r. */
TAD__EMBEDDED double tad__atan_ratio_f64(double n, double d) {
    const double *c = tad__atan_a_f64;
    int low = n <= 0.4375 * d, high = 0.4375 * n >= d;
    double turn = low ? 0.0 : high ? 2.0 : 1.0;
    double num = low ? n : high ? -d : n - d;
    double den = low ? d : high ? n : n + d;
    double r = num / den, z = r * r, z2 = z * z, z4 = z2 * z2;
    double a = tad__poly8_f64(c, z, z2, z4) + tad__poly3_f64(c + 8, z, z2) * (z4 * z4);
    return turn * tad__pio4_f64[0] + (r - (r * z * a - turn * tad__pio4_f64[1]));
}

/* From 2^54 on the result is pi/2 anyway. */
TAD__EMBEDDED double tad__atan_f64(double x) {
    double a = fabs(x);
    return copysign(tad__atan_ratio_f64(a > 0x1p60 ? 0x1p60 : a, 1.0), x);
}

/* The ratio's terms are scaled so that their sum is finite; infinity counts as 1 against anything
 * finite as 0, and 0/0 as 0/1. */
TAD__EMBEDDED double tad__atan2_f64(double y, double x) {
    double n = fabs(y), d = fabs(x), most = n > d ? n : d;
    double scale = most > DBL_MAX ? 0.0 : most > 0x1p1000 ? 0x1p-54 : 1.0;
    n = n > DBL_MAX ? 1.0 : n * scale;
    d = d > DBL_MAX ? 1.0 : d * scale;
    double t = tad__atan_ratio_f64(n, most == 0.0 ? 1.0 : d);
    double left = 4.0 * tad__pio4_f64[0] - (t - 4.0 * tad__pio4_f64[1]);
    return copysign(signbit(x) ? left : t, y);
}

/* (asin(r)/r - 1) / z, z = r^2 <= 1/4; Sollya's remez, error 2^-58. */
static const double tad__asin_p_f64[13] = {
    0x1.5555555555556p-3, 0x1.3333333332e3fp-4, 0x1.6db6db6e3ee98p-5, 0x1.f1c71c16189e6p-6,
    0x1.6e8bb2ede8f5p-6,  0x1.1c4d1b9feafd8p-6, 0x1.c9d1fcb17ab7cp-7, 0x1.780a2bdd5783fp-7,
    0x1.52f4ab1170ab3p-7, 0x1.5fd0b497d3068p-8, 0x1.20fafd21fd681p-6, -0x1.f285c34206b7cp-7,
    0x1.db204178e3493p-6,
};

/* asin r = *r + tail for r = a below 1/2; above, r = sqrt((1-a)/2) and asin a = pi/2 - 2 asin r. */
TAD__EMBEDDED double tad__asin_tail_f64(double a, double *r) {
    const double *c = tad__asin_p_f64;
    double h = (1.0 - a) * 0.5, z = a < 0.5 ? a * a : h, z2 = z * z, z4 = z2 * z2;
    *r = a < 0.5 ? a : sqrt(h);
    double high = tad__poly4_f64(c + 8, z, z2) + c[12] * z4;
    return *r * (z * (tad__poly8_f64(c, z, z2, z4) + high * (z4 * z4)));
}

TAD__EMBEDDED double tad__asin_f64(double x) {
    double a = fabs(x), r, t = tad__asin_tail_f64(a, &r);
    double far = 2.0 * tad__pio4_f64[0] - (2.0 * r + 2.0 * (t - tad__pio4_f64[1]));
    return copysign(a < 0.5 ? r + t : far, x);
}

TAD__EMBEDDED double tad__acos_f64(double x) {
    double a = fabs(x), r, t = tad__asin_tail_f64(a, &r);
    double pio4 = tad__pio4_f64[0], rest = tad__pio4_f64[1];
    double s = x < 0.0 ? -1.0 : 1.0;
    double near = 2.0 * pio4 - (s * r - (2.0 * rest - s * t));
    double far = 2.0 * (r + t);
    double left = 4.0 * pio4 - (2.0 * r + 2.0 * (t - 2.0 * rest));
    return a < 0.5 ? near : x < 0.0 ? left : far;
}

/* The same in binary32, fitted with Sollya's fpminimax: errors 2^-27.6 (atan r / r), 2^-30. */
static const float tad__atan_a_f32[5] = {
    0x1.555554p-2f, -0x1.999654p-3f, 0x1.2400b4p-3f, -0x1.b569bep-4f, 0x1.ff610cp-5f,
};
static const float tad__asin_p_f32[6] = {
    0x1.555554p-3f, 0x1.3334cep-4f, 0x1.6d3e74p-5f, 0x1.ffbd92p-6f, 0x1.0fec3ap-6f, 0x1.1ac0e4p-5f,
};
static const float tad__pio4_f32[2] = {0x1.921fb6p-1f, -0x1.777a5cp-26f};

TAD__EMBEDDED float tad__atan_ratio_f32(float n, float d) {
    const float *c = tad__atan_a_f32;
    int low = n <= 0.4375f * d, high = 0.4375f * n >= d;
    float turn = low ? 0.0f : high ? 2.0f : 1.0f;
    float num = low ? n : high ? -d : n - d;
    float den = low ? d : high ? n : n + d;
    float r = num / den, z = r * r, z2 = z * z;
    float a = tad__poly4_f32(c, z, z2) + c[4] * (z2 * z2);
    return turn * tad__pio4_f32[0] + (r - (r * z * a - turn * tad__pio4_f32[1]));
}

TAD__EMBEDDED float tad__atan_f32(float x) {
    float a = fabsf(x);
    return copysignf(tad__atan_ratio_f32(a > 0x1p30f ? 0x1p30f : a, 1.0f), x);
}

TAD__EMBEDDED float tad__atan2_f32(float y, float x) {
    float n = fabsf(y), d = fabsf(x), most = n > d ? n : d;
    float scale = most > FLT_MAX ? 0.0f : most > 0x1p120f ? 0x1p-24f : 1.0f;
    n = n > FLT_MAX ? 1.0f : n * scale;
    d = d > FLT_MAX ? 1.0f : d * scale;
    float t = tad__atan_ratio_f32(n, most == 0.0f ? 1.0f : d);
    float left = 4.0f * tad__pio4_f32[0] - (t - 4.0f * tad__pio4_f32[1]);
    return copysignf(signbit(x) ? left : t, y);
}

TAD__EMBEDDED float tad__asin_tail_f32(float a, float *r) {
    const float *c = tad__asin_p_f32;
    float h = (1.0f - a) * 0.5f, z = a < 0.5f ? a * a : h, z2 = z * z;
    *r = a < 0.5f ? a : sqrtf(h);
    return *r * (z * (tad__poly4_f32(c, z, z2) + tad__poly2_f32(c + 4, z) * (z2 * z2)));
}

TAD__EMBEDDED float tad__asin_f32(float x) {
    float a = fabsf(x), r, t = tad__asin_tail_f32(a, &r);
    float far = 2.0f * tad__pio4_f32[0] - (2.0f * r + 2.0f * (t - tad__pio4_f32[1]));
    return copysignf(a < 0.5f ? r + t : far, x);
}

TAD__EMBEDDED float tad__acos_f32(float x) {
    float a = fabsf(x), r, t = tad__asin_tail_f32(a, &r);
    float pio4 = tad__pio4_f32[0], rest = tad__pio4_f32[1];
    float s = x < 0.0f ? -1.0f : 1.0f;
    float near = 2.0f * pio4 - (s * r - (2.0f * rest - s * t));
    float left = 4.0f * pio4 - (2.0f * r + 2.0f * (t - 2.0f * rest));
    return a < 0.5f ? near : x < 0.0f ? left : 2.0f * (r + t);
}

/* ---- Hyperbolic functions ---- */

/* With e^a = 2^k (s + l), twice the result is 2^k (s + l -+ 2^-2k / (s + l)); below 1/2 sinh is its
 * Taylor polynomial. */
TAD__EMBEDDED double tad__sinh_f64(double x) {
    static const double c[7] = {1.0 / 6.0,         1.0 / 120.0,      1.0 / 5040.0,
                                1.0 / 362880.0,    1.0 / 39916800.0, 1.0 / 6227020800.0,
                                1.0 / 1307674368e3};
    double a = fabs(x), z = a * a, z2 = z * z;
    tad__exp_parts_f64_t p = tad__exp_parts_f64(a > 720.0 ? 720.0 : a);
    double s, l = tad__exp_sum_f64(p, &s);
    double inverse = tad__pow2_f64(-2.0 * (p.k > 60.0 ? 60.0 : p.k)) / (s + l);
    double far = tad__scale_f64(s + (l - inverse), p.k - 1.0);
    double near = tad__poly4_f64(c, z, z2) + tad__poly3_f64(c + 4, z, z2) * (z2 * z2);
    return copysign(a < 0.5 ? a + a * z * near : far, x);
}

TAD__EMBEDDED double tad__cosh_f64(double x) {
    double a = fabs(x);
    tad__exp_parts_f64_t p = tad__exp_parts_f64(a > 720.0 ? 720.0 : a);
    double s, l = tad__exp_sum_f64(p, &s);
    double inverse = tad__pow2_f64(-2.0 * (p.k > 60.0 ? 60.0 : p.k)) / (s + l);
    return tad__scale_f64(s + (l + inverse), p.k - 1.0);
}

TAD__EMBEDDED float tad__sinh_f32(float x) {
    static const float c[4] = {1.0f / 6.0f, 1.0f / 120.0f, 1.0f / 5040.0f, 1.0f / 362880.0f};
    float a = fabsf(x), z = a * a, z2 = z * z;
    tad__exp_parts_f32_t p = tad__exp_parts_f32(a > 100.0f ? 100.0f : a);
    float s, l = tad__exp_sum_f32(p, &s);
    float inverse = tad__pow2_f32(-2.0f * (p.k > 30.0f ? 30.0f : p.k)) / (s + l);
    float far = tad__scale_f32(s + (l - inverse), p.k - 1.0f);
    return copysignf(a < 0.5f ? a + a * z * tad__poly4_f32(c, z, z2) : far, x);
}

TAD__EMBEDDED float tad__cosh_f32(float x) {
    float a = fabsf(x);
    tad__exp_parts_f32_t p = tad__exp_parts_f32(a > 100.0f ? 100.0f : a);
    float s, l = tad__exp_sum_f32(p, &s);
    float inverse = tad__pow2_f32(-2.0f * (p.k > 30.0f ? 30.0f : p.k)) / (s + l);
    return tad__scale_f32(s + (l + inverse), p.k - 1.0f);
}

/* log(1+x+e) + turn ln 2 for x >= 0 and e its rounding error. */
TAD__EMBEDDED double tad__log1p_plus_f64(double x, double e, double turn) {
    double u = 1.0 + x, v = u - 1.0, c = (1.0 - (u - v)) + (x - v);
    tad__log_parts_f64_t p = tad__log_split_f64(u, 0.0);
    c = ((p.k == 0.0 ? 0.0 : c) + e) / u;
    p.f = p.k == 0.0 ? x : p.f;
    p.k += turn;
    return tad__log_special_f64(u, tad__log_join_f64(p, c));
}

/* Inverse hyperbolic functions: log1p of a sum taken with its error; log 2a where a^2 is large. */
TAD__EMBEDDED double tad__asinh_f64(double x) {
    double a = fabs(x), z = a * a, turn = a > 0x1p100 ? 1.0 : 0.0;
    double b = a > 0x1p100 ? 0.0 : z / (1.0 + sqrt(z + 1.0)), s = a + b;
    double y = tad__log1p_plus_f64(s, b - (s - a), turn);
    return copysign(a < 0x1p-54 ? a : y, x);
}

TAD__EMBEDDED double tad__acosh_f64(double x) {
    double t = x - 1.0, turn = x > 0x1p100 ? 1.0 : 0.0;
    double r = x > 0x1p100 ? 0.0 : sqrt(2.0 * t + t * t), s = r + t;
    double y = tad__log1p_plus_f64(s, x > 0x1p100 ? 0.0 : t - (s - r), turn);
    return x < 1.0 ? (double)NAN : y;
}

TAD__EMBEDDED double tad__atanh_f64(double x) {
    double a = fabs(x), t = 2.0 * a, b = t * a / (1.0 - a), s = t + b;
    double y = 0.5 * tad__log1p_plus_f64(s, a < 0.5 ? b - (s - t) : 0.0, 0.0);
    y = a < 0x1p-54 ? a : y;
    return copysign(a > 1.0 ? (double)NAN : y, x);
}

TAD__EMBEDDED float tad__log1p_plus_f32(float x, float e, float turn) {
    float u = 1.0f + x, v = u - 1.0f, c = (1.0f - (u - v)) + (x - v);
    tad__log_parts_f32_t p = tad__log_split_f32(u, 0.0f);
    c = ((p.k == 0.0f ? 0.0f : c) + e) / u;
    p.f = p.k == 0.0f ? x : p.f;
    p.k += turn;
    return tad__log_special_f32(u, tad__log_join_f32(p, c));
}

TAD__EMBEDDED float tad__asinh_f32(float x) {
    float a = fabsf(x), z = a * a, turn = a > 0x1p40f ? 1.0f : 0.0f;
    float b = a > 0x1p40f ? 0.0f : z / (1.0f + sqrtf(z + 1.0f)), s = a + b;
    float y = tad__log1p_plus_f32(s, b - (s - a), turn);
    return copysignf(a < 0x1p-25f ? a : y, x);
}

TAD__EMBEDDED float tad__acosh_f32(float x) {
    float t = x - 1.0f, turn = x > 0x1p40f ? 1.0f : 0.0f;
    float r = x > 0x1p40f ? 0.0f : sqrtf(2.0f * t + t * t), s = r + t;
    float y = tad__log1p_plus_f32(s, x > 0x1p40f ? 0.0f : t - (s - r), turn);
    return x < 1.0f ? NAN : y;
}

TAD__EMBEDDED float tad__atanh_f32(float x) {
    float a = fabsf(x), t = 2.0f * a, b = t * a / (1.0f - a), s = t + b;
    float y = 0.5f * tad__log1p_plus_f32(s, a < 0.5f ? b - (s - t) : 0.0f, 0.0f);
    y = a < 0x1p-25f ? a : y;
    return copysignf(a > 1.0f ? NAN : y, x);
}

/* ---- Cube root ---- */

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
    tad__log_parts_f64_t p = tad__log_parts_f64(a);
    double q = tad__nearest_f64(p.k * (1.0 / 3.0)), j = p.k - 3.0 * q, m = p.f + 1.0;
    double t = tad__head_f64(tad__cbrt_start_f64(m, j));
    double r = m * (j == 0.0 ? 1.0 : j > 0.0 ? 2.0 : 0.5) / (t * t);
    t = (t + t * ((r - t) / (2.0 * t + r))) * tad__pow2_f64(q);
    return copysign(a > 0.0 && a < HUGE_VAL ? t : a, x);
}

TAD__EMBEDDED float tad__cbrt_f32(float x) {
    double a = fabs((double)x);
    tad__log_parts_f64_t p = tad__log_split_f64(a, 0.0);
    double q = tad__nearest_f64(p.k * (1.0 / 3.0));
    double t = tad__cbrt_start_f64(p.f + 1.0, p.k - 3.0 * q) * tad__pow2_f64(q);
    return copysignf((float)(a > 0.0 && a < HUGE_VAL ? t : a), x);
}

/* ---- Error function ---- */

/* erf(x)/x - 1 as a polynomial in x^2, 0 <= x <= 1; Sollya's fpminimax, error 2^-56 (2^-29.5). */
static const double tad__erf_s_f64[12] = {
    0x1.06eba8214db68p-3,  -0x1.812746b0379b5p-2,  0x1.ce2f21a040b02p-4,  -0x1.b82ce311f7069p-6,
    0x1.565bccf908894p-8,  -0x1.c02db03ff6859p-11, 0x1.f9a2bb4bba0e4p-14, -0x1.f4ca5bb2856d7p-17,
    0x1.b9807f233887cp-20, -0x1.5c0bc3130e21dp-23, 0x1.d73d744d56748p-27, -0x1.ac1a4196e188cp-31,
};
static const float tad__erf_s_f32[7] = {
    0x1.06eba8p-3f, -0x1.81274p-2f,   0x1.ce2d52p-4f,  -0x1.b7fec4p-6f,
    0x1.542fecp-8f, -0x1.a5197ap-11f, 0x1.4c5cb4p-14f,
};

/* -log(erfc(1 + t)), 0 <= t <= 5 (3); Sollya's remez for the absolute error of erf, which is
 * 2^-59.5 (2^-29.8). The form is that of N. Juffa's published erff. */
static const double tad__erf_l_f64[19] = {
    0x1.d97fbf27aa2a1p0,    0x1.51c9b0006c236p1,    0x1.afabc11a295f4p-1,   0x1.5477f09c036dcp-5,
    -0x1.48c9d3eb1efeap-7,  0x1.033f65b026324p-9,   -0x1.f1b389839cf1dp-13, -0x1.b8de9c9e19b87p-16,
    0x1.c7a77eb56b703p-16,  -0x1.426bd16f27b92p-17, 0x1.147536a6c9b2ep-19,  -0x1.32d2895a7ed4bp-23,
    -0x1.a2f66929eee96p-24, 0x1.bf0068361e132p-25,  -0x1.002d31e2d6264p-26, 0x1.89a16646f75b6p-29,
    -0x1.94e4ae2bc212fp-32, 0x1.faee22dd05bdap-36,  -0x1.247b85ffb267fp-40,
};
static const float tad__erf_l_f32[7] = {
    0x1.d97fbf43c912p0f,    0x1.51c9aa24d2a87p1f,   0x1.afad34e34e547p-1f,   0x1.53f94055a1f2ap-5f,
    -0x1.441ad0888d0e6p-7f, 0x1.deb7bc52d867cp-10f, -0x1.852d46c396ad7p-13f,
};

TAD__EMBEDDED double tad__erf_f64(double x) {
    const double *c = tad__erf_s_f64, *g = tad__erf_l_f64;
    double a = fabs(x);
    a = a > 6.0 ? 6.0 : a;
    double z = a * a, z2 = z * z, z4 = z2 * z2;
    double near = tad__poly8_f64(c, z, z2, z4) + tad__poly4_f64(c + 8, z, z2) * (z4 * z4);
    double t = a - 1.0, t2 = t * t, t4 = t2 * t2, t8 = t4 * t4;
    double far = tad__poly8_f64(g, t, t2, t4) +
                 (tad__poly8_f64(g + 8, t, t2, t4) + tad__poly3_f64(g + 16, t, t2) * t8) * t8;
    tad__exp_parts_f64_t p = tad__exp_parts_f64(-far);
    double s, l = tad__exp_sum_f64(p, &s);
    double y = a < 1.0 ? a + a * near : 1.0 - (s + l) * tad__pow2_f64(p.k);
    return copysign(y, x);
}

TAD__EMBEDDED float tad__erf_f32(float x) {
    const float *c = tad__erf_s_f32, *g = tad__erf_l_f32;
    float a = fabsf(x);
    a = a > 4.0f ? 4.0f : a;
    float z = a * a, z2 = z * z;
    float near = tad__poly4_f32(c, z, z2) + tad__poly3_f32(c + 4, z, z2) * (z2 * z2);
    float t = a - 1.0f, t2 = t * t;
    float far = tad__poly4_f32(g, t, t2) + tad__poly3_f32(g + 4, t, t2) * (t2 * t2);
    tad__exp_parts_f32_t p = tad__exp_parts_f32(-far);
    float s, l = tad__exp_sum_f32(p, &s);
    float y = a < 1.0f ? a + a * near : 1.0f - (s + l) * tad__pow2_f32(p.k);
    return copysignf(y, x);
}

/* (1 + 2a) e^(a^2) erfc(a) as a polynomial in t = (a-3)/(a+3), 0.6 <= a <= 27.4; interpolated with
 * mpmath, relative error 2^-58. The form is that of Shepherd and Laframboise, Math. Comp. 36
 * (1981). */
static const double tad__erfc_p_f64[22] = {
    0x1.40c522d7e4987p0,   -0x1.15c084bb9e8f5p-3,  -0x1.85a15c58aa646p-5,  0x1.098366a5b47dfp-3,
    -0x1.e88b803a482dfp-4, 0x1.17ca2877ea953p-4,   -0x1.8574c40c38da6p-6,  0x1.4b884e557ed4fp-9,
    0x1.ef1bdd9c21989p-10, -0x1.98db54520db45p-11, -0x1.b912985ba5714p-14, 0x1.065a94fcc61a6p-13,
    0x1.4c2cb5e76829ap-18, -0x1.5148a2b8f2d9dp-16, -0x1.889e03ab47c99p-21, 0x1.d339822c6ba00p-19,
    0x1.7b01dd9018cb5p-22, -0x1.52f9bb1bde9cbp-21, -0x1.17e9b40635e5fp-23, 0x1.efab057e28026p-24,
    0x1.ccc543238c695p-26, -0x1.30f8702f14e4ep-26,
};

/* That polynomial over 1 + 2a, as a 26-bit number that is returned and *rest. */
TAD__EMBEDDED double tad__erfc_factor_f64(double a, double *rest) {
    const double *c = tad__erfc_p_f64;
    double t = (a - 3.0) / (a + 3.0), t2 = t * t, t4 = t2 * t2, t8 = t4 * t4;
    double top = tad__poly4_f64(c + 17, t, t2) + c[21] * t4;
    double high = tad__poly8_f64(c + 9, t, t2, t4) + top * t8;
    double p = t * (tad__poly8_f64(c + 1, t, t2, t4) + high * t8);
    double g = c[0] + p, d = 1.0 + 2.0 * a, inverse = 1.0 / d;
    double q = tad__head_f64(g * inverse), h = tad__head_f64(d);
    double l = (d - h) + (1.0 - (d - 2.0 * a));
    *rest = (((g - q * h) - q * l) + (p - (g - c[0]))) * inverse;
    return q;
}

/* erfc a for 0.6 <= a <= 27.4: the square and the product are exact as heads and tails. */
TAD__EMBEDDED double tad__erfc_far_f64(double a) {
    double rest, q = tad__erfc_factor_f64(a, &rest);
    double h = tad__head_f64(a), sq = -h * h, tail = (a - h) * (a + h);
    double k = tad__nearest_f64((sq - tail) * TAD__LOG2E_F64);
    double l = k * tad__ln2_f64[1] + tail;
    tad__exp_parts_f64_t p = tad__exp_finish_f64(k, sq - k * tad__ln2_f64[0], l);
    double s, e = tad__exp_sum_f64(p, &s);
    double v = tad__head_f64(s + e), w = (s - v) + e;
    return tad__scale_f64(v * q + (v * rest + w * (q + rest)), k);
}

TAD__EMBEDDED double tad__erfc_f64(double x) {
    const double *c = tad__erf_s_f64;
    double a = fabs(x), z = x * x, z2 = z * z, z4 = z2 * z2;
    double near = tad__poly8_f64(c, z, z2, z4) + tad__poly4_f64(c + 8, z, z2) * (z4 * z4);
    double far = tad__erfc_far_f64(tad__clamp_f64(a, 0.625, 27.4));
    far = x < 0.0 ? 2.0 - far : far;
    return a < 0.625 ? (1.0 - x) - x * near : far;
}

/* In binary32 with t = (a-2)/(a+2), a <= 10.1: relative error 2^-28. */
static const float tad__erfc_p_f32[10] = {
    0x1.46e80e293eb7ap+0f,   -0x1.7bf5de84be13ap-4f, -0x1.5407da29246bep-3f,
    0x1.4ff8e42dea364p-3f,   -0x1.bc21e601e1da7p-5f, -0x1.064bb2eaaabc0p-7f,
    0x1.1c85a1908c6c0p-7f,   0x1.27ddd28d883cbp-10f, -0x1.56c65ff8ca949p-10f,
    -0x1.7e28c86adbcd0p-13f,
};

TAD__EMBEDDED float tad__erfc_factor_f32(float a, float *rest) {
    const float *c = tad__erfc_p_f32;
    float t = (a - 2.0f) / (a + 2.0f), t2 = t * t, t4 = t2 * t2;
    float p = tad__poly4_f32(c + 1, t, t2) + tad__poly4_f32(c + 5, t, t2) * t4 + c[9] * (t4 * t4);
    p *= t;
    float g = c[0] + p, d = 1.0f + 2.0f * a, inverse = 1.0f / d;
    float q = tad__head_f32(g * inverse), h = tad__head_f32(d);
    float l = (d - h) + (1.0f - (d - 2.0f * a));
    *rest = (((g - q * h) - q * l) + (p - (g - c[0]))) * inverse;
    return q;
}

TAD__EMBEDDED float tad__erfc_far_f32(float a) {
    float rest, q = tad__erfc_factor_f32(a, &rest);
    float h = tad__head_f32(a), sq = -h * h, tail = (a - h) * (a + h);
    float k = tad__nearest_f32((sq - tail) * TAD__LOG2E_F32);
    float l = k * tad__ln2_f32[1] + tail;
    tad__exp_parts_f32_t p = tad__exp_finish_f32(k, sq - k * tad__ln2_f32[0], l);
    float s, e = tad__exp_sum_f32(p, &s);
    float v = tad__head_f32(s + e), w = (s - v) + e;
    return tad__scale_f32(v * q + (v * rest + w * (q + rest)), k);
}

TAD__EMBEDDED float tad__erfc_f32(float x) {
    const float *c = tad__erf_s_f32;
    float a = fabsf(x), z = x * x, z2 = z * z;
    float near = tad__poly4_f32(c, z, z2) + tad__poly3_f32(c + 4, z, z2) * (z2 * z2);
    float far = tad__erfc_far_f32(tad__clamp_f32(a, 0.625f, 10.1f));
    far = x < 0.0f ? 2.0f - far : far;
    return a < 0.625f ? (1.0f - x) - x * near : far;
}

/* ---- Functions with a branch to libm ---- */

#define tad__sin_near_f64 tad__sin_core_f64
#define tad__cos_near_f64 tad__cos_core_f64
#define tad__tan_near_f64 tad__tan_core_f64
#define tad__tan_near_f32 tad__tan_core_f32

/* The scalar forms are complete; the block forms are the same function of every element, with vector
 * loops for the elements within the limits. y may be x. */
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
