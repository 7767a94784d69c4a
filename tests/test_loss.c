/* Losses: edge semantics, exactness at large logits, reductions, refusals. */
#include "support.h"

static tad_var vector(tad_tape *t, int64_t n, const double *x) {
    return tad_input(t, TAD_F64, TAD_SHAPE(n), x);
}

static tad_var labels(tad_tape *t, int64_t n, const double *x) {
    return tad_constant_from(t, TAD_I64, TAD_SHAPE(n), x);
}

START_TEST(reductions) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = vector(t, 3, (double[]){1, 2, 5}), y = vector(t, 3, (double[]){0, 2, 1});
    ck_values(tad_mse(x, y, NULL), 1e-16, 17.0 / 3);
    ck_values(tad_mse(x, y, &(tad_loss){TAD_SUM}), 0, 17);
    ck_values(tad_mse(x, y, &(tad_loss){TAD_NONE}), 0, 1, 0, 16);
    ck_values(tad_half_sse(x, y), 0, 8.5);
    ck_values(tad_l1(x, y, &(tad_loss){TAD_SUM}), 0, 5);
    ck_values(tad_mse(x, tad_number(1), &(tad_loss){TAD_NONE}), 0, 0, 1, 16);
    ck_done(tad_reverse(tad_mse(x, y, NULL)), t);
    ck_values(tad_gradient(x), 1e-15, 2.0 / 3, 0, 8.0 / 3);
    ck_values(tad_gradient(y), 1e-15, -2.0 / 3, 0, -8.0 / 3);
    ck_done(tad_reverse(tad_l1(x, y, NULL)), t);
    ck_values(tad_gradient(x), 1e-15, 1.0 / 3, 0, 1.0 / 3);
    tad_var none = tad_input(t, TAD_F64, TAD_SHAPE(0), NULL);
    ck_values(tad_mse(none, none, NULL), 0, NAN);
    ck_values(tad_mse(none, none, &(tad_loss){TAD_SUM}), 0, 0);
    tad_tape_free(t);
}
END_TEST

START_TEST(huber_and_smooth_l1) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = vector(t, 3, (double[]){0.5, -3, 1}), y = vector(t, 3, (double[]){0, 0, 1});
    tad_huber_options none = {.reduction = TAD_NONE}, two = {TAD_NONE, TAD_FLOAT(2)};
    ck_values(tad_smooth_l1(x, y, &none), 0, 0.125, 2.5, 0);
    ck_values(tad_smooth_l1(x, y, &two), 0, 0.0625, 2, 0);
    ck_values(tad_huber(x, y, &two), 0, 0.125, 4, 0);
    tad_huber_options zero = {TAD_SUM, TAD_FLOAT(0)};
    ck_values(tad_smooth_l1(x, y, &zero), 0, 3.5);
    ck_done(tad_reverse(tad_smooth_l1(x, y, &zero)), t);
    ck_values(tad_gradient(x), 0, 1, -1, 0);
    ck_assert(tad_is_nil(tad_huber(x, y, &zero)));
    ck_refused(t, TAD_BAD_ARGUMENT, "huber", "delta");
    tad_tape_free(t);
}
END_TEST

START_TEST(bce_is_bounded) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var p = vector(t, 4, (double[]){0, 1, 0, 1}), y = vector(t, 4, (double[]){0, 1, 1, 0});
    ck_values(tad_bce(p, y, &(tad_bce_options){.reduction = TAD_NONE}), 0, 0, 0, 100, 100);
    tad_var z = vector(t, 4, (double[]){-1000, 1000, -1000, 1000});
    ck_values(tad_bce_with_logits(z, y, &(tad_bce_options){.reduction = TAD_NONE}), 0, 0, 0, 1000,
              1000);
    ck_done(tad_reverse(tad_bce_with_logits(z, y, &(tad_bce_options){.reduction = TAD_SUM})), t);
    ck_values(tad_gradient(z), 0, 0, 0, -1, 1);
    tad_var wide = vector(t, 2, (double[]){-INFINITY, INFINITY}),
            hard = vector(t, 2, (double[]){0, 1});
    ck_values(tad_bce_with_logits(wide, hard, NULL), 0, 0);
    ck_values(tad_bce_with_logits(vector(t, 1, (double[]){NAN}), tad_number(1), NULL), 0, NAN);
    tad_tape_free(t);
}
END_TEST

