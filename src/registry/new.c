/* The birth of a tape that knows the library's ops. Rests on the tape and on the ops that it needs. */
#include "ops/elementwise/choice.h"
#include "ops/elementwise/row.h"
#include "tape/life.h"

static const tad__basis basis = {.row = tad__ops_elementwise,
                                 .rows = TAD__ROW_COUNT,
                                 .cast = tad_cast,
                                 .add = tad_add,
                                 .sum_to = tad_sum_to,
                                 .broadcast_to = tad_broadcast_to,
                                 .strong_zero = tad__strong_zero,
                                 .row_is_finite = tad__row_is_finite};

tad_tape *tad_tape_new(const tad_settings *settings) { return tad__tape_new(settings, &basis); }
