/* Calls that would compute the same again, and constants that there are already. Rests on freeze.h
 * and uthash. */
#include "freeze.h"

#include <string.h>

/* Without memory an item is not kept, and nothing worse happens. */
#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) tad__memory_resize(memory, NULL, 0, size)
#define uthash_free(at, size) tad__memory_resize(memory, at, size, 0)
#define uthash_nonfatal_oom(item) ((void)(item)) /* who asks sees it in the item */
#include <uthash.h>

/* The key is op, options field by field, operands. */
typedef struct tad__shared {
    const tad__ref *results;
    UT_hash_handle hh;
} shared;

/* Without gaps. */
typedef struct constant_key {
    uint64_t bits, dtype;
} constant_key;

typedef struct tad__known {
    constant_key key;
    tad__ref value;
    UT_hash_handle hh;
} known;

/* ---- keys ---- */

/* Written twice: without a place for it only its length is found. */
typedef struct key {
    char *at;
    size_t length;
} key;

static void put(key *k, const void *bytes, size_t n) {
    if (k->at) memcpy(k->at + k->length, bytes, n);
    k->length += n;
}

static void put_maybe(key *k, bool given, const void *value, size_t size) {
    put(k, &given, sizeof given);
    if (given) put(k, value, size);
}

static void put_maybe_int(key *k, const tad_maybe_int *m) {
    put_maybe(k, m->given, &m->value, sizeof m->value);
}

static void put_axes(key *k, const tad_axes *a) {
    put(k, &a->keepdims, sizeof a->keepdims);
    put_maybe(k, a->given, &a->count, sizeof a->count);
    for (int i = 0; a->given && i < a->count && i < TAD_MAX_RANK; i++)
        put(k, &a->axis[i], sizeof a->axis[i]);
}

static void put_shape(key *k, const tad_shape *s) {
    put(k, &s->rank, sizeof s->rank);
    for (int i = 0; i < s->rank; i++) put(k, &s->dim[i], sizeof s->dim[i]);
}

static void put_slices(key *k, const tad_slices *s) {
    put(k, &s->count, sizeof s->count);
    for (int i = 0; i < s->count; i++) {
        put_maybe_int(k, &s->range[i].start);
        put_maybe_int(k, &s->range[i].stop);
        put_maybe_int(k, &s->range[i].step);
    }
}

static void put_ints(key *k, const tad_ints *ints) {
    put(k, &ints->count, sizeof ints->count);
    put(k, ints->value, (size_t)ints->count * sizeof *ints->value);
}

/* Not the struct's bytes: those between its fields say nothing. */
static void put_option(key *k, const tad_option *o, const char *options) {
    const void *at = options + o->offset;
    const tad_maybe_float *number = at;
    switch (o->kind) {
    case TAD_OPTION_BOOL: put(k, at, sizeof(bool)); break;
    case TAD_OPTION_INT: put(k, at, sizeof(int64_t)); break;
    case TAD_OPTION_FLOAT: put(k, at, sizeof(double)); break;
    case TAD_OPTION_CHOICE:
    case TAD_OPTION_DTYPE: put(k, at, sizeof(int)); break;
    case TAD_OPTION_MAYBE_INT: put_maybe_int(k, at); break;
    case TAD_OPTION_MAYBE_FLOAT:
        put_maybe(k, number->given, &number->value, sizeof number->value);
        break;
    case TAD_OPTION_AXES: put_axes(k, at); break;
    case TAD_OPTION_SHAPE: put_shape(k, at); break;
    case TAD_OPTION_SLICES: put_slices(k, at); break;
    case TAD_OPTION_INTS: put_ints(k, at); break;
    case TAD_OPTION_TEXT: put(k, at, strlen(at) + 1); break;
    }
}

static void put_call(key *k, const tad__call_step *c) {
    put(k, &c->op, sizeof c->op);
    for (size_t i = 0; i < c->op->n_options && c->options; i++)
        put_option(k, &c->op->options[i], c->options);
    put(k, c->ref, c->n_in * sizeof *c->ref);
}

/* ---- calls ---- */

/* Options that no list describes cannot be compared. */
static bool is_comparable(const tad__call_step *c) { return !c->options || c->op->n_options; }

static void remember_call(tad__freezer *f, const tad__call_step *c, const key *k) {
    tad__memory *memory = &f->p->memory;
    shared *s = tad__arena_take(&f->p->arena, sizeof *s, 16);
    if (!s) return;
    *s = (shared){.results = c->ref + c->n_in};
    HASH_ADD_KEYPTR(hh, f->shared, k->at, k->length, s);
}

const tad__ref *tad__shared_call(tad__freezer *f, const tad__call_step *c) {
    key k = {NULL, 0};
    shared *found;
    if (!is_comparable(c)) return NULL;
    put_call(&k, c);
    k.at = tad__arena_take(&f->p->arena, k.length, 1);
    if (!k.at) return NULL;
    k.length = 0;
    put_call(&k, c);
    HASH_FIND(hh, f->shared, k.at, k.length, found);
    if (found) return found->results;
    remember_call(f, c, &k);
    return NULL;
}

/* ---- constants ---- */

static tad__ref new_float(tad__freezer *f, double number) {
    const tad__ref r = tad__new_array_value(f, TAD_F32, &TAD_0D, TAD__STORED);
    float *to = r == TAD__NO_REF ? NULL : tad__arena_take(&f->p->arena, sizeof *to, 16);
    if (!to) return TAD__NO_REF;
    *to = (float)number;
    f->p->array.item[tad__position(r)].array.data = to;
    return r;
}

static tad__ref new_constant(tad__freezer *f, double number, tad_dtype dtype) {
    if (dtype == TAD_F32) return new_float(f, number);
    tad__constant_slot *c = TAD__ADD_TO(f->p, constant);
    if (!c) return TAD__NO_REF;
    *c = (tad__constant_slot){number, tad__new_number(f)};
    if (number == 1) f->one = c->slot;
    return c->slot;
}

tad__ref tad__known_number(tad__freezer *f, double number, tad_dtype dtype) {
    tad__memory *memory = &f->p->memory;
    constant_key k = {.dtype = (uint64_t)dtype};
    known *c;
    memcpy(&k.bits, &number, sizeof k.bits);
    HASH_FIND(hh, f->known, &k, sizeof k, c);
    if (c) return c->value;
    c = tad__arena_take(&f->p->arena, sizeof *c, 16);
    const tad__ref value = c ? new_constant(f, number, dtype) : TAD__NO_REF;
    f->failed = f->failed || value == TAD__NO_REF;
    if (f->failed) return TAD__NO_REF;
    *c = (known){.key = k, .value = value};
    HASH_ADD(hh, f->known, key, sizeof c->key, c);
    return value;
}

void tad__forget_shared(tad__freezer *f) {
    tad__memory *memory = &f->p->memory;
    HASH_CLEAR(hh, f->shared);
    HASH_CLEAR(hh, f->known);
}
