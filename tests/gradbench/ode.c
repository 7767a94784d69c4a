/* GradBench's ode: y' = x (1, y without its last), from 0 to 2 by the Runge-Kutta method of order
 * 4; the gradient of the last y by x.
 *
 * A step takes a number from itself and the REACH before it. What is frozen is a step of a block of
 * numbers, with the REACH before them, so that all that it computes stays in a cache; and, for the
 * way back, the gradient by a block, of itself and the REACH behind it. Before the first number
 * stands the 1, at an x of 0, which keeps it as it is: so all blocks are alike. */
#include "gradbench.h"

#include <stdlib.h>
#include <string.h>

enum { REACH = 4, STAGES = 4, MOST_OF_BLOCK = 2048 };

typedef struct ode {
    size_t n, steps, block;
    size_t end;        /* of the blocks, n or a little more: numbers of zeroes */
    size_t row;        /* REACH numbers, those of all blocks, REACH numbers */
    size_t next;       /* from the numbers before a step to those after it: a row, or in place */
    double *x, *y;     /* a row; a row for each step and one more, or one */
    double *cotangent; /* a row */
    double *gradient;  /* a row */
    double *in, *out;  /* of the program that runs */
    tad_workspace *program; /* a step of a block */
    tad_workspace *back;    /* gradients by the numbers of a block, then by its x */
} ode;

static size_t pieces_of(size_t n, size_t most) { return (n + most - 1) / most; }

/* Blocks are of one size. The test gives the numbers that a block may have, which are few there. */
static void *read_input(const json_t *input) {
    const json_t *most = json_object_get(input, "block");
    ode *o = gb_memory(sizeof *o);
    double *x = gb_numbers(input, "x", &o->n);
    o->steps = (size_t)gb_number(input, "s");
    const size_t blocks =
        pieces_of(o->n, most ? (size_t)json_integer_value(most) : (size_t)MOST_OF_BLOCK);
    o->block = pieces_of(o->n, blocks);
    o->end = blocks * o->block;
    o->row = o->end + (size_t)2 * REACH;
    o->x = gb_memory(o->row * sizeof(double));
    memcpy(o->x + REACH, x, o->n * sizeof(double));
    free(x);
    return o;
}

/* ---- programs ---- */

/* From number `first` on: x times what stands before, moved along its slope. */
static void slopes(size_t first, size_t n, const tad_var *y, const tad_var *x, const tad_var *slope,
                   double factor, tad_var *to) {
    for (size_t i = first; i < n; i++) {
        tad_var before = y[i - 1];
        if (slope) before = tad_fma(slope[i - 1], tad_number(factor), before);
        to[i] = tad_mul(x[i], before);
    }
}

/* Of n numbers y and x; `next` has those that are left, without the first REACH. */
static void step(size_t n, const tad_var *y, const tad_var *x, double h, tad_var *next) {
    tad_var *k = gb_memory(STAGES * n * sizeof *k);
    for (size_t s = 0; s < STAGES; s++)
        slopes(s + 1, n, y, x, s ? k + (s - 1) * n : NULL, s + 1 == STAGES ? h : h / 2, k + s * n);
    for (size_t i = REACH; i < n; i++) {
        const tad_var inner = tad_add(k[n + i], k[2 * n + i]), outer = tad_add(k[i], k[3 * n + i]);
        next[i - REACH] = tad_fma(tad_fma(inner, tad_number(2), outer), tad_number(h / 6), y[i]);
    }
    free(k);
}

/* Gradients of n results by the numbers of a block and by its x, in the place of the results. */
static void gradients(const ode *o, tad_tape *t, const tad_var *y, const tad_var *x,
                      const tad_var *cotangent, size_t n, tad_var *out) {
    tad_var *by = gb_memory(2 * o->block * sizeof *by);
    memcpy(by, y + REACH, o->block * sizeof *by);
    memcpy(by + o->block, x + REACH, o->block * sizeof *by);
    gb_tape_must(tad_grad(out, cotangent, n, by, 2 * o->block, out), t);
    free(by);
}

