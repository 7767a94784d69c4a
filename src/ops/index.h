/* What other families use of the indexing ops. Rests on tape.h. */
#ifndef TAD_OPS_INDEX_H
#define TAD_OPS_INDEX_H

#include "tape/tape.h"

/* The adjoint of tad_gather: zeros of `shape` to which src is added at the places of index. */
tad_var tad__gather_put(tad_var src, tad_var index, tad_shape shape, int64_t axis);

#endif
