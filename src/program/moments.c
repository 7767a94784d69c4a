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

/* ---- arrays ---- */

/* Whose they are to be shown. */
typedef struct viewer {
    const tad_program *p;
    tad__see *see;
    void *user;
} viewer;

static void show(const viewer *v, tad__ref r, bool written) {
    if (r != TAD__NO_REF && tad__is_array_ref(r))
        v->see(v->user, v->p->array.item[tad__position(r)].root, written);
}

static void show_call(const viewer *v, const tad__call_step *c) {
    for (uint32_t i = 0; i < c->n_out; i++) show(v, c->ref[c->n_in + i], true);
    for (uint32_t i = 0; i < c->n_in; i++) show(v, c->ref[i], false);
}

static void show_group(const viewer *v, const tad__row_group *g) {
    for (uint32_t i = g->first; i < g->first + g->count; i++) {
        const tad__fused_row *row = &v->p->fused.item[i];
        show(v, row->out, true);
        for (uint32_t k = 0; k < row->n_in; k++) show(v, row->in[k], false);
    }
    for (uint32_t i = g->tail; i < g->tail + g->tails; i++) {
        show(v, v->p->tail.item[i].to, true);
        show(v, v->p->tail.item[i].of, false);
    }
}

void tad__see_arrays(const tad_program *p, const tad__step *moment, tad__see *see, void *user) {
    const viewer v = {p, see, user};
    const uint32_t at = moment->at;
    switch (moment->kind) {
    case TAD__CALL: show_call(&v, &p->call.item[at]); return;
    case TAD__FUSED: show_group(&v, &p->group.item[at]); return;
    case TAD__DECIDE: show(&v, p->decision.item[at].condition, false); return;
    case TAD__DRAW: show(&v, p->draw.item[at].to, true); return;
    case TAD__COPY:
        show(&v, p->copy.item[at].to, true);
        show(&v, p->copy.item[at].from, false);
        return;
    case TAD__NUMBERS:
    case TAD__ROLLED: return; /* on numbers alone */
    }
}

/* ---- lives ---- */

typedef struct lives {
    tad__life *life;
    uint32_t now;
    tad__step_kind kind;
} lives;

static void note(void *user, uint32_t root, bool written) {
    const lives *l = user;
    tad__life *life = &l->life[root];
    if (written)
        *life = (tad__life){l->now, l->now, l->kind};
    else if (life->from != UINT32_MAX)
        life->to = l->now;
}

uint32_t tad__find_lives(const tad_program *p, tad__life *life) {
    tad__moments m = {.p = p};
    for (size_t k = 0; k < p->array.count; k++) life[k] = (tad__life){.from = UINT32_MAX};
    while (tad__next_moment(&m))
        tad__see_arrays(p, &m.now, note, &(lives){life, m.next - 1, m.now.kind});
    for (size_t k = 0; k < p->n_out; k++)
        show(&(viewer){p, note, &(lives){.life = life, .now = m.next}}, p->out[k].value, false);
    return m.next;
}
