/* Steps that move the rows of a table that a batch uses: against PyTorch 1.13 (SGD and Adagrad with
 * sparse gradients, SparseAdam; float64), beside whole steps, and what is refused. */
#include "support.h"

#include <tad/tad.h>

enum { ROWS = 5, WIDTH = 3, ALL = ROWS * WIDTH };

static const double start[ALL] = {.5, -1, 2, 1, 0, -.5, 3, 1, 1, -2, .25, .75, .1, .2, .3};
static const int64_t words[][3] = {{1, 3, 1}, {0, 3}, {1, 4, 4}};
static const int64_t length[] = {3, 2, 3};

static tad_tape *t;
static tad_dict *params;
static tad_var table;

static void open_table(void) {
    t = tad_tape_new(NULL);
    params = tad_dict_new(t);
    table = tad_param(t, TAD_F64, TAD_SHAPE(ROWS, WIDTH), start);
    ck_done(tad_dict_add(params, "table", table), t);
}
static void free_table(void) { tad_tape_free(t); }

/* The sum over the rows of x, k = 1, 2, ..., of k |row|^2 + row . (0.3, -0.2, 0.1). */
static tad_var loss_of(tad_var x) {
    tad_var k = tad_reshape(tad_arange(t, TAD_F64, 1, (double)tad_shape_of(x).dim[0] + 1, 1),
                            TAD_SHAPE(tad_shape_of(x).dim[0], 1)),
            along = tad_constant(t, TAD_F64, TAD_SHAPE(WIDTH), (double[]){.3, -.2, .1});
    return tad_sum(tad_add(tad_mul(k, tad_square(x)), tad_mul(x, along)), tad_all());
}

static tad_var words_of(int step) {
    return tad_constant(t, TAD_I64, TAD_SHAPE(length[step]), words[step]);
}

static tad_rows swept(int step) {
    tad_rows r = tad_rows_used(table, words_of(step));
    ck_done(tad_reverse(loss_of(tad_embedding(r.local, r.values))), t);
    return r;
}

static void step_rows(tad_optim *o, int step) {
    tad_mark mark = tad_tape_mark(t);
    tad_rows r = swept(step);
    ck_done(tad_optim_step_rows(o, &r, 1), t);
    ck_done(tad_tape_rewind(t, mark), t);
}

static void step_whole(tad_optim *o, int step) {
    tad_mark mark = tad_tape_mark(t);
    ck_done(tad_reverse(loss_of(tad_embedding(words_of(step), table))), t);
    ck_done(tad_optim_step(o), t);
    ck_done(tad_tape_rewind(t, mark), t);
}

static void ck_table(const double *right, double tolerance) {
    const double *got = tad_data(table);
    for (int i = 0; i < ALL; i++) ck_near(got[i], right[i], tolerance);
}

/* ---- PyTorch ---- */

START_TEST(sgd_moves_rows_as_pytorch) {
    tad_optim *o = tad_sgd(params, 0.1, NULL);
    for (int i = 0; i < 3; i++) step_rows(o, i);
    ck_table((double[]){0.37, -0.78, 1.59, 0.082, 0.052, -0.106, 3, 1, 1, -0.768, 0.122, 0.254,
                        -0.06, 0.04, -0.02},
             1e-15);
}
END_TEST

START_TEST(adagrad_moves_rows_as_pytorch) {
    tad_adagrad_options options = tad_adagrad_defaults();
    options.lr_decay = 0.01;
    tad_optim *o = tad_adagrad(params, 0.1, &options);
    for (int i = 0; i < 3; i++) step_rows(o, i);
    ck_table((double[]){0.40099009901751714, -0.90099009901440141, 1.9009900990123159,
                        0.87674350837291537, 0.099999999987254909, -0.3822389775052234, 3, 1, 1,
                        -1.8318805921340191, 0.10572142620114562, 0.58497220348936341,
                        0.0019607843198529485, 0.10196078431985295, 0.20196078431678921},
             1e-14);
    ck_values(tad_dict_get(tad_optim_state(o), "sum.table"), 1e-9, 1.69, 4.84, 16.81,
              78.37000000000975, 0.16, 14.930000000007368, 0, 0, 0, 112.58000000007584,
              0.80000000004, 16.900000000069678, 2.56, 2.56, 10.24);
}
END_TEST

