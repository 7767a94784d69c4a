/* A problem is what is checked: a function from float64 arrays to float64 arrays at a point. All
 * its inputs laid end to end are one vector x of length in_at[n_in], all outputs one vector y; so
 * values, cotangents and gradients are plain doubles for everything above. */
#ifndef TAD_GRADCHECK_PROBLEM_H
#define TAD_GRADCHECK_PROBLEM_H

#include <tad/tape.h>

#include "workspace.h"

typedef struct tad__problem tad__problem;
/* Records the function on in[n_in] and gives out[n_out]. */
typedef tad_status tad__problem_fn(const tad__problem *p, const tad_var *in, tad_var *out);

struct tad__problem {
    tad__workspace *workspace;
    tad__problem_fn *call;
    void *self; /* what is called */
    size_t n_in, n_out;
    tad_shape *in_shape, *out_shape;
    size_t *in_at, *out_at; /* where an input begins in x, an output in y; one more at the end */
    double *x, *y;          /* the point, and the values there */
    tad_var *in, *out;      /* of the recording that is open */
    tad_var *seed, *result; /* workspace for n_in + n_out variables each */
    tad_random random;      /* the tape's, before every call */
    tad__moment opened;
};

static inline size_t tad__inputs(const tad__problem *p) { return p->in_at[p->n_in]; }
static inline size_t tad__outputs(const tad__problem *p) { return p->out_at[p->n_out]; }
static inline size_t tad__input_size(const tad__problem *p, size_t i) {
    return p->in_at[i + 1] - p->in_at[i];
}
static inline size_t tad__output_size(const tad__problem *p, size_t k) {
    return p->out_at[k + 1] - p->out_at[k];
}

/* ---- making one ---- */

/* Fixes inputs; then finds the outputs by calling once. x is copied. */
tad_status tad__problem_inputs(tad__problem *p, size_t n, const tad_shape *shape);
tad_status tad__problem_outputs(tad__problem *p);

/* ---- recordings ---- */

/* Records the function at x, which must stay in place until the recording is closed. */
tad_status tad__problem_open(tad__problem *p, const double *x);
/* The same in steps: begin, make p->in, call. */
void tad__problem_begin(tad__problem *p);
tad_status tad__problem_call(tad__problem *p);
/* Forgets what was recorded, and taken from the workspace, since it was begun. */
void tad__problem_close(tad__problem *p);
tad_status tad__problem_read(tad__problem *p, double *y);
/* Value at x, in one go; NaNs where the function fails (but no memory is an error). */
tad_status tad__problem_value(tad__problem *p, const double *x, double *y);

/* ---- derivatives on the open recording ---- */

/* By a sweep. given NULL: all cotangents; else those of the outputs marked. */
tad_status tad__problem_vjp(tad__problem *p, const double *v, const bool *given, double *g);
/* The same recorded as a graph. */
tad_status tad__problem_grad(tad__problem *p, const double *v, double *g);
tad_status tad__problem_jvp(tad__problem *p, const double *w, double *tangent);

/* Their parts. Of the outputs that depend on an input and are given (NULL: all): variable and
 * cotangent; returns how many. */
size_t tad__problem_cotangents(tad__problem *p, const double *v, const bool *given, tad_var *y,
                               tad_var *seed);
tad_status tad__gradient_read(tad_var x, size_t n, double *g);
/* Makes p->seed, a leaf for each output or input. */
typedef tad_var tad__leaf_fn(tad_tape *t, tad_dtype dtype, tad_shape shape, const void *data);
void tad__problem_seed_outputs(tad__problem *p, tad__leaf_fn *leaf, const double *v);
void tad__problem_seed_inputs(tad__problem *p, tad__leaf_fn *leaf, const double *w);
/* From p->seed to p->result. */
tad_status tad__problem_record_vjp(tad__problem *p);
tad_status tad__problem_record_jvp(tad__problem *p);

#endif
