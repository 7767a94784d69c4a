/* Pooling of one, two and three axes: the largest elements of windows, means of windows. Rests on
 * pool.h. */
#include "pool.h"

#include <stddef.h>

#include "ops/families.h"
#include "ops/samples.h"

/* ---- options ---- */

#define WINDOW                                                                                     \
    {OPTION(SHAPE, tad__window_options, kernel_size), .required = true},                           \
        {OPTION(SHAPE, tad__window_options, stride)},                                              \
        {OPTION(SHAPE, tad__window_options, padding)}, {                                           \
        OPTION(BOOL, tad__window_options, ceil_mode)                                               \
    }
#define INDICES_OPTION                                                                             \
    { OPTION(BOOL, tad__window_options, return_indices) }
#define SIZE_OPTION                                                                                \
    { OPTION(SHAPE, tad__window_options, output_size), .required = true }
#define COUNT_OPTION                                                                               \
    { OPTION(BOOL, tad__window_options, count_include_pad), .initial = 1 }

static const tad_option max_list[] = {
    WINDOW, {OPTION(SHAPE, tad__window_options, dilation)}, INDICES_OPTION};
static const tad_option adaptive_max_list[] = {SIZE_OPTION, INDICES_OPTION};
static const tad_option avg_list[] = {WINDOW, COUNT_OPTION};
static const tad_option adaptive_avg_list[] = {SIZE_OPTION};
static const tad_option spread_list[] = {
    {OPTION(SHAPE, tad__window_options, kernel_size)},
    {OPTION(SHAPE, tad__window_options, stride)},
    {OPTION(SHAPE, tad__window_options, padding)},
    {OPTION(BOOL, tad__window_options, ceil_mode)},
    COUNT_OPTION,
    SIZE_OPTION,
    {OPTION(BOOL, tad__window_options, adaptive)},
};

/* ---- samples ---- */

#define WITH(...)                                                                                  \
    .options = &(const tad__window_options) { __VA_ARGS__ }
#define K(...) .kernel_size = SHAPE(__VA_ARGS__)

