/* Kernels of the rows of scalar.def, compiled once per instruction-set level: contiguous loops,
 * vectorised by the compiler. Rests on elementary.h. */
#include "isa.h"
#include "kernels.h"
#include "elementary.h"
#include "ending.h"

#define UNUSED __attribute__((unused))

#include "row_long.h"
#include "words.h"

/* ---- strips ----
 *
 * A long row (row_long.h) has one loop, over whole vectors; ending.h says why. It goes in strips:
 * first with the forms of functions that are right for almost all arguments, and notice the others
 * (NEAR); if there was one, the strip is done again with forms that are right for all (ALL). */
enum { STRIP = 1024, NEAR, ALL };

/* A row's arrays and what is left of them. */
typedef struct left {
    ending at;
    size_t operands;
    const void *const *in;
    const double *pq;
} left;

static __attribute__((noinline)) void forward_left(const left *l, tad__row_forward *f, void *out) {
    const void *in[3];
    room rooms[3], result;
    for (size_t k = 0; k < l->operands; k++) in[k] = brought_in(&l->at, l->in[k], &rooms[k]);
    f(TAD_VECTOR_BYTES / l->at.size, in, result.bytes, l->pq);
    bring_out(&l->at, &result, out);
}

static __attribute__((noinline)) void backward_left(const left *l, tad__row_backward *f,
                                                    const void *y, const void *g, void *out) {
    const void *in[3];
    room rooms[3], of_y, of_g, result;
    for (size_t k = 0; k < l->operands; k++) in[k] = brought_in(&l->at, l->in[k], &rooms[k]);
    f(TAD_VECTOR_BYTES / l->at.size, in, brought_in(&l->at, y, &of_y), brought_in(&l->at, g, &of_g),
      result.bytes, l->pq);
    bring_out(&l->at, &result, out);
}

/* Long rows with operand `alone` a single element: their loop over a block that repeats it. */
enum { BLOCK = 256, BOTH_ARRAYS = -1 };

static size_t repeated(size_t n, size_t size, const void *element, char *block) {
    const size_t m = n < BLOCK ? n : BLOCK;
    for (size_t i = 0; i < m; i++) memcpy(block + i * size, element, size);
    return m;
}

static __attribute__((noinline)) void forward_repeated(tad__row_forward *f, int alone, size_t size,
                                                       size_t n, const void *const *in, void *out,
                                                       const double *pq) {
    _Alignas(TAD_VECTOR_BYTES) char block[BLOCK * sizeof(double)];
    const size_t most = repeated(n, size, in[alone], block);
    for (size_t at = 0; at < n; at += most) {
        const void *operand[2] = {block, block};
        operand[1 - alone] = (const char *)in[1 - alone] + at * size;
        f(n - at < most ? n - at : most, operand, (char *)out + at * size, pq);
    }
}

static __attribute__((noinline)) void backward_repeated(tad__row_backward *f, int alone,
                                                        size_t size, size_t n,
                                                        const void *const *in, const void *y,
                                                        const void *g, void *out,
                                                        const double *pq) {
    _Alignas(TAD_VECTOR_BYTES) char block[BLOCK * sizeof(double)];
    const size_t most = repeated(n, size, in[alone], block);
    for (size_t at = 0; at < n; at += most) {
        const void *operand[2] = {block, block};
        operand[1 - alone] = (const char *)in[1 - alone] + at * size;
        f(n - at < most ? n - at : most, operand, (const char *)y + at * size,
          (const char *)g + at * size, (char *)out + at * size, pq);
    }
}

/* sin, cos and tan call libm for large arguments, which keeps a loop from becoming vector code. */
#define FORM(f, T, bits, fabs_)                                                                    \
    static __attribute__((noinline)) T all_##f##_f##bits(T x) { return tad__##f##_f##bits(x); }    \
    TAD__EMBEDDED T form_##f##_f##bits(T x, int form, uint##bits##_t *rare) {                      \
        if (form == ALL) return all_##f##_f##bits(x);                                              \
        *rare |= -(uint##bits##_t) !(fabs_(x) <= TAD__TRIG_NEAR_F##bits);                          \
        return tad__##f##_near_f##bits(x);                                                         \
    }
