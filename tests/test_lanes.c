/* Several seeds in one sweep: every bit is that of the sweeps for one seed, at each
 * instruction-set level, in random graphs of numbers and for every row at special points, and where
 * something lies in the way that only those can pass. */
#include "support.h"

#include "rows.h"

enum { INPUTS = 5, STEPS = 60, SEEDS = 19 }; /* two full groups and a part of one */

static tad_tape *t;
static void set_up(void) { t = tad_tape_new(NULL); }
static void tear_down(void) { tad_tape_free(t); }

/* ---- comparing ---- */

/* Zeros may differ in sign. */
static void ck_bits(tad_var got, tad_var right, const char *what, size_t seed) {
    const double a = tad_item(got), b = tad_item(right);
    ck_assert_msg((isnan(a) && isnan(b)) || a == b, "%s, seed %zu: %.17g, alone %.17g", what, seed,
                  a, b);
}

typedef struct {
    tad_fn *f;
    void *user;
    const tad_var *x;
    size_t n, seeds;
} problem;

static void compare_tangents(const problem *p, const tad_var *v) {
    tad_var got[SEEDS], right;
    ck_done(tad_jvp_many(p->f, p->user, p->x, v, p->n, p->seeds, NULL, got), t);
    for (size_t k = 0; k < p->seeds; k++) {
        ck_done(tad_jvp_many(p->f, p->user, p->x, v + k * p->n, p->n, 1, NULL, &right), t);
        ck_bits(got[k], right, "tangent", k);
    }
}

static void compare_products(const problem *p, const tad_var *v) {
    tad_var got[SEEDS * INPUTS], gradient[INPUTS], right[INPUTS], right_gradient[INPUTS];
    ck_done(tad_hvp_many(p->f, p->user, p->x, v, p->n, p->seeds, NULL, gradient, got), t);
    for (size_t k = 0; k < p->seeds; k++) {
        ck_done(tad_hvp(p->f, p->user, p->x, v + k * p->n, p->n, NULL, right_gradient, right), t);
        for (size_t i = 0; i < p->n; i++) {
            ck_bits(got[k * p->n + i], right[i], "product", k);
            ck_bits(gradient[i], right_gradient[i], "gradient", k);
        }
    }
}

static void compare_gradients(const problem *p, const tad_var *cotangent) {
    tad_var got[SEEDS * INPUTS], right[INPUTS];
    ck_done(tad_vjp_many(p->f, p->user, p->x, p->n, cotangent, p->seeds, NULL, got), t);
    for (size_t k = 0; k < p->seeds; k++) {
        ck_done(tad_vjp_many(p->f, p->user, p->x, p->n, cotangent + k, 1, NULL, right), t);
        for (size_t i = 0; i < p->n; i++) ck_bits(got[k * p->n + i], right[i], "cotangent", k);
    }
}

/* A number, one as a variable, or none. */
static tad_var some_seed(tad_random *r) {
    const double value = tad_random_uniform(r) * 2 - 1;
    switch (tad_random_below(r, 4)) {
    case 0: return tad_none();
    case 1: return tad_full(t, TAD_F64, TAD_0D, value);
    default: return tad_number(value);
    }
}

static void compare_all(const problem *p, tad_random *r) {
    tad_var v[SEEDS * INPUTS];
    for (size_t k = 0; k < p->seeds * p->n; k++) v[k] = some_seed(r);
    compare_gradients(p, v); /* these leave something for what lies below all x */
    compare_tangents(p, v);
    compare_products(p, v);
}

/* ---- graphs of numbers ---- */

static tad_var pick(const tad_var *known, size_t n, tad_random *r) {
    uint64_t k = tad_random_below(r, n + 1);
    return k == n ? tad_number(tad_random_uniform(r) + 0.5) : known[k];
}

/* A random op on what is known; values stay of moderate size. */
static tad_var step(const tad_var *known, size_t n, tad_random *r) {
    tad_var a = pick(known, n, r), b = pick(known, n, r), c = known[tad_random_below(r, n)],
            d = known[tad_random_below(r, n)], half = tad_number(0.5);
    const tad_var list[] = {c, a, b}, factors[] = {d, c}, others[] = {c, a};
    switch (tad_random_below(r, 16)) {
    case 0: return tad_tanh(tad_add(a, c));
    case 1: return tad_mul(tad_sub(c, a), half);
    case 2: return tad_mul(tad_sub(a, c), half);
    case 3: return tad_tanh(tad_mul(c, a));
    case 4: return tad_div(c, tad_add(tad_number(2), tad_square(d)));
    case 5: return tad_div(tad_number(1), tad_add(tad_exp(tad_tanh(c)), tad_number(1)));
    case 6: return tad_sin(tad_fma(c, d, c));
    case 7: return tad_sin(tad_fnma(c, c, d));
    case 8: return tad_tanh(tad_sum_list(list, 3));
    case 9: return tad_tanh(tad_dot_list(factors, others, 2, c));
    case 10: return tad_maximum(a, c);
    case 11: return tad_hypot(tad_add(c, tad_number(0.1)), a);
    case 12: return tad_neg(tad_sigmoid(c));
    case 13: return tad_mul(tad_scalar(t, 0.7), c); /* an input that is no x */
    case 14: return tad_sub(tad_sin(tad_full(t, TAD_F64, TAD_0D, 0.3)), tad_cos(c));
    default: return tad_div(c, tad_number(3));
    }
}

