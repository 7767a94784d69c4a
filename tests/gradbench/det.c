/* GradBench's det: the determinant by expansion into minors, as scalar code that calls itself, and
 * its gradient. */
#include "gradbench.h"

#include <stdlib.h>

typedef struct det {
    size_t n;
    double *a, *gradient, value;
    tad_tape *t;
    tad_var *in;
    tad_mark start;
    tad_workspace *w;
} det;

static void *read_input(const json_t *input) {
    det *d = gb_memory(sizeof *d);
    d->a = gb_numbers(input, "A", NULL);
    d->n = (size_t)gb_number(input, "ell");
    d->gradient = gb_memory(d->n * d->n * sizeof(double));
    d->in = gb_memory(d->n * d->n * sizeof *d->in);
    return d;
}

/* Of the rows from `row` on and the columns that are left, which `next` links, from next[n] on. */
static tad_var minor(const det *d, size_t row, size_t *next) {
    const size_t n = d->n;
    const tad_var *a = d->in + row * n;
    if (row + 1 == n) return a[next[n]];
    tad_var sum = tad_number(0);
    bool plus = true;
    for (size_t before = n; next[before] < n; before = next[before], plus = !plus) {
        const size_t column = next[before];
        next[before] = next[column];
        tad_var below = minor(d, row + 1, next);
        next[before] = column;
        if (before == n)
            sum = tad_mul(a[column], below);
        else
            sum = plus ? tad_fma(a[column], below, sum) : tad_fnma(a[column], below, sum);
    }
    return sum;
}

static tad_var determinant(const det *d) {
    size_t *next = gb_memory((d->n + 1) * sizeof *next);
    for (size_t i = 0; i < d->n; i++) next[i] = i + 1;
    next[d->n] = 0;
    tad_var y = minor(d, 0, next);
    free(next);
    return y;
}

/* ---- recorded in every run ---- */

static void prepare_tape(void *state) {
    det *d = state;
    d->t = tad_tape_new(NULL);
    d->start = tad_tape_mark(d->t);
}

static tad_var record(det *d) {
    gb_tape_must(tad_tape_rewind(d->t, d->start), d->t);
    for (size_t i = 0; i < d->n * d->n; i++) d->in[i] = tad_scalar(d->t, d->a[i]);
    return determinant(d);
}

static void compute_value(void *state) {
    det *d = state;
    d->value = tad_item(record(d));
}

static void compute_gradient(void *state) {
    det *d = state;
    gb_tape_must(tad_reverse(record(d)), d->t);
    for (size_t i = 0; i < d->n * d->n; i++) d->gradient[i] = tad_gradient_item(d->in[i]);
}

/* ---- frozen once ---- */

static void freeze(det *d, bool gradient) {
    const size_t n = d->n * d->n;
    d->t = tad_tape_new(NULL);
    d->start = tad_tape_mark(d->t);
    tad_var y = record(d), *out = gb_memory(n * sizeof *out);
    if (gradient) gb_tape_must(tad_grad(&y, NULL, 1, d->in, n, out), d->t);
    d->w = gb_freeze_recorded(d->t, d->in, n, gradient ? out : &y, gradient ? n : 1, NULL);
    gb_run_must(tad_bind_numbers_in(d->w, 0, n, d->a), d->w);
    double *to = gradient ? d->gradient : &d->value;
    gb_run_must(tad_bind_numbers_out(d->w, 0, gradient ? n : 1, to), d->w);
    free(out);
}

static void prepare_value(void *state) { freeze(state, false); }
static void prepare_gradient(void *state) { freeze(state, true); }
static void compute(void *state) { gb_run(((det *)state)->w); }

/* ---- results ---- */

static json_t *value(void *state) { return json_real(((det *)state)->value); }

static json_t *gradient(void *state) {
    const det *d = state;
    return gb_list(d->gradient, d->n * d->n);
}

int main(int argc, char **argv) {
    const gb_function all[] = {
        {"primal_program", read_input, prepare_value, compute, value},
        {"gradient_program", read_input, prepare_gradient, compute, gradient},
        {"primal", read_input, prepare_tape, compute_value, value},
        {"gradient", read_input, prepare_tape, compute_gradient, gradient}};
    return gb_main(argc, argv, all, 4);
}