#define FORMS(f) FORM(f, double, 64, fabs) FORM(f, float, 32, fabsf)
TAD__ELEMENTARY_BLOCK(FORMS)
#define tad__sin_f64(x) form_sin_f64(x, form, &rare)
#define tad__sin_f32(x) form_sin_f32(x, form, &rare)
#define tad__cos_f64(x) form_cos_f64(x, form, &rare)
#define tad__cos_f32(x) form_cos_f32(x, form, &rare)
#define tad__tan_f64(x) form_tan_f64(x, form, &rare)
#define tad__tan_f32(x) form_tan_f32(x, form, &rare)

/* fmod does for large quotients. The sign of a remainder of floor is the divisor's. */
#define FMOD(T, bits, fabs_)                                                                       \
    static __attribute__((noinline)) T all_fmod_f##bits(T a, T b) {                                \
        return tad__fmod_f##bits(a, b);                                                            \
    }                                                                                              \
    TAD__EMBEDDED T form_fmod_f##bits(T a, T b, int form, uint##bits##_t *rare) {                  \
        if (form == ALL) return all_fmod_f##bits(a, b);                                            \
        *rare |= -(uint##bits##_t)tad__fmod_far_f##bits(fabs_(a), fabs_(b));                       \
        return tad__fmod_near_f##bits(a, b);                                                       \
    }                                                                                              \
    TAD__EMBEDDED T form_floor_mod_f##bits(T a, T b, int form, uint##bits##_t *rare) {             \
        T r = form_fmod_f##bits(a, b, form, rare);                                                 \
        return tad__to_divisor_f##bits(r, b);                                                      \
    }
FMOD(double, 64, fabs)
FMOD(float, 32, fabsf)
#define tad__fmod_f64(a, b) form_fmod_f64(a, b, form, &rare)
#define tad__fmod_f32(a, b) form_fmod_f32(a, b, form, &rare)
#define tad__floor_mod_f64(a, b) form_floor_mod_f64(a, b, form, &rare)
#define tad__floor_mod_f32(a, b) form_floor_mod_f32(a, b, form, &rare)

/* Which loop option P asks for: one that looks at it for every element would be no vector code. */
TAD__EMBEDDED int option_form(int kind, double p) {
    return kind & POWER_OPTION                  ? tad__power_form(p)
           : (kind & EITHER_OPTION) && (p == 0) ? TAD__POWER_0
                                                : TAD__POWER_ANY;
}

/* P and P - 1. Out of line, so that compilers do not see that a loop compares what stays. */
typedef struct powers {
    tad__exponent exponent[2];
} powers;

static __attribute__((noinline)) powers powers_of(double p, double one_less) {
    return (powers){{tad__exponent_of(p), tad__exponent_of(one_less)}};
}

#undef EITHER
#define EITHER(a, b) (option == TAD__POWER_0 ? (a) : (b))
#define POWER(less) M(power)(X, option, less, power.exponent[less])

/* How many of the next n elements a strip takes. */
static inline size_t strip(size_t n, size_t size) {
    return whole_vectors(n < STRIP ? n : STRIP, size);
}

/* What an element seldom needs. Where the strip is done again each element takes what it needs
 * itself, so that no result depends on its neighbours; and the next strip, which may be alike, is
 * not even tried without. `rare` is as wide as an element: nothing has to be packed. */
TAD__EMBEDDED void note_f64(uint64_t *rare, uint64_t where) { *rare |= where; }
TAD__EMBEDDED void note_f32(uint32_t *rare, uint32_t where) { *rare |= where; }
#define RARELY(where, right, cheap)                                                                \
    (N(note)(&rare, where), form == NEAR ? (cheap) : (where) ? (right) : (cheap))
