/* Around a driver's work. Rests on function.h. */
#include "function.h"

#include <stdio.h>

#include "array/shape.h"
#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/handle.h"

static void set_paused(tad_tape *t, uint32_t paused) {
    t->paused = paused;
    tad__update_limit(t);
}

static tad_status resolve_inputs(const tad__function *d) {
    uint32_t index;
    for (size_t k = 0; k < d->n; k++)
        if (!tad__resolve(d->t, d->x[k], d->what, &index)) return d->t->error.status;
    return TAD_OK;
}

tad_status tad__function_begin(tad__function *d, tad_fn *f, const void *out) {
    tad_tape *t = d->t = d->x ? tad__tape_of(d->x, d->n) : NULL;
    if (!t) return d->x && d->n ? TAD_BAD_HANDLE : TAD_BAD_ARGUMENT;
    d->paused = t->paused;
    d->epoch = t->head.epoch;
    if (t->error.status != TAD_OK) return t->error.status;
    if (!f) return tad__fail(t, TAD_BAD_ARGUMENT, "%s: no function", d->what);
    if (!out) return tad__fail(t, TAD_BAD_ARGUMENT, "%s: no place for the result", d->what);
    tad_status s = resolve_inputs(d);
    if (s == TAD_OK) set_paused(t, 0);
    return s;
}

tad_status tad__function_check(const tad__function *d, size_t k) {
    if (k >= d->n)
        return tad__fail(d->t, TAD_BAD_ARGUMENT, "%s: there is no input %zu of %zu", d->what, k,
                         d->n);
    const uint32_t i = d->x[k].u.at.index; /* seen at the beginning */
    const tad_dtype dtype = tad__dtype_at(d->t, i);
    if (!tad__is_float(dtype))
        return tad__fail(d->t, TAD_BAD_DTYPE, "%s: input %zu is %s, it has no derivative", d->what,
                         k, tad_dtype_name(dtype));
    if (!(tad__at(d->t, i)->flags & TAD__NEEDS))
        return tad__fail(d->t, TAD_NO_GRADIENT, "%s: input %zu is a constant, it has no derivative",
                         d->what, k);
    return TAD_OK;
}

tad_status tad__function_check_all(const tad__function *d) {
    tad_status s = TAD_OK;
    for (size_t k = 0; k < d->n && s == TAD_OK; k++)
        if (!tad__is_number_variable(d->x[k])) s = tad__function_check(d, k);
    return s;
}

static void name_result(const tad__function *d, char *text, size_t size) {
    snprintf(text, size, "%s: the function's result", d->what);
}

/* f may have rewound its inputs. */
tad_status tad__function_value(const tad__function *d, tad_fn *f, void *user, tad_var *y) {
    char what[48];
    uint32_t index;
    *y = f(d->t, d->x, d->n, user);
    const bool rewound = d->t->head.epoch != d->epoch;
    if (d->t->error.status == TAD_OK && rewound) resolve_inputs(d);
    if (d->t->error.status != TAD_OK) return d->t->error.status;
    if (tad_is_number(*y)) *y = tad_full(d->t, TAD_F64, TAD_0D, y->u.number);
    name_result(d, what, sizeof what);
    return tad__resolve(d->t, *y, what, &index) ? TAD_OK : d->t->error.status;
}

tad_status tad__function_run(const tad__function *d, tad_fn *f, void *user, tad_var *y) {
    char what[48];
    const tad_status s = tad__function_value(d, f, user, y);
    if (s != TAD_OK) return s;
    const tad_dtype dtype = tad__dtype_at(d->t, y->u.at.index);
    if (tad__is_float(dtype)) return TAD_OK;
    name_result(d, what, sizeof what);
    return tad__fail(d->t, TAD_BAD_DTYPE, "%s is %s, it has no derivative", what,
                     tad_dtype_name(dtype));
}

tad_status tad__function_run_to_number(const tad__function *d, tad_fn *f, void *user, tad_var *y) {
    char text[TAD__SHAPE_ROOM];
    tad_status s = tad__function_run(d, f, user, y);
    if (s != TAD_OK || tad_size_of(*y) == 1) return s;
    tad_shape shape = tad_shape_of(*y);
    return tad__fail(d->t, TAD_BAD_SHAPE,
                     "%s: the function's result has shape %s, it must be one element", d->what,
                     tad__shape_text(&shape, text, sizeof text));
}

tad_status tad__function_end(const tad__function *d, tad_status s, tad_var *out, size_t n) {
    if (d->t) set_paused(d->t, d->paused);
    for (size_t k = 0; out && k < n && s == TAD_OK && d->paused; k++) {
        out[k] = tad_detach(out[k]);
        s = d->t->error.status;
    }
    for (size_t k = 0; out && k < n && s != TAD_OK; k++) out[k] = tad__nil(d->t);
    return s;
}
