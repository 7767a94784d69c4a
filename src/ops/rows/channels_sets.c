/* Sets of channels: values and fused derivatives. Rests on channels.h and kernel/pieces.h. */
#include "channels.h"

#include "array/number.h"
#include "kernel/elementary/root.h"
#include "kernel/tile.h"
#include "rows.h"

enum { PANEL = 64 }; /* bytes */

/* ---- one call, prepared ---- */

typedef struct set_call {
    tad__channels by;
    const tad_call_frame *frame;
    tad_dtype dtype;
    size_t width;
    const tad__pieces_kernels *kernel;
    double eps;
    const char *x, *gain, *bias;
    const tad_array *given[2]; /* means and variances, where they are */
    char *y;
    double *moments; /* mean and scale of each set */
    size_t panel;    /* sets that are worked on together: neighbouring columns */
    /* backward */
    const char *g;
    const tad_array *of_mean, *of_variance; /* cotangents; NULL: none */
    double *sums; /* of g and g (x - mean) scale, of each channel of a set */
    char *dx;     /* NULL: not wanted */
    bool add;
} set_call;

static double number_in(const set_call *s, const void *numbers, size_t i) {
    return s->dtype == TAD_F64 ? ((const double *)numbers)[i] : (double)((const float *)numbers)[i];
}

/* 0 of an array that is not there. */
static double number_at(const set_call *s, const tad_array *a, size_t i) {
    return a ? number_in(s, a->data, i) : 0;
}

/* The numbers of operand i, or `value` in their place. NULL: no memory. */
static const void *vector(const set_call *s, size_t i, double value) {
    const tad_array *a = tad__channels_operand(s->frame, i);
    const size_t n = (size_t)(s->by.groups * s->by.members);
    if (a) return tad__numbers_of(s->frame->compute, a);
    void *to = tad__scratch(s->frame->compute, n * s->width);
    if (to) s->frame->compute->kernels->fill[s->dtype](n, value, to);
    return to;
}

/* False: no memory. */
static bool prepare(set_call *s, const tad_call_frame *c) {
    const tad_array *x = c->in[TAD__CHANNELS_X];
    const tad_shape shape = tad__shape_of(x);
    *s = (set_call){.by = tad__channels_of(c->op, c->options, &shape),
                    .frame = c,
                    .dtype = (tad_dtype)x->dtype,
                    .width = tad_dtype_size((tad_dtype)x->dtype),
                    .kernel = c->compute->kernels->pieces,
                    .eps = tad__channels_eps(c->options)};
    s->panel = s->by.batch && s->by.inner == 1 ? PANEL / s->width : 1;
    s->x = tad__numbers_of(c->compute, x);
    s->gain = vector(s, TAD__CHANNELS_GAIN, 1);
    s->bias = vector(s, TAD__CHANNELS_BIAS, 0);
    for (size_t k = 0; k < 2 && s->by.given; k++) {
        s->given[k] = tad__contiguous(c->compute, c->in[TAD__CHANNELS_MEAN + k]);
        if (!s->given[k]) return false;
    }
    return s->x && s->gain && s->bias;
}

/* The channels of a set, piece by piece; all of a group's numbers are neighbours. */
static tad__pieces pieces_of(const tad__channels *by) {
    const size_t size = (size_t)by->inner;
    if (by->batch) return (tad__pieces){(size_t)by->samples, size, size * (size_t)by->groups};
    return (tad__pieces){(size_t)by->members, size, size};
}

/* The first number of set q, and its first channel. */
static size_t begin_of(const set_call *s, size_t q) {
    return q * (size_t)(s->by.batch ? s->by.inner : s->by.numbers) * s->width;
}
static size_t channel_of(const tad__channels *by, size_t q) {
    return by->batch ? q : q % (size_t)by->groups * (size_t)by->members;
}

static tad__pieces_norm norm_of(const set_call *s, size_t q) {
    const size_t at = channel_of(&s->by, q) * s->width;
    return (tad__pieces_norm){s->moments[2 * q], s->moments[2 * q + 1], s->gain + at, s->bias + at,
                              !s->by.batch};
}

/* Sets [q, end), which are columns. */
static tad__panel panel_of(const set_call *s, size_t q, size_t end) {
    return (tad__panel){(size_t)s->by.samples, (size_t)s->by.groups,   end - q,
                        s->moments + 2 * q,    s->gain + q * s->width, s->bias + q * s->width};
}

/* Finds mean and variance of sets [q, end): a panel, or one set. */
static void find_moments(const set_call *s, size_t q, size_t end) {
    const size_t n = (size_t)s->by.numbers;
    const tad__pieces p = s->by.batch ? pieces_of(&s->by) : (tad__pieces){1, n, n};
    const char *x = s->x + begin_of(s, q);
    if (s->panel > 1) {
        const tad__panel panel = panel_of(s, q, end);
        s->kernel->measure_panel[s->dtype](&panel, x, s->moments + 2 * q);
    } else
        s->kernel->measure[s->dtype](&p, x, s->moments + 2 * q);
}