static const tad_sample max1d_samples[] = {
    {CASE("pairs", DISTINCT(2, 3, 8)), WITH(K(2))},
    {CASE("steps", DISTINCT(1, 2, 13)),
     WITH(K(3), .stride = SHAPE(2), .padding = SHAPE(1), .dilation = SHAPE(2))},
    {CASE("rounded up", DISTINCT(2, 1, 8)), WITH(K(3), .ceil_mode = true)},
    {CASE("with places", DISTINCT(2, 2, 7)),
     WITH(K(3), .stride = SHAPE(1), .return_indices = true)},
    {CASE("no images", F64(0, 2, 5)), WITH(K(2))},
};
static const tad_sample max2d_samples[] = {
    {CASE("squares", DISTINCT(2, 3, 4, 6)), WITH(K(2))},
    {CASE("steps", DISTINCT(1, 2, 7, 8)),
     WITH(K(3, 2), .stride = SHAPE(2, 3), .padding = SHAPE(1), .dilation = SHAPE(1, 2))},
    {CASE("rounded up", DISTINCT(2, 1, 6, 5)),
     WITH(K(2), .stride = SHAPE(3), .padding = SHAPE(1), .ceil_mode = true)},
    {CASE("with places", DISTINCT(1, 2, 5, 5)),
     WITH(K(3), .stride = SHAPE(2), .return_indices = true)},
    {CASE("wide", DISTINCT(1, 1, 3, 40)), WITH(K(2, 3), .stride = SHAPE(1))},
};
static const tad_sample max3d_samples[] = {
    {CASE("cubes", DISTINCT(1, 2, 4, 2, 4)), WITH(K(2))},
    {CASE("steps", DISTINCT(1, 1, 4, 5, 5)),
     WITH(K(2, 3, 2), .stride = SHAPE(2, 1, 2), .padding = SHAPE(1), .dilation = SHAPE(1, 1, 2))},
    {CASE("rounded up", DISTINCT(1, 1, 3, 5, 3)), WITH(K(2), .ceil_mode = true)},
    {CASE("with places", DISTINCT(1, 1, 3, 3, 3)),
     WITH(K(2), .stride = SHAPE(1), .return_indices = true)},
    {CASE("one window", DISTINCT(2, 1, 2, 3, 2)), WITH(K(2, 3, 2))},
};
#define TO_SIZE(...) .output_size = SHAPE(__VA_ARGS__)
static const tad_sample adaptive_max1d_samples[] = {
    {CASE("halves", DISTINCT(2, 3, 8)), WITH(TO_SIZE(2))},
    {CASE("unequal", DISTINCT(1, 2, 7)), WITH(TO_SIZE(3))},
    {CASE("more than there are", DISTINCT(1, 2, 3)), WITH(TO_SIZE(5))},
    {CASE("with places", DISTINCT(1, 2, 5)), WITH(TO_SIZE(2), .return_indices = true)},
    {CASE("one", DISTINCT(2, 1, 5)), WITH(TO_SIZE(1))},
};
static const tad_sample adaptive_max2d_samples[] = {
    {CASE("quarters", DISTINCT(1, 2, 4, 6)), WITH(TO_SIZE(2))},
    {CASE("unequal", DISTINCT(1, 2, 5, 7)), WITH(TO_SIZE(3, 2))},
    {CASE("more than there are", DISTINCT(1, 1, 2, 3)), WITH(TO_SIZE(3, 4))},
    {CASE("with places", DISTINCT(1, 2, 3, 5)), WITH(TO_SIZE(2, 3), .return_indices = true)},
    {CASE("one", DISTINCT(2, 1, 3, 3)), WITH(TO_SIZE(1))},
};
static const tad_sample adaptive_max3d_samples[] = {
    {CASE("eighths", DISTINCT(1, 1, 2, 4, 4)), WITH(TO_SIZE(2))},
    {CASE("unequal", DISTINCT(1, 1, 3, 4, 5)), WITH(TO_SIZE(2, 3, 2))},
    {CASE("more than there are", DISTINCT(1, 1, 1, 2, 3)), WITH(TO_SIZE(2, 2, 4))},
    {CASE("with places", DISTINCT(1, 2, 2, 3, 2)), WITH(TO_SIZE(1, 2, 2), .return_indices = true)},
    {CASE("one", DISTINCT(2, 1, 2, 2, 2)), WITH(TO_SIZE(1))},
};
#define PADDED .count_include_pad = true
static const tad_sample avg1d_samples[] = {
    {CASE("pairs", F64(2, 3, 8)), WITH(K(2), PADDED)},
    {CASE("steps", F64(1, 2, 9)), WITH(K(3), .stride = SHAPE(2), .padding = SHAPE(1), PADDED)},
    {CASE("not counted", F64(1, 2, 9)), WITH(K(3), .stride = SHAPE(2), .padding = SHAPE(1))},
    {CASE("rounded up", F64(2, 1, 8)), WITH(K(3), .ceil_mode = true, PADDED)},
    {CASE("no images", F64(0, 2, 5)), WITH(K(2), PADDED)},
};
static const tad_sample avg2d_samples[] = {
    {CASE("squares", F64(2, 3, 4, 6)), WITH(K(2), PADDED)},
    {CASE("steps", F64(1, 2, 7, 6)),
     WITH(K(3, 2), .stride = SHAPE(2, 3), .padding = SHAPE(1), PADDED)},
    {CASE("not counted", F64(1, 2, 5, 6)), WITH(K(3), .stride = SHAPE(2), .padding = SHAPE(1))},
    {CASE("rounded up", F64(1, 2, 6, 5)),
     WITH(K(2), .stride = SHAPE(3), .padding = SHAPE(1), .ceil_mode = true, PADDED)},
    {CASE("rounded up, not counted", F64(1, 2, 6, 5)),
     WITH(K(4, 2), .stride = SHAPE(3, 2), .padding = SHAPE(2, 1), .ceil_mode = true)},
};
static const tad_sample avg3d_samples[] = {
    {CASE("cubes", F64(1, 2, 4, 2, 4)), WITH(K(2), PADDED)},
    {CASE("steps", F64(1, 1, 4, 5, 4)),
     WITH(K(2, 3, 2), .stride = SHAPE(2, 1, 2), .padding = SHAPE(1), PADDED)},
    {CASE("not counted", F64(1, 1, 3, 3, 3)), WITH(K(2), .padding = SHAPE(1, 0, 1))},
    {CASE("rounded up", F64(1, 1, 3, 5, 3)), WITH(K(2), .ceil_mode = true, PADDED)},
    {CASE("one window", F64(2, 1, 2, 3, 2)), WITH(K(2, 3, 2), PADDED)},
};
static const tad_sample adaptive_avg1d_samples[] = {
    {CASE("halves", F64(2, 3, 8)), WITH(TO_SIZE(2))},
    {CASE("unequal", F64(1, 2, 7)), WITH(TO_SIZE(3))},
    {CASE("more than there are", F64(1, 2, 3)), WITH(TO_SIZE(5))},
    {CASE("one", F64(2, 1, 5)), WITH(TO_SIZE(1))},
    {CASE("no images", F64(0, 1, 5)), WITH(TO_SIZE(2))},
};
static const tad_sample adaptive_avg2d_samples[] = {
    {CASE("quarters", F64(1, 2, 4, 6)), WITH(TO_SIZE(2))},
    {CASE("unequal", F64(1, 2, 5, 7)), WITH(TO_SIZE(3, 2))},
    {CASE("more than there are", F64(1, 1, 2, 3)), WITH(TO_SIZE(3, 4))},
    {CASE("one", F64(2, 2, 3, 3)), WITH(TO_SIZE(1))},
    {CASE("each", F64(1, 2, 2, 3)), WITH(TO_SIZE(2, 3))},
};
static const tad_sample adaptive_avg3d_samples[] = {
    {CASE("eighths", F64(1, 1, 2, 4, 4)), WITH(TO_SIZE(2))},
    {CASE("unequal", F64(1, 1, 3, 4, 5)), WITH(TO_SIZE(2, 3, 2))},
    {CASE("more than there are", F64(1, 1, 1, 2, 3)), WITH(TO_SIZE(2, 2, 4))},
    {CASE("one", F64(2, 1, 2, 2, 2)), WITH(TO_SIZE(1))},
    {CASE("each", F64(1, 1, 2, 1, 3)), WITH(TO_SIZE(2, 1, 3))},
};
static const tad_sample spread_samples[] = {
    {CASE("squares", F64(1, 2, 2, 3)), WITH(K(2), TO_SIZE(4, 6), PADDED)},
    {CASE("steps", F64(1, 1, 4, 2)),
     WITH(K(3), .stride = SHAPE(2, 3), .padding = SHAPE(1), TO_SIZE(7, 5))},
    {CASE("rounded up", F64(2, 1, 3)), WITH(K(3), .ceil_mode = true, TO_SIZE(8), PADDED)},
    {CASE("adaptive", F64(1, 2, 3, 2)), WITH(TO_SIZE(5, 7), .adaptive = true)},
    {CASE("three axes", F64(1, 1, 2, 1, 2)), WITH(K(2), TO_SIZE(4, 2, 4), PADDED)},
};

