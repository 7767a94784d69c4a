/* embedding_bag: a bag of indices is a row of a sparse matrix, so that sums and means are products
 * with the weight, and gradients of weights of the sum come with them. Rests on sparse.h. */
#include <math.h>
#include <stddef.h>

#include "ops/families.h"
#include "ops/place/indexed.h"
#include "ops/samples.h"
#include "sparse.h"

enum { INDEX, WEIGHT, BAGS, OF_EACH }; /* operands */

typedef struct bag_options {
    int mode; /* a tad_bag_mode */
    tad_maybe_int padding_idx;
} bag_options;

/* ---- shape ---- */

static tad_status check_starts(const tad_call_frame *c) {
    const tad_array *index = c->in[INDEX], *starts = c->n_in > BAGS ? c->in[BAGS] : NULL;
    if (tad__need_index(c, index)) return TAD_BAD_DTYPE;
    if (!starts && index->rank == 2) return TAD_OK;
    if (!starts) return tad_fail(c, TAD_BAD_SHAPE, "indices need two axes, or starts");
    if (starts->dtype != TAD_I64) return tad_fail(c, TAD_BAD_DTYPE, "starts must be int64");
    if (index->rank != 1 || starts->rank != 1 || starts->dim[0] == 0)
        return tad_fail(c, TAD_BAD_SHAPE,
                        "indices and starts must be vectors, with one start more than bags");
    return TAD_OK;
}

static tad_status check_weights(const tad_call_frame *c) {
    const tad_array *each = c->n_in > OF_EACH ? c->in[OF_EACH] : NULL;
    const tad_shape index = tad__shape_of(c->in[INDEX]);
    if (!each) return TAD_OK;
    const tad_shape shape = tad__shape_of(each);
    if (((const bag_options *)c->options)->mode != TAD_BAG_SUM)
        return tad_fail(c, TAD_BAD_ARGUMENT, "weights are of sums only");
    if (each->dtype != c->in[WEIGHT]->dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "weights must have the weight's type");
    if (!tad__shape_equal(&shape, &index))
        return tad_fail(c, TAD_BAD_SHAPE, "weights and indices have different shapes");
    return TAD_OK;
}

static tad_status embedding_bag_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const bag_options *o = c->options;
    const tad_array *weight = c->in[WEIGHT];
    int64_t size;
    if (o->mode < TAD_BAG_SUM || o->mode > TAD_BAG_MAX)
        return tad_fail(c, TAD_BAD_ARGUMENT, "no mode %d", o->mode);
    if (tad__needs_float(c, WEIGHT)) return TAD_BAD_DTYPE;
    if (weight->rank != 2) return tad_fail(c, TAD_BAD_SHAPE, "the weight must have two axes");
    const bool has_starts = c->n_in > BAGS && c->in[BAGS];
    tad_status s = check_starts(c);
    if (s == TAD_OK) s = tad__check_padding(c, &o->padding_idx, weight->dim[0]);
    if (s == TAD_OK) s = check_weights(c);
    if (s == TAD_OK) s = tad__check_indices(c, c->in[INDEX], weight->dim[0]);
    if (s == TAD_OK && has_starts) s = tad__csr_check(c, BAGS, INDEX, weight->dim[0]);
    if (s != TAD_OK) return s;
    const int64_t bags = has_starts ? c->in[BAGS]->dim[0] - 1 : c->in[INDEX]->dim[0];
    *out = (tad_type){(tad_dtype)weight->dtype, TAD_SHAPE(bags, weight->dim[1])};
    if (tad__shape_size(&out->shape, &size)) return TAD_OK;
    return tad_fail(c, TAD_TOO_LARGE, "too many elements");
}

/* ---- what it is composed of ---- */

/* Of bags of one size. */
static tad_var regular_starts(const tad_rule *r) {
    const tad_shape shape = tad_shape_of(r->in[INDEX]);
    const double last = (double)(shape.dim[0] * shape.dim[1]), size = (double)shape.dim[1];
    if (size == 0) return tad_full(r->tape, TAD_I64, TAD_SHAPE(shape.dim[0] + 1), 0);
    return tad_arange(r->tape, TAD_I64, 0, last + 1, size);
}

/* (B,1): how many indices each bag has. */
static tad_var sizes_of(tad_var starts, tad_dtype dtype) {
    tad_var sizes = tad_diff(tad_cast(starts, TAD_F64), 1, 0);
    return tad_unsqueeze(tad_cast(sizes, dtype), -1);
}

