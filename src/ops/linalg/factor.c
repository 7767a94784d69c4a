/* qr and lu: matrices as products of an orthogonal or a lower triangular one and an upper one.
 * Rests on linalg.h. */
#include <stddef.h>

#include "linalg.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { QR, LU, PACKED };

/* ---- shapes ---- */

static tad_status qr_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[0];
    const tad_dtype dtype = (tad_dtype)x->dtype;
    tad_shape batch;
    tad_status s = tad__need_matrices(c, 0, &batch);
    if (s != TAD_OK) return s;
    const int64_t m = x->dim[x->rank - 2], n = x->dim[x->rank - 1], k = m < n ? m : n;
    out[0] = tad__batch_of(dtype, &batch, m, k);
    out[1] = tad__batch_of(dtype, &batch, k, n);
    return TAD_OK;
}

static tad_status lu_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    tad_shape batch;
    tad_status s = tad__need_square(c, 0, &batch);
    for (size_t k = 0; k < c->op->n_out && s == TAD_OK; k++)
        out[k] = (tad_type){(tad_dtype)c->in[0]->dtype, tad__shape_of(c->in[0])};
    return s;
}

/* ---- values ---- */

static const tad__method qr_method = {TAD__LIBRARY_METHOD(qr), .squares = 2},
                         lu_method = {TAD__LIBRARY_METHOD(lu)};

static const tad__method *method_of(const tad_call_frame *c) {
    return c->op == &tad__ops_factor[QR] ? &qr_method : &lu_method;
}

static tad_status factor_forward(const tad_call_frame *c) {
    const tad__sides s = tad__sides_of(c, true);
    return tad__each_matrix(c, method_of(c), &s);
}

static void factor_c_text(const tad_call_frame *c, tad_c *to) {
    const tad__sides s = tad__sides_of(c, true);
    tad__each_matrix_c_text(c, to, method_of(c), &s);
}

/* ---- rules of qr ---- */

static const tad_solve_triangular_options upper_right = {.upper = true, .right = true},
                                          lower_right = {.right = true};

/* A wide matrix has columns behind those that R has as rows: they are Q times those of R. */
static int64_t square_columns(const tad_rule *r) {
    return tad_shape_of(r->out[0]).dim[tad_shape_of(r->out[0]).rank - 1];
}

static bool is_wide(const tad_rule *r) {
    const tad_shape x = tad_shape_of(r->in[0]);
    return x.dim[x.rank - 1] > x.dim[x.rank - 2];
}

static tad_var first_columns(const tad_rule *r, tad_var x) {
    return is_wide(r) ? tad_slice(x, -1, 0, square_columns(r), 1) : x;
}

static tad_var other_columns(const tad_rule *r, tad_var x) {
    return tad_slice(x, -1, square_columns(r), TAD_END, 1);
}

/* The lower triangle, and above the diagonal the same transposed. */
static tad_var mirrored(tad_var x) {
    return tad_add(tad_tril(x, 0), tad__transposed(tad_tril(x, -1)));
}

static tad_var minus(tad_var a, tad_var b) { return tad_is_nil(a) ? tad_neg(b) : tad_sub(a, b); }

/* With M = R G_R^T - G_Q^T Q: (G_Q + Q mirrored(M)) R^-T. */
static void qr_vjp(tad_rule *r) {
    tad_var q = r->out[0], right = first_columns(r, r->out[1]), gq = r->given[0], gr = r->given[1],
            m = r->result[0], behind = m;
    if (is_wide(r) && !tad_is_nil(gr)) {
        tad_var g = other_columns(r, gr);
        gq = tad__plus(gq, tad_matmul(other_columns(r, r->in[0]), tad__transposed(g)));
        behind = tad_matmul(q, g);
    }
    if (!tad_is_nil(gr)) m = tad_matmul(right, tad__transposed(first_columns(r, gr)));
    if (!tad_is_nil(gq)) m = minus(m, tad_matmul(tad__transposed(gq), q));
    tad_var inner = tad__plus(tad_matmul(q, mirrored(m)), gq);
    tad_var g = tad_solve_triangular(tad__transposed(right), inner, &lower_right);
    if (is_wide(r) && tad_is_nil(behind))
        behind = tad_mul(other_columns(r, r->in[0]), tad_number(0));
    r->result[0] = is_wide(r) ? tad_concat((tad_var[]){g, behind}, 2, -1) : g;
}

/* dR = (C - W) R with C = Q^T dX R^-1 and W its lower triangle made antisymmetric; dQ is the rest.
 */
static void qr_jvp(tad_rule *r) {
    tad_var q = r->out[0], right = first_columns(r, r->out[1]), dx = first_columns(r, r->given[0]);
    tad_var along = tad_solve_triangular(right, dx, &upper_right);
    tad_var c = tad_matmul(tad__transposed(q), along), low = tad_tril(c, -1);
    tad_var turn = tad_sub(c, tad_sub(low, tad__transposed(low)));
    tad_var dq = tad_sub(along, tad_matmul(q, turn)), dr = tad_triu(tad_matmul(turn, right), 0);
    r->result[0] = dq;
    r->result[1] = dr;
    if (!is_wide(r)) return;
    tad_var moved = tad_matmul(dq, other_columns(r, r->out[1]));
    tad_var behind = tad_matmul(tad__transposed(q), tad_sub(other_columns(r, r->given[0]), moved));
    r->result[1] = tad_concat((tad_var[]){dr, behind}, 2, -1);
}

