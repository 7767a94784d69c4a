/* Walking several arrays together: one iteration space, a pointer and strides per array, adjacent
 * axes joined where every array allows it. Kernels then see runs of the innermost axis.
 *
 * Rests on tad_array and the thread pool; cannot fail. */
#ifndef TAD_ARRAY_LOOP_H
#define TAD_ARRAY_LOOP_H

#include <tad/op.h>

#include "base/threads.h"

enum { TAD__LOOP_ARRAYS = 6 };

typedef struct tad__loop {
    int rank, arrays;
    int64_t dim[TAD_MAX_RANK];
    int64_t stride[TAD__LOOP_ARRAYS][TAD_MAX_RANK]; /* in bytes */
    char *base[TAD__LOOP_ARRAYS];
    /* while walking */
    int64_t at[TAD_MAX_RANK];
    char *run[TAD__LOOP_ARRAYS];    /* start of the current run */
    int64_t length;                 /* of a run */
    int64_t step[TAD__LOOP_ARRAYS]; /* between its elements, in bytes */
} tad__loop;

/* Over `shape`; each array broadcasts to it. Element sizes come from their dtypes. */
void tad__loop_init(tad__loop *l, const tad_shape *shape, const tad_array *const *array, int n);
/* Usage: for (bool more = tad__loop_first(&l); more; more = tad__loop_next(&l)) ... */
bool tad__loop_first(tad__loop *l); /* false: nothing to walk */
bool tad__loop_next(tad__loop *l);

/* Cuts l along the outermost axis on which array `into` moves, so that no two pieces write one
 * element, and hands the pieces out: walk(arg, piece) walks a loop as above. A piece does not know
 * where it lies; `into` without any axis, or few elements, give one piece. */
typedef void tad__loop_walk(void *arg, tad__loop *piece);
void tad__loop_split(tad__pool *pool, tad__loop *l, int into, tad__loop_walk *walk, void *arg);
/* Elements that it walks. */
static inline size_t tad__loop_size(const tad__loop *l) {
    size_t all = 1;
    for (int i = 0; i < l->rank; i++) all *= (size_t)l->dim[i];
    return all;
}
/* The grain of the pieces and the axis along which they are cut; 0: there is one piece. */
size_t tad__loop_grain(const tad__loop *l, int into, int *axis);

/* ---- runs as contiguous elements ---- */

enum { TAD__BLOCK = 512 }; /* elements that a buffer holds: they stay in the first cache */

/* Of one walk; begins with `repeated` all NULL. */
typedef struct tad__walk_buffers {
    _Alignas(64) double buffer[TAD__LOOP_ARRAYS][TAD__BLOCK];
    const char *repeated[TAD__LOOP_ARRAYS]; /* the one element that the buffer is full of */
} tad__walk_buffers;

/* Elements [from, from + n) of array k's run, of this size: in their place, or at most TAD__BLOCK
 * gathered into its buffer. */
const void *tad__gathered(const tad__loop *l, int k, int64_t from, int64_t n, size_t size,
                          tad__walk_buffers *r);

#endif
