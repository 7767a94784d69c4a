/* The rows as ops: options, samples, misuse, descriptors. Rests on forward.h. */
#include "forward.h"

#include <math.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

#define REQUIRED NAN
#define OPTION(...) __VA_ARGS__
#define OPTION_ROW(field, name, initial, one, other, choices)                                      \
    {                                                                                              \
#name, TAD_OPTION_FLOAT, offsetof(tad__row_options, field), choices, initial,              \
            (initial) != (initial)                                                                 \
    }
#define OPTION_ROW_(field, ...) OPTION_ROW(field, __VA_ARGS__)
#define TAD_OPTION1(name, doc, lo, hi, kinks, option, value, dx)                                   \
    static const tad_option name##_options[] = {OPTION_ROW_(p, option)};
#define TAD_OPTION2(name, doc, lo, hi, kinks, kinks2, o1, o2, value, dx)                           \
    static const tad_option name##_options[] = {OPTION_ROW_(p, o1), OPTION_ROW_(q, o2)};
#include <tad/scalar.def>

/* Where the check samples: tests and gradcheck read it through tad_op.samples, one sample a row,
 * whose shapes they vary. */
#define KINKS(n, a, b, c) .away = {a, b, c}, .count_away = n
#define SAMPLED(lo_, hi_, ...)                                                                     \
    { .type = {TAD_F64, {1, {5}}}, .lo = lo_, .hi = hi_, __VA_ARGS__ }
#define NO_KINKS .count_away = 0
#define INPUTS(...)                                                                                \
    COUNT(((const tad_sample_input[]){__VA_ARGS__})), (const tad_sample_input[]) { __VA_ARGS__ }
#define TAD_UNARY(name, doc, lo, hi, kinks, value, dx)                                             \
    static const tad_sample name##_samples[] = {{"row", INPUTS(SAMPLED(lo, hi, kinks)), NULL}};
#define ONE_(name, initial, one, other, choices) one
#define OTHER_(name, initial, one, other, choices) other
#define ONE(...) ONE_(__VA_ARGS__)
#define OTHER(...) OTHER_(__VA_ARGS__)
#define OPTION_SAMPLES(name, lo, hi, kinks, kinks2, ...)                                           \
    static const tad__row_options name##_tried[] = {__VA_ARGS__};                                  \
    static const tad_sample name##_samples[] = {                                                   \
        {"row", INPUTS(SAMPLED(lo, hi, UNWRAP kinks)), &name##_tried[0]},                          \
        {"row, other option", INPUTS(SAMPLED(lo, hi, UNWRAP kinks2)), &name##_tried[1]}};
#define UNWRAP(...) __VA_ARGS__
#define TAD_OPTION1(name, doc, lo, hi, kinks, o1, value, dx)                                       \
    OPTION_SAMPLES(name, lo, hi, (kinks), (kinks), {ONE(o1), 0}, {OTHER(o1), 0})
#define TAD_OPTION2(name, doc, lo, hi, kinks, kinks2, o1, o2, value, dx)                           \
    OPTION_SAMPLES(name, lo, hi, (kinks), (kinks2), {ONE(o1), ONE(o2)}, {OTHER(o1), OTHER(o2)})
#define TAD_BINARY(name, doc, la, ha, lb, hb, value, da, db)                                       \
    static const tad_sample name##_samples[] = {                                                   \
        {"row", INPUTS(SAMPLED(la, ha, NO_KINKS), SAMPLED(lb, hb, NO_KINKS)), NULL}};
#define TAD_TERNARY(name, doc, value, da, db, dc)                                                  \
    static const tad_sample name##_samples[] = {                                                   \
        {"row",                                                                                    \
         INPUTS(SAMPLED(-2, 2, NO_KINKS), SAMPLED(-2, 2, NO_KINKS), SAMPLED(-2, 2, NO_KINKS)),     \
         NULL}};
#include <tad/scalar.def>

#define BAD(dtype_, ...)                                                                           \
    {                                                                                              \
        .type = { dtype_, {(int)(sizeof((int64_t[]){__VA_ARGS__}) / 8), {__VA_ARGS__}} }           \
    }
static const tad_misuse unary_misuse[] = {
    {"int64", INPUTS(BAD(TAD_I64, 3)), NULL, TAD_BAD_DTYPE},
    {"bool", INPUTS(BAD(TAD_BOOL, 3)), NULL, TAD_BAD_DTYPE},
    {"two operands", INPUTS(BAD(TAD_F64, 3), BAD(TAD_F64, 3)), NULL, TAD_BAD_ARGUMENT}};
static const tad_misuse binary_misuse[] = {
    {"shapes", INPUTS(BAD(TAD_F64, 3), BAD(TAD_F64, 4)), NULL, TAD_BAD_SHAPE},
    {"float32 and float64", INPUTS(BAD(TAD_F64, 3), BAD(TAD_F32, 3)), NULL, TAD_BAD_DTYPE},
    {"int64", INPUTS(BAD(TAD_F64, 3), BAD(TAD_I64, 3)), NULL, TAD_BAD_DTYPE},
    {"one operand", INPUTS(BAD(TAD_F64, 3)), NULL, TAD_BAD_ARGUMENT}};
static const tad_misuse ternary_misuse[] = {
    {"shapes", INPUTS(BAD(TAD_F64, 3), BAD(TAD_F64, 3), BAD(TAD_F64, 2, 4)), NULL, TAD_BAD_SHAPE},
    {"int64", INPUTS(BAD(TAD_I64, 3), BAD(TAD_F64, 3), BAD(TAD_F64, 3)), NULL, TAD_BAD_DTYPE},
    {"two operands", INPUTS(BAD(TAD_F64, 3), BAD(TAD_F64, 3)), NULL, TAD_BAD_ARGUMENT}};

#define ROW_OP(name_, doc_, arity, misuse_)                                                        \
    .name = #name_, .family = "elementwise", .doc = doc_, .min_in = arity, .max_in = arity,        \
    .n_out = 1, .shape = tad__row_shape, .forward = tad__row_forward_hook, .vjp = tad__row_vjp,    \
    .jvp = tad__row_jvp, .backward = tad__row_backward_hook, .c_text = tad__row_c_text,            \
    .samples = name_##_samples, .n_samples = COUNT(name_##_samples), .misuse = misuse_,            \
    .n_misuse = COUNT(misuse_), .flags = TAD_OP_ELEMENTWISE
#define WITH_OPTIONS(name)                                                                         \
    .options_size = sizeof(tad__row_options), .options = name##_options,                           \
    .n_options = COUNT(name##_options)
#define TAD_UNARY(name, doc, ...) [TAD__ROW_##name] = {ROW_OP(name, doc, 1, unary_misuse)},
#define TAD_OPTION1(name, doc, ...)                                                                \
    [TAD__ROW_##name] = {ROW_OP(name, doc, 1, unary_misuse), WITH_OPTIONS(name)},
#define TAD_OPTION2(name, doc, ...)                                                                \
    [TAD__ROW_##name] = {ROW_OP(name, doc, 1, unary_misuse), WITH_OPTIONS(name)},
#define TAD_BINARY(name, doc, ...) [TAD__ROW_##name] = {ROW_OP(name, doc, 2, binary_misuse)},
#define TAD_TERNARY(name, doc, ...) [TAD__ROW_##name] = {ROW_OP(name, doc, 3, ternary_misuse)},
const tad_op tad__ops_elementwise[] = {
#include <tad/scalar.def>
};
const size_t tad__ops_elementwise_count = TAD__ROW_COUNT;
