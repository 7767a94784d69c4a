/* Fences: what the arena and the pool hold but have not given out may not be touched.
 * AddressSanitizer alone sees only their whole chunks; this tells it of each piece, with a gap
 * between pieces, so that a loop that goes one element too far is found. Blocks of the C library
 * end in a gap of known bytes, which are looked at when they are freed. Elsewhere it is nothing.
 *
 * TAD_FENCED asks for fences in objects that are not sanitized themselves, for a program that loads
 * the sanitizer's library. Needs nothing. */
#ifndef TAD_FENCE_H
#define TAD_FENCE_H

#include <stddef.h>

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

#else

enum { TAD__GAP = 0 };

static inline void tad__set_fence(void *end) { (void)end; }
static inline void tad__lift_fence(void *end) { (void)end; }

static inline void tad__close(const void *at, size_t bytes) { (void)at, (void)bytes; }
static inline void tad__open(const void *at, size_t bytes) { (void)at, (void)bytes; }

#endif

#endif
