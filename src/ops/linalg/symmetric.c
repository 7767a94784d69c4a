/* cholesky, eigvalsh, eigh: of the symmetric part of a matrix. Rests on linalg.h. */
#include <stddef.h>

#include "linalg.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { CHOLESKY, EIGVALSH, EIGH, EIGENVECTORS, OVER_GAPS };

/* ---- shapes ---- */

static tad_status cholesky_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    tad_shape batch;
    tad_status s = tad__need_square(c, 0, &batch);
    if (s == TAD_OK) *out = (tad_type){(tad_dtype)c->in[0]->dtype, tad__shape_of(c->in[0])};
    return s;
}

/* Values, and vectors where the op gives them. */
static tad_status eigen_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[0];
    const tad_dtype dtype = (tad_dtype)x->dtype;
    tad_shape batch;
    tad_status s = tad__need_square(c, 0, &batch);
    if (s != TAD_OK) return s;
    out[0] = tad__batch_of(dtype, &batch, -1, x->dim[x->rank - 1]);
    if (c->op->n_out > 1) out[1] = (tad_type){dtype, tad__shape_of(x)};
    return TAD_OK;
}

/* The values lie in a row. */
static tad_status over_gaps_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    tad_status s = cholesky_shape(c, out, n_out);
    if (s != TAD_OK) return s;
    tad_shape row = out->shape, given = tad__shape_of(c->in[1]);
    row.dim[row.rank - 2] = 1;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (tad__shape_equal(&row, &given)) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "the values are no rows of the matrices");
}

/* ---- values ---- */

static const tad__method methods[] = {
    [CHOLESKY] = {TAD__LIBRARY_METHOD(cholesky), .status = TAD_SINGULAR},
    [EIGVALSH] = {TAD__LIBRARY_METHOD(eigenvalues), .squares = 1, .rows = 2,
                  .status = TAD_NO_CONVERGENCE},
    [EIGH] = {TAD__LIBRARY_METHOD(eigenvectors), .squares = 1, .rows = 2,
              .status = TAD_NO_CONVERGENCE},
    [EIGENVECTORS] = {TAD__LIBRARY_METHOD(eigenvectors), .squares = 1, .rows = 2,
                      .status = TAD_NO_CONVERGENCE},
    [OVER_GAPS] = {TAD__METHOD(over_gaps), .status = TAD_SINGULAR},
};

typedef struct gap_options {
    bool strict;
} gap_options;

static tad__sides sides_of(const tad_call_frame *c) {
    tad__sides s = tad__sides_of(c, false);
    s.unit = c->options && ((const gap_options *)c->options)->strict;
    return s;
}

static tad_status symmetric_forward(const tad_call_frame *c) {
    const tad__sides s = sides_of(c);
    return tad__each_matrix(c, &methods[c->op - tad__ops_symmetric], &s);
}

static void symmetric_c_text(const tad_call_frame *c, tad_c *to) {
    const tad__sides s = sides_of(c);
    tad__each_matrix_c_text(c, to, &methods[c->op - tad__ops_symmetric], &s);
}

/* ---- rules ---- */

static tad_var half(tad_var x) { return tad_mul(x, tad_number(0.5)); }

static tad_var symmetric(tad_var x) { return half(tad_add(x, tad__transposed(x))); }

/* The lower triangle with half the diagonal. */
static tad_var lower_half(tad_var x) { return half(tad_add(tad_tril(x, 0), tad_tril(x, -1))); }

/* L^-1 x L^-T, and L^-T x L^-1. */
static tad_var between_inverses(tad_var l, tad_var x, bool transposed) {
    const tad_solve_triangular_options lower = {.upper = false},
                                       upper = {.upper = true, .right = true},
                                       upper_left = {.upper = true}, lower_right = {.right = true};
    tad_var lt = tad__transposed(l);
    return transposed
               ? tad_solve_triangular(l, tad_solve_triangular(lt, x, &upper_left), &lower_right)
               : tad_solve_triangular(lt, tad_solve_triangular(l, x, &lower), &upper);
}

static void cholesky_vjp(tad_rule *r) {
    tad_var l = r->out[0], g = tad_tril(r->given[0], 0);
    tad_var inner = lower_half(tad_matmul(tad__transposed(l), g));
    r->result[0] = symmetric(between_inverses(l, inner, true));
}

static void cholesky_jvp(tad_rule *r) {
    tad_var l = r->out[0];
    r->result[0] = tad_matmul(l, lower_half(between_inverses(l, symmetric(r->given[0]), false)));
}

