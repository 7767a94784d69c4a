/* Sums as C. Rests on sum.h. */
#include "ops/axes.h"
#include "sum.h"

static void put_rows(tad_c *to, tad__blocks b, unsigned dtype) {
    const char *sum = tad__c_part(to, b.n < TAD__SHORT_ROW ? "sum_few" : "sum", dtype);
    tad_c_put(to, "for (ptrdiff_t i = 0; i < %zu; i++) out0[i] = (%s)%s(%zu, in0 + %zu * i);\n",
              b.before, tad__c_type(dtype), sum, b.n, b.n);
}

static void put_columns(tad_c *to, tad__blocks b, unsigned dtype) {
    tad_c_put(to, "for (ptrdiff_t i = 0; i < %zu; i++)\n    %s(", b.before,
              tad__c_part(to, "add_columns", dtype));
    tad_c_put(to, "%zu, %zu, %zu, in0 + %zu * i, out0 + %zu * i);\n", b.n, b.after, b.after,
              b.n * b.after, b.after);
}

/* sum_into of sum.c. */
static void put_sums(tad_c *to, const tad_array *out, const tad_array *x, unsigned mask) {
    tad__header h;
    tad__blocks b;
    tad_array *kept = tad__keepdims_view(&h, out, x, mask);
    const tad__sum_way way = tad__sum_plan(kept, x, mask, &b);
    if (way == TAD__SUM_NOTHING || way == TAD__SUM_ZEROS) tad_c_put(to, "(void)in0;\n");
    if (way == TAD__SUM_NOTHING) tad_c_put(to, "(void)out0;\n");
    if (way == TAD__SUM_ROWS) put_rows(to, b, x->dtype);
    if (way == TAD__SUM_ZEROS || way == TAD__SUM_COLUMNS || way == TAD__SUM_ANY)
        tad__c_clear(to, out);
    if (way == TAD__SUM_COLUMNS) put_columns(to, b, x->dtype);
    if (way == TAD__SUM_ANY) tad__c_add_into(to, kept, x);
}

void tad__sum_c_text(const tad_call_frame *c, tad_c *to) {
    const tad__reduce *o = c->options;
    const tad_array *x = c->in[0], *y = c->out[0];
    const unsigned mask = tad__known_axes(&o->axis, x->rank);
    put_sums(to, y, x, mask);
    if (c->op != &tad__ops_sum[TAD__OP_MEAN] || y->size == 0) return;
    tad_c_put(to, "for (ptrdiff_t i = 0; i < %lld; i++) out0[i] /= ", (long long)y->size);
    tad__c_number(to, tad__count_reduced(x, mask), y->dtype);
    tad_c_put(to, ";\n");
}

void tad__sum_to_c_text(const tad_call_frame *c, tad_c *to) {
    put_sums(to, c->out[0], c->in[0], tad__sum_to_axes(c->in[0], c->out[0]));
}
