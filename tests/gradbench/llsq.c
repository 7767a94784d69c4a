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

/* Row j is t to the power j, for m of them: as many again with every step. */
static tad_var powers(tad_tape *t, tad_var places, int64_t m) {
    tad_var rows = tad_full(t, TAD_F64, TAD_SHAPE(1, tad_size_of(places)), 1), next = places;
    for (int64_t have = 1; have < m; have *= 2) {
        const int64_t more = have < m - have ? have : m - have;
        tad_var both[2] = {rows, tad_mul(tad_slice(rows, 0, 0, more, 1), next)};
        rows = tad_concat(both, 2, 0);
        next = tad_square(next);
    }
    return rows;
}

/* Horner's scheme, at all places at once. */
static tad_var horner(const tad_var *x, int64_t m, tad_var places) {
    tad_var sum = x[m - 1];
    for (int64_t j = m - 2; j >= 0; j--) sum = tad_fma(sum, places, x[j]);
    return sum;
}

static tad_var half_square(tad_var places, tad_var fitted) {
    tad_var left = tad_sub(tad_sign(places), fitted);
    return tad_mul(tad_sum(tad_square(left), tad_all()), tad_number(0.5));
}

/* Binds all but the results; the places are the last of n inputs. */
static void freeze(llsq *s, tad_tape *t, const tad_var *in, size_t n, tad_var *y, bool gradient) {
    if (gradient) gb_tape_must(tad_grad(y, NULL, 1, in, n - 1, y), t);
    s->w = gb_freeze_recorded(t, in, n, y, gradient ? n - 1 : 1, NULL);
    gb_bind_in(s->w, n - 1, TAD_SHAPE(s->n), s->places);
    if (!gradient) gb_bind_out(s->w, 0, TAD_0D, &s->value);
}

/* Where places are few: one product of the coefficients and the matrix of powers. */
static void prepare_few(llsq *s, bool gradient) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var in[2] = {tad_input(t, TAD_F64, TAD_SHAPE(s->m), s->x),
                     tad_constant(t, TAD_F64, TAD_SHAPE(s->n), NULL)};
    tad_var y = half_square(in[1], tad_matmul(in[0], powers(t, in[1], s->m)));
    freeze(s, t, in, 2, &y, gradient);
    gb_bind_in(s->w, 0, TAD_SHAPE(s->m), s->x);
    if (gradient) gb_bind_out(s->w, 0, TAD_SHAPE(s->m), s->gradient);
}

/* Where they are so many that this matrix would not fit into a cache: coefficients are numbers. */
static void prepare_many(llsq *s, bool gradient) {
    const size_t m = (size_t)s->m;
    tad_tape *t = tad_tape_new(NULL);
    tad_var *in = gb_memory((m + 1) * sizeof *in), *out = gb_memory(m * sizeof *out);
    for (size_t j = 0; j < m; j++) in[j] = tad_scalar(t, s->x[j]);
    in[m] = tad_constant(t, TAD_F64, TAD_SHAPE(s->n), NULL);
    out[0] = half_square(in[m], horner(in, s->m, in[m]));
    freeze(s, t, in, m + 1, out, gradient);
    gb_run_must(tad_bind_numbers_in(s->w, 0, m, s->x), s->w);
    if (gradient) gb_run_must(tad_bind_numbers_out(s->w, 0, m, s->gradient), s->w);
    free(in);
    free(out);
}

static void prepare(llsq *s, bool gradient) {
    if (s->n < 512)
        prepare_few(s, gradient);
    else
        prepare_many(s, gradient);
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
