/* What outlives a tape but must know when it dies. Rests on tape.h. */
#ifndef TAD_TAPE_ANCHOR_H
#define TAD_TAPE_ANCHOR_H

#include "tape.h"

/* All zero: of no tape. */
typedef struct tad__anchor {
    tad_tape *tape; /* NULL: it is gone */
    struct tad__anchor *previous, *next;
} tad__anchor;

static inline void tad__anchor_set(tad__anchor *a, tad_tape *t) {
    *a = (tad__anchor){t, NULL, t->anchors};
    if (a->next) a->next->previous = a;
    t->anchors = a;
}

static inline void tad__anchor_lift(tad__anchor *a) {
    if (!a->tape) return;
    if (a->previous)
        a->previous->next = a->next;
    else
        a->tape->anchors = a->next;
    if (a->next) a->next->previous = a->previous;
    a->tape = NULL;
}

static inline void tad__anchors_forget(tad_tape *t) {
    while (t->anchors) tad__anchor_lift(t->anchors);
}

#endif
