/* Kernels of the rows of scalar.def, compiled once per instruction-set level: contiguous loops over
 * at most TAD__BLOCK elements, vectorised by the compiler. Rests on elementary.h. */
#include "isa.h"
#include "kernels.h"
#include "elementary.h"

#define UNUSED __attribute__((unused))

/* Rows that other rows use, where elementary.h has no function of the name. */
#define HELPERS(T, suffix)                                                                         \
    static inline UNUSED T tad__sign_##suffix(T x) { return x > 0 ? 1 : x < 0 ? -1 : x; }                 \
    static inline UNUSED T tad__step_##suffix(T x) { return x > 0 ? 1 : x <= 0 ? 0 : x; }                 \
    static inline UNUSED T tad__floor_mod_##suffix(T a, T b) {                                     \
        T r = tad__fmod_##suffix(a, b);                                                            \
        return r != 0 && (r < 0) != (b < 0) ? r + b : r;                                           \
    }
static inline double tad__fmod_f64(double a, double b) { return fmod(a, b); }
static inline float tad__fmod_f32(float a, float b) { return fmodf(a, b); }
static inline double tad__hypot_f64(double a, double b) { return hypot(a, b); }
static inline float tad__hypot_f32(float a, float b) { return hypotf(a, b); }
HELPERS(double, f64)
HELPERS(float, f32)

#include "words.h"

/* sin, cos and tan call libm for large arguments, which would keep their loops from becoming vector
 * code. So a strip of a row is done with the forms for near arguments, which also notice one that is
 * too large for them; if there was one, the strip is done again with the next forms, the last of
 * which are whole. Other rows never notice any. */
