/* Tangents of 0-d float64 arithmetic, and adjoints with their tangents. A NaN is left to the
 * caller, who knows zeros that are not there from those that meet an infinity. Rests on between.h.
 */
#include "between.h"

/* What is seldom is kept out of the loops, which have registers for little. */
#define SELDOM_RUN __attribute__((noinline))

/* ---- tangents ---- */

/* With the marks of what it comes from. */
typedef struct moved {
    double tangent;
    unsigned mark;
} moved;

/* Of a sum, or of c + a . b over a list. */
static SELDOM_RUN moved list_tangent(const tad__between *s, const tad__node *n) {
    const tad__record_of *r = n->u.record;
    const uint32_t first = tad__summands(n), half = (r->n_in - first) / 2;
    moved m = {0, 0};
    for (uint32_t i = 0; i < first; i++) {
        const size_t k = tad__factor_at(s, r, i).k;
        m.mark |= s->mark[k];
        m.tangent += s->tangent[k].number;
    }
    for (uint32_t i = first; i < first + half; i++) {
        const tad__factor a = tad__factor_at(s, r, i), b = tad__factor_at(s, r, i + half);
        m.mark |= s->mark[a.k] | s->mark[b.k];
        m.tangent = tad__fused(s->tangent[a.k].number, b.value, m.tangent);
        m.tangent = tad__fused(s->tangent[b.k].number, a.value, m.tangent);
    }
    return m;
}

/* Of a choice, which depends on both, but moves as the chosen one. */
static SELDOM_RUN moved chosen_tangent(const tad__between *s, const tad__node *n) {
    const tad__record_of *r = n->u.record;
    return (moved){s->tangent[tad__entry_below(s, n->a)].number,
                   s->mark[tad__entry_below(s, r->in[1])] | s->mark[tad__entry_below(s, r->in[2])]};
}

/* Of c + a . b or c - a . b. */
static inline moved fma_tangent(const tad__between *s, const tad__node *n) {
    const size_t ka = tad__entry_below(s, n->a), kb = tad__entry_below(s, n->u.arg.b),
                 kc = tad__entry_below(s, n->u.arg.c);
    const double a = s->node[n->a].value.number, b = s->node[n->u.arg.b].value.number,
                 product = tad__fused(s->tangent[ka].number, b, s->tangent[kb].number * a);
    return (moved){s->tangent[kc].number + (n->kind == TAD__FMA ? product : -product),
                   s->mark[ka] | s->mark[kb] | s->mark[kc]};
}

/* Of what has the derivatives by_a and by_b. */
static inline moved tangent_of_two(const tad__between *s, const tad__node *n, double by_a,
                                   double by_b) {
    const size_t ka = tad__entry_below(s, n->a), kb = tad__entry_below(s, n->u.arg.b);
    return (moved){tad__fused(s->tangent[ka].number, by_a, s->tangent[kb].number * by_b),
                   s->mark[ka] | s->mark[kb]};
}

static inline moved product_tangent(const tad__between *s, const tad__node *n) {
    return tangent_of_two(s, n, s->node[n->u.arg.b].value.number, s->node[n->a].value.number);
}

static inline moved quotient_tangent(const tad__between *s, const tad__node *n) {
    const double divisor = s->node[n->u.arg.b].value.number;
    return tangent_of_two(s, n, 1 / divisor, -(n->value.number / divisor));
}

/* Leaves keep what they were given, and so do the results of an op with several. */
static inline bool is_given(const tad__node *n) {
    return n->kind <= TAD__PARAM || n->kind == TAD__OUTPUT;
}

uint32_t TAD_LEVEL(tad__push_tangents_numbers)(const tad__between *from, uint32_t first) {
    const tad__between list = *from, *s = &list; /* stores of marks cannot change it */
    const tad__node *n = list.node + (list.base + first);
    size_t k = first;
    for (; k <= list.span; k++, n++) {
        const size_t ka = tad__entry_below(s, n->a);
        const double ta = list.tangent[ka].number;
        moved y = {0, list.mark[ka]};
        if (list.mark[k] & TAD__VARIES) { /* an x: one that is a result is the caller's */
            if (is_given(n)) continue;
            break;
        }
        switch ((enum tad__kind)n->kind) {
        case TAD__CONSTANT:
        case TAD__INPUT:
        case TAD__PARAM:
        case TAD__OUTPUT: continue;
        case TAD__ADD_XN: y.tangent = ta; break;
        case TAD__SUB_NX: y.tangent = -ta; break;
        case TAD__MUL_XN:
        case TAD__UNARY: y.tangent = ta * n->u.partial; break;
        case TAD__DIV_XN: y.tangent = ta * (1 / n->u.partial); break;
        case TAD__DIV_NX: y.tangent = ta * -(n->value.number / list.node[n->a].value.number); break;
        case TAD__ADD: {
            const size_t kb = tad__entry_below(s, n->u.arg.b);
            y.mark |= list.mark[kb];
            y.tangent = ta + list.tangent[kb].number;
            break;
        }
        case TAD__SUB: {
            const size_t kb = tad__entry_below(s, n->u.arg.b);
            y.mark |= list.mark[kb];
            y.tangent = ta - list.tangent[kb].number;
            break;
        }
        case TAD__MUL: y = product_tangent(s, n); break;
        case TAD__DIV: y = quotient_tangent(s, n); break;
        case TAD__FMA:
        case TAD__FNMA: y = fma_tangent(s, n); break;
        case TAD__SUM:
        case TAD__DOT:
        case TAD__DOT_N: y = list_tangent(from, n); break;
        case TAD__CHOSEN: y = chosen_tangent(from, n); break;
        default: return (uint32_t)k;
        }
        if (!TAD_LIKELY(y.tangent == y.tangent)) break;
        list.mark[k] |= (uint8_t)(y.mark & (TAD__VARIES | TAD__MOVES));
        list.tangent[k].number = y.tangent;
    }
    return (uint32_t)k;
}

