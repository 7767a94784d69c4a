/* The matrix-product kernels against a plain sum in long double, on every level this CPU has:
 * shapes small, prime and those of real nets, all strides, both element types, parts and
 * threads. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "kernel/gemm.h"

struct level {
    const char *name;
    const tad__gemm_kernels *kernels;
    int here;
};

static struct level level_at(int i) {
#ifdef TAD_BUILT_AVX2
    __builtin_cpu_init();
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (i == 1) return (struct level){"avx2", &tad__gemm_kernels_avx2, avx2};
#endif
#ifdef TAD_BUILT_AVX512
    int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                 __builtin_cpu_supports("avx512cd");
    if (i == 2) return (struct level){"avx512", &tad__gemm_kernels_avx512, avx512};
#endif
    return (struct level){"base", &tad__gemm_kernels_base, i == 0};
}

enum { LEVELS = 3 };
enum start { ZERO, ACCUMULATE, BIAS };

/* One problem in one element type, with room around C to catch stray stores. */
struct problem {
    size_t m, n, k, bytes; /* bytes of an element */
    int a_turned, b_turned;
    size_t gap; /* of every row in memory */
    enum start start;
};

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static void fill(void *data, size_t bytes, size_t count, uint64_t seed) {
    uint64_t state = seed * 77777 + 1;
    for (size_t i = 0; i < count; i++) {
        double x = (double)next_random(&state) / 1073741824.0 - 1;
        if (bytes == sizeof(float))
            ((float *)data)[i] = (float)x;
        else
            ((double *)data)[i] = x;
    }
}

static double at(const void *data, size_t bytes, size_t i) {
    return bytes == sizeof(float) ? (double)((const float *)data)[i] : ((const double *)data)[i];
}

/* Exact-size allocations, so that sanitizers see one element too far. */
static void *numbers(const struct problem *p, size_t count, uint64_t seed) {
    void *data = malloc(count * p->bytes + 1);
    ck_assert_ptr_nonnull(data);
    fill(data, p->bytes, count, seed);
    return data;
}

static size_t span(size_t rows, size_t columns, size_t gap) {
    return rows && columns ? (rows - 1) * (columns + gap) + columns : 0;
}

static tad__gemm problem_make(const struct problem *p, void **c_count_owner, size_t *c_count) {
    size_t ar = p->a_turned ? p->k : p->m, ac = p->a_turned ? p->m : p->k;
    size_t br = p->b_turned ? p->n : p->k, bc = p->b_turned ? p->k : p->n;
    ptrdiff_t lda = (ptrdiff_t)(ac + p->gap), ldb = (ptrdiff_t)(bc + p->gap);
    tad__gemm g = {.m = p->m, .n = p->n, .k = p->k};
    g.a = numbers(p, span(ar, ac, p->gap), 1);
    g.a_row = p->a_turned ? 1 : lda;
    g.a_col = p->a_turned ? lda : 1;
    g.b = numbers(p, span(br, bc, p->gap), 2);
    g.b_row = p->b_turned ? 1 : ldb;
    g.b_col = p->b_turned ? ldb : 1;
    *c_count = span(p->m, p->n, p->gap);
    g.c = numbers(p, *c_count, 3);
    g.c_row = (ptrdiff_t)(p->n + p->gap);
    if (p->start == ACCUMULATE) g.start = g.c, g.start_row = g.c_row;
    if (p->start == BIAS) g.start = numbers(p, p->n, 4);
    *c_count_owner = g.c;
    return g;
}

static void problem_free(const struct problem *p, tad__gemm *g) {
    free((void *)g->a);
    free((void *)g->b);
    free(g->c);
    if (p->start == BIAS) free((void *)g->start);
}

static tad__gemm_kernel kernel_of(struct level level, size_t bytes) {
    return bytes == sizeof(float) ? level.kernels->f32 : level.kernels->f64;
}

