/* Marks, and stretches of tape that are thrown away. Rests on tape.h. */
#ifndef TAD_TAPE_MARK_H
#define TAD_TAPE_MARK_H

#include "tape.h"

/* Room for n cuts. */
bool tad__have_cuts(tad_tape *t, size_t n);

/* What is recorded between begin and end is forgotten: nobody has handles of it. Recording for
 * gradients is paused meanwhile. */
typedef struct tad__stretch {
    uint32_t count;
    tad__arena_mark before;
} tad__stretch;
tad__stretch tad__stretch_begin(tad_tape *t);
void tad__stretch_end(tad_tape *t, tad__stretch s);

#endif
