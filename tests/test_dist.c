/* Training over ranks: the same bits on any number of them, every disagreement found, no rank left
 * waiting. The ranks are threads (dist/threads.h); tests/mpi has them as processes. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <tad/inspect.h>

#include "dist/threads.h"

/* ---- a net that has everything: dropout, running statistics, two types ---- */

enum { FEATURES = 12, HIDDEN = 20, CLASSES = 3, BATCH = 26, MOST_NUMBERS = 2000 };

/* What the ranks are to do, and what rank 0 had in the end. */
typedef struct job {
    tad_dist_options options;
    int steps, threads;
    bool adam, clip, doubles;
    const char *load, *save; /* files, or NULL */
    int wrong;               /* this rank does something else, -1: none */
    size_t count;
    double number[MOST_NUMBERS]; /* parameters, buffers, then the optimiser's state */
    tad_dist_result result;
} job;

/* Running statistics need more than one example in a shard. */
static tad_net *make_net_of(tad_tape *t, tad_dtype dtype, bool norms, bool other) {
    tad_net *net = tad_net_new(t, dtype);
    tad_net_affine(net, "first", FEATURES, HIDDEN, NULL);
    if (norms) tad_net_batch_norm(net, "norm", HIDDEN, NULL);
    tad_net_activation(net, "act", tad_relu);
    tad_net_dropout(net, "drop", 0.25);
    tad_net_affine(net, "second", HIDDEN, CLASSES + (other ? 1 : 0), NULL);
    return net;
}

static tad_net *make_net(tad_tape *t, bool norms, bool other) {
    return make_net_of(t, TAD_F32, norms, other);
}

typedef struct training {
    tad_net *net;
    int step;
    int64_t shards;
    int fails; /* the shard that fails, -1: none */
} training;

static float example(int step, int64_t i, int64_t k) {
    return (float)sin(0.7 * (double)(step * BATCH + i) + 1.3 * (double)k);
}

/* Shards of sizes that differ; for more shards than examples, some have none. */
static tad_shard_loss loss(tad_tape *t, int64_t shard, double *sums, void *user) {
    const training *tr = user;
    const int64_t first = BATCH * shard / tr->shards, end = BATCH * (shard + 1) / tr->shards;
    float x[BATCH * FEATURES];
    int64_t label[BATCH];
    if (first == end) return (tad_shard_loss){.weight = 0};
    for (int64_t i = first; i < end; i++) {
        label[i - first] = (i + tr->step) % CLASSES;
        for (int64_t k = 0; k < FEATURES; k++)
            x[(i - first) * FEATURES + k] = example(tr->step, i, k) + (float)label[i - first];
    }
    if (shard == tr->fails) tad_reshape(tad_scalar(t, 1), TAD_SHAPE(7));
    const tad_dtype dtype = tad_dtype_of(tad_dict_at(tad_net_params(tr->net), 0).value);
    tad_var in = tad_cast(tad_constant(t, TAD_F32, TAD_SHAPE(end - first, FEATURES), x), dtype),
            right = tad_constant(t, TAD_I64, TAD_SHAPE(end - first), label),
            scores = tad_net_apply(tr->net, in);
    sums[0] += (double)(end - first) * tad_accuracy(scores, right);
    sums[1] += 1;
    return (tad_shard_loss){tad_cross_entropy(scores, right, NULL), (double)(end - first)};
}

static void keep(job *j, const tad_dict *d) {
    for (size_t k = 0; k < tad_dict_count(d); k++) {
        const tad_var v = tad_dict_at(d, k).value;
        const size_t n = (size_t)tad_size_of(v);
        ck_assert(j->count + n <= MOST_NUMBERS);
        ck_assert_int_eq(tad_read(v, j->number + j->count, n), TAD_OK);
        j->count += n;
    }
}

static tad_optim *optimiser(const tad_dict *params, const job *j) {
    tad_adam_options a = tad_adam_defaults();
    tad_sgd_options s = {.momentum = 0.9, .weight_decay = 0.01};
    if (j->clip) a.clip.norm = s.clip.norm = 1;
    return j->adam ? tad_adam(params, 0.01, &a) : tad_sgd(params, 0.05, &s);
}

static void save_or_load(tad_dist *d, tad_net *net, tad_optim *o, const char *path, bool saves) {
    tad_tape *t = tad_dict_tape(tad_net_params(net));
    const tad_mark mark = tad_tape_mark(t);
    const tad_dict *state = tad_dist_state(d, o);
    tad_random random = tad_tape_random(t);
    tad_slot slots[] = {tad_slot_dict("net", tad_net_params(net)), tad_slot_dict("optim", state),
                        tad_slot_random("random", &random)};
    if (saves) {
        ck_done(tad_dist_save(d, path, slots, 3, NULL, 0), t);
    } else {
        ck_done(tad_dist_load(d, path, slots, 3, false), t);
        tad_tape_set_random(t, random);
        ck_done(tad_dist_set_state(d, o, state), t);
    }
    ck_assert_int_eq(tad_tape_rewind(t, mark), TAD_OK);
}

