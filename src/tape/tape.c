/* A tape's life, errors, handles and nodes. Rests on memory, shape and the kernel table. */
#include "tape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_NODES = 256, FIRST_CUTS = 8, MOST_THREADS = 256 };

/* ---- life ---- */

static bool start_threads(tad_tape *t, size_t count) {
    t->threads_bytes = tad__pool_bytes(count);
    void *room = tad__memory_resize(&t->memory, NULL, 0, t->threads_bytes);
    if (!room) return false;
    t->compute.threads = tad__pool_create(room, count);
    if (!t->compute.threads) tad__memory_resize(&t->memory, room, t->threads_bytes, 0);
    return t->compute.threads != NULL;
}

/* A setting that cannot be is the tape's first failure; cleared, it has the default instead. */
static void check_settings(tad_tape *t) {
    static const char *const names[] = {"", "base", "avx2", "avx512"};
    tad_settings *s = &t->settings;
    const char *best = t->compute.kernels->name;
    if (s->threads < 0 || s->threads > MOST_THREADS) {
        tad__fail(t, TAD_BAD_ARGUMENT, "settings: %d threads, 0 (none but the caller's) to %d are possible",
                  s->threads, MOST_THREADS);
        s->threads = 0;
    }
    if ((unsigned)s->level > TAD_LEVEL_AVX512)
        tad__fail(t, TAD_BAD_ARGUMENT, "settings: no instruction-set level %d", (int)s->level);
    else if (s->level != TAD_LEVEL_BEST && strcmp(names[s->level], best) != 0)
        tad__fail(t, TAD_UNSUPPORTED, "settings: level %s, but this CPU or library has at most %s",
                  names[s->level], best);
}

static bool have_cuts(tad_tape *t, size_t n) {
    void *vector = t->cut;
    if (!tad__memory_grow(&t->memory, &vector, &t->cut_capacity, n, sizeof *t->cut)) return false;
    t->cut = vector;
    return true;
}

tad_tape *tad_tape_new(const tad_settings *settings) {
    static const tad_settings standard = {0};
    if (!settings) settings = &standard;
    tad__memory memory;
    tad__memory_init(&memory, &settings->allocator, settings->memory_limit);
    tad_tape *t = tad__memory_resize(&memory, NULL, 0, sizeof *t);
    if (!t) return NULL;
    memset(t, 0, sizeof *t);
    t->settings = *settings;
    t->memory = memory;
    t->arena.memory = t->buffers.memory = &t->memory;
    t->compute = (tad__compute){tad__kernels_choose(settings->level), NULL, &t->arena};
    t->random.seed = settings->seed;
    check_settings(t);
    bool threads = t->settings.threads <= 1 || start_threads(t, (size_t)t->settings.threads);
    if (threads && have_cuts(t, FIRST_CUTS)) return t; /* tad_tape_reset needs one, and cannot fail */
    tad_tape_free(t);
    return NULL;
}

static void free_labels(tad_tape *t, tad__labels *l) {
    tad__memory_resize(&t->memory, l->item, l->capacity * sizeof *l->item, 0);
}

void tad_tape_free(tad_tape *t) {
    if (!t) return;
    tad__memory *m = &t->memory;
    if (t->compute.threads) {
        tad__pool_destroy(t->compute.threads);
        tad__memory_resize(m, t->compute.threads, t->threads_bytes, 0);
    }
    tad__owned_free(t);
    tad__arena_free(&t->arena);
    tad__buffers_free(&t->buffers);
    free_labels(t, &t->names);
    free_labels(t, &t->places);
    tad__memory_resize(m, t->head.node, t->capacity * sizeof *t->head.node, 0);
    tad__memory_resize(m, t->head.adjoint, t->adjoint_capacity * sizeof *t->head.adjoint, 0);
    tad__memory_resize(m, t->cut, t->cut_capacity * sizeof *t->cut, 0);
    tad__memory_resize(m, (void *)t->scope, t->scope_capacity * sizeof *t->scope, 0);
    tad__memory_resize(m, t->root, t->root_capacity * sizeof *t->root, 0);
    tad__memory last = *m;
    tad__memory_resize(&last, t, sizeof *t, 0);
}

