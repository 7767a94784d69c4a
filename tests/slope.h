/* The numeric derivative of the gradient check, of a function of one number. Include after
 * support.h, in tests that see the library's insides. */
#ifndef TAD_TESTS_SLOPE_H
#define TAD_TESTS_SLOPE_H

#include "gradcheck/slope.h"

typedef struct slope_point {
    double (*f)(double);
    double x;
} slope_point;

static inline tad_status slope_walk(void *user, double h, double *out, double *coordinate) {
    const slope_point *p = user;
    *coordinate = p->x + h;
    *out = p->f(*coordinate);
    return TAD_OK;
}

static inline tad__slope slope_at(double (*f)(double), double x) {
    slope_point p = {f, x};
    double f0 = f(x), room[2 * TAD__LEVELS];
    tad__slope s;
    tad__path path = {slope_walk, &p, x, fmax(fabs(x), 1), fabs(x), false, NULL, NULL};
    ck_assert_int_eq(tad__slopes(&path, &f0, NULL, 1, room, &s), TAD_OK);
    return s;
}

#endif
