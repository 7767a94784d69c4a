// The scalar workloads with CoDiPack's RealReverse, written with its operators as its users do.
// Tuned: CODI_ForcedInlines, and no checks for zero Jacobians and inactive tapes.
#define CODI_ForcedInlines       1
#define CODI_CheckJacobianIsZero 0
#define CODI_CheckTapeActivity   0
#include <codi.hpp>

#include <vector>

#include "scalar_work.h"

using Real = codi::RealReverse;

static Real rosenbrock(const Real *x, int n) {
    Real y = 0.0;
    for (int i = 0; i + 1 < n; i++) {
        Real a = x[i + 1] - x[i] * x[i], b = 1.0 - x[i];
        y += 100.0 * a * a + b * b;
    }
    return y;
}

static Real rosenbrock_1e3(const Real *x) { return rosenbrock(x, 1000); }
static Real rosenbrock_1e5(const Real *x) { return rosenbrock(x, 100000); }

static Real chain(const Real *in) {
    Real x = in[0], y = in[0];
    const Real &c = in[1];
    for (int i = 0; i < CHAIN_TURNS; i++) {
        x = sin(x) * 0.5 + x;
        x = x * c + 0.1;
        x = x / (1.0 + x * x);
        x = exp(x);
        y += x;
    }
    return y;
}

static Real cheap(const Real *in) {
    Real p = in[0], q = in[1], r = in[2], s = in[3];
    const Real &c = in[4];
    for (int i = 0; i < CHEAP_TURNS; i++) {
        p = p + q * c;
        q = q - p * c;
        r = r + s * c;
        s = s - r * c;
    }
    return p + q + r + s;
}

static Real product(const Real *x) {
    Real y = x[0];
    for (size_t i = 1; i < scalar_inputs[WORK_product]; i++) y *= x[i];
    return y;
}

static Real lu(const Real *x) {
    std::vector<Real> a(x, x + LU_N * LU_N);
    for (int k = 0; k < LU_N; k++)
        for (int i = k + 1; i < LU_N; i++) {
            Real l = a[i * LU_N + k] / a[k * LU_N + k];
            for (int j = k + 1; j < LU_N; j++) a[i * LU_N + j] -= l * a[k * LU_N + j];
        }
    Real y = a[0];
    for (int k = 1; k < LU_N; k++) y *= a[k * LU_N + k];
    return y;
}

// ---- Gaussian mixture ----

static Real log_sum_exp(const Real *v, int n) {
    int largest = 0;
    for (int i = 1; i < n; i++)
        if (v[i] > v[largest]) largest = i;
    Real m = v[largest], sum = 0.0;
    for (int i = 0; i < n; i++) sum += exp(v[i] - m);
    return log(sum) + m;
}

static Real distance(const double *x, const Real *mean, const Real *q, const Real *l) {
    Real d[MIX_D], y[MIX_D];
    for (int i = 0; i < MIX_D; i++) d[i] = x[i] - mean[i];
    for (int i = 0; i < MIX_D; i++) y[i] = q[i] * d[i];
    for (int i = 0; i < MIX_D; i++)
        for (int j = i + 1; j < MIX_D; j++) y[j] += *l++ * d[i];
    Real s = y[0] * y[0];
    for (int i = 1; i < MIX_D; i++) s += y[i] * y[i];
    return s;
}

static Real mixture(const Real *x) {
    const Real *weight = x, *mean = x + MIX_K, *icf = mean + MIX_K * MIX_D;
    Real q[MIX_K][MIX_D], log_det[MIX_K], term[MIX_K], sum = 0.0, prior = 0.0;
    for (int k = 0; k < MIX_K; k++) {
        log_det[k] = 0.0;
        for (int i = 0; i < MIX_D; i++) {
            log_det[k] += icf[k * MIX_ICF + i];
            q[k][i] = exp(icf[k * MIX_ICF + i]);
        }
    }
    for (int i = 0; i < MIX_N; i++) {
        for (int k = 0; k < MIX_K; k++)
            term[k] = weight[k] + log_det[k] -
                      0.5 * distance(scalar.mix_x + i * MIX_D, mean + k * MIX_D, q[k],
                                     icf + k * MIX_ICF + MIX_D);
        sum += log_sum_exp(term, MIX_K);
    }
    for (int k = 0; k < MIX_K; k++) {
        Real s = 0.0;
        for (int i = 0; i < MIX_D; i++) s += q[k][i] * q[k][i];
        for (int i = MIX_D; i < MIX_ICF; i++) s += icf[k * MIX_ICF + i] * icf[k * MIX_ICF + i];
        prior += 0.5 * s;
    }
    return sum + scalar.mix_constant - MIX_N * log_sum_exp(weight, MIX_K) + prior -
           scalar.mix_prior;
}

