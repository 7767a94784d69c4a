/* The one way an op is applied. Rests on tape.h. */
#ifndef TAD_TAPE_APPLY_H
#define TAD_TAPE_APPLY_H

#include "tape.h"

/* tad_apply on a tape that is known, with a descriptor that is right. */
tad_var tad__apply(tad_tape *t, const tad_op *op, const tad_var *in, size_t n, const void *options,
                   tad_var *outputs, size_t n_outputs);
/* Of an array of any type; *where: the first element that is not. True of what is not
 * contiguous. */
bool tad__all_finite(const tad_array *a, int64_t *where);

#endif
