/* GradBench's lstm: how badly a net of layers with gates, all diagonal, predicts the next character
 * of a text, whose bits are numbers. A step of the text is frozen; its state is what the layers
 * remember, followed by the sum so far. */
#include "recurrence.h"

#include <stdlib.h>
#include <string.h>

typedef struct lstm {
    gb_recurrence r;
    int64_t layers, bits;
    double *params, *state, *sequence, *gradient, loss;
} lstm;

static double *joined(const json_t *input, const char *a, const char *b) {
    size_t n, m;
    double *x = gb_numbers(input, a, &n), *y = gb_numbers(input, b, &m);
    double *both = gb_memory((n + m) * sizeof *both);
    memcpy(both, x, n * sizeof *x);
    memcpy(both + n, y, m * sizeof *y);
    free(x);
    free(y);
    return both;
}

static void *read_input(const json_t *input) {
    lstm *m = gb_memory(sizeof *m);
    gb_recurrence *r = &m->r;
    size_t count;
    const size_t characters = json_array_size(gb_get(input, "sequence"));
    m->params = joined(input, "main_params", "extra_params");
    m->state = gb_numbers(input, "state", &r->size);
    m->sequence = gb_numbers(input, "sequence", &count);
    m->bits = (int64_t)(count / characters);
    m->layers = (int64_t)r->size / (2 * m->bits);
    r->shared_size = (size_t)((8 * m->layers + 3) * m->bits);
    r->size++;
    r->steps = characters - 1;
    r->data_step = (size_t)m->bits;
    r->state = TAD_SHAPE((int64_t)r->size);
    r->shared = TAD_SHAPE((int64_t)r->shared_size);
    r->data = TAD_SHAPE(2, m->bits); /* this character and the next */
    return m;
}

/* Row i of those of `bits` numbers, and n of them. */
static tad_var rows(const lstm *m, tad_var x, int64_t i, int64_t n) {
    return tad_slice(x, 0, i * m->bits, (i + n) * m->bits, 1);
}

/* One layer: weights and biases are of the forget, in and out gates and of the change; those of
 * forget and out see the input, the others what was hidden. */
static tad_var layer(const lstm *m, tad_var params, tad_var input, tad_var *hidden, tad_var *cell) {
    const tad_shape four = TAD_SHAPE(2, 2, m->bits);
    tad_var seen[2] = {input, *hidden};
    tad_var weight = tad_reshape(rows(m, params, 0, 4), four);
    tad_var bias = tad_reshape(rows(m, params, 4, 4), four);
    tad_var gates = tad_fma(weight, tad_stack(seen, 2, 0), bias);
    gates = tad_reshape(gates, TAD_SHAPE(4 * m->bits));
    tad_var open = tad_sigmoid(rows(m, gates, 0, 3)), change = tad_tanh(rows(m, gates, 3, 1));
    *cell = tad_fma(*cell, rows(m, open, 0, 1), tad_mul(rows(m, open, 1, 1), change));
    return *hidden = tad_mul(rows(m, open, 2, 1), tad_tanh(*cell));
}

/* What the prediction gives to the true bits; the 2 is in GradBench's formula. */
static tad_var gain(tad_var predicted, tad_var truth) {
    tad_var sum = tad_add(tad_sum(tad_exp(predicted), tad_all()), tad_number(2));
    return tad_sum(tad_mul(truth, tad_sub(predicted, tad_log(sum))), tad_all());
}

static tad_var step(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n;
    const lstm *m = user;
    tad_var new[65], extra = rows(m, in[1], 8 * m->layers, 3);
    tad_var x = tad_mul(tad_at(in[2], 0), rows(m, extra, 0, 1));
    for (int64_t i = 0; i < m->layers; i++) {
        new[2 * i] = rows(m, in[0], 2 * i, 1);
        new[2 * i + 1] = rows(m, in[0], 2 * i + 1, 1);
        x = layer(m, rows(m, in[1], 8 * i, 8), x, &new[2 * i], &new[2 * i + 1]);
    }
    tad_var predicted = tad_fma(x, rows(m, extra, 1, 1), rows(m, extra, 2, 1));
    tad_var before = tad_slice(in[0], 0, -1, TAD_END, 1);
    new[2 * m->layers] = tad_add(before, gain(predicted, tad_at(in[2], 1)));
    return tad_concat(new, (size_t)(2 * m->layers + 1), 0);
}

static void prepare(lstm *m, bool gradient) {
    gb_recurrence *r = &m->r;
    if (m->layers > 32) gb_fail("more than 32 layers");
    r->states = gb_memory((r->steps + 1) * r->size * sizeof(double));
    memcpy(r->states, m->state, (r->size - 1) * sizeof(double));
    if (gradient) m->gradient = gb_memory(r->shared_size * sizeof(double));
    gb_recurrence_freeze(r, step, m, gradient);
}

static void prepare_value(void *state) { prepare(state, false); }
static void prepare_gradient(void *state) { prepare(state, true); }

/* The sum is divided by this to be the loss. */
static double divisor(const lstm *m) { return -(double)m->r.steps * (double)m->bits; }

static void compute_value(void *state) {
    lstm *m = state;
    m->loss = gb_recurrence_run(&m->r, m->params, m->sequence)[m->r.size - 1] / divisor(m);
}

static void compute_gradient(void *state) {
    lstm *m = state;
    gb_recurrence *r = &m->r;
    compute_value(m);
    memset(r->adjoint[0], 0, r->size * sizeof(double));
    r->adjoint[0][r->size - 1] = 1 / divisor(m);
    gb_recurrence_back(r, m->params, m->sequence, m->gradient);
}

static json_t *value(void *state) { return json_real(((lstm *)state)->loss); }

static json_t *gradient(void *state) {
    const lstm *m = state;
    return gb_list(m->gradient, m->r.shared_size);
}

int main(int argc, char **argv) {
    const gb_function all[] = {
        {"objective", read_input, prepare_value, compute_value, value},
        {"jacobian", read_input, prepare_gradient, compute_gradient, gradient}};
    return gb_main(argc, argv, all, 2);
}
