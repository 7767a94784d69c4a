/* solve_banded, banded_matmul and their adjoint, banded_outer: matrices kept as their diagonals,
 * which no rule makes whole. Rests on linalg.h. */
#include <stddef.h>

#include "linalg.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { A, B };
enum { SOLVE, MATMUL, OUTER };

typedef struct band {
    int64_t lower, upper; /* diagonals below and above the main one */
    bool transposed;
} band;

/* ---- shapes ---- */

static tad_status check_widths(const tad_call_frame *c, int64_t rows) {
    const band *o = c->options;
    if (o->lower < 0 || o->upper < 0)
        return tad_fail(c, TAD_BAD_ARGUMENT, "%lld diagonals below and %lld above",
                        (long long)o->lower, (long long)o->upper);
    if (o->lower >= rows || o->upper != rows - 1 - o->lower)
        return tad_fail(c, TAD_BAD_SHAPE,
                        "a band of %lld diagonals below and %lld above does not have %lld rows",
                        (long long)o->lower, (long long)o->upper, (long long)rows);
    return TAD_OK;
}

static tad_status banded_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *a = c->in[A];
    tad_shape batch;
    tad_status s = tad__need_matrices(c, A, &batch);
    if (s == TAD_OK) s = check_widths(c, a->dim[a->rank - 2]);
    return s ? s : tad__right_side_type(c, &batch, out);
}

static tad_status outer_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    enum { MOST = 1 << 30 };
    const band *o = c->options;
    const tad_array *p = c->in[A], *q = c->in[B];
    tad_shape batch, other, all;
    tad_status s = tad__need_matrices(c, A, &batch);
    if (s == TAD_OK) s = tad__need_matrices(c, B, &other);
    if (s != TAD_OK) return s;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (o->lower < 0 || o->upper < 0 || o->lower > MOST || o->upper > MOST)
        return tad_fail(c, TAD_BAD_ARGUMENT, "%lld diagonals below and %lld above",
                        (long long)o->lower, (long long)o->upper);
    if (p->dim[p->rank - 1] != q->dim[q->rank - 1] || p->dim[p->rank - 2] != q->dim[q->rank - 2])
        return tad_fail(c, TAD_BAD_SHAPE, "the matrices have different sizes");
    if (!tad__shape_broadcast(&batch, &other, &all))
        return tad_fail(c, TAD_BAD_SHAPE, "the leading axes do not broadcast together");
    *out = tad__batch_of((tad_dtype)p->dtype, &all, o->lower + o->upper + 1, p->dim[p->rank - 2]);
    return TAD_OK;
}

/* ---- values ---- */

static const tad__method methods[] = {
    [SOLVE] = {TAD__METHOD(solve_banded), .status = TAD_SINGULAR},
    [MATMUL] = {TAD__METHOD(multiply_banded)},
    [OUTER] = {TAD__METHOD(band_of_product)},
};

/* With the room that a band takes, and what its functions read as the sides. */
static tad__method method_of(const tad_call_frame *c, tad__sides *s) {
    const band *o = c->options;
    tad__method method = methods[c->op - tad__ops_banded];
    *s = tad__sides_of(c, true);
    s->upper = (int)o->upper;
    s->left = !o->transposed;
    if (method.status) method.rows = (int)s->m;
    if (c->op == &tad__ops_banded[OUTER]) s->k = (ptrdiff_t)(o->lower + o->upper + 1);
    return method;
}

static tad_status banded_forward(const tad_call_frame *c) {
    tad__sides s;
    const tad__method method = method_of(c, &s);
    return tad__each_matrix(c, &method, &s);
}

static void banded_c_text(const tad_call_frame *c, tad_c *to) {
    tad__sides s;
    const tad__method method = method_of(c, &s);
    tad__each_matrix_c_text(c, to, &method, &s);
}

/* ---- rules ---- */

static tad_var apply(int op, tad_var a, tad_var b, const band *o) {
    return tad_apply(&tad__ops_banded[op], (tad_var[]){a, b}, 2, o, NULL, 0);
}

static band turned(const band *o) { return (band){o->lower, o->upper, !o->transposed}; }

/* A vector as a column, and back. */
static tad_var column(const tad_rule *r, tad_var x) {
    return tad_shape_of(r->in[B]).rank == 1 ? tad_unsqueeze(x, -1) : x;
}
static tad_var uncolumn(const tad_rule *r, tad_var x) {
    return tad_shape_of(r->in[B]).rank == 1 ? tad_squeeze(x, tad_axis(-1)) : x;
}

/* The diagonals of p q^T, or of a transposed matrix of q p^T. */
static tad_var outer(tad_var p, tad_var q, const band *o) {
    const band straight = {o->lower, o->upper, false};
    return o->transposed ? apply(OUTER, q, p, &straight) : apply(OUTER, p, q, &straight);
}

