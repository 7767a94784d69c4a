/* A numeric derivative with an error bound, from steps of many sizes. Knows neither tapes nor ops:
 * it is what analytic derivatives are held against, so it must not share anything with them. */
#ifndef TAD_GRADCHECK_SLOPE_H
#define TAD_GRADCHECK_SLOPE_H

#include <tad/status.h>

#include "levels.h"

/* Moves the point by h along the line and writes the m values there. *coordinate is the one
 * reached, as a machine number: the difference quotient divides by what was really moved. */
typedef tad_status tad__line_fn(void *user, double h, double *out, double *coordinate);

/* Doubles of scratch memory for m values. */
static inline size_t tad__slopes_room(size_t m) { return 2 * TAD__LEVELS * m; }

/* Where a function is followed. */
typedef struct tad__path {
    tad__line_fn *f;
    void *user;
    double x;     /* coordinate of the point */
    double scale; /* the first steps are below scale / 4 */
    double size;  /* of the largest number moved: no step is as small as its rounding */
    bool fixed;   /* the scale was given: no other is tried */
    const double *rounding, *ripple; /* for each value, see tad__values; NULL: not known */
} tad__path;

/* Derivatives of the m values of a function along a path; f0: the values at its point. noise[j]
 * (NULL: zeros) is the size of numbers that value j is rounded with, beside its own; it is read
 * after the last call of f, which may set it. Where the 28 steps below the scale leave an error
 * worth mentioning, finer ones are tried. Fails only as f fails. */
tad_status tad__slopes(const tad__path *path, const double *f0, const double *noise, size_t m,
                       double *workspace, tad__slope *out);

#endif
