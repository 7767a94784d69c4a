/* roll and rot90: turned along axes, and by right angles. roll flattens where it is to, and adds up
 * the shifts of each axis; `rolled` moves the elements, once. Rests on view.h. */
#include <stddef.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "view.h"

enum { ROLL, ROLLED, ROT90 };

typedef struct roll_options {
    tad_ints shifts;
    tad_axes axes;
} roll_options;

typedef struct rot90_options {
    int64_t k;
    tad_axes axes; /* not given: the first two */
} rot90_options;

/* ---- roll ---- */

/* One shift goes along all axes, several go along one: the longer list counts. */
static tad_status roll_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const roll_options *o = c->options;
    const tad_array *x = c->in[0];
    const int shifts = o->shifts.count, axes = o->axes.given ? o->axes.count : 1;
    int axis;
    if (shifts < 0 || shifts > TAD_MAX_INTS)
        return tad_fail(c, TAD_BAD_ARGUMENT, "%d shifts", shifts);
    if (axes < 0 || axes > TAD_MAX_RANK) return tad_fail(c, TAD_BAD_AXIS, "%d axes", axes);
    if (shifts != axes && shifts != 1 && axes != 1)
        return tad_fail(c, TAD_BAD_ARGUMENT, "%d shifts for %d axes", shifts, axes);
    for (int i = 0; i < axes && o->axes.given; i++)
        if (tad__one_axis(c, o->axes.axis[i], x->rank, &axis)) return TAD_BAD_AXIS;
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    return TAD_OK;
}

/* A shift along an axis of this size as 0 .. size - 1 steps. */
static int64_t within(int64_t shift, int64_t size) {
    const int64_t rest = size ? shift % size : 0;
    return rest < 0 ? rest + size : rest;
}

static void roll_compose(tad_rule *r) {
    const roll_options *o = r->options;
    const int shifts = o->shifts.count, axes = o->axes.given ? o->axes.count : 1,
              n = shifts == 0 || axes == 0 ? 0 : (shifts > axes ? shifts : axes);
    const tad_var x = o->axes.given ? r->in[0] : tad_flatten(r->in[0], 0, -1);
    const tad_shape shape = tad_shape_of(x);
    tad_ints steps = {shape.rank, {0}};
    bool moves = false;
    for (int i = 0; i < n; i++) {
        const int named = o->axes.given ? o->axes.axis[axes == 1 ? 0 : i] : 0,
                  axis = tad__known_axis(named, shape.rank);
        const int64_t size = shape.dim[axis],
                      by = within(o->shifts.value[shifts == 1 ? 0 : i], size);
        steps.value[axis] = within(steps.value[axis] - (size - by), size);
    }
    for (int i = 0; i < shape.rank; i++) moves = moves || steps.value[i];
    const tad_var y = moves ? tad__apply_one(&tad__ops_roll[ROLLED], x, &steps) : x;
    r->result[0] =
        tad__renewed(o->axes.given ? y : tad_reshape(y, tad_shape_of(r->in[0])), r->in[0]);
}

/* ---- rolled ---- */

static tad_status rolled_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_ints *steps = c->options;
    const tad_array *x = c->in[0];
    if (steps->count != x->rank)
        return tad_fail(c, TAD_BAD_ARGUMENT, "%d steps for %d axes", steps->count, x->rank);
    for (int i = 0; i < x->rank; i++)
        if (steps->value[i] < 0 || steps->value[i] > x->dim[i])
            return tad_fail(c, TAD_BAD_ARGUMENT, "%lld steps along %lld elements",
                            (long long)steps->value[i], (long long)x->dim[i]);
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    return TAD_OK;
}

/* Each axis is cut in two: what moves up by its steps, and the end, which becomes the beginning.
 * Bit i of `ends`: of axis i the end. Where that part of the axes lies, before or after; false:
 * it has no elements. */
static bool part_of(const tad_array *whole, const tad_ints *steps, unsigned ends, bool after,
                    tad__header *h) {
    tad_shape shape = tad__shape_of(whole);
    int64_t first = 0;
    for (int i = 0; i < shape.rank; i++) {
        const bool end = ends >> i & 1;
        const int64_t n = steps->value[i], rest = whole->dim[i] - n;
        shape.dim[i] = end ? n : rest;
        first += tad_strides(whole)[i] * (end == after ? 0 : after ? n : rest);
        if (shape.dim[i] == 0) return false;
    }
    tad_array *part = tad__lay_out(h, whole, &shape);
    for (int i = 0; i < part->rank; i++) tad__strides(part)[i] = tad_strides(whole)[i];
    tad__move_data(part, first);
    return true;
}

static unsigned parts_of(const tad_array *x) { return 1u << x->rank; }

