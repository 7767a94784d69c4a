/* A tape's first failure and its message. Rests on error.h. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void tad__update_limit(tad_tape *t) {
    bool plain = t->error.status == TAD_OK && !t->paused && !t->settings.trap;
    t->head.limit = plain ? (uint32_t)t->capacity : 0;
}

tad_status tad_tape_fail(tad_tape *t, tad_status code, const char *format, ...) {
    if (!t || t->error.status != TAD_OK) return code;
    va_list args;
    va_start(args, format);
    t->error.status = code;
    t->error.placed = false;
    vsnprintf(t->error.message, sizeof t->error.message, format, args);
    va_end(args);
    tad__update_limit(t);
    return code;
}

tad_status tad__no_memory(tad_tape *t, const char *what) {
    return tad__fail(t, TAD_NO_MEMORY, "%s: out of memory (%zu bytes in use)", what,
                     t->memory.count.live);
}

tad_status tad_tape_status(const tad_tape *t) { return t ? t->error.status : TAD_BAD_ARGUMENT; }
const char *tad_message(const tad_tape *t) { return t ? t->error.message : "no tape"; }

void tad_tape_clear(tad_tape *t) {
    if (!t) return;
    memset(&t->error, 0, sizeof t->error);
    tad__update_limit(t);
}