/* Empty bags have nothing to choose from: 0. */
static tad_var largest(tad_var rows, tad_var starts, tad_var sizes) {
    const int64_t bags = tad_size_of(starts) - 1;
    tad_var ids = tad__csr_rows_var(starts, tad_shape_of(rows).dim[0]);
    tad_var best = tad_segment_max(rows, ids, bags);
    return tad_where(tad_equal(sizes, tad_number(0)), tad_number(0), best);
}

/* With rows that do not count: taken one by one, so that these have no influence, be they NaNs. */
static tad_var without_padding(const tad_rule *r, tad_var index, tad_var starts) {
    const bag_options *o = r->options;
    const tad_dtype dtype = tad_dtype_of(r->in[WEIGHT]);
    const int64_t n = tad_size_of(index), bags = tad_size_of(starts) - 1;
    tad_var skipped = tad__is_padding(index, &o->padding_idx, tad_shape_of(r->in[WEIGHT]).dim[0]),
            ids = tad__csr_rows_var(starts, n), zero = tad_number(0);
    tad_var one = tad_full(r->tape, dtype, TAD_SHAPE(n), 1);
    tad_var counts = tad_segment_sum(tad_where(skipped, zero, one), ids, bags);
    counts = tad_unsqueeze(counts, -1);
    tad_var rows = tad_embedding(index, r->in[WEIGHT]), out = tad_unsqueeze(skipped, -1);
    if (o->mode == TAD_BAG_MAX)
        return largest(tad_where(out, tad_number(-INFINITY), rows), starts, counts);
    rows = tad_where(out, zero, rows);
    if (tad__has_operand(r, OF_EACH)) {
        tad_var each = tad_where(skipped, zero, tad_reshape(r->in[OF_EACH], TAD_SHAPE(n)));
        rows = tad_mul(rows, tad_unsqueeze(each, -1));
    }
    tad_var sum = tad_segment_sum(rows, ids, bags);
    return o->mode == TAD_BAG_MEAN ? tad_div(sum, tad_maximum(counts, tad_number(1))) : sum;
}

static void embedding_bag_compose(tad_rule *r) {
    const bag_options *o = r->options;
    const tad_dtype dtype = tad_dtype_of(r->in[WEIGHT]);
    const int64_t n = tad_size_of(r->in[INDEX]), rows = tad_shape_of(r->in[WEIGHT]).dim[0];
    tad_var index = tad_reshape(r->in[INDEX], TAD_SHAPE(n)),
            starts = tad__has_operand(r, BAGS) ? r->in[BAGS] : regular_starts(r);
    if (o->padding_idx.given) {
        r->result[0] = without_padding(r, index, starts);
        return;
    }
    if (o->mode == TAD_BAG_MAX) {
        tad_var taken = tad_embedding(index, r->in[WEIGHT]);
        r->result[0] = largest(taken, starts, sizes_of(starts, dtype));
        return;
    }
    tad_var each = tad__has_operand(r, OF_EACH) ? tad_reshape(r->in[OF_EACH], TAD_SHAPE(n))
                                                : tad_full(r->tape, dtype, TAD_SHAPE(n), 1);
    tad_var sum = tad__csr_matmul(each, (tad__pattern){starts, index, rows}, r->in[WEIGHT], false);
    if (o->mode == TAD_BAG_MEAN)
        sum = tad_div(sum, tad_maximum(sizes_of(starts, dtype), tad_number(1)));
    r->result[0] = sum;
}

/* ---- options, samples, misuse ---- */

static const tad_option bag_list[] = {
    {OPTION(CHOICE, bag_options, mode), .choices = "sum|mean|max"},
    {OPTION(MAYBE_INT, bag_options, padding_idx)},
};