tad_memory tad_tape_memory(const tad_tape *t) { return t ? t->memory.count : (tad_memory){0}; }
const tad__compute *tad__compute_of(const tad_tape *t) { return &t->compute; }
const char *tad_tape_level(const tad_tape *t) { return t ? t->compute.kernels->name : ""; }

void *tad__resize(tad_tape *t, void *old, size_t old_size, size_t new_size) {
    return tad__memory_resize(&t->memory, old, old_size, new_size);
}

/* ---- errors ---- */

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
    return tad__fail(t, TAD_NO_MEMORY, "%s: out of memory (%zu bytes in use)", what, t->memory.count.live);
}

tad_status tad_tape_status(const tad_tape *t) { return t ? t->error.status : TAD_BAD_ARGUMENT; }
const char *tad_message(const tad_tape *t) { return t ? t->error.message : "no tape"; }

void tad_tape_clear(tad_tape *t) {
    if (!t) return;
    memset(&t->error, 0, sizeof t->error);
    tad__update_limit(t);
}

/* ---- handles ---- */

tad_var tad__handle(const tad_tape *t, uint32_t index) {
    tad_var v;
    v.tape = (tad_tape *)(uintptr_t)t;
    v.u.at.index = index;
    bool plain = index < t->head.count && (t->head.node[index].flags & (TAD__ARRAY | TAD__NEEDS)) == TAD__NEEDS;
    v.u.at.epoch = t->head.epoch | (plain ? 0 : TAD__SLOW);
    return v;
}

tad_var tad__nil(tad_tape *t) {
    if (t) return tad__handle(t, TAD__NO_NODE);
    return (tad_var){NULL, {{0, 0}}};
}

bool tad_is_nil(tad_var x) {
    return !x.tape || (tad__has_tape(x) && x.u.at.index == TAD__NO_NODE);
}

/* Rewinds since. Epochs come round after 2^31 of them; ages of what is younger compare rightly. */
static uint32_t age(const tad_tape *t, uint32_t epoch) { return (t->head.epoch - epoch) & ~TAD__SLOW; }

/* The first cut after `epoch` has the lowest count of all since: counts rise along the list. */
uint32_t tad__surviving(const tad_tape *t, uint32_t epoch) {
    size_t low = 0, high = t->cuts;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (age(t, t->cut[middle].epoch) < age(t, epoch)) high = middle;
        else low = middle + 1;
    }
    return low == t->cuts ? UINT32_MAX : t->cut[low].count;
}

bool tad__survives(const tad_tape *t, uint32_t index, uint32_t epoch) {
    if (index >= t->head.count) return false;
    return epoch == t->head.epoch || index < t->head.floor || index < tad__surviving(t, epoch);
}

bool tad__resolve(tad_tape *t, tad_var v, const char *what, uint32_t *index) {
    if (v.tape != t) {
        const char *why = !v.tape ? "a variable that was never set"
                          : tad__has_tape(v) ? "a variable of another tape" : "a number or none where a variable is needed";
        tad__fail(t, TAD_BAD_HANDLE, "%s: %s", what, why);
        return false;
    }
    *index = v.u.at.index;
    if (*index == TAD__NO_NODE) {
        tad__fail(t, TAD_BAD_HANDLE, "%s: the result of a failed call", what);
        return false;
    }
    if (!tad__survives(t, *index, tad__epoch_of(v))) {
        tad__fail(t, TAD_BAD_HANDLE, "%s: a variable that was rewound", what);
        return false;
    }
    return true;
}

tad__node *tad__node_of(tad_var v, const char *what) {
    uint32_t index;
    if (!tad__has_tape(v) || !tad__resolve(v.tape, v, what, &index)) return NULL;
    return tad__at(v.tape, index);
}

/* ---- nodes ---- */

static bool grow_nodes(tad_tape *t) {
    size_t want = t->capacity ? t->capacity * 2 : FIRST_NODES;
    if (want > TAD__NO_NODE) {
        tad__fail(t, TAD_TOO_LARGE, "the tape holds 2^32 nodes at most");
        return false;
    }
    tad__node *p = tad__resize(t, t->head.node, t->capacity * sizeof *p, want * sizeof *p);
    if (!p) {
        tad__no_memory(t, "recording");
        return false;
    }
    t->head.node = p;
    t->capacity = want;
    tad__update_limit(t);
    return true;
}

