/* Which entries of a Jacobian are compared: single elements of each array, or random directions
 * through all elements of a large one. */
#ifndef TAD_GRADCHECK_PICK_H
#define TAD_GRADCHECK_PICK_H

#include <tad/gradcheck.h>

#include "workspace.h"

/* A single element, or a random direction of +1 and -1. */
typedef struct tad__pick {
    size_t array;    /* which input, or output */
    int64_t element; /* -1: a direction */
    size_t at;       /* in the long vector: the element, or where its array begins */
    size_t n;        /* elements that it moves */
    double *sign;    /* of a direction: for each element of the array */
} tad__pick;

typedef struct tad__picks {
    tad__pick *pick;
    size_t n;
    bool complete; /* every element, one by one */
} tad__picks;

/* How large arrays are sampled: up to `limit` whole, else `some` elements, and directions. */
typedef struct tad__sampling {
    size_t limit, some, directions;
} tad__sampling;

/* Of n arrays, which begin at at[] in the long vector. inputs: NULL, or what is asked of each. */
tad_status tad__picks_choose(tad__picks *to, tad__workspace *workspace, tad_random *random,
                             const tad__sampling *how, size_t n, const size_t *at,
                             const tad_gradcheck_input *inputs);

/* The component of a long vector that a pick stands for. */
double tad__pick_component(const tad__pick *p, const double *vector);
/* The vector of `total` elements whose product with a long vector is that component. */
void tad__pick_unit(const tad__pick *p, size_t total, double *out);

#endif
