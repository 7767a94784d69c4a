/* Sparse matrices and segments: values of SciPy 1.10 and PyTorch 1.13, structures that cannot be,
 * views, threads, programs. */
#include "support.h"

#include <tad/program.h>

static tad_tape *t;
static void open_tape(void) { t = tad_tape_new(NULL); }
static void free_tape(void) { tad_tape_free(t); }

static tad_var whole(int64_t n, const int64_t *data) {
    return tad_constant(t, TAD_I64, TAD_SHAPE(n), data);
}
static tad_var vector(int64_t n, const double *data) {
    return tad_input(t, TAD_F64, TAD_SHAPE(n), data);
}

/* [-2 0 0 1.5], [0 0 0 0], [0 3.5 -1 0], where 3.5 is two entries. */
static const int64_t starts[] = {0, 2, 2, 5}, columns[] = {3, 0, 1, 1, 2};
static const double values[] = {1.5, -2, .5, 3, -1}, x4[] = {1, -2, .5, 4}, g3[] = {2, 1, -1},
                    x42[] = {1, 2, -1, .5, 3, -2, .25, 1}, g32[] = {1, -1, 2, 0, .5, 3};

static tad_csr matrix(void) {
    return (tad_csr){vector(5, values), whole(4, starts), whole(5, columns), 4};
}

/* ---- products ---- */

START_TEST(csr_times_a_vector) {
    tad_csr a = matrix();
    tad_var x = vector(4, x4), y = tad_csr_matmul(a, x), g = vector(3, g3);
    ck_shape(y, 3);
    ck_values(y, 0, 4, 0, -7.5);
    ck_done(tad_reverse_from(&y, &g, 1), t);
    ck_values(tad_gradient(x), 0, -4, -3.5, 1, 3);
    ck_values(tad_gradient(a.values), 0, 8, 2, 2, 2, -.5);
    ck_values(tad_csr_matmul_transposed(a, g), 0, -4, -3.5, 1, 3);
    ck_values(tad_csr_sample_matmul(a, g, x), 0, 8, 2, 2, 2, -.5);
    ck_tape(t);
}
END_TEST

START_TEST(csr_times_a_matrix) {
    tad_csr a = matrix();
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(4, 2), x42),
            g = tad_input(t, TAD_F64, TAD_SHAPE(3, 2), g32), y = tad_csr_matmul(a, x),
            z = tad_csr_matmul_transposed(a, g);
    ck_shape(y, 3, 2);
    ck_values(y, 0, -1.625, -2.5, 0, 0, -6.5, 3.75);
    ck_shape(z, 4, 2);
    ck_values(z, 0, -2, 2, 1.75, 10.5, -.5, -3, 1.5, -1.5);
    ck_values(tad_csr_sample_matmul(a, g, x), 0, -.75, -1, 1, 1, -4.5);
    ck_done(tad_reverse_from(&z, &x, 1), t);
    ck_values(tad_gradient(g), 0, -1.625, -2.5, 0, 0, -6.5, 3.75);
    ck_values(tad_gradient(a.values), 0, -.75, -1, 1, 1, -4.5);
    tad_csr pattern = a;
    pattern.values = tad_none(); /* of a pattern they are not read */
    ck_values(tad_csr_sample_matmul(pattern, g, x), 0, -.75, -1, 1, 1, -4.5);
    ck_tape(t);
}
END_TEST

START_TEST(csr_in_float32) {
    const float v[] = {1.5f, -2, .5f, 3, -1}, x[] = {1, -2, .5f, 4};
    tad_csr a = matrix();
    a.values = tad_input(t, TAD_F32, TAD_SHAPE(5), v);
    tad_var y = tad_csr_matmul(a, tad_input(t, TAD_F32, TAD_SHAPE(4), x));
    ck_assert_int_eq(tad_dtype_of(y), TAD_F32);
    ck_values(y, 0, 4, 0, -7.5);
    ck_values(tad_csr_to_dense(a), 0, -2, 0, 0, 1.5, 0, 0, 0, 0, 0, 3.5, -1, 0);
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    ck_values(tad_gradient(a.values), 0, 4, 1, -2, -2, .5);
    ck_tape(t);
}
END_TEST

