/* An op at inputs as a problem. */
#ifndef TAD_GRADCHECK_OP_PROBLEM_H
#define TAD_GRADCHECK_OP_PROBLEM_H

#include <tad/op.h>

#include "problem.h"

typedef struct tad__op_problem {
    const tad_op *op;
    const void *options;
    size_t n;                     /* all inputs */
    size_t *place;                /* where the inputs of the problem are among them */
    tad_var *in;                  /* as given */
    tad_var *now;                 /* those of the recording that is open */
    tad_var *out;                 /* all outputs, TAD_MAX_OUTPUTS of them */
    bool counts[TAD_MAX_OUTPUTS]; /* which are float64: outputs of the problem */
    size_t n_all;
    bool as_row; /* through the path of rows on 0-d variables */
} tad__op_problem;

/* The op at inputs on the workspace's tape. float64 inputs are checked unless constant (NULL: none
 * is), others are handed on. as_row: see above. o must stay in place. */
tad_status tad__problem_from_op(tad__problem *p, tad__op_problem *o, tad__workspace *workspace,
                                const tad_op *op, const tad_var *in, size_t n, const void *options,
                                const bool *constant, bool as_row);
/* The op on a sample, filled from the seed. */
tad_status tad__problem_from_sample(tad__problem *p, tad__op_problem *o, tad__workspace *workspace,
                                    const tad_op *op, const tad_sample *s, uint64_t seed,
                                    bool as_row);

#endif
