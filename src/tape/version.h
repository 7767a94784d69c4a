/* Which values are no longer what they were when a node was recorded. Rests on node.h. */
#ifndef TAD_TAPE_VERSION_H
#define TAD_TAPE_VERSION_H

#include "node.h"

/* How many nodes at the beginning of the tape may have read a 0-d float64 parameter that was
 * changed since: of the others only arrays need to be looked at. */
uint32_t tad__numbers_in_doubt(const tad_tape *t);
/* Whether the operand, one that can change, was changed after node `at` read it. */
bool tad__is_changed(const tad_tape *t, uint32_t at, uint32_t operand);
/* STALE_VALUE, said by the sweep `what` of operand k. */
tad_status tad__stale(tad_tape *t, uint32_t at, const tad__call *c, uint32_t k, const char *what);
static inline bool tad__can_change(const tad__node *x) {
    return x->flags & TAD__ARRAY ? x->value.array->version != NULL : x->kind == TAD__PARAM;
}
/* STALE_VALUE if an operand of the call at node `at` is not what it was. */
static inline tad_status tad__check_unchanged(tad_tape *t, uint32_t at, const tad__call *c,
                                              const char *what) {
    for (uint32_t k = 0; k < c->n_in; k++)
        if (c->in[k] != TAD__NO_NODE && tad__can_change(tad__at(t, c->in[k])) &&
            tad__is_changed(t, at, c->in[k]))
            return tad__stale(t, at, c, k, what);
    return TAD_OK;
}
/* The elements of the parameter at node i, about to be changed. */
void *tad__change(tad_tape *t, uint32_t i);

#endif
