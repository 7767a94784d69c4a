/* Linear algebra: what is singular, what is not read, empty matrices, NaNs, equal eigenvalues,
 * second derivatives at singular matrices, batches under threads. */
#include "support.h"

static tad_var square(tad_tape *t, int64_t n, const double *x) {
    return tad_input(t, TAD_F64, TAD_SHAPE(n, n), x);
}

static double at(tad_var v, size_t i) {
    double x[64];
    ck_assert_int_eq(tad_read(v, x, (size_t)tad_size_of(v)), TAD_OK);
    return x[i];
}

static const double plain[] = {2, 1, 0, -1, 3, 1, 0.5, 0, 4}, rank_1[] = {1, 2, 2, 4};

/* ---- what is refused ---- */

/* Of a size that no slack of a workspace hides. */
START_TEST(factors_of_a_larger_matrix) {
    enum { M = 34, N = 26 };
    double x[M * N];
    tad_tape *t = tad_tape_new(NULL);
    for (int i = 0; i < M * N; i++) x[i] = sin(i * i * 0.37) + (i % (N + 1) == 0);
    tad_var a = tad_constant(t, TAD_F64, TAD_SHAPE(M, N), x), w, vt, r;
    tad_var u = tad_svd(a, &w, &vt), q = tad_qr(a, &r);
    tad_var away = tad_sub(tad_matmul(tad_mul(u, w), vt), a), off = tad_sub(tad_matmul(q, r), a);
    ck_near(tad_item(tad_amax(tad_abs(away), tad_all())), 0, 1e-13);
    ck_near(tad_item(tad_amax(tad_abs(off), tad_all())), 0, 1e-13);
    tad_var s = tad_matmul(tad_transpose(a, 0, 1), a), vectors, values = tad_eigh(s, &vectors);
    off = tad_sub(tad_matmul(s, vectors), tad_mul(vectors, values));
    ck_near(tad_item(tad_amax(tad_abs(off), tad_all())), 0, 1e-12);
    off = tad_sub(tad_matmul(tad_pinv(a, 1e-12), a), tad_eye(t, TAD_F64, N, N));
    ck_near(tad_item(tad_amax(tad_abs(off), tad_all())), 0, 1e-11);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(singular_matrices_are_refused) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = square(t, 2, rank_1), b = tad_input(t, TAD_F64, TAD_SHAPE(2), rank_1);
    ck_assert(tad_is_nil(tad_solve(a, b)));
    ck_refused(t, TAD_SINGULAR, "solve", "singular", "matrix 0");
    ck_assert(tad_is_nil(tad_inv(a)));
    ck_refused(t, TAD_SINGULAR, "inv", "singular");
    ck_assert(tad_is_nil(tad_cholesky(a)));
    ck_refused(t, TAD_SINGULAR, "cholesky", "not positive definite");
    ck_assert(tad_is_nil(tad_cholesky(tad_neg(square(t, 3, plain)))));
    ck_refused(t, TAD_SINGULAR, "cholesky");
    const double zero_at_end[] = {1, 2, 3, 0};
    const tad_solve_triangular_options upper = {.upper = true},
                                       unit = {.upper = true, .unitriangular = true},
                                       right = {.upper = true, .right = true};
    tad_var u = square(t, 2, zero_at_end), row = tad_input(t, TAD_F64, TAD_SHAPE(1, 2), rank_1);
    ck_assert(tad_is_nil(tad_solve_triangular(u, tad_transpose(row, 0, 1), &upper)));
    ck_refused(t, TAD_SINGULAR, "solve_triangular");
    ck_assert(tad_is_nil(tad_solve_triangular(u, row, &right)));
    ck_refused(t, TAD_SINGULAR, "solve_triangular");
    ck_values(tad_solve_triangular(u, tad_transpose(row, 0, 1), &unit), 0, -3, 2);
    tad_tape_free(t);
}
END_TEST

START_TEST(the_first_singular_matrix_of_a_batch_is_named) {
    enum { N = 200 };
    static double x[N * 4];
    tad_tape *t = tad_tape_new(&(tad_settings){.threads = 3});
    for (int i = 0; i < N * 4; i++) x[i] = i % 4 == 0 || i % 4 == 3 ? 2 : 1;
    memset(x + 4 * 77, 0, 4 * sizeof *x);
    memset(x + 4 * 150, 0, 4 * sizeof *x);
    ck_assert(tad_is_nil(tad_inv(tad_input(t, TAD_F64, TAD_SHAPE(N, 2, 2), x))));
    ck_refused(t, TAD_SINGULAR, "inv", "matrix 77");
    tad_tape_free(t);
}
END_TEST

