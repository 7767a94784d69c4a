/* Memory of a gradient check. Rests on base/memory.h; memory itself is the tape's to give. */
#include "workspace.h"

#include <string.h>

static void *resize(void *tape, void *old, size_t old_size, size_t new_size) {
    (void)old_size;
    return tad_tape_resize(tape, old, new_size, 1);
}

void tad__workspace_begin(tad__workspace *workspace, tad_tape *t) {
    *workspace = (tad__workspace){.tape = t};
    tad__memory_init(&workspace->memory, &(tad_allocator){resize, t}, 0);
    workspace->arena.memory = &workspace->memory;
}

void tad__workspace_free(tad__workspace *workspace) { tad__arena_free(&workspace->arena); }

void *tad__take(tad__workspace *workspace, size_t count, size_t size) {
    size_t bytes;
    void *memory = NULL;
    if (tad__mul(tad__max(count, 1), size, &bytes))
        memory = tad__arena_take(&workspace->arena, bytes, 64);
    if (memory)
        memset(memory, 0, bytes);
    else
        tad_tape_fail(workspace->tape, TAD_NO_MEMORY, "gradcheck: out of memory");
    return memory;
}

tad__moment tad__workspace_now(const tad__workspace *workspace) {
    return (tad__moment){tad_tape_mark(workspace->tape), tad__arena_now(&workspace->arena)};
}

void tad__workspace_return(tad__workspace *workspace, tad__moment then) {
    /* Cannot fail: the mark is the check's own. */
    (void)tad_tape_rewind(workspace->tape, then.mark);
    tad__arena_release(&workspace->arena, then.place);
}