/* All parts to where they lie after, or back to where they lay before. */
static void move_parts(const tad_call_frame *c, const tad_array *to, const tad_array *from,
                       bool back, bool add) {
    tad__header source, target;
    for (unsigned ends = 0; ends < parts_of(from); ends++)
        if (part_of(from, c->options, ends, back, &source) &&
            part_of(to, c->options, ends, !back, &target))
            tad__put(c->compute, &target.array, &source.array, add);
}

static tad_status rolled_forward(const tad_call_frame *c) {
    move_parts(c, c->out[0], c->in[0], false, false);
    return TAD_OK;
}

static tad_status rolled_backward(tad_backward *b) {
    bool fresh;
    if (!b->cotangent[0] || !b->wanted[0]) return TAD_OK;
    tad_array *x = tad_backward_buffer(b, 0, &fresh);
    if (!x) return TAD_NO_MEMORY;
    move_parts(&b->call, x, b->cotangent[0], true, !fresh);
    return TAD_OK;
}

static void rolled_c_text(const tad_call_frame *c, tad_c *to) {
    tad_array in = *c->in[0], out = *c->out[0];
    tad__header from, moved;
    in.data = out.data = tad__nowhere();
    if (in.size == 0) tad_c_put(to, "(void)in0, (void)out0;\n");
    for (unsigned ends = 0; ends < parts_of(&in); ends++)
        if (part_of(&in, c->options, ends, false, &from) &&
            part_of(&out, c->options, ends, true, &moved))
            tad__c_move(to, &(tad__c_seen){"out0", &moved.array, tad__offset(&moved.array)},
                        &(tad__c_seen){"in0", &from.array, tad__offset(&from.array)});
}

/* The way back. */
static void rolled_vjp(tad_rule *r) {
    const tad_ints *steps = r->options;
    const tad_shape shape = tad_shape_of(r->given[0]);
    tad_ints back = *steps;
    for (int i = 0; i < shape.rank; i++) back.value[i] = shape.dim[i] - steps->value[i];
    r->result[0] = tad__apply_one(&tad__ops_roll[ROLLED], r->given[0], &back);
}

/* ---- rot90 ---- */

static void plane_of(const rot90_options *o, int *from, int *to) {
    *from = o->axes.given ? o->axes.axis[0] : 0;
    *to = o->axes.given ? o->axes.axis[1] : 1;
}

static tad_status rot90_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const rot90_options *o = c->options;
    const tad_array *x = c->in[0];
    int from, to;
    if (o->axes.given && o->axes.count != 2)
        return tad_fail(c, TAD_BAD_AXIS, "%d axes, two are needed", o->axes.count);
    plane_of(o, &from, &to);
    if (tad__one_axis(c, from, x->rank, &from) || tad__one_axis(c, to, x->rank, &to))
        return TAD_BAD_AXIS;
    if (from == to) return tad_fail(c, TAD_BAD_AXIS, "axis %d is named twice", from);
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    if (o->k % 2) {
        out->shape.dim[from] = x->dim[to];
        out->shape.dim[to] = x->dim[from];
    }
    return TAD_OK;
}

static void rot90_compose(tad_rule *r) {
    const rot90_options *o = r->options;
    tad_var x = r->in[0];
    int from, to;
    plane_of(o, &from, &to);
    switch ((unsigned)o->k % 4) {
    case 0: r->result[0] = tad__renewed(x, x); break;
    case 1: r->result[0] = tad_transpose(tad_flip(x, tad_axis(to)), from, to); break;
    case 2: r->result[0] = tad_flip(x, TAD_AXES(from, to)); break;
    default: r->result[0] = tad_flip(tad_transpose(x, from, to), tad_axis(to));
    }
}

/* ---- options, samples, misuse ---- */

static const tad_option roll_list[] = {
    {OPTION(INTS, roll_options, shifts), .required = true},
    {OPTION(AXES, roll_options, axes)},
};
static const tad_option rolled_list[] = {{"steps", TAD_OPTION_INTS, 0, .required = true}};
static const tad_option rot90_list[] = {
    {OPTION(INT, rot90_options, k), .initial = 1},
    {OPTION(AXES, rot90_options, axes)},
};

#define ROLLS(axes_, ...)                                                                          \
    .options = &(const roll_options) { INTS(__VA_ARGS__), axes_ }
#define ALONG(...)                                                                                 \
    {                                                                                              \
        true, false, LENGTH(((int[]){__VA_ARGS__})), { __VA_ARGS__ }                               \
    }
#define FLAT                                                                                       \
    { 0 }
#define STEPS(...) .options = &(const tad_ints)INTS(__VA_ARGS__)
#define TURN(...)                                                                                  \
    .options = &(const rot90_options) { __VA_ARGS__ }

