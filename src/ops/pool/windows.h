/* Windows on images: what pooling, unfold and fold share. Rests on tape.h. */
#ifndef TAD_OPS_POOL_WINDOWS_H
#define TAD_OPS_POOL_WINDOWS_H

#include "tape/tape.h"

enum { TAD__WINDOW_AXES = 3 }; /* the most behind images and channels */

/* As tad_call fills them in; each op has some. */
typedef struct tad__window_options {
    tad_shape kernel_size, stride, padding, dilation; /* none, one for all axes, one for each */
    tad_shape output_size; /* of adaptive pooling: positions; of adjoints: the image */
    bool ceil_mode, count_include_pad, return_indices;
    bool adaptive; /* of the adjoint */
} tad__window_options;

/* Sizes of images and positions; axes that are not there have one element. */
typedef struct tad__windows {
    int rank;
    int64_t in[TAD__WINDOW_AXES], out[TAD__WINDOW_AXES];
    int64_t kernel[TAD__WINDOW_AXES], stride[TAD__WINDOW_AXES], pad[TAD__WINDOW_AXES],
        dilation[TAD__WINDOW_AXES];
    bool adaptive, count_pad;
} tad__windows;

/* Which way windows are laid. */
typedef enum tad__window_kind {
    TAD__POOL,     /* padding at most half of the kernel; stride not given: the kernel */
    TAD__ADAPTIVE, /* as many as output_size says */
    TAD__UNFOLD    /* any padding; stride not given: 1 */
} tad__window_kind;

/* Of an image with these axes behind the first two; refuses what does not fit. */
tad_status tad__windows_of(tad__windows *w, const tad_call_frame *c, tad__window_kind kind,
                           const int64_t *in, int rank);
/* The same of a call that was found right. */
tad__windows tad__known_windows(const tad__window_options *o, tad__window_kind kind,
                                const int64_t *in, int rank);
/* The sizes of an image that output_size names; refuses what is none. */
tad_status tad__image_size(const tad_call_frame *c, int rank, int64_t *in);

/* Steps of the axes behind the first two of an array, in elements. */
static inline void tad__window_steps(const tad_array *a, ptrdiff_t step[TAD__WINDOW_AXES]) {
    for (int i = 0; i < TAD__WINDOW_AXES; i++) {
        const int axis = a->rank - TAD__WINDOW_AXES + i;
        step[i] = axis >= 2 ? (ptrdiff_t)tad_strides(a)[axis] : 0;
    }
}

/* ---- windows_text.c ---- */

/* "const struct NAME p = {...};": windows on an image with these steps. */
void tad__c_windows(tad_c *to, const tad__windows *w, const ptrdiff_t *step, unsigned dtype);
/* Opens a loop over images and channels: "for (...) for (...) {". */
void tad__c_open_planes(tad_c *to, const tad_array *a);
/* " + 12 * n + 3 * c" where channel c of image n begins in an array. */
void tad__c_plane(tad_c *to, const tad_array *a);

#endif
