/* What comes after a first net: optimisers compared, initial values and what they do to
 * activations and gradients, batch normalisation, overfitting with dropout and L2, a search over
 * settings. On the shipped digits, 64 pixels each.
 *
 *     training_tricks [FOLDER]      tables; curves as CSV, and pictures where gnuplot is, in
 *                                   FOLDER (default: .) */
#define _POSIX_C_SOURCE 200809L
#include <math.h>

#include <tad/optim.h>
#include <tad/tad.h>

#include "curves.h"
#include "initial.h"
#include "show.h"
#include "small_digits.h"

enum { PIXELS = 64, CLASSES = 10 };

typedef struct lesson {
    tad_tape *tape;
    tad_dataset train, test; /* four fifths, one fifth */
    const char *folder;
} lesson;

static const tad_init he = {.kind = TAD_INIT_HE_NORMAL};

/* ---- a run: one net, one optimiser, some epochs ---- */

typedef struct run {
    tad_net *net;
    tad_optim *optim;
    tad_batches *batches;
    double loss; /* the mean of the last epoch */
} run;

static run run_of(const lesson *l, const tad_dataset *d, tad_net *net, tad_optim *optim) {
    const tad_batch_options f32 = {.dtype = TAD_F32};
    return (run){net, optim, tad_batches_new(l->tape, d, 100, &f32), NAN};
}

static tad_status one_epoch(run *r) {
    tad_tape *t = tad_net_tape(r->net);
    const tad_mark mark = tad_tape_mark(t);
    double sum = 0;
    tad_var x, labels;
    tad_status s = TAD_OK;
    while (s == TAD_OK && tad_batches_next(r->batches, &x, &labels)) {
        tad_var loss = tad_cross_entropy(tad_net_apply(r->net, x), labels, NULL);
        sum += tad_item(loss);
        s = tad_reverse(loss);
        if (s == TAD_OK) s = tad_optim_step(r->optim);
        if (s == TAD_OK) s = tad_tape_rewind(t, mark);
    }
    r->loss = sum / (double)tad_batches_per_epoch(r->batches);
    return s == TAD_OK ? tad_tape_status(t) : s;
}

static tad_status epochs(run *r, int n) {
    tad_status s = TAD_OK;
    while (n-- > 0 && s == TAD_OK) s = one_epoch(r);
    return s;
}

static double accuracy(const lesson *l, tad_net *net, const tad_dataset *d) {
    const tad_batch_options o = {.dtype = TAD_F32, .order = TAD_ORDER_FIXED};
    tad_score score = {.accuracy = NAN};
    tad_net_train(net, false);
    if (tad_evaluate(net, tad_batches_new(l->tape, d, 1000, &o), &score) != TAD_OK) return NAN;
    tad_net_train(net, true);
    return score.accuracy;
}

static tad_net *mlp(const lesson *l, int hidden, int width, tad_init weight, double dropout) {
    int64_t sizes[12] = {PIXELS};
    for (int i = 1; i <= hidden; i++) sizes[i] = width;
    sizes[hidden + 1] = CLASSES;
    return tad_mlp(l->tape, sizes, (size_t)hidden + 2,
                   &(tad_mlp_options){.dtype = TAD_F32, .weight = weight, .dropout = dropout});
}

/* ---- 1. optimisers ---- */

static tad_optim *sgd(const tad_dict *p) { return tad_sgd(p, 0.01, NULL); }
static tad_optim *momentum(const tad_dict *p) {
    return tad_sgd(p, 0.01, &(tad_sgd_options){.momentum = 0.9});
}
static tad_optim *adagrad(const tad_dict *p) { return tad_adagrad(p, 0.01, NULL); }
static tad_optim *rmsprop(const tad_dict *p) { return tad_rmsprop(p, 0.001, NULL); }
static tad_optim *adam(const tad_dict *p) { return tad_adam(p, 0.001, NULL); }

