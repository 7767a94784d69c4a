/* Operators of networks with channels: convolution, pooling, normalisation. Rests on node.h. */
#include <math.h>
#include <stdio.h>

#include "rows.h"

/* ---- windows ---- */

/* What convolutions and pools have in common, for each of `n` axes. */
typedef struct window {
    int n;
    bool symmetric; /* padding before and behind are equal */
    integers kernel, stride, dilation;
    integers padding; /* before, behind, before, behind, ... */
} window;

static void fill_ones(integers *l, int n) {
    for (int i = 0; i < n && !l->given; i++) l->v[i] = 1;
    l->given = true;
    l->n = (size_t)n;
}

/* As many results as a stride of 1 would give, divided by the stride, rounded up; an odd element
 * of padding lies behind (upper) or before. */
static void pad_same(window *w, const tad_shape *s, bool upper) {
    for (int i = 0; i < w->n; i++) {
        const int64_t size = s->dim[2 + i], stride = w->stride.v[i];
        const int64_t reach = (w->kernel.v[i] - 1) * w->dilation.v[i] + 1;
        const int64_t missing = ((size + stride - 1) / stride - 1) * stride + reach - size;
        const int64_t pad = missing > 0 ? missing : 0;
        w->padding.v[2 * i] = upper ? pad / 2 : pad - pad / 2;
        w->padding.v[2 * i + 1] = pad - w->padding.v[2 * i];
    }
}

static bool read_window(node_run *r, tad_var x, integers kernel, window *w) {
    const tad_shape s = tad_shape_of(x);
    const integers pads = list(r, "pads");
    *w = (window){.n = s.rank - 2,
                  .kernel = kernel,
                  .stride = list(r, "strides"),
                  .dilation = list(r, "dilations"),
                  .padding = {.given = true}};
    const bool upper = word(r, "auto_pad", "SAME_UPPER", ""),
               lower = word(r, "auto_pad", "SAME_LOWER", "");
    if (w->n < 1 || w->n > 3) skip(r, INPUT, "0 has %d axes", s.rank);
    if (!going(r)) return false;
    fill_ones(&w->kernel, w->n);
    fill_ones(&w->stride, w->n);
    fill_ones(&w->dilation, w->n);
    w->padding.n = 2 * (size_t)w->n;
    if (pads.given && pads.n != w->padding.n) skip(r, ATTRIBUTE, "pads");
    for (int i = 0; i < w->n && pads.given; i++) {
        w->padding.v[2 * i] = pads.v[i];
        w->padding.v[2 * i + 1] = pads.v[w->n + i];
    }
    if ((upper || lower) && w->stride.v[0] > 0) pad_same(w, &s, upper);
    w->symmetric = true;
    for (int i = 0; i < w->n; i++)
        if (w->padding.v[2 * i] != w->padding.v[2 * i + 1]) w->symmetric = false;
    return true;
}

/* "conv" for two axes is conv2d. */
static const char *with_axes(char *name, size_t size, const char *op, int axes) {
    snprintf(name, size, "%s%dd", op, axes);
    return name;
}

/* ---- convolution ---- */

static integers kernel_of(node_run *r, tad_var w) {
    integers k = {.given = true};
    const tad_shape s = tad_shape_of(w);
    list(r, "kernel_shape"); /* the weights say it */
    for (int i = 2; i < s.rank; i++) k.v[k.n++] = s.dim[i];
    return k;
}

void run_conv(node_run *r, const row *is) {
    window w;
    char op[40];
    const tad_var x = input(r, 0), weight = input(r, 1), bias = input(r, 2);
    const int64_t groups = integer(r, "group", 1);
    if (!read_window(r, x, kernel_of(r, weight), &w)) return;
    r->out[0] = call(r, with_axes(op, sizeof op, is->op, w.n), IN(x, weight, bias),
                     WITH(LIST("stride", w.stride), LIST("padding", w.padding),
                          LIST("dilation", w.dilation), INT("groups", groups)));
}

/* Padding that makes a result of the size asked for; missing elements are output padding. */
static void pad_to_size(window *w, const tad_shape *s, const integers *size, bool upper,
                        integers *more) {
    for (int i = 0; i < w->n; i++) {
        const int64_t reach = (w->kernel.v[i] - 1) * w->dilation.v[i] + 1;
        int64_t cut = (s->dim[2 + i] - 1) * w->stride.v[i] + more->v[i] + reach - size->v[i];
        if (cut < 0) {
            more->v[i] -= cut;
            cut = 0;
        }
        w->padding.v[2 * i] = upper ? cut / 2 : cut - cut / 2;
        w->padding.v[2 * i + 1] = cut - w->padding.v[2 * i];
    }
}

