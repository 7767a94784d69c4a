/* What group_norm and batch_norm are composed of: sets of channels brought to mean 0 and variance
 * 1, or by running statistics. Rests on channels.h. */
#include "channels.h"

#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

/* ---- shapes ---- */

tad_status tad__check_channels(const tad_call_frame *c, size_t first) {
    const tad_array *x = c->in[TAD__CHANNELS_X];
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (x->rank < 2) return tad_fail(c, TAD_BAD_SHAPE, "x needs a batch axis and channels");
    for (size_t i = first; i < c->n_in; i++)
        if (c->in[i] && (c->in[i]->rank != 1 || c->in[i]->dim[0] != x->dim[1]))
            return tad_fail(c, TAD_BAD_SHAPE, "operand %zu does not have shape (%lld)", i,
                            (long long)x->dim[1]);
    return TAD_OK;
}

static tad_status check_eps(const tad_call_frame *c) {
    const double eps = tad__channels_eps(c->options);
    return eps >= 0 ? TAD_OK : tad_fail(c, TAD_BAD_ARGUMENT, "eps %g is not 0 or above", eps);
}

static tad_status group_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__channels_options *o = c->options;
    const tad_array *x = c->in[TAD__CHANNELS_X];
    tad_status s = tad__check_channels(c, TAD__CHANNELS_GAIN);
    if (s) return s;
    if (o->num_groups < 1)
        return tad_fail(c, TAD_BAD_ARGUMENT, "%lld groups", (long long)o->num_groups);
    if (x->dim[1] % o->num_groups)
        return tad_fail(c, TAD_BAD_SHAPE, "%lld channels are no %lld groups of one size",
                        (long long)x->dim[1], (long long)o->num_groups);
    out[0] = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    return check_eps(c);
}

static tad_status batch_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[TAD__CHANNELS_X];
    tad_status s = tad__check_channels(c, TAD__CHANNELS_GAIN);
    if (s) return s;
    out[0] = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    out[1] = out[2] = (tad_type){(tad_dtype)x->dtype, TAD_SHAPE(x->dim[1])};
    return check_eps(c);
}

static tad_status running_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[TAD__CHANNELS_X];
    tad_status s = tad__check_channels(c, TAD__CHANNELS_GAIN);
    if (s) return s;
    if (!tad__channels_operand(c, TAD__CHANNELS_MEAN) ||
        !tad__channels_operand(c, TAD__CHANNELS_VARIANCE))
        return tad_fail(c, TAD_BAD_ARGUMENT, "needs means and variances");
    out[0] = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    return check_eps(c);
}

/* ---- rules: all as (samples, groups, members, inner) ---- */

typedef struct seen {
    tad__channels by;
    tad_shape all, channels;        /* of x; of what has a number for each channel */
    tad_axes own;                   /* of a set */
    tad_var centred, scale, normal; /* x - mean; 1 / sqrt(variance + eps); their product */
} seen;

static tad_var of_channels(const seen *s, tad_var v) { return tad_reshape(v, s->channels); }

static tad_var mean_of_sets(const seen *s, tad_var v) { return tad_mean(v, tad_keepdims(s->own)); }

static seen see(const tad_rule *r) {
    const tad_shape x = tad_shape_of(r->in[TAD__CHANNELS_X]);
    seen s = {.by = tad__channels_of(r->op, r->options, &x)};
    s.all = TAD_SHAPE(s.by.samples, s.by.groups, s.by.members, s.by.inner);
    s.channels = TAD_SHAPE(s.by.groups, s.by.members, 1);
    s.own = s.by.batch ? TAD_AXES(0, 2, 3) : TAD_AXES(2, 3);
    tad_var v = tad_reshape(r->in[TAD__CHANNELS_X], s.all);
    const bool given = s.by.given;
    s.centred =
        tad_sub(v, given ? of_channels(&s, r->in[TAD__CHANNELS_MEAN]) : mean_of_sets(&s, v));
    tad_var variance = given ? of_channels(&s, r->in[TAD__CHANNELS_VARIANCE])
                             : mean_of_sets(&s, tad_square(s.centred));
    s.scale = tad_rsqrt(tad_add(variance, tad_number(tad__channels_eps(r->options))));
    s.normal = tad_mul(s.centred, s.scale);
    return s;
}