static tad_status optimisers(const lesson *l) {
    enum { N = 5, EPOCHS = 40 };
    static const char *const names[N + 1] = {"epoch",   "SGD",     "momentum",
                                             "AdaGrad", "RMSprop", "Adam"};
    static tad_optim *(*const make[N])(const tad_dict *) = {sgd, momentum, adagrad, rmsprop, adam};
    tad_history *h = tad_history_new(l->tape, names, N + 1);
    run r[N];
    printf("1. Optimisers: four layers of 100, mean loss by epoch\n\n%5s", "epoch");
    for (int i = 0; i < N; i++) {
        tad_net *net = mlp(l, 4, 100, he, 0);
        r[i] = run_of(l, &l->train, net, make[i](tad_net_params(net)));
        printf("%10s", names[i + 1]);
    }
    printf("\n");
    tad_status s = tad_tape_status(l->tape);
    for (int epoch = 1; epoch <= EPOCHS && s == TAD_OK; epoch++) {
        double row[N + 1] = {epoch};
        for (int i = 0; i < N && s == TAD_OK; i++) {
            s = one_epoch(&r[i]);
            row[i + 1] = r[i].loss;
        }
        if (s == TAD_OK) s = tad_history_add(h, row);
        if (epoch != 1 && epoch % 10) continue;
        printf("%5d", epoch);
        for (int i = 0; i < N; i++) printf("%10.4f", row[i + 1]);
        printf("\n");
    }
    printf("%5s", "test");
    for (int i = 0; i < N && s == TAD_OK; i++) printf("%10.4f", accuracy(l, r[i].net, &l->test));
    printf("\n");
    if (s == TAD_OK)
        (void)write_history(h, "training_tricks", l->folder, "optimisers", "Optimisers");
    return s;
}

/* ---- 2. initial values ---- */

static tad_status initial_values(const lesson *l) {
    enum { N = 7 };
    initial all[N] = {
        {.name = "sigmoid, weights 1", .f = tad_sigmoid, .deviation = 1, .most = 1},
        {.name = "sigmoid, weights 0.01", .f = tad_sigmoid, .deviation = 0.01, .most = 1},
        {.name = "sigmoid, Xavier", .f = tad_sigmoid, .deviation = 0.1, .most = 1},
        {.name = "tanh, Xavier", .f = tad_tanh, .deviation = 0.1, .least = -1, .most = 1},
        {.name = "ReLU, weights 0.01", .f = tad_relu, .deviation = 0.01, .most = 2},
        {.name = "ReLU, Xavier", .f = tad_relu, .deviation = 0.1, .most = 2},
        {.name = "ReLU, He", .f = tad_relu, .deviation = 0.1 * sqrt(2), .most = 2}};
    tad_status s = TAD_OK;
    printf("\n2. Initial values: the deviation of the activations, layer by layer\n\n%-28s", "");
    for (int k = 1; k <= LAYERS; k++) printf("%9d", k);
    printf("\n");
    for (int i = 0; i < N; i++) {
        s = measure(l->tape, &all[i]);
        if (s != TAD_OK) return s;
        printf("%-28s", all[i].name);
        for (int k = 0; k < LAYERS; k++) printf("%9.4f", all[i].spread[k]);
        printf("\n");
    }
    printf("\n");
    draw_layers(activations_script, all, N, l->folder, "activations");
    draw_layers(gradients_script, all, N, l->folder, "gradients");
    return TAD_OK;
}

/* ---- 3. batch normalisation ---- */

/* Four layers of 100, each normalised before its activation or not. */
static tad_net *deep(const lesson *l, double scale, bool with_norm) {
    enum { DEPTH = 4 };
    tad_net *net = tad_net_new(l->tape, TAD_F32);
    const tad_layer_options o = {.weight = {.kind = TAD_INIT_NORMAL, .scale = scale}};
    char name[40];
    for (int k = 0; k < DEPTH; k++) {
        snprintf(name, sizeof name, "affine%d", k);
        tad_net_affine(net, name, k ? WIDTH : PIXELS, WIDTH, &o);
        snprintf(name, sizeof name, "norm%d", k);
        if (with_norm) tad_net_batch_norm(net, name, WIDTH, NULL);
        snprintf(name, sizeof name, "act%d", k);
        tad_net_activation(net, name, tad_relu);
    }
    tad_net_affine(net, "out", WIDTH, CLASSES, &o);
    return net;
}

static tad_status batch_normalisation(const lesson *l) {
    const double scales[] = {0.5, 0.1, 0.05, 0.01, 0.001};
    tad_status s = TAD_OK;
    printf("\n3. Batch normalisation: mean loss of epoch 10, by the deviation of the weights\n\n"
           "%10s%12s%12s\n",
           "weights", "without", "with");
    for (size_t i = 0; i < sizeof scales / sizeof *scales && s == TAD_OK; i++) {
        printf("%10g", scales[i]);
        for (int with = 0; with < 2 && s == TAD_OK; with++) {
            tad_net *net = deep(l, scales[i], with);
            run r = run_of(l, &l->train, net, tad_sgd(tad_net_params(net), 0.05, NULL));
            s = epochs(&r, 10);
            if (isfinite(r.loss))
                printf("%12.4f", r.loss);
            else
                printf("%12s", "diverged");
        }
        printf("\n");
    }
    return s;
}

/* ---- 4. overfitting ---- */

enum { FEW = 300 };

