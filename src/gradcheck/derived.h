/* The derivative of a problem as a problem: (x, v) -> VJP(x; v), or (x, w) -> JVP(x; w). */
#ifndef TAD_GRADCHECK_DERIVED_H
#define TAD_GRADCHECK_DERIVED_H

#include "problem.h"

typedef struct tad__derived {
    tad__problem *of;
    bool forward;
    tad_var *y;
} tad__derived;

/* Inputs are fixed, x is that of `of`; what follows in p->x, v or w, is the caller's to fill before
 * tad__problem_outputs. d must stay in place. */
tad_status tad__problem_derive(tad__problem *p, tad__derived *d, tad__problem *of, bool forward);

#endif
