/* pad: more elements, or fewer, at the ends of axes. Composed of slices and of what puts them
 * among others; other modes pick elements by a list of places. Rests on view.h. */
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "tape/leaf.h"
#include "view.h"

#define FARTHEST (INT64_C(1) << 50) /* no array has so many elements, and sums do not overflow */

typedef struct pad_options {
    tad_ints pad_width;
    double value;
    int mode; /* a tad_pad_mode */
} pad_options;

/* ---- shapes ---- */

/* What is added before and behind an axis; a lone number goes everywhere. */
static void width_of(const tad_ints *w, int axis, int64_t *before, int64_t *after) {
    *before = w->count == 1 ? w->value[0] : w->value[2 * axis];
    *after = w->count == 1 ? w->value[0] : w->value[2 * axis + 1];
}

static tad_status pad_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const pad_options *o = c->options;
    const tad_array *x = c->in[0];
    if (o->mode < TAD_PAD_CONSTANT || o->mode > TAD_PAD_CIRCULAR)
        return tad_fail(c, TAD_BAD_ARGUMENT, "no mode %d", o->mode);
    if (o->pad_width.count != 1 && o->pad_width.count != 2 * x->rank)
        return tad_fail(c, TAD_BAD_SHAPE, "%d widths, two for each axis are needed",
                        o->pad_width.count);
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    for (int i = 0; i < x->rank; i++) {
        int64_t before, after, *n = &out->shape.dim[i];
        width_of(&o->pad_width, i, &before, &after);
        if (before > FARTHEST || before < -FARTHEST || after > FARTHEST || after < -FARTHEST)
            return tad_fail(c, TAD_TOO_LARGE, "widths %lld and %lld on axis %d", (long long)before,
                            (long long)after, i);
        *n += before + after;
        if (*n < 0) return tad_fail(c, TAD_BAD_SHAPE, "more than axis %d has is cropped", i);
        if (*n > 0 && x->dim[i] == 0 && o->mode != TAD_PAD_CONSTANT)
            return tad_fail(c, TAD_BAD_SHAPE, "axis %d has no elements to repeat", i);
    }
    return TAD_OK;
}

/* ---- a constant ---- */

static int64_t within(int64_t i, int64_t n) { return i < 0 ? 0 : i > n ? n : i; }

static tad_range from_to(int64_t start, int64_t stop) {
    return (tad_range){{true, start}, {true, stop}, {false, 0}};
}

/* The part of x that stays, and where it lies in the result. */
static tad_var padded(tad_var x, const pad_options *o) {
    tad_shape shape = tad_shape_of(x);
    tad_slices kept = {.count = shape.rank}, place = kept;
    for (int i = 0; i < shape.rank; i++) {
        int64_t before, after, n = shape.dim[i];
        width_of(&o->pad_width, i, &before, &after);
        shape.dim[i] += before + after;
        const int64_t start = before < 0 ? within(-(before + 1), n - 1) + (n > 0) : 0,
                      stop = after < 0 ? within(n + after, n) : n, to = before > 0 ? before : 0;
        kept.range[i] = from_to(start, stop);
        place.range[i] = from_to(to, to + (stop > start ? stop - start : 0));
    }
    return tad__slice_fill(tad__slice_all(x, &kept), &place, shape, o->value);
}

/* ---- elements of x again ---- */

typedef struct again {
    int mode;
    int64_t before, n;
} again;

static int64_t modulo(int64_t i, int64_t n) { return i % n < 0 ? i % n + n : i % n; }

/* Which element of x lies at place i of the result. */
static double place_again(const void *context, int64_t i) {
    const again *a = context;
    i -= a->before;
    if (a->mode == TAD_PAD_REPLICATE) return (double)within(i, a->n - 1);
    if (a->mode == TAD_PAD_CIRCULAR) return (double)modulo(i, a->n);
    if (a->n == 1) return 0;
    i = modulo(i, 2 * a->n - 2);
    return (double)(i < a->n ? i : 2 * a->n - 2 - i);
}

