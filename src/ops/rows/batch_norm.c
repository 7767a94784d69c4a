/* batch_norm, group_norm and instance_norm, composed of the norms of sets of channels. Rests on
 * channels.h. */
#include <stddef.h>

#include "channels.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { BATCH_NORM, GROUP_NORM, INSTANCE_NORM };
enum { X, MEAN, VARIANCE, GAIN, BIAS, INPUTS };

typedef struct batch_options {
    bool training;
    tad_maybe_float momentum; /* not given: 0.1 */
    tad_maybe_float eps;      /* not given: 1e-5 */
} batch_options;

static double momentum_of(const batch_options *o) {
    return o->momentum.given ? o->momentum.value : 0.1;
}
static double eps_of(const tad_maybe_float *eps) { return eps->given ? eps->value : 1e-5; }

/* ---- shapes ---- */

static bool has(const tad_call_frame *c, size_t i) { return c->n_in > i && c->in[i]; }

static tad_status check_eps(const tad_call_frame *c, double eps) {
    return eps >= 0 ? TAD_OK : tad_fail(c, TAD_BAD_ARGUMENT, "eps %g is not 0 or above", eps);
}

/* Numbers in a channel of all samples. */
static int64_t numbers_of(const tad_shape *s) {
    int64_t n = s->dim[0];
    for (int i = 2; i < s->rank; i++) n *= s->dim[i];
    return n;
}

static tad_status batch_norm_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    const batch_options *o = c->options;
    const bool running = has(c, MEAN);
    const double momentum = momentum_of(o);
    if (tad__check_channels(c, 1)) return tad__check_channels(c, 1);
    const tad_shape x = tad__shape_of(c->in[X]);
    if (running != has(c, VARIANCE))
        return tad_fail(c, TAD_BAD_ARGUMENT, "one of the running statistics is missing");
    if (!o->training && !running)
        return tad_fail(c, TAD_BAD_ARGUMENT, "needs running statistics, but in training");
    if (o->training && numbers_of(&x) == 1)
        return tad_fail(c, TAD_BAD_SHAPE, "one number in a channel has no variance");
    if (momentum - momentum != 0) return tad_fail(c, TAD_BAD_ARGUMENT, "momentum %g", momentum);
    out[0] = (tad_type){(tad_dtype)c->in[X]->dtype, x};
    *n_out = o->training && running ? 3 : 1;
    for (size_t k = 1; k < *n_out; k++) out[k] = (tad_type){out->dtype, TAD_SHAPE(x.dim[1])};
    return check_eps(c, eps_of(&o->eps));
}

static tad_status group_norm_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    return tad__ops_channels[TAD__GROUPS_NORM].shape(c, out, n_out);
}

static tad_status instance_norm_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__channels_options *o = c->options;
    tad_status s = tad__check_channels(c, TAD__CHANNELS_GAIN);
    if (s) return s;
    if (c->in[0]->rank < 3) return tad_fail(c, TAD_BAD_SHAPE, "x needs axes behind its channels");
    out[0] = (tad_type){(tad_dtype)c->in[0]->dtype, tad__shape_of(c->in[0])};
    return check_eps(c, eps_of(&o->eps));
}

/* ---- compositions ---- */

static tad_var operand(const tad_rule *r, size_t i) {
    return tad__has_operand(r, i) ? r->in[i] : tad_none();
}

/* A number for each channel, as often as a sample has numbers of it: sums over samples are then
 * sums of long rows, where those over a few numbers each would take a call for every channel. */
static tad_var for_numbers(tad_var v, int64_t channels, int64_t inner) {
    if (inner == 1) return v;
    tad_var column = tad_reshape(v, TAD_SHAPE(channels, 1));
    return tad_reshape(tad_broadcast_to(column, TAD_SHAPE(channels, inner)),
                       TAD_SHAPE(channels * inner));
}

