/* Linear algebra: methods on small matrices, plain C of one text for arrays and programs, applied
 * to each matrix of a batch. The last two axes are a matrix; leading axes broadcast. Rests on
 * tape.h and kernel/plain/linalg.h. */
#ifndef TAD_OPS_LINALG_LINALG_H
#define TAD_OPS_LINALG_LINALG_H

#include "array/c_text.h"
#include "kernel/plain/linalg.h"
#include "tape/tape.h"

/* A function of kernel/plain/: of a call's sides, operands a and b, two results and room. */
typedef struct tad__method {
    const char *part; /* as tad__c_part asks for it */
    int (*f64)(const tad__sides *s, const double *a, const double *b, double *x, double *y,
               double *work);
    int (*f32)(const tad__sides *s, const float *a, const float *b, float *x, float *y,
               float *work);
    int squares, rows; /* room: so many n x n, and so many n */
    tad_status status; /* where it gives 0; OK: it never does */
} tad__method;

#define TAD__METHOD(name) .part = #name, .f64 = tad__##name##_f64, .f32 = tad__##name##_f32

/* ---- shapes ---- */

/* Operand i is of a float type and has square matrices; its leading axes. */
tad_status tad__need_square(const tad_call_frame *c, size_t i, tad_shape *batch);
/* The shape rule of what makes a matrix of a square one, and perhaps of a second one of its shape.
 */
tad_status tad__one_or_two_squares(const tad_call_frame *c, tad_type *out, size_t *n_out);
/* Of any size. */
tad_status tad__need_matrices(const tad_call_frame *c, size_t i, tad_shape *batch);
/* solve.c: of what solves for operand 1, with rows as operand 0, whose leading axes are `batch`,
 * has columns: (...,n,k), leading axes broadcast, or (n). */
tad_status tad__right_side_type(const tad_call_frame *c, const tad_shape *batch, tad_type *out);
/* A batch of m x n matrices; with n -1 of vectors, with m -1 too of numbers. */
tad_type tad__batch_of(tad_dtype dtype, const tad_shape *batch, int64_t m, int64_t n);

/* ---- calls ---- */

/* The sides of a call with everything else zero: a square, b its rows or, not left, its columns. */
tad__sides tad__sides_of(const tad_call_frame *c, bool left);
tad_status tad__each_matrix(const tad_call_frame *c, const tad__method *method,
                            const tad__sides *s);
void tad__each_matrix_c_text(const tad_call_frame *c, tad_c *to, const tad__method *method,
                             const tad__sides *s);

/* ---- rules ---- */

/* symmetric.c: a over the gaps w[j] - w[i] between values in a row, element by element, 0 where
 * both are; strict: equal values are refused. */
tad_var tad__over_gaps(tad_var a, tad_var w, bool strict);
/* tridiagonal.c: x with a x = b for the matrix with these diagonals, of n - 1, n and n - 1
 * elements. */
tad_var tad__tridiagonal_solve(tad_var below, tad_var on, tad_var above, tad_var b);
/* exp.c: of the derivative of matrix_exp at a in direction e, the gradient by a for the cotangent
 * g; and how it changes where a moves by da. */
tad_var tad__exp_slope_adjoint(tad_var a, tad_var e, tad_var g);
tad_var tad__exp_slope_change(tad_var a, tad_var e, tad_var da);

#endif