void run_conv_transpose(node_run *r, const row *is) {
    window w;
    char op[40];
    const tad_var x = input(r, 0), weight = input(r, 1), bias = input(r, 2);
    const tad_shape s = tad_shape_of(x);
    const int64_t groups = integer(r, "group", 1);
    integers more = list(r, "output_padding"), size = list(r, "output_shape");
    const bool upper = word(r, "auto_pad", "SAME_UPPER", "");
    const bool same = upper || word(r, "auto_pad", "SAME_LOWER", "");
    if (!read_window(r, x, kernel_of(r, weight), &w)) return;
    if (!more.given) more = (integers){.given = true, .n = (size_t)w.n};
    for (int i = 0; i < w.n && same && !size.given; i++) size.v[i] = s.dim[2 + i] * w.stride.v[i];
    if (same || size.given) pad_to_size(&w, &s, &size, upper, &more);
    r->out[0] = call(r, with_axes(op, sizeof op, is->op, w.n), IN(x, weight, bias),
                     WITH(LIST("stride", w.stride), LIST("padding", w.padding),
                          LIST("dilation", w.dilation), LIST("output_padding", more),
                          INT("groups", groups)));
}

/* ---- pools ---- */

static tad_var padded(node_run *r, tad_var x, const window *w, double value) {
    integers width = {.given = true, .n = 4 + w->padding.n};
    for (size_t i = 0; i < w->padding.n; i++) width.v[4 + i] = w->padding.v[i];
    return call(r, "pad", IN(x), WITH(LIST("pad_width", width), NUMBER("value", value)));
}

/* A pool pads by at most half its kernel, alike on both sides; ONNX as it likes. */
static bool pads_itself(const window *w) {
    bool fine = w->symmetric;
    for (int i = 0; i < w->n; i++) fine = fine && 2 * w->padding.v[2 * i] <= w->kernel.v[i];
    return fine;
}

static integers one_side(const window *w) {
    integers l = {.given = true, .n = (size_t)w->n};
    for (int i = 0; i < w->n; i++) l.v[i] = w->padding.v[2 * i];
    return l;
}

void run_max_pool(node_run *r, const row *is) {
    window w;
    char op[40];
    tad_var x = input(r, 0);
    const bool ceil_mode = integer(r, "ceil_mode", 0);
    integer(r, "storage_order", 0); /* of the indices, which no op gives */
    if (!read_window(r, x, list(r, "kernel_shape"), &w)) return;
    const bool itself = pads_itself(&w);
    integers padding = one_side(&w);
    padding.given = itself;
    if (!itself) x = padded(r, x, &w, -INFINITY);
    r->out[0] = call(r, with_axes(op, sizeof op, is->op, w.n), IN(x),
                     WITH(LIST("kernel_size", w.kernel), LIST("stride", w.stride),
                          LIST("dilation", w.dilation), LIST("padding", padding),
                          FLAG("ceil_mode", ceil_mode)));
}

static tad_var average(node_run *r, const char *op, tad_var x, const window *w,
                       const integers *padding, bool ceil_mode, bool counts) {
    return call(r, op, IN(x),
                WITH(LIST("kernel_size", w->kernel), LIST("stride", w->stride),
                     LIST("padding", *padding), FLAG("ceil_mode", ceil_mode),
                     FLAG("count_include_pad", counts)));
}

/* Where padding is cut off and does not count: the mean with zeros, by the share that counts. */
void run_average_pool(node_run *r, const row *is) {
    window w;
    char op[40];
    const tad_var x = input(r, 0);
    const bool ceil_mode = integer(r, "ceil_mode", 0), counts = integer(r, "count_include_pad", 0);
    if (!read_window(r, x, list(r, "kernel_shape"), &w)) return;
    const integers padding = one_side(&w), none = {.given = false};
    with_axes(op, sizeof op, is->op, w.n);
    if (pads_itself(&w)) {
        r->out[0] = average(r, op, x, &w, &padding, ceil_mode, counts);
        return;
    }
    r->out[0] = average(r, op, padded(r, x, &w, 0), &w, &none, ceil_mode, true);
    if (counts || !going(r)) return;
    const tad_var ones = tad_full(r->tape, tad_dtype_of(x), tad_shape_of(x), 1);
    const tad_var share = average(r, op, padded(r, ones, &w, 0), &w, &none, ceil_mode, true);
    r->out[0] = call(r, "div", IN(r->out[0], share), PLAIN);
}

