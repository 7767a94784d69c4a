/* Gated units: one half of an axis, through a function, gates the other. Composed of ops; swiglu of
 * two operands is a row of scalar.def. */
#include <stddef.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { GLU, SWIGLU_SPLIT, GEGLU_SPLIT, REGLU_SPLIT };

static tad_status glu_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__at_axis *o = c->options;
    const tad_array *x = c->in[0];
    int axis;
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (tad__one_axis(c, o->axis, x->rank, &axis)) return TAD_BAD_AXIS;
    if (x->dim[axis] % 2)
        return tad_fail(c, TAD_BAD_SHAPE, "axis %d of size %lld has no halves", axis,
                        (long long)x->dim[axis]);
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    out->shape.dim[axis] /= 2;
    return TAD_OK;
}

static void glu_compose(tad_rule *r) {
    const tad__at_axis *o = r->options;
    const tad_shape s = tad_shape_of(r->in[0]);
    const int axis = tad__known_axis(o->axis, s.rank);
    const int64_t half = s.dim[axis] / 2;
    tad_var a = tad_slice(r->in[0], axis, 0, half, 1),
            b = tad_slice(r->in[0], axis, half, TAD_END, 1);
    switch (r->op - tad__ops_glu) {
    case GLU: r->result[0] = tad_mul(a, tad_sigmoid(b)); return;
    case SWIGLU_SPLIT: r->result[0] = tad_swiglu(a, b); return;
    case GEGLU_SPLIT: r->result[0] = tad_mul(tad_gelu(a, 0), b); return;
    case REGLU_SPLIT: r->result[0] = tad_mul(tad_relu(a), b);
    }
}

/* ---- options, samples, misuse ---- */

static const tad_option glu_list[] = {{OPTION(INT, tad__at_axis, axis), .initial = -1}};

#define GLU_CASES(OPERAND)                                                                         \
    {CASE("last axis", OPERAND(3, 4)), AT(-1)}, {CASE("rows", OPERAND(4, 3)), AT(0)},              \
        {CASE("middle", OPERAND(2, 6, 2)), AT(1)}, {CASE("vector", OPERAND(8)), AT(0)},            \
        {CASE("one each", OPERAND(2, 2)), AT(1)},                                                  \
        {CASE("halves of nothing", OPERAND(3, 0)), AT(1)}, {                                       \
        CASE("no rows", OPERAND(0, 4)), AT(-1)                                                     \
    }
#define AWAY_FROM_0(...) AWAY(1, 0, 0, 0, __VA_ARGS__)
static const tad_sample glu_samples[] = {GLU_CASES(F64)};
static const tad_sample reglu_samples[] = {GLU_CASES(AWAY_FROM_0)};

static const tad_misuse glu_misuse[] = {
    {CASE("an odd size", F64(4, 3)), AT(1), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(4, 2)), AT(2), .expect = TAD_BAD_AXIS},
    {CASE("0-d", F64_0D), AT(-1), .expect = TAD_BAD_AXIS},
    {CASE("integers", INDICES(3, 4)), AT(0), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

#define GATED                                                                                      \
    FAMILY("net", 1, 1), OPTIONS(tad__at_axis, glu_list),                                          \
        .shape = glu_shape, .compose = glu_compose, MISUSE(glu_misuse)

const tad_op tad__ops_glu[] = {
    [GLU] = {.name = "glu",
             .doc = "a sigmoid(b), the halves of an axis",
             GATED,
             SAMPLES(glu_samples)},
    [SWIGLU_SPLIT] = {.name = "swiglu_split",
                      .doc = "silu(a) b, the halves of an axis",
                      GATED,
                      SAMPLES(glu_samples)},
    [GEGLU_SPLIT] = {.name = "geglu_split",
                     .doc = "gelu(a) b, the halves of an axis",
                     GATED,
                     SAMPLES(glu_samples)},
    [REGLU_SPLIT] = {.name = "reglu_split",
                     .doc = "relu(a) b, the halves of an axis",
                     GATED,
                     SAMPLES(reglu_samples)},
};
const size_t tad__ops_glu_count = LENGTH(tad__ops_glu);

static tad_var gated(int op, tad_var x, int axis) {
    return tad__apply_one(&tad__ops_glu[op], x, &(tad__at_axis){axis});
}

tad_var tad_glu(tad_var x, int axis) { return gated(GLU, x, axis); }
tad_var tad_swiglu_split(tad_var x, int axis) { return gated(SWIGLU_SPLIT, x, axis); }
tad_var tad_geglu_split(tad_var x, int axis) { return gated(GEGLU_SPLIT, x, axis); }
tad_var tad_reglu_split(tad_var x, int axis) { return gated(REGLU_SPLIT, x, axis); }
