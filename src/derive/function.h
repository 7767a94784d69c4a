/* What every driver over a function does: checks what it is given, runs the function while
 * recording, gives constants or nil at the end. Rests on the tape. */
#ifndef TAD_DERIVE_FUNCTION_H
#define TAD_DERIVE_FUNCTION_H

#include <tad/diff.h>

#include "tape/tape.h"

typedef struct tad__function {
    const char *what;
    const tad_var *x;
    size_t n;
    tad_tape *t;     /* NULL: no input has one */
    uint32_t paused; /* how often the caller had paused recording */
    uint32_t epoch;  /* when the inputs were looked at */
} tad__function;

/* Looks whether the inputs are there, and a place for the result; turns recording on: without it f
 * would have no past. */
tad_status tad__function_begin(tad__function *d, tad_fn *f, const void *out);
/* Whether input k, or all, can be differentiated by: zeros for a constant would be taken for a
 * derivative. */
tad_status tad__function_check(const tad__function *d, size_t k);
tad_status tad__function_check_all(const tad__function *d);
/* y = f(x), a variable. */
tad_status tad__function_value(const tad__function *d, tad_fn *f, void *user, tad_var *y);
/* The same that can have a derivative, or such a one of one element. */
tad_status tad__function_run(const tad__function *d, tad_fn *f, void *user, tad_var *y);
tad_status tad__function_run_to_number(const tad__function *d, tad_fn *f, void *user, tad_var *y);
/* The Jacobian of what is recorded, recorded. matrix.c */
tad_status tad__record_matrix(const tad__function *d, tad_var y, tad_var x, tad_var *out);
/* Pauses as before: then the n results are constants, as all that is computed meanwhile. After a
 * failure they are nil. */
tad_status tad__function_end(const tad__function *d, tad_status s, tad_var *out, size_t n);

#endif
