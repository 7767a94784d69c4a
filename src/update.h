/* The optimisers' kernels of a tape's instruction-set level, for nn/optim.c. */
#ifndef TAD_UPDATE_H
#define TAD_UPDATE_H

#include <tad/tape.h>

#include "kernel/update.h"

const tad__update_kernels *tad__update_kernels_of(const tad_tape *t);

#endif