START_TEST(adam_moves_rows_as_pytorchs_sparse_adam) {
    tad_adam_options options = tad_adam_defaults();
    options.beta1 = 0.8;
    options.beta2 = 0.9;
    options.eps = 1e-12;
    tad_optim *o = tad_adam(params, 0.1, &options);
    for (int i = 0; i < 3; i++) step_rows(o, i);
    ck_assert_int_eq(tad_optim_steps(o), 3);
    ck_table((double[]){0.4234219513774628, -0.92342195137738659, 1.9234219513773356,
                        0.82808466386919966, 0.15689361785615466, -0.3312892255409014, 3, 1, 1,
                        -1.8001916469491952, 0.057167781890420849, 0.55064184468194377,
                        0.032532468716713961, 0.13253246871671398, 0.23253246871664729},
             1e-10);
    ck_values(tad_dict_get(tad_optim_state(o), "exp_avg.table"), 1e-13, .26, -.44, .82, 1.796,
              -0.064, -.748, 0, 0, 0, -2.692, .208, 1.036, .32, .32, .64);
    ck_values(tad_dict_get(tad_optim_state(o), "exp_avg_sq.table"), 1e-9, .169, .484, 1.681, 7.0974,
              .0144, 1.3486, 0, 0, 0, 10.6651, .0736, 1.5939, .256, .256, 1.024);
}
END_TEST

/* ---- beside whole steps ---- */

typedef tad_optim *maker(const tad_dict *p);
static tad_optim *clipped(const tad_dict *p) {
    return tad_sgd(p, 0.1, &(tad_sgd_options){.clip = {.norm = 0.7}});
}
static tad_optim *bounded(const tad_dict *p) {
    tad_adagrad_options o = tad_adagrad_defaults();
    o.clip.value = 0.5;
    return tad_adagrad(p, 0.1, &o);
}
static maker *const makers[] = {clipped, bounded};

/* Where a gradient of 0 moves nothing, the rows that are used are all that there is to move. */
START_TEST(rows_and_the_whole_agree) {
    double right[ALL];
    tad_optim *o = makers[_i](params);
    for (int i = 0; i < 3; i++) step_whole(o, i);
    ck_done(tad_read(table, right, ALL), t);
    free_table();
    open_table();
    o = makers[_i](params);
    for (int i = 0; i < 3; i++) step_rows(o, i);
    ck_table(right, 1e-15);
}
END_TEST

/* A row that is not used keeps its moment, and goes on with it when it is. */
START_TEST(moments_of_other_rows_wait) {
    tad_optim *o = tad_sgd(params, 0.1, &(tad_sgd_options){.momentum = 0.5});
    tad_var buffer = tad_dict_get(tad_optim_state(o), "momentum_buffer.table");
    double before[ALL], after[ALL];
    step_rows(o, 0);
    ck_done(tad_read(buffer, before, ALL), t);
    step_rows(o, 1);
    ck_done(tad_read(buffer, after, ALL), t);
    ck_assert(memcmp(before + WIDTH, after + WIDTH, WIDTH * sizeof *before) == 0); /* row 1 */
    ck_assert(before[3 * WIDTH] != after[3 * WIDTH]);
    ck_assert(before[0] == 0 && after[0] != 0);
}
END_TEST

