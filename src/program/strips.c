/* Which values live in strips: those that only rows of their own group read, before the strip ends.
 * Rests on freeze.h. */
#include "freeze.h"

#include <string.h>

#include "tape/error.h"

enum { MOST_STRIPS = 64 };
#define NONE UINT32_MAX

typedef struct placing {
    tad_program *p;
    uint32_t *group;  /* of each array: which computes it; NONE */
    uint32_t *end;    /* of each array: which row of its group reads it last */
    uint8_t *outside; /* of each array: something but its group reads it */
} placing;

static void note(placing *u, tad__ref r) {
    if (r != TAD__NO_REF && tad__is_array_ref(r))
        u->outside[u->p->array.item[tad__position(r)].root] = true;
}

static void note_step(placing *u, const tad__step *s) {
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
static void note_group(placing *u, uint32_t group) {
    const tad__row_group *g = &u->p->group.item[group];
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
    for (uint32_t k = g->tail; k < g->tail + g->tails; k++)
        u->end[tad__position(u->p->tail.item[k].of)] = g->count; /* behind the rows */
}

/* Strips that nothing uses; `next`: beyond those that were ever used. */
typedef struct strips {
    uint32_t unused[MOST_STRIPS], count, next;
} strips;

static void end_strip(placing *u, strips *s, tad__ref r, uint32_t group, uint32_t row) {
    const uint32_t at = tad__position(r);
    if (!tad__is_array_ref(r) || u->group[at] != group || u->end[at] != row) return;
    u->end[at] = NONE; /* once */
    if (u->p->array.item[at].home == TAD__STRIP) s->unused[s->count++] = u->p->array.item[at].of;
}

static void begin_strip(const placing *u, strips *s, tad__ref r, const tad__row_group *g) {
    tad__array_value *v = &u->p->array.item[tad__position(r)];
    const bool has_tail = tad__has_tail(u->p, g, r), again = s->count && !has_tail;
    const uint32_t strips = has_tail ? (uint32_t)tad__tail_strips(g) : 1;
    if (u->outside[tad__position(r)] || (!again && s->next + strips > MOST_STRIPS)) return;
    v->home = TAD__STRIP;
    v->of = again ? s->unused[--s->count] : s->next;
    if (!again) s->next += strips;
}

/* Operands that are spread out keep theirs while the group runs. */
static void place_spread(tad__fused_row *row, strips *s) {
    for (uint32_t k = 0; k < row->n_in; k++)
        if (row->how[k] >= TAD__FILLING) row->strip[k] = (uint8_t)s->next++;
}

/* Gives the values within a group their strips. */
static void place_strips(placing *u, uint32_t group) {
    tad__row_group *g = &u->p->group.item[group];
    tad__fused_row *row = &u->p->fused.item[g->first];
    strips s = {.count = 0};
    for (uint32_t i = 0; i < g->count; i++) place_spread(&row[i], &s);
    for (uint32_t i = 0; i < g->count; i++) {
        begin_strip(u, &s, row[i].out, g);
        for (uint32_t k = 0; k < row[i].n_in; k++) end_strip(u, &s, row[i].in[k], group, i);
        end_strip(u, &s, row[i].out, group, i);
    }
    g->strips = s.next;
    u->p->strip_bytes = tad__max(u->p->strip_bytes, (size_t)s.next * TAD__STRIP_BYTES);
}

static void place_all(placing *u) {
    tad_program *p = u->p;
    for (size_t k = 0; k < p->n_out; k++) note(u, p->out[k].value);
    for (size_t k = 0; k < p->step.count; k++) note_step(u, &p->step.item[k]);
    for (uint32_t k = 0; k < p->group.count; k++) note_group(u, k);
    for (uint32_t k = 0; k < p->group.count; k++) place_strips(u, k);
}

tad_status tad__freeze_strips(tad__freezer *f) {
    placing u = {.p = f->p};
    const size_t n = f->p->array.count, bytes = n * (2 * sizeof *u.group + 1) + 1;
    u.group = tad__memory_resize(&f->p->memory, NULL, 0, bytes);
    if (!u.group) return tad__no_memory(f->t, "freeze");
    memset(u.group, 0xff, bytes);
    u.end = u.group + n;
    u.outside = (uint8_t *)(u.end + n);
    memset(u.outside, 0, n);
    place_all(&u);
    tad__memory_resize(&f->p->memory, u.group, bytes, 0);
    return TAD_OK;
}
