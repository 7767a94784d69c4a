/* The numbers of safetensors files are little-endian, on every machine. Needs nothing. */
#ifndef TAD_IO_LITTLE_ENDIAN_H
#define TAD_IO_LITTLE_ENDIAN_H

#include <stddef.h>

/* Whether the machine's order of bytes is another one. */
enum { TAD__TURNED = __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ };

/* Copies numbers of `size` bytes between a file and a machine that is TAD__TURNED, in either
 * direction. */
static inline void tad__turn(unsigned char *to, const unsigned char *from, size_t bytes,
                             size_t size) {
    for (size_t i = 0; i < bytes; i += size)
        for (size_t k = 0; k < size; k++) to[i + k] = from[i + size - 1 - k];
}

#endif
