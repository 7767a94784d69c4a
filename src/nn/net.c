/* Nets: sequences of layers with named parameters. Rests on the public headers. */
#include <stdio.h>
#include <string.h>

#include <tad/inspect.h>
#include <tad/nn.h>
#include <tad/ops.h>

typedef struct layer {
    char *name;
    tad_layer_fn *apply;
    void *user; /* of a layer of one's own; for the others the layer itself, see run */
    tad_activation *activation;
    tad_var weight, bias;
    double p;
} layer;

struct tad_net {
    tad_tape *tape;
    tad_dtype dtype;
    bool training;
    layer **layer;
    size_t count;
    tad_dict *params;
    const tad_var *with; /* while tad_net_apply_with runs: in the order of params */
};

/* ---- building ---- */

tad_net *tad_net_new(tad_tape *t, tad_dtype dtype) {
    if (dtype != TAD_F64 && dtype != TAD_F32)
        tad_tape_fail(t, TAD_BAD_DTYPE, "net: %s is no floating-point type", tad_dtype_name(dtype));
    tad_dict *params = tad_dict_new(t);
    tad_net *net = params ? tad_tape_resize(t, NULL, 1, sizeof *net) : NULL;
    if (net) *net = (tad_net){.tape = t, .dtype = dtype, .training = true, .params = params};
    return net;
}

static tad_status check_name(tad_net *net, const char *name) {
    if (tad_tape_status(net->tape) != TAD_OK) return tad_tape_status(net->tape);
    if (!name || !*name)
        return tad_tape_fail(net->tape, TAD_BAD_ARGUMENT, "net: layer without name");
    for (size_t i = 0; i < net->count; i++)
        if (strcmp(net->layer[i]->name, name) == 0)
            return tad_tape_fail(net->tape, TAD_BAD_ARGUMENT, "net: two layers called %s", name);
    return TAD_OK;
}

static bool reserve(tad_net *net) {
    layer **grown = tad_tape_resize(net->tape, net->layer, net->count + 1, sizeof *grown);
    if (grown) net->layer = grown;
    return grown;
}

/* A layer that is not yet part of the net, with a place made for it; NULL on failure. */
static layer *draft(tad_net *net, const char *name) {
    if (!net || check_name(net, name) != TAD_OK || !reserve(net)) return NULL;
    size_t length = strlen(name) + 1;
    layer *l = tad_tape_resize(net->tape, NULL, 1, sizeof *l + length);
    if (!l) return NULL;
    *l = (layer){.name = (char *)(l + 1), .user = l};
    memcpy(l->name, name, length);
    return l;
}

/* Makes the draft a layer, or throws it away when something has failed meanwhile. */
static tad_status settle(tad_net *net, layer *l) {
    if (!net) return TAD_BAD_ARGUMENT;
    tad_status status = tad_tape_status(net->tape);
    if (status == TAD_OK)
        net->layer[net->count++] = l;
    else if (l)
        tad_tape_resize(net->tape, l, 0, 0);
    return status;
}

/* ---- affine and linear layers ---- */

/* What stands for entry i of the parameters now. */
static tad_var current(const tad_net *net, size_t i) {
    return net->with ? net->with[i] : tad_dict_at(net->params, i).value;
}

/* What stands for a layer's own parameter now; tad_none() where it has none. */
static tad_var current_of(const tad_net *net, tad_var own) {
    if (!net->with || tad_is_none(own)) return own;
    for (size_t i = 0; i < tad_dict_count(net->params); i++)
        if (tad_node_index(tad_dict_at(net->params, i).value) == tad_node_index(own))
            return current(net, i);
    return own;
}

static tad_var apply_affine(tad_net *net, tad_var x, bool training, void *user) {
    (void)training;
    const layer *l = user;
    return tad_affine(x, current_of(net, l->weight), current_of(net, l->bias));
}

static tad_var apply_linear(tad_net *net, tad_var x, bool training, void *user) {
    (void)training;
    const layer *l = user;
    return tad_linear(x, current_of(net, l->weight), current_of(net, l->bias));
}

