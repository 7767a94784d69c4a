/* Exponentials, and the logistic function. */
#ifndef TAD_KERNEL_ELEMENTARY_EXP_H
#define TAD_KERNEL_ELEMENTARY_EXP_H

#include "poly.h"

#define tad__log2e_f64 0x1.71547652b82fep+0
#define tad__log2e_f32 0x1.715476p+0f

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
} tad__exp_parts_t_f64;

typedef struct {
    float k, h, t;
} tad__exp_parts_t_f32;

/* The parts of 2^k * e^(h - l), l tiny. */
TAD__EMBEDDED tad__exp_parts_t_f64 tad__exp_finish_f64(double k, double h, double l) {
    const double *c = tad__exp_q_f64;
    double r = h - l, r2 = r * r, r4 = r2 * r2;
    double q = tad__poly8_f64(c, r, r2, r4) + tad__poly3_f64(c + 8, r, r2) * (r4 * r4);
    return (tad__exp_parts_t_f64){k, h, r2 * q - l};
}

TAD__EMBEDDED tad__exp_parts_t_f32 tad__exp_finish_f32(float k, float h, float l) {
    const float *c = tad__exp_q_f32;
    float r = h - l, r2 = r * r;
    float q = tad__poly2_f32(c, r) + tad__poly3_f32(c + 2, r, r2) * r2;
    return (tad__exp_parts_t_f32){k, h, r2 * q - l};
}

TAD__EMBEDDED tad__exp_parts_t_f64 tad__exp_parts_f64(double x) {
    double k = tad__nearest_f64(x * tad__log2e_f64);
    return tad__exp_finish_f64(k, x - k * tad__ln2_f64[0], k * tad__ln2_f64[1]);
}

TAD__EMBEDDED tad__exp_parts_t_f32 tad__exp_parts_f32(float x) {
    float k = tad__nearest_f32(x * tad__log2e_f32);
    return tad__exp_finish_f32(k, x - k * tad__ln2_f32[0], k * tad__ln2_f32[1]);
}

/* 1 + h + t as a rounded sum *s and its error, which is returned. */
TAD__EMBEDDED double tad__exp_sum_f64(tad__exp_parts_t_f64 p, double *s) {
    *s = 1.0 + p.h;
    return (p.h - (*s - 1.0)) + p.t;
}

TAD__EMBEDDED float tad__exp_sum_f32(tad__exp_parts_t_f32 p, float *s) {
    *s = 1.0f + p.h;
    return (p.h - (*s - 1.0f)) + p.t;
}

TAD__EMBEDDED double tad__exp_join_f64(tad__exp_parts_t_f64 p) {
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
    const float shift = TAD__SHIFT_F32 + bias, s = x * tad__log2e_f32 + shift, k = s - shift;
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
    tad__exp_parts_t_f64 p = tad__exp_parts_f64(x);
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
    tad__exp_parts_t_f64 p = tad__exp_parts_f64(tad__clamp_f64(x, -45.0, 710.0));
    double c = 1.0 - tad__pow2_f64(-(p.k > 64.0 ? 64.0 : p.k));
    double s = c + p.h;
    double y = s + ((p.h - (s - c)) + p.t);
    return copysign(tad__scale_f64(y, p.k), x);
}

TAD__EMBEDDED float tad__expm1_f32(float x) {
    tad__exp_parts_t_f32 p = tad__exp_parts_f32(tad__clamp_f32(x, -20.0f, 89.0f));
    float c = 1.0f - tad__pow2_f32(-(p.k > 32.0f ? 32.0f : p.k));
    float s = c + p.h;
    float y = s + ((p.h - (s - c)) + p.t);
    return copysignf(tad__scale_f32(y, p.k), x);
}

/* 2^(i/64) and what it was rounded by, relative to it. */
/* clang-format off */
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
/* clang-format on */

/* (e^r - 1 - r) / r^2 for |r| <= ln 2 / 128, interpolated with mpmath; the error of e^r is
 * 2^-57. */
static const double tad__exp_c_f64[4] = {
    0x1.ffffffffff511p-2,
    0x1.5555555555236p-3,
    0x1.55556ba388635p-5,
    0x1.11111dd009952p-7,
};

/* 1 / (1 + e^-x) with everything taken times 2^-64, so that the division underflows by itself: with
 * -x = k ln 2 / 64 + r and s = 2^(k/64), 1 + s is taken with its error, and s (e^r - 1) is
 * small. */
TAD__EMBEDDED double tad__sigmoid_f64(double x) {
    const double *c = tad__exp_c_f64, one = 0x1p-64, shift = TAD__SHIFT_F64 - 64 * 64;
    double v = x * (-64.0 * tad__log2e_f64) + shift, k = v - shift;
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

#endif
