/* Drivers over a function: vjp, jvp, hvp, Jacobian, Hessian. Rests on the sweeps. */
#include <tad/diff.h>

#include <stdio.h>
#include <string.h>

#include "sweep/apart.h"
#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/handle.h"
#include "tape/leaf.h"
#include "tape/mark.h"
#include "tape/tape.h"

/* ---- running the function ---- */

typedef struct driver {
    const char *what;
    const tad_var *x;
    size_t n;
    tad_tape *t;     /* NULL: no input has one */
    uint32_t paused; /* how often the caller had paused recording */
} driver;

static void set_paused(tad_tape *t, uint32_t paused) {
    t->paused = paused;
    tad__update_limit(t);
}

static tad_status resolve_inputs(const driver *d) {
    uint32_t index;
    for (size_t k = 0; k < d->n; k++)
        if (!tad__resolve(d->t, d->x[k], d->what, &index)) return d->t->error.status;
    return TAD_OK;
}

/* Checks what every driver is given and turns recording on: without it f would have no past. */
static tad_status begin(driver *d, tad_fn *f, const tad_var *out) {
    tad_tape *t = d->t = d->x ? tad__tape_of(d->x, d->n) : NULL;
    if (!t) return d->x && d->n ? TAD_BAD_HANDLE : TAD_BAD_ARGUMENT;
    d->paused = t->paused;
    if (t->error.status != TAD_OK) return t->error.status;
    if (!f) return tad__fail(t, TAD_BAD_ARGUMENT, "%s: no function", d->what);
    if (!out) return tad__fail(t, TAD_BAD_ARGUMENT, "%s: no place for the result", d->what);
    tad_status s = resolve_inputs(d);
    if (s == TAD_OK) set_paused(t, 0);
    return s;
}

/* Zeros for a constant would be taken for a derivative. */
static tad_status check_input(const driver *d, size_t k) {
    if (k >= d->n)
        return tad__fail(d->t, TAD_BAD_ARGUMENT, "%s: there is no input %zu of %zu", d->what, k,
                         d->n);
    tad_dtype dtype = tad_dtype_of(d->x[k]);
    if (!tad__is_float(dtype))
        return tad__fail(d->t, TAD_BAD_DTYPE, "%s: input %zu is %s, it has no derivative", d->what,
                         k, tad_dtype_name(dtype));
    if (!tad_node_needs_gradient(d->x[k]))
        return tad__fail(d->t, TAD_NO_GRADIENT, "%s: input %zu is a constant, it has no derivative",
                         d->what, k);
    return TAD_OK;
}

static tad_status check_inputs(const driver *d) {
    tad_status s = TAD_OK;
    for (size_t k = 0; k < d->n && s == TAD_OK; k++) s = check_input(d, k);
    return s;
}

/* y = f(x), a variable that can have a derivative; f may have rewound its inputs. */
static tad_status run(const driver *d, tad_fn *f, void *user, tad_var *y) {
    char what[40];
    uint32_t index;
    *y = f(d->t, d->x, d->n, user);
    if (d->t->error.status != TAD_OK || resolve_inputs(d) != TAD_OK) return d->t->error.status;
    if (tad_is_number(*y)) *y = tad_full(d->t, TAD_F64, TAD_0D, y->u.number);
    snprintf(what, sizeof what, "%s: the function's result", d->what);
    if (!tad__resolve(d->t, *y, what, &index)) return d->t->error.status;
    tad_dtype dtype = tad__dtype_at(d->t, index);
    if (tad__is_float(dtype)) return TAD_OK;
    return tad__fail(d->t, TAD_BAD_DTYPE, "%s is %s, it has no derivative", what,
                     tad_dtype_name(dtype));
}

static tad_status run_to_number(const driver *d, tad_fn *f, void *user, tad_var *y) {
    char text[160];
    tad_status s = run(d, f, user, y);
    if (s != TAD_OK || tad_size_of(*y) == 1) return s;
    tad_shape shape = tad_shape_of(*y);
    return tad__fail(d->t, TAD_BAD_SHAPE,
                     "%s: the function's result has shape %s, it must be one element", d->what,
                     tad__shape_text(&shape, text, sizeof text));
}

/* Pauses as before: then the results are constants, as all that is computed meanwhile. After a
 * failure they are nil. */
static tad_status end(const driver *d, tad_status s, tad_var *out, size_t n) {
    if (d->t) set_paused(d->t, d->paused);
    for (size_t k = 0; out && k < n && s == TAD_OK && d->paused; k++) {
        out[k] = tad_detach(out[k]);
        s = d->t->error.status;
    }
    for (size_t k = 0; out && k < n && s != TAD_OK; k++) out[k] = tad__nil(d->t);
    return s;
}