#define MODE(m)                                                                                    \
    .options = &(const bag_options) { .mode = TAD_BAG_##m }
#define PADDED(m, row)                                                                             \
    .options = &(const bag_options) { TAD_BAG_##m, GIVEN(row) }

static const tad_sample embedding_bag_samples[] = {
    {CASE("sum", INDICES(5, 9), F64(5, 3), STARTS(9, 5)), MODE(SUM)},
    {CASE("weighted sum", INDICES(5, 9), F64(5, 3), STARTS(9, 4), F64(9)), MODE(SUM)},
    {CASE("weighted sum of rows", INDICES(4, 2, 3), F64(4, 2), ABSENT, F64(2, 3)), MODE(SUM)},
    {CASE("mean", INDICES(5, 7), F64(5, 2), STARTS(7, 6)), MODE(MEAN)},
    {CASE("mean of rows", INDICES(3, 4, 2), F64(3, 5)), MODE(MEAN)},
    {CASE("largest", INDICES(6, 8), DISTINCT(6, 3), STARTS(8, 5)), MODE(MAX)},
    {CASE("largest of rows", INDICES(6, 3, 4), DISTINCT(6, 1)), MODE(MAX)},
    {CASE("bags of nothing", INDICES(3, 4, 0), F64(3, 2)), MODE(MEAN)},
    {CASE("sum, padded", INDICES(3, 9), F64(3, 2), STARTS(9, 5)), PADDED(SUM, 1)},
    {CASE("weighted, padded", INDICES(3, 9), F64(3, 2), STARTS(9, 4), F64(9)), PADDED(SUM, -1)},
    {CASE("mean of rows, padded", INDICES(3, 4, 3), F64(3, 2)), PADDED(MEAN, 0)},
    {CASE("largest, padded", INDICES(4, 8), DISTINCT(4, 3), STARTS(8, 5)), PADDED(MAX, 2)},
    {CASE("no bags", INDICES(3, 0), F64(3, 2), STARTS(0, 1)), MODE(SUM)},
};
static const tad_misuse embedding_bag_misuse[] = {
    {CASE("out of range", INDICES(900, 9), F64(5, 3), STARTS(9, 5)), MODE(SUM),
     .expect = TAD_BAD_INDEX},
    {CASE("starts of fewer", INDICES(5, 9), F64(5, 3), STARTS(8, 5)), MODE(SUM),
     .expect = TAD_BAD_INDEX},
    {CASE("starts of more", INDICES(5, 9), F64(5, 3), STARTS(10, 5)), MODE(MAX),
     .expect = TAD_BAD_INDEX},
    {CASE("no starts", INDICES(5, 9), F64(5, 3)), MODE(SUM), .expect = TAD_BAD_SHAPE},
    {CASE("starts and rows", INDICES(5, 3, 3), F64(5, 3), STARTS(9, 5)), MODE(SUM),
     .expect = TAD_BAD_SHAPE},
    {CASE("a mean with weights", INDICES(5, 9), F64(5, 3), STARTS(9, 4), F64(9)), MODE(MEAN),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("too few weights", INDICES(5, 9), F64(5, 3), STARTS(9, 4), F64(8)), MODE(SUM),
     .expect = TAD_BAD_SHAPE},
    {CASE("float indices", F64(9), F64(5, 3), STARTS(9, 5)), MODE(SUM), .expect = TAD_BAD_DTYPE},
    {CASE("no such padding row", INDICES(5, 9), F64(5, 3), STARTS(9, 5)), PADDED(SUM, 5),
     .expect = TAD_BAD_INDEX},
    {CASE("weight of one axis", INDICES(5, 9), F64(5), STARTS(9, 5)), MODE(SUM),
     .expect = TAD_BAD_SHAPE},
    {CASE("no such mode", INDICES(5, 9), F64(5, 3), STARTS(9, 5)),
     .options = &(const bag_options){.mode = TAD_BAG_MAX + 1}, .expect = TAD_BAD_ARGUMENT},
};

/* ---- the op ---- */

const tad_op tad__ops_embedding_bag[] = {
    {.name = "embedding_bag",
     .doc = "(B,d): the sum, mean or largest elements of the rows of weight (n,d) by indices "
            "starts[i] to starts[i+1] - 1, or by row i of indices; 0 of none. A sum may have a "
            "weight for each index; the row padding_idx does not count, in a mean neither",
     FAMILY("sparse", 2, 4),
     .constant_in = 1u << INDEX | 1u << BAGS,
     .shape = embedding_bag_shape,
     .compose = embedding_bag_compose,
     OPTIONS(bag_options, bag_list),
     CASES(embedding_bag)},
};
const size_t tad__ops_embedding_bag_count = LENGTH(tad__ops_embedding_bag);

tad_var tad_embedding_bag(tad_var indices, tad_var weight, tad_var starts, tad_var weights,
                          tad_bag_mode mode) {
    return tad_apply(tad__ops_embedding_bag, (tad_var[]){indices, weight, starts, weights}, 4,
                     &(bag_options){.mode = (int)mode}, NULL, 0);
}

tad_var tad_embedding_bag_padded(tad_var indices, tad_var weight, tad_var starts, tad_var weights,
                                 tad_bag_mode mode, int64_t padding_idx) {
    return tad_apply(tad__ops_embedding_bag, (tad_var[]){indices, weight, starts, weights}, 4,
                     &(bag_options){(int)mode, {true, padding_idx}}, NULL, 0);
}
