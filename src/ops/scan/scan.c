/* Running sums, products, extremes and sums of exponentials along an axis, and the recurrence that
 * their derivatives are made of. Rests on scan.h. */
#include <math.h>
#include <stddef.h>

#include "kernel/plain/scan.h"
#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/place/indexed.h"
#include "ops/place/view.h"
#include "ops/samples.h"
#include "scan.h"

enum { CUMSUM, CUMPROD, LOGCUMSUMEXP, CUMMAX, CUMMIN, RECURRENCE };

/* ---- shapes ---- */

/* All operands are of one shape, and so are the results; a second one is of places. */
static tad_status scan_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__scan_options *o = c->options;
    const tad_shape x = tad__shape_of(c->in[0]);
    int axis;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    for (size_t i = 1; i < c->n_in; i++) {
        const tad_shape other = tad__shape_of(c->in[i]);
        if (!tad__shape_equal(&x, &other)) return tad_fail(c, TAD_BAD_SHAPE, "shapes differ");
    }
    if (tad__one_axis(c, o->axis, x.rank, &axis)) return TAD_BAD_AXIS;
    out[0] = (tad_type){(tad_dtype)c->in[0]->dtype, x};
    if (c->n_out > 1) out[1] = (tad_type){TAD_I64, x};
    return TAD_OK;
}

/* ---- values ---- */

#define ROWS(name, T, call)                                                                        \
    for (size_t i = 0; i < r->rows; i++) {                                                         \
        const ptrdiff_t at = (ptrdiff_t)i * r->n;                                                  \
        const T *x = (const T *)r->in[0] + at;                                                     \
        T *y = (T *)r->out + at;                                                                   \
        call;                                                                                      \
    }
#define ONE(name, T, suffix)                                                                       \
    static void name##_rows_##suffix(const tad__scan_rows *r) {                                    \
        ROWS(name, T, tad__##name##_##suffix(r->n, x, r->step, y, r->step))                        \
    }
#define WITH_PLACES(name, T, suffix)                                                               \
    static void name##_rows_##suffix(const tad__scan_rows *r) {                                    \
        ROWS(name, T,                                                                              \
             tad__##name##_##suffix(r->n, x, r->step, y, r->step, r->place + at, r->step))         \
    }
#define OF_TWO(name, T, suffix)                                                                    \
    static void name##_rows_##suffix(const tad__scan_rows *r) {                                    \
        ROWS(name, T,                                                                              \
             tad__##name##_##suffix(r->n, x, r->step, (const T *)r->in[1] + at, r->step, y,        \
                                    r->step))                                                      \
    }
/* Each addition waits for the one before it: four rows at a time do not wait. */
#define BY_FOUR(name, T, suffix)                                                                   \
    static void name##_rows_##suffix(const tad__scan_rows *all) {                                  \
        tad__scan_rows rest = *all, *r = &rest;                                                    \
        const ptrdiff_t n = r->n;                                                                  \
        for (; r->rows >= 4; r->rows -= 4) {                                                       \
            const T *x = r->in[0];                                                                 \
            T *y = r->out;                                                                         \
            double a = 0, b = 0, c = 0, d = 0;                                                     \
            for (ptrdiff_t i = 0; i < n; i++, x += r->step, y += r->step) {                        \
                y[0] = (T)(a += x[0]);                                                             \
                y[n] = (T)(b += x[n]);                                                             \
                y[2 * n] = (T)(c += x[2 * n]);                                                     \
                y[3 * n] = (T)(d += x[3 * n]);                                                     \
            }                                                                                      \
            r->in[0] = (const T *)r->in[0] + 4 * n;                                                \
            r->out = (T *)r->out + 4 * n;                                                          \
        }                                                                                          \
        ROWS(name, T, tad__##name##_##suffix(n, x, r->step, y, r->step))                           \
    }
#define SCAN(kind, name)                                                                           \
    kind(name, double, f64)                                                                        \
        kind(name, float, f32) static tad_status name##_forward(const tad_call_frame *c) {         \
        static tad__scan_fn *const function[] = {name##_rows_f64, name##_rows_f32};                \
        return tad__scan_forward(c, function);                                                     \
    }                                                                                              \
    static void name##_c_text(const tad_call_frame *c, tad_c *to) {                                \
        tad__scan_c_text(c, to, #name);                                                            \
    }

SCAN(BY_FOUR, cumsum)
SCAN(ONE, cumprod)
SCAN(ONE, logcumsumexp)
SCAN(WITH_PLACES, cummax)
SCAN(WITH_PLACES, cummin)
SCAN(OF_TWO, recurrence)

/* ---- other variables ---- */

static tad_var apply(int op, tad_var x, int64_t axis, bool reverse, tad_var *places) {
    tad_var out[2];
    tad_apply(&tad__ops_scan[op], &x, 1, &(tad__scan_options){axis, reverse}, out, 2);
    if (places) *places = out[1];
    return out[0];
}

