/* Linear algebra of small matrices as plain C: the algorithms of ops/linalg, and the text of
 * programs. Matrices are row-major without gaps, but for operands a and b of the functions that ops
 * call. */
#ifndef TAD_KERNEL_PLAIN_LINALG_H
#define TAD_KERNEL_PLAIN_LINALG_H

#include <float.h>
#include <stddef.h>

#include "../elementary/exp.h"
#include "../elementary/log.h"
#include "../elementary/root.h"

/* Operands of a call: a is m x n or, where it is square, n x n; b is n x k, or k x n on the left of
 * a; where their rows and columns lie, in elements; what is read of a. band_body.h says what its
 * functions take them for. */
typedef struct tad__sides {
    ptrdiff_t m, n, k, a_row, a_col, b_row, b_col;
    int upper, left, unit;
    double least; /* singular values that count, over the largest */
} tad__sides;

#define tad__epsilon_f64 DBL_EPSILON
#define tad__epsilon_f32 FLT_EPSILON
/* The least normal number; a sum of squares below `vanishing` may have lost some, which those of
 * `lift` times the numbers have not. */
#define tad__normal_f64 DBL_MIN
#define tad__normal_f32 FLT_MIN
#define tad__vanishing_f64 (DBL_MIN / DBL_EPSILON)
#define tad__vanishing_f32 (FLT_MIN / FLT_EPSILON)
#define tad__lift_f64 0x1p600
#define tad__lift_f32 0x1p100f

#define BODY "plain/linalg_body.h"
#include "../instantiate.h"

#define BODY "plain/band_body.h"
#include "../instantiate.h"

#define BODY "plain/eigen_body.h"
#include "../instantiate.h"

#define BODY "plain/factor_body.h"
#include "../instantiate.h"

#define BODY "plain/positive_body.h"
#include "../instantiate.h"

#endif
