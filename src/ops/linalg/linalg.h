/* Linear algebra: methods on small matrices, plain C of one text for arrays and programs, applied
 * to each matrix of a batch. The last two axes are a matrix; leading axes broadcast. Rests on
 * tape.h and kernel/linalg.h. */
#ifndef TAD_OPS_LINALG_LINALG_H
#define TAD_OPS_LINALG_LINALG_H

#include "array/c_text.h"
#include "kernel/linalg.h"
#include "tape/tape.h"

/* What a function of a library gives: no result, a result, "ask the other one". */
enum { TAD__REFUSED, TAD__DONE, TAD__LEFT };

/* Who is asked first where no side is below `from`: LAPACK. */
typedef struct tad__library {
    tad__of_f64 *f64;
    tad__of_f32 *f32;
    int squares, rows; /* room, as of a method */
    ptrdiff_t from;
} tad__library;

typedef struct tad__method {
    const char *part;            /* as tad__c_part asks for it */
    int function;                /* of the kernels */
    int squares, rows;           /* room: so many matrices, and so many of their longer side */
    tad_status status;           /* where it gives 0; OK: it never does */
    const tad__library *library; /* NULL: none */
} tad__method;

#define TAD__METHOD(name) .part = #name, .function = TAD__MATRIX_##name

/* lapack.c, where the build has a LAPACK. */
#ifdef TAD_LAPACK
extern const tad__library tad__lapack_solve, tad__lapack_inverse, tad__lapack_determinant,
    tad__lapack_log_determinant, tad__lapack_lu, tad__lapack_qr, tad__lapack_cholesky,
    tad__lapack_eigenvalues, tad__lapack_eigenvectors, tad__lapack_singular_values, tad__lapack_svd,
    tad__lapack_pseudo_inverse;
#define TAD__LIBRARY_METHOD(name) TAD__METHOD(name), .library = &tad__lapack_##name
#else
#define TAD__LIBRARY_METHOD(name) TAD__METHOD(name)
#endif

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
