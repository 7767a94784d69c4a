/* One array in NumPy's format, in memory: what .npy and .npz files share. Rests on the tape and
 * shapes. */
#ifndef TAD_IO_NPY_H
#define TAD_IO_NPY_H

#include <tad/files.h>

#include "file.h"

/* Whether there is a tape that has not failed, and something to read or write. */
bool tad__npy_may_begin(tad_tape *t, const void *what, const char *doing);

/* A constant; nil on failure. `source` begins messages. */
tad_var tad__npy_read(tad_tape *t, const char *source, const unsigned char *bytes, size_t n);

/* An array to be written: its header, and its numbers as they lie in memory. */
typedef struct tad__npy {
    char header[256];
    size_t length; /* of the header */
    const unsigned char *data;
    size_t bytes, size; /* of all, of one element */
} tad__npy;

/* False on failure, which sticks. What is described must not change until it is written. */
bool tad__npy_describe(tad_tape *t, tad_var x, tad__npy *out);

/* Hands the file over, piece by piece. */
typedef void tad__npy_piece(void *to, const void *bytes, size_t n);
void tad__npy_put(const tad__npy *a, tad__npy_piece *piece, void *to);

#endif
