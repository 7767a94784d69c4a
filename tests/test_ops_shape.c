/* Ops that move elements: values, views, gradients through views, refusals. */
#include "support.h"

static const double six[] = {1, 2, 3, 4, 5, 6};

static tad_var two_by_three(tad_tape *t) { return tad_input(t, TAD_F64, TAD_SHAPE(2, 3), six); }

START_TEST(reshape_keeps_the_order) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = two_by_three(t);
    ck_shape(tad_reshape(x, TAD_SHAPE(3, -1)), 3, 2);
    ck_values(tad_reshape(x, TAD_SHAPE(-1)), 0, 1, 2, 3, 4, 5, 6);
    ck_values(tad_reshape(tad_transpose(x, 0, 1), TAD_SHAPE(2, 3)), 0, 1, 4, 2, 5, 3, 6);
    ck_shape(tad_reshape(tad_scalar(t, 7), TAD_SHAPE(1, 1)), 1, 1);
    ck_values(tad_reshape(tad_reshape(tad_scalar(t, 7), TAD_SHAPE(1)), TAD_0D), 0, 7);
    ck_shape(tad_reshape(x, TAD_SHAPE(1, 1, 2, 1, 1, 3, 1, 1)), 1, 1, 2, 1, 1, 3, 1, 1);
    ck_shape(tad_flatten(x, 0, -1), 6);
    ck_shape(tad_unsqueeze(x, -1), 2, 3, 1);
    ck_shape(tad_squeeze(tad_reshape(x, TAD_SHAPE(1, 6, 1)), tad_all()), 6);
    ck_shape(tad_squeeze(tad_reshape(x, TAD_SHAPE(1, 6, 1)), tad_axis(-1)), 1, 6);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(views_share_memory) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(100, 100), NULL);
    size_t before = tad_tape_memory(t).live;
    for (int i = 0; i < 50; i++) {
        tad_transpose(x, 0, 1);
        tad_slice(x, 0, 1, 90, 2);
        tad_broadcast_to(x, TAD_SHAPE(1000, 100, 100));
        tad_flip(x, tad_axis(0));
        tad_reshape(x, TAD_SHAPE(-1));
    }
    ck_tape(t);
    ck_assert_uint_lt(tad_tape_memory(t).live - before, 80000 * 4); /* one copy of x has 80000 */
    tad_tape_free(t);
}
END_TEST

START_TEST(a_view_of_a_number_outlives_the_nodes) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var one = tad_reshape(tad_scalar(t, 42), TAD_SHAPE(1));
    for (int i = 0; i < 100000; i++) tad_scalar(t, i); /* the nodes move while they grow */
    ck_values(one, 0, 42);
    tad_tape_free(t);
}
END_TEST