/* ---- products ---- */

tad_status tad_vjp(tad_fn *f, void *user, const tad_var *x, size_t n, tad_var cotangent, tad_var *y,
                   tad_var *gradients) {
    driver d = {.what = "vjp", .x = x, .n = n};
    tad_var value = {0};
    tad_status s = begin(&d, f, gradients);
    if (s == TAD_OK) s = check_inputs(&d);
    if (s == TAD_OK) s = run(&d, f, user, &value);
    if (s == TAD_OK) s = tad_grad(&value, &cotangent, 1, x, n, gradients);
    if (y) *y = value;
    return end(&d, end(&d, s, y, 1), gradients, n);
}

tad_status tad_jvp(tad_fn *f, void *user, const tad_var *x, const tad_var *tangents, size_t n,
                   tad_var *y, tad_var *tangent) {
    driver d = {.what = "jvp", .x = x, .n = n};
    tad_var value = {0};
    tad_status s = begin(&d, f, tangent);
    if (s == TAD_OK && !tangents) s = tad__fail(d.t, TAD_BAD_ARGUMENT, "jvp: no tangents");
    if (s == TAD_OK) s = check_inputs(&d);
    if (s == TAD_OK) s = run(&d, f, user, &value);
    if (s == TAD_OK) s = tad_tangent(&value, 1, x, tangents, n, tangent);
    if (y) *y = value;
    return end(&d, end(&d, s, y, 1), tangent, 1);
}

tad_status tad_hvp(tad_fn *f, void *user, const tad_var *x, const tad_var *v, size_t n,
                   tad_var *out) {
    driver d = {.what = "hvp", .x = x, .n = n};
    tad_var y;
    tad_status s = begin(&d, f, out);
    if (s == TAD_OK && !v) s = tad__fail(d.t, TAD_BAD_ARGUMENT, "hvp: no vector");
    if (s == TAD_OK) s = check_inputs(&d);
    if (s == TAD_OK) s = run_to_number(&d, f, user, &y);
    if (s == TAD_OK) s = tad_forward_over_reverse(y, x, v, n, NULL, out);
    return end(&d, s, out, n);
}

/* ---- matrices ---- */

/* d y / d x while it is filled: each sweep gives a row or a column. */
typedef struct matrix {
    tad_tape *t;
    const char *what;
    tad_var y, x;
    bool by_rows;
    tad_array *to;
} matrix;

/* Element k of a constant. */
static void set_element(tad_var v, int64_t k, double value) {
    tad__view view;
    const tad_array *a = tad__value(v.tape, v.u.at.index, &view);
    if (a->dtype == TAD_F64)
        ((double *)a->data)[k] = value;
    else
        ((float *)a->data)[k] = (float)value;
}

/* Row k or column k of the matrix, with the axes of what goes there. */
static void put(const matrix *m, int64_t k, const tad_array *from) {
    int64_t dim[2 * TAD_MAX_RANK], columns = tad_size_of(m->x);
    int64_t first = m->by_rows ? k * columns : k, step = m->by_rows ? 1 : columns;
    tad_array to = {.size = from->size, .dim = dim, .dtype = m->to->dtype, .rank = from->rank};
    tad_shape shape = tad__shape_of(from);
    to.data = (char *)m->to->data + first * (int64_t)tad__width(to.dtype);
    memcpy(dim, shape.dim, to.rank * sizeof *dim);
    tad__shape_strides(&shape, dim + to.rank);
    for (int i = 0; i < to.rank; i++) dim[to.rank + i] *= step;
    tad__put(&m->t->compute, &to, from, false);
}

/* One row or column; unit: a constant that is one at element k. */
typedef tad_status one_sweep(const matrix *m, void *state, tad_var unit, int64_t k);

static tad_status row(const matrix *m, void *state, tad_var unit, int64_t k) {
    const tad_array *gradient;
    tad__view view;
    tad_status s = tad__apart_reverse(state, m->y, unit, &view, &gradient);
    if (s == TAD_OK && gradient) put(m, k, gradient);
    return s;
}

static tad_status column(const matrix *m, void *state, tad_var unit, int64_t k) {
    tad__view view;
    tad__numeric_again(state);
    tad_status s = tad__numeric_push(state, &m->x, &unit, 1);
    const tad_array *tangent = s == TAD_OK ? tad__numeric_tangent_array(state, m->y, &view) : NULL;
    if (tangent) put(m, k, tangent);
    return s;
}

/* Where settings ask to look at every derivative. */
static tad_status recorded_column(const matrix *m, void *state, tad_var unit, int64_t k) {
    tad__stretch stretch = tad__stretch_begin(m->t);
    tad__view view;
    tad_var part;
    (void)state;
    tad_status s = tad_tangent(&m->y, 1, &m->x, &unit, 1, &part);
    if (s == TAD_OK) put(m, k, tad__value(m->t, part.u.at.index, &view));
    tad__stretch_end(m->t, stretch);
    return s;
}

