/* What recorded derivatives share: tables over the nodes between x and y, frames for the ops'
 * rules. Rests on rule.h. */
#ifndef TAD_SWEEP_TABLE_H
#define TAD_SWEEP_TABLE_H

#include "rule.h"

/* A sweep under way: tables over the nodes low .. top, from entry 1 on. Entry 0 stands for all
 * others: they do not depend on x. */
typedef struct tad__table {
    tad_tape *t;
    const char *what; /* the verb, for messages */
    uint32_t low, top;
    uint32_t *var; /* the node that is this node's adjoint or tangent; TAD__NO_NODE: zero */
    uint8_t *mark;
} tad__table;

static inline uint32_t tad__table_entry(const tad__table *s, uint32_t i) {
    return i >= s->low && i <= s->top ? i - s->low + 1 : 0;
}
static inline unsigned tad__table_mark(const tad__table *s, uint32_t i) {
    return s->mark[tad__table_entry(s, i)];
}
/* The adjoint or tangent of node i; nil: zero. */
static inline tad_var tad__table_var(const tad__table *s, uint32_t i) {
    const uint32_t node = s->var[tad__table_entry(s, i)];
    return node == TAD__NO_NODE ? tad__nil(s->t) : tad__handle(s->t, node);
}

enum {
    TAD__IS_X = 1,
    TAD__DEPENDS = 2, /* some operand is an x or depends on one */
    TAD__LEADS_ON = 4 /* some y depends on it */
};

/* Finds the range, makes the tables, marks x and what lies between. */
bool tad__table_begin(tad__table *s, const tad_var *y, size_t ny, const tad_var *x, size_t nx);
void tad__table_free(tad__table *s);
void tad__mark_needed(tad__table *s);
/* Whether operand k is an x or depends on one. */
bool tad__depends(const tad__table *s, const tad__call *c, uint32_t k);
/* Adds r to the adjoint or tangent of node `target`. */
void tad__table_add(tad__table *s, uint32_t target, tad_var r);
/* The same of a node that is a number. */
void tad__table_add_number(tad__table *s, uint32_t target, tad_var r);
/* The adjoints or tangents of x; zeros where there is none. */
void tad__table_collect(tad__table *s, const tad_var *x, size_t nx, tad_var *out);

/* ---- the rule of a node ---- */

/* Its frame, with what is wanted. */
bool tad__table_frame(tad__table *s, uint32_t at, const tad__call *c, tad__frame *f);
/* With settings.trap: NOT_FINITE for g, which the op at node `at` has made. */
tad_status tad__table_trap(tad__table *s, uint32_t at, const tad_op *op, tad_var g);

/* ---- rows on numbers, without a frame ---- */

/* Whether node i can be taken so: its row is on numbers, and no setting looks at what it makes. */
bool tad__is_plain_row(const tad__table *s, uint32_t i, const tad__call *c);
/* The rule of a row on such a node; the results are numbers of the tape, plain ones or nil. */
typedef struct tad__row_frame {
    tad_var in[3], out, given[3], result[3];
    bool wanted[3];
} tad__row_frame;
bool tad__row_frame_make(tad__table *s, uint32_t at, const tad__call *c, tad__row_frame *f);
tad_rule tad__row_rule_of(const tad__table *s, const tad__call *c, tad__row_frame *f);

/* ---- what the verbs check first and do last ---- */

tad_tape *tad__tape_of_either(const tad_var *y, size_t ny, const tad_var *x, size_t nx);
/* The same, where a tangent of each x gives one of each y; none of the lists may be missing. */
tad_tape *tad__tape_of_tangents(const char *what, const tad_var *y, size_t ny, const tad_var *x,
                                const tad_var *tangent, size_t nx, const tad_var *out);
static inline bool tad__is_missing(const tad_var *list, size_t n) { return n && !list; }
/* After a failure the results are nil. Only here, since `out` may be the list of results given. */
tad_status tad__finish(tad_tape *t, tad_var *out, size_t n);

#endif
