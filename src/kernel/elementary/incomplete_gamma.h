/* The incomplete gamma functions and the density of the gamma distribution, with their derivatives
 * by the parameter a. Functions with branches, defined once for all levels by special.c.
 * TAD__SPECIAL says how. Each is called with the order of the derivative by a, a number that is not
 * read, and a, x. */
#ifndef TAD_KERNEL_ELEMENTARY_INCOMPLETE_GAMMA_H
#define TAD_KERNEL_ELEMENTARY_INCOMPLETE_GAMMA_H

#include "gamma.h"
#include "jet.h"

/* Gauss and Legendre's 40 nodes and their weights, the half above 0. */
static const double tad__legendre_f64[2][20] = {
    {0x1.ff190359ae7c8p-1, 0x1.fb40783501aafp-1, 0x1.f45b6a89bde77p-1, 0x1.ea7412c59f876p-1,
     0x1.dd99a3f1b1943p-1, 0x1.cddfe5136244fp-1, 0x1.bb5f0b43ea03fp-1, 0x1.a63393069f110p-1,
     0x1.8e7e140e56770p-1, 0x1.74630eefa6276p-1, 0x1.580ab4e17e33ap-1, 0x1.39a0a9d652b8fp-1,
     0x1.1953c149057cap-1, 0x1.eeab6c46ecaa8p-2, 0x1.a7b5bc5a29ed2p-2, 0x1.5e33b2ee16696p-2,
     0x1.12967c83d4110p-2, 0x1.8aa507790bb18p-3, 0x1.db7af8723039bp-4, 0x1.3d9fa7259c6f9p-5},
    {0x1.284e71463c0d6p-8, 0x1.5801fe5cda0a0p-7, 0x1.0d0ae92dd2f62p-6, 0x1.6c79dab0af3a4p-6,
     0x1.c9b84cd4f2e15p-6, 0x1.121b1d8e9a250p-5, 0x1.3db419e3c9685p-5, 0x1.6763f67ce7b6cp-5,
     0x1.8eea82a7d6915p-5, 0x1.b40ae2c10a3f5p-5, 0x1.d68bed38b1964p-5, 0x1.f638825187601p-5,
     0x1.096feee7215d1p-4, 0x1.162af0fc7e7f7p-4, 0x1.2139adc432380p-4, 0x1.2a8b1efb50a42p-4,
     0x1.3210ebf5b8207p-4, 0x1.37bf7fb3ffa5fp-4, 0x1.3b8e1ab8156dfp-4, 0x1.3d76e07d01470p-4},
};
enum { TAD__MANY_A = 128 }; /* from here on by quadrature */

/* log(1 + u) - u: with s = u / (2 + u) log(1 + u) is 2 (s + s^3/3 + s^5/5 + ...). */
static inline double tad__log1p_less_f64(double u) {
    if (!(u > -0.5 && u < 1)) return tad__log1p_f64(u) - u;
    const double s = u / (2 + u), z = s * s;
    double part = 1, sum = 0;
    for (double k = 3; part > 0x1p-56; k += 2) {
        sum += part / k;
        part *= z;
    }
    return s * (2 * z * sum - u);
}

/* The same of u = x / a - 1, which near -1 would have lost x. */
static inline double tad__log_less_f64(double x, double a) {
    return x < 0.5 * a ? tad__log_f64(x / a) - (x - a) / a : tad__log1p_less_f64((x - a) / a);
}

/* log gamma(a + 1), also of a that vanishes beside 1. */
static inline double tad__lgamma1p_f64(double a) {
    return a < 1 ? tad__lgamma_near_f64(2 * a - 1, a, a - 1) : tad__lgamma_f64(a + 1);
}

/* ---- the mass x^a e^-x / gamma(a + 1), a >= 0 ---- */

/* The rest of Stirling's formula, a at least 8. */
static inline double tad__stirling_rest_f64(double a) {
    return tad__horner_f64(tad__stirling_f64, 9, 1 / a / a) / a;
}

static inline double tad__gamma_mass_value_f64(double a, double x) {
    if (a == 0) return tad__exp_f64(-x);
    if (x == 0) return 0;
    if (a >= 10) {
        const double by = sqrt(2 * tad__pi_f64) * sqrt(a), rest = tad__stirling_rest_f64(a);
        if (x >= 0.5 * a || a > 300) return tad__exp_f64(a * tad__log_less_f64(x, a) - rest) / by;
        const double root = tad__pow_f64(x / a, 0.5 * a); /* of a power that may vanish alone */
        return root * tad__exp_f64(a - x - rest) * root / by;
    }
    if (x > 1000) return 0;
    const double last = x > 500 ? 500 : 0; /* of x, so that no factor vanishes before its time */
    return tad__pow_f64(x, a) * tad__exp_f64(last - x - tad__lgamma1p_f64(a)) * tad__exp_f64(-last);
}

