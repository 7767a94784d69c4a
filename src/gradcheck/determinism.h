/* Laws: the same bits every time; operands are left unchanged. */
#ifndef TAD_GRADCHECK_DETERMINISM_H
#define TAD_GRADCHECK_DETERMINISM_H

#include "law.h"

/* Against c->g and c->t, for c->v and c->w. */
tad_status tad__check_determinism(tad__check *c);

#endif
