/* The fast path of scalar arithmetic, beside the functions of elementwise.h.
 *
 * Arithmetic on 0-d float64 variables is recorded in place by the inline functions below, with all
 * checks; whatever is not that simple goes to the library. What begins with tad__ is not for users:
 * its layout changes without notice, so a program must be compiled with the header of its library.
 *
 * Threads: as the tape. */
#ifndef TAD_SCALAR_H
#define TAD_SCALAR_H

#include <string.h>

#include <tad/elementwise.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Position of a row in the table: TAD__ROW_add, ... */
#define TAD_UNARY(name, ...) TAD__ROW_##name,
#define TAD_OPTION1(name, ...) TAD__ROW_##name,
#define TAD_OPTION2(name, ...) TAD__ROW_##name,
#define TAD_BINARY(name, ...) TAD__ROW_##name,
#define TAD_TERNARY(name, ...) TAD__ROW_##name,
enum tad__row_id {
#include <tad/scalar.def>
    TAD__ROW_COUNT
};

/* ---- nodes ---- */

/* What the reverse sweep does at a node. X: a variable, N: a plain number. */
enum tad__kind {
    TAD__CONSTANT,
    TAD__INPUT,
    TAD__PARAM,
    /* 0-d float64: a, b, c are nodes */
    TAD__ADD,
    TAD__SUB,
    TAD__MUL,
    TAD__DIV,
    TAD__FMA,
    TAD__FNMA,
    TAD__ADD_XN, /* x + n, x - n; partial: n */
    TAD__SUB_NX,
    TAD__MUL_XN,
    TAD__DIV_XN,
    TAD__DIV_NX,
    TAD__UNARY, /* 0-d float64; partial: the derivative */
    TAD__ROW,   /* a row on arrays, or a rare row on 0-d; a, b, c are nodes */
    TAD__ROW_XN,
    TAD__ROW_NX,  /* the same of a node and a plain number; partial: the number */
    TAD__GENERAL, /* record */
    TAD__SUM,
    TAD__DOT,    /* record; all operands 0-d float64 */
    TAD__DOT_N,  /* the same, but some are plain numbers */
    TAD__CHOSEN, /* record of a choice between 0-d float64: node a is chosen */
    TAD__MULTI,  /* record of an op with several outputs; the others follow */
    TAD__OUTPUT  /* output `b` of the op at node `a` */
};

enum tad__flags {
    TAD__ARRAY = 1, /* value and adjoint are arrays, not numbers */
    TAD__NEEDS = 2, /* depends on something differentiable */
    TAD__RETAIN = 4,
    TAD__RELEASED = 8, /* the last sweep had an adjoint here and released it */
    TAD__NAMED = 16,
    TAD__READ = 32,   /* C code has seen the value */
    TAD__DECIDED = 64 /* by tad_decide */
};

typedef struct tad__node {
    uint16_t op; /* row, for the kinds from TAD__ADD to TAD__ROW_NX */
    uint8_t kind, flags;
    uint32_t a;
    union {
        struct {
            uint32_t b, c;
        } arg;
        double partial;
        void *record;
    } u;
    union {
        double number;
        struct tad_array *array;
    } value;
} tad__node;

/* Apart from the nodes: a sweep writes only these. Entries at or beyond `swept` are zero. */
typedef union tad__adjoint {
    double number;
    uint64_t bits;
    struct tad_array *array;
} tad__adjoint;

/* The first fields of every tape. */
typedef struct tad__head {
    tad__node *node;
    /* count: nodes; epoch: of handles made now, 31 bits; read together: the handle of the next
     * node. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    uint32_t count;
    uint32_t epoch;
#else
    uint32_t epoch;
    uint32_t count;
#endif
    uint32_t limit; /* nodes that fit; 0 sends every call to the library (error, pause, trap) */
    uint32_t floor; /* nodes below were never rewound: their handles are valid in any epoch */
    uint32_t swept; /* nodes below have the adjoints of the last sweep */
    uint32_t shown; /* the same once C code has seen one of these; else 0 */
    tad__adjoint *adjoint;
} tad__head;

