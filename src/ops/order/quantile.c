/* median and quantile: composed of sort, whose last element shows whether there is a NaN. */
#include <math.h>
#include <stddef.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "order.h"

enum { MEDIAN, QUANTILE };

typedef struct quantile_options {
    tad__reduce over; /* one axis, or all */
    double q;
    int interpolation; /* a tad_interpolation */
} quantile_options;

/* ---- shapes ---- */

static tad_status one_or_all(const tad_call_frame *c, const tad__reduce *o, tad_type *out) {
    const tad_array *x = c->in[0];
    if (o->axis.given && o->axis.count != 1)
        return tad_fail(c, TAD_BAD_AXIS, "%d axes; one or all are possible", o->axis.count);
    tad_status s = tad__reduced_type(c, &o->axis, o->keepdims, out);
    if (s == TAD_OK) s = tad__not_of_nothing(c, &out->shape);
    const int axis = o->axis.given && s == TAD_OK ? tad__known_axis(o->axis.axis[0], x->rank) : -1;
    return s == TAD_OK ? tad__order_fits(c, axis < 0 ? x->size : x->dim[axis]) : s;
}

static tad_status median_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    const tad__reduce *o = c->options;
    const tad_status s = one_or_all(c, o, out);
    *n_out = o->axis.given ? 2 : 1;
    if (o->axis.given) out[1] = (tad_type){TAD_I64, out->shape};
    return s;
}

static tad_status quantile_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const quantile_options *o = c->options;
    if (!(o->q >= 0 && o->q <= 1))
        return tad_fail(c, TAD_BAD_ARGUMENT, "q = %g is not within 0 to 1", o->q);
    if (o->interpolation < TAD_LINEAR || o->interpolation > TAD_NEAREST)
        return tad_fail(c, TAD_BAD_ARGUMENT, "no interpolation %d", o->interpolation);
    return one_or_all(c, &o->over, out);
}

/* ---- elements of sorted rows ---- */

typedef struct sorted {
    tad_var values, places, has_nan;
    int axis;
    int64_t n;
} sorted;

static tad_var element(const sorted *s, tad_var of, int64_t i) {
    return tad_slice(of, s->axis, i, i + 1, 1);
}

static sorted sort_over(tad_var x, const tad__reduce *o) {
    sorted s = {.n = 0};
    if (!o->axis.given) x = tad_flatten(x, 0, -1);
    const tad_shape shape = tad_shape_of(x);
    s.axis = o->axis.given ? tad__known_axis(o->axis.axis[0], shape.rank) : 0;
    s.n = shape.dim[s.axis];
    s.values = tad_sort(x, s.axis, false, &s.places);
    if (s.n == 0) return s; /* the result has no elements either */
    tad_var last = element(&s, s.values, s.n - 1);
    s.has_nan = tad_not_equal(last, last);
    return s;
}

/* Element i, or the last one where that is a NaN. */
static tad_var or_nan(const sorted *s, tad_var of, tad_var element_) {
    return tad_where(s->has_nan, element(s, of, s->n - 1), element_);
}

static tad_shape reduced(const tad_rule *r, const tad__reduce *o) {
    const tad_shape x = tad_shape_of(r->in[0]);
    return tad__shape_reduced(&x, tad__known_axes(&o->axis, x.rank), o->keepdims);
}

/* ---- median ---- */

static void median_compose(tad_rule *r) {
    const tad__reduce *o = r->options;
    const tad_shape shape = reduced(r, o);
    const sorted s = sort_over(r->in[0], o);
    const int64_t middle = (s.n - 1) / 2;
    const tad_var of[] = {s.values, s.places};
    for (size_t k = 0; k < r->n_out; k++) {
        tad_var v = s.n ? or_nan(&s, of[k], element(&s, of[k], middle)) : of[k];
        r->result[k] = tad_reshape(v, shape);
    }
}

/* ---- quantile ---- */

/* Between elements i and i + 1, by this weight of the second. */
static tad_var between(const sorted *s, int64_t i, double weight) {
    tad_var low = element(s, s->values, i);
    if (weight == 0) return low;
    tad_var high = element(s, s->values, i + 1);
    return weight == 1 ? high : tad_add(low, tad_mul(tad_sub(high, low), tad_number(weight)));
}

static double weight_of(int interpolation, double rest) {
    switch (interpolation) {
    case TAD_LOWER: return 0;
    case TAD_HIGHER: return rest > 0;
    case TAD_MIDPOINT: return rest > 0 ? 0.5 : 0;
    default: return rest;
    }
}

static void quantile_compose(tad_rule *r) {
    const quantile_options *o = r->options;
    const tad_shape shape = reduced(r, &o->over);
    const sorted s = sort_over(r->in[0], &o->over);
    if (s.n == 0) {
        r->result[0] = tad_reshape(s.values, shape);
        return;
    }
    double at = o->q * (double)(s.n - 1);
    if (o->interpolation == TAD_NEAREST) at = nearbyint(at);
    const double low = floor(at), weight = weight_of(o->interpolation, at - low);
    tad_var v = between(&s, (int64_t)low, weight);
    r->result[0] = tad_reshape(or_nan(&s, s.values, v), shape);
}

