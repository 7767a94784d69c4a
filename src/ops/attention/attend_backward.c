/* The fused derivative of attention: shares are computed again, block by block, so that none are
 * kept. Rests on attend.h. */
#include <string.h>

#include "attend.h"
#include "kernel/plain/attention.h"
#include "kernel/tile.h"

/* A gradient, a matrix for each batch: the buffer itself, or what will be summed down to it. */
typedef struct target {
    tad_array *buffer;      /* NULL: not wanted */
    const tad_array *apart; /* NULL: directly */
    char *data;
    size_t batch; /* bytes of a matrix */
} target;

typedef struct derivative {
    tad__attend attend;
    const char *g; /* the cotangent */
    target to[4];
} derivative;

/* ---- products ---- */

static tad__gemm to_values(const tad__attention *a, int64_t rows, int64_t keys) {
    return (tad__gemm){.m = (size_t)keys,
                       .n = (size_t)a->e,
                       .k = (size_t)rows,
                       .a_row = 1,
                       .a_col = keys,
                       .b_row = a->e,
                       .b_col = 1,
                       .c_row = a->e};
}

static tad__gemm to_shares(const tad__attention *a, int64_t rows, int64_t keys) {
    return (tad__gemm){.m = (size_t)rows,
                       .n = (size_t)keys,
                       .k = (size_t)a->e,
                       .a_row = a->e,
                       .a_col = 1,
                       .b_row = a->col[TAD__V],
                       .b_col = a->row[TAD__V],
                       .c_row = keys};
}

static tad__gemm to_queries(const tad__attention *a, int64_t rows, int64_t keys) {
    return (tad__gemm){.m = (size_t)rows,
                       .n = (size_t)a->d,
                       .k = (size_t)keys,
                       .a_row = keys,
                       .a_col = 1,
                       .b_row = a->row[TAD__K],
                       .b_col = a->col[TAD__K],
                       .c_row = a->d};
}

static tad__gemm to_keys(const tad__attention *a, int64_t rows, int64_t keys) {
    return (tad__gemm){.m = (size_t)keys,
                       .n = (size_t)a->d,
                       .k = (size_t)rows,
                       .a_row = 1,
                       .a_col = keys,
                       .b_row = a->d,
                       .b_col = 1,
                       .c_row = a->d};
}

static int products(const tad__attention *a, int64_t rows, int64_t keys, tad__gemm *list) {
    list[0] = tad__attention_scores(a, rows, keys);
    list[1] = to_values(a, rows, keys);
    list[2] = to_shares(a, rows, keys);
    list[3] = to_queries(a, rows, keys);
    list[4] = to_keys(a, rows, keys);
    return 5;
}

/* ---- a block ---- */

/* Cotangents of the shares become those of the scores. */
static void through_softmax(const tad__attend *t, int64_t rows, int64_t keys, const char *share,
                            char *g) {
    const size_t bytes = (size_t)keys * t->width, step = tad__tile_rows((size_t)keys);
    for (size_t i = 0; i < (size_t)rows; i += step)
        t->softmax->softmax_backward[t->a.dtype](tad__min(step, (size_t)rows - i), (size_t)keys,
                                                 share + i * bytes, g + i * bytes, g + i * bytes);
}

static void add_queries(const derivative *d, int64_t batch, int64_t first, int64_t rows,
                        const void *unscaled) {
    const tad__attention *a = &d->attend.a;
    const target *q = &d->to[TAD__Q];
    char *to = q->data + (size_t)batch * q->batch + (size_t)(first * a->d) * d->attend.width;
    if (a->dtype == TAD_F64)
        tad__add_scaled_f64(rows * a->d, unscaled, a->scale, (double *)(void *)to);
    else
        tad__add_scaled_f32(rows * a->d, unscaled, (float)a->scale, (float *)(void *)to);
}

/* Scores stand apart in full: their cotangents are those of the mask. */
static void put_mask(const derivative *d, int64_t batch, int64_t first, int64_t rows, int64_t keys,
                     const char *score) {
    const tad__attend *t = &d->attend;
    const size_t bytes = (size_t)keys * t->width;
    char *to = d->to[TAD__MASK].data + (size_t)batch * d->to[TAD__MASK].batch;
    for (int64_t i = 0; i < rows; i++)
        memcpy(to + (size_t)((first + i) * t->a.s) * t->width, score + (size_t)i * bytes, bytes);
}

