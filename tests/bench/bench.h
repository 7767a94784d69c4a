/* Timing for the benchmark programs: interleaved medians of callbacks, the lines that report them,
 * and the options that the programs share. Rounds of the compared callbacks alternate, so that a
 * change of clock or load of the machine meets all of them, and a ratio is the median of the ratios
 * of neighbouring rounds. C11 and POSIX clock_gettime only. */
#ifndef TAD_TESTS_BENCH_H
#define TAD_TESTS_BENCH_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 199309L
#endif
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BENCH_MAX_ROUNDS = 101 };

/* ---- options ---- */

/* [--quick] [--rounds N] [NAME ...]: short rounds; so many of them; only the works named. */
typedef struct {
    unsigned rounds;
    double seconds; /* of a round */
    double at_most; /* of one comparison, where the user did not say how many rounds */
    bool quick;
    char **names;
    int count;
} bench_options;

/* Ends the program with the reason and the usage. */
static inline void bench_refuse(const char *program, const char *const *works, const char *why,
                                const char *what) {
    fprintf(stderr,
            "%s: %s \"%s\"; usage: %s [--quick] [--rounds 1..%d] [NAME ...], names:", program, why,
            what, program, BENCH_MAX_ROUNDS);
    for (const char *const *w = works; *w; w++) fprintf(stderr, " %s", *w);
    fprintf(stderr, "\n");
    exit(2);
}

/* A whole number of low .. high; -1: it is none. */
static inline long bench_number(const char *text, long low, long high) {
    char *end;
    errno = 0;
    long n = text ? strtol(text, &end, 10) : -1;
    return !text || errno || end == text || *end || n < low || n > high ? -1 : n;
}

static inline bench_options bench_arguments(int argc, char **argv, const char *const *works) {
    bench_options o = {.names = argv + 1};
    for (int i = 1; i < argc; i++) {
        const char *const *w = works;
        if (!strcmp(argv[i], "--quick")) {
            o.quick = true;
        } else if (!strcmp(argv[i], "--rounds")) {
            const char *text = ++i < argc ? argv[i] : "";
            long rounds = bench_number(text, 1, BENCH_MAX_ROUNDS);
            if (rounds < 0) bench_refuse(argv[0], works, "bad number of rounds", text);
            o.rounds = (unsigned)rounds;
        } else {
            while (*w && strcmp(*w, argv[i])) w++;
            if (!*w) bench_refuse(argv[0], works, "no work", argv[i]);
            o.names[o.count++] = argv[i];
        }
    }
    o.seconds = o.quick ? 0.005 : 0.02;
    o.at_most = o.rounds ? HUGE_VAL : o.quick ? 0.3 : 1.5;
    if (!o.rounds) o.rounds = o.quick ? 5 : 15;
    return o;
}

static inline bool bench_named(const bench_options *o, const char *name) {
    for (int i = 0; i < o->count; i++)
        if (!strcmp(o->names[i], name)) return true;
    return false;
}

static inline bool bench_wanted(const bench_options *o, const char *name) {
    return o->count == 0 || bench_named(o, name);
}

/* ---- timing ---- */

/* One candidate: run(arg) is timed; seconds per call come back. */
typedef struct {
    void (*run)(void *arg);
    void *arg;
    double median, min, max;
    unsigned calls, rounds; /* calls per round, chosen by bench_measure */
    double round[BENCH_MAX_ROUNDS];
} bench_case;

/* Processor time of the calling thread, which other programs on the machine lengthen least; works
 * with several threads take the wall's: CLOCK_MONOTONIC. */
static clockid_t bench_clock = CLOCK_THREAD_CPUTIME_ID;

static inline double bench_now(void) {
    struct timespec t;
    clock_gettime(bench_clock, &t);
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

static inline void bench_summarise(bench_case *c) {
    double sorted[BENCH_MAX_ROUNDS];
    memcpy(sorted, c->round, sizeof sorted);
    qsort(sorted, c->rounds, sizeof *sorted, bench_order);
    c->median = sorted[c->rounds / 2];
    c->min = sorted[0];
    c->max = sorted[c->rounds - 1];
}

/* Times n cases in turn, each round of a case lasting about o->seconds (or one call); fewer rounds
 * than asked for, but not below 3, where they would take longer than o->at_most. */
static inline void bench_measure(bench_case *cases, size_t n, const bench_options *o) {
    double start = bench_now(), once = 0;
    for (size_t i = 0; i < n; i++) bench_calibrate(&cases[i], o->seconds);
    for (size_t i = 0; i < n; i++) once += bench_time(&cases[i]) * cases[i].calls;
    double left = o->at_most - (bench_now() - start);
    unsigned rounds = o->rounds;
    if (once * rounds > left) rounds = left > 3 * once ? (unsigned)(left / once) : 3;
    for (unsigned r = 0; r < rounds; r++)
        for (size_t i = 0; i < n; i++) cases[i].round[r] = bench_time(&cases[i]);
    for (size_t i = 0; i < n; i++) {
        cases[i].rounds = rounds;
        bench_summarise(&cases[i]);
    }
}

/* How many times as fast as the base c is, both from one bench_measure. */
static inline double bench_ratio(const bench_case *c, const bench_case *base) {
    double ratio[BENCH_MAX_ROUNDS];
    for (unsigned r = 0; r < c->rounds; r++) ratio[r] = base->round[r] / c->round[r];
    qsort(ratio, c->rounds, sizeof *ratio, bench_order);
    return ratio[c->rounds / 2];
}

/* bench NAME MEDIAN UNIT (min .. max) ratio R vs BASELINE. A case's seconds per call are multiplied
 * by scale to give the unit; R is the baseline's time over the case's, above 1 where the case is
 * faster. */
static inline void bench_print(const char *name, const bench_case *c, double scale,
                               const char *unit, const bench_case *base, const char *base_name) {
    printf("bench %s %.4g %s (%.4g .. %.4g) ratio %.3f vs %s\n", name, c->median * scale, unit,
           c->min * scale, c->max * scale, bench_ratio(c, base), base_name);
    fflush(stdout);
}

/* target NAME VALUE at most|at least LIMIT: met|missed. */
static inline void bench_at_most(const char *name, double value, double limit) {
    printf("target %s %.3g at most %.3g: %s\n", name, value, limit,
           value <= limit ? "met" : "missed");
    fflush(stdout);
}

static inline void bench_at_least(const char *name, double value, double limit) {
    printf("target %s %.3g at least %.3g: %s\n", name, value, limit,
           value >= limit ? "met" : "missed");
    fflush(stdout);
}

static inline void bench_fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static inline void *bench_memory(size_t bytes) {
    void *memory = aligned_alloc(64, (bytes + 127) / 64 * 64);
    if (!memory) bench_fail("benchmark", "out of memory");
    memset(memory, 0, bytes);
    return memory;
}

/* Pseudo-random numbers in -1 .. 1, the same in every run. */
static inline double bench_random(unsigned long long *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return 2 * (double)(*state >> 11) / 9007199254740992.0 - 1;
}

/* n of them, twice as large; to be freed. */
static inline float *bench_floats(size_t n, unsigned long long seed) {
    float *x = bench_memory(n * sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = (float)(2 * bench_random(&seed));
    return x;
}

#endif
