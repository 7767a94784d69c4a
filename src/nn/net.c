/* Nets: sequences of layers with named parameters. Rests on net.h. */
#include "net.h"

#include <stdio.h>
#include <string.h>

#include <tad/inspect.h>

struct tad_net {
    tad_tape *tape;
    tad_dtype dtype;
    bool training;
    tad__layer **layer;
    size_t count;
    tad_dict *params;
    const tad_var *with; /* while tad_net_apply_with runs: in the order of params */
    size_t given;        /* how many; a layer may have added its own meanwhile */
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
    tad__layer **grown = tad_tape_resize(net->tape, net->layer, net->count + 1, sizeof *grown);
    if (grown) net->layer = grown;
    return grown;
}

/* ---- layers ---- */

tad__layer *tad__layer_draft(tad_net *net, const char *name, tad_layer_fn *apply, size_t own) {
    if (!net || check_name(net, name) != TAD_OK || !reserve(net)) return NULL;
    const size_t length = strlen(name) + 1;
    tad__layer *l = tad_tape_resize(net->tape, NULL, 1, sizeof *l + own + length);
    if (!l) return NULL;
    *l = (tad__layer){.apply = apply, .user = l, .entries = tad_dict_count(net->params)};
    l->own = l + 1;
    l->name = (char *)(l + 1) + own;
    memset(l->own, 0, own);
    memcpy(l->name, name, length);
    return l;
}

typedef tad_status add_entry(tad_dict *d, const char *name, tad_var value);

/* LAYER.kind in the dictionary and on the tape; the tape knows if that failed. */
static void own(tad_net *net, tad__layer *l, const char *kind, tad_shape shape,
                const tad_init *init, add_entry *add) {
    if (tad_tape_status(net->tape) != TAD_OK) return;
    const size_t length = strlen(l->name) + strlen(kind) + 2;
    tad_var param = tad_param_random(net->tape, net->dtype, shape, init);
    char *name = tad_tape_resize(net->tape, NULL, length, 1);
    if (!name) return;
    snprintf(name, length, "%s.%s", l->name, kind);
    (void)!add(net->params, name, tad_name(param, name));
    tad_tape_resize(net->tape, name, 0, 0);
    l->param[l->params++] = param;
}

void tad__layer_param(tad_net *net, tad__layer *l, const char *kind, tad_shape shape,
                      const tad_init *init) {
    own(net, l, kind, shape, init, tad_dict_add);
}

void tad__layer_buffer(tad_net *net, tad__layer *l, const char *kind, tad_shape shape,
                       const tad_init *init) {
    own(net, l, kind, shape, init, tad_dict_add_buffer);
}

tad_status tad__layer_settle(tad_net *net, tad__layer *l) {
    if (!net) return TAD_BAD_ARGUMENT;
    const tad_status status = tad_tape_status(net->tape);
    if (status == TAD_OK) {
        net->layer[net->count++] = l;
    } else if (l) {
        while (tad_dict_count(net->params) > l->entries)
            tad_dict_remove(net->params, tad_dict_at(net->params, l->entries).name);
        tad_tape_resize(net->tape, l, 0, 0);
    }
    return status;
}

/* What stands for entry i of the parameters now. */
static tad_var current(const tad_net *net, size_t i) {
    return net->with && i < net->given ? net->with[i] : tad_dict_at(net->params, i).value;
}

tad_var tad__layer_now(const tad_net *net, const tad__layer *l, size_t k) {
    if (k >= l->params) return tad_none();
    if (!net->with) return l->param[k];
    for (size_t i = 0; i < tad_dict_count(net->params); i++)
        if (tad_node_index(tad_dict_at(net->params, i).value) == tad_node_index(l->param[k]))
            return current(net, i);
    return l->param[k];
}

bool tad__net_is_substituted(const tad_net *net) { return net->with; }

/* ---- computing ---- */

static tad_var run(tad_net *net, const tad__layer *l, tad_var x) {
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
    const size_t given = net->given;
    net->with = params;
    net->given = n;
    x = tad_net_apply(net, x);
    net->with = before;
    net->given = given;
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
