/* Attention of a sequence to itself, and blocks of a transformer around it. Rests on net.h. */
#include "net.h"

#include <math.h>

/* Parameters of attention, then of the rest of a block, in PyTorch's order. */
enum { IN, IN_BIAS, OUT, OUT_BIAS, UP, UP_BIAS, DOWN, DOWN_BIAS, GAIN1, SHIFT1, GAIN2, SHIFT2 };

/* A layer's parameter while the net is applied. */
typedef struct now {
    const tad_net *net;
    const tad__layer *layer;
    const tad_transformer_options *options;
    bool training;
} now;

static now now_of(const tad_net *net, bool training, const void *user) {
    const tad__layer *l = user;
    return (now){net, l, l->own, training};
}

static tad_var param(const now *n, size_t k) { return tad__layer_now(n->net, n->layer, k); }

static tad_var drop(const now *n, tad_var x) {
    return n->training && n->options->dropout > 0 ? tad_dropout(x, n->options->dropout) : x;
}

/* ---- attention ---- */

/* Part k of (...,T, 3 W), as heads (...,H,T,D): a view. */
static tad_var heads_of(const now *n, tad_var all, int k) {
    tad_shape s = tad_shape_of(all);
    const int64_t width = s.dim[s.rank - 1] / 3, heads = n->options->heads;
    tad_var part = tad_slice(all, -1, k * width, (k + 1) * width, 1);
    s.dim[s.rank - 1] = heads;
    s.dim[s.rank++] = heads ? width / heads : 0;
    return tad_transpose(tad_reshape(part, s), -2, -3);
}

static tad_var attend(const now *n, tad_var x) {
    const tad_attention_options o = {.is_causal = n->options->is_causal};
    tad_var all = tad_linear(x, param(n, IN), param(n, IN_BIAS));
    tad_var q = heads_of(n, all, 0), k = heads_of(n, all, 1);
    if (n->options->rope) q = tad_rope(q, NULL);
    if (n->options->rope) k = tad_rope(k, NULL);
    tad_var y = tad_scaled_dot_product_attention(q, k, heads_of(n, all, 2), tad_none(), &o);
    y = tad_reshape(tad_transpose(y, -2, -3), tad_shape_of(x));
    return tad_linear(y, param(n, OUT), param(n, OUT_BIAS));
}

/* Whether x is a sequence of the layer's width. */
static bool fits(const now *n, tad_var x) {
    const tad_shape s = tad_shape_of(x), in = tad_shape_of(param(n, OUT));
    if (s.rank >= 2 && s.rank < TAD_MAX_RANK && s.dim[s.rank - 1] == in.dim[0]) return true;
    tad_tape_fail(tad_net_tape(n->net), TAD_BAD_SHAPE, "net: %s needs (...,T,%lld)", n->layer->name,
                  (long long)in.dim[0]);
    return false;
}

static tad_var apply_attention(tad_net *net, tad_var x, bool training, void *user) {
    const now n = now_of(net, training, user);
    return fits(&n, x) ? drop(&n, attend(&n, x)) : (tad_var){0};
}

static void add_attention(tad_net *net, tad__layer *l, const char *const *name, int64_t width) {
    const tad_init weight = {.kind = TAD_INIT_XAVIER_UNIFORM, .fan_in = width, .fan_out = width},
                   zeros = {.kind = TAD_INIT_ZEROS};
    tad__layer_param(net, l, name[IN], TAD_SHAPE(3 * width, width), &weight);
    tad__layer_param(net, l, name[IN_BIAS], TAD_SHAPE(3 * width), &zeros);
    tad__layer_param(net, l, name[OUT], TAD_SHAPE(width, width), &weight);
    tad__layer_param(net, l, name[OUT_BIAS], TAD_SHAPE(width), &zeros);
}

/* The draft of either layer. NULL: the net knows why. */
static tad__layer *draft(tad_net *net, const char *name, int64_t width,
                         const tad_transformer_options *options, tad_layer_fn *apply) {
    tad_transformer_options o = options ? *options : (tad_transformer_options){0};
    if (o.heads == 0) o.heads = 1;
    const bool possible = width > 0 && width <= INT32_MAX;
    if (o.hidden == 0 && possible) o.hidden = 4 * width;
    if (!o.activation) o.activation = tad_relu;
    const bool pairs = !o.rope || (o.heads > 0 && width / o.heads % 2 == 0);
    if (net && (!possible || o.heads < 0 || width % o.heads || !pairs))
        tad_tape_fail(tad_net_tape(net), TAD_BAD_ARGUMENT, "net: %s of width %lld with %lld heads",
                      name ? name : "layer", (long long)width, (long long)o.heads);
    else if (net && (o.hidden < 0 || !(o.dropout >= 0 && o.dropout <= 1)))
        tad_tape_fail(tad_net_tape(net), TAD_BAD_ARGUMENT, "net: %s: hidden %lld, dropout %g",
                      name ? name : "layer", (long long)o.hidden, o.dropout);
    tad__layer *l = tad__layer_draft(net, name, apply, sizeof o);
    if (l) *(tad_transformer_options *)l->own = o;
    return l;
}

