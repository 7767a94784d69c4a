/* cross_entropy on logits and nll_loss on log-probabilities, with labels or probabilities as
 * targets. Where a gradient of the logits may be asked for, the pass that gives the loss leaves it,
 * for a cotangent of 1. Rests on rows.h and kernel/softmax.h. */
#include <float.h>
#include <string.h>

#include "kernel/softmax.h"
#include "families.h"
#include "rows/rows.h"
#include "old_samples.h"

enum { CROSS_ENTROPY, NLL_LOSS, SHARES, COUNT };

typedef struct entropy_options {
    tad_reduction reduction;
    tad_maybe_int ignore_index; /* -100 */
    double label_smoothing;
} entropy_options;

typedef struct share_options {
    entropy_options loss;
    int64_t classes;
    int dtype;
} share_options;

enum { X, T, WEIGHT };

static const tad_array *weight_of(const tad_call_frame *c) {
    return c->n_in > WEIGHT ? c->in[WEIGHT] : NULL;
}

static int class_axis(int rank) { return rank > 1; }

static int64_t ignored(const entropy_options *o) {
    return o->ignore_index.given ? o->ignore_index.value : -100;
}

static tad_shape without_classes(const tad_shape *s) {
    return tad__shape_reduced(s, 1u << class_axis(s->rank), false);
}

/* ---- shapes ---- */

/* The i-th label in row-major order; *place: its indices. */
static int64_t label_at(const tad_array *labels, int64_t i, tad_shape *place) {
    int64_t offset = 0;
    place->rank = labels->rank;
    for (int k = labels->rank - 1; k >= 0; k--) {
        place->dim[k] = i % labels->dim[k];
        offset += place->dim[k] * tad_strides(labels)[k];
        i /= labels->dim[k];
    }
    return ((const int64_t *)labels->data)[offset];
}

static tad_status check_labels(const tad_call_frame *c, const tad_array *labels, int64_t classes,
                               int64_t ignore) {
    tad_shape place;
    char text[200];
    for (int64_t i = 0; i < labels->size; i++) {
        int64_t label = labels->contiguous ? ((const int64_t *)labels->data)[i] : 0;
        if (!labels->contiguous) label = label_at(labels, i, &place);
        if ((label >= 0 && label < classes) || label == ignore) continue;
        label_at(labels, i, &place);
        return tad_fail(c, TAD_BAD_INDEX, "label %lld at %s is not one of %lld classes",
                        (long long)label, tad__shape_text(&place, text, sizeof text),
                        (long long)classes);
    }
    return TAD_OK;
}

static tad_status check_weight(const tad_call_frame *c, const tad_array *w, tad_dtype dtype,
                               int64_t classes) {
    if (!w) return TAD_OK;
    if (w->dtype != dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "the weights are %s",
                        tad_dtype_name((tad_dtype)w->dtype));
    if (w->rank == 1 && w->dim[0] == classes) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "needs a weight for each of %lld classes",
                    (long long)classes);
}

static tad_status check_options(const tad_call_frame *c, const entropy_options *o) {
    if ((unsigned)o->reduction > TAD_EACH)
        return tad_fail(c, TAD_BAD_ARGUMENT, "no such reduction");
    if (!(o->label_smoothing >= 0 && o->label_smoothing <= 1))
        return tad_fail(c, TAD_BAD_ARGUMENT, "label_smoothing %g is not in 0 .. 1",
                        o->label_smoothing);
    return TAD_OK;
}

static tad_status check_target(const tad_call_frame *c, const tad_shape *s, int64_t classes) {
    const entropy_options *o = c->options;
    const tad_array *t = c->in[T];
    tad_shape own = tad__shape_of(t), labels = without_classes(s);
    if (t->dtype == TAD_I64 && tad__shape_equal(&own, &labels))
        return check_labels(c, t, classes, ignored(o));
    if (t->dtype == TAD_I64) return tad_fail(c, TAD_BAD_SHAPE, "needs one label for each position");
    if (c->op == &tad__ops_entropy[NLL_LOSS] || t->dtype != c->in[X]->dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "the target is %s", tad_dtype_name((tad_dtype)t->dtype));
    if (tad__shape_equal(&own, s)) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "probabilities must have the shape of the logits");
}

static tad_status entropy_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const entropy_options *o = c->options;
    tad_shape s = tad__shape_of(c->in[X]);
    if (c->in[X]->dtype > TAD_F32)
        return tad_fail(c, TAD_BAD_DTYPE, "needs float64 or float32, not %s",
                        tad_dtype_name((tad_dtype)c->in[X]->dtype));
    if (s.rank == 0 || s.dim[class_axis(s.rank)] == 0)
        return tad_fail(c, TAD_BAD_SHAPE, "there are no classes");
    int64_t classes = s.dim[class_axis(s.rank)];
    tad_status status = check_options(c, o);
    if (!status) status = check_weight(c, weight_of(c), (tad_dtype)c->in[X]->dtype, classes);
    if (!status) status = check_target(c, &s, classes);
    out[0].dtype = (tad_dtype)c->in[X]->dtype;
    out[0].shape = o->reduction == TAD_EACH ? without_classes(&s) : TAD_0D;
    return status;
}

/* ---- one call, prepared ---- */

typedef struct entropy_call {
    const tad_call_frame *frame;
    const tad_array *g; /* backward: the cotangent */
    tad__rows plan;     /* the classes of a position are a row */
    tad__entropy e;     /* without the target */
    tad_reduction reduction;
    const char *x, *target; /* rows; of nll_loss x as it lies */
    const int64_t *label;
    double divisor; /* of the sum of the losses */
    char *kept;     /* backward: gradients for a cotangent of 1 */
    void *dx;       /* backward of nll_loss */
} entropy_call;

