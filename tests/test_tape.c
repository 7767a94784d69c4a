/* The tape: leaves, marks, stale handles, sticky errors, names, pause, trap, memory, gradients of a
 * sweep. */
#include "support.h"

#include <sys/resource.h>

/* ---- life and leaves ---- */

START_TEST(leaves_hold_their_values) {
    tad_tape *t = tad_tape_new(NULL);
    float f[3] = {1, 2, 3};
    int64_t n[2] = {-7, 9};
    ck_values(tad_input(t, TAD_F32, TAD_SHAPE(3), f), 0, 1, 2, 3);
    ck_values(tad_constant(t, TAD_I64, TAD_SHAPE(2), n), 0, -7, 9);
    ck_values(tad_param(t, TAD_F64, TAD_SHAPE(2, 1), NULL), 0, 0, 0);
    ck_values(tad_constant_from(t, TAD_BOOL, TAD_SHAPE(3), (double[]){0, 2, 1}), 0, 0, 1, 1);
    ck_values(tad_full(t, TAD_F32, TAD_SHAPE(2), 0.5), 0, 0.5, 0.5);
    ck_assert_int_eq(tad_size_of(tad_input(t, TAD_F64, TAD_SHAPE(3, 0), NULL)), 0);
    tad_var b = tad_borrow(t, TAD_F32, TAD_SHAPE(3), f);
    ck_assert_ptr_eq(tad_data(b), f);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(a_handle_has_16_bytes_and_a_node_24) {
    ck_assert_uint_eq(sizeof(tad_var), 8 + sizeof(void *));
    ck_assert_uint_eq(sizeof(tad__node), 24);
}
END_TEST

START_TEST(impossible_leaves_are_refused) {
    tad_tape *t = tad_tape_new(NULL);
    tad_input(t, TAD_F64, (tad_shape){9, {1}}, NULL);
    ck_refused(t, TAD_TOO_LARGE, "rank 9");
    tad_input(t, TAD_F64, TAD_SHAPE(-1), NULL);
    ck_refused(t, TAD_TOO_LARGE, "(-1)");
    tad_input(t, TAD_F64, TAD_SHAPE(INT64_MAX / 2, 3), NULL);
    ck_refused(t, TAD_TOO_LARGE, "too large");
    tad_input(t, (tad_dtype)17, TAD_SHAPE(1), NULL);
    ck_refused(t, TAD_BAD_DTYPE, "17");
    tad_borrow(t, TAD_F64, TAD_SHAPE(2), NULL);
    ck_refused(t, TAD_BAD_ARGUMENT, "borrow");
    tad_tape_free(t);
    tad_tape_free(NULL);
}
END_TEST

/* ---- marks ---- */

START_TEST(variables_below_a_mark_survive_and_above_do_not) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});
    tad_mark m = tad_tape_mark(t);
    tad_var old = tad_sum(w, tad_all());
    ck_assert_int_eq(tad_tape_rewind(t, m), TAD_OK);
    tad_var fresh = tad_mean(w, tad_all()); /* takes the place of `old` */
    ck_near(tad_item(fresh), 1.5, 0);
    ck_assert(isnan(tad_item(old)));
    ck_refused(t, TAD_BAD_HANDLE, "rewound");
    tad_add(fresh, old);
    ck_refused(t, TAD_BAD_HANDLE, "add", "rewound");
    ck_values(w, 0, 1, 2);
    tad_tape_free(t);
}
END_TEST

START_TEST(nested_marks_in_any_order) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = tad_scalar(t, 1);
    tad_mark outer = tad_tape_mark(t);
    tad_var b = tad_scalar(t, 2);
    tad_mark inner = tad_tape_mark(t);
    for (int i = 0; i < 100; i++) {
        tad_scalar(t, 3);
        ck_assert_int_eq(tad_tape_rewind(t, inner), TAD_OK);
        ck_near(tad_item(tad_add(a, b)), 3, 0);
    }
    ck_assert_int_eq(tad_tape_rewind(t, outer), TAD_OK);
    ck_assert_int_eq(tad_tape_rewind(t, inner), TAD_BAD_HANDLE);
    tad_tape_clear(t);
    tad_var c = tad_scalar(t, 5);
    ck_assert(isnan(tad_item(b)));
    tad_tape_clear(t);
    ck_near(tad_item(tad_add(a, c)), 6, 0);
    ck_tape(t);
    tad_tape_reset(t);
    tad_scalar(t, 1);
    ck_assert(isnan(tad_item(a)));
    tad_tape_free(t);
}
END_TEST

START_TEST(another_tapes_mark_and_variable_are_refused) {
    tad_tape *t = tad_tape_new(NULL), *u = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, 1), y = tad_scalar(u, 2);
    ck_assert_int_eq(tad_tape_rewind(t, tad_tape_mark(u)), TAD_BAD_HANDLE);
    tad_tape_clear(t);
    ck_assert(tad_is_nil(tad_mul(x, y)));
    ck_refused(t, TAD_BAD_HANDLE, "mul", "another tape");
    tad_var never = {0};
    tad_mul(x, never);
    ck_refused(t, TAD_BAD_HANDLE, "never set");
    ck_assert(tad_is_nil(tad_mul(never, never)));
    ck_assert_int_eq(tad_reverse(never), TAD_BAD_HANDLE);
    tad_tape_free(t);
    tad_tape_free(u);
}
END_TEST

/* ---- errors ---- */

START_TEST(the_first_error_sticks) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL),
            b = tad_input(t, TAD_F64, TAD_SHAPE(3), NULL);
    tad_var bad = tad_add(a, b), worse = tad_sum(tad_exp(bad), tad_all());
    ck_assert(tad_is_nil(bad) && tad_is_nil(worse));
    ck_assert(tad_is_nil(tad_scalar(t, 1)));
    ck_assert_int_eq(tad_reverse(worse), TAD_BAD_SHAPE);
    ck_refused(t, TAD_BAD_SHAPE, "add", "(2) x (3)");
    ck_assert_str_eq(tad_message(t), "");
    ck_near(tad_item(tad_sum(tad_add(a, a), tad_all())), 0, 0);
    tad_tape_free(t);
}
END_TEST

/* In place, no check but that of the handle stands between them and the nodes. */
START_TEST(results_of_failed_calls_stay_refused_after_a_clear) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, 2), empty = {0};
    tad_var nil = tad_add(tad_input(t, TAD_F64, TAD_SHAPE(2), NULL),
                          tad_input(t, TAD_F64, TAD_SHAPE(3), NULL));
    tad_tape_clear(t);
    tad_add(x, nil);
    ck_refused(t, TAD_BAD_HANDLE, "add", "failed call");
    tad_fma(nil, x, x);
    ck_refused(t, TAD_BAD_HANDLE, "fma", "failed call");
    tad_neg(nil);
    ck_refused(t, TAD_BAD_HANDLE, "neg", "failed call");
    tad_mul(x, empty);
    ck_refused(t, TAD_BAD_HANDLE, "mul", "never set");
    ck_assert(tad_is_nil(tad_mul(empty, empty)));
    tad_tape_free(t);
}
END_TEST

START_TEST(float32_and_float64_do_not_mix_but_0d_joins) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var f = tad_input(t, TAD_F32, TAD_SHAPE(2), (float[]){1, 2}),
            d = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL);
    tad_mul(f, d);
    ck_refused(t, TAD_BAD_DTYPE, "mul", "float64 and float32");
    tad_var s = tad_scalar(t, 3), y = tad_mul(f, s), z = tad_add(f, tad_number(0.5));
    ck_assert_int_eq(tad_dtype_of(y), TAD_F32);
    ck_assert_int_eq(tad_dtype_of(z), TAD_F32);
    ck_assert_int_eq(tad_reverse(tad_sum(tad_mul(y, z), tad_all())), TAD_OK);
    ck_near(tad_gradient_item(s), 1 * 1.5 + 2 * 2.5, 0);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* Beside integers a whole number is one, and beside anything else it is what that is. */
START_TEST(a_number_joins_integers) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_constant(t, TAD_I64, TAD_SHAPE(3), (int64_t[]){3, INT64_C(1) << 62, -2});
    tad_var three = tad_equal(x, tad_number(3)), flat = tad_where(three, x, tad_number(-1));
    ck_values(three, 0, 1, 0, 0);
    ck_assert_int_eq(tad_dtype_of(flat), TAD_I64);
    ck_values(flat, 0, 3, -1, -1);
    ck_values(tad_less(tad_number(0x1p61), x), 0, 0, 1, 0);
    ck_assert_int_eq(tad_dtype_of(tad_where(three, tad_number(1), tad_number(0))), TAD_F64);
    ck_tape(t);
    ck_assert(tad_is_nil(tad_equal(x, tad_number(2.5))));
    ck_refused(t, TAD_BAD_DTYPE, "equal", "int64 and float64");
    ck_assert(tad_is_nil(tad_less(x, tad_number(0x1p63))));
    ck_refused(t, TAD_BAD_DTYPE, "less");
    ck_assert(tad_is_nil(tad_less(x, tad_number(NAN))));
    ck_refused(t, TAD_BAD_DTYPE, "less");
    tad_tape_free(t);
}
END_TEST