static tad_var graph(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    tad_random r = *(const tad_random *)user;
    tad_var known[INPUTS + STEPS];
    (void)tape;
    memcpy(known, in, n * sizeof *in);
    for (; n < INPUTS + STEPS; n++) known[n] = step(known, n, &r);
    return tad_sum_list(known, n);
}

START_TEST(random_graphs_have_the_bits_of_one_seed) {
    static const tad_level level[] = {TAD_LEVEL_BASE, TAD_LEVEL_AVX2, TAD_LEVEL_AVX512};
    tad_random r = {(uint64_t)_i, 0};
    tad_var x[INPUTS];
    support_memory dirty = {0}; /* new memory is no zeros */
    t = tad_tape_new(
        &(tad_settings){.level = level[_i % 3], .allocator = support_allocator(&dirty)});
    tad_tape_clear(t); /* a level that is not there: the best one below it */
    for (size_t i = 0; i < INPUTS; i++) x[i] = tad_scalar(t, tad_random_uniform(&r) * 2 - 1);
    compare_all(&(problem){graph, &r, x, INPUTS, 2 + (size_t)_i % (SEEDS - 1)},
                &(tad_random){7, 0});
    tad_tape_free(t);
}
END_TEST

/* ---- rows, where zeros meet infinities ---- */

/* Each operand is an input or a number; then a zero or one multiplies the result. */
typedef struct {
    size_t row;
    double value[3], factor;
    unsigned numbers; /* bit i: operand i is a number */
} row_problem;

static tad_var row_of(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    const row_problem *p = user;
    tad_var operand[3];
    (void)tape, (void)n;
    for (size_t i = 0, k = 0; i < rows[p->row].n_in; i++)
        operand[i] = p->numbers >> i & 1 ? tad_number(p->value[i]) : in[k++];
    return tad_mul(rows[p->row].call(operand, rows[p->row].options), tad_number(p->factor));
}

static void try_point(row_problem *p) {
    const tad_var seed[] = {tad_number(1.5), tad_none(),       tad_number(0),
                            tad_none(),      tad_number(-0.7), tad_number(0)};
    enum { LANES = sizeof seed / sizeof *seed };
    tad_var x[3], v[LANES * 3];
    size_t n = 0;
    for (size_t i = 0; i < rows[p->row].n_in; i++)
        if (!(p->numbers >> i & 1)) x[n++] = tad_scalar(t, p->value[i]);
    for (size_t k = 0; k < LANES; k++)
        for (size_t i = 0; i < n; i++) v[k * n + i] = seed[(k + i * 2) % LANES];
    problem all = {row_of, p, x, n, LANES};
    compare_tangents(&all, v);
    compare_products(&all, v);
    compare_gradients(&all, v);
    tad_tape_reset(t);
}

START_TEST(rows_have_the_bits_of_one_seed_at_special_points) {
    row_problem p = {.row = (size_t)_i};
    const size_t n = rows[p.row].n_in;
    size_t all = 1;
    for (size_t i = 0; i < n; i++) all *= POINTS;
    for (size_t k = 0; k < all; k += n < 3 ? 1 : 11)
        for (p.numbers = 0; p.numbers < (1u << n) - 1; p.numbers++) {
            for (size_t i = 0, rest = k; i < n; i++, rest /= POINTS)
                p.value[i] = points[rest % POINTS];
            p.factor = (k + p.numbers) % 3 ? 1 : 0;
            try_point(&p);
        }
}
END_TEST

/* ---- what groups leave to sweeps for one seed ---- */

static tad_var through_an_array(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)user;
    tad_var product = tad_mul(tad_sin(in[0]), in[1]), list[] = {product, in[0], product};
    (void)n;
    return tad_mul(tad_sum(tad_square(tad_stack(list, 3, 0)), tad_all()), in[1]);
}

static tad_var product_of_two(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_mul(tad_exp(in[0]), tad_square(in[1]));
}

static tad_var with_an_earlier_one(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n;
    return tad_mul(tad_mul(*(const tad_var *)user, in[0]), tad_add(in[1], *(const tad_var *)user));
}

