/* What training over ranks is made of. Rests on tree.h and the public headers. */
#ifndef TAD_DIST_DIST_H
#define TAD_DIST_DIST_H

#include <tad/dist.h>

#include "tree.h"

/* ---- exchanges ---- */

/* One under way. */
typedef struct tad__post {
    bool active;
    void *request;
    const char *what;
    int bucket, other; /* other: a rank that is waited for, -1: unknown */
} tad__post;

/* Channels: these, then two of each bucket. */
enum { TAD__REPORTS, TAD__PIECES, TAD__FIRST_BUCKET };

/* ---- what is summed ---- */

/* A parameter or buffer among the numbers of its bucket. */
typedef struct tad__summed {
    const char *name; /* its dictionary's */
    tad_var param;
    bool is_buffer;
    tad_dtype dtype;
    int64_t size, at; /* elements; where the bucket has the first */
    size_t bucket;
    tad_var share; /* split: this rank's part as a parameter of its own; else nil */
} tad__summed;

/* Numbers of one type that are sent together. Rank r adds up a piece of it, the elements from
 * tad__piece_begin(d, b, r) to those of r + 1. */
typedef struct tad__bucket {
    tad_dtype dtype;
    bool is_split;        /* the sum is not shared: each rank keeps its piece */
    int64_t size;         /* elements */
    size_t offset, bytes; /* in a vector of all buckets */
    size_t arrivals;      /* where the blocks of others arrive */
    size_t first, items;  /* of the items */
    size_t left;          /* items of the shard under way that are not there yet */
    enum { TAD__COLLECTING, TAD__SUMMING, TAD__SHARING, TAD__SUMMED } state;
    tad__post post[TAD__MOST_SUBTREES]; /* of each block; of what is shared: the first */
} tad__bucket;

struct tad_dist {
    tad_tape *tape;
    tad_ranks ranks;
    tad_dist_options options;
    tad_dist_part shards; /* this rank's */
    /* items: parameters from the last to the first, then buffers; buckets: theirs, then that of the
     * numbers */
    tad__summed *item;
    tad_var *params, *roots; /* of the items that are trained; what has gradients: them or shares */
    size_t items, trained;
    tad__bucket *bucket;
    size_t buckets;
    tad_dict *all, *shares; /* as given, copied; split: this rank's part */
    /* Subtrees of each rank: rank r has those from base[r] to base[r + 1]. */
    tad__subtree *block;
    size_t *base, most; /* most: of one rank */
    /* Vectors of all buckets, `bytes` long: a level for each node that waits, and the sum. */
    unsigned char **level, *sum, *arriving;
    size_t levels, bytes, arriving_bytes;
    tad__stack stack;       /* nodes of the shards before the one under way */
    unsigned char *buffers; /* values that buffers have before a step */
    tad_piece *send, *receive;
    struct tad__report *report; /* one that is sent, and one of each rank */
    tad__post reports, awaited; /* awaited: the last that a look found under way */
    uint64_t verbs;             /* collective ones so far */
    int64_t steps;
    double deadline; /* of the verb under way */
    tad_status broken;
};

/* ---- dist.c ---- */

/* A failure after which ranks are no longer at one. Returns it. */
tad_status tad__dist_break(tad_dist *d, tad_status status, const char *format, ...)
    TAD_PRINTF(3, 4);

/* Memory that is exchanged: the ranks', or, of one that is alone, the tape's. */
void *tad__ranks_resize(tad_dist *d, void *old, size_t bytes);

/* ---- layout.c ---- */

