/* Programs of scalar workloads: value and gradient by a strict program, by one that is rolled up,
 * and by that compiled, beside recording and reversing anew and the gradient by hand; value and
 * Hessian times vector by a program that is rolled up; what freezing and compiling take.
 *
 *   bench_program [--quick] [--rounds N] [NAME ...] */
#include "bench.h"

#include <math.h>

#include <tad/compile.h>
#include <tad/inspect.h>

#include "scalar_tad.h"

enum { FRESH, HAND, STRICT, ROLLED, COMPILED, GRADIENTS, PRODUCT = GRADIENTS, CANDIDATES };
static const char *const candidate_names[] = {"fresh",  "hand",     "strict",
                                              "rolled", "compiled", "product"};

/* Whose Hessian products are measured. */
static bool has_product(int work) {
    static const char *const have[] = {"rosenbrock_1e3", "rosenbrock_1e5", "mixture", "lstm",
                                       "mlp"};
    bool found = false;
    for (size_t k = 0; k < sizeof have / sizeof *have; k++)
        found |= strcmp(have[k], scalar_names[work]) == 0;
    return found;
}

/* ---- memory, counted ---- */

typedef struct {
    size_t live, peak;
} counter;

static void *resize(void *user, void *old, size_t old_size, size_t new_size) {
    counter *c = user;
    c->live += new_size - old_size;
    if (c->live > c->peak) c->peak = c->live;
    if (new_size) return realloc(old, new_size);
    free(old);
    return NULL;
}

/* ---- a gradient of one workload by one candidate ---- */

typedef struct {
    int work, candidate;
    const double *x; /* inputs, then the direction of a product */
    double *y;       /* value, gradient or product */
    tad_tape *tape;
    tad_var *inputs;
    tad_program *program;
    tad_workspace *workspace;
    counter memory;
    double recorded, frozen, compiled; /* nodes, seconds */
} job;

static void run(void *arg) {
    job *j = arg;
    const int w = j->work;
    switch (j->candidate) {
    case FRESH:
        j->y[0] = scalar_in_place.pass(j->tape, scalar_in_place.record[w], scalar_inputs[w], j->x,
                                       j->inputs, j->y + 1);
        break;
    case HAND: j->y[0] = scalar_hand[w](j->x, j->y + 1); break;
    default:
        if (tad_run(j->workspace) != TAD_OK)
            bench_fail(scalar_names[w], tad_workspace_message(j->workspace));
    }
}

static double direction(size_t i) { return 1 + 0.1 * (double)(i % 7); }

/* Gradients become Hessian times direction, which is an input too. */
static void make_product(tad_tape *t, tad_var *in, tad_var *gradient, size_t n) {
    tad_var *product = bench_memory(n * sizeof *product);
    for (size_t i = 0; i < n; i++) in[n + i] = tad_scalar(t, direction(i) * 0.99);
    if (tad_tangent(gradient, n, in, in + n, n, product) != TAD_OK)
        bench_fail("tangent", tad_message(t));
    memcpy(gradient, product, n * sizeof *product);
    free(product);
}

static void freeze(job *j) {
    const size_t n = scalar_inputs[j->work], inputs = j->candidate == PRODUCT ? 2 * n : n;
    tad_tape *t = tad_tape_new(NULL);
    tad_var *in = bench_memory(inputs * sizeof *in), *out = bench_memory((n + 1) * sizeof *out);
    for (size_t i = 0; i < n; i++) in[i] = tad_scalar(t, j->x[i] * 0.99 + 0.001);
    out[0] = scalar_frozen.record[j->work](in);
    if (tad_grad(out, NULL, 1, in, n, out + 1) != TAD_OK) bench_fail("grad", tad_message(t));
    if (j->candidate == PRODUCT) make_product(t, in, out + 1, n);
    tad_freeze_options o = {.allow_constant_outputs = true, .roll_up = j->candidate >= ROLLED};
    const double start = bench_now();
    if (tad_freeze(in, inputs, out, n + 1, &o, &j->program) != TAD_OK)
        bench_fail("freeze", tad_message(t));
    j->frozen = bench_now() - start;
    o.allocator = (tad_allocator){resize, &j->memory}; /* once more, to count the memory */
    tad_program *counted;
    if (tad_freeze(in, inputs, out, n + 1, &o, &counted) != TAD_OK)
        bench_fail("freeze", tad_message(t));
    tad_program_free(counted);
    j->recorded = (double)tad_node_count(t);
    tad_tape_free(t);
    free(in);
    free(out);
    j->workspace = tad_workspace_new(j->program);
    if (tad_bind_numbers_in(j->workspace, 0, inputs, j->x) != TAD_OK ||
        tad_bind_numbers_out(j->workspace, 0, n + 1, j->y) != TAD_OK)
        bench_fail("bind", tad_workspace_message(j->workspace));
}

