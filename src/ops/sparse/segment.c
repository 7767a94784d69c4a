/* Segments: slices of x that belong together, by an id for each, in any order. Composed of gather's
 * adjoint and of scatter_reduce. Rests on indexed.h. */
#include <math.h>
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/place/indexed.h"
#include "ops/samples.h"

enum { SEGMENT_SUM, SEGMENT_MEAN, SEGMENT_MAX, SEGMENT_MIN, SEGMENT_SOFTMAX };
enum { X, IDS };

typedef struct segment_options {
    int64_t count;
} segment_options;

/* ---- shapes ---- */

static tad_status check_operands(const tad_call_frame *c, int64_t count) {
    const tad_array *x = c->in[X], *ids = c->in[IDS];
    if (tad__needs_float(c, X)) return TAD_BAD_DTYPE;
    if (tad__need_index(c, ids)) return TAD_BAD_DTYPE;
    if (x->rank == 0 || ids->rank != 1 || ids->dim[0] != x->dim[0])
        return tad_fail(c, TAD_BAD_SHAPE, "ids must be a vector with one for each slice of x");
    if (count < 0) return tad_fail(c, TAD_BAD_ARGUMENT, "%lld segments", (long long)count);
    return tad__check_indices(c, ids, count);
}

static tad_status reduced_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const int64_t count = ((const segment_options *)c->options)->count;
    int64_t size;
    tad_status s = check_operands(c, count);
    if (s != TAD_OK) return s;
    *out = (tad_type){(tad_dtype)c->in[X]->dtype, tad__shape_of(c->in[X])};
    out->shape.dim[0] = count;
    if (tad__shape_size(&out->shape, &size)) return TAD_OK;
    return tad_fail(c, TAD_TOO_LARGE, "too many elements");
}

static tad_status softmax_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    *out = (tad_type){(tad_dtype)c->in[X]->dtype, tad__shape_of(c->in[X])};
    return check_operands(c, ((const segment_options *)c->options)->count);
}

/* ---- what they are composed of ---- */

/* The ids for each element of x. */
static tad_var index_of(tad_var x, tad_var ids) {
    tad_shape shape = tad_shape_of(x), column = shape;
    for (int i = 1; i < column.rank; i++) column.dim[i] = 1;
    return tad_broadcast_to(tad_reshape(ids, column), shape);
}

static tad_shape with_count(tad_var x, int64_t count) {
    tad_shape shape = tad_shape_of(x);
    shape.dim[0] = count;
    return shape;
}

static tad_var sum_of(tad_var x, tad_var ids, int64_t count) {
    return tad__gather_put(x, index_of(x, ids), with_count(x, count), 0);
}

static tad_var extreme_of(tad_var x, tad_var ids, int64_t count, bool smallest) {
    tad_var none = tad_full(tad_tape_of(x), tad_dtype_of(x), with_count(x, count),
                            smallest ? INFINITY : -INFINITY);
    return tad_scatter_reduce(none, index_of(x, ids), x, 0,
                              smallest ? TAD_SCATTER_AMIN : TAD_SCATTER_AMAX, true);
}

static int64_t count_of(const tad_rule *r) { return ((const segment_options *)r->options)->count; }

static void sum_compose(tad_rule *r) { r->result[0] = sum_of(r->in[X], r->in[IDS], count_of(r)); }

/* The number of slices in a segment, which broadcasts to the result. */
static void mean_compose(tad_rule *r) {
    tad_var x = r->in[X];
    tad_shape column = tad_shape_of(x);
    for (int i = 1; i < column.rank; i++) column.dim[i] = 1;
    tad_var ones = tad_full(r->tape, tad_dtype_of(x), column, 1),
            sizes = sum_of(ones, r->in[IDS], count_of(r));
    r->result[0] = tad_div(sum_of(x, r->in[IDS], count_of(r)), tad_maximum(sizes, tad_number(1)));
}

static void max_compose(tad_rule *r) {
    r->result[0] = extreme_of(r->in[X], r->in[IDS], count_of(r), false);
}

static void min_compose(tad_rule *r) {
    r->result[0] = extreme_of(r->in[X], r->in[IDS], count_of(r), true);
}

/* Shifted by the largest, on which it does not depend. */
static void softmax_compose(tad_rule *r) {
    tad_var x = r->in[X], ids = r->in[IDS];
    tad_var largest = tad_detach(extreme_of(tad_detach(x), ids, count_of(r), false));
    tad_var power = tad_exp(tad_sub(x, tad_index_select(largest, ids, 0)));
    r->result[0] = tad_div(power, tad_index_select(sum_of(power, ids, count_of(r)), ids, 0));
}

/* ---- options, samples, misuse ---- */

static const tad_option segment_list[] = {{OPTION(INT, segment_options, count), .required = true}};

#define OF(n)                                                                                      \
    .options = &(const segment_options) { n }

