/* Numeric sweeps between some x and some y: tangents forward, then adjoints and their tangents in
 * reverse. Nothing is recorded but results. Rests on rule.h.
 *
 * What a derivative is made of is the same as in the recorded sweeps: a zero that is there makes a
 * NaN of an infinite derivative, one that is not (as nothing depends) does not. */
#ifndef TAD_SWEEP_NUMERIC_H
#define TAD_SWEEP_NUMERIC_H

#include "rule.h"

#include "tape/arrays.h"

typedef struct tad__numeric {
    tad_tape *t;
    const char *what; /* the verb, for messages */
    const tad_var *y;
    size_t ny;
    tad__between tape;    /* beside the nodes from the lowest x to the highest y */
    tad__between stretch; /* beside those of a rule that is being followed; span 0: none */
    bool wanted;          /* marks say what some y depends on */
    size_t arrays;        /* derivatives that are arrays, buffers of the pool */
} tad__numeric;

/* Whether settings ask to look at every derivative: then the recorded sweeps do the work. */
static inline bool tad__looks_closely(const tad_tape *t) {
    return t->settings.trap || t->settings.strong_zero;
}
/* Whether x are variables to differentiate by, and y can be differentiated. */
bool tad__numeric_check(const tad__numeric *s, const tad_var *x, size_t nx);
/* Finds the range of those and makes the lists, with adjoints where `second`. */
bool tad__numeric_begin(tad__numeric *s, const tad_var *x, size_t nx, bool second);
void tad__numeric_end(tad__numeric *s);
/* As after begin, of lists without adjoints. */
void tad__numeric_again(tad__numeric *s);
/* Tangents of all between, from those of x; nil or none: none. Once. */
tad_status tad__numeric_push(tad__numeric *s, const tad_var *x, const tad_var *tangent, size_t nx);
/* After that: adjoints of the one-element y, and their tangents, right for x. Once. */
tad_status tad__numeric_pull(tad__numeric *s, tad_var y, const tad_var *x, size_t nx);
/* The tangent of v as an array, read where it lies; NULL: zero. view: for a number. */
const tad_array *tad__numeric_tangent_array(tad__numeric *s, tad_var v, tad__view *view);
/* That array, the caller's from now on: a buffer of the pool. NULL: zero, or v is a number. */
tad_array *tad__numeric_take_tangent(tad__numeric *s, tad_var v);
/* A 0-d float64 constant. */
static inline tad_var tad__number_constant(tad_tape *t, double value) {
    uint32_t index;
    if (!tad__new_node(t, &index)) return tad__nil(t);
    tad__at(t, index)->kind = TAD__CONSTANT;
    tad__at(t, index)->op = TAD__SWEPT;
    tad__at(t, index)->value.number = value;
    return tad__handle(t, index);
}
/* A derivative of v as a constant; zeros where it has none. */
tad_var tad__numeric_tangent(tad__numeric *s, tad_var v);
tad_var tad__numeric_adjoint(tad__numeric *s, tad_var v);
tad_var tad__numeric_adjoint_tangent(tad__numeric *s, tad_var v);

#endif