/* As a user would for this machine. */
static void compile(job *j) {
    static const char *const command[] = {"cc", "-O3", "-march=native", NULL};
    char message[300] = "";
    const tad_compile_options o = {
        .command = command, .seconds = 600, .message = message, .message_size = sizeof message};
    bench_clock = CLOCK_MONOTONIC; /* the compiler is another process */
    const double start = bench_now();
    if (tad_program_compile(j->program, &o) != TAD_OK) bench_fail("compile", message);
    j->compiled = bench_now() - start;
    bench_clock = CLOCK_THREAD_CPUTIME_ID;
}

static void prepare(job *j, int work, int candidate, const double *x) {
    const size_t n = scalar_inputs[work];
    *j = (job){.work = work, .candidate = candidate, .x = x};
    j->y = bench_memory((n + 1) * sizeof *j->y);
    for (size_t i = 0; i <= n; i++) j->y[i] = NAN;
    if (candidate == FRESH) {
        j->tape = tad_tape_new(NULL);
        j->inputs = bench_memory(n * sizeof *j->inputs);
    }
    if (candidate >= STRICT) freeze(j);
    if (candidate == COMPILED) compile(j);
}

static void finish(job *j) {
    tad_workspace_free(j->workspace);
    tad_program_free(j->program);
    tad_tape_free(j->tape);
    free(j->inputs);
    free(j->y);
}

/* ---- checks: a wrong value or gradient is not worth timing ---- */

static void compare(const char *work, const char *candidate, const double *y, const double *right,
                    size_t n) {
    double scale = 0;
    for (size_t i = 1; i <= n; i++) scale = fmax(scale, fabs(right[i]));
    for (size_t i = 0; i <= n; i++)
        if (!(fabs(y[i] - right[i]) <= 1e-8 * (fabs(right[i]) + (i ? 1e-6 * scale : 0)))) {
            fprintf(stderr, "%s: %s has output %zu = %.17g, not %.17g\n", work, candidate, i, y[i],
                    right[i]);
            exit(1);
        }
}

/* ---- one workload ---- */

typedef struct {
    double log_sum[GRADIENTS][2]; /* of times relative to fresh ones and those by hand */
    double freeze, bytes;         /* logarithms of those of a node, added up */
    int count, frozen;
} summary;

static void report_freezing(const job *j, summary *all) {
    const tad_program_info i = tad_program_info_of(j->program);
    const double ns = 1e9 * j->frozen / j->recorded, bytes = (double)j->memory.peak / j->recorded,
                 run = (double)tad_workspace_size(j->program) / j->recorded;
    if (j->candidate == COMPILED) {
        printf("compile %s %.3g s\n", scalar_names[j->work], j->compiled);
        return;
    }
    printf("freeze %s_%s %.0f nodes, %zu steps, %zu calls, %zu in groups: %.4g ns, %.4g bytes a "
           "node; workspace %.3g bytes a node\n",
           scalar_names[j->work], candidate_names[j->candidate], j->recorded, i.numbers, i.calls,
           i.rolled_up, ns, bytes, run);
    all->freeze += log(ns);
    all->bytes += log(bytes);
    all->frozen++;
}

