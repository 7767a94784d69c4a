/* Timing for the benchmark programs: interleaved medians of callbacks, and the line that reports
 * one. Rounds of the compared callbacks alternate, so that a change of clock or load of the machine
 * meets all of them. C11 and POSIX clock_gettime only. */
#ifndef TAD_TESTS_BENCH_H
#define TAD_TESTS_BENCH_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 199309L
#endif
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* One candidate: run(arg) is timed; seconds per call come back. */
typedef struct {
    void (*run)(void *arg);
    void *arg;
    double median, min, max;
    unsigned calls; /* calls per round, chosen by bench_measure */
} bench_case;

enum { BENCH_MAX_ROUNDS = 101 };

/* Monotonic seconds. */
static inline double bench_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline double bench_time(const bench_case *c) {
    double start = bench_now();
    for (unsigned i = 0; i < c->calls; i++) c->run(c->arg);
    return (bench_now() - start) / c->calls;
}

static inline int bench_order(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* As many calls as fill the given time; this also warms caches and branch predictors. */
static inline void bench_calibrate(bench_case *c, double seconds) {
    for (c->calls = 1; c->calls < 1u << 24; c->calls *= 2)
        if (bench_time(c) * c->calls >= seconds) return;
}

/* Times n cases in turn for an odd number of rounds, each round of a case lasting about
 * round_seconds (or one call). */
static inline void bench_measure(bench_case *cases, size_t n, unsigned rounds,
                                 double round_seconds) {
    if (rounds > BENCH_MAX_ROUNDS) rounds = BENCH_MAX_ROUNDS;
    double *t = malloc(n * rounds * sizeof *t);
    if (!t) abort();
    for (size_t i = 0; i < n; i++) bench_calibrate(&cases[i], round_seconds);
    for (unsigned r = 0; r < rounds; r++)
        for (size_t i = 0; i < n; i++) t[i * rounds + r] = bench_time(&cases[i]);
    for (size_t i = 0; i < n; i++) {
        qsort(t + i * rounds, rounds, sizeof *t, bench_order);
        cases[i].median = t[i * rounds + rounds / 2];
        cases[i].min = t[i * rounds];
        cases[i].max = t[i * rounds + rounds - 1];
    }
    free(t);
}

/* bench NAME MEDIAN UNIT (min .. max) ratio R vs BASELINE. A case's seconds per call are multiplied
 * by scale to give the unit; R is the baseline's median over the case's, above 1 where the case is
 * faster. */
static inline void bench_print(const char *name, const bench_case *c, double scale,
                               const char *unit, const bench_case *base, const char *base_name) {
    printf("bench %s %.4g %s (%.4g .. %.4g) ratio %.3f vs %s\n", name, c->median * scale, unit,
           c->min * scale, c->max * scale, base->median / c->median, base_name);
    fflush(stdout);
}

#endif
