/* Indexing ops and dropout: values, repeated indices, refusals before anything is written. */
#include "support.h"

static const double six[] = {1, 2, 3, 4, 5, 6};

static tad_var two_by_three(tad_tape *t) { return tad_input(t, TAD_F64, TAD_SHAPE(2, 3), six); }

static tad_var whole(tad_tape *t, tad_shape shape, const double *data) {
    return tad_constant_from(t, TAD_I64, shape, data);
}

START_TEST(gathers) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = two_by_three(t), at = whole(t, TAD_SHAPE(2, 2), (double[]){2, 2, 0, 1});
    tad_var y = tad_gather(x, at, 1);
    ck_values(y, 0, 3, 3, 4, 5);
    ck_values(tad_gather(tad_transpose(x, 0, 1), tad_transpose(at, 0, 1), 0), 0, 3, 4, 3, 5);
    ck_done(tad_reverse(tad_sum(tad_mul(y, y), tad_all())), t);
    ck_values(tad_gradient(x), 0, 0, 0, 12, 8, 10, 0);
    tad_var label = whole(t, TAD_SHAPE(2, 1), (double[]){2, 0});
    ck_values(tad_gather(x, label, -1), 0, 3, 4);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(scatters) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){10, 20, 30}),
            src = tad_input(t, TAD_F64, TAD_SHAPE(5), six);
    tad_var at = whole(t, TAD_SHAPE(5), (double[]){0, 2, 0, 2, 0}),
            y = tad_scatter_add(x, at, src, 0);
    ck_values(y, 0, 10 + 1 + 3 + 5, 20, 30 + 2 + 4);
    ck_values(x, 0, 10, 20, 30);
    ck_done(
        tad_reverse(tad_sum(tad_mul(y, tad_constant(t, TAD_F64, TAD_SHAPE(3), six)), tad_all())),
        t);
    ck_values(tad_gradient(x), 0, 1, 2, 3);
    ck_values(tad_gradient(src), 0, 1, 3, 1, 3, 1);
    tad_tape_free(t);
}
END_TEST

/* By name: ops without a C function of their own. */
static tad_var by_name(tad_tape *t, const char *name, tad_var a, tad_var b,
                       const tad_value *options, size_t n) {
    return tad_call(t, name, (tad_var[]){a, b}, 2, options, n, NULL, 0);
}

START_TEST(selections) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = two_by_three(t), list = whole(t, TAD_SHAPE(2), (double[]){2, 2});
    const tad_value axis1 = {.name = "axis", .kind = TAD_VALUE_INT, .integer = 1};
    tad_var y = by_name(t, "index_select", x, list, &axis1, 1);
    ck_values(y, 0, 3, 3, 6, 6);
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    ck_values(tad_gradient(x), 0, 0, 0, 2, 0, 0, 2);
    ck_values(by_name(t, "take_along_axis", tad_transpose(x, 0, 1), list, NULL, 0), 0, 2, 2);
    tad_var column = whole(t, TAD_SHAPE(1, 1), (double[]){1});
    y = by_name(t, "take_along_axis", x, column, &axis1, 1);
    ck_values(y, 0, 2, 5);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(embeds) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var rows = two_by_three(t), ids = whole(t, TAD_SHAPE(2, 2), (double[]){1, 0, 1, 1});
    tad_var y = by_name(t, "embedding", ids, rows, NULL, 0);
    ck_shape(y, 2, 2, 3);
    ck_values(y, 0, 4, 5, 6, 1, 2, 3, 4, 5, 6, 4, 5, 6);
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    ck_values(tad_gradient(rows), 0, 1, 1, 1, 3, 3, 3);
    const tad_value padding = {.name = "padding_idx", .kind = TAD_VALUE_INT, .integer = -1};
    tad_var z = tad_sum(by_name(t, "embedding", ids, rows, &padding, 1), tad_all()), g;
    ck_done(tad_reverse(z), t);
    ck_values(tad_gradient(rows), 0, 1, 1, 1, 0, 0, 0);
    ck_done(tad_grad(&z, NULL, 1, &rows, 1, &g), t);
    ck_values(g, 0, 1, 1, 1, 0, 0, 0);
    tad_tape_free(t);
}
END_TEST

