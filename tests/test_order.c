/* Scans, sorting, medians, variances and norms where samples and vectors do not look: NaNs, ties,
 * zeros, infinities, long rows, threads, constants. */
#include "support.h"

static tad_tape *t;
static void new_tape(void) { t = tad_tape_new(NULL); }
static void free_tape(void) { tad_tape_free(t); }

#define LIST(...)                                                                                  \
    tad_input(t, TAD_F64, TAD_SHAPE((int64_t)(sizeof((double[]){__VA_ARGS__}) / sizeof(double))),  \
              (double[]){__VA_ARGS__})
#define ck_gradient(y, x, ...)                                                                     \
    do {                                                                                           \
        ck_done(tad_reverse(tad_sum(y, tad_all())), t);                                            \
        ck_values(tad_gradient(x), 1e-15, __VA_ARGS__);                                            \
    } while (0)

/* ---- products with zeros ---- */

START_TEST(prod_with_zeros) {
    tad_var one = LIST(0, 2, 3), two = LIST(0, 2, 0), three = LIST(0, 0, 0);
    ck_gradient(tad_prod(one, tad_all()), one, 6, 0, 0);
    ck_gradient(tad_prod(two, tad_axis(0)), two, 0, 0, 0);
    ck_gradient(tad_prod(three, tad_all()), three, 0, 0, 0);
    ck_values(tad_prod(LIST(2, -3), tad_all()), 0, -6);
    tad_var nothing = tad_input(t, TAD_F64, TAD_SHAPE(2, 0), NULL);
    ck_values(tad_prod(nothing, tad_axis(1)), 0, 1, 1);
    ck_values(tad_prod(nothing, tad_all()), 0, 1);
}
END_TEST

/* Of x y z the second derivative by x and y is z. */
START_TEST(second_derivatives_at_zeros) {
    tad_var x = LIST(0, 0, 5), g, h;
    for (int running = 0; running < 2; running++) {
        tad_var y = running ? tad_at(tad_cumprod(x, 0), 2) : tad_prod(x, tad_all());
        ck_done(tad_grad(&y, NULL, 1, &x, 1, &g), t);
        ck_values(g, 0, 0, 0, 0);
        tad_var first = tad_at(g, 0), third = tad_at(g, 2);
        ck_done(tad_grad(&first, NULL, 1, &x, 1, &h), t);
        ck_values(h, 0, 0, 5, 0);
        ck_done(tad_grad(&third, NULL, 1, &x, 1, &h), t);
        ck_values(h, 0, 0, 0, 0);
    }
}
END_TEST

START_TEST(running) {
    tad_var x = LIST(2, 0, 3, 4), i;
    ck_gradient(tad_cumprod(x, 0), x, 1, 32, 0, 0);
    ck_values(tad_cummax(LIST(1, 3, 3, NAN, 2), 0, &i), 0, 1, 3, 3, NAN, NAN);
    ck_values(i, 0, 0, 1, 2, 3, 3);
    ck_values(tad_cummin(LIST(2, 5, 1, 1, 4), 0, &i), 0, 2, 2, 1, 1, 1);
    ck_values(i, 0, 0, 0, 2, 3, 3);
    tad_var large = tad_logcumsumexp(LIST(-INFINITY, 1000, 1000, -1000, INFINITY, 0), 0);
    ck_values(large, 1e-15, -INFINITY, 1000, 1000 + log(2), 1000 + log(2), INFINITY, INFINITY);
    tad_var none = LIST(-INFINITY, -INFINITY, 0);
    ck_gradient(tad_logcumsumexp(none, 0), none, 0, 0, 1);
    ck_values(tad_diff(LIST(1, 4, 9, 16), 2, 0), 0, 2, 2);
    ck_tape(t);
}
END_TEST

/* Of sums far below 1 no power is taken that overflows. */
START_TEST(second_derivatives_of_small_sums) {
    tad_var x = LIST(-1000, -1000), g, h, y = tad_sum(tad_logcumsumexp(x, 0), tad_all());
    ck_done(tad_grad(&y, NULL, 1, &x, 1, &g), t);
    ck_values(g, 1e-12, 1.5, 0.5);
    tad_var first = tad_at(g, 0);
    ck_done(tad_grad(&first, NULL, 1, &x, 1, &h), t);
    ck_values(h, 1e-12, 0.25, -0.25);
}
END_TEST

