/* Images sampled at the places of a grid, as plain C: which elements of an axis a place takes, its
 * taps, and what they weigh; sums over taps on all axes. */
#ifndef TAD_KERNEL_PLAIN_GRID_H
#define TAD_KERNEL_PLAIN_GRID_H

#include <stddef.h>
#include <stdint.h>

#include "../elementary/remainder.h"

/* What lies beside the image, as tad_grid_padding counts it: nothing, its last elements, itself
 * mirrored. */
#define TAD__GRID_NOTHING 0
#define TAD__GRID_BORDER 1
#define TAD__GRID_MIRRORED 2

/* Taps of a place on an axis: the nearest element, the two neighbours, four for a cubic. */
#define TAD__GRID_NEAREST 1
#define TAD__GRID_LINEAR 2
#define TAD__GRID_CUBIC 4
#define TAD__GRID_MOST_TAPS 64 /* on three axes */

/* Points that are taken together, of at most so many taps. */
#define TAD__GRID_TILE 32
#define TAD__GRID_TILE_TAPS 16

/* corners: -1 and 1 are the centres of the first and the last element, else their outer edges. */
typedef struct tad__grid_axis {
    int64_t size;
    int taps, padding, corners;
} tad__grid_axis;

#define BODY "plain/grid_body.h"
#include "../instantiate.h"

#endif
