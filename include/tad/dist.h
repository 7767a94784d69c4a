/* Training over many processes, the ranks, each with a tape of its own: the same bits on any number
 * of them, and of threads in each.
 *
 *     static tad_shard_loss loss(tad_tape *t, int64_t shard, double *sums, void *user) {
 *         ...                                     the shard's part of the batch, its mean loss
 *         return (tad_shard_loss){tad_cross_entropy(...), examples};
 *     }
 *
 *     tad_dist *d = tad_dist_new(t, &ranks, tad_net_params(net), &(tad_dist_options){.shards = 8});
 *     tad_optim *opt = tad_adam(tad_dist_params(d), 1e-3, NULL);
 *     ... tad_dist_gradients(d, loss, &step, &result) ... tad_dist_step(d, opt) ...
 *
 * A batch is cut into shards, whose number belongs to what is computed, as the size of the batch
 * does; the number of ranks does not. Each rank computes the gradients of some shards in a row, one
 * after the other; sums over shards are added up by a fixed binary tree over the shards. A rank
 * with many shards accumulates gradients.
 *
 * What carries the bytes is a small table of functions: libtad-mpi fills it from an MPI
 * communicator (mpi.h); NCCL, gloo or sockets may stand behind it.
 *
 * Verbs here are collective: every rank calls the same ones in the same order. They end within
 * `patience` on every rank: with TIMEOUT where a rank does not come, with DISAGREE where one does
 * something else, and where one fails, with its status on all of them, and a message that names the
 * rank. After TIMEOUT and DISAGREE this tad_dist is of no use any more: every verb returns the
 * same.
 *
 * Threads: as the tape. */
#ifndef TAD_DIST_H
#define TAD_DIST_H

#include <tad/optim.h>
#include <tad/safetensors.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- how ranks reach each other ---- */

/* Bytes for one rank, or from one. */
typedef struct tad_piece {
    void *data;
    size_t bytes; /* 0: nothing is sent */
} tad_piece;

/* To every rank a piece, from every rank a piece. */
typedef struct tad_exchange {
    int channel; /* 0 .. 32767; on one channel the first started here meets the first started there
                  */
    const tad_piece *send, *receive; /* of each rank; the entry of one's own is passed over */
} tad_exchange;

/* The functions are called by the thread that calls tad. */
typedef struct tad_ranks {
    int rank, size; /* 0 <= rank < size */
    void *user;
    /* Memory that pieces lie in, as realloc; bytes 0: free. What is still on its way in an exchange
     * that was abandoned must stay until it has arrived, or for ever. */
    void *(*resize)(void *user, void *old, size_t bytes);
    /* Begins an exchange; the lists are read at once, the pieces until it is done. */
    tad_status (*start)(void *user, const tad_exchange *what, void **request);
    /* Goes on with it, without waiting; *other: a rank that it waits for, where that is known.
     * Another status than OK is final, as *done is: IO where sending fails, DISAGREE where *other
     * sent another number of bytes. */
    tad_status (*test)(void *user, void *request, bool *done, int *other);
    void (*abandon)(void *user, void *request); /* one that is neither done nor failed */
} tad_ranks;

/* One rank alone: its functions are NULL, and memory is the tape's. */
TAD_API tad_ranks tad_ranks_alone(void);

/* ---- making ---- */

typedef struct tad_dist tad_dist;

typedef struct tad_dist_options {
    int64_t shards;      /* of every batch: 1 .. 2^20 */
    double patience;     /* seconds to wait for another rank in one verb; 0: 600 */
    int64_t check_every; /* steps from one comparison of all parameters to the next; 0: 100 */
    size_t bucket;       /* bytes of gradients that are sent together; 0: 1 MiB */
    /* Each rank keeps the optimiser's state of its share of the parameters alone, and steps that
     * share; the others get its new values, in the place of the sum of the gradients. */
    bool split_state;
    bool double_master; /* with split_state: the share is kept and stepped in float64 */
    /* Is told of each exchange: "sweep", "sum", "share", "report", and its bucket (-1: of none),
     * when it begins and when it has ended. NULL: nobody is. */
    void (*watch)(void *user, const char *what, int bucket, bool begins);
    void *watcher;
} tad_dist_options;

/* Every rank gets the values that rank 0's parameters and buffers (float32, float64) have, and the
 * state of its tape's random numbers. DISAGREE where ranks differ in version, options, or names,
 * types or shapes of parameters. What it points to, in *ranks, must outlive it. params NULL: none.
 * Memory: of the parameters' size, once for the sum, once for what arrives, and once for each level
 * of the tree that waits, log2 of the shards of a rank + 1 at most; by ranks->resize.
 * NULL on failure, which sticks to the tape; the functions below accept a NULL. */
