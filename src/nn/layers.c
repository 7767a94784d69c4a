/* Layers of one op each: dense, embedded; activation, dropout, and one's own. Rests on net.h. */
#include "net.h"

/* ---- affine and linear layers ---- */

enum { WEIGHT, BIAS };

static tad_var apply_affine(tad_net *net, tad_var x, bool training, void *user) {
    (void)training;
    return tad_affine(x, tad__layer_now(net, user, WEIGHT), tad__layer_now(net, user, BIAS));
}

static tad_var apply_linear(tad_net *net, tad_var x, bool training, void *user) {
    (void)training;
    return tad_linear(x, tad__layer_now(net, user, WEIGHT), tad__layer_now(net, user, BIAS));
}

/* Both kinds differ in the shape of the weight only. */
static tad_status dense(tad_net *net, const char *name, tad_shape weight, int64_t in, int64_t out,
                        tad_layer_fn *apply, const tad_layer_options *options) {
    tad_layer_options o = options ? *options : (tad_layer_options){0};
    tad_init *init[] = {&o.weight, &o.bias};
    if (net && (in < 0 || out < 0))
        tad_tape_fail(tad_net_tape(net), TAD_BAD_ARGUMENT, "net: %s with %lld inputs, %lld outputs",
                      name ? name : "layer", (long long)in, (long long)out);
    tad__layer *l = tad__layer_draft(net, name, apply, 0);
    if (o.bias.kind == 0 && o.bias.scale == 0) o.bias.kind = TAD_INIT_ZEROS;
    for (int i = 0; i < 2; i++) {
        if (!init[i]->fan_in) init[i]->fan_in = in;
        if (!init[i]->fan_out) init[i]->fan_out = out;
    }
    if (l) tad__layer_param(net, l, "weight", weight, &o.weight);
    if (l && !o.no_bias) tad__layer_param(net, l, "bias", TAD_SHAPE(out), &o.bias);
    return tad__layer_settle(net, l);
}

tad_status tad_net_affine(tad_net *net, const char *name, int64_t in, int64_t out,
                          const tad_layer_options *options) {
    return dense(net, name, TAD_SHAPE(in, out), in, out, apply_affine, options);
}

tad_status tad_net_linear(tad_net *net, const char *name, int64_t in, int64_t out,
                          const tad_layer_options *options) {
    return dense(net, name, TAD_SHAPE(out, in), in, out, apply_linear, options);
}

/* ---- embedding ---- */

static tad_var apply_embedding(tad_net *net, tad_var x, bool training, void *user) {
    (void)training;
    return tad_embedding(x, tad__layer_now(net, user, WEIGHT));
}

tad_status tad_net_embedding(tad_net *net, const char *name, int64_t count, int64_t width,
                             const tad_init *init) {
    static const tad_init normal = {.kind = TAD_INIT_NORMAL};
    if (net && (count < 0 || width < 0))
        tad_tape_fail(tad_net_tape(net), TAD_BAD_ARGUMENT, "net: %s with %lld rows of %lld",
                      name ? name : "layer", (long long)count, (long long)width);
    tad__layer *l = tad__layer_draft(net, name, apply_embedding, 0);
    if (l) tad__layer_param(net, l, "weight", TAD_SHAPE(count, width), init ? init : &normal);
    return tad__layer_settle(net, l);
}

/* ---- layers without parameters ---- */

typedef struct own_activation {
    tad_activation *f;
} own_activation;

static tad_var apply_activation(tad_net *net, tad_var x, bool training, void *user) {
    (void)net, (void)training;
    return ((const own_activation *)((const tad__layer *)user)->own)->f(x);
}

tad_status tad_net_activation(tad_net *net, const char *name, tad_activation *f) {
    if (net && !f)
        tad_tape_fail(tad_net_tape(net), TAD_BAD_ARGUMENT, "net: activation without function");
    tad__layer *l = tad__layer_draft(net, name, apply_activation, sizeof(own_activation));
    if (l) *(own_activation *)l->own = (own_activation){f};
    return tad__layer_settle(net, l);
}

static tad_var apply_dropout(tad_net *net, tad_var x, bool training, void *user) {
    (void)net;
    return training ? tad_dropout(x, *(const double *)((const tad__layer *)user)->own) : x;
}

tad_status tad_net_dropout(tad_net *net, const char *name, double p) {
    if (net && !(p >= 0 && p <= 1))
        tad_tape_fail(tad_net_tape(net), TAD_BAD_ARGUMENT, "net: dropout probability %g", p);
    tad__layer *l = tad__layer_draft(net, name, apply_dropout, sizeof p);
    if (l) *(double *)l->own = p;
    return tad__layer_settle(net, l);
}

tad_status tad_net_layer(tad_net *net, const char *name, tad_layer_fn *f, void *user) {
    if (net && !f)
        tad_tape_fail(tad_net_tape(net), TAD_BAD_ARGUMENT, "net: layer without function");
    tad__layer *l = tad__layer_draft(net, name, f, 0);
    if (l) l->user = user;
    return tad__layer_settle(net, l);
}