/* ---- recording in place ---- */

/* Always: most of the tests fold away where the operands are known. */
#if defined(__GNUC__)
#define TAD__INLINE static inline __attribute__((always_inline))
#else
#define TAD__INLINE static inline
#endif

/* gcc 12 warns of access at address 1 although the tests exclude plain numbers. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Warray-bounds"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#endif

TAD__INLINE tad__head *tad__head_of(tad_var x) { return (tad__head *)(void *)x.tape; }

/* The handle that the next node will have. */
TAD__INLINE uint64_t tad__next(const tad__head *h) {
    uint64_t bits;
    memcpy(&bits, (const char *)h + sizeof(tad__node *), 8);
    return bits;
}

/* Row, kind and flags of a node as one word; TAD__TAG puts them together. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define TAD__TAG(row, kind, flags)                                                                 \
    ((uint32_t)(row) << 16 | (uint32_t)(kind) << 8 | (uint32_t)(flags))
#define TAD__HALVES(first, second) ((uint64_t)(first) << 32 | (second))
#else
#define TAD__TAG(row, kind, flags)                                                                 \
    ((uint32_t)(flags) << 24 | (uint32_t)(kind) << 16 | (uint32_t)(row))
#define TAD__HALVES(first, second) ((uint64_t)(second) << 32 | (first))
#endif

/* In the lower word of a handle, beside 31 bits of epoch: of anything but a number that needs a
 * gradient. So one comparison with the epoch tells what may be recorded in place. */
#define TAD__SLOW 0x80000000u

TAD__INLINE uint32_t tad__index(uint64_t bits) { return (uint32_t)(bits >> 32); }

/* Whether x is a number that needs a gradient, of this epoch or of a node that was never
 * rewound. */
TAD__INLINE bool tad__live(const tad__head *h, tad_var x, uint64_t next) {
    return TAD_LIKELY((uint32_t)x.u.bits == (uint32_t)next) ||
           (!((uint32_t)x.u.bits & TAD__SLOW) && tad__index(x.u.bits) < h->floor);
}

/* The same, on a tape without failure. */
TAD__INLINE bool tad__fast_read(tad_var x) {
    const tad__head *h = tad__head_of(x);
    return (uintptr_t)x.tape > 2 && h->limit && tad__live(h, x, tad__next(h));
}

/* Whether a node on a (and b, c) can be recorded in place: a tape with room, living numbers that
 * need a gradient. *next is its handle. */
TAD__INLINE bool tad__fast1(tad_var a, uint64_t *next) {
    const tad__head *h = tad__head_of(a);
    if ((uintptr_t)a.tape <= 2) return false;
    *next = tad__next(h);
    return tad__index(*next) < h->limit && tad__live(h, a, *next);
}

TAD__INLINE bool tad__fast2(tad_var a, tad_var b, uint64_t *next) {
    return a.tape == b.tape && tad__fast1(a, next) && tad__live(tad__head_of(a), b, *next);
}

TAD__INLINE bool tad__fast3(tad_var a, tad_var b, tad_var c, uint64_t *next) {
    return a.tape == c.tape && tad__fast2(a, b, next) && tad__live(tad__head_of(a), c, *next);
}

TAD__INLINE uint64_t tad__bits(double partial) {
    uint64_t word;
    memcpy(&word, &partial, 8);
    return word;
}

/* Appends a node that needs a gradient; there is room. next: its handle. The words are those of
 * tad__node, each stored at once. */
