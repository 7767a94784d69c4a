/* Jacobians and Hessians: what was recorded once is swept for every row or column, with numbers, or
 * recorded again. Rests on function.h and the sweeps. */
#include "function.h"

#include <string.h>

#include "sweep/apart.h"
#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/leaf.h"
#include "tape/mark.h"

/* d y / d x while it is filled: each sweep gives a row or a column. */
typedef struct matrix {
    tad_tape *t;
    const char *what;
    tad_var y, x;
    bool by_rows, diagonal; /* diagonal: of row or column k element k only */
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

static void put_one(const tad_array *to, const tad_array *from, int64_t k) {
    const size_t size = tad__width(to->dtype);
    memcpy((char *)to->data + (size_t)k * size, (const char *)from->data + (size_t)k * size, size);
}

/* Row k or column k of the matrix; `from` has its shape, or is a number for all of it. */
static void put(const matrix *m, int64_t k, const tad_array *from) {
    if (m->diagonal) {
        put_one(m->to, from, k);
        return;
    }
    const int64_t columns = tad_size_of(m->x), step = m->by_rows ? 1 : columns;
    const int64_t first = m->by_rows ? k * columns : k;
    const tad_shape shape = tad_shape_of(m->by_rows ? m->x : m->y);
    int64_t dim[2 * TAD_MAX_RANK];
    tad_array to = {.dim = dim, .dtype = m->to->dtype, .rank = (uint8_t)shape.rank};
    to.size = m->by_rows ? columns : tad_size_of(m->y);
    to.data = (char *)m->to->data + first * (int64_t)tad__width(to.dtype);
    memcpy(dim, shape.dim, to.rank * sizeof *dim);
    tad__shape_strides(&shape, dim + to.rank);
    for (int i = 0; i < to.rank; i++) dim[to.rank + i] *= step;
    tad__put(&m->t->compute, &to, from, false);
}

/* NULL: zero. Of a diagonal, zeros are there before. */
static void put_or_zero(const matrix *m, int64_t k, const tad_array *from) {
    tad__view view;
    if (from)
        put(m, k, from);
    else if (!m->diagonal)
        put(m, k, tad__number_value(0, (tad_dtype)m->to->dtype, &view));
}

/* One row or column; unit: a constant that is one at element k. */
typedef tad_status one_sweep(const matrix *m, void *state, tad_var unit, int64_t k);

static tad_status row(const matrix *m, void *state, tad_var unit, int64_t k) {
    tad__view view;
    tad_status s = tad__apart_reverse(state, m->y, unit);
    if (s == TAD_OK) put_or_zero(m, k, tad__apart_gradient(state, m->x, &view));
    return s;
}

/* Columns of an array wait until there are neighbours enough to fill a cache line: alone, each of
 * their elements would write to a line of its own. */
enum { NEIGHBOURS = 8 };

typedef struct columns {
    tad__numeric forward;
    tad_array *waiting[NEIGHBOURS]; /* column first, and those behind it */
    int64_t first;
    size_t n;
} columns;

/* Those that wait, in one pass over the rows. */
static void turn_columns(const matrix *m, const columns *c) {
    const double *column[NEIGHBOURS];
    for (size_t k = 0; k < c->n; k++) column[k] = c->waiting[k]->data;
    const size_t width = sizeof(double), step = (size_t)tad_size_of(m->x) * width;
    m->t->compute.kernels->turn->from_rows((size_t)tad_size_of(m->y), c->n, column,
                                           (char *)m->to->data + (size_t)c->first * width, step);
}

static void put_waiting(const matrix *m, columns *c) {
    bool turns = m->to->dtype == TAD_F64 && c->n > 1 && !m->diagonal;
    for (size_t k = 0; k < c->n; k++) turns = turns && c->waiting[k]->contiguous;
    if (turns) turn_columns(m, c);
    for (size_t k = 0; k < c->n; k++) {
        if (!turns) put(m, c->first + (int64_t)k, c->waiting[k]);
        tad__buffers_give(&m->t->buffers, c->waiting[k]);
    }
    c->n = 0;
}

static void wait_for_more(const matrix *m, columns *c, int64_t k, tad_array *column) {
    if (c->n == NEIGHBOURS) put_waiting(m, c);
    if (c->n == 0) c->first = k;
    c->waiting[c->n++] = column;
}

static tad_status column(const matrix *m, void *state, tad_var unit, int64_t k) {
    columns *c = state;
    tad__view view;
    tad__numeric_again(&c->forward);
    tad_status s = tad__numeric_push(&c->forward, &m->x, &unit, 1);
    if (s != TAD_OK) return s;
    tad_array *taken = tad__numeric_take_tangent(&c->forward, m->y);
    if (taken) {
        wait_for_more(m, c, k, taken);
        return s;
    }
    put_waiting(m, c);
    put_or_zero(m, k, tad__numeric_tangent_array(&c->forward, m->y, &view));
    return s;
}

/* Where settings look closely. */
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
    if (!tad_node_needs_gradient(m->y)) {
        tad__clear(&m->t->compute, m->to);
        return TAD_OK;
    }
    if (!tad__apart_begin(&apart, m->y, &m->x, 1, m->what)) return m->t->error.status;
    tad_status s = each(m, row, &apart);
    tad__apart_end(&apart);
    return s;
}

