/* layer_norm and rms_norm: values, constant rows, many rows, shared operands, sweeps repeated. */
#include "support.h"

enum { ROWS = 150, N = 131 };

static void fill(double *x, size_t n, double offset) {
    for (size_t i = 0; i < n; i++) x[i] = offset + sin(1.7 * (double)i);
}

/* Rows normalised in long double. */
static void reference(const double *x, const double *gain, const double *bias, bool centred,
                      double eps, double *y) {
    for (size_t r = 0; r < ROWS; r++, x += N, y += N) {
        long double mean = 0, square = 0;
        for (size_t i = 0; centred && i < N; i++) mean += x[i];
        mean /= N;
        for (size_t i = 0; i < N; i++) square += (x[i] - mean) * (x[i] - mean);
        long double scale = 1 / sqrtl(square / N + eps);
        for (size_t i = 0; i < N; i++)
            y[i] = (double)((x[i] - mean) * scale * gain[i] + (bias ? bias[i] : 0));
    }
}

START_TEST(values) {
    static double x[ROWS * N], gain[N], bias[N], expected[ROWS * N], got[ROWS * N];
    tad_tape *t = tad_tape_new(NULL);
    fill(gain, N, 1);
    fill(bias, N, -2);
    for (int k = 0; k < 2; k++) {
        fill(x, ROWS * N, k ? 1000 : 0.1);
        tad_var v = tad_input(t, TAD_F64, TAD_SHAPE(ROWS, N), x),
                a = tad_input(t, TAD_F64, TAD_SHAPE(N), gain),
                b = tad_input(t, TAD_F64, TAD_SHAPE(N), bias);
        reference(x, gain, bias, true, 1e-5, expected);
        ck_done(tad_read(tad_layer_norm(v, a, b, TAD_0D, 1e-5), got, ROWS * N), t);
        for (int i = 0; i < ROWS * N; i++) ck_near(got[i], expected[i], 1e-12);
        reference(x, gain, NULL, false, 1e-6, expected);
        ck_done(tad_read(tad_rms_norm(v, a, TAD_0D, 1e-6), got, ROWS * N), t);
        for (int i = 0; i < ROWS * N; i++) ck_near(got[i], expected[i], 1e-12);
    }
    tad_tape_free(t);
}
END_TEST

/* 0.1 has no exact float32 sum of 77, and yet its row is exactly its mean. */
START_TEST(constant_row) {
    float x[77];
    for (int i = 0; i < 77; i++) x[i] = 0.1f;
    tad_tape *t = tad_tape_new(NULL);
    tad_var v = tad_input(t, TAD_F32, TAD_SHAPE(1, 77), x), none = tad_none();
    tad_var y = tad_layer_norm(v, none, none, TAD_0D, 1e-5);
    for (int i = 0; i < 77; i++) ck_assert(((const float *)tad_data(y))[i] == 0);
    ck_done(tad_reverse(tad_sum(tad_mul(y, y), tad_all())), t);
    for (int i = 0; i < 77; i++) ck_assert(((const float *)tad_gradient_data(v))[i] == 0);
    tad_tape_free(t);
}
END_TEST

/* Gradients of <w, layer_norm> beside those of the composition; dx fresh, added to, not wanted;
 * of some pieces of 60 rows and a part of one, of whole pieces. */
START_TEST(gradients) {
    const int64_t n = _i ? 120 : ROWS;
    static double x[ROWS * N], w[ROWS * N], gain[N], got[2][2 * N + ROWS * N];
    const tad_axes rows = tad_keepdims(tad_axis(1));
    fill(x, ROWS * N, 0.3);
    fill(w, ROWS * N, -0.4);
    fill(gain, N, 1);
    for (int how = 0; how < 3; how++) {
        for (int composed = 0; composed < 2; composed++) {
            tad_tape *t = tad_tape_new(NULL);
            tad_shape s = TAD_SHAPE(n, N);
            tad_var v = how == 2 ? tad_constant(t, TAD_F64, s, x) : tad_input(t, TAD_F64, s, x),
                    a = tad_input(t, TAD_F64, TAD_SHAPE(N), gain),
                    b = tad_input(t, TAD_F64, TAD_SHAPE(N), gain), y;
            if (composed) {
                tad_var c = tad_sub(v, tad_mean(v, rows)), q = tad_mean(tad_square(c), rows);
                y = tad_fma(tad_mul(c, tad_rsqrt(tad_add(q, tad_number(1e-5)))), a, b);
            } else
                y = tad_layer_norm(v, a, b, TAD_0D, 1e-5);
            tad_var loss = tad_sum(tad_mul(y, tad_constant(t, TAD_F64, s, w)), tad_all());
            if (how == 1) loss = tad_add(loss, tad_sum(tad_exp(v), tad_all()));
            ck_done(tad_reverse(loss), t);
            if (how < 2)
                ck_done(tad_read(tad_gradient(v), got[composed] + 2 * N, (size_t)(n * N)), t);
            ck_done(tad_read(tad_gradient(a), got[composed], N), t);
            ck_done(tad_read(tad_gradient(b), got[composed] + N, N), t);
            tad_tape_free(t);
        }
        for (int i = 0; i < 2 * N + (how < 2 ? n * N : 0); i++)
            ck_near(got[0][i], got[1][i], 1e-12);
    }
}
END_TEST