static const void *contiguous(const tad__compute *compute, const tad_array *a) {
    tad__rows plan;
    tad_shape s = tad__shape_of(a);
    tad__rows_plan(&plan, compute, (tad_dtype)a->dtype, &s, 0);
    return tad__rows_of(&plan, a);
}

static double number_at(tad_dtype dtype, const void *data, int64_t i) {
    return dtype == TAD_F64 ? ((const double *)data)[i] : (double)((const float *)data)[i];
}

/* Sum of the weights of the labels that count. */
static double label_weight(const int64_t *label, size_t n, int64_t ignore, tad_dtype dtype,
                           const void *w) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        if (label[i] != ignore) sum += w ? number_at(dtype, w, label[i]) : 1;
    return sum;
}

/* False: no memory. */
static bool prepare(entropy_call *p, const tad_call_frame *c) {
    const entropy_options *o = c->options;
    const tad_array *x = c->in[X], *t = c->in[T], *w = weight_of(c);
    tad_shape s = tad__shape_of(x);
    memset(p, 0, sizeof *p);
    p->frame = c;
    p->reduction = o->reduction;
    tad__rows_plan(&p->plan, c->compute, (tad_dtype)x->dtype, &s, 1u << class_axis(s.rank));
    p->e = (tad__entropy){.n = p->plan.n, .smoothing = o->label_smoothing, .ignore = ignored(o)};
    bool nll = c->op == &tad__ops_entropy[NLL_LOSS];
    p->x = nll ? contiguous(c->compute, x) : tad__rows_of(&p->plan, x);
    if (t->dtype == TAD_I64)
        p->label = contiguous(c->compute, t);
    else
        p->target = tad__rows_of(&p->plan, t);
    if (w) p->e.weight = contiguous(c->compute, w);
    if (!p->x || (!p->label && !p->target) || (w && !p->e.weight)) return false;
    size_t rows = p->plan.rows;
    p->divisor = o->reduction != TAD_MEAN ? 1
                 : !p->label
                     ? (double)rows
                     : label_weight(p->label, rows, p->e.ignore, p->plan.dtype, p->e.weight);
    return true;
}

/* The description of the rows from `first` on. */
static tad__entropy rows_from(const entropy_call *p, size_t first) {
    tad__entropy e = p->e;
    if (p->label)
        e.label = p->label + first;
    else
        e.target = p->target + first * p->plan.n * p->plan.width;
    return e;
}

typedef union tile {
    double f64[TAD__TILE_ROWS];
    float f32[TAD__TILE_ROWS];
} tile;

static void set_number(const tad_array *a, size_t i, double value) {
    if (a->dtype == TAD_F64)
        ((double *)a->data)[i] = value;
    else
        ((float *)a->data)[i] = (float)value;
}

/* ---- cross_entropy ---- */

/* The gradient for a cotangent of 1 has the layout of the logits: then it can become theirs. */
static tad_array *room_for_gradient(const entropy_call *p) {
    const tad_array *x = p->frame->in[X];
    tad_shape s = tad__shape_of(x);
    if (!p->plan.straight || !tad_needs(p->frame, X)) return NULL;
    return tad_save(p->frame, p->plan.dtype, &s);
}

/* The rows of one call, tile by tile; each piece has a sum of its own. */
typedef struct loss_rows {
    const entropy_call *p;
    char *gradient; /* of all rows; NULL: a tile of `room` for each piece instead */
    char *room;
    size_t tile, piece;
    double sum[TAD__MOST_PIECES];
} loss_rows;

static void loss_piece(void *arg, size_t first, size_t end) {
    loss_rows *l = arg;
    const entropy_call *p = l->p;
    const tad__kernels *k = p->plan.compute->kernels;
    size_t step = tad__tile_rows(p->plan.n), row = p->plan.n * p->plan.width, at = first / l->piece;
    tile losses;
    for (size_t i = first; i < end; i += step) {
        size_t rows = tad__min(step, end - i);
        tad__entropy e = rows_from(p, i);
        bool none = p->reduction == TAD_EACH;
        const char *x = p->x + i * row;
        void *out = none ? (char *)p->frame->out[0]->data + i * p->plan.width : (void *)&losses;
        if (l->gradient)
            k->softmax->entropy_gradient[p->plan.dtype](&e, rows, x, 1 / p->divisor, out,
                                                        l->gradient + i * row);
        else
            k->softmax->entropy[p->plan.dtype](&e, rows, x, out, l->room + at * l->tile);
        if (!none) l->sum[at] += k->sum[p->plan.dtype](rows, out);
    }
}

static tad_status cross_entropy_forward(const tad_call_frame *c) {
    entropy_call p;
    double total = 0;
    if (!prepare(&p, c)) return TAD_NO_MEMORY;
    size_t rows = p.plan.rows, grain = tad__tile_grain(p.plan.n), pieces = 0;
    loss_rows l = {.p = &p, .piece = tad__split_size(rows, grain)};
    l.tile = tad__min(tad__tile_rows(p.plan.n), rows) * p.plan.n * p.plan.width;
    if (rows) pieces = (rows - 1) / l.piece + 1;
    const tad_array *kept = room_for_gradient(&p);
    if (kept)
        l.gradient = kept->data;
    else if (rows && !(l.room = tad__scratch(c->compute, pieces * l.tile)))
        return TAD_NO_MEMORY;
    tad__split(c->compute->threads, rows, grain, loss_piece, &l);
    for (size_t i = 0; i < pieces; i++) total += l.sum[i];
    if (p.reduction != TAD_EACH) set_number(c->out[0], 0, total / p.divisor);
    return TAD_OK;
}

