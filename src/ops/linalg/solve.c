/* solve, solve_triangular, inv. Rests on linalg.h. */
#include <stddef.h>

#include "linalg.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { A, B };
enum { SOLVE, SOLVE_TRIANGULAR, INV };

/* As tad_call fills them in: left is true by default. */
typedef struct triangular_options {
    bool upper, left, unitriangular;
} triangular_options;

/* ---- shapes ---- */

/* b is `size` rows or, on the left of a, columns; its leading axes broadcast with those of a. */
static tad_status second_type(const tad_call_frame *c, const tad_shape *batch, bool left,
                              tad_type *out) {
    const tad_array *a = c->in[A], *b = c->in[B];
    tad_shape other = tad__shape_of(b), all;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (b->rank < 2) return tad_fail(c, TAD_BAD_SHAPE, "b must have two axes or more");
    const int64_t n = a->dim[a->rank - 1], m = b->dim[b->rank - 2], k = b->dim[b->rank - 1];
    if ((left ? m : k) != n)
        return tad_fail(c, TAD_BAD_SHAPE, "sizes %lld and %lld differ", (long long)n,
                        (long long)(left ? m : k));
    other.rank -= 2;
    if (!tad__shape_broadcast(batch, &other, &all))
        return tad_fail(c, TAD_BAD_SHAPE, "the leading axes do not broadcast together");
    if (all.rank + 2 > TAD_MAX_RANK) return tad_fail(c, TAD_TOO_LARGE, "too many axes");
    *out = tad__batch_of((tad_dtype)a->dtype, &all, m, k);
    return TAD_OK;
}

tad_status tad__right_side_type(const tad_call_frame *c, const tad_shape *batch, tad_type *out) {
    const tad_array *a = c->in[A], *b = c->in[B];
    if (b->rank != 1) return second_type(c, batch, true, out);
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (b->dim[0] != a->dim[a->rank - 1])
        return tad_fail(c, TAD_BAD_SHAPE, "sizes %lld and %lld differ",
                        (long long)a->dim[a->rank - 1], (long long)b->dim[0]);
    *out = tad__batch_of((tad_dtype)a->dtype, batch, b->dim[0], -1);
    return TAD_OK;
}

static tad_status solve_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    tad_shape batch;
    tad_status s = tad__need_square(c, A, &batch);
    return s ? s : tad__right_side_type(c, &batch, out);
}

static tad_status solve_triangular_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const triangular_options *o = c->options;
    tad_shape batch;
    tad_status s = tad__need_square(c, A, &batch);
    return s ? s : second_type(c, &batch, o->left, out);
}

static tad_status inv_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *a = c->in[A];
    tad_shape batch;
    tad_status s = tad__need_square(c, A, &batch);
    if (s == TAD_OK) *out = (tad_type){(tad_dtype)a->dtype, tad__shape_of(a)};
    return s;
}

/* ---- values ---- */

static const tad__method methods[] = {
    [SOLVE] = {TAD__LIBRARY_METHOD(solve), .squares = 1, .status = TAD_SINGULAR},
    [SOLVE_TRIANGULAR] = {TAD__METHOD(solve_triangular), .squares = 1, .status = TAD_SINGULAR},
    [INV] = {TAD__LIBRARY_METHOD(inverse), .squares = 1, .status = TAD_SINGULAR},
};

static tad__sides sides_of(const tad_call_frame *c) {
    const bool triangular = c->op == &tad__ops_solve[SOLVE_TRIANGULAR];
    const triangular_options *o =
        triangular ? c->options : &(const triangular_options){.left = true};
    tad__sides s = tad__sides_of(c, o->left);
    s.upper = o->upper;
    s.unit = o->unitriangular;
    return s;
}

static tad_status solve_forward(const tad_call_frame *c) {
    const tad__sides s = sides_of(c);
    return tad__each_matrix(c, &methods[c->op - tad__ops_solve], &s);
}

static void solve_c_text(const tad_call_frame *c, tad_c *to) {
    const tad__sides s = sides_of(c);
    tad__each_matrix_c_text(c, to, &methods[c->op - tad__ops_solve], &s);
}

/* ---- rules ---- */

static tad_var negated_product(tad_var a, tad_var b) { return tad_neg(tad_matmul(a, b)); }

/* A vector as a column; what is a matrix already stays. */
static tad_var column(const tad_rule *r, tad_var x) {
    return tad_shape_of(r->in[B]).rank == 1 ? tad_unsqueeze(x, -1) : x;
}

