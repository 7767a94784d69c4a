/* Marks, rewinding, resetting, pausing; stretches that are thrown away. Rests on mark.h. */
#include "mark.h"

#include "handle.h"

#include <string.h>

#include "error.h"
#include "label.h"
#include "node.h"
#include "release.h"

bool tad__have_cuts(tad_tape *t, size_t n) {
    void *vector = t->cut;
    if (!tad__memory_grow(&t->memory, &vector, &t->cut_capacity, n, sizeof *t->cut)) return false;
    t->cut = vector;
    return true;
}

tad_mark tad_tape_mark(tad_tape *t) {
    if (!t) return (tad_mark){0};
    return (tad_mark){t, t->head.count, t->head.epoch, t->arena.at, t->arena.used};
}

static uint32_t after(uint32_t epoch) { return (epoch + 1) & ~TAD__SLOW; }

/* A cut so old that its age is about to come round decides about handles as old, which nothing can
 * tell from new ones; kept, it would be taken for a young one and make living handles stale. */
static void drop_oldest_cut(tad_tape *t) {
    if (t->cuts == 0 || tad__age(t, t->cut[0].epoch) < (TAD__SLOW - 1)) return;
    t->cuts--;
    memmove(t->cut, t->cut + 1, t->cuts * sizeof *t->cut);
}

/* Keeps counts rising: a cut that goes deeper makes the shallower ones before it irrelevant. */
static bool add_cut(tad_tape *t, uint32_t count) {
    size_t cuts = t->cuts;
    while (cuts && t->cut[cuts - 1].count >= count) cuts--;
    if (!tad__have_cuts(t, cuts + 1)) return false;
    t->cut[cuts] = (tad__cut){after(t->head.epoch), count};
    t->cuts = cuts + 1;
    return true;
}

static tad_status rewind_to(tad_tape *t, uint32_t count, tad__arena_mark before) {
    if (!add_cut(t, count)) return tad__no_memory(t, "rewind");
    tad__drop_nodes(t, count);
    tad__arena_release(&t->arena, before);
    tad__drop_labels(t, count);
    t->head.epoch = after(t->head.epoch);
    drop_oldest_cut(t);
    t->head.floor = t->head.floor < count ? t->head.floor : count;
    if (t->cuts == 1) t->head.floor = count; /* every cut so far went no deeper */
    tad__release_dropped(t);
    return TAD_OK;
}

tad_status tad_tape_rewind(tad_tape *t, tad_mark mark) {
    if (!t) return TAD_BAD_ARGUMENT;
    if (mark.tape != t) return tad__fail(t, TAD_BAD_HANDLE, "rewind: a mark of another tape");
    bool here = mark.count == 0 || tad__survives(t, mark.count - 1, mark.epoch);
    if (mark.count > t->head.count || !here)
        return tad__fail(t, TAD_BAD_HANDLE, "rewind: the mark itself was rewound");
    return rewind_to(t, mark.count, (tad__arena_mark){mark.chunk, mark.used});
}

/* Cannot fail: every node goes, so no cut before matters and the list needs no more room. */
void tad_tape_reset(tad_tape *t) {
    if (!t) return;
    tad__drop_nodes(t, 0);
    tad__arena_release(&t->arena, (tad__arena_mark){0, 0});
    tad__drop_labels(t, 0);
    while (t->scopes || t->scopes_lost) tad_scope_pop(t);
    t->paused = 0;
    t->head.epoch = after(t->head.epoch);
    t->head.floor = 0;
    t->cut[0] = (tad__cut){t->head.epoch, 0};
    t->cuts = 1;
    tad_tape_clear(t);
    tad__release_dropped(t);
}

tad__stretch tad__stretch_begin(tad_tape *t) {
    tad_record_pause(t);
    return (tad__stretch){t->head.count, tad__arena_now(&t->arena)};
}

void tad__stretch_end(tad_tape *t, tad__stretch s) {
    tad__drop_nodes(t, s.count);
    tad__arena_release(&t->arena, s.before);
    tad_record_resume(t);
    tad__release_dropped(t);
}

void tad_record_pause(tad_tape *t) {
    if (!t) return;
    t->paused++;
    tad__update_limit(t);
}

void tad_record_resume(tad_tape *t) {
    if (!t || !t->paused) return;
    t->paused--;
    tad__update_limit(t);
}
