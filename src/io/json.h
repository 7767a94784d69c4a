/* The JSON of a safetensors header, member by member, in place: no memory is taken and the stack
 * does not depend on what a file claims. (jansson, for one, takes memory beside the tape's limit,
 * and loses letters of a string when it gets none.) */
#ifndef TAD_JSON_H
#define TAD_JSON_H

#include "tape/tape.h"

typedef struct tad__piece {
    const char *at;
    size_t length;
} tad__piece;

typedef struct tad__members {
    const char *at, *end; /* what is left */
    bool first;
} tad__members;

/* Begins at an object's text; false when it is none. */
bool tad__members_begin(tad__members *m, tad__piece object);
/* The next member, its name with the quotes: 1. At the end, with nothing but space after it: 0.
 * Malformed: -1, and m->at is where. Values may be strings, and objects and lists nested no deeper
 * than 2. */
int tad__members_next(tad__members *m, tad__piece *name, tad__piece *value);

/* Decodes a string with its quotes; `out` has room for piece.length bytes, of which the text and a
 * final zero take less. False when it is no JSON string, or one with a zero in it. */
bool tad__json_string(tad__piece piece, char *out);
bool tad__is_utf8(const char *text);

/* {"dtype": ..., "shape": [...], "data_offsets": [begin, end]} and nothing else. Returns NULL, or
 * what is wrong. */
typedef struct tad__described {
    char dtype[8]; /* cut when longer */
    tad_shape shape;
    uint64_t begin, end;
} tad__described;
const char *tad__json_tensor(tad__piece piece, tad__described *out);

#endif
