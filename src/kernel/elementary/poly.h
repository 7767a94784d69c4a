/* Polynomials by Estrin's scheme; lowest coefficient first, x2 = x*x, x4 = x2*x2. */
#ifndef TAD_KERNEL_ELEMENTARY_POLY_H
#define TAD_KERNEL_ELEMENTARY_POLY_H

#include "bits.h"

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

#endif
