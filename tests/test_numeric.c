/* Numeric sweeps: tad_forward and tad_forward_over_reverse give what the recorded sweeps give, for
 * every op and sample, for every row at special points, in random graphs of numbers; they record
 * nothing but results, and refuse what the recorded ones refuse. */
#include "support.h"

#include "rows.h"

#include <float.h>

#include <tad/gradcheck.h>

#include "rows.h"

enum { MOST = TAD_MAX_INPUTS, ELEMENTS = 4096 };

static tad_tape *t;
static void set_up(void) { t = tad_tape_new(NULL); }
static void tear_down(void) { tad_tape_free(t); }

/* ---- comparing ---- */

static size_t numbers_of(tad_var v, double *out) {
    size_t n = (size_t)tad_size_of(v);
    ck_assert_uint_le(n, ELEMENTS);
    if (n) ck_done(tad_read(v, out, n), v.tape);
    return n;
}

/* The same up to the order of additions: NaNs and infinities alike. A sum of terms that cancel is
 * right to within what rounding makes of them: terms is how large they are, 0 where none cancel. */
static void compare_sum(tad_var got, tad_var right, double terms, double tolerance,
                        const char *what, size_t which) {
    static double a[ELEMENTS], b[ELEMENTS];
    double size = terms;
    ck_assert_int_eq(tad_dtype_of(got), tad_dtype_of(right));
    size_t n = numbers_of(got, a);
    ck_assert_uint_eq(n, numbers_of(right, b));
    for (size_t i = 0; i < n; i++)
        if (isfinite(b[i])) size = fmax(size, fabs(b[i]));
    for (size_t i = 0; i < n; i++) {
        bool same = isnan(b[i])   ? isnan(a[i])
                    : isinf(b[i]) ? a[i] == b[i]
                                  : fabs(a[i] - b[i]) <= tolerance * size + DBL_MIN;
        ck_assert_msg(same, "%s, %zu, element %zu: %.17g, recorded %.17g", what, which, i, a[i],
                      b[i]);
    }
}

static void compare(tad_var got, tad_var right, double tolerance, const char *what, size_t which) {
    compare_sum(got, right, 0, tolerance, what, which);
}

static double tolerance_of(tad_var v) { return tad_dtype_of(v) == TAD_F32 ? 1e-4 : 1e-11; }

static tad_var random_like(tad_var v) {
    return tad_is_none(v) ? v : tad_cast(tad_randn(t, TAD_F64, tad_shape_of(v)), tad_dtype_of(v));
}

/* ---- every op ---- */

static const tad_op *op_of(int i) { return tad_op_at((size_t)i); }

/* Operands of a sample, with those to differentiate by as parameters; how many these are. */
static size_t operands(const tad_sample *s, tad_var *in, tad_var *x) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        in[i] = tad_sample_fill(t, &s->in[i], i);
        if (s->in[i].absent || !tad_node_needs_gradient(in[i])) continue;
        x[n++] = in[i];
    }
    return n;
}

static bool is_float(tad_var v) { return tad_dtype_of(v) == TAD_F64 || tad_dtype_of(v) == TAD_F32; }

/* A number that depends on all results, not linearly. */
static tad_var total(const tad_var *y, size_t n) {
    tad_var sum = tad_scalar(t, 0);
    for (size_t k = 0; k < n; k++) {
        if (tad_is_nil(y[k]) || !is_float(y[k])) continue;
        tad_var z = tad_cast(y[k], TAD_F64), w = tad_randn(t, TAD_F64, tad_shape_of(z));
        sum = tad_add(sum, tad_sum(tad_mul(w, tad_add(z, tad_mul(z, z))), tad_all()));
    }
    return sum;
}

static size_t results(const tad_op *op, const tad_sample *s, const tad_var *in, tad_var *y) {
    tad_var all[TAD_MAX_OUTPUTS];
    size_t n = 0;
    (void)tad_apply(op, in, s->n, s->options, all, op->n_out);
    ck_tape(t);
    for (size_t k = 0; k < op->n_out; k++)
        if (is_float(all[k])) y[n++] = all[k];
    return n;
}