/* ---- misuse ---- */

#define POOL_MISUSE                                                                                \
    {CASE("integers", INDICES(3, 1, 2, 6)), WITH(K(2)), .expect = TAD_BAD_DTYPE},                  \
        {CASE("no kernel_size", F64(1, 2, 6)), .expect = TAD_BAD_ARGUMENT},                        \
        {CASE("kernel 0", F64(1, 2, 6)), WITH(K(0)), .expect = TAD_BAD_ARGUMENT},                  \
        {CASE("stride 0", F64(1, 2, 6)), WITH(K(2), .stride = SHAPE(0)),                           \
         .expect = TAD_BAD_ARGUMENT},                                                              \
        {CASE("much padding", F64(1, 2, 6)), WITH(K(3), .padding = SHAPE(2)),                      \
         .expect = TAD_BAD_ARGUMENT},                                                              \
        {CASE("two kernels for an axis", F64(1, 2, 6)), WITH(K(2, 2)),                             \
         .expect = TAD_BAD_ARGUMENT},                                                              \
        {CASE("kernel larger than x", F64(1, 2, 6)), WITH(K(9), .padding = SHAPE(1)),              \
         .expect = TAD_BAD_SHAPE},                                                                 \
        {CASE("an axis without elements", F64(1, 2, 0)), WITH(K(2), .padding = SHAPE(1)),          \
         .expect = TAD_BAD_SHAPE},                                                                 \
    {                                                                                              \
        CASE("two axes", F64(2, 6)), WITH(K(2)), .expect = TAD_BAD_SHAPE                           \
    }