static tad_var early(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)in, (void)n;
    return *(const tad_var *)user;
}

/* y lies below some x, is one, or is no result of any; inputs come twice, from each other, with
 * arrays between. */
START_TEST(what_lies_in_the_way_changes_nothing) {
    tad_random r = {3, 0};
    tad_var a = tad_scalar(t, 0.3), b = tad_scalar(t, -1.2),
            y = product_of_two(t, (tad_var[]){a, b}, 2, NULL), late = tad_scalar(t, 5);
    const problem problems[] = {{product_of_two, NULL, (tad_var[]){a, tad_sin(a)}, 2, 5},
                                {product_of_two, NULL, (tad_var[]){a, a}, 2, 5},
                                {product_of_two, NULL, (tad_var[]){a, tad_square(b)}, 2, 9},
                                {with_an_earlier_one, &a, (tad_var[]){b, late}, 2, 5},
                                {early, &y, (tad_var[]){a, late}, 2, 5},
                                {early, &y, (tad_var[]){late, b}, 2, 5},
                                {early, &a, (tad_var[]){a, b}, 2, 5},
                                {early, &a, (tad_var[]){late, late}, 2, 5},
                                {through_an_array, NULL, (tad_var[]){a, b}, 2, 5}};
    for (size_t k = 0; k < sizeof problems / sizeof *problems; k++) {
        const tad_mark mark = tad_tape_mark(t);
        compare_all(&problems[k], &r);
        ck_done(tad_tape_rewind(t, mark), t);
    }
}
END_TEST

/* Right behind what is computed from the one before. */
START_TEST(inputs_may_come_late) {
    tad_random r = {5, 0};
    tad_var x[INPUTS], y = tad_number(1);
    for (size_t i = 0; i < INPUTS; i++) {
        x[i] = tad_scalar(t, 0.2 + 0.1 * (double)i);
        y = i % 2 ? tad_sin(tad_mul(y, x[i])) : tad_mul(y, tad_cos(x[i]));
    }
    compare_all(&(problem){early, &y, x, INPUTS, SEEDS}, &r);
}
END_TEST

/* As many gradients as inputs, whatever lies behind either. */
START_TEST(no_more_than_is_wanted_is_written) {
    tad_var x[3] = {tad_scalar(t, 0.3), tad_scalar(t, -1.2), tad_scalar(t, 5)}, gradient[3], out[5],
            v[4] = {tad_number(1), tad_number(2), tad_number(3), tad_number(4)};
    gradient[2] = out[4] = x[2];
    ck_done(tad_hvp_many(product_of_two, NULL, x, v, 2, 2, NULL, gradient, out), t);
    ck_assert_double_eq(tad_item(gradient[2]), 5);
    ck_assert_double_eq(tad_item(out[4]), 5);
}
END_TEST

START_TEST(results_that_are_arrays_stay_so) {
    tad_var x[] = {tad_scalar(t, 1), tad_input(t, TAD_F64, TAD_SHAPE(2), NULL)},
            constant = tad_full(t, TAD_F64, TAD_SHAPE(3), 2), v[4] = {{0}}, out[4];
    for (int k = 0; k < 4; k++) v[k] = tad_none();
    ck_done(tad_jvp_many(early, &constant, x, v, 1, 2, NULL, out), t);
    ck_values(out[1], 0, 0, 0, 0);
    tad_var y = tad_square(x[0]);
    ck_done(tad_hvp_many(early, &y, x, v, 2, 2, NULL, NULL, out), t);
    ck_values(out[1], 0, 0, 0);
    ck_done(tad_vjp_many(early, &y, x, 2, v, 2, NULL, out), t);
    ck_values(out[2], 0, 2);
    ck_values(out[3], 0, 0, 0);
}
END_TEST

START_TEST(settings_that_look_closely_are_obeyed) {
    for (int i = 0; i < 2; i++) {
        tad_random r = {3, 0};
        t = tad_tape_new(&(tad_settings){.trap = i, .strong_zero = !i});
        tad_var zero = tad_scalar(t, 0), one = tad_scalar(t, 1), v[4], out[4];
        compare_all(&(problem){product_of_two, NULL, (tad_var[]){one, one}, 2, 3}, &r);
        row_problem p = {.factor = 0};
        while (strcmp(rows[p.row].name, "log")) p.row++;
        for (int k = 0; k < 4; k++) v[k] = tad_number(k);
        const tad_status status = tad_vjp_many(row_of, &p, &zero, 1, v, 4, NULL, out);
        ck_assert_int_eq(status, i ? TAD_NOT_FINITE : TAD_OK);
        if (i) tad_tape_clear(t);
        if (!i) ck_values(out[3], 0, 0);
        tad_tape_free(t);
    }
}
END_TEST

