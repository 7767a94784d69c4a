/* The functions of plain/linalg.h and plain/fft.h that ops call, compiled for each level: additions
 * are in one order, so that every level gives the same bits. Rests on these. */
#ifndef TAD_KERNEL_LINALG_H
#define TAD_KERNEL_LINALG_H

#include "plain/fft.h"
#include "plain/linalg.h"

#define TAD__OF_MATRICES(X)                                                                        \
    X(solve)                                                                                       \
    X(solve_triangular)                                                                            \
    X(inverse)                                                                                     \
    X(determinant)                                                                                 \
    X(log_determinant)                                                                             \
    X(cofactors)                                                                                   \
    X(cofactor_slope)                                                                              \
    X(cholesky)                                                                                    \
    X(eigenvalues)                                                                                 \
    X(eigenvectors)                                                                                \
    X(over_gaps)                                                                                   \
    X(qr)                                                                                          \
    X(lu)                                                                                          \
    X(singular_values)                                                                             \
    X(svd)                                                                                         \
    X(pseudo_inverse)                                                                              \
    X(matrix_exp)                                                                                  \
    X(matrix_exp_slope)                                                                            \
    X(matrix_sqrt)                                                                                 \
    X(lyapunov)                                                                                    \
    X(matrix_log)                                                                                  \
    X(matrix_log_slope)                                                                            \
    X(solve_banded)                                                                                \
    X(multiply_banded)                                                                             \
    X(band_of_product)

#define TAD__NUMBER_OF(name) TAD__MATRIX_##name,
enum { TAD__OF_MATRICES(TAD__NUMBER_OF) TAD__MATRIX_FUNCTIONS };

/* Of a call's sides, operands a and b, two results and room. 0: there is no result. */
typedef int tad__of_f64(const tad__sides *s, const double *a, const double *b, double *x, double *y,
                        double *work);
typedef int tad__of_f32(const tad__sides *s, const float *a, const float *b, float *x, float *y,
                        float *work);

/* Small matrices, some of them together: an element has TAD__TOGETHER bytes, what it is in each. Of
 * a call's sides; a, m x n, which is lost; x, the second operand where there is one, which becomes
 * the first result; the second one, y; room as the function for one matrix has it. 0: they are to
 * be taken one by one. */
enum { TAD__TOGETHER = 64 };
#define TAD__OF_MATRICES_TOGETHER(X)                                                               \
    X(solve)                                                                                       \
    X(inverse)                                                                                     \
    X(determinant)                                                                                 \
    X(cofactors)                                                                                   \
    X(cholesky) X(qr) X(eigenvalues) X(eigenvectors) X(svd) X(singular_values) X(pseudo_inverse)
typedef int tad__of_lanes_f64(const tad__sides *s, double *a, double *x, double *y, double *work);
typedef int tad__of_lanes_f32(const tad__sides *s, float *a, float *x, float *y, float *work);

typedef struct tad__linalg_kernels {
    tad__of_f64 *f64[TAD__MATRIX_FUNCTIONS];
    tad__of_f32 *f32[TAD__MATRIX_FUNCTIONS];
    tad__of_lanes_f64 *lanes_f64[TAD__MATRIX_FUNCTIONS]; /* NULL: always one by one */
    tad__of_lanes_f32 *lanes_f32[TAD__MATRIX_FUNCTIONS];
    /* As in plain/fft_body.h. */
    void (*fft_table_f64)(ptrdiff_t n, double *room, double *table);
    void (*fft_table_f32)(ptrdiff_t n, float *room, float *table);
    void (*fft_f64)(ptrdiff_t n, ptrdiff_t l, const double *table, int inverse, double scale,
                    const double *x, double *room, double *y);
    void (*fft_f32)(ptrdiff_t n, ptrdiff_t l, const float *table, int inverse, float scale,
                    const float *x, float *room, float *y);
} tad__linalg_kernels;

#endif