/* With y = A^-1 b: the cotangent of b is A^-T g, that of A its product with -y^T. */
static void solve_vjp(tad_rule *r) {
    tad_var g = column(r, r->given[0]), b = tad_solve(tad__transposed(r->in[A]), g);
    if (r->wanted[A]) r->result[A] = negated_product(b, tad__transposed(column(r, r->out[0])));
    if (r->wanted[B])
        r->result[B] = tad_shape_of(r->in[B]).rank == 1 ? tad_squeeze(b, tad_axis(-1)) : b;
}

/* A^-1 (db - dA y) */
static void solve_jvp(tad_rule *r) {
    tad_var rest = r->given[B];
    if (!tad_is_nil(rest)) rest = column(r, rest);
    if (!tad_is_nil(r->given[A]))
        rest = tad__plus(rest, negated_product(r->given[A], column(r, r->out[0])));
    tad_var y = tad_solve(r->in[A], rest);
    r->result[0] = tad_shape_of(r->in[B]).rank == 1 ? tad_squeeze(y, tad_axis(-1)) : y;
}

/* What the op reads of a. */
static tad_var triangle(tad_var x, const triangular_options *o) {
    return o->upper ? tad_triu(x, o->unitriangular) : tad_tril(x, -(int64_t)o->unitriangular);
}

static tad_var solve_with(const tad_rule *r, bool transposed, tad_var b) {
    const triangular_options *o = r->options;
    return tad_solve_triangular(
        transposed ? tad__transposed(r->in[A]) : r->in[A], b,
        &(tad_solve_triangular_options){o->upper != transposed, !o->left, o->unitriangular});
}

static void solve_triangular_vjp(tad_rule *r) {
    const triangular_options *o = r->options;
    tad_var b = solve_with(r, true, r->given[0]), y = r->out[0];
    if (r->wanted[A])
        r->result[A] = triangle(o->left ? negated_product(b, tad__transposed(y))
                                        : negated_product(tad__transposed(y), b),
                                o);
    if (r->wanted[B]) r->result[B] = b;
}

static void solve_triangular_jvp(tad_rule *r) {
    const triangular_options *o = r->options;
    tad_var rest = r->given[B], y = r->out[0];
    if (!tad_is_nil(r->given[A])) {
        tad_var da = triangle(r->given[A], o);
        rest = tad__plus(rest, o->left ? negated_product(da, y) : negated_product(y, da));
    }
    r->result[0] = solve_with(r, false, rest);
}

/* -Y^T g Y^T, and -Y dA Y. */
static void inv_vjp(tad_rule *r) {
    tad_var y = tad__transposed(r->out[0]);
    r->result[A] = negated_product(tad_matmul(y, r->given[0]), y);
}

static void inv_jvp(tad_rule *r) {
    r->result[0] = negated_product(tad_matmul(r->out[0], r->given[0]), r->out[0]);
}

/* ---- options, samples, misuse ---- */

static const tad_option triangular_list[] = {
    {OPTION(BOOL, triangular_options, upper), .required = true},
    {OPTION(BOOL, triangular_options, left), .initial = 1},
    {OPTION(BOOL, triangular_options, unitriangular)},
};

#define READS(upper, left, unit)                                                                   \
    .options = &(const triangular_options) { upper, left, unit }

