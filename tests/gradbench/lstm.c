/* GradBench's lstm: how badly a net of layers with gates, all diagonal, predicts the next character
 * of a text, whose bits are numbers. A step of the text is frozen; its state is what the layers
 * remember, followed by the sum so far. */
#include "recurrence.h"

#include <stdlib.h>
#include <string.h>

typedef struct lstm {
    gb_recurrence r;
    size_t layers, bits, steps;
    double *params, *state, *sequence, *gradient, *cotangent, loss;
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
    double *state = gb_numbers(input, "state", &r->size);
    m->state = gb_memory((r->size + 1) * sizeof(double));
    memcpy(m->state, state, r->size * sizeof(double));
    free(state);
    m->sequence = gb_numbers(input, "sequence", &count);
    m->bits = count / characters;
    m->layers = r->size / (2 * m->bits);
    r->shared_size = (8 * m->layers + 3) * m->bits;
    r->size++;
    m->steps = characters - 1;
    r->data_size = 2 * m->bits; /* this character and the next */
    return m;
}

static tad_var gate(const lstm *m, const tad_var *params, size_t which, size_t i, tad_var x) {
    const tad_var *weight = params + which * m->bits, *bias = weight + 4 * m->bits;
    return tad_fma(x, weight[i], bias[i]);
}

/* Weights and biases are of the forget, in and out gates and of the change. hidden and cell are
 * what the layer remembers, to_* what it will. */
static void layer(const lstm *m, const tad_var *params, const tad_var *input, const tad_var *hidden,
                  const tad_var *cell, tad_var *to_hidden, tad_var *to_cell) {
    enum { FORGET, IN, OUT, CHANGE };
    for (size_t i = 0; i < m->bits; i++) {
        tad_var forget = tad_sigmoid(gate(m, params, FORGET, i, input[i]));
        tad_var in = tad_sigmoid(gate(m, params, IN, i, hidden[i]));
        tad_var out = tad_sigmoid(gate(m, params, OUT, i, input[i]));
        tad_var change = tad_tanh(gate(m, params, CHANGE, i, hidden[i]));
        to_cell[i] = tad_fma(cell[i], forget, tad_mul(in, change));
        to_hidden[i] = tad_mul(out, tad_tanh(to_cell[i]));
    }
}

/* What the prediction gives to the true bits; the 2 is in GradBench's formula. */
static tad_var gain(const lstm *m, const tad_var *predicted, const tad_var *truth) {
    tad_var sum = tad_number(2), gained = tad_number(0);
    for (size_t i = 0; i < m->bits; i++) sum = tad_add(sum, tad_exp(predicted[i]));
    tad_var logarithm = tad_log(sum);
    for (size_t i = 0; i < m->bits; i++)
        gained = tad_fma(truth[i], tad_sub(predicted[i], logarithm), gained);
    return gained;
}

static void step(const tad_var *state, const tad_var *params, const tad_var *data, tad_var *next,
                 void *user) {
    const lstm *m = user;
    const size_t b = m->bits, sum = 2 * b * m->layers;
    const tad_var *extra = params + 8 * b * m->layers, *x;
    tad_var *first = gb_memory(b * sizeof *first);
    for (size_t i = 0; i < b; i++) first[i] = tad_mul(data[i], extra[i]);
    x = first;
    for (size_t at = 0; at < sum; x = next + at, at += 2 * b)
        layer(m, params + 4 * at, x, state + at, state + at + b, next + at, next + at + b);
    for (size_t i = 0; i < b; i++) first[i] = tad_fma(x[i], extra[b + i], extra[2 * b + i]);
    next[sum] = tad_add(state[sum], gain(m, first, data + b));
    free(first);
}

static void prepare_value(void *state) {
    lstm *m = state;
    gb_recurrence_freeze(&m->r, step, m, GB_VALUE);
}

static void prepare_gradient(void *state) {
    lstm *m = state;
    gb_recurrence_freeze(&m->r, step, m, GB_BACK);
    m->gradient = gb_memory(m->r.shared_size * sizeof(double));
    m->cotangent = gb_memory(m->r.size * sizeof(double));
}

/* The sum is divided by this to be the loss. */
static double divisor(const lstm *m) { return -(double)m->steps * (double)m->bits; }

static void compute_value(void *state) {
    lstm *m = state;
    gb_recurrence *r = &m->r;
    gb_recurrence_begin(r, m->state, m->params, GB_VALUE);
    for (size_t i = 0; i < m->steps; i++) {
        memcpy(r->data, m->sequence + i * m->bits, r->data_size * sizeof(double));
        gb_recurrence_try(r);
        gb_recurrence_keep(r);
    }
    m->loss = r->state[r->size - 1] / divisor(m);
}

static void compute_gradient(void *state) {
    lstm *m = state;
    compute_value(m);
    m->cotangent[m->r.size - 1] = 1 / divisor(m);
    gb_recurrence_back(&m->r, m->cotangent, m->gradient);
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