tad_var tad__over_gaps(tad_var a, tad_var w, bool strict) {
    const gap_options o = {strict};
    return tad_apply(&tad__ops_symmetric[OVER_GAPS], (tad_var[]){a, w}, 2, &o, NULL, 0);
}

/* Values and vectors for the rules of the values: their second derivatives at equal values do not
 * exist, and are refused. */
static tad_var eigenvectors(tad_var x) {
    tad_var out[2];
    tad_apply(&tad__ops_symmetric[EIGENVECTORS], &x, 1, NULL, out, 2);
    return out[1];
}

static tad_var as_row(tad_var values) { return tad_unsqueeze(values, -2); }

/* V m V^T, and with numbers in the place of a diagonal m. */
static tad_var turned(tad_var v, tad_var m) {
    return tad_matmul(tad_matmul(v, m), tad__transposed(v));
}
static tad_var turned_diagonal(tad_var v, tad_var numbers) {
    return tad_matmul(tad_mul(v, as_row(numbers)), tad__transposed(v));
}

/* v_i^T dx v_i */
static tad_var value_tangents(tad_var v, tad_var dx) {
    return tad_sum(tad_mul(v, tad_matmul(dx, v)), tad_axis(-2));
}

static void eigvalsh_vjp(tad_rule *r) {
    r->result[0] = turned_diagonal(eigenvectors(r->in[0]), r->given[0]);
}

static void eigvalsh_jvp(tad_rule *r) {
    r->result[0] = value_tangents(eigenvectors(r->in[0]), symmetric(r->given[0]));
}

static bool is_strict(const tad_rule *r) { return r->op == &tad__ops_symmetric[EIGENVECTORS]; }

/* dV = V F with F = V^T dx V over the gaps, antisymmetric. Of equal values i and j element (i, j)
 * of V^T g has to be 0 itself: that it is that of (j, i) leaves a quotient of zeros, of unknown
 * value. */
static void eigh_vjp(tad_rule *r) {
    tad_var w = r->out[0], v = r->out[1], sum = r->result[0];
    if (!tad_is_nil(r->given[0])) sum = turned_diagonal(v, r->given[0]);
    if (!tad_is_nil(r->given[1])) {
        tad_var m = tad_matmul(tad__transposed(v), r->given[1]);
        sum = tad__plus(sum, turned(v, tad__over_gaps(m, as_row(w), is_strict(r))));
    }
    r->result[0] = tad_is_nil(sum) ? sum : symmetric(sum);
}

static void eigh_jvp(tad_rule *r) {
    tad_var w = r->out[0], v = r->out[1], dx = symmetric(r->given[0]);
    tad_var m = tad_matmul(tad_matmul(tad__transposed(v), dx), v);
    r->result[0] = value_tangents(v, dx);
    r->result[1] = tad_matmul(v, tad__over_gaps(symmetric(m), as_row(w), is_strict(r)));
}

static bool gap_strict(const tad_rule *r) { return ((const gap_options *)r->options)->strict; }

/* With y = a / gap: the gap between values j and i has the cotangent -g y / gap. */
static void over_gaps_vjp(tad_rule *r) {
    tad_var g = r->given[0], w = r->in[1];
    if (r->wanted[0]) r->result[0] = tad__over_gaps(g, w, gap_strict(r));
    if (!r->wanted[1]) return;
    tad_var gap = tad__over_gaps(tad_mul(g, r->out[0]), w, gap_strict(r));
    tad_var rows = tad_sum(gap, tad_keepdims(tad_axis(-1)));
    r->result[1] = tad_sub(tad__transposed(rows), tad_sum(gap, tad_keepdims(tad_axis(-2))));
}

static void over_gaps_jvp(tad_rule *r) {
    tad_var w = r->in[1], sum = r->result[0];
    if (!tad_is_nil(r->given[0])) sum = tad__over_gaps(r->given[0], w, gap_strict(r));
    if (!tad_is_nil(r->given[1])) {
        tad_var gap = tad_sub(r->given[1], tad__transposed(r->given[1]));
        tad_var change = tad__over_gaps(tad_mul(r->out[0], gap), w, gap_strict(r));
        sum = tad_is_nil(sum) ? tad_neg(change) : tad_sub(sum, change);
    }
    r->result[0] = sum;
}

/* ---- options, samples, misuse ---- */

static const tad_option gap_list[] = {{OPTION(BOOL, gap_options, strict)}};

#define STRICT(yes)                                                                                \
    .options = &(const gap_options) { yes }

