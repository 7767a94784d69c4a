/* Problems of the gradient check: values and derivatives of a recorded function as plain vectors.
 * The only part of the check that runs sweeps. */
#include "check.h"

#include "tape/error.h"
#include "tape/handle.h"

#include <math.h>
#include <string.h>

void *tad__check_take(tad_tape *t, size_t count, size_t size) {
    size_t bytes;
    void *memory = NULL;
    if (tad__mul(tad__max(count, 1), size, &bytes)) memory = tad__arena_take(&t->arena, bytes, 64);
    if (!memory) {
        tad__no_memory(t, "gradcheck");
        return NULL;
    }
    memset(memory, 0, bytes);
    return memory;
}

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
    p->random = tad_tape_random(p->tape);
    p->in_shape = tad__check_take(p->tape, n, sizeof *p->in_shape);
    p->in_at = tad__check_take(p->tape, n + 1, sizeof *p->in_at);
    p->in = tad__check_take(p->tape, n, sizeof *p->in);
    if (!p->in_shape || !p->in_at || !p->in) return tad_tape_status(p->tape);
    for (size_t i = 0; i < n; i++) p->in_shape[i] = shape[i];
    p->x = tad__check_take(p->tape, lay_out(shape, n, p->in_at), sizeof *p->x);
    return p->x ? TAD_OK : tad_tape_status(p->tape);
}

static tad_status look_at_outputs(tad__problem *p) {
    for (size_t k = 0; k < p->n_out; k++) {
        p->out_shape[k] = tad_shape_of(p->out[k]);
        if (tad_dtype_of(p->out[k]) != TAD_F64)
            return tad__fail(p->tape, TAD_BAD_DTYPE,
                             "gradcheck: the function gives %s, not float64",
                             tad_dtype_name(tad_dtype_of(p->out[k])));
    }
    lay_out(p->out_shape, p->n_out, p->out_at);
    return TAD_OK;
}

tad_status tad__problem_outputs(tad__problem *p) {
    size_t n = p->n_out;
    p->out_shape = tad__check_take(p->tape, n, sizeof *p->out_shape);
    p->out_at = tad__check_take(p->tape, n + 1, sizeof *p->out_at);
    p->out = tad__check_take(p->tape, n, sizeof *p->out);
    p->seed = tad__check_take(p->tape, n + p->n_in, sizeof *p->seed);
    p->result = tad__check_take(p->tape, n + p->n_in, sizeof *p->result);
    if (!p->out_shape || !p->out_at || !p->out || !p->seed || !p->result)
        return tad_tape_status(p->tape);
    for (size_t k = 0; k < n; k++) p->out_shape[k].rank = -1;
    tad_status status = tad__point_open(p, p->x);
    if (status == TAD_OK) status = look_at_outputs(p);
    tad__point_close(p);
    if (status != TAD_OK) return status;
    p->y = tad__check_take(p->tape, tad__outputs(p), sizeof *p->y);
    if (!p->y) return tad_tape_status(p->tape);
    status = tad__point_open(p, p->x);
    if (status == TAD_OK) status = tad__point_read(p, p->y);
    tad__point_close(p);
    return status;
}

/* ---- recordings ---- */

tad_status tad__point_call(tad__problem *p) {
    tad_tape_set_random(p->tape, p->random);
    tad_status status = p->call(p, p->in, p->out);
    if (status == TAD_OK) status = tad_tape_status(p->tape);
    if (status != TAD_OK) return status;
    for (size_t k = 0; k < p->n_out; k++) {
        tad_shape s = tad_shape_of(p->out[k]);
        if (p->out_shape[k].rank >= 0 && !tad__shape_equal(&s, &p->out_shape[k]))
            return tad__fail(p->tape, TAD_BAD_SHAPE,
                             "gradcheck: the function's result changes its shape with the values");
    }
    return TAD_OK;
}

tad_status tad__point_open(tad__problem *p, const double *x) {
    p->mark = tad_tape_mark(p->tape);
    for (size_t i = 0; i < p->n_in; i++)
        p->in[i] = tad_input_borrow(p->tape, TAD_F64, p->in_shape[i], x + p->in_at[i]);
    return tad__point_call(p);
}

void tad__point_close(tad__problem *p) {
    /* Cannot fail: the mark is this check's own. */
    (void)tad_tape_rewind(p->tape, p->mark);
}

tad_status tad__point_read(tad__problem *p, double *y) {
    for (size_t k = 0; k < p->n_out; k++) {
        size_t n = p->out_at[k + 1] - p->out_at[k];
        tad_status status = tad_read(p->out[k], y + p->out_at[k], n);
        if (status != TAD_OK) return status;
    }
    return TAD_OK;
}

tad_status tad__point_value(tad__problem *p, const double *x, double *y) {
    tad_status status = tad__point_open(p, x);
    if (status == TAD_OK) status = tad__point_read(p, y);
    tad__point_close(p);
    if (status == TAD_OK || status == TAD_NO_MEMORY) return status;
    tad_tape_clear(p->tape); /* outside the function's domain */
    for (size_t i = 0; i < tad__outputs(p); i++) y[i] = NAN;
    return TAD_OK;
}

static bool leads_on(tad_tape *t, const bool *depends, size_t i) {
    tad_var x = tad_node_at(t, i);
    for (size_t k = 0; k < tad_node_parent_count(x); k++) {
        size_t parent = tad_node_index(tad_node_parent(x, k));
        if (parent != SIZE_MAX && depends[parent]) return true;
    }
    return false;
}

