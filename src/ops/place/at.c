/* select: what an array is at one place of an axis, a view without that axis. Rests on view.h. */
#include <stddef.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "view.h"

enum { SELECT };

typedef struct place_option {
    int64_t axis, index;
} place_option;

static tad_status select_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const place_option *o = c->options;
    const tad_array *x = c->in[0];
    int axis;
    if (tad__one_axis(c, o->axis, x->rank, &axis)) return TAD_BAD_AXIS;
    if (o->index < -x->dim[axis] || o->index >= x->dim[axis])
        return tad_fail(c, TAD_BAD_ARGUMENT, "no place %lld among the %lld of axis %d",
                        (long long)o->index, (long long)x->dim[axis], axis);
    *out = (tad_type){(tad_dtype)x->dtype, {x->rank - 1, {0}}};
    for (int i = 0, k = 0; i < x->rank; i++)
        if (i != axis) out->shape.dim[k++] = x->dim[i];
    return TAD_OK;
}

static int64_t place_from_start(int64_t i, int64_t n) { return i < 0 ? i + n : i; }

static bool select_view(const tad_call_frame *c, tad_array *out) {
    const place_option *o = c->options;
    const tad_array *x = c->in[0];
    const int axis = tad__known_axis(o->axis, x->rank);
    for (int i = 0, k = 0; i < x->rank; i++)
        if (i != axis) tad__strides(out)[k++] = tad_strides(x)[i];
    tad__move_data(out, tad_strides(x)[axis] * place_from_start(o->index, x->dim[axis]));
    return true;
}

static void select_vjp(tad_rule *r) {
    const place_option *o = r->options;
    const tad_shape x = tad_shape_of(r->in[0]);
    const int axis = tad__known_axis(o->axis, x.rank);
    const int64_t place = place_from_start(o->index, x.dim[axis]);
    tad_slices only = {.count = axis + 1};
    only.range[axis] = (tad_range){{true, place}, {true, place + 1}, {0}};
    r->result[0] = tad__slice_fill(tad_unsqueeze(r->given[0], axis), &only, x, 0);
}

/* ---- options, samples, misuse ---- */

static const tad_option select_list[] = {
    {OPTION(INT, place_option, axis)},
    {OPTION(INT, place_option, index), .required = true},
};

#define PLACE(axis, index)                                                                         \
    .options = &(const place_option) { axis, index }

static const tad_sample select_samples[] = {
    {CASE("row", F64(3, 4)), PLACE(0, 1)},
    {CASE("column, from the end", F64(3, 4)), PLACE(-1, -2)},
    {CASE("middle axis", F64(2, 3, 4)), PLACE(1, 2)},
    {CASE("element", F64(5)), PLACE(0, -5)},
    {CASE("empty", F64(2, 0)), PLACE(0, 1)},
    {CASE("only place", F64(3, 1)), PLACE(1, 0)},
};
static const tad_misuse select_misuse[] = {
    {CASE("behind the last", F64(3, 4)), PLACE(0, 3), .expect = TAD_BAD_ARGUMENT},
    {CASE("before the first", F64(3, 4)), PLACE(0, -4), .expect = TAD_BAD_ARGUMENT},
    {CASE("least integer", F64(3)), PLACE(0, INT64_MIN), .expect = TAD_BAD_ARGUMENT},
    {CASE("none there", F64(0, 2)), PLACE(0, 0), .expect = TAD_BAD_ARGUMENT},
    {CASE("no such axis", F64(3, 4)), PLACE(2, 0), .expect = TAD_BAD_AXIS},
    {CASE("0-d", F64_0D), PLACE(0, 0), .expect = TAD_BAD_AXIS},
};

/* ---- the op ---- */

const tad_op tad__ops_at[] = {
    [SELECT] = {.name = "select",
                .doc = "x at one place of an axis, which is gone; negative places from the end",
                VIEW_ONCE(select, select_view),
                OPTIONS(place_option, select_list),
                .vjp = select_vjp},
};
const size_t tad__ops_at_count = LENGTH(tad__ops_at);

tad_var tad_select(tad_var x, int axis, int64_t index) {
    return tad__apply_one(&tad__ops_at[SELECT], x, &(place_option){axis, index});
}

tad_var tad_at(tad_var x, int64_t i) { return tad_select(x, 0, i); }
