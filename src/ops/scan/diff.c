/* diff: differences of neighbours along an axis. Composed of slices and sub. */
#include <stddef.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

typedef struct diff_options {
    int64_t n, axis;
} diff_options;

static tad_status diff_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const diff_options *o = c->options;
    const tad_array *x = c->in[0];
    int axis;
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (tad__one_axis(c, o->axis, x->rank, &axis)) return TAD_BAD_AXIS;
    if (o->n < 0) return tad_fail(c, TAD_BAD_ARGUMENT, "n = %lld", (long long)o->n);
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    out->shape.dim[axis] = o->n < x->dim[axis] ? x->dim[axis] - o->n : 0;
    return TAD_OK;
}

static void diff_compose(tad_rule *r) {
    const diff_options *o = r->options;
    tad_var x = r->in[0];
    const tad_shape shape = tad_shape_of(x);
    const int axis = tad__known_axis(o->axis, shape.rank);
    for (int64_t k = 0; k < o->n && k < shape.dim[axis]; k++)
        x = tad_sub(tad_slice(x, axis, 1, TAD_END, 1), tad_slice(x, axis, 0, -1, 1));
    r->result[0] = tad__renewed(x, r->in[0]);
}

/* ---- options, samples, misuse ---- */

static const tad_option diff_list[] = {
    {OPTION(INT, diff_options, n), .initial = 1},
    {OPTION(INT, diff_options, axis), .initial = -1},
};

#define TIMES(...)                                                                                 \
    .options = &(const diff_options) { __VA_ARGS__ }

static const tad_sample diff_samples[] = {
    {CASE("rows", F64(3, 5)), TIMES(1, -1)},     {CASE("columns, twice", F64(5, 3)), TIMES(2, 0)},
    {CASE("middle", F64(2, 3, 5)), TIMES(1, 1)}, {CASE("not at all", F64(4)), TIMES(0, 0)},
    {CASE("too often", F64(3, 2)), TIMES(5, 1)}, {CASE("nothing", F64(0)), TIMES(1, 0)},
};
static const tad_misuse diff_misuse[] = {
    {CASE("negative", F64(3)), TIMES(-1, 0), .expect = TAD_BAD_ARGUMENT},
    {CASE("no such axis", F64(3, 4)), TIMES(1, 2), .expect = TAD_BAD_AXIS},
    {CASE("integers", INDICES(3, 4)), TIMES(1, 0), .expect = TAD_BAD_DTYPE},
};

/* ---- the op ---- */

const tad_op tad__ops_diff[] = {
    {.name = "diff",
     .doc = "x[i + 1] - x[i] along an axis, n times",
     FAMILY("scan", 1, 1),
     OPTIONS(diff_options, diff_list),
     .shape = diff_shape,
     .compose = diff_compose,
     CASES(diff)},
};
const size_t tad__ops_diff_count = LENGTH(tad__ops_diff);

tad_var tad_diff(tad_var x, int64_t n, int axis) {
    return tad__apply_one(tad__ops_diff, x, &(diff_options){n, axis});
}
