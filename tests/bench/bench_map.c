/* A function of numbers at many points, value and gradient: as an op on the tape (tad_map), as a
 * program at many points, as that compiled, on the tape by arrays, and by hand.
 *
 *   bench_map [--quick] [--rounds N] [NAME ...] */
#include "bench_map.h"

#include "map_hand.h"

enum { MOST = 64 };
static const char *const names[] = {"mlp", "mixture", "ba", NULL};

/* ---- the functions, the same for numbers and for arrays of points ---- */

static tad_var mlp(tad_tape *t, const tad_var *in, size_t n, void *user) {
    const tad_var *w = in + MLP_IN + 1, *b = w + MLP_IN * MLP_HIDDEN, *v = b + MLP_HIDDEN;
    tad_var y = v[MLP_HIDDEN];
    (void)t, (void)n, (void)user;
    for (size_t i = 0; i < MLP_HIDDEN; i++) {
        tad_var sum = b[i];
        for (size_t j = 0; j < MLP_IN; j++) sum = tad_fma(w[i * MLP_IN + j], in[j], sum);
        y = tad_fma(v[i], tad_tanh(sum), y);
    }
    return tad_square(tad_sub(y, in[MLP_IN]));
}

static tad_var mixture(tad_tape *t, const tad_var *in, size_t n, void *user) {
    const tad_var *mean = in + 1, *width = mean + MIXTURE, *weight = width + MIXTURE;
    tad_var all = tad_number(0), norm = tad_number(0);
    (void)t, (void)n, (void)user;
    for (size_t k = 0; k < MIXTURE; k++) {
        tad_var z = tad_mul(tad_sub(in[0], mean[k]), tad_exp(tad_neg(width[k])));
        tad_var half = tad_mul(tad_square(z), tad_number(0.5));
        all = tad_add(all, tad_exp(tad_sub(tad_sub(weight[k], width[k]), half)));
        norm = tad_add(norm, tad_exp(weight[k]));
    }
    return tad_sub(tad_log(norm), tad_log(all));
}

typedef struct work {
    tad_fn *f;
    map_hand *hand;
    size_t each, shared;
} work;
static const work works[] = {
    {mlp, map_hand_mlp, MLP_IN + 1, MLP_SHARED},
    {mixture, map_hand_mixture, 1, MIXTURE_SHARED},
};
enum { WORKS = sizeof works / sizeof *works };

/* ---- running ---- */

typedef struct job {
    const work *w;
    const char *name;
    tad_tape *tape;
    tad_mapping *mapping, *compiled_mapping;
    tad_var in[MOST];
    tad_mark mark;
    tad_program *program, *compiled;
    tad_workspace *workspace, *compiled_workspace;
    double *each[MLP_IN + 1], shared[MOST], value, gradient[MOST];
} job;

static void done(const job *j, tad_status s) {
    if (s != TAD_OK) bench_fail(j->name, tad_message(j->tape));
}

static void sweep(job *j, tad_var values) {
    tad_var y = tad_sum(values, tad_all());
    done(j, tad_reverse(y));
    j->value = tad_item(y);
    for (size_t k = 0; k < j->w->shared; k++)
        j->gradient[k] = tad_gradient_item(j->in[j->w->each + k]);
    done(j, tad_tape_rewind(j->tape, j->mark));
}

static void map(job *j, tad_mapping *m) {
    sweep(j, tad_map(m, j->in, j->w->each, j->in + j->w->each, j->w->shared));
}

static void run_map(void *arg) { map(arg, ((job *)arg)->mapping); }
static void run_compiled_map(void *arg) { map(arg, ((job *)arg)->compiled_mapping); }

static void run_arrays(void *arg) {
    job *j = arg;
    sweep(j, j->w->f(j->tape, j->in, j->w->each + j->w->shared, NULL));
}

static void run_in(const job *j, tad_workspace *w) {
    if (tad_run(w) != TAD_OK) bench_fail(j->name, tad_workspace_message(w));
}

static void run_program(void *arg) { run_in(arg, ((job *)arg)->workspace); }
static void run_compiled(void *arg) { run_in(arg, ((job *)arg)->compiled_workspace); }

static void run_hand(void *arg) {
    job *j = arg;
    j->value = j->w->hand((const double *const *)j->each, j->shared, j->gradient);
}

/* ---- making ---- */

/* The gradient by the shared operands alone. */
static tad_program *freeze(const job *j) {
    const size_t n = j->w->each + j->w->shared, row = 1 + j->w->shared;
    tad_tape *t = tad_tape_new(NULL);
    tad_var in[MOST], out[MOST];
    tad_program *made;
    for (size_t i = 0; i < n; i++)
        in[i] = tad_scalar(t, i < j->w->each ? j->each[i][0] : j->shared[i - j->w->each]);
    out[0] = j->w->f(t, in, n, NULL);
    if (tad_grad(out, NULL, 1, in + j->w->each, j->w->shared, out + 1) != TAD_OK ||
        tad_freeze(in, n, out, row, NULL, &made) != TAD_OK)
        bench_fail(j->name, tad_message(t));
    tad_tape_free(t);
    return made;
}

