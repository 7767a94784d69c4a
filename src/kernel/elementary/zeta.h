/* Hurwitz's zeta function with its derivatives, differences of the derivatives of log gamma, and
 * the beta function, which rests on them. Functions with branches, defined once for all levels by
 * special.c. TAD__SPECIAL says how. */
#ifndef TAD_KERNEL_ELEMENTARY_ZETA_H
#define TAD_KERNEL_ELEMENTARY_ZETA_H

#include "incomplete_gamma.h"

/* ---- zeta(s, q), the sum over k of (q + k)^-s ---- */

/* at^-s */
static inline tad__jet tad__zeta_power_f64(const double *order, double s, double at) {
    tad__jet l = tad__jet_of(order, 0);
    if (l.n > 0) l.c[1][0] = -tad__log_f64(at);
    return tad__jet_exp(&l, tad__pow_f64(at, -s));
}

/* The formula of Euler and Maclaurin from at = q + k on, over at^(1-s), which vanishes no earlier
 * than the sum. */
static inline tad__jet tad__zeta_tail_f64(const double *order, double s, double at) {
    tad__jet less = tad__jet_of(order, s - 1), factor = tad__jet_of(order, s / at),
             half = tad__jet_of(order, 0.5 / at), tail = tad__jet_of(order, 1);
    if (less.n > 0) less.c[1][0] = 1, factor.c[1][0] = 1 / at;
    tail = tad__jet_over(&tail, &less);
    tail = tad__jet_sum(1, &tail, 1, &half);
    for (int j = 0; j < 10; j++) {
        tad__jet next = tad__jet_of(order, (s + 2 * j + 1) / at),
                 after = tad__jet_of(order, (s + 2 * j + 2) / at);
        if (next.n > 0) next.c[1][0] = 1 / at, after.c[1][0] = 1 / at;
        tail = tad__jet_sum(1, &tail, tad__zeta_f64[j] / at, &factor);
        factor = tad__jet_times(&factor, &next);
        factor = tad__jet_times(&factor, &after);
    }
    return tail;
}

/* Of the order by s, a number that is not read, and s, q. */
TAD__SPECIAL double tad__zeta_value_f64(const double *order, const double *x) {
    const double s = x[0], q = x[1];
    if (s != s || q != q || s < 1 || q < 0) return (double)NAN;
    if (s == 1 || q == 0)
        return 2 * tad__rint_f64(0.5 * order[0]) == order[0] ? HUGE_VAL : -HUGE_VAL;
    if (q == HUGE_VAL) return 0;
    tad__jet sum = tad__jet_of(order, 0);
    double at = q;
    for (; at < 10 + s; at += 1) {
        const tad__jet part = tad__zeta_power_f64(order, s, at);
        sum = tad__jet_sum(1, &sum, 1, &part);
        if (at > 1 && tad__jet_vanishes(&part, &sum)) return tad__jet_derivative(&sum);
    }
    tad__jet tail = tad__zeta_tail_f64(order, s, at);
    const tad__jet part = tad__zeta_power_f64(order, s - 1, at);
    tail = tad__jet_times(&tail, &part);
    sum = tad__jet_sum(1, &sum, 1, &tail);
    return tad__jet_derivative(&sum);
}

/* ---- differences ---- */

/* at^-s - (at + b)^-s over at^-s, with l = log(1 + b / at). */
static inline double tad__power_less_f64(double s, double l) { return -tad__expm1_f64(-s * l); }

/* The sum over k >= 0 of (a + k)^-s - (a + b + k)^-s, s = 1, 2, ...; a, b > 0: terms of one turn.
 */