static void train(const tad_ranks *ranks, void *user) {
    job *j = user;
    /* other seeds: rank 0's values are everyone's */
    tad_tape *t = tad_tape_new(
        &(tad_settings){.seed = 5 + 10 * (uint64_t)ranks->rank, .threads = j->threads});
    training tr = {make_net_of(t, j->doubles ? TAD_F64 : TAD_F32, j->options.shards < 10, false), 0,
                   j->options.shards, -1};
    tad_dist *d = tad_dist_new(t, ranks, tad_net_params(tr.net), &j->options);
    ck_tape(t);
    tad_optim *o = optimiser(tad_dist_params(d), j);
    tad_dist_result result;
    if (j->load) save_or_load(d, tr.net, o, j->load, false);
    for (tr.step = (int)tad_optim_steps(o); tr.step < j->steps; tr.step++) {
        ck_done(tad_dist_gradients(d, loss, &tr, &result), t);
        ck_done(tad_dist_step(d, o), t);
    }
    ck_done(tad_dist_check(d), t);
    if (j->save) save_or_load(d, tr.net, o, j->save, true);
    const tad_dict *state = tad_dist_state(d, o);
    if (ranks->rank == 0) {
        keep(j, tad_net_params(tr.net));
        keep(j, state);
        j->result = result;
    }
    tad_dist_free(d);
    ck_tape(t);
    tad_tape_free(t);
}

static job run_job(int ranks, job j) {
    j.count = 0;
    run_ranks(ranks, train, &j);
    ck_assert_uint_gt(j.count, 500);
    return j;
}

