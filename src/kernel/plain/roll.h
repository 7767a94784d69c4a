/* Long sums of rolled-up programs as plain C: the order of roll_kernel.c. */
#ifndef TAD_KERNEL_PLAIN_ROLL_H
#define TAD_KERNEL_PLAIN_ROLL_H

#include <stddef.h>
#include <stdint.h>

/* 8 numbers: from `place` on, or, where that is ~p, all v[p]. */
static inline void tad__roll_either(const double *v, int32_t place, double *x) {
    if (place >= 0)
        for (int l = 0; l < 8; l++) x[l] = v[place + l];
    else
        for (int l = 0; l < 8; l++) x[l] = v[~place];
}

/* The sum of n terms, by 32 partial sums. */
#define TAD__ROLL_SUM(name, parameters, term)                                                      \
    static double name parameters {                                                                \
        double sum[32], rest = -0.0;                                                               \
        ptrdiff_t i = 0;                                                                           \
        for (int k = 0; k < 32; k++) sum[k] = -0.0;                                                \
        for (; i + 32 <= n; i += 32)                                                               \
            for (int k = 0; k < 32; k++) sum[k] += term(i + k);                                    \
        for (; i + 8 <= n; i += 8)                                                                 \
            for (int k = 0; k < 8; k++) sum[k] += term(i + k);                                     \
        for (; i < n; i++) rest += term(i);                                                        \
        for (int k = 0; k < 8; k++) sum[k] = (sum[k] + sum[k + 8]) + (sum[k + 16] + sum[k + 24]);  \
        return (((sum[0] + sum[4]) + (sum[2] + sum[6])) +                                          \
                ((sum[1] + sum[5]) + (sum[3] + sum[7]))) +                                         \
               rest;                                                                               \
    }

/* Side by side, apart from each other, or at listed places; alone, or times as many others. */
#define TAD__ROLL_ALONG(i) (a[i] * b[i])
#define TAD__ROLL_ALONG_ALONE(i) a[i]
#define TAD__ROLL_FIXED(i) (a[i] * b[0])
#define TAD__ROLL_APART(i) (a[(i)*step_a] * b[(i)*step_b])
#define TAD__ROLL_APART_ALONE(i) a[(i)*step_a]
#define TAD__ROLL_LISTED(i) (v[a[i]] * v[b[i]])
#define TAD__ROLL_LISTED_ALONE(i) v[a[i]]
TAD__ROLL_SUM(tad__roll_along, (const double *a, const double *b, ptrdiff_t n), TAD__ROLL_ALONG)
TAD__ROLL_SUM(tad__roll_along_alone, (const double *a, ptrdiff_t n), TAD__ROLL_ALONG_ALONE)
TAD__ROLL_SUM(tad__roll_fixed, (const double *a, const double *b, ptrdiff_t n), TAD__ROLL_FIXED)
TAD__ROLL_SUM(tad__roll_apart,
              (const double *a, ptrdiff_t step_a, const double *b, ptrdiff_t step_b, ptrdiff_t n),
              TAD__ROLL_APART)
TAD__ROLL_SUM(tad__roll_apart_alone, (const double *a, ptrdiff_t step_a, ptrdiff_t n),
              TAD__ROLL_APART_ALONE)
TAD__ROLL_SUM(tad__roll_listed, (const double *v, const int32_t *a, const int32_t *b, ptrdiff_t n),
              TAD__ROLL_LISTED)
TAD__ROLL_SUM(tad__roll_listed_alone, (const double *v, const int32_t *a, ptrdiff_t n),
              TAD__ROLL_LISTED_ALONE)

/* A factor that all terms have is put outside, unless the sum of the others overflows. */
static double tad__roll_factor(const double *a, const double *b, ptrdiff_t n) {
    const double sum = b[0] * tad__roll_along_alone(a, n);
    return sum - sum == 0 ? sum : tad__roll_fixed(a, b, n);
}

#endif