/* The array decides, whichever comes first; the number is then as exact as it was. */
START_TEST(a_float64_array_stays_one_beside_a_0d_float32) {
    tad_tape *t = tad_tape_new(NULL);
    const double fine = 1 + 1e-12;
    tad_var d = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){fine, -fine}),
            half = tad_full(t, TAD_F32, TAD_0D, 0.5);
    tad_var y[] = {tad_mul(d, half), tad_mul(half, d)};
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(tad_dtype_of(y[i]), TAD_F64);
        ck_values(y[i], 0, 0.5 * fine, -0.5 * fine);
    }
    tad_tape_free(t);
}
END_TEST

START_TEST(the_trap_names_the_first_op_that_made_a_nan) {
    tad_tape *t = tad_tape_new(&(tad_settings){.trap = true});
    tad_var x = tad_scalar(t, 0), y = tad_log(x);
    ck_assert(tad_is_nil(y));
    ck_refused(t, TAD_NOT_FINITE, "log");
    tad_div(tad_scalar(t, 1), x);
    ck_refused(t, TAD_NOT_FINITE, "div");
    tad_var v = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){1, -1, 2});
    tad_sum(tad_sqrt(v), tad_all());
    ck_refused(t, TAD_NOT_FINITE, "sqrt", "element 1");
    tad_tape_free(t);
}
END_TEST

/* ---- pause, detach, names ---- */

START_TEST(nothing_is_recorded_in_a_pause) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, 3);
    tad_record_pause(t);
    tad_var y = tad_mul(x, x), z = tad_sum(tad_broadcast_to(x, TAD_SHAPE(4)), tad_all());
    tad_record_resume(t);
    ck_assert_int_eq(tad_node_kind_of(y), TAD_NODE_CONSTANT);
    ck_assert_int_eq(tad_node_kind_of(z), TAD_NODE_CONSTANT);
    ck_assert_int_eq(tad_reverse(y), TAD_NO_GRADIENT);
    tad_tape_clear(t);
    ck_assert_int_eq(tad_reverse(tad_mul(y, x)), TAD_OK);
    ck_near(tad_gradient_item(x), 9, 0);
    ck_near(tad_item(z), 12, 0);
    tad_tape_free(t);
}
END_TEST

START_TEST(detached_variables_have_no_past) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, 3), y = tad_mul(tad_detach(tad_square(x)), x);
    ck_assert_int_eq(tad_reverse(y), TAD_OK);
    ck_near(tad_gradient_item(x), 9, 0);
    tad_tape_free(t);
}
END_TEST

START_TEST(names_carry_scopes_and_go_with_a_rewind) {
    tad_tape *t = tad_tape_new(NULL);
    tad_scope_push(t, "net");
    tad_scope_push(t, "layer1");
    tad_mark m = tad_tape_mark(t);
    tad_var x = tad_name(tad_scalar(t, 1), "w");
    ck_assert_str_eq(tad_node_name(x), "net/layer1/w");
    tad_scope_pop(t);
    ck_assert_str_eq(tad_node_name(tad_name(tad_scalar(t, 1), "b")), "net/b");
    ck_assert_int_eq(tad_tape_rewind(t, m), TAD_OK);
    ck_assert_str_eq(tad_node_name(tad_scalar(t, 1)), "");
    tad_tape_free(t);
}
END_TEST

/* ---- gradients of a sweep ---- */

START_TEST(interior_gradients_are_per_sweep_and_parameters_add_up) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, 2), w = tad_param(t, TAD_F64, TAD_0D, (double[]){3});
    tad_var v = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});
    tad_var h = tad_mul(x, w), y = tad_mul(h, tad_sum(v, tad_all()));
    for (int i = 1; i <= 3; i++) {
        ck_assert_int_eq(tad_reverse(y), TAD_OK);
        ck_near(tad_gradient_item(x), 9, 0);
        ck_near(tad_gradient_item(h), 3, 0);
        ck_near(tad_gradient_item(w), 6.0 * i, 0);
        ck_values(tad_gradient(v), 0, 6.0 * i, 6.0 * i);
    }
    ck_assert_int_eq(tad_zero_gradients((tad_var[]){w, v}, 2), TAD_OK);
    ck_near(tad_gradient_item(w), 0, 0);
    ck_values(tad_gradient(v), 0, 0, 0);
    tad_tape_free(t);
}
END_TEST

START_TEST(a_variable_used_twice_gets_both_contributions) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){3, 4});
    ck_assert_int_eq(tad_reverse(tad_sum(tad_mul(x, x), tad_all())), TAD_OK);
    ck_values(tad_gradient(x), 0, 6, 8);
    ck_assert_int_eq(tad_reverse(tad_sum(tad_add(x, x), tad_all())), TAD_OK);
    ck_values(tad_gradient(x), 0, 2, 2);
    ck_assert_int_eq(tad_reverse(tad_sum(tad_sub(x, x), tad_all())), TAD_OK);
    ck_values(tad_gradient(x), 0, 0, 0);
    tad_tape_free(t);
}
END_TEST

START_TEST(reading_a_gradient_that_is_not_there_is_an_error) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2}),
            c = tad_constant(t, TAD_F64, TAD_SHAPE(2), NULL);
    tad_gradient(x);
    ck_refused(t, TAD_NO_GRADIENT, "no sweep");
    tad_var h = tad_exp(x), y = tad_sum(h, tad_all()), kept = tad_retain(tad_sin(x));
    tad_var z = tad_add(y, tad_sum(kept, tad_all()));
    ck_assert_int_eq(tad_reverse(z), TAD_OK);
    tad_gradient(h);
    ck_refused(t, TAD_NO_GRADIENT, "tad_retain");
    tad_gradient(c);
    ck_refused(t, TAD_NO_GRADIENT, "constant");
    ck_values(tad_gradient(kept), 0, 1, 1);
    tad_var later = tad_exp(x);
    tad_gradient(later);
    ck_refused(t, TAD_NO_GRADIENT, "no sweep");
    tad_tape_free(t);
}
END_TEST

START_TEST(unreachable_is_zero_and_says_so) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, 0), y = tad_scalar(t, 2),
            v = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL);
    tad_var unused = tad_log(x); /* -inf with an infinite derivative: must not leak into anything */
    tad_var z = tad_add(tad_mul(y, y), tad_mul(x, tad_number(0)));
    ck_assert_int_eq(tad_reverse(z), TAD_OK);
    ck_near(tad_gradient_item(x), 0, 0);
    ck_values(tad_gradient(v), 0, 0, 0);
    ck_assert(tad_is_reached(x) && tad_is_reached(y));
    ck_assert(!tad_is_reached(v) && !tad_is_reached(unused));
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(several_results_with_their_cotangents) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){2, 3});
    tad_var y = tad_square(x), z = tad_sum(x, tad_all());
    tad_var ct[2] = {tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 10}), tad_number(0.5)};
    ck_assert_int_eq(tad_reverse_from((tad_var[]){y, z}, ct, 2), TAD_OK);
    ck_values(tad_gradient(x), 0, 4.5, 60.5);
    ck_assert_int_eq(tad_reverse(y), TAD_BAD_SHAPE);
    ck_refused(t, TAD_BAD_SHAPE, "cotangent is needed");
    ck_assert_int_eq(tad_reverse_from(&y, &z, 1), TAD_BAD_SHAPE);
    tad_tape_free(t);
}
END_TEST

/* Of an op with two results only the first is reached: the second lies behind all nodes with
 * adjoints, wherever their vector ends. */
START_TEST(results_behind_the_root_have_no_adjoint) {
    for (int before = 0; before < 300; before++) {
        tad_tape *t = tad_tape_new(NULL);
        for (int i = 0; i < before; i++) tad_scalar(t, i);
        tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 3, 2}), where;
        tad_var y = tad_max(x, tad_axis(0), &where);
        ck_assert_int_eq(tad_reverse(y), TAD_OK);
        const double *g = tad_gradient_data(x);
        ck_assert(g && g[0] == 0 && g[1] == 1 && g[2] == 0);
        tad_tape_free(t);
    }
}
END_TEST

START_TEST(a_parameter_changed_in_between_is_noticed) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2}),
            s = tad_param(t, TAD_F64, TAD_0D, NULL);
    tad_mark m = tad_tape_mark(t);
    for (int i = 0; i < 3; i++) {
        tad_var y = tad_sum(tad_square(w), tad_all());
        ck_assert_int_eq(tad_reverse(y), TAD_OK);
        ((double *)tad_param_data(w))[0] += 1;
        ck_assert_int_eq(tad_reverse(y), TAD_STALE_VALUE);
        tad_tape_clear(t);
        ck_assert_int_eq(tad_tape_rewind(t, m), TAD_OK);
    }
    tad_var z = tad_mul(s, s);
    ck_assert_int_eq(tad_assign(s, (double[]){5}), TAD_OK);
    ck_assert_int_eq(tad_reverse(z), TAD_STALE_VALUE);
    tad_tape_free(t);
}
END_TEST