/* A batch of nothing leaves the running statistics as they are. */
static void move_statistics(tad_rule *r, const tad_var *batch, double n, double momentum) {
    const double unbiased = n / (n - 1);
    for (int k = 0; k < 2; k++) {
        tad_var running = r->in[MEAN + k], own = batch[k];
        if (k) own = tad_mul(own, tad_number(unbiased));
        r->result[1 + k] =
            n > 0 ? tad_lerp(running, own, tad_number(momentum)) : tad_add(running, tad_number(0));
    }
}

static void batch_norm_compose(tad_rule *r) {
    const batch_options *o = r->options;
    const tad_shape x = tad_shape_of(r->in[X]);
    const tad__channels_options own = {.eps = o->eps};
    tad_var in[] = {r->in[X], operand(r, GAIN), operand(r, BIAS), operand(r, MEAN),
                    operand(r, VARIANCE)},
            out[3];
    if (!o->training) {
        r->result[0] = tad_apply(&tad__ops_channels[TAD__BATCH_NORM_RUNNING], in, 5, &own, NULL, 0);
        return;
    }
    r->result[0] = tad_apply(&tad__ops_channels[TAD__BATCH_NORM_TRAINING], in, 3, &own, out, 3);
    if (r->n_out > 1) move_statistics(r, out + 1, (double)numbers_of(&x), momentum_of(o));
}

enum { FEW = 8 }; /* numbers of a channel for which its own loops are not worth it */

/* Groups as rows of layer_norm, samples as rows beside gain and bias. */
static tad_var by_rows(tad_rule *r, const tad_shape *x, int64_t inner, int64_t groups, double eps) {
    const int64_t channels = x->dim[1], row = channels * inner;
    tad_var y = tad_reshape(r->in[0], TAD_SHAPE(x->dim[0] * groups, row / groups));
    y = tad_layer_norm(y, tad_none(), tad_none(), TAD_0D, eps);
    y = tad_reshape(y, TAD_SHAPE(x->dim[0], row));
    if (tad__has_operand(r, TAD__CHANNELS_GAIN))
        y = tad_mul(y, for_numbers(r->in[TAD__CHANNELS_GAIN], channels, inner));
    if (tad__has_operand(r, TAD__CHANNELS_BIAS))
        y = tad_add(y, for_numbers(r->in[TAD__CHANNELS_BIAS], channels, inner));
    return tad_reshape(y, *x);
}

static void group_norm_compose(tad_rule *r) {
    const tad__channels_options *o = r->options;
    const tad_shape x = tad_shape_of(r->in[0]);
    int64_t inner = 1;
    for (int i = 2; i < x.rank; i++) inner *= x.dim[i];
    r->result[0] =
        inner < FEW ? by_rows(r, &x, inner, o->num_groups, eps_of(&o->eps))
                    : tad_apply(&tad__ops_channels[TAD__GROUPS_NORM], r->in, r->n_in, o, NULL, 0);
}

static void instance_norm_compose(tad_rule *r) {
    const tad__channels_options *o = r->options;
    const int64_t channels = tad_shape_of(r->in[0]).dim[1];
    r->result[0] =
        tad_group_norm(r->in[0], operand(r, TAD__CHANNELS_GAIN), operand(r, TAD__CHANNELS_BIAS),
                       channels ? channels : 1, eps_of(&o->eps));
}

/* ---- options, samples, misuse ---- */

static const tad_option batch_norm_list[] = {
    {OPTION(BOOL, batch_options, training)},
    {OPTION(MAYBE_FLOAT, batch_options, momentum)},
    {OPTION(MAYBE_FLOAT, batch_options, eps)},
};
static const tad_option group_norm_list[] = {
    {OPTION(INT, tad__channels_options, num_groups), .required = true},
    {OPTION(MAYBE_FLOAT, tad__channels_options, eps)},
};
static const tad_option instance_norm_list[] = {
    {OPTION(MAYBE_FLOAT, tad__channels_options, eps)},
};

#define HOW(...)                                                                                   \
    .options = &(const batch_options) { __VA_ARGS__ }
#define VARIANCES(...) WITHIN(0.5, 2, __VA_ARGS__)
#define EPS(...)                                                                                   \
    .options = &(const tad__channels_options) { .eps = GIVEN(__VA_ARGS__) }

