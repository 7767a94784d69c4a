/* GradBench's lse: the logarithm of a sum of exponentials, and its gradient: one op. */
#include "gradbench.h"

#include <stdlib.h>

typedef struct lse {
    size_t n;
    double *x, *gradient, value;
    tad_workspace *w;
} lse;

static void *read_input(const json_t *input) {
    lse *s = gb_memory(sizeof *s);
    s->x = gb_numbers(input, "x", &s->n);
    s->gradient = gb_memory(s->n * sizeof(double));
    return s;
}

static tad_var of_all(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_logsumexp(in[0], tad_all());
}

static void prepare_value(void *state) {
    lse *s = state;
    const tad_shape shape = TAD_SHAPE((int64_t)s->n);
    s->w = gb_freeze(of_all, NULL, &shape, 1, TAD_GIVE_VALUE);
    gb_bind_in(s->w, 0, shape, s->x);
    gb_bind_out(s->w, 0, TAD_0D, &s->value);
}

static void prepare_gradient(void *state) {
    lse *s = state;
    const tad_shape shape = TAD_SHAPE((int64_t)s->n);
    s->w = gb_freeze(of_all, NULL, &shape, 1, TAD_GIVE_GRADIENT);
    gb_bind_in(s->w, 0, shape, s->x);
    gb_bind_out(s->w, 0, shape, s->gradient);
}

static void compute(void *state) { gb_run(((lse *)state)->w); }

static json_t *value(void *state) { return json_real(((lse *)state)->value); }

static json_t *gradient(void *state) {
    const lse *s = state;
    return gb_list(s->gradient, s->n);
}

int main(int argc, char **argv) {
    const gb_function all[] = {{"primal", read_input, prepare_value, compute, value},
                               {"gradient", read_input, prepare_gradient, compute, gradient}};
    return gb_main(argc, argv, all, 2);
}
