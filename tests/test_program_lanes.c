/* Programs of numbers at many points, with lists, choices and decisions: the bits, failures and
 * outputs are those of the points one by one, wherever the points that fail lie. */
#include "programs.h"

#include <tad/gradcheck.h>

/* ---- which ops go with it ---- */

static bool of_one_shape(const tad_var *in, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (tad_is_nil(in[i]) || tad_size_of(in[i]) != tad_size_of(in[0])) return false;
    return n > 0;
}

/* Element e alone. */
static tad_var element_of(tad_var x, size_t e) {
    const tad_dtype dtype = tad_dtype_of(x);
    return tad_input(t, dtype, TAD_0D, (const char *)tad_data(x) + e * tad_dtype_size(dtype));
}

static void compare_elements(const tad_op *op, const tad_sample *s) {
    tad_var in[TAD_MAX_INPUTS], one[TAD_MAX_INPUTS], all, alone;
    for (size_t i = 0; i < s->n; i++) in[i] = tad_sample_fill(t, &s->in[i], 5 + i);
    if (!of_one_shape(in, s->n)) return;
    all = tad_apply(op, in, s->n, s->options, NULL, 0);
    for (size_t e = 0; e < (size_t)tad_size_of(all); e++) {
        for (size_t i = 0; i < s->n; i++) one[i] = element_of(in[i], e);
        alone = tad_apply(op, one, s->n, s->options, NULL, 0);
        const size_t width = tad_dtype_size(tad_dtype_of(all));
        compare_bits((const char *)tad_data(all) + e * width, alone, op->name, e);
    }
}

START_TEST(pointwise_ops_compute_each_element_alone) {
    size_t ops = 0;
    for (size_t k = 0; k < tad_op_count(); k++) {
        const tad_op *op = tad_op_at(k);
        if (!(op->flags & TAD_OP_POINTWISE)) continue;
        ops++;
        for (size_t i = 0; i < op->n_samples; i++) compare_elements(op, &op->samples[i]);
    }
    ck_tape(t);
    ck_assert_uint_eq(ops, 14);
}
END_TEST

/* ---- many points beside one ---- */

enum { N = 203, IN = 4, SHARED = 2, OUT = 3 }; /* three whole strips and a part of one */

/* A program of numbers, the last SHARED inputs the same for all points. */
typedef struct beside {
    machine many, one;
    double x[N][IN], shared[SHARED], out[N][OUT];
} beside;

static const double untouched = -77.5;

static void bind_points(beside *b, size_t n) {
    tad_workspace *w = b->many.w;
    ck_assert_int_eq(tad_bind_each_numbers_in(w, 0, IN, n, b->x[0]), TAD_OK);
    ck_assert_int_eq(tad_bind_numbers_in(w, IN, SHARED, b->shared), TAD_OK);
    ck_assert_int_eq(tad_bind_each_numbers_out(w, 0, OUT, n, b->out[0]), TAD_OK);
    for (size_t i = 0; i < N * OUT; i++) b->out[i / OUT][i % OUT] = untouched;
}

/* What a point gives alone, in `out`. */
static tad_status run_alone(beside *b, size_t point, double *out) {
    double in[IN + SHARED];
    memcpy(in, b->x[point], sizeof b->x[point]);
    memcpy(in + IN, b->shared, sizeof b->shared);
    ck_assert_int_eq(tad_bind_numbers_in(b->one.w, 0, IN + SHARED, in), TAD_OK);
    ck_assert_int_eq(tad_bind_numbers_out(b->one.w, 0, OUT, out), TAD_OK);
    return tad_run(b->one.w);
}

/* The message of the point, and which it was. */
static void ck_same_message(const beside *b, size_t point) {
    char right[500];
    snprintf(right, sizeof right, "%s, at point %zu", tad_workspace_message(b->one.w), point);
    ck_assert_str_eq(tad_workspace_message(b->many.w), right);
}

/* How many points have their results. */
static size_t run_both(beside *b, size_t n) {
    bind_points(b, n);
    const tad_status s = tad_run(b->many.w);
    tad_status alone = TAD_OK;
    size_t i = 0;
    for (; i < n; i++) {
        double right[OUT];
        if ((alone = run_alone(b, i, right)) != TAD_OK) break;
        for (size_t k = 0; k < OUT; k++)
            ck_assert_msg(same_element(&b->out[i][k], &right[k], TAD_F64),
                          "point %zu, output %zu: %.17g, alone %.17g", i, k, b->out[i][k],
                          right[k]);
    }
    ck_assert_int_eq(s, alone);
    if (s != TAD_OK) ck_same_message(b, i);
    for (size_t k = i; k < N; k++)
        for (size_t o = 0; o < OUT; o++) ck_assert(b->out[k][o] == untouched);
    return i;
}

