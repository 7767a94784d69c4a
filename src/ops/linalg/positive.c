/* matrix_sqrt_pd, matrix_log_pd: of the symmetric part of a matrix, which has to be positive
 * definite. No rule divides by a gap between eigenvalues, so that derivatives of every order are
 * right where some are equal. Rests on linalg.h. */
#include <stddef.h>

#include "linalg.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { SQRT, LYAPUNOV, LOG, LOG_SLOPE };

static const tad__method methods[] = {
    [SQRT] = {TAD__METHOD(matrix_sqrt), .squares = 2, .rows = 3, .status = TAD_SINGULAR},
    [LYAPUNOV] = {TAD__METHOD(lyapunov), .squares = 3, .rows = 3, .status = TAD_SINGULAR},
    [LOG] = {TAD__METHOD(matrix_log), .squares = 2, .rows = 3, .status = TAD_SINGULAR},
    [LOG_SLOPE] = {TAD__METHOD(matrix_log_slope), .squares = 3, .rows = 3,
                   .status = TAD_NO_CONVERGENCE},
};

static tad_status positive_forward(const tad_call_frame *c) {
    const tad__sides s = tad__sides_of(c, true);
    return tad__each_matrix(c, &methods[c->op - tad__ops_positive], &s);
}

static void positive_c_text(const tad_call_frame *c, tad_c *to) {
    const tad__sides s = tad__sides_of(c, true);
    tad__each_matrix_c_text(c, to, &methods[c->op - tad__ops_positive], &s);
}

/* ---- rules ---- */

static tad_var symmetric(tad_var x) {
    return tad_mul(tad_add(x, tad__transposed(x)), tad_number(0.5));
}

static tad_var apply(int op, tad_var a, tad_var b) {
    return tad_apply(&tad__ops_positive[op], (tad_var[]){a, b}, 2, NULL, NULL, 0);
}

/* a b + b a */
static tad_var both_ways(tad_var a, tad_var b) {
    return tad_add(tad_matmul(a, b), tad_matmul(b, a));
}

/* Y Y = X: Y dY + dY Y = dX. */
static void sqrt_vjp(tad_rule *r) {
    r->result[0] = symmetric(apply(LYAPUNOV, r->out[0], r->given[0]));
}

static void sqrt_jvp(tad_rule *r) {
    r->result[0] = apply(LYAPUNOV, r->out[0], symmetric(r->given[0]));
}

/* A Z + Z A = B with a symmetric A: the adjoint of B solves the same. */
static void lyapunov_vjp(tad_rule *r) {
    tad_var by_b = apply(LYAPUNOV, r->in[0], r->given[0]), z = tad__transposed(r->out[0]);
    if (r->wanted[0]) r->result[0] = symmetric(tad_neg(both_ways(by_b, z)));
    if (r->wanted[1]) r->result[1] = by_b;
}

static void lyapunov_jvp(tad_rule *r) {
    tad_var right = r->given[1];
    if (!tad_is_nil(r->given[0])) {
        tad_var moved = tad_neg(both_ways(symmetric(r->given[0]), r->out[0]));
        right = tad_is_nil(right) ? moved : tad_add(right, moved);
    }
    r->result[0] = apply(LYAPUNOV, r->in[0], right);
}

/* The slope at X = exp Y is that of exp at Y, inverted: symmetric, and its own adjoint. */
static void log_vjp(tad_rule *r) {
    r->result[0] = symmetric(apply(LOG_SLOPE, r->out[0], r->given[0]));
}

static void log_jvp(tad_rule *r) {
    r->result[0] = apply(LOG_SLOPE, r->out[0], symmetric(r->given[0]));
}

/* Z with S(Y) Z = E for the slope S of exp: S dZ = dE - dS Z. */
static void log_slope_vjp(tad_rule *r) {
    tad_var y = symmetric(r->in[0]), q = apply(LOG_SLOPE, y, r->given[0]);
    if (r->wanted[0]) r->result[0] = symmetric(tad_neg(tad__exp_slope_adjoint(y, r->out[0], q)));
    if (r->wanted[1]) r->result[1] = q;
}

