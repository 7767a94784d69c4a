/* The error function, its complement, and the normal distribution function. */
#ifndef TAD_KERNEL_ELEMENTARY_ERF_H
#define TAD_KERNEL_ELEMENTARY_ERF_H

#include "exp.h"

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

TAD__EMBEDDED double tad__erf_near_f64(double z) {
    const double *c = tad__erf_s_f64;
    double z2 = z * z, z4 = z2 * z2;
    return tad__poly8_f64(c, z, z2, z4) + tad__poly4_f64(c + 8, z, z2) * (z4 * z4);
}

TAD__EMBEDDED float tad__erf_near_f32(float z) {
    const float *c = tad__erf_s_f32;
    float z2 = z * z;
    return tad__poly4_f32(c, z, z2) + tad__poly3_f32(c + 4, z, z2) * (z2 * z2);
}

TAD__EMBEDDED double tad__erf_log_f64(double t) {
    const double *g = tad__erf_l_f64;
    double t2 = t * t, t4 = t2 * t2, t8 = t4 * t4;
    return tad__poly8_f64(g, t, t2, t4) +
           (tad__poly8_f64(g + 8, t, t2, t4) + tad__poly3_f64(g + 16, t, t2) * t8) * t8;
}

TAD__EMBEDDED float tad__erf_log_f32(float t) {
    const float *g = tad__erf_l_f32;
    float t2 = t * t;
    return tad__poly4_f32(g, t, t2) + tad__poly3_f32(g + 4, t, t2) * (t2 * t2);
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

TAD__EMBEDDED double tad__erfc_poly_f64(double a) {
    const double *c = tad__erfc_p_f64;
    double t = (a - 3.0) / (a + 3.0), t2 = t * t, t4 = t2 * t2, t8 = t4 * t4;
    double top = tad__poly4_f64(c + 17, t, t2) + c[21] * t4;
    double high = tad__poly8_f64(c + 9, t, t2, t4) + top * t8;
    return t * (tad__poly8_f64(c + 1, t, t2, t4) + high * t8);
}

/* In binary32 with t = (a-2)/(a+2), a <= 10.1: relative error 2^-28. */
static const float tad__erfc_p_f32[10] = {
    0x1.46e80e293eb7ap+0f,   -0x1.7bf5de84be13ap-4f, -0x1.5407da29246bep-3f,
    0x1.4ff8e42dea364p-3f,   -0x1.bc21e601e1da7p-5f, -0x1.064bb2eaaabc0p-7f,
    0x1.1c85a1908c6c0p-7f,   0x1.27ddd28d883cbp-10f, -0x1.56c65ff8ca949p-10f,
    -0x1.7e28c86adbcd0p-13f,
};

TAD__EMBEDDED float tad__erfc_poly_f32(float a) {
    const float *c = tad__erfc_p_f32;
    float t = (a - 2.0f) / (a + 2.0f), t2 = t * t, t4 = t2 * t2;
    float p = tad__poly4_f32(c + 1, t, t2) + tad__poly4_f32(c + 5, t, t2) * t4 + c[9] * (t4 * t4);
    return p * t;
}

/* e^(a^2 / 2) Phi(-a) (a + 2.5) as a polynomial in u = (a - 2.5) / (a + 2.5), 0 <= a <= 14.5;
 * weighted least squares for the relative error, 2^-25.9. */
static const float tad__ndtr_p_f32[10] = {
    0x1.69cee6p-1f,   -0x1.bc19c2p-2f, 0x1.0e4f2ep-3f,  0x1.2ea478p-7f,   -0x1.0c77f4p-6f,
    -0x1.a3aeacp-10f, 0x1.4abbd0p-9f,  0x1.66cb2cp-11f, -0x1.45f734p-12f, -0x1.49cffcp-13f,
};

static const double tad__root_half_f64 = 0x1.6a09e667f3bcdp-1;

/* Where the results stay the same from. */
#define tad__erf_most_f64 6.0
#define tad__erf_most_f32 4.0f
#define tad__erfc_most_f64 27.4
#define tad__erfc_most_f32 10.1f
#define tad__ndtr_most_f64 38.7
#define tad__ndtr_most_f32 14.3f

#define BODY "elementary/erf_body.h"
#include "../instantiate.h"

/* ---- Phi, the normal distribution function ---- */

/* Phi(-a) for a >= 0.88. */
TAD__EMBEDDED double tad__ndtr_far_f64(double a) {
    double rest, q = tad__erfc_factor_f64(a * tad__root_half_f64, &rest);
    return tad__times_exp_square_f64(0.5 * q, 0.5 * rest, a, 0.5);
}

TAD__EMBEDDED double tad__ndtr_f64(double x) {
    double a = fabs(x), z = x * tad__root_half_f64;
    double near = 0.5 + 0.5 * (z + z * tad__erf_near_f64(z * z));
    double far = tad__ndtr_far_f64(tad__clamp_f64(a, 0.885, tad__ndtr_most_f64));
    far = x > 0 ? 1 - far : far;
    return a < 0.885 ? near : far;
}

/* In binary32 without error terms: up to 5 ulp. */
TAD__EMBEDDED float tad__ndtr_f32(float x) {
    const float *c = tad__ndtr_p_f32;
    float a = tad__clamp_f32(fabsf(x), 0.0f, tad__ndtr_most_f32), inverse = 1 / (a + 2.5f);
    float u = (a - 2.5f) * inverse, u2 = u * u, u4 = u2 * u2;
    float high = tad__poly4_f32(c + 4, u, u2) + tad__poly2_f32(c + 8, u) * u4;
    float q = (tad__poly4_f32(c, u, u2) + high * u4) * inverse;
    float h = tad__head_f32(a), square = -0.5f * (h * h), tail = 0.5f * ((a - h) * (a + h));
    float k = tad__nearest_f32((square - tail) * tad__log2e_f32);
    tad__exp_parts_t_f32 p =
        tad__exp_finish_f32(k, square - k * tad__ln2_f32[0], k * tad__ln2_f32[1] + tail);
    float far = tad__scale_f32(q + q * (p.h + p.t), k);
    return x > 0 ? 1 - far : far;
}

#endif