tad_var tad__cumsum(tad_var x, int64_t axis, bool reverse) {
    return apply(CUMSUM, x, axis, reverse, NULL);
}

tad_var tad__cumprod(tad_var x, int64_t axis, bool reverse) {
    return apply(CUMPROD, x, axis, reverse, NULL);
}

tad_var tad__recurrence(tad_var a, tad_var b, int64_t axis, bool reverse) {
    return tad_apply(&tad__ops_scan[RECURRENCE], (tad_var[]){a, b}, 2,
                     &(tad__scan_options){axis, reverse}, NULL, 0);
}

tad_var tad__shifted(tad_var x, int64_t axis, bool reverse, double first) {
    const tad_shape shape = tad_shape_of(x);
    const int at = tad__known_axis(axis, shape.rank);
    const int64_t n = shape.dim[at];
    tad_slices kept = {.count = at + 1}, place = kept;
    kept.range[at] = (tad_range){{true, reverse}, {true, n - !reverse}, {false, 0}};
    place.range[at] = (tad_range){{true, !reverse}, {true, n - reverse}, {false, 0}};
    return tad__slice_fill(tad__slice_all(x, &kept), &place, shape, first);
}

/* ---- rules ---- */

static const tad__scan_options *of(const tad_rule *r) { return r->options; }

static void cumsum_vjp(tad_rule *r) {
    r->result[0] = tad__cumsum(r->given[0], of(r)->axis, !of(r)->reverse);
}

/* A change of a result changes those behind it, by the factors in between; t gathers, from behind,
 * what that does to the cotangents. */
static tad_var gathered(const tad_rule *r, tad_var factors) {
    const tad__scan_options *o = of(r);
    return tad__recurrence(tad__shifted(factors, o->axis, !o->reverse, 0), r->given[0], o->axis,
                           !o->reverse);
}

/* The product of all before each element, without division. */
static tad_var before(const tad_rule *r) {
    return tad__shifted(r->out[0], of(r)->axis, of(r)->reverse, 1);
}

static void cumprod_vjp(tad_rule *r) { r->result[0] = tad_mul(before(r), gathered(r, r->in[0])); }

static void cumprod_jvp(tad_rule *r) {
    r->result[0] =
        tad__recurrence(r->in[0], tad_mul(r->given[0], before(r)), of(r)->axis, of(r)->reverse);
}

/* Of e^y, the sum so far: the share of x, and of the sum before it. Where all is -inf so far both
 * are 0. */
static void shares(const tad_rule *r, tad_var *own, tad_var *past) {
    tad_var y = r->out[0], last = tad__shifted(y, of(r)->axis, of(r)->reverse, -INFINITY);
    y = tad_where(tad_equal(y, tad_number(-INFINITY)), tad_number(0), y);
    *own = tad_exp(tad_sub(r->in[0], y));
    *past = tad_exp(tad_sub(last, y));
}

static void logcumsumexp_vjp(tad_rule *r) {
    tad_var own, past;
    shares(r, &own, &past);
    r->result[0] = tad_mul(own, gathered(r, past));
}

static void logcumsumexp_jvp(tad_rule *r) {
    tad_var own, past;
    shares(r, &own, &past);
    r->result[0] = tad__recurrence(past, tad_mul(own, r->given[0]), of(r)->axis, of(r)->reverse);
}

static void extreme_vjp(tad_rule *r) { tad__picked_vjp(r, of(r)->axis); }
static void extreme_jvp(tad_rule *r) { tad__picked_jvp(r, of(r)->axis); }

static void recurrence_vjp(tad_rule *r) {
    const tad__scan_options *o = of(r);
    tad_var t = gathered(r, r->in[0]);
    if (r->wanted[0]) r->result[0] = tad_mul(t, tad__shifted(r->out[0], o->axis, o->reverse, 0));
    if (r->wanted[1]) r->result[1] = t;
}

static void recurrence_jvp(tad_rule *r) {
    const tad__scan_options *o = of(r);
    tad_var sum = r->given[1];
    if (!tad_is_nil(r->given[0]))
        sum = tad__plus(sum, tad_mul(r->given[0], tad__shifted(r->out[0], o->axis, o->reverse, 0)));
    r->result[0] = tad__recurrence(r->in[0], sum, o->axis, o->reverse);
}

/* ---- options, samples, misuse ---- */

static const tad_option scan_list[] = {
    {OPTION(INT, tad__scan_options, axis), .required = true},
    {OPTION(BOOL, tad__scan_options, reverse)},
};

#define ALONG(...)                                                                                 \
    .options = &(const tad__scan_options) { .axis = __VA_ARGS__ }

