/* Linear algebra on matrices that a library may be asked for: what defines each result, for both
 * types, of operands that are contiguous, transposed and broadcast. */
#include "support.h"

enum { N = 130, M = 100, BATCH = 2, MOST = BATCH * 160 * 160 };

static double epsilon(tad_dtype dtype) { return dtype == TAD_F64 ? 1e-13 : 1e-4; }

static double number(unsigned long long *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return 2 * (double)(*state >> 11) / 9007199254740992.0 - 1;
}

/* Elements in -1 .. 1 and `more` on the diagonal. */
static tad_var matrices(tad_tape *t, tad_dtype dtype, int batch, int m, int n, double more) {
    static double x[MOST];
    static float narrow[MOST];
    unsigned long long state = 7;
    for (int i = 0; i < batch * m * n; i++) {
        const int row = i % (m * n) / n, column = i % n;
        x[i] = number(&state) + (row == column ? more : 0);
        narrow[i] = (float)x[i];
    }
    const void *from = dtype == TAD_F64 ? (const void *)x : narrow;
    return tad_input(t, dtype, TAD_SHAPE(batch, m, n), from);
}

/* The largest magnitude of a - b, which have one shape. */
static double distance(tad_var a, tad_var b) {
    static double x[MOST];
    tad_var apart = tad_abs(tad_sub(a, b));
    const size_t n = (size_t)tad_size_of(apart);
    double most = 0;
    ck_tape(a.tape);
    ck_done(tad_read(apart, x, n), a.tape);
    for (size_t i = 0; i < n; i++) most = x[i] <= most ? most : x[i];
    return most;
}