bool tad__new_node(tad_tape *t, uint32_t *index) {
    if (t->head.count == t->capacity && !grow_nodes(t)) return false;
    *index = t->head.count++;
    t->head.node[*index] = (tad__node){0};
    return true;
}


void tad__drop_adjoint(tad_tape *t, uint32_t i) {
    tad__adjoint *adjoint = &t->head.adjoint[i];
    if (adjoint->array->pooled) tad__buffers_give(&t->buffers, adjoint->array);
    adjoint->bits = 0;
    t->array_adjoints--;
}

/* Must be called while the arena still has the nodes. */
static void drop_kept(tad_tape *t, uint32_t count) {
    for (; t->kept && t->kept->node >= count; t->kept = t->kept->below)
        tad__buffers_give(&t->buffers, t->kept->array);
}

void tad__drop_nodes(tad_tape *t, uint32_t count) {
    drop_kept(t, count);
    uint32_t end = t->head.swept < t->head.count ? t->head.swept : t->head.count;
    for (uint32_t i = count; t->array_adjoints && i < end; i++)
        if ((tad__at(t, i)->flags & TAD__ARRAY) && t->head.adjoint[i].array) tad__drop_adjoint(t, i);
    if (end > count) memset(t->head.adjoint + count, 0, (end - count) * sizeof *t->head.adjoint);
    if (t->head.swept > count) t->head.swept = count;
    t->head.count = count;
}

/* ---- marks ---- */

/* Names belong to the variables: one given after a mark to a variable below it stays. */
static void drop_labels(tad_tape *t, uint32_t count) {
    tad__labels *names = &t->names, *places = &t->places;
    while (names->count && names->item[names->count - 1].index >= count)
        tad__buffers_give(&t->buffers, (char *)(uintptr_t)names->item[--names->count].text);
    while (places->count && places->item[places->count - 1].index >= count) places->count--;
}

tad_mark tad_tape_mark(tad_tape *t) {
    if (!t) return (tad_mark){0};
    return (tad_mark){t, t->head.count, t->head.epoch, t->arena.at, t->arena.used};
}

static uint32_t after(uint32_t epoch) { return (epoch + 1) & ~TAD__SLOW; }

/* A cut so old that its age is about to come round decides about handles as old, which nothing can
 * tell from new ones; kept, it would be taken for a young one and make living handles stale. */
static void drop_oldest_cut(tad_tape *t) {
    if (t->cuts == 0 || age(t, t->cut[0].epoch) < (TAD__SLOW - 1)) return;
    t->cuts--;
    memmove(t->cut, t->cut + 1, t->cuts * sizeof *t->cut);
}

/* Keeps counts rising: a cut that goes deeper makes the shallower ones before it irrelevant. */
static bool add_cut(tad_tape *t, uint32_t count) {
    size_t cuts = t->cuts;
    while (cuts && t->cut[cuts - 1].count >= count) cuts--;
    if (!have_cuts(t, cuts + 1)) return false;
    t->cut[cuts] = (tad__cut){after(t->head.epoch), count};
    t->cuts = cuts + 1;
    return true;
}

static tad_status rewind_to(tad_tape *t, uint32_t count, tad__place place) {
    if (!add_cut(t, count)) return tad__no_memory(t, "rewind");
    tad__drop_nodes(t, count);
    tad__arena_release(&t->arena, place);
    drop_labels(t, count);
    t->head.epoch = after(t->head.epoch);
    drop_oldest_cut(t);
    t->head.floor = t->head.floor < count ? t->head.floor : count;
    if (t->cuts == 1) t->head.floor = count; /* every cut so far went no deeper */
    return TAD_OK;
}

tad_status tad_tape_rewind(tad_tape *t, tad_mark mark) {
    if (!t) return TAD_BAD_ARGUMENT;
    if (mark.tape != t) return tad__fail(t, TAD_BAD_HANDLE, "rewind: a mark of another tape");
    bool here = mark.count == 0 || tad__survives(t, mark.count - 1, mark.epoch);
    if (mark.count > t->head.count || !here)
        return tad__fail(t, TAD_BAD_HANDLE, "rewind: the mark itself was rewound");
    return rewind_to(t, mark.count, (tad__place){mark.chunk, mark.used});
}

