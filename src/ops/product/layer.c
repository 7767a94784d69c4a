/* affine and linear: x W + b, where all of x before its columns is rows. Rests on product.h. */
#include "array/view.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "product.h"

enum { AFFINE, LINEAR };

/* ---- operands as matrices ---- */

/* x with axes [0, split) as rows and the others as columns; false: that needs a copy. */
static bool split_matrix(const tad_array *x, int split, tad__matrix *m) {
    m->data = x->data;
    return tad__join_axes(x, 0, split, &m->rows, &m->row) &&
           tad__join_axes(x, split, x->rank, &m->cols, &m->col);
}

static bool is_linear(const tad_call_frame *c) { return c->op == &tad__ops_layer[LINEAR]; }

/* Axes of x that are rows. */
static int row_axes(const tad_call_frame *c) {
    const int rank = c->in[0]->rank;
    return rank == 1 ? 0 : is_linear(c) ? rank - 1 : 1;
}

static bool form(tad__product *p, const tad_call_frame *call, const tad_array *out) {
    const tad_array *x = call->in[0], *w = call->in[1];
    const int rows = row_axes(call);
    if (!split_matrix(x, rows, &p->a)) {
        x = tad__contiguous(p->compute, x);
        if (!x || !split_matrix(x, rows, &p->a)) return false;
    }
    (void)split_matrix(w, 1, &p->b); /* two axes are a matrix */
    if (is_linear(call)) tad__transpose(&p->b);
    tad__set_result(p, out);
    return true;
}

static const tad_array *bias_of(const tad_call_frame *c) { return c->n_in > 2 ? c->in[2] : NULL; }

static tad_status layer_forward(const tad_call_frame *c) {
    tad__product p;
    if (!tad__product_prepare(&p, c, form, c->out[0])) return TAD_NO_MEMORY;
    const tad_array *bias = bias_of(c);
    if (bias && !(bias = tad__contiguous(c->compute, bias))) return TAD_NO_MEMORY;
    return tad__multiply(&p, &p.a, &p.b, &p.c, false, bias ? bias->data : NULL);
}

/* ---- as C ---- */

/* Makes p, as if x had been copied, the product of x as it lies: its last axes are a matrix, those
 * before it are batches. */
static void walk_rows(tad__product *p, const tad_array *x) {
    const int64_t *stride = tad_strides(x);
    const int last = x->rank - 2;
    int64_t step = p->c.cols * x->dim[last];
    p->batch = tad__shape_of(x);
    p->batch.rank = last;
    for (int i = last - 1; i >= 0; i--) {
        p->a.step[i] = stride[i];
        p->b.step[i] = 0;
        p->c.step[i] = step;
        step *= x->dim[i];
    }
    p->a.rows = p->c.rows = x->dim[last];
    p->a.row = stride[last];
    p->a.col = stride[last + 1];
}

static void layer_c_text(const tad_call_frame *c, tad_c *to) {
    tad__header copy;
    const tad_array *x = c->in[0], *bias = bias_of(c), *in[2] = {x, c->in[1]};
    const int64_t step = bias ? tad_strides(bias)[bias->rank - 1] : 0;
    const tad_shape shape = tad__shape_of(x);
    tad__product p;
    const bool in_place = split_matrix(x, row_axes(c), &p.a);
    tad__array_layout(&copy.array, (tad_dtype)x->dtype, &shape);
    copy.array.data = NULL;
    if (!in_place) in[0] = &copy.array;
    if (c->n_in > 2 && !bias) tad_c_put(to, "(void)in2;\n");
    tad_call_frame seen = *c;
    seen.in = in;
    (void)tad__product_prepare(&p, &seen, form, c->out[0]); /* asks for no memory */
    const tad__gemm_order order = tad__product_order(&p);
    if (!in_place && !is_linear(c)) {
        tad__product_c_text_by_axes(to, &p, &order, x, bias != NULL, step);
        return;
    }
    if (!in_place) walk_rows(&p, x);
    tad__product_c_text(to, &p, &order, bias != NULL, step);
}

