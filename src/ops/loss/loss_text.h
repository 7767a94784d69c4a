/* Sums of losses as C, for comparisons and cross_entropy: kernel/plain/block_sum.h. Rests on
 * array/c_text.h. */
#ifndef TAD_OPS_LOSS_LOSS_TEXT_H
#define TAD_OPS_LOSS_LOSS_TEXT_H

#include "array/c_text.h"

/* Variables `block`, with room for so many losses, and `sum`, of pieces of so many losses. */
static inline void tad__c_put_block_sum(tad_c *to, unsigned dtype, size_t block, size_t piece) {
    tad_c_put(to, "%s block[%zu];\n%s ", tad__c_type(dtype), block,
              tad__c_part(to, "block_sum", dtype));
    tad_c_put(to, "sum = %s(block, %zu, %zu);\n", tad__c_part(to, "block_sum_of", dtype), block,
              piece / block);
}

/* The expression for the sum of all. */
static inline const char *tad__c_block_total(tad_c *to, unsigned dtype) {
    (void)tad__c_part(to, "block_total", dtype);
    return dtype == TAD_F32 ? "tad__block_total_f32(&sum)" : "tad__block_total_f64(&sum)";
}

/* out0[0] = TOTAL / DIVISOR; the total is an expression. */
static inline void tad__c_put_quotient(tad_c *to, unsigned dtype, const char *total,
                                       double divisor) {
    tad_c_put(to, "out0[0] = (%s)(%s", tad__c_type(dtype), total);
    if (divisor != 1) {
        tad_c_put(to, " / ");
        tad__c_number(to, divisor, TAD_F64);
    }
    tad_c_put(to, ");\n");
}

#endif
