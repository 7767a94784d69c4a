/* All checks of one problem. */
#ifndef TAD_GRADCHECK_RUN_H
#define TAD_GRADCHECK_RUN_H

#include <tad/gradcheck.h>

#include "op_problem.h"
#include "pick.h"
#include "problem.h"

/* What is asked of a problem. */
typedef struct tad__check_plan {
    uint64_t seed;
    tad_grade demand;
    int order;
    tad__sampling sampling;
    const tad_gradcheck_input *inputs; /* NULL, or of each input of the problem */
    const tad__op_problem *op;         /* of a problem that is one op; else NULL */
    bool at_kink;                      /* the point was chosen for its kinks */
} tad__check_plan;

/* Order 1 and, if asked, 2; adds to the report. */
tad_status tad__check_problem(tad__problem *p, const tad__check_plan *plan,
                              tad_gradcheck_report *r);

#endif
