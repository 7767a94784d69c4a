/* Functions that are right but hard to check: cancellation, scales from 1e-300 to 1e300,
 * oscillation, kinks at and near the point, long sums, saturation, deep chains. The gradient check
 * must not call one of them wrong, and must seldom have to say that it cannot tell. */
#include "support.h"

#define N(value) tad_number(value)
#define ADD(a, b) tad_add(a, b)
#define SUB(a, b) tad_sub(a, b)
#define MUL(a, b) tad_mul(a, b)
#define DIV(a, b) tad_div(a, b)
#define SUM(a) tad_sum(a, tad_all())
#define MEAN(a) tad_mean(a, tad_all())
#define SQ(a) tad_square(a)

static tad_var repeat(tad_var x, int n, tad_var (*f)(tad_var)) {
    for (int i = 0; i < n; i++) x = f(x);
    return x;
}
static tad_var many_times(tad_var x, int n) { /* x + x + ... */
    tad_var y = x;
    for (int i = 1; i < n; i++) y = ADD(y, x);
    return y;
}
static tad_var polynomial(tad_var x, int degree) {
    tad_var y = N(1);
    for (int i = 1; i <= degree; i++) y = ADD(MUL(y, x), N(i % 2 ? -i : i));
    return y;
}
static tad_var wide_tanh(tad_var x) { return tad_tanh(MUL(x, N(1.5))); }
static tad_var squashed(tad_var x) { return MUL(tad_sin(x), N(1.1)); }
static tad_var newton(tad_var x) { return MUL(ADD(x, DIV(N(2), x)), N(0.5)); }
static tad_var square_of(tad_var x, int64_t n) { return tad_reshape(x, TAD_SHAPE(n, n)); }
static tad_var less_mean(tad_var x) { return SUB(x, MEAN(x)); }
static tad_var hilbert_times(tad_var x) { /* what times Hilbert's matrix is x */
    double a[12][12];
    const int64_t n = tad_size_of(x);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) ((double *)a)[i * n + j] = 1 / (1.0 + (double)(i + j));
    return tad_solve(tad_constant(x.tape, TAD_F64, TAD_SHAPE(n, n), (double *)a), x);
}
static tad_var label(tad_var x, double class) {
    return tad_constant_from(x.tape, TAD_I64, TAD_0D, &class);
}

