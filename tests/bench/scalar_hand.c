/* Values and gradients of scalar workloads by hand: loops without a tape, scratch memory kept. What
 * is the fastest possible without another algorithm. */
#include "scalar_work.h"

#include <math.h>
#include <string.h>

static double rosenbrock(const double *restrict x, double *restrict g, size_t n) {
    double y = 0;
    for (size_t i = 0; i < n; i++) g[i] = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        double a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
        y += 100 * a * a + b * b;
        g[i] += -400 * a * x[i] - 2 * b;
        g[i + 1] += 200 * a;
    }
    return y;
}

static double rosenbrock_1e3(const double *x, double *g) { return rosenbrock(x, g, 1000); }
static double rosenbrock_1e5(const double *x, double *g) { return rosenbrock(x, g, 100000); }

/* Products of what stands before and of what stands after each factor. */
static double product(const double *restrict x, double *restrict g) {
    size_t n = scalar_inputs[WORK_product];
    double before = 1, after = 1;
    for (size_t i = 0; i < n; i++) {
        g[i] = before;
        before *= x[i];
    }
    for (size_t i = n; i-- > 0;) {
        g[i] *= after;
        after *= x[i];
    }
    return before;
}

/* A turn keeps cos x, x after the first line, x after the second, and the result. */
static double chain(const double *in, double *g) {
    static double kept[CHAIN_TURNS][4];
    double x = in[0], y = in[0];
    const double c = in[1];
    for (int i = 0; i < CHAIN_TURNS; i++) {
        kept[i][0] = cos(x);
        kept[i][1] = x = sin(x) * 0.5 + x;
        kept[i][2] = x = x * c + 0.1;
        kept[i][3] = x = exp(x / (1 + x * x));
        y += x;
    }
    double xb = 0, cb = 0;
    for (int i = CHAIN_TURNS; i-- > 0;) {
        const double *k = kept[i], d = 1 / (1 + k[2] * k[2]);
        xb = (xb + 1) * k[3] * (1 - k[2] * k[2]) * d * d;
        cb += xb * k[1];
        xb *= c * (1 + 0.5 * k[0]);
    }
    g[0] = xb + 1;
    g[1] = cb;
    return y;
}

static double cheap(const double *in, double *g) {
    static double kept[CHEAP_TURNS][4];
    double p = in[0], q = in[1], r = in[2], s = in[3];
    const double c = in[4];
    for (int i = 0; i < CHEAP_TURNS; i++) {
        kept[i][0] = q;
        kept[i][1] = p = p + q * c;
        q = q - p * c;
        kept[i][2] = s;
        kept[i][3] = r = r + s * c;
        s = s - r * c;
    }
    double pb = 1, qb = 1, rb = 1, sb = 1, cb = 0;
    for (int i = CHEAP_TURNS; i-- > 0;) {
        const double *k = kept[i];
        rb -= sb * c;
        pb -= qb * c;
        cb += rb * k[2] - sb * k[3] + pb * k[0] - qb * k[1];
        sb += rb * c;
        qb += pb * c;
    }
    g[0] = pb, g[1] = qb, g[2] = rb, g[3] = sb, g[4] = cb;
    return p + q + r + s;
}

/* ---- determinant by elimination ---- */

/* Below its diagonal `a` ends up with the factors, on and above it with the rows that eliminate. */
static double eliminate(double a[LU_N][LU_N]) {
    double y = a[0][0];
    for (int k = 0; k < LU_N; k++)
        for (int i = k + 1; i < LU_N; i++) {
            const double l = a[i][k] /= a[k][k];
            for (int j = k + 1; j < LU_N; j++) a[i][j] -= l * a[k][j];
        }
    for (int k = 1; k < LU_N; k++) y *= a[k][k];
    return y;
}

static double lu(const double *x, double *g) {
    static double a[LU_N][LU_N], b[LU_N][LU_N];
    memcpy(a, x, sizeof a);
    memset(b, 0, sizeof b);
    const double y = eliminate(a);
    for (int k = 0; k < LU_N; k++) b[k][k] = y / a[k][k];
    for (int k = LU_N - 1; k-- > 0;)
        for (int i = k + 1; i < LU_N; i++) {
            const double l = a[i][k];
            double lb = 0;
            for (int j = k + 1; j < LU_N; j++) {
                lb -= b[i][j] * a[k][j];
                b[k][j] -= l * b[i][j];
            }
            b[i][k] = lb / a[k][k];
            b[k][k] -= b[i][k] * l;
        }
    memcpy(g, b, sizeof b);
    return y;
}

