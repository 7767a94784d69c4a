/* The rounding to be expected in what a problem computes, as the sweep over its recording tells. */
#ifndef TAD_GRADCHECK_NOISE_H
#define TAD_GRADCHECK_NOISE_H

#include "pick.h"
#include "problem.h"

/* Of <v, y> at x, of <w, VJP(x; v)>, or of <v, JVP(x; w)>. NULL for weights: signs. */
typedef struct tad__noise_at {
    enum { TAD__NOISE_VALUE, TAD__NOISE_REVERSE, TAD__NOISE_FORWARD } of;
    const double *x, *v, *w;
} tad__noise_at;

/* As an absolute number; 0 where it cannot be told. underflow_only: what the smallest numbers lose;
 * else all rounding. What recording is open stays as it is. */
double tad__noise(tad__problem *p, tad__noise_at at, bool underflow_only);

/* What rounding may take n combinations of the values at the problem's point off by; 0 where it
 * cannot be told. least: where ops round what they give; most: where those that may do so compute
 * it through numbers as large as their operands. v and g: workspace for as many numbers as outputs
 * and inputs. */
tad_status tad__noise_of_rows(tad__problem *p, const tad__pick *row, size_t n, double *v, double *g,
                              double *least, double *most);

#endif