static const tad_sample batch_norm_samples[] = {
    {CASE("training", F64(4, 3), F64(3), VARIANCES(3), F64(3), F64(3)), HOW(.training = true)},
    {CASE("images in training", F64(2, 3, 2, 2), F64(3), VARIANCES(3), F64(3), F64(3)),
     HOW(true, GIVEN(0.5), GIVEN(0.1))},
    {CASE("no running statistics", F64(5, 2), ABSENT, ABSENT, F64(2), F64(2)),
     HOW(.training = true)},
    {CASE("no gain, no bias", F64(3, 2, 2), F64(2), VARIANCES(2)),
     HOW(.training = true, .momentum = GIVEN(0))},
    {CASE("by running statistics", F64(4, 3), F64(3), VARIANCES(3), F64(3), F64(3))},
    {CASE("images by them", F64(2, 3, 2, 2), F64(3), VARIANCES(3), F64(3), F64(3)),
     HOW(false, {0}, GIVEN(0.1))},
    {CASE("no bias by them", F64(2, 3, 2), F64(3), VARIANCES(3), F64(3))},
    {CASE("neither by them", F64(1, 2), F64(2), VARIANCES(2))},
    {CASE("no samples", F64(0, 3), F64(3), VARIANCES(3), F64(3), F64(3)), HOW(.training = true)},
};
static const tad_misuse batch_norm_misuse[] = {
    {CASE("one number", F64(1, 3), F64(3), F64(3)), HOW(.training = true), .expect = TAD_BAD_SHAPE},
    {CASE("no statistics", F64(4, 3)), .expect = TAD_BAD_ARGUMENT},
    {CASE("no variances", F64(4, 3), F64(3)), HOW(.training = true), .expect = TAD_BAD_ARGUMENT},
    {CASE("a vector", F64(4), F64(4), F64(4)), .expect = TAD_BAD_SHAPE},
    {CASE("size of the means", F64(4, 3), F64(4), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 4, 3), F64(3), F64(3)), .expect = TAD_BAD_DTYPE},
    {CASE("negative eps", F64(4, 3), F64(3), F64(3)), HOW(true, {0}, GIVEN(-1)),
     .expect = TAD_BAD_ARGUMENT},
};
#define GROUPS(n)                                                                                  \
    .options = &(const tad__channels_options) {                                                    \
        n, { 0 }                                                                                   \
    }
#define GROUPS_EPS(n, eps)                                                                         \
    .options = &(const tad__channels_options) { n, GIVEN(eps) }
