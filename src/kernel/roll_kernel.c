/* Rolled-up sums of one instruction-set level. Rests on roll.h. */
#include "roll.h"

#include <stdbool.h>
#include <string.h>

#include "isa.h"

#define INLINE static inline __attribute__((always_inline))

/* A chunk, whatever registers the level has. */
typedef double chunk __attribute__((vector_size(TAD__CHUNK * sizeof(double))));

/* So many chunks of partial results stay in registers. */
enum { MOST = TAD_VECTOR_BYTES / (int)sizeof(double) };

/* ---- operands ---- */

/* By address: as results of functions they would be passed in another way at each level. */
INLINE void load(chunk *x, const double *at) { memcpy(x, at, sizeof *x); }
INLINE void spread(chunk *x, double y) { *x = (chunk){y, y, y, y, y, y, y, y}; }

INLINE void gather(chunk *x, const double *v, const int32_t *p) {
    *x = (chunk){v[p[0]], v[p[1]], v[p[2]], v[p[3]], v[p[4]], v[p[5]], v[p[6]], v[p[7]]};
}

/* The operand of the chunk whose place is at p. */
INLINE void operand(chunk *x, int kind, const double *v, const int32_t *p, size_t move) {
    if (kind == TAD__SIDE_BY_SIDE)
        load(x, v + p[0] + move);
    else if (kind == TAD__ONE_FOR_ALL)
        spread(x, v[p[0]]);
    else if (kind == TAD__SCATTERED)
        gather(x, v, p);
    else if (p[0] >= 0)
        load(x, v + p[0]);
    else
        spread(x, v[~p[0]]);
}

/* ---- sums ---- */

/* Adds all terms to `at_once` chunks from c on. */
INLINE void add_terms(int a_kind, int b_kind, bool minus, int at_once, const tad__terms *t,
                      const int32_t *place, size_t c, const double *v, chunk *sum) {
    const int32_t *a = place + t->a.at + c * t->a.step, *b = place + t->b.at + c * t->b.step;
    const size_t a_move = t->a.move, b_move = t->b.move, a_step = t->a.step, b_step = t->b.step;
    for (uint32_t k = 0; k < t->count; k++, a += t->next_a, b += t->next_b) {
#pragma GCC unroll 8
        for (int q = 0; q < at_once; q++) {
            const size_t i = (size_t)q;
            chunk x, y;
            operand(&x, a_kind, v, a + i * a_step, (c + i) * a_move);
            if (b_kind != TAD__NO_FACTOR) {
                operand(&y, b_kind, v, b + i * b_step, (c + i) * b_move);
                x *= y;
            }
            sum[q] = minus ? sum[q] - x : sum[q] + x;
        }
    }
}

#define OF_KINDS(a, b)                                                                             \
    case (a * 5 + b) * 2: add_terms(a, b, false, at_once, t, place, c, v, sum); break;             \
    case (a * 5 + b) * 2 + 1: add_terms(a, b, true, at_once, t, place, c, v, sum); break;
/* The second factor's kind is not before the first's. */
#define SIDE_BY_SIDE(a) OF_KINDS(a, TAD__SIDE_BY_SIDE) ONE_FOR_ALL(a)
#define ONE_FOR_ALL(a) OF_KINDS(a, TAD__ONE_FOR_ALL) EITHER_OF(a)
#define EITHER_OF(a) OF_KINDS(a, TAD__EITHER_OF) SCATTERED(a)
#define SCATTERED(a) OF_KINDS(a, TAD__SCATTERED) OF_KINDS(a, TAD__NO_FACTOR)

/* A sum starts from -0, which added to anything gives that, also to -0. */
INLINE void sum_chunks(int at_once, const tad__terms *t, size_t n, const int32_t *place, size_t c,
                       double *to, const double *v) {
    chunk sum[MOST];
    for (int q = 0; q < at_once; q++) spread(&sum[q], -0.0);
    for (const tad__terms *end = t + n; t < end; t++) {
        switch ((t->a.kind * 5 + t->b.kind) * 2 + t->minus) {
            SIDE_BY_SIDE(TAD__SIDE_BY_SIDE)
            ONE_FOR_ALL(TAD__ONE_FOR_ALL)
            EITHER_OF(TAD__EITHER_OF)
            SCATTERED(TAD__SCATTERED)
        }
    }
    for (int q = 0; q < at_once; q++) memcpy(to + q * TAD__CHUNK, &sum[q], sizeof sum[q]);
}

