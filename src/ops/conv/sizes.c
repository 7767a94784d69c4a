/* Sizes of convolutions: options, shape rules. Rests on conv.h. */
#include "conv.h"
#include "ops/operands.h"

/* Which arrays an op takes and gives: x, w, y. */
static int kind_of(const tad_op *op) {
    const long i = op - tad__ops_conv;
    return i >= TAD__CONV_WEIGHT   ? TAD__CONV_WEIGHT
           : i >= TAD__CONV_TURNED ? TAD__CONV_TURNED
                                   : TAD__CONV;
}

tad__conv_role tad__conv_result(const tad_op *op) {
    const int kind = kind_of(op);
    return kind == TAD__CONV ? TAD__CONV_Y : kind == TAD__CONV_TURNED ? TAD__CONV_X : TAD__CONV_W;
}

tad__conv_role tad__conv_operand(const tad_op *op, size_t i) {
    const int kind = kind_of(op);
    if (i == 2) return TAD__CONV_BIAS;
    if (i == 0) return kind == TAD__CONV_TURNED ? TAD__CONV_Y : TAD__CONV_X;
    return kind == TAD__CONV_WEIGHT ? TAD__CONV_Y : TAD__CONV_W;
}

/* ---- options ---- */

static tad_status check_options(const tad_call_frame *c, int rank) {
    const tad__conv_options *o = c->options;
    tad_status s = tad__check_per_axis(c, "stride", &o->stride, rank, 1, false);
    if (!s) s = tad__check_per_axis(c, "padding", &o->padding, rank, 0, true);
    if (!s) s = tad__check_per_axis(c, "dilation", &o->dilation, rank, 1, false);
    if (!s) s = tad__check_per_axis(c, "output_padding", &o->output_padding, rank, 0, false);
    if (s) return s;
    if (o->groups.given && o->groups.value < 1)
        return tad_fail(c, TAD_BAD_ARGUMENT, "%lld groups", (long long)o->groups.value);
    if (o->auto_pad < TAD_PAD_NONE || o->auto_pad > TAD_PAD_SAME)
        return tad_fail(c, TAD_BAD_ARGUMENT, "no such auto_pad");
    if (o->auto_pad != TAD_PAD_NONE && o->padding.rank)
        return tad_fail(c, TAD_BAD_ARGUMENT, "padding and auto_pad are both given");
    return TAD_OK;
}

static void set_padding(const tad__conv_options *o, int rank, int i, tad__conv_axis *a) {
    if (o->auto_pad == TAD_PAD_SAME) {
        a->pad = (tad__conv_reach(a) - 1) / 2;
        a->pad_behind = tad__conv_reach(a) - 1 - a->pad;
    } else if (o->padding.rank > rank) {
        a->pad = o->padding.dim[2 * i];
        a->pad_behind = o->padding.dim[2 * i + 1];
    } else {
        a->pad = a->pad_behind = tad__per_axis(&o->padding, i, 0);
    }
}

/* Shapes that are not known yet are NULL. */
static tad__conv sizes_of(const tad__conv_options *o, const tad_shape *x, const tad_shape *w,
                          const tad_shape *y) {
    const tad_shape *image = x ? x : y;
    tad__conv v = {.rank = image->rank - 2,
                   .images = image->dim[0],
                   .groups = o->groups.given ? o->groups.value : 1};
    v.outs = (w ? w->dim[0] : y->dim[1]) / v.groups;
    v.ins = w ? w->dim[1] : x->dim[1] / v.groups;
    for (int i = 0; i < TAD__SPATIAL; i++) {
        const int from = i - (TAD__SPATIAL - v.rank);
        v.axis[i] = (tad__conv_axis){1, 1, 1, 1, 1, 0, 0};
        if (from < 0) continue;
        v.axis[i].x = x ? x->dim[2 + from] : 0;
        v.axis[i].y = y ? y->dim[2 + from] : 0;
        v.axis[i].kernel = w ? w->dim[2 + from] : tad__per_axis(&o->kernel_size, from, 1);
        v.axis[i].stride = tad__per_axis(&o->stride, from, 1);
        v.axis[i].dilation = tad__per_axis(&o->dilation, from, 1);
        set_padding(o, v.rank, from, &v.axis[i]);
    }
    return v;
}

