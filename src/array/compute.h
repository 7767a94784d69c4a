/* What array arithmetic needs: the kernels of a level, threads, and memory for the time of one
 * call. No tape. Rests on the kernels, the pool and the arena.
 *
 * Whatever it is given for threads, a result has the same bits: the order of additions depends on
 * the sizes only. */
#ifndef TAD_ARRAY_COMPUTE_H
#define TAD_ARRAY_COMPUTE_H

#include "base/memory.h"
#include "base/threads.h"
#include "kernel/kernels.h"
#include "shape.h"

typedef struct tad__compute {
    const tad__kernels *kernels;
    tad__pool *threads;  /* NULL: the caller's alone */
    tad__arena *scratch; /* released by whoever began the call */
} tad__compute;

/* NULL: no memory. */
static inline void *tad__scratch(const tad__compute *c, size_t bytes) {
    return tad__arena_take(c->scratch, bytes, 64);
}

/* ---- run.c: contiguous float64 or float32 ---- */

/* y += x; the sum; y += the sums of a matrix's columns. */
void tad__add(const tad__compute *c, tad_dtype dtype, size_t n, const void *x, void *y);
double tad__total(const tad__compute *c, tad_dtype dtype, size_t n, const void *x);
void tad__add_columns(const tad__compute *c, tad_dtype dtype, size_t rows, size_t cols,
                      const void *x, void *y);
/* All of a contiguous array = 0. */
void tad__clear(const tad__compute *c, const tad_array *a);

/* ---- move.c ---- */

/* dst (contiguous) = src, converted; sizes agree. */
void tad__copy(const tad__compute *c, tad_array *dst, const tad_array *src);
/* dst = src or dst += src, converted: equal shapes, any strides that show each element of dst
 * once. */
void tad__put(const tad__compute *c, const tad_array *dst, const tad_array *src, bool add);
/* An array of scratch memory, its elements not set. NULL: no memory. */
tad_array *tad__scratch_array(const tad__compute *c, tad_dtype dtype, const tad_shape *shape);
/* a itself, or a contiguous copy in scratch memory. NULL: no memory. */
const tad_array *tad__contiguous(const tad__compute *c, const tad_array *a);

/* ---- sum.c ---- */

/* dst (contiguous) += src summed down to dst's shape, which broadcasts to src's; converted. */
void tad__add_into(const tad__compute *c, tad_array *dst, const tad_array *src);

#endif
