/* What C texts of ops that go element by element share. Rests on c_text.h. */
#ifndef TAD_OPS_ELEMENTWISE_TEXT_H
#define TAD_OPS_ELEMENTWISE_TEXT_H

#include "array/c_text.h"

/* Opens loops over the result, array 0, and all operands, arrays 1, 2, ...; begins the statement
 * that sets the element of the result. */
void tad__begin_element(const tad_call_frame *c, tad_c *to, tad__loop *l);
/* The element of operand i. */
void tad__put_operand(tad_c *to, const tad__loop *l, size_t i);
void tad__end_element(tad_c *to, const tad__loop *l);

/* The text of an op that is one of C, as "<" between two operands. */
void tad__infix_c_text(const tad_call_frame *c, tad_c *to, const char *how);

#endif
