/* Checkpoints: slots saved to a safetensors file and resumed from it. Rests on the public functions
 * of safetensors.h and dict.h, and on the tape for memory. */
#include "safetensors.h"

#include "tape/error.h"
#include "tape/handle.h"
#include "tape/owned.h"

#include <stdio.h>
#include <string.h>

/* One array to be saved or resumed; dictionaries are spread out. */
typedef struct item {
    tad_var var; /* tad_none(): data */
    void *data;
    const tad_tensor *found; /* in the file, when resuming */
} item;

typedef struct items {
    tad_tape *tape;
    const char *doing;
    size_t count, bytes; /* of the block that begins at item */
    item *item;
    tad_tensor *tensor; /* name, dtype and shape of each; data when saving */
    char *names;        /* room for the next name of a dictionary's entry */
    size_t names_left;
} items;

/* "slot.entry", or "entry" for a slot without name. */
static size_t join(const char *slot, const char *entry, char *out, size_t room) {
    bool named = slot && *slot;
    return (size_t)snprintf(out, room, "%s%s%s", named ? slot : "", named ? "." : "", entry) + 1;
}

static bool measure(items *s, const tad_slot *slots, size_t n) {
    for (size_t i = 0; i < n; i++) {
        size_t entries = slots[i].dict ? tad_dict_count(slots[i].dict) : 1;
        if (!tad__sum(s->count, entries, &s->count)) return false;
        for (size_t k = 0; slots[i].dict && k < entries; k++)
            s->names_left += join(slots[i].name, tad_dict_at(slots[i].dict, k).name, NULL, 0);
    }
    size_t each = sizeof *s->item + sizeof *s->tensor;
    return tad__mul(s->count, each, &s->bytes) && tad__sum(s->bytes, s->names_left, &s->bytes);
}

static tad_status add_var(items *s, size_t at, const char *name, tad_var var) {
    uint32_t index;
    if (!tad__resolve(s->tape, var, name, &index)) return tad_tape_status(s->tape);
    s->item[at] = (item){.var = var};
    s->tensor[at] = (tad_tensor){name, tad_dtype_of(var), tad_shape_of(var), NULL};
    return TAD_OK;
}

static tad_status add_dict(items *s, size_t *at, const tad_slot *slot) {
    tad_status status = TAD_OK;
    for (size_t k = 0; status == TAD_OK && k < tad_dict_count(slot->dict); k++) {
        tad_entry entry = tad_dict_at(slot->dict, k);
        size_t length = join(slot->name, entry.name, s->names, s->names_left);
        status = add_var(s, (*at)++, s->names, entry.value);
        s->names += length;
        s->names_left -= length;
    }
    return status;
}

static void add_array(items *s, size_t at, const tad_slot *slot) {
    s->item[at] = (item){.var = tad_none(), .data = slot->data};
    s->tensor[at] = (tad_tensor){slot->name, slot->dtype, slot->shape, slot->data};
}

/* Spreads the slots into a list; release it in any case. */
static tad_status collect(items *s, const tad_slot *slots, size_t n) {
    size_t at = 0;
    tad_status status = TAD_OK;
    if (!measure(s, slots, n)) return tad__fail(s->tape, TAD_TOO_LARGE, "%s", s->doing);
    if (s->bytes == 0) return TAD_OK;
    s->item = tad__resize(s->tape, NULL, 0, s->bytes);
    if (!s->item) return tad__no_memory(s->tape, s->doing);
    s->tensor = (tad_tensor *)(s->item + s->count);
    s->names = (char *)(s->tensor + s->count);
    for (size_t i = 0; status == TAD_OK && i < n; i++) {
        if (!slots[i].dict && !slots[i].name)
            status = tad__fail(s->tape, TAD_BAD_ARGUMENT, "%s: the name of slot %zu is NULL",
                               s->doing, i);
        else if (slots[i].dict)
            status = add_dict(s, &at, &slots[i]);
        else if (tad_is_none(slots[i].var))
            add_array(s, at++, &slots[i]);
        else
            status = add_var(s, at++, slots[i].name, slots[i].var);
    }
    return status;
}

static void release(items *s) {
    if (s->item) tad__resize(s->tape, s->item, s->bytes, 0);
}

static tad_status may_begin(tad_tape *t, const char *doing, const char *path, const void *slots,
                            size_t n) {
    if (!t) return TAD_BAD_ARGUMENT;
    if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
    if (!path || (n && !slots))
        return tad__fail(t, TAD_BAD_ARGUMENT, "%s: %s is NULL", doing,
                         path ? "the list" : "the path");
    return TAD_OK;
}

/* ---- saving ---- */

static tad_status point_at_data(items *s) {
    for (size_t i = 0; i < s->count; i++) {
        if (tad_is_none(s->item[i].var)) continue;
        s->tensor[i].data = tad_data(s->item[i].var);
        if (!s->tensor[i].data && tad_size_of(s->item[i].var) > 0) return tad_tape_status(s->tape);
    }
    return TAD_OK;
}

