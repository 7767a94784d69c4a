/* Which values and derivatives of rows are long: those with an elementary function that takes many
 * instructions and no branch; special functions are calls. LONG_name_forward, LONG_name_d0, _d1,
 * _d2 are odd where it is. With EITHER_OPTION or POWER_OPTION in them the loop depends on what
 * option P is. Rests on elementary.h; included by row_kernel.c. */
#define IS_LONG(f) long_##f = 1,
#define IS_SHORT(f) long_##f = 0,
enum {
    TAD__ELEMENTARY_LONG(IS_LONG) TAD__ELEMENTARY_SHORT(IS_SHORT) TAD__ELEMENTARY_BINARY(IS_LONG)
        IS_LONG(floor_mod) IS_SHORT(sign) IS_SHORT(step) TAD__SPECIAL_UNARY(IS_SHORT)
            TAD__SPECIAL_ORDER(IS_SHORT) TAD__SPECIAL_BRANCH(IS_SHORT)
};

enum { EITHER_OPTION = 2, POWER_OPTION = 4 };

/* The words of scalar.def: what has a long function in it is not 0. */
#define X 0
#define Y 0
#define A 0
#define B 0
#define C 0
#define P 0
#define Q 0
#define K(number) 0
#define NEG(a) (a)
#define ADD(a, b) ((a) | (b))
#define SUB(a, b) ((a) | (b))
#define MUL(a, b) ((a) | (b))
#define DIV(a, b) ((a) | (b))
#define SQUARE(a) (a)
#define GT(a, b, t, e) ((a) | (b) | (t) | (e))
#define GE(a, b, t, e) ((a) | (b) | (t) | (e))
#define LT(a, b, t, e) ((a) | (b) | (t) | (e))
#define LE(a, b, t, e) ((a) | (b) | (t) | (e))
#define EQ(a, b, t, e) ((a) | (b) | (t) | (e))
#define NUMBER(x, t) ((x) | (t))
#define FLAT(x) (x)
#define EITHER(a, b) ((a) | (b) | EITHER_OPTION)
#define POWER(less) (1 | POWER_OPTION)
#define ORDER(f, n, x) (long_##f | (x))
#define SIZE(a, b) ((a) | (b))
#define SELDOM(x, least, graph, below, cheap) ((x) | (below) | (cheap))
#define SCALED(x, a, b) ((x) | (a) | (b))
#define BOUNDED(x, most) (x)
#define TAMED(x) (x)
#define GELU_INNER(x) (x)
#define FN(f, x) (long_##f | (x))
#define FN2(f, a, b) (long_##f | (a) | (b))

#define ONE(name, value, dx) LONG_##name##_forward = (value), LONG_##name##_d0 = (dx),
#define TAD_UNARY(name, doc, lo, hi, kinks, value, dx) ONE(name, value, dx)
#define TAD_OPTION1(name, doc, lo, hi, kinks, option, value, dx) ONE(name, value, dx)
#define TAD_OPTION2(name, doc, lo, hi, kinks, kinks2, o1, o2, value, dx) ONE(name, value, dx)
#define TAD_BINARY(name, doc, la, ha, lb, hb, value, da, db)                                       \
    ONE(name, value, da) LONG_##name##_d1 = (db),
#define TAD_TERNARY(name, doc, value, da, db, dc)                                                  \
    ONE(name, value, da) LONG_##name##_d1 = (db), LONG_##name##_d2 = (dc),
enum {
#include <tad/scalar.def>
};
#undef X
#undef Y
#undef A
#undef B
#undef C
#undef P
#undef Q
#undef ONE
#undef FN
#undef FN2
#include "words_end.h"
