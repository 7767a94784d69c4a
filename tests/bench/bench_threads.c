/* What a second thread gains: ops on 2048x2048 float32, forward and backward, and a product, one
 * thread beside two, by the wall's clock. All of them move or compute more than the caches hold.
 *
 *   bench_threads [--quick] [--rounds N] [NAME ...] */
#include "processors.h"

#include "bench.h"

#include <tad/tad.h>

enum { N = 2048, PRODUCT = 1024 };

typedef struct job {
    tad_tape *tape;
    tad_var x, y, a, b, labels;
    tad_mark mark;
    tad_var (*make)(const struct job *j);
    tad_var cotangent;
} job;

/* ---- the ops ---- */

static tad_var add(const job *j) { return tad_add(j->x, j->y); }
static tad_var exps(const job *j) { return tad_exp(j->x); }
static tad_var tanhs(const job *j) { return tad_tanh(j->x); }
static tad_var softmax(const job *j) { return tad_softmax(j->x, 1); }
static tad_var cross_entropy(const job *j) { return tad_cross_entropy(j->x, j->labels, NULL); }
static tad_var sum(const job *j) { return tad_sum(j->x, tad_all()); }
static tad_var sum_rows(const job *j) { return tad_sum(j->x, tad_axis(1)); }
static tad_var sum_columns(const job *j) { return tad_sum(j->x, tad_axis(0)); }
static tad_var matmul(const job *j) { return tad_matmul(j->a, j->b); }

static tad_var layer_norm(const job *j) {
    return tad_layer_norm(j->x, tad_none(), tad_none(), TAD_SHAPE(N), 1e-5);
}

static const struct {
    const char *name;
    tad_var (*make)(const job *j);
} works[] = {{"add", add},
             {"exp", exps},
             {"tanh", tanhs},
             {"softmax", softmax},
             {"layer_norm", layer_norm},
             {"cross_entropy", cross_entropy},
             {"sum", sum},
             {"sum_rows", sum_rows},
             {"sum_columns", sum_columns},
             {"matmul", matmul}};
enum { WORKS = sizeof works / sizeof *works };

/* ---- running ---- */

static void run(void *arg) {
    job *j = arg;
    const tad_var y = j->make(j);
    if (tad_reverse_from(&y, &j->cotangent, 1) != TAD_OK) return;
    (void)tad_tape_rewind(j->tape, j->mark);
}

static void make(job *j, int work, int threads, const float *numbers, const int64_t *labels) {
    const tad_shape all = TAD_SHAPE(N, N), part = TAD_SHAPE(PRODUCT, PRODUCT);
    *j = (job){.tape = tad_tape_new(&(tad_settings){.threads = threads}), .make = works[work].make};
    j->x = tad_input_borrow(j->tape, TAD_F32, all, numbers);
    j->y = tad_input_borrow(j->tape, TAD_F32, all, numbers + (size_t)N * N);
    j->a = tad_input_borrow(j->tape, TAD_F32, part, numbers);
    j->b = tad_input_borrow(j->tape, TAD_F32, part, numbers + (size_t)N * N);
    j->labels = tad_borrow(j->tape, TAD_I64, TAD_SHAPE(N), labels);
    const tad_mark start = tad_tape_mark(j->tape);
    const tad_shape shape = tad_shape_of(j->make(j));
    if (tad_tape_rewind(j->tape, start) != TAD_OK)
        bench_fail(works[work].name, tad_message(j->tape));
    j->cotangent = tad_full(j->tape, TAD_F32, shape, 1);
    j->mark = tad_tape_mark(j->tape);
}

static void measure(int work, const float *numbers, const int64_t *labels, const bench_options *o) {
    static bench_case cases[2];
    static const char *const names[] = {"1_thread", "2_threads"};
    job jobs[2];
    char name[64];
    for (int k = 0; k < 2; k++) {
        make(&jobs[k], work, k + 1, numbers, labels);
        cases[k] = (bench_case){.run = run, .arg = &jobs[k]};
    }
    bench_measure(cases, 2, o);
    for (int k = 0; k < 2; k++) {
        if (tad_tape_status(jobs[k].tape)) bench_fail(works[work].name, tad_message(jobs[k].tape));
        snprintf(name, sizeof name, "%s_%s", works[work].name, names[k]);
        bench_print(name, &cases[k], 1e6, "us", &cases[0], "1_thread");
        tad_tape_free(jobs[k].tape);
    }
    snprintf(name, sizeof name, "%s_2_threads_vs_1", works[work].name);
    bench_at_least(name, bench_ratio(&cases[1], &cases[0]), 1.6);
}

int main(int argc, char **argv) {
    const char *names[WORKS + 1] = {NULL};
    for (int i = 0; i < WORKS; i++) names[i] = works[i].name;
    const bench_options options = bench_arguments(argc, argv, names);
    if (!two_processors()) {
        printf("one processor only, no threads compared\n");
        return 0;
    }
    const float *numbers = bench_floats((size_t)2 * N * N, 1);
    static int64_t labels[N];
    for (int i = 0; i < N; i++) labels[i] = i * 7 % N;
    bench_clock = CLOCK_MONOTONIC;
    for (int i = 0; i < WORKS; i++)
        if (bench_wanted(&options, works[i].name)) measure(i, numbers, labels, &options);
    return 0;
}
