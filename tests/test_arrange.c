/* Ops that arrange elements anew: pad, roll, diagonals, repeat, tile, parts, grids; constants by
 * formula. What samples and vectors do not show: integers, NaNs left out, extreme numbers. */
#include "support.h"

static tad_tape *t;
static void new_tape(void) { t = tad_tape_new(NULL); }
static void free_tape(void) { tad_tape_free(t); }

static tad_var numbers(int64_t n) { return tad_arange(t, TAD_F64, 1, (double)n + 1, 1); }
static tad_var whole(int64_t n) { return tad_arange(t, TAD_I64, 1, (double)n + 1, 1); }

START_TEST(pad_modes) {
    tad_var x = numbers(3);
    const int64_t w[] = {2, 1}, far[] = {5, 0}, crop[] = {-1, 2};
    ck_values(tad_pad(x, w, 2, TAD_PAD_CONSTANT, 7), 0, 7, 7, 1, 2, 3, 7);
    ck_values(tad_pad(x, w, 2, TAD_PAD_REFLECT, 7), 0, 3, 2, 1, 2, 3, 2);
    ck_values(tad_pad(x, w, 2, TAD_PAD_REPLICATE, 7), 0, 1, 1, 1, 2, 3, 3);
    ck_values(tad_pad(x, w, 2, TAD_PAD_CIRCULAR, 7), 0, 2, 3, 1, 2, 3, 1);
    ck_values(tad_pad(x, far, 2, TAD_PAD_REFLECT, 0), 0, 2, 1, 2, 3, 2, 1, 2, 3);
    ck_values(tad_pad(x, far, 2, TAD_PAD_CIRCULAR, 0), 0, 2, 3, 1, 2, 3, 1, 2, 3);
    ck_values(tad_pad(x, crop, 2, TAD_PAD_CONSTANT, 0), 0, 2, 3, 0, 0);
    ck_values(tad_pad(x, crop, 2, TAD_PAD_CIRCULAR, 0), 0, 2, 3, 1, 2);
    ck_values(tad_pad(whole(2), w, 2, TAD_PAD_CONSTANT, 7.9), 0, 7, 7, 1, 2, 7);
    ck_assert_int_eq(tad_dtype_of(tad_pad(whole(2), w, 2, TAD_PAD_REFLECT, 0)), TAD_I64);
    tad_var zero = tad_pad(x, w, 2, TAD_PAD_CONSTANT, -0.0);
    ck_assert(signbit(((const double *)tad_data(zero))[0]));
    ck_tape(t);
}
END_TEST

/* A gradient goes to the element that was taken, once for each time. */
START_TEST(pad_gradients) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 2, 3});
    ck_done(tad_reverse(tad_sum(tad_pad(x, (int64_t[]){2, 1}, 2, TAD_PAD_REFLECT, 0), tad_all())),
            t);
    ck_values(tad_gradient(x), 0, 1, 3, 2);
    tad_var y = tad_pad(x, (int64_t[]){-1, 1}, 2, TAD_PAD_CONSTANT, 5);
    ck_done(tad_reverse(tad_sum(tad_square(y), tad_all())), t);
    ck_values(tad_gradient(x), 0, 0, 4, 6);
}
END_TEST

START_TEST(roll_by_any_number) {
    tad_var x = numbers(5);
    static const struct {
        int64_t shift, first;
    } table[] = {{0, 1}, {1, 5}, {-1, 2}, {5, 1}, {7, 4}, {INT64_MAX, 4}, {INT64_MIN, 4}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        tad_var y = tad_roll(x, &table[i].shift, 1, tad_axis(0));
        ck_near(tad_item(tad_at(y, 0)), (double)table[i].first, 0);
        ck_near(tad_item(tad_at(tad_roll(x, &table[i].shift, 1, tad_all()), 0)),
                (double)table[i].first, 0);
    }
    ck_values(tad_roll(whole(3), (int64_t[]){1}, 1, tad_all()), 0, 3, 1, 2);
    ck_tape(t);
}
END_TEST

START_TEST(triangles_leave_nothing) {
    double data[] = {1, NAN, INFINITY, 2, 3, NAN, 4, 5, 6};
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3, 3), data), y = tad_tril(x, 0);
    ck_values(y, 0, 1, 0, 0, 2, 3, 0, 4, 5, 6);
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    ck_values(tad_gradient(x), 0, 1, 0, 0, 1, 1, 0, 1, 1, 1);
    ck_values(tad_triu(tad_full(t, TAD_F64, TAD_SHAPE(2, 3), 1), 1), 0, 0, 1, 1, 0, 0, 1);
    ck_values(tad_tril(tad_full(t, TAD_F64, TAD_SHAPE(2, 2), 1), INT64_MAX), 0, 1, 1, 1, 1);
    /* Integers to the last bit, and bools. */
    const int64_t far = (INT64_C(1) << 62) + 1, whole[] = {far, far, far, far};
    tad_var i = tad_tril(tad_input(t, TAD_I64, TAD_SHAPE(2, 2), whole), 0);
    ck_tape(t);
    const int64_t *lower = tad_data(i);
    ck_assert(lower[0] == far && lower[1] == 0 && lower[2] == far && lower[3] == far);
    tad_var b = tad_triu(tad_full(t, TAD_BOOL, TAD_SHAPE(2, 2), 1), 0);
    ck_assert_int_eq(tad_dtype_of(b), TAD_BOOL);
    ck_values(b, 0, 1, 1, 0, 1);
    ck_values(tad_tril(tad_full(t, TAD_F64, TAD_SHAPE(2, 2), 1), INT64_MIN), 0, 0, 0, 0, 0);
}
END_TEST

