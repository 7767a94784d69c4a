/* Values of attention: the scores of a block of queries, their softmax, the sum of values in these
 * shares. Rests on attend.h. */
#include "attend.h"

#include "kernel/plain/attention.h"
#include "kernel/softmax.h"
#include "kernel/tile.h"

void tad__attend_of(tad__attend *t, const tad_call_frame *c) {
    *t = (tad__attend){.softmax = c->compute->kernels->softmax};
    tad__attention_of(&t->a, c);
    const tad__gemm_kernels *gemm = c->compute->kernels->gemm;
    t->gemm = t->a.dtype == TAD_F64 ? gemm->f64 : gemm->f32;
    t->width = tad_dtype_size(t->a.dtype);
}

/* ---- memory ---- */

static size_t whole_lines(size_t bytes) { return (bytes + 63) / 64 * 64; }

static size_t product_bytes(const tad__attend *t, tad__attend_products *products) {
    tad__gemm list[TAD__MOST_PRODUCTS];
    size_t most = 0;
    for (int64_t i = 0; i < t->a.l; i += t->a.block) {
        const int64_t rows = tad__attention_rows(&t->a, i);
        const int n = products(&t->a, rows, tad__attention_keys(&t->a, i, rows), list);
        for (int k = 0; k < n; k++)
            if (t->gemm.bytes(&list[k]) > most) most = t->gemm.bytes(&list[k]);
    }
    return most;
}

/* Pieces have much scratch memory, and no bit depends on them: as many as keep the threads busy. */
static size_t grain_of(size_t things, size_t threads) {
    const size_t pieces = threads > 1 ? 2 * threads : 1;
    return (things - 1) / pieces + 1;
}

bool tad__attend_take_room(tad__attend *t, const tad__compute *compute, size_t things, size_t more,
                           tad__attend_products *products) {
    const tad__attention *a = &t->a;
    const size_t rows = (size_t)(a->l < a->block ? a->l : a->block);
    t->pool = compute->threads;
    t->grain = grain_of(things, tad__pool_threads(t->pool));
    t->piece = tad__split_size(things, t->grain);
    t->query = whole_lines(rows * (size_t)a->d * t->width);
    t->score = whole_lines(rows * (size_t)a->s * t->width);
    t->more = whole_lines(more);
    t->each = t->query + 2 * t->score + t->more + whole_lines(product_bytes(t, products));
    return (t->scratch = tad__scratch(compute, ((things - 1) / t->piece + 1) * t->each)) != NULL;
}

tad__attend_room tad__attend_room_of(const tad__attend *t, size_t first) {
    char *at = t->scratch + first / t->piece * t->each;
    tad__attend_room r = {.query = at};
    r.score = r.query + t->query;
    r.share = r.score + t->score;
    r.more = r.share + t->score;
    r.workspace = r.more + t->more;
    return r;
}

const char *tad__attend_at(const tad__attend *t, int i, int64_t batch) {
    const tad_array *x = t->a.in[i];
    const int64_t offset = tad__offset_of(batch, t->a.batch.rank, t->a.batch.dim, t->a.step[i]);
    return (const char *)x->data + offset * (int64_t)tad_dtype_size((tad_dtype)x->dtype);
}

/* ---- a block ---- */

void tad__attend_multiply(const tad__attend *t, tad__gemm g, const void *a, const void *b, void *c,
                          bool add, void *workspace) {
    g.a = a;
    g.b = b;
    g.c = c;
    g.start = add ? c : NULL;
    g.start_row = add ? g.c_row : 0;
    if (g.m && g.n) t->gemm.run(&g, 0, 1, workspace);
}

static void scale_queries(const tad__attend *t, int64_t batch, int64_t first, int64_t rows,
                          char *to) {
    const tad__attention *a = &t->a;
    const char *q = tad__attend_at(t, TAD__Q, batch);
    for (int64_t i = 0; i < rows; i++) {
        const void *x = q + (first + i) * a->row[TAD__Q] * (int64_t)t->width;
        void *y = to + (size_t)(i * a->d) * t->width;
        if (a->dtype == TAD_F64)
            tad__scaled_row_f64(a->d, x, a->col[TAD__Q], a->scale, y);
        else
            tad__scaled_row_f32(a->d, x, a->col[TAD__Q], (float)a->scale, y);
    }
}

static void put_mask_f64(const tad__attention *a, int64_t keys, const void *mask, double *score) {
    if (a->in[TAD__MASK]->dtype == TAD_BOOL)
        tad__hide_row_f64(keys, mask, a->col[TAD__MASK], score);
    else
        tad__mask_row_f64(keys, mask, a->col[TAD__MASK], score);
}

