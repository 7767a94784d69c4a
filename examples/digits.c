/* Handwritten digits: the two-layer net Affine, ReLU, Affine, softmax with cross-entropy.
 *
 * Checks its gradients first (backpropagation against central differences, with the ratio of their
 * times), then trains: 50 hidden units, weights 0.01 N(0,1), batches of 100 drawn with replacement,
 * plain gradient descent with learning rate 0.1. Writes history.csv and, where gnuplot is
 * installed, the curves as history.svg; prints the final accuracy on training and test data.
 *
 *     digits                     the 1797 small digits in examples/data, a fifth of them held out
 *     digits --data DIR          MNIST: the four IDX files of that folder, plain or .gz
 *
 * On MNIST the settings are the textbook's (20 epochs). The small set has only 14 batches an epoch,
 * so it gets 200 epochs; everything else is the same. --help lists the options.
 *
 * Under mpirun, which starts it several times, the ranks train one net together (ranks.h). A batch
 * is cut into shards, and for the same number of these any number of ranks ends with the same net:
 *
 *     mpirun -n 4 build/examples/digits --shards 4
 *     build/examples/digits --shards 4 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <tad/optim.h>
#include <tad/tad.h>
#include <tad/train.h>

#include "curves.h"
#include "options.h"
#include "ranks.h"
#include "small_digits.h"

/* ---- command line ---- */

typedef struct settings {
    const char *data, *out;
    int64_t epochs, batch, hidden, shards, seed;
    double lr;
    bool no_check;
} settings;

static const char usage[] = "digits [options]\n"
                            "  --data DIR    folder with MNIST's files, or with digits-*-ubyte "
                            "(default: the shipped digits)\n"
                            "  --out DIR     folder for history.csv and history.svg (default: .)\n"
                            "  --epochs N    default: 20 for MNIST, 200 for the small digits\n"
                            "  --batch N     examples a step (100)\n"
                            "  --hidden N    hidden units (50)\n"
                            "  --shards N    parts of a batch, computed one by one or by the "
                            "ranks of mpirun (4 there)\n"
                            "  --lr X        learning rate (0.1)\n"
                            "  --seed N      of weights and batches (1)\n"
                            "  --no-check    skip the gradient check";

static bool read_settings(settings *o, int argc, char **argv) {
    const option options[] = {{"--data", .text = &o->data},
                              {"--out", .text = &o->out},
                              {"--lr", .number = &o->lr, .least = 1e-12, .most = 1e6},
                              {"--seed", .whole = &o->seed, .most = 1e9},
                              {"--epochs", .whole = &o->epochs, .least = 1, .most = 1e9},
                              {"--batch", .whole = &o->batch, .least = 1, .most = 1e9},
                              {"--hidden", .whole = &o->hidden, .least = 1, .most = 1e9},
                              {"--shards", .whole = &o->shards, .least = 1, .most = 1e9},
                              {"--no-check", .flag = &o->no_check}};
    return read_options(argc, argv, usage, options, sizeof options / sizeof *options);
}

/* ---- data ---- */

typedef struct digits {
    const char *name;
    tad_dataset train, test;
    int epochs; /* unless the user says otherwise */
} digits;

static bool has_file(const char *folder, const char *file) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    if (access(path, R_OK) == 0) return true;
    snprintf(path, sizeof path, "%s/%s.gz", folder, file);
    return access(path, R_OK) == 0;
}

/* The folder of the shipped digits: where the sources were, or relative to here or to the
 * program. */
static const char *shipped(const char *program, char *room, size_t n) {
    const char *slash = strrchr(program, '/');
    snprintf(room, n, "%.*s/../../examples/data", slash ? (int)(slash - program) : 1,
             slash ? program : ".");
    const char *const places[] = {DATA_FOLDER, "examples/data", "../examples/data", room};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (has_file(places[i], "digits-images-idx3-ubyte")) return places[i];
    return DATA_FOLDER;
}

/* MNIST if the folder has it, else the small digits: 16 grey levels, every fifth example held
 * out. */
static tad_status load(tad_tape *t, const char *folder, digits *d) {
    tad_status s;
    if (has_file(folder, "train-images-idx3-ubyte")) {
        d->name = "MNIST";
        d->epochs = 20;
        s = tad_dataset_load(t, folder, "train", NULL, &d->train);
        return s != TAD_OK ? s : tad_dataset_load(t, folder, "t10k", NULL, &d->test);
    }
    d->name = "UCI digits";
    d->epochs = 200;
    return load_small_digits(t, folder, &d->train, &d->test);
}

