/* Every op has a C function of its name in the shared library, and the functions that take options
 * give what the call by name gives. */
#define _DEFAULT_SOURCE
#include "support.h"

#include <dlfcn.h>

START_TEST(every_op_has_its_function) {
    void *library = dlopen(NULL, RTLD_NOW);
    ck_assert_ptr_nonnull(library);
    ck_assert_uint_gt(tad_op_count(), 100);
    for (size_t i = 0; i < tad_op_count(); i++) {
        char name[80];
        const tad_op *op = tad_op_at(i);
        if (op->flags & TAD_OP_INTERNAL) continue;
        snprintf(name, sizeof name, "tad_%s", op->name);
        ck_assert_msg(dlsym(library, name) != NULL, "there is no function %s", name);
        ck_assert_ptr_eq(tad_op_find(op->name), op);
    }
    ck_assert_ptr_null(tad_op_at(tad_op_count()));
    ck_assert_ptr_null(tad_op_find("no such op"));
    dlclose(library);
}
END_TEST

static void ck_same(tad_var a, tad_var b) {
    double x[16], y[16];
    size_t n = (size_t)tad_size_of(a);
    ck_assert_msg(!tad_is_nil(a) && !tad_is_nil(b), "%s", tad_message(a.tape));
    ck_assert_uint_le(n, 16);
    ck_assert_int_eq(tad_size_of(b), (int64_t)n);
    ck_assert_int_eq(tad_read(a, x, n), TAD_OK);
    ck_assert_int_eq(tad_read(b, y, n), TAD_OK);
    for (size_t i = 0; i < n; i++) ck_near(x[i], y[i], 0);
}

static tad_var by_name(tad_tape *t, const char *name, tad_var a, tad_var b, const char *option,
                       tad_value value) {
    value.name = option;
    return tad_call(t, name, (tad_var[]){a, b}, 2, &value, option != NULL, NULL, 0);
}

static const tad_value integer_1 = {.kind = TAD_VALUE_INT, .integer = 1};

START_TEST(functions_are_the_call_by_name) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){.1, .2, .3, .4, .5, .6});
    tad_var p = tad_exp(x), mask = tad_greater(x, tad_number(.25));
    tad_var index = tad_constant(t, TAD_I64, TAD_SHAPE(2), (int64_t[]){2, 0});
    tad_var column = tad_constant(t, TAD_I64, TAD_SHAPE(2, 1), (int64_t[]){2, 0});
    tad_value one = integer_1, half = {.kind = TAD_VALUE_FLOAT, .number = .5},
              word = {.kind = TAD_VALUE_TEXT};
    ck_same(tad_index_select(x, index, 1), by_name(t, "index_select", x, index, "axis", one));
    ck_same(tad_take_along_axis(x, column, tad_axis(1)),
            by_name(t, "take_along_axis", x, column, "axis", one));
    ck_same(tad_take_along_axis(x, index, tad_all()),
            by_name(t, "take_along_axis", x, index, NULL, one));
    tad_var rows = tad_transpose(x, 0, 1);
    ck_same(tad_embedding(index, rows), by_name(t, "embedding", index, rows, NULL, one));
    ck_same(tad_masked_fill(x, mask, .5), by_name(t, "masked_fill", x, mask, "value", half));
    ck_same(tad_mv(rows, tad_slice(tad_flatten(x, 0, -1), 0, 0, 2, 1)),
            by_name(t, "mv", rows, tad_slice(tad_flatten(x, 0, -1), 0, 0, 2, 1), NULL, one));
    word.text = "batchmean";
    ck_same(tad_kl_div(x, p, false, TAD_BATCHMEAN), by_name(t, "kl_div", x, p, "reduction", word));
    word.text = "none";
    ck_same(tad_hinge(x, tad_detach(p), 1, TAD_EACH),
            by_name(t, "hinge", x, tad_detach(p), "reduction", word));
    ck_same(tad_leaky_relu(x, .5),
            tad_call(t, "leaky_relu", &x, 1,
                     &(tad_value){.name = "negative_slope", .kind = TAD_VALUE_FLOAT, .number = .5},
                     1, NULL, 0));
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(wrong_names_and_values_are_refused) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL);
    tad_call(t, "no_such_op", &x, 1, NULL, 0, NULL, 0);
    ck_refused(t, TAD_UNKNOWN_OP, "no_such_op");
    tad_call(t, "sum", &x, 1, &(tad_value){.name = "axes", .kind = TAD_VALUE_INT}, 1, NULL, 0);
    ck_refused(t, TAD_BAD_ARGUMENT, "sum", "no option axes");
    tad_call(t, "sum", &x, 1,
             &(tad_value){.name = "keepdims", .kind = TAD_VALUE_TEXT, .text = "yes"}, 1, NULL, 0);
    ck_refused(t, TAD_BAD_ARGUMENT, "sum: option keepdims must be true or false");
    tad_call(t, "gelu", &x, 1,
             &(tad_value){.name = "approximate", .kind = TAD_VALUE_TEXT, .text = "erf"}, 1, NULL,
             0);
    ck_refused(t, TAD_BAD_ARGUMENT, "approximate", "none|tanh");
    tad_call(t, "pow_scalar", &x, 1, NULL, 0, NULL, 0);
    ck_refused(t, TAD_BAD_ARGUMENT, "exponent", "must be given");
    tad_call(t, "softmax", &x, 1, &(tad_value){.name = "axis", .kind = TAD_VALUE_INT, .integer = 2},
             1, NULL, 0);
    ck_refused(t, TAD_BAD_AXIS, "softmax", "2");
    tad_call(t, NULL, &x, 1, NULL, 0, NULL, 0);
    ck_refused(t, TAD_UNKNOWN_OP, "without a name");
    tad_tape_free(t);
}
END_TEST

