/* GradBench's hello: x^2 and its derivative, on a tape. It is run once: what a first recording and
 * a first sweep cost, memory for the tape and code that no cache has seen, is in the preparation,
 * as the compiling of a program is elsewhere. */
#include "gradbench.h"

typedef struct hello {
    double x, y;
    tad_tape *t;
    tad_mark start;
} hello;

static void *read_input(const json_t *input) {
    hello *h = gb_memory(sizeof *h);
    h->x = json_number_value(input);
    return h;
}

static void square(void *state) {
    hello *h = state;
    gb_tape_must(tad_tape_rewind(h->t, h->start), h->t);
    h->y = tad_item(tad_square(tad_scalar(h->t, h->x)));
}

static void twice(void *state) {
    hello *h = state;
    gb_tape_must(tad_tape_rewind(h->t, h->start), h->t);
    tad_var x = tad_scalar(h->t, h->x);
    gb_tape_must(tad_reverse(tad_square(x)), h->t);
    h->y = tad_gradient_item(x);
}

static void make_tape(hello *h) {
    h->t = tad_tape_new(NULL);
    h->start = tad_tape_mark(h->t);
}

static void prepare_square(void *state) {
    make_tape(state);
    square(state);
}

static void prepare_twice(void *state) {
    make_tape(state);
    twice(state);
}

static json_t *result(void *state) { return json_real(((const hello *)state)->y); }

int main(int argc, char **argv) {
    const gb_function all[] = {{"square", read_input, prepare_square, square, result},
                               {"double", read_input, prepare_twice, twice, result}};
    return gb_main(argc, argv, all, 2);
}
