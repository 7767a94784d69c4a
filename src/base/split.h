/* How n things are cut into pieces. It follows from sizes alone, since the order of sums depends on
 * it. */
#ifndef TAD_SPLIT_H
#define TAD_SPLIT_H

#include <stddef.h>

enum {
    TAD__GRAIN = 8192,     /* elements of a piece: some microseconds of light work */
    TAD__MOST_PIECES = 64, /* so that partial results fit the stack */
};

/* n things are cut into pieces of so many, the last one maybe fewer: a multiple of grain that
 * follows from n and grain alone, and makes at most TAD__MOST_PIECES pieces. */
static inline size_t tad__split_size(size_t n, size_t grain) {
    const size_t grains = n / grain + (n % grain != 0);
    return grain * (grains / TAD__MOST_PIECES + (grains % TAD__MOST_PIECES != 0));
}

/* The grain of rows of n elements. */
static inline size_t tad__rows_grain(size_t n) { return n < TAD__GRAIN ? TAD__GRAIN / (n + 1) : 1; }

#endif
