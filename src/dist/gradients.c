/* The gradients of a batch: shard after shard on each rank, summed over all. Rests on dist.h. */
#include <math.h>
#include <string.h>

#include <tad/diff.h>
#include <tad/inspect.h>

#include "dist.h"
#include "tape/handle.h"
#include "tape/version.h"

/* The numbers' bucket: the sum of weights, that of weighted losses, the caller's. */
enum { WEIGHT, LOSS, SUMS };

/* A verb under way. */
typedef struct step {
    tad_dist *d;
    tad_shard_fn *f;
    void *user;
    bool sweeps; /* gradients are wanted */
    tad_random random;
    int64_t shard;
    bool last;
} step;

static tad_status status(const step *s) { return tad_tape_status(s->d->tape); }

/* Where the numbers of the shard under way go. */
static double *numbers(const tad_dist *d, unsigned char *vector) {
    return (double *)(void *)(vector + d->bucket[d->buckets - 1].offset);
}

static unsigned char *level(const tad_dist *d) { return d->level[d->stack.depth]; }

/* ---- buffers ---- */

static void keep_buffers(tad_dist *d) {
    for (size_t k = d->trained; k < d->items; k++) {
        const void *data = tad_data(d->item[k].param);
        if (data)
            memcpy(tad__item_in(d, d->buffers, &d->item[k]), data, tad__item_bytes(&d->item[k]));
    }
}

/* Also where the tape has failed; a buffer that the caller rewound is gone. */
static void restore_buffers(tad_dist *d) {
    for (size_t k = d->trained; k < d->items; k++) {
        const tad__summed *item = &d->item[k];
        if (!tad__is_living(d->tape, item->param)) continue;
        memcpy(tad__change(d->tape, (uint32_t)tad_node_index(item->param)),
               tad__item_in(d, d->buffers, item), tad__item_bytes(item));
    }
}

/* ---- one shard ---- */

static void scale(tad_dtype dtype, void *data, int64_t n, double by) {
    if (dtype == TAD_F64) {
        double *x = data;
        for (int64_t i = 0; i < n; i++) x[i] *= by;
    } else {
        float *x = data;
        for (int64_t i = 0; i < n; i++) x[i] = (float)(x[i] * by);
    }
}

/* Item k of the shard is there; the bucket goes on its way when it is full. */
static tad_status arrive(step *s, size_t k) {
    tad_dist *d = s->d;
    tad__bucket *b = &d->bucket[d->item[k].bucket];
    if (--b->left > 0) return TAD_OK;
    tad__sum_add(d, d->item[k].bucket, s->shard);
    return s->last ? tad__sum_send(d, d->item[k].bucket) : TAD_OK;
}

/* The gradient of parameter k is whole. */
static tad_status take_gradient(void *user, size_t k) {
    step *s = user;
    tad_dist *d = s->d;
    bool done;
    const void *g = tad_gradient_data(d->params[k]);
    if (!g) return status(s);
    memcpy(tad__item_in(d, level(d), &d->item[k]), g, tad__item_bytes(&d->item[k]));
    tad_status now = arrive(s, k);
    if (now == TAD_OK && s->last) now = tad__sum_test(d, &done);
    return now;
}

static tad_status take_zeros(step *s) {
    tad_dist *d = s->d;
    tad_status now = TAD_OK;
    for (size_t k = 0; k < d->trained && now == TAD_OK; k++) {
        memset(tad__item_in(d, level(d), &d->item[k]), 0, tad__item_bytes(&d->item[k]));
        now = arrive(s, k);
    }
    return now;
}

static void tell(const tad_dist *d, bool begins) {
    if (d->options.watch) d->options.watch(d->options.watcher, "sweep", -1, begins);
}

static tad_status sweep(step *s, const tad_shard_loss *of) {
    tad_dist *d = s->d;
    if (of->weight == 0) return take_zeros(s);
    tad_status now = tad_zero_gradients(d->params, d->trained);
    const tad_var seed =
        tad_full(d->tape, tad_dtype_of(of->loss), tad_shape_of(of->loss), of->weight);
    if (now == TAD_OK && tad_is_nil(seed)) now = status(s);
    if (now != TAD_OK) return now;
    tell(d, true);
    now = tad_reverse_watched(&of->loss, &seed, 1, d->params, d->trained, take_gradient, s);
    tell(d, false);
    return now;
}