/* ---- size ---- */

/* Under `ulimit -s 128` nothing may recurse. */
START_TEST(a_million_nodes_on_a_small_stack) {
    struct rlimit r;
    getrlimit(RLIMIT_STACK, &r);
    r.rlim_cur = 128 * 1024;
    setrlimit(RLIMIT_STACK, &r);
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, 0.5), v = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL), y = x, h = v,
            g[1];
    for (int i = 0; i < 1000000; i++)
        y = tad_add(tad_mul(y, tad_number(0.999999)), tad_number(1e-7));
    ck_assert_int_eq(tad_reverse(y), TAD_OK);
    ck_near(tad_gradient_item(x), pow(0.999999, 1e6), 1e-9);
    for (int i = 0; i < 100000; i++) h = tad_add(h, v);
    ck_assert_int_eq(tad_reverse(tad_sum(h, tad_all())), TAD_OK);
    ck_values(tad_gradient(v), 0, 100001, 100001);
    y = x;
    for (int i = 0; i < 100000; i++) y = tad_mul(y, tad_number(1.00001));
    ck_assert_int_eq(tad_grad(&y, NULL, 1, &x, 1, g), TAD_OK);
    ck_near(tad_item(g[0]), pow(1.00001, 1e5), 1e-9);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* ---- gradients of arrays that are large enough for the sweep to save memory and passes ---- */

enum { MANY_ROWS = 113, MANY_COLUMNS = 97, MANY = MANY_ROWS * MANY_COLUMNS };

typedef struct many {
    tad_tape *t;
    tad_var x, row, column;
    double values[MANY];
} many;

static many *make_many(void) {
    many *m = malloc(sizeof *m);
    for (int i = 0; i < MANY; i++) m->values[i] = 0.3 + i % 613 * 1e-3;
    m->t = tad_tape_new(NULL);
    m->x = tad_input(m->t, TAD_F64, TAD_SHAPE(MANY_ROWS, MANY_COLUMNS), m->values);
    m->row = tad_input(m->t, TAD_F64, TAD_SHAPE(MANY_COLUMNS), m->values);
    m->column = tad_input(m->t, TAD_F64, TAD_SHAPE(MANY_ROWS, 1), m->values);
    return m;
}

static void free_many(many *m) {
    tad_tape_free(m->t);
    free(m);
}

static tad_var itself(const many *m) { return m->x; }
static tad_var unary_of_many(const many *m) { return tad_exp(m->x); }
static tad_var product_of_many(const many *m) { return tad_mul(tad_exp(m->x), tad_neg(m->x)); }
static tad_var square_of_many(const many *m) {
    tad_var h = tad_neg(m->x);
    return tad_mul(h, h);
}
static tad_var beside_row(const many *m) { return tad_mul(tad_exp(m->x), m->row); }
static tad_var beside_column(const many *m) { return tad_div(tad_exp(m->x), m->column); }
static tad_var plus_row(const many *m) { return tad_add(tad_exp(m->x), m->row); }
static tad_var plus_leaf(const many *m) { return tad_add(tad_exp(m->x), m->x); }
static tad_var minus_column(const many *m) { return tad_sub(m->x, m->column); }
static tad_var three_operands(const many *m) { return tad_fma(tad_exp(m->x), m->row, m->x); }
static tad_var twice_below(const many *m) {
    tad_var h = tad_exp(m->x);
    return tad_add(tad_add(h, tad_sin(h)), h);
}
static tad_var not_elementwise(const many *m) {
    return tad_layer_norm(tad_exp(m->x), m->row, m->row, TAD_0D, 1e-5);
}
static tad_var without_backward(const many *m) {
    return tad_where(tad_greater(m->x, m->row), tad_exp(m->x), m->x);
}
static tad_var seen_otherwise(const many *m) { return tad_transpose(tad_exp(m->x), 0, 1); }

static tad_var (*const of_many[])(const many *m) = {
    itself,        unary_of_many,   product_of_many,  square_of_many, beside_row,
    beside_column, plus_row,        plus_leaf,        minus_column,   three_operands,
    twice_below,   not_elementwise, without_backward, seen_otherwise};

static void read_gradients(const many *m, double *to) {
    ck_assert_int_eq(tad_read(tad_gradient(m->x), to, MANY), TAD_OK);
    ck_assert_int_eq(tad_read(tad_gradient(m->row), to + MANY, MANY_COLUMNS), TAD_OK);
    ck_assert_int_eq(tad_read(tad_gradient(m->column), to + MANY + MANY_COLUMNS, MANY_ROWS),
                     TAD_OK);
}

/* The cotangent of a sum's or mean's operand repeats a few numbers; here it comes as a whole
 * array. */
static void sweep_with_whole_cotangent(tad_var y, tad_var like, tad_axes axes, bool mean) {
    tad_tape *t = y.tape;
    const tad_axes over = tad_keepdims(axes);
    double n = mean ? (double)tad_size_of(like) / (double)tad_size_of(tad_sum(like, over)) : 1;
    tad_var few = tad_add(tad_mul(tad_sum(tad_detach(y), over), tad_number(0)), tad_number(1 / n));
    tad_var ct = tad_mul(few, tad_full(t, TAD_F64, tad_shape_of(y), 1));
    ck_assert_int_eq(tad_reverse_from(&y, &ct, 1), TAD_OK);
}

START_TEST(a_cotangent_that_repeats_numbers_does_as_a_whole_one_does) {
    const tad_axes axes[] = {tad_all(), tad_axis(0), tad_axis(1)};
    enum { ALL = MANY + MANY_COLUMNS + MANY_ROWS };
    double repeated[ALL], whole[ALL];
    for (size_t f = 0; f < sizeof of_many / sizeof *of_many; f++)
        for (size_t k = 0; k < 6; k++) {
            many *m = make_many();
            bool mean = k >= 3;
            tad_var y = of_many[f](m), s = (mean ? tad_mean : tad_sum)(y, axes[k % 3]);
            tad_var ct = tad_full(m->t, TAD_F64, tad_shape_of(s), 1);
            ck_assert_int_eq(tad_reverse_from(&s, &ct, 1), TAD_OK);
            read_gradients(m, repeated);
            sweep_with_whole_cotangent(y, y, axes[k % 3], mean);
            read_gradients(m, whole);
            for (int i = 0; i < ALL; i++)
                ck_assert_msg(fabs(repeated[i] - whole[i]) <= 1e-13 * fabs(whole[i]),
                              "case %zu, %zu: %d: %g and %g", f, k, i, repeated[i], whole[i]);
            free_many(m);
        }
}
END_TEST

/* What a sweep takes, in arrays of x's size. */
static double arrays_for_a_sweep(const many *m, tad_var y, tad_var cotangent) {
    size_t before = tad_tape_memory(m->t).live;
    ck_assert_int_eq(tad_reverse_from(&y, &cotangent, 1), TAD_OK);
    return (double)(tad_tape_memory(m->t).live - before) / sizeof m->values;
}

START_TEST(elementwise_gradients_are_written_over_cotangents) {
    many *m = make_many();
    tad_var y = tad_exp(tad_neg(tad_exp(m->x))),
            ones = tad_full(m->t, TAD_F64, tad_shape_of(m->x), 1);
    ck_assert_double_lt(arrays_for_a_sweep(m, y, ones), 1.5);
    const double *g = tad_gradient_data(m->x);
    for (int i = 0; i < MANY; i++) ck_near(g[i], -exp(m->values[i] - exp(m->values[i])), 1e-14);
    free_many(m);
}
END_TEST

START_TEST(gradients_of_choices_are_written_over_cotangents) {
    many *m = make_many();
    tad_var above = tad_greater(m->x, tad_number(0.5)),
            ones = tad_full(m->t, TAD_F64, tad_shape_of(m->x), 1);
    tad_var h = tad_where(above, tad_exp(m->x), tad_number(NAN));
    tad_var y = tad_neg(tad_masked_fill(h, tad_equal(m->x, tad_number(m->values[400])), 7));
    ck_assert_double_lt(arrays_for_a_sweep(m, y, ones), 1.5);
    const double *g = tad_gradient_data(m->x);
    for (int i = 0; i < MANY; i++) {
        bool through = m->values[i] > 0.5 && m->values[i] != m->values[400];
        ck_near(g[i], through ? -exp(m->values[i]) : 0, 1e-14);
    }
    free_many(m);
}
END_TEST

