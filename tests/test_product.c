/* Products: values against plain sums, gradients in place, views, edge sizes. */
#include "support.h"

/* Numbers that repeat in no axis of the shapes used here. */
static tad_var filled(tad_tape *t, tad_dtype dtype, tad_shape s, double start) {
    double value[4096];
    int64_t n = 1;
    for (int i = 0; i < s.rank; i++) n *= s.dim[i];
    ck_assert_int_le(n, 4096);
    for (int64_t i = 0; i < n; i++) value[i] = sin(start + (double)i * 0.7);
    tad_var c = tad_constant_from(t, dtype, s, value);
    return tad_input(t, dtype, s, tad_data(c));
}

/* c (m,n) against a (m,k) times b (k,n), each read in row-major order. */
static void check_matrix(tad_var a, tad_var b, tad_var c, int64_t m, int64_t k, int64_t n,
                         double tol) {
    double x[4096], y[4096], z[4096];
    ck_assert_int_eq(tad_read(a, x, (size_t)(m * k)), TAD_OK);
    ck_assert_int_eq(tad_read(b, y, (size_t)(k * n)), TAD_OK);
    ck_assert_int_eq(tad_read(c, z, (size_t)(m * n)), TAD_OK);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int64_t p = 0; p < k; p++) sum += x[i * k + p] * y[p * n + j];
            ck_near(z[i * n + j], sum, tol);
        }
}

START_TEST(matrices) {
    static const int64_t size[][3] = {{1, 1, 1},  {3, 5, 2},  {17, 31, 13},
                                      {1, 40, 7}, {40, 1, 7}, {33, 7, 1}};
    tad_tape *t = tad_tape_new(NULL);
    for (size_t i = 0; i < sizeof size / sizeof *size; i++)
        for (int dtype = TAD_F64; dtype <= TAD_F32; dtype++) {
            int64_t m = size[i][0], k = size[i][1], n = size[i][2];
            tad_var a = filled(t, (tad_dtype)dtype, TAD_SHAPE(m, k), 0.1);
            tad_var b = filled(t, (tad_dtype)dtype, TAD_SHAPE(k, n), 0.2);
            check_matrix(a, b, tad_matmul(a, b), m, k, n, dtype == TAD_F64 ? 1e-13 : 1e-5);
        }
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(views_enter_without_copy) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = filled(t, TAD_F64, TAD_SHAPE(7, 5), 0.1),
            b = filled(t, TAD_F64, TAD_SHAPE(3, 7), 0.2);
    tad_var at_ = tad_transpose(a, 0, 1), bt = tad_transpose(b, 0, 1);
    check_matrix(at_, bt, tad_matmul(at_, bt), 5, 7, 3, 1e-13);
    tad_var back = tad_flip(a, TAD_AXES(0, 1));
    check_matrix(b, back, tad_matmul(b, back), 3, 7, 5, 1e-13);
    tad_var row = tad_broadcast_to(filled(t, TAD_F64, TAD_SHAPE(1, 5), 0.3), TAD_SHAPE(4, 5));
    check_matrix(row, at_, tad_matmul(row, at_), 4, 5, 7, 1e-13);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(batches_and_vectors) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = tad_input(t, TAD_F64, TAD_SHAPE(2, 1, 2, 2), (double[]){1, 2, 3, 4, 5, 6, 7, 8});
    tad_var b = tad_input(t, TAD_F64, TAD_SHAPE(2, 2, 1), (double[]){1, 10, 100, 1000});
    tad_var c = tad_matmul(a, b);
    ck_shape(c, 2, 2, 2, 1);
    ck_values(c, 0, 21, 43, 2100, 4300, 65, 87, 6500, 8700);
    tad_var v = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){1, -1});
    ck_shape(tad_matmul(a, v), 2, 1, 2);
    ck_values(tad_matmul(a, v), 0, -1, -1, -1, -1);
    ck_shape(tad_matmul(v, b), 2, 1);
    ck_values(tad_matmul(v, b), 0, -9, -900);
    ck_shape(tad_matmul(v, v));
    ck_values(tad_dot(v, v), 0, 2);
    ck_values(tad_outer(v, v), 0, 1, -1, -1, 1);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* sum(w * (a b)) for a weight w: dA = w B^T, dB = A^T w, also where gradients already lie. */
