/* fft_convolve: the product of two transforms, transformed back. Composed of ops. Rests on
 * fourier.h. */
#include <stddef.h>

#include "fourier.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

typedef struct convolve_options {
    int mode; /* a tad_convolve_mode */
} convolve_options;

/* ---- shape ---- */

/* What a mode keeps of the whole: where that begins, how many numbers. */
static int64_t kept(int mode, int64_t n, int64_t m, int64_t *from) {
    const int64_t less = n < m ? n : m, more = n < m ? m : n;
    *from = mode == TAD_CONVOLVE_SAME ? (m - 1) / 2 : mode == TAD_CONVOLVE_VALID ? less - 1 : 0;
    return mode == TAD_CONVOLVE_SAME ? n : mode == TAD_CONVOLVE_VALID ? more - less + 1 : n + m - 1;
}

static tad_status convolve_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const int mode = ((const convolve_options *)c->options)->mode;
    tad_shape a = tad__shape_of(c->in[0]), b = tad__shape_of(c->in[1]);
    int64_t from;
    if (mode < TAD_CONVOLVE_FULL || mode > TAD_CONVOLVE_VALID)
        return tad_fail(c, TAD_BAD_ARGUMENT, "no mode %d", mode);
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (a.rank < 1 || b.rank < 1) return tad_fail(c, TAD_BAD_SHAPE, "needs an axis");
    if (a.rank == TAD_MAX_RANK || b.rank == TAD_MAX_RANK)
        return tad_fail(c, TAD_BAD_SHAPE, "no room for an axis of pairs");
    const int64_t n = a.dim[--a.rank], m = b.dim[--b.rank];
    if (n == 0 || m == 0) return tad_fail(c, TAD_BAD_SHAPE, "there are no numbers");
    if (n > TAD__LONGEST_TRANSFORM / 2 || m > TAD__LONGEST_TRANSFORM / 2)
        return tad_fail(c, TAD_TOO_LARGE, "%lld and %lld numbers", (long long)n, (long long)m);
    out->dtype = (tad_dtype)c->in[0]->dtype;
    if (!tad__shape_broadcast(&a, &b, &out->shape))
        return tad_fail(c, TAD_BAD_SHAPE, "the leading axes do not broadcast together");
    out->shape.dim[out->shape.rank++] = kept(mode, n, m, &from);
    return TAD_OK;
}

/* ---- composition ---- */

/* The first number from n on that 2, 3 and 5 make: its transform is quick. */
static int64_t quick_length(int64_t n) {
    for (;; n++) {
        int64_t rest = n;
        while (rest % 2 == 0) rest /= 2;
        while (rest % 3 == 0) rest /= 3;
        while (rest % 5 == 0) rest /= 5;
        if (rest == 1) return n;
    }
}

static tad_var transformed(tad_var x, int64_t n) {
    const tad_shape s = tad_shape_of(x);
    int64_t width[2 * TAD_MAX_RANK] = {0};
    width[2 * s.rank - 1] = n - s.dim[s.rank - 1];
    return tad_rfft(tad_pad(x, width, 2 * (size_t)s.rank, TAD_PAD_CONSTANT, 0), -1,
                    TAD_FFT_BACKWARD);
}

/* Of complex numbers: a times the real part of b, and i a times the imaginary part. */
static tad_var product(tad_var a, tad_var b) {
    const double signs[] = {-1, 1};
    tad_var i = tad_constant_from(a.tape, tad_dtype_of(a), TAD_SHAPE(2), signs),
            turned = tad_mul(tad_flip(a, tad_axis(-1)), i);
    return tad_fma(turned, tad_slice(b, -1, 1, 2, 1), tad_mul(a, tad_slice(b, -1, 0, 1, 1)));
}

static void convolve_compose(tad_rule *r) {
    const int mode = ((const convolve_options *)r->options)->mode;
    const tad_shape a = tad_shape_of(r->in[0]), b = tad_shape_of(r->in[1]);
    const int64_t n = a.dim[a.rank - 1], m = b.dim[b.rank - 1], whole = quick_length(n + m - 1);
    int64_t from;
    const int64_t count = kept(mode, n, m, &from);
    tad_var y = product(transformed(r->in[0], whole), transformed(r->in[1], whole));
    y = tad_irfft(y, whole, -1, TAD_FFT_BACKWARD);
    r->result[0] = tad_slice(y, -1, from, from + count, 1);
}

/* ---- options, samples, misuse ---- */

static const tad_option convolve_list[] = {
    {OPTION(CHOICE, convolve_options, mode), .choices = "full|same|valid"},
};

#define MODE(m)                                                                                    \
    .options = &(const convolve_options) { TAD_CONVOLVE_##m }

static const tad_sample convolve_samples[] = {
    {CASE("full", F64(5), F64(3)), MODE(FULL)},
    {CASE("same", F64(2, 6), F64(2, 4)), MODE(SAME)},
    {CASE("same, the first shorter", F64(3), F64(5)), MODE(SAME)},
    {CASE("valid", F64(7), F64(3)), MODE(VALID)},
    {CASE("valid, the first shorter", F64(2, 2), F64(6)), MODE(VALID)},
    {CASE("broadcast", F64(2, 1, 4), F64(3, 2)), MODE(FULL)},
    {CASE("ones", F64(1), F64(1)), MODE(FULL)},
    {CASE("no rows", F64(0, 3), F64(2)), MODE(FULL)},
};
static const tad_misuse convolve_misuse[] = {
    {CASE("nothing", F64(0), F64(2)), MODE(FULL), .expect = TAD_BAD_SHAPE},
    {CASE("a number", F64_0D, F64(2)), MODE(FULL), .expect = TAD_BAD_SHAPE},
    {CASE("leading axes", F64(2, 3), F64(3, 3)), MODE(FULL), .expect = TAD_BAD_SHAPE},
    {CASE("integers", F64(3), INDICES(2, 3)), MODE(FULL), .expect = TAD_BAD_DTYPE},
    {CASE("no such mode", F64(3), F64(3)), .options = &(const convolve_options){3},
     .expect = TAD_BAD_ARGUMENT},
};

/* ---- the op ---- */

const tad_op tad__ops_convolve[] = {
    {.name = "fft_convolve",
     .doc = "y_j = sum of a_k b_(j-k) along the last axes, by transforms; leading axes broadcast. "
            "full: all n + m - 1; same: the n in the middle; valid: those that no end cuts",
     FAMILY("fourier", 2, 2),
     OPTIONS(convolve_options, convolve_list),
     .shape = convolve_shape,
     .compose = convolve_compose,
     CASES(convolve)},
};
const size_t tad__ops_convolve_count = LENGTH(tad__ops_convolve);

tad_var tad_fft_convolve(tad_var a, tad_var b, tad_convolve_mode mode) {
    return tad_apply(tad__ops_convolve, (tad_var[]){a, b}, 2, &(convolve_options){(int)mode}, NULL,
                     0);
}
