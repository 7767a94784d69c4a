/* Tangents and adjoints of 0-d float64 arithmetic for several seeds at once. Each lane is computed
 * as the sweeps for one seed do it: in between_kernel.c, pull_kernel.c and sweep_kernel.c. Rests on
 * group.h and vector.h. */
#include "group.h"

#include "vector.h"

enum { VECS = TAD__LANES / WIDTH };

#define EACH _Pragma("GCC unroll 4") for (size_t c = 0; c < VECS; c++)

static inline vec *lanes_at(tad__lanes *list, size_t k) { return (vec *)(void *)list[k]; }

static inline size_t entry(const tad__group *s, uint32_t node) {
    return tad__entry_below(&s->tape, node);
}

static inline double value(const tad__group *s, uint32_t node) {
    return s->tape.node[node].value.number;
}

/* a b + c as tad__fused. */
static inline vec fused(vec a, double b, vec c) {
    vec y = c;
#pragma GCC unroll 8
    for (size_t i = 0; i < WIDTH; i++) y[i] = tad__fused(a[i], b, c[i]);
    return y;
}

/* ---- tangents ---- */

/* The tangent of a product: y = ta b + tb a. */
static inline vec of_product(vec ta, double a, vec tb, double b) { return fused(ta, b, tb * a); }

static inline void fma_tangent(const tad__group *s, const tad__node *n, vec *y) {
    const double a = value(s, n->a), b = value(s, n->u.arg.b);
    const vec *ta = lanes_at(s->tangent, entry(s, n->a)),
              *tb = lanes_at(s->tangent, entry(s, n->u.arg.b)),
              *tc = lanes_at(s->tangent, entry(s, n->u.arg.c));
    if (n->kind == TAD__FMA)
        EACH y[c] = tc[c] + of_product(ta[c], a, tb[c], b);
    else
        EACH y[c] = tc[c] - of_product(ta[c], a, tb[c], b);
}

/* Of a sum, or of c + a . b over a list. */
static __attribute__((noinline)) void list_tangent(const tad__group *s, const tad__node *n,
                                                   vec *y) {
    const tad__record_of *r = n->u.record;
    const uint32_t first = tad__summands(n), half = (r->n_in - first) / 2;
    EACH y[c] = (vec){0};
    for (uint32_t i = 0; i < first; i++) {
        const vec *t = lanes_at(s->tangent, entry(s, r->in[i]));
        EACH y[c] += t[c];
    }
    for (uint32_t i = first; i < first + half; i++) {
        const uint32_t a = r->in[i], b = r->in[i + half];
        const vec *ta = lanes_at(s->tangent, entry(s, a)), *tb = lanes_at(s->tangent, entry(s, b));
        EACH y[c] = fused(tb[c], value(s, a), fused(ta[c], value(s, b), y[c]));
    }
}

static uint32_t push(const tad__group *from, uint32_t first) {
    const tad__group list = *from, *s = &list; /* stores cannot change it */
    const tad__node *n = list.tape.node + (list.tape.base + first);
    size_t k = first;
    for (; k <= list.tape.span; k++, n++) {
        vec *const y = lanes_at(list.tangent, k);
        const vec *const ta = lanes_at(list.tangent, entry(s, n->a)), *const tb = lanes_at(
                                                                          list.tangent,
                                                                          entry(s, n->u.arg.b));
        switch ((enum tad__kind)n->kind) {
        case TAD__CONSTANT:
        case TAD__INPUT:
        case TAD__PARAM:
            if (!list.tape.mark[k]) EACH y[c] = (vec){0};
            break;
        case TAD__ADD_XN: EACH y[c] = ta[c]; break;
        case TAD__SUB_NX: EACH y[c] = -ta[c]; break;
        case TAD__MUL_XN:
        case TAD__UNARY: EACH y[c] = ta[c] * n->u.partial; break;
        case TAD__DIV_XN: EACH y[c] = ta[c] * (1 / n->u.partial); break;
        case TAD__DIV_NX: EACH y[c] = ta[c] * -(n->value.number / value(s, n->a)); break;
        case TAD__ADD: EACH y[c] = ta[c] + tb[c]; break;
        case TAD__SUB: EACH y[c] = ta[c] - tb[c]; break;
        case TAD__MUL:
            EACH y[c] = of_product(ta[c], value(s, n->a), tb[c], value(s, n->u.arg.b));
            break;
        case TAD__DIV: {
            const double b = value(s, n->u.arg.b);
            EACH y[c] = of_product(ta[c], -(n->value.number / b), tb[c], 1 / b);
            break;
        }
        case TAD__FMA:
        case TAD__FNMA: fma_tangent(s, n, y); break;
        case TAD__SUM:
        case TAD__DOT: list_tangent(s, n, y); break;
        default: return (uint32_t)k;
        }
    }
    return (uint32_t)k;
}

