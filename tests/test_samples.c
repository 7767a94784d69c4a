/* Samples of distributions: moments, how they move with the parameters, how many numbers each
 * draws, programs that draw them anew, what is refused. */
#include "support.h"

#include <tad/diff.h>
#include <tad/program.h>

enum { N = 40000 };

static tad_tape *t;
static void new_tape(void) { t = tad_tape_new(&(tad_settings){.seed = 11}); }
static void free_tape(void) { tad_tape_free(t); }

static tad_var many(double value) { return tad_full(t, TAD_F64, TAD_SHAPE(N), value); }

static double mean_of(tad_var x) { return tad_item(tad_mean(x, tad_all())); }

/* Means of x and of x^2 are within five deviations of what they should be. */
static void ck_moments(const char *what, tad_var x, double mean, double square) {
    tad_var y = tad_square(x);
    ck_tape(t);
    const double first = 5 * sqrt((square - mean * mean) / N),
                 second = 5 * sqrt(tad_item(tad_var_over(y, tad_all(), 1)) / N);
    ck_assert_msg(fabs(mean_of(x) - mean) <= first, "%s: mean %g, not %g +- %g", what, mean_of(x),
                  mean, first);
    ck_assert_msg(fabs(mean_of(y) - square) <= second, "%s: mean square %g, not %g +- %g", what,
                  mean_of(y), square, second);
}

START_TEST(samples_have_their_moments) {
    ck_moments("normal", tad_normal_sample(many(1.5), many(2)), 1.5, 4 + 2.25);
    ck_moments("gamma", tad_gamma_sample(many(2.5), many(2)), 1.25, 2.5 * 3.5 / 4);
    ck_moments("gamma, small", tad_gamma_sample(many(0.1), many(1)), 0.1, 0.11);
    ck_moments("gamma, large", tad_gamma_sample(many(300), many(100)), 3, 300 * 301 / 1e4);
    ck_moments("beta", tad_beta_sample(many(2), many(0.5)), 0.8, 2 * 3 / (2.5 * 3.5));
    ck_moments("student", tad_student_sample(many(10), many(1), many(2)), 1, 1 + 4 * 10 / 8.0);
    ck_moments("poisson", tad_poisson_sample(many(3.5)), 3.5, 3.5 + 12.25);
    ck_moments("poisson, large", tad_poisson_sample(many(4000)), 4000, 4000 + 16e6);
}
END_TEST

START_TEST(shares_have_their_moments) {
    const double a[] = {0.02, 1.5, 3};
    tad_var row = tad_constant(t, TAD_F64, TAD_SHAPE(3), a);
    tad_var x = tad_dirichlet_sample(tad_broadcast_to(row, TAD_SHAPE(N, 3)));
    ck_near(tad_item(tad_amax(tad_sum(x, tad_axis(1)), tad_all())), 1, 1e-15);
    for (int k = 0; k < 3; k++) {
        const double sum = 4.52, mean = a[k] / sum;
        ck_moments("share", tad_slice(x, 1, k, k + 1, 1), mean, mean * (a[k] + 1) / (sum + 1));
    }
    /* where gamma numbers would all vanish */
    x = tad_dirichlet_sample(tad_full(t, TAD_F64, TAD_SHAPE(50, 4), 1e-5));
    ck_near(tad_item(tad_amin(tad_sum(x, tad_axis(1)), tad_all())), 1, 1e-15);
    ck_tape(t);
}
END_TEST

START_TEST(vectors_have_their_covariance) {
    const double mean[] = {1, -2}, factor[] = {2, 99, -1, 0.5}; /* 99 is not read */
    tad_var m = tad_broadcast_to(tad_constant(t, TAD_F64, TAD_SHAPE(2), mean), TAD_SHAPE(N, 2)),
            f = tad_constant(t, TAD_F64, TAD_SHAPE(2, 2), factor);
    tad_var x = tad_multivariate_normal_sample(m, f);
    ck_shape(x, N, 2);
    tad_var u = tad_slice(x, 1, 0, 1, 1), v = tad_slice(x, 1, 1, 2, 1);
    ck_moments("first", u, 1, 4 + 1);
    ck_moments("second", v, -2, 1.25 + 4);
    ck_near(mean_of(tad_mul(tad_sub(u, tad_number(1)), tad_add(v, tad_number(2)))), -2, 0.05);
}
END_TEST

