/* The scalar workloads as a user of tad writes them; with SCALAR_FROZEN for programs. */
#include "scalar_tad.h"

#include <string.h>

static tad_var plus(tad_var x, double c) { return tad_add(x, tad_number(c)); }
static tad_var times(tad_var x, double c) { return tad_mul(x, tad_number(c)); }
static tad_var from(double c, tad_var x) { return tad_sub(tad_number(c), x); }

/* ---- sums and chains ---- */

static tad_var rosenbrock(const tad_var *x, size_t n) {
    tad_var y = tad_number(0);
    for (size_t i = 0; i + 1 < n; i++) {
        tad_var a = tad_fnma(x[i], x[i], x[i + 1]), b = from(1, x[i]);
        y = tad_add(y, tad_fma(times(a, 100), a, tad_square(b)));
    }
    return y;
}

static tad_var rosenbrock_1e3(const tad_var *x) {
    return rosenbrock(x, scalar_inputs[WORK_rosenbrock_1e3]);
}

static tad_var rosenbrock_1e5(const tad_var *x) {
    return rosenbrock(x, scalar_inputs[WORK_rosenbrock_1e5]);
}

/* Each turn depends on the one before; the sum keeps every adjoint alive. */
static tad_var chain(const tad_var *in) {
    tad_var x = in[0], y = in[0];
    for (int i = 0; i < CHAIN_TURNS; i++) {
        x = tad_add(times(tad_sin(x), 0.5), x);
        x = plus(tad_mul(x, in[1]), 0.1);
        x = tad_div(x, plus(tad_square(x), 1));
        x = tad_exp(x);
        y = tad_add(y, x);
    }
    return y;
}

/* Two independent leapfrog strands. */
static tad_var cheap(const tad_var *in) {
    tad_var p = in[0], q = in[1], r = in[2], s = in[3], c = in[4];
    for (int i = 0; i < CHEAP_TURNS; i++) {
        p = tad_fma(q, c, p);
        q = tad_fnma(p, c, q);
        r = tad_fma(s, c, r);
        s = tad_fnma(r, c, s);
    }
    return tad_add(tad_add(tad_add(p, q), r), s);
}

static tad_var product(const tad_var *x) {
    tad_var y = x[0];
    for (size_t i = 1; i < scalar_inputs[WORK_product]; i++) y = tad_mul(y, x[i]);
    return y;
}

/* ---- determinant by elimination ---- */

static tad_var lu(const tad_var *x) {
    tad_var a[LU_N][LU_N];
    memcpy(a, x, sizeof a);
    for (int k = 0; k < LU_N; k++)
        for (int i = k + 1; i < LU_N; i++) {
            tad_var l = tad_div(a[i][k], a[k][k]);
            for (int j = k + 1; j < LU_N; j++) a[i][j] = tad_fnma(l, a[k][j], a[i][j]);
        }
    tad_var y = a[0][0];
    for (int k = 1; k < LU_N; k++) y = tad_mul(y, a[k][k]);
    return y;
}

/* ---- Gaussian mixture ---- */

#ifdef SCALAR_FROZEN
/* For every input, not only this one; the result does not depend on it, so it may be detached. */
static tad_var largest_of(const tad_var *v, int n) {
    tad_var m = v[0];
    for (int i = 1; i < n; i++) m = tad_maximum(m, v[i]);
    return tad_detach(m);
}
#else
static tad_var largest_of(const tad_var *v, int n) {
    int largest = 0;
    for (int i = 1; i < n; i++)
        if (tad_item(v[i]) > tad_item(v[largest])) largest = i;
    return v[largest];
}
#endif

static tad_var log_sum_exp(const tad_var *v, int n) {
    tad_var m = largest_of(v, n), sum = tad_exp(tad_sub(v[0], m));
    for (int i = 1; i < n; i++) sum = tad_add(sum, tad_exp(tad_sub(v[i], m)));
    return tad_add(tad_log(sum), m);
}

