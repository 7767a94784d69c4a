/* Rows on arrays: shapes, and walking the operands. Rests on forward.h. */
#include <string.h>

#include "forward.h"

tad_status tad__row_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    tad_shape s = tad__shape_of(c->in[0]);
    out->dtype = (tad_dtype)c->in[0]->dtype;
    for (size_t i = 0; i < c->n_in; i++) {
        if (!c->in[i]) return tad_fail(c, TAD_BAD_ARGUMENT, "operand %zu is missing", i);
        if (c->in[i]->dtype != TAD_F64 && c->in[i]->dtype != TAD_F32)
            return tad_fail(c, TAD_BAD_DTYPE,
                            "operand %zu is %s, it must be float64 or float32; use tad_cast", i,
                            tad_dtype_name((tad_dtype)c->in[i]->dtype));
        tad_shape next = tad__shape_of(c->in[i]);
        if (!tad__shape_broadcast(&s, &next, &s))
            return tad_fail(c, TAD_BAD_SHAPE, "do not broadcast together");
    }
    out->shape = s;
    const double *pq = c->options;
    if (tad__options_fit(tad__row_of(c->op), pq)) return TAD_OK;
    if (tad__row_of(c->op) == TAD__ROW_softshrink)
        return tad_fail(c, TAD_BAD_ARGUMENT, "lambd %g is not 0 or above", pq[0]);
    if (tad__row_of(c->op) == TAD__ROW_lambert_w)
        return tad_fail(c, TAD_BAD_ARGUMENT, "branch %g is not 0 or -1", pq[0]);
    if (c->op->n_options == 1)
        return tad_fail(c, TAD_BAD_ARGUMENT, "order %g is not one of 0, 1, 2, ... below 2^20",
                        pq[0]);
    return tad_fail(c, TAD_BAD_ARGUMENT, "cannot clip to %g .. %g", pq[0], pq[1]);
}

int64_t tad__walk_piece(const tad__loop *l, int arrays, int single, size_t size) {
    for (int k = 0; k < arrays; k++)
        if (k != single && l->step[k] != (int64_t)size) return TAD__BLOCK;
    return INT64_MAX;
}

int tad__single_in_runs(const tad__loop *l, size_t n, size_t size) {
    for (int k = 0; k < 2 && n == 2; k++)
        if (l->step[k] == 0 && l->step[1 - k] == (int64_t)size) return k;
    return -1;
}

bool tad__is_transposed(const tad_array *a) {
    int last = a->rank - 1, k = 0;
    const int64_t *stride = tad_strides(a);
    while (last > 0 && a->dim[last] == 1) last--;
    if (a->size < TAD__GRAIN || stride[last] == 0 || (stride[last] < 16 && stride[last] > -16))
        return false;
    while (k < last && stride[k] != 1) k++;
    return k < last;
}

bool tad__straightened(const tad__compute *c, const tad_array *const *in, size_t n,
                       const tad_array **to) {
    for (size_t i = 0; i < n; i++) {
        to[i] = in[i]->contiguous || !tad__is_transposed(in[i]) ? in[i] : tad__contiguous(c, in[i]);
        if (!to[i]) return false;
    }
    return true;
}

static void forward_piece(void *arg, size_t first, size_t end) {
    const tad__forward_call *k = arg;
    const void *in[3] = {NULL};
    for (size_t i = 0; i < k->n_in; i++)
        in[i] = (const char *)k->in[i] + ((int)i == k->single ? 0 : first * k->size);
    k->f(end - first, in, (char *)k->out + first * k->size, k->pq);
}

void tad__forward_split(const tad__compute *c, size_t n, const tad__forward_call *k) {
    tad__split(c->threads, n, TAD__GRAIN, forward_piece, (void *)(uintptr_t)k);
}

static void forward_walk(void *arg, tad__loop *l) {
    const tad__forward_call *k = arg;
    int n = (int)k->n_in;
    tad__walk_buffers r;
    memset(r.repeated, 0, sizeof r.repeated);
    int64_t piece = tad__walk_piece(l, n, k->single, k->size);
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l)) {
        for (int64_t at = 0; at < l->length; at += piece) {
            int64_t m = l->length - at < piece ? l->length - at : piece;
            const void *in[3];
            for (int i = 0; i < n; i++)
                in[i] = i == k->single ? l->run[i] : tad__gathered(l, i, at, m, k->size, &r);
            k->f((size_t)m, in, l->run[n] + at * (int64_t)k->size, k->pq);
        }
    }
}

/* The bits of a number do not depend on how the row was called. */
static void forward_number(const tad_call_frame *c) {
    double x[3];
    for (size_t i = 0; i < c->n_in; i++) x[i] = *(const double *)c->in[i]->data;
    *(double *)c->out[0]->data =
        tad__row_number[tad__row_of(c->op)].value(x, c->options ? c->options : tad__no_options);
}

tad_status tad__row_forward_hook(const tad_call_frame *c) {
    tad_dtype dtype = (tad_dtype)c->out[0]->dtype;
    if (c->out[0]->rank == 0 && dtype == TAD_F64) {
        forward_number(c);
        return TAD_OK;
    }
    size_t size = tad__width(dtype);
    int n = (int)c->n_in, single;
    const tad_array *operand[3];
    if (!tad__straightened(c->compute, c->in, c->n_in, operand)) return TAD_NO_MEMORY;
    bool one_run = tad__are_runs(operand, c->n_in, c->out[0], &single);
    tad__row_forward *f =
        tad__forward_of(c->compute, tad__row_of(c->op), dtype, one_run ? single : -1);
    const double *pq = c->options ? c->options : tad__no_options;
    const tad_array *array[4] = {NULL};
    for (int i = 0; i < n; i++) array[i] = operand[i];
    array[n] = c->out[0];
    if (one_run) {
        const void *in[3] = {NULL};
        for (int i = 0; i < n; i++) in[i] = operand[i]->data;
        tad__forward_runs(c->compute, (size_t)c->out[0]->size,
                          (tad__forward_call){f, pq, c->n_in, size, single, in, c->out[0]->data});
        return TAD_OK;
    }
    tad_shape shape = tad__shape_of(c->out[0]);
    tad__loop l;
    tad__loop_init(&l, &shape, array, n + 1);
    single = tad__single_in_runs(&l, c->n_in, size);
    f = tad__forward_of(c->compute, tad__row_of(c->op), dtype, single);
    tad__loop_split(c->compute->threads, &l, n, forward_walk,
                    &(tad__forward_call){f, pq, c->n_in, size, single, NULL, NULL});
    return TAD_OK;
}
