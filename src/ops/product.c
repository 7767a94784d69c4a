/* Products that sum over a common axis: matmul and its relatives, affine layers. All are one
 * blocked matrix product on strided memory: an op says only which axes are rows, columns and
 * batches. Rests on tape.h and kernel/gemm.h. */
#include <string.h>

#include "kernel/gemm.h"
#include "families.h"
#include "tape/tape.h"
#include "old_samples.h"

enum { MATMUL, BMM, MV, DOT, OUTER, AFFINE, LINEAR, COUNT };

/* ---- operands as matrices ---- */

/* A batch of matrices in an array. */
typedef struct matrix {
    char *data;
    int64_t rows, cols, row, col; /* sizes and strides, in elements */
    int64_t step[TAD_MAX_RANK];   /* strides of the product's batch axes; 0 where broadcast */
} matrix;

/* C = A B for each batch. */
typedef struct product {
    const tad__compute *compute;
    tad_dtype dtype;
    tad_shape batch;
    int64_t batches;
    matrix a, b, c;
    const tad_array *bias;
} product;

/* Axes [from, to) as a single one; false when no one stride steps through them. */
static bool join(const tad_array *x, int from, int to, int64_t *size, int64_t *stride) {
    const int64_t *s = tad_strides(x);
    *size = 1;
    *stride = 0;
    for (int i = to - 1; i >= from; i--) {
        if (x->dim[i] == 1) continue;
        if (*size == 1)
            *stride = s[i];
        else if (x->size && s[i] != *stride * *size)
            return false;
        *size *= x->dim[i];
    }
    return true;
}

/* x with axes [0, split) as rows and the others as columns, copied where that needs it. */
static bool split_matrix(const tad__compute *compute, const tad_array *x, int split, matrix *m) {
    for (int tries = 0; tries < 2; tries++) {
        if (!x) return false;
        if (join(x, 0, split, &m->rows, &m->row) && join(x, split, x->rank, &m->cols, &m->col)) {
            m->data = x->data;
            return true;
        }
        x = tad__contiguous(compute, x);
    }
    return false;
}

static void turn(matrix *m) {
    matrix n = *m;
    m->rows = n.cols;
    m->row = n.col;
    m->cols = n.rows;
    m->col = n.row;
}

/* The last axes of an operand of matmul; a vector is one row or one column. */
static void last_axes(const tad_array *x, bool vector_is_row, const tad_shape *batch, matrix *m) {
    const int64_t *s = tad_strides(x);
    *m = (matrix){.data = x->data, .rows = 1, .cols = 1};
    bool row = x->rank > 1 || vector_is_row, col = x->rank > 1 || !vector_is_row;
    int at = x->rank;
    if (row) at--, m->cols = x->dim[at], m->col = s[at];
    if (col) at--, m->rows = x->dim[at], m->row = s[at];
    for (int i = batch->rank - 1; at > 0; i--)
        if (x->dim[--at] != 1) m->step[i] = s[at];
}

static tad_shape batch_shape(const tad_array *x) {
    tad_shape s = tad__shape_of(x);
    s.rank = s.rank > 2 ? s.rank - 2 : 0;
    return s;
}

/* A batch of A against one B is one taller A. Decided by sizes, and strides of A, alone: an operand
 * and its gradient are then seen alike. */
static void merge_batches(product *p, const tad_array *a, const tad_array *b) {
    int64_t rows, row;
    for (int i = 0; i + 2 < b->rank; i++)
        if (b->dim[i] != 1) return;
    if (a->rank < 3 || a->size == 0 || !join(a, 0, a->rank - 1, &rows, &row)) return;
    if (rows != p->batches * p->a.rows) return;
    p->a.rows = p->c.rows = rows;
    p->a.row = row;
    p->batches = 1;
    p->batch.rank = 0;
}

