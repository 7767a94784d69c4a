/* The loops of map_hand.h, some points side by side, as a careful programmer writes them without
 * intrinsics: compiled with -ffast-math, sums and functions become vectors. */
#include "map_hand.h"

#include <math.h>

enum { LANES = 32 };

/* ---- net ---- */

static void hidden_layer(const double *const *each, size_t at, const double *w,
                         double h[MLP_HIDDEN][LANES], double *restrict y) {
    const double *b = w + MLP_IN * MLP_HIDDEN, *v = b + MLP_HIDDEN;
    for (size_t l = 0; l < LANES; l++) y[l] = v[MLP_HIDDEN];
    for (size_t i = 0; i < MLP_HIDDEN; i++) {
        for (size_t l = 0; l < LANES; l++) {
            double sum = b[i];
            for (size_t j = 0; j < MLP_IN; j++) sum += w[i * MLP_IN + j] * each[j][at + l];
            h[i][l] = tanh(sum);
            y[l] += v[i] * h[i][l];
        }
    }
}

static void hidden_gradient(const double *const *each, size_t at, const double *w,
                            const double h[MLP_HIDDEN][LANES], const double *restrict dy,
                            double *restrict g) {
    const double *v = w + MLP_HIDDEN * (MLP_IN + 1);
    double *db = g + MLP_IN * MLP_HIDDEN, *dv = db + MLP_HIDDEN;
    for (size_t i = 0; i < MLP_HIDDEN; i++) {
        double dh[LANES], sum_v = 0, sum_b = 0;
        for (size_t l = 0; l < LANES; l++) {
            dh[l] = dy[l] * v[i] * (1 - h[i][l] * h[i][l]);
            sum_v += dy[l] * h[i][l];
            sum_b += dh[l];
        }
        dv[i] += sum_v;
        db[i] += sum_b;
        for (size_t j = 0; j < MLP_IN; j++) {
            double sum = 0;
            for (size_t l = 0; l < LANES; l++) sum += dh[l] * each[j][at + l];
            g[i * MLP_IN + j] += sum;
        }
    }
}

double map_hand_mlp(const double *const *each, const double *shared, double *gradient) {
    double total = 0;
    for (size_t k = 0; k < MLP_SHARED; k++) gradient[k] = 0;
    for (size_t at = 0; at < MAP_POINTS; at += LANES) {
        double h[MLP_HIDDEN][LANES], y[LANES], dy[LANES];
        hidden_layer(each, at, shared, h, y);
        for (size_t l = 0; l < LANES; l++) {
            const double error = y[l] - each[MLP_IN][at + l];
            total += error * error;
            dy[l] = 2 * error;
            gradient[MLP_SHARED - 1] += dy[l];
        }
        hidden_gradient(each, at, shared, (const double(*)[LANES])h, dy, gradient);
    }
    return total;
}

/* ---- mixture ---- */

double map_hand_mixture(const double *const *each, const double *shared, double *gradient) {
    const double *mean = shared, *width = mean + MIXTURE, *weight = width + MIXTURE;
    double total = 0, inverse[MIXTURE], norm = 0;
    for (size_t k = 0; k < MIXTURE; k++) norm += exp(weight[k]);
    for (size_t k = 0; k < MIXTURE; k++) inverse[k] = exp(-width[k]);
    for (size_t k = 0; k < MIXTURE_SHARED; k++) gradient[k] = 0;
    for (size_t at = 0; at < MAP_POINTS; at += LANES) {
        double z[MIXTURE][LANES], p[MIXTURE][LANES], all[LANES] = {0};
        for (size_t k = 0; k < MIXTURE; k++)
            for (size_t l = 0; l < LANES; l++) {
                z[k][l] = (each[0][at + l] - mean[k]) * inverse[k];
                p[k][l] = exp(weight[k] - width[k] - 0.5 * z[k][l] * z[k][l]);
                all[l] += p[k][l];
            }
        for (size_t l = 0; l < LANES; l++) total += log(norm) - log(all[l]);
        for (size_t k = 0; k < MIXTURE; k++) {
            double by_mean = 0, by_width = 0, by_weight = 0;
            for (size_t l = 0; l < LANES; l++) {
                const double share = p[k][l] / all[l];
                by_mean -= share * z[k][l] * inverse[k];
                by_width -= share * (z[k][l] * z[k][l] - 1);
                by_weight += exp(weight[k]) / norm - share;
            }
            gradient[k] += by_mean;
            gradient[MIXTURE + k] += by_width;
            gradient[2 * MIXTURE + k] += by_weight;
        }
    }
    return total;
}
