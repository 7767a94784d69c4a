/* Gated units, recurrent cells, similarity: what a formula or a limit says of them. */
#include "support.h"

static tad_tape *t;
static void new_tape(void) { t = tad_tape_new(NULL); }
static void free_tape(void) { tad_tape_free(t); }

#define ROWS(rows, columns, ...)                                                                   \
    tad_input(t, TAD_F64, TAD_SHAPE(rows, columns), (const double[]){__VA_ARGS__})
static tad_var filled(double value, int64_t rows, int64_t columns) {
    return tad_full(t, TAD_F64, TAD_SHAPE(rows, columns), value);
}
static tad_var filled_row(double value, int64_t n) {
    return tad_full(t, TAD_F64, TAD_SHAPE(n), value);
}
static double sigma(double x) { return 1 / (1 + exp(-x)); }

/* ---- gated units ---- */

/* Which half is the gate: of glu the second, of the others the first. */
START_TEST(each_half_has_its_part) {
    tad_var x = ROWS(1, 2, 2, -3);
    ck_values(tad_glu(x, -1), 1e-15, 2 * sigma(-3));
    ck_values(tad_swiglu_split(x, 1), 1e-15, 2 * sigma(2) * -3);
    ck_values(tad_geglu_split(x, 1), 1e-15, 0.5 * 2 * erfc(-sqrt(2)) * -3);
    ck_values(tad_reglu_split(x, -1), 0, -6);
    ck_values(tad_swiglu(tad_number(2), x), 1e-15, 2 * sigma(2) * 2, 2 * sigma(2) * -3);
}
END_TEST

/* ---- cells ---- */

/* A gate that is open or shut leaves nothing of the rest. */
START_TEST(gru_gates_are_r_z_n) {
    tad_var x = filled(0, 1, 1), h = filled(0.5, 1, 1), w = filled(0, 3, 1);
    tad_var none = tad_none(), b = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){0, 800, 3});
    ck_values(tad_gru_cell(x, h, w, w, b, none), 0, 0.5); /* z = 1: the state stays */
    b = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){-800, -800, 3});
    tad_var hidden = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){0, 0, 7});
    ck_values(tad_gru_cell(x, h, w, w, b, hidden), 1e-15, tanh(3)); /* r = 0: no bias of h in n */
    ck_values(tad_gru_cell(x, h, w, w, hidden, b), 1e-15, tanh(7));
}
END_TEST

START_TEST(lstm_gates_are_i_f_g_o) {
    tad_var x = filled(0, 1, 1), h = filled(0.5, 1, 1), c = filled(2, 1, 1), w = filled(0, 4, 1);
    tad_var next, b = tad_input(t, TAD_F64, TAD_SHAPE(4), (double[]){-800, 800, 3, 800});
    ck_values(tad_lstm_cell(x, h, c, w, w, b, tad_none(), &next), 1e-15, tanh(2));
    ck_values(next, 0, 2); /* i = 0, f = 1: nothing is forgotten */
    b = tad_input(t, TAD_F64, TAD_SHAPE(4), (double[]){800, -800, 3, -800});
    ck_values(tad_lstm_cell(x, h, c, w, w, tad_none(), b, &next), 0, 0); /* o = 0 */
    ck_values(next, 1e-15, tanh(3));
    ck_values(tad_lstm_cell(x, h, c, w, w, b, tad_none(), NULL), 0, 0);
}
END_TEST

/* Every operand of a cell in turn as a row of its own: the same numbers. */
START_TEST(a_row_is_a_batch_of_one) {
    tad_var x = ROWS(1, 2, 0.3, -0.7), h = ROWS(1, 2, 0.1, 0.9), c = ROWS(1, 2, -1, 1);
    tad_var w = ROWS(8, 2, 1, 2, 3, 4, 5, 6, 7, 8, 8, 7, 6, 5, 4, 3, 2, 1), b = filled_row(0.2, 8);
    tad_var next[2], y[2] = {tad_lstm_cell(x, h, c, w, w, b, b, &next[0])};
    tad_axes first = tad_axis(0);
    y[1] = tad_lstm_cell(tad_squeeze(x, first), tad_squeeze(h, first), tad_squeeze(c, first), w, w,
                         b, b, &next[1]);
    ck_shape(y[1], 2);
    double batch[2], row[2];
    for (int k = 0; k < 2; k++) {
        ck_done(tad_read(k ? next[0] : y[0], batch, 2), t);
        ck_done(tad_read(k ? next[1] : y[1], row, 2), t);
        ck_assert_mem_eq(batch, row, sizeof row);
    }
}
END_TEST

/* ---- similarity ---- */

/* A vector shorter than eps counts as long as eps, and its length has no derivative. */
START_TEST(short_vectors_have_the_length_eps) {
    tad_var a = ROWS(2, 2, 0, 0, 0.03, 0.04), b = ROWS(1, 2, 3, 4);
    tad_var y = tad_cosine_similarity(a, b, 1, 0.5), one = filled_row(1, 2);
    ck_values(y, 1e-15, 0, 0.1);
    ck_done(tad_reverse_from(&y, &one, 1), t);
    ck_values(tad_gradient(a), 1e-15, 1.2, 1.6, 1.2, 1.6);
}
END_TEST

/* What is repeated along the axis counts as often. */
START_TEST(repeated_elements_count) {
    tad_var a = ROWS(2, 1, 1, -2), b = ROWS(1, 4, 1, 1, 1, 5);
    ck_values(tad_cosine_similarity(a, b, 1, 1e-8), 1e-15, 8 / (2 * sqrt(28)), -8 / (2 * sqrt(28)));
    ck_values(tad_cosine_similarity(a, b, 0, 1e-8), 1e-15, -1 / sqrt(10), -1 / sqrt(10),
              -1 / sqrt(10), -1 / sqrt(10));
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("units");
    TCase *c = support_case(s, "units");
    tcase_add_checked_fixture(c, new_tape, free_tape);
    tcase_add_test(c, each_half_has_its_part);
    tcase_add_test(c, gru_gates_are_r_z_n);
    tcase_add_test(c, lstm_gates_are_i_f_g_o);
    tcase_add_test(c, a_row_is_a_batch_of_one);
    tcase_add_test(c, short_vectors_have_the_length_eps);
    tcase_add_test(c, repeated_elements_count);
    return s;
}

SUPPORT_MAIN(suite)
