/* What an analytic derivative is worth beside a numeric one and its bound. Rests on
 * judge.h, numbers only. */
#include "judge.h"

#include <math.h>

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

/* Differences that never settled (the square of relu at 0 has some) and yet vanish from both sides
 * beside what the values could show. */
static bool vanishes(double a, const tad__slope *n) {
    double sides = fmax(fabs(n->left), fabs(n->right)), top = fmax(fabs(a), fabs(n->value));
    return n->kind == TAD__SLOPE_UNKNOWN && top <= 4 * n->error &&
           fmax(sides, n->error) <= 1e-9 * n->natural;
}

tad__judgement tad__judge(double a, const tad__slope *n, double largest, tad_kinks kinks,
                          tad_grade demand) {
    if (!isfinite(a)) return graded(NAN);
    if (n->kind == TAD__SLOPE_KINK) return judge_kink(a, n, kinks);
    if (vanishes(a, n)) return undecided(TAD__OUT_ZERO);
    if (n->kind != TAD__SLOPE_SMOOTH) return undecided(TAD__OUT_INCONCLUSIVE);
    double size = fabs(a) + fabs(n->value), far = fabs(a - n->value);
    double top = fmax(fabs(a), fabs(n->value));
    if (size == 0 || fmax(top, n->error) <= 1e-9 * largest) return undecided(TAD__OUT_ZERO);
    if (far == 0 || n->error <= 1e-7 * size) return graded(far / size);
    if (demand >= TAD_GRADE_ACCEPTABLE && far + n->error < 1e-5 * size)
        return graded(fmax(far / size, 1e-7)); /* the bound is not sharp enough for very good */
    /* They agree, and no error that could hide in the bound, or else not even the entry, is worth
     * mentioning beside the largest entry, or beside what the values could show. */
    if (far <= n->error && (n->error <= 1e-8 * largest || top <= 5e-10 * n->natural))
        return undecided(TAD__OUT_ZERO);
    /* Both vanish within the bound, and the bound is sharp beside what the values could show. */
    if (top <= 4 * n->error && n->error <= 1e-9 * n->natural) return undecided(TAD__OUT_ZERO);
    if (!(far > (n->rejected ? 100 : 3) * n->error)) return undecided(TAD__OUT_INCONCLUSIVE);
    return graded(far / size);
}

tad_grade tad_grade_of(double r) {
    if (r < 1e-7) return TAD_GRADE_VERY_GOOD;
    if (r < 1e-5) return TAD_GRADE_ACCEPTABLE;
    if (r < 1e-3) return TAD_GRADE_NEEDS_CHECKING;
    return TAD_GRADE_BUG;
}