START_TEST(axes_move) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = two_by_three(t), y = tad_reshape(x, TAD_SHAPE(1, 2, 3));
    ck_values(tad_transpose(x, 0, -1), 0, 1, 4, 2, 5, 3, 6);
    ck_shape(tad_permute(y, TAD_AXES(2, 0, 1)), 3, 1, 2);
    ck_values(tad_permute(y, TAD_AXES(2, 0, 1)), 0, 1, 4, 2, 5, 3, 6);
    ck_values(tad_flip(x, tad_axis(0)), 0, 4, 5, 6, 1, 2, 3);
    ck_values(tad_flip(tad_transpose(x, 0, 1), TAD_AXES(0, 1)), 0, 6, 3, 5, 2, 4, 1);
    ck_values(tad_broadcast_to(tad_reshape(x, TAD_SHAPE(6, 1)), TAD_SHAPE(6, 2)), 0, 1, 1, 2, 2, 3,
              3, 4, 4, 5, 5, 6, 6);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(slices_are_pythons) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(6), six);
    ck_values(tad_slice(x, 0, 1, 5, 2), 0, 2, 4);
    ck_values(tad_slice(x, 0, -2, 100, 1), 0, 5, 6);
    ck_values(tad_slice(x, 0, TAD_END, TAD_END, -2), 0, 6, 4, 2);
    ck_values(tad_slice(x, 0, 4, 0, -3), 0, 5, 2);
    ck_values(tad_slice(x, 0, 4, -100, -3), 0, 5, 2);
    ck_shape(tad_slice(x, 0, 4, 2, 1), 0);
    ck_values(tad_slice(x, 0, 3, TAD_END, INT64_MAX), 0, 4);
    ck_values(tad_slice(x, 0, INT64_MIN, INT64_MAX, 1), 0, 1, 2, 3, 4, 5, 6);
    ck_values(tad_slice(x, 0, INT64_MAX, INT64_MIN, INT64_MIN), 0, 6);
    tad_var m = two_by_three(t);
    ck_values(tad_slice(m, -1, 1, 3, 1), 0, 2, 3, 5, 6);
    tad_var twice = tad_slice(tad_slice(m, 1, TAD_END, TAD_END, -1), 0, 1, 2, 1);
    ck_values(twice, 0, 6, 5, 4);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(pieces_join) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = two_by_three(t), row = tad_input(t, TAD_F64, TAD_SHAPE(1, 3), (double[]){7, 8, 9});
    ck_values(tad_concat((tad_var[]){x, row}, 2, 0), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    ck_values(tad_concat((tad_var[]){tad_transpose(x, 0, 1), tad_transpose(row, 0, 1)}, 2, -1), 0,
              1, 4, 7, 2, 5, 8, 3, 6, 9);
    ck_values(tad_stack((tad_var[]){tad_scalar(t, 1), tad_number(2), tad_scalar(t, 3)}, 3, 0), 0, 1,
              2, 3);
    ck_values(tad_stack((tad_var[]){row, row}, 2, -1), 0, 7, 7, 8, 8, 9, 9);
    tad_var many[100];
    for (int i = 0; i < 100; i++) many[i] = row;
    ck_shape(tad_concat(many, 100, 0), 100, 3);
    tad_var whole = tad_constant_from(t, TAD_I64, TAD_SHAPE(2), six);
    ck_values(tad_concat((tad_var[]){whole, whole}, 2, 0), 0, 1, 2, 1, 2);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(gradients_go_back) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = two_by_three(t), w = tad_constant(t, TAD_F64, TAD_SHAPE(3, 2), six);
    ck_done(tad_reverse(tad_sum(tad_mul(tad_transpose(x, 0, 1), w), tad_all())), t);
    ck_values(tad_gradient(x), 0, 1, 3, 5, 2, 4, 6);
    tad_var part = tad_slice(x, 1, TAD_END, TAD_END, -2); /* 3 1, 6 4 */
    tad_var sum = tad_sum(tad_mul(part, tad_constant(t, TAD_F64, TAD_SHAPE(2, 2), six)), tad_all());
    ck_done(tad_reverse(tad_add(sum, tad_sum(part, tad_all()))), t);
    ck_values(tad_gradient(x), 0, 3, 0, 2, 5, 0, 4);
    tad_var twice = tad_concat((tad_var[]){x, tad_flip(x, tad_axis(1))}, 2, 0);
    ck_done(tad_reverse(tad_sum(
                tad_mul(twice, tad_reshape(tad_concat((tad_var[]){w, w}, 2, 0), TAD_SHAPE(4, 3))),
                tad_all())),
            t);
    ck_values(tad_gradient(x), 0, 1 + 3, 2 + 2, 3 + 1, 4 + 6, 5 + 5, 6 + 4);
    ck_done(tad_reverse(tad_sum(tad_broadcast_to(x, TAD_SHAPE(5, 2, 3)), tad_all())), t);
    ck_values(tad_gradient(x), 0, 5, 5, 5, 5, 5, 5);
    tad_tape_free(t);
}
END_TEST

START_TEST(float32_goes_back) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F32, TAD_SHAPE(2, 3), (float[]){1, 2, 3, 4, 5, 6});
    tad_var part = tad_slice(x, 1, 0, 3, 2);
    tad_var y = tad_add(tad_sum(tad_mul(part, part), tad_all()),
                        tad_sum(tad_concat((tad_var[]){part, part}, 2, 1), tad_all()));
    ck_done(tad_reverse(y), t);
    ck_values(tad_gradient(x), 0, 4, 0, 8, 10, 0, 14);
    tad_tape_free(t);
}
END_TEST

START_TEST(flattening_one_axis_of_eight_changes_nothing) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(1, 1, 2, 1, 1, 3, 1, 1), six);
    for (int axis = 0; axis < 8; axis++)
        ck_shape(tad_flatten(x, axis, axis), 1, 1, 2, 1, 1, 3, 1, 1);
    ck_shape(tad_flatten(x, 0, 7), 6);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* Every other element of rows and columns, from any type to any. */