/* Buffers count as much as the loss. */
static tad_status take_buffers(step *s, double weight) {
    tad_dist *d = s->d;
    tad_status now = TAD_OK;
    for (size_t k = d->trained; k < d->items && now == TAD_OK; k++) {
        const tad__summed *item = &d->item[k];
        void *to = tad__item_in(d, level(d), item);
        const void *data = tad_data(item->param);
        if (!data) return status(s);
        if (weight == 0)
            memset(to, 0, tad__item_bytes(item));
        else
            memcpy(to, data, tad__item_bytes(item));
        scale(item->dtype, to, item->size, weight);
        now = arrive(s, k);
    }
    return now;
}

static tad_status take_numbers(step *s, const tad_shard_loss *of) {
    tad_dist *d = s->d;
    double *to = numbers(d, level(d));
    to[WEIGHT] = of->weight;
    to[LOSS] = of->weight == 0 ? 0 : of->weight * tad_item(of->loss);
    tad__sum_add(d, d->buckets - 1, s->shard);
    return s->last && status(s) == TAD_OK ? tad__sum_send(d, d->buckets - 1) : status(s);
}

/* A stream of its own for each shard of each step. */
static tad_random random_of(tad_random r, int64_t shard) {
    uint64_t h = r.seed + 0x9E3779B97F4A7C15u * (r.drawn + 1);
    h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9u + (uint64_t)shard;
    h = (h ^ h >> 27) * 0x94D049BB133111EBu;
    return (tad_random){h ^ h >> 31, 0};
}

static tad_status check_loss(const step *s, const tad_shard_loss *of) {
    tad_tape *t = s->d->tape;
    if (!(of->weight >= 0 && isfinite(of->weight)))
        return tad_tape_fail(t, TAD_BAD_ARGUMENT, "dist: shard %lld has the weight %g",
                             (long long)s->shard, of->weight);
    if (of->weight > 0 && tad_tape_of(of->loss) != t)
        return tad_tape_fail(t, TAD_BAD_HANDLE, "dist: shard %lld has no loss on this tape",
                             (long long)s->shard);
    return TAD_OK;
}

static tad_status compute_shard(step *s) {
    tad_dist *d = s->d;
    double *to = numbers(d, level(d));
    memset(to, 0, (size_t)d->bucket[d->buckets - 1].bytes);
    tad_tape_set_random(d->tape, random_of(s->random, s->shard));
    restore_buffers(d);
    const tad_shard_loss of = s->f(d->tape, s->shard, to + SUMS, s->user);
    if (status(s) != TAD_OK) return status(s);
    tad_status now = check_loss(s, &of);
    if (now == TAD_OK && s->sweeps) now = sweep(s, &of);
    if (now == TAD_OK && s->sweeps) now = take_buffers(s, of.weight);
    return now == TAD_OK ? take_numbers(s, &of) : now;
}

/* ---- all shards ---- */

static tad_status compute_shards(step *s) {
    tad_dist *d = s->d;
    const int64_t end = d->shards.first + d->shards.count;
    const tad_mark mark = tad_tape_mark(d->tape);
    tad_status now = status(s);
    tad__sum_begin(d, s->sweeps);
    for (s->shard = d->shards.first; s->shard < end && now == TAD_OK; s->shard++) {
        s->last = s->shard == end - 1;
        if (!s->sweeps) tad_record_pause(d->tape);
        now = compute_shard(s);
        if (!s->sweeps) tad_record_resume(d->tape);
        const tad_status rewound = tad_tape_rewind(d->tape, mark);
        if (now == TAD_OK) now = rewound;
        tad__sum_next(d, s->shard);
    }
    return now;
}

/* What a failure, or the want of shards, has left: others wait for it. */
static tad_status send_rest(tad_dist *d) {
    tad_status now = TAD_OK;
    for (size_t k = 0; k < d->buckets && now == TAD_OK; k++)
        if (d->bucket[k].state == TAD__COLLECTING) now = tad__sum_send(d, k);
    return now;
}

/* ---- the result ---- */

static void divide(tad_dtype dtype, void *data, int64_t n, double by) {
    if (dtype == TAD_F64) {
        double *x = data;
        for (int64_t i = 0; i < n; i++) x[i] /= by;
    } else {
        float *x = data, weight = (float)by;
        for (int64_t i = 0; i < n; i++) x[i] /= weight;
    }
}

