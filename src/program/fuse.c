/* Rows on arrays of one shape are put together into groups: what only rows of the group read needs
 * no memory but a strip. Rests on freeze.h.
 *
 * A group runs where its last row stood. So it is closed as soon as something else reads one of its
 * results; what does not, runs before it. */
#include "freeze.h"

#include <string.h>

#include "tape/error.h"

enum { OPEN = 4, MOST_STRIPS = 32, NONE = UINT32_MAX };

/* A group to which rows may still be added. */
typedef struct open_group {
    tad__ref like; /* an array of its shape; NO_REF: there is no group here */
    uint32_t first, last;
    uint32_t count, opened; /* rows; when */
} open_group;

typedef struct fusing {
    tad__freezer *f;
    tad_program *p;
    TAD__LIST(tad__step) step;      /* in the new order */
    TAD__LIST(tad__call_step) call; /* those that are left */
    uint32_t *next;                 /* the row after a call in its group; NONE */
    uint32_t *group;                /* of each array: which computes it; NONE */
    uint8_t *outside;               /* of each array: something but its group reads it */
    uint32_t *end;                  /* of each array: which row of its group reads it last */
    open_group open[OPEN];
    uint32_t opened;
} fusing;

/* ---- what may be in a group ---- */

static const tad_array *array_at(const fusing *u, tad__ref r) {
    return &u->p->array.item[tad__position(r)].array;
}

static bool are_alike(const tad_array *a, const tad_array *b) {
    const tad_shape x = tad__shape_of(a), y = tad__shape_of(b);
    return a->dtype == b->dtype && tad__shape_equal(&x, &y);
}

static bool is_row(const fusing *u, const tad__call_step *c) {
    return c->op >= u->p->basis->row && c->op < u->p->basis->row + u->p->basis->rows;
}

static bool is_single(const fusing *u, tad__ref r) {
    return !tad__is_array_ref(r) || array_at(u, r)->size == 1;
}

/* Which operand is a single element, -1: none; false: rows of a group cannot be like that. */
static bool find_single(const fusing *u, const tad__call_step *c, int8_t *single) {
    const tad_array *out = array_at(u, c->ref[c->n_in]);
    *single = -1;
    for (uint32_t k = 0; k < c->n_in; k++) {
        if (is_single(u, c->ref[k])) {
            if (c->n_in != 2 || *single >= 0) return false;
            *single = (int8_t)k;
        } else if (!are_alike(array_at(u, c->ref[k]), out) || !array_at(u, c->ref[k])->contiguous) {
            return false;
        }
    }
    return true;
}

static bool can_be_fused(const fusing *u, const tad__call_step *c) {
    int8_t single;
    if (!is_row(u, c) || !tad__is_array_ref(c->ref[c->n_in])) return false;
    return array_at(u, c->ref[c->n_in])->size > 1 && find_single(u, c, &single);
}

/* ---- writing the new order ---- */

static void add_step(fusing *u, tad__step_kind kind, uint32_t at, uint32_t count) {
    tad__step *last = u->step.count ? &u->step.item[u->step.count - 1] : NULL;
    if (last && last->kind == kind && last->at + last->count == at) {
        last->count += count;
        return;
    }
    u->step.item = tad__list_room(&u->p->memory, u->step.item, u->step.count, &u->step.capacity,
                                  sizeof *u->step.item);
    if (u->step.count < u->step.capacity)
        u->step.item[u->step.count++] = (tad__step){kind, at, count};
    else
        u->f->failed = true;
}

static void keep_call(fusing *u, const tad__call_step *c) {
    u->call.item = tad__list_room(&u->p->memory, u->call.item, u->call.count, &u->call.capacity,
                                  sizeof *u->call.item);
    if (u->call.count == u->call.capacity) {
        u->f->failed = true;
        return;
    }
    u->call.item[u->call.count++] = *c;
    add_step(u, TAD__CALL, (uint32_t)(u->call.count - 1), 1);
}

static void keep_row(fusing *u, const tad__call_step *c) {
    tad__fused_row *row = TAD__ADD_TO(u->p, fused);
    if (!row) {
        u->f->failed = true;
        return;
    }
    *row = (tad__fused_row){.row = (uint16_t)(c->op - u->p->basis->row),
                            .n_in = (uint8_t)c->n_in,
                            .options = c->options,
                            .out = c->ref[c->n_in]};
    memcpy(row->in, c->ref, c->n_in * sizeof *row->in);
    find_single(u, c, &row->single);
}

/* ---- opening and closing ---- */

