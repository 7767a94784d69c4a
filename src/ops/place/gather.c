/* gather, its adjoint, scatter_add: an index of the rank of x, element by element. Rests on
 * indexed.h. */
#include <stddef.h>

#include "indexed.h"
#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { GATHER, GATHER_PUT, SCATTER_ADD };

typedef struct put_options {
    tad__at_axis at; /* first, as in the other two ops */
    tad_shape shape; /* of the result */
} put_options;

/* ---- shapes ---- */

/* index may be shorter than x, except along the axis. */
static tad_status gather_fits(const tad_call_frame *c, const tad_shape *x, const tad_array *index,
                              int64_t along) {
    int axis;
    tad_status s = tad__need_index(c, index);
    if (s != TAD_OK) return s;
    if (tad__one_axis(c, along, x->rank, &axis)) return TAD_BAD_AXIS;
    bool fits = index->rank == x->rank;
    for (int i = 0; fits && i < x->rank; i++) fits = i == axis || index->dim[i] <= x->dim[i];
    if (!fits)
        return tad_fail(c, TAD_BAD_SHAPE,
                        "the index is larger than x off axis %d, or of other rank", axis);
    return tad__check_indices(c, index, x->dim[axis]);
}

static tad_status gather_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__at_axis *o = c->options;
    tad_shape x = tad__shape_of(c->in[0]);
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, tad__shape_of(c->in[1])};
    return gather_fits(c, &x, c->in[1], o->axis);
}

static tad_status same_shape(const tad_call_frame *c, const tad_array *src,
                             const tad_array *index) {
    tad_shape a = tad__shape_of(src), b = tad__shape_of(index);
    if (tad__shape_equal(&a, &b)) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "src and index have different shapes");
}

static tad_status gather_put_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const put_options *o = c->options;
    int64_t size;
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (!tad__shape_size(&o->shape, &size)) return tad_fail(c, TAD_BAD_SHAPE, "no such shape");
    tad_status s = same_shape(c, c->in[0], c->in[1]);
    if (s != TAD_OK) return s;
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, o->shape};
    return gather_fits(c, &o->shape, c->in[1], o->at.axis);
}

static tad_status scatter_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__at_axis *o = c->options;
    tad_shape x = tad__shape_of(c->in[0]);
    if (!tad__is_float(c->in[0]->dtype) || c->in[2]->dtype != c->in[0]->dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "x and src must have one float type");
    tad_status s = same_shape(c, c->in[2], c->in[1]);
    if (s != TAD_OK) return s;
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, x};
    return gather_fits(c, &x, c->in[1], o->axis);
}

/* ---- values and derivatives ---- */

/* The index is operand 1 of all three. */
static void plan(tad__walk *w, const tad_call_frame *c, const tad_array *source,
                 const tad_array *a) {
    const tad__at_axis *o = c->options;
    tad__walk_source(w, source, a, tad__known_axis(o->axis, source->rank));
    tad__walk_index(w, c->in[1]);
}

static tad_status gather_forward(const tad_call_frame *c) {
    return tad__take_forward(c, c->in[0], plan);
}

static tad_status gather_backward(tad_backward *b) { return tad__take_backward(b, 0, plan); }

/* Adds src to what the result holds. */
static tad_status put_into_result(const tad_call_frame *c, const tad_array *src) {
    tad__walk w;
    plan(&w, c, c->out[0], src);
    tad__walk_add(c->compute, &w, src, true);
    return TAD_OK;
}

static tad_status gather_put_forward(const tad_call_frame *c) {
    tad__clear(c->compute, c->out[0]);
    return put_into_result(c, c->in[0]);
}

static tad_status scatter_forward(const tad_call_frame *c) {
    tad__copy(c->compute, c->out[0], c->in[0]);
    return put_into_result(c, c->in[2]);
}

static tad_status scatter_backward(tad_backward *b) {
    const tad_array *g = b->cotangent[0];
    bool fresh;
    if (!g) return TAD_OK;
    if (b->wanted[2]) {
        tad_array *src = tad_backward_buffer(b, 2, &fresh);
        if (!src) return TAD_NO_MEMORY;
        tad__walk w;
        plan(&w, &b->call, g, src);
        if (fresh)
            tad__walk_take(b->call.compute, &w, src);
        else
            tad__walk_add(b->call.compute, &w, src, false);
    }
    return b->wanted[0] ? tad_backward_pass(b, 0, 0) : TAD_OK;
}

/* ---- as C ---- */

static void gather_c_text(const tad_call_frame *c, tad_c *to) {
    tad__c_take(to, c, 0, plan, false);
}

static void gather_put_c_text(const tad_call_frame *c, tad_c *to) {
    tad__c_put_into(to, c, 0, NULL, plan);
}

static void scatter_c_text(const tad_call_frame *c, tad_c *to) {
    tad__c_put_into(to, c, 2, &(tad__c_seen){"in0", c->in[0], 0}, plan);
}

/* ---- rules ---- */

tad_var tad__gather_put(tad_var src, tad_var index, tad_shape shape, int64_t axis) {
    return tad_apply(&tad__ops_gather[GATHER_PUT], (tad_var[]){src, index}, 2,
                     &(put_options){{axis}, shape}, NULL, 0);
}

/* Places have no cotangent. */
void tad__picked_vjp(tad_rule *r, int64_t axis) {
    if (!tad_is_nil(r->given[0]))
        r->result[0] = tad__gather_put(r->given[0], r->out[1], tad_shape_of(r->in[0]), axis);
}

void tad__picked_jvp(tad_rule *r, int64_t axis) {
    r->result[0] = tad_gather(r->given[0], r->out[1], (int)axis);
}

