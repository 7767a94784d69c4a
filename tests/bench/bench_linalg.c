/* solve, cholesky, qr, eigh, svd of float64 matrices: batches of 1000 of 8 x 8, one of 64 and of
 * 512; beside LAPACK, called with matrices as it wants them, where the build found one
 * (HAVE_LAPACK). Whether tad itself calls LAPACK is the option -Dlapack of the build.
 *
 *   bench_linalg [--quick] [--rounds N] [NAME ...] */
#include "bench.h"

#include <tad/tad.h>

enum { SOLVE, CHOLESKY, QR, EIGH, SVD, WORKS };

static const char *const works[] = {"solve", "cholesky", "qr", "eigh", "svd", NULL};

typedef struct job {
    int work, n;
    int64_t batch;
    tad_tape *tape;
    tad_var a, b;
    tad_mark mark;
    double *x, *sides; /* batch x n x n: positive definite; batch x n */
    double *copy, *second, *third, *values, *room;
    int *places;
    int room_size;
} job;

/* ---- LAPACK ---- */

#ifdef HAVE_LAPACK
void dgesv_(const int *n, const int *k, double *a, const int *lda, int *p, double *b,
            const int *ldb, int *info);
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
void dgeqrf_(const int *m, const int *n, double *a, const int *lda, double *tau, double *work,
             const int *lwork, int *info);
void dorgqr_(const int *m, const int *n, const int *k, double *a, const int *lda, const double *tau,
             double *work, const int *lwork, int *info);
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info, size_t,
             size_t);
void dgesdd_(const char *jobz, const int *m, const int *n, double *a, const int *lda, double *s,
             double *u, const int *ldu, double *vt, const int *ldvt, double *work, const int *lwork,
             int *iwork, int *info, size_t);

static int factor_by_lapack(job *j, const double *x, const double *b) {
    const int n = j->n, one = 1, many = 8 * n + 8;
    const size_t bytes = (size_t)n * (size_t)n * sizeof *x;
    int info = 0;
    memcpy(j->copy, x, bytes);
    if (j->work == SOLVE) {
        memcpy(j->values, b, (size_t)n * sizeof *b);
        dgesv_(&n, &one, j->copy, &n, j->places, j->values, &n, &info);
    } else if (j->work == CHOLESKY) {
        dpotrf_("L", &n, j->copy, &n, &info, 1);
    } else if (j->work == QR) {
        dgeqrf_(&n, &n, j->copy, &n, j->values, j->room, &j->room_size, &info);
        memcpy(j->second, j->copy, bytes); /* R */
        dorgqr_(&n, &n, &n, j->copy, &n, j->values, j->room, &j->room_size, &info);
    } else if (j->work == EIGH) {
        dsyevd_("V", "L", &n, j->copy, &n, j->values, j->room, &j->room_size, j->places, &many,
                &info, 1, 1);
    } else {
        dgesdd_("S", &n, &n, j->copy, &n, j->values, j->second, &n, j->third, &n, j->room,
                &j->room_size, j->places, &info, 1);
    }
    return info;
}

static void run_lapack(void *arg) {
    job *j = arg;
    const size_t n = (size_t)j->n;
    for (size_t i = 0; i < (size_t)j->batch; i++)
        if (factor_by_lapack(j, j->x + i * n * n, j->sides + i * n) != 0)
            bench_fail(works[j->work], "LAPACK refuses");
}
#endif

/* ---- tad ---- */

static void run_tad(void *arg) {
    job *j = arg;
    tad_var more[2];
    if (j->work == SOLVE)
        (void)tad_solve(j->a, j->b);
    else if (j->work == CHOLESKY)
        (void)tad_cholesky(j->a);
    else if (j->work == QR)
        (void)tad_qr(j->a, more);
    else if (j->work == EIGH)
        (void)tad_eigh(j->a, more);
    else
        (void)tad_svd(j->a, more, more + 1);
    if (tad_tape_status(j->tape) != TAD_OK) bench_fail(works[j->work], "tad refuses");
    (void)tad_tape_rewind(j->tape, j->mark);
}

/* ---- making, comparing ---- */

/* Symmetric, with a large diagonal. */
static void fill(job *j) {
    unsigned long long seed = 1;
    const size_t n = (size_t)j->n;
    for (size_t b = 0; b < (size_t)j->batch; b++)
        for (size_t i = 0; i < n; i++) {
            for (size_t k = 0; k <= i; k++) {
                double *const x = j->x + b * n * n, v = bench_random(&seed);
                x[i * n + k] = x[k * n + i] = k == i ? v + 2 * sqrt((double)n) : v;
            }
            j->sides[b * n + i] = bench_random(&seed);
        }
}

static job make(int work, int n, int64_t batch) {
    const size_t size = (size_t)n * (size_t)n;
    job j = {.work = work, .n = n, .batch = batch, .tape = tad_tape_new(NULL)};
    j.room_size = 8 * (int)size + 200 * n + 64;
    j.x = bench_memory((size_t)batch * size * sizeof *j.x);
    j.sides = bench_memory((size_t)batch * (size_t)n * sizeof *j.sides);
    j.copy = bench_memory(size * sizeof *j.copy);
    j.second = bench_memory(size * sizeof *j.second);
    j.third = bench_memory(size * sizeof *j.third);
    j.values = bench_memory((size_t)n * sizeof *j.values);
    j.room = bench_memory((size_t)j.room_size * sizeof *j.room);
    j.places = bench_memory((8 * (size_t)n + 8) * sizeof *j.places);
    fill(&j);
    const tad_shape one = TAD_SHAPE(n, n), many = TAD_SHAPE(batch, n, n);
    j.a = tad_input_borrow(j.tape, TAD_F64, batch > 1 ? many : one, j.x);
    j.b = tad_input_borrow(j.tape, TAD_F64, TAD_SHAPE(batch, n, 1), j.sides);
    j.mark = tad_tape_mark(j.tape);
    return j;
}

static void release(job *j) {
    void *const memory[] = {j->x, j->sides, j->copy, j->second, j->third, j->values, j->room};
    tad_tape_free(j->tape);
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) free(memory[i]);
    free(j->places);
}

static void compare(const bench_options *o, int work, int n, int64_t batch) {
    char name[40];
    job j = make(work, n, batch);
    bench_case cases[2] = {{.run = run_tad, .arg = &j}, {.run = run_tad, .arg = &j}};
    size_t count = 1;
#ifdef HAVE_LAPACK
    cases[1].run = run_lapack;
    count = 2;
#endif
    bench_measure(cases, count, o);
    snprintf(name, sizeof name, "%s_%d", works[work], n);
    bench_print(name, &cases[0], 1e6, "us", &cases[count - 1], count > 1 ? "LAPACK" : "itself");
    if (count > 1) bench_at_most(name, 1 / bench_ratio(&cases[0], &cases[1]), 4);
    release(&j);
}

int main(int argc, char **argv) {
    const bench_options o = bench_arguments(argc, argv, works);
    for (int work = 0; work < WORKS; work++) {
        if (!bench_wanted(&o, works[work])) continue;
        compare(&o, work, 8, 1000);
        compare(&o, work, 64, 1);
        compare(&o, work, 512, 1);
    }
    return 0;
}
