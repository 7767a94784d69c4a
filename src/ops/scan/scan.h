/* Ops that go along an axis and keep what they have so far. Rests on tape.h and rows.h. */
#ifndef TAD_OPS_SCAN_SCAN_H
#define TAD_OPS_SCAN_SCAN_H

#include "ops/rows/rows.h"
#include "tape/tape.h"

typedef struct tad__scan_options {
    int64_t axis;
    bool reverse; /* from the last element */
} tad__scan_options;

/* The running sums, products of x; y[i] = b[i] + a[i] y[i - 1]. */
tad_var tad__cumsum(tad_var x, int64_t axis, bool reverse);
tad_var tad__cumprod(tad_var x, int64_t axis, bool reverse);
tad_var tad__recurrence(tad_var a, tad_var b, int64_t axis, bool reverse);
/* y[i] = x[i - 1], and `first` where there is none; reverse: y[i] = x[i + 1]. */
tad_var tad__shifted(tad_var x, int64_t axis, bool reverse, double first);

/* ---- what is done to rows ---- */

/* Rows of n elements, which are `step`, 1 or -1, apart; pointers are to where the first one
 * begins, the next lies n elements behind. */
typedef struct tad__scan_rows {
    ptrdiff_t n, step;
    size_t rows;
    const void *in[2];
    void *out;
    int64_t *place; /* where there is a second result */
} tad__scan_rows;
typedef void tad__scan_fn(const tad__scan_rows *rows);

/* Forward of ops with such options; function of the element type. */
tad_status tad__scan_forward(const tad_call_frame *c, tad__scan_fn *const function[2]);
/* The text for it: calls of the part NAME, whose arguments are n and, for operands and results, a
 * pointer and a step. */
void tad__scan_c_text(const tad_call_frame *c, tad_c *to, const char *name);

#endif