/* Parameters, or shares, are given a gradient as what is reversed, with it as cotangent. */
static tad_status give_gradients(tad_dist *d) {
    const tad_mark mark = tad_tape_mark(d->tape);
    tad_var *cotangent = tad_tape_resize(d->tape, NULL, d->trained + 1, sizeof *cotangent);
    if (!cotangent) return tad_tape_status(d->tape);
    for (size_t k = 0; k < d->trained; k++) cotangent[k] = tad__mean_of(d, &d->item[k]);
    tad_status now = tad_tape_status(d->tape);
    if (now == TAD_OK) now = tad_zero_gradients(d->params, d->trained);
    if (now == TAD_OK) now = tad_zero_gradients(d->roots, d->trained);
    if (now == TAD_OK && d->trained) now = tad_reverse_from(d->roots, cotangent, d->trained);
    tad_tape_resize(d->tape, cotangent, 0, 0);
    const tad_status rewound = tad_tape_rewind(d->tape, mark);
    return now == TAD_OK ? rewound : now;
}

static void forget_gradient(tad_dist *d, tad_var x) {
    if (tad__is_living(d->tape, x)) tad__zero_gradient(d->tape, (uint32_t)tad_node_index(x));
}

/* Also where the tape has failed, so that a step after it goes nowhere. */
static void forget_gradients(tad_dist *d) {
    for (size_t k = 0; k < d->trained; k++) {
        forget_gradient(d, d->params[k]);
        forget_gradient(d, d->roots[k]);
    }
}

static tad_status finish(step *s, tad_dist_result *result) {
    tad_dist *d = s->d;
    const double *sum = numbers(d, d->sum), weight = sum[WEIGHT];
    if (!(weight > 0))
        return tad_tape_fail(d->tape, TAD_BAD_ARGUMENT, "dist: the weights of all shards are %g",
                             weight);
    for (size_t k = 0; k < d->items && s->sweeps; k++)
        divide(d->item[k].dtype, tad__item_in(d, d->sum, &d->item[k]), d->item[k].size, weight);
    tad_status now = s->sweeps ? give_gradients(d) : TAD_OK;
    for (size_t k = d->trained; k < d->items && now == TAD_OK && s->sweeps; k++)
        now = tad_assign(d->item[k].param, tad__item_in(d, d->sum, &d->item[k]));
    if (now != TAD_OK) return now;
    if (result) {
        *result = (tad_dist_result){sum[LOSS] / weight, weight, {0}};
        memcpy(result->sums, sum + SUMS, sizeof result->sums);
    }
    d->steps += s->sweeps;
    return TAD_OK;
}

static tad_status run(tad_dist *d, tad_shard_fn *f, void *user, bool sweeps,
                      tad_dist_result *result) {
    if (!d) return TAD_BAD_ARGUMENT;
    if (d->broken != TAD_OK) return d->broken;
    step s = {.d = d, .f = f, .user = user, .sweeps = sweeps};
    s.random = tad_tape_random(d->tape);
    if (!f) tad_tape_fail(d->tape, TAD_BAD_ARGUMENT, "dist: no function of a shard");
    keep_buffers(d);
    tad_status now = compute_shards(&s);
    restore_buffers(d);
    tad_tape_set_random(d->tape, (tad_random){s.random.seed, s.random.drawn + sweeps});
    tad__dist_wait_from_now(d);
    if (d->broken == TAD_OK) now = send_rest(d);
    if (now == TAD_OK)
        now = tad__report_start(d, sweeps ? TAD__GRADIENTS : TAD__EVALUATE, NULL,
                                sweeps && d->steps % d->options.check_every == 0);
    if (now == TAD_OK) now = tad__sum_wait(d);
    if (now == TAD_OK) now = finish(&s, result);
    if (now != TAD_OK) forget_gradients(d);
    return now;
}

tad_status tad_dist_gradients(tad_dist *d, tad_shard_fn *f, void *user, tad_dist_result *result) {
    return run(d, f, user, true, result);
}

tad_status tad_dist_evaluate(tad_dist *d, tad_shard_fn *f, void *user, tad_dist_result *result) {
    return run(d, f, user, false, result);
}
