/* What is called when a variable is forgotten. Rests on tape.h. */
#ifndef TAD_TAPE_RELEASE_H
#define TAD_TAPE_RELEASE_H

#include "tape.h"

/* One that waits for its node to be forgotten; the tape's are ordered by node. */
typedef struct tad__release {
    uint32_t node;
    tad_release *call;
    void *owner;
} tad__release;

/* Calls those whose nodes are no longer there. Whoever drops nodes does it at last, when the tape
 * is whole again. */
void tad__release_dropped(tad_tape *t);

#endif
