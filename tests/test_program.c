/* What programs take, give and need: roles of variables, functions with their derivatives, random
 * numbers, text, memory, threads. */
#include "programs.h"

#include <pthread.h>

/* ---- roles ---- */

START_TEST(a_parameter_is_read_where_it_lies) {
    const double two = 2, five = 5;
    tad_var w = tad_param(t, TAD_F64, TAD_0D, &two), x = tad_scalar(t, 3), y = tad_mul(w, x);
    machine m = machine_of(&x, 1, &y, 1, NULL);
    ck_assert_double_eq(at(m, 10), 20);
    ck_done(tad_assign(w, &five), t);
    ck_assert_double_eq(at(m, 10), 50);
    machine_free(m);
}
END_TEST

START_TEST(an_array_parameter_and_its_views_are_read_where_they_lie) {
    const double ones[6] = {1, 1, 1, 1, 1, 1}, twos[6] = {2, 2, 2, 2, 2, 2};
    tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2, 3), ones),
            view = tad_flip(tad_transpose(w, 0, 1), tad_axis(0)), x = tad_scalar(t, 3),
            y = tad_sum(tad_mul(view, x), tad_all());
    machine m = machine_of(&x, 1, &y, 1, NULL);
    ck_assert_double_eq(at(m, 10), 60);
    ck_done(tad_assign(w, twos), t);
    ck_assert_double_eq(at(m, 10), 120);
    machine_free(m);
}
END_TEST

START_TEST(copied_parameters_need_no_tape) {
    const double two = 2, five = 5;
    tad_var w = tad_param(t, TAD_F64, TAD_0D, &two), x = tad_scalar(t, 3), y = tad_mul(w, x);
    machine m = machine_of(&x, 1, &y, 1, &(tad_freeze_options){.copy_parameters = true});
    ck_done(tad_assign(w, &five), t);
    tad_tape_free(t);
    t = NULL;
    ck_assert_double_eq(at(m, 10), 20);
    machine_free(m);
}
END_TEST

START_TEST(a_parameter_that_is_gone_is_not_read) {
    const double two = 2;
    double x = 1, y = 77;
    tad_mark mark = tad_tape_mark(t);
    tad_var w = tad_param(t, TAD_F64, TAD_0D, &two), in = tad_scalar(t, 3), out = tad_mul(w, in);
    machine m = machine_of(&in, 1, &out, 1, NULL);
    run_numbers(m, &x, &y);
    ck_done(tad_tape_rewind(t, mark), t);
    ck_workspace_refused(m, TAD_BAD_HANDLE, tad_run(m.w), "parameter");
    (void)tad_param(t, TAD_F64, TAD_0D, &two);
    ck_workspace_refused(m, TAD_BAD_HANDLE, tad_run(m.w), "parameter");
    tad_tape_free(t);
    t = NULL;
    ck_workspace_refused(m, TAD_BAD_HANDLE, tad_run(m.w), "parameter");
    ck_assert_double_eq(y, 2);
    machine_free(m);
}
END_TEST

START_TEST(a_parameter_changed_since_is_refused) {
    const double two = 2;
    tad_program *p;
    tad_var w = tad_param(t, TAD_F64, TAD_0D, &two), x = tad_scalar(t, 3),
            y = tad_exp(tad_mul(w, x));
    ck_done(tad_assign(w, &two), t);
    for (int copy = 0; copy < 2; copy++) {
        const tad_freeze_options o = {.copy_parameters = copy};
        ck_assert_int_eq(tad_freeze(&x, 1, &y, 1, &o, &p), TAD_STALE_VALUE);
        ck_assert_ptr_null(p);
        ck_refused(t, TAD_STALE_VALUE, "freeze");
    }
}
END_TEST

START_TEST(parameters_can_be_inputs) {
    const double two = 2;
    tad_var w = tad_param(t, TAD_F64, TAD_0D, &two), x = tad_scalar(t, 3), y = tad_mul(w, x);
    machine m = machine_of((tad_var[]){w, x}, 2, &y, 1, NULL);
    double out;
    run_numbers(m, (double[]){7, 11}, &out);
    ck_assert_double_eq(out, 77);
    machine_free(m);
}
END_TEST

START_TEST(interior_variables_can_be_inputs) {
    tad_var x = tad_scalar(t, 3), y = tad_exp(x), z = tad_add(y, tad_mul(x, y));
    machine m = machine_of((tad_var[]){x, y}, 2, &z, 1, NULL);
    double out;
    run_numbers(m, (double[]){2, 10}, &out);
    ck_assert_double_eq(out, 30);
    machine_free(m);
}
END_TEST

