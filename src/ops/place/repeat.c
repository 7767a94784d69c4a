/* repeat and tile: elements, or the whole, several times along an axis. Composed: what repeats a
 * block of x, seen as (before, 1, after), is broadcast. */
#include <stddef.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "tape/error.h"
#include "tape/handle.h"
#include "tape/leaf.h"

enum { REPEAT, TILE };

typedef struct repeat_options {
    tad_ints repeats;
    tad_maybe_int axis;
} repeat_options;

typedef struct tile_options {
    tad_ints reps;
} tile_options;

/* ---- both ---- */

/* Each block of `after` elements n times; a result without elements is made of none of x's. */
static tad_var repeat_blocks(tad_var x, int64_t before, int64_t n, int64_t after, tad_shape out) {
    int64_t size = 0;
    if (tad__shape_size(&out, &size) && size == 0)
        return tad_reshape(tad_slice(tad_flatten(x, 0, -1), 0, 0, 0, 1), out);
    x = tad_reshape(x, TAD_SHAPE(before, 1, after));
    return tad_reshape(tad_broadcast_to(x, TAD_SHAPE(before, n, after)), out);
}

/* Of some sizes; may be too large where another one is 0, and then is not used. */
static int64_t product(const tad_shape *s, int from, int to) {
    uint64_t n = 1;
    for (int i = from; i < to; i++) n *= (uint64_t)s->dim[i];
    return (int64_t)n;
}

/* ---- repeat ---- */

static tad_shape repeated_from(const tad_shape *x, int64_t size, const repeat_options *o) {
    return o->axis.given ? *x : TAD_SHAPE(size);
}

static tad_status repeat_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const repeat_options *o = c->options;
    const int count = o->repeats.count;
    tad_shape x = tad__shape_of(c->in[0]);
    int axis = 0;
    int64_t total = 0;
    if (o->axis.given && tad__one_axis(c, o->axis.value, x.rank, &axis)) return TAD_BAD_AXIS;
    x = repeated_from(&x, c->in[0]->size, o);
    if (count < 0 || count > TAD_MAX_INTS || (count != 1 && count != x.dim[axis]))
        return tad_fail(c, TAD_BAD_SHAPE, "%d repeats for %lld elements", count,
                        (long long)x.dim[axis]);
    for (int i = 0; i < count; i++) {
        if (o->repeats.value[i] < 0)
            return tad_fail(c, TAD_BAD_ARGUMENT, "%lld repeats", (long long)o->repeats.value[i]);
        if (__builtin_add_overflow(total, o->repeats.value[i], &total))
            return tad_fail(c, TAD_TOO_LARGE, "too many repeats");
    }
    if (count == 1 && __builtin_mul_overflow(total, x.dim[axis], &total))
        return tad_fail(c, TAD_TOO_LARGE, "too many repeats");
    x.dim[axis] = total;
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, x};
    return TAD_OK;
}

/* Which element of x lies at place i of the result. */
static double place_of(const void *context, int64_t i) {
    const tad_ints *repeats = context;
    int k = 0;
    while (i >= repeats->value[k]) i -= repeats->value[k++];
    return k;
}

static void repeat_compose(tad_rule *r) {
    const repeat_options *o = r->options;
    const tad_shape own = tad_shape_of(r->in[0]), x = repeated_from(&own, tad_size_of(r->in[0]), o);
    const int axis = o->axis.given ? tad__known_axis(o->axis.value, x.rank) : 0;
    tad_shape out = x;
    if (o->repeats.count == 1) {
        out.dim[axis] *= o->repeats.value[0];
        r->result[0] = repeat_blocks(r->in[0], product(&x, 0, axis + 1), o->repeats.value[0],
                                     product(&x, axis + 1, x.rank), out);
        return;
    }
    int64_t total = 0;
    for (int i = 0; i < o->repeats.count; i++) total += o->repeats.value[i];
    tad_var index =
        tad__filled(r->tape, "repeat", TAD_I64, TAD_SHAPE(total), place_of, &o->repeats);
    r->result[0] = tad_index_select(tad_reshape(r->in[0], x), index, axis);
}

/* ---- tile ---- */

/* x with leading axes of size 1, so that it has as many as there are numbers. */
static tad_shape with_axes_for(const tad_shape *x, int count) {
    const int more = count > x->rank ? count - x->rank : 0;
    tad_shape wide = {x->rank + more, {0}};
    for (int i = 0; i < wide.rank; i++) wide.dim[i] = i < more ? 1 : x->dim[i - more];
    return wide;
}

static int64_t reps_of(const tile_options *o, int axis, int rank) {
    const int skip = rank - o->reps.count;
    return axis < skip ? 1 : o->reps.value[axis - skip];
}

static tad_status tile_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tile_options *o = c->options;
    const tad_shape x = tad__shape_of(c->in[0]);
    if (o->reps.count < 0 || o->reps.count > TAD_MAX_RANK)
        return tad_fail(c, TAD_TOO_LARGE, "%d numbers, %d axes are possible", o->reps.count,
                        TAD_MAX_RANK);
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, with_axes_for(&x, o->reps.count)};
    for (int i = 0; i < out->shape.rank; i++) {
        const int64_t n = reps_of(o, i, out->shape.rank);
        if (n < 0) return tad_fail(c, TAD_BAD_ARGUMENT, "%lld repeats", (long long)n);
        if (__builtin_mul_overflow(out->shape.dim[i], n, &out->shape.dim[i]))
            return tad_fail(c, TAD_TOO_LARGE, "too many repeats");
    }
    return TAD_OK;
}