/* ---- Gaussian mixture ---- */

/* v becomes the weights exp(v_i) / sum, the derivative of the logarithm of the sum. */
static double log_sum_exp(double *v, int n) {
    double m = v[0], sum = 0;
    for (int i = 1; i < n; i++) m = v[i] > m ? v[i] : m;
    for (int i = 0; i < n; i++) sum += v[i] = exp(v[i] - m);
    for (int i = 0; i < n; i++) v[i] /= sum;
    return log(sum) + m;
}

/* One component: parameters, their gradients, and what a point leaves for the way back. */
typedef struct {
    const double *mean, *icf, *lower; /* lower: the triangle, column by column */
    double *mean_g, *icf_g, *lower_g;
    double q[MIX_D], q_g[MIX_D], constant; /* exp of the diagonal; weight and log determinant */
    double d[MIX_D], y[MIX_D];
} component;

static double squared_distance(component *c, const double *x) {
    const double *l = c->lower;
    double sum = 0;
    for (int i = 0; i < MIX_D; i++) c->d[i] = x[i] - c->mean[i];
    for (int i = 0; i < MIX_D; i++) c->y[i] = c->q[i] * c->d[i];
    for (int i = 0; i < MIX_D; i++)
        for (int j = i + 1; j < MIX_D; j++) c->y[j] += *l++ * c->d[i];
    for (int i = 0; i < MIX_D; i++) sum += c->y[i] * c->y[i];
    return sum;
}

/* The point's share p of the component, taken back through -p/2 of the squared distance. */
static void distance_back(component *c, double p) {
    const double *l = c->lower;
    double *lg = c->lower_g;
    for (int i = 0; i < MIX_D; i++) {
        double db = -p * c->y[i] * c->q[i];
        c->q_g[i] -= p * c->y[i] * c->d[i];
        for (int j = i + 1; j < MIX_D; j++) {
            db -= p * c->y[j] * *l++;
            *lg++ -= p * c->y[j] * c->d[i];
        }
        c->mean_g[i] -= db;
    }
}

static void component_start(component *c, const double *x, double *g, int k) {
    const size_t mean = MIX_K + (size_t)k * MIX_D,
                 icf = MIX_K + MIX_K * MIX_D + (size_t)k * MIX_ICF;
    *c = (component){.mean = x + mean,
                     .icf = x + icf,
                     .lower = x + icf + MIX_D,
                     .mean_g = g + mean,
                     .icf_g = g + icf,
                     .lower_g = g + icf + MIX_D};
    c->constant = x[k];
    for (int i = 0; i < MIX_D; i++) {
        c->constant += c->icf[i];
        c->q[i] = exp(c->icf[i]);
    }
}

/* share: the sum of the points' shares. The prior is half the sum of the factor's squares. */
static double component_end(component *c, double share) {
    double prior = 0;
    for (int i = 0; i < MIX_D; i++) {
        prior += 0.5 * c->q[i] * c->q[i];
        c->icf_g[i] = share + (c->q_g[i] + c->q[i]) * c->q[i];
    }
    for (int i = 0; i < MIX_ICF - MIX_D; i++) {
        prior += 0.5 * c->lower[i] * c->lower[i];
        c->lower_g[i] += c->lower[i];
    }
    return prior;
}

static double mixture(const double *x, double *g) {
    component c[MIX_K];
    double term[MIX_K], share[MIX_K] = {0}, y = scalar.mix_constant - scalar.mix_prior;
    memset(g, 0, scalar_inputs[WORK_mixture] * sizeof *g);
    for (int k = 0; k < MIX_K; k++) component_start(&c[k], x, g, k);
    for (int i = 0; i < MIX_N; i++) {
        for (int k = 0; k < MIX_K; k++)
            term[k] = c[k].constant - 0.5 * squared_distance(&c[k], scalar.mix_x + i * MIX_D);
        y += log_sum_exp(term, MIX_K);
        for (int k = 0; k < MIX_K; k++) {
            share[k] += term[k];
            distance_back(&c[k], term[k]);
        }
    }
    memcpy(term, x, sizeof term);
    y -= MIX_N * log_sum_exp(term, MIX_K);
    for (int k = 0; k < MIX_K; k++) {
        y += component_end(&c[k], share[k]);
        g[k] = share[k] - MIX_N * term[k];
    }
    return y;
}