static void log_slope_jvp(tad_rule *r) {
    tad_var y = symmetric(r->in[0]), right = r->given[1];
    if (!tad_is_nil(r->given[0])) {
        tad_var moved = tad_neg(tad__exp_slope_change(y, r->out[0], symmetric(r->given[0])));
        right = tad_is_nil(right) ? moved : tad_add(right, moved);
    }
    r->result[0] = apply(LOG_SLOPE, y, right);
}

/* ---- samples, misuse ---- */

static const tad_sample positive_samples[] = {
    {CASE("matrix", DOMINANT(3, 3))},     {CASE("batch", DOMINANT(2, 2, 2))},
    {CASE("larger", DOMINANT(5, 5))},     {CASE("one by one", DOMINANT(2, 1, 1))},
    {CASE("nothing", DOMINANT(2, 0, 0))}, {CASE("no matrices", DOMINANT(0, 3, 3))},
};
static const tad_misuse positive_misuse[] = {
    {CASE("not square", F64(3, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("a vector", F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3, 3)), .expect = TAD_BAD_DTYPE},
    {CASE("not positive", WITHIN(-2, -1, 1, 1)), .expect = TAD_SINGULAR},
};
static const tad_sample lyapunov_samples[] = {
    {CASE("matrix", DOMINANT(3, 3), F64(3, 3))},
    {CASE("batch", DOMINANT(2, 2, 2), F64(2, 2, 2))},
    {CASE("larger", DOMINANT(4, 4), F64(4, 4))},
    {CASE("one by one", DOMINANT(2, 1, 1), F64(2, 1, 1))},
    {CASE("nothing", DOMINANT(0, 0), F64(0, 0))},
};
static const tad_sample log_slope_samples[] = {
    {CASE("matrix", F64(3, 3), F64(3, 3))},
    {CASE("batch", F64(2, 2, 2), F64(2, 2, 2))},
    {CASE("small", WITHIN(-0.1, 0.1, 4, 4), F64(4, 4))},
    {CASE("one by one", F64(2, 1, 1), F64(2, 1, 1))},
    {CASE("nothing", F64(0, 0), F64(0, 0))},
};
static const tad_misuse two_misuse[] = {
    {CASE("not square", F64(3, 4), F64(3, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("shapes", F64(3, 3), F64(2, 3, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("types", F64(3, 3), F32(3, 3)), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

#define POSITIVE(rules, operands, cases, bad)                                                      \
    FAMILY("linear algebra", operands, operands),                                                  \
        .shape = tad__one_or_two_squares, .forward = positive_forward, .c_text = positive_c_text,  \
        .vjp = rules##_vjp, .jvp = rules##_jvp, SAMPLES(cases), MISUSE(bad)

const tad_op tad__ops_positive[] = {
    [SQRT] = {.name = "matrix_sqrt_pd",
              .doc = "the positive definite y with y y = (x + x^T) / 2: (...,n,n); one that is not "
                     "positive definite is refused",
              .flags = TAD_OP_REFUSES,
              POSITIVE(sqrt, 1, positive_samples, positive_misuse)},
    [LYAPUNOV] = {.name = "lyapunov",
                  .doc = "y with a y + y a = b, a the positive definite (a + a^T) / 2",
                  .flags = TAD_OP_INTERNAL | TAD_OP_REFUSES,
                  POSITIVE(lyapunov, 2, lyapunov_samples, two_misuse)},
    [LOG] = {.name = "matrix_log_pd",
             .doc =
                 "the symmetric y with matrix_exp(y) = (x + x^T) / 2: (...,n,n); one that is not "
                 "positive definite is refused",
             .flags = TAD_OP_REFUSES,
             POSITIVE(log, 1, positive_samples, positive_misuse)},
    [LOG_SLOPE] = {.name = "matrix_log_slope",
                   .doc = "the derivative of matrix_log_pd at the exponential of (a + a^T) / 2 in "
                          "direction b",
                   .flags = TAD_OP_INTERNAL | TAD_OP_REFUSES,
                   POSITIVE(log_slope, 2, log_slope_samples, two_misuse)},
};
const size_t tad__ops_positive_count = LENGTH(tad__ops_positive);

tad_var tad_matrix_sqrt_pd(tad_var x) { return tad__apply_one(&tad__ops_positive[SQRT], x, NULL); }

tad_var tad_matrix_log_pd(tad_var x) { return tad__apply_one(&tad__ops_positive[LOG], x, NULL); }