/* Of many short rows, which are added up in parts. */
START_TEST(gradients_of_many_rows) {
    enum { MANY = 20001, SHORT = 3 };
    static double x[MANY * SHORT];
    double by_gain[SHORT], by_bias[SHORT];
    tad_tape *t = tad_tape_new(NULL);
    fill(x, MANY * SHORT, 0.3);
    tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(MANY, SHORT), x),
            a = tad_input(t, TAD_F64, TAD_SHAPE(SHORT), (double[]){1, 2, 3}),
            b = tad_input(t, TAD_F64, TAD_SHAPE(SHORT), (double[]){0, 0, 1});
    ck_done(tad_reverse(tad_sum(tad_square(tad_layer_norm(v, a, b, TAD_0D, 1e-5)), tad_all())), t);
    ck_done(tad_read(tad_gradient(a), by_gain, SHORT), t);
    ck_done(tad_read(tad_gradient(b), by_bias, SHORT), t);
    tad_var away = tad_sub(v, tad_mean(v, tad_keepdims(tad_axis(1)))),
            unit = tad_mul(away,
                           tad_rsqrt(tad_add(tad_mean(tad_square(away), tad_keepdims(tad_axis(1))),
                                             tad_number(1e-5)))),
            y = tad_mul(tad_number(2), tad_fma(unit, a, b));
    tad_var right[2] = {tad_sum(tad_mul(y, unit), tad_axis(0)), tad_sum(y, tad_axis(0))};
    for (int i = 0; i < SHORT; i++) {
        ck_near(by_gain[i] / MANY, tad_item(tad_at(right[0], i)) / MANY, 1e-12);
        ck_near(by_bias[i] / MANY, tad_item(tad_at(right[1], i)) / MANY, 1e-12);
    }
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* Of an array with as many axes as there can be, over one of them or all: the rows, or the row,
 * that its elements are. */
START_TEST(eight_axes) {
    enum { ALL = 32 };
    double x[ALL], w[ALL];
    tad_tape *t = tad_tape_new(NULL);
    fill(x, ALL, 0.2);
    fill(w, ALL, -1);
    const tad_shape eight = TAD_SHAPE(1, 2, 1, 2, 1, 2, 1, 4),
                    flat = _i ? TAD_SHAPE(1, ALL) : TAD_SHAPE(8, 4),
                    over = _i ? eight : TAD_SHAPE(4);
    tad_var v = tad_input(t, TAD_F64, eight, x), u = tad_input(t, TAD_F64, flat, x), g[2],
            none = tad_none(),
            y[2] = {tad_layer_norm(v, none, none, over, 1e-5),
                    tad_layer_norm(u, none, none, TAD_0D, 1e-5)};
    for (int k = 0; k < 2; k++) {
        tad_var weights = tad_constant(t, TAD_F64, k ? flat : eight, w),
                loss = tad_sum(tad_mul(tad_square(y[k]), weights), tad_all());
        ck_done(tad_grad(&loss, NULL, 1, k ? &u : &v, 1, &g[k]), t); /* recorded: by the rule */
    }
    for (int i = 0; i < ALL; i++)
        ck_near(((const double *)tad_data(g[0]))[i], ((const double *)tad_data(g[1]))[i], 1e-14);
    tad_tape_free(t);
}
END_TEST

