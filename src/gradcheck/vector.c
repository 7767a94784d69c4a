/* Vectors of doubles. Rests on the C library's mathematics and the library's random numbers. */
#include "vector.h"

#include <math.h>
#include <string.h>

/* ---- sizes and distances ---- */

double tad__top(const double *a, size_t n) {
    double top = 0;
    for (size_t i = 0; i < n; i++)
        if (!(fabs(a[i]) <= top)) top = fabs(a[i]);
    return top;
}

double tad__largest(const double *a, size_t n) {
    double top = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(a[i])) top = fmax(top, fabs(a[i]));
    return top;
}

double tad__gap(double a, double b) { return a == b || (isnan(a) && isnan(b)) ? 0 : fabs(a - b); }

double tad__distance(const double *a, const double *b, size_t n) {
    double far = 0;
    for (size_t i = 0; i < n; i++) {
        double d = tad__gap(a[i], b[i]);
        far = fmax(far, isfinite(d) ? d : INFINITY);
    }
    return far;
}

double tad__relative(double error, double size) {
    if (error == 0) return 0;
    return size > 0 ? error / size : INFINITY;
}

/* ---- arithmetic ---- */

double tad__dot(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

double tad__length(const double *a, size_t n) {
    double top = tad__top(a, n), sum = 0;
    if (top == 0 || !isfinite(top)) return top;
    for (size_t i = 0; i < n; i++) sum += (a[i] / top) * (a[i] / top);
    return top * sqrt(sum);
}

void tad__scale(const double *a, double factor, size_t n, double *out) {
    for (size_t i = 0; i < n; i++) out[i] = factor * a[i];
}

bool tad__same_bits(const double *a, const double *b, size_t n) {
    return n == 0 || memcmp(a, b, n * sizeof *a) == 0;
}

/* ---- random vectors ---- */

void tad__normals(tad_random *r, double *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = tad_random_normal(r);
}

void tad__signs(tad_random *r, double *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = tad_random_below(r, 2) ? 1 : -1;
}