/* ---- adjoints and their tangents ---- */

/* What a node passes to one of its operands. second: TAD__SECOND or 0. */
typedef struct passed {
    double adjoint, tangent;
    unsigned second;
} passed;

/* g times a derivative p with the tangent tp, which an operand of this mark gives it. */
static inline passed times(passed g, double p, double tp, unsigned mark) {
    return (passed){g.adjoint * p, tad__fused(g.tangent, p, g.adjoint * tp),
                    g.second | (mark & TAD__MOVES) * (TAD__SECOND / TAD__MOVES)};
}

static inline passed minus(passed g) { return (passed){-g.adjoint, -g.tangent, g.second}; }

static inline bool is_number(passed g) {
    const double x = g.adjoint + g.tangent;
    return TAD_LIKELY(x == x);
}

static inline void give(const tad__between *s, size_t k, passed g) {
    s->moving[k].adjoint.number += g.adjoint;
    s->moving[k].tangent.number += g.tangent;
    s->mark[k] |= (uint8_t)(TAD__REACHED | g.second);
}

/* To both factors of a product; false: a NaN, nothing was given. `checked`: there is none. */
static inline bool give_product(const tad__between *s, tad__factor a, tad__factor b, passed g,
                                bool checked) {
    const passed to_a = times(g, b.value, s->tangent[b.k].number, s->mark[b.k]),
                 to_b = times(g, a.value, s->tangent[a.k].number, s->mark[a.k]);
    if (!checked && !(is_number(to_a) && is_number(to_b))) return false;
    give(s, a.k, to_a);
    give(s, b.k, to_b);
    return true;
}

static inline tad__factor factor(const tad__between *s, uint32_t node) {
    return (tad__factor){tad__entry_below(s, node), s->node[node].value.number};
}

static SELDOM_RUN bool give_fma(const tad__between *s, const tad__node *n, passed g) {
    const passed to_product = n->kind == TAD__FMA ? g : minus(g);
    if (!is_number(g) ||
        !give_product(s, factor(s, n->a), factor(s, n->u.arg.b), to_product, false))
        return false;
    give(s, tad__entry_below(s, n->u.arg.c), g);
    return true;
}

/* Where all is finite no zero that is not there can meet an infinity. */
static bool are_finite_products(const tad__between *s, const tad__record_of *r, uint32_t first,
                                passed g) {
    double zero = g.adjoint * 0 + g.tangent * 0;
    for (uint32_t i = first; i < r->n_in; i++) zero += tad__factor_at(s, r, i).value * 0;
    return zero == 0;
}

static SELDOM_RUN bool give_list(const tad__between *s, const tad__node *n, passed g) {
    const tad__record_of *r = n->u.record;
    const uint32_t first = tad__summands(n), half = (r->n_in - first) / 2;
    if (!is_number(g) || !are_finite_products(s, r, first, g)) return false;
    for (uint32_t i = 0; i < first; i++) give(s, tad__factor_at(s, r, i).k, g);
    for (uint32_t i = first; i < first + half; i++)
        give_product(s, tad__factor_at(s, r, i), tad__factor_at(s, r, i + half), g, true);
    return true;
}

/* What is not chosen is reached too, by zeros. */
static SELDOM_RUN bool give_chosen(const tad__between *s, const tad__node *n, passed g) {
    const tad__record_of *r = n->u.record;
    if (!is_number(g)) return false;
    for (int i = 1; i <= 2; i++) give(s, tad__entry_below(s, r->in[i]), (passed){0, 0, g.second});
    give(s, tad__entry_below(s, n->a), g);
    return true;
}

/* What the quotient at entry k passes to its divisor, node b. */
static inline passed to_divisor(const tad__between *s, size_t k, uint32_t b, passed g) {
    const double y = s->node[s->base + (int64_t)k].value.number, divisor = s->node[b].value.number,
                 p = -(y / divisor), t = s->tangent[tad__entry_below(s, b)].number;
    return times(g, p, -(s->tangent[k].number / divisor) - p / divisor * t, s->mark[k]);
}