/* Finds mean and scale of sets [q, end); mean and variance are results, if `put`. */
static void measure(const set_call *s, size_t q, size_t end, bool put) {
    if (!s->by.given) find_moments(s, q, end);
    for (size_t i = q; i < end; i++) {
        double *m = s->moments + 2 * i;
        for (int k = 0; k < 2 && s->by.given; k++) m[k] = number_at(s, s->given[k], i);
        for (size_t k = 0; k < 2 && put; k++) tad__set_number(s->frame->out[1 + k], i, m[k]);
        m[1] = 1 / tad__sqrt_f64(m[1] + s->eps);
    }
}

/* ---- values ---- */

static void values_of_sets(void *arg, size_t first, size_t last) {
    const set_call *s = arg;
    const tad__pieces p = pieces_of(&s->by);
    const size_t sets = (size_t)s->by.sets;
    for (size_t q = first * s->panel; q < sets && q < last * s->panel; q += s->panel) {
        const size_t end = tad__min(q + s->panel, sets), at = begin_of(s, q);
        measure(s, q, end, s->frame->n_out > 1);
        if (s->panel > 1) {
            const tad__panel panel = panel_of(s, q, end);
            s->kernel->normalize_panel[s->dtype](&panel, s->x + at, s->y + at);
        } else {
            const tad__pieces_norm c = norm_of(s, q);
            s->kernel->normalize[s->dtype](&p, &c, s->x + at, s->y + at);
        }
    }
}

/* The mean and variance of nothing. */
static tad_status values_of_nothing(const tad_call_frame *c) {
    for (size_t k = 1; k < c->n_out; k++)
        for (int64_t i = 0; i < c->out[k]->size; i++) tad__set_number(c->out[k], (size_t)i, NAN);
    return TAD_OK;
}

/* Works on all sets, panel by panel, on threads. */
static void split(set_call *s, tad_piece_fn *work) {
    const size_t panels = ((size_t)s->by.sets + s->panel - 1) / s->panel;
    tad__split(s->frame->compute->threads, panels,
               tad__tile_grain((size_t)s->by.numbers * s->panel), work, s);
}

tad_status tad__channels_values(const tad_call_frame *c) {
    set_call s;
    if (c->in[TAD__CHANNELS_X]->size == 0) return values_of_nothing(c);
    if (!prepare(&s, c)) return TAD_NO_MEMORY;
    const tad_shape shape = TAD_SHAPE(s.by.sets, 2);
    bool needed = tad_needs(c, TAD__CHANNELS_X) || tad_needs(c, TAD__CHANNELS_GAIN);
    if (s.by.given) needed = false;
    const tad_array *saved = needed ? tad_save(c, TAD_F64, &shape) : NULL;
    s.moments =
        saved ? saved->data : tad__scratch(c->compute, (size_t)s.by.sets * 2 * sizeof *s.moments);
    if (!s.moments) return TAD_NO_MEMORY;
    s.y = c->out[0]->data;
    split(&s, values_of_sets);
    return TAD_OK;
}

/* ---- fused derivative ---- */

/* Channels of a set, each with sums of its own. */
static size_t members(const set_call *s) { return s->by.batch ? 1 : (size_t)s->by.members; }

/* Sums of g, of g h, of each channel of sets [q, end). */
static void sum_sets(const set_call *s, size_t q, size_t end) {
    tad__pieces p = pieces_of(&s->by);
    const size_t at = begin_of(s, q), each = members(s);
    double *sums = s->sums + 2 * q * each;
    if (!s->by.batch) p.count = 1;
    if (s->panel > 1) {
        const tad__panel panel = panel_of(s, q, end);
        s->kernel->sum_panel[s->dtype](&panel, s->x + at, s->g + at, sums);
    }
    for (size_t j = 0; j < each && s->panel == 1; j++) {
        const size_t piece = at + j * p.size * s->width;
        s->kernel->sums[s->dtype](&p, s->moments[2 * q], s->x + piece, s->g + piece, sums + 2 * j);
    }
    for (size_t i = 0; i < (end - q) * each; i++)
        sums[2 * i + 1] *= s->moments[2 * (q + i / each) + 1];
}

/* dx of set q is g scale gain - (x - mean) slope - shift. */
static void find_change(const set_call *s, size_t q, double *slope, double *shift) {
    const double n = (double)s->by.numbers, k = s->moments[2 * q + 1];
    double mean[2] = {0, 0}; /* of g gain, of g gain h */
    *slope = *shift = 0;
    if (s->by.given) return;
    for (size_t j = 0; j < members(s); j++) {
        const double gain = number_in(s, s->gain, channel_of(&s->by, q) + j);
        for (size_t i = 0; i < 2; i++) mean[i] += gain * s->sums[2 * (q * members(s) + j) + i] / n;
    }
    *shift = k * mean[0] - number_at(s, s->of_mean, q) / n;
    *slope = k * k * mean[1] - 2 * number_at(s, s->of_variance, q) / n;
}

