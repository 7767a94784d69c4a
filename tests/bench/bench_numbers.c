/* What operators of C++ cost: the same loops on numbers, each recorded, reversed and rewound, with
 * the calls of C and with tad::var.
 *
 *   bench_numbers [--quick] [--rounds N] [NAME ...] */
#include "bench.h"

#include <tad/tad.h>

#include "numbers_work.h"

static tad_tape *t;
static tad_var x[NUMBERS_COUNT];
static tad_mark start;

static void open_c(void) {
    t = tad_tape_new(NULL);
    for (int i = 0; i < NUMBERS_COUNT; i++) x[i] = tad_scalar(t, 0.5 + 1e-4 * i);
    start = tad_tape_mark(t);
}

static double gradient(tad_var y) {
    if (tad_reverse(y) != TAD_OK) bench_fail("bench_numbers", tad_message(t));
    const double g = tad_gradient_item(x[0]);
    if (tad_tape_rewind(t, start) != TAD_OK) bench_fail("bench_numbers", tad_message(t));
    return g;
}

static double rosenbrock_c(void) {
    tad_var y = tad_number(0);
    for (int i = 0; i + 1 < NUMBERS_COUNT; i++) {
        tad_var a = tad_sub(x[i + 1], tad_mul(x[i], x[i])), b = tad_sub(tad_number(1), x[i]);
        y = tad_add(y, tad_add(tad_mul(tad_mul(tad_number(100), a), a), tad_mul(b, b)));
    }
    return gradient(y);
}

static double waves_c(void) {
    tad_var y = tad_number(0);
    for (int i = 0; i + 1 < NUMBERS_COUNT; i++)
        y = tad_div(tad_mul(tad_sin(tad_add(y, x[i])), x[i + 1]), tad_number(1.5));
    return gradient(y);
}

/* ---- side by side ---- */

static const char *const names[] = {"rosenbrock", "waves", NULL};
static double (*const in_c[])(void) = {rosenbrock_c, waves_c};
static double (*const in_cpp[])(numbers_work *) = {numbers_rosenbrock_cpp, numbers_waves_cpp};
static const int nodes[] = {9, 4}; /* for each input */

typedef struct work {
    int which;
    numbers_work *cpp;
} work;

static void run_c(void *arg) { (void)in_c[((const work *)arg)->which](); }
static void run_cpp(void *arg) {
    const work *w = arg;
    (void)in_cpp[w->which](w->cpp);
}

int main(int argc, char **argv) {
    bench_options o = bench_arguments(argc, argv, names);
    work w = {0, numbers_open_cpp()};
    open_c();
    for (; names[w.which]; w.which++) {
        if (!bench_wanted(&o, names[w.which])) continue;
        if (in_c[w.which]() != in_cpp[w.which](w.cpp))
            bench_fail(names[w.which], "C and C++ differ");
        char name[40];
        bench_case cases[] = {{.run = run_c, .arg = &w}, {.run = run_cpp, .arg = &w}};
        const double scale = 1e9 / (nodes[w.which] * (NUMBERS_COUNT - 1));
        bench_measure(cases, 2, &o);
        snprintf(name, sizeof name, "%s.c", names[w.which]);
        bench_print(name, &cases[0], scale, "ns/op", &cases[0], "C");
        snprintf(name, sizeof name, "%s.cpp", names[w.which]);
        bench_print(name, &cases[1], scale, "ns/op", &cases[0], "C");
        snprintf(name, sizeof name, "%s.cpp", names[w.which]);
        bench_at_least(name, bench_ratio(&cases[1], &cases[0]), 0.97);
    }
    numbers_close_cpp(w.cpp);
    tad_tape_free(t);
    return 0;
}
