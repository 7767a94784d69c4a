/* Where inputs and outputs lie. Rests on workspace.h. */
#include <string.h>

#include "workspace.h"

/* What is to be bound, as the caller says it. */
typedef struct binding {
    const char *what; /* "in" or "out" */
    const tad__named_type *list;
    size_t n, k;
    tad_type type;
    const void *data;
    tad__each each;
} binding;

static tad_status refuse(tad_workspace *w, const binding *b, tad_status code, const char *is,
                         const char * not ) {
    const char *name = b->list[b->k].name;
    return tad__workspace_fail(w, code, "bind: %sput %zu%s%.*s %s, not %s", b->what, b->k,
                               *name ? " " : "", TAD__SHOWN, name, is, not );
}

static tad_status refuse_shape(tad_workspace *w, const binding *b, const tad_shape *want) {
    char a[TAD__SHAPE_ROOM], is[200], c[TAD__SHAPE_ROOM];
    snprintf(is, sizeof is, "has shape %s%s", b->each.given ? "(points) followed by " : "",
             tad__shape_text(want, a, sizeof a));
    return refuse(w, b, TAD_BAD_SHAPE, is, tad__shape_text(&b->type.shape, c, sizeof c));
}

/* Whether the shape is that of every point after an axis of points, which it says. */
static bool is_each(binding *b, const tad_shape *want) {
    tad_shape rest = {b->type.shape.rank - 1, {0}};
    if (rest.rank < 0 || rest.rank >= TAD_MAX_RANK) return false;
    memcpy(rest.dim, b->type.shape.dim + 1, (size_t)rest.rank * sizeof *rest.dim);
    b->each.points = b->type.shape.dim[0];
    return b->each.points >= 0 && tad__shape_equal(want, &rest);
}

static tad_status check(tad_workspace *w, binding *b) {
    if (b->k >= b->n)
        return tad__workspace_fail(w, TAD_BAD_ARGUMENT, "bind: there is no %sput %zu of %zu",
                                   b->what, b->k, b->n);
    const tad_type *want = &b->list[b->k].type;
    char is[40];
    snprintf(is, sizeof is, "is %s", tad_dtype_name(want->dtype));
    if (want->dtype != b->type.dtype)
        return refuse(w, b, TAD_BAD_DTYPE, is, tad_dtype_name(b->type.dtype));
    const bool fits =
        b->each.given ? is_each(b, &want->shape) : tad__shape_equal(&want->shape, &b->type.shape);
    if (!fits) return refuse_shape(w, b, &want->shape);
    size_t bytes = 0;
    if (!b->data && (!tad__shape_bytes(&b->type.shape, want->dtype, &bytes) || bytes))
        return refuse(w, b, TAD_BAD_ARGUMENT, "needs memory", "NULL");
    return TAD_OK;
}

/* Of an array without elements nothing is read: any address but NULL, which is not bound. */
static const void *address(const void *data) {
    static const char no_elements[1] = {0};
    return data ? data : no_elements;
}

static tad_status bind_in(tad_workspace *w, size_t k, tad_type type, const void *data, bool each) {
    if (!w) return TAD_BAD_ARGUMENT;
    binding b = {"in", w->p->in, w->p->n_in, k, type, data, {.given = each}};
    const tad_status s = check(w, &b);
    if (s != TAD_OK) return s;
    w->unbound -= !w->in[k];
    w->rebound = true;
    w->in[k] = address(data);
    if (k - w->row_in.first < w->row_in.n) w->row_in.n = 0;
    w->each += (size_t)each - w->each_in[k].given;
    w->each_in[k] = b.each;
    w->each_in[k].step = tad__type_bytes(&w->p->in[k].type);
    return TAD_OK;
}

static tad_status bind_out(tad_workspace *w, size_t k, tad_type type, void *data, bool each) {
    if (!w) return TAD_BAD_ARGUMENT;
    binding b = {"out", w->p->out, w->p->n_out, k, type, data, {.given = each}};
    const tad_status s = check(w, &b);
    if (s != TAD_OK) return s;
    w->unbound -= !w->out[k];
    w->rebound = true;
    w->out[k] = (void *)(uintptr_t)address(data);
    if (k - w->row_out.first < w->row_out.n) w->row_out.n = 0;
    w->each += (size_t)each - w->each_out[k].given;
    w->each_out[k] = b.each;
    w->each_out[k].step = tad__type_bytes(&w->p->out[k].type);
    return TAD_OK;
}

