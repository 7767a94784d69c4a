/* Items: sums into which the sums and products that nothing else uses have been put, and rows.
 * Rests on roll.h. */
#include "roll.h"

#include <string.h>

/* +- a b, or +- a: then b is NO_REF. */
typedef struct term {
    uint32_t a, b;
    bool minus;
} term;

/* What is still to be put into a sum. */
typedef struct summand {
    uint32_t number;
    bool minus;
} summand;

typedef struct maker {
    tad__roll *r;
    TAD__LIST(summand) part; /* a stack */
    TAD__LIST(term) term;
} maker;

/* ---- the terms of a sum ---- */

static void add_part(maker *m, uint32_t number, bool minus) {
    summand *to = TAD__ROLL_ADD_TO(m->r, m, part);
    if (to) *to = (summand){number, minus};
}

static void add_term(maker *m, uint32_t a, uint32_t b, bool minus) {
    const tad__roll *r = m->r;
    term *to = TAD__ROLL_ADD_TO(m->r, m, term);
    if (!to) return;
    *to = (term){r->same[a] >> 1, TAD__NO_REF, minus ^ (r->same[a] & 1)};
    if (b == TAD__NO_REF) return;
    to->b = r->same[b] >> 1;
    to->minus ^= r->same[b] & 1;
}

/* The last part first. */
static void open_step(maker *m, const tad__number_step *s, bool minus) {
    switch (s->row) {
    case TAD__ROW_add:
    case TAD__ROW_sub:
        add_part(m, s->b, minus ^ (s->row == TAD__ROW_sub));
        add_part(m, s->a, minus);
        break;
    case TAD__ROW_fma:
    case TAD__ROW_fnma:
        add_part(m, s->c, minus);
        add_term(m, s->a, s->b, minus ^ (s->row == TAD__ROW_fnma));
        break;
    case TAD__ROW_square: add_term(m, s->a, s->a, minus); break;
    default: add_term(m, s->a, s->b, minus);
    }
}

static void open_list(maker *m, const tad__call_step *c, bool minus) {
    const uint32_t n = (c->n_in - 1) / 2;
    if (c->op == m->r->sum_list) {
        for (uint32_t k = c->n_in; k-- > 0;) add_part(m, c->ref[k], minus);
        return;
    }
    add_part(m, c->ref[0], minus);
    for (uint32_t k = 1; k <= n; k++) add_term(m, c->ref[k], c->ref[k + n], minus);
}

static bool is_sum(const tad__roll *r, uint32_t number) {
    const uint32_t kind = tad__def_kind(r, number);
    return kind == TAD__DEF_LIST ||
           (kind == TAD__DEF_STEP && tad__is_of_sum(r->p->number.item[tad__def_at(r, number)].row));
}

static void open_number(maker *m, uint32_t number, bool minus) {
    const tad__roll *r = m->r;
    const uint32_t at = tad__def_at(r, number);
    if (tad__def_kind(r, number) == TAD__DEF_LIST)
        open_list(m, &r->p->call.item[at], minus);
    else
        open_step(m, &r->p->number.item[at], minus);
}

/* All terms of a sum, in the order in which they were recorded. */
static void find_terms(maker *m, uint32_t number) {
    const tad__roll *r = m->r;
    m->term.count = 0;
    if (r->same[number] != 2 * number) {
        add_term(m, number, TAD__NO_REF, false);
        return;
    }
    open_number(m, number, false);
    while (m->part.count && !r->failed) {
        const summand last = m->part.item[--m->part.count];
        const uint32_t same = r->same[last.number], of = same >> 1;
        const bool minus = last.minus ^ (same & 1), alone = r->uses[of] == 1;
        if (alone && is_sum(r, of))
            open_number(m, of, minus);
        else
            add_term(m, of, TAD__NO_REF, minus);
    }
}

/* ---- the same in the tape's order ----
 *
 * Sums are opened only where they are what is added to, from the last term to the first: the rest
 * are terms. Terms then come one by one in the order of the tape, which gives its bits. */

static bool is_alone(const tad__roll *r, uint32_t number) { return r->uses[number] == 1; }