/* As those of solve, where the product with a transposed solution is a band. */
static void solve_vjp(tad_rule *r) {
    const band *o = r->options, t = turned(o);
    tad_var b = apply(SOLVE, r->in[A], column(r, r->given[0]), &t);
    if (r->wanted[A]) r->result[A] = tad_neg(outer(b, column(r, r->out[0]), o));
    if (r->wanted[B]) r->result[B] = uncolumn(r, b);
}

static void solve_jvp(tad_rule *r) {
    const band *o = r->options;
    tad_var rest = r->given[B];
    if (!tad_is_nil(rest)) rest = column(r, rest);
    if (!tad_is_nil(r->given[A])) {
        tad_var moved = apply(MATMUL, r->given[A], column(r, r->out[0]), o);
        rest = tad__plus(rest, tad_neg(moved));
    }
    r->result[0] = uncolumn(r, apply(SOLVE, r->in[A], rest, o));
}

static void matmul_vjp(tad_rule *r) {
    const band *o = r->options, t = turned(o);
    tad_var g = column(r, r->given[0]);
    if (r->wanted[A]) r->result[A] = outer(g, column(r, r->in[B]), o);
    if (r->wanted[B]) r->result[B] = uncolumn(r, apply(MATMUL, r->in[A], g, &t));
}

static void outer_vjp(tad_rule *r) {
    const band *o = r->options, t = turned(o);
    if (r->wanted[A]) r->result[A] = apply(MATMUL, r->given[0], r->in[B], o);
    if (r->wanted[B]) r->result[B] = apply(MATMUL, r->given[0], r->in[A], &t);
}

/* Of both, which are linear in each operand. */
static void product_jvp(tad_rule *r) {
    const int op = (int)(r->op - tad__ops_banded);
    if (!tad_is_nil(r->given[A])) r->result[0] = apply(op, r->given[A], r->in[B], r->options);
    if (!tad_is_nil(r->given[B]))
        r->result[0] = tad__plus(r->result[0], apply(op, r->in[A], r->given[B], r->options));
}

/* ---- options, samples, misuse ---- */

static const tad_option band_list[] = {
    {OPTION(INT, band, lower), .required = true},
    {OPTION(INT, band, upper), .required = true},
    {OPTION(BOOL, band, transposed)},
};
static const tad_option outer_list[] = {
    {OPTION(INT, band, lower), .required = true},
    {OPTION(INT, band, upper), .required = true},
};

#define BAND(l, u)                                                                                 \
    .options = &(const band) { l, u, false }
#define TURNED(l, u)                                                                               \
    .options = &(const band) { l, u, true }
/* Far from singular as the main diagonal of two, and of three numbers in a column. */
#define BIG(...) WITHIN(1, 2, __VA_ARGS__)

static const tad_sample solve_samples[] = {
    {CASE("diagonal", BIG(1, 4), F64(4, 2)), BAND(0, 0)},
    {CASE("tridiagonal, vector", F64(3, 6), F64(6)), BAND(1, 1)},
    {CASE("lower", WITHIN(0.5, 1, 2, 5), F64(5, 1)), BAND(1, 0)},
    {CASE("upper, transposed", WITHIN(0.5, 1, 3, 4), F64(4, 2)), TURNED(0, 2)},
    {CASE("batch", WITHIN(0.5, 1, 2, 2, 3), F64(2, 3, 2)), BAND(0, 1)},
    {CASE("one band, many sides", WITHIN(0.5, 1, 2, 4), F64(3, 4, 1)), TURNED(1, 0)},
    {CASE("many bands, one vector", WITHIN(0.5, 1, 3, 3, 5), F64(5)), BAND(2, 0)},
    {CASE("wider than the matrix", WITHIN(0.5, 1, 4, 2), F64(2, 1)), BAND(3, 0)},
    {CASE("nothing", F64(2, 0), F64(0, 3)), BAND(1, 0)},
    {CASE("no sides", BIG(1, 3), F64(3, 0)), BAND(0, 0)},
};
static const tad_sample matmul_samples[] = {
    {CASE("tridiagonal", F64(3, 5), F64(5, 2)), BAND(1, 1)},
    {CASE("vector", F64(4, 6), F64(6)), BAND(1, 2)},
    {CASE("transposed", F64(4, 5), F64(5, 3)), TURNED(2, 1)},
    {CASE("batch", F64(2, 2, 3), F64(2, 3, 2)), BAND(0, 1)},
    {CASE("one band, many sides", F64(2, 4), F64(3, 4, 1)), TURNED(1, 0)},
    {CASE("many bands, one vector", F64(2, 3, 4), F64(4)), TURNED(2, 0)},
    {CASE("wider than the matrix", F64(6, 2), F64(2, 1)), BAND(3, 2)},
    {CASE("nothing", F64(2, 0), F64(0, 3)), BAND(1, 0)},
};
static const tad_sample outer_samples[] = {
    {CASE("tridiagonal", F64(5, 2), F64(5, 2)), BAND(1, 1)},
    {CASE("columns", F64(4, 1), F64(4, 1)), BAND(0, 2)},
    {CASE("batch", F64(2, 3, 2), F64(2, 3, 2)), BAND(2, 0)},
    {CASE("one of them once", F64(3, 4, 1), F64(4, 1)), BAND(1, 0)},
    {CASE("wider than the matrix", F64(2, 3), F64(2, 3)), BAND(3, 3)},
    {CASE("nothing", F64(0, 2), F64(0, 2)), BAND(1, 0)},
    {CASE("of no columns", F64(3, 0), F64(3, 0)), BAND(0, 1)},
};

