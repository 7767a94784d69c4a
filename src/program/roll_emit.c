/* Places for all numbers, and code for all groups. Rests on roll.h. */
#include "roll.h"

#include <string.h>

enum {
    CHUNK = TAD__CHUNK,
    FEW = 4,      /* members make no group */
    TALL = 64,    /* terms of a sum that runs along them if its group is narrow, */
    NARROW = 8,   /* of fewer members; */
    TALLISH = 32, /* and of one that does where that costs less */
};

/* ---- places ---- */

static void give_place(tad__roll *r, tad__ref number) {
    if (number == TAD__NO_REF || tad__is_array_ref(number)) return;
    if (r->place[number] == TAD__NO_REF) r->place[number] = r->slots++;
}

/* What there is before the groups, inputs in their order. */
static void place_outside(tad__roll *r) {
    const tad_program *p = r->p;
    memset(r->place, 0xff, r->n * sizeof *r->place);
    for (size_t k = 0; k < p->n_in; k++) give_place(r, p->in[k].value);
    for (size_t k = 0; k < p->parameter.count; k++) give_place(r, p->parameter.item[k].value);
    for (uint32_t i = 0; i < r->n; i++)
        if (tad__def_kind(r, i) == TAD__DEF_OUTSIDE) give_place(r, i);
    r->first_constant = r->slots;
    for (uint32_t i = 0; i < r->n; i++)
        if (tad__def_kind(r, i) == TAD__DEF_CONSTANT) give_place(r, i);
    r->constants = r->slots - r->first_constant;
}

static void align(tad__roll *r) { r->slots = (r->slots + CHUNK - 1) / CHUNK * CHUNK; }

void tad__roll_group(tad__roll *r, uint32_t stage, uint32_t what) {
    tad__rolled *g = TAD__ROLL_ADD_TO(r, r->p, rolled);
    uint32_t *of = g ? TAD__ROLL_ADD(r, stage_of_group) : NULL;
    if (!of) return;
    *of = stage;
    if (what != TAD__ROLLED_LIST) align(r);
    *g = (tad__rolled){
        .what = what, .to = r->slots, .at = (uint32_t)r->p->word.count, .options = TAD__NO_REF};
}

int32_t tad__roll_options(tad__roll *r, const tad__kin *kin) {
    if (!r->p->basis->row[kin->row].n_options) return -1;
    const uint32_t at = tad__keep_options(r->p, kin->option);
    r->failed = r->failed || at == TAD__NO_REF;
    return (int32_t)at;
}

/* ---- operands ---- */

static void put(tad__roll *r, uint32_t word) {
    int32_t *to = TAD__ROLL_ADD_TO(r, r->p, place);
    if (to) *to = (int32_t)word;
}

/* Place of operand k of a member; of a hole, that of the member before it. */
static uint32_t place_at(const tad__member_list *m, uint32_t i, uint32_t k) {
    while (m->member[i] == TAD__NO_REF) i--;
    return m->r->place[tad__operand_at(m->r, m->member[i], k)];
}

/* Constants side by side, whole chunks of them. */
static void put_packed(tad__member_list *m, uint32_t k) {
    tad__roll *r = m->r;
    double last = 1;
    align(r);
    put(r, r->slots);
    for (uint32_t i = 0; i < m->n || i % CHUNK; i++) {
        if (i < m->n && m->member[i] != TAD__NO_REF) {
            const uint32_t number = tad__operand_at(r, m->member[i], k);
            last = r->p->constant.item[tad__def_at(r, number)].number;
        }
        tad__constant_slot *to = TAD__ROLL_ADD_TO(r, r->p, packed);
        if (to) *to = (tad__constant_slot){last, r->slots++};
    }
}

static void put_either(tad__member_list *m, uint32_t k) {
    for (uint32_t i = 0; i < m->n; i += CHUNK) {
        const uint32_t first = place_at(m, i, k);
        bool one = true;
        for (uint32_t j = i; j < m->n && j < i + CHUNK; j++)
            one &= m->member[j] == TAD__NO_REF || place_at(m, j, k) == first;
        put(m->r, one ? ~first : first);
    }
}

static void put_places(tad__member_list *m, uint32_t k, tad__found find) {
    tad__roll *r = m->r;
    switch (find) {
    case TAD__FIND_ALONG:
    case TAD__FIND_ONE: put(r, place_at(m, 0, k)); break;
    case TAD__FIND_PACKED: put_packed(m, k); break;
    case TAD__FIND_CHUNKS:
    case TAD__FIND_ONES:
        for (uint32_t i = 0; i < m->n; i += CHUNK) put(r, place_at(m, i, k));
        break;
    case TAD__FIND_EITHER: put_either(m, k); break;
    case TAD__FIND_EACH:
        for (uint32_t i = 0; i < m->n || i % CHUNK; i++)
            put(r, place_at(m, i < m->n ? i : m->n - 1, k));
        break;
    }
}

