/* Derivatives of rows as graphs of ops, for every order: the words of scalar.def make variables.
 * Rests on row.h. */
#include "row.h"

#include "tape/handle.h"

#define UNUSED __attribute__((unused))

/* A branch of a select must have an element type: a number takes that of `like`. */
static tad_var branch(tad_var v, tad_var like) {
    if (!tad_is_number(v) || !tad__has_tape(like)) return v;
    return tad_full(like.tape, tad_dtype_of(like), TAD_0D, v.u.number);
}

enum { COMPARE_GT, COMPARE_GE, COMPARE_EQ };

static bool compare_numbers(int how, double a, double b) {
    return how == COMPARE_GT ? a > b : how == COMPARE_GE ? a >= b : a == b;
}

static tad_var choose(int how, tad_var a, tad_var b, tad_var then, tad_var otherwise) {
    if (tad_is_number(a) && tad_is_number(b))
        return compare_numbers(how, a.u.number, b.u.number) ? then : otherwise;
    tad_var like = tad__has_tape(a) ? a : b;
    tad_var condition = how == COMPARE_GT   ? tad_greater(a, b)
                        : how == COMPARE_GE ? tad_greater_equal(a, b)
                                            : tad_equal(a, b);
    return tad_where(condition, branch(then, like), branch(otherwise, like));
}

/* In place, but here once. */
#define ARITHMETIC(name)                                                                           \
    static __attribute__((noinline)) tad_var name##_graph(tad_var a, tad_var b) {                  \
        return tad__inline_##name(a, b);                                                           \
    }
ARITHMETIC(add)
ARITHMETIC(sub)
ARITHMETIC(mul)
ARITHMETIC(div)

#define TAD__ROW_fabs TAD__ROW_abs
#define TAD__ROW_rint TAD__ROW_round
#define K(number) tad_number(number)
#define NEG(a) mul_graph(a, tad_number(-1))
#define ADD(a, b) add_graph(a, b)
#define SUB(a, b) sub_graph(a, b)
#define MUL(a, b) mul_graph(a, b)
#define DIV(a, b) div_graph(a, b)
#define SQUARE(a) tad_square(a)
#define GT(a, b, t, e) choose(COMPARE_GT, a, b, t, e)
#define GE(a, b, t, e) choose(COMPARE_GE, a, b, t, e)
#define LT(a, b, t, e) choose(COMPARE_GT, b, a, t, e)
#define LE(a, b, t, e) choose(COMPARE_GE, b, a, t, e)
#define EQ(a, b, t, e) choose(COMPARE_EQ, a, b, t, e)
#define NUMBER(x, t) choose(COMPARE_EQ, x, x, t, x)
#define FLAT(x) tad_hardtanh(x, 0, 0) /* one row, whose derivative is flat, too */
#define EITHER(a, b) (P.u.number == 0 ? (a) : (b))
#define POWER(less) tad_pow_scalar(X, P.u.number - (less))
#define ORDER(f, n, x) tad_##f(x, (n).u.number)
#define SIZE(a, b) ADD(FN(fabs, a), FN(fabs, b))
#define SELDOM(x, least, graph, below, cheap) (graph)
#define SCALED(x, a, b) MUL(x, DIV(K(1), SIZE(a, b)))
#define BOUNDED(x, most) tad_clamp(x, -(most), most)
#define TAMED(x) tad_clamp(x, -100, 100)
#define GELU_INNER(x) gelu_inner(x)
#define FN(f, x) tad__row1(TAD__ROW_##f, x)
#define FN2(f, a, b) tad__row2(TAD__ROW_##f, a, b)

/* c (x + 0.044715 x^3) */
static tad_var gelu_inner(tad_var x) {
    return MUL(K(0.797884560802865355880), ADD(x, MUL(K(0.044715), MUL(x, tad_square(x)))));
}

typedef tad_var graph_rule(const tad_rule *r);

#define GRAPH(name, wrt, derivative)                                                               \
    static tad_var name##_g##wrt(const tad_rule *r) {                                              \
        UNUSED const tad_var Y = r->out[0];                                                        \
        LOADS return derivative;                                                                   \
    }
#define LOADS                                                                                      \
    UNUSED const tad_var X = r->in[0];                                                             \
    UNUSED const double *pq = r->options;                                                          \
    UNUSED const tad_var P = pq ? tad_number(pq[0]) : tad_none(),                                  \
                         Q = pq ? tad_number(pq[1]) : tad_none();
#define TAD_UNARY(name, doc, lo, hi, kinks, value, dx) GRAPH(name, 0, dx)
#define TAD_OPTION1(name, doc, lo, hi, kinks, option, value, dx) GRAPH(name, 0, dx)
#define TAD_OPTION2(name, doc, lo, hi, kinks, kinks2, o1, o2, value, dx) GRAPH(name, 0, dx)
#include <tad/scalar.def>
#undef LOADS
#define LOADS UNUSED const tad_var A = r->in[0], B = r->in[1];
#define TAD_BINARY(name, doc, la, ha, lb, hb, value, da, db) GRAPH(name, 0, da) GRAPH(name, 1, db)
#include <tad/scalar.def>
#undef LOADS
#define LOADS UNUSED const tad_var A = r->in[0], B = r->in[1], C = r->in[2];
#define TAD_TERNARY(name, doc, value, da, db, dc)                                                  \
    GRAPH(name, 0, da) GRAPH(name, 1, db) GRAPH(name, 2, dc)
#include <tad/scalar.def>
#undef LOADS

#define TAD_UNARY(name, ...) [TAD__ROW_##name] = {name##_g0},
#define TAD_OPTION1(name, ...) TAD_UNARY(name, )
#define TAD_OPTION2(name, ...) TAD_UNARY(name, )
#define TAD_BINARY(name, ...) [TAD__ROW_##name] = {name##_g0, name##_g1},
#define TAD_TERNARY(name, ...) [TAD__ROW_##name] = {name##_g0, name##_g1, name##_g2},
static graph_rule *const graph_rows[TAD__ROW_COUNT][3] = {
#include <tad/scalar.def>
};

/* Nothing is recorded to multiply by 1. */
static tad_var times(tad_var g, tad_var derivative) {
    return tad_is_number(derivative) && derivative.u.number == 1 ? g : MUL(g, derivative);
}

void tad__row_vjp(tad_rule *r) {
    for (size_t i = 0; i < r->n_in; i++)
        if (r->wanted[i]) r->result[i] = times(r->given[0], graph_rows[tad__row_of(r->op)][i](r));
}

/* sum_i d_i t_i; the engine broadcasts the sum to the output's shape. */
void tad__row_jvp(tad_rule *r) {
    for (size_t i = 0; i < r->n_in; i++) {
        if (tad_is_nil(r->given[i])) continue;
        tad_var term = times(r->given[i], graph_rows[tad__row_of(r->op)][i](r));
        r->result[0] = tad_is_nil(r->result[0]) ? term : tad_add(r->result[0], term);
    }
}
