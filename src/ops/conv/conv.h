/* What the files of convolutions share. Rests on tape.h and kernel/conv.h.
 *
 * Three arrays are tied together: images x (N, C, ...), weights w (O, C / groups, ...) and images y
 * (N, O, ...), by the sum over all of them of x[n, c, i] w[o, c, k] y[n, o, p] where
 * i = p stride + k dilation - pad. Each op computes one array from the other two: the factor of
 * its elements. So each one's derivatives are the other two. */
#ifndef TAD_OPS_CONV_CONV_H
#define TAD_OPS_CONV_CONV_H

#include "tape/tape.h"

enum { TAD__CONV, TAD__CONV_TURNED = 3, TAD__CONV_WEIGHT = 6 }; /* the first of each kind */
extern const tad_op tad__ops_conv[];

enum { TAD__SPATIAL = 3 }; /* the most axes behind N and C */

/* As tad_call fills them in. */
typedef struct tad__conv_options {
    tad_shape stride, padding, dilation; /* none, one for all axes, one for each */
    tad_shape output_padding, kernel_size;
    tad_maybe_int groups; /* not given: 1 */
    int auto_pad;         /* a tad_auto_pad */
} tad__conv_options;

/* ---- sizes: sizes.c ---- */

typedef struct tad__conv_axis {
    int64_t x, kernel, y;
    int64_t stride, dilation, pad, pad_behind;
} tad__conv_axis;

typedef struct tad__conv {
    int rank;                          /* axes behind N and C; the others have one element */
    int64_t images, groups, outs, ins; /* outs and ins: of a group */
    tad__conv_axis axis[TAD__SPATIAL];
} tad__conv;

/* Which operand is which. */
typedef enum tad__conv_role {
    TAD__CONV_X,
    TAD__CONV_W,
    TAD__CONV_Y,
    TAD__CONV_BIAS
} tad__conv_role;
tad__conv_role tad__conv_result(const tad_op *op);
tad__conv_role tad__conv_operand(const tad_op *op, size_t i);

tad_status tad__conv_shape(const tad_call_frame *c, tad_type *out, size_t *n_out);
/* Sizes of a call that was found right; shapes by role. */
tad__conv tad__conv_sizes(const tad__conv_options *o, const tad_shape *x, const tad_shape *w,
                          const tad_shape *y);
/* From the first to the last element that a window covers. */
static inline int64_t tad__conv_reach(const tad__conv_axis *a) {
    return (a->kernel - 1) * a->dilation + 1;
}

/* ---- values: blocks.c, values.c; conv.c ---- */

/* A few images, or some of the rows of one, are worked on at a time. */
typedef struct tad__conv_blocks {
    int axis;             /* that is cut into bands */
    int64_t images, rows; /* of a block: of one image where there are several bands */
    int64_t bands, count; /* bands of an image; blocks in all */
    int64_t pieces;       /* whose sums of weights are joined */
} tad__conv_blocks;

/* How y is cut, or, turned, x. */
tad__conv_blocks tad__conv_blocks_of(const tad__conv *v, tad_dtype dtype, bool turned);

/* The arrays of a call by role; the one that is computed is contiguous. */
typedef struct tad__conv_call {
    const tad__compute *compute;
    tad__conv sizes;
    const tad_array *x, *w, *y, *bias; /* bias NULL: none */
    bool add;                          /* to what the result holds */
} tad__conv_call;

/* result: in the place of its role. */
tad__conv_call tad__conv_call_of(const tad_call_frame *c, const tad_array *result);
tad_status tad__conv_compute(const tad__conv_call *c, tad__conv_role result);

/* ---- conv_text.c, conv_rule.c ---- */

void tad__conv_c_text(const tad_call_frame *c, tad_c *to);
void tad__conv_vjp(tad_rule *r);
void tad__conv_jvp(tad_rule *r);

#endif