/* F(kind, result for input X with parameter P) */
#define KINDS(F)                                                                                   \
    F(SCALED_SIN, MUL(tad_sin(X), N(P)))                                                           \
    F(SCALED_LINE, MUL(X, N(P)))                                                                   \
    F(SCALED_SQUARE, MUL(SQ(X), N(P)))                                                             \
    F(SCALED_SOFTMAX, MUL(tad_softmax(X, 0), N(P)))                                                \
    F(SCALED_NORM, MUL(tad_sqrt(SUM(SQ(X))), N(P)))                                                \
    F(SQUARE, SQ(X))                                                                               \
    F(CUBE, MUL(SQ(X), X))                                                                         \
    F(INVERSE, DIV(N(1), X))                                                                       \
    F(LOG, tad_log(X))                                                                             \
    F(SQRT, tad_sqrt(X))                                                                           \
    F(CBRT, tad_cbrt(X))                                                                           \
    F(LOG1P, tad_log1p(X))                                                                         \
    F(EXPM1, tad_expm1(X))                                                                         \
    F(ASINH, tad_asinh(X))                                                                         \
    F(ATAN, tad_atan(X))                                                                           \
    F(TANH, tad_tanh(X))                                                                           \
    F(EXP_OVER_X, DIV(SUB(tad_exp(X), N(1)), X))                                                   \
    F(ROOT_LESS_X, SUB(tad_sqrt(ADD(SQ(X), N(1))), X))                                             \
    F(COS_OVER_X2, DIV(SUB(N(1), tad_cos(X)), SQ(X)))                                              \
    F(LIFTED, ADD(N(P), tad_sin(X)))                                                               \
    F(UP_AND_DOWN, SUB(ADD(X, N(P)), N(P)))                                                        \
    F(SUM_OF_SQUARES_LESS, SUB(MEAN(SQ(X)), SQ(MEAN(X))))                                          \
    F(MEAN_LESS_ITSELF, SUB(X, MEAN(X)))                                                           \
    F(DIFFERENCE_OF_SQUARES, SUB(SQ(ADD(X, N(P))), SQ(X)))                                         \
    F(LOG_OF_EXP, tad_log(tad_exp(X)))                                                             \
    F(TAN_LESS_SIN, SUB(tad_tan(X), tad_sin(X)))                                                   \
    F(MANY_TIMES, many_times(X, (int)P))                                                           \
    F(SIN_FAST, tad_sin(MUL(X, N(P))))                                                             \
    F(SIN, tad_sin(X))                                                                             \
    F(SIN_INVERSE, tad_sin(DIV(N(1), X)))                                                          \
    F(COS_SQUARE, tad_cos(SQ(X)))                                                                  \
    F(SINC, DIV(tad_sin(X), X))                                                                    \
    F(WAVES, SUM(tad_sin(MUL(X, N(P)))))                                                           \
    F(RELU, tad_relu(SUB(X, N(P))))                                                                \
    F(ABS, tad_abs(SUB(X, N(P))))                                                                  \
    F(MAXIMUM, tad_maximum(X, SQ(X)))                                                              \
    F(RELU_SINE, tad_relu(tad_sin(MUL(X, N(P)))))                                                  \
    F(L1, SUM(tad_abs(X)))                                                                         \
    F(AMAX, tad_amax(X, tad_all()))                                                                \
    F(RELU_CHAIN, tad_relu(SUB(tad_relu(ADD(X, N(0.1))), N(P))))                                   \
    F(SUM_ALL, SUM(X))                                                                             \
    F(MEAN_ALL, MEAN(X))                                                                           \
    F(SUM_SINE, SUM(tad_sin(X)))                                                                   \
    F(LOGSUMEXP, tad_logsumexp(X, tad_all()))                                                      \
    F(NORM, tad_sqrt(SUM(SQ(X))))                                                                  \
    F(LAYER_NORM, tad_layer_norm(X, tad_none(), tad_none(), TAD_0D, 1e-5))                         \
    F(VARIANCE, MEAN(SQ(SUB(X, MEAN(X)))))                                                         \
    F(MATRIX_SQUARE, tad_matmul(square_of(X, (int64_t)P), square_of(X, (int64_t)P)))               \
    F(MEAN_SQUARE, MEAN(SQ(X)))                                                                    \
    F(SOFTMAX, tad_softmax(MUL(X, N(P)), 0))                                                       \
    F(LOG_SOFTMAX, tad_log_softmax(MUL(X, N(P)), 0))                                               \
    F(CROSS_ENTROPY, tad_cross_entropy(MUL(X, N(P)), label(X, 1), NULL))                           \
    F(SIGMOID, tad_sigmoid(MUL(X, N(P))))                                                          \
    F(Z_SCORES, DIV(less_mean(X), tad_sqrt(MEAN(SQ(less_mean(X))))))                               \
    F(CORRELATION, DIV(MEAN(MUL(less_mean(X), tad_sin(X))), tad_sqrt(MEAN(SQ(less_mean(X))))))     \
    F(HILBERT, hilbert_times(X))                                                                   \
    F(SOFTPLUS, tad_log1p(tad_exp(MUL(X, N(P)))))                                                  \
    F(GELU, MUL(MUL(X, N(0.5)), ADD(N(1), tad_erf(MUL(X, N(0.7071067811865476))))))                \
    F(TANH_CHAIN, repeat(X, (int)P, wide_tanh))                                                    \
    F(SIN_CHAIN, repeat(X, (int)P, squashed))                                                      \
    F(NEWTON, repeat(X, (int)P, newton))                                                           \
    F(POLYNOMIAL, polynomial(X, (int)P))                                                           \
    F(POWER, tad_pow(X, N(P)))                                                                     \
    F(X_TO_X, tad_pow(X, X))                                                                       \
    F(GAUSS, tad_exp(MUL(SQ(X), N(-P))))                                                           \
    F(PEAK, DIV(N(1), ADD(SQ(X), N(P))))                                                           \
    F(SLIGHT_KINK, ADD(tad_sin(X), MUL(tad_abs(SUB(X, N(0.5))), N(P))))                            \
    F(RIPPLE, ADD(tad_sin(X), MUL(tad_sin(MUL(X, N(1e9))), N(P))))                                 \
    F(SQUARE_LESS_LINE, SUB(SUB(SQ(ADD(X, N(P))), N(P *P)), MUL(X, N(2 * P))))                     \
    F(SMALLER_ROOT, DIV(SUB(tad_sqrt(SUB(N(P *P), MUL(X, N(5.2)))), N(P)), MUL(X, N(2))))          \
    F(IN_FLOAT32, tad_cast(tad_sin(tad_cast(X, TAD_F32)), TAD_F64))