static const tad_sample scan_samples[] = {
    {CASE("rows", F64(3, 5)), ALONG(1)},
    {CASE("columns", F64(7, 3)), ALONG(0)},
    {CASE("middle, backwards", F64(2, 3, 5)), ALONG(-2, .reverse = true)},
    {CASE("vector, backwards", F64(4)), ALONG(0, .reverse = true)},
    {CASE("size 1", F64(3, 1)), ALONG(-1)},
    {CASE("nothing", F64(3, 0)), ALONG(1)},
};
static const tad_misuse scan_misuse[] = {
    {CASE("no such axis", F64(3, 4)), ALONG(2), .expect = TAD_BAD_AXIS},
    {CASE("0-d", F64_0D), ALONG(0), .expect = TAD_BAD_AXIS},
    {CASE("integers", INDICES(3, 4)), ALONG(0), .expect = TAD_BAD_DTYPE},
};
static const tad_sample extreme_samples[] = {
    {CASE("rows", DISTINCT(3, 5)), ALONG(1)},
    {CASE("columns", DISTINCT(7, 3)), ALONG(0)},
    {CASE("middle, backwards", DISTINCT(2, 3, 5)), ALONG(-2, .reverse = true)},
    {CASE("vector, backwards", DISTINCT(4)), ALONG(0, .reverse = true)},
    {CASE("size 1", F64(3, 1)), ALONG(-1)},
    {CASE("nothing", F64(3, 0)), ALONG(1)},
};
static const tad_sample recurrence_samples[] = {
    {CASE("rows", F64(3, 5), F64(3, 5)), ALONG(1)},
    {CASE("columns", F64(7, 3), F64(7, 3)), ALONG(0)},
    {CASE("middle, backwards", F64(2, 3, 5), F64(2, 3, 5)), ALONG(-2, .reverse = true)},
    {CASE("vector, backwards", F64(4), F64(4)), ALONG(0, .reverse = true)},
    {CASE("size 1", F64(3, 1), F64(3, 1)), ALONG(-1)},
    {CASE("nothing", F64(3, 0), F64(3, 0)), ALONG(1)},
};
static const tad_misuse recurrence_misuse[] = {
    {CASE("no such axis", F64(3, 4), F64(3, 4)), ALONG(2), .expect = TAD_BAD_AXIS},
    {CASE("other shape", F64(3, 4), F64(4)), ALONG(0), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 4), INDICES(3, 4)), ALONG(0), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

#define SCANS(op, least, outputs)                                                                  \
    .family = "scan", .min_in = least, .max_in = least, .n_out = outputs,                          \
    OPTIONS(tad__scan_options, scan_list), .shape = scan_shape, .forward = op##_forward,           \
    .c_text = op##_c_text

const tad_op tad__ops_scan[] = {
    [CUMSUM] = {.name = "cumsum",
                .doc = "running sums along an axis, kept in float64",
                SCANS(cumsum, 1, 1),
                .flags = TAD_OP_LINEAR,
                .vjp = cumsum_vjp,
                CASES(scan)},
    [CUMPROD] = {.name = "cumprod",
                 .doc = "running products along an axis, kept in float64; derivatives are right "
                        "with zeros",
                 SCANS(cumprod, 1, 1),
                 .vjp = cumprod_vjp,
                 .jvp = cumprod_jvp,
                 CASES(scan)},
    [LOGCUMSUMEXP] = {.name = "logcumsumexp",
                      .doc = "log of the running sums of e^x, without overflow",
                      SCANS(logcumsumexp, 1, 1),
                      .vjp = logcumsumexp_vjp,
                      .jvp = logcumsumexp_jvp,
                      CASES(scan)},
    [CUMMAX] = {.name = "cummax",
                .doc = "largest so far along an axis and its place: the last of equals, or of NaNs",
                SCANS(cummax, 1, 2),
                .vjp = extreme_vjp,
                .jvp = extreme_jvp,
                SAMPLES(extreme_samples),
                MISUSE(scan_misuse)},
    [CUMMIN] = {.name = "cummin",
                .doc = "smallest so far along an axis and its place: the last of equals, or of "
                       "NaNs",
                SCANS(cummin, 1, 2),
                .vjp = extreme_vjp,
                .jvp = extreme_jvp,
                SAMPLES(extreme_samples),
                MISUSE(scan_misuse)},
    [RECURRENCE] = {.name = "recurrence",
                    .doc = "y[i] = b[i] + a[i] y[i - 1] along an axis: what derivatives of "
                           "running products are",
                    SCANS(recurrence, 2, 1),
                    .flags = TAD_OP_INTERNAL,
                    .vjp = recurrence_vjp,
                    .jvp = recurrence_jvp,
                    CASES(recurrence)},
};
const size_t tad__ops_scan_count = LENGTH(tad__ops_scan);

tad_var tad_cumsum(tad_var x, int axis) { return tad__cumsum(x, axis, false); }
tad_var tad_cumprod(tad_var x, int axis) { return tad__cumprod(x, axis, false); }
tad_var tad_logcumsumexp(tad_var x, int axis) { return apply(LOGCUMSUMEXP, x, axis, false, NULL); }
tad_var tad_cummax(tad_var x, int axis, tad_var *indices) {
    return apply(CUMMAX, x, axis, false, indices);
}
tad_var tad_cummin(tad_var x, int axis, tad_var *indices) {
    return apply(CUMMIN, x, axis, false, indices);
}
