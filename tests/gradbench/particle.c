/* GradBench's particle: the place w of a charge such that another one flies through the origin. The
 * force is a derivative of the potential, so what is minimised has a derivative in it; the first
 * letter of a function's name is the mode of the minimiser's derivatives, the second that of the
 * force: forward or reverse. A step of time is frozen, with its force; its derivative runs along
 * the trajectory or back. */
#include "recurrence.h"

#include "descent.h"

#include <math.h>

enum { X, Y, VX, VY, SIZE };

typedef struct particle {
    gb_recurrence r;
    bool force_reverse;
    gb_mode outer;
    double w0, w, fall[SIZE], value, derivative; /* of the landing by the state */
    double tangent[SIZE];
    tad_workspace *landing, *landing_gradient;
} particle;

static void *read_input(const json_t *input) {
    particle *p = gb_memory(sizeof *p);
    p->w0 = gb_number(input, "w");
    p->r.size = SIZE;
    p->r.shared_size = 1;
    return p;
}

/* ---- one step of time ---- */

static tad_var nearness(tad_var x, tad_var y, tad_var charge_y) {
    tad_var dx = tad_sub(x, tad_number(10)), dy = tad_sub(y, charge_y);
    return tad_rsqrt(tad_fma(dx, dx, tad_square(dy)));
}

static void step(const tad_var *state, const tad_var *shared, const tad_var *data, tad_var *next,
                 void *user) {
    (void)data;
    const particle *p = user;
    const tad_var dt = tad_number(0.1);
    tad_var force[2];
    tad_var potential = tad_add(nearness(state[X], state[Y], tad_number(0)),
                                nearness(state[X], state[Y], tad_sub(tad_number(10), shared[0])));
    gb_gradient(potential, state, 2, p->force_reverse, force);
    for (int i = 0; i < 2; i++) {
        next[X + i] = tad_fma(state[VX + i], dt, state[X + i]);
        next[VX + i] = tad_fnma(force[i], dt, state[VX + i]);
    }
}

/* ---- the end: where the line through the last two places meets the x axis, squared ---- */

static tad_var landing(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_square(tad_fnma(tad_div(in[Y], in[VY]), in[VX], in[X]));
}

static void freeze_landing(particle *p) {
    const tad_shape numbers[SIZE] = {TAD_0D, TAD_0D, TAD_0D, TAD_0D};
    const bool forward = p->outer == GB_TANGENT;
    tad_workspace *w = p->landing = gb_freeze(landing, NULL, numbers, SIZE, TAD_GIVE_VALUE);
    gb_run_must(tad_bind_numbers_in(w, 0, SIZE, p->r.state), w);
    gb_bind_out(w, 0, TAD_0D, &p->value);
    w = p->landing_gradient =
        gb_freeze(landing, NULL, numbers, SIZE, forward ? TAD_GIVE_JVP : TAD_GIVE_GRADIENT);
    gb_run_must(tad_bind_numbers_in(w, 0, SIZE, p->r.state), w);
    if (forward) gb_run_must(tad_bind_numbers_in(w, SIZE, SIZE, p->r.more), w);
    gb_run_must(tad_bind_numbers_out(w, 0, forward ? 1 : SIZE, forward ? &p->derivative : p->fall),
                w);
}

/* ---- what is minimised ---- */

/* Up to the last state above the axis. */
static void fly(particle *p, const double *w, gb_mode mode) {
    static const double start[SIZE] = {[Y] = 8, [VX] = 0.75};
    gb_recurrence *r = &p->r;
    gb_recurrence_begin(r, start, w, mode);
    for (gb_recurrence_try(r); r->next[Y] > 0; gb_recurrence_try(r)) gb_recurrence_keep(r);
}

static double value(void *user, const double *w) {
    particle *p = user;
    fly(p, w, GB_VALUE);
    gb_run(p->landing);
    return p->value;
}

static void derivative(void *user, const double *w, double *to) {
    particle *p = user;
    p->r.more[SIZE] = 1; /* the tangent of w */
    fly(p, w, p->outer);
    gb_run(p->landing_gradient);
    if (p->outer == GB_BACK) gb_recurrence_back(&p->r, p->fall, &p->derivative);
    *to = p->derivative;
}

/* ---- the four functions ---- */

static void prepare(particle *p, gb_mode outer, bool force_reverse) {
    p->outer = outer;
    p->force_reverse = force_reverse;
    gb_recurrence_freeze(&p->r, step, p, outer);
    freeze_landing(p);
}

static void prepare_rr(void *state) { prepare(state, GB_BACK, true); }
static void prepare_rf(void *state) { prepare(state, GB_BACK, false); }
static void prepare_fr(void *state) { prepare(state, GB_TANGENT, true); }
static void prepare_ff(void *state) { prepare(state, GB_TANGENT, false); }

static void compute(void *state) {
    particle *p = state;
    p->w = p->w0;
    gb_argmin(value, derivative, p, &p->w, 1);
}

static json_t *result(void *state) { return json_real(((particle *)state)->w); }

int main(int argc, char **argv) {
    const gb_function all[] = {{"rr", read_input, prepare_rr, compute, result},
                               {"rf", read_input, prepare_rf, compute, result},
                               {"fr", read_input, prepare_fr, compute, result},
                               {"ff", read_input, prepare_ff, compute, result}};
    return gb_main(argc, argv, all, 4);
}