START_TEST(gradients_accumulate) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = filled(t, TAD_F64, TAD_SHAPE(6, 9), 0.1),
            b = filled(t, TAD_F64, TAD_SHAPE(9, 4), 0.2);
    tad_var w = filled(t, TAD_F64, TAD_SHAPE(6, 4), 0.3);
    tad_var y = tad_sum(tad_mul(tad_matmul(a, b), w), tad_all());
    tad_var twice = tad_add(y, tad_sum(tad_mul(tad_matmul(a, b), w), tad_all()));
    ck_done(tad_reverse(twice), t);
    tad_var half = tad_number(0.5);
    check_matrix(w, tad_transpose(b, 0, 1), tad_mul(tad_gradient(a), half), 6, 4, 9, 1e-12);
    check_matrix(tad_transpose(a, 0, 1), w, tad_mul(tad_gradient(b), half), 9, 6, 4, 1e-12);
    tad_tape_free(t);
}
END_TEST

/* A parameter keeps its gradient over sweeps; a batch that one matrix meets is summed. */
START_TEST(gradients_of_shared_matrix) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(2, 1, 2), (double[]){1, 2, 3, 4});
    tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){1, 0, 0, 1});
    for (int i = 1; i <= 2; i++) {
        ck_done(tad_reverse(tad_sum(tad_matmul(x, w), tad_all())), t);
        ck_values(tad_gradient(w), 0, 4 * i, 4 * i, 6 * i, 6 * i);
    }
    tad_var turned = tad_param(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){1, 0, 0, 1});
    ck_done(tad_reverse(tad_sum(tad_matmul(turned, tad_transpose(x, 1, 2)), tad_all())), t);
    ck_values(tad_gradient(turned), 0, 4, 6, 4, 6);
    tad_tape_free(t);
}
END_TEST

START_TEST(layers) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 1, 3), (double[]){1, 2, 3, 4, 5, 6});
    tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(3, 2), (double[]){1, 2, 3, 4, 5, 6});
    tad_var b = tad_param(t, TAD_F64, TAD_SHAPE(1, 2), (double[]){100, 200});
    tad_var y = tad_affine(x, w, b);
    ck_shape(y, 2, 2);
    ck_values(y, 0, 122, 228, 149, 264);
    tad_var g = tad_constant(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){1, 10, 100, 1000});
    ck_done(tad_reverse_from(&y, &g, 1), t);
    ck_values(tad_gradient(b), 0, 101, 1010);
    ck_values(tad_gradient(w), 0, 401, 4010, 502, 5020, 603, 6030);
    ck_shape(tad_gradient(x), 2, 1, 3);
    ck_values(tad_gradient(x), 0, 21, 43, 65, 2100, 4300, 6500);
    tad_var v = tad_reshape(x, TAD_SHAPE(6)), m = tad_reshape(w, TAD_SHAPE(1, 6));
    ck_values(tad_linear(v, m, tad_none()), 0, 91);
    ck_shape(tad_linear(x, tad_transpose(w, 0, 1), tad_none()), 2, 1, 2);
    ck_values(tad_linear(x, tad_transpose(w, 0, 1), tad_reshape(b, TAD_SHAPE(2))), 0, 122, 228, 149,
              264);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* A layer on an image that is seen turned: no one stride runs through the flattened axes. */
START_TEST(layer_of_turned_input) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = filled(t, TAD_F64, TAD_SHAPE(4, 3, 5), 0.1),
            w = filled(t, TAD_F64, TAD_SHAPE(15, 2), 0.2);
    tad_var turned = tad_transpose(x, 1, 2);
    tad_var y = tad_affine(turned, w, tad_none());
    check_matrix(turned, w, y, 4, 15, 2, 1e-13);
    tad_var ones = tad_full(t, TAD_F64, TAD_SHAPE(4, 2), 1);
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    tad_var kept = tad_gradient(w);
    check_matrix(tad_transpose(tad_reshape(turned, TAD_SHAPE(4, 15)), 0, 1), ones, kept, 15, 4, 2,
                 1e-12);
    tad_tape_free(t);
}
END_TEST

