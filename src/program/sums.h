/* Outputs of a program at many points that are added up over them. Rests on program.h. */
#ifndef TAD_PROGRAM_SUMS_H
#define TAD_PROGRAM_SUMS_H

#include <tad/program.h>

/* Has runs at many points add the elements of output k at all of them to `sum`, instead of giving
 * each; room: tad__sum_room bytes, aligned to 64, for what runs need on the way. Single numbers are
 * added lane by lane, then lane after lane; others in the order of points. */
tad_status tad__bind_sum(tad_workspace *w, size_t k, void *room, double *sum);
size_t tad__sum_room(const tad_program *p, size_t k);
/* The points that are bound are those from this one on: messages say so. */
void tad__count_from(tad_workspace *w, size_t first);

#endif