/* A number seen as more elements than memory could hold copies of. The tape's limit keeps the
 * question from the allocator, since sanitizers end a program that asks for so much. */
START_TEST(matrices_beyond_memory_are_refused) {
    tad_tape *t = tad_tape_new(&(tad_settings){.memory_limit = 1 << 20});
    const int64_t n = (int64_t)1 << 28;
    tad_var one = tad_input(t, TAD_F64, TAD_SHAPE(1), (double[]){1});
    tad_var x = tad_broadcast_to(one, TAD_SHAPE(n, n));
    if (sizeof(size_t) > 4) {
        ck_assert(tad_is_nil(tad_det(x)));
        ck_refused(t, TAD_NO_MEMORY, "det");
        ck_assert(tad_is_nil(tad_solve(x, tad_broadcast_to(one, TAD_SHAPE(n)))));
        ck_refused(t, TAD_NO_MEMORY, "solve");
    } else /* not even the shape is possible */
        ck_refused(t, TAD_BAD_SHAPE, "broadcast_to", "too large");
    tad_tape_free(t);
}
END_TEST

/* ---- values ---- */

START_TEST(empty_matrices) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 0, 0), NULL), log_magnitude;
    ck_values(tad_det(x), 0, 1, 1);
    ck_values(tad_slogdet(x, &log_magnitude), 0, 1, 1);
    ck_values(log_magnitude, 0, 0, 0);
    ck_shape(tad_inv(x), 2, 0, 0);
    ck_shape(tad_cholesky(x), 2, 0, 0);
    ck_shape(tad_eigvalsh(x), 2, 0);
    ck_shape(tad_solve(x, tad_input(t, TAD_F64, TAD_SHAPE(0, 3), NULL)), 2, 0, 3);
    ck_shape(tad_solve(x, tad_input(t, TAD_F64, TAD_SHAPE(0), NULL)), 2, 0);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(a_nan_makes_nans) {
    tad_tape *t = tad_tape_new(NULL);
    double x[9], ones[3] = {1, 1, 1};
    memcpy(x, plain, sizeof x);
    x[4] = NAN;
    tad_var a = square(t, 3, x), b = tad_input(t, TAD_F64, TAD_SHAPE(3), ones), log_magnitude;
    ck_values(tad_det(a), 0, NAN);
    ck_values(tad_slogdet(a, &log_magnitude), 0, NAN);
    ck_values(log_magnitude, 0, NAN);
    ck_values(tad_eigvalsh(a), 0, NAN, NAN, NAN);
    ck_assert(isnan(at(tad_solve(a, b), 1)));
    ck_assert(isnan(at(tad_cholesky(a), 8)));
    x[4] = INFINITY;
    ck_values(tad_eigvalsh(square(t, 3, x)), 0, NAN, NAN, NAN);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* Pivoting, scales that squares would not survive, values that are equal. */
START_TEST(values_that_are_known) {
    tad_tape *t = tad_tape_new(NULL);
    const double small_pivot[] = {1e-20, 1, 1, 1}, b[] = {1, 2},
                 huge[] = {3e200, 4e200, 4e200, -3e200};
    ck_values(tad_solve(square(t, 2, small_pivot), tad_input(t, TAD_F64, TAD_SHAPE(2), b)), 1e-15,
              1, 1);
    ck_values(tad_eigvalsh(square(t, 2, huge)), 1e-15, -5e200, 5e200);
    ck_values(tad_eigvalsh(tad_mul(square(t, 2, huge), tad_number(1e-220))), 1e-15, -5e-20, 5e-20);
    ck_values(tad_eigvalsh(tad_mul(square(t, 2, huge), tad_number(0))), 0, 0, 0);
    tad_var vectors,
        values = tad_eigh(square(t, 3, (double[]){2, 0, 0, 0, 2, 0, 0, 0, 1}), &vectors);
    ck_values(values, 0, 1, 2, 2);
    ck_values(vectors, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0);
    tad_tape_free(t);
}
END_TEST

/* NaNs where nothing is read; there the gradient is 0. */
START_TEST(the_other_triangle_is_not_read) {
    for (int k = 0; k < 8; k++) {
        const tad_solve_triangular_options o = {k & 1, k & 2, k & 4};
        double x[9], clean[9];
        tad_tape *t = tad_tape_new(NULL);
        for (int i = 0; i < 9; i++) {
            const int row = i / 3, col = i % 3;
            const bool is_read = o.upper ? row < col : row > col;
            clean[i] = is_read || (row == col && !o.unitriangular) ? plain[i] : 0;
            if (row == col && o.unitriangular) clean[i] = 1;
            x[i] = is_read || (row == col && !o.unitriangular) ? plain[i] : NAN;
        }
        tad_var a = square(t, 3, x), b = square(t, 3, plain), whole = square(t, 3, clean);
        tad_var y = tad_solve_triangular(a, b, &o),
                back = o.right ? tad_matmul(y, whole) : tad_matmul(whole, y);
        for (size_t i = 0; i < 9; i++) ck_near(at(back, i), plain[i], 1e-14);
        ck_done(tad_reverse(tad_sum(y, tad_all())), t);
        for (size_t i = 0; i < 9; i++) {
            const double g = at(tad_gradient(a), i);
            ck_assert(isnan(x[i]) ? g == 0 : isfinite(g));
        }
        tad_tape_free(t);
    }
}
END_TEST

/* ---- factorizations ---- */

static void ck_same(tad_var got, tad_var right, double tolerance) {
    double x[64], y[64];
    const size_t n = (size_t)tad_size_of(got);
    ck_done(tad_read(got, x, n), got.tape);
    ck_done(tad_read(right, y, n), got.tape);
    for (size_t i = 0; i < n; i++) ck_near(x[i], y[i], tolerance);
}

/* Of full rank and not, tall and wide, of scales that squares would not survive. */
START_TEST(factors_give_the_matrix_back) {
    const double low[] = {1, 2, 3, 2, 4, 6, 3, 6, 9, -1, -2, -3};
    for (int k = 0; k < 6; k++) {
        tad_tape *t = tad_tape_new(NULL);
        const double *from = k % 2 ? low : (double[]){2, 1, 0, -1, 3, 1, 0.5, 0, 4, 1, 1, 1};
        const tad_shape shape = k < 2 ? TAD_SHAPE(3, 3) : k < 4 ? TAD_SHAPE(4, 3) : TAD_SHAPE(3, 4);
        const double scale = k % 3 == 1 ? 1e200 : k % 3 == 2 ? 1e-200 : 1;
        tad_var plain_x = tad_input(t, TAD_F64, shape, from), r, w, vt, l, u;
        tad_var x = tad_mul(plain_x, tad_number(scale)), back = tad_number(1 / scale);
        tad_var q = tad_qr(x, &r);
        ck_same(tad_mul(tad_matmul(q, r), back), plain_x, 1e-14);
        ck_same(tad_matmul(tad_transpose(q, 0, 1), q), tad_eye(t, TAD_F64, 3, 3), 1e-14);
        ck_same(tad_tril(r, -1), tad_mul(r, tad_number(0)), 0);
        tad_var columns = tad_svd(x, &w, &vt);
        ck_same(tad_mul(tad_matmul(tad_mul(columns, w), vt), back), plain_x, 1e-14);
        ck_same(tad_matmul(tad_transpose(columns, 0, 1), columns), tad_eye(t, TAD_F64, 3, 3),
                1e-14);
        ck_same(tad_matmul(vt, tad_transpose(vt, 0, 1)), tad_eye(t, TAD_F64, 3, 3), 1e-14);
        ck_same(tad_svdvals(x), w, 0);
        tad_var inverse = tad_pinv(plain_x, NAN);
        ck_same(tad_matmul(tad_matmul(plain_x, inverse), plain_x), plain_x, 1e-14);
        if (k < 2) {
            tad_var p = tad_lu(x, &l, &u);
            ck_same(tad_mul(tad_matmul(p, tad_matmul(l, u)), back), plain_x, 1e-14);
        }
        ck_tape(t);
        tad_tape_free(t);
    }
}
END_TEST

/* Of exponentials that have a formula. */
START_TEST(exponentials_of_matrices) {
    tad_tape *t = tad_tape_new(NULL);
    ck_values(tad_matrix_exp(square(t, 2, (double[]){0, -20, 20, 0})), 1e-13, cos(20), -sin(20),
              sin(20), cos(20));
    ck_values(tad_matrix_exp(square(t, 2, (double[]){1, 5, 0, 1})), 1e-14, exp(1), 5 * exp(1), 0,
              exp(1));
    ck_values(tad_matrix_exp(square(t, 2, (double[]){0, 0, 0, 0})), 0, 1, 0, 0, 1);
    ck_assert(isnan(at(tad_matrix_exp(square(t, 2, (double[]){NAN, 0, 0, 0})), 0)));
    tad_tape_free(t);
}
END_TEST

/* ---- derivatives ---- */

static tad_var gradient_of(tad_var y, tad_var x) {
    tad_var g, root = tad_sum(y, tad_all());
    ck_done(tad_grad(&root, NULL, 1, &x, 1, &g), x.tape);
    return g;
}

/* The transposed adjugate: of rank n - 1 too, and 0 below. */
START_TEST(determinants_have_derivatives_where_they_are_0) {
    const double rank_2[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, zeros[9] = {0};
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = square(t, 2, rank_1), b = square(t, 3, rank_2), c = square(t, 3, zeros),
            d = square(t, 2, zeros);
    tad_var g = gradient_of(tad_det(a), a);
    ck_values(g, 1e-15, 4, -2, -2, 1);
    ck_values(gradient_of(tad_det(b), b), 1e-13, -3, 6, -3, 6, -12, 6, -3, 6, -3);
    ck_values(gradient_of(tad_det(c), c), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    tad_var w = square(t, 2, (double[]){5, 6, 7, 8});
    ck_values(gradient_of(tad_mul(g, w), a), 1e-15, 8, -7, -6, 5);
    ck_values(gradient_of(tad_mul(gradient_of(tad_det(d), d), w), d), 1e-15, 8, -7, -6, 5);
    tad_tape_free(t);
}
END_TEST

/* d log|det| / dx = x^-T; of a singular matrix there is none. */
START_TEST(logarithms_of_determinants) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = square(t, 2, rank_1), b = square(t, 2, (double[]){0, 1, 2, 0}), log_magnitude;
    ck_values(tad_slogdet(b, &log_magnitude), 0, -1);
    ck_values(gradient_of(log_magnitude, b), 0, 0, 1, 0.5, 0);
    ck_values(tad_slogdet(a, &log_magnitude), 0, 0);
    ck_values(log_magnitude, 0, -INFINITY);
    ck_assert_int_eq(tad_reverse(log_magnitude), TAD_SINGULAR);
    tad_tape_clear(t);
    tad_tape_free(t);
}
END_TEST

/* Whatever the antisymmetric part is. */
START_TEST(symmetric_parts_have_symmetric_gradients) {
    tad_var (*const ops[])(tad_var) = {tad_cholesky, tad_eigvalsh};
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = square(t, 3, plain),
            s = tad_mul(tad_add(a, tad_transpose(a, 0, 1)), tad_number(0.5));
    for (int k = 0; k < 2; k++) {
        tad_var y = ops[k](a), same = ops[k](s);
        for (size_t i = 0; i < (size_t)tad_size_of(y); i++) ck_near(at(y, i), at(same, i), 1e-15);
        tad_var g = gradient_of(tad_square(y), a);
        for (size_t i = 0; i < 9; i++) ck_near(at(g, i), at(g, i % 3 * 3 + i / 3), 1e-15);
    }
    tad_tape_free(t);
}
END_TEST

/* The sum of squares is that of the elements; its gradient is twice the matrix, equal values or
 * not. What needs more of equal values is refused. */
START_TEST(equal_eigenvalues) {
    const double identity[] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = square(t, 3, identity), vectors, w = tad_eigvalsh(x), gg;
    tad_var g = gradient_of(tad_square(w), x), root = tad_sum(g, tad_all());
    ck_values(g, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2);
    ck_assert_int_eq(tad_grad(&root, NULL, 1, &x, 1, &gg), TAD_SINGULAR);
    ck_refused(t, TAD_SINGULAR, "over_gaps", "equal eigenvalues");
    tad_var m = square(t, 3, plain);
    w = tad_eigh(x, &vectors);
    tad_var scaled = tad_mul(vectors, tad_unsqueeze(w, 0));
    root = tad_sum(tad_mul(tad_matmul(scaled, tad_transpose(vectors, 0, 1)), m), tad_all());
    ck_assert_int_eq(tad_grad(&root, NULL, 1, &x, 1, &gg), TAD_SINGULAR);
    tad_tape_clear(t);
    root = tad_sum(tad_mul(vectors, m), tad_all());
    ck_assert_int_eq(tad_grad(&root, NULL, 1, &x, 1, &gg), TAD_SINGULAR);
    tad_tape_clear(t);
    tad_tape_free(t);
}
END_TEST

/* The vector of a value that others do not equal, though two of them are equal. */
START_TEST(a_single_eigenvector_among_equal_ones) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = square(t, 3, (double[]){2, 0, 0, 0, 5, 0, 0, 0, 2}), vectors;
    (void)tad_eigh(x, &vectors);
    tad_var w = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){6, 7, 12});
    tad_var y = tad_mul(tad_slice(vectors, 1, 2, 3, 1), tad_unsqueeze(w, 1));
    ck_values(gradient_of(y, x), 1e-15, 0, 1, 0, 1, 0, 2, 0, 2, 0);
    tad_tape_free(t);
}
END_TEST

