/* Where numbers come from, which are others or their negatives, and how often each is used. Rests
 * on roll.h. */
#include "roll.h"

#include <string.h>

/* ---- where from ---- */

static uint32_t tagged(uint32_t kind, size_t at) { return kind << 30 | (uint32_t)at; }

static void define_constants(tad__roll *r) {
    const tad_program *p = r->p;
    for (size_t k = 0; k < p->constant.count; k++)
        r->def[p->constant.item[k].slot] = tagged(TAD__DEF_CONSTANT, k);
}

/* The constant that a number is; false: it is none. */
static bool is_constant(const tad__roll *r, uint32_t number, double value) {
    return tad__def_kind(r, number) == TAD__DEF_CONSTANT &&
           r->p->constant.item[tad__def_at(r, number)].number == value;
}

static uint32_t negative(uint32_t same) { return same ^ 1; }

/* What a step gives without computing: twice the number, + 1 for its negative. */
static uint32_t same_of(const tad__roll *r, const tad__number_step *s) {
    const uint32_t a = r->same[s->a], b = r->same[s->b], minus = (a ^ b) & 1;
    switch (s->row) {
    case TAD__ROW_neg: return negative(a);
    case TAD__ROW_mul:
        if (is_constant(r, a >> 1, 1)) return (b & ~1u) | minus;
        if (is_constant(r, b >> 1, 1)) return (a & ~1u) | minus;
        if (is_constant(r, a >> 1, -1)) return negative((b & ~1u) | minus);
        if (is_constant(r, b >> 1, -1)) return negative((a & ~1u) | minus);
    }
    return 2 * s->to;
}

static uint32_t later(uint32_t a, uint32_t b) { return a > b ? a : b; }

static void define_steps(tad__roll *r, const tad__step *s) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__number_step *n = &r->p->number.item[k];
        const uint32_t ab = later(r->stage[n->a], r->stage[n->b]);
        r->def[n->to] = tagged(TAD__DEF_STEP, k);
        r->stage[n->to] = n->options ? ab : later(ab, r->stage[n->c]);
        r->same[n->to] = same_of(r, n);
    }
}

bool tad__is_list_call(const tad__roll *r, const tad__call_step *c) {
    bool numbers = c->op == r->dot_list || c->op == r->sum_list;
    for (uint32_t k = 0; k < c->n_in + c->n_out && numbers; k++)
        numbers = !tad__is_array_ref(c->ref[k]);
    return numbers && (!r->exact || tad__terms_of_list(r, c) <= TAD__MOST_IN_ORDER);
}

static void define_results(tad__roll *r, const tad__step *s, uint32_t *stage) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__call_step *c = &r->p->call.item[k];
        const uint32_t to = c->ref[c->n_in];
        if (tad__is_list_call(r, c)) {
            r->def[to] = tagged(TAD__DEF_LIST, k);
            for (uint32_t i = 0; i < c->n_in; i++)
                r->stage[to] = later(r->stage[to], r->stage[c->ref[i]]);
            continue;
        }
        ++*stage;
        for (uint32_t i = 0; i < c->n_out; i++)
            if (!tad__is_array_ref(c->ref[c->n_in + i])) r->stage[c->ref[c->n_in + i]] = *stage;
    }
}

static void define_draws(tad__roll *r, const tad__step *s, uint32_t *stage) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__ref to = r->p->draw.item[k].to;
        ++*stage;
        if (!tad__is_array_ref(to)) r->stage[to] = *stage;
    }
}

static void define_tails(tad__roll *r, const tad__step *s, uint32_t *stage) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__row_group *g = &r->p->group.item[k];
        ++*stage;
        for (uint32_t i = g->tail; i < g->tail + g->tails; i++) {
            const tad__ref to = r->p->tail.item[i].to;
            if (!tad__is_array_ref(to)) r->stage[to] = *stage;
        }
    }
}