/* The cotangent of a row's loss. */
static double cotangent_of(const entropy_call *p, size_t row) {
    return number_at(p->plan.dtype, p->g->data, p->reduction == TAD_EACH ? (int64_t)row : 0);
}

/* Rows for a cotangent of 1 become those for the real one. */
static void apply_cotangent(const entropy_call *p, size_t first, size_t rows, void *dx) {
    size_t n = p->plan.n;
    for (size_t r = 0; r < rows; r++) {
        double g = cotangent_of(p, first + r);
        if (g == 1) continue;
        if (p->plan.dtype == TAD_F64)
            for (size_t i = 0; i < n; i++) ((double *)dx)[r * n + i] *= g;
        else
            for (size_t i = 0; i < n; i++) ((float *)dx)[r * n + i] *= (float)g;
    }
}

static void kept_piece(void *arg, size_t first, size_t end) {
    const entropy_call *p = arg;
    apply_cotangent(p, first, end - first, p->kept + first * p->plan.n * p->plan.width);
}

static void fill_logits(void *context, size_t first, size_t rows, void *to) {
    const entropy_call *p = context;
    tad__entropy e = rows_from(p, first);
    const char *x = p->x + first * p->plan.n * p->plan.width;
    p->plan.compute->kernels->softmax->entropy_gradient[p->plan.dtype](&e, rows, x, 1 / p->divisor,
                                                                    NULL, to);
    apply_cotangent(p, first, rows, to);
}

/* Of probabilities: -(1 - smoothing) w log softmax(x). */
static void fill_target(void *context, size_t first, size_t rows, void *to) {
    const entropy_call *p = context;
    size_t n = p->plan.n;
    const char *x = p->x + first * n * p->plan.width;
    p->plan.compute->kernels->softmax->log_softmax[p->plan.dtype](rows, n, x, to);
    for (size_t i = 0; i < rows * n; i++) {
        double w = p->e.weight ? number_at(p->plan.dtype, p->e.weight, (int64_t)(i % n)) : 1;
        double f = (p->e.smoothing - 1) * w * cotangent_of(p, first + i / n) / p->divisor;
        if (p->plan.dtype == TAD_F64)
            ((double *)to)[i] *= f;
        else
            ((float *)to)[i] *= (float)f;
    }
}

/* What a class of a row counts for, before its weight. */
static double portion(const entropy_call *p, size_t row, size_t class) {
    double even = p->e.smoothing / (double)p->plan.n, rest = 1 - p->e.smoothing;
    if (p->target)
        return rest * number_at(p->plan.dtype, p->target, (int64_t)(row * p->plan.n + class)) +
               even;
    if (p->label[row] == p->e.ignore) return 0;
    return p->label[row] == (int64_t) class ? rest + even : even;
}

/* Adds what the rows' losses are worth to each class's weight. NULL: no memory. */
static double *weigh_classes(const entropy_call *p) {
    size_t n = p->plan.n, step = tad__tile_rows(n), row = n * p->plan.width;
    double *sum = tad__scratch(p->plan.compute, n * sizeof *sum);
    char *room = tad__scratch(p->plan.compute, tad__min(step, p->plan.rows) * row);
    if (!sum || (p->plan.rows && !room)) return NULL;
    memset(sum, 0, n * sizeof *sum);
    for (size_t i = 0; i < p->plan.rows; i += step) {
        size_t rows = tad__min(step, p->plan.rows - i);
        p->plan.compute->kernels->softmax->log_softmax[p->plan.dtype](rows, n, p->x + i * row, room);
        for (size_t k = 0; k < rows * n; k++) {
            double q = portion(p, i + k / n, k % n), g = cotangent_of(p, i + k / n) / p->divisor;
            if (q != 0) sum[k % n] -= q * g * number_at(p->plan.dtype, room, (int64_t)k);
        }
    }
    return sum;
}

/* A mean over labels is divided by the sum of their weights, which a weight is part of as often as
 * its class is a label. */
static void subtract_shares(const entropy_call *p, double *sum) {
    if (p->reduction != TAD_MEAN || !p->label) return;
    double loss =
        number_at(p->plan.dtype, p->frame->out[0]->data, 0) * cotangent_of(p, 0) / p->divisor;
    for (size_t i = 0; i < p->plan.rows; i++)
        if (p->label[i] != p->e.ignore) sum[p->label[i]] -= loss;
}

static tad_status put_weights(tad_backward *b, const entropy_call *p, double *sum) {
    bool fresh;
    tad_array *to = tad_backward_buffer(b, WEIGHT, &fresh);
    if (!to || !sum) return TAD_NO_MEMORY;
    subtract_shares(p, sum);
    for (size_t i = 0; i < p->plan.n; i++)
        set_number(to, i, sum[i] + (fresh ? 0 : number_at(p->plan.dtype, to->data, (int64_t)i)));
    return TAD_OK;
}

static bool wants_weight(const tad_backward *b) {
    return b->call.n_in > WEIGHT && b->wanted[WEIGHT];
}

static tad_status cross_entropy_backward(tad_backward *b) {
    entropy_call p;
    tad_status status = TAD_OK;
    const tad_array *kept = tad_saved(b);
    if (!b->cotangent[0]) return TAD_OK;
    if (!prepare(&p, &b->call)) return TAD_NO_MEMORY;
    p.g = b->cotangent[0];
    if (wants_weight(b)) status = put_weights(b, &p, weigh_classes(&p));
    if (status) return status;
    if (b->wanted[X] && kept && tad_backward_is_fresh(b, X)) {
        p.kept = kept->data;
        tad__split(p.plan.compute->threads, p.plan.rows, tad__tile_grain(p.plan.n), kept_piece, &p);
        tad_backward_pass_saved(b, X);
    } else if (b->wanted[X])
        status = tad__rows_gradient(b, X, &p.plan, fill_logits, &p);
    if (!status && p.target && b->wanted[T])
        status = tad__rows_gradient(b, T, &p.plan, fill_target, &p);
    return status;
}

