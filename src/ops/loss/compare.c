/* The frame of losses that compare: shapes, values and fused derivatives. Rests on compare.h and
 * kernel/loss.h. */
#include "compare.h"

#include "array/loop.h"
#include "array/number.h"
#include "array/view.h"
#include "ops/operands.h"

unsigned tad__compare_reduction(const tad__loss *loss, const tad__loss_options *o) {
    return loss->half ? TAD_SUM : (unsigned)o->reduction;
}

/* What the sum of all elements is divided by. */
double tad__compare_divisor(unsigned reduction, const tad_shape *full) {
    int64_t n;
    if (reduction == TAD_BATCHMEAN) return full->rank ? (double)full->dim[0] : 1;
    if (reduction != TAD_MEAN) return 1;
    return tad__shape_size(full, &n) ? (double)n : 1;
}

/* ---- shapes ---- */

static tad_status check_options(const tad_call_frame *c, const tad__loss *loss) {
    const tad__loss_options *o = c->options;
    unsigned most = loss->by_batch ? TAD_BATCHMEAN : TAD_EACH;
    if ((unsigned)o->reduction > most) return tad_fail(c, TAD_BAD_ARGUMENT, "no such reduction");
    return loss->check ? loss->check(c, tad__loss_parameter(o)) : TAD_OK;
}

/* Shape that the elements are compared in. Broadcasting (n,1) against (n) is a common mistake: only
 * a single number stands for a whole array. */
static tad_shape full_shape(const tad_call_frame *c) {
    return tad__shape_of(c->in[c->in[TAD__LOSS_X]->rank ? TAD__LOSS_X : TAD__LOSS_T]);
}

tad_status tad__compare_shape(const tad_call_frame *c, tad_type *out, const tad__loss *loss) {
    const tad__loss_options *o = c->options;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (!loss->half && check_options(c, loss)) return TAD_BAD_ARGUMENT;
    tad_shape full = full_shape(c), t = tad__shape_of(c->in[TAD__LOSS_T]), wide;
    if (t.rank && !tad__shape_equal(&full, &t))
        return tad_fail(c, TAD_BAD_SHAPE, "input and target must have one shape");
    for (size_t i = TAD__LOSS_WEIGHT; i < c->n_in; i++) {
        if (!c->in[i]) continue;
        tad_shape s = tad__shape_of(c->in[i]);
        if (!tad__shape_broadcast(&full, &s, &wide) || !tad__shape_equal(&full, &wide))
            return tad_fail(c, TAD_BAD_SHAPE, "a weight does not broadcast to the input's shape");
    }
    out[0].dtype = (tad_dtype)c->in[TAD__LOSS_X]->dtype;
    out[0].shape = tad__compare_reduction(loss, o) == TAD_EACH ? full : TAD_0D;
    return TAD_OK;
}

/* ---- values ---- */

typedef union block {
    double f64[TAD__BLOCK];
    float f32[TAD__BLOCK];
} block;

/* The inputs, each with all elements of the full shape, contiguous. */
typedef struct elements {
    const tad__compute *compute;
    tad_dtype dtype;
    size_t n, width;
    tad__comparison how;
    const char *in[TAD__LOSS_INPUTS];
} elements;

static const void *expanded(const tad_call_frame *c, const tad_array *a, const tad_shape *full) {
    tad_shape own = tad__shape_of(a);
    if (a->contiguous && tad__shape_equal(&own, full)) return a->data;
    tad__header h;
    tad_array *from = tad__lay_out(&h, a, full);
    tad_array *to = tad__scratch_array(c->compute, (tad_dtype)a->dtype, full);
    if (!to) return NULL;
    for (int i = 0; i < full->rank; i++) {
        int k = i - (full->rank - a->rank);
        tad__strides(from)[i] = k < 0 || a->dim[k] == 1 ? 0 : tad_strides(a)[k];
    }
    tad__array_seen(from);
    tad__copy(c->compute, to, from);
    return to->data;
}

