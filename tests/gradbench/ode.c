/* GradBench's ode: y' = x (1, y without its last), from 0 to 2 by the Runge-Kutta method of order 4;
 * the gradient of the last y by x. One step is frozen. */
#include "recurrence.h"

#include <stdlib.h>
#include <string.h>

typedef struct ode {
    gb_recurrence r;
    double *x, *gradient, h;
} ode;

static void *read_input(const json_t *input) {
    ode *o = gb_memory(sizeof *o);
    gb_recurrence *r = &o->r;
    o->x = gb_numbers(input, "x", &r->size);
    r->steps = (size_t)gb_number(input, "s");
    r->shared_size = r->size;
    r->state = r->shared = TAD_SHAPE((int64_t)r->size);
    r->data.rank = -1;
    o->h = 2.0 / (double)r->steps;
    return o;
}

static tad_var slope(tad_tape *t, tad_var x, tad_var y) {
    tad_var before[2] = {tad_full(t, TAD_F64, TAD_SHAPE(1), 1), tad_slice(y, 0, 0, -1, 1)};
    return tad_mul(x, tad_concat(before, 2, 0));
}

static tad_var step(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)n;
    const double h = ((const ode *)user)->h;
    tad_var y = in[0], x = in[1], half = tad_number(h / 2);
    tad_var k1 = slope(t, x, y);
    tad_var k2 = slope(t, x, tad_fma(k1, half, y));
    tad_var k3 = slope(t, x, tad_fma(k2, half, y));
    tad_var k4 = slope(t, x, tad_fma(k3, tad_number(h), y));
    tad_var sum = tad_fma(tad_add(k2, k3), tad_number(2), tad_add(k1, k4));
    return tad_fma(sum, tad_number(h / 6), y);
}

static void prepare(ode *o, bool gradient) {
    o->r.states = gb_memory((o->r.steps + 1) * o->r.size * sizeof(double));
    if (gradient) o->gradient = gb_memory(o->r.size * sizeof(double));
    gb_recurrence_freeze(&o->r, step, o, gradient);
}

static void prepare_value(void *state) { prepare(state, false); }
static void prepare_gradient(void *state) { prepare(state, true); }

static void compute_value(void *state) {
    ode *o = state;
    gb_recurrence_run(&o->r, o->x, NULL);
}

static void compute_gradient(void *state) {
    ode *o = state;
    gb_recurrence_run(&o->r, o->x, NULL);
    memset(o->r.adjoint[0], 0, o->r.size * sizeof(double));
    o->r.adjoint[0][o->r.size - 1] = 1;
    gb_recurrence_back(&o->r, o->x, NULL, o->gradient);
}

static json_t *value(void *state) {
    const gb_recurrence *r = &((const ode *)state)->r;
    return gb_list(r->states + r->steps * r->size, r->size);
}

static json_t *gradient(void *state) {
    const ode *o = state;
    return gb_list(o->gradient, o->r.size);
}

int main(int argc, char **argv) {
    const gb_function all[] = {{"primal", read_input, prepare_value, compute_value, value},
                               {"gradient", read_input, prepare_gradient, compute_gradient, gradient}};
    return gb_main(argc, argv, all, 2);
}
