/* upsample: images brought to another size, axis by axis. Composed of ops. Rests on tape.h. */
#include <math.h>
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { NEAREST, LINEAR, BILINEAR, TRILINEAR, BICUBIC };

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

/* Of a mode that is of so many axes only. */
static int axes_of(int mode) { return mode == TRILINEAR ? 3 : mode == LINEAR ? 1 : 2; }

static tad_status upsample_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const upsample_options *o = c->options;
    const tad_array *x = c->in[0];
    const int rank = x->rank - 2, given = o->size.rank ? o->size.rank : o->scale_factor.rank;
    int64_t places;
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (rank < 1 || rank > 3) return tad_fail(c, TAD_BAD_SHAPE, "needs three to five axes");
    if (!o->size.rank == !o->scale_factor.rank)
        return tad_fail(c, TAD_BAD_ARGUMENT, "needs size or scale_factor");
    if (given != 1 && given != rank)
        return tad_fail(c, TAD_BAD_ARGUMENT, "%d sizes for %d axes", given, rank);
    if (o->mode < NEAREST || o->mode > BICUBIC || (o->mode > LINEAR && axes_of(o->mode) != rank))
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

/* What each of n new elements takes of one of its neighbours: of which, and how much. */
typedef struct tap {
    int64_t *from, n, old;
    double *weight;
} tap;

static bool new_tap(tad_tape *t, tap *p) {
    p->from = tad_tape_resize(t, NULL, (size_t)p->n, sizeof *p->from);
    p->weight = tad_tape_resize(t, NULL, (size_t)p->n, sizeof *p->weight);
    return p->from && p->weight;
}

static void free_tap(tad_tape *t, tap *p) {
    tad_tape_resize(t, p->from, 0, sizeof *p->from);
    tad_tape_resize(t, p->weight, 0, sizeof *p->weight);
}

static int taps_of(int mode) { return mode == NEAREST ? 1 : mode == BICUBIC ? 4 : 2; }

/* Where new element i lies among the old ones. */
static double source_of(const tap *p, int64_t i, const upsample_options *o) {
    const double n = (double)p->n, old = (double)p->old;
    if (o->align_corners) return n > 1 ? (double)i * (old - 1) / (n - 1) : 0;
    const double at = ((double)i + 0.5) * old / n - 0.5;
    return o->mode == BICUBIC ? at : fmax(0, at);
}

/* Keys' cubic kernel with a = -3/4, as PyTorch's, at a distance of 0 .. 2. */
static double cubic(double d) {
    const double a = -0.75;
    return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((d - 5) * d + 8) * a * d - 4 * a;
}

/* Neighbour k; beyond the ends the last element is repeated. */
static void fill_tap(tap *p, int k, const upsample_options *o) {
    const bool is_cubic = o->mode == BICUBIC; /* its first neighbour lies one further back */
    for (int64_t i = 0; i < p->n; i++) {
        const double at = source_of(p, i, o), before = floor(at), part = at - before;
        const int64_t from =
            o->mode == NEAREST ? i * p->old / p->n : (int64_t)before + k - is_cubic;
        p->weight[i] = is_cubic ? cubic(fabs(part + 1 - k)) : k ? part : 1 - part;
        p->from[i] = from < 0 ? 0 : from > p->old - 1 ? p->old - 1 : from;
    }
}

static tad_var taken(tad_tape *t, tad_var x, int axis, const tap *p, const upsample_options *o) {
    tad_shape along = tad_shape_of(x);
    for (int i = 0; i < along.rank; i++) along.dim[i] = i == axis ? p->n : 1;
    tad_var y = tad_index_select(x, tad_constant(t, TAD_I64, TAD_SHAPE(p->n), p->from), axis);
    if (o->mode == NEAREST) return y;
    return tad_mul(y, tad_cast(tad_constant(t, TAD_F64, along, p->weight), tad_dtype_of(x)));
}

/* x with n elements on an axis. */
static tad_var resized(tad_tape *t, tad_var x, int axis, int64_t n, const upsample_options *o) {
    tap p = {.n = n, .old = tad_shape_of(x).dim[axis]};
    tad_var y = {0};
    if (new_tap(t, &p))
        for (int k = 0; k < taps_of(o->mode); k++) {
            fill_tap(&p, k, o);
            y = tad__plus(y, taken(t, x, axis, &p, o));
        }
    free_tap(t, &p);
    return y;
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
    {OPTION(CHOICE, upsample_options, mode),
     .choices = "nearest|linear|bilinear|trilinear|bicubic"},
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
    {CASE("bicubic", F64(1, 2, 3, 4)), WITH(.scale_factor = SHAPE(2), .mode = BICUBIC)},
    {CASE("bicubic, smaller, corners", F64(1, 1, 5, 4)),
     WITH(.size = SHAPE(3, 2), .mode = BICUBIC, .align_corners = true)},
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
    {CASE("cubic of one axis", F64(1, 2, 3)), WITH(.size = SHAPE(4), .mode = BICUBIC),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("corners of nearest", F64(1, 2, 3)), WITH(.size = SHAPE(4), .align_corners = true),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("two axes", F64(2, 3)), WITH(.size = SHAPE(4)), .expect = TAD_BAD_SHAPE},
    {CASE("nothing", F64(1, 2, 0)), WITH(.size = SHAPE(4)), .expect = TAD_BAD_SHAPE},
};

/* ---- the op ---- */

const tad_op tad__ops_upsample[] = {
    {.name = "upsample",
     .doc = "(N,C,...) brought to another size: the nearest element before, linearly between "
            "neighbours, or by cubics over four (a = -3/4); scale_factor: integers",
     FAMILY("images", 1, 1),
     OPTIONS(upsample_options, upsample_list),
     .shape = upsample_shape,
     .compose = upsample_compose,
     CASES(upsample)},
};
const size_t tad__ops_upsample_count = LENGTH(tad__ops_upsample);

tad_var tad_upsample(tad_var x, tad_shape size, tad_upsample_mode mode, bool align_corners) {
    const int own = mode == TAD_UPSAMPLE_CUBIC ? BICUBIC : (int)mode;
    const upsample_options o = {.size = size, .mode = own, .align_corners = align_corners};
    return tad__apply_one(tad__ops_upsample, x, &o);
}
