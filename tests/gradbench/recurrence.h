/* state = f(state, shared, data of the step), many times over, and its gradient: one step is frozen,
 * and its states are kept for the way back. Two programs serve any number of steps, and nothing is
 * recorded while they run. Relies on gradbench.h. */
#ifndef TAD_GRADBENCH_RECURRENCE_H
#define TAD_GRADBENCH_RECURRENCE_H

#include "gradbench.h"

typedef struct gb_recurrence {
    tad_shape state, shared, data; /* data of rank -1: a step has none */
    size_t size, shared_size;      /* numbers of a state, of what is shared */
    size_t steps, data_step;       /* from the data of a step to the next */
    double *states;                /* steps + 1 */
    double *adjoint[2], *part;
    tad_workspace *forward, *back; /* the step, and its gradients for a cotangent */
} gb_recurrence;

/* Sizes and shapes are set; the rest is made ready. */
void gb_recurrence_freeze(gb_recurrence *r, tad_fn *f, void *user, bool gradient);
/* From the first of states on: the last one. */
const double *gb_recurrence_run(gb_recurrence *r, const double *shared, const double *data);
/* After a run, adjoint[0] being the last state's: the gradient by what is shared. */
void gb_recurrence_back(gb_recurrence *r, const double *shared, const double *data,
                        double *gradient);

#endif
