/* Losses of examples that have several labels each. Composed of ops. Rests on operands.h. */
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { MULTILABEL_MARGIN, MULTILABEL_SOFT_MARGIN };

typedef struct multilabel_options {
    tad_reduction reduction;
} multilabel_options;

/* ---- shapes ---- */

/* x and targets are rows of classes, or a row. */
static tad_status check_rows(const tad_call_frame *c, tad_type *out) {
    const tad_array *x = c->in[0];
    const tad_reduction reduction = ((const multilabel_options *)c->options)->reduction;
    const tad_shape s = tad__shape_of(x), target = tad__shape_of(c->in[1]);
    if (x->rank < 1 || x->rank > 2) return tad_fail(c, TAD_BAD_SHAPE, "needs rows, or a row");
    if (!tad__shape_equal(&s, &target))
        return tad_fail(c, TAD_BAD_SHAPE, "targets must have the input's shape");
    if ((unsigned)reduction > TAD_EACH) return tad_fail(c, TAD_BAD_ARGUMENT, "no such reduction");
    *out = (tad_type){(tad_dtype)x->dtype, reduction == TAD_EACH ? s : TAD_0D};
    if (reduction == TAD_EACH) out->shape.rank--;
    return TAD_OK;
}

/* Labels of a row, up to the first that is -1; what is behind it is not read. */
static tad_status check_labels(const tad_call_frame *c) {
    const tad_array *label = c->in[1];
    const int last = label->rank - 1;
    const int64_t n = label->dim[last], rows = n ? label->size / n : 0;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < n; k++) {
            const int64_t v = tad__integer_at(label, i, k);
            if (v == -1) break;
            if (v < 0 || v >= n)
                return tad_fail(c, TAD_BAD_INDEX, "label %lld of %lld classes", (long long)v,
                                (long long)n);
        }
    return TAD_OK;
}

static tad_status multilabel_margin_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (c->in[1]->dtype != TAD_I64) return tad_fail(c, TAD_BAD_DTYPE, "labels must be int64");
    const tad_status s = check_rows(c, out);
    return s ? s : check_labels(c);
}

static tad_status multilabel_soft_margin_shape(const tad_call_frame *c, tad_type *out,
                                               size_t *n_out) {
    (void)n_out;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    const tad_array *weight = c->n_in > 2 ? c->in[2] : NULL, *x = c->in[0];
    const tad_status s = check_rows(c, out);
    if (!s && weight && (weight->rank != 1 || weight->dim[0] != x->dim[x->rank - 1]))
        return tad_fail(c, TAD_BAD_SHAPE, "one weight for each class");
    return s;
}

/* ---- compositions ---- */

/* The mean over classes i that are no labels of the sum over labels k of max(0, 1 - x_k + x_i). */
static void multilabel_margin_compose(tad_rule *r) {
    tad_var x = r->in[0];
    const tad_shape s = tad_shape_of(x);
    const tad_dtype dtype = tad_dtype_of(x);
    const int last = s.rank - 1;
    tad_var zero = tad_full(r->tape, TAD_I64, TAD_0D, 0);
    /* 1 for places before the first -1 */
    tad_var is = tad_cumprod(tad_cast(tad_greater_equal(r->in[1], zero), dtype), last);
    tad_var label = tad_where(tad_cast(is, TAD_BOOL), r->in[1], zero);
    tad_var chosen = tad_mul(tad_cast(tad_one_hot(label, s.dim[last]), dtype),
                             tad_unsqueeze(is, last + 1)); /* (...,places,classes) */
    tad_var others = tad_sub(tad_number(1), tad_amax(chosen, tad_axis(last)));
    tad_var own = tad_unsqueeze(tad_gather(x, label, last), last + 1);
    tad_var each = tad_relu(tad_add(tad_sub(tad_unsqueeze(x, last), own), tad_number(1)));
    each = tad_mul(tad_sum(tad_mul(each, tad_unsqueeze(is, last + 1)), tad_axis(last)), others);
    r->result[0] = tad__reduced(tad_mean(each, tad_axis(last)),
                                ((const multilabel_options *)r->options)->reduction);
}

static void multilabel_soft_margin_compose(tad_rule *r) {
    tad_var weight = tad__has_operand(r, 2) ? r->in[2] : tad_none();
    tad_var each = tad_bce_with_logits(r->in[0], r->in[1], weight, tad_none(), TAD_EACH);
    r->result[0] = tad__reduced(tad_mean(each, tad_axis(-1)),
                                ((const multilabel_options *)r->options)->reduction);
}

/* ---- options, samples, misuse ---- */

static const tad_option multilabel_list[] = {
    {OPTION(CHOICE, multilabel_options, reduction), .choices = "mean|sum|none"},
};

#define HOW(...)                                                                                   \
    .options = &(const multilabel_options) { __VA_ARGS__ }