/* log x less the logarithmic derivative of gamma at a + 1, and the further ones. */
static inline tad__jet tad__gamma_exponent_f64(const double *order, double a, double l) {
    tad__jet e = tad__jet_of(order, 0);
    double factorial = 1;
    for (int i = 1; i <= e.n; i++) {
        factorial *= i;
        e.c[i][0] = (i == 1 ? l - tad__digamma_f64(a) : -tad__polygamma_f64(i - 1, a)) / factorial;
    }
    return e;
}

static inline tad__jet tad__gamma_mass_jet_f64(const double *order, double a, double x) {
    const tad__jet e = tad__gamma_exponent_f64(order, a + 1, tad__log_f64(x));
    const double value = tad__gamma_mass_value_f64(a, x);
    return value == 0 ? tad__jet_of(order, 0) : tad__jet_exp(&e, value);
}

/* ---- P by its power series, Q by its continued fraction ---- */

/* 1 + x/(a+1) + x^2/((a+1)(a+2)) + ..., times the mass. */
static inline tad__jet tad__gamma_series_f64(const double *order, double a, double x) {
    tad__jet term = tad__jet_of(order, 1), sum = term;
    for (double k = 1; k < 10000; k += 1) {
        for (int i = 0; i <= term.n; i++)
            term.c[i][0] = (x * term.c[i][0] - (i > 0 ? term.c[i - 1][0] : 0)) / (a + k);
        sum = tad__jet_sum(1, &sum, 1, &term);
        if (tad__jet_vanishes(&term, &sum)) break;
    }
    const tad__jet mass = tad__gamma_mass_jet_f64(order, a, x);
    return tad__jet_times(&mass, &sum);
}

/* The fraction 1/(x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - ...))); how many terms matter to it. */
static inline double tad__gamma_fraction_value_f64(double a, double x, double *depth) {
    double d = 1 / (x + 1 - a), move = d, sum = d;
    for (double k = 1; k < 5000 && fabs(move) > 0x1p-56 * fabs(sum); k += 1) {
        const double b = x + 2 * k + 1 - a;
        d = 1 / (b - k * (k - a) * d);
        move *= b * d - 1;
        sum += move;
        *depth = k;
    }
    return sum;
}

/* Times a and the mass. Derivatives need twice as many terms, of which there are finitely many for
 * a whole a. */
static inline tad__jet tad__gamma_fraction_f64(const double *order, double a, double x) {
    const tad__jet mass = tad__gamma_mass_jet_f64(order, a, x);
    double depth = 0;
    const double sum =
        tad__gamma_fraction_value_f64(order[0] > 0 ? tad__rint_f64(a) + 0.5 : a, x, &depth);
    if (order[0] == 0) return tad__jet_of(order, a * mass.c[0][0] * sum);
    tad__jet y = tad__jet_of(order, a), below = tad__jet_of(order, x + 4 * depth + 1);
    for (double k = 2 * depth; k >= 0; k -= 1) {
        tad__jet b = tad__jet_of(order, x + 2 * k + 1 - a),
                 term = tad__jet_of(order, (k + 1) * (a - k - 1));
        b.c[1][0] = -1, term.c[1][0] = k + 1;
        term = tad__jet_over(&term, &below);
        below = tad__jet_sum(1, &b, 1, &term);
    }
    y.c[1][0] = 1;
    y = tad__jet_over(&y, &below);
    return tad__jet_times(&y, &mass);
}

/* Q for small a and x below 1.1, where P is almost 1: what x^a / gamma(a + 1) lacks of 1, and the
 * power series without its first term. */
static inline double tad__gamma_upper_near_f64(double a, double x) {
    const double l = a * tad__log_f64(x) - tad__lgamma1p_f64(a);
    double part = 1, sum = 0;
    for (double k = 1; fabs(part) > 0x1p-60; k += 1) {
        part *= -x / k;
        sum += part / (a + k);
    }
    return -tad__expm1_f64(l) - tad__exp_f64(l) * a * sum;
}

/* ---- many a: the smaller of P and Q as an integral of the density ---- */

/* The density at x (1 + u) over that at x. */
static inline double tad__gamma_fall_f64(double a, double x, double u) {
    return tad__exp_f64((a - 1) * tad__log1p_less_f64(u) + u * ((a - x) - 1));
}

