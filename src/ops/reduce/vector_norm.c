/* norm: of vectors, for any p. Composed. Where an element, or all, are 0 a power may have no slope;
 * it is taken of 1 there, and the gradient is 0. Rests on reduce.h. */
#include <math.h>
#include <stddef.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "reduce.h"

typedef struct norm_options {
    double p;
    tad__reduce over;
} norm_options;

static tad_status norm_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const norm_options *o = c->options;
    if (isnan(o->p)) return tad_fail(c, TAD_BAD_ARGUMENT, "p is no number");
    tad_status s = tad__reduced_type(c, &o->over.axis, o->over.keepdims, out);
    return s == TAD_OK && isinf(o->p) ? tad__not_of_nothing(c, &out->shape) : s;
}

/* x^p of x >= 0, with `at_zero` and no slope at 0. */
static tad_var power(tad_var x, double p, double at_zero) {
    tad_var none = tad_equal(x, tad_number(0));
    x = tad_where(none, tad_number(1), x);
    x = p == 2 ? tad_square(x) : p == 0.5 ? tad_sqrt(x) : tad_pow_scalar(x, p);
    return tad_where(none, tad_number(at_zero), x);
}

static void norm_compose(tad_rule *r) {
    const norm_options *o = r->options;
    tad_axes over = o->over.axis;
    tad_var x = r->in[0], *y = r->result;
    over.keepdims = o->over.keepdims;
    if (o->p == 2)
        *y = power(tad_sum(tad_square(x), over), 0.5, 0);
    else if (o->p == 0)
        *y = tad_sum(tad_abs(tad_sign(x)), over);
    else if (o->p == 1)
        *y = tad_sum(tad_abs(x), over);
    else if (isinf(o->p))
        *y = o->p > 0 ? tad_amax(tad_abs(x), over) : tad_amin(tad_abs(x), over);
    else {
        const double zero = o->p > 0 ? 0 : INFINITY;
        *y = power(tad_sum(power(tad_abs(x), o->p, zero), over), 1 / o->p, zero);
    }
}

/* ---- options, samples, misuse ---- */

static const tad_option norm_list[] = {
    {OPTION(FLOAT, norm_options, p), .initial = 2},
    {OPTION_NAMED("axis", AXES, norm_options, over.axis)},
    {OPTION_NAMED("keepdims", BOOL, norm_options, over.keepdims)},
};

#define POWER(p_)                                                                                  \
    .options = &(const norm_options) { .p = p_ }
#define POWER_OVER(p_, keep, ...)                                                                  \
    .options = &(const norm_options) {                                                             \
        p_, { AXES(__VA_ARGS__), keep }                                                            \
    }
#define NONZERO(...) AWAY(1, 0, 0, 0, __VA_ARGS__)

static const tad_sample norm_samples[] = {
    {CASE("all", F64(3, 5)), POWER(2)},
    {CASE("absolute values", NONZERO(7, 3)), POWER_OVER(1, false, 0)},
    {CASE("cubes, rows kept", NONZERO(3, 5)), POWER_OVER(3, true, -1)},
    {CASE("a root", NONZERO(2, 3, 5)), POWER_OVER(0.5, false, 0, 2)},
    {CASE("below 0", NONZERO(2, 3, 4)), POWER_OVER(-1, false, 1)},
    {CASE("largest", WITHIN(1, 9, 3, 4)), POWER_OVER(INFINITY, false, 1)},
    {CASE("smallest", WITHIN(1, 9, 3, 4)), POWER(-INFINITY)},
    {CASE("count", NONZERO(3, 4)), POWER_OVER(0, false, 1)},
    {CASE("nothing left", F64(0, 3)), POWER_OVER(2, false, 1)},
};
static const tad_misuse norm_misuse[] = {
    {CASE("no such axis", F64(3, 4)), POWER_OVER(2, false, 2), .expect = TAD_BAD_AXIS},
    {CASE("p no number", F64(3, 4)), POWER(NAN), .expect = TAD_BAD_ARGUMENT},
    {CASE("largest of nothing", F64(0, 3)), POWER(INFINITY), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 4)), POWER(2), .expect = TAD_BAD_DTYPE},
};

/* ---- the op ---- */

const tad_op tad__ops_vector_norm[] = {
    {.name = "norm",
     .doc = "(sum of |x|^p)^(1/p) of vectors along the axes; p = 0 counts what is not 0, inf and "
            "-inf are the largest and the smallest |x|; gradient 0 at 0",
     FAMILY("reduce", 1, 1),
     OPTIONS(norm_options, norm_list),
     .shape = norm_shape,
     .compose = norm_compose,
     CASES(norm)},
};
const size_t tad__ops_vector_norm_count = LENGTH(tad__ops_vector_norm);

tad_var tad_norm(tad_var x, double p, tad_axes over) {
    return tad__apply_one(tad__ops_vector_norm, x, &(norm_options){p, tad__reduce_over(over)});
}
