/* matmul, bmm, mv, dot, outer: matrix products of the last axes. Rests on product.h. */
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "product.h"

enum { MATMUL, BMM, MV, DOT, OUTER };

/* ---- operands as matrices ---- */

/* The last axes of an operand of matmul; a vector is one row or one column. */
static void last_axes(const tad_array *x, bool vector_is_row, const tad_shape *batch,
                      tad__matrix *m) {
    const int64_t *s = tad_strides(x);
    m->data = x->data;
    m->rows = m->cols = 1;
    m->row = m->col = 0;
    bool row = x->rank > 1 || vector_is_row, col = x->rank > 1 || !vector_is_row;
    int at = x->rank;
    if (row) at--, m->cols = x->dim[at], m->col = s[at];
    if (col) at--, m->rows = x->dim[at], m->row = s[at];
    for (int i = batch->rank - 1; i >= 0; i--) {
        at--;
        m->step[i] = at >= 0 && x->dim[at] != 1 ? s[at] : 0;
    }
}

/* A batch of A against one B is one taller A. Decided by sizes, and strides of A, alone: an operand
 * and its gradient are then seen alike. */
static void merge_batches(tad__product *p, const tad_array *a, const tad_array *b) {
    int64_t rows, row;
    for (int i = 0; i + 2 < b->rank; i++)
        if (b->dim[i] != 1) return;
    if (a->rank < 3 || a->size == 0 || !tad__join_axes(a, 0, a->rank - 1, &rows, &row)) return;
    if (rows != p->batches * p->a.rows) return;
    p->a.rows = p->c.rows = rows;
    p->a.row = row;
    p->batches = 1;
    p->batch.rank = 0;
}

/* The batch axes of both. Most matrices have none: shapes are large to pass about. */
static bool join_batches(const tad_array *a, const tad_array *b, tad_shape *batch) {
    batch->rank = 0;
    if (a->rank <= 2 && b->rank <= 2) return true;
    const tad_shape sa = tad__batch_axes(a), sb = tad__batch_axes(b);
    return tad__shape_broadcast(&sa, &sb, batch);
}

static bool form(tad__product *p, const tad_call_frame *call, const tad_array *out) {
    const tad_array *a = call->in[0], *b = call->in[1];
    bool outer = call->op == &tad__ops_matmul[OUTER];
    (void)join_batches(a, b, &p->batch);
    if (p->batch.rank) tad__shape_size(&p->batch, &p->batches);
    last_axes(a, !outer, &p->batch, &p->a);
    last_axes(b, outer, &p->batch, &p->b);
    tad__set_result(p, out);
    int64_t step = p->c.rows * p->c.cols;
    for (int i = p->batch.rank - 1; i >= 0; i--) {
        p->c.step[i] = step;
        step *= p->batch.dim[i];
    }
    merge_batches(p, a, b);
    return true;
}

static tad_status product_forward(const tad_call_frame *c) {
    tad__product p;
    if (!tad__product_prepare(&p, c, form, c->out[0])) return TAD_NO_MEMORY;
    return tad__multiply(&p, &p.a, &p.b, &p.c, false, NULL);
}

static void product_c_text(const tad_call_frame *c, tad_c *to) {
    tad__product p;
    (void)tad__product_prepare(&p, c, form, c->out[0]); /* asks for no memory */
    const tad__gemm_order order = tad__product_order(&p);
    tad__product_c_text(to, &p, &order, false, 0);
}

static tad_status product_backward(tad_backward *b) {
    return b->cotangent[0] ? tad__product_gradients(b, form) : TAD_OK;
}

/* ---- shapes ---- */

static tad_status matmul_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *a = c->in[0], *b = c->in[1];
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (a->rank == 0 || b->rank == 0)
        return tad_fail(c, TAD_BAD_SHAPE, "a 0-d operand has no inner axis");
    int64_t k = a->dim[a->rank - 1], l = b->dim[b->rank > 1 ? b->rank - 2 : 0];
    if (k != l) return tad__inner_differ(c, k, l);
    tad_shape *s = &out[0].shape;
    if (!join_batches(a, b, s))
        return tad_fail(c, TAD_BAD_SHAPE, "the leading axes do not broadcast together");
    out[0].dtype = (tad_dtype)a->dtype;
    if (a->rank > 1) s->dim[s->rank++] = a->dim[a->rank - 2];
    if (b->rank > 1) s->dim[s->rank++] = b->dim[b->rank - 1];
    return TAD_OK;
}

