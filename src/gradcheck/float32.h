/* Law: an op computes in float32 what it computes in float64. */
#ifndef TAD_GRADCHECK_FLOAT32_H
#define TAD_GRADCHECK_FLOAT32_H

#include "law.h"
#include "op_problem.h"

/* o is what c's problem calls. */
tad_status tad__check_float32(tad__check *c, const tad__op_problem *o);

#endif
