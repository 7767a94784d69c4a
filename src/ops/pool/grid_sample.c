/* grid_sample: images sampled at the places of a grid; affine_grid: the grid of an affine map.
 * Composed of ops. Rests on grid.h. */
#include <stddef.h>

#include "grid.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { SAMPLE, AFFINE };

typedef struct sample_options {
    int mode, padding; /* a tad_grid_mode, a tad_grid_padding */
    bool align_corners;
} sample_options;

typedef struct affine_options {
    tad_shape size; /* of the images */
    bool align_corners;
} affine_options;

/* ---- shapes ---- */

static tad_status sample_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const sample_options *o = c->options;
    const tad_array *x = c->in[0], *grid = c->in[1];
    const int axes = x->rank - 2;
    int64_t size;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (axes < 1 || axes > TAD__GRID_AXES || grid->rank != x->rank || grid->dim[axes + 1] != axes)
        return tad_fail(c, TAD_BAD_SHAPE,
                        "needs images (N,C,...) of one to three axes and a grid "
                        "(N,...,axes) of as many");
    if (x->dim[0] != grid->dim[0]) return tad_fail(c, TAD_BAD_SHAPE, "needs a grid for each image");
    if ((unsigned)o->mode > TAD_GRID_BICUBIC || (unsigned)o->padding > TAD_GRID_REFLECTION)
        return tad_fail(c, TAD_BAD_ARGUMENT, "no such mode or padding");
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    for (int i = 0; i < axes; i++) {
        if (x->dim[2 + i] < 1 || x->dim[2 + i] > INT32_MAX)
            return tad_fail(c, TAD_BAD_SHAPE, "axis %d of the images has %lld elements", 2 + i,
                            (long long)x->dim[2 + i]);
        out->shape.dim[2 + i] = grid->dim[1 + i];
    }
    if (tad__shape_size(&out->shape, &size)) return TAD_OK;
    return tad_fail(c, TAD_TOO_LARGE, "too many elements");
}

static tad_status affine_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_shape *images = &((const affine_options *)c->options)->size;
    const tad_array *theta = c->in[0];
    int64_t size;
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (images->rank < 3 || images->rank > 2 + TAD__GRID_AXES)
        return tad_fail(c, TAD_BAD_ARGUMENT, "size has %d numbers, not 3 to 5", images->rank);
    const int axes = images->rank - 2;
    for (int i = 0; i < images->rank; i++)
        if (images->dim[i] < (i > 1))
            return tad_fail(c, TAD_BAD_ARGUMENT, "size %lld", (long long)images->dim[i]);
    if (theta->rank != 3 || theta->dim[0] != images->dim[0] || theta->dim[1] != axes ||
        theta->dim[2] != axes + 1)
        return tad_fail(c, TAD_BAD_SHAPE, "needs a matrix (%d,%d) for each of %lld images", axes,
                        axes + 1, (long long)images->dim[0]);
    *out = (tad_type){(tad_dtype)theta->dtype, *images};
    for (int i = 1; i <= axes; i++) out->shape.dim[i] = images->dim[1 + i];
    out->shape.dim[axes + 1] = axes;
    if (tad__shape_size(&out->shape, &size)) return TAD_OK;
    return tad_fail(c, TAD_TOO_LARGE, "too many elements");
}

/* ---- compositions ---- */

/* The last coordinate is that of the first axis. */
static void sample_compose(tad_rule *r) {
    const sample_options *o = r->options;
    const tad_shape x = tad_shape_of(r->in[0]), grid = tad_shape_of(r->in[1]);
    const int axes = x.rank - 2;
    tad_shape result = x;
    int64_t points = 1;
    tad_var weights[TAD__GRID_AXES], places[TAD__GRID_AXES];
    for (int i = 0; i < axes; i++) points *= result.dim[2 + i] = grid.dim[1 + i];
    tad_var all = tad_reshape(r->in[1], TAD_SHAPE(x.dim[0], points, axes));
    for (int i = 0; i < axes; i++) {
        const tad__grid_options on = {x.dim[2 + i], o->mode, o->padding, o->align_corners, 0};
        tad_var at = tad_squeeze(tad_slice(all, 2, axes - 1 - i, axes - i, 1), tad_axis(2));
        weights[i] = tad__grid_weights(at, &on);
        places[i] = tad__grid_places(at, &on);
    }
    r->result[0] = tad_reshape(tad__grid_sum(r->in[0], weights, places, axes), result);
}

