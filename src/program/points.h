/* What a run at many points can be told besides. Rests on program.h. */
#ifndef TAD_PROGRAM_POINTS_H
#define TAD_PROGRAM_POINTS_H

#include <tad/program.h>

/* The points that are bound are those from this one on: messages say so. */
void tad__count_from(tad_workspace *w, size_t first);

#endif
