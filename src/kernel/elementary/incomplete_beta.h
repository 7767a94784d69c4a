/* The incomplete beta function and the density of the beta distribution, with their derivatives by
 * the parameters a and b. Functions with branches, defined once for all levels by special.c.
 * TAD__SPECIAL says how. Each is called with the orders of the derivative by a and b, and a, b, x.
 */
#ifndef TAD_KERNEL_ELEMENTARY_INCOMPLETE_BETA_H
#define TAD_KERNEL_ELEMENTARY_INCOMPLETE_BETA_H

#include "zeta.h"

enum { TAD__MANY_AB = 64 }; /* the smaller of them: from here on by quadrature */

/* Where the functions are asked for: y = 1 - x, the logarithms of both, and how far a lies beyond
 * (a + b) x, free from the rounding of those. */
typedef struct tad__beta_at {
    double a, b, x, y, log_x, log_y, beyond;
} tad__beta_at;

/* The product p of a and b and what p lacks of it. */
static inline double tad__product_rest_f64(double a, double b, double p) {
    const double ah = tad__head_f64(a), bh = tad__head_f64(b), al = a - ah, bl = b - bh;
    return ((ah * bh - p) + ah * bl + al * bh) + al * bl;
}

static inline tad__beta_at tad__beta_at_f64(double a, double b, double x) {
    const double n = a + b, back = n - a, rest = (a - (n - back)) + (b - back), p = n * x;
    tad__beta_at at = {a, b, x, 1 - x, tad__log_f64(x), tad__log1p_f64(-x), 0};
    at.beyond = (a - p) - (n < 0x1p900 ? tad__product_rest_f64(n, x, p) + rest * x : 0);
    return at;
}

static inline tad__beta_at tad__beta_mirrored_f64(const tad__beta_at *p) {
    return (tad__beta_at){p->b, p->a, p->y, p->x, p->log_y, p->log_x, -p->beyond};
}

/* log(1 - d / a) + d / a, where 1 - d / a, which vanishes near d = a, is n x / a. */
static inline double tad__beta_less_f64(double d, double a, double n, double x) {
    return d > 0.5 * a ? tad__log_f64(x * (n / a)) + d / a : tad__log1p_less_f64(-d / a);
}

/* ---- the mass x^a y^b gamma(a + b + 1) / (gamma(a + 1) gamma(b + 1)) ---- */

static inline double tad__beta_mass_value_f64(const tad__beta_at *p) {
    const double a = p->a, b = p->b;
    if (a < 10 && b < 10)
        return tad__pow_f64(p->x, a) * tad__pow_f64(p->y, b) *
               tad__exp_f64(tad__lgamma1p_f64(a + b) - tad__lgamma1p_f64(a) - tad__lgamma1p_f64(b));
    if (a >= 10 && b >= 10) {
        const double rest =
            tad__stirling_rest_f64(a + b) - tad__stirling_rest_f64(a) - tad__stirling_rest_f64(b);
        return tad__exp_f64(a * tad__beta_less_f64(p->beyond, a, a + b, p->x) +
                            b * tad__beta_less_f64(-p->beyond, b, a + b, p->y) + rest) *
               sqrt((1 / a + 1 / b) / (2 * tad__pi_f64));
    }
    const tad__beta_at mirrored = tad__beta_mirrored_f64(p);
    if (a >= 10) p = &mirrored;
    return tad__exp_f64(p->a * tad__log_f64(p->x * (a + b)) + p->b * p->log_y -
                        tad__lgamma1p_f64(p->a) - tad__lgamma_fall_f64(p->a, p->b));
}

/* The derivatives of log gamma(a + b + more) - log gamma(a + more) - log gamma(b + more). */
static inline tad__jet tad__beta_exponent_f64(const double *order, double a, double b,
                                              double more) {
    tad__jet e = tad__jet_of(order, 0);
    double by_i = 1;
    for (int i = 0; i <= e.n; i++, by_i *= i) {
        double by_j = by_i;
        for (int j = 0; j <= e.m; j++, by_j *= j) {
            if (i + j == 0) continue;
            const double d = i > 0 && j > 0 ? tad__polygamma_f64(i + j - 1, a + b + more)
                             : i > 0        ? tad__polygamma_rise_f64(i - 1, a + more, b)
                                            : tad__polygamma_rise_f64(j - 1, b + more, a);
            e.c[i][j] = d / by_j;
        }
    }
    return e;
}

static inline tad__jet tad__beta_mass_jet_f64(const double *order, const tad__beta_at *p) {
    tad__jet e = tad__beta_exponent_f64(order, p->a, p->b, 1);
    const double value = tad__beta_mass_value_f64(p);
    if (e.n > 0) e.c[1][0] += p->log_x;
    if (e.m > 0) e.c[0][1] += p->log_y;
    return value == 0 ? tad__jet_of(order, 0) : tad__jet_exp(&e, value);
}