/* Broadcast branches, one of them twice, and one that already has a gradient. */
START_TEST(gradients_of_choices_add_up) {
    many *m = make_many();
    tad_var above = tad_greater(m->x, tad_number(0.5)), number = tad_scalar(m->t, 3);
    tad_var y = tad_add(tad_where(above, m->row, m->column), tad_where(above, m->x, m->x));
    tad_var two = tad_where(above, tad_exp(m->x), tad_neg(m->x));
    tad_var z = tad_sum(tad_add(tad_add(y, two), tad_where(above, number, m->x)), tad_all());
    /* in new memory, in used */
    for (int i = 0; i < 2; i++) ck_assert_int_eq(tad_reverse(z), TAD_OK);
    double dx[MANY], drow[MANY_COLUMNS] = {0}, dcolumn[MANY_ROWS] = {0}, dnumber = 0, sum = 0;
    for (int i = 0; i < MANY; i++) {
        double v = m->values[i];
        bool a = v > 0.5;
        dx[i] = a ? 1 + exp(v) : 1;
        sum += a ? m->values[i % MANY_COLUMNS] + v + exp(v) + 3 : m->values[i / MANY_COLUMNS] + v;
        if (a)
            drow[i % MANY_COLUMNS]++, dnumber++;
        else
            dcolumn[i / MANY_COLUMNS]++;
    }
    const double *g = tad_gradient_data(m->x), *r = tad_gradient_data(m->row),
                 *c = tad_gradient_data(m->column);
    ck_near(tad_item(z), sum, 1e-13);
    for (int i = 0; i < MANY; i++) ck_near(g[i], dx[i], 1e-15);
    for (int i = 0; i < MANY_COLUMNS; i++) ck_near(r[i], drow[i], 0);
    for (int i = 0; i < MANY_ROWS; i++) ck_near(c[i], dcolumn[i], 0);
    ck_near(tad_gradient_item(number), dnumber, 0);
    free_many(m);
}
END_TEST

START_TEST(gradients_of_softmax_are_written_over_cotangents) {
    for (int log = 0; log < 2; log++) {
        many *m = make_many();
        tad_var ones = tad_full(m->t, TAD_F64, tad_shape_of(m->x), 1);
        tad_var p = (log ? tad_log_softmax : tad_softmax)(m->x, 1), y = tad_exp(tad_neg(p));
        ck_assert_double_lt(arrays_for_a_sweep(m, y, ones), 1.5);
        const double *g = tad_gradient_data(m->x), *v = tad_data(p);
        for (int r = 0; r < MANY; r += MANY_COLUMNS) {
            double sum = 0; /* the cotangent of p is -e^-p */
            for (int i = r; i < r + MANY_COLUMNS; i++) sum -= exp(-v[i]) * (log ? 1 : v[i]);
            for (int i = r; i < r + MANY_COLUMNS; i++)
                ck_near(g[i], log ? -exp(-v[i]) - exp(v[i]) * sum : v[i] * (-exp(-v[i]) - sum),
                        1e-13);
        }
        free_many(m);
    }
}
END_TEST

START_TEST(the_cotangent_of_a_mean_is_not_written_out) {
    many *m = make_many();
    tad_var y = tad_mean(tad_mul(tad_detach(m->x), m->row), tad_all());
    ck_assert_double_lt(arrays_for_a_sweep(m, y, tad_none()), 0.5);
    tad_var kept = tad_retain(tad_neg(m->x));
    ck_assert_int_eq(tad_reverse(tad_mean(kept, tad_all())), TAD_OK);
    const double *g = tad_gradient_data(kept);
    for (int i = 0; i < MANY; i++) ck_near(g[i], 1.0 / MANY, 1e-17);
    free_many(m);
}
END_TEST

START_TEST(constants_that_are_joined_get_no_gradient) {
    many *m = make_many();
    tad_var y = tad_concat((tad_var[]){m->column, tad_detach(m->x)}, 2, 1);
    y = tad_sum(tad_square(y), tad_all());
    ck_assert_double_lt(arrays_for_a_sweep(m, y, tad_none()), 1.5);
    free_many(m);
}
END_TEST

/* Kernels with large arguments among others go over a strip twice. */
START_TEST(large_arguments_in_a_gradient_that_is_written_over_its_cotangent) {
    many *m = make_many();
    double x[MANY];
    for (int i = 0; i < MANY; i++) x[i] = i % 300 == 7 ? 1e9 + i : m->values[i];
    tad_var v = tad_input(m->t, TAD_F64, TAD_SHAPE(MANY), x);
    ck_assert_int_eq(tad_reverse(tad_sum(tad_exp(tad_sin(v)), tad_all())), TAD_OK);
    const double *g = tad_gradient_data(v);
    for (int i = 0; i < MANY; i++) ck_near(g[i], exp(sin(x[i])) * cos(x[i]), 1e-14);
    free_many(m);
}
END_TEST

/* A user's op that says it is elementwise: a b, with a hook that reads its cotangent as it lies. */
static tad_status scaled_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    out->dtype = TAD_F64;
    out->shape.rank = c->in[0]->rank;
    for (int k = 0; k < out->shape.rank; k++) out->shape.dim[k] = c->in[0]->dim[k];
    return TAD_OK;
}
static tad_status scaled_forward(const tad_call_frame *c) {
    const double *a = c->in[0]->data, *b = c->in[1]->data;
    for (int64_t i = 0; i < c->in[0]->size; i++) ((double *)c->out[0]->data)[i] = a[i] * *b;
    return TAD_OK;
}
static tad_status scaled_backward(tad_backward *b) {
    const double *g = b->cotangent[0]->data, *factor = b->call.in[1]->data;
    bool fresh;
    tad_array *to = tad_backward_buffer(b, 0, &fresh);
    if (!to) return TAD_NO_MEMORY;
    for (int64_t i = 0; i < to->size; i++) ((double *)to->data)[i] = g[i] * *factor;
    return TAD_OK;
}
static const tad_op scaled = {.name = "scaled",
                              .family = "test",
                              .doc = "a b, b one number",
                              .min_in = 2,
                              .max_in = 2,
                              .n_out = 1,
                              .flags = TAD_OP_ELEMENTWISE,
                              .shape = scaled_shape,
                              .forward = scaled_forward,
                              .backward = scaled_backward};

START_TEST(an_elementwise_op_of_the_user_is_no_row_of_the_table) {
    many *m = make_many();
    tad_var y = tad_apply(&scaled, (tad_var[]){m->x, tad_number(3)}, 2, NULL, NULL, 0);
    ck_done(tad_reverse(tad_mean(y, tad_all())), m->t);
    const double *g = tad_gradient_data(m->x);
    for (int i = 0; i < MANY; i++) ck_near(g[i], 3.0 / MANY, 1e-17);
    free_many(m);
}
END_TEST

/* a + a + b, by a hook that hands the cotangent on to a, adds to it, then hands it on to b. */
static tad_status aab_forward(const tad_call_frame *c) {
    const double *a = c->in[0]->data, *b = c->in[1]->data;
    for (int64_t i = 0; i < c->in[0]->size; i++)
        ((double *)c->out[0]->data)[i] = a[i] + a[i] + b[i];
    return TAD_OK;
}
static tad_status aab_backward(tad_backward *b) {
    bool fresh = true;
    if (tad_backward_pass(b, 0, 0) != TAD_OK) return TAD_NO_MEMORY;
    tad_array *to = tad_backward_buffer(b, 0, &fresh);
    if (!to) return TAD_NO_MEMORY;
    ck_assert(!fresh && to->contiguous);
    for (int64_t i = 0; i < to->size; i++)
        ((double *)to->data)[i] += ((const double *)b->cotangent[0]->data)[i];
    return tad_backward_pass(b, 0, 1);
}

START_TEST(a_cotangent_is_given_away_when_nobody_reads_it_any_more) {
    static const tad_op aab = {.name = "aab",
                               .family = "test",
                               .doc = "a + a + b",
                               .min_in = 2,
                               .max_in = 2,
                               .n_out = 1,
                               .shape = scaled_shape,
                               .forward = aab_forward,
                               .backward = aab_backward};
    tad_tape *t = tad_tape_new(NULL);
    /* an array's cotangent can be given away, a number's not */
    tad_shape shape = _i ? TAD_SHAPE(3) : TAD_0D;
    double ones[] = {1, 1, 1}, weight[] = {5, 6, 7};
    tad_var in[] = {tad_input(t, TAD_F64, shape, ones), tad_input(t, TAD_F64, shape, ones)};
    tad_var y = tad_apply(&aab, in, 2, NULL, NULL, 0), w = tad_constant(t, TAD_F64, shape, weight);
    ck_done(tad_reverse(tad_sum(tad_mul(y, w), tad_all())), t);
    for (int i = 0; i < tad_size_of(y); i++) {
        ck_near(((const double *)tad_gradient_data(in[0]))[i], 2 * weight[i], 0);
        ck_near(((const double *)tad_gradient_data(in[1]))[i], weight[i], 0);
    }
    tad_tape_free(t);
}
END_TEST

static size_t calls_of_a_step(tad_tape *t, tad_var w, tad_mark m) {
    size_t before = tad_tape_memory(t).calls;
    tad_var x = tad_full(t, TAD_F32, TAD_SHAPE(32, 64), 0.25);
    tad_var y = tad_mean(tad_square(tad_relu(tad_matmul(x, w))), tad_all());
    ck_assert_int_eq(tad_reverse(y), TAD_OK);
    ck_assert_int_eq(tad_zero_gradients(&w, 1), TAD_OK);
    ck_assert_int_eq(tad_tape_rewind(t, m), TAD_OK);
    return tad_tape_memory(t).calls - before;
}

