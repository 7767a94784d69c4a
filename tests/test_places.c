/* Ops that pick, put and find by places: repeated, from the end, none; what is written last;
 * shapes that follow from elements, in programs too. */
#include "support.h"

#include <tad/program.h>

static tad_tape *t;
static void new_tape(void) { t = tad_tape_new(NULL); }
static void free_tape(void) { tad_tape_free(t); }

#define LIST(...)                                                                                  \
    tad_input(t, TAD_F64, TAD_SHAPE((int64_t)(sizeof((double[]){__VA_ARGS__}) / sizeof(double))),  \
              (double[]){__VA_ARGS__})
#define INDEX(...)                                                                                 \
    tad_constant(t, TAD_I64,                                                                       \
                 TAD_SHAPE((int64_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))),         \
                 (int64_t[]){__VA_ARGS__})

START_TEST(takes_from_both_ends) {
    tad_var x = LIST(1, 2, 3), y = tad_take(x, INDEX(-1, 0, -3, 2), tad_all());
    ck_values(y, 0, 3, 1, 1, 3);
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    ck_values(tad_gradient(x), 0, 2, 0, 2);
    ck_values(tad_take(x, tad_constant(t, TAD_I64, TAD_0D, (int64_t[]){-2}), tad_axis(0)), 0, 2);
    ck_assert(tad_is_nil(tad_take(x, INDEX(3), tad_all())));
    ck_refused(t, TAD_BAD_INDEX, "take", "-3 to 2");
    ck_assert(tad_is_nil(tad_take(x, INDEX(-4), tad_all())));
    ck_refused(t, TAD_BAD_INDEX, "take");
    ck_assert(tad_is_nil(tad_take(x, INDEX(0), TAD_AXES(0, 0))));
    ck_refused(t, TAD_BAD_AXIS, "take");
}
END_TEST

/* Of several that are written to one place the last remains, and it alone has a gradient. */
START_TEST(the_last_writer_wins) {
    tad_var x = LIST(1, 2, 3), src = LIST(10, 20, 30), w = LIST(5, 6, 7);
    tad_var y = tad_scatter(x, INDEX(1, 1, 0), src, 0);
    ck_values(y, 0, 30, 20, 3);
    ck_done(tad_reverse(tad_dot(y, w)), t);
    ck_values(tad_gradient(x), 0, 0, 0, 7);
    ck_values(tad_gradient(src), 0, 0, 6, 5);
    y = tad_index_put(x, INDEX(-1, 2), LIST(8, 9), 0);
    ck_values(y, 0, 1, 2, 9);
    ck_values(tad_index_add(x, INDEX(-1, 2), LIST(8, 9), 0), 0, 1, 2, 20);
    ck_tape(t);
    ck_assert(tad_is_nil(tad_scatter(x, INDEX(-1, 1, 0), src, 0)));
    ck_refused(t, TAD_BAD_INDEX, "scatter");
}
END_TEST

/* As sums and extremes along an axis: equal ones share the gradient, x counts or does not. */
START_TEST(reduces) {
    tad_var x = LIST(1, 5, 9), src = LIST(5, 2, 5, 3), at = INDEX(1, 0, 1, 0), w = LIST(6, 12, 1);
    tad_var y = tad_scatter_reduce(x, at, src, 0, TAD_SCATTER_AMAX, true);
    ck_values(y, 0, 3, 5, 9);
    ck_done(tad_reverse(tad_dot(y, w)), t);
    ck_values(tad_gradient(x), 0, 0, 4, 1);
    ck_values(tad_gradient(src), 0, 4, 0, 4, 6);
    ck_values(tad_scatter_reduce(x, at, src, 0, TAD_SCATTER_AMIN, false), 0, 2, 5, 9);
    ck_values(tad_scatter_reduce(x, at, src, 0, TAD_SCATTER_MEAN, true), 0, 2, 5, 9);
    ck_values(tad_scatter_reduce(x, at, src, 0, TAD_SCATTER_MEAN, false), 0, 2.5, 5, 9);
    ck_values(tad_scatter_reduce(x, at, src, 0, TAD_SCATTER_SUM, false), 0, 5, 10, 9);
    ck_values(tad_scatter_reduce(x, at, LIST(NAN, 1, 2, 3), 0, TAD_SCATTER_AMAX, true), 0, 3, NAN,
              9);
    ck_tape(t);
}
END_TEST

/* Products whose factors are 0: a gradient is the product of the others, of order 2 that of all but
 * two. */
