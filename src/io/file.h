/* Whole files: reading one into memory, replacing one at once, and a place to put bytes.
 * Rests on the tape for memory and errors, and on POSIX. */
#ifndef TAD_FILE_H
#define TAD_FILE_H

#include "tape/tape.h"

/* Where bytes go: to a file, to memory, or nowhere (they are only counted). */
typedef struct tad__out {
    int fd;                /* -1: not to a file */
    unsigned char *memory; /* NULL: not to memory */
    size_t length;         /* bytes put so far */
    int error;             /* errno of the first write that failed; then nothing more is written */
    size_t held;           /* bytes in buffer */
    unsigned char buffer[1024];
} tad__out;

void tad__out_put(tad__out *o, const void *bytes, size_t n);
void tad__out_text(tad__out *o, const char *text);

/* The whole of a regular file; the memory is tad__resize's and the caller's. */
tad_status tad__file_read(tad_tape *t, const char *path, void **data, size_t *size);

/* Makes `path` hold what `content` puts: a temporary file beside it, synchronised, then renamed. */
typedef void tad__content(tad__out *o, const void *user);
tad_status tad__file_replace(tad_tape *t, const char *path, tad__content *content,
                             const void *user);

#endif
