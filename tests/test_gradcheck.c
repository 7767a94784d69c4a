/* The gradient check itself: what is right must pass, what is wrong must fail, and what cannot be
 * decided must say so. */
#include "support.h"

#include "slope.h"

#include "gradcheck/judge.h"
#include "gradcheck/report.h"

/* ---- the numeric derivative: 21 functions with known derivatives ---- */

typedef struct known {
    const char *name;
    double (*f)(double), (*d)(double);
} known;

#define KNOWN(F)                                                                                   \
    F(exp_, exp(x), exp(x))                                                                        \
    F(sin_, sin(x), cos(x))                                                                        \
    F(cos_, cos(x), -sin(x))                                                                       \
    F(tanh_, tanh(x), 1 / (cosh(x) * cosh(x)))                                                     \
    F(sigmoid, 1 / (1 + exp(-x)), 1 / ((1 + exp(-x)) * (1 + exp(x))))                              \
    F(softplus, log1p(exp(x)), 1 / (1 + exp(-x)))                                                  \
    F(atan_, atan(x), 1 / (1 + x * x))                                                             \
    F(asinh_, asinh(x), 1 / sqrt(1 + x * x))                                                       \
    F(erf_, erf(x), 1.1283791670955126 * exp(-x * x))                                              \
    F(gauss, exp(-(x * x)), -2 * x * exp(-(x * x)))                                                \
    F(square, (x * x), 2 * x)                                                                      \
    F(cube, (x * x * x), 3 * x * x)                                                                \
    F(line_, 3 * x + 1, 3 + 0 * x)                                                                 \
    F(peak, 1 / (x * x + 0.01), -2 * x / ((x * x + 0.01) * (x * x + 0.01)))                        \
    F(sin_50, sin(50 * x), 50 * cos(50 * x))                                                       \
    F(tiny, 1e-9 * sin(x), 1e-9 * cos(x))                                                          \
    F(large, 1e6 * x * x, 2e6 * x)                                                                 \
    F(relu, x > 0 ? x : 0, x > 0)                                                                  \
    F(abs_, fabs(x), x > 0 ? 1 : -1)                                                               \
    F(clamp, (x < -1 ? -1 : x > 1 ? 1 : x), x > -1 && x < 1)                                       \
    F(floor_, floor(x), 0 * x)

#define DEFINE(name, value, derivative)                                                            \
    static double name(double x) { return value; }                                                 \
    static double name##_d(double x) { return derivative; }
KNOWN(DEFINE)
#define ENTRY(name, value, derivative) {#name, name, name##_d},
static const known functions[] = {KNOWN(ENTRY)};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static tad_grade grade(double a, const tad__slope *s) {
    return tad__judge(a, s, 0, TAD_KINKS_BETWEEN, TAD_GRADE_VERY_GOOD).grade;
}

/* The true error stays below the bound, right derivatives are very good, wrong ones are seen. */
START_TEST(known_derivatives) {
    const known *k = &functions[_i];
    tad_random r = {1, 0};
    for (int i = 0; i < 4000; i++) {
        double x = -3 + 6 * tad_random_uniform(&r), a = k->d(x);
        tad__slope s = slope_at(k->f, x);
        ck_assert_msg(s.kind == TAD__SLOPE_SMOOTH, "%s at %.17g: kind %d", k->name, x, s.kind);
        ck_assert_msg(fabs(a - s.value) <= s.error + 4e-16 * fabs(a),
                      "%s at %.17g: %.17g, not %.17g +- %g", k->name, x, a, s.value, s.error);
        ck_assert_msg(grade(a, &s) <= TAD_GRADE_VERY_GOOD, "%s at %.17g", k->name, x);
        if (a == 0) continue;
        ck_assert_msg(grade(-a, &s) == TAD_GRADE_BUG, "%s at %.17g: sign", k->name, x);
        ck_assert_msg(grade(a * 1.000001, &s) == TAD_GRADE_ACCEPTABLE, "%s at %.17g: 1e-6", k->name,
                      x);
        ck_assert_msg(grade(NAN, &s) == TAD_GRADE_BUG, "%s at %.17g: NaN", k->name, x);
    }
}
END_TEST

static double far_up(double x) { return 1e6 + sin(x); }

/* Pure cancellation: often inconclusive, but a gross error is always seen. */
START_TEST(cancellation) {
    tad_random r = {2, 0};
    int undecided = 0;
    for (int i = 0; i < 4000; i++) {
        double x = -3 + 6 * tad_random_uniform(&r), a = cos(x);
        tad__slope s = slope_at(far_up, x);
        tad__judgement j = tad__judge(a, &s, 0, TAD_KINKS_BETWEEN, TAD_GRADE_VERY_GOOD);
        undecided += j.outcome == TAD__OUT_INCONCLUSIVE;
        ck_assert_int_le(j.grade, TAD_GRADE_VERY_GOOD);
        if (fabs(a) > 1e-3) ck_assert_int_eq(grade(-a, &s), TAD_GRADE_BUG);
        if (fabs(a) > 1e-1) ck_assert_int_ge(grade(1.01 * a, &s), TAD_GRADE_NEEDS_CHECKING);
    }
    ck_assert_int_lt(undecided, 2000);
}
END_TEST

/* Lines whose values are rounded to a grid. Here it is the largest steps alone that tell: all
 * others agree on a slope that is wrong. */
static struct line_on_a_grid { double slope, grid, offset, x; } of_grid;
static double on_a_grid(double x) {
    return of_grid.grid * round((of_grid.slope * x + of_grid.offset) / of_grid.grid);
}

START_TEST(the_largest_steps_may_tell_of_a_grid) {
    static const struct line_on_a_grid lines[] = {
        {22.215078299162158, 4.1796775123984415e-11, 0.80728829601957752, 0.36898403310949579},
        {278.50889040485197, 3.4583884323562354e-08, 0.64661055318751182, 2.076483562128888},
        {25.306822990769113, 2.4809246445090787e-09, 0.98514696293162274, 1.2396778449359021}};
    for (int i = 0; i < 3; i++) {
        of_grid = lines[i];
        tad__slope s = slope_at(on_a_grid, of_grid.x);
        ck_assert_int_eq(s.kind, TAD__SLOPE_SMOOTH);
        ck_assert_msg(fabs(s.value - of_grid.slope) <= s.error, "%.17g, not %.17g +- %g",
                      of_grid.slope, s.value, s.error);
    }
}
END_TEST

typedef struct kinked {
    double (*f)(double), (*d)(double);
    double kink;
} kinked;
static double leaky(double x) { return x > 0 ? x : 0.01 * x; }
static double leaky_d(double x) { return x > 0 ? 1 : 0.01; }
static double bend(double x) { return x > 0.5 ? sin(x) : exp(x) + (sin(0.5) - exp(0.5)); }
static double bend_d(double x) { return x > 0.5 ? cos(x) : exp(x); }
static const kinked corners[] = {{relu, relu_d, 0},     {abs_, abs__d, 0},    {clamp, clamp_d, -1},
                                 {clamp, clamp_d, 1},   {leaky, leaky_d, 0},  {bend, bend_d, 0.5},
                                 {floor_, floor__d, 0}, {floor_, floor__d, 2}};