TAD__INLINE tad_var tad__record(tad_tape *t, uint64_t next, uint32_t tag, tad_var a, uint64_t rest,
                                double value) {
    tad__head *h = (tad__head *)(void *)t;
    const uint64_t first = TAD__HALVES(tag, tad__index(a.u.bits)),
                   after = next + ((uint64_t)1 << 32);
    char *n = (char *)(h->node + tad__index(next));
    memcpy(n, &first, 8);
    memcpy(n + 8, &rest, 8);
    memcpy(n + 16, &value, 8);
    memcpy((char *)h + sizeof(tad__node *), &after, 8);
    tad_var v;
    v.tape = t;
    v.u.bits = next;
    return v;
}

#define TAD__OWN(name, kind) TAD__TAG(TAD__ROW_##name, kind, TAD__NEEDS)

/* Any row on any operands: where the functions below go when they cannot record in place. */
TAD_API tad_var tad__row1(unsigned row, tad_var x);
TAD_API tad_var tad__row2(unsigned row, tad_var a, tad_var b);
TAD_API tad_var tad__row3(unsigned row, tad_var a, tad_var b, tad_var c);

/* In the expressions: x, y, z are the nodes of a, b, c; v is the number at the node of variable p,
 * k the plain number n. */
#define TAD__NODE(x) (tad__head_of(x)->node + tad__index((x).u.bits))
#define TAD__IN_PLACE_2(name, kind, expression)                                                    \
    if (TAD_LIKELY(tad__fast2(a, b, &next))) {                                                     \
        const tad__node *node = tad__head_of(a)->node, *x = node + tad__index(a.u.bits),           \
                        *y = node + tad__index(b.u.bits);                                          \
        return tad__record(a.tape, next, TAD__OWN(name, kind), a,                                  \
                           TAD__HALVES(tad__index(b.u.bits), 0), expression);                      \
    }
#define TAD__IN_PLACE_3(name, kind, expression)                                                    \
    if (TAD_LIKELY(tad__fast3(a, b, c, &next))) {                                                  \
        const tad__node *node = tad__head_of(a)->node, *x = node + tad__index(a.u.bits),           \
                        *y = node + tad__index(b.u.bits), *z = node + tad__index(c.u.bits);        \
        return tad__record(a.tape, next, TAD__OWN(name, kind), a,                                  \
                           TAD__HALVES(tad__index(b.u.bits), tad__index(c.u.bits)), expression);   \
    }
#define TAD__IN_PLACE_N(name, kind, p, n, expression)                                              \
    if (tad_is_number(n) && TAD_LIKELY(tad__fast1(p, &next))) {                                    \
        const double v = TAD__NODE(p)->value.number, k = (n).u.number;                             \
        return tad__record((p).tape, next, TAD__OWN(name, kind), p, tad__bits(k), expression);     \
    }

/* ---- what programs call in loops, in place ---- */

TAD__INLINE tad_var tad__inline_add(tad_var a, tad_var b) {
    uint64_t next = 0; /* gcc -Og does not see that it is set */
    TAD__IN_PLACE_2(add, TAD__ADD, x->value.number + y->value.number)
    TAD__IN_PLACE_N(add, TAD__ADD_XN, a, b, v + k)
    TAD__IN_PLACE_N(add, TAD__ADD_XN, b, a, v + k)
    return tad__row2(TAD__ROW_add, a, b);
}

TAD__INLINE tad_var tad__inline_sub(tad_var a, tad_var b) {
    uint64_t next = 0;
    TAD__IN_PLACE_2(sub, TAD__SUB, x->value.number - y->value.number)
    TAD__IN_PLACE_N(sub, TAD__ADD_XN, a, b, v - k)
    TAD__IN_PLACE_N(sub, TAD__SUB_NX, b, a, k - v)
    return tad__row2(TAD__ROW_sub, a, b);
}

TAD__INLINE tad_var tad__inline_mul(tad_var a, tad_var b) {
    uint64_t next = 0;
    TAD__IN_PLACE_2(mul, TAD__MUL, x->value.number * y->value.number)
    TAD__IN_PLACE_N(mul, TAD__MUL_XN, a, b, v * k)
    TAD__IN_PLACE_N(mul, TAD__MUL_XN, b, a, v * k)
    return tad__row2(TAD__ROW_mul, a, b);
}

