/* Powers. */
#ifndef TAD_KERNEL_ELEMENTARY_POW_H
#define TAD_KERNEL_ELEMENTARY_POW_H

#include "root.h"

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
    tad__log_parts_t_f64 p = tad__log_parts_f64(a);
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
    uint64_t far = TAD__WHERE_F64(fabs(h) > 1100.0);
    l = tad__select_f64(far, 0.0, l);
    h = tad__select_f64(far, copysign(1100.0, h), h);
    double k = tad__nearest_f64(h), f = h - k, g = tad__head_f64(f + l), e = l - (g - f);
    return tad__exp_join_f64(
        tad__exp_finish_f64(k, g * ln2_hi, -(g * ln2_lo + e * (ln2_hi + ln2_lo))));
}

/* What a power needs to know of its exponent w. */
typedef struct tad__exponent {
    double w, head, tail;            /* w = head + tail, within limits */
    double of_zero, of_infinity;     /* powers of |x| */
    uint64_t whole, odd, zero, none; /* all bits where w is */
} tad__exponent;

TAD__EMBEDDED tad__exponent tad__exponent_of(double w) {
    double v = tad__clamp_f64(w, -0x1p70, 0x1p70), head = tad__head_f64(v);
    double a = fabs(w) < 0x1p53 ? fabs(w) : 0x1p53, half = 0.5 * a;
    uint64_t whole = TAD__WHERE_F64((a + 0x1p52) - 0x1p52 == a) | TAD__WHERE_F64(a >= 0x1p52);
    return (tad__exponent){.w = w,
                           .head = head,
                           .tail = v - head,
                           .of_zero = w < 0.0 ? HUGE_VAL : 0.0,
                           .of_infinity = w < 0.0 ? 0.0 : HUGE_VAL,
                           .whole = whole,
                           .odd = whole & TAD__WHERE_F64((half + 0x1p52) - 0x1p52 != half),
                           .zero = TAD__WHERE_F64(w == 0.0),
                           .none = TAD__WHERE_F64(w != w)};
}

/* y = |x|^w given the sign and the special cases of x^w. */
TAD__EMBEDDED double tad__pow_special_f64(double x, tad__exponent e, double y) {
    double a = fabs(x);
    uint64_t no_power = TAD__WHERE_F64(x < 0.0) & TAD__WHERE_F64(a <= DBL_MAX) & ~e.whole;
    y = tad__select_f64(TAD__WHERE_F64(a == 0.0), e.of_zero, y);
    y = tad__select_f64(TAD__WHERE_F64(a > DBL_MAX), e.of_infinity, y);
    y = tad__select_f64(e.odd, copysign(y, x), y);
    y = tad__select_f64(no_power, (double)NAN, y);
    y = tad__select_f64(TAD__WHERE_F64(x != x), x, y);
    y = tad__select_f64(e.none, e.w, y);
    return tad__select_f64(e.zero | TAD__WHERE_F64(x == 1.0), 1.0, y);
}

TAD__EMBEDDED double tad__pow_to_f64(double x, tad__exponent e) {
    double rest, h = tad__pow_log2_f64(fabs(x), &rest);
    return tad__pow_special_f64(
        x, e, tad__pow_exp2_f64(e.head * h, e.tail * h + (e.head + e.tail) * rest));
}

/* What a power in binary32 needs: log2 to 2^-38 by the series 2 / ln 2 (s + s^3/3 + ...),
 * s = f/(2+f), and 2^h to 2^-32 by that of the exponential. */
static const double tad__pow_log_f64[7] = {
    0x1.71547652b82fep+1, 0x1.ec709dc3a03fdp-1, 0x1.2776c50ef9bfep-1, 0x1.a61762a7aded9p-2,
    0x1.484b13d7c02a9p-2, 0x1.0c9a84994022dp-2, 0x1.c68f568d31760p-3,
};
static const double tad__pow_exp_f64[8] = {
    0x1.62e42fefa39efp-1,  0x1.ebfbdff82c58fp-3,  0x1.c6b08d704a0c0p-5,  0x1.3b2ab6fba4e77p-7,
    0x1.5d87fe78a6731p-10, 0x1.430912f86c787p-13, 0x1.ffcbfc588b0c7p-17, 0x1.62c0223a5c824p-20,
};

TAD__EMBEDDED double tad__pow_short_log2_f64(double a) {
    const double *c = tad__pow_log_f64;
    tad__log_parts_t_f64 p = tad__log_split_f64(a, 0.0);
    double s = p.f / (2.0 + p.f), z = s * s, z2 = z * z;
    return p.k + s * (tad__poly4_f64(c, z, z2) + tad__poly3_f64(c + 4, z, z2) * (z2 * z2));
}

TAD__EMBEDDED double tad__pow_short_exp2_f64(double h) {
    const double *c = tad__pow_exp_f64;
    h = tad__select_f64(TAD__WHERE_F64(fabs(h) > 1000.0), copysign(1000.0, h), h);
    double k = tad__nearest_f64(h), r = h - k, r2 = r * r;
    return (1.0 + r * tad__poly8_f64(c, r, r2, r2 * r2)) * tad__pow2_f64(k);
}

TAD__EMBEDDED float tad__pow_to_f32(float x, tad__exponent e) {
    double y = tad__pow_short_exp2_f64(e.w * tad__pow_short_log2_f64((double)fabsf(x)));
    return (float)tad__pow_special_f64((double)x, e, fabsf(x) == 1.0f ? 1.0 : y);
}

TAD__EMBEDDED double tad__pow_f64(double x, double w) {
    return tad__pow_to_f64(x, tad__exponent_of(w));
}

TAD__EMBEDDED float tad__pow_f32(float x, float w) {
    return tad__pow_to_f32(x, tad__exponent_of((double)w));
}

/* Powers x^p and x^(p - 1) for a p known beforehand: many are a product or two. */
enum {
    TAD__POWER_0,
    TAD__POWER_ANY,
    TAD__POWER_2,
    TAD__POWER_3,
    TAD__POWER_INVERSE,
    TAD__POWER_ROOT,
    TAD__POWER_ROOT_3, /* 1.5: the root's third power */
    TAD__POWER_INVERSE_ROOT
};

static inline int tad__power_form(double p) {
    return p == 0     ? TAD__POWER_0
           : p == 2   ? TAD__POWER_2
           : p == 3   ? TAD__POWER_3
           : p == -1  ? TAD__POWER_INVERSE
           : p == 0.5 ? TAD__POWER_ROOT
           : p == 1.5 ? TAD__POWER_ROOT_3
           : p == -.5 ? TAD__POWER_INVERSE_ROOT
                      : TAD__POWER_ANY;
}

#define BODY "elementary/pow_body.h"
#include "../instantiate.h"

#endif
