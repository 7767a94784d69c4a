/* Elements of a source at places that an index leads to: one walk over an array, an index of its
 * shape (broadcast) and the source, that takes elements, or adds them where they came from. An op
 * says only how the three lie beside each other. Rests on tape.h, the loop and array/view.h. */
#ifndef TAD_OPS_PLACE_INDEXED_H
#define TAD_OPS_PLACE_INDEXED_H

#include "array/c_text.h"
#include "array/view.h"
#include "tape/tape.h"

/* ---- checks ---- */

tad_status tad__need_index(const tad_call_frame *c, const tad_array *index);
/* All values of index are 0 .. n - 1. */
tad_status tad__check_indices(const tad_call_frame *c, const tad_array *index, int64_t n);
/* Of operands x, index and src that scatter takes: src has the index's shape, which fits into x but
 * along the axis; all of its values are places. *out is the type of x. */
tad_status tad__check_scatter(const tad_call_frame *c, int64_t along, tad_type *out);

/* ---- the walk ---- */

/* The index and the source as they are seen with the rank of the array; the source without its
 * indexed axis, which has `size` places that lie `stride` bytes apart. */
typedef struct tad__walk {
    tad__header index, source;
    int64_t stride, size;
    tad_maybe_int skip; /* an index that leads nowhere when putting */
} tad__walk;

/* How a call of the op lies; the source (x, a result or a gradient) and the array `a` are given. */
typedef void tad__walk_plan(tad__walk *w, const tad_call_frame *c, const tad_array *source,
                            const tad_array *a);

/* The source's axes stand for those of a; along the index there is one. */
void tad__walk_source(tad__walk *w, const tad_array *source, const tad_array *a, int axis);
/* The index has the axes of a. */
void tad__walk_index(tad__walk *w, const tad_array *index);
/* a = the source's elements; a += the source's elements, or `put`: the source += a's. */
void tad__walk_take(const tad__compute *compute, const tad__walk *w, const tad_array *a);
void tad__walk_add(const tad__compute *compute, const tad__walk *w, const tad_array *a, bool put);

/* Forward and backward of an op that takes from operand x. */
tad_status tad__take_forward(const tad_call_frame *c, const tad_array *x, tad__walk_plan *plan);
tad_status tad__take_backward(tad_backward *b, size_t x, tad__walk_plan *plan);

/* ---- as C: indexed_text.c ---- */

/* The text of tad__check_indices of operand k. */
void tad__c_check_indices(tad_c *to, const tad_call_frame *c, size_t k, int64_t n);
/* Of tad__take_forward, where the op's two operands are x and the index. flat: the indices count
 * the elements of x in row-major order, and the plan takes x for contiguous. */
void tad__c_take(tad_c *to, const tad_call_frame *c, size_t x, tad__walk_plan *plan, bool flat);
/* The result is `initial` (NULL: zeros) with operand src added where operand 1, the index, says. */
void tad__c_put_into(tad_c *to, const tad_call_frame *c, size_t src, const tad__c_seen *initial,
                     tad__walk_plan *plan);

/* ---- scatter_recurrence.c ---- */

/* x times the factors whose index names the place. */
tad_var tad__scatter_product(tad_var x, tad_var index, tad_var factor, int axis);

/* ---- embedding.c ---- */

/* A padding_idx, which may count from the end, is one of so many rows; where an index is that. */
tad_status tad__check_padding(const tad_call_frame *c, const tad_maybe_int *padding, int64_t rows);
tad_var tad__is_padding(tad_var index, const tad_maybe_int *padding, int64_t rows);

/* ---- gather.c ---- */

/* Rules of ops whose first result is elements of x, and whose second result says, as an index along
 * the axis, which. */
void tad__picked_vjp(tad_rule *r, int64_t axis);
void tad__picked_jvp(tad_rule *r, int64_t axis);

/* The adjoint of tad_gather: zeros of `shape` to which src is added at the places of index. */
tad_var tad__gather_put(tad_var src, tad_var index, tad_shape shape, int64_t axis);

#endif