enum { STRIP = 1024, NEAR, CORE, WHOLE };
#define FORM(f, T, bits, fabs_)                                                                    \
    TAD__EMBEDDED T form_##f##_f##bits(T x, int form, unsigned *large) {                           \
        if (form == WHOLE) return tad__##f##_f##bits(x);                                           \
        *large |= !(fabs_(x) <= (form == NEAR ? TAD__TRIG_NEAR_F##bits : TAD__TRIG_LIMIT_F##bits)); \
        return form == NEAR ? tad__##f##_near_f##bits(x) : tad__##f##_core_f##bits(x);             \
    }
#define FORMS(f) FORM(f, double, 64, fabs) FORM(f, float, 32, fabsf)
TAD__ELEMENTARY_BLOCK(FORMS)
#define tad__sin_f64(x) form_sin_f64(x, form, &large)
#define tad__sin_f32(x) form_sin_f32(x, form, &large)
#define tad__cos_f64(x) form_cos_f64(x, form, &large)
#define tad__cos_f32(x) form_cos_f32(x, form, &large)
#define tad__tan_f64(x) form_tan_f64(x, form, &large)
#define tad__tan_f32(x) form_tan_f32(x, form, &large)

/* What an element seldom needs is left out likewise until one of the strip needs it. Then each takes
 * what it needs itself, so that no result depends on its neighbours, and the next strip, which may
 * be alike, is not even tried without. `rare` is as wide as an element: nothing has to be packed. */
#define RARELY(where, right, cheap)                                                                \
    (rare |= (where), form == NEAR ? (cheap) : (where) ? (right) : (cheap))
#define STRIP_AS(FORM, ...)                                                                        \
    {                                                                                              \
        UNUSED const int form = FORM;                                                              \
        for (size_t i = from; i < end; i++) { __VA_ARGS__ }                                        \
    }
#define EACH(...)                                                                                  \
    BITS rare = 0;                                                                                 \
    for (size_t from = 0, end; from < n; from = end) {                                             \
        unsigned large = 0;                                                                        \
        end = n - from < STRIP ? n : from + STRIP;                                                 \
        if (!rare) {                                                                               \
            STRIP_AS(NEAR, __VA_ARGS__)                                                            \
            if (!large && !rare) continue;                                                         \
        }                                                                                          \
        large = 0, rare = 0;                                                                       \
        STRIP_AS(CORE, __VA_ARGS__)                                                                \
        if (large) STRIP_AS(WHOLE, __VA_ARGS__)                                                    \
    }
#define FORWARD(name, value)                                                                       \
    static void NAME(name##_forward)(size_t n, const void *const *in, void *out, const double *pq) { \
        T *y = out;                                                                                \
        INPUTS                                                                                     \
        (void)pq;                                                                                  \
        EACH(LOADS y[i] = value;)                                                                  \
    }
#define BACKWARD(name, wrt, derivative)                                                            \
    static void NAME(name##_d##wrt)(size_t n, const void *const *in, const void *out, const void *cotangent, \
                                    void *result, const double *pq) {                              \
        const T *restrict y = out, *restrict g = cotangent;                                        \
        T *restrict r = result;                                                                    \
        INPUTS                                                                                     \
        (void)pq;                                                                                  \
        EACH(LOADS UNUSED const T Y = y[i]; r[i] = g[i] * (derivative);)                           \
    }

#define T double
#define BITS uint64_t
#define SUFFIX f64
#define FN(f, x) tad__##f##_f64(x)
#define FN2(f, a, b) tad__##f##_f64(a, b)
#include "row_body.h"
#undef T
#undef BITS
#undef SUFFIX
#undef FN
#undef FN2

#define T float
#define BITS uint32_t
#define SUFFIX f32
#define FN(f, x) tad__##f##_f32(x)
#define FN2(f, a, b) tad__##f##_f32(a, b)
#include "row_body.h"
#undef T
#undef BITS
#undef SUFFIX

/* ---- the table ---- */

#define TAD_TEXT_(x) #x
#define TAD_TEXT(x) TAD_TEXT_(x)

#define BOTH(name) {TAD_PASTE(name, f64), TAD_PASTE(name, f32)}
#define TAD_UNARY(name, ...)                                                                       \
    [TAD__ROW_##name] = {.forward = BOTH(name##_forward), .backward = {BOTH(name##_d0)}},
#define TAD_OPTION1(name, ...) TAD_UNARY(name, )
#define TAD_OPTION2(name, ...) TAD_UNARY(name, )
#define TAD_BINARY(name, ...)                                                                      \
    [TAD__ROW_##name] = {                                                                          \
        .forward = BOTH(name##_forward),                                                           \
        .backward = {BOTH(name##_d0), BOTH(name##_d1)},                                            \
        .forward_single = {BOTH(name##_single0_forward), BOTH(name##_single1_forward)},            \
        .backward_single = {BOTH(name##_single0_d1), BOTH(name##_single1_d0)}},
#define TAD_TERNARY(name, ...)                                                                     \
    [TAD__ROW_##name] = {.forward = BOTH(name##_forward),                                          \
                         .backward = {BOTH(name##_d0), BOTH(name##_d1), BOTH(name##_d2)}},
static const tad__row_kernels rows[TAD__ROW_COUNT] = {
#include <tad/scalar.def>
};

/* ---- filling, adding and summing, in an order that no vector width changes ---- */

enum { SUM_PART = 4096 }; /* elements summed in T before they join a double */

#define ADD_SUM(T, suffix)                                                                         \
    static void fill_##suffix(size_t n, double value, void *to) {                                  \
        T *y = to, v = (T)value;                                                                   \
        for (size_t i = 0; i < n; i++) y[i] = v;                                                   \
    }                                                                                              \
    static void add_##suffix(size_t n, const void *from, void *to) {                               \
        const T *restrict x = from;                                                                \
        T *restrict y = to;                                                                        \
        for (size_t i = 0; i < n; i++) y[i] += x[i];                                               \
    }                                                                                              \
    static double sum_part_##suffix(size_t n, const T *x) {                                        \
        T part[32] = {0};                                                                          \
        size_t i = 0;                                                                              \
        for (; i + 32 <= n; i += 32)                                                               \
            for (size_t k = 0; k < 32; k++) part[k] += x[i + k];                                   \
        for (size_t k = 0; i < n; i++, k++) part[k] += x[i];                                       \
        for (size_t half = 16; half; half /= 2)                                                    \
            for (size_t k = 0; k < half; k++) part[k] += part[k + half];                           \
        return (double)part[0];                                                                    \
    }                                                                                              \
    static double sum_##suffix(size_t n, const void *from) {                                       \
        const T *x = from;                                                                         \
        double sum = 0;                                                                            \
        for (; n > SUM_PART; n -= SUM_PART, x += SUM_PART) sum += sum_part_##suffix(SUM_PART, x);  \
        return sum + sum_part_##suffix(n, x);                                                      \
    }
ADD_SUM(double, f64)
ADD_SUM(float, f32)

/* ---- choosing ---- */

#define SELECT(U, bytes)                                                                           \
    static void select_##bytes(size_t n, const uint8_t *restrict c, const void *a_, const void *b_, \
                               void *to) {                                                         \
        const U *restrict a = a_, *restrict b = b_;                                                \
        U *restrict y = to;                                                                        \
        for (size_t i = 0; i < n; i++) {                                                           \
            const U p = a[i], q = b[i];                                                            \
            y[i] = c[i] ? p : q;                                                                   \
        }                                                                                          \
    }
SELECT(uint64_t, 8)
SELECT(uint32_t, 4)
SELECT(uint8_t, 1)

/* The build names another one when a library is to do the products. */
#ifndef TAD_GEMM
#define TAD_GEMM tad__gemm_kernels
#endif
extern const tad__gemm_kernels TAD_LEVEL(TAD_GEMM);

extern const tad__kernels TAD_LEVEL(tad__kernels);
const tad__kernels TAD_LEVEL(tad__kernels) = {
    .name = TAD_TEXT(TAD_ISA),
    .row = rows,
    .fill = {fill_f64, fill_f32},
    .select = {[TAD_F64] = select_8, [TAD_F32] = select_4, [TAD_I64] = select_8, [TAD_BOOL] = select_1},
    .add = {add_f64, add_f32},
    .sum = {sum_f64, sum_f32},
    .add_columns = {TAD_LEVEL(tad__add_columns_f64), TAD_LEVEL(tad__add_columns_f32)},
    .gemm = &TAD_LEVEL(TAD_GEMM),
    .softmax = &TAD_LEVEL(tad__softmax_kernels),
    .loss = &TAD_LEVEL(tad__loss_kernels),
    .norm = &TAD_LEVEL(tad__norm_kernels),
    .update = &TAD_LEVEL(tad__update_kernels),
    .sweep = TAD_LEVEL(tad__sweep_numbers),
    .extreme = {TAD_LEVEL(tad__extreme_f64), TAD_LEVEL(tad__extreme_f32)},
    .places = {TAD_LEVEL(tad__places_f64), TAD_LEVEL(tad__places_f32)},
    .find = {TAD_LEVEL(tad__find_f64), TAD_LEVEL(tad__find_f32)},
    .extremes = {TAD_LEVEL(tad__extremes_f64), TAD_LEVEL(tad__extremes_f32)},
    .share = {TAD_LEVEL(tad__share_f64), TAD_LEVEL(tad__share_f32)},
};
