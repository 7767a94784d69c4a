/* Running groups and lists of what has been rolled up. Rests on workspace.h. */
#include "workspace.h"

enum { STRIP = 32 /* chunks of a row at once */ };

/* ---- lists ---- */

#define INLINE static inline __attribute__((always_inline))

/* The number whose place is at w, in turn t of a loop over n words, behind which stands by how much
 * places grow; n 0: in no loop. */
INLINE double at(const double *v, const int32_t *w, int32_t t, ptrdiff_t n) {
    return n ? v[w[0] + t * w[n]] : v[w[0]];
}

INLINE double sum_of(const int32_t *w, const double *v, int32_t t, ptrdiff_t n,
                     const int32_t **end) {
    const int32_t *const terms = w;
    double sum = -0.0;
    w += 4;
    for (int32_t k = 0; k < terms[0]; k++, w += 2) sum += at(v, w, t, n) * at(v, w + 1, t, n);
    for (int32_t k = 0; k < terms[1]; k++, w += 2) sum -= at(v, w, t, n) * at(v, w + 1, t, n);
    for (int32_t k = 0; k < terms[2]; k++) sum += at(v, w++, t, n);
    for (int32_t k = 0; k < terms[3]; k++) sum -= at(v, w++, t, n);
    *end = w;
    return sum;
}

INLINE double sum_in_order(const int32_t *w, const double *v, int32_t t, ptrdiff_t n,
                           const int32_t **end) {
    double sum = -0.0;
    int32_t parts = *w++;
    for (; parts; parts--) {
        const int32_t kind = *w++, terms = *w++;
        for (int32_t k = 0; k < terms; k++) {
            const double a = at(v, w, t, n), x = kind < 2 ? a * at(v, w + 1, t, n) : a;
            w += kind < 2 ? 2 : 1;
            sum = kind & 1 ? sum - x : sum + x;
        }
    }
    *end = w;
    return sum;
}

INLINE double row_of(const tad_program *p, const int32_t *w, const double *v, int32_t t,
                     ptrdiff_t n) {
    const double x[3] = {at(v, w + 2, t, n), at(v, w + 3, t, n), at(v, w + 4, t, n)};
    return p->basis->number[w[0]].value(x, tad__options_at(p, (uint32_t)w[1]));
}

/* Each is the product of the one before and the next factor. */
static double *scan(const int32_t *w, const double *v, double *to) {
    double product = v[w[1]];
    const double *x = v + w[2];
    for (int32_t k = 0; k < w[0]; k++, x += w[3]) *to++ = product *= *x;
    return to;
}

static double *run_loop(const tad_program *p, const int32_t *w, double *v, const double *begin,
                        double *to);

/* A word that may be in a loop, with what follows at w. What comes next. */
INLINE const int32_t *run_single(const tad_program *p, int32_t word, const int32_t *w,
                                 const double *v, double **to, int32_t t, ptrdiff_t n) {
    switch (word) {
    case TAD__LONG_WORD(TAD__LIST_SUM): *(*to)++ = sum_of(w, v, t, n, &w); return w;
    case TAD__LONG_WORD(TAD__LIST_IN_ORDER): *(*to)++ = sum_in_order(w, v, t, n, &w); return w;
    default: *(*to)++ = row_of(p, w, v, t, n); return w + 5;
    }
}

static __attribute__((noinline)) const int32_t *run_in_loop(const tad_program *p, int32_t word,
                                                            const int32_t *w, const double *v,
                                                            double **to, int32_t t, ptrdiff_t n) {
    return run_single(p, word, w, v, to, t, n);
}

/* A word without registers. What comes next; NULL: nothing. */
static __attribute__((noinline)) const int32_t *run_long(const tad_program *p, int32_t word,
                                                         const int32_t *w, double *v,
                                                         const double *begin, double **to) {
    switch (word) {
    case TAD__LONG_WORD(TAD__LIST_SUM):
    case TAD__LONG_WORD(TAD__LIST_IN_ORDER):
    case TAD__LONG_WORD(TAD__LIST_ROW): return run_single(p, word, w, v, to, 0, 0);
    case TAD__LONG_WORD(TAD__LIST_SCAN): *to = scan(w, v, *to); return w + 4;
    case TAD__LONG_WORD(TAD__LIST_RUNS):
        *(*to)++ = p->kernels->roll->runs(p->run.item + w[0], (size_t)w[1], p->place.item, v);
        return w + 2;
    case TAD__LONG_WORD(TAD__LIST_LOOP):
        *to = run_loop(p, w, v, begin, *to);
        return w + 2 + 2 * w[1];
    default: return NULL;
    }
}

/* Registers keep the last two results: by memory each would take twice as long. */
#define FROM0(k) at(v, w + k, t, n)
#define FROM1(k) last
#define FROM2(k) before
#define SHORT(what, a, b, c, value)                                                                \
    case TAD__LIST_WORD(what, a, b, c): {                                                          \
        const double y = value;                                                                    \
        before = last;                                                                             \
        *to++ = last = y;                                                                          \
        w += 4;                                                                                    \
        continue;                                                                                  \
    }
