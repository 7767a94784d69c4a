/* NaNs and infinities: where they appear, in recording and in sweeps (settings.trap), and zeros
 * that stay zero (settings.strong_zero). */
#include "support.h"

static tad_var sum_of(tad_var x) { return tad_sum(x, tad_all()); }
static tad_var guarded_sqrt(tad_tape *t, tad_var x) {
    return tad_where(tad_greater(x, tad_number(0)), tad_sqrt(x), tad_full(t, TAD_F64, TAD_0D, 0));
}

/* ---- the trap ---- */

START_TEST(the_trap_sees_what_recording_makes) {
    tad_tape *t = tad_tape_new(&(tad_settings){.trap = true});
    tad_name(tad_log(tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 2, 0})), "y");
    ck_refused(t, TAD_NOT_FINITE, "log", "(3)", "element 2");
    tad_tape_free(t);
}
END_TEST

START_TEST(the_trap_sees_what_a_sweep_makes_of_an_array) {
    tad_tape *t = tad_tape_new(&(tad_settings){.trap = true});
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 0, 4}), out;
    tad_var y = sum_of(tad_mul(tad_name(tad_sqrt(x), "root"), x)),
            one = tad_full(t, TAD_F64, TAD_SHAPE(3), 1);
    ck_assert_int_eq(tad_reverse(y), TAD_NOT_FINITE);
    ck_refused(t, TAD_NOT_FINITE, "reverse: sqrt (root)", "element 1", "strong_zero");
    ck_assert_int_eq(tad_grad(&y, NULL, 1, &x, 1, &out), TAD_NOT_FINITE);
    ck_refused(t, TAD_NOT_FINITE, "grad: sqrt (root)", "element 1", "strong_zero");
    ck_assert_int_eq(tad_tangent(&y, 1, &x, &one, 1, &out), TAD_NOT_FINITE);
    ck_refused(t, TAD_NOT_FINITE, "tangent: sqrt (root)", "element 1");
    tad_tape_free(t);
}
END_TEST

START_TEST(the_trap_sees_what_a_sweep_makes_of_a_number) {
    tad_tape *t = tad_tape_new(&(tad_settings){.trap = true});
    tad_var x = tad_scalar(t, 0), y = tad_add(tad_sqrt(x), x), out;
    ck_assert_int_eq(tad_reverse(y), TAD_NOT_FINITE);
    ck_refused(t, TAD_NOT_FINITE, "reverse: sqrt");
    ck_assert_int_eq(tad_grad(&y, NULL, 1, &x, 1, &out), TAD_NOT_FINITE);
    ck_refused(t, TAD_NOT_FINITE, "grad: sqrt");
    tad_tape_free(t);
}
END_TEST

START_TEST(the_trap_lets_right_gradients_pass) {
    tad_tape *t = tad_tape_new(&(tad_settings){.trap = true});
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 2, 4}), n = tad_scalar(t, 3), out;
    tad_var y = tad_mul(sum_of(tad_mul(tad_sqrt(x), n)), n);
    ck_done(tad_reverse(y), t);
    ck_values(tad_gradient(x), 1e-15, 4.5, 4.5 / sqrt(2), 2.25);
    ck_near(tad_gradient_item(n), 6 * (1 + sqrt(2) + 2), 1e-15);
    ck_done(tad_grad(&y, NULL, 1, &n, 1, &out), t);
    ck_near(tad_item(out), 6 * (1 + sqrt(2) + 2), 1e-15);
    tad_tape_free(t);
}
END_TEST

/* ---- strong zeros ---- */

/* The derivative of y = f(x) at x, in all ways; `second` by differentiating the recorded one. */
static void ck_all_ways(const tad_settings *settings, double x, double expected, double second) {
    tad_tape *t = tad_tape_new(settings);
    for (int rank = 0; rank < 2; rank++) {
        tad_shape s = {rank, {1}};
        tad_var v = tad_input(t, TAD_F64, s, &x), one = tad_full(t, TAD_F64, s, 1), g, h;
        tad_var y = sum_of(guarded_sqrt(t, v));
        ck_done(tad_reverse(y), t);
        ck_near(tad_gradient_item(v), expected, 1e-15);
        ck_done(tad_grad(&y, NULL, 1, &v, 1, &g), t);
        ck_near(tad_item(g), expected, 1e-15);
        if (settings->trap && x == 0) continue; /* forward the tangent of the root is infinite */
        ck_done(tad_tangent(&y, 1, &v, &one, 1, &h), t);
        ck_near(tad_item(h), expected, 1e-15);
        ck_done(tad_grad(&g, NULL, 1, &v, 1, &h), t);
        ck_near(tad_item(h), second, 1e-15);
    }
    tad_tape_free(t);
}

START_TEST(a_strong_zero_stops_an_infinite_derivative) {
    const tad_settings weak = {0}, strong = {.strong_zero = true},
                       both = {.strong_zero = true, .trap = true};
    ck_all_ways(&weak, 4, 0.25, -1. / 32);
    ck_all_ways(&strong, 0, 0, 0);
    ck_all_ways(&strong, 4, 0.25, -1. / 32);
    ck_all_ways(&both, 0, 0, 0);
    ck_all_ways(&both, 4, 0.25, -1. / 32);
}
END_TEST