static tad__lane_class kind_of(tad__found f) {
    static const uint8_t kind[] = {
        [TAD__FIND_ALONG] = TAD__ALONG,   [TAD__FIND_PACKED] = TAD__ALONG,
        [TAD__FIND_ONE] = TAD__ONE,       [TAD__FIND_CHUNKS] = TAD__CHUNKS,
        [TAD__FIND_ONES] = TAD__ONES,     [TAD__FIND_EITHER] = TAD__EITHER,
        [TAD__FIND_EACH] = TAD__ANYWHERE,
    };
    return (tad__lane_class)kind[f];
}

/* Places are put next. */
static tad__roll_operand lanes_of(const tad__roll *r, tad__found f) {
    return (tad__roll_operand){(uint32_t)r->p->place.count, kind_of(f)};
}

/* ---- sums ---- */

static void find_term(const tad__member_list *m, tad__group_term *t, uint32_t a, uint32_t b,
                      bool minus) {
    *t = (tad__group_term){.a = a, .b = b, .minus = minus};
    t->find_a = (uint8_t)tad__find_of(m, m->member, m->n, a);
    if (b == TAD__NO_REF) return;
    t->find_b = (uint8_t)tad__find_of(m, m->member, m->n, b);
    if (kind_of(t->find_b) >= kind_of(t->find_a)) return;
    const tad__group_term s = *t; /* as the kernels want them */
    t->a = s.b, t->find_a = s.find_b;
    t->b = s.a, t->find_b = s.find_a;
}

/* False: no memory. */
static bool find_terms(tad__member_list *m, uint32_t *n) {
    const tad__kin *kin = m->kin;
    tad__roll *r = m->r;
    uint32_t at = 0;
    *n = tad__terms_of_kin(kin);
    r->group_term.count = 0;
    for (uint32_t k = 0; k < *n; k++) {
        const unsigned kind = tad__kind_of_term(kin, k);
        tad__group_term *t = TAD__ROLL_ADD(r, group_term);
        if (!t) return false;
        find_term(m, t, at, kind < 2 ? at + 1 : TAD__NO_REF, kind & 1);
        at += kind < 2 ? 2 : 1;
    }
    return true;
}

static bool same_kind(const tad__group_term *x, const tad__group_term *y) {
    return x->find_a == y->find_a && x->find_b == y->find_b && x->minus == y->minus &&
           (x->b == TAD__NO_REF) == (y->b == TAD__NO_REF);
}

/* How many places an operand has. */
static uint32_t places_of(const tad__member_list *m, tad__found f) {
    const uint32_t chunks = (m->n + CHUNK - 1) / CHUNK;
    return f == TAD__FIND_EACH ? chunks * CHUNK : f < TAD__FIND_CHUNKS ? 1 : chunks;
}

/* Marks the terms that are like the first that is left; those that follow it without another in
 * between, where their order is kept. */
static uint32_t mark_alike(const tad__roll *r, tad__group_term *t, uint32_t first, uint32_t n,
                           uint8_t mark) {
    const tad__group_term like = t[first];
    uint32_t count = 0;
    for (uint32_t k = first; k < n; k++) {
        const bool alike = !t[k].done && same_kind(&t[k], &like);
        if (!alike && r->exact) break;
        if (!alike) continue;
        t[k].done = mark;
        count++;
    }
    return count;
}

static void emit_terms(tad__member_list *m, uint32_t first, uint32_t n) {
    enum { NOW = 2 };
    tad__roll *r = m->r;
    tad__group_term *t = r->group_term.item;
    const tad__found a = t[first].find_a, b = t[first].find_b;
    const bool product = t[first].b != TAD__NO_REF;
    tad__terms terms = {.minus = t[first].minus, .count = mark_alike(r, t, first, n, NOW)};
    terms.a = lanes_of(r, a);
    terms.next_a = places_of(m, a);
    for (uint32_t k = first; k < n; k++)
        if (t[k].done == NOW) put_places(m, t[k].a, a);
    terms.b = product ? lanes_of(r, b) : (tad__roll_operand){.kind = TAD__NO_FACTOR};
    terms.next_b = product ? places_of(m, b) : 0;
    for (uint32_t k = first; k < n; k++) {
        if (t[k].done != NOW) continue;
        if (product) put_places(m, t[k].b, b);
        t[k].done = 1;
    }
    tad__terms *to = TAD__ROLL_ADD_TO(r, r->p, terms);
    if (to) *to = terms;
}

static void emit_sums(tad__member_list *m) {
    tad__roll *r = m->r;
    const uint32_t begin = (uint32_t)r->p->terms.count;
    uint32_t n;
    if (!find_terms(m, &n)) return;
    for (uint32_t k = 0; k < n && !r->failed; k++)
        if (!r->group_term.item[k].done) emit_terms(m, k, n);
    tad__roll_group(r, m->kin->stage, TAD__ROLLED_SUMS);
    if (r->failed) return;
    tad__rolled *g = &r->p->rolled.item[r->p->rolled.count - 1];
    g->at = begin;
    g->count = (uint32_t)r->p->terms.count - begin;
}