/* The place of a maximum is computed although the maximum, an output of the same op, is given. */
START_TEST(one_output_of_an_op_can_be_an_input) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 7, 2}), place,
            m = tad_max(x, tad_axis(0), &place),
            z = tad_add(tad_mul(m, tad_number(10)), tad_cast(place, TAD_F64));
    machine both = machine_of((tad_var[]){x, m}, 2, &z, 1, NULL);
    double given = 4, out = 0;
    const double data[3] = {1, 2, 9};
    ck_assert_int_eq(tad_bind_in(both.w, 0, TAD_F64, TAD_SHAPE(3), data), TAD_OK);
    ck_assert_int_eq(tad_bind_in(both.w, 1, TAD_F64, TAD_0D, &given), TAD_OK);
    ck_assert_int_eq(tad_bind_out(both.w, 0, TAD_F64, TAD_0D, &out), TAD_OK);
    ck_assert_msg(tad_run(both.w) == TAD_OK, "%s", tad_workspace_message(both.w));
    ck_assert_double_eq(out, 42);
    machine_free(both);
}
END_TEST

/* Of a matrix that lies transposed no reshape is a view. */
START_TEST(what_is_no_view_after_all_is_copied) {
    double x[6] = {1, 2, 3, 4, 5, 6}, out[6];
    tad_var in = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), x),
            y = tad_reshape(tad_transpose(in, 0, 1), TAD_SHAPE(6)),
            z = tad_mul(y, tad_add(y, tad_number(1)));
    machine m = machine_of(&in, 1, &z, 1, NULL);
    for (int i = 0; i < 6; i++) x[i] = 10 * i;
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_F64, TAD_SHAPE(2, 3), x), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 0, TAD_F64, TAD_SHAPE(6), out), TAD_OK);
    ck_assert_msg(tad_run(m.w) == TAD_OK, "%s", tad_workspace_message(m.w));
    for (int i = 0; i < 6; i++) {
        const double right = 10 * (i / 2 + 3 * (i % 2));
        ck_assert_double_eq(out[i], right * (right + 1));
    }
    machine_free(m);
}
END_TEST

START_TEST(a_detached_value_follows_the_inputs) {
    tad_var x = tad_scalar(t, 3), y = tad_mul(x, tad_detach(tad_square(x)));
    machine m = machine_of(&x, 1, &y, 1, NULL);
    ck_assert_double_eq(at(m, 2), 8);
    machine_free(m);
}
END_TEST

START_TEST(a_detached_parameter_follows_it) {
    const double ones[2] = {1, 1}, twos[2] = {2, 2};
    tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2), ones), x = tad_scalar(t, 3),
            y = tad_sum(tad_mul(tad_detach(w), x), tad_all());
    machine m = machine_of(&x, 1, &y, 1, NULL);
    ck_done(tad_assign(w, twos), t);
    ck_assert_double_eq(at(m, 5), 20);
    machine_free(m);
}
END_TEST

START_TEST(labels_are_inputs_like_others) {
    const double scores[6] = {1, 2, 3, 3, 2, 1};
    const int64_t first[2] = {0, 1}, then[2] = {2, 2}, bad[2] = {2, 3};
    double loss = 0;
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), scores),
            labels = tad_constant(t, TAD_I64, TAD_SHAPE(2), first),
            other = tad_constant(t, TAD_I64, TAD_SHAPE(2), then),
            y = tad_cross_entropy(x, labels, NULL), right = tad_cross_entropy(x, other, NULL);
    machine m = machine_of((tad_var[]){x, labels}, 2, &y, 1, NULL);
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_F64, TAD_SHAPE(2, 3), scores), TAD_OK);
    ck_assert_int_eq(tad_bind_in(m.w, 1, TAD_I64, TAD_SHAPE(2), then), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 0, TAD_F64, TAD_0D, &loss), TAD_OK);
    ck_assert_int_eq(tad_run(m.w), TAD_OK);
    ck_assert_double_eq(loss, tad_item(right));
    ck_assert_int_eq(tad_bind_in(m.w, 1, TAD_I64, TAD_SHAPE(2), bad), TAD_OK);
    ck_workspace_refused(m, TAD_BAD_INDEX, tad_run(m.w), "cross_entropy");
    ck_assert_double_eq(loss, tad_item(right));
    machine_free(m);
}
END_TEST

