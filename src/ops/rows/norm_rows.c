/* The rows of layer_norm and rms_norm: values and fused derivatives. Rests on rows.h and
 * kernel/norm.h. */
#include "norm.h"

#include <string.h>

#include "kernel/norm.h"
#include "kernel/tile.h"
#include "rows.h"

/* ---- one call, prepared ---- */

/* Gradients of gain and bias, over the rows of a piece; over some rows that will join them, which
 * keeps rounding errors small. */
typedef struct norm_sums {
    char *sum[2], *part[2];
    size_t rows; /* in the part */
} norm_sums;

typedef struct norm_call {
    tad__rows plan;
    tad__norm norm;
    const tad__norm_kernels *kernel;
    const char *x;
    char *stats; /* of the rows */
    char *y;
    /* backward */
    const char *g;             /* the cotangent */
    size_t piece;              /* rows that one thread takes */
    norm_sums *sums;           /* of each piece */
    const tad_array *total[2]; /* what they join; NULL: not wanted */
} norm_call;

/* The numbers of operand i, or `value` in their place. NULL: no memory. */
static const void *vector(const norm_call *p, const tad_call_frame *c, size_t i, double value) {
    const tad_array *a = c->n_in > i ? c->in[i] : NULL;
    if (!a) {
        void *to = tad__scratch(c->compute, p->plan.n * p->plan.width);
        if (to) c->compute->kernels->fill[p->plan.dtype](p->plan.n, value, to);
        return to;
    }
    return tad__numbers_of(c->compute, a);
}

/* False: no memory. */
static bool prepare(norm_call *p, const tad_call_frame *c) {
    const tad_array *x = c->in[TAD__X];
    int axes = tad__normalized_axes(c->options);
    tad_shape s = tad__shape_of(x);
    memset(p, 0, sizeof *p);
    p->kernel = c->compute->kernels->norm;
    tad__rows_plan(&p->plan, c->compute, (tad_dtype)x->dtype, &s,
                   ((1u << axes) - 1) << (x->rank - axes));
    p->x = tad__rows_of(&p->plan, x);
    p->norm = (tad__norm){.n = p->plan.n,
                          .centred = tad__norm_centres(c->op),
                          .eps = tad__norm_eps(c->op, c->options),
                          .gain = vector(p, c, TAD__GAIN, 1),
                          .bias = vector(p, c, TAD__BIAS, 0)};
    return p->x && p->norm.gain && p->norm.bias;
}

/* Two numbers for each row. NULL: no memory. */
static void *scratch_stats(const norm_call *p) {
    return tad__scratch(p->plan.compute, p->plan.rows * 2 * p->plan.width);
}

static void forward_piece(void *arg, size_t first, size_t end) {
    const norm_call *p = arg;
    size_t row = p->plan.n * p->plan.width;
    p->kernel->forward[p->plan.dtype](&p->norm, end - first, p->x + first * row,
                                      p->stats + first * 2 * p->plan.width, p->y + first * row);
}

tad_status tad__norm_values(const tad_call_frame *c) {
    norm_call p;
    if (c->in[TAD__X]->size == 0) return TAD_OK;
    if (!prepare(&p, c)) return TAD_NO_MEMORY;
    const tad_shape shape = {2, {(int64_t)p.plan.rows, 2}};
    bool needed = tad_needs(c, TAD__X) || tad_needs(c, TAD__GAIN);
    const tad_array *saved = needed ? tad_save(c, p.plan.dtype, &shape) : NULL;
    p.stats = saved ? saved->data : scratch_stats(&p);
    if (!p.stats) return TAD_NO_MEMORY;
    p.y = c->out[0]->data;
    tad__split(c->compute->threads, p.plan.rows, tad__tile_grain(p.plan.n), forward_piece, &p);
    return TAD_OK;
}

/* ---- fused derivative ---- */

enum { PART_ROWS = 64 };

static void join_part(const norm_call *p, norm_sums *s) {
    for (int k = 0; k < 2; k++) {
        p->plan.compute->kernels->add[p->plan.dtype](p->plan.n, s->part[k], s->sum[k]);
        memset(s->part[k], 0, p->plan.n * p->plan.width);
    }
    s->rows = 0;
}

