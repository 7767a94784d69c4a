/* state = step(state, shared, data of the step), as often as the caller likes, and its derivatives.
 * One step is recorded with numbers and frozen; the states are kept for the way back. Programs of a
 * step serve any number of steps, and nothing is recorded while they run. Relies on gradbench.h. */
#ifndef TAD_GRADBENCH_RECURRENCE_H
#define TAD_GRADBENCH_RECURRENCE_H

#include "gradbench.h"

typedef void gb_step(const tad_var *state, const tad_var *shared, const tad_var *data,
                     tad_var *next, void *user);

typedef enum gb_mode { GB_VALUE, GB_BACK, GB_TANGENT } gb_mode;

typedef struct gb_recurrence {
    size_t size, shared_size, data_size; /* numbers of a state, of what is shared, of data */
    size_t count, room;                  /* steps that are kept */
    double *states, *kept;               /* count + 1 states; the data of count steps */
    /* What the programs read: state, shared, data; then the cotangent of the new state, or the
     * tangents of state and shared. */
    double *state, *shared, *data, *more;
    double *next;      /* the new state, and its tangent */
    double *gradients; /* by state and shared */
    tad_workspace *program[3];
    gb_mode mode;
} gb_recurrence;

/* Sizes are set; with what GB_BACK or GB_TANGENT needs as well. */
void gb_recurrence_freeze(gb_recurrence *r, gb_step *step, void *user, gb_mode mode);
/* Before the first step; mode: GB_TANGENT for tangents too, from zero ones of the state. */
void gb_recurrence_begin(gb_recurrence *r, const double *state, const double *shared, gb_mode mode);
/* A step from where it is, with r->data: r->next is where that leads. */
void gb_recurrence_try(gb_recurrence *r);
/* Goes there. */
void gb_recurrence_keep(gb_recurrence *r);
/* Back over all steps that were kept, from a cotangent of the last state: the gradient by what is
 * shared. */
void gb_recurrence_back(gb_recurrence *r, const double *cotangent, double *gradient);

/* The recorded derivatives of y by n numbers, at most 8, in reverse or forward mode. */
void gb_gradient(tad_var y, const tad_var *x, size_t n, bool reverse, tad_var *gradient);

#endif