TAD__INLINE tad_var tad__inline_div(tad_var a, tad_var b) {
    uint64_t next = 0;
    TAD__IN_PLACE_2(div, TAD__DIV, x->value.number / y->value.number)
    TAD__IN_PLACE_N(div, TAD__DIV_XN, a, b, v / k)
    TAD__IN_PLACE_N(div, TAD__DIV_NX, b, a, k / v)
    return tad__row2(TAD__ROW_div, a, b);
}

TAD__INLINE tad_var tad__inline_fma(tad_var a, tad_var b, tad_var c) {
    uint64_t next = 0;
    TAD__IN_PLACE_3(fma, TAD__FMA, x->value.number * y->value.number + z->value.number)
    return tad__row3(TAD__ROW_fma, a, b, c);
}

TAD__INLINE tad_var tad__inline_fnma(tad_var a, tad_var b, tad_var c) {
    uint64_t next = 0;
    TAD__IN_PLACE_3(fnma, TAD__FNMA, z->value.number - x->value.number * y->value.number)
    return tad__row3(TAD__ROW_fnma, a, b, c);
}

TAD__INLINE tad_var tad__inline_neg(tad_var x) {
    uint64_t next = 0;
    if (!TAD_LIKELY(tad__fast1(x, &next))) return tad__row1(TAD__ROW_neg, x);
    return tad__record(x.tape, next, TAD__OWN(neg, TAD__UNARY), x, tad__bits(-1),
                       -TAD__NODE(x)->value.number);
}

/* Whether an input that is a number can be made in place, and making it. */
TAD__INLINE bool tad__fast_scalar(const tad_tape *t) {
    const tad__head *h = (const tad__head *)(const void *)t;
    return h && h->count < h->limit;
}

TAD__INLINE tad_var tad__record_scalar(tad_tape *t, double value) {
    const tad_var none = {NULL, {{0, 0}}};
    return tad__record(t, tad__next((const tad__head *)(void *)t),
                       TAD__TAG(0, TAD__INPUT, TAD__NEEDS), none, 0, value);
}

TAD__INLINE tad_var tad__inline_scalar(tad_tape *t, double value) {
    return TAD_LIKELY(tad__fast_scalar(t)) ? tad__record_scalar(t, value) : tad_scalar(t, value);
}

/* The first time a node is read, the library takes note of it. */
TAD__INLINE double tad__inline_item(tad_var x) {
    return TAD_LIKELY(tad__fast_read(x) && (TAD__NODE(x)->flags & TAD__READ))
               ? TAD__NODE(x)->value.number
               : tad_item(x);
}

TAD__INLINE bool tad__fast_gradient(tad_var x) {
    return tad__fast_read(x) && tad__index(x.u.bits) < tad__head_of(x)->shown;
}

TAD__INLINE double tad__inline_gradient_item(tad_var x) {
    return TAD_LIKELY(tad__fast_gradient(x)) ? tad__head_of(x)->adjoint[tad__index(x.u.bits)].number
                                             : tad_gradient_item(x);
}

#if !defined(TAD_NO_INLINE)
#define tad_add(a, b) tad__inline_add(a, b)
#define tad_sub(a, b) tad__inline_sub(a, b)
#define tad_mul(a, b) tad__inline_mul(a, b)
#define tad_div(a, b) tad__inline_div(a, b)
#define tad_fma(a, b, c) tad__inline_fma(a, b, c)
#define tad_fnma(a, b, c) tad__inline_fnma(a, b, c)
#define tad_neg(x) tad__inline_neg(x)
#define tad_scalar(t, v) tad__inline_scalar(t, v)
#define tad_item(x) tad__inline_item(x)
#define tad_gradient_item(x) tad__inline_gradient_item(x)

#endif

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#ifdef __cplusplus
}
#endif
#endif
