/* The slope of one value by central differences at 28 steps, extrapolated twice; of the levels that
 * agree with all finer ones the one with the smallest error estimate wins. Rests on the C library's
 * mathematics only. Derivation: docs/math.md. */
#include "levels.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

/* One value at all levels; sizes for the worst case, all on the stack. */
typedef struct line {
    int first;                 /* levels before it are not finite */
    double d[TAD__LEVELS];     /* central differences */
    double r[TAD__LEVELS];     /* after one extrapolation: error h^4 */
    double s[TAD__LEVELS];     /* after two: error h^6 */
    double gap[TAD__LEVELS];   /* |right slope - left slope| */
    double size[TAD__LEVELS];  /* of the values */
    double noise[TAD__LEVELS]; /* rounding of the values, divided by the step */
    double left[TAD__LEVELS], right[TAD__LEVELS];
    double x;
    double near;             /* what is as near to x as that is rarely a kink */
    double unit;             /* the values are whole multiples of it */
    double own_noise;        /* of values, explained by their size */
    double rounding, ripple; /* of values, see tad__values */
    double natural;          /* size of numbers at the finest level */
    double own;              /* of its values alone */
    bool falls, wild;        /* at the finest levels differences still fall, or are large */
    bool unexplained;        /* there they are larger than rounding, which is known */
    bool constant;           /* one and the same value at all levels */
} line;

/* The slope at x of the parabola through three points: the steps to both sides may differ by a
 * rounding of x. */
static double central(const line *l, const tad__slope_steps *c, double x, double fp, double fm,
                      int k) {
    double up = c->plus[k] - x, down = x - c->minus[k];
    double slope = (fp - fm) / (c->plus[k] - c->minus[k]);
    if (up == down) return slope;
    return slope - (l->right[k] - l->left[k]) * ((up - down) / (up + down));
}

/* The value of the last bit that is set. */
static double last_bit(double v) {
    int e;
    if (v == 0) return INFINITY;
    int64_t digits = (int64_t)ldexp(frexp(fabs(v), &e), DBL_MANT_DIG);
    return ldexp((double)(digits & -digits), e - DBL_MANT_DIG);
}

static void extrapolate(line *l) {
    for (int k = l->first; k + 1 < TAD__LEVELS; k++) l->r[k] = (4 * l->d[k + 1] - l->d[k]) / 3;
    for (int k = l->first; k + 2 < TAD__LEVELS; k++) l->s[k] = (16 * l->r[k + 1] - l->r[k]) / 15;
}

/* One level of finite values to both sides. noise: a size of numbers, see tad__values. */
static void quotient(line *l, const tad__slope_steps *c, double f0, double fp, double fm,
                     double noise, int k) {
    double x = l->x, size = fmax(fmax(fabs(fp), fabs(fm)), fmax(fabs(f0), noise));
    l->right[k] = (fp - f0) / (c->plus[k] - x);
    l->left[k] = (f0 - fm) / (x - c->minus[k]);
    /* Of what does not move a part may have been lost in a sum with numbers like 1. */
    if (fp == f0 && fm == f0) size = fmax(size, 1);
    l->size[k] = size;
    l->unit = fmin(l->unit, fmin(last_bit(fp), last_bit(fm)));
    /* Multiples of x are rounded, too. */
    size = fmax(size, fabs(x) * fmax(fabs(l->right[k]), fabs(l->left[k])) / 4);
    l->d[k] = central(l, c, x, fp, fm, k);
    l->gap[k] = fabs(l->right[k] - l->left[k]);
    l->natural = size + DBL_TRUE_MIN / (2 * DBL_EPSILON);
    l->noise[k] = fmax(2 * DBL_EPSILON * size + DBL_TRUE_MIN, l->rounding) / c->h[k];
    l->own = fmax(fabs(fp), fabs(fm));
}

/* The largest change of values that may be rounding, of those that `guess`, a part of a value's
 * size, would let pass: where rounding is known it is not far above that. */
static double most_rounding(const line *l, int k, double guess) {
    double known = l->ripple > 0 ? 512 * l->ripple : INFINITY;
    return fmin(guess * l->size[k], fmax(1e-13 * l->size[k], known));
}