/* By name from the last element: places are still those in x. */
START_TEST(backwards) {
    tad_var x = LIST(1, 3, 2), out[2];
    const tad_value options[] = {{.name = "axis", .kind = TAD_VALUE_INT},
                                 {.name = "reverse", .kind = TAD_VALUE_BOOL, .integer = 1}};
    ck_values(tad_call(t, "cumsum", &x, 1, options, 2, NULL, 0), 0, 6, 5, 2);
    tad_call(t, "cummax", &x, 1, options, 2, out, 2);
    ck_values(out[0], 0, 3, 3, 2);
    ck_values(out[1], 0, 1, 1, 2);
    ck_gradient(out[0], x, 0, 2, 1);
}
END_TEST

/* float32 is summed in float64. */
START_TEST(long_sums) {
    enum { N = 1 << 20 };
    tad_var x = tad_full(t, TAD_F32, TAD_SHAPE(N), 0.1), y = tad_cumsum(x, 0);
    ck_near(tad_item(tad_at(y, -1)), N * (double)0.1f, 1e-7);
}
END_TEST

/* ---- order ---- */

START_TEST(equals_and_nans) {
    tad_var x = LIST(2, NAN, 1, 2, -0.0, 0, copysign(NAN, -1), -INFINITY), i;
    ck_values(tad_sort(x, 0, false, &i), 0, -INFINITY, 0, 0, 1, 2, 2, NAN, NAN);
    ck_values(i, 0, 7, 4, 5, 2, 0, 3, 1, 6);
    ck_values(tad_sort(x, 0, true, &i), 0, NAN, NAN, 2, 2, 1, 0, 0, -INFINITY);
    ck_values(i, 0, 1, 6, 0, 3, 2, 4, 5, 7);
    ck_values(tad_argsort(x, -1, true), 0, 1, 6, 0, 3, 2, 4, 5, 7);
    tad_topk(x, 4, 0, false, &i);
    ck_values(i, 0, 7, 4, 5, 2);
    tad_topk(x, 3, 0, true, &i);
    ck_values(i, 0, 1, 6, 0);
    ck_assert(signbit(((const double *)tad_data(tad_sort(x, 0, false, NULL)))[1]));
    ck_tape(t);
}
END_TEST

/* Few different numbers among many; numbers spread over many powers of two; numbers of which the
 * high bits say little: in every way that rows are sorted. */
enum { FEW, SPREAD, CLOSE, KINDS };

static double number_of(int64_t i, int kind) {
    static const double some[] = {3, -1, 0, -0.0, NAN, INFINITY, -7.25, 3};
    const uint64_t mixed = (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15) >> 20;
    if (kind == SPREAD) return ldexp((double)(mixed >> 9) - 17e9, (int)(mixed & 127) - 80);
    if (kind == CLOSE) return (mixed & 1 ? 1 : -1) * (1 + (double)(mixed >> 24) * 0x1p-52);
    return i % 11 ? some[mixed >> 7 & 7] : (double)i * 1e-30;
}

static bool comes_before(double a, double b, bool descending) {
    const bool less = a < b || (isnan(b) && !isnan(a)), more = b < a || (isnan(a) && !isnan(b));
    return descending ? more : less;
}

START_TEST(long_rows) {
    enum { N = 3001 };
    static double data[2][N], found[2 * N], place[2 * N];
    const tad_dtype dtype = _i & 1 ? TAD_F32 : TAD_F64;
    const bool descending = _i >> 1 & 1, columns = _i >> 2 & 1;
    const int64_t k = _i >> 3 & 1 ? 50 : N;
    for (int64_t i = 0; i < 2 * N; i++) data[i / N][i % N] = number_of(i, _i >> 4);
    tad_var x = tad_constant_from(t, dtype, TAD_SHAPE(2, N), data[0]), i;
    if (columns) x = tad_reshape(tad_transpose(x, 0, 1), TAD_SHAPE(N, 2));
    tad_var y = k < N ? tad_topk(x, k, columns ? 0 : 1, descending, &i)
                      : tad_sort(x, columns ? 0 : 1, descending, &i);
    if (columns) y = tad_transpose(y, 0, 1), i = tad_transpose(i, 0, 1);
    ck_done(tad_read(y, found, (size_t)(2 * k)), t);
    ck_done(tad_read(i, place, (size_t)(2 * k)), t);
    for (int64_t r = 0; r < 2; r++)
        for (int64_t j = 0; j < k; j++) {
            const double *v = found + r * k, *p = place + r * k, own = data[r][(int64_t)p[j]];
            ck_near(v[j], dtype == TAD_F32 ? (double)(float)own : own, 0);
            if (j == 0) continue;
            ck_assert(!comes_before(v[j], v[j - 1], descending));
            ck_assert(comes_before(v[j - 1], v[j], descending) || p[j - 1] < p[j]);
        }
}
END_TEST

