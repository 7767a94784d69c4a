/* Lambert's W: the w with w e^w = x. A function with branches, defined once for all levels by
 * special.c. TAD__SPECIAL says how. */
#ifndef TAD_KERNEL_ELEMENTARY_LAMBERT_H
#define TAD_KERNEL_ELEMENTARY_LAMBERT_H

#include "gamma.h"

/* The series at the branch point -1/e in p = sqrt(2 (e x + 1)), which is negative on the lower
 * branch; by Corless's recurrence, with mpmath. 1/e in two parts; sqrt(2 e). */
static const double tad__lambert_p_f64[24] = {
    -0x1.0p+0,
    0x1.0p+0,
    -0x1.5555555555555p-2,
    0x1.38e38e38e38e4p-3,
    -0x1.4629b7f0d462ap-4,
    0x1.6c901e573ac90p-5,
    -0x1.a9bbcb24fe29fp-6,
    0x1.002c98983bc43p-6,
    -0x1.3b20565de449cp-7,
    0x1.8a2b4a92630e7p-8,
    -0x1.f38df0d491306p-9,
    0x1.3fee464a7d9c5p-9,
    -0x1.9d620108b4284p-10,
    0x1.0d075d983b845p-10,
    -0x1.605a95d04e643p-11,
    0x1.cff7754715cf2p-12,
    -0x1.32e4f1bc682e6p-12,
    0x1.97a8dfca09940p-13,
    -0x1.0fbca7a215b09p-13,
    0x1.6b701d0eab7e4p-14,
    -0x1.e77e059770444p-15,
    0x1.47cc8ab17efb8p-15,
    -0x1.b9e1207154a3cp-16,
    0x1.2a78f41328c77p-16,
};
static const double tad__lambert_end_f64[2] = {0x1.78b56362cef38p-2, -0x1.ca8a4270fadf5p-57};
static const double tad__lambert_root_f64 = 0x1.2a734f5b6ffbep+1;

/* Where to begin: beside the branch point; near 0; log x - log log x on either branch. */
static inline double tad__lambert_start_f64(int lower, double x, double p) {
    if (p < 1.2) return tad__horner_f64(tad__lambert_p_f64, 8, lower ? -p : p);
    if (!lower && x < 3) return tad__log1p_f64(x) * (1 - 0.25 * tad__log1p_f64(x));
    const double l = tad__log_f64(fabs(x)), ll = tad__log_f64(fabs(l));
    return l - ll + ll / l;
}

/* Steps of fourth order (Fritsch, Shafer, Crowley 1973); log(x / w) - w is what w lacks. */
static inline double tad__lambert_refined_f64(double x, double w) {
    for (int k = 0; k < 8; k++) {
        const double z = tad__log_f64(x / w) - w, q = 2 * (1 + w) * (1 + w + z * (2.0 / 3));
        const double move = z / (1 + w) * ((q - z) / (q - 2 * z));
        w *= 1 + move;
        if (fabs(move) < 0x1p-40) break;
    }
    return w;
}

/* The double next to -1/e lies a little below it, and counts as it. */
TAD__SPECIAL double tad__lambert_w_f64(double branch, double x) {
    const int lower = branch != 0;
    const double q = (x + tad__lambert_end_f64[0]) + tad__lambert_end_f64[1];
    if (x != x || (x == HUGE_VAL && !lower) || (x == 0 && !lower)) return x;
    if (lower && !(x < 0)) return x == 0 ? -HUGE_VAL : (double)NAN;
    if (q < tad__lambert_end_f64[1]) return (double)NAN;
    const double p = q > 0 ? tad__lambert_root_f64 * sqrt(q) : 0;
    if (p < 0.35) return tad__horner_f64(tad__lambert_p_f64, 24, lower ? -p : p);
    return tad__lambert_refined_f64(x, tad__lambert_start_f64(lower, x, p));
}

TAD__SPECIAL float tad__lambert_w_f32(float branch, float x) {
    return (float)tad__lambert_w_f64((double)branch, (double)x);
}

#endif
