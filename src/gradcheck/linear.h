/* Laws: a derivative is linear in its cotangent or tangent. c->g and c->t are those of c->v and
 * c->w. */
#ifndef TAD_GRADCHECK_LINEAR_H
#define TAD_GRADCHECK_LINEAR_H

#include "law.h"

tad_status tad__check_homogeneity(tad__check *c);
/* Missing cotangents are zero; several outputs add up. */
tad_status tad__check_outputs(tad__check *c);
/* Where an entry of the Jacobian is not zero, a NaN must come through. */
tad_status tad__check_nan(tad__check *c);

#endif