START_TEST(a_steady_step_allocates_nothing) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var w = tad_param(t, TAD_F32, TAD_SHAPE(64, 48), NULL);
    tad_mark m = tad_tape_mark(t);
    ck_assert_uint_gt(calls_of_a_step(t, w, m), 0);
    calls_of_a_step(t, w, m);
    for (int i = 0; i < 5; i++) ck_assert_uint_eq(calls_of_a_step(t, w, m), 0);
    tad_tape_free(t);
}
END_TEST

/* Also where adjoints repeat a few numbers beside others that do not. */
START_TEST(a_steady_step_of_sums_of_large_arrays_allocates_nothing) {
    support_memory m = {0};
    tad_tape *t = support_tape(&m);
    tad_var x = tad_param(t, TAD_F64, TAD_SHAPE(100, 100), NULL);
    tad_mark mark = tad_tape_mark(t);
    size_t before = 0;
    for (int i = 0; i < 9; i++) {
        tad_var a = tad_neg(x), b = tad_neg(a);
        ck_done(tad_reverse(tad_add(tad_sum(a, tad_all()), tad_mean(b, tad_all()))), t);
        ck_done(tad_tape_rewind(t, mark), t);
        if (i < 3) before = m.requests;
        ck_assert_uint_eq(m.requests, before);
    }
    tad_tape_free(t);
    ck_no_leak(&m);
}
END_TEST

START_TEST(the_bytes_counted_are_those_of_the_allocator) {
    for (int threads = 0; threads < 4; threads++) {
        support_memory m = {0};
        tad_tape *t =
            tad_tape_new(&(tad_settings){.allocator = support_allocator(&m), .threads = threads});
        ck_assert_uint_eq(tad_tape_memory(t).live, m.live);
        tad_sum(tad_exp(tad_input(t, TAD_F64, TAD_SHAPE(3000), NULL)), tad_all());
        ck_tape(t);
        ck_assert_uint_eq(tad_tape_memory(t).live, m.live);
        tad_tape_free(t);
        ck_no_leak(&m);
    }
}
END_TEST

/* Rows that lie far apart, as their elements do: no axis has its elements side by side. */
START_TEST(a_large_array_with_gaps_on_every_axis_is_read_right) {
    enum { ROWS = 130, COLUMNS = 70, STEP = 16 };
    static double value[ROWS * COLUMNS * STEP], got[ROWS * COLUMNS];
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) value[i] = (double)(i % 1013);
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(ROWS, COLUMNS * STEP), value);
    ck_done(tad_read(tad_neg(tad_slice(x, 1, 0, TAD_END, STEP)), got, ROWS * COLUMNS), t);
    for (size_t i = 0; i < ROWS * COLUMNS; i++) ck_assert(got[i] == -value[i * STEP]);
    tad_tape_free(t);
}
END_TEST

/* Two arrays whose elements lie a few lines apart in their pages are slow to read and write in
 * step, whatever made them. */
START_TEST(large_arrays_lie_at_one_place_of_a_page) {
    enum { PAGE = 4096, N = 5000 };
    static const double numbers[N];
    tad_tape *t = tad_tape_new(NULL);
    tad_var few = tad_input(t, TAD_F64, TAD_SHAPE(7), numbers),
            x = tad_input(t, TAD_F64, TAD_SHAPE(N), numbers),
            z = tad_input(t, TAD_F64, TAD_SHAPE(5, 2, N / 5), NULL), y = tad_exp(x);
    const tad_var sums[] = {tad_sum(few, tad_all()), tad_sum(y, tad_all()), tad_sum(z, tad_all())};
    ck_assert_int_eq(tad_reverse(tad_sum_list(sums, 3)), TAD_OK);
    const void *const at[] = {tad_data(x), tad_data(y), tad_gradient_data(x), tad_gradient_data(z)};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        ck_assert_uint_eq((uintptr_t)at[i] % PAGE, PAGE / 2);
    tad_tape_free(t);
}
END_TEST

/* To such a place, C libraries may copy slowly: tad does it in pieces. */
START_TEST(what_is_moved_a_little_further_on_is_whole) {
    enum { N = 40000 };
    static uint8_t bits[N];
    for (int i = 0; i < N; i++) bits[i] = i % 7 % 3 == 0;
    tad_tape *t = tad_tape_new(NULL);
    const tad_var x = tad_constant(t, TAD_BOOL, TAD_SHAPE(N), bits);
    for (int64_t by = 1; by < 70; by += by < 5 ? 1 : 13) {
        const uint8_t *moved = tad_data(tad_roll(x, &by, 1, tad_axis(0)));
        ck_assert_ptr_nonnull(moved);
        for (int i = 0; i < N; i++) ck_assert_uint_eq(moved[(i + by) % N], bits[i]);
    }
    tad_tape_free(t);
}
END_TEST

/* A node, a header and two numbers, and what doubling leaves free. */
/* From some megabytes on the vectors beside nodes are mappings, which move as they grow. */
START_TEST(vectors_of_long_tapes_are_whole_wherever_they_move) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, 3), y = x;
    size_t n = 1;
    for (size_t most = 50000; most <= 800000; most *= 4) {
        for (; n < most; n++) y = tad_add(y, x);
        ck_assert_int_eq(tad_reverse(y), TAD_OK);
        ck_assert_double_eq(tad_gradient_item(x), (double)n);
        ck_assert_double_eq(tad_item(y), 3 * (double)n);
    }
    tad_tape_free(t);
}
END_TEST

START_TEST(two_thousand_small_arrays_fit_a_megabyte) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL);
    for (int i = 0; i < 2000; i++) x = tad_add(x, x);
    ck_tape(t);
    ck_assert_uint_lt(tad_tape_memory(t).live, 1 << 20);
    tad_tape_free(t);
}
END_TEST

/* Chunks and lists double: a hundred thousand views, of some megabytes, are some dozens of
 * requests. */
START_TEST(long_tapes_ask_for_memory_seldom) {
    support_memory memory = {0};
    tad_tape *tape = support_tape(&memory);
    tad_var x = tad_full(tape, TAD_F64, TAD_SHAPE(2, 3), 0);
    for (int k = 0; k < 50000; k++) tad_reshape(x = tad_reshape(x, TAD_SHAPE(3, 2)), TAD_SHAPE(6));
    ck_tape(tape);
    ck_assert_uint_gt(memory.live, 4 << 20);
    ck_assert_uint_lt(memory.requests, 60);
    tad_tape_free(tape);
    ck_no_leak(&memory);
}
END_TEST

START_TEST(the_memory_limit_is_kept) {
    support_memory m = {0};
    tad_tape *t = tad_tape_new(&(tad_settings){.memory_limit = 1 << 20});
    tad_input(t, TAD_F64, TAD_SHAPE(1 << 20), NULL);
    ck_refused(t, TAD_NO_MEMORY, "input");
    ck_assert_uint_le(tad_tape_memory(t).peak, 1 << 20);
    tad_tape_free(t);
    tad_tape *u = support_tape(&m);
    tad_sum(tad_exp(tad_input(u, TAD_F64, TAD_SHAPE(1000), NULL)), tad_all());
    tad_tape_free(u);
    ck_no_leak(&m);
}
END_TEST

START_TEST(the_memory_limit_is_of_all_blocks_together) {
    tad_tape *t = tad_tape_new(&(tad_settings){.memory_limit = 1 << 20});
    int given = 0;
    while (given < 100 && tad_tape_resize(t, NULL, 1, 100000)) given++;
    ck_assert_int_ge(given, 8);
    ck_assert_int_le(given, 10);
    ck_refused(t, TAD_NO_MEMORY, "memory of the tape");
    ck_assert_uint_le(tad_tape_memory(t).live, 1 << 20);
    tad_tape_free(t);
}
END_TEST

/* Chunks double, and the last that would fit is far from the limit: what is left is given in
 * smaller ones. */
START_TEST(the_memory_limit_can_be_used_up) {
    tad_tape *t = tad_tape_new(&(tad_settings){.memory_limit = 900000});
    int arrays = 0;
    while (!tad_is_nil(tad_input(t, TAD_F64, TAD_SHAPE(1000), NULL))) arrays++;
    ck_refused(t, TAD_NO_MEMORY, "input");
    ck_assert_int_ge(arrays,
                     105); /* of 112 for which there would be room without any other thing */
    tad_tape_free(t);
}
END_TEST

/* ---- drivers ---- */

static tad_var product_of_two(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_mul(in[0], in[1]);
}

