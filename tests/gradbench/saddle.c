/* GradBench's saddle: the least, over x, of the greatest, over y, of f(x, y), by a gradient descent
 * in a gradient descent; the outer one is given the derivative of all that the inner one does. The
 * first letter of a function's name is the mode of the outer derivative, the second that of the
 * inner: forward or reverse. A step of the inner descent, with its gradient, is frozen. */
#include "recurrence.h"

#include "descent.h"

/* The state of the inner descent: y; f there; and the gradient at the y before. */
enum { Y, VALUE = 2, SLOPE, SIZE = SLOPE + 2 };

typedef struct saddle {
    gb_recurrence r;
    bool inner_reverse;
    gb_mode outer;
    double start[2], x[2], y[2];
} saddle;

static void *read_input(const json_t *input) {
    saddle *s = gb_memory(sizeof *s);
    double *start = gb_numbers(input, "start", NULL);
    for (int i = 0; i < 2; i++) s->start[i] = start[i];
    s->r.size = SIZE;
    s->r.shared_size = 2;
    s->r.data_size = 1;
    return s;
}

/* ---- a step of the inner descent, of -f ---- */

static tad_var cost(const tad_var *x, const tad_var *y) {
    tad_var of_x = tad_fma(x[0], x[0], tad_square(x[1]));
    return tad_sub(tad_fma(y[0], y[0], tad_square(y[1])), of_x);
}

static void step(const tad_var *state, const tad_var *x, const tad_var *eta, tad_var *next,
                 void *user) {
    const saddle *s = user;
    gb_gradient(cost(x, state), state, 2, s->inner_reverse, next + SLOPE);
    for (int i = 0; i < 2; i++) next[i] = tad_fnma(next[SLOPE + i], *eta, state[i]);
    next[VALUE] = cost(x, next);
}

/* The inner descent from the start; a step of no length first, for the value there. Afterwards the
 * state is that of the last y. */
static void descend(saddle *s, const double *x, gb_mode mode) {
    static const double zero[2];
    gb_recurrence *r = &s->r;
    gb_descent d = gb_descent_new();
    double at[SIZE] = {s->start[0], s->start[1]};
    gb_recurrence_begin(r, at, x, mode);
    *r->data = 0;
    gb_recurrence_try(r);
    gb_recurrence_keep(r);
    for (;;) {
        *r->data = gb_descent_eta(&d);
        gb_recurrence_try(r);
        if (gb_is_close(r->next + SLOPE, zero, 2) || gb_is_close(r->next, r->state, 2)) return;
        const bool success = r->next[VALUE] < r->state[VALUE];
        gb_descent_learn(&d, success);
        if (success) gb_recurrence_keep(r);
    }
}

/* ---- the outer descent ---- */

static double greatest(void *user, const double *x) {
    saddle *s = user;
    descend(s, x, GB_VALUE);
    return -s->r.state[VALUE];
}

static void derivative(void *user, const double *x, double *to) {
    static const double of_value[SIZE] = {[VALUE] = -1};
    saddle *s = user;
    double *tangent = s->r.more;
    if (s->outer == GB_BACK) {
        descend(s, x, GB_VALUE);
        gb_recurrence_back(&s->r, of_value, to);
        return;
    }
    for (int i = 0; i < 2; i++) {
        tangent[SIZE] = i == 0;
        tangent[SIZE + 1] = i == 1;
        descend(s, x, GB_TANGENT);
        to[i] = -tangent[VALUE];
    }
}

/* ---- the four functions ---- */

static void prepare(saddle *s, gb_mode outer, bool inner_reverse) {
    s->outer = outer;
    s->inner_reverse = inner_reverse;
    gb_recurrence_freeze(&s->r, step, s, outer);
}

static void prepare_rr(void *state) { prepare(state, GB_BACK, true); }
static void prepare_rf(void *state) { prepare(state, GB_BACK, false); }
static void prepare_fr(void *state) { prepare(state, GB_TANGENT, true); }
static void prepare_ff(void *state) { prepare(state, GB_TANGENT, false); }

static void compute(void *state) {
    saddle *s = state;
    for (int i = 0; i < 2; i++) s->x[i] = s->start[i];
    gb_argmin(greatest, derivative, s, s->x, 2);
    descend(s, s->x, GB_VALUE);
    for (int i = 0; i < 2; i++) s->y[i] = s->r.state[Y + i];
}

static json_t *result(void *state) {
    const saddle *s = state;
    return json_pack("[f, f, f, f]", s->x[0], s->x[1], s->y[0], s->y[1]);
}

int main(int argc, char **argv) {
    const gb_function all[] = {{"rr", read_input, prepare_rr, compute, result},
                               {"rf", read_input, prepare_rf, compute, result},
                               {"fr", read_input, prepare_fr, compute, result},
                               {"ff", read_input, prepare_ff, compute, result}};
    return gb_main(argc, argv, all, 4);
}