static void put_mask_f32(const tad__attention *a, int64_t keys, const void *mask, float *score) {
    if (a->in[TAD__MASK]->dtype == TAD_BOOL)
        tad__hide_row_f32(keys, mask, a->col[TAD__MASK], score);
    else
        tad__mask_row_f32(keys, mask, a->col[TAD__MASK], score);
}

/* Of query number `at`; later: the first key that a causal row does not see. */
static void mask_row(const tad__attend *t, int64_t batch, int64_t at, int64_t keys, void *score) {
    const tad__attention *a = &t->a;
    if (a->in[TAD__MASK]) {
        const size_t width = tad_dtype_size((tad_dtype)a->in[TAD__MASK]->dtype);
        const char *mask = tad__attend_at(t, TAD__MASK, batch);
        mask += at * a->row[TAD__MASK] * (int64_t)width;
        if (a->dtype == TAD_F64)
            put_mask_f64(a, keys, mask, score);
        else
            put_mask_f32(a, keys, mask, score);
    }
    if (a->causal && a->dtype == TAD_F64) tad__hide_later_f64(keys, at + 1, score);
    if (a->causal && a->dtype == TAD_F32) tad__hide_later_f32(keys, at + 1, score);
}

static void share_nothing(const tad__attend *t, int64_t keys, const void *score, void *share) {
    if (t->a.dtype == TAD_F64)
        tad__share_nothing_f64(keys, score, share);
    else
        tad__share_nothing_f32(keys, score, share);
}

void tad__attend_shares(const tad__attend *t, int64_t batch, int64_t first, int64_t rows,
                        int64_t keys, const tad__attend_room *room) {
    const tad__attention *a = &t->a;
    const size_t bytes = (size_t)keys * t->width, step = keys ? tad__tile_rows((size_t)keys) : 1;
    scale_queries(t, batch, first, rows, room->query);
    tad__attend_multiply(t, tad__attention_scores(a, rows, keys), room->query,
                         tad__attend_at(t, TAD__K, batch), room->score, false, room->workspace);
    if (!keys) return;
    for (int64_t i = 0; i < rows; i++)
        mask_row(t, batch, first + i, keys, room->score + (size_t)i * bytes);
    for (size_t i = 0; i < (size_t)rows; i += step)
        t->softmax->softmax[a->dtype](tad__min(step, (size_t)rows - i), (size_t)keys,
                                      room->score + i * bytes, room->share + i * bytes);
    for (size_t i = 0; i < (size_t)rows && a->in[TAD__MASK]; i++)
        share_nothing(t, keys, room->score + i * bytes, room->share + i * bytes);
}

/* ---- all blocks ---- */

static int products(const tad__attention *a, int64_t rows, int64_t keys, tad__gemm *list) {
    list[0] = tad__attention_scores(a, rows, keys);
    list[1] = tad__attention_results(a, rows, keys);
    return 2;
}

typedef struct values {
    tad__attend attend;
    int64_t blocks; /* of a batch */
    char *out;
} values;

static void values_piece(void *arg, size_t begin, size_t end) {
    const values *v = arg;
    const tad__attend *t = &v->attend;
    const tad__attention *a = &t->a;
    const tad__attend_room room = tad__attend_room_of(t, begin);
    for (size_t k = begin; k < end; k++) {
        const int64_t batch = (int64_t)k / v->blocks, first = (int64_t)k % v->blocks * a->block;
        const int64_t rows = tad__attention_rows(a, first),
                      keys = tad__attention_keys(a, first, rows);
        tad__attend_shares(t, batch, first, rows, keys, &room);
        tad__attend_multiply(
            t, tad__attention_results(a, rows, keys), room.share, tad__attend_at(t, TAD__V, batch),
            v->out + (size_t)((batch * a->l + first) * a->e) * t->width, false, room.workspace);
    }
}

tad_status tad__attention_forward(const tad_call_frame *c) {
    values v = {.out = c->out[0]->data};
    if (c->out[0]->size == 0) return TAD_OK;
    tad__attend_of(&v.attend, c);
    v.blocks = (v.attend.a.l - 1) / v.attend.a.block + 1;
    const size_t things = (size_t)(v.attend.a.batches * v.blocks);
    if (!tad__attend_take_room(&v.attend, c->compute, things, 0, products)) return TAD_NO_MEMORY;
    tad__split(v.attend.pool, things, v.attend.grain, values_piece, &v);
    return TAD_OK;
}
