/* upsample: images brought to another size, axis by axis. Composed of ops. Rests on tape.h. */
#include <math.h>
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { NEAREST, LINEAR, BILINEAR, TRILINEAR };

typedef struct upsample_options {
    tad_shape size, scale_factor; /* one of them; a number for all axes, or one for each */
    int mode;
    bool align_corners;
} upsample_options;

/* ---- shapes ---- */

/* The new size of axis i, counted behind images and channels. */
static bool size_of(const upsample_options *o, int i, int64_t old, int64_t *size) {
    const tad_shape *given = o->size.rank ? &o->size : &o->scale_factor;
    const int64_t n = given->dim[given->rank == 1 ? 0 : i];
    *size = n;
    return n >= 1 && (o->size.rank || !__builtin_mul_overflow(old, n, size));
}

static tad_status upsample_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const upsample_options *o = c->options;
    const tad_array *x = c->in[0];
    const int rank = x->rank - 2, given = o->size.rank + o->scale_factor.rank;
    int64_t places;
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (rank < 1 || rank > 3) return tad_fail(c, TAD_BAD_SHAPE, "needs three to five axes");
    if (!o->size.rank == !o->scale_factor.rank)
        return tad_fail(c, TAD_BAD_ARGUMENT, "needs size or scale_factor");
    if (given != 1 && given != rank)
        return tad_fail(c, TAD_BAD_ARGUMENT, "%d sizes for %d axes", given, rank);
    if (o->mode < NEAREST || o->mode > TRILINEAR || (o->mode > LINEAR && o->mode != rank))
        return tad_fail(c, TAD_BAD_ARGUMENT, "no such mode for %d axes", rank);
    if (o->align_corners && o->mode == NEAREST)
        return tad_fail(c, TAD_BAD_ARGUMENT, "align_corners has no meaning for nearest");
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    for (int i = 0; i < rank; i++) {
        int64_t *size = &out->shape.dim[2 + i];
        if (x->dim[2 + i] < 1) return tad_fail(c, TAD_BAD_SHAPE, "an axis without elements");
        if (!size_of(o, i, x->dim[2 + i], size))
            return tad_fail(c, TAD_BAD_ARGUMENT, "size %lld", (long long)*size);
        if (__builtin_mul_overflow(*size, x->dim[2 + i], &places))
            return tad_fail(c, TAD_TOO_LARGE, "too large");
    }
    return TAD_OK;
}

/* ---- compositions ---- */

/* For each of n new elements, of `old` ones: the neighbour before, the one behind, how far it is
 * from the former. */
typedef struct places {
    int64_t *before, *behind;
    double *part;
} places;

static void free_places(tad_tape *t, places *p) {
    tad_tape_resize(t, p->before, 0, sizeof *p->before);
    tad_tape_resize(t, p->behind, 0, sizeof *p->behind);
    tad_tape_resize(t, p->part, 0, sizeof *p->part);
}

static bool new_places(tad_tape *t, places *p, size_t n) {
    p->before = tad_tape_resize(t, NULL, n, sizeof *p->before);
    p->behind = tad_tape_resize(t, NULL, n, sizeof *p->behind);
    p->part = tad_tape_resize(t, NULL, n, sizeof *p->part);
    return p->before && p->behind && p->part;
}

static double source_of(int64_t i, int64_t n, int64_t old, bool align_corners) {
    if (align_corners) return n > 1 ? (double)i * (double)(old - 1) / (double)(n - 1) : 0;
    return fmax(0, ((double)i + 0.5) * (double)old / (double)n - 0.5);
}

static void find_places(places *p, int64_t n, int64_t old, const upsample_options *o) {
    for (int64_t i = 0; i < n; i++) {
        const double at = source_of(i, n, old, o->align_corners);
        p->before[i] = o->mode == NEAREST ? i * old / n : (int64_t)at;
        if (p->before[i] > old - 1) p->before[i] = old - 1;
        p->behind[i] = p->before[i] + (p->before[i] < old - 1);
        p->part[i] = at - (double)p->before[i];
    }
}

static tad_var taken(tad_var x, int axis, int64_t n, const int64_t *from, tad_tape *t) {
    return tad_index_select(x, tad_constant(t, TAD_I64, TAD_SHAPE(n), from), axis);
}