#define CODE(kind, result) kind,
typedef enum kind { KINDS(CODE) KIND_COUNT } kind;
#define TEXT(kind, result) #kind,
static const char *const kind_text[] = {KINDS(TEXT)};

/* n elements scale * (center + spread * N(0,1)) */
typedef struct hard {
    kind kind;
    double p;
    int n;
    double scale, center, spread;
} hard;

static const hard list[] = {
    /* sizes of the values */
    {SCALED_SIN, 1e-300, 3, 1, 0, 1},
    {SCALED_SIN, 1e-200, 3, 1, 0, 1},
    {SCALED_SIN, 1e-150, 3, 1, 0, 1},
    {SCALED_SIN, 1e-20, 3, 1, 0, 1},
    {SCALED_SIN, 1e20, 3, 1, 0, 1},
    {SCALED_SIN, 1e150, 3, 1, 0, 1},
    {SCALED_SIN, 1e200, 3, 1, 0, 1},
    {SCALED_SIN, 1e300, 3, 1, 0, 1},
    {SCALED_LINE, 1e-300, 3, 1, 0, 1},
    {SCALED_LINE, 1e-174, 3, 1, 0, 1},
    {SCALED_LINE, 1e-100, 3, 1, 0, 1},
    {SCALED_LINE, 1e174, 3, 1, 0, 1},
    {SCALED_LINE, 1e300, 3, 1, 0, 1},
    {SCALED_SQUARE, 1e-300, 3, 1, 0, 1},
    {SCALED_SQUARE, 1e-170, 3, 1, 0, 1},
    {SCALED_SQUARE, 1e170, 3, 1, 0, 1},
    {SCALED_SQUARE, 1e300, 3, 1, 0, 1},
    {SCALED_SOFTMAX, 1e-290, 4, 1, 0, 1},
    {SCALED_SOFTMAX, 1e-160, 4, 1, 0, 1},
    {SCALED_SOFTMAX, 1e160, 4, 1, 0, 1},
    {SCALED_SOFTMAX, 1e290, 4, 1, 0, 1},
    {SCALED_NORM, 1e-290, 4, 1, 0, 1},
    {SCALED_NORM, 1e-160, 4, 1, 0, 1},
    {SCALED_NORM, 1e160, 4, 1, 0, 1},
    {SCALED_NORM, 1e290, 4, 1, 0, 1},
    /* sizes of x */
    {SQUARE, 0, 3, 1e-150, 1, 0.3},
    {SQUARE, 0, 3, 1e-100, 1, 0.3},
    {SQUARE, 0, 3, 1e-9, 1, 0.3},
    {SQUARE, 0, 3, 1e9, 1, 0.3},
    {SQUARE, 0, 3, 1e100, 1, 0.3},
    {SQUARE, 0, 3, 1e150, 1, 0.3},
    {CUBE, 0, 3, 1e-100, 1, 0.3},
    {CUBE, 0, 3, 1e-9, 1, 0.3},
    {CUBE, 0, 3, 1e9, 1, 0.3},
    {CUBE, 0, 3, 1e100, 1, 0.3},
    {INVERSE, 0, 3, 1e-100, 1, 0.1},
    {INVERSE, 0, 3, 1e-50, 1, 0.1},
    {INVERSE, 0, 3, 1e-9, 1, 0.1},
    {INVERSE, 0, 3, 1e-3, 1, 0.1},
    {INVERSE, 0, 3, 1e9, 1, 0.1},
    {INVERSE, 0, 3, 1e100, 1, 0.1},
    {INVERSE, 0, 3, 1e150, 1, 0.1},
    {LOG, 0, 3, 1e-150, 1, 0.1},
    {LOG, 0, 3, 1e-100, 1, 0.1},
    {LOG, 0, 3, 1e-9, 1, 0.1},
    {LOG, 0, 3, 1e9, 1, 0.1},
    {LOG, 0, 3, 1e100, 1, 0.1},
    {LOG, 0, 3, 1e300, 1, 0.1},
    {SQRT, 0, 3, 1e-200, 1, 0.1},
    {SQRT, 0, 3, 1e-100, 1, 0.1},
    {SQRT, 0, 3, 1e-9, 1, 0.1},
    {SQRT, 0, 3, 1e9, 1, 0.1},
    {SQRT, 0, 3, 1e100, 1, 0.1},
    {SQRT, 0, 3, 1e300, 1, 0.1},
    {CBRT, 0, 3, 1e-100, 1, 0.1},
    {CBRT, 0, 3, 1e-9, 1, 0.1},
    {CBRT, 0, 3, 1e-3, 1, 0.1},
    {CBRT, 0, 3, 1e9, 1, 0.1},
    {CBRT, 0, 3, 1e100, 1, 0.1},
    {LOG1P, 0, 3, 1e-300, 1, 0.1},
    {LOG1P, 0, 3, 1e-9, 1, 0.1},
    {LOG1P, 0, 3, 1e9, 1, 0.1},
    {EXPM1, 0, 3, 1e-300, 1, 0.1},
    {EXPM1, 0, 3, 1e-9, 1, 0.1},
    {ASINH, 0, 3, 1e-20, 1, 0.1},
    {ASINH, 0, 3, 1e9, 1, 0.1},
    {ASINH, 0, 3, 1e100, 1, 0.1},
    {ATAN, 0, 3, 1e-20, 1, 0.1},
    {ATAN, 0, 3, 1e3, 1, 0.1},
    {TANH, 0, 3, 1e-20, 1, 0.1},
    {TANH, 0, 3, 5, 1, 0.1},
    {POWER, 2.5, 3, 1e-30, 1, 0.1},
    {POWER, 2.5, 3, 1e30, 1, 0.1},
    {POWER, -3.5, 3, 1e-9, 1, 0.1},
    {POWER, 0.3, 3, 1e-9, 1, 0.1},
    {X_TO_X, 0, 3, 1e-3, 1, 0.1},
    {X_TO_X, 0, 3, 10, 1, 0.1},
    {GAUSS, 1, 3, 1, 5, 1},
    {GAUSS, 100, 3, 1, 0.3, 0.1},
    {PEAK, 1e-4, 3, 1, 0, 0.1},
    {PEAK, 1e-8, 3, 1, 0, 0.001},
    {PEAK, 1e-12, 3, 1e-6, 1, 0.5},
    /* cancellation */
    {EXP_OVER_X, 0, 2, 1e-1, 1, 0.1},
    {EXP_OVER_X, 0, 2, 1e-2, 1, 0.1},
    {EXP_OVER_X, 0, 2, 1e-3, 1, 0.1},
    {EXP_OVER_X, 0, 2, 1e-4, 1, 0.1},
    {EXP_OVER_X, 0, 2, 1e-5, 1, 0.1},
    {ROOT_LESS_X, 0, 2, 1, 3, 0.1},
    {ROOT_LESS_X, 0, 2, 10, 1, 0.1},
    {ROOT_LESS_X, 0, 2, 30, 1, 0.1},
    {ROOT_LESS_X, 0, 2, 100, 1, 0.1},
    {ROOT_LESS_X, 0, 2, 1e3, 1, 0.1},
    {ROOT_LESS_X, 0, 2, 1e4, 1, 0.1},
    {COS_OVER_X2, 0, 2, 1, 1, 0.1},
    {COS_OVER_X2, 0, 2, 1e-1, 1, 0.1},
    {COS_OVER_X2, 0, 2, 1e-2, 1, 0.1},
    {COS_OVER_X2, 0, 2, 1e-3, 1, 0.1},
    {LIFTED, 1, 3, 1, 0, 1},
    {LIFTED, 1e2, 3, 1, 0, 1},
    {LIFTED, 1e4, 3, 1, 0, 1},
    {LIFTED, 1e6, 3, 1, 0, 1},
    {UP_AND_DOWN, 1, 3, 1, 0, 1},
    {UP_AND_DOWN, 1e3, 3, 1, 0, 1},
    {UP_AND_DOWN, 1e6, 3, 1, 0, 1},
    {UP_AND_DOWN, 1e9, 3, 1, 0, 1},
    {SUM_OF_SQUARES_LESS, 0, 20, 1, 0, 1},
    {SUM_OF_SQUARES_LESS, 0, 20, 1, 10, 1},
    {SUM_OF_SQUARES_LESS, 0, 20, 1, 100, 1},
    {SUM_OF_SQUARES_LESS, 0, 20, 1, 1e3, 1},
    {MEAN_LESS_ITSELF, 0, 10, 1, 0, 1},
    {MEAN_LESS_ITSELF, 0, 10, 1, 1e6, 1},
    {MEAN_LESS_ITSELF, 0, 30, 1, 1e3, 1},
    {DIFFERENCE_OF_SQUARES, 1, 3, 1, 0, 1},
    {DIFFERENCE_OF_SQUARES, 1e3, 3, 1, 0, 1},
    {DIFFERENCE_OF_SQUARES, 1e-3, 3, 1, 0, 1},
    {DIFFERENCE_OF_SQUARES, 1e-6, 3, 1, 1, 0.1},
    {LOG_OF_EXP, 0, 3, 1, 0, 1},
    {LOG_OF_EXP, 0, 3, 1e-3, 1, 0.1},
    {LOG_OF_EXP, 0, 3, 100, 1, 0.1},
    {TAN_LESS_SIN, 0, 3, 1e-1, 1, 0.1},
    {TAN_LESS_SIN, 0, 3, 1e-2, 1, 0.1},
    {MANY_TIMES, 10, 3, 1, 0, 1},
    {MANY_TIMES, 100, 3, 1, 0, 1},
    {MANY_TIMES, 1000, 2, 1, 0, 1},
    {MANY_TIMES, 10000, 1, 1, 0.7, 0.1},
    /* oscillation */
    {SIN, 0, 3, 1e2, 1, 0.3},
    {SIN, 0, 3, 1e4, 1, 0.3},
    {SIN, 0, 3, 1e6, 1, 0.3},
    {SIN, 0, 3, 1e8, 1, 0.3},
    {SIN_FAST, 1e1, 3, 1, 0, 1},
    {SIN_FAST, 1e2, 3, 1, 0, 1},
    {SIN_FAST, 1e3, 3, 1, 0, 1},
    {SIN_FAST, 1e4, 3, 1, 0, 1},
    {SIN_FAST, 1e6, 3, 1, 0, 1},
    {SIN_FAST, 1e-3, 3, 1, 0, 1},
    {SIN_FAST, 1e-9, 3, 1, 0, 1},
    {SIN_INVERSE, 0, 3, 1, 1, 0.1},
    {SIN_INVERSE, 0, 3, 1e-1, 1, 0.1},
    {SIN_INVERSE, 0, 3, 1e-2, 1, 0.1},
    {SIN_INVERSE, 0, 3, 1e-3, 1, 0.1},
    {COS_SQUARE, 0, 3, 3, 1, 0.1},
    {COS_SQUARE, 0, 3, 30, 1, 0.1},
    {COS_SQUARE, 0, 3, 300, 1, 0.1},
    {SINC, 0, 3, 1e-3, 1, 0.1},
    {SINC, 0, 3, 10, 1, 0.1},
    {SINC, 0, 3, 1e3, 1, 0.1},
    {WAVES, 10, 50, 1, 0, 1},
    {WAVES, 300, 50, 1, 0, 1},
    /* kinks: at the point, and at distances from it */
    {RELU, 0, 1, 0, 1, 0},
    {ABS, 0, 1, 0, 1, 0},
    {RELU, 0.5, 1, 1, 0.5, 0},
    {ABS, 2, 1, 1, 2, 0},
    {RELU, 0, 1, 1e-12, 1, 0},
    {RELU, 0, 1, -1e-12, 1, 0},
    {RELU, 0, 1, 1e-9, 1, 0},
    {RELU, 0, 1, -1e-9, 1, 0},
    {RELU, 0, 1, 1e-6, 1, 0},
    {RELU, 0, 1, -1e-6, 1, 0},
    {RELU, 0, 1, 1e-3, 1, 0},
    {ABS, 0, 1, 1e-12, 1, 0},
    {ABS, 0, 1, -1e-9, 1, 0},
    {ABS, 0, 1, 1e-7, 1, 0},
    {ABS, 0, 1, 1e-5, 1, 0},
    {ABS, 0, 1, -1e-2, 1, 0},
    {ABS, 1, 3, 1, 1.001, 1e-4},
    {MAXIMUM, 0, 3, 1, 1.0001, 1e-5},
    {MAXIMUM, 0, 1, 1, 1, 0},
    {MAXIMUM, 0, 4, 1, 0.5, 0.2},
    {RELU_SINE, 10, 5, 1, 0, 1},
    {RELU_SINE, 100, 5, 1, 0, 1},
    {L1, 0, 30, 1, 0, 1},
    {L1, 0, 300, 1, 0, 1},
    {AMAX, 0, 30, 1, 0, 1},
    {AMAX, 0, 300, 1, 0, 1},
    {RELU_CHAIN, 0.2, 5, 1, 0, 1},
    {RELU_CHAIN, 0.1, 5, 1, 0, 0.01},
    {SLIGHT_KINK, 1e-2, 1, 1, 0.50000001, 0},
    {SLIGHT_KINK, 1e-3, 1, 1, 0.50000001, 0},
    {SLIGHT_KINK, 1e-3, 1, 1, 0.4999999, 0},
    {SLIGHT_KINK, 1e-3, 1, 1, 0.500001, 0},
    {SLIGHT_KINK, 1e-4, 1, 1, 0.500001, 0},
    {SLIGHT_KINK, 1e-4, 1, 1, 0.49999, 0},
    {ABS, 1, 1, 1, 0.99999999, 0},
    {MAXIMUM, 0, 1, 1, 1.00000001, 0},
    {CUBE, 0, 1, 0, 1, 0},
    /* long sums */
    {SUM_ALL, 0, 300, 1, 0, 1},
    {SUM_ALL, 0, 1000, 1, 0, 1},
    {SUM_ALL, 0, 3000, 1, 0, 1},
    {MEAN_ALL, 0, 300, 1, 0, 1},
    {MEAN_ALL, 0, 1000, 1, 0, 1},
    {MEAN_ALL, 0, 3000, 1, 0, 1},
    {SUM_SINE, 0, 300, 1, 0, 1},
    {SUM_SINE, 0, 2000, 1, 0, 1},
    {LOGSUMEXP, 0, 300, 1, 0, 1},
    {LOGSUMEXP, 0, 100, 10, 0, 1},
    {NORM, 0, 300, 1, 0, 1},
    {NORM, 0, 1000, 1, 0, 1},
    {LAYER_NORM, 0, 20, 1, 0, 1},
    {LAYER_NORM, 0, 60, 1, 100, 1},
    {VARIANCE, 0, 300, 1, 0, 1},
    {VARIANCE, 0, 100, 1, 1e4, 1},
    {MATRIX_SQUARE, 5, 25, 1, 0, 1},
    {MATRIX_SQUARE, 8, 64, 1, 0, 1},
    {MEAN_SQUARE, 0, 1000, 1, 0, 1},
    {MEAN_SQUARE, 0, 300, 1e-6, 0, 1},
    /* saturation */
    {SOFTMAX, 1, 10, 1, 0, 1},
    {SOFTMAX, 5, 10, 1, 0, 1},
    {SOFTMAX, 10, 10, 1, 0, 1},
    {SOFTMAX, 30, 10, 1, 0, 1},
    {LOG_SOFTMAX, 5, 10, 1, 0, 1},
    {LOG_SOFTMAX, 30, 10, 1, 0, 1},
    {CROSS_ENTROPY, 1, 10, 1, 0, 1},
    {CROSS_ENTROPY, 5, 10, 1, 0, 1},
    {CROSS_ENTROPY, 10, 10, 1, 0, 1},
    {CROSS_ENTROPY, 30, 10, 1, 0, 1},
    {Z_SCORES, 0, 10, 1, 0, 1},
    {Z_SCORES, 0, 10, 1, 10, 1},
    {CORRELATION, 0, 10, 1, 0, 1},
    {HILBERT, 0, 4, 1, 2, 1},
    {HILBERT, 0, 6, 1, 2, 1},
    {HILBERT, 0, 8, 1, 2, 1},
    {SIGMOID, 10, 3, 1, 0, 1},
    {SIGMOID, 30, 3, 1, 0, 1},
    {SIGMOID, -30, 3, 1, 0, 1},
    {SOFTPLUS, 10, 3, 1, 0, 1},
    {SOFTPLUS, 100, 3, 1, 0, 1},
    {GELU, 0, 5, 1, 0, 2},
    {GELU, 0, 5, 5, -1, 0.1},
    /* depth */
    {TANH_CHAIN, 10, 3, 1, 0, 1},
    {TANH_CHAIN, 50, 3, 1, 0, 1},
    {SIN_CHAIN, 10, 3, 1, 0, 1},
    {SIN_CHAIN, 30, 3, 1, 0, 1},
    {NEWTON, 4, 3, 1, 2, 0.3},
    {NEWTON, 8, 3, 1, 50, 5},
    {POLYNOMIAL, 5, 3, 1, 0, 1},
    {POLYNOMIAL, 10, 3, 1, 1, 0.1},
    {POLYNOMIAL, 20, 3, 1, 0.9, 0.1},
};
enum { COUNT = sizeof list / sizeof *list };

