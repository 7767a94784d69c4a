/* index_select and take_along_axis: an index that stands for many. Rests on indexed.h. */
#include <stddef.h>

#include "indexed.h"
#include "ops/axes.h"
#include "ops/families.h"
#include "ops/samples.h"
#include "tape/error.h"
#include "tape/handle.h"

enum { INDEX_SELECT, TAKE_ALONG_AXIS };

typedef struct take_options {
    tad_maybe_int axis;
} take_options;

/* ---- index_select ---- */

static tad_status select_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__at_axis *o = c->options;
    const tad_array *x = c->in[0], *index = c->in[1];
    int axis;
    tad_status s = tad__need_index(c, index);
    if (s != TAD_OK) return s;
    if (tad__one_axis(c, o->axis, x->rank, &axis)) return TAD_BAD_AXIS;
    if (index->rank != 1) return tad_fail(c, TAD_BAD_SHAPE, "the index must have one axis");
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    out->shape.dim[axis] = index->dim[0];
    return tad__check_indices(c, index, x->dim[axis]);
}

/* An axis of n elements among axes of one. */
static tad_shape on_axis(int rank, int axis, int64_t n) {
    tad_shape s = {.rank = rank};
    for (int i = 0; i < rank; i++) s.dim[i] = i == axis ? n : 1;
    return s;
}

static void select_plan(tad__walk *w, const tad_call_frame *c, const tad_array *source,
                        const tad_array *a) {
    const tad_array *index = c->in[1];
    int axis = tad__known_axis(((const tad__at_axis *)c->options)->axis, source->rank);
    tad_shape one = on_axis(a->rank, axis, index->dim[0]);
    tad__strides(tad__lay_out(&w->index, index, &one))[axis] = tad_strides(index)[0];
    tad__walk_source(w, source, a, axis);
}

static tad_status select_forward(const tad_call_frame *c) {
    return tad__take_forward(c, c->in[0], select_plan);
}

static void select_c_text(const tad_call_frame *c, tad_c *to) {
    tad__c_take(to, c, 0, select_plan, false);
}

static tad_status select_backward(tad_backward *b) { return tad__take_backward(b, 0, select_plan); }

static void select_vjp(tad_rule *r) {
    const tad__at_axis *o = r->options;
    tad_shape x = tad_shape_of(r->in[0]);
    tad_shape one = on_axis(x.rank, tad__known_axis(o->axis, x.rank), tad_size_of(r->in[1]));
    tad_var index = tad_broadcast_to(tad_reshape(r->in[1], one), tad_shape_of(r->out[0]));
    r->result[0] = tad__gather_put(r->given[0], index, x, o->axis);
}

/* ---- take_along_axis ---- */

/* The shape of x as the walk sees it: flattened when no axis is given. */
static tad_shape taken_from(const tad_array *x, const take_options *o) {
    return o->axis.given ? tad__shape_of(x) : (tad_shape){1, {x->size}};
}

static tad_status take_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const take_options *o = c->options;
    const tad_array *index = c->in[1];
    tad_shape x = taken_from(c->in[0], o), rest = x, at = tad__shape_of(index);
    int axis = 0;
    tad_status s = tad__need_index(c, index);
    if (s != TAD_OK) return s;
    if (o->axis.given && tad__one_axis(c, o->axis.value, x.rank, &axis)) return TAD_BAD_AXIS;
    if (index->rank != x.rank)
        return tad_fail(c, TAD_BAD_SHAPE, "the index has %d axes, not %d", index->rank, x.rank);
    rest.dim[axis] = 1;
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, rest};
    if (!tad__shape_broadcast(&rest, &at, &out->shape))
        return tad_fail(c, TAD_BAD_SHAPE, "x and index do not broadcast off axis %d", axis);
    int64_t size;
    if (!tad__shape_size(&out->shape, &size))
        return tad_fail(c, TAD_TOO_LARGE, "too many elements");
    return tad__check_indices(c, index, x.dim[axis]);
}

static void take_plan(tad__walk *w, const tad_call_frame *c, const tad_array *source,
                      const tad_array *a) {
    const take_options *o = c->options;
    int axis = o->axis.given ? tad__known_axis(o->axis.value, source->rank) : 0;
    tad__header flat;
    tad_shape shape = taken_from(source, o);
    if (!o->axis.given) source = tad__lay_out(&flat, source, &shape);
    tad__walk_source(w, source, a, axis);
    tad__walk_index(w, c->in[1]);
}

static tad_status take_forward(const tad_call_frame *c) {
    const tad_array *x = c->in[0];
    bool flattens = !((const take_options *)c->options)->axis.given;
    if (flattens && !(x = tad__contiguous(c->compute, x))) return TAD_NO_MEMORY;
    return tad__take_forward(c, x, take_plan);
}

static void take_c_text(const tad_call_frame *c, tad_c *to) {
    tad__c_take(to, c, 0, take_plan, !((const take_options *)c->options)->axis.given);
}