tad__comparison tad__comparison_of(const tad_call_frame *c, const tad__loss *loss) {
    const tad__loss_options *o = c->options;
    const unsigned reduction = tad__compare_reduction(loss, o);
    const tad_shape full = full_shape(c);
    return (tad__comparison){.kind = loss->log_kind && o->log_target ? loss->log_kind : loss->kind,
                             .reduction = reduction,
                             .p = loss->half ? 1 : tad__loss_parameter(o),
                             .divisor = tad__compare_divisor(reduction, &full),
                             .factor = loss->half ? 0.5 : 1,
                             .full = full};
}

/* False: no memory. */
static bool gather(elements *e, const tad_call_frame *c, const tad__loss *loss) {
    *e = (elements){.compute = c->compute,
                    .dtype = (tad_dtype)c->in[TAD__LOSS_X]->dtype,
                    .how = tad__comparison_of(c, loss)};
    e->width = tad_dtype_size(e->dtype);
    int64_t n = 0;
    tad__shape_size(&e->how.full, &n);
    e->n = (size_t)n;
    for (size_t i = 0; i < c->n_in && n; i++)
        if (c->in[i] && !(e->in[i] = expanded(c, c->in[i], &e->how.full))) return false;
    return true;
}

/* y *= x */
static void scale_by(const elements *e, size_t n, const void *x, void *y) {
    if (e->dtype == TAD_F64) {
        const double *a = x;
        double *b = y;
        for (size_t i = 0; i < n; i++) b[i] *= a[i];
    } else {
        const float *a = x;
        float *b = y;
        for (size_t i = 0; i < n; i++) b[i] *= a[i];
    }
}

/* scale times what is asked for, with weights, of n elements from `from`. */
static void compute(const elements *e, int what, size_t from, size_t n, double scale, void *out) {
    size_t at = from * e->width;
    tad__loss_terms terms = {e->in[TAD__LOSS_X] + at, e->in[TAD__LOSS_T] + at, NULL, e->how.p};
    if (e->in[TAD__LOSS_POSITIVE]) terms.positive = e->in[TAD__LOSS_POSITIVE] + at;
    e->compute->kernels->loss->fn[e->how.kind][what][e->dtype](&terms, n, scale, out);
    if (e->in[TAD__LOSS_WEIGHT]) scale_by(e, n, e->in[TAD__LOSS_WEIGHT] + at, out);
}

/* The number that a 0-d result or gradient is. */
static void put_number(tad_array *a, double value, bool add) {
    tad__set_number(a, 0, value + (add ? tad__number_at(a->dtype, a->data, 0) : 0));
}

/* A block of the gradient of one input. */
static void derivative(const elements *e, const tad_array *g, int what, size_t from, size_t n,
                       void *out) {
    bool none = e->how.reduction == TAD_EACH;
    double scale =
        e->how.factor * (none ? 1 : tad__number_at(g->dtype, g->data, 0) / e->how.divisor);
    compute(e, what, from, n, scale, out);
    if (none) scale_by(e, n, (const char *)g->data + from * e->width, out);
}

/* All elements block by block: values, or a derivative; written, added, or summed piece by
 * piece. */
typedef struct work {
    const elements *e;
    int what;
    const tad_array *g; /* the cotangent, of a derivative */
    char *to;           /* NULL: summed */
    bool add;
    size_t piece;
    double sum[TAD__MOST_PIECES];
} work;

static void work_piece(void *arg, size_t first, size_t end) {
    work *w = arg;
    const elements *e = w->e;
    const tad__kernels *k = e->compute->kernels;
    block scratch;
    for (size_t i = first; i < end; i += TAD__BLOCK) {
        size_t n = tad__min(end - i, TAD__BLOCK);
        char *own = w->to ? w->to + i * e->width : NULL;
        void *out = own && !w->add ? own : (void *)&scratch;
        if (w->g)
            derivative(e, w->g, w->what, i, n, out);
        else
            compute(e, TAD__LOSS_VALUE, i, n, e->how.factor, out);
        if (!own)
            w->sum[first / w->piece] += k->sum[e->dtype](n, out);
        else if (w->add)
            k->add[e->dtype](n, out, own);
    }
}

