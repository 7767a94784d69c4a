/* What several families ask of operands. Rests on tape.h. */
#ifndef TAD_OPS_OPERANDS_H
#define TAD_OPS_OPERANDS_H

#include "tape/tape.h"

/* Operand i is of float64 or float32. */
tad_status tad__needs_float(const tad_call_frame *c, size_t i);
/* All operands that there are have a float type, one and the same: of two the tape makes one. */
tad_status tad__need_one_float(const tad_call_frame *c);
/* The shape that all operands broadcast to. */
tad_status tad__broadcast_all(const tad_call_frame *c, tad_shape *out);
/* Of x with a mask, which is bool and broadcasts to x, whose type is *out. */
tad_status tad__masked_type(const tad_call_frame *c, tad_type *out);

enum { TAD__LARGEST_WINDOW = 1 << 20 }; /* of numbers in options: memory is taken for the span */

/* An option of windows: nothing, a number for all axes, or one for each (pairs: or two). Refuses
 * other counts, and numbers below `least` or above the largest. */
tad_status tad__check_per_axis(const tad_call_frame *c, const char *name, const tad_shape *given,
                               int rank, int64_t least, bool pairs);
/* What it says of an axis. */
static inline int64_t tad__per_axis(const tad_shape *given, int axis, int64_t initial) {
    return given->rank == 0 ? initial : given->dim[given->rank == 1 ? 0 : axis];
}

/* The axes before the last two. */
static inline tad_shape tad__batch_axes(const tad_array *x) {
    tad_shape s = tad__shape_of(x);
    s.rank = s.rank > 2 ? s.rank - 2 : 0;
    return s;
}

/* The one result of an op of one operand. */
static inline tad_var tad__apply_one(const tad_op *op, tad_var x, const void *options) {
    return tad_apply(op, &x, 1, options, NULL, 0);
}

/* Operand i was given to a rule. */
static inline bool tad__has_operand(const tad_rule *r, size_t i) {
    return r->n_in > i && !tad_is_none(r->in[i]);
}

static inline tad_var tad__transposed(tad_var x) { return tad_transpose(x, -1, -2); }

/* Integer k of a row of a matrix, or of a vector, which is its only row. */
static inline int64_t tad__integer_at(const tad_array *a, int64_t row, int64_t k) {
    const int64_t *s = tad_strides(a);
    return ((const int64_t *)a->data)[(a->rank > 1 ? row * s[0] : 0) + k * s[a->rank - 1]];
}

/* What is lost by each, as a loss. */
static inline tad_var tad__reduced(tad_var each, tad_reduction reduction) {
    return reduction == TAD_EACH  ? each
           : reduction == TAD_SUM ? tad_sum(each, tad_all())
                                  : tad_mean(each, tad_all());
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
