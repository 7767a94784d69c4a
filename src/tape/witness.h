/* Which values C code has seen while recording went on: what was recorded afterwards may follow
 * from them, in a way that no node tells. Rests on tape.h. */
#ifndef TAD_TAPE_WITNESS_H
#define TAD_TAPE_WITNESS_H

#include "tape.h"

/* C code is given adjoints of the last sweep. */
void tad__witness_gradients(tad_tape *t);
/* Nodes from `count` on are gone; what was seen before is as if seen now. */
void tad__forget_witnesses(tad_tape *t, uint32_t count);

/* Room for one more; without memory for it nothing can be known any more. */
bool tad__have_witnesses(tad_tape *t);

/* C code is given the value of node i. */
static inline void tad__witness(tad_tape *t, uint32_t i) {
    tad__node *n = t->head.node + i;
    if (n->flags & TAD__READ) return;
    if (t->witnesses == t->witness_capacity && !tad__have_witnesses(t)) return;
    t->witness[t->witnesses++] = (tad__seen){i, t->head.count};
    n->flags |= TAD__READ;
}

#endif
