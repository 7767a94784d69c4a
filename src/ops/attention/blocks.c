/* How attention is cut into blocks, and the products of one. Rests on attention.h. */
#include "attention.h"

#include <math.h>
#include <string.h>

#include "ops/operands.h"

/* The scores of a block stay in second-level cache, with rows enough for a product to be quick. */
enum { SCORES = 65536, FEWEST_ROWS = 16, MOST_ROWS = TAD__MOST_QUERIES };

static int64_t block_rows(int64_t keys) {
    const int64_t rows = keys ? SCORES / keys : MOST_ROWS;
    return rows < FEWEST_ROWS ? FEWEST_ROWS : rows > MOST_ROWS ? MOST_ROWS : rows;
}

double tad__attention_scale(const tad_attention_options *o, int64_t d) {
    if (o->scale.given) return o->scale.value;
    return d ? 1 / sqrt((double)d) : 1;
}

static void take_operand(tad__attention *a, int i, const tad_array *x) {
    const int64_t *stride = tad_strides(x);
    a->in[i] = x;
    if (x->rank > 0) a->col[i] = x->dim[x->rank - 1] == 1 ? 0 : stride[x->rank - 1];
    if (x->rank > 1) a->row[i] = x->dim[x->rank - 2] == 1 ? 0 : stride[x->rank - 2];
    for (int k = 0; k + 2 < x->rank; k++)
        if (x->dim[k] != 1) a->step[i][a->batch.rank - (x->rank - 2) + k] = stride[k];
}

void tad__attention_of(tad__attention *a, const tad_call_frame *c) {
    const tad_attention_options *o = c->options;
    const tad_array *q = c->in[TAD__Q], *k = c->in[TAD__K], *v = c->in[TAD__V];
    memset(a, 0, sizeof *a);
    a->dtype = (tad_dtype)q->dtype;
    const tad_shape sq = tad__batch_axes(q), sk = tad__batch_axes(k), sv = tad__batch_axes(v);
    (void)tad__shape_broadcast(&sq, &sk, &a->batch);
    (void)tad__shape_broadcast(&a->batch, &sv, &a->batch);
    (void)tad__shape_size(&a->batch, &a->batches);
    a->l = q->dim[q->rank - 2];
    a->d = q->dim[q->rank - 1];
    a->s = k->dim[k->rank - 2];
    a->e = v->dim[v->rank - 1];
    for (size_t i = 0; i < c->n_in; i++)
        if (c->in[i]) take_operand(a, (int)i, c->in[i]);
    a->block = block_rows(a->s);
    a->scale = tad__attention_scale(o, a->d);
    a->causal = o->is_causal;
}

int64_t tad__attention_rows(const tad__attention *a, int64_t first) {
    return a->l - first < a->block ? a->l - first : a->block;
}

int64_t tad__attention_keys(const tad__attention *a, int64_t first, int64_t rows) {
    return a->causal && first + rows < a->s ? first + rows : a->s;
}

tad__gemm tad__attention_scores(const tad__attention *a, int64_t rows, int64_t keys) {
    return (tad__gemm){.m = (size_t)rows,
                       .n = (size_t)keys,
                       .k = (size_t)a->d,
                       .a_row = a->d,
                       .a_col = 1,
                       .b_row = a->col[TAD__K],
                       .b_col = a->row[TAD__K],
                       .c_row = keys};
}

tad__gemm tad__attention_results(const tad__attention *a, int64_t rows, int64_t keys) {
    return (tad__gemm){.m = (size_t)rows,
                       .n = (size_t)a->e,
                       .k = (size_t)keys,
                       .a_row = keys,
                       .a_col = 1,
                       .b_row = a->row[TAD__V],
                       .b_col = a->col[TAD__V],
                       .c_row = a->e};
}
