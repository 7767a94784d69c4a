/* bench_map's bundle adjustment: the errors of every observation and their Jacobian. Numbers lie in
 * columns, all observations of one input or result together, or in rows, an observation's together.
 */
#include "bench_map.h"

#include "ba_hand.h"

enum { OBSERVATIONS = BA_OBSERVATIONS, IN = BA_INPUTS, OUT = BA_RESULTS };

typedef struct job {
    double (*in_columns)[OBSERVATIONS], (*out_columns)[OBSERVATIONS];
    double (*in_rows)[IN], (*out_rows)[OUT];
    tad_tape *tape;
    tad_mark mark;
    tad_var in[IN], out[OUT]; /* arrays on the tape */
    tad_mapping *mapping[2], *compiled_mapping[2];
    tad_program *program, *compiled;
    tad_workspace *by_columns, *by_rows, *compiled_by_columns, *compiled_by_rows;
} job;

static void done(const job *j, tad_status s) {
    if (s != TAD_OK) bench_fail("ba", tad_message(j->tape));
}

/* ---- candidates ---- */

static void run_in(tad_workspace *w) {
    if (tad_run(w) != TAD_OK) bench_fail("ba", tad_workspace_message(w));
}

static void run_program(void *arg) { run_in(((job *)arg)->by_columns); }
static void run_compiled(void *arg) { run_in(((job *)arg)->compiled_by_columns); }
static void run_program_rows(void *arg) { run_in(((job *)arg)->by_rows); }
static void run_compiled_rows(void *arg) { run_in(((job *)arg)->compiled_by_rows); }

static void run_hand(void *arg) {
    job *j = arg;
    ba_hand((const double(*)[OBSERVATIONS])j->in_columns, j->out_columns);
}

static void run_module(void *arg) {
    job *j = arg;
    ba_module((const double(*)[IN])j->in_rows, j->out_rows);
}

/* An error is of its own observation's inputs alone, so the gradient of the sum of one of the two
 * is a row of every observation's Jacobian. */
static void differentiate(job *j) {
    for (int k = 0; k < 2; k++) {
        tad_var sum = tad_sum(j->out[k], tad_all());
        done(j, tad_grad(&sum, NULL, 1, j->in, BA_WANTED, j->out + 2 + k * BA_WANTED));
    }
}

static void map(job *j, tad_mapping *const *m) {
    done(j, tad_tape_rewind(j->tape, j->mark));
    for (int k = 0; k < 2; k++) j->out[k] = tad_map(m[k], j->in, IN, NULL, 0);
    differentiate(j);
}

static void run_map(void *arg) { map(arg, ((job *)arg)->mapping); }
static void run_compiled_map(void *arg) { map(arg, ((job *)arg)->compiled_mapping); }

static void run_arrays(void *arg) {
    job *j = arg;
    done(j, tad_tape_rewind(j->tape, j->mark));
    ba_errors(j->in, false, j->out);
    differentiate(j);
}

/* ---- making ---- */

/* Cameras some steps before the points, turned a little, with the numbers of a usual lens. */
static void fill(const job *j) {
    static const double middle[IN] = {
        [0] = 0.3, [BA_FOCAL] = 500, [BA_POINT + 2] = 6, [BA_WEIGHT] = 1};
    static const double spread[IN] = {0.2, 0.4,  0.4, 1, 1, 1,   100, 20, 20,
                                      0.1, 0.02, 2,   2, 1, 0.5, 200, 200};
    unsigned long long seed = 7;
    for (size_t i = 0; i < OBSERVATIONS; i++)
        for (size_t k = 0; k < IN; k++)
            j->in_columns[k][i] = j->in_rows[i][k] = middle[k] + spread[k] * bench_random(&seed);
}

static tad_program *freeze(const job *j) {
    const tad_freeze_options options = {.allow_constant_outputs = true};
    tad_tape *t = tad_tape_new(NULL);
    tad_var in[IN], out[OUT];
    tad_program *made;
    tad_status s = TAD_OK;
    for (int k = 0; k < IN; k++) in[k] = tad_scalar(t, j->in_rows[0][k]);
    ba_errors(in, false, out);
    for (int k = 0; k < 2 && s == TAD_OK; k++)
        s = tad_grad(&out[k], NULL, 1, in, BA_WANTED, out + 2 + k * BA_WANTED);
    if (s != TAD_OK || tad_freeze(in, IN, out, OUT, &options, &made) != TAD_OK)
        bench_fail("ba", tad_message(t));
    tad_tape_free(t);
    return made;
}

static tad_workspace *bound(const tad_workspace *w, tad_status s) {
    if (s != TAD_OK) bench_fail("ba", tad_workspace_message(w));
    return (tad_workspace *)w;
}

static tad_workspace *columns_of(const job *j, const tad_program *p) {
    tad_workspace *w = tad_workspace_new(p);
    const tad_shape all = TAD_SHAPE(OBSERVATIONS);
    tad_status s = TAD_OK;
    for (size_t k = 0; k < IN && s == TAD_OK; k++)
        s = tad_bind_each_in(w, k, TAD_F64, all, j->in_columns[k]);
    for (size_t k = 0; k < OUT && s == TAD_OK; k++)
        s = tad_bind_each_out(w, k, TAD_F64, all, j->out_columns[k]);
    return bound(w, s);
}

static tad_workspace *rows_of(const job *j, const tad_program *p) {
    tad_workspace *w = tad_workspace_new(p);
    tad_status s = tad_bind_each_numbers_in(w, 0, IN, OBSERVATIONS, j->in_rows[0]);
    if (s == TAD_OK) s = tad_bind_each_numbers_out(w, 0, OUT, OBSERVATIONS, j->out_rows[0]);
    return bound(w, s);
}