START_TEST(a_shape_that_depends_on_elements_is_checked) {
    const int64_t two[2] = {0, 1}, three[2] = {0, 2};
    double out[4] = {7, 7, 7, 7};
    tad_var x = tad_constant(t, TAD_I64, TAD_SHAPE(2), two),
            y = tad_cast(tad_one_hot(x, -1), TAD_F64);
    ck_shape(y, 2, 2);
    machine m = machine_of(&x, 1, &y, 1, NULL);
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_I64, TAD_SHAPE(2), two), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 0, TAD_F64, TAD_SHAPE(2, 2), out), TAD_OK);
    ck_assert_int_eq(tad_run(m.w), TAD_OK);
    ck_assert_double_eq(out[3], 1);
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_I64, TAD_SHAPE(2), three), TAD_OK);
    ck_workspace_refused(m, TAD_BRANCH, tad_run(m.w), "one_hot");
    ck_assert_double_eq(out[3], 1);
    machine_free(m);
}
END_TEST

START_TEST(outputs_may_be_inputs_parameters_and_constants) {
    const double two[2] = {2, 3};
    double in[2] = {5, 6}, out[4][2];
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), two),
            w = tad_param(t, TAD_F64, TAD_SHAPE(2), two),
            c = tad_constant(t, TAD_F64, TAD_SHAPE(2), two);
    const tad_var list[4] = {x, w, c, x};
    machine m = machine_of(&x, 1, list, 4, &lenient);
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_F64, TAD_SHAPE(2), in), TAD_OK);
    for (size_t k = 0; k < 4; k++)
        ck_assert_int_eq(tad_bind_out(m.w, k, TAD_F64, TAD_SHAPE(2), out[k]), TAD_OK);
    ck_assert_int_eq(tad_run(m.w), TAD_OK);
    for (size_t k = 0; k < 4; k++) ck_assert_double_eq(out[k][1], k % 3 ? 3 : 6);
    machine_free(m);
}
END_TEST

START_TEST(an_output_may_lie_where_an_input_does) {
    double x[4] = {1, 2, 3, 4}, sum = 0;
    tad_var in = tad_input(t, TAD_F64, TAD_SHAPE(4), x),
            out[3] = {tad_flip(in, tad_axis(0)), tad_sum(in, tad_all()), in};
    double other[4];
    machine m = machine_of(&in, 1, out, 3, NULL);
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_F64, TAD_SHAPE(4), x), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 0, TAD_F64, TAD_SHAPE(4), x), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 1, TAD_F64, TAD_0D, &sum), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 2, TAD_F64, TAD_SHAPE(4), other), TAD_OK);
    ck_assert_int_eq(tad_run(m.w), TAD_OK);
    for (int i = 0; i < 4; i++) ck_assert_double_eq(x[i], 4 - i);
    for (int i = 0; i < 4; i++) ck_assert_double_eq(other[i], i + 1);
    ck_assert_double_eq(sum, 10);
    machine_free(m);
}
END_TEST

/* In every way in which the memory of two outputs, an input and a parameter can lie. */
START_TEST(outputs_lie_anywhere) {
    enum { N = 8, ROOM = 4 * N };
    double ones[N] = {1, 2, 3, 4, 5, 6, 7, 8}, memory[ROOM];
    tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(N), ones),
            x = tad_input(t, TAD_F64, TAD_SHAPE(N), ones),
            y[2] = {tad_mul(tad_add(x, w), tad_number(2)), tad_mul(tad_flip(x, tad_all()), w)};
    machine m = machine_of(&x, 1, y, 2, NULL);
    for (int a = 0; a <= 2 * N; a += N / 2)
        for (int b = 0; b <= 2 * N; b += N) {
            for (int k = 0; k < ROOM; k++) memory[k] = k;
            double *in = memory + N, *first = memory + a, *second = memory + (a + b + N) % (3 * N);
            double right[2][N];
            const int gap = (int)(second > first ? second - first : first - second);
            if (gap < N) continue;
            for (int k = 0; k < N; k++) right[0][k] = 2 * (in[k] + ones[k]);
            for (int k = 0; k < N; k++) right[1][k] = in[N - 1 - k] * ones[k];
            ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_F64, TAD_SHAPE(N), in), TAD_OK);
            ck_assert_int_eq(tad_bind_out(m.w, 0, TAD_F64, TAD_SHAPE(N), first), TAD_OK);
            ck_assert_int_eq(tad_bind_out(m.w, 1, TAD_F64, TAD_SHAPE(N), second), TAD_OK);
            ck_assert_int_eq(tad_run(m.w), TAD_OK);
            for (int k = 0; k < N; k++) ck_assert_double_eq(first[k], right[0][k]);
            for (int k = 0; k < N; k++) ck_assert_double_eq(second[k], right[1][k]);
        }
    void *in_place = tad_param_data(w); /* as a training step does */
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_F64, TAD_SHAPE(N), ones), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 0, TAD_F64, TAD_SHAPE(N), in_place), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 1, TAD_F64, TAD_SHAPE(N), memory), TAD_OK);
    ck_assert_int_eq(tad_run(m.w), TAD_OK);
    for (int k = 0; k < N; k++) ck_assert_double_eq(memory[k], ones[N - 1 - k] * ones[k]);
    machine_free(m);
}
END_TEST

