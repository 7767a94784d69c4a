/* Whether anything that was recorded leads from a function's inputs to its result. */
#ifndef TAD_GRADCHECK_REACH_H
#define TAD_GRADCHECK_REACH_H

#include "workspace.h"

/* From one of in[n] to y, all of the workspace's tape, be the derivative zero or not. True where
 * memory lacks: the tape has failed. */
bool tad__leads_to(tad__workspace *workspace, const tad_var *in, size_t n, tad_var y);

#define TAD__INDEPENDENT                                                                           \
    "the function's result does not depend on its inputs "                                         \
    "(it may read variables of its own instead of `in`)"

#endif
