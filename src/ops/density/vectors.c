/* Logarithms of densities of vectors along the last axis, and of probabilities of classes. Composed
 * of ops. Rests on tape.h. */
#include <stddef.h>

#include "array/loop.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { MULTIVARIATE_NORMAL, DIRICHLET, CATEGORICAL };

static tad_status no_vectors(const tad_call_frame *c, const char *why) {
    return tad_fail(c, TAD_BAD_SHAPE, "%s", why);
}

/* The axes before the last, with those of another operand. */
static bool join_batch(tad_shape *batch, const tad_array *x, int inner) {
    tad_shape s = tad__shape_of(x);
    s.rank -= inner;
    return tad__shape_broadcast(batch, &s, batch);
}

static tad_status multivariate_normal_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[0], *mean = c->in[1], *factor = c->in[2];
    tad_shape batch = {0, {0}};
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (x->rank < 1 || mean->rank < 1 || factor->rank < 2)
        return no_vectors(c, "needs vectors, and matrices");
    const int64_t n = factor->dim[factor->rank - 1];
    if (x->dim[x->rank - 1] != n || mean->dim[mean->rank - 1] != n ||
        factor->dim[factor->rank - 2] != n)
        return no_vectors(c, "vectors and square matrices differ in size");
    if (!join_batch(&batch, x, 1) || !join_batch(&batch, mean, 1) || !join_batch(&batch, factor, 2))
        return no_vectors(c, "do not broadcast together");
    if (batch.rank + 2 > TAD_MAX_RANK) return no_vectors(c, "too many axes for columns of vectors");
    *out = (tad_type){(tad_dtype)x->dtype, batch};
    return TAD_OK;
}

/* With the covariance L L^T: -|L^-1 (x - mean)|^2 / 2 - the sum of log L_ii - n/2 log(2 pi). */
static void multivariate_normal_compose(tad_rule *r) {
    const double half_log_2_pi = 0.91893853320467274178;
    const tad_shape shape = tad_shape_of(r->in[2]);
    tad_var column = tad_unsqueeze(tad_sub(r->in[0], r->in[1]), -1);
    tad_var z = tad_squeeze(tad_solve_triangular(r->in[2], column, NULL), tad_axis(-1));
    tad_var squares = tad_sum(tad_square(z), tad_axis(-1));
    tad_var sizes = tad_sum(tad_log(tad_diagonal(r->in[2], 0, -2, -1)), tad_axis(-1));
    tad_var y = tad_sub(tad_mul(squares, tad_number(-0.5)), sizes);
    r->result[0] = tad_sub(y, tad_number((double)shape.dim[shape.rank - 1] * half_log_2_pi));
}

static tad_status dirichlet_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[0], *a = c->in[1];
    tad_shape batch = {0, {0}};
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (x->rank < 1 || a->rank < 1 || x->dim[x->rank - 1] != a->dim[a->rank - 1])
        return no_vectors(c, "needs vectors of one size");
    if (!join_batch(&batch, x, 1) || !join_batch(&batch, a, 1))
        return no_vectors(c, "do not broadcast together");
    *out = (tad_type){(tad_dtype)x->dtype, batch};
    return TAD_OK;
}

static void dirichlet_compose(tad_rule *r) {
    tad_var a = r->in[1], powers = tad_xlogy(tad_sub(a, tad_number(1)), r->in[0]);
    tad_var fixed =
        tad_sub(tad_lgamma(tad_sum(a, tad_axis(-1))), tad_sum(tad_lgamma(a), tad_axis(-1)));
    r->result[0] = tad_add(tad_sum(powers, tad_axis(-1)), fixed);
}

/* All labels are classes: it is this op that names them in a message. */
static tad_status check_labels(const tad_call_frame *c, const tad_array *labels, int64_t classes) {
    const tad_shape shape = tad__shape_of(labels);
    tad__loop l;
    tad__loop_init(&l, &shape, &labels, 1);
    for (bool more = tad__loop_first(&l); more; more = tad__loop_next(&l))
        for (int64_t i = 0; i < l.length; i++) {
            const int64_t at = *(const int64_t *)(const void *)(l.run[0] + i * l.step[0]);
            if (at < 0 || at >= classes)
                return tad_fail(c, TAD_BAD_INDEX, "label %lld is not within 0 to %lld",
                                (long long)at, (long long)classes - 1);
        }
    return TAD_OK;
}

static tad_status categorical_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *labels = c->in[0], *logits = c->in[1];
    tad_shape batch = {0, {0}};
    if (labels->dtype != TAD_I64) return tad_fail(c, TAD_BAD_DTYPE, "labels must be int64");
    if (tad__needs_float(c, 1)) return TAD_BAD_DTYPE;
    if (logits->rank < 1 || labels->rank != logits->rank - 1 || !join_batch(&batch, labels, 0) ||
        !join_batch(&batch, logits, 1))
        return no_vectors(c, "needs a label for each vector of logits");
    *out = (tad_type){(tad_dtype)logits->dtype, batch};
    return check_labels(c, labels, logits->dim[logits->rank - 1]);
}