/* The step that gives a number that only this sum uses; NULL: there is none. */
static const tad__number_step *own_step(const tad__roll *r, uint32_t number) {
    const uint32_t of = r->same[number] >> 1;
    if (!is_alone(r, of) || tad__def_kind(r, of) != TAD__DEF_STEP) return NULL;
    return &r->p->number.item[tad__def_at(r, of)];
}

/* A number as a term: the product that it is, or itself. */
static void add_last(maker *m, uint32_t number, bool minus) {
    const tad__number_step *s = own_step(m->r, number);
    const bool negative = m->r->same[number] & 1;
    if (s && s->row == TAD__ROW_mul)
        add_term(m, s->a, s->b, minus ^ negative);
    else if (s && s->row == TAD__ROW_square)
        add_term(m, s->a, s->a, minus ^ negative);
    else
        add_term(m, number, TAD__NO_REF, minus);
}

/* Whether a number is a sum to be opened: not a negative one, whose zeros would change sign. */
static bool opens(const tad__roll *r, uint32_t number) {
    const uint32_t of = r->same[number] >> 1;
    const tad__number_step *s = own_step(r, number);
    if (r->same[number] & 1) return false;
    return s ? s->row != TAD__ROW_mul && s->row != TAD__ROW_square && tad__is_of_sum(s->row)
             : is_alone(r, of) && tad__def_kind(r, of) == TAD__DEF_LIST;
}

static void add_list_backwards(maker *m, const tad__call_step *c) {
    const uint32_t n = (c->n_in - 1) / 2;
    if (c->op == m->r->sum_list) {
        for (uint32_t k = c->n_in; k-- > 0;) add_term(m, c->ref[k], TAD__NO_REF, false);
    } else {
        for (uint32_t k = n; k > 0; k--) add_term(m, c->ref[k], c->ref[k + n], false);
        add_term(m, c->ref[0], TAD__NO_REF, false);
    }
    add_term(m, m->r->zero, TAD__NO_REF, false);
}

/* Of a number that opens, if nothing else that is opened has more. */
static size_t terms_at_most(const tad__roll *r, uint32_t number) {
    const uint32_t of = r->same[number] >> 1;
    const size_t step = 2;
    return tad__def_kind(r, of) == TAD__DEF_LIST
               ? tad__terms_of_list(r, &r->p->call.item[tad__def_at(r, of)])
               : step;
}

/* Adds the last term of a step. What that is added to, still to be opened; NO_REF: nothing. */
static uint32_t add_backwards(maker *m, const tad__number_step *s) {
    const tad__roll *r = m->r;
    uint32_t left = s->a, right = s->b;
    switch (s->row) {
    case TAD__ROW_fma:
    case TAD__ROW_fnma:
        add_term(m, s->a, s->b, s->row == TAD__ROW_fnma);
        left = s->c;
        break;
    case TAD__ROW_add:
        if (!opens(r, left) && opens(r, right)) left = s->b, right = s->a;
        add_last(m, right, false);
        break;
    case TAD__ROW_sub: add_last(m, right, true); break;
    default: add_term(m, s->a, s->row == TAD__ROW_square ? s->a : s->b, false); return TAD__NO_REF;
    }
    if (opens(r, left) && m->term.count + terms_at_most(r, left) <= TAD__MOST_IN_ORDER)
        return r->same[left] >> 1;
    add_last(m, left, false);
    return TAD__NO_REF;
}

static unsigned kind_of(const term *t) { return (t->b == TAD__NO_REF ? 2u : 0u) + t->minus; }

/* The first two terms in the order of their kinds, so that more sums are alike: what is the sum of
 * two does not depend on which is the first. */
static void turn_terms(maker *m) {
    term *t = m->term.item;
    for (size_t i = 0, j = m->term.count - 1; i < j; i++, j--) {
        const term last = t[j];
        t[j] = t[i];
        t[i] = last;
    }
    if (m->term.count < 2 || kind_of(&t[0]) <= kind_of(&t[1])) return;
    const term first = t[0];
    t[0] = t[1];
    t[1] = first;
}

