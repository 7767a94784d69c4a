/* pixel_shuffle and pixel_unshuffle: channels laid out as pixels, and back. Composed of ops. Rests
 * on tape.h. */
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { SHUFFLE, UNSHUFFLE };

typedef struct pixel_options {
    int64_t factor;
} pixel_options;

/* ---- shapes ---- */

static tad_status check(const tad_call_frame *c, int64_t *factor) {
    *factor = ((const pixel_options *)c->options)->factor;
    if (c->in[0]->rank != 4) return tad_fail(c, TAD_BAD_SHAPE, "needs four axes");
    if (*factor >= 1 && *factor <= INT32_MAX) return TAD_OK;
    return tad_fail(c, TAD_BAD_ARGUMENT, "factor %lld", (long long)*factor);
}

static tad_status shuffle_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[0];
    int64_t f;
    tad_status s = check(c, &f);
    if (s) return s;
    if (x->dim[1] % (f * f))
        return tad_fail(c, TAD_BAD_SHAPE, "%lld channels are no multiple of %lld",
                        (long long)x->dim[1], (long long)(f * f));
    *out = (tad_type){(tad_dtype)x->dtype, TAD_SHAPE(x->dim[0], x->dim[1] / f / f, 0, 0)};
    for (int i = 2; i < 4; i++)
        if (__builtin_mul_overflow(x->dim[i], f, &out->shape.dim[i]))
            return tad_fail(c, TAD_TOO_LARGE, "too large");
    return TAD_OK;
}

static tad_status unshuffle_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[0];
    int64_t f, channels;
    tad_status s = check(c, &f);
    if (s) return s;
    if (x->dim[2] % f || x->dim[3] % f)
        return tad_fail(c, TAD_BAD_SHAPE, "sizes are no multiple of %lld", (long long)f);
    if (__builtin_mul_overflow(x->dim[1], f * f, &channels))
        return tad_fail(c, TAD_TOO_LARGE, "too large");
    *out = (tad_type){(tad_dtype)x->dtype,
                      TAD_SHAPE(x->dim[0], channels, x->dim[2] / f, x->dim[3] / f)};
    return TAD_OK;
}

/* ---- compositions ---- */

static void shuffle_compose(tad_rule *r) {
    const int64_t f = ((const pixel_options *)r->options)->factor;
    const tad_shape x = tad_shape_of(r->in[0]);
    const int64_t c = x.dim[1] / f / f, h = x.dim[2], w = x.dim[3];
    tad_var apart = tad_reshape(r->in[0], TAD_SHAPE(x.dim[0], c, f, f, h, w));
    r->result[0] = tad_reshape(tad_permute(apart, TAD_AXES(0, 1, 4, 2, 5, 3)),
                               TAD_SHAPE(x.dim[0], c, h * f, w * f));
}

static void unshuffle_compose(tad_rule *r) {
    const int64_t f = ((const pixel_options *)r->options)->factor;
    const tad_shape x = tad_shape_of(r->in[0]);
    const int64_t h = x.dim[2] / f, w = x.dim[3] / f;
    tad_var apart = tad_reshape(r->in[0], TAD_SHAPE(x.dim[0], x.dim[1], h, f, w, f));
    r->result[0] = tad_reshape(tad_permute(apart, TAD_AXES(0, 1, 3, 5, 2, 4)),
                               TAD_SHAPE(x.dim[0], x.dim[1] * f * f, h, w));
}

/* ---- options, samples, misuse ---- */

static const tad_option shuffle_list[] = {
    {OPTION_NAMED("upscale_factor", INT, pixel_options, factor), .required = true}};
static const tad_option unshuffle_list[] = {
    {OPTION_NAMED("downscale_factor", INT, pixel_options, factor), .required = true}};

#define BY(f)                                                                                      \
    .options = &(const pixel_options) { f }

static const tad_sample shuffle_samples[] = {
    {CASE("two", F64(2, 8, 2, 3)), BY(2)},       {CASE("three", F64(1, 9, 1, 2)), BY(3)},
    {CASE("one", F64(1, 2, 2, 2)), BY(1)},       {CASE("a column", F64(1, 4, 3, 1)), BY(2)},
    {CASE("no images", F64(0, 4, 2, 2)), BY(2)},
};
static const tad_sample unshuffle_samples[] = {
    {CASE("two", F64(2, 2, 4, 6)), BY(2)},       {CASE("three", F64(1, 1, 3, 6)), BY(3)},
    {CASE("one", F64(1, 2, 2, 2)), BY(1)},       {CASE("a column", F64(1, 1, 6, 2)), BY(2)},
    {CASE("no images", F64(0, 1, 4, 4)), BY(2)},
};
static const tad_misuse shuffle_misuse[] = {
    {CASE("channels", F64(1, 6, 2, 2)), BY(2), .expect = TAD_BAD_SHAPE},
    {CASE("three axes", F64(4, 2, 2)), BY(2), .expect = TAD_BAD_SHAPE},
    {CASE("factor 0", F64(1, 4, 2, 2)), BY(0), .expect = TAD_BAD_ARGUMENT},
};
static const tad_misuse unshuffle_misuse[] = {
    {CASE("sizes", F64(1, 1, 4, 3)), BY(2), .expect = TAD_BAD_SHAPE},
    {CASE("three axes", F64(4, 2, 2)), BY(2), .expect = TAD_BAD_SHAPE},
    {CASE("factor 0", F64(1, 4, 2, 2)), BY(0), .expect = TAD_BAD_ARGUMENT},
};

/* ---- the ops ---- */

#define PIXELS(op)                                                                                 \
    FAMILY("images", 1, 1), OPTIONS(pixel_options, op##_list), .shape = op##_shape,                \
                                                               .compose = op##_compose, CASES(op)

const tad_op tad__ops_pixels[] = {
    [SHUFFLE] = {.name = "pixel_shuffle",
                 .doc = "(N, C f^2, H, W) to (N, C, H f, W f): groups of channels become pixels",
                 PIXELS(shuffle)},
    [UNSHUFFLE] = {.name = "pixel_unshuffle",
                   .doc = "(N, C, H f, W f) to (N, C f^2, H, W)",
                   PIXELS(unshuffle)},
};
const size_t tad__ops_pixels_count = LENGTH(tad__ops_pixels);

tad_var tad_pixel_shuffle(tad_var x, int64_t factor) {
    return tad__apply_one(&tad__ops_pixels[SHUFFLE], x, &(pixel_options){factor});
}

tad_var tad_pixel_unshuffle(tad_var x, int64_t factor) {
    return tad__apply_one(&tad__ops_pixels[UNSHUFFLE], x, &(pixel_options){factor});
}
