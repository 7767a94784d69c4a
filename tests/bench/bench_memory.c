/* Memory-bound ops on 1024x1024 float32, forward and backward, beside loops by hand (hand_memory.h)
 * and memcpy of one matrix.
 *
 *   bench_memory [--quick] [--rounds N] [NAME ...] */
#include "bench.h"

#include <math.h>

#include <tad/tad.h>

#include "hand_memory.h"

typedef struct ops {
    tad_tape *tape;
    tad_var x, g, weight, bias, labels;
    tad_mark mark;
    hand_buffers hand;
} ops;

/* ---- the ops ---- */

static tad_var make_sigmoid(ops *o) { return tad_sigmoid(o->x); }
static tad_var make_relu(ops *o) { return tad_relu(o->x); }
static tad_var make_bias(ops *o) { return tad_add(o->x, o->bias); }
static tad_var make_sum(ops *o) { return tad_sum(o->x, tad_all()); }
static tad_var make_cross_entropy(ops *o) { return tad_cross_entropy(o->x, o->labels, NULL); }

static tad_var make_layer_norm(ops *o) {
    return tad_layer_norm(o->x, o->weight, o->bias, TAD_0D, 1e-5);
}

/* dx, dbias: which gradients are wanted. Without dx, x is a constant, as in a first layer. */
typedef struct {
    const char *name;
    tad_var (*make)(ops *o);
    void (*hand)(hand_buffers *b);
    int passes; /* of the matrix through memory, at least */
    bool dx, dbias;
} work;

static const work works[] = {
    {"sigmoid", make_sigmoid, hand_sigmoid, 5, true, false},
    {"relu", make_relu, hand_relu, 5, true, false},
    {"layer_norm", make_layer_norm, hand_layer_norm, 5, true, true},
    {"cross_entropy", make_cross_entropy, hand_cross_entropy, 2, true, false},
    {"bias_add", make_bias, hand_bias, 3, false, true},
    {"sum", make_sum, hand_sum, 2, true, false},
};
enum { WORKS = sizeof works / sizeof *works };

/* ---- running ---- */

typedef struct {
    ops *o;
    const work *w;
    bool keep; /* do not rewind: the gradients will be looked at */
} job;

static void run_tad(void *arg) {
    job *j = arg;
    tad_var y = j->w->make(j->o);
    tad_var cotangent = tad_size_of(y) == 1 ? tad_none() : j->o->g;
    if (tad_reverse_from(&y, &cotangent, 1) != TAD_OK || j->keep) return;
    (void)tad_tape_rewind(j->o->tape, j->o->mark);
}

static void run_hand(void *arg) {
    job *j = arg;
    j->w->hand(&j->o->hand);
}

static void run_memcpy(void *arg) {
    job *j = arg;
    memcpy(j->o->hand.y, j->o->hand.x, ELEMENTS * sizeof(float));
}

/* ---- making, checking ---- */

static void make(ops *o, const work *w) {
    const tad_shape matrix = TAD_SHAPE(ROWS, COLUMNS), row = TAD_SHAPE(COLUMNS);
    hand_buffers *h = &o->hand;
    o->tape = tad_tape_new(NULL);
    o->x = w->dx ? tad_input_borrow(o->tape, TAD_F32, matrix, h->x)
                 : tad_borrow(o->tape, TAD_F32, matrix, h->x);
    o->g = tad_borrow(o->tape, TAD_F32, matrix, h->g);
    o->weight = tad_input_borrow(o->tape, TAD_F32, row, h->weight);
    o->bias = tad_input_borrow(o->tape, TAD_F32, row, h->bias);
    o->labels = tad_borrow(o->tape, TAD_I64, TAD_SHAPE(ROWS), h->labels);
    o->mark = tad_tape_mark(o->tape);
}

static hand_buffers make_buffers(void) {
    static int64_t labels[ROWS];
    for (int i = 0; i < ROWS; i++) labels[i] = i * 7 % COLUMNS;
    return (hand_buffers){bench_floats(ELEMENTS, 1),
                          bench_floats(ELEMENTS, 2),
                          bench_floats(COLUMNS, 3),
                          bench_floats(COLUMNS, 4),
                          labels,
                          bench_floats(ELEMENTS, 5),
                          bench_floats(ELEMENTS, 6),
                          bench_floats(COLUMNS, 7),
                          bench_floats(COLUMNS, 8),
                          0};
}

static void compare(ops *o, tad_var x, const float *expected, size_t n, const char *name) {
    const float *g = tad_gradient_data(x);
    if (!g) bench_fail(name, tad_message(o->tape));
    double scale = 0;
    for (size_t i = 0; i < n; i++) scale = fmax(scale, fabs((double)expected[i]));
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)g[i] - (double)expected[i]) <= 1e-4 * scale))
            bench_fail(name, "the gradients differ");
}

/* One pass of each, and the same gradients. */
static void check(ops *o, const work *w) {
    job j = {o, w, true};
    run_tad(&j);
    run_hand(&j);
    if (tad_tape_status(o->tape)) bench_fail(w->name, tad_message(o->tape));
    if (w->dx) compare(o, o->x, o->hand.dx, ELEMENTS, w->name);
    if (w->dbias) compare(o, o->bias, o->hand.dbias, COLUMNS, w->name);
    if (tad_tape_rewind(o->tape, o->mark) != TAD_OK) bench_fail(w->name, tad_message(o->tape));
}

static void measure(ops *o, const work *w, const bench_options *options) {
    enum { TAD, HAND, MEMCPY };
    static bench_case cases[3];
    static const char *const names[] = {"tad", "hand", "memcpy"};
    make(o, w);
    check(o, w);
    job j = {o, w, false};
    cases[TAD] = (bench_case){.run = run_tad, .arg = &j};
    cases[HAND] = (bench_case){.run = run_hand, .arg = &j};
    cases[MEMCPY] = (bench_case){.run = run_memcpy, .arg = &j};
    bench_measure(cases, 3, options);
    for (int c = TAD; c <= MEMCPY; c++) {
        char name[64];
        snprintf(name, sizeof name, "%s_%s", w->name, names[c]);
        bench_print(name, &cases[c], 1e6, "us", &cases[HAND], "hand");
    }
    char name[64];
    snprintf(name, sizeof name, "%s_tad_traffic", w->name);
    const double bytes = w->passes * (double)ELEMENTS * sizeof(float);
    printf("bench %s %.4g GB/s (%.4g .. %.4g) ratio %.3f vs memcpy\n", name,
           bytes / cases[TAD].median * 1e-9, bytes / cases[TAD].max * 1e-9,
           bytes / cases[TAD].min * 1e-9, bench_ratio(&cases[TAD], &cases[MEMCPY]) * w->passes / 2);
    snprintf(name, sizeof name, "%s_bandwidth_vs_hand", w->name);
    bench_at_least(name, bench_ratio(&cases[TAD], &cases[HAND]), 0.9);
    tad_tape_free(o->tape);
}

int main(int argc, char **argv) {
    const char *names[WORKS + 1] = {NULL};
    for (int i = 0; i < WORKS; i++) names[i] = works[i].name;
    bench_options options = bench_arguments(argc, argv, names);
    ops o = {.hand = make_buffers()};
    for (int i = 0; i < WORKS; i++)
        if (bench_wanted(&options, works[i].name)) measure(&o, &works[i], &options);
    return 0;
}
