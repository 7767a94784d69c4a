/* How far what has been rolled up may be from the tape. Rests on freeze.h.
 *
 * Sums in another order: of n numbers of at most M, each, they differ by less than n M / 2^52. What
 * follows may magnify that; a derivative by less than the 2^26 that are half of all digits. */
#include "roll.h"

#include <float.h>
#include <math.h>

/* The largest finite number that the program needs, as recorded. */
static double largest(const tad__freezer *f) {
    double most = 0;
    for (uint32_t i = 0; i < f->nodes; i++) {
        const tad__node *n = tad__at(f->t, i);
        if ((n->flags & TAD__ARRAY) || !(f->mark[i] & TAD__NEEDED)) continue;
        const double x = fabs(n->value.number);
        if (x > most && x <= DBL_MAX) most = x;
    }
    return most;
}

void tad__roll_tolerance(tad__freezer *f) {
    f->tolerance = largest(f) * (double)f->numbers * DBL_EPSILON;
}

bool tad__roll_agrees(const tad__freezer *f, double recorded, double got) {
    if (isnan(recorded)) return isnan(got);
    if (f->p->exact) return false;
    if (recorded == got) return true;
    return fabs(recorded - got) <= f->tolerance + ldexp(fabs(recorded), -26);
}
