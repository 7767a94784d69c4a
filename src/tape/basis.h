/* What the engine needs of ops, handed to a tape at birth: it knows no op by name. Rests on
 * tad/op.h. */
#ifndef TAD_TAPE_BASIS_H
#define TAD_TAPE_BASIS_H

#include <tad/op.h>

/* A number and its tangent. One that does not move has none: that is zero whatever it meets, where
 * a tangent of 0 is a NaN beside an infinite derivative. */
typedef struct tad__dual {
    double value, tangent;
    bool moves;
} tad__dual;

/* A row on numbers. x: the operands; pq: the options, two numbers. partials: all at once, of a row
 * with several operands, else NULL; what was just stored would be slow to load as a vector, so the
 * operands come in registers. */
typedef struct tad__row_numbers {
    double (*value)(const double *x, const double *pq);
    double (*partial[3])(const double *x, double y, const double *pq);
    void (*partials)(double a, double b, double c, double y, double *d);
} tad__row_numbers;

typedef struct tad__basis {
    const tad_op *row; /* the elementwise ops; a node of one has its position in this list */
    size_t rows;
    const tad__row_numbers *number; /* the same list */
    tad_var (*cast)(tad_var x, tad_dtype dtype);
    tad_var (*add)(tad_var a, tad_var b);
    tad_var (*sum_to)(tad_var x, tad_shape shape);       /* x's shape broadcasts from it */
    tad_var (*broadcast_to)(tad_var x, tad_shape shape); /* broadcasts from x's shape */
    /* result, but 0 where that is not finite and `given` is 0 */
    tad_var (*strong_zero)(tad_var given, tad_var result);
    /* Whether all derivatives of a row are finite at these numbers; pq NULL: a row without
     * options. */
    bool (*row_is_finite)(const tad_op *op, const double *x, const double *pq);
    /* A row's derivative by operand k at these operands and this result, and how it moves. */
    tad__dual (*row_partial)(const tad_op *op, size_t k, const tad__dual *x, tad__dual y,
                             const double *pq);
} tad__basis;

#endif
