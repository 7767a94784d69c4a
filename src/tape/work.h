/* One application of an op under way, and its operands. Rests on tape.h and hook.h. */
#ifndef TAD_TAPE_WORK_H
#define TAD_TAPE_WORK_H

#include "hook.h"
#include "tape.h"

enum { TAD__FEW = TAD_MAX_INPUTS };

/* One application under way. */
typedef struct tad__work {
    tad__driver driver; /* first: the hooks are given it */
    tad_tape *t;
    const tad_op *op;
    size_t n, n_out;
    int plain_at; /* the operand that is a plain number and is kept in the node; -1: none */
    double plain;
    tad_dtype common;        /* element type of the floating operands */
    bool is_whole;           /* the operands with elements are integers and bools, not all bools */
    uint32_t *index;         /* of each operand */
    const tad_array **array; /* its value; NULL: left out */
    tad__view *view;
    tad_array *out[TAD_MAX_OUTPUTS];
    tad_type type[TAD_MAX_OUTPUTS];
    tad_array *saved;               /* for backward; NULL: nothing */
    double number[TAD_MAX_OUTPUTS]; /* 0-d float64 outputs are computed here */
    tad_array number_array[TAD_MAX_OUTPUTS];
    tad_call_frame frame;
    uint32_t few_index[TAD__FEW];
    const tad_array *few_array[TAD__FEW];
    tad__view few_view[TAD__FEW];
} tad__work;

/* Checks the operands, brings them to one element type, and shows them as arrays; false: the tape
 * knows why, or there is no memory. */
bool tad__take_operands(tad__work *w, const tad_var *in);
/* Refuses a result that is not finite, if the tape is set to. */
tad_status tad__trap(const tad__work *w, const tad_array *a);
/* Gives the results of an op that is composed, all of them recorded from node `first` on. */
tad_status tad__compose(tad__work *w, uint32_t first, tad_var *result);

#endif
