/* Indices that lead to places, and what is composed of them: take, scatter, index_put, index_add.
 * Rests on indexed.h. */
#include <stddef.h>

#include "array/loop.h"
#include "indexed.h"
#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "tape/error.h"
#include "tape/handle.h"

enum { FROM_START, LAST_WRITER, TAKE, SCATTER, INDEX_PUT, INDEX_ADD };

typedef struct count_options {
    int64_t n;
} count_options;

typedef struct writer_options {
    int64_t axis;
    tad_shape shape;
} writer_options;

typedef struct maybe_axis {
    tad_maybe_int axis;
} maybe_axis;

/* ---- from_start: indices below 0 count from the end ---- */

static tad_status check_from_start(const tad_call_frame *c, const tad_array *index, int64_t n) {
    const tad_shape shape = tad__shape_of(index);
    tad__loop l;
    tad__loop_init(&l, &shape, &index, 1);
    for (bool more = tad__loop_first(&l); more; more = tad__loop_next(&l))
        for (int64_t i = 0; i < l.length; i++) {
            const int64_t at = *(const int64_t *)(const void *)(l.run[0] + i * l.step[0]);
            if (at < -n || at >= n)
                return tad_fail(c, TAD_BAD_INDEX, "index %lld is not within %lld to %lld",
                                (long long)at, -(long long)n, (long long)n - 1);
        }
    return TAD_OK;
}

static tad_status from_start_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const count_options *o = c->options;
    if (tad__need_index(c, c->in[0])) return TAD_BAD_DTYPE;
    if (o->n < 0) return tad_fail(c, TAD_BAD_ARGUMENT, "%lld elements", (long long)o->n);
    *out = (tad_type){TAD_I64, tad__shape_of(c->in[0])};
    return check_from_start(c, c->in[0], o->n);
}

static tad_status from_start_forward(const tad_call_frame *c) {
    const int64_t n = ((const count_options *)c->options)->n;
    int64_t *at = c->out[0]->data;
    tad__copy(c->compute, c->out[0], c->in[0]);
    for (int64_t i = 0; i < c->out[0]->size; i++) at[i] += at[i] < 0 ? n : 0;
    return TAD_OK;
}

static void from_start_c_text(const tad_call_frame *c, tad_c *to) {
    const long long n = (long long)((const count_options *)c->options)->n;
    const tad_shape shape = tad__shape_of(c->out[0]);
    tad__loop l;
    tad_c_put(to, "int bad = 0;\n");
    tad__c_open(to, &l, &shape, (const tad_array *const[]){c->out[0], c->in[0]}, 2);
    tad_c_put(to, "const int64_t at = in0");
    tad__c_at(to, &l, 1);
    tad_c_put(to, ";\nbad |= at < -%lld || at >= %lld;\nout0", n, n);
    tad__c_at(to, &l, 0);
    tad_c_put(to, " = at < 0 ? at + %lld : at;\n", n);
    tad__c_close(to, &l);
    tad_c_put(to, "if (bad) return TAD_BAD_INDEX;\n");
}

/* ---- last_writer: of x and src one behind the other, the element that scatter leaves ---- */

/* The index is of the shape of src. */
static tad_status writer_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const writer_options *o = c->options;
    const tad_array *index = c->in[0];
    int axis;
    int64_t size;
    if (tad__need_index(c, index)) return TAD_BAD_DTYPE;
    if (!tad__shape_size(&o->shape, &size)) return tad_fail(c, TAD_BAD_SHAPE, "no such shape");
    if (tad__one_axis(c, o->axis, o->shape.rank, &axis)) return TAD_BAD_AXIS;
    bool fits = index->rank == o->shape.rank;
    for (int i = 0; fits && i < index->rank; i++)
        fits = i == axis || index->dim[i] <= o->shape.dim[i];
    if (!fits)
        return tad_fail(c, TAD_BAD_SHAPE,
                        "the index is larger than x off axis %d, or of other rank", axis);
    *out = (tad_type){TAD_I64, o->shape};
    return tad__check_indices(c, index, o->shape.dim[axis]);
}

