/* Poison where no array is. Rests on poison.h and moments.h. */
#include "poison.h"

#ifdef TAD_POISONED

#include <string.h>

#include "moments.h"

/* All that lies in a workspace is aligned, and has room, for eight bytes. */
static void fill(char *at, size_t bytes) {
    const uint64_t poison = TAD__POISON;
    for (size_t i = 0; i < bytes; i += sizeof poison) memcpy(at + i, &poison, sizeof poison);
}

void tad__poison_arrays(tad_workspace *w) { fill(w->arrays, w->p->array_bytes); }

void tad__poison_strips(tad_workspace *w) {
    fill(w->strips, tad__strip_rooms(w->p) * w->p->strip_bytes);
}

typedef struct dead {
    tad_workspace *w;
    uint32_t moment;
} dead;

static void poison_if_dead(void *user, uint32_t root, bool written) {
    const dead *d = user;
    const tad__array_value *v = &d->w->p->array.item[root];
    (void)written;
    if (v->home == TAD__PLANNED && d->w->life[root].to == d->moment)
        fill(d->w->arrays + v->offset, (size_t)v->array.size * tad__width(v->array.dtype));
}

void tad__poison_dead(tad_workspace *w, const tad__step *moment, uint32_t number) {
    tad__see_arrays(w->p, moment, poison_if_dead, &(dead){w, number});
}

#endif