tad_status tad_net_attention(tad_net *net, const char *name, int64_t width,
                             const tad_transformer_options *options) {
    static const char *const names[] = {"in_proj_weight", "in_proj_bias", "out_proj.weight",
                                        "out_proj.bias"};
    tad__layer *l = draft(net, name, width, options, apply_attention);
    if (l) add_attention(net, l, names, width);
    return tad__layer_settle(net, l);
}

/* ---- blocks ---- */

static tad_var norm(const now *n, tad_var x, size_t gain) {
    return tad_layer_norm(x, param(n, gain), param(n, gain + 1), TAD_0D, 1e-5);
}

static tad_var apply_transformer(tad_net *net, tad_var x, bool training, void *user) {
    const now n = now_of(net, training, user);
    if (!fits(&n, x)) return (tad_var){0};
    x = tad_add(x, drop(&n, attend(&n, norm(&n, x, GAIN1))));
    tad_var h = tad_linear(norm(&n, x, GAIN2), param(&n, UP), param(&n, UP_BIAS));
    h = tad_linear(drop(&n, n.options->activation(h)), param(&n, DOWN), param(&n, DOWN_BIAS));
    return tad_add(x, drop(&n, h));
}

tad_status tad_net_transformer(tad_net *net, const char *name, int64_t width,
                               const tad_transformer_options *options) {
    static const char *const names[] = {"self_attn.in_proj_weight", "self_attn.in_proj_bias",
                                        "self_attn.out_proj.weight", "self_attn.out_proj.bias"};
    const tad_init ones = {TAD_INIT_CONSTANT, 1, 0, 0}, zeros = {.kind = TAD_INIT_ZEROS};
    tad__layer *l = draft(net, name, width, options, apply_transformer);
    if (!l) return tad__layer_settle(net, l);
    const int64_t hidden = ((const tad_transformer_options *)l->own)->hidden;
    const tad_init weight = {.kind = TAD_INIT_XAVIER_UNIFORM, .fan_in = width, .fan_out = hidden};
    add_attention(net, l, names, width);
    tad__layer_param(net, l, "linear1.weight", TAD_SHAPE(hidden, width), &weight);
    tad__layer_param(net, l, "linear1.bias", TAD_SHAPE(hidden), &zeros);
    tad__layer_param(net, l, "linear2.weight", TAD_SHAPE(width, hidden), &weight);
    tad__layer_param(net, l, "linear2.bias", TAD_SHAPE(width), &zeros);
    for (int k = 1; k <= 2; k++) {
        tad__layer_param(net, l, k == 1 ? "norm1.weight" : "norm2.weight", TAD_SHAPE(width), &ones);
        tad__layer_param(net, l, k == 1 ? "norm1.bias" : "norm2.bias", TAD_SHAPE(width), &zeros);
    }
    return tad__layer_settle(net, l);
}

/* ---- places ---- */

tad_var tad_sinusoidal_places(tad_tape *t, tad_dtype dtype, int64_t places, int64_t width) {
    if (dtype != TAD_F64 && dtype != TAD_F32)
        tad_tape_fail(t, TAD_BAD_DTYPE, "sinusoidal_places: %s is no floating-point type",
                      tad_dtype_name(dtype));
    if (places < 0 || width < 0)
        tad_tape_fail(t, TAD_BAD_ARGUMENT, "sinusoidal_places: %lld places of %lld numbers",
                      (long long)places, (long long)width);
    tad_var place = tad_unsqueeze(tad_arange(t, TAD_F64, 0, (double)places, 1), 1),
            column = tad_arange(t, TAD_F64, 0, (double)width, 1);
    tad_var odd = tad_remainder(column, tad_number(2)), even = tad_sub(column, odd);
    tad_var turn = tad_exp2(tad_mul(even, tad_number(-log2(1e4) / (double)width)));
    tad_var angle = tad_mul(place, turn);
    tad_var wave = tad_where(tad_equal(odd, tad_number(1)), tad_cos(angle), tad_sin(angle));
    return tad_cast(wave, dtype);
}
