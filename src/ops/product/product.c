/* Products: the blocked kernel on matrices of any strides, and their gradients. Rests on
 * product.h. */
#include "product.h"

/* ---- operands as matrices ---- */

bool tad__product_prepare(tad__product *p, const tad_call_frame *call, tad__product_form *form,
                          const tad_array *out) {
    p->compute = call->compute; /* one by one: clearing all takes as long as a small product */
    p->dtype = (tad_dtype)call->in[0]->dtype;
    p->batch.rank = 0;
    p->batches = 1;
    return form(p, call, out);
}

void tad__set_result(tad__product *p, const tad_array *out) {
    p->c.data = out->data;
    p->c.rows = p->a.rows;
    p->c.cols = p->c.row = p->b.cols;
    p->c.col = 1;
}

bool tad__join_axes(const tad_array *x, int from, int to, int64_t *size, int64_t *stride) {
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

static void swap(int64_t *a, int64_t *b) {
    const int64_t kept = *a;
    *a = *b;
    *b = kept;
}

void tad__transpose(tad__matrix *m) {
    swap(&m->rows, &m->cols);
    swap(&m->row, &m->col);
}

/* ---- computing ---- */

static const void *at(const tad__product *p, const tad__matrix *m, const int64_t *batch) {
    int64_t offset = 0;
    for (int i = 0; i < p->batch.rank; i++) offset += batch[i] * m->step[i];
    return m->data + offset * (int64_t)tad_dtype_size(p->dtype);
}

static bool next(const tad__product *p, int64_t *batch) {
    for (int i = p->batch.rank - 1; i >= 0; i--) {
        if (++batch[i] < p->batch.dim[i]) return true;
        batch[i] = 0;
    }
    return false;
}

static tad__gemm_kernel kernel_of(const tad__product *p) {
    const tad__gemm_kernels *k = p->compute->kernels->gemm;
    return p->dtype == TAD_F64 ? k->f64 : k->f32;
}

tad__gemm tad__layout(const tad__matrix *x, const tad__matrix *y, const tad__matrix *z) {
    return (tad__gemm){.m = (size_t)z->rows,
                       .n = (size_t)z->cols,
                       .k = (size_t)x->cols,
                       .a_row = (ptrdiff_t)x->row,
                       .a_col = (ptrdiff_t)x->col,
                       .b_row = (ptrdiff_t)y->row,
                       .b_col = (ptrdiff_t)y->col,
                       .c_row = (ptrdiff_t)z->row};
}

tad_status tad__multiply(const tad__product *p, const tad__matrix *x, const tad__matrix *y,
                         const tad__matrix *z, bool add, const void *start) {
    tad__gemm g = tad__layout(x, y, z);
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

/* ---- fused derivatives ---- */

/* Whether several batches meet in one matrix, or none does. */
static bool is_shared(const tad__product *p, const tad__matrix *m) {
    for (int i = 0; i < p->batch.rank; i++)
        if (p->batch.dim[i] != 1 && m->step[i] == 0) return true;
    return p->batches == 0;
}

/* dA += dC B^T (i 0) or dB += A^T dC (i 1), in the gradient buffer itself. */
static tad_status operand_gradient(tad_backward *b, size_t i, tad__product_form *form) {
    bool fresh;
    tad_array *buffer = tad_backward_buffer(b, i, &fresh);
    if (!buffer) return TAD_NO_MEMORY;
    const tad_array *in[2] = {b->call.in[0], b->call.in[1]};
    in[i] = buffer;
    tad_call_frame call = b->call;
    call.in = in;
    call.n_in = 2;
    tad__product p; /* with the buffer in the operand's place */
    if (!tad__product_prepare(&p, &call, form, b->cotangent[0])) return TAD_NO_MEMORY;
    tad__matrix *z = i ? &p.b : &p.a, *x = i ? &p.a : &p.c, *y = i ? &p.c : &p.b;
    bool shared = is_shared(&p, z);
    if (fresh && shared) tad__clear(p.compute, buffer);
    tad__transpose(i ? x : y);
    if (z->col != 1 && z->cols != 1) { /* the transposed gradient is what lies in rows */
        tad__matrix *const kept = x;
        x = y;
        y = kept;
        tad__transpose(x);
        tad__transpose(y);
        tad__transpose(z);
    }
    return tad__multiply(&p, x, y, z, !fresh || shared, NULL);
}

tad_status tad__product_gradients(tad_backward *b, tad__product_form *form) {
    tad_status status = TAD_OK;
    for (size_t i = 0; i < 2 && !status; i++)
        if (b->wanted[i]) status = operand_gradient(b, i, form);
    return status;
}

/* ---- what descriptors share ---- */

tad_status tad__inner_differ(const tad_call_frame *c, int64_t a, int64_t b) {
    return tad_fail(c, TAD_BAD_SHAPE, "inner sizes %lld and %lld differ", (long long)a,
                    (long long)b);
}