START_TEST(multiplies_with_zeros) {
    tad_var x = LIST(2, 5, 3), src = LIST(0, 4, 7, 0), at = INDEX(0, 2, 0, 2), w = LIST(1, 1, 10);
    tad_var y = tad_scatter_reduce(x, at, src, 0, TAD_SCATTER_PROD, true), g, second;
    ck_values(y, 0, 0, 5, 0);
    y = tad_dot(y, w);
    ck_done(tad_grad(&y, NULL, 1, &src, 1, &g), t);
    ck_values(g, 0, 14, 0, 0, 120);
    tad_var ends = tad_dot(g, LIST(1, 0, 0, 1));
    ck_done(tad_grad(&ends, NULL, 1, &src, 1, &second), t);
    ck_values(second, 0, 0, 30, 2, 0);
    ck_done(tad_reverse(y), t);
    ck_values(tad_gradient(x), 0, 0, 1, 0);
    ck_values(tad_scatter_reduce(x, at, src, 0, TAD_SCATTER_PROD, false), 0, 0, 5, 0);
    ck_values(
        tad_scatter_reduce(x, INDEX(1, 1, 0, 1), LIST(2, 3, 9, 4), 0, TAD_SCATTER_PROD, false), 0,
        9, 24, 3);
    ck_tape(t);
}
END_TEST

START_TEST(selects) {
    tad_var x = tad_reshape(LIST(0, 1, NAN, 3), TAD_SHAPE(2, 2));
    tad_var mask = tad_greater(x, tad_number(0)), y = tad_masked_select(x, mask);
    ck_values(y, 0, 1, 3);
    ck_values(tad_nonzero(x), 0, 0, 1, 1, 0, 1, 1);
    tad_var none = tad_masked_select(x, tad_less(x, tad_number(-1)));
    ck_shape(none, 0);
    ck_done(tad_reverse(tad_sum(tad_square(y), tad_all())), t);
    ck_shape(tad_nonzero(tad_scalar(t, 7)), 1, 0);
}
END_TEST

START_TEST(finds) {
    tad_var sorted = LIST(1, 2, 2, 5), inverse, counts;
    ck_values(tad_searchsorted(sorted, LIST(0, 2, 3, 9, NAN), false), 0, 0, 1, 3, 4, 4);
    ck_values(tad_searchsorted(sorted, LIST(0, 2, 5, -INFINITY), true), 0, 0, 3, 4, 0);
    ck_values(tad_searchsorted(LIST(1, NAN, NAN), LIST(NAN), false), 0, 1);
    ck_values(tad_searchsorted(LIST(1, NAN, NAN), LIST(NAN), true), 0, 3);
    ck_values(tad_histogram(LIST(0, 1, 2, 3, 4, -1, 5, NAN), 2, 0, 4), 0, 2, 3);
    tad_var x = LIST(3, 1, 3, -0.0, 0, 1, 3);
    ck_values(tad_unique(x, &inverse, &counts), 0, 0, 1, 3);
    ck_values(inverse, 0, 2, 1, 2, 0, 0, 1, 2);
    ck_values(counts, 0, 2, 2, 3);
    ck_values(tad_unique(LIST(NAN, 1, NAN), NULL, &counts), 0, 1, NAN, NAN);
    ck_tape(t);
}
END_TEST

/* A program is for one number of elements, and says so where there are others. */
START_TEST(programs_notice_other_numbers) {
    tad_var x = LIST(1, -2, 3), y = tad_masked_select(x, tad_greater(x, tad_number(0)));
    tad_program *p;
    double in[] = {-1, 5, 6}, out[2];
    ck_done(tad_freeze(&x, 1, &y, 1, NULL, &p), t);
    tad_workspace *w = tad_workspace_new(p);
    ck_assert_int_eq(tad_bind_in(w, 0, TAD_F64, TAD_SHAPE(3), in), TAD_OK);
    ck_assert_int_eq(tad_bind_out(w, 0, TAD_F64, TAD_SHAPE(2), out), TAD_OK);
    ck_assert_int_eq(tad_run(w), TAD_OK);
    ck_near(out[0], 5, 0);
    ck_near(out[1], 6, 0);
    in[0] = 1;
    ck_assert_int_eq(tad_run(w), TAD_BRANCH);
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("places");
    TCase *c = support_case(s, "indices");
    tcase_add_checked_fixture(c, new_tape, free_tape);
    tcase_add_test(c, takes_from_both_ends);
    tcase_add_test(c, the_last_writer_wins);
    tcase_add_test(c, reduces);
    tcase_add_test(c, multiplies_with_zeros);
    tcase_add_test(c, selects);
    tcase_add_test(c, finds);
    tcase_add_test(c, programs_notice_other_numbers);
    return s;
}

SUPPORT_MAIN(suite)