/* Entry e of a view is the entry of the copy. */
START_TEST(csr_of_views) {
    tad_csr a = matrix(), seen = a;
    const int64_t backwards[] = {2, 1, 1, 0, 3}, spread[] = {0, 9, 2, 9, 2, 9, 5, 9};
    seen.values = tad_flip(vector(5, (double[]){-1, 3, .5, -2, 1.5}), tad_axis(0));
    seen.columns = tad_flip(whole(5, backwards), tad_axis(0));
    seen.row_starts = tad_slice(whole(8, spread), 0, 0, TAD_END, 2);
    tad_var x = tad_transpose(tad_transpose(tad_input(t, TAD_F64, TAD_SHAPE(4, 2), x42), 0, 1), 0,
                              1),
            turned = tad_transpose(
                tad_input(t, TAD_F64, TAD_SHAPE(2, 4), (double[]){1, -1, 3, .25, 2, .5, -2, 1}), 0,
                1);
    ck_values(tad_csr_matmul(seen, turned), 0, -1.625, -2.5, 0, 0, -6.5, 3.75);
    ck_values(tad_csr_matmul(seen, x), 0, -1.625, -2.5, 0, 0, -6.5, 3.75);
    ck_values(tad_csr_rows(seen), 0, 0, 0, 2, 2, 2);
    ck_values(tad_csr_to_dense(seen), 0, -2, 0, 0, 1.5, 0, 0, 0, 0, 0, 3.5, -1, 0);
    ck_tape(t);
}
END_TEST

/* ---- other forms ---- */

START_TEST(csr_as_dense_and_sums) {
    tad_csr a = matrix();
    tad_var d = tad_csr_to_dense(a), g = tad_input(t, TAD_F64, TAD_SHAPE(3, 4), NULL);
    ck_shape(d, 3, 4);
    ck_values(d, 0, -2, 0, 0, 1.5, 0, 0, 0, 0, 0, 3.5, -1, 0);
    ck_values(tad_csr_sample(a, d), 0, 1.5, -2, 3.5, 3.5, -1);
    ck_done(tad_reverse_from(&d, &d, 1), t);
    ck_values(tad_gradient(a.values), 0, 1.5, -2, 3.5, 3.5, -1);
    ck_values(tad_csr_sample(a, g), 0, 0, 0, 0, 0, 0);
    ck_values(tad_csr_sum(a, tad_all()), 0, 2);
    ck_values(tad_csr_sum(a, tad_axis(0)), 0, -2, 3.5, -1, 1.5);
    ck_values(tad_csr_sum(a, tad_axis(-1)), 0, -.5, 0, 2.5);
    ck_shape(tad_csr_sum(a, tad_keepdims(tad_axis(1))), 3, 1);
    ck_shape(tad_csr_sum(a, tad_keepdims(tad_all())), 1, 1);
    ck_tape(t);
}
END_TEST

START_TEST(coo_is_brought_into_rows) {
    const int64_t rows[] = {2, 0, 2, 0, 2}, at[] = {1, 3, 0, 3, 1};
    tad_var v = vector(5, (double[]){1, 2, 3, 4, 5});
    tad_csr a = tad_coo_to_csr((tad_coo){v, whole(5, rows), whole(5, at), 3, 4});
    ck_values(a.row_starts, 0, 0, 1, 1, 3);
    ck_values(a.columns, 0, 3, 0, 1);
    ck_values(a.values, 0, 6, 3, 6);
    tad_var y = tad_csr_matmul(a, vector(4, x4));
    ck_values(y, 0, 24, 0, -9);
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    ck_values(tad_gradient(v), 0, -2, 4, 1, 4, -2);
    tad_coo back = tad_csr_to_coo(a);
    ck_values(back.rows, 0, 0, 2, 2);
    ck_assert(back.n_rows == 3 && back.n_columns == 4);
    ck_tape(t);
}
END_TEST

