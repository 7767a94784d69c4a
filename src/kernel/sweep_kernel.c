/* The reverse sweep over nodes of 0-d float64 arithmetic: one loop, that says what each kind of
 * node does to the adjoints of its operands. Products are added with one rounding where the level
 * has an instruction for that. */
#include "sweep.h"

#include <string.h>

static inline void add_product(tad__adjoint *to, double g, double factor) {
    to->number = tad__fused(g, factor, to->number);
}

/* Of a product of two variables. They may be one: its adjoint is then stored once, since what was
 * just stored is slow to load. */
static inline void pass_product(const tad__node *node, tad__adjoint *adjoint, uint32_t a,
                                uint32_t b, double g) {
    if (TAD_LIKELY(a != b)) {
        add_product(&adjoint[a], g, node[b].value.number);
        add_product(&adjoint[b], g, node[a].value.number);
    } else {
        add_product(&adjoint[a], g, 2 * node[a].value.number);
    }
}

static void pass_sum(tad__adjoint *adjoint, const tad__record_of *r, double g) {
    for (uint32_t i = 0; i < r->n_in; i++) adjoint[r->in[i]].number += g;
}

/* Operands c, all a, all b. */
static void pass_dot(const tad__node *node, tad__adjoint *adjoint, const tad__record_of *r,
                     double g) {
    const uint32_t n = r->n_in / 2, *a = r->in + 1, *b = a + n;
    adjoint[r->in[0]].number += g;
    for (uint32_t i = 0; i < n; i++) pass_product(node, adjoint, a[i], b[i], g);
}

/* The same where factors, and c, may be plain numbers. */
static void pass_dot_n(const tad__node *node, tad__adjoint *adjoint, const tad__record_of *r,
                       double g) {
    const uint32_t n = r->n_in / 2, *a = r->in + 1, *b = a + n;
    const double *p = tad__plain_of(r) + 1, *q = p + n;
    if (r->in[0] != TAD__NO_NODE) adjoint[r->in[0]].number += g;
    for (uint32_t i = 0; i < n; i++)
        if (a[i] != TAD__NO_NODE && b[i] != TAD__NO_NODE)
            pass_product(node, adjoint, a[i], b[i], g);
        else if (a[i] != TAD__NO_NODE)
            add_product(&adjoint[a[i]], g, q[i]);
        else if (b[i] != TAD__NO_NODE)
            add_product(&adjoint[b[i]], g, p[i]);
}

/* Stores the new adjoint of a node's last operand; returns that of the node before, at `next`. If
 * the operand is that node, its adjoint is returned in a register: store-to-load latency would
 * dominate the loop. */
static inline double hand_on(tad__adjoint *to, const tad__adjoint *next, double sum) {
    to->number = sum;
    return to == next ? sum : next->number;
}

static inline double give(tad__adjoint *to, const tad__adjoint *next, double g) {
    return hand_on(to, next, to->number + g);
}

/* To both operands of a node. */
static inline double give_both(tad__adjoint *a, tad__adjoint *b, const tad__adjoint *next,
                               double to_a, double to_b) {
    a->number += to_a;
    return give(b, next, to_b);
}

static inline double give_product(tad__adjoint *to, const tad__adjoint *next, double g,
                                  double factor) {
    return hand_on(to, next, tad__fused(g, factor, to->number));
}

/* Operands lie anywhere a little below the node: on a tape larger than the cache the processor sees
 * no pattern in that, and would wait for each. Addresses only: they may lie before the vectors. */
static inline void fetch_ahead(const tad__node *n, const tad__adjoint *adjoint) {
    enum { NODES = 1365 };
    __builtin_prefetch((const void *)((uintptr_t)n - NODES * sizeof *n));
    __builtin_prefetch((const void *)((uintptr_t)adjoint - NODES * sizeof *adjoint), 1);
}

