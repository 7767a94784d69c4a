/* Memory that belongs to a tape but not to its recording. Rests on tape.h. */
#ifndef TAD_TAPE_OWNED_H
#define TAD_TAPE_OWNED_H

#include "tape.h"

/* By the tape's allocator, as its hook; the caller's to free. NULL: no memory, and no error. */
void *tad__resize(tad_tape *t, void *old, size_t old_size, size_t new_size);
void tad__owned_free(tad_tape *t); /* all blocks of tad_tape_resize */

#endif
