/* svd, svdvals, pinv, lstsq: by singular values. Rests on linalg.h. */
#include <float.h>
#include <stddef.h>

#include "linalg.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { SVD, SVDVALS, JOINED, PINV, LSTSQ };

/* strict, of JOINED: for derivatives of svdvals, which at equal values have no second ones. */
typedef struct joined_options {
    bool strict;
} joined_options;

typedef struct rtol_options {
    tad_maybe_float rtol;
} rtol_options;

/* ---- shapes ---- */

typedef struct sizes {
    int64_t m, n, k; /* k the smaller one */
} sizes;

static sizes sizes_of(const tad_shape *s) {
    sizes z = {s->dim[s->rank - 2], s->dim[s->rank - 1], 0};
    z.k = z.m < z.n ? z.m : z.n;
    return z;
}

static tad_status singular_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_shape x = tad__shape_of(c->in[0]);
    const tad_dtype dtype = (tad_dtype)c->in[0]->dtype;
    tad_shape batch;
    tad_status s = tad__need_matrices(c, 0, &batch);
    if (s != TAD_OK) return s;
    const sizes z = sizes_of(&x);
    const int values = c->op == &tad__ops_svd[SVD];
    out[values] = tad__batch_of(dtype, &batch, -1, z.k);
    if (c->op == &tad__ops_svd[JOINED]) out[1] = tad__batch_of(dtype, &batch, z.m + z.n, z.k);
    if (!values) return TAD_OK;
    out[0] = tad__batch_of(dtype, &batch, z.m, z.k);
    out[2] = tad__batch_of(dtype, &batch, z.k, z.n);
    return TAD_OK;
}

static tad_status check_rtol(const tad_call_frame *c) {
    const rtol_options *o = c->options;
    if (!o->rtol.given || o->rtol.value >= 0) return TAD_OK;
    return tad_fail(c, TAD_BAD_ARGUMENT, "rtol %g is not 0 or above", o->rtol.value);
}

static tad_status pinv_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    tad_shape batch, x = tad__shape_of(c->in[0]);
    tad_status s = tad__need_matrices(c, 0, &batch);
    if (s != TAD_OK) return s;
    const sizes z = sizes_of(&x);
    *out = tad__batch_of((tad_dtype)c->in[0]->dtype, &batch, z.n, z.m);
    return check_rtol(c);
}

static tad_status lstsq_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    tad_shape batch, x = tad__shape_of(c->in[0]), b = tad__shape_of(c->in[1]), all;
    const bool vector = b.rank == 1;
    tad_status s = tad__need_matrices(c, 0, &batch);
    if (s != TAD_OK) return s;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    const sizes z = sizes_of(&x);
    if (b.rank == 0 || b.dim[vector ? 0 : b.rank - 2] != z.m)
        return tad_fail(c, TAD_BAD_SHAPE, "b has not %lld rows", (long long)z.m);
    const int64_t sides = b.dim[b.rank - 1];
    b.rank = vector ? 0 : b.rank - 2;
    if (!tad__shape_broadcast(&batch, &b, &all))
        return tad_fail(c, TAD_BAD_SHAPE, "the leading axes do not broadcast together");
    *out = tad__batch_of((tad_dtype)c->in[0]->dtype, &all, z.n, vector ? -1 : sides);
    return check_rtol(c);
}

/* ---- values ---- */

static const tad__method methods[] = {
    [SVDVALS] = {TAD__LIBRARY_METHOD(singular_values), .squares = 2, .rows = 2,
                 .status = TAD_NO_CONVERGENCE},
    [JOINED] = {TAD__LIBRARY_METHOD(svd), .squares = 2, .rows = 2, .status = TAD_NO_CONVERGENCE},
    [PINV] = {TAD__LIBRARY_METHOD(pseudo_inverse), .squares = 2, .rows = 3,
              .status = TAD_NO_CONVERGENCE},
};

/* rtol: the rounding errors of a matrix of this size. */
static tad__sides svd_sides(const tad_call_frame *c) {
    tad__sides s = tad__sides_of(c, true);
    if (c->op != &tad__ops_svd[PINV]) return s;
    const rtol_options *o = c->options;
    const double eps = c->in[0]->dtype == TAD_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
    s.least = o->rtol.given ? o->rtol.value : (double)(s.m > s.n ? s.m : s.n) * eps;
    return s;
}

static tad_status svd_forward(const tad_call_frame *c) {
    const tad__sides s = svd_sides(c);
    return tad__each_matrix(c, &methods[c->op - tad__ops_svd], &s);
}

static void svd_c_text(const tad_call_frame *c, tad_c *to) {
    const tad__sides s = svd_sides(c);
    tad__each_matrix_c_text(c, to, &methods[c->op - tad__ops_svd], &s);
}