#define OF_TWO(a, b)                                                                               \
    SHORT(TAD__LIST_MUL, a, b, 0, FROM##a(0) * FROM##b(1))                                         \
    SHORT(TAD__LIST_MINUS, a, b, 0, -(FROM##a(0) * FROM##b(1)))                                    \
    SHORT(TAD__LIST_ADD, a, b, 0, FROM##a(0) + FROM##b(1))                                         \
    SHORT(TAD__LIST_SUB, a, b, 0, FROM##a(0) - FROM##b(1))                                         \
    SHORT(TAD__LIST_DIV, a, b, 0, FROM##a(0) / FROM##b(1))                                         \
    OF_THREE(a, b, 0)                                                                              \
    OF_THREE(a, b, 1)                                                                              \
    OF_THREE(a, b, 2)
#define OF_THREE(a, b, c)                                                                          \
    SHORT(TAD__LIST_FMA, a, b, c, FROM##a(0) * FROM##b(1) + FROM##c(2))                            \
    SHORT(TAD__LIST_FNMA, a, b, c, FROM##c(2) - FROM##a(0) * FROM##b(1))                           \
    SHORT(TAD__LIST_MORE, a, b, c, FROM##a(0) * FROM##b(1) + FROM##c(2) + FROM0(3))                \
    SHORT(TAD__LIST_DOT, a, b, c, FROM##a(0) * FROM##b(1) + FROM##c(2) * FROM0(3))
#define OF_ONE(a) OF_TWO(a, 0) OF_TWO(a, 1) OF_TWO(a, 2)

/* The words from w on, to their end or, of a loop, n of them in so many turns. Results go to `to`,
 * and behind; those before it begin at `begin`. Where the last one ends. */
INLINE double *run_words(const tad_program *p, const int32_t *w, double *v, const double *begin,
                         double *to, int32_t turns, ptrdiff_t n) {
    const int32_t *const turn = w;
    double last = to - begin > 0 ? to[-1] : 0, before = to - begin > 1 ? to[-2] : 0;
    for (int32_t t = 0;;) {
        if (n && w == turn + n) {
            if (++t == turns) return to;
            w = turn;
        }
        const int32_t word = *w++;
        switch (word) {
            OF_ONE(0)
            OF_ONE(1)
            OF_ONE(2)
        }
        double *next = to; /* so that `to` itself may stay in a register */
        w = n ? run_in_loop(p, word, w, v, &next, t, n) : run_long(p, word, w, v, begin, &next);
        if (!w) return to;
        to = next;
        before = to - begin > 1 ? to[-2] : last;
        last = to[-1];
    }
}

static __attribute__((noinline)) double *run_loop(const tad_program *p, const int32_t *w, double *v,
                                                  const double *begin, double *to) {
    return run_words(p, w + 2, v, begin, to, w[0], w[1]);
}

static void run_list(const tad_program *p, const tad__rolled *g, double *v) {
    (void)run_words(p, p->word.item + g->at, v, v + g->to, v + g->to, 1, 0);
}

/* ---- rows ---- */

static const double *operand(const tad_program *p, const tad__roll_operand *l, size_t from,
                             size_t chunks, const double *v, double *room) {
    if (l->kind == TAD__ALONG) return v + p->place.item[l->at] + TAD__CHUNK * from;
    p->kernels->roll->bring(l, p->place.item, from, chunks, v, room);
    return room;
}

/* Lane by lane, as the tape does. */
static void run_numbers(const tad_program *p, unsigned row, size_t n, size_t operands,
                        const void *const *in, const double *pq, double *to) {
    for (size_t i = 0; i < n; i++) {
        double x[3] = {0, 0, 0};
        for (size_t k = 0; k < operands; k++) x[k] = ((const double *)in[k])[i];
        to[i] = p->basis->number[row].value(x, pq);
    }
}

static void run_row(const tad_program *p, const tad__rolled *g, double *v) {
    const double *pq = tad__options_at(p, g->options);
    const unsigned row = g->what & ~(unsigned)TAD__ROLLED_BY_NUMBER;
    tad__row_forward *forward = p->kernels->row[row].forward[TAD_F64];
    double room[3][STRIP * TAD__CHUNK];
    for (size_t from = 0; from < g->chunks; from += STRIP) {
        const size_t chunks = tad__min(STRIP, g->chunks - from);
        const void *in[3];
        for (uint32_t k = 0; k < g->count; k++)
            in[k] = operand(p, &p->roll_lanes.item[g->at + k], from, chunks, v, room[k]);
        double *to = v + g->to + TAD__CHUNK * from;
        if (g->what & TAD__ROLLED_BY_NUMBER)
            run_numbers(p, row, chunks * TAD__CHUNK, g->count, in, pq, to);
        else
            forward(chunks * TAD__CHUNK, in, to, pq);
    }
}

/* ---- groups ---- */

void tad__run_rolled(const tad_program *p, const tad__rolled *g, size_t n, double *v) {
    for (const tad__rolled *end = g + n; g < end; g++) {
        if (g->what == (uint32_t)TAD__ROLLED_SUMS)
            p->kernels->roll->sums(p->terms.item + g->at, g->count, p->place.item, g->chunks, g->to,
                                   v);
        else if (g->what == (uint32_t)TAD__ROLLED_LIST)
            run_list(p, g, v);
        else
            run_row(p, g, v);
    }
}