/* ---- an adjoint with its tangents ---- */

typedef struct moving {
    double adjoint;
    vec tangent[VECS];
} moving;

static inline moving moving_at(const tad__group *s, size_t k) {
    const vec *t = lanes_at(s->own, k);
    moving g = {.adjoint = s->adjoint[k]};
    EACH g.tangent[c] = t[c];
    return g;
}

/* g times a number. */
static inline void give(const tad__group *s, uint32_t node, const moving *g, double p) {
    const size_t k = entry(s, node);
    vec *to = lanes_at(s->own, k);
    s->adjoint[k] += g->adjoint * p;
    EACH to[c] += g->tangent[c] * p;
}

/* g times a derivative p with the tangents tp times `by`. */
static inline void give_moving(const tad__group *s, uint32_t node, const moving *g, double p,
                               const vec *tp, double by) {
    const size_t k = entry(s, node);
    vec *to = lanes_at(s->own, k);
    s->adjoint[k] += g->adjoint * p;
    EACH to[c] += g->tangent[c] * p + g->adjoint * (by * tp[c]);
}

static inline const vec *tangent_of(const tad__group *s, uint32_t node) {
    return lanes_at(s->tangent, entry(s, node));
}

/* sign: of the product. */
static inline void give_product(const tad__group *s, uint32_t a, uint32_t b, const moving *g,
                                double sign) {
    give_moving(s, a, g, sign * value(s, b), tangent_of(s, b), sign);
    give_moving(s, b, g, sign * value(s, a), tangent_of(s, a), sign);
}

static __attribute__((noinline)) void give_list(const tad__group *s, const tad__node *n,
                                                const moving *g) {
    const tad__record_of *r = n->u.record;
    const uint32_t first = tad__summands(n), half = (r->n_in - first) / 2;
    const uint32_t *a = r->in + first;
    for (uint32_t i = 0; i < first; i++) give(s, r->in[i], g, 1);
    for (uint32_t i = 0; i < half; i++) give_product(s, a[i], a[i + half], g, 1);
}

/* What the quotient at entry k passes to its divisor, node b. */
static inline void give_divisor(const tad__group *s, size_t k, double y, uint32_t b,
                                const moving *g) {
    const double divisor = value(s, b), p = -(y / divisor);
    const vec *ty = lanes_at(s->tangent, k), *tb = tangent_of(s, b);
    vec tp[VECS];
    EACH tp[c] = -(ty[c] / divisor) - p / divisor * tb[c];
    give_moving(s, b, g, p, tp, 1);
}

static __attribute__((noinline)) void give_quotient(const tad__group *s, size_t k,
                                                    const tad__node *n, const moving *g) {
    if (n->kind == TAD__DIV) {
        const double p = 1 / value(s, n->u.arg.b);
        give_moving(s, n->a, g, p, tangent_of(s, n->u.arg.b), -(p * p));
    }
    give_divisor(s, k, n->value.number, n->kind == TAD__DIV ? n->u.arg.b : n->a, g);
}

