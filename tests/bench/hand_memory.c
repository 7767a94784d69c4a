/* The loops of hand_memory.h. Compiled with -ffast-math so that the compiler may vectorise sums and
 * expf: what a careful programmer can have without intrinsics. */
#include "hand_memory.h"

#include <math.h>
#include <string.h>

void hand_sigmoid(hand_buffers *b) {
    const float *restrict x = b->x, *restrict g = b->g;
    float *restrict y = b->y, *restrict dx = b->dx;
    for (int i = 0; i < ELEMENTS; i++) y[i] = 1 / (1 + expf(-x[i]));
    for (int i = 0; i < ELEMENTS; i++) dx[i] = g[i] * y[i] * (1 - y[i]);
}

void hand_relu(hand_buffers *b) {
    const float *restrict x = b->x, *restrict g = b->g;
    float *restrict y = b->y, *restrict dx = b->dx;
    for (int i = 0; i < ELEMENTS; i++) y[i] = x[i] > 0 ? x[i] : 0;
    for (int i = 0; i < ELEMENTS; i++) dx[i] = y[i] > 0 ? g[i] : 0;
}

/* ---- layer norm ---- */

static void normalise(const float *restrict x, const hand_buffers *b, float *restrict y,
                      float *mean, float *scale) {
    const float *restrict weight = b->weight, *restrict bias = b->bias;
    float sum = 0, squares = 0;
    for (int j = 0; j < COLUMNS; j++) sum += x[j];
    const float m = sum / COLUMNS;
    for (int j = 0; j < COLUMNS; j++) squares += (x[j] - m) * (x[j] - m);
    const float k = 1 / sqrtf(squares / COLUMNS + 1e-5f);
    for (int j = 0; j < COLUMNS; j++) y[j] = (x[j] - m) * k * weight[j] + bias[j];
    *mean = m;
    *scale = k;
}

static void normalise_back(const float *restrict x, const float *restrict g, const hand_buffers *b,
                           float m, float k, float *restrict dx) {
    const float *restrict weight = b->weight;
    float *restrict dweight = b->dweight, *restrict dbias = b->dbias;
    float sum = 0, product = 0;
    for (int j = 0; j < COLUMNS; j++) {
        float h = (x[j] - m) * k, d = g[j] * weight[j];
        sum += d;
        product += d * h;
        dweight[j] += g[j] * h;
        dbias[j] += g[j];
    }
    sum /= COLUMNS;
    product /= COLUMNS;
    for (int j = 0; j < COLUMNS; j++)
        dx[j] = k * (g[j] * weight[j] - sum - (x[j] - m) * k * product);
}

void hand_layer_norm(hand_buffers *b) {
    static float mean[ROWS], scale[ROWS];
    for (int i = 0; i < ROWS; i++)
        normalise(b->x + i * COLUMNS, b, b->y + i * COLUMNS, &mean[i], &scale[i]);
    memset(b->dweight, 0, COLUMNS * sizeof *b->dweight);
    memset(b->dbias, 0, COLUMNS * sizeof *b->dbias);
    for (int i = 0; i < ROWS; i++)
        normalise_back(b->x + i * COLUMNS, b->g + i * COLUMNS, b, mean[i], scale[i],
                       b->dx + i * COLUMNS);
}

/* ---- softmax cross-entropy: forward and backward of a row while it is in the first cache ---- */

static float cross_entropy_row(const float *restrict x, int64_t label, float *restrict dx) {
    float largest = x[0], sum = 0;
    for (int j = 1; j < COLUMNS; j++) largest = x[j] > largest ? x[j] : largest;
    for (int j = 0; j < COLUMNS; j++) sum += dx[j] = expf(x[j] - largest);
    const float k = 1 / (sum * ROWS);
    for (int j = 0; j < COLUMNS; j++) dx[j] *= k;
    dx[label] -= 1.0f / ROWS;
    return largest + logf(sum) - x[label];
}

void hand_cross_entropy(hand_buffers *b) {
    float loss = 0;
    for (int i = 0; i < ROWS; i++)
        loss += cross_entropy_row(b->x + i * COLUMNS, b->labels[i], b->dx + i * COLUMNS);
    b->result = loss / ROWS;
}

/* ---- bias add, sum ---- */

void hand_bias(hand_buffers *b) {
    float *restrict y = b->y, *restrict dbias = b->dbias;
    const float *restrict x = b->x, *restrict g = b->g, *restrict bias = b->bias;
    for (int i = 0; i < ELEMENTS; i += COLUMNS)
        for (int j = 0; j < COLUMNS; j++) y[i + j] = x[i + j] + bias[j];
    memset(dbias, 0, COLUMNS * sizeof *dbias);
    for (int i = 0; i < ELEMENTS; i += COLUMNS)
        for (int j = 0; j < COLUMNS; j++) dbias[j] += g[i + j];
}

void hand_sum(hand_buffers *b) {
    const float *restrict x = b->x;
    float *restrict dx = b->dx, sum = 0;
    for (int i = 0; i < ELEMENTS; i++) sum += x[i];
    for (int i = 0; i < ELEMENTS; i++) dx[i] = 1;
    b->result = sum;
}

/* ---- ten ops in a chain: bench_fused.c records them ---- */

/* y of x and c; *dx: its derivative by x. */
static inline float ten(float x, float c, float *dx) {
    const float b = x * c + 0.5f, u = (b * b + x) * 0.25f, r = u > 0 ? u : 0, q = sqrtf(r + 1);
    *dx = u > 0 ? -0.125f / q * (1 + 2 * b * c) : 0;
    return -(q - c);
}

void hand_ten(hand_buffers *b) {
    const float *restrict x = b->x, *restrict c = b->g;
    float *restrict y = b->y, *restrict dx = b->dx;
    for (int i = 0; i < ELEMENTS; i++) {
        float d;
        y[i] = ten(x[i], c[i], &d);
        dx[i] = c[i] * d;
    }
}

void hand_ten_mean(hand_buffers *b) {
    const float *restrict x = b->x, *restrict c = b->g;
    float *restrict dx = b->dx, sum = 0;
    for (int i = 0; i < ELEMENTS; i++) {
        float d;
        sum += ten(x[i], c[i], &d);
        dx[i] = d / ELEMENTS;
    }
    b->result = sum / ELEMENTS;
}

void hand_ten_rows(hand_buffers *b) {
    for (int r = 0; r < ROWS; r++) {
        const float *restrict x = b->x + r * COLUMNS, *restrict c = b->g + r * COLUMNS;
        float *restrict dx = b->dx + r * COLUMNS, sum = 0;
        for (int i = 0; i < COLUMNS; i++) {
            float d;
            sum += ten(x[i], c[i], &d);
            dx[i] = d / COLUMNS;
        }
        b->y[r] = sum / COLUMNS;
    }
}
