/* The ordered dictionary: an array in the order of adding and a hash table over the names. The only
 * file of the layers that knows uthash. Rests on the public headers. */
#include <string.h>

#include <tad/dict.h>

/* The hash table takes its memory from the tape of the dictionary `d` in scope, and tells of
 * running out by dropping the element and setting `refused`, also in scope. */
#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) tad_tape_resize(d->tape, NULL, 1, (size))
#define uthash_free(block, size) tad_tape_resize(d->tape, (block), 0, 0)
#define uthash_nonfatal_oom(element) (refused = true)
#include <uthash.h>

typedef struct item {
    tad_var value;
    size_t at; /* in the order */
    bool is_buffer;
    UT_hash_handle hh;
    char name[];
} item;

struct tad_dict {
    tad_tape *tape;
    item **order;
    size_t count, capacity;
    item *table;
};

tad_dict *tad_dict_new(tad_tape *t) {
    if (tad_tape_status(t) != TAD_OK) return NULL;
    tad_dict *d = tad_tape_resize(t, NULL, 1, sizeof *d);
    if (d) *d = (tad_dict){.tape = t};
    return d;
}

static item *find(const tad_dict *d, const char *name) {
    item *found = NULL;
    if (d && name) HASH_FIND_STR(d->table, name, found);
    return found;
}

static bool reserve(tad_dict *d) {
    if (d->count < d->capacity) return true;
    size_t capacity = d->capacity ? 2 * d->capacity : 8;
    item **order = tad_tape_resize(d->tape, d->order, capacity, sizeof *order);
    if (!order) return false;
    d->order = order;
    d->capacity = capacity;
    return true;
}

static tad_status check(tad_dict *d, const char *name, tad_var value) {
    if (tad_tape_status(d->tape) != TAD_OK) return tad_tape_status(d->tape);
    if (!name || !*name) return tad_tape_fail(d->tape, TAD_BAD_ARGUMENT, "dict: no name");
    if (value.tape != d->tape || tad_dtype_of(value) == TAD_DTYPE_COUNT)
        return tad_tape_fail(d->tape, TAD_BAD_HANDLE, "dict: %s is no variable of this tape", name);
    if (find(d, name))
        return tad_tape_fail(d->tape, TAD_BAD_ARGUMENT, "dict: there is a %s already", name);
    return TAD_OK;
}

static tad_status add(tad_dict *d, const char *name, tad_var value, bool is_buffer) {
    bool placed = !tad_is_number(value) && !tad_is_none(value);
    if (!d)
        return tad_tape_fail(placed ? value.tape : NULL, TAD_BAD_ARGUMENT,
                             "dict_add: no dictionary");
    tad_status status = check(d, name, value);
    if (status != TAD_OK) return status;
    size_t length = strlen(name) + 1;
    item *new = reserve(d) ? tad_tape_resize(d->tape, NULL, 1, sizeof *new + length) : NULL;
    if (!new) return tad_tape_status(d->tape);
    new->value = value;
    new->at = d->count;
    new->is_buffer = is_buffer;
    memcpy(new->name, name, length);
    bool refused = false;
    HASH_ADD_KEYPTR(hh, d->table, new->name, length - 1, new);
    if (refused) {
        tad_tape_resize(d->tape, new, 0, 0);
        return tad_tape_status(d->tape);
    }
    d->order[d->count++] = new;
    return TAD_OK;
}

tad_status tad_dict_add(tad_dict *d, const char *name, tad_var value) {
    return add(d, name, value, false);
}

tad_status tad_dict_add_buffer(tad_dict *d, const char *name, tad_var value) {
    return add(d, name, value, true);
}

/* The name that an entry of `from` gets, in memory of the tape; NULL: none left. */
static char *prefixed(tad_dict *d, const char *prefix, const char *name) {
    size_t first = prefix ? strlen(prefix) : 0, rest = strlen(name) + 1;
    char *whole = tad_tape_resize(d->tape, NULL, first + 1 + rest, 1);
    if (!whole) return NULL;
    if (first) memcpy(whole, prefix, first);
    if (first) whole[first++] = '.';
    memcpy(whole + first, name, rest);
    return whole;
}

static tad_status merge_one(tad_dict *d, const char *prefix, tad_entry e) {
    char *name = prefixed(d, prefix, e.name);
    if (name) add(d, name, e.value, e.is_buffer);
    tad_tape_resize(d->tape, name, 0, 0);
    return tad_tape_status(d->tape);
}

tad_status tad_dict_merge(tad_dict *d, const tad_dict *from, const char *prefix) {
    if (!d || !from)
        return tad_tape_fail(d ? d->tape : tad_dict_tape(from), TAD_BAD_ARGUMENT,
                             "dict_merge: no dictionary");
    if (tad_tape_status(d->tape) != TAD_OK) return tad_tape_status(d->tape);
    size_t before = d->count, n = from->count;
    for (size_t i = 0; i < n; i++)
        if (merge_one(d, prefix, tad_dict_at(from, i)) != TAD_OK) break;
    while (tad_tape_status(d->tape) != TAD_OK && d->count > before)
        tad_dict_remove(d, d->order[d->count - 1]->name);
    return tad_tape_status(d->tape);
}

bool tad_dict_remove(tad_dict *d, const char *name) {
    item *gone = find(d, name);
    if (!gone) return false;
    HASH_DEL(d->table, gone);
    for (size_t i = gone->at + 1; i < d->count; i++) {
        d->order[i - 1] = d->order[i];
        d->order[i - 1]->at = i - 1;
    }
    d->count--;
    tad_tape_resize(d->tape, gone, 0, 0);
    return true;
}

size_t tad_dict_count(const tad_dict *d) { return d ? d->count : 0; }

tad_entry tad_dict_at(const tad_dict *d, size_t i) {
    if (i >= tad_dict_count(d)) return (tad_entry){0};
    const item *at = d->order[i];
    return (tad_entry){at->name, at->value, at->is_buffer};
}

tad_var tad_dict_get(const tad_dict *d, const char *name) {
    const item *found = find(d, name);
    return found ? found->value : (tad_var){0};
}

int64_t tad_dict_elements(const tad_dict *d) {
    int64_t sum = 0;
    for (size_t i = 0; i < tad_dict_count(d); i++) sum += tad_size_of(d->order[i]->value);
    return sum;
}

tad_tape *tad_dict_tape(const tad_dict *d) { return d ? d->tape : NULL; }
