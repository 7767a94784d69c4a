/* fft, ifft, rfft, irfft, fftn, ifftn: composed of dft, with NumPy's lengths and norms. Rests on
 * fourier.h. */
#include <math.h>
#include <stddef.h>

#include "fourier.h"
#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { FFT, IFFT, RFFT, IRFFT, FFTN, IFFTN };

typedef struct fft_options {
    tad_maybe_int n;
    int64_t axis;
    int norm; /* a tad_fft_norm */
} fft_options;

typedef struct fftn_options {
    tad_axes axes;
    int norm;
} fftn_options;

static bool is_inverse(const tad_op *op) {
    const size_t kind = (size_t)(op - tad__ops_fft);
    return kind == IFFT || kind == IRFFT || kind == IFFTN;
}

/* ---- shapes ---- */

static tad_status check_norm(const tad_call_frame *c, int norm) {
    if (norm >= TAD_FFT_BACKWARD && norm <= TAD_FFT_FORWARD) return TAD_OK;
    return tad_fail(c, TAD_BAD_ARGUMENT, "no norm %d", norm);
}

/* The length that is transformed, of an axis of so many numbers. */
static tad_status check_length(const tad_call_frame *c, int64_t dim, int64_t *n) {
    const fft_options *o = c->options;
    *n = o->n.given ? o->n.value : dim;
    if (o->n.given && *n < 1) return tad_fail(c, TAD_BAD_ARGUMENT, "n %lld", (long long)*n);
    if (*n > TAD__LONGEST_TRANSFORM)
        return tad_fail(c, TAD_TOO_LARGE, "%lld numbers", (long long)*n);
    return TAD_OK;
}

static tad_status fft_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const fft_options *o = c->options;
    int axis = 0;
    tad_status s = tad__complex_shape(c, o->axis, &axis);
    if (s == TAD_OK) s = check_norm(c, o->norm);
    if (s != TAD_OK) return s;
    out[0] = (tad_type){(tad_dtype)c->in[0]->dtype, tad__shape_of(c->in[0])};
    return check_length(c, out[0].shape.dim[axis], &out[0].shape.dim[axis]);
}

static tad_status rfft_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const fft_options *o = c->options;
    const tad_array *x = c->in[0];
    int axis = 0;
    int64_t n;
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (x->rank == TAD_MAX_RANK) return tad_fail(c, TAD_BAD_SHAPE, "no room for an axis of pairs");
    if (tad__one_axis(c, o->axis, x->rank, &axis)) return TAD_BAD_AXIS;
    tad_status s = check_norm(c, o->norm);
    if (s == TAD_OK) s = check_length(c, x->dim[axis], &n);
    if (s != TAD_OK) return s;
    out[0] = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    out[0].shape.dim[axis] = n ? n / 2 + 1 : 0;
    out[0].shape.dim[out[0].shape.rank++] = 2;
    return TAD_OK;
}

static tad_status irfft_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const fft_options *o = c->options;
    int axis = 0;
    tad_status s = tad__complex_shape(c, o->axis, &axis);
    if (s == TAD_OK) s = check_norm(c, o->norm);
    if (s != TAD_OK) return s;
    const int64_t m = c->in[0]->dim[axis];
    out[0] = (tad_type){(tad_dtype)c->in[0]->dtype, tad__shape_of(c->in[0])};
    out[0].shape.rank--;
    if (m == 0) return tad_fail(c, TAD_BAD_SHAPE, "there are no numbers");
    if (m == 1 && !o->n.given) return tad_fail(c, TAD_BAD_SHAPE, "one number, and no n");
    return check_length(c, 2 * (m - 1), &out[0].shape.dim[axis]);
}

static tad_status fftn_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const fftn_options *o = c->options;
    const tad_array *x = c->in[0];
    unsigned mask;
    int axis;
    tad_status s = tad__complex_shape(c, 0, &axis);
    if (s == TAD_OK) s = check_norm(c, o->norm);
    if (s == TAD_OK) s = tad__named_axes(c, &o->axes, x->rank - 1, &mask);
    if (s == TAD_OK && mask == 0) return tad_fail(c, TAD_BAD_AXIS, "no axes");
    out[0] = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    return s;
}

/* ---- compositions ---- */

static double scale_of(int norm, bool inverse, int64_t n) {
    if (norm == TAD_FFT_ORTHO) return 1 / sqrt((double)n);
    return (norm == TAD_FFT_FORWARD) == inverse ? 1 : 1 / (double)n;
}

