/* Arrays of a tape: in the arena with what is recorded, in the pool for gradients; a node's value
 * as an array. Rests on tape.h. */
#ifndef TAD_TAPE_ARRAYS_H
#define TAD_TAPE_ARRAYS_H

#include "tape.h"

/* In the arena, elements undefined. NULL: no memory. */
tad_array *tad__new_array(tad_tape *t, tad_dtype dtype, const tad_shape *shape);
/* Only the header, for a view or borrowed memory. */
tad_array *tad__new_header(tad_tape *t, tad_dtype dtype, const tad_shape *shape);
/* In the pool. */
tad_array *tad__new_buffer(tad_tape *t, tad_dtype dtype, const tad_shape *shape);
/* The same for the layout of a contiguous array there already is: in the arena, in the pool. */
tad_array *tad__new_like(tad_tape *t, const tad_array *like);
tad_array *tad__new_buffer_like(tad_tape *t, const tad_array *like);

/* ---- values ---- */

/* Where a number becomes an array (rank 0: no dims follow). */
typedef struct tad__view {
    tad_array array;
    union {
        double f64;
        float f32;
    } number;
} tad__view;

/* A node's value as an array; `view` is used for a number. */
const tad_array *tad__value(tad_tape *t, uint32_t index, tad__view *view);
/* The same of a plain number, as an element of a float type. */
const tad_array *tad__number_value(double number, tad_dtype dtype, tad__view *view);

static inline tad_dtype tad__dtype_at(const tad_tape *t, uint32_t i) {
    const tad__node *n = t->head.node + i;
    return n->flags & TAD__ARRAY ? (tad_dtype)n->value.array->dtype : TAD_F64;
}

#endif