static tad_var sum_of_squares(const tad_var *v, int n) {
    tad_var s = tad_mul(v[0], v[0]);
    for (int i = 1; i < n; i++) s = tad_fma(v[i], v[i], s);
    return s;
}

/* |Q (x - mean)|^2, Q the factor with diagonal q and lower triangle l, column by column. */
static tad_var distance(const double *x, const tad_var *mean, const tad_var *q, const tad_var *l) {
    tad_var d[MIX_D], y[MIX_D];
    for (int i = 0; i < MIX_D; i++) d[i] = from(x[i], mean[i]);
    for (int i = 0; i < MIX_D; i++) y[i] = tad_mul(q[i], d[i]);
    for (int i = 0; i < MIX_D; i++)
        for (int j = i + 1; j < MIX_D; j++) y[j] = tad_fma(*l++, d[i], y[j]);
    return sum_of_squares(y, MIX_D);
}

/* Wishart prior, gamma 1, m 0, without its constant. */
static tad_var prior(tad_var q[MIX_K][MIX_D], const tad_var *icf) {
    tad_var sum = tad_number(0);
    for (int k = 0; k < MIX_K; k++, icf += MIX_ICF) {
        tad_var s =
            tad_add(sum_of_squares(q[k], MIX_D), sum_of_squares(icf + MIX_D, MIX_ICF - MIX_D));
        sum = tad_add(sum, times(s, 0.5));
    }
    return sum;
}

static tad_var mixture(const tad_var *x) {
    const tad_var *weight = x, *mean = x + MIX_K, *icf = mean + MIX_K * MIX_D;
    tad_var q[MIX_K][MIX_D], log_det[MIX_K], term[MIX_K], sum = tad_number(0);
    for (int k = 0; k < MIX_K; k++) {
        const tad_var *diagonal = icf + k * MIX_ICF;
        log_det[k] = diagonal[0];
        for (int i = 1; i < MIX_D; i++) log_det[k] = tad_add(log_det[k], diagonal[i]);
        for (int i = 0; i < MIX_D; i++) q[k][i] = tad_exp(diagonal[i]);
    }
    for (int i = 0; i < MIX_N; i++) {
        for (int k = 0; k < MIX_K; k++) {
            tad_var d = distance(scalar.mix_x + i * MIX_D, mean + k * MIX_D, q[k],
                                 icf + k * MIX_ICF + MIX_D);
            term[k] = tad_sub(tad_add(weight[k], log_det[k]), times(d, 0.5));
        }
        sum = tad_add(sum, log_sum_exp(term, MIX_K));
    }
    tad_var y = tad_sub(plus(sum, scalar.mix_constant), times(log_sum_exp(weight, MIX_K), MIX_N));
    return tad_add(y, plus(prior(q, icf), -scalar.mix_prior));
}

/* ---- LSTM ---- */

/* One layer with weights w[4][LSTM_B] and biases after them; in and the state are LSTM_B long. */
static void lstm_layer(const tad_var *w, const tad_var *in, tad_var *hidden, tad_var *cell) {
    enum { B = LSTM_B };
    const tad_var *bias = w + 4 * B;
    for (int i = 0; i < B; i++) {
        tad_var forget = tad_sigmoid(tad_fma(in[i], w[i], bias[i]));
        tad_var ingate = tad_sigmoid(tad_fma(hidden[i], w[B + i], bias[B + i]));
        tad_var outgate = tad_sigmoid(tad_fma(in[i], w[2 * B + i], bias[2 * B + i]));
        tad_var change = tad_tanh(tad_fma(hidden[i], w[3 * B + i], bias[3 * B + i]));
        cell[i] = tad_fma(cell[i], forget, tad_mul(ingate, change));
        hidden[i] = tad_mul(outgate, tad_tanh(cell[i]));
    }
}

/* Log likelihood of the character `gold` for the outputs of the last layer. */
static tad_var lstm_score(const tad_var *hidden, const tad_var *extra, const double *gold) {
    tad_var out[LSTM_B], sum = tad_number(2), score = tad_number(0);
    for (int i = 0; i < LSTM_B; i++) {
        out[i] = tad_fma(hidden[i], extra[LSTM_B + i], extra[2 * LSTM_B + i]);
        sum = tad_add(sum, tad_exp(out[i]));
    }
    tad_var norm = tad_log(sum);
    for (int i = 0; i < LSTM_B; i++) score = tad_add(score, times(tad_sub(out[i], norm), gold[i]));
    return score;
}