static void quotients(line *l, const tad__slope_steps *c, const tad__values *f) {
    double f0 = f->at;
    *l = (line){
        .x = c->x, .near = c->near, .constant = true, .rounding = f->rounding, .ripple = f->ripple};
    l->unit = isfinite(f0) ? last_bit(f0) : 0;
    for (int k = 0; k < TAD__LEVELS; k++) {
        double fp = f->plus[(size_t)k * f->stride], fm = f->minus[(size_t)k * f->stride];
        l->constant = l->constant && fp == f0 && fm == f0;
        if (isfinite(fp) && isfinite(fm) && isfinite(f0))
            quotient(l, c, f0, fp, fm, f->noise, k);
        else
            l->first = k + 1;
    }
    extrapolate(l);
}

/* Of a smooth function the gap falls with the step, until it drowns in rounding. */
static bool smooth(const line *l, int k) {
    double fine = l->gap[k + 3];
    return fine <= 16 * l->noise[k + 3] || fine <= 0.3 * fmax(l->gap[k], l->gap[k + 1]);
}

static void add_noise(line *l, const tad__slope_steps *c, double noise) {
    for (int k = l->first; k < TAD__LEVELS; k++) l->noise[k] = fmax(l->noise[k], noise / c->h[k]);
}

/* By how much values are off the parabolas of a level and the next. */
static double jitter(const line *l, const tad__slope_steps *c, int k) {
    return fabs(l->d[k] - l->d[k + 1]) * c->h[k + 1];
}

static bool is_near(const line *l, const tad__slope_steps *c, int k) {
    return k >= TAD__FINE || c->h[k] <= l->near;
}

/* Whether the slopes to both sides are one and the same from a level on to coarser ones. */
static bool is_straight(const line *l, int k) {
    bool same = k >= l->first + 3;
    for (int j = k - 1; j > k - 3 && same; j--)
        same = l->gap[j] <= 0.01 * fabs(l->d[j]) &&
               fabs(l->d[j] - l->d[j - 1]) <= 0.01 * fabs(l->d[j]);
    return same;
}

/* Where the value stands still at the finest levels: the change it then begins with, if that may be
 * a rounding of numbers like 1, or a slope goes on from there, as where an element is taken for
 * zero beside others; else 0. */
static double first_step(const line *l, const tad__slope_steps *c) {
    int k = TAD__LEVELS - 1;
    while (k > l->first && l->left[k] == 0 && l->right[k] == 0) k--;
    double step = fmax(fabs(l->left[k]), fabs(l->right[k])) * c->h[k];
    bool still = k < TAD__LEVELS - 1;
    if (still && is_near(l, c, k) && is_straight(l, k)) return step;
    double most = fmax(64 * DBL_EPSILON, 1e-6 * l->size[k]);
    if (l->ripple > 0) most = most_rounding(l, k, 1e-6);
    return still && step <= most ? step : 0;
}

/* The same of second differences: they see what f(x + h) and f(x - h) have in common, and f(x) has
 * not. */
static double curl(const line *l, const tad__slope_steps *c, int k) {
    double coarse = (l->right[k] - l->left[k]) * c->h[k];
    double fine = (l->right[k + 1] - l->left[k + 1]) * c->h[k + 1];
    return fabs(coarse - 4 * fine) / 12;
}

/* A minute jump of the value so near to x is the next step of a number computed through larger
 * ones. Below it all levels agree on a slope that has nothing to do with the function. Its size, or
 * 0. */
static double near_jump(const line *l, const tad__slope_steps *c) {
    double quiet = 0;
    for (int k = TAD__LEVELS - 2; k >= l->first + 3 && is_near(l, c, k); k--) {
        double jump = jitter(l, c, k), size = l->size[k];
        bool stays = true;
        for (int j = k - 3; j < k; j++)
            stays = stays && jitter(l, c, j) < 4 * jump && jitter(l, c, j) > jump / 4;
        bool at_once = jump > 32 * fmax(quiet, DBL_EPSILON * size);
        if (stays && at_once && jump <= most_rounding(l, k, 1e-6)) return jump;
        quiet = fmax(quiet, jump);
    }
    return 0;
}

/* All values of 1 - tanh(x) are multiples of 2^-53, however small they are. Steps that are powers
 * of two can fit such a grid: nothing jitters, and the slope is still off. 0: explained by size and
 * x. A value is off by half of the grid at most, which is less than noise may be: four times noise
 * over the step is what a level is then said to be off. */