/* ---- rules ---- */

/* U and V of JOINED, x = U diag(w) V^T. */
typedef struct parts {
    tad_var u, w, v;
} parts;

static tad_var upper_rows(tad_var x, int64_t m) { return tad_slice(x, -2, 0, m, 1); }
static tad_var lower_rows(tad_var x, int64_t m) { return tad_slice(x, -2, m, TAD_END, 1); }

static parts joined(tad_var x, bool strict) {
    const tad_shape s = tad_shape_of(x);
    const joined_options o = {strict};
    tad_var out[2];
    tad_apply(&tad__ops_svd[JOINED], &x, 1, &o, out, 2);
    if (tad_is_nil(out[0])) return (parts){out[0], out[0], out[0]};
    const int64_t m = sizes_of(&s).m;
    return (parts){upper_rows(out[1], m), out[0], lower_rows(out[1], m)};
}

static void svd_compose(tad_rule *r) {
    parts p = joined(r->in[0], false);
    r->result[0] = p.u;
    r->result[1] = p.w;
    r->result[2] = tad__transposed(p.v);
}

static tad_var as_row(tad_var w) { return tad_unsqueeze(w, -2); }
static tad_var as_column(tad_var w) { return tad_unsqueeze(w, -1); }

/* U m V^T. */
static tad_var between(const parts *p, tad_var m) {
    return tad_matmul(tad_matmul(p->u, m), tad__transposed(p->v));
}

/* x less what lies in the space of the orthonormal columns q. */
static tad_var outside(tad_var q, tad_var x) {
    return tad_sub(x, tad_matmul(q, tad_matmul(tad__transposed(q), x)));
}

/* A matrix over the gaps between the squares of the values, plus that transposed. */
static tad_var turning(const parts *p, tad_var m, bool strict) {
    tad_var f = tad__over_gaps(m, as_row(tad_square(p->w)), strict);
    return tad_add(f, tad__transposed(f));
}

static tad_var values_gradient(const parts *p, tad_var g) {
    return tad_matmul(tad_mul(p->u, as_row(g)), tad__transposed(p->v));
}

static void svdvals_vjp(tad_rule *r) {
    const parts p = joined(r->in[0], true);
    r->result[0] = values_gradient(&p, r->given[0]);
}

static tad_var value_tangents(const parts *p, tad_var dx) {
    return tad_sum(tad_mul(p->u, tad_matmul(dx, p->v)), tad_axis(-2));
}

static void svdvals_jvp(tad_rule *r) {
    const parts p = joined(r->in[0], true);
    r->result[0] = value_tangents(&p, r->given[0]);
}

static bool is_strict(const tad_rule *r) { return ((const joined_options *)r->options)->strict; }

/* U (T_U w + w T_V) V^T with what turns U and V among themselves, and what turns them out of their
 * spaces. */
static void joined_vjp(tad_rule *r) {
    const tad_shape s = tad_shape_of(r->in[0]);
    const sizes z = sizes_of(&s);
    const parts p = {upper_rows(r->out[1], z.m), r->out[0], lower_rows(r->out[1], z.m)};
    tad_var sum = r->result[0];
    if (!tad_is_nil(r->given[0])) sum = values_gradient(&p, r->given[0]);
    if (!tad_is_nil(r->given[1])) {
        tad_var gu = upper_rows(r->given[1], z.m), gv = lower_rows(r->given[1], z.m);
        tad_var tu = turning(&p, tad_matmul(tad__transposed(p.u), gu), is_strict(r)),
                tv = turning(&p, tad_matmul(tad__transposed(p.v), gv), is_strict(r));
        sum = tad__plus(
            sum, between(&p, tad_add(tad_mul(tu, as_row(p.w)), tad_mul(as_column(p.w), tv))));
        tad_var u = outside(p.u, tad_div(gu, as_row(p.w))),
                v = outside(p.v, tad_div(gv, as_row(p.w)));
        if (z.m > z.k) sum = tad_add(sum, tad_matmul(u, tad__transposed(p.v)));
        if (z.n > z.k) sum = tad_add(sum, tad_matmul(p.u, tad__transposed(v)));
    }
    r->result[0] = sum;
}

