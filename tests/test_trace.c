/* TAD_TRACE: nodes and messages know where they were recorded. */
#define TAD_TRACE
#include "support.h"

START_TEST(nodes_carry_places) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, 2);
    int line = __LINE__ + 1;
    tad_var y = tad_mul(tad_sin(x), x);
    ck_assert_int_eq(tad_node_line(y), line);
    ck_assert_int_eq(tad_node_line(tad_node_parent(y, 0)), line);
    ck_assert_int_eq(tad_node_line(x), line - 2);
    ck_assert_ptr_nonnull(strstr(tad_node_file(y), "test_trace.c"));
    ck_near(tad_item(y), 2 * sin(2.0), 1e-15);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(messages_carry_places) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL),
            b = tad_input(t, TAD_F64, TAD_SHAPE(4, 5), NULL);
    char expected[64];
    snprintf(expected, sizeof expected, "test_trace.c:%d", __LINE__ + 1);
    tad_var c = tad_sum(tad_matmul(a, b), tad_all());
    ck_assert(tad_is_nil(c));
    ck_assert_int_eq(tad_tape_status(t), TAD_BAD_SHAPE);
    ck_assert_msg(strstr(tad_message(t), expected) != NULL, "%s", tad_message(t));
    ck_assert_msg(strstr(tad_message(t), "matmul: (2,3) x (4,5)") != NULL, "%s", tad_message(t));
    tad_add(c, c); /* a later failure does not move the place of the first */
    ck_assert_ptr_nonnull(strstr(tad_message(t), expected));
    tad_tape_free(t);
}
END_TEST

/* A verb fails where it is called, and is evaluated once. */
START_TEST(failures_of_verbs_carry_places) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL), y[] = {tad_sin(x), x};
    char expected[64];
    int k = 0;
    snprintf(expected, sizeof expected, "test_trace.c:%d", __LINE__ + 1);
    tad_status s = tad_reverse(y[k++]);
    ck_assert_int_eq(k, 1);
    ck_assert_int_eq(s, TAD_BAD_SHAPE);
    ck_assert_msg(strstr(tad_message(t), expected) != NULL, "%s", tad_message(t));
    tad_tape_clear(t);
    snprintf(expected, sizeof expected, "test_trace.c:%d", __LINE__ + 1);
    s = tad_tangent(y, 1, &x, &y[0], 0, NULL);
    ck_assert_int_eq(s, TAD_BAD_ARGUMENT);
    ck_assert_msg(strstr(tad_message(t), expected) != NULL, "%s", tad_message(t));
    tad_tape_free(t);
}
END_TEST

START_TEST(messages_say_where_a_variable_comes_from) {
    tad_tape *t = tad_tape_new(NULL);
    char of_w[64], of_y[64];
    const int line = __LINE__ + 1;
    tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});
    tad_var y = tad_sum(tad_square(w), tad_all());
    snprintf(of_w, sizeof of_w, "test_trace.c:%d)", line);
    snprintf(of_y, sizeof of_y, "test_trace.c:%d)", line + 1);
    ck_done(tad_assign(w, (double[]){3, 4}), t);
    ck_assert(tad_reverse(y) != TAD_OK);
    ck_refused(t, TAD_STALE_VALUE, "square (recorded at ", of_y, "operand 0 (recorded at ", of_w);
    tad_name(w, "weight");
    ck_assert(tad_reverse(y) != TAD_OK);
    ck_refused(t, TAD_STALE_VALUE, "operand 0 (weight, recorded at ", of_w);
    tad_tape_free(t);
}
END_TEST

START_TEST(rewound_places_are_forgotten) {
    tad_tape *t = tad_tape_new(NULL);
    tad_mark m = tad_tape_mark(t);
    for (int i = 0; i < 3; i++) {
        tad_var x = tad_scalar(t, i);
        ck_assert_int_eq(tad_node_line(x), __LINE__ - 1);
        ck_assert_int_eq(tad_tape_rewind(t, m), TAD_OK);
    }
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("trace");
    TCase *c = support_case(s, "places");
    tcase_add_test(c, nodes_carry_places);
    tcase_add_test(c, messages_carry_places);
    tcase_add_test(c, failures_of_verbs_carry_places);
    tcase_add_test(c, messages_say_where_a_variable_comes_from);
    tcase_add_test(c, rewound_places_are_forgotten);
    return s;
}

SUPPORT_MAIN(suite)
