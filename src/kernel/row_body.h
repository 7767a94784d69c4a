/* All rows for one element type; see instantiate.h. */

#define ALONE BOTH_ARRAYS
#define OPERANDS 1
#define STRIP_AS STRIP_OF_ALL
#define INPUTS                                                                                     \
    const T *restrict x0 = in[0];                                                                  \
    UNUSED const T P = (T)pq[0], Q = (T)pq[1]
#define LOADS UNUSED const T X = x0[i]
#define TAD_UNARY(name, doc, lo, hi, kinks, value, dx)                                             \
    FORWARD(name, name, value) BACKWARD(name, name, 0, dx)
#define TAD_OPTION2(name, doc, lo, hi, kinks, kinks2, o1, o2, value, dx)                           \
    FORWARD(name, name, value) BACKWARD(name, name, 0, dx)
#include <tad/scalar.def>
#undef STRIP_AS
#define STRIP_AS STRIP_OF_OPTION
#define TAD_OPTION1(name, doc, lo, hi, kinks, option, value, dx)                                   \
    FORWARD(name, name, value) BACKWARD(name, name, 0, dx)
#include <tad/scalar.def>
#undef STRIP_AS
#undef OPERANDS
#undef INPUTS
#undef LOADS

#define STRIP_AS STRIP_OF_ALL

#define OPERANDS 2
#define INPUTS const T *restrict x0 = in[0], *restrict x1 = in[1]
#define LOADS UNUSED const T A = x0[i], B = x1[i]
#define TAD_BINARY(name, doc, la, ha, lb, hb, value, da, db)                                       \
    FORWARD(name, name, value) BACKWARD(name, name, 0, da) BACKWARD(name, name, 1, db)
#include <tad/scalar.def>
#undef ALONE
#undef INPUTS
#undef LOADS

#define ALONE 0
#define INPUTS                                                                                     \
    const T *restrict x1 = in[1];                                                                  \
    UNUSED const T A = *(const T *)in[0]
#define LOADS UNUSED const T B = x1[i]
#define TAD_BINARY(name, doc, la, ha, lb, hb, value, da, db)                                       \
    FORWARD(name, name##_single0, value) BACKWARD(name, name##_single0, 1, db)
#include <tad/scalar.def>
#undef ALONE
#undef INPUTS
#undef LOADS

#define ALONE 1
#define INPUTS                                                                                     \
    const T *restrict x0 = in[0];                                                                  \
    UNUSED const T B = *(const T *)in[1]
#define LOADS UNUSED const T A = x0[i]
#define TAD_BINARY(name, doc, la, ha, lb, hb, value, da, db)                                       \
    FORWARD(name, name##_single1, value) BACKWARD(name, name##_single1, 0, da)
#include <tad/scalar.def>
#undef ALONE
#undef OPERANDS
#undef INPUTS
#undef LOADS

#define ALONE BOTH_ARRAYS
#define OPERANDS 3
#define INPUTS const T *restrict x0 = in[0], *restrict x1 = in[1], *restrict x2 = in[2]
#define LOADS UNUSED const T A = x0[i], B = x1[i], C = x2[i]
#define TAD_TERNARY(name, doc, value, da, db, dc)                                                  \
    FORWARD(name, name, value)                                                                     \
    BACKWARD(name, name, 0, da) BACKWARD(name, name, 1, db) BACKWARD(name, name, 2, dc)
#include <tad/scalar.def>
#undef ALONE
#undef OPERANDS
#undef INPUTS
#undef LOADS
#undef STRIP_AS