static tad_var repeated(tad_rule *r, const pad_options *o) {
    tad_var x = r->in[0];
    for (int i = 0; i < tad_shape_of(x).rank; i++) {
        again a = {o->mode, 0, tad_shape_of(x).dim[i]};
        int64_t after;
        width_of(&o->pad_width, i, &a.before, &after);
        if (a.before == 0 && after == 0) continue;
        tad_var index = tad__filled(r->tape, "pad", TAD_I64, TAD_SHAPE(a.n + a.before + after),
                                    place_again, &a);
        x = tad_index_select(x, index, i);
    }
    return tad__renewed(x, r->in[0]);
}

static void pad_compose(tad_rule *r) {
    const pad_options *o = r->options;
    r->result[0] = o->mode == TAD_PAD_CONSTANT ? padded(r->in[0], o) : repeated(r, o);
}

/* ---- options, samples, misuse ---- */

static const tad_option pad_list[] = {
    {OPTION(INTS, pad_options, pad_width), .required = true},
    {OPTION(FLOAT, pad_options, value)},
    {OPTION(CHOICE, pad_options, mode), .choices = "constant|reflect|replicate|circular"},
};

#define WIDTH(value_, mode_, ...)                                                                  \
    .options = &(const pad_options) { INTS(__VA_ARGS__), value_, TAD_PAD_##mode_ }

static const tad_sample pad_samples[] = {
    {CASE("zeros", F64(3, 4)), WIDTH(0, CONSTANT, 1, 2, 0, 3)},
    {CASE("a value, cropped", F64(5, 3)), WIDTH(2.5, CONSTANT, -2, 1, 2, -1)},
    {CASE("cropped only", F64(3, 5)), WIDTH(0, CONSTANT, -1, 0, 0, -2)},
    {CASE("cropped beyond the end", F64(3)), WIDTH(7, CONSTANT, -5, 4)},
    {CASE("everywhere", F64(2, 3, 1)), WIDTH(-1, CONSTANT, 1)},
    {CASE("of nothing", F64(0, 2)), WIDTH(1, CONSTANT, 1, 1, 0, 0)},
    {CASE("reflected", F64(2, 5)), WIDTH(0, REFLECT, 0, 0, 3, 2)},
    {CASE("reflected often", F64(3, 1)), WIDTH(0, REFLECT, 5, 7, 1, 2)},
    {CASE("replicated", F64(3, 2)), WIDTH(0, REPLICATE, 2, 1, 1, 0)},
    {CASE("circular", F64(3, 4)), WIDTH(0, CIRCULAR, 4, 1, -1, 2)},
    {CASE("circular, nothing added", F64(3)), WIDTH(0, CIRCULAR, 0, 0)},
};
static const tad_misuse pad_misuse[] = {
    {CASE("too few widths", F64(3, 4)), WIDTH(0, CONSTANT, 1, 2), .expect = TAD_BAD_SHAPE},
    {CASE("cropped too much", F64(3)), WIDTH(0, CONSTANT, -2, -2), .expect = TAD_BAD_SHAPE},
    {CASE("nothing to repeat", F64(0)), WIDTH(0, CIRCULAR, 1, 0), .expect = TAD_BAD_SHAPE},
    {CASE("overflow", F64(3)), WIDTH(0, CONSTANT, INT64_MAX, 1), .expect = TAD_TOO_LARGE},
    {CASE("too large", F64(3, 3)), WIDTH(0, CONSTANT, INT64_C(1) << 49), .expect = TAD_TOO_LARGE},
};

/* ---- the op ---- */

const tad_op tad__ops_pad[] = {
    {.name = "pad",
     .doc = "pad_width has [before, after] for every axis, or one number; negative ones crop",
     FAMILY("shape", 1, 1),
     OPTIONS(pad_options, pad_list),
     .shape = pad_shape,
     .compose = pad_compose,
     CASES(pad)},
};
const size_t tad__ops_pad_count = LENGTH(tad__ops_pad);

tad_var tad_pad(tad_var x, const int64_t *width, size_t n, tad_pad_mode mode, double value) {
    return tad__apply_one(tad__ops_pad, x,
                          &(pad_options){tad__ints_of(width, n), value, (int)mode});
}
