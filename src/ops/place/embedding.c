/* embedding: rows of a weight by indices. Rests on indexed.h. */
#include <stddef.h>
#include <string.h>

#include "indexed.h"
#include "ops/families.h"
#include "ops/samples.h"

typedef struct embedding_options {
    tad_maybe_int padding_idx;
} embedding_options;

tad_status tad__check_padding(const tad_call_frame *c, const tad_maybe_int *padding, int64_t rows) {
    int row;
    if (!padding->given || (rows <= INT32_MAX && tad__axis(padding->value, (int)rows, &row)))
        return TAD_OK;
    return tad_fail(c, TAD_BAD_INDEX, "no row padding_idx = %lld", (long long)padding->value);
}

static tad_status embedding_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const embedding_options *o = c->options;
    const tad_array *index = c->in[0], *weight = c->in[1];
    tad_status s = tad__need_index(c, index);
    if (s != TAD_OK) return s;
    if (weight->rank != 2) return tad_fail(c, TAD_BAD_SHAPE, "the weight must have two axes");
    if (index->rank == TAD_MAX_RANK)
        return tad_fail(c, TAD_TOO_LARGE, "rank %d is the largest", TAD_MAX_RANK);
    s = tad__check_padding(c, &o->padding_idx, weight->dim[0]);
    if (s != TAD_OK) return s;
    *out = (tad_type){(tad_dtype)weight->dtype, tad__shape_of(index)};
    out->shape.dim[out->shape.rank++] = weight->dim[1];
    int64_t size;
    if (!tad__shape_size(&out->shape, &size))
        return tad_fail(c, TAD_TOO_LARGE, "too many elements");
    return tad__check_indices(c, index, weight->dim[0]);
}

/* ---- values and derivatives ---- */

static void plan(tad__walk *w, const tad_call_frame *c, const tad_array *weight,
                 const tad_array *a) {
    const embedding_options *o = c->options;
    const tad_array *index = c->in[0];
    tad_shape shape = tad__shape_of(index), row = {a->rank, {0}};
    shape.dim[shape.rank++] = 1;
    tad_array *i = tad__lay_out(&w->index, index, &shape);
    memcpy(tad__strides(i), tad_strides(index), index->rank * sizeof(int64_t));
    for (int k = 0; k < row.rank; k++) row.dim[k] = k + 1 < row.rank ? 1 : weight->dim[1];
    tad__strides(tad__lay_out(&w->source, weight, &row))[row.rank - 1] = tad_strides(weight)[1];
    w->stride = tad_strides(weight)[0] * (int64_t)tad_dtype_size((tad_dtype)weight->dtype);
    w->size = weight->dim[0];
    w->skip = o->padding_idx;
    if (w->skip.given && w->skip.value < 0) w->skip.value += weight->dim[0];
}

static tad_status embedding_forward(const tad_call_frame *c) {
    return tad__take_forward(c, c->in[1], plan);
}

static void embedding_c_text(const tad_call_frame *c, tad_c *to) {
    tad__c_take(to, c, 1, plan, false);
}

static tad_status embedding_backward(tad_backward *b) { return tad__take_backward(b, 1, plan); }

/* ---- rules ---- */

tad_var tad__is_padding(tad_var index, const tad_maybe_int *padding, int64_t rows) {
    const int64_t row = padding->value + (padding->value < 0 ? rows : 0);
    return tad_equal(index, tad_constant(index.tape, TAD_I64, TAD_0D, &row));
}

/* v with zeros in the places of the row padding_idx; index has one element for each row of v. */
static tad_var without_padding(const tad_rule *r, tad_var index, tad_var v) {
    const tad_maybe_int *padding = &((const embedding_options *)r->options)->padding_idx;
    if (!padding->given) return v;
    return tad_where(tad__is_padding(index, padding, tad_shape_of(r->in[1]).dim[0]), tad_number(0),
                     v);
}

static void embedding_vjp(tad_rule *r) {
    tad_shape weight = tad_shape_of(r->in[1]);
    int64_t n = tad_size_of(r->in[0]);
    tad_var index = tad_reshape(r->in[0], TAD_SHAPE(n, 1)),
            g = tad_reshape(r->given[0], TAD_SHAPE(n, weight.dim[1]));
    g = without_padding(r, index, g);
    r->result[1] = tad__gather_put(g, tad_broadcast_to(index, tad_shape_of(g)), weight, 0);
}

static void embedding_jvp(tad_rule *r) {
    tad_var rows = tad_embedding(r->in[0], r->given[1]);
    r->result[0] = without_padding(r, tad_unsqueeze(r->in[0], -1), rows);
}

/* ---- options, samples, misuse ---- */

static const tad_option embedding_list[] = {{OPTION(MAYBE_INT, embedding_options, padding_idx)}};

#define PADDING(k)                                                                                 \
    .options = &(const embedding_options) { GIVEN(k) }
/* The padding is constant to the rules only: a difference would see it move. */
#define BUT_ROW_1_OF_3                                                                             \
    {                                                                                              \
        TYPE(TAD_F64, 3, 2), .mask = (const bool[]) { true, true, false, false, true, true }       \
    }
#define BUT_LAST_OF_2                                                                              \
    {                                                                                              \
        TYPE(TAD_F64, 2, 1), .mask = (const bool[]) { true, false }                                \
    }

static const tad_sample embedding_samples[] = {
    {CASE("list", INDICES(4, 7), F64(4, 3))},
    {CASE("batch", INDICES(5, 2, 3), F64(5, 2))},
    {CASE("one", INDEX_0D(3), F64(3, 2))},
    {CASE("padding not hit", INDICES(3, 5), F64(4, 3)), PADDING(-1)},
    {CASE("padding hit", INDICES(3, 2, 11), BUT_ROW_1_OF_3), PADDING(1)},
    {CASE("padding hit, rows of one number", INDICES(2, 11), BUT_LAST_OF_2), PADDING(-1)},
    {CASE("no index", INDICES(4, 0), F64(4, 3))},
};
static const tad_misuse embedding_misuse[] = {
    {CASE("out of range", INDICES(900, 7), F64(4, 3)), .expect = TAD_BAD_INDEX},
    {CASE("weight of one axis", INDICES(4, 7), F64(4)), .expect = TAD_BAD_SHAPE},
    {CASE("float indices", F64(7), F64(4, 3)), .expect = TAD_BAD_DTYPE},
    {CASE("no such padding row", INDICES(4, 7), F64(4, 3)), PADDING(4), .expect = TAD_BAD_INDEX},
};

/* ---- the op ---- */

const tad_op tad__ops_embedding[] = {
    {.name = "embedding",
     .doc = "rows of weight by indices; the row padding_idx counts as constant: "
            "gradient and tangent 0",
     FAMILY("index", 2, 2),
     .constant_in = 1u << 0,
     OPTIONS(embedding_options, embedding_list),
     HOOKS(embedding),
     .c_text = embedding_c_text,
     .backward = embedding_backward,
     .jvp = embedding_jvp,
     CASES(embedding)},
};
const size_t tad__ops_embedding_count = LENGTH(tad__ops_embedding);

tad_var tad_embedding(tad_var indices, tad_var weight) {
    return tad_apply(tad__ops_embedding, (tad_var[]){indices, weight}, 2, NULL, NULL, 0);
}

tad_var tad_embedding_padded(tad_var indices, tad_var weight, int64_t padding_idx) {
    const embedding_options o = {{true, padding_idx}};
    return tad_apply(tad__ops_embedding, (tad_var[]){indices, weight}, 2, &o, NULL, 0);
}
