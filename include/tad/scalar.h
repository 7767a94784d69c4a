/* Elementwise ops: tad_<name> for every row of scalar.def, and the fast path of scalar arithmetic.
 *
 * Arithmetic on 0-d float64 variables is recorded in place by the inline functions below, with all
 * checks; whatever is not that simple goes to the library. What begins with tad__ is not for users:
 * its layout changes without notice, so a program must be compiled with the header of its library.
 *
 * Threads: as the tape. */
#ifndef TAD_SCALAR_H
#define TAD_SCALAR_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- prototypes from the table ---- */

#define TAD_UNARY(name, ...) TAD_API tad_var tad_##name(tad_var x);
#define TAD_OPTION1(name, ...) TAD_API tad_var tad_##name(tad_var x, double p);
#define TAD_OPTION2(name, ...) TAD_API tad_var tad_##name(tad_var x, double p, double q);
#define TAD_BINARY(name, ...) TAD_API tad_var tad_##name(tad_var a, tad_var b);
#define TAD_TERNARY(name, ...) TAD_API tad_var tad_##name(tad_var a, tad_var b, tad_var c);
#include <tad/scalar.def>

/* Position of a row in the table: TAD__ROW_add, ... */
#define TAD_UNARY(name, ...)   TAD__ROW_##name,
#define TAD_OPTION1(name, ...) TAD__ROW_##name,
#define TAD_OPTION2(name, ...) TAD__ROW_##name,
#define TAD_BINARY(name, ...)  TAD__ROW_##name,
#define TAD_TERNARY(name, ...) TAD__ROW_##name,
enum tad__row_id {
#include <tad/scalar.def>
    TAD__ROW_COUNT
};

/* ---- nodes ---- */

/* What the reverse sweep does at a node. X: a variable, N: a plain number. */
enum tad__kind {
    TAD__CONSTANT, TAD__INPUT, TAD__PARAM,
    TAD__ADD, TAD__SUB, TAD__MUL, TAD__DIV, TAD__FMA, /* 0-d float64: a, b, c are nodes */
    TAD__ADD_XN,                                      /* x + n, x - n; partial: n */
    TAD__SUB_NX, TAD__MUL_XN, TAD__DIV_XN, TAD__DIV_NX,
    TAD__UNARY,   /* 0-d float64; partial: the derivative */
    TAD__ROW,     /* a row on arrays, or a rare row on 0-d; a, b, c are nodes */
    TAD__GENERAL, /* record */
    TAD__MULTI,   /* record of an op with several outputs; the others follow */
    TAD__OUTPUT   /* output `b` of the op at node `a` */
};

enum tad__flags {
    TAD__ARRAY = 1,    /* value and adjoint are arrays, not numbers */
    TAD__NEEDS = 2,    /* depends on something differentiable */
    TAD__RETAIN = 4,
    TAD__RELEASED = 8, /* the last sweep had an adjoint here and released it */
    TAD__NAMED = 16
};

typedef struct tad__node {
    uint16_t op; /* row, for the kinds from TAD__ADD to TAD__ROW */
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
    union {
        double number;
        uint64_t bits;
        struct tad_array *array;
    } adjoint;
} tad__node;

/* The first fields of every tape. */
typedef struct tad__head {
    tad__node *node;
    uint32_t count;
    uint32_t limit; /* nodes that fit; 0 sends every call to the library (error, pause, trap) */
    uint32_t epoch; /* of handles made now */
    uint32_t floor; /* nodes below were never rewound: their handles are valid in any epoch */
} tad__head;

/* Any row on any operands: what the functions above do out of line. */
TAD_API tad_var tad__row1(unsigned row, tad_var x);
TAD_API tad_var tad__row2(unsigned row, tad_var a, tad_var b);
TAD_API tad_var tad__row3(unsigned row, tad_var a, tad_var b, tad_var c);

/* ---- the fast path ---- */

#if defined(__GNUC__) && !defined(TAD_NO_INLINE)

#define TAD__CONSTANT_P(x) __builtin_constant_p(x)

/* gcc 12 warns of reading at address 1 although the test before excludes plain numbers. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Warray-bounds"

static inline bool tad__live(const tad__head *h, tad_var x) {
    return x.u.at.epoch == h->epoch || x.u.at.index < h->floor;
}

static inline tad_var tad__record(tad__head *h, tad_tape *t, unsigned row, unsigned kind, unsigned flags,
                                  uint32_t a, uint32_t b, uint32_t c, double value) {
    tad__node *n = h->node + h->count;
    n->op = (uint16_t)row;
    n->kind = (uint8_t)kind;
    n->flags = (uint8_t)flags;
    n->a = a;
    n->u.arg.b = b;
    n->u.arg.c = c;
    n->value.number = value;
    n->adjoint.bits = 0;
    tad_var v;
    v.tape = t;
    v.u.at.index = h->count++;
    v.u.at.epoch = h->epoch;
    return v;
}

/* Whether a row on a and b can be recorded in place. */
static inline bool tad__fast2(tad_var a, tad_var b) {
    const tad__head *h = (const tad__head *)(void *)a.tape;
    if ((uintptr_t)a.tape <= 2 || a.tape != b.tape) return false;
    if (h->count >= h->limit || !tad__live(h, a) || !tad__live(h, b)) return false;
    return !((h->node[a.u.at.index].flags | h->node[b.u.at.index].flags) & TAD__ARRAY);
}

static inline bool tad__fast1(tad_var a) {
    const tad__head *h = (const tad__head *)(void *)a.tape;
    if (!((uintptr_t)a.tape > 2)) return false;
    return h->count < h->limit && tad__live(h, a) && !(h->node[a.u.at.index].flags & TAD__ARRAY);
}

