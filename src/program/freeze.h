/* A program in the making: what is known of the tape's nodes. Rests on program.h. */
#ifndef TAD_PROGRAM_FREEZE_H
#define TAD_PROGRAM_FREEZE_H

#include "program.h"

#include "tape/node.h"

enum {
    TAD__OF_INPUT = 1,     /* depends on an input or on random numbers of the run */
    TAD__OF_PARAMETER = 2, /* depends on a parameter that is read where it lies */
    TAD__NEEDED = 4,       /* by an output or a decision */
    TAD__IS_IN = 8,
    TAD__STALE = 16, /* comes of a parameter that was changed since */
    TAD__LIES = 32   /* what reads it may go by how it lies */
};

struct tad__shared;      /* calls that there are already */
struct tad__known;       /* constants that there are already */
struct tad__shared_step; /* steps on numbers that there are already */

typedef struct tad__freezer {
    tad_tape *t;
    tad_program *p;
    const tad_freeze_options *options;
    const tad_var *in, *out;
    size_t n_in, n_out;
    uint32_t first; /* the lowest input: what was drawn or read before is no part of the function */
    uint32_t nodes; /* up to the highest input or output */
    uint8_t *mark;  /* of each node */
    tad__ref *value;
    uint32_t numbers; /* made so far; slots take their place at the end */
    uint32_t *slot;   /* of each number, where rolling up has placed them; NULL: as planned */
    struct tad__shared *shared;
    struct tad__known *known;
    struct tad__shared_step *shared_steps;
    tad__arena shared_arena; /* of these */
    bool shares_sums;        /* sums and products too are computed once */
    tad__ref one;            /* the constant 1; NO_REF: none */
    double tolerance;        /* where something is rolled up */
    bool failed;             /* no memory */
} tad__freezer;

/* ---- marks.c ---- */

/* Says of every node what must be known, or refuses. */
tad_status tad__freeze_mark(tad__freezer *f);

static inline bool tad__is_folded(const tad__freezer *f, uint32_t i) {
    return !(f->mark[i] & (TAD__OF_INPUT | TAD__OF_PARAMETER));
}

/* Whether the program asks again what was decided by this node. */
static inline bool tad__is_decision(const tad__freezer *f, uint32_t i) {
    return i >= f->first && (tad__at(f->t, i)->flags & TAD__DECIDED) && !tad__is_folded(f, i);
}

/* ---- steps.c ---- */

tad_status tad__freeze_steps(tad__freezer *f);
/* A value that nothing has computed yet. */
tad__ref tad__new_number(tad__freezer *f);
tad__ref tad__new_array_value(tad__freezer *f, tad_dtype dtype, const tad_shape *shape,
                              tad__home home);
/* Of node i's type. */
tad__ref tad__value_like(tad__freezer *f, uint32_t i, tad__home home);

static inline tad__array_value *tad__array_of(const tad__freezer *f, tad__ref r) {
    return &f->p->array.item[tad__position(r)];
}

/* ---- views.c ---- */

/* The result of a call, node i, if it is the memory of its operand x seen otherwise; else NO_REF.
 */
tad__ref tad__view_of(tad__freezer *f, const tad__call *c, const tad__ref *x, uint32_t i);
bool tad__is_row_major(const tad_array *a);
/* What node i was, for ever. */
tad__ref tad__constant_of(tad__freezer *f, uint32_t i);
/* The node that constant i is to show otherwise, which must be there before it; NO_NODE: none. */
uint32_t tad__shown_by_constant(const tad__freezer *f, uint32_t i);

/* ---- draws.c ---- */

tad_status tad__freeze_draws(tad__freezer *f);

/* ---- share.c ---- */

/* The results of an equal call; NULL: there is none, and the results of this one will be found
 * from now on, in c->ref. */
const tad__ref *tad__shared_call(tad__freezer *f, const tad__call_step *c);
/* A constant with this number; TAD__NO_REF: no memory. */
tad__ref tad__known_number(tad__freezer *f, double number, tad_dtype dtype);
void tad__forget_shared(tad__freezer *f);

/* ---- share_numbers.c ---- */

/* What a step gives without computing: what it multiplies by 1, or the result of an equal one.
 * TAD__NO_REF: this one must be added next, and will be found from now on. */
tad__ref tad__shared_number(tad__freezer *f, const tad__number_step *s);
void tad__forget_numbers(tad__freezer *f);

/* A row that is a sum of products. */
static inline bool tad__is_of_sum(uint32_t row) {
    return row == TAD__ROW_add || row == TAD__ROW_sub || row == TAD__ROW_mul ||
           row == TAD__ROW_fma || row == TAD__ROW_fnma || row == TAD__ROW_neg ||
           row == TAD__ROW_square;
}

/* ---- fuse.c ---- */

/* Puts rows on arrays of one shape together. */
tad_status tad__freeze_fuse(tad__freezer *f);

/* ---- tails.c ---- */

/* What a call adds up, if it is worth being one: 0: all elements of an array; else lines of so many
 * elements; -1: it is none. */
int64_t tad__tail_line(const tad_program *p, const tad__call_step *c);
/* One more; false: no memory. */
bool tad__add_tail(tad_program *p, const tad__call_step *c);

/* ---- strips.c ---- */

tad_status tad__freeze_strips(tad__freezer *f);

/* ---- roll.c ---- */

/* Whether so many number steps are worth it. */
bool tad__is_worth_rolling_up(const tad__freezer *f, size_t steps);
/* Turns number steps into groups, where that is wanted and pays. */
tad_status tad__roll_up(tad__freezer *f);

/* ---- roll_proof.c ---- */

/* Whether a number agrees with the tape's, as far as rolling up allows. */
bool tad__roll_agrees(const tad__freezer *f, double recorded, double got);
void tad__roll_tolerance(tad__freezer *f);

/* ---- plan.c ---- */

/* Gives numbers their slots and arrays their places, which are used again. */
tad_status tad__freeze_plan(tad__freezer *f);

#endif
