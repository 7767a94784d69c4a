/* Memory of others, given back when a variable is forgotten. Rests on release.h. */
#include "release.h"

#include <string.h>

#include "error.h"
#include "handle.h"

tad_status tad_on_release(tad_var x, tad_release *release, void *owner) {
    tad_tape *t = tad_tape_of(x);
    uint32_t i;
    if (!t) return TAD_BAD_HANDLE;
    if (t->error.status != TAD_OK) return t->error.status;
    if (!tad__resolve(t, x, "on_release", &i)) return t->error.status;
    if (!release) return tad__fail(t, TAD_BAD_ARGUMENT, "on_release: no function");
    void *vector = t->release;
    if (!tad__memory_grow(&t->memory, &vector, &t->release_capacity, t->releases + 1,
                          sizeof *t->release))
        return tad__no_memory(t, "on_release");
    t->release = vector;
    size_t at = t->releases++;
    while (at > 0 && t->release[at - 1].node > i) at--;
    memmove(t->release + at + 1, t->release + at, (t->releases - 1 - at) * sizeof *t->release);
    t->release[at] = (tad__release){i, release, owner};
    return TAD_OK;
}

void tad__release_dropped(tad_tape *t) {
    while (t->releases && t->release[t->releases - 1].node >= t->head.count) {
        const tad__release last = t->release[--t->releases];
        last.call(last.owner);
    }
}