/* At distances 1e-12 .. 1 from a kink or jump: never a wrong verdict on the right derivative. */
START_TEST(near_kinks) {
    const kinked *k = &corners[_i];
    tad_random r = {3, 0};
    for (int i = 0; i < 15000; i++) {
        double distance = pow(10, -12 * tad_random_uniform(&r));
        double x = k->kink + (tad_random_below(&r, 2) ? distance : -distance);
        tad__slope s = slope_at(k->f, x);
        tad__judgement j = tad__judge(k->d(x), &s, 0, TAD_KINKS_BETWEEN, TAD_GRADE_VERY_GOOD);
        ck_assert_msg(j.grade <= TAD_GRADE_VERY_GOOD, "%g from %g: %s, numeric %.17g +- %g",
                      distance, k->kink, tad_grade_text(j.grade), s.value, s.error);
    }
}
END_TEST

START_TEST(at_kinks) {
    tad__slope s = slope_at(abs_, 0);
    ck_assert_int_eq(s.kind, TAD__SLOPE_KINK);
    ck_assert_int_eq(tad__judge(0, &s, 0, TAD_KINKS_BETWEEN, TAD_GRADE_VERY_GOOD).outcome,
                     TAD__OUT_KINK);
    ck_assert_int_eq(grade(1.1, &s), TAD_GRADE_BUG);
    ck_assert_int_eq(tad__judge(0, &s, 0, TAD_KINKS_FAIL, TAD_GRADE_VERY_GOOD).grade,
                     TAD_GRADE_BUG);
    ck_assert_int_eq(tad__judge(5, &s, 0, TAD_KINKS_SKIP, TAD_GRADE_VERY_GOOD).grade,
                     TAD_GRADE_NONE);
    ck_assert_int_eq(grade(NAN, &s), TAD_GRADE_BUG);
    s = slope_at(floor_, 0); /* a jump: nothing can be said */
    ck_assert_int_eq(tad__judge(0, &s, 0, TAD_KINKS_BETWEEN, TAD_GRADE_VERY_GOOD).outcome,
                     TAD__OUT_INCONCLUSIVE);
    ck_assert_int_eq(slope_at(sqrt, 0).kind, TAD__SLOPE_UNKNOWN);
    s = slope_at(log, 1e-3); /* not finite at the larger steps */
    ck_assert_int_eq(grade(1000, &s), TAD_GRADE_VERY_GOOD);
}
END_TEST

/* ---- ops with rules that can be wrong in one way each ---- */

typedef enum wrong {
    RIGHT,
    SIGN,      /* both rules */
    FACTOR,    /* both rules: 1.0009 */
    SMALL,     /* 4e-6 x instead of sin, sign flipped */
    ONE_ENTRY, /* x^2, element 7 with the wrong sign */
    NAN_RULE,
    ZERO,
    CONSTANT,   /* vjp: adds 1e-3 */
    IGNORES,    /* vjp: takes the cotangent for one */
    SQUARES,    /* vjp: squares it */
    SWALLOWS,   /* vjp: a NaN cotangent counts as zero */
    DIFFERS,    /* vjp: differs from call to call */
    WRITES,     /* forward: changes its input */
    STRIDES,    /* forward: takes views for repeats of their first element */
    REPEATS,    /* forward: wrong where its input repeats one number */
    PLACE,      /* forward: depends on where its input lies in memory */
    ONLY_JVP,   /* jvp: 1.0009 */
    OVERWRITES, /* backward hook: overwrites instead of adding */
    HOOK,       /* backward hook: 1.0009 */
    SECOND,     /* right value of the derivative, wrong derivative of it */
    REFUSES     /* right vjp that has no derivative */
} wrong;

typedef struct wrong_options {
    int64_t how;
} wrong_options;

static double strided(const tad_array *a, int64_t i) {
    int64_t at = 0;
    if (a->contiguous) return ((const double *)a->data)[i];
    for (int d = a->rank - 1; d >= 0; d--) {
        at += i % a->dim[d] * tad_strides(a)[d];
        i /= a->dim[d];
    }
    return ((const double *)a->data)[at];
}

/* An expanded axis: many indices, one place. */
static bool repeats(const tad_array *a) {
    for (int d = 0; d < a->rank; d++)
        if (a->dim[d] > 1 && tad_strides(a)[d] == 0) return true;
    return false;
}

static int64_t how_of(const void *options) { return ((const wrong_options *)options)->how; }

static tad_status sine_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[0];
    out[0] = (tad_type){TAD_F64, {x->rank, {0}}};
    for (int d = 0; d < x->rank; d++) out[0].shape.dim[d] = x->dim[d];
    return TAD_OK;
}

static tad_status sine_forward(const tad_call_frame *c) {
    const tad_array *x = c->in[0];
    int64_t how = how_of(c->options);
    double *y = c->out[0]->data;
    for (int64_t i = 0; i < x->size; i++) {
        double v = strided(x, how == STRIDES && !x->contiguous ? 0 : i);
        y[i] = how == SMALL ? 4e-6 * v : how == ONE_ENTRY ? v * v : sin(v);
        if (how == REPEATS && repeats(x)) y[i] += 1e-3;
        if (how == PLACE) y[i] += 1e-13 * (double)((uintptr_t)x->data / 8 % 8);
    }
    if (how == WRITES && x->size > 0) ((double *)x->data)[0] += 1e-3;
    return TAD_OK;
}

/* Ones with a -1 at element 7. */
static tad_var flip_one(tad_var x) {
    int64_t n = tad_size_of(x);
    double *sign = malloc((n > 0 ? (size_t)n : 1) * sizeof *sign);
    for (int64_t i = 0; i < n; i++) sign[i] = i == 7 ? -1 : 1;
    tad_var v = tad_constant(x.tape, TAD_F64, tad_shape_of(x), sign);
    free(sign);
    return v;
}

static tad_var slope(const tad_rule *r, bool forward) {
    tad_var x = r->in[0], d = tad_cos(x);
    switch (how_of(r->options)) {
    case SMALL:
        return tad_mul(tad_number(-4e-6), tad_add(tad_mul(x, tad_number(0)), tad_number(1)));
    case SIGN: return tad_neg(d);
    case FACTOR: return tad_mul(d, tad_number(1.0009));
    case ONE_ENTRY: return tad_mul(tad_mul(x, tad_number(2)), flip_one(x));
    case NAN_RULE: return tad_mul(d, tad_number(NAN));
    case ZERO: return tad_mul(d, tad_number(0));
    case ONLY_JVP: return forward ? tad_mul(d, tad_number(1.0009)) : d;
    case SECOND: return tad_detach(d);
    default: return d;
    }
}

static int calls;
static tad_var refuse(tad_var x);

static void sine_vjp(tad_rule *r) {
    tad_var g = r->given[0], d = slope(r, false);
    switch (how_of(r->options)) {
    case CONSTANT: r->result[0] = tad_add(tad_mul(g, d), tad_number(1e-3)); break;
    case IGNORES: r->result[0] = d; break;
    case SQUARES: r->result[0] = tad_mul(tad_mul(g, g), d); break;
    case SWALLOWS: r->result[0] = tad_mul(tad_where(tad_equal(g, g), g, tad_number(0)), d); break;
    case DIFFERS:
        r->result[0] = tad_mul(tad_mul(g, d), tad_number(1 + 1e-15 * (++calls % 8)));
        break;
    case REFUSES: r->result[0] = tad_mul(g, refuse(r->in[0])); break;
    default: r->result[0] = tad_mul(g, d);
    }
}

static void sine_jvp(tad_rule *r) { r->result[0] = tad_mul(r->given[0], slope(r, true)); }

