/* Attention as C: strips of a block's queries, in the order of its products at level base. Rests on
 * attention.h, c_text.h and product.h. */
#include "array/c_text.h"
#include "attention.h"
#include "ops/product/product.h"

enum { STRIP = 6 }; /* rows that the text of a product computes together */

typedef struct writer {
    tad_c *to;
    const tad__attention *a;
    const char *type;
    int64_t rows, keys; /* of the block */
} writer;

static const char *part(const writer *w, const char *name) {
    return tad__c_part(w->to, name, (unsigned)w->a->dtype);
}

static long long at_least_one(int64_t n) { return n ? n : 1; }

static void put_queries(const writer *w, int64_t n) {
    const tad__attention *a = w->a;
    const long long d = a->d;
    tad_c_put(w->to, "for (ptrdiff_t j = 0; j < %lld; j++)\n", (long long)n);
    tad_c_put(w->to, "%s(%lld, q + %lld * (i + j), %lld, ", part(w, "scaled_row"), d,
              (long long)a->row[TAD__Q], (long long)a->col[TAD__Q]);
    tad__c_number(w->to, a->scale, (unsigned)a->dtype);
    tad_c_put(w->to, ", query + %lld * j);\n", d);
}

/* Of row j of the strip. */
static void put_mask(const writer *w) {
    const tad__attention *a = w->a;
    const long long keys = w->keys;
    const tad_array *mask = a->in[TAD__MASK];
    if (mask)
        tad_c_put(w->to, "%s(%lld, m + %lld * (i + j), %lld, s);\n",
                  part(w, mask->dtype == TAD_BOOL ? "hide_row" : "mask_row"), keys,
                  (long long)a->row[TAD__MASK], (long long)a->col[TAD__MASK]);
    if (a->causal) tad_c_put(w->to, "%s(%lld, i + j + 1, s);\n", part(w, "hide_later"), keys);
}

static void put_shares(const writer *w, int64_t n) {
    const long long keys = w->keys;
    tad_c_put(w->to, "for (ptrdiff_t j = 0; j < %lld; j++) {\n", (long long)n);
    tad_c_put(w->to, "%s *s = score + %lld * j;\n", w->type, keys);
    put_mask(w);
    tad_c_put(w->to, "%s(%lld, s, 1, share + %lld * j, 1);\n", part(w, "softmax_row"), keys, keys);
    if (w->a->in[TAD__MASK])
        tad_c_put(w->to, "%s(%lld, s, share + %lld * j);\n", part(w, "share_nothing"), keys, keys);
    tad_c_put(w->to, "}\n");
}

/* Queries i .. i + n - 1. */
static void put_strip(const writer *w, int64_t n) {
    const tad__attention *a = w->a;
    const tad__gemm scores = tad__attention_scores(a, w->rows, w->keys),
                    results = tad__attention_results(a, w->rows, w->keys);
    tad__gemm some_scores = scores, some_results = results;
    some_scores.m = some_results.m = (size_t)n;
    tad_c_put(w->to, "%s query[%lld], score[%lld], share[%lld];\n", w->type, at_least_one(n * a->d),
              (long long)(n * w->keys), (long long)(n * w->keys));
    tad_c_put(w->to, "%s *result = y + %lld * i;\n", w->type, (long long)a->e);
    put_queries(w, n);
    tad__product_c_rows(w->to, a->dtype, &some_scores, &scores, "query", "k", "score");
    put_shares(w, n);
    tad__product_c_rows(w->to, a->dtype, &some_results, &results, "share", "v", "result");
}

/* The block that begins with query `first`. */
static void put_block(const writer *w) {
    const long long strips = w->rows / STRIP * STRIP, rest = w->rows % STRIP;
    if (strips) {
        tad_c_put(w->to, "for (ptrdiff_t i = first; i < first + %lld; i += %d) {\n", strips, STRIP);
        put_strip(w, STRIP);
        tad_c_put(w->to, "}\n");
    }
    if (!rest) return;
    tad_c_put(w->to, "{\nconst ptrdiff_t i = first + %lld;\n", strips);
    put_strip(w, rest);
    tad_c_put(w->to, "}\n");
}

/* A causal block has keys of its own; others differ in `first` alone, but for the last. */
static void put_blocks(writer *w) {
    const tad__attention *a = w->a;
    for (int64_t first = 0; first < a->l;) {
        const int64_t whole = a->causal ? 0 : (a->l - first) / a->block;
        w->rows = tad__attention_rows(a, first);
        w->keys = tad__attention_keys(a, first, w->rows);
        if (whole > 1)
            tad_c_put(w->to, "for (ptrdiff_t first = 0; first < %lld; first += %lld) {\n",
                      (long long)(whole * a->block), (long long)a->block);
        else
            tad_c_put(w->to, "{\nconst ptrdiff_t first = %lld;\n", (long long)first);
        put_block(w);
        tad_c_put(w->to, "}\n");
        first += whole > 1 ? whole * a->block : w->rows;
    }
}

/* ---- batches ---- */

/* An array of the leading axes: element by element, matrix by matrix. */
static void lay_out(tad__header *h, const tad__attention *a, unsigned dtype, const int64_t *step) {
    tad__array_layout(&h->array, (tad_dtype)dtype, &a->batch);
    h->array.data = NULL;
    for (int i = 0; i < a->batch.rank; i++) tad__strides(&h->array)[i] = step[i];
}

/* Of array k of the loop. */
static void put_pointer(const writer *w, const tad__loop *l, int k) {
    static const char *const put[] = {"q = &in0", "k = &in1", "v = &in2", "m = &in3", "y = &out0"};
    const tad_array *x = k < 4 ? w->a->in[k] : NULL;
    if (k < 4 && !x) return;
    tad_c_put(w->to, "%s%s *%s", x ? "const " : "", x ? tad__c_type(x->dtype) : w->type, put[k]);
    tad__c_at(w->to, l, k);
    tad_c_put(w->to, ";\n");
}

static void put_batches(writer *w) {
    const tad__attention *a = w->a;
    tad__header h[5];
    const tad_array *all[5];
    tad__loop l;
    int64_t step[TAD_MAX_RANK], size = a->l * a->e;
    for (int i = a->batch.rank - 1; i >= 0; size *= a->batch.dim[i--]) step[i] = size;
    for (int i = 0; i < 5; i++) {
        const tad_array *x = i < 4 ? a->in[i] : NULL;
        lay_out(&h[i], a, x ? x->dtype : (unsigned)a->dtype, i < 4 ? a->step[i] : step);
        all[i] = &h[i].array;
    }
    tad__c_open(w->to, &l, &a->batch, all, 5);
    for (int i = 0; i < 5; i++) put_pointer(w, &l, i);
    put_blocks(w);
    tad__c_close(w->to, &l);
}

void tad__attention_c_text(const tad_call_frame *c, tad_c *to) {
    tad__attention a;
    tad__attention_of(&a, c);
    const bool none = c->out[0]->size == 0 || a.s == 0;
    for (size_t i = 0; i < c->n_in; i++)
        if (none || !c->in[i]) tad_c_put(to, "(void)in%zu;\n", i);
    if (c->out[0]->size == 0) tad_c_put(to, "(void)out0;\n");
    if (none && c->out[0]->size) tad__c_fill(to, c->out[0], 0);
    if (none) return;
    put_batches(&(writer){.to = to, .a = &a, .type = tad__c_type((unsigned)a.dtype)});
}