static void compare_tangents(const tad_op *op, const tad_sample *s) {
    tad_var in[MOST] = {{0}}, x[MOST], v[MOST], y[TAD_MAX_OUTPUTS], got[TAD_MAX_OUTPUTS],
            right[TAD_MAX_OUTPUTS];
    size_t n = operands(s, in, x), m = results(op, s, in, y);
    for (size_t i = 0; i < n; i++) v[i] = random_like(x[i]);
    if (!n || !m) return;
    ck_done(tad_tangent(y, m, x, v, n, right), t);
    ck_done(tad_forward(y, m, x, v, n, got), t);
    for (size_t k = 0; k < m; k++) compare(got[k], right[k], tolerance_of(y[k]), s->label, k);
}

static void compare_products(const tad_op *op, const tad_sample *s) {
    tad_var in[MOST] = {{0}}, x[MOST], v[MOST], y[TAD_MAX_OUTPUTS], gradient[MOST], got[MOST],
            right_gradient[MOST], right[MOST];
    size_t n = operands(s, in, x), m = results(op, s, in, y);
    for (size_t i = 0; i < n; i++) v[i] = random_like(x[i]);
    tad_var f = total(y, m);
    if (!n || !m || !tad_node_needs_gradient(f)) return;
    ck_done(tad_grad(&f, NULL, 1, x, n, right_gradient), t);
    ck_done(tad_tangent(right_gradient, n, x, v, n, right), t);
    ck_done(tad_forward_over_reverse(f, x, v, n, gradient, got), t);
    for (size_t i = 0; i < n; i++) {
        compare(gradient[i], right_gradient[i], tolerance_of(x[i]), s->label, i);
        compare(got[i], right[i], tolerance_of(x[i]), s->label, i);
    }
}

static void each_sample(int op, void (*try)(const tad_op *, const tad_sample *)) {
    tad_sample_room room;
    for (size_t i = 0; i < tad_sample_count(op_of(op)); i++) {
        ck_assert(tad_sample_at(op_of(op), i, &room));
        try(op_of(op), &room.sample);
        tad_tape_reset(t);
    }
}

START_TEST(tangents_are_the_recorded_ones) { each_sample(_i, compare_tangents); }
END_TEST
START_TEST(products_are_the_recorded_ones) { each_sample(_i, compare_products); }
END_TEST

/* ---- rows on numbers, where zeros meet infinities ---- */

/* No rows, but known to the loops over numbers too. */
static tad_var call_where(const tad_var *in, const double *o) {
    return (void)o, tad_sqrt(tad_where(tad_greater(in[0], in[1]), tad_sqrt(in[0]), in[1]));
}
static tad_var call_dot_list(const tad_var *in, const double *o) {
    return (void)o, tad_dot_list((tad_var[]){in[0], in[2]}, (tad_var[]){in[1], in[0]}, 2, in[1]);
}
static tad_var call_dot_list_plain(const tad_var *in, const double *o) {
    return (void)o, tad_dot_list_plain((double[]){2.5, -INFINITY}, in, 2, in[2]);
}
static const row others[] = {{"where", call_where, 2, 0, {0}},
                             {"dot_list", call_dot_list, 3, 0, {0}},
                             {"dot_list_plain", call_dot_list_plain, 3, 0, {0}}};
enum { OTHERS = sizeof others / sizeof *others };

static double steepest(const tad_var *gradient, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double g = fabs(tad_item(gradient[i]));
        if (isfinite(g)) most = fmax(most, g);
    }
    return most;
}

/* How y and its gradient change along tangents v. A derivative of a quotient is a difference, which
 * may cancel: its terms are about as large as the gradient. */