START_TEST(empty_sizes) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = tad_input(t, TAD_F64, TAD_SHAPE(2, 0), NULL),
            b = tad_input(t, TAD_F64, TAD_SHAPE(0, 3), NULL);
    tad_var c = tad_matmul(a, b);
    ck_values(c, 0, 0, 0, 0, 0, 0, 0);
    ck_done(tad_reverse(tad_sum(c, tad_all())), t);
    ck_shape(tad_gradient(a), 2, 0);
    tad_var none = tad_input(t, TAD_F64, TAD_SHAPE(0, 2, 2), NULL);
    tad_var w = tad_input(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){1, 2, 3, 4});
    ck_done(tad_reverse(tad_sum(tad_matmul(none, w), tad_all())), t);
    ck_values(tad_gradient(w), 0, 0, 0, 0, 0);
    tad_tape_free(t);
}
END_TEST

START_TEST(nan_is_not_skipped) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = tad_input(t, TAD_F64, TAD_SHAPE(1, 2), (double[]){0, 1});
    tad_var b = tad_input(t, TAD_F64, TAD_SHAPE(2, 1), (double[]){NAN, 1});
    ck_values(tad_matmul(a, b), 0, NAN);
    tad_tape_free(t);
}
END_TEST

START_TEST(messages) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = filled(t, TAD_F64, TAD_SHAPE(2, 3), 0), b = filled(t, TAD_F64, TAD_SHAPE(4, 5), 0);
    ck_assert(tad_is_nil(tad_matmul(a, b)));
    ck_refused(t, TAD_BAD_SHAPE, "matmul", "(2,3)", "(4,5)", "inner sizes 3 and 4 differ");
    ck_assert(tad_is_nil(tad_affine(a, b, tad_none())));
    ck_refused(t, TAD_BAD_SHAPE, "affine", "inner sizes 3 and 4 differ");
    ck_assert(tad_is_nil(tad_linear(a, a, a)));
    ck_refused(t, TAD_BAD_SHAPE, "linear", "bias");
    tad_tape_free(t);
}
END_TEST

/* Steps after the first ask for no memory. */
START_TEST(steady_step_allocates_nothing) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var w = tad_param(t, TAD_F32, TAD_SHAPE(50, 10), NULL),
            b = tad_param(t, TAD_F32, TAD_SHAPE(10), NULL);
    static float batch[100 * 50];
    size_t calls = 0;
    tad_mark mark = tad_tape_mark(t);
    for (int i = 0; i < 5; i++) {
        tad_var x = tad_borrow(t, TAD_F32, TAD_SHAPE(100, 50), batch);
        ck_done(tad_reverse(tad_sum(tad_affine(x, w, b), tad_all())), t);
        if (i >= 2) ck_assert_uint_eq(tad_tape_memory(t).calls, calls);
        calls = tad_tape_memory(t).calls;
        ck_done(tad_tape_rewind(t, mark), t);
    }
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("product");
    TCase *c = support_case(s, "values");
    tcase_add_test(c, matrices);
    tcase_add_test(c, views_enter_without_copy);
    tcase_add_test(c, batches_and_vectors);
    tcase_add_test(c, layers);
    tcase_add_test(c, empty_sizes);
    tcase_add_test(c, nan_is_not_skipped);
    c = support_case(s, "gradients");
    tcase_add_test(c, gradients_accumulate);
    tcase_add_test(c, gradients_of_shared_matrix);
    tcase_add_test(c, layer_of_turned_input);
    tcase_add_test(c, steady_step_allocates_nothing);
    tcase_add_test(support_case(s, "refusals"), messages);
    return s;
}
SUPPORT_MAIN(suite)