/* ---- lu, of what is packed in one matrix ---- */

static const tad_solve_triangular_options unit_lower = {.unitriangular = true},
                                          unit_upper = {.upper = true, .unitriangular = true};

/* P L^-T (tril(L^T G, -1) + triu(G U^T)) U^-T; the permutation is constant. */
static void packed_vjp(tad_rule *r) {
    tad_var lu = r->out[0], g = r->given[0];
    if (tad_is_nil(g)) return;
    tad_var u = tad_triu(lu, 0), strict = tad_tril(lu, -1), gl = tad_tril(g, -1);
    tad_var low = tad_tril(tad_add(gl, tad_matmul(tad__transposed(strict), gl)), -1);
    tad_var up = tad_triu(tad_matmul(tad_triu(g, 0), tad__transposed(u)), 0);
    tad_var left = tad_solve_triangular(tad__transposed(lu), tad_add(low, up), &unit_upper);
    tad_var whole = tad_solve_triangular(tad__transposed(lu), left, &lower_right);
    r->result[0] = tad_matmul(r->out[1], whole);
}

/* dL = L tril(C, -1) and dU = triu(C) U with C = L^-1 P^T dA U^-1. */
static void packed_jvp(tad_rule *r) {
    tad_var lu = r->out[0], p = tad__transposed(r->out[1]);
    tad_var c = tad_solve_triangular(lu, tad_matmul(p, r->given[0]), &unit_lower);
    c = tad_solve_triangular(lu, c, &upper_right);
    tad_var low = tad_tril(c, -1);
    tad_var dl = tad_add(low, tad_matmul(tad_tril(lu, -1), low));
    r->result[0] = tad_add(dl, tad_triu(tad_matmul(tad_triu(c, 0), tad_triu(lu, 0)), 0));
}

static void lu_compose(tad_rule *r) {
    const tad_shape s = tad_shape_of(r->in[0]);
    tad_var out[2];
    tad_apply(&tad__ops_factor[PACKED], r->in, 1, NULL, out, 2);
    r->result[0] = out[1];
    r->result[1] = tad_add(tad_tril(out[0], -1), tad_eye(r->tape, tad_dtype_of(r->in[0]),
                                                         s.dim[s.rank - 1], s.dim[s.rank - 1]));
    r->result[2] = tad_triu(out[0], 0);
}

/* ---- samples, misuse ---- */

static const tad_sample qr_samples[] = {
    {CASE("square", DOMINANT(3, 3))}, {CASE("tall", F64(5, 3))},
    {CASE("wide", DISTINCT(3, 5))},   {CASE("batch", DOMINANT(2, 2, 2))},
    {CASE("column", F64(2, 3, 1))},   {CASE("row", WITHIN(0.5, 2, 1, 3))},
    {CASE("nothing", F64(3, 0))},     {CASE("no rows", F64(2, 0, 3))},
};
static const tad_misuse qr_misuse[] = {
    {CASE("a vector", F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("a number", F64_0D), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3, 3)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample lu_samples[] = {
    {CASE("matrix", DOMINANT(3, 3))}, {CASE("batch", DOMINANT(2, 2, 2))},
    {CASE("exchanged", F64(4, 4))},   {CASE("one by one", WITHIN(0.5, 2, 2, 1, 1))},
    {CASE("nothing", F64(2, 0, 0))},
};
static const tad_misuse lu_misuse[] = {
    {CASE("not square", F64(3, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("a vector", F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3, 3)), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

#define FACTORS .family = "linear algebra", .min_in = 1, .max_in = 1

const tad_op tad__ops_factor[] = {
    [QR] = {.name = "qr",
            .doc =
                "Q (...,m,k) with orthonormal columns and upper triangular R (...,k,n) with Q R = "
                "x (...,m,n), k = min(m, n)",
            FACTORS,
            .n_out = 2,
            .shape = qr_shape,
            .forward = factor_forward,
            .c_text = factor_c_text,
            .vjp = qr_vjp,
            .jvp = qr_jvp,
            CASES(qr)},
    [LU] = {.name = "lu",
            .doc =
                "permutation P, lower triangular L with ones on the diagonal and upper triangular "
                "U with P L U = x (...,n,n)",
            FACTORS,
            .n_out = 3,
            .shape = lu_shape,
            .compose = lu_compose,
            CASES(lu)},
    [PACKED] = {.name = "lu_packed",
                .doc = "L below the diagonal and U in one matrix, and P",
                FACTORS,
                .flags = TAD_OP_INTERNAL,
                .n_out = 2,
                .shape = lu_shape,
                .forward = factor_forward,
                .c_text = factor_c_text,
                .vjp = packed_vjp,
                .jvp = packed_jvp,
                CASES(lu)},
};
const size_t tad__ops_factor_count = LENGTH(tad__ops_factor);

tad_var tad_qr(tad_var x, tad_var *r) {
    tad_var out[2];
    out[0] = tad_apply(&tad__ops_factor[QR], &x, 1, NULL, out, 2);
    if (r) *r = out[1];
    return out[0];
}

tad_var tad_lu(tad_var x, tad_var *l, tad_var *u) {
    tad_var out[3];
    out[0] = tad_apply(&tad__ops_factor[LU], &x, 1, NULL, out, 3);
    if (l) *l = out[1];
    if (u) *u = out[2];
    return out[0];
}