START_TEST(null_is_what_the_option_is_when_not_given) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){1, 2, 3, 4, 5, 6});
    const tad_value null = {.name = "axes", .kind = TAD_VALUE_NULL};
    for (size_t given = 0; given < 2; given++) {
        tad_var turned = tad_call(t, "permute", &x, 1, &null, given, NULL, 0),
                flipped = tad_call(t, "flip", &x, 1, &null, given, NULL, 0);
        ck_values(turned, 0, 1, 4, 2, 5, 3, 6);
        ck_shape(turned, 3, 2);
        ck_values(flipped, 0, 6, 5, 4, 3, 2, 1);
    }
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* Where an integer is expected, 2.0 is one and 2.5 is none. */
START_TEST(fractions_are_no_integers) {
    static const struct {
        const char *op, *option;
    } integers[] = {{"softmax", "axis"},
                    {"unsqueeze", "axis"},
                    {"sum", "axis"},
                    {"take_along_axis", "axis"},
                    {"embedding", "padding_idx"}};
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3, 4, 5), NULL),
            rows = tad_input(t, TAD_F64, TAD_SHAPE(4, 2), NULL);
    tad_var index = tad_constant(t, TAD_I64, TAD_SHAPE(3, 4, 1), (int64_t[12]){0});
    for (size_t k = 0; k < sizeof integers / sizeof *integers; k++) {
        const tad_op *op = tad_op_find(integers[k].op);
        tad_var in[2] = {x, index};
        if (k == 4) in[0] = index, in[1] = rows;
        tad_value v = {.name = integers[k].option, .kind = TAD_VALUE_FLOAT, .number = 2};
        ck_assert_msg(!tad_is_nil(tad_call(t, op->name, in, op->min_in, &v, 1, NULL, 0)), "%s: %s",
                      op->name, tad_message(t));
        v.number = 2.5;
        ck_assert_msg(tad_is_nil(tad_call(t, op->name, in, op->min_in, &v, 1, NULL, 0)),
                      "%s takes 2.5", op->name);
        ck_refused(t, TAD_BAD_ARGUMENT, op->name, v.name);
        v.number = 1e300;
        ck_assert(tad_is_nil(tad_call(t, op->name, in, op->min_in, &v, 1, NULL, 0)));
        ck_refused(t, TAD_BAD_ARGUMENT, op->name, v.name);
    }
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("names");
    TCase *c = support_case(s, "calls");
    tcase_add_test(c, every_op_has_its_function);
    tcase_add_test(c, functions_are_the_call_by_name);
    tcase_add_test(c, wrong_names_and_values_are_refused);
    tcase_add_test(c, null_is_what_the_option_is_when_not_given);
    tcase_add_test(c, fractions_are_no_integers);
    return s;
}

SUPPORT_MAIN(suite)
