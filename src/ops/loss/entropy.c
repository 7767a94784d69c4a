/* cross_entropy and nll_loss: shapes, and a call prepared for kernels. Rests on entropy.h. */
#include "entropy.h"

#include <string.h>

#include "ops/operands.h"

static tad_shape without_classes(const tad_shape *s) {
    return tad__shape_reduced(s, 1u << tad__class_axis(s->rank), false);
}

/* ---- checks ---- */

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

tad_status tad__check_labels(const tad_call_frame *c, const tad_array *labels, int64_t classes,
                             int64_t ignore) {
    tad_shape place;
    char text[TAD__SHAPE_ROOM];
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

tad_status tad__check_entropy_options(const tad_call_frame *c, const tad__entropy_options *o) {
    if ((unsigned)o->reduction > TAD_EACH)
        return tad_fail(c, TAD_BAD_ARGUMENT, "no such reduction");
    if (!(o->label_smoothing >= 0 && o->label_smoothing <= 1))
        return tad_fail(c, TAD_BAD_ARGUMENT, "label_smoothing %g is not in 0 .. 1",
                        o->label_smoothing);
    return TAD_OK;
}

static tad_status check_target(const tad_call_frame *c, const tad_shape *s, int64_t classes) {
    const tad__entropy_options *o = c->options;
    const tad_array *t = c->in[TAD__ENTROPY_T];
    tad_shape own = tad__shape_of(t), labels = without_classes(s);
    if (t->dtype == TAD_I64 && tad__shape_equal(&own, &labels))
        return tad__check_labels(c, t, classes, tad__ignored(o));
    if (t->dtype == TAD_I64) return tad_fail(c, TAD_BAD_SHAPE, "needs one label for each position");
    if (tad__is_nll(c->op) || t->dtype != c->in[TAD__ENTROPY_X]->dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "the target is %s", tad_dtype_name((tad_dtype)t->dtype));
    if (tad__shape_equal(&own, s)) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE,
                    "probabilities must have the shape of the logits; labels are int64");
}

tad_status tad__entropy_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__entropy_options *o = c->options;
    tad_shape s = tad__shape_of(c->in[TAD__ENTROPY_X]);
    if (tad__needs_float(c, TAD__ENTROPY_X)) return TAD_BAD_DTYPE;
    if (s.rank == 0 || s.dim[tad__class_axis(s.rank)] == 0)
        return tad_fail(c, TAD_BAD_SHAPE, "there are no classes");
    int64_t classes = s.dim[tad__class_axis(s.rank)];
    tad_status status = tad__check_entropy_options(c, o);
    if (!status)
        status = check_weight(c, tad__entropy_weights(c), (tad_dtype)c->in[TAD__ENTROPY_X]->dtype,
                              classes);
    if (!status) status = check_target(c, &s, classes);
    out[0].dtype = (tad_dtype)c->in[TAD__ENTROPY_X]->dtype;
    out[0].shape = o->reduction == TAD_EACH ? without_classes(&s) : TAD_0D;
    return status;
}

/* ---- one call, prepared ---- */

double tad__label_weight(const int64_t *label, size_t n, int64_t ignore, tad_dtype dtype,
                         const void *w) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        if (label[i] != ignore) sum += w ? tad__number_at(dtype, w, (size_t)label[i]) : 1;
    return sum;
}

bool tad__entropy_prepare(tad__entropy_call *p, const tad_call_frame *c) {
    const tad__entropy_options *o = c->options;
    const tad_array *x = c->in[TAD__ENTROPY_X], *t = c->in[TAD__ENTROPY_T],
                    *w = tad__entropy_weights(c);
    tad_shape s = tad__shape_of(x);
    memset(p, 0, sizeof *p);
    p->frame = c;
    p->reduction = o->reduction;
    tad__rows_plan(&p->plan, c->compute, (tad_dtype)x->dtype, &s, 1u << tad__class_axis(s.rank));
    p->e =
        (tad__entropy){.n = p->plan.n, .smoothing = o->label_smoothing, .ignore = tad__ignored(o)};
    bool nll = tad__is_nll(c->op);
    p->x = nll ? tad__numbers_of(c->compute, x) : tad__rows_of(&p->plan, x);
    if (t->dtype == TAD_I64)
        p->label = tad__numbers_of(c->compute, t);
    else
        p->target = tad__rows_of(&p->plan, t);
    if (w) p->e.weight = tad__numbers_of(c->compute, w);
    if (!p->x || (!p->label && !p->target) || (w && !p->e.weight)) return false;
    size_t rows = p->plan.rows;
    p->divisor = o->reduction != TAD_MEAN ? 1
                 : !p->label
                     ? (double)rows
                     : tad__label_weight(p->label, rows, p->e.ignore, p->plan.dtype, p->e.weight);
    return true;
}

/* ---- the gradient of the weights ---- */

/* A mean over labels is divided by the sum of their weights, which a weight is part of as often as
 * its class is a label. */
static void subtract_shares(const tad__entropy_call *p, double *sum) {
    if (p->reduction != TAD_MEAN || !p->label) return;
    double loss = tad__number_at(p->plan.dtype, p->frame->out[0]->data, 0) *
                  tad__cotangent_of(p, 0) / p->divisor;
    for (size_t i = 0; i < p->plan.rows; i++)
        if (p->label[i] != p->e.ignore) sum[p->label[i]] -= loss;
}

tad_status tad__put_weights(tad_backward *b, const tad__entropy_call *p, double *sum) {
    bool fresh;
    tad_array *to = tad_backward_buffer(b, TAD__ENTROPY_WEIGHT, &fresh);
    if (!to || !sum) return TAD_NO_MEMORY;
    subtract_shares(p, sum);
    for (size_t i = 0; i < p->plan.n; i++)
        tad__set_number(to, i, sum[i] + (fresh ? 0 : tad__number_at(p->plan.dtype, to->data, i)));
    return TAD_OK;
}

bool tad__wants_weight(const tad_backward *b) {
    return b->call.n_in > TAD__ENTROPY_WEIGHT && b->wanted[TAD__ENTROPY_WEIGHT];
}

/* ---- constructors ---- */

tad_var tad__entropy_apply(const tad_op *op, tad_var x, tad_var t, tad_maybe_int ignore,
                           const tad_cross_entropy_options *options) {
    const tad_cross_entropy_options standard = {.reduction = TAD_MEAN};
    const tad_cross_entropy_options *from = options ? options : &standard;
    const tad__entropy_options o = {from->reduction, ignore, from->label_smoothing};
    tad_var in[] = {x, t, from->weight.tape ? from->weight : tad_none()};
    return tad_apply(op, in, 3, &o, NULL, 0);
}
