/* Adjoints with their tangents, passed on without marks: what has not arrived counts as zero, which
 * is the same unless that meets an infinity. Then a NaN comes of it, for which the caller looks at
 * the end. Rests on between.h. */
#include "between.h"

/* An adjoint and its tangent, in one register. */
#if defined(__GNUC__)
typedef double pair __attribute__((vector_size(16), aligned(8), may_alias));
#else
#error "needs vectors of the compiler"
#endif

static inline pair both(double x) { return (pair){x, x}; }

/* g times a derivative p with the tangent tp. */
static inline pair times(pair g, double p, double tp) { return g * both(p) + (pair){0, g[0] * tp}; }

/* The lists, and the entry before, which is often an operand: store-to-load latency would dominate
 * the loop. */
typedef struct lists {
    const tad__node *node;
    const tad__adjoint *tangent;
    pair *moving;
    int64_t base;
} lists;

static inline size_t operand(const lists *s, uint32_t node) {
    const int64_t entry = (int64_t)node - s->base;
    return entry > 0 ? (size_t)entry : 0;
}

static inline double value(const lists *s, uint32_t node) { return s->node[node].value.number; }

static inline void give(const lists *s, size_t k, pair g) { s->moving[k] += g; }

static inline void hand_on(const lists *s, size_t k, pair g, size_t before, pair *next) {
    const pair sum = (k == before ? *next : s->moving[k]) + g;
    s->moving[k] = sum;
    if (k == before) *next = sum;
}

/* The product of two variables, which may be one. */
static inline void hand_on_product(const lists *s, uint32_t a, uint32_t b, pair g, size_t before,
                                   pair *next) {
    const size_t ka = operand(s, a), kb = operand(s, b);
    hand_on(s, ka, times(g, value(s, b), s->tangent[kb].number), before, next);
    hand_on(s, kb, times(g, value(s, a), s->tangent[ka].number), before, next);
}

static __attribute__((noinline)) void give_list(const lists *s, const tad__node *n, pair g) {
    const tad__record_of *r = n->u.record;
    const uint32_t first = n->kind == TAD__SUM ? r->n_in : 1, half = (r->n_in - first) / 2;
    const uint32_t *a = r->in + first;
    for (uint32_t i = 0; i < first; i++) give(s, operand(s, r->in[i]), g);
    for (uint32_t i = 0; i < half; i++) {
        const size_t ka = operand(s, a[i]), kb = operand(s, a[i + half]);
        give(s, ka, times(g, value(s, a[i + half]), s->tangent[kb].number));
        give(s, kb, times(g, value(s, a[i]), s->tangent[ka].number));
    }
}

/* What the quotient at entry k passes to its divisor, node b. */
static inline pair to_divisor(const lists *s, size_t k, double y, uint32_t b, pair g) {
    const double divisor = value(s, b), p = -(y / divisor), t = s->tangent[operand(s, b)].number;
    return times(g, p, -(s->tangent[k].number / divisor) - p / divisor * t);
}

static __attribute__((noinline)) void give_quotient(const lists *s, size_t k, const tad__node *n,
                                                    pair g) {
    const double y = n->value.number;
    if (n->kind == TAD__DIV_NX) {
        give(s, operand(s, n->a), to_divisor(s, k, y, n->a, g));
        return;
    }
    const uint32_t b = n->u.arg.b;
    const double p = 1 / value(s, b);
    give(s, operand(s, n->a), times(g, p, -(p * p) * s->tangent[operand(s, b)].number));
    give(s, operand(s, b), to_divisor(s, k, y, b, g));
}

uint32_t TAD_LEVEL(tad__pull_quickly_numbers)(const tad__between *from, uint32_t first) {
    const lists list = {from->node, from->tangent, (pair *)(void *)from->moving, from->base},
                *s = &list;
    pair next = s->moving[first];
    for (size_t k = first; k > 0; k--) {
        const tad__node *n = list.node + (list.base + (int64_t)k);
        const pair g = next;
        const size_t before = k - 1;
        next = s->moving[before];
        if (n->kind <= TAD__PARAM || (g[0] == 0 && g[1] == 0)) continue;
        const size_t ka = operand(s, n->a);
        switch ((enum tad__kind)n->kind) {
        case TAD__ADD:
            hand_on(s, ka, g, before, &next);
            hand_on(s, operand(s, n->u.arg.b), g, before, &next);
            break;
        case TAD__SUB:
            hand_on(s, ka, g, before, &next);
            hand_on(s, operand(s, n->u.arg.b), -g, before, &next);
            break;
        case TAD__MUL: hand_on_product(s, n->a, n->u.arg.b, g, before, &next); break;
        case TAD__ADD_XN: hand_on(s, ka, g, before, &next); break;
        case TAD__SUB_NX: hand_on(s, ka, -g, before, &next); break;
        case TAD__MUL_XN: hand_on(s, ka, g * both(n->u.partial), before, &next); break;
        case TAD__DIV_XN: hand_on(s, ka, g * both(1 / n->u.partial), before, &next); break;
        case TAD__FMA:
        case TAD__FNMA:
            hand_on(s, operand(s, n->u.arg.c), g, before, &next);
            hand_on_product(s, n->a, n->u.arg.b, n->kind == TAD__FMA ? g : -g, before, &next);
            break;
        case TAD__DIV:
        case TAD__DIV_NX:
            give_quotient(s, k, n, g);
            next = s->moving[before];
            break;
        case TAD__SUM:
        case TAD__DOT:
            give_list(s, n, g);
            next = s->moving[before];
            break;
        default: return (uint32_t)k;
        }
    }
    return 0;
}
