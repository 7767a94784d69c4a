/* A tape's memory: the allocator hook with its counters, an arena for what is recorded and a pool
 * for gradients. The only file that calls the C library's allocator is memory.c.
 *
 * Nothing here knows tapes; failures are NULL. */
#ifndef TAD_MEMORY_H
#define TAD_MEMORY_H

#include <tad/tape.h>

#include "base.h"
#include "fence.h"

/* ---- the hook ---- */

typedef struct tad__memory {
    tad_allocator allocator;
    bool is_mapped; /* long vectors lie in mappings (pages.h): the allocator is the library's */
    size_t limit;   /* bytes; 0: none */
    tad_memory count;
} tad__memory;

void tad__memory_init(tad__memory *m, const tad_allocator *allocator, size_t limit);
/* As the hook: new_size 0 frees. */
void *tad__memory_resize(tad__memory *m, void *old, size_t old_size, size_t new_size);
/* The same for a long vector, one that has an element for each node. */
void *tad__memory_resize_long(tad__memory *m, void *old, size_t old_size, size_t new_size);
/* Grows a vector to hold at least `need` elements of `size` bytes; *capacity counts elements. */
bool tad__memory_grow(tad__memory *m, void **vector, size_t *capacity, size_t need, size_t size);
/* What is new of a long vector is zero. */
bool tad__memory_grow_long(tad__memory *m, void **vector, size_t *capacity, size_t need,
                           size_t size);

/* ---- pages ---- */

/* A processor takes a load for one of what was stored just before where the two addresses differ by
 * a multiple of a page: an op that reads an array and writes another in step, whose elements lie a
 * few lines further on in their pages, waits at every line, half as long again, and copying by "rep
 * movsb" ten times as long. So large arrays, from TAD__IN_PAGES bytes on, all begin at one place of
 * a page: its middle, far from where malloc lets those of the user begin. */
enum { TAD__PAGE = 4096, TAD__IN_PAGES = 8 * TAD__PAGE };

/* memcpy, which does without "rep movsb" where that would be slow. */
void tad__copy_bytes(void *to, const void *from, size_t n);

/* ---- the arena: bump allocation in chunks that never move, released down to a place ---- */

typedef struct tad__chunk {
    char *base;
    size_t size;
} tad__chunk;

typedef struct tad__arena {
    tad__memory *memory;
    size_t at; /* the chunk being filled */
    tad__chunk *chunk;
    size_t used; /* how far. Not next to `at`: a single 16-byte load of both would stall on store
                    forwarding */
    size_t chunks, capacity;
} tad__arena;

typedef struct tad__arena_mark {
    size_t chunk, used;
} tad__arena_mark;

/* Where the chunk being filled has no room. */
void *tad__arena_take_elsewhere(tad__arena *a, size_t bytes, size_t align);

/* Offset of the first aligned byte at or after `used`, counting from an arbitrarily aligned
 * base. Of TAD__PAGE the middle is meant. */
static inline size_t tad__aligned_offset(const char *base, size_t used, size_t align) {
    const size_t place = align == TAD__PAGE ? TAD__PAGE / 2 : 0;
    return used + (size_t)((place - ((uintptr_t)base + used)) & (align - 1));
}

/* Whether so many bytes, and a gap, fit into a chunk from this offset on. */
static inline bool tad__fits(const tad__chunk *c, size_t from, size_t bytes) {
    return from <= c->size && bytes <= c->size - from &&
           (!TAD__GAP || from + bytes + TAD__GAP <= c->size);
}

/* A piece of a chunk, where it fits. */
static inline void *tad__arena_piece(tad__arena *a, const tad__chunk *c, size_t from,
                                     size_t bytes) {
    char *piece = c->base + from;
    tad__open(piece, bytes);
    tad__set_fence_at(piece + bytes, a->at, a->used);
    a->used = from + bytes + TAD__GAP;
    return piece;
}

/* align: a power of two up to TAD__PAGE. NULL: no memory. */
static inline void *tad__arena_take(tad__arena *a, size_t bytes, size_t align) {
    if (a->at < a->chunks) {
        const tad__chunk *c = &a->chunk[a->at];
        size_t from = tad__aligned_offset(c->base, a->used, align);
        if (tad__fits(c, from, bytes)) return tad__arena_piece(a, c, from, bytes);
    }
    return tad__arena_take_elsewhere(a, bytes, align);
}

static inline tad__arena_mark tad__arena_now(const tad__arena *a) {
    return (tad__arena_mark){a->at, a->used};
}

/* Fences: looks at the gaps behind all pieces that were taken after a place, and closes them. */
static inline void tad__arena_close(const tad__arena *a, tad__arena_mark from) {
    for (tad__arena_mark at = tad__arena_now(a);
         at.chunk > from.chunk || (at.chunk == from.chunk && at.used > from.used);) {
        const tad__fence gap = tad__look_at_fence(a->chunk[at.chunk].base + at.used - TAD__GAP);
        at = (tad__arena_mark){gap.chunk, gap.used};
    }
    for (size_t k = from.chunk; k <= a->at && k < a->chunks; k++, from.used = 0) {
        size_t end = k < a->at ? a->chunk[k].size : tad__min(a->used, a->chunk[k].size);
        if (from.used < end) tad__close(a->chunk[k].base + from.used, end - from.used);
    }
}

/* Keeps the chunks. */
static inline void tad__arena_release(tad__arena *a, tad__arena_mark to) {
    if (TAD__GAP) tad__arena_close(a, to);
    a->at = to.chunk;
    a->used = to.used;
}

void tad__arena_free(tad__arena *a);

/* ---- the pool: buffers by size class, used again without the hook ---- */

#define TAD__BUFFER_CLASSES 192

typedef struct tad__block {
    struct tad__block *next_free, *next_all;
    void *raw;
    size_t raw_size;
    unsigned size_class;
} tad__block;

typedef struct tad__buffers {
    tad__memory *memory;
    tad__block *all;
    tad__block *free[TAD__BUFFER_CLASSES];
} tad__buffers;

/* 64-byte aligned, uninitialised. The middle of a page lies TAD__BEFORE_DATA bytes behind the
 * beginning of a large one: where the elements of an array of up to five axes begin, behind its
 * header. */
enum { TAD__BEFORE_DATA = 128 };
void *tad__buffers_take(tad__buffers *p, size_t bytes);
void tad__buffers_give(tad__buffers *p, void *buffer); /* accepts NULL */
void tad__buffers_free(tad__buffers *p);

#endif