START_TEST(views_with_gaps_are_cast) {
    const tad_dtype dtypes[] = {TAD_F64, TAD_F32, TAD_I64, TAD_BOOL};
    const double numbers[] = {3, 0, 5, 1, 2, 0, 0, 4, 7, 1, 0, 2, 1, 1, 3, 0, 6, 0, 2, 9};
    tad_tape *t = tad_tape_new(NULL);
    for (int from = 0; from < 4; from++)
        for (int to = 0; to < 4; to++) {
            double x[20], got[6];
            for (int i = 0; i < 20; i++)
                x[i] = dtypes[from] == TAD_BOOL ? numbers[i] > 0 : numbers[i];
            tad_var whole = tad_constant_from(t, dtypes[from], TAD_SHAPE(4, 5), x),
                    view = tad_slice(tad_slice(whole, 0, 0, TAD_END, 2), 1, 0, TAD_END, 2);
            ck_done(tad_read(tad_cast(view, dtypes[to]), got, 6), t);
            for (int i = 0; i < 6; i++) {
                const double right = x[10 * (i / 3) + 2 * (i % 3)];
                ck_assert(got[i] == (dtypes[to] == TAD_BOOL ? right != 0 : right));
            }
        }
    tad_tape_free(t);
}
END_TEST

START_TEST(views_of_nothing_are_copied) {
    tad_tape *t = tad_tape_new(NULL);
    const tad_shape shapes[] = {TAD_SHAPE(0, 3, 2), TAD_SHAPE(3, 0, 2), TAD_SHAPE(3, 2, 0)};
    for (int i = 0; i < 3; i++) {
        tad_var x = tad_input(t, TAD_F64, shapes[i], NULL);
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++) {
                tad_var turned = tad_flip(tad_transpose(x, a, b), tad_axis(0));
                ck_shape(tad_reshape(turned, TAD_SHAPE(0)), 0);
                ck_shape(tad_reshape(tad_cast(turned, TAD_F32), TAD_SHAPE(0)), 0);
                ck_values(tad_sum(tad_mul(turned, tad_exp(turned)), tad_all()), 0, 0);
            }
    }
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* Whole tiles of 64 rows and columns, and parts of tiles. */
START_TEST(large_transposes_of_every_type_are_copied) {
    enum { A = 130, B = 71 };
    static double x[A * B], y[A * B];
    const tad_dtype dtypes[] = {TAD_F64, TAD_F32, TAD_I64, TAD_BOOL};
    tad_tape *t = tad_tape_new(NULL);
    for (int i = 0; i < A * B; i++) x[i] = dtypes[_i] == TAD_BOOL ? i % 7 < 3 : i;
    tad_var v = tad_constant_from(t, dtypes[_i], TAD_SHAPE(A, B), x);
    ck_done(tad_read(tad_reshape(tad_transpose(v, 0, 1), TAD_SHAPE(A * B)), y, A * B), t);
    for (int i = 0; i < A; i++)
        for (int k = 0; k < B; k++) ck_assert(y[k * A + i] == x[i * B + k]);
    tad_tape_free(t);
}
END_TEST

START_TEST(axes_in_any_order_are_copied) {
    enum { N = 66 * 35 * 70 };
    static const int order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static double x[N], y[N];
    const int64_t dim[3] = {66, 35, 70}, stride[3] = {35 * 70, 70, 1};
    tad_tape *t = tad_tape_new(NULL);
    for (int i = 0; i < N; i++) x[i] = i;
    tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(66, 35, 70), x);
    const int *o = order[_i];
    ck_done(tad_read(tad_reshape(tad_permute(v, tad_axes_of(o, 3)), TAD_SHAPE(N)), y, N), t);
    const double *at = y;
    for (int64_t i = 0; i < dim[o[0]]; i++)
        for (int64_t j = 0; j < dim[o[1]]; j++)
            for (int64_t k = 0; k < dim[o[2]]; k++, at++)
                ck_assert(*at == (double)(i * stride[o[0]] + j * stride[o[1]] + k * stride[o[2]]));
    tad_tape_free(t);
}
END_TEST

/* Into places that are no neighbours either. */
START_TEST(transposes_are_stacked) {
    enum { A = 17, B = 12 };
    static double x[A * B], y[2 * A * B];
    tad_tape *t = tad_tape_new(NULL);
    for (int i = 0; i < A * B; i++) x[i] = i;
    tad_var v = tad_transpose(tad_constant(t, TAD_F64, TAD_SHAPE(A, B), x), 0, 1);
    ck_done(tad_read(tad_stack((tad_var[]){v, tad_neg(v)}, 2, 2), y, 2 * A * B), t);
    for (int i = 0; i < B; i++)
        for (int k = 0; k < A; k++) {
            const double right = x[k * B + i];
            ck_assert(y[2 * (i * A + k)] == right && y[2 * (i * A + k) + 1] == -right);
        }
    tad_tape_free(t);
}
END_TEST