bool tad__is_reached(tad_tape *t, const tad_var *in, size_t n, tad_var y) {
    uint32_t last = y.u.at.index;
    if (!tad__is_living(t, y)) return false;
    bool *depends = tad__check_take(t, (size_t)last + 1, sizeof *depends);
    if (!depends) return true;
    for (size_t i = 0; i < n; i++)
        if (tad__is_living(t, in[i]) && in[i].u.at.index <= last) depends[in[i].u.at.index] = true;
    for (uint32_t i = 0; i <= last; i++) depends[i] = depends[i] || leads_on(t, depends, i);
    return depends[last];
}

/* ---- derivatives on the open recording ---- */

tad_status tad__gradient_read(tad_var x, size_t n, double *g) {
    const double *data = tad_gradient_data(x);
    if (!data) return tad_tape_status(x.tape);
    if (n > 0) memcpy(g, data, n * sizeof *g);
    return TAD_OK;
}

/* Cotangents as constants on v of the outputs that depend on something; returns how many. */
size_t tad__point_cotangents(tad__problem *p, const double *v, const bool *given, tad_var *y,
                             tad_var *seed) {
    size_t n = 0;
    for (size_t k = 0; k < p->n_out; k++) {
        if ((given && !given[k]) || !tad_node_needs_gradient(p->out[k])) continue;
        seed[n] = tad_borrow(p->tape, TAD_F64, p->out_shape[k], v + p->out_at[k]);
        y[n++] = p->out[k];
    }
    return n;
}

tad_status tad__point_sweep(tad__problem *p, const double *v, const bool *given, double *g) {
    tad_mark mark = tad_tape_mark(p->tape);
    size_t n = tad__point_cotangents(p, v, given, p->result, p->seed);
    tad_status status = n > 0 ? tad_reverse_from(p->result, p->seed, n) : TAD_OK;
    if (n == 0) memset(g, 0, tad__inputs(p) * sizeof *g);
    for (size_t i = 0; i < p->n_in && n > 0 && status == TAD_OK; i++)
        status = tad__gradient_read(p->in[i], p->in_at[i + 1] - p->in_at[i], g + p->in_at[i]);
    (void)tad_tape_rewind(p->tape, mark);
    return status;
}

/* Reads p->result: variables that must have the shapes given. */
static tad_status read_results(tad__problem *p, size_t n, const tad_shape *shape, const size_t *at,
                               double *out) {
    for (size_t i = 0; i < n; i++) {
        tad_shape s = tad_shape_of(p->result[i]);
        if (!tad__shape_equal(&s, &shape[i]) || tad_dtype_of(p->result[i]) != TAD_F64)
            return tad__fail(p->tape, TAD_BAD_SHAPE,
                             "gradcheck: a derivative has another shape or type");
        tad_status status = tad_read(p->result[i], out + at[i], at[i + 1] - at[i]);
        if (status != TAD_OK) return status;
    }
    return TAD_OK;
}

tad_status tad__point_graph(tad__problem *p, const double *v, double *g) {
    tad_mark mark = tad_tape_mark(p->tape);
    for (size_t k = 0; k < p->n_out; k++)
        p->seed[k] = tad_borrow(p->tape, TAD_F64, p->out_shape[k], v + p->out_at[k]);
    tad_status status = tad_grad(p->out, p->seed, p->n_out, p->in, p->n_in, p->result);
    if (status == TAD_OK) status = read_results(p, p->n_in, p->in_shape, p->in_at, g);
    (void)tad_tape_rewind(p->tape, mark);
    return status;
}

tad_status tad__point_jvp(tad__problem *p, const double *w, double *tangent) {
    tad_mark mark = tad_tape_mark(p->tape);
    for (size_t i = 0; i < p->n_in; i++)
        p->seed[i] = tad_borrow(p->tape, TAD_F64, p->in_shape[i], w + p->in_at[i]);
    tad_status status = tad_tangent(p->out, p->n_out, p->in, p->seed, p->n_in, p->result);
    if (status == TAD_OK) status = read_results(p, p->n_out, p->out_shape, p->out_at, tangent);
    (void)tad_tape_rewind(p->tape, mark);
    return status;
}

/* ---- the derivative as a problem ---- */

static tad_status call_derived(const tad__problem *p, const tad_var *in, tad_var *out) {
    const tad__derived *d = p->self;
    const tad__problem *of = d->of;
    tad_status status = of->call(of, in, d->y);
    if (status != TAD_OK) return status;
    const tad_var *seed = in + of->n_in;
    if (d->forward) return tad_tangent(d->y, of->n_out, in, seed, of->n_in, out);
    return tad_grad(d->y, seed, of->n_out, in, of->n_in, out);
}

tad_status tad__problem_derive(tad__problem *p, tad__derived *d, tad__problem *of, bool forward) {
    size_t seeds = forward ? of->n_in : of->n_out, n = of->n_in + seeds;
    *d = (tad__derived){of, forward, tad__check_take(of->tape, of->n_out, sizeof *d->y)};
    *p = (tad__problem){.tape = of->tape, .call = call_derived, .self = d};
    tad_shape *shape = tad__check_take(of->tape, n, sizeof *shape);
    if (!d->y || !shape) return tad_tape_status(of->tape);
    for (size_t i = 0; i < of->n_in; i++) shape[i] = of->in_shape[i];
    for (size_t i = 0; i < seeds; i++)
        shape[of->n_in + i] = forward ? of->in_shape[i] : of->out_shape[i];
    tad_status status = tad__problem_inputs(p, n, shape);
    if (status != TAD_OK) return status;
    p->random = of->random;
    p->n_out = forward ? of->n_out : of->n_in;
    if (tad__inputs(of) > 0) memcpy(p->x, of->x, tad__inputs(of) * sizeof *p->x);
    return TAD_OK;
}
