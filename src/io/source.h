/* Bytes from memory or a file, unpacked on the way if they are gzipped. */
#ifndef TAD_IO_SOURCE_H
#define TAD_IO_SOURCE_H

#include <stdio.h>

#include <tad/tape.h>

typedef struct tad__source {
    tad_tape *tape;   /* for memory and failures */
    const char *name; /* for messages */
    FILE *file;       /* or else: */
    const unsigned char *bytes;
    size_t size, at;
    struct tad__unpacker *unpacker; /* NULL: plain bytes */
} tad__source;

/* Goes to the first byte; may be called again to read once more. Failures stick to the tape. */
tad_status tad__source_start(tad__source *s);
/* Fewer than n bytes come only at the end. */
tad_status tad__source_read(tad__source *s, void *out, size_t n, size_t *got);
/* Leaves n bytes out: of a plain file without reading them. *there: how many there were. */
tad_status tad__source_skip(tad__source *s, size_t n, size_t *there);
void tad__source_stop(tad__source *s); /* frees what start made; closes nothing */

/* Unpacks n bytes of deflate, without a header, that must be `size` bytes. `source` begins
 * messages. */
tad_status tad__inflate(tad_tape *t, const char *source, const unsigned char *from, size_t n,
                        unsigned char *to, size_t size);

#endif
