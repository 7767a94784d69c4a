/* Views of the same elements in the same order: reshape, flatten, squeeze, unsqueeze. Rests on
 * view.h. */
#include <stddef.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "view.h"

enum { RESHAPE, FLATTEN, SQUEEZE, UNSQUEEZE };

typedef struct flatten_options {
    int64_t start_axis, end_axis;
} flatten_options;

/* ---- shapes ---- */

/* Replaces the one -1 of `want`, so that there are n elements. */
static bool complete_shape(tad_shape *want, int64_t n) {
    int open = -1;
    int64_t size;
    for (int i = 0; i < want->rank; i++) {
        if (want->dim[i] != -1) continue;
        if (open >= 0) return false;
        open = i;
        want->dim[i] = 1;
    }
    if (!tad__shape_size(want, &size)) return false;
    if (open < 0) return size == n;
    if (size == 0 || n % size) return false;
    want->dim[open] = n / size;
    return true;
}

static tad_status reshape_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__to_shape *o = c->options;
    char text[TAD__SHAPE_ROOM];
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, o->shape};
    if (o->shape.rank < 0 || o->shape.rank > TAD_MAX_RANK)
        return tad_fail(c, TAD_TOO_LARGE, "rank %d, 0 to %d are possible", o->shape.rank,
                        TAD_MAX_RANK);
    if (complete_shape(&out->shape, c->in[0]->size)) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "%lld elements do not make %s", (long long)c->in[0]->size,
                    tad__shape_text(&o->shape, text, sizeof text));
}

static tad_status flatten_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const flatten_options *o = c->options;
    const tad_array *x = c->in[0];
    int rank = x->rank ? x->rank : 1, start, end;
    if (tad__one_axis(c, o->start_axis, rank, &start)) return TAD_BAD_AXIS;
    if (tad__one_axis(c, o->end_axis, rank, &end)) return TAD_BAD_AXIS;
    if (start > end)
        return tad_fail(c, TAD_BAD_AXIS, "start_axis %d is behind end_axis %d", start, end);
    *out = (tad_type){(tad_dtype)x->dtype, {rank - (end - start), {0}}};
    int64_t joined = 1, *dim = out->shape.dim;
    for (int i = 0; i < x->rank; i++) {
        if (i >= start && i <= end)
            joined *= x->dim[i];
        else
            *dim++ = x->dim[i];
        if (i == end) *dim++ = joined;
    }
    if (x->rank == 0) *dim = 1;
    return TAD_OK;
}

static tad_status squeeze_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__reduce *o = c->options;
    const tad_array *x = c->in[0];
    unsigned mask = 0;
    if (o->axis.given && tad__named_axes(c, &o->axis, x->rank, &mask)) return TAD_BAD_AXIS;
    *out = (tad_type){(tad_dtype)x->dtype, {0, {0}}};
    for (int i = 0; i < x->rank; i++) {
        bool named = mask >> i & 1;
        if (named && x->dim[i] != 1)
            return tad_fail(c, TAD_BAD_SHAPE, "axis %d has size %lld, not 1", i,
                            (long long)x->dim[i]);
        if (!named && (o->axis.given || x->dim[i] != 1))
            out->shape.dim[out->shape.rank++] = x->dim[i];
    }
    return TAD_OK;
}

static tad_status unsqueeze_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__at_axis *o = c->options;
    return tad__with_new_axis(c, o->axis, 1, out);
}

/* Every cotangent of these has the elements in the input's order. */
static void reshape_vjp(tad_rule *r) {
    r->result[0] = tad_reshape(r->given[0], tad_shape_of(r->in[0]));
}

/* ---- options, samples, misuse ---- */

static const tad_option reshape_list[] = {{OPTION(SHAPE, tad__to_shape, shape), .required = true}};
static const tad_option flatten_list[] = {
    {OPTION(INT, flatten_options, start_axis)},
    {OPTION(INT, flatten_options, end_axis), .initial = -1},
};
static const tad_option squeeze_list[] = {{OPTION(AXES, tad__reduce, axis)}};
static const tad_option unsqueeze_list[] = {{OPTION(INT, tad__at_axis, axis), .required = true}};

#define JOIN(a, b)                                                                                 \
    .options = &(const flatten_options) { a, b }