static tad_var lstm(const tad_var *x) {
    const tad_var *extra = x + LSTM_LAYERS * 8 * LSTM_B;
    tad_var hidden[LSTM_LAYERS][LSTM_B], cell[LSTM_LAYERS][LSTM_B], in[LSTM_B];
    tad_var total = tad_number(0);
    const double *state = scalar.lstm_state;
    for (int l = 0; l < LSTM_LAYERS; l++, state += 2 * LSTM_B)
        for (int i = 0; i < LSTM_B; i++) {
            hidden[l][i] = tad_number(state[i]);
            cell[l][i] = tad_number(state[LSTM_B + i]);
        }
    for (int c = 0; c + 1 < LSTM_C; c++) {
        const double *text = scalar.lstm_text + c * LSTM_B;
        for (int i = 0; i < LSTM_B; i++) in[i] = times(extra[i], text[i]);
        for (int l = 0; l < LSTM_LAYERS; l++)
            lstm_layer(x + l * 8 * LSTM_B, l ? hidden[l - 1] : in, hidden[l], cell[l]);
        total = tad_add(total, lstm_score(hidden[LSTM_LAYERS - 1], extra, text + LSTM_B));
    }
    return times(total, -1.0 / ((LSTM_C - 1) * LSTM_B));
}

/* ---- multi-layer perceptron on scalars ---- */

static tad_var neuron(const tad_var *w, const tad_var *x, int n, tad_var bias) {
    return tad_dot_list(w, x, (size_t)n, bias);
}

static tad_var mlp_output(const tad_var *p, const double *point) {
    enum { H = MLP_H };
    const tad_var *b1 = p + 2 * H, *w2 = b1 + H, *b2 = w2 + H * H, *w3 = b2 + H;
    tad_var h1[H], h2[H];
    for (int i = 0; i < H; i++) {
        tad_var a = tad_add(times(p[2 * i], point[0]), times(p[2 * i + 1], point[1]));
        h1[i] = tad_relu(tad_add(a, b1[i]));
    }
    for (int i = 0; i < H; i++) h2[i] = tad_relu(neuron(w2 + i * H, h1, H, b2[i]));
    return neuron(w3, h2, H, w3[H]);
}

/* Max-margin loss with weight decay. */
static tad_var mlp(const tad_var *p) {
    tad_var loss = tad_number(0);
    for (int i = 0; i < MLP_POINTS; i++) {
        tad_var margin = times(mlp_output(p, scalar.mlp_x + 2 * i), scalar.mlp_y[i]);
        loss = tad_add(loss, tad_relu(from(1, margin)));
    }
    tad_var decay = sum_of_squares(p, MLP_INPUTS);
    return tad_add(times(loss, 1.0 / MLP_POINTS), times(decay, 1e-4));
}

/* ---- one gradient ---- */

static double pass(tad_tape *t, scalar_record *record, size_t n, const double *x, tad_var *inputs,
                   double *g) {
    tad_tape_reset(t);
    for (size_t i = 0; i < n; i++) inputs[i] = tad_scalar(t, x[i]);
    tad_var y = record(inputs);
    if (tad_reverse(y) != TAD_OK) return 0;
    for (size_t i = 0; i < n; i++) g[i] = tad_gradient_item(inputs[i]);
    return tad_item(y);
}

#define RECORD(name, inputs) name,
#ifdef SCALAR_FROZEN
const scalar_tape scalar_frozen = {{SCALAR_WORKS(RECORD)}, pass};
#elif defined TAD_NO_INLINE
const scalar_tape scalar_calls = {{SCALAR_WORKS(RECORD)}, pass};
#else
const scalar_tape scalar_in_place = {{SCALAR_WORKS(RECORD)}, pass};
#endif