static tad_net *make_net(tad_tape *t, tad_dtype dtype, const digits *d, const settings *o) {
    int64_t sizes[] = {d->train.features, o->hidden, d->train.classes};
    tad_init small = {.kind = TAD_INIT_NORMAL, .scale = 0.01};
    return tad_mlp(t, sizes, 3, &(tad_mlp_options){.dtype = dtype, .weight = small});
}

/* ---- the gradients, checked ---- */

/* Of this program's processor time, so that a busy machine does not change what is compared. */
static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

typedef struct check {
    tad_tape *tape;
    tad_net *net;
    tad_var x, labels;
    tad_mark start;
    int64_t forwards; /* evaluations of the loss so far, and their time */
    double time;
} check;

static double loss_now(check *c) {
    double begin = seconds();
    tad_record_pause(c->tape);
    double loss = tad_item(tad_cross_entropy(tad_net_apply(c->net, c->x), c->labels, NULL));
    tad_record_resume(c->tape);
    tad_tape_rewind(c->tape, c->start);
    c->time += seconds() - begin;
    c->forwards++;
    return loss;
}

/* One parameter: prints its line; false if the gradient is wrong. At most 400 evenly spread entries
 * are moved, each by the step 1e-4 up and down. The grade is norm-wise, |a - n| / (|a| + |n|): for
 * a single small entry one fixed step is always too large or too small (tad_gradcheck does
 * better). */
static bool check_parameter(check *c, tad_entry p, const double *gradient) {
    const double h = 1e-4;
    int64_t size = tad_size_of(p.value), stride = (size + 399) / 400, count = 0;
    double off = 0, a = 0, n = 0, worst = 0;
    for (int64_t i = 0; i < size; i += stride, count++) {
        double *value = tad_param_data(p.value), keep = value[i];
        value[i] = keep + h;
        double up = loss_now(c);
        value = tad_param_data(p.value);
        value[i] = keep - h;
        double down = loss_now(c);
        value = tad_param_data(p.value);
        value[i] = keep;
        double slope = (up - down) / (2 * h), e = fabs(slope - gradient[i]);
        off += e * e;
        a += gradient[i] * gradient[i];
        n += slope * slope;
        worst = fmax(worst, e / (fabs(slope) + fabs(gradient[i]) + 1e-7));
    }
    double error = sqrt(off) / (sqrt(a) + sqrt(n));
    bool good = error < 1e-7;
    printf("  %-15s  %4lld of %5lld entries  error %.1e (worst entry %.1e)  %s\n", p.name,
           (long long)count, (long long)size, error, worst, good ? "very good" : "NOT GOOD");
    return good;
}

/* Seconds of one forward and reverse sweep, the mean of several; the last one's gradients stay. */
static double time_sweep(check *c) {
    const int sweeps = 20;
    tad_var p[4];
    for (size_t k = 0; k < 4; k++) p[k] = tad_dict_at(tad_net_params(c->net), k).value;
    double begin = seconds();
    for (int i = 0; i < sweeps; i++) {
        tad_var loss = tad_cross_entropy(tad_net_apply(c->net, c->x), c->labels, NULL);
        if (tad_zero_gradients(p, 4) != TAD_OK || tad_reverse(loss) != TAD_OK) return NAN;
        if (tad_tape_rewind(c->tape, c->start) != TAD_OK) return NAN;
    }
    return (seconds() - begin) / sweeps;
}

/* The gradients of parameter k as the last sweep left them, in memory of the tape. */
static double *copy_gradient(tad_tape *t, tad_var p) {
    size_t size = (size_t)tad_size_of(p);
    double *copy = tad_tape_resize(t, NULL, size, sizeof *copy);
    const double *gradient = tad_gradient_data(p);
    if (copy && gradient) memcpy(copy, gradient, size * sizeof *copy);
    return copy;
}

static void print_times(const check *c, double sweep) {
    double forward = c->time / (double)c->forwards;
    double all = 2 * (double)tad_dict_elements(tad_net_params(c->net));
    printf("  one sweep %.3f ms; a numeric gradient takes %.0f forward passes, %.3g s: %.0f times "
           "as long\n\n",
           1e3 * sweep, all, all * forward, all * forward / sweep);
}