static void keep_group(fusing *u, const open_group *g) {
    tad_program *p = u->p;
    const tad_array *like = array_at(u, g->like);
    tad__group *to = TAD__ADD_TO(p, group);
    if (!to) {
        u->f->failed = true;
        return;
    }
    *to = (tad__group){.first = (uint32_t)p->fused.count,
                       .count = g->count,
                       .dtype = (tad_dtype)like->dtype,
                       .size = like->size};
    for (uint32_t k = g->first; k != NONE; k = u->next[k]) keep_row(u, &p->call.item[k]);
    add_step(u, TAD__FUSED, (uint32_t)(p->group.count - 1), 1);
    p->longest_group = tad__max(p->longest_group, g->count);
}

static void close_group(fusing *u, uint32_t k) {
    open_group *g = &u->open[k];
    if (g->like == TAD__NO_REF) return;
    for (uint32_t c = g->first; c != NONE; c = u->next[c]) {
        const tad__call_step *call = &u->p->call.item[c];
        u->group[tad__position(call->ref[call->n_in])] = NONE;
    }
    if (g->count == 1)
        keep_call(u, &u->p->call.item[g->first]);
    else
        keep_group(u, g);
    g->like = TAD__NO_REF;
}

/* Something reads a value: whatever computes it, but for group `own`, runs before. */
static void read_value(fusing *u, tad__ref r, uint32_t own) {
    if (r == TAD__NO_REF || !tad__is_array_ref(r)) return;
    const uint32_t root = u->p->array.item[tad__position(r)].root, group = u->group[root];
    if (group != NONE && group != own) close_group(u, group);
}

static uint32_t oldest(const fusing *u) {
    uint32_t k = 0;
    for (uint32_t i = 0; i < OPEN; i++) {
        if (u->open[i].like == TAD__NO_REF) return i;
        if (u->open[i].opened < u->open[k].opened) k = i;
    }
    return k;
}

static uint32_t group_for(fusing *u, tad__ref out) {
    for (uint32_t k = 0; k < OPEN; k++)
        if (u->open[k].like != TAD__NO_REF &&
            are_alike(array_at(u, u->open[k].like), array_at(u, out)))
            return k;
    const uint32_t k = oldest(u);
    close_group(u, k);
    u->open[k] = (open_group){.like = out, .first = NONE, .opened = u->opened++};
    return k;
}

static void join_group(fusing *u, uint32_t call) {
    const tad__call_step *c = &u->p->call.item[call];
    const tad__ref out = c->ref[c->n_in];
    const uint32_t k = group_for(u, out);
    for (uint32_t i = 0; i < c->n_in; i++) read_value(u, c->ref[i], k);
    open_group *g = &u->open[k];
    if (g->first == NONE)
        g->first = call;
    else
        u->next[g->last] = call;
    g->last = call;
    g->count++;
    u->group[tad__position(out)] = k;
}

/* ---- the order of all steps ---- */

static void order_calls(fusing *u, const tad__step *s) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__call_step *c = &u->p->call.item[k];
        if (can_be_fused(u, c)) {
            join_group(u, k);
            continue;
        }
        for (uint32_t i = 0; i < c->n_in; i++) read_value(u, c->ref[i], NONE);
        keep_call(u, c);
    }
}

static void order_step(fusing *u, const tad__step *s) {
    const tad_program *p = u->p;
    if (s->kind == TAD__CALL) {
        order_calls(u, s);
        return;
    }
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        if (s->kind == TAD__DECIDE) read_value(u, p->decision.item[k].condition, NONE);
        if (s->kind == TAD__COPY) read_value(u, p->copy.item[k].from, NONE);
    }
    add_step(u, s->kind, s->at, s->count);
}

static void order_all(fusing *u) {
    for (size_t k = 0; k < u->p->step.count && !u->f->failed; k++)
        order_step(u, &u->p->step.item[k]);
    for (uint32_t n = 0; n < OPEN; n++) { /* a later one may read an earlier one */
        uint32_t first = NONE;
        for (uint32_t k = 0; k < OPEN; k++)
            if (u->open[k].like != TAD__NO_REF &&
                (first == NONE || u->open[k].opened < u->open[first].opened))
                first = k;
        if (first != NONE) close_group(u, first);
    }
}

/* ---- strips ---- */

static void note(fusing *u, tad__ref r) {
    if (r != TAD__NO_REF && tad__is_array_ref(r))
        u->outside[u->p->array.item[tad__position(r)].root] = true;
}

static void note_step(fusing *u, const tad__step *s) {
    const tad_program *p = u->p;
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        if (s->kind == TAD__DECIDE) note(u, p->decision.item[k].condition);
        if (s->kind == TAD__COPY) note(u, p->copy.item[k].from);
        if (s->kind != TAD__CALL) continue;
        const tad__call_step *c = &p->call.item[k];
        for (uint32_t i = 0; i < c->n_in; i++) note(u, c->ref[i]);
    }
}

