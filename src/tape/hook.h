/* How whoever runs an op answers what its hooks ask: the other side of the functions in tad/op.h.
 * A tape that records, a sweep, a program each have a driver of their own; ops know none of them.
 * Rests on tad/op.h and compute.h. */
#ifndef TAD_TAPE_HOOK_H
#define TAD_TAPE_HOOK_H

#include <tad/op.h>

#include "array/compute.h"

/* The first field of what a driver knows of the op that it runs. */
typedef struct tad__driver {
    const struct tad__hooks *hooks;
} tad__driver;

/* See the functions of these names in tad/op.h. */
typedef struct tad__hooks {
    /* Records a failure; the message names the op and its operands already. */
    tad_status (*fail)(tad__driver *d, tad_status code, const char *message);
    /* The user's name for operand i; NULL: it has none, or nobody knows it here. */
    const char *(*operand_name)(const tad__driver *d, size_t i);
    /* Of forward; NULL in a driver that never runs one. */
    bool (*needs)(const tad__driver *d, size_t i);
    tad_array *(*save)(tad__driver *d, tad_dtype dtype, const tad_shape *shape);
    /* Of backward; NULL in a driver that never runs one. */
    tad_array *(*buffer)(tad__driver *d, size_t i, bool *fresh);
    bool (*is_fresh)(const tad__driver *d, size_t i);
    tad_status (*pass)(tad__driver *d, size_t k, size_t i, bool last);
    tad_array *(*take)(tad__driver *d, size_t k, size_t i);
    tad_array *(*repeat)(tad__driver *d, size_t i, const tad_array *few);
    tad_array *(*saved)(const tad__driver *d);
    void (*pass_saved)(tad__driver *d, size_t i);
} tad__hooks;

/* What a tape computes with, for what works on its memory without recording. */
const tad__compute *tad__compute_of(const tad_tape *t);

enum { TAD__SHOWN = 60 }; /* characters of a name or file in a message */

#endif