/* x with n elements on an axis. */
static tad_var resized(tad_tape *t, tad_var x, int axis, int64_t n, const upsample_options *o) {
    const tad_shape s = tad_shape_of(x);
    tad_shape along = {s.rank, {0}};
    places p;
    if (new_places(t, &p, (size_t)n)) {
        find_places(&p, n, s.dim[axis], o);
        const tad_var before = taken(x, axis, n, p.before, t);
        for (int i = 0; i < s.rank; i++) along.dim[i] = i == axis ? n : 1;
        if (o->mode == NEAREST) {
            x = before;
        } else {
            const tad_var part = tad_constant(t, TAD_F64, along, p.part);
            x = tad_lerp(before, taken(x, axis, n, p.behind, t), tad_cast(part, tad_dtype_of(x)));
        }
    }
    free_places(t, &p);
    return x;
}

static void upsample_compose(tad_rule *r) {
    const upsample_options *o = r->options;
    const tad_shape s = tad_shape_of(r->in[0]);
    tad_var x = tad_reshape(r->in[0], s);
    for (int i = 2; i < s.rank; i++) {
        int64_t n;
        (void)size_of(o, i - 2, s.dim[i], &n);
        if (n != s.dim[i]) x = resized(r->tape, x, i, n, o);
    }
    r->result[0] = x;
}

/* ---- options, samples, misuse ---- */

static const tad_option upsample_list[] = {
    {OPTION(SHAPE, upsample_options, size)},
    {OPTION(SHAPE, upsample_options, scale_factor)},
    {OPTION(CHOICE, upsample_options, mode), .choices = "nearest|linear|bilinear|trilinear"},
    {OPTION(BOOL, upsample_options, align_corners)},
};

#define WITH(...)                                                                                  \
    .options = &(const upsample_options) { __VA_ARGS__ }

static const tad_sample upsample_samples[] = {
    {CASE("nearest, twice", F64(2, 2, 2, 3)), WITH(.scale_factor = SHAPE(2))},
    {CASE("nearest, size", F64(1, 2, 3, 4)), WITH(.size = SHAPE(5, 3))},
    {CASE("linear", F64(1, 2, 4)), WITH(.size = SHAPE(7), .mode = LINEAR)},
    {CASE("bilinear", F64(1, 2, 3, 2)), WITH(.scale_factor = SHAPE(2, 3), .mode = BILINEAR)},
    {CASE("bilinear, corners", F64(1, 1, 3, 4)),
     WITH(.size = SHAPE(5, 1), .mode = BILINEAR, .align_corners = true)},
    {CASE("trilinear", F64(1, 1, 2, 3, 2)), WITH(.size = SHAPE(3, 2, 4), .mode = TRILINEAR)},
    {CASE("the same", F64(1, 2, 3)), WITH(.size = SHAPE(3))},
    {CASE("no images", F64(0, 2, 3)), WITH(.size = SHAPE(4))},
};
static const tad_misuse upsample_misuse[] = {
    {CASE("neither", F64(1, 2, 3)), .expect = TAD_BAD_ARGUMENT},
    {CASE("both", F64(1, 2, 3)), WITH(.size = SHAPE(3), .scale_factor = SHAPE(2)),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("size 0", F64(1, 2, 3)), WITH(.size = SHAPE(0)), .expect = TAD_BAD_ARGUMENT},
    {CASE("sizes of three axes", F64(1, 2, 3, 3)), WITH(.size = SHAPE(2, 2, 2)),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("mode of two axes", F64(1, 2, 3)), WITH(.size = SHAPE(4), .mode = BILINEAR),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("corners of nearest", F64(1, 2, 3)), WITH(.size = SHAPE(4), .align_corners = true),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("two axes", F64(2, 3)), WITH(.size = SHAPE(4)), .expect = TAD_BAD_SHAPE},
    {CASE("nothing", F64(1, 2, 0)), WITH(.size = SHAPE(4)), .expect = TAD_BAD_SHAPE},
};

/* ---- the op ---- */

const tad_op tad__ops_upsample[] = {
    {.name = "upsample",
     .doc = "(N,C,...) brought to another size: the nearest element before, or linearly between "
            "neighbours; scale_factor: integers",
     FAMILY("images", 1, 1),
     OPTIONS(upsample_options, upsample_list),
     .shape = upsample_shape,
     .compose = upsample_compose,
     CASES(upsample)},
};
const size_t tad__ops_upsample_count = LENGTH(tad__ops_upsample);

tad_var tad_upsample(tad_var x, tad_shape size, tad_upsample_mode mode, bool align_corners) {
    const upsample_options o = {.size = size, .mode = (int)mode, .align_corners = align_corners};
    return tad__apply_one(tad__ops_upsample, x, &o);
}
