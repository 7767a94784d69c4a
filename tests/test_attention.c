/* Attention beside what it is made of: every way of masking, blocks, threads, memory. */
#include "support.h"

static tad_tape *t;
static void new_tape(void) { t = tad_tape_new(NULL); }
static void free_tape(void) { tad_tape_free(t); }

enum { MOST = 3 * 150 * 150 };

static tad_var random_input(tad_dtype dtype, tad_shape s) {
    static double x[MOST];
    static float y[MOST];
    int64_t n = 1;
    for (int i = 0; i < s.rank; i++) n *= s.dim[i];
    for (int64_t i = 0; i < n; i++) y[i] = (float)(x[i] = 2 * sin((double)(i * i + 3 * n)));
    return tad_input(t, dtype, s, dtype == TAD_F64 ? (void *)x : y);
}

/* softmax(q k^T scale + mask) v, of scores all at once. */
static tad_var in_full(tad_var q, tad_var k, tad_var v, tad_var added, double scale) {
    tad_var s = tad_mul(tad_matmul(q, tad_transpose(k, -1, -2)), tad_number(scale));
    if (!tad_is_none(added)) s = tad_add(s, added);
    return tad_matmul(tad_softmax(s, -1), v);
}

/* 0 where j <= i, else -inf. */
static tad_var causal(tad_dtype dtype, int64_t l, int64_t s) {
    static double m[MOST];
    for (int64_t i = 0; i < l * s; i++) m[i] = i % s <= i / s ? 0 : -INFINITY;
    return tad_constant_from(t, dtype, TAD_SHAPE(l, s), m);
}

static void ck_same(tad_var a, tad_var b, double tol) {
    static double x[MOST], y[MOST];
    size_t n = (size_t)tad_size_of(b);
    ck_tape(t);
    ck_assert_int_eq(tad_size_of(a), tad_size_of(b));
    ck_done(tad_read(a, x, n), t);
    ck_done(tad_read(b, y, n), t);
    for (size_t i = 0; i < n; i++) ck_near(x[i], y[i], tol);
}

/* The value, and the gradients by q, k and v, by sweep and recorded. */
static void ck_as_in_full(tad_var *in, tad_var y, tad_var full, double tol) {
    tad_var g[3], h[3], weight = random_input(tad_dtype_of(y), tad_shape_of(y));
    tad_var loss = tad_sum(tad_mul(y, weight), tad_all());
    ck_same(y, full, tol);
    full = tad_sum(tad_mul(full, weight), tad_all());
    ck_done(tad_grad(&full, NULL, 1, in, 3, g), t);
    ck_done(tad_grad(&loss, NULL, 1, in, 3, h), t);
    ck_done(tad_reverse(loss), t);
    for (int i = 0; i < 3; i++) {
        ck_same(h[i], g[i], 10 * tol);
        ck_same(tad_gradient(in[i]), g[i], 10 * tol);
    }
}

static const struct {
    int64_t l, s, d, e;
} sizes[] = {{1, 1, 1, 1}, {64, 64, 8, 8}, {65, 63, 3, 5}, {150, 150, 4, 2}, {7, 150, 16, 1}};

START_TEST(is_what_it_is_made_of) {
    const tad_dtype dtype = _i % 2 ? TAD_F32 : TAD_F64;
    const double tol = dtype == TAD_F32 ? 2e-5 : 1e-13;
    const int64_t l = sizes[_i / 2].l, s = sizes[_i / 2].s, d = sizes[_i / 2].d,
                  e = sizes[_i / 2].e;
    tad_var in[] = {random_input(dtype, TAD_SHAPE(2, l, d)),
                    random_input(dtype, TAD_SHAPE(2, s, d)),
                    random_input(dtype, TAD_SHAPE(2, s, e))};
    const double scale = 1 / sqrt((double)d);
    ck_as_in_full(in, tad_scaled_dot_product_attention(in[0], in[1], in[2], tad_none(), NULL),
                  in_full(in[0], in[1], in[2], tad_none(), scale), tol);
    ck_as_in_full(in,
                  tad_scaled_dot_product_attention(
                      in[0], in[1], in[2], tad_none(),
                      &(tad_attention_options){.is_causal = true, .scale = {true, 0.7}}),
                  in_full(in[0], in[1], in[2], causal(dtype, l, s), 0.7), tol);
}
END_TEST