static const tad_sample solve_samples[] = {
    {CASE("matrix", DOMINANT(3, 3), F64(3, 2))},
    {CASE("vector", DOMINANT(4, 4), F64(4))},
    {CASE("batch", DOMINANT(2, 3, 3), F64(2, 3, 1))},
    {CASE("one matrix, many sides", DOMINANT(3, 3), F64(2, 3, 2))},
    {CASE("many matrices, one side", DOMINANT(2, 1, 3, 3), F64(5, 3, 2))},
    {CASE("many matrices, one vector", DOMINANT(2, 3, 3), F64(3))},
    {CASE("one by one", DOMINANT(1, 1), F64(1, 3))},
    {CASE("nothing", DOMINANT(0, 0), F64(0, 2))},
    {CASE("no sides", DOMINANT(3, 3), F64(3, 0))},
};
static const tad_misuse solve_misuse[] = {
    {CASE("not square", F64(3, 4), F64(3, 2)), .expect = TAD_BAD_SHAPE},
    {CASE("sizes", F64(3, 3), F64(4, 2)), .expect = TAD_BAD_SHAPE},
    {CASE("size of a vector", F64(3, 3), F64(2)), .expect = TAD_BAD_SHAPE},
    {CASE("a number", F64(3, 3), F64_0D), .expect = TAD_BAD_SHAPE},
    {CASE("batches", F64(2, 3, 3), F64(4, 3, 1)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3, 3), F64(3, 2)), .expect = TAD_BAD_DTYPE},
    {CASE("types", F64(3, 3), F32(3, 2)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample solve_triangular_samples[] = {
    {CASE("lower", WITHIN(0.5, 2, 3, 3), F64(3, 2)), READS(false, true, false)},
    {CASE("upper", WITHIN(0.5, 2, 4, 4), F64(4, 1)), READS(true, true, false)},
    {CASE("lower, right", WITHIN(0.5, 2, 3, 3), F64(2, 3)), READS(false, false, false)},
    {CASE("upper, right", WITHIN(0.5, 2, 3, 3), F64(2, 3)), READS(true, false, false)},
    {CASE("unit lower", F64(3, 3), F64(3, 2)), READS(false, true, true)},
    {CASE("unit upper, right", F64(3, 3), F64(5, 3)), READS(true, false, true)},
    {CASE("batch", WITHIN(0.5, 2, 2, 1, 3, 3), F64(4, 3, 2)), READS(true, true, false)},
    {CASE("nothing", F64(0, 0), F64(0, 2)), READS(true, true, false)},
};
static const tad_misuse solve_triangular_misuse[] = {
    {CASE("not square", F64(3, 4), F64(3, 2)), READS(true, true, false), .expect = TAD_BAD_SHAPE},
    {CASE("a vector", F64(3, 3), F64(3)), READS(true, true, false), .expect = TAD_BAD_SHAPE},
    {CASE("rows", F64(3, 3), F64(2, 3)), READS(true, true, false), .expect = TAD_BAD_SHAPE},
    {CASE("columns", F64(3, 3), F64(3, 2)), READS(true, false, false), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3, 3), F64(3, 2)), READS(true, true, false),
     .expect = TAD_BAD_DTYPE},
};
static const tad_sample inv_samples[] = {
    {CASE("matrix", DOMINANT(3, 3))},     {CASE("batch", DOMINANT(2, 2, 2))},
    {CASE("larger", DOMINANT(7, 7))},     {CASE("one by one", WITHIN(0.5, 2, 1, 1))},
    {CASE("nothing", DOMINANT(2, 0, 0))},
};
static const tad_misuse inv_misuse[] = {
    {CASE("not square", F64(3, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("a vector", F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3, 3)), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

const tad_op tad__ops_solve[] = {
    [SOLVE] = {.name = "solve",
               .doc = "y with a y = b: a (...,n,n), b (...,n,k), leading axes broadcast, or (n); a "
                      "singular a is refused",
               FAMILY("linear algebra", 2, 2),
               .flags = TAD_OP_REFUSES,
               HOOKS(solve),
               .jvp = solve_jvp,
               .c_text = solve_c_text,
               CASES(solve)},
    [SOLVE_TRIANGULAR] =
        {.name = "solve_triangular",
         .doc = "y with a y = b, or y a = b: of a only the upper or the lower triangle is read, of "
                "a unitriangular one without its diagonal of ones",
         FAMILY("linear algebra", 2, 2),
         .flags = TAD_OP_REFUSES,
         OPTIONS(triangular_options, triangular_list),
         .shape = solve_triangular_shape,
         .forward = solve_forward,
         .vjp = solve_triangular_vjp,
         .jvp = solve_triangular_jvp,
         .c_text = solve_c_text,
         CASES(solve_triangular)},
    [INV] = {.name = "inv",
             .doc = "inverses of matrices (...,n,n); a singular one is refused",
             FAMILY("linear algebra", 1, 1),
             .flags = TAD_OP_REFUSES,
             .shape = inv_shape,
             .forward = solve_forward,
             .vjp = inv_vjp,
             .jvp = inv_jvp,
             .c_text = solve_c_text,
             CASES(inv)},
};
const size_t tad__ops_solve_count = LENGTH(tad__ops_solve);

tad_var tad_solve(tad_var a, tad_var b) {
    return tad_apply(&tad__ops_solve[SOLVE], (tad_var[]){a, b}, 2, NULL, NULL, 0);
}

tad_var tad_solve_triangular(tad_var a, tad_var b, const tad_solve_triangular_options *options) {
    const tad_solve_triangular_options o =
        options ? *options : (tad_solve_triangular_options){false, false, false};
    const triangular_options called = {o.upper, !o.right, o.unitriangular};
    return tad_apply(&tad__ops_solve[SOLVE_TRIANGULAR], (tad_var[]){a, b}, 2, &called, NULL, 0);
}

tad_var tad_inv(tad_var x) { return tad__apply_one(&tad__ops_solve[INV], x, NULL); }