/* The product by a numeric sweep over what is recorded anew. */
static void check_product(const job *j) {
    const size_t n = scalar_inputs[j->work];
    tad_tape *t = tad_tape_new(NULL);
    tad_var *in = bench_memory(n * sizeof *in), *v = bench_memory(n * sizeof *v),
            *product = bench_memory(n * sizeof *product);
    double *right = bench_memory((n + 1) * sizeof *right);
    for (size_t i = 0; i < n; i++) in[i] = tad_scalar(t, j->x[i]), v[i] = tad_number(direction(i));
    const tad_var y = scalar_frozen.record[j->work](in);
    if (tad_forward_over_reverse(y, in, v, n, NULL, product) != TAD_OK)
        bench_fail("product", tad_message(t));
    right[0] = tad_item(y);
    for (size_t i = 0; i < n; i++) right[i + 1] = tad_item(product[i]);
    compare(scalar_names[j->work], candidate_names[PRODUCT], j->y, right, n);
    tad_tape_free(t);
    free(in);
    free(v);
    free(product);
    free(right);
}

static void report_product(const job *j, const bench_case *cases) {
    char line[64];
    snprintf(line, sizeof line, "program_%s_product_in_gradients", scalar_names[j->work]);
    bench_at_most(line, 1 / bench_ratio(&cases[PRODUCT], &cases[ROLLED]), 2.5);
}

static void report(const job *jobs, const bench_case *cases, size_t operations, summary *all) {
    for (int c = 0; c < GRADIENTS; c++) {
        char line[64];
        snprintf(line, sizeof line, "%s_%s", scalar_names[jobs[c].work], candidate_names[c]);
        const double fresh = bench_ratio(&cases[c], &cases[FRESH]),
                     hand = bench_ratio(&cases[c], &cases[HAND]);
        printf("bench %s %.4g ns/op: %.3f of fresh, %.3f of hand\n", line,
               cases[c].median * 1e9 / (double)operations, 1 / fresh, 1 / hand);
        all->log_sum[c][0] -= log(fresh);
        all->log_sum[c][1] -= log(hand);
    }
    fflush(stdout);
    all->count++;
}

static void measure(int work, const bench_options *o, summary *all) {
    const size_t n = scalar_inputs[work];
    double *x = bench_memory(2 * n * sizeof *x);
    job jobs[CANDIDATES];
    static bench_case cases[CANDIDATES];
    scalar_start(work, x);
    for (size_t i = 0; i < n; i++) x[n + i] = direction(i);
    const int candidates = has_product(work) ? CANDIDATES : GRADIENTS;
    for (int c = 0; c < candidates; c++) {
        prepare(&jobs[c], work, c, x);
        run(&jobs[c]);
        if (c < GRADIENTS)
            compare(scalar_names[work], candidate_names[c], jobs[c].y, jobs[FRESH].y, n);
        else
            check_product(&jobs[c]);
        cases[c] = (bench_case){.run = run, .arg = &jobs[c]};
        if (c >= STRICT) report_freezing(&jobs[c], all);
    }
    bench_measure(cases, (size_t)candidates, o);
    report(jobs, cases, scalar_operations(jobs[FRESH].tape), all);
    if (candidates > PRODUCT) report_product(&jobs[PRODUCT], cases);
    for (int c = 0; c < candidates; c++) finish(&jobs[c]);
    free(x);
}

static double mean(const summary *all, int candidate, int base) {
    return exp(all->log_sum[candidate][base] / all->count);
}

int main(int argc, char **argv) {
    bench_options o = bench_arguments(argc, argv, scalar_names);
    summary all = {.count = 0};
    scalar_data_init();
    for (int work = 0; work < WORK_COUNT; work++)
        if (bench_wanted(&o, scalar_names[work])) measure(work, &o, &all);
    bench_at_most("program_rolled_geometric_mean_vs_fresh", mean(&all, ROLLED, 0), 0.22);
    bench_at_most("program_rolled_geometric_mean_vs_hand", mean(&all, ROLLED, 1), 1.3);
    bench_at_most("program_compiled_geometric_mean_vs_hand", mean(&all, COMPILED, 1), 1.2);
    bench_at_most("program_strict_geometric_mean_vs_fresh", mean(&all, STRICT, 0), 0.35);
    bench_at_most("program_freeze_ns_a_node", exp(all.freeze / all.frozen), 250);
    bench_at_most("program_freeze_bytes_a_node", exp(all.bytes / all.frozen), 100);
    return 0;
}
