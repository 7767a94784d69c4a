/* What lanes.c and lanes_calls.c share. A value has a row, `lanes` numbers long, with what it is
 * at each of the points that run together: numbers by their slots, then arrays, which are single
 * elements. A step that depends on nothing but what all points share gives numbers a row of its
 * own behind those, which no other step writes: slots are used again. Rests on workspace.h. */
#ifndef TAD_PROGRAM_LANES_H
#define TAD_PROGRAM_LANES_H

#include "workspace.h"

/* Marks the row of a value that all points share, until all steps are placed. */
#define TAD__SHARED_ROW 0x80000000u

static inline double *tad__lane_row(const tad_workspace *w, size_t row) {
    return w->lane + row * w->p->lanes;
}

/* Which value this is. */
static inline size_t tad__lane_value(const tad_program *p, tad__ref r) {
    return tad__is_array_ref(r) ? p->slots + tad__position(r) : r;
}

/* Where a value lies now; *shared: as long as all are so. */
static inline uint32_t tad__lane_place(const tad_workspace *w, size_t value, bool *shared) {
    const uint32_t row = w->row_of[value];
    *shared &= (row & TAD__SHARED_ROW) != 0;
    return row & ~TAD__SHARED_ROW;
}

/* The points at work: so many go on. */
typedef struct tad__lane_points {
    size_t n;
    uint32_t decision; /* which has ended that; NO_REF: none */
} tad__lane_points;

/* Of a new program: whether a step can be computed for some points at once. */
bool tad__step_has_lanes(const tad_program *p, const tad__step *s);
/* Results of calls that are numbers. */
size_t tad__numbers_of_calls(const tad_program *p);
/* Gives the operands and results of a call their rows; true: it is the same for all points. That
 * it can only be with rows of their own for numbers: from *row on; NULL: there are none. */
bool tad__place_lane_call(tad_workspace *w, size_t call, uint32_t *row);
tad_status tad__run_lane_call(tad_workspace *w, size_t call, size_t n);
/* Ends at the first point of which a decision comes out otherwise. */
void tad__decide_lanes(const tad_workspace *w, const tad__step *s, tad__lane_points *points);

#endif