static void make_programs(job *j) {
    bool each[IN];
    for (int k = 0; k < IN; k++) each[k] = true;
    j->program = freeze(j);
    j->compiled = freeze(j);
    map_compile(j->compiled, each);
    j->by_columns = columns_of(j, j->program);
    j->by_rows = rows_of(j, j->program);
    j->compiled_by_columns = columns_of(j, j->compiled);
    j->compiled_by_rows = rows_of(j, j->compiled);
}

/* One of the errors: a mapping's function has one result. */
static tad_var error_of(tad_tape *t, const tad_var *in, size_t n, void *which) {
    tad_var error[2];
    (void)t, (void)n;
    ba_errors(in, false, error);
    return error[*(const int *)which];
}

static void make_mappings(job *j) {
    static int which[] = {0, 1};
    j->tape = tad_tape_new(NULL);
    for (int k = 0; k < IN; k++)
        j->in[k] = tad_input(j->tape, TAD_F64, TAD_SHAPE(OBSERVATIONS), j->in_columns[k]);
    j->mark = tad_tape_mark(j->tape);
    for (int k = 0; k < 2; k++) {
        j->mapping[k] = tad_mapping_new(error_of, &which[k], NULL);
        j->compiled_mapping[k] = tad_mapping_new(error_of, &which[k], NULL);
        tad_mapping_compile(j->compiled_mapping[k], &map_compiling);
    }
}

static void make(job *j) {
    *j = (job){.in_columns = bench_memory(OBSERVATIONS * IN * sizeof(double)),
               .out_columns = bench_memory(OBSERVATIONS * OUT * sizeof(double)),
               .in_rows = bench_memory(OBSERVATIONS * IN * sizeof(double)),
               .out_rows = bench_memory(OBSERVATIONS * OUT * sizeof(double))};
    fill(j);
    make_programs(j);
    make_mappings(j);
}

static void end(job *j) {
    tad_workspace_free(j->by_columns), tad_workspace_free(j->by_rows);
    tad_workspace_free(j->compiled_by_columns), tad_workspace_free(j->compiled_by_rows);
    tad_program_free(j->program), tad_program_free(j->compiled);
    tad_tape_free(j->tape);
    for (int k = 0; k < 2; k++)
        tad_mapping_free(j->mapping[k]), tad_mapping_free(j->compiled_mapping[k]);
    free(j->in_columns), free(j->out_columns);
    free(j->in_rows), free(j->out_rows);
}

/* ---- what is compared ---- */

typedef enum where { COLUMNS, ROWS, TAPE } where; /* the results */

static double result(const job *j, where at, size_t i, size_t k) {
    if (at == COLUMNS) return j->out_columns[k][i];
    return at == ROWS ? j->out_rows[i][k] : ((const double *)tad_data(j->out[k]))[i];
}

/* Scribbles over what the one before has left. */
static void compare(job *j, void (*run)(void *), where at, const double (*wanted)[OUT]) {
    for (size_t i = 0; i < OBSERVATIONS * OUT; i++) j->out_columns[0][i] = j->out_rows[0][i] = NAN;
    run(j);
    for (size_t k = 0; k < OUT; k++)
        for (size_t i = 0; i < OBSERVATIONS; i++) {
            const double now = result(j, at, i, k), then = wanted[i][k];
            if (!(fabs(now - then) <= 1e-12 * (1 + fabs(then))))
                bench_fail("ba", "the results differ");
        }
}

typedef struct candidate {
    const char *name;
    void (*run)(void *);
    where results;
} candidate;

static const candidate candidates[] = {{"map", run_map, TAPE},
                                       {"map_compiled", run_compiled_map, TAPE},
                                       {"arrays", run_arrays, TAPE},
                                       {"program", run_program, COLUMNS},
                                       {"compiled", run_compiled, COLUMNS},
                                       {"hand", run_hand, COLUMNS},
                                       {"program_rows", run_program_rows, ROWS},
                                       {"compiled_rows", run_compiled_rows, ROWS},
                                       {"module", run_module, ROWS}};
enum { CASES = sizeof candidates / sizeof *candidates };

static const bench_case *of(const bench_case *c, const char *name) {
    int i = 0;
    while (strcmp(candidates[i].name, name) != 0) i++;
    return &c[i];
}

static void target(const bench_case *c, const char *name, const char *base, double limit) {
    char line[80];
    snprintf(line, sizeof line, "ba_%s_vs_%s", name, base);
    bench_at_most(line, 1 / bench_ratio(of(c, name), of(c, base)), limit);
}

static void report(const bench_case *c) {
    char line[80];
    for (int i = 0; i < CASES; i++) {
        snprintf(line, sizeof line, "ba_%s", candidates[i].name);
        bench_print(line, &c[i], 1e9 / OBSERVATIONS, "ns/point", of(c, "hand"), "hand");
    }
    target(c, "map", "hand", 1.2);
    target(c, "map_compiled", "hand", 1.2);
    target(c, "compiled", "hand", 1.2);
    target(c, "program_rows", "module", 0.5);
    target(c, "compiled_rows", "module", 0.5);
}

void map_ba(const bench_options *o) {
    static bench_case c[CASES];
    static job j;
    make(&j);
    double(*wanted)[OUT] = bench_memory(OBSERVATIONS * OUT * sizeof(double));
    run_module(&j);
    memcpy(wanted, j.out_rows, OBSERVATIONS * OUT * sizeof(double));
    for (int i = 0; i < CASES; i++) {
        compare(&j, candidates[i].run, candidates[i].results, (const double(*)[OUT])wanted);
        c[i] = (bench_case){.run = candidates[i].run, .arg = &j};
    }
    bench_measure(c, CASES, o);
    report(c);
    free(wanted);
    end(&j);
}