static const tad_misuse max1d_misuse[] = {
    POOL_MISUSE,
    {CASE("dilation 0", F64(1, 2, 6)), WITH(K(2), .dilation = SHAPE(0)),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("only padding in a window", F64(1, 2, 9)),
     WITH(K(2), .padding = SHAPE(1), .dilation = SHAPE(10)), .expect = TAD_BAD_SHAPE},
};
static const tad_misuse avg1d_misuse[] = {POOL_MISUSE};
static const tad_misuse flat_misuse[] = {
    {CASE("one axis", F64(1, 2, 6)), WITH(K(2)), .expect = TAD_BAD_SHAPE},
    {CASE("one kernel too many", F64(1, 2, 6, 6)), WITH(K(2, 2, 2)), .expect = TAD_BAD_ARGUMENT},
    {CASE("kernel larger than x", F64(1, 2, 6, 2)), WITH(K(3)), .expect = TAD_BAD_SHAPE},
};
static const tad_misuse deep_misuse[] = {
    {CASE("two axes", F64(1, 2, 6, 6)), WITH(K(2)), .expect = TAD_BAD_SHAPE},
    {CASE("two kernels", F64(1, 2, 6, 6, 6)), WITH(K(2, 2)), .expect = TAD_BAD_ARGUMENT},
    {CASE("kernel larger than x", F64(1, 2, 6, 2, 6)), WITH(K(3)), .expect = TAD_BAD_SHAPE},
};
#define ADAPTIVE_MISUSE(...)                                                                       \
    {CASE("no output_size", F64(1, 2, __VA_ARGS__)), .expect = TAD_BAD_ARGUMENT},                  \
        {CASE("output_size 0", F64(1, 2, __VA_ARGS__)), WITH(TO_SIZE(0)),                          \
         .expect = TAD_BAD_ARGUMENT},                                                              \
        {CASE("four sizes", F64(1, 2, __VA_ARGS__)), WITH(TO_SIZE(1, 1, 1, 1)),                    \
         .expect = TAD_BAD_ARGUMENT},                                                              \
    {                                                                                              \
        CASE("an axis too few", F64(2, __VA_ARGS__)), WITH(TO_SIZE(1)), .expect = TAD_BAD_SHAPE    \
    }
static const tad_misuse adaptive1d_misuse[] = {
    ADAPTIVE_MISUSE(6),
    {CASE("an axis without elements", F64(1, 2, 0)), WITH(TO_SIZE(1)), .expect = TAD_BAD_SHAPE},
};
static const tad_misuse adaptive2d_misuse[] = {ADAPTIVE_MISUSE(6, 6)};
static const tad_misuse adaptive3d_misuse[] = {ADAPTIVE_MISUSE(6, 6, 6)};
static const tad_misuse spread_misuse[] = {
    {CASE("other windows", F64(1, 2, 2, 3)), WITH(K(2), TO_SIZE(4, 8)), .expect = TAD_BAD_SHAPE},
    {CASE("no output_size", F64(1, 2, 3)), WITH(K(2)), .expect = TAD_BAD_ARGUMENT},
    {CASE("output_size below 0", F64(1, 2, 3)), WITH(K(2), TO_SIZE(-4)),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("two axes", F64(2, 3)), WITH(K(2), TO_SIZE(6)), .expect = TAD_BAD_SHAPE},
};

/* ---- the ops ---- */

#define ROW(name_, doc_, op, list, samples_, misuse_)                                              \
    .name = name_, .doc = doc_, .family = "pooling", .min_in = 1, .max_in = 1,                     \
    OPTIONS(tad__window_options, list), .shape = tad__pool_shape, .forward = tad__##op##_forward,  \
    .backward = tad__##op##_backward, .vjp = tad__##op##_vjp, .c_text = tad__##op##_c_text,        \
    SAMPLES(samples_), MISUSE(misuse_)
#define MAX_ROW(name, doc, list, samples, misuse)                                                  \
    { ROW(name, doc, max_pool, list, samples, misuse), .jvp = tad__max_pool_jvp }
#define AVG_ROW(name, doc, list, samples, misuse)                                                  \
    { ROW(name, doc, avg_pool, list, samples, misuse), .n_out = 1, .flags = TAD_OP_LINEAR }

