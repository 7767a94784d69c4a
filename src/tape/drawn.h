/* Random arrays: constants that know how they were drawn. Rests on node.h. */
#ifndef TAD_TAPE_DRAWN_H
#define TAD_TAPE_DRAWN_H

#include "node.h"

typedef enum tad__distribution {
    TAD__UNIFORM,
    TAD__NORMAL,
    TAD__KEPT /* bool: true with probability 1 - p */
} tad__distribution;

typedef struct tad__drawn {
    tad_random before; /* the generator as it was */
    tad__distribution distribution;
    double p;
} tad__drawn;

/* A constant with the tape's next random numbers. */
tad_var tad__drawn_constant(tad_tape *t, const char *what, tad_dtype dtype, const tad_shape *shape,
                            tad__distribution distribution, double p);
/* Fills a contiguous array, an element after the other. */
void tad__draw(const tad__drawn *how, tad_random *random, const tad_array *to);

static inline bool tad__is_drawn(const tad__node *n) {
    return n->kind == TAD__CONSTANT && n->op == TAD__DRAWN;
}

#endif