static tad_var run(tad_tape *t, const tad_var *in, size_t n, void *user) {
    const hard *h = user;
    tad_var X = in[0];
    double P = h->p;
    (void)t, (void)n;
    switch (h->kind) {
#define CASE(kind, result)                                                                         \
    case kind: return result;
        KINDS(CASE)
    default: return tad_none();
    }
}

static tad_verdict check(const hard *h, int order, uint64_t seed, tad_gradcheck_report *r) {
    tad_tape *t = tad_tape_new(NULL);
    tad_random random = {seed, 0};
    double *x = malloc((size_t)h->n * sizeof *x);
    for (int i = 0; i < h->n; i++)
        x[i] = h->scale * (h->center + h->spread * tad_random_normal(&random));
    tad_var in = tad_input(t, TAD_F64, h->n == 1 ? TAD_0D : TAD_SHAPE(h->n), x);
    const tad_gradcheck_options o = {.order = order, .max_elements = 200};
    hard copy = *h;
    tad_verdict v = tad_gradcheck(run, &copy, &in, 1, &o, r);
    tad_tape_free(t);
    free(x);
    return v;
}

/* ---- all of them ---- */

static void print(const hard *h, int order, tad_verdict v, const tad_gradcheck_report *r) {
    fprintf(stderr, "# order %d: %s p %g, %d of %g (%g + %g N): %s, inconclusive %zu + %zu: %s\n",
            order, kind_text[h->kind], h->p, h->n, h->scale, h->center, h->spread,
            tad_verdict_text(v), r->row[0].inconclusive, r->second_row.inconclusive, r->first);
}