START_TEST(diagonals) {
    tad_var x = tad_reshape(numbers(6), TAD_SHAPE(2, 3));
    ck_values(tad_diagonal(x, 0, 0, 1), 0, 1, 5);
    ck_values(tad_diagonal(x, 1, 0, 1), 0, 2, 6);
    ck_values(tad_diagonal(x, -1, 0, 1), 0, 4);
    ck_values(tad_diagonal(x, 1, 1, 0), 0, 4);
    ck_shape(tad_diagonal(x, INT64_MAX, 0, 1), 0);
    ck_shape(tad_diagonal(x, INT64_MIN, 0, 1), 0);
    ck_values(tad_diag(whole(2), -1), 0, 0, 0, 0, 1, 0, 0, 0, 2, 0);
    ck_values(tad_trace(x), 0, 6);
    ck_values(tad_rot90(x, 1, tad_all()), 0, 3, 6, 2, 5, 1, 4);
    ck_values(tad_rot90(x, -1, tad_all()), 0, 4, 1, 5, 2, 6, 3);
    ck_values(tad_rot90(x, INT64_MIN + 2, TAD_AXES(1, 0)), 0, 6, 5, 4, 3, 2, 1);
    /* a view: no element is copied */
    tad_var big = tad_input(t, TAD_F64, TAD_SHAPE(1000, 1000), NULL);
    size_t before = tad_tape_memory(t).live;
    for (int i = 0; i < 10000; i++) tad_diagonal(big, i % 100, 0, 1);
    ck_assert_uint_lt(tad_tape_memory(t).live - before, 10000 * 900 * 4);
    ck_tape(t);
}
END_TEST

START_TEST(repeats) {
    tad_var x = tad_reshape(numbers(4), TAD_SHAPE(2, 2)), eight = numbers(1);
    const int64_t two = 2, list[] = {2, 1};
    ck_values(tad_repeat(x, list, 2, tad_axis(0)), 0, 1, 2, 1, 2, 3, 4);
    ck_values(tad_repeat(x, list, 2, tad_axis(-1)), 0, 1, 1, 2, 3, 3, 4);
    ck_values(tad_repeat(x, &two, 1, tad_all()), 0, 1, 1, 2, 2, 3, 3, 4, 4);
    ck_values(tad_tile(x, &two, 1), 0, 1, 2, 1, 2, 3, 4, 3, 4);
    eight = tad_reshape(eight, TAD_SHAPE(1, 1, 1, 1, 1, 1, 1, 1));
    ck_shape(tad_repeat(eight, &two, 1, tad_axis(7)), 1, 1, 1, 1, 1, 1, 1, 2);
    ck_shape(tad_tile(eight, list, 2), 1, 1, 1, 1, 1, 1, 2, 1);
    ck_values(tad_repeat(whole(2), list, 2, tad_axis(0)), 0, 1, 1, 2);
    ck_tape(t);
    ck_assert(tad_is_nil(tad_repeat(x, &two, 1, TAD_AXES(0, 1))));
    ck_refused(t, TAD_BAD_AXIS, "repeat");
    const int64_t many[TAD_MAX_INTS + 1] = {1}; /* a list is kept by value */
    ck_assert(tad_is_nil(tad_repeat(x, many, TAD_MAX_INTS + 1, tad_axis(0))));
    ck_refused(t, TAD_BAD_SHAPE, "repeat");
    ck_assert(tad_is_nil(tad_tile(x, NULL, 1)));
    ck_refused(t, TAD_TOO_LARGE, "tile");
}
END_TEST

START_TEST(parts) {
    tad_var x = numbers(7), p[4] = {x, x, x, x};
    tad_split_sizes(x, (int64_t[]){3, 0, 4}, 3, 0, p);
    ck_values(p[0], 0, 1, 2, 3);
    ck_shape(p[1], 0);
    ck_values(p[2], 0, 4, 5, 6, 7);
    ck_values(tad_chunk(x, 4, 0, p, 4), 0, 1, 2); /* sizes 2 2 2 1 */
    ck_values(p[3], 0, 7);
    ck_values(tad_chunk(tad_slice(x, 0, 0, 4, 1), 3, 0, p, 4), 0, 1, 2); /* sizes 2 2 */
    ck_assert(tad_is_nil(p[2]));
    ck_tape(t);
    ck_assert(tad_is_nil(tad_split_sizes(x, NULL, 3, 0, p)));
    ck_refused(t, TAD_BAD_ARGUMENT, "split");
}
END_TEST

