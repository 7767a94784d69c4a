/* Tiles of contiguous rows: so many that the passes of a kernel over them stay in cache. A tile has
 * at most TAD__TILE_ROWS rows and TAD__TILE numbers, or is a single row of any length. */
#ifndef TAD_KERNEL_TILE_H
#define TAD_KERNEL_TILE_H

#include <stddef.h>

#include "base/threads.h"

enum { TAD__TILE = 2048, TAD__TILE_ROWS = 256 };

/* Rows of n numbers in one tile; n > 0. */
static inline size_t tad__tile_rows(size_t n) {
    size_t rows = n < TAD__TILE ? TAD__TILE / n : 1;
    return rows < TAD__TILE_ROWS ? rows : TAD__TILE_ROWS;
}

/* Rows in a piece of work for one thread: whole tiles. */
static inline size_t tad__tile_grain(size_t n) {
    size_t rows = tad__tile_rows(n), tiles = TAD__GRAIN / (rows * n);
    return rows * (tiles ? tiles : 1);
}

#endif