/* A long row out of order, and one in order. */
START_TEST(coo_sorts_long_rows) {
    enum { N = 200 };
    int64_t rows[N], at[N];
    double v[N], sum[N] = {0}, got[N];
    for (int i = 0; i < N; i++) {
        rows[i] = i % 2;
        at[i] = rows[i] ? i / 2 : i * 37 % 100;
        v[i] = i + 1;
        sum[rows[i] * 100 + at[i]] += v[i];
    }
    tad_csr a = tad_coo_to_csr((tad_coo){vector(N, v), whole(N, rows), whole(N, at), 2, 100});
    ck_done(tad_read(tad_csr_to_dense(a), got, N), t);
    for (int i = 0; i < N; i++)
        ck_assert_msg(got[i] == sum[i], "%d: %g, not %g", i, got[i], sum[i]);
    ck_assert_int_eq(tad_size_of(a.columns), 150);
    const int64_t *c = tad_data(a.columns);
    for (int i = 1; i < 150; i++) ck_assert(i == 50 || c[i] > c[i - 1]);
}
END_TEST

START_TEST(csr_transposed_and_added) {
    tad_csr a = matrix(), turned = tad_csr_transpose(a);
    ck_values(turned.row_starts, 0, 0, 1, 2, 3, 4);
    ck_values(turned.columns, 0, 0, 2, 2, 0);
    ck_values(turned.values, 0, -2, 3.5, -1, 1.5);
    ck_assert_int_eq(turned.n_columns, 3);
    const int64_t own[] = {0, 1, 1, 3}, at[] = {1, 0, 3};
    tad_csr b = {vector(3, (double[]){10, 20, 30}), whole(4, own), whole(3, at), 4},
            sum = tad_csr_add(a, b);
    ck_values(sum.row_starts, 0, 0, 3, 3, 7);
    ck_values(sum.columns, 0, 0, 1, 3, 0, 1, 2, 3);
    ck_values(sum.values, 0, -2, 10, 1.5, 20, 3.5, -1, 30);
    tad_var y = tad_sum(tad_square(sum.values), tad_all());
    ck_done(tad_reverse(y), t);
    ck_values(tad_gradient(b.values), 0, 20, 40, 60);
    ck_values(tad_gradient(a.values), 0, 3, -4, 7, 7, -2);
    ck_tape(t);
    b.n_columns = 5;
    ck_assert(tad_is_nil(tad_csr_add(a, b).values));
    ck_refused(t, TAD_BAD_SHAPE, "csr_add", "(3,4) + (3,5)");
}
END_TEST

/* ---- what cannot be ---- */

