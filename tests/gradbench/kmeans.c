/* GradBench's kmeans: the sum of squared distances of points to their nearest centroids, and the
 * step of Newton's method, the gradient by the diagonal of the Hessian. Which centroid is nearest
 * has no derivative, so the distances to the others are computed without recording; as coordinates
 * do not mix in second derivatives, the Hessian times ones is its diagonal. */
#include "gradbench.h"

#include <stdlib.h>

typedef struct kmeans {
    int64_t n, k, d;
    double *points, *centroids, *ones, *gradient, *diagonal, *step, cost;
    tad_workspace *w;
} kmeans;

static int64_t rows_of(const json_t *input, const char *key) {
    return (int64_t)json_array_size(gb_get(input, key));
}

static void *read_input(const json_t *input) {
    kmeans *m = gb_memory(sizeof *m);
    size_t count;
    m->points = gb_numbers(input, "points", NULL);
    m->centroids = gb_numbers(input, "centroids", &count);
    m->n = rows_of(input, "points");
    m->k = rows_of(input, "centroids");
    m->d = (int64_t)count / m->k;
    m->ones = gb_memory(count * sizeof(double));
    m->gradient = gb_memory(count * sizeof(double));
    m->diagonal = gb_memory(count * sizeof(double));
    m->step = gb_memory(count * sizeof(double));
    for (size_t i = 0; i < count; i++) m->ones[i] = 1;
    return m;
}

/* The place of the centroid that is nearest to each point: p.c - |c|^2 / 2 is greatest. */
static tad_var nearest(tad_var points, tad_var centroids) {
    tad_var c = tad_detach(centroids);
    tad_var half = tad_mul(tad_sum(tad_square(c), tad_axis(1)), tad_number(-0.5));
    return tad_argmax(tad_linear(points, c, half), tad_axis(1));
}

/* Differences are taken with points as columns, so that rows are long. */
static tad_var cost(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)n;
    const kmeans *m = user;
    tad_var points = tad_borrow(t, TAD_F64, TAD_SHAPE(m->n, m->d), m->points);
    tad_var place = nearest(points, in[0]);
    tad_var chosen = tad_index_select(tad_transpose(in[0], 0, 1), place, 1);
    return tad_sum(tad_square(tad_sub(tad_transpose(points, 0, 1), chosen)), tad_all());
}

static void prepare_cost(void *state) {
    kmeans *m = state;
    m->w = gb_freeze(cost, m, &TAD_SHAPE(m->k, m->d), 1, TAD_GIVE_VALUE);
    gb_bind_in(m->w, 0, TAD_SHAPE(m->k, m->d), m->centroids);
    gb_bind_out(m->w, 0, TAD_0D, &m->cost);
}

static void prepare_step(void *state) {
    kmeans *m = state;
    const tad_shape shape = TAD_SHAPE(m->k, m->d);
    m->w = gb_freeze(cost, m, &shape, 1, TAD_GIVE_GRADIENT | TAD_GIVE_HVP);
    gb_bind_in(m->w, 0, shape, m->centroids);
    gb_bind_in(m->w, 1, shape, m->ones);
    gb_bind_out(m->w, 0, shape, m->gradient);
    gb_bind_out(m->w, 1, shape, m->diagonal);
}

static void compute_cost(void *state) { gb_run(((kmeans *)state)->w); }

static void compute_step(void *state) {
    kmeans *m = state;
    gb_run(m->w);
    for (int64_t i = 0; i < m->k * m->d; i++) m->step[i] = m->gradient[i] / m->diagonal[i];
}

static json_t *value(void *state) { return json_real(((kmeans *)state)->cost); }

static json_t *step(void *state) {
    kmeans *m = state;
    return gb_rows(m->step, (size_t)m->k, (size_t)m->d);
}

int main(int argc, char **argv) {
    const gb_function all[] = {{"cost", read_input, prepare_cost, compute_cost, value},
                               {"dir", read_input, prepare_step, compute_step, step}};
    return gb_main(argc, argv, all, 2);
}