static void compare_row(const row *f, const tad_var *in, const tad_var *x, const tad_var *v,
                        size_t n) {
    tad_var y = f->call(in, f->options), tangent, right_tangent, gradient[3], got[3],
            right_gradient[3], right[3];
    ck_tape(t);
    if (!tad_node_needs_gradient(y)) return;
    ck_done(tad_forward(&y, 1, x, v, n, &tangent), t);
    ck_done(tad_tangent(&y, 1, x, v, n, &right_tangent), t);
    ck_done(tad_forward_over_reverse(y, x, v, n, gradient, got), t);
    ck_done(tad_grad(&y, NULL, 1, x, n, right_gradient), t);
    ck_done(tad_tangent(right_gradient, n, x, v, n, right), t);
    ck_done(tad_reverse(y), t);
    double steep = steepest(right_gradient, n);
    compare_sum(tangent, right_tangent, steep, 1e-13, f->name, 0);
    for (size_t i = 0; i < n; i++) {
        compare(gradient[i], right_gradient[i], 1e-13, f->name, i);
        compare(tad_gradient(x[i]), right_gradient[i], 1e-13, f->name, i);
        compare_sum(got[i], right[i], steep, 1e-12, f->name, i);
    }
}

/* Each operand a variable with a tangent, one without, one whose tangent is zero, or a number. */
static void try_point(const row *f, size_t point, size_t kinds) {
    tad_var in[3], x[3], v[3];
    size_t n = 0, rest = point, kind = kinds;
    for (size_t i = 0; i < f->n_in; i++, rest /= POINTS, kind /= 4) {
        double value = points[rest % POINTS];
        in[i] = kind % 4 == 3 ? tad_number(value) : tad_scalar(t, value);
        if (kind % 4 == 3) continue;
        v[n] = kind % 4 == 0 ? tad_number(1.5) : kind % 4 == 1 ? tad_none() : tad_number(0);
        x[n++] = in[i];
    }
    if (n) compare_row(f, in, x, v, n);
    tad_tape_reset(t);
}

START_TEST(rows_agree_at_special_points) {
    const row *f = _i < ROWS ? &rows[_i] : &others[_i - ROWS];
    size_t all = 1, kinds = 1;
    for (size_t i = 0; i < f->n_in; i++) all *= POINTS, kinds *= 4;
    for (size_t k = 0; k < all; k++)
        for (size_t how = 0; how < kinds; how++)
            if (f->n_in < 3 || (k + how) % 7 == 0) try_point(f, k, how);
}
END_TEST

/* ---- graphs of numbers ---- */

enum { INPUTS = 5, STEPS = 60 };

static tad_var pick(const tad_var *known, size_t n, tad_random *r) {
    uint64_t k = tad_random_below(r, n + 1);
    return k == n ? tad_number(tad_random_uniform(r) + 0.5) : known[k];
}

/* A random op of arithmetic on what is known; values stay of moderate size. */
static tad_var step(const tad_var *known, size_t n, tad_random *r) {
    tad_var a = pick(known, n, r), b = pick(known, n, r), c = known[tad_random_below(r, n)];
    const tad_var list[] = {c, a, b}, factors[] = {b, c}, others[] = {c, a};
    switch (tad_random_below(r, 17)) {
    case 0: return tad_add(a, c);
    case 1: return tad_sub(c, a);
    case 2: return tad_sub(a, c);
    case 3: return tad_mul(tad_tanh(c), a);
    case 4: return tad_div(c, tad_add(tad_number(2), tad_square(c)));
    case 5: return tad_div(tad_number(1), tad_add(tad_exp(tad_tanh(c)), tad_number(1)));
    case 6: return tad_fma(tad_sin(c), c, c);
    case 7: return tad_fnma(tad_cos(c), c, c);
    case 8: return tad_tanh(tad_sum_list(list, 3));
    case 9: return tad_tanh(tad_dot_list(factors, others, 2, c));
    case 10: return tad_maximum(a, c);
    case 11: return tad_hypot(tad_add(c, tad_number(0.1)), a);
    case 12: return tad_neg(tad_sigmoid(c));
    case 13: return tad_where(tad_less(a, c), tad_mul(c, c), b);
    case 14: return tad_tanh(tad_dot_list_plain((double[]){0.3, -1.2, 0}, list, 3, b));
    case 15: return tad_softplus(tad_lerp(a, tad_atan2(c, tad_number(2)), tad_number(0.3)), 1.5);
    default: return tad_div(c, tad_number(3));
    }
}

