/* Convolutions as plain C: what ties images x, weights w and images y together, position by
 * position of y and tap by tap of w: x index = position * stride + tap * dilation - pad on each of
 * three axes. Outside x is 0. The order of sums is that of conv_kernel.c with vectors of 16
 * bytes. */
#ifndef TAD_KERNEL_PLAIN_CONV_H
#define TAD_KERNEL_PLAIN_CONV_H

#include <stddef.h>
#include <string.h>

#define BODY "plain/conv_body.h"
#include "../instantiate.h"

#endif
