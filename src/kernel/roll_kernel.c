/* Rolled-up sums of one instruction-set level. Rests on roll.h and vector.h. */
#include "roll.h"

#include <stdbool.h>
#include <string.h>

#include "vector.h"

#define INLINE static inline __attribute__((always_inline))

enum { VECS = TAD__CHUNK / WIDTH };
typedef struct chunk {
    vec of[VECS];
} chunk;
#if TAD_VECTOR_BYTES == 64
#define LANES(of) of(0), of(1), of(2), of(3), of(4), of(5), of(6), of(7)
#elif TAD_VECTOR_BYTES == 32
#define LANES(of) of(0), of(1), of(2), of(3)
#else
#define LANES(of) of(0), of(1)
#endif
#define EACH_VEC(i) _Pragma("GCC unroll 4") for (int i = 0; i < VECS; i++)

/* ---- operands ---- */

/* By address: as results of functions they would be passed in another way at each level. */
INLINE void load(chunk *x, const double *at) {
    EACH_VEC(i) x->of[i] = *(const vec *)(at + i * WIDTH);
}
INLINE void store(double *to, const chunk *x) { EACH_VEC(i) * (vec *)(to + i * WIDTH) = x->of[i]; }
INLINE void spread(chunk *x, double y) { EACH_VEC(i) x->of[i] = y - (vec){0}; /* -0 stays */ }

INLINE void gather(chunk *x, const double *v, const int32_t *p) {
#define LISTED_LANE(k) v[p[i * WIDTH + k]]
    EACH_VEC(i) x->of[i] = (vec){LANES(LISTED_LANE)};
}

INLINE void gather_strided(chunk *x, const double *v, ptrdiff_t step) {
#define STRIDED_LANE(k) v[(i * WIDTH + k) * step]
    EACH_VEC(i) x->of[i] = (vec){LANES(STRIDED_LANE)};
}

INLINE void multiply(chunk *x, const chunk *y) { EACH_VEC(i) x->of[i] *= y->of[i]; }
INLINE void add(chunk *x, const chunk *y) { EACH_VEC(i) x->of[i] += y->of[i]; }
INLINE void subtract(chunk *x, const chunk *y) { EACH_VEC(i) x->of[i] -= y->of[i]; }

/* Where the places of chunk c begin. */
INLINE const int32_t *places(int kind, const int32_t *p, size_t c) {
    const bool by_chunks = kind >= TAD__CHUNKS && kind <= TAD__EITHER;
    return by_chunks ? p + c : kind == TAD__ANYWHERE ? p + TAD__CHUNK * c : p;
}

/* The operand of the chunk that is q behind chunk c, where the places at p begin. */
INLINE void operand(chunk *x, int kind, const double *v, const int32_t *p, size_t c, size_t q) {
    switch (kind) {
    case TAD__ALONG: load(x, v + p[0] + TAD__CHUNK * (c + q)); break;
    case TAD__ONE: spread(x, v[p[0]]); break;
    case TAD__CHUNKS: load(x, v + p[q]); break;
    case TAD__ONES: spread(x, v[p[q]]); break;
    case TAD__EITHER:
        if (p[q] >= 0)
            load(x, v + p[q]);
        else
            spread(x, v[~p[q]]);
        break;
    default: gather(x, v, p + TAD__CHUNK * q);
    }
}

/* ---- sums ---- */

/* Adds all terms to `at_once` chunks from c on, whose partial results stay in registers. */
INLINE void add_terms(int a_kind, int b_kind, bool minus, size_t at_once, const tad__terms *t,
                      const int32_t *place, size_t c, const double *v, chunk *sum) {
    const int32_t *a = places(a_kind, place + t->a.at, c), *b = places(b_kind, place + t->b.at, c);
    for (uint32_t k = 0; k < t->count; k++, a += t->next_a, b += t->next_b) {
#pragma GCC unroll 8
        for (size_t q = 0; q < at_once; q++) {
            chunk x, y;
            operand(&x, a_kind, v, a, c, q);
            if (b_kind != TAD__NO_FACTOR) {
                operand(&y, b_kind, v, b, c, q);
                multiply(&x, &y);
            }
            if (minus)
                subtract(&sum[q], &x);
            else
                add(&sum[q], &x);
        }
    }
}

#define KINDS (TAD__NO_FACTOR + 1)
#define OF_KINDS(a, b)                                                                             \
    case (a * KINDS + b) * 2: add_terms(a, b, false, at_once, t, place, c, v, sum); break;         \
    case (a * KINDS + b) * 2 + 1:                                                                  \
        add_terms(a, b, true, at_once, t, place, c, v, sum);                                       \
        break;