START_TEST(names_and_types_are_kept) {
    tad_var x = tad_name(tad_input(t, TAD_F32, TAD_SHAPE(2, 3), NULL), "batch"),
            y = tad_name(tad_sum(x, tad_all()), "loss");
    machine m = machine_of(&x, 1, &y, 1, NULL);
    tad_tape_reset(t);
    ck_assert_str_eq(tad_program_in_name(m.p, 0), "batch");
    ck_assert_str_eq(tad_program_out_name(m.p, 0), "loss");
    ck_assert_int_eq(tad_program_in_type(m.p, 0).dtype, TAD_F32);
    ck_assert_int_eq(tad_program_in_type(m.p, 0).shape.dim[1], 3);
    ck_assert_int_eq(tad_program_out_type(m.p, 1).shape.rank, -1);
    ck_assert_str_eq(tad_program_out_name(m.p, 1), "");
    machine_free(m);
}
END_TEST

/* ---- programs of functions ---- */

static tad_var product_and_power(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n;
    const tad_var *weight = user;
    return tad_sum(tad_mul(tad_exp(tad_mul(in[0], *weight)), tad_square(in[2])), tad_all());
}

/* The tape's own derivatives, as the program's outputs are ordered. */
static size_t derivatives(tad_fn *f, void *user, const tad_var *x, const tad_var *by, size_t n,
                          unsigned give, tad_var *out) {
    size_t k = 0;
    tad_var y = f(t, x, 3, user), one = tad_full(t, TAD_F64, TAD_0D, 0.5), gradient[2],
            v[2] = {tad_full(t, TAD_F64, TAD_SHAPE(2), 0.5), one};
    ck_done(tad_grad(&y, NULL, 1, by, n, gradient), t);
    if (give & TAD_GIVE_VALUE) out[k++] = y;
    if (give & TAD_GIVE_GRADIENT) out[k++] = gradient[0], out[k++] = gradient[1];
    if (give & TAD_GIVE_VJP) {
        ck_done(tad_grad(&y, &one, 1, by, n, out + k), t);
        k += n;
    }
    if (give & TAD_GIVE_JVP) ck_done(tad_tangent(&y, 1, by, v, n, out + k++), t);
    if (give & TAD_GIVE_HVP) {
        ck_done(tad_tangent(gradient, n, by, v, n, out + k), t);
        k += n;
    }
    if (give & TAD_GIVE_JACOBIAN)
        out[k++] = gradient[0], out[k++] = gradient[1]; /* y is a number */
    return k;
}

/* Binds everything to the same two numbers, and the integer between the floats to one. */
static void bind_halves(const machine *m, double *out) {
    static const double halves[2] = {0.5, 0.5};
    static const int64_t integer = 3;
    for (size_t k = 0; k < tad_program_n_in(m->p); k++) {
        const tad_type type = tad_program_in_type(m->p, k);
        ck_assert_int_eq(tad_bind_in(m->w, k, type.dtype, type.shape,
                                     type.dtype == TAD_I64 ? (const void *)&integer : halves),
                         TAD_OK);
    }
    for (size_t k = 0; k < tad_program_n_out(m->p); k++) {
        const tad_type type = tad_program_out_type(m->p, k);
        ck_assert_int_eq(tad_bind_out(m->w, k, type.dtype, type.shape, out + 2 * k), TAD_OK);
    }
}

static tad_var place_of_largest(tad_tape *tape, const tad_var *x, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_argmax(x[0], tad_all());
}

