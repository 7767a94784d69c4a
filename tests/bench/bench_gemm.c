/* Speed of the matrix-product kernels of the best level here, on the shapes of real nets, beside
 * oneDNN, CBLAS, BLIS (all as installed) and the FMA peak of one core.
 *
 *   bench_gemm [--quick] [--rounds N] [--threads N] [NAME ...]
 *
 * Unless named, the largest shapes are not measured in float64, and large ones not with --quick.
 * HAVE_DNNL, HAVE_CBLAS and HAVE_BLIS are set by the build where the libraries are found. The
 * environment variable BENCH_LEVEL takes a lower level: base or avx2. */
#include "bench.h"

#ifdef HAVE_DNNL
#include <dnnl.h>
#endif
#ifdef HAVE_CBLAS
#include <cblas.h>
#endif
#ifdef HAVE_BLIS
#include "gemm_blis.h"
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "kernel/gemm.h"

struct shape {
    const char *name;
    int a_turned, b_turned;
    size_t m, n, k;
};

static const struct shape shapes[] = {
    {"W1_forward_NN", 0, 0, 100, 50, 784},
    {"W1_dW1_TN", 1, 0, 784, 50, 100},
    {"W1_dX_NT", 0, 1, 100, 784, 50},
    {"W1_out_NN", 0, 0, 100, 10, 50},
    {"W1_dW2_TN", 1, 0, 50, 10, 100},
    {"W1_dH_NT", 0, 1, 100, 50, 10},
    {"W4_NN", 0, 0, 100, 16, 16},
    {"W5_im2col_NN", 0, 0, 6, 784, 25},
    {"W2_forward_NN", 0, 0, 128, 512, 784},
    {"W2_dH_NT", 0, 1, 128, 512, 512},
    {"W2_dW1_TN", 1, 0, 784, 512, 128},
    {"W6_fc_NT", 0, 1, 2048, 512, 128},
    {"W6_dW_TN", 1, 0, 512, 128, 2048},
    {"square_NN", 0, 0, 1024, 1024, 1024},
    {"W3_forward_NN", 0, 0, 256, 4096, 4096},
    {"W3_dX_NT", 0, 1, 256, 4096, 4096},
    {"W3_dW_TN", 1, 0, 4096, 4096, 256},
    {"row_NN", 0, 0, 1, 784, 784},
    {"row_NT", 0, 1, 1, 784, 784},
    {"column_NN", 0, 0, 784, 1, 784},
    {"column_TN", 1, 0, 784, 1, 784},
    {"big_column_NN", 0, 0, 4096, 1, 4096},
    {"big_column_TN", 1, 0, 4096, 1, 4096},
    {"eight_rows_NN", 0, 0, 8, 1024, 1024},
    {"tiny_NN", 0, 0, 4, 4, 4},
    {"tiny10_NN", 0, 0, 10, 10, 10},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

struct problem {
    struct shape shape;
    size_t bytes;
    tad__gemm g;
    tad__gemm_kernel kernel;
    tad__pool *pool;
    void *workspace;
};

static const tad__gemm_kernels *best_level(void) {
#ifdef TAD_BUILT_AVX512
    const char *asked = getenv("BENCH_LEVEL");
    __builtin_cpu_init();
    if (asked && !strcmp(asked, "base")) return &tad__gemm_kernels_base;
    if (asked && strcmp(asked, "avx2")) bench_fail(asked, "BENCH_LEVEL is base or avx2");
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && !asked)
        return &tad__gemm_kernels_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &tad__gemm_kernels_avx2;
#endif
    return &tad__gemm_kernels_base;
}

/* ---- contenders: each does the product `times` times, or returns 0 where it cannot ---------- */

static int run_tad(const struct problem *p, size_t times) {
    while (times--) tad__gemm_run(p->kernel, &p->g, p->workspace, p->pool);
    return 1;
}