static bool check_gradients(const digits *d, const settings *o) {
    tad_tape *t = tad_tape_new(&(tad_settings){.seed = (uint64_t)o->seed});
    tad_batches *ten =
        tad_batches_new(t, &d->train, 10, &(tad_batch_options){.order = TAD_ORDER_FIXED});
    check c = {.tape = t, .net = make_net(t, TAD_F64, d, o)};
    const tad_dict *params = tad_net_params(c.net);
    double *gradient[4] = {NULL};
    bool good = tad_batches_next(ten, &c.x, &c.labels) && tad_dict_count(params) == 4;
    c.start = tad_tape_mark(t);
    printf("gradient check on 10 examples, float64, step 1e-4\n");
    double sweep = time_sweep(&c);
    for (size_t k = 0; good && k < 4; k++) {
        gradient[k] = copy_gradient(t, tad_dict_at(params, k).value);
        good = gradient[k] != NULL && tad_tape_status(t) == TAD_OK;
    }
    for (size_t k = 0; good && k < 4; k++)
        good = check_parameter(&c, tad_dict_at(params, k), gradient[k]);
    if (good)
        print_times(&c, sweep);
    else
        fprintf(stderr, "digits: the gradient check failed. %s\n", tad_message(t));
    tad_tape_free(t);
    return good;
}

/* ---- training ---- */

enum { EPOCH, LOSS, TRAIN, TEST, COLUMNS };
static const char *const columns[COLUMNS] = {"epoch", "loss", "train accuracy", "test accuracy"};

typedef struct training {
    tad_tape *tape;
    tad_net *net;
    tad_batches *draw, *train, *test;
    tad_optim *descent;
    tad_dist *dist; /* of --shards; else NULL */
    int64_t shards;
    tad_history *history;
    tad_progress progress;
    tad_mark start;
} training;

static tad_batches *in_order(tad_tape *t, const tad_dataset *d) {
    return tad_batches_new(t, d, 1000,
                           &(tad_batch_options){.dtype = TAD_F32, .order = TAD_ORDER_FIXED});
}

static training prepare(tad_tape *t, const digits *d, const settings *o, const tad_ranks *ranks) {
    training n = {.tape = t, .net = make_net(t, TAD_F32, d, o), .shards = o->shards};
    n.draw = tad_batches_new(t, &d->train, o->batch,
                             &(tad_batch_options){.dtype = TAD_F32, .order = TAD_ORDER_REPLACE});
    n.train = in_order(t, &d->train);
    n.test = in_order(t, &d->test);
    const tad_dict *params = tad_net_params(n.net);
    if (o->shards)
        params = tad_dist_params(
            n.dist = tad_dist_new(t, ranks, params, &(tad_dist_options){.shards = o->shards}));
    n.descent = tad_sgd(params, o->lr, NULL);
    n.history = tad_history_new(t, columns, COLUMNS);
    n.progress = (tad_progress){.sink = ranks->rank == 0 ? tad_file_sink : NULL,
                                .user = stdout,
                                .terminal = isatty(1),
                                .epochs = o->epochs,
                                .steps = tad_batches_per_epoch(n.draw),
                                .samples = o->batch};
    n.start = tad_tape_mark(t);
    return n;
}

/* Accuracy on everything, and a line of the history; loss: the mean over the epoch. */
static tad_status evaluate(training *n, int epoch, double loss, double row[COLUMNS]) {
    tad_score train, test;
    tad_status s = tad_evaluate(n->net, n->train, &train);
    if (s == TAD_OK) s = tad_evaluate(n->net, n->test, &test);
    if (s != TAD_OK) return s;
    row[EPOCH] = epoch;
    row[LOSS] = epoch == 0 ? train.loss : loss;
    row[TRAIN] = train.accuracy;
    row[TEST] = test.accuracy;
    return tad_history_add(n->history, row);
}

/* The loss of a batch, and its gradients. */
static tad_status sweep_batch(training *n, double *loss) {
    tad_var x, labels;
    tad_status s = tad_batches_part(n->draw, 0, tad_batches_size(n->draw), &x, &labels);
    if (s != TAD_OK) return s;
    tad_var mean = tad_cross_entropy(tad_net_apply(n->net, x), labels, NULL);
    *loss = tad_item(mean);
    return tad_reverse(mean);
}

