/* Small public functions around a tape: versions, random arrays, rows, logic, zero tangents, merged
 * dictionaries, a net as a function of its parameters. */
#include "support.h"

static tad_tape *t;

static void open_tape(void) { t = tad_tape_new(&(tad_settings){.seed = 7}); }
static void close_tape(void) { tad_tape_free(t); }

/* ---- the tape ---- */

START_TEST(headers_library_and_build_have_one_version) {
    char text[40];
    snprintf(text, sizeof text, "%d.%d.%d", TAD_VERSION_MAJOR, TAD_VERSION_MINOR,
             TAD_VERSION_PATCH);
    ck_assert_str_eq(text, PROJECT_VERSION);
    ck_assert_int_eq(tad_version(), TAD_VERSION);
}
END_TEST

START_TEST(newer_headers_make_a_tape_that_has_failed) {
    static const int parts[][3] = {{2, 4, 5}, {99, 0, 0}, {0, 99, 99}, {1, 0, 99},
                                   {2, 0, 0}, {1, 1, 0},  {0, 1, 1}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const int *v = parts[i];
        char words[100];
        tad_built program = tad__built();
        program.version = v[0] * 10000 + v[1] * 100 + v[2];
        tad_tape *other = tad_tape_new_for(NULL, program);
        snprintf(words, sizeof words,
                 "the headers are of tad %d.%d.%d (ABI %d), the library is " PROJECT_VERSION
                 " (ABI %d)",
                 v[0], v[1], v[2], TAD_ABI, TAD_ABI);
        ck_assert_ptr_nonnull(other);
        ck_refused(other, TAD_UNSUPPORTED, words);
        tad_tape_free(other);
    }
}
END_TEST

START_TEST(older_headers_of_the_same_interface_go_with_the_library) {
    tad_built program = tad__built();
    program.version = TAD_VERSION - 1;
    tad_tape *other = tad_tape_new_for(&(tad_settings){.seed = 9}, program);
    ck_assert_int_eq(tad_tape_status(other), TAD_OK);
    ck_assert_int_eq(tad_tape_random(other).seed, 9);
    tad_tape_free(other);
}
END_TEST

START_TEST(another_interface_makes_a_tape_that_has_failed) {
    for (int shift = -1; shift <= 1; shift += 2) {
        tad_built program = tad__built();
        char words[100];
        program.abi += shift;
        tad_tape *other = tad_tape_new_for(NULL, program);
        snprintf(words, sizeof words, "(ABI %d), the library is " PROJECT_VERSION " (ABI %d)",
                 TAD_ABI + shift, TAD_ABI);
        ck_refused(other, TAD_UNSUPPORTED, words);
        tad_tape_free(other);
    }
}
END_TEST

/* As if compiled with -fshort-enums: settings that would be read otherwise are not read. */
START_TEST(structs_that_lie_otherwise_make_a_tape_that_has_failed) {
    tad_built program = tad__built();
    program.layout -= (unsigned)sizeof(tad_status) << 24;
    tad_tape *other = tad_tape_new_for(&(tad_settings){.memory_limit = 1}, program);
    ck_refused(other, TAD_UNSUPPORTED, "structs or enums of the program lie otherwise");
    tad_tape_free(other);
}
END_TEST

START_TEST(types_have_names) {
    static const char *const names[] = {"float64", "float32", "int64", "bool"};
    for (int d = 0; d < TAD_DTYPE_COUNT; d++)
        ck_assert_str_eq(tad_dtype_name((tad_dtype)d), names[d]);
    ck_assert_str_eq(tad_dtype_name(TAD_DTYPE_COUNT), "?");
}
END_TEST

START_TEST(a_variable_knows_its_tape) {
    ck_assert_ptr_eq(tad_tape_of(tad_scalar(t, 1)), t);
    ck_assert_ptr_null(tad_tape_of(tad_number(1)));
    ck_assert_ptr_null(tad_tape_of(tad_none()));
    ck_assert_ptr_null(tad_tape_of((tad_var){0}));
}
END_TEST

/* ---- random arrays ---- */

