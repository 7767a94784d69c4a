/* A net that PyTorch trained: its weights are loaded under PyTorch's names, and logits, loss and
 * gradients compared with what PyTorch made of four digits. data/torch_net.py trained it.
 *
 *     torch_net [FOLDER]        default: the examples' data */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <tad/safetensors.h>
#include <tad/tad.h>
#include <tad/train.h>

#include "show.h"
#include "small_digits.h"

/* PyTorch numbers the layers of its Sequential. */
static const struct {
    const char *own, *torch;
} layers[] = {{"conv1", "0"}, {"norm1", "1"}, {"conv2", "4"}, {"norm2", "5"}, {"digit", "9"}};
enum { LAYERS = sizeof layers / sizeof *layers, PARAMS = 14 };

static tad_net *net_of(tad_tape *t) {
    const tad_conv_options same = {.auto_pad = TAD_PAD_SAME};
    tad_net *net = tad_net_new(t, TAD_F64);
    tad_net_conv2d(net, "conv1", 1, 8, TAD_SHAPE(3), &same, NULL);
    tad_net_batch_norm(net, "norm1", 8, NULL);
    tad_net_activation(net, "relu1", tad_relu);
    tad_net_max_pool2d(net, "pool1", TAD_SHAPE(2), NULL);
    tad_net_conv2d(net, "conv2", 8, 16, TAD_SHAPE(3), &same, NULL);
    tad_net_batch_norm(net, "norm2", 16, NULL);
    tad_net_activation(net, "relu2", tad_relu);
    tad_net_max_pool2d(net, "pool2", TAD_SHAPE(2), NULL);
    tad_net_flatten(net, "flat");
    tad_net_linear(net, "digit", 64, 10, NULL);
    return net;
}

/* conv1.weight is PyTorch's 0.weight. */
static void torch_name(const char *name, char *out, size_t room) {
    const char *dot = strchr(name, '.');
    for (int i = 0; i < LAYERS; i++)
        if (strncmp(name, layers[i].own, (size_t)(dot - name)) == 0)
            snprintf(out, room, "%s%s", layers[i].torch, dot);
}

/* Every parameter and buffer of the net; the file may hold more (how many batches PyTorch has
 * seen). */
static tad_status load(tad_net *net, const char *path) {
    const tad_dict *params = tad_net_params(net);
    char name[PARAMS][32];
    tad_slot slots[PARAMS];
    const size_t n = tad_dict_count(params);
    if (n != PARAMS) return tad_tape_fail(tad_net_tape(net), TAD_BAD_ARGUMENT, "another net");
    for (size_t i = 0; i < n; i++) {
        const tad_entry e = tad_dict_at(params, i);
        torch_name(e.name, name[i], sizeof name[i]);
        slots[i] = tad_slot_var(name[i], e.value);
    }
    return tad_checkpoint_load(tad_net_tape(net), path, slots, n, true);
}

static tad_var expected(tad_tape *t, const tad_safetensors *file, const char *name) {
    const tad_tensor *a = tad_safetensors_find(file, name);
    if (a) return tad_input(t, a->dtype, a->shape, a->data);
    tad_tape_fail(t, TAD_BAD_FILE, "the file has no %s", name);
    return (tad_var){0};
}

static void compare(const char *what, tad_var own, tad_var torch) {
    const double scale = tad_item(tad_amax(tad_abs(torch), tad_all()));
    const double apart = tad_item(tad_amax(tad_abs(tad_sub(own, torch)), tad_all()));
    printf("%-24s largest %9.5f, apart %.1e\n", what, scale, apart);
}

/* The four digits that PyTorch has looked at. */
static tad_status compare_all(tad_net *net, const tad_safetensors *file) {
    tad_tape *t = tad_net_tape(net);
    tad_var x = expected(t, file, "expected.x"), labels = expected(t, file, "expected.labels");
    tad_var logits = tad_net_apply(net, x), loss = tad_cross_entropy(logits, labels, NULL);
    const tad_status s = tad_reverse(loss);
    tad_var first = tad_gradient(tad_dict_get(tad_net_params(net), "conv1.weight"));
    compare("logits", logits, expected(t, file, "expected.logits"));
    compare("loss", loss, expected(t, file, "expected.loss"));
    compare("gradient of the digits", tad_gradient(x), expected(t, file, "expected.dx"));
    compare("gradient of conv1.weight", first, expected(t, file, "expected.d_first"));
    return s;
}

static double accuracy(tad_net *net, const tad_dataset *d) {
    tad_tape *t = tad_net_tape(net);
    const tad_batch_options all = {.order = TAD_ORDER_FIXED, .keep_shape = true};
    tad_batches *batches = tad_batches_new(t, d, d->count, &all);
    tad_var x, labels;
    if (!tad_batches_next(batches, &x, &labels)) return NAN;
    return tad_accuracy(tad_net_apply(net, tad_unsqueeze(x, 1)), labels);
}

int main(int argc, char **argv) {
    const char *folder = DATA_FOLDER;
    const option options[] = {{.text = &folder}};
    if (!read_options(argc, argv, "torch_net [FOLDER]\n  default: the examples' data", options, 1))
        return EXIT_FAILURE;
    char path[512];
    tad_safetensors *file = NULL;
    tad_dataset seen, held_out;
    tad_tape *t = tad_tape_new(NULL);
    tad_net *net = net_of(t);
    snprintf(path, sizeof path, "%s/torch_net.safetensors", folder);
    tad_net_train(net, false);
    tad_status s = load(net, path);
    if (s == TAD_OK) s = load_small_digits(t, folder, &seen, &held_out);
    if (s == TAD_OK) printf("held-out accuracy %.4f\n", accuracy(net, &held_out));
    if (s == TAD_OK) s = tad_safetensors_open_path(t, path, &file);
    if (s == TAD_OK) s = compare_all(net, file);
    tad_safetensors_close(file);
    return finish(t, s);
}
