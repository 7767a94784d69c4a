/* Layers of images (B, channels, height, width): convolution, pooling, flattening. Rests on
 * net.h. */
#include "net.h"

enum { WEIGHT, BIAS };

/* ---- convolution ---- */

static tad_var apply_conv2d(tad_net *net, tad_var x, bool training, void *user) {
    (void)training;
    const tad__layer *l = user;
    return tad_conv2d(x, tad__layer_now(net, l, WEIGHT), tad__layer_now(net, l, BIAS), l->own);
}

/* A kernel's sizes on both axes; false: there are none. */
static bool sizes_of(const tad_shape *kernel, int64_t size[2]) {
    if (kernel->rank != 1 && kernel->rank != 2) return false;
    for (int i = 0; i < 2; i++) size[i] = kernel->dim[kernel->rank == 1 ? 0 : i];
    return size[0] > 0 && size[1] > 0 && size[0] <= INT32_MAX && size[1] <= INT32_MAX;
}

/* How many numbers meet in one of the result, and into how many one of x goes. */
static void set_fans(tad_layer_options *o, int64_t in, int64_t out, const int64_t size[2]) {
    tad_init *init[] = {&o->weight, &o->bias};
    const int64_t area = size[0] * size[1];
    if (o->bias.kind == 0 && o->bias.scale == 0) o->bias.kind = TAD_INIT_ZEROS;
    for (int i = 0; i < 2; i++) {
        if (!init[i]->fan_in) init[i]->fan_in = in * area;
        if (!init[i]->fan_out) init[i]->fan_out = out * area;
    }
}

tad_status tad_net_conv2d(tad_net *net, const char *name, int64_t in, int64_t out, tad_shape kernel,
                          const tad_conv_options *conv, const tad_layer_options *options) {
    tad_layer_options o = options ? *options : (tad_layer_options){0};
    static const tad_conv_options none;
    const tad_conv_options c = conv ? *conv : none;
    const int64_t groups = c.groups ? c.groups : 1;
    int64_t size[2] = {1, 1};
    const bool fits = in >= 0 && out >= 0 && in <= INT32_MAX && out <= INT32_MAX && groups > 0 &&
                      in % groups == 0 && out % groups == 0 && sizes_of(&kernel, size);
    if (net && !fits)
        tad_tape_fail(tad_net_tape(net), TAD_BAD_ARGUMENT,
                      "net: %s with %lld inputs, %lld outputs in %lld groups, or no such kernel",
                      name ? name : "layer", (long long)in, (long long)out, (long long)groups);
    tad__layer *l = tad__layer_draft(net, name, apply_conv2d, sizeof c);
    if (l && fits) {
        *(tad_conv_options *)l->own = c;
        set_fans(&o, in / groups, out / groups, size);
        tad__layer_param(net, l, "weight", TAD_SHAPE(out, in / groups, size[0], size[1]),
                         &o.weight);
        if (!o.no_bias) tad__layer_param(net, l, "bias", TAD_SHAPE(out), &o.bias);
    }
    return tad__layer_settle(net, l);
}

/* ---- pooling ---- */

typedef struct own_pool {
    tad_shape kernel;
    tad_pool_options options;
} own_pool;

static tad_var apply_max_pool2d(tad_net *net, tad_var x, bool training, void *user) {
    (void)net, (void)training;
    const own_pool *p = ((const tad__layer *)user)->own;
    return tad_max_pool2d(x, p->kernel, &p->options, NULL);
}

static tad_var apply_avg_pool2d(tad_net *net, tad_var x, bool training, void *user) {
    (void)net, (void)training;
    const own_pool *p = ((const tad__layer *)user)->own;
    return tad_avg_pool2d(x, p->kernel, &p->options);
}

static tad_status pool(tad_net *net, const char *name, tad_shape kernel,
                       const tad_pool_options *options, tad_layer_fn *apply) {
    static const tad_pool_options none;
    int64_t size[2];
    if (net && !sizes_of(&kernel, size))
        tad_tape_fail(tad_net_tape(net), TAD_BAD_ARGUMENT, "net: %s without a kernel",
                      name ? name : "layer");
    tad__layer *l = tad__layer_draft(net, name, apply, sizeof(own_pool));
    if (l) *(own_pool *)l->own = (own_pool){kernel, options ? *options : none};
    return tad__layer_settle(net, l);
}

tad_status tad_net_max_pool2d(tad_net *net, const char *name, tad_shape kernel,
                              const tad_pool_options *options) {
    return pool(net, name, kernel, options, apply_max_pool2d);
}

tad_status tad_net_avg_pool2d(tad_net *net, const char *name, tad_shape kernel,
                              const tad_pool_options *options) {
    return pool(net, name, kernel, options, apply_avg_pool2d);
}

/* ---- flattening ---- */

static tad_var apply_flatten(tad_net *net, tad_var x, bool training, void *user) {
    (void)net, (void)training, (void)user;
    return tad_flatten(x, 1, -1);
}

tad_status tad_net_flatten(tad_net *net, const char *name) {
    return tad__layer_settle(net, tad__layer_draft(net, name, apply_flatten, 0));
}
