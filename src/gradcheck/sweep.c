/* The step sweep: central differences at 28 steps, extrapolated twice; the level with the smallest
 * error estimate wins. Rests on the C library's mathematics only. Derivation: docs/math.md. */
#include "sweep.h"

#include <float.h>
#include <math.h>

/* The values of one output at all levels; sizes for the worst case, all on the stack. */
typedef struct line {
    int first;                 /* levels before it are not finite */
    double d[TAD__LEVELS];     /* central differences */
    double r[TAD__LEVELS];     /* after one extrapolation: error h^4 */
    double s[TAD__LEVELS];     /* after two: error h^6 */
    double gap[TAD__LEVELS];   /* |right slope - left slope| */
    double noise[TAD__LEVELS]; /* rounding of the values, divided by the step */
    double left[TAD__LEVELS], right[TAD__LEVELS];
} line;

typedef struct coordinates {
    double h[TAD__LEVELS], plus[TAD__LEVELS], minus[TAD__LEVELS];
} coordinates;

static void quotients(line *l, const coordinates *c, double x, double f0, const double *plus,
                      const double *minus, size_t stride, double noise) {
    l->first = 0;
    for (int k = 0; k < TAD__LEVELS; k++) {
        double fp = plus[(size_t)k * stride], fm = minus[(size_t)k * stride];
        if (!isfinite(fp) || !isfinite(fm) || !isfinite(f0)) {
            l->first = k + 1;
            continue;
        }
        double size = fmax(fmax(fabs(fp), fabs(fm)), fmax(fabs(f0), noise));
        l->d[k] = (fp - fm) / (c->plus[k] - c->minus[k]);
        l->right[k] = (fp - f0) / (c->plus[k] - x);
        l->left[k] = (f0 - fm) / (x - c->minus[k]);
        l->gap[k] = fabs(l->right[k] - l->left[k]);
        l->noise[k] = 2 * DBL_EPSILON * size / c->h[k];
    }
    for (int k = l->first; k + 1 < TAD__LEVELS; k++) l->r[k] = (4 * l->d[k + 1] - l->d[k]) / 3;
    for (int k = l->first; k + 2 < TAD__LEVELS; k++) l->s[k] = (16 * l->r[k + 1] - l->r[k]) / 15;
}

/* Of a smooth function the gap falls with the step, until it drowns in rounding. */
static bool smooth(const line *l, int k) {
    double fine = l->gap[k + 3];
    return fine <= 16 * l->noise[k + 3] || fine <= 0.3 * fmax(l->gap[k], l->gap[k + 1]);
}

static bool choose_level(const line *l, const coordinates *c, tad__slope *out) {
    bool found = false;
    out->rejected = l->first > 0;
    for (int k = l->first; k + 3 < TAD__LEVELS; k++) {
        if (!smooth(l, k)) {
            out->rejected = true;
            continue;
        }
        double error = fmax(fabs(l->s[k + 1] - l->s[k]), fabs(l->s[k + 1] - l->r[k + 2])) +
                       4 * l->noise[k + 3];
        if (found && !(error < out->error)) continue;
        found = true;
        out->value = l->s[k + 1];
        out->error = error;
        out->step = c->h[k + 3];
    }
    return found;
}