/* The coordinates of n elements. */
static tad_var coordinates(const tad_rule *r, int64_t n, bool corners) {
    const double last = n == 1 ? 0 : corners ? 1 : (double)(n - 1) / (double)n;
    return tad_linspace(r->tape, tad_dtype_of(r->in[0]), -last, last, n);
}

/* The sum of a column for each coordinate times that, and of the last one. */
static void affine_compose(tad_rule *r) {
    const affine_options *o = r->options;
    const int axes = o->size.rank - 2;
    tad_shape of_column = {axes + 2, {o->size.dim[0], 1, 1, 1, 1}};
    of_column.dim[axes + 1] = axes;
    tad_var sum = tad_reshape(tad_slice(r->in[0], 2, axes, axes + 1, 1), of_column);
    for (int k = 0; k < axes; k++) {
        const int axis = axes - k;
        const int64_t n = o->size.dim[1 + axis];
        tad_shape along = {axes + 2, {1, 1, 1, 1, 1}};
        along.dim[axis] = n;
        tad_var column = tad_reshape(tad_slice(r->in[0], 2, k, k + 1, 1), of_column);
        tad_var at = tad_reshape(coordinates(r, n, o->align_corners), along);
        sum = tad_fma(column, at, sum);
    }
    r->result[0] = sum;
}

/* ---- options, samples, misuse ---- */

static const tad_option sample_list[] = {
    {OPTION(CHOICE, sample_options, mode), .choices = TAD__GRID_MODES},
    {OPTION_NAMED("padding_mode", CHOICE, sample_options, padding), .choices = TAD__GRID_PADDINGS},
    {OPTION(BOOL, sample_options, align_corners)},
};
static const tad_option affine_list[] = {
    {OPTION(SHAPE, affine_options, size), .required = true},
    {OPTION(BOOL, affine_options, align_corners)},
};

#define BY(mode_, padding_, corners)                                                               \
    .options = &(const sample_options) { mode_, padding_, corners }
#define OF_SIZE(corners, ...)                                                                      \
    .options = &(const affine_options) { SHAPE(__VA_ARGS__), corners }

