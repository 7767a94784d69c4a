/* Words for the nodes of a tape, cells to be aligned, ancestors: what dump, dot and explain share.
 *
 * Rests on the public inspect.h and array/words.h, as everything that shows a tape does. */
#ifndef TAD_SHOW_H
#define TAD_SHOW_H

#include <tad/inspect.h>

#include "array/words.h"

/* TAD_IO if the sink stopped, else what the tape says. */
tad_status tad__text_status(const tad__text *out, const tad_tape *t);

/* ---- words ---- */

void tad__cell_name(tad__cell *cell, tad_var x); /* #3 logits, or a plain number */
void tad__cell_call(tad__cell *cell, tad_var x); /* mul(#1 a, 5), or: input, constant, parameter */
void tad__cell_op(tad__cell *cell, tad_var x);   /* the same without the parents */
void tad__cell_options(tad__cell *cell, tad_var x); /* axis=(0,1) keepdims; nothing where default */

typedef enum tad__what { TAD__VALUE, TAD__GRADIENT } tad__what;

/* Whether x has one in reach: a gradient is there after a sweep, where it was kept. */
bool tad__has(tad_var x, tad__what what);
/* 5, or [[1, 2], [3, 4]]; of more than `limit` elements the first three. */
void tad__text_numbers(tad__text *out, tad_var x, tad__what what, size_t limit);

/* ---- ancestors ---- */

typedef struct tad__ancestors {
    tad_tape *tape;
    size_t count; /* one more than y's index */
    bool *seen;   /* by index: y and what it was computed from */
} tad__ancestors;

tad_status tad__walk_begin(tad__ancestors *w, tad_var y, const char *what, tad_sink *sink);
void tad__walk_end(tad__ancestors *w);

#endif