static tad_status sine_backward(tad_backward *b) {
    const tad_array *x = b->call.in[0];
    const double *g = b->cotangent[0] ? b->cotangent[0]->data : NULL;
    int64_t how = how_of(b->call.options);
    bool fresh;
    tad_array *out = tad_backward_buffer(b, 0, &fresh);
    if (!out) return TAD_NO_MEMORY;
    double *to = out->data, factor = how == HOOK ? 1.0009 : 1;
    for (int64_t i = 0; i < x->size; i++) {
        double d = (g ? g[i] : 0) * cos(strided(x, i)) * factor;
        to[i] = fresh || how == OVERWRITES ? d : to[i] + d;
    }
    return TAD_OK;
}

static const tad_option sine_options[] = {
    {.name = "how", .kind = TAD_OPTION_INT, .offset = offsetof(wrong_options, how)}};

#define SINE                                                                                       \
    .name = "sine", .family = "test", .doc = "sine with rules that may be wrong", .min_in = 1,     \
    .max_in = 1, .n_out = 1, .options_size = sizeof(wrong_options), .options = sine_options,       \
    .n_options = 1, .shape = sine_shape, .forward = sine_forward, .vjp = sine_vjp, .jvp = sine_jvp
static const tad_op sine = {SINE};
static const tad_op sine_with_hook = {SINE, .backward = sine_backward};

/* cos without any derivative rule. */
static tad_status cosine_forward(const tad_call_frame *c) {
    for (int64_t i = 0; i < c->in[0]->size; i++)
        ((double *)c->out[0]->data)[i] = cos(strided(c->in[0], i));
    return TAD_OK;
}
static const tad_op cosine = {.name = "cosine",
                              .family = "test",
                              .doc = "no rules",
                              .min_in = 1,
                              .max_in = 1,
                              .n_out = 1,
                              .shape = sine_shape,
                              .forward = cosine_forward};
static tad_var refuse(tad_var x) { return tad_apply(&cosine, &x, 1, NULL, NULL, 0); }

static tad_var apply_sine(tad_var x, wrong how) {
    const tad_op *op = how == OVERWRITES || how == HOOK ? &sine_with_hook : &sine;
    return tad_apply(op, &x, 1, &(wrong_options){how}, NULL, 0);
}

static tad_var sine_of(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n;
    return apply_sine(in[0], *(const wrong *)user);
}
static tad_var sum_of_sine(tad_tape *t, const tad_var *in, size_t n, void *user) {
    return tad_sum(sine_of(t, in, n, user), tad_all());
}

static tad_var points(tad_tape *t, int64_t n) {
    double *x = malloc((size_t)n * sizeof *x);
    tad_random r = {5, 0};
    for (int64_t i = 0; i < n; i++) x[i] = -1.2 + 2.4 * tad_random_uniform(&r);
    tad_var v = tad_input(t, TAD_F64, TAD_SHAPE(n), x);
    free(x);
    return v;
}

static tad_verdict check_sine(wrong how, int64_t n, int order, tad_gradcheck_report *r) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = points(t, n);
    tad_verdict v = tad_gradcheck(n > 64 ? sum_of_sine : sine_of, &how, &x, 1,
                                  &(tad_gradcheck_options){.order = order}, r);
    ck_tape(t);
    tad_tape_free(t);
    return v;
}

static bool broken(const tad_gradcheck_report *r, int order, tad_law law) {
    return r->law[order - 1][law].broken > 0;
}

START_TEST(right_passes) {
    tad_gradcheck_report r;
    ck_assert_int_eq(check_sine(RIGHT, 9, 2, &r), TAD_CHECK_PASS);
    ck_assert_uint_eq(r.row[0].checked, 81);
    ck_assert_uint_eq(r.row[0].very_good, 9);
    ck_assert_uint_eq(r.row[0].zero, 72);
    ck_assert_int_eq(r.worst.grade, TAD_GRADE_VERY_GOOD);
    ck_assert_int_eq(r.second, TAD_SECOND_CHECKED);
    ck_assert_str_eq(r.first, "");
    for (int law = 0; law < TAD_LAW_COUNT; law++)
        ck_assert(!broken(&r, 1, law) && !broken(&r, 2, law));
    ck_assert_uint_gt(r.law[0][TAD_LAW_IDENTITY].checked, 80);
    ck_assert_uint_gt(r.law[0][TAD_LAW_LAYOUT].checked, 0);
    ck_assert_uint_gt(r.law[1][TAD_LAW_SYMMETRY].checked, 0);
}
END_TEST

/* What the check of other libraries let through (a sign, a factor, a single entry, 0 for a
 * mean). */
START_TEST(wrong_gradients_fail) {
    static const wrong list[] = {SIGN, FACTOR, SMALL, NAN_RULE, ZERO, ONE_ENTRY};
    tad_gradcheck_report r;
    ck_assert_int_eq(check_sine(list[_i], 9, 1, &r), TAD_CHECK_FAIL);
    ck_assert_int_ge(r.worst.grade, TAD_GRADE_NEEDS_CHECKING);
    ck_assert_uint_gt(r.row[0].needs_checking + r.row[0].bug, 0);
    ck_assert_uint_eq(r.row[0].checked, 81);
    ck_assert_str_ne(r.first, "");
    ck_assert_msg(strstr(r.bad_node, "sine"), "%s", r.bad_node);
}
END_TEST

START_TEST(one_of_4096_fails) {
    tad_gradcheck_report r;
    ck_assert_int_eq(check_sine(ONE_ENTRY, 4096, 1, &r), TAD_CHECK_FAIL);
    ck_assert_uint_eq(r.row[0].bug, 1);
    ck_assert_uint_eq(r.row[0].very_good, 4095);
    ck_assert_int_eq(r.worst.input_element, 7);
}
END_TEST

static tad_var mean_without_gradient(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n;
    tad_var y = tad_mean(tad_square(in[0]), tad_all());
    return *(bool *)user
               ? y
               : tad_add(tad_detach(y), tad_mul(tad_sum(in[0], tad_all()), tad_number(0)));
}