START_TEST(gradients_of_large_transposes_are_added) {
    enum { A = 130, B = 71 };
    static double x[A * B], w[A * B], g[A * B];
    const tad_dtype dtype = _i ? TAD_F32 : TAD_F64;
    tad_tape *t = tad_tape_new(NULL);
    for (int i = 0; i < A * B; i++) x[i] = i % 100, w[i] = i;
    tad_var v = tad_cast(tad_input(t, TAD_F64, TAD_SHAPE(A, B), x), dtype),
            u = tad_constant_from(t, dtype, TAD_SHAPE(B, A), w);
    tad_var y = tad_add(tad_sum(tad_square(v), tad_all()),
                        tad_sum(tad_mul(tad_transpose(v, 0, 1), u), tad_all()));
    tad_retain(v);
    ck_done(tad_reverse(y), t);
    ck_done(tad_read(tad_gradient(v), g, A * B), t);
    for (int i = 0; i < A; i++)
        for (int k = 0; k < B; k++) ck_assert(g[i * B + k] == 2 * x[i * B + k] + w[k * A + i]);
    tad_tape_free(t);
}
END_TEST

START_TEST(too_many_axes_are_refused) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = two_by_three(t);
    int axes[TAD_MAX_RANK + 1] = {0};
    tad_permute(x, tad_axes_of(axes, TAD_MAX_RANK + 1));
    ck_refused(t, TAD_BAD_AXIS, "permute", "(2,3)");
    tad_flip(x, tad_axes_of(axes, TAD_MAX_RANK + 1));
    ck_refused(t, TAD_BAD_AXIS, "flip");
    tad_slice(x, 2, 0, 1, 1);
    ck_refused(t, TAD_BAD_AXIS, "slice", "no axis 2");
    tad_reshape(x, TAD_SHAPE(4, 2));
    ck_refused(t, TAD_BAD_SHAPE, "reshape: (2,3)", "6 elements do not make (4,2)");
    tad_broadcast_to(x, TAD_SHAPE(INT64_MAX, 2, 3));
    ck_refused(t, TAD_BAD_SHAPE, "broadcast_to");
    ck_assert(tad_is_nil(tad_concat(NULL, 0, 0)));
    tad_tape_free(t);
}
END_TEST

/* 2^32 + 65536 elements: where a size_t has 32 bits, the number must not be taken for its lower
 * half. */
START_TEST(as_many_axes_are_named_as_there_can_be) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(1, 1, 1, 1, 1, 1, 1, 1), (double[]){5});
    ck_values(tad_sum(x, TAD_AXES(0, 1, 2, 3, 4, 5, 6, 7)), 0, 5);
    for (int count = -1; count < 11; count += 10) {
        tad_axes axes = TAD_AXES(0, 1, 2, 3, 4, 5, 6, 7);
        char words[40];
        axes.count = count;
        snprintf(words, sizeof words, "%d axes are named", count);
        ck_assert(tad_is_nil(tad_sum(x, axes)));
        ck_refused(t, TAD_BAD_AXIS, "sum", words);
    }
    ck_assert(tad_is_nil(tad_sum(x, TAD_AXES(0, 1, 2, 3, 4, 5, 6, 8))));
    ck_refused(t, TAD_BAD_AXIS, "sum", "no axis 8, or named twice");
    ck_assert(tad_is_nil(tad_sum(x, TAD_AXES(0, 0))));
    ck_refused(t, TAD_BAD_AXIS, "sum", "no axis 0, or named twice");
    tad_axes none = TAD_AXES(0);
    none.count = 0;
    none.axis[0] = 9;
    ck_values(tad_sum(x, none), 0, 5);
    tad_tape_free(t);
}
END_TEST