static const tad_sample group_norm_samples[] = {
    {CASE("two groups", F64(2, 4, 3), F64(4), F64(4)), GROUPS(2)},
    {CASE("many numbers", F64(2, 4, 9), F64(4), F64(4)), GROUPS(2)},
    {CASE("no gain, no bias", F64(3, 6, 2)), GROUPS_EPS(3, 0.1)},
    {CASE("only gain", F64(2, 3, 2, 2), F64(3)), GROUPS(1)},
    {CASE("only bias", F64(2, 2, 4), ABSENT, F64(2)), GROUPS(2)},
    {CASE("matrix", F64(3, 6), F64(6), F64(6)), GROUPS(2)},
    {CASE("no samples", F64(0, 4, 3), F64(4), F64(4)), GROUPS(2)},
    {CASE("no channels", F64(2, 0, 3), F64(0), F64(0)), GROUPS(2)},
};
static const tad_misuse group_norm_misuse[] = {
    {CASE("a vector", F64(4)), GROUPS(2), .expect = TAD_BAD_SHAPE},
    {CASE("no groups", F64(3, 4)), .expect = TAD_BAD_ARGUMENT},
    {CASE("sizes of groups", F64(3, 4)), GROUPS(3), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 2, 4)), GROUPS(2), .expect = TAD_BAD_DTYPE},
    {CASE("size of the bias", F64(3, 4), ABSENT, F64(3)), GROUPS(2), .expect = TAD_BAD_SHAPE},
    {CASE("negative eps", F64(3, 4)), GROUPS_EPS(2, -1), .expect = TAD_BAD_ARGUMENT},
};
static const tad_sample instance_norm_samples[] = {
    {CASE("images", F64(2, 3, 2, 3), F64(3), F64(3))},
    {CASE("no gain, no bias", F64(2, 2, 5)), EPS(0.1)},
    {CASE("only gain", F64(1, 2, 3), F64(2))},
    {CASE("only bias", F64(2, 2, 4), ABSENT, F64(2)), EPS(0.5)},
    {CASE("no channels", F64(2, 0, 3), F64(0), F64(0))},
};
static const tad_misuse instance_norm_misuse[] = {
    {CASE("a matrix", F64(2, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("size of the gain", F64(2, 3, 4), F64(4)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 2, 3, 4)), .expect = TAD_BAD_DTYPE},
    {CASE("negative eps", F64(2, 3, 4)), EPS(-1), .expect = TAD_BAD_ARGUMENT},
};

/* ---- the ops ---- */

const tad_op tad__ops_batch_norm[] = {
    [BATCH_NORM] = {.name = "batch_norm",
                    .doc =
                        "(x - mean) / sqrt(variance + eps) of each channel, times a gain, plus a "
                        "bias: by running statistics, in training by the batch's own; then the "
                        "next running ones are results too; momentum: 0.1, eps: 1e-5",
                    .family = "norm",
                    .min_in = 1,
                    .max_in = INPUTS,
                    OPTIONS(batch_options, batch_norm_list),
                    .shape = batch_norm_shape,
                    .compose = batch_norm_compose,
                    CASES(batch_norm)},
    [GROUP_NORM] = {.name = "group_norm",
                    .doc = "(x - mean) / sqrt(variance + eps) over groups of channels of each "
                           "sample, times a gain, plus a bias for each channel; eps: 1e-5",
                    FAMILY("norm", 1, 3),
                    OPTIONS(tad__channels_options, group_norm_list),
                    .shape = group_norm_shape,
                    .compose = group_norm_compose,
                    CASES(group_norm)},
    [INSTANCE_NORM] = {.name = "instance_norm",
                       .doc = "(x - mean) / sqrt(variance + eps) of each channel of each sample, "
                              "times a gain, plus a bias; eps: 1e-5",
                       FAMILY("norm", 1, 3),
                       OPTIONS(tad__channels_options, instance_norm_list),
                       .shape = instance_norm_shape,
                       .compose = instance_norm_compose,
                       CASES(instance_norm)},
};
const size_t tad__ops_batch_norm_count = LENGTH(tad__ops_batch_norm);

tad_var tad_batch_norm(tad_var x, tad_var running_mean, tad_var running_variance, tad_var gain,
                       tad_var bias, const tad_batch_norm_options *options) {
    const tad_batch_norm_options o = options ? *options : (tad_batch_norm_options){0};
    const batch_options own = {o.training, {o.momentum != 0, o.momentum}, {o.eps != 0, o.eps}};
    tad_var in[INPUTS] = {x, running_mean, running_variance, gain, bias}, out[3] = {{0}};
    tad_apply(&tad__ops_batch_norm[BATCH_NORM], in, INPUTS, &own, out, 3);
    if (o.next_mean) *o.next_mean = out[1];
    if (o.next_variance) *o.next_variance = out[2];
    return out[0];
}

tad_var tad_group_norm(tad_var x, tad_var gain, tad_var bias, int64_t groups, double eps) {
    const tad__channels_options o = {groups, {true, eps}};
    return tad_apply(&tad__ops_batch_norm[GROUP_NORM], (tad_var[]){x, gain, bias}, 3, &o, NULL, 0);
}

tad_var tad_instance_norm(tad_var x, tad_var gain, tad_var bias, double eps) {
    const tad__channels_options o = {.eps = {true, eps}};
    return tad_apply(&tad__ops_batch_norm[INSTANCE_NORM], (tad_var[]){x, gain, bias}, 3, &o, NULL,
                     0);
}
