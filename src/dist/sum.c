/* Sums over shards, bucket by bucket: a rank adds up the subtrees that are its own, sends each
 * piece of them to the rank that adds up that piece of all, and gets the other pieces of the sum.
 * Both ways together send what a ring would, 2 (n - 1) / n of the bytes, and the order of adding is
 * the tree's. Rests on dist.h. */
#include <string.h>

#include "dist.h"

/* ---- vectors ---- */

static unsigned char *at(unsigned char *vector, const tad__bucket *b, int64_t element) {
    return vector + b->offset + (size_t)element * tad_dtype_size(b->dtype);
}

void *tad__item_in(const tad_dist *d, unsigned char *vector, const tad__summed *item) {
    return at(vector, &d->bucket[item->bucket], item->at);
}

static void add_up(tad_dtype dtype, void *into, const void *from, int64_t n) {
    if (dtype == TAD_F64) {
        double *restrict y = into;
        const double *restrict x = from;
        for (int64_t i = 0; i < n; i++) y[i] += x[i];
    } else {
        float *restrict y = into;
        const float *restrict x = from;
        for (int64_t i = 0; i < n; i++) y[i] += x[i];
    }
}

/* ---- this rank's shards ---- */

void tad__sum_begin(tad_dist *d, bool all) {
    d->stack = (tad__stack){0};
    for (size_t k = 0; k < d->buckets; k++) {
        d->bucket[k].state = all || k == d->buckets - 1 ? TAD__COLLECTING : TAD__SUMMED;
        d->bucket[k].left = d->bucket[k].items;
    }
}

/* Where block j of another rank arrives: its part of this rank's piece of the bucket. */
static unsigned char *arrival(const tad_dist *d, const tad__bucket *b, int rank, size_t j,
                              size_t bytes) {
    const int me = d->ranks.rank;
    const size_t own = d->base[me + 1] - d->base[me];
    const size_t place = d->base[rank] + j - (rank > me ? own : 0);
    return d->arriving + b->arrivals + place * bytes;
}

static size_t blocks_of(const tad_dist *d, int rank) { return d->base[rank + 1] - d->base[rank]; }

/* Block j of every rank that has so many. */
static tad_status send_block(tad_dist *d, size_t k, size_t j) {
    tad__bucket *b = &d->bucket[k];
    const int me = d->ranks.rank;
    const size_t size = tad_dtype_size(b->dtype);
    const size_t own = (size_t)(tad__piece_begin(d, b, me + 1) - tad__piece_begin(d, b, me)) * size;
    for (int r = 0; r < d->ranks.size; r++) {
        const int64_t begin = tad__piece_begin(d, b, r), end = tad__piece_begin(d, b, r + 1);
        if (r != me && j < blocks_of(d, me))
            d->send[r] = (tad_piece){at(d->level[j], b, begin), (size_t)(end - begin) * size};
        if (r != me && j < blocks_of(d, r))
            d->receive[r] = (tad_piece){arrival(d, b, r, j, own), own};
    }
    return tad__post_start(d, &b->post[j], TAD__FIRST_BUCKET + 2 * (int)k, "sum", (int)k);
}

tad_status tad__sum_send(tad_dist *d, size_t k) {
    tad_status s = TAD_OK;
    d->bucket[k].state = TAD__SUMMING;
    for (size_t j = 0; j < d->most && s == TAD_OK; j++) s = send_block(d, k, j);
    return s;
}

void tad__sum_add(tad_dist *d, size_t k, int64_t shard) {
    tad__bucket *b = &d->bucket[k];
    tad__stack s = d->stack;
    size_t level = s.depth;
    for (size_t n = tad__stack_push(&s, d->options.shards, (tad__subtree){shard, shard + 1}); n > 0;
         n--, level--)
        add_up(b->dtype, at(d->level[level - 1], b, 0), at(d->level[level], b, 0), b->size);
}

void tad__sum_next(tad_dist *d, int64_t shard) {
    tad__stack_push(&d->stack, d->options.shards, (tad__subtree){shard, shard + 1});
    for (size_t k = 0; k < d->buckets; k++) d->bucket[k].left = d->bucket[k].items;
}

/* ---- this rank's piece of all ---- */