START_TEST(masks_of_bools_and_numbers_agree) {
    double seen[15], added[15];
    for (int i = 0; i < 15; i++) {
        seen[i] = i % 5 == 0 || i % 3 == 0;
        added[i] = seen[i] ? 0 : -INFINITY;
    }
    tad_var in[] = {random_input(TAD_F64, TAD_SHAPE(2, 3, 4)),
                    random_input(TAD_F64, TAD_SHAPE(2, 5, 4)),
                    random_input(TAD_F64, TAD_SHAPE(2, 5, 2))};
    tad_var bools = tad_constant_from(t, TAD_BOOL, TAD_SHAPE(3, 5), seen),
            numbers = tad_input(t, TAD_F64, TAD_SHAPE(3, 5), added);
    tad_var full = in_full(in[0], in[1], in[2], numbers, 0.5);
    ck_as_in_full(in, tad_scaled_dot_product_attention(in[0], in[1], in[2], bools, NULL), full,
                  1e-14);
    ck_as_in_full(in, tad_scaled_dot_product_attention(in[0], in[1], in[2], numbers, NULL), full,
                  1e-14);
}
END_TEST

/* Who sees no key gets 0 and passes nothing on, in every mode. */
START_TEST(a_query_that_sees_no_key_gets_nothing) {
    const double inf = INFINITY, added[] = {0, -1, -inf, -inf};
    tad_var in[4] = {random_input(TAD_F64, TAD_SHAPE(2, 3)), random_input(TAD_F64, TAD_SHAPE(2, 3)),
                     random_input(TAD_F64, TAD_SHAPE(2, 2)),
                     tad_input(t, TAD_F64, TAD_SHAPE(2, 2), added)};
    tad_var y = tad_scaled_dot_product_attention(in[0], in[1], in[2], in[3], NULL), g[4];
    tad_var second = tad_slice(y, 0, 1, 2, 1), loss = tad_sum(tad_square(y), tad_all());
    ck_values(second, 0, 0, 0);
    ck_done(tad_grad(&loss, NULL, 1, in, 4, g), t);
    ck_done(tad_reverse(loss), t);
    for (int i = 0; i < 4; i++) ck_same(tad_gradient(in[i]), g[i], 1e-14);
    ck_values(tad_slice(g[0], 0, 1, 2, 1), 0, 0, 0, 0);
    ck_values(tad_slice(g[3], 0, 1, 2, 1), 0, 0, 0);
}
END_TEST

/* A NaN is no key that is not seen. */
START_TEST(a_nan_travels) {
    const double q[] = {NAN, 1};
    tad_var y = tad_scaled_dot_product_attention(
        tad_input(t, TAD_F64, TAD_SHAPE(2, 1), q), random_input(TAD_F64, TAD_SHAPE(3, 1)),
        random_input(TAD_F64, TAD_SHAPE(3, 1)), tad_full(t, TAD_F64, TAD_SHAPE(2, 3), 0), NULL);
    double got[2];
    ck_done(tad_read(y, got, 2), t);
    ck_assert(isnan(got[0]) && isfinite(got[1]));
}
END_TEST

static tad_var attend(tad_var q, tad_var k, tad_var v, bool is_causal) {
    return tad_scaled_dot_product_attention(q, k, v, tad_none(),
                                            &(tad_attention_options){.is_causal = is_causal});
}

/* The gradient of a sum of squares by x. */
static tad_var gradient_of(tad_var y, tad_var x) {
    ck_done(tad_reverse(tad_sum(tad_square(y), tad_all())), t);
    return tad_gradient(x);
}