START_TEST(large_mean_of_nothing_fails) {
    tad_gradcheck_report r;
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = points(t, 200000);
    bool right = true, wrong_one = false;
    const tad_gradcheck_options few = {.max_elements = 32};
    tad_verdict v = tad_gradcheck(mean_without_gradient, &right, &x, 1, &few, &r);
    ck_assert_msg(v == TAD_CHECK_PASS, "%s", r.first);
    ck_assert_uint_eq(r.row[0].checked, 40);
    ck_assert_int_eq(tad_gradcheck(mean_without_gradient, &wrong_one, &x, 1, &few, &r),
                     TAD_CHECK_FAIL);
    ck_assert_uint_gt(r.row[0].bug, 30);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

typedef struct lawless {
    wrong how;
    tad_law law;
} lawless;

START_TEST(broken_laws_are_named) {
    static const lawless list[] = {
        {CONSTANT, TAD_LAW_HOMOGENEITY},    {IGNORES, TAD_LAW_HOMOGENEITY},
        {SQUARES, TAD_LAW_HOMOGENEITY},     {SWALLOWS, TAD_LAW_NAN},
        {DIFFERS, TAD_LAW_DETERMINISM},     {WRITES, TAD_LAW_UNCHANGED},
        {STRIDES, TAD_LAW_LAYOUT},          {REPEATS, TAD_LAW_LAYOUT},
        {PLACE, TAD_LAW_DETERMINISM},       {ONLY_JVP, TAD_LAW_IDENTITY},
        {OVERWRITES, TAD_LAW_ACCUMULATION}, {HOOK, TAD_LAW_PATHS}};
    tad_gradcheck_report r;
    ck_assert_int_eq(check_sine(list[_i].how, 6, 1, &r), TAD_CHECK_FAIL);
    ck_assert_msg(broken(&r, 1, list[_i].law), "%s; first: %s", tad_law_text(list[_i].law),
                  r.first);
}
END_TEST

START_TEST(second_order) {
    tad_gradcheck_report r;
    ck_assert_int_eq(check_sine(SECOND, 6, 1, &r), TAD_CHECK_PASS);
    ck_assert_int_eq(r.second, TAD_SECOND_NOT_ASKED);
    ck_assert_int_eq(check_sine(SECOND, 6, 2, &r), TAD_CHECK_FAIL);
    ck_assert_msg(strstr(r.first, "order 2"), "%s", r.first);
    ck_assert_uint_gt(r.second_row.bug, 0);
    ck_assert_int_eq(check_sine(REFUSES, 6, 1, &r), TAD_CHECK_PASS);
    ck_assert_int_eq(check_sine(REFUSES, 6, 2, &r), TAD_CHECK_PASS);
    ck_assert_int_eq(r.second, TAD_SECOND_REFUSED);
}
END_TEST

/* ---- functions ---- */

static tad_var relu_of(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_relu(in[0]);
}
static tad_var floor_of(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_floor(in[0]);
}
static tad_var constant_of(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)n, (void)in, (void)user;
    return tad_full(t, TAD_F64, TAD_SHAPE(2), 3);
}
static tad_var buried(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_add(tad_number(1e9), tad_sin(in[0]));
}

static tad_var half_buried(tad_tape *t, const tad_var *in, size_t n, void *user) {
    return tad_concat((tad_var[]){buried(t, in, n, user), tad_exp(in[0])}, 2, 0);
}

START_TEST(verdicts) {
    tad_gradcheck_report r;
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){-0.5, 0, 0.5});
    ck_assert_int_eq(tad_gradcheck(relu_of, NULL, &x, 1, NULL, &r), TAD_CHECK_PASS);
    ck_assert_uint_eq(r.row[0].kink, 1);
    ck_assert_uint_eq(r.row[0].very_good, 1);
    tad_gradcheck_input strict = {.kinks = TAD_KINKS_FAIL};
    ck_assert_int_eq(
        tad_gradcheck(relu_of, NULL, &x, 1, &(tad_gradcheck_options){.inputs = &strict}, &r),
        TAD_CHECK_FAIL);
    bool only_first[] = {true, false, false};
    tad_gradcheck_input masked = {.mask = only_first};
    ck_assert_int_eq(
        tad_gradcheck(relu_of, NULL, &x, 1, &(tad_gradcheck_options){.inputs = &masked}, &r),
        TAD_CHECK_VACUOUS);
    ck_assert_int_eq(tad_gradcheck(constant_of, NULL, &x, 1, NULL, &r), TAD_CHECK_VACUOUS);
    ck_assert_int_eq(tad_gradcheck(floor_of, NULL, &x, 1, NULL, &r), TAD_CHECK_INCONCLUSIVE);
    ck_assert_int_eq(tad_gradcheck(buried, NULL, &x, 1, NULL, &r), TAD_CHECK_INCONCLUSIVE);
    ck_assert_uint_gt(r.row[0].inconclusive, 0);
    ck_assert_int_eq(tad_gradcheck(half_buried, NULL, &x, 1, NULL, &r), TAD_CHECK_INCONCLUSIVE);
    const tad_gradcheck_options most = {.inconclusive = 0.9};
    ck_assert_int_eq(tad_gradcheck(half_buried, NULL, &x, 1, &most, &r), TAD_CHECK_PASS);
    x = tad_input(t, TAD_F64, TAD_SHAPE(0), NULL);
    ck_assert_int_eq(tad_gradcheck(relu_of, NULL, &x, 1, NULL, &r), TAD_CHECK_VACUOUS);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* Reads a variable of its own instead of in[0]. */
static tad_var own_variable(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)in, (void)n;
    return tad_sum(tad_square(*(tad_var *)user), tad_all());
}
static tad_var detached(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_detach(tad_square(in[0]));
}
static tad_var sign_of(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_sign(in[0]);
}
static tad_var largest_of(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_cast(tad_argmax(in[0], tad_all()), TAD_F64);
}

static const char *const independent = "does not depend on its inputs";

START_TEST(a_function_that_ignores_its_inputs_is_told_so) {
    tad_gradcheck_report r;
    tad_simple_row row;
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = points(t, 5), w = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});
    tad_fn *const list[] = {own_variable, constant_of};
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(tad_gradcheck(list[i], &w, &x, 1, NULL, &r), TAD_CHECK_VACUOUS);
        ck_assert_msg(strstr(r.first, independent), "%s", r.first);
        ck_tape(t);
        ck_assert_int_eq(tad_gradcheck_simple(list[i], &w, &x, 1, NULL, &row), TAD_BAD_ARGUMENT);
        ck_refused(t, TAD_BAD_ARGUMENT, "gradcheck_simple", independent);
    }
    tad_tape_free(t);
}
END_TEST

/* Nothing leads to the result, but its values say otherwise. */
START_TEST(a_detached_result_is_a_wrong_gradient) {
    tad_gradcheck_report r;
    tad_simple_row row;
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = points(t, 5);
    ck_assert_int_eq(tad_gradcheck(detached, NULL, &x, 1, NULL, &r), TAD_CHECK_FAIL);
    ck_assert_msg(!strstr(r.first, independent), "%s", r.first);
    ck_done(tad_gradcheck_simple(detached, NULL, &x, 1, NULL, &row), t);
    ck_assert_int_eq(row.worst_grade, TAD_GRADE_BUG);
    tad_tape_free(t);
}
END_TEST

static tad_var vectors(tad_tape *t, const tad_var *x, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    tad_var v;
    (void)tad_eigh(tad_reshape(x[0], TAD_SHAPE(2, 2)), &v);
    return v;
}

/* Beside values 1e-4 apart an element of 1e-17 is taken for zero: the vectors stand still, where
 * their slope is 5000. */
START_TEST(a_dead_zone_under_a_slope_is_no_slope) {
    tad_gradcheck_report r;
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(4), (double[]){1, 0, 0, 1.0001});
    const tad_verdict v = tad_gradcheck(vectors, NULL, &x, 1, NULL, &r);
    ck_assert_msg(v == TAD_CHECK_PASS, "%s: %s", tad_verdict_text(v), r.first);
    tad_tape_free(t);
}
END_TEST

/* The length of (x, y), the derivative by y left out. */
static tad_var half_a_length(tad_tape *t, const tad_var *x, size_t n, void *whole) {
    (void)t, (void)n;
    const tad_var y = tad_select(x[0], 0, 1);
    return tad_hypot(tad_select(x[0], 0, 0), whole ? y : tad_detach(y));
}

/* Steps that are large beside x and y see a kink. */
START_TEST(near_zero_no_kink_hides_a_wrong_gradient) {
    tad_gradcheck_report r;
    for (double size = 1; size > 1e-16; size /= 100) {
        tad_tape *t = tad_tape_new(NULL);
        tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){3 * size, 4 * size});
        ck_assert_int_eq(tad_gradcheck(half_a_length, &size, &x, 1, NULL, &r), TAD_CHECK_PASS);
        ck_assert_uint_eq(r.row[0].kink, 0);
        ck_assert_int_eq(tad_gradcheck(half_a_length, NULL, &x, 1, NULL, &r), TAD_CHECK_FAIL);
        tad_tape_free(t);
    }
}
END_TEST

