/* slice, a view, and its adjoint, which puts an array into zeros, or among any one value. Rests on
 * view.h. */
#include <math.h>
#include <stddef.h>

#include "kernel/plain/convert.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/handle.h"
#include "view.h"

enum { SLICE, SLICE_PUT, SLICE_FILL };

typedef struct slice_options {
    tad_slices slices;
    tad_shape shape; /* of slice_put's result */
    double value;    /* of slice_fill's other elements */
} slice_options;

/* ---- ranges ---- */

typedef struct cut {
    int64_t start, count, step;
} cut;

static int64_t clip_index(int64_t i, int64_t n, int64_t low, int64_t high) {
    if (i < 0) i += n;
    return i < low ? low : i > high ? high : i;
}

/* Python's start:stop:step on an axis of n elements; false for step 0. */
static bool resolve_range(const tad_range *r, int64_t n, cut *out) {
    int64_t step = r->step.given ? r->step.value : 1;
    if (step == 0) return false;
    int64_t low = step < 0 ? -1 : 0, high = step < 0 ? n - 1 : n;
    int64_t start = step < 0 ? high : low, stop = step < 0 ? low : high;
    if (r->start.given) start = clip_index(r->start.value, n, low, high);
    if (r->stop.given) stop = clip_index(r->stop.value, n, low, high);
    int64_t span = step < 0 ? start - stop : stop - start;
    uint64_t stride = step < 0 ? 0 - (uint64_t)step : (uint64_t)step;
    int64_t count = span <= 0 ? 0 : (int64_t)(((uint64_t)span - 1) / stride) + 1;
    /* a step that is never taken may be too large to be multiplied with a stride */
    *out = (cut){count ? start : 0, count, count > 1 ? step : 1};
    return true;
}

/* The cut along axis i; axes without a range are taken whole. */
static bool cut_of(const tad_slices *s, int i, int64_t n, cut *out) {
    static const tad_range all;
    return resolve_range(i < s->count ? &s->range[i] : &all, n, out);
}

/* ---- shapes ---- */

/* The shape is written where it belongs, size by size: to copy one that was just made, as a whole,
 * would have to wait for it. */
static tad_status sliced_shape(const tad_call_frame *c, const tad_slices *s, int rank,
                               const int64_t *dim, tad_shape *out) {
    if (s->count < 0 || s->count > rank)
        return tad_fail(c, TAD_BAD_AXIS, "%d slices for %d axes", s->count, rank);
    *out = (tad_shape){.rank = rank};
    for (int i = 0; i < rank; i++) {
        cut cut;
        if (!cut_of(s, i, dim[i], &cut))
            return tad_fail(c, TAD_BAD_ARGUMENT, "step 0 on axis %d", i);
        out->dim[i] = cut.count;
    }
    return TAD_OK;
}

static tad_status slice_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const slice_options *o = c->options;
    const tad_array *x = c->in[0];
    out->dtype = (tad_dtype)x->dtype;
    return sliced_shape(c, &o->slices, x->rank, x->dim, &out->shape);
}

static tad_status slice_put_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const slice_options *o = c->options;
    tad_shape x = tad__shape_of(c->in[0]), need;
    int64_t size;
    char text[TAD__SHAPE_ROOM];
    if (!tad__shape_size(&o->shape, &size)) return tad_fail(c, TAD_BAD_SHAPE, "no such shape");
    tad_status s = sliced_shape(c, &o->slices, o->shape.rank, o->shape.dim, &need);
    if (s != TAD_OK) return s;
    if (!tad__shape_equal(&x, &need))
        return tad_fail(c, TAD_BAD_SHAPE, "the slices have shape %s",
                        tad__shape_text(&need, text, sizeof text));
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, o->shape};
    return TAD_OK;
}

/* ---- values ---- */

/* Where the elements of `out`, which has its dims and x's data, lie in x. */
static void place_slice(const slice_options *o, const tad_array *x, tad_array *out) {
    for (int i = 0; i < x->rank && out->size; i++) {
        cut cut = {0, 0, 1};
        cut_of(&o->slices, i, x->dim[i], &cut);
        tad__strides(out)[i] = tad_strides(x)[i] * cut.step;
        tad__move_data(out, tad_strides(x)[i] * cut.start);
    }
}

static bool slice_view(const tad_call_frame *c, tad_array *out) {
    place_slice(c->options, c->in[0], out);
    return true;
}

/* Of slice_put and slice_fill: where x lies in the result. */
static tad_array *part_of(const tad_call_frame *c, void *data, tad__header *h) {
    tad_shape shape = tad__shape_of(c->in[0]);
    tad_array *part = tad__lay_out(h, c->out[0], &shape);
    part->data = data;
    place_slice(c->options, c->out[0], part);
    return part;
}

static tad_status slice_put_forward(const tad_call_frame *c) {
    tad__header h;
    tad__clear(c->compute, c->out[0]);
    tad__put(c->compute, part_of(c, c->out[0]->data, &h), c->in[0], false);
    return TAD_OK;
}

