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

/* Which bits of how far a strip is from the first move the value: those of a place in memory, or in
 * a part of a sum, or none. */
static size_t moves(const group_piece *p, tad__ref r) {
    if (!tad__is_array_ref(r)) return 0;
    if (p->w->p->array.item[tad__position(r)].home != TAD__STRIP) return SIZE_MAX;
    return tad__has_tail(p->w->p, p->g, r) ? tad__part_bytes(p->g) - 1 : 0;
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
    r->in_moves[k] = 0;
}

static void make_ready(group_piece *p) {
    for (uint32_t i = 0; i < p->g->count; i++) {
        const tad__fused_row *row = &p->w->p->fused.item[p->g->first + i];
        tad__ready_row *r = &p->ready[i];
        r->f = kernel_of(p->w, row, p->g->dtype);
        r->options = row->options ? row->options : tad__no_options;
        for (int k = 0; k < row->n_in; k++) {
            r->in[k] = address_of(p, row->in[k]);
            r->in_moves[k] = k != row->single ? moves(p, row->in[k]) : 0;
            spread(p, row, k, r);
        }
        r->out = (char *)(uintptr_t)address_of(p, row->out);
        r->out_moves = moves(p, row->out);
    }
}

/* ---- running ---- */

static void run_strip(const tad__ready_row *ready, size_t rows, size_t at, size_t n) {
    for (const tad__ready_row *r = ready; r < ready + rows; r++) {
        const void *in[3];
        for (int k = 0; k < 3; k++) in[k] = r->in[k] + (at & r->in_moves[k]);
        r->f(n, in, r->out + (at & r->out_moves), r->options);
    }
}

typedef struct group_job {
    const tad_workspace *w;
    const tad__row_group *g;
    size_t whole; /* elements that pieces are multiples of */
    size_t piece; /* so many of these */
    double sum[TAD__MOST_TAILS][TAD__MOST_PIECES];
} group_job;

/* Where the strip before `end` is the last of a part, adds that to its piece of each sum. */
static void add_to_tails(group_job *j, const group_piece *p, size_t end) {
    const tad__row_group *g = j->g;
    if (end % TAD__SUM_PART && end != (size_t)g->size) return;
    const size_t first = (end - 1) / TAD__SUM_PART * TAD__SUM_PART;
    for (uint32_t k = 0; k < g->tails; k++) {
        const tad__ref of = j->w->p->tail.item[g->tail + k].of;
        const char *part = address_of(p, of) + (first * tad__width(g->dtype) & moves(p, of));
        j->sum[k][first / tad__tail_piece(g)] += j->w->p->kernels->sum[g->dtype](end - first, part);
    }
}

/* As the op does: the sum is rounded to its type before it is divided. */
static void store_tail(const group_job *j, uint32_t k) {
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

static void run_group_piece(void *arg, size_t first, size_t end) {
    group_job *j = arg;
    const tad__row_group *g = j->g;
    const tad__kernels *k = j->w->p->kernels;
    const size_t width = tad__width(g->dtype), to = tad__min(end * j->whole, (size_t)g->size);
    group_piece p = {.w = j->w, .g = g, .room = first / j->piece};
    p.ready = j->w->ready + p.room * j->w->p->longest_group;
    make_ready(&p);
    for (size_t s = 0; s < p.spread; s++) tad__spread_once(k, g, &p.list[s]);
    for (size_t i = first * j->whole, n; i < to; i += n) {
        n = tad__min(tad__strip_length(g, i), to - i);
        for (size_t s = 0; s < p.spread; s++) tad__spread_on(k, g, &p.list[s], i, n);
        run_strip(p.ready, g->count, i * width, n);
        add_to_tails(j, &p, i + n);
    }
}

/* As many pieces as there are rooms, unless they were too small. */
void tad__run_group(tad_workspace *w, const tad__row_group *g) {
    const size_t rooms = w->compute.threads ? tad__strip_rooms(w->p) : 1;
    group_job j;
    j.w = w;
    j.g = g;
    j.whole = g->tails ? tad__tail_piece(g) : tad__whole_strip(g);
    memset(j.sum, 0, g->tails * sizeof *j.sum);
    const size_t wholes = ((size_t)g->size + j.whole - 1) / j.whole,
                 least = TAD__GRAIN / g->count / j.whole + 1,
                 grain = tad__max((wholes + rooms - 1) / rooms, least);
    j.piece = tad__split_size(wholes, grain);
    tad__split(w->compute.threads, wholes, grain, run_group_piece, &j);
    for (uint32_t k = 0; k < g->tails; k++) store_tail(&j, k);
}