/* ---- nll_loss ---- */

/* Where the number of a position's label lies. */
static size_t picked(const entropy_call *p, size_t row) {
    size_t inner = 1; /* positions that lie next to each other */
    const tad_array *x = p->frame->in[X];
    for (int i = class_axis(x->rank) + 1; i < x->rank; i++) inner *= (size_t)x->dim[i];
    return (row / inner * p->plan.n + (size_t)p->label[row]) * inner + row % inner;
}

static double label_factor(const entropy_call *p, size_t row) {
    return p->e.weight ? number_at(p->plan.dtype, p->e.weight, p->label[row]) : 1;
}

/* A sum of losses for each piece of the positions. */
typedef struct nll_sums {
    const entropy_call *call;
    size_t piece;
    double part[TAD__MOST_PIECES];
} nll_sums;

static void nll_piece(void *arg, size_t first, size_t end) {
    nll_sums *s = arg;
    const entropy_call *p = s->call;
    double total = 0;
    for (size_t i = first; i < end; i++) {
        double loss = 0, w = p->label[i] == p->e.ignore ? 0 : label_factor(p, i);
        if (w != 0) loss = -w * number_at(p->plan.dtype, p->x, (int64_t)picked(p, i));
        total += loss;
        if (p->reduction == TAD_EACH) set_number(p->frame->out[0], i, loss);
    }
    s->part[first / s->piece] = total;
}

static tad_status nll_forward(const tad_call_frame *c) {
    entropy_call p;
    double total = 0;
    if (!prepare(&p, c)) return TAD_NO_MEMORY;
    nll_sums s = {.call = &p, .piece = tad__split_size(p.plan.rows, TAD__GRAIN)};
    tad__split(c->compute->threads, p.plan.rows, TAD__GRAIN, nll_piece, &s);
    for (size_t i = 0; i * s.piece < p.plan.rows; i++) total += s.part[i];
    if (p.reduction != TAD_EACH) set_number(c->out[0], 0, total / p.divisor);
    return TAD_OK;
}

static void nll_gradient_piece(void *arg, size_t first, size_t end) {
    const entropy_call *p = arg;
    for (size_t i = first; i < end; i++) {
        if (p->label[i] == p->e.ignore) continue;
        int64_t own = p->reduction == TAD_EACH ? (int64_t)i : 0;
        size_t at = picked(p, i);
        double d = -label_factor(p, i) * number_at(p->plan.dtype, p->g->data, own) / p->divisor;
        if (p->plan.dtype == TAD_F64)
            ((double *)p->dx)[at] += d;
        else
            ((float *)p->dx)[at] += (float)d;
    }
}

static double *weigh_labels(const entropy_call *p) {
    double *sum = tad__scratch(p->plan.compute, p->plan.n * sizeof *sum);
    if (!sum) return NULL;
    memset(sum, 0, p->plan.n * sizeof *sum);
    for (size_t i = 0; i < p->plan.rows; i++)
        if (p->label[i] != p->e.ignore)
            sum[p->label[i]] -= number_at(p->plan.dtype, p->x, (int64_t)picked(p, i)) *
                                cotangent_of(p, i) / p->divisor;
    return sum;
}

static tad_status nll_backward(tad_backward *b) {
    entropy_call p;
    bool fresh;
    tad_status status = TAD_OK;
    if (!b->cotangent[0]) return TAD_OK;
    if (!prepare(&p, &b->call)) return TAD_NO_MEMORY;
    p.g = b->cotangent[0];
    if (wants_weight(b)) status = put_weights(b, &p, weigh_labels(&p));
    if (status || !b->wanted[X]) return status;
    tad_array *dx = tad_backward_buffer(b, X, &fresh);
    if (!dx) return TAD_NO_MEMORY;
    p.dx = dx->data;
    if (fresh) tad__clear(b->call.compute, dx);
    tad__split(b->call.compute->threads, p.plan.rows, TAD__GRAIN, nll_gradient_piece, &p);
    return TAD_OK;
}

/* ---- shares: what each class of a label's row weighs in the loss ---- */

/* q_c = (1 - smoothing) [c is the label] + smoothing / n, divided by the number of rows if a mean
 * is asked for; 0 for ignored labels. Without weights the loss is sum_c q_c (logsumexp(x) - x_c):
 * the rules below are written with it. */

static tad_status share_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const share_options *o = c->options;
    tad_shape s = tad__shape_of(c->in[0]), r = {s.rank + 1, {0}};
    int axis = class_axis(r.rank);
    if (c->in[0]->dtype != TAD_I64 || (unsigned)o->dtype > TAD_F32)
        return tad_fail(c, TAD_BAD_DTYPE, "needs int64 labels and a float type");
    if (o->classes < 1 || r.rank > TAD_MAX_RANK)
        return tad_fail(c, TAD_BAD_SHAPE, "no room for %lld classes", (long long)o->classes);
    for (int i = 0, k = 0; i < r.rank; i++) r.dim[i] = i == axis ? o->classes : s.dim[k++];
    tad_status status = check_options(c, &o->loss);
    if (!status) status = check_labels(c, c->in[0], o->classes, ignored(&o->loss));
    out[0] = (tad_type){(tad_dtype)o->dtype, r};
    return status;
}

