/* Losses that compare two arrays element by element: one kernel each for value and derivatives, one
 * frame for weights and reductions. Rests on tape.h and kernel/loss.h. */
#include "kernel/loss.h"
#include "families.h"
#include "array/loop.h"
#include "tape/tape.h"
#include "old_samples.h"

enum { MSE, HALF_SSE, L1, SMOOTH_L1, HUBER, BCE, BCE_WITH_LOGITS, KL_DIV, HINGE, COUNT };

typedef struct loss_options {
    tad_reduction reduction;
    tad_maybe_float p; /* beta, delta or margin; 1 */
    bool log_target;
} loss_options;

/* The inputs: x, t, and for some weight and positive. */
enum { X, T, WEIGHT, POSITIVE, INPUTS };

static double parameter(const loss_options *o) { return o->p.given ? o->p.value : 1; }

static unsigned reduction_of(const tad_op *op, const loss_options *o) {
    return op == &tad__ops_loss[HALF_SSE] ? TAD_SUM : (unsigned)o->reduction;
}

static double factor_of(const tad_op *op) { return op == &tad__ops_loss[HALF_SSE] ? 0.5 : 1; }

static enum tad__loss_kind kind_of(const tad_op *op, const loss_options *o) {
    static const enum tad__loss_kind kind[COUNT] = {
        [MSE] = TAD__LOSS_SQUARE,
        [HALF_SSE] = TAD__LOSS_SQUARE,
        [L1] = TAD__LOSS_ABSOLUTE,
        [SMOOTH_L1] = TAD__LOSS_SMOOTH,
        [HUBER] = TAD__LOSS_HUBER,
        [BCE] = TAD__LOSS_BCE,
        [BCE_WITH_LOGITS] = TAD__LOSS_BCE_LOGITS,
        [KL_DIV] = TAD__LOSS_KL,
        [HINGE] = TAD__LOSS_HINGE,
    };
    return op == &tad__ops_loss[KL_DIV] && o->log_target ? TAD__LOSS_KL_LOG
                                                         : kind[op - tad__ops_loss];
}

/* What the sum of all elements is divided by. */
static double divisor(unsigned reduction, const tad_shape *full) {
    int64_t n;
    if (reduction == TAD_BATCHMEAN) return full->rank ? (double)full->dim[0] : 1;
    if (reduction != TAD_MEAN) return 1;
    return tad__shape_size(full, &n) ? (double)n : 1;
}

/* ---- shapes ---- */

static tad_status check_dtypes(const tad_call_frame *c) {
    for (size_t i = 0; i < c->n_in; i++) {
        if (!c->in[i]) continue;
        if (c->in[i]->dtype > TAD_F32)
            return tad_fail(c, TAD_BAD_DTYPE, "needs float64 or float32, not %s",
                            tad_dtype_name((tad_dtype)c->in[i]->dtype));
        if (c->in[i]->dtype != c->in[X]->dtype)
            return tad_fail(c, TAD_BAD_DTYPE, "element types differ");
    }
    return TAD_OK;
}

static tad_status check_options(const tad_call_frame *c) {
    const loss_options *o = c->options;
    unsigned most = c->op == &tad__ops_loss[KL_DIV] ? TAD_BATCHMEAN : TAD_EACH;
    if ((unsigned)o->reduction > most) return tad_fail(c, TAD_BAD_ARGUMENT, "no such reduction");
    double p = parameter(o);
    if (c->op == &tad__ops_loss[SMOOTH_L1] && !(p >= 0))
        return tad_fail(c, TAD_BAD_ARGUMENT, "beta %g is below 0", p);
    if (c->op == &tad__ops_loss[HUBER] && !(p > 0))
        return tad_fail(c, TAD_BAD_ARGUMENT, "delta %g is not above 0", p);
    return TAD_OK;
}

/* Shape that the elements are compared in. Broadcasting (n,1) against (n) is a common mistake: only
 * a single number stands for a whole array. */
static tad_shape full_shape(const tad_call_frame *c) {
    return tad__shape_of(c->in[c->in[X]->rank ? X : T]);
}

static tad_status loss_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const loss_options *o = c->options;
    if (check_dtypes(c)) return TAD_BAD_DTYPE;
    if (o && check_options(c)) return TAD_BAD_ARGUMENT;
    tad_shape full = full_shape(c), t = tad__shape_of(c->in[T]), wide;
    if (t.rank && !tad__shape_equal(&full, &t))
        return tad_fail(c, TAD_BAD_SHAPE, "input and target must have one shape");
    for (size_t i = WEIGHT; i < c->n_in; i++) {
        if (!c->in[i]) continue;
        tad_shape s = tad__shape_of(c->in[i]);
        if (!tad__shape_broadcast(&full, &s, &wide) || !tad__shape_equal(&full, &wide))
            return tad_fail(c, TAD_BAD_SHAPE, "a weight does not broadcast to the input's shape");
    }
    out[0].dtype = (tad_dtype)c->in[X]->dtype;
    out[0].shape = reduction_of(c->op, o) == TAD_EACH ? full : TAD_0D;
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
    enum tad__loss_kind kind;
    unsigned reduction;
    double p, divisor, factor;
    const char *in[INPUTS];
} elements;

