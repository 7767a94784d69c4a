/* The birth of a tape. Rests on tape.h. */
#ifndef TAD_TAPE_LIFE_H
#define TAD_TAPE_LIFE_H

#include "tape.h"

/* tad_tape_new for a tape that knows these ops. */
tad_tape *tad__tape_new(const tad_settings *settings, const tad__basis *basis);

#endif
