/* What a numeric sweep does at one node that the loop over numbers leaves to it. Rests on
 * numeric.h. */
#ifndef TAD_SWEEP_FOLLOW_H
#define TAD_SWEEP_FOLLOW_H

#include "numeric.h"

/* Lists, all zero, beside `span` nodes from `low` on; on failure the error. */
bool tad__between_make(tad__numeric *s, tad__between *b, uint32_t low, uint32_t span, bool second);
void tad__between_free(tad__numeric *s, tad__between *b);
/* Adds g, which the shape of node i's value broadcasts to, to one of the node's derivatives. */
tad_status tad__add_derivative(tad__numeric *s, tad__adjoint *to, uint32_t i, const tad_array *g);

void tad__mark_wanted(tad__numeric *s);

/* Gives node i its mark and its tangent. */
tad_status tad__follow_tangent(tad__numeric *s, uint32_t i);
/* Passes on node i's adjoint and the tangent of that, if some y needs it. */
tad_status tad__follow_adjoint(tad__numeric *s, uint32_t i);

#endif