TAD_API tad_dist *tad_dist_new(tad_tape *t, const tad_ranks *ranks, const tad_dict *params,
                               const tad_dist_options *options);
TAD_API void tad_dist_free(tad_dist *d); /* before the tape and the ranks */

/* What an optimiser is to be made for: the parameters; with split_state this rank's share of them,
 * each a part of one axis. */
TAD_API const tad_dict *tad_dist_params(const tad_dist *d);

/* The part of `count` things in a row (shards, points, rows of a file) that is this rank's. */
typedef struct tad_dist_part {
    int64_t first, count;
} tad_dist_part;
TAD_API tad_dist_part tad_dist_part_of(const tad_dist *d, int64_t count);

/* ---- a step ---- */

enum { TAD_DIST_SUMS = 8 };

typedef struct tad_shard_loss {
    tad_var loss;  /* a single number; not read where weight is 0 */
    double weight; /* of this shard in the mean: the number of its examples. 0: it has none */
} tad_shard_loss;

/* Records the loss of a shard; what it records is forgotten after its sweep. The tape's random
 * numbers are the shard's own, and the same whoever computes it. Anything else that it counts it
 * adds to sums[TAD_DIST_SUMS], which begin as 0. */
typedef tad_shard_loss tad_shard_fn(tad_tape *t, int64_t shard, double *sums, void *user);

typedef struct tad_dist_result {
    double loss, weight;        /* the weighted mean; the sum of the weights */
    double sums[TAD_DIST_SUMS]; /* over shards */
} tad_dist_result;

/* Gradients of sum_s weight_s loss_s / sum_s weight_s, for the parameters or this rank's share of
 * them: what they had before is forgotten. Buffers get the same mean of what the shards make of
 * them, each beginning with their values of now. Gradients are sent bucket after bucket, in the
 * order of the dictionary from its end, while the sweep of a rank's last shard is still under way.
 *
 * BAD_ARGUMENT where all weights together are 0. After a failure gradients are zero and buffers as
 * before. Sent for each rank: 2 (n - 1) / n of the parameters' bytes, with split_state too, times
 * the number of subtrees that its shards make, which is one where the shards of each rank are a
 * subtree: n and the shards powers of two. *result may be NULL. */
TAD_API TAD_MUST_USE tad_status tad_dist_gradients(tad_dist *d, tad_shard_fn *f, void *user,
                                                   tad_dist_result *result);

/* tad_optim_step of an optimiser made for tad_dist_params. UNSUPPORTED where it looks at whole
 * parameters or the norm of all (LAMB, clip.norm) and has only a share of them. */
TAD_API TAD_MUST_USE tad_status tad_dist_step(tad_dist *d, tad_optim *o);

/* Sums over shards of what f adds to sums; nothing is recorded. What it returns is weighted as a
 * loss. For an evaluation over ranks. */
TAD_API TAD_MUST_USE tad_status tad_dist_evaluate(tad_dist *d, tad_shard_fn *f, void *user,
                                                  tad_dist_result *result);

/* Whether parameters, buffers and random numbers are the same on all ranks, bit for bit: DISAGREE
 * names the first that is not. Done in every check_every-th tad_dist_gradients as well. */
TAD_API TAD_MUST_USE tad_status tad_dist_check(tad_dist *d);

/* ---- what is computed by parts ---- */

/* n things of `bytes` bytes each, of which every rank has its part (tad_dist_part_of), in their
 * order on every rank. */
TAD_API TAD_MUST_USE tad_status tad_dist_gather(tad_dist *d, const void *part, int64_t n,
                                                size_t bytes, void *all);

/* ---- saving and resuming ---- */

/* Of the optimiser's state, whole arrays as entries of a new dictionary, on any number of ranks the
 * same, beside its numbers; without split_state its own dictionary. Collective. */
TAD_API const tad_dict *tad_dist_state(tad_dist *d, const tad_optim *o);
/* Back again, from a dictionary that tad_dist_state gave and that was loaded. Parameters must be
 * loaded before, as the share of this rank is taken from them. */
TAD_API TAD_MUST_USE tad_status tad_dist_set_state(tad_dist *d, tad_optim *o,
                                                   const tad_dict *state);

/* tad_checkpoint_save by rank 0 alone; on all it has ended with the same status. */
TAD_API TAD_MUST_USE tad_status tad_dist_save(tad_dist *d, const char *path, const tad_slot *slots,
                                              size_t n, const tad_text *texts, size_t text_count);
/* tad_checkpoint_load by every rank; on all it has ended with the same status. */
TAD_API TAD_MUST_USE tad_status tad_dist_load(tad_dist *d, const char *path, const tad_slot *slots,
                                              size_t n, bool partial);

#ifdef __cplusplus
}
#endif
#endif