tad__conv tad__conv_sizes(const tad__conv_options *o, const tad_shape *x, const tad_shape *w,
                          const tad_shape *y) {
    return sizes_of(o, x, w, y);
}

/* ---- checks ---- */

static tad_status check_rank(const tad_call_frame *c, int rank) {
    for (size_t i = 0; i < 2; i++)
        if (c->in[i]->rank != rank + 2)
            return tad_fail(c, TAD_BAD_SHAPE, "needs two operands of %d axes", rank + 2);
    return TAD_OK;
}

/* channels: of the operand with images that w meets, in all groups. */
static tad_status check_groups(const tad_call_frame *c, const tad__conv *v, int64_t channels,
                               int64_t expected, int64_t outs) {
    if (outs % v->groups)
        return tad_fail(c, TAD_BAD_SHAPE, "%lld outputs in %lld groups", (long long)outs,
                        (long long)v->groups);
    if (channels % v->groups || channels / v->groups != expected)
        return tad_fail(c, TAD_BAD_SHAPE, "%lld channels in %lld groups do not fit the weights",
                        (long long)channels, (long long)v->groups);
    return TAD_OK;
}

static tad_status check_kernel(const tad_call_frame *c, const tad__conv *v) {
    for (int i = 0; i < TAD__SPATIAL; i++) {
        const tad__conv_axis *a = &v->axis[i];
        if (a->kernel < 1) return tad_fail(c, TAD_BAD_SHAPE, "a kernel without elements");
        if (a->kernel > INT64_C(1) << 40)
            return tad_fail(c, TAD_TOO_LARGE, "the kernel is too large");
    }
    return TAD_OK;
}

static tad_status check_bias(const tad_call_frame *c, int64_t channels) {
    const tad_array *b = c->n_in > 2 ? c->in[2] : NULL;
    if (!b || (b->rank == 1 && b->dim[0] == channels)) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "the bias must have %lld elements", (long long)channels);
}

/* ---- results ---- */

/* Positions of a window; refuses a kernel that is larger than x. */
static tad_status window_count(const tad_call_frame *c, const tad__conv_axis *a, int64_t *count) {
    const int64_t room = a->x + a->pad + a->pad_behind - tad__conv_reach(a);
    if (room < 0)
        return tad_fail(c, TAD_BAD_SHAPE, "a kernel that reaches over %lld of %lld elements",
                        (long long)tad__conv_reach(a), (long long)(a->x + a->pad + a->pad_behind));
    *count = room / a->stride + 1;
    return TAD_OK;
}

static tad_status plain_result(const tad_call_frame *c, const tad__conv *v, tad_shape *y) {
    const tad_array *x = c->in[0], *w = c->in[1];
    const tad__conv_options *o = c->options;
    *y = TAD_SHAPE(x->dim[0], w->dim[0]);
    y->rank = x->rank;
    for (int i = 0; i < v->rank; i++) {
        const tad__conv_axis *a = &v->axis[TAD__SPATIAL - v->rank + i];
        if (o->auto_pad == TAD_PAD_SAME && a->stride != 1)
            return tad_fail(c, TAD_BAD_ARGUMENT, "auto_pad same needs stride 1");
        tad_status s = window_count(c, a, &y->dim[2 + i]);
        if (s) return s;
    }
    tad_status s = check_groups(c, v, x->dim[1], w->dim[1], w->dim[0]);
    return s ? s : check_bias(c, w->dim[0]);
}

/* Elements that windows leave over behind the last one; a count that no convolution has is
 * refused. */
static tad_status check_rest(const tad_call_frame *c, const tad__conv_axis *a, int64_t rest) {
    if (rest >= 0 && (rest < a->stride || rest < a->dilation)) return TAD_OK;
    return tad_fail(c, TAD_BAD_ARGUMENT, "%lld elements behind the last window, stride %lld",
                    (long long)rest, (long long)a->stride);
}

