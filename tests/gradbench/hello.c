/* GradBench's hello: x^2 and its derivative, on a tape. */
#include "gradbench.h"

#include <stdlib.h>

typedef struct hello {
    double x, y;
} hello;

static void *read_input(const json_t *input) {
    hello *h = gb_memory(sizeof *h);
    h->x = json_number_value(input);
    return h;
}

static void square(void *state) {
    hello *h = state;
    tad_tape *t = tad_tape_new(NULL);
    h->y = tad_item(tad_square(tad_scalar(t, h->x)));
    tad_tape_free(t);
}

static void twice(void *state) {
    hello *h = state;
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, h->x);
    gb_tape_must(tad_reverse(tad_square(x)), t);
    h->y = tad_gradient_item(x);
    tad_tape_free(t);
}

static json_t *result(void *state) { return json_real(((const hello *)state)->y); }

int main(int argc, char **argv) {
    const gb_function all[] = {{"square", read_input, NULL, square, result},
                               {"double", read_input, NULL, twice, result}};
    return gb_main(argc, argv, all, 2);
}
