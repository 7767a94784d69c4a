/* The works of bench_second: derivatives of derivatives and whole matrices of them, and the table
 * of what CoDiPack does of them. Plain C, also for C++. */
#ifndef TAD_TESTS_SECOND_WORK_H
#define TAD_TESTS_SECOND_WORK_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* S(name, outputs, inputs): functions of vectors. rosenbrock has one output; affine is
 * tanh(w x); net is the sum of squares of that. */
#define SECOND_WORKS(S)                                                                            \
    S(hvp_1000, 1, 1000)                                                                           \
    S(hvps_1000, 1, 1000)                                                                          \
    S(hessian_10, 1, 10)                                                                           \
    S(hessian_100, 1, 100)                                                                         \
    S(hessian_net_100, 1, 100)                                                                     \
    S(jacobian_100x100, 100, 100)                                                                  \
    S(jacobian_1000x10, 1000, 10)                                                                  \
    S(jacobian_10x1000, 10, 1000)

#define SECOND_ID(name, m, n) SECOND_##name,
enum { SECOND_WORKS(SECOND_ID) SECOND_COUNT };
#undef SECOND_ID
enum { SECOND_MOST = 100 * 100 }; /* of weights, and of a matrix */
enum { SECOND_VECTORS = 8 };      /* that hvps multiplies by, one after the other in v */

/* The weights of affine and net, m rows of n. */
extern double second_weights[SECOND_MOST];

/* The product, Hessian or Jacobian at x, and with v where that is a product, or are products. */
typedef void second_run(const double *x, const double *v, double *out);
extern second_run *const second_codi[SECOND_COUNT];

#ifdef __cplusplus
}
#endif

#endif