/* Matrices of matmul, dot, outer and their like. c: the result or its cotangent, contiguous. */
static void form_matmul(product *p, const tad_op *op, const tad_array *a, const tad_array *b,
                        const tad_array *c) {
    bool outer = op == &tad__ops_product[OUTER];
    tad_shape sa = batch_shape(a), sb = batch_shape(b);
    tad__shape_broadcast(&sa, &sb, &p->batch);
    tad__shape_size(&p->batch, &p->batches);
    last_axes(a, !outer, &p->batch, &p->a);
    last_axes(b, outer, &p->batch, &p->b);
    p->c =
        (matrix){.data = c->data, .rows = p->a.rows, .cols = p->b.cols, .row = p->b.cols, .col = 1};
    int64_t step = p->c.rows * p->c.cols;
    for (int i = p->batch.rank - 1; i >= 0; i--) {
        p->c.step[i] = step;
        step *= p->batch.dim[i];
    }
    merge_batches(p, a, b);
}

/* Matrices of affine and linear: everything of x before its columns is rows. */
static bool form_layer(product *p, const tad_op *op, const tad_array *x, const tad_array *w,
                       const tad_array *c) {
    bool linear = op == &tad__ops_product[LINEAR];
    p->batch.rank = 0;
    p->batches = 1;
    int rows = x->rank == 1 ? 0 : linear ? x->rank - 1 : 1;
    if (!split_matrix(p->compute, x, rows, &p->a) || !split_matrix(p->compute, w, 1, &p->b)) return false;
    if (linear) turn(&p->b);
    p->c =
        (matrix){.data = c->data, .rows = p->a.rows, .cols = p->b.cols, .row = p->b.cols, .col = 1};
    return true;
}

static bool is_layer(const tad_op *op) {
    return op == &tad__ops_product[AFFINE] || op == &tad__ops_product[LINEAR];
}

/* False: no memory. */
static bool form(product *p, const tad_call_frame *call, const tad_array *c) {
    memset(p, 0, sizeof *p);
    p->compute = call->compute;
    p->dtype = (tad_dtype)call->in[0]->dtype;
    if (is_layer(call->op)) {
        p->bias = call->n_in > 2 ? call->in[2] : NULL;
        return form_layer(p, call->op, call->in[0], call->in[1], c);
    }
    form_matmul(p, call->op, call->in[0], call->in[1], c);
    return true;
}

/* ---- computing ---- */

static const void *at(const product *p, const matrix *m, const int64_t *batch) {
    int64_t offset = 0;
    for (int i = 0; i < p->batch.rank; i++) offset += batch[i] * m->step[i];
    return m->data + offset * (int64_t)tad_dtype_size(p->dtype);
}

static bool next(const product *p, int64_t *batch) {
    for (int i = p->batch.rank - 1; i >= 0; i--) {
        if (++batch[i] < p->batch.dim[i]) return true;
        batch[i] = 0;
    }
    return false;
}

static tad__gemm_kernel kernel_of(const product *p) {
    const tad__gemm_kernels *k = p->compute->kernels->gemm;
    return p->dtype == TAD_F64 ? k->f64 : k->f32;
}

/* z = x y, or z += x y, batch by batch; columns of z are contiguous. start: a row of z (bias). */
static tad_status multiply(const product *p, const matrix *x, const matrix *y, const matrix *z,
                           bool add, const void *start) {
    tad__gemm g = {.m = (size_t)z->rows,
                   .n = (size_t)z->cols,
                   .k = (size_t)x->cols,
                   .a_row = (ptrdiff_t)x->row,
                   .a_col = (ptrdiff_t)x->col,
                   .b_row = (ptrdiff_t)y->row,
                   .b_col = (ptrdiff_t)y->col,
                   .c_row = (ptrdiff_t)z->row};
    if (g.m == 0 || g.n == 0 || p->batches == 0) return TAD_OK;
    size_t bytes = tad__gemm_workspace(kernel_of(p), &g, p->compute->threads);
    void *workspace = bytes ? tad__scratch(p->compute, bytes) : NULL;
    if (bytes && !workspace) return TAD_NO_MEMORY;
    int64_t batch[TAD_MAX_RANK] = {0};
    do {
        g.a = at(p, x, batch);
        g.b = at(p, y, batch);
        g.c = (void *)(uintptr_t)at(p, z, batch);
        g.start = add ? g.c : start;
        g.start_row = add ? g.c_row : 0;
        tad__gemm_run(kernel_of(p), &g, workspace, p->compute->threads);
    } while (next(p, batch));
    return TAD_OK;
}

