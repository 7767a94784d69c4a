/* Axes that an option names, checked. Rests on tape.h. */
#ifndef TAD_OPS_AXES_H
#define TAD_OPS_AXES_H

#include "tape/tape.h"

/* A bit for each axis named, all when not given; refuses what x, of this rank, does not have. */
static inline tad_status tad__named_axes(const tad_call_frame *c, const tad_axes *axes, int rank,
                                         unsigned *mask) {
    int bad = 0;
    if (tad__axes_mask(axes, rank, mask, &bad)) return TAD_OK;
    if (axes->count < 0 || axes->count > TAD_MAX_RANK)
        return tad_fail(c, TAD_BAD_AXIS, "%d axes are named", axes->count);
    return tad_fail(c, TAD_BAD_AXIS, "no axis %d, or named twice", bad);
}

#endif