static void joined_jvp(tad_rule *r) {
    const tad_shape s = tad_shape_of(r->in[0]);
    const sizes z = sizes_of(&s);
    const parts p = {upper_rows(r->out[1], z.m), r->out[0], lower_rows(r->out[1], z.m)};
    tad_var dx = r->given[0], xt = tad__transposed(dx), squares = as_row(tad_square(p.w));
    tad_var m = tad_matmul(tad_matmul(tad__transposed(p.u), dx), p.v), mt = tad__transposed(m);
    tad_var fu = tad_add(tad_mul(m, as_row(p.w)), tad_mul(as_column(p.w), mt)),
            fv = tad_add(tad_mul(as_column(p.w), m), tad_mul(mt, as_row(p.w)));
    tad_var du = tad_matmul(p.u, tad__over_gaps(fu, squares, is_strict(r))),
            dv = tad_matmul(p.v, tad__over_gaps(fv, squares, is_strict(r)));
    if (z.m > z.k) du = tad_add(du, outside(p.u, tad_div(tad_matmul(dx, p.v), as_row(p.w))));
    if (z.n > z.k) dv = tad_add(dv, outside(p.v, tad_div(tad_matmul(xt, p.u), as_row(p.w))));
    r->result[0] = value_tangents(&p, dx);
    r->result[1] = tad_concat((tad_var[]){du, dv}, 2, -2);
}

static tad_var product(tad_var a, tad_var b, tad_var c) { return tad_matmul(tad_matmul(a, b), c); }

/* With P the result: -P^T G P^T, where its rank does not change; and what is outside of the spaces
 * of rows and columns. */
static void pinv_vjp(tad_rule *r) {
    tad_var x = r->in[0], y = r->out[0], yt = tad__transposed(y), gt = tad__transposed(r->given[0]);
    tad_var within = product(yt, r->given[0], yt), column = product(gt, y, yt),
            row = product(yt, y, gt);
    tad_var left = tad_sub(column, product(x, y, column)), right = tad_sub(row, product(row, y, x));
    r->result[0] = tad_sub(tad_add(left, right), within);
}

static void pinv_jvp(tad_rule *r) {
    tad_var x = r->in[0], y = r->out[0], yt = tad__transposed(y), dt = tad__transposed(r->given[0]);
    tad_var within = product(y, r->given[0], y), column = product(y, yt, dt),
            row = product(dt, yt, y);
    tad_var left = tad_sub(column, product(column, x, y)), right = tad_sub(row, product(y, x, row));
    r->result[0] = tad_sub(tad_add(left, right), within);
}

static void lstsq_compose(tad_rule *r) {
    tad_var inverse = tad_apply(&tad__ops_svd[PINV], r->in, 1, r->options, NULL, 0);
    r->result[0] = tad_matmul(inverse, r->in[1]);
}

/* ---- options, samples, misuse ---- */

static const tad_option joined_list[] = {{OPTION(BOOL, joined_options, strict)}};
static const tad_option rtol_list[] = {{OPTION(MAYBE_FLOAT, rtol_options, rtol)}};

#define STRICT(yes)                                                                                \
    .options = &(const joined_options) { yes }
#define RTOL(value)                                                                                \
    .options = &(const rtol_options) { GIVEN(value) }

static const tad_sample svd_samples[] = {
    {CASE("square", F64(3, 3))},  {CASE("tall", F64(5, 3))},
    {CASE("wide", F64(2, 4))},    {CASE("batch", F64(2, 3, 2))},
    {CASE("column", F64(3, 1))},  {CASE("one by one", WITHIN(0.5, 2, 2, 1, 1))},
    {CASE("nothing", F64(3, 0))},
};
static const tad_sample joined_samples[] = {
    {CASE("square", F64(3, 3)), STRICT(false)},  {CASE("tall", F64(5, 3)), STRICT(true)},
    {CASE("wide", F64(2, 4)), STRICT(false)},    {CASE("batch", F64(2, 3, 2)), STRICT(true)},
    {CASE("nothing", F64(3, 0)), STRICT(false)},
};
static const tad_sample pinv_samples[] = {
    {CASE("square", DOMINANT(3, 3))},      {CASE("tall", F64(5, 3))},
    {CASE("wide", F64(2, 4)), RTOL(1e-6)}, {CASE("batch", F64(2, 4, 2))},
    {CASE("column", F64(3, 1))},           {CASE("nothing", F64(3, 0))},
};
static const tad_sample lstsq_samples[] = {
    {CASE("tall", F64(5, 3), F64(5, 2))},         {CASE("wide", F64(2, 4), F64(2, 1)), RTOL(1e-6)},
    {CASE("vector", F64(4, 2), F64(4))},          {CASE("batch", F64(2, 4, 2), F64(2, 4, 1))},
    {CASE("broadcast", F64(4, 2), F64(3, 4, 1))},
};
#define RECTANGLE_MISUSE                                                                           \
    {CASE("a vector", F64(3)), .expect = TAD_BAD_SHAPE},                                           \
        {CASE("a number", F64_0D), .expect = TAD_BAD_SHAPE}, {                                     \
        CASE("integers", INDICES(3, 3, 3)), .expect = TAD_BAD_DTYPE                                \
    }
