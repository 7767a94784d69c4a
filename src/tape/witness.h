/* Which values C code has seen while recording went on: what was recorded afterwards may follow
 * from them, in a way that no node tells. Rests on tape.h. */
#ifndef TAD_TAPE_WITNESS_H
#define TAD_TAPE_WITNESS_H

#include "tape.h"

/* C code is given the value of node i. */
static inline void tad__witness(tad_tape *t, uint32_t i);
/* C code is given adjoints of the last sweep. */
void tad__witness_gradients(tad_tape *t);
/* Nodes from `count` on are gone; what was seen before is as if seen now. */
void tad__forget_witnesses(tad_tape *t, uint32_t count);

void tad__add_witness(tad_tape *t, uint32_t i);

static inline void tad__witness(tad_tape *t, uint32_t i) {
    if (!(t->head.node[i].flags & TAD__READ)) tad__add_witness(t, i);
}

#endif
