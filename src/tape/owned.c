/* Memory that belongs to a tape but not to its recording: dictionaries, nets, data sets. Rewinding
 * keeps it. Rests on the tape's allocator and errors only. */
#include <string.h>

#include "error.h"

/* Stands right before the user's bytes; the blocks of a tape form a doubly linked list. */
typedef struct tad__owned {
    struct tad__owned *previous, *next;
    void *raw;             /* what the allocator gave */
    size_t raw_size, size; /* size: the user's bytes */
} owned;

enum { ALIGN = 64 };

static owned *header(void *user) { return (owned *)((char *)user - sizeof(owned)); }

static void unlink_block(tad_tape *t, owned *b) {
    if (b->previous)
        b->previous->next = b->next;
    else
        t->owned = b->next;
    if (b->next) b->next->previous = b->previous;
}

static void release(tad_tape *t, void *user) {
    owned b = *header(user);
    unlink_block(t, header(user));
    tad__lift_fence((char *)user + b.size);
    tad__memory_resize(&t->memory, b.raw, b.raw_size, 0);
}

/* A new block of `bytes`; NULL without touching the tape's error. */
static void *take(tad_tape *t, size_t bytes) {
    size_t raw_size;
    if (!tad__sum(bytes, sizeof(owned) + ALIGN + TAD__GAP, &raw_size)) return NULL;
    char *raw = tad__memory_resize(&t->memory, NULL, 0, raw_size);
    if (!raw) return NULL;
    uintptr_t past = (uintptr_t)raw + sizeof(owned);
    char *user = raw + sizeof(owned) + (ALIGN - past % ALIGN) % ALIGN;
    *header(user) = (owned){NULL, t->owned, raw, raw_size, bytes};
    tad__set_fence(user + bytes);
    if (t->owned) t->owned->previous = header(user);
    t->owned = header(user);
    return user;
}

void *tad_tape_resize(tad_tape *t, void *old, size_t count, size_t size) {
    size_t bytes;
    if (!t) return NULL;
    if (!tad__mul(count, size, &bytes)) {
        tad__fail(t, TAD_TOO_LARGE, "%zu elements of %zu bytes: too large", count, size);
        return NULL;
    }
    if (bytes == 0) {
        if (old) release(t, old);
        return NULL;
    }
    void *user = take(t, bytes);
    if (!user) {
        tad__no_memory(t, "memory of the tape");
        return NULL;
    }
    if (old) {
        memcpy(user, old, tad__min(bytes, header(old)->size));
        release(t, old);
    }
    return user;
}

void *tad__resize(tad_tape *t, void *old, size_t old_size, size_t new_size) {
    return tad__memory_resize(&t->memory, old, old_size, new_size);
}

void tad__owned_free(tad_tape *t) {
    while (t->owned) release(t, (char *)t->owned + sizeof(owned));
}
