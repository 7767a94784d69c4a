/* Loops over whole vectors only. What a compiler adds to a vector loop for the few elements that
 * are left over is as much code again, or more; so a long loop leaves them out and is called once
 * more, on a room with as many elements as fill a vector. Rests on isa.h. */
#ifndef TAD_KERNEL_ENDING_H
#define TAD_KERNEL_ENDING_H

#include <stddef.h>
#include <string.h>

#include "isa.h"

/* As many of n elements as fill vectors. */
static inline size_t whole_vectors(size_t n, size_t size) {
    return n & ~(TAD_VECTOR_BYTES / size - 1);
}

/* Fewer elements than a vector has, at the end of an array: n behind the first `done` ones. */
typedef struct ending {
    size_t size, done, n;
} ending;

typedef struct room {
    _Alignas(TAD_VECTOR_BYTES) char bytes[TAD_VECTOR_BYTES];
} room;

/* Copies less than a vector, without a call: fixed sizes are an instruction or two each. */
static inline void copy_few(char *to, const char *from, size_t bytes) {
#pragma GCC unroll 8
    for (size_t part = TAD_VECTOR_BYTES / 2; part >= sizeof(float); part /= 2) {
        if (!(bytes & part)) continue;
        memcpy(to, from, part);
        to += part;
        from += part;
    }
}

/* The ending of an array, then zeros. */
static inline const void *brought_in(const ending *e, const void *array, room *to) {
    memset(to->bytes, 0, sizeof to->bytes);
    copy_few(to->bytes, (const char *)array + e->done * e->size, e->n * e->size);
    return to->bytes;
}

static inline void bring_out(const ending *e, const room *from, void *array) {
    copy_few((char *)array + e->done * e->size, from->bytes, e->n * e->size);
}

#endif
