/* Numeric sweeps with up to TAD__LANES seeds side by side, where nothing but numbers lies between
 * some x and y: the price of a sweep is then that of its memory. Everything else, and what is
 * not finite, is left to the sweeps for one seed, whose results these are, to the last bit. Rests
 * on numeric.h.
 */
#ifndef TAD_SWEEP_GROUP_H
#define TAD_SWEEP_GROUP_H

#include "numeric.h"

#include "kernel/group.h"

/* Living variables, which may be differentiated. */
typedef struct tad__lane_sweep {
    tad_tape *t;
    tad_var y;
    const tad_var *x;
    size_t nx;
    tad__group lists; /* span 0: not for groups */
} tad__lane_sweep;

/* Makes lists for tangents, for adjoints, or for adjoints and their tangents, where groups can be
 * tried and there is memory. */
void tad__lanes_begin(tad__lane_sweep *s, bool tangents, bool adjoints);
void tad__lanes_end(tad__lane_sweep *s);

/* For n <= TAD__LANES seeds. False: nothing was computed, they are to be taken one by one. */
/* tangent[l nx + i] of x[i]: y's in out[l]. */
bool tad__lanes_tangents(tad__lane_sweep *s, const tad_var *tangent, size_t n, tad_var *out);
/* v[l nx + i] of x[i]: the gradient, if it is wanted, and products out[l nx + i]. */
bool tad__lanes_products(tad__lane_sweep *s, const tad_var *v, size_t n, tad_var *gradient,
                         tad_var *out);
/* cotangent[l] of y: gradients out[l nx + i]. */
bool tad__lanes_gradients(tad__lane_sweep *s, const tad_var *cotangent, size_t n, tad_var *out);

#endif
