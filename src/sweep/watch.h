/* Parameters whose gradients somebody waits for while a reverse sweep is under way. Rests on the
 * tape. */
#ifndef TAD_SWEEP_WATCH_H
#define TAD_SWEEP_WATCH_H

#include <tad/diff.h>

#include "tape/tape.h"

typedef struct tad__watched {
    uint32_t param; /* its node */
    uint32_t first; /* the lowest node that reads it; 0: none does, or it is a number */
    size_t place;   /* among the caller's */
} tad__watched;

typedef struct tad__watch {
    tad_tape *tape;
    tad__watched *of; /* by `first`, the highest first */
    size_t n, told;
    tad_final_fn *final;
    void *user;
} tad__watch;

/* Of a sweep from node `top`. On failure there is nothing to end. */
tad_status tad__watch_begin(tad__watch *w, uint32_t top, const tad_var *params);
void tad__watch_end(tad__watch *w);
/* Where a stretch from node i down to above `halt` is to end, so that nobody waits. */
uint32_t tad__watch_halt(const tad__watch *w, uint32_t halt);
/* Every node above i has been visited. */
tad_status tad__watch_tell(tad__watch *w, uint32_t i);

#endif
