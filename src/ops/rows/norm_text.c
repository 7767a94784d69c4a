/* layer_norm and rms_norm as C. Rests on norm.h and c_text.h. */
#include "array/c_text.h"
#include "array/view.h"
#include "norm.h"

static const tad_array *operand(const tad_call_frame *c, size_t i) {
    return c->n_in > i ? c->in[i] : NULL;
}

/* out0 = x */
static void put_copy(tad_c *to, const tad_array *out, const tad_array *x) {
    const tad_shape shape = tad__shape_of(x);
    tad__loop l;
    tad__c_open(to, &l, &shape, (const tad_array *const[]){out, x}, 2);
    tad_c_put(to, "out0");
    tad__c_at(to, &l, 0);
    tad_c_put(to, " = in0");
    tad__c_at(to, &l, 1);
    tad_c_put(to, ";\n");
    tad__c_close(to, &l);
}

/* The row y times the gain, plus the bias. A bias that is left out is 0, which makes -0 to 0. */
static void put_gain_and_bias(tad_c *to, const tad_call_frame *c, const tad_array *y) {
    const tad_array *gain = operand(c, TAD__GAIN), *bias = operand(c, TAD__BIAS);
    const tad_shape shape = tad__shape_of(y);
    tad__loop l;
    tad__c_open(to, &l, &shape, (const tad_array *const[]){y, gain ? gain : y, bias ? bias : y}, 3);
    tad_c_put(to, "y");
    tad__c_at(to, &l, 0);
    tad_c_put(to, " = y");
    tad__c_at(to, &l, 0);
    if (gain) tad_c_put(to, " * in1");
    if (gain) tad__c_at(to, &l, 1);
    tad_c_put(to, bias ? " + in2" : " + 0");
    if (bias) tad__c_at(to, &l, 2);
    tad_c_put(to, ";\n");
    tad__c_close(to, &l);
}

/* Rows that lie in no order are copied to where the result will be. */
void tad__norm_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_array *x = c->in[TAD__X], *y = c->out[0];
    const int axes = tad__normalized_axes(c->options);
    tad_shape row = {axes, {0}};
    tad__header h;
    long long n = 1;
    for (int i = 0; i < axes; i++) n *= row.dim[i] = x->dim[x->rank - axes + i];
    for (size_t i = 0; i < c->n_in; i++)
        if (x->size == 0 || !c->in[i]) tad_c_put(to, "(void)in%zu;\n", i);
    if (x->size == 0) {
        tad_c_put(to, "(void)out0;\n");
        return;
    }
    if (!x->contiguous) put_copy(to, y, x);
    tad_c_put(to, "for (ptrdiff_t i = 0; i < %lld; i++) {\n", (long long)x->size / n);
    tad_c_put(to, "%s *y = out0 + %lld * i;\n", tad__c_type(x->dtype), n);
    tad_c_put(to, "%s(%lld, ", tad__c_part(to, "normalize", x->dtype), n);
    tad_c_put(to, x->contiguous ? "in0 + %lld * i" : "y", n);
    tad_c_put(to, ", %d, ", tad__norm_centres(c->op));
    tad__c_number(to, tad__norm_eps(c->op, c->options), TAD_F64);
    tad_c_put(to, ", y);\n");
    put_gain_and_bias(to, c, tad__lay_out(&h, y, &row));
    tad_c_put(to, "}\n");
}
