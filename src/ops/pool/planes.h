/* Loops over the channels of images, on threads. Rests on windows.h and kernel/plain/pool.h. */
#ifndef TAD_OPS_POOL_PLANES_H
#define TAD_OPS_POOL_PLANES_H

#include "kernel/plain/pool.h"
#include "windows.h"

/* What a plane is worked on with: windows for each element type, the arrays of whole calls. */
typedef struct tad__planes {
    struct tad__pool_f64 f64;
    struct tad__pool_f32 f32;
    const tad_array *image, *windows; /* with an axis of images and one of channels in front */
    const tad_array *places;          /* of the largest elements; NULL: none */
    bool add;
} tad__planes;

/* image: its steps are those of the windows. */
void tad__planes_of(tad__planes *p, const tad__windows *w, const tad_array *image,
                    const tad_array *windows);
/* Calls fn for pieces of images and channels. */
void tad__planes_split(const tad_call_frame *c, const tad__planes *p, tad_piece_fn *fn);

/* Where plane i of an array begins. */
static inline void *tad__plane(const tad_array *a, size_t i) {
    const int64_t channels = a->dim[1], k = (int64_t)i;
    const int64_t at = k / channels * tad_strides(a)[0] + k % channels * tad_strides(a)[1];
    return (char *)a->data + at * (int64_t)tad__width(a->dtype);
}

#endif
