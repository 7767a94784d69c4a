/* gumbel_softmax: softmax of logits with Gumbel's noise, the reparameterised choice of a class
 * (Jang and others, 2017). Composed of ops. Rests on axes.h. */
#include <math.h>
#include <stddef.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

typedef struct gumbel_options {
    double tau;
    bool hard;
    int64_t axis;
} gumbel_options;

static tad_status gumbel_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const gumbel_options *o = c->options;
    const tad_shape shape = tad__shape_of(c->in[0]);
    int axis;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (tad__one_axis(c, o->axis, shape.rank, &axis)) return TAD_BAD_AXIS;
    if (o->hard && shape.dim[axis] == 0) return tad_fail(c, TAD_BAD_SHAPE, "of no classes");
    if (!(o->tau > 0)) return tad_fail(c, TAD_BAD_ARGUMENT, "tau = %g is not above 0", o->tau);
    if (c->n_in > 1 && c->in[1]) {
        const tad_shape given = tad__shape_of(c->in[1]);
        if (!tad__shape_equal(&given, &shape))
            return tad_fail(c, TAD_BAD_SHAPE, "the numbers given have another shape");
    }
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, shape};
    return TAD_OK;
}

/* 1 for the largest of each row along an axis, the first of equals. */
static tad_var chosen(tad_var y, int axis) {
    const tad_shape s = tad_shape_of(y);
    int order[TAD_MAX_RANK]; /* the last axis goes there */
    for (int i = 0; i < s.rank; i++) order[i] = i < axis ? i : i == axis ? s.rank - 1 : i - 1;
    tad_var one = tad_one_hot(tad_argmax(y, tad_axis(axis)), s.dim[axis]);
    return tad_cast(tad_permute(one, tad_axes_of(order, (size_t)s.rank)), tad_dtype_of(y));
}

static void gumbel_compose(tad_rule *r) {
    const gumbel_options *o = r->options;
    const tad_shape shape = tad_shape_of(r->in[0]);
    const int axis = tad__known_axis(o->axis, shape.rank);
    tad_var u =
        tad__has_operand(r, 1) ? r->in[1] : tad_rand(r->tape, tad_dtype_of(r->in[0]), shape);
    tad_var noise = tad_neg(tad_log(tad_neg(tad_log(u))));
    tad_var y = tad_softmax(tad_mul(tad_add(r->in[0], noise), tad_number(1 / o->tau)), axis);
    r->result[0] = o->hard ? tad_add(tad_sub(chosen(y, axis), tad_detach(y)), y) : y;
}

/* ---- options, samples, misuse: with numbers given, for what is drawn differs; of the soft one:
 * the hard one's derivatives are those of another function, but of one class ---- */

static const tad_option gumbel_list[] = {
    {OPTION(FLOAT, gumbel_options, tau), .initial = 1},
    {OPTION(BOOL, gumbel_options, hard)},
    {OPTION(INT, gumbel_options, axis), .initial = -1},
};

#define CHOICE(...)                                                                                \
    .options = &(const gumbel_options) { __VA_ARGS__ }
#define PART(...) WITHIN(0.1, 0.9, __VA_ARGS__)

static const tad_sample gumbel_samples[] = {
    {CASE("vector", F64(4), PART(4)), CHOICE(1, false, -1)},
    {CASE("rows", F64(3, 4), PART(3, 4)), CHOICE(0.5, false, 1)},
    {CASE("columns", F64(3, 4), PART(3, 4)), CHOICE(2, false, 0)},
    {CASE("middle", F64(2, 3, 2), PART(2, 3, 2)), CHOICE(0.7, false, 1)},
    {CASE("of eight axes", F64(1, 2, 1, 1, 1, 1, 1, 2), PART(1, 2, 1, 1, 1, 1, 1, 2)),
     CHOICE(1, false, 1)},
    {CASE("of one", F64(2, 1), PART(2, 1)), CHOICE(1, false, -1)},
    {CASE("hard, of one", F64(2, 1), PART(2, 1)), CHOICE(1, true, -1)},
    {CASE("none", F64(0, 3), PART(0, 3)), CHOICE(1, false, -1)},
};
static const tad_misuse gumbel_misuse[] = {
    {CASE("tau", F64(3), F64(3)), CHOICE(0, false, 0), .expect = TAD_BAD_ARGUMENT},
    {CASE("hard, of none", F64(2, 0), F64(2, 0)), CHOICE(1, true, 1), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(3), F64(3)), CHOICE(1, false, 1), .expect = TAD_BAD_AXIS},
    {CASE("0-d", F64_0D, F64_0D), CHOICE(1, false, -1), .expect = TAD_BAD_AXIS},
    {CASE("numbers", F64(3), F64(2)), CHOICE(1, false, -1), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3), F64(3)), CHOICE(1, false, -1), .expect = TAD_BAD_DTYPE},
    {CASE("types", F64(3), F32(3)), CHOICE(1, false, -1), .expect = TAD_BAD_DTYPE},
};

/* ---- the op ---- */

const tad_op tad__ops_gumbel[] = {
    {.name = "gumbel_softmax",
     .doc = "softmax((a - log(-log u)) / tau) along an axis; hard: its largest as one-hot, the "
            "derivatives stay; u: numbers in 0 .. 1 of a's shape, else drawn",
     FAMILY("random", 1, 2),
     OPTIONS(gumbel_options, gumbel_list),
     .shape = gumbel_shape,
     .compose = gumbel_compose,
     CASES(gumbel)},
};
const size_t tad__ops_gumbel_count = LENGTH(tad__ops_gumbel);

tad_var tad_gumbel_softmax(tad_var logits, double tau, bool hard, int axis) {
    return tad_apply(tad__ops_gumbel, &logits, 1, &(gumbel_options){tau, hard, axis}, NULL, 0);
}