/* Another parameter moves as ever, in the same step. */
START_TEST(others_move_as_a_whole) {
    tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(WIDTH), (double[]){1, 1, 1});
    ck_done(tad_dict_add(params, "w", w), t);
    tad_optim *o = tad_sgd(params, 0.5, NULL);
    tad_rows r = tad_rows_used(table, words_of(1));
    ck_values(r.index, 0, 0, 3);
    ck_values(r.local, 0, 0, 1);
    ck_values(r.values, 0, .5, -1, 2, -2, .25, .75);
    tad_var x = tad_embedding(r.local, r.values);
    ck_done(tad_reverse(tad_sum(tad_mul(x, w), tad_all())), t);
    ck_assert(!tad_is_reached(table));
    ck_done(tad_optim_step_rows(o, &r, 1), t);
    ck_values(w, 0, 1.75, 1.375, -.375);
    ck_values(table, 0, 0, -1.5, 1.5, 1, 0, -.5, 3, 1, 1, -2.5, -.25, .25, .1, .2, .3);
    ck_assert_int_eq(tad_optim_steps(o), 1);
}
END_TEST

START_TEST(rows_in_float32_and_of_bags) {
    float f[ALL];
    for (int i = 0; i < ALL; i++) f[i] = (float)start[i];
    tad_var small = tad_param(t, TAD_F32, TAD_SHAPE(ROWS, WIDTH), f);
    tad_dict *own = tad_dict_new(t);
    ck_done(tad_dict_add(own, "small", small), t);
    tad_optim *o = tad_adagrad(own, 0.25, NULL);
    tad_rows r =
        tad_rows_used(small, tad_constant(t, TAD_I64, TAD_SHAPE(2, 2), (int64_t[]){4, 2, 4, 4}));
    ck_shape(r.local, 2, 2);
    tad_var y = tad_embedding_bag(r.local, r.values, tad_none(), tad_none(), TAD_BAG_SUM);
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    ck_done(tad_optim_step_rows(o, &r, 1), t);
    ck_values(small, 1e-6, .5, -1, 2, 1, 0, -.5, 2.75, .75, .75, -2, .25, .75, -.15, -.05, .05);
}
END_TEST

START_TEST(a_batch_without_words_moves_nothing) {
    tad_optim *o = tad_sgd(params, 0.1, &(tad_sgd_options){.weight_decay = 0.5});
    tad_rows r = tad_rows_used(table, tad_constant(t, TAD_I64, TAD_SHAPE(0), NULL));
    ck_done(tad_reverse(tad_sum(tad_embedding(r.local, r.values), tad_all())), t);
    ck_done(tad_optim_step_rows(o, &r, 1), t);
    ck_table(start, 0);
    ck_assert_int_eq(tad_optim_steps(o), 1);
}
END_TEST

START_TEST(steps_of_rows_allocate_nothing) {
    tad_optim *o = tad_adam(params, 0.1, NULL);
    for (int i = 0; i < 3; i++) step_rows(o, i);
    const size_t calls = tad_tape_memory(t).calls;
    for (int i = 0; i < 12; i++) step_rows(o, i % 3);
    ck_assert_uint_eq(tad_tape_memory(t).calls, calls);
}
END_TEST

/* ---- what is refused, before anything moves ---- */

static void ck_rows_refused(tad_optim *o, const tad_rows *r, size_t n, tad_status code,
                            const char *says) {
    ck_assert_int_eq(tad_optim_step_rows(o, r, n), code);
    ck_refused(t, code, "step_rows", says);
    ck_assert_int_eq(tad_optim_steps(o), 0);
    ck_table(start, 0);
}

