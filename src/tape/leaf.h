/* Leaves. Rests on tape.h. */
#ifndef TAD_TAPE_LEAF_H
#define TAD_TAPE_LEAF_H

#include "tape.h"

/* A leaf from a ready array; 0-d float64 arrays become numbers. */
tad_var tad__leaf(tad_tape *t, enum tad__kind kind, tad_array *array);

#endif
