/* What loops along rows share: sums and extremes run over LANE_BYTES of partial results, which lie
 * in vector registers, so that the order is the same at every level; memory is asked for before it
 * is needed. Rests on isa.h. */
#ifndef TAD_KERNEL_LANES_H
#define TAD_KERNEL_LANES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "isa.h"

enum { LANE_BYTES = 256, VECTORS = LANE_BYTES / TAD_VECTOR_BYTES, CACHE_LINE = 64 };

/* Words for the body of a kernel: a vector of its type, how many numbers it has, how many all
 * lanes. */
#define VEC N(vec)
#define WIDTH (size_t) N(width)
#define LANES (size_t) N(lanes)
#define BODY "lanes_body.h"
#include "instantiate.h"

#if defined(__GNUC__)
#define TAD_PREFETCH(address, write) __builtin_prefetch((const void *)(address), write)
#else
#define TAD_PREFETCH(address, write) (void)(address)
#endif

/* Asks for the LANE_BYTES that lie `bytes` behind p, such as in the next row: a row may be a page,
 * where the processor's own guesses end. There may be no memory; then nothing happens. */
static inline void ask_for_next(const void *p, size_t bytes) {
#pragma GCC unroll 4
    for (size_t at = 0; at < LANE_BYTES; at += CACHE_LINE)
        TAD_PREFETCH((uintptr_t)p + bytes + at, 0);
}

/* The same for memory that will be written. */
static inline void ask_for_room(const void *p, size_t bytes) {
#pragma GCC unroll 4
    for (size_t at = 0; at < LANE_BYTES; at += CACHE_LINE)
        TAD_PREFETCH((uintptr_t)p + bytes + at, 1);
}

#endif
