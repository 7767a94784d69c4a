/* interp, cubic_spline: composed of ops, but for the search of intervals and the tridiagonal system
 * of a spline's second derivatives. Rests on tape.h. */
#include <stddef.h>

#include "array/c_text.h"
#include "array/view.h"
#include "kernel/plain/search.h"
#include "ops/families.h"
#include "ops/linalg/linalg.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { INTERVAL, INTERP, SPLINE };

/* Whose search it is: a program that finds places wrong says so. */
typedef struct interval_options {
    int of; /* INTERP - 1 or SPLINE - 1, as its choices are counted */
} interval_options;

typedef struct interpolation {
    bool extrapolate;
} interpolation;

typedef struct spline {
    int ends;
    bool extrapolate;
} spline;

/* ---- interval: where x lies among places ---- */

static tad_status check_places(const tad_call_frame *c, const tad_array *places) {
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (places->rank == 1 && places->dim[0] >= 2) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "needs a vector of two places at least");
}

static bool ascend(const tad_array *places) {
    const ptrdiff_t apart = (ptrdiff_t)tad_strides(places)[0];
    return places->dtype == TAD_F64 ? tad__ascends_f64(places->size, places->data, apart)
                                    : tad__ascends_f32(places->size, places->data, apart);
}

static tad_status interval_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const unsigned of = (unsigned)((const interval_options *)c->options)->of;
    *out = (tad_type){TAD_I64, tad__shape_of(c->in[1])};
    if (of > SPLINE - 1) return tad_fail(c, TAD_BAD_ARGUMENT, "belongs to no op %u", of);
    return check_places(c, c->in[0]);
}

typedef struct searching {
    const tad_array *places, *x;
    int64_t *to;
} searching;

#define SEARCH(T, suffix)                                                                          \
    for (size_t i = first; i < end; i++)                                                           \
    s->to[i] =                                                                                     \
        tad__interval_##suffix(s->places->size, s->places->data, 1, ((const T *)s->x->data)[i])

static void search_piece(void *arg, size_t first, size_t end) {
    const searching *s = arg;
    if (s->x->dtype == TAD_F64)
        SEARCH(double, f64);
    else
        SEARCH(float, f32);
}

static tad_status interval_forward(const tad_call_frame *c) {
    searching s = {tad__contiguous(c->compute, c->in[0]), tad__contiguous(c->compute, c->in[1]),
                   c->out[0]->data};
    if (!s.places || !s.x) return TAD_NO_MEMORY;
    if (!ascend(s.places))
        return tad_fail(c, TAD_BAD_ARGUMENT, "the places of %s do not ascend",
                        tad__ops_interpolate[((const interval_options *)c->options)->of + 1].name);
    tad__split(c->compute->threads, (size_t)s.x->size, TAD__GRAIN / 8, search_piece, &s);
    return TAD_OK;
}

static void interval_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_array *places = c->in[0], *x = c->in[1];
    const long long n = (long long)places->size, apart = (long long)tad_strides(places)[0];
    const tad_shape shape = tad__shape_of(x);
    tad__loop l;
    tad_c_put(to, "if (!%s(%lld, in0, %lld)) return TAD_BAD_INDEX;\n",
              tad__c_part(to, "ascends", x->dtype), n, apart);
    tad__c_open(to, &l, &shape, (const tad_array *const[]){c->out[0], x}, 2);
    tad_c_put(to, "out0");
    tad__c_at(to, &l, 0);
    tad_c_put(to, " = %s(%lld, in0, %lld, in1", tad__c_part(to, "interval", x->dtype), n, apart);
    tad__c_at(to, &l, 1);
    tad_c_put(to, ");\n");
    tad__c_close(to, &l);
}

/* ---- compositions ---- */

enum { X, PLACES, VALUES };

static tad_status interpolate_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *values = c->in[VALUES];
    tad_status s = check_places(c, c->in[PLACES]);
    if (s != TAD_OK) return s;
    if (values->rank != 1 || values->dim[0] != c->in[PLACES]->dim[0])
        return tad_fail(c, TAD_BAD_SHAPE, "needs a value for each place");
    if (!ascend(c->in[PLACES])) return tad_fail(c, TAD_BAD_ARGUMENT, "the places do not ascend");
    *out = (tad_type){(tad_dtype)c->in[X]->dtype, tad__shape_of(c->in[X])};
    return TAD_OK;
}