#define FROM_ALONG(a) OF_KINDS(a, TAD__ALONG) FROM_ONE(a)
#define FROM_ONE(a) OF_KINDS(a, TAD__ONE) FROM_CHUNKS(a)
#define FROM_CHUNKS(a) OF_KINDS(a, TAD__CHUNKS) FROM_ONES(a)
#define FROM_ONES(a) OF_KINDS(a, TAD__ONES) OF_KINDS(a, TAD__NO_FACTOR)
#define SELDOM_FROM_EITHER(a) OF_KINDS(a, TAD__EITHER) OF_KINDS(a, TAD__ANYWHERE)

/* A sum starts from -0, which added to anything gives that, also to -0. What is seldom, or slow
 * anyhow, has no code for many chunks at once. */
#define AT_ONCE(name, n, SELDOM)                                                                   \
    static __attribute__((noinline)) void name(const tad__terms *t, size_t terms,                  \
                                               const int32_t *place, size_t c, double *to,         \
                                               const double *v) {                                  \
        enum { at_once = n };                                                                      \
        chunk sum[at_once];                                                                        \
        _Pragma("GCC unroll 8") for (int q = 0; q < at_once; q++) spread(&sum[q], -0.0);           \
        for (const tad__terms *end = t + terms; t < end; t++) {                                    \
            switch ((t->a.kind * KINDS + t->b.kind) * 2 + t->minus) {                              \
                FROM_ALONG(TAD__ALONG)                                                             \
                FROM_ONE(TAD__ONE)                                                                 \
                FROM_CHUNKS(TAD__CHUNKS)                                                           \
                FROM_ONES(TAD__ONES)                                                               \
                SELDOM                                                                             \
            }                                                                                      \
        }                                                                                          \
        _Pragma("GCC unroll 8") for (int q = 0; q < at_once; q++)                                  \
            store(to + q * TAD__CHUNK, &sum[q]);                                                   \
    }
/* clang-format off */
#define ALL_KINDS                                                                                  \
    SELDOM_FROM_EITHER(TAD__ALONG) SELDOM_FROM_EITHER(TAD__ONE) SELDOM_FROM_EITHER(TAD__CHUNKS)    \
    SELDOM_FROM_EITHER(TAD__ONES) SELDOM_FROM_EITHER(TAD__EITHER)                                  \
    OF_KINDS(TAD__EITHER, TAD__NO_FACTOR)                                                          \
    OF_KINDS(TAD__ANYWHERE, TAD__ANYWHERE) OF_KINDS(TAD__ANYWHERE, TAD__NO_FACTOR)
/* clang-format on */

/* Below avx512 what is seldom goes chunk by chunk, which is less code. */
enum { MANY = TAD_VECTOR_BYTES / 8, SOME = 4, SOME_OF_ALL_KINDS = TAD_VECTOR_BYTES == 64 };
AT_ONCE(sum_many, MANY, )
#if TAD_VECTOR_BYTES == 64
AT_ONCE(sum_some, SOME, ALL_KINDS)
#else
#define sum_some sum_many
#endif
AT_ONCE(sum_one, 1, ALL_KINDS)

static bool is_seldom(const tad__terms *t, size_t n) {
    bool seldom = false;
    for (size_t k = 0; k < n; k++)
        seldom |= t[k].a.kind >= TAD__EITHER || t[k].b.kind == TAD__EITHER ||
                  t[k].b.kind == TAD__ANYWHERE;
    return seldom;
}

static void sums(const tad__terms *t, size_t n, const int32_t *place, size_t chunks, size_t to,
                 double *v) {
    double *out = v + to;
    size_t c = 0;
    if (chunks >= MANY && !is_seldom(t, n))
        for (; c + MANY <= chunks; c += MANY) sum_many(t, n, place, c, out + TAD__CHUNK * c, v);
    if (SOME_OF_ALL_KINDS)
        for (; c + SOME <= chunks; c += SOME) sum_some(t, n, place, c, out + TAD__CHUNK * c, v);
    for (; c < chunks; c++) sum_one(t, n, place, c, out + TAD__CHUNK * c, v);
}

/* ---- operands of rows ---- */

#define BRING(kind)                                                                                \
    case kind:                                                                                     \
        for (size_t c = from; c < from + chunks; c++, to += TAD__CHUNK) {                          \
            chunk x;                                                                               \
            operand(&x, kind, v, places(kind, p, c), c, 0);                                        \
            store(to, &x);                                                                         \
        }                                                                                          \
        break;

