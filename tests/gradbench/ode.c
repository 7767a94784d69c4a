/* GradBench's ode: y' = x (1, y without its last), from 0 to 2 by the Runge-Kutta method of order
 * 4; the gradient of the last y by x. One step is frozen. */
#include "recurrence.h"

#include <stdlib.h>

typedef struct ode {
    gb_recurrence r;
    size_t steps;
    double *x, *start, *gradient, *cotangent;
} ode;

static void *read_input(const json_t *input) {
    ode *o = gb_memory(sizeof *o);
    o->x = gb_numbers(input, "x", &o->r.size);
    o->steps = (size_t)gb_number(input, "s");
    o->r.shared_size = o->r.size;
    o->start = gb_memory(o->r.size * sizeof(double));
    return o;
}

/* to = y + factor * slope, and the slope of that. */
static void slope_at(size_t n, const tad_var *x, const tad_var *y, const tad_var *slope,
                     double factor, tad_var *to) {
    to[0] = x[0];
    for (size_t i = 1; i < n; i++) {
        tad_var before = y[i - 1];
        if (slope) before = tad_fma(slope[i - 1], tad_number(factor), before);
        to[i] = tad_mul(x[i], before);
    }
}

static void step(const tad_var *y, const tad_var *x, const tad_var *data, tad_var *next,
                 void *user) {
    (void)data;
    const ode *o = user;
    const size_t n = o->r.size;
    const double h = 2.0 / (double)o->steps;
    tad_var *k = gb_memory(4 * n * sizeof *k);
    for (int stage = 0; stage < 4; stage++)
        slope_at(n, x, y, stage ? k + (size_t)(stage - 1) * n : NULL, stage == 3 ? h : h / 2,
                 k + (size_t)stage * n);
    for (size_t i = 0; i < n; i++) {
        tad_var inner = tad_add(k[n + i], k[2 * n + i]), outer = tad_add(k[i], k[3 * n + i]);
        next[i] = tad_fma(tad_fma(inner, tad_number(2), outer), tad_number(h / 6), y[i]);
    }
    free(k);
}

static void prepare_value(void *state) {
    ode *o = state;
    gb_recurrence_freeze(&o->r, step, o, GB_VALUE);
}

static void prepare_gradient(void *state) {
    ode *o = state;
    gb_recurrence_freeze(&o->r, step, o, GB_BACK);
    o->gradient = gb_memory(o->r.size * sizeof(double));
    o->cotangent = gb_memory(o->r.size * sizeof(double));
    o->cotangent[o->r.size - 1] = 1;
}

static void compute_value(void *state) {
    ode *o = state;
    gb_recurrence_begin(&o->r, o->start, o->x, GB_VALUE);
    for (size_t i = 0; i < o->steps; i++) {
        gb_recurrence_try(&o->r);
        gb_recurrence_keep(&o->r);
    }
}

static void compute_gradient(void *state) {
    ode *o = state;
    compute_value(o);
    gb_recurrence_back(&o->r, o->cotangent, o->gradient);
}

static json_t *value(void *state) {
    const gb_recurrence *r = &((const ode *)state)->r;
    return gb_list(r->state, r->size);
}

static json_t *gradient(void *state) {
    const ode *o = state;
    return gb_list(o->gradient, o->r.size);
}

int main(int argc, char **argv) {
    const gb_function all[] = {
        {"primal", read_input, prepare_value, compute_value, value},
        {"gradient", read_input, prepare_gradient, compute_gradient, gradient}};
    return gb_main(argc, argv, all, 2);
}