static int run_dnnl(const struct problem *p, size_t times) {
#ifdef HAVE_DNNL
    struct shape s = p->shape;
    if (p->bytes != sizeof(float)) return 0;
    dnnl_dim_t m = (dnnl_dim_t)s.m, n = (dnnl_dim_t)s.n, k = (dnnl_dim_t)s.k;
    while (times--)
        dnnl_sgemm(s.a_turned ? 'T' : 'N', s.b_turned ? 'T' : 'N', m, n, k, 1, p->g.a,
                   s.a_turned ? m : k, p->g.b, s.b_turned ? k : n, 0, p->g.c, n);
    return 1;
#else
    (void)p, (void)times;
    return 0;
#endif
}

static int run_cblas(const struct problem *p, size_t times) {
#ifdef HAVE_CBLAS
    struct shape s = p->shape;
    enum CBLAS_TRANSPOSE ta = s.a_turned ? CblasTrans : CblasNoTrans;
    enum CBLAS_TRANSPOSE tb = s.b_turned ? CblasTrans : CblasNoTrans;
    int m = (int)s.m, n = (int)s.n, k = (int)s.k, lda = s.a_turned ? m : k,
        ldb = s.b_turned ? k : n;
    for (; times--;)
        if (p->bytes == sizeof(float))
            cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1, p->g.a, lda, p->g.b, ldb, 0, p->g.c, n);
        else
            cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, 1, p->g.a, lda, p->g.b, ldb, 0, p->g.c, n);
    return 1;
#else
    (void)p, (void)times;
    return 0;
#endif
}

static int run_blis(const struct problem *p, size_t times) {
#ifdef HAVE_BLIS
    while (times--) gemm_blis(&p->g, p->bytes);
    return 1;
#else
    (void)p, (void)times;
    return 0;
#endif
}

#if defined(__x86_64__)
#define PEAK(NAME, V, SET, FMA)                                                                    \
    __attribute__((target("avx512f"))) static double NAME(size_t rounds) {                         \
        V x = SET(1.0000001f), y = SET(1e-9f), s[14];                                              \
        for (int i = 0; i < 14; i++) s[i] = SET((float)i);                                         \
        for (size_t r = 0; r < rounds; r++) {                                                      \
            _Pragma("GCC unroll 14") for (int i = 0; i < 14; i++) s[i] = FMA(s[i], x, y);          \
        }                                                                                          \
        for (int i = 1; i < 14; i++) s[0] += s[i];                                                 \
        return (double)s[0][0];                                                                    \
    }
PEAK(peak_f32, __m512, _mm512_set1_ps, _mm512_fmadd_ps)
PEAK(peak_f64, __m512d, _mm512_set1_pd, _mm512_fmadd_pd)
#endif

/* As many operations as the product, in registers alone. */
static int run_peak(const struct problem *p, size_t times) {
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx512f")) return 0;
    double flops = 2.0 * (double)p->shape.m * (double)p->shape.n * (double)p->shape.k;
    double each = p->bytes == sizeof(float) ? 14 * 16 * 2 : 14 * 8 * 2;
    size_t rounds = (size_t)(flops * (double)times / each) + 1;
    volatile double sink = p->bytes == sizeof(float) ? peak_f32(rounds) : peak_f64(rounds);
    (void)sink;
    return 1;
#else
    (void)p, (void)times;
    return 0;
#endif
}

static const struct contender {
    const char *name;
    int (*run)(const struct problem *p, size_t times);
} contenders[] = {{"tad", run_tad},
                  {"dnnl", run_dnnl},
                  {"cblas", run_cblas},
                  {"blis", run_blis},
                  {"peak", run_peak}};
enum { CONTENDERS = sizeof contenders / sizeof *contenders };

/* ---- measuring ------------------------------------------------------------------------------ */

typedef struct {
    const struct problem *p;
    const struct contender *contender;
    size_t times;
} job;

static void run(void *arg) {
    const job *j = arg;
    j->contender->run(j->p, j->times);
}

/* As a speed; times count down, so min and max change places. */
static void line(const job *j, const bench_case *c, double flops, const job *base_job,
                 const bench_case *base) {
    printf("bench gemm_f%zu_%s_%s %.1f GFLOP/s (%.1f .. %.1f) ratio %.3f vs %s\n", j->p->bytes * 8,
           j->p->shape.name, j->contender->name, flops / c->median * 1e-9, flops / c->max * 1e-9,
           flops / c->min * 1e-9, bench_ratio(c, base), base_job->contender->name);
    fflush(stdout);
}

