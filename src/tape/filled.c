/* Constants that a formula fills: eye, arange, linspace. Rests on leaf.h. */
#include <math.h>

#include "error.h"
#include "handle.h"
#include "leaf.h"

typedef struct progression {
    double first, step, last;
    int64_t n; /* of these, the last one is exact */
} progression;

static double diagonal_element(const void *columns, int64_t i) {
    const int64_t m = *(const int64_t *)columns;
    return i / m == i % m;
}

tad_var tad_eye(tad_tape *t, tad_dtype dtype, int64_t n, int64_t m) {
    return tad__filled(t, "eye", dtype, TAD_SHAPE(n, m), diagonal_element, &m);
}

static double member(const void *context, int64_t i) {
    const progression *p = context;
    return i + 1 == p->n ? p->last : p->first + (double)i * p->step;
}

tad_var tad_arange(tad_tape *t, tad_dtype dtype, double start, double stop, double step) {
    const double count = ceil((stop - start) / step);
    if (t && !(fabs(count) < 1e18))
        tad__fail(t, TAD_BAD_ARGUMENT, "arange: no number of steps of %g leads from %g to %g", step,
                  start, stop);
    if (!t || !(fabs(count) < 1e18)) return tad__nil(t);
    const progression p = {start, step, 0, -1};
    const int64_t n = count > 0 ? (int64_t)count : 0;
    return tad__filled(t, "arange", dtype, TAD_SHAPE(n), member, &p);
}

tad_var tad_linspace(tad_tape *t, tad_dtype dtype, double start, double stop, int64_t n) {
    const double step = n > 1 ? (stop - start) / (double)(n - 1) : 0;
    const progression p = {start, step, n > 1 ? stop : start, n};
    return tad__filled(t, "linspace", dtype, TAD_SHAPE(n), member, &p);
}
