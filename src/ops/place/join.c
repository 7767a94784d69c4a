/* concat and stack: arrays beside each other in one. Rests on view.h. */
#include <stddef.h>
#include <stdio.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/samples.h"
#include "view.h"

enum { CONCAT, STACK };

static bool stacks(const tad_op *op) { return op == &tad__ops_join[STACK]; }

/* ---- shapes ---- */

/* Whether array k fits beside the first; `axis` may differ, -1: none. */
static tad_status check_piece(const tad_call_frame *c, size_t k, int axis) {
    const tad_array *a = c->in[0], *b = c->in[k];
    if (a->dtype != b->dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "operand %zu is %s, the first %s", k,
                        tad_dtype_name((tad_dtype)b->dtype), tad_dtype_name((tad_dtype)a->dtype));
    bool same = a->rank == b->rank;
    for (int i = 0; same && i < a->rank; i++) same = i == axis || a->dim[i] == b->dim[i];
    return same ? TAD_OK : tad_fail(c, TAD_BAD_SHAPE, "operand %zu does not fit to the first", k);
}

static tad_status concat_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__at_axis *o = c->options;
    const tad_array *first = c->in[0];
    int axis;
    if (tad__one_axis(c, o->axis, first->rank, &axis)) return TAD_BAD_AXIS;
    *out = (tad_type){(tad_dtype)first->dtype, tad__shape_of(first)};
    int64_t *total = &out->shape.dim[axis];
    for (size_t k = 1; k < c->n_in; k++) {
        tad_status s = check_piece(c, k, axis);
        if (s != TAD_OK) return s;
        if (__builtin_add_overflow(*total, c->in[k]->dim[axis], total))
            return tad_fail(c, TAD_TOO_LARGE, "more elements than can be counted");
    }
    return TAD_OK;
}

static tad_status stack_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__at_axis *o = c->options;
    for (size_t k = 1; k < c->n_in; k++) {
        tad_status s = check_piece(c, k, -1);
        if (s != TAD_OK) return s;
    }
    return tad__with_new_axis(c, o->axis, (int64_t)c->n_in, out);
}

/* ---- values and derivatives ---- */

static int axis_of(const void *options, int rank) {
    return tad__known_axis(((const tad__at_axis *)options)->axis, rank);
}

/* The part of `whole` that operand k is, seen with the operand's shape. *start is moved behind
 * it. */
static tad_array *piece(const tad_call_frame *c, const tad_array *whole, size_t k, int64_t *start,
                        tad__header *h) {
    int axis = axis_of(c->options, whole->rank);
    bool stack = stacks(c->op);
    tad_shape shape = tad__shape_of(c->in[k]);
    tad_array *part = tad__lay_out(h, whole, &shape);
    for (int i = 0; i < part->rank; i++)
        tad__strides(part)[i] = tad_strides(whole)[i + (stack && i >= axis)];
    if (part->size) tad__move_data(part, *start * tad_strides(whole)[axis]);
    *start += stack ? 1 : part->dim[axis];
    return part;
}

static tad_status join_forward(const tad_call_frame *c) {
    int64_t start = 0;
    tad__header h;
    for (size_t k = 0; k < c->n_in; k++) {
        tad_array *part = piece(c, c->out[0], k, &start, &h);
        tad__array_seen(part); /* rows lie without gaps: copied in one piece */
        tad__copy(c->compute, part, c->in[k]);
    }
    return TAD_OK;
}

static void join_c_text(const tad_call_frame *c, tad_c *to) {
    tad_array whole = *c->out[0];
    int64_t start = 0;
    tad__header h;
    whole.data = tad__nowhere();
    for (size_t k = 0; k < c->n_in; k++) {
        const tad_array *part = piece(c, &whole, k, &start, &h);
        char name[24];
        snprintf(name, sizeof name, "in%zu", k);
        tad__c_move(to, &(tad__c_seen){"out0", part, tad__offset(part)},
                    &(tad__c_seen){name, c->in[k], 0});
    }
}