static const tad_sample roll_samples[] = {
    {CASE("flattened", F64(3, 4)), ROLLS(FLAT, 5)},
    {CASE("rows", F64(5, 3)), ROLLS(ALONG(0), 2)},
    {CASE("backwards, around", F64(3, 7)), ROLLS(ALONG(-1), -10)},
    {CASE("two axes", F64(2, 3, 5)), ROLLS(ALONG(0, 2), 1, -2)},
    {CASE("one shift for two", F64(3, 4)), ROLLS(ALONG(1, 0), 1)},
    {CASE("twice along one", F64(5)), ROLLS(ALONG(0, 0), 1, 2)},
    {CASE("not moved", F64(3, 2)), ROLLS(ALONG(0), 3)},
    {CASE("0-d", F64_0D), ROLLS(FLAT, 1)},
    {CASE("empty", F64(0, 3)), ROLLS(ALONG(0), INT64_MIN)},
};
static const tad_misuse roll_misuse[] = {
    {CASE("no such axis", F64(3, 4)), ROLLS(ALONG(2), 1), .expect = TAD_BAD_AXIS},
    {CASE("other count", F64(3, 4, 2)), ROLLS(ALONG(0, 1, 2), 1, 2), .expect = TAD_BAD_ARGUMENT},
    {CASE("0-d has no axis", F64_0D), ROLLS(ALONG(0), 1), .expect = TAD_BAD_AXIS},
};
static const tad_sample rolled_samples[] = {
    {CASE("vector", F64(5)), STEPS(2)},
    {CASE("rows", F64(5, 3)), STEPS(2, 0)},
    {CASE("all axes", F64(2, 3, 5)), STEPS(1, 2, 4)},
    {CASE("around", F64(3, 2)), STEPS(3, 1)},
    {CASE("empty", F64(0, 3)), STEPS(0, 2)},
};
static const tad_misuse rolled_misuse[] = {
    {CASE("one count", F64(3, 4)), STEPS(1), .expect = TAD_BAD_ARGUMENT},
    {CASE("backwards", F64(3)), STEPS(-1), .expect = TAD_BAD_ARGUMENT},
    {CASE("too far", F64(3)), STEPS(4), .expect = TAD_BAD_ARGUMENT},
};
static const tad_sample rot90_samples[] = {
    {CASE("once", F64(2, 3)), TURN(1, {0})},
    {CASE("twice", F64(3, 5)), TURN(2, {0})},
    {CASE("backwards", F64(2, 3, 5)), TURN(-1, AXES(-1, 0))},
    {CASE("around", F64(2, 3)), TURN(-8, AXES(1, 0))},
    {CASE("empty", F64(0, 3)), TURN(3, AXES(0, 1))},
};
static const tad_misuse rot90_misuse[] = {
    {CASE("vector", F64(3)), TURN(1, {0}), .expect = TAD_BAD_AXIS},
    {CASE("one axis", F64(3, 4)), TURN(1, AXES(0)), .expect = TAD_BAD_AXIS},
    {CASE("named twice", F64(3, 4)), TURN(1, AXES(1, -1)), .expect = TAD_BAD_AXIS},
};

/* ---- the ops ---- */

const tad_op tad__ops_roll[] = {
    [ROLL] = {.name = "roll",
              .doc = "moved along axes, from the end to the beginning; without axes x is flattened "
                     "for it",
              FAMILY("shape", 1, 1),
              OPTIONS(roll_options, roll_list),
              .shape = roll_shape,
              .compose = roll_compose,
              CASES(roll)},
    [ROLLED] = {.name = "rolled",
                .doc = "moved along each axis by so many steps, from the end to the beginning",
                FAMILY("shape", 1, 1),
                .flags = TAD_OP_LINEAR | TAD_OP_INTERNAL,
                OPTIONS(tad_ints, rolled_list),
                .shape = rolled_shape,
                .forward = rolled_forward,
                .vjp = rolled_vjp,
                .backward = rolled_backward,
                .c_text = rolled_c_text,
                CASES(rolled)},
    [ROT90] = {.name = "rot90",
               .doc = "turned k times by a right angle, from the first axis towards the second",
               FAMILY("shape", 1, 1),
               OPTIONS(rot90_options, rot90_list),
               .shape = rot90_shape,
               .compose = rot90_compose,
               CASES(rot90)},
};
const size_t tad__ops_roll_count = LENGTH(tad__ops_roll);

tad_var tad_roll(tad_var x, const int64_t *shifts, size_t n, tad_axes axes) {
    return tad__apply_one(&tad__ops_roll[ROLL], x, &(roll_options){tad__ints_of(shifts, n), axes});
}

tad_var tad_rot90(tad_var x, int64_t k, tad_axes axes) {
    return tad__apply_one(&tad__ops_roll[ROT90], x, &(rot90_options){k, axes});
}
