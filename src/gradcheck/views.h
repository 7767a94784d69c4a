/* Law: inputs that are views. */
#ifndef TAD_GRADCHECK_VIEWS_H
#define TAD_GRADCHECK_VIEWS_H

#include "law.h"

/* Against contiguous copies. Draws c->v; c->g does not fit it afterwards. */
tad_status tad__check_views(tad__check *c);

#endif
