/* scaled_dot_product_attention: values summed in the shares that keys have for a query. Rests on
 * attention.h. */
#include "attention.h"

#include <math.h>
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/product/product.h"
#include "ops/samples.h"

/* ---- shapes ---- */

static tad_status check_types(const tad_call_frame *c) {
    const tad_array *mask = c->n_in > TAD__MASK ? c->in[TAD__MASK] : NULL;
    for (size_t i = TAD__Q; i <= TAD__V; i++) {
        if (tad__needs_float(c, i)) return TAD_BAD_DTYPE;
        if (c->in[i]->dtype != c->in[TAD__Q]->dtype)
            return tad_fail(c, TAD_BAD_DTYPE, "q, k and v differ in type");
        if (c->in[i]->rank < 2)
            return tad_fail(c, TAD_BAD_SHAPE, "q, k and v need two axes at least");
    }
    if (!mask || mask->dtype == TAD_BOOL || mask->dtype == c->in[TAD__Q]->dtype) return TAD_OK;
    return tad_fail(c, TAD_BAD_DTYPE, "the mask must be bool or of q's type");
}

static bool meet(const tad_array *q, const tad_array *k, const tad_array *v, tad_shape *batch) {
    const tad_shape sq = tad__batch_axes(q), sk = tad__batch_axes(k), sv = tad__batch_axes(v);
    return tad__shape_broadcast(&sq, &sk, batch) && tad__shape_broadcast(batch, &sv, batch);
}

static tad_status check_mask(const tad_call_frame *c, tad_shape scores) {
    const tad_array *mask = c->n_in > TAD__MASK ? c->in[TAD__MASK] : NULL;
    char text[TAD__SHAPE_ROOM];
    tad_shape s, all;
    if (!mask) return TAD_OK;
    s = tad__shape_of(mask);
    if (tad__shape_broadcast(&s, &scores, &all) && tad__shape_equal(&all, &scores)) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "the mask does not broadcast to %s",
                    tad__shape_text(&scores, text, sizeof text));
}

static tad_status attention_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *q = c->in[TAD__Q], *k = c->in[TAD__K], *v = c->in[TAD__V];
    tad_status s = check_types(c);
    if (s != TAD_OK) return s;
    const int64_t keys = k->dim[k->rank - 2], values = v->dim[v->rank - 2];
    if (q->dim[q->rank - 1] != k->dim[k->rank - 1])
        return tad__inner_differ(c, q->dim[q->rank - 1], k->dim[k->rank - 1]);
    if (keys != values)
        return tad_fail(c, TAD_BAD_SHAPE, "%lld keys and %lld values", (long long)keys,
                        (long long)values);
    tad_shape batch;
    size_t bytes;
    if (!meet(q, k, v, &batch))
        return tad_fail(c, TAD_BAD_SHAPE, "leading axes do not broadcast together");
    tad_shape scores = batch;
    scores.dim[scores.rank++] = q->dim[q->rank - 2];
    scores.dim[scores.rank++] = keys;
    if (!tad__shape_bytes(&TAD_SHAPE(TAD__MOST_QUERIES, keys), TAD_F64, &bytes))
        return tad_fail(c, TAD_TOO_LARGE, "too many keys");
    out[0] = (tad_type){(tad_dtype)q->dtype, scores};
    out[0].shape.dim[scores.rank - 1] = v->dim[v->rank - 1];
    return check_mask(c, scores);
}

/* ---- rules: what the fused hooks do in blocks, with ops and all scores at once ---- */

static tad_var minus_infinity(void) { return tad_number(-INFINITY); }

static tad_var scaled_queries(const tad_rule *r) {
    const tad_shape q = tad_shape_of(r->in[TAD__Q]);
    return tad_mul(r->in[TAD__Q], tad_number(tad__attention_scale(r->options, q.dim[q.rank - 1])));
}

static tad_var masked(const tad_rule *r, tad_var scores) {
    const tad_attention_options *o = r->options;
    const tad_shape s = tad_shape_of(scores);
    const int64_t rows = s.dim[s.rank - 2], keys = s.dim[s.rank - 1];
    if (tad__has_operand(r, TAD__MASK)) {
        tad_var mask = r->in[TAD__MASK];
        scores = tad_dtype_of(mask) == TAD_BOOL ? tad_where(mask, scores, minus_infinity())
                                                : tad_add(scores, mask);
    }
    if (!o->is_causal) return scores;
    tad_var query = tad_arange(r->tape, TAD_I64, 0, (double)rows, 1),
            key = tad_arange(r->tape, TAD_I64, 0, (double)keys, 1);
    tad_var seen = tad_greater_equal(tad_unsqueeze(query, -1), key);
    return tad_where(seen, scores, minus_infinity());
}

