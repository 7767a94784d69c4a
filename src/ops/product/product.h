/* Products that sum over a common axis: one blocked matrix product on strided memory. An op says
 * only which axes are rows, columns and batches. Rests on tape.h and kernel/gemm.h. */
#ifndef TAD_OPS_PRODUCT_PRODUCT_H
#define TAD_OPS_PRODUCT_PRODUCT_H

#include "kernel/gemm.h"
#include "tape/tape.h"

/* ---- operands as matrices ---- */

/* A batch of matrices in an array. */
typedef struct tad__matrix {
    char *data;
    int64_t rows, row, cols, col; /* each size with its stride, in elements */
    int64_t step[TAD_MAX_RANK];   /* strides of the product's batch axes; 0 where broadcast */
} tad__matrix;

/* C = A B for each batch. */
typedef struct tad__product {
    const tad__compute *compute;
    tad_dtype dtype;
    tad_shape batch;
    int64_t batches;
    tad__matrix a, b, c;
} tad__product;

/* Which matrices an op multiplies: sets a, b and c of *p, and batch and batches where there are
 * any. The first two operands may be gradients of theirs; out: the result or its cotangent,
 * contiguous. False: no memory. */
typedef bool tad__product_form(tad__product *p, const tad_call_frame *call, const tad_array *out);

/* The product of a call. False: no memory. */
bool tad__product_prepare(tad__product *p, const tad_call_frame *call, tad__product_form *form,
                          const tad_array *out);
/* Sets C, of as many rows as A and columns as B, row by row in contiguous memory. */
void tad__set_result(tad__product *p, const tad_array *out);
/* Axes [from, to) as a single one; false when no one stride steps through them. */
bool tad__join_axes(const tad_array *x, int from, int to, int64_t *size, int64_t *stride);
void tad__transpose(tad__matrix *m);

/* ---- computing ---- */

/* z = x y, or z += x y, batch by batch; columns of z are contiguous. start: a row of z (bias). */
tad_status tad__multiply(const tad__product *p, const tad__matrix *x, const tad__matrix *y,
                         const tad__matrix *z, bool add, const void *start);
/* The gradients of A and B that are wanted. */
tad_status tad__product_gradients(tad_backward *b, tad__product_form *form);
/* z = x y as the kernels see it: sizes and strides, no memory. */
tad__gemm tad__layout(const tad__matrix *x, const tad__matrix *y, const tad__matrix *z);

/* ---- as C: product_text.c ---- */

/* In which order sums run at level base. */
tad__gemm_order tad__product_order(const tad__product *p);
/* C = A B in this order, batch by batch, of operands 0 and 1; with_bias: plus operand 2, whose
 * elements are so far apart. */
void tad__product_c_text(tad_c *to, const tad__product *p, const tad__gemm_order *order,
                         bool with_bias, int64_t bias_step);
/* The same for x with its first axis as rows, the others as columns that no one stride steps
 * through; *p as if x had been copied. Slow: element by element. */
void tad__product_c_text_by_axes(tad_c *to, const tad__product *p, const tad__gemm_order *order,
                                 const tad_array *x, bool with_bias, int64_t bias_step);

/* C = A B of sizes and strides g, all three pointers of the text: rows of a product that has the
 * sizes and strides of `all`, in its order. */
void tad__product_c_rows(tad_c *to, tad_dtype dtype, const tad__gemm *g, const tad__gemm *all,
                         const char *a, const char *b, const char *c);

/* ---- what descriptors share ---- */

tad_status tad__inner_differ(const tad_call_frame *c, int64_t a, int64_t b);

#endif
