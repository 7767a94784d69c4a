/* GradBench's protocol for tools that are programs, JSON, and programs of tad: see gradbench.h. */
#define _POSIX_C_SOURCE 199309L
#include "gradbench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef COMPILED
#include <tad/compile.h>
#endif
#ifdef __SSE3__
#include <pmmintrin.h>
#endif

/* ---- what can fail ---- */

void gb_fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(EXIT_FAILURE);
}

void *gb_memory(size_t bytes) {
    void *p = calloc(bytes ? bytes : 1, 1);
    if (!p) gb_fail("no memory");
    return p;
}

static void must(tad_status s, const char *message) {
    if (s != TAD_OK) gb_fail(*message ? message : tad_status_text(s));
}

void gb_tape_must(tad_status s, const tad_tape *t) { must(s, tad_message(t)); }
void gb_run_must(tad_status s, const tad_workspace *w) { must(s, tad_workspace_message(w)); }

/* ---- JSON ---- */

const json_t *gb_get(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    if (!value) gb_fail(key);
    return value;
}

double gb_number(const json_t *object, const char *key) {
    return json_number_value(gb_get(object, key));
}

static size_t count_of(const json_t *tree) {
    if (!json_is_array(tree)) return 1;
    size_t n = 0, i;
    json_t *entry;
    json_array_foreach(tree, i, entry) n += count_of(entry);
    return n;
}

static double *flatten(const json_t *tree, double *to) {
    if (!json_is_array(tree)) {
        *to = json_number_value(tree);
        return to + 1;
    }
    size_t i;
    json_t *entry;
    json_array_foreach(tree, i, entry) to = flatten(entry, to);
    return to;
}

double *gb_numbers(const json_t *object, const char *key, size_t *count) {
    const json_t *tree = gb_get(object, key);
    size_t n = count_of(tree);
    double *x = gb_memory(n * sizeof *x);
    flatten(tree, x);
    if (count) *count = n;
    return x;
}

int64_t *gb_whole_numbers(const json_t *object, const char *key, size_t *count) {
    size_t n;
    double *x = gb_numbers(object, key, &n);
    int64_t *whole = gb_memory(n * sizeof *whole);
    for (size_t i = 0; i < n; i++) whole[i] = (int64_t)x[i];
    free(x);
    if (count) *count = n;
    return whole;
}

json_t *gb_list(const double *x, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(list, json_real(x[i]));
    return list;
}

json_t *gb_rows(const double *x, size_t rows, size_t columns) {
    json_t *list = json_array();
    for (size_t i = 0; i < rows; i++)
        json_array_append_new(list, gb_list(x + i * columns, columns));
    return list;
}

/* ---- programs ---- */

static tad_workspace *workspace_of(tad_program *p, tad_tape *t) {
    tad_tape_free(t); /* the program stands for itself */
    tad_workspace *w = tad_workspace_new(p);
    if (!w) gb_fail("no memory for a workspace");
    return w;
}

tad_workspace *gb_freeze(tad_fn *f, void *user, const tad_shape *in, size_t n, unsigned give) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x[16];
    tad_program *p;
    for (size_t i = 0; i < n && i < 16; i++) x[i] = tad_input(t, TAD_F64, in[i], NULL);
    gb_tape_must(tad_freeze_function(f, user, x, n, give, NULL, &p), t);
    return workspace_of(p, t);
}

#ifdef COMPILED
static void compile(tad_program *p) {
    const char *const command[] = {"cc", "-O3", "-march=native", NULL};
    char message[300];
    const tad_compile_options options = {
        .command = command, .message = message, .message_size = sizeof message};
    must(tad_program_compile(p, &options), message);
}
#endif

tad_workspace *gb_freeze_recorded(tad_tape *t, const tad_var *in, size_t n_in, const tad_var *out,
                                  size_t n_out, const tad_freeze_options *options) {
    tad_program *p;
    gb_tape_must(tad_freeze(in, n_in, out, n_out, options, &p), t);
#ifdef COMPILED
    compile(p);
#endif
    return workspace_of(p, t);
}

void gb_bind_in(tad_workspace *w, size_t k, tad_shape shape, const double *data) {
    gb_run_must(tad_bind_in(w, k, TAD_F64, shape, data), w);
}

void gb_bind_out(tad_workspace *w, size_t k, tad_shape shape, double *data) {
    gb_run_must(tad_bind_out(w, k, TAD_F64, shape, data), w);
}

void gb_run(tad_workspace *w) { gb_run_must(tad_run(w), w); }

/* ---- the protocol ---- */

static int64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What the runs took: a list that grows. */
typedef struct times {
    int64_t *ns;
    size_t count, room;
} times;

static void note(times *all, int64_t ns) {
    if (all->count == all->room) {
        all->room = all->room ? 2 * all->room : 64;
        all->ns = realloc(all->ns, all->room * sizeof *all->ns);
        if (!all->ns) gb_fail("no memory");
    }
    all->ns[all->count++] = ns;
}

/* Without these in the input a function runs once. */
static times repeat(const gb_function *f, void *state, const json_t *input) {
    const json_t *runs = json_object_get(input, "min_runs");
    const double min_seconds = json_number_value(json_object_get(input, "min_seconds"));
    const size_t min_runs = runs ? (size_t)json_number_value(runs) : 1;
    double elapsed = 0;
    times all = {0};
    while (all.count < min_runs || elapsed < min_seconds) {
        const int64_t start = nanoseconds();
        f->compute(state);
        note(&all, nanoseconds() - start);
        elapsed += (double)all.ns[all.count - 1] / 1e9;
    }
    return all;
}

static void print_time(const char *name, int64_t ns) {
    printf("{\"name\": \"%s\", \"nanoseconds\": %lld}\n", name, (long long)ns);
}

static int run(const gb_function *f, const json_t *input) {
    void *state = f->read(input);
    const int64_t start = nanoseconds();
    if (f->prepare) f->prepare(state);
    const int64_t prepared = nanoseconds() - start;
    times all = repeat(f, state, input);
    json_t *output = f->output(state);
    json_dumpf(output, stdout, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(17));
    printf("\n");
    print_time("prepare", prepared);
    for (size_t i = 0; i < all.count; i++) print_time("evaluate", all.ns[i]);
    json_decref(output);
    free(all.ns);
    return EXIT_SUCCESS;
}

/* Numbers below 1e-308 cost a hundred times as much as others: they are zeroes, as TensorFlow and
 * XLA have it. */
static void flush_denormals(void) {
#ifdef __SSE3__
    _MM_SET_FLUSH_ZERO_MODE(_MM_FLUSH_ZERO_ON);
    _MM_SET_DENORMALS_ZERO_MODE(_MM_DENORMALS_ZERO_ON);
#endif
}

int gb_main(int argc, char **argv, const gb_function *functions, size_t n) {
    json_error_t error;
    flush_denormals();
    if (argc != 3) gb_fail("usage: NAME FILE FUNCTION");
    json_t *input = json_load_file(argv[1], JSON_DECODE_ANY, &error);
    if (!input) gb_fail(error.text);
    for (size_t i = 0; i < n; i++)
        if (!strcmp(functions[i].name, argv[2])) {
            int status = run(&functions[i], input);
            json_decref(input);
            return status;
        }
    gb_fail("unknown function");
    return EXIT_FAILURE;
}