/* ---- LSTM ---- */

/* What a cell of a layer leaves at one character for the way back. */
typedef struct {
    double in, hidden, cell; /* what it got */
    double forget, ingate, outgate, change, tanh_cell;
} lstm_kept;

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

static void lstm_layer(const double *w, const double *in, double *hidden, double *cell,
                       lstm_kept *kept) {
    enum { B = LSTM_B };
    const double *bias = w + 4 * B;
    for (int i = 0; i < B; i++) {
        lstm_kept k = {in[i], hidden[i], cell[i], 0, 0, 0, 0, 0};
        k.forget = sigmoid(k.in * w[i] + bias[i]);
        k.ingate = sigmoid(k.hidden * w[B + i] + bias[B + i]);
        k.outgate = sigmoid(k.in * w[2 * B + i] + bias[2 * B + i]);
        k.change = tanh(k.hidden * w[3 * B + i] + bias[3 * B + i]);
        cell[i] = k.cell * k.forget + k.ingate * k.change;
        k.tanh_cell = tanh(cell[i]);
        hidden[i] = k.outgate * k.tanh_cell;
        kept[i] = k;
    }
}

/* hidden, cell: adjoints of what the layer gave, then of what it got; in: is added to. */
static void lstm_layer_back(const double *w, double *g, const lstm_kept *kept, double *in,
                            double *hidden, double *cell) {
    enum { B = LSTM_B };
    for (int i = 0; i < B; i++) {
        const lstm_kept *k = &kept[i];
        const double out = hidden[i] * k->tanh_cell;
        const double sum = cell[i] + hidden[i] * k->outgate * (1 - k->tanh_cell * k->tanh_cell);
        const double before[4] = {sum * k->cell * k->forget * (1 - k->forget),
                                  sum * k->change * k->ingate * (1 - k->ingate),
                                  out * k->outgate * (1 - k->outgate),
                                  sum * k->ingate * (1 - k->change * k->change)};
        for (int gate = 0; gate < 4; gate++) {
            g[gate * B + i] += before[gate] * (gate & 1 ? k->hidden : k->in);
            g[(4 + gate) * B + i] += before[gate];
        }
        in[i] += before[0] * w[i] + before[2] * w[2 * B + i];
        hidden[i] = before[1] * w[B + i] + before[3] * w[3 * B + i];
        cell[i] = sum * k->forget;
    }
}

/* Log likelihood of `gold`; out: the derivatives by the layer's outputs before the sum. */
static double lstm_score(const double *hidden, const double *extra, const double *gold,
                         double *out) {
    double sum = 2, all = 0, score = 0;
    for (int i = 0; i < LSTM_B; i++) {
        const double o = hidden[i] * extra[LSTM_B + i] + extra[2 * LSTM_B + i];
        sum += out[i] = exp(o);
        all += gold[i];
        score += gold[i] * o;
    }
    for (int i = 0; i < LSTM_B; i++) out[i] = gold[i] - all * out[i] / sum;
    return score - all * log(sum);
}

enum { STEPS = LSTM_C - 1 };
static struct {
    lstm_kept cell[LSTM_LAYERS][LSTM_B];
    double out[LSTM_B], last[LSTM_B];
} lstm_steps[STEPS];

static double lstm_forward(const double *x) {
    const double *extra = x + LSTM_LAYERS * 8 * LSTM_B;
    double hidden[LSTM_LAYERS][LSTM_B], cell[LSTM_LAYERS][LSTM_B], in[LSTM_B], total = 0;
    for (int l = 0; l < LSTM_LAYERS; l++) {
        memcpy(hidden[l], scalar.lstm_state + 2 * l * LSTM_B, sizeof hidden[l]);
        memcpy(cell[l], scalar.lstm_state + (2 * l + 1) * LSTM_B, sizeof cell[l]);
    }
    for (int c = 0; c < STEPS; c++) {
        const double *text = scalar.lstm_text + c * LSTM_B;
        for (int i = 0; i < LSTM_B; i++) in[i] = extra[i] * text[i];
        for (int l = 0; l < LSTM_LAYERS; l++)
            lstm_layer(x + l * 8 * LSTM_B, l ? hidden[l - 1] : in, hidden[l], cell[l],
                       lstm_steps[c].cell[l]);
        memcpy(lstm_steps[c].last, hidden[LSTM_LAYERS - 1], sizeof lstm_steps[c].last);
        total += lstm_score(lstm_steps[c].last, extra, text + LSTM_B, lstm_steps[c].out);
    }
    return total;
}

