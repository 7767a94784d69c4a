/* Quantiles of the gamma, beta and Poisson distributions: inverses of the incomplete functions.
 * Functions with branches, defined once for all levels by special.c. TAD__SPECIAL says how.
 *
 * The logarithm of a tail is a concave function of log x (of log x / (1 - x) for beta), as the
 * density there is log-concave: Newton's steps on it cannot miss from one side, and a bracket holds
 * those that rounding leads astray. The smaller tail is taken, so nothing cancels. */
#ifndef TAD_KERNEL_ELEMENTARY_QUANTILES_H
#define TAD_KERNEL_ELEMENTARY_QUANTILES_H

#include "incomplete_beta.h"
#include "normal.h"

enum { TAD__QUANTILE_STEPS = 200 };
static const double tad__no_orders_f64[2] = {0, 0};

/* Which tail, how large; the places that the root lies between, the one tried, and how far from the
 * one before. */
typedef struct tad__search {
    int upper;
    double tail, low, high, x, moved;
} tad__search;

/* Where the bracket is halved, as long as it has an end. */
static inline double tad__search_between_f64(const tad__search *s) {
    if (s->low == 0) return s->x * 0x1p-20;
    return s->high == HUGE_VAL ? s->x * 0x1p20 : sqrt(s->low) * sqrt(s->high);
}

/* From the tail at x and its derivative by the logarithm the next x; 1: that is the root, as far as
 * the tail can tell. */
static inline int tad__search_step_f64(tad__search *s, double value, double slope) {
    const double off = tad__log_f64(value / s->tail),
                 by = (s->upper ? off : -off) * (value / slope), size = fabs(by);
    const int done =
        size < 0x1p-50 || fabs(off) < 0x1p-51 || (size < 0x1p-40 && size > 0.25 * s->moved);
    if (value != value || done) {
        s->x += s->x * by;
        return 1;
    }
    if ((value < s->tail) != s->upper)
        s->low = s->x;
    else
        s->high = s->x;
    const double next = s->x * tad__exp_f64(by), x = s->x;
    s->x = next > s->low && next < s->high ? next : tad__search_between_f64(s);
    s->moved = size;
    return s->x == x;
}

/* ---- gamma ---- */

/* Wilson and Hilferty's cube of a normal number; near 0 and far out what the tails approach. */
static inline double tad__gamma_quantile_guess_f64(double a, const tad__search *s) {
    const double log_tail = tad__log_f64(s->tail), z = tad__ndtri_f64(s->tail);
    const double root = 1 - 1 / (9 * a) + (s->upper ? -z : z) / (3 * sqrt(a));
    if (a >= 1 && root > 0.3) return a * root * root * root;
    const double near = (s->upper ? tad__log1p_f64(-s->tail) : log_tail) + tad__lgamma1p_f64(a);
    if (!s->upper || near < -0.7 * a) return tad__exp_f64(near / a);
    const double far = tad__log_f64(a) - log_tail - tad__lgamma1p_f64(a);
    return far > 2 ? far + (a - 1) * tad__log_f64(far) : 1;
}

/* p + q = 1, and the smaller one is exact. */
static inline double tad__gamma_quantile_f64(double a, double p, double q) {
    tad__search s = {!(p <= 0.5), p <= 0.5 ? p : q, 0, 2 * a + 1600, 0, HUGE_VAL};
    if (!(a >= 0 && p >= 0 && q >= 0)) return (double)NAN;
    if (p == 0 || q == 0) return q == 0 ? HUGE_VAL : 0;
    if (a == 0 || a == HUGE_VAL) return a;
    s.x = tad__gamma_quantile_guess_f64(a, &s);
    if (s.x < 0x1p-60) return s.x; /* where x^a / gamma(a + 1) is the whole */
    if (!(s.x < s.high)) s.x = 0.5 * s.high;
    for (int i = 0; i < TAD__QUANTILE_STEPS; i++) {
        const double value = tad__incomplete_gamma_f64(tad__no_orders_f64, a, s.x, s.upper);
        if (tad__search_step_f64(&s, value, a * tad__gamma_mass_value_f64(a, s.x))) break;
    }
    return s.x;
}