static tad_status join_backward(tad_backward *b) {
    int64_t start = 0;
    tad__header h;
    if (!b->cotangent[0]) return TAD_OK;
    for (size_t k = 0; k < b->call.n_in; k++) {
        bool fresh;
        const tad_array *part = piece(&b->call, b->cotangent[0], k, &start, &h);
        if (!b->wanted[k]) continue;
        tad_array *x = tad_backward_buffer(b, k, &fresh);
        if (!x) return TAD_NO_MEMORY;
        tad__put(b->call.compute, x, part, !fresh);
    }
    return TAD_OK;
}

static void join_vjp(tad_rule *r) {
    bool stack = stacks(r->op);
    int axis = axis_of(r->options, tad_shape_of(r->out[0]).rank);
    int64_t start = 0;
    for (size_t k = 0; k < r->n_in; k++) {
        tad_shape shape = tad_is_number(r->in[k]) ? TAD_0D : tad_shape_of(r->in[k]);
        int64_t stop = start + (stack ? 1 : shape.dim[axis]);
        if (r->wanted[k]) {
            tad_var part = tad_slice(r->given[0], axis, start, stop, 1);
            r->result[k] = stack ? tad_reshape(part, shape) : part;
        }
        start = stop;
    }
}

/* ---- options, samples, misuse ---- */

static const tad_option join_list[] = {{OPTION(INT, tad__at_axis, axis)}};

static const tad_sample concat_samples[] = {
    {CASE("rows", F64(2, 3), F64(1, 3)), AT(0)},
    {CASE("columns", F64(2, 3), F64(2, 1), F64(2, 5)), AT(-1)},
    {CASE("middle", F64(2, 3, 2), F64(2, 1, 2), F64(2, 2, 2)), AT(1)},
    {CASE("with nothing", F64(2, 3), F64(2, 0)), AT(1)},
    {CASE("alone", F64(3)), AT(0)},
};
static const tad_misuse concat_misuse[] = {
    {CASE("other size", F64(2, 3), F64(2, 4)), AT(0), .expect = TAD_BAD_SHAPE},
    {CASE("other rank", F64(2, 3), F64(3)), AT(0), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(2, 3), F64(2, 3)), AT(2), .expect = TAD_BAD_AXIS},
    {CASE("0-d", F64_0D, F64_0D), AT(0), .expect = TAD_BAD_AXIS},
    {CASE("integers", F64(2), INDICES(3, 2)), AT(0), .expect = TAD_BAD_DTYPE},
};
static const tad_sample stack_samples[] = {
    {CASE("front", F64(2, 3), F64(2, 3)), AT(0)},
    {CASE("end", F64(2, 3), F64(2, 3), F64(2, 3)), AT(-1)},
    {CASE("middle", F64(2, 3), F64(2, 3)), AT(1)},
    {CASE("0-d", F64_0D, F64_0D, F64_0D), AT(0)},
    {CASE("empty", F64(0, 3), F64(0, 3)), AT(1)},
    {CASE("alone", F64(3)), AT(0)},
};
static const tad_misuse stack_misuse[] = {
    {CASE("other size", F64(2, 3), F64(2, 4)), AT(0), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(2, 3), F64(2, 3)), AT(3), .expect = TAD_BAD_AXIS},
    {CASE("integers", F64(2), INDICES(3, 2)), AT(0), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

#define JOINED(op)                                                                                 \
    FAMILY("shape", 1, UINT8_MAX), .flags = TAD_OP_LINEAR, OPTIONS(tad__at_axis, join_list),       \
                                   .shape = op##_shape, .forward = join_forward, .vjp = join_vjp,  \
                                   .backward = join_backward, .c_text = join_c_text, CASES(op)

const tad_op tad__ops_join[] = {
    [CONCAT] = {.name = "concat",
                .doc = "joins arrays along an axis; the other sizes are equal",
                JOINED(concat)},
    [STACK] = {.name = "stack", .doc = "joins arrays of one shape along a new axis", JOINED(stack)},
};
const size_t tad__ops_join_count = LENGTH(tad__ops_join);

tad_var tad_concat(const tad_var *x, size_t n, int axis) {
    return tad_apply(&tad__ops_join[CONCAT], x, n, &(tad__at_axis){axis}, NULL, 0);
}

tad_var tad_stack(const tad_var *x, size_t n, int axis) {
    return tad_apply(&tad__ops_join[STACK], x, n, &(tad__at_axis){axis}, NULL, 0);
}
