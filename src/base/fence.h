/* Fences: what the arena and the pool hold but have not given out may not be touched.
 * AddressSanitizer alone sees only their whole chunks; this tells it of each piece, with a gap
 * between pieces, so that a loop that goes one element too far is found. Gaps hold known bytes,
 * those behind blocks of the C library too, which are looked at when what is before them is given
 * back: that finds what was written too far without the sanitizer. Elsewhere it is nothing.
 *
 * TAD_FENCED asks for fences in objects that are not sanitized themselves. Needs nothing. */
#ifndef TAD_FENCE_H
#define TAD_FENCE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__has_feature) && !defined(TAD_FENCED)
#if __has_feature(address_sanitizer)
#define TAD_FENCED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(TAD_FENCED)
#define TAD_FENCED
#endif

#ifdef TAD_FENCED

#include <stdlib.h>
#include <string.h>

enum { TAD__GAP = 16 };

__attribute__((weak)) void __asan_poison_memory_region(const volatile void *at, size_t bytes);
__attribute__((weak)) void __asan_unpoison_memory_region(const volatile void *at, size_t bytes);

static inline void tad__close(const void *at, size_t bytes) {
    if (__asan_poison_memory_region) __asan_poison_memory_region(at, bytes);
}

static inline void tad__open(const void *at, size_t bytes) {
    if (__asan_unpoison_memory_region) __asan_unpoison_memory_region(at, bytes);
}

static inline void tad__set_fence(void *end) {
    memset(end, 0xfe, TAD__GAP);
    tad__close(end, TAD__GAP);
}

/* Ends the program, which is a test, if something was written beyond a block. */
static inline void tad__lift_fence(void *end) {
    const unsigned char *at = end;
    tad__open(end, TAD__GAP);
    for (int i = 0; i < TAD__GAP; i++)
        if (at[i] != 0xfe) abort();
}

/* A gap behind a piece of the arena also knows what was taken before that: how far which chunk was
 * used. */
typedef struct tad__fence {
    uint32_t known, chunk;
    size_t used;
} tad__fence;
enum { TAD__KNOWN = 0xfeedfe };

static inline void tad__set_fence_at(void *end, size_t chunk, size_t used) {
    const tad__fence gap = {TAD__KNOWN, (uint32_t)chunk, used};
    tad__open(end, TAD__GAP);
    memcpy(end, &gap, sizeof gap);
    tad__close(end, TAD__GAP);
}

static inline tad__fence tad__look_at_fence(const void *end) {
    tad__fence gap;
    tad__open(end, TAD__GAP);
    memcpy(&gap, end, sizeof gap);
    tad__close(end, TAD__GAP);
    if (gap.known != TAD__KNOWN) abort();
    return gap;
}

#else

enum { TAD__GAP = 0 };

typedef struct tad__fence {
    size_t chunk, used;
} tad__fence;

static inline void tad__set_fence_at(void *end, size_t chunk, size_t used) {
    (void)end, (void)chunk, (void)used;
}
static inline tad__fence tad__look_at_fence(const void *end) {
    (void)end;
    return (tad__fence){0, 0};
}

static inline void tad__set_fence(void *end) { (void)end; }
static inline void tad__lift_fence(void *end) { (void)end; }

static inline void tad__close(const void *at, size_t bytes) { (void)at, (void)bytes; }
static inline void tad__open(const void *at, size_t bytes) { (void)at, (void)bytes; }

#endif

#endif