/* Of no keys there are none, and a query that sees no key has 0 of each. */
static tad_var shares(const tad_rule *r) {
    tad_var scores = tad_matmul(scaled_queries(r), tad__transposed(r->in[TAD__K]));
    if (tad_is_nil(scores)) return scores; /* no memory: there is no shape to read */
    scores = masked(r, scores);
    if (tad_is_nil(scores)) return scores;
    const tad_shape s = tad_shape_of(scores);
    if (!tad__has_operand(r, TAD__MASK) || s.dim[s.rank - 1] == 0) return tad_softmax(scores, -1);
    tad_var most = tad_amax(scores, tad_keepdims(tad_axis(-1))),
            sees = tad_not_equal(most, minus_infinity()), zero = tad_number(0);
    return tad_where(sees, tad_softmax(tad_where(sees, scores, zero), -1), zero);
}

/* The derivative of softmax is symmetric. */
static tad_var through_softmax(tad_var p, tad_var v) {
    tad_var sum = tad_sum(tad_mul(p, v), tad_keepdims(tad_axis(-1)));
    return tad_mul(p, tad_sub(v, sum));
}

static void attention_vjp(tad_rule *r) {
    const tad_shape q = tad_shape_of(r->in[TAD__Q]);
    const double scale = tad__attention_scale(r->options, q.dim[q.rank - 1]);
    tad_var p = shares(r), g = r->given[0];
    if (r->wanted[TAD__V]) r->result[TAD__V] = tad_matmul(tad__transposed(p), g);
    bool mask = r->n_in > TAD__MASK && r->wanted[TAD__MASK];
    if (!r->wanted[TAD__Q] && !r->wanted[TAD__K] && !mask) return;
    tad_var ds = through_softmax(p, tad_matmul(g, tad__transposed(r->in[TAD__V])));
    if (r->wanted[TAD__Q])
        r->result[TAD__Q] = tad_mul(tad_matmul(ds, r->in[TAD__K]), tad_number(scale));
    if (r->wanted[TAD__K]) r->result[TAD__K] = tad_matmul(tad__transposed(ds), scaled_queries(r));
    if (mask) r->result[TAD__MASK] = ds;
}

/* The tangent of the scores; nil: they do not move. */
static tad_var moving_scores(const tad_rule *r) {
    const tad_shape q = tad_shape_of(r->in[TAD__Q]);
    tad_var scale = tad_number(tad__attention_scale(r->options, q.dim[q.rank - 1]));
    tad_var dq = r->given[TAD__Q], dk = r->given[TAD__K], sum = r->result[0];
    if (!tad_is_nil(dq)) sum = tad_matmul(tad_mul(dq, scale), tad__transposed(r->in[TAD__K]));
    if (!tad_is_nil(dk)) sum = tad__plus(sum, tad_matmul(scaled_queries(r), tad__transposed(dk)));
    if (tad__has_operand(r, TAD__MASK) && !tad_is_nil(r->given[TAD__MASK]))
        sum = tad__plus(sum, r->given[TAD__MASK]);
    return sum;
}

static void attention_jvp(tad_rule *r) {
    tad_var p = shares(r), ds = moving_scores(r), sum = r->result[0];
    if (!tad_is_nil(ds)) sum = tad_matmul(through_softmax(p, ds), r->in[TAD__V]);
    if (!tad_is_nil(r->given[TAD__V])) sum = tad__plus(sum, tad_matmul(p, r->given[TAD__V]));
    r->result[0] = sum;
}

/* ---- options, samples, misuse ---- */

static const tad_option attention_list[] = {
    {OPTION(BOOL, tad_attention_options, is_causal)},
    {OPTION(MAYBE_FLOAT, tad_attention_options, scale)},
};

#define WITH(...)                                                                                  \
    .options = &(const tad_attention_options) { __VA_ARGS__ }
#define CAUSAL .is_causal = true
#define SCALE(x) .scale = GIVEN(x)

