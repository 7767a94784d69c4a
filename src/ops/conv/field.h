/* Copies of images with room around, as the kernels of convolutions read them. Rests on conv.h. */
#ifndef TAD_OPS_CONV_FIELD_H
#define TAD_OPS_CONV_FIELD_H

#include "conv.h"

/* Some channels of some images, zeros around. A row is cut into `turns` runs: run r has elements r,
 * r + turns, ..., so that windows that far apart are neighbours. */
typedef struct tad__field {
    int64_t low[TAD__SPATIAL], size[TAD__SPATIAL]; /* first index of the image, elements */
    int64_t turns, run;                            /* elements of a run */
    int64_t step[2], channel, image;               /* from plane to plane, row to row, ... */
} tad__field;

/* Steps from low and size. False: too large to be had. */
bool tad__field_lay_out(tad__field *f, int64_t channels, int64_t images, size_t width,
                        size_t *bytes);
/* Where an element lies, counted from low. */
static inline int64_t tad__field_at(const tad__field *f, const int64_t at[TAD__SPATIAL]) {
    return at[0] * f->step[0] + at[1] * f->step[1] + at[2] % f->turns * f->run + at[2] / f->turns;
}

/* What of an array with images is copied: channels and images from these on, with `shift` added to
 * low, rows of the axis that is cut up to `rows`. */
typedef struct tad__field_part {
    int64_t image, images, channel, channels;
    int axis;
    int64_t shift, rows;
} tad__field_part;

/* a: (N, C, ...) of any strides. */
void tad__field_fill(const tad__field *f, const tad_array *a, const tad__field_part *part,
                     void *to);

#endif
