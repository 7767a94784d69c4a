/* Adjoints of nodes: made, added to, forgotten. Rests on the tape. */
#ifndef TAD_SWEEP_ADJOINT_H
#define TAD_SWEEP_ADJOINT_H

#include "tape/tape.h"

/* Adjoints for n nodes; new ones are zero. False: no memory. */
bool tad__have_adjoints(tad_tape *t, size_t n);
void tad__forget_last_sweep(tad_tape *t);
/* After a sweep that failed half-way no gradient is right, the parameters' sums included. */
void tad__forget_gradients(tad_tape *t);

/* The adjoint of an array node to add to: made when absent, copied when it may not be written. */
tad_array *tad__adjoint_of(tad_tape *t, uint32_t i, bool *fresh);
double tad__sum_of(const tad_tape *t, const tad_array *g);
/* The one place where broadcasting is undone: g may have any shape that target broadcasts to. */
tad_status tad__accumulate(tad_tape *t, uint32_t target, const tad_array *g);

#endif