/* ---- derivatives ---- */

/* db += column sums of dC. */
static tad_status bias_gradient(tad_backward *b) {
    bool fresh;
    tad_array *buffer = tad_backward_buffer(b, 2, &fresh);
    if (!buffer) return TAD_NO_MEMORY;
    const tad_array *g = b->cotangent[0];
    size_t n = (size_t)buffer->size, rows = n ? (size_t)g->size / n : 0;
    if (fresh) tad__clear(b->call.compute, buffer);
    if (rows)
        tad__add_columns(b->call.compute, (tad_dtype)g->dtype, rows, n, g->data, buffer->data);
    return TAD_OK;
}

static tad_status layer_backward(tad_backward *b) {
    if (!b->cotangent[0]) return TAD_OK;
    tad_status status = tad__product_gradients(b, form);
    return !status && bias_of(&b->call) && b->wanted[2] ? bias_gradient(b) : status;
}

/* ---- shapes ---- */

/* Whether a bias fits m columns: (m), or (1,m) where rows may be written so. */
static tad_status check_bias(const tad_call_frame *c, int64_t m, bool one_row) {
    const tad_array *b = c->n_in > 2 ? c->in[2] : NULL;
    if (!b || (b->rank == 1 && b->dim[0] == m)) return TAD_OK;
    if (one_row && b->rank == 2 && b->dim[0] == 1 && b->dim[1] == m) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "the bias must have %lld elements in one row", (long long)m);
}

static tad_status affine_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[0], *w = c->in[1];
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (x->rank < 1 || w->rank != 2) return tad_fail(c, TAD_BAD_SHAPE, "x needs an axis and W two");
    int64_t n = 1;
    for (int i = x->rank > 1; i < x->rank; i++) n *= x->dim[i];
    if (n != w->dim[0]) return tad__inner_differ(c, n, w->dim[0]);
    out[0].dtype = (tad_dtype)x->dtype;
    out[0].shape = x->rank > 1 ? TAD_SHAPE(x->dim[0], w->dim[1]) : TAD_SHAPE(w->dim[1]);
    return check_bias(c, w->dim[1], true);
}

static tad_status linear_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[0], *w = c->in[1];
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (x->rank < 1 || w->rank != 2) return tad_fail(c, TAD_BAD_SHAPE, "x needs an axis and W two");
    if (x->dim[x->rank - 1] != w->dim[1])
        return tad__inner_differ(c, x->dim[x->rank - 1], w->dim[1]);
    out[0] = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    out[0].shape.dim[x->rank - 1] = w->dim[0];
    return check_bias(c, w->dim[0], false);
}

/* ---- rules ---- */

/* Tangents of a layer: those of x and b go through the layer together. */
static void layer_jvp(tad_rule *r) {
    tad_var bias = r->n_in > 2 && !tad_is_none(r->in[2]) ? r->given[2] : tad_none();
    tad_var dx = r->given[0], dw = r->given[1], sum = r->result[0];
    if (!tad_is_nil(dx)) sum = tad_apply(r->op, (tad_var[]){dx, r->in[1]}, 2, NULL, NULL, 0);
    if (!tad_is_nil(dw))
        sum = tad__plus(sum, tad_apply(r->op, (tad_var[]){r->in[0], dw}, 2, NULL, NULL, 0));
    if (!tad_is_none(bias) && !tad_is_nil(bias)) {
        tad_shape s = tad_shape_of(r->out[0]), row = TAD_SHAPE(s.dim[s.rank - 1]);
        sum = tad__plus(sum, tad_broadcast_to(tad_reshape(bias, row), s));
    }
    r->result[0] = sum;
}

/* Rows of a layer's x. */
static int64_t layer_rows(tad_var x, bool linear) {
    tad_shape s = tad_shape_of(x);
    int64_t rows = 1;
    for (int i = 0; i < (linear ? s.rank - 1 : s.rank > 1); i++) rows *= s.dim[i];
    return rows;
}