static double do_all(work *w) {
    double total = 0;
    w->piece = tad__split_size(w->e->n, TAD__GRAIN);
    tad__split(w->e->compute->threads, w->e->n, TAD__GRAIN, work_piece, w);
    for (size_t i = 0; i * w->piece < w->e->n; i++) total += w->sum[i];
    return total;
}

tad_status tad__compare_forward(const tad_call_frame *c, const tad__loss *loss) {
    elements e;
    if (!gather(&e, c, loss)) return TAD_NO_MEMORY;
    bool none = e.how.reduction == TAD_EACH;
    double total = do_all(&(work){.e = &e, .to = none ? c->out[0]->data : NULL});
    if (!none) put_number(c->out[0], total / e.how.divisor, false);
    return TAD_OK;
}

/* ---- fused derivatives ---- */

static tad_status input_gradient(tad_backward *b, const elements *e, size_t input) {
    bool fresh;
    tad_array *buffer = tad_backward_buffer(b, input, &fresh);
    if (!buffer) return TAD_NO_MEMORY;
    bool whole = (size_t)buffer->size == e->n; /* else one number met all elements */
    double total = do_all(&(work){.e = e,
                                  .what = input == TAD__LOSS_X ? TAD__LOSS_DX : TAD__LOSS_DT,
                                  .g = b->cotangent[0],
                                  .to = whole ? buffer->data : NULL,
                                  .add = !fresh});
    if (!whole) put_number(buffer, total, !fresh);
    return TAD_OK;
}

/* Of a positive's weight: t times the loss of a target of 1, which counts once. */
static bool prepare_positive(elements *e) {
    tad_array *ones = tad__scratch_array(e->compute, e->dtype, &e->how.full);
    if (!ones) return false;
    e->compute->kernels->fill[e->dtype](e->n, 1, ones->data);
    e->in[TAD__LOSS_T] = ones->data;
    e->in[TAD__LOSS_POSITIVE] = NULL;
    return true;
}

/* By a weight: the loss of each element without it, summed over those that share the weight. */
static tad_status weight_gradient(tad_backward *b, const elements *e, size_t input) {
    bool fresh;
    tad_array *buffer = tad_backward_buffer(b, input, &fresh);
    tad_array *each = tad__scratch_array(e->compute, e->dtype, &e->how.full);
    elements own = *e;
    if (!buffer || !each) return TAD_NO_MEMORY;
    if (input == TAD__LOSS_WEIGHT)
        own.in[TAD__LOSS_WEIGHT] = NULL;
    else if (!prepare_positive(&own))
        return TAD_NO_MEMORY;
    do_all(&(work){.e = &own, .what = TAD__LOSS_VALUE, .g = b->cotangent[0], .to = each->data});
    if (input == TAD__LOSS_POSITIVE) scale_by(e, e->n, e->in[TAD__LOSS_T], each->data);
    if (fresh) tad__clear(e->compute, buffer);
    tad__add_into(e->compute, buffer, each);
    return TAD_OK;
}

tad_status tad__compare_backward(tad_backward *b, const tad__loss *loss) {
    elements e;
    tad_status status = TAD_OK;
    if (!b->cotangent[0]) return TAD_OK;
    if (!gather(&e, &b->call, loss)) return TAD_NO_MEMORY;
    for (size_t i = TAD__LOSS_X; i < b->call.n_in && !status; i++)
        if (b->wanted[i])
            status = i <= TAD__LOSS_T ? input_gradient(b, &e, i) : weight_gradient(b, &e, i);
    return status;
}
