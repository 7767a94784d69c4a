/* One node of the reverse sweep that is not plain arithmetic on numbers. Rests on the tape. */
#ifndef TAD_SWEEP_VISIT_H
#define TAD_SWEEP_VISIT_H

#include "tape/tape.h"

/* Passes the adjoint of node i on to its operands, through the op's backward or its vjp. `arrived`:
 * a zero counts, because something was added up to it. */
tad_status tad__visit_op(tad_tape *t, uint32_t i, bool arrived);

#endif