static void ck_same(const job *a, const job *b) {
    ck_assert_uint_eq(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        ck_assert_msg(a->number[i] == b->number[i], "number %zu: %a and %a", i, a->number[i],
                      b->number[i]);
    ck_assert_mem_eq(&a->result, &b->result, sizeof a->result);
}

/* ---- the same bits ---- */

static const int64_t shard_counts[] = {8, 1, 7, 40, 16};

START_TEST(any_number_of_ranks_and_threads_gives_the_same_bits) {
    job j = {.options = {.shards = shard_counts[_i], .bucket = 512}, .steps = 5, .adam = true};
    const job alone = run_job(1, j);
    for (int ranks = 2; ranks <= 9; ranks += ranks == 5 ? 3 : 1) {
        j.threads = ranks % 3;
        const job many = run_job(ranks, j);
        ck_same(&many, &alone);
    }
}
END_TEST

static void count_sweeps(void *user, const char *what, int bucket, bool begins) {
    int *count = user;
    if (strcmp(what, "sweep") != 0) return; /* exchanges may tell from another thread */
    ck_assert_int_eq(bucket, -1);
    count[begins]++;
    ck_assert_int_eq(count[true], count[false] + begins);
}

START_TEST(sweeps_are_watched) {
    enum { SHARDS = 8, STEPS = 3 };
    int count[2] = {0, 0};
    run_job(1, (job){.options = {.shards = SHARDS, .watch = count_sweeps, .watcher = count},
                     .steps = STEPS});
    ck_assert_int_eq(count[false], SHARDS * STEPS);
}
END_TEST

START_TEST(float64_gives_the_same_bits_and_others_than_float32) {
    job j = {.options = {.shards = 8, .bucket = 512, .split_state = _i}, .steps = 5, .adam = true};
    const job singles = run_job(1, j);
    j.doubles = true;
    const job alone = run_job(1, j), many = run_job(3, j);
    ck_same(&many, &alone);
    ck_assert_double_ne(alone.result.loss, singles.result.loss);
    ck_near(alone.result.loss, singles.result.loss, 1e-5);
}
END_TEST

START_TEST(a_split_state_gives_the_bits_of_a_whole_one) {
    job j = {
        .options = {.shards = 8, .bucket = 1024, .check_every = 2}, .steps = 6, .adam = _i == 0};
    const job whole = run_job(2, j);
    j.options.split_state = true;
    for (int ranks = 1; ranks <= 5; ranks++) {
        const job split = run_job(ranks, j);
        ck_same(&split, &whole);
    }
}
END_TEST

START_TEST(double_masters_give_the_same_bits_and_others_than_single_ones) {
    job j = {.options = {.shards = 8, .split_state = true}, .steps = 6, .adam = true};
    const job single = run_job(3, j);
    j.options.double_master = true;
    const job alone = run_job(1, j), many = run_job(4, j);
    ck_same(&many, &alone);
    ck_assert_double_ne(single.number[0], alone.number[0]);
    ck_near(single.number[0], alone.number[0], 1e-4);
}
END_TEST

/* One shard with its weight is the loss itself, up to a rounding. */
START_TEST(one_shard_gives_the_gradients_of_the_batch) {
    job j = {.options = {.shards = 1}, .steps = 1};
    tad_tape *t = tad_tape_new(&(tad_settings){.seed = 5});
    training tr = {make_net(t, true, false), 0, 1, -1};
    tad_ranks alone = tad_ranks_alone();
    double sums[TAD_DIST_SUMS] = {0};
    tad_dist *d = tad_dist_new(t, &alone, tad_net_params(tr.net), &j.options);
    tad_var w = tad_dict_get(tad_net_params(tr.net), "second.weight");
    double g[CLASSES * HIDDEN], h[CLASSES * HIDDEN];
    tad_net_train(tr.net, false); /* dropout draws otherwise */
    const tad_mark mark = tad_tape_mark(t);
    tad_shard_loss whole = loss(t, 0, sums, &tr);
    ck_done(tad_reverse(whole.loss), t);
    memcpy(g, (double[CLASSES * HIDDEN]){0}, sizeof g);
    ck_assert_int_eq(tad_read(tad_gradient(w), g, CLASSES * HIDDEN), TAD_OK);
    const double value = tad_item(whole.loss);
    ck_assert_int_eq(tad_tape_rewind(t, mark), TAD_OK);
    tad_dist_result result;
    ck_done(tad_dist_gradients(d, loss, &tr, &result), t);
    ck_assert_int_eq(tad_read(tad_gradient(w), h, CLASSES * HIDDEN), TAD_OK);
    for (int i = 0; i < CLASSES * HIDDEN; i++) ck_near(h[i], g[i], 1e-6);
    ck_near(result.loss, value, 1e-15);
    ck_assert_double_eq(result.weight, BATCH);
    ck_assert_double_eq(result.sums[0], sums[0]);
    ck_assert_double_eq(result.sums[1], 1);
    tad_dist_free(d);
    tad_tape_free(t);
}
END_TEST

/* ---- resuming ---- */

START_TEST(a_checkpoint_resumes_on_another_number_of_ranks) {
    char path[] = "/tmp/tad_dist_XXXXXX";
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    for (int split = 0; split < 3; split++) {
        job j = {.options = {.shards = 8, .split_state = split > 0, .double_master = split > 1},
                 .steps = 7,
                 .adam = true};
        const job whole = run_job(1, j);
        job first = j, second = j;
        first.steps = 3;
        first.save = second.load = path;
        run_job(4, first);
        second = run_job(3, second);
        ck_same(&second, &whole);
    }
    remove(path);
}
END_TEST

/* ---- faults ---- */

/* What each rank got. */
typedef struct faults {
    int wrong;         /* the rank that does something else */
    const char *param; /* of what it changes */
    enum { FAILS, STAYS_AWAY, CHECKS, OTHER_NET, OTHER_SHARDS, CHANGES, LATE } what;
    tad_status status[16];
    char message[16][256];
} faults;

static void suffer(const tad_ranks *ranks, void *user) {
    faults *f = user;
    const bool wrong = ranks->rank == f->wrong;
    tad_tape *t = tad_tape_new(&(tad_settings){.seed = 5});
    training tr = {make_net(t, true, wrong && f->what == OTHER_NET), 0, 8, -1};
    tad_dist_options o = {.shards = wrong && f->what == OTHER_SHARDS ? 9 : 8,
                          .patience = 0.5,
                          .bucket = 256,
                          .check_every = 1};
    tad_status *s = &f->status[ranks->rank];
    tad_dist *d = tad_dist_new(t, ranks, tad_net_params(tr.net), &o);
    *s = tad_tape_status(t);
    if (*s == TAD_OK && wrong && f->what == FAILS) tr.fails = (int)tad_dist_part_of(d, 8).first;
    if (*s == TAD_OK && wrong && f->what == CHANGES) { /* the very last number */
        const tad_var w = tad_dict_get(tad_net_params(tr.net), f->param);
        ((float *)tad_param_data(w))[tad_size_of(w) - 1] += 1e-6F;
    }
    if (*s == TAD_OK && wrong && f->what == CHECKS)
        *s = tad_dist_check(d);
    else if (*s == TAD_OK && !(wrong && f->what == STAYS_AWAY))
        *s = tad_dist_gradients(d, loss, &tr, NULL);
    snprintf(f->message[ranks->rank], sizeof f->message[0], "%s", tad_message(t));
    if (f->what == FAILS && *s != TAD_OK && d) { /* all can go on */
        tad_tape_clear(t);
        tr.fails = -1;
        ck_done(tad_dist_gradients(d, loss, &tr, NULL), t);
    } else if (d && *s != TAD_OK) {
        ck_assert_int_eq(tad_dist_check(d), *s); /* of no use any more */
        ck_assert_int_eq(tad_dist_set_state(d, NULL, NULL), *s);
    }
    tad_dist_free(d);
    tad_tape_free(t);
}

static const char *changed;

/* All but one that is said to return OK return `status`, with this in their messages. */
static void ck_suffer(int ranks, int wrong, int what, tad_status status, const char *text) {
    faults f = {.wrong = wrong, .what = what, .param = changed};
    run_ranks(ranks, suffer, &f);
    for (int r = 0; r < ranks; r++) {
        if (r == wrong && what == STAYS_AWAY) continue;
        ck_assert_msg(f.status[r] == status, "rank %d: %s: %s", r, tad_status_text(f.status[r]),
                      f.message[r]);
        ck_assert_msg(r == wrong || strstr(f.message[r], text), "rank %d: %s", r, f.message[r]);
    }
}

START_TEST(a_rank_that_fails_is_named_on_all) {
    ck_suffer(4, 2, FAILS, TAD_BAD_SHAPE, "rank 2: reshape");
    ck_suffer(3, 0, FAILS, TAD_BAD_SHAPE, "rank 0: reshape");
}
END_TEST

START_TEST(nobody_waits_longer_than_said) {
    ck_suffer(4, 1, STAYS_AWAY, TAD_TIMEOUT, "within 0.5 s");
    ck_suffer(2, 0, STAYS_AWAY, TAD_TIMEOUT, "rank 0 has not come within 0.5 s");
}
END_TEST

START_TEST(ranks_that_differ_are_found) {
    ck_suffer(3, 2, OTHER_NET, TAD_DISAGREE, "rank 2");
    ck_suffer(3, 1, OTHER_SHARDS, TAD_DISAGREE, "9 shards");
    static const char *const params[] = {"second.bias", "second.weight", "first.weight",
                                         "norm.running_var"};
    for (size_t k = 0; k < sizeof params / sizeof *params; k++) {
        char text[100];
        changed = params[k];
        snprintf(text, sizeof text, "%s has other values on rank 3 than on rank 0", changed);
        ck_suffer(4, 3, CHANGES, TAD_DISAGREE, text);
    }
}
END_TEST

/* A transport that fails in its own way, at the first look at an exchange or when it is started. */
typedef struct broken_ranks {
    tad_ranks of;
    tad_status status;
    bool met;
} broken_ranks;

static void *resize_broken(void *user, void *old, size_t bytes) {
    const broken_ranks *b = user;
    return b->of.resize(b->of.user, old, bytes);
}
static tad_status start_broken(void *user, const tad_exchange *what, void **request) {
    const broken_ranks *b = user;
    return b->status == TAD_NO_MEMORY ? b->status : b->of.start(b->of.user, what, request);
}
static tad_status test_broken(void *user, void *request, bool *done, int *other) {
    const broken_ranks *b = user;
    b->of.abandon(b->of.user, request);
    *other = 0;
    *done = false;
    return b->status;
}
static void abandon_broken(void *user, void *request) {
    const broken_ranks *b = user;
    b->of.abandon(b->of.user, request);
}

static void exchange_badly(const tad_ranks *ranks, void *user) {
    broken_ranks b = {.of = *ranks, .status = *(const tad_status *)user};
    const tad_ranks broken = {ranks->rank, ranks->size,   &b, resize_broken, start_broken,
                              test_broken, abandon_broken};
    tad_tape *own = tad_tape_new(NULL);
    const tad_dist_options o = {.shards = 2, .patience = 0.3};
    ck_assert_ptr_null(tad_dist_new(own, ranks->rank ? &broken : ranks, NULL, &o));
    if (ranks->rank == 0)
        ck_refused(own, TAD_TIMEOUT, "rank 1 has not come");
    else
        ck_refused(own, b.status,
                   b.status == TAD_DISAGREE    ? "rank 0 sent another number of bytes than rank 1"
                   : b.status == TAD_NO_MEMORY ? "cannot be started"
                                               : "exchanging with other ranks failed");
    tad_tape_free(own);
}

START_TEST(what_the_transport_says_is_passed_on) {
    static const tad_status says[] = {TAD_NO_MEMORY, TAD_IO, TAD_DISAGREE};
    run_ranks(2, exchange_badly, (void *)(uintptr_t)&says[_i]);
}
END_TEST

/* Rank 1 can send no more after the ranks have met, so rank 0 waits in vain: neither keeps the
 * memory in which the parts were to come together. */
static tad_status start_no_more(void *user, const tad_exchange *what, void **request) {
    broken_ranks *b = user;
    return what->channel == 1 && b->met ? TAD_IO : b->of.start(b->of.user, what, request);
}
static tad_status test_still(void *user, void *request, bool *done, int *other) {
    const broken_ranks *b = user;
    return b->of.test(b->of.user, request, done, other);
}

static void gather_in_vain(const tad_ranks *ranks, void *user) {
    broken_ranks b = {.of = *ranks};
    const tad_ranks broken = {ranks->rank, ranks->size,   &b, resize_broken, start_no_more,
                              test_still,  abandon_broken};
    double all[2], part = 1;
    (void)user;
    tad_tape *own = tad_tape_new(NULL);
    const tad_dist_options o = {.shards = 2, .patience = 0.3};
    tad_dist *over = tad_dist_new(own, ranks->rank ? &broken : ranks, NULL, &o);
    ck_tape(own);
    b.met = true;
    ck_assert_int_eq(tad_dist_gather(over, &part, 2, sizeof part, all),
                     ranks->rank ? TAD_IO : TAD_TIMEOUT);
    tad_dist_free(over);
    tad_tape_free(own);
}

START_TEST(parts_that_do_not_come_together_take_no_memory) { run_ranks(2, gather_in_vain, NULL); }
END_TEST

START_TEST(another_verb_is_found) { ck_suffer(3, 1, CHECKS, TAD_DISAGREE, ""); }
END_TEST

/* ---- misuse, alone ---- */

static tad_tape *t;
static tad_dict *params;
static tad_dist *d;

static void open_alone(void) {
    const tad_ranks alone = tad_ranks_alone();
    t = tad_tape_new(NULL);
    params = tad_dict_new(t);
    tad_dict_add(params, "w", tad_param(t, TAD_F64, TAD_SHAPE(40), NULL));
    d = tad_dist_new(t, &alone, params, &(tad_dist_options){.shards = 4, .split_state = true});
    ck_tape(t);
}

static void close_alone(void) {
    tad_dist_free(d);
    tad_tape_free(t);
}

static void ck_no_dist(const tad_ranks *ranks, const tad_dict *of, tad_dist_options o,
                       tad_status status, const char *text) {
    ck_assert_ptr_null(tad_dist_new(t, ranks, of, &o));
    ck_refused(t, status, text);
}

START_TEST(refuses_ranks_and_options_that_cannot_be) {
    tad_ranks alone = tad_ranks_alone(), wrong = alone;
    tad_tape *other = tad_tape_new(NULL);
    ck_no_dist(&alone, params, (tad_dist_options){.shards = 0}, TAD_BAD_ARGUMENT, "0 shards");
    ck_no_dist(&alone, params, (tad_dist_options){.shards = (1 << 20) + 1}, TAD_BAD_ARGUMENT,
               "1048577 shards");
    ck_no_dist(&alone, params, (tad_dist_options){.shards = 1, .patience = -1}, TAD_BAD_ARGUMENT,
               "patience");
    ck_no_dist(&alone, params, (tad_dist_options){.shards = 1, .double_master = true},
               TAD_BAD_ARGUMENT, "without split_state");
    wrong.rank = 1;
    ck_no_dist(&wrong, params, (tad_dist_options){.shards = 1}, TAD_BAD_ARGUMENT, "rank 1 of 1");
    wrong.size = 2;
    ck_no_dist(&wrong, params, (tad_dist_options){.shards = 1}, TAD_BAD_ARGUMENT, "missing");
    ck_assert_ptr_null(tad_dist_new(t, NULL, params, &(tad_dist_options){.shards = 1}));
    ck_refused(t, TAD_BAD_ARGUMENT, "no ranks");
    ck_no_dist(&alone, tad_dict_new(other), (tad_dist_options){.shards = 1}, TAD_BAD_HANDLE,
               "another tape");
    tad_tape_free(other);
    tad_dict_add(params, "x", tad_scalar(t, 1));
    ck_no_dist(&alone, params, (tad_dist_options){.shards = 1}, TAD_BAD_ARGUMENT, "x is no param");
    tad_dict_remove(params, "x");
    tad_dict_add(params, "again", tad_dict_get(params, "w"));
    ck_no_dist(&alone, params, (tad_dist_options){.shards = 1}, TAD_BAD_ARGUMENT,
               "again is there twice");
}
END_TEST

START_TEST(refuses_optimisers_of_other_parameters_and_those_of_the_whole) {
    tad_sgd_options clips = {.clip.norm = 1};
    ck_assert_int_eq(tad_dist_step(d, tad_sgd(params, 0.1, NULL)), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "other parameters than tad_dist_params gives");
    ck_assert_int_eq(tad_dist_step(d, tad_lamb(tad_dist_params(d), 0.1, NULL)), TAD_UNSUPPORTED);
    ck_refused(t, TAD_UNSUPPORTED, "lamb looks at whole parameters");
    ck_assert_int_eq(tad_dist_step(d, tad_sgd(tad_dist_params(d), 0.1, &clips)), TAD_UNSUPPORTED);
    ck_refused(t, TAD_UNSUPPORTED, "split_state has none");
    ck_assert_int_eq(tad_dist_step(d, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "no optimiser");
}
END_TEST

/* What a shard gives: the case says what is wrong with it. */
static tad_shard_loss give(tad_tape *on, int64_t shard, double *sums, void *user) {
    const int what = *(const int *)user;
    const tad_var w = tad_dict_get(params, "w"), y = tad_sum(tad_square(w), tad_all());
    (void)sums;
    if (what == 0) return (tad_shard_loss){y, shard == 2 ? -1 : 1};
    if (what == 1) return (tad_shard_loss){y, NAN};
    if (what == 2) return (tad_shard_loss){tad_number(1), 1};
    if (what == 3) return (tad_shard_loss){w, 1};
    if (what == 4) return (tad_shard_loss){.weight = 0};
    if (what == 6) return (tad_shard_loss){y, 1};
    return (tad_shard_loss){tad_scalar(on, 1), 1};
}

START_TEST(refuses_losses_that_are_none) {
    static const struct {
        tad_status status;
        const char *text;
    } expected[] = {{TAD_BAD_ARGUMENT, "shard 2 has the weight -1"},
                    {TAD_BAD_ARGUMENT, "shard 0 has the weight nan"},
                    {TAD_BAD_HANDLE, "shard 0 has no loss"},
                    {TAD_BAD_SHAPE, "item"},
                    {TAD_BAD_ARGUMENT, "weights of all shards are 0"}};
    tad_dist_result result = {.loss = 7};
    for (int what = 0; what < 5; what++) {
        ck_assert_int_eq(tad_dist_gradients(d, give, &what, &result), expected[what].status);
        ck_refused(t, expected[what].status, expected[what].text);
    }
    ck_assert_int_eq(tad_dist_gradients(d, NULL, NULL, &result), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "no function");
    ck_assert_double_eq(result.loss, 7);
    const int constant = 5; /* depends on no parameter */
    ck_assert_int_eq(tad_dist_evaluate(d, give, (void *)(uintptr_t)&constant, &result), TAD_OK);
    ck_assert_double_eq(result.loss, 1);
}
END_TEST

static double largest_gradient(const tad_dict *of) {
    const double *g = tad_gradient_data(tad_dict_get(of, "w"));
    double most = 0;
    for (int i = 0; i < 40; i++) most = fmax(most, fabs(g[i]));
    return most;
}

/* Neither the shard's before it, nor the mean of the step before. */
START_TEST(a_failure_leaves_no_gradient) {
    const tad_ranks alone = tad_ranks_alone();
    const int good = 6;
    double w[40];
    for (int i = 0; i < 40; i++) w[i] = i + 1;
    ck_done(tad_assign(tad_dict_get(params, "w"), w), t);
    for (int split = 0; split < 2; split++) {
        tad_dist *over =
            tad_dist_new(t, &alone, params, &(tad_dist_options){.shards = 4, .split_state = split});
        for (int what = 0; what < 4; what++) {
            ck_done(tad_dist_gradients(over, give, (void *)(uintptr_t)&good, NULL), t);
            ck_assert_double_eq(largest_gradient(tad_dist_params(over)), 80);
            ck_assert_int_ne(tad_dist_gradients(over, give, &what, NULL), TAD_OK);
            tad_tape_clear(t);
            ck_assert_double_eq(largest_gradient(params), 0);
            ck_assert_double_eq(largest_gradient(tad_dist_params(over)), 0);
        }
        tad_dist_free(over);
    }
}
END_TEST

/* Of whole parameters, a rank's part would be taken for its share. */
START_TEST(refuses_states_of_other_optimisers) {
    tad_optim *whole = tad_adam(params, 0.1, NULL),
              *right = tad_adam(tad_dist_params(d), 0.1, NULL);
    const tad_dict *state = tad_dist_state(d, right);
    ck_done(tad_dist_set_state(d, right, state), t);
    ck_assert_ptr_null(tad_dist_state(d, whole));
    ck_refused(t, TAD_BAD_ARGUMENT, "other parameters than tad_dist_params gives");
    ck_assert_int_eq(tad_dist_set_state(d, whole, state), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "other parameters than tad_dist_params gives");
}
END_TEST

/* What the caller rewound or reset is found out, by the function's own use of it or by ours. */
START_TEST(refuses_parameters_that_are_gone) {
    const tad_ranks alone = tad_ranks_alone();
    tad_tape *own = tad_tape_new(NULL);
    const tad_mark before = tad_tape_mark(own);
    tad_net *net = make_net(own, true, false);
    training tr = {net, 0, 4, -1};
    tad_dist *of = tad_dist_new(own, &alone, tad_net_params(net), &(tad_dist_options){.shards = 4});
    for (int resets = 0; resets < 2; resets++) {
        if (resets)
            tad_tape_reset(own);
        else
            ck_assert_int_eq(tad_tape_rewind(own, before), TAD_OK);
        ck_assert_int_eq(tad_dist_gradients(of, loss, &tr, NULL), TAD_BAD_HANDLE);
        ck_refused(own, TAD_BAD_HANDLE, "rewound");
        ck_assert_int_eq(tad_dist_check(of), TAD_BAD_HANDLE);
        ck_refused(own, TAD_BAD_HANDLE, "rewound");
    }
    tad_dist_free(of);
    tad_tape_free(own);
}
END_TEST

/* Every request for memory fails once: a status, and nothing lost. */
START_TEST(dist_survives_out_of_memory) {
    int refused = 0, failed = 0;
    for (size_t at = 1;; at++) {
        support_memory m = {.scarce = true};
        const tad_ranks alone = tad_ranks_alone();
        t = support_tape(&m);
        tad_net *net = make_net(t, true, false);
        training tr = {net, 0, 4, -1};
        m.fail_at = m.requests + at;
        tad_dist *of = tad_dist_new(t, &alone, tad_net_params(net),
                                    &(tad_dist_options){.shards = 4, .split_state = true});
        tad_optim *o = tad_adam(tad_dist_params(of), 0.1, NULL);
        tad_status s = tad_tape_status(t);
        if (s == TAD_OK) s = tad_dist_gradients(of, loss, &tr, NULL);
        if (s == TAD_OK) s = tad_dist_step(of, o);
        if (s == TAD_OK && !tad_dist_state(of, o)) s = tad_tape_status(t);
        /* a tape can do without a list of what was read, until it is frozen */
        ck_assert(s == TAD_NO_MEMORY || s == TAD_OK);
        ck_assert(s == TAD_OK || m.refused);
        failed += s != TAD_OK;
        tad_dist_free(of);
        tad_tape_free(t);
        ck_no_leak(&m);
        if (!m.refused) break;
        refused++;
    }
    ck_assert_int_gt(refused, 100);
    ck_assert_int_gt(failed, refused - 20);
}
END_TEST

/* ---- parts ---- */

/* Squares of 23 numbers, of which each rank computes its part as a program. */
static void map_points(const tad_ranks *ranks, void *user) {
    enum { POINTS = 23 };
    double x[POINTS], y[POINTS], all[POINTS] = {0};
    (void)user;
    for (int i = 0; i < POINTS; i++) x[i] = 0.1 * i;
    tad_tape *own = tad_tape_new(NULL);
    tad_dist *over = tad_dist_new(own, ranks, NULL, &(tad_dist_options){.shards = 1});
    const tad_var in = tad_scalar(own, 0.5), out = tad_exp(tad_square(in));
    tad_program *p = NULL;
    ck_done(tad_freeze(&in, 1, &out, 1, NULL, &p), own);
    tad_workspace *w = tad_workspace_new(p);
    const tad_dist_part part = tad_dist_part_of(over, POINTS);
    ck_assert_int_eq(tad_bind_each_numbers_in(w, 0, 1, (size_t)part.count, x + part.first), TAD_OK);
    ck_assert_int_eq(tad_bind_each_numbers_out(w, 0, 1, (size_t)part.count, y), TAD_OK);
    ck_assert_int_eq(tad_run(w), TAD_OK);
    ck_done(tad_dist_gather(over, y, POINTS, sizeof *y, all), own);
    for (int i = 0; i < POINTS; i++) ck_near(all[i], exp(x[i] * x[i]), 1e-15);
    tad_workspace_free(w);
    tad_program_free(p);
    tad_dist_free(over);
    tad_tape_free(own);
}

START_TEST(points_are_computed_by_parts) {
    for (int ranks = 1; ranks < 6; ranks++) run_ranks(ranks, map_points, NULL);
}
END_TEST

/* What a ring sends, and not 5 % more. */
typedef struct sizes {
    size_t numbers;
    bool split;
} sizes;

static tad_shard_loss square_all(tad_tape *on, int64_t shard, double *sums, void *user) {
    (void)on, (void)shard, (void)sums;
    return (tad_shard_loss){tad_sum(tad_square(*(const tad_var *)user), tad_all()), 1};
}

static void send_much(const tad_ranks *ranks, void *user) {
    const sizes *of = user;
    tad_tape *own = tad_tape_new(NULL);
    tad_dict *dict = tad_dict_new(own);
    tad_var w = tad_param(own, TAD_F32, TAD_SHAPE((int64_t)of->numbers), NULL);
    tad_dict_add(dict, "w", w);
    tad_dist *over =
        tad_dist_new(own, ranks, dict, &(tad_dist_options){.shards = 16, .split_state = of->split});
    tad_optim *o = tad_sgd(tad_dist_params(over), 0.1, NULL);
    for (int i = 0; i < 10; i++) {
        ck_done(tad_dist_gradients(over, square_all, &w, NULL), own);
        ck_done(tad_dist_step(over, o), own);
    }
    tad_dist_free(over);
    tad_tape_free(own);
}

START_TEST(sends_no_more_than_a_ring) {
    for (int split = 0; split < 2; split++)
        for (int ranks = 2; ranks <= 8; ranks *= 2) {
            sizes of = {200000, split};
            const double bytes = 4.0 * (double)of.numbers,
                         bound = 2 * (ranks - 1.0) / ranks * bytes,
                         sent = (double)run_ranks(ranks, send_much, &of) - (ranks > 1 ? bytes : 0);
            ck_assert_double_ge(sent, 9 * bound);
            ck_assert_double_le(sent, 10.5 * bound);
        }
}
END_TEST

/* Each counts as much as its loss. */
typedef struct moving_buffers {
    tad_var w, wide, narrow;
    bool recorded; /* the last loss */
} moving_buffers;

static tad_shard_loss growing(tad_tape *own, int64_t shard, double *sums, void *user) {
    moving_buffers *m = user;
    const double more = (double)shard, wide[3] = {0.1 + more, -7 + more, 1e3 + more};
    float narrow[16];
    for (int i = 0; i < 16; i++) narrow[i] = (float)wide[i % 3];
    (void)sums;
    ck_done(tad_assign(m->wide, wide), own);
    ck_done(tad_assign(m->narrow, narrow), own);
    const tad_var loss = tad_sum(tad_square(m->w), tad_all());
    m->recorded = tad_node_needs_gradient(loss);
    return (tad_shard_loss){loss, 1.5 + more};
}

START_TEST(buffers_are_means) {
    const tad_ranks alone = tad_ranks_alone();
    tad_tape *own = tad_tape_new(NULL);
    tad_dict *dict = tad_dict_new(own);
    moving_buffers m = {.w = tad_param(own, TAD_F64, TAD_SHAPE(4), NULL),
                        .wide = tad_param(own, TAD_F64, TAD_SHAPE(3), NULL),
                        .narrow = tad_param(own, TAD_F32, TAD_SHAPE(16), NULL)};
    tad_dict_add(dict, "w", m.w);
    tad_dict_add_buffer(dict, "wide", m.wide);
    tad_dict_add_buffer(dict, "narrow", m.narrow);
    tad_dist *over = tad_dist_new(own, &alone, dict, &(tad_dist_options){.shards = 5});
    ck_done(tad_dist_gradients(over, growing, &m, NULL), own);
    const double mean = 45 / 17.5; /* of the shards' numbers, which weigh 1.5, 2.5, ... */
    ck_assert(m.recorded);
    ck_values(m.wide, 1e-15, 0.1 + mean, -7 + mean, 1e3 + mean);
    const double narrow[3] = {0.1 + mean, -7 + mean, 1e3 + mean};
    for (int i = 0; i < 16; i++)
        ck_near(tad_item(tad_select(m.narrow, 0, i)), narrow[i % 3], 4e-7 * fabs(narrow[i % 3]));
    ck_done(tad_dist_evaluate(over, growing, &m, NULL), own);
    ck_assert(!m.recorded);
    tad_dist_free(over);
    tad_tape_free(own);
}
END_TEST

/* Each call gives gradients anew, also to the shares of a split state. */
START_TEST(gradients_do_not_add_up) {
    double after[2];
    for (int calls = 1; calls <= 2; calls++) {
        const tad_ranks alone = tad_ranks_alone();
        tad_tape *own = tad_tape_new(NULL);
        tad_dict *dict = tad_dict_new(own);
        tad_var w = tad_param(own, TAD_F64, TAD_SHAPE(2), (double[]){1, 3});
        tad_dict_add(dict, "w", w);
        tad_dist *over =
            tad_dist_new(own, &alone, dict, &(tad_dist_options){.shards = 2, .split_state = _i});
        tad_optim *o = tad_sgd(tad_dist_params(over), 0.25, NULL);
        for (int k = 0; k < calls; k++)
            ck_done(tad_dist_gradients(over, square_all, &w, NULL), own);
        ck_done(tad_dist_step(over, o), own);
        ck_done(tad_read(w, after, 2), own);
        ck_near(after[0], 0.5, 1e-15);
        ck_near(after[1], 1.5, 1e-15);
        tad_dist_free(over);
        tad_tape_free(own);
    }
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("dist");
    TCase *c = support_case(s, "bits");
    tcase_add_loop_test(c, any_number_of_ranks_and_threads_gives_the_same_bits, 0,
                        sizeof shard_counts / sizeof *shard_counts);
    tcase_add_test(c, buffers_are_means);
    tcase_add_loop_test(c, gradients_do_not_add_up, 0, 2);
    tcase_add_test(c, sweeps_are_watched);
    tcase_add_loop_test(c, float64_gives_the_same_bits_and_others_than_float32, 0, 2);
    tcase_add_loop_test(c, a_split_state_gives_the_bits_of_a_whole_one, 0, 2);
    tcase_add_test(c, double_masters_give_the_same_bits_and_others_than_single_ones);
    tcase_add_test(c, one_shard_gives_the_gradients_of_the_batch);
    c = support_case(s, "resuming");
    tcase_add_test(c, a_checkpoint_resumes_on_another_number_of_ranks);
    c = support_case(s, "faults");
    tcase_add_test(c, a_rank_that_fails_is_named_on_all);
    tcase_add_test(c, nobody_waits_longer_than_said);
    tcase_add_test(c, ranks_that_differ_are_found);
    tcase_add_test(c, another_verb_is_found);
    tcase_add_test(c, parts_that_do_not_come_together_take_no_memory);
    tcase_add_loop_test(c, what_the_transport_says_is_passed_on, 0, 3);
    c = support_case(s, "alone");
    tcase_add_checked_fixture(c, open_alone, close_alone);
    tcase_add_test(c, refuses_ranks_and_options_that_cannot_be);
    tcase_add_test(c, refuses_optimisers_of_other_parameters_and_those_of_the_whole);
    tcase_add_test(c, refuses_losses_that_are_none);
    tcase_add_test(c, a_failure_leaves_no_gradient);
    tcase_add_test(c, refuses_states_of_other_optimisers);
    tcase_add_test(c, refuses_parameters_that_are_gone);
    c = support_case(s, "parts");
    tcase_add_test(c, dist_survives_out_of_memory);
    tcase_add_test(c, points_are_computed_by_parts);
    tcase_add_test(c, sends_no_more_than_a_ring);
    return s;
}

SUPPORT_MAIN(suite)