static tad_status each(const matrix *m, one_sweep *sweep, void *state) {
    tad__stretch stretch = tad__stretch_begin(m->t);
    const tad_var like = m->by_rows ? m->y : m->x;
    const int64_t n = tad_size_of(like);
    tad_var unit = tad_full(m->t, tad_dtype_of(like), tad_shape_of(like), 0);
    tad_status s = m->t->error.status;
    for (int64_t k = 0; k < n && s == TAD_OK; k++) {
        set_element(unit, k, 1);
        s = sweep(m, state, unit, k);
        if (s == TAD_OK) set_element(unit, k, 0);
    }
    tad__stretch_end(m->t, stretch);
    return s;
}

static tad_status all_rows(const matrix *m) {
    tad__apart apart;
    if (!tad_node_needs_gradient(m->y)) return TAD_OK; /* all zero */
    if (!tad__apart_begin(&apart, m->y, m->x, m->what)) return m->t->error.status;
    tad_status s = each(m, row, &apart);
    tad__apart_end(&apart);
    return s;
}

static tad_status all_columns(const matrix *m) {
    tad__numeric forward = {.t = m->t, .what = m->what, .y = &m->y, .ny = 1};
    if (m->t->settings.trap || m->t->settings.strong_zero) return each(m, recorded_column, NULL);
    if (!tad__numeric_begin(&forward, &m->x, 1, false)) return m->t->error.status;
    tad_status s = each(m, column, &forward);
    tad__numeric_end(&forward);
    return s;
}

static tad_status sweeps(const matrix *m) {
    tad__clear(&m->t->compute, m->to);
    return m->by_rows ? all_rows(m) : all_columns(m);
}

/* Shape a followed by shape b; false: there is no such shape. */
static bool joined(tad_shape a, tad_shape b, tad_dtype dtype, tad_shape *out) {
    size_t bytes;
    if (a.rank + b.rank > TAD_MAX_RANK) return false;
    *out = a;
    for (int i = 0; i < b.rank; i++) out->dim[out->rank++] = b.dim[i];
    return tad__shape_bytes(out, dtype, &bytes);
}

/* As few sweeps as can be; the other way where an op of the user has one rule only. */
static tad_status fill(const driver *d, tad_var y, tad_var x, tad_var *out) {
    matrix m = {d->t, d->what, y, x, tad_size_of(y) <= tad_size_of(x), NULL};
    tad_shape sy = tad_shape_of(y), sx = tad_shape_of(x), shape;
    tad_dtype dtype = tad_dtype_of(y);
    char a[160], b[160];
    if (!joined(sy, sx, dtype, &shape))
        return tad__fail(m.t, TAD_TOO_LARGE, "%s: shape %s followed by %s is too large", d->what,
                         tad__shape_text(&sy, a, sizeof a), tad__shape_text(&sx, b, sizeof b));
    m.to = tad__new_array(m.t, dtype, &shape);
    if (!m.to) return tad__no_memory(m.t, d->what);
    tad_status s = sweeps(&m);
    if (s == TAD_NO_RULE) {
        tad_tape_clear(m.t);
        m.by_rows = !m.by_rows;
        s = sweeps(&m);
    }
    if (s == TAD_OK) *out = tad__leaf(m.t, TAD__CONSTANT, m.to);
    return m.t->error.status;
}

tad_status tad_jacobian(tad_fn *f, void *user, const tad_var *x, size_t n, size_t i, tad_var *out) {
    driver d = {.what = "jacobian", .x = x, .n = n};
    tad_var y;
    tad_status s = begin(&d, f, out);
    if (s == TAD_OK) s = check_input(&d, i);
    if (s == TAD_OK) s = run(&d, f, user, &y);
    if (s == TAD_OK) s = fill(&d, y, x[i], out);
    return end(&d, s, out, 1);
}

tad_status tad_hessian(tad_fn *f, void *user, const tad_var *x, size_t n, size_t i, size_t j,
                       tad_var *out) {
    driver d = {.what = "hessian", .x = x, .n = n};
    tad_var y, gradient;
    tad_status s = begin(&d, f, out);
    if (s == TAD_OK) s = check_input(&d, i);
    if (s == TAD_OK) s = check_input(&d, j);
    if (s == TAD_OK) s = run_to_number(&d, f, user, &y);
    if (s == TAD_OK) s = tad_grad(&y, NULL, 1, &x[i], 1, &gradient);
    if (s == TAD_OK) s = fill(&d, gradient, x[j], out);
    return end(&d, s, out, 1);
}
