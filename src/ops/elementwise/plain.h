/* Operands that are numbers: 0-d float64 nodes of a tape, or plain ones. Rests on the tape. */
#ifndef TAD_OPS_ELEMENTWISE_PLAIN_H
#define TAD_OPS_ELEMENTWISE_PLAIN_H

#include "tape/handle.h"
#include "tape/leaf.h"

static inline bool tad__is_plain(tad_tape *t, tad_var v) {
    return tad_is_number(v) || tad__is_scalar(t, v);
}

static inline double tad__plain_value(tad_tape *t, tad_var v) {
    return tad_is_number(v) ? v.u.number : tad__at(t, v.u.at.index)->value.number;
}

/* A living 0-d bool; NULL: v is none. */
static inline const uint8_t *tad__truth(tad_tape *t, tad_var v) {
    if (!tad__is_living(t, v) || !(tad__at(t, v.u.at.index)->flags & TAD__ARRAY)) return NULL;
    const tad_array *a = tad__at(t, v.u.at.index)->value.array;
    return a->dtype == TAD_BOOL && a->rank == 0 ? a->data : NULL;
}

/* Whether the tape records plainly, and this many nodes without asking for memory. */
static inline bool tad__has_room(const tad_tape *t, uint32_t nodes) {
    return t->head.limit >= nodes && t->head.count <= t->head.limit - nodes;
}

/* Its node: a plain number becomes a constant. TAD__NO_NODE: no memory. */
static inline uint32_t tad__plain_node(tad_tape *t, tad_var v) {
    return (tad_is_number(v) ? tad__constant_number(t, v.u.number) : v).u.at.index;
}

#endif
