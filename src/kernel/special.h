/* Elementary functions with branches: of many instructions, which vectors would not help. Each is
 * compiled once, by special.c, so that all levels have its bits. float32 is rounded from float64.
 */
#ifndef TAD_KERNEL_SPECIAL_H
#define TAD_KERNEL_SPECIAL_H

/* X(NAME) for each: of one argument, of an order and an argument. */
#define TAD__SPECIAL_UNARY(X) X(lgamma) X(digamma) X(erfinv) X(ndtr) X(log_ndtr) X(ndtri)
#define TAD__SPECIAL_ORDER(X) X(polygamma) X(erfcx) X(bessel_i) X(bessel_ie)

#define TAD__SPECIAL_1(name)                                                                       \
    double tad__##name##_f64(double x);                                                            \
    float tad__##name##_f32(float x);
#define TAD__SPECIAL_2(name)                                                                       \
    double tad__##name##_f64(double n, double x);                                                  \
    float tad__##name##_f32(float n, float x);
TAD__SPECIAL_UNARY(TAD__SPECIAL_1)
TAD__SPECIAL_ORDER(TAD__SPECIAL_2)

#endif
