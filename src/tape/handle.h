/* Handles: which node a tad_var stands for, and whether that node is still there. Rests on
 * tape.h. */
#ifndef TAD_TAPE_HANDLE_H
#define TAD_TAPE_HANDLE_H

#include "tape.h"

static inline uint32_t tad__epoch_of(tad_var v) { return v.u.at.epoch & ~TAD__SLOW; }
static inline bool tad__has_tape(tad_var v) { return (uintptr_t)v.tape > 2; }
/* Of a living handle, whether it is of a number that needs a gradient. */
static inline bool tad__is_number_variable(tad_var v) { return !(v.u.at.epoch & TAD__SLOW); }
/* The tape of the first operand that has one; NULL. */
tad_tape *tad__tape_of(const tad_var *in, size_t n);

/* Of a living node. */
static inline tad_var tad__handle(const tad_tape *t, uint32_t index) {
    tad_var v;
    v.tape = (tad_tape *)(uintptr_t)t;
    v.u.at.index = index;
    const bool plain = index < t->head.count &&
                       (t->head.node[index].flags & (TAD__ARRAY | TAD__NEEDS)) == TAD__NEEDS;
    v.u.at.epoch = t->head.epoch | (plain ? 0 : TAD__SLOW);
    return v;
}
tad_var tad__nil(tad_tape *t);

/* Rewinds since. Epochs come round after 2^31 of them; ages of what is younger compare rightly. */
static inline uint32_t tad__age(const tad_tape *t, uint32_t epoch) {
    return (t->head.epoch - epoch) & ~TAD__SLOW;
}
/* How many of the nodes that were there in `epoch` still are; UINT32_MAX: all. */
uint32_t tad__surviving(const tad_tape *t, uint32_t epoch);
/* Whether the node of this index and epoch is still the same node. */
static inline bool tad__survives(const tad_tape *t, uint32_t index, uint32_t epoch) {
    if (index >= t->head.count) return false;
    return epoch == t->head.epoch || index < t->head.floor || index < tad__surviving(t, epoch);
}
/* Whether the handle is of a node that t has. */
static inline bool tad__is_living(const tad_tape *t, tad_var v) {
    return v.tape == t && tad__survives(t, v.u.at.index, tad__epoch_of(v));
}
/* Whether it is of a number that t has, variable or constant. */
static inline bool tad__is_scalar(const tad_tape *t, tad_var v) {
    return tad__is_living(t, v) && !(t->head.node[v.u.at.index].flags & TAD__ARRAY);
}

/* Why the handle has no node of t; false. */
bool tad__refuse_handle(tad_tape *t, tad_var v, const char *what);
/* The node of a handle; records BAD_HANDLE (said of `what`) and returns false when there is
 * none. */
static inline bool tad__resolve(tad_tape *t, tad_var v, const char *what, uint32_t *index) {
    *index = v.u.at.index;
    return tad__is_living(t, v) || tad__refuse_handle(t, v, what);
}
/* The same for a function that takes one variable: finds its tape; NULL on failure. */
tad__node *tad__node_of(tad_var v, const char *what);

#endif
