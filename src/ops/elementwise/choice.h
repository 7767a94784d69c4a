/* What other families use of choosing between arrays. Rests on tape.h. */
#ifndef TAD_OPS_CHOICE_H
#define TAD_OPS_CHOICE_H

#include "tape/tape.h"

/* y, contiguous, = condition ? a : b, which broadcast to it; a, b and y have one type. */
void tad__select(const tad__compute *compute, const tad_array *condition, const tad_array *a,
                 const tad_array *b, const tad_array *y);
/* Gradient of input i, which was taken where `condition` is `set`: the cotangent there, else 0.
 * last: no other input of the op reads the cotangent afterwards. */
tad_status tad__select_backward(tad_backward *b, size_t i, const tad_array *condition, bool set,
                                bool last);

/* result, but 0 where that is not finite and `given` is 0: settings.strong_zero. */
tad_var tad__strong_zero(tad_var given, tad_var result);

#endif
