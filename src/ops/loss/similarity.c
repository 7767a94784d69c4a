/* cosine_similarity: the cosine of the angle between vectors along an axis. Composed of ops. */
#include <math.h>
#include <stddef.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

typedef struct cosine_options {
    int64_t axis;
    double eps;
} cosine_options;

static tad_status cosine_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const cosine_options *o = c->options;
    tad_shape a = tad__shape_of(c->in[0]), b = tad__shape_of(c->in[1]), both;
    int axis;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (!tad__shape_broadcast(&a, &b, &both))
        return tad_fail(c, TAD_BAD_SHAPE, "they do not broadcast");
    if (tad__one_axis(c, o->axis, both.rank, &axis)) return TAD_BAD_AXIS;
    if (!(o->eps >= 0)) return tad_fail(c, TAD_BAD_ARGUMENT, "eps %g is not 0 or above", o->eps);
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, tad__shape_reduced(&both, 1u << axis, false)};
    return TAD_OK;
}

/* 1 / max(|x|, eps). The square is what is clipped: the root has no derivative at the vector 0. */
static tad_var inverse_norm(tad_var x, tad_axes axis, double eps) {
    return tad_rsqrt(tad_clamp(tad_sum(tad_square(x), axis), eps * eps, INFINITY));
}

static void cosine_compose(tad_rule *r) {
    const cosine_options *o = r->options;
    tad_var product = tad_mul(r->in[0], r->in[1]), x[2];
    const tad_shape s = tad_shape_of(product);
    const tad_axes axis = tad_axis(tad__known_axis(o->axis, s.rank));
    for (int i = 0; i < 2; i++) {
        const tad_shape own = tad_shape_of(r->in[i]);
        x[i] = tad__shape_equal(&own, &s) ? r->in[i] : tad_broadcast_to(r->in[i], s);
        x[i] = inverse_norm(x[i], axis, o->eps);
    }
    r->result[0] = tad_mul(tad_mul(tad_sum(product, axis), x[0]), x[1]);
}

/* ---- options, samples, misuse ---- */

static const tad_option cosine_list[] = {
    {OPTION(INT, cosine_options, axis), .initial = 1},
    {OPTION(FLOAT, cosine_options, eps), .initial = 1e-8},
};

#define ALONG(...)                                                                                 \
    .options = &(const cosine_options) { __VA_ARGS__ }

static const tad_sample cosine_samples[] = {
    {CASE("rows", F64(3, 4), F64(3, 4)), ALONG(1, 1e-8)},
    {CASE("columns", F64(3, 4), F64(3, 4)), ALONG(0, 1e-8)},
    {CASE("vectors", F64(5), F64(5)), ALONG(-1, 1e-8)},
    {CASE("one for all", F64(2, 3, 4), F64(4)), ALONG(2, 1e-8)},
    {CASE("both broadcast", F64(3, 1, 4), F64(2, 4)), ALONG(-1, 1e-8)},
    {CASE("short vectors", WITHIN(-0.4, 0.4, 3, 4), F64(3, 4)), ALONG(1, 2)},
    {CASE("no vectors", F64(0, 4), F64(0, 4)), ALONG(1, 1e-8)},
};
static const tad_misuse cosine_misuse[] = {
    {CASE("sizes", F64(3, 4), F64(3, 5)), ALONG(1, 1e-8), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(3, 4), F64(3, 4)), ALONG(2, 1e-8), .expect = TAD_BAD_AXIS},
    {CASE("0-d", F64_0D, F64_0D), ALONG(0, 1e-8), .expect = TAD_BAD_AXIS},
    {CASE("negative eps", F64(3, 4), F64(3, 4)), ALONG(1, -1), .expect = TAD_BAD_ARGUMENT},
    {CASE("integers", F64(3, 4), INDICES(3, 3, 4)), ALONG(1, 1e-8), .expect = TAD_BAD_DTYPE},
};

/* ---- the op ---- */

const tad_op tad__ops_similarity[] = {
    {.name = "cosine_similarity",
     .doc = "x1 x2 / (max(|x1|, eps) max(|x2|, eps)) of vectors along an axis, which broadcast",
     FAMILY("loss", 2, 2),
     OPTIONS(cosine_options, cosine_list),
     .shape = cosine_shape,
     .compose = cosine_compose,
     CASES(cosine)},
};
const size_t tad__ops_similarity_count = LENGTH(tad__ops_similarity);

tad_var tad_cosine_similarity(tad_var x1, tad_var x2, int axis, double eps) {
    return tad_apply(tad__ops_similarity, (tad_var[]){x1, x2}, 2, &(cosine_options){axis, eps},
                     NULL, 0);
}
