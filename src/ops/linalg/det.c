/* det, slogdet, and the cofactors that are the derivative of det. Rests on linalg.h. */
#include <stddef.h>

#include "linalg.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { DET, SLOGDET, COFACTORS, COFACTOR_SLOPE };

/* ---- shapes ---- */

static tad_status numbers_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    tad_shape batch;
    tad_status s = tad__need_square(c, 0, &batch);
    for (size_t k = 0; k < c->op->n_out && s == TAD_OK; k++)
        out[k] = tad__batch_of((tad_dtype)c->in[0]->dtype, &batch, -1, -1);
    return s;
}

static tad_status matrices_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    tad_shape batch, x = tad__shape_of(c->in[0]);
    tad_status s = tad__need_square(c, 0, &batch);
    if (s != TAD_OK) return s;
    if (c->n_in > 1) {
        const tad_shape other = tad__shape_of(c->in[1]);
        if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
        if (!tad__shape_equal(&x, &other)) return tad_fail(c, TAD_BAD_SHAPE, "shapes differ");
    }
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, x};
    return TAD_OK;
}

/* ---- values ---- */

static const tad__method methods[] = {
    [DET] = {TAD__LIBRARY_METHOD(determinant), .squares = 1},
    [SLOGDET] = {TAD__LIBRARY_METHOD(log_determinant), .squares = 1},
    [COFACTORS] = {TAD__METHOD(cofactors), .squares = 2, .rows = 2},
    [COFACTOR_SLOPE] = {TAD__METHOD(cofactor_slope), .squares = 3, .rows = 2},
};

static tad_status det_forward(const tad_call_frame *c) {
    const tad__sides s = tad__sides_of(c, true);
    return tad__each_matrix(c, &methods[c->op - tad__ops_det], &s);
}

static void det_c_text(const tad_call_frame *c, tad_c *to) {
    const tad__sides s = tad__sides_of(c, true);
    tad__each_matrix_c_text(c, to, &methods[c->op - tad__ops_det], &s);
}

/* ---- rules ---- */

/* A number for each matrix, to be broadcast over its elements. */
static tad_var over_matrix(tad_var number) { return tad_unsqueeze(tad_unsqueeze(number, -1), -1); }

/* Sum of the products of elements, and the same to be broadcast over them. */
static tad_var matrix_dot(tad_var a, tad_var b) { return tad_sum(tad_mul(a, b), TAD_AXES(-2, -1)); }
static tad_var dot_over(tad_var a, tad_var b) {
    return tad_sum(tad_mul(a, b), tad_keepdims(TAD_AXES(-2, -1)));
}

static tad_var cofactors(tad_var x) { return tad__apply_one(&tad__ops_det[COFACTORS], x, NULL); }

/* The derivative of the cofactors of x in direction v; symmetric in v and a cotangent. */
static tad_var cofactor_slope(tad_var x, tad_var v) {
    return tad_apply(&tad__ops_det[COFACTOR_SLOPE], (tad_var[]){x, v}, 2, NULL, NULL, 0);
}

static void det_vjp(tad_rule *r) {
    r->result[0] = tad_mul(over_matrix(r->given[0]), cofactors(r->in[0]));
}

static void det_jvp(tad_rule *r) { r->result[0] = matrix_dot(r->given[0], cofactors(r->in[0])); }

/* The sign is constant wherever there is a derivative. */
static void slogdet_vjp(tad_rule *r) {
    if (tad_is_nil(r->given[1])) return;
    r->result[0] = tad_mul(over_matrix(r->given[1]), tad__transposed(tad_inv(r->in[0])));
}

static void slogdet_jvp(tad_rule *r) {
    r->result[1] = matrix_dot(r->given[0], tad__transposed(tad_inv(r->in[0])));
}

static void cofactors_vjp(tad_rule *r) { r->result[0] = cofactor_slope(r->in[0], r->given[0]); }

static void cofactors_jvp(tad_rule *r) { r->result[0] = cofactor_slope(r->in[0], r->given[0]); }

/* With C the cofactors, d the determinant and <,> a sum of products: (<C, v> C - C v^T C) / d is
 * the slope, and what follows is the derivative of its product with g by x. It is the only one here
 * that is a NaN where x is singular: of order 3. */
static tad_var slope_by_matrix(tad_var x, tad_var v, tad_var g) {
    tad_var c = cofactors(x), ct = tad__transposed(c);
    tad_var det = over_matrix(tad_det(x));
    tad_var cv = dot_over(c, v), cg = dot_over(c, g);
    tad_var both = tad_add(tad_mul(cg, v), tad_mul(cv, g));
    tad_var product = tad_add(tad_matmul(tad_matmul(g, ct), v), tad_matmul(tad_matmul(v, ct), g));
    tad_var by_c = tad_div(tad_sub(both, product), det);
    tad_var by_d = tad_div(dot_over(g, cofactor_slope(x, v)), det);
    return tad_sub(cofactor_slope(x, by_c), tad_mul(by_d, c));
}