static tad_var cut(tad_var x, int64_t from, int64_t to) { return tad_slice(x, 0, from, to, 1); }
static tad_var but_first(tad_var x) { return cut(x, 1, TAD_END); }
static tad_var but_last(tad_var x) { return cut(x, 0, -1); }
static tad_var scaled(double k, tad_var x) { return tad_mul(x, tad_number(k)); }

/* The neighbour of each x before and behind it, their distance, and x's part of the way. */
typedef struct between {
    tad_var index, distance, part;
} between;

static tad_var end_of(tad_var places, int64_t from, int64_t to) {
    return tad_reshape(cut(places, from, to), TAD_0D);
}

static tad_var within(tad_var x, tad_var places) {
    tad_var low = end_of(places, 0, 1), high = end_of(places, -1, TAD_END);
    return tad_where(tad_less(x, low), low, tad_where(tad_greater(x, high), high, x));
}

static tad_var before(tad_var of, const between *b) {
    return tad_take(but_last(of), b->index, tad_axis(0));
}
static tad_var behind(tad_var of, const between *b) {
    return tad_take(but_first(of), b->index, tad_axis(0));
}

static between between_places(const tad_rule *r, bool extrapolate) {
    between b;
    tad_var places = r->in[PLACES], x = extrapolate ? r->in[X] : within(r->in[X], places);
    b.index = tad_apply(&tad__ops_interpolate[INTERVAL], (tad_var[]){places, x}, 2,
                        &(interval_options){(int)(r->op - tad__ops_interpolate) - 1}, NULL, 0);
    tad_var low = before(places, &b);
    b.distance = tad_sub(behind(places, &b), low);
    b.part = tad_div(tad_sub(x, low), b.distance);
    return b;
}

/* Exact at both ends of an interval. */
static tad_var on_line(tad_var values, const between *b) {
    tad_var rest = tad_sub(tad_number(1), b->part);
    return tad_add(tad_mul(rest, before(values, b)), tad_mul(b->part, behind(values, b)));
}

static void interp_compose(tad_rule *r) {
    const between b = between_places(r, ((const interpolation *)r->options)->extrapolate);
    r->result[0] = on_line(r->in[VALUES], &b);
}

/* ---- the second derivatives of a spline at its places ---- */

/* The system for those of the inner places; h are distances, n - 1 of them. */
typedef struct spline_system {
    tad_var below, on, above, right;
} spline_system;

static spline_system inner_system(tad_var h, tad_var slope) {
    tad_var inner = cut(h, 1, -1);
    return (spline_system){inner, scaled(2, tad_add(but_first(h), but_last(h))), inner,
                           scaled(6, tad_sub(but_first(slope), but_last(slope)))};
}

/* Without a knot at the first inner place its second derivative is on the line of the two beside
 * it: the factors of the first equation, of which h is the outer distance and k the next. */
static tad_var end_factor(tad_var h, tad_var k) {
    return tad_div(tad_mul(tad_add(h, k), tad_add(h, scaled(2, k))), k);
}
static tad_var next_factor(tad_var h, tad_var k) {
    return tad_div(tad_mul(tad_sub(k, h), tad_add(k, h)), k);
}

static void take_knots_away(spline_system *s, tad_var h) {
    tad_var first[2] = {cut(h, 0, 1), cut(h, 1, 2)},
            last[2] = {cut(h, -1, TAD_END), cut(h, -2, -1)};
    s->on = tad_concat((tad_var[]){end_factor(first[0], first[1]), cut(s->on, 1, -1),
                                   end_factor(last[0], last[1])},
                       3, 0);
    s->above = tad_concat((tad_var[]){next_factor(first[0], first[1]), but_first(s->above)}, 2, 0);
    s->below = tad_concat((tad_var[]){but_last(s->below), next_factor(last[0], last[1])}, 2, 0);
}

/* m + (h / k) (m - n): the line through m and n beyond m. */
static tad_var beyond(tad_var m, tad_var n, tad_var h, tad_var k) {
    return tad_add(m, tad_mul(tad_div(h, k), tad_sub(m, n)));
}

static tad_var with_ends(tad_var m, tad_var h, bool natural) {
    tad_var first = cut(m, 0, 1), last = cut(m, -1, TAD_END), zero = scaled(0, first);
    if (natural) return tad_concat((tad_var[]){zero, m, zero}, 3, 0);
    return tad_concat(
        (tad_var[]){beyond(first, cut(m, 1, 2), cut(h, 0, 1), cut(h, 1, 2)), m,
                    beyond(last, cut(m, -2, -1), cut(h, -1, TAD_END), cut(h, -2, -1))},
        3, 0);
}