/* d/dz = ((1 + (w - 1) y) sigmoid(z) - w y) / m, and the weight of the elements in front. */
START_TEST(bce_weights) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var z = vector(t, 2, (double[]){0.3, -1.2}), y = vector(t, 2, (double[]){0.25, 1});
    tad_bce_options o = {.weight = tad_detach(vector(t, 2, (double[]){2, 5})),
                         .pos_weight = tad_detach(vector(t, 1, (double[]){3}))};
    ck_done(tad_reverse(tad_bce_with_logits(z, y, &o)), t);
    double s0 = 1 / (1 + exp(-0.3)), s1 = 1 / (1 + exp(1.2));
    ck_values(tad_gradient(z), 1e-15, 2 * (1.5 * s0 - 0.75) / 2, 5 * (3 * s1 - 3) / 2);
    tad_tape_free(t);
}
END_TEST

START_TEST(cross_entropy_is_exact) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){1000, 0, -1000, 1000, 0, -1000});
    tad_var y = labels(t, 2, (double[]){0, 2});
    ck_values(tad_cross_entropy(x, y, &(tad_cross_entropy_options){.reduction = TAD_NONE}), 0, 0,
              2000);
    tad_var loss = tad_mul(tad_cross_entropy(x, y, NULL), tad_number(3)); /* an upstream gradient */
    ck_values(loss, 0, 3000);
    ck_done(tad_reverse(loss), t);
    ck_values(tad_gradient(x), 0, 0, 0, 0, 1.5, 0, -1.5);
    tad_var masked = tad_input(t, TAD_F64, TAD_SHAPE(1, 3), (double[]){-INFINITY, 0, 0});
    tad_var soft = tad_constant(t, TAD_F64, TAD_SHAPE(1, 3), (double[]){0, 0.5, 0.5});
    ck_values(tad_cross_entropy(masked, soft, NULL), 1e-15, log(2));
    ck_done(tad_reverse(tad_cross_entropy(masked, soft, NULL)), t);
    ck_values(tad_gradient(masked), 1e-15, 0, 0, 0);
    tad_tape_free(t);
}
END_TEST

/* One-hot rows, labels and log_softmax with nll_loss say the same. */
START_TEST(targets_agree) {
    tad_tape *t = tad_tape_new(NULL);
    double x[12], w[3] = {0.5, 2, 1}, hot[12] = {0}, g[3][12];
    double label[4] = {2, 0, 1, 1};
    for (int i = 0; i < 12; i++) x[i] = 3 * sin(i);
    for (int i = 0; i < 4; i++) hot[i * 3 + (int)label[i]] = 1;
    tad_var v = tad_input(t, TAD_F64, TAD_SHAPE(4, 3), x), y = labels(t, 4, label);
    tad_cross_entropy_options o = {TAD_SUM, .weight = tad_constant(t, TAD_F64, TAD_SHAPE(3), w)};
    tad_var loss[3] = {tad_cross_entropy(v, y, &o),
                       tad_cross_entropy(v, tad_constant(t, TAD_F64, TAD_SHAPE(4, 3), hot), &o),
                       tad_nll_loss(tad_log_softmax(v, 1), y, &o)};
    for (int k = 0; k < 3; k++) {
        ck_near(tad_item(loss[k]), tad_item(loss[0]), 1e-14);
        ck_done(tad_reverse(loss[k]), t);
        ck_done(tad_read(tad_gradient(v), g[k], 12), t);
        for (int i = 0; i < 12; i++) ck_near(g[k][i], g[0][i], 1e-14);
    }
    o.reduction = TAD_MEAN; /* divides by the weights of the labels: 1, 0.5, 2, 2 */
    ck_near(tad_item(tad_cross_entropy(v, y, &o)), tad_item(loss[0]) / 5.5, 1e-14);
    tad_tape_free(t);
}
END_TEST

