/* Linear algebra of batches: each matrix has the bits that it has alone, whatever others are with
 * it, and however it lies in memory. */
#include "support.h"

enum { BATCH = 37, MOST = 17 };

/* Each gives its results in `out`, which has room for three. */
static void solve(tad_var a, tad_var b, tad_var *out) { out[0] = tad_solve(a, b); }
static void inverse(tad_var a, tad_var b, tad_var *out) { (void)b, out[0] = tad_inv(a); }
static void determinant(tad_var a, tad_var b, tad_var *out) { (void)b, out[0] = tad_det(a); }
static void cholesky(tad_var a, tad_var b, tad_var *out) { (void)b, out[0] = tad_cholesky(a); }
static void cofactors(tad_var a, tad_var b, tad_var *out) {
    tad_var y = tad_sum(tad_det(a), tad_all());
    (void)b;
    ck_done(tad_grad(&y, NULL, 1, &a, 1, out), a.tape);
}

static void qr(tad_var a, tad_var b, tad_var *out) { (void)b, out[0] = tad_qr(a, out + 1); }

static void eigh(tad_var a, tad_var b, tad_var *out) { (void)b, out[0] = tad_eigh(a, out + 1); }
static void eigvalsh(tad_var a, tad_var b, tad_var *out) { (void)b, out[0] = tad_eigvalsh(a); }

static void svd(tad_var a, tad_var b, tad_var *out) {
    (void)b, out[0] = tad_svd(a, out + 1, out + 2);
}
static void svdvals(tad_var a, tad_var b, tad_var *out) { (void)b, out[0] = tad_svdvals(a); }
static void pinv(tad_var a, tad_var b, tad_var *out) { (void)b, out[0] = tad_pinv(a, NAN); }
static void lower_rank(tad_var a, tad_var b, tad_var *out) { (void)b, out[0] = tad_pinv(a, 0.4); }

/* REFUSES singular ones; EIGEN: of the symmetric part, whatever it is. */
typedef enum trait { SYMMETRIC = 1, REFUSES = 2, RECTANGLES = 4, EIGEN = 8 } trait;

typedef struct method {
    const char *name;
    void (*call)(tad_var a, tad_var b, tad_var *out);
    int results, traits;
} method;
static const method methods[] = {
    {"solve", solve, 1, REFUSES},   {"inv", inverse, 1, REFUSES},
    {"det", determinant, 1, 0},     {"cholesky", cholesky, 1, SYMMETRIC | REFUSES},
    {"cofactors", cofactors, 1, 0}, {"qr", qr, 2, RECTANGLES},
    {"svd", svd, 3, RECTANGLES},    {"svdvals", svdvals, 1, RECTANGLES},
    {"eigh", eigh, 2, EIGEN},       {"eigvalsh", eigvalsh, 1, EIGEN},
    {"pinv", pinv, 1, RECTANGLES},  {"pinv with rtol", lower_rank, 1, RECTANGLES},
};
enum { METHODS = sizeof methods / sizeof *methods };

typedef struct trial {
    const method *m;
    tad_dtype dtype;
    int64_t rows, n, k;
    bool transposed, special; /* special: some triangular, with a NaN or a very large element */
    tad_level level;
} trial;

/* ---- matrices ---- */

static double sides[BATCH][MOST * MOST], matrices[BATCH][MOST * MOST];

/* Between -1 and 1. */
static double next(unsigned long long *seed) {
    *seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(*seed >> 11) / 4503599627370496.0 - 1;
}

/* 1 and a tridiagonal block of numbers so small that a rotation has nothing left to turn by. */
static void fill_with_smallest(int64_t n, double *a) {
    static const double on[] = {0, 4, 2, 0, 0}, beside[] = {0, 2, 2, 2};
    for (int64_t i = 0; i < n * n; i++) a[i] = 0;
    for (int i = 0; i < 5; i++) a[i * n + i] = on[i] * 0x1p-1074;
    for (int i = 0; i < 4; i++) a[i * n + i + 1] = a[i * n + n + i] = beside[i] * 0x1p-1074;
    a[0] = 1;
}

