/* Rows in their order: places of sorted elements. A NaN is larger than all else; equals stay as
 * they are, also where the order is descending. Rests on reduce.h and plain/order.h. */
#ifndef TAD_OPS_ORDER_ORDER_H
#define TAD_OPS_ORDER_ORDER_H

#include "array/c_text.h"
#include "ops/reduce/reduce.h"
#include "ops/rows/rows.h"
#include "tape/tape.h"

typedef struct tad__ordering {
    int64_t axis, k; /* how many of the first are wanted */
    bool descending;
} tad__ordering;

/* Longer rows are refused: places are counted in the bits of an element. */
tad_status tad__order_fits(const tad_call_frame *c, int64_t n);

/* Values and places of the first k along the axis of x; both have its rank. */
tad_status tad__order(const tad_call_frame *c, const tad__ordering *o, tad_array *values,
                      tad_array *places);
/* The text for it: out0 is for the values, out1 for the places. */
void tad__order_c_text(const tad_call_frame *c, tad_c *to, const tad__ordering *o);

/* ---- radix.c ---- */

/* Sorts a row of n elements; `room` is for tad__radix_room(dtype, n) bytes. */
size_t tad__radix_room(tad_dtype dtype, size_t n);
void tad__radix_sort(tad_dtype dtype, size_t n, const void *x, bool descending, void *room,
                     int64_t *place);

#endif
