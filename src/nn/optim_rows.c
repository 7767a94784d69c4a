/* Steps of an optimiser that move some rows of a parameter: which rows a batch uses, as a variable
 * of their own; their step. Rests on optim.h and the public headers. */
#include "optim.h"

#include <tad/inspect.h>
#include <tad/ops.h>

/* ---- the rows that are used ---- */

static tad_status check_use(tad_tape *t, tad_var param, tad_var indices) {
    if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
    if (tad_node_kind_of(param) != TAD_NODE_PARAM || tad_shape_of(param).rank < 1)
        return tad_tape_fail(t, TAD_BAD_ARGUMENT, "rows_used: no parameter with rows");
    if (tad_dtype_of(indices) != TAD_I64)
        return tad_tape_fail(t, TAD_BAD_DTYPE, "rows_used: indices must be int64, not %s",
                             tad_dtype_name(tad_dtype_of(indices)));
    return TAD_OK;
}

/* Different integers, as doubles hold them, have an order. */
tad_rows tad_rows_used(tad_var param, tad_var indices) {
    tad_tape *t = tad_tape_of(param) ? tad_tape_of(param) : tad_tape_of(indices);
    tad_rows r = {.param = param};
    if (!t || check_use(t, param, indices) != TAD_OK) return (tad_rows){{0}, {0}, {0}, {0}};
    tad_record_pause(t);
    r.index = tad_cast(tad_unique(tad_cast(indices, TAD_F64), &r.local, NULL), TAD_I64);
    tad_var rows = tad_index_select(param, r.index, 0);
    tad_record_resume(t);
    r.values = tad_input_borrow(t, tad_dtype_of(rows), tad_shape_of(rows), tad_data(rows));
    if (tad_is_nil(r.values)) r.param = r.index = r.local = r.values;
    return r;
}

/* ---- their step ---- */

/* What is wrong with the rows of a list; NULL: nothing. */
static const char *wrong_rows(const tad__slot *s, const tad_rows *r) {
    const tad_shape shape = tad_shape_of(s->param), index = tad_shape_of(r->index);
    tad_shape values = tad_shape_of(r->values);
    if (s->row) return "a parameter is there twice";
    if (tad_is_reached(s->param)) return "the parameter has a gradient of its own";
    if (shape.rank < 1 || index.rank != 1 || tad_dtype_of(r->index) != TAD_I64)
        return "the index must be an int64 vector";
    bool same = tad_dtype_of(r->values) == s->dtype && values.rank == shape.rank &&
                values.dim[0] == index.dim[0];
    for (int i = 1; i < shape.rank; i++) same = same && values.dim[i] == shape.dim[i];
    return same ? NULL : "values are not of the rows' shape";
}

static const char *wrong_index(const int64_t *row, int64_t n, int64_t rows) {
    for (int64_t i = 0; i < n; i++)
        if (row[i] < 0 || row[i] >= rows || (i > 0 && row[i] <= row[i - 1]))
            return "the index must ascend within the parameter's rows";
    return NULL;
}

static tad_status use_rows(tad_optim *o, const tad_rows *r) {
    tad__slot *s = tad__slot_of(o, r->param);
    const char *wrong = s ? wrong_rows(s, r) : "no parameter of the optimiser";
    if (wrong) return tad_tape_fail(o->tape, TAD_BAD_ARGUMENT, "%s, step_rows: %s", o->what, wrong);
    static const int64_t nothing = 0; /* no rows are not all of them */
    const int64_t n = tad_size_of(r->index), all = tad_shape_of(s->param).dim[0];
    const void *g = tad_gradient_data(r->values);
    const int64_t *row = n ? tad_data(r->index) : &nothing;
    if (tad_tape_status(o->tape) != TAD_OK) return tad_tape_status(o->tape);
    wrong = wrong_index(row, n, all);
    if (wrong) return tad_tape_fail(o->tape, TAD_BAD_INDEX, "%s, step_rows: %s", o->what, wrong);
    s->row = row;
    s->g = g;
    s->rows = n;
    s->width = all ? s->n / all : 0;
    return TAD_OK;
}

tad_status tad_optim_step_rows(tad_optim *o, const tad_rows *rows, size_t n) {
    if (!o) return TAD_BAD_ARGUMENT;
    tad_status status = tad_tape_status(o->tape);
    if (status == TAD_OK && ((n && !rows) || o->update.rule == TAD__LAMB))
        status = tad_tape_fail(o->tape, TAD_BAD_ARGUMENT, "%s, step_rows: %s", o->what,
                               n && !rows ? "no list" : "it looks at whole parameters");
    for (size_t i = 0; i < n && status == TAD_OK; i++) status = use_rows(o, &rows[i]);
    if (status == TAD_OK) status = tad__optim_step(o);
    for (size_t i = 0; i < o->count; i++) o->slot[i].row = NULL;
    return status;
}