START_TEST(right_functions_do_not_fail) {
    static tad_gradcheck_report r;
    int order = _i, count[TAD_CHECK_ERROR + 1] = {0};
    for (int i = 0; i < COUNT; i++) {
        tad_verdict v = check(&list[i], order, (uint64_t)i, &r);
        count[v]++;
        if (v != TAD_CHECK_PASS && v != TAD_CHECK_VACUOUS) print(&list[i], order, v, &r);
    }
    printf("# %d functions, order %d: pass %d, inconclusive %d, vacuous %d, fail %d, error %d\n",
           COUNT, order, count[TAD_CHECK_PASS], count[TAD_CHECK_INCONCLUSIVE],
           count[TAD_CHECK_VACUOUS], count[TAD_CHECK_FAIL], count[TAD_CHECK_ERROR]);
    fflush(stdout);
    ck_assert_int_ge(COUNT, 200);
    ck_assert_int_eq(count[TAD_CHECK_FAIL] + count[TAD_CHECK_ERROR], 0);
    ck_assert_int_le(count[TAD_CHECK_INCONCLUSIVE], COUNT * 6 / 100);
    ck_assert_int_le(count[TAD_CHECK_VACUOUS], COUNT * 6 / 100);
}
END_TEST

/* ---- many seeds of few ---- */

