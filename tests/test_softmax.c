/* softmax and log_softmax: exactness at large inputs, infinities, long rows, turned axes. */
#include "support.h"

/* Sums of the exponentials and their logarithm, kept in long double. */
static void reference(const double *x, size_t n, size_t step, double *y, bool log_) {
    long double most = x[0], sum = 0;
    for (size_t i = 0; i < n; i++) most = x[i * step] > most ? x[i * step] : most;
    for (size_t i = 0; i < n; i++) sum += expl(x[i * step] - most);
    for (size_t i = 0; i < n; i++) {
        long double shifted = x[i * step] - most;
        y[i * step] = (double)(log_ ? shifted - logl(sum) : expl(shifted) / sum);
    }
}

static void check(tad_tape *t, size_t before, size_t n, size_t after, int axis) {
    double x[8192], expected[8192], got[8192];
    tad_shape s = TAD_SHAPE((int64_t)before, (int64_t)n, (int64_t)after);
    for (size_t i = 0; i < before * n * after; i++) x[i] = 9 * sin((double)i * 1.3);
    tad_var v = tad_input(t, TAD_F64, s, x);
    for (int log_ = 0; log_ <= 1; log_++) {
        tad_var y = log_ ? tad_log_softmax(v, axis) : tad_softmax(v, axis);
        ck_done(tad_read(y, got, before * n * after), t);
        for (size_t i = 0; i < before; i++)
            for (size_t j = 0; j < after; j++) {
                size_t from = i * n * after + j;
                reference(x + from, n, after, expected + from, log_);
            }
        for (size_t i = 0; i < before * n * after; i++) ck_near(got[i], expected[i], 4e-15);
    }
}

/* Every other element, the axes turned: as of a copy. */
START_TEST(views_with_gaps_are_as_their_copies) {
    enum { N = 12 * 14 };
    double x[N], got[N / 4], right[N / 4];
    tad_tape *t = tad_tape_new(NULL);
    for (int i = 0; i < N; i++) x[i] = 3 * sin(1.7 * i);
    tad_var whole = tad_input(t, TAD_F64, TAD_SHAPE(12, 14), x),
            view = tad_slice(tad_slice(whole, 0, 0, TAD_END, 2), 1, 1, TAD_END, 2);
    for (int turned = 0; turned < 2; turned++)
        for (int axis = 0; axis < 2; axis++) {
            tad_var v = turned ? tad_transpose(view, 0, 1) : view, copy = tad_add(v, tad_number(0));
            ck_done(tad_read(tad_softmax(v, axis), got, N / 4), t);
            ck_done(tad_read(tad_softmax(copy, axis), right, N / 4), t);
            ck_assert_mem_eq(got, right, sizeof right);
            ck_done(tad_read(tad_logsumexp(v, tad_axis(axis)), got, axis ? 6 + turned : 7 - turned),
                    t);
            ck_done(tad_read(tad_logsumexp(copy, tad_axis(axis)), right,
                             axis ? 6 + turned : 7 - turned),
                    t);
            ck_assert_mem_eq(got, right, 6 * sizeof *right);
        }
    tad_tape_free(t);
}
END_TEST

START_TEST(values) {
    tad_tape *t = tad_tape_new(NULL);
    check(t, 3, 5, 1, 1);
    check(t, 1, 8000, 1, -2);
    check(t, 700, 3, 1, 1);
    check(t, 2, 37, 5, 1);
    check(t, 4, 1, 3, 1);
    check(t, 1, 90, 70, 1);
    check(t, 3, 65, 17, 1);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(large_and_infinite) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){1000, 0, -1000});
    ck_values(tad_softmax(x, 0), 0, 1, 0, 0);
    ck_values(tad_log_softmax(x, 0), 0, 0, -1000, -2000);
    tad_var masked = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){-INFINITY, 0, 0});
    ck_values(tad_softmax(masked, 0), 1e-16, 0, 0.5, 0.5);
    tad_var nothing = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){-INFINITY, -INFINITY});
    ck_values(tad_softmax(nothing, 0), 0, NAN, NAN);
    tad_var nan = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){1, NAN, 2});
    ck_values(tad_softmax(nan, 0), 0, NAN, NAN, NAN);
    tad_tape_free(t);
}
END_TEST

