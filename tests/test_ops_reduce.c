/* Reductions: values on every layout, rounding, NaN, ties, nothing, gradients. */
#include "support.h"

static const double six[] = {3, 1, 2, 1, 3, 3};
#define OVER(...) TAD_AXES(__VA_ARGS__)

static tad_var two_by_three(tad_tape *t) { return tad_input(t, TAD_F64, TAD_SHAPE(2, 3), six); }

START_TEST(sums) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = two_by_three(t);
    ck_values(tad_sum(x, tad_all()), 0, 13);
    ck_values(tad_sum(x, OVER(0)), 0, 4, 4, 5);
    ck_values(tad_sum(x, OVER(-1)), 0, 6, 7);
    ck_values(tad_sum(tad_transpose(x, 0, 1), OVER(0)), 0, 6, 7);
    ck_values(tad_mean(x, OVER(0)), 0, 2, 2, 2.5);
    ck_shape(tad_sum(x, tad_keepdims(tad_axis(1))), 2, 1);
    ck_values(tad_sum_to(x, TAD_SHAPE(3)), 0, 4, 4, 5);
    ck_values(tad_sum_to(tad_broadcast_to(x, TAD_SHAPE(7, 2, 3)), TAD_SHAPE(2, 1)), 0, 42, 49);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* Every way of walking, against a plain loop: elements are small integers, so that sums are
 * exact. */
static double element(int64_t i) { return (double)(i * 7 % 23) - 11; }

static void check_all_axes(tad_tape *t, tad_dtype dtype, tad_shape shape) {
    int64_t size = 1, step[3] = {shape.dim[1] * shape.dim[2], shape.dim[2], 1};
    for (int i = 0; i < 3; i++) size *= shape.dim[i];
    double *data = malloc((size_t)size * sizeof *data);
    for (int64_t i = 0; i < size; i++) data[i] = element(i);
    tad_var x = tad_cast(tad_input(t, TAD_F64, shape, data), dtype);
    for (unsigned mask = 0; mask < 8; mask++) {
        int axes[3], m = 0;
        tad_shape kept = shape;
        for (int i = 0; i < 3; i++)
            if (mask >> i & 1) axes[m++] = i, kept.dim[i] = 1;
        const tad_axes o = tad_keepdims(tad_axes_of(axes, (size_t)m));
        int64_t n = kept.dim[0] * kept.dim[1] * kept.dim[2];
        double *want = calloc((size_t)n * 2, sizeof *want), *got = malloc((size_t)n * sizeof *got);
        for (int64_t i = 0; i < n; i++) want[n + i] = -INFINITY;
        for (int64_t i = 0; i < size; i++) {
            int64_t to = 0;
            for (int k = 0; k < 3; k++)
                to = to * kept.dim[k] + (mask >> k & 1 ? 0 : i / step[k] % shape.dim[k]);
            want[to] += data[i];
            if (data[i] > want[n + to]) want[n + to] = data[i];
        }
        for (int largest = 0; largest < 2; largest++) {
            ck_done(tad_read(largest ? tad_amax(x, o) : tad_sum(x, o), got, (size_t)n), t);
            for (int64_t i = 0; i < n; i++) ck_assert_double_eq(got[i], want[largest * n + i]);
        }
        free(want);
        free(got);
    }
    free(data);
}

START_TEST(every_layout) {
    tad_tape *t = tad_tape_new(NULL);
    const int64_t shapes[][3] = {{3, 5, 7},    {130, 3, 2}, {2, 129, 10}, {1, 70, 65},
                                 {5, 1, 1100}, {4, 33, 1},  {300, 2, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int dtype = TAD_F64; dtype <= TAD_F32; dtype++)
            check_all_axes(t, (tad_dtype)dtype,
                           (tad_shape){3, {shapes[i][0], shapes[i][1], shapes[i][2]}});
    tad_tape_free(t);
}
END_TEST

/* A million tenths in float32: adding them one by one gives about 100958. */
START_TEST(large_float32_sums_stay_exact) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_full(t, TAD_F32, TAD_SHAPE(1000000), 0.1);
    ck_near(tad_item(tad_sum(x, tad_all())), 100000, 1e-5);
    ck_values(tad_sum(tad_reshape(x, TAD_SHAPE(500000, 2)), OVER(0)), 1e-5, 50000, 50000);
    tad_var wide = tad_full(t, TAD_F32, TAD_SHAPE(20000, 100), 0.1);
    ck_near(tad_item(tad_mean(tad_sum(wide, OVER(0)), tad_all())), 2000, 1e-5);
    tad_tape_free(t);
}
END_TEST

