/* Ops whose result is the memory of their operand seen otherwise. An op says in its hook `view`
 * where the elements lie; what copies them where no view can be, and what puts a cotangent where
 * the view looks, follow from that. Rests on tape.h and array/view.h. */
#ifndef TAD_OPS_PLACE_VIEW_H
#define TAD_OPS_PLACE_VIEW_H

#include "array/c_text.h"
#include "array/view.h"
#include "tape/tape.h"

/* Copies what the op's `view` shows, or the same elements in the same order where it shows
 * nothing. */
tad_status tad__view_forward(const tad_call_frame *c);
void tad__view_c_text(const tad_call_frame *c, tad_c *to);
/* Arrays have no elements while C text is written. One that is given this address has views with
 * addresses; the first element of a view is so many elements behind that of the array. */
void *tad__nowhere(void);
int64_t tad__offset(const tad_array *seen);

/* Of an op that shows each element at most once. */
tad_status tad__view_backward(tad_backward *b);
/* `view` of the same elements in the same order. */
bool tad__view_in_order(const tad_call_frame *c, tad_array *out);

/* The type of operand 0 with a new axis of this size. */
tad_status tad__with_new_axis(const tad_call_frame *c, int64_t axis, int64_t size, tad_type *out);

/* ---- slice.c ---- */

/* x[slices]; an array of this shape that is x there and value elsewhere, of which x has the type
 * that the slices make. */
tad_var tad__slice_all(tad_var x, const tad_slices *slices);
tad_var tad__slice_fill(tad_var x, const tad_slices *slices, tad_shape shape, double value);

/* What the descriptors of views have in common; of those that show each element at most once. */
#define VIEW(op, where)                                                                            \
    FAMILY("shape", 1, 1), .flags = TAD_OP_LINEAR, .shape = op##_shape,                            \
                           .forward = tad__view_forward, .c_text = tad__view_c_text,               \
                           .view = where, CASES(op)
#define VIEW_ONCE(op, where) VIEW(op, where), .backward = tad__view_backward

#endif