/* x with n numbers along an axis: cut off, by a negative width, or followed by zeros. */
static tad_var with_length(tad_var x, int axis, int64_t n) {
    const tad_shape s = tad_shape_of(x);
    int64_t width[2 * TAD_MAX_RANK] = {0};
    if (s.dim[axis] == n) return x;
    width[2 * axis + 1] = n - s.dim[axis];
    return tad_pad(x, width, 2 * (size_t)s.rank, TAD_PAD_CONSTANT, 0);
}

/* Real numbers as complex ones. */
static tad_var with_zeros(tad_var x) {
    if (tad_is_nil(x)) return x; /* no memory: there is no shape to read */
    const int rank = tad_shape_of(x).rank + 1;
    int64_t width[2 * TAD_MAX_RANK] = {0};
    width[2 * rank - 1] = 1;
    return tad_pad(tad_unsqueeze(x, -1), width, 2 * (size_t)rank, TAD_PAD_CONSTANT, 0);
}

static void fft_compose(tad_rule *r) {
    const fft_options *o = r->options;
    const tad_shape s = tad_shape_of(r->in[0]);
    const int axis = tad__complex_axis(o->axis, s.rank);
    const int64_t n = o->n.given ? o->n.value : s.dim[axis];
    const bool inverse = is_inverse(r->op);
    r->result[0] =
        tad__dft(with_length(r->in[0], axis, n), axis, inverse, scale_of(o->norm, inverse, n));
}

/* The first half. Where n is even its last number is real, whatever rounding leaves. */
static tad_var half_of(tad_var all, int axis, int64_t n) {
    const double real[] = {1, 0};
    if (n % 2) return tad_slice(all, axis, 0, n / 2 + 1, 1);
    tad_var is_real = tad_constant_from(all.tape, TAD_BOOL, TAD_SHAPE(2), real),
            last = tad_slice(all, axis, n / 2, n / 2 + 1, 1);
    last = tad_where(is_real, last, tad_number(0));
    return tad_concat((tad_var[]){tad_slice(all, axis, 0, n / 2, 1), last}, 2, axis);
}

static void rfft_compose(tad_rule *r) {
    const fft_options *o = r->options;
    const tad_shape s = tad_shape_of(r->in[0]);
    const int axis = tad__known_axis(o->axis, s.rank);
    const int64_t n = o->n.given ? o->n.value : s.dim[axis];
    tad_var all = tad__dft(with_zeros(with_length(r->in[0], axis, n)), axis, false,
                           scale_of(o->norm, false, n));
    r->result[0] = n ? half_of(all, axis, n) : all;
}

/* The other half is the conjugate, backwards, of what lies inside the first. */
static tad_var whole_of(tad_var half, int axis, int64_t n) {
    const double signs[] = {1, -1};
    const tad_dtype dtype = tad_dtype_of(half);
    if (n < 3) return half;
    tad_var inside = tad_flip(tad_slice(half, axis, 1, (n + 1) / 2, 1), tad_axis(axis));
    inside = tad_mul(inside, tad_constant_from(half.tape, dtype, TAD_SHAPE(2), signs));
    return tad_concat((tad_var[]){half, inside}, 2, axis);
}

static void irfft_compose(tad_rule *r) {
    const fft_options *o = r->options;
    const tad_shape s = tad_shape_of(r->in[0]);
    const int axis = tad__complex_axis(o->axis, s.rank);
    const int64_t n = o->n.given ? o->n.value : 2 * (s.dim[axis] - 1);
    tad_var half = with_length(r->in[0], axis, n / 2 + 1);
    tad_var all = tad__dft(whole_of(half, axis, n), axis, true, scale_of(o->norm, true, n));
    r->result[0] = tad_squeeze(tad_slice(all, -1, 0, 1, 1), tad_axis(-1));
}

static void fftn_compose(tad_rule *r) {
    const fftn_options *o = r->options;
    const tad_shape s = tad_shape_of(r->in[0]);
    const unsigned mask = tad__known_axes(&o->axes, s.rank - 1);
    const bool inverse = is_inverse(r->op);
    tad_var y = r->in[0];
    for (int i = s.rank - 2; i >= 0; i--)
        if (mask >> i & 1) y = tad__dft(y, i, inverse, scale_of(o->norm, inverse, s.dim[i]));
    r->result[0] = y;
}