/* Kinds whose derivatives are finite where value and partial are. */
enum {
    TAME = 1 << TAD__CONSTANT | 1 << TAD__INPUT | 1 << TAD__PARAM | 1 << TAD__OUTPUT |
           1 << TAD__ADD | 1 << TAD__SUB | 1 << TAD__MUL | 1 << TAD__FMA | 1 << TAD__FNMA |
           1 << TAD__ADD_XN | 1 << TAD__SUB_NX | 1 << TAD__MUL_XN | 1 << TAD__UNARY |
           1 << TAD__SUM | 1 << TAD__DOT | 1 << TAD__DOT_N | 1 << TAD__CHOSEN
};

/* By its bits: where a node has indices instead of a partial, the number would be a denormal, which
 * is slow to compute with. */
static inline bool is_finite(const double *x) {
    const uint64_t exponent = UINT64_C(0x7ff) << 52;
    uint64_t bits;
    memcpy(&bits, x, sizeof bits);
    return (bits & exponent) != exponent;
}

/* Whether zero times the derivatives of this node is zero. If not, the caller must know whether the
 * adjoint is zero because nothing arrived. An array's is nothing. */
static inline bool keeps_zero(const tad__node *n) {
    if ((TAME >> n->kind & 1) && is_finite(&n->value.number) && is_finite(&n->u.partial))
        return true;
    return n->flags & TAD__ARRAY;
}

uint32_t TAD_LEVEL(tad__sweep_numbers)(const tad__node *node, tad__adjoint *adjoint, uint32_t top,
                                       uint32_t leaf) {
    const tad__node *n = node + top, *const end = node + leaf;
    tad__adjoint *own = adjoint + top;
    double g = own->number; /* the adjoint of n */
    for (; n > end; n--, own--) {
        const uint32_t b = n->u.arg.b;
        tad__adjoint *const to = adjoint + n->a, *const next = own - 1;
        fetch_ahead(n, own);
        if (own->bits << 1 == 0 && n->kind != TAD__MULTI) { /* zero of either sign */
            if (!TAD_LIKELY(keeps_zero(n))) return (uint32_t)(n - node);
            g = next->number;
            continue;
        }
        switch ((enum tad__kind)n->kind) {
        case TAD__CHOSEN:
        case TAD__ADD_XN: g = give(to, next, g); continue;
        case TAD__SUB_NX: g = give(to, next, -g); continue;
        case TAD__MUL_XN:
        case TAD__UNARY: g = give_product(to, next, g, n->u.partial); continue;
        case TAD__DIV_XN: g = give_product(to, next, g, 1 / n->u.partial); continue;
        case TAD__DIV_NX:
            g = give_product(to, next, g, -(n->value.number / node[n->a].value.number));
            continue;
        case TAD__ADD: g = give_both(to, adjoint + b, next, g, g); continue;
        case TAD__SUB: g = give_both(to, adjoint + b, next, g, -g); continue;
        case TAD__MUL:
            add_product(adjoint + b, g, node[n->a].value.number);
            g = give_product(to, next, g, node[b].value.number);
            continue;
        case TAD__DIV: /* as the row says; the quotients need not wait for g */
            add_product(to, g, 1 / node[b].value.number);
            g = give_product(adjoint + b, next, g, -(n->value.number / node[b].value.number));
            continue;
        case TAD__FMA:
            adjoint[n->u.arg.c].number += g;
            pass_product(node, adjoint, n->a, b, g);
            break;
        case TAD__FNMA:
            adjoint[n->u.arg.c].number += g;
            pass_product(node, adjoint, n->a, b, -g);
            break;
        case TAD__SUM: pass_sum(adjoint, n->u.record, g); break;
        case TAD__DOT: pass_dot(node, adjoint, n->u.record, g); break;
        case TAD__DOT_N: pass_dot_n(node, adjoint, n->u.record, g); break;
        case TAD__CONSTANT:
        case TAD__INPUT:
        case TAD__PARAM:
        case TAD__OUTPUT: break;
        case TAD__ROW:
        case TAD__ROW_XN:
        case TAD__ROW_NX:
        case TAD__GENERAL:
        case TAD__MULTI: return (uint32_t)(n - node);
        default: __builtin_unreachable();
        }
        g = next->number;
    }
    return leaf;
}
