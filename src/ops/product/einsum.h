/* Equations of einsum: "ij,jk->ik" as labels of axes. Rests on tape.h. */
#ifndef TAD_OPS_PRODUCT_EINSUM_H
#define TAD_OPS_PRODUCT_EINSUM_H

#include "tape/tape.h"

/* Letters in their order, then the axes of "...": the last of these has the last label. */
enum { TAD__LETTERS = 52, TAD__LABELS = TAD__LETTERS + TAD_MAX_RANK };
/* Operands of an equation: with a comma and a letter for each its text is full. */
enum { TAD__TERMS = TAD_MAX_TEXT / 2 };

/* The labels of an operand's axes, or of the result's. */
typedef struct tad__term {
    int rank, label[TAD_MAX_RANK];
} tad__term;

typedef struct tad__equation {
    size_t n;
    tad__term in[TAD__TERMS], out;
    int64_t size[TAD__LABELS]; /* -1: of a label that there is not */
} tad__equation;

/* Reads an equation for operands of these shapes. NULL, or what is wrong. */
const char *tad__read_equation(const char *text, const tad_shape *shape, size_t n,
                               tad__equation *e);

#endif
