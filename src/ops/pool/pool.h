/* What the files of pooling share. Rests on windows.h. */
#ifndef TAD_OPS_POOL_POOL_H
#define TAD_OPS_POOL_POOL_H

#include "windows.h"

/* The first of each kind, of one axis; then of two and three. */
enum {
    TAD__MAX_POOL,
    TAD__ADAPTIVE_MAX_POOL = 3,
    TAD__AVG_POOL = 6,
    TAD__ADAPTIVE_AVG_POOL = 9,
    TAD__POOL_SPREAD = 12 /* the adjoint of means */
};
extern const tad_op tad__ops_pool[];

/* ---- pool_shape.c ---- */

tad_status tad__pool_shape(const tad_call_frame *c, tad_type *out, size_t *n_out);
/* The windows of a call that was found right. */
tad__windows tad__pool_windows(const tad_call_frame *c);

/* ---- max_pool.c ---- */

tad_status tad__max_pool_forward(const tad_call_frame *c);
tad_status tad__max_pool_backward(tad_backward *b);
void tad__max_pool_vjp(tad_rule *r);
void tad__max_pool_jvp(tad_rule *r);
void tad__max_pool_c_text(const tad_call_frame *c, tad_c *to);

/* ---- avg_pool.c: means, and what they give back ---- */

tad_status tad__avg_pool_forward(const tad_call_frame *c);
tad_status tad__avg_pool_backward(tad_backward *b);
void tad__avg_pool_vjp(tad_rule *r);
void tad__avg_pool_c_text(const tad_call_frame *c, tad_c *to);
tad_status tad__pool_spread_forward(const tad_call_frame *c);
tad_status tad__pool_spread_backward(tad_backward *b);
void tad__pool_spread_vjp(tad_rule *r);
void tad__pool_spread_c_text(const tad_call_frame *c, tad_c *to);

#endif
