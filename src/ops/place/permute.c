/* Views with the same elements in another order: permute, transpose, flip. Rests on view.h. */
#include <stddef.h>
#include <string.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "view.h"

enum { PERMUTE, TRANSPOSE, FLIP };

typedef struct named_axes {
    tad_axes axes;
} named_axes;

typedef struct swapped_axes {
    int64_t axis0, axis1;
} swapped_axes;

/* ---- permute ---- */

static bool permutation(const named_axes *o, int rank, int *axis) {
    unsigned seen = 0;
    if (o->axes.given && o->axes.count != rank) return false;
    for (int i = 0; i < rank; i++) {
        if (!o->axes.given)
            axis[i] = rank - 1 - i;
        else if (!tad__axis(o->axes.axis[i], rank, &axis[i]))
            return false;
        seen |= 1u << axis[i];
    }
    return seen == (1u << rank) - 1;
}

static tad_status permute_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[0];
    int axis[TAD_MAX_RANK];
    if (!permutation(c->options, x->rank, axis))
        return tad_fail(c, TAD_BAD_AXIS, "axes must name each of the %d axes once", x->rank);
    *out = (tad_type){(tad_dtype)x->dtype, {x->rank, {0}}};
    for (int i = 0; i < x->rank; i++) out->shape.dim[i] = x->dim[axis[i]];
    return TAD_OK;
}

static bool permute_view(const tad_call_frame *c, tad_array *out) {
    const tad_array *x = c->in[0];
    int axis[TAD_MAX_RANK];
    permutation(c->options, x->rank, axis);
    for (int i = 0; i < x->rank; i++) tad__strides(out)[i] = tad_strides(x)[axis[i]];
    return true;
}

static void permute_vjp(tad_rule *r) {
    int rank = tad_shape_of(r->in[0]).rank, axis[TAD_MAX_RANK], back[TAD_MAX_RANK];
    if (!permutation(r->options, rank, axis)) return;
    for (int i = 0; i < rank; i++) back[axis[i]] = i;
    r->result[0] = tad_permute(r->given[0], tad_axes_of(back, (size_t)rank));
}

/* ---- transpose, flip: each is its own inverse ---- */

static void inverse_vjp(tad_rule *r) {
    r->result[0] = tad__apply_one(r->op, r->given[0], r->options);
}

static tad_status transpose_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const swapped_axes *o = c->options;
    const tad_array *x = c->in[0];
    int a, b;
    if (tad__one_axis(c, o->axis0, x->rank, &a)) return TAD_BAD_AXIS;
    if (tad__one_axis(c, o->axis1, x->rank, &b)) return TAD_BAD_AXIS;
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    out->shape.dim[a] = x->dim[b];
    out->shape.dim[b] = x->dim[a];
    return TAD_OK;
}

static bool transpose_view(const tad_call_frame *c, tad_array *out) {
    const swapped_axes *o = c->options;
    const tad_array *x = c->in[0];
    int a = tad__known_axis(o->axis0, x->rank), b = tad__known_axis(o->axis1, x->rank);
    memcpy(tad__strides(out), tad_strides(x), x->rank * sizeof(int64_t));
    tad__strides(out)[a] = tad_strides(x)[b];
    tad__strides(out)[b] = tad_strides(x)[a];
    return true;
}

static tad_status flip_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const named_axes *o = c->options;
    unsigned mask;
    if (tad__named_axes(c, &o->axes, c->in[0]->rank, &mask)) return TAD_BAD_AXIS;
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, tad__shape_of(c->in[0])};
    return TAD_OK;
}

static bool flip_view(const tad_call_frame *c, tad_array *out) {
    const named_axes *o = c->options;
    const tad_array *x = c->in[0];
    unsigned mask = tad__known_axes(&o->axes, x->rank);
    for (int i = 0; i < x->rank; i++) {
        bool reversed = mask >> i & 1;
        tad__strides(out)[i] = reversed ? -tad_strides(x)[i] : tad_strides(x)[i];
        if (reversed && x->size) tad__move_data(out, (x->dim[i] - 1) * tad_strides(x)[i]);
    }
    return true;
}

/* ---- options, samples, misuse ---- */

static const tad_option axes_list[] = {{OPTION(AXES, named_axes, axes)}};
static const tad_option transpose_list[] = {
    {OPTION(INT, swapped_axes, axis0), .required = true},
    {OPTION(INT, swapped_axes, axis1), .required = true},
};

