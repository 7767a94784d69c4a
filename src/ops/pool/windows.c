/* How windows are laid on images. Rests on windows.h. */
#include "windows.h"

#include "ops/operands.h"

static tad_status check_options(const tad_call_frame *c, int rank) {
    const tad__window_options *o = c->options;
    if (!o->kernel_size.rank) return tad_fail(c, TAD_BAD_ARGUMENT, "no kernel_size");
    tad_status s = tad__check_per_axis(c, "kernel_size", &o->kernel_size, rank, 1, false);
    if (!s) s = tad__check_per_axis(c, "stride", &o->stride, rank, 1, false);
    if (!s) s = tad__check_per_axis(c, "padding", &o->padding, rank, 0, false);
    return s ? s : tad__check_per_axis(c, "dilation", &o->dilation, rank, 1, false);
}

/* ---- positions ---- */

static int64_t reach(const tad__windows *w, int i) {
    return (w->kernel[i] - 1) * w->dilation[i] + 1;
}

/* As many as fit. Rounded up, a window may stick out, which begins within the image or the padding
 * before it; so may the only one of a kernel that is larger than both. */
static int64_t positions(const tad__windows *w, int i, bool round_up) {
    const int64_t s = w->stride[i], room = w->in[i] + 2 * w->pad[i] - reach(w, i);
    const int64_t more = room + (round_up ? s - 1 : 0), n = more < 0 ? 0 : more / s + 1;
    return round_up && (n - 1) * s >= w->in[i] + w->pad[i] ? n - 1 : n;
}

static void lay(tad__windows *w, const tad__window_options *o, tad__window_kind kind, int i,
                int from) {
    w->kernel[i] = tad__per_axis(&o->kernel_size, from, 1);
    w->stride[i] = tad__per_axis(&o->stride, from, kind == TAD__POOL ? w->kernel[i] : 1);
    w->pad[i] = tad__per_axis(&o->padding, from, 0);
    w->dilation[i] = tad__per_axis(&o->dilation, from, 1);
    w->out[i] = positions(w, i, o->ceil_mode);
}

tad__windows tad__known_windows(const tad__window_options *o, tad__window_kind kind,
                                const int64_t *in, int rank) {
    tad__windows w = {
        .rank = rank, .adaptive = kind == TAD__ADAPTIVE, .count_pad = o->count_include_pad};
    for (int i = 0; i < TAD__WINDOW_AXES; i++) {
        const int from = i - (TAD__WINDOW_AXES - rank);
        w.in[i] = w.out[i] = w.kernel[i] = w.stride[i] = w.dilation[i] = 1;
        w.pad[i] = 0;
        if (from < 0) continue;
        w.in[i] = in[from];
        if (w.adaptive)
            w.out[i] = tad__per_axis(&o->output_size, from, 1);
        else
            lay(&w, o, kind, i, from);
    }
    return w;
}

/* ---- checks ---- */

static tad_status check_axis(const tad_call_frame *c, const tad__windows *w, int i, bool pools) {
    if (w->out[i] < 1)
        return tad_fail(c, TAD_BAD_SHAPE, "a kernel that reaches over %lld of %lld elements",
                        (long long)reach(w, i), (long long)(w->in[i] + 2 * w->pad[i]));
    if (!pools) return TAD_OK;
    if (w->pad[i] > w->kernel[i] / 2)
        return tad_fail(c, TAD_BAD_ARGUMENT, "padding %lld is more than half of the kernel %lld",
                        (long long)w->pad[i], (long long)w->kernel[i]);
    for (int64_t o = 0; o < w->out[i] && o * w->stride[i] < w->pad[i]; o++) {
        const int64_t from = o * w->stride[i] - w->pad[i];
        const int64_t taps = (-from + w->dilation[i] - 1) / w->dilation[i]; /* before the image */
        if (taps >= w->kernel[i] || from + taps * w->dilation[i] >= w->in[i])
            return tad_fail(c, TAD_BAD_SHAPE, "a window holds nothing but padding");
    }
    return TAD_OK;
}

static tad_status check_adaptive(const tad_call_frame *c, int rank) {
    const tad__window_options *o = c->options;
    if (!o->output_size.rank) return tad_fail(c, TAD_BAD_ARGUMENT, "no output_size");
    return tad__check_per_axis(c, "output_size", &o->output_size, rank, 1, false);
}

tad_status tad__windows_of(tad__windows *w, const tad_call_frame *c, tad__window_kind kind,
                           const int64_t *in, int rank) {
    tad_status s = kind == TAD__ADAPTIVE ? check_adaptive(c, rank) : check_options(c, rank);
    if (s) return s;
    *w = tad__known_windows(c->options, kind, in, rank);
    for (int i = TAD__WINDOW_AXES - rank; i < TAD__WINDOW_AXES && !s; i++) {
        if (kind != TAD__UNFOLD && w->in[i] < 1)
            return tad_fail(c, TAD_BAD_SHAPE, "an axis without elements");
        if (w->in[i] > INT64_MAX / 4 / TAD__LARGEST_WINDOW)
            return tad_fail(c, TAD_TOO_LARGE, "too large");
        if (kind != TAD__ADAPTIVE) s = check_axis(c, w, i, kind == TAD__POOL);
    }
    return s;
}

tad_status tad__image_size(const tad_call_frame *c, int rank, int64_t *in) {
    const tad_shape *size = &((const tad__window_options *)c->options)->output_size;
    if (size->rank != 1 && size->rank != rank)
        return tad_fail(c, TAD_BAD_ARGUMENT, "output_size has %d numbers for %d axes", size->rank,
                        rank);
    for (int i = 0; i < rank; i++) {
        in[i] = tad__per_axis(size, i, 1);
        if (in[i] < 0 || in[i] > INT64_MAX / 4 / TAD__LARGEST_WINDOW)
            return tad_fail(c, TAD_BAD_ARGUMENT, "output_size %lld", (long long)in[i]);
    }
    return TAD_OK;
}