static const void *expanded(const tad_call_frame *c, const tad_array *a, const tad_shape *full) {
    tad_shape own = tad__shape_of(a);
    if (a->contiguous && tad__shape_equal(&own, full)) return a->data;
    tad_array *from = tad__scratch(c->compute, tad__array_header(full->rank));
    tad_array *to = tad__scratch(c->compute, tad__array_header(full->rank));
    if (!from || !to) return NULL;
    tad__array_layout(to, (tad_dtype)a->dtype, full);
    tad__array_layout(from, (tad_dtype)a->dtype, full);
    to->data = tad__scratch(c->compute, (size_t)to->size * tad_dtype_size((tad_dtype)a->dtype));
    if (!to->data) return NULL;
    from->data = a->data;
    for (int i = 0; i < full->rank; i++) {
        int k = i - (full->rank - a->rank);
        from->dim[full->rank + i] = k < 0 || a->dim[k] == 1 ? 0 : tad_strides(a)[k];
    }
    tad__array_seen(from);
    tad__copy(c->compute, to, from);
    return to->data;
}

/* False: no memory. */
static bool gather(elements *e, const tad_call_frame *c) {
    const loss_options *o = c->options;
    tad_shape full = full_shape(c);
    *e = (elements){.compute = c->compute, .dtype = (tad_dtype)c->in[X]->dtype};
    e->width = tad_dtype_size(e->dtype);
    e->kind = kind_of(c->op, o);
    e->reduction = reduction_of(c->op, o);
    e->p = o ? parameter(o) : 1;
    e->factor = factor_of(c->op);
    e->divisor = divisor(e->reduction, &full);
    int64_t n = 0;
    tad__shape_size(&full, &n);
    e->n = (size_t)n;
    for (size_t i = 0; i < c->n_in && n; i++)
        if (c->in[i] && !(e->in[i] = expanded(c, c->in[i], &full))) return false;
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
    tad__loss_terms terms = {e->in[X] + at, e->in[T] + at, NULL, e->p};
    if (e->in[POSITIVE]) terms.positive = e->in[POSITIVE] + at;
    e->compute->kernels->loss->fn[e->kind][what][e->dtype](&terms, n, scale, out);
    if (e->in[WEIGHT]) scale_by(e, n, e->in[WEIGHT] + at, out);
}

static void set_number(tad_array *a, double value, bool add) {
    if (a->dtype == TAD_F64)
        *(double *)a->data = value + (add ? *(double *)a->data : 0);
    else
        *(float *)a->data = (float)(value + (add ? *(float *)a->data : 0));
}

static double number_in(const tad_array *a) {
    return a->dtype == TAD_F64 ? *(const double *)a->data : (double)*(const float *)a->data;
}

/* A block of the gradient of one input. */
static void derivative(const elements *e, const tad_array *g, int what, size_t from, size_t n,
                       void *out) {
    bool none = e->reduction == TAD_EACH;
    double scale = e->factor * (none ? 1 : number_in(g) / e->divisor);
    compute(e, what, from, n, scale, out);
    if (none) scale_by(e, n, (const char *)g->data + from * e->width, out);
}