/* The same of a shard: examples of the batch in a row. */
static tad_shard_loss shard_loss(tad_tape *t, int64_t shard, double *sums, void *user) {
    training *n = user;
    const int64_t shards = n->shards, size = tad_batches_size(n->draw);
    const int64_t first = size * shard / shards, count = size * (shard + 1) / shards - first;
    tad_var x, labels;
    (void)t, (void)sums;
    if (count == 0 || tad_batches_part(n->draw, first, count, &x, &labels) != TAD_OK)
        return (tad_shard_loss){.weight = 0};
    return (tad_shard_loss){tad_cross_entropy(tad_net_apply(n->net, x), labels, NULL),
                            (double)count};
}

static tad_status sweep_shards(training *n, double *loss) {
    tad_dist_result result = {0};
    const tad_status s = tad_dist_gradients(n->dist, shard_loss, n, &result);
    *loss = result.loss;
    return s;
}

static tad_status train_epoch(training *n, double *mean_loss) {
    double sum = 0, loss = 0;
    int64_t steps = 0;
    for (; tad_batches_next(n->draw, NULL, NULL); steps++) {
        tad_status s = n->dist ? sweep_shards(n, &loss) : sweep_batch(n, &loss);
        if (s != TAD_OK) return s;
        sum += loss;
        tad_progress_step(&n->progress, loss);
        s = n->dist ? tad_dist_step(n->dist, n->descent) : tad_optim_step(n->descent);
        if (s == TAD_OK) s = tad_tape_rewind(n->tape, n->start);
        if (s != TAD_OK) return s;
    }
    *mean_loss = sum / (double)steps;
    return tad_tape_status(n->tape);
}

static tad_status train(training *n, int epochs, double last[COLUMNS]) {
    double loss = 0;
    tad_status s = evaluate(n, 0, 0, last);
    for (int epoch = 1; epoch <= epochs && s == TAD_OK; epoch++) {
        s = train_epoch(n, &loss);
        if (s == TAD_OK) s = evaluate(n, epoch, loss, last);
        if (s == TAD_OK) tad_progress_epoch(&n->progress, last[TEST]);
    }
    return s;
}

/* ---- all together ---- */

/* One rank of all writes what they have in common. */
static bool run(tad_tape *t, const settings *given, const char *program, const tad_ranks *ranks) {
    settings o = *given;
    digits d;
    char room[1024];
    const bool writes = ranks->rank == 0;
    if (!o.data) o.data = shipped(program, room, sizeof room);
    if (!make_folder("digits", o.out) || load(t, o.data, &d) != TAD_OK) return false;
    if (o.epochs == 0) o.epochs = d.epochs;
    if (writes)
        printf("%s from %s: %lld training and %lld test examples, %lld-%lld-%lld\n\n", d.name,
               o.data, (long long)d.train.count, (long long)d.test.count,
               (long long)d.train.features, (long long)o.hidden, (long long)d.train.classes);
    if (!o.no_check && writes && !check_gradients(&d, &o)) return false;

    double last[COLUMNS];
    training n = prepare(t, &d, &o, ranks);
    bool good = train(&n, o.epochs, last) == TAD_OK;
    tad_dist_free(n.dist);
    if (good && writes) good = write_history(n.history, "digits", o.out, "history", d.name);
    if (good && writes)
        printf("\nfinal accuracy: train %.4f, test %.4f\n", last[TRAIN], last[TEST]);
    return good;
}

int main(int argc, char **argv) {
    settings o = {.out = ".", .batch = 100, .hidden = 50, .lr = 0.1, .seed = 1};
    if (!read_settings(&o, argc, argv)) return EXIT_FAILURE;
    tad_ranks ranks = open_ranks();
    if (ranks.size > 1 && o.shards == 0) o.shards = 4;
    tad_tape *t = tad_tape_new(&(tad_settings){.seed = o.seed});
    bool good = run(t, &o, argv[0], &ranks);
    if (!t || tad_tape_status(t) != TAD_OK)
        fprintf(stderr, "digits: %s. %s\n", tad_status_text(tad_tape_status(t)), tad_message(t));
    tad_tape_free(t);
    close_ranks(&ranks);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