/* Small programs that do not run together take less memory. */
static void ck_together(const beside *b) {
    enum { ROWS = 12000 };
    ck_assert_uint_gt(tad_workspace_size(b->many.p), ROWS);
}

static beside beside_of(const tad_var *in, const tad_var *out) {
    beside b = {.many = machine_of(in, IN + SHARED, out, OUT, &lenient)};
    b.one.p = b.many.p;
    b.one.w = tad_workspace_new(b.many.p);
    for (size_t k = 0; k < SHARED; k++) b.shared[k] = tad_item(in[IN + k]);
    ck_together(&b);
    return b;
}

static void beside_free(beside b) {
    tad_workspace_free(b.one.w);
    machine_free(b.many);
}

/* ---- random programs ---- */

enum { MOST_NUMBERS = 400, LIST = 9 };

typedef struct drawing {
    tad_random r;
    tad_var number[MOST_NUMBERS], truth;
    size_t n;
} drawing;

static tad_var any(drawing *d) { return d->number[tad_random_below(&d->r, d->n)]; }

static tad_var list_of(drawing *d, bool pairs) {
    tad_var a[LIST], b[LIST];
    const size_t n = tad_random_below(&d->r, LIST);
    double plain[LIST];
    for (size_t k = 0; k < LIST; k++) {
        a[k] = any(d);
        b[k] = any(d);
        plain[k] = 0.25 * (double)k;
    }
    if (!pairs) return tad_mul(tad_sum_list(a, n + 1), tad_number(0.5));
    const tad_var c = any(d);
    const tad_var y = n % 2 ? tad_dot_list(a, b, n, c) : tad_dot_list_plain(plain, b, n, c);
    return tad_mul(y, tad_number(0.125));
}

static tad_var chosen(drawing *d) {
    tad_var x = any(d), y = any(d), less = tad_less(x, y);
    switch (tad_random_below(&d->r, 4)) {
    case 0: d->truth = tad_logical_and(d->truth, tad_not_equal(x, y)); break;
    case 1: d->truth = tad_logical_not(tad_logical_xor(less, d->truth)); break;
    default: d->truth = less;
    }
    switch (tad_random_below(&d->r, 4)) {
    case 0: return tad_cast(d->truth, TAD_F64);
    case 1: return tad_cast(tad_cast(x, TAD_F32), TAD_F64);
    case 2: return tad_cast(tad_mul(tad_cast(x, TAD_F32), tad_cast(y, TAD_F32)), TAD_F64);
    default: return tad_where(d->truth, x, any(d));
    }
}

static tad_var drawn_step(drawing *d) {
    switch (tad_random_below(&d->r, 8)) {
    case 0:
    case 1: return list_of(d, true);
    case 2: return list_of(d, false);
    case 3:
    case 4: return chosen(d);
    case 5: return tad_maximum(any(d), any(d));
    case 6: return tad_mul(tad_sub(any(d), any(d)), tad_number(0.5));
    default: return tad_fma(any(d), any(d), any(d));
    }
}

/* Decisions on some of the values: many points take the recorded way, some do not. */
static void decide(drawing *d) {
    const tad_var x = any(d);
    tad_name(x, "looked at");
    (void)tad_decide(tad_greater(x, tad_number(tad_random_below(&d->r, 2) ? -2 : 2)));
}

static beside record(uint64_t seed, size_t steps, size_t decisions) {
    drawing d = {.r = {seed, 0}};
    for (; d.n < IN + SHARED; d.n++) d.number[d.n] = tad_scalar(t, tad_random_normal(&d.r));
    d.truth = tad_less(d.number[0], d.number[1]);
    for (size_t k = 0; k < steps; k++) {
        d.number[d.n] = drawn_step(&d);
        d.n++;
        if (decisions && k % (steps / decisions) == 2) decide(&d);
    }
    tad_var sum = tad_sum_list(d.number, d.n), out[OUT] = {sum, d.number[d.n - 2]};
    ck_done(tad_grad(&sum, NULL, 1, d.number, 1, &out[2]), t);
    ck_tape(t);
    return beside_of(d.number, out);
}

static void draw_points(beside *b, uint64_t seed) {
    tad_random r = {seed, 0};
    for (size_t i = 0; i < N * IN; i++) b->x[i / IN][i % IN] = tad_random_normal(&r);
}