#define NAMED(...)                                                                                 \
    .options = &(const named_axes) { AXES(__VA_ARGS__) }
#define SWAP(a, b)                                                                                 \
    .options = &(const swapped_axes) { a, b }

static const tad_sample permute_samples[] = {
    {CASE("turned", F64(2, 3, 5)), NAMED(2, 0, 1)},
    {CASE("matrix", F64(3, 7)), NAMED(1, 0)},
    {CASE("from the end", F64(2, 3, 5, 1)), NAMED(-1, 1, -2, 0)},
    {CASE("reversed", F64(2, 3, 5))},
    {CASE("0-d", F64_0D)},
    {CASE("empty", F64(0, 3)), NAMED(1, 0)},
};
static const tad_misuse permute_misuse[] = {
    {CASE("too few", F64(2, 3, 5)), NAMED(1, 0), .expect = TAD_BAD_AXIS},
    {CASE("twice", F64(2, 3)), NAMED(1, -1), .expect = TAD_BAD_AXIS},
    {CASE("no such axis", F64(2, 3)), NAMED(0, 2), .expect = TAD_BAD_AXIS},
};
static const tad_sample transpose_samples[] = {
    {CASE("matrix", F64(2, 3)), SWAP(0, 1)},
    {CASE("outer", F64(2, 3, 5)), SWAP(0, -1)},
    {CASE("batch of matrices", F64(2, 3, 5)), SWAP(-2, -1)},
    {CASE("itself", F64(2, 3)), SWAP(1, 1)},
    {CASE("empty", F64(3, 0)), SWAP(0, 1)},
};
static const tad_misuse transpose_misuse[] = {
    {CASE("no first axis", F64(2, 3)), SWAP(2, 0), .expect = TAD_BAD_AXIS},
    {CASE("no second axis", F64(2, 3)), SWAP(0, -3), .expect = TAD_BAD_AXIS},
    {CASE("0-d", F64_0D), SWAP(0, 0), .expect = TAD_BAD_AXIS},
};
static const tad_sample flip_samples[] = {
    {CASE("rows", F64(3, 4)), NAMED(0)},
    {CASE("both", F64(3, 5)), NAMED(0, -1)},
    {CASE("all", F64(2, 3, 5))},
    {CASE("none", F64(2, 3)), .options = &(const named_axes){{.given = true}}},
    {CASE("0-d", F64_0D)},
    {CASE("empty", F64(3, 0)), NAMED(0, 1)},
};
static const tad_misuse flip_misuse[] = {
    {CASE("no such axis", F64(2, 3)), NAMED(2), .expect = TAD_BAD_AXIS},
    {CASE("twice", F64(2, 3)), NAMED(0, -2), .expect = TAD_BAD_AXIS},
    {CASE("0-d", F64_0D), NAMED(0), .expect = TAD_BAD_AXIS},
};

/* ---- the ops ---- */

const tad_op tad__ops_permute[] = {
    [PERMUTE] = {.name = "permute",
                 .doc = "axis i of the result is axis axes[i] of x; without axes reversed",
                 VIEW_ONCE(permute, permute_view),
                 OPTIONS(named_axes, axes_list),
                 .vjp = permute_vjp},
    [TRANSPOSE] = {.name = "transpose",
                   .doc = "exchanges two axes",
                   VIEW_ONCE(transpose, transpose_view),
                   OPTIONS(swapped_axes, transpose_list),
                   .vjp = inverse_vjp},
    [FLIP] = {.name = "flip",
              .doc = "reverses the order along the axes; all when not given",
              VIEW_ONCE(flip, flip_view),
              OPTIONS(named_axes, axes_list),
              .vjp = inverse_vjp},
};
const size_t tad__ops_permute_count = LENGTH(tad__ops_permute);

tad_var tad_permute(tad_var x, tad_axes order) {
    return tad__apply_one(&tad__ops_permute[PERMUTE], x, &(named_axes){order});
}

tad_var tad_transpose(tad_var x, int axis0, int axis1) {
    return tad__apply_one(&tad__ops_permute[TRANSPOSE], x, &(swapped_axes){axis0, axis1});
}

tad_var tad_flip(tad_var x, tad_axes axes) {
    return tad__apply_one(&tad__ops_permute[FLIP], x, &(named_axes){axes});
}