static double share(const share_options *o, int64_t label, int64_t class) {
    double q = o->loss.label_smoothing / (double)o->classes;
    return label == class ? q + 1 - o->loss.label_smoothing : q;
}

static tad_status share_forward(const tad_call_frame *c) {
    const share_options *o = c->options;
    const tad_array *in = c->in[0];
    const int64_t *label = contiguous(c->compute, in);
    if (!label) return TAD_NO_MEMORY;
    size_t inner = 1, rows = (size_t)in->size;
    for (int i = 1; i < in->rank; i++) inner *= (size_t)in->dim[i];
    double divisor = 1;
    if (o->loss.reduction == TAD_MEAN)
        divisor = label_weight(label, rows, ignored(&o->loss), (tad_dtype)o->dtype, NULL);
    for (size_t i = 0; i < (size_t)c->out[0]->size; i++) {
        size_t outer = i / inner / (size_t)o->classes;
        int64_t class = (int64_t)(i / inner % (size_t)o->classes),
                own = label[outer * inner + i % inner];
        double q = own == ignored(&o->loss) ? 0 : share(o, own, class) / divisor;
        set_number(c->out[0], i, q);
    }
    return TAD_OK;
}

/* ---- rules ---- */

static bool has_weight(const tad_rule *r) {
    return r->n_in > WEIGHT && !tad_is_none(r->in[WEIGHT]);
}

/* A number for each class, along the class axis. */
static tad_var along_classes(const tad_rule *r, tad_var v) {
    tad_shape x = tad_shape_of(r->in[X]), s = {x.rank - class_axis(x.rank), {0}};
    for (int i = 0; i < s.rank; i++) s.dim[i] = i ? 1 : x.dim[class_axis(x.rank)];
    return tad_reshape(v, s);
}

static tad_var class_weight(const tad_rule *r) { return along_classes(r, r->in[WEIGHT]); }

/* What the loss is divided by when the targets are probabilities. */
static double positions(const tad_rule *r) {
    const entropy_options *o = r->options;
    tad_shape x = tad_shape_of(r->in[X]);
    return o->reduction == TAD_MEAN
               ? (double)tad_size_of(r->in[X]) / (double)x.dim[class_axis(x.rank)]
               : 1;
}

static bool has_labels(const tad_rule *r) { return tad_dtype_of(r->in[T]) == TAD_I64; }

static tad_var label_shares(const tad_rule *r, entropy_options o) {
    tad_shape x = tad_shape_of(r->in[X]);
    share_options s = {o, x.dim[class_axis(x.rank)], (int)tad_dtype_of(r->in[X])};
    return tad_apply(&tad__ops_entropy[SHARES], &r->in[T], 1, &s, NULL, 0);
}

/* q without weights, and divided only where that does not depend on them. */
static tad_var portions(const tad_rule *r) {
    entropy_options o = *(const entropy_options *)r->options;
    tad_shape x = tad_shape_of(r->in[X]);
    double even = o.label_smoothing / (double)x.dim[class_axis(x.rank)];
    if (has_labels(r)) {
        if (has_weight(r)) o.reduction = TAD_SUM;
        return label_shares(r, o);
    }
    tad_var q = tad_add(tad_mul(r->in[T], tad_number(1 - o.label_smoothing)), tad_number(even));
    return tad_mul(q, tad_number(1 / positions(r)));
}

/* Whether the loss is a mean over the weights of labels. */
static bool divides_by_weights(const tad_rule *r) {
    const entropy_options *o = r->options;
    return o->reduction == TAD_MEAN && has_labels(r) && has_weight(r);
}

/* Sums to one number for each class. */
static tad_var over_positions(tad_var v) {
    int rank = tad_shape_of(v).rank;
    int others[TAD_MAX_RANK], n = 0;
    for (int i = 0; i < rank; i++)
        if (i != class_axis(rank)) others[n++] = i;
    return tad_sum(v, tad_axes_of(others, (size_t)n));
}

/* How often each class is a label, and the sum of the labels' weights. */
static tad_var counts(const tad_rule *r) {
    entropy_options o = *(const entropy_options *)r->options;
    o.reduction = TAD_SUM;
    o.label_smoothing = 0;
    return over_positions(label_shares(r, o));
}

static tad_var total_weight(const tad_rule *r) {
    return tad_sum(tad_mul(counts(r), r->in[WEIGHT]), tad_all());
}

/* q. A row that does not count has 0 even where nothing counts. */
static tad_var shares(const tad_rule *r) {
    tad_var p = portions(r);
    if (!has_weight(r)) return p;
    tad_var q = tad_mul(p, class_weight(r));
    if (!divides_by_weights(r)) return q;
    return tad_where(tad_equal(p, tad_number(0)), tad_number(0), tad_div(q, total_weight(r)));
}

/* By the weight of its class: q / w times -log softmax(x), or -x of nll_loss, before the division
 * by weights. Zero times infinity is zero. */
static tad_var weight_slope(const tad_rule *r) {
    int axis = class_axis(tad_shape_of(r->in[X]).rank);
    tad_var y = r->op == &tad__ops_entropy[NLL_LOSS] ? r->in[X] : tad_log_softmax(r->in[X], axis);
    double least = tad_dtype_of(y) == TAD_F32 ? -FLT_MAX : -DBL_MAX;
    return tad_neg(tad_mul(portions(r), tad_maximum(y, tad_number(least))));
}

/* Where nothing counts no weight has a say. */
static tad_var over_total(const tad_rule *r, tad_var d) {
    tad_var total = total_weight(r), zero = tad_number(0);
    return tad_where(tad_equal(total, zero), zero, tad_div(d, total));
}