static tad_status turned_result(const tad_call_frame *c, const tad__conv *v, tad_shape *x) {
    const tad_array *y = c->in[0], *w = c->in[1];
    const tad__conv_options *o = c->options;
    const int64_t channels = w->dim[1] * v->groups;
    *x = TAD_SHAPE(y->dim[0], channels);
    x->rank = y->rank;
    if (w->dim[1] > INT64_MAX / v->groups) return tad_fail(c, TAD_TOO_LARGE, "too many channels");
    for (int i = 0; i < v->rank; i++) {
        const tad__conv_axis *a = &v->axis[TAD__SPATIAL - v->rank + i];
        const int64_t rest = tad__per_axis(&o->output_padding, i, 0);
        if (a->y < 1) return tad_fail(c, TAD_BAD_SHAPE, "an axis without elements");
        if (a->y > INT64_MAX / 4 / a->stride) return tad_fail(c, TAD_TOO_LARGE, "too large");
        x->dim[2 + i] = (a->y - 1) * a->stride + tad__conv_reach(a) + rest - a->pad - a->pad_behind;
        tad_status s = check_rest(c, a, rest);
        if (s) return s;
        if (x->dim[2 + i] < 0) return tad_fail(c, TAD_BAD_SHAPE, "more padding than elements");
    }
    tad_status s = check_groups(c, v, y->dim[1], w->dim[0] / v->groups, w->dim[0]);
    return s ? s : check_bias(c, channels);
}

static tad_status weight_result(const tad_call_frame *c, const tad__conv *v, tad_shape *w) {
    const tad_array *x = c->in[0], *y = c->in[1];
    *w = TAD_SHAPE(y->dim[1], v->ins);
    w->rank = x->rank;
    if (x->dim[0] != y->dim[0]) return tad_fail(c, TAD_BAD_SHAPE, "images differ in number");
    for (int i = 0; i < v->rank; i++) {
        const tad__conv_axis *a = &v->axis[TAD__SPATIAL - v->rank + i];
        w->dim[2 + i] = a->kernel;
        if (a->y < 1 || a->y > INT64_MAX / 4 / a->stride)
            return tad_fail(c, TAD_BAD_SHAPE, "no such number of windows");
        tad_status s = check_rest(
            c, a, a->x + a->pad + a->pad_behind - tad__conv_reach(a) - (a->y - 1) * a->stride);
        if (s) return s;
    }
    return check_groups(c, v, x->dim[1], v->ins, y->dim[1]);
}

/* ---- the rule ---- */

/* Axes behind N and C of an op; of the weights' any number. */
static int rank_of(const tad_call_frame *c) {
    const int i = (int)(c->op - tad__ops_conv);
    return i < TAD__CONV_WEIGHT ? i % TAD__SPATIAL + 1 : c->in[0]->rank - 2;
}

/* Sizes as far as the operands say. */
static tad__conv known_sizes(const tad_call_frame *c) {
    const tad_shape a = tad__shape_of(c->in[0]), b = tad__shape_of(c->in[1]);
    switch (kind_of(c->op)) {
    case TAD__CONV: return sizes_of(c->options, &a, &b, NULL);
    case TAD__CONV_TURNED: return sizes_of(c->options, NULL, &b, &a);
    default: return sizes_of(c->options, &a, NULL, &b);
    }
}

tad_status tad__conv_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const int rank = rank_of(c), kind = kind_of(c->op);
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (rank < 1 || rank > TAD__SPATIAL)
        return tad_fail(c, TAD_BAD_SHAPE, "needs three to five axes");
    tad_status s = check_rank(c, rank);
    if (!s) s = check_options(c, rank);
    if (!s && kind == TAD__CONV_WEIGHT)
        s = tad__check_per_axis(c, "kernel_size",
                                &((const tad__conv_options *)c->options)->kernel_size, rank, 1,
                                false);
    if (s) return s;
    const tad__conv v = known_sizes(c);
    s = check_kernel(c, &v);
    if (s) return s;
    out->dtype = (tad_dtype)c->in[0]->dtype;
    if (kind == TAD__CONV) return plain_result(c, &v, &out->shape);
    return (kind == TAD__CONV_TURNED ? turned_result : weight_result)(c, &v, &out->shape);
}