/* Checks one function at many points; returns how many were inconclusive. */
static int at_many_points(const hard *h, int order, int points) {
    static tad_gradcheck_report r;
    int inconclusive = 0;
    for (int i = 0; i < points; i++) {
        tad_verdict v = check(h, order, 100 + (uint64_t)i, &r);
        if (v == TAD_CHECK_FAIL || v == TAD_CHECK_ERROR) print(h, order, v, &r);
        ck_assert_int_ne(v, TAD_CHECK_FAIL);
        ck_assert_int_ne(v, TAD_CHECK_ERROR);
        inconclusive += v == TAD_CHECK_INCONCLUSIVE;
    }
    return inconclusive;
}

static const hard sums[] = {{SUM_ALL, 0, 1000, 1, 0, 1},  {SUM_ALL, 0, 3000, 1, 0, 1},
                            {SUM_ALL, 0, 10000, 1, 0, 1}, {MEAN_ALL, 0, 1000, 1, 0, 1},
                            {MEAN_ALL, 0, 3000, 1, 0, 1}, {MEAN_ALL, 0, 10000, 1, 0, 1}};

START_TEST(long_sums_that_cancel_are_right) {
    ck_assert_int_eq(at_many_points(&sums[_i], 1, 40), 0);
}
END_TEST