/* Gradients of <w, softmax(x)> in rows and in columns agree, fresh and added to. */
START_TEST(gradients) {
    tad_tape *t = tad_tape_new(NULL);
    double x[12], w[12], rows[12], columns[12];
    for (int i = 0; i < 12; i++) x[i] = cos(i), w[i] = sin(2.1 * i);
    for (int log_ = 0; log_ <= 1; log_++) {
        tad_var a = tad_input(t, TAD_F64, TAD_SHAPE(3, 4), x),
                v = tad_constant(t, TAD_F64, TAD_SHAPE(3, 4), w);
        tad_var y = log_ ? tad_log_softmax(a, 1) : tad_softmax(a, 1);
        ck_done(tad_reverse(tad_sum(tad_mul(y, v), tad_all())), t);
        ck_done(tad_read(tad_gradient(a), rows, 12), t);
        tad_var turned = tad_transpose(a, 0, 1);
        tad_var z = log_ ? tad_log_softmax(turned, 0) : tad_softmax(turned, 0);
        tad_var both =
            tad_add(tad_sum(tad_mul(z, tad_transpose(v, 0, 1)), tad_all()), tad_sum(a, tad_all()));
        ck_done(tad_reverse(both), t);
        ck_done(tad_read(tad_gradient(a), columns, 12), t);
        for (int i = 0; i < 12; i++) ck_near(columns[i], rows[i] + 1, 1e-15);
        double sum = 0; /* softmax does not change when all inputs grow */
        for (int i = 0; i < 4; i++) sum += rows[i];
        ck_near(sum, 0, 1e-15);
    }
    tad_tape_free(t);
}
END_TEST

/* The same of columns that lie beside each other, more than a block and a chunk of them. */
START_TEST(gradients_down_columns) {
    enum { N = 70, COLS = 67, ALL = N * COLS };
    static double x[2][ALL], w[2][ALL], g[2][ALL];
    tad_tape *t = tad_tape_new(NULL);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < COLS; j++) {
            x[0][i * COLS + j] = x[1][j * N + i] = 3 * cos(i * 7 + j);
            w[0][i * COLS + j] = w[1][j * N + i] = sin(2.1 * i - j);
        }
    for (int log_ = 0; log_ <= 1; log_++)
        for (int added = 0; added <= 1; added++) {
            for (int rows = 0; rows <= 1; rows++) {
                tad_shape s = rows ? TAD_SHAPE(COLS, N) : TAD_SHAPE(N, COLS);
                tad_var a = tad_input(t, TAD_F64, s, x[rows]),
                        y = log_ ? tad_log_softmax(a, rows) : tad_softmax(a, rows),
                        z = tad_sum(tad_mul(y, tad_constant(t, TAD_F64, s, w[rows])), tad_all());
                if (added) z = tad_add(z, tad_sum(tad_square(a), tad_all()));
                ck_done(tad_reverse(z), t);
                ck_done(tad_read(tad_gradient(a), g[rows], ALL), t);
            }
            for (int i = 0; i < N; i++)
                for (int j = 0; j < COLS; j++) ck_near(g[0][i * COLS + j], g[1][j * N + i], 4e-15);
        }
    tad_tape_free(t);
}
END_TEST

START_TEST(levels_agree) {
    double got[2][600], x[600];
    for (int i = 0; i < 600; i++) x[i] = 5 * sin(i);
    for (int k = 0; k < 2; k++) {
        tad_tape *t = tad_tape_new(&(tad_settings){.level = k ? TAD_LEVEL_BEST : TAD_LEVEL_BASE});
        ck_done(tad_read(tad_softmax(tad_input(t, TAD_F64, TAD_SHAPE(6, 100), x), 1), got[k], 600),
                t);
        tad_tape_free(t);
    }
    ck_assert_mem_eq(got[0], got[1], sizeof got[0]);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("softmax");
    TCase *c = support_case(s, "softmax");
    tcase_add_test(c, views_with_gaps_are_as_their_copies);
    tcase_add_test(c, values);
    tcase_add_test(c, large_and_infinite);
    tcase_add_test(c, gradients);
    tcase_add_test(c, gradients_down_columns);
    tcase_add_test(c, levels_agree);
    return s;
}
SUPPORT_MAIN(suite)