/* A mean over labels is divided by the total weight, which grows by each label's. */
static tad_var weight_gradient(const tad_rule *r, tad_var g) {
    tad_var d = over_positions(tad_mul(g, weight_slope(r)));
    if (!divides_by_weights(r)) return d;
    tad_var lost = tad_mul(tad_mul(g, r->out[0]), counts(r));
    return over_total(r, tad_sub(d, lost));
}

/* dq/dt, times log softmax(x): minus the derivative by the target. */
static tad_var target_slope(const tad_rule *r) {
    const entropy_options *o = r->options;
    tad_var y = tad_log_softmax(r->in[X], class_axis(tad_shape_of(r->in[X]).rank));
    if (has_weight(r)) y = tad_mul(y, class_weight(r));
    return tad_mul(y, tad_number((1 - o->label_smoothing) / positions(r)));
}

/* The derivative by the logits: (sum q) softmax(x) - q; of nll_loss: -q. */
static tad_var logit_slope(const tad_rule *r) {
    int axis = class_axis(tad_shape_of(r->in[X]).rank);
    tad_var q = shares(r);
    if (r->op == &tad__ops_entropy[NLL_LOSS]) return tad_neg(q);
    tad_var sum = tad_sum(q, tad_keepdims(tad_axis(axis)));
    return tad_sub(tad_mul(sum, tad_softmax(r->in[X], axis)), q);
}

static void entropy_vjp(tad_rule *r) {
    const entropy_options *o = r->options;
    tad_var g = r->given[0];
    if (o->reduction == TAD_EACH) g = tad_unsqueeze(g, class_axis(tad_shape_of(r->in[X]).rank));
    if (r->wanted[X]) r->result[X] = tad_mul(g, logit_slope(r));
    if (r->wanted[T]) r->result[T] = tad_neg(tad_mul(g, target_slope(r)));
    if (has_weight(r) && r->wanted[WEIGHT]) r->result[WEIGHT] = weight_gradient(r, g);
}

/* Adds a term of a tangent; the first one is the sum. */
static void add_term(tad_var *sum, tad_var term) {
    *sum = tad_is_nil(*sum) ? term : tad_add(*sum, term);
}

/* What the division by weights takes away when those move. */
static tad_var lost_by_division(const tad_rule *r) {
    return tad_mul(r->out[0], tad_sum(tad_mul(counts(r), r->given[WEIGHT]), tad_all()));
}

static void entropy_jvp(tad_rule *r) {
    const entropy_options *o = r->options;
    int axis = class_axis(tad_shape_of(r->in[X]).rank);
    bool weighs = has_weight(r) && !tad_is_nil(r->given[WEIGHT]), none = o->reduction == TAD_EACH;
    tad_axes over = none ? tad_axis(axis) : tad_all();
    tad_var sum = r->result[0];
    if (!tad_is_nil(r->given[X])) add_term(&sum, tad_mul(logit_slope(r), r->given[X]));
    if (!tad_is_nil(r->given[T])) add_term(&sum, tad_neg(tad_mul(target_slope(r), r->given[T])));
    if (!tad_is_nil(sum)) sum = tad_sum(sum, over);
    if (weighs) {
        tad_var d = tad_sum(tad_mul(weight_slope(r), along_classes(r, r->given[WEIGHT])), over);
        if (divides_by_weights(r)) d = over_total(r, tad_sub(d, lost_by_division(r)));
        add_term(&sum, d);
    }
    r->result[0] = sum;
}

/* ---- the family ---- */

#define ENTROPY_OPTIONS                                                                            \
    {.name = "reduction",                                                                          \
     .kind = TAD_OPTION_CHOICE,                                                                    \
     .choices = "mean|sum|none",                                                                   \
     .offset = offsetof(entropy_options, reduction)},                                              \
    {                                                                                              \
        .name = "ignore_index", .kind = TAD_OPTION_MAYBE_INT,                                      \
        .offset = offsetof(entropy_options, ignore_index)                                          \
    }
static const tad_option cross_entropy_options[] = {
    ENTROPY_OPTIONS,
    {.name = "label_smoothing",
     .kind = TAD_OPTION_FLOAT,
     .offset = offsetof(entropy_options, label_smoothing)},
};
static const tad_option nll_options[] = {ENTROPY_OPTIONS};
static const tad_option share_option_list[] = {
    ENTROPY_OPTIONS,
    {.name = "label_smoothing",
     .kind = TAD_OPTION_FLOAT,
     .offset = offsetof(entropy_options, label_smoothing)},
    {.name = "classes",
     .kind = TAD_OPTION_INT,
     .offset = offsetof(share_options, classes),
     .required = true},
    {.name = "dtype", .kind = TAD_OPTION_DTYPE, .offset = offsetof(share_options, dtype)},
};

#define OPTIONS(...)                                                                               \
    .options = &(const entropy_options) { .reduction = __VA_ARGS__ }
#define SHARE(c, ...)                                                                              \
    .options = &(const share_options) {                                                            \
        .classes = c, .loss = {.reduction = __VA_ARGS__ }                                          \
    }
#define SIMPLEX(...)                                                                               \
    { TAD__TYPE(TAD_F64, __VA_ARGS__), .fill = TAD_FILL_SIMPLEX }
#define WEIGHTS(n)                                                                                 \
    { TAD__TYPE(TAD_F64, n), .lo = 0.5, .hi = 2 }
#define LABEL_0D(n)                                                                                \
    { .type = {TAD_I64, {0, {0}}}, .fill = TAD_FILL_INTEGER, .hi = n, .constant = true }

