/* The gradient of cross_entropy by its logits as an op: what a recorded gradient consists of, and
 * what the numeric sweep computes. Rests on entropy_text.h. */
#include <stddef.h>

#include "entropy_text.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

/* ---- values ---- */

tad__entropy tad__entropy_rows(const tad__entropy_call *p, size_t first) {
    tad__entropy e = p->e;
    if (p->label)
        e.label = p->label + first;
    else
        e.target = p->target + first * p->plan.n * p->plan.width;
    return e;
}

void tad__entropy_scale(const tad__entropy_call *p, size_t first, size_t rows, void *dx) {
    size_t n = p->plan.n;
    for (size_t r = 0; r < rows; r++) {
        double g = tad__cotangent_of(p, first + r);
        if (g == 1) continue;
        if (p->plan.dtype == TAD_F64)
            for (size_t i = 0; i < n; i++) ((double *)dx)[r * n + i] *= g;
        else
            for (size_t i = 0; i < n; i++) ((float *)dx)[r * n + i] *= (float)g;
    }
}

void tad__entropy_fill(void *context, size_t first, size_t rows, void *to) {
    const tad__entropy_call *p = context;
    tad__entropy e = tad__entropy_rows(p, first);
    const char *x = p->x + first * p->plan.n * p->plan.width;
    p->plan.compute->kernels->softmax->entropy_gradient[p->plan.dtype](&e, rows, x, 1 / p->divisor,
                                                                       NULL, to);
    if (p->g) tad__entropy_scale(p, first, rows, to);
}

static const tad_array *cotangent_of(const tad_call_frame *c) {
    return c->n_in > TAD__ENTROPY_G ? c->in[TAD__ENTROPY_G] : NULL;
}

static tad_status entropy_gradient_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    const tad_array *g = cotangent_of(c);
    const tad_status status = tad__entropy_shape(c, out, n_out);
    if (status != TAD_OK) return status;
    if (g && g->dtype != out[0].dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "the cotangent is %s",
                        tad_dtype_name((tad_dtype)g->dtype));
    const tad_shape loss = out[0].shape, own = g ? tad__shape_of(g) : loss;
    if (!tad__shape_equal(&own, &loss))
        return tad_fail(c, TAD_BAD_SHAPE, "the cotangent must have the shape of the loss");
    out[0].shape = tad__shape_of(c->in[TAD__ENTROPY_X]);
    return TAD_OK;
}

static tad_status entropy_gradient_forward(const tad_call_frame *c) {
    tad__entropy_call p;
    const tad_array *g = cotangent_of(c);
    if (!tad__entropy_prepare(&p, c)) return TAD_NO_MEMORY;
    if (g && !(p.g = tad__contiguous(c->compute, g))) return TAD_NO_MEMORY;
    return tad__rows_result(c->out[0], &p.plan, tad__entropy_fill, &p);
}

/* ---- text (kernel/plain/entropy.h) ---- */

static bool has_weights(const tad__c_losses *l) { return l->has_labels && !tad__label_is_all(l); }

/* The variables weights, the sum of all where it counts, and scale, which divides. */
static void put_factors(const tad__c_losses *l) {
    const char *type = tad__c_type(l->dtype);
    tad_c *to = l->to;
    if (has_weights(l)) {
        tad_c_put(to, "const %s weights = ", type);
        if (l->weights)
            tad_c_put(to, "%s(%lld, in2, %lld);\n", tad__c_part(to, "total", l->dtype),
                      (long long)l->n, (long long)tad_strides(l->weights)[0]);
        else {
            tad__c_number(to, (double)l->n, l->dtype);
            tad_c_put(to, ";\n");
        }
    }
    tad_c_put(to, "const %s scale = ", type);
    if (l->by_weight)
        tad_c_put(to, "(%s)(1 / weight);\n", type);
    else {
        const bool mean = l->options->reduction == TAD_MEAN;
        tad__c_number(to, mean ? 1 / (double)l->rows : 1, l->dtype);
        tad_c_put(to, ";\n");
    }
}

/* Begins a statement for each class of the position, which sets or changes its number. */
static void put_each_class(const tad__c_losses *l, int64_t step) {
    tad_c_put(l->to, "for (ptrdiff_t c = 0; c < %lld; c++) out0", (long long)l->n);
    tad__c_at_and(l->to, &l->loop, 2, 0, step, "c");
}

static void put_row(const tad__c_losses *l, int64_t step) {
    tad_c *to = l->to;
    if (l->has_labels) {
        tad_c_put(to, "if (label == ");
        tad__c_integer(to, l->labels.ignore);
        tad_c_put(to, ") {\n");
        put_each_class(l, step);
        tad_c_put(to, " = 0;\n} else {\n");
    }
    tad_c_put(to, "%s(&in0",
              tad__c_part(to,
                          !l->has_labels         ? "target_gradient"
                          : tad__label_is_all(l) ? "label_gradient"
                                                 : "smoothed_gradient",
                          l->dtype));
    tad__c_at(to, &l->loop, 1);
    tad_c_put(to, ", %lld, %lld, &q, %s%sscale, &out0", (long long)l->n, (long long)l->step,
              l->has_labels ? "label, " : "", has_weights(l) ? "weights, " : "");
    tad__c_at(to, &l->loop, 2);
    tad_c_put(to, ", %lld);\n", (long long)step);
    if (l->has_labels) tad_c_put(to, "}\n");
}