/* ---- options, samples, misuse ---- */

#define NORM(type) OPTION(CHOICE, type, norm), .choices = "backward|ortho|forward"

static const tad_option fft_list[] = {
    {OPTION(MAYBE_INT, fft_options, n)},
    {OPTION(INT, fft_options, axis), .initial = -1},
    {NORM(fft_options)},
};
static const tad_option fftn_list[] = {{OPTION(AXES, fftn_options, axes)}, {NORM(fftn_options)}};

#define ALONG(k, norm_)                                                                            \
    .options = &(const fft_options) { .axis = k, .norm = TAD_FFT_##norm_ }
#define LENGTH_ALONG(n_, k, norm_)                                                                 \
    .options = &(const fft_options) { GIVEN(n_), k, TAD_FFT_##norm_ }
#define ACROSS(norm_, ...)                                                                         \
    .options = &(const fftn_options) { AXES(__VA_ARGS__), TAD_FFT_##norm_ }

static const tad_sample fft_samples[] = {
    {CASE("rows", F64(3, 8, 2)), ALONG(-1, BACKWARD)},
    {CASE("columns", F64(6, 3, 2)), ALONG(0, ORTHO)},
    {CASE("cut off", F64(7, 2)), LENGTH_ALONG(5, -1, FORWARD)},
    {CASE("longer", F64(2, 3, 2)), LENGTH_ALONG(7, 1, BACKWARD)},
    {CASE("a prime", F64(7, 2)), ALONG(-1, BACKWARD)},
    {CASE("a large factor", F64(37, 2)), ALONG(-1, ORTHO)},
    {CASE("no rows", F64(0, 4, 2)), ALONG(-1, BACKWARD)},
};
static const tad_sample rfft_samples[] = {
    {CASE("even", F64(3, 8)), ALONG(-1, BACKWARD)},
    {CASE("odd", F64(7)), ALONG(-1, ORTHO)},
    {CASE("columns", F64(6, 3)), ALONG(0, FORWARD)},
    {CASE("cut off", F64(2, 7)), LENGTH_ALONG(4, 1, BACKWARD)},
    {CASE("longer", F64(5)), LENGTH_ALONG(9, 0, BACKWARD)},
    {CASE("one", F64(3, 1)), ALONG(-1, BACKWARD)},
};
static const tad_sample irfft_samples[] = {
    {CASE("even", F64(2, 5, 2)), ALONG(-1, BACKWARD)},
    {CASE("odd", F64(4, 2)), LENGTH_ALONG(7, -1, ORTHO)},
    {CASE("columns", F64(3, 2, 2)), ALONG(0, FORWARD)},
    {CASE("cut off", F64(6, 2)), LENGTH_ALONG(4, -1, BACKWARD)},
    {CASE("longer", F64(2, 2)), LENGTH_ALONG(9, -1, BACKWARD)},
    {CASE("one", F64(3, 1, 2)), LENGTH_ALONG(1, -1, BACKWARD)},
    {CASE("two", F64(2, 2)), LENGTH_ALONG(2, 0, BACKWARD)},
};
static const tad_sample fftn_samples[] = {
    {CASE("all", F64(3, 4, 2))},
    {CASE("some", F64(2, 3, 4, 2)), ACROSS(ORTHO, 0, -1)},
    {CASE("one", F64(5, 2, 2)), ACROSS(FORWARD, 0)},
    {CASE("a vector", F64(6, 2)), ACROSS(BACKWARD, -1)},
    {CASE("nothing", F64(0, 3, 2))},
};

#define COMPLEX_MISUSE                                                                             \
    {CASE("no pairs", F64(8, 3)), ALONG(0, BACKWARD), .expect = TAD_BAD_SHAPE},                    \
        {CASE("no such axis", F64(8, 2)), ALONG(1, BACKWARD), .expect = TAD_BAD_AXIS},             \
        {CASE("n", F64(8, 2)), LENGTH_ALONG(0, 0, BACKWARD), .expect = TAD_BAD_ARGUMENT},          \
        {CASE("too long", F64(8, 2)), LENGTH_ALONG(INT64_MAX, 0, BACKWARD),                        \
         .expect = TAD_TOO_LARGE},                                                                 \
    {                                                                                              \
        CASE("integers", INDICES(3, 8, 2)), ALONG(0, BACKWARD), .expect = TAD_BAD_DTYPE            \
    }

static const tad_misuse fft_misuse[] = {COMPLEX_MISUSE};
static const tad_misuse irfft_misuse[] = {
    COMPLEX_MISUSE,
    {CASE("nothing", F64(0, 2)), ALONG(0, BACKWARD), .expect = TAD_BAD_SHAPE},
    {CASE("one number, no n", F64(1, 2)), ALONG(0, BACKWARD), .expect = TAD_BAD_SHAPE},
};
static const tad_misuse rfft_misuse[] = {
    {CASE("no such axis", F64(8)), ALONG(1, BACKWARD), .expect = TAD_BAD_AXIS},
    {CASE("a number", F64_0D), ALONG(0, BACKWARD), .expect = TAD_BAD_AXIS},
    {CASE("n", F64(8)), LENGTH_ALONG(-1, 0, BACKWARD), .expect = TAD_BAD_ARGUMENT},
    {CASE("integers", INDICES(3, 8)), ALONG(0, BACKWARD), .expect = TAD_BAD_DTYPE},
    {CASE("no room", F64(1, 1, 1, 1, 1, 1, 1, 2)), ALONG(7, BACKWARD), .expect = TAD_BAD_SHAPE},
};
static const tad_misuse fftn_misuse[] = {
    {CASE("no pairs", F64(8, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(8, 2)), ACROSS(BACKWARD, 1), .expect = TAD_BAD_AXIS},
    {CASE("twice", F64(8, 2)), ACROSS(BACKWARD, 0, -1), .expect = TAD_BAD_AXIS},
    {CASE("integers", INDICES(3, 8, 2)), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

#define FOURIER(kind, options_)                                                                    \
    FAMILY("fourier", 1, 1), OPTIONS(options_##_options, options_##_list),                         \
        .shape = kind##_shape, .compose = kind##_compose, CASES(kind)

const tad_op tad__ops_fft[] = {
    [FFT] = {.name = "fft",
             .doc = "the transform of complex numbers (...,n,2) along an axis, cut off or padded "
                    "to n; norm: backward, ortho (1 / sqrt(n)), forward (1 / n)",
             FOURIER(fft, fft)},
    [IFFT] = {.name = "ifft",
              .doc = "the inverse of fft: 1 / n with norm backward",
              FOURIER(fft, fft)},
    [RFFT] = {.name = "rfft",
              .doc = "the first n / 2 + 1 numbers, complex, of the transform of real ones",
              FOURIER(rfft, fft)},
    [IRFFT] = {.name = "irfft",
               .doc = "the inverse of rfft: n real numbers (by default an even n) of n / 2 + 1 "
                      "complex ones",
               FOURIER(irfft, fft)},
    [FFTN] = {.name = "fftn", .doc = "fft along some axes, by default all", FOURIER(fftn, fftn)},
    [IFFTN] = {.name = "ifftn", .doc = "ifft along some axes, by default all", FOURIER(fftn, fftn)},
};
const size_t tad__ops_fft_count = LENGTH(tad__ops_fft);

static tad_var along(int op, tad_var x, tad_maybe_int n, int axis, tad_fft_norm norm) {
    return tad__apply_one(&tad__ops_fft[op], x, &(fft_options){n, axis, (int)norm});
}

tad_var tad_fft(tad_var x, int axis, tad_fft_norm norm) {
    return along(FFT, x, (tad_maybe_int){false, 0}, axis, norm);
}

tad_var tad_ifft(tad_var x, int axis, tad_fft_norm norm) {
    return along(IFFT, x, (tad_maybe_int){false, 0}, axis, norm);
}

tad_var tad_rfft(tad_var x, int axis, tad_fft_norm norm) {
    return along(RFFT, x, (tad_maybe_int){false, 0}, axis, norm);
}

tad_var tad_irfft(tad_var x, int64_t n, int axis, tad_fft_norm norm) {
    return along(IRFFT, x, (tad_maybe_int){n != 0, n}, axis, norm);
}

tad_var tad_fftn(tad_var x, tad_axes axes, tad_fft_norm norm) {
    return tad__apply_one(&tad__ops_fft[FFTN], x, &(fftn_options){axes, (int)norm});
}

tad_var tad_ifftn(tad_var x, tad_axes axes, tad_fft_norm norm) {
    return tad__apply_one(&tad__ops_fft[IFFTN], x, &(fftn_options){axes, (int)norm});
}
