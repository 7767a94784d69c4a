/* Softmax and its relatives of one row as plain C, in the order of softmax_kernel.c, and down
 * columns. */
#ifndef TAD_KERNEL_PLAIN_SOFTMAX_H
#define TAD_KERNEL_PLAIN_SOFTMAX_H

#include "../elementary/log.h"
#include "fold.h"
#include "largest.h"

enum {
    TAD__COLUMN_BLOCK = 64, /* columns walked together */
    TAD__CHUNK_ROWS = 64    /* rows summed before they join the rest, which keeps errors small */
};

/* Where number i of a row stands that runs along several axes, in row-major order. */
static inline ptrdiff_t tad__place_in_row(ptrdiff_t i, int rank, const ptrdiff_t *dim,
                                          const ptrdiff_t *stride) {
    ptrdiff_t at = 0;
    while (rank-- > 1) {
        at += i % dim[rank] * stride[rank];
        i /= dim[rank];
    }
    return at + i * stride[0];
}

#define BODY "plain/softmax_body.h"
#include "../instantiate.h"

#endif
