/* Where everything lies: items in buckets, buckets in vectors, pieces of buckets with ranks. Rests
 * on dist.h. */
#include <string.h>

#include "dist.h"

#include "base/base.h"

enum { ALIGNED = 64, MOST_BUCKETS = 16000, PIECE = 16 /* elements that stay together */ };

/* ---- items ---- */

static tad_status check_entry(tad_tape *t, tad_entry e) {
    const tad_dtype dtype = tad_dtype_of(e.value);
    if (dtype != TAD_F64 && dtype != TAD_F32)
        return tad_tape_fail(t, TAD_BAD_DTYPE, "dist: %s is %s", e.name, tad_dtype_name(dtype));
    return TAD_OK;
}

/* Trained ones from the last to the first, as gradients come; then buffers. */
static tad_status find_items(tad_dist *d) {
    const size_t n = tad_dict_count(d->all);
    for (int buffers = 0; buffers < 2; buffers++)
        for (size_t k = n; k-- > 0;) {
            const tad_entry e = tad_dict_at(d->all, k);
            if (e.is_buffer != buffers) continue;
            if (check_entry(d->tape, e) != TAD_OK) return tad_tape_status(d->tape);
            d->item[d->items++] = (tad__summed){.name = e.name,
                                                .param = e.value,
                                                .is_buffer = e.is_buffer,
                                                .dtype = tad_dtype_of(e.value),
                                                .size = tad_size_of(e.value)};
            if (e.is_buffer) continue;
            d->roots[d->trained] = e.value;
            d->params[d->trained++] = e.value;
        }
    return TAD_OK;
}

/* ---- buckets ---- */

/* Whether an item goes into the bucket of the one before. */
static bool goes_on(const tad_dist *d, const tad__bucket *b, const tad__summed *item) {
    const size_t full = d->options.bucket / tad_dtype_size(b->dtype);
    return b->items && d->item[b->first].is_buffer == item->is_buffer && b->dtype == item->dtype &&
           (size_t)b->size + (size_t)item->size <= full;
}

static void fill_buckets(tad_dist *d) {
    tad__bucket *b = NULL;
    for (size_t k = 0; k < d->items; k++) {
        tad__summed *item = &d->item[k];
        if (!b || !goes_on(d, b, item)) {
            b = &d->bucket[d->buckets++];
            *b = (tad__bucket){.dtype = item->dtype, .first = k};
            b->is_split = d->options.split_state && !item->is_buffer;
        }
        item->bucket = (size_t)(b - d->bucket);
        item->at = b->size;
        b->size += item->size;
        b->items++;
    }
    d->bucket[d->buckets++] =
        (tad__bucket){.dtype = TAD_F64, .size = 2 + TAD_DIST_SUMS, .first = d->items};
}

/* ---- pieces ---- */

int64_t tad__piece_begin(const tad_dist *d, const tad__bucket *b, int rank) {
    const int n = d->ranks.size;
    return rank == n ? b->size : tad__part_begin(b->size / PIECE, rank, n) * PIECE;
}

size_t tad__piece_bytes(const tad_dist *d, const tad__bucket *b, int rank) {
    const int64_t n = tad__piece_begin(d, b, rank + 1) - tad__piece_begin(d, b, rank);
    return (size_t)n * tad_dtype_size(b->dtype);
}

tad_piece tad__piece_in(const tad_dist *d, unsigned char *vector, const tad__bucket *b, int rank) {
    const size_t first = (size_t)tad__piece_begin(d, b, rank) * tad_dtype_size(b->dtype);
    return (tad_piece){vector + b->offset + first, tad__piece_bytes(d, b, rank)};
}

tad_dist_part tad__share_of(const tad_dist *d, const tad__summed *item, int rank) {
    const tad__bucket *b = &d->bucket[item->bucket];
    int64_t begin = tad__piece_begin(d, b, rank) - item->at,
            end = tad__piece_begin(d, b, rank + 1) - item->at;
    begin = begin < 0 ? 0 : begin < item->size ? begin : item->size;
    end = end < begin ? begin : end < item->size ? end : item->size;
    return (tad_dist_part){begin, end - begin};
}

tad_dist_part tad_dist_part_of(const tad_dist *d, int64_t count) {
    if (!d || count < 0) return (tad_dist_part){0, 0};
    const int64_t first = tad__part_begin(count, d->ranks.rank, d->ranks.size);
    return (tad_dist_part){first, tad__part_begin(count, d->ranks.rank + 1, d->ranks.size) - first};
}

/* ---- vectors ---- */

static size_t aligned(size_t bytes) { return (bytes + ALIGNED - 1) / ALIGNED * ALIGNED; }

static void place_buckets(tad_dist *d) {
    const int me = d->ranks.rank;
    const size_t others = d->base[d->ranks.size] - tad__blocks_of(d, me);
    for (size_t k = 0; k < d->buckets; k++) {
        tad__bucket *b = &d->bucket[k];
        b->bytes = (size_t)b->size * tad_dtype_size(b->dtype);
        b->offset = d->bytes;
        b->arrivals = d->arriving_bytes;
        d->bytes += aligned(b->bytes);
        d->arriving_bytes += aligned(others * tad__piece_bytes(d, b, me));
    }
}

/* The subtrees of every rank's shards. */
static bool find_blocks(tad_dist *d) {
    const int n = d->ranks.size;
    size_t count = 0;
    for (int r = 0; r < n; r++) {
        const int64_t first = tad__part_begin(d->options.shards, r, n),
                      end = tad__part_begin(d->options.shards, r + 1, n);
        const tad__stack s = tad__stack_of(d->options.shards, first, end - first);
        tad__subtree *grown =
            tad_tape_resize(d->tape, d->block, count + s.depth + 1, sizeof *d->block);
        if (!grown) return false;
        d->block = grown;
        memcpy(d->block + count, s.block, s.depth * sizeof *s.block);
        d->base[r] = count;
        d->most = tad__max(d->most, s.depth);
        count += s.depth;
        if (r == d->ranks.rank) d->levels = s.deepest;
    }
    d->base[n] = count;
    d->shards = tad_dist_part_of(d, d->options.shards);
    return true;
}

static void *take(tad_dist *d, size_t count, size_t size) {
    return tad_tape_resize(d->tape, NULL, count + 1, size);
}

bool tad__dist_lay_out(tad_dist *d) {
    const size_t n = tad_dict_count(d->all);
    d->item = take(d, n, sizeof *d->item);
    d->params = take(d, n, sizeof *d->params);
    d->roots = take(d, n, sizeof *d->roots);
    d->bucket = take(d, n, sizeof *d->bucket);
    d->base = take(d, (size_t)d->ranks.size, sizeof *d->base);
    if (tad_tape_status(d->tape) != TAD_OK || find_items(d) != TAD_OK || !find_blocks(d))
        return false;
    fill_buckets(d);
    if (d->buckets > MOST_BUCKETS)
        tad_tape_fail(d->tape, TAD_TOO_LARGE, "dist: %zu buckets of at most %zu bytes", d->buckets,
                      d->options.bucket);
    place_buckets(d);
    return tad_tape_status(d->tape) == TAD_OK;
}
