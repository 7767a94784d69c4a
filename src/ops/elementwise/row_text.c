/* Rows, and what else goes element by element, as C. Rests on forward.h and text.h. */
#include "forward.h"
#include "text.h"

void tad__begin_element(const tad_call_frame *c, tad_c *to, tad__loop *l) {
    const tad_shape shape = tad__shape_of(c->out[0]);
    const tad_array *array[TAD__LOOP_ARRAYS] = {c->out[0]};
    for (size_t i = 0; i < c->n_in; i++) array[i + 1] = c->in[i];
    tad__c_open(to, l, &shape, array, (int)c->n_in + 1);
    tad_c_put(to, "out0");
    tad__c_at(to, l, 0);
    tad_c_put(to, " = ");
}

void tad__put_operand(tad_c *to, const tad__loop *l, size_t i) {
    tad_c_put(to, "in%zu", i);
    tad__c_at(to, l, (int)i + 1);
}

void tad__end_element(tad_c *to, const tad__loop *l) {
    tad_c_put(to, ";\n");
    tad__c_close(to, l);
}

void tad__infix_c_text(const tad_call_frame *c, tad_c *to, const char *how) {
    tad__loop l;
    tad__begin_element(c, to, &l);
    tad__put_operand(to, &l, 0);
    tad_c_put(to, " %s ", how);
    tad__put_operand(to, &l, 1);
    tad__end_element(to, &l);
}

void tad__row_c_text(const tad_call_frame *c, tad_c *to) {
    const unsigned dtype = c->out[0]->dtype;
    const bool is_number = c->out[0]->rank == 0 && dtype == TAD_F64;
    tad__loop l;
    tad__begin_element(c, to, &l);
    tad_c_put(to, "%s(", tad__c_row(to, c->op, is_number ? "number" : tad__c_suffix(dtype)));
    for (size_t i = 0; i < c->n_in; i++) {
        if (i) tad_c_put(to, ", ");
        tad__put_operand(to, &l, i);
    }
    tad__c_options(to, c->op, c->options);
    tad_c_put(to, ")");
    tad__end_element(to, &l);
}