static void gather_vjp(tad_rule *r) {
    const tad__at_axis *o = r->options;
    r->result[0] = tad__gather_put(r->given[0], r->in[1], tad_shape_of(r->in[0]), o->axis);
}

static void gather_put_vjp(tad_rule *r) {
    const put_options *o = r->options;
    r->result[0] = tad_gather(r->given[0], r->in[1], (int)o->at.axis);
}

static void scatter_vjp(tad_rule *r) {
    const tad__at_axis *o = r->options;
    if (r->wanted[0]) r->result[0] = r->given[0];
    if (r->wanted[2]) r->result[2] = tad_gather(r->given[0], r->in[1], (int)o->axis);
}

/* ---- options, samples, misuse ---- */

static const tad_option axis_list[] = {{OPTION(INT, tad__at_axis, axis), .required = true}};
static const tad_option put_list[] = {
    {OPTION_NAMED("axis", INT, put_options, at), .required = true},
    {OPTION(SHAPE, put_options, shape), .required = true},
};

#define PUT(k, ...)                                                                                \
    .options = &(const put_options) { {k}, SHAPE(__VA_ARGS__) }

static const tad_sample gather_samples[] = {
    {CASE("rows", F64(3, 4), INDICES(3, 2, 4)), AT(0)},
    {CASE("one of each row", F64(5, 3), INDICES(3, 5, 1)), AT(-1)},
    {CASE("shorter index", F64(3, 4, 5), INDICES(4, 2, 7, 3)), AT(1)},
    {CASE("vector", F64(7), INDICES(7, 11)), AT(0)},
    {CASE("no index", F64(3, 4), INDICES(3, 0, 4)), AT(0)},
};
static const tad_misuse gather_misuse[] = {
    {CASE("out of range", F64(3, 4), INDICES(900, 2, 4)), AT(0), .expect = TAD_BAD_INDEX},
    {CASE("index too long", F64(3, 4), INDICES(3, 2, 5)), AT(0), .expect = TAD_BAD_SHAPE},
    {CASE("other rank", F64(3, 4), INDICES(3, 2)), AT(0), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(3, 4), INDICES(3, 2, 4)), AT(2), .expect = TAD_BAD_AXIS},
    {CASE("float index", F64(3, 4), F64(2, 4)), AT(0), .expect = TAD_BAD_DTYPE},
};
static const tad_sample gather_put_samples[] = {
    {CASE("rows", F64(2, 4), INDICES(3, 2, 4)), PUT(0, 3, 4)},
    {CASE("columns", F64(3, 7), INDICES(5, 3, 7)), PUT(-1, 3, 5)},
    {CASE("shorter index", F64(2, 7, 3), INDICES(4, 2, 7, 3)), PUT(1, 3, 4, 5)},
    {CASE("vector", F64(11), INDICES(7, 11)), PUT(0, 7)},
    {CASE("nothing put", F64(0, 4), INDICES(3, 0, 4)), PUT(0, 3, 4)},
};
static const tad_misuse gather_put_misuse[] = {
    {CASE("out of range", F64(2, 4), INDICES(900, 2, 4)), PUT(0, 3, 4), .expect = TAD_BAD_INDEX},
    {CASE("other shape", F64(2, 3), INDICES(3, 2, 4)), PUT(0, 3, 4), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(2, 4), INDICES(3, 2, 4)), PUT(2, 3, 4), .expect = TAD_BAD_AXIS},
    {CASE("negative size", F64(2, 4), INDICES(3, 2, 4)), PUT(0, -1, 4), .expect = TAD_BAD_SHAPE},
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

/* ---- the ops ---- */

const tad_op tad__ops_gather[] = {
    [GATHER] = {.name = "gather",
                .doc = "y[i,j] = x[index[i,j],j] for axis 0: x picked by an index of its rank",
                FAMILY("index", 2, 2),
                .flags = TAD_OP_LINEAR,
                .constant_in = 1u << 1,
                OPTIONS(tad__at_axis, axis_list),
                HOOKS(gather),
                .c_text = gather_c_text,
                .backward = gather_backward,
                CASES(gather)},
    [GATHER_PUT] = {.name = "gather_put",
                    .doc = "zeros of a shape with src added where gather would take it",
                    FAMILY("index", 2, 2),
                    .flags = TAD_OP_LINEAR | TAD_OP_INTERNAL,
                    .constant_in = 1u << 1,
                    OPTIONS(put_options, put_list),
                    HOOKS(gather_put),
                    .c_text = gather_put_c_text,
                    CASES(gather_put)},
    [SCATTER_ADD] = {.name = "scatter_add",
                     .doc = "x with src[i,j] added to [index[i,j],j] for axis 0; "
                            "repeated indices add up",
                     FAMILY("index", 3, 3),
                     .flags = TAD_OP_LINEAR,
                     .constant_in = 1u << 1,
                     OPTIONS(tad__at_axis, axis_list),
                     HOOKS(scatter),
                     .c_text = scatter_c_text,
                     .backward = scatter_backward,
                     CASES(scatter)},
};
const size_t tad__ops_gather_count = LENGTH(tad__ops_gather);

tad_var tad_gather(tad_var x, tad_var index, int axis) {
    return tad_apply(&tad__ops_gather[GATHER], (tad_var[]){x, index}, 2, &(tad__at_axis){axis},
                     NULL, 0);
}

tad_var tad_scatter_add(tad_var x, tad_var index, tad_var src, int axis) {
    return tad_apply(&tad__ops_gather[SCATTER_ADD], (tad_var[]){x, index, src}, 3,
                     &(tad__at_axis){axis}, NULL, 0);
}