/* v + i s + j t, in the two parameters. */
static inline tad__jet tad__jet_linear(const double *order, double v, double i, double j) {
    tad__jet l = tad__jet_of(order, v);
    if (l.n > 0) l.c[1][0] = i;
    if (l.m > 0) l.c[0][1] = j;
    return l;
}

/* ---- by the continued fraction 1/(1 + d1/(1 + d2/(1 + ...))), times b / (a + b) and the mass ----
 */

/* The numerator d_k. */
static inline double tad__beta_term_f64(double a, double b, double x, double k) {
    const double m = floor(0.5 * k);
    if (k == 1) return -(a + b) * x / (a + 1);
    return (2 * m == k ? m * (b - m) : -(a + m) * (a + b + m)) / (a + k - 1) * (x / (a + k));
}

static inline tad__jet tad__beta_term_jet_f64(const double *order, double a, double b, double x,
                                              double k) {
    const double m = floor(0.5 * k);
    tad__jet d = 2 * m == k ? tad__jet_linear(order, m * x * (b - m), 0, m * x)
                            : tad__jet_linear(order, -x * (a + b + m), -x, -x);
    const tad__jet by = tad__jet_linear(order, a + k, 1, 0);
    d = tad__jet_over(&d, &by);
    if (k == 1) return d;
    const tad__jet by_less = tad__jet_linear(order, a + k - 1, 1, 0);
    d = tad__jet_over(&d, &by_less);
    if (2 * m == k) return d;
    const tad__jet times = tad__jet_linear(order, a + m, 1, 0);
    return tad__jet_times(&d, &times);
}

enum { TAD__BETA_MOST = 20000 }; /* terms */

/* Its value; how many terms matter to that. A NaN: too many do. */
static inline double tad__beta_fraction_value_f64(double a, double b, double x, double *depth) {
    double d = 1, move = 1, sum = 1;
    for (double k = 1; k < TAD__BETA_MOST; k += 1) {
        d = 1 / (1 + tad__beta_term_f64(a, b, x, k) * d);
        move *= d - 1;
        sum += move;
        *depth = k;
        if (fabs(move) <= 0x1p-56 * fabs(sum)) return sum;
    }
    return (double)NAN;
}

/* Derivatives need twice as many terms, of which there are finitely many for a whole b. */
static inline tad__jet tad__beta_fraction_f64(const double *order, const tad__beta_at *p) {
    double depth;
    const double value = tad__beta_fraction_value_f64(
        p->a, order[0] + order[1] > 0 ? tad__rint_f64(p->b) + 0.5 : p->b, p->x, &depth);
    const tad__jet mass = tad__beta_mass_jet_f64(order, p), one = tad__jet_of(order, 1);
    tad__jet y = tad__jet_linear(order, p->b, 0, 1);
    const tad__jet sum = tad__jet_linear(order, p->a + p->b, 1, 1);
    tad__jet below = one;
    for (double k = order[0] + order[1] > 0 ? 2 * depth + 10 : 0; k > 0; k -= 1) {
        tad__jet term = tad__beta_term_jet_f64(order, p->a, p->b, p->x, k);
        term = tad__jet_over(&term, &below);
        below = tad__jet_sum(1, &one, 1, &term);
    }
    y = tad__jet_over(&y, &sum);
    y = tad__jet_times(&y, &mass);
    return order[0] + order[1] > 0 && value == value ? tad__jet_over(&y, &below)
                                                     : tad__jet_sum(value, &y, 0, &y);
}

/* ---- of many a and b: as an integral of the density, from x down ---- */

static inline tad__jet tad__beta_integral_f64(const double *order, const tad__beta_at *p) {
    const double a = p->a, b = p->b, n = a + b, x = p->x, y = p->y;
    const double slope = (p->beyond - y + x) / x / y, curve = a / x / x + b / y / y;
    const double far = 135 / (fabs(slope) + sqrt(slope * slope + 90 * curve)),
                 reach = far < x ? far : x;
    tad__jet sum = tad__jet_of(order, 0), e = tad__beta_exponent_f64(order, a, b, 0);
    for (int k = 0; k < 40; k++) {
        const double node = tad__legendre_f64[0][k % 20],
                     v = -0.5 * reach * (k < 20 ? 1 + node : 1 - node);
        const double fall = (a - 1) * tad__log1p_less_f64(v / x) +
                            (b - 1) * tad__log1p_less_f64(-v / y) + v * slope;
        const double away = v * n - p->beyond;
        if (e.n > 0)
            e.c[1][0] =
                tad__log1p_f64(away / a) + (tad__digamma_lack_f64(a) - tad__digamma_lack_f64(n));
        if (e.m > 0)
            e.c[0][1] =
                tad__log1p_f64(-away / b) + (tad__digamma_lack_f64(b) - tad__digamma_lack_f64(n));
        const tad__jet part = tad__jet_exp(&e, tad__exp_f64(fall));
        sum = tad__jet_sum(1, &sum, tad__legendre_f64[1][k % 20], &part);
    }
    const double density = tad__beta_mass_value_f64(p) / (x * y) * (a / n * b);
    return tad__jet_sum(0.5 * reach * density, &sum, 0, &sum);
}