START_TEST(a_value_alone_has_any_type) {
    const double x[3] = {1, 5, 2};
    tad_var in = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){7, 1, 1});
    tad_program *p;
    int64_t place = -1;
    ck_done(tad_freeze_function(place_of_largest, NULL, &in, 1, TAD_GIVE_VALUE, NULL, &p), t);
    tad_workspace *w = tad_workspace_new(p);
    ck_assert_int_eq(tad_bind_in(w, 0, TAD_F64, TAD_SHAPE(3), x), TAD_OK);
    ck_assert_int_eq(tad_bind_out(w, 0, TAD_I64, TAD_0D, &place), TAD_OK);
    ck_assert_int_eq(tad_run(w), TAD_OK);
    ck_assert_int_eq(place, 1);
    tad_workspace_free(w);
    tad_program_free(p);
    const unsigned give = TAD_GIVE_VALUE | TAD_GIVE_JVP;
    ck_assert_int_eq(tad_freeze_function(place_of_largest, NULL, &in, 1, give, NULL, &p),
                     TAD_BAD_DTYPE);
    ck_refused(t, TAD_BAD_DTYPE, "freeze_function: the function's result is int64");
}
END_TEST

START_TEST(a_function_is_frozen_with_its_derivatives) {
    const double three = 3, halves[2] = {0.5, 0.5};
    double out[20];
    const unsigned give = (unsigned)_i;
    tad_var weight = tad_param(t, TAD_F64, TAD_0D, &three),
            x[3] = {tad_name(tad_input(t, TAD_F64, TAD_SHAPE(2), NULL), "first"),
                    tad_constant(t, TAD_I64, TAD_0D, NULL), tad_scalar(t, 7)},
            right[10];
    machine m = {NULL, NULL};
    const size_t before = tad_node_count(t);
    ck_done(tad_freeze_function(product_and_power, &weight, x, 3, give, NULL, &m.p), t);
    ck_assert_uint_eq(tad_node_count(t), before);
    m.w = tad_workspace_new(m.p);
    ck_assert_str_eq(tad_program_in_name(m.p, 0), "first");
    if (give & TAD_GIVE_VJP) ck_assert_str_eq(tad_program_in_name(m.p, 3), "cotangent 0");
    bind_halves(&m, out);
    ck_assert_int_eq(tad_run(m.w), TAD_OK);
    const tad_var y[3] = {tad_input(t, TAD_F64, TAD_SHAPE(2), halves), x[1], tad_scalar(t, 0.5)},
                  by[2] = {y[0], y[2]};
    const size_t n = derivatives(product_and_power, &weight, y, by, 2, give, right);
    ck_assert_uint_eq(tad_program_n_out(m.p), n);
    for (size_t k = 0; k < n; k++) compare_bits(out + 2 * k, right[k], "function", k);
    machine_free(m);
}
END_TEST

static tad_var scaled_squares(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_mul(tad_square(in[0]), in[1]);
}

START_TEST(a_jacobian_is_frozen) {
    const double x[2] = {1, 2}, factor = 3;
    double by_x[4], by_factor[2];
    const tad_var in[2] = {tad_input(t, TAD_F64, TAD_SHAPE(2), NULL), tad_scalar(t, 1)};
    machine m = {NULL, NULL};
    ck_done(tad_freeze_function(scaled_squares, NULL, in, 2, TAD_GIVE_JACOBIAN, NULL, &m.p), t);
    m.w = tad_workspace_new(m.p);
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_F64, TAD_SHAPE(2), x), TAD_OK);
    ck_assert_int_eq(tad_bind_in(m.w, 1, TAD_F64, TAD_0D, &factor), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 0, TAD_F64, TAD_SHAPE(2, 2), by_x), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 1, TAD_F64, TAD_SHAPE(2), by_factor), TAD_OK);
    ck_assert_int_eq(tad_run(m.w), TAD_OK);
    ck_assert(by_x[0] == 6 && by_x[1] == 0 && by_x[2] == 0 && by_x[3] == 12);
    ck_assert(by_factor[0] == 1 && by_factor[1] == 4);
    machine_free(m);
}
END_TEST

static tad_var looks_at_its_input(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_mul(in[0], tad_number(tad_item(in[0])));
}

static tad_var fails(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_matmul(in[0], in[0]);
}

static tad_var linear(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_sub(in[0], tad_mul(tad_number(3), in[1]));
}

START_TEST(derivatives_may_be_constants) {
    tad_var in[2] = {tad_scalar(t, 1), tad_scalar(t, 1)};
    double out[2];
    machine m = {NULL, NULL};
    ck_done(tad_freeze_function(linear, NULL, in, 2, TAD_GIVE_GRADIENT, NULL, &m.p), t);
    m.w = tad_workspace_new(m.p);
    run_numbers(m, (double[]){5, 6}, out);
    ck_assert_double_eq(out[0], 1);
    ck_assert_double_eq(out[1], -3);
    machine_free(m);
}
END_TEST

