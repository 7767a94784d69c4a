/* Numeric sweeps for callers that have looked at x and y themselves. Rests on numeric.h. */
#ifndef TAD_SWEEP_FORWARD_H
#define TAD_SWEEP_FORWARD_H

#include "numeric.h"

/* Tangents of all y. */
tad_status tad__forward(tad__numeric *s, const tad_var *x, const tad_var *tangent, size_t nx,
                        tad_var *out);

/* x[k] with its gradient and product; gradient NULL: not asked for. Lists may be one. */
typedef struct tad__gradient_product {
    const tad_var *x, *v;
    size_t n;
    tad_var *gradient, *product;
} tad__gradient_product;

/* Of the one y, which has one element. */
tad_status tad__forward_over_reverse(tad__numeric *s, const tad__gradient_product *p);

#endif
