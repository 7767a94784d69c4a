/* Sums over taps: the inner loops of convolutions on raw memory, for float and double.
 *
 * x is an image with room around: whatever tap is added to a position, an element is there, and a
 * vector may be read where a row begins. Positions lie in rows, rows in planes, planes in images.
 *
 * Each element is summed in an order that follows from the problem alone: from 0, tap by tap. */
#ifndef TAD_KERNEL_CONV_H
#define TAD_KERNEL_CONV_H

#include <stdbool.h>
#include <stddef.h>

#include "isa.h"

/* All strides count elements. */
typedef struct tad__taps {
    size_t outputs, taps;
    size_t count[4]; /* images, planes, rows, positions of a row */
    const void *x;
    ptrdiff_t x_step[3];  /* between images, planes, rows; positions are contiguous */
    const ptrdiff_t *tap; /* where a tap reads, from a position */
    const void *y;
    ptrdiff_t y_step[4];
    ptrdiff_t y_output; /* from one output to the next */
} tad__taps;

/* y[o, p] = bias[o] + sum over t of w[o, t] x[p + tap[t]], on top of y if `add`.
 *
 * w: blocks of `height` outputs, the last filled up with zeros; in a block tap by tap. bias: a
 * number for each output of whole blocks. */
typedef void tad__tap_values(const tad__taps *s, size_t height, const void *w, const void *bias,
                             bool add);
/* w[o * w_output + t] += sum over p of y[o, p] x[p + tap[t]], positions contiguous in y too. Lane i
 * of a vector sums positions i, i + lanes, ... of each row in turn; lanes are then added in
 * halves. */
typedef void tad__tap_weights(const tad__taps *s, void *w, ptrdiff_t w_output);

typedef struct tad__conv_kernels {
    size_t height; /* the most outputs of a block */
    tad__tap_values *values[2];
    tad__tap_weights *weights[2];
} tad__conv_kernels;

extern const tad__conv_kernels TAD_LEVEL(tad__conv_kernels);

#endif
