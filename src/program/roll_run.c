/* Running groups and lists of what has been rolled up. Rests on workspace.h. */
#include "workspace.h"

enum { STRIP = 32 /* chunks of a row at once */ };

/* ---- lists ---- */

static double sum_of(const int32_t *p, const double *v, const int32_t **end) {
    double sum = -0.0;
    const int32_t n0 = p[0], n1 = p[1], n2 = p[2], n3 = p[3];
    p += 4;
    for (int32_t k = 0; k < n0; k++, p += 2) sum += v[p[0]] * v[p[1]];
    for (int32_t k = 0; k < n1; k++, p += 2) sum -= v[p[0]] * v[p[1]];
    for (int32_t k = 0; k < n2; k++) sum += v[*p++];
    for (int32_t k = 0; k < n3; k++) sum -= v[*p++];
    *end = p;
    return sum;
}

static double sum_in_order(const int32_t *w, const double *v, const int32_t **end) {
    double sum = -0.0;
    int32_t parts = *w++;
    for (; parts; parts--) {
        const int32_t kind = *w++, n = *w++;
        for (int32_t k = 0; k < n; k++) {
            const double x = kind < 2 ? v[w[0]] * v[w[1]] : v[w[0]];
            w += kind < 2 ? 2 : 1;
            sum = kind & 1 ? sum - x : sum + x;
        }
    }
    *end = w;
    return sum;
}

static double row_of(const tad_program *p, const int32_t *word, const double *v) {
    const double x[3] = {v[word[2]], v[word[3]], v[word[4]]};
    return p->basis->number[word[0]].value(x, tad__options_at(p, (uint32_t)word[1]));
}

/* Each is the product of the one before and the next factor. */
static double *scan(const int32_t *w, const double *v, double *to) {
    double product = v[w[1]];
    const double *x = v + w[2];
    for (int32_t k = 0; k < w[0]; k++, x += w[3]) *to++ = product *= *x;
    return to;
}

/* Registers keep the last two results: by memory each would take twice as long. */
#define FROM0(k) v[w[k]]
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
    SHORT(TAD__LIST_MORE, a, b, c, FROM##a(0) * FROM##b(1) + FROM##c(2) + v[w[3]])                 \
    SHORT(TAD__LIST_DOT, a, b, c, FROM##a(0) * FROM##b(1) + FROM##c(2) * v[w[3]])
#define OF_ONE(a) OF_TWO(a, 0) OF_TWO(a, 1) OF_TWO(a, 2)

/* A word without registers, whose places are at w. Where the next word is; NULL: there is none. */
static const int32_t *run_long(const tad_program *p, int32_t word, const int32_t *w,
                               const double *v, double **to) {
    switch (word) {
    case TAD__LIST_WORD(TAD__LIST_SUM, 0, 0, 0): *(*to)++ = sum_of(w, v, &w); return w;
    case TAD__LIST_WORD(TAD__LIST_IN_ORDER, 0, 0, 0): *(*to)++ = sum_in_order(w, v, &w); return w;
    case TAD__LIST_WORD(TAD__LIST_SCAN, 0, 0, 0): *to = scan(w, v, *to); return w + 4;
    case TAD__LIST_WORD(TAD__LIST_RUNS, 0, 0, 0):
        *(*to)++ = p->kernels->roll->runs(p->run.item + w[0], (size_t)w[1], p->place.item, v);
        return w + 3 + w[2];
    case TAD__LIST_WORD(TAD__LIST_ROW, 0, 0, 0): *(*to)++ = row_of(p, w, v); return w + 5;
    default: return NULL;
    }
}

static void run_list(const tad_program *p, const tad__rolled *g, double *v) {
    const int32_t *w = p->place.item + g->at;
    double *const begin = v + g->to, *to = begin, last = 0, before = 0;
    for (;;) {
        const int32_t word = *w++;
        switch (word) {
            OF_ONE(0)
            OF_ONE(1)
            OF_ONE(2)
        }
        double *next = to; /* so that `to` itself may stay in a register */
        w = run_long(p, word, w, v, &next);
        if (!w) return;
        to = next;
        before = to - begin > 1 ? to[-2] : last;
        last = to[-1];
    }
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
