/* The scalar workloads on a tape: record(t, x) records one and returns its result. scalar_tad.c is
 * compiled three times: arithmetic recorded in place, with TAD_NO_INLINE every op a call, and with
 * SCALAR_FROZEN without a look at values, so that it can be frozen. */
#ifndef TAD_TESTS_SCALAR_TAD_H
#define TAD_TESTS_SCALAR_TAD_H

#include <tad/tad.h>

#include "scalar_work.h"

typedef tad_var scalar_record(const tad_var *x);

/* One value and gradient, everything fresh: forget the last pass, make the inputs, record, reverse,
 * read. */
typedef double scalar_pass(tad_tape *t, scalar_record *record, size_t n, const double *x,
                           tad_var *inputs, double *g);

typedef struct scalar_tape {
    scalar_record *record[WORK_COUNT];
    scalar_pass *pass;
} scalar_tape;

extern const scalar_tape scalar_in_place, scalar_calls, scalar_frozen;

#endif