/* More elements than can be counted, of views that repeat one. */
START_TEST(more_elements_than_there_can_be_are_refused) {
    if (SIZE_MAX <= UINT32_MAX) return; /* the views themselves are refused there */
    tad_tape *t = tad_tape_new(NULL);
    const int64_t most = INT64_MAX / 16, many = INT64_C(1) << 32;
    tad_var truth = tad_constant(t, TAD_BOOL, TAD_SHAPE(1), (bool[]){true}),
            bits = tad_broadcast_to(truth, TAD_SHAPE(most)), pieces[17],
            one = tad_constant(t, TAD_BOOL, TAD_SHAPE(1, 1), (bool[]){true}),
            wide = tad_broadcast_to(one, TAD_SHAPE(1, many)),
            place = tad_constant(t, TAD_I64, TAD_SHAPE(1), (int64_t[]){0}),
            places = tad_broadcast_to(place, TAD_SHAPE(many, 1));
    ck_tape(t);
    for (int i = 0; i < 17; i++) pieces[i] = bits;
    ck_assert(tad_is_nil(tad_concat(pieces, 17, 0)));
    ck_refused(t, TAD_TOO_LARGE, "concat", "more elements than can be counted");
    ck_assert(tad_is_nil(tad_take_along_axis(wide, places, tad_axis(0))));
    ck_refused(t, TAD_TOO_LARGE, "take_along_axis", "too many elements");
    ck_assert(tad_is_nil(tad_take_along_axis(wide, places, TAD_AXES(0, 1))));
    ck_refused(t, TAD_BAD_AXIS, "take_along_axis", "one axis is needed, or all");
    ck_assert(tad_is_nil(tad_max(wide, TAD_AXES(0, 1), NULL)));
    ck_refused(t, TAD_BAD_AXIS, "max", "one axis is needed");
    tad_var number = tad_constant(t, TAD_F64, TAD_SHAPE(1, 1), (double[]){1}),
            table = tad_broadcast_to(number, TAD_SHAPE(1, INT64_C(1) << 30)),
            words = tad_broadcast_to(place, TAD_SHAPE(INT64_C(1) << 40));
    ck_assert(tad_is_nil(tad_embedding(words, table)));
    ck_refused(t, TAD_TOO_LARGE, "embedding", "too many elements");
    tad_tape_free(t);
}
END_TEST

/* A sign, 19 digits and a comma for each size. */
START_TEST(a_message_has_room_for_any_shape) {
    tad_tape *t = tad_tape_new(NULL);
    tad_shape longest = {TAD_MAX_RANK, {0}};
    char text[TAD_MAX_RANK * 25 + 3] = "", *end = text;
    for (int i = 0; i < TAD_MAX_RANK; i++) {
        longest.dim[i] = INT64_MIN;
        end += sprintf(end, "%c%lld", i ? ',' : '(', (long long)INT64_MIN);
    }
    sprintf(end, ")");
    ck_assert(tad_is_nil(tad_reshape(two_by_three(t), longest)));
    ck_refused(t, TAD_BAD_SHAPE, "elements do not make", text);
    tad_tape_free(t);
}
END_TEST

START_TEST(a_size_of_more_than_32_bits_is_kept_or_refused) {
    tad_tape *t = tad_tape_new(&(tad_settings){.memory_limit = 1 << 20});
    const tad_shape large = TAD_SHAPE(65536, 65537);
    ck_assert(tad_is_nil(tad_input(t, TAD_F64, large, NULL)));
    ck_refused(t, sizeof(size_t) < 8 ? TAD_TOO_LARGE : TAD_NO_MEMORY, "input");
    tad_var x = tad_broadcast_to(tad_input(t, TAD_F64, TAD_SHAPE(1), NULL), large); /* a view */
    if (sizeof(size_t) < 8)
        ck_refused(t, TAD_BAD_SHAPE, "broadcast_to");
    else
        ck_assert_int_eq(tad_size_of(x), 65536LL * 65537);
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("shape ops");
    TCase *values = support_case(s, "values");
    tcase_add_test(values, reshape_keeps_the_order);
    tcase_add_test(values, axes_move);
    tcase_add_test(values, slices_are_pythons);
    tcase_add_test(values, pieces_join);
    tcase_add_test(values, flattening_one_axis_of_eight_changes_nothing);
    tcase_add_test(values, views_with_gaps_are_cast);
    tcase_add_test(values, views_of_nothing_are_copied);
    tcase_add_loop_test(values, large_transposes_of_every_type_are_copied, 0, 4);
    TCase *views = support_case(s, "views");
    tcase_add_test(views, views_share_memory);
    tcase_add_test(views, a_view_of_a_number_outlives_the_nodes);
    TCase *gradients = support_case(s, "gradients");
    tcase_add_test(gradients, gradients_go_back);
    tcase_add_test(gradients, float32_goes_back);
    tcase_add_loop_test(gradients, axes_in_any_order_are_copied, 0, 6);
    tcase_add_test(gradients, transposes_are_stacked);
    tcase_add_loop_test(gradients, gradients_of_large_transposes_are_added, 0, 2);
    TCase *refusals = support_case(s, "refusals");
    tcase_add_test(refusals, too_many_axes_are_refused);
    tcase_add_test(refusals, as_many_axes_are_named_as_there_can_be);
    tcase_add_test(refusals, more_elements_than_there_can_be_are_refused);
    tcase_add_test(refusals, a_message_has_room_for_any_shape);
    tcase_add_test(refusals, a_size_of_more_than_32_bits_is_kept_or_refused);
    return s;
}
SUPPORT_MAIN(suite)