static void do_block(const derivative *d, int64_t batch, int64_t first,
                     const tad__attend_room *room) {
    const tad__attend *t = &d->attend;
    const tad__attention *a = &t->a;
    const target *to = d->to;
    const int64_t rows = tad__attention_rows(a, first), keys = tad__attention_keys(a, first, rows);
    const char *g = d->g + (size_t)((batch * a->l + first) * a->e) * t->width;
    tad__attend_shares(t, batch, first, rows, keys, room);
    if (to[TAD__V].buffer)
        tad__attend_multiply(t, to_values(a, rows, keys), room->share, g,
                             to[TAD__V].data + (size_t)batch * to[TAD__V].batch, true,
                             room->workspace);
    if (!keys || !(to[TAD__Q].buffer || to[TAD__K].buffer || to[TAD__MASK].buffer)) return;
    tad__attend_multiply(t, to_shares(a, rows, keys), g, tad__attend_at(t, TAD__V, batch),
                         room->score, false, room->workspace);
    through_softmax(t, rows, keys, room->share, room->score);
    if (to[TAD__MASK].buffer) put_mask(d, batch, first, rows, keys, room->score);
    if (to[TAD__Q].buffer) {
        tad__attend_multiply(t, to_queries(a, rows, keys), room->score,
                             tad__attend_at(t, TAD__K, batch), room->more, false, room->workspace);
        add_queries(d, batch, first, rows, room->more);
    }
    if (to[TAD__K].buffer)
        tad__attend_multiply(t, to_keys(a, rows, keys), room->score, room->query,
                             to[TAD__K].data + (size_t)batch * to[TAD__K].batch, true,
                             room->workspace);
}

/* Keys and values have sums over blocks: those of a batch are one thread's. */
static void batches_piece(void *arg, size_t begin, size_t end) {
    const derivative *d = arg;
    const tad__attend_room room = tad__attend_room_of(&d->attend, begin);
    for (size_t batch = begin; batch < end; batch++)
        for (int64_t i = 0; i < d->attend.a.l; i += d->attend.a.block)
            do_block(d, (int64_t)batch, i, &room);
}

/* ---- gradients ---- */

/* All is added: two operands may be one variable, with one buffer. */
static tad_status prepare_target(derivative *d, tad_backward *b, int i, int64_t rows,
                                 int64_t cols) {
    const tad__compute *compute = b->call.compute;
    const tad__attention *a = &d->attend.a;
    target *to = &d->to[i];
    tad_shape whole = a->batch;
    tad_array *apart;
    bool fresh;
    if (!(to->buffer = tad_backward_buffer(b, (size_t)i, &fresh))) return TAD_NO_MEMORY;
    to->batch = (size_t)(rows * cols) * d->attend.width;
    to->data = to->buffer->data;
    if (fresh) tad__clear(compute, to->buffer);
    if (to->buffer->size == a->batches * rows * cols) return TAD_OK;
    whole.dim[whole.rank++] = rows;
    whole.dim[whole.rank++] = cols;
    if (!(apart = tad__scratch_array(compute, a->dtype, &whole))) return TAD_NO_MEMORY;
    tad__clear(compute, apart);
    to->apart = apart;
    to->data = apart->data;
    return TAD_OK;
}

static tad_status prepare_targets(derivative *d, tad_backward *b) {
    const tad__attention *a = &d->attend.a;
    const int64_t size[4][2] = {{a->l, a->d}, {a->s, a->d}, {a->s, a->e}, {a->l, a->s}};
    tad_status s = TAD_OK;
    for (int i = 0; i < (int)b->call.n_in && s == TAD_OK; i++)
        if (b->wanted[i]) s = prepare_target(d, b, i, size[i][0], size[i][1]);
    return s;
}

tad_status tad__attention_backward(tad_backward *b) {
    derivative d = {.g = NULL};
    if (!b->cotangent[0]) return TAD_OK;
    tad__attend_of(&d.attend, &b->call);
    d.g = b->cotangent[0]->data;
    const tad__attention *a = &d.attend.a;
    const size_t query = (size_t)tad__attention_rows(a, 0) * (size_t)a->d * d.attend.width;
    tad_status s = prepare_targets(&d, b);
    if (s != TAD_OK) return s;
    if (b->cotangent[0]->size) {
        const size_t things = (size_t)a->batches;
        if (!tad__attend_take_room(&d.attend, b->call.compute, things, query, products))
            return TAD_NO_MEMORY;
        tad__split(d.attend.pool, things, d.attend.grain, batches_piece, &d);
    }
    for (int i = 0; i < 4; i++)
        if (d.to[i].apart) tad__add_into(b->call.compute, d.to[i].buffer, d.to[i].apart);
    return TAD_OK;
}