static const tad_sample segment_samples[] = {
    {CASE("numbers", F64(9), INDICES(4, 9)), OF(4)},
    {CASE("rows", F64(7, 3), INDICES(3, 7)), OF(3)},
    {CASE("matrices", F64(5, 2, 3), INDICES(6, 5)), OF(6)},
    {CASE("one segment", F64(4, 2), INDICES(1, 4)), OF(1)},
    {CASE("more segments", F64(3, 2), INDICES(2, 3)), OF(8)},
    {CASE("nothing", F64(0, 3), INDICES(2, 0)), OF(2)},
};
/* Of an empty segment the extremes are infinite: none of these is likely to have one. */
static const tad_sample extreme_samples[] = {
    {CASE("numbers", DISTINCT(12), INDICES(2, 12)), OF(2)},
    {CASE("rows, in order", DISTINCT(7, 3), STARTS(1, 7)), OF(2)},
    {CASE("matrices", DISTINCT(10, 2, 2), INDICES(2, 10)), OF(2)},
    {CASE("one segment", DISTINCT(4, 2), INDICES(1, 4)), OF(1)},
    {CASE("segments of one", DISTINCT(2, 5), STARTS(1, 2)), OF(2)},
    {CASE("nothing", F64(0, 3), INDICES(2, 0)), OF(0)},
};
static const tad_misuse segment_misuse[] = {
    {CASE("no such segment", F64(9), INDICES(900, 9)), OF(4), .expect = TAD_BAD_INDEX},
    {CASE("too few ids", F64(9), INDICES(4, 8)), OF(4), .expect = TAD_BAD_SHAPE},
    {CASE("a matrix of ids", F64(9, 2), INDICES(4, 9, 2)), OF(4), .expect = TAD_BAD_SHAPE},
    {CASE("0-d", F64_0D, INDICES(4, 1)), OF(4), .expect = TAD_BAD_SHAPE},
    {CASE("float ids", F64(9), F64(9)), OF(4), .expect = TAD_BAD_DTYPE},
    {CASE("integers", INDICES(4, 9), INDICES(4, 9)), OF(4), .expect = TAD_BAD_DTYPE},
    {CASE("less than no segments", F64(0), INDICES(4, 0)), OF(-1), .expect = TAD_BAD_ARGUMENT},
};

/* ---- the ops ---- */

#define SEGMENTS(op, shape_, samples_)                                                             \
    FAMILY("sparse", 2, 2), .constant_in = 1u << IDS, .shape = shape_##_shape,                     \
                            .compose = op##_compose, OPTIONS(segment_options, segment_list),       \
                            SAMPLES(samples_##_samples), MISUSE(segment_misuse)

const tad_op tad__ops_segment[] = {
    [SEGMENT_SUM] = {.name = "segment_sum",
                     .doc = "(count,...): the sum of the slices x[e] with ids[e] = i; 0 of none",
                     SEGMENTS(sum, reduced, segment)},
    [SEGMENT_MEAN] = {.name = "segment_mean",
                      .doc = "(count,...): the mean of the slices x[e] with ids[e] = i; 0 of none",
                      SEGMENTS(mean, reduced, segment)},
    [SEGMENT_MAX] = {.name = "segment_max",
                     .doc = "(count,...): the largest elements of slices x[e] with ids[e] = i, "
                            "-inf of none; equal ones share the gradient",
                     SEGMENTS(max, reduced, extreme)},
    [SEGMENT_MIN] = {.name = "segment_min",
                     .doc = "(count,...): the smallest elements of slices x[e] with ids[e] = i, "
                            "inf of none; equal ones share the gradient",
                     SEGMENTS(min, reduced, extreme)},
    [SEGMENT_SOFTMAX] = {.name = "segment_softmax",
                         .doc = "e^x[e] over the sum of those with the same id",
                         SEGMENTS(softmax, softmax, segment)},
};
const size_t tad__ops_segment_count = LENGTH(tad__ops_segment);

static tad_var apply(int op, tad_var x, tad_var ids, int64_t count) {
    return tad_apply(&tad__ops_segment[op], (tad_var[]){x, ids}, 2, &(segment_options){count}, NULL,
                     0);
}

tad_var tad_segment_sum(tad_var x, tad_var ids, int64_t count) {
    return apply(SEGMENT_SUM, x, ids, count);
}

tad_var tad_segment_mean(tad_var x, tad_var ids, int64_t count) {
    return apply(SEGMENT_MEAN, x, ids, count);
}

tad_var tad_segment_max(tad_var x, tad_var ids, int64_t count) {
    return apply(SEGMENT_MAX, x, ids, count);
}

tad_var tad_segment_min(tad_var x, tad_var ids, int64_t count) {
    return apply(SEGMENT_MIN, x, ids, count);
}

tad_var tad_segment_softmax(tad_var x, tad_var ids, int64_t count) {
    return apply(SEGMENT_SOFTMAX, x, ids, count);
}