START_TEST(a_derivative_of_zero_is_no_missing_dependence) {
    tad_fn *const list[] = {floor_of, sign_of, largest_of};
    tad_gradcheck_report r;
    tad_simple_row row;
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){-0.5, 0.4, 1.5});
    ck_assert_int_eq(tad_gradcheck(list[_i], NULL, &x, 1, NULL, &r), TAD_CHECK_VACUOUS);
    ck_assert_str_eq(r.first, "");
    ck_done(tad_gradcheck_simple(list[_i], NULL, &x, 1, NULL, &row), t);
    ck_assert_uint_eq(row.nonzero, 0);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

static tad_var net(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n;
    tad_var h = tad_tanh(tad_add(tad_mul(in[0], in[1]), in[2]));
    h = apply_sine(h, *(const wrong *)user);
    return tad_mean(tad_square(tad_name(h, "hidden")), tad_all());
}

/* x sin y, which keeps the node counts at which it is called: the first and the largest. */
static tad_var counted(tad_tape *t, const tad_var *in, size_t n, void *user) {
    size_t *count = user, now = tad_node_count(t);
    if (count[0] == 0) count[0] = now;
    if (now > count[1]) count[1] = now;
    return tad_sum(tad_mul(in[0], tad_sin(in[n - 1])), tad_all());
}

/* But for the inputs that it is called with a second time, and for one recording, of a derivative
 * at most, that is open while the function is recorded at another point. */
START_TEST(every_recording_of_a_check_goes_before_the_next) {
    enum { OPEN = 20 };
    size_t count[2] = {0};
    tad_tape *t = tad_tape_new(NULL);
    tad_var in[] = {points(t, 3), points(t, 3)};
    ck_assert_int_eq(
        tad_gradcheck(counted, count, in, 2, &(tad_gradcheck_options){.order = 2}, NULL),
        TAD_CHECK_PASS);
    ck_assert_uint_gt(count[0], 0);
    ck_assert_uint_le(count[1], count[0] + OPEN);
    tad_tape_free(t);
}
END_TEST

/* ---- text ---- */

typedef struct text {
    char at[8000];
    size_t n;
    size_t limit; /* stops after so many pieces; 0: never */
} text;

static bool collect(void *user, const char *piece, size_t length) {
    text *to = user;
    if (to->limit && --to->limit == 0) return false;
    if (to->n + length >= sizeof to->at) return false;
    memcpy(to->at + to->n, piece, length);
    to->n += length;
    return true;
}

/* ---- nodes, inputs, types ---- */

/* The first steps go over many waves, and even the finest ones of the first 28 are large beside
 * one: their differences still fall as a smooth function's do, which is no rounding. */
static tad_var waves(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n;
    return tad_sin(tad_mul(in[0], tad_number(*(const double *)user)));
}

START_TEST(short_waves_are_followed_to_steps_that_are_small_beside_them) {
    static double turns[] = {3e5, 1e6, 3e6};
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(5), (double[]){0.3, 0.7, 1.1, -2.3, 5});
    for (int k = 0; k < 3; k++) {
        tad_gradcheck_report r;
        ck_assert_int_eq(tad_gradcheck(waves, &turns[k], &x, 1, NULL, &r), TAD_CHECK_PASS);
        ck_assert_uint_eq(r.row[0].inconclusive, 0);
    }
    tad_tape_free(t);
}
END_TEST

START_TEST(first_bad_node) {
    tad_gradcheck_report r;
    tad_tape *t = tad_tape_new(NULL);
    tad_random random = {4, 0};
    double data[12];
    for (int i = 0; i < 12; i++) data[i] = tad_random_normal(&random);
    tad_var in[] = {tad_input(t, TAD_F64, TAD_SHAPE(2, 3), data),
                    tad_name(tad_param(t, TAD_F64, TAD_SHAPE(3), data + 6), "W"),
                    tad_name(tad_param(t, TAD_F64, TAD_SHAPE(3), data + 9), "b")};
    wrong how = RIGHT;
    ck_assert_int_eq(tad_gradcheck(net, &how, in, 3, NULL, &r), TAD_CHECK_PASS);
    ck_assert_str_eq(r.row[1].name, "W");
    ck_assert_str_eq(r.bad_node, "");
    how = FACTOR;
    ck_assert_int_eq(tad_gradcheck(net, &how, in, 3, NULL, &r), TAD_CHECK_FAIL);
    ck_assert_msg(strstr(r.bad_node, "sine (2,3)"), "%s", r.bad_node);
    tad_tape_free(t);
}
END_TEST

static tad_var sine_at_its_place(tad_tape *t, const tad_var *in, size_t n, void *user) {
    return tad_here(sine_of(t, in, n, user), "model.c", 18);
}

START_TEST(first_bad_node_is_at_its_place) {
    tad_gradcheck_report r;
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = points(t, 4);
    wrong how = FACTOR;
    ck_assert_int_eq(tad_gradcheck(sine_at_its_place, &how, &x, 1, NULL, &r), TAD_CHECK_FAIL);
    ck_assert_msg(strstr(r.bad_node, " sine (4) at model.c:18"), "%s", r.bad_node);
    tad_tape_free(t);
}
END_TEST

static tad_var sum_of_all(tad_tape *t, const tad_var *in, size_t n, void *user) {
    tad_var y = in[0];
    (void)t, (void)user;
    for (size_t i = 1; i < n; i++) y = tad_add(y, tad_square(in[i]));
    return y;
}

START_TEST(inputs_beyond_the_rows_share_the_last) {
    enum { N = TAD_CHECK_ROWS + 3 };
    static tad_gradcheck_report r;
    tad_tape *t = tad_tape_new(NULL);
    tad_var in[N];
    for (int i = 0; i < N; i++) in[i] = tad_scalar(t, 1 + 0.1 * i);
    for (int more = 0; more < 2; more++) {
        size_t n = more ? N : TAD_CHECK_ROWS;
        ck_assert_int_eq(tad_gradcheck(sum_of_all, NULL, in, n, NULL, &r), TAD_CHECK_PASS);
        ck_assert_uint_eq(r.rows, TAD_CHECK_ROWS);
        ck_assert_str_eq(r.row[TAD_CHECK_ROWS - 2].name, "x[30]");
        ck_assert_str_eq(r.row[TAD_CHECK_ROWS - 1].name, more ? "(others)" : "x[31]");
        ck_assert_uint_eq(r.row[TAD_CHECK_ROWS - 1].checked, more ? 4 : 1);
    }
    tad_tape_free(t);
}
END_TEST

static tad_var in_float32(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_cast(tad_square(in[0]), TAD_F32);
}

START_TEST(what_is_not_in_float64_is_refused) {
    tad_gradcheck_report r;
    tad_tape *t = tad_tape_new(NULL);
    tad_var in[] = {tad_scalar(t, 2), tad_input(t, TAD_F32, TAD_0D, &(float){1})};
    ck_assert_int_eq(tad_gradcheck(in_float32, NULL, in, 1, NULL, &r), TAD_CHECK_ERROR);
    ck_assert_int_eq(r.status, TAD_BAD_DTYPE);
    ck_refused(t, TAD_BAD_DTYPE, "float32, not float64");
    tad_simple_row rows[2];
    ck_assert_int_eq(tad_gradcheck_simple(sum_of_all, NULL, in, 2, NULL, rows), TAD_BAD_DTYPE);
    ck_refused(t, TAD_BAD_DTYPE, "input 1 is float32");
    static text out;
    ck_assert_int_eq(tad_gradcheck_print(&r, collect, &out), TAD_OK);
    const char *end = tad_status_text(TAD_BAD_DTYPE);
    ck_assert_msg(strstr(out.at, "ERROR: ") && strstr(out.at, end), "%s", out.at);
    tad_tape_free(t);
}
END_TEST