/* ---- one ---- */

tad_status tad_bind_in(tad_workspace *w, size_t k, tad_dtype dtype, tad_shape shape,
                       const void *data) {
    return bind_in(w, k, (tad_type){dtype, shape}, data, false);
}

tad_status tad_bind_out(tad_workspace *w, size_t k, tad_dtype dtype, tad_shape shape, void *data) {
    return bind_out(w, k, (tad_type){dtype, shape}, data, false);
}

tad_status tad_bind_numbers_in(tad_workspace *w, size_t first, size_t n, const double *data) {
    tad_status s = w ? TAD_OK : TAD_BAD_ARGUMENT;
    for (size_t k = 0; k < n && s == TAD_OK; k++)
        s = tad_bind_in(w, first + k, TAD_F64, TAD_0D, data ? data + k : NULL);
    if (s == TAD_OK) w->row_in = (tad__row_of_numbers){first, n, data};
    return s;
}

tad_status tad_bind_numbers_out(tad_workspace *w, size_t first, size_t n, double *data) {
    tad_status s = w ? TAD_OK : TAD_BAD_ARGUMENT;
    for (size_t k = 0; k < n && s == TAD_OK; k++)
        s = tad_bind_out(w, first + k, TAD_F64, TAD_0D, data ? data + k : NULL);
    if (s == TAD_OK) w->row_out = (tad__row_of_numbers){first, n, data};
    return s;
}

/* ---- one for each point ---- */

tad_status tad_bind_each_in(tad_workspace *w, size_t k, tad_dtype dtype, tad_shape shape,
                            const void *data) {
    return bind_in(w, k, (tad_type){dtype, shape}, data, true);
}

tad_status tad_bind_each_out(tad_workspace *w, size_t k, tad_dtype dtype, tad_shape shape,
                             void *data) {
    return bind_out(w, k, (tad_type){dtype, shape}, data, true);
}

/* A number has room in the workspace, for each of the points that run together. */
tad_status tad_bind_sum_out(tad_workspace *w, size_t k, double *sum, void *room) {
    if (!w) return TAD_BAD_ARGUMENT;
    tad_type type = tad_program_out_type(w->p, k);
    if (type.shape.rank == 0) room = w->sum_room + k * tad__max(w->p->lanes, 1);
    tad_status s = bind_out(w, k, type, sum ? room : NULL, false);
    if (s != TAD_OK) return s;
    w->each++;
    w->each_out[k] = (tad__each){.given = true, .sum = sum ? sum : w->sum_room};
    return TAD_OK;
}

/* Points whose numbers lie in rows of n: how many fit into an int64_t is no limit. */
static tad_type numbers_of(size_t points) {
    return (tad_type){TAD_F64, TAD_SHAPE((int64_t)(points & INT64_MAX))};
}

tad_status tad_bind_each_numbers_in(tad_workspace *w, size_t first, size_t n, size_t points,
                                    const double *data) {
    tad_status s = w ? TAD_OK : TAD_BAD_ARGUMENT;
    for (size_t k = 0; k < n && s == TAD_OK; k++) {
        s = bind_in(w, first + k, numbers_of(points), data ? data + k : NULL, true);
        if (s == TAD_OK) w->each_in[first + k].step = n * sizeof *data;
    }
    return s;
}

tad_status tad_bind_each_numbers_out(tad_workspace *w, size_t first, size_t n, size_t points,
                                     double *data) {
    tad_status s = w ? TAD_OK : TAD_BAD_ARGUMENT;
    for (size_t k = 0; k < n && s == TAD_OK; k++) {
        s = bind_out(w, first + k, numbers_of(points), data ? data + k : NULL, true);
        if (s == TAD_OK) w->each_out[first + k].step = n * sizeof *data;
    }
    return s;
}