START_TEST(extremes) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = two_by_three(t), at;
    ck_values(tad_amax(x, OVER(1)), 0, 3, 3);
    ck_values(tad_amin(x, tad_all()), 0, 1);
    ck_values(tad_max(x, tad_axis(1), &at), 0, 3, 3);
    ck_values(at, 0, 0, 1);
    ck_values(tad_min(x, tad_axis(0), &at), 0, 1, 1, 2);
    ck_values(at, 0, 1, 0, 0);
    ck_values(tad_argmax(x, tad_all()), 0, 0);
    ck_values(tad_argmin(x, tad_all()), 0, 1);
    ck_values(tad_argmax(tad_transpose(x, 0, 1), OVER(0)), 0, 0, 1);
    ck_assert_int_eq(tad_dtype_of(at), TAD_I64);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(nan_wins) {
    tad_tape *t = tad_tape_new(NULL);
    for (int n = 5; n < 200; n += 97)
        for (int bad = 0; bad < n; bad += 4) {
            double data[200];
            for (int i = 0; i < n; i++) data[i] = i % 3;
            data[bad] = NAN;
            data[n - 1] = NAN;
            tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(n), data),
                    y = tad_reshape(x, TAD_SHAPE(n, 1)), at;
            ck_assert(isnan(tad_item(tad_amax(x, tad_all()))));
            ck_assert(isnan(tad_item(tad_amin(x, tad_all()))));
            ck_values(tad_argmax(x, tad_all()), 0, bad);
            ck_values(tad_argmin(tad_concat((tad_var[]){y, y}, 2, 1), OVER(0)), 0, bad, bad);
            ck_assert(isnan(tad_item(tad_max(x, tad_axis(0), &at))));
            ck_values(at, 0, bad);
            ck_done(tad_reverse(tad_amax(x, tad_all())), t);
            ck_assert(isnan(tad_item(tad_sum(tad_gradient(x), tad_all()))));
        }
    tad_tape_free(t);
}
END_TEST

START_TEST(ties) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = two_by_three(t);
    ck_done(tad_reverse(tad_amax(x, tad_all())), t);
    double third = 1.0 / 3;
    ck_values(tad_gradient(x), 1e-15, third, 0, 0, 0, third, third);
    ck_done(tad_reverse(tad_sum(tad_amin(x, OVER(1)), tad_all())), t);
    ck_values(tad_gradient(x), 0, 0, 1, 0, 1, 0, 0);
    ck_done(tad_reverse(tad_sum(tad_max(x, tad_axis(1), NULL), tad_all())), t);
    ck_values(tad_gradient(x), 0, 1, 0, 0, 0, 1, 0);
    tad_tape_free(t);
}
END_TEST

START_TEST(places_in_long_rows) {
    tad_tape *t = tad_tape_new(NULL);
    static double data[3][1000];
    const int best[3] = {0, 517, 999};
    for (int r = 0; r < 3; r++)
        for (int i = 0; i < 1000; i++) data[r][i] = i % 7;
    for (int r = 0; r < 3; r++) data[r][best[r]] = data[r][999] = 7;
    for (int dtype = TAD_F64; dtype <= TAD_F32; dtype++) {
        tad_var x = tad_cast(tad_input(t, TAD_F64, TAD_SHAPE(3, 1000), data), (tad_dtype)dtype), at;
        ck_values(tad_argmax(x, OVER(1)), 0, best[0], best[1], best[2]);
        ck_values(tad_max(x, tad_axis(1), &at), 0, 7, 7, 7);
        ck_values(at, 0, best[0], best[1], best[2]);
        ck_values(tad_argmin(x, OVER(1)), 0, best[0] == 0 ? 7 : 0, 0, 0);
        tad_retain(x);
        ck_done(tad_reverse(tad_sum(tad_amax(x, OVER(1)), tad_all())), t);
        ck_values(tad_sum(tad_gradient(x), OVER(1)), 0, 1, 1, 1);
        ck_values(tad_amax(tad_gradient(x), OVER(1)), 0, 0.5, 0.5, 1);
    }
    tad_tape_free(t);
}
END_TEST

