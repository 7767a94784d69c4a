/* Failures of a tape: the first one stays until it is cleared. Rests on tape.h. */
#ifndef TAD_TAPE_ERROR_H
#define TAD_TAPE_ERROR_H

#include "tape.h"

/* Every failure passes tad_tape_fail: the place for a breakpoint. */
#define tad__fail tad_tape_fail
tad_status tad__no_memory(tad_tape *t, const char *what);
/* head.limit after anything that decides whether the fast path may be taken. */
void tad__update_limit(tad_tape *t);

#endif