/* The first few examples, a third of which are called by another digit's name. */
static tad_dataset noisy(const lesson *l, int64_t label[FEW]) {
    tad_dataset d = l->train;
    tad_random random = {.seed = 5};
    double ignored[PIXELS];
    for (int64_t i = 0; i < FEW; i++) {
        const int64_t right = tad_dataset_example(&d, i, ignored);
        const bool wrong = tad_random_below(&random, 3) == 0;
        label[d.pick[i]] = wrong ? (int64_t)tad_random_below(&random, CLASSES) : right;
    }
    d.label = label;
    d.count = FEW;
    return d;
}

static tad_status overfitting(const lesson *l) {
    const struct {
        const char *name;
        double dropout, decay;
    } cases[] = {
        {"nothing", 0, 0}, {"dropout 0.5", 0.5, 0}, {"L2 0.02", 0, 0.02}, {"both", 0.5, 0.02}};
    static int64_t label[2 * FEW];
    const tad_dataset few = noisy(l, label);
    tad_status s = TAD_OK;
    printf("\n4. Overfitting: 300 examples, a third of them with any label, three layers of 100, "
           "200 epochs\n\n%-14s%10s%10s\n",
           "against it", "train", "test");
    for (size_t i = 0; i < sizeof cases / sizeof *cases && s == TAD_OK; i++) {
        tad_net *net = mlp(l, 3, 100, he, cases[i].dropout);
        const tad_sgd_options o = {.momentum = 0.9, .weight_decay = cases[i].decay};
        run r = run_of(l, &few, net, tad_sgd(tad_net_params(net), 0.05, &o));
        s = epochs(&r, 200);
        if (s == TAD_OK)
            printf("%-14s%10.4f%10.4f\n", cases[i].name, accuracy(l, net, &few),
                   accuracy(l, net, &l->test));
    }
    return s;
}

/* ---- 5. a search ---- */

typedef struct trial {
    double lr, decay, accuracy;
} trial;

static int by_accuracy(const void *a, const void *b) {
    const double x = ((const trial *)a)->accuracy, y = ((const trial *)b)->accuracy;
    return (x < y) - (x > y);
}

/* Log-uniform draws; held out: a fifth of what is trained on, so that the test set stays unseen. */
static tad_status search(const lesson *l) {
    enum { TRIALS = 20, BEST = 5 };
    trial all[TRIALS];
    tad_dataset rest, held_out;
    tad_random random = {.seed = 11};
    tad_status s = tad_dataset_split(l->tape, &l->train, 5, &rest, &held_out);
    for (int i = 0; i < TRIALS && s == TAD_OK; i++) {
        trial *t = &all[i];
        t->lr = pow(10, -4 + 4 * tad_random_uniform(&random));
        t->decay = pow(10, -8 + 6 * tad_random_uniform(&random));
        tad_net *net = mlp(l, 2, 50, he, 0);
        run r = run_of(
            l, &rest, net,
            tad_sgd(tad_net_params(net), t->lr, &(tad_sgd_options){.weight_decay = t->decay}));
        s = epochs(&r, 10);
        t->accuracy = accuracy(l, net, &held_out);
    }
    if (s != TAD_OK) return s;
    qsort(all, TRIALS, sizeof *all, by_accuracy);
    printf("\n5. A search: the best of %d draws, by accuracy on a fifth that was held out\n\n"
           "%12s%14s%10s\n",
           TRIALS, "rate", "L2", "accuracy");
    for (int i = 0; i < BEST; i++)
        printf("%12.2g%14.1e%10.4f\n", all[i].lr, all[i].decay, all[i].accuracy);
    printf("the worst:%29.4f\n", all[TRIALS - 1].accuracy);
    return TAD_OK;
}

static const char usage[] = "training_tricks [FOLDER]\n"
                            "  tables; curves as CSV, and pictures where gnuplot is, in FOLDER (.)";

int main(int argc, char **argv) {
    lesson l = {.folder = "."};
    const option options[] = {{.text = &l.folder}};
    if (!read_options(argc, argv, usage, options, 1)) return EXIT_FAILURE;
    tad_tape *t = l.tape = tad_tape_new(&(tad_settings){.seed = 1});
    if (!make_folder("training_tricks", l.folder)) return EXIT_FAILURE;
    tad_status s = load_small_digits(t, DATA_FOLDER, &l.train, &l.test);
    if (s == TAD_OK) s = optimisers(&l);
    if (s == TAD_OK) s = initial_values(&l);
    if (s == TAD_OK) s = batch_normalisation(&l);
    if (s == TAD_OK) s = overfitting(&l);
    if (s == TAD_OK) s = search(&l);
    return finish(t, s);
}