static tad_status take_backward(tad_backward *b) { return tad__take_backward(b, 0, take_plan); }

static void take_vjp(tad_rule *r) {
    const take_options *o = r->options;
    tad_shape x = tad_shape_of(r->in[0]), y = tad_shape_of(r->out[0]);
    if (!o->axis.given) {
        tad_var flat = tad__gather_put(r->given[0], r->in[1], TAD_SHAPE(tad_size_of(r->in[0])), 0);
        r->result[0] = tad_reshape(flat, x);
        return;
    }
    int axis = tad__known_axis(o->axis.value, x.rank);
    for (int i = 0; i < x.rank; i++)
        if (i != axis) x.dim[i] = y.dim[i]; /* the engine sums this down where x was broadcast */
    r->result[0] = tad__gather_put(r->given[0], tad_broadcast_to(r->in[1], y), x, axis);
}

/* ---- options, samples, misuse ---- */

static const tad_option select_list[] = {{OPTION(INT, tad__at_axis, axis), .required = true}};
static const tad_option take_list[] = {{OPTION(MAYBE_INT, take_options, axis)}};

#define TAKE(k)                                                                                    \
    .options = &(const take_options) { GIVEN(k) }

static const tad_sample select_samples[] = {
    {CASE("rows", F64(4, 3), INDICES(4, 7)), AT(0)},
    {CASE("columns", F64(3, 5), INDICES(5, 2)), AT(-1)},
    {CASE("middle", F64(2, 3, 5), INDICES(3, 4)), AT(1)},
    {CASE("vector", F64(7), INDICES(7, 3)), AT(0)},
    {CASE("no index", F64(4, 3), INDICES(4, 0)), AT(0)},
};
static const tad_misuse select_misuse[] = {
    {CASE("out of range", F64(4, 3), INDICES(900, 7)), AT(0), .expect = TAD_BAD_INDEX},
    {CASE("two axes", F64(4, 3), INDICES(4, 2, 2)), AT(0), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(4, 3), INDICES(3, 2)), AT(-3), .expect = TAD_BAD_AXIS},
    {CASE("float index", F64(4, 3), F64(2)), AT(0), .expect = TAD_BAD_DTYPE},
};
static const tad_sample take_samples[] = {
    {CASE("one of each row", F64(3, 4), INDICES(4, 3, 1)), TAKE(1)},
    {CASE("flattened", F64(3, 4), INDICES(12, 5))},
    {CASE("index broadcasts", F64(3, 5), INDICES(3, 2, 1)), TAKE(0)},
    {CASE("x broadcasts", F64(1, 5), INDICES(5, 3, 2)), TAKE(-1)},
    {CASE("no index", F64(3, 4), INDICES(4, 3, 0)), TAKE(1)},
};
static const tad_misuse take_misuse[] = {
    {CASE("out of range", F64(3, 4), INDICES(900, 3, 4)), TAKE(1), .expect = TAD_BAD_INDEX},
    {CASE("does not broadcast", F64(3, 4), INDICES(3, 2, 4)), TAKE(1), .expect = TAD_BAD_SHAPE},
    {CASE("other rank", F64(3, 4), INDICES(3, 3)), TAKE(1), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(3, 4), INDICES(3, 3, 4)), TAKE(2), .expect = TAD_BAD_AXIS},
};

/* ---- the ops ---- */

#define TAKEN(op)                                                                                  \
    FAMILY("index", 2, 2), .flags = TAD_OP_LINEAR, .constant_in = 1u << 1, HOOKS(op),              \
                           .backward = op##_backward, .c_text = op##_c_text, CASES(op)

const tad_op tad__ops_take[] = {
    [INDEX_SELECT] = {.name = "index_select",
                      .doc = "the slices of x along an axis that a list of indices names",
                      TAKEN(select),
                      OPTIONS(tad__at_axis, select_list)},
    [TAKE_ALONG_AXIS] = {.name = "take_along_axis",
                         .doc = "gather whose other axes broadcast; without axis x is "
                                "flattened",
                         TAKEN(take),
                         OPTIONS(take_options, take_list)},
};
const size_t tad__ops_take_count = LENGTH(tad__ops_take);

tad_var tad_index_select(tad_var x, tad_var index, int axis) {
    return tad_apply(&tad__ops_take[INDEX_SELECT], (tad_var[]){x, index}, 2, &(tad__at_axis){axis},
                     NULL, 0);
}

tad_var tad_take_along_axis(tad_var x, tad_var index, tad_axes axis) {
    tad_tape *t = tad__tape_of(&x, 1);
    const take_options o = {{axis.given, axis.axis[0]}};
    if (!axis.given || axis.count == 1)
        return tad_apply(&tad__ops_take[TAKE_ALONG_AXIS], (tad_var[]){x, index}, 2, &o, NULL, 0);
    if (t) tad__fail(t, TAD_BAD_AXIS, "take_along_axis: one axis is needed, or all");
    return tad__nil(t);
}