static SELDOM_RUN bool give_quotient(const tad__between *s, size_t k, const tad__node *n,
                                     passed g) {
    if (n->kind == TAD__DIV_NX) {
        const passed to = to_divisor(s, k, n->a, g);
        if (is_number(to)) give(s, tad__entry_below(s, n->a), to);
        return is_number(to);
    }
    const size_t ka = tad__entry_below(s, n->a), kb = tad__entry_below(s, n->u.arg.b);
    const double p = 1 / s->node[n->u.arg.b].value.number;
    const passed to_a = times(g, p, -(p * p) * s->tangent[kb].number, s->mark[kb]),
                 to_b = to_divisor(s, k, n->u.arg.b, g);
    if (!is_number(to_a) || !is_number(to_b)) return false;
    give(s, ka, to_a);
    give(s, kb, to_b);
    return true;
}

/* ---- the loop ---- */

/* The entry before, in registers: it is often an operand, and store-to-load latency would dominate
 * the loop. */
typedef struct ahead {
    size_t k;
    passed has; /* with its whole mark in place of `second` */
} ahead;

static inline ahead look(const tad__between *s, size_t k) {
    return (ahead){k, {s->moving[k].adjoint.number, s->moving[k].tangent.number, s->mark[k]}};
}

static inline void put(const tad__between *s, size_t k, passed g) {
    s->moving[k].adjoint.number = g.adjoint;
    s->moving[k].tangent.number = g.tangent;
    s->mark[k] = (uint8_t)g.second;
}

static inline void hand_on(const tad__between *s, size_t k, passed g, ahead *next) {
    if (k != next->k) {
        give(s, k, g);
        return;
    }
    next->has.adjoint += g.adjoint;
    next->has.tangent += g.tangent;
    next->has.second |= TAD__REACHED | g.second;
    put(s, k, next->has);
}

/* To the operand of a node with one; false: a NaN. */
static inline bool hand_on_one(const tad__between *s, const tad__node *n, passed g, ahead *next) {
    if (!is_number(g)) return false;
    hand_on(s, tad__entry_below(s, n->a), g, next);
    return true;
}

static inline bool hand_on_both(const tad__between *s, const tad__node *n, passed to_a, passed to_b,
                                ahead *next) {
    if (!is_number(to_a) || !is_number(to_b)) return false;
    hand_on(s, tad__entry_below(s, n->a), to_a, next);
    hand_on(s, tad__entry_below(s, n->u.arg.b), to_b, next);
    return true;
}

static inline bool hand_on_product(const tad__between *s, const tad__node *n, passed g,
                                   ahead *next) {
    const size_t ka = tad__entry_below(s, n->a), kb = tad__entry_below(s, n->u.arg.b);
    const double a = s->node[n->a].value.number, b = s->node[n->u.arg.b].value.number;
    return hand_on_both(s, n, times(g, b, s->tangent[kb].number, s->mark[kb]),
                        times(g, a, s->tangent[ka].number, s->mark[ka]), next);
}

/* The kinds that are seldom; false: that is the caller's. */
static SELDOM_RUN bool pull_seldom(const tad__between *s, size_t k, const tad__node *n, passed g) {
    switch ((enum tad__kind)n->kind) {
    case TAD__DIV:
    case TAD__DIV_NX: return give_quotient(s, k, n, g);
    case TAD__FMA:
    case TAD__FNMA: return give_fma(s, n, g);
    case TAD__SUM:
    case TAD__DOT:
    case TAD__DOT_N: return give_list(s, n, g);
    case TAD__CHOSEN: return give_chosen(s, n, g);
    case TAD__OUTPUT: s->mark[tad__entry_below(s, n->a)] |= TAD__REACHED; return true;
    default: return false;
    }
}

uint32_t TAD_LEVEL(tad__pull_adjoints_numbers)(const tad__between *from, uint32_t first) {
    enum { BOTH = TAD__VARIES | TAD__REACHED };
    const tad__between list = *from, *s = &list; /* stores of marks cannot change it */
    ahead next = look(s, first);
    for (size_t k = first; k > 0; k--) {
        const unsigned mark = next.has.second;
        const passed g = {next.has.adjoint, next.has.tangent, mark & TAD__SECOND};
        const tad__node *n = list.node + (list.base + (int64_t)k);
        bool known = true;
        next = look(s, k - 1);
        if ((mark & BOTH) != BOTH || n->kind <= TAD__PARAM) continue;
        switch ((enum tad__kind)n->kind) {
        case TAD__ADD: known = hand_on_both(s, n, g, g, &next); break;
        case TAD__SUB: known = hand_on_both(s, n, g, minus(g), &next); break;
        case TAD__MUL: known = hand_on_product(s, n, g, &next); break;
        case TAD__ADD_XN: known = hand_on_one(s, n, g, &next); break;
        case TAD__SUB_NX: known = hand_on_one(s, n, minus(g), &next); break;
        case TAD__MUL_XN: known = hand_on_one(s, n, times(g, n->u.partial, 0, 0), &next); break;
        case TAD__DIV_XN: known = hand_on_one(s, n, times(g, 1 / n->u.partial, 0, 0), &next); break;
        default: known = pull_seldom(s, k, n, g); next = look(s, k - 1);
        }
        if (!TAD_LIKELY(known)) return (uint32_t)k;
    }
    return 0;
}
