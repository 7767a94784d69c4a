/* What reductions share. Rests on reduce.h. */
#include "reduce.h"

#include <stddef.h>

#include "ops/axes.h"
#include "ops/operands.h"
#include "ops/samples.h"

/* ---- types ---- */

tad_status tad__reduced_type(const tad_call_frame *c, const tad_axes *axes, bool keepdims,
                             tad_type *out) {
    tad_status s = tad__needs_float(c, 0);
    if (s != TAD_OK) return s;
    tad_shape x = tad__shape_of(c->in[0]);
    unsigned mask;
    if (tad__named_axes(c, axes, x.rank, &mask)) return TAD_BAD_AXIS;
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, tad__shape_reduced(&x, mask, keepdims)};
    return TAD_OK;
}

tad_status tad__reduce_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__reduce *o = c->options;
    return tad__reduced_type(c, &o->axis, o->keepdims, out);
}

tad_status tad__not_of_nothing(const tad_call_frame *c, const tad_shape *out) {
    int64_t size = 0;
    if (c->in[0]->size > 0 || (tad__shape_size(out, &size) && size == 0)) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "no elements to choose from");
}

tad_status tad__choose_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    tad_status s = tad__reduce_shape(c, out, n_out);
    return s == TAD_OK ? tad__not_of_nothing(c, &out->shape) : s;
}

/* ---- axes that are reduced ---- */

tad_array *tad__keepdims_view(tad__header *h, const tad_array *out, const tad_array *x,
                              unsigned mask) {
    tad_shape shape = tad__shape_of(x);
    shape = tad__shape_reduced(&shape, mask, true);
    tad__array_layout(&h->array, (tad_dtype)out->dtype, &shape);
    h->array.data = out->data;
    return &h->array;
}

tad_shape tad__keepdims_shape(tad_var x, const tad_axes *axes) {
    tad_shape shape = tad_shape_of(x);
    return tad__shape_reduced(&shape, tad__known_axes(axes, shape.rank), true);
}

/* False when the reduced axes of the mask are not neighbours. */
bool tad__as_blocks(const tad_array *x, unsigned mask, tad__blocks *b) {
    *b = (tad__blocks){1, 1, 1};
    bool reduced = false, over = false; /* within the reduced axes, behind them */
    for (int i = 0; i < x->rank; i++) {
        size_t size = (size_t)x->dim[i];
        if (size == 1) continue;
        if (mask >> i & 1) {
            if (over) return false;
            reduced = true;
            b->n *= size;
        } else {
            over = reduced;
            if (over)
                b->after *= size;
            else
                b->before *= size;
        }
    }
    return x->contiguous;
}

/* ---- rows ---- */

/* False: no memory. */
bool tad__by_rows_prepare(tad__by_rows *r, const tad_call_frame *c) {
    const tad__reduce *o = c->options;
    const tad_array *x = c->in[0];
    tad_shape shape = tad__shape_of(x);
    tad__rows_plan(&r->plan, c->compute, (tad_dtype)x->dtype, &shape,
                   tad__known_axes(&o->axis, x->rank));
    r->compute = c->compute;
    r->x = tad__rows_of(&r->plan, x);
    r->y = c->out[0]->data;
    r->g = NULL;
    return r->x;
}

tad_status tad__by_rows_gradient(tad_backward *b, tad__rows_fill *fill) {
    tad__by_rows r;
    if (!b->cotangent[0] || !b->wanted[0]) return TAD_OK;
    if (!tad__by_rows_prepare(&r, &b->call)) return TAD_NO_MEMORY;
    r.g = b->cotangent[0]->data;
    return tad__rows_gradient(b, 0, &r.plan, fill, &r);
}

/* ---- descriptors ---- */

const tad_option tad__reduce_list[TAD__REDUCE_OPTIONS] = {
    {OPTION(AXES, tad__reduce, axis)},
    {OPTION(BOOL, tad__reduce, keepdims)},
};
const tad_sample tad__sum_samples[TAD__SUM_SAMPLES] = {
    {CASE("all", F64(3, 5))},
    {CASE("columns", F64(7, 3)), OVER(0)},
    {CASE("rows kept", F64(3, 11)), KEEP(-1)},
    {CASE("middle", F64(2, 3, 5)), OVER(1)},
    {CASE("outer two", F64(2, 3, 5)), OVER(0, -1)},
    {CASE("0-d", F64_0D)},
    {CASE("size 1", F64(1, 3, 1)), KEEP(0)},
    {CASE("no axis", F64(2, 3)), .options = &(const tad__reduce){.axis = {.given = true}}},
    {CASE("nothing left", F64(0, 3)), OVER(1)},
};
const tad_misuse tad__sum_misuse[TAD__SUM_MISUSE] = {
    {CASE("no such axis", F64(3, 4)), OVER(2), .expect = TAD_BAD_AXIS},
    {CASE("no such negative axis", F64(3, 4)), OVER(-3), .expect = TAD_BAD_AXIS},
    {CASE("named twice", F64(3, 4)), OVER(0, -2), .expect = TAD_BAD_AXIS},
    {CASE("integers", INDICES(3, 4)), .expect = TAD_BAD_DTYPE},
};

tad_var tad__reduce_apply(const tad_op *op, tad_var x, tad_axes over) {
    const tad__reduce o = tad__reduce_over(over);
    return tad__apply_one(op, x, &o);
}