TAD__SPECIAL double tad__gammaincinv_f64(const double *order, const double *x) {
    (void)order;
    return tad__gamma_quantile_f64(x[0], x[1], 1 - x[1]);
}

TAD__SPECIAL double tad__gammainccinv_f64(const double *order, const double *x) {
    (void)order;
    return tad__gamma_quantile_f64(x[0], 1 - x[1], x[1]);
}

/* ---- beta: by the odds x / (1 - x) ---- */

/* A normal number for the logarithm of the odds, or what the tail approaches. */
static inline double tad__beta_quantile_guess_f64(double a, double b, const tad__search *s) {
    const double z = tad__ndtri_f64(s->tail), spread = sqrt(1 / a + 1 / b);
    if (a >= 1 && b >= 1) return tad__exp_f64((s->upper ? -z : z) * spread) * (a / b);
    const double end = s->upper ? b : a,
                 far =
                     (tad__log_f64(s->tail) + tad__log_f64(end) + tad__lbeta_value_f64(a, b)) / end;
    return tad__exp_f64(s->upper ? -far : far);
}

TAD__SPECIAL double tad__betaincinv_f64(const double *order, const double *x) {
    const double a = x[0], b = x[1], p = x[2];
    tad__search s = {!(p <= 0.5), p <= 0.5 ? p : 1 - p, 0, HUGE_VAL, 0, HUGE_VAL};
    (void)order;
    if (tad__beta_is_none_f64(a, b, p)) return (double)NAN;
    if (p == 0 || p == 1) return p;
    if (a == 0 || b == 0) return b == 0;
    s.x = tad__beta_quantile_guess_f64(a, b, &s);
    for (int i = 0; i < TAD__QUANTILE_STEPS; i++) {
        const int turned = s.x > 1;
        const double small = turned ? 1 / (1 + s.x) : s.x / (1 + s.x);
        if (small < 0x1p-1000) break; /* the guess is what the tail approaches */
        const double c = turned ? b : a, d = turned ? a : b;
        const tad__beta_at at = tad__beta_at_f64(c, d, small);
        const double value =
            tad__incomplete_beta_f64(tad__no_orders_f64, c, d, small, turned != s.upper);
        if (tad__search_step_f64(&s, value, tad__beta_mass_value_f64(&at) * (a / (a + b)) * b))
            break;
    }
    return s.x > 1 ? 1 - 1 / (1 + s.x) : s.x / (1 + s.x);
}

/* ---- Poisson ---- */

/* That at most k of a mean are counted. */
static inline double tad__poisson_below_f64(double mean, double k) {
    return tad__incomplete_gamma_f64(tad__no_orders_f64, k + 1, mean, 1);
}

/* The smallest k that at most so many have probability p: from what Cornish and Fisher expect in
 * steps that double, then between two. */
TAD__SPECIAL double tad__poisson_quantile_f64(const double *order, const double *x) {
    const double p = x[0], mean = x[1];
    (void)order;
    if (!(p >= 0 && p <= 1 && mean >= 0)) return (double)NAN;
    if (p == 1 || mean == HUGE_VAL) return mean == 0 ? 0 : HUGE_VAL;
    if (mean == 0 || p == 0) return 0;
    const double z = tad__ndtri_f64(p), guess = floor(mean + sqrt(mean) * z + (z * z - 1) / 6);
    double low = -1, high = guess < 0 ? 0 : guess, width = 1;
    if (high > 0x1p52) return high; /* whole numbers lie no closer */
    for (; !(tad__poisson_below_f64(mean, high) >= p); width *= 2) low = high, high += width;
    for (width = 1; low < 0 && high - width >= 0; width *= 2) {
        if (tad__poisson_below_f64(mean, high - width) >= p)
            high -= width;
        else
            low = high - width;
    }
    while (high - low > 1) {
        const double middle = floor(0.5 * (low + high));
        if (tad__poisson_below_f64(mean, middle) >= p)
            high = middle;
        else
            low = middle;
    }
    return high;
}

#endif
