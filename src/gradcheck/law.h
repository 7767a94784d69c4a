/* What every law of the gradient check works on: a problem at its point, which entries are
 * compared, the derivatives there, and workspace for vectors. */
#ifndef TAD_GRADCHECK_LAW_H
#define TAD_GRADCHECK_LAW_H

#include <tad/gradcheck.h>

#include "noise.h"
#include "pick.h"
#include "problem.h"
#include "report.h"

typedef struct tad__check {
    tad__problem *p;
    const tad_gradcheck_input *inputs; /* NULL, or of each input of the problem */
    tad_grade demand;
    tad__sampling sampling;
    tad_random random;
    tad__picks wrt, of; /* columns and rows of the Jacobian */
    double *jacobian;   /* by reverse mode, row by row */
    double *largest;    /* absolute entry, for each input */
    double *v, *w;      /* a cotangent, a tangent */
    double *g, *t;      /* the VJP and the JVP for them */
    double *g2, *t2;    /* workspace for others */
    tad__notes notes;
    size_t kinks; /* entries where one was found */
    bool at_kink; /* the point is at kinks: a jump there is nothing to decide */
} tad__check;

/* Chooses what is compared, and takes workspace. */
tad_status tad__check_begin(tad__check *c);
/* By reverse sweeps. Sizes of rounding errors are told from it, so it comes before all laws. */
tad_status tad__check_jacobian(tad__check *c);
/* Draws v and w; g and t follow. */
tad_status tad__check_draw(tad__check *c);
/* g and t at the problem's point, for v and w, each on a recording of its own. */
tad_status tad__check_derive(tad__check *c);

/* Holds a law against an absolute error, whose limit is a multiple of a size; where that would
 * break it, of the rounding to be expected in n places besides. */
void tad__law_near(tad__check *c, tad_law law, double error, double size, double limit,
                   const tad__noise_at *at, size_t n, const char *format, ...) TAD_PRINTF(8, 9);

#endif