START_TEST(refuses_rows_that_cannot_be) {
    tad_optim *o = tad_sgd(params, 0.1, NULL);
    tad_rows r = swept(0), twice[] = {r, r}, bad = r;
    ck_rows_refused(o, twice, 2, TAD_BAD_ARGUMENT, "there twice");
    ck_rows_refused(o, NULL, 1, TAD_BAD_ARGUMENT, "no list");
    bad.param = tad_param(t, TAD_F64, TAD_SHAPE(ROWS, WIDTH), NULL);
    ck_rows_refused(o, &bad, 1, TAD_BAD_ARGUMENT, "no parameter of the optimiser");
    bad = r;
    bad.index = tad_constant(t, TAD_I64, TAD_SHAPE(2), (int64_t[]){1, 5});
    ck_rows_refused(o, &bad, 1, TAD_BAD_INDEX, "ascend within");
    bad.index = tad_constant(t, TAD_I64, TAD_SHAPE(2), (int64_t[]){1, 1});
    ck_rows_refused(o, &bad, 1, TAD_BAD_INDEX, "ascend within");
    bad.index = tad_constant(t, TAD_I64, TAD_SHAPE(3), (int64_t[]){1, 2, 3});
    ck_rows_refused(o, &bad, 1, TAD_BAD_ARGUMENT, "not of the rows' shape");
    bad.index = tad_constant(t, TAD_F64, TAD_SHAPE(2), NULL);
    ck_rows_refused(o, &bad, 1, TAD_BAD_ARGUMENT, "int64 vector");
    ck_done(tad_optim_step_rows(o, &r, 1), t);
}
END_TEST

/* A table that the loss depends on as a whole as well, and one that nothing depends on. */
START_TEST(refuses_gradients_that_would_be_lost) {
    tad_optim *o = tad_sgd(params, 0.1, NULL);
    tad_rows r = tad_rows_used(table, words_of(0));
    tad_var both = tad_add(loss_of(tad_embedding(r.local, r.values)), loss_of(table));
    ck_done(tad_reverse(both), t);
    ck_rows_refused(o, &r, 1, TAD_BAD_ARGUMENT, "a gradient of its own");
    tad_rows later = tad_rows_used(table, words_of(1));
    ck_assert_int_ne(tad_optim_step_rows(o, &later, 1), TAD_OK);
    tad_tape_clear(t);
    o = tad_lamb(params, 0.1, NULL);
    r = swept(0);
    ck_rows_refused(o, &r, 1, TAD_BAD_ARGUMENT, "whole parameters");
}
END_TEST

START_TEST(refuses_rows_of_no_table) {
    ck_assert(tad_is_nil(tad_rows_used(tad_scalar(t, 1), words_of(0)).values));
    ck_refused(t, TAD_BAD_ARGUMENT, "rows_used", "no parameter");
    ck_assert(tad_is_nil(tad_rows_used(table, table).values));
    ck_refused(t, TAD_BAD_DTYPE, "rows_used", "int64, not float64");
    tad_var far = tad_constant(t, TAD_I64, TAD_SHAPE(1), (int64_t[]){ROWS});
    ck_assert(tad_is_nil(tad_rows_used(table, far).param));
    ck_refused(t, TAD_BAD_INDEX, "5");
    ck_assert(tad_node_needs_gradient(tad_square(tad_scalar(t, 1)))); /* recording goes on */
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("optim_rows");
    TCase *c = support_case(s, "rows");
    tcase_add_checked_fixture(c, open_table, free_table);
    tcase_add_test(c, sgd_moves_rows_as_pytorch);
    tcase_add_test(c, adagrad_moves_rows_as_pytorch);
    tcase_add_test(c, adam_moves_rows_as_pytorchs_sparse_adam);
    tcase_add_loop_test(c, rows_and_the_whole_agree, 0, sizeof makers / sizeof *makers);
    tcase_add_test(c, moments_of_other_rows_wait);
    tcase_add_test(c, others_move_as_a_whole);
    tcase_add_test(c, rows_in_float32_and_of_bags);
    tcase_add_test(c, a_batch_without_words_moves_nothing);
    tcase_add_test(c, steps_of_rows_allocate_nothing);
    tcase_add_test(c, refuses_rows_that_cannot_be);
    tcase_add_test(c, refuses_gradients_that_would_be_lost);
    tcase_add_test(c, refuses_rows_of_no_table);
    return s;
}

SUPPORT_MAIN(suite)