// ---- LSTM ----

static void lstm_layer(const Real *w, const Real *in, Real *hidden, Real *cell) {
    enum { B = LSTM_B };
    const Real *bias = w + 4 * B;
    for (int i = 0; i < B; i++) {
        Real forget = 1.0 / (1.0 + exp(-(in[i] * w[i] + bias[i])));
        Real ingate = 1.0 / (1.0 + exp(-(hidden[i] * w[B + i] + bias[B + i])));
        Real outgate = 1.0 / (1.0 + exp(-(in[i] * w[2 * B + i] + bias[2 * B + i])));
        Real change = tanh(hidden[i] * w[3 * B + i] + bias[3 * B + i]);
        cell[i] = cell[i] * forget + ingate * change;
        hidden[i] = outgate * tanh(cell[i]);
    }
}

static Real lstm(const Real *x) {
    const Real *extra = x + LSTM_LAYERS * 8 * LSTM_B;
    Real hidden[LSTM_LAYERS][LSTM_B], cell[LSTM_LAYERS][LSTM_B], in[LSTM_B], total = 0.0;
    const double *state = scalar.lstm_state;
    for (int l = 0; l < LSTM_LAYERS; l++, state += 2 * LSTM_B)
        for (int i = 0; i < LSTM_B; i++) {
            hidden[l][i] = state[i];
            cell[l][i] = state[LSTM_B + i];
        }
    for (int c = 0; c + 1 < LSTM_C; c++) {
        const double *text = scalar.lstm_text + c * LSTM_B, *gold = text + LSTM_B;
        for (int i = 0; i < LSTM_B; i++) in[i] = extra[i] * text[i];
        for (int l = 0; l < LSTM_LAYERS; l++)
            lstm_layer(x + l * 8 * LSTM_B, l ? hidden[l - 1] : in, hidden[l], cell[l]);
        const Real *last = hidden[LSTM_LAYERS - 1];
        Real out[LSTM_B], sum = 2.0;
        for (int i = 0; i < LSTM_B; i++) {
            out[i] = last[i] * extra[LSTM_B + i] + extra[2 * LSTM_B + i];
            sum += exp(out[i]);
        }
        Real norm = log(sum);
        for (int i = 0; i < LSTM_B; i++) total += gold[i] * (out[i] - norm);
    }
    return total * (-1.0 / ((LSTM_C - 1) * LSTM_B));
}

// ---- multi-layer perceptron ----

static Real relu(const Real &x) {
    if (x > 0.0) return x;
    return Real(0.0);
}

static Real mlp(const Real *p) {
    enum { H = MLP_H };
    const Real *b1 = p + 2 * H, *w2 = b1 + H, *b2 = w2 + H * H, *w3 = b2 + H;
    Real h1[H], h2[H], loss = 0.0, decay = 0.0;
    for (int s = 0; s < MLP_POINTS; s++) {
        const double *x = scalar.mlp_x + 2 * s;
        for (int i = 0; i < H; i++) h1[i] = relu(p[2 * i] * x[0] + p[2 * i + 1] * x[1] + b1[i]);
        for (int i = 0; i < H; i++) {
            Real a = b2[i];
            for (int j = 0; j < H; j++) a += w2[i * H + j] * h1[j];
            h2[i] = relu(a);
        }
        Real a = w3[H];
        for (int j = 0; j < H; j++) a += w3[j] * h2[j];
        loss += relu(1.0 - scalar.mlp_y[s] * a);
    }
    for (int i = 0; i < MLP_INPUTS; i++) decay += p[i] * p[i];
    return loss * (1.0 / MLP_POINTS) + 1e-4 * decay;
}

// ---- one gradient ----

template <Real (*F)(const Real *), int work> static double gradient(const double *x, double *g) {
    static std::vector<Real> in(scalar_inputs[work]);
    auto &tape = Real::getTape();
    tape.reset();
    tape.setActive();
    for (size_t i = 0; i < in.size(); i++) {
        in[i] = x[i];
        tape.registerInput(in[i]);
    }
    Real y = F(in.data());
    tape.registerOutput(y);
    tape.setPassive();
    y.setGradient(1.0);
    tape.evaluate();
    for (size_t i = 0; i < in.size(); i++) g[i] = in[i].getGradient();
    return y.getValue();
}

#define ROW(name, inputs) gradient<name, WORK_##name>,
extern "C" {
scalar_gradient *const scalar_codi[] = {SCALAR_WORKS(ROW)};
}