#define TAD__FAST_BINARY(kind, row, expression)                                                    \
    if (TAD_LIKELY(tad__fast2(a, b))) {                                                            \
        tad__head *h = (tad__head *)(void *)a.tape;                                                \
        const tad__node *x = h->node + a.u.at.index, *y = h->node + b.u.at.index;                  \
        return tad__record(h, a.tape, row, kind, (x->flags | y->flags) & TAD__NEEDS,               \
                           a.u.at.index, b.u.at.index, 0, expression);                             \
    }

/* Where the compiler sees that n is a plain number: x is the variable, `call` the way out of line. */
#define TAD__FAST_NUMBER(kind, row, x, n, expression, call)                                        \
    if (TAD__CONSTANT_P(tad_is_number(n)) && tad_is_number(n)) {                                   \
        if (!TAD_LIKELY(tad__fast1(x))) return call;                                               \
        tad__head *h = (tad__head *)(void *)(x).tape;                                              \
        const tad__node *p = h->node + (x).u.at.index;                                             \
        const double v = p->value.number, k = (n).u.number;                                        \
        tad_var r = tad__record(h, (x).tape, row, kind, p->flags & TAD__NEEDS, (x).u.at.index, 0,  \
                                0, expression);                                                    \
        h->node[h->count - 1].u.partial = k;                                                       \
        return r;                                                                                  \
    }

static inline tad_var tad__inline_add(tad_var a, tad_var b) {
    TAD__FAST_NUMBER(TAD__ADD_XN, TAD__ROW_add, a, b, v + k, tad__row2(TAD__ROW_add, a, b))
    TAD__FAST_NUMBER(TAD__ADD_XN, TAD__ROW_add, b, a, v + k, tad__row2(TAD__ROW_add, a, b))
    TAD__FAST_BINARY(TAD__ADD, TAD__ROW_add, x->value.number + y->value.number)
    return tad__row2(TAD__ROW_add, a, b);
}

static inline tad_var tad__inline_sub(tad_var a, tad_var b) {
    TAD__FAST_NUMBER(TAD__ADD_XN, TAD__ROW_sub, a, b, v - k, tad__row2(TAD__ROW_sub, a, b))
    TAD__FAST_NUMBER(TAD__SUB_NX, TAD__ROW_sub, b, a, k - v, tad__row2(TAD__ROW_sub, a, b))
    TAD__FAST_BINARY(TAD__SUB, TAD__ROW_sub, x->value.number - y->value.number)
    return tad__row2(TAD__ROW_sub, a, b);
}

static inline tad_var tad__inline_mul(tad_var a, tad_var b) {
    TAD__FAST_NUMBER(TAD__MUL_XN, TAD__ROW_mul, a, b, v * k, tad__row2(TAD__ROW_mul, a, b))
    TAD__FAST_NUMBER(TAD__MUL_XN, TAD__ROW_mul, b, a, v * k, tad__row2(TAD__ROW_mul, a, b))
    TAD__FAST_BINARY(TAD__MUL, TAD__ROW_mul, x->value.number * y->value.number)
    return tad__row2(TAD__ROW_mul, a, b);
}

static inline tad_var tad__inline_div(tad_var a, tad_var b) {
    TAD__FAST_NUMBER(TAD__DIV_XN, TAD__ROW_div, a, b, v / k, tad__row2(TAD__ROW_div, a, b))
    TAD__FAST_NUMBER(TAD__DIV_NX, TAD__ROW_div, b, a, k / v, tad__row2(TAD__ROW_div, a, b))
    TAD__FAST_BINARY(TAD__DIV, TAD__ROW_div, x->value.number / y->value.number)
    return tad__row2(TAD__ROW_div, a, b);
}

static inline tad_var tad__inline_neg(tad_var x) {
    if (TAD_LIKELY(tad__fast1(x))) {
        tad__head *h = (tad__head *)(void *)x.tape;
        const tad__node *p = h->node + x.u.at.index;
        tad_var r = tad__record(h, x.tape, TAD__ROW_neg, TAD__UNARY, p->flags & TAD__NEEDS, x.u.at.index,
                                0, 0, -p->value.number);
        h->node[h->count - 1].u.partial = -1;
        return r;
    }
    return tad__row1(TAD__ROW_neg, x);
}

static inline tad_var tad__inline_fma(tad_var a, tad_var b, tad_var c) {
    if (TAD_LIKELY(tad__fast2(a, b) && tad__fast2(b, c))) {
        tad__head *h = (tad__head *)(void *)a.tape;
        const tad__node *x = h->node + a.u.at.index, *y = h->node + b.u.at.index;
        const tad__node *z = h->node + c.u.at.index;
        return tad__record(h, a.tape, TAD__ROW_fma, TAD__FMA, (x->flags | y->flags | z->flags) & TAD__NEEDS,
                           a.u.at.index, b.u.at.index, c.u.at.index,
                           x->value.number * y->value.number + z->value.number);
    }
    return tad__row3(TAD__ROW_fma, a, b, c);
}

#pragma GCC diagnostic pop

#define tad_add(a, b)    tad__inline_add(a, b)
#define tad_sub(a, b)    tad__inline_sub(a, b)
#define tad_mul(a, b)    tad__inline_mul(a, b)
#define tad_div(a, b)    tad__inline_div(a, b)
#define tad_neg(x)       tad__inline_neg(x)
#define tad_fma(a, b, c) tad__inline_fma(a, b, c)

#endif /* fast path */

#ifdef __cplusplus
}
#endif
#endif