#define LABELS(a, b, ...)                                                                          \
    { TYPE(TAD_I64, __VA_ARGS__), INTEGERS(a, b) }

static const tad_sample multilabel_margin_samples[] = {
    {CASE("mean", WITHIN(0, .9, 3, 4), LABELS(-1, 4, 3, 4))},
    {CASE("sum", WITHIN(0, .9, 2, 5), LABELS(0, 4, 2, 5)), HOW(TAD_SUM)},
    {CASE("none", WITHIN(0, .9, 4, 3), LABELS(-1, 2, 4, 3)), HOW(TAD_EACH)},
    {CASE("a row", WITHIN(0, .9, 4), LABELS(0, 2, 4))},
    {CASE("no labels", F64(2, 3), LABELS(-1, 0, 2, 3))},
    {CASE("no rows", F64(0, 3), LABELS(0, 3, 0, 3)), HOW(TAD_SUM)},
};
static const tad_misuse multilabel_margin_misuse[] = {
    {CASE("shapes", F64(3, 4), LABELS(0, 3, 3, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("three axes", F64(1, 3, 4), LABELS(0, 4, 1, 3, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("float labels", F64(3, 4), F64(3, 4)), .expect = TAD_BAD_DTYPE},
    {CASE("integers", LABELS(0, 4, 3, 4), LABELS(0, 4, 3, 4)), .expect = TAD_BAD_DTYPE},
    {CASE("no such class", F64(3, 4), LABELS(4, 5, 3, 4)), .expect = TAD_BAD_INDEX},
    {CASE("below -1", F64(3, 4), LABELS(-2, -1, 3, 4)), .expect = TAD_BAD_INDEX},
    {CASE("reduction", F64(3), LABELS(0, 3, 3)), HOW((tad_reduction)9), .expect = TAD_BAD_ARGUMENT},
};
static const tad_sample multilabel_soft_margin_samples[] = {
    {CASE("mean", F64(3, 4), WITHIN(0, 1, 3, 4))},
    {CASE("sum, weights", F64(2, 5), WITHIN(0, 1, 2, 5), WITHIN(.5, 2, 5)), HOW(TAD_SUM)},
    {CASE("none", F64(4, 3), WITHIN(0, 1, 4, 3)), HOW(TAD_EACH)},
    {CASE("a row", F64(4), WITHIN(0, 1, 4), WITHIN(.5, 2, 4))},
    {CASE("no rows", F64(0, 3), F64(0, 3)), HOW(TAD_SUM)},
};
static const tad_misuse multilabel_soft_margin_misuse[] = {
    {CASE("shapes", F64(3, 4), F64(3, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("0-d", F64_0D, F64_0D), .expect = TAD_BAD_SHAPE},
    {CASE("labels", F64(3, 4), LABELS(0, 2, 3, 4)), .expect = TAD_BAD_DTYPE},
    {CASE("weights", F64(3, 4), F64(3, 4), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("reduction", F64(3), F64(3)), HOW((tad_reduction)9), .expect = TAD_BAD_ARGUMENT},
};

/* ---- the ops ---- */

const tad_op tad__ops_multilabel[] = {
    [MULTILABEL_MARGIN] = {.name = "multilabel_margin",
                           .doc = "of rows with labels up to the first -1: the sum over labels k "
                                  "and other classes i of max(0, 1 - x_k + x_i), by the number of "
                                  "classes",
                           FAMILY("loss", 2, 2),
                           OPTIONS(multilabel_options, multilabel_list),
                           .constant_in = 1u << 1,
                           .shape = multilabel_margin_shape,
                           .compose = multilabel_margin_compose,
                           CASES(multilabel_margin)},
    [MULTILABEL_SOFT_MARGIN] = {.name = "multilabel_soft_margin",
                                .doc = "the mean over the classes of a row of bce_with_logits, "
                                       "weights of classes",
                                FAMILY("loss", 2, 3),
                                OPTIONS(multilabel_options, multilabel_list),
                                .shape = multilabel_soft_margin_shape,
                                .compose = multilabel_soft_margin_compose,
                                CASES(multilabel_soft_margin)},
};
const size_t tad__ops_multilabel_count = LENGTH(tad__ops_multilabel);

tad_var tad_multilabel_margin(tad_var input, tad_var labels, tad_reduction reduction) {
    return tad_apply(&tad__ops_multilabel[MULTILABEL_MARGIN], (tad_var[]){input, labels}, 2,
                     &(multilabel_options){reduction}, NULL, 0);
}

tad_var tad_multilabel_soft_margin(tad_var logits, tad_var target, tad_var weight,
                                   tad_reduction reduction) {
    return tad_apply(&tad__ops_multilabel[MULTILABEL_SOFT_MARGIN],
                     (tad_var[]){logits, target, weight}, 3, &(multilabel_options){reduction}, NULL,
                     0);
}
