/* The JSON of a safetensors header, member by member: an object is cut into members here, and each
 * piece, bounded in size and depth, is read by jansson. So neither memory nor stack depend on what
 * a file claims. Built without jansson, reading a piece gives TAD_UNSUPPORTED. */
#ifndef TAD_JSON_H
#define TAD_JSON_H

#include "../tape.h"

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
 * Malformed: -1, and m->at is where. Values may be strings and objects nested no deeper than 2. */
int tad__members_next(tad__members *m, tad__piece *name, tad__piece *value);

/* Decodes a string with its quotes; `out` has room for piece.length bytes, of which the text and a
 * final zero take less. */
tad_status tad__json_string(tad__piece piece, char *out);

/* {"dtype": ..., "shape": [...], "data_offsets": [begin, end]} and nothing else. */
typedef struct tad__described {
    char dtype[8]; /* cut when longer */
    tad_shape shape;
    uint64_t begin, end;
} tad__described;
tad_status tad__json_tensor(tad__piece piece, tad__described *out, const char **why);

#endif
