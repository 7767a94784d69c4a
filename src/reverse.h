/* What the sweeps share. */
#ifndef TAD_REVERSE_H
#define TAD_REVERSE_H

#include <tad/diff.h>

#include "tape.h"

/* A rule's result must broadcast from `like`'s shape and be a float; nil and numbers pass. */
tad_status tad__check_rule_result(tad_tape *t, const tad_op *op, const char *rule, tad_var r, const tad_shape *like);

#endif
