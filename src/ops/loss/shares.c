/* What each class of a label's row weighs in cross_entropy:
 * q_c = (1 - smoothing) [c is the label] + smoothing / n, divided by the number of rows if a mean
 * is asked for; 0 for ignored labels. Rests on entropy_text.h and
 * kernel/plain/label_shares.h. */
#include <stddef.h>

#include "entropy_text.h"
#include "kernel/plain/label_shares.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

typedef struct share_options {
    tad__entropy_options loss;
    int64_t classes;
    int dtype;
} share_options;

static tad_status share_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const share_options *o = c->options;
    tad_shape s = tad__shape_of(c->in[0]), r = {s.rank + 1, {0}};
    int axis = tad__class_axis(r.rank);
    if (c->in[0]->dtype != TAD_I64 || (unsigned)o->dtype > TAD_F32)
        return tad_fail(c, TAD_BAD_DTYPE, "needs int64 labels and a float type");
    if (o->classes < 1 || r.rank > TAD_MAX_RANK)
        return tad_fail(c, TAD_BAD_SHAPE, "no room for %lld classes", (long long)o->classes);
    for (int i = 0, k = 0; i < r.rank; i++) r.dim[i] = i == axis ? o->classes : s.dim[k++];
    tad_status status = tad__check_entropy_options(c, &o->loss);
    if (!status) status = tad__check_labels(c, c->in[0], o->classes, tad__ignored(&o->loss));
    out[0] = (tad_type){(tad_dtype)o->dtype, r};
    return status;
}

/* Of a class that is not the label; of the label. */
static double other_share(const share_options *o) {
    return o->loss.label_smoothing / (double)o->classes;
}

static double own_share(const share_options *o) {
    return other_share(o) + 1 - o->loss.label_smoothing;
}

/* The classes of a label stand between its axis 0 and the others. */
static int64_t outer_size(const tad_array *labels) { return labels->rank ? labels->dim[0] : 1; }

static int64_t inner_size(const tad_array *labels) {
    int64_t size = 1;
    for (int i = 1; i < labels->rank; i++) size *= labels->dim[i];
    return size;
}

static tad_status share_forward(const tad_call_frame *c) {
    const share_options *o = c->options;
    const tad_array *in = c->in[0];
    const int64_t *label = tad__numbers_of(c->compute, in);
    if (!label) return TAD_NO_MEMORY;
    const int64_t ignore = tad__ignored(&o->loss), n = o->classes, inner = inner_size(in);
    const int64_t outer = outer_size(in);
    double divisor = 1;
    if (o->loss.reduction == TAD_MEAN)
        divisor = tad__label_weight(label, (size_t)in->size, ignore, (tad_dtype)o->dtype, NULL);
    const double own = own_share(o) / divisor, other = other_share(o) / divisor;
    if (o->dtype == TAD_F64)
        tad__label_shares_f64(outer, n, inner, label, ignore, own, other, c->out[0]->data);
    else
        tad__label_shares_f32(outer, n, inner, label, ignore, own, other, c->out[0]->data);
    return TAD_OK;
}

static void share_c_text(const tad_call_frame *c, tad_c *to) {
    const share_options *o = c->options;
    const tad_array *in = c->in[0];
    const tad__c_labels labels = {in, 0, o->classes, tad__ignored(&o->loss)};
    const double share[] = {own_share(o), other_share(o)};
    tad__c_check_labels(to, &labels);
    if (o->loss.reduction == TAD_MEAN) tad__c_put_weight(to, &labels, NULL);
    tad_c_put(to, "%s(%lld, %lld, %lld, in0, ", tad__c_part(to, "label_shares", (unsigned)o->dtype),
              (long long)outer_size(in), (long long)o->classes, (long long)inner_size(in));
    tad__c_put_integer(to, labels.ignore);
    for (int k = 0; k < 2; k++) {
        tad_c_put(to, ", ");
        tad__c_number(to, share[k], TAD_F64);
        tad_c_put(to, o->loss.reduction == TAD_MEAN ? " / weight" : "");
    }
    tad_c_put(to, ", out0);\n");
}

tad_var tad__label_shares(const tad_rule *r, tad__entropy_options o) {
    tad_shape x = tad_shape_of(r->in[TAD__ENTROPY_X]);
    share_options s = {o, x.dim[tad__class_axis(x.rank)], (int)tad_dtype_of(r->in[TAD__ENTROPY_X])};
    return tad__apply_one(tad__ops_shares, r->in[TAD__ENTROPY_T], &s);
}

/* ---- options, samples, misuse ---- */

static const tad_option share_list[] = {
    ENTROPY_OPTIONS,
    SMOOTHING,
    {OPTION(INT, share_options, classes), .required = true},
    {OPTION(DTYPE, share_options, dtype)},
};

#define SHARE(c, ...)                                                                              \
    .options = &(const share_options) {                                                            \
        .classes = c, .loss = {.reduction = __VA_ARGS__ }                                          \
    }

static const tad_sample share_samples[] = {
    {CASE("labels", INDICES(5, 7)), SHARE(5, TAD_MEAN)},
    {CASE("pixels", INDICES(5, 2, 3, 2)), SHARE(5, TAD_SUM)},
    {CASE("one", INDEX_0D(3)), SHARE(3, TAD_EACH)},
    {CASE("smoothed", INDICES(5, 7)),
     SHARE(5, TAD_SUM, .label_smoothing = 0.1, .ignore_index = GIVEN(2))},
    {CASE("float32", INDICES(5, 3)),
     .options = &(const share_options){.classes = 5, .dtype = TAD_F32}},
    {CASE("empty", INDICES(5, 0)), SHARE(5, TAD_SUM)},
};
static const tad_misuse share_misuse[] = {
    {CASE("label", INDICES(5, 7)), SHARE(1, TAD_MEAN), .expect = TAD_BAD_INDEX},
    {CASE("no classes", INDICES(5, 7)), .expect = TAD_BAD_SHAPE},
    {CASE("no labels", F64(7)), SHARE(5, TAD_MEAN), .expect = TAD_BAD_DTYPE},
};

/* ---- the op ---- */

const tad_op tad__ops_shares[] = {
    {.name = "cross_entropy_shares",
     .doc = "what each class of a label's row counts for in cross_entropy",
     FAMILY("loss", 1, 1),
     .flags = TAD_OP_FLAT | TAD_OP_INTERNAL,
     .constant_in = 1,
     OPTIONS(share_options, share_list),
     .shape = share_shape,
     .forward = share_forward,
     .c_text = share_c_text,
     CASES(share)},
};
const size_t tad__ops_shares_count = LENGTH(tad__ops_shares);