/* Cannot fail: every node goes, so no cut before matters and the list needs no more room. */
void tad_tape_reset(tad_tape *t) {
    if (!t) return;
    tad__drop_nodes(t, 0);
    tad__arena_release(&t->arena, (tad__place){0, 0});
    drop_labels(t, 0);
    while (t->scopes || t->scopes_lost) tad_scope_pop(t);
    t->paused = 0;
    t->head.epoch = after(t->head.epoch);
    t->head.floor = 0;
    t->cut[0] = (tad__cut){t->head.epoch, 0};
    t->cuts = 1;
    tad_tape_clear(t);
}

tad__stretch tad__stretch_begin(tad_tape *t) {
    tad_record_pause(t);
    return (tad__stretch){t->head.count, tad__arena_place(&t->arena)};
}

void tad__stretch_end(tad_tape *t, tad__stretch s) {
    tad__drop_nodes(t, s.count);
    tad__arena_release(&t->arena, s.place);
    tad_record_resume(t);
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

/* ---- arrays ---- */

static size_t data_align(size_t bytes) { return bytes >= 64 ? 64 : 16; }

tad_array *tad__new_header(tad_tape *t, tad_dtype dtype, const tad_shape *shape) {
    tad_array *a = tad__arena_take(&t->arena, tad__array_header(shape->rank), 16);
    if (!a) return NULL;
    tad__array_layout(a, dtype, shape);
    a->data = NULL;
    return a;
}

tad_array *tad__new_array(tad_tape *t, tad_dtype dtype, const tad_shape *shape) {
    size_t bytes;
    tad_array *a = tad__new_header(t, dtype, shape);
    if (!a || !tad__shape_bytes(shape, dtype, &bytes)) return NULL;
    a->data = tad__arena_take(&t->arena, bytes, data_align(bytes));
    return a->data ? a : NULL;
}

tad_array *tad__new_buffer(tad_tape *t, tad_dtype dtype, const tad_shape *shape) {
    size_t header, bytes, total;
    if (!tad__align(tad__array_header(shape->rank), 64, &header)) return NULL;
    if (!tad__shape_bytes(shape, dtype, &bytes) || !tad__sum(header, bytes, &total)) return NULL;
    tad_array *a = tad__buffers_take(&t->buffers, total);
    if (!a) return NULL;
    tad__array_layout(a, dtype, shape);
    a->data = (char *)a + header;
    a->pooled = true;
    return a;
}

tad_array *tad__new_like(tad_tape *t, const tad_array *like) {
    size_t header = (tad__array_header(like->rank) + 15) / 16 * 16;
    size_t bytes = (size_t)like->size * tad__width(like->dtype);
    bool apart = data_align(bytes) > 16; /* else the data follows the header in one piece */
    tad_array *a = tad__arena_take(&t->arena, apart ? header : header + bytes, 16);
    if (!a) return NULL;
    tad__array_repeat(a, like);
    a->data = apart ? tad__arena_take(&t->arena, bytes, data_align(bytes)) : (char *)a + header;
    return a->data ? a : NULL;
}

tad_array *tad__new_buffer_like(tad_tape *t, const tad_array *like) {
    size_t header = (tad__array_header(like->rank) + 63) / 64 * 64;
    tad_array *a = tad__buffers_take(&t->buffers, header + (size_t)like->size * tad__width(like->dtype));
    if (!a) return NULL;
    tad__array_repeat(a, like);
    a->data = (char *)a + header;
    a->pooled = true;
    return a;
}

const tad_array *tad__value(tad_tape *t, uint32_t index, tad__view *room) {
    tad__node *n = tad__at(t, index);
    if (n->flags & TAD__ARRAY) return n->value.array;
    room->array = (tad_array){.data = &n->value.number, .size = 1, .dtype = TAD_F64, .contiguous = true};
    return &room->array;
}

const tad_array *tad__number_value(double number, tad_dtype dtype, tad__view *room) {
    room->array = (tad_array){.data = &room->number, .size = 1, .dtype = (uint8_t)dtype, .contiguous = true};
    if (dtype == TAD_F32) room->number.f32 = (float)number;
    else room->number.f64 = number;
    return &room->array;
}

/* ---- the call behind a node ---- */

/* Which operand of a row is a plain number; -1: none. */
static int number_at(const tad__node *n) {
    switch ((enum tad__kind)n->kind) {
    case TAD__SUB_NX:
    case TAD__DIV_NX:
    case TAD__ROW_NX: return 0;
    case TAD__ADD_XN:
    case TAD__MUL_XN:
    case TAD__DIV_XN:
    case TAD__ROW_XN: return 1;
    default: return -1;
    }
}

static bool row_call(const tad__node *n, tad__call *c) {
    c->op = tad__row_op(n->op);
    c->n_in = c->op->min_in;
    c->n_out = 1;
    c->room[0] = n->a;
    c->room[1] = n->u.arg.b;
    c->room[2] = n->u.arg.c;
    c->in = c->room;
    c->number_at = number_at(n);
    if (c->number_at < 0) return true;
    c->room[1 - c->number_at] = n->a;
    c->room[c->number_at] = TAD__NO_NODE;
    c->number = n->u.partial;
    return true;
}

bool tad__call_of(const tad_tape *t, uint32_t index, tad__call *c) {
    const tad__node *n = t->head.node + index;
    c->options = NULL;
    if (n->kind <= TAD__PARAM) return false;
    if (n->kind <= TAD__ROW_NX) return row_call(n, c);
    if (n->kind == TAD__OUTPUT) n = t->head.node + n->a;
    const tad__record_of *r = n->u.record;
    c->op = r->op;
    c->options = r->options;
    c->n_in = r->n_in;
    c->n_out = r->n_out;
    c->in = r->in;
    c->number_at = -1;
    return true;
}

tad_var tad__operand(const tad_tape *t, const tad__call *c, uint32_t k) {
    if ((int)k == c->number_at) return tad_number(c->number);
    return c->in[k] == TAD__NO_NODE ? tad_none() : tad__handle(t, c->in[k]);
}

/* ---- names and places ---- */

/* Position of the first label of a node from `index` on. */
static size_t position_of(const tad__labels *l, uint32_t index) {
    size_t low = 0, high = l->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (l->item[middle].index < index) low = middle + 1;
        else high = middle;
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
    const tad__label *name = tad__label_of(&t->names, index), *place = tad__label_of(&t->places, index);
    int at = 0;
    buf[0] = 0;
    if (name) at = snprintf(buf, size, " (%.*s%s", TAD__SHOWN, name->text, place ? "" : ")");
    if (place)
        snprintf(buf + at, size - (size_t)at, "%srecorded at %.*s:%d)", name ? ", " : " (", TAD__SHOWN, place->text,
                 place->line);
    return buf;
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
    if (text) set_name(x.tape, index, text);
    else tad__no_memory(x.tape, "name");
    return x;
}

static bool add_scope(tad_tape *t, const char *name) {
    void *vector = t->scope;
    if (!tad__memory_grow(&t->memory, &vector, &t->scope_capacity, t->scopes + 1, sizeof *t->scope)) return false;
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
    if (!name) tad__fail(t, TAD_BAD_ARGUMENT, "scope: no name");
    else if (!t->scopes_lost) {
        if (add_scope(t, name)) return;
        tad__no_memory(t, "scope");
    }
    t->scopes_lost++;
}

void tad_scope_pop(tad_tape *t) {
    if (!t) return;
    if (t->scopes_lost) t->scopes_lost--;
    else if (t->scopes) tad__buffers_give(&t->buffers, t->scope[--t->scopes]);
}

tad_var tad_here(tad_var x, const char *file, int line) {
    tad_tape *t = tad__has_tape(x) ? x.tape : NULL;
    if (!t) return x;
    tad__error *e = &t->error;
    if (tad_is_nil(x)) {
        size_t n = strlen(e->message);
        if (e->status != TAD_OK && !e->placed)
            snprintf(e->message + n, sizeof e->message - n, ", at %s:%d", file, line);
        e->placed = true;
    } else if (e->status == TAD_OK && x.u.at.index < t->head.count) {
        bool known = t->places.count && t->places.item[t->places.count - 1].index >= x.u.at.index;
        if (!known) add_label(t, &t->places, (tad__label){x.u.at.index, line, file}, "place");
    }
    return x;
}