/* ---- batches ---- */

enum { BATCH = 150, N = 9 };

static void fill(float *x) {
    for (int i = 0; i < BATCH * N * N; i++)
        x[i] = (float)sin(1.3 * i) + (i / N % N == i % N ? 12.0f : 0);
}

static tad_var results(tad_tape *t, tad_dtype dtype, int what) {
    static float x[BATCH * N * N];
    fill(x);
    tad_var a = tad_cast(tad_input(t, TAD_F32, TAD_SHAPE(BATCH, N, N), x), dtype);
    const tad_solve_triangular_options o = {.upper = true, .right = true};
    switch (what) {
    case 0: return tad_solve(a, tad_slice(a, 2, 0, 4, 1));
    case 1: return tad_solve_triangular(a, a, &o);
    case 2: return tad_inv(a);
    case 3: return tad_det(a);
    case 4: return tad_cholesky(a);
    case 5: return tad_eigvalsh(a);
    case 6: return tad_pinv(a, NAN);
    default: return tad_matrix_exp(tad_mul(a, tad_number(0.1)));
    }
}

START_TEST(threads_change_no_bits) {
    for (int narrow = 0; narrow < 2; narrow++) {
        const tad_dtype dtype = narrow ? TAD_F32 : TAD_F64;
        tad_tape *one = tad_tape_new(&(tad_settings){.threads = 1}),
                 *four = tad_tape_new(&(tad_settings){.threads = 4});
        tad_var a = results(one, dtype, _i), b = results(four, dtype, _i);
        ck_tape(one);
        ck_tape(four);
        ck_assert(
            memcmp(tad_data(a), tad_data(b), (size_t)tad_size_of(a) * tad_dtype_size(dtype)) == 0);
        tad_tape_free(one);
        tad_tape_free(four);
    }
}
END_TEST