/* The parameter, LAYER.kind in the dictionary and on the tape; the tape knows if that failed. */
static void name_param(tad_net *net, const layer *l, const char *kind, tad_var param) {
    size_t length = strlen(l->name) + strlen(kind) + 2;
    char *name = tad_tape_resize(net->tape, NULL, length, 1);
    if (!name) return;
    snprintf(name, length, "%s.%s", l->name, kind);
    (void)!tad_dict_add(net->params, name, tad_name(param, name));
    tad_tape_resize(net->tape, name, 0, 0);
}

/* Both kinds differ in the shape of the weight only. */
static tad_status dense(tad_net *net, const char *name, tad_shape weight, int64_t in, int64_t out,
                        tad_layer_fn *apply, const tad_layer_options *options) {
    tad_layer_options o = options ? *options : (tad_layer_options){0};
    tad_init *init[] = {&o.weight, &o.bias};
    bool bias_is_zero = o.bias.kind == 0 && o.bias.scale == 0;
    if (net && (in < 0 || out < 0))
        tad_tape_fail(net->tape, TAD_BAD_ARGUMENT, "net: %s with %lld inputs, %lld outputs",
                      name ? name : "layer", (long long)in, (long long)out);
    layer *l = draft(net, name);
    if (!l) return net ? tad_tape_status(net->tape) : TAD_BAD_ARGUMENT;
    for (int i = 0; i < 2; i++) {
        if (!init[i]->fan_in) init[i]->fan_in = in;
        if (!init[i]->fan_out) init[i]->fan_out = out;
    }
    if (bias_is_zero) o.bias.kind = TAD_INIT_ZEROS;
    l->apply = apply;
    l->weight = tad_param_random(net->tape, net->dtype, weight, &o.weight);
    l->bias =
        o.no_bias ? tad_none() : tad_param_random(net->tape, net->dtype, TAD_SHAPE(out), &o.bias);
    size_t before = tad_dict_count(net->params);
    name_param(net, l, "weight", l->weight);
    if (!o.no_bias) name_param(net, l, "bias", l->bias);
    if (tad_tape_status(net->tape) != TAD_OK && tad_dict_count(net->params) > before)
        tad_dict_remove(net->params, tad_dict_at(net->params, before).name);
    return settle(net, l);
}

tad_status tad_net_affine(tad_net *net, const char *name, int64_t in, int64_t out,
                          const tad_layer_options *options) {
    return dense(net, name, TAD_SHAPE(in, out), in, out, apply_affine, options);
}

tad_status tad_net_linear(tad_net *net, const char *name, int64_t in, int64_t out,
                          const tad_layer_options *options) {
    return dense(net, name, TAD_SHAPE(out, in), in, out, apply_linear, options);
}

/* ---- layers without parameters ---- */

static tad_var apply_activation(tad_net *net, tad_var x, bool training, void *user) {
    (void)net, (void)training;
    return ((const layer *)user)->activation(x);
}

static tad_var apply_dropout(tad_net *net, tad_var x, bool training, void *user) {
    (void)net;
    return training ? tad_dropout(x, ((const layer *)user)->p) : x;
}

tad_status tad_net_activation(tad_net *net, const char *name, tad_activation *f) {
    if (net && !f) tad_tape_fail(net->tape, TAD_BAD_ARGUMENT, "net: activation without function");
    layer *l = draft(net, name);
    if (l) l->apply = apply_activation, l->activation = f;
    return settle(net, l);
}

tad_status tad_net_dropout(tad_net *net, const char *name, double p) {
    if (net && !(p >= 0 && p <= 1))
        tad_tape_fail(net->tape, TAD_BAD_ARGUMENT, "net: dropout probability %g", p);
    layer *l = draft(net, name);
    if (l) l->apply = apply_dropout, l->p = p;
    return settle(net, l);
}

