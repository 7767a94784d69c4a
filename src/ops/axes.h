/* Axes that an option names: checked in shape rules, known to be right afterwards. Rests on
 * tape.h. */
#ifndef TAD_OPS_AXES_H
#define TAD_OPS_AXES_H

#include "tape/tape.h"

/* The axis that is named; refuses one that arrays of this rank do not have. */
static inline tad_status tad__one_axis(const tad_call_frame *c, int64_t named, int rank,
                                       int *axis) {
    if (tad__axis(named, rank, axis)) return TAD_OK;
    return tad_fail(c, TAD_BAD_AXIS, "no axis %lld", (long long)named);
}

/* A bit for each axis named, all when not given; refuses what x, of this rank, does not have. */
static inline tad_status tad__named_axes(const tad_call_frame *c, const tad_axes *axes, int rank,
                                         unsigned *mask) {
    int bad = 0;
    if (tad__axes_mask(axes, rank, mask, &bad)) return TAD_OK;
    if (axes->count < 0 || axes->count > TAD_MAX_RANK)
        return tad_fail(c, TAD_BAD_AXIS, "%d axes are named", axes->count);
    return tad_fail(c, TAD_BAD_AXIS, "no axis %d, or named twice", bad);
}

/* The same, once the shape rule has found them right. */
static inline int tad__known_axis(int64_t named, int rank) {
    int axis = 0;
    tad__axis(named, rank, &axis);
    return axis;
}

static inline unsigned tad__known_axes(const tad_axes *axes, int rank) {
    unsigned mask = 0;
    int bad;
    tad__axes_mask(axes, rank, &mask, &bad);
    return mask;
}

#endif
