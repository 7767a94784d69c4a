/* Sets of channels: values and fused derivatives. Rests on channels.h and kernel/pieces.h. */
#include "channels.h"

#include "array/number.h"
#include "kernel/elementary/root.h"
#include "kernel/tile.h"
#include "rows.h"

/* ---- one call, prepared ---- */

typedef struct set_call {
    tad__channels by;
    const tad_call_frame *frame;
    tad_dtype dtype;
    size_t width;
    const tad__pieces_kernels *kernel;
    double eps;
    const char *x, *gain, *bias;
    char *y;
    double *moments; /* mean and scale of each set */
    /* backward */
    const char *g;
    const tad_array *of_mean, *of_variance; /* cotangents; NULL: none */
    double *sums; /* of g and g (x - mean) scale, of each channel of a set */
    char *dx;     /* NULL: not wanted */
    bool add;
} set_call;

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
    s->x = tad__numbers_of(c->compute, x);
    s->gain = vector(s, TAD__CHANNELS_GAIN, 1);
    s->bias = vector(s, TAD__CHANNELS_BIAS, 0);
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

/* Finds mean and scale of set q; its variance. */
static double measure(const set_call *s, size_t q) {
    const size_t n = (size_t)s->by.numbers;
    const tad__pieces p = s->by.batch ? pieces_of(&s->by) : (tad__pieces){1, n, n};
    double *m = s->moments + 2 * q;
    s->kernel->measure[s->dtype](&p, s->x + begin_of(s, q), m);
    const double variance = m[1];
    m[1] = 1 / tad__sqrt_f64(variance + s->eps);
    return variance;
}

/* ---- values ---- */

static void values_of_sets(void *arg, size_t first, size_t end) {
    const set_call *s = arg;
    const tad__pieces p = pieces_of(&s->by);
    for (size_t q = first; q < end; q++) {
        const double variance = measure(s, q);
        const tad__pieces_norm c = norm_of(s, q);
        const size_t at = begin_of(s, q);
        s->kernel->normalize[s->dtype](&p, &c, s->x + at, s->y + at);
        if (!s->by.batch) continue;
        tad__set_number(s->frame->out[1], q, c.mean);
        tad__set_number(s->frame->out[2], q, variance);
    }
}

/* The mean and variance of nothing. */
static tad_status values_of_nothing(const tad_call_frame *c) {
    for (size_t k = 1; k < c->n_out; k++)
        for (int64_t i = 0; i < c->out[k]->size; i++) tad__set_number(c->out[k], (size_t)i, NAN);
    return TAD_OK;
}

static size_t grain(const tad__channels *by) { return tad__tile_grain((size_t)by->numbers); }

tad_status tad__channels_values(const tad_call_frame *c) {
    set_call s;
    if (c->in[TAD__CHANNELS_X]->size == 0) return values_of_nothing(c);
    if (!prepare(&s, c)) return TAD_NO_MEMORY;
    const tad_shape shape = TAD_SHAPE(s.by.sets, 2);
    bool needed = tad_needs(c, TAD__CHANNELS_X) || tad_needs(c, TAD__CHANNELS_GAIN);
    const tad_array *saved = needed ? tad_save(c, TAD_F64, &shape) : NULL;
    s.moments =
        saved ? saved->data : tad__scratch(c->compute, (size_t)s.by.sets * 2 * sizeof *s.moments);
    if (!s.moments) return TAD_NO_MEMORY;
    s.y = c->out[0]->data;
    tad__split(c->compute->threads, (size_t)s.by.sets, grain(&s.by), values_of_sets, &s);
    return TAD_OK;
}

/* ---- fused derivative ---- */

/* Channels of a set, each with sums of its own. */
static size_t members(const set_call *s) { return s->by.batch ? 1 : (size_t)s->by.members; }

/* Sums of g, of g h, of each channel of set q; the means of both times the gain in `mean`. */
static void sum_set(const set_call *s, size_t q, double *mean) {
    tad__pieces p = pieces_of(&s->by);
    const size_t at = begin_of(s, q), channel = channel_of(&s->by, q);
    const double m = s->moments[2 * q], k = s->moments[2 * q + 1];
    if (!s->by.batch) p.count = 1;
    mean[0] = mean[1] = 0;
    for (size_t j = 0; j < members(s); j++) {
        const size_t piece = at + j * p.size * s->width;
        double *sum = s->sums + 2 * (q * members(s) + j);
        const char *gain = s->gain + (channel + j) * s->width;
        const double by = s->dtype == TAD_F64 ? *(const double *)(const void *)gain
                                              : *(const float *)(const void *)gain;
        if (s->g)
            s->kernel->sums[s->dtype](&p, m, s->x + piece, s->g + piece, sum);
        else
            sum[0] = sum[1] = 0;
        sum[1] *= k;
        for (int i = 0; i < 2; i++) mean[i] += by * sum[i] / (double)s->by.numbers;
    }
}

static double number_at(const tad_array *a, size_t i) {
    if (!a) return 0;
    return a->dtype == TAD_F64 ? ((const double *)a->data)[i] : ((const float *)a->data)[i];
}

static void gradients_of_sets(void *arg, size_t first, size_t end) {
    const set_call *s = arg;
    const tad__pieces p = pieces_of(&s->by);
    for (size_t q = first; q < end; q++) {
        double mean[2];
        sum_set(s, q, mean);
        if (!s->dx) continue;
        const tad__pieces_norm c = norm_of(s, q);
        const size_t at = begin_of(s, q);
        const double n = (double)s->by.numbers;
        const double shift = c.scale * mean[0] - number_at(s->of_mean, q) / n;
        const double slope = c.scale * c.scale * mean[1] - 2 * number_at(s->of_variance, q) / n;
        s->kernel->gradient[s->dtype](&p, &c, slope, shift, s->x + at, s->g + at, s->add,
                                      s->dx + at);
    }
}

/* Adds up what the sets have found for gain (k = 1) and bias (0), sample by sample. */
static tad_status join_sums(const set_call *s, tad_backward *b, size_t input, size_t k) {
    if (b->call.n_in <= input || !b->wanted[input]) return TAD_OK;
    bool fresh;
    tad_array *into = tad_backward_buffer(b, input, &fresh);
    if (!into) return TAD_NO_MEMORY;
    const size_t channels = (size_t)into->size, all = s->sums ? (size_t)s->by.sets * members(s) : 0;
    for (size_t i = 0; i < channels; i++) {
        double sum = fresh ? 0 : number_at(into, i);
        for (size_t at = i; at < all; at += channels) sum += s->sums[2 * at + k];
        tad__set_number(into, i, sum);
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
    for (size_t q = 0; q < sets && !saved; q++) (void)measure(s, q);
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
    s.of_mean = s.by.batch ? b->cotangent[1] : NULL;
    s.of_variance = s.by.batch ? b->cotangent[2] : NULL;
    tad_status status = empty ? TAD_OK : prepare_sets(&s, b);
    if (!status) status = prepare_gradient(&s, b);
    if (!status && !empty)
        tad__split(b->call.compute->threads, (size_t)s.by.sets, grain(&s.by), gradients_of_sets,
                   &s);
    if (!status) status = join_sums(&s, b, TAD__CHANNELS_GAIN, 1);
    return status ? status : join_sums(&s, b, TAD__CHANNELS_BIAS, 0);
}
