/* Digits by a convolutional net, LeNet's kind: two convolutions with pooling, two dense layers.
 *
 *     conv_digits                     the 1797 small digits in examples/data, a fifth held out
 *     conv_digits --data DIR          MNIST: the four IDX files of that folder, plain or .gz
 *     conv_digits --epochs N          default: 40 of the small ones, 3 of MNIST
 *
 * Adam with a rate that falls along half a cosine. In the end it says which digits are taken for
 * which. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tad/data.h>
#include <tad/optim.h>
#include <tad/tad.h>
#include <tad/train.h>

#include "show.h"
#include "small_digits.h"

enum { CLASSES = 10, BATCH = 64 };

typedef struct digits {
    tad_dataset train, test;
    int64_t side; /* of an image */
    int epochs;
    double rate;
} digits;

static tad_status load(tad_tape *t, const char *folder, digits *d) {
    tad_status s;
    if (folder) {
        *d = (digits){.side = 28, .epochs = 3, .rate = 0.002};
        s = tad_dataset_load(t, folder, "train", NULL, &d->train);
        return s == TAD_OK ? tad_dataset_load(t, folder, "t10k", NULL, &d->test) : s;
    }
    *d = (digits){.side = 8, .epochs = 40, .rate = 0.005};
    return load_small_digits(t, DATA_FOLDER, &d->train, &d->test);
}

/* Small images keep their size in the first convolution, and are pooled once. */
static tad_net *lenet(tad_tape *t, int64_t side) {
    const bool small = side < 20;
    const int64_t kernel = small ? 3 : 5, left = small ? side / 2 - 2 : ((side - 4) / 2 - 4) / 2;
    const tad_layer_options he = {.weight = {.kind = TAD_INIT_HE_NORMAL}};
    const tad_conv_options same = {.padding = TAD_SHAPE(small ? 1 : 0)};
    const tad_shape window = TAD_SHAPE(kernel, kernel), two = TAD_SHAPE(2, 2);
    tad_net *net = tad_net_new(t, TAD_F32);
    tad_net_conv2d(net, "conv1", 1, 8, window, &same, &he);
    tad_net_activation(net, "relu1", tad_relu);
    tad_net_max_pool2d(net, "pool1", two, NULL);
    tad_net_conv2d(net, "conv2", 8, 16, window, NULL, &he);
    tad_net_activation(net, "relu2", tad_relu);
    if (!small) tad_net_max_pool2d(net, "pool2", two, NULL);
    tad_net_flatten(net, "flatten");
    tad_net_affine(net, "dense", 16 * left * left, 64, &he);
    tad_net_activation(net, "relu3", tad_relu);
    tad_net_affine(net, "digit", 64, CLASSES, &he);
    return net;
}

/* Batches as images of one channel: (B,1,side,side). */
static tad_var as_images(tad_var x, int64_t side) {
    return tad_reshape(x, TAD_SHAPE(tad_shape_of(x).dim[0], 1, side, side));
}

static tad_status train(tad_net *net, const digits *d) {
    tad_tape *t = tad_net_tape(net);
    tad_batches *batches = tad_batches_new(
        t, &d->train, BATCH, &(tad_batch_options){.dtype = TAD_F32, .drop_last = true});
    tad_optim *adam = tad_adam(tad_net_params(net), d->rate, NULL);
    const int64_t steps = tad_batches_per_epoch(batches);
    const tad_schedule rate = {TAD_SCHEDULE_COSINE, d->rate, 0, d->epochs * steps, 0, 0};
    tad_progress progress = {.sink = tad_file_sink,
                             .user = stdout,
                             .terminal = isatty(1),
                             .epochs = d->epochs,
                             .steps = steps,
                             .samples = BATCH};
    const tad_mark mark = tad_tape_mark(t);
    tad_var x, labels;
    tad_status s = tad_tape_status(t);
    for (int epoch = 0; epoch < d->epochs && s == TAD_OK; epoch++) {
        while (s == TAD_OK && tad_batches_next(batches, &x, &labels)) {
            tad_var loss =
                tad_cross_entropy(tad_net_apply(net, as_images(x, d->side)), labels, NULL);
            tad_progress_step(&progress, tad_item(loss));
            tad_optim_set_lr(adam, tad_schedule_at(&rate, tad_optim_steps(adam)));
            s = tad_reverse(loss);
            if (s == TAD_OK) s = tad_optim_step(adam);
            if (s == TAD_OK) s = tad_tape_rewind(t, mark);
        }
        tad_progress_epoch(&progress, NAN);
    }
    return s;
}

/* Counts what the held-out digits are taken for. */
static tad_status count(tad_net *net, const digits *d, int64_t counts[CLASSES * CLASSES]) {
    tad_tape *t = tad_net_tape(net);
    tad_batches *batches =
        tad_batches_new(t, &d->test, 500, &(tad_batch_options){TAD_F32, TAD_ORDER_FIXED, 0, 0, 0});
    const tad_mark mark = tad_tape_mark(t);
    tad_var x, labels;
    tad_status s = tad_tape_status(t);
    tad_record_pause(t);
    while (s == TAD_OK && tad_batches_next(batches, &x, &labels)) {
        s = tad_confusion(tad_net_apply(net, as_images(x, d->side)), labels, counts,
                          CLASSES * CLASSES);
        if (s == TAD_OK) s = tad_tape_rewind(t, mark);
    }
    tad_record_resume(t);
    return s;
}

static void print(const int64_t counts[CLASSES * CLASSES]) {
    int64_t right = 0, all = 0;
    printf("\ndigit   is taken for\n     ");
    for (int k = 0; k < CLASSES; k++) printf("%6d", k);
    for (int i = 0; i < CLASSES; i++) {
        printf("\n%5d", i);
        for (int k = 0; k < CLASSES; k++) {
            const int64_t n = counts[i * CLASSES + k];
            right += i == k ? n : 0;
            all += n;
            printf("%6lld", (long long)n);
        }
    }
    printf("\n\nheld out: %lld of %lld are right, %.4f\n", (long long)right, (long long)all,
           (double)right / (double)all);
}

static const char usage[] = "conv_digits [--data DIR] [--epochs N]\n"
                            "  of the shipped digits 40 epochs, of MNIST 3";

int main(int argc, char **argv) {
    const char *folder = NULL;
    int64_t epochs = 0;
    const option options[] = {{"--data", .text = &folder},
                              {"--epochs", .whole = &epochs, .least = 1, .most = 1e6}};
    if (!read_options(argc, argv, usage, options, 2)) return EXIT_FAILURE;
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    tad_tape *t = tad_tape_new(&(tad_settings){.threads = cores > 16 ? 16 : (int)cores, .seed = 1});
    digits d;
    int64_t counts[CLASSES * CLASSES] = {0};
    tad_status s = load(t, folder, &d);
    if (s != TAD_OK) return finish(t, s);
    if (epochs > 0) d.epochs = (int)epochs;
    tad_net *net = lenet(t, d.side);
    printf("%lld images to learn from, %lld held out; %lld parameters\n\n",
           (long long)d.train.count, (long long)d.test.count,
           (long long)tad_dict_elements(tad_net_params(net)));
    s = train(net, &d);
    if (s == TAD_OK) s = count(net, &d, counts);
    if (s == TAD_OK) print(counts);
    return finish(t, s);
}
