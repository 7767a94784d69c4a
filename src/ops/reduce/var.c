/* Variance and standard deviation, in two passes. Composed of mean and sum. Rests on reduce.h and
 * view.h. */
#include <stddef.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/place/view.h"
#include "ops/samples.h"
#include "reduce.h"

enum { VAR, STD };

typedef struct var_options {
    tad__reduce over;
    double correction;
} var_options;

static tad_status var_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const var_options *o = c->options;
    return tad__reduced_type(c, &o->over.axis, o->over.keepdims, out);
}

/* x less one element along the axes: what is constant is exactly 0 then, and its mean, too. */
static tad_var about_first(tad_var x, unsigned mask) {
    const tad_shape shape = tad_shape_of(x);
    tad_slices first = {.count = shape.rank};
    for (int i = 0; i < TAD_MAX_RANK; i++)
        if (mask >> i & 1) first.range[i].stop = (tad_maybe_int){true, 1};
    return tad_sub(x, tad_detach(tad__slice_all(x, &first)));
}

/* Divided by the count less the correction, at least 0: of one element that is 0 / 0. */
static tad_var variance(tad_var x, const var_options *o) {
    const tad_shape shape = tad_shape_of(x);
    const unsigned mask = tad__known_axes(&o->over.axis, shape.rank);
    tad_axes over = o->over.axis;
    double n = 1;
    for (int i = 0; i < shape.rank; i++)
        if (mask >> i & 1) n *= (double)shape.dim[i];
    over.keepdims = true;
    x = about_first(x, mask);
    tad_var away = tad_sub(x, tad_mean(x, over));
    over.keepdims = o->over.keepdims;
    n -= o->correction;
    return tad_div(tad_sum(tad_square(away), over), tad_number(n < 0 ? 0 : n));
}

static void var_compose(tad_rule *r) { r->result[0] = variance(r->in[0], r->options); }

/* The root has no slope at 0: there it is taken of 1. */
static void std_compose(tad_rule *r) {
    tad_var v = variance(r->in[0], r->options), none = tad_equal(v, tad_number(0));
    v = tad_sqrt(tad_where(none, tad_number(1), v));
    r->result[0] = tad_where(none, tad_number(0), v);
}

/* ---- options, samples, misuse ---- */

static const tad_option var_list[] = {
    {OPTION_NAMED("axis", AXES, var_options, over.axis)},
    {OPTION(FLOAT, var_options, correction), .initial = 1},
    {OPTION_NAMED("keepdims", BOOL, var_options, over.keepdims)},
};

#define CORRECTED(by)                                                                              \
    .options = &(const var_options) { .correction = by }
#define CORRECTED_OVER(by, keep, ...)                                                              \
    .options = &(const var_options) { {AXES(__VA_ARGS__), keep}, by }

static const tad_sample var_samples[] = {
    {CASE("all", F64(3, 5)), CORRECTED(1)},
    {CASE("columns", F64(7, 3)), CORRECTED_OVER(0, false, 0)},
    {CASE("rows kept", F64(3, 11)), CORRECTED_OVER(1, true, -1)},
    {CASE("outer two", F64(2, 3, 5)), CORRECTED_OVER(2.5, false, 0, 2)},
    {CASE("middle", F64(2, 3, 5)), CORRECTED_OVER(0, false, 1)},
    {CASE("nothing left", F64(0, 3)), CORRECTED_OVER(0, false, 1)},
};
static const tad_misuse var_misuse[] = {
    {CASE("no such axis", F64(3, 4)), CORRECTED_OVER(1, false, 2), .expect = TAD_BAD_AXIS},
    {CASE("named twice", F64(3, 4)), CORRECTED_OVER(1, false, 0, -2), .expect = TAD_BAD_AXIS},
    {CASE("integers", INDICES(3, 4)), CORRECTED(1), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

#define SPREAD(op)                                                                                 \
    FAMILY("reduce", 1, 1), OPTIONS(var_options, var_list), .shape = var_shape,                    \
                                                            .compose = op##_compose, CASES(var)

const tad_op tad__ops_var[] = {
    [VAR] = {.name = "var",
             .doc = "sum of (x - mean)^2 by (count - correction); NaN where that is 0 / 0",
             SPREAD(var)},
    [STD] = {.name = "std", .doc = "root of var; gradient 0 where it is 0", SPREAD(std)},
};
const size_t tad__ops_var_count = LENGTH(tad__ops_var);

static tad_var spread(int op, tad_var x, tad_axes over, double correction) {
    const var_options o = {tad__reduce_over(over), correction};
    return tad__apply_one(&tad__ops_var[op], x, &o);
}

tad_var tad_var_over(tad_var x, tad_axes over, double correction) {
    return spread(VAR, x, over, correction);
}

tad_var tad_std(tad_var x, tad_axes over, double correction) {
    return spread(STD, x, over, correction);
}
