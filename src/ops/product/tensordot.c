/* tensordot and kron: products of arrays of any rank. Composed of views and matmul, or mul. */
#include <stddef.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "product.h"

enum { TENSORDOT, KRON };

typedef struct tensordot_options {
    tad_ints axes; /* how many, or the axes of a and, as many, those of b */
} tensordot_options;

/* ---- tensordot ---- */

/* Axis k that is summed over, of a and b. */
typedef struct summed {
    int n, a[TAD_MAX_RANK], b[TAD_MAX_RANK];
} summed;

/* Of a number of axes: the last ones of a, the first ones of b. */
static tad_status read_axes(const tad_call_frame *c, summed *s) {
    const tad_ints *axes = &((const tensordot_options *)c->options)->axes;
    const int a = c->in[0]->rank, b = c->in[1]->rank, least = a < b ? a : b;
    const int64_t n = axes->count == 1 ? axes->value[0] : axes->count / 2;
    if (axes->count < 0 || (axes->count != 1 && axes->count % 2))
        return tad_fail(c, TAD_BAD_ARGUMENT, "%d axes, as many of a as of b are needed",
                        axes->count);
    if (n < 0 || n > least)
        return tad_fail(c, TAD_BAD_AXIS, "%lld axes cannot be summed over", (long long)n);
    *s = (summed){.n = (int)n};
    for (int k = 0; k < s->n; k++) {
        const bool listed = axes->count != 1;
        if (tad__one_axis(c, listed ? axes->value[k] : a - s->n + k, a, &s->a[k]) ||
            tad__one_axis(c, listed ? axes->value[k + s->n] : k, b, &s->b[k]))
            return TAD_BAD_AXIS;
        for (int i = 0; i < k; i++)
            if (s->a[i] == s->a[k] || s->b[i] == s->b[k])
                return tad_fail(c, TAD_BAD_AXIS, "an axis is named twice");
    }
    return TAD_OK;
}

static bool is_among(const int *list, int n, int axis) {
    for (int k = 0; k < n; k++)
        if (list[k] == axis) return true;
    return false;
}

static tad_status tensordot_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *a = c->in[0], *b = c->in[1];
    summed s;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    tad_status status = read_axes(c, &s);
    if (status != TAD_OK) return status;
    for (int k = 0; k < s.n; k++)
        if (a->dim[s.a[k]] != b->dim[s.b[k]])
            return tad__inner_differ(c, a->dim[s.a[k]], b->dim[s.b[k]]);
    if (a->rank + b->rank - 2 * s.n > TAD_MAX_RANK)
        return tad_fail(c, TAD_TOO_LARGE, "rank %d, %d is the largest", a->rank + b->rank - 2 * s.n,
                        TAD_MAX_RANK);
    *out = (tad_type){(tad_dtype)a->dtype, {0, {0}}};
    for (int i = 0; i < a->rank; i++)
        if (!is_among(s.a, s.n, i)) out->shape.dim[out->shape.rank++] = a->dim[i];
    for (int i = 0; i < b->rank; i++)
        if (!is_among(s.b, s.n, i)) out->shape.dim[out->shape.rank++] = b->dim[i];
    return TAD_OK;
}

/* x as a matrix of its own axes and those that are summed over: these are its rows or columns. */
static tad_var as_matrix(tad_var x, const int *list, int n, bool rows) {
    const tad_shape shape = tad_shape_of(x);
    int order[TAD_MAX_RANK], count = 0;
    uint64_t inner = 1, outer = 1; /* what has no elements may have large sizes */
    for (int pass = 0; pass < 2; pass++) {
        if ((pass == 0) == rows)
            for (int k = 0; k < n; k++) order[count++] = list[k];
        else
            for (int i = 0; i < shape.rank; i++)
                if (!is_among(list, n, i)) order[count++] = i;
    }
    for (int i = 0; i < shape.rank; i++)
        *(is_among(list, n, i) ? &inner : &outer) *= (uint64_t)shape.dim[i];
    x = tad_permute(x, tad_axes_of(order, (size_t)count));
    return tad_reshape(x, rows ? TAD_SHAPE((int64_t)inner, (int64_t)outer)
                               : TAD_SHAPE((int64_t)outer, (int64_t)inner));
}

static void tensordot_compose(tad_rule *r) {
    const tad_var a = r->in[0], b = r->in[1];
    const tad_shape x = tad_shape_of(a), y = tad_shape_of(b);
    const tad_ints *axes = &((const tensordot_options *)r->options)->axes;
    const bool listed = axes->count != 1;
    summed s = {.n = (int)(listed ? axes->count / 2 : axes->value[0])};
    tad_shape out = TAD_0D;
    for (int k = 0; k < s.n; k++) {
        s.a[k] = tad__known_axis(listed ? axes->value[k] : x.rank - s.n + k, x.rank);
        s.b[k] = tad__known_axis(listed ? axes->value[k + s.n] : k, y.rank);
    }
    for (int i = 0; i < x.rank; i++)
        if (!is_among(s.a, s.n, i)) out.dim[out.rank++] = x.dim[i];
    for (int i = 0; i < y.rank; i++)
        if (!is_among(s.b, s.n, i)) out.dim[out.rank++] = y.dim[i];
    tad_var product = tad_matmul(as_matrix(a, s.a, s.n, false), as_matrix(b, s.b, s.n, true));
    r->result[0] = tad_reshape(product, out);
}

/* ---- kron ---- */

/* Size i of x among `rank` ones: leading ones are 1. */
static int64_t size_at(const tad_shape *x, int i, int rank) {
    return i < rank - x->rank ? 1 : x->dim[i - (rank - x->rank)];
}