START_TEST(one_hots) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var ids = whole(t, TAD_SHAPE(3), (double[]){1, 0, 2});
    ck_values(tad_one_hot(ids, -1), 0, 0, 1, 0, 1, 0, 0, 0, 0, 1);
    ck_shape(tad_one_hot(ids, 5), 3, 5);
    tad_one_hot(ids, 2);
    ck_refused(t, TAD_BAD_INDEX, "one_hot", "index 2", "0 to 1");
    tad_tape_free(t);
}
END_TEST

START_TEST(bad_indices_are_refused) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = two_by_three(t);
    tad_gather(x, whole(t, TAD_SHAPE(1, 1), (double[]){-1}), 1);
    ck_refused(t, TAD_BAD_INDEX, "gather: (2,3)", "index -1");
    tad_gather(x, whole(t, TAD_SHAPE(1, 2), (double[]){0, 3}), 1);
    ck_refused(t, TAD_BAD_INDEX, "index 3");
    tad_gather(x, tad_transpose(whole(t, TAD_SHAPE(1, 2), (double[]){0, 2}), 0, 1), 0);
    ck_refused(t, TAD_BAD_INDEX, "index 2");
    tad_scatter_add(x, whole(t, TAD_SHAPE(2, 1), (double[]){0, 9}),
                    tad_full(t, TAD_F64, TAD_SHAPE(2, 1), 1), 1);
    ck_refused(t, TAD_BAD_INDEX, "scatter_add");
    tad_tape_free(t);
}
END_TEST

START_TEST(dropout_is_right_on_average) {
    tad_tape *t = tad_tape_new(&(tad_settings){.seed = 5});
    tad_var x = tad_full(t, TAD_F64, TAD_SHAPE(100, 1000), 1),
            in = tad_input(t, TAD_F64, TAD_SHAPE(100, 1000), NULL);
    uint64_t drawn = tad_tape_random(t).drawn;
    tad_var y = tad_dropout(tad_add(x, in), 0.25);
    ck_assert_uint_eq(tad_tape_random(t).drawn, drawn + 100000);
    ck_near(tad_item(tad_mean(y, tad_all())), 1, 0.01);
    ck_near(tad_item(tad_amax(y, tad_all())), 1 / 0.75, 1e-15);
    ck_values(tad_amin(y, tad_all()), 0, 0);
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    ck_values(tad_amax(tad_abs(tad_sub(tad_gradient(in), y)), tad_all()), 0,
              0); /* y is the factor itself */
    ck_values(tad_amax(tad_dropout(x, 1), tad_all()), 0, 0);
    ck_values(tad_amin(tad_dropout(x, 0), tad_all()), 0, 1);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* Wherever elements and mask lie, and whatever is repeated. */
START_TEST(dropout_by_a_mask) {
    enum { ROWS = 5, COLUMNS = 7, ALL = ROWS * COLUMNS };
    double x[ALL];
    bool mask[ALL];
    for (int i = 0; i < ALL; i++) x[i] = i + 1, mask[i] = i % 3 == 1;
    tad_tape *t = tad_tape_new(NULL);
    const tad_shape shape = TAD_SHAPE(ROWS, COLUMNS), turned = TAD_SHAPE(COLUMNS, ROWS);
    for (int k = 0; k < 12; k++) {
        const bool turn_x = k % 3 == 1, turn_mask = k % 3 == 2, row = k >= 6;
        const tad_dtype dtype = k % 2 ? TAD_F32 : TAD_F64;
        tad_var v = tad_cast(tad_input(t, TAD_F64, turn_x ? turned : shape, x), dtype),
                keep = tad_constant(t, TAD_BOOL,
                                    row         ? TAD_SHAPE(COLUMNS)
                                    : turn_mask ? turned
                                                : shape,
                                    mask);
        if (turn_x) v = tad_transpose(v, 0, 1);
        if (turn_mask && !row) keep = tad_transpose(keep, 0, 1);
        const double p = k == 11 ? 1 : 0.75;
        double got[ALL];
        ck_done(tad_read(tad_dropout_mask(v, keep, p), got, ALL), t);
        for (int i = 0; i < ROWS; i++)
            for (int j = 0; j < COLUMNS; j++) {
                const double value = turn_x ? x[j * ROWS + i] : x[i * COLUMNS + j];
                const bool kept = row         ? mask[j]
                                  : turn_mask ? mask[j * ROWS + i]
                                              : mask[i * COLUMNS + j];
                ck_assert_double_eq(got[i * COLUMNS + j], kept && p < 1 ? 4 * value : 0);
            }
    }
    tad_tape_free(t);
}
END_TEST

/* One that is refused, or comes after a failure, draws nothing. */
START_TEST(dropout_that_is_refused_draws_nothing) {
    tad_tape *t = tad_tape_new(NULL);
    const tad_random before = tad_tape_random(t);
    tad_var label = tad_constant(t, TAD_I64, TAD_SHAPE(3), NULL),
            x = tad_input(t, TAD_F64, TAD_SHAPE(3), NULL);
    ck_assert(tad_is_nil(tad_dropout(label, 0.5)));
    ck_assert(tad_is_nil(tad_dropout(x, 0.5)));
    ck_refused(t, TAD_BAD_DTYPE, "dropout");
    ck_assert(tad_is_nil(tad_dropout(x, -0.5)));
    ck_refused(t, TAD_BAD_ARGUMENT, "-0.5");
    ck_assert_uint_eq(tad_tape_random(t).drawn, before.drawn);
    tad_tape_free(t);
}
END_TEST

START_TEST(dropout_repeats_from_a_state) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_full(t, TAD_F32, TAD_SHAPE(1000), 1);
    tad_random state = tad_tape_random(t);
    tad_var first = tad_dropout(x, 0.5), second = tad_dropout(x, 0.5);
    tad_tape_set_random(t, state);
    tad_var again = tad_dropout(x, 0.5);
    ck_values(tad_amax(tad_abs(tad_sub(first, again)), tad_all()), 0, 0);
    ck_assert_double_gt(tad_item(tad_amax(tad_abs(tad_sub(first, second)), tad_all())), 0);
    state = tad_tape_random(t);
    tad_dropout(x, 1.5);
    ck_refused(t, TAD_BAD_ARGUMENT, "dropout", "1.5");
    ck_assert_uint_eq(tad_tape_random(t).drawn, state.drawn);
    tad_tape_free(t);
}
END_TEST

