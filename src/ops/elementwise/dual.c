/* Second derivatives of rows on numbers: the words of scalar.def compute with numbers that move, so
 * that a derivative's text gives its value and its tangent. Rests on row.h. */
#include "row.h"

#define UNUSED __attribute__((unused))

static inline tad__dual constant(double value) { return (tad__dual){value, 0, false}; }

/* A function's value and its derivatives by a and b, of which only those that move count. */
static inline tad__dual along(tad__dual a, double by_a, tad__dual b, double by_b, double value) {
    double tangent = a.moves ? by_a * a.tangent : 0;
    if (b.moves) tangent = a.moves ? tangent + by_b * b.tangent : by_b * b.tangent;
    return (tad__dual){value, tangent, a.moves || b.moves};
}

static UNUSED tad__dual sum(tad__dual a, tad__dual b) {
    return along(a, 1, b, 1, a.value + b.value);
}
static UNUSED tad__dual difference(tad__dual a, tad__dual b) {
    return along(a, 1, b, -1, a.value - b.value);
}
static UNUSED tad__dual product(tad__dual a, tad__dual b) {
    return along(a, b.value, b, a.value, a.value * b.value);
}
static UNUSED tad__dual quotient(tad__dual a, tad__dual b) {
    double y = a.value / b.value;
    return along(a, 1 / b.value, b, -(y / b.value), y);
}

static UNUSED tad__dual flat(tad__dual x) {
    return x.value == x.value ? constant(0) : (tad__dual){x.value, x.value, x.moves};
}

/* Any row on one or two operands, its derivatives at first order. */
static tad__dual row1(unsigned row, tad__dual x, double p, double q) {
    const tad__row_numbers *f = &tad__row_number[row];
    const double pq[2] = {p, q};
    double y = f->value(&x.value, pq);
    if (!x.moves) return constant(y);
    return along(x, f->partial[0](&x.value, y, pq), constant(0), 0, y);
}
static tad__dual row2(unsigned row, tad__dual a, tad__dual b) {
    const tad__row_numbers *f = &tad__row_number[row];
    const double x[2] = {a.value, b.value};
    double y = f->value(x, tad__no_options);
    return along(a, a.moves ? f->partial[0](x, y, tad__no_options) : 0, b,
                 b.moves ? f->partial[1](x, y, tad__no_options) : 0, y);
}

#define TAD__ROW_fabs TAD__ROW_abs
#define TAD__ROW_rint TAD__ROW_round
#define K(number) constant(number)
#define NEG(a) product(a, constant(-1))
#define ADD(a, b) sum(a, b)
#define SUB(a, b) difference(a, b)
#define MUL(a, b) product(a, b)
#define DIV(a, b) quotient(a, b)
#define SQUARE(a) row1(TAD__ROW_square, a, 0, 0)
#define GT(a, b, t, e) ((a).value > (b).value ? (t) : (e))
#define GE(a, b, t, e) ((a).value >= (b).value ? (t) : (e))
#define LT(a, b, t, e) ((a).value < (b).value ? (t) : (e))
#define LE(a, b, t, e) ((a).value <= (b).value ? (t) : (e))
#define EQ(a, b, t, e) ((a).value == (b).value ? (t) : (e))
#define NUMBER(x, t) ((x).value == (x).value ? (t) : (x))
#define FLAT(x) flat(x)
#define EITHER(a, b) (P.value == 0 ? (a) : (b))
#define POWER(less) row1(TAD__ROW_pow_scalar, X, P.value - (less), 0)
#define ORDER(f, n, x) row1(TAD__ROW_##f, x, (n).value, 0)
#define SIZE(a, b) sum(FN(fabs, a), FN(fabs, b))
#define SELDOM(x, least, graph, below, cheap) (graph)
#define SCALED(x, a, b) product(x, quotient(constant(1), SIZE(a, b)))
#define BOUNDED(x, most) row1(TAD__ROW_clamp, x, -(most), most)
#define TAMED(x) row1(TAD__ROW_clamp, x, -100, 100)
#define GELU_INNER(x) gelu_inner(x)
#define FN(f, x) row1(TAD__ROW_##f, x, 0, 0)
#define FN2(f, a, b) row2(TAD__ROW_##f, a, b)

/* c (x + 0.044715 x^3) */
static tad__dual gelu_inner(tad__dual x) {
    return MUL(K(0.797884560802865355880), ADD(x, MUL(K(0.044715), MUL(x, SQUARE(x)))));
}

typedef tad__dual partial_of(const tad__dual *x, tad__dual y, const double *pq);

#define PARTIAL(name, wrt, derivative)                                                             \
    static tad__dual name##_slope##wrt(const tad__dual *x, tad__dual y, const double *pq) {        \
        UNUSED const tad__dual Y = y;                                                              \
        (void)x, (void)pq;                                                                         \
        LOADS return derivative;                                                                   \
    }
#define LOADS UNUSED const tad__dual X = x[0], P = constant(pq[0]), Q = constant(pq[1]);
#define TAD_UNARY(name, doc, lo, hi, kinks, value, dx) PARTIAL(name, 0, dx)
#define TAD_OPTION1(name, doc, lo, hi, kinks, option, value, dx) PARTIAL(name, 0, dx)
#define TAD_OPTION2(name, doc, lo, hi, kinks, kinks2, o1, o2, value, dx) PARTIAL(name, 0, dx)
#include <tad/scalar.def>
#undef LOADS
#define LOADS UNUSED const tad__dual A = x[0], B = x[1];
#define TAD_BINARY(name, doc, la, ha, lb, hb, value, da, db)                                       \
    PARTIAL(name, 0, da) PARTIAL(name, 1, db)
#include <tad/scalar.def>
#undef LOADS
#define LOADS UNUSED const tad__dual A = x[0], B = x[1], C = x[2];
#define TAD_TERNARY(name, doc, value, da, db, dc)                                                  \
    PARTIAL(name, 0, da) PARTIAL(name, 1, db) PARTIAL(name, 2, dc)
#include <tad/scalar.def>
#undef LOADS

#define TAD_UNARY(name, ...) [TAD__ROW_##name] = {name##_slope0},
#define TAD_OPTION1(name, ...) TAD_UNARY(name, )
#define TAD_OPTION2(name, ...) TAD_UNARY(name, )
#define TAD_BINARY(name, ...) [TAD__ROW_##name] = {name##_slope0, name##_slope1},
#define TAD_TERNARY(name, ...) [TAD__ROW_##name] = {name##_slope0, name##_slope1, name##_slope2},
static partial_of *const partial_row[TAD__ROW_COUNT][3] = {
#include <tad/scalar.def>
};

tad__dual tad__row_partial(const tad_op *op, size_t k, const tad__dual *x, tad__dual y,
                           const double *pq) {
    return partial_row[tad__row_of(op)][k](x, y, pq ? pq : tad__no_options);
}