static void categorical_compose(tad_rule *r) {
    tad_var all = tad_log_softmax(r->in[1], -1), index = tad_unsqueeze(r->in[0], -1);
    r->result[0] = tad_squeeze(tad_take_along_axis(all, index, tad_axis(-1)), tad_axis(-1));
}

/* ---- samples, misuse ---- */

#define CONCENTRATIONS(...) WITHIN(0.5, 3, __VA_ARGS__)

static const tad_sample multivariate_normal_samples[] = {
    {CASE("vector", F64(3), F64(3), DOMINANT(3, 3))},
    {CASE("batch", F64(4, 2), F64(2), DOMINANT(2, 2))},
    {CASE("batch of factors", F64(2, 3), F64(2, 3), DOMINANT(2, 3, 3))},
    {CASE("one number", F64(3, 1), F64(1), DOMINANT(1, 1))},
    {CASE("no vectors", F64(0, 2), F64(2), DOMINANT(2, 2))},
    {CASE("as many axes as there may be", F64(1, 1, 2, 1, 1, 1, 2), F64(2), DOMINANT(2, 2))},
};
static const tad_misuse multivariate_normal_misuse[] = {
    {CASE("sizes", F64(3), F64(3), DOMINANT(2, 2)), .expect = TAD_BAD_SHAPE},
    {CASE("no matrix", F64(3), F64(3), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("batches", F64(2, 3), F64(4, 3), DOMINANT(3, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3), F64(3), DOMINANT(3, 3)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample dirichlet_samples[] = {
    {CASE("vector", SIMPLEX(3), CONCENTRATIONS(3))},
    {CASE("batch", SIMPLEX(4, 3), CONCENTRATIONS(3))},
    {CASE("batch of both", SIMPLEX(2, 4), CONCENTRATIONS(2, 4))},
    {CASE("pair", SIMPLEX(3, 2), CONCENTRATIONS(1, 2))},
    {CASE("no vectors", SIMPLEX(0, 3), CONCENTRATIONS(3))},
};
static const tad_misuse dirichlet_misuse[] = {
    {CASE("sizes", SIMPLEX(3), CONCENTRATIONS(4)), .expect = TAD_BAD_SHAPE},
    {CASE("0-d", F64_0D, F64_0D), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3), CONCENTRATIONS(3)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample categorical_samples[] = {
    {CASE("vector", INDEX_0D(3), F64(3))},
    {CASE("batch", INDICES(3, 4), F64(4, 3))},
    {CASE("more axes", INDICES(2, 2, 3), F64(2, 3, 2))},
    {CASE("one class", INDICES(1, 3), F64(3, 1))},
    {CASE("no vectors", INDICES(1, 0), F64(0, 3))},
};
static const tad_misuse categorical_misuse[] = {
    {CASE("float labels", F64(3), F64(3, 2)), .expect = TAD_BAD_DTYPE},
    {CASE("label axes", INDICES(2, 3), F64(2)), .expect = TAD_BAD_SHAPE},
    {CASE("no such class", INDICES(2, 3), F64(3, 0)), .expect = TAD_BAD_INDEX},
    {CASE("integer logits", INDICES(2, 3), INDICES(2, 3, 2)), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

#define VECTORS(op, operands)                                                                      \
    FAMILY("densities", operands, operands), .shape = op##_shape, .compose = op##_compose, CASES(op)

const tad_op tad__ops_vectors[] = {
    [MULTIVARIATE_NORMAL] = {.name = "multivariate_normal_log_density",
                             .doc = "log density of normal vectors a with mean b and covariance "
                                    "c c^T, c lower triangular",
                             .flags = TAD_OP_REFUSES,
                             VECTORS(multivariate_normal, 3)},
    [DIRICHLET] = {.name = "dirichlet_log_density",
                   .doc = "log density of Dirichlet's distribution of shares a: concentrations b",
                   VECTORS(dirichlet, 2)},
    [CATEGORICAL] = {.name = "categorical_log_density",
                     .doc = "log probability of class a, int64, by logits b",
                     .constant_in = 1,
                     VECTORS(categorical, 2)},
};
const size_t tad__ops_vectors_count = LENGTH(tad__ops_vectors);

tad_var tad_multivariate_normal_log_density(tad_var x, tad_var mean, tad_var factor) {
    return tad_apply(&tad__ops_vectors[MULTIVARIATE_NORMAL], (tad_var[]){x, mean, factor}, 3, NULL,
                     NULL, 0);
}
tad_var tad_dirichlet_log_density(tad_var shares, tad_var concentrations) {
    return tad_apply(&tad__ops_vectors[DIRICHLET], (tad_var[]){shares, concentrations}, 2, NULL,
                     NULL, 0);
}
tad_var tad_categorical_log_density(tad_var label, tad_var logits) {
    return tad_apply(&tad__ops_vectors[CATEGORICAL], (tad_var[]){label, logits}, 2, NULL, NULL, 0);
}