START_TEST(a_hessian_for_an_input_that_is_not_there_is_refused) {
    tad_tape *t = tad_tape_new(NULL);
    /* the third is not the function's */
    tad_var x[] = {tad_scalar(t, 2), tad_scalar(t, 3), tad_scalar(t, 4)}, h;
    ck_assert_int_eq(tad_hessian(product_of_two, NULL, x, 2, 2, 0, NULL, &h), TAD_BAD_ARGUMENT);
    ck_assert(tad_is_nil(h));
    ck_refused(t, TAD_BAD_ARGUMENT, "input 2");
    ck_assert_int_eq(tad_hessian(product_of_two, NULL, x, 2, 0, 2, NULL, &h), TAD_BAD_ARGUMENT);
    ck_assert(tad_is_nil(h));
    ck_refused(t, TAD_BAD_ARGUMENT, "input 2");
    ck_done(tad_hessian(product_of_two, NULL, x, 2, 0, 1, NULL, &h), t);
    ck_values(h, 0, 1);
    tad_tape_free(t);
}
END_TEST

/* ---- the same with every kernel level, out of line, and on several threads ---- */

/* A tape of the level, or NULL on a lesser CPU. */
static tad_tape *tape_at_level(tad_level level) {
    tad_tape *t = tad_tape_new(&(tad_settings){.level = level});
    if (tad_tape_status(t) != TAD_UNSUPPORTED) return t;
    tad_tape_free(t);
    return NULL;
}

/* Value and gradient of numbers through every kind of node that the sweep knows itself. */
static double numbers_on(tad_tape *t, double *g) {
    tad_var x[6], two = tad_number(2);
    for (int i = 0; i < 6; i++) x[i] = tad_scalar(t, 0.9 - 0.37 * i);
    tad_var y = tad_dot_list(x, x + 1, 5, x[0]);
    for (int i = 0; i < 6; i++) {
        y = tad_div(tad_add(tad_mul(y, x[i]), tad_mul(x[i], two)), tad_sub(two, tad_exp(x[i])));
        y = tad_fnma(x[i], y, tad_fma(y, x[0], tad_div(x[i], tad_number(3))));
        y = tad_sub(tad_sum_list((tad_var[]){y, x[i], x[0]}, 3),
                    tad_div(two, tad_add(x[i], tad_number(5))));
        y = tad_dot_list((tad_var[]){y, two}, (tad_var[]){x[i], y}, 2,
                         tad_where(tad_less(y, x[i]), x[i], y));
    }
    ck_done(tad_reverse(y), t);
    for (int i = 0; i < 6; i++) g[i] = tad_gradient_item(x[i]);
    double value = tad_item(y);
    tad_tape_free(t);
    return value;
}

START_TEST(levels_differ_in_the_gradient_of_numbers_by_rounding_at_most) {
    double base[6], other[6], value = numbers_on(tape_at_level(TAD_LEVEL_BASE), base);
    for (tad_level l = TAD_LEVEL_AVX2; l <= TAD_LEVEL_AVX512; l++) {
        tad_tape *t = tape_at_level(l);
        if (!t) break;
        ck_assert(numbers_on(t, other) == value);
        for (int i = 0; i < 6; i++)
            ck_near(other[i], base[i], 16 * DBL_EPSILON * fmax(1, fabs(base[i])));
    }
}
END_TEST

START_TEST(every_level_gives_the_same_elementwise_bits) {
    double first[37], other[37], x[37];
    for (int i = 0; i < 37; i++) x[i] = -3 + 0.17 * i;
    for (int level = TAD_LEVEL_BASE; level <= TAD_LEVEL_AVX512; level++) {
        tad_tape *t = tape_at_level((tad_level)level);
        if (!t) break;
        tad_var v = tad_input(t, TAD_F64, TAD_SHAPE(37), x);
        tad_var y = tad_mul(tad_tanh(v), tad_exp(tad_sin(v)));
        ck_assert_int_eq(tad_reverse(tad_sum(y, tad_all())), TAD_OK);
        ck_assert_int_eq(tad_read(tad_gradient(v), other, 37), TAD_OK);
        if (level == TAD_LEVEL_BASE) memcpy(first, other, sizeof first);
        ck_assert_mem_eq(first, other, sizeof first);
        tad_tape_free(t);
    }
}
END_TEST

typedef tad_var unary(tad_var x);

static void read_as_f64(tad_var y, double *to, size_t n) {
    ck_done(tad_read(tad_cast(y, TAD_F64), to, n), y.tape);
}

/* Far arguments of sin, cos and tan take other ways, element by element. */
START_TEST(a_far_element_changes_no_other) {
    enum { N = 37, AT = 17 };
    unary *const f[] = {tad_sin, tad_cos, tad_tan};
    double (*const want[])(double) = {sin, cos, tan};
    const float far[] = {6400.5f, -7001, 786430, 1e6f, -1e30f, NAN};
    for (int k = 0; k < 36; k++) {
        tad_tape *t = tad_tape_new(NULL);
        tad_dtype dtype = k % 2 ? TAD_F64 : TAD_F32;
        double x[N], y[N], z[N];
        for (int i = 0; i < N; i++) x[i] = -9 + 0.5 * i;
        read_as_f64(f[k / 2 % 3](tad_cast(tad_input(t, TAD_F64, TAD_SHAPE(N), x), dtype)), y, N);
        x[AT] = (double)far[k / 6];
        read_as_f64(f[k / 2 % 3](tad_cast(tad_input(t, TAD_F64, TAD_SHAPE(N), x), dtype)), z, N);
        ck_near(z[AT], want[k / 2 % 3](x[AT]), k % 2 ? 1e-15 : 2e-7);
        z[AT] = y[AT];
        ck_assert_mem_eq(y, z, sizeof y);
        tad_tape_free(t);
    }
}
END_TEST

static void compare_numbers_with_array(tad_tape *t, unary *f, size_t n, const double *x) {
    double y[1001];
    ck_assert_int_eq(tad_read(f(tad_input(t, TAD_F64, TAD_SHAPE((int64_t)n), x)), y, n), TAD_OK);
    for (size_t i = 0; i < n; i++) {
        double number = tad_item(f(tad_scalar(t, x[i])));
        ck_assert_msg(memcmp(&number, &y[i], sizeof number) == 0, "at %a: %a, %a", x[i], number,
                      y[i]);
    }
}

/* Those whose 0-d form is not libm's. */
START_TEST(a_number_gets_the_bits_of_an_array) {
    enum { N = 1001 };
    double x[N] = {-INFINITY, INFINITY, 0.0,  -0.0, 0.125, nextafter(0.125, 0),
                   -745,      -746,     -747, 39,   41};
    for (int i = 11; i < 900; i++) x[i] = -22 + i * 0.049;
    for (int i = 900; i < N; i++) x[i] = ldexp(i % 2 ? 1.1 : -1.7, 10 * (901 - i));
    for (int level = TAD_LEVEL_BASE; level <= TAD_LEVEL_AVX512; level++) {
        tad_tape *t = tad_tape_new(&(tad_settings){.level = (tad_level)level});
        if (tad_tape_status(t) == TAD_OK) {
            compare_numbers_with_array(t, tad_tanh, N, x);
            compare_numbers_with_array(t, tad_sigmoid, N, x);
        }
        tad_tape_free(t);
    }
}
END_TEST

/* The functions behind the macros of scalar.h, as other languages call them. */
START_TEST(out_of_line_and_in_place_agree) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = (tad_scalar)(t, 1.3), b = (tad_scalar)(t, -0.7), c = (tad_scalar)(t, 0.4);
    tad_var in = tad_fma(tad_div(a, b), tad_sub(a, tad_number(2)), tad_fnma(b, c, tad_neg(a)));
    tad_var out =
        (tad_fma)((tad_div)(a, b), (tad_sub)(a, tad_number(2)), (tad_fnma)(b, c, (tad_neg)(a)));
    ck_assert(tad_item(in) == (tad_item)(out));
    double g[2][3];
    tad_var y[2] = {in, out};
    for (int k = 0; k < 2; k++) {
        ck_assert_int_eq(tad_reverse(y[k]), TAD_OK);
        g[k][0] = tad_gradient_item(a), g[k][1] = (tad_gradient_item)(b),
        g[k][2] = tad_gradient_item(c);
    }
    ck_assert_mem_eq(g[0], g[1], sizeof g[0]);
    tad_tape_free(t);
}
END_TEST

/* Of lists of n numbers; element k of list a is replaced, the sum it begins with where k is n. */
static tad_var dot_of(tad_tape *t, size_t n, tad_var *a, tad_var *b, size_t k,
                      const tad_var *other) {
    for (size_t i = 0; i < n; i++)
        a[i] = tad_scalar(t, 0.3 * (double)i - 1), b[i] = tad_scalar(t, 2 - 0.7 * (double)i);
    if (other && k < n) a[k] = *other;
    return tad_dot_list(a, b, n, other && k == n ? *other : tad_scalar(t, 5));
}