static void find_terms_in_order(maker *m, uint32_t number) {
    const tad__roll *r = m->r;
    m->term.count = 0;
    if (r->same[number] != 2 * number) {
        add_term(m, number, TAD__NO_REF, false);
        return;
    }
    while (number != TAD__NO_REF && !r->failed) {
        const uint32_t at = tad__def_at(r, number);
        if (tad__def_kind(r, number) == TAD__DEF_STEP) {
            number = add_backwards(m, &r->p->number.item[at]);
            continue;
        }
        add_list_backwards(m, &r->p->call.item[at]);
        break;
    }
    if (!r->failed) turn_terms(m);
}

/* ---- items ---- */

static void add_operand(tad__roll *r, uint32_t number) {
    uint32_t *to = TAD__ROLL_ADD(r, operand);
    if (!to) return;
    *to = number;
    r->mark[number] |= TAD__ROLL_NEEDED | TAD__ROLL_READ;
}

static void add_operands(tad__roll *r, const term *t) {
    add_operand(r, t->a);
    if (t->b != TAD__NO_REF) add_operand(r, t->b);
}

static void add_sum(maker *m, uint32_t number, tad__kin *kin) {
    find_terms(m, number);
    for (unsigned kind = 0; kind < 4; kind++)
        for (size_t k = 0; k < m->term.count; k++) {
            if (kind_of(&m->term.item[k]) != kind) continue;
            kin->terms[kind]++;
            add_operands(m->r, &m->term.item[k]);
        }
}

static void add_sum_in_order(maker *m, uint32_t number, tad__kin *kin) {
    find_terms_in_order(m, number);
    kin->in_order = 1;
    for (size_t k = 0; k < m->term.count; k++) {
        const term *t = &m->term.item[k];
        kin->terms[kind_of(t)]++;
        kin->minus |= (uint64_t)t->minus << k;
        kin->single |= (uint64_t)(t->b == TAD__NO_REF) << k;
        add_operands(m->r, t);
    }
}

static uint32_t as_operand(const tad__roll *r, uint32_t number) {
    return r->same[number] & 1 ? number : r->same[number] >> 1;
}

static void add_row(tad__roll *r, const tad__number_step *s, tad__kin *kin) {
    const size_t n = r->p->basis->row[s->row].max_in;
    kin->row = s->row;
    add_operand(r, as_operand(r, s->a));
    if (n > 1) add_operand(r, as_operand(r, s->b));
    if (n > 2) add_operand(r, as_operand(r, s->c));
    if (s->options) memcpy(kin->option, r->p->options.item + 2 * s->c, sizeof kin->option);
}

static void add_item(maker *m, uint32_t number) {
    tad__roll *r = m->r;
    tad__kin kin = {.stage = r->stage[number],
                    .late = !(r->mark[number] & TAD__ROLL_EARLY),
                    .is_last = !(r->mark[number] & TAD__ROLL_READ)};
    const uint32_t at = (uint32_t)r->operand.count;
    const bool sum = r->same[number] != 2 * number || is_sum(r, number);
    if (sum) kin.row = TAD__A_SUM;
    if (sum && r->exact)
        add_sum_in_order(m, number, &kin);
    else if (sum)
        add_sum(m, number, &kin);
    else
        add_row(r, &r->p->number.item[tad__def_at(r, number)], &kin);
    tad__item *to = TAD__ROLL_ADD(r, item);
    if (to) *to = (tad__item){number, at, tad__roll_sign(r, &kin)};
}

static void turn_round(tad__roll *r) {
    if (!r->item.count) return;
    for (size_t i = 0, j = r->item.count - 1; i < j; i++, j--) {
        const tad__item last = r->item.item[j];
        r->item.item[j] = r->item.item[i];
        r->item.item[i] = last;
    }
}

/* The later a number, the sooner it is known what needs it. */
void tad__roll_items(tad__roll *r) {
    maker m = {.r = r};
    for (uint32_t i = r->n; i-- > 0 && !r->failed;)
        if ((r->mark[i] & TAD__ROLL_NEEDED) && tad__def_kind(r, i) <= TAD__DEF_LIST)
            add_item(&m, i);
    turn_round(r);
    TAD__LIST_FREE(&r->p->memory, m.part);
    TAD__LIST_FREE(&r->p->memory, m.term);
}