static void writer_plan(tad__walk *w, const tad_call_frame *c, const tad_array *to) {
    const writer_options *o = c->options;
    tad__walk_source(w, to, c->in[0], tad__known_axis(o->axis, to->rank));
}

/* In row-major order, so that the last one remains. */
static tad_status writer_forward(const tad_call_frame *c) {
    const tad_array *index = c->in[0], *y = c->out[0];
    const tad_shape shape = tad__shape_of(index);
    int64_t *own = y->data, next = y->size;
    tad__walk w;
    tad__loop l;
    for (int64_t i = 0; i < y->size; i++) own[i] = i;
    writer_plan(&w, c, y);
    tad__loop_init(&l, &shape, (const tad_array *const[]){index, &w.source.array}, 2);
    for (bool more = tad__loop_first(&l); more; more = tad__loop_next(&l))
        for (int64_t i = 0; i < l.length; i++) {
            const int64_t at = *(const int64_t *)(const void *)(l.run[0] + i * l.step[0]);
            *(int64_t *)(void *)(l.run[1] + i * l.step[1] + at * w.stride) = next++;
        }
    return TAD_OK;
}

static void writer_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_array *index = c->in[0], *y = c->out[0];
    const tad_shape shape = tad__shape_of(index);
    tad__walk w;
    tad__loop l;
    writer_plan(&w, c, y);
    tad__c_check_indices(to, c, 0, w.size);
    tad_c_put(to, "int64_t next = %lld;\n", (long long)y->size);
    tad_c_put(to, "for (ptrdiff_t i = 0; i < %lld; i++) out0[i] = i;\n", (long long)y->size);
    tad__c_open(to, &l, &shape, (const tad_array *const[]){index, &w.source.array}, 2);
    tad_c_put(to, "const int64_t at = in0");
    tad__c_at(to, &l, 0);
    tad_c_put(to, ";\nout0");
    tad__c_at_and(to, &l, 1, 0, w.stride / (int64_t)sizeof(int64_t), "at");
    tad_c_put(to, " = next++;\n");
    tad__c_close(to, &l);
}

/* ---- take ---- */

static tad_shape taken_from(const tad_shape *x, int64_t size, const maybe_axis *o) {
    return o->axis.given ? *x : TAD_SHAPE(size);
}

static tad_status take_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const maybe_axis *o = c->options;
    const tad_array *index = c->in[1];
    const tad_shape own = tad__shape_of(c->in[0]);
    const tad_shape x = taken_from(&own, c->in[0]->size, o);
    int axis = 0;
    if (tad__need_index(c, index)) return TAD_BAD_DTYPE;
    if (o->axis.given && tad__one_axis(c, o->axis.value, x.rank, &axis)) return TAD_BAD_AXIS;
    if (x.rank - 1 + index->rank > TAD_MAX_RANK)
        return tad_fail(c, TAD_TOO_LARGE, "rank %d, %d is the largest", x.rank - 1 + index->rank,
                        TAD_MAX_RANK);
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, {0, {0}}};
    for (int i = 0; i < x.rank; i++) {
        if (i != axis) out->shape.dim[out->shape.rank++] = x.dim[i];
        for (int k = 0; i == axis && k < index->rank; k++)
            out->shape.dim[out->shape.rank++] = index->dim[k];
    }
    return check_from_start(c, index, x.dim[axis]);
}

static tad_var from_start(tad_var index, int64_t n) {
    return tad__apply_one(&tad__ops_places[FROM_START], index, &(count_options){n});
}

static void take_compose(tad_rule *r) {
    const maybe_axis *o = r->options;
    tad_var x = o->axis.given ? r->in[0] : tad_flatten(r->in[0], 0, -1);
    const tad_shape from = tad_shape_of(x), at = tad_shape_of(r->in[1]);
    const int axis = o->axis.given ? tad__known_axis(o->axis.value, from.rank) : 0;
    tad_shape shape = {0, {0}};
    for (int i = 0; i < from.rank; i++) {
        if (i != axis) shape.dim[shape.rank++] = from.dim[i];
        for (int k = 0; i == axis && k < at.rank; k++) shape.dim[shape.rank++] = at.dim[k];
    }
    tad_var index = tad_flatten(from_start(r->in[1], from.dim[axis]), 0, -1);
    r->result[0] = tad_reshape(tad_index_select(x, index, axis), shape);
}