/* The square, of what is at most 1: elsewhere it fails. */
static tad_var square_below_one(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)n, (void)user;
    if (tad_item(in[0]) > 1) tad_tape_fail(t, TAD_BAD_ARGUMENT, "out of the domain");
    return tad_square(in[0]);
}

START_TEST(samples_of_a_simplex_have_rows_that_sum_to_one) {
    enum { ROWS = 3, COLUMNS = 4 };
    double x[ROWS][COLUMNS];
    tad_tape *t = tad_tape_new(NULL);
    const tad_sample_input in = {.type = {TAD_F64, TAD_SHAPE(ROWS, COLUMNS)},
                                 .fill = TAD_FILL_SIMPLEX};
    ck_done(tad_read(tad_sample_fill(t, &in, 5), x[0], ROWS * COLUMNS), t);
    for (int r = 0; r < ROWS; r++) {
        double sum = 0;
        for (int k = 0; k < COLUMNS; k++) {
            ck_assert(x[r][k] > 0);
            sum += x[r][k];
        }
        ck_near(sum, 1, 1e-15);
    }
    ck_assert(tad_is_nil(tad_sample_fill(t, NULL, 5)));
    ck_refused(t, TAD_BAD_ARGUMENT, "sample_fill");
    ck_assert(tad_is_nil(tad_sample_fill(t, &(tad_sample_input){.type = {TAD_F64, {1, {-1}}}}, 5)));
    ck_refused(t, TAD_BAD_ARGUMENT, "sample_fill", "possible shape");
    tad_tape_free(t);
}
END_TEST

START_TEST(points_outside_of_the_domain_prove_nothing) {
    tad_gradcheck_report r;
    tad_tape *t = tad_tape_new(NULL);
    tad_var edge = tad_scalar(t, 1), inside = tad_scalar(t, 0.25);
    ck_assert_int_eq(tad_gradcheck(square_below_one, NULL, &inside, 1, NULL, &r), TAD_CHECK_PASS);
    ck_assert_int_eq(tad_gradcheck(square_below_one, NULL, &edge, 1, NULL, &r),
                     TAD_CHECK_INCONCLUSIVE);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

static tad_var with_dropout(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_dropout(tad_mul(in[0], in[1]), 0.5);
}
static tad_var with_param(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n;
    return tad_sum(tad_mul(in[0], *(tad_var *)user), tad_all());
}

START_TEST(tape_is_left_as_found) {
    tad_tape *t = tad_tape_new(&(tad_settings){.seed = 3});
    tad_var x[] = {points(t, 20), points(t, 20)};
    tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(20), NULL);
    ck_done(tad_reverse(tad_sum(tad_mul(tad_square(x[0]), tad_add(w, tad_number(1))), tad_all())),
            t);
    double before[20], weight[20], after[20];
    memcpy(before, tad_gradient_data(x[0]), sizeof before);
    memcpy(weight, tad_gradient_data(w), sizeof weight);
    size_t nodes = tad_node_count(t);
    tad_random random = tad_tape_random(t);
    ck_assert_int_eq(tad_gradcheck(with_dropout, NULL, x, 2, NULL, NULL), TAD_CHECK_PASS);
    ck_assert_int_eq(tad_gradcheck(with_param, &w, x, 2, NULL, NULL), TAD_CHECK_VACUOUS);
    ck_tape(t);
    ck_assert_uint_eq(tad_node_count(t), nodes);
    ck_assert_uint_eq(tad_tape_random(t).drawn, random.drawn);
    memcpy(after, tad_gradient_data(x[0]), sizeof after);
    ck_assert_mem_eq(before, after, sizeof after);
    memcpy(after, tad_gradient_data(w), sizeof after);
    ck_assert_mem_eq(weight, after, sizeof after);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

static tad_var mixed(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_square(tad_gather(in[0], in[1], 1));
}
static tad_var mismatched(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_add(in[0], in[1]);
}
static tad_var nothing(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user, (void)in;
    return tad_number(2);
}

START_TEST(misuse) {
    tad_gradcheck_report r;
    tad_tape *t = tad_tape_new(NULL);
    tad_var in[] = {tad_input(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){1, 2, 3, 3, 1, 2}),
                    tad_constant_from(t, TAD_I64, TAD_SHAPE(2, 1), (double[]){0, 2})};
    ck_assert_int_eq(tad_gradcheck(mixed, NULL, in, 2, NULL, &r), TAD_CHECK_PASS);
    ck_assert_uint_eq(r.rows, 1);
    in[1] = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL);
    ck_assert_int_eq(tad_gradcheck(mismatched, NULL, in, 2, NULL, &r), TAD_CHECK_ERROR);
    ck_assert_int_eq(r.status, TAD_BAD_SHAPE);
    ck_refused(t, TAD_BAD_SHAPE, "add", "(2,3)");
    ck_assert_int_eq(tad_gradcheck(nothing, NULL, in, 1, NULL, &r), TAD_CHECK_ERROR);
    ck_refused(t, TAD_BAD_HANDLE, "gradcheck");
    in[1] = tad_input(t, TAD_F32, TAD_SHAPE(2), NULL);
    ck_assert_int_eq(tad_gradcheck(mixed, NULL, in, 2, NULL, &r), TAD_CHECK_ERROR);
    ck_refused(t, TAD_BAD_DTYPE, "input 1", "float32");
    ck_assert_int_eq(tad_gradcheck(NULL, NULL, in, 1, NULL, &r), TAD_CHECK_ERROR);
    ck_assert_int_eq(tad_gradcheck(mixed, NULL, NULL, 1, NULL, &r), TAD_CHECK_ERROR);
    ck_assert_int_eq(tad_gradcheck(mixed, NULL, in, 0, NULL, NULL), TAD_CHECK_ERROR);
    ck_assert_int_eq(tad_gradcheck_op(NULL, NULL, &r), TAD_CHECK_ERROR);
    tad_tape *other = tad_tape_new(NULL);
    in[1] = tad_scalar(other, 1);
    ck_assert_int_eq(tad_gradcheck(mixed, NULL, in, 2, NULL, &r), TAD_CHECK_ERROR);
    ck_refused(t, TAD_BAD_HANDLE, "input 1");
    tad_tape_free(other);
    tad_tape_free(t);
}
END_TEST

static tad_var half_detached(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_sum(tad_mul(*in, tad_detach(*in)), tad_all());
}

/* x where it should be 2 x: as vectors |x| / (|x| + |2 x|), whatever the entries. */
START_TEST(the_norm_wise_error_is_of_all_entries) {
    tad_gradcheck_report r;
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(5), (double[]){3, -1, 0.5, 2, 0.25});
    ck_assert_int_eq(tad_gradcheck(half_detached, NULL, &x, 1, NULL, &r), TAD_CHECK_FAIL);
    ck_assert_uint_ge(r.rows, 1);
    ck_near(r.row[0].norm_wise, 1.0 / 3, 1e-6);
    tad_tape_free(t);
}
END_TEST