START_TEST(random_graphs_of_numbers_agree) {
    tad_random r = {(uint64_t)_i, 0};
    tad_var known[INPUTS + STEPS], v[INPUTS], gradient[INPUTS], got[INPUTS], right_gradient[INPUTS],
        right[INPUTS], tangent, right_tangent;
    size_t n = 0;
    for (; n < INPUTS; n++) {
        known[n] = tad_scalar(t, tad_random_uniform(&r) * 2 - 1);
        v[n] = tad_random_below(&r, 4) ? tad_number(tad_random_uniform(&r)) : tad_none();
    }
    for (; n < INPUTS + STEPS; n++) known[n] = step(known, n, &r);
    tad_var y = tad_sum_list(known, n);
    ck_tape(t);
    ck_done(tad_forward(&y, 1, known, v, INPUTS, &tangent), t);
    ck_done(tad_tangent(&y, 1, known, v, INPUTS, &right_tangent), t);
    compare_sum(tangent, right_tangent, 1, 1e-12, "tangent", 0);
    ck_done(tad_forward_over_reverse(y, known, v, INPUTS, gradient, got), t);
    ck_done(tad_grad(&y, NULL, 1, known, INPUTS, right_gradient), t);
    ck_done(tad_tangent(right_gradient, INPUTS, known, v, INPUTS, right), t);
    for (size_t i = 0; i < INPUTS; i++) {
        compare_sum(gradient[i], right_gradient[i], 1, 1e-12, "gradient", i);
        compare_sum(got[i], right[i], 1, 1e-11, "product", i);
    }
}
END_TEST

/* ---- what they leave, what they refuse ---- */

static tad_var product_of(tad_var a, tad_var b) { return tad_mul(tad_sin(a), tad_exp(b)); }

START_TEST(nothing_is_recorded_but_the_results) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 2, 3}), v = tad_number(1), d, g;
    tad_var y = tad_sum(product_of(x, tad_tanh(x)), tad_all());
    size_t before = tad_node_count(t);
    ck_done(tad_forward(&y, 1, &x, &v, 1, &d), t);
    ck_assert_uint_le(tad_node_count(t), before + 2); /* v as an array, d */
    before = tad_node_count(t);
    ck_done(tad_forward_over_reverse(y, &x, &v, 1, NULL, &g), t);
    ck_assert_uint_le(tad_node_count(t), before + 2);
    ck_assert(!tad_node_needs_gradient(d) && !tad_node_needs_gradient(g));
}
END_TEST

START_TEST(what_the_result_does_not_depend_on_is_zero) {
    tad_var x[2] = {tad_scalar(t, 2), tad_input(t, TAD_F32, TAD_SHAPE(2), (float[]){1, 2})},
            v[2] = {tad_number(1), tad_number(1)}, g[2], h[2], d;
    tad_var y = tad_square(x[0]);
    ck_done(tad_forward_over_reverse(y, x, v, 2, g, h), t);
    ck_values(g[0], 0, 4);
    ck_values(h[0], 0, 2);
    ck_values(g[1], 0, 0, 0);
    ck_values(h[1], 0, 0, 0);
    tad_var later = tad_scalar(t, 1); /* above the result */
    ck_done(tad_forward(&y, 1, &later, v, 1, &d), t);
    ck_values(d, 0, 0);
    ck_done(tad_forward_over_reverse(y, &later, v, 1, g, h), t);
    ck_values(g[0], 0, 0);
    ck_values(h[0], 0, 0);
}
END_TEST

/* The product arrives at the root as zero, which meets an infinite derivative. */
START_TEST(a_zero_that_arrives_meets_infinity) {
    tad_var x[] = {tad_scalar(t, 0), tad_scalar(t, 2)}, v[] = {tad_none(), tad_number(1)}, g[2],
            h[2];
    tad_var y = tad_add(tad_mul(tad_sqrt(x[0]), tad_number(0)), tad_square(x[1]));
    ck_done(tad_forward_over_reverse(y, x, v, 2, g, h), t);
    ck_assert(isnan(tad_item(g[0])) && tad_item(h[0]) == 0);
    ck_assert(tad_item(g[1]) == 4 && tad_item(h[1]) == 2);
}
END_TEST