START_TEST(wrong_structures_name_the_place) {
    static const struct {
        int64_t starts[4], columns[5];
        const char *says;
    } wrong[] = {
        {{1, 2, 2, 5}, {3, 0, 1, 1, 2}, "row_starts[0] is 1, not 0"},
        {{0, 3, 2, 5}, {3, 0, 1, 1, 2}, "row_starts[2] is 2, after 3"},
        {{0, 2, 2, 4}, {3, 0, 1, 1, 2}, "row_starts[3] is 4, of 5 entries"},
        {{0, 2, 9, 5}, {3, 0, 1, 1, 2}, "row_starts[2] is 9, of 5 entries"},
        {{0, 2, 2, INT64_MAX}, {3, 0, 1, 1, 2}, "row_starts[3]"},
        {{0, -1, 2, 5}, {3, 0, 1, 1, 2}, "row_starts[1] is -1, after 0"},
        {{0, 2, 2, 5}, {3, 0, 1, 4, 2}, "columns[3] is 4, not within 0 to 3"},
        {{0, 2, 2, 5}, {3, -1, 1, 1, 2}, "columns[1] is -1, not within 0 to 3"},
        {{0, 2, 2, 5}, {3, 0, 1, 1, INT64_MIN}, "columns[4]"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        tad_csr a = matrix();
        tad_var x = vector(4, x4), y = vector(3, g3);
        a.row_starts = whole(4, wrong[i].starts);
        a.columns = whole(5, wrong[i].columns);
        ck_assert(tad_is_nil(tad_csr_matmul(a, x)));
        ck_refused(t, TAD_BAD_INDEX, "csr_matmul", wrong[i].says);
        ck_assert(tad_is_nil(tad_csr_matmul_transposed(a, y)));
        ck_refused(t, TAD_BAD_INDEX, "csr_matmul", wrong[i].says);
        ck_assert(tad_is_nil(tad_csr_sample_matmul(a, y, x)));
        ck_refused(t, TAD_BAD_INDEX, "csr_sample_matmul", wrong[i].says);
        ck_assert(tad_is_nil(tad_csr_to_dense(a)));
        ck_refused(t, TAD_BAD_INDEX, "csr_to_dense", wrong[i].says);
        if (!strstr(wrong[i].says, "row_starts")) continue;
        ck_assert(tad_is_nil(tad_csr_rows(a)));
        ck_refused(t, TAD_BAD_INDEX, "csr_rows", wrong[i].says);
    }
}
END_TEST

/* A structure that is a parameter and was changed; changed before the next record it is checked. */
START_TEST(a_structure_that_changed_is_stale) {
    tad_csr a = matrix();
    a.columns = tad_param(t, TAD_I64, TAD_SHAPE(5), columns);
    tad_var x = vector(4, x4), y = tad_sum(tad_csr_matmul(a, x), tad_all());
    ck_done(tad_reverse(y), t);
    ck_done(tad_assign(a.columns, (int64_t[]){0, 0, 0, 0, 0}), t);
    ck_assert_int_eq(tad_reverse(y), TAD_STALE_VALUE);
    tad_tape_clear(t);
    ck_done(tad_assign(a.columns, (int64_t[]){0, 0, 0, 0, 4}), t);
    ck_assert(tad_is_nil(tad_csr_matmul(a, x)));
    ck_refused(t, TAD_BAD_INDEX, "columns[4] is 4");
}
END_TEST

/* ---- threads ---- */

enum { ROWS = 5000, EACH = 7, WIDTH = 40, MOST = ROWS * WIDTH };

/* Products with a wide matrix both ways, and their gradients, one behind the other. */
static size_t products(int threads, double *got) {
    static int64_t first[ROWS + 1], at[ROWS * EACH];
    static double v[ROWS * EACH], x[MOST];
    tad_tape *own = t = tad_tape_new(&(tad_settings){.threads = threads});
    size_t n = 0;
    for (int64_t i = 0; i <= ROWS; i++) first[i] = i * EACH;
    for (int64_t e = 0; e < ROWS * EACH; e++) {
        at[e] = e * 7919 % ROWS;
        v[e] = (double)(e % 101) / 7;
    }
    for (int64_t i = 0; i < MOST; i++) x[i] = (double)(i % 89) / 3;
    tad_csr a = {vector(ROWS * EACH, v), whole(ROWS + 1, first), whole(ROWS * EACH, at), ROWS};
    tad_var dense = tad_input(t, TAD_F64, TAD_SHAPE(ROWS, WIDTH), x);
    tad_var y[] = {tad_csr_matmul(a, dense), tad_csr_matmul_transposed(a, dense)};
    ck_done(tad_reverse_from(y, y, 2), t);
    tad_var of[] = {y[0], y[1], tad_gradient(dense), tad_gradient(a.values)};
    for (int i = 0; i < 4; i++) {
        ck_done(tad_read(of[i], got + n, (size_t)tad_size_of(of[i])), t);
        n += (size_t)tad_size_of(of[i]);
    }
    tad_tape_free(own);
    return n;
}

START_TEST(any_number_of_threads_gives_the_same_products) {
    static double one[4 * MOST], many[4 * MOST];
    const size_t n = products(1, one);
    for (int threads = 2; threads <= 5; threads += 3) {
        ck_assert_uint_eq(products(threads, many), n);
        ck_assert(memcmp(one, many, n * sizeof *one) == 0);
    }
}
END_TEST

/* A wrong entry far down is found by any thread, and named. */
START_TEST(threads_find_what_is_wrong) {
    static int64_t first[ROWS + 1], at[ROWS * EACH];
    tad_tape *own = t = tad_tape_new(&(tad_settings){.threads = 3});
    for (int64_t i = 0; i <= ROWS; i++) first[i] = i * EACH;
    at[ROWS * EACH - 5] = 7;
    tad_csr a = {tad_input(t, TAD_F64, TAD_SHAPE(ROWS * EACH), NULL), whole(ROWS + 1, first),
                 whole(ROWS * EACH, at), 7};
    ck_assert(tad_is_nil(tad_csr_matmul(a, tad_input(t, TAD_F64, TAD_SHAPE(7), NULL))));
    ck_refused(t, TAD_BAD_INDEX, "columns[34995] is 7, not within 0 to 6");
    tad_tape_free(own);
}
END_TEST

/* ---- programs ---- */

START_TEST(a_program_checks_its_structure) {
    tad_csr a = matrix();
    tad_var in[] = {a.columns, vector(4, x4)}, y = tad_csr_matmul(a, in[1]);
    tad_program *p;
    double got[3];
    const int64_t other[] = {3, 0, 1, 0, 2}, wrong[] = {3, 0, 1, 4, 2};
    ck_done(tad_freeze(in, 2, &y, 1, NULL, &p), t);
    tad_workspace *w = tad_workspace_new(p);
    ck_assert_int_eq(tad_bind_in(w, 0, TAD_I64, TAD_SHAPE(5), other), TAD_OK);
    ck_assert_int_eq(tad_bind_in(w, 1, TAD_F64, TAD_SHAPE(4), x4), TAD_OK);
    ck_assert_int_eq(tad_bind_out(w, 0, TAD_F64, TAD_SHAPE(3), got), TAD_OK);
    ck_assert_int_eq(tad_run(w), TAD_OK);
    ck_assert(got[0] == 4 && got[1] == 0 && got[2] == 1.5);
    ck_assert_int_eq(tad_bind_in(w, 0, TAD_I64, TAD_SHAPE(5), wrong), TAD_OK);
    ck_assert_int_eq(tad_run(w), TAD_BAD_INDEX);
    ck_assert(strstr(tad_workspace_message(w), "columns[3] is 4") != NULL);
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* ---- segments ---- */

static const int64_t ids[] = {2, 0, 2, 0, 2};
static const double rows52[] = {1, 5, 2, -1, -3, 4, 0, 2, 2, 7};

START_TEST(segments) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(5, 2), rows52), i = whole(5, ids);
    ck_values(tad_segment_sum(x, i, 3), 0, 2, 1, 0, 0, 0, 16);
    ck_values(tad_segment_mean(x, i, 3), 1e-15, 1, .5, 0, 0, 0, 16. / 3);
    tad_var few = whole(5, (const int64_t[]){3, 1, 3, 3, 3}); /* one of its own, and none */
    ck_values(tad_segment_mean(x, few, 4), 0, 0, 0, 2, -1, 0, 0, 0, 4.5);
    ck_values(tad_segment_max(x, i, 3), 0, 2, 2, -INFINITY, -INFINITY, 2, 7);
    ck_values(tad_segment_min(x, i, 3), 0, 0, -1, INFINITY, INFINITY, -3, 4);
    tad_var y = tad_segment_softmax(x, i, 3);
    ck_shape(y, 5, 2);
    ck_values(y, 1e-15, 0.2676231541498623, 0.11419519938459448, 0.8807970779778824,
              0.04742587317756678, 0.004901689049672921, 0.04201006613406605, 0.11920292202211755,
              0.9525741268224331, 0.7274751568004647, 0.8437947344813395);
    ck_tape(t);
}
END_TEST

