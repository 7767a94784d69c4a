/* Norms of windows. Composed of ops. Rests on windows.h. */
#include <math.h>
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "windows.h"

typedef struct lp_options {
    double norm_type;
    tad__window_options window;
} lp_options;

/* Axes behind images and channels. */
static int rank_of(const tad_op *op) { return (int)(op - tad__ops_lp_pool) + 1; }

static tad_status lp_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const lp_options *o = c->options;
    const tad_array *x = c->in[0];
    const int rank = rank_of(c->op);
    tad_call_frame pool = *c;
    tad__windows w;
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (!(o->norm_type > 0 && isfinite(o->norm_type)))
        return tad_fail(c, TAD_BAD_ARGUMENT, "norm_type %g is not above 0", o->norm_type);
    if (x->rank != rank + 2) return tad_fail(c, TAD_BAD_SHAPE, "needs %d axes", rank + 2);
    pool.options = &o->window;
    tad_status s = tad__windows_of(&w, &pool, TAD__POOL, x->dim + 2, rank);
    if (s) return s;
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    for (int i = 0; i < rank; i++) out->shape.dim[2 + i] = w.out[TAD__WINDOW_AXES - rank + i];
    return TAD_OK;
}

static tad_var mean(tad_var x, const tad__window_options *o, int rank) {
    static tad_var (*const pool[])(tad_var, tad_shape, const tad_pool_options *) = {
        tad_avg_pool1d, tad_avg_pool2d, tad_avg_pool3d};
    const tad_pool_options options = {.stride = o->stride, .ceil_mode = o->ceil_mode};
    return pool[rank - 1](x, o->kernel_size, &options);
}

/* The root of 0 is 0, with derivative 0: it is not taken. */
static void lp_compose(tad_rule *r) {
    const lp_options *o = r->options;
    const tad_shape *k = &o->window.kernel_size;
    const int rank = rank_of(r->op);
    const double p = o->norm_type;
    double elements = 1;
    for (int i = 0; i < rank; i++) elements *= (double)k->dim[k->rank == 1 ? 0 : i];
    tad_var x = r->in[0], power = p == 2 ? tad_square(x) : tad_pow_scalar(tad_abs(x), p);
    tad_var sum = tad_mul(mean(power, &o->window, rank), tad_number(elements));
    tad_var none = tad_equal(sum, tad_number(0));
    tad_var root = tad_pow_scalar(tad_where(none, tad_number(1), sum), 1 / p);
    r->result[0] = tad_where(none, tad_number(0), root);
}

/* ---- options, samples, misuse ---- */

static const tad_option lp_list[] = {
    {OPTION(FLOAT, lp_options, norm_type), .required = true},
    {OPTION_NAMED("kernel_size", SHAPE, lp_options, window.kernel_size), .required = true},
    {OPTION_NAMED("stride", SHAPE, lp_options, window.stride)},
    {OPTION_NAMED("ceil_mode", BOOL, lp_options, window.ceil_mode)},
};

#define WITH(p, ...)                                                                               \
    .options = &(const lp_options) {                                                               \
        p, { __VA_ARGS__ }                                                                         \
    }
#define K(...) .kernel_size = SHAPE(__VA_ARGS__)
#define OFF_ZERO(...) AWAY(1, 0, 0, 0, __VA_ARGS__)

#define SAMPLES_OF(name, small, large, list)                                                       \
    static const tad_sample name[] = {                                                             \
        {CASE("squares", OFF_ZERO small), WITH(2, K(2))},                                          \
        {CASE("sums", OFF_ZERO small), WITH(1, K(2), .stride = SHAPE(1))},                         \
        {CASE("cubes", OFF_ZERO large), WITH(3, K(3), .stride = SHAPE(2))},                        \
        {CASE("rounded up", OFF_ZERO large), WITH(2.5, K(2), .ceil_mode = true)},                  \
        {CASE("each axis", OFF_ZERO large), WITH(2, .kernel_size = list)},                         \
    }
SAMPLES_OF(lp_one_samples, (2, 2, 6), (1, 2, 7), SHAPE(3));
SAMPLES_OF(lp_two_samples, (1, 2, 4, 4), (1, 2, 5, 7), SHAPE(3, 2));
SAMPLES_OF(lp_three_samples, (1, 1, 2, 4, 2), (1, 1, 3, 5, 3), SHAPE(1, 2, 3));

static const tad_misuse lp_misuse[] = {
    {CASE("norm_type 0", F64(1, 2, 6)), WITH(0, K(2)), .expect = TAD_BAD_ARGUMENT},
    {CASE("norm_type inf", F64(1, 2, 6)), WITH(HUGE_VAL, K(2)), .expect = TAD_BAD_ARGUMENT},
    {CASE("two axes", F64(2, 6)), WITH(2, K(2)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 1, 2, 6)), WITH(2, K(2)), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

#define LP(name_, doc_, samples_)                                                                  \
    {                                                                                              \
        .name = name_, .doc = doc_, FAMILY("pooling", 1, 1), OPTIONS(lp_options, lp_list),         \
        .shape = lp_shape, .compose = lp_compose, SAMPLES(samples_), MISUSE(lp_misuse)             \
    }

const tad_op tad__ops_lp_pool[] = {
    LP("lp_pool1d", "(sum of |x|^p)^(1/p) of each window of (N,C,L), p: norm_type", lp_one_samples),
    LP("lp_pool2d", "the same of (N,C,H,W)", lp_two_samples),
    LP("lp_pool3d", "the same of (N,C,D,H,W)", lp_three_samples),
};
const size_t tad__ops_lp_pool_count = LENGTH(tad__ops_lp_pool);

static tad_var lp_pool(int op, tad_var x, double p, tad_shape kernel,
                       const tad_pool_options *given) {
    lp_options o = {p, {.kernel_size = kernel}};
    if (given) {
        o.window.stride = given->stride;
        o.window.ceil_mode = given->ceil_mode;
    }
    return tad__apply_one(&tad__ops_lp_pool[op], x, &o);
}

tad_var tad_lp_pool1d(tad_var x, double p, tad_shape kernel, const tad_pool_options *options) {
    return lp_pool(0, x, p, kernel, options);
}
tad_var tad_lp_pool2d(tad_var x, double p, tad_shape kernel, const tad_pool_options *options) {
    return lp_pool(1, x, p, kernel, options);
}
tad_var tad_lp_pool3d(tad_var x, double p, tad_shape kernel, const tad_pool_options *options) {
    return lp_pool(2, x, p, kernel, options);
}
