/* What a numeric sweep does at one node that the loop over numbers leaves to it. Rests on
 * numeric.h. */
#ifndef TAD_SWEEP_FOLLOW_H
#define TAD_SWEEP_FOLLOW_H

#include "numeric.h"

/* Lists, all zero, beside `span` nodes from `low` on; on failure the error. */
bool tad__between_make(tad__numeric *s, tad__between *b, uint32_t low, uint32_t span, bool second);
void tad__between_free(tad__numeric *s, tad__between *b);
/* Adds g, which the shape of node i's value broadcasts to, to one of the node's derivatives. */
tad_status tad__add_derivative(tad__numeric *s, tad__adjoint *to, uint32_t i, const tad_array *g);

void tad__mark_wanted(tad__numeric *s);

/* A node's lists and its place in them; k 0: it is not between. */
typedef struct tad__entry {
    const tad__between *b;
    uint32_t k;
} tad__entry;

static inline tad__entry tad__entry_at(const tad__numeric *s, uint32_t i) {
    const uint32_t k = s->stretch.span ? tad__entry_of(&s->stretch, i) : 0;
    return k ? (tad__entry){&s->stretch, k} : (tad__entry){&s->tape, tad__entry_of(&s->tape, i)};
}
static inline unsigned tad__mark_at(const tad__numeric *s, uint32_t i) {
    const tad__entry e = tad__entry_at(s, i);
    return e.k ? e.b->mark[e.k] : 0;
}
static inline void tad__set_mark(const tad__numeric *s, uint32_t i, unsigned mark) {
    const tad__entry e = tad__entry_at(s, i);
    if (e.k) e.b->mark[e.k] |= (uint8_t)mark;
}
/* Whether operand j of the call is an x or depends on one. */
static inline bool tad__varies(const tad__numeric *s, const tad__call *c, uint32_t j) {
    return tad__passes(s->t, c, j) && (tad__mark_at(s, c->in[j]) & TAD__VARIES);
}

/* ---- row.c: rows without their rules ---- */

void tad__tangent_of_row(tad__numeric *s, uint32_t i, const tad__call *c);
void tad__adjoint_of_row(tad__numeric *s, uint32_t i, const tad__call *c);
/* The tangent of a row on arrays that lie as runs, by its kernels; false: it is not that. */
bool tad__tangent_of_runs(tad__numeric *s, uint32_t i, const tad__call *c, tad_status *status);

/* ---- follow.c ---- */

/* Gives node i its mark and its tangent. */
tad_status tad__follow_tangent(tad__numeric *s, uint32_t i);
/* Passes on node i's adjoint and the tangent of that, if some y needs it. */
tad_status tad__follow_adjoint(tad__numeric *s, uint32_t i);

#endif