static double grid(const line *l) {
    int last = TAD__LEVELS - 1;
    double slope = fmax(fabs(l->left[last]), fabs(l->right[last])), size = l->size[last];
    double explained = fmax(8 * DBL_EPSILON * size, 4 * DBL_EPSILON * fabs(l->x) * slope);
    double most = most_rounding(l, last, 1e-6);
    return slope > 0 && l->unit > explained && l->unit <= most ? l->unit / 4 : 0;
}

static bool is_cubic(double coarse, double fine) { return coarse > 5 * fine && coarse < 12 * fine; }

/* Values that jitter more than their own size explains (they were computed through larger numbers)
 * show it at the finest levels, where a smooth function's differences no longer differ. Where they
 * do, and still fall with the cube of the step, the steps are too large instead. */
static void measure_noise(line *l, const tad__slope_steps *c) {
    int last = TAD__LEVELS - 1;
    double j[3], most;
    double own = fmax(128 * DBL_EPSILON * l->size[last], 64 * l->rounding);
    for (int k = 0; k < 3; k++) j[k] = jitter(l, c, last - 3 + k);
    most = fmax(j[0], fmax(j[1], j[2]));
    l->own_noise = own;
    l->falls = is_cubic(j[0], j[1]) && is_cubic(j[1], j[2]) && j[2] > own;
    l->wild = most > fmax(1e-4 * l->own, 4 * l->noise[last] * c->h[last]);
    l->unexplained = l->ripple > 0 && most > most_rounding(l, last, 1);
    for (int k = 0; k < 3; k++) most = fmax(most, curl(l, c, last - 3 + k));
    add_noise(l, c, 2 * (l->falls ? j[2] : most));
    add_noise(l, c, fmax(2 * near_jump(l, c), grid(l)));
    add_noise(l, c, first_step(l, c));
}

/* Numbers that are computed through larger ones move by steps. Within one step the finest levels
 * agree on a slope that has nothing to do with the function; over several steps the levels agree on
 * the right one. So where a level's slope is `far` off that of finer ones, and that came at once,
 * not by the growth of h^3 that a smooth function has, and by a change of the value that is minute,
 * it is rounding. Returns its size, or 0. */
static double rounding_in(const line *l, const tad__slope_steps *c, int k, double far) {
    int j = TAD__LEVELS - 2;
    while (j > k && fabs(l->d[j] - l->d[j + 1]) < far / 8) j--;
    double step = jitter(l, c, j), size = l->size[j], across = far * c->h[k + 3];
    bool at_once = j == TAD__LEVELS - 2 || jitter(l, c, j + 1) < step / 32;
    double argument = 64 * DBL_EPSILON * fabs(l->x * l->d[j]); /* of a multiple of x */
    bool stays = j < 3 || jitter(l, c, j - 3) < 32 * step;
    double near = most_rounding(l, j, 1e-6);
    if (at_once && (is_near(l, c, j) ? step <= near : stays && step <= fmin(near, 1e-9 * size)))
        return fmax(step, fmin(across, near));
    return across <= fmax(1e-12 * size, argument) ? across : 0;
}

/* What is left of the steps' error at a level, by what the next ones say. */
static double truncation(const line *l, int k) {
    return 1.5 * (fabs(l->s[k + 1] - l->s[k]) + fabs(l->s[k + 1] - l->r[k + 2]));
}

/* By how much the slopes of levels finer than k are off a value, as a change of the function's
 * values: such a change makes the slope of level k as uncertain as it can. The least of many error
 * estimates is often one that is small by chance; so many samples of the rounding set it right. */
static double seen_noise(const line *l, const tad__slope_steps *c, int k, double value) {
    double most = 0;
    for (int j = k + 1; j <= TAD__LEVELS - 4; j++)
        most = fmax(most, fabs(l->s[j + 1] - value) * c->h[j + 3]);
    return most;
}

/* From the finest level on, as long as a level's interval meets those of all finer ones: where it
 * does not, the steps have become too large for the function, however sure the level seems. Then
 * *missed is by how much, and the level is returned; else -1. */