START_TEST(an_x_between_others_adds_its_tangent) {
    tad_var a = tad_scalar(t, 3), b = tad_square(a), x[2] = {a, b},
            v[2] = {tad_number(1), tad_number(10)}, d, g[2], h[2];
    tad_var y = tad_mul(b, a); /* a^3 along a; a along b */
    ck_done(tad_forward(&y, 1, x, v, 2, &d), t);
    ck_values(d, 0, 27 + 30);
    ck_done(tad_forward_over_reverse(y, x, v, 2, g, h), t);
    ck_values(g[0], 0, 27);
    ck_values(g[1], 0, 3);
    ck_values(h[0], 0, 18 + 10);
    ck_values(h[1], 0, 1);
}
END_TEST

START_TEST(a_changed_parameter_is_refused) {
    double two = 2, three = 3;
    tad_var p = tad_param(t, TAD_F64, TAD_0D, &two), x = tad_scalar(t, 1), v = tad_number(1), d, h;
    tad_var y = tad_mul(tad_mul(x, p), x);
    ck_done(tad_assign(p, &three), t);
    ck_assert_int_eq(tad_forward(&y, 1, &x, &v, 1, &d), TAD_STALE_VALUE);
    ck_refused(t, TAD_STALE_VALUE, "forward");
    ck_assert_int_eq(tad_forward_over_reverse(y, &x, &v, 1, NULL, &h), TAD_STALE_VALUE);
    ck_refused(t, TAD_STALE_VALUE, "forward over reverse");
    ck_assert(tad_is_nil(d) && tad_is_nil(h));
}
END_TEST

static tad_status number_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)c, (void)n_out;
    out->dtype = TAD_F64;
    out->shape = TAD_0D;
    return TAD_OK;
}
static tad_status number_forward(const tad_call_frame *c) {
    *(double *)c->out[0]->data = *(const double *)c->in[0]->data;
    return TAD_OK;
}
/* An adjoint that is zero has arrived all the same: an infinite derivative makes a NaN of it. */
START_TEST(a_zero_adjoint_that_meets_an_infinity_is_a_nan) {
    tad_var x = tad_scalar(t, 0), zero = tad_scalar(t, 0), v = tad_number(1), none = tad_number(0);
    const tad_var y[] = {tad_mul(tad_div(tad_number(1), x), none),
                         tad_mul(tad_div(tad_number(1), x), zero), tad_mul(tad_div(x, zero), zero),
                         tad_mul(tad_sqrt(x), zero),
                         tad_mul(tad_mul(x, tad_number(INFINITY)), none)};
    tad_var gradient, got, right_gradient, right;
    for (size_t k = 0; k < sizeof y / sizeof *y; k++) {
        ck_done(tad_forward_over_reverse(y[k], &x, &v, 1, &gradient, &got), t);
        ck_done(tad_grad(&y[k], NULL, 1, &x, 1, &right_gradient), t);
        ck_done(tad_tangent(&right_gradient, 1, &x, &v, 1, &right), t);
        ck_values(gradient, 0, NAN);
        compare(gradient, right_gradient, 0, "gradient", k);
        compare(got, right, 0, "product", k);
    }
}
END_TEST

static const tad_op opaque = {.name = "opaque",
                              .min_in = 1,
                              .max_in = 1,
                              .n_out = 1,
                              .shape = number_shape,
                              .forward = number_forward};

START_TEST(an_op_without_rules_matters_only_on_the_way) {
    tad_var x = tad_scalar(t, 2), v = tad_number(1), d, h;
    tad_var aside = tad_apply(&opaque, &x, 1, NULL, NULL, 0), y = tad_pow(x, tad_square(x));
    ck_done(tad_forward(&y, 1, &x, &v, 1, &d), t);
    ck_done(tad_forward_over_reverse(y, &x, &v, 1, NULL, &h), t);
    tad_var z = tad_mul(aside, x);
    ck_assert_int_eq(tad_forward(&z, 1, &x, &v, 1, &d), TAD_NO_RULE);
    ck_refused(t, TAD_NO_RULE, "opaque", "jvp");
    ck_assert_int_eq(tad_forward_over_reverse(z, &x, &v, 1, NULL, &h), TAD_NO_RULE);
    ck_refused(t, TAD_NO_RULE, "opaque");
}
END_TEST

