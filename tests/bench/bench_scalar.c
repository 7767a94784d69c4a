/* Scalar workloads: record and reverse, everything fresh for each gradient. Arithmetic recorded in
 * place by the public header, and the same through calls into the shared library, beside loops
 * written by hand and, where the build was given its headers, CoDiPack.
 *
 *   bench_scalar [--quick] [--rounds N] [NAME ...] */
#include "bench.h"

#include <math.h>

#include <tad/inspect.h>

#include "scalar_tad.h"

enum { IN_PLACE, CALLS, HAND, CODI, CANDIDATES };
static const char *const candidate_names[] = {"tad", "tad_calls", "hand", "codipack"};

/* A gradient of one workload by one candidate. */
typedef struct {
    int work;
    const double *x;
    double value, *g;
    scalar_gradient *plain; /* NULL: on the tape */
    const scalar_tape *how;
    tad_tape *tape;
    tad_var *inputs;
} job;

static void run(void *arg) {
    job *j = arg;
    if (j->plain)
        j->value = j->plain(j->x, j->g);
    else
        j->value = j->how->pass(j->tape, j->how->record[j->work], scalar_inputs[j->work], j->x,
                                j->inputs, j->g);
}

/* ---- checks: a wrong value or gradient is not worth timing ---- */

static void compare_values(const char *work, const char *candidate, double value, double expected) {
    if (fabs(value - expected) <= 1e-10 * fabs(expected)) return;
    fprintf(stderr, "%s: %s has the value %.17g, not %.17g\n", work, candidate, value, expected);
    exit(1);
}

static void compare(const char *work, const char *candidate, const double *g,
                    const double *expected, size_t n) {
    double scale = 0;
    for (size_t i = 0; i < n; i++) scale = fmax(scale, fabs(expected[i]));
    for (size_t i = 0; i < n; i++)
        if (!(fabs(g[i] - expected[i]) <= 1e-8 * (fabs(expected[i]) + 1e-6 * scale))) {
            fprintf(stderr, "%s: %s has derivative %zu = %.17g, not %.17g\n", work, candidate, i,
                    g[i], expected[i]);
            exit(1);
        }
}

/* ---- one workload ---- */

typedef struct {
    double log_sum[CANDIDATES], worst; /* of times relative to CoDiPack's */
    int count;
} summary;

static bool available(const job *j) { return j->plain || j->how; }

static void prepare(job *jobs, int work, const double *x) {
    jobs[IN_PLACE] = (job){.how = &scalar_in_place};
    jobs[CALLS] = (job){.how = &scalar_calls};
    jobs[HAND] = (job){.plain = scalar_hand[work]};
#ifdef HAVE_CODIPACK
    jobs[CODI] = (job){.plain = scalar_codi[work]};
#else
    jobs[CODI] = (job){0};
#endif
    for (int c = 0; c < CANDIDATES; c++) {
        job *j = &jobs[c];
        size_t n = scalar_inputs[work];
        j->work = work;
        j->x = x;
        if (!available(j)) continue;
        j->g = bench_memory(n * sizeof *j->g);
        for (size_t i = 0; i < n; i++) j->g[i] = NAN;
        if (j->plain) continue;
        j->tape = tad_tape_new(NULL);
        j->inputs = bench_memory(n * sizeof *j->inputs);
    }
}

/* Runs every candidate once and compares it with the first; reports the memory of the first. */
static size_t check(job *jobs, const char *name) {
    size_t operations = 0;
    for (int c = 0; c < CANDIDATES; c++) {
        if (!available(&jobs[c])) continue;
        run(&jobs[c]);
        if (jobs[c].tape && tad_tape_status(jobs[c].tape))
            bench_fail(name, tad_message(jobs[c].tape));
        compare_values(name, candidate_names[c], jobs[c].value, jobs[IN_PLACE].value);
        compare(name, candidate_names[c], jobs[c].g, jobs[IN_PLACE].g, scalar_inputs[jobs[c].work]);
        if (c != IN_PLACE) continue;
        operations = scalar_operations(jobs[c].tape);
        double bytes = (double)tad_tape_memory(jobs[c].tape).peak / (double)operations;
        printf("bench %s_memory %.4g bytes/op (%.4g .. %.4g) ratio 1 vs itself\n", name, bytes,
               bytes, bytes);
        char target[64];
        snprintf(target, sizeof target, "%s_memory", name);
        bench_at_most(target, bytes, 40);
    }
    return operations;
}

static void report(const char *name, const job *jobs, const bench_case *cases, const int *place,
                   size_t operations, summary *all) {
    int base = place[CODI] >= 0 ? CODI : place[HAND] >= 0 ? HAND : IN_PLACE;
    for (int c = 0; c < CANDIDATES; c++) {
        char line[64];
        if (!available(&jobs[c])) continue;
        snprintf(line, sizeof line, "%s_%s", name, candidate_names[c]);
        bench_print(line, &cases[place[c]], 1e9 / (double)operations, "ns/op", &cases[place[base]],
                    candidate_names[base]);
        if (base == CODI && place[HAND] >= 0 && c != HAND)
            bench_print(line, &cases[place[c]], 1e9 / (double)operations, "ns/op",
                        &cases[place[HAND]], candidate_names[HAND]);
        if (base == CODI)
            all->log_sum[c] -= log(bench_ratio(&cases[place[c]], &cases[place[CODI]]));
    }
    if (base != CODI) return;
    all->count++;
    all->worst = fmax(all->worst, 1 / bench_ratio(&cases[place[IN_PLACE]], &cases[place[CODI]]));
}

static void measure(int work, const bench_options *o, summary *all) {
    double *x = bench_memory(scalar_inputs[work] * sizeof *x);
    job jobs[CANDIDATES];
    static bench_case cases[CANDIDATES];
    int place[CANDIDATES], n = 0;
    scalar_start(work, x);
    prepare(jobs, work, x);
    size_t operations = check(jobs, scalar_names[work]);
    for (int c = 0; c < CANDIDATES; c++) {
        place[c] = available(&jobs[c]) ? n : -1;
        if (place[c] >= 0) cases[n++] = (bench_case){.run = run, .arg = &jobs[c]};
    }
    bench_measure(cases, (size_t)n, o);
    report(scalar_names[work], jobs, cases, place, operations, all);
    for (int c = 0; c < CANDIDATES; c++) {
        if (!available(&jobs[c])) continue;
        tad_tape_free(jobs[c].tape);
        free(jobs[c].inputs);
        free(jobs[c].g);
    }
    free(x);
}

int main(int argc, char **argv) {
    bench_options o = bench_arguments(argc, argv, scalar_names);
    summary all = {{0}, 0, 0};
    scalar_data_init();
    for (int work = 0; work < WORK_COUNT; work++)
        if (bench_wanted(&o, scalar_names[work])) measure(work, &o, &all);
    if (!all.count) return 0;
    bench_at_most("scalar_geometric_mean_vs_codipack", exp(all.log_sum[IN_PLACE] / all.count),
                  0.85);
    bench_at_most("scalar_worst_vs_codipack", all.worst, 1.25);
    bench_at_most("scalar_calls_geometric_mean_vs_codipack", exp(all.log_sum[CALLS] / all.count),
                  1.1);
    return 0;
}