START_TEST(a_function_that_cannot_be_frozen_leaves_nothing) {
    tad_program *p;
    tad_var x = tad_scalar(t, 3), list = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL);
    const size_t before = tad_node_count(t);
    ck_assert_int_eq(tad_freeze_function(looks_at_its_input, NULL, &x, 1, TAD_GIVE_VALUE, NULL, &p),
                     TAD_WITNESS);
    ck_refused(t, TAD_WITNESS, "read");
    ck_assert_int_eq(tad_freeze_function(fails, NULL, &x, 1, TAD_GIVE_VALUE, NULL, &p),
                     TAD_BAD_SHAPE);
    ck_refused(t, TAD_BAD_SHAPE, "matmul");
    ck_assert_int_eq(tad_freeze_function(cube, NULL, &list, 1, TAD_GIVE_HVP, NULL, &p),
                     TAD_BAD_SHAPE);
    ck_refused(t, TAD_BAD_SHAPE, "one element");
    ck_assert_int_eq(tad_freeze_function(cube, NULL, &x, 1, 0, NULL, &p), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "nothing to give");
    ck_assert_int_eq(tad_freeze_function(cube, NULL, &x, 1, 64, NULL, &p), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "64");
    ck_assert_int_eq(tad_freeze_function(NULL, NULL, &x, 1, TAD_GIVE_VALUE, NULL, &p),
                     TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "no function");
    ck_assert_int_eq(tad_freeze_function(cube, NULL, &x, 1, TAD_GIVE_VALUE, NULL, NULL),
                     TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "place");
    ck_assert_ptr_null(p);
    ck_assert_uint_eq(tad_node_count(t), before);
}
END_TEST

/* ---- random numbers ---- */

static tad_var noisy(tad_var x) {
    (void)tad_rand(t, TAD_F64, TAD_SHAPE(3)); /* nothing needs it */
    tad_var a = tad_add(x, tad_randn(t, TAD_F64, TAD_SHAPE(4))),
            b = tad_mul(tad_dropout(a, 0.5), tad_rand(t, TAD_F64, TAD_0D));
    return tad_sum(tad_add(b, tad_cast(tad_rand(t, TAD_F32, TAD_SHAPE(4)), TAD_F64)), tad_all());
}

START_TEST(random_numbers_are_those_of_the_tape) {
    tad_tape_set_random(t, (tad_random){7, 100});
    tad_var x = tad_scalar(t, 3), y = noisy(x);
    machine m = machine_of(&x, 1, &y, 1, NULL);
    ck_assert_uint_eq(tad_program_info_of(m.p).draws, 3 + 8 + 4 + 1 + 4);
    ck_assert_double_eq(at(m, 3), tad_item(y));
    for (int k = 0; k < 3; k++) ck_assert_double_eq(at(m, 3), tad_item(noisy(x)));
    tad_set_random(m.w, (tad_random){7, 100});
    ck_assert_double_eq(at(m, 3), tad_item(y));
    machine_free(m);
}
END_TEST

START_TEST(random_numbers_set_on_the_way_are_refused) {
    tad_program *p;
    tad_var x = tad_scalar(t, 3), y = noisy(x);
    tad_tape_set_random(t, (tad_random){9, 0});
    y = tad_add(y, noisy(x));
    ck_assert_int_eq(tad_freeze(&x, 1, &y, 1, NULL, &p), TAD_WITNESS);
    ck_refused(t, TAD_WITNESS, "random");
}
END_TEST

/* ---- as text ---- */

static const char lines[] =
    "in[0] x a0 float64(2,3) in[0]\n"
    "in[1] n0\n"
    "numbers, 2 steps\n"
    "    n3 = mul(n0, n1)\n"
    "    n4 = sin(n3)\n"
    "draw\n"
    "    a1 float64(2,3) 0..48\n"
    "copy\n"
    "    a6 float64(2,3) 64..112 = copy(a0 float64(2,3) in[0])\n"
    "group of 2, 1 strips\n"
    "    a2 float64(2,3) strip 0 = mul(a0 float64(2,3) in[0], n4)\n"
    "    a3 float64(2,3) 128..176 = add(a2 float64(2,3) strip 0, a1 float64(2,3) 0..48)\n"
    "call\n"
    "    n4 = sum(a4 float64(3,2) 128..176 of a3)\n"
    "call\n"
    "    a5 bool() 0..1 = greater(n4, n2)\n"
    "decision 0, false: a5 bool() 0..1\n"
    "numbers, 1 steps\n"
    "    n3 = neg(n4)\n"
    "out[0] total n3\n"
    "out[1] x a6 float64(2,3) 64..112\n";

