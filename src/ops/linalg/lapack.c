/* Larger matrices by LAPACK, where the build has one (-Dlapack): the other side of the functions
 * of kernel/plain/, with their results, refusals and room.
 *
 * LAPACK has matrices column by column: ours, row by row, are their transposes, and where nothing
 * need be moved for it, the transpose is factored. Room is ours, so that it counts as the tape's
 * memory. What is not finite is left to our own functions, which promise NaNs; no argument is ever
 * one that LAPACK would complain of in print. Rests on linalg.h. */
#include "linalg.h"

#include <string.h>

/* As Fortran has them: names in lower case with an underscore, everything by address, lengths of
 * words behind all. */
#define LENGTH_OF_WORD , size_t
#define WORD(letter)                                                                               \
    &(const char) { letter }

#define getrf_f64 dgetrf_
#define getrf_f32 sgetrf_
#define getrs_f64 dgetrs_
#define getrs_f32 sgetrs_
#define getri_f64 dgetri_
#define getri_f32 sgetri_
#define potrf_f64 dpotrf_
#define potrf_f32 spotrf_
#define geqrf_f64 dgeqrf_
#define geqrf_f32 sgeqrf_
#define orgqr_f64 dorgqr_
#define orgqr_f32 sorgqr_
#define syevd_f64 dsyevd_
#define syevd_f32 ssyevd_
#define gesdd_f64 dgesdd_
#define gesdd_f32 sgesdd_
#define gemm_f64 dgemm_
#define gemm_f32 sgemm_

/* What LAPACK takes in blocks of at most so many columns; squares of what a cache has room for,
 * when rows become columns. */
enum { BLOCK = 64, SIDE = 8 };

#define BODY "ops/linalg/lapack_body.h"
#include "kernel/instantiate.h"

/* From which size on it is as fast: measured beside OpenBLAS 0.3 on an AMD EPYC. */
#define LAPACK(name, matrices, sides, size)                                                        \
    const tad__library tad__lapack_##name = {.f64 = lapack_##name##_f64,                           \
                                             .f32 = lapack_##name##_f32,                           \
                                             .squares = matrices,                                  \
                                             .rows = sides,                                        \
                                             .from = size}

LAPACK(solve, 2, 1, 64);
LAPACK(inverse, 0, BLOCK + 1, 64);
LAPACK(determinant, 1, 1, 64);
LAPACK(log_determinant, 1, 1, 64);
LAPACK(lu, 1, 1, 64);
LAPACK(qr, 1, BLOCK + 1, 96);
LAPACK(cholesky, 0, 0, 64);
LAPACK(eigenvalues, 1, BLOCK + 8, 128);
LAPACK(eigenvectors, 2, BLOCK + 14, 128);
LAPACK(singular_values, 2, 2 * BLOCK + 16, 96);
LAPACK(svd, 7, 2 * BLOCK + 16, 96);
LAPACK(pseudo_inverse, 7, 2 * BLOCK + 17, 96);
