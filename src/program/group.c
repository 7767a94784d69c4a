/* Running a group: its rows over one strip after the other, which stays in the nearest cache. Large
 * ones are cut into pieces for threads, each with strips of its own: what an element comes to does
 * not depend on what is computed beside it. Rests on workspace.h. */
#include "lines.h"
#include "workspace.h"

#include <string.h>

/* ---- a piece, ready to run ---- */

/* Some more than threads, so that none has to wait long for the last one. */
size_t tad__strip_rooms(const tad_program *p) { return p->threads > 1 ? 2 * p->threads : 1; }

typedef struct group_piece {
    const tad_workspace *w;
    const tad__row_group *g;
    size_t room; /* whose strips are its own */
    tad__ready_row *ready;
    tad__spread list[TAD__MOST_SPREAD];
    size_t spread; /* so many are in it */
} group_piece;

static char *strip_at(const group_piece *p, size_t strip) {
    return p->w->strips + p->room * p->w->p->strip_bytes + strip * TAD__STRIP_BYTES;
}

static const char *address_of(const group_piece *p, tad__ref r) {
    if (!tad__is_array_ref(r)) return (const char *)&p->w->number[r];
    const tad__array_value *v = &p->w->p->array.item[tad__position(r)];
    return v->home == TAD__STRIP ? strip_at(p, v->of) : p->w->array[tad__position(r)].data;
}

/* How values move from strip to strip: not at all, in memory, or in what is added up at once. */
enum { STAYS, IN_MEMORY, IN_PART, WAYS };

static uint8_t moves(const group_piece *p, tad__ref r) {
    if (!tad__is_array_ref(r)) return STAYS;
    if (p->w->p->array.item[tad__position(r)].home != TAD__STRIP) return IN_MEMORY;
    return tad__has_tail(p->w->p, p->g, r) ? IN_PART : STAYS;
}

/* Which element of what is added up at once is the first of the strip from element i on. */
static size_t place_in_part(const tad__row_group *g, size_t i) {
    if (!g->by_lines) return i % TAD__SUM_PART;
    return (size_t)g->line > tad__most_of_strip(g) ? i % (size_t)g->line : 0;
}

static tad__row_forward *kernel_of(const tad_workspace *w, const tad__fused_row *row,
                                   tad_dtype dtype) {
    const tad__row_kernels *k = &w->p->kernels->row[row->row];
    return row->single < 0 ? k->forward[dtype] : k->forward_single[row->single][dtype];
}

/* Operand k comes out of a strip, if it is spread out. */
static void spread(group_piece *p, const tad__fused_row *row, int k, tad__ready_row *r) {
    if (row->how[k] < TAD__FILLING) return;
    char *to = strip_at(p, row->strip[k]);
    p->list[p->spread++] = (tad__spread){(tad__how)row->how[k], r->in[k], to};
    r->in[k] = to;
    r->in_moves[k] = STAYS;
}

static void make_ready(group_piece *p) {
    for (uint32_t i = 0; i < p->g->count; i++) {
        const tad__fused_row *row = &p->w->p->fused.item[p->g->first + i];
        tad__ready_row *r = &p->ready[i];
        r->f = kernel_of(p->w, row, p->g->dtype);
        r->options = row->options ? row->options : tad__no_options;
        for (int k = 0; k < row->n_in; k++) {
            r->in[k] = address_of(p, row->in[k]);
            r->in_moves[k] = k != row->single ? moves(p, row->in[k]) : STAYS;
            spread(p, row, k, r);
        }
        r->out = (char *)(uintptr_t)address_of(p, row->out);
        r->out_moves = moves(p, row->out);
    }
}

/* ---- running ---- */

/* The strip of n elements from element i on. */
static void run_strip(const group_piece *p, size_t i, size_t n) {
    const size_t width = tad__width(p->g->dtype),
                 offset[WAYS] = {0, i * width, place_in_part(p->g, i) * width};
    for (const tad__ready_row *r = p->ready; r < p->ready + p->g->count; r++) {
        const void *in[3];
        for (int k = 0; k < 3; k++) in[k] = r->in[k] + offset[r->in_moves[k]];
        r->f(n, in, r->out + offset[r->out_moves], r->options);
    }
}

typedef struct group_job {
    const tad_workspace *w;
    const tad__row_group *g;
    size_t whole; /* elements that pieces are multiples of */
    size_t piece; /* so many of these */
    double sum[TAD__MOST_TAILS][TAD__MOST_PIECES];
} group_job;

/* What is added up at once, from element `first` on. */
static const char *part_at(const group_piece *p, tad__ref of, size_t first) {
    const size_t bytes = first * tad__width(p->g->dtype);
    return address_of(p, of) + (moves(p, of) == IN_MEMORY ? bytes : 0);
}

