/* GradBench's llsq: how well a polynomial with coefficients x fits the sign of t at n places of -1
 * .. 1, and its gradient. The places are an input of the program, so that their powers are computed
 * in every run, as other tools do. */
#include "gradbench.h"

#include <stdlib.h>

typedef struct llsq {
    int64_t n, m;
    double *x, *places, *gradient, value;
    tad_workspace *w;
} llsq;

static void *read_input(const json_t *input) {
    llsq *s = gb_memory(sizeof *s);
    size_t m;
    s->x = gb_numbers(input, "x", &m);
    s->m = (int64_t)m;
    s->n = (int64_t)gb_number(input, "n");
    s->places = gb_memory((size_t)s->n * sizeof(double));
    s->gradient = gb_memory(m * sizeof(double));
    return s;
}

/* Horner's scheme, at all places at once; x[j] are numbers. */
static tad_var misfit(const tad_var *x, int64_t m, tad_var places) {
    tad_var sum = x[m - 1];
    for (int64_t j = m - 2; j >= 0; j--) sum = tad_fma(sum, places, x[j]);
    tad_var left = tad_sub(tad_sign(places), sum);
    return tad_mul(tad_sum(tad_square(left), tad_all()), tad_number(0.5));
}

static void prepare(llsq *s, bool gradient) {
    const size_t m = (size_t)s->m;
    tad_tape *t = tad_tape_new(NULL);
    tad_var *in = gb_memory((m + 1) * sizeof *in), *out = gb_memory(m * sizeof *out);
    for (size_t j = 0; j < m; j++) in[j] = tad_scalar(t, s->x[j]);
    in[m] = tad_constant(t, TAD_F64, TAD_SHAPE(s->n), NULL);
    out[0] = misfit(in, s->m, in[m]);
    if (gradient) gb_tape_must(tad_grad(out, NULL, 1, in, m, out), t);
    s->w = gb_freeze_recorded(t, in, m + 1, out, gradient ? m : 1, NULL);
    gb_run_must(tad_bind_numbers_in(s->w, 0, m, s->x), s->w);
    gb_bind_in(s->w, m, TAD_SHAPE(s->n), s->places);
    double *to = gradient ? s->gradient : &s->value;
    gb_run_must(tad_bind_numbers_out(s->w, 0, gradient ? m : 1, to), s->w);
    free(in);
    free(out);
}

static void prepare_value(void *state) { prepare(state, false); }
static void prepare_gradient(void *state) { prepare(state, true); }

static void compute(void *state) {
    llsq *s = state;
    for (int64_t i = 0; i < s->n; i++) s->places[i] = -1 + (double)i * 2 / (double)(s->n - 1);
    gb_run(s->w);
}

static json_t *value(void *state) { return json_real(((llsq *)state)->value); }

static json_t *gradient(void *state) {
    const llsq *s = state;
    return gb_list(s->gradient, (size_t)s->m);
}

int main(int argc, char **argv) {
    const gb_function all[] = {{"primal", read_input, prepare_value, compute, value},
                               {"gradient", read_input, prepare_gradient, compute, gradient}};
    return gb_main(argc, argv, all, 2);
}