static tad_var scaled_by_gain(const tad_rule *r, const seen *s, tad_var v) {
    if (!tad__has_operand(r, TAD__CHANNELS_GAIN)) return v;
    return tad_mul(v, of_channels(s, r->in[TAD__CHANNELS_GAIN]));
}

/* The derivative of the normalised numbers is symmetric: k (v - mean v - h mean(h v)); k v where
 * mean and variance are given. */
static tad_var slope(const seen *s, tad_var v) {
    if (s->by.given) return tad_mul(s->scale, v);
    tad_var along = tad_mul(s->normal, mean_of_sets(s, tad_mul(s->normal, v)));
    return tad_mul(s->scale, tad_sub(tad_sub(v, mean_of_sets(s, v)), along));
}

/* Sums over all but the channels. */
static tad_var by_channel(const seen *s, tad_var v) {
    return tad_reshape(tad_sum(v, TAD_AXES(0, 3)), TAD_SHAPE(s->by.groups * s->by.members));
}

static bool is_given(const tad_rule *r, size_t i, size_t n) {
    return i < n && !tad_is_nil(r->given[i]);
}

/* What the means and variances of a batch add to x's gradient: g1 / n + 2 (x - mean) g2 / n. */
static tad_var from_statistics(const tad_rule *r, const seen *s) {
    const double n = (double)s->by.numbers;
    tad_var sum = {0};
    if (r->n_out == 1) return sum;
    if (is_given(r, 1, r->n_out)) sum = tad_div(of_channels(s, r->given[1]), tad_number(n));
    if (is_given(r, 2, r->n_out)) {
        tad_var g = tad_mul(of_channels(s, r->given[2]), tad_number(2 / n));
        sum = tad__plus(sum, tad_mul(s->centred, g));
    }
    return sum;
}

/* Of a mean and a variance that are given: -k v, -1/2 k^2 h v, v the cotangent times the gain. */
static void given_vjp(tad_rule *r, const seen *s, tad_var v) {
    if (r->wanted[TAD__CHANNELS_MEAN])
        r->result[TAD__CHANNELS_MEAN] = by_channel(s, tad_neg(tad_mul(v, s->scale)));
    if (!r->wanted[TAD__CHANNELS_VARIANCE]) return;
    tad_var by = tad_mul(tad_square(s->scale), tad_number(-0.5));
    r->result[TAD__CHANNELS_VARIANCE] = by_channel(s, tad_mul(tad_mul(v, s->normal), by));
}

static tad_var given_jvp(const tad_rule *r, const seen *s) {
    tad_var sum = {0};
    if (is_given(r, TAD__CHANNELS_MEAN, r->n_in))
        sum = tad_neg(tad_mul(of_channels(s, r->given[TAD__CHANNELS_MEAN]), s->scale));
    if (is_given(r, TAD__CHANNELS_VARIANCE, r->n_in)) {
        tad_var by = tad_mul(tad_square(s->scale), tad_number(-0.5));
        by = tad_mul(by, of_channels(s, r->given[TAD__CHANNELS_VARIANCE]));
        sum = tad__plus(sum, tad_mul(s->normal, by));
    }
    return tad_is_nil(sum) ? sum : scaled_by_gain(r, s, sum);
}

static void channels_vjp(tad_rule *r) {
    const seen s = see(r);
    const bool given = is_given(r, 0, r->n_out);
    tad_var g = given ? tad_reshape(r->given[0], s.all) : (tad_var){0};
    if (r->wanted[TAD__CHANNELS_X]) {
        tad_var sum = from_statistics(r, &s);
        if (given) sum = tad__plus(slope(&s, scaled_by_gain(r, &s, g)), sum);
        if (!tad_is_nil(sum))
            r->result[TAD__CHANNELS_X] =
                tad_reshape(tad_broadcast_to(sum, s.all), tad_shape_of(r->in[TAD__CHANNELS_X]));
    }
    if (!given) return;
    if (r->n_in > TAD__CHANNELS_GAIN && r->wanted[TAD__CHANNELS_GAIN])
        r->result[TAD__CHANNELS_GAIN] = by_channel(&s, tad_mul(g, s.normal));
    if (r->n_in > TAD__CHANNELS_BIAS && r->wanted[TAD__CHANNELS_BIAS])
        r->result[TAD__CHANNELS_BIAS] = by_channel(&s, g);
    if (s.by.given) given_vjp(r, &s, scaled_by_gain(r, &s, g));
}

