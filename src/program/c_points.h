/* A program at many points as the C text of one step, for the op of maps. Rests on c_text.h. */
#ifndef TAD_PROGRAM_C_POINTS_H
#define TAD_PROGRAM_C_POINTS_H

#include <tad/program.h>

#include "array/c_text.h"

typedef struct tad__c_points {
    const tad_array *const *in; /* of all points, but for those that are shared: */
    uint64_t shared;
    uint64_t summed;      /* of the results: those that are sums over the points, */
    size_t points, piece; /* which are made of pieces of so many */
} tad__c_points;

/* Loops that set out0, ... from in0, ...; to->lacks says why that cannot be written. */
void tad__c_put_points(tad_c *to, const tad_program *p, const tad__c_points *how);
/* A loop over their pieces, from `first` to `end`. */
void tad__c_open_pieces(tad_c *to, const tad__c_points *how);

/* ---- c_points_arrays.c ---- */

/* The same of a program whose points do not run together. */
void tad__c_put_points_of_arrays(tad_c *to, const tad_program *p, const tad__c_points *how);

#endif