/* ---- rows ---- */

static void emit_rows(tad__member_list *m) {
    tad__roll *r = m->r;
    const uint32_t begin = (uint32_t)r->p->roll_lanes.count;
    for (uint32_t k = 0; k < m->operands && !r->failed; k++) {
        const tad__found find = tad__find_of(m, m->member, m->n, k);
        tad__roll_operand *to = TAD__ROLL_ADD_TO(r, r->p, roll_lanes);
        if (to) *to = lanes_of(r, find);
        put_places(m, k, find);
    }
    const bool by_number = r->exact && !tad__same_on_numbers(m->kin->row);
    tad__roll_group(r, m->kin->stage, m->kin->row | (by_number ? TAD__ROLLED_BY_NUMBER : 0u));
    if (r->failed) return;
    tad__rolled *g = &r->p->rolled.item[r->p->rolled.count - 1];
    g->at = begin;
    g->count = m->operands;
    g->options = (uint32_t)tad__roll_options(r, m->kin);
}

/* ---- groups ---- */

static void emit_list(tad__roll *r, const uint32_t *item, uint32_t n) {
    for (uint32_t k = 0; k < n && !r->failed; k++)
        if (item[k] != TAD__NO_REF) tad__roll_list(r, item[k]);
}

static void emit_group(tad__member_list *m) {
    tad__roll *r = m->r;
    tad__roll_end_list(r);
    if (m->kin->row == TAD__A_SUM)
        emit_sums(m);
    else
        emit_rows(m);
    if (r->failed) return;
    tad__rolled *g = &r->p->rolled.item[r->p->rolled.count - 1];
    g->chunks = (m->n + CHUNK - 1) / CHUNK;
    for (uint32_t i = 0; i < m->n; i++)
        if (m->member[i] != TAD__NO_REF) r->place[r->item.item[m->member[i]].to] = g->to + i;
    r->slots = g->to + g->chunks * CHUNK;
}

static void emit(tad__member_list *m, const uint32_t *item, uint32_t n) {
    tad__roll *r = m->r;
    const tad__kin *kin = m->kin;
    const bool is_sum = kin->row == TAD__A_SUM;
    const uint32_t terms = tad__terms_of_kin(kin);
    if (r->stage_of_group.count &&
        r->stage_of_group.item[r->stage_of_group.count - 1] != kin->stage)
        tad__roll_end_list(r);
    if (n < FEW || (is_sum && terms >= TALL && n < NARROW && !r->exact)) {
        emit_list(r, item, n);
        return;
    }
    tad__roll_arrange(m, item, n);
    if (is_sum && !r->exact && terms >= TALLISH && m->scattered &&
        m->own_cost > n * tad__cost_of_runs(r, item[0]))
        emit_list(r, m->member, m->n);
    else
        emit_group(m);
}

static void emit_shared(tad__member_list *m, uint32_t *item, uint32_t n) {
    m->kin = tad__kin_of(m->r, item[0]);
    m->operands = tad__operands_of_kin(m->r, m->kin);
    emit(m, item, tad__roll_share(m, item, n));
    tad__roll_place_shared(m->r);
}

/* Room for the largest group with its holes. False: no memory. */
static bool members(tad__member_list *m) {
    tad__roll *r = m->r;
    uint32_t most = 0, operands = 0;
    size_t steps = 0;
    for (size_t k = 0; k + 1 < r->boundary.count; k++) {
        const uint32_t *at = &r->boundary.item[k];
        const uint32_t n = tad__operands_of_kin(r, tad__kin_of(r, r->order[at[0]]));
        if (at[1] - at[0] < FEW) continue;
        if (at[1] - at[0] > most) most = at[1] - at[0];
        if (n > operands) operands = n;
        if ((size_t)(at[1] - at[0]) * n > steps) steps = (size_t)(at[1] - at[0]) * n;
    }
    const size_t room = 4 * (size_t)most + CHUNK;
    m->member = tad__roll_take(r, room, sizeof *m->member);
    m->padded = tad__roll_take(r, room, sizeof *m->padded);
    m->tried = tad__roll_take(r, most, sizeof *m->tried);
    m->key = tad__roll_take(r, most, sizeof *m->key);
    m->regular = tad__roll_take(r, operands, 1);
    m->run = tad__roll_take(r, operands, 1);
    m->step = tad__roll_take(r, steps, 1);
    return !r->failed;
}

void tad__roll_emit(tad__roll *r) {
    tad__member_list m = {.r = r};
    r->place = r->uses;
    if (!members(&m)) return;
    place_outside(r);
    for (size_t k = 0; k + 1 < r->boundary.count && !r->failed; k++) {
        const uint32_t *at = &r->boundary.item[k];
        emit_shared(&m, r->order + at[0], at[1] - at[0]);
    }
    tad__roll_end_list(r);
    align(r);
    r->slots += 8 * CHUNK; /* chunks may reach beyond the last number */
}