tad_status tad_checkpoint_save(tad_tape *t, const char *path, const tad_slot *slots, size_t n,
                               const tad_text *texts, size_t text_count) {
    items s = {.tape = t, .doing = "saving a checkpoint"};
    tad_status status = may_begin(t, s.doing, path, slots, n);
    if (status != TAD_OK) return status;
    status = collect(&s, slots, n);
    if (status == TAD_OK) status = point_at_data(&s);
    if (status == TAD_OK) {
        tad_contents contents = {s.tensor, s.count, texts, text_count};
        status = tad_safetensors_write_path(t, path, &contents);
    }
    release(&s);
    return status;
}

/* ---- resuming ---- */

static bool is_empty(const tad_tensor *t) {
    for (int i = 0; i < t->shape.rank; i++)
        if (t->shape.dim[i] == 0) return true;
    return false;
}

static tad_status match(items *s, size_t i, const tad_safetensors *file, const char *path) {
    const tad_tensor *wanted = &s->tensor[i];
    const tad_tensor *found = tad_safetensors_find(file, wanted->name);
    char have[TAD__SHAPE_ROOM], want[TAD__SHAPE_ROOM];
    if (!found)
        return tad__fail(s->tape, TAD_BAD_FILE, "%s: %s has no '%.80s'", s->doing, path,
                         wanted->name);
    if (!tad_is_none(s->item[i].var) && tad_node_kind_of(s->item[i].var) != TAD_NODE_PARAM)
        return tad__fail(s->tape, TAD_BAD_ARGUMENT, "%s: '%.80s' is not a parameter", s->doing,
                         wanted->name);
    if (found->dtype != wanted->dtype)
        return tad__fail(s->tape, TAD_BAD_DTYPE, "%s: '%.80s' is %s in %s, not %s", s->doing,
                         wanted->name, tad_dtype_name(found->dtype), path,
                         tad_dtype_name(wanted->dtype));
    if (!tad__shape_equal(&found->shape, &wanted->shape))
        return tad__fail(s->tape, TAD_BAD_SHAPE, "%s: '%.80s' is %s in %s, not %s", s->doing,
                         wanted->name, tad__shape_text(&found->shape, have, sizeof have), path,
                         tad__shape_text(&wanted->shape, want, sizeof want));
    if (tad_is_none(s->item[i].var) && !s->item[i].data && !is_empty(wanted))
        return tad__fail(s->tape, TAD_BAD_ARGUMENT, "%s: memory for '%.80s' is NULL", s->doing,
                         wanted->name);
    s->item[i].found = found;
    return TAD_OK;
}

static bool wanted(const items *s, const char *name) {
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->tensor[i].name, name) == 0) return true;
    return false;
}

/* All slots have been found; anything more in the file? */
static tad_status check_rest(items *s, const tad_safetensors *file, const char *path) {
    size_t i = 0;
    if (tad_safetensors_count(file) == s->count) return TAD_OK;
    while (wanted(s, tad_safetensors_at(file, i)->name)) i++;
    return tad__fail(s->tape, TAD_BAD_FILE, "%s: %s has '%.80s', which is not wanted", s->doing,
                     path, tad_safetensors_at(file, i)->name);
}

static tad_status copy(items *s) {
    tad_status status = TAD_OK;
    for (size_t i = 0; status == TAD_OK && i < s->count; i++) {
        size_t bytes = 0;
        (void)tad__shape_bytes(&s->tensor[i].shape, s->tensor[i].dtype, &bytes);
        if (!tad_is_none(s->item[i].var))
            status = tad_assign(s->item[i].var, s->item[i].found->data);
        else if (bytes > 0)
            memcpy(s->item[i].data, s->item[i].found->data, bytes);
    }
    return status;
}

static tad_status resume(items *s, const tad_safetensors *file, const char *path, bool partial) {
    tad_contents names = {s->tensor, s->count, NULL, 0};
    tad_status status = tad__check_distinct(s->tape, s->doing, &names);
    for (size_t i = 0; status == TAD_OK && i < s->count; i++) status = match(s, i, file, path);
    if (status == TAD_OK && !partial) status = check_rest(s, file, path);
    return status == TAD_OK ? copy(s) : status;
}

static const char resuming[] = "resuming a checkpoint";

tad_status tad__checkpoint_resume(tad_tape *t, const tad_safetensors *file, const char *path,
                                  const tad_slot *slots, size_t n, bool partial) {
    items s = {.tape = t, .doing = resuming};
    tad_status status = collect(&s, slots, n);
    if (status == TAD_OK) status = resume(&s, file, path, partial);
    release(&s);
    return status;
}

tad_status tad_checkpoint_load(tad_tape *t, const char *path, const tad_slot *slots, size_t n,
                               bool partial) {
    tad_safetensors *file = NULL;
    tad_status status = may_begin(t, resuming, path, slots, n);
    if (status == TAD_OK) status = tad_safetensors_open_path(t, path, &file);
    if (status == TAD_OK) status = tad__checkpoint_resume(t, file, path, slots, n, partial);
    tad_safetensors_close(file);
    return status;
}
