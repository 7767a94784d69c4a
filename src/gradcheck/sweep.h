/* A numeric derivative with an error bound, from steps of many sizes. Knows neither tapes nor ops:
 * it is what analytic derivatives are held against, so it must not share anything with them. */
#ifndef TAD_GRADCHECK_SWEEP_H
#define TAD_GRADCHECK_SWEEP_H

#include <stdbool.h>
#include <stddef.h>

#include <tad/gradcheck.h>

/* Moves the point by h along the line and writes the m values there. *moved is the coordinate
 * reached, as a machine number: the difference quotient divides by what was really moved. */
typedef tad_status tad__line_fn(void *user, double h, double *out, double *coordinate);

typedef enum tad__slope_kind {
    TAD__SLOPE_SMOOTH,
    TAD__SLOPE_KINK,
    TAD__SLOPE_JUMP,
    TAD__SLOPE_UNKNOWN /* not finite close by */
} tad__slope_kind;

typedef struct tad__slope {
    tad__slope_kind kind;
    double value, error; /* smooth: |true derivative - value| <= error */
    double left, right;  /* one-sided slopes at the smallest step */
    double side_error;   /* of these */
    double step;
    double natural; /* size of the values divided by the scale of the steps */
    bool rejected; /* some level was not smooth: the error bound may miss what is far away */
} tad__slope;

#define TAD__LEVELS 28

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
} tad__path;

/* Derivatives of the m values of a function along a path; f0: the values at its point. noise[j]
 * (NULL: zeros) is the size of numbers that value j is rounded with, beside its own; it is read
 * after the last call of f, which may set it. Where the 28 steps below the scale leave an error
 * worth mentioning, finer ones are tried. Fails only as f fails. */
tad_status tad__slopes(const tad__path *path, const double *f0, const double *noise, size_t m,
                       double *room, tad__slope *out);

/* What an analytic derivative a is worth beside a slope. */
typedef enum tad__outcome {
    TAD__OUT_ZERO, /* or negligible beside `largest`, the largest entry of the Jacobian */
    TAD__OUT_GRADED,
    TAD__OUT_KINK,
    TAD__OUT_INCONCLUSIVE
} tad__outcome;

typedef struct tad__judgement {
    tad__outcome outcome;
    tad_grade grade; /* GRADED: how good; else NONE */
    double r;
} tad__judgement;

/* demand: where ACCEPTABLE is enough, a bound that is no sharper than that decides, too. */
tad__judgement tad__judge(double a, const tad__slope *n, double largest, tad_kinks kinks,
                          tad_grade demand);

#endif