/* Derivatives written as graphs would take several. */
START_TEST(a_gradient_takes_one_array) {
    for (int k = 0; k < 4; k++) {
        tad_tape *t = tad_tape_new(NULL);
        tad_var x = tad_add(tad_input(t, TAD_F64, TAD_SHAPE(100, 200), NULL), tad_number(1));
        tad_var y = k == 0   ? tad_amax(x, OVER(1))
                    : k == 1 ? tad_max(x, tad_axis(0), NULL)
                    : k == 2 ? tad_min(x, tad_axis(1), NULL)
                             : tad_logsumexp(x, OVER(1));
        tad_var sum = tad_sum(y, tad_all());
        size_t before = tad_tape_memory(t).live;
        ck_done(tad_reverse(sum), t);
        ck_assert_uint_lt(tad_tape_memory(t).live - before, 100 * 200 * sizeof(double) * 3 / 2);
        tad_tape_free(t);
    }
}
END_TEST

START_TEST(nothing) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(0, 3), NULL);
    ck_values(tad_sum(x, tad_all()), 0, 0);
    ck_values(tad_sum(x, OVER(0)), 0, 0, 0, 0);
    ck_shape(tad_sum(x, OVER(1)), 0);
    ck_values(tad_mean(x, tad_all()), 0, NAN);
    ck_values(tad_logsumexp(x, tad_all()), 0, -INFINITY);
    ck_shape(tad_amax(x, OVER(1)), 0);
    ck_done(tad_reverse(tad_sum(x, tad_all())), t);
    ck_shape(tad_gradient(x), 0, 3);
    tad_amax(x, tad_all());
    ck_refused(t, TAD_BAD_SHAPE, "amax", "(0,3)");
    tad_max(x, tad_axis(0), NULL);
    ck_refused(t, TAD_BAD_SHAPE, "max");
    tad_argmin(x, tad_all());
    ck_refused(t, TAD_BAD_SHAPE, "argmin");
    tad_tape_free(t);
}
END_TEST

START_TEST(logsumexp_does_not_overflow) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(4, 2),
                          (double[]){1000, 1000, -INFINITY, -INFINITY, INFINITY, 0, -INFINITY, 5});
    tad_var y = tad_logsumexp(x, OVER(1));
    ck_values(y, 1e-15, 1000 + log(2), -INFINITY, INFINITY, 5);
    tad_var safe = tad_slice(x, 0, 0, 2, 1);
    ck_done(tad_reverse(tad_sum(tad_logsumexp(safe, OVER(1)), tad_all())), t);
    ck_values(tad_gradient(x), 1e-12, 0.5, 0.5, 0, 0, 0, 0, 0, 0);
    double infinite[3][20];
    for (int r = 0; r < 3; r++)
        for (int i = 0; i < 20; i++)
            infinite[r][i] = r == 1 ? -INFINITY : r == 2 && i == 9 ? INFINITY : i;
    tad_var long_rows = tad_constant(t, TAD_F64, TAD_SHAPE(3, 20), infinite);
    ck_values(tad_logsumexp(long_rows, OVER(1)), 1e-15, 19 + log((1 - exp(-20)) / (1 - exp(-1))),
              -INFINITY, INFINITY);
    for (int r = 0; r < 3; r++) infinite[r][13] = NAN;
    ck_values(tad_logsumexp(tad_constant(t, TAD_F64, TAD_SHAPE(3, 20), infinite), OVER(1)), 0, NAN,
              NAN, NAN);
    ck_values(tad_logsumexp(tad_constant(t, TAD_F64, TAD_SHAPE(20, 3), infinite), tad_all()), 0,
              NAN);
    tad_var f = tad_full(t, TAD_F32, TAD_SHAPE(1500, 2), 2);
    ck_values(tad_logsumexp(f, OVER(0)), 1e-6, 2 + log(1500), 2 + log(1500));
    tad_tape_free(t);
}
END_TEST

