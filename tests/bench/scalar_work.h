/* The scalar workloads of bench_scalar: their sizes, data and start values, and the tables of their
 * implementations (tad in place, tad through calls, C by hand, CoDiPack). Plain C, also for C++. */
#ifndef TAD_TESTS_SCALAR_WORK_H
#define TAD_TESTS_SCALAR_WORK_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* W(name, inputs). Every table below has the workloads in this order. */
#define SCALAR_WORKS(W)                                                                            \
    W(rosenbrock_1e3, 1000)                                                                        \
    W(rosenbrock_1e5, 100000)                                                                      \
    W(chain, 2)                                                                                    \
    W(cheap, 5)                                                                                    \
    W(product, 1000)                                                                               \
    W(lu, LU_N *LU_N)                                                                              \
    W(mixture, MIX_K *(1 + MIX_D + MIX_ICF))                                                       \
    W(lstm, LSTM_LAYERS * 8 * LSTM_B + 3 * LSTM_B)                                                 \
    W(mlp, MLP_INPUTS)

enum {
    CHAIN_TURNS = 100000, /* of 10 ops */
    CHEAP_TURNS = 125000, /* of 8 ops */
    LU_N = 50,
    /* Gaussian mixture of ADBench, input gmm_d10_K5: dimensions, components, points. A component
     * has a weight, a mean and the inverse covariance factor: log diagonal, then the lower
     * triangle. */
    MIX_D = 10,
    MIX_K = 5,
    MIX_N = 1000,
    MIX_ICF = MIX_D * (MIX_D + 1) / 2,
    /* LSTM of ADBench with diagonal weights: layers, characters, alphabet. */
    LSTM_LAYERS = 2,
    LSTM_C = 1024,
    LSTM_B = 14,
    /* 2-16-16-1 relu net on 100 points: w1 b1 w2 b2 w3 b3. */
    MLP_POINTS = 100,
    MLP_H = 16,
    MLP_INPUTS = 2 * MLP_H + MLP_H + MLP_H * MLP_H + MLP_H + MLP_H + 1
};

#define SCALAR_ID(name, inputs) WORK_##name,
enum { SCALAR_WORKS(SCALAR_ID) WORK_COUNT };
#undef SCALAR_ID

/* What the workloads read beside their inputs; filled by scalar_data_init. */
typedef struct scalar_data {
    double mix_x[MIX_N * MIX_D];
    double mix_constant, mix_prior; /* terms that no input reaches */
    double lstm_state[2 * LSTM_LAYERS * LSTM_B], lstm_text[LSTM_C * LSTM_B];
    double mlp_x[2 * MLP_POINTS], mlp_y[MLP_POINTS];
} scalar_data;
extern scalar_data scalar;
void scalar_data_init(void);
void scalar_start(int work, double *x); /* the inputs' values */

extern const char *const scalar_names[WORK_COUNT + 1]; /* ends with NULL */
extern const size_t scalar_inputs[WORK_COUNT];

/* Value and gradient of each workload at x without a tape. */
typedef double scalar_gradient(const double *x, double *g);
extern scalar_gradient *const scalar_hand[WORK_COUNT];

/* The same with CoDiPack, where built. */
extern scalar_gradient *const scalar_codi[WORK_COUNT];

#ifdef __cplusplus
}
#endif

#endif