/* All elements block by block: values, or a derivative; written, added, or summed piece by piece. */
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
    block room;
    for (size_t i = first; i < end; i += TAD__BLOCK) {
        size_t n = tad__min(end - i, TAD__BLOCK);
        char *own = w->to ? w->to + i * e->width : NULL;
        void *out = own && !w->add ? own : (void *)&room;
        if (w->g)
            derivative(e, w->g, w->what, i, n, out);
        else
            compute(e, TAD__LOSS_VALUE, i, n, e->factor, out);
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

static tad_status loss_forward(const tad_call_frame *c) {
    elements e;
    if (!gather(&e, c)) return TAD_NO_MEMORY;
    bool none = e.reduction == TAD_EACH;
    double total = do_all(&(work){.e = &e, .to = none ? c->out[0]->data : NULL});
    if (!none) set_number(c->out[0], total / e.divisor, false);
    return TAD_OK;
}

/* ---- fused derivatives ---- */

static tad_status input_gradient(tad_backward *b, const elements *e, size_t input) {
    bool fresh;
    tad_array *buffer = tad_backward_buffer(b, input, &fresh);
    if (!buffer) return TAD_NO_MEMORY;
    bool whole = (size_t)buffer->size == e->n; /* else one number met all elements */
    double total = do_all(&(work){.e = e,
                                  .what = input == X ? TAD__LOSS_DX : TAD__LOSS_DT,
                                  .g = b->cotangent[0],
                                  .to = whole ? buffer->data : NULL,
                                  .add = !fresh});
    if (!whole) set_number(buffer, total, !fresh);
    return TAD_OK;
}

/* Of a positive's weight: t times the loss of a target of 1, which counts once. */
static bool prepare_positive(elements *e, const tad_shape *full) {
    tad_array *ones = tad__scratch_array(e->compute, e->dtype, full);
    if (!ones) return false;
    e->compute->kernels->fill[e->dtype](e->n, 1, ones->data);
    e->in[T] = ones->data;
    e->in[POSITIVE] = NULL;
    return true;
}

/* By a weight: the loss of each element without it, summed over those that share the weight. */
static tad_status weight_gradient(tad_backward *b, const elements *e, size_t input) {
    bool fresh;
    tad_shape full = full_shape(&b->call);
    tad_array *buffer = tad_backward_buffer(b, input, &fresh);
    tad_array *each = tad__scratch_array(e->compute, e->dtype, &full);
    elements own = *e;
    if (!buffer || !each) return TAD_NO_MEMORY;
    if (input == WEIGHT)
        own.in[WEIGHT] = NULL;
    else if (!prepare_positive(&own, &full))
        return TAD_NO_MEMORY;
    do_all(&(work){.e = &own, .what = TAD__LOSS_VALUE, .g = b->cotangent[0], .to = each->data});
    if (input == POSITIVE) scale_by(e, e->n, e->in[T], each->data);
    if (fresh) tad__clear(e->compute, buffer);
    tad__add_into(e->compute, buffer, each);
    return TAD_OK;
}

static tad_status loss_backward(tad_backward *b) {
    elements e;
    tad_status status = TAD_OK;
    if (!b->cotangent[0]) return TAD_OK;
    if (!gather(&e, &b->call)) return TAD_NO_MEMORY;
    for (size_t i = X; i < b->call.n_in && !status; i++)
        if (b->wanted[i]) status = i <= T ? input_gradient(b, &e, i) : weight_gradient(b, &e, i);
    return status;
}

/* ---- rules ---- */

static tad_var times(tad_var x, double c) { return tad_mul(x, tad_number(c)); }

static tad_var difference(const tad_rule *r) { return tad_sub(r->in[X], r->in[T]); }

static tad_var square_dx(const tad_rule *r) { return times(difference(r), 2 * factor_of(r->op)); }

static tad_var absolute_dx(const tad_rule *r) { return tad_sign(difference(r)); }

static tad_var smooth_dx(const tad_rule *r) {
    double p = parameter(r->options);
    if (p == 0) return absolute_dx(r);
    return tad_clamp(times(difference(r), 1 / p), -1, 1);
}

static tad_var huber_dx(const tad_rule *r) {
    double p = parameter(r->options);
    return tad_clamp(difference(r), -p, p);
}

static tad_var bce_dx(const tad_rule *r) {
    tad_var x = r->in[X], spread = tad_mul(x, tad_sub(tad_number(1), x));
    return tad_div(difference(r), tad_maximum(spread, tad_number(1e-12)));
}

static tad_var bce_dt(const tad_rule *r) {
    tad_var x = r->in[X], low = tad_number(-100);
    return tad_sub(tad_maximum(tad_log1p(tad_neg(x)), low), tad_maximum(tad_log(x), low));
}

static bool has(const tad_rule *r, size_t i) { return r->n_in > i && !tad_is_none(r->in[i]); }

static tad_var positively(const tad_rule *r, tad_var v) {
    return has(r, POSITIVE) ? tad_mul(r->in[POSITIVE], v) : v;
}

static tad_var bce_logits_dx(const tad_rule *r) {
    tad_var x = r->in[X], t = r->in[T];
    tad_var up = tad_mul(tad_sub(tad_number(1), t), tad_sigmoid(x));
    return tad_sub(up, positively(r, tad_mul(t, tad_sigmoid(tad_neg(x)))));
}

static tad_var bce_logits_dt(const tad_rule *r) {
    tad_var x = r->in[X];
    return tad_sub(tad_log_sigmoid(tad_neg(x)), positively(r, tad_log_sigmoid(x)));
}

static bool log_target(const tad_rule *r) { return ((const loss_options *)r->options)->log_target; }

static tad_var kl_dx(const tad_rule *r) {
    return tad_neg(log_target(r) ? tad_exp(r->in[T]) : r->in[T]);
}

static tad_var kl_dt(const tad_rule *r) {
    tad_var x = r->in[X], t = r->in[T], one = tad_number(1);
    if (log_target(r)) return tad_mul(tad_exp(t), tad_add(tad_sub(t, x), one));
    return tad_sub(tad_add(tad_log(t), one), x);
}

/* 1 where the margin is missed. */
static tad_var missed(const tad_rule *r) {
    tad_var p = tad_number(parameter(r->options));
    return tad_step(tad_sub(p, tad_mul(r->in[X], r->in[T])));
}

static tad_var hinge_dx(const tad_rule *r) { return tad_neg(tad_mul(r->in[T], missed(r))); }

static tad_var hinge_dt(const tad_rule *r) { return tad_neg(tad_mul(r->in[X], missed(r))); }

/* The derivative of one element by x and by t; without dt it is -dx. */
typedef tad_var derivative_rule(const tad_rule *r);
static derivative_rule *const by_x[COUNT] = {
    [MSE] = square_dx,
    [HALF_SSE] = square_dx,
    [L1] = absolute_dx,
    [SMOOTH_L1] = smooth_dx,
    [HUBER] = huber_dx,
    [BCE] = bce_dx,
    [BCE_WITH_LOGITS] = bce_logits_dx,
    [KL_DIV] = kl_dx,
    [HINGE] = hinge_dx,
};
static derivative_rule *const by_t[COUNT] = {
    [BCE] = bce_dt,
    [BCE_WITH_LOGITS] = bce_logits_dt,
    [KL_DIV] = kl_dt,
    [HINGE] = hinge_dt,
};

/* Each element's loss without its weight. */
static tad_var unweighted(const tad_rule *r) {
    loss_options o = *(const loss_options *)r->options;
    tad_var in[INPUTS] = {r->in[X], r->in[T], tad_none(),
                          has(r, POSITIVE) ? r->in[POSITIVE] : tad_none()};
    o.reduction = TAD_EACH;
    return tad_apply(r->op, in, r->n_in, &o, NULL, 0);
}

static tad_var element_slope(const tad_rule *r, int input) {
    size_t op = (size_t)(r->op - tad__ops_loss);
    if (input == X) return by_x[op](r);
    if (input == T) return by_t[op] ? by_t[op](r) : tad_neg(by_x[op](r));
    if (input == WEIGHT) return unweighted(r);
    return tad_neg(tad_mul(r->in[T], tad_log_sigmoid(r->in[X])));
}

static tad_shape full_shape_of(const tad_rule *r) {
    tad_shape s = tad_shape_of(r->in[X]);
    return s.rank ? s : tad_shape_of(r->in[T]);
}

/* One element's derivative with the weight and what the reduction divides by. */
static tad_var slope(const tad_rule *r, int input) {
    tad_var d = element_slope(r, input);
    if (input != WEIGHT && has(r, WEIGHT)) d = tad_mul(d, r->in[WEIGHT]);
    tad_shape full = full_shape_of(r);
    double by = divisor(reduction_of(r->op, r->options), &full);
    return by == 1 ? d : times(d, 1 / by);
}

/* One number for each element: a factor may stand for several of them. */
static tad_var for_each(tad_var d, const tad_shape *full) {
    tad_shape s = tad_shape_of(d);
    return tad__shape_equal(&s, full) ? d : tad_broadcast_to(d, *full);
}

static void loss_vjp(tad_rule *r) {
    tad_shape full = full_shape_of(r);
    for (int i = X; i < (int)r->n_in; i++)
        if (r->wanted[i]) r->result[i] = for_each(tad_mul(slope(r, i), r->given[0]), &full);
}

static void loss_jvp(tad_rule *r) {
    tad_shape full = full_shape_of(r);
    tad_var sum = r->result[0];
    for (int i = X; i < (int)r->n_in; i++) {
        if (tad_is_nil(r->given[i])) continue;
        tad_var d = tad_mul(slope(r, i), r->given[i]);
        sum = tad_is_nil(sum) ? d : tad_add(sum, d);
    }
    if (tad_is_nil(sum)) return;
    sum = for_each(sum, &full);
    r->result[0] = reduction_of(r->op, r->options) == TAD_EACH ? sum : tad_sum(sum, tad_all());
}

/* ---- options ---- */

#define REDUCTION(words)                                                                           \
    {                                                                                              \
        .name = "reduction", .kind = TAD_OPTION_CHOICE,                                            \
        .offset = offsetof(loss_options, reduction), .choices = words                              \
    }
#define PARAMETER(word)                                                                            \
    { .name = word, .kind = TAD_OPTION_MAYBE_FLOAT, .offset = offsetof(loss_options, p) }
static const tad_option plain_options[] = {REDUCTION("mean|sum|none")};
static const tad_option smooth_options[] = {REDUCTION("mean|sum|none"), PARAMETER("beta")};
static const tad_option huber_options[] = {REDUCTION("mean|sum|none"), PARAMETER("delta")};
static const tad_option hinge_options[] = {REDUCTION("mean|sum|none"), PARAMETER("margin")};
static const tad_option kl_options[] = {
    REDUCTION("mean|sum|none|batchmean"),
    {.name = "log_target", .kind = TAD_OPTION_BOOL, .offset = offsetof(loss_options, log_target)},
};

/* ---- samples ---- */

#define OPTIONS(...)                                                                               \
    .options = &(const loss_options) { .reduction = __VA_ARGS__ }
#define AWAY(n, a, b, c, ...)                                                                      \
    { TAD__TYPE(TAD_F64, __VA_ARGS__), .away = {a, b, c}, .count_away = n }
#define WITHIN(a, b, ...)                                                                          \
    { TAD__TYPE(TAD_F64, __VA_ARGS__), .lo = a, .hi = b }
#define WITHIN_0D(a, b)                                                                            \
    { .type = {TAD_F64, {0, {0}}}, .lo = a, .hi = b }
#define ABSENT                                                                                     \
    { .absent = true }

static const tad_sample square_samples[] = {
    {.label = "mean", .n = 2, .in = {TAD__F64(3, 5), TAD__F64(3, 5)}},
    {.label = "sum", .n = 2, .in = {TAD__F64(7), TAD__F64(7)}, OPTIONS(TAD_SUM)},
    {.label = "none", .n = 2, .in = {TAD__F64(2, 1, 3), TAD__F64(2, 1, 3)}, OPTIONS(TAD_EACH)},
    {.label = "one target for all", .n = 2, .in = {TAD__F64(2, 3), TAD__F64_0D}},
    {.label = "one input for all", .n = 2, .in = {TAD__F64_0D, TAD__F64(5)}, OPTIONS(TAD_EACH)},
    {.label = "0-d", .n = 2, .in = {TAD__F64_0D, TAD__F64_0D}},
    {.label = "several blocks", .n = 2, .in = {TAD__F64(601), TAD__F64(601)}, OPTIONS(TAD_SUM)},
    {.label = "empty", .n = 2, .in = {TAD__F64(0, 3), TAD__F64(0, 3)}, OPTIONS(TAD_SUM)},
};
static const tad_sample half_sse_samples[] = {
    {.label = "matrix", .n = 2, .in = {TAD__F64(3, 5), TAD__F64(3, 5)}},
    {.label = "vector", .n = 2, .in = {TAD__F64(7), TAD__F64(7)}},
    {.label = "one target for all", .n = 2, .in = {TAD__F64(2, 3), TAD__F64_0D}},
    {.label = "0-d", .n = 2, .in = {TAD__F64_0D, TAD__F64_0D}},
    {.label = "empty", .n = 2, .in = {TAD__F64(0), TAD__F64(0)}},
};
/* Differences of one sign, far from the kink. */
static const tad_sample absolute_samples[] = {
    {.label = "mean", .n = 2, .in = {WITHIN(0.6, 2, 3, 5), WITHIN(-0.1, 0.1, 3, 5)}},
    {.label = "negative",
     .n = 2,
     .in = {WITHIN(-2, -0.6, 7), WITHIN(-0.1, 0.1, 7)},
     OPTIONS(TAD_SUM)},
    {.label = "none",
     .n = 2,
     .in = {WITHIN(0.6, 2, 2, 3), WITHIN(-0.1, 0.1, 2, 3)},
     OPTIONS(TAD_EACH)},
    {.label = "none, negative",
     .n = 2,
     .in = {WITHIN(-2, -0.6, 2, 3), WITHIN(-0.1, 0.1, 2, 3)},
     OPTIONS(TAD_EACH)},
    {.label = "one target for all", .n = 2, .in = {WITHIN(0.6, 2, 2, 3), WITHIN_0D(-0.1, 0.1)}},
    {.label = "empty", .n = 2, .in = {TAD__F64(0, 3), TAD__F64(0, 3)}, OPTIONS(TAD_SUM)},
};
/* Targets near 0, inputs away from where the derivative of the difference has a kink. */
static const tad_sample smooth_samples[] = {
    {.label = "mean", .n = 2, .in = {AWAY(2, -1, 1, 0, 3, 5), WITHIN(-0.02, 0.02, 3, 5)}},
    {.label = "sum",
     .n = 2,
     .in = {AWAY(2, -1, 1, 0, 7), WITHIN(-0.02, 0.02, 7)},
     OPTIONS(TAD_SUM)},
    {.label = "parameter",
     .n = 2,
     .in = {AWAY(2, -0.5, 0.5, 0, 2, 3), WITHIN(-0.02, 0.02, 2, 3)},
     OPTIONS(TAD_EACH, .p = TAD__GIVEN(0.5))},
    {.label = "one target for all",
     .n = 2,
     .in = {AWAY(2, -1, 1, 0, 2, 3), WITHIN_0D(-0.02, 0.02)}},
    {.label = "empty", .n = 2, .in = {TAD__F64(0, 3), TAD__F64(0, 3)}, OPTIONS(TAD_SUM)},
};
static const tad_sample bce_samples[] = {
    {.label = "mean", .n = 2, .in = {WITHIN(0.1, 0.9, 3, 5), WITHIN(0, 1, 3, 5)}},
    {.label = "sum", .n = 2, .in = {WITHIN(0.1, 0.9, 7), WITHIN(0, 1, 7)}, OPTIONS(TAD_SUM)},
    {.label = "none",
     .n = 2,
     .in = {WITHIN(0.1, 0.9, 2, 3), WITHIN(0, 1, 2, 3)},
     OPTIONS(TAD_EACH)},
    {.label = "weights",
     .n = 3,
     .in = {WITHIN(0.1, 0.9, 2, 3), WITHIN(0, 1, 2, 3), WITHIN(0.5, 2, 2, 3)}},
    {.label = "weights of columns",
     .n = 3,
     .in = {WITHIN(0.1, 0.9, 2, 3), WITHIN(0, 1, 2, 3), WITHIN(0.5, 2, 3)},
     OPTIONS(TAD_EACH)},
    {.label = "weights of rows",
     .n = 3,
     .in = {WITHIN(0.1, 0.9, 2, 3), WITHIN(0, 1, 2, 3), WITHIN(0.5, 2, 2, 1)}},
    {.label = "one probability, weights of rows",
     .n = 3,
     .in = {WITHIN_0D(0.1, 0.9), WITHIN(0, 1, 2, 3), WITHIN(0.5, 2, 2, 1)},
     OPTIONS(TAD_SUM)},
    {.label = "one target, weights of one row",
     .n = 3,
     .in = {WITHIN(0.1, 0.9, 2, 3), WITHIN_0D(0, 1), WITHIN(0.5, 2, 1, 3)},
     OPTIONS(TAD_EACH)},
    {.label = "one of each",
     .n = 3,
     .in = {WITHIN_0D(0.1, 0.9), WITHIN_0D(0, 1), WITHIN_0D(0.5, 2)}},
    {.label = "empty",
     .n = 2,
     .in = {WITHIN(0.1, 0.9, 0, 3), WITHIN(0, 1, 0, 3)},
     OPTIONS(TAD_SUM)},
};
static const tad_sample bce_logits_samples[] = {
    {.label = "mean", .n = 2, .in = {TAD__F64(3, 5), WITHIN(0, 1, 3, 5)}},
    {.label = "sum", .n = 2, .in = {TAD__F64(7), WITHIN(0, 1, 7)}, OPTIONS(TAD_SUM)},
    {.label = "none, large",
     .n = 2,
     .in = {WITHIN(-30, 30, 2, 3), WITHIN(0, 1, 2, 3)},
     OPTIONS(TAD_EACH)},
    {.label = "weights", .n = 3, .in = {TAD__F64(2, 3), WITHIN(0, 1, 2, 3), WITHIN(0.5, 2, 2, 1)}},
    {.label = "one input, weights of rows",
     .n = 4,
     .in = {TAD__F64_0D, WITHIN(0, 1, 2, 3), WITHIN(0.5, 2, 2, 1), WITHIN(0.5, 3, 1, 3)}},
    {.label = "one target, both weights",
     .n = 4,
     .in = {TAD__F64(2, 3), WITHIN_0D(0, 1), WITHIN(0.5, 2, 1, 3), WITHIN(0.5, 3, 2, 1)},
     OPTIONS(TAD_EACH)},
    {.label = "positives count more",
     .n = 4,
     .in = {TAD__F64(5, 3), WITHIN(0, 1, 5, 3), ABSENT, WITHIN(0.5, 3, 3)}},
    {.label = "both weights",
     .n = 4,
     .in = {TAD__F64(5, 3), WITHIN(0, 1, 5, 3), WITHIN(0.5, 2, 5, 3), WITHIN(0.5, 3, 3)},
     OPTIONS(TAD_SUM)},
    {.label = "empty", .n = 2, .in = {TAD__F64(0, 3), WITHIN(0, 1, 0, 3)}, OPTIONS(TAD_SUM)},
};
static const tad_sample kl_samples[] = {
    {.label = "mean", .n = 2, .in = {TAD__F64(3, 5), WITHIN(0.2, 1, 3, 5)}},
    {.label = "sum", .n = 2, .in = {TAD__F64(7), WITHIN(0.2, 1, 7)}, OPTIONS(TAD_SUM)},
    {.label = "none, logarithms",
     .n = 2,
     .in = {TAD__F64(2, 3), TAD__F64(2, 3)},
     OPTIONS(TAD_EACH, .log_target = true)},
    {.label = "by rows",
     .n = 2,
     .in = {TAD__F64(5, 3), WITHIN(0.2, 1, 5, 3)},
     OPTIONS((tad_reduction)TAD_BATCHMEAN)},
    {.label = "one target for all", .n = 2, .in = {TAD__F64(5, 3), WITHIN_0D(0.2, 1)}},
    {.label = "empty", .n = 2, .in = {TAD__F64(0, 3), TAD__F64(0, 3)}, OPTIONS(TAD_SUM)},
};
static const tad_sample hinge_samples[] = {
    {.label = "mean", .n = 2, .in = {AWAY(1, 1, 0, 0, 3, 5), WITHIN(0.99, 1.01, 3, 5)}},
    {.label = "negatives",
     .n = 2,
     .in = {AWAY(1, -1, 0, 0, 7), WITHIN(-1.01, -0.99, 7)},
     OPTIONS(TAD_SUM)},
    {.label = "none",
     .n = 2,
     .in = {AWAY(1, 1, 0, 0, 2, 3), WITHIN(0.99, 1.01, 2, 3)},
     OPTIONS(TAD_EACH)},
    {.label = "margin",
     .n = 2,
     .in = {AWAY(1, 0.5, 0, 0, 2, 3), WITHIN(0.99, 1.01, 2, 3)},
     OPTIONS(TAD_SUM, .p = TAD__GIVEN(0.5))},
    {.label = "empty", .n = 2, .in = {TAD__F64(0, 3), WITHIN(0.99, 1.01, 0, 3)}, OPTIONS(TAD_SUM)},
};

#define SHAPES_DIFFER                                                                              \
    { .label = "shapes", .n = 2, .in = {TAD__F64(3, 1), TAD__F64(3)}, .expect = TAD_BAD_SHAPE }
#define INTEGER_TARGET                                                                             \
    {                                                                                              \
        .label = "integers", .n = 2, .in = {TAD__F64(3), TAD__INDICES(2, 3)},                      \
        .expect = TAD_BAD_DTYPE                                                                    \
    }
#define NO_REDUCTION                                                                               \
    {                                                                                              \
        .label = "reduction", .n = 2, .in = {TAD__F64(3), TAD__F64(3)}, OPTIONS((tad_reduction)9), \
        .expect = TAD_BAD_ARGUMENT                                                                 \
    }
#define BAD_PARAMETER(value)                                                                       \
    {                                                                                              \
        .label = "parameter", .n = 2, .in = {TAD__F64(3), TAD__F64(3)},                            \
        OPTIONS(TAD_MEAN, .p = TAD__GIVEN(value)), .expect = TAD_BAD_ARGUMENT                       \
    }
#define BAD_WEIGHT                                                                                 \
    {                                                                                              \
        .label = "weight", .n = 3, .in = {TAD__F64(3), TAD__F64(3), WITHIN(1, 2, 2, 3)},           \
        .expect = TAD_BAD_SHAPE                                                                    \
    }
static const tad_misuse plain_misuse[] = {SHAPES_DIFFER, INTEGER_TARGET, NO_REDUCTION};
static const tad_misuse half_sse_misuse[] = {
    SHAPES_DIFFER,
    INTEGER_TARGET,
    {.label = "sizes", .n = 2, .in = {TAD__F64(3), TAD__F64(2)}, .expect = TAD_BAD_SHAPE},
};
static const tad_misuse smooth_misuse[] = {SHAPES_DIFFER, INTEGER_TARGET, BAD_PARAMETER(-1)};
static const tad_misuse huber_misuse[] = {SHAPES_DIFFER, INTEGER_TARGET, BAD_PARAMETER(0)};
static const tad_misuse weighted_misuse[] = {SHAPES_DIFFER, INTEGER_TARGET, NO_REDUCTION,
                                             BAD_WEIGHT};

/* ---- the family ---- */

#define LOSS(options_, samples_, misuse_)                                                          \
    .family = "loss", .min_in = 2, .n_out = 1, TAD__OPTIONS(loss_options, options_),               \
    .shape = loss_shape, .forward = loss_forward, .vjp = loss_vjp, .jvp = loss_jvp,                \
    .backward = loss_backward, TAD__SAMPLES(samples_), TAD__MISUSE(misuse_)

const tad_op tad__ops_loss[] = {
    [MSE] = {.name = "mse",
             .doc = "(input - target)^2",
             .max_in = 2,
             LOSS(plain_options, square_samples, plain_misuse)},
    [HALF_SSE] = {.name = "half_sse",
                  .family = "loss",
                  .doc = "1/2 sum (input - target)^2",
                  .min_in = 2,
                  .max_in = 2,
                  .n_out = 1,
                  .shape = loss_shape,
                  .forward = loss_forward,
                  .vjp = loss_vjp,
                  .jvp = loss_jvp,
                  .backward = loss_backward,
                  TAD__SAMPLES(half_sse_samples),
                  TAD__MISUSE(half_sse_misuse)},
    [L1] = {.name = "l1",
            .doc = "|input - target|; derivative 0 where they are equal",
            .max_in = 2,
            LOSS(plain_options, absolute_samples, plain_misuse)},
    [SMOOTH_L1] = {.name = "smooth_l1",
                   .doc = "d^2 / (2 beta) where |d| < beta, else |d| - beta/2",
                   .max_in = 2,
                   LOSS(smooth_options, smooth_samples, smooth_misuse)},
    [HUBER] = {.name = "huber",
               .doc = "d^2 / 2 where |d| < delta, else delta (|d| - delta/2)",
               .max_in = 2,
               LOSS(huber_options, smooth_samples, huber_misuse)},
    [BCE] =
        {.name = "bce",
         .doc = "-t log p - (1 - t) log(1 - p), logarithms at least -100, times an optional weight",
         .max_in = 3,
         LOSS(plain_options, bce_samples, weighted_misuse)},
    [BCE_WITH_LOGITS] =
        {.name = "bce_with_logits",
         .doc = "bce of sigmoid(input), exact for large logits; targets count pos_weight times",
         .max_in = 4,
         LOSS(plain_options, bce_logits_samples, weighted_misuse)},
    [KL_DIV] = {.name = "kl_div",
                .doc = "t (log t - input), 0 where t is 0; batchmean: sum / shape[0]",
                .max_in = 2,
                LOSS(kl_options, kl_samples, plain_misuse)},
    [HINGE] = {.name = "hinge",
               .doc = "max(0, margin - target input)",
               .max_in = 2,
               LOSS(hinge_options, hinge_samples, plain_misuse)},
};
const size_t tad__ops_loss_count = COUNT;

static tad_var compare(int op, tad_var x, tad_var t, const loss_options *o) {
    return tad_apply(&tad__ops_loss[op], (tad_var[]){x, t}, 2, o, NULL, 0);
}

static tad_var scaled(int op, tad_var x, tad_var t, double p, tad_reduction reduction) {
    return compare(op, x, t, &(loss_options){.reduction = reduction, .p = {true, p}});
}

tad_var tad_mse(tad_var input, tad_var target, tad_reduction reduction) {
    return compare(MSE, input, target, &(loss_options){.reduction = reduction});
}

tad_var tad_half_sse(tad_var input, tad_var target) {
    return compare(HALF_SSE, input, target, NULL);
}

tad_var tad_l1(tad_var input, tad_var target, tad_reduction reduction) {
    return compare(L1, input, target, &(loss_options){.reduction = reduction});
}

tad_var tad_smooth_l1(tad_var input, tad_var target, double beta, tad_reduction reduction) {
    return scaled(SMOOTH_L1, input, target, beta, reduction);
}

tad_var tad_huber(tad_var input, tad_var target, double delta, tad_reduction reduction) {
    return scaled(HUBER, input, target, delta, reduction);
}

tad_var tad_hinge(tad_var input, tad_var target, double margin, tad_reduction reduction) {
    return scaled(HINGE, input, target, margin, reduction);
}

tad_var tad_bce(tad_var probability, tad_var target, tad_var weight, tad_reduction reduction) {
    tad_var in[] = {probability, target, weight};
    return tad_apply(&tad__ops_loss[BCE], in, 3, &(loss_options){.reduction = reduction}, NULL, 0);
}

tad_var tad_bce_with_logits(tad_var logits, tad_var target, tad_var weight, tad_var pos_weight,
                            tad_reduction reduction) {
    tad_var in[] = {logits, target, weight, pos_weight};
    return tad_apply(&tad__ops_loss[BCE_WITH_LOGITS], in, 4, &(loss_options){.reduction = reduction},
                     NULL, 0);
}

tad_var tad_kl_div(tad_var log_probability, tad_var target, bool log_target, tad_reduction reduction) {
    loss_options o = {.reduction = reduction, .log_target = log_target};
    return compare(KL_DIV, log_probability, target, &o);
}
