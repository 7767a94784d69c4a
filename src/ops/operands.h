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

/* What a composition found to be x itself, as a new variable. */
static inline tad_var tad__renewed(tad_var y, tad_var x) {
    const bool same = y.tape == x.tape && y.u.bits == x.u.bits;
    return same ? tad_reshape(x, tad_shape_of(x)) : y;
}

/* A list of integers as an option; too long a one, or none, is refused by the op. */
static inline tad_ints tad__ints_of(const int64_t *list, size_t n) {
    tad_ints ints = {TAD_MAX_INTS + 1, {0}};
    if (n > TAD_MAX_INTS || (n && !list)) return ints;
    ints.count = (int)n;
    for (size_t i = 0; i < n; i++) ints.value[i] = list[i];
    return ints;
}

#endif