/* Returns the number of allocations. */
/* It may be shorter; on no axis but that of the gathering may it be longer. */
START_TEST(an_index_longer_than_the_array_is_refused) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3, 2), NULL);
    for (int axis = 0; axis < 3; axis++)
        for (int longer = 0; longer < 3; longer++) {
            tad_shape s = TAD_SHAPE(2, 3, 2);
            s.dim[longer]++;
            tad_var index = tad_constant(t, TAD_I64, s, NULL);
            tad_var y = tad_gather(x, index, axis);
            ck_assert_int_eq(tad_is_nil(y), axis != longer);
            if (axis != longer) ck_refused(t, TAD_BAD_SHAPE, "gather", "larger than x off axis");
        }
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

static size_t with_failure_at(size_t fail_at) {
    support_memory m = {.fail_at = fail_at};
    tad_tape *t = support_tape(&m);
    if (t) {
        tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(300, 300), NULL), at;
        tad_var y =
            tad_max(tad_concat((tad_var[]){x, tad_transpose(x, 0, 1)}, 2, 0), tad_axis(0), &at);
        tad_var z = tad_add(tad_sum(y, tad_all()), tad_logsumexp(x, tad_all())),
                d = tad_dropout(x, 0.5);
        if (tad_is_nil(d)) ck_assert_uint_eq(tad_tape_random(t).drawn, 0);
        bool done = tad_tape_status(t) == TAD_OK && tad_reverse(z) == TAD_OK;
        ck_assert_int_eq(tad_tape_status(t), done ? TAD_OK : TAD_NO_MEMORY);
        ck_assert(done || m.refused > 0);
        tad_tape_free(t);
    }
    ck_no_leak(&m);
    return m.requests;
}

