/* The birth and death of a tape: settings, memory, threads. Rests on what it frees. */
#include "life.h"

#include <string.h>

#include "anchor.h"
#include "error.h"
#include "mark.h"
#include "owned.h"
#include "release.h"

enum { FIRST_CUTS = 8 };

static bool start_threads(tad_tape *t, size_t count) {
    t->threads_bytes = tad__pool_bytes(count);
    void *memory = tad__memory_resize(&t->memory, NULL, 0, t->threads_bytes);
    if (!memory) return false;
    t->compute.threads = tad__pool_create(memory, count);
    if (!t->compute.threads) tad__memory_resize(&t->memory, memory, t->threads_bytes, 0);
    return t->compute.threads != NULL;
}

/* A setting that cannot be is the tape's first failure; cleared, it has the default instead. */
static void check_settings(tad_tape *t) {
    static const char *const names[] = {"", "base", "avx2", "avx512"};
    tad_settings *s = &t->settings;
    const char *best = t->compute.kernels->name;
    if (s->threads < 0 || s->threads > TAD__MOST_THREADS) {
        tad__fail(t, TAD_BAD_ARGUMENT,
                  "settings: %d threads, 0 (none but the caller's) to %d are possible", s->threads,
                  TAD__MOST_THREADS);
        s->threads = 0;
    }
    if ((unsigned)s->level > TAD_LEVEL_AVX512)
        tad__fail(t, TAD_BAD_ARGUMENT, "settings: no instruction-set level %d", (int)s->level);
    else if (s->level != TAD_LEVEL_BEST && strcmp(names[s->level], best) != 0)
        tad__fail(t, TAD_UNSUPPORTED, "settings: level %s, but this CPU or library has at most %s",
                  names[s->level], best);
}

tad_tape *tad__tape_new(const tad_settings *settings, const tad__basis *basis) {
    static const tad_settings standard = {0};
    if (!settings) settings = &standard;
    tad__memory memory;
    tad__memory_init(&memory, &settings->allocator, settings->memory_limit);
    tad_tape *t = tad__memory_resize(&memory, NULL, 0, sizeof *t);
    if (!t) return NULL;
    memset(t, 0, sizeof *t);
    t->basis = basis;
    t->settings = *settings;
    t->memory = memory;
    t->arena.memory = t->buffers.memory = &t->memory;
    t->compute = (tad__compute){tad__kernels_choose(settings->level), NULL, &t->arena};
    t->random.seed = settings->seed;
    t->last.released = t->other.last.released = TAD__NO_NODE;
    check_settings(t);
    bool threads = t->settings.threads <= 1 || start_threads(t, (size_t)t->settings.threads);
    /* tad_tape_reset needs one, and cannot fail */
    if (threads && tad__have_cuts(t, FIRST_CUTS)) return t;
    tad_tape_free(t);
    return NULL;
}

static void free_labels(tad_tape *t, tad__labels *l) {
    tad__memory_resize(&t->memory, l->item, l->capacity * sizeof *l->item, 0);
}

static void free_swept(tad__memory *m, tad__adjoint *adjoint, const tad__swept *s) {
    tad__memory_resize_long(m, adjoint, s->adjoint_capacity * sizeof *adjoint, 0);
    tad__memory_resize(m, s->root, s->root_capacity * sizeof *s->root, 0);
}

void tad_tape_free(tad_tape *t) {
    if (!t) return;
    tad__memory *m = &t->memory;
    t->head.count = 0;
    tad__release_dropped(t);
    tad__memory_resize(m, t->release, t->release_capacity * sizeof *t->release, 0);
    if (t->compute.threads) {
        tad__pool_destroy(t->compute.threads);
        tad__memory_resize(m, t->compute.threads, t->threads_bytes, 0);
    }
    tad__anchors_forget(t);
    tad__owned_free(t);
    tad__arena_free(&t->arena);
    tad__buffers_free(&t->buffers);
    free_labels(t, &t->names);
    free_labels(t, &t->places);
    tad__memory_resize_long(m, t->head.node, t->capacity * sizeof *t->head.node, 0);
    tad__memory_resize(m, t->cut, t->cut_capacity * sizeof *t->cut, 0);
    tad__memory_resize(m, (void *)t->scope, t->scope_capacity * sizeof *t->scope, 0);
    tad__memory_resize(m, t->witness, t->witness_capacity * sizeof *t->witness, 0);
    free_swept(m, t->head.adjoint, &t->last);
    free_swept(m, t->other.adjoint, &t->other.last);
    tad__memory last = *m;
    tad__memory_resize(&last, t, sizeof *t, 0);
}

tad_memory tad_tape_memory(const tad_tape *t) { return t ? t->memory.count : (tad_memory){0}; }
const tad__compute *tad__compute_of(const tad_tape *t) { return &t->compute; }
const char *tad_tape_level(const tad_tape *t) { return t ? t->compute.kernels->name : ""; }
