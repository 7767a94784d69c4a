/* The first op of a problem's recording that is wrong. */
#ifndef TAD_GRADCHECK_BAD_NODE_H
#define TAD_GRADCHECK_BAD_NODE_H

#include "run.h"

/* Looks along the recording for the first node that fails alone, and puts it in words in the
 * report. Best effort: a node that cannot be checked alone is passed over. */
void tad__find_bad_node(tad__problem *p, const tad__check_plan *ask, tad_gradcheck_report *r);

#endif
