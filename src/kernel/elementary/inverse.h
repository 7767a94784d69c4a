/* Inverse trigonometric and hyperbolic functions. */
#ifndef TAD_KERNEL_ELEMENTARY_INVERSE_H
#define TAD_KERNEL_ELEMENTARY_INVERSE_H

#include "root.h"

/* atan r = r - r z A(z), z = r^2, |r| <= 7/16 (fdlibm s_atan.c). */
static const double tad__atan_a_f64[11] = {
    3.33333333333329318027e-01,  -1.99999999998764832476e-01, 1.42857142725034663711e-01,
    -1.11111104054623557880e-01, 9.09088713343650656196e-02,  -7.69187620504482999495e-02,
    6.66107313738753120669e-02,  -5.83357013379057348645e-02, 4.97687799461593236017e-02,
    -3.65315727442169155270e-02, 1.62858201153657823623e-02,
};

/* pi/4 in two parts. */
static const double tad__pio4_f64[2] = {7.85398163397448278999e-01, 3.06161699786838301793e-17};

TAD__EMBEDDED double tad__atan_near_f64(double z) {
    const double *c = tad__atan_a_f64;
    double z2 = z * z, z4 = z2 * z2;
    return tad__poly8_f64(c, z, z2, z4) + tad__poly3_f64(c + 8, z, z2) * (z4 * z4);
}

/* (asin(r)/r - 1) / z, z = r^2 <= 1/4; Sollya's remez, error 2^-58. */
static const double tad__asin_p_f64[13] = {
    0x1.5555555555556p-3, 0x1.3333333332e3fp-4, 0x1.6db6db6e3ee98p-5, 0x1.f1c71c16189e6p-6,
    0x1.6e8bb2ede8f5p-6,  0x1.1c4d1b9feafd8p-6, 0x1.c9d1fcb17ab7cp-7, 0x1.780a2bdd5783fp-7,
    0x1.52f4ab1170ab3p-7, 0x1.5fd0b497d3068p-8, 0x1.20fafd21fd681p-6, -0x1.f285c34206b7cp-7,
    0x1.db204178e3493p-6,
};

TAD__EMBEDDED double tad__asin_near_f64(double z) {
    const double *c = tad__asin_p_f64;
    double z2 = z * z, z4 = z2 * z2;
    double high = tad__poly4_f64(c + 8, z, z2) + c[12] * z4;
    return tad__poly8_f64(c, z, z2, z4) + high * (z4 * z4);
}

/* The same in binary32, fitted with Sollya's fpminimax: errors 2^-27.6 (atan r / r), 2^-30. */
static const float tad__atan_a_f32[5] = {
    0x1.555554p-2f, -0x1.999654p-3f, 0x1.2400b4p-3f, -0x1.b569bep-4f, 0x1.ff610cp-5f,
};
static const float tad__asin_p_f32[6] = {
    0x1.555554p-3f, 0x1.3334cep-4f, 0x1.6d3e74p-5f, 0x1.ffbd92p-6f, 0x1.0fec3ap-6f, 0x1.1ac0e4p-5f,
};
static const float tad__pio4_f32[2] = {0x1.921fb6p-1f, -0x1.777a5cp-26f};

TAD__EMBEDDED float tad__atan_near_f32(float z) {
    const float *c = tad__atan_a_f32;
    float z2 = z * z;
    return tad__poly4_f32(c, z, z2) + c[4] * (z2 * z2);
}

TAD__EMBEDDED float tad__asin_near_f32(float z) {
    const float *c = tad__asin_p_f32;
    float z2 = z * z;
    return tad__poly4_f32(c, z, z2) + tad__poly2_f32(c + 4, z) * (z2 * z2);
}

/* Where numbers become too large or too small for the formulas. */
#define tad__atan_most_f64 0x1p60
#define tad__atan_most_f32 0x1p30f
#define tad__atan2_large_f64 0x1p1000
#define tad__atan2_large_f32 0x1p120f
#define tad__atan2_scale_f64 0x1p-54
#define tad__atan2_scale_f32 0x1p-24f
#define tad__asinh_large_f64 0x1p100
#define tad__asinh_large_f32 0x1p40f
#define tad__asinh_small_f64 0x1p-54
#define tad__asinh_small_f32 0x1p-25f

#define BODY "elementary/inverse_body.h"
#include "../instantiate.h"

#endif