#define AT_ONCE(n)                                                                                 \
    static __attribute__((noinline)) void sum_##n(const tad__terms *t, size_t terms,               \
                                                  const int32_t *place, size_t c, double *to,      \
                                                  const double *v) {                               \
        sum_chunks(n, t, terms, place, c, to, v);                                                  \
    }
AT_ONCE(1)
AT_ONCE(2)
#if TAD_VECTOR_BYTES >= 32
AT_ONCE(4)
#endif
#if TAD_VECTOR_BYTES >= 64
AT_ONCE(8)
#endif

static void sums(const tad__terms *t, size_t n, const int32_t *place, size_t from, size_t chunks,
                 size_t to, double *v) {
    const size_t end = from + chunks;
    double *out = v + to;
    size_t c = from;
#if TAD_VECTOR_BYTES >= 64
    for (; c + 8 <= end; c += 8) sum_8(t, n, place, c, out + TAD__CHUNK * c, v);
#endif
#if TAD_VECTOR_BYTES >= 32
    for (; c + 4 <= end; c += 4) sum_4(t, n, place, c, out + TAD__CHUNK * c, v);
#endif
    for (; c + 2 <= end; c += 2) sum_2(t, n, place, c, out + TAD__CHUNK * c, v);
    if (c < end) sum_1(t, n, place, c, out + TAD__CHUNK * c, v);
}

/* ---- operands of rows ---- */

#define BRING(kind)                                                                                \
    for (size_t c = from; c < from + chunks; c++, to += TAD__CHUNK) {                              \
        chunk x;                                                                                   \
        operand(&x, kind, v, p + c * l->step, c * l->move);                                        \
        memcpy(to, &x, sizeof x);                                                                  \
    }

static void bring(const tad__lanes *l, const int32_t *place, size_t from, size_t chunks,
                  const double *v, double *to) {
    const int32_t *p = place + l->at;
    switch (l->kind) {
    case TAD__SIDE_BY_SIDE: BRING(TAD__SIDE_BY_SIDE) break;
    case TAD__ONE_FOR_ALL: BRING(TAD__ONE_FOR_ALL) break;
    case TAD__EITHER_OF: BRING(TAD__EITHER_OF) break;
    default: BRING(TAD__SCATTERED)
    }
}

/* ---- one long sum ---- */

enum { PARTS = 4, ALONG, FIXED, STRIDED, LISTED, NONE };

/* Factor i of a run and those behind it. */
INLINE void factors(chunk *y, int kind, const double *v, const int32_t *place, int32_t at,
                    int32_t step, ptrdiff_t i) {
    const double *x = v + at;
    const ptrdiff_t s = step;
    if (kind == ALONG) {
        load(y, x + i);
    } else if (kind == FIXED) {
        spread(y, *x);
    } else if (kind == LISTED) {
        gather(y, v, place + at + i);
    } else {
        x += i * s;
        *y = (chunk){x[0], x[s], x[2 * s], x[3 * s], x[4 * s], x[5 * s], x[6 * s], x[7 * s]};
    }
}

INLINE void add_factors(chunk *sum, int a, int b, const tad__run *r, const int32_t *place,
                        const double *v, ptrdiff_t i) {
    chunk x, y;
    factors(&x, a, v, place, r->a, r->step_a, i);
    if (b != NONE) {
        factors(&y, b, v, place, r->b, r->step_b, i);
        x *= y;
    }
    *sum += x;
}

INLINE double factor(int kind, const double *v, const int32_t *place, int32_t at, int32_t step,
                     ptrdiff_t i) {
    return kind == LISTED ? v[place[at + i]] : v[at + (kind == FIXED ? 0 : i * step)];
}

static double fold(const chunk *sum, double rest) {
    const chunk all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    double x[TAD__CHUNK];
    memcpy(x, &all, sizeof x);
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
