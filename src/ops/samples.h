/* Words in which ops are described, for constant tables. Only files that end in descriptors include
 * them: they have no prefix. Needs op.h.
 *
 *     static const tad_option sum_options[] = {{OPTION(AXES, tad__reduce, axis)}};
 *     static const tad_sample sum_samples[] = {
 *         {CASE("rows", F64(3, 4)), OVER(1)},
 *         {CASE("0-d", F64_0D)},
 *     };
 *     static const tad_misuse sum_misuse[] = {
 *         {CASE("integers", INDICES(3, 4)), .expect = TAD_BAD_DTYPE},
 *     };
 *     const tad_op tad__ops_sum[] = {
 *         [SUM] = {.name = "sum", FAMILY("reduce", 1, 1), OPTIONS(tad__reduce, sum_options),
 *                  HOOKS(sum), CASES(sum)},
 *     };
 */
#ifndef TAD_OPS_SAMPLES_H
#define TAD_OPS_SAMPLES_H

#include "options.h"

#define LENGTH(list) (sizeof list / sizeof *list)

/* ---- types of operands ---- */

#define SHAPE(...)                                                                                 \
    {                                                                                              \
        (int)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), { __VA_ARGS__ }           \
    }
#define TYPE(dtype, ...) .type = {dtype, SHAPE(__VA_ARGS__)}
#define TYPE_0D(dtype) .type = {dtype, {0, {0}}}

/* ---- operands: float64 within -2 .. 2, where they do not say otherwise ---- */

#define F64(...)                                                                                   \
    { TYPE(TAD_F64, __VA_ARGS__) }
#define F32(...)                                                                                   \
    { TYPE(TAD_F32, __VA_ARGS__) }
#define F64_0D                                                                                     \
    { TYPE_0D(TAD_F64) }
/* No two elements close to each other, and in order; elements between two bounds; elements that sum
 * to 1. */
#define ASCENDING(...)                                                                             \
    { TYPE(TAD_F64, __VA_ARGS__), .fill = TAD_FILL_ASCENDING }
#define DISTINCT(...)                                                                              \
    { TYPE(TAD_F64, __VA_ARGS__), .fill = TAD_FILL_DISTINCT }
#define WITHIN(a, b, ...)                                                                          \
    { TYPE(TAD_F64, __VA_ARGS__), .lo = a, .hi = b }
#define WITHIN_0D(a, b)                                                                            \
    { TYPE_0D(TAD_F64), .lo = a, .hi = b }
#define SIMPLEX(...)                                                                               \
    { TYPE(TAD_F64, __VA_ARGS__), .fill = TAD_FILL_SIMPLEX }
/* Matrices that are far from singular, and positive definite. */
#define DOMINANT(...)                                                                              \
    { TYPE(TAD_F64, __VA_ARGS__), .fill = TAD_FILL_DOMINANT }
/* Away from n kinks: a, b, c. */
#define AWAY(n, a, b, c, ...)                                                                      \
    { TYPE(TAD_F64, __VA_ARGS__), .away = {a, b, c}, .count_away = n }
/* Integers from a to b - 1; labels or indices 0 .. n - 1; a mask of zeros and ones. */
#define INTEGERS(a, b) .fill = TAD_FILL_INTEGER, .lo = (a), .hi = (b), .constant = true
#define INDICES(n, ...)                                                                            \
    { TYPE(TAD_I64, __VA_ARGS__), INTEGERS(0, n) }
#define INDEX_0D(n)                                                                                \
    { TYPE_0D(TAD_I64), INTEGERS(0, n) }
/* Where rows begin that have so many entries together: one number more than rows. */
#define STARTS(entries, ...)                                                                       \
    { TYPE(TAD_I64, __VA_ARGS__), .fill = TAD_FILL_STARTS, .hi = entries, .constant = true }
#define MASK(...)                                                                                  \
    { TYPE(TAD_BOOL, __VA_ARGS__), INTEGERS(0, 2) }
#define ABSENT                                                                                     \
    { .absent = true }

/* ---- values of options ---- */

#define AXES(...)                                                                                  \
    {                                                                                              \
        true, false, (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), { __VA_ARGS__ }            \
    }
#define GIVEN(value)                                                                               \
    { true, value }
#define INTS(...)                                                                                  \
    {                                                                                              \
        (int)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), { __VA_ARGS__ }           \
    }

/* Of the structs in options.h. */
#define AT(k)                                                                                      \
    .options = &(const tad__at_axis) { k }
#define TO(...)                                                                                    \
    .options = &(const tad__to_shape) { SHAPE(__VA_ARGS__) }
#define TO_0D                                                                                      \
    .options = &(const tad__to_shape) {                                                            \
        {                                                                                          \
            0, { 0 }                                                                               \
        }                                                                                          \
    }
#define OVER(...)                                                                                  \
    .options = &(const tad__reduce) { .axis = AXES(__VA_ARGS__) }
#define KEEP(...)                                                                                  \
    .options = &(const tad__reduce) { .axis = AXES(__VA_ARGS__), .keepdims = true }

/* ---- rows of the tables ---- */

/* A sample or a misuse, with its operands. */
#define CASE(what, ...)                                                                            \
    .label = what,                                                                                 \
    .n = sizeof((const tad_sample_input[]){__VA_ARGS__}) / sizeof(tad_sample_input),               \
    .in = (const tad_sample_input[]) {                                                             \
        __VA_ARGS__                                                                                \
    }

/* An option that is called as its field; one that is not. */
#define OPTION(kind_, type, field) OPTION_NAMED(#field, kind_, type, field)
#define OPTION_NAMED(name_, kind_, type, field)                                                    \
    .name = name_, .kind = TAD_OPTION_##kind_, .offset = offsetof(type, field)

/* ---- fields of a descriptor ---- */

#define FAMILY(family_, least, most) .family = family_, .min_in = least, .max_in = most, .n_out = 1
#define OPTIONS(type, list) .options_size = sizeof(type), .options = list, .n_options = LENGTH(list)
#define SAMPLES(list) .samples = list, .n_samples = LENGTH(list)
#define MISUSE(list) .misuse = list, .n_misuse = LENGTH(list)
/* Of an op whose functions and tables are called as it is. */
#define HOOKS(op) .shape = op##_shape, .forward = op##_forward, .vjp = op##_vjp
#define CASES(op) SAMPLES(op##_samples), MISUSE(op##_misuse)

#endif