const tad_op tad__ops_pool[] = {
    MAX_ROW("max_pool1d",
            "the largest element of each window of (N,C,L), the first of equals, of a NaN if there "
            "is one; padding never wins; return_indices: also the places, counted in (L), int64",
            max_list, max1d_samples, max1d_misuse),
    MAX_ROW("max_pool2d", "the same of (N,C,H,W); places are counted row by row in (H,W)", max_list,
            max2d_samples, flat_misuse),
    MAX_ROW("max_pool3d", "the same of (N,C,D,H,W)", max_list, max3d_samples, deep_misuse),
    MAX_ROW("adaptive_max_pool1d",
            "the same of n windows that cut the axis up: window i from floor(i L / n) to "
            "ceil((i + 1) L / n) - 1",
            adaptive_max_list, adaptive_max1d_samples, adaptive1d_misuse),
    MAX_ROW("adaptive_max_pool2d", "the same of (N,C,H,W)", adaptive_max_list,
            adaptive_max2d_samples, adaptive2d_misuse),
    MAX_ROW("adaptive_max_pool3d", "the same of (N,C,D,H,W)", adaptive_max_list,
            adaptive_max3d_samples, adaptive3d_misuse),
    AVG_ROW("avg_pool1d",
            "the mean of each window of (N,C,L), zeros of the padding counted unless "
            "count_include_pad is false",
            avg_list, avg1d_samples, avg1d_misuse),
    AVG_ROW("avg_pool2d", "the same of (N,C,H,W)", avg_list, avg2d_samples, flat_misuse),
    AVG_ROW("avg_pool3d", "the same of (N,C,D,H,W)", avg_list, avg3d_samples, deep_misuse),
    AVG_ROW("adaptive_avg_pool1d", "means of windows that cut the axis up, as adaptive_max_pool1d",
            adaptive_avg_list, adaptive_avg1d_samples, adaptive1d_misuse),
    AVG_ROW("adaptive_avg_pool2d", "the same of (N,C,H,W)", adaptive_avg_list,
            adaptive_avg2d_samples, adaptive2d_misuse),
    AVG_ROW("adaptive_avg_pool3d", "the same of (N,C,D,H,W)", adaptive_avg_list,
            adaptive_avg3d_samples, adaptive3d_misuse),
    {ROW("avg_pool_spread", "the adjoint of means of windows", pool_spread, spread_list,
         spread_samples, spread_misuse),
     .n_out = 1, .flags = TAD_OP_LINEAR | TAD_OP_INTERNAL},
};
const size_t tad__ops_pool_count = LENGTH(tad__ops_pool);

/* ---- functions ---- */

static tad_var windowed(int op, tad_var x, tad_shape kernel, const tad_pool_options *given,
                        tad_var *indices) {
    static const tad_pool_options none;
    const tad_pool_options *p = given ? given : &none;
    const tad__window_options o = {.kernel_size = kernel,
                                   .stride = p->stride,
                                   .padding = p->padding,
                                   .dilation = p->dilation,
                                   .ceil_mode = p->ceil_mode,
                                   .count_include_pad = !p->exclude_pad,
                                   .return_indices = indices != NULL};
    tad_var out[2] = {x, x};
    const tad_var y = tad_apply(&tad__ops_pool[op], &x, 1, &o, out, indices ? 2 : 1);
    if (indices) *indices = out[1];
    return y;
}

static tad_var adaptive(int op, tad_var x, tad_shape size, tad_var *indices) {
    const tad__window_options o = {.output_size = size, .return_indices = indices != NULL};
    tad_var out[2] = {x, x};
    const tad_var y = tad_apply(&tad__ops_pool[op], &x, 1, &o, out, indices ? 2 : 1);
    if (indices) *indices = out[1];
    return y;
}

#define FUNCTIONS(n)                                                                               \
    tad_var tad_max_pool##n##d(tad_var x, tad_shape kernel, const tad_pool_options *options,       \
                               tad_var *indices) {                                                 \
        return windowed(TAD__MAX_POOL + n - 1, x, kernel, options, indices);                       \
    }                                                                                              \
    tad_var tad_avg_pool##n##d(tad_var x, tad_shape kernel, const tad_pool_options *options) {     \
        return windowed(TAD__AVG_POOL + n - 1, x, kernel, options, NULL);                          \
    }                                                                                              \
    tad_var tad_adaptive_max_pool##n##d(tad_var x, tad_shape size, tad_var *indices) {             \
        return adaptive(TAD__ADAPTIVE_MAX_POOL + n - 1, x, size, indices);                         \
    }                                                                                              \
    tad_var tad_adaptive_avg_pool##n##d(tad_var x, tad_shape size) {                               \
        return adaptive(TAD__ADAPTIVE_AVG_POOL + n - 1, x, size, NULL);                            \
    }
FUNCTIONS(1)
FUNCTIONS(2)
FUNCTIONS(3)