/* As its allocator sees it; the tape itself comes before. */
START_TEST(the_most_memory_there_was_is_known) {
    support_memory m = {0};
    tad_tape *t = support_tape(&m);
    tad_mark mark = tad_tape_mark(t);
    for (int i = 1; i < 6; i++) {
        const size_t n = i == 3 ? 400000 : 1000;
        double *owned = tad_tape_resize(t, NULL, n, sizeof *owned);
        ck_assert_uint_eq(tad_tape_memory(t).live, m.live);
        ck_assert_uint_eq(tad_tape_memory(t).peak, m.peak);
        tad_tape_resize(t, owned, 0, sizeof *owned);
        (void)tad_full(t, TAD_F64, TAD_SHAPE(1000 * i), 1);
        ck_done(tad_tape_rewind(t, mark), t);
        ck_assert_uint_eq(tad_tape_memory(t).peak, m.peak);
    }
    ck_assert_uint_gt(m.peak, m.live);
    tad_tape_free(t);
    ck_no_leak(&m);
}
END_TEST

START_TEST(a_plain_number_beside_an_array_makes_no_node) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});
    size_t before = tad_node_count(t);
    tad_var y = tad_add(x, tad_number(3)), z = tad_sub(tad_number(1), x);
    ck_assert_uint_eq(tad_node_count(t), before + 2);
    ck_values(y, 0, 4, 5);
    ck_values(z, 0, 0, -1);
    y = tad_apply(tad_op_find("pow"), (tad_var[]){x, tad_number(2)}, 2, NULL, NULL, 0);
    z = tad_apply(tad_op_find("pow"), (tad_var[]){tad_number(2), x}, 2, NULL, NULL, 0);
    ck_assert_uint_eq(tad_node_count(t), before + 4);
    ck_values(y, 0, 1, 4);
    ck_values(z, 0, 2, 4);
    tad_tape_free(t);
}
END_TEST

START_TEST(a_tape_that_was_reset_records_again) {
    tad_tape *t = tad_tape_new(NULL);
    tad_record_pause(t);
    tad_record_pause(t);
    tad_tape_reset(t);
    tad_var x = tad_scalar(t, 3), y = tad_square(x);
    ck_done(tad_reverse(y), t);
    ck_near(tad_gradient_item(x), 6, 0);
    tad_tape_free(t);
}
END_TEST

START_TEST(lists_of_any_length_sum_in_order) {
    tad_tape *t = tad_tape_new(NULL);
    for (size_t n = 1; n < 11; n++) {
        tad_var a[10], b[10], y = dot_of(t, n, a, b, 0, NULL), z = tad_sum_list(a, n);
        double dot = 5, sum = 0;
        for (size_t i = 0; i < n; i++)
            dot += tad_item(a[i]) * tad_item(b[i]), sum += tad_item(a[i]);
        ck_assert(tad_item(y) == dot && tad_item(z) == sum);
        ck_done(tad_reverse(tad_add(y, tad_mul(z, tad_number(4)))), t);
        for (size_t i = 0; i < n; i++) {
            ck_assert(tad_gradient_item(a[i]) == tad_item(b[i]) + 4);
            ck_assert(tad_gradient_item(b[i]) == tad_item(a[i]));
        }
    }
    tad_tape_free(t);
}
END_TEST

START_TEST(lists_take_constants_and_plain_numbers) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var a[6], b[6], three = tad_number(3), constant = tad_detach(tad_scalar(t, 3));
    for (size_t k = 0; k <= 6; k++) {
        tad_var y = dot_of(t, 6, a, b, k, &constant), z = dot_of(t, 6, a, b, k, &three);
        ck_assert(tad_item(y) == tad_item(z));
        ck_done(tad_reverse(z), t);
        ck_assert(k == 6 || tad_gradient_item(b[k]) == 3);
    }
    for (size_t k = 0; k < 6; k++) a[k] = constant;
    ck_assert(tad_item(tad_sum_list(a, 6)) == 18);
    ck_assert_int_eq(tad_reverse(tad_sum_list(a, 6)), TAD_NO_GRADIENT);
    tad_tape_free(t);
}
END_TEST

/* They stay numbers: no nodes are made of them. */
START_TEST(plain_numbers_lie_with_the_list) {
    tad_tape *t = tad_tape_new(NULL);
    const double a[3] = {2, -1, 0.5};
    tad_var x[3], plain[3], two = tad_scalar(t, 2);
    for (int i = 0; i < 3; i++) x[i] = tad_scalar(t, i + 1), plain[i] = tad_number(a[i]);
    for (int k = 0; k < 5; k++) {
        const tad_var c = k < 3 ? tad_number(7) : two, *first = k & 1 ? x : plain,
                      *second = k & 1 ? plain : x;
        size_t before = tad_node_count(t);
        tad_var y =
            k & 4 || k == 0 ? tad_dot_list_plain(a, x, 3, c) : tad_dot_list(first, second, 3, c);
        ck_assert_uint_eq(tad_node_count(t), before + 1);
        ck_near(tad_item(y), (k < 3 ? 7 : 2) + 1.5, 0);
        ck_assert_uint_eq(tad_node_parent_count(y), 7);
        ck_near(tad_item(tad_node_parent(y, k & 1 ? 5 : 2)), -1, 0);
        ck_assert(tad_is_number(tad_node_parent(y, 0)) == (k < 3));
        ck_done(tad_reverse(y), t);
        for (int i = 0; i < 3; i++) ck_near(tad_gradient_item(x[i]), a[i], 0);
        ck_near(tad_gradient_item(two), k >= 3, 0);
    }
    tad_tape_free(t);
}
END_TEST

START_TEST(plain_coefficients_are_those_of_arrays_too) {
    tad_tape *t = tad_tape_new(NULL);
    const double a[2] = {2, -1};
    tad_var x[2] = {tad_input(t, TAD_F32, TAD_SHAPE(2), (float[]){1, 2}), tad_scalar(t, 3)};
    tad_var y = tad_dot_list_plain(a, x, 2, tad_number(0.5));
    ck_assert_int_eq(tad_dtype_of(y), TAD_F32);
    ck_values(y, 1e-6, -0.5, 1.5);
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    ck_values(tad_gradient(x[0]), 0, 2, 2);
    ck_near(tad_gradient_item(x[1]), -2, 0);
    ck_near(tad_item(tad_dot_list_plain(a, x, 0, x[1])), 3, 0);
    ck_assert(tad_is_nil(tad_dot_list_plain(a, (tad_var[]){tad_number(1)}, 1, tad_number(1))));
    ck_assert(tad_is_nil(tad_dot_list_plain(NULL, x, 2, tad_number(1))));
    ck_refused(t, TAD_BAD_ARGUMENT, "dot_list: no lists");
    tad_tape_free(t);
}
END_TEST

/* Numbers are looked at four at a time: one in the first four, the last four, behind them. */
enum { LONG = 9 };

START_TEST(lists_refuse_what_does_not_live_on_the_tape) {
    tad_tape *t = tad_tape_new(NULL), *other = tad_tape_new(NULL);
    for (size_t k = 0; k <= LONG; k++) {
        tad_mark mark = tad_tape_mark(t);
        tad_var a[LONG], b[LONG], gone = tad_scalar(t, 1), foreign = tad_scalar(other, 1);
        tad_tape_rewind(t, mark);
        dot_of(t, LONG, a, b, k, &gone);
        ck_refused(t, TAD_BAD_HANDLE, "dot_list", NULL);
        if (k < LONG) {
            ck_assert(tad_is_nil(tad_sum_list(a, LONG)));
            ck_refused(t, TAD_BAD_HANDLE, "sum_list", NULL);
        }
        dot_of(t, LONG, a, b, k, &foreign);
        ck_refused(k == LONG ? other : t, TAD_BAD_HANDLE, "dot_list", NULL);
        if (k == 0 || k == LONG) continue; /* the first says which tape it is */
        ck_assert(tad_is_nil(tad_sum_list(a, LONG)));
        ck_refused(t, TAD_BAD_HANDLE, "sum_list", NULL);
    }
    tad_tape_free(other);
    tad_tape_free(t);
}
END_TEST

START_TEST(an_array_anywhere_in_a_list_makes_arrays_of_it) {
    tad_tape *t = tad_tape_new(NULL);
    for (size_t k = 0; k < LONG; k++) {
        tad_var a[LONG], b[LONG], x = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){10, 20});
        double dot = 5, sum = 0;
        for (size_t i = 0; i < LONG; i++) {
            if (i == k) continue;
            sum += 0.3 * (double)i - 1;
            dot += (0.3 * (double)i - 1) * (2 - 0.7 * (double)i);
        }
        const double factor = 2 - 0.7 * (double)k;
        ck_values(dot_of(t, LONG, a, b, k, &x), 1e-14, dot + 10 * factor, dot + 20 * factor);
        ck_values(tad_sum_list(a, LONG), 1e-14, sum + 10, sum + 20);
        ck_done(tad_reverse(tad_sum(tad_sum_list(a, LONG), tad_all())), t);
        ck_values(tad_gradient(x), 0, 1, 1);
        ck_values(tad_gradient(a[k ? 0 : 1]), 0, 2);
    }
    tad_tape_free(t);
}
END_TEST