START_TEST(random_programs_have_the_bits_of_one_point) {
    const uint64_t seed = (uint64_t)_i + 1;
    beside b = record(seed, seed % 3 ? 12 : 60, 0);
    for (size_t n = 1; n <= N; n += 1 + n / 2) {
        draw_points(&b, seed + n);
        ck_assert_uint_eq(run_both(&b, n), n);
    }
    beside_free(b);
}
END_TEST

/* More steps than such as are looked at whether all points share them. */
START_TEST(a_long_program_has_the_bits_of_one_point) {
    beside b = record((uint64_t)_i + 1, MOST_NUMBERS - IN - SHARED, 0);
    draw_points(&b, 3);
    ck_assert_uint_eq(run_both(&b, N), N);
    beside_free(b);
}
END_TEST

START_TEST(random_decisions_come_out_as_for_one_point) {
    const uint64_t seed = (uint64_t)_i + 1;
    beside b = record(seed, 12, 1 + seed % 3);
    for (uint64_t k = 0; k < 6; k++) {
        draw_points(&b, seed + k);
        (void)run_both(&b, N - 10 * k);
    }
    beside_free(b);
}
END_TEST

/* ---- points that lie in rows ---- */

enum { WIDEST = 41, POINTS = 131, LEVELS = TAD_LEVEL_AVX512 - TAD_LEVEL_BASE + 1 };
static const size_t widths[] = {1, 2, 3, 4, 5, 7, 8, 9, 17, 32, 33, WIDEST};
enum { WIDTHS = sizeof widths / sizeof *widths };

/* Numbers of points in rows, and one of them in a column besides; what is behind the last point. */
typedef struct in_rows {
    double row[(POINTS + 1) * WIDEST], column[POINTS + 1];
} in_rows;

/* Of n inputs, output k is minus input n - 1 - k. */
static machine mirror(size_t n) {
    tad_var in[WIDEST], out[WIDEST];
    for (size_t k = 0; k < n; k++) {
        in[k] = tad_scalar(t, (double)k);
        out[n - 1 - k] = tad_neg(in[k]);
    }
    return machine_of(in, n, out, n, NULL);
}

/* aside < n: this input, and the output of this number, are in columns, and rows have a gap. */
static void bind_rows(machine m, size_t n, size_t aside, size_t points, in_rows *x, in_rows *y) {
    const tad_shape all = TAD_SHAPE((int64_t)points);
    for (size_t i = 0; i < sizeof x->row / sizeof *x->row; i++)
        x->row[i] = 0.5 + (double)i, y->row[i] = untouched;
    for (size_t i = 0; i <= POINTS; i++) x->column[i] = -(double)i, y->column[i] = untouched;
    ck_assert_int_eq(tad_bind_each_numbers_in(m.w, 0, n, points, x->row), TAD_OK);
    ck_assert_int_eq(tad_bind_each_numbers_out(m.w, 0, n, points, y->row), TAD_OK);
    if (aside == n) return;
    ck_assert_int_eq(tad_bind_each_in(m.w, aside, TAD_F64, all, x->column), TAD_OK);
    ck_assert_int_eq(tad_bind_each_out(m.w, aside, TAD_F64, all, y->column), TAD_OK);
}

static void ck_mirrored(machine m, size_t n, size_t aside, size_t points) {
    static in_rows x, y;
    bind_rows(m, n, aside, points, &x, &y);
    ck_assert_msg(tad_run(m.w) == TAD_OK, "%s", tad_workspace_message(m.w));
    for (size_t i = 0; i <= points; i++)
        for (size_t k = 0; k < n; k++) {
            const size_t from = n - 1 - k;
            const double in = from == aside ? x.column[i] : x.row[i * n + from],
                         right = i < points ? -in : untouched;
            const double out = k == aside ? y.column[i] : y.row[i * n + k];
            ck_assert_msg(out == right, "%zu numbers, %zu aside, %zu points: number %zu of %zu", n,
                          aside, points, k, i);
            ck_assert(k != aside || y.row[i * n + k] == untouched);
        }
}

START_TEST(rows_of_any_width_and_number_are_read_and_written) {
    const size_t n = widths[_i / LEVELS];
    tad_tape_free(t);
    t = tad_tape_new(&(tad_settings){.level = (tad_level)(TAD_LEVEL_BASE + _i % LEVELS)});
    tad_tape_clear(t); /* a level that is not there: the best one below it */
    machine m = mirror(n);
    for (size_t points = 1; points <= POINTS; points += points < 10 ? 1 : 11)
        for (size_t aside = n / 3; aside <= n; aside += n - n / 3) ck_mirrored(m, n, aside, points);
    machine_free(m);
}
END_TEST