/* (batch, places, heads, numbers), as a layer leaves them. */
START_TEST(heads_may_lie_as_they_do) {
    tad_var x = random_input(TAD_F64, TAD_SHAPE(2, 70, 4, 6));
    tad_var heads = tad_permute(x, TAD_AXES(0, 2, 1, 3)), copy = tad_add(heads, tad_number(0));
    tad_var a = attend(heads, heads, heads, true), b = attend(copy, copy, copy, true);
    ck_same(a, b, 1e-15);
    ck_same(gradient_of(a, x), gradient_of(b, x), 1e-14);
}
END_TEST

START_TEST(queries_in_groups_share_keys) {
    tad_var q = random_input(TAD_F64, TAD_SHAPE(2, 3, 70, 5)),
            k = random_input(TAD_F64, TAD_SHAPE(2, 1, 66, 5)),
            v = random_input(TAD_F64, TAD_SHAPE(66, 4));
    tad_var keys = tad_add(k, tad_full(t, TAD_F64, TAD_SHAPE(2, 3, 66, 5), 0)),
            values = tad_add(v, tad_full(t, TAD_F64, TAD_SHAPE(2, 3, 66, 4), 0));
    tad_var a = attend(q, k, v, false), b = attend(q, keys, values, false);
    ck_shape(a, 2, 3, 70, 4);
    ck_same(a, b, 1e-15);
    ck_same(gradient_of(a, q), gradient_of(b, q), 1e-14);
    ck_same(gradient_of(a, k), gradient_of(b, k), 1e-13);
    ck_same(gradient_of(a, v), gradient_of(b, v), 1e-13);
}
END_TEST

/* One mask for all batches has the sum of what they say of it. */
START_TEST(a_mask_may_be_shared) {
    tad_var q = random_input(TAD_F64, TAD_SHAPE(3, 4, 2)),
            k = random_input(TAD_F64, TAD_SHAPE(3, 5, 2)), m = random_input(TAD_F64, TAD_SHAPE(5));
    tad_var y = tad_scaled_dot_product_attention(q, k, k, m, NULL), g;
    tad_var loss = tad_sum(tad_square(y), tad_all());
    ck_done(tad_grad(&loss, NULL, 1, &m, 1, &g), t);
    ck_same(gradient_of(y, m), g, 1e-14);
}
END_TEST

static void read_all(int threads, double *to) {
    enum { SIZE = 6 * 70 * 8 };
    tad_tape_free(t);
    t = tad_tape_new(&(tad_settings){.threads = threads});
    tad_var q = random_input(TAD_F64, TAD_SHAPE(6, 70, 8)), y = attend(q, q, q, true);
    ck_done(tad_read(y, to, SIZE), t);
    ck_done(tad_read(gradient_of(y, q), to + SIZE, SIZE), t);
}

START_TEST(threads_change_no_bit) {
    static double one[2 * 6 * 70 * 8], four[2 * 6 * 70 * 8];
    read_all(1, one);
    read_all(4, four);
    ck_assert_mem_eq(one, four, sizeof one);
}
END_TEST

/* 2000 x 2000 scores would be 32 MB. */
START_TEST(scores_are_not_kept) {
    static double x[2000];
    tad_var q = tad_input(t, TAD_F64, TAD_SHAPE(2000, 1), x), y = attend(q, q, q, true);
    (void)gradient_of(y, q);
    ck_tape(t);
    ck_assert_uint_lt(tad_tape_memory(t).peak, 4000000);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("attention");
    TCase *c = support_case(s, "attention");
    tcase_add_checked_fixture(c, new_tape, free_tape);
    tcase_add_loop_test(c, is_what_it_is_made_of, 0, 2 * sizeof sizes / sizeof *sizes);
    tcase_add_test(c, masks_of_bools_and_numbers_agree);
    tcase_add_test(c, a_query_that_sees_no_key_gets_nothing);
    tcase_add_test(c, a_nan_travels);
    tcase_add_test(c, heads_may_lie_as_they_do);
    tcase_add_test(c, queries_in_groups_share_keys);
    tcase_add_test(c, a_mask_may_be_shared);
    tcase_add_test(c, threads_change_no_bit);
    tcase_add_test(c, scores_are_not_kept);
    return s;
}

SUPPORT_MAIN(suite)
