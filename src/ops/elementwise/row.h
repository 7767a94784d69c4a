/* What the files of elementwise ops share: each reads the rows of scalar.def in its own way. Rests
 * on the tape's headers and on compute.h. */
#ifndef TAD_OPS_ELEMENTWISE_ROW_H
#define TAD_OPS_ELEMENTWISE_ROW_H

#include "kernel/kernels.h"
#include "tape/basis.h"
#include "tape/tape.h"

extern const tad_op tad__ops_elementwise[];
extern const size_t tad__ops_elementwise_count;

static inline unsigned tad__row_of(const tad_op *op) {
    return (unsigned)(op - tad__ops_elementwise);
}

/* Of every row that has options: the words P and Q. */
typedef struct tad__row_options {
    double p, q;
} tad__row_options;

/* ---- number.c: rows on numbers ---- */

extern const tad__row_numbers tad__row_number[TAD__ROW_COUNT];
/* False for options that cannot be: bounds that are NaN, or of hardtanh crossed, where clamp takes
 * the upper one; of softshrink below 0; orders that are no 0, 1, 2, ... */
bool tad__options_fit(unsigned row, const double *pq);
bool tad__row_is_finite(const tad_op *op, const double *x, const double *pq); /* see basis.h */

/* ---- dual.c: derivatives of rows on numbers that move ---- */

tad__dual tad__row_partial(const tad_op *op, size_t k, const tad__dual *x, tad__dual y,
                           const double *pq); /* see basis.h */

/* ---- rule.c: derivatives as graphs ---- */

void tad__row_vjp(tad_rule *r);
void tad__row_jvp(tad_rule *r);

/* ---- backward.c ---- */

tad_status tad__row_backward_hook(tad_backward *b);

#endif