/* The error of a sum of k products in any order is below k eps |A||B|, with some room. */
static void check_element(const struct problem *p, const tad__gemm *g, const void *before, size_t i,
                          size_t j, const char *level) {
    long double sum = 0, size = 0;
    for (size_t q = 0; q < p->k; q++) {
        long double x =
            at(g->a, p->bytes, (size_t)((ptrdiff_t)i * g->a_row + (ptrdiff_t)q * g->a_col));
        long double y =
            at(g->b, p->bytes, (size_t)((ptrdiff_t)q * g->b_row + (ptrdiff_t)j * g->b_col));
        sum += x * y;
        size += fabsl(x * y);
    }
    size_t place = (size_t)((ptrdiff_t)i * g->c_row) + j;
    long double start = p->start == ACCUMULATE ? at(before, p->bytes, place)
                        : p->start == BIAS     ? at(g->start, p->bytes, j)
                                               : 0;
    long double eps = p->bytes == sizeof(float) ? 0x1p-24L : 0x1p-53L;
    long double bound = (long double)(p->k + 2) * eps * (size + fabsl(start));
    long double got = at(g->c, p->bytes, place);
    ck_assert_msg(fabsl(got - sum - start) <= bound,
                  "%s f%zu m %zu n %zu k %zu turned %d %d gap %zu start %d: (%zu, %zu) is %Lg, "
                  "not %Lg",
                  level, p->bytes * 8, p->m, p->n, p->k, p->a_turned, p->b_turned, p->gap, p->start,
                  i, j, got, sum + start);
}

/* All elements of a small C; of a large one the borders and a sample. */
static void check_result(const struct problem *p, const tad__gemm *g, const void *before,
                         const char *level) {
    size_t step = p->m * p->n * p->k < 200000 ? 1 : p->m * p->n * p->k < 20000000 ? 41 : 9973;
    for (size_t q = 0; q < p->m * p->n; q += step)
        check_element(p, g, before, q / p->n, q % p->n, level);
    if (p->m && p->n) check_element(p, g, before, p->m - 1, p->n - 1, level);
    for (size_t i = 0; i + 1 < p->m; i++)
        for (size_t j = p->n; j < p->n + p->gap && p->n; j++) {
            size_t place = i * (p->n + p->gap) + j;
            ck_assert_msg(at(g->c, p->bytes, place) == at(before, p->bytes, place),
                          "%s: store past the end of row %zu", level, i);
        }
}

/* Runs the problem in `parts` parts and leaves C filled. */
static void run_parts(tad__gemm_kernel kernel, const tad__gemm *g, size_t parts) {
    size_t bytes = kernel.bytes(g);
    void *workspace = bytes ? malloc(bytes) : NULL;
    if (bytes) memset(workspace, 0xff, bytes); /* NaN, should a kernel read what it never wrote */
    for (size_t part = 0; part < parts; part++) kernel.run(g, part, parts, workspace);
    free(workspace);
}

static void check_problem(const struct problem *p) {
    for (int l = 0; l < LEVELS; l++) {
        struct level level = level_at(l);
        if (!level.here) continue;
        void *c;
        size_t count;
        tad__gemm g = problem_make(p, &c, &count);
        tad__gemm_kernel kernel = kernel_of(level, p->bytes);
        void *before = malloc(count * p->bytes + 1), *whole = malloc(count * p->bytes + 1);
        memcpy(before, c, count * p->bytes);
        run_parts(kernel, &g, 1);
        check_result(p, &g, before, level.name);
        memcpy(whole, c, count * p->bytes);
        for (size_t parts = 2; parts <= 4; parts++) {
            memcpy(c, before, count * p->bytes);
            run_parts(kernel, &g, parts);
            ck_assert_msg(!memcmp(c, whole, count * p->bytes), "%s: %zu parts, other bits",
                          level.name, parts);
        }
        free(before);
        free(whole);
        problem_free(p, &g);
    }
}

/* One in `every` of the orientations and starts of a shape in both types, in turn with its size. */
static void check_shape(size_t m, size_t n, size_t k, size_t every) {
    for (size_t form = 0; form < 24; form++) {
        if ((form + m + n + k) % every) continue;
        struct problem p = {m,
                            n,
                            k,
                            form / 3 & 4 ? sizeof(double) : sizeof(float),
                            form / 3 & 1,
                            form / 3 >> 1 & 1,
                            (m + n + k) % 3,
                            (enum start)(form % 3)};
        check_problem(&p);
    }
}

START_TEST(small_shapes) {
    for (size_t m = 0; m <= 20; m++)
        for (size_t n = 0; n <= 20; n++)
            for (size_t k = (m * 7 + n * 3) % 11; k <= 20; k += 11) check_shape(m, n, k, 5);
}
END_TEST