/* Mean and variance of the elements, over all n; the smallest and the largest. */
static void spread(tad_var x, size_t n, double *mean, double *variance, double ends[2]) {
    double *v = malloc(n * sizeof *v);
    ck_done(tad_read(x, v, n), t);
    *mean = *variance = 0;
    ends[0] = ends[1] = v[0];
    for (size_t i = 0; i < n; i++) {
        *mean += v[i] / (double)n;
        ends[0] = fmin(ends[0], v[i]);
        ends[1] = fmax(ends[1], v[i]);
    }
    for (size_t i = 0; i < n; i++) *variance += (v[i] - *mean) * (v[i] - *mean) / (double)n;
    free(v);
}

START_TEST(random_arrays_have_their_distribution) {
    const tad_dtype dtype = _i ? TAD_F32 : TAD_F64;
    double mean, variance, ends[2];
    spread(tad_rand(t, dtype, TAD_SHAPE(100, 1000)), 100000, &mean, &variance, ends);
    ck_assert(ends[0] >= 0 && ends[1] < 1);
    ck_near(mean, 0.5, 0.005);
    ck_near(variance, 1.0 / 12, 0.002);
    spread(tad_randn(t, dtype, TAD_SHAPE(100000)), 100000, &mean, &variance, ends);
    ck_near(mean, 0, 0.02);
    ck_near(variance, 1, 0.03);
}
END_TEST

START_TEST(random_arrays_are_constants_that_the_state_repeats) {
    tad_random state = tad_tape_random(t);
    tad_var first = tad_randn(t, TAD_F64, TAD_SHAPE(3)),
            second = tad_randn(t, TAD_F64, TAD_SHAPE(3));
    tad_tape_set_random(t, state);
    double a[3], b[3];
    ck_done(tad_read(first, a, 3), t);
    ck_done(tad_read(tad_randn(t, TAD_F64, TAD_SHAPE(3)), b, 3), t);
    for (int i = 0; i < 3; i++) ck_assert_double_eq(a[i], b[i]);
    ck_done(tad_read(second, b, 3), t);
    ck_assert_double_ne(a[0], b[0]);
    ck_assert(!tad_node_needs_gradient(first));
    ck_assert(tad_item(tad_rand(t, TAD_F64, TAD_0D)) != tad_item(tad_rand(t, TAD_F64, TAD_0D)));
    tad_rand(t, TAD_I64, TAD_SHAPE(3));
    ck_refused(t, TAD_BAD_DTYPE, "rand: int64 is no float type");
    tad_randn(t, TAD_F64, TAD_SHAPE(-3));
    ck_refused(t, TAD_TOO_LARGE, "randn", "(-3)");
}
END_TEST

/* ---- rows, logic ---- */

START_TEST(at_takes_rows_and_elements) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){1, 2, 3, 4, 5, 6});
    ck_values(tad_at(x, 0), 0, 1, 2, 3);
    ck_values(tad_at(x, -1), 0, 4, 5, 6);
    ck_shape(tad_at(x, 1), 3);
    ck_shape(tad_at(tad_at(x, 1), 2));
    ck_done(tad_reverse(tad_mul(tad_at(tad_at(x, 1), -2), tad_number(7))), t);
    ck_values(tad_gradient(x), 0, 0, 0, 0, 0, 7, 0);
    tad_at(x, 2);
    ck_refused(t, TAD_BAD_ARGUMENT, "select", "no place 2 among the 2 of axis 0");
    tad_at(x, -3);
    ck_refused(t, TAD_BAD_ARGUMENT, "select", "no place -3 among the 2 of axis 0");
    tad_at(tad_scalar(t, 1), 0);
    ck_refused(t, TAD_BAD_AXIS, "select", "no axis 0");
}
END_TEST