/* Small products are done several times a call, so that the clock costs nothing. */
static void measure(const struct problem *p, const bench_options *o) {
    bench_case cases[CONTENDERS];
    job jobs[CONTENDERS];
    double flops = 2.0 * (double)p->shape.m * (double)p->shape.n * (double)p->shape.k;
    size_t n = 0, times = (size_t)(2e6 / flops) + 1;
    for (int c = 0; c < CONTENDERS; c++) {
        if (!contenders[c].run(p, 1)) continue;
        jobs[n] = (job){p, &contenders[c], times};
        cases[n] = (bench_case){.run = run, .arg = &jobs[n]};
        n++;
    }
    bench_measure(cases, n, o);
    flops *= (double)times;
    for (size_t i = 1; i < n; i++) {
        line(&jobs[0], &cases[0], flops, &jobs[i], &cases[i]);
        line(&jobs[i], &cases[i], flops, &jobs[0], &cases[0]);
    }
    if (n == 1) line(&jobs[0], &cases[0], flops, &jobs[0], &cases[0]);
}

static void *numbers(size_t count, size_t bytes) {
    void *data = aligned_alloc(4096, (count * bytes + 4095) / 4096 * 4096);
    if (!data) exit(1);
    for (size_t i = 0; i < count; i++) {
        double x = (double)rand() / RAND_MAX - 0.5;
        if (bytes == sizeof(float))
            ((float *)data)[i] = (float)x;
        else
            ((double *)data)[i] = x;
    }
    return data;
}

static void bench(struct shape s, size_t bytes, tad__pool *pool, const bench_options *o) {
    ptrdiff_t m = (ptrdiff_t)s.m, n = (ptrdiff_t)s.n, k = (ptrdiff_t)s.k;
    void *a = numbers(s.m * s.k, bytes), *b = numbers(s.k * s.n, bytes);
    void *c = numbers(s.m * s.n, bytes);
    struct problem p = {s,
                        bytes,
                        {s.m, s.n, s.k, a, s.a_turned ? 1 : k, s.a_turned ? m : 1, b,
                         s.b_turned ? 1 : n, s.b_turned ? k : 1, c, n, NULL, 0},
                        bytes == sizeof(float) ? best_level()->f32 : best_level()->f64,
                        pool,
                        NULL};
    size_t space = tad__gemm_workspace(p.kernel, &p.g, pool);
    p.workspace = space ? malloc(space) : NULL;
    measure(&p, o);
    free(a);
    free(b);
    free(c);
    free(p.workspace);
}

/* Takes "--threads N" out of the arguments. */
static size_t threads_asked(int *argc, char **argv) {
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], "--threads")) continue;
        long threads = bench_number(i + 1 < *argc ? argv[i + 1] : NULL, 1, 256);
        if (threads < 0) bench_fail(argv[0], "--threads takes a number of 1 .. 256");
        for (int k = i + 2; k < *argc; k++) argv[k - 2] = argv[k];
        *argc -= 2;
        return (size_t)threads;
    }
    return 1;
}

int main(int argc, char **argv) {
    const char *names[SHAPES + 1] = {NULL};
    size_t threads = threads_asked(&argc, argv);
    for (size_t s = 0; s < SHAPES; s++) names[s] = shapes[s].name;
    bench_options o = bench_arguments(argc, argv, names);
    o.at_most *= 0.2; /* there are many */
    o.seconds *= 0.1;
    if (threads > 1) bench_clock = CLOCK_MONOTONIC;
    void *memory = bench_memory(tad__pool_bytes(threads));
    tad__pool *pool = tad__pool_create(memory, threads);
    if (!pool) bench_fail(argv[0], "no threads");
    for (size_t s = 0; s < SHAPES; s++) {
        double size = (double)shapes[s].m * (double)shapes[s].n * (double)shapes[s].k;
        bool named = bench_named(&o, names[s]);
        if (!named && (o.count || (o.quick && size > 1e8))) continue;
        bench(shapes[s], sizeof(float), pool, &o);
        if (named || size < 4e9) bench(shapes[s], sizeof(double), pool, &o);
    }
    tad__pool_destroy(pool);
    free(memory);
    return 0;
}
