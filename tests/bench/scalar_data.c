/* Data and start values of the scalar workloads; needs libm only. */
#include "bench.h"

#include "scalar_work.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

scalar_data scalar;

#define NAME(name, inputs) #name,
const char *const scalar_names[] = {SCALAR_WORKS(NAME) NULL};
#define INPUTS(name, inputs) inputs,
const size_t scalar_inputs[] = {SCALAR_WORKS(INPUTS)};

static void fill(double *x, size_t n, double centre, double spread, unsigned long long seed) {
    for (size_t i = 0; i < n; i++) x[i] = centre + spread * bench_random(&seed);
}

/* ln of the multivariate gamma function of dimension MIX_D. */
static double log_gamma(double a) {
    double sum = 0.25 * MIX_D * (MIX_D - 1) * log(pi);
    for (int j = 0; j < MIX_D; j++) sum += lgamma(a - 0.5 * j);
    return sum;
}

static void fill_mixture(void) {
    fill(scalar.mix_x, MIX_N * MIX_D, 0, 1, 4);
    scalar.mix_constant = -MIX_N * MIX_D * 0.5 * log(2 * pi);
    scalar.mix_prior =
        MIX_K * ((MIX_D + 1) * MIX_D * -0.5 * log(2.0) - log_gamma(0.5 * (MIX_D + 1)));
}

/* Two interleaving half circles. */
static void fill_moons(void) {
    unsigned long long seed = 6;
    for (int i = 0; i < MLP_POINTS; i++) {
        double angle = pi * (i / 2) / (MLP_POINTS / 2 - 1), *x = scalar.mlp_x + 2 * i;
        x[0] = (i & 1 ? 1 - cos(angle) : cos(angle)) + 0.1 * bench_random(&seed);
        x[1] = (i & 1 ? 0.5 - sin(angle) : sin(angle)) + 0.1 * bench_random(&seed);
        scalar.mlp_y[i] = i & 1 ? 1 : -1;
    }
}

void scalar_data_init(void) {
    fill_mixture();
    fill(scalar.lstm_state, sizeof scalar.lstm_state / sizeof(double), 0.5, 0.5, 5);
    fill(scalar.lstm_text, sizeof scalar.lstm_text / sizeof(double), 0.5, 0.5, 8);
    fill_moons();
}

void scalar_start(int work, double *x) {
    size_t n = scalar_inputs[work];
    switch (work) {
    case WORK_rosenbrock_1e3:
    case WORK_rosenbrock_1e5: fill(x, n, 1, 0.5, 1); break;
    case WORK_product: fill(x, n, 1, 0.05, 2); break;
    case WORK_lstm: fill(x, n, 0.5, 0.5, 9); break;
    case WORK_chain: memcpy(x, (double[]){0.7, 0.9}, n * sizeof *x); break;
    case WORK_cheap: memcpy(x, (double[]){0.7, 0.9, 0.3, -0.4, 0.6}, n * sizeof *x); break;
    case WORK_lu:
        fill(x, n, 0, 0.1, 3);
        for (int i = 0; i < LU_N; i++) x[i * LU_N + i] += 1.5;
        break;
    default: fill(x, n, 0, 1, 7);
    }
}
