/* Problems of the gradient check: values and derivatives of a recorded function as plain vectors.
 * Rests on workspace.h and the public sweeps. */
#include "problem.h"

#include <math.h>
#include <string.h>

#include <tad/diff.h>
#include <tad/inspect.h>

#include "array/shape.h"

/* ---- making a problem ---- */

static size_t lay_out(const tad_shape *shape, size_t n, size_t *at) {
    at[0] = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t size = 0;
        (void)tad__shape_size(&shape[i], &size); /* shapes of variables that exist */
        at[i + 1] = at[i] + (size_t)size;
    }
    return at[n];
}

tad_status tad__problem_inputs(tad__problem *p, size_t n, const tad_shape *shape) {
    p->n_in = n;
    p->random = tad_tape_random(p->workspace->tape);
    p->in_shape = tad__take(p->workspace, n, sizeof *p->in_shape);
    p->in_at = tad__take(p->workspace, n + 1, sizeof *p->in_at);
    p->in = tad__take(p->workspace, n, sizeof *p->in);
    if (!p->in_shape || !p->in_at || !p->in) return tad_tape_status(p->workspace->tape);
    for (size_t i = 0; i < n; i++) p->in_shape[i] = shape[i];
    p->x = tad__take(p->workspace, lay_out(shape, n, p->in_at), sizeof *p->x);
    return p->x ? TAD_OK : tad_tape_status(p->workspace->tape);
}

static tad_status look_at_outputs(tad__problem *p) {
    for (size_t k = 0; k < p->n_out; k++) {
        p->out_shape[k] = tad_shape_of(p->out[k]);
        if (tad_dtype_of(p->out[k]) != TAD_F64)
            return tad_tape_fail(p->workspace->tape, TAD_BAD_DTYPE,
                                 "gradcheck: the function gives %s, not float64",
                                 tad_dtype_name(tad_dtype_of(p->out[k])));
    }
    lay_out(p->out_shape, p->n_out, p->out_at);
    return TAD_OK;
}

static tad_status take_outputs(tad__problem *p) {
    size_t n = p->n_out;
    p->out_shape = tad__take(p->workspace, n, sizeof *p->out_shape);
    p->out_at = tad__take(p->workspace, n + 1, sizeof *p->out_at);
    p->out = tad__take(p->workspace, n, sizeof *p->out);
    p->seed = tad__take(p->workspace, n + p->n_in, sizeof *p->seed);
    p->result = tad__take(p->workspace, n + p->n_in, sizeof *p->result);
    if (!p->out_shape || !p->out_at || !p->out || !p->seed || !p->result)
        return tad_tape_status(p->workspace->tape);
    for (size_t k = 0; k < n; k++) p->out_shape[k].rank = -1; /* not known yet */
    return TAD_OK;
}

tad_status tad__problem_outputs(tad__problem *p) {
    tad_status status = take_outputs(p);
    if (status != TAD_OK) return status;
    status = tad__problem_open(p, p->x);
    if (status == TAD_OK) status = look_at_outputs(p);
    tad__problem_close(p);
    if (status != TAD_OK) return status;
    p->y = tad__take(p->workspace, tad__outputs(p), sizeof *p->y);
    if (!p->y) return tad_tape_status(p->workspace->tape);
    status = tad__problem_open(p, p->x);
    if (status == TAD_OK) status = tad__problem_read(p, p->y);
    tad__problem_close(p);
    return status;
}

/* ---- recordings ---- */

tad_status tad__problem_call(tad__problem *p) {
    tad_tape_set_random(p->workspace->tape, p->random);
    tad_status status = p->call(p, p->in, p->out);
    if (status == TAD_OK) status = tad_tape_status(p->workspace->tape);
    if (status != TAD_OK) return status;
    for (size_t k = 0; k < p->n_out; k++) {
        tad_shape s = tad_shape_of(p->out[k]);
        if (p->out_shape[k].rank >= 0 && !tad__shape_equal(&s, &p->out_shape[k]))
            return tad_tape_fail(
                p->workspace->tape, TAD_BAD_SHAPE,
                "gradcheck: the function's result changes its shape with the values");
    }
    return TAD_OK;
}

void tad__problem_begin(tad__problem *p) { p->opened = tad__workspace_now(p->workspace); }

tad_status tad__problem_open(tad__problem *p, const double *x) {
    tad__problem_begin(p);
    for (size_t i = 0; i < p->n_in; i++)
        p->in[i] = tad_input_borrow(p->workspace->tape, TAD_F64, p->in_shape[i], x + p->in_at[i]);
    return tad__problem_call(p);
}

void tad__problem_close(tad__problem *p) { tad__workspace_return(p->workspace, p->opened); }