static uint32_t pull(const tad__group *from, uint32_t first) {
    const tad__group list = *from, *s = &list;
    for (size_t k = first; k > 0; k--) {
        const tad__node *n = list.tape.node + (list.tape.base + (int64_t)k);
        if (n->kind <= TAD__PARAM) continue;
        const moving g = moving_at(s, k);
        switch ((enum tad__kind)n->kind) {
        case TAD__ADD:
            give(s, n->a, &g, 1);
            give(s, n->u.arg.b, &g, 1);
            break;
        case TAD__SUB:
            give(s, n->a, &g, 1);
            give(s, n->u.arg.b, &g, -1);
            break;
        case TAD__MUL: give_product(s, n->a, n->u.arg.b, &g, 1); break;
        case TAD__ADD_XN: give(s, n->a, &g, 1); break;
        case TAD__SUB_NX: give(s, n->a, &g, -1); break;
        case TAD__MUL_XN: give(s, n->a, &g, n->u.partial); break;
        case TAD__DIV_XN: give(s, n->a, &g, 1 / n->u.partial); break;
        case TAD__FMA:
            give(s, n->u.arg.c, &g, 1);
            give_product(s, n->a, n->u.arg.b, &g, 1);
            break;
        case TAD__FNMA:
            give(s, n->u.arg.c, &g, 1);
            give_product(s, n->a, n->u.arg.b, &g, -1);
            break;
        case TAD__DIV:
        case TAD__DIV_NX: give_quotient(s, k, n, &g); break;
        case TAD__SUM:
        case TAD__DOT: give_list(s, n, &g); break;
        default: return (uint32_t)k;
        }
    }
    return 0;
}

/* ---- an adjoint for each lane ---- */

static inline void add(const tad__group *s, uint32_t node, const vec *g, double sign) {
    vec *to = lanes_at(s->own, entry(s, node));
    EACH to[c] += sign * g[c];
}

static inline void add_times(const tad__group *s, uint32_t node, const vec *g, double p) {
    vec *to = lanes_at(s->own, entry(s, node));
    EACH to[c] = fused(g[c], p, to[c]);
}

/* Factors that are one get their double at once. */
static inline void add_product(const tad__group *s, uint32_t a, uint32_t b, const vec *g,
                               double sign) {
    const double va = value(s, a), vb = value(s, b);
    add_times(s, a, g, sign * (a == b ? 2 * vb : vb));
    if (a != b) add_times(s, b, g, sign * va);
}

static __attribute__((noinline)) void add_list(const tad__group *s, const tad__node *n,
                                               const vec *g) {
    const tad__record_of *r = n->u.record;
    const uint32_t first = tad__summands(n), half = (r->n_in - first) / 2;
    const uint32_t *a = r->in + first;
    for (uint32_t i = 0; i < first; i++) add(s, r->in[i], g, 1);
    for (uint32_t i = 0; i < half; i++) add_product(s, a[i], a[i + half], g, 1);
}

static uint32_t apart(const tad__group *from, uint32_t first) {
    const tad__group list = *from, *s = &list;
    for (size_t k = first; k > 0; k--) {
        const tad__node *n = list.tape.node + (list.tape.base + (int64_t)k);
        if (n->kind <= TAD__PARAM) continue;
        const uint32_t a = n->a, b = n->u.arg.b;
        const double y = n->value.number;
        vec g[VECS];
        EACH g[c] = lanes_at(list.own, k)[c];
        switch ((enum tad__kind)n->kind) {
        case TAD__ADD_XN: add(s, a, g, 1); break;
        case TAD__SUB_NX: add(s, a, g, -1); break;
        case TAD__MUL_XN:
        case TAD__UNARY: add_times(s, a, g, n->u.partial); break;
        case TAD__DIV_XN: add_times(s, a, g, 1 / n->u.partial); break;
        case TAD__DIV_NX: add_times(s, a, g, -(y / value(s, a))); break;
        case TAD__ADD:
            add(s, a, g, 1);
            add(s, b, g, 1);
            break;
        case TAD__SUB:
            add(s, a, g, 1);
            add(s, b, g, -1);
            break;
        case TAD__MUL:
            add_times(s, b, g, value(s, a));
            add_times(s, a, g, value(s, b));
            break;
        case TAD__DIV:
            add_times(s, a, g, 1 / value(s, b));
            add_times(s, b, g, -(y / value(s, b)));
            break;
        case TAD__FMA:
            add(s, n->u.arg.c, g, 1);
            add_product(s, a, b, g, 1);
            break;
        case TAD__FNMA:
            add(s, n->u.arg.c, g, 1);
            add_product(s, a, b, g, -1);
            break;
        case TAD__SUM:
        case TAD__DOT: add_list(s, n, g); break;
        default: return (uint32_t)k;
        }
    }
    return 0;
}

const tad__group_kernels TAD_LEVEL(tad__group_kernels) = {push, pull, apart};
