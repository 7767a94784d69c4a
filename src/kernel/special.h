/* Elementary functions with branches: of many instructions, which vectors would not help. Each is
 * compiled once, by special.c, so that all levels have its bits. float32 is rounded from float64.
 */
#ifndef TAD_KERNEL_SPECIAL_H
#define TAD_KERNEL_SPECIAL_H

/* X(NAME) for each: of one argument; of an order and an argument; of a branch and an argument; of
 * two orders and up to three arguments, as lists, in double only. */
#define TAD__SPECIAL_UNARY(X) X(lgamma) X(digamma) X(erfinv) X(log_ndtr) X(ndtri)
#define TAD__SPECIAL_ORDER(X)                                                                      \
    X(polygamma)                                                                                   \
    X(erfcx)                                                                                       \
    X(inverse_mills)                                                                               \
    X(sinc) X(bessel_i) X(bessel_ie) X(bessel_j) X(bessel_y) X(bessel_k) X(bessel_ke)
#define TAD__SPECIAL_BRANCH(X) X(lambert_w)
#define TAD__SPECIAL_LIST(X)                                                                       \
    X(zeta_value)                                                                                  \
    X(lbeta)                                                                                       \
    X(beta)                                                                                        \
    X(gammainc)                                                                                    \
    X(gammaincc)                                                                                   \
    X(gamma_density)                                                                               \
    X(betainc) X(beta_density) X(gammaincinv) X(gammainccinv) X(betaincinv) X(poisson_quantile)

#define TAD__SPECIAL_1(name)                                                                       \
    double tad__##name##_f64(double x);                                                            \
    float tad__##name##_f32(float x);
#define TAD__SPECIAL_2(name)                                                                       \
    double tad__##name##_f64(double n, double x);                                                  \
    float tad__##name##_f32(float n, float x);
#define TAD__SPECIAL_L(name) double tad__##name##_f64(const double *order, const double *x);
TAD__SPECIAL_UNARY(TAD__SPECIAL_1)
TAD__SPECIAL_ORDER(TAD__SPECIAL_2)
TAD__SPECIAL_BRANCH(TAD__SPECIAL_2)
TAD__SPECIAL_LIST(TAD__SPECIAL_L)

#endif
