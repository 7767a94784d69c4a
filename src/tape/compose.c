/* An op that is composed of others: its call records those, and no node of its own. Rests on
 * work.h. */
#include <math.h>

#include "apply.h"
#include "arrays.h"
#include "error.h"
#include "handle.h"
#include "node.h"
#include "work.h"

bool tad__all_finite(const tad_array *a, int64_t *where) {
    for (*where = 0; *where < a->size && a->contiguous; ++*where) {
        double v = a->dtype == TAD_F64   ? ((const double *)a->data)[*where]
                   : a->dtype == TAD_F32 ? (double)((const float *)a->data)[*where]
                                         : 0;
        if (!isfinite(v)) return false;
    }
    return true;
}

tad_status tad__trap(const tad__work *w, const tad_array *a) {
    int64_t where;
    if (!w->t->settings.trap || tad__all_finite(a, &where)) return TAD_OK;
    return tad_fail(&w->frame, TAD_NOT_FINITE, "element %lld of the result is %s", (long long)where,
                    "a NaN or an infinity");
}

/* A result is new, so that naming it names no operand, and as the shape rule said. */
static tad_status check_result(tad__work *w, size_t k, uint32_t first, tad_var result) {
    tad__view view;
    if (w->t->error.status != TAD_OK) return w->t->error.status;
    if (tad_is_number(result) || !tad__is_living(w->t, result) || result.u.at.index < first)
        return tad_fail(&w->frame, TAD_BAD_ARGUMENT, "its composition gave no new result %zu", k);
    const tad_array *a = tad__value(w->t, result.u.at.index, &view);
    tad_shape got = tad__shape_of(a);
    if (a->dtype != w->type[k].dtype || !tad__shape_equal(&got, &w->type[k].shape))
        return tad_fail(&w->frame, TAD_BAD_ARGUMENT,
                        "its composition gave result %zu another type than its shape rule", k);
    return tad__trap(w, a);
}

tad_status tad__compose(tad__work *w, uint32_t first, tad_var *result) {
    tad_tape *t = w->t;
    tad_var *in = tad__buffers_take(&t->buffers, (w->n + 1) * sizeof *in);
    if (!in) return TAD_NO_MEMORY;
    for (size_t i = 0; i < w->n; i++)
        in[i] = w->index[i] == TAD__NO_NODE ? tad_none() : tad__handle(t, w->index[i]);
    for (size_t k = 0; k < w->n_out; k++) result[k] = tad__nil(t);
    tad_rule r = {.tape = t,
                  .op = w->op,
                  .options = w->frame.options,
                  .n_in = w->n,
                  .n_out = w->n_out,
                  .in = in,
                  .result = result};
    const bool trap = t->settings.trap;
    t->settings.trap = false; /* what a select leaves out may be a NaN */
    w->op->compose(&r);
    t->settings.trap = trap;
    tad__buffers_give(&t->buffers, in);
    tad_status s = t->error.status;
    for (size_t k = 0; k < w->n_out && s == TAD_OK; k++) s = check_result(w, k, first, result[k]);
    return s;
}