static const hard confident[] = {{SOFTMAX, 10, 10, 1, 0, 1},
                                 {SOFTMAX, 30, 10, 1, 0, 1},
                                 {CROSS_ENTROPY, 5, 10, 1, 0, 1},
                                 {CROSS_ENTROPY, 10, 10, 1, 0, 1},
                                 {CROSS_ENTROPY, 30, 10, 1, 0, 1}};

START_TEST(nets_may_be_sure_of_themselves) {
    int undecided = at_many_points(&confident[_i], 1, 40);
    if (undecided > 4)
        ck_abort_msg("%s, logits %g N(0,1): %d of 40 inconclusive", kind_text[confident[_i].kind],
                     confident[_i].p, undecided);
}
END_TEST

/* The second order of the loss. Where the net is sure of another class than the label, the gradient
 * is 1 there to the last bit, and does not tell. */
START_TEST(losses_may_be_sure_twice) {
    const hard h = {CROSS_ENTROPY, 5 << _i, 10, 1, 0, 1};
    ck_assert_int_le(at_many_points(&h, 2, 200), 32);
}
END_TEST

/* ---- values whose digits are lost, or that move faster than steps can follow ---- */

static const hard lost[] = {
    {SQUARE_LESS_LINE, 1e6, 2, 1, 0, 1}, {SQUARE_LESS_LINE, 1e12, 2, 1, 0, 1},
    {SMALLER_ROOT, 1e4, 1, 1, 1.1, 0},   {SMALLER_ROOT, 1e7, 1, 1, 1.1, 0},
    {IN_FLOAT32, 0, 3, 1, 0, 1},         {RIPPLE, 1e-9, 3, 1, 0, 1},
    {RIPPLE, 1e-6, 3, 1, 0, 1},          {CROSS_ENTROPY, 16, 4, 1, 1, 1}};

