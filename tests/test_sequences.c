/* Recurrent cells along sequences, beside the cells one by one. */
#include "support.h"

static tad_tape *t;
static void new_tape(void) { t = tad_tape_new(NULL); }
static void free_tape(void) { tad_tape_free(t); }

enum { PLACES = 5, ROWS = 3, INPUTS = 4, WIDTH = 2, MOST = 200 };
enum { X, H, C, W_IH, W_HH, B_IH, B_HH, OPERANDS };

static tad_var numbers(tad_shape s, int salt) {
    double x[MOST];
    for (int i = 0; i < MOST; i++) x[i] = sin(1.3 * i + salt);
    return tad_input(t, TAD_F64, s, x);
}

static void make(tad_var *in, int gates) {
    const tad_shape shape[] = {TAD_SHAPE(PLACES, ROWS, INPUTS), TAD_SHAPE(ROWS, WIDTH),
                               TAD_SHAPE(ROWS, WIDTH),          TAD_SHAPE(gates * WIDTH, INPUTS),
                               TAD_SHAPE(gates * WIDTH, WIDTH), TAD_SHAPE(gates * WIDTH),
                               TAD_SHAPE(gates * WIDTH)};
    for (int i = 0; i < OPERANDS; i++) in[i] = numbers(shape[i], i);
}

/* All h stacked; the states become the last ones. */
static tad_var cell_by_cell(int gates, const tad_var *in, bool reverse, tad_var *h, tad_var *c) {
    tad_var y[PLACES];
    *h = in[H];
    *c = in[C];
    for (int k = 0; k < PLACES; k++) {
        const int place = reverse ? PLACES - 1 - k : k;
        tad_var x = tad_squeeze(tad_slice(in[X], 0, place, place + 1, 1), tad_axis(0));
        if (gates == 1)
            *h = tad_rnn_tanh_cell(x, *h, in[W_IH], in[W_HH], in[B_IH], in[B_HH]);
        else if (gates == 3)
            *h = tad_gru_cell(x, *h, in[W_IH], in[W_HH], in[B_IH], in[B_HH]);
        else
            *h = tad_lstm_cell(x, *h, *c, in[W_IH], in[W_HH], in[B_IH], in[B_HH], c);
        y[place] = *h;
    }
    return tad_stack(y, PLACES, 0);
}

static tad_var along(int gates, const tad_var *in, bool reverse, tad_var *h, tad_var *c) {
    *c = in[C];
    if (gates == 1)
        return tad_rnn_tanh(in[X], in[H], in[W_IH], in[W_HH], in[B_IH], in[B_HH], reverse, h);
    if (gates == 3)
        return tad_gru(in[X], in[H], in[W_IH], in[W_HH], in[B_IH], in[B_HH], reverse, h);
    return tad_lstm(in[X], in[H], in[C], in[W_IH], in[W_HH], in[B_IH], in[B_HH], reverse, h, c);
}

static void ck_same(tad_var a, tad_var b) {
    double x[MOST], y[MOST];
    const size_t n = (size_t)tad_size_of(b);
    ck_tape(t);
    ck_assert_int_eq(tad_size_of(a), tad_size_of(b));
    ck_done(tad_read(a, x, n), t);
    ck_done(tad_read(b, y, n), t);
    for (size_t i = 0; i < n; i++) ck_near(x[i], y[i], 1e-14);
}

/* A number that depends on all results, on each otherwise. */
static tad_var mixed(tad_var y, tad_var h, tad_var c) {
    tad_var w = numbers(tad_shape_of(y), 9);
    tad_var sum = tad_sum(tad_mul(tad_square(y), w), tad_all());
    return tad_add(sum, tad_sum(tad_mul(h, tad_square(c)), tad_all()));
}

START_TEST(are_their_cells) {
    const int gates = (const int[]){1, 3, 4}[_i / 2];
    tad_var in[OPERANDS], h[2], c[2], g[2][OPERANDS];
    make(in, gates);
    tad_var one = cell_by_cell(gates, in, _i % 2, &h[0], &c[0]),
            other = along(gates, in, _i % 2, &h[1], &c[1]);
    ck_same(other, one);
    ck_same(h[1], h[0]);
    ck_same(c[1], c[0]);
    one = mixed(one, h[0], c[0]);
    other = mixed(other, h[1], c[1]);
    ck_done(tad_grad(&one, NULL, 1, in, OPERANDS, g[0]), t);
    ck_done(tad_grad(&other, NULL, 1, in, OPERANDS, g[1]), t);
    for (int i = 0; i < OPERANDS; i++) ck_same(g[1][i], g[0][i]);
}
END_TEST

START_TEST(results_may_be_left_out) {
    tad_var in[OPERANDS];
    make(in, 4);
    ck_shape(tad_lstm(in[X], in[H], in[C], in[W_IH], in[W_HH], tad_none(), tad_none(), false, NULL,
                      NULL),
             PLACES, ROWS, WIDTH);
    ck_tape(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("sequences");
    TCase *c = support_case(s, "sequences");
    tcase_add_checked_fixture(c, new_tape, free_tape);
    tcase_add_loop_test(c, are_their_cells, 0, 6);
    tcase_add_test(c, results_may_be_left_out);
    return s;
}

SUPPORT_MAIN(suite)
