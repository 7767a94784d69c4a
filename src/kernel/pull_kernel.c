/* Adjoints with their tangents, passed on without marks: what has not arrived counts as zero, which
 * is the same unless that meets an infinity. Then a NaN comes of it, for which the caller looks at
 * the end. Rests on between.h. */
#include "between.h"

/* An adjoint and its tangent, in one register. */
typedef double pair __attribute__((vector_size(16), aligned(8), may_alias));

static inline pair both(double x) { return (pair){x, x}; }

/* g times a derivative p with the tangent tp. */
static inline pair times(pair g, double p, double tp) { return g * both(p) + (pair){0, g[0] * tp}; }

static inline pair *moving_at(const tad__between *s, size_t k) {
    return (pair *)(void *)&s->moving[k];
}

static inline double value(const tad__between *s, uint32_t node) {
    return s->node[node].value.number;
}

static inline void give(const tad__between *s, size_t k, pair g) { *moving_at(s, k) += g; }

/* next: the entry before, in a register. It is often an operand, and store-to-load latency would
 * dominate the loop. */
static inline void put(const tad__between *s, size_t k, pair sum, size_t before, pair *next) {
    *moving_at(s, k) = sum;
    if (k == before) *next = sum;
}

static inline void hand_on(const tad__between *s, size_t k, pair g, size_t before, pair *next) {
    put(s, k, (k == before ? *next : *moving_at(s, k)) + g, before, next);
}

static inline void hand_on_twice(const tad__between *s, size_t k, pair g, size_t before,
                                 pair *next) {
    put(s, k, (k == before ? *next : *moving_at(s, k)) + g + g, before, next);
}

/* The product of two variables. They may be one: it is then stored once, since what was just stored
 * is slow to load. */
static inline void hand_on_product(const tad__between *s, uint32_t a, uint32_t b, pair g,
                                   size_t before, pair *next) {
    const size_t ka = tad__entry_below(s, a), kb = tad__entry_below(s, b);
    const pair to_a = times(g, value(s, b), s->tangent[kb].number);
    if (ka == kb) {
        hand_on_twice(s, ka, to_a, before, next);
        return;
    }
    hand_on(s, ka, to_a, before, next);
    hand_on(s, kb, times(g, value(s, a), s->tangent[ka].number), before, next);
}

static __attribute__((noinline)) void give_list(const tad__between *s, const tad__node *n, pair g) {
    const tad__record_of *r = n->u.record;
    const uint32_t first = tad__summands(n), half = (r->n_in - first) / 2;
    for (uint32_t i = 0; i < first; i++) give(s, tad__factor_at(s, r, i).k, g);
    for (uint32_t i = first; i < first + half; i++) {
        const tad__factor a = tad__factor_at(s, r, i), b = tad__factor_at(s, r, i + half);
        give(s, a.k, times(g, b.value, s->tangent[b.k].number));
        give(s, b.k, times(g, a.value, s->tangent[a.k].number));
    }
}

/* What the quotient at entry k passes to its divisor, node b. */
static inline pair to_divisor(const tad__between *s, size_t k, double y, uint32_t b, pair g) {
    const double divisor = value(s, b), p = -(y / divisor),
                 t = s->tangent[tad__entry_below(s, b)].number;
    return times(g, p, -(s->tangent[k].number / divisor) - p / divisor * t);
}

static __attribute__((noinline)) void give_quotient(const tad__between *s, size_t k,
                                                    const tad__node *n, pair g) {
    const double y = n->value.number;
    if (n->kind == TAD__DIV_NX) {
        give(s, tad__entry_below(s, n->a), to_divisor(s, k, y, n->a, g));
        return;
    }
    const uint32_t b = n->u.arg.b;
    const double p = 1 / value(s, b);
    give(s, tad__entry_below(s, n->a),
         times(g, p, -(p * p) * s->tangent[tad__entry_below(s, b)].number));
    give(s, tad__entry_below(s, b), to_divisor(s, k, y, b, g));
}

uint32_t TAD_LEVEL(tad__pull_quickly_numbers)(const tad__between *from, uint32_t first) {
    const tad__between list = *from, *s = &list;
    pair next = *moving_at(s, first);
    for (size_t k = first; k > 0; k--) {
        const tad__node *n = list.node + (list.base + (int64_t)k);
        const pair g = next;
        const size_t before = k - 1;
        next = *moving_at(s, before);
        if (n->kind <= TAD__PARAM) continue;
        const size_t ka = tad__entry_below(s, n->a);
        switch ((enum tad__kind)n->kind) {
        case TAD__ADD:
            hand_on(s, ka, g, before, &next);
            hand_on(s, tad__entry_below(s, n->u.arg.b), g, before, &next);
            break;
        case TAD__SUB:
            hand_on(s, ka, g, before, &next);
            hand_on(s, tad__entry_below(s, n->u.arg.b), -g, before, &next);
            break;
        case TAD__MUL: hand_on_product(s, n->a, n->u.arg.b, g, before, &next); break;
        case TAD__ADD_XN: hand_on(s, ka, g, before, &next); break;
        case TAD__SUB_NX: hand_on(s, ka, -g, before, &next); break;
        case TAD__MUL_XN: hand_on(s, ka, g * both(n->u.partial), before, &next); break;
        case TAD__DIV_XN: hand_on(s, ka, g * both(1 / n->u.partial), before, &next); break;
        case TAD__FMA:
        case TAD__FNMA:
            hand_on(s, tad__entry_below(s, n->u.arg.c), g, before, &next);
            hand_on_product(s, n->a, n->u.arg.b, n->kind == TAD__FMA ? g : -g, before, &next);
            break;
        case TAD__DIV:
        case TAD__DIV_NX:
            give_quotient(from, k, n, g);
            next = *moving_at(s, before);
            break;
        case TAD__SUM:
        case TAD__DOT:
        case TAD__DOT_N:
            give_list(from, n, g);
            next = *moving_at(s, before);
            break;
        default: return (uint32_t)k; /* choices too: what is not chosen is reached by zeros */
        }
    }
    return 0;
}
