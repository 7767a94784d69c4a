/* Moments of a run, and when arrays live. Rests on moments.h. */
#include "moments.h"

/* ---- moments ---- */

static bool is_one(tad__step_kind kind) { return kind == TAD__NUMBERS || kind == TAD__ROLLED; }

bool tad__next_moment(tad__moments *m) {
    if (m->step == m->p->step.count) return false;
    const tad__step *s = &m->p->step.item[m->step];
    m->now = is_one(s->kind) ? *s : (tad__step){s->kind, s->at + m->within, 1};
    m->within += m->now.count;
    m->next++;
    if (m->within < s->count) return true;
    m->step++;
    m->within = 0;
    return true;
}

void tad__moment_words(tad__cell *cell, const tad_program *p, const tad__step *moment) {
    const uint32_t at = moment->at, count = moment->count;
    switch (moment->kind) {
    case TAD__NUMBERS:
        tad__cell_add(cell, "%u number step%s", count, count == 1 ? "" : "s");
        return;
    case TAD__CALL: tad__cell_add(cell, "%s", p->call.item[at].op->name); return;
    case TAD__FUSED: tad__cell_add(cell, "group of %u", p->group.item[at].count); return;
    case TAD__DECIDE: tad__cell_add(cell, "decision %u", at); return;
    case TAD__DRAW: tad__cell_add(cell, "draw"); return;
    case TAD__COPY: tad__cell_add(cell, "copy"); return;
    case TAD__ROLLED:
        tad__cell_add(cell, "rolled up, %u group%s", count, count == 1 ? "" : "s");
        return;
    }
}

void tad__put_position(tad__text *t, const char *what, size_t first, size_t count) {
    tad__text_put(t, count > 1 ? "%s[%zu..%zu]" : "%s[%zu]", what, first, first + count - 1);
}

void tad__put_array(tad__text *t, const tad_program *p, uint32_t position) {
    const tad__array_value *v = &p->array.item[position];
    const tad_shape shape = tad__shape_of(&v->array);
    char text[TAD__SHAPE_ROOM];
    tad__text_put(t, "a%u %s%s", position, tad_dtype_name((tad_dtype)v->array.dtype),
                  tad__shape_text(&shape, text, sizeof text));
}

/* ---- lives ---- */

typedef struct lives {
    const tad_program *p;
    tad__life *life;
    uint32_t now;
    tad__step_kind kind;
} lives;

static tad__life *life_of(const lives *l, tad__ref r) {
    if (r == TAD__NO_REF || !tad__is_array_ref(r)) return NULL;
    return &l->life[l->p->array.item[tad__position(r)].root];
}

static void reads(const lives *l, tad__ref r) {
    tad__life *life = life_of(l, r);
    if (life && life->from != UINT32_MAX) life->to = l->now;
}

static void writes(const lives *l, tad__ref r) {
    tad__life *life = life_of(l, r);
    if (life) *life = (tad__life){l->now, l->now, l->kind};
}

static void live_call(const lives *l, const tad__call_step *c) {
    for (uint32_t i = 0; i < c->n_out; i++) writes(l, c->ref[c->n_in + i]);
    for (uint32_t i = 0; i < c->n_in; i++) reads(l, c->ref[i]);
}

static void live_group(const lives *l, const tad__row_group *g) {
    for (uint32_t i = g->first; i < g->first + g->count; i++) {
        const tad__fused_row *row = &l->p->fused.item[i];
        writes(l, row->out);
        for (uint32_t k = 0; k < row->n_in; k++) reads(l, row->in[k]);
    }
}

static void live_moment(const lives *l, const tad__step *s) {
    const tad_program *p = l->p;
    switch (s->kind) {
    case TAD__CALL: live_call(l, &p->call.item[s->at]); return;
    case TAD__FUSED: live_group(l, &p->group.item[s->at]); return;
    case TAD__DECIDE: reads(l, p->decision.item[s->at].condition); return;
    case TAD__DRAW: writes(l, p->draw.item[s->at].to); return;
    case TAD__COPY:
        writes(l, p->copy.item[s->at].to);
        reads(l, p->copy.item[s->at].from);
        return;
    case TAD__NUMBERS:
    case TAD__ROLLED: return; /* on numbers alone */
    }
}

uint32_t tad__find_lives(const tad_program *p, tad__life *life) {
    tad__moments m = {.p = p};
    for (size_t k = 0; k < p->array.count; k++) life[k] = (tad__life){.from = UINT32_MAX};
    while (tad__next_moment(&m)) live_moment(&(lives){p, life, m.next - 1, m.now.kind}, &m.now);
    const lives end = {.p = p, .life = life, .now = m.next};
    for (size_t k = 0; k < p->n_out; k++) reads(&end, p->out[k].value);
    return m.next;
}