/* Of one matrix and many sides, many matrices and one side: each as alone. */
START_TEST(batches_broadcast) {
    tad_tape *t = tad_tape_new(NULL);
    double many[18], b[6] = {1, -2, 3, 0.5, 2, -1};
    memcpy(many, plain, sizeof plain);
    for (int i = 0; i < 9; i++) many[9 + i] = plain[i] + (i % 4 == 0 ? 1 : 0);
    tad_var a = tad_input(t, TAD_F64, TAD_SHAPE(2, 3, 3), many),
            v = tad_input(t, TAD_F64, TAD_SHAPE(3), b),
            pair = tad_input(t, TAD_F64, TAD_SHAPE(2, 3, 1), b);
    tad_var y = tad_solve(a, v), z = tad_solve(tad_at(a, 1), pair);
    ck_shape(y, 2, 3);
    ck_shape(z, 2, 3, 1);
    for (int k = 0; k < 2; k++) {
        tad_var alone = tad_solve(tad_at(a, k), v),
                other = tad_solve(tad_at(a, 1), tad_at(pair, k));
        for (size_t i = 0; i < 3; i++) {
            ck_near(at(y, 3 * (size_t)k + i), at(alone, i), 0);
            ck_near(at(z, 3 * (size_t)k + i), at(other, i), 0);
        }
    }
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("linalg");
    TCase *c = support_case(s, "refused");
    tcase_add_test(c, factors_of_a_larger_matrix);
    tcase_add_test(c, singular_matrices_are_refused);
    tcase_add_test(c, the_first_singular_matrix_of_a_batch_is_named);
    tcase_add_test(c, matrices_beyond_memory_are_refused);
    c = support_case(s, "values");
    tcase_add_test(c, empty_matrices);
    tcase_add_test(c, a_nan_makes_nans);
    tcase_add_test(c, values_that_are_known);
    tcase_add_test(c, the_other_triangle_is_not_read);
    c = support_case(s, "factors");
    tcase_add_test(c, factors_give_the_matrix_back);
    tcase_add_test(c, exponentials_of_matrices);
    c = support_case(s, "derivatives");
    tcase_add_test(c, determinants_have_derivatives_where_they_are_0);
    tcase_add_test(c, logarithms_of_determinants);
    tcase_add_test(c, symmetric_parts_have_symmetric_gradients);
    tcase_add_test(c, equal_eigenvalues);
    tcase_add_test(c, a_single_eigenvector_among_equal_ones);
    c = support_case(s, "batches");
    tcase_add_loop_test(c, threads_change_no_bits, 0, 8);
    tcase_add_test(c, batches_broadcast);
    return s;
}

SUPPORT_MAIN(suite)
