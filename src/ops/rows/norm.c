/* layer_norm and rms_norm: the numbers along the last axes brought to mean 0 and variance 1, or to
 * mean square 1. Rests on norm.h. */
#include "norm.h"

#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

/* ---- shapes ---- */

static tad_status check_vector(const tad_call_frame *c, size_t i, const tad_shape *row) {
    const tad_array *a = c->n_in > i ? c->in[i] : NULL;
    if (!a) return TAD_OK;
    if (a->dtype != c->in[TAD__X]->dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "operand %zu is %s", i,
                        tad_dtype_name((tad_dtype)a->dtype));
    tad_shape s = tad__shape_of(a);
    char text[TAD__SHAPE_ROOM];
    if (tad__shape_equal(&s, row)) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "operand %zu does not have shape %s", i,
                    tad__shape_text(row, text, sizeof text));
}

static tad_status norm_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__norm_options *o = c->options;
    const tad_array *x = c->in[TAD__X];
    tad_shape row = {tad__normalized_axes(o), {0}};
    if (tad__needs_float(c, TAD__X)) return TAD_BAD_DTYPE;
    if (row.rank < 0 || row.rank > x->rank)
        return tad_fail(c, TAD_BAD_SHAPE, "x has no %d axes", row.rank);
    for (int i = 0; i < row.rank; i++) row.dim[i] = x->dim[x->rank - row.rank + i];
    if (o->normalized_shape.rank && !tad__shape_equal(&row, &o->normalized_shape))
        return tad_fail(c, TAD_BAD_SHAPE, "x does not end with the normalized shape");
    double eps = tad__norm_eps(c->op, o);
    if (!(eps >= 0)) return tad_fail(c, TAD_BAD_ARGUMENT, "eps %g is not 0 or above", eps);
    out[0] = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    tad_status s = check_vector(c, TAD__GAIN, &row);
    return s ? s : check_vector(c, TAD__BIAS, &row);
}

/* ---- rules ---- */

static tad_var mean_of_rows(const tad_rule *r, tad_var v) {
    int rank = tad_shape_of(r->in[TAD__X]).rank, axes = tad__normalized_axes(r->options);
    int last[TAD_MAX_RANK];
    for (int i = 0; i < axes; i++) last[i] = rank - axes + i;
    return tad_mean(v, tad_keepdims(tad_axes_of(last, (size_t)axes)));
}

/* v - its mean, if rows are centred. */
static tad_var centred(const tad_rule *r, tad_var v) {
    return tad__norm_centres(r->op) ? tad_sub(v, mean_of_rows(r, v)) : v;
}

/* h, the normalised rows; *scale: k. */
static tad_var normalized(const tad_rule *r, tad_var *scale) {
    tad_var c = centred(r, r->in[TAD__X]), square = mean_of_rows(r, tad_square(c));
    *scale = tad_rsqrt(tad_add(square, tad_number(tad__norm_eps(r->op, r->options))));
    return tad_mul(c, *scale);
}

/* The derivative of h by x is symmetric: k (v - mean v - h mean(h v)). */
static tad_var normalized_slope(const tad_rule *r, tad_var h, tad_var scale, tad_var v) {
    tad_var along = tad_mul(h, mean_of_rows(r, tad_mul(h, v)));
    return tad_mul(scale, tad_sub(centred(r, v), along));
}

static void norm_vjp(tad_rule *r) {
    tad_var g = r->given[0], scale, h = normalized(r, &scale);
    if (r->wanted[TAD__X]) {
        tad_var d = tad__has_operand(r, TAD__GAIN) ? tad_mul(g, r->in[TAD__GAIN]) : g;
        r->result[TAD__X] = normalized_slope(r, h, scale, d);
    }
    if (r->n_in > TAD__GAIN && r->wanted[TAD__GAIN]) r->result[TAD__GAIN] = tad_mul(g, h);
    if (r->n_in > TAD__BIAS && r->wanted[TAD__BIAS]) r->result[TAD__BIAS] = g;
}

static void norm_jvp(tad_rule *r) {
    tad_var scale, h = normalized(r, &scale), sum = r->result[0];
    if (!tad_is_nil(r->given[TAD__X])) {
        sum = normalized_slope(r, h, scale, r->given[TAD__X]);
        if (tad__has_operand(r, TAD__GAIN)) sum = tad_mul(sum, r->in[TAD__GAIN]);
    }
    if (r->n_in > TAD__GAIN && !tad_is_nil(r->given[TAD__GAIN])) {
        sum = tad__plus(sum, tad_mul(h, r->given[TAD__GAIN]));
    }
    if (r->n_in > TAD__BIAS && !tad_is_nil(r->given[TAD__BIAS]))
        sum = tad_is_nil(sum) ? tad_broadcast_to(r->given[TAD__BIAS], tad_shape_of(r->in[TAD__X]))
                              : tad_add(sum, r->given[TAD__BIAS]);
    r->result[0] = sum;
}

/* ---- options, samples, misuse ---- */