/* As they are, without a way over doubles, of which several near 2^63 are one. */
#define INTEGERS(...)                                                                              \
    tad_constant(t, TAD_I64, TAD_SHAPE((int64_t)(sizeof((int64_t[]){__VA_ARGS__}) / 8)),           \
                 (int64_t[]){__VA_ARGS__})

static void ck_integers(tad_var x, const int64_t *right, size_t n) {
    ck_assert_int_eq(tad_dtype_of(x), TAD_I64);
    ck_assert_int_eq(tad_size_of(x), (int64_t)n);
    ck_assert_mem_eq(tad_data(x), right, n * sizeof *right);
}

/* Rows are sorted by the bytes in which they differ. */
START_TEST(the_last_element_differs) {
    enum { N = 3000 };
    static double x[N];
    for (int k = 0; k < N; k++) x[k] = 1;
    x[N - 1] = 0x1p-300;
    for (int narrow = 0; narrow < 2; narrow++) {
        tad_var y = tad_constant(t, TAD_F64, TAD_SHAPE(N), x), i;
        tad_var sorted = tad_sort(narrow ? tad_cast(y, TAD_F32) : y, 0, false, &i);
        ck_near(tad_item(tad_at(sorted, 0)), narrow ? 0 : 0x1p-300, 0);
        ck_near(tad_item(tad_cast(tad_at(i, 0), TAD_F64)), N - 1, 0);
        ck_near(tad_item(tad_at(sorted, N - 1)), 1, 0);
    }
    ck_tape(t);
}
END_TEST

START_TEST(integers_in_order) {
    const int64_t most = INT64_MAX, least = INT64_MIN;
    tad_var x = INTEGERS(most - 1, 0, least, most, -1, least + 1, 0), i, counts;
    const int64_t up[] = {least, least + 1, -1, 0, 0, most - 1, most};
    const int64_t down[] = {most, most - 1, 0, 0, -1, least + 1, least};
    ck_integers(tad_sort(x, 0, false, &i), up, 7);
    ck_values(i, 0, 2, 5, 4, 1, 6, 0, 3);
    ck_integers(tad_sort(x, 0, true, &i), down, 7);
    ck_values(i, 0, 3, 0, 1, 6, 4, 5, 2);
    ck_values(tad_argsort(x, 0, false), 0, 2, 5, 4, 1, 6, 0, 3);
    ck_integers(tad_topk(x, 2, 0, true, &i), down, 2);
    ck_values(i, 0, 3, 0);
    ck_integers(tad_unique(x, &i, &counts), (int64_t[]){least, least + 1, -1, 0, most - 1, most},
                6);
    ck_values(i, 0, 4, 3, 0, 5, 2, 1, 3);
    ck_values(counts, 0, 1, 1, 1, 2, 1, 1);
    tad_var sorted = INTEGERS(least, 3, 3, most - 1, most);
    ck_values(tad_searchsorted(sorted, INTEGERS(least, 3, most - 1, 4), false), 0, 0, 1, 3, 3);
    ck_values(tad_searchsorted(sorted, INTEGERS(least, 3, most - 1, 4), true), 0, 1, 3, 4, 3);
    ck_values(tad_histogram(INTEGERS(0, 1, 2, 3, 4, -1, 5), 2, 0, 4), 0, 2, 3);
    ck_assert(tad_is_nil(tad_searchsorted(sorted, LIST(1), false)));
    ck_refused(t, TAD_BAD_DTYPE, "searchsorted");
}
END_TEST

START_TEST(bools_in_order) {
    tad_var x = tad_constant_from(t, TAD_BOOL, TAD_SHAPE(5), (double[]){1, 0, 1, 0, 0}), i, counts;
    tad_var y = tad_sort(x, 0, false, &i);
    ck_assert_int_eq(tad_dtype_of(y), TAD_BOOL);
    ck_values(y, 0, 0, 0, 0, 1, 1);
    ck_values(i, 0, 1, 3, 4, 0, 2);
    ck_values(tad_argsort(x, 0, true), 0, 0, 2, 1, 3, 4);
    ck_values(tad_unique(x, &i, &counts), 0, 0, 1);
    ck_values(counts, 0, 3, 2);
    ck_values(tad_searchsorted(y, x, true), 0, 5, 3, 5, 3, 3);
}
END_TEST

