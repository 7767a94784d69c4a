/* Laws: how gradients come together. c->g is that of c->v. */
#ifndef TAD_GRADCHECK_ACCUMULATE_H
#define TAD_GRADCHECK_ACCUMULATE_H

#include "law.h"

/* A gradient is added to what is there. */
tad_status tad__check_accumulation(tad__check *c);
/* f(x, x): both contributions arrive. */
tad_status tad__check_repeated(tad__check *c);
/* Sweep kernels agree with the graph rule. */
tad_status tad__check_paths(tad__check *c);

#endif
