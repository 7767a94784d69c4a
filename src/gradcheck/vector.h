/* Sizes of vectors and how far apart two are, for the laws of the gradient check. NaNs count as
 * equal: where they should not be, entries are judged by themselves. */
#ifndef TAD_GRADCHECK_VECTOR_H
#define TAD_GRADCHECK_VECTOR_H

#include <math.h>
#include <stddef.h>

/* Largest absolute value; NaN if there is one. */
static inline double tad__top(const double *a, size_t n) {
    double top = 0;
    for (size_t i = 0; i < n; i++)
        if (!(fabs(a[i]) <= top)) top = fabs(a[i]);
    return top;
}

/* The same of the finite ones. */
static inline double tad__largest(const double *a, size_t n) {
    double top = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(a[i])) top = fmax(top, fabs(a[i]));
    return top;
}

/* 0 when equal, else the largest distance. */
static inline double tad__distance(const double *a, const double *b, size_t n) {
    double far = 0;
    for (size_t i = 0; i < n; i++) {
        if (a[i] == b[i] || (isnan(a[i]) && isnan(b[i]))) continue;
        double d = fabs(a[i] - b[i]);
        far = fmax(far, isfinite(d) ? d : INFINITY);
    }
    return far;
}

static inline double tad__dot(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* Of numbers of any size: squares neither overflow nor vanish. */
static inline double tad__length(const double *a, size_t n) {
    double top = tad__top(a, n), sum = 0;
    if (top == 0 || !isfinite(top)) return top;
    for (size_t i = 0; i < n; i++) sum += (a[i] / top) * (a[i] / top);
    return top * sqrt(sum);
}

/* An error as a multiple of a size; a size of zero demands exactness. */
static inline double tad__relative(double error, double size) {
    if (error == 0) return 0;
    return size > 0 ? error / size : INFINITY;
}

#endif
