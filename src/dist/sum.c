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
static tad_piece arrival(const tad_dist *d, const tad__bucket *b, int rank, size_t j) {
    const int me = d->ranks.rank;
    const size_t place = d->base[rank] + j - (rank > me ? tad__blocks_of(d, me) : 0);
    const size_t bytes = tad__piece_bytes(d, b, me);
    return (tad_piece){d->arriving + b->arrivals + place * bytes, bytes};
}

/* Block j of every rank that has so many. */
static tad_status send_block(tad_dist *d, size_t k, size_t j) {
    tad__bucket *b = &d->bucket[k];
    const int me = d->ranks.rank;
    for (int r = 0; r < d->ranks.size; r++) {
        if (r != me && j < tad__blocks_of(d, me)) d->send[r] = tad__piece_in(d, d->level[j], b, r);
        if (r != me && j < tad__blocks_of(d, r)) d->receive[r] = arrival(d, b, r, j);
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

/* Subtrees come in the order of their shards; siblings are added up, into the left one. */
static void merge(tad_dist *d, const tad__bucket *b) {
    const int me = d->ranks.rank;
    const tad_piece own = tad__piece_in(d, d->sum, b, me);
    const int64_t n = (int64_t)(own.bytes / tad_dtype_size(b->dtype));
    tad__stack s = {0};
    void *data[TAD__MOST_SUBTREES];
    if (n == 0) return;
    for (int r = 0; r < d->ranks.size; r++)
        for (size_t j = 0; j < tad__blocks_of(d, r); j++) {
            const tad__subtree block = d->block[d->base[r] + j];
            size_t last = s.depth;
            data[last] =
                (r == me ? tad__piece_in(d, d->level[j], b, me) : arrival(d, b, r, j)).data;
            for (size_t k = tad__stack_push(&s, d->options.shards, block); k > 0; k--, last--)
                add_up(b->dtype, data[last - 1], data[last], n);
        }
    memcpy(own.data, data[0], own.bytes);
}

/* ---- exchanging ---- */

tad_status tad__share_start(tad_dist *d, size_t k) {
    tad__bucket *b = &d->bucket[k];
    for (int r = 0; r < d->ranks.size; r++) {
        d->send[r] = tad__piece_in(d, d->sum, b, d->ranks.rank);
        d->receive[r] = tad__piece_in(d, d->sum, b, r);
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