static const tad_sample reshape_samples[] = {
    {CASE("rows joined", F64(3, 4)), TO(2, 6)}, {CASE("one size open", F64(2, 3, 5)), TO(5, -1)},
    {CASE("0-d to (1,1)", F64_0D), TO(1, 1)},   {CASE("(1) to 0-d", F64(1)), TO_0D},
    {CASE("empty", F64(0, 3)), TO(3, 0, 7)},
};
static const tad_misuse reshape_misuse[] = {
    {CASE("other size", F64(3, 4)), TO(5, 2), .expect = TAD_BAD_SHAPE},
    {CASE("two open", F64(3, 4)), TO(-1, -1), .expect = TAD_BAD_SHAPE},
    {CASE("does not divide", F64(3, 4)), TO(5, -1), .expect = TAD_BAD_SHAPE},
    {CASE("open beside 0", F64(0, 4)), TO(0, -1), .expect = TAD_BAD_SHAPE},
    {CASE("negative", F64(6)), TO(-2, -3), .expect = TAD_BAD_SHAPE},
    {CASE("rank 9", F64(6)), .options = &(const tad__to_shape){{9, {0}}}, .expect = TAD_TOO_LARGE},
    {CASE("rank -1", F64(1)), .options = &(const tad__to_shape){{-1, {0}}},
     .expect = TAD_TOO_LARGE},
};
static const tad_sample flatten_samples[] = {
    {CASE("all", F64(2, 3, 2)), JOIN(0, -1)},        {CASE("last two", F64(2, 3, 5)), JOIN(1, 2)},
    {CASE("first two", F64(2, 3, 5)), JOIN(-3, -2)}, {CASE("0-d", F64_0D), JOIN(0, -1)},
    {CASE("empty", F64(2, 0, 3)), JOIN(1, 2)},       {CASE("one axis", F64(3, 5)), JOIN(1, 1)},
};
static const tad_misuse flatten_misuse[] = {
    {CASE("no such start", F64(2, 3)), JOIN(2, -1), .expect = TAD_BAD_AXIS},
    {CASE("no such end", F64(2, 3)), JOIN(0, 2), .expect = TAD_BAD_AXIS},
    {CASE("start behind end", F64(2, 3, 5)), JOIN(2, 1), .expect = TAD_BAD_AXIS},
};
static const tad_sample squeeze_samples[] = {
    {CASE("all of size 1", F64(2, 1, 3, 1))},
    {CASE("one axis", F64(1, 3, 1)), OVER(-1)},
    {CASE("two axes", F64(1, 3, 1, 2)), OVER(0, 2)},
    {CASE("to 0-d", F64(1, 1))},
    {CASE("0-d", F64_0D)},
    {CASE("empty", F64(0, 1)), OVER(1)},
};
static const tad_misuse squeeze_misuse[] = {
    {CASE("size 3", F64(1, 3)), OVER(1), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(1, 3)), OVER(2), .expect = TAD_BAD_AXIS},
    {CASE("named twice", F64(1, 3)), OVER(0, -2), .expect = TAD_BAD_AXIS},
};
static const tad_sample unsqueeze_samples[] = {
    {CASE("front", F64(2, 3)), AT(0)}, {CASE("middle", F64(2, 3)), AT(1)},
    {CASE("end", F64(2, 3)), AT(-1)},  {CASE("0-d", F64_0D), AT(0)},
    {CASE("empty", F64(3, 0)), AT(2)},
};
static const tad_misuse unsqueeze_misuse[] = {
    {CASE("no such axis", F64(2, 3)), AT(3), .expect = TAD_BAD_AXIS},
    {CASE("no such negative axis", F64(2, 3)), AT(-4), .expect = TAD_BAD_AXIS},
    {CASE("rank 9", F64(1, 1, 1, 1, 1, 1, 1, 2)), AT(0), .expect = TAD_TOO_LARGE},
};

/* ---- the ops ---- */

#define IN_ORDER(op) VIEW_ONCE(op, tad__view_in_order), .vjp = reshape_vjp

const tad_op tad__ops_reshape[] = {
    [RESHAPE] = {.name = "reshape",
                 .doc = "the same elements in another shape; one size may be -1",
                 IN_ORDER(reshape),
                 OPTIONS(tad__to_shape, reshape_list)},
    [FLATTEN] = {.name = "flatten",
                 .doc = "joins the axes from start_axis to end_axis; 0-d becomes (1)",
                 IN_ORDER(flatten),
                 OPTIONS(flatten_options, flatten_list)},
    [SQUEEZE] = {.name = "squeeze",
                 .doc = "drops the named axes, all of size 1; without axes every one of size 1",
                 IN_ORDER(squeeze),
                 OPTIONS(tad__reduce, squeeze_list)},
    [UNSQUEEZE] = {.name = "unsqueeze",
                   .doc = "a new axis of size 1",
                   IN_ORDER(unsqueeze),
                   OPTIONS(tad__at_axis, unsqueeze_list)},
};
const size_t tad__ops_reshape_count = LENGTH(tad__ops_reshape);

tad_var tad_reshape(tad_var x, tad_shape shape) {
    return tad__apply_one(&tad__ops_reshape[RESHAPE], x, &(tad__to_shape){shape});
}

tad_var tad_flatten(tad_var x, int start_axis, int end_axis) {
    return tad__apply_one(&tad__ops_reshape[FLATTEN], x, &(flatten_options){start_axis, end_axis});
}

tad_var tad_squeeze(tad_var x, tad_axes axes) {
    const tad__reduce o = tad__reduce_over(axes);
    return tad__apply_one(&tad__ops_reshape[SQUEEZE], x, &o);
}

tad_var tad_unsqueeze(tad_var x, int axis) {
    return tad__apply_one(&tad__ops_reshape[UNSQUEEZE], x, &(tad__at_axis){axis});
}