/* Rows change places in most; some have equal candidates. */
static void fill(const trial *f, unsigned long long seed) {
    const int64_t n = f->n;
    const bool symmetric = f->m->traits & SYMMETRIC, refuses = f->m->traits & REFUSES;
    for (int m = 0; m < BATCH; m++) {
        double *a = matrices[m];
        for (int64_t i = 0; i < f->rows * n; i++) a[i] = next(&seed);
        for (int64_t i = 0; i < n * f->k; i++) sides[m][i] = next(&seed);
        for (int64_t i = 0; i < n && symmetric; i++) a[i * n + i] = 10 + (double)n;
        for (int64_t i = 0; i < f->rows && m % 9 == 4 && !symmetric; i++)
            a[i * n] = a[i * n] < 0 ? -1 : 1;
        for (int64_t i = 0; i < f->rows && m % 7 == 3 && f->special; i++)
            for (int64_t j = 0; j < n && (j < i || (j == 0 && !refuses)); j++) a[i * n + j] *= 0;
        for (int64_t i = 0; i < f->rows * n && m % 16 == 8 && f->special && !refuses; i++) a[i] = 0;
        if (m % 12 == 10 && f->special && f->m->traits & EIGEN && n >= 5) fill_with_smallest(n, a);
        if (m % 11 == 5 && f->special) a[n - 1] = NAN;
        if (m % 13 == 6 && f->special && !symmetric) a[n / 2] = 1e200;
    }
}

static tad_var matrices_of(tad_tape *t, const trial *f, int first, int count, int64_t cols,
                           double (*from)[MOST * MOST]) {
    static double flat[BATCH * MOST * MOST];
    const int64_t n = f->rows;
    for (int m = 0; m < count; m++)
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < cols; j++)
                flat[f->transposed ? (m * cols + j) * n + i : (m * n + i) * cols + j] =
                    from[first + m][i * cols + j];
    tad_var x = tad_cast(
        tad_input(t, TAD_F64, f->transposed ? TAD_SHAPE(count, cols, n) : TAD_SHAPE(count, n, cols),
                  flat),
        f->dtype);
    return f->transposed ? tad_transpose(x, 1, 2) : x;
}

static void call(tad_tape *t, const trial *f, int first, int count, tad_var *out) {
    f->m->call(matrices_of(t, f, first, count, f->n, matrices),
               matrices_of(t, f, first, count, f->k, sides), out);
}

/* ---- alone and together ---- */

static bool same(const char *a, const char *b, tad_dtype dtype) {
    double x = dtype == TAD_F64 ? *(const double *)(const void *)a
                                : *(const float *)(const void *)a,
           y = dtype == TAD_F64 ? *(const double *)(const void *)b
                                : *(const float *)(const void *)b;
    return memcmp(a, b, tad_dtype_size(dtype)) == 0 || (isnan(x) && isnan(y));
}

/* Of both the elements from `all` on and those of `one`. */
static void ck_same(const trial *f, const char *all, const char *one, size_t bytes, int m) {
    for (size_t i = 0; i < bytes; i += tad_dtype_size(f->dtype))
        ck_assert_msg(same(all + i, one + i, f->dtype), "%s of %d x %d, %s, matrix %d", f->m->name,
                      (int)f->rows, (int)f->n, tad_dtype_name(f->dtype), m);
}

static void ck_each_as_alone(const trial *f) {
    tad_tape *t = tad_tape_new(&(tad_settings){.level = f->level});
    tad_var all[3], one[3];
    if (tad_tape_status(t) == TAD_UNSUPPORTED) { /* not of this CPU */
        tad_tape_free(t);
        return;
    }
    call(t, f, 0, BATCH, all);
    ck_tape(t);
    for (int m = 0; m < BATCH; m++) {
        call(t, f, m, 1, one);
        for (int k = 0; k < f->m->results; k++) {
            const size_t bytes = (size_t)tad_size_of(one[k]) * tad_dtype_size(f->dtype);
            ck_same(f, (const char *)tad_data(all[k]) + (size_t)m * bytes, tad_data(one[k]), bytes,
                    m);
        }
    }
    tad_tape_free(t);
}

