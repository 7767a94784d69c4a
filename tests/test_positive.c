/* Square root and logarithm of positive definite matrices: values from mpmath, what is refused,
 * derivatives to order 3 where eigenvalues are equal. */
#include "support.h"

static const double plain[] = {4, 1, 0.5, 1, 3, -1, 0.5, -1, 2};

static tad_var square(tad_tape *t, int64_t n, const double *x) {
    return tad_input(t, TAD_F64, TAD_SHAPE(n, n), x);
}

START_TEST(values_of_positive_matrices) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = square(t, 3, plain),
            skewed = tad_add(x, square(t, 3, (double[]){0, 5, -1, -5, 0, 2, 1, -2, 0}));
    const tad_var of[2] = {x, skewed};
    for (int i = 0; i < 2; i++) {
        ck_values(tad_matrix_sqrt_pd(of[i]), 1e-14, 1.9703350249340332, 0.29180943453921089,
                  0.18062985199603337, 0.29180943453921089, 1.6715805634495367,
                  -0.34736965010149557, 0.18062985199603337, -0.34736965010149557,
                  1.358936048074469);
        ck_values(tad_matrix_log_pd(of[i]), 1e-14, 1.3145173576048376, 0.35576797294593898,
                  0.26603923167391874, 0.35576797294593898, 0.94111833561870873,
                  -0.49681636526745778, 0.26603923167391874, -0.49681636526745778,
                  0.5324572155522002);
    }
    tad_var wide = square(t, 2, (double[]){1e10, 0, 0, 1e-10});
    ck_values(tad_matrix_sqrt_pd(wide), 1e-15, 1e5, 0, 0, 1e-5);
    tad_tape_free(t);
}
END_TEST

START_TEST(what_is_not_positive_is_refused) {
    const double singular[] = {1, 2, 2, 4}, negative[] = {1, 0, 0, -1};
    tad_tape *t = tad_tape_new(NULL);
    ck_assert(tad_is_nil(tad_matrix_sqrt_pd(square(t, 2, negative))));
    ck_refused(t, TAD_SINGULAR, "matrix_sqrt_pd", "not positive definite", "matrix 0");
    ck_assert(tad_is_nil(tad_matrix_log_pd(square(t, 2, negative))));
    ck_refused(t, TAD_SINGULAR, "matrix_log_pd", "not positive definite");
    ck_assert(tad_is_nil(tad_matrix_log_pd(tad_neg(square(t, 2, singular)))));
    ck_refused(t, TAD_SINGULAR, "matrix_log_pd");
    double y[4];
    ck_done(tad_read(tad_matrix_log_pd(square(t, 2, (double[]){NAN, 0, 0, 1})), y, 4), t);
    ck_assert(isnan(y[0]) && isnan(y[3]));
    tad_tape_free(t);
}
END_TEST

/* f(4 + s E) = f(4) + s f'(4) E + ...: the derivatives by s of the sum of C f, at s = 0. */
static void ck_at_equal_values(tad_var (*f)(tad_var), double first, double second, double third) {
    const double c[] = {1, 2, -1, 0.5, 3, 1, -2, 0, 1}, e[] = {2, 1, 0, 1, -1, 3, 0, 3, 1},
                 four[] = {4, 0, 0, 0, 4, 0, 0, 0, 4}, right[] = {first, second, third};
    tad_tape *t = tad_tape_new(NULL);
    tad_var s = tad_scalar(t, 0), by = square(t, 3, c), towards = square(t, 3, e), power = towards;
    tad_var y =
        tad_sum(tad_mul(by, f(tad_add(square(t, 3, four), tad_mul(s, towards)))), tad_all());
    for (int order = 0; order < 3; order++) {
        const double scale = tad_item(tad_sum(tad_mul(by, power), tad_all()));
        ck_done(tad_grad(&y, NULL, 1, &s, 1, &y), t);
        ck_near(tad_item(y), right[order] * scale, 1e-13);
        power = tad_matmul(power, towards);
    }
    tad_tape_free(t);
}

START_TEST(equal_values_of_positive_matrices) {
    ck_at_equal_values(tad_matrix_sqrt_pd, 1.0 / 4, -1.0 / 32, 6.0 / 512);
    ck_at_equal_values(tad_matrix_log_pd, 1.0 / 4, -1.0 / 16, 1.0 / 32);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("positive");
    TCase *c = support_case(s, "positive");
    tcase_add_test(c, values_of_positive_matrices);
    tcase_add_test(c, what_is_not_positive_is_refused);
    tcase_add_test(c, equal_values_of_positive_matrices);
    return s;
}

SUPPORT_MAIN(suite)