/* Inputs are the numbers y and x; on the way back, then the cotangents of n results. */
static tad_workspace *freeze(const ode *o, bool back) {
    const tad_freeze_options options = {.roll_up = true, .allow_constant_outputs = true};
    const size_t n = o->block + (back ? REACH : 0), read = n + REACH;
    const size_t n_in = 2 * read + (back ? n : 0), n_out = back ? 2 * o->block : n;
    tad_tape *t = tad_tape_new(NULL);
    tad_var *in = gb_memory(n_in * sizeof *in), *out = gb_memory((n + n_out) * sizeof *out);
    for (size_t i = 0; i < n_in; i++) in[i] = tad_scalar(t, 0.5 + 0.5 / (double)(i + 1));
    step(read, in, in + read, 2.0 / (double)o->steps, out);
    if (back) gradients(o, t, in, in + read, in + 2 * read, n, out);
    tad_workspace *w = gb_freeze_recorded(t, in, n_in, out, n_out, &options);
    gb_run_must(tad_bind_numbers_in(w, 0, n_in, o->in), w);
    gb_run_must(tad_bind_numbers_out(w, 0, n_out, o->out), w);
    free(in);
    free(out);
    return w;
}

static void prepare(ode *o, size_t rows) {
    o->next = rows > 1 ? o->row : 0;
    o->y = gb_memory(rows * o->row * sizeof(double));
    for (size_t i = 0; i < rows; i++) o->y[i * o->row + REACH - 1] = 1;
    o->in = gb_memory(3 * (o->block + 2 * REACH) * sizeof(double));
    o->out = gb_memory(2 * o->block * sizeof(double));
    o->program = freeze(o, false);
}

static void prepare_value(void *state) { prepare(state, 1); }

static void prepare_gradient(void *state) {
    ode *o = state;
    prepare(o, o->steps + 1);
    o->back = freeze(o, true);
    o->cotangent = gb_memory(o->row * sizeof(double));
    o->gradient = gb_memory(o->row * sizeof(double));
}

/* ---- steps ---- */

static double *put(double *to, const double *from, size_t n) {
    memcpy(to, from, n * sizeof *to);
    return to + n;
}

/* From the last block on: in place, none reads what another has written. */
static void step_all(const ode *o, const double *y, double *next) {
    const size_t read = o->block + REACH;
    for (size_t i = o->end; i > 0; i -= o->block) {
        const size_t at = i - o->block;
        put(put(o->in, y + at, read), o->x + at, read);
        gb_run(o->program);
        put(next + at + REACH, o->out, o->block);
    }
}

static void compute_value(void *state) {
    const ode *o = state;
    memset(o->y + REACH, 0, o->end * sizeof(double));
    for (size_t i = 0; i < o->steps; i++) step_all(o, o->y + i * o->next, o->y + (i + 1) * o->next);
}

/* Over a step, from the cotangents after it to those before it, in place from the first block on.
 */
static void back_all(const ode *o, const double *y) {
    const size_t n = o->block + REACH, read = n + REACH;
    for (size_t at = 0; at < o->end; at += o->block) {
        double *cotangent = o->cotangent + REACH + at, *gradient = o->gradient + REACH + at;
        put(put(put(o->in, y + at, read), o->x + at, read), cotangent, n);
        gb_run(o->back);
        put(cotangent, o->out, o->block);
        for (size_t i = 0; i < o->block; i++) gradient[i] += o->out[o->block + i];
    }
}

static void compute_gradient(void *state) {
    const ode *o = state;
    compute_value(state);
    memset(o->cotangent, 0, o->row * sizeof(double));
    memset(o->gradient, 0, o->row * sizeof(double));
    o->cotangent[REACH + o->n - 1] = 1;
    for (size_t i = o->steps; i-- > 0;) back_all(o, o->y + i * o->row);
}

static json_t *value(void *state) {
    const ode *o = state;
    return gb_list(o->y + o->steps * o->next + REACH, o->n);
}

static json_t *gradient(void *state) {
    const ode *o = state;
    return gb_list(o->gradient + REACH, o->n);
}

int main(int argc, char **argv) {
    const gb_function all[] = {
        {"primal", read_input, prepare_value, compute_value, value},
        {"gradient", read_input, prepare_gradient, compute_gradient, gradient}};
    return gb_main(argc, argv, all, 2);
}