START_TEST(a_derivative_by_a_constant_is_refused) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var c = tad_full(t, TAD_F64, TAD_SHAPE(2), 3),
            x = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL), out = x;
    tad_var y = tad_sum(tad_mul(c, x), tad_all());
    ck_assert_int_eq(tad_grad(&y, NULL, 1, &c, 1, &out), TAD_NO_GRADIENT);
    ck_assert(tad_is_nil(out));
    ck_refused(t, TAD_NO_GRADIENT, "grad", "constant");
    ck_assert_int_eq(tad_tangent(&y, 1, &c, &c, 1, &out), TAD_NO_GRADIENT);
    ck_refused(t, TAD_NO_GRADIENT, "tangent", "constant");
    tad_tape_free(t);
}
END_TEST

/* ---- memory of others ---- */

typedef struct released {
    int n, order[8];
} released;

typedef struct lent {
    released *to;
    int which;
} lent;

static void give_back(void *owner) {
    const lent *l = owner;
    l->to->order[l->to->n++] = l->which;
}

START_TEST(tells_when_a_variable_is_forgotten) {
    released r = {0};
    lent l[6];
    double data[2] = {1, 2};
    for (int i = 0; i < 6; i++) l[i] = (lent){&r, i};
    tad_tape *t = tad_tape_new(NULL);
    tad_var kept = tad_borrow(t, TAD_F64, TAD_SHAPE(2), data);
    tad_mark m = tad_tape_mark(t);
    tad_var a = tad_borrow(t, TAD_F64, TAD_SHAPE(2), data), b = tad_sin(a), c = tad_exp(b);
    ck_done(tad_on_release(c, give_back, &l[2]), t); /* in any order */
    ck_done(tad_on_release(a, give_back, &l[0]), t);
    ck_done(tad_on_release(b, give_back, &l[1]), t);
    ck_done(tad_on_release(kept, give_back, &l[3]), t);
    ck_done(tad_on_release(b, give_back, &l[4]), t);
    ck_assert_int_eq(r.n, 0);
    ck_assert_int_eq(tad_tape_rewind(t, m), TAD_OK);
    ck_assert_int_eq(r.n, 4); /* the last variable first; of one variable, the last told first */
    ck_assert_mem_eq(r.order, ((int[]){2, 4, 1, 0}), 4 * sizeof(int));
    ck_assert_int_eq(tad_tape_rewind(t, m), TAD_OK);
    ck_assert_int_eq(r.n, 4); /* once */
    tad_tape_reset(t);
    ck_assert_int_eq(r.n, 5);
    ck_assert_int_eq(r.order[4], 3);
    ck_done(tad_on_release(tad_scalar(t, 1), give_back, &l[5]), t);
    tad_tape_free(t);
    ck_assert_int_eq(r.n, 6);
}
END_TEST

START_TEST(refuses_to_tell_of_what_is_none) {
    support_memory memory = {.scarce = true};
    released r = {0};
    lent l = {&r, 0};
    tad_tape *t = support_tape(&memory);
    tad_var x = tad_scalar(t, 1), gone;
    tad_mark m = tad_tape_mark(t);
    gone = tad_scalar(t, 2);
    ck_assert_int_eq(tad_tape_rewind(t, m), TAD_OK);
    ck_assert_int_eq(tad_on_release(gone, give_back, &l), TAD_BAD_HANDLE);
    ck_refused(t, TAD_BAD_HANDLE, "on_release");
    ck_assert_int_eq(tad_on_release(x, NULL, &l), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "on_release: no function");
    ck_assert_int_eq(tad_on_release(tad_number(1), give_back, &l), TAD_BAD_HANDLE);
    memory.fail_at = memory.requests + 1;
    ck_assert_int_eq(tad_on_release(x, give_back, &l), TAD_NO_MEMORY);
    ck_refused(t, TAD_NO_MEMORY, "on_release");
    tad_tape_free(t);
    ck_assert_int_eq(r.n, 0); /* what was refused is never called */
    ck_no_leak(&memory);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("tape");
    TCase *c = support_case(s, "leaves");
    tcase_add_test(c, leaves_hold_their_values);
    tcase_add_test(c, a_handle_has_16_bytes_and_a_node_24);
    tcase_add_test(c, impossible_leaves_are_refused);
    c = support_case(s, "marks");
    tcase_add_test(c, variables_below_a_mark_survive_and_above_do_not);
    tcase_add_test(c, nested_marks_in_any_order);
    tcase_add_test(c, another_tapes_mark_and_variable_are_refused);
    c = support_case(s, "errors");
    tcase_add_test(c, the_first_error_sticks);
    tcase_add_test(c, results_of_failed_calls_stay_refused_after_a_clear);
    tcase_add_test(c, float32_and_float64_do_not_mix_but_0d_joins);
    tcase_add_test(c, a_number_joins_integers);
    tcase_add_test(c, a_float64_array_stays_one_beside_a_0d_float32);
    tcase_add_test(c, the_trap_names_the_first_op_that_made_a_nan);
    c = support_case(s, "recording");
    tcase_add_test(c, nothing_is_recorded_in_a_pause);
    tcase_add_test(c, detached_variables_have_no_past);
    tcase_add_test(c, names_carry_scopes_and_go_with_a_rewind);
    c = support_case(s, "gradients");
    tcase_add_test(c, interior_gradients_are_per_sweep_and_parameters_add_up);
    tcase_add_test(c, a_variable_used_twice_gets_both_contributions);
    tcase_add_test(c, reading_a_gradient_that_is_not_there_is_an_error);
    tcase_add_test(c, unreachable_is_zero_and_says_so);
    tcase_add_test(c, several_results_with_their_cotangents);
    tcase_add_test(c, results_behind_the_root_have_no_adjoint);
    tcase_add_test(c, a_parameter_changed_in_between_is_noticed);
    tcase_add_test(c, a_derivative_by_a_constant_is_refused);
    tcase_add_test(c, a_cotangent_that_repeats_numbers_does_as_a_whole_one_does);
    tcase_add_test(c, elementwise_gradients_are_written_over_cotangents);
    tcase_add_test(c, gradients_of_choices_are_written_over_cotangents);
    tcase_add_test(c, gradients_of_choices_add_up);
    tcase_add_test(c, gradients_of_softmax_are_written_over_cotangents);
    tcase_add_test(c, the_cotangent_of_a_mean_is_not_written_out);
    tcase_add_test(c, an_elementwise_op_of_the_user_is_no_row_of_the_table);
    tcase_add_loop_test(c, a_cotangent_is_given_away_when_nobody_reads_it_any_more, 0, 2);
    tcase_add_test(c, constants_that_are_joined_get_no_gradient);
    tcase_add_test(c, large_arguments_in_a_gradient_that_is_written_over_its_cotangent);
    c = support_case(s, "size");
    tcase_add_test(c, a_million_nodes_on_a_small_stack);
    tcase_add_test(c, a_steady_step_allocates_nothing);
    tcase_add_test(c, a_steady_step_of_sums_of_large_arrays_allocates_nothing);
    tcase_add_test(c, the_bytes_counted_are_those_of_the_allocator);
    tcase_add_test(c, a_large_array_with_gaps_on_every_axis_is_read_right);
    tcase_add_test(c, large_arrays_lie_at_one_place_of_a_page);
    tcase_add_test(c, what_is_moved_a_little_further_on_is_whole);
    tcase_add_test(c, vectors_of_long_tapes_are_whole_wherever_they_move);
    tcase_add_test(c, two_thousand_small_arrays_fit_a_megabyte);
    tcase_add_test(c, long_tapes_ask_for_memory_seldom);
    tcase_add_test(c, the_memory_limit_is_kept);
    tcase_add_test(c, the_memory_limit_is_of_all_blocks_together);
    tcase_add_test(c, the_memory_limit_can_be_used_up);
    c = support_case(s, "drivers");
    tcase_add_test(c, a_hessian_for_an_input_that_is_not_there_is_refused);
    c = support_case(s, "ways");
    tcase_add_test(c, every_level_gives_the_same_elementwise_bits);
    tcase_add_test(c, a_far_element_changes_no_other);
    tcase_add_test(c, a_number_gets_the_bits_of_an_array);
    tcase_add_test(c, levels_differ_in_the_gradient_of_numbers_by_rounding_at_most);
    tcase_add_test(c, out_of_line_and_in_place_agree);
    c = support_case(s, "lists");
    tcase_add_test(c, the_most_memory_there_was_is_known);
    tcase_add_test(c, a_plain_number_beside_an_array_makes_no_node);
    tcase_add_test(c, a_tape_that_was_reset_records_again);
    tcase_add_test(c, lists_of_any_length_sum_in_order);
    tcase_add_test(c, lists_take_constants_and_plain_numbers);
    tcase_add_test(c, plain_numbers_lie_with_the_list);
    tcase_add_test(c, plain_coefficients_are_those_of_arrays_too);
    tcase_add_test(c, lists_refuse_what_does_not_live_on_the_tape);
    tcase_add_test(c, an_array_anywhere_in_a_list_makes_arrays_of_it);
    c = support_case(s, "released");
    tcase_add_test(c, tells_when_a_variable_is_forgotten);
    tcase_add_test(c, refuses_to_tell_of_what_is_none);
    return s;
}

SUPPORT_MAIN(suite)