START_TEST(bad_arguments_are_refused) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL), v = tad_number(1), d,
            c = tad_constant(t, TAD_F64, TAD_0D, NULL),
            three = tad_constant(t, TAD_F64, TAD_SHAPE(3), NULL);
    tad_var y = tad_sin(x), f = tad_sum(y, tad_all());
    ck_assert_int_eq(tad_forward(&y, 1, &x, NULL, 1, &d), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "forward", "NULL");
    ck_assert_int_eq(tad_forward(&y, 1, &c, &v, 1, &d), TAD_NO_GRADIENT);
    ck_refused(t, TAD_NO_GRADIENT, "forward");
    ck_assert_int_eq(tad_forward(&y, 1, &x, &three, 1, &d), TAD_BAD_SHAPE);
    ck_refused(t, TAD_BAD_SHAPE, "forward", "tangent 0");
    ck_assert_int_eq(tad_forward_over_reverse(y, &x, &v, 1, NULL, &d), TAD_BAD_SHAPE);
    ck_refused(t, TAD_BAD_SHAPE, "(2)");
    ck_assert_int_eq(tad_forward_over_reverse(f, &x, &v, 1, NULL, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "NULL");
}
END_TEST

/* Settings that look at every derivative: the recorded sweeps do the work, the results are the
 * same. */
START_TEST(settings_change_nothing_where_all_is_finite) {
    for (int i = 0; i < 2; i++) {
        tad_tape *close = tad_tape_new(&(tad_settings){.trap = i, .strong_zero = !i});
        tad_var x = tad_input(close, TAD_F64, TAD_SHAPE(2), (double[]){1, 2}), v = tad_number(1), d,
                g, h;
        tad_var y = tad_sum(tad_mul(x, tad_square(x)), tad_all());
        ck_done(tad_forward(&y, 1, &x, &v, 1, &d), close);
        ck_values(d, 0, 15);
        ck_done(tad_forward_over_reverse(y, &x, &v, 1, &g, &h), close);
        ck_values(g, 0, 3, 12);
        ck_values(h, 0, 6, 12);
        ck_assert(!tad_node_needs_gradient(d) && !tad_node_needs_gradient(h));
        tad_tape_free(close);
    }
}
END_TEST

/* ---- sweeps over numbers that forget the last one at once ---- */

START_TEST(a_parameter_recorded_late_adds_up_and_a_number_does_not) {
    double two = 2;
    tad_var x = tad_scalar(t, 3), y = tad_square(x), p = tad_param(t, TAD_F64, TAD_0D, &two),
            z = tad_mul(y, p);
    for (int i = 0; i < 3; i++) ck_done(tad_reverse(z), t);
    ck_assert(tad_gradient_item(x) == 12);
    ck_assert(tad_gradient_item(p) == 27);
    tad_var late = tad_param(t, TAD_F64, TAD_0D, &two), w = tad_mul(late, x);
    for (int i = 0; i < 2; i++) ck_done(tad_reverse(w), t);
    ck_assert(tad_gradient_item(late) == 6);
    ck_assert(tad_gradient_item(p) == 27);
    ck_assert(tad_gradient_item(y) == 0);
}
END_TEST

START_TEST(released_gradients_are_known_through_sweeps_over_numbers) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2}), y = tad_square(x),
            s = tad_sum(y, tad_all()), a = tad_scalar(t, 2), b = tad_square(a);
    ck_done(tad_reverse(s), t);
    ck_assert_ptr_null(tad_gradient_data(y));
    ck_refused(t, TAD_NO_GRADIENT, "released");
    ck_done(tad_reverse(b), t);
    ck_assert_ptr_nonnull(tad_gradient_data(y)); /* not reached now: zero */
    ck_tape(t);
}
END_TEST

/* ---- plain numbers ---- */