static const tad_sample attention_samples[] = {
    {CASE("matrices", F64(3, 4), F64(5, 4), F64(5, 2))},
    {CASE("batches", F64(2, 3, 4), F64(2, 5, 4), F64(2, 5, 3)), WITH(SCALE(0.3))},
    {CASE("causal", F64(5, 3), F64(5, 3), F64(5, 3)), WITH(CAUSAL)},
    {CASE("causal, more keys", F64(2, 3), F64(5, 3), F64(5, 2)), WITH(CAUSAL)},
    {CASE("causal, more queries", F64(2, 5, 3), F64(2, 2, 3), F64(2, 2, 3)), WITH(CAUSAL)},
    {CASE("mask added", F64(2, 3, 4), F64(2, 5, 4), F64(2, 5, 2), F64(3, 5))},
    {CASE("mask of bools", F64(3, 4), F64(5, 4), F64(5, 2), MASK(3, 5))},
    {CASE("mask of keys", F64(2, 3, 4), F64(2, 5, 4), F64(2, 5, 2), MASK(2, 1, 5)), WITH(CAUSAL)},
    {CASE("grouped queries", F64(2, 3, 4, 2), F64(2, 1, 3, 2), F64(2, 1, 3, 2))},
    {CASE("one query for many keys", F64(1, 3), F64(4, 5, 3), F64(4, 5, 2))},
    {CASE("a number", F64(1, 1), F64(1, 1), F64(1, 1)), WITH(SCALE(2))},
    {CASE("blocks", F64(70, 2), F64(67, 2), F64(67, 3)), WITH(CAUSAL)},
    {CASE("no queries", F64(0, 3), F64(5, 3), F64(5, 2))},
    {CASE("no keys", F64(3, 4), F64(0, 4), F64(0, 2))},
    {CASE("no inner axis", F64(3, 0), F64(5, 0), F64(5, 2))},
    {CASE("no values", F64(3, 4), F64(5, 4), F64(5, 0))},
    {CASE("no batches", F64(0, 3, 4), F64(5, 4), F64(5, 2))},
};
static const tad_misuse attention_misuse[] = {
    {CASE("inner sizes", F64(3, 4), F64(5, 3), F64(5, 2)), .expect = TAD_BAD_SHAPE},
    {CASE("keys and values", F64(3, 4), F64(5, 4), F64(6, 2)), .expect = TAD_BAD_SHAPE},
    {CASE("batches", F64(2, 3, 4), F64(3, 5, 4), F64(5, 2)), .expect = TAD_BAD_SHAPE},
    {CASE("a vector", F64(4), F64(5, 4), F64(5, 2)), .expect = TAD_BAD_SHAPE},
    {CASE("mask", F64(3, 4), F64(5, 4), F64(5, 2), F64(3, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("mask of more batches", F64(3, 4), F64(5, 4), F64(5, 2), F64(2, 3, 5)),
     .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3, 4), F64(5, 4), F64(5, 2)), .expect = TAD_BAD_DTYPE},
    {CASE("mask of integers", F64(3, 4), F64(5, 4), F64(5, 2), INDICES(2, 3, 5)),
     .expect = TAD_BAD_DTYPE},
};

/* ---- the op ---- */

const tad_op tad__ops_attention[] = {
    {.name = "scaled_dot_product_attention",
     .doc = "softmax(scale q k^T + mask) v: q (...,L,d), k (...,S,d), v (...,S,e), leading axes "
            "broadcast; mask: bool (true is seen) or added; scale: 1 / sqrt(d); causal: query l "
            "sees keys up to l; who sees no key gets 0",
     FAMILY("attention", 3, 4),
     OPTIONS(tad_attention_options, attention_list),
     .shape = attention_shape,
     .forward = tad__attention_forward,
     .backward = tad__attention_backward,
     .vjp = attention_vjp,
     .jvp = attention_jvp,
     .c_text = tad__attention_c_text,
     CASES(attention)},
};
const size_t tad__ops_attention_count = LENGTH(tad__ops_attention);

tad_var tad_scaled_dot_product_attention(tad_var q, tad_var k, tad_var v, tad_var mask,
                                         const tad_attention_options *options) {
    return tad_apply(tad__ops_attention, (tad_var[]){q, k, v, mask}, 4, options, NULL, 0);
}
