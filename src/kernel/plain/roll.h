/* Long sums of rolled-up programs as plain C: the order of roll_kernel.c. */
#ifndef TAD_KERNEL_PLAIN_ROLL_H
#define TAD_KERNEL_PLAIN_ROLL_H

#include <stddef.h>
#include <stdint.h>

/* Factor i of a run: so far apart from `at` on, or, INT32_MIN, where the places there say. */
static inline double tad__roll_factor(const double *v, const int32_t *place, ptrdiff_t at,
                                      ptrdiff_t apart, ptrdiff_t i) {
    return apart == INT32_MIN ? v[place[at + i]] : v[at + i * apart];
}

/* The product of two; b -1: the first alone. */
static inline double tad__roll_term(const double *v, const int32_t *place, ptrdiff_t a,
                                    ptrdiff_t step_a, ptrdiff_t b, ptrdiff_t step_b, ptrdiff_t i) {
    const double x = tad__roll_factor(v, place, a, step_a, i);
    return b < 0 ? x : x * tad__roll_factor(v, place, b, step_b, i);
}

/* The sum of a run's products, by 32 partial sums. */
static inline double tad__roll_products(const double *v, const int32_t *place, ptrdiff_t a,
                                        ptrdiff_t step_a, ptrdiff_t b, ptrdiff_t step_b,
                                        ptrdiff_t n) {
    double sum[32], rest = -0.0;
    ptrdiff_t i = 0;
    for (int k = 0; k < 32; k++) sum[k] = -0.0;
    for (; i + 32 <= n; i += 32)
        for (int k = 0; k < 32; k++)
            sum[k] += tad__roll_term(v, place, a, step_a, b, step_b, i + k);
    for (; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; k++) sum[k] += tad__roll_term(v, place, a, step_a, b, step_b, i + k);
    for (; i < n; i++) rest += tad__roll_term(v, place, a, step_a, b, step_b, i);
    for (int k = 0; k < 8; k++) sum[k] = (sum[k] + sum[k + 8]) + (sum[k + 16] + sum[k + 24]);
    return (((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]))) +
           rest;
}

/* A factor that all terms have is put outside, unless the sum of the others overflows. */
static inline double tad__roll_run(const double *v, const int32_t *place, ptrdiff_t a,
                                   ptrdiff_t step_a, ptrdiff_t b, ptrdiff_t step_b, ptrdiff_t n) {
    if (step_a == 1 && step_b == 0 && b >= 0) {
        const double sum = v[b] * tad__roll_products(v, place, a, step_a, -1, 0, n);
        if (sum - sum == 0) return sum;
    }
    return tad__roll_products(v, place, a, step_a, b, step_b, n);
}

#endif
