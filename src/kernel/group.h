/* Sweeps over nodes of 0-d float64 arithmetic that carry several seeds side by side, a lane for
 * each. Rests on between.h. */
#ifndef TAD_KERNEL_GROUP_H
#define TAD_KERNEL_GROUP_H

#include "between.h"

enum { TAD__LANES = 8 };
typedef double tad__lanes[TAD__LANES];

/* Lists beside the nodes of `tape`, whose own but the marks are not used: an x has one, no other
 * node. What is not there is zero in these sweeps, which is the same unless that meets an infinity;
 * then a NaN comes of it, for which the caller looks at the end. */
typedef struct tad__group {
    tad__between tape;
    tad__lanes *tangent;
    double *adjoint; /* the same for all lanes */
    tad__lanes *own; /* tangents of that, or an adjoint for each lane */
} tad__group;

/* Each goes on from entry k to the first node whose rule is not known here, and gives the entry of
 * that, untouched; at the end span + 1 or 0. */
typedef uint32_t tad__sweep_group(const tad__group *s, uint32_t k);
typedef struct tad__group_kernels {
    tad__sweep_group *push;  /* tangents; an x has its own, other leaves get zero */
    tad__sweep_group *pull;  /* after that: the adjoint and its tangents */
    tad__sweep_group *apart; /* an adjoint for each lane */
} tad__group_kernels;

extern const tad__group_kernels TAD_LEVEL(tad__group_kernels);

#endif