#define SQUARES(KIND)                                                                              \
    {CASE("matrix", KIND(3, 3))}, {CASE("batch", KIND(2, 2, 2))}, {CASE("larger", KIND(5, 5))},    \
        {CASE("one by one", KIND(2, 1, 1))}, {CASE("nothing", KIND(2, 0, 0))}, {                   \
        CASE("no matrices", KIND(0, 3, 3))                                                         \
    }

static const tad_sample cholesky_samples[] = {SQUARES(DOMINANT)};
static const tad_sample eigen_samples[] = {SQUARES(F64)};
static const tad_misuse square_misuse[] = {
    {CASE("not square", F64(3, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("a vector", F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3, 3)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample over_gaps_samples[] = {
    {CASE("matrix", F64(3, 3), DISTINCT(1, 3)), STRICT(false)},
    {CASE("strict", F64(4, 4), DISTINCT(1, 4)), STRICT(true)},
    {CASE("batch", F64(2, 3, 3), DISTINCT(2, 1, 3)), STRICT(false)},
    {CASE("one by one", F64(1, 1), DISTINCT(1, 1)), STRICT(true)},
    {CASE("nothing", F64(0, 0), F64(1, 0)), STRICT(false)},
};
static const tad_misuse over_gaps_misuse[] = {
    {CASE("not square", F64(3, 4), F64(1, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("no row", F64(3, 3), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("types", F64(3, 3), F32(1, 3)), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

#define SYMMETRIC(shape_, rules)                                                                   \
    .family = "linear algebra", .min_in = 1, .max_in = 1, .shape = shape_,                         \
    .forward = symmetric_forward, .c_text = symmetric_c_text, .vjp = rules##_vjp,                  \
    .jvp = rules##_jvp, MISUSE(square_misuse)

const tad_op tad__ops_symmetric[] = {
    [CHOLESKY] = {.name = "cholesky",
                  .doc =
                      "lower triangular L with L L^T = (x + x^T) / 2: (...,n,n); one that is not "
                      "positive definite is refused",
                  .flags = TAD_OP_REFUSES,
                  .n_out = 1,
                  SYMMETRIC(cholesky_shape, cholesky),
                  SAMPLES(cholesky_samples)},
    [EIGVALSH] = {.name = "eigvalsh",
                  .doc = "eigenvalues of (x + x^T) / 2, ascending: (...,n,n) -> (...,n)",
                  .flags = TAD_OP_REFUSES,
                  .n_out = 1,
                  SYMMETRIC(eigen_shape, eigvalsh),
                  SAMPLES(eigen_samples)},
    [EIGH] = {.name = "eigh",
              .doc =
                  "eigenvalues of (x + x^T) / 2, ascending, and a matrix whose columns are their "
                  "vectors, the largest element of each positive; of equal values no derivative "
                  "may ask for single vectors",
              .flags = TAD_OP_REFUSES,
              .n_out = 2,
              SYMMETRIC(eigen_shape, eigh),
              SAMPLES(eigen_samples)},
    [EIGENVECTORS] = {.name = "eigenvectors",
                      .doc = "eigh for the derivatives of eigvalsh, of which those of the second "
                             "order do not exist at equal values",
                      .flags = TAD_OP_INTERNAL | TAD_OP_REFUSES,
                      .n_out = 2,
                      SYMMETRIC(eigen_shape, eigh),
                      SAMPLES(eigen_samples)},
    [OVER_GAPS] = {.name = "over_gaps",
                   .doc = "a[i,j] / (w[j] - w[i]), 0 on the diagonal and where both are 0; strict: "
                          "never where values are equal",
                   FAMILY("linear algebra", 2, 2),
                   .flags = TAD_OP_INTERNAL | TAD_OP_REFUSES,
                   OPTIONS(gap_options, gap_list),
                   .shape = over_gaps_shape,
                   .forward = symmetric_forward,
                   .c_text = symmetric_c_text,
                   .vjp = over_gaps_vjp,
                   .jvp = over_gaps_jvp,
                   CASES(over_gaps)},
};
const size_t tad__ops_symmetric_count = LENGTH(tad__ops_symmetric);

tad_var tad_cholesky(tad_var x) { return tad__apply_one(&tad__ops_symmetric[CHOLESKY], x, NULL); }

tad_var tad_eigvalsh(tad_var x) { return tad__apply_one(&tad__ops_symmetric[EIGVALSH], x, NULL); }

tad_var tad_eigh(tad_var x, tad_var *vectors) {
    tad_var out[2];
    out[0] = tad_apply(&tad__ops_symmetric[EIGH], &x, 1, NULL, out, 2);
    if (vectors) *vectors = out[1];
    return out[0];
}
