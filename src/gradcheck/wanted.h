/* Laws: shapes of derivatives, and derivatives with respect to some of the inputs. */
#ifndef TAD_GRADCHECK_WANTED_H
#define TAD_GRADCHECK_WANTED_H

#include "law.h"

/* Whether derivatives have the right shapes; if not, c fails, and nothing else can be asked. */
tad_status tad__check_shapes(tad__check *c);
/* Each input alone, and each left out; all subsets of three. c->g is the gradient for c->v. */
tad_status tad__check_wanted(tad__check *c);

#endif