static tad_workspace *workspace_of(job *j, const tad_program *p) {
    tad_workspace *w = tad_workspace_new(p);
    tad_status s = tad_bind_sum_out(w, 0, &j->value, NULL);
    for (size_t k = 0; k < j->w->shared && s == TAD_OK; k++)
        s = tad_bind_sum_out(w, 1 + k, &j->gradient[k], NULL);
    for (size_t i = 0; i < j->w->each && s == TAD_OK; i++)
        s = tad_bind_each_in(w, i, TAD_F64, TAD_SHAPE(MAP_POINTS), j->each[i]);
    if (s == TAD_OK) s = tad_bind_numbers_in(w, j->w->each, j->w->shared, j->shared);
    if (s != TAD_OK) bench_fail(j->name, tad_workspace_message(w));
    return w;
}

static char message[200];
static const char *const command[] = {"cc", "-O3", "-march=native", NULL};
const tad_compile_options map_compiling = {
    .command = command, .message = message, .message_size = sizeof message};

void map_compile(tad_program *p, const bool *each) {
    tad_compile_options o = map_compiling;
    o.each = each;
    if (tad_program_compile(p, &o) != TAD_OK) bench_fail("compile", message);
}

static void make_programs(job *j) {
    bool each[MOST];
    for (size_t i = 0; i < j->w->each + j->w->shared; i++) each[i] = i < j->w->each;
    j->program = freeze(j);
    j->compiled = freeze(j);
    map_compile(j->compiled, each);
    j->workspace = workspace_of(j, j->program);
    j->compiled_workspace = workspace_of(j, j->compiled);
}

static void make(job *j, int k) {
    unsigned long long seed = 7;
    *j = (job){.w = &works[k], .name = names[k], .tape = tad_tape_new(NULL)};
    for (size_t i = 0; i < j->w->each; i++) {
        j->each[i] = bench_memory(MAP_POINTS * sizeof(double));
        for (size_t p = 0; p < MAP_POINTS; p++) j->each[i][p] = 2 * bench_random(&seed);
        j->in[i] = tad_constant(j->tape, TAD_F64, TAD_SHAPE(MAP_POINTS), j->each[i]);
    }
    for (size_t i = 0; i < j->w->shared; i++) {
        j->shared[i] = bench_random(&seed);
        j->in[j->w->each + i] = tad_scalar(j->tape, j->shared[i]);
    }
    j->mapping = tad_mapping_new(j->w->f, NULL, NULL);
    j->compiled_mapping = tad_mapping_new(j->w->f, NULL, NULL);
    tad_mapping_compile(j->compiled_mapping, &map_compiling);
    j->mark = tad_tape_mark(j->tape);
    make_programs(j);
}

/* ---- what is compared ---- */

static void compare(const job *j, const double *value) {
    for (size_t k = 0; k <= j->w->shared; k++) {
        const double now = k ? j->gradient[k - 1] : j->value;
        if (!(fabs(now - value[k]) <= 1e-9 * (1 + fabs(value[k]))))
            bench_fail(j->name, "the results differ");
    }
}

static void measure(int k, const bench_options *o) {
    static void (*const run[])(void *) = {run_map,      run_compiled_map, run_program,
                                          run_compiled, run_arrays,       run_hand};
    static const char *const what[] = {"map",      "map_compiled", "program",
                                       "compiled", "arrays",       "hand"};
    enum { CASES = sizeof run / sizeof *run, HAND = CASES - 1 };
    static bench_case c[CASES];
    static job j;
    double value[MOST + 1];
    char line[80];
    make(&j, k);
    for (int i = CASES - 1; i >= 0; i--) {
        c[i] = (bench_case){.run = run[i], .arg = &j};
        run[i](&j);
        if (i == HAND) value[0] = j.value, memcpy(value + 1, j.gradient, sizeof j.gradient);
        compare(&j, value);
    }
    bench_measure(c, CASES, o);
    for (int i = 0; i < CASES; i++) {
        snprintf(line, sizeof line, "%s_%s", names[k], what[i]);
        bench_print(line, &c[i], 1e9 / MAP_POINTS, "ns/point", &c[HAND], "hand");
    }
    snprintf(line, sizeof line, "%s_map_vs_hand", names[k]);
    bench_at_most(line, 1 / bench_ratio(&c[0], &c[HAND]), 1.2);
    snprintf(line, sizeof line, "%s_map_compiled_vs_hand", names[k]);
    bench_at_most(line, 1 / bench_ratio(&c[1], &c[HAND]), 1.2);
    snprintf(line, sizeof line, "%s_compiled_vs_hand", names[k]);
    bench_at_most(line, 1 / bench_ratio(&c[3], &c[HAND]), 1.2);
    tad_workspace_free(j.workspace);
    tad_workspace_free(j.compiled_workspace);
    tad_program_free(j.program);
    tad_program_free(j.compiled);
    tad_tape_free(j.tape);
    tad_mapping_free(j.mapping);
    tad_mapping_free(j.compiled_mapping);
    for (size_t i = 0; i < j.w->each; i++) free(j.each[i]);
}

int main(int argc, char **argv) {
    bench_options o = bench_arguments(argc, argv, names);
    for (int k = 0; k < WORKS; k++)
        if (bench_wanted(&o, names[k])) measure(k, &o);
    if (bench_wanted(&o, names[WORKS])) map_ba(&o);
    return 0;
}
