/* matrix_exp. Rests on linalg.h. */
#include <stddef.h>

#include "linalg.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { EXP, SLOPE };

static const tad__method methods[] = {
    [EXP] = {TAD__METHOD(matrix_exp), .squares = 4, .status = TAD_NO_CONVERGENCE},
    [SLOPE] = {TAD__METHOD(matrix_exp_slope), .squares = 20, .status = TAD_NO_CONVERGENCE},
};

static tad_status exp_forward(const tad_call_frame *c) {
    const tad__sides s = tad__sides_of(c, true);
    return tad__each_matrix(c, &methods[c->op - tad__ops_matrix_exp], &s);
}

static void exp_c_text(const tad_call_frame *c, tad_c *to) {
    const tad__sides s = tad__sides_of(c, true);
    tad__each_matrix_c_text(c, to, &methods[c->op - tad__ops_matrix_exp], &s);
}

/* ---- rules ---- */

/* The derivative at a in direction e. */
static tad_var slope_of(tad_var a, tad_var e) {
    return tad_apply(&tad__ops_matrix_exp[SLOPE], (tad_var[]){a, e}, 2, NULL, NULL, 0);
}

static void matrix_exp_vjp(tad_rule *r) {
    r->result[0] = slope_of(tad__transposed(r->in[0]), r->given[0]);
}

static void matrix_exp_jvp(tad_rule *r) { r->result[0] = slope_of(r->in[0], r->given[0]); }

static tad_var zeros_like(tad_var a) {
    return tad_full(a.tape, tad_dtype_of(a), tad_shape_of(a), 0);
}

/* [a b; c d], and its blocks. */
static tad_var blocks(tad_var a, tad_var b, tad_var c, tad_var d) {
    tad_var above = tad_concat((tad_var[]){a, b}, 2, -1),
            below = tad_concat((tad_var[]){c, d}, 2, -1);
    return tad_concat((tad_var[]){above, below}, 2, -2);
}
static tad_var block(tad_var x, bool below, bool right) {
    if (tad_is_nil(x)) return x; /* no memory: there is no shape to read */
    const tad_shape s = tad_shape_of(x);
    const int64_t n = s.dim[s.rank - 1] / 2;
    tad_var row = tad_slice(x, -2, below ? n : 0, below ? 2 * n : n, 1);
    return tad_slice(row, -1, right ? n : 0, right ? 2 * n : n, 1);
}

/* The slope is a block of the exponential of blocks, whose slope is known. */
static tad_var adjoint_of_blocks(tad_var a, tad_var e, tad_var g) {
    tad_var zero = zeros_like(a), whole = blocks(a, e, zero, a);
    return slope_of(tad__transposed(whole), blocks(zero, g, zero, zero));
}

static tad_var by_place(tad_var by_whole) {
    return tad_add(block(by_whole, false, false), block(by_whole, true, true));
}

static void slope_vjp(tad_rule *r) {
    tad_var by_whole = adjoint_of_blocks(r->in[0], r->in[1], r->given[0]);
    if (r->wanted[0]) r->result[0] = by_place(by_whole);
    if (r->wanted[1]) r->result[1] = block(by_whole, false, true);
}

static tad_var change(tad_var a, tad_var e, tad_var da, tad_var de) {
    tad_var zero = zeros_like(a);
    return block(slope_of(blocks(a, e, zero, a), blocks(da, de, zero, da)), false, true);
}

static void slope_jvp(tad_rule *r) {
    tad_var zero = zeros_like(r->in[0]);
    r->result[0] = change(r->in[0], r->in[1], tad_is_nil(r->given[0]) ? zero : r->given[0],
                          tad_is_nil(r->given[1]) ? zero : r->given[1]);
}

tad_var tad__exp_slope_adjoint(tad_var a, tad_var e, tad_var g) {
    return by_place(adjoint_of_blocks(a, e, g));
}

tad_var tad__exp_slope_change(tad_var a, tad_var e, tad_var da) {
    return change(a, e, da, zeros_like(a));
}

/* ---- samples, misuse ---- */

static const tad_sample matrix_exp_samples[] = {
    {CASE("matrix", F64(3, 3))},
    {CASE("batch", F64(2, 2, 2))},
    {CASE("small", WITHIN(-0.1, 0.1, 4, 4))},
    {CASE("one by one", F64(2, 1, 1))},
    {CASE("nothing", F64(2, 0, 0))},
};
static const tad_misuse matrix_exp_misuse[] = {
    {CASE("not square", F64(3, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("a vector", F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3, 3)), .expect = TAD_BAD_DTYPE},
};

static const tad_sample slope_samples[] = {
    {CASE("matrix", F64(3, 3), F64(3, 3))},
    {CASE("batch", F64(2, 2, 2), F64(2, 2, 2))},
    {CASE("small", WITHIN(-0.1, 0.1, 4, 4), F64(4, 4))},
    {CASE("one by one", F64(2, 1, 1), F64(2, 1, 1))},
    {CASE("nothing", F64(0, 0), F64(0, 0))},
};
static const tad_misuse slope_misuse[] = {
    {CASE("not square", F64(3, 4), F64(3, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("shapes", F64(3, 3), F64(2, 3, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("types", F64(3, 3), F32(3, 3)), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

#define EXPONENTIAL .shape = tad__one_or_two_squares, .forward = exp_forward, .c_text = exp_c_text

const tad_op tad__ops_matrix_exp[] = {
    [EXP] = {.name = "matrix_exp",
             .doc = "1 + x + x^2 / 2! + x^3 / 3! + ... of matrices (...,n,n)",
             FAMILY("linear algebra", 1, 1),
             .flags = TAD_OP_REFUSES,
             EXPONENTIAL,
             .vjp = matrix_exp_vjp,
             .jvp = matrix_exp_jvp,
             CASES(matrix_exp)},
    [SLOPE] = {.name = "matrix_exp_slope",
               .doc = "the derivative of matrix_exp at a in direction b",
               FAMILY("linear algebra", 2, 2),
               .flags = TAD_OP_INTERNAL | TAD_OP_REFUSES,
               EXPONENTIAL,
               .vjp = slope_vjp,
               .jvp = slope_jvp,
               CASES(slope)},
};
const size_t tad__ops_matrix_exp_count = LENGTH(tad__ops_matrix_exp);

tad_var tad_matrix_exp(tad_var x) { return tad__apply_one(tad__ops_matrix_exp, x, NULL); }
