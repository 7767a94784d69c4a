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

/* Settings of a program that does not go with the library may lie otherwise: they are not read. */
tad_tape *tad_tape_new_for(const tad_settings *settings, tad_built program) {
    const bool together = program.abi == TAD_ABI && program.layout == TAD__LAYOUT;
    if (together && program.version <= TAD_VERSION) return tad__tape_new(settings, &basis);
    tad_tape *t = tad__tape_new(NULL, &basis);
    if (program.abi == TAD_ABI && program.layout != TAD__LAYOUT)
        tad_tape_fail(t, TAD_UNSUPPORTED,
                      "structs or enums of the program lie otherwise than the "
                      "library's: compiled with -fshort-enums, -fpack-struct?");
    else
        tad_tape_fail(t, TAD_UNSUPPORTED,
                      "the headers are of tad %d.%d.%d (ABI %d), the library is %d.%d.%d (ABI %d)",
                      program.version / 10000, program.version / 100 % 100, program.version % 100,
                      program.abi, TAD_VERSION_MAJOR, TAD_VERSION_MINOR, TAD_VERSION_PATCH,
                      TAD_ABI);
    return t;
}

#undef tad_tape_new
tad_tape *tad_tape_new(const tad_settings *settings) {
    return tad_tape_new_for(settings, tad__built());
}
