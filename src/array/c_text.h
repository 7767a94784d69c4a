/* C text of programs: what hooks of ops and the writer of programs use. Rests on loop.h, parts.h
 * and text.h.
 *
 * In the text of a call operands are in0, in1, ... and results out0, ...: pointers of their types
 * to the first element. `return TAD_BAD_INDEX;` ends a run; TAD_BRANCH and TAD_SINGULAR are known
 * too. */
#ifndef TAD_ARRAY_C_TEXT_H
#define TAD_ARRAY_C_TEXT_H

#include "base/text.h"

#include "loop.h"

struct tad_c {
    tad__text text;
    bool *needed; /* of each part; the file is written twice, first to find these */
    bool silent;  /* the first time */
    bool within_line;
    int depth;
    bool failed;       /* text that is too long, or a part that is not there: our mistake */
    const char *lacks; /* what cannot be written, as a hook has found; NULL: nothing */
};

/* What C calls elements of a type; "f64" or "f32". */
const char *tad__c_type(unsigned dtype);
const char *tad__c_suffix(unsigned dtype);

/* Notes that the function tad__NAME_f64 or _f32 is needed; its name. */
const char *tad__c_part(tad_c *to, const char *name, unsigned dtype);
/* The same of a whole name. */
const char *tad__c_part_named(tad_c *to, const char *name);
bool tad__c_is_part(const char *name);
/* The same of the row of an op: row_NAME_f64, _f32, or, as single numbers are computed, _number. */
const char *tad__c_row(tad_c *to, const tad_op *row, const char *suffix);
/* The options of a row, behind the operands of a call; pq NULL: it has none. */
void tad__c_options(tad_c *to, const tad_op *row, const double *pq);
/* The text of all that are needed, and of what they need. */
void tad__c_put_parts(tad_c *to);

/* A float64 or float32 constant, to the bit, but for which NaN one is. */
void tad__c_number(tad_c *to, double value, unsigned dtype);
void tad__c_integer(tad_c *to, int64_t value);
/* Sets all elements of out0, which is contiguous and of a float type. */
void tad__c_fill(tad_c *to, const tad_array *out, double value);

/* Opens loops i0, i1, ... over the shape to which all arrays broadcast; as few as their layouts
 * allow. */
void tad__c_open(tad_c *to, tad__loop *l, const tad_shape *shape, const tad_array *const *array,
                 int n);
/* The same in two steps: the loop, with strides in elements; its text. */
void tad__c_loop(tad__loop *l, const tad_shape *shape, const tad_array *const *array, int n);
void tad__c_open_loop(tad_c *to, const tad__loop *l);
/* "[12*i0 + i1]": the element of array k. */
void tad__c_at(tad_c *to, const tad__loop *l, int k);
/* The same with a number and a variable added: "[5 + 12*i0 + i1 + 3*at]". */
void tad__c_at_and(tad_c *to, const tad__loop *l, int k, int64_t number, int64_t factor,
                   const char *variable);
void tad__c_close(tad_c *to, const tad__loop *l);

/* An array as the text sees it: a pointer, and how many elements behind it the first one lies. */
typedef struct tad__c_seen {
    const char *pointer;
    const tad_array *array;
    int64_t offset;
} tad__c_seen;

/* Loops that set the elements of a to those of b, which broadcasts to it. */
void tad__c_move(tad_c *to, const tad__c_seen *a, const tad__c_seen *b);

/* ---- sum_text.c ---- */

/* out0[0 .. n) = 0 */
void tad__c_clear(tad_c *to, const tad_array *out);
/* out0 += in0 as tad__add_into adds, both of one float type. */
void tad__c_add_into(tad_c *to, const tad_array *dst, const tad_array *src);

#endif
