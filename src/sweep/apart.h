/* Reverse sweeps with adjoints of their own, from some y to some x: those of the user, sums of
 * parameters too, are as before. Rests on numeric.h. */
#ifndef TAD_SWEEP_APART_H
#define TAD_SWEEP_APART_H

#include "numeric.h"

typedef struct tad__apart {
    tad__numeric between; /* its marks say what varies with x, and which nodes are x: wanted */
    uint32_t low;         /* the lowest x: a sweep ends above */
} tad__apart;

/* On failure there is nothing to end. */
bool tad__apart_begin(tad__apart *a, tad_var y, const tad_var *x, size_t nx, const char *what);
void tad__apart_end(tad__apart *a);
tad_status tad__apart_reverse(tad__apart *a, tad_var y, tad_var cotangent);
/* The gradient of an x as an array, until the next sweep; NULL: zero. view: for a number. */
const tad_array *tad__apart_gradient(tad__apart *a, tad_var x, tad__view *view);

static inline unsigned tad__apart_mark(const tad__apart *a, uint32_t i) {
    const tad__between *b = &a->between.tape;
    return b->mark[tad__entry_of(b, i)];
}
/* Whether a sweep of t passes on to node i. */
static inline bool tad__passes_to(const tad_tape *t, uint32_t i) {
    return !t->apart || (tad__apart_mark(t->apart, i) & TAD__VARIES);
}
/* Whether it keeps the adjoint of node i, one that it has visited. */
static inline bool tad__is_kept(const tad_tape *t, uint32_t i) {
    if (!t->apart) return t->head.node[i].flags & TAD__RETAIN;
    return tad__apart_mark(t->apart, i) & TAD__WANTED;
}
/* Only the sweep sees the adjoint of an interior node that is not kept. */
static inline bool tad__is_passing(const tad_tape *t, uint32_t i) {
    return t->head.node[i].kind > TAD__PARAM && !tad__is_kept(t, i);
}

#endif