tad_status tad_net_layer(tad_net *net, const char *name, tad_layer_fn *f, void *user) {
    if (net && !f) tad_tape_fail(net->tape, TAD_BAD_ARGUMENT, "net: layer without function");
    layer *l = draft(net, name);
    if (l) l->apply = f, l->user = user;
    return settle(net, l);
}

/* ---- computing ---- */

static tad_var run(tad_net *net, const layer *l, tad_var x) {
    tad_var y = l->apply(net, x, net->training, l->user);
    bool made = tad_node_index(y) != tad_node_index(x);
    return made ? tad_name(y, l->name) : y; /* dropout at rest returns what it got */
}

/* Without a net the input's tape hears of it. */
static tad_var refuse(tad_var x) {
    bool placed = !tad_is_number(x) && !tad_is_none(x);
    tad_tape_fail(placed ? x.tape : NULL, TAD_BAD_ARGUMENT, "net: there is none to apply");
    return (tad_var){0};
}

tad_var tad_net_trace(tad_net *net, tad_var x, tad_var *outputs, size_t n) {
    for (size_t i = 0; outputs && i < n; i++) outputs[i] = (tad_var){0};
    if (!net) return refuse(x);
    if (n != net->count || (n && !outputs)) {
        tad_tape_fail(net->tape, TAD_BAD_ARGUMENT, "net: room for %zu outputs of %zu layers",
                      outputs ? n : 0, net->count);
        return (tad_var){0};
    }
    for (size_t i = 0; i < n; i++) outputs[i] = x = run(net, net->layer[i], x);
    return x;
}

tad_var tad_net_apply(tad_net *net, tad_var x) {
    if (!net) return refuse(x);
    for (size_t i = 0; i < net->count; i++) x = run(net, net->layer[i], x);
    return x;
}

/* Whether v may stand for entry i of the parameters. */
static bool fits(tad_net *net, size_t i, tad_var v) {
    tad_entry e = tad_dict_at(net->params, i);
    tad_shape want = tad_shape_of(e.value), got = tad_shape_of(v);
    bool same = want.rank == got.rank && tad_dtype_of(v) == tad_dtype_of(e.value);
    for (int d = 0; same && d < want.rank; d++) same = want.dim[d] == got.dim[d];
    if (!same)
        tad_tape_fail(net->tape, TAD_BAD_SHAPE,
                      "net: parameter %zu has not the shape and type of %s", i, e.name);
    return same;
}

tad_var tad_net_apply_with(tad_net *net, const tad_var *params, size_t n, tad_var x) {
    if (!net) return refuse(x);
    if (n != tad_dict_count(net->params) || (n && !params))
        tad_tape_fail(net->tape, TAD_BAD_ARGUMENT, "net: %zu parameters are given, it has %zu",
                      params ? n : 0, tad_dict_count(net->params));
    for (size_t i = 0; i < n && tad_tape_status(net->tape) == TAD_OK; i++) fits(net, i, params[i]);
    if (tad_tape_status(net->tape) != TAD_OK) return (tad_var){0};
    const tad_var *before = net->with;
    net->with = params;
    x = tad_net_apply(net, x);
    net->with = before;
    return x;
}

tad_var tad_net_param(tad_net *net, const char *name) {
    for (size_t i = 0; net && name && i < tad_dict_count(net->params); i++)
        if (strcmp(tad_dict_at(net->params, i).name, name) == 0) return current(net, i);
    return (tad_var){0};
}

/* ---- reading ---- */

void tad_net_train(tad_net *net, bool training) {
    if (net) net->training = training;
}

bool tad_net_is_training(const tad_net *net) { return net && net->training; }
size_t tad_net_layers(const tad_net *net) { return net ? net->count : 0; }
tad_dict *tad_net_params(const tad_net *net) { return net ? net->params : NULL; }
tad_tape *tad_net_tape(const tad_net *net) { return net ? net->tape : NULL; }

const char *tad_net_layer_name(const tad_net *net, size_t i) {
    return i < tad_net_layers(net) ? net->layer[i]->name : NULL;
}

/* ---- multi-layer perceptron ---- */

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