tad_status tad__problem_read(tad__problem *p, double *y) {
    for (size_t k = 0; k < p->n_out; k++) {
        tad_status status = tad_read(p->out[k], y + p->out_at[k], tad__output_size(p, k));
        if (status != TAD_OK) return status;
    }
    return TAD_OK;
}

tad_status tad__problem_value(tad__problem *p, const double *x, double *y) {
    tad_status status = tad__problem_open(p, x);
    if (status == TAD_OK) status = tad__problem_read(p, y);
    tad__problem_close(p);
    if (status == TAD_OK || status == TAD_NO_MEMORY) return status;
    tad_tape_clear(p->workspace->tape); /* outside the function's domain */
    for (size_t i = 0; i < tad__outputs(p); i++) y[i] = NAN;
    return TAD_OK;
}

/* ---- derivatives on the open recording ---- */

tad_status tad__gradient_read(tad_var x, size_t n, double *g) {
    const double *data = tad_gradient_data(x);
    if (!data) return tad_tape_status(x.tape);
    if (n > 0) memcpy(g, data, n * sizeof *g);
    return TAD_OK;
}

size_t tad__problem_cotangents(tad__problem *p, const double *v, const bool *given, tad_var *y,
                               tad_var *seed) {
    size_t n = 0;
    for (size_t k = 0; k < p->n_out; k++) {
        if ((given && !given[k]) || !tad_node_needs_gradient(p->out[k])) continue;
        seed[n] = tad_borrow(p->workspace->tape, TAD_F64, p->out_shape[k], v + p->out_at[k]);
        y[n++] = p->out[k];
    }
    return n;
}

tad_status tad__problem_vjp(tad__problem *p, const double *v, const bool *given, double *g) {
    tad_mark mark = tad_tape_mark(p->workspace->tape);
    size_t n = tad__problem_cotangents(p, v, given, p->result, p->seed);
    tad_status status = n > 0 ? tad_reverse_from(p->result, p->seed, n) : TAD_OK;
    if (n == 0) memset(g, 0, tad__inputs(p) * sizeof *g);
    for (size_t i = 0; i < p->n_in && n > 0 && status == TAD_OK; i++)
        status = tad__gradient_read(p->in[i], tad__input_size(p, i), g + p->in_at[i]);
    (void)tad_tape_rewind(p->workspace->tape, mark);
    return status;
}

void tad__problem_seed_outputs(tad__problem *p, tad__leaf_fn *leaf, const double *v) {
    for (size_t k = 0; k < p->n_out; k++)
        p->seed[k] = leaf(p->workspace->tape, TAD_F64, p->out_shape[k], v + p->out_at[k]);
}

void tad__problem_seed_inputs(tad__problem *p, tad__leaf_fn *leaf, const double *w) {
    for (size_t i = 0; i < p->n_in; i++)
        p->seed[i] = leaf(p->workspace->tape, TAD_F64, p->in_shape[i], w + p->in_at[i]);
}

/* Reads p->result: variables that must have the shapes given. */
static tad_status read_results(tad__problem *p, size_t n, const tad_shape *shape, const size_t *at,
                               double *out) {
    for (size_t i = 0; i < n; i++) {
        tad_shape s = tad_shape_of(p->result[i]);
        if (!tad__shape_equal(&s, &shape[i]) || tad_dtype_of(p->result[i]) != TAD_F64)
            return tad_tape_fail(p->workspace->tape, TAD_BAD_SHAPE,
                                 "gradcheck: a derivative has another shape or type");
        tad_status status = tad_read(p->result[i], out + at[i], at[i + 1] - at[i]);
        if (status != TAD_OK) return status;
    }
    return TAD_OK;
}

tad_status tad__problem_record_vjp(tad__problem *p) {
    return tad_grad(p->out, p->seed, p->n_out, p->in, p->n_in, p->result);
}

tad_status tad__problem_record_jvp(tad__problem *p) {
    return tad_tangent(p->out, p->n_out, p->in, p->seed, p->n_in, p->result);
}

tad_status tad__problem_grad(tad__problem *p, const double *v, double *g) {
    tad_mark mark = tad_tape_mark(p->workspace->tape);
    tad__problem_seed_outputs(p, tad_borrow, v);
    tad_status status = tad__problem_record_vjp(p);
    if (status == TAD_OK) status = read_results(p, p->n_in, p->in_shape, p->in_at, g);
    (void)tad_tape_rewind(p->workspace->tape, mark);
    return status;
}

tad_status tad__problem_jvp(tad__problem *p, const double *w, double *tangent) {
    tad_mark mark = tad_tape_mark(p->workspace->tape);
    tad__problem_seed_inputs(p, tad_borrow, w);
    tad_status status = tad__problem_record_jvp(p);
    if (status == TAD_OK) status = read_results(p, p->n_out, p->out_shape, p->out_at, tangent);
    (void)tad_tape_rewind(p->workspace->tape, mark);
    return status;
}
