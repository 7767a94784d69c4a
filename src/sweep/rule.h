/* What the sweeps share: everything around an op's derivative rule. */
#ifndef TAD_RULE_H
#define TAD_RULE_H

#include <tad/diff.h>

#include "tape/node.h"
#include "tape/tape.h"

/* Whether operand k is one that a gradient or tangent may pass through, and is differentiable. */
static inline bool tad__passes(const tad_tape *t, const tad__call *c, uint32_t k) {
    return c->in[k] != TAD__NO_NODE && (t->head.node[c->in[k]].flags & TAD__NEEDS);
}
/* NO_RULE: the op of the call at node `at` has no derivative for its operand k, but it needs
 * one. */
tad_status tad__no_derivative(tad_tape *t, uint32_t at, const tad__call *c, uint32_t k,
                              const char *what);

/* Whether node i is a row on numbers: then its derivatives are the basis's. */
static inline bool tad__is_row_of_numbers(const tad_tape *t, uint32_t i, const tad__call *c) {
    if (!tad__is_row(t, c->op) || (t->head.node[i].flags & TAD__ARRAY)) return false;
    for (uint32_t j = 0; j < c->n_in; j++)
        if (c->in[j] != TAD__NO_NODE && (t->head.node[c->in[j]].flags & TAD__ARRAY)) return false;
    return true;
}

/* Runs a rule without settings.trap: what it makes on the way may be infinite, its results may
 * not. */
void tad__run_rule(void (*rule)(tad_rule *r), tad_rule *r);
/* The jvp; of a linear op without one the op itself on the tangents. NO_RULE where there is
 * neither. */
void tad__run_jvp(tad_rule *r);

/* What a rule is given, with lists that can be written: nothing is given yet, nothing wanted. */
typedef struct tad__frame {
    tad_rule rule;
    tad_var *given;
    bool *wanted;
    void *lists;
} tad__frame;
/* For the call at node `at`; on failure the error. The lists are in a buffer, as rules record in
 * the arena. */
bool tad__frame_make(tad_tape *t, uint32_t at, const tad__call *c, const char *what, tad__frame *f);
void tad__frame_free(tad__frame *f);

/* A rule's result must broadcast from `like`'s shape and be a float; nil and numbers pass. */
tad_status tad__check_rule_result(tad_tape *t, const tad_op *op, const char *rule, tad_var r,
                                  const tad_shape *like);

/* Brings a rule's result to the shape and type of the variable it belongs to. */
tad_var tad__fitted(tad_tape *t, tad_var r, uint32_t target);
/* A leaf whose value is g, which belongs to somebody else, for a rule to read on a stretch of tape.
 * NULL: nil. */
tad_var tad__lent(tad_tape *t, enum tad__kind kind, const tad_array *g);

/* What may be differentiated, and by what; the variables are living ones of t. */
tad_status tad__check_floats(tad_tape *t, const char *what, const tad_var *v, size_t n);
/* Zeros for a constant would be taken for a derivative. */
tad_status tad__check_variables(tad_tape *t, const char *what, const tad_var *x, size_t n);

/* With settings.trap: NOT_FINITE for a gradient or tangent g that the op at node `at` has made. */
tad_status tad__trap_derivative(tad_tape *t, uint32_t at, const tad_op *op, const tad_array *g,
                                const char *what);

/* settings.strong_zero: whether it concerns what the op at node `at` passes back. */
bool tad__has_strong_zero(const tad_tape *t, uint32_t at, const tad__call *c);

#endif