/* ---- scatter ---- */

static tad_status scatter_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    return tad__check_scatter(c, ((const tad__at_axis *)c->options)->axis, out);
}

/* Each element of the result is one of x and src. */
static tad_var scattered(tad_var x, tad_var index, tad_var src, int64_t axis) {
    const tad_shape shape = tad_shape_of(x);
    tad_var from =
        tad__apply_one(&tad__ops_places[LAST_WRITER], index, &(writer_options){axis, shape});
    const tad_var all[] = {tad_flatten(x, 0, -1), tad_flatten(src, 0, -1)};
    return tad_reshape(tad_index_select(tad_concat(all, 2, 0), tad_flatten(from, 0, -1), 0), shape);
}

static void scatter_compose(tad_rule *r) {
    r->result[0] =
        scattered(r->in[0], r->in[1], r->in[2], ((const tad__at_axis *)r->options)->axis);
}

/* ---- index_put, index_add ---- */

static tad_status along_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__at_axis *o = c->options;
    const tad_array *x = c->in[0], *index = c->in[1], *src = c->in[2];
    int axis;
    if (tad__need_index(c, index)) return TAD_BAD_DTYPE;
    if (!tad__is_float(x->dtype) || src->dtype != x->dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "x and src must have one float type");
    if (index->rank != 1) return tad_fail(c, TAD_BAD_SHAPE, "the index must have one axis");
    if (tad__one_axis(c, o->axis, x->rank, &axis)) return TAD_BAD_AXIS;
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    bool fits = src->rank == x->rank && src->dim[axis] == index->dim[0];
    for (int i = 0; fits && i < x->rank; i++) fits = i == axis || src->dim[i] == x->dim[i];
    return fits ? check_from_start(c, index, x->dim[axis])
                : tad_fail(c, TAD_BAD_SHAPE, "src must be of x's shape, but along axis %d", axis);
}

static void along_compose(tad_rule *r) {
    const tad_shape src = tad_shape_of(r->in[2]);
    const int axis = tad__known_axis(((const tad__at_axis *)r->options)->axis, src.rank);
    tad_shape line = {src.rank, {0}};
    for (int i = 0; i < src.rank; i++) line.dim[i] = i == axis ? src.dim[i] : 1;
    tad_var index = from_start(r->in[1], tad_shape_of(r->in[0]).dim[axis]);
    index = tad_broadcast_to(tad_reshape(index, line), src);
    r->result[0] = r->op == &tad__ops_places[INDEX_ADD]
                       ? tad_scatter_add(r->in[0], index, r->in[2], axis)
                       : scattered(r->in[0], index, r->in[2], axis);
}

/* ---- options, samples, misuse ---- */

static const tad_option count_list[] = {{OPTION(INT, count_options, n), .required = true}};
static const tad_option writer_list[] = {
    {OPTION(INT, writer_options, axis), .required = true},
    {OPTION(SHAPE, writer_options, shape), .required = true},
};
static const tad_option take_list[] = {{OPTION(MAYBE_INT, maybe_axis, axis)}};
static const tad_option axis_list[] = {{OPTION(INT, tad__at_axis, axis), .required = true}};
static const tad_option first_axis_list[] = {{OPTION(INT, tad__at_axis, axis)}};

#define COUNT(k)                                                                                   \
    .options = &(const count_options) { k }
#define WRITES(k, ...)                                                                             \
    .options = &(const writer_options) { k, SHAPE(__VA_ARGS__) }
#define TAKES(k)                                                                                   \
    .options = &(const maybe_axis) { GIVEN(k) }
#define FROM(a, b, ...)                                                                            \
    { TYPE(TAD_I64, __VA_ARGS__), INTEGERS(a, b) }