START_TEST(grids) {
    tad_var g[2];
    tad_meshgrid((tad_var[]){numbers(2), whole(3)}, 2, false, g);
    ck_values(g[0], 0, 1, 1, 1, 2, 2, 2);
    ck_values(g[1], 0, 1, 2, 3, 1, 2, 3);
    ck_assert_int_eq(tad_dtype_of(g[1]), TAD_I64);
    tad_meshgrid((tad_var[]){numbers(2), numbers(3)}, 2, true, g);
    ck_values(g[0], 0, 1, 2, 1, 2, 1, 2);
    ck_shape(g[1], 3, 2);
    ck_tape(t);
}
END_TEST

START_TEST(constants_by_formula) {
    ck_values(tad_eye(t, TAD_F32, 2, 3), 0, 1, 0, 0, 0, 1, 0);
    ck_values(tad_eye(t, TAD_BOOL, 1, 2), 0, 1, 0);
    ck_shape(tad_eye(t, TAD_F64, 3, 0), 3, 0);
    ck_values(tad_arange(t, TAD_F64, 1, 2, 0.3), 1e-15, 1, 1.3, 1.6, 1.9);
    ck_values(tad_arange(t, TAD_I64, 3, 0, -1), 0, 3, 2, 1);
    ck_shape(tad_arange(t, TAD_F64, 3, 0, 1), 0);
    ck_values(tad_linspace(t, TAD_F64, 0, 1, 3), 0, 0, 0.5, 1);
    ck_values(tad_linspace(t, TAD_F64, 5, 1, 1), 0, 5);
    tad_var many = tad_linspace(t, TAD_F64, 0.1, 0.7, 1000);
    ck_near(tad_item(tad_at(many, -1)), 0.7, 0);
    ck_near(tad_item(tad_at(many, 600)), 0.1 + 600 * (0.7 - 0.1) / 999, 1e-15);
    ck_tape(t);
    static const double bad[][3] = {{0, 1, 0}, {0, 1, NAN}, {0, INFINITY, 1}, {0, 1e300, 1e-300}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert(tad_is_nil(tad_arange(t, TAD_F64, bad[i][0], bad[i][1], bad[i][2])));
        ck_refused(t, TAD_BAD_ARGUMENT, "arange");
    }
    tad_tape *small = tad_tape_new(&(tad_settings){.memory_limit = 1 << 20});
    ck_assert(tad_is_nil(tad_arange(small, TAD_F64, 0, 1e17, 0.5)));
    ck_refused(small, sizeof(size_t) > 4 ? TAD_NO_MEMORY : TAD_TOO_LARGE, "arange");
    tad_tape_free(small);
    ck_assert(tad_is_nil(tad_eye(t, TAD_F64, -1, 2)));
    ck_refused(t, TAD_TOO_LARGE, "eye");
    ck_assert(tad_is_nil(tad_arange(NULL, TAD_F64, 0, 1, 1)));
}
END_TEST

/* Nothing is allocated before a size is found impossible. */
START_TEST(too_large) {
    tad_var x = numbers(3), m = tad_reshape(x, TAD_SHAPE(3, 1));
    const int64_t large[] = {INT64_C(1) << 31, INT64_C(1) << 40};
    size_t before = tad_tape_memory(t).peak;
    ck_assert(tad_is_nil(tad_tile(m, large, 2)));
    ck_refused(t, TAD_TOO_LARGE, "tile");
    ck_assert(
        tad_is_nil(tad_pad(m, (int64_t[]){large[0], 0, large[1], 0}, 4, TAD_PAD_CIRCULAR, 0)));
    ck_refused(t, TAD_TOO_LARGE, "pad");
    ck_assert(tad_is_nil(tad_diag(x, large[1])));
    ck_refused(t, TAD_TOO_LARGE, "diag");
    ck_assert_uint_lt(tad_tape_memory(t).peak - before, 100000);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("arrange");
    TCase *c = support_case(s, "elements");
    tcase_add_checked_fixture(c, new_tape, free_tape);
    tcase_add_test(c, pad_modes);
    tcase_add_test(c, pad_gradients);
    tcase_add_test(c, roll_by_any_number);
    tcase_add_test(c, triangles_leave_nothing);
    tcase_add_test(c, diagonals);
    tcase_add_test(c, repeats);
    tcase_add_test(c, parts);
    tcase_add_test(c, grids);
    tcase_add_test(c, constants_by_formula);
    tcase_add_test(c, too_large);
    return s;
}

SUPPORT_MAIN(suite)