/* Where the strip before `end` is the last of a part, adds that to its piece of each sum. */
static void add_to_tails(group_job *j, const group_piece *p, size_t end) {
    const tad__row_group *g = j->g;
    if (end % TAD__SUM_PART && end != (size_t)g->size) return;
    const size_t first = (end - 1) / TAD__SUM_PART * TAD__SUM_PART;
    for (uint32_t k = 0; k < g->tails; k++) {
        const char *part = part_at(p, j->w->p->tail.item[g->tail + k].of, first);
        j->sum[k][first / tad__tail_piece(g)] += j->w->p->kernels->sum[g->dtype](end - first, part);
    }
}

/* As the op does: the sum is rounded to its type before it is divided. */
static void store_whole_sum(const group_job *j, uint32_t k) {
    const tad_workspace *w = j->w;
    const tad__tail *t = &w->p->tail.item[j->g->tail + k];
    const size_t pieces = ((size_t)j->g->size - 1) / tad__tail_piece(j->g) + 1;
    double sum = 0;
    for (size_t i = 0; i < pieces; i++) sum += j->sum[k][i];
    if (!tad__is_array_ref(t->to))
        w->number[t->to] = sum / t->divisor;
    else if (j->g->dtype == TAD_F64)
        *(double *)w->array[tad__position(t->to)].data = sum / t->divisor;
    else
        *(float *)w->array[tad__position(t->to)].data = (float)sum / (float)t->divisor;
}

/* Sums of `count` lines of n elements each, which begin at x, over a divisor, from element `at` on.
 * Short ones take less time than a call. */
#define STORE_LINES(T, suffix)                                                                     \
    static void store_lines_##suffix(const group_job *j, const tad__tail *t, size_t at,            \
                                     size_t count, const void *part) {                             \
        T *to = (T *)j->w->array[tad__position(t->to)].data + at;                                  \
        const size_t n = (size_t)j->g->line;                                                       \
        const T *x = part, divisor = (T)t->divisor;                                                \
        for (size_t i = 0; i < count && n < TAD__SHORT_ROW; i++, x += n)                           \
            to[i] = tad__sum_few_##suffix(n, x) / divisor;                                         \
        for (size_t i = 0; i < count && n >= TAD__SHORT_ROW; i++, x += n)                          \
            to[i] = (T)j->w->p->kernels->sum[j->g->dtype](n, x) / divisor;                         \
    }
STORE_LINES(double, f64)
STORE_LINES(float, f32)

/* The sums of the lines that the strip of n elements from element i on ends. */
static void store_sums_of_lines(const group_job *j, const group_piece *p, size_t i, size_t n) {
    const size_t line = (size_t)j->g->line, first = i / line, count = (i + n) / line - first;
    for (uint32_t k = 0; k < j->g->tails && count; k++) {
        const tad__tail *t = &j->w->p->tail.item[j->g->tail + k];
        const char *part = part_at(p, t->of, first * line);
        (j->g->dtype == TAD_F64 ? store_lines_f64 : store_lines_f32)(j, t, first, count, part);
    }
}

static void run_group_piece(void *arg, size_t first, size_t end) {
    group_job *j = arg;
    const tad__row_group *g = j->g;
    const tad__kernels *k = j->w->p->kernels;
    const size_t to = tad__min(end * j->whole, (size_t)g->size);
    group_piece p = {.w = j->w, .g = g, .room = first / j->piece};
    p.ready = j->w->ready + p.room * j->w->p->longest_group;
    make_ready(&p);
    for (size_t s = 0; s < p.spread; s++) tad__spread_once(k, g, &p.list[s]);
    for (size_t i = first * j->whole, n; i < to; i += n) {
        n = tad__min(tad__strip_length(g, i), to - i);
        for (size_t s = 0; s < p.spread; s++) tad__spread_on(k, g, &p.list[s], i, n);
        run_strip(&p, i, n);
        if (g->by_lines)
            store_sums_of_lines(j, &p, i, n);
        else
            add_to_tails(j, &p, i + n);
    }
}

/* Elements, of which pieces are multiples: what is added up at once is within one. */
static size_t whole_of(const tad__row_group *g) {
    if (!g->tails) return tad__whole_strip(g);
    return g->by_lines ? tad__max(tad__whole_strip(g), (size_t)g->line) : tad__tail_piece(g);
}

/* As many pieces as there are rooms, unless they were too small. */
void tad__run_group(tad_workspace *w, const tad__row_group *g) {
    const size_t rooms = w->compute.threads ? tad__strip_rooms(w->p) : 1;
    group_job j;
    j.w = w;
    j.g = g;
    j.whole = whole_of(g);
    memset(j.sum, 0, g->tails * sizeof *j.sum);
    const size_t wholes = ((size_t)g->size + j.whole - 1) / j.whole,
                 least = TAD__GRAIN / g->count / j.whole + 1,
                 grain = tad__max((wholes + rooms - 1) / rooms, least);
    j.piece = tad__split_size(wholes, grain);
    tad__split(w->compute.threads, wholes, grain, run_group_piece, &j);
    for (uint32_t k = 0; k < g->tails && !g->by_lines; k++) store_whole_sum(&j, k);
}
