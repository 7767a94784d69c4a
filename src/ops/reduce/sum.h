/* What the files of sums share. Rests on reduce.h. */
#ifndef TAD_OPS_REDUCE_SUM_H
#define TAD_OPS_REDUCE_SUM_H

#include "array/c_text.h"
#include "kernel/plain/sum.h"
#include "reduce.h"

enum { TAD__OP_SUM, TAD__OP_MEAN, TAD__OP_SUM_TO };
extern const tad_op tad__ops_sum[];

/* How x is summed. */
typedef enum tad__sum_way {
    TAD__SUM_NOTHING, /* there is no element of the result */
    TAD__SUM_ZEROS,   /* of nothing */
    TAD__SUM_ROWS,
    TAD__SUM_COLUMNS,
    TAD__SUM_ANY /* as sum.c of arrays does */
} tad__sum_way;

/* out has x's rank, and size 1 where the mask says. *b: set for rows and columns. */
tad__sum_way tad__sum_plan(const tad_array *out, const tad_array *x, unsigned mask, tad__blocks *b);
/* How many elements make one of the result. */
double tad__count_reduced(const tad_array *x, unsigned mask);
/* The axes along which sum_to makes y of x. */
unsigned tad__sum_to_axes(const tad_array *x, const tad_array *y);

void tad__sum_c_text(const tad_call_frame *c, tad_c *to);
void tad__sum_to_c_text(const tad_call_frame *c, tad_c *to);

#endif
