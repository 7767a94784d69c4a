/* Layers that normalise: over the last axis, over channels, over groups of them. Rests on net.h. */
#include "net.h"

enum { GAIN, BIAS, MEAN, VARIANCE };

static const tad_init ones = {.kind = TAD_INIT_CONSTANT}, zeros = {.kind = TAD_INIT_ZEROS};

static double eps_or_usual(double eps) { return eps != 0 ? eps : 1e-5; }

/* A layer with a gain and a bias of `width` numbers, and `own` bytes. NULL: refused, or no net. */
static tad__layer *draft(tad_net *net, const char *name, tad_layer_fn *apply, size_t own,
                         int64_t width, double eps) {
    if (net && !(width >= 0 && eps >= 0))
        tad_tape_fail(tad_net_tape(net), TAD_BAD_ARGUMENT, "net: %s of %lld numbers, eps %g",
                      name ? name : "layer", (long long)width, eps);
    tad__layer *l = tad__layer_draft(net, name, apply, own);
    if (l) tad__layer_param(net, l, "weight", TAD_SHAPE(width), &ones);
    if (l) tad__layer_param(net, l, "bias", TAD_SHAPE(width), &zeros);
    return l;
}

/* ---- layer norm ---- */

static tad_var apply_layer_norm(tad_net *net, tad_var x, bool training, void *user) {
    (void)training;
    const tad__layer *l = user;
    return tad_layer_norm(x, tad__layer_now(net, l, GAIN), tad__layer_now(net, l, BIAS), TAD_0D,
                          *(const double *)l->own);
}

tad_status tad_net_layer_norm(tad_net *net, const char *name, int64_t width, double eps) {
    tad__layer *l = draft(net, name, apply_layer_norm, sizeof eps, width, eps);
    if (l) *(double *)l->own = eps_or_usual(eps);
    return tad__layer_settle(net, l);
}

/* ---- group norm ---- */

typedef struct own_groups {
    int64_t groups;
    double eps;
} own_groups;

static tad_var apply_group_norm(tad_net *net, tad_var x, bool training, void *user) {
    (void)training;
    const tad__layer *l = user;
    const own_groups *o = l->own;
    return tad_group_norm(x, tad__layer_now(net, l, GAIN), tad__layer_now(net, l, BIAS), o->groups,
                          o->eps);
}

tad_status tad_net_group_norm(tad_net *net, const char *name, int64_t channels, int64_t groups,
                              double eps) {
    if (net && !(groups > 0 && channels % groups == 0))
        tad_tape_fail(tad_net_tape(net), TAD_BAD_ARGUMENT,
                      "net: %s of %lld channels in %lld groups", name ? name : "layer",
                      (long long)channels, (long long)groups);
    tad__layer *l = draft(net, name, apply_group_norm, sizeof(own_groups), channels, eps);
    if (l) *(own_groups *)l->own = (own_groups){groups, eps_or_usual(eps)};
    return tad__layer_settle(net, l);
}

/* ---- batch norm ---- */

/* What was computed is let go of by then: the sweep through this batch reads no running ones. */
static void move(tad_var buffer, tad_var next) {
    const void *data = tad_data(next);
    if (data) (void)!tad_assign(buffer, data);
}

static tad_var apply_batch_norm(tad_net *net, tad_var x, bool training, void *user) {
    const tad__layer *l = user;
    const tad_net_batch_norm_options *own = l->own;
    tad_var next[2] = {{0}};
    const tad_batch_norm_options o = {training, own->momentum, own->eps, &next[0], &next[1]};
    tad_var y = tad_batch_norm(x, tad__layer_now(net, l, MEAN), tad__layer_now(net, l, VARIANCE),
                               tad__layer_now(net, l, GAIN), tad__layer_now(net, l, BIAS), &o);
    if (training && !tad_is_nil(y) && !tad__net_is_substituted(net))
        for (size_t k = 0; k < 2; k++) move(l->param[MEAN + k], next[k]);
    return y;
}

tad_status tad_net_batch_norm(tad_net *net, const char *name, int64_t channels,
                              const tad_net_batch_norm_options *options) {
    static const tad_net_batch_norm_options none;
    const tad_net_batch_norm_options o = options ? *options : none;
    if (net && !(o.momentum >= 0 && o.momentum <= 1))
        tad_tape_fail(tad_net_tape(net), TAD_BAD_ARGUMENT, "net: %s with momentum %g",
                      name ? name : "layer", o.momentum);
    tad__layer *l = draft(net, name, apply_batch_norm, sizeof o, channels, o.eps);
    if (l) {
        *(tad_net_batch_norm_options *)l->own = o;
        tad__layer_buffer(net, l, "running_mean", TAD_SHAPE(channels), &zeros);
        tad__layer_buffer(net, l, "running_var", TAD_SHAPE(channels), &ones);
    }
    return tad__layer_settle(net, l);
}