START_TEST(a_program_is_shown) {
    support_text k = {.length = 0};
    tad_var x = tad_name(tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL), "x"), n = tad_scalar(t, 1),
            s = tad_sin(tad_mul(n, tad_number(2))), r = tad_rand(t, TAD_F64, TAD_SHAPE(2, 3)),
            y = tad_transpose(tad_add(tad_mul(x, s), r), 0, 1), sum = tad_sum(y, tad_all());
    ck_assert(!tad_decide(tad_greater(sum, tad_number(100))));
    tad_var total = tad_name(tad_neg(sum), "total");
    machine m = machine_of((tad_var[]){x, n}, 2, (tad_var[]){total, x}, 2, NULL);
    ck_assert_int_eq(tad_program_dump(m.p, support_keep, &k), TAD_OK);
    ck_assert_str_eq(k.data, lines);
    k = (support_text){.most = 100};
    ck_assert_int_eq(tad_program_dump(m.p, support_keep, &k), TAD_IO);
    ck_assert_int_eq(tad_program_dump(NULL, support_keep, &k), TAD_BAD_ARGUMENT);
    ck_assert_int_eq(tad_program_dump(m.p, NULL, &k), TAD_BAD_ARGUMENT);
    machine_free(m);
}
END_TEST

START_TEST(an_absent_operand_is_shown_as_none) {
    support_text k = {.length = 0};
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL),
            w = tad_param(t, TAD_F64, TAD_SHAPE(3, 4), NULL), y = tad_affine(x, w, tad_none());
    machine m = machine_of(&x, 1, &y, 1, NULL);
    ck_assert_int_eq(tad_program_dump(m.p, support_keep, &k), TAD_OK);
    ck_assert_msg(strstr(k.data, "affine") && strstr(k.data, ", none"), "%s", k.data);
    machine_free(m);
}
END_TEST

/* ---- memory ---- */

static machine net(tad_allocator allocator) {
    const double six[6] = {1, 2, 3, 4, 5, 6};
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3, 2), six),
            w = tad_param(t, TAD_F64, TAD_SHAPE(2, 3), six), z = tad_scalar(t, 0.5), gradient[2],
            h = tad_softmax(tad_matmul(x, tad_mul(w, tad_sin(z))), 0),
            y = tad_sum(tad_dropout(tad_flip(h, tad_axis(0)), 0.25), tad_all());
    machine m = {NULL, NULL};
    ck_done(tad_grad(&y, NULL, 1, (tad_var[]){w, z}, 2, gradient), t);
    const tad_var in[2] = {x, z}, out[3] = {y, gradient[0], gradient[1]};
    const tad_freeze_options o = {.allocator = allocator};
    tad_status s = tad_freeze(in, 2, out, 3, &o, &m.p);
    ck_assert(s == TAD_OK || s == TAD_NO_MEMORY);
    ck_assert_int_eq(s, tad_tape_status(t));
    if (m.p) m.w = tad_workspace_new(m.p);
    return m;
}

START_TEST(running_takes_no_memory) {
    support_memory memory = {.scarce = true};
    double x[6] = {1, 0, 0, 1, 0, 0}, z = 1, y, gw[6], gz;
    machine m = net(support_allocator(&memory));
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_F64, TAD_SHAPE(3, 2), x), TAD_OK);
    ck_assert_int_eq(tad_bind_in(m.w, 1, TAD_F64, TAD_0D, &z), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 0, TAD_F64, TAD_0D, &y), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 1, TAD_F64, TAD_SHAPE(2, 3), gw), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 2, TAD_F64, TAD_0D, &gz), TAD_OK);
    const size_t requests = memory.requests;
    memory.fail_at = requests + 1;
    memory.for_ever = true;
    for (int k = 0; k < 3; k++) ck_assert_int_eq(tad_run(m.w), TAD_OK);
    ck_assert_uint_eq(memory.requests, requests);
    machine_free(m);
    ck_no_leak(&memory);
}
END_TEST

START_TEST(freezing_out_of_memory_leaves_nothing) {
    for (int for_ever = 0; for_ever < 2; for_ever++)
        for (size_t n = 1;; n++) {
            support_memory memory = {.scarce = true, .fail_at = n, .for_ever = for_ever};
            machine m = net(support_allocator(&memory));
            tad_tape_clear(t);
            tad_tape_reset(t);
            machine_free(m);
            ck_no_leak(&memory);
            if (!memory.refused) break;
        }
}
END_TEST