/* From the last axis: blocks that are repeated are short while there are many. */
static void tile_compose(tad_rule *r) {
    const tile_options *o = r->options;
    const tad_shape own = tad_shape_of(r->in[0]);
    tad_shape now = with_axes_for(&own, o->reps.count);
    tad_var x = tad_reshape(r->in[0], now);
    for (int i = now.rank - 1; i >= 0; i--) {
        const int64_t n = reps_of(o, i, now.rank), before = product(&now, 0, i),
                      after = product(&now, i, now.rank);
        now.dim[i] *= n;
        if (n != 1) x = repeat_blocks(x, before, n, after, now);
    }
    r->result[0] = x;
}

/* ---- options, samples, misuse ---- */

static const tad_option repeat_list[] = {
    {OPTION(INTS, repeat_options, repeats), .required = true},
    {OPTION(MAYBE_INT, repeat_options, axis)},
};
static const tad_option tile_list[] = {{OPTION(INTS, tile_options, reps), .required = true}};

#define TIMES(...)                                                                                 \
    .options = &(const repeat_options) { .repeats = INTS(__VA_ARGS__) }
#define TIMES_ALONG(k, ...)                                                                        \
    .options = &(const repeat_options) { INTS(__VA_ARGS__), GIVEN(k) }
#define TILES(...)                                                                                 \
    .options = &(const tile_options) { INTS(__VA_ARGS__) }

static const tad_sample repeat_samples[] = {
    {CASE("flattened", F64(2, 3)), TIMES(3)},
    {CASE("rows", F64(3, 2)), TIMES_ALONG(0, 2)},
    {CASE("a list", F64(2, 3)), TIMES_ALONG(-1, 2, 0, 1)},
    {CASE("a list, flattened", F64(2, 2)), TIMES(1, 2, 3, 0)},
    {CASE("middle", F64(2, 3, 5)), TIMES_ALONG(1, 2)},
    {CASE("never", F64(3, 4)), TIMES_ALONG(0, 0)},
    {CASE("0-d", F64_0D), TIMES(2)},
    {CASE("empty", F64(0, 3)), TIMES_ALONG(1, 2)},
};
static const tad_misuse repeat_misuse[] = {
    {CASE("negative", F64(3)), TIMES(-1), .expect = TAD_BAD_ARGUMENT},
    {CASE("other count", F64(3, 4)), TIMES_ALONG(0, 1, 2), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(3, 4)), TIMES_ALONG(2, 1), .expect = TAD_BAD_AXIS},
    {CASE("too many", F64(2)), TIMES(INT64_MAX), .expect = TAD_TOO_LARGE},
    {CASE("sum too large", F64(2)), TIMES(INT64_MAX, 1), .expect = TAD_TOO_LARGE},
};
static const tad_sample tile_samples[] = {
    {CASE("rows", F64(2, 3)), TILES(2)},         {CASE("both", F64(2, 3)), TILES(3, 2)},
    {CASE("more axes", F64(3)), TILES(2, 1, 2)}, {CASE("fewer", F64(2, 3, 2)), TILES(2, 1)},
    {CASE("never", F64(2, 3)), TILES(0, 2)},     {CASE("0-d", F64_0D), TILES(2, 3)},
    {CASE("not repeated", F64(2, 3)), TILES(1)}, {CASE("empty", F64(3, 0)), TILES(2, 2)},
};
static const tad_misuse tile_misuse[] = {
    {CASE("negative", F64(3)), TILES(-1), .expect = TAD_BAD_ARGUMENT},
    {CASE("nine axes", F64(3)), TILES(1, 1, 1, 1, 1, 1, 1, 1, 1), .expect = TAD_TOO_LARGE},
    {CASE("too many", F64(2)), TILES(INT64_MAX), .expect = TAD_TOO_LARGE},
    {CASE("many", F64(2)), TILES(INT64_C(1) << 40, INT64_C(1) << 30), .expect = TAD_TOO_LARGE},
};

/* ---- the ops ---- */

const tad_op tad__ops_repeat[] = {
    [REPEAT] = {.name = "repeat",
                .doc = "each element along the axis so many times, one number for all or one for "
                       "each; without axis of x flattened",
                FAMILY("shape", 1, 1),
                OPTIONS(repeat_options, repeat_list),
                .shape = repeat_shape,
                .compose = repeat_compose,
                CASES(repeat)},
    [TILE] = {.name = "tile",
              .doc = "the whole of x so many times along its last axes, or along new leading ones",
              FAMILY("shape", 1, 1),
              OPTIONS(tile_options, tile_list),
              .shape = tile_shape,
              .compose = tile_compose,
              CASES(tile)},
};
const size_t tad__ops_repeat_count = LENGTH(tad__ops_repeat);

tad_var tad_repeat(tad_var x, const int64_t *repeats, size_t n, tad_axes axis) {
    tad_tape *t = tad__tape_of(&x, 1);
    const repeat_options o = {tad__ints_of(repeats, n), {axis.given, axis.axis[0]}};
    if (!axis.given || axis.count == 1) return tad__apply_one(&tad__ops_repeat[REPEAT], x, &o);
    if (t) tad__fail(t, TAD_BAD_AXIS, "repeat: one axis is needed, or all");
    return tad__nil(t);
}

tad_var tad_tile(tad_var x, const int64_t *reps, size_t n) {
    return tad__apply_one(&tad__ops_repeat[TILE], x, &(tile_options){tad__ints_of(reps, n)});
}