static void channels_jvp(tad_rule *r) {
    const seen s = see(r);
    tad_var sum = {0}, dx = {0};
    if (is_given(r, TAD__CHANNELS_X, r->n_in)) {
        dx = tad_reshape(r->given[TAD__CHANNELS_X], s.all);
        sum = scaled_by_gain(r, &s, slope(&s, dx));
    }
    if (is_given(r, TAD__CHANNELS_GAIN, r->n_in))
        sum = tad__plus(sum, tad_mul(s.normal, of_channels(&s, r->given[TAD__CHANNELS_GAIN])));
    if (is_given(r, TAD__CHANNELS_BIAS, r->n_in))
        sum = tad__plus(sum, of_channels(&s, r->given[TAD__CHANNELS_BIAS]));
    if (s.by.given) sum = tad__plus(sum, given_jvp(r, &s));
    if (!tad_is_nil(sum))
        r->result[0] = tad_reshape(tad_broadcast_to(sum, s.all), tad_shape_of(r->out[0]));
    if (r->n_out == 1 || tad_is_nil(dx)) return;
    const tad_shape channels = tad_shape_of(r->out[1]);
    r->result[1] = tad_reshape(mean_of_sets(&s, dx), channels);
    tad_var twice = tad_mul(tad_number(2), mean_of_sets(&s, tad_mul(s.centred, dx)));
    r->result[2] = tad_reshape(twice, channels);
}

/* ---- options, samples, misuse ---- */

#define EPS_OPTION                                                                                 \
    { OPTION(MAYBE_FLOAT, tad__channels_options, eps) }
static const tad_option group_list[] = {
    {OPTION(INT, tad__channels_options, num_groups), .required = true},
    EPS_OPTION,
};
static const tad_option batch_list[] = {EPS_OPTION};

#define GROUPS(n)                                                                                  \
    .options = &(const tad__channels_options) {                                                    \
        n, { 0 }                                                                                   \
    }
#define GROUPS_EPS(n, eps)                                                                         \
    .options = &(const tad__channels_options) { n, GIVEN(eps) }

static const tad_sample group_samples[] = {
    {CASE("two groups", F64(2, 4, 3), F64(4), F64(4)), GROUPS(2)},
    {CASE("no gain, no bias", F64(3, 6, 2)), GROUPS_EPS(3, 0.1)},
    {CASE("only gain", F64(2, 3, 2, 2), F64(3)), GROUPS(1)},
    {CASE("only bias", F64(2, 2, 4), ABSENT, F64(2)), GROUPS(2)},
    {CASE("matrix", F64(3, 6), F64(6), F64(6)), GROUPS(2)},
    {CASE("several blocks", F64(1, 2, 601), F64(2), F64(2)), GROUPS(1)},
    {CASE("whole lanes", F64(1, 2, 64), F64(2), F64(2)), GROUPS(2)},
    {CASE("one number", F64(2, 2, 1), F64(2), F64(2)), GROUPS_EPS(2, 0.5)},
    {CASE("no samples", F64(0, 4, 3), F64(4), F64(4)), GROUPS(2)},
    {CASE("no channels", F64(2, 0, 3), F64(0), F64(0)), GROUPS(2)},
    {CASE("nothing in a channel", F64(2, 4, 0), F64(4), F64(4)), GROUPS(2)},
};
static const tad_sample batch_samples[] = {
    {CASE("matrix", F64(5, 3), F64(3), F64(3))},
    {CASE("images", F64(2, 3, 2, 4), F64(3), F64(3)), GROUPS_EPS(0, 0.1)},
    {CASE("no gain, no bias", F64(3, 2, 2))},
    {CASE("only gain", F64(4, 2), F64(2)), GROUPS_EPS(0, 0.5)},
    {CASE("only bias", F64(2, 2, 5), ABSENT, F64(2))},
    {CASE("several blocks", F64(2, 1, 601), F64(1), F64(1))},
    {CASE("whole blocks", F64(1, 1, 1088), F64(1), F64(1))},
    {CASE("no channels", F64(4, 0), F64(0), F64(0))},
    {CASE("a panel and some", F64(3, 10), F64(10), F64(10))},
};
#define VARIANCES(...) WITHIN(0.5, 2, __VA_ARGS__)
static const tad_sample running_samples[] = {
    {CASE("matrix", F64(5, 3), F64(3), F64(3), F64(3), VARIANCES(3))},
    {CASE("images", F64(2, 3, 2, 4), F64(3), F64(3), F64(3), VARIANCES(3)), GROUPS_EPS(0, 0.1)},
    {CASE("no gain, no bias", F64(3, 2, 2), ABSENT, ABSENT, F64(2), VARIANCES(2))},
    {CASE("only gain", F64(3, 9), F64(9), ABSENT, F64(9), VARIANCES(9)), GROUPS_EPS(0, 0.5)},
    {CASE("only bias", F64(2, 2, 5), ABSENT, F64(2), F64(2), VARIANCES(2))},
    {CASE("no samples", F64(0, 2, 3), F64(2), F64(2), F64(2), VARIANCES(2))},
};