/* Each allocation fails in turn: nothing leaks, the random numbers stay where they were. */
START_TEST(out_of_memory) {
    size_t all = with_failure_at(0);
    ck_assert_uint_gt(all, 5);
    for (size_t fail_at = 1; fail_at <= all; fail_at++) with_failure_at(fail_at);
}
END_TEST

/* Rows of `width` numbers; the padding, row 1, is hit twice of five times. */
static void pad(tad_shape indices, int64_t width) {
    static const double hits[] = {1, 0, 2};
    tad_tape *t = tad_tape_new(NULL);
    double data[6], seen[6], other[6];
    for (int i = 0; i < 6; i++) data[i] = i + 1;
    tad_var w = tad_input(t, TAD_F64, TAD_SHAPE(3, width), data),
            at = whole(t, indices, (double[]){2, 1, 0, 1, 2});
    for (int64_t padding = -2; padding <= 1; padding += 3) {
        tad_var y = tad_embedding_padded(at, w, padding), g, tangent,
                ones = tad_full(t, TAD_F64, TAD_SHAPE(3, width), 1), sum = tad_sum(y, tad_all());
        ck_near(tad_item(tad_slice(tad_flatten(y, 0, -1), 0, width, width + 1, 1)),
                (double)width + 1, 0); /* the value is the row's all the same */
        ck_done(tad_reverse(sum), t);
        ck_done(tad_read(tad_gradient(w), seen, (size_t)(3 * width)), t);
        ck_done(tad_grad(&sum, NULL, 1, &w, 1, &g), t);
        ck_done(tad_read(g, other, (size_t)(3 * width)), t);
        ck_done(tad_tangent(&sum, 1, &w, &ones, 1, &tangent), t);
        for (int64_t i = 0; i < 3 * width; i++) {
            ck_near(seen[i], hits[i / width], 0);
            ck_near(other[i], seen[i], 0);
        }
        ck_near(tad_item(tangent), 3 * (double)width, 0);
    }
    ck_tape(t);
    tad_tape_free(t);
}

/* Rows of one number, that lie a step apart as the indices do, too. */
START_TEST(the_padding_row_is_constant_in_every_sweep) {
    pad(TAD_SHAPE(5), 2);
    pad(TAD_SHAPE(5), 1);
    pad(TAD_SHAPE(1, 5), 1);
    pad(TAD_SHAPE(5, 1), 2);
}
END_TEST

START_TEST(what_is_masked_is_float) {
    static const tad_dtype none[] = {TAD_I64, TAD_BOOL};
    tad_tape *t = tad_tape_new(NULL);
    tad_var mask = tad_constant(t, TAD_BOOL, TAD_SHAPE(3), NULL);
    for (int i = 0; i < 2; i++) {
        tad_var x = tad_constant(t, none[i], TAD_SHAPE(3), NULL);
        ck_assert(tad_is_nil(tad_dropout_mask(x, mask, 0.5)));
        ck_refused(t, TAD_BAD_DTYPE, "dropout", "needs float64 or float32");
        ck_assert(tad_is_nil(tad_masked_fill(x, mask, 1)));
        ck_refused(t, TAD_BAD_DTYPE, "masked_fill", "needs float64 or float32");
    }
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("indexing ops");
    TCase *values = support_case(s, "values");
    tcase_add_test(values, gathers);
    tcase_add_test(values, scatters);
    tcase_add_test(values, selections);
    tcase_add_test(values, embeds);
    tcase_add_test(values, the_padding_row_is_constant_in_every_sweep);
    tcase_add_test(values, one_hots);
    TCase *refusals = support_case(s, "refusals");
    tcase_add_test(refusals, bad_indices_are_refused);
    tcase_add_test(refusals, an_index_longer_than_the_array_is_refused);
    tcase_add_test(refusals, out_of_memory);
    tcase_add_test(refusals, what_is_masked_is_float);
    TCase *random = support_case(s, "dropout");
    tcase_add_test(random, dropout_is_right_on_average);
    tcase_add_test(random, dropout_by_a_mask);
    tcase_add_test(random, dropout_that_is_refused_draws_nothing);
    tcase_add_test(random, dropout_repeats_from_a_state);
    return s;
}
SUPPORT_MAIN(suite)