static tad_status product_forward(const tad_call_frame *c) {
    product p;
    if (!form(&p, c, c->out[0])) return TAD_NO_MEMORY;
    const tad_array *bias = p.bias;
    if (bias && !bias->contiguous && !(bias = tad__contiguous(c->compute, bias))) return TAD_NO_MEMORY;
    return multiply(&p, &p.a, &p.b, &p.c, false, bias ? bias->data : NULL);
}

/* ---- fused derivatives ---- */

/* Whether several batches meet in one matrix, or none does. */
static bool is_shared(const product *p, const matrix *m) {
    for (int i = 0; i < p->batch.rank; i++)
        if (p->batch.dim[i] != 1 && m->step[i] == 0) return true;
    return p->batches == 0;
}

/* dA += dC B^T (i 0) or dB += A^T dC (i 1), in the gradient buffer itself. */
static tad_status operand_gradient(tad_backward *b, size_t i) {
    bool fresh;
    tad_array *buffer = tad_backward_buffer(b, i, &fresh);
    if (!buffer) return TAD_NO_MEMORY;
    const tad_array *in[2] = {b->call.in[0], b->call.in[1]};
    in[i] = buffer;
    tad_call_frame call = b->call;
    call.in = in;
    call.n_in = 2;
    product p; /* with the buffer in the operand's place */
    if (!form(&p, &call, b->cotangent[0])) return TAD_NO_MEMORY;
    matrix z = i ? p.b : p.a, x = i ? p.a : p.c, y = i ? p.c : p.b;
    bool shared = is_shared(&p, &z);
    if (fresh && shared) tad__clear(p.compute, buffer);
    turn(i ? &x : &y);
    if (z.col != 1 && z.cols != 1) { /* the transposed gradient is what lies in rows */
        matrix swap = x;
        x = y;
        y = swap;
        turn(&x);
        turn(&y);
        turn(&z);
    }
    return multiply(&p, &x, &y, &z, !fresh || shared, NULL);
}

/* db += column sums of dC. */
static tad_status bias_gradient(tad_backward *b) {
    bool fresh;
    tad_array *buffer = tad_backward_buffer(b, 2, &fresh);
    if (!buffer) return TAD_NO_MEMORY;
    const tad_array *g = b->cotangent[0];
    size_t n = (size_t)buffer->size, rows = n ? (size_t)g->size / n : 0;
    if (fresh) tad__clear(b->call.compute, buffer);
    if (rows) tad__add_columns(b->call.compute, (tad_dtype)g->dtype, rows, n, g->data, buffer->data);
    return TAD_OK;
}

static tad_status product_backward(tad_backward *b) {
    tad_status status = TAD_OK;
    if (!b->cotangent[0]) return TAD_OK;
    for (size_t i = 0; i < 2 && !status; i++)
        if (b->wanted[i]) status = operand_gradient(b, i);
    bool bias = b->call.n_in > 2 && b->call.in[2] && b->wanted[2];
    return !status && bias ? bias_gradient(b) : status;
}

/* ---- shapes ---- */

static tad_status check_dtypes(const tad_call_frame *c) {
    for (size_t i = 0; i < c->n_in; i++) {
        if (!c->in[i]) continue;
        if (c->in[i]->dtype > TAD_F32)
            return tad_fail(c, TAD_BAD_DTYPE, "needs float64 or float32, not %s",
                            tad_dtype_name((tad_dtype)c->in[i]->dtype));
        if (c->in[i]->dtype != c->in[0]->dtype)
            return tad_fail(c, TAD_BAD_DTYPE, "element types differ");
    }
    return TAD_OK;
}

static tad_status inner_differ(const tad_call_frame *c, int64_t a, int64_t b) {
    return tad_fail(c, TAD_BAD_SHAPE, "inner sizes %lld and %lld differ", (long long)a,
                    (long long)b);
}