/* One variable in all three places. */
START_TEST(shared_operand) {
    const double x[4] = {1, -2, 0.5, 3};
    tad_tape *t = tad_tape_new(NULL);
    tad_var v = tad_input(t, TAD_F64, TAD_SHAPE(4), x), a = tad_input(t, TAD_F64, TAD_SHAPE(4), x),
            b = tad_input(t, TAD_F64, TAD_SHAPE(4), x), c = tad_input(t, TAD_F64, TAD_SHAPE(4), x);
    const tad_var weights = tad_constant(t, TAD_F64, TAD_SHAPE(4), (double[]){0.3, -1, 2, 0.7});
    tad_var y[2] = {tad_layer_norm(v, v, v, TAD_0D, 1e-5), tad_layer_norm(a, b, c, TAD_0D, 1e-5)};
    for (int k = 0; k < 2; k++) y[k] = tad_sum(tad_mul(y[k], weights), tad_all());
    ck_done(tad_reverse_from(y, NULL, 2), t);
    double whole[4], part[3][4];
    ck_done(tad_read(tad_gradient(v), whole, 4), t);
    ck_done(tad_read(tad_gradient(a), part[0], 4), t);
    ck_done(tad_read(tad_gradient(b), part[1], 4), t);
    ck_done(tad_read(tad_gradient(c), part[2], 4), t);
    for (int i = 0; i < 4; i++) ck_near(whole[i], part[0][i] + part[1][i] + part[2][i], 1e-14);
    tad_tape_free(t);
}
END_TEST

/* The same bits at every level; those of the first sweep in the second. */
START_TEST(levels_and_sweeps_agree) {
    static float x[ROWS * N], first[2 * ROWS * N], got[2 * ROWS * N];
    for (int i = 0; i < ROWS * N; i++) x[i] = (float)cos(i);
    for (int level = TAD_LEVEL_BASE; level <= TAD_LEVEL_AVX512; level++) {
        tad_tape *t = tad_tape_new(&(tad_settings){.level = (tad_level)level});
        if (tad_tape_status(t) == TAD_UNSUPPORTED) { /* a lesser CPU */
            tad_tape_free(t);
            break;
        }
        tad_var v = tad_input(t, TAD_F32, TAD_SHAPE(ROWS, N), x), none = tad_none(),
                y = tad_layer_norm(v, none, none, TAD_0D, 1e-5),
                loss = tad_sum(tad_mul(tad_mul(y, y), y), tad_all());
        for (int sweep = 0; sweep < 2; sweep++) {
            ck_done(tad_reverse(loss), t);
            memcpy(got, tad_data(y), ROWS * N * sizeof *got);
            memcpy(got + ROWS * N, tad_gradient_data(v), ROWS * N * sizeof *got);
            if (level == TAD_LEVEL_BASE && sweep == 0) memcpy(first, got, sizeof got);
            ck_assert_mem_eq(first, got, sizeof got);
        }
        tad_tape_free(t);
    }
}
END_TEST

START_TEST(operands_of_two_types_are_refused) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL),
            gain = tad_input(t, TAD_F32, TAD_SHAPE(3), NULL);
    ck_assert(tad_is_nil(tad_layer_norm(x, gain, tad_none(), TAD_0D, 1e-5)));
    ck_refused(t, TAD_BAD_DTYPE, "layer_norm", "do not mix");
    tad_tape_free(t);
}
END_TEST

START_TEST(impossible_normalized_shapes_are_refused) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){1, 2, 3, 4, 5, 6});
    static const int ranks[] = {-1, -2, -64, INT32_MIN, 3, 9, 64, INT32_MAX};
    for (size_t k = 0; k < sizeof ranks / sizeof *ranks; k++) {
        const tad_shape o = {ranks[k], {2, 3}};
        ck_assert(tad_is_nil(tad_layer_norm(x, tad_none(), tad_none(), o, 1e-5)));
        ck_refused(t, TAD_BAD_SHAPE, "layer_norm", "(2,3)");
        ck_assert(tad_is_nil(tad_rms_norm(x, tad_none(), o, 1e-6)));
        ck_refused(t, TAD_BAD_SHAPE, "rms_norm", "(2,3)");
    }
    const tad_shape negative = {1, {-3}}, short_row = {1, {0}};
    ck_assert(tad_is_nil(tad_layer_norm(x, tad_none(), tad_none(), negative, 1e-5)));
    ck_refused(t, TAD_BAD_SHAPE, "layer_norm");
    ck_assert(tad_is_nil(tad_rms_norm(x, tad_none(), short_row, 1e-6)));
    ck_refused(t, TAD_BAD_SHAPE, "rms_norm");
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("norm");
    TCase *c = support_case(s, "norm");
    tcase_add_test(c, values);
    tcase_add_test(c, constant_row);
    tcase_add_loop_test(c, gradients, 0, 2);
    tcase_add_test(c, gradients_of_many_rows);
    tcase_add_loop_test(c, eight_axes, 0, 2);
    tcase_add_test(c, shared_operand);
    tcase_add_test(c, levels_and_sweeps_agree);
    tcase_add_test(c, operands_of_two_types_are_refused);
    tcase_add_test(c, impossible_normalized_shapes_are_refused);
    return s;
}
SUPPORT_MAIN(suite)