static tad_status all_columns(const matrix *m) {
    columns c = {.forward = {.t = m->t, .what = m->what, .y = &m->y, .ny = 1}};
    if (tad__looks_closely(m->t)) return each(m, recorded_column, NULL);
    if (!tad__numeric_begin(&c.forward, &m->x, 1, false)) return m->t->error.status;
    tad_status s = each(m, column, &c);
    put_waiting(m, &c);
    tad__numeric_end(&c.forward);
    return s;
}

static tad_status fill_parts(const matrix *m, tad_var *none) {
    (void)none;
    if (m->diagonal) tad__clear(&m->t->compute, m->to);
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
static tad_status either_way(matrix *m, tad_status (*way)(const matrix *m, tad_var *parts),
                             tad_var *parts) {
    tad_status s = way(m, parts);
    if (s != TAD_NO_RULE) return s;
    tad_tape_clear(m->t);
    m->by_rows = !m->by_rows;
    return way(m, parts);
}

static tad_status fill(matrix *m, const tad_shape *shape, tad_var *out) {
    m->to = tad__new_array(m->t, tad_dtype_of(m->y), shape);
    if (!m->to) return tad__no_memory(m->t, m->what);
    if (either_way(m, fill_parts, NULL) == TAD_OK)
        *out = tad__of_origin(tad__leaf(m->t, TAD__CONSTANT, m->to), TAD__SWEPT);
    return m->t->error.status;
}

/* ---- recorded ---- */

/* Row or column k, as a list; its unit stays on the tape. */
static tad_var record_part(const matrix *m, int64_t k) {
    const tad_var like = m->by_rows ? m->y : m->x;
    tad_var unit = tad_full(m->t, tad_dtype_of(like), tad_shape_of(like), 0), part;
    if (tad_is_nil(unit)) return unit;
    set_element(unit, k, 1);
    if ((m->by_rows ? tad_grad(&m->y, &unit, 1, &m->x, 1, &part)
                    : tad_tangent(&m->y, 1, &m->x, &unit, 1, &part)) != TAD_OK)
        return tad__nil(m->t);
    return tad_reshape(tad_cast(part, tad_dtype_of(m->y)), TAD_SHAPE(tad_size_of(part)));
}

/* All of them, one behind the other. */
static tad_status record_parts(const matrix *m, tad_var *out) {
    const size_t n = (size_t)tad_size_of(m->by_rows ? m->y : m->x);
    tad_var *part = tad__buffers_take(&m->t->buffers, n * sizeof *part);
    if (!part) return tad__no_memory(m->t, m->what);
    for (size_t k = 0; k < n && m->t->error.status == TAD_OK; k++)
        part[k] = record_part(m, (int64_t)k);
    if (m->t->error.status == TAD_OK) *out = tad_stack(part, n, m->by_rows ? 0 : 1);
    tad__buffers_give(&m->t->buffers, part);
    return m->t->error.status;
}

static tad_status record(matrix *m, const tad_shape *shape, tad_var *out) {
    tad_var parts;
    if (tad_size_of(m->y) == 0 || tad_size_of(m->x) == 0)
        *out = tad_full(m->t, tad_dtype_of(m->y), *shape, 0);
    else if (either_way(m, record_parts, &parts) == TAD_OK)
        *out = tad_reshape(parts, *shape);
    return m->t->error.status;
}

/* ---- the drivers ---- */

/* The whole matrix d y / d x by one of the ways above. */
typedef tad_status making(matrix *m, const tad_shape *shape, tad_var *out);

static tad_status make_matrix(const tad__function *d, tad_var y, tad_var x, making *make,
                              tad_var *out) {
    matrix m = {d->t, d->what, y, x, tad_size_of(y) <= tad_size_of(x), false, NULL};
    tad_shape sy = tad_shape_of(y), sx = tad_shape_of(x), shape;
    char a[TAD__SHAPE_ROOM], b[TAD__SHAPE_ROOM];
    if (joined(sy, sx, tad_dtype_of(y), &shape)) return make(&m, &shape, out);
    return tad__fail(m.t, TAD_TOO_LARGE, "%s: shape %s followed by %s is too large", d->what,
                     tad__shape_text(&sy, a, sizeof a), tad__shape_text(&sx, b, sizeof b));
}

/* The part of the derivatives of y by x that a driver gives. */
typedef tad_status taking(const tad__function *d, tad_var y, tad_var x, tad_var *out);

static tad_status fill_matrix(const tad__function *d, tad_var y, tad_var x, tad_var *out) {
    return make_matrix(d, y, x, fill, out);
}

tad_status tad__record_matrix(const tad__function *d, tad_var y, tad_var x, tad_var *out) {
    return make_matrix(d, y, x, record, out);
}

static tad_status fill_diagonal(const tad__function *d, tad_var y, tad_var x, tad_var *out) {
    matrix m = {d->t, d->what, y, x, true, true, NULL};
    const tad_shape shape = tad_shape_of(x);
    return fill(&m, &shape, out);
}

static tad_status first(tad__function *d, tad_fn *f, void *user, size_t i, taking *take, tad_var *y,
                        tad_var *out) {
    tad_var value = {0};
    tad_status s = tad__function_begin(d, f, out);
    if (s == TAD_OK) s = tad__function_check(d, i);
    if (s == TAD_OK) s = tad__function_run(d, f, user, &value);
    if (s == TAD_OK) s = take(d, value, d->x[i], out);
    if (y) *y = value;
    return tad__function_end(d, tad__function_end(d, s, y, 1), out, 1);
}

static tad_status second(tad__function *d, tad_fn *f, void *user, size_t i, size_t j, taking *take,
                         tad_var *y, tad_var *out) {
    tad_var gradient, value = {0};
    tad_status s = tad__function_begin(d, f, out);
    if (s == TAD_OK) s = tad__function_check(d, i);
    if (s == TAD_OK) s = tad__function_check(d, j);
    if (s == TAD_OK) s = tad__function_run_to_number(d, f, user, &value);
    if (s == TAD_OK) s = tad_grad(&value, NULL, 1, &d->x[i], 1, &gradient);
    if (s == TAD_OK) s = take(d, gradient, d->x[j], out);
    if (y) *y = value;
    return tad__function_end(d, tad__function_end(d, s, y, 1), out, 1);
}

tad_status tad_jacobian(tad_fn *f, void *user, const tad_var *x, size_t n, size_t i, tad_var *y,
                        tad_var *out) {
    tad__function d = {.what = "jacobian", .x = x, .n = n};
    return first(&d, f, user, i, fill_matrix, y, out);
}

tad_status tad_jacobian_recorded(tad_fn *f, void *user, const tad_var *x, size_t n, size_t i,
                                 tad_var *y, tad_var *out) {
    tad__function d = {.what = "jacobian_recorded", .x = x, .n = n};
    return first(&d, f, user, i, tad__record_matrix, y, out);
}

tad_status tad_hessian(tad_fn *f, void *user, const tad_var *x, size_t n, size_t i, size_t j,
                       tad_var *y, tad_var *out) {
    tad__function d = {.what = "hessian", .x = x, .n = n};
    return second(&d, f, user, i, j, fill_matrix, y, out);
}

tad_status tad_hessian_recorded(tad_fn *f, void *user, const tad_var *x, size_t n, size_t i,
                                size_t j, tad_var *y, tad_var *out) {
    tad__function d = {.what = "hessian_recorded", .x = x, .n = n};
    return second(&d, f, user, i, j, tad__record_matrix, y, out);
}

tad_status tad_hessian_diagonal(tad_fn *f, void *user, const tad_var *x, size_t n, size_t i,
                                tad_var *y, tad_var *out) {
    tad__function d = {.what = "hessian_diagonal", .x = x, .n = n};
    return second(&d, f, user, i, i, fill_diagonal, y, out);
}