static const tad_sample from_start_samples[] = {
    {CASE("vector", FROM(-4, 4, 7)), COUNT(4)}, {CASE("matrix", FROM(-3, 3, 2, 3)), COUNT(3)},
    {CASE("one", FROM(-1, 1, 1)), COUNT(1)},    {CASE("0-d", INDEX_0D(3)), COUNT(5)},
    {CASE("nothing", INDICES(1, 0)), COUNT(0)},
};
static const tad_misuse from_start_misuse[] = {
    {CASE("too large", INDICES(900, 7)), COUNT(4), .expect = TAD_BAD_INDEX},
    {CASE("too small", FROM(-900, -800, 7)), COUNT(4), .expect = TAD_BAD_INDEX},
    {CASE("floats", F64(7)), COUNT(4), .expect = TAD_BAD_DTYPE},
};
static const tad_sample writer_samples[] = {
    {CASE("rows", INDICES(3, 2, 4)), WRITES(0, 3, 4)},
    {CASE("columns, often", INDICES(3, 2, 11)), WRITES(-1, 2, 3)},
    {CASE("shorter index", INDICES(4, 2, 7, 3)), WRITES(1, 3, 4, 5)},
    {CASE("vector", INDICES(7, 11)), WRITES(0, 7)},
    {CASE("nothing", INDICES(3, 0, 4)), WRITES(0, 3, 4)},
};
static const tad_misuse writer_misuse[] = {
    {CASE("out of range", INDICES(900, 4)), WRITES(0, 3), .expect = TAD_BAD_INDEX},
    {CASE("index too long", INDICES(3, 2, 3)), WRITES(0, 3, 2), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", INDICES(3, 4)), WRITES(1, 3), .expect = TAD_BAD_AXIS},
    {CASE("negative size", INDICES(3, 4)), WRITES(0, -3), .expect = TAD_BAD_SHAPE},
};
static const tad_sample take_samples[] = {
    {CASE("flattened, from the end", F64(3, 4), FROM(-12, 12, 5))},
    {CASE("rows", F64(4, 3), FROM(-4, 4, 2, 3)), TAKES(0)},
    {CASE("one of the middle", F64(2, 3, 4), INDEX_0D(3)), TAKES(1)},
    {CASE("columns", F64(3, 5), INDICES(5, 7)), TAKES(-1)},
    {CASE("no index", F64(4, 3), INDICES(4, 0)), TAKES(0)},
};
static const tad_misuse take_misuse[] = {
    {CASE("out of range", F64(3, 4), INDICES(900, 5)), TAKES(0), .expect = TAD_BAD_INDEX},
    {CASE("no such axis", F64(3, 4), INDICES(3, 5)), TAKES(2), .expect = TAD_BAD_AXIS},
    {CASE("float index", F64(3, 4), F64(2)), TAKES(0), .expect = TAD_BAD_DTYPE},
};
static const tad_sample scatter_samples[] = {
    {CASE("rows", F64(3, 4), INDICES(3, 2, 4), F64(2, 4)), AT(0)},
    {CASE("columns, often", F64(2, 3), INDICES(3, 2, 11), F64(2, 11)), AT(-1)},
    {CASE("shorter index", F64(3, 4, 5), INDICES(4, 2, 7, 3), F64(2, 7, 3)), AT(1)},
    {CASE("vector", F64(7), INDICES(7, 11), F64(11)), AT(0)},
    {CASE("nothing put", F64(3, 4), INDICES(3, 0, 4), F64(0, 4)), AT(0)},
};
static const tad_misuse scatter_misuse[] = {
    {CASE("out of range", F64(3), INDICES(900, 4), F64(4)), AT(0), .expect = TAD_BAD_INDEX},
    {CASE("other shape of src", F64(3), INDICES(3, 4), F64(3)), AT(0), .expect = TAD_BAD_SHAPE},
    {CASE("index too long", F64(3, 2), INDICES(3, 2, 3), F64(2, 3)), AT(0),
     .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(3), INDICES(3, 4), F64(4)), AT(1), .expect = TAD_BAD_AXIS},
};
static const tad_sample along_samples[] = {
    {CASE("rows", F64(4, 3), FROM(-4, 4, 2), F64(2, 3)), AT(0)},
    {CASE("columns, often", F64(2, 3), INDICES(3, 7), F64(2, 7)), AT(-1)},
    {CASE("middle", F64(2, 3, 4), INDICES(3, 2), F64(2, 2, 4)), AT(1)},
    {CASE("vector", F64(5), FROM(-5, 5, 3), F64(3)), AT(0)},
    {CASE("nothing put", F64(3, 4), INDICES(3, 0), F64(0, 4)), AT(0)},
};
static const tad_misuse along_misuse[] = {
    {CASE("out of range", F64(3), INDICES(900, 4), F64(4)), AT(0), .expect = TAD_BAD_INDEX},
    {CASE("other shape of src", F64(3, 2), INDICES(3, 4), F64(4, 3)), AT(0),
     .expect = TAD_BAD_SHAPE},
    {CASE("index of two axes", F64(3), INDICES(3, 2, 2), F64(4)), AT(0), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(3), INDICES(3, 4), F64(4)), AT(1), .expect = TAD_BAD_AXIS},
};