/* Second order of an array and a plain number: rules compare what varies, as pow does. */
START_TEST(arrays_with_plain_numbers_agree) {
    if (rows[_i].n_in != 2) return;
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){0.3, 1.2, 2.5}),
            v = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){1, -2, 0.5});
    for (int side = 0; side < 2; side++) {
        const tad_var in[2] = {side ? tad_number(1.5) : x, side ? x : tad_number(1.5)};
        tad_var y = tad_sum(rows[_i].call(in, NULL), tad_all()), g, right, h;
        ck_done(tad_grad(&y, NULL, 1, &x, 1, &g), t);
        ck_done(tad_tangent(&g, 1, &x, &v, 1, &right), t);
        ck_done(tad_forward_over_reverse(y, &x, &v, 1, NULL, &h), t);
        compare(h, right, 1e-12, rows[_i].name, (size_t)side);
    }
    ck_tape(t);
}
END_TEST

START_TEST(a_product_and_sum_with_plain_numbers_is_that_of_variables) {
    const double value[3] = {1.1, -0.3, 1e10};
    for (int plain = 0; plain < 7; plain++) {
        tad_var in[3], all[3], y[2], right[2];
        for (int i = 0; i < 3; i++) {
            all[i] = tad_scalar(t, value[i]);
            in[i] = plain >> i & 1 ? tad_number(value[i]) : all[i];
        }
        y[0] = tad_fma(in[0], in[1], in[2]), y[1] = tad_fnma(in[0], in[1], in[2]);
        right[0] = tad_fma(all[0], all[1], all[2]), right[1] = tad_fnma(all[0], all[1], all[2]);
        for (int k = 0; k < 2; k++) {
            double g[3];
            ck_assert(tad_item(y[k]) == tad_item(right[k]));
            ck_done(tad_reverse(right[k]), t);
            for (int i = 0; i < 3; i++) g[i] = tad_gradient_item(all[i]);
            ck_done(tad_reverse(y[k]), t);
            for (int i = 0; i < 3; i++)
                if (!(plain >> i & 1)) ck_assert(tad_gradient_item(in[i]) == g[i]);
        }
    }
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("numeric");
    TCase *ops = support_case(s, "ops"), *special = support_case(s, "rows"),
          *graphs = support_case(s, "graphs"), *use = support_case(s, "use"),
          *numbers = support_case(s, "numbers");
    tcase_add_checked_fixture(ops, set_up, tear_down);
    tcase_add_checked_fixture(special, set_up, tear_down);
    tcase_add_checked_fixture(graphs, set_up, tear_down);
    tcase_add_loop_test(ops, tangents_are_the_recorded_ones, 0, (int)tad_op_count());
    tcase_add_loop_test(ops, products_are_the_recorded_ones, 0, (int)tad_op_count());
    tcase_add_loop_test(special, rows_agree_at_special_points, 0, ROWS + OTHERS);
    tcase_add_loop_test(special, arrays_with_plain_numbers_agree, 0, ROWS);
    tcase_add_loop_test(graphs, random_graphs_of_numbers_agree, 0, 500);
    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_test(use, nothing_is_recorded_but_the_results);
    tcase_add_test(use, what_the_result_does_not_depend_on_is_zero);
    tcase_add_test(use, a_zero_that_arrives_meets_infinity);
    tcase_add_test(use, an_x_between_others_adds_its_tangent);
    tcase_add_test(use, a_changed_parameter_is_refused);
    tcase_add_test(use, an_op_without_rules_matters_only_on_the_way);
    tcase_add_test(use, a_zero_adjoint_that_meets_an_infinity_is_a_nan);
    tcase_add_test(use, bad_arguments_are_refused);
    tcase_add_test(use, settings_change_nothing_where_all_is_finite);
    tcase_add_checked_fixture(numbers, set_up, tear_down);
    tcase_add_test(numbers, a_parameter_recorded_late_adds_up_and_a_number_does_not);
    tcase_add_test(numbers, released_gradients_are_known_through_sweeps_over_numbers);
    tcase_add_test(numbers, a_product_and_sum_with_plain_numbers_is_that_of_variables);
    return s;
}

SUPPORT_MAIN(suite)