static void move_c_text(const tad_call_frame *c, tad_c *to) {
    tad__header h;
    const tad_array *part = part_of(c, tad__nowhere(), &h);
    tad__c_move(to, &(tad__c_seen){"out0", part, tad__offset(part)},
                &(tad__c_seen){"in0", c->in[0], 0});
}

static void slice_put_c_text(const tad_call_frame *c, tad_c *to) {
    tad__c_clear(to, c->out[0]);
    move_c_text(c, to);
}

static tad_status slice_fill_forward(const tad_call_frame *c) {
    const slice_options *o = c->options;
    const tad_array *y = c->out[0];
    const tad_dtype dtype = tad__is_float(y->dtype) ? (tad_dtype)y->dtype : TAD_F64;
    tad__header h;
    tad__view number;
    tad__put(c->compute, y, tad__number_value(o->value, dtype, &number), false);
    tad__put(c->compute, part_of(c, y->data, &h), c->in[0], false);
    return TAD_OK;
}

static void slice_fill_c_text(const tad_call_frame *c, tad_c *to) {
    const double value = ((const slice_options *)c->options)->value;
    tad_c_put(to, "for (ptrdiff_t i = 0; i < %lld; i++) out0[i] = ", (long long)c->out[0]->size);
    if (c->out[0]->dtype == TAD_I64)
        tad__c_integer(to, tad__to_int64(value));
    else if (c->out[0]->dtype == TAD_BOOL)
        tad__c_integer(to, value != 0);
    else
        tad__c_number(to, value, c->out[0]->dtype);
    tad_c_put(to, ";\n");
    move_c_text(c, to);
}

/* ---- rules ---- */

static void slice_vjp(tad_rule *r) {
    slice_options o = *(const slice_options *)r->options;
    o.shape = tad_shape_of(r->in[0]);
    r->result[0] = tad__apply_one(&tad__ops_slice[SLICE_PUT], r->given[0], &o);
}

static void slice_put_vjp(tad_rule *r) {
    const slice_options o = {.slices = ((const slice_options *)r->options)->slices};
    r->result[0] = tad__apply_one(&tad__ops_slice[SLICE], r->given[0], &o);
}

static void slice_fill_jvp(tad_rule *r) {
    const slice_options *o = r->options;
    r->result[0] = tad__slice_fill(r->given[0], &o->slices, o->shape, 0);
}

/* ---- options, samples, misuse ---- */

#define SLICES_OPTION                                                                              \
    { OPTION(SLICES, slice_options, slices), .required = true }
static const tad_option slice_list[] = {SLICES_OPTION};
static const tad_option slice_put_list[] = {
    SLICES_OPTION,
    {OPTION(SHAPE, slice_options, shape), .required = true},
};

static const tad_option slice_fill_list[] = {
    SLICES_OPTION,
    {OPTION(SHAPE, slice_options, shape), .required = true},
    {OPTION(FLOAT, slice_options, value)},
};

#define CUTS(n, ...)                                                                               \
    .options = &(const slice_options) {                                                            \
        .slices = { n, {__VA_ARGS__} }                                                             \
    }
#define PUTS(...) FILLS(0, __VA_ARGS__)
#define FILLS(number, size0, size1, n, ...)                                                        \
    .options = &(const slice_options) { {n, {__VA_ARGS__}}, SHAPE(size0, size1), number }
#define FROM(a, b)                                                                                 \
    {                                                                                              \
        GIVEN(a), GIVEN(b), { 0 }                                                                  \
    }
#define STEP(a, b, c)                                                                              \
    { GIVEN(a), GIVEN(b), GIVEN(c) }
#define EVERY(c)                                                                                   \
    { {0}, {0}, GIVEN(c) }