/* Large numbers do not overflow; a NaN stays in its segment. */
START_TEST(segment_softmax_of_large_numbers) {
    tad_var i = whole(5, ids), x = vector(5, (double[]){1000, -1000, 1000, -1000, -1000});
    ck_values(tad_segment_softmax(x, i, 3), 0, .5, .5, .5, .5, 0);
    double y[5];
    x = vector(5, (double[]){1, NAN, 1, 0, -INFINITY});
    ck_done(tad_read(tad_segment_softmax(x, i, 3), y, 5), t);
    ck_assert(y[0] == .5 && y[2] == .5 && y[4] == 0 && isnan(y[1]) && isnan(y[3]));
}
END_TEST

START_TEST(equal_extremes_of_a_segment_share) {
    tad_var x = vector(5, (double[]){3, 1, 3, 0, 2}), y = tad_segment_max(x, whole(5, ids), 4);
    ck_values(y, 0, 1, -INFINITY, 3, -INFINITY);
    tad_var g = vector(4, (double[]){5, 6, 7, 8});
    ck_done(tad_reverse_from(&y, &g, 1), t);
    ck_values(tad_gradient(x), 0, 3.5, 5, 3.5, 0, 0);
    ck_assert(tad_is_nil(tad_segment_sum(x, whole(5, (int64_t[]){0, 0, -1, 0, 0}), 4)));
    ck_refused(t, TAD_BAD_INDEX, "segment_sum", "-1 is not within 0 to 3");
}
END_TEST