#define ck_close(a, b, tolerance)                                                                  \
    do {                                                                                           \
        const double apart_ = distance(a, b);                                                      \
        ck_assert_msg(apart_ <= (tolerance), "%s and %s are %g apart", #a, #b, apart_);            \
    } while (0)

static tad_var turned(tad_var x) { return tad_transpose(x, -2, -1); }

static tad_var identity(tad_var like, int n) {
    return tad_broadcast_to(tad_eye(like.tape, tad_dtype_of(like), n, n), TAD_SHAPE(BATCH, n, n));
}

/* The matrices as they lie, and the same ones lying transposed. */
static tad_var laid(tad_var x, int way) {
    return way ? turned(tad_mul(turned(x), tad_number(1))) : x;
}

/* ---- what each result is ---- */

static void check_solve(tad_tape *t, tad_dtype dtype, int way) {
    static const int sides[] = {1, 3, 160};
    tad_var a = laid(matrices(t, dtype, BATCH, N, N, 20), way), whole = identity(a, N);
    for (int i = 0; i < 3; i++) {
        tad_var b = laid(matrices(t, dtype, BATCH, N, sides[i], 0), way), y = tad_solve(a, b);
        ck_close(tad_matmul(a, y), b, 10 * epsilon(dtype));
        tad_var one = tad_solve(tad_at(a, 1), b);
        ck_close(tad_matmul(tad_at(a, 1), one), b, 10 * epsilon(dtype));
    }
    ck_close(tad_matmul(a, tad_inv(a)), whole, 10 * epsilon(dtype));
    tad_var vector = tad_reshape(tad_slice(tad_at(a, 0), 1, 3, 4, 1), TAD_SHAPE(N));
    tad_var y = tad_solve(a, vector);
    for (int k = 0; k < BATCH; k++)
        ck_close(tad_matmul(tad_at(a, k), tad_at(y, k)), vector, 100 * epsilon(dtype));
}

/* Of which the determinant is known: rows of an upper triangle, shifted by one place, which is an
 * odd permutation for an even size. */
static void check_determinants(tad_tape *t, tad_dtype dtype, int way) {
    tad_var diagonal = tad_add(tad_mul(tad_eye(t, dtype, N, N), tad_number(-1.25)),
                               tad_triu(matrices(t, dtype, BATCH, N, N, 0), 1));
    tad_var a = laid(tad_roll(diagonal, (int64_t[]){1}, 1, tad_axis(-2)), way), log_magnitude;
    tad_var sign = tad_slogdet(a, &log_magnitude);
    const double expected = N * log(1.25);
    ck_values(sign, 0, -1, -1);
    ck_values(log_magnitude, 10 * epsilon(dtype), expected, expected);
    ck_values(tad_div(tad_det(a), tad_number(exp(expected))), 1000 * epsilon(dtype), -1, -1);
    tad_var singular = tad_mul(a, tad_number(0));
    ck_values(tad_det(singular), 0, 0, 0);
    ck_values(tad_slogdet(singular, &log_magnitude), 0, 0, 0);
    ck_values(log_magnitude, 0, -INFINITY, -INFINITY);
}

static void check_factors(tad_tape *t, tad_dtype dtype, int way) {
    tad_var a = laid(matrices(t, dtype, BATCH, N, N, 0), way), l, u, p = tad_lu(a, &l, &u);
    ck_close(tad_matmul(p, tad_matmul(l, u)), a, 100 * epsilon(dtype));
    ck_close(tad_matmul(turned(p), p), identity(a, N), 0);
    ck_close(tad_triu(l, 0), identity(a, N), 0);
    ck_close(tad_tril(u, -1), tad_mul(u, tad_number(0)), 0);
    ck_close(tad_clamp(l, -1, 1), l, 0); /* pivots were the largest */
    tad_var with_itself = tad_add(tad_matmul(a, turned(a)), identity(a, N));
    tad_var root = tad_cholesky(laid(with_itself, way));
    ck_close(tad_matmul(root, turned(root)), with_itself, 100 * epsilon(dtype));
    ck_close(tad_triu(root, 1), tad_mul(root, tad_number(0)), 0);
}

static void check_qr(tad_tape *t, tad_dtype dtype, int way, int m, int n) {
    const int k = m < n ? m : n;
    tad_var a = laid(matrices(t, dtype, BATCH, m, n, 0), way), r, q = tad_qr(a, &r);
    ck_close(tad_matmul(q, r), a, 100 * epsilon(dtype));
    ck_close(tad_matmul(turned(q), q), identity(a, k), 100 * epsilon(dtype));
    ck_close(tad_tril(r, -1), tad_mul(r, tad_number(0)), 0);
}

/* Of each column the element of the largest magnitude is positive. */
static void ck_signs(tad_var vectors) {
    tad_var least = tad_min(vectors, tad_axis(-2), NULL),
            most = tad_max(vectors, tad_axis(-2), NULL);
    ck_close(tad_maximum(tad_neg(least), most), most, 0);
}

static void check_eigen(tad_tape *t, tad_dtype dtype, int way) {
    tad_var a = laid(matrices(t, dtype, BATCH, N, N, 0), way), vectors,
            values = tad_eigh(a, &vectors), w = tad_unsqueeze(values, -2),
            half = tad_mul(tad_add(a, turned(a)), tad_number(0.5));
    ck_close(tad_matmul(tad_mul(vectors, w), turned(vectors)), half, 300 * epsilon(dtype));
    ck_close(tad_matmul(turned(vectors), vectors), identity(a, N), 100 * epsilon(dtype));
    ck_close(tad_sort(values, -1, false, NULL), values, 0);
    ck_close(tad_eigvalsh(a), values, 100 * epsilon(dtype));
    ck_signs(vectors);
}

static void check_singular(tad_tape *t, tad_dtype dtype, int way, int m, int n) {
    const int k = m < n ? m : n;
    tad_var a = laid(matrices(t, dtype, BATCH, m, n, 0), way), w, vt, u = tad_svd(a, &w, &vt);
    ck_close(tad_matmul(tad_mul(u, tad_unsqueeze(w, -2)), vt), a, 300 * epsilon(dtype));
    ck_close(tad_matmul(turned(u), u), identity(a, k), 100 * epsilon(dtype));
    ck_close(tad_matmul(vt, turned(vt)), identity(a, k), 100 * epsilon(dtype));
    ck_close(tad_sort(w, -1, true, NULL), w, 0);
    ck_close(tad_svdvals(a), w, 100 * epsilon(dtype));
    ck_signs(m < n ? u : turned(vt));
}

/* Of full rank, and of rank 5. */
static void check_pinv(tad_tape *t, tad_dtype dtype, int way, int m, int n) {
    tad_var full = matrices(t, dtype, BATCH, m, n, 5), thin = matrices(t, dtype, BATCH, m, 5, 0),
            low = tad_matmul(thin, tad_slice(full, -2, 0, 5, 1));
    for (int k = 0; k < 2; k++) {
        tad_var a = laid(k ? low : full, way), p = tad_pinv(a, dtype == TAD_F64 ? 1e-10 : 1e-4);
        tad_var ap = tad_matmul(a, p), pa = tad_matmul(p, a);
        ck_close(tad_matmul(ap, a), a, 1000 * epsilon(dtype));
        ck_close(tad_matmul(pa, p), p, 1000 * epsilon(dtype));
        ck_close(turned(ap), ap, 1000 * epsilon(dtype));
        ck_close(turned(pa), pa, 1000 * epsilon(dtype));
    }
}

START_TEST(large_results_are_what_they_should_be) {
    const tad_dtype dtype = _i % 2 ? TAD_F32 : TAD_F64;
    const int way = _i / 2;
    tad_tape *t = tad_tape_new(NULL);
    check_solve(t, dtype, way);
    check_determinants(t, dtype, way);
    check_factors(t, dtype, way);
    check_eigen(t, dtype, way);
    for (int shape = 0; shape < 3; shape++) {
        const int m = shape == 2 ? M : N, n = shape == 1 ? M : N;
        check_qr(t, dtype, way, m, n);
        check_singular(t, dtype, way, m, n);
        check_pinv(t, dtype, way, m, n);
    }
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* ---- scales, what is refused, what is not finite ---- */

START_TEST(large_matrices_of_any_scale) {
    tad_tape *t = tad_tape_new(NULL);
    const double scale = _i ? 1e200 : 1e-200;
    tad_var plain = matrices(t, TAD_F64, BATCH, N, N, 0), a = tad_mul(plain, tad_number(scale)),
            back = tad_number(1 / scale), whole = identity(a, N), r, w, vt, vectors;
    tad_var q = tad_qr(a, &r), u = tad_svd(a, &w, &vt), values = tad_eigh(a, &vectors);
    ck_close(tad_matmul(q, tad_mul(r, back)), plain, 1e-11);
    ck_close(tad_matmul(turned(u), u), whole, 1e-11);
    ck_close(tad_mul(w, back), tad_svdvals(plain), 1e-11);
    ck_close(tad_matmul(turned(vectors), vectors), whole, 1e-11);
    ck_close(tad_mul(values, back), tad_eigvalsh(plain), 1e-11);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* Equal values, as many zeros as values, zeros within, a value in each row that hides the others.
 */
static tad_var hard(tad_tape *t, tad_dtype dtype, int kind) {
    tad_var any = matrices(t, dtype, BATCH, N, N, 0), one = identity(any, N), r;
    tad_var next = tad_roll(one, (int64_t[]){1}, 1, tad_axis(-1)), shift = tad_triu(next, 1);
    tad_var half = tad_concat((tad_var[]){tad_slice(any, -1, 0, N / 2, 1),
                                          tad_mul(tad_slice(any, -1, N / 2, N, 1), tad_number(0))},
                              2, -1);
    switch (kind) {
    case 0: return tad_mul(any, tad_number(0));
    case 1: return tad_qr(any, &r);
    case 2: return shift;
    case 3: return tad_add(tad_matmul(shift, shift), one);
    case 4: return half;
    case 5: return tad_triu(tad_add(tad_mul(any, tad_number(0)), tad_number(1)), 0);
    case 6: return tad_add(tad_mul(shift, tad_number(1e-3)), one);
    default: return tad_matmul(half, turned(half));
    }
}

START_TEST(singular_values_that_are_hard_to_find) {
    const tad_dtype dtype = _i % 2 ? TAD_F32 : TAD_F64;
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = hard(t, dtype, _i / 2), w, vt, u = tad_svd(a, &w, &vt), whole = identity(a, N);
    ck_close(tad_matmul(tad_mul(u, tad_unsqueeze(w, -2)), vt), a, 1000 * epsilon(dtype));
    ck_close(tad_matmul(turned(u), u), whole, 100 * epsilon(dtype));
    ck_close(tad_matmul(vt, turned(vt)), whole, 100 * epsilon(dtype));
    ck_close(tad_sort(w, -1, true, NULL), w, 0);
    tad_tape_free(t);
}
END_TEST

/* The second matrix of two is singular, and not positive definite. */
START_TEST(large_singular_matrices_are_refused) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = matrices(t, TAD_F64, BATCH, N, N, 20), one = tad_at(a, 0);
    tad_var cut = tad_tril(tad_sub(one, tad_eye(t, TAD_F64, N, N)), -1); /* zeros on the diagonal */
    tad_var both = tad_concat((tad_var[]){tad_unsqueeze(one, 0), tad_unsqueeze(cut, 0)}, 2, 0);
    ck_assert(tad_is_nil(tad_solve(both, matrices(t, TAD_F64, BATCH, N, 1, 0))));
    ck_refused(t, TAD_SINGULAR, "solve", "singular", "matrix 1");
    ck_assert(tad_is_nil(tad_inv(both)));
    ck_refused(t, TAD_SINGULAR, "inv", "singular", "matrix 1");
    ck_assert(tad_is_nil(tad_cholesky(both)));
    ck_refused(t, TAD_SINGULAR, "cholesky", "not positive definite", "matrix 1");
    tad_tape_free(t);
}
END_TEST

static bool is_all_nan(tad_var x) {
    static double v[MOST];
    const size_t n = (size_t)tad_size_of(x);
    ck_done(tad_read(x, v, n), x.tape);
    for (size_t i = 0; i < n; i++)
        if (!isnan(v[i])) return false;
    return true;
}

START_TEST(a_nan_in_a_large_matrix_makes_nans) {
    static double x[N * N];
    tad_tape *t = tad_tape_new(NULL);
    for (int i = 0; i < N * N; i++) x[i] = i % (N + 1) == 0 ? 3 : 1.0 / (i + 1);
    x[7 * N + 3] = _i ? INFINITY : NAN;
    tad_var a = tad_input(t, TAD_F64, TAD_SHAPE(N, N), x), w, vectors, vt;
    w = tad_eigh(a, &vectors);
    ck_assert(is_all_nan(w) && is_all_nan(vectors) && is_all_nan(tad_eigvalsh(a)));
    tad_var u = tad_svd(a, &w, &vt);
    ck_assert(is_all_nan(u) && is_all_nan(w) && is_all_nan(vt) && is_all_nan(tad_svdvals(a)));
    tad_var root = tad_cholesky(a);
    if (_i) { /* an infinite element is not positive definite, or makes NaNs */
        ck_assert(tad_is_nil(root) || isnan(distance(root, root)));
        tad_tape_clear(t);
    } else {
        ck_assert(isnan(tad_item(tad_sum(root, tad_all()))));
        ck_assert(isnan(tad_item(tad_det(a))));
        tad_var zero = tad_broadcast_to(tad_scalar(t, 0), TAD_SHAPE(N, 1));
        ck_assert(isnan(tad_item(tad_sum(tad_solve(a, zero), tad_all()))));
    }
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* ---- derivatives ---- */

enum { FUNCTIONS = 6 };

/* A number that depends on every element of what an op gives. */
static tad_var number_of(int which, tad_var a) {
    tad_var y, more[2], weights = matrices(a.tape, TAD_F64, 1, N, N, 0);
    switch (which) {
    case 0: y = tad_inv(a); break;
    case 1: y = tad_cholesky(a); break;
    case 2: y = tad_qr(a, more); break;
    case 3: y = tad_eigvalsh(a); break;
    case 4: y = tad_svdvals(a); break;
    default: y = tad_pinv(a, NAN); break;
    }
    return tad_sum(tad_mul(y, tad_slice(weights, -1, 0, N, 1)), tad_all());
}

/* By differences along a direction. */
START_TEST(gradients_of_large_matrices) {
    static double g[N * N], d[N * N];
    const double step = 1e-5;
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = tad_at(matrices(t, TAD_F64, 1, N, N, 20), 0),
            direction = tad_at(turned(matrices(t, TAD_F64, BATCH, N, N, 0)), 1);
    tad_var along = tad_mul(direction, tad_number(step)), x = tad_detach(a);
    tad_var in = tad_input(t, TAD_F64, TAD_SHAPE(N, N), tad_data(tad_mul(x, tad_number(1))));
    const double up = tad_item(number_of(_i, tad_add(x, along))),
                 down = tad_item(number_of(_i, tad_sub(x, along)));
    ck_done(tad_reverse(number_of(_i, in)), t);
    ck_done(tad_read(tad_gradient(in), g, N * N), t);
    ck_done(tad_read(direction, d, N * N), t);
    double slope = 0;
    for (int i = 0; i < N * N; i++) slope += g[i] * d[i];
    ck_near((up - down) / (2 * step), slope, 1e-6);
    tad_tape_free(t);
}
END_TEST

/* ---- threads, memory ---- */

enum { RESULTS = 7 };

/* In turn: of elimination, of reflections, of rotations, of products, of a transform. */
static tad_var result_of(tad_tape *t, tad_dtype dtype, int which) {
    tad_var a = matrices(t, dtype, BATCH, N, N, 20), more[2];
    switch (which) {
    case 0: return tad_inv(a);
    case 1: return tad_cholesky(a);
    case 2: return tad_qr(a, more);
    case 3: (void)tad_eigh(a, more); return more[0];
    case 4: return tad_svd(a, more, more + 1);
    case 5: return tad_matrix_exp(tad_mul(a, tad_number(0.01)));
    default: return tad_dft(tad_reshape(a, TAD_SHAPE(BATCH, N * N / 2, 2)), -1, false, 1);
    }
}

START_TEST(threads_change_no_bits_of_large_matrices) {
    tad_tape *one = tad_tape_new(&(tad_settings){.threads = 1}),
             *four = tad_tape_new(&(tad_settings){.threads = 4});
    tad_var a = result_of(one, TAD_F64, _i), b = result_of(four, TAD_F64, _i);
    ck_tape(one);
    ck_tape(four);
    ck_assert(memcmp(tad_data(a), tad_data(b), (size_t)tad_size_of(a) * sizeof(double)) == 0);
    tad_tape_free(one);
    tad_tape_free(four);
}
END_TEST

#ifndef HAVE_LIBRARIES
/* Our own functions add in one order. */
START_TEST(levels_change_no_bits_of_large_matrices) {
    static double x[2][MOST];
    const tad_dtype dtype = _i % 2 ? TAD_F32 : TAD_F64;
    for (int level = 0; level < 3; level++) {
        static const tad_level levels[] = {TAD_LEVEL_BASE, TAD_LEVEL_AVX2, TAD_LEVEL_AVX512};
        tad_tape *t = tad_tape_new(&(tad_settings){.level = levels[level]});
        if (tad_tape_status(t) == TAD_UNSUPPORTED) { /* not of this CPU */
            tad_tape_free(t);
            continue;
        }
        tad_var y = result_of(t, dtype, _i / 2);
        ck_done(tad_read(y, x[level > 0], (size_t)tad_size_of(y)), y.tape);
        ck_assert(memcmp(x[0], x[level > 0], (size_t)tad_size_of(y) * sizeof(double)) == 0);
        tad_tape_free(t);
    }
}
END_TEST
#endif

/* What a matrix needs is some times its own size, not its longer side squared. */
START_TEST(long_matrices_need_little_room) {
    enum { ROWS = 20000 };
    tad_tape *t = tad_tape_new(&(tad_settings){.memory_limit = 64 << 20});
    tad_var a = tad_add(tad_reshape(tad_arange(t, TAD_F64, 0, 2 * ROWS, 1), TAD_SHAPE(ROWS, 2)),
                        tad_number(1)),
            r, q = tad_qr(a, &r);
    ck_close(tad_matmul(q, r), a, 1e-8);
    ck_shape(tad_pinv(a, NAN), 2, ROWS);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("linalg_large");
    TCase *c = support_case(s, "values");
    tcase_add_loop_test(c, large_results_are_what_they_should_be, 0, 4);
    tcase_add_loop_test(c, large_matrices_of_any_scale, 0, 2);
    tcase_add_loop_test(c, singular_values_that_are_hard_to_find, 0, 16);
    tcase_add_loop_test(c, gradients_of_large_matrices, 0, FUNCTIONS);
    c = support_case(s, "refused");
    tcase_add_test(c, large_singular_matrices_are_refused);
    tcase_add_loop_test(c, a_nan_in_a_large_matrix_makes_nans, 0, 2);
    c = support_case(s, "memory");
    tcase_add_loop_test(c, threads_change_no_bits_of_large_matrices, 0, RESULTS);
#ifndef HAVE_LIBRARIES
    tcase_add_loop_test(c, levels_change_no_bits_of_large_matrices, 0, 2 * RESULTS);
#endif
    tcase_add_test(c, long_matrices_need_little_room);
    return s;
}

SUPPORT_MAIN(suite)