static const tad_sample grid_sample_samples[] = {
    {CASE("bilinear", F64(2, 2, 4, 4), WITHIN(-0.74, -0.26, 2, 2, 3, 2))},
    {CASE("bilinear, partly outside", F64(1, 2, 4, 4), WITHIN(0.76, 1.24, 1, 3, 2, 2))},
    {CASE("border, corners", F64(1, 1, 4, 4), WITHIN(-0.3, 0.3, 1, 2, 2, 2)),
     BY(TAD_GRID_BILINEAR, TAD_GRID_BORDER, true)},
    {CASE("beyond the border", F64(1, 2, 3, 3), WITHIN(1.1, 1.9, 1, 2, 2, 2)),
     BY(TAD_GRID_BILINEAR, TAD_GRID_BORDER, false)},
    {CASE("reflection", F64(1, 1, 4, 4), WITHIN(1.3, 1.7, 1, 2, 2, 2)),
     BY(TAD_GRID_BILINEAR, TAD_GRID_REFLECTION, false)},
    {CASE("nearest", F64(1, 2, 4, 4), WITHIN(-0.4, -0.1, 1, 2, 3, 2)),
     BY(TAD_GRID_NEAREST, TAD_GRID_ZEROS, false)},
    {CASE("bicubic", F64(1, 2, 4, 4), WITHIN(-0.7, -0.3, 1, 2, 2, 2)),
     BY(TAD_GRID_BICUBIC, TAD_GRID_ZEROS, false)},
    {CASE("bicubic, reflection, corners", F64(1, 1, 4, 4), WITHIN(-0.3, 0.3, 1, 2, 1, 2)),
     BY(TAD_GRID_BICUBIC, TAD_GRID_REFLECTION, true)},
    {CASE("of three axes", F64(1, 2, 4, 4, 4), WITHIN(-0.74, -0.26, 1, 2, 1, 2, 3))},
    {CASE("of one axis, bicubic", F64(2, 1, 4), WITHIN(-0.7, -0.3, 2, 3, 1)),
     BY(TAD_GRID_BICUBIC, TAD_GRID_BORDER, false)},
    {CASE("no points", F64(1, 2, 4, 4), F64(1, 0, 3, 2))},
};
static const tad_misuse grid_sample_misuse[] = {
    {CASE("integers", INDICES(3, 1, 1, 2, 2), F64(1, 2, 2, 2)), .expect = TAD_BAD_DTYPE},
    {CASE("types", F64(1, 1, 2, 2), F32(1, 2, 2, 2)), .expect = TAD_BAD_DTYPE},
    {CASE("two axes", F64(2, 2), F64(2, 2)), .expect = TAD_BAD_SHAPE},
    {CASE("four axes of images", F64(1, 1, 2, 2, 2, 2), F64(1, 2, 2, 2, 2, 4)),
     .expect = TAD_BAD_SHAPE},
    {CASE("other axes", F64(1, 1, 2, 2), F64(1, 2, 2, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("grids", F64(2, 1, 2, 2), F64(1, 2, 2, 2)), .expect = TAD_BAD_SHAPE},
    {CASE("images of nothing", F64(1, 1, 0, 2), F64(1, 2, 2, 2)), .expect = TAD_BAD_SHAPE},
    {CASE("mode", F64(1, 1, 2, 2), F64(1, 2, 2, 2)), BY(3, 0, false), .expect = TAD_BAD_ARGUMENT},
    {CASE("padding", F64(1, 1, 2, 2), F64(1, 2, 2, 2)), BY(0, 3, false),
     .expect = TAD_BAD_ARGUMENT},
};
static const tad_sample affine_samples[] = {
    {CASE("two axes", F64(2, 2, 3)), OF_SIZE(false, 2, 1, 3, 4)},
    {CASE("corners", F64(1, 2, 3)), OF_SIZE(true, 1, 3, 2, 3)},
    {CASE("three axes", F64(2, 3, 4)), OF_SIZE(false, 2, 1, 2, 3, 2)},
    {CASE("three axes, corners", F64(1, 3, 4)), OF_SIZE(true, 1, 2, 1, 2, 3)},
    {CASE("one axis", F64(2, 1, 2)), OF_SIZE(false, 2, 1, 5)},
    {CASE("one element", F64(1, 2, 3)), OF_SIZE(true, 1, 1, 1, 1)},
    {CASE("no images", F64(0, 2, 3)), OF_SIZE(false, 0, 1, 2, 2)},
};
static const tad_misuse affine_misuse[] = {
    {CASE("integers", INDICES(3, 1, 2, 3)), OF_SIZE(false, 1, 1, 2, 2), .expect = TAD_BAD_DTYPE},
    {CASE("other axes", F64(1, 2, 3)), OF_SIZE(false, 1, 1, 2, 2, 2), .expect = TAD_BAD_SHAPE},
    {CASE("images", F64(2, 2, 3)), OF_SIZE(false, 1, 1, 2, 2), .expect = TAD_BAD_SHAPE},
    {CASE("a size of two", F64(1, 2, 3)), OF_SIZE(false, 1, 1), .expect = TAD_BAD_ARGUMENT},
    {CASE("size 0", F64(1, 2, 3)), OF_SIZE(false, 1, 1, 0, 2), .expect = TAD_BAD_ARGUMENT},
};

/* ---- the ops ---- */

const tad_op tad__ops_grid_sample[] = {
    [SAMPLE] = {.name = "grid_sample",
                .doc = "(N,C,...) at the places (N,...,axes) of a grid: -1 and 1 are the ends of "
                       "an axis of the image, the last one first; between its elements linearly, "
                       "or by cubics over four (a = -3/4)",
                FAMILY("images", 2, 2),
                OPTIONS(sample_options, sample_list),
                .shape = sample_shape,
                .compose = sample_compose,
                CASES(grid_sample)},
    [AFFINE] = {.name = "affine_grid",
                .doc = "the grid (N,...,axes) for grid_sample of affine maps (N,axes,axes+1) of "
                       "images of a size (N,C,...)",
                FAMILY("images", 1, 1),
                OPTIONS(affine_options, affine_list),
                .shape = affine_shape,
                .compose = affine_compose,
                CASES(affine)},
};
const size_t tad__ops_grid_sample_count = LENGTH(tad__ops_grid_sample);

tad_var tad_grid_sample(tad_var x, tad_var grid, tad_grid_mode mode, tad_grid_padding padding,
                        bool align_corners) {
    return tad_apply(&tad__ops_grid_sample[SAMPLE], (tad_var[]){x, grid}, 2,
                     &(sample_options){(int)mode, (int)padding, align_corners}, NULL, 0);
}

tad_var tad_affine_grid(tad_var theta, tad_shape size, bool align_corners) {
    return tad__apply_one(&tad__ops_grid_sample[AFFINE], theta,
                          &(affine_options){size, align_corners});
}