static int choose_level(const line *l, const tad__slope_steps *c, tad__slope *out, double *missed) {
    double low = -INFINITY, high = INFINITY;
    int best = TAD__LEVELS, far_off = -1;
    out->rejected = l->first > 0;
    out->error = INFINITY;
    for (int k = TAD__LEVELS - 4; k >= l->first && far_off < 0; k--) {
        double value = l->s[k + 1], error = truncation(l, k) + 4 * l->noise[k + 3];
        error += 2 * DBL_EPSILON * fabs(value);
        if (!smooth(l, k)) {
            out->rejected = true;
            continue;
        }
        double far = fmax(value - error - high, low - value - error);
        if (far > 0) {
            out->rejected = true;
            *missed = far + error;
            far_off = k;
            continue;
        }
        low = fmax(low, value - error);
        high = fmin(high, value + error);
        if (!(error < out->error)) continue;
        out->value = value;
        out->error = error;
        out->step = c->h[k + 3];
        best = k;
    }
    if (best < TAD__LEVELS)
        out->error = fmax(out->error, seen_noise(l, c, best, out->value) / out->step);
    return far_off;
}

static bool find_level(line *l, const tad__slope_steps *c, tad__slope *out) {
    for (int tries = 0; tries < 4; tries++) {
        double missed = 0;
        int k = choose_level(l, c, out, &missed);
        double rounding = k < 0 ? 0 : rounding_in(l, c, k, missed);
        if (rounding == 0) break;
        add_noise(l, c, rounding);
    }
    return isfinite(out->error);
}

static void one_sided(const line *l, const tad__slope_steps *c, tad__slope *out) {
    int k = TAD__LEVELS - 1;
    out->left = l->left[k];
    out->right = l->right[k];
    out->side_error = fmax(fabs(l->left[k] - l->left[k - 1]), fabs(l->right[k] - l->right[k - 1])) +
                      4 * l->noise[k];
    if (out->kind != TAD__SLOPE_SMOOTH) out->step = c->h[k];
}

/* At a kink the gap of the finest levels is one and the same number. */
static bool gap_is_constant(const line *l) {
    int last = TAD__LEVELS - 1;
    double low = l->gap[last], high = low;
    for (int k = last - 6; k < last; k++) {
        low = fmin(low, l->gap[k]);
        high = fmax(high, l->gap[k]);
    }
    return l->first <= last - 6 && high < 2.5 * low;
}

/* Differences that never settled: the steps are all too large (or the function jumps about). */
static bool converged(const tad__slope *s, const line *l, const tad__slope_steps *c) {
    return s->error <= 0.25 * fabs(s->value) || s->error <= l->own_noise / c->h[TAD__LEVELS - 1];
}

static void judge(line *l, const tad__slope_steps *c, tad__slope *out) {
    *out = (tad__slope){.kind = TAD__SLOPE_UNKNOWN, .value = NAN, .error = INFINITY};
    if (l->first + 4 > TAD__LEVELS) return;
    int last = TAD__LEVELS - 1;
    double now = l->gap[last], before = l->gap[last - 3];
    bool stays = now > 32 * l->noise[last] && !(now < 0.3 * before);
    out->natural = l->natural / (8 * c->h[0]);
    if (stays && gap_is_constant(l)) {
        out->kind = TAD__SLOPE_KINK;
    } else {
        measure_noise(l, c);
        out->kind = TAD__SLOPE_SMOOTH;
        if (!find_level(l, c, out))
            out->kind = now < 2.5 * before ? TAD__SLOPE_KINK : TAD__SLOPE_JUMP;
        else if (!converged(out, l, c))
            out->kind = TAD__SLOPE_UNKNOWN;
    }
    one_sided(l, c, out);
}

/* Whether finer steps may tell more: these have not come down to rounding. */
static bool wants_finer(const line *l, const tad__slope_steps *c, const tad__slope *s) {
    if (l->constant) return false;
    if (s->kind == TAD__SLOPE_KINK) return c->h[TAD__LEVELS - 1] > fabs(c->x) / 8 && c->x != 0;
    if (s->kind == TAD__SLOPE_JUMP || !isfinite(s->error)) return true;
    if (l->unexplained) return true;
    if (s->error <= 1e-8 * fabs(s->value)) return false;
    return l->falls || l->wild || s->step <= c->h[TAD__LEVELS - 4];
}

void tad__levels_slope(const tad__slope_steps *c, const tad__values *f, tad__slope *out) {
    line l;
    quotients(&l, c, f);
    judge(&l, c, out);
    out->ripple = fmin(f->ripple, 1e-9 * l.natural);
    out->open = wants_finer(&l, c, out);
}