static void define_all(tad__roll *r) {
    uint32_t stage = 0;
    memset(r->def, 0xff, r->n * sizeof *r->def);
    memset(r->stage, 0, r->n * sizeof *r->stage);
    for (uint32_t i = 0; i < r->n; i++) r->same[i] = 2 * i;
    define_constants(r);
    for (size_t k = 0; k < r->p->step.count; k++) {
        const tad__step *s = &r->p->step.item[k];
        switch (s->kind) {
        case TAD__NUMBERS: define_steps(r, s); break;
        case TAD__CALL: define_results(r, s, &stage); break;
        case TAD__DRAW: define_draws(r, s, &stage); break;
        case TAD__FUSED: define_tails(r, s, &stage); break;
        default: stage += s->count;
        }
    }
}

/* ---- how often ---- */

/* Something that is no item reads it: as it is. */
static void show(tad__roll *r, tad__ref *ref) {
    if (*ref == TAD__NO_REF || tad__is_array_ref(*ref)) return;
    if (!(r->same[*ref] & 1)) *ref = r->same[*ref] >> 1;
    r->uses[*ref]++;
    r->mark[*ref] |= TAD__ROLL_NEEDED;
}

static void show_all(tad__roll *r) {
    tad_program *p = r->p;
    for (size_t k = 0; k < p->n_out; k++) show(r, &p->out[k].value);
    for (size_t k = 0; k < p->call.count; k++)
        for (uint32_t i = 0; i < p->call.item[k].n_in; i++)
            if (!tad__is_list_call(r, &p->call.item[k])) show(r, &p->call.item[k].ref[i]);
    for (size_t k = 0; k < p->fused.count; k++)
        for (uint32_t i = 0; i < p->fused.item[k].n_in; i++) show(r, &p->fused.item[k].in[i]);
    const tad__ref first = p->out[0].value;
    if (!tad__is_array_ref(first)) r->mark[first] |= TAD__ROLL_EARLY;
}

/* An item reads it: a sum what it is the same as, with its sign; a row what is not the negative of
 * something, which is then an item of its own. */
static void use(tad__roll *r, uint32_t number, bool of_sum, unsigned early) {
    const uint32_t same = r->same[number], read = (same & 1) && !of_sum ? number : same >> 1;
    r->uses[read]++;
    r->mark[read] |= (uint8_t)early;
}

static void use_operands(tad__roll *r, uint32_t number) {
    const unsigned early = r->mark[number] & TAD__ROLL_EARLY;
    const uint32_t at = tad__def_at(r, number);
    if (tad__def_kind(r, number) == TAD__DEF_LIST) {
        const tad__call_step *c = &r->p->call.item[at];
        for (uint32_t i = 0; i < c->n_in; i++) use(r, c->ref[i], true, early);
        return;
    }
    const tad__number_step *s = &r->p->number.item[at];
    const size_t n = r->p->basis->row[s->row].max_in;
    const bool of_sum = tad__is_of_sum(s->row);
    use(r, s->a, of_sum, early);
    if (n > 1) use(r, s->b, of_sum, early);
    if (n > 2) use(r, s->c, of_sum, early);
    if (s->row == TAD__ROW_square) use(r, s->a, of_sum, early);
}

static void count_uses(tad__roll *r) {
    memset(r->uses, 0, r->n * sizeof *r->uses);
    memset(r->mark, 0, r->n * sizeof *r->mark);
    show_all(r);
    for (uint32_t i = r->n; i-- > 0;) {
        if (!r->uses[i] || tad__def_kind(r, i) > TAD__DEF_LIST) continue;
        if (r->same[i] != 2 * i)
            use(r, i, true, r->mark[i] & TAD__ROLL_EARLY);
        else
            use_operands(r, i);
    }
}

void tad__roll_uses(tad__roll *r) {
    if (!TAD__ROLL_TAKE(r, def, r->n) || !TAD__ROLL_TAKE(r, same, r->n) ||
        !TAD__ROLL_TAKE(r, uses, r->n) || !TAD__ROLL_TAKE(r, stage, r->n) ||
        !TAD__ROLL_TAKE(r, mark, r->n))
        return;
    define_all(r);
    count_uses(r);
}