START_TEST(gradients_are_added) {
    tad_tape *t = tad_tape_new(NULL);
    for (int dtype = TAD_F64; dtype <= TAD_F32; dtype++) {
        tad_var x = tad_cast(two_by_three(t), (tad_dtype)dtype), g;
        tad_var rows = tad_sum(x, OVER(1)), columns = tad_mean(x, OVER(0));
        tad_var y = tad_add(tad_sum(tad_mul(rows, rows), tad_all()),
                            tad_sum(tad_mul(columns, columns), tad_all()));
        ck_done(tad_grad(&y, NULL, 1, &x, 1, &g), t);
        ck_values(g, 1e-6, 12 + 2, 12 + 2, 12 + 2.5, 14 + 2, 14 + 2,
                  14 + 2.5); /* 2 row sum + column mean */
    }
    tad_var x = two_by_three(t), rows = tad_sum(x, OVER(1)), columns = tad_mean(x, OVER(0));
    ck_done(tad_reverse(tad_add(tad_sum(tad_mul(rows, rows), tad_all()),
                                tad_sum(tad_mul(columns, columns), tad_all()))),
            t);
    ck_values(tad_gradient(x), 1e-15, 14, 14, 14.5, 16, 16, 16.5);
    tad_tape_free(t);
}
END_TEST

/* Nothing of the list is read when its length cannot be. */
START_TEST(impossible_numbers_of_axes_are_refused) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(1, 1, 1, 1, 1, 1, 1, 1), (double[]){1});
    tad_axes many = TAD_AXES(0, 1, 2, 3, 4, 5, 6, 7), few = tad_axis(0);
    few.count = -1;
    ck_values(tad_sum(x, many), 0, 1);
    many.count = 9;
    ck_assert(tad_is_nil(tad_sum(x, many)));
    ck_refused(t, TAD_BAD_AXIS, "sum", "9 axes");
    many = TAD_AXES(0, 1, 2, 3, 4, 5, 6, 0);
    ck_assert(tad_is_nil(tad_sum(x, many)));
    ck_refused(t, TAD_BAD_AXIS, "sum", "no axis 0, or named twice");
    many.count = 9;
    ck_assert(tad_is_nil(tad_squeeze(x, many)));
    ck_refused(t, TAD_BAD_AXIS, "squeeze", "9 axes");
    ck_assert(tad_is_nil(tad_argmax(x, many)));
    ck_refused(t, TAD_BAD_AXIS, "argmax", "9 axes");
    ck_assert(tad_is_nil(tad_mean(x, few)));
    ck_refused(t, TAD_BAD_AXIS, "mean", "-1 axes");
    ck_assert(tad_is_nil(tad_flip(x, tad_axes_of((int[9]){0}, 9))));
    ck_refused(t, TAD_BAD_AXIS, "flip", "9 axes");
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("reductions");
    TCase *values = support_case(s, "values");
    tcase_add_test(values, sums);
    tcase_add_test(values, every_layout);
    tcase_add_test(values, large_float32_sums_stay_exact);
    tcase_add_test(values, extremes);
    tcase_add_test(values, logsumexp_does_not_overflow);
    TCase *edges = support_case(s, "edges");
    tcase_add_test(edges, nan_wins);
    tcase_add_test(edges, places_in_long_rows);
    tcase_add_test(edges, a_gradient_takes_one_array);
    tcase_add_test(edges, ties);
    tcase_add_test(edges, nothing);
    tcase_add_test(edges, impossible_numbers_of_axes_are_refused);
    tcase_add_test(support_case(s, "gradients"), gradients_are_added);
    return s;
}
SUPPORT_MAIN(suite)
