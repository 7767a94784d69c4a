/* Names and places in the source, of some nodes. Rests on tape.h. */
#ifndef TAD_TAPE_LABEL_H
#define TAD_TAPE_LABEL_H

#include "tape.h"

/* The label of a node; NULL: none. */
const tad__label *tad__label_of(const tad__labels *l, uint32_t index);
/* The user's name of a node; NULL: none. No node: none. */
const char *tad__name_of(const tad_tape *t, uint32_t index);
enum { TAD__KNOWN_ROOM = 200 };
/* " (name, recorded at file:line)", as far as known, into buf, which has TAD__KNOWN_ROOM bytes;
 * returns buf. */
const char *tad__known_of(const tad_tape *t, uint32_t index, char *buf, size_t size);
/* Of the nodes from `count` on. */
void tad__drop_labels(tad_tape *t, uint32_t count);

#endif