static int compare_integers(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* All of a row, and few of many, which go another way. */
START_TEST(long_rows_of_integers) {
    enum { N = 5000, K = 20 };
    static int64_t x[N], right[N];
    for (int64_t i = 0; i < N; i++) {
        const uint64_t mixed = (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15);
        right[i] = x[i] = (int64_t)(mixed >> (_i ? 54 : 0)) - (_i ? 500 : 0);
    }
    tad_var v = tad_constant(t, TAD_I64, TAD_SHAPE(N), x), i;
    qsort(right, N, sizeof *right, compare_integers);
    ck_integers(tad_sort(v, 0, false, NULL), right, N);
    ck_integers(tad_topk(v, K, 0, false, &i), right, K);
    ck_integers(tad_gather(v, i, 0), right, K);
}
END_TEST

START_TEST(gradients_go_to_places) {
    tad_var x = LIST(3, 1, 2), y = tad_sort(x, 0, false, NULL);
    ck_gradient(tad_mul(y, LIST(10, 20, 30)), x, 30, 10, 20);
    ck_gradient(tad_topk(x, 1, 0, false, NULL), x, 0, 1, 0);
    ck_gradient(tad_median(x, tad_all(), NULL), x, 0, 0, 1);
    ck_gradient(tad_quantile(x, 0.25, tad_all(), TAD_LINEAR), x, 0, 0.5, 0.5);
}
END_TEST

START_TEST(medians) {
    tad_var i, x = LIST(4, 1, 3, 2), m = tad_median(x, tad_axis(0), &i);
    ck_values(m, 0, 2);
    ck_values(i, 0, 3);
    ck_values(tad_median(LIST(1, NAN, 0), tad_axis(0), &i), 0, NAN);
    ck_values(i, 0, 1);
    ck_values(tad_median(x, tad_all(), &i), 0, 2);
    ck_assert(tad_is_nil(i));
    ck_values(tad_quantile(x, 0.5, tad_all(), TAD_LINEAR), 0, 2.5);
    ck_values(tad_quantile(x, 0.9, tad_all(), TAD_LOWER), 0, 3);
    ck_values(tad_quantile(x, 0.1, tad_all(), TAD_HIGHER), 0, 2);
    ck_values(tad_quantile(x, 0.9, tad_all(), TAD_MIDPOINT), 0, 3.5);
    ck_values(tad_quantile(x, 0.5, tad_all(), TAD_NEAREST), 0, 3); /* 1.5 to even */
    ck_values(tad_quantile(LIST(1, 3), 0.5, tad_all(), TAD_NEAREST), 0, 1);
    ck_values(tad_quantile(LIST(1, INFINITY), 0, tad_all(), TAD_LINEAR), 0, 1);
    ck_values(tad_quantile(LIST(1, NAN, 3), 0, tad_all(), TAD_LOWER), 0, NAN);
    ck_tape(t);
}
END_TEST

/* ---- statistics ---- */

START_TEST(constant_rows_vary_by_nothing) {
    enum { ROWS = 50, N = 7 };
    double x[ROWS * N], v[ROWS];
    for (int i = 0; i < ROWS * N; i++) x[i] = 0.1 + 0.7 * (i / N);
    tad_var y = tad_var_over(tad_input(t, TAD_F64, TAD_SHAPE(ROWS, N), x), tad_axis(1), 0);
    ck_done(tad_read(y, v, ROWS), t);
    for (int i = 0; i < ROWS; i++) ck_assert_double_eq(v[i], 0);
}
END_TEST

START_TEST(variances) {
    tad_var one = LIST(5), same = LIST(3, 3, 3);
    ck_values(tad_var_over(LIST(1, 2, 4), tad_all(), 1), 1e-15, 7. / 3);
    ck_values(tad_var_over(LIST(1, 2, 4), tad_all(), 0), 1e-15, 14. / 9);
    ck_gradient(tad_var_over(one, tad_all(), 1), one, NAN);
    ck_gradient(tad_std(one, tad_all(), 1), one, NAN);
    ck_gradient(tad_std(one, tad_all(), 0), one, 0);
    ck_gradient(tad_std(same, tad_all(), 1), same, 0, 0, 0);
    ck_values(tad_std(same, tad_all(), 1), 0, 0);
    ck_values(tad_var_over(LIST(1, 3), tad_all(), 5), 0, INFINITY); /* never below 0 */
    for (int64_t n = 2; n < 40; n++) { /* a sum of tenths by n may not be a tenth */
        tad_var tenths = tad_full(t, TAD_F64, TAD_SHAPE(n), 0.1);
        ck_values(tad_std(tenths, tad_all(), 1), 0, 0);
    }
    /* two passes: squares less the square of the mean would have no digit right */
    ck_values(tad_var_over(LIST(1e9, 1e9 + 1, 1e9 + 2), tad_all(), 1), 1e-15, 1);
    float far[] = {10000, 10001, 10002};
    ck_values(tad_var_over(tad_input(t, TAD_F32, TAD_SHAPE(3), far), tad_all(), 1), 1e-6, 1);
}
END_TEST

START_TEST(norms) {
    tad_var x = LIST(3, -4, 0), none = LIST(0, 0), tie = LIST(2, -2, 1);
    static const double every[] = {2, 1, 3, 0.5, -1, INFINITY, -INFINITY, 0, 1.5};
    ck_gradient(tad_norm(x, 2, tad_all()), x, 0.6, -0.8, 0);
    ck_gradient(tad_norm(x, 1, tad_all()), x, 1, -1, 0);
    ck_values(tad_norm(x, 0, tad_all()), 0, 2);
    ck_values(tad_norm(x, -1, tad_all()), 0, 0);
    ck_values(tad_norm(LIST(2, -2), -1, tad_all()), 1e-15, 1);
    ck_gradient(tad_norm(tie, INFINITY, tad_all()), tie, 0.5, -0.5, 0);
    ck_gradient(tad_norm(tie, -INFINITY, tad_all()), tie, 0, 0, 1);
    ck_gradient(tad_norm(x, 0.5, tad_all()), x, (sqrt(3) + 2) / sqrt(3), -(sqrt(3) + 2) / 2, 0);
    for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
        ck_values(tad_norm(none, every[i], tad_all()), 0, 0);
        ck_gradient(tad_norm(none, every[i], tad_all()), none, 0, 0);
        ck_values(tad_norm(LIST(1, NAN), every[i], tad_all()), 0, NAN);
    }
}
END_TEST

