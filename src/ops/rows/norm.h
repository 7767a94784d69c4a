/* What the files of layer_norm and rms_norm share. Rests on tape.h. */
#ifndef TAD_OPS_ROWS_NORM_H
#define TAD_OPS_ROWS_NORM_H

#include "tape/tape.h"

enum { TAD__LAYER_NORM, TAD__RMS_NORM };
extern const tad_op tad__ops_norm[];

enum { TAD__X, TAD__GAIN, TAD__BIAS }; /* the operands */

typedef struct tad__norm_options {
    tad_shape normalized_shape; /* rank 0: the last axis */
    tad_maybe_float eps;        /* not given: 1e-5, of rms_norm 1e-6 */
} tad__norm_options;

/* Rows are centred: their mean becomes 0. */
static inline bool tad__norm_centres(const tad_op *op) {
    return op == &tad__ops_norm[TAD__LAYER_NORM];
}

static inline int tad__normalized_axes(const tad__norm_options *o) {
    return o->normalized_shape.rank ? o->normalized_shape.rank : 1;
}

static inline double tad__norm_eps(const tad_op *op, const tad__norm_options *o) {
    return o->eps.given ? o->eps.value : tad__norm_centres(op) ? 1e-5 : 1e-6;
}

/* ---- norm_rows.c ---- */

tad_status tad__norm_values(const tad_call_frame *c);
tad_status tad__norm_gradient(tad_backward *b);

/* ---- norm_text.c ---- */

void tad__norm_c_text(const tad_call_frame *c, tad_c *to);

#endif
