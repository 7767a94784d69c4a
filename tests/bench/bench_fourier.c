/* fft of float64 complex numbers, one transform and 64 at once; beside FFTW with a plan made
 * beforehand, in its quick way (FFTW_ESTIMATE), where the build found it (HAVE_FFTW). Whether tad
 * itself calls FFTW is the option -Dfftw of the build.
 *
 *   bench_fourier [--quick] [--rounds N] [NAME ...] */
#include "bench.h"

#include <tad/tad.h>
#ifdef HAVE_FFTW
#include <fftw3.h>
#endif

static const struct length {
    const char *name;
    int n;
} lengths[] = {{"256", 1 << 8},      {"1024", 1 << 10},  {"4096", 1 << 12},
               {"16384", 1 << 14},   {"65536", 1 << 16}, {"262144", 1 << 18},
               {"1048576", 1 << 20}, {"729", 729},       {"1000", 1000},
               {"1001", 1001},       {"1009", 1009},     {"1088", 1088},
               {"3125", 3125},       {"1792", 1792},     {"7", 7}};
enum { LENGTHS = sizeof lengths / sizeof *lengths };

typedef struct job {
    tad_tape *tape;
    tad_var x;
    tad_mark mark;
    double *in, *out;
#ifdef HAVE_FFTW
    fftw_plan plan;
#endif
} job;

static void run_tad(void *arg) {
    job *j = arg;
    (void)tad_fft(j->x, -1, TAD_FFT_BACKWARD);
    if (tad_tape_status(j->tape) != TAD_OK) bench_fail("fft", "tad refuses");
    (void)tad_tape_rewind(j->tape, j->mark);
}

#ifdef HAVE_FFTW
static void run_fftw(void *arg) {
    const job *j = arg;
    fftw_execute(j->plan);
}
#endif

static void compare(const bench_options *o, const struct length *l, int rows) {
    char name[40];
    unsigned long long seed = 1;
    const size_t size = 2 * (size_t)rows * (size_t)l->n;
    job j = {.tape = tad_tape_new(NULL),
             .in = bench_memory(size * sizeof(double)),
             .out = bench_memory(size * sizeof(double))};
    for (size_t i = 0; i < size; i++) j.in[i] = bench_random(&seed);
    j.x = tad_input_borrow(j.tape, TAD_F64, TAD_SHAPE(rows, l->n, 2), j.in);
    j.mark = tad_tape_mark(j.tape);
    bench_case cases[2] = {{.run = run_tad, .arg = &j}, {.run = run_tad, .arg = &j}};
    size_t count = 1;
#ifdef HAVE_FFTW
    j.plan = fftw_plan_many_dft(1, &l->n, rows, (void *)j.in, NULL, 1, l->n, (void *)j.out, NULL, 1,
                                l->n, FFTW_FORWARD, FFTW_ESTIMATE);
    cases[1].run = run_fftw;
    count = 2;
#endif
    bench_measure(cases, count, o);
    snprintf(name, sizeof name, "%dx%s", rows, l->name);
    bench_print(name, &cases[0], 1e6, "us", &cases[count - 1], count > 1 ? "FFTW" : "itself");
    if (count > 1) bench_at_most(name, 1 / bench_ratio(&cases[0], &cases[1]), 4);
#ifdef HAVE_FFTW
    fftw_destroy_plan(j.plan);
#endif
    tad_tape_free(j.tape);
    free(j.in);
    free(j.out);
}

int main(int argc, char **argv) {
    const char *names[LENGTHS + 1] = {NULL};
    for (size_t i = 0; i < LENGTHS; i++) names[i] = lengths[i].name;
    const bench_options o = bench_arguments(argc, argv, names);
    for (size_t i = 0; i < LENGTHS; i++) {
        if (!bench_wanted(&o, lengths[i].name)) continue;
        compare(&o, &lengths[i], 1);
        if (lengths[i].n <= 1 << 14) compare(&o, &lengths[i], 64);
    }
    return 0;
}