static void one_sided(const line *l, const coordinates *c, tad__slope *out) {
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

/* Values that jitter more than their own size explains (they were computed through larger numbers):
 * the jitter seen at the finest levels is the noise of all. */
static void measure_noise(line *l, const coordinates *c) {
    double jitter = 0;
    for (int k = TAD__LEVELS - 3; k < TAD__LEVELS; k++) jitter = fmax(jitter, l->gap[k] * c->h[k]);
    for (int k = l->first; k < TAD__LEVELS; k++) l->noise[k] = fmax(l->noise[k], jitter / c->h[k]);
}

static void judge(line *l, const coordinates *c, tad__slope *out) {
    *out = (tad__slope){.kind = TAD__SLOPE_UNKNOWN, .value = NAN, .error = INFINITY};
    if (l->first + 4 > TAD__LEVELS) return;
    int last = TAD__LEVELS - 1;
    bool found = choose_level(l, c, out);
    double now = l->gap[last], before = l->gap[last - 3];
    bool stays = now > 32 * l->noise[last] && !(now < 0.3 * before);
    out->kind = TAD__SLOPE_SMOOTH;
    out->natural = l->noise[last] / (2 * DBL_EPSILON) * c->h[last] / (8 * c->h[0]);
    if ((!found || stays) && gap_is_constant(l)) {
        out->kind = TAD__SLOPE_KINK;
    } else if (!found || stays) {
        measure_noise(l, c);
        if (!choose_level(l, c, out))
            out->kind = now < 2.5 * before ? TAD__SLOPE_KINK : TAD__SLOPE_JUMP;
    }
    one_sided(l, c, out);
}

static tad_status evaluate_all(tad__line_fn *f, void *user, double scale, size_t m, double *room,
                               coordinates *c) {
    int e;
    (void)frexp(scale, &e); /* scale < 2^e */
    for (int k = 0; k < TAD__LEVELS; k++) {
        double *plus = room + (size_t)k * m, *minus = plus + TAD__LEVELS * m;
        c->h[k] = ldexp(1, e - 3 - k);
        tad_status status = f(user, c->h[k], plus, &c->plus[k]);
        if (status == TAD_OK) status = f(user, -c->h[k], minus, &c->minus[k]);
        if (status != TAD_OK) return status;
    }
    return TAD_OK;
}

tad_status tad__slopes(tad__line_fn *f, void *user, double x, double scale, const double *f0,
                       const double *noise, size_t m, double *room, tad__slope *out) {
    coordinates c;
    tad_status status = evaluate_all(f, user, scale, m, room, &c);
    if (status != TAD_OK) return status;
    for (size_t j = 0; j < m; j++) {
        line l;
        quotients(&l, &c, x, f0[j], room + j, room + TAD__LEVELS * m + j, m, noise ? noise[j] : 0);
        judge(&l, &c, out + j);
    }
    return TAD_OK;
}

/* ---- judging an analytic derivative ---- */

static tad__judgement graded(double r) {
    return (tad__judgement){TAD__OUT_GRADED, tad_grade_of(r), r};
}

static tad__judgement undecided(tad__outcome outcome) {
    return (tad__judgement){outcome, TAD_GRADE_NONE, 0};
}

static tad__judgement judge_kink(double a, const tad__slope *n, tad_kinks kinks) {
    double low = fmin(n->left, n->right) - n->side_error;
    double high = fmax(n->left, n->right) + n->side_error;
    if (kinks == TAD_KINKS_SKIP) return undecided(TAD__OUT_KINK);
    if (kinks == TAD_KINKS_FAIL || !(a >= low && a <= high)) return graded(1);
    return undecided(TAD__OUT_KINK);
}

tad__judgement tad__judge(double a, const tad__slope *n, double largest, tad_kinks kinks,
                          tad_grade demand) {
    if (!isfinite(a)) return graded(NAN);
    if (n->kind == TAD__SLOPE_KINK) return judge_kink(a, n, kinks);
    if (n->kind != TAD__SLOPE_SMOOTH) return undecided(TAD__OUT_INCONCLUSIVE);
    double size = fabs(a) + fabs(n->value), far = fabs(a - n->value);
    double top = fmax(fabs(a), fabs(n->value));
    if (size == 0 || fmax(top, n->error) <= 1e-9 * largest) return undecided(TAD__OUT_ZERO);
    /* Both vanish within the bound, and the bound is sharp beside what the values could show. */
    if (top <= 4 * n->error && n->error <= 1e-9 * n->natural) return undecided(TAD__OUT_ZERO);
    if (far == 0 || n->error <= 1e-7 * size) return graded(far / size);
    if (demand >= TAD_GRADE_ACCEPTABLE && far + n->error < 1e-5 * size)
        return graded(fmax(far / size, 1e-7)); /* the bound is not sharp enough for very good */
    if (n->rejected || !(far > 3 * n->error)) return undecided(TAD__OUT_INCONCLUSIVE);
    return graded(far / size);
}

tad_grade tad_grade_of(double r) {
    if (r < 1e-7) return TAD_GRADE_VERY_GOOD;
    if (r < 1e-5) return TAD_GRADE_ACCEPTABLE;
    if (r < 1e-3) return TAD_GRADE_NEEDS_CHECKING;
    return TAD_GRADE_BUG;
}