static tad_status kron_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_shape a = tad__shape_of(c->in[0]), b = tad__shape_of(c->in[1]);
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, {a.rank > b.rank ? a.rank : b.rank, {0}}};
    const int rank = out->shape.rank;
    if (2 * rank > TAD_MAX_RANK)
        return tad_fail(c, TAD_TOO_LARGE, "rank %d, %d is the largest", rank, TAD_MAX_RANK / 2);
    for (int i = 0; i < rank; i++)
        if (__builtin_mul_overflow(size_at(&a, i, rank), size_at(&b, i, rank), &out->shape.dim[i]))
            return tad_fail(c, TAD_TOO_LARGE, "axis %d would have too many elements", i);
    return TAD_OK;
}

/* Axes of a and b by turns. */
static void kron_compose(tad_rule *r) {
    const tad_shape a = tad_shape_of(r->in[0]), b = tad_shape_of(r->in[1]);
    const int rank = a.rank > b.rank ? a.rank : b.rank;
    tad_shape x = {2 * rank, {0}}, y = x, out = {rank, {0}};
    for (int i = 0; i < rank; i++) {
        x.dim[2 * i] = size_at(&a, i, rank);
        y.dim[2 * i + 1] = size_at(&b, i, rank);
        x.dim[2 * i + 1] = y.dim[2 * i] = 1;
        out.dim[i] = x.dim[2 * i] * y.dim[2 * i + 1];
    }
    r->result[0] = tad_reshape(tad_mul(tad_reshape(r->in[0], x), tad_reshape(r->in[1], y)), out);
}

/* ---- options, samples, misuse ---- */

static const tad_option tensordot_list[] = {
    {OPTION(INTS, tensordot_options, axes), .initial = 2},
};

#define SUMMED(...)                                                                                \
    .options = &(const tensordot_options) { INTS(__VA_ARGS__) }

static const tad_sample tensordot_samples[] = {
    {CASE("two axes", F64(2, 3, 4), F64(3, 4, 2)), SUMMED(2)},
    {CASE("listed", F64(3, 2, 4), F64(4, 5, 3)), SUMMED(0, -1, 2, 0)},
    {CASE("one axis", F64(2, 3), F64(3)), SUMMED(1)},
    {CASE("none", F64(2), F64(2, 2)), SUMMED(0)},
    {CASE("0-d", F64_0D, F64(3)), SUMMED(0)},
    {CASE("all", F64(2, 3), F64(2, 3)), SUMMED(2)},
    {CASE("size 0", F64(2, 0), F64(0, 3)), SUMMED(1)},
};
static const tad_misuse tensordot_misuse[] = {
    {CASE("sizes", F64(2, 3), F64(2, 3)), SUMMED(1), .expect = TAD_BAD_SHAPE},
    {CASE("too many", F64(3), F64(3, 2)), SUMMED(2), .expect = TAD_BAD_AXIS},
    {CASE("named twice", F64(2, 2), F64(2, 2)), SUMMED(0, 0, 0, 1), .expect = TAD_BAD_AXIS},
    {CASE("no such axis", F64(2, 2), F64(2, 2)), SUMMED(2, 0), .expect = TAD_BAD_AXIS},
    {CASE("odd", F64(2, 2), F64(2, 2)), SUMMED(0, 0, 1), .expect = TAD_BAD_ARGUMENT},
    {CASE("integers", INDICES(3, 2), INDICES(3, 2)), SUMMED(1), .expect = TAD_BAD_DTYPE},
};
static const tad_sample kron_samples[] = {
    {CASE("matrices", F64(2, 3), F64(3, 2))},   {CASE("vectors", F64(3), F64(2))},
    {CASE("other rank", F64(2), F64(3, 2, 2))}, {CASE("0-d", F64_0D, F64(3))},
    {CASE("empty", F64(0, 2), F64(3, 2))},
};
static const tad_misuse kron_misuse[] = {
    {CASE("five axes", F64(1, 1, 1, 1, 2), F64(2)), .expect = TAD_TOO_LARGE},
    {CASE("mixed", F64(3), INDICES(2, 3)), .expect = TAD_BAD_DTYPE},
    {CASE("integers", INDICES(3, 2), INDICES(3, 2)), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

const tad_op tad__ops_tensordot[] = {
    [TENSORDOT] = {.name = "tensordot",
                   .doc =
                       "summed over the last axes of a and the first ones of b, so many, or over "
                       "axes of a and as many of b",
                   FAMILY("product", 2, 2),
                   OPTIONS(tensordot_options, tensordot_list),
                   .shape = tensordot_shape,
                   .compose = tensordot_compose,
                   CASES(tensordot)},
    [KRON] = {.name = "kron",
              .doc = "Kronecker's product: each element of a times the whole of b; up to four axes",
              FAMILY("product", 2, 2),
              .shape = kron_shape,
              .compose = kron_compose,
              CASES(kron)},
};
const size_t tad__ops_tensordot_count = LENGTH(tad__ops_tensordot);

tad_var tad_tensordot(tad_var a, tad_var b, const int64_t *axes, size_t n) {
    return tad_apply(&tad__ops_tensordot[TENSORDOT], (tad_var[]){a, b}, 2,
                     &(tensordot_options){tad__ints_of(axes, n)}, NULL, 0);
}

tad_var tad_kron(tad_var a, tad_var b) {
    return tad_apply(&tad__ops_tensordot[KRON], (tad_var[]){a, b}, 2, NULL, NULL, 0);
}
