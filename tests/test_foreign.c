/* What other languages call (tad/foreign.h), as C sees it: few operands without a list, callbacks
 * that write their result, results that were recorded before. */
#include "support.h"

#include <tad/foreign.h>

static tad_tape *t;
static void new_tape(void) { t = tad_tape_new(NULL); }
static void free_tape(void) { tad_tape_free(t); }

static tad_var pair(double a, double b) {
    return tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){a, b});
}

static tad_var few(const char *name, size_t n, tad_var a, tad_var b, tad_var c) {
    return tad_apply_few(tad_op_find(name), NULL, n, a, b, c);
}

START_TEST(an_op_takes_the_first_of_few_operands) {
    const tad_var a = pair(1, 2), b = pair(5, 7), c = pair(0.5, 2);
    ck_values(few("neg", 1, a, b, c), 0, -1, -2);
    ck_values(few("sub", 2, a, b, c), 0, -4, -5);
    ck_values(few("lerp", 3, a, b, c), 0, 3, 12);
    ck_values(few("concat", 3, a, b, c), 0, 1, 2, 5, 7, 0.5, 2);
    ck_values(few("concat", 9, a, b, c), 0, 1, 2, 5, 7, 0.5, 2); /* there are no more */
    const double options[8] = {0.5}; /* the slope; rows are told of more than they have */
    ck_assert_uint_le(tad_op_find("leaky_relu")->options_size, sizeof options);
    ck_values(tad_apply_few(tad_op_find("leaky_relu"), options, 1, pair(-2, 2), b, c), 0, -1, 2);
    ck_assert(tad_is_nil(few("sub", 1, a, b, c)));
    ck_refused(t, TAD_BAD_ARGUMENT, "sub");
}
END_TEST

static void write_product(tad_tape *tape, const tad_var *in, size_t n, void *user, tad_var *out) {
    ck_assert(tape == t && n == 2);
    *out = tad_mul(tad_mul(in[0], in[1]), tad_number(*(const double *)user));
}
static void write_nothing(tad_tape *tape, const tad_var *in, size_t n, void *user, tad_var *out) {
    (void)tape, (void)in, (void)n, (void)user, (void)out;
}

START_TEST(a_callback_writes_what_a_function_returns) {
    double three = 3;
    const tad_var in[] = {pair(1, 2), pair(5, 7)};
    tad_written product = {write_product, &three}, nothing = {write_nothing, NULL}, none = {0};
    tad_var out;
    ck_values(tad_write(t, in, 2, &product), 0, 15, 42);
    ck_done(tad_jacobian(tad_write, &product, in, 2, 1, NULL, &out), t);
    ck_values(out, 0, 3, 0, 0, 6);
    ck_assert(tad_is_nil(tad_write(t, in, 2, &nothing)));
    ck_tape(t);
    ck_assert(tad_is_nil(tad_write(t, in, 2, &none)));
    ck_refused(t, TAD_BAD_ARGUMENT, "write: there is no function");
    ck_assert(tad_is_nil(tad_write(t, in, 2, NULL)));
    ck_refused(t, TAD_BAD_ARGUMENT, "write: there is no function");
}
END_TEST

START_TEST(what_is_recorded_already_is_a_function) {
    tad_var x = pair(1, 2), y = tad_mul(x, x), out;
    ck_done(tad_jacobian(tad_recorded, &y, &x, 1, 0, NULL, &out), t);
    ck_values(out, 0, 2, 0, 0, 4);
    ck_assert(tad_is_nil(tad_recorded(t, &x, 1, NULL)));
    ck_refused(t, TAD_BAD_ARGUMENT, "recorded: there is no result");
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("foreign");
    TCase *c = support_case(s, "calls");
    tcase_add_checked_fixture(c, new_tape, free_tape);
    tcase_add_test(c, an_op_takes_the_first_of_few_operands);
    tcase_add_test(c, a_callback_writes_what_a_function_returns);
    tcase_add_test(c, what_is_recorded_already_is_a_function);
    return s;
}
SUPPORT_MAIN(suite)
