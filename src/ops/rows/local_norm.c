/* local_response_norm: each number by the mean square of its neighbours in other channels. Composed
 * of ops. */
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

typedef struct local_options {
    int64_t size;
    double alpha, beta, k;
} local_options;

enum { MOST_CHANNELS = 4096 };

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static tad_status local_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const local_options *o = c->options;
    const tad_array *x = c->in[0];
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (x->rank < 2) return tad_fail(c, TAD_BAD_SHAPE, "x needs a batch axis and channels");
    if (o->size < 1) return tad_fail(c, TAD_BAD_ARGUMENT, "size %lld", (long long)o->size);
    if (smaller(o->size / 2, x->dim[1]) > MOST_CHANNELS)
        return tad_fail(c, TAD_TOO_LARGE, "of so many channels, size %lld", (long long)o->size);
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    return TAD_OK;
}

static tad_var zeros(const tad_rule *r, tad_shape s, int64_t channels) {
    s.dim[1] = channels;
    return tad_full(r->tape, tad_dtype_of(r->in[0]), s, 0);
}

/* Sums of squares over `size` channels: those of the neighbours before, of itself, of those
 * after. */
static tad_var windows(const tad_rule *r, const tad_shape *s, int64_t size) {
    const int64_t channels = s->dim[1], before = smaller(size / 2, channels),
                  after = smaller((size - 1) / 2, channels);
    tad_var square = tad_square(r->in[0]);
    tad_var all = tad_concat((tad_var[]){zeros(r, *s, before), square, zeros(r, *s, after)}, 3, 1);
    tad_var sum = tad_slice(all, 1, 0, channels, 1);
    for (int64_t i = 1; i <= before + after; i++)
        sum = tad_add(sum, tad_slice(all, 1, i, i + channels, 1));
    return sum;
}

static void local_compose(tad_rule *r) {
    const local_options *o = r->options;
    const tad_shape s = tad_shape_of(r->in[0]);
    tad_var mean = tad_mul(windows(r, &s, o->size), tad_number(o->alpha / (double)o->size));
    tad_var by = tad_pow_scalar(tad_add(mean, tad_number(o->k)), -o->beta);
    r->result[0] = tad_mul(r->in[0], by);
}

/* ---- options, samples, misuse ---- */

static const tad_option local_list[] = {
    {OPTION(INT, local_options, size), .required = true},
    {OPTION(FLOAT, local_options, alpha), .initial = 1e-4},
    {OPTION(FLOAT, local_options, beta), .initial = 0.75},
    {OPTION(FLOAT, local_options, k), .initial = 1},
};

#define AMONG(...)                                                                                 \
    .options = &(const local_options) { __VA_ARGS__ }

static const tad_sample local_samples[] = {
    {CASE("three channels", F64(2, 5, 2)), AMONG(3, 0.5, 0.75, 1)},
    {CASE("four", F64(2, 5)), AMONG(4, 1, 0.5, 2)},
    {CASE("one", F64(2, 3, 2, 2)), AMONG(1, 0.1, 0.75, 1)},
    {CASE("more than there are", F64(1, 3, 2)), AMONG(9, 1, 0.75, 0.5)},
    {CASE("no channels", F64(2, 0, 3)), AMONG(3, 0.5, 0.75, 1)},
    {CASE("no samples", F64(0, 3)), AMONG(3, 0.5, 0.75, 1)},
};
static const tad_misuse local_misuse[] = {
    {CASE("size", F64(2, 3)), AMONG(0, 1, 1, 1), .expect = TAD_BAD_ARGUMENT},
    {CASE("a vector", F64(3)), AMONG(3, 1, 1, 1), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 2, 3)), AMONG(3, 1, 1, 1), .expect = TAD_BAD_DTYPE},
};

/* ---- the op ---- */

const tad_op tad__ops_local_norm[] = {
    {.name = "local_response_norm",
     .doc = "x (k + alpha m)^-beta, m the mean square over `size` channels around each, 0 beyond",
     FAMILY("norm", 1, 1),
     OPTIONS(local_options, local_list),
     .shape = local_shape,
     .compose = local_compose,
     CASES(local)},
};
const size_t tad__ops_local_norm_count = LENGTH(tad__ops_local_norm);

tad_var tad_local_response_norm(tad_var x, int64_t size, double alpha, double beta, double k) {
    return tad__apply_one(tad__ops_local_norm, x, &(local_options){size, alpha, beta, k});
}