/* ---- options, samples, misuse ---- */

static const tad_option quantile_list[] = {
    {OPTION(FLOAT, quantile_options, q), .required = true},
    {OPTION_NAMED("axis", AXES, quantile_options, over.axis)},
    {OPTION_NAMED("keepdims", BOOL, quantile_options, over.keepdims)},
    {OPTION(CHOICE, quantile_options, interpolation),
     .choices = "linear|lower|higher|midpoint|nearest"},
};

#define QUANTILE_OF(q_, how)                                                                       \
    .options = &(const quantile_options) { .q = q_, .interpolation = TAD_##how }
#define QUANTILE_ALONG(q_, how, k, keep)                                                           \
    .options = &(const quantile_options) { {AXES(k), keep}, q_, TAD_##how }

static const tad_sample median_samples[] = {
    {CASE("all", DISTINCT(3, 4))},
    {CASE("rows", DISTINCT(3, 5)), OVER(-1)},
    {CASE("columns kept", DISTINCT(6, 3)), KEEP(0)},
    {CASE("middle", DISTINCT(2, 3, 5)), OVER(1)},
    {CASE("0-d", F64_0D)},
    {CASE("nothing left", F64(0, 3)), OVER(1)},
};
static const tad_misuse median_misuse[] = {
    {CASE("of nothing", F64(0, 3)), OVER(0), .expect = TAD_BAD_SHAPE},
    {CASE("two axes", F64(2, 3, 5)), OVER(0, 1), .expect = TAD_BAD_AXIS},
    {CASE("no such axis", F64(3, 4)), OVER(2), .expect = TAD_BAD_AXIS},
    {CASE("integers", INDICES(3, 4)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample quantile_samples[] = {
    {CASE("all", DISTINCT(3, 4)), QUANTILE_OF(0.3, LINEAR)},
    {CASE("rows", DISTINCT(3, 5)), QUANTILE_ALONG(0.9, LOWER, 1, false)},
    {CASE("columns kept", DISTINCT(6, 3)), QUANTILE_ALONG(0.5, MIDPOINT, 0, true)},
    {CASE("middle", DISTINCT(2, 3, 5)), QUANTILE_ALONG(0.6, HIGHER, -2, false)},
    {CASE("largest", DISTINCT(7)), QUANTILE_OF(1, LINEAR)},
    {CASE("nearest", DISTINCT(7)), QUANTILE_OF(0.7, NEAREST)},
    {CASE("nothing left", F64(0, 3)), QUANTILE_ALONG(0.5, LINEAR, 1, false)},
};
static const tad_misuse quantile_misuse[] = {
    {CASE("q above 1", F64(3)), QUANTILE_OF(1.5, LINEAR), .expect = TAD_BAD_ARGUMENT},
    {CASE("no number", F64(3)), QUANTILE_OF(NAN, LINEAR), .expect = TAD_BAD_ARGUMENT},
    {CASE("of nothing", F64(0)), QUANTILE_OF(0.5, LINEAR), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(3, 4)), QUANTILE_ALONG(0.5, LINEAR, 2, false),
     .expect = TAD_BAD_AXIS},
};

/* ---- the ops ---- */

const tad_op tad__ops_quantile[] = {
    [MEDIAN] = {.name = "median",
                .doc = "the lower of two middle elements of all; along an axis, and its place; a "
                       "NaN if there is one",
                .family = "order",
                .min_in = 1,
                .max_in = 1,
                .shape = median_shape,
                .compose = median_compose,
                OPTIONS(tad__reduce, tad__reduce_list),
                CASES(median)},
    [QUANTILE] = {.name = "quantile",
                  .doc = "the element at q (n - 1) of n sorted ones, or between two; a NaN if "
                         "there is one",
                  FAMILY("order", 1, 1),
                  .shape = quantile_shape,
                  .compose = quantile_compose,
                  OPTIONS(quantile_options, quantile_list),
                  CASES(quantile)},
};
const size_t tad__ops_quantile_count = LENGTH(tad__ops_quantile);

tad_var tad_median(tad_var x, tad_axes over, tad_var *indices) {
    tad_var out[2];
    const tad__reduce o = tad__reduce_over(over);
    tad_apply(&tad__ops_quantile[MEDIAN], &x, 1, &o, out, 2);
    if (indices) *indices = out[1];
    return out[0];
}

tad_var tad_quantile(tad_var x, double q, tad_axes over, tad_interpolation how) {
    return tad__apply_one(&tad__ops_quantile[QUANTILE], x,
                          &(quantile_options){tad__reduce_over(over), q, (int)how});
}