START_TEST(comparisons_are_ieees) {
    const double a[] = {1, 2, 2, NAN, 0}, b[] = {2, 2, 1, 1, -0.0};
    tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(5), a),
            y = tad_constant(t, TAD_F64, TAD_SHAPE(5), b);
    ck_values(tad_less(x, y), 0, 1, 0, 0, 0, 0);
    ck_values(tad_less_equal(x, y), 0, 1, 1, 0, 0, 1);
    ck_values(tad_greater(x, y), 0, 0, 0, 1, 0, 0);
    ck_values(tad_greater_equal(x, y), 0, 0, 1, 1, 0, 1);
    ck_values(tad_equal(x, y), 0, 0, 1, 0, 0, 1);
    ck_values(tad_not_equal(x, y), 0, 1, 0, 1, 1, 0);
}
END_TEST

/* One node of two numbers, of which one may be plain: that becomes a constant. */
START_TEST(comparisons_of_numbers_are_0d_bools) {
    const double a[] = {1, 2, 2, NAN, 0}, b[] = {2, 2, 1, 1, -0.0};
    for (int i = 0; i < 15; i++) {
        tad_var x = tad_scalar(t, a[i % 5]), y = tad_scalar(t, b[i % 5]);
        if (i / 5 == 1) x = tad_number(a[i % 5]);
        if (i / 5 == 2) y = tad_number(b[i % 5]);
        const bool less =
            a[i % 5]<b[i % 5], equal = a[i % 5] == b[i % 5], more = a[i % 5]> b[i % 5];
        const tad_var got[] = {tad_less(x, y),          tad_less_equal(x, y), tad_greater(x, y),
                               tad_greater_equal(x, y), tad_equal(x, y),      tad_not_equal(x, y)};
        const bool right[] = {less, less || equal, more, more || equal, equal, !equal};
        for (int k = 0; k < 6; k++) {
            ck_assert(tad_dtype_of(got[k]) == TAD_BOOL && tad_shape_of(got[k]).rank == 0);
            ck_assert(*(const bool *)tad_data(got[k]) == right[k]);
            ck_assert(!tad_node_needs_gradient(got[k]) && tad_node_parent_count(got[k]) == 2);
            ck_near(tad_item(tad_node_parent(got[k], 0)), a[i % 5], 0);
            ck_near(tad_item(tad_node_parent(got[k], 1)), b[i % 5], 0);
        }
        ck_assert_int_eq(*(const bool *)tad_data(tad_logical_not(got[0])), !less);
        ck_assert_int_eq(*(const bool *)tad_data(tad_logical_and(got[1], got[3])), equal);
        ck_assert_int_eq(*(const bool *)tad_data(tad_logical_or(got[0], got[2])), less || more);
        ck_assert_int_eq(*(const bool *)tad_data(tad_logical_xor(got[1], got[4])), less);
    }
    ck_assert_str_eq(tad_node_op(tad_less_equal(tad_scalar(t, 1), tad_number(2)))->name,
                     "less_equal");
    ck_assert_uint_eq(
        tad_node_parent_count(tad_logical_not(tad_less(tad_scalar(t, 1), tad_number(2)))), 1);
}
END_TEST

START_TEST(a_choice_between_numbers_passes_all_to_the_chosen_one) {
    tad_var a = tad_scalar(t, 3), b = tad_scalar(t, NAN), g[2];
    for (int k = 0; k < 2; k++) {
        tad_var condition = k ? tad_greater(b, a) : tad_less(a, tad_number(4));
        tad_var y = tad_where(condition, k ? b : a, k ? a : b),
                z = tad_where(condition, tad_number(5), a);
        ck_near(tad_item(y), 3, 0);
        ck_near(tad_item(z), k ? 3 : 5, 0);
        ck_done(tad_reverse_from((tad_var[]){y, z}, NULL, 2), t);
        ck_near(tad_gradient_item(a), k ? 2 : 1, 0);
        ck_near(tad_gradient_item(b), 0, 0);
        ck_done(tad_grad(&y, NULL, 1, (tad_var[]){a, b}, 2, g), t);
        ck_assert(tad_item(g[0]) == 1 && tad_item(g[1]) == 0);
        ck_assert_str_eq(tad_node_op(y)->name, "where");
        ck_assert_uint_eq(tad_node_index(tad_node_parent(y, 0)), tad_node_index(condition));
        ck_assert_uint_eq(tad_node_index(tad_node_parent(y, 2)), tad_node_index(k ? a : b));
    }
    ck_assert(!tad_node_needs_gradient(tad_where(tad_less(a, b), tad_number(1), tad_detach(a))));
}
END_TEST