/* Some inputs lie beside others that are no part of the same row. */
START_TEST(rows_are_told_apart) {
    enum { HALF = 4, ALL = 2 * HALF };
    static double a[POINTS * HALF], b[POINTS * HALF], c[POINTS][HALF], d[POINTS][HALF];
    machine m = mirror(ALL);
    for (size_t i = 0; i < POINTS * HALF; i++) a[i] = (double)i, b[i] = 0.5 + (double)i;
    ck_assert_int_eq(tad_bind_each_numbers_in(m.w, 0, HALF, POINTS, a), TAD_OK);
    ck_assert_int_eq(tad_bind_each_numbers_in(m.w, HALF, HALF, POINTS, b), TAD_OK);
    ck_assert_int_eq(tad_bind_each_numbers_in(m.w, 1, 1, POINTS, a + 1), TAD_OK);
    ck_assert_int_eq(tad_bind_in(m.w, 2, TAD_F64, TAD_0D, a + 2), TAD_OK);
    ck_assert_int_eq(tad_bind_each_numbers_out(m.w, HALF, HALF, POINTS, c[0]), TAD_OK);
    ck_assert_int_eq(tad_bind_each_numbers_out(m.w, 0, HALF, POINTS, d[0]), TAD_OK);
    ck_assert_msg(tad_run(m.w) == TAD_OK, "%s", tad_workspace_message(m.w));
    for (size_t i = 0; i < POINTS; i++) {
        const double right[HALF] = {a[HALF * i], a[1 + i], a[2], a[HALF * i + 3]};
        for (size_t k = 0; k < HALF; k++) {
            ck_assert(c[i][HALF - 1 - k] == -right[k]);
            ck_assert(d[i][HALF - 1 - k] == -b[HALF * i + k]);
        }
    }
    machine_free(m);
}
END_TEST

/* ---- decisions ---- */

/* Whether x[0] > 0, then x[1] < shared[0], then, on what all points share, shared[1] > 0. */
static beside decided(void) {
    tad_var in[IN + SHARED];
    for (size_t k = 0; k < IN + SHARED; k++) in[k] = tad_scalar(t, 1);
    tad_var first = tad_greater(in[0], tad_number(0)),
            second = tad_less(tad_square(in[1]), tad_add(in[IN], tad_number(1))),
            third = tad_greater(in[IN + 1], tad_number(0));
    tad_name(first, "the sign");
    tad_name(second, "the size");
    tad_name(third, "the common one");
    ck_assert(tad_decide(first) && tad_decide(second) && tad_decide(third));
    tad_var out[OUT] = {tad_sqrt(in[0]), tad_dot_list(in, in + 1, 2, in[3]), in[2]};
    beside b = beside_of(in, out);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < IN; k++) b.x[i][k] = 1;
    return b;
}

typedef struct failing {
    size_t sign[2], size[2], first; /* points of which a decision comes out otherwise */
    const char *named;
} failing;

enum { NOWHERE = N };
static const failing failings[] = {
    {{NOWHERE, NOWHERE}, {NOWHERE, NOWHERE}, N, NULL},
    {{0, NOWHERE}, {NOWHERE, NOWHERE}, 0, "decision 0 the sign"},
    {{37, 20}, {NOWHERE, NOWHERE}, 20, "decision 0 the sign"},
    {{37, NOWHERE}, {20, 63}, 20, "decision 1 the size"},
    {{20, NOWHERE}, {37, NOWHERE}, 20, "decision 0 the sign"},
    {{20, NOWHERE}, {20, NOWHERE}, 20, "decision 0 the sign"}, /* both: the earlier one */
    {{64, 66}, {65, 66}, 64, "decision 0 the sign"},           /* a new strip begins there */
    {{130, NOWHERE}, {129, 1}, 1, "decision 1 the size"},
    {{130, NOWHERE}, {128, NOWHERE}, 128, "decision 1 the size"},
    {{N - 1, NOWHERE}, {NOWHERE, NOWHERE}, N - 1, "decision 0 the sign"},
    {{NOWHERE, NOWHERE}, {N - 2, N - 1}, N - 2, "decision 1 the size"},
};
enum { FAILINGS = sizeof failings / sizeof *failings };

START_TEST(the_first_point_that_is_decided_otherwise_is_named) {
    const failing *f = &failings[_i];
    beside b = decided();
    for (int k = 0; k < 2; k++) {
        if (f->sign[k] < N) b.x[f->sign[k]][0] = -1;
        if (f->size[k] < N) b.x[f->size[k]][1] = 3;
    }
    for (int again = 0; again < 2; again++) ck_assert_uint_eq(run_both(&b, N), f->first);
    ck_assert(!f->named || strstr(tad_workspace_message(b.many.w), f->named));
    ck_assert(f->named || !*tad_workspace_message(b.many.w));
    beside_free(b);
}
END_TEST