/* A sample that says how many inputs it has and not which; a row's with more than rows take. */
START_TEST(samples_without_inputs) {
    const tad_sample_input five[5] = {{.type = {TAD_F64, {1, {3}}}}, {.absent = true}};
    const tad_sample missing[] = {{.label = "missing", .n = 1}},
                     many[] = {{.label = "many", .n = 5, .in = five}};
    tad_op op = *tad_op_find(_i ? "softmax" : "exp");
    tad_gradcheck_report r;
    op.samples = missing;
    op.n_samples = 1;
    ck_assert_int_eq(tad_gradcheck_op(&op, NULL, &r), TAD_CHECK_ERROR);
    ck_assert_int_eq(r.status, TAD_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(r.first, "sample 0 has no inputs"));
    op.samples = many;
    ck_assert_int_eq(tad_gradcheck_op(&op, NULL, &r), TAD_CHECK_ERROR);
    ck_assert_int_eq(r.status, TAD_BAD_ARGUMENT);
}
END_TEST

/* ---- the net of the textbook: affine, relu, affine, cross entropy ---- */

enum { PIXELS = 64, HIDDEN = 12, CLASSES = 10, BATCH = 10 };

static tad_var two_layers(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n;
    const tad_var *data = user;
    tad_var h = tad_relu(tad_affine(data[0], in[0], in[1]));
    return tad_cross_entropy(tad_affine(h, in[2], in[3]), data[1], NULL);
}

/* Weights 0.01 N(0,1), no biases, images half black. */
static void make_net(tad_tape *t, tad_var *in, tad_var *data) {
    static double x[BATCH * PIXELS], label[BATCH], w[PIXELS * HIDDEN];
    tad_random r = {11, 0};
    for (int i = 0; i < BATCH * PIXELS; i++)
        x[i] = tad_random_below(&r, 2) ? tad_random_uniform(&r) : 0;
    for (int i = 0; i < BATCH; i++) label[i] = (double)tad_random_below(&r, CLASSES);
    for (int i = 0; i < PIXELS * HIDDEN; i++) w[i] = 0.01 * tad_random_normal(&r);
    data[0] = tad_constant(t, TAD_F64, TAD_SHAPE(BATCH, PIXELS), x);
    data[1] = tad_constant_from(t, TAD_I64, TAD_SHAPE(BATCH), label);
    in[0] = tad_name(tad_param(t, TAD_F64, TAD_SHAPE(PIXELS, HIDDEN), w), "W1");
    in[1] = tad_name(tad_param(t, TAD_F64, TAD_SHAPE(HIDDEN), NULL), "b1");
    in[2] = tad_name(tad_param(t, TAD_F64, TAD_SHAPE(HIDDEN, CLASSES), w), "W2");
    in[3] = tad_name(tad_param(t, TAD_F64, TAD_SHAPE(CLASSES), NULL), "b2");
}

/* The textbook's check calls right gradients wrong at its own thresholds; the sweep does not, and
 * still sees what it should. */
START_TEST(S3_gradient_check) {
    tad_gradcheck_report r;
    tad_simple_row row[4];
    tad_tape *t = tad_tape_new(NULL);
    tad_var in[4], data[2];
    make_net(t, in, data);
    ck_done(tad_gradcheck_simple(two_layers, data, in, 4, &(tad_simple_options){.step = 1e-6}, row),
            t);
    ck_assert_str_eq(row[0].name, "W1");
    ck_assert_uint_eq(row[0].checked, PIXELS * HIDDEN);
    ck_assert_int_le(row[0].norm_grade, TAD_GRADE_ACCEPTABLE);
    ck_assert_msg(!(row[0].worst < 1e-7), "worst element %g", row[0].worst);
    tad_verdict v = tad_gradcheck(two_layers, data, in, 4, NULL, &r);
    ck_assert_msg(v == TAD_CHECK_PASS, "%s: %s", tad_verdict_text(v), r.first);
    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(r.row[i].needs_checking + r.row[i].bug, 0);
        ck_assert_double_lt(r.row[i].norm_wise, 1e-7);
    }
    tad_tape_free(t);
}
END_TEST

/* ---- out of memory ---- */

START_TEST(without_memory) {
    wrong how = RIGHT;
    bool done = false;
    for (size_t fail = 1; !done; fail++) {
        support_memory m = {.fail_at = fail, .for_ever = _i, .scarce = true};
        tad_tape *t = support_tape(&m);
        if (t) {
            tad_var x[] = {points(t, 9), points(t, 9)};
            size_t nodes = tad_node_count(t), refused = m.refused;
            tad_gradcheck_report r;
            tad_verdict v = tad_gradcheck(sine_of, &how, x, 1, NULL, &r);
            done = v == TAD_CHECK_PASS && m.refused == 0;
            /* during the check, which could do without a chunk, but not for ever */
            if (m.refused > refused && (_i || v != TAD_CHECK_PASS)) {
                ck_assert_int_eq(v, TAD_CHECK_ERROR);
                ck_assert_int_eq(r.status, TAD_NO_MEMORY);
                ck_assert_int_eq(tad_tape_status(t), TAD_NO_MEMORY);
                ck_assert_uint_eq(tad_node_count(t), nodes);
            }
        }
        tad_tape_free(t);
        ck_no_leak(&m);
    }
}
END_TEST

START_TEST(simple_without_memory) {
    wrong how = RIGHT;
    bool done = false;
    for (size_t fail = 1; !done; fail++) {
        support_memory m = {.fail_at = fail, .for_ever = true, .scarce = true};
        tad_tape *t = support_tape(&m);
        if (t) {
            const tad_var x = points(t, 9);
            const size_t refused = m.refused;
            tad_simple_row row;
            const tad_status s = tad_gradcheck_simple(sum_of_sine, &how, &x, 1, NULL, &row);
            done = s == TAD_OK && m.refused == 0;
            if (m.refused > refused) ck_assert_int_eq(s, TAD_NO_MEMORY);
        }
        tad_tape_free(t);
        ck_no_leak(&m);
    }
}
END_TEST

/* The same for the check of an op, on the tape it makes. */
START_TEST(op_without_memory) {
    bool done = false;
    for (size_t fail = 1; !done; fail += _i ? 1 : 7) {
        support_memory m = {.fail_at = fail, .for_ever = _i, .scarce = true};
        tad_settings settings = {.allocator = support_allocator(&m)};
        tad_gradcheck_report r;
        tad_verdict v = tad_gradcheck_op(
            tad_op_find("neg"), &(tad_gradcheck_options){.settings = &settings, .repeats = 1}, &r);
        done = m.refused == 0;
        bool failed = m.refused > 0 && (_i || v != TAD_CHECK_PASS);
        ck_assert_int_eq(v, failed ? TAD_CHECK_ERROR : TAD_CHECK_PASS);
        if (failed) ck_assert_int_eq(r.status, TAD_NO_MEMORY);
        ck_no_leak(&m);
    }
}
END_TEST

/* ---- reports ---- */

/* The limit of a law is the last that is one; a law that is exact has none. */
START_TEST(limits_of_laws) {
    static const double limit[] = {0, 1e-3, 2e-3, 0}, seen[] = {0, 1e-3, 2e-3, 2e-3};
    tad_gradcheck_report r = {.rows = 0};
    tad__notes n = {.report = &r};
    for (int k = 0; k < 4; k++) {
        tad__note(&n, TAD_LAW_LAYOUT, 0, limit[k], "%d", k);
        ck_near(r.law[0][TAD_LAW_LAYOUT].limit, seen[k], 0);
    }
}
END_TEST