static tad_status matmul_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *a = c->in[0], *b = c->in[1];
    if (check_dtypes(c)) return TAD_BAD_DTYPE;
    if (a->rank == 0 || b->rank == 0)
        return tad_fail(c, TAD_BAD_SHAPE, "a 0-d operand has no inner axis");
    int64_t k = a->dim[a->rank - 1], l = b->dim[b->rank > 1 ? b->rank - 2 : 0];
    if (k != l) return inner_differ(c, k, l);
    tad_shape sa = batch_shape(a), sb = batch_shape(b), *s = &out[0].shape;
    if (!tad__shape_broadcast(&sa, &sb, s))
        return tad_fail(c, TAD_BAD_SHAPE, "the leading axes do not broadcast together");
    out[0].dtype = (tad_dtype)a->dtype;
    if (a->rank > 1) s->dim[s->rank++] = a->dim[a->rank - 2];
    if (b->rank > 1) s->dim[s->rank++] = b->dim[b->rank - 1];
    return TAD_OK;
}

/* matmul for operands of given ranks. */
static tad_status ranked_shape(const tad_call_frame *c, tad_type *out, size_t *n_out, int ra,
                               int rb) {
    if (check_dtypes(c)) return TAD_BAD_DTYPE;
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
    if (check_dtypes(c)) return TAD_BAD_DTYPE;
    if (c->in[0]->rank != 1 || c->in[1]->rank != 1)
        return tad_fail(c, TAD_BAD_SHAPE, "operands must have 1 axis");
    out[0].dtype = (tad_dtype)c->in[0]->dtype;
    out[0].shape = (tad_shape){2, {c->in[0]->dim[0], c->in[1]->dim[0]}};
    return TAD_OK;
}

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
    if (check_dtypes(c)) return TAD_BAD_DTYPE;
    if (x->rank < 1 || w->rank != 2) return tad_fail(c, TAD_BAD_SHAPE, "x needs an axis and W two");
    int64_t n = 1;
    for (int i = x->rank > 1; i < x->rank; i++) n *= x->dim[i];
    if (n != w->dim[0]) return inner_differ(c, n, w->dim[0]);
    out[0].dtype = (tad_dtype)x->dtype;
    out[0].shape = x->rank > 1 ? TAD_SHAPE(x->dim[0], w->dim[1]) : TAD_SHAPE(w->dim[1]);
    return check_bias(c, w->dim[1], true);
}

static tad_status linear_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[0], *w = c->in[1];
    if (check_dtypes(c)) return TAD_BAD_DTYPE;
    if (x->rank < 1 || w->rank != 2) return tad_fail(c, TAD_BAD_SHAPE, "x needs an axis and W two");
    if (x->dim[x->rank - 1] != w->dim[1]) return inner_differ(c, x->dim[x->rank - 1], w->dim[1]);
    out[0] = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    out[0].shape.dim[x->rank - 1] = w->dim[0];
    return check_bias(c, w->dim[0], false);
}

/* ---- rules ---- */

static int rank_of(tad_var x) { return tad_shape_of(x).rank; }
static tad_var turned(tad_var x) { return tad_transpose(x, -1, -2); }
static tad_var without_axis(tad_var x, int axis) {
    return tad_squeeze(x, tad_axis(axis));
}

