/* Names with scopes, and places in the source. Rests on label.h. */
#include "label.h"

#include "handle.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "node.h"

/* Position of the first label of a node from `index` on. */
static size_t position_of(const tad__labels *l, uint32_t index) {
    size_t low = 0, high = l->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (l->item[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const tad__label *tad__label_of(const tad__labels *l, uint32_t index) {
    size_t k = position_of(l, index);
    return k < l->count && l->item[k].index == index ? &l->item[k] : NULL;
}

/* Of a node that has none yet. */
static bool add_label(tad_tape *t, tad__labels *l, tad__label label, const char *what) {
    void *vector = l->item;
    if (!tad__memory_grow(&t->memory, &vector, &l->capacity, l->count + 1, sizeof *l->item)) {
        tad__no_memory(t, what);
        return false;
    }
    l->item = vector;
    size_t k = position_of(l, label.index);
    memmove(l->item + k + 1, l->item + k, (l->count - k) * sizeof *l->item);
    l->item[k] = label;
    l->count++;
    tad__at(t, label.index)->flags |= TAD__NAMED;
    return true;
}

const char *tad__known_of(const tad_tape *t, uint32_t index, char *buf, size_t size) {
    const tad__label *name = tad__label_of(&t->names, index),
                     *place = tad__label_of(&t->places, index);
    int at = 0;
    buf[0] = 0;
    if (name) at = snprintf(buf, size, " (%.*s%s", TAD__SHOWN, name->text, place ? "" : ")");
    if (place)
        snprintf(buf + at, size - (size_t)at, "%srecorded at %.*s:%d)", name ? ", " : " (",
                 TAD__SHOWN, place->text, place->line);
    return buf;
}

const char *tad__name_of(const tad_tape *t, uint32_t index) {
    const tad__label *l = index == TAD__NO_NODE ? NULL : tad__label_of(&t->names, index);
    return l ? l->text : NULL;
}

/* Names belong to the variables: one given after a mark to a variable below it stays. */
void tad__drop_labels(tad_tape *t, uint32_t count) {
    tad__labels *names = &t->names, *places = &t->places;
    while (names->count && names->item[names->count - 1].index >= count)
        tad__buffers_give(&t->buffers, (char *)(uintptr_t)names->item[--names->count].text);
    while (places->count && places->item[places->count - 1].index >= count) places->count--;
}

/* "scope/scope/name", a buffer of the pool. NULL: no memory. */
static char *full_name(tad_tape *t, const char *name) {
    size_t size = strlen(name) + 1;
    for (size_t i = 0; i < t->scopes; i++) size += strlen(t->scope[i]) + 1;
    char *s = tad__buffers_take(&t->buffers, size), *end = s;
    if (!s) return NULL;
    for (size_t i = 0; i < t->scopes; i++) {
        size_t n = strlen(t->scope[i]);
        memcpy(end, t->scope[i], n);
        end[n] = '/';
        end += n + 1;
    }
    memcpy(end, name, strlen(name) + 1);
    return s;
}

/* The text becomes the node's name. */
static void set_name(tad_tape *t, uint32_t index, char *text) {
    tad__label *old = (tad__label *)(uintptr_t)tad__label_of(&t->names, index);
    if (old) {
        tad__buffers_give(&t->buffers, (char *)(uintptr_t)old->text);
        old->text = text;
    } else if (!add_label(t, &t->names, (tad__label){.index = index, .text = text}, "name")) {
        tad__buffers_give(&t->buffers, text);
    }
}

tad_var tad_name(tad_var x, const char *name) {
    uint32_t index;
    if (!tad__has_tape(x) || !name || x.tape->error.status != TAD_OK) return x;
    if (!tad__resolve(x.tape, x, "name", &index)) return tad__nil(x.tape);
    char *text = full_name(x.tape, name);
    if (text)
        set_name(x.tape, index, text);
    else
        tad__no_memory(x.tape, "name");
    return x;
}

static bool add_scope(tad_tape *t, const char *name) {
    void *vector = t->scope;
    if (!tad__memory_grow(&t->memory, &vector, &t->scope_capacity, t->scopes + 1, sizeof *t->scope))
        return false;
    t->scope = vector;
    char *copy = tad__buffers_take(&t->buffers, strlen(name) + 1);
    if (!copy) return false;
    memcpy(copy, name, strlen(name) + 1);
    t->scope[t->scopes++] = copy;
    return true;
}

/* Also after a failure: each push has its pop. */
void tad_scope_push(tad_tape *t, const char *name) {
    if (!t) return;
    if (!name)
        tad__fail(t, TAD_BAD_ARGUMENT, "scope: no name");
    else if (!t->scopes_lost) {
        if (add_scope(t, name)) return;
        tad__no_memory(t, "scope");
    }
    t->scopes_lost++;
}

void tad_scope_pop(tad_tape *t) {
    if (!t) return;
    if (t->scopes_lost)
        t->scopes_lost--;
    else if (t->scopes)
        tad__buffers_give(&t->buffers, t->scope[--t->scopes]);
}

/* Once: a later failure does not move the place of the first. */
static void place_failure(tad_tape *t, const char *file, int line) {
    tad__error *e = &t->error;
    size_t n = strlen(e->message);
    if (e->status != TAD_OK && !e->placed)
        snprintf(e->message + n, sizeof e->message - n, ", at %s:%d", file, line);
    e->placed = true;
}

tad_var tad_here(tad_var x, const char *file, int line) {
    tad_tape *t = tad_tape_of(x);
    if (!t) return x;
    if (tad_is_nil(x)) {
        place_failure(t, file, line);
    } else if (t->error.status == TAD_OK && x.u.at.index < t->head.count) {
        bool known = t->places.count && t->places.item[t->places.count - 1].index >= x.u.at.index;
        if (!known) add_label(t, &t->places, (tad__label){x.u.at.index, line, file}, "place");
    }
    return x;
}

tad_status tad_here_status(tad_tape *t, tad_status status, const char *file, int line) {
    if (t && status != TAD_OK) place_failure(t, file, line);
    return status;
}
