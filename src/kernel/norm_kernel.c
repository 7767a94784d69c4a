/* Layer norm and RMS norm along rows for one instruction-set level. Rests on norm.h. */
#include "norm.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { LANE_BYTES = 256, VECTORS = LANE_BYTES / TAD_VECTOR_BYTES };

/* A row may be a page, where the processor's own guesses end: so the kernels ask for the memory of
 * the next one, `bytes` behind p, and for what they will write. There may be no memory; then nothing
 * happens. */
#if defined(__GNUC__)
#define PREFETCH(p, write) __builtin_prefetch(p, write)
#else
#define PREFETCH(p, write) (void)(p)
#endif

static inline void prefetch_row(const void *p, size_t bytes) {
    PREFETCH((const void *)((uintptr_t)p + bytes), 0);
}

static inline void prefetch_room(const void *p) { PREFETCH(p, 1); }

#define T       double
#define NAME(f) f##_f64
#define SQRT    sqrt
#include "norm_body.h"
#undef T
#undef NAME
#undef SQRT

#define T       float
#define NAME(f) f##_f32
#define SQRT    sqrtf
#include "norm_body.h"

#define BOTH(f) {f##_f64, f##_f32}
const tad__norm_kernels TAD_LEVEL(tad__norm_kernels) = {
    .measure = BOTH(measure),
    .forward = BOTH(forward),
    .backward = BOTH(backward),
};
