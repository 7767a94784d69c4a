/* addmm: a product of matrices added to something else. Composed of ops. */
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "product.h"

enum { INPUT, A, B };

typedef struct addmm_options {
    double beta, alpha;
} addmm_options;

static tad_status addmm_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *a = c->in[A], *b = c->in[B];
    tad_shape input = tad__shape_of(c->in[INPUT]), all;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (a->rank != 2 || b->rank != 2) return tad_fail(c, TAD_BAD_SHAPE, "needs two matrices");
    if (a->dim[1] != b->dim[0]) return tad__inner_differ(c, a->dim[1], b->dim[0]);
    *out = (tad_type){(tad_dtype)a->dtype, TAD_SHAPE(a->dim[0], b->dim[1])};
    if (tad__shape_broadcast(&input, &out->shape, &all) && tad__shape_equal(&all, &out->shape))
        return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "the input does not broadcast to the product");
}

static tad_var times(double factor, tad_var x) {
    return factor == 1 ? x : tad_mul(x, tad_number(factor));
}

static void addmm_compose(tad_rule *r) {
    const addmm_options *o = r->options;
    tad_var product = times(o->alpha, tad_matmul(r->in[A], r->in[B]));
    r->result[0] = o->beta == 0 ? product : tad_add(times(o->beta, r->in[INPUT]), product);
}

/* ---- options, samples, misuse ---- */

static const tad_option addmm_list[] = {
    {OPTION(FLOAT, addmm_options, beta), .initial = 1},
    {OPTION(FLOAT, addmm_options, alpha), .initial = 1},
};

#define SCALED(...)                                                                                \
    .options = &(const addmm_options) { __VA_ARGS__ }

static const tad_sample addmm_samples[] = {
    {CASE("matrix", F64(2, 4), F64(2, 3), F64(3, 4)), SCALED(1, 1)},
    {CASE("row", F64(4), F64(2, 3), F64(3, 4)), SCALED(0.5, -2)},
    {CASE("column", F64(2, 1), F64(2, 3), F64(3, 4)), SCALED(2, 1)},
    {CASE("number", F64_0D, F64(2, 3), F64(3, 4)), SCALED(1, 0.5)},
    {CASE("no input", F64(2, 4), F64(2, 3), F64(3, 4)), SCALED(0, 3)},
    {CASE("inner size 0", F64(4), F64(2, 0), F64(0, 4)), SCALED(1, 1)},
};
static const tad_misuse addmm_misuse[] = {
    {CASE("inner sizes", F64(4), F64(2, 3), F64(4, 3)), SCALED(1, 1), .expect = TAD_BAD_SHAPE},
    {CASE("a vector", F64(4), F64(3), F64(3, 4)), SCALED(1, 1), .expect = TAD_BAD_SHAPE},
    {CASE("input", F64(3), F64(2, 3), F64(3, 4)), SCALED(1, 1), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 4), F64(2, 3), F64(3, 4)), .expect = TAD_BAD_DTYPE},
};

/* ---- the op ---- */

const tad_op tad__ops_addmm[] = {
    {.name = "addmm",
     .doc = "beta input + alpha mat1 mat2: mat1 (n,k), mat2 (k,m), input broadcasts to (n,m)",
     FAMILY("product", 3, 3),
     OPTIONS(addmm_options, addmm_list),
     .shape = addmm_shape,
     .compose = addmm_compose,
     CASES(addmm)},
};
const size_t tad__ops_addmm_count = LENGTH(tad__ops_addmm);

tad_var tad_addmm(tad_var input, tad_var a, tad_var b, double beta, double alpha) {
    return tad_apply(tad__ops_addmm, (tad_var[]){input, a, b}, 3, &(addmm_options){beta, alpha},
                     NULL, 0);
}