/* ---- the ops ---- */

#define INSIDE(op)                                                                                 \
    FAMILY("index", 1, 1), .flags = TAD_OP_FLAT | TAD_OP_INTERNAL, .shape = op##_shape,            \
                           .forward = op##_forward, .c_text = op##_c_text, CASES(op)
#define PUTS(op)                                                                                   \
    FAMILY("index", 3, 3), .constant_in = 1u << 1, .shape = op##_shape, .compose = op##_compose,   \
                           CASES(op)

const tad_op tad__ops_places[] = {
    [FROM_START] = {.name = "from_start",
                    .doc = "indices below 0 plus n, the others as they are",
                    INSIDE(from_start),
                    OPTIONS(count_options, count_list)},
    [LAST_WRITER] = {.name = "last_writer",
                     .doc = "of x and src one behind the other, flattened, which element scatter "
                            "leaves",
                     INSIDE(writer),
                     OPTIONS(writer_options, writer_list)},
    [TAKE] = {.name = "take",
              .doc = "slices of x along an axis by indices of any shape, which may count from the "
                     "end; without axis elements of x flattened",
              FAMILY("index", 2, 2),
              .constant_in = 1u << 1,
              .shape = take_shape,
              .compose = take_compose,
              OPTIONS(maybe_axis, take_list),
              CASES(take)},
    [SCATTER] = {.name = "scatter",
                 .doc = "x with src[i,j] at [index[i,j],j] for axis 0; of several the last in row-"
                        "major order, which alone has a gradient",
                 PUTS(scatter),
                 OPTIONS(tad__at_axis, axis_list)},
    [INDEX_PUT] = {.name = "index_put",
                   .doc = "x with the slices of src at those that a list of indices names, which "
                          "may count from the end; of several the last",
                   PUTS(along),
                   OPTIONS(tad__at_axis, first_axis_list)},
    [INDEX_ADD] = {.name = "index_add",
                   .doc = "x with the slices of src added to those that a list of indices names, "
                          "which may count from the end",
                   PUTS(along),
                   OPTIONS(tad__at_axis, first_axis_list)},
};
const size_t tad__ops_places_count = LENGTH(tad__ops_places);

tad_var tad_take(tad_var x, tad_var index, tad_axes axis) {
    tad_tape *t = tad__tape_of(&x, 1);
    const maybe_axis o = {{axis.given, axis.axis[0]}};
    if (!axis.given || axis.count == 1)
        return tad_apply(&tad__ops_places[TAKE], (tad_var[]){x, index}, 2, &o, NULL, 0);
    if (t) tad__fail(t, TAD_BAD_AXIS, "take: one axis is needed, or all");
    return tad__nil(t);
}

static tad_var put(int op, tad_var x, tad_var index, tad_var src, int axis) {
    return tad_apply(&tad__ops_places[op], (tad_var[]){x, index, src}, 3, &(tad__at_axis){axis},
                     NULL, 0);
}

tad_var tad_scatter(tad_var x, tad_var index, tad_var src, int axis) {
    return put(SCATTER, x, index, src, axis);
}
tad_var tad_index_put(tad_var x, tad_var index, tad_var src, int axis) {
    return put(INDEX_PUT, x, index, src, axis);
}
tad_var tad_index_add(tad_var x, tad_var index, tad_var src, int axis) {
    return put(INDEX_ADD, x, index, src, axis);
}
