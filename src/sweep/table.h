/* What recorded derivatives share: tables over the nodes between x and y, frames for the ops'
 * rules. Rests on rule.h. */
#ifndef TAD_SWEEP_TABLE_H
#define TAD_SWEEP_TABLE_H

#include "rule.h"

/* A sweep under way: tables over the nodes 0 .. top. */
typedef struct tad__table {
    tad_tape *t;
    const char *what; /* the verb, for messages */
    uint32_t low, top;
    uint32_t *var; /* the node that is this node's adjoint or tangent; TAD__NO_NODE: zero */
    uint8_t *mark;
} tad__table;

enum {
    TAD__IS_X = 1,
    TAD__DEPENDS = 2, /* some operand is an x or depends on one */
    TAD__NEEDED = 4   /* some y depends on it */
};

/* Finds the range, makes the tables, marks x and what lies between. */
bool tad__table_begin(tad__table *s, const tad_var *y, size_t ny, const tad_var *x, size_t nx);
void tad__table_free(tad__table *s);
void tad__mark_needed(tad__table *s);
/* Whether operand k is an x or depends on one. */
bool tad__depends(const tad__table *s, const tad__call *c, uint32_t k);
/* Adds r to the adjoint or tangent of node `target`. */
void tad__table_add(tad__table *s, uint32_t target, tad_var r);
/* The adjoints or tangents of x; zeros where there is none. */
void tad__table_collect(tad__table *s, const tad_var *x, size_t nx, tad_var *out);

/* ---- the frame of a rule ---- */

typedef struct tad__frame {
    tad__call call;
    tad_var *in, *given, *result, *out;
    bool *wanted;
} tad__frame;

/* Its lists are in the buffers, as rules record in the arena: give f->in back. */
bool tad__frame_make(tad__table *s, uint32_t at, tad__frame *f);
tad_rule tad__rule_of(const tad__table *s, const tad__frame *f);
/* With settings.trap: NOT_FINITE for g, which the op at node `at` has made. */
tad_status tad__table_trap(tad__table *s, uint32_t at, const tad__frame *f, tad_var g);

/* ---- what the verbs check first and do last ---- */

tad_tape *tad__tape_of_either(const tad_var *y, size_t ny, const tad_var *x, size_t nx);
static inline bool tad__is_missing(const tad_var *list, size_t n) { return n && !list; }
/* After a failure the results are nil. Only here, since `out` may be the list of results given. */
tad_status tad__finish(tad_tape *t, tad_var *out, size_t n);

#endif