/* ---- bags ---- */

static const int64_t bag[] = {0, 2, 2, 1, 3, 0}, bag_starts[] = {0, 3, 3, 6};
static const double table[] = {1, 2, 3, -1, .5, 4, -2, 0}, bag_g[] = {1, 2, 3, 4, 5, -6},
                    of_each[] = {1, -1, .5, 2, 3, .25};

/* The result, then the gradient of the table. */
static void ck_bag(tad_bag_mode mode, const double *y, const double *g) {
    tad_var w = tad_input(t, TAD_F64, TAD_SHAPE(4, 2), table),
            cotangent = tad_input(t, TAD_F64, TAD_SHAPE(3, 2), bag_g),
            got = tad_embedding_bag(whole(6, bag), w, whole(4, bag_starts), tad_none(), mode);
    double number[8];
    ck_done(tad_reverse_from(&got, &cotangent, 1), t);
    ck_done(tad_read(got, number, 6), t);
    for (int i = 0; i < 6; i++) ck_near(number[i], y[i], 1e-15);
    ck_done(tad_read(tad_gradient(w), number, 8), t);
    for (int i = 0; i < 8; i++) ck_near(number[i], g[i], 1e-14);
}

START_TEST(bags_of_rows) {
    ck_bag(TAD_BAG_SUM, (double[]){2, 10, 0, 0, 2, 1}, (double[]){6, -4, 5, -6, 2, 4, 5, -6});
    ck_bag(TAD_BAG_MEAN, (double[]){2. / 3, 10. / 3, 0, 0, 2. / 3, 1. / 3},
           (double[]){2, -4. / 3, 5. / 3, -2, 2. / 3, 4. / 3, 5. / 3, -2});
    ck_bag(TAD_BAG_MAX, (double[]){1, 4, 0, 0, 3, 2}, (double[]){1, -6, 5, 0, 0, 2, 0, 0});
}
END_TEST

/* torch.nn.functional.embedding_bag with padding_idx 2: the row is NaN here, and has no influence.
 */
START_TEST(bags_with_padding) {
    static const double y[][6] = {
        {1, 2, 0, 0, 2, 1}, {1, 2, 0, 0, 2. / 3, 1. / 3}, {1, 2, 0, 0, 3, 2}};
    static const double slope[][8] = {{6, -4, 5, -6, 0, 0, 5, -6},
                                      {8. / 3, 0, 5. / 3, -2, 0, 0, 5. / 3, -2},
                                      {1, -4, 5, 0, 0, 0, 0, 0}};
    double spoiled[8], number[8];
    memcpy(spoiled, table, sizeof table);
    spoiled[4] = spoiled[5] = NAN;
    tad_var w = tad_input(t, TAD_F64, TAD_SHAPE(4, 2), spoiled), index = whole(6, bag),
            g = tad_input(t, TAD_F64, TAD_SHAPE(3, 2), bag_g), starts = whole(4, bag_starts);
    for (int mode = TAD_BAG_SUM; mode <= TAD_BAG_MAX; mode++) {
        tad_var got = tad_embedding_bag_padded(index, w, starts, tad_none(), (tad_bag_mode)mode,
                                               mode == TAD_BAG_MEAN ? -2 : 2);
        ck_done(tad_reverse_from(&got, &g, 1), t);
        ck_done(tad_read(got, number, 6), t);
        for (int i = 0; i < 6; i++) ck_near(number[i], y[mode][i], 1e-15);
        ck_done(tad_read(tad_gradient(w), number, 8), t);
        for (int i = 0; i < 8; i++) ck_near(number[i], slope[mode][i], 1e-14);
    }
    tad_var each = vector(6, of_each),
            got = tad_embedding_bag_padded(index, w, starts, each, TAD_BAG_SUM, 2);
    ck_values(got, 0, 1, 2, 0, 0, .25, -1.5);
    ck_done(tad_reverse_from(&got, &g, 1), t);
    ck_values(tad_gradient(w), 0, 2.25, .5, 10, -12, 0, 0, 15, -18);
    ck_values(tad_gradient(each), 0, 5, 0, 0, 21, -10, -7);
    tad_var all = tad_embedding_bag_padded(whole(2, bag + 1), w, whole(2, (int64_t[]){0, 2}),
                                           tad_none(), TAD_BAG_MAX, 2);
    ck_values(all, 0, 0, 0);
    ck_assert(tad_is_nil(tad_embedding_bag_padded(index, w, starts, each, TAD_BAG_SUM, -5)));
    ck_refused(t, TAD_BAD_INDEX, "embedding_bag", "padding_idx = -5");
}
END_TEST