/* Each as often as the softmax says; a class of probability 0 never. */
START_TEST(classes_come_by_their_logits) {
    const double logits[] = {0.5, -INFINITY, -1, 1.2};
    double p[4];
    tad_var row = tad_constant(t, TAD_F64, TAD_SHAPE(4), logits);
    tad_var x = tad_categorical_sample(tad_broadcast_to(row, TAD_SHAPE(N, 4)));
    ck_assert_int_eq(tad_dtype_of(x), TAD_I64);
    ck_shape(x, N);
    ck_done(tad_read(tad_softmax(row, 0), p, 4), t);
    for (int k = 0; k < 4; k++) {
        const double count = tad_item(
            tad_sum(tad_cast(tad_equal(x, tad_full(t, TAD_I64, TAD_0D, k)), TAD_F64), tad_all()));
        ck_assert(fabs(count - N * p[k]) <= 5 * sqrt(N * p[k] * (1 - p[k])));
    }
}
END_TEST

/* The derivative of the mean square by a parameter is the mean of the samples' own. */
static void ck_moves(const char *what, tad_var x, tad_var parameter, double right, double within) {
    tad_var y = tad_mean(tad_square(x), tad_all()), g;
    ck_done(tad_grad(&y, NULL, 1, &parameter, 1, &g), t);
    ck_assert_msg(fabs(tad_item(g) - right) <= within, "%s: %g, not %g", what, tad_item(g), right);
}

START_TEST(samples_move_with_their_parameters) {
    tad_var a = tad_scalar(t, 2.5), b = tad_scalar(t, 1.5), n = tad_scalar(t, 10);
    tad_var wide = tad_broadcast_to(a, TAD_SHAPE(N));
    ck_moves("gamma", tad_gamma_sample(wide, b), a, 6 / 2.25, 0.1);
    ck_moves("gamma's rate", tad_gamma_sample(wide, b), b, -2 * 8.75 / 3.375, 0.2);
    ck_moves("beta", tad_beta_sample(wide, b), a, 6.0 / 20 - 8.75 * 9 / 400, 0.005);
    ck_moves("beta's b", tad_beta_sample(wide, b), b, -8.75 * 9 / 400, 0.005);
    tad_var none = many(0);
    ck_moves("student", tad_student_sample(n, none, many(1)), n, -2.0 / 64, 0.01);
    ck_moves("normal", tad_normal_sample(none, b), b, 3, 0.1);
}
END_TEST

/* What the header says of each: of 6 numbers, or 2 vectors of 3. */
START_TEST(samples_draw_a_fixed_count) {
    tad_var x = tad_full(t, TAD_F64, TAD_SHAPE(2, 3), 0.7), eye = tad_eye(t, TAD_F64, 3, 3);
    const int expected[] = {12, 12, 6, 6, 18, 12, 6, 6};
    for (int k = 0; k < 8; k++) {
        const uint64_t before = tad_tape_random(t).drawn;
        tad_var y = k == 0   ? tad_normal_sample(x, tad_number(1))
                    : k == 1 ? tad_multivariate_normal_sample(x, eye)
                    : k == 2 ? tad_gamma_sample(x, tad_number(1))
                    : k == 3 ? tad_beta_sample(tad_number(2), x)
                    : k == 4 ? tad_student_sample(x, x, x)
                    : k == 5 ? tad_dirichlet_sample(x)
                    : k == 6 ? tad_poisson_sample(x)
                             : tad_categorical_sample(x);
        ck_assert(!tad_is_nil(y));
        ck_assert_uint_eq(tad_tape_random(t).drawn - before, (uint64_t)expected[k]);
    }
}
END_TEST

static tad_var all_of(tad_tape *tape, tad_var x) {
    tad_var sum = tad_add(tad_gamma_sample(x, tad_number(2)), tad_beta_sample(x, x));
    sum = tad_add(sum, tad_student_sample(x, x, x));
    sum = tad_add(sum, tad_mul(tad_poisson_sample(x), tad_dirichlet_sample(x)));
    sum = tad_add(sum, tad_multivariate_normal_sample(x, tad_eye(tape, TAD_F64, 3, 3)));
    tad_var label = tad_cast(tad_categorical_sample(x), TAD_F64);
    return tad_sum(tad_mul(tad_sin(sum), tad_add(label, tad_number(1))), tad_all());
}

/* A program draws what the tape would have drawn, from any state. */
START_TEST(programs_draw_samples_anew) {
    const double at[] = {0.5, 1.5, 4};
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), at), y = all_of(t, x), g;
    ck_done(tad_grad(&y, NULL, 1, &x, 1, &g), t);
    const tad_var in[] = {x}, out[] = {y, g};
    tad_program *p = NULL;
    ck_done(tad_freeze(in, 1, out, 2, NULL, &p), t);
    tad_workspace *w = tad_workspace_new(p);
    double value, slopes[3];
    ck_assert_int_eq(tad_bind_in(w, 0, TAD_F64, TAD_SHAPE(3), at), TAD_OK);
    ck_assert_int_eq(tad_bind_out(w, 0, TAD_F64, TAD_0D, &value), TAD_OK);
    ck_assert_int_eq(tad_bind_out(w, 1, TAD_F64, TAD_SHAPE(3), slopes), TAD_OK);
    for (int run = 0; run < 3; run++) {
        const tad_random state = {40 + (uint64_t)run, 1000};
        tad_set_random(w, state);
        ck_assert_msg(tad_run(w) == TAD_OK, "%s", tad_workspace_message(w));
        tad_tape_set_random(t, state);
        tad_var z = all_of(t, x), h;
        ck_done(tad_grad(&z, NULL, 1, &x, 1, &h), t);
        ck_near(value, tad_item(z), 0);
        ck_values(h, 0, slopes[0], slopes[1], slopes[2]);
        ck_assert_uint_eq(tad_random_of(w).drawn, tad_tape_random(t).drawn);
    }
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