/* ---- what lacks of 1, for an a below 2^-10, where that is small: by the series of the mass ----
 */

/* log(gamma(a + b) / (gamma(b) gamma(a + 1))), in proportion to a. */
static inline double tad__beta_small_f64(double a, double b) {
    const double middle = 1 + b + 0.5 * a;
    return a * (tad__digamma_f64(middle) + a * a / 24 * tad__polygamma_f64(2, middle)) -
           tad__log1p_f64(a / b) - tad__lgamma1p_f64(a);
}

static inline double tad__beta_lack_f64(const tad__beta_at *p) {
    double sum = 0, part = 1;
    for (double k = 1; k < 100; k += 1) {
        part *= (k - p->b) / k * p->x;
        sum += part / (k + p->a);
        if (fabs(part) <= 0x1p-60) break;
    }
    return -tad__expm1_f64(p->a * p->log_x + tad__beta_small_f64(p->a, p->b) +
                           tad__log1p_f64(p->a * sum));
}

/* ---- the functions ---- */

static inline int tad__beta_is_none_f64(double a, double b, double x) {
    return !(a >= 0 && b >= 0 && x >= 0 && x <= 1) || a + b == 0 || a + b == HUGE_VAL;
}

/* The integral up to x, or on from there, whose derivatives differ in sign; from the end that is
 * nearer, as far as the mean tells. */
static inline double tad__incomplete_beta_f64(const double *order, double a, double b, double x,
                                              int rest) {
    const double turned[2] = {order[1], order[0]};
    const int is_value = order[0] + order[1] == 0;
    if (tad__beta_is_none_f64(a, b, x)) return (double)NAN;
    if (is_value && (x == 0 || x == 1)) return rest ? 1 - x : x;
    if (x == 0 || x == 1) return 0;
    if (is_value && (a == 0 || b == 0)) return rest ? b == 0 : a == 0;
    const tad__beta_at at = tad__beta_at_f64(a, b, x), mirrored = tad__beta_mirrored_f64(&at);
    const int many = a >= TAD__MANY_AB && b >= TAD__MANY_AB;
    const int upper = many ? at.beyond < 0 : x * (a + b + 2) > a + 1;
    const tad__beta_at *from = upper ? &mirrored : &at;
    const double *orders = upper ? turned : order;
    if (is_value && upper != rest && from->a < 0x1p-10) return tad__beta_lack_f64(from);
    const tad__jet y =
        many ? tad__beta_integral_f64(orders, from) : tad__beta_fraction_f64(orders, from);
    const double d = tad__jet_derivative(&y);
    return upper == rest ? d : is_value ? 1 - d : -d;
}

TAD__SPECIAL double tad__betainc_f64(const double *order, const double *x) {
    return tad__incomplete_beta_f64(order, x[0], x[1], x[2], 0);
}

/* x^(a-1) y^(b-1) / B(a, b) */
TAD__SPECIAL double tad__beta_density_f64(const double *order, const double *x) {
    const double a = x[0], b = x[1];
    if (tad__beta_is_none_f64(a, b, x[2])) return (double)NAN;
    if (x[2] == 0 || x[2] == 1) {
        const double end = x[2] == 0 ? a : b, other = x[2] == 0 ? b : a;
        if (end == 1 && order[0] + order[1] == 0) return other;
        return end > 1 ? 0 : end < 1 && order[0] + order[1] == 0 ? HUGE_VAL : (double)NAN;
    }
    const tad__beta_at at = tad__beta_at_f64(a, b, x[2]);
    const double up = at.x < DBL_MIN ? 0x1p60 : 1, low = at.x * up; /* 1 / x may overflow */
    const tad__jet mass = tad__beta_mass_jet_f64(order, &at);
    const tad__jet by_a = tad__jet_linear(order, a / low, 1 / low, 0);
    const tad__jet by_b = tad__jet_linear(order, b / at.y, 0, 1 / at.y);
    const tad__jet sum = tad__jet_linear(order, a + b, 1, 1);
    tad__jet y = tad__jet_times(&mass, &by_a);
    y = tad__jet_over(&y, &sum);
    y = tad__jet_times(&y, &by_b);
    return tad__jet_derivative(&y) * up;
}

#endif
