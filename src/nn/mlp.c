/* Multi-layer perceptrons: nets of affine layers and activations. Rests on the public headers. */
#include <stdio.h>

#include <tad/nn.h>
#include <tad/ops.h>

static const char *numbered(char *buffer, size_t size, const char *word, size_t number) {
    snprintf(buffer, size, "%s%zu", word, number);
    return buffer;
}

tad_net *tad_mlp(tad_tape *t, const int64_t *sizes, size_t n, const tad_mlp_options *options) {
    tad_mlp_options o = options ? *options : (tad_mlp_options){0};
    tad_layer_options affine = {.weight = o.weight, .no_bias = o.no_bias};
    if (!sizes || n < 2) tad_tape_fail(t, TAD_BAD_ARGUMENT, "mlp: needs at least two sizes");
    tad_net *net = tad_net_new(t, o.dtype);
    char name[40];
    for (size_t i = 1; net && i < n; i++) {
        bool last = i + 1 == n;
        tad_activation *f = last ? o.output : o.hidden ? o.hidden : tad_relu;
        tad_net_affine(net, numbered(name, sizeof name, "affine", i), sizes[i - 1], sizes[i],
                       &affine);
        if (f) tad_net_activation(net, numbered(name, sizeof name, "act", i), f);
        if (!last && o.dropout != 0)
            tad_net_dropout(net, numbered(name, sizeof name, "dropout", i), o.dropout);
    }
    return tad_tape_status(t) == TAD_OK ? net : NULL;
}
