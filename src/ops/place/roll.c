/* roll and rot90: turned along axes, and by right angles. Composed of views and concat. */
#include <stddef.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { ROLL, ROT90 };

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

static tad_var rolled(tad_var x, int axis, int64_t shift) {
    const int64_t n = tad_shape_of(x).dim[axis], cut = n ? (n - shift % n) % n : 0;
    if (cut == 0) return x;
    const tad_var parts[] = {tad_slice(x, axis, cut, TAD_END, 1), tad_slice(x, axis, 0, cut, 1)};
    return tad_concat(parts, 2, axis);
}

static void roll_compose(tad_rule *r) {
    const roll_options *o = r->options;
    const tad_shape shape = tad_shape_of(r->in[0]);
    const int shifts = o->shifts.count, axes = o->axes.given ? o->axes.count : 1,
              n = shifts == 0 || axes == 0 ? 0 : (shifts > axes ? shifts : axes);
    tad_var x = o->axes.given ? r->in[0] : tad_flatten(r->in[0], 0, -1);
    const int rank = tad_shape_of(x).rank;
    for (int i = 0; i < n; i++) {
        const int axis = o->axes.given ? o->axes.axis[axes == 1 ? 0 : i] : 0;
        x = rolled(x, tad__known_axis(axis, rank), o->shifts.value[shifts == 1 ? 0 : i]);
    }
    r->result[0] = o->axes.given ? tad__renewed(x, r->in[0]) : tad_reshape(x, shape);
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