START_TEST(a_changed_parameter_is_refused) {
    double two = 2, three = 3;
    tad_var p = tad_param(t, TAD_F64, TAD_0D, &two), v[] = {tad_number(1), tad_number(2)}, out[2];
    tad_var y = tad_mul(p, p);
    ck_done(tad_jvp_many(early, &y, &p, v, 1, 2, NULL, out), t);
    ck_done(tad_assign(p, &three), t);
    ck_assert_int_eq(tad_jvp_many(early, &y, &p, v, 1, 2, NULL, out), TAD_STALE_VALUE);
    ck_refused(t, TAD_STALE_VALUE, "forward");
    ck_assert_int_eq(tad_hvp_many(early, &y, &p, v, 1, 2, NULL, NULL, out), TAD_STALE_VALUE);
    ck_refused(t, TAD_STALE_VALUE, "forward over reverse");
    ck_assert_int_eq(tad_vjp_many(early, &y, &p, 1, v, 2, NULL, out), TAD_STALE_VALUE);
    ck_refused(t, TAD_STALE_VALUE, "reverse");
}
END_TEST

START_TEST(a_bad_seed_in_any_lane_is_refused) {
    tad_var x[2] = {tad_scalar(t, 1), tad_scalar(t, 2)}, v[6], out[6],
            three = tad_constant(t, TAD_F64, TAD_SHAPE(3), NULL);
    for (int bad = 0; bad < 6; bad++) {
        for (int k = 0; k < 6; k++) v[k] = k == bad ? three : tad_number(k);
        ck_assert_int_eq(tad_jvp_many(product_of_two, NULL, x, v, 2, 3, NULL, out), TAD_BAD_SHAPE);
        ck_refused(t, TAD_BAD_SHAPE, "forward", bad % 2 ? "tangent 1" : "tangent 0");
        ck_assert_int_eq(tad_hvp_many(product_of_two, NULL, x, v, 2, 3, NULL, NULL, out),
                         TAD_BAD_SHAPE);
        ck_refused(t, TAD_BAD_SHAPE, "forward over reverse", bad % 2 ? "tangent 1" : "tangent 0");
        if (bad >= 3) continue;
        ck_assert_int_eq(tad_vjp_many(product_of_two, NULL, x, 2, v, 3, NULL, out), TAD_BAD_SHAPE);
        ck_refused(t, TAD_BAD_SHAPE, "reverse");
        ck_assert(tad_is_nil(out[0]) && tad_is_nil(out[5]));
    }
}
END_TEST

/* Results may be written over the seeds. */
START_TEST(results_may_take_the_place_of_seeds) {
    enum { M = 11 };
    tad_var x[2] = {tad_scalar(t, 1), tad_scalar(t, 2)}, v[2 * M], over[2 * M], right[2 * M];
    for (int k = 0; k < 2 * M; k++) over[k] = v[k] = tad_number(k - 9.5);
    ck_done(tad_hvp_many(product_of_two, NULL, x, v, 2, M, NULL, NULL, right), t);
    ck_done(tad_hvp_many(product_of_two, NULL, x, over, 2, M, NULL, NULL, over), t);
    for (size_t k = 0; k < 2 * M; k++) ck_bits(over[k], right[k], "product", k);
    memcpy(over, v, sizeof v);
    ck_done(tad_jvp_many(product_of_two, NULL, x, v, 2, M, NULL, right), t);
    ck_done(tad_jvp_many(product_of_two, NULL, x, over, 2, M, NULL, over), t);
    for (size_t k = 0; k < M; k++) ck_bits(over[k], right[k], "tangent", k);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("lanes");
    TCase *graphs = support_case(s, "graphs"), *special = support_case(s, "rows"),
          *use = support_case(s, "use");
    tcase_add_loop_test(graphs, random_graphs_have_the_bits_of_one_seed, 0, 150);
    tcase_add_test(graphs, settings_that_look_closely_are_obeyed);
    tcase_add_checked_fixture(special, set_up, tear_down);
    tcase_add_loop_test(special, rows_have_the_bits_of_one_seed_at_special_points, 0, ROWS);
    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_test(use, what_lies_in_the_way_changes_nothing);
    tcase_add_test(use, inputs_may_come_late);
    tcase_add_test(use, no_more_than_is_wanted_is_written);
    tcase_add_test(use, results_that_are_arrays_stay_so);
    tcase_add_test(use, a_changed_parameter_is_refused);
    tcase_add_test(use, a_bad_seed_in_any_lane_is_refused);
    tcase_add_test(use, results_may_take_the_place_of_seeds);
    return s;
}

SUPPORT_MAIN(suite)