START_TEST(what_all_points_share_is_decided_at_the_first) {
    beside b = decided();
    b.shared[1] = -1;
    ck_assert_uint_eq(run_both(&b, N), 0);
    ck_assert(strstr(tad_workspace_message(b.many.w), "decision 2 the common one"));
    b.shared[1] = 2;
    ck_assert_uint_eq(run_both(&b, N), N);
    b.shared[0] = -0.5;
    b.x[0][0] = -1;
    ck_assert_uint_eq(run_both(&b, N), 0);
    ck_assert(strstr(tad_workspace_message(b.many.w), "decision 0 the sign"));
    beside_free(b);
}
END_TEST

/* A condition that is a constant beside numbers that are not, and a list of what all share. */
START_TEST(constants_of_any_type_go_with_it) {
    tad_var in[IN + SHARED], yes = tad_constant(t, TAD_BOOL, TAD_0D, &(uint8_t){true});
    for (size_t k = 0; k < IN + SHARED; k++) in[k] = tad_scalar(t, 0.5 + (double)k);
    tad_var less = tad_logical_and(yes, tad_less(in[0], in[1])),
            common = tad_dot_list(in + IN, in + IN, 2, in[IN]),
            out[OUT] = {tad_where(yes, in[0], in[1]), tad_where(less, common, in[2]),
                        tad_sum_list((tad_var[]){common, in[3], common}, 3)};
    beside b = beside_of(in, out);
    for (uint64_t k = 0; k < 3; k++) {
        draw_points(&b, k);
        b.shared[0] += 0.25;
        ck_assert_uint_eq(run_both(&b, N), N);
    }
    beside_free(b);
}
END_TEST

/* ---- what does not go with it ---- */

/* An op of one's own may look at whatever it likes, whatever it says of itself. */
static tad_status own_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)c, (void)n_out;
    *out = (tad_type){TAD_F64, TAD_0D};
    return TAD_OK;
}

static tad_status own_forward(const tad_call_frame *c) {
    *(double *)c->out[0]->data = 2 * *(const double *)c->in[0]->data;
    return TAD_OK;
}

static const tad_op own = {.name = "own",
                           .min_in = 1,
                           .max_in = 1,
                           .n_out = 1,
                           .flags = TAD_OP_POINTWISE,
                           .shape = own_shape,
                           .forward = own_forward};

START_TEST(an_op_of_ones_own_runs_point_by_point) {
    enum { POINTS = 20 };
    double x[POINTS], out[POINTS];
    tad_var in = tad_scalar(t, 1), y = tad_apply(&own, &in, 1, NULL, NULL, 0);
    machine m = machine_of(&in, 1, &y, 1, NULL);
    for (int i = 0; i < POINTS; i++) x[i] = i;
    ck_assert_int_eq(tad_bind_each_in(m.w, 0, TAD_F64, TAD_SHAPE(POINTS), x), TAD_OK);
    ck_assert_int_eq(tad_bind_each_out(m.w, 0, TAD_F64, TAD_SHAPE(POINTS), out), TAD_OK);
    ck_assert_msg(tad_run(m.w) == TAD_OK, "%s", tad_workspace_message(m.w));
    for (int i = 0; i < POINTS; i++) ck_assert(out[i] == 2 * i);
    machine_free(m);
}
END_TEST

/* ---- the suite ---- */

static Suite *suite(void) {
    Suite *s = suite_create("program_lanes");
    TCase *c = tape_case(s, "ops");
    tcase_add_test(c, pointwise_ops_compute_each_element_alone);
    tcase_add_test(c, an_op_of_ones_own_runs_point_by_point);

    c = tape_case(s, "bits");
    tcase_add_loop_test(c, random_programs_have_the_bits_of_one_point, 0, 30);
    tcase_add_loop_test(c, a_long_program_has_the_bits_of_one_point, 0, 3);
    tcase_add_test(c, constants_of_any_type_go_with_it);
    tcase_add_test(c, rows_are_told_apart);
    tcase_add_loop_test(c, rows_of_any_width_and_number_are_read_and_written, 0, WIDTHS * LEVELS);

    c = tape_case(s, "decisions");
    tcase_add_loop_test(c, random_decisions_come_out_as_for_one_point, 0, 30);
    tcase_add_loop_test(c, the_first_point_that_is_decided_otherwise_is_named, 0, FAILINGS);
    tcase_add_test(c, what_all_points_share_is_decided_at_the_first);
    return s;
}
SUPPORT_MAIN(suite)
