/* The birth of a tape that knows the library's ops. Rests on the tape and on the ops that it
 * needs. */
#include "ops/elementwise/choice.h"
#include "ops/elementwise/row.h"
#include "tape/life.h"

static const tad__basis basis = {.row = tad__ops_elementwise,
                                 .rows = TAD__ROW_COUNT,
                                 .number = tad__row_number,
                                 .cast = tad_cast,
                                 .add = tad_add,
                                 .sum_to = tad_sum_to,
                                 .broadcast_to = tad_broadcast_to,
                                 .strong_zero = tad__strong_zero,
                                 .row_is_finite = tad__row_is_finite,
                                 .row_partial = tad__row_partial};

int tad_version(void) { return TAD_VERSION; }

/* Settings of another version may lie otherwise: they are not read. */
tad_tape *tad_tape_new_for(const tad_settings *settings, int version) {
    if (version == TAD_VERSION) return tad__tape_new(settings, &basis);
    tad_tape *t = tad__tape_new(NULL, &basis);
    tad_tape_fail(t, TAD_UNSUPPORTED, "the headers are of tad %d.%d.%d, the library is %d.%d.%d",
                  version / 10000, version / 100 % 100, version % 100, TAD_VERSION_MAJOR,
                  TAD_VERSION_MINOR, TAD_VERSION_PATCH);
    return t;
}

#undef tad_tape_new
tad_tape *tad_tape_new(const tad_settings *settings) {
    return tad_tape_new_for(settings, TAD_VERSION);
}
