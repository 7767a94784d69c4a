/* Gradients of scalar workloads by hand: loops without a tape, scratch memory kept. What is the
 * fastest possible without another algorithm. */
#include "scalar_work.h"

#include <math.h>

/* Keeps a value that only the derivative needs from being optimised away. */
static volatile double value;

static void rosenbrock(const double *restrict x, double *restrict g, size_t n) {
    double y = 0;
    for (size_t i = 0; i < n; i++) g[i] = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        double a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
        y += 100 * a * a + b * b;
        g[i] += -400 * a * x[i] - 2 * b;
        g[i + 1] += 200 * a;
    }
    value = y;
}

static void rosenbrock_1e3(const double *x, double *g) { rosenbrock(x, g, 1000); }
static void rosenbrock_1e5(const double *x, double *g) { rosenbrock(x, g, 100000); }

/* Products of what stands before and of what stands after each factor. */
static void product(const double *restrict x, double *restrict g) {
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
    value = before;
}

/* A turn keeps cos x, x after the first line, x after the second, and the result. */
static void chain(const double *in, double *g) {
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
    value = y;
    g[0] = xb + 1;
    g[1] = cb;
}

static void cheap(const double *in, double *g) {
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
    value = p + q + r + s;
    g[0] = pb, g[1] = qb, g[2] = rb, g[3] = sb, g[4] = cb;
}

scalar_gradient *const scalar_hand[] = {
    [WORK_rosenbrock_1e3] = rosenbrock_1e3,
    [WORK_rosenbrock_1e5] = rosenbrock_1e5,
    [WORK_chain] = chain,
    [WORK_cheap] = cheap,
    [WORK_product] = product,
    [WORK_mlp] = NULL,
};