/* NULL of two places: there is a line. Of three without a knot a parabola. */
static bool second_derivatives(const tad_rule *r, tad_var *m) {
    const bool natural = ((const spline *)r->options)->ends == TAD_SPLINE_NATURAL;
    const int64_t n = tad_size_of(r->in[PLACES]);
    if (n == 2) return false;
    tad_var h = tad_diff(r->in[PLACES], 1, 0), slope = tad_div(tad_diff(r->in[VALUES], 1, 0), h);
    if (n == 3 && !natural) {
        tad_var whole = tad_add(but_first(h), but_last(h));
        tad_var one = scaled(2, tad_div(tad_diff(slope, 1, 0), whole));
        *m = tad_concat((tad_var[]){one, one, one}, 3, 0);
        return true;
    }
    spline_system s = inner_system(h, slope);
    if (!natural) take_knots_away(&s, h);
    *m = with_ends(tad__tridiagonal_solve(s.below, s.on, s.above, s.right), h, natural);
    return true;
}

/* p^3 - p = -p (1 - p) (1 + p) */
static tad_var bend(tad_var p, tad_var rest) {
    return tad_mul(tad_mul(p, rest), tad_add(p, tad_number(1)));
}

static void spline_compose(tad_rule *r) {
    const between b = between_places(r, ((const spline *)r->options)->extrapolate);
    tad_var line = on_line(r->in[VALUES], &b), m, rest = tad_sub(tad_number(1), b.part);
    r->result[0] = line;
    if (!second_derivatives(r, &m)) return;
    tad_var bends = tad_add(tad_mul(bend(rest, b.part), before(m, &b)),
                            tad_mul(bend(b.part, rest), behind(m, &b)));
    tad_var size = scaled(1.0 / 6, tad_square(b.distance));
    r->result[0] = tad_sub(line, tad_mul(bends, size));
}

static tad_status spline_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    const int ends = ((const spline *)c->options)->ends;
    if (ends != TAD_SPLINE_NATURAL && ends != TAD_SPLINE_NOT_A_KNOT)
        return tad_fail(c, TAD_BAD_ARGUMENT, "no ends %d", ends);
    return interpolate_shape(c, out, n_out);
}

/* ---- options, samples, misuse ---- */

static const tad_option interval_list[] = {
    {OPTION(CHOICE, interval_options, of), .choices = "interp|cubic_spline"},
};
static const tad_option interp_list[] = {{OPTION(BOOL, interpolation, extrapolate)}};
static const tad_option spline_list[] = {
    {OPTION(CHOICE, spline, ends), .choices = "not_a_knot|natural"},
    {OPTION(BOOL, spline, extrapolate)},
};

#define STAYS                                                                                      \
    .options = &(const interpolation) { false }
#define GOES_ON                                                                                    \
    .options = &(const interpolation) { true }
#define ENDS(...)                                                                                  \
    .options = &(const spline) { __VA_ARGS__ }

#define FOR(op)                                                                                    \
    .options = &(const interval_options) { op - 1 }

