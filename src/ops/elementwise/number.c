/* Rows on plain numbers: value and partial derivatives in double. Rests on row.h. */
#include "row.h"

#include <string.h>

#include "numbers.h"

#define VALUE(name, value)                                                                         \
    static double name##_value(const double *x, const double *pq) {                                \
        (void)pq;                                                                                  \
        LOADS return value;                                                                        \
    }
#define PARTIAL(name, wrt, derivative)                                                             \
    static double name##_d##wrt(const double *x, double y, const double *pq) {                     \
        UNUSED const double Y = y;                                                                 \
        (void)pq, (void)x;                                                                         \
        LOADS return derivative;                                                                   \
    }

/* All of a row on two or three operands, which the compiler lets share what they have in common. */
#define PARTIALS(name, ...)                                                                        \
    static void name##_partials(UNUSED double A, UNUSED double B, UNUSED double C,                 \
                                UNUSED double Y, double *d) {                                      \
        const double all[] = {__VA_ARGS__};                                                        \
        memcpy(d, all, sizeof all);                                                                \
    }

#define LOADS                                                                                      \
    UNUSED const double X = x[0];                                                                  \
    UNUSED const double P = pq[0], Q = pq[1];
#define TAD_UNARY(name, doc, lo, hi, kinks, value, dx) VALUE(name, value) PARTIAL(name, 0, dx)
#define TAD_OPTION1(name, doc, lo, hi, kinks, option, value, dx)                                   \
    VALUE(name, value) PARTIAL(name, 0, dx)
#define TAD_OPTION2(name, doc, lo, hi, kinks, kinks2, o1, o2, value, dx)                           \
    VALUE(name, value) PARTIAL(name, 0, dx)
#include <tad/scalar.def>
#undef LOADS
#define LOADS UNUSED const double A = x[0], B = x[1];
#define TAD_BINARY(name, doc, la, ha, lb, hb, value, da, db)                                       \
    VALUE(name, value) PARTIAL(name, 0, da) PARTIAL(name, 1, db) PARTIALS(name, da, db)
#include <tad/scalar.def>
#undef LOADS
#define LOADS UNUSED const double A = x[0], B = x[1], C = x[2];
#define TAD_TERNARY(name, doc, value, da, db, dc)                                                  \
    VALUE(name, value)                                                                             \
    PARTIAL(name, 0, da) PARTIAL(name, 1, db) PARTIAL(name, 2, dc) PARTIALS(name, da, db, dc)
#include <tad/scalar.def>
#undef LOADS

#define TAD_UNARY(name, ...) [TAD__ROW_##name] = {name##_value, {name##_d0}, NULL},
#define TAD_OPTION1(name, ...) TAD_UNARY(name, )
#define TAD_OPTION2(name, ...) TAD_UNARY(name, )
#define TAD_BINARY(name, ...)                                                                      \
    [TAD__ROW_##name] = {name##_value, {name##_d0, name##_d1}, name##_partials},
#define TAD_TERNARY(name, ...)                                                                     \
    [TAD__ROW_##name] = {name##_value, {name##_d0, name##_d1, name##_d2}, name##_partials},
const tad__row_numbers tad__row_number[TAD__ROW_COUNT] = {
#include <tad/scalar.def>
};

static bool has_order(unsigned row) {
#define IS(name) case TAD__ROW_##name:
    switch (row) {
        TAD__SPECIAL_ORDER(IS) return true;
    default: return false;
    }
}

bool tad__options_fit(unsigned row, const double *pq) {
    if (has_order(row)) return pq[0] >= 0 && pq[0] < 0x1p20 && floor(pq[0]) == pq[0];
    if (row == TAD__ROW_lambert_w) return pq[0] == 0 || pq[0] == -1;
    if (row == TAD__ROW_softshrink) return pq[0] >= 0;
    if (row != TAD__ROW_hardtanh && row != TAD__ROW_clamp) return true;
    bool crossed = pq[0] > pq[1] && row == TAD__ROW_hardtanh;
    return pq[0] == pq[0] && pq[1] == pq[1] && !crossed;
}

bool tad__row_is_finite(const tad_op *op, const double *x, const double *pq) {
    const tad__row_numbers *row = &tad__row_number[tad__row_of(op)];
    if (!pq) pq = tad__no_options;
    double y = row->value(x, pq);
    for (size_t i = 0; i < op->max_in; i++)
        if (!isfinite(row->partial[i](x, y, pq))) return false;
    return true;
}