START_TEST(ignored_labels) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){0, 0, 5, 1});
    tad_var y = labels(t, 2, (double[]){0, -100});
    ck_values(tad_cross_entropy(x, y, NULL), 1e-15, log(2));
    ck_done(tad_reverse(tad_cross_entropy(x, y, NULL)), t);
    ck_values(tad_gradient(x), 1e-15, -0.5, 0.5, 0, 0);
    tad_cross_entropy_options none = {TAD_NONE, .ignore_index = TAD_INT(0)};
    tad_cross_entropy_options mean = {.ignore_index = TAD_INT(0)};
    tad_var zeros = labels(t, 2, (double[]){0, 0});
    ck_values(tad_cross_entropy(x, zeros, &none), 0, 0, 0);
    ck_values(tad_nll_loss(x, zeros, &none), 0, 0, 0);
    ck_values(tad_cross_entropy(x, zeros, &mean), 0, NAN);
    ck_values(tad_nll_loss(x, zeros, &mean), 0, NAN);
    tad_tape_free(t);
}
END_TEST

/* Classes on axis 1 of pictures: as the rows of the picture turned. */
START_TEST(pictures) {
    tad_tape *t = tad_tape_new(NULL);
    double x[24], y[8] = {0, 1, 2, 2, 1, 0, 0, 2}, turned[24], g[24];
    for (int i = 0; i < 24; i++) x[i] = 2 * cos(1.1 * i);
    tad_var v = tad_input(t, TAD_F64, TAD_SHAPE(2, 3, 4), x);
    tad_var a = tad_cross_entropy(v, tad_constant_from(t, TAD_I64, TAD_SHAPE(2, 4), y), NULL);
    tad_var rows = tad_reshape(tad_transpose(v, 1, 2), TAD_SHAPE(8, 3));
    tad_var b = tad_cross_entropy(rows, labels(t, 8, y), NULL);
    ck_near(tad_item(a), tad_item(b), 1e-15);
    ck_done(tad_reverse(b), t);
    ck_done(tad_read(tad_gradient(v), turned, 24), t);
    ck_done(tad_reverse(a), t);
    ck_done(tad_read(tad_gradient(v), g, 24), t);
    for (int i = 0; i < 24; i++) ck_near(g[i], turned[i], 1e-15);
    tad_tape_free(t);
}
END_TEST

START_TEST(refusals) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL);
    ck_assert(tad_is_nil(tad_cross_entropy(x, labels(t, 2, (double[]){1, 3}), NULL)));
    ck_refused(t, TAD_BAD_INDEX, "cross_entropy", "label 3 at (1)", "3 classes");
    ck_assert(tad_is_nil(tad_nll_loss(x, labels(t, 2, (double[]){-1, 0}), NULL)));
    ck_refused(t, TAD_BAD_INDEX, "nll_loss", "label -1 at (0)");
    ck_assert(tad_is_nil(tad_mse(x, tad_input(t, TAD_F64, TAD_SHAPE(3), NULL), NULL)));
    ck_refused(t, TAD_BAD_SHAPE, "mse", "(2,3)", "(3)");
    tad_tape_free(t);
}
END_TEST