/* matmul for operands of given ranks. */
static tad_status ranked_shape(const tad_call_frame *c, tad_type *out, size_t *n_out, int ra,
                               int rb) {
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (c->in[0]->rank != ra || c->in[1]->rank != rb)
        return tad_fail(c, TAD_BAD_SHAPE, "operands must have %d and %d axes", ra, rb);
    return matmul_shape(c, out, n_out);
}

static tad_status bmm_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    tad_status status = ranked_shape(c, out, n_out, 3, 3);
    if (!status && c->in[0]->dim[0] != c->in[1]->dim[0])
        return tad_fail(c, TAD_BAD_SHAPE, "numbers of matrices %lld and %lld differ",
                        (long long)c->in[0]->dim[0], (long long)c->in[1]->dim[0]);
    return status;
}

static tad_status mv_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    return ranked_shape(c, out, n_out, 2, 1);
}

static tad_status dot_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    return ranked_shape(c, out, n_out, 1, 1);
}

static tad_status outer_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (c->in[0]->rank != 1 || c->in[1]->rank != 1)
        return tad_fail(c, TAD_BAD_SHAPE, "operands must have 1 axis");
    out[0].dtype = (tad_dtype)c->in[0]->dtype;
    out[0].shape = (tad_shape){2, {c->in[0]->dim[0], c->in[1]->dim[0]}};
    return TAD_OK;
}

/* ---- rules ---- */

static int rank_of(tad_var x) { return tad_shape_of(x).rank; }

static tad_var without_axis(tad_var x, int axis) { return tad_squeeze(x, tad_axis(axis)); }

/* Vectors are made matrices first: a one row, b one column, and so is the cotangent. */
static void matmul_vjp(tad_rule *r) {
    tad_var a = r->in[0], b = r->in[1], g = r->given[0];
    bool row = rank_of(a) == 1, col = rank_of(b) == 1;
    if (col) g = tad_unsqueeze(g, -1);
    if (row) g = tad_unsqueeze(g, -2);
    if (r->wanted[0]) {
        tad_var da = tad_matmul(g, tad__transposed(col ? tad_unsqueeze(b, 1) : b));
        r->result[0] = row ? without_axis(da, -2) : da;
    }
    if (r->wanted[1]) {
        tad_var db = tad_matmul(tad__transposed(row ? tad_unsqueeze(a, 0) : a), g);
        r->result[1] = col ? without_axis(db, -1) : db;
    }
}

static void dot_vjp(tad_rule *r) {
    if (r->wanted[0]) r->result[0] = tad_mul(r->given[0], r->in[1]);
    if (r->wanted[1]) r->result[1] = tad_mul(r->given[0], r->in[0]);
}

static void outer_vjp(tad_rule *r) {
    if (r->wanted[0]) r->result[0] = tad_matmul(r->given[0], r->in[1]);
    if (r->wanted[1]) r->result[1] = tad_matmul(r->in[0], r->given[0]);
}

/* The product rule; the op itself is applied to each tangent. */
static void product_jvp(tad_rule *r) {
    tad_var sum = r->result[0];
    for (int i = 0; i < 2; i++) {
        tad_var in[2] = {r->in[0], r->in[1]};
        if (tad_is_nil(r->given[i])) continue;
        in[i] = r->given[i];
        sum = tad__plus(sum, tad_apply(r->op, in, 2, NULL, NULL, 0));
    }
    r->result[0] = sum;
}

/* ---- samples, misuse ---- */