START_TEST(tile_edges) {
    static const size_t sizes[] = {1, 2, 4, 7, 17, 31, 33, 47, 48, 49, 50, 53, 97, 101};
    enum { COUNT = sizeof sizes / sizeof *sizes };
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++) {
            check_shape(sizes[i], sizes[j], sizes[(i + j) % COUNT], 2);
            check_shape(sizes[i], sizes[j], 211, 5);
        }
}
END_TEST

START_TEST(shapes_of_nets) {
    static const size_t shapes[][3] = {
        {100, 50, 784},  {784, 50, 100},  {100, 784, 50},  {100, 10, 50},  {50, 10, 100},
        {100, 50, 10},   {100, 16, 16},   {128, 512, 784}, {6, 784, 25},   {1, 300, 2500},
        {300, 1, 5000},  {3, 700, 4100},  {1, 1, 9000},    {500, 4, 2100}, {2, 2, 3000},
        {397, 211, 449}, {61, 401, 1021}, {1009, 97, 2}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        check_shape(shapes[i][0], shapes[i][1], shapes[i][2], 3);
}
END_TEST

START_TEST(large_shape) {
    for (int form = 0; form < 8; form++) {
        struct problem p = {
            640,      500,           1030, form & 4 ? sizeof(double) : sizeof(float),
            form & 1, form >> 1 & 1, 4,    ACCUMULATE};
        check_problem(&p);
    }
}
END_TEST

/* Strides that neither orientation has: every second element of every row. */
START_TEST(loose_strides) {
    static const size_t sizes[] = {1, 3, 9, 50, 64};
    for (int l = 0; l < LEVELS; l++)
        for (size_t s = 0; s < 25; s++) {
            struct level level = level_at(l);
            if (!level.here) continue;
            size_t m = sizes[s % 5], n = sizes[s / 5], k = 131;
            double *a = malloc(m * k * 2 * sizeof *a), *b = malloc(k * n * 3 * sizeof *b);
            double *c = malloc(m * n * sizeof *c);
            fill(a, sizeof *a, m * k * 2, 1);
            fill(b, sizeof *b, k * n * 3, 2);
            struct problem p = {m, n, k, sizeof *a, 0, 0, 0, ZERO};
            tad__gemm g = {
                m, n, k, a, (ptrdiff_t)k * 2, 2, b, (ptrdiff_t)n * 3, 3, c, (ptrdiff_t)n, NULL, 0};
            run_parts(level.kernels->f64, &g, 1);
            check_result(&p, &g, NULL, level.name);
            free(a);
            free(b);
            free(c);
        }
}
END_TEST

START_TEST(nan_survives_zero) {
    for (int l = 0; l < LEVELS; l++) {
        struct level level = level_at(l);
        if (!level.here) continue;
        float a[40 * 60] = {0}, b[60 * 50], c[40 * 50];
        for (int i = 0; i < 60 * 50; i++) b[i] = 1;
        b[17 * 50 + 49] = NAN;
        b[5 * 50 + 3] = INFINITY;
        tad__gemm g = {40, 50, 60, a, 60, 1, b, 50, 1, c, 50, NULL, 0};
        run_parts(level.kernels->f32, &g, 1);
        for (int i = 0; i < 40 * 50; i++)
            ck_assert_int_eq(!!isnan(c[i]), i % 50 == 49 || i % 50 == 3);
    }
}
END_TEST

START_TEST(threads_give_the_same_bits) {
    static const size_t shapes[][3] = {{300, 400, 200}, {2000, 50, 100},  {1, 4000, 3000},
                                       {4000, 2, 2500}, {100, 2000, 700}, {3, 3, 3}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int l = 0; l < LEVELS; l++) {
            struct level level = level_at(l);
            if (!level.here) continue;
            struct problem p = {shapes[s][0], shapes[s][1], shapes[s][2], sizeof(float), 0, 0, 0,
                                BIAS};
            void *c;
            size_t count;
            tad__gemm g = problem_make(&p, &c, &count);
            float *whole = malloc(count * sizeof *whole);
            for (size_t threads = 1; threads <= 4; threads++) {
                void *memory = malloc(tad__pool_bytes(threads));
                tad__pool *pool = tad__pool_create(memory, threads);
                void *workspace = malloc(tad__gemm_workspace(level.kernels->f32, &g, pool) + 1);
                memset(c, 0xff, count * sizeof *whole);
                tad__gemm_run(level.kernels->f32, &g, workspace, pool);
                if (threads == 1) memcpy(whole, c, count * sizeof *whole);
                ck_assert(!memcmp(c, whole, count * sizeof *whole));
                tad__pool_destroy(pool);
                free(workspace);
                free(memory);
            }
            free(whole);
            problem_free(&p, &g);
        }
}
END_TEST

struct tally {
    tad__pool *pool;
    unsigned char seen[100];
};

static void mark(void *arg, size_t first, size_t end) {
    for (; first < end; first++) ((struct tally *)arg)->seen[first]++;
}

static void mark_all_inside(void *arg, size_t first, size_t end) {
    (void)end;
    if (first == 0) tad__split(((struct tally *)arg)->pool, 100, 1, mark, arg);
}

/* Waits until both pieces are under way, each on a thread of its own. */
static void meet(void *arg, size_t first, size_t end) {
    atomic_int *here = arg;
    atomic_fetch_add(here, (int)(end - first));
    while (atomic_load(here) < 2) sched_yield();
}

START_TEST(pool_runs_each_piece_once) {
    for (size_t threads = 1; threads <= 5; threads++) {
        void *memory = malloc(tad__pool_bytes(threads));
        struct tally tally = {tad__pool_create(memory, threads), {0}};
        ck_assert_uint_eq(tad__pool_threads(tally.pool), threads);
        for (size_t parts = 0; parts <= 100; parts++) {
            memset(tally.seen, 0, sizeof tally.seen);
            tad__split(tally.pool, parts, 1 + parts % 3, mark, &tally);
            for (size_t i = 0; i < 100; i++) ck_assert_uint_eq(tally.seen[i], i < parts);
        }
        memset(tally.seen, 0, sizeof tally.seen);
        tad__split(tally.pool, 3, 1, mark_all_inside, &tally);
        for (size_t i = 0; i < 100; i++) ck_assert_uint_eq(tally.seen[i], 1);
        tad__pool_destroy(tally.pool);
        free(memory);
    }
    tad__pool_destroy(NULL);
}
END_TEST

/* Awake or asleep: the pauses are longer than the workers' patience. */
START_TEST(pool_works_together) {
    void *memory = malloc(tad__pool_bytes(2));
    tad__pool *pool = tad__pool_create(memory, 2);
    for (int i = 0; i < 40; i++) {
        atomic_int here = 0;
        if (i % 4 == 0) nanosleep(&(struct timespec){0, 2000000}, NULL);
        tad__split(pool, 2, 1, meet, &here);
        ck_assert_int_eq(here, 2);
    }
    tad__pool_destroy(pool);
    free(memory);
}
END_TEST

START_TEST(pieces_follow_from_the_size) {
    static const size_t grains[] = {1, 7, 64, TAD__GRAIN};
    for (int k = 0; k < 4; k++)
        for (size_t n = 1; n < 100 * grains[k]; n += 1 + n / 3) {
            size_t piece = tad__split_size(n, grains[k]);
            ck_assert_uint_eq(piece % grains[k], 0);
            ck_assert_uint_le((n - 1) / piece + 1, TAD__MOST_PIECES);
            ck_assert(piece == grains[k] || n > grains[k] * TAD__MOST_PIECES);
        }
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("gemm");
    TCase *product = support_case(s, "product"), *pool = support_case(s, "threads");
    tcase_set_timeout(product, 600);
    tcase_set_timeout(pool, 120);
    tcase_add_test(product, small_shapes);
    tcase_add_test(product, tile_edges);
    tcase_add_test(product, shapes_of_nets);
    tcase_add_test(product, large_shape);
    tcase_add_test(product, loose_strides);
    tcase_add_test(product, nan_survives_zero);
    tcase_add_test(pool, threads_give_the_same_bits);
    tcase_add_test(pool, pool_runs_each_piece_once);
    tcase_add_test(pool, pool_works_together);
    tcase_add_test(pool, pieces_follow_from_the_size);
    return s;
}

SUPPORT_MAIN(suite)