/* A node of the tree, and where its numbers are. */
typedef struct subtotal {
    tad__subtree block;
    void *data;
} subtotal;

/* Puts a subtree behind the others; siblings are added up, into the left one. */
static size_t push(const tad_dist *d, const tad__bucket *b, subtotal *of, size_t depth,
                   subtotal new, int64_t n) {
    of[depth++] = new;
    for (; depth > 1; depth--) {
        subtotal *left = &of[depth - 2];
        if (!tad__are_siblings(d->options.shards, left->block, left[1].block)) break;
        add_up(b->dtype, left->data, left[1].data, n);
        left->block.end = left[1].block.end;
    }
    return depth;
}

static void merge(tad_dist *d, const tad__bucket *b) {
    const int me = d->ranks.rank;
    const int64_t begin = tad__piece_begin(d, b, me), n = tad__piece_begin(d, b, me + 1) - begin;
    const size_t bytes = (size_t)n * tad_dtype_size(b->dtype);
    subtotal of[2 * TAD__MOST_SUBTREES];
    size_t depth = 0;
    if (n == 0) return;
    for (int r = 0; r < d->ranks.size; r++)
        for (size_t j = 0; j < blocks_of(d, r); j++) {
            void *data = r == me ? at(d->level[j], b, begin) : arrival(d, b, r, j, bytes);
            depth = push(d, b, of, depth, (subtotal){d->block[d->base[r] + j], data}, n);
        }
    memcpy(at(d->sum, b, begin), of[0].data, bytes);
}

/* ---- exchanging ---- */

tad_status tad__share_start(tad_dist *d, size_t k) {
    tad__bucket *b = &d->bucket[k];
    const int me = d->ranks.rank;
    for (int r = 0; r < d->ranks.size; r++) {
        const size_t size = tad_dtype_size(b->dtype);
        const int64_t own = tad__piece_begin(d, b, me), begin = tad__piece_begin(d, b, r);
        if (r == me) continue;
        d->send[r] =
            (tad_piece){at(d->sum, b, own), (size_t)(tad__piece_begin(d, b, me + 1) - own) * size};
        d->receive[r] = (tad_piece){at(d->sum, b, begin),
                                    (size_t)(tad__piece_begin(d, b, r + 1) - begin) * size};
    }
    b->state = TAD__SHARING;
    return tad__post_start(d, &b->post[0], TAD__FIRST_BUCKET + 2 * (int)k + 1, "share", (int)k);
}

/* One bucket goes as far as it can. */
static tad_status go_on(tad_dist *d, size_t k) {
    tad__bucket *b = &d->bucket[k];
    const size_t posts = b->state == TAD__SUMMING ? d->most : 1;
    bool all = true, done;
    if (b->state != TAD__SUMMING && b->state != TAD__SHARING) return TAD_OK;
    for (size_t j = 0; j < posts; j++) {
        const tad_status s = tad__post_test(d, &b->post[j], &done);
        if (s != TAD_OK) return s;
        all = all && done;
        if (!done) d->awaited = b->post[j];
    }
    if (!all) return TAD_OK;
    if (b->state == TAD__SUMMING) {
        merge(d, b);
        if (!b->is_split) return tad__share_start(d, k);
    }
    b->state = TAD__SUMMED;
    return TAD_OK;
}

tad_status tad__sum_test(tad_dist *d, bool *done) {
    tad_status s = TAD_OK;
    *done = true;
    for (size_t k = 0; k < d->buckets && s == TAD_OK; k++) {
        s = go_on(d, k);
        *done = *done && d->bucket[k].state == TAD__SUMMED;
    }
    return s;
}

/* A report that tells of a failure is no reason not to wait: what has been started arrives. */
tad_status tad__sum_wait(tad_dist *d) {
    bool summed = false, reported = false;
    tad_status told = TAD_OK, s = TAD_OK;
    while (d->broken == TAD_OK && !(summed && reported)) {
        s = tad__sum_test(d, &summed);
        if (s == TAD_OK && !reported) told = tad__report_test(d, &reported);
        if (s == TAD_OK && d->broken == TAD_OK && !(summed && reported))
            s = tad__dist_pause(d, summed ? &d->reports : &d->awaited);
    }
    return d->broken != TAD_OK ? d->broken : s != TAD_OK ? s : told;
}