static inline double tad__zeta_less_f64(double s, double a, double b) {
    double sum = 0, at = a, part = tad__pow_f64(at, -s);
    for (; at < 10 + s; at += 1, part = tad__pow_f64(at, -s))
        sum += part * tad__power_less_f64(s, tad__log1p_f64(b / at));
    const double l = tad__log1p_f64(b / at);
    if (at > 0x1p60 * s) /* the first term is all, and at^-s may vanish before it does */
        return s == 1 ? l : tad__pow_f64(at, 1 - s) * tad__power_less_f64(s - 1, l) / (s - 1);
    double factor = s / at;
    double tail = s == 1 ? l * at : at / (s - 1) * tad__power_less_f64(s - 1, l);
    tail += 0.5 * tad__power_less_f64(s, l);
    for (int j = 0; j < 10; j++) {
        tail += tad__zeta_f64[j] * factor * tad__power_less_f64(s + 2 * j + 1, l);
        factor *= (s + 2 * j + 1) * (s + 2 * j + 2) / (at * at);
    }
    return sum + part * tail;
}

/* polygamma(n, a + b) - polygamma(n, a) */
static inline double tad__polygamma_rise_f64(double n, double a, double b) {
    if (!(a > 0 && a + b > 0 && b <= 2 * a && b >= -0.7 * a) || n > 100)
        return tad__polygamma_f64(n, a + b) - tad__polygamma_f64(n, a);
    if (b < 0) return -tad__polygamma_rise_f64(n, a + b, -b);
    double y = tad__zeta_less_f64(n + 1, a, b);
    for (double k = 1; k <= n; k += 1) y *= -k;
    return y;
}

/* ---- the beta function gamma(a) gamma(b) / gamma(a + b) ---- */

/* log gamma(q + 1) - log gamma(p + q + 1) + p log(p + q), for q from 8 on, p >= 0. */
static inline double tad__lgamma_fall_f64(double p, double q) {
    return tad__stirling_rest_f64(q) - tad__stirling_rest_f64(p + q) -
           q * tad__log1p_less_f64(p / q) - 0.5 * tad__log1p_f64(p / q);
}

/* 0 < p <= q */
static inline double tad__lbeta_positive_f64(double p, double q) {
    if (q == HUGE_VAL) return -HUGE_VAL;
    const double root_2_pi = 0x1.d67f1c864beb4p-1, r = p / q; /* its logarithm */
    if (q < 8) return tad__lgamma_f64(p) + (tad__lgamma_f64(q) - tad__lgamma_f64(p + q));
    if (p < 8)
        return tad__lgamma_f64(p) - p * tad__log_f64(p + q) + tad__lgamma_fall_f64(p, q) +
               tad__log1p_f64(r);
    const double rest =
        tad__stirling_rest_f64(p) + tad__stirling_rest_f64(q) - tad__stirling_rest_f64(p + q);
    return (p - 0.5) * (tad__log_f64(r) - tad__log1p_f64(r)) - q * tad__log1p_f64(r) -
           0.5 * tad__log_f64(q) + root_2_pi + rest;
}

static inline double tad__lbeta_value_f64(double a, double b) {
    if (a > 0 && b > 0)
        return a < b ? tad__lbeta_positive_f64(a, b) : tad__lbeta_positive_f64(b, a);
    return tad__lgamma_f64(a) + tad__lgamma_f64(b) - tad__lgamma_f64(a + b);
}

/* Of the orders by a and b, and a, b. */
TAD__SPECIAL double tad__lbeta_f64(const double *order, const double *x) {
    const double n = order[0], m = order[1], a = x[0], b = x[1];
    if (n == 0 && m == 0) return tad__lbeta_value_f64(a, b);
    if (n > 0 && m > 0) return -tad__polygamma_f64(n + m - 1, a + b);
    return n > 0 ? -tad__polygamma_rise_f64(n - 1, a, b) : -tad__polygamma_rise_f64(m - 1, b, a);
}

/* The turn of gamma(a), which turns at each pole. */
static inline double tad__gamma_sign_f64(double a) {
    return a > 0 || 2 * tad__rint_f64(0.5 * floor(a)) == floor(a) ? 1 : -1;
}

TAD__SPECIAL double tad__beta_f64(const double *order, const double *x) {
    const double a = x[0], b = x[1];
    (void)order;
    return tad__gamma_sign_f64(a) * tad__gamma_sign_f64(b) * tad__gamma_sign_f64(a + b) *
           tad__exp_f64(tad__lbeta_value_f64(a, b));
}

#endif
