/* Rows on arrays as C: a loop around the row's function. Rests on forward.h and c_text.h. */
#include "forward.h"

#include "array/c_text.h"

void tad__row_c_text(const tad_call_frame *c, tad_c *to) {
    const unsigned dtype = c->out[0]->dtype;
    const bool is_number = c->out[0]->rank == 0 && dtype == TAD_F64;
    const tad_shape shape = tad__shape_of(c->out[0]);
    const tad_array *array[4] = {c->out[0]};
    tad__loop l;
    for (size_t i = 0; i < c->n_in; i++) array[i + 1] = c->in[i];
    tad__c_open(to, &l, &shape, array, (int)c->n_in + 1);
    tad_c_put(to, "out0");
    tad__c_at(to, &l, 0);
    tad_c_put(to, " = %s(", tad__c_row(to, c->op, is_number ? "number" : tad__c_suffix(dtype)));
    for (size_t i = 0; i < c->n_in; i++) {
        tad_c_put(to, "%sin%zu", i ? ", " : "", i);
        tad__c_at(to, &l, (int)i + 1);
    }
    tad__c_options(to, c->op, c->options);
    tad_c_put(to, ");\n");
    tad__c_close(to, &l);
}