static const tad_misuse banded_misuse[] = {
    {CASE("rows", F64(3, 4), F64(4, 2)), BAND(1, 0), .expect = TAD_BAD_SHAPE},
    {CASE("more below than rows", F64(3, 4), F64(4, 2)), BAND(INT64_MAX, 0),
     .expect = TAD_BAD_SHAPE},
    {CASE("below 0", F64(1, 4), F64(4, 2)), BAND(-1, 1), .expect = TAD_BAD_ARGUMENT},
    {CASE("a vector", F64(4), F64(4)), BAND(0, 0), .expect = TAD_BAD_SHAPE},
    {CASE("sizes", F64(3, 4), F64(5, 2)), BAND(1, 1), .expect = TAD_BAD_SHAPE},
    {CASE("size of a vector", F64(3, 4), F64(3)), BAND(1, 1), .expect = TAD_BAD_SHAPE},
    {CASE("batches", F64(2, 3, 4), F64(3, 4, 1)), BAND(1, 1), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3, 4), F64(4)), BAND(1, 1), .expect = TAD_BAD_DTYPE},
};
static const tad_misuse outer_misuse[] = {
    {CASE("below 0", F64(4, 1), F64(4, 1)), BAND(0, -1), .expect = TAD_BAD_ARGUMENT},
    {CASE("beyond memory", F64(4, 1), F64(4, 1)), BAND(INT64_MAX, INT64_MAX),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("sizes", F64(4, 1), F64(4, 2)), BAND(0, 1), .expect = TAD_BAD_SHAPE},
    {CASE("vectors", F64(4), F64(4)), BAND(0, 1), .expect = TAD_BAD_SHAPE},
    {CASE("batches", F64(2, 4, 1), F64(3, 4, 1)), BAND(0, 1), .expect = TAD_BAD_SHAPE},
};

/* ---- the ops ---- */

#define BANDED FAMILY("linear algebra", 2, 2), .forward = banded_forward, .c_text = banded_c_text

const tad_op tad__ops_banded[] = {
    [SOLVE] = {.name = "solve_banded",
               .doc =
                   "y with m y = b, or m^T y = b: row r of a (...,lower+1+upper,n) is a diagonal "
                   "of m, a[r,j] = m[r+j-upper,j]; b (...,n,k), leading axes broadcast, or (n); "
                   "a singular m is refused",
               BANDED,
               .flags = TAD_OP_REFUSES,
               OPTIONS(band, band_list),
               .shape = banded_shape,
               .vjp = solve_vjp,
               .jvp = solve_jvp,
               SAMPLES(solve_samples),
               MISUSE(banded_misuse)},
    [MATMUL] = {.name = "banded_matmul",
                .doc = "m b, or m^T b, of a matrix m kept as its diagonals a, as solve_banded's",
                BANDED,
                OPTIONS(band, band_list),
                .shape = banded_shape,
                .vjp = matmul_vjp,
                .jvp = product_jvp,
                SAMPLES(matmul_samples),
                MISUSE(banded_misuse)},
    [OUTER] = {.name = "banded_outer",
               .doc = "the diagonals, as solve_banded's, of a b^T: a and b (...,n,k), leading axes "
                      "broadcast",
               BANDED,
               .flags = TAD_OP_INTERNAL,
               OPTIONS(band, outer_list),
               .shape = outer_shape,
               .vjp = outer_vjp,
               .jvp = product_jvp,
               CASES(outer)},
};
const size_t tad__ops_banded_count = LENGTH(tad__ops_banded);

tad_var tad_solve_banded(tad_var a, tad_var b, int64_t lower, int64_t upper, bool transposed) {
    return apply(SOLVE, a, b, &(band){lower, upper, transposed});
}

tad_var tad_banded_matmul(tad_var a, tad_var b, int64_t lower, int64_t upper, bool transposed) {
    return apply(MATMUL, a, b, &(band){lower, upper, transposed});
}