/* Rows of a group read what rows before them in the group have computed, or from memory. */
static void note_group(fusing *u, uint32_t group) {
    const tad__group *g = &u->p->group.item[group];
    const tad__fused_row *row = &u->p->fused.item[g->first];
    for (uint32_t i = 0; i < g->count; i++) {
        for (uint32_t k = 0; k < row[i].n_in; k++) {
            const tad__ref r = row[i].in[k];
            const uint32_t at = tad__position(r);
            if (tad__is_array_ref(r) && u->group[at] == group)
                u->end[at] = i;
            else
                note(u, r);
        }
        u->end[tad__position(row[i].out)] = i;
        u->group[tad__position(row[i].out)] = group;
    }
}

/* Strips that nothing uses; `next`: beyond those that were ever used. */
typedef struct strips {
    uint32_t unused[MOST_STRIPS], count, next;
} strips;

static void end_strip(fusing *u, strips *s, tad__ref r, uint32_t group, uint32_t row) {
    const uint32_t at = tad__position(r);
    if (!tad__is_array_ref(r) || u->group[at] != group || u->end[at] != row) return;
    u->end[at] = NONE; /* once */
    if (u->p->array.item[at].home == TAD__STRIP) s->unused[s->count++] = u->p->array.item[at].of;
}

static void begin_strip(const fusing *u, strips *s, tad__ref r) {
    tad__array_value *v = &u->p->array.item[tad__position(r)];
    if (u->outside[tad__position(r)] || (!s->count && s->next == MOST_STRIPS)) return;
    v->home = TAD__STRIP;
    v->of = s->count ? s->unused[--s->count] : s->next++;
}

/* Gives the values within a group their strips. */
static void place_strips(fusing *u, uint32_t group) {
    tad__group *g = &u->p->group.item[group];
    const tad__fused_row *row = &u->p->fused.item[g->first];
    strips s = {.count = 0};
    for (uint32_t i = 0; i < g->count; i++) {
        begin_strip(u, &s, row[i].out);
        for (uint32_t k = 0; k < row[i].n_in; k++) end_strip(u, &s, row[i].in[k], group, i);
        end_strip(u, &s, row[i].out, group, i);
    }
    g->strips = s.next;
    u->p->strip_bytes = tad__max(u->p->strip_bytes, (size_t)s.next * TAD__STRIP_BYTES);
}

static void find_strips(fusing *u) {
    tad_program *p = u->p;
    for (size_t k = 0; k < p->n_out; k++) note(u, p->out[k].value);
    for (size_t k = 0; k < p->step.count; k++) note_step(u, &p->step.item[k]);
    for (uint32_t k = 0; k < p->group.count; k++) note_group(u, k);
    for (uint32_t k = 0; k < p->group.count; k++) place_strips(u, k);
}

/* ---- all of it ---- */

static void take_over(fusing *u) {
    tad_program *p = u->p;
    tad__memory_resize(&p->memory, p->step.item, p->step.capacity * sizeof *p->step.item, 0);
    tad__memory_resize(&p->memory, p->call.item, p->call.capacity * sizeof *p->call.item, 0);
    p->step.item = u->step.item;
    p->step.count = u->step.count;
    p->step.capacity = u->step.capacity;
    p->call.item = u->call.item;
    p->call.count = u->call.count;
    p->call.capacity = u->call.capacity;
}

tad_status tad__freeze_fuse(tad__freezer *f) {
    tad_program *p = f->p;
    fusing u = {.f = f, .p = p};
    const size_t calls = p->call.count, arrays = p->array.count,
                 bytes = (calls + 2 * arrays + 1) * sizeof(uint32_t) + arrays;
    uint32_t *list = tad__memory_resize(&p->memory, NULL, 0, bytes);
    if (!list) return tad__no_memory(f->t, "freeze");
    memset(list, 0xff, bytes);
    u.next = list;
    u.group = list + calls;
    u.end = u.group + arrays;
    u.outside = (uint8_t *)(u.end + arrays + 1);
    memset(u.outside, 0, arrays);
    for (uint32_t k = 0; k < OPEN; k++) u.open[k].like = TAD__NO_REF;
    order_all(&u);
    take_over(&u);
    if (!f->failed) find_strips(&u);
    tad__memory_resize(&p->memory, list, bytes, 0);
    return f->failed ? tad__no_memory(f->t, "freeze") : TAD_OK;
}