START_TEST(logic_is_of_bools) {
    tad_var a = tad_constant_from(t, TAD_BOOL, TAD_SHAPE(2, 1), (double[]){0, 1});
    tad_var b = tad_constant_from(t, TAD_BOOL, TAD_SHAPE(2), (double[]){0, 1});
    ck_values(tad_logical_and(a, b), 0, 0, 0, 0, 1);
    ck_values(tad_logical_or(a, b), 0, 0, 1, 1, 1);
    ck_values(tad_logical_xor(a, b), 0, 0, 1, 1, 0);
    ck_values(tad_logical_not(tad_transpose(tad_logical_or(a, b), 0, 1)), 0, 1, 0, 0, 0);
    tad_logical_and(a, tad_scalar(t, 1));
    ck_refused(t, TAD_BAD_DTYPE, "logical_and", "operand 1 is float64, it must be bool");
}
END_TEST

/* ---- tangents ---- */

START_TEST(absent_and_nil_tangents_are_zero) {
    tad_var x[] = {tad_scalar(t, 2), tad_scalar(t, 5)}, y = tad_mul(x[0], x[1]), out;
    const tad_var nothing[] = {tad_none(), {0}};
    for (int i = 0; i < 2; i++) {
        tad_var tangent[] = {tad_number(3), nothing[i]};
        ck_done(tad_tangent(&y, 1, x, tangent, 2, &out), t);
        ck_values(out, 0, 15);
    }
    ck_done(tad_tangent(&y, 1, x, nothing, 2, &out), t);
    ck_values(out, 0, 0);
}
END_TEST

/* ---- dictionaries ---- */