/* float32 through the same paths, several tiles and blocks. */
START_TEST(float32) {
    tad_tape *t = tad_tape_new(NULL);
    static double x[3000], y[300];
    for (int i = 0; i < 3000; i++) x[i] = 4 * sin(0.37 * i);
    for (int i = 0; i < 300; i++) y[i] = i % 10;
    tad_var wide = tad_constant_from(t, TAD_F64, TAD_SHAPE(300, 10), x);
    tad_var narrow = tad_constant_from(t, TAD_F32, TAD_SHAPE(300, 10), x);
    tad_var l = labels(t, 300, y);
    ck_near(tad_item(tad_cross_entropy(narrow, l, NULL)),
            tad_item(tad_cross_entropy(wide, l, NULL)), 1e-6);
    ck_near(tad_item(tad_mse(narrow, tad_number(1), NULL)),
            tad_item(tad_mse(wide, tad_number(1), NULL)), 1e-6);
    ck_near(tad_item(tad_bce_with_logits(narrow, tad_number(1), NULL)),
            tad_item(tad_bce_with_logits(wide, tad_number(1), NULL)), 1e-6);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

enum { MANY = 40, CLASSES = 77 };

/* A sweep that scales what forward left, one that finds it gone, one that adds to a gradient there
 * is, and one after evaluating without a gradient. */
START_TEST(sweeps_agree) {
    static float x[MANY * CLASSES], first[MANY * CLASSES], got[MANY * CLASSES];
    int64_t labels[MANY];
    for (int i = 0; i < MANY * CLASSES; i++) x[i] = (float)(3 * sin(i));
    for (int i = 0; i < MANY; i++) labels[i] = i == 5 ? -100 : i * 7 % CLASSES;
    for (int none = 0; none < 2; none++) {
        tad_cross_entropy_options o = {.reduction = none ? TAD_NONE : TAD_MEAN};
        tad_tape *t = tad_tape_new(NULL);
        tad_var v = tad_input(t, TAD_F32, TAD_SHAPE(MANY, CLASSES), x),
                l = tad_constant(t, TAD_I64, TAD_SHAPE(MANY), labels),
                y = tad_sum(tad_mul(tad_cross_entropy(v, l, &o), tad_number(3)), NULL),
                both = tad_add(y, tad_sum(v, NULL));
        for (int sweep = 0; sweep < 3; sweep++) {
            ck_done(tad_reverse(y), t);
            memcpy(sweep ? got : first, tad_gradient_data(v), sizeof got);
            if (sweep) ck_assert_mem_eq(got, first, sizeof got);
        }
        ck_done(tad_reverse(both), t);
        memcpy(got, tad_gradient_data(v), sizeof got);
        for (int i = 0; i < MANY * CLASSES; i++) ck_near(got[i], first[i] + 1, 1e-6);
        ck_assert(first[5 * CLASSES] == 0 && first[6 * CLASSES] != 0);
        tad_tape_free(t);
    }
}
END_TEST

static size_t calls_of_a_step(tad_tape *t, tad_var x, tad_var labels, bool reverse) {
    size_t before = tad_tape_memory(t).calls;
    tad_mark m = tad_tape_mark(t);
    tad_var y = tad_cross_entropy(x, labels, NULL);
    if (reverse) ck_done(tad_reverse(y), t);
    ck_done(tad_tape_rewind(t, m), t);
    return tad_tape_memory(t).calls - before;
}

/* What forward leaves goes back to the pool, whether a sweep took it or not. */
START_TEST(steady_steps_allocate_nothing) {
    const int64_t labels[3] = {1, 0, 3};
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3, 400), NULL),
            l = tad_constant(t, TAD_I64, TAD_SHAPE(3), labels);
    ck_assert_uint_gt(calls_of_a_step(t, x, l, true), 0);
    calls_of_a_step(t, x, l, true);
    for (int i = 0; i < 6; i++) ck_assert_uint_eq(calls_of_a_step(t, x, l, i % 2), 0);
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("loss");
    TCase *c = support_case(s, "elements");
    tcase_add_test(c, reductions);
    tcase_add_test(c, huber_and_smooth_l1);
    tcase_add_test(c, bce_is_bounded);
    tcase_add_test(c, bce_weights);
    c = support_case(s, "cross_entropy");
    tcase_add_test(c, cross_entropy_is_exact);
    tcase_add_test(c, targets_agree);
    tcase_add_test(c, ignored_labels);
    tcase_add_test(c, sweeps_agree);
    tcase_add_test(c, steady_steps_allocate_nothing);
    tcase_add_test(c, pictures);
    tcase_add_test(support_case(s, "refusals"), refusals);
    tcase_add_test(support_case(s, "float32"), float32);
    return s;
}
SUPPORT_MAIN(suite)
