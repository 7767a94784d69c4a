/* One rank of a job that trains a small net, for run.py: what the parameters are in the end is
 * printed by rank 0.
 *
 *     mpirun -n 4 train [--split] [--steps N] [--save FILE] [--resume] [--every N] [--die STEP
 * RANK]
 *                       [--late RANK] [--other RANK] [--patience S]
 *
 * --save writes a checkpoint after every so many steps; --resume begins with it where there is one;
 * --die: that rank ends without a word at that step; --late: that rank sleeps; --other: that rank
 * has another net. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tad/mpi.h>
#include <tad/tad.h>

enum { FEATURES = 16, HIDDEN = 33, CLASSES = 4, BATCH = 40, SHARDS = 8 };

typedef struct settings {
    bool split, resume;
    int steps, every, die_step, die_rank, late, other;
    double patience;
    const char *save;
} settings;

static settings read_settings(int argc, char **argv) {
    settings s = {.steps = 12, .every = 1, .die_step = -1, .late = -1, .other = -1, .patience = 30};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";
        if (!strcmp(argv[i], "--split")) s.split = true;
        if (!strcmp(argv[i], "--resume")) s.resume = true;
        if (!strcmp(argv[i], "--steps")) s.steps = atoi(value);
        if (!strcmp(argv[i], "--every")) s.every = atoi(value);
        if (!strcmp(argv[i], "--late")) s.late = atoi(value);
        if (!strcmp(argv[i], "--other")) s.other = atoi(value);
        if (!strcmp(argv[i], "--patience")) s.patience = atof(value);
        if (!strcmp(argv[i], "--save")) s.save = value;
        if (!strcmp(argv[i], "--die") && i + 2 < argc)
            s.die_step = atoi(value), s.die_rank = atoi(argv[i + 2]);
    }
    return s;
}

/* ---- the net ---- */

typedef struct training {
    tad_net *net;
    int step;
} training;

static tad_shard_loss loss(tad_tape *t, int64_t shard, double *sums, void *user) {
    const training *tr = user;
    const int64_t first = BATCH * shard / SHARDS, n = BATCH * (shard + 1) / SHARDS - first;
    float x[BATCH * FEATURES];
    int64_t label[BATCH];
    for (int64_t i = 0; i < n; i++) {
        label[i] = (first + i + tr->step) % CLASSES;
        for (int64_t k = 0; k < FEATURES; k++) /* exact, on any machine */
            x[i * FEATURES + k] =
                (float)((first + i) * 7 + k * 3 + tr->step * 5 + label[i] * k) / 64 - 2;
    }
    tad_var scores = tad_net_apply(tr->net, tad_constant(t, TAD_F32, TAD_SHAPE(n, FEATURES), x));
    tad_var right = tad_constant(t, TAD_I64, TAD_SHAPE(n), label);
    sums[0] += (double)n * tad_accuracy(scores, right);
    return (tad_shard_loss){tad_cross_entropy(scores, right, NULL), (double)n};
}

static tad_net *make_net(tad_tape *t, bool other) {
    tad_net *net = tad_net_new(t, TAD_F32);
    tad_net_affine(net, "first", FEATURES, HIDDEN, NULL);
    tad_net_batch_norm(net, "norm", HIDDEN, NULL);
    tad_net_activation(net, "act", tad_relu);
    tad_net_dropout(net, "drop", 0.25);
    tad_net_affine(net, "second", HIDDEN, CLASSES + other, NULL);
    return net;
}

/* ---- the job ---- */

static tad_status checkpoint(const settings *s, tad_dist *d, tad_net *net, tad_optim *o,
                             bool saves) {
    tad_tape *t = tad_net_tape(net);
    const tad_mark mark = tad_tape_mark(t);
    const tad_dict *state = tad_dist_state(d, o);
    tad_random random = tad_tape_random(t);
    const tad_slot slots[] = {tad_slot_dict("net", tad_net_params(net)),
                              tad_slot_dict("optim", state), tad_slot_random("random", &random)};
    tad_status done = saves ? tad_dist_save(d, s->save, slots, 3, NULL, 0)
                            : tad_dist_load(d, s->save, slots, 3, false);
    if (done == TAD_OK && !saves) {
        tad_tape_set_random(t, random);
        done = tad_dist_set_state(d, o, state);
    }
    const tad_status rewound = tad_tape_rewind(t, mark);
    return done == TAD_OK ? rewound : done;
}

static void print(const training *tr, const tad_dist_result *result) {
    unsigned long long h = 1469598103934665603u;
    const tad_dict *params = tad_net_params(tr->net);
    for (size_t k = 0; k < tad_dict_count(params); k++) {
        const tad_var v = tad_dict_at(params, k).value;
        const uint32_t *word = tad_data(v);
        for (int64_t i = 0; i < tad_size_of(v); i++) h = (h ^ word[i]) * 1099511628211u;
    }
    printf("step %d loss %a right %g parameters %016llx\n", tr->step, result->loss, result->sums[0],
           h);
}

static tad_status train(const settings *s, tad_tape *t, const tad_ranks *ranks) {
    training tr = {make_net(t, ranks->rank == s->other), 0};
    const tad_dist_options options = {.shards = SHARDS,
                                      .patience = s->patience,
                                      .bucket = 1024,
                                      .check_every = 2,
                                      .split_state = s->split};
    tad_dist *d = tad_dist_new(t, ranks, tad_net_params(tr.net), &options);
    tad_optim *o = tad_adam(tad_dist_params(d), 0.01, NULL);
    tad_dist_result result = {0};
    tad_status done = tad_tape_status(t);
    if (done == TAD_OK && s->resume && access(s->save, R_OK) == 0)
        done = checkpoint(s, d, tr.net, o, false);
    for (tr.step = (int)tad_optim_steps(o); tr.step < s->steps && done == TAD_OK; tr.step++) {
        if (tr.step == s->die_step && ranks->rank == s->die_rank) _exit(9);
        if (ranks->rank == s->late) sleep(3);
        done = tad_dist_gradients(d, loss, &tr, &result);
        if (done == TAD_OK) done = tad_dist_step(d, o);
        if (done == TAD_OK && s->save && (tr.step + 1) % s->every == 0)
            done = checkpoint(s, d, tr.net, o, true);
    }
    if (done == TAD_OK && ranks->rank == 0) print(&tr, &result);
    tad_dist_free(d);
    return done;
}

int main(int argc, char **argv) {
    tad_ranks ranks;
    if (tad_mpi_open(MPI_COMM_WORLD, 60, &ranks) != TAD_UNSUPPORTED) return 3; /* not yet begun */
    MPI_Init(&argc, &argv);
    const settings s = read_settings(argc, argv);
    tad_status done = tad_mpi_open(MPI_COMM_WORLD, 60, &ranks);
    tad_tape *t = tad_tape_new(&(tad_settings){.seed = 1 + (uint64_t)ranks.rank});
    if (done == TAD_OK) done = train(&s, t, &ranks);
    if (done != TAD_OK)
        printf("rank %d: %s: %s\n", ranks.rank, tad_status_text(done), tad_message(t));
    fflush(stdout);
    tad_tape_free(t);
    tad_mpi_close(&ranks);
    if (done == TAD_TIMEOUT) _exit(4); /* a message may be under way that nobody takes */
    MPI_Finalize();
    return done == TAD_OK ? 0 : 4;
}
