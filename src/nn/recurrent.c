/* Recurrent layers: a cell along a sequence, from a state of zeros. Rests on net.h. */
#include <math.h>

#include "net.h"

enum { W_IH, W_HH, B_IH, B_HH };

/* How a kind of cell runs from a state of zeros; last: its last h. */
typedef tad_var run_fn(tad_var x, tad_var zeros, const tad_var *w, bool reverse, tad_var *last);

typedef struct recurrent {
    tad_recurrent_options options;
    int64_t width;
    run_fn *run;
} recurrent;

static tad_var run_rnn(tad_var x, tad_var zeros, const tad_var *w, bool reverse, tad_var *last) {
    return tad_rnn_tanh(x, zeros, w[W_IH], w[W_HH], w[B_IH], w[B_HH], reverse, last);
}

static tad_var run_gru(tad_var x, tad_var zeros, const tad_var *w, bool reverse, tad_var *last) {
    return tad_gru(x, zeros, w[W_IH], w[W_HH], w[B_IH], w[B_HH], reverse, last);
}

static tad_var run_lstm(tad_var x, tad_var zeros, const tad_var *w, bool reverse, tad_var *last) {
    return tad_lstm(x, zeros, zeros, w[W_IH], w[W_HH], w[B_IH], w[B_HH], reverse, last, NULL);
}

static tad_var apply_recurrent(tad_net *net, tad_var x, bool training, void *user) {
    (void)training;
    const tad__layer *l = user;
    const recurrent *own = l->own;
    const tad_shape s = tad_shape_of(x);
    tad_var w[4], last;
    if (s.rank != 3) {
        tad_tape_fail(tad_net_tape(net), TAD_BAD_SHAPE, "net: %s needs a sequence of rows",
                      l->name);
        return (tad_var){0};
    }
    for (size_t k = 0; k < 4; k++) w[k] = tad__layer_now(net, l, k);
    if (own->options.batch_first) x = tad_transpose(x, 0, 1);
    tad_var zeros = tad_full(tad_net_tape(net), tad_dtype_of(x),
                             TAD_SHAPE(tad_shape_of(x).dim[1], own->width), 0);
    tad_var y = own->run(x, zeros, w, own->options.reverse, &last);
    if (own->options.last) return last;
    return own->options.batch_first ? tad_transpose(y, 0, 1) : y;
}

static tad_status add(tad_net *net, const char *name, int64_t in, int64_t width, int gates,
                      run_fn *run, const tad_recurrent_options *options) {
    static const char *const names[] = {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"};
    if (net && (in < 0 || width < 1 || width > INT32_MAX))
        tad_tape_fail(tad_net_tape(net), TAD_BAD_ARGUMENT, "net: %s with %lld inputs, width %lld",
                      name ? name : "layer", (long long)in, (long long)width);
    tad__layer *l = tad__layer_draft(net, name, apply_recurrent, sizeof(recurrent));
    if (!l) return tad__layer_settle(net, l);
    *(recurrent *)l->own = (recurrent){options ? *options : (tad_recurrent_options){0}, width, run};
    const tad_init init = {.kind = TAD_INIT_UNIFORM, .scale = 1 / sqrt((double)width)};
    const tad_shape shapes[] = {TAD_SHAPE(gates * width, in), TAD_SHAPE(gates * width, width),
                                TAD_SHAPE(gates * width), TAD_SHAPE(gates * width)};
    for (int k = 0; k < 4; k++) tad__layer_param(net, l, names[k], shapes[k], &init);
    return tad__layer_settle(net, l);
}

tad_status tad_net_rnn(tad_net *net, const char *name, int64_t in, int64_t width,
                       const tad_recurrent_options *options) {
    return add(net, name, in, width, 1, run_rnn, options);
}

tad_status tad_net_gru(tad_net *net, const char *name, int64_t in, int64_t width,
                       const tad_recurrent_options *options) {
    return add(net, name, in, width, 3, run_gru, options);
}

tad_status tad_net_lstm(tad_net *net, const char *name, int64_t in, int64_t width,
                        const tad_recurrent_options *options) {
    return add(net, name, in, width, 4, run_lstm, options);
}
