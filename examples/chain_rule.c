/* The chain rule with numbers.
 *
 * Small graphs are computed, reversed, and explained: for every node its value, its gradient, and
 * what it passes on to each of its inputs,
 *
 *     upstream * local derivative = downstream.
 *
 * Usage: chain_rule         explains every graph as text
 *        chain_rule --dot   draws the graph of ((x * 2) + 3) * 5: chain_rule --dot | dot -Tsvg >
 * y.svg */
#include <string.h>

#include "show.h"

/* A product swaps its inputs: dz/dx = y, dz/dy = x. */
static tad_var product(tad_tape *t) {
    tad_var x = tad_name(tad_scalar(t, 2), "x"), y = tad_name(tad_scalar(t, 3), "y");
    return tad_name(tad_mul(x, y), "z");
}

/* The outer derivative times the inner one: dy/dx = 2 (x + 1) 1. */
static tad_var square_of_sum(tad_tape *t) {
    tad_var x = tad_name(tad_scalar(t, 3), "x");
    tad_var u = tad_name(tad_add(x, tad_number(1)), "u");
    return tad_name(tad_square(u), "y");
}

/* A sum hands its gradient to both inputs unchanged: dL/dx = dL/dy = 2 (x + y). */
static tad_var square_of_two(tad_tape *t) {
    tad_var x = tad_name(tad_scalar(t, 1), "x"), y = tad_name(tad_scalar(t, 2), "y");
    tad_var z = tad_name(tad_add(x, y), "z");
    return tad_name(tad_square(z), "L");
}

/* Gradients run against the arrows and are multiplied on the way: 5, 5 * 1, 5 * 1 * 2. */
static tad_var chain(tad_tape *t) {
    tad_var x = tad_name(tad_scalar(t, 1), "x");
    tad_var a = tad_name(tad_mul(x, tad_number(2)), "a");
    tad_var b = tad_name(tad_add(a, tad_number(3)), "b");
    return tad_name(tad_mul(b, tad_number(5)), "y");
}

/* The derivative comes from the output, y (1 - y): at most 1/4, and that at 0. */
static tad_var sigmoid(tad_tape *t) {
    tad_var x = tad_name(tad_scalar(t, 0), "x");
    return tad_name(tad_sigmoid(x), "y");
}

/* A variable used twice collects what arrives over both edges: 3 + 2 x. */
static tad_var reused(tad_tape *t) {
    tad_var x = tad_name(tad_scalar(t, 4), "x");
    tad_var a = tad_name(tad_mul(x, tad_number(3)), "a"), b = tad_name(tad_mul(x, x), "b");
    return tad_name(tad_add(a, b), "y");
}

typedef struct demo {
    const char *title;
    tad_var (*build)(tad_tape *t);
    double upstream; /* the gradient that arrives at the end */
} demo;

static const demo demos[] = {
    {"z = x y", product, 1},
    {"z = x y, where 1.5 arrives from above", product, 1.5},
    {"y = (x + 1)^2", square_of_sum, 1},
    {"L = (x + y)^2", square_of_two, 1},
    {"x -> [* 2] -> a -> [+ 3] -> b -> [* 5] -> y", chain, 1},
    {"y = sigmoid(x)", sigmoid, 1},
    {"y = 3 x + x x", reused, 1},
};

static tad_status explain(tad_tape *t, const demo *d, tad_explain_format format) {
    tad_tape_reset(t);
    tad_var y = d->build(t);
    tad_var upstream = tad_full(t, TAD_F64, TAD_0D, d->upstream);
    tad_status s = tad_reverse_from(&y, &upstream, 1);
    return s == TAD_OK ? tad_explain(y, format, tad_file_sink, stdout) : s;
}

static const char usage[] = "chain_rule [--dot]\n"
                            "  every graph as text, or with --dot one as a picture for Graphviz";

int main(int argc, char **argv) {
    bool as_picture = false;
    const option options[] = {{"--dot", .flag = &as_picture}};
    if (!read_options(argc, argv, usage, options, 1)) return EXIT_FAILURE;
    tad_tape *t = tad_tape_new(NULL);
    tad_status s = TAD_OK;
    if (as_picture) {
        s = explain(t, &demos[4], TAD_EXPLAIN_DOT);
    } else {
        for (size_t i = 0; i < sizeof demos / sizeof *demos && s == TAD_OK; i++) {
            printf("%s%s\n", i ? "\n" : "", demos[i].title);
            s = explain(t, &demos[i], TAD_EXPLAIN_TEXT);
        }
    }
    return finish(t, s);
}