#define STRIP_OF(FORM, OPTION, ...)                                                                \
    {                                                                                              \
        UNUSED const int form = FORM, option = OPTION;                                             \
        TAD_TURNS_APART                                                                            \
        for (size_t i = from; i < from + m; i++) {                                                 \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define STRIP_OF_ALL(kind, FORM, ...) STRIP_OF(FORM, TAD__POWER_ANY, __VA_ARGS__)
#define STRIP_OF_OPTION(kind, FORM, ...)                                                           \
    UNUSED const powers power = (kind)&POWER_OPTION ? powers_of((T)pq[0], (T)pq[0] - 1)            \
                                                    : (powers){.exponent = {{.w = 0}}};            \
    switch (option_form(kind, pq[0])) {                                                            \
    case TAD__POWER_0: STRIP_OF(FORM, TAD__POWER_0, __VA_ARGS__) break;                            \
    case TAD__POWER_2: STRIP_OF(FORM, TAD__POWER_2, __VA_ARGS__) break;                            \
    case TAD__POWER_3: STRIP_OF(FORM, TAD__POWER_3, __VA_ARGS__) break;                            \
    case TAD__POWER_INVERSE: STRIP_OF(FORM, TAD__POWER_INVERSE, __VA_ARGS__) break;                \
    case TAD__POWER_ROOT: STRIP_OF(FORM, TAD__POWER_ROOT, __VA_ARGS__) break;                      \
    case TAD__POWER_ROOT_3: STRIP_OF(FORM, TAD__POWER_ROOT_3, __VA_ARGS__) break;                  \
    case TAD__POWER_INVERSE_ROOT: STRIP_OF(FORM, TAD__POWER_INVERSE_ROOT, __VA_ARGS__) break;      \
    default: STRIP_OF(FORM, TAD__POWER_ANY, __VA_ARGS__)                                           \
    }
#define EACH(kind, do_left, ...)                                                                   \
    BITS rare = 0;                                                                                 \
    size_t from = 0;                                                                               \
    for (size_t m; (m = (kind)&1 ? strip(n - from, sizeof(T)) : n - from) != 0; from += m) {       \
        if (!rare) {                                                                               \
            STRIP_AS(kind, NEAR, __VA_ARGS__)                                                      \
            if (!rare) continue;                                                                   \
        }                                                                                          \
        rare = 0;                                                                                  \
        STRIP_AS(kind, ALL, __VA_ARGS__)                                                           \
    }                                                                                              \
    if ((kind)&1 && from < n) do_left;
#define LEFT (&(left){{sizeof(T), from, n - from}, OPERANDS, in, pq})
#define FORWARD(row, name, value)                                                                  \
    static void N(name##_forward)(size_t n, const void *const *in, void *out, const double *pq) {  \
        T *y = out;                                                                                \
        INPUTS;                                                                                    \
        (void)pq;                                                                                  \
        if (LONG_##row##_forward & 1 && ALONE != BOTH_ARRAYS) {                                    \
            forward_repeated(N(row##_forward), ALONE, sizeof(T), n, in, out, pq);                  \
            return;                                                                                \
        }                                                                                          \
        EACH(LONG_##row##_forward, forward_left(LEFT, N(name##_forward), out), LOADS;              \
             y[i] = value;)                                                                        \
    }
#define BACKWARD(row, name, wrt, derivative)                                                       \
    static void N(name##_d##wrt)(size_t n, const void *const *in, const void *out,                 \
                                 const void *cotangent, void *result, const double *pq) {          \
        const T *restrict y = out, *restrict g = cotangent;                                        \
        T *restrict r = result;                                                                    \
        INPUTS;                                                                                    \
        (void)pq;                                                                                  \
        if (LONG_##row##_d##wrt & 1 && ALONE != BOTH_ARRAYS) {                                     \
            backward_repeated(N(row##_d##wrt), ALONE, sizeof(T), n, in, out, cotangent, result,    \
                              pq);                                                                 \
            return;                                                                                \
        }                                                                                          \
        EACH(LONG_##row##_d##wrt, backward_left(LEFT, N(name##_d##wrt), out, cotangent, result),   \
             LOADS;                                                                                \
             UNUSED const T Y = y[i]; r[i] = g[i] * (derivative);)                                 \
    }

#define FN(f, x) M(f)(x)
#define FN2(f, a, b) M(f)(a, b)
#define BODY "row_body.h"
#include "instantiate.h"

/* ---- the table ---- */

/* clang-format off */
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
const tad__row_kernels TAD_LEVEL(tad__rows)[TAD__ROW_COUNT] = {
#include <tad/scalar.def>
};
/* clang-format on */