START_TEST(bags_with_weights) {
    tad_var w = tad_input(t, TAD_F64, TAD_SHAPE(4, 2), table),
            g = tad_input(t, TAD_F64, TAD_SHAPE(3, 2), bag_g), each = vector(6, of_each),
            y = tad_embedding_bag(whole(6, bag), w, whole(4, bag_starts), each, TAD_BAG_SUM);
    ck_values(y, 0, .75, 0, 0, 0, .25, -1.5);
    ck_done(tad_reverse_from(&y, &g, 1), t);
    ck_values(tad_gradient(w), 0, 2.25, .5, 10, -12, -.5, -1, 15, -18);
    ck_values(tad_gradient(each), 0, 5, 8.5, 8.5, 21, -10, -7);
    tad_var square = tad_reshape(whole(6, bag), TAD_SHAPE(2, 3));
    ck_values(tad_embedding_bag(square, w, tad_none(), tad_none(), TAD_BAG_SUM), 0, 2, 10, 2, 1);
    ck_tape(t);
    tad_embedding_bag(whole(6, bag), w, whole(3, bag_starts), tad_none(), TAD_BAG_SUM);
    ck_refused(t, TAD_BAD_INDEX, "embedding_bag", "row_starts[2] is 3, of 6 entries");
    tad_embedding_bag(whole(6, bag), w, whole(4, bag_starts), each, TAD_BAG_MAX);
    ck_refused(t, TAD_BAD_ARGUMENT, "embedding_bag", "weights are of sums only");
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("sparse");
    TCase *c = support_case(s, "on one tape");
    tcase_add_checked_fixture(c, open_tape, free_tape);
    tcase_add_test(c, csr_times_a_vector);
    tcase_add_test(c, csr_times_a_matrix);
    tcase_add_test(c, csr_in_float32);
    tcase_add_test(c, csr_of_views);
    tcase_add_test(c, csr_as_dense_and_sums);
    tcase_add_test(c, coo_is_brought_into_rows);
    tcase_add_test(c, coo_sorts_long_rows);
    tcase_add_test(c, csr_transposed_and_added);
    tcase_add_test(c, wrong_structures_name_the_place);
    tcase_add_test(c, a_structure_that_changed_is_stale);
    tcase_add_test(c, a_program_checks_its_structure);
    tcase_add_test(c, segments);
    tcase_add_test(c, segment_softmax_of_large_numbers);
    tcase_add_test(c, equal_extremes_of_a_segment_share);
    tcase_add_test(c, bags_of_rows);
    tcase_add_test(c, bags_with_weights);
    tcase_add_test(c, bags_with_padding);
    c = support_case(s, "threads");
    tcase_add_test(c, any_number_of_threads_gives_the_same_products);
    tcase_add_test(c, threads_find_what_is_wrong);
    return s;
}

SUPPORT_MAIN(suite)