static void gradients_of_sets(void *arg, size_t first, size_t last) {
    const set_call *s = arg;
    const tad__pieces p = pieces_of(&s->by);
    const size_t sets = (size_t)s->by.sets;
    double change[2 * PANEL / sizeof(float)];
    for (size_t q = first * s->panel; q < sets && q < last * s->panel; q += s->panel) {
        const size_t end = tad__min(q + s->panel, sets), at = begin_of(s, q);
        sum_sets(s, q, end);
        for (size_t i = q; i < end; i++)
            find_change(s, i, &change[2 * (i - q)], &change[2 * (i - q) + 1]);
        if (!s->dx) continue;
        if (s->panel > 1) {
            const tad__panel panel = panel_of(s, q, end);
            s->kernel->gradient_panel[s->dtype](&panel, change, s->x + at, s->g + at, s->add,
                                                s->dx + at);
        } else {
            const tad__pieces_norm c = norm_of(s, q);
            s->kernel->gradient[s->dtype](&p, &c, change[0], change[1], s->x + at, s->g + at,
                                          s->add, s->dx + at);
        }
    }
}

/* What sums of a channel count for in the gradient of an operand: of those that are given,
 * -scale gain sum(g), -1/2 scale^2 gain sum(g h). */
static double factor(const set_call *s, size_t input, size_t channel) {
    if (input < TAD__CHANNELS_MEAN) return 1;
    const double k = s->moments[2 * channel + 1], gain = number_in(s, s->gain, channel);
    return input == TAD__CHANNELS_MEAN ? -k * gain : -0.5 * k * k * gain;
}

/* Adds up what the sets have found for an operand with a number for each channel, sample by
 * sample. */
static tad_status join_sums(const set_call *s, tad_backward *b, size_t input) {
    const size_t k = input == TAD__CHANNELS_GAIN || input == TAD__CHANNELS_VARIANCE;
    if (b->call.n_in <= input || !b->wanted[input]) return TAD_OK;
    bool fresh;
    tad_array *into = tad_backward_buffer(b, input, &fresh);
    if (!into) return TAD_NO_MEMORY;
    const size_t channels = (size_t)into->size, all = s->sums ? (size_t)s->by.sets * members(s) : 0;
    for (size_t i = 0; i < channels; i++) {
        double sum = 0;
        for (size_t at = i; at < all; at += channels) sum += s->sums[2 * at + k];
        if (all) sum *= factor(s, input, i);
        tad__set_number(into, i, fresh ? sum : number_at(s, into, i) + sum);
    }
    return TAD_OK;
}

/* Where x's gradient goes: over the cotangent, where nobody else reads it. */
static tad_status prepare_gradient(set_call *s, tad_backward *b) {
    if (!b->wanted[TAD__CHANNELS_X]) return TAD_OK;
    tad_array *dx = b->cotangent[0] ? tad_backward_take(b, 0, TAD__CHANNELS_X) : NULL;
    bool fresh = true;
    if (!dx) dx = tad_backward_buffer(b, TAD__CHANNELS_X, &fresh);
    if (!dx) return TAD_NO_MEMORY;
    s->dx = dx->data;
    s->add = !fresh;
    return TAD_OK;
}

/* Means and scales, saved or anew; memory for sums. */
static tad_status prepare_sets(set_call *s, tad_backward *b) {
    const tad__compute *compute = b->call.compute;
    const tad_array *saved = tad_saved(b);
    const size_t sets = (size_t)s->by.sets;
    s->sums = tad__scratch(compute, sets * members(s) * 2 * sizeof *s->sums);
    s->moments = saved ? saved->data : tad__scratch(compute, sets * 2 * sizeof *s->moments);
    if (!s->sums || !s->moments) return TAD_NO_MEMORY;
    for (size_t q = 0; q < sets && !saved; q += s->panel)
        measure(s, q, tad__min(q + s->panel, sets), false);
    return TAD_OK;
}

/* A cotangent of zeros, where there is none for y. NULL: no memory. */
static const char *zeros(const set_call *s) {
    const size_t n = (size_t)s->frame->in[TAD__CHANNELS_X]->size;
    void *to = tad__scratch(s->frame->compute, n * s->width);
    if (to) s->frame->compute->kernels->fill[s->dtype](n, 0, to);
    return to;
}

tad_status tad__channels_gradient(tad_backward *b) {
    set_call s;
    if (!prepare(&s, &b->call)) return TAD_NO_MEMORY;
    const bool empty = b->call.in[TAD__CHANNELS_X]->size == 0;
    s.g = b->cotangent[0] ? b->cotangent[0]->data : zeros(&s);
    if (!s.g) return TAD_NO_MEMORY;
    if (b->call.n_out > 1) s.of_mean = b->cotangent[1], s.of_variance = b->cotangent[2];
    tad_status status = empty ? TAD_OK : prepare_sets(&s, b);
    if (!status) status = prepare_gradient(&s, b);
    if (!status && !empty) split(&s, gradients_of_sets);
    for (size_t i = TAD__CHANNELS_GAIN; i < b->call.n_in && !status; i++)
        status = join_sums(&s, b, i);
    return status;
}