static const tad_sample slice_samples[] = {
    {CASE("block", F64(5, 6)), CUTS(2, FROM(1, 4), EVERY(2))},
    {CASE("backwards", F64(7, 3)), CUTS(2, EVERY(-1), EVERY(-2))},
    {CASE("from the end, clipped", F64(5, 3)), CUTS(2, STEP(-2, -9, -2), FROM(-100, 100))},
    {CASE("nothing", F64(3, 4)), CUTS(2, FROM(2, 2), FROM(9, 3))},
    {CASE("one element", F64(3, 4)), CUTS(2, FROM(2, 3), STEP(0, 4, INT64_MAX))},
    {CASE("later axes whole", F64(3, 2, 5)), CUTS(1, FROM(1, 3))},
    {CASE("0-d", F64_0D)},
    {CASE("empty", F64(0, 3)), CUTS(2, EVERY(-1), FROM(0, 2))},
};
static const tad_misuse slice_misuse[] = {
    {CASE("step 0", F64(3, 4)), CUTS(1, EVERY(0)), .expect = TAD_BAD_ARGUMENT},
    {CASE("too many", F64(3)), CUTS(2, EVERY(1), EVERY(1)), .expect = TAD_BAD_AXIS},
    {CASE("0-d", F64_0D), CUTS(1, FROM(0, 1)), .expect = TAD_BAD_AXIS},
};
static const tad_sample slice_put_samples[] = {
    {CASE("block", F64(3, 3)), PUTS(5, 6, 2, FROM(1, 4), EVERY(2))},
    {CASE("backwards", F64(5, 2)), PUTS(5, 3, 2, EVERY(-1), EVERY(-2))},
    {CASE("nothing", F64(0, 3)), PUTS(2, 3, 1, FROM(2, 2))},
    {CASE("whole", F64(2, 3)), PUTS(2, 3, 1, EVERY(1))},
    {CASE("one element", F64(1, 1)), PUTS(2, 3, 2, FROM(1, 2), FROM(-1, 3))},
};
static const tad_misuse slice_put_misuse[] = {
    {CASE("other shape", F64(3, 2)), PUTS(5, 6, 2, FROM(1, 4), EVERY(2)), .expect = TAD_BAD_SHAPE},
    {CASE("step 0", F64(2, 3)), PUTS(2, 3, 1, EVERY(0)), .expect = TAD_BAD_ARGUMENT},
    {CASE("negative size", F64(2, 3)), PUTS(-2, 3, 1, EVERY(1)), .expect = TAD_BAD_SHAPE},
};
static const tad_sample slice_fill_samples[] = {
    {CASE("block", F64(3, 3)), FILLS(7, 5, 6, 2, FROM(1, 4), EVERY(2))},
    {CASE("backwards", F64(5, 2)), FILLS(-3, 5, 3, 2, EVERY(-1), EVERY(-2))},
    {CASE("nothing", F64(0, 3)), FILLS(0.1, 2, 3, 1, FROM(2, 2))},
    {CASE("whole", F64(2, 3)), FILLS(1, 2, 3, 1, EVERY(1))},
    {CASE("one element", F64(1, 1)), FILLS(0, 2, 3, 2, FROM(1, 2), FROM(-1, 3))},
    {CASE("integers", INDICES(5, 2, 1)), FILLS(3.7, 2, 3, 2, EVERY(1), FROM(1, 2))},
    {CASE("bools", MASK(2, 1)), FILLS(0.5, 2, 3, 2, EVERY(1), FROM(1, 2))},
};

/* ---- the ops ---- */

const tad_op tad__ops_slice[] = {
    [SLICE] = {.name = "slice",
               .doc =
                   "Python's start:stop:step along the first axes; clipped, steps may be negative",
               VIEW_ONCE(slice, slice_view),
               OPTIONS(slice_options, slice_list),
               .vjp = slice_vjp},
    [SLICE_PUT] = {.name = "slice_put",
                   .doc = "zeros of a shape with x at the slices; the adjoint of slice",
                   FAMILY("shape", 1, 1),
                   .flags = TAD_OP_LINEAR | TAD_OP_INTERNAL,
                   OPTIONS(slice_options, slice_put_list),
                   HOOKS(slice_put),
                   .c_text = slice_put_c_text,
                   CASES(slice_put)},
    [SLICE_FILL] = {.name = "slice_fill",
                    .doc = "value everywhere in a shape, but x at the slices",
                    FAMILY("shape", 1, 1),
                    .flags = TAD_OP_INTERNAL,
                    OPTIONS(slice_options, slice_fill_list),
                    .shape = slice_put_shape,
                    .forward = slice_fill_forward,
                    .vjp = slice_put_vjp,
                    .jvp = slice_fill_jvp,
                    .c_text = slice_fill_c_text,
                    SAMPLES(slice_fill_samples),
                    MISUSE(slice_put_misuse)},
};
const size_t tad__ops_slice_count = LENGTH(tad__ops_slice);

tad_var tad__slice_fill(tad_var x, const tad_slices *slices, tad_shape shape, double value) {
    const int op = value == 0 && !signbit(value) ? SLICE_PUT : SLICE_FILL;
    return tad__apply_one(&tad__ops_slice[op], x, &(slice_options){*slices, shape, value});
}

tad_var tad__slice_all(tad_var x, const tad_slices *slices) {
    return tad__apply_one(&tad__ops_slice[SLICE], x, &(slice_options){.slices = *slices});
}

/* -1: it is no variable. */
static int rank_of(tad_var x) {
    const tad__node *n = tad__node_of(x, "slice");
    if (!n) return -1;
    return n->flags & TAD__ARRAY ? n->value.array->rank : 0;
}

tad_var tad_slice(tad_var x, int axis, int64_t start, int64_t stop, int64_t step) {
    tad_tape *t = tad__tape_of(&x, 1);
    const int rank = rank_of(x); /* -1: of no variable, which tad_apply says */
    int at = 0;
    if (t && rank >= 0 && !tad__axis(axis, rank, &at)) {
        tad__fail(t, TAD_BAD_AXIS, "slice: no axis %d", axis);
        return tad__nil(t);
    }
    slice_options o = {.slices = {.count = at + 1}};
    bool from_first = start == 0 && step > 0; /* is left out too, as a Python programmer would */
    o.slices.range[at] = (tad_range){
        {start != TAD_END && !from_first, start}, {stop != TAD_END, stop}, {step != 1, step}};
    return tad__apply_one(&tad__ops_slice[SLICE], x, &o);
}
