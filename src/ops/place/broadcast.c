/* broadcast_to: a view that repeats elements. Rests on view.h. */
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "view.h"

static tad_status broadcast_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__to_shape *o = c->options;
    tad_shape x = tad__shape_of(c->in[0]), both;
    int64_t size;
    char text[TAD__SHAPE_ROOM];
    if (!tad__shape_size(&o->shape, &size))
        return tad_fail(c, TAD_BAD_SHAPE, "the new shape is too large or has a negative size");
    if (!tad__shape_broadcast(&x, &o->shape, &both) || !tad__shape_equal(&both, &o->shape))
        return tad_fail(c, TAD_BAD_SHAPE, "does not broadcast to %s",
                        tad__shape_text(&o->shape, text, sizeof text));
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, o->shape};
    return TAD_OK;
}

static bool broadcast_view(const tad_call_frame *c, tad_array *out) {
    const tad_array *x = c->in[0];
    int skip = out->rank - x->rank;
    for (int i = 0; i < out->rank; i++)
        tad__strides(out)[i] = i < skip || x->dim[i - skip] == 1 ? 0 : tad_strides(x)[i - skip];
    return true;
}

/* The engine sums a gradient down to its input's shape. */
static void broadcast_vjp(tad_rule *r) { r->result[0] = r->given[0]; }

/* ---- options, samples, misuse ---- */

static const tad_option broadcast_list[] = {
    {OPTION(SHAPE, tad__to_shape, shape), .required = true}};

static const tad_sample broadcast_samples[] = {
    {CASE("column", F64(3, 1)), TO(3, 4)},     {CASE("row", F64(5)), TO(2, 3, 5)},
    {CASE("0-d", F64_0D), TO(2, 3)},           {CASE("both ends", F64(1, 3, 1)), TO(2, 3, 5)},
    {CASE("to nothing", F64(1, 3)), TO(0, 3)}, {CASE("unchanged", F64(2, 3)), TO(2, 3)},
};
static const tad_misuse broadcast_misuse[] = {
    {CASE("other size", F64(3)), TO(2, 4), .expect = TAD_BAD_SHAPE},
    {CASE("smaller", F64(2, 3)), TO(3), .expect = TAD_BAD_SHAPE},
    {CASE("smaller size", F64(2, 3)), TO(1, 3), .expect = TAD_BAD_SHAPE},
    {CASE("negative", F64(1, 3)), TO(-1, 3), .expect = TAD_BAD_SHAPE},
};

/* ---- the op ---- */

const tad_op tad__ops_broadcast[] = {
    {.name = "broadcast_to",
     .doc = "repeats axes of size 1 and new leading axes",
     VIEW(broadcast, broadcast_view),
     OPTIONS(tad__to_shape, broadcast_list),
     .vjp = broadcast_vjp},
};
const size_t tad__ops_broadcast_count = LENGTH(tad__ops_broadcast);

tad_var tad_broadcast_to(tad_var x, tad_shape shape) {
    return tad__apply_one(tad__ops_broadcast, x, &(tad__to_shape){shape});
}
