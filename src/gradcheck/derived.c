/* The derivative of a problem as a problem. Rests on problem.h. */
#include "derived.h"

#include <string.h>

#include <tad/diff.h>

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
    *d = (tad__derived){of, forward, tad__take(of->workspace, of->n_out, sizeof *d->y)};
    *p = (tad__problem){.workspace = of->workspace, .call = call_derived, .self = d};
    tad_shape *shape = tad__take(of->workspace, n, sizeof *shape);
    if (!d->y || !shape) return tad_tape_status(of->workspace->tape);
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