START_TEST(samples_refuse) {
    tad_var x = tad_full(t, TAD_F64, TAD_SHAPE(3), 1), y = tad_full(t, TAD_F64, TAD_SHAPE(2), 1),
            narrow = tad_full(t, TAD_F32, TAD_SHAPE(3), 1),
            whole = tad_full(t, TAD_I64, TAD_SHAPE(3), 1);
    const uint64_t before = tad_tape_random(t).drawn;
    ck_assert(tad_is_nil(tad_gamma_sample(x, y)));
    ck_refused(t, TAD_BAD_SHAPE, "gamma_sample", "broadcast");
    ck_assert(tad_is_nil(tad_poisson_sample(whole)));
    ck_refused(t, TAD_BAD_DTYPE, "poisson_sample", "float");
    ck_assert(tad_is_nil(tad_beta_sample(x, narrow)));
    ck_refused(t, TAD_BAD_DTYPE, "beta_sample");
    ck_assert(tad_is_nil(tad_dirichlet_sample(tad_full(t, TAD_F64, TAD_0D, 1))));
    ck_refused(t, TAD_BAD_SHAPE, "dirichlet_sample");
    ck_assert(tad_is_nil(tad_multivariate_normal_sample(x, x)));
    ck_refused(t, TAD_BAD_SHAPE, "multivariate_normal_sample");
    ck_assert(tad_is_nil(tad_gamma_sample(tad_number(1), tad_number(1))));
    ck_assert_uint_eq(tad_tape_random(t).drawn, before);
    ck_values(tad_gamma_sample(tad_neg(y), tad_number(1)), 0, NAN, NAN);
    ck_values(tad_dirichlet_sample(tad_mul(y, tad_number(-0.5))), 0, NAN, NAN);
    ck_values(tad_poisson_sample(tad_neg(y)), 0, NAN, NAN);
    ck_assert_int_eq(tad_dtype_of(tad_gamma_sample(narrow, tad_number(2))), TAD_F32);
    ck_tape(t);
}
END_TEST

/* By name the ops draw the same numbers, or take given ones and draw none. */
START_TEST(samples_by_name) {
    tad_tape *t = tad_tape_new(&(tad_settings){.seed = 3});
    tad_var a = tad_full(t, TAD_F64, TAD_SHAPE(4), 2), in[] = {a, a, tad_none()};
    const tad_random before = tad_tape_random(t);
    tad_var direct = tad_gamma_sample(a, a);
    const tad_random after = tad_tape_random(t);
    tad_tape_set_random(t, before);
    tad_var named = tad_call(t, "gamma_sample", in, 2, NULL, 0, NULL, 0);
    ck_tape(t);
    ck_assert_mem_eq(tad_data(direct), tad_data(named), 4 * sizeof(double));
    ck_assert(tad_tape_random(t).drawn == after.drawn);
    in[2] = tad_full(t, TAD_F64, TAD_SHAPE(4), 0.5);
    named = tad_call(t, "gamma_sample", in, 3, NULL, 0, NULL, 0);
    direct = tad_div(tad_gammaincinv(a, in[2]), a);
    ck_tape(t);
    ck_assert_mem_eq(tad_data(direct), tad_data(named), 4 * sizeof(double));
    ck_assert(tad_tape_random(t).drawn == after.drawn);
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("samples");
    TCase *c = support_case(s, "samples");
    tcase_add_checked_fixture(c, new_tape, free_tape);
    tcase_add_test(c, samples_have_their_moments);
    tcase_add_test(c, shares_have_their_moments);
    tcase_add_test(c, vectors_have_their_covariance);
    tcase_add_test(c, classes_come_by_their_logits);
    tcase_add_test(c, samples_move_with_their_parameters);
    tcase_add_test(c, samples_draw_a_fixed_count);
    tcase_add_test(c, programs_draw_samples_anew);
    tcase_add_test(c, samples_refuse);
    tcase_add_test(c, samples_by_name);
    return s;
}

SUPPORT_MAIN(suite)