static double lstm(const double *x, double *g) {
    const size_t at = LSTM_LAYERS * 8 * LSTM_B;
    const double scale = -1.0 / (STEPS * LSTM_B), *extra = x + at;
    double hidden[LSTM_LAYERS][LSTM_B] = {{0}}, cell[LSTM_LAYERS][LSTM_B] = {{0}}, in[LSTM_B];
    double *eg = g + at;
    memset(g, 0, scalar_inputs[WORK_lstm] * sizeof *g);
    const double y = lstm_forward(x) * scale;
    for (int c = STEPS; c-- > 0;) {
        for (int i = 0; i < LSTM_B; i++) {
            const double out = lstm_steps[c].out[i] * scale;
            hidden[LSTM_LAYERS - 1][i] += out * extra[LSTM_B + i];
            eg[LSTM_B + i] += out * lstm_steps[c].last[i];
            eg[2 * LSTM_B + i] += out;
        }
        memset(in, 0, sizeof in);
        for (int l = LSTM_LAYERS; l-- > 0;)
            lstm_layer_back(x + l * 8 * LSTM_B, g + l * 8 * LSTM_B, lstm_steps[c].cell[l],
                            l ? hidden[l - 1] : in, hidden[l], cell[l]);
        for (int i = 0; i < LSTM_B; i++) eg[i] += in[i] * scalar.lstm_text[c * LSTM_B + i];
    }
    return y;
}

/* ---- multi-layer perceptron ---- */

enum { W2 = 3 * MLP_H, W3 = W2 + MLP_H * MLP_H + MLP_H }; /* where their weights begin */

static double mlp_output(const double *p, const double *x, double *h1, double *h2) {
    const double *b1 = p + 2 * MLP_H, *w2 = p + W2, *b2 = w2 + MLP_H * MLP_H, *w3 = p + W3;
    double out = w3[MLP_H];
    for (int i = 0; i < MLP_H; i++) h1[i] = fmax(0, p[2 * i] * x[0] + p[2 * i + 1] * x[1] + b1[i]);
    for (int i = 0; i < MLP_H; i++) {
        double a = b2[i];
        for (int j = 0; j < MLP_H; j++) a += w2[i * MLP_H + j] * h1[j];
        h2[i] = fmax(0, a);
        out += w3[i] * h2[i];
    }
    return out;
}

static void mlp_back(const double *p, const double *x, const double *h1, const double *h2,
                     double out, double *g) {
    const double *w2 = p + W2, *w3 = p + W3;
    double h1b[MLP_H] = {0}, *g2 = g + W2;
    g[W3 + MLP_H] += out;
    for (int i = 0; i < MLP_H; i++) {
        const double b = h2[i] > 0 ? out * w3[i] : 0;
        g[W3 + i] += out * h2[i];
        g2[MLP_H * MLP_H + i] += b;
        for (int j = 0; j < MLP_H; j++) {
            g2[i * MLP_H + j] += b * h1[j];
            h1b[j] += b * w2[i * MLP_H + j];
        }
    }
    for (int i = 0; i < MLP_H; i++) {
        const double b = h1[i] > 0 ? h1b[i] : 0;
        g[2 * i] += b * x[0];
        g[2 * i + 1] += b * x[1];
        g[2 * MLP_H + i] += b;
    }
}

static double mlp(const double *p, double *g) {
    double h1[MLP_H], h2[MLP_H], loss = 0, decay = 0;
    memset(g, 0, MLP_INPUTS * sizeof *g);
    for (int i = 0; i < MLP_POINTS; i++) {
        const double *x = scalar.mlp_x + 2 * i, y = scalar.mlp_y[i];
        const double missing = 1 - y * mlp_output(p, x, h1, h2);
        if (!(missing > 0)) continue;
        loss += missing;
        mlp_back(p, x, h1, h2, -y / MLP_POINTS, g);
    }
    for (int i = 0; i < MLP_INPUTS; i++) {
        decay += p[i] * p[i];
        g[i] += 2e-4 * p[i];
    }
    return loss / MLP_POINTS + 1e-4 * decay;
}

#define ROW(name, inputs) name,
scalar_gradient *const scalar_hand[] = {SCALAR_WORKS(ROW)};
