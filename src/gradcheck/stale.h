/* Law: values that are no longer what was recorded. */
#ifndef TAD_GRADCHECK_STALE_H
#define TAD_GRADCHECK_STALE_H

#include "law.h"

/* Of each input changed since: a sweep refuses, or is right at the recorded values. c->g and c->t
 * are computed anew for c->v and c->w. */
tad_status tad__check_stale(tad__check *c);

#endif