static integers axes_from(int first, int rank) {
    integers axes = {.given = true};
    for (int i = first; i < rank; i++) axes.v[axes.n++] = i;
    return axes;
}

void run_global_pool(node_run *r, const row *is) {
    const integers axes = axes_from(2, tad_shape_of(input(r, 0)).rank);
    r->out[0] = call(r, is->op, IN(input(r, 0)), WITH(LIST("axis", axes), FLAG("keepdims", true)));
}

/* ---- normalisation ---- */

static tad_var spread(node_run *r, const char *op, tad_var x, const integers *axes, bool keep) {
    return call(r, op, IN(x),
                WITH(LIST("axis", *axes), FLAG("keepdims", keep), NUMBER("correction", 0)));
}

/* ONNX's momentum is what stays, and its variance has no correction. */
static tad_var moved(node_run *r, tad_var old, tad_var batch, double momentum) {
    const tad_var stays = call(r, "mul", IN(old, tad_number(momentum)), PLAIN);
    return call(r, "fma", IN(batch, tad_number(1 - momentum), stays), PLAIN);
}

void run_batch_norm(node_run *r, const row *is) {
    const tad_var x = input(r, 0), gain = input(r, 1), bias = input(r, 2), mean = input(r, 3),
                  variance = input(r, 4);
    const bool training = integer(r, "training_mode", 0);
    const double eps = number(r, "epsilon", 1e-5), momentum = number(r, "momentum", 0.9);
    if (r->opset < 7 && !integer(r, "is_test", 0)) skip(r, ATTRIBUTE, "is_test");
    r->out[0] = call(r, is->op, IN(x, mean, variance, gain, bias),
                     WITH(FLAG("training", training), NUMBER("eps", eps)));
    if (!training || !going(r)) return;
    integers axes = axes_from(1, tad_shape_of(x).rank);
    axes.v[0] = 0; /* all but the channels */
    r->out[1] = moved(r, mean, call(r, "mean", IN(x), WITH(LIST("axis", axes))), momentum);
    r->out[2] = moved(r, variance, spread(r, "var", x, &axes, false), momentum);
}

void run_instance_norm(node_run *r, const row *is) {
    r->out[0] = call(r, is->op, IN(input(r, 0), input(r, 1), input(r, 2)),
                     WITH(NUMBER("eps", number(r, "epsilon", 1e-5))));
}

void run_layer_norm(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    const tad_shape s = tad_shape_of(x);
    const int64_t axis = axis_of(r, integer(r, "axis", -1), s.rank);
    const double eps = number(r, "epsilon", 1e-5);
    const integers axes = axes_from((int)axis, s.rank);
    integers sizes = axes;
    integer(r, "stash_type", 1);
    for (size_t i = 0; i < axes.n; i++) sizes.v[i] = s.dim[axes.v[i]];
    r->out[0] = call(r, is->op, IN(x, input(r, 1), input(r, 2)),
                     WITH(LIST("normalized_shape", sizes), NUMBER("eps", eps)));
    r->out[1] = call(r, "mean", IN(x), WITH(LIST("axis", axes), FLAG("keepdims", true)));
    const tad_var var = spread(r, "var", x, &axes, true);
    r->out[2] = call(r, "rsqrt", IN(call(r, "add", IN(var, tad_number(eps)), PLAIN)), PLAIN);
}

void run_mean_variance_norm(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    integers axes = list(r, "axes");
    if (!axes.given) axes = (integers){.given = true, .n = 3, .v = {0, 2, 3}};
    const tad_var mean = call(r, "mean", IN(x), WITH(LIST("axis", axes), FLAG("keepdims", true)));
    const tad_var std = spread(r, is->op, x, &axes, true);
    const tad_var centred = call(r, "sub", IN(x, mean), PLAIN);
    r->out[0] =
        call(r, "div", IN(centred, call(r, "add", IN(std, tad_number(1e-9)), PLAIN)), PLAIN);
}

void run_lrn(node_run *r, const row *is) {
    r->out[0] =
        call(r, is->op, IN(input(r, 0)),
             WITH(INT("size", integer(r, "size", 1)), NUMBER("alpha", number(r, "alpha", 1e-4)),
                  NUMBER("beta", number(r, "beta", 0.75)), NUMBER("k", number(r, "bias", 1))));
}
