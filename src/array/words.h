/* Words for shapes and for the options of a call, as everything that shows a tape or a program
 * writes them. Rests on base/text.h. */
#ifndef TAD_ARRAY_WORDS_H
#define TAD_ARRAY_WORDS_H

#include <tad/op.h>

#include "base/text.h"

void tad__cell_shape(tad__cell *cell, tad_shape shape); /* (2,3) */
/* axis=(0,1) keepdims; nothing where all is as when it is not given. options: as the op has them,
 * NULL: none. */
void tad__cell_op_options(tad__cell *cell, const tad_op *op, const void *options);

#endif