/* kl_div is infinite in its target at 0, and one number: as float64, float32 and an array of
 * one. */
START_TEST(a_strong_zero_stops_at_an_op_with_one_result) {
    tad_tape *t = tad_tape_new(&(tad_settings){.strong_zero = true});
    for (int kind = 0; kind < 3; kind++) {
        tad_dtype dtype = kind == 1 ? TAD_F32 : TAD_F64;
        tad_var input = tad_full(t, dtype, TAD_SHAPE(2), -1), g;
        tad_var target = tad_input(t, dtype, TAD_SHAPE(2), NULL);
        tad_var loss = tad_kl_div(input, target, false, TAD_SUM);
        if (kind == 2)
            loss = tad_sum(tad_mul(loss, tad_full(t, dtype, TAD_SHAPE(1), 1)), tad_all());
        tad_var y = tad_mul(loss, tad_full(t, dtype, TAD_0D, 0));
        ck_done(tad_reverse(y), t);
        ck_values(tad_gradient(target), 0, 0, 0);
        ck_done(tad_grad(&y, NULL, 1, &target, 1, &g), t);
        ck_values(g, 0, 0, 0);
    }
    tad_tape_free(t);
}
END_TEST

START_TEST(a_zero_is_not_strong_unless_asked_for) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(1), NULL), y = sum_of(guarded_sqrt(t, x)), g;
    ck_done(tad_reverse(y), t);
    ck_near(tad_gradient_item(x), NAN, 0);
    ck_done(tad_grad(&y, NULL, 1, &x, 1, &g), t);
    ck_near(tad_item(g), NAN, 0);
    tad_tape_free(t);
}
END_TEST

START_TEST(a_strong_zero_hides_no_infinity_that_counts) {
    tad_tape *t = tad_tape_new(&(tad_settings){.strong_zero = true});
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){0, 1}), n = tad_scalar(t, 0);
    ck_done(tad_reverse(sum_of(tad_sqrt(x))), t);
    ck_values(tad_gradient(x), 1e-15, INFINITY, 0.5);
    ck_done(tad_reverse(tad_sqrt(n)), t);
    ck_near(tad_gradient_item(n), INFINITY, 0);
    tad_tape_free(t);
}
END_TEST

/* sin(x)^2 at 0: the cotangent of each factor is 0 there, and depends on x. */
START_TEST(a_strong_zero_hides_no_second_derivative) {
    tad_tape *t = tad_tape_new(&(tad_settings){.strong_zero = true});
    for (int rank = 0; rank < 2; rank++) {
        tad_var x = tad_input(t, TAD_F64, (tad_shape){rank, {1}}, NULL), g, h;
        tad_var y = sum_of(tad_mul(tad_sin(x), tad_sin(x)));
        ck_done(tad_grad(&y, NULL, 1, &x, 1, &g), t);
        ck_near(tad_item(g), 0, 0);
        ck_done(tad_grad(&g, NULL, 1, &x, 1, &h), t);
        ck_near(tad_item(h), 2, 0);
    }
    tad_tape_free(t);
}
END_TEST

/* Two operands, broadcast: each element of each tangent by itself. */
START_TEST(strong_zeros_are_those_of_each_operand) {
    tad_tape *t = tad_tape_new(&(tad_settings){.strong_zero = true});
    tad_var a = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){0, 4}),
            b = tad_input(t, TAD_F64, TAD_SHAPE(1), (double[]){3});
    tad_var y = tad_mul(tad_sqrt(a), b), x[] = {a, b}, out;
    tad_var tangent[] = {tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){0, 1}),
                         tad_full(t, TAD_F64, TAD_SHAPE(1), 10)};
    ck_done(tad_tangent(&y, 1, x, tangent, 2, &out), t);
    ck_values(out, 1e-15, 0, 0.75 + 20);
    ck_done(tad_reverse_from(&y, (tad_var[]){tangent[0]}, 1), t);
    ck_values(tad_gradient(a), 1e-15, 0, 0.75);
    ck_values(tad_gradient(b), 1e-15, 2);
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("finite");
    TCase *trap = support_case(s, "trap"), *strong = support_case(s, "strong");
    tcase_add_test(trap, the_trap_sees_what_recording_makes);
    tcase_add_test(trap, the_trap_sees_what_a_sweep_makes_of_an_array);
    tcase_add_test(trap, the_trap_sees_what_a_sweep_makes_of_a_number);
    tcase_add_test(trap, the_trap_lets_right_gradients_pass);
    tcase_add_test(strong, a_strong_zero_stops_an_infinite_derivative);
    tcase_add_test(strong, a_strong_zero_stops_at_an_op_with_one_result);
    tcase_add_test(strong, a_zero_is_not_strong_unless_asked_for);
    tcase_add_test(strong, a_strong_zero_hides_no_infinity_that_counts);
    tcase_add_test(strong, a_strong_zero_hides_no_second_derivative);
    tcase_add_test(strong, strong_zeros_are_those_of_each_operand);
    return s;
}

SUPPORT_MAIN(suite)