static void layer_vjp(tad_rule *r) {
    const bool linear = r->op == &tad__ops_layer[LINEAR];
    tad_var w = r->in[1], wt = linear ? w : tad__transposed(w); /* (m,n) */
    tad_shape s = tad_shape_of(wt);
    int64_t rows = layer_rows(r->in[0], linear);
    tad_var x = tad_reshape(r->in[0], TAD_SHAPE(rows, s.dim[1]));
    tad_var g = tad_reshape(r->given[0], TAD_SHAPE(rows, s.dim[0]));
    if (r->wanted[0]) r->result[0] = tad_reshape(tad_matmul(g, wt), tad_shape_of(r->in[0]));
    if (r->wanted[1])
        r->result[1] =
            linear ? tad_matmul(tad__transposed(g), x) : tad_matmul(tad__transposed(x), g);
    if (r->n_in > 2 && r->wanted[2]) r->result[2] = g;
}

/* ---- samples, misuse ---- */

static const tad_sample affine_samples[] = {
    {CASE("rows", F64(7, 3), F64(3, 5), F64(5))},
    {CASE("no bias", F64(7, 3), F64(3, 5))},
    {CASE("vector", F64(3), F64(3, 5), F64(5))},
    {CASE("vector, bias row", F64(3), F64(3, 5), F64(1, 5))},
    {CASE("flattened", F64(5, 2, 3), F64(6, 2), F64(1, 2))},
    {CASE("one", F64(1, 1), F64(1, 1), F64(1))},
    {CASE("no rows", F64(0, 3), F64(3, 5), F64(5))},
    {CASE("inner size 0", F64(3, 0), F64(0, 5), F64(5))},
};
static const tad_misuse affine_misuse[] = {
    {CASE("inner sizes", F64(2, 3), F64(4, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("W a vector", F64(2, 3), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("bias", F64(2, 3), F64(3, 4), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 2, 3), F64(3, 4)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample linear_samples[] = {
    {CASE("rows", F64(7, 3), F64(5, 3), F64(5))},
    {CASE("no bias", F64(7, 3), F64(5, 3))},
    {CASE("vector", F64(3), F64(5, 3), F64(5))},
    {CASE("batches", F64(2, 5, 3), F64(7, 3), F64(7))},
    {CASE("one", F64(1, 1), F64(1, 1), F64(1))},
    {CASE("no rows", F64(0, 3), F64(5, 3), F64(5))},
    {CASE("inner size 0", F64(3, 0), F64(5, 0), F64(5))},
};
static const tad_misuse linear_misuse[] = {
    {CASE("inner sizes", F64(2, 3), F64(3, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("W a vector", F64(2, 3), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("bias", F64(2, 3), F64(4, 3), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 2, 3), F64(4, 3)), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

#define LAYER(op)                                                                                  \
    FAMILY("product", 2, 3), .shape = op##_shape, .forward = layer_forward, .vjp = layer_vjp,      \
                             .jvp = layer_jvp, .c_text = layer_c_text, .backward = layer_backward, \
                             SAMPLES(op##_samples), MISUSE(op##_misuse)

const tad_op tad__ops_layer[] = {
    [AFFINE] = {.name = "affine",
                .doc =
                    "x W + b: x (n) or (B,...) flattened to (B,n), W (n,m), b (m), (1,m) or none",
                LAYER(affine)},
    [LINEAR] = {.name = "linear",
                .doc = "x W^T + b on the last axis: x (...,n), W (m,n), b (m) or none",
                LAYER(linear)},
};
const size_t tad__ops_layer_count = LENGTH(tad__ops_layer);

static tad_var layer(int op, tad_var x, tad_var w, tad_var b) {
    return tad_apply(&tad__ops_layer[op], (tad_var[]){x, w, b}, 3, NULL, NULL, 0);
}

tad_var tad_affine(tad_var x, tad_var w, tad_var b) { return layer(AFFINE, x, w, b); }
tad_var tad_linear(tad_var x, tad_var w, tad_var b) { return layer(LINEAR, x, w, b); }