static void cofactor_slope_vjp(tad_rule *r) {
    if (r->wanted[0]) r->result[0] = slope_by_matrix(r->in[0], r->in[1], r->given[0]);
    if (r->wanted[1]) r->result[1] = cofactor_slope(r->in[0], r->given[0]);
}

static void cofactor_slope_jvp(tad_rule *r) {
    tad_var sum = r->result[0];
    if (!tad_is_nil(r->given[0])) sum = slope_by_matrix(r->in[0], r->in[1], r->given[0]);
    if (!tad_is_nil(r->given[1])) sum = tad__plus(sum, cofactor_slope(r->in[0], r->given[1]));
    r->result[0] = sum;
}

/* ---- samples, misuse ---- */

static const tad_sample det_samples[] = {
    {CASE("matrix", DOMINANT(3, 3))},     {CASE("batch", DOMINANT(2, 2, 2))},
    {CASE("larger", DOMINANT(5, 5))},     {CASE("one by one", DOMINANT(2, 1, 1))},
    {CASE("nothing", DOMINANT(2, 0, 0))}, {CASE("no matrices", DOMINANT(0, 3, 3))},
};
static const tad_misuse det_misuse[] = {
    {CASE("not square", F64(3, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("a vector", F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3, 3)), .expect = TAD_BAD_DTYPE},
};
/* Smaller matrices have no derivatives of the fourth order, but rounding errors in their place. */
static const tad_sample cofactor_slope_samples[] = {
    {CASE("matrix", DOMINANT(5, 5), F64(5, 5))},
    {CASE("batch", DOMINANT(2, 4, 4), F64(2, 4, 4))},
    {CASE("deep batch", DOMINANT(1, 2, 4, 4), F64(1, 2, 4, 4))},
    {CASE("one by one", DOMINANT(1, 1), F64(1, 1))},
    {CASE("nothing", F64(0, 0), F64(0, 0))},
};
static const tad_misuse cofactor_slope_misuse[] = {
    {CASE("not square", F64(3, 4), F64(3, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("shapes", F64(3, 3), F64(2, 3, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("types", F64(3, 3), F32(3, 3)), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

#define OF_MATRICES(op)                                                                            \
    .forward = det_forward, .c_text = det_c_text, .vjp = op##_vjp, .jvp = op##_jvp

const tad_op tad__ops_det[] = {
    [DET] = {.name = "det",
             .doc =
                 "determinants: (...,n,n) -> (...); derivatives of orders 1 and 2 are right where "
                 "it is singular too",
             FAMILY("linear algebra", 1, 1),
             .shape = numbers_shape,
             OF_MATRICES(det),
             CASES(det)},
    [SLOGDET] = {.name = "slogdet",
                 .doc =
                     "sign and logarithm of the magnitude of determinants; of a singular matrix 0 "
                     "and -inf, and no derivative",
                 .family = "linear algebra",
                 .min_in = 1,
                 .max_in = 1,
                 .n_out = 2,
                 .shape = numbers_shape,
                 OF_MATRICES(slogdet),
                 CASES(det)},
    [COFACTORS] = {.name = "cofactors",
                   .doc = "derivatives of determinants by the elements, of singular ones too",
                   FAMILY("linear algebra", 1, 1),
                   .flags = TAD_OP_INTERNAL,
                   .shape = matrices_shape,
                   OF_MATRICES(cofactors),
                   CASES(det)},
    [COFACTOR_SLOPE] = {.name = "cofactor_slope",
                        .doc = "what the cofactors of a change by when a does by b",
                        FAMILY("linear algebra", 2, 2),
                        .flags = TAD_OP_INTERNAL,
                        .shape = matrices_shape,
                        OF_MATRICES(cofactor_slope),
                        CASES(cofactor_slope)},
};
const size_t tad__ops_det_count = LENGTH(tad__ops_det);

tad_var tad_det(tad_var x) { return tad__apply_one(&tad__ops_det[DET], x, NULL); }

tad_var tad_slogdet(tad_var x, tad_var *log_magnitude) {
    tad_var out[2];
    out[0] = tad_apply(&tad__ops_det[SLOGDET], &x, 1, NULL, out, 2);
    if (log_magnitude) *log_magnitude = out[1];
    return out[0];
}
