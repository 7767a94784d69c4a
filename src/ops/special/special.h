/* Functions of kernel/special.h of up to three arguments, applied element by element. Rests on
 * tape.h and kernel/special.h. */
#ifndef TAD_OPS_SPECIAL_SPECIAL_H
#define TAD_OPS_SPECIAL_SPECIAL_H

#include "kernel/special.h"
#include "tape/tape.h"

typedef struct tad__special_function {
    const char *part; /* its whole name */
    double (*at)(const double *order, const double *x);
} tad__special_function;

#define TAD__SPECIAL_FUNCTION(name)                                                                \
    { "tad__" #name "_f64", tad__##name##_f64 }

/* ---- elements.c ---- */

/* One float type, broadcast together. */
tad_status tad__special_shape(const tad_call_frame *c, tad_type *out, size_t *n_out);
/* With orders of the derivatives by the first two operands. */
tad_status tad__special_forward(const tad_call_frame *c, const tad__special_function *f, int64_t n,
                                int64_t m);
void tad__special_c_text(const tad_call_frame *c, tad_c *to, const tad__special_function *f,
                         int64_t n, int64_t m);

/* ---- special.c: derivatives ---- */

/* Of gammainc, or gammaincc, by a; of gammainc by x. */
tad_var tad__gammainc_by_a(tad_var a, tad_var x, bool upper);
tad_var tad__gamma_density(tad_var a, tad_var x);
/* Of betainc by a or b, and by x. */
tad_var tad__betainc_by(bool first, const tad_var *abx);
tad_var tad__beta_density(const tad_var *abx);

#endif
