/* Laws: <v, J w> = <J'v, w>; second derivatives are symmetric. */
#ifndef TAD_GRADCHECK_IDENTITY_H
#define TAD_GRADCHECK_IDENTITY_H

#include "law.h"

/* For random pairs, and both Jacobians entry by entry. */
tad_status tad__check_identity(tad__check *c);
/* <u, H w> = <w, H u>, H the derivative of x -> VJP(x; v), which is the problem; n: elements of
 * x. */
tad_status tad__check_symmetry(tad__check *c, size_t n);

#endif
