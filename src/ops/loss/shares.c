/* What each class of a label's row weighs in cross_entropy:
 * q_c = (1 - smoothing) [c is the label] + smoothing / n, divided by the number of rows if a mean
 * is asked for; 0 for ignored labels. Rests on entropy_text.h. */
#include <stddef.h>

#include "entropy_text.h"
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

/* Before the division. */
static double share(const share_options *o, int64_t label, int64_t class) {
    double q = o->loss.label_smoothing / (double)o->classes;
    return label == class ? q + 1 - o->loss.label_smoothing : q;
}

static tad_status share_forward(const tad_call_frame *c) {
    const share_options *o = c->options;
    const tad_array *in = c->in[0];
    const int64_t *label = tad__numbers_of(c->compute, in);
    if (!label) return TAD_NO_MEMORY;
    size_t inner = 1, rows = (size_t)in->size;
    for (int i = 1; i < in->rank; i++) inner *= (size_t)in->dim[i];
    double divisor = 1;
    if (o->loss.reduction == TAD_MEAN)
        divisor = tad__label_weight(label, rows, tad__ignored(&o->loss), (tad_dtype)o->dtype, NULL);
    for (size_t i = 0; i < (size_t)c->out[0]->size; i++) {
        size_t outer = i / inner / (size_t)o->classes;
        int64_t class = (int64_t)(i / inner % (size_t)o->classes),
                own = label[outer * inner + i % inner];
        double q = own == tad__ignored(&o->loss) ? 0 : share(o, own, class) / divisor;
        tad__set_number(c->out[0], i, q);
    }
    return TAD_OK;
}

/* Variables own and other: what the class of a label, and each other class, weighs. */
static void put_shares(const share_options *o, tad_c *to) {
    const char *divided = o->loss.reduction == TAD_MEAN ? " / weight" : "";
    tad_c_put(to, "const double own = ");
    tad__c_number(to, share(o, 0, 0), TAD_F64);
    tad_c_put(to, "%s, other = ", divided);
    tad__c_number(to, share(o, 0, 1), TAD_F64);
    tad_c_put(to, "%s;\n", divided);
}

static void share_c_text(const tad_call_frame *c, tad_c *to) {
    const share_options *o = c->options;
    const int axis = tad__class_axis(c->out[0]->rank);
    const tad__c_labels labels = {c->in[0], 0, o->classes, tad__ignored(&o->loss)};
    const tad_shape positions = tad__shape_of(c->in[0]);
    tad__header h;
    tad__loop l;
    tad__c_check_labels(to, &labels);
    if (o->loss.reduction == TAD_MEAN) tad__c_put_weight(to, &labels, NULL);
    put_shares(o, to);
    tad__c_open(to, &l, &positions,
                (const tad_array *const[]){c->in[0], tad__without_axis(&h, c->out[0], axis)}, 2);
    tad_c_put(to, "const int64_t label = in0");
    tad__c_at(to, &l, 0);
    tad_c_put(to, ";\nfor (ptrdiff_t c = 0; c < %lld; c++) {\nout0", (long long)o->classes);
    tad__c_at_and(to, &l, 1, 0, tad_strides(c->out[0])[axis], "c");
    tad_c_put(to, " = (%s)(label == ", tad__c_type((unsigned)o->dtype));
    tad__c_integer(to, labels.ignore);
    tad_c_put(to, " ? 0 : label == c ? own : other);\n}\n");
    tad__c_close(to, &l);
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
    {CASE("no float type", INDICES(5, 7)),
     .options = &(const share_options){.classes = 5, .dtype = TAD_I64}, .expect = TAD_BAD_DTYPE},
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