static void fill_rows(void *context, size_t first, size_t rows, void *to) {
    const norm_call *p = context;
    size_t at = first * p->plan.n * p->plan.width;
    norm_sums *s = &p->sums[first / p->piece];
    for (int k = 0; k < 2 && first % p->piece == 0; k++) {
        memset(s->part[k], 0, p->plan.n * p->plan.width);
        if (s->sum[k] != s->part[k]) memset(s->sum[k], 0, p->plan.n * p->plan.width);
    }
    if (s->rows + rows > PART_ROWS && s->sum[0] != s->part[0]) join_part(p, s);
    s->rows += rows;
    p->kernel->backward[p->plan.dtype](&p->norm, rows, p->x + at,
                                       p->stats + first * 2 * p->plan.width, p->g + at, to,
                                       s->part[0], s->part[1]);
}

/* Where only gain or bias have a gradient. */
static tad_status skip_rows(norm_call *p) {
    size_t step = tad__tile_rows(p->plan.n);
    void *scratch = tad__scratch(p->plan.compute, step * p->plan.n * p->plan.width);
    if (!scratch) return TAD_NO_MEMORY;
    for (size_t i = 0; i < p->plan.rows; i += p->piece)
        for (size_t k = i; k < tad__min(i + p->piece, p->plan.rows); k += step)
            fill_rows(p, k, tad__min(step, tad__min(i + p->piece, p->plan.rows) - k), scratch);
    return TAD_OK;
}

/* Memory for the sums of each piece; a short one needs no parts. */
static tad_status prepare_sums(norm_call *p) {
    size_t row = p->plan.n * p->plan.width, each = p->piece > PART_ROWS ? 4 : 2;
    size_t pieces = (p->plan.rows - 1) / p->piece + 1;
    p->sums = tad__scratch(p->plan.compute, pieces * sizeof *p->sums);
    char *scratch = tad__scratch(p->plan.compute, pieces * each * row);
    if (!p->sums || !scratch) return TAD_NO_MEMORY;
    for (size_t i = 0; i < pieces; i++, scratch += each * row)
        p->sums[i] = (norm_sums){
            {scratch, scratch + row}, {scratch + (each - 2) * row, scratch + (each - 1) * row}, 0};
    return TAD_OK;
}

/* The gradients of gain and bias, cleared where they are new. */
static tad_status prepare_totals(norm_call *p, tad_backward *b) {
    for (size_t k = 0; k < 2; k++) {
        if (b->call.n_in <= TAD__GAIN + k || !b->wanted[TAD__GAIN + k]) continue;
        bool fresh;
        tad_array *into = tad_backward_buffer(b, TAD__GAIN + k, &fresh);
        if (!into) return TAD_NO_MEMORY;
        if (fresh) memset(into->data, 0, (size_t)into->size * p->plan.width);
        p->total[k] = into;
    }
    return TAD_OK;
}

static void join_sums(const norm_call *p) {
    for (size_t i = 0; i * p->piece < p->plan.rows; i++) {
        norm_sums *s = &p->sums[i];
        if (s->sum[0] != s->part[0]) join_part(p, s);
        for (int k = 0; k < 2; k++)
            if (p->total[k])
                p->plan.compute->kernels->add[p->plan.dtype](p->plan.n, s->sum[k],
                                                             p->total[k]->data);
    }
}

/* Cuts the rows into pieces; finds their m and k, saved or anew. */
static tad_status prepare_rows(norm_call *p, const tad_backward *b) {
    const tad_array *saved = tad_saved(b);
    p->piece = tad__split_size(p->plan.rows, tad__tile_grain(p->plan.n));
    p->stats = saved ? saved->data : scratch_stats(p);
    if (!p->stats) return TAD_NO_MEMORY;
    if (!saved) p->kernel->measure[p->plan.dtype](&p->norm, p->plan.rows, p->x, p->stats);
    return prepare_sums(p);
}

tad_status tad__norm_gradient(tad_backward *b) {
    norm_call p;
    if (!b->cotangent[0]) return TAD_OK;
    if (!prepare(&p, &b->call)) return TAD_NO_MEMORY;
    p.g = b->cotangent[0]->data;
    tad_status s = prepare_totals(&p, b);
    bool empty = b->call.in[TAD__X]->size == 0;
    if (!s && !empty) s = prepare_rows(&p, b);
    if (s) return s;
    if (b->wanted[TAD__X])
        s = tad__rows_gradient(b, TAD__X, &p.plan, fill_rows, &p);
    else if (!empty)
        s = skip_rows(&p);
    if (!s && !empty) join_sums(&p);
    return s;
}
