/* GradBench's gmm: the logarithm of the posterior density of a mixture of Gaussians. A
 * component's density at all points is a function of arrays, mapped over the components. */
#define _XOPEN_SOURCE 700 /* lgamma */
#include "gradbench.h"

#include <math.h>
#include <stdlib.h>

enum { ALPHA, MU, Q, L, INPUTS };

typedef struct gmm {
    int64_t d, k, n, m, below; /* `below`: entries below the diagonal */
    double gamma;
    double *x, *in[INPUTS], *gradient[INPUTS], value;
    double *place; /* of every entry of a factor in a row of exp(q), l, 0 */
    tad_shape shape[INPUTS];
    tad_mapping *map;
    tad_workspace *w;
} gmm;

/* Entries below the diagonal are listed column by column. */
static double *places(int64_t d) {
    double *place = gb_memory((size_t)(d * d) * sizeof *place);
    int64_t next = d;
    for (int64_t i = 0; i < d * d; i++) place[i] = (double)(d + d * (d - 1) / 2);
    for (int64_t j = 0; j < d; j++) {
        place[j * d + j] = (double)j;
        for (int64_t i = j + 1; i < d; i++) place[i * d + j] = (double)next++;
    }
    return place;
}

static void *read_input(const json_t *input) {
    static const char *const names[INPUTS] = {"alpha", "mu", "q", "l"};
    gmm *g = gb_memory(sizeof *g);
    g->d = (int64_t)gb_number(input, "d");
    g->k = (int64_t)gb_number(input, "k");
    g->n = (int64_t)gb_number(input, "n");
    g->m = (int64_t)gb_number(input, "m");
    g->gamma = gb_number(input, "gamma");
    g->below = g->d * (g->d - 1) / 2;
    g->x = gb_numbers(input, "x", NULL);
    g->place = places(g->d);
    for (int i = 0; i < INPUTS; i++) {
        size_t count;
        g->in[i] = gb_numbers(input, names[i], &count);
        g->gradient[i] = gb_memory(count * sizeof(double));
    }
    g->shape[ALPHA] = TAD_SHAPE(g->k);
    g->shape[MU] = g->shape[Q] = TAD_SHAPE(g->k, g->d);
    g->shape[L] = TAD_SHAPE(g->k, g->below);
    return g;
}

/* Of one component, from its alpha (), mu, q (d), l and the points: the logarithm of its density at
 * every point, up to a constant, (n). */
static tad_var component(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)n;
    const gmm *g = user;
    tad_var row[3] = {tad_exp(in[Q]), in[L], tad_constant(t, TAD_F64, TAD_SHAPE(1), NULL)};
    tad_var place = tad_constant_from(t, TAD_I64, TAD_SHAPE(g->d, g->d), g->place);
    tad_var entries = tad_reshape(tad_concat(row, 3, 0), TAD_SHAPE(-1, 1));
    tad_var factor = tad_squeeze(tad_embedding(place, entries), tad_axis(2));
    tad_var moved = tad_linear(in[INPUTS], factor, tad_neg(tad_mv(factor, in[MU])));
    tad_var far = tad_sum(tad_square(moved), tad_axis(1));
    return tad_fnma(far, tad_number(0.5), tad_add(in[ALPHA], tad_sum(in[Q], tad_all())));
}

/* The Wishart prior's part that depends on no variable. */
static double prior_constant(const gmm *g) {
    const double n = (double)(g->d + g->m + 1), d = (double)g->d;
    double gammas = 0.25 * d * (d - 1) * log(3.14159265358979323846);
    for (int64_t j = 0; j < g->d; j++) gammas += lgamma(0.5 * n - 0.5 * (double)j);
    return (double)g->k * (n * d * (log(g->gamma) - 0.5 * log(2)) - gammas);
}

static tad_var prior(const gmm *g, tad_var q, tad_var l) {
    tad_var squares =
        tad_add(tad_sum(tad_square(tad_exp(q)), tad_all()), tad_sum(tad_square(l), tad_all()));
    tad_var out = tad_sub(tad_mul(squares, tad_number(0.5 * g->gamma * g->gamma)),
                          tad_mul(tad_sum(q, tad_all()), tad_number((double)g->m)));
    return tad_sub(tad_number(prior_constant(g)), out);
}

static tad_var posterior(tad_tape *t, const tad_var *in, size_t n_in, void *user) {
    (void)n_in;
    const gmm *g = user;
    tad_var x = tad_borrow(t, TAD_F64, TAD_SHAPE(g->n, g->d), g->x);
    tad_var terms = tad_map(g->map, in, INPUTS, &x, 1);
    tad_var likely = tad_sum(tad_logsumexp(terms, tad_axis(0)), tad_all());
    tad_var weights = tad_mul(tad_logsumexp(in[ALPHA], tad_all()), tad_number((double)g->n));
    const double constant = -(double)(g->n * g->d) * 0.5 * log(2 * 3.14159265358979323846);
    tad_var value = tad_add(tad_sub(likely, weights), tad_number(constant));
    return tad_add(value, prior(g, in[Q], in[L]));
}

static void prepare_objective(void *state) {
    gmm *g = state;
    g->map = tad_mapping_new(component, g, NULL);
    g->w = gb_freeze(posterior, g, g->shape, INPUTS, TAD_GIVE_VALUE);
    for (size_t i = 0; i < INPUTS; i++) gb_bind_in(g->w, i, g->shape[i], g->in[i]);
    gb_bind_out(g->w, 0, TAD_0D, &g->value);
}

static void prepare_gradient(void *state) {
    gmm *g = state;
    g->map = tad_mapping_new(component, g, NULL);
    g->w = gb_freeze(posterior, g, g->shape, INPUTS, TAD_GIVE_GRADIENT);
    for (size_t i = 0; i < INPUTS; i++) {
        gb_bind_in(g->w, i, g->shape[i], g->in[i]);
        gb_bind_out(g->w, i, g->shape[i], g->gradient[i]);
    }
}

static void compute(void *state) { gb_run(((gmm *)state)->w); }

static json_t *value(void *state) { return json_real(((gmm *)state)->value); }

static json_t *gradient(void *state) {
    gmm *g = state;
    const size_t k = (size_t)g->k, d = (size_t)g->d;
    return json_pack("{s:o, s:o, s:o, s:o}", "alpha", gb_list(g->gradient[ALPHA], k), "mu",
                     gb_rows(g->gradient[MU], k, d), "q", gb_rows(g->gradient[Q], k, d), "l",
                     gb_rows(g->gradient[L], k, (size_t)g->below));
}

int main(int argc, char **argv) {
    const gb_function all[] = {{"objective", read_input, prepare_objective, compute, value},
                               {"jacobian", read_input, prepare_gradient, compute, gradient}};
    return gb_main(argc, argv, all, 2);
}