static const tad_sample matmul_samples[] = {
    {CASE("matrices", F64(3, 5), F64(5, 2))},
    {CASE("larger", F64(17, 9), F64(9, 13))},
    {CASE("row by matrix", F64(3), F64(3, 5))},
    {CASE("matrix by column", F64(5, 3), F64(3))},
    {CASE("vectors", F64(7), F64(7))},
    {CASE("batch by matrix", F64(2, 3, 5), F64(5, 7))},
    {CASE("matrix by batch", F64(3, 5), F64(2, 5, 7))},
    {CASE("vector by batch", F64(5), F64(2, 3, 5, 7))},
    {CASE("batch by vector", F64(2, 3, 5, 7), F64(7))},
    {CASE("broadcast batches", F64(2, 1, 3, 5), F64(7, 5, 2))},
    {CASE("ones", F64(1, 1), F64(1, 1))},
    {CASE("inner size 0", F64(3, 0), F64(0, 2))},
    {CASE("no rows", F64(0, 3), F64(3, 2))},
    {CASE("no batches", F64(0, 2, 3), F64(3, 2))},
};
static const tad_misuse matmul_misuse[] = {
    {CASE("inner sizes", F64(2, 3), F64(4, 5)), .expect = TAD_BAD_SHAPE},
    {CASE("number", F64_0D, F64(4, 5)), .expect = TAD_BAD_SHAPE},
    {CASE("batches", F64(2, 3, 4), F64(3, 4, 5)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", F64(2, 3), INDICES(3, 3, 2)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample bmm_samples[] = {
    {CASE("batch", F64(2, 3, 5), F64(2, 5, 7))}, {CASE("one", F64(1, 3, 5), F64(1, 5, 2))},
    {CASE("ones", F64(3, 1, 1), F64(3, 1, 1))},  {CASE("inner size 0", F64(2, 3, 0), F64(2, 0, 5))},
    {CASE("empty", F64(0, 3, 5), F64(0, 5, 2))},
};
static const tad_misuse bmm_misuse[] = {
    {CASE("rank", F64(2, 3), F64(3, 5)), .expect = TAD_BAD_SHAPE},
    {CASE("inner sizes", F64(2, 3, 5), F64(2, 3, 5)), .expect = TAD_BAD_SHAPE},
    {CASE("batches", F64(2, 3, 5), F64(1, 5, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 2, 3, 2), F64(2, 2, 3)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample mv_samples[] = {
    {CASE("wide", F64(3, 5), F64(5))},    {CASE("tall", F64(19, 3), F64(3))},
    {CASE("ones", F64(1, 1), F64(1))},    {CASE("inner size 0", F64(3, 0), F64(0))},
    {CASE("no rows", F64(0, 3), F64(3))},
};
static const tad_misuse mv_misuse[] = {
    {CASE("rank", F64(2, 3), F64(3, 1)), .expect = TAD_BAD_SHAPE},
    {CASE("inner sizes", F64(2, 3), F64(2)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", F64(2, 3), INDICES(3, 3)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample dot_samples[] = {
    {CASE("short", F64(3), F64(3))}, {CASE("long", F64(131), F64(131))},
    {CASE("one", F64(1), F64(1))},   {CASE("primes", F64(17), F64(17))},
    {CASE("empty", F64(0), F64(0))},
};
static const tad_misuse dot_misuse[] = {
    {CASE("rank", F64(2, 3), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("sizes", F64(2), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", F64(3), INDICES(3, 3)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample outer_samples[] = {
    {CASE("wide", F64(3), F64(5))},    {CASE("tall", F64(19), F64(2))},
    {CASE("one row", F64(1), F64(5))}, {CASE("one", F64(1), F64(1))},
    {CASE("empty", F64(0), F64(5))},
};
static const tad_misuse outer_misuse[] = {
    {CASE("rank", F64(2, 3), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("number", F64(2), F64_0D), .expect = TAD_BAD_SHAPE},
    {CASE("integers", F64(3), INDICES(3, 3)), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

#define PRODUCT(op)                                                                                \
    FAMILY("product", 2, 2), .shape = op##_shape, .forward = product_forward,                      \
                             .backward = product_backward, .jvp = product_jvp,                     \
                             .c_text = product_c_text, CASES(op)

const tad_op tad__ops_matmul[] = {
    [MATMUL] = {.name = "matmul",
                .doc = "matrix product of the last two axes, leading axes broadcast; a vector is a "
                       "row or column",
                PRODUCT(matmul),
                .vjp = matmul_vjp},
    [BMM] = {.name = "bmm",
             .doc = "matrix products of (B,n,k) and (B,k,m)",
             PRODUCT(bmm),
             .vjp = matmul_vjp},
    [MV] = {.name = "mv", .doc = "matrix (n,k) by vector (k)", PRODUCT(mv), .vjp = matmul_vjp},
    [DOT] = {.name = "dot",
             .doc = "sum of the products of two vectors",
             PRODUCT(dot),
             .vjp = dot_vjp},
    [OUTER] = {.name = "outer",
               .doc = "all products of two vectors: (n), (m) -> (n,m)",
               PRODUCT(outer),
               .vjp = outer_vjp},
};
const size_t tad__ops_matmul_count = LENGTH(tad__ops_matmul);

static tad_var product_of(int op, tad_var a, tad_var b) {
    return tad_apply(&tad__ops_matmul[op], (tad_var[]){a, b}, 2, NULL, NULL, 0);
}

tad_var tad_matmul(tad_var a, tad_var b) { return product_of(MATMUL, a, b); }
tad_var tad_bmm(tad_var a, tad_var b) { return product_of(BMM, a, b); }
tad_var tad_mv(tad_var a, tad_var b) { return product_of(MV, a, b); }
tad_var tad_dot(tad_var a, tad_var b) { return product_of(DOT, a, b); }
tad_var tad_outer(tad_var a, tad_var b) { return product_of(OUTER, a, b); }