/* Finds items and buckets, of dictionary d->all; false: the tape has failed. */
bool tad__dist_lay_out(tad_dist *d);
int64_t tad__piece_begin(const tad_dist *d, const tad__bucket *b, int rank);
size_t tad__piece_bytes(const tad_dist *d, const tad__bucket *b, int rank);
/* Where a vector of all buckets has a rank's piece of one. */
tad_piece tad__piece_in(const tad_dist *d, unsigned char *vector, const tad__bucket *b, int rank);
/* How many subtrees the shards of a rank make. */
static inline size_t tad__blocks_of(const tad_dist *d, int rank) {
    return d->base[rank + 1] - d->base[rank];
}
static inline size_t tad__item_bytes(const tad__summed *item) {
    return (size_t)item->size * tad_dtype_size(item->dtype);
}
/* The elements of an item that lie in a rank's piece. */
tad_dist_part tad__share_of(const tad_dist *d, const tad__summed *item, int rank);

/* ---- post.c ---- */

/* Waiting is counted from now. */
void tad__dist_wait_from_now(tad_dist *d);
/* Begins what d->send and d->receive say, which it clears. */
tad_status tad__post_start(tad_dist *d, tad__post *p, int channel, const char *what, int bucket);
/* *done: nothing is under way any more. */
tad_status tad__post_test(tad_dist *d, tad__post *p, bool *done);
tad_status tad__post_wait(tad_dist *d, tad__post *p);
/* Between two looks at what is under way; fails at the deadline: waiting for *p. */
tad_status tad__dist_pause(tad_dist *d, const tad__post *p);
void tad__post_abandon(tad_dist *d, tad__post *p);

/* ---- report.c ---- */

enum tad__verb {
    TAD__NEW,
    TAD__GRADIENTS,
    TAD__STEP,
    TAD__EVALUATE,
    TAD__CHECK,
    TAD__GATHER,
    TAD__STATE,
    TAD__SAVE,
    TAD__LOAD,
    TAD__VERBS
};

/* Says to all ranks how far this one has come, and with what status; text NULL: the tape's message.
 * Checks: parameters are compared as well. */
tad_status tad__report_start(tad_dist *d, enum tad__verb verb, const char *text, bool checks);
/* What has arrived is judged as soon as it is there. */
tad_status tad__report_test(tad_dist *d, bool *done);
/* Starts one and waits for all: a verb's end. */
tad_status tad__meet(tad_dist *d, enum tad__verb verb, const char *text, bool checks);

/* ---- sum.c ---- */

/* Where a vector has an item. */
void *tad__item_in(const tad_dist *d, unsigned char *vector, const tad__summed *item);
/* Before the shards of a step: of all buckets, or of that of the numbers alone. */
void tad__sum_begin(tad_dist *d, bool all);
/* Level d->stack.depth has the numbers that bucket k gets from a shard: they are added to what
 * waits for them. Then the next shard. */
void tad__sum_add(tad_dist *d, size_t k, int64_t shard);
void tad__sum_next(tad_dist *d, int64_t shard);
/* Bucket k has all of this rank's shards. */
tad_status tad__sum_send(tad_dist *d, size_t k);
/* Gives each rank's piece of bucket k in d->sum to all others. */
tad_status tad__share_start(tad_dist *d, size_t k);
/* Goes on with exchanges, without waiting; *done: every bucket has its sum. */
tad_status tad__sum_test(tad_dist *d, bool *done);
/* Waits for all buckets, and the report. */
tad_status tad__sum_wait(tad_dist *d);

/* ---- share.c ---- */

/* With split_state: this rank's share of each parameter as a parameter of its own. */
tad_status tad__make_shares(tad_dist *d);
/* They get the parameters' values. */
tad_status tad__fill_shares(tad_dist *d);
/* The first n items, of which parameters come before buffers, get what d->sum has. */
tad_status tad__take_values(tad_dist *d, size_t n);
/* BAD_ARGUMENT where an optimiser was made for others than tad_dist_params gives. */
tad_status tad__check_optim(tad_dist *d, const tad_optim *o);
/* The gradient of a parameter, or of this rank's share of it, as d->sum has it. */
tad_var tad__mean_of(const tad_dist *d, const tad__summed *item);

#endif
