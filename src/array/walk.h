/* What copying, transposing and summing arrays share: walks over pairs of arrays, single elements.
 * Only for the files of this folder. Rests on loop.h and compute.h.
 *
 * In every loop here array 0 is written and array 1 is read. */
#ifndef TAD_ARRAY_WALK_H
#define TAD_ARRAY_WALK_H

#include <math.h>

#include "compute.h"
#include "loop.h"
#include "number.h"

/* ---- single elements ---- */

/* Whether a run repeats one element of src, along elements of dst without gaps, of a float type. */
static inline bool tad__is_repeated(const tad__loop *l, tad_dtype to, tad_dtype from) {
    return l->step[1] == 0 && to == from && tad__is_float(to) &&
           l->step[0] == (int64_t)tad_dtype_size(to);
}

/* ---- walks, for tad__loop_split ---- */

typedef struct tad__move {
    const tad__compute *compute;
    tad_dtype to, from;
} tad__move;

tad__loop_walk tad__copy_walk, tad__add_walk; /* of a tad__move */

/* Whether a run adds elements of src without gaps up to one of dst. size: of an element. */
static inline bool tad__is_sum(const tad__loop *l, int64_t size) {
    return l->step[0] == 0 && l->step[1] == size;
}

/* ---- sum.c ---- */

/* How tad__add_into adds. */
typedef enum tad__add_way {
    TAD__ADD_NOTHING, /* shapes do not fit */
    TAD__ADD_EACH,    /* element by element */
    TAD__ADD_COLUMNS, /* a matrix up to a row */
    TAD__ADD_ALL,     /* everything up to one element, in pieces along axis 0 */
    TAD__ADD_WALK     /* whatever it is, in pieces of the loop */
} tad__add_way;

/* And the loop that it walks, in the last three cases. */
tad__add_way tad__plan_add(tad__loop *l, const tad_array *dst, const tad_array *src);
/* Elements along axis 0 that make a piece of TAD__ADD_ALL. */
size_t tad__add_all_piece(const tad__loop *l);

/* ---- transposed.c ---- */

/* dst is contiguous along the innermost axis, src along another one. */
typedef struct tad__crossing {
    int64_t along, across;          /* how far src's own axis and dst's own axis go */
    int64_t to_stride, from_stride; /* in bytes: of dst along the former, of src along the latter */
} tad__crossing;

/* Makes an axis along which array `of` lies without gaps the innermost one. size: of an element. */
void tad__order_by(tad__loop *l, int of, int64_t size);
/* Which is src's own axis; -1: the arrays do not lie so. */
int tad__transposed_axis(const tad__loop *l, int64_t size);
/* Orders a loop, which any order will do for, so that there is one; -1: it is left as it was. */
int tad__order_transposed(tad__loop *l, int64_t size);
/* Takes it out of such a loop. */
bool tad__take_transposed_axis(tad__loop *l, int64_t size, tad__crossing *found);
void tad__copy_transposed(tad__loop *l, const tad__crossing *a, tad_dtype dtype);
/* Of float64 and float32 only. */
void tad__add_transposed(tad__loop *l, const tad__crossing *a, tad_dtype dtype);

#endif
