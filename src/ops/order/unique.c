/* unique: the different elements in their order. Composed of sort, what differs from its neighbour,
 * and nonzero. Rests on order.h. */
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "order.h"

/* How many different ones a sorted row has; a NaN differs from all. */
#define COUNT(T)                                                                                   \
    for (int64_t i = 0; i < n; i++)                                                                \
    count += i == 0 || ((const T *)x->data)[place[i]] != ((const T *)x->data)[place[i - 1]]

static bool count_different(const tad_call_frame *c, int64_t *different) {
    const int64_t n = c->in[0]->size;
    const tad_dtype dtype = (tad_dtype)c->in[0]->dtype;
    const tad_array *x = tad__contiguous(c->compute, c->in[0]);
    int64_t *place = tad__scratch(c->compute, (size_t)n * sizeof *place + 1), count = 0;
    void *room = tad__scratch(c->compute, tad__radix_room(dtype, (size_t)n) + 1);
    if (!x || !place || !room) return false;
    tad__radix_sort(dtype, (size_t)n, x->data, false, room, place);
    switch (dtype) {
    case TAD_F64: COUNT(double); break;
    case TAD_F32: COUNT(float); break;
    case TAD_I64: COUNT(int64_t); break;
    default: COUNT(bool);
    }
    *different = count;
    return true;
}

static tad_status unique_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[0];
    int64_t n = 0;
    if (tad__order_fits(c, x->size)) return TAD_TOO_LARGE;
    if (!count_different(c, &n)) return TAD_NO_MEMORY;
    out[0] = (tad_type){(tad_dtype)x->dtype, TAD_SHAPE(n)};
    out[1] = (tad_type){TAD_I64, tad__shape_of(x)};
    out[2] = (tad_type){TAD_I64, TAD_SHAPE(n)};
    return TAD_OK;
}

/* The places of first ones among equals; with the count of all behind them. */
static tad_var first_places(tad_var sorted, tad_var *is_first) {
    const int64_t n = tad_size_of(sorted);
    tad_tape *t = tad_tape_of(sorted);
    const bool yes = true;
    tad_var parts[] = {
        tad_constant(t, TAD_BOOL, TAD_SHAPE(n > 0), &yes),
        tad_not_equal(tad_slice(sorted, 0, 1, TAD_END, 1), tad_slice(sorted, 0, 0, -1, 1))};
    *is_first = n ? tad_concat(parts, 2, 0) : parts[0];
    return tad_flatten(tad_nonzero(*is_first), 0, -1);
}

static void unique_compose(tad_rule *r) {
    tad_var order, is_first, sorted = tad_sort(tad_flatten(r->in[0], 0, -1), 0, false, &order);
    const int64_t n = tad_size_of(sorted);
    tad_var first = first_places(sorted, &is_first);
    tad_var number = tad_sub(tad_cumsum(tad_cast(is_first, TAD_F64), 0), tad_number(1));
    tad_var own = tad_scatter(tad_full(r->tape, TAD_F64, TAD_SHAPE(n), 0), order, number, 0);
    tad_var ends[] = {first, tad_constant(r->tape, TAD_I64, TAD_SHAPE(1), &n)};
    tad_var counts = tad_diff(tad_cast(tad_concat(ends, 2, 0), TAD_F64), 1, 0);
    r->result[0] = tad_index_select(sorted, first, 0);
    r->result[1] = tad_cast(tad_reshape(own, tad_shape_of(r->in[0])), TAD_I64);
    r->result[2] = tad_cast(counts, TAD_I64);
}

/* ---- samples, misuse ---- */

static const tad_sample unique_samples[] = {
    {CASE("vector", DISTINCT(7))},     {CASE("matrix", DISTINCT(3, 5))},
    {CASE("high", DISTINCT(2, 3, 2))}, {CASE("0-d", F64_0D)},
    {CASE("nothing", F64(0, 3))},      {CASE("integers", INDICES(5, 3, 4))},
    {CASE("bools", MASK(6))},
};
static const tad_misuse unique_misuse[] = {
    {CASE("two", F64(3), F64(3)), .expect = TAD_BAD_ARGUMENT},
    {CASE("with integers", F64(3), INDICES(3, 3)), .expect = TAD_BAD_ARGUMENT},
    {CASE("three", F64(3), F64(3), F64(3)), .expect = TAD_BAD_ARGUMENT},
};

/* ---- the op ---- */

const tad_op tad__ops_unique[] = {
    {.name = "unique",
     .doc = "the different elements of x, of any type, in their order; for each element of x which "
            "of these it "
            "is; how often each is there. A NaN differs from all",
     .family = "order",
     .min_in = 1,
     .max_in = 1,
     .n_out = 3,
     .flags = TAD_OP_LOOKS,
     .shape = unique_shape,
     .compose = unique_compose,
     CASES(unique)},
};
const size_t tad__ops_unique_count = LENGTH(tad__ops_unique);

tad_var tad_unique(tad_var x, tad_var *inverse, tad_var *counts) {
    tad_var out[3];
    tad_apply(tad__ops_unique, &x, 1, NULL, out, 3);
    if (inverse) *inverse = out[1];
    if (counts) *counts = out[2];
    return out[0];
}