static void put_cotangent(const tad__c_losses *l, int64_t step) {
    put_each_class(l, step);
    tad_c_put(l->to, " *= in3");
    if (l->options->reduction == TAD_EACH)
        tad__c_at(l->to, &l->loop, 3);
    else
        tad_c_put(l->to, "[0]");
    tad_c_put(l->to, ";\n");
}

static void entropy_gradient_c_text(const tad_call_frame *c, tad_c *to) {
    const tad__entropy_options *o = c->options;
    const int axis = tad__class_axis(c->out[0]->rank);
    const int64_t step = tad_strides(c->out[0])[axis];
    const tad_array *g = cotangent_of(c);
    const bool each = g && o->reduction == TAD_EACH;
    tad__header h;
    tad__c_losses l;
    tad__c_begin_losses(&l, c, to,
                        (const tad_array *const[]){tad__without_axis(&h, c->out[0], axis), g},
                        each ? 2 : 1);
    if (c->n_in > TAD__ENTROPY_G && !g) tad_c_put(to, "(void)in3;\n");
    put_factors(&l);
    tad__c_open_losses(&l);
    tad__c_put_portions(&l);
    put_row(&l, step);
    if (g) put_cotangent(&l, step);
    tad__c_close(to, &l.loop);
}

/* ---- options, samples, misuse ---- */

static const tad_option entropy_gradient_list[] = {ENTROPY_OPTIONS, SMOOTHING};

static const tad_sample entropy_gradient_samples[] = {
    {CASE("labels", F64(7, 5), INDICES(5, 7), ABSENT, F64_0D)},
    {CASE("for a cotangent of 1", F64(7, 5), INDICES(5, 7))},
    {CASE("sum", F64(7, 5), INDICES(5, 7), ABSENT, F64_0D), REDUCED(TAD_SUM)},
    {CASE("none", F64(3, 37), INDICES(37, 3), ABSENT, F64(3)), REDUCED(TAD_EACH)},
    {CASE("pixels", F64(2, 5, 3, 2), INDICES(5, 2, 3, 2), ABSENT, F64(2, 3, 2)), REDUCED(TAD_EACH)},
    {CASE("one vector, weights, sum", F64(5), INDEX_0D(5), WEIGHTS(5), F64_0D), REDUCED(TAD_SUM)},
    {CASE("weights", F64(7, 5), INDICES(5, 7), WEIGHTS(5), F64_0D)},
    {CASE("ignored", F64(11, 3), INDICES(3, 11), ABSENT, F64_0D),
     REDUCED(TAD_MEAN, .ignore_index = GIVEN(1))},
    {CASE("smoothed, weights", F64(7, 5), INDICES(5, 7), WEIGHTS(5), F64_0D),
     REDUCED(TAD_MEAN, .label_smoothing = 0.1)},
    {CASE("probabilities", F64(7, 5), SIMPLEX(7, 5), ABSENT, F64_0D)},
    {CASE("smoothed probabilities, weights", F64(2, 3, 5), F64(2, 3, 5), WEIGHTS(3), F64(2, 5)),
     REDUCED(TAD_EACH, .label_smoothing = 0.1)},
    {CASE("probabilities, weights, mean", F64(4, 3), SIMPLEX(4, 3), WEIGHTS(3))},
    {CASE("pixels, weights, ignored", F64(2, 3, 5), INDICES(3, 2, 5), WEIGHTS(3), F64_0D),
     REDUCED(TAD_MEAN, .label_smoothing = 0.2, .ignore_index = GIVEN(2))},
    {CASE("one class", F64(3, 1), INDICES(1, 3), ABSENT, F64_0D)},
    {CASE("empty", F64(0, 5), INDICES(5, 0), ABSENT, F64_0D), REDUCED(TAD_SUM)},
};
static const tad_misuse entropy_gradient_misuse[] = {
    ENTROPY_MISUSE,
    {CASE("shape of probabilities", F64(2, 3), SIMPLEX(3, 2)), .expect = TAD_BAD_SHAPE},
    {CASE("smoothing", F64(2, 3), INDICES(3, 2)), REDUCED(TAD_MEAN, .label_smoothing = 1.5),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("shape of the cotangent", F64(2, 3), INDICES(3, 2), ABSENT, F64(2)),
     .expect = TAD_BAD_SHAPE},
    {CASE("type of the cotangent", F64(2, 3), INDICES(3, 2), ABSENT, INDEX_0D(2)),
     .expect = TAD_BAD_DTYPE},
};

/* ---- the op ---- */

const tad_op tad__ops_entropy_gradient[] = {
    {.name = "cross_entropy_gradient",
     .doc = "the gradient of cross_entropy by its logits, times a cotangent",
     FAMILY("loss", 2, 4),
     .flags = TAD_OP_INTERNAL,
     OPTIONS(tad__entropy_options, entropy_gradient_list),
     .shape = entropy_gradient_shape,
     .forward = entropy_gradient_forward,
     .vjp = tad__entropy_gradient_vjp,
     .jvp = tad__entropy_gradient_jvp,
     .c_text = entropy_gradient_c_text,
     CASES(entropy_gradient)},
};
const size_t tad__ops_entropy_gradient_count = LENGTH(tad__ops_entropy_gradient);

tad_var tad__record_entropy_gradient(const tad_rule *r, tad_var g) {
    const tad_var weight =
        tad__has_operand(r, TAD__ENTROPY_WEIGHT) ? r->in[TAD__ENTROPY_WEIGHT] : tad_none();
    const tad_var in[] = {r->in[TAD__ENTROPY_X], r->in[TAD__ENTROPY_T], weight, g};
    return tad_apply(tad__ops_entropy_gradient, in, 4, r->options, NULL, 0);
}