START_TEST(dictionaries_merge_whole_or_not) {
    tad_dict *a = tad_dict_new(t), *b = tad_dict_new(t);
    tad_var one = tad_scalar(t, 1), two = tad_scalar(t, 2);
    ck_done(tad_dict_add(a, "w", one), t);
    ck_done(tad_dict_add(b, "v", two), t);
    ck_done(tad_dict_add(b, "w", two), t);
    ck_assert_int_eq(tad_dict_merge(a, b, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "dict: there is a w already");
    ck_assert_uint_eq(tad_dict_count(a), 1);
    ck_assert(tad_is_nil(tad_dict_get(a, "v")));
    ck_done(tad_dict_merge(a, b, "second"), t);
    ck_assert_uint_eq(tad_dict_count(a), 3);
    ck_assert_str_eq(tad_dict_at(a, 1).name, "second.v");
    ck_values(tad_dict_get(a, "second.w"), 0, 2);
    ck_done(tad_dict_merge(a, a, "twice"), t);
    ck_assert_uint_eq(tad_dict_count(a), 6);
    tad_dict *all = tad_dict_new(t);
    ck_done(tad_dict_merge(all, b, NULL), t);
    ck_assert_str_eq(tad_dict_at(all, 0).name, "v");
    ck_assert_str_eq(tad_dict_at(all, 1).name, "w");
    ck_assert_int_eq(tad_dict_merge(a, NULL, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "dict_merge");
}
END_TEST

/* ---- a net as a function of its parameters ---- */

typedef struct fitting {
    tad_net *net;
    tad_var x, y;
} fitting;

static tad_var loss_of(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape;
    const fitting *f = user;
    return tad_mse(tad_net_apply_with(f->net, in, n, f->x), f->y, TAD_MEAN);
}

/* scale * x, with a parameter of its own */
static tad_var scaled(tad_net *net, tad_var x, bool training, void *user) {
    (void)training, (void)user;
    return tad_mul(x, tad_net_param(net, "scale"));
}

static fitting small_net(void) {
    fitting f = {.net = tad_net_new(t, TAD_F64)};
    ck_done(tad_net_affine(f.net, "a", 3, 4, NULL), t);
    ck_done(tad_net_activation(f.net, "h", tad_tanh), t);
    ck_done(tad_net_layer(f.net, "own", scaled, NULL), t);
    ck_done(tad_dict_add(tad_net_params(f.net), "scale",
                         tad_param(t, TAD_F64, TAD_0D, (double[]){1.5})),
            t);
    ck_done(tad_net_linear(f.net, "b", 4, 2, NULL), t);
    f.x = tad_randn(t, TAD_F64, TAD_SHAPE(5, 3));
    f.y = tad_randn(t, TAD_F64, TAD_SHAPE(5, 2));
    return f;
}

START_TEST(a_net_is_a_function_of_its_parameters) {
    fitting f = small_net();
    tad_var params[5], gradient[5];
    for (size_t i = 0; i < 5; i++) params[i] = tad_dict_at(tad_net_params(f.net), i).value;
    ck_done(tad_vjp(loss_of, &f, params, 5, tad_none(), NULL, gradient), t);
    ck_done(tad_reverse(tad_mse(tad_net_apply(f.net, f.x), f.y, TAD_MEAN)), t);
    for (size_t i = 0; i < 5; i++) {
        double a[12], b[12];
        size_t n = (size_t)tad_size_of(params[i]);
        ck_done(tad_read(gradient[i], a, n), t);
        ck_done(tad_read(tad_gradient(params[i]), b, n), t);
        for (size_t k = 0; k < n; k++) ck_near(a[k], b[k], 1e-14);
    }
    ck_assert_int_eq(tad_gradcheck(loss_of, &f, params, 5, NULL, NULL), TAD_CHECK_PASS);
}
END_TEST

START_TEST(a_net_is_applied_with_what_fits) {
    fitting f = small_net();
    tad_var params[5];
    for (size_t i = 0; i < 5; i++) params[i] = tad_dict_at(tad_net_params(f.net), i).value;
    tad_net_apply_with(f.net, params, 4, f.x);
    ck_refused(t, TAD_BAD_ARGUMENT, "net: 4 parameters are given, it has 5");
    const tad_var own = params[0], others[] = {tad_transpose(own, 0, 1), tad_cast(own, TAD_F32),
                                               tad_flatten(own, 0, 1), tad_unsqueeze(own, 2)};
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        params[0] = others[k];
        ck_assert(tad_is_nil(tad_net_apply_with(f.net, params, 5, f.x)));
        ck_refused(t, TAD_BAD_SHAPE, "net: parameter 0 has not the shape and type of a.weight");
    }
    ck_assert(!tad_is_nil(tad_net_apply(f.net, f.x))); /* with its own again */
    ck_assert(tad_is_nil(tad_net_param(f.net, "no such")));
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("verbs");
    TCase *c = support_case(s, "verbs");
    tcase_add_checked_fixture(c, open_tape, close_tape);
    tcase_add_test(c, headers_library_and_build_have_one_version);
    tcase_add_test(c, newer_headers_make_a_tape_that_has_failed);
    tcase_add_test(c, older_headers_of_the_same_interface_go_with_the_library);
    tcase_add_test(c, another_interface_makes_a_tape_that_has_failed);
    tcase_add_test(c, structs_that_lie_otherwise_make_a_tape_that_has_failed);
    tcase_add_test(c, types_have_names);
    tcase_add_test(c, a_variable_knows_its_tape);
    tcase_add_loop_test(c, random_arrays_have_their_distribution, 0, 2);
    tcase_add_test(c, random_arrays_are_constants_that_the_state_repeats);
    tcase_add_test(c, at_takes_rows_and_elements);
    tcase_add_test(c, comparisons_are_ieees);
    tcase_add_test(c, comparisons_of_numbers_are_0d_bools);
    tcase_add_test(c, a_choice_between_numbers_passes_all_to_the_chosen_one);
    tcase_add_test(c, logic_is_of_bools);
    tcase_add_test(c, absent_and_nil_tangents_are_zero);
    tcase_add_test(c, dictionaries_merge_whole_or_not);
    tcase_add_test(c, a_net_is_a_function_of_its_parameters);
    tcase_add_test(c, a_net_is_applied_with_what_fits);
    return s;
}
SUPPORT_MAIN(suite)
