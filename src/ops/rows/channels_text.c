/* Sets of channels as C. Rests on channels.h and c_text.h. */
#include "array/c_text.h"
#include "array/view.h"
#include "channels.h"

/* The means and variances of nothing. */
static void put_nothing(const tad_call_frame *c, tad_c *to) {
    for (size_t i = 0; i < c->n_in; i++) tad_c_put(to, "(void)in%zu;\n", i);
    tad_c_put(to, "(void)out0;\n");
    for (size_t k = 1; k < c->n_out; k++)
        tad_c_put(to, "for (ptrdiff_t i = 0; i < %lld; i++) out%zu[i] = NAN;\n",
                  (long long)c->out[k]->size, k);
}

/* "in1[3 * channel]"; nothing for an operand that is left out. */
static void put_operand(const tad_call_frame *c, tad_c *to, size_t i, const char *sign) {
    const tad_array *a = tad__channels_operand(c, i);
    if (a) tad_c_put(to, " %s in%zu[%lld * channel]", sign, i, (long long)*tad_strides(a));
}

/* A piece: a bias that is left out is 0, which makes -0 to 0. */
static void put_piece(const tad_call_frame *c, tad_c *to, const tad__channels *by,
                      const char *from) {
    const char *type = tad__c_type(c->out[0]->dtype);
    tad_c_put(to, "const %s a = k", type);
    put_operand(c, to, TAD__CHANNELS_GAIN, "*");
    tad_c_put(to, ";\nfor (ptrdiff_t i = at; i < at + %lld; i++) {\n", (long long)by->inner);
    tad_c_put(to, "out0[i] = (%s[i] - m) * a", from);
    put_operand(c, to, TAD__CHANNELS_BIAS, "+");
    tad_c_put(to, "%s;\n}\n", tad__channels_operand(c, TAD__CHANNELS_BIAS) ? "" : " + 0");
}

/* Finds the moments of set q; those of a batch are results. */
static void put_moments(const tad_call_frame *c, tad_c *to, const tad__channels *by,
                        const char *from) {
    const unsigned dtype = c->out[0]->dtype;
    const long long inner = by->inner, step = by->batch ? by->groups * inner : by->numbers;
    tad_c_put(to, "double moments[2];\n%s(", tad__c_part(to, "measure_pieces", dtype));
    tad_c_put(to, "%lld, %lld, %lld, ", by->batch ? (long long)by->samples : 1,
              by->batch ? inner : (long long)by->numbers, step);
    tad_c_put(to, "%s + %lld * q, moments);\n", from, by->batch ? inner : (long long)by->numbers);
    for (size_t k = 1; k < c->n_out; k++)
        tad_c_put(to, "out%zu[q] = (%s)moments[%zu];\n", k, tad__c_type(dtype), k - 1);
}

static void put_given(const tad_call_frame *c, tad_c *to) {
    tad_c_put(to, "const double moments[2] = {in3[%lld * q], in4[%lld * q]};\n",
              (long long)*tad_strides(c->in[TAD__CHANNELS_MEAN]),
              (long long)*tad_strides(c->in[TAD__CHANNELS_VARIANCE]));
}

/* Mean m and scale k of set q. */
static void put_measures(const tad_call_frame *c, tad_c *to, const tad__channels *by,
                         const char *from) {
    const char *type = tad__c_type(c->out[0]->dtype);
    if (by->given)
        put_given(c, to);
    else
        put_moments(c, to, by, from);
    tad_c_put(to, "const %s m = (%s)moments[0], k = (%s)(1 / %s(moments[1] + ", type, type, type,
              tad__c_part(to, "sqrt", TAD_F64));
    tad__c_number(to, tad__channels_eps(c->options), TAD_F64);
    tad_c_put(to, "));\n");
}

/* x that lies in no order is copied to where the result will be. */
void tad__channels_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_array *x = c->in[TAD__CHANNELS_X], *y = c->out[0];
    const tad_shape shape = tad__shape_of(x);
    const tad__channels by = tad__channels_of(c->op, c->options, &shape);
    const char *from = x->contiguous ? "in0" : "out0";
    if (x->size == 0) {
        put_nothing(c, to);
        return;
    }
    for (size_t i = 1; i < c->n_in; i++)
        if (!c->in[i]) tad_c_put(to, "(void)in%zu;\n", i);
    if (!x->contiguous) tad__c_move(to, &(tad__c_seen){"out0", y, 0}, &(tad__c_seen){"in0", x, 0});
    tad_c_put(to, "for (ptrdiff_t q = 0; q < %lld; q++) {\n", (long long)by.sets);
    put_measures(c, to, &by, from);
    tad_c_put(to, "for (ptrdiff_t j = 0; j < %lld; j++) {\n",
              (long long)(by.batch ? by.samples : by.members));
    if (by.batch)
        tad_c_put(to, "const ptrdiff_t channel = q, at = (%lld * j + q) * %lld;\n",
                  (long long)by.groups, (long long)by.inner);
    else
        tad_c_put(to,
                  "const ptrdiff_t channel = q %% %lld * %lld + j, at = (%lld * q + j) * %lld;\n",
                  (long long)by.groups, (long long)by.members, (long long)by.members,
                  (long long)by.inner);
    if (!tad__channels_operand(c, TAD__CHANNELS_GAIN) &&
        !tad__channels_operand(c, TAD__CHANNELS_BIAS))
        tad_c_put(to, "(void)channel;\n");
    put_piece(c, to, &by, from);
    tad_c_put(to, "}\n}\n");
}