/* The tape's memory fails: nothing stays recorded, and then it works. */
START_TEST(freezing_a_function_out_of_memory_leaves_nothing) {
    for (size_t n = 1;; n++) {
        support_memory memory = {.scarce = true};
        tad_tape *own = support_tape(&memory);
        tad_program *p;
        tad_var in[3] = {tad_scalar(own, 1), tad_scalar(own, 2), tad_scalar(own, 3)},
                scale = tad_scalar(own, 4);
        const size_t nodes = tad_node_count(own);
        memory.fail_at = memory.requests + n;
        tad_status s = tad_freeze_function(bent, &scale, in, 3, 31, NULL, &p);
        const bool refused = memory.refused;
        ck_assert(s == TAD_OK || (refused && s == TAD_NO_MEMORY && !p));
        ck_assert_int_eq(s, tad_tape_status(own));
        ck_assert_uint_eq(tad_node_count(own), nodes);
        tad_program_free(p);
        tad_tape_clear(own);
        memory.fail_at = 0;
        ck_done(tad_freeze_function(bent, &scale, in, 3, 31, NULL, &p), own);
        tad_program_free(p);
        tad_tape_free(own);
        ck_no_leak(&memory);
        if (!refused) break;
    }
}
END_TEST

/* ---- threads ---- */

static void *run_often(void *arg) {
    const tad_program *p = arg;
    machine m = {(tad_program *)(uintptr_t)p, tad_workspace_new(p)};
    for (int k = 0; k < 1000; k++) ck_assert_double_eq(at(m, k), k * (double)k + 1);
    tad_workspace_free(m.w);
    return NULL;
}

START_TEST(threads_share_a_program) {
    pthread_t thread[4];
    tad_var x = tad_scalar(t, 1), y = tad_add(tad_square(x), tad_number(1));
    machine m = machine_of(&x, 1, &y, 1, NULL);
    for (int k = 0; k < 4; k++)
        ck_assert_int_eq(pthread_create(&thread[k], NULL, run_often, m.p), 0);
    for (int k = 0; k < 4; k++) ck_assert_int_eq(pthread_join(thread[k], NULL), 0);
    machine_free(m);
}
END_TEST

/* ---- the suite ---- */

static Suite *suite(void) {
    Suite *s = suite_create("program");
    TCase *c = tape_case(s, "roles");
    tcase_add_test(c, a_parameter_is_read_where_it_lies);
    tcase_add_test(c, an_array_parameter_and_its_views_are_read_where_they_lie);
    tcase_add_test(c, copied_parameters_need_no_tape);
    tcase_add_test(c, a_parameter_that_is_gone_is_not_read);
    tcase_add_test(c, a_parameter_changed_since_is_refused);
    tcase_add_test(c, parameters_can_be_inputs);
    tcase_add_test(c, interior_variables_can_be_inputs);
    tcase_add_test(c, one_output_of_an_op_can_be_an_input);
    tcase_add_test(c, what_is_no_view_after_all_is_copied);
    tcase_add_test(c, a_detached_value_follows_the_inputs);
    tcase_add_test(c, a_detached_parameter_follows_it);
    tcase_add_test(c, labels_are_inputs_like_others);
    tcase_add_test(c, a_shape_that_depends_on_elements_is_checked);
    tcase_add_test(c, outputs_may_be_inputs_parameters_and_constants);
    tcase_add_test(c, an_output_may_lie_where_an_input_does);
    tcase_add_test(c, outputs_lie_anywhere);
    tcase_add_test(c, names_and_types_are_kept);

    c = tape_case(s, "functions");
    tcase_add_test(c, a_value_alone_has_any_type);
    tcase_add_loop_test(c, a_function_is_frozen_with_its_derivatives, 1, 64);
    tcase_add_test(c, a_jacobian_is_frozen);
    tcase_add_test(c, derivatives_may_be_constants);
    tcase_add_test(c, a_function_that_cannot_be_frozen_leaves_nothing);

    c = tape_case(s, "random");
    tcase_add_test(c, random_numbers_are_those_of_the_tape);
    tcase_add_test(c, random_numbers_set_on_the_way_are_refused);

    c = tape_case(s, "text");
    tcase_add_test(c, a_program_is_shown);
    tcase_add_test(c, an_absent_operand_is_shown_as_none);

    c = tape_case(s, "memory");
    tcase_add_test(c, running_takes_no_memory);
    tcase_add_test(c, freezing_out_of_memory_leaves_nothing);
    tcase_add_test(c, freezing_a_function_out_of_memory_leaves_nothing);
    tcase_add_test(c, threads_share_a_program);
    return s;
}
SUPPORT_MAIN(suite)
