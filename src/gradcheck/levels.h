/* What the values at steps of many sizes from a point say of the slope there. Knows neither tapes
 * nor ops: it is what analytic derivatives are held against, so it must not share anything with
 * them. */
#ifndef TAD_GRADCHECK_LEVELS_H
#define TAD_GRADCHECK_LEVELS_H

#include <stdbool.h>
#include <stddef.h>

#define TAD__LEVELS 28
#define TAD__FINE 18 /* from this level on kinks, also of derivatives, are rare */

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
    double ripple;  /* of tad__values, but a small part of their size at most */
    bool rejected;  /* some level was not smooth: the error bound may miss what is far away */
    bool open;      /* finer steps may tell more */
} tad__slope;

/* The steps, each half of the one before, and the coordinates that were reached. */
typedef struct tad__slope_steps {
    double x;    /* coordinate of the point */
    double near; /* what is as near to x as that is rarely a kink */
    double h[TAD__LEVELS], plus[TAD__LEVELS], minus[TAD__LEVELS];
} tad__slope_steps;

/* A function's value at the point and, `stride` doubles apart, at all steps to both sides. */
typedef struct tad__values {
    double at;
    const double *plus, *minus;
    size_t stride;
    double noise;    /* size of numbers that they are rounded with, beside their own */
    double rounding; /* what rounding takes them off by, if not more; 0: not known */
    double ripple;   /* what rounding can hardly take them off by 500 times over; 0: not known */
} tad__values;

void tad__levels_slope(const tad__slope_steps *steps, const tad__values *f, tad__slope *out);

#endif