START_TEST(report_as_text) {
    tad_gradcheck_report r;
    static text out;
    ck_assert_int_eq(check_sine(ONE_ENTRY, 9, 2, &r), TAD_CHECK_FAIL);
    ck_assert_int_eq(tad_gradcheck_print(&r, collect, &out), TAD_OK);
    static const char *const words[] = {"FAIL: probably a bug", "x[0]",     "(9)",
                                        "d y[7] / d x[0][7]",   "analytic", "LAYOUT ok",
                                        "first bad node: #",    "+-"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        ck_assert_msg(strstr(out.at, words[i]), "no \"%s\" in\n%s", words[i], out.at);
    static text laws;
    r.law[0][TAD_LAW_LAYOUT].checked = 0;
    ck_assert_int_eq(tad_gradcheck_print(&r, collect, &laws), TAD_OK);
    const char *first = strstr(laws.at, "laws of order 1:"),
               *end = first ? strchr(first, '\n') : NULL;
    ck_assert(end && strstr(first, "HOMOGENEITY ok") < end);
    ck_assert_msg(!strstr(first, "LAYOUT"), "a law that was not asked about in\n%s", first);
    static text without;
    ck_assert_ptr_nonnull(strstr(out.at, " worst: d y"));
    ck_assert_ptr_null(strstr(out.at, "worst of order 2"));
    r.worst.grade = TAD_GRADE_NONE;
    ck_assert_int_eq(tad_gradcheck_print(&r, collect, &without), TAD_OK);
    ck_assert_ptr_null(strstr(without.at, " worst: d"));
    static text broken_law;
    r.law[1][TAD_LAW_SYMMETRY] =
        (tad_law_result){.checked = 7, .broken = 3, .worst = 0.25, .limit = 1e-6};
    ck_assert_int_eq(tad_gradcheck_print(&r, collect, &broken_law), TAD_OK);
    ck_assert_ptr_nonnull(strstr(broken_law.at, "SYMMETRY BROKEN 3 of 7 (2.5e-01, limit 1.0e-06)"));
    ck_assert_int_eq(tad_gradcheck_print(&r, collect, &(text){.limit = 3}), TAD_IO);
    ck_assert_int_eq(tad_gradcheck_print(NULL, collect, &out), TAD_BAD_ARGUMENT);
    ck_assert_str_eq(tad_verdict_text((tad_verdict)77), "?");
    ck_assert_str_eq(tad_grade_text((tad_grade)77), "?");
    ck_assert_str_eq(tad_law_text((tad_law)77), "?");
}
END_TEST

/* ---- the simple check ---- */

START_TEST(simple_check) {
    tad_simple_row row;
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = points(t, 9);
    wrong how = RIGHT;
    ck_done(tad_gradcheck_simple(sum_of_sine, &how, &x, 1, NULL, &row), t);
    ck_assert_uint_eq(row.checked, 9);
    ck_assert_int_eq(row.norm_grade, TAD_GRADE_VERY_GOOD);
    ck_assert_int_le(row.worst_grade, TAD_GRADE_ACCEPTABLE);
    how = SIGN;
    ck_done(tad_gradcheck_simple(sine_of, &how, &x, 1, NULL, &row), t);
    ck_assert_int_eq(row.worst_grade, TAD_GRADE_BUG);
    ck_assert_int_eq(row.norm_grade, TAD_GRADE_BUG);
    how = NAN_RULE;
    ck_done(tad_gradcheck_simple(sine_of, &how, &x, 1, NULL, &row), t);
    ck_assert_int_eq(row.worst_grade, TAD_GRADE_BUG);
    ck_assert_int_eq(row.norm_grade, TAD_GRADE_BUG);
    how = ONE_ENTRY;
    ck_done(
        tad_gradcheck_simple(sine_of, &how, &x, 1, &(tad_simple_options){.max_elements = 3}, &row),
        t);
    ck_assert_uint_eq(row.checked, 3);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

static tad_var faint(tad_tape *t, const tad_var *in, size_t n, void *user) {
    return tad_mul(tad_sum(sine_of(t, in, n, user), tad_all()), tad_number(1e-14));
}

/* What its documentation says it cannot see, and tad_gradcheck does. */
START_TEST(simple_check_is_blind) {
    tad_simple_row row;
    tad_gradcheck_report r;
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = points(t, 9);
    wrong how = SIGN;
    ck_done(tad_gradcheck_simple(faint, &how, &x, 1, NULL, &row), t);
    ck_assert_int_lt(row.worst_grade, TAD_GRADE_NEEDS_CHECKING);
    ck_assert_int_eq(tad_gradcheck(faint, &how, &x, 1, NULL, &r), TAD_CHECK_FAIL);
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("gradcheck");
    TCase *c = support_case(s, "sweep");
    tcase_add_loop_test(c, known_derivatives, 0, FUNCTIONS);
    tcase_add_test(c, cancellation);
    tcase_add_test(c, the_largest_steps_may_tell_of_a_grid);
    tcase_add_loop_test(c, near_kinks, 0, sizeof corners / sizeof *corners);
    tcase_add_test(c, at_kinks);
    c = support_case(s, "wrong");
    tcase_add_test(c, right_passes);
    tcase_add_loop_test(c, wrong_gradients_fail, 0, 6);
    tcase_add_test(c, one_of_4096_fails);
    tcase_add_test(c, large_mean_of_nothing_fails);
    tcase_add_loop_test(c, broken_laws_are_named, 0, 11);
    tcase_add_test(c, second_order);
    c = support_case(s, "function");
    tcase_add_test(c, verdicts);
    tcase_add_test(c, a_function_that_ignores_its_inputs_is_told_so);
    tcase_add_test(c, a_detached_result_is_a_wrong_gradient);
    tcase_add_loop_test(c, a_derivative_of_zero_is_no_missing_dependence, 0, 3);
    tcase_add_test(c, a_dead_zone_under_a_slope_is_no_slope);
    tcase_add_test(c, near_zero_no_kink_hides_a_wrong_gradient);
    tcase_add_test(c, short_waves_are_followed_to_steps_that_are_small_beside_them);
    tcase_add_test(c, first_bad_node);
    tcase_add_test(c, first_bad_node_is_at_its_place);
    tcase_add_test(c, inputs_beyond_the_rows_share_the_last);
    tcase_add_test(c, what_is_not_in_float64_is_refused);
    tcase_add_test(c, points_outside_of_the_domain_prove_nothing);
    tcase_add_test(c, samples_of_a_simplex_have_rows_that_sum_to_one);
    tcase_add_test(c, every_recording_of_a_check_goes_before_the_next);
    tcase_add_test(c, tape_is_left_as_found);
    tcase_add_test(c, misuse);
    tcase_add_loop_test(c, samples_without_inputs, 0, 2);
    tcase_add_test(c, the_norm_wise_error_is_of_all_entries);
    tcase_add_test(c, S3_gradient_check);
    tcase_add_loop_test(c, without_memory, 0, 2);
    tcase_add_test(c, simple_without_memory);
    tcase_add_loop_test(c, op_without_memory, 0, 2);
    tcase_add_test(c, limits_of_laws);
    tcase_add_test(c, report_as_text);
    c = support_case(s, "simple");
    tcase_add_test(c, simple_check);
    tcase_add_test(c, simple_check_is_blind);
    return s;
}

SUPPORT_MAIN(suite)