static void ck_in_all_ways(trial f, unsigned seed) {
    for (int how = 0; how < 16; how++) {
        f.dtype = how & 1 ? TAD_F32 : TAD_F64;
        f.transposed = how & 2;
        f.special = how & 4;
        f.level = how & 8 ? (how & 2 ? TAD_LEVEL_AVX2 : TAD_LEVEL_BASE) : TAD_LEVEL_BEST;
        fill(&f, seed);
        ck_each_as_alone(&f);
    }
}

START_TEST(a_matrix_has_the_same_bits_in_any_batch) {
    static const int64_t sizes[] = {1, 2, 3, 5, 8, 16, MOST}, columns[] = {1, 3, 16, MOST};
    trial f = {.m = &methods[_i]};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t j = 0; j < (_i == 0 ? 4 : 1); j++) {
            f.rows = f.n = sizes[i], f.k = columns[j];
            ck_in_all_ways(f, (unsigned)(7 + i));
            for (size_t r = 1; r < sizeof sizes / sizeof *sizes && f.m->traits & RECTANGLES;
                 r += 2) {
                f.rows = sizes[r];
                ck_in_all_ways(f, (unsigned)(7 + i + r));
            }
        }
}
END_TEST

/* ---- singular ones among others ---- */

static void make_singular(const trial *f, int m) {
    for (int64_t i = 0; i < f->n * f->n; i++) matrices[m][i] = i / f->n < f->n - 1 ? 1 : 2;
}

START_TEST(the_first_that_is_singular_is_named) {
    for (int k = 0; k < METHODS * 2; k++) {
        const trial f = {
            .m = &methods[k / 2], .dtype = k % 2 ? TAD_F32 : TAD_F64, .rows = 4, .n = 4, .k = 2};
        tad_tape *t = tad_tape_new(NULL);
        tad_var out[3];
        fill(&f, 3);
        make_singular(&f, 22);
        make_singular(&f, 30);
        call(t, &f, 0, BATCH, out);
        if (f.m->traits & REFUSES)
            ck_refused(t, TAD_SINGULAR, f.m->name, "matrix 22");
        else
            ck_each_as_alone(&f);
        tad_tape_free(t);
    }
}
END_TEST

/* One matrix for all sides, one side for all matrices: operands without a step. */
START_TEST(operands_that_repeat_are_read_again) {
    const trial f = {.m = &methods[0], .rows = 3, .n = 3, .k = 2};
    tad_tape *t = tad_tape_new(NULL);
    fill(&f, 5);
    tad_var a = matrices_of(t, &f, 0, BATCH, 3, matrices),
            b = matrices_of(t, &f, 0, BATCH, 2, sides), one = tad_at(a, 1), side = tad_at(b, 2);
    tad_var x = tad_solve(one, b), y = tad_solve(a, side);
    ck_tape(t);
    for (int m = 0; m < BATCH; m++) {
        tad_var u = tad_solve(one, tad_at(b, m)), v = tad_solve(tad_at(a, m), side);
        for (int i = 0; i < 6; i++) {
            const size_t at = (size_t)i * sizeof(double), from = (size_t)m * 6 * sizeof(double);
            ck_assert(
                same((const char *)tad_data(x) + from + at, (const char *)tad_data(u) + at, 0));
            ck_assert(
                same((const char *)tad_data(y) + from + at, (const char *)tad_data(v) + at, 0));
        }
    }
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("linalg together");
    TCase *c = support_case(s, "together");
    tcase_add_loop_test(c, a_matrix_has_the_same_bits_in_any_batch, 0, METHODS);
    tcase_add_test(c, the_first_that_is_singular_is_named);
    tcase_add_test(c, operands_that_repeat_are_read_again);
    return s;
}

SUPPORT_MAIN(suite)