/* ---- threads ---- */

typedef struct results {
    double y[6][40 * 300], g[40 * 300];
} results;

static void compute(int threads, results *r) {
    tad_tape *own = tad_tape_new(&(tad_settings){.threads = threads, .seed = 3});
    tad_var x = tad_input(own, TAD_F64, TAD_SHAPE(40, 300), NULL), i;
    double *data = tad_tape_resize(own, NULL, 40 * 300, sizeof *data);
    for (int k = 0; k < 40 * 300; k++) data[k] = sin(k * k % 1000);
    x = tad_input(own, TAD_F64, TAD_SHAPE(40, 300), data);
    tad_var y[] = {tad_cumsum(x, 0),
                   tad_cumprod(x, 1),
                   tad_sort(x, 1, true, &i),
                   i,
                   tad_topk(x, 30, 0, true, &i),
                   tad_prod(x, tad_axis(0))};
    tad_var sum = tad_sum(tad_square(y[0]), tad_all());
    for (int k = 0; k < 6; k++) ck_done(tad_read(y[k], r->y[k], (size_t)tad_size_of(y[k])), own);
    for (int k = 1; k < 6; k++)
        if (k != 3) sum = tad_add(sum, tad_sum(tad_square(y[k]), tad_all()));
    ck_done(tad_reverse(sum), own);
    ck_done(tad_read(tad_gradient(x), r->g, 40 * 300), own);
    tad_tape_free(own);
}

START_TEST(threads_change_no_bit) {
    results *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);
    compute(1, a);
    compute(4, b);
    ck_assert(memcmp(a, b, sizeof *a) == 0);
    free(a);
    free(b);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("order");
    TCase *c = support_case(s, "elements");
    tcase_add_checked_fixture(c, new_tape, free_tape);
    tcase_add_test(c, prod_with_zeros);
    tcase_add_test(c, second_derivatives_at_zeros);
    tcase_add_test(c, running);
    tcase_add_test(c, second_derivatives_of_small_sums);
    tcase_add_test(c, backwards);
    tcase_add_test(c, long_sums);
    tcase_add_test(c, equals_and_nans);
    tcase_add_loop_test(c, long_rows, 0, 16 * KINDS);
    tcase_add_test(c, integers_in_order);
    tcase_add_test(c, the_last_element_differs);
    tcase_add_test(c, bools_in_order);
    tcase_add_loop_test(c, long_rows_of_integers, 0, 2);
    tcase_add_test(c, gradients_go_to_places);
    tcase_add_test(c, medians);
    tcase_add_test(c, constant_rows_vary_by_nothing);
    tcase_add_test(c, variances);
    tcase_add_test(c, norms);
    tcase_add_test(c, threads_change_no_bit);
    return s;
}

SUPPORT_MAIN(suite)
