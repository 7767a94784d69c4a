/* What an analytic derivative is worth beside a numeric one and its bound. */
#ifndef TAD_GRADCHECK_JUDGE_H
#define TAD_GRADCHECK_JUDGE_H

#include <tad/gradcheck.h>

#include "levels.h"

typedef enum tad__outcome {
    TAD__OUT_ZERO, /* or negligible beside `largest`, the largest entry of the Jacobian */
    TAD__OUT_GRADED,
    TAD__OUT_KINK,
    TAD__OUT_INCONCLUSIVE
} tad__outcome;

typedef struct tad__judgement {
    tad__outcome outcome;
    tad_grade grade; /* GRADED: how good; else NONE */
    double r;
} tad__judgement;

/* demand: where ACCEPTABLE is enough, a bound that is no sharper than that decides, too. */
tad__judgement tad__judge(double a, const tad__slope *n, double largest, tad_kinks kinks,
                          tad_grade demand);

#endif