static const tad_sample interval_samples[] = {
    {CASE("vector", ASCENDING(5), F64(4)), FOR(INTERP)},
    {CASE("matrix", ASCENDING(3), F64(2, 3)), FOR(SPLINE)},
    {CASE("two places", ASCENDING(2), F64_0D), FOR(INTERP)},
    {CASE("many", ASCENDING(20), F64(7)), FOR(SPLINE)},
    {CASE("nothing", ASCENDING(3), F64(0)), FOR(INTERP)},
};
static const tad_misuse interval_misuse[] = {
    {CASE("one place", F64(1), F64(3)), FOR(INTERP), .expect = TAD_BAD_SHAPE},
    {CASE("a matrix", F64(2, 2), F64(3)), FOR(INTERP), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3), F64(3)), FOR(INTERP), .expect = TAD_BAD_DTYPE},
    {CASE("equal places", WITHIN(1, 1, 3), F64(3)), FOR(SPLINE), .expect = TAD_BAD_ARGUMENT},
};
static const tad_sample interp_samples[] = {
    {CASE("vector", F64(4), ASCENDING(5), F64(5)), STAYS},
    {CASE("matrix", WITHIN(-3, 3, 2, 3), ASCENDING(4), F64(4)), GOES_ON},
    {CASE("two places", WITHIN(-3, 3, 5), ASCENDING(2), F64(2)), STAYS},
    {CASE("0-d", F64_0D, ASCENDING(3), F64(3)), GOES_ON},
    {CASE("nothing", F64(0), ASCENDING(3), F64(3)), STAYS},
};
static const tad_misuse interp_misuse[] = {
    {CASE("one place", F64(3), F64(1), F64(1)), STAYS, .expect = TAD_BAD_SHAPE},
    {CASE("sizes", F64(3), ASCENDING(3), F64(4)), STAYS, .expect = TAD_BAD_SHAPE},
    {CASE("integers", F64(3), ASCENDING(3), INDICES(2, 3)), STAYS, .expect = TAD_BAD_DTYPE},
    {CASE("equal places", F64(3), WITHIN(1, 1, 3), F64(3)), STAYS, .expect = TAD_BAD_ARGUMENT},
};
static const tad_sample spline_samples[] = {
    {CASE("vector", F64(4), ASCENDING(6), F64(6)), ENDS(TAD_SPLINE_NOT_A_KNOT, false)},
    {CASE("natural", WITHIN(-3, 3, 2, 3), ASCENDING(5), F64(5)), ENDS(TAD_SPLINE_NATURAL, true)},
    {CASE("four places", F64(3), ASCENDING(4), F64(4)), ENDS(TAD_SPLINE_NOT_A_KNOT, true)},
    {CASE("three places", F64(3), ASCENDING(3), F64(3)), ENDS(TAD_SPLINE_NOT_A_KNOT, true)},
    {CASE("three, natural", F64(3), ASCENDING(3), F64(3)), ENDS(TAD_SPLINE_NATURAL, false)},
    {CASE("two places", F64_0D, ASCENDING(2), F64(2)), ENDS(TAD_SPLINE_NOT_A_KNOT, false)},
    {CASE("nothing", F64(0), ASCENDING(5), F64(5)), ENDS(TAD_SPLINE_NATURAL, false)},
};
static const tad_misuse spline_misuse[] = {
    {CASE("one place", F64(3), F64(1), F64(1)), ENDS(0, false), .expect = TAD_BAD_SHAPE},
    {CASE("sizes", F64(3), ASCENDING(3), F64(4)), ENDS(0, false), .expect = TAD_BAD_SHAPE},
    {CASE("equal places", F64(3), WITHIN(1, 1, 3), F64(3)), ENDS(0, false),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("no such ends", F64(3), ASCENDING(3), F64(3)), ENDS(2, false),
     .expect = TAD_BAD_ARGUMENT},
};

/* ---- the ops ---- */

const tad_op tad__ops_interpolate[] = {
    [INTERVAL] = {.name = "interval",
                  .doc = "int64: between which two of ascending places each value lies",
                  FAMILY("interpolation", 2, 2),
                  .flags = TAD_OP_FLAT | TAD_OP_INTERNAL | TAD_OP_REFUSES,
                  OPTIONS(interval_options, interval_list),
                  .shape = interval_shape,
                  .forward = interval_forward,
                  .c_text = interval_c_text,
                  CASES(interval)},
    [INTERP] = {.name = "interp",
                .doc = "values at places a on the lines through c at the ascending places b",
                FAMILY("interpolation", 3, 3),
                .flags = TAD_OP_REFUSES,
                OPTIONS(interpolation, interp_list),
                .shape = interpolate_shape,
                .compose = interp_compose,
                CASES(interp)},
    [SPLINE] = {.name = "cubic_spline",
                .doc = "values at places a on the cubic spline through c at the ascending places b",
                FAMILY("interpolation", 3, 3),
                .flags = TAD_OP_REFUSES,
                OPTIONS(spline, spline_list),
                .shape = spline_shape,
                .compose = spline_compose,
                CASES(spline)},
};
const size_t tad__ops_interpolate_count = LENGTH(tad__ops_interpolate);

tad_var tad_interp(tad_var x, tad_var places, tad_var values, bool extrapolate) {
    return tad_apply(&tad__ops_interpolate[INTERP], (tad_var[]){x, places, values}, 3,
                     &(interpolation){extrapolate}, NULL, 0);
}

tad_var tad_cubic_spline(tad_var x, tad_var places, tad_var values, tad_spline_ends ends,
                         bool extrapolate) {
    return tad_apply(&tad__ops_interpolate[SPLINE], (tad_var[]){x, places, values}, 3,
                     &(spline){(int)ends, extrapolate}, NULL, 0);
}
