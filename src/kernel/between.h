/* Sweeps over the nodes of 0-d float64 arithmetic between some x and some y: tangents forward, then
 * adjoints and their tangents in reverse. Rests on sweep.h. */
#ifndef TAD_KERNEL_BETWEEN_H
#define TAD_KERNEL_BETWEEN_H

#include "sweep.h"

enum {
    TAD__VARIES = 1,  /* is an x or depends on one */
    TAD__MOVES = 2,   /* has a tangent, as that x has one */
    TAD__REACHED = 4, /* an adjoint has arrived */
    TAD__SECOND = 8,  /* and a tangent of it */
    TAD__WANTED = 16  /* is a y or some y depends on it */
};

/* An adjoint and its tangent. */
typedef struct tad__moving {
    tad__adjoint adjoint, tangent;
} tad__moving;

/* Lists beside the nodes base + 1 .. base + span. Entry 0 stands for all other nodes: nothing there
 * varies. What is in it besides is not read. */
typedef struct tad__between {
    const tad__node *node;
    int64_t base;
    uint32_t span;
    uint8_t *mark;
    tad__adjoint *tangent;
    tad__moving *moving; /* NULL: tangents only */
} tad__between;

static inline uint32_t tad__entry_of(const tad__between *b, uint32_t node) {
    const int64_t entry = (int64_t)node - b->base;
    return entry > 0 && entry <= b->span ? (uint32_t)entry : 0;
}

/* The same of a node that lies below one between, as its operands do. */
static inline size_t tad__entry_below(const tad__between *b, uint32_t node) {
    const int64_t entry = (int64_t)node - b->base;
    return entry > 0 ? (size_t)entry : 0;
}

/* Operand i of a node with a list: entry 0 for a plain number. */
typedef struct tad__factor {
    size_t k;
    double value;
} tad__factor;

static inline tad__factor tad__factor_at(const tad__between *b, const tad__record_of *r,
                                         uint32_t i) {
    const uint32_t node = r->in[i];
    if (node == TAD__NO_NODE) return (tad__factor){0, tad__plain_of(r)[i]};
    return (tad__factor){tad__entry_below(b, node), b->node[node].value.number};
}

/* How many operands of a list are summands; the others are factors, first all a, then all b. */
static inline uint32_t tad__summands(const tad__node *n) {
    const tad__record_of *r = n->u.record;
    return n->kind == TAD__SUM ? r->n_in : 1;
}

/* Gives every node from entry k on its mark and tangent, up to the first whose rule is not known
 * here or whose tangent is a NaN, and gives the entry of that, untouched; span + 1 at the end. */
typedef uint32_t tad__push_tangents(const tad__between *b, uint32_t k);
/* Passes on what nodes from entry k down have, up to the first whose rule is not known here or
 * makes a NaN, and gives the entry of that, untouched; 0 at the end. */
typedef uint32_t tad__pull_adjoints(const tad__between *b, uint32_t k);
/* pull_quickly: the same without looking at marks or for NaNs, and without giving marks: pulled
 * numbers that are no NaN are right. */

extern tad__push_tangents TAD_LEVEL(tad__push_tangents_numbers);
extern tad__pull_adjoints TAD_LEVEL(tad__pull_adjoints_numbers);
extern tad__pull_adjoints TAD_LEVEL(tad__pull_quickly_numbers);

#endif