#define CHANNELS_MISUSE(o)                                                                         \
    {CASE("a vector", F64(4)), o, .expect = TAD_BAD_SHAPE},                                        \
        {CASE("integers", INDICES(3, 2, 4)), o, .expect = TAD_BAD_DTYPE},                          \
        {CASE("integer gain", F64(3, 4), INDICES(3, 4)), o, .expect = TAD_BAD_DTYPE},              \
        {CASE("size of the gain", F64(3, 4), F64(3)), o, .expect = TAD_BAD_SHAPE}, {               \
        CASE("shape of the bias", F64(3, 4), ABSENT, F64(4, 1)), o, .expect = TAD_BAD_SHAPE        \
    }
static const tad_misuse group_misuse[] = {
    CHANNELS_MISUSE(GROUPS(2)),
    {CASE("no groups", F64(3, 4)), .expect = TAD_BAD_ARGUMENT},
    {CASE("sizes of groups", F64(3, 4)), GROUPS(3), .expect = TAD_BAD_SHAPE},
    {CASE("negative eps", F64(3, 4)), GROUPS_EPS(2, -1), .expect = TAD_BAD_ARGUMENT},
};
static const tad_misuse running_misuse[] = {
    CHANNELS_MISUSE(GROUPS(0)),
    {CASE("no variances", F64(3, 4), F64(4), F64(4), F64(4)), .expect = TAD_BAD_ARGUMENT},
    {CASE("size of the means", F64(3, 4), ABSENT, ABSENT, F64(3), F64(4)), .expect = TAD_BAD_SHAPE},
    {CASE("negative eps", F64(3, 4), F64(4), F64(4), F64(4), F64(4)), GROUPS_EPS(0, -1),
     .expect = TAD_BAD_ARGUMENT},
};
static const tad_misuse batch_misuse[] = {
    CHANNELS_MISUSE(GROUPS(0)),
    {CASE("negative eps", F64(3, 4)), GROUPS_EPS(0, -1), .expect = TAD_BAD_ARGUMENT},
};

/* ---- the ops ---- */

#define CHANNELS(most, results)                                                                    \
    .family = "norm", .min_in = 1, .max_in = most, .n_out = results, .flags = TAD_OP_INTERNAL,     \
    .forward = tad__channels_values, .vjp = channels_vjp, .jvp = channels_jvp,                     \
    .backward = tad__channels_gradient, .c_text = tad__channels_c_text

const tad_op tad__ops_channels[] = {
    [TAD__GROUPS_NORM] = {.name = "groups_norm",
                          .doc = "group_norm, of channels with many numbers",
                          CHANNELS(3, 1),
                          .shape = group_shape,
                          OPTIONS(tad__channels_options, group_list),
                          CASES(group)},
    [TAD__BATCH_NORM_TRAINING] = {.name = "batch_norm_training",
                                  .doc = "batch_norm by the mean and variance of the batch itself; "
                                         "these, of each channel, are results too",
                                  CHANNELS(3, 3),
                                  .shape = batch_shape,
                                  OPTIONS(tad__channels_options, batch_list),
                                  CASES(batch)},
    [TAD__BATCH_NORM_RUNNING] = {.name = "batch_norm_running",
                                 .doc = "batch_norm by a mean and a variance that are given",
                                 CHANNELS(5, 1),
                                 .shape = running_shape,
                                 OPTIONS(tad__channels_options, batch_list),
                                 CASES(running)},
};
const size_t tad__ops_channels_count = LENGTH(tad__ops_channels);