START_TEST(what_cannot_be_told_is_not_called_wrong) {
    static tad_gradcheck_report r;
    for (int order = 1; order <= 2; order++) {
        tad_verdict v = check(&lost[_i], order, 7, &r);
        if (v == TAD_CHECK_FAIL || v == TAD_CHECK_ERROR) print(&lost[_i], order, v, &r);
        ck_assert_int_ne(v, TAD_CHECK_FAIL);
        ck_assert_int_ne(v, TAD_CHECK_ERROR);
    }
}
END_TEST

/* ---- inputs of very different sizes in one vector ---- */

static tad_var squares(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return SQ(in[0]);
}

static tad_var sum_of_tanh(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return SUM(tad_tanh(in[0]));
}

static tad_verdict check_vector(tad_fn *f, const double *x, int64_t n,
                                const tad_gradcheck_options *o) {
    tad_gradcheck_report r;
    tad_tape *t = tad_tape_new(NULL);
    tad_var in = tad_input(t, TAD_F64, TAD_SHAPE(n), x);
    tad_verdict v = tad_gradcheck(f, NULL, &in, 1, o, &r);
    if (v != TAD_CHECK_PASS) fprintf(stderr, "# %s: %s\n", tad_verdict_text(v), r.first);
    tad_tape_free(t);
    return v;
}

/* What one value needs finer steps for says nothing of the others. */
START_TEST(squares_of_all_sizes_pass) {
    const double x[] = {1e-200, 3e-100, 2e-30, 1.5, 7e30, 2e100, 1e150};
    ck_assert_int_eq(check_vector(squares, x, 7, NULL), TAD_CHECK_PASS);
}
END_TEST

/* Along a direction through all elements the first steps are far too large for most of them. */
START_TEST(directions_through_all_sizes_do_not_fail) {
    enum { SIZE = 2000 };
    static double x[SIZE];
    tad_random random = {3, 0};
    for (int i = 0; i < SIZE; i++) x[i] = tad_random_normal(&random) * pow(10, i % 20 - 10);
    const tad_gradcheck_options o = {.max_elements = 50};
    ck_assert_int_ne(check_vector(sum_of_tanh, x, SIZE, &o), TAD_CHECK_FAIL);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("hard");
    TCase *c = support_case(s, "hard");
    tcase_set_timeout(c, 300);
    tcase_add_loop_test(c, right_functions_do_not_fail, 1, 3);
    c = support_case(s, "sums");
    tcase_set_timeout(c, 300);
    tcase_add_loop_test(c, long_sums_that_cancel_are_right, 0, sizeof sums / sizeof *sums);
    c = support_case(s, "lost");
    tcase_add_loop_test(c, what_cannot_be_told_is_not_called_wrong, 0, sizeof lost / sizeof *lost);
    c = support_case(s, "sizes");
    tcase_add_test(c, squares_of_all_sizes_pass);
    tcase_add_test(c, directions_through_all_sizes_do_not_fail);
    c = support_case(s, "sure");
    tcase_add_loop_test(c, losses_may_be_sure_twice, 0, 5);
    tcase_add_loop_test(c, nets_may_be_sure_of_themselves, 0, sizeof confident / sizeof *confident);
    return s;
}

SUPPORT_MAIN(suite)