/* How far it takes until e^-45: for a normal density, and half of that more. */
static inline double tad__gamma_reach_f64(double a, double x) {
    const double slope = fabs((a - x) - 1), far = 135 / (slope + sqrt(slope * slope + 90 * a));
    return x < a && far > 1 ? 1 : far;
}

/* log a less the derivative of log gamma, a large. */
static inline double tad__digamma_lack_f64(double a) {
    return (0.5 + tad__horner_f64(tad__digamma_far_f64, 8, 1 / a / a) / a) / a;
}

static inline tad__jet tad__gamma_integral_f64(const double *order, double a, double x) {
    const double reach = tad__gamma_reach_f64(a, x), way = x < a ? -reach : reach;
    tad__jet sum = tad__jet_of(order, 0), e = tad__gamma_exponent_f64(order, a, 0);
    for (int k = 0; k < 40; k++) {
        const double node = tad__legendre_f64[0][k % 20],
                     half = 0.5 * (k < 20 ? 1 + node : 1 - node);
        const double u = way * half, fall = tad__gamma_fall_f64(a, x, u);
        const double over_a = ((x - a) + x * u) / a;
        if (e.n > 0) e.c[1][0] = tad__log1p_f64(over_a) + tad__digamma_lack_f64(a);
        const tad__jet part = tad__jet_exp(&e, fall);
        sum = tad__jet_sum(1, &sum, tad__legendre_f64[1][k % 20], &part);
    }
    const double first = a * tad__gamma_mass_value_f64(a, x) * (0.5 * reach);
    return tad__jet_sum(first, &sum, 0, &sum);
}

/* ---- the functions ---- */

/* P, or Q; their derivatives differ in turn. */
static inline double tad__incomplete_gamma_f64(const double *order, double a, double x, int upper) {
    const int is_value = order[0] == 0, direct = x < a || x < 1.1 || x < a + 1;
    if (x != x || a != a || x < 0 || a < 0) return (double)NAN;
    if ((a == 0 && x == 0) || (a == HUGE_VAL && x == HUGE_VAL)) return (double)NAN;
    if (x == 0 || a == HUGE_VAL || x == HUGE_VAL || (is_value && a == 0))
        return is_value && upper == (x < a) ? 1 : 0;
    if (is_value && upper && a < 1 && x < 1.1) return tad__gamma_upper_near_f64(a, x);
    tad__jet y;
    int is_upper;
    if (a >= TAD__MANY_A) {
        y = tad__gamma_integral_f64(order, a, x);
        is_upper = !(x < a);
    } else {
        y = direct ? tad__gamma_series_f64(order, a, x) : tad__gamma_fraction_f64(order, a, x);
        is_upper = !direct;
    }
    const double d = tad__jet_derivative(&y);
    return is_upper == upper ? d : is_value ? 1 - d : -d;
}

TAD__SPECIAL double tad__gammainc_f64(const double *order, const double *x) {
    return tad__incomplete_gamma_f64(order, x[0], x[1], 0);
}

TAD__SPECIAL double tad__gammaincc_f64(const double *order, const double *x) {
    return tad__incomplete_gamma_f64(order, x[0], x[1], 1);
}

/* The density x^(a-1) e^-x / gamma(a): the mass at a - 1; that at a times a / x. */
TAD__SPECIAL double tad__gamma_density_f64(const double *order, const double *x) {
    const double a = x[0], at = x[1];
    if (a != a || at != at || a < 0 || at < 0) return (double)NAN;
    if (at == HUGE_VAL || a == HUGE_VAL) return a == at ? (double)NAN : 0;
    if (at == 0) {
        if (a == 1 && order[0] == 0) return 1;
        return a > 1 ? 0 : 2 * tad__rint_f64(0.5 * order[0]) == order[0] ? HUGE_VAL : -HUGE_VAL;
    }
    if (a >= 1) {
        const tad__jet mass = tad__gamma_mass_jet_f64(order, a - 1, at);
        return tad__jet_derivative(&mass);
    }
    const double up = at < DBL_MIN ? 0x1p60 : 1; /* 1 / x may overflow */
    const tad__jet mass = tad__gamma_mass_jet_f64(order, a, at);
    tad__jet factor = tad__jet_of(order, a / (at * up));
    if (factor.n > 0) factor.c[1][0] = 1 / (at * up);
    factor = tad__jet_times(&factor, &mass);
    return tad__jet_derivative(&factor) * up;
}

#endif