static const tad_option norm_list[] = {
    {OPTION(SHAPE, tad__norm_options, normalized_shape)},
    {OPTION(MAYBE_FLOAT, tad__norm_options, eps)},
};

#define LAST(...)                                                                                  \
    .options = &(const tad__norm_options) { .normalized_shape = SHAPE(__VA_ARGS__) }
#define EPS(...)                                                                                   \
    .options = &(const tad__norm_options) { .eps = GIVEN(__VA_ARGS__) }

static const tad_sample layer_norm_samples[] = {
    {CASE("rows", F64(3, 5), F64(5), F64(5))},
    {CASE("no gain, no bias", F64(5, 3))},
    {CASE("only gain", F64(2, 7), F64(7)), EPS(0.1)},
    {CASE("only bias", F64(2, 7), ABSENT, F64(7))},
    {CASE("two axes", F64(2, 3, 5), F64(3, 5), F64(3, 5)), LAST(3, 5)},
    {CASE("long row", F64(2, 67), F64(67), F64(67))},
    {CASE("many rows", F64(131, 2), F64(2), F64(2)), EPS(0.5)},
    {CASE("vector", F64(5), F64(5), F64(5))},
    {CASE("one element", F64(3, 1), F64(1), F64(1))},
    {CASE("empty", F64(0, 4), F64(4), F64(4))},
    {CASE("empty row", F64(4, 0), F64(0), F64(0))},
};
static const tad_sample rms_norm_samples[] = {
    {CASE("rows", F64(3, 5), F64(5))},
    {CASE("no gain", F64(5, 3)), EPS(0.1)},
    {CASE("two axes", F64(2, 3, 5), F64(3, 5)), LAST(3, 5)},
    {CASE("long row", F64(2, 67), F64(67))},
    {CASE("one element", F64(3, 1), F64(1)), EPS(1)},
    {CASE("empty", F64(0, 4), F64(4))},
};

#define NORM_MISUSE                                                                                \
    {CASE("a number", F64_0D), .expect = TAD_BAD_SHAPE},                                           \
        {CASE("integers", INDICES(3, 4)), .expect = TAD_BAD_DTYPE},                                \
        {CASE("integer gain", F64(3, 5), INDICES(3, 5)), .expect = TAD_BAD_DTYPE},                 \
        {CASE("size of the gain", F64(3, 5), F64(3)), .expect = TAD_BAD_SHAPE},                    \
        {CASE("normalized shape", F64(3, 5)), LAST(3), .expect = TAD_BAD_SHAPE},                   \
        {CASE("rank below 0", F64(3, 5)),                                                          \
         .options = &(const tad__norm_options){.normalized_shape = {-1, {0}}},                     \
         .expect = TAD_BAD_SHAPE},                                                                 \
        {CASE("too many axes", F64(3, 5)), LAST(2, 3, 5), .expect = TAD_BAD_SHAPE}, {              \
        CASE("negative eps", F64(3, 5)), EPS(-1), .expect = TAD_BAD_ARGUMENT                       \
    }
static const tad_misuse layer_norm_misuse[] = {
    NORM_MISUSE,
    {CASE("shape of the bias", F64(3, 5), ABSENT, F64(1, 5)), .expect = TAD_BAD_SHAPE},
};
static const tad_misuse rms_norm_misuse[] = {NORM_MISUSE};

/* ---- the ops ---- */

#define NORM                                                                                       \
    .family = "norm", .min_in = 1, .n_out = 1, OPTIONS(tad__norm_options, norm_list),              \
    .shape = norm_shape, .forward = tad__norm_values, .vjp = norm_vjp, .jvp = norm_jvp,            \
    .backward = tad__norm_gradient, .c_text = tad__norm_c_text

const tad_op tad__ops_norm[] = {
    [TAD__LAYER_NORM] = {.name = "layer_norm",
                         .doc =
                             "(x - mean) / sqrt(variance + eps) over the last axes, times a gain, "
                             "plus a bias; eps: 1e-5",
                         .max_in = 3,
                         NORM,
                         CASES(layer_norm)},
    [TAD__RMS_NORM] =
        {.name = "rms_norm",
         .doc = "x / sqrt(mean of x^2 + eps) over the last axes, times a gain; eps: 1e-6",
         .max_in = 2,
         NORM,
         CASES(rms_norm)},
};
const size_t tad__ops_norm_count = LENGTH(tad__ops_norm);

tad_var tad_layer_norm(tad_var x, tad_var gain, tad_var bias, tad_shape normalized, double eps) {
    tad_var in[] = {x, gain, bias};
    const tad__norm_options o = {normalized, {true, eps}};
    return tad_apply(&tad__ops_norm[TAD__LAYER_NORM], in, 3, &o, NULL, 0);
}

tad_var tad_rms_norm(tad_var x, tad_var gain, tad_shape normalized, double eps) {
    tad_var in[] = {x, gain};
    const tad__norm_options o = {normalized, {true, eps}};
    return tad_apply(&tad__ops_norm[TAD__RMS_NORM], in, 2, &o, NULL, 0);
}
