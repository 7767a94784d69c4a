/* Nanoseconds per element of src/kernel/elementary.h at each instruction-set level, on 4096
 * elements, against a loop over libm, and against SLEEF and libmvec where built with
 * TAD_BENCH_SLEEF, TAD_BENCH_MVEC.
 *
 *   bench_elementary [--quick] [--rounds N] [NAME ...] */
#include "bench.h"

#include "../elementary_level.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { N = 4096 };

/* ---- libm ---- */

static double sigmoid(double x) {
    double e = exp(-fabs(x));
    return (x < 0 ? e : 1) / (1 + e);
}

static float sigmoidf(float x) {
    float e = expf(-fabsf(x));
    return (x < 0 ? e : 1) / (1 + e);
}

/* name, lo and hi of the arguments */
/* clang-format off */
#define EACH(X)                                                                                    \
    X(exp, -20, 20) X(expm1, -5, 5) X(exp2, -20, 20) X(log, 0, 100) X(log1p, -1, 10)               \
    X(log2, 0, 100) X(log10, 0, 100) X(tanh, -4, 4) X(sigmoid, -20, 20) X(sin, -10, 10)            \
    X(cos, -10, 10) X(tan, -10, 10) X(erf, -4, 4) X(erfc, -4, 8) X(sinh, -5, 5) X(cosh, -5, 5)     \
    X(asin, -1, 1) X(acos, -1, 1) X(atan, -5, 5) X(asinh, -5, 5) X(acosh, 1, 10) X(atanh, -1, 1)   \
    X(cbrt, -10, 10) X(sqrt, 0, 10) X(fabs, -5, 5) X(floor, -5, 5) X(ceil, -5, 5) X(rint, -5, 5)   \
    X(trunc, -5, 5)
/* clang-format on */

#define LIBM(name, lo, hi)                                                                         \
    static void name##_f64(size_t n, const double *x, double *y) {                                 \
        for (size_t i = 0; i < n; i++) y[i] = name(x[i]);                                          \
    }                                                                                              \
    static void name##_f32(size_t n, const float *x, float *y) {                                   \
        for (size_t i = 0; i < n; i++) y[i] = name##f(x[i]);                                       \
    }
EACH(LIBM)

typedef struct {
    tad_elementary_unary libm;
    double lo, hi;
} row;

#define ROW(name, lo, hi) {{#name, name##_f64, name##_f32}, lo, hi},
static const row rows[] = {EACH(ROW)};
enum { ROWS = sizeof rows / sizeof *rows };

/* ---- Implementations ---- */

typedef struct {
    const char *name;
    const tad_elementary_level *level;
    int supported;
} implementation;

#ifdef TAD_BENCH_SLEEF
extern const tad_elementary_level tad_sleef_base, tad_sleef_avx2, tad_sleef_avx512;
#endif
#ifdef TAD_BENCH_MVEC
extern const tad_elementary_level tad_mvec_base, tad_mvec_avx2, tad_mvec_avx512;
#endif
enum { IMPLEMENTATIONS_MAX = 9 };

static size_t implementations(implementation *out) {
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    const implementation all[] = {
        {"base", &tad_elementary_base, 1},
        {"avx2", &tad_elementary_avx2, avx2},
        {"avx512", &tad_elementary_avx512, avx512},
#ifdef TAD_BENCH_SLEEF
        {"sleef-base", &tad_sleef_base, 1},
        {"sleef-avx2", &tad_sleef_avx2, avx2},
        {"sleef-avx512", &tad_sleef_avx512, avx512},
#endif
#ifdef TAD_BENCH_MVEC
        {"mvec-base", &tad_mvec_base, 1},
        {"mvec-avx2", &tad_mvec_avx2, avx2},
        {"mvec-avx512", &tad_mvec_avx512, avx512},
#endif
    };
    size_t n = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].supported) out[n++] = all[i];
    return n;
}

/* The block form where there is one. */
static const tad_elementary_unary *find(const tad_elementary_level *level, const char *name) {
    const tad_elementary_unary *found = NULL;
    char block[32];
    snprintf(block, sizeof block, "%s_block", name);
    for (const tad_elementary_unary *u = level->unary; u->name; u++)
        if (strcmp(u->name, block) == 0 || (!found && strcmp(u->name, name) == 0)) found = u;
    return found;
}

/* ---- Measuring ---- */

static double x64[N], y64[N];
static float x32[N], y32[N];

static void fill(double lo, double hi) {
    uint64_t s = 88172645463325252u;
    for (size_t i = 0; i < N; i++) {
        s = s * 6364136223846793005u + 1442695040888963407u;
        x64[i] = lo + (hi - lo) * (double)(s >> 11) * 0x1p-53;
        x32[i] = (float)x64[i];
    }
}

static void run_f64(void *arg) { ((const tad_elementary_unary *)arg)->f64(N, x64, y64); }
static void run_f32(void *arg) { ((const tad_elementary_unary *)arg)->f32(N, x32, y32); }

static void measure(const row *r, const char *type, void (*run)(void *), const bench_options *o) {
    implementation impl[IMPLEMENTATIONS_MAX];
    const char *names[IMPLEMENTATIONS_MAX + 1];
    bench_case cases[IMPLEMENTATIONS_MAX + 1];
    size_t n = 1, m = implementations(impl);
    names[0] = "libm";
    cases[0] = (bench_case){.run = run, .arg = (void *)(uintptr_t)&r->libm};
    for (size_t i = 0; i < m; i++) {
        const tad_elementary_unary *u = find(impl[i].level, r->libm.name);
        if (!u) continue;
        names[n] = impl[i].name;
        cases[n++] = (bench_case){.run = run, .arg = (void *)(uintptr_t)u};
    }
    bench_measure(cases, n, o);
    for (size_t i = 0; i < n; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s_%s_%s", r->libm.name, type, names[i]);
        bench_print(name, &cases[i], 1e9 / N, "ns/element", &cases[0], "libm");
    }
}

int main(int argc, char **argv) {
    const char *names[ROWS + 1] = {NULL};
    for (size_t i = 0; i < ROWS; i++) names[i] = rows[i].libm.name;
    bench_options o = bench_arguments(argc, argv, names);
    o.seconds *= 0.02; /* a call takes microseconds, and there are many */
    for (size_t i = 0; i < ROWS; i++) {
        if (!bench_wanted(&o, rows[i].libm.name)) continue;
        fill(rows[i].lo, rows[i].hi);
        measure(&rows[i], "f64", run_f64, &o);
        measure(&rows[i], "f32", run_f32, &o);
    }
    return 0;
}
