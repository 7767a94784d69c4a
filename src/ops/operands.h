/* What several families ask of operands. Rests on tape.h. */
#ifndef TAD_OPS_OPERANDS_H
#define TAD_OPS_OPERANDS_H

#include "tape/tape.h"

/* Operand i is of float64 or float32. */
tad_status tad__needs_float(const tad_call_frame *c, size_t i);
/* All operands that there are have a float type, one and the same: of two the tape makes one. */
tad_status tad__need_one_float(const tad_call_frame *c);
/* Of x with a mask: x is of a float type, the mask is bool and broadcasts to x, whose type is
 * *out. */
tad_status tad__masked_type(const tad_call_frame *c, tad_type *out);

/* The one result of an op of one operand. */
static inline tad_var tad__apply_one(const tad_op *op, tad_var x, const void *options) {
    return tad_apply(op, &x, 1, options, NULL, 0);
}

/* Operand i was given to a rule. */
static inline bool tad__has_operand(const tad_rule *r, size_t i) {
    return r->n_in > i && !tad_is_none(r->in[i]);
}

/* Terms of a sum; nil is none yet. */
static inline tad_var tad__plus(tad_var sum, tad_var term) {
    if (tad_is_nil(sum)) return term;
    return tad_is_nil(term) ? sum : tad_add(sum, term);
}

#endif