static const tad_sample cross_entropy_samples[] = {
    {.label = "labels", .n = 2, .in = {TAD__F64(7, 5), TAD__INDICES(5, 7)}},
    {.label = "sum", .n = 2, .in = {TAD__F64(7, 5), TAD__INDICES(5, 7)}, OPTIONS(TAD_SUM)},
    {.label = "none", .n = 2, .in = {TAD__F64(3, 37), TAD__INDICES(37, 3)}, OPTIONS(TAD_EACH)},
    {.label = "pixels", .n = 2, .in = {TAD__F64(2, 5, 3, 2), TAD__INDICES(5, 2, 3, 2)}},
    {.label = "one vector", .n = 2, .in = {TAD__F64(5), LABEL_0D(5)}},
    {.label = "weights", .n = 3, .in = {TAD__F64(7, 5), TAD__INDICES(5, 7), WEIGHTS(5)}},
    {.label = "ignored",
     .n = 2,
     .in = {TAD__F64(11, 3), TAD__INDICES(3, 11)},
     OPTIONS(TAD_MEAN, .ignore_index = TAD__GIVEN(1))},
    {.label = "smoothed, weights",
     .n = 3,
     .in = {TAD__F64(7, 5), TAD__INDICES(5, 7), WEIGHTS(5)},
     OPTIONS(TAD_MEAN, .label_smoothing = 0.1)},
    {.label = "probabilities", .n = 2, .in = {TAD__F64(7, 5), SIMPLEX(7, 5)}},
    {.label = "smoothed probabilities, weights",
     .n = 3,
     .in = {TAD__F64(2, 3, 5), TAD__F64(2, 3, 5), WEIGHTS(3)},
     OPTIONS(TAD_EACH, .label_smoothing = 0.1)},
    {.label = "probabilities, weights, mean",
     .n = 3,
     .in = {TAD__F64(4, 3), SIMPLEX(4, 3), WEIGHTS(3)}},
    {.label = "pixels, weights, ignored",
     .n = 3,
     .in = {TAD__F64(2, 3, 5), TAD__INDICES(3, 2, 5), WEIGHTS(3)},
     OPTIONS(TAD_MEAN, .label_smoothing = 0.2, .ignore_index = TAD__GIVEN(2))},
    {.label = "one vector, weights, sum",
     .n = 3,
     .in = {TAD__F64(5), LABEL_0D(5), WEIGHTS(5)},
     OPTIONS(TAD_SUM)},
    {.label = "one class", .n = 2, .in = {TAD__F64(3, 1), TAD__INDICES(1, 3)}},
    {.label = "empty", .n = 2, .in = {TAD__F64(0, 5), TAD__INDICES(5, 0)}, OPTIONS(TAD_SUM)},
};
static const tad_sample nll_samples[] = {
    {.label = "labels", .n = 2, .in = {TAD__F64(7, 5), TAD__INDICES(5, 7)}},
    {.label = "sum, weights",
     .n = 3,
     .in = {TAD__F64(7, 5), TAD__INDICES(5, 7), WEIGHTS(5)},
     OPTIONS(TAD_SUM)},
    {.label = "none, pixels",
     .n = 2,
     .in = {TAD__F64(2, 5, 3, 2), TAD__INDICES(5, 2, 3, 2)},
     OPTIONS(TAD_EACH)},
    {.label = "one vector", .n = 2, .in = {TAD__F64(5), LABEL_0D(5)}},
    {.label = "none, weights",
     .n = 3,
     .in = {TAD__F64(7, 5), TAD__INDICES(5, 7), WEIGHTS(5)},
     OPTIONS(TAD_EACH)},
    {.label = "ignored",
     .n = 3,
     .in = {TAD__F64(11, 3), TAD__INDICES(3, 11), WEIGHTS(3)},
     OPTIONS(TAD_MEAN, .ignore_index = TAD__GIVEN(1))},
    {.label = "empty", .n = 2, .in = {TAD__F64(0, 5), TAD__INDICES(5, 0)}, OPTIONS(TAD_SUM)},
};
static const tad_sample share_samples[] = {
    {.label = "labels", .n = 1, .in = {TAD__INDICES(5, 7)}, SHARE(5, TAD_MEAN)},
    {.label = "pixels", .n = 1, .in = {TAD__INDICES(5, 2, 3, 2)}, SHARE(5, TAD_SUM)},
    {.label = "one", .n = 1, .in = {LABEL_0D(3)}, SHARE(3, TAD_EACH)},
    {.label = "smoothed",
     .n = 1,
     .in = {TAD__INDICES(5, 7)},
     SHARE(5, TAD_SUM, .label_smoothing = 0.1, .ignore_index = TAD__GIVEN(2))},
    {.label = "float32",
     .n = 1,
     .in = {TAD__INDICES(5, 3)},
     .options = &(const share_options){.classes = 5, .dtype = TAD_F32}},
    {.label = "empty", .n = 1, .in = {TAD__INDICES(5, 0)}, SHARE(5, TAD_SUM)},
};

#define ENTROPY_MISUSE                                                                             \
    {.label = "label too large",                                                                   \
     .n = 2,                                                                                       \
     .in = {TAD__F64(2, 3), {TAD__TYPE(TAD_I64, 2), .fill = TAD_FILL_INTEGER, .lo = 3, .hi = 4}},  \
     .expect = TAD_BAD_INDEX},                                                                     \
        {.label = "label negative",                                                                \
         .n = 2,                                                                                   \
         .in = {TAD__F64(2, 3),                                                                    \
                {TAD__TYPE(TAD_I64, 2), .fill = TAD_FILL_INTEGER, .lo = -1, .hi = 0}},             \
         .expect = TAD_BAD_INDEX},                                                                 \
        {.label = "number of labels",                                                              \
         .n = 2,                                                                                   \
         .in = {TAD__F64(2, 3), TAD__INDICES(3, 3)},                                               \
         .expect = TAD_BAD_SHAPE},                                                                 \
        {.label = "number of weights",                                                             \
         .n = 3,                                                                                   \
         .in = {TAD__F64(2, 3), TAD__INDICES(3, 2), WEIGHTS(2)},                                   \
         .expect = TAD_BAD_SHAPE},                                                                 \
        {.label = "no classes",                                                                    \
         .n = 2,                                                                                   \
         .in = {TAD__F64(2, 0), TAD__INDICES(1, 2)},                                               \
         .expect = TAD_BAD_SHAPE},                                                                 \
    {                                                                                              \
        .label = "boolean target", .n = 2, .in = {TAD__F64(2, 3), TAD__MASK(2)},                   \
        .expect = TAD_BAD_DTYPE                                                                    \
    }
