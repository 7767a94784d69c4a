/* Reverse sweeps with adjoints of their own, from some y to one x: those of the user, sums of
 * parameters too, are as before. Rests on numeric.h. */
#ifndef TAD_SWEEP_APART_H
#define TAD_SWEEP_APART_H

#include "numeric.h"

typedef struct tad__apart {
    tad__numeric between; /* its marks say what depends on x */
    uint32_t x;           /* the sweep ends above */
} tad__apart;

/* On failure there is nothing to end. */
bool tad__apart_begin(tad__apart *a, tad_var y, tad_var x, const char *what);
void tad__apart_end(tad__apart *a);
/* The gradient of x as an array; NULL: zero. Until the next sweep. view: for a number. */
tad_status tad__apart_reverse(tad__apart *a, tad_var y, tad_var cotangent, tad__view *view,
                              const tad_array **gradient);

/* Whether a sweep of t passes on to node i. */
static inline bool tad__passes_to(const tad_tape *t, uint32_t i) {
    if (!t->apart) return true;
    const tad__between *b = &t->apart->between.tape;
    return b->mark[tad__entry_of(b, i)] & TAD__VARIES;
}

#endif