static void bring(const tad__roll_operand *l, const int32_t *place, size_t from, size_t chunks,
                  const double *v, double *to) {
    const int32_t *p = place + l->at;
    switch (l->kind) {
        BRING(TAD__ALONG)
        BRING(TAD__ONE)
        BRING(TAD__CHUNKS)
        BRING(TAD__ONES)
        BRING(TAD__EITHER)
        BRING(TAD__ANYWHERE)
    }
}

/* ---- one long sum ---- */

enum { PARTS = 4, ALONG, FIXED, STRIDED, LISTED, NONE };

/* Factor i of a run and those behind it. */
INLINE void factors(chunk *y, int kind, const double *v, const int32_t *place, int32_t at,
                    int32_t step, ptrdiff_t i) {
    const double *x = v + at;
    if (kind == ALONG) {
        load(y, x + i);
    } else if (kind == FIXED) {
        spread(y, *x);
    } else if (kind == LISTED) {
        gather(y, v, place + at + i);
    } else {
        gather_strided(y, x + i * step, step);
    }
}

INLINE void add_factors(chunk *sum, int a, int b, const tad__run *r, const int32_t *place,
                        const double *v, ptrdiff_t i) {
    chunk x, y;
    factors(&x, a, v, place, r->a, r->step_a, i);
    if (b != NONE) {
        factors(&y, b, v, place, r->b, r->step_b, i);
        multiply(&x, &y);
    }
    add(sum, &x);
}

INLINE double factor(int kind, const double *v, const int32_t *place, int32_t at, int32_t step,
                     ptrdiff_t i) {
    return kind == LISTED ? v[place[at + i]] : v[at + (kind == FIXED ? 0 : i * step)];
}

static double fold(const chunk *sum, double rest) {
    double x[TAD__CHUNK];
    EACH_VEC(i) {
        const vec all = (sum[0].of[i] + sum[1].of[i]) + (sum[2].of[i] + sum[3].of[i]);
        *(vec *)(x + i * WIDTH) = all;
    }
    return (((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]))) + rest;
}

INLINE double run_of(int a, int b, const tad__run *r, const int32_t *place, const double *v) {
    chunk sum[PARTS];
    double rest = -0.0;
    ptrdiff_t i = 0;
    for (int q = 0; q < PARTS; q++) spread(&sum[q], -0.0);
    for (; i + PARTS * TAD__CHUNK <= r->count; i += PARTS * TAD__CHUNK)
#pragma GCC unroll 4
        for (int q = 0; q < PARTS; q++) add_factors(&sum[q], a, b, r, place, v, i + q * TAD__CHUNK);
    for (; i + TAD__CHUNK <= r->count; i += TAD__CHUNK) add_factors(&sum[0], a, b, r, place, v, i);
    for (; i < r->count; i++) {
        double x = factor(a, v, place, r->a, r->step_a, i);
        if (b != NONE) x *= factor(b, v, place, r->b, r->step_b, i);
        rest += x;
    }
    return fold(sum, rest);
}

/* A factor that all terms have is put outside, unless the sum of the others overflows. */
static double run_with_factor(const tad__run *r, const int32_t *place, const double *v) {
    const double sum = v[r->b] * run_of(ALONG, NONE, r, place, v);
    return sum - sum == 0 ? sum : run_of(ALONG, FIXED, r, place, v);
}

static double run(const tad__run *r, const int32_t *place, const double *v) {
    if (r->step_a == TAD__LISTED)
        return r->b < 0 ? run_of(LISTED, NONE, r, place, v) : run_of(LISTED, LISTED, r, place, v);
    if (r->step_a == 1 && r->b < 0) return run_of(ALONG, NONE, r, place, v);
    if (r->step_a == 1 && r->step_b == 1) return run_of(ALONG, ALONG, r, place, v);
    if (r->step_a == 1 && r->step_b == 0) return run_with_factor(r, place, v);
    return r->b < 0 ? run_of(STRIDED, NONE, r, place, v) : run_of(STRIDED, STRIDED, r, place, v);
}

static double runs(const tad__run *r, size_t n, const int32_t *place, const double *v) {
    double sum = -0.0;
    for (size_t k = 0; k < n; k++) {
        const double x = run(&r[k], place, v);
        sum = r[k].minus ? sum - x : sum + x;
    }
    return sum;
}

extern const tad__roll_kernels TAD_LEVEL(tad__roll_kernels);
const tad__roll_kernels TAD_LEVEL(tad__roll_kernels) = {sums, bring, runs};