static const tad_misuse cross_entropy_misuse[] = {
    ENTROPY_MISUSE,
    {.label = "shape of probabilities",
     .n = 2,
     .in = {TAD__F64(2, 3), SIMPLEX(3, 2)},
     .expect = TAD_BAD_SHAPE},
    {.label = "smoothing",
     .n = 2,
     .in = {TAD__F64(2, 3), TAD__INDICES(3, 2)},
     OPTIONS(TAD_MEAN, .label_smoothing = 1.5),
     .expect = TAD_BAD_ARGUMENT},
};
static const tad_misuse nll_misuse[] = {
    ENTROPY_MISUSE,
    {.label = "probabilities",
     .n = 2,
     .in = {TAD__F64(2, 3), SIMPLEX(2, 3)},
     .expect = TAD_BAD_DTYPE},
};
static const tad_misuse share_misuse[] = {
    {.label = "label",
     .n = 1,
     .in = {TAD__INDICES(5, 7)},
     SHARE(1, TAD_MEAN),
     .expect = TAD_BAD_INDEX},
    {.label = "no classes", .n = 1, .in = {TAD__INDICES(5, 7)}, .expect = TAD_BAD_SHAPE},
    {.label = "no labels",
     .n = 1,
     .in = {TAD__F64(7)},
     SHARE(5, TAD_MEAN),
     .expect = TAD_BAD_DTYPE},
};

const tad_op tad__ops_entropy[] = {
    [CROSS_ENTROPY] = {.name = "cross_entropy",
                       .family = "loss",
                       .doc = "-sum t log softmax(x): labels or probabilities, weights of classes; "
                              "classes on axis 1",
                       .min_in = 2,
                       .max_in = 3,
                       .n_out = 1,
                       TAD__OPTIONS(entropy_options, cross_entropy_options),
                       .shape = entropy_shape,
                       .forward = cross_entropy_forward,
                       .vjp = entropy_vjp,
                       .jvp = entropy_jvp,
                       .backward = cross_entropy_backward,
                       TAD__SAMPLES(cross_entropy_samples),
                       TAD__MISUSE(cross_entropy_misuse)},
    [NLL_LOSS] = {.name = "nll_loss",
                  .family = "loss",
                  .doc = "-x[label] of log-probabilities, weights of classes; classes on axis 1",
                  .min_in = 2,
                  .max_in = 3,
                  .n_out = 1,
                  .constant_in = 1u << T,
                  TAD__OPTIONS(entropy_options, nll_options),
                  .shape = entropy_shape,
                  .forward = nll_forward,
                  .vjp = entropy_vjp,
                  .jvp = entropy_jvp,
                  .backward = nll_backward,
                  TAD__SAMPLES(nll_samples),
                  TAD__MISUSE(nll_misuse)},
    [SHARES] = {.name = "cross_entropy_shares",
                .family = "loss",
                .doc = "what each class of a label's row counts for in cross_entropy",
                .min_in = 1,
                .max_in = 1,
                .n_out = 1,
                .flags = TAD_OP_FLAT | TAD_OP_INTERNAL,
                .constant_in = 1,
                TAD__OPTIONS(share_options, share_option_list),
                .shape = share_shape,
                .forward = share_forward,
                TAD__SAMPLES(share_samples),
                TAD__MISUSE(share_misuse)},
};
const size_t tad__ops_entropy_count = COUNT;

static tad_var apply(int op, tad_var x, tad_var t, tad_maybe_int ignore,
                     const tad_cross_entropy_options *given) {
    const tad_cross_entropy_options standard = {.reduction = TAD_MEAN}, *from = given ? given : &standard;
    entropy_options o = {from->reduction, ignore, from->label_smoothing};
    tad_var in[] = {x, t, from->weight.tape ? from->weight : tad_none()};
    return tad_apply(&tad__ops_entropy[op], in, 3, &o, NULL, 0);
}

static const tad_maybe_int standard_ignore = {false, 0};

tad_var tad_cross_entropy(tad_var logits, tad_var target, const tad_cross_entropy_options *options) {
    return apply(CROSS_ENTROPY, logits, target, standard_ignore, options);
}

tad_var tad_nll_loss(tad_var log_probability, tad_var target,
                     const tad_cross_entropy_options *options) {
    return apply(NLL_LOSS, log_probability, target, standard_ignore, options);
}

tad_var tad_cross_entropy_ignoring(tad_var logits, tad_var target, int64_t ignore_index,
                                   const tad_cross_entropy_options *options) {
    return apply(CROSS_ENTROPY, logits, target, (tad_maybe_int){true, ignore_index}, options);
}

tad_var tad_nll_loss_ignoring(tad_var log_probability, tad_var target, int64_t ignore_index,
                              const tad_cross_entropy_options *options) {
    return apply(NLL_LOSS, log_probability, target, (tad_maybe_int){true, ignore_index}, options);
}