static const tad_misuse svd_misuse[] = {RECTANGLE_MISUSE};
static const tad_misuse pinv_misuse[] = {
    RECTANGLE_MISUSE, {CASE("rtol", F64(3, 3)), RTOL(-1), .expect = TAD_BAD_ARGUMENT}};
static const tad_misuse lstsq_misuse[] = {
    {CASE("rows", F64(4, 2), F64(3, 2)), .expect = TAD_BAD_SHAPE},
    {CASE("a number", F64(4, 2), F64_0D), .expect = TAD_BAD_SHAPE},
    {CASE("batches", F64(2, 4, 2), F64(3, 4, 1)), .expect = TAD_BAD_SHAPE},
    {CASE("types", F64(4, 2), F32(4, 2)), .expect = TAD_BAD_DTYPE},
    {CASE("rtol", F64(4, 2), F64(4)), RTOL(NAN), .expect = TAD_BAD_ARGUMENT},
};

/* ---- the ops ---- */

#define ONE_MATRIX .family = "linear algebra", .min_in = 1, .max_in = 1

const tad_op tad__ops_svd[] = {
    [SVD] = {.name = "svd",
             .doc =
                 "U (...,m,k), singular values w (...,k), largest first, and V^T (...,k,n) with U "
                 "diag(w) V^T = x, k = min(m, n); of equal values no derivative may ask for "
                 "single vectors",
             ONE_MATRIX,
             .n_out = 3,
             .shape = singular_shape,
             .compose = svd_compose,
             CASES(svd)},
    [SVDVALS] = {.name = "svdvals",
                 .doc = "singular values, largest first: (...,m,n) -> (...,min(m,n))",
                 ONE_MATRIX,
                 .flags = TAD_OP_REFUSES,
                 .n_out = 1,
                 .shape = singular_shape,
                 .forward = svd_forward,
                 .c_text = svd_c_text,
                 .vjp = svdvals_vjp,
                 .jvp = svdvals_jvp,
                 CASES(svd)},
    [JOINED] = {.name = "svd_joined",
                .doc = "singular values, and U above V",
                ONE_MATRIX,
                .flags = TAD_OP_INTERNAL | TAD_OP_REFUSES,
                .n_out = 2,
                OPTIONS(joined_options, joined_list),
                .shape = singular_shape,
                .forward = svd_forward,
                .c_text = svd_c_text,
                .vjp = joined_vjp,
                .jvp = joined_jvp,
                SAMPLES(joined_samples),
                MISUSE(svd_misuse)},
    [PINV] = {.name = "pinv",
              .doc =
                  "pseudo-inverse (...,n,m) of x (...,m,n): singular values up to rtol times the "
                  "largest count as 0; rtol: max(m, n) epsilons. Its derivatives are those where "
                  "the rank stays",
              ONE_MATRIX,
              .flags = TAD_OP_REFUSES,
              .n_out = 1,
              OPTIONS(rtol_options, rtol_list),
              .shape = pinv_shape,
              .forward = svd_forward,
              .c_text = svd_c_text,
              .vjp = pinv_vjp,
              .jvp = pinv_jvp,
              CASES(pinv)},
    [LSTSQ] = {.name = "lstsq",
               .doc = "the smallest y with the smallest sum of squares of a y - b: pinv(a) b; a "
                      "(...,m,n), b (...,m,k) or (m)",
               FAMILY("linear algebra", 2, 2),
               OPTIONS(rtol_options, rtol_list),
               .shape = lstsq_shape,
               .compose = lstsq_compose,
               CASES(lstsq)},
};
const size_t tad__ops_svd_count = LENGTH(tad__ops_svd);

tad_var tad_svd(tad_var x, tad_var *w, tad_var *vt) {
    tad_var out[3];
    out[0] = tad_apply(&tad__ops_svd[SVD], &x, 1, NULL, out, 3);
    if (w) *w = out[1];
    if (vt) *vt = out[2];
    return out[0];
}

tad_var tad_svdvals(tad_var x) { return tad__apply_one(&tad__ops_svd[SVDVALS], x, NULL); }

/* A NaN is for the default. */
static rtol_options rtol_of(double rtol) { return (rtol_options){{rtol == rtol, rtol}}; }

tad_var tad_pinv(tad_var x, double rtol) {
    const rtol_options o = rtol_of(rtol);
    return tad__apply_one(&tad__ops_svd[PINV], x, &o);
}

tad_var tad_lstsq(tad_var a, tad_var b, double rtol) {
    const rtol_options o = rtol_of(rtol);
    return tad_apply(&tad__ops_svd[LSTSQ], (tad_var[]){a, b}, 2, &o, NULL, 0);
}
