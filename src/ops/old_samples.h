/* Words for the samples and misuse cases of op descriptors, usable in constant tables. Needs op.h.
 *
 *     static const tad_sample sum_samples[] = {
 *         {.label = "rows", .n = 1, .in = {TAD__F64(3, 4)}, .options = &(const tad__reduce){...}},
 *         {.label = "0-d", .n = 1, .in = {TAD__F64_0D}},
 *     };
 *     [SUM] = {.name = "sum", ..., TAD__SAMPLES(sum_samples), TAD__MISUSE(sum_misuse)}
 */
#ifndef TAD_OPS_OLD_SAMPLES_H
#define TAD_OPS_OLD_SAMPLES_H

#include <tad/op.h>

#define TAD__COUNT(...) (sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))
#define TAD__SHAPE(...)                                                                            \
    {                                                                                              \
        (int)TAD__COUNT(__VA_ARGS__), { __VA_ARGS__ }                                              \
    }
#define TAD__TYPE(dtype, ...) .type = {dtype, TAD__SHAPE(__VA_ARGS__)}

#define TAD__F64(...)                                                                              \
    { TAD__TYPE(TAD_F64, __VA_ARGS__) }
#define TAD__F32(...)                                                                              \
    { TAD__TYPE(TAD_F32, __VA_ARGS__) }
#define TAD__F64_0D                                                                                \
    {                                                                                              \
        .type = { TAD_F64, {0, {0}} }                                                              \
    }
#define TAD__DISTINCT(...)                                                                         \
    { TAD__TYPE(TAD_F64, __VA_ARGS__), .fill = TAD_FILL_DISTINCT }
#define TAD__INDEX_0D(n)                                                                           \
    { .type = {TAD_I64, {0, {0}}}, .fill = TAD_FILL_INTEGER, .lo = 0, .hi = (n), .constant = true }
/* Labels or indices 0 .. n - 1; a mask of zeros and ones. */
#define TAD__INDICES(n, ...)                                                                       \
    {                                                                                              \
        TAD__TYPE(TAD_I64, __VA_ARGS__), .fill = TAD_FILL_INTEGER, .lo = 0, .hi = (n),             \
                                         .constant = true                                          \
    }
#define TAD__MASK(...)                                                                             \
    {                                                                                              \
        TAD__TYPE(TAD_BOOL, __VA_ARGS__), .fill = TAD_FILL_INTEGER, .lo = 0, .hi = 2,              \
                                          .constant = true                                         \
    }

/* Values of options, where an initialiser must be constant: axes, numbers that may be left out. */
#define TAD__AXES(...) {true, false, (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), {__VA_ARGS__}}
#define TAD__GIVEN(value) {true, value}

#define TAD__SAMPLES(list) .samples = list, .n_samples = sizeof list / sizeof *list
#define TAD__MISUSE(list)  .misuse = list, .n_misuse = sizeof list / sizeof *list
#define TAD__OPTIONS(type, list)                                                                   \
    .options_size = sizeof(type), .options = list, .n_options = sizeof list / sizeof *list

#endif