/* Vectors are made matrices first: a one row, b one column, and so is the cotangent. */
static void matmul_vjp(tad_rule *r) {
    tad_var a = r->in[0], b = r->in[1], g = r->given[0];
    bool row = rank_of(a) == 1, col = rank_of(b) == 1;
    if (col) g = tad_unsqueeze(g, -1);
    if (row) g = tad_unsqueeze(g, -2);
    if (r->wanted[0]) {
        tad_var da = tad_matmul(g, turned(col ? tad_unsqueeze(b, 1) : b));
        r->result[0] = row ? without_axis(da, -2) : da;
    }
    if (r->wanted[1]) {
        tad_var db = tad_matmul(turned(row ? tad_unsqueeze(a, 0) : a), g);
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

static tad_var plus(tad_var a, tad_var b) {
    if (tad_is_nil(a)) return b;
    return tad_is_nil(b) ? a : tad_add(a, b);
}

/* The product rule; the op itself is applied to each tangent. */
static void product_jvp(tad_rule *r) {
    tad_var sum = r->result[0];
    for (int i = 0; i < 2; i++) {
        tad_var in[2] = {r->in[0], r->in[1]};
        if (tad_is_nil(r->given[i])) continue;
        in[i] = r->given[i];
        sum = plus(sum, tad_apply(r->op, in, 2, NULL, NULL, 0));
    }
    r->result[0] = sum;
}

/* Tangents of a layer: those of x and b go through the layer together. */
static void layer_jvp(tad_rule *r) {
    tad_var bias = r->n_in > 2 && !tad_is_none(r->in[2]) ? r->given[2] : tad_none();
    tad_var dx = r->given[0], dw = r->given[1], sum = r->result[0];
    if (!tad_is_nil(dx)) sum = tad_apply(r->op, (tad_var[]){dx, r->in[1]}, 2, NULL, NULL, 0);
    if (!tad_is_nil(dw))
        sum = plus(sum, tad_apply(r->op, (tad_var[]){r->in[0], dw}, 2, NULL, NULL, 0));
    if (!tad_is_none(bias) && !tad_is_nil(bias)) {
        tad_shape s = tad_shape_of(r->out[0]), row = TAD_SHAPE(s.dim[s.rank - 1]);
        sum = plus(sum, tad_broadcast_to(tad_reshape(bias, row), s));
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
    bool linear = r->op == &tad__ops_product[LINEAR];
    tad_var w = r->in[1], wt = linear ? w : turned(w); /* (m,n) */
    tad_shape s = tad_shape_of(wt);
    int64_t rows = layer_rows(r->in[0], linear);
    tad_var x = tad_reshape(r->in[0], TAD_SHAPE(rows, s.dim[1]));
    tad_var g = tad_reshape(r->given[0], TAD_SHAPE(rows, s.dim[0]));
    if (r->wanted[0]) r->result[0] = tad_reshape(tad_matmul(g, wt), tad_shape_of(r->in[0]));
    if (r->wanted[1]) r->result[1] = linear ? tad_matmul(turned(g), x) : tad_matmul(turned(x), g);
    if (r->n_in > 2 && r->wanted[2]) r->result[2] = g;
}

/* ---- samples ---- */

static const tad_sample matmul_samples[] = {
    {.label = "matrices", .n = 2, .in = {TAD__F64(3, 5), TAD__F64(5, 2)}},
    {.label = "larger", .n = 2, .in = {TAD__F64(17, 9), TAD__F64(9, 13)}},
    {.label = "row by matrix", .n = 2, .in = {TAD__F64(3), TAD__F64(3, 5)}},
    {.label = "matrix by column", .n = 2, .in = {TAD__F64(5, 3), TAD__F64(3)}},
    {.label = "vectors", .n = 2, .in = {TAD__F64(7), TAD__F64(7)}},
    {.label = "batch by matrix", .n = 2, .in = {TAD__F64(2, 3, 5), TAD__F64(5, 7)}},
    {.label = "matrix by batch", .n = 2, .in = {TAD__F64(3, 5), TAD__F64(2, 5, 7)}},
    {.label = "vector by batch", .n = 2, .in = {TAD__F64(5), TAD__F64(2, 3, 5, 7)}},
    {.label = "batch by vector", .n = 2, .in = {TAD__F64(2, 3, 5, 7), TAD__F64(7)}},
    {.label = "broadcast batches", .n = 2, .in = {TAD__F64(2, 1, 3, 5), TAD__F64(7, 5, 2)}},
    {.label = "ones", .n = 2, .in = {TAD__F64(1, 1), TAD__F64(1, 1)}},
    {.label = "inner size 0", .n = 2, .in = {TAD__F64(3, 0), TAD__F64(0, 2)}},
    {.label = "no rows", .n = 2, .in = {TAD__F64(0, 3), TAD__F64(3, 2)}},
    {.label = "no batches", .n = 2, .in = {TAD__F64(0, 2, 3), TAD__F64(3, 2)}},
};
static const tad_sample bmm_samples[] = {
    {.label = "batch", .n = 2, .in = {TAD__F64(2, 3, 5), TAD__F64(2, 5, 7)}},
    {.label = "one", .n = 2, .in = {TAD__F64(1, 3, 5), TAD__F64(1, 5, 2)}},
    {.label = "ones", .n = 2, .in = {TAD__F64(3, 1, 1), TAD__F64(3, 1, 1)}},
    {.label = "inner size 0", .n = 2, .in = {TAD__F64(2, 3, 0), TAD__F64(2, 0, 5)}},
    {.label = "empty", .n = 2, .in = {TAD__F64(0, 3, 5), TAD__F64(0, 5, 2)}},
};
static const tad_sample mv_samples[] = {
    {.label = "wide", .n = 2, .in = {TAD__F64(3, 5), TAD__F64(5)}},
    {.label = "tall", .n = 2, .in = {TAD__F64(19, 3), TAD__F64(3)}},
    {.label = "ones", .n = 2, .in = {TAD__F64(1, 1), TAD__F64(1)}},
    {.label = "inner size 0", .n = 2, .in = {TAD__F64(3, 0), TAD__F64(0)}},
    {.label = "no rows", .n = 2, .in = {TAD__F64(0, 3), TAD__F64(3)}},
};
static const tad_sample dot_samples[] = {
    {.label = "short", .n = 2, .in = {TAD__F64(3), TAD__F64(3)}},
    {.label = "long", .n = 2, .in = {TAD__F64(131), TAD__F64(131)}},
    {.label = "one", .n = 2, .in = {TAD__F64(1), TAD__F64(1)}},
    {.label = "primes", .n = 2, .in = {TAD__F64(17), TAD__F64(17)}},
    {.label = "empty", .n = 2, .in = {TAD__F64(0), TAD__F64(0)}},
};
static const tad_sample outer_samples[] = {
    {.label = "wide", .n = 2, .in = {TAD__F64(3), TAD__F64(5)}},
    {.label = "tall", .n = 2, .in = {TAD__F64(19), TAD__F64(2)}},
    {.label = "one row", .n = 2, .in = {TAD__F64(1), TAD__F64(5)}},
    {.label = "one", .n = 2, .in = {TAD__F64(1), TAD__F64(1)}},
    {.label = "empty", .n = 2, .in = {TAD__F64(0), TAD__F64(5)}},
};
static const tad_sample affine_samples[] = {
    {.label = "rows", .n = 3, .in = {TAD__F64(7, 3), TAD__F64(3, 5), TAD__F64(5)}},
    {.label = "no bias", .n = 2, .in = {TAD__F64(7, 3), TAD__F64(3, 5)}},
    {.label = "vector", .n = 3, .in = {TAD__F64(3), TAD__F64(3, 5), TAD__F64(5)}},
    {.label = "vector, bias row", .n = 3, .in = {TAD__F64(3), TAD__F64(3, 5), TAD__F64(1, 5)}},
    {.label = "flattened", .n = 3, .in = {TAD__F64(5, 2, 3), TAD__F64(6, 2), TAD__F64(1, 2)}},
    {.label = "one", .n = 3, .in = {TAD__F64(1, 1), TAD__F64(1, 1), TAD__F64(1)}},
    {.label = "no rows", .n = 3, .in = {TAD__F64(0, 3), TAD__F64(3, 5), TAD__F64(5)}},
    {.label = "inner size 0", .n = 3, .in = {TAD__F64(3, 0), TAD__F64(0, 5), TAD__F64(5)}},
};
static const tad_sample linear_samples[] = {
    {.label = "rows", .n = 3, .in = {TAD__F64(7, 3), TAD__F64(5, 3), TAD__F64(5)}},
    {.label = "no bias", .n = 2, .in = {TAD__F64(7, 3), TAD__F64(5, 3)}},
    {.label = "vector", .n = 3, .in = {TAD__F64(3), TAD__F64(5, 3), TAD__F64(5)}},
    {.label = "batches", .n = 3, .in = {TAD__F64(2, 5, 3), TAD__F64(7, 3), TAD__F64(7)}},
    {.label = "one", .n = 3, .in = {TAD__F64(1, 1), TAD__F64(1, 1), TAD__F64(1)}},
    {.label = "no rows", .n = 3, .in = {TAD__F64(0, 3), TAD__F64(5, 3), TAD__F64(5)}},
    {.label = "inner size 0", .n = 3, .in = {TAD__F64(3, 0), TAD__F64(5, 0), TAD__F64(5)}},
};

static const tad_misuse matmul_misuse[] = {
    {.label = "inner sizes",
     .n = 2,
     .in = {TAD__F64(2, 3), TAD__F64(4, 5)},
     .expect = TAD_BAD_SHAPE},
    {.label = "number", .n = 2, .in = {TAD__F64_0D, TAD__F64(4, 5)}, .expect = TAD_BAD_SHAPE},
    {.label = "batches",
     .n = 2,
     .in = {TAD__F64(2, 3, 4), TAD__F64(3, 4, 5)},
     .expect = TAD_BAD_SHAPE},
    {.label = "integers",
     .n = 2,
     .in = {TAD__F64(2, 3), TAD__INDICES(3, 3, 2)},
     .expect = TAD_BAD_DTYPE},
};
static const tad_misuse bmm_misuse[] = {
    {.label = "rank", .n = 2, .in = {TAD__F64(2, 3), TAD__F64(3, 5)}, .expect = TAD_BAD_SHAPE},
    {.label = "inner sizes",
     .n = 2,
     .in = {TAD__F64(2, 3, 5), TAD__F64(2, 3, 5)},
     .expect = TAD_BAD_SHAPE},
    {.label = "batches",
     .n = 2,
     .in = {TAD__F64(2, 3, 5), TAD__F64(1, 5, 3)},
     .expect = TAD_BAD_SHAPE},
    {.label = "integers",
     .n = 2,
     .in = {TAD__INDICES(3, 2, 3, 2), TAD__F64(2, 2, 3)},
     .expect = TAD_BAD_DTYPE},
};
static const tad_misuse mv_misuse[] = {
    {.label = "rank", .n = 2, .in = {TAD__F64(2, 3), TAD__F64(3, 1)}, .expect = TAD_BAD_SHAPE},
    {.label = "inner sizes", .n = 2, .in = {TAD__F64(2, 3), TAD__F64(2)}, .expect = TAD_BAD_SHAPE},
    {.label = "integers",
     .n = 2,
     .in = {TAD__F64(2, 3), TAD__INDICES(3, 3)},
     .expect = TAD_BAD_DTYPE},
};
static const tad_misuse dot_misuse[] = {
    {.label = "rank", .n = 2, .in = {TAD__F64(2, 3), TAD__F64(3)}, .expect = TAD_BAD_SHAPE},
    {.label = "sizes", .n = 2, .in = {TAD__F64(2), TAD__F64(3)}, .expect = TAD_BAD_SHAPE},
    {.label = "integers", .n = 2, .in = {TAD__F64(3), TAD__INDICES(3, 3)}, .expect = TAD_BAD_DTYPE},
};
static const tad_misuse outer_misuse[] = {
    {.label = "rank", .n = 2, .in = {TAD__F64(2, 3), TAD__F64(3)}, .expect = TAD_BAD_SHAPE},
    {.label = "number", .n = 2, .in = {TAD__F64(2), TAD__F64_0D}, .expect = TAD_BAD_SHAPE},
    {.label = "integers", .n = 2, .in = {TAD__F64(3), TAD__INDICES(3, 3)}, .expect = TAD_BAD_DTYPE},
};
static const tad_misuse affine_misuse[] = {
    {.label = "inner sizes",
     .n = 2,
     .in = {TAD__F64(2, 3), TAD__F64(4, 3)},
     .expect = TAD_BAD_SHAPE},
    {.label = "W a vector", .n = 2, .in = {TAD__F64(2, 3), TAD__F64(3)}, .expect = TAD_BAD_SHAPE},
    {.label = "bias",
     .n = 3,
     .in = {TAD__F64(2, 3), TAD__F64(3, 4), TAD__F64(3)},
     .expect = TAD_BAD_SHAPE},
    {.label = "integers",
     .n = 2,
     .in = {TAD__INDICES(3, 2, 3), TAD__F64(3, 4)},
     .expect = TAD_BAD_DTYPE},
};
static const tad_misuse linear_misuse[] = {
    {.label = "inner sizes",
     .n = 2,
     .in = {TAD__F64(2, 3), TAD__F64(3, 4)},
     .expect = TAD_BAD_SHAPE},
    {.label = "W a vector", .n = 2, .in = {TAD__F64(2, 3), TAD__F64(3)}, .expect = TAD_BAD_SHAPE},
    {.label = "bias",
     .n = 3,
     .in = {TAD__F64(2, 3), TAD__F64(4, 3), TAD__F64(3)},
     .expect = TAD_BAD_SHAPE},
    {.label = "integers",
     .n = 2,
     .in = {TAD__INDICES(3, 2, 3), TAD__F64(4, 3)},
     .expect = TAD_BAD_DTYPE},
};

/* ---- the family ---- */

#define PRODUCT(shape_, vjp_, samples_, misuse_)                                                   \
    .family = "product", .min_in = 2, .n_out = 1, .shape = shape_, .forward = product_forward,     \
    .vjp = vjp_, .backward = product_backward, TAD__SAMPLES(samples_), TAD__MISUSE(misuse_)

const tad_op tad__ops_product[] = {
    [MATMUL] = {.name = "matmul",
                .doc = "matrix product of the last two axes, leading axes broadcast; a vector is a "
                       "row or column",
                .max_in = 2,
                PRODUCT(matmul_shape, matmul_vjp, matmul_samples, matmul_misuse),
                .jvp = product_jvp},
    [BMM] = {.name = "bmm",
             .doc = "matrix products of (B,n,k) and (B,k,m)",
             .max_in = 2,
             PRODUCT(bmm_shape, matmul_vjp, bmm_samples, bmm_misuse),
             .jvp = product_jvp},
    [MV] = {.name = "mv",
            .doc = "matrix (n,k) by vector (k)",
            .max_in = 2,
            PRODUCT(mv_shape, matmul_vjp, mv_samples, mv_misuse),
            .jvp = product_jvp},
    [DOT] = {.name = "dot",
             .doc = "sum of the products of two vectors",
             .max_in = 2,
             PRODUCT(dot_shape, dot_vjp, dot_samples, dot_misuse),
             .jvp = product_jvp},
    [OUTER] = {.name = "outer",
               .doc = "all products of two vectors: (n), (m) -> (n,m)",
               .max_in = 2,
               PRODUCT(outer_shape, outer_vjp, outer_samples, outer_misuse),
               .jvp = product_jvp},
    [AFFINE] = {.name = "affine",
                .doc =
                    "x W + b: x (n) or (B,...) flattened to (B,n), W (n,m), b (m), (1,m) or none",
                .max_in = 3,
                PRODUCT(affine_shape, layer_vjp, affine_samples, affine_misuse),
                .jvp = layer_jvp},
    [LINEAR] = {.name = "linear",
                .doc = "x W^T + b on the last axis: x (...,n), W (m,n), b (m) or none",
                .max_in = 3,
                PRODUCT(linear_shape, layer_vjp, linear_samples, linear_misuse),
                .jvp = layer_jvp},
};
const size_t tad__ops_product_count = COUNT;

static tad_var apply(int op, tad_var a, tad_var b, tad_var c, size_t n) {
    return tad_apply(&tad__ops_product[op], (tad_var[]){a, b, c}, n, NULL, NULL, 0);
}

tad_var tad_matmul(tad_var a, tad_var b) { return apply(MATMUL, a, b, tad_none(), 2); }
tad_var tad_bmm(tad_var a, tad_var b) { return apply(BMM, a, b, tad_none(), 2); }
tad_var tad_mv(tad_var a, tad_var b) { return apply(MV, a, b, tad_none(), 2); }
tad_var tad_dot(tad_var a, tad_var b) { return apply(DOT, a, b, tad_none(), 2); }
tad_var tad_outer(tad_var a, tad_var b) { return apply(OUTER, a, b, tad_none(), 2); }
tad_var tad_affine(tad_var x, tad_var w, tad_var b) { return apply(AFFINE, x, w, b, 3); }
tad_var tad_linear(tad_var x, tad_var w, tad_var b) { return apply(LINEAR, x, w, b, 3); }
