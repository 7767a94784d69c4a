/* The optimisers' kernels, of a tape's instruction-set level, for nn/optim.c. */
#ifndef TAD_UPDATE_H
#define TAD_UPDATE_H

#include <tad/tape.h>

#include "kernel/update.h"

/* One parameter's step, and the sum of squares of its gradient, on the tape's threads. */
void tad__update_run(const tad_tape *t, const tad__update *u, tad_dtype dtype, void *p, const void *g,
                     void *const *state, int64_t n);
double tad__squares(const tad_tape *t, tad_dtype dtype, const void *g, int64_t n);

#endif
