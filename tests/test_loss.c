/* Losses: edge semantics, exactness at large logits, reductions, refusals. */
#include "support.h"

static tad_var vector(tad_tape *t, int64_t n, const double *x) {
    return tad_input(t, TAD_F64, TAD_SHAPE(n), x);
}

static tad_var labels(tad_tape *t, int64_t n, const double *x) {
    return tad_constant_from(t, TAD_I64, TAD_SHAPE(n), x);
}

/* Of constants nothing is saved: rows are worked on in scratch memory, piece by piece, which lies
 * behind a copy of logits that are not contiguous. */
START_TEST(many_rows_without_gradient) {
    enum { ROWS = 3000, CLASSES = 40 };
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_sin(tad_arange(t, TAD_F64, 0, ROWS * CLASSES, 1));
    tad_var y =
        tad_cast(tad_remainder(tad_arange(t, TAD_F64, 0, ROWS, 1), tad_number(CLASSES)), TAD_I64);
    x = tad_transpose(tad_reshape(tad_mul(x, tad_number(3)), TAD_SHAPE(CLASSES, ROWS)), 0, 1);
    tad_var own = tad_squeeze(tad_gather(x, tad_unsqueeze(y, 1), 1), tad_axis(1));
    tad_var each = tad_sub(tad_logsumexp(x, tad_axis(1)), own);
    tad_var loss = tad_cross_entropy(x, y, &(tad_cross_entropy_options){.reduction = TAD_EACH});
    ck_near(tad_item(tad_amax(tad_abs(tad_sub(loss, each)), tad_all())), 0, 1e-13);
    ck_near(tad_item(tad_cross_entropy(x, y, NULL)), tad_item(tad_mean(each, tad_all())), 1e-13);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(reductions) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = vector(t, 3, (double[]){1, 2, 5}), y = vector(t, 3, (double[]){0, 2, 1});
    ck_values(tad_mse(x, y, TAD_MEAN), 1e-16, 17.0 / 3);
    ck_values(tad_mse(x, y, TAD_SUM), 0, 17);
    ck_values(tad_mse(x, y, TAD_EACH), 0, 1, 0, 16);
    ck_values(tad_half_sse(x, y), 0, 8.5);
    ck_values(tad_l1(x, y, TAD_SUM), 0, 5);
    ck_values(tad_mse(x, tad_number(1), TAD_EACH), 0, 0, 1, 16);
    ck_done(tad_reverse(tad_mse(x, y, TAD_MEAN)), t);
    ck_values(tad_gradient(x), 1e-15, 2.0 / 3, 0, 8.0 / 3);
    ck_values(tad_gradient(y), 1e-15, -2.0 / 3, 0, -8.0 / 3);
    ck_done(tad_reverse(tad_l1(x, y, TAD_MEAN)), t);
    ck_values(tad_gradient(x), 1e-15, 1.0 / 3, 0, 1.0 / 3);
    tad_var none = tad_input(t, TAD_F64, TAD_SHAPE(0), NULL);
    ck_values(tad_mse(none, none, TAD_MEAN), 0, NAN);
    ck_values(tad_mse(none, none, TAD_SUM), 0, 0);
    tad_var below = tad_full(t, TAD_F64, TAD_SHAPE(2, 3), -1), one = tad_scalar(t, 1);
    ck_values(tad_kl_div(below, one, false, TAD_BATCHMEAN), 0, 3);
    ck_values(tad_kl_div(tad_scalar(t, 0.5), one, false, TAD_BATCHMEAN), 0, -0.5);
    tad_tape_free(t);
}
END_TEST

START_TEST(huber_and_smooth_l1) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = vector(t, 3, (double[]){0.5, -3, 1}), y = vector(t, 3, (double[]){0, 0, 1});
    ck_values(tad_smooth_l1(x, y, 1, TAD_EACH), 0, 0.125, 2.5, 0);
    ck_values(tad_smooth_l1(x, y, 2, TAD_EACH), 0, 0.0625, 2, 0);
    ck_values(tad_huber(x, y, 2, TAD_EACH), 0, 0.125, 4, 0);
    ck_values(tad_smooth_l1(x, y, 0, TAD_SUM), 0, 3.5);
    ck_done(tad_reverse(tad_smooth_l1(x, y, 0, TAD_SUM)), t);
    ck_values(tad_gradient(x), 0, 1, -1, 0);
    ck_assert(tad_is_nil(tad_huber(x, y, 0, TAD_SUM)));
    ck_refused(t, TAD_BAD_ARGUMENT, "huber", "delta");
    tad_tape_free(t);
}
END_TEST

/* By the rule, which records, as by the sweep. */
START_TEST(the_slope_of_a_mean_has_its_share) {
    const double a[3] = {1, -2, 5}, zero[3] = {0};
    for (int64_t n = 1; n <= 3; n++) {
        tad_tape *t = tad_tape_new(NULL);
        tad_var x = vector(t, n, a), loss = tad_mse(x, vector(t, n, zero), TAD_MEAN), slope;
        double recorded[3], swept[3];
        ck_done(tad_grad(&loss, NULL, 1, &x, 1, &slope), t);
        ck_done(tad_reverse(loss), t);
        ck_done(tad_read(slope, recorded, (size_t)n), t);
        ck_done(tad_read(tad_gradient(x), swept, (size_t)n), t);
        for (int i = 0; i < n; i++) {
            ck_near(recorded[i], 2 * a[i] / (double)n, 1e-15);
            ck_near(swept[i], recorded[i], 1e-15);
        }
        tad_tape_free(t);
    }
}
END_TEST

START_TEST(bce_is_bounded) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var p = vector(t, 4, (double[]){0, 1, 0, 1}), y = vector(t, 4, (double[]){0, 1, 1, 0});
    ck_values(tad_bce(p, y, tad_none(), TAD_EACH), 0, 0, 0, 100, 100);
    tad_var loss = tad_bce(p, y, tad_none(), TAD_SUM), slope;
    ck_done(tad_reverse(loss), t);
    ck_values(tad_gradient(y), 0, 100, -100, 100, -100);
    ck_done(tad_grad(&loss, NULL, 1, &y, 1, &slope), t);
    ck_values(slope, 0, 100, -100, 100, -100);
    tad_var z = vector(t, 4, (double[]){-1000, 1000, -1000, 1000});
    ck_values(tad_bce_with_logits(z, y, tad_none(), tad_none(), TAD_EACH), 0, 0, 0, 1000, 1000);
    ck_done(tad_reverse(tad_bce_with_logits(z, y, tad_none(), tad_none(), TAD_SUM)), t);
    ck_values(tad_gradient(z), 0, 0, 0, -1, 1);
    tad_var wide = vector(t, 2, (double[]){-INFINITY, INFINITY}),
            hard = vector(t, 2, (double[]){0, 1});
    ck_values(tad_bce_with_logits(wide, hard, tad_none(), tad_none(), TAD_MEAN), 0, 0);
    ck_values(tad_bce_with_logits(vector(t, 1, (double[]){NAN}), tad_number(1), tad_none(),
                                  tad_none(), TAD_MEAN),
              0, NAN);
    tad_tape_free(t);
}
END_TEST

/* d/dz = ((1 + (w - 1) y) sigmoid(z) - w y) / m, and the weight of the elements in front. */
START_TEST(bce_weights) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var z = vector(t, 2, (double[]){0.3, -1.2}), y = vector(t, 2, (double[]){0.25, 1});
    tad_var weight = tad_detach(vector(t, 2, (double[]){2, 5})),
            pos_weight = tad_detach(vector(t, 1, (double[]){3}));
    ck_done(tad_reverse(tad_bce_with_logits(z, y, weight, pos_weight, TAD_MEAN)), t);
    double s0 = 1 / (1 + exp(-0.3)), s1 = 1 / (1 + exp(1.2));
    ck_values(tad_gradient(z), 1e-15, 2 * (1.5 * s0 - 0.75) / 2, 5 * (3 * s1 - 3) / 2);
    tad_tape_free(t);
}
END_TEST

START_TEST(cross_entropy_is_exact) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){1000, 0, -1000, 1000, 0, -1000});
    tad_var y = labels(t, 2, (double[]){0, 2});
    ck_values(tad_cross_entropy(x, y, &(tad_cross_entropy_options){.reduction = TAD_EACH}), 0, 0,
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

/* Logits 40 apart: the other classes have 2 e^-40, which is lost beside a 1. Loss, gradient and
 * products with the Hessian, swept and recorded, have all their digits. */
START_TEST(what_is_nearly_certain_keeps_its_digits) {
    const double e = exp(-40), v[3] = {0.5, 2, -1};
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = vector(t, 3, (double[]){0, 40, 0}), g, hv, along;
    tad_var loss = tad_cross_entropy(x, tad_constant_from(t, TAD_I64, TAD_0D, &(double){1}), NULL);
    ck_values(loss, 1e-15 * e, 2 * e);
    ck_done(tad_reverse(loss), t);
    ck_values(tad_gradient(x), 1e-15 * e, e, -2 * e, e);
    ck_done(tad_grad(&loss, NULL, 1, &x, 1, &g), t);
    ck_values(g, 1e-15 * e, e, -2 * e, e);
    tad_var seed = tad_constant(t, TAD_F64, TAD_SHAPE(3), v);
    ck_done(tad_grad(&g, &seed, 1, &x, 1, &hv), t); /* e (v_c - v_1), and what is left for 1 */
    ck_values(hv, 1e-15 * e, -1.5 * e, 4.5 * e, -3 * e);
    ck_done(tad_tangent(&g, 1, &x, &seed, 1, &along), t);
    ck_values(along, 1e-15 * e, -1.5 * e, 4.5 * e, -3 * e);
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

/* Gradients grow with the cotangent, also beyond 1 and below 0, as one of a row or of all. */
START_TEST(cross_entropy_gradients_grow_with_the_cotangent) {
    enum { ROWS = 3, CLASSES = 4, ALL = ROWS * CLASSES };
    const double factor[] = {1, 3, -2, 0.5};
    double x[ALL], once[ALL], many[ALL];
    for (int i = 0; i < ALL; i++) x[i] = sin(i * 1.7);
    for (int dtype = 0; dtype <= 1; dtype++)
        for (int each = 0; each <= 1; each++)
            for (size_t k = 0; k < sizeof factor / sizeof *factor; k++) {
                tad_tape *t = tad_tape_new(NULL);
                tad_var v = tad_cast(vector(t, ALL, x), dtype ? TAD_F32 : TAD_F64),
                        logits = tad_reshape(v, TAD_SHAPE(ROWS, CLASSES)),
                        target = labels(t, ROWS, (double[]){3, 0, 1});
                logits =
                    tad_input(t, tad_dtype_of(logits), TAD_SHAPE(ROWS, CLASSES), tad_data(logits));
                tad_cross_entropy_options o = {.reduction = each ? TAD_EACH : TAD_SUM};
                tad_var loss = tad_cross_entropy(logits, target, &o),
                        g = tad_full(t, tad_dtype_of(logits), tad_shape_of(loss), factor[k]);
                ck_done(tad_reverse_from(&loss, &g, 1), t);
                ck_done(tad_read(tad_gradient(logits), k ? many : once, ALL), t);
                for (int i = 0; i < ALL && k; i++)
                    ck_near(many[i], factor[k] * once[i], dtype ? 1e-6 : 1e-15);
                tad_tape_free(t);
            }
}
END_TEST

/* One op, and the loops of the sweep: also for classes that do not lie next to each other, with
 * weights, smoothed, and for cotangents of rows. */
START_TEST(a_recorded_gradient_of_cross_entropy_has_the_bits_of_the_sweep) {
    static const tad_dtype dtypes[] = {TAD_F64, TAD_F32};
    for (int k = 0; k < 24; k++) {
        tad_tape *t = tad_tape_new(NULL);
        const tad_dtype dtype = dtypes[k % 2];
        tad_cross_entropy_options o = {.reduction = (tad_reduction)(k / 2 % 3)};
        tad_var x = tad_mul(tad_rand(t, dtype, TAD_SHAPE(4, 37, 3)), tad_number(20)),
                c = tad_rand(t, dtype, o.reduction == TAD_EACH ? TAD_SHAPE(4, 3) : TAD_0D),
                y = tad_constant_from(t, TAD_I64, TAD_SHAPE(4, 3),
                                      (double[]){1, 36, 0, 7, 2, 5, -100, 9, 9, 30, 31, 11});
        if (k / 6 % 2) o.weight = tad_rand(t, dtype, TAD_SHAPE(37));
        if (k / 12) o.label_smoothing = 0.1;
        x = tad_input(t, dtype, TAD_SHAPE(4, 37, 3), tad_data(x));
        tad_var loss = tad_sum(tad_mul(c, tad_cross_entropy(x, y, &o)), tad_all()), gradient;
        ck_done(tad_grad(&loss, NULL, 1, &x, 1, &gradient), t);
        ck_assert_str_eq(tad_node_op(gradient)->name, "cross_entropy_gradient");
        ck_done(tad_reverse(loss), t);
        ck_assert_mem_eq(tad_data(gradient), tad_gradient_data(x),
                         4 * 37 * 3 * tad_dtype_size(dtype));
        tad_tape_free(t);
    }
}
END_TEST

START_TEST(ignored_labels) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){0, 0, 5, 1});
    tad_var y = labels(t, 2, (double[]){0, -100});
    ck_values(tad_cross_entropy(x, y, NULL), 1e-15, log(2));
    ck_done(tad_reverse(tad_cross_entropy(x, y, NULL)), t);
    ck_values(tad_gradient(x), 1e-15, -0.5, 0.5, 0, 0);
    const tad_cross_entropy_options each = {.reduction = TAD_EACH};
    tad_var zeros = labels(t, 2, (double[]){0, 0});
    ck_values(tad_cross_entropy_ignoring(x, zeros, 0, &each), 0, 0, 0);
    ck_values(tad_nll_loss_ignoring(x, zeros, 0, &each), 0, 0, 0);
    ck_values(tad_cross_entropy_ignoring(x, zeros, 0, NULL), 0, NAN);
    ck_values(tad_nll_loss_ignoring(x, zeros, 0, NULL), 0, NAN);
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

/* As many axes as there can be; the gradient is recorded: by the rule. */
START_TEST(eight_axes) {
    double x[8] = {1, -1, 2, 0.5, 0, 3, -2, 1}, y[4] = {1, 0, 0, 1};
    tad_tape *t = tad_tape_new(NULL);
    tad_var v = tad_input(t, TAD_F64, TAD_SHAPE(2, 2, 1, 1, 1, 1, 1, 2), x), g, h,
            flat = tad_transpose(tad_reshape(v, TAD_SHAPE(2, 2, 2)), 1, 2),
            target = tad_constant_from(t, TAD_I64, TAD_SHAPE(2, 1, 1, 1, 1, 1, 2), y),
            loss = tad_cross_entropy(v, target, NULL),
            same = tad_cross_entropy(tad_reshape(flat, TAD_SHAPE(4, 2)), labels(t, 4, y), NULL);
    ck_near(tad_item(loss), tad_item(same), 1e-15);
    ck_done(tad_grad(&loss, NULL, 1, &v, 1, &g), t);
    ck_done(tad_grad(&same, NULL, 1, &v, 1, &h), t);
    for (int i = 0; i < 8; i++)
        ck_near(((const double *)tad_data(g))[i], ((const double *)tad_data(h))[i], 1e-15);
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
    tad_var pictures = tad_input(t, TAD_F64, TAD_SHAPE(2, 3, 4, 5), NULL);
    int64_t bad[40] = {[33] = 3};
    tad_cross_entropy(pictures, tad_constant(t, TAD_I64, TAD_SHAPE(2, 4, 5), bad), NULL);
    ck_refused(t, TAD_BAD_INDEX, "label 3 at (1,2,3)");
    tad_var turned =
        tad_permute(tad_constant(t, TAD_I64, TAD_SHAPE(5, 2, 4), bad), TAD_AXES(1, 2, 0));
    tad_cross_entropy(pictures, turned, NULL);
    ck_refused(t, TAD_BAD_INDEX, "label 3 at (0,1,4)");
    ck_assert(tad_is_nil(tad_mse(x, tad_input(t, TAD_F64, TAD_SHAPE(3), NULL), TAD_MEAN)));
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
    ck_near(tad_item(tad_mse(narrow, tad_number(1), TAD_MEAN)),
            tad_item(tad_mse(wide, tad_number(1), TAD_MEAN)), 1e-6);
    ck_near(tad_item(tad_bce_with_logits(narrow, tad_number(1), tad_none(), tad_none(), TAD_MEAN)),
            tad_item(tad_bce_with_logits(wide, tad_number(1), tad_none(), tad_none(), TAD_MEAN)),
            1e-6);
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
        tad_cross_entropy_options o = {.reduction = none ? TAD_EACH : TAD_MEAN};
        tad_tape *t = tad_tape_new(NULL);
        tad_var v = tad_input(t, TAD_F32, TAD_SHAPE(MANY, CLASSES), x),
                l = tad_constant(t, TAD_I64, TAD_SHAPE(MANY), labels),
                y = tad_sum(tad_mul(tad_cross_entropy(v, l, &o), tad_number(3)), tad_all()),
                both = tad_add(y, tad_sum(v, tad_all()));
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

/* ---- every input has a gradient ---- */

START_TEST(hinge_moves_with_its_target) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = vector(t, 3, (double[]){0.3, -2, 4}), y = vector(t, 3, (double[]){1, 1, 1}), g[2];
    tad_var loss = tad_hinge(x, y, 1, TAD_SUM);
    ck_done(tad_reverse(loss), t);
    ck_values(tad_gradient(x), 0, -1, -1, 0);
    ck_values(tad_gradient(y), 0, -0.3, 2, 0);
    ck_done(tad_grad(&loss, NULL, 1, (tad_var[]){x, y}, 2, g), t);
    ck_values(g[1], 0, -0.3, 2, 0);
    tad_tape_free(t);
}
END_TEST

typedef tad_var weighted_loss(const tad_var *in);

/* The three ways to the derivative by input k against differences of the loss. */
static void check_input(weighted_loss *f, const tad_var *in, size_t n, size_t k) {
    enum { ELEMENTS = 16 };
    tad_tape *t = in[0].tape;
    tad_var y = f(in), g, tangent, ones = tad_full(t, TAD_F64, tad_shape_of(in[k]), 1), other[4];
    double x[ELEMENTS], sweep[ELEMENTS], graph[ELEMENTS], total = 0;
    size_t size = (size_t)tad_size_of(in[k]);
    ck_done(tad_reverse(y), t);
    ck_done(tad_read(tad_gradient(in[k]), sweep, size), t);
    ck_done(tad_grad(&y, NULL, 1, &in[k], 1, &g), t);
    ck_done(tad_read(g, graph, size), t);
    ck_done(tad_tangent(&y, 1, &in[k], &ones, 1, &tangent), t);
    ck_done(tad_read(in[k], x, size), t);
    memcpy(other, in, n * sizeof *in);
    for (size_t i = 0; i < size; i++) {
        double at = x[i], h = 1e-4, value[4];
        for (int step = 0; step < 4; step++) {
            x[i] = at + h * (const double[]){-2, -1, 1, 2}[step];
            other[k] = tad_constant_from(t, TAD_F64, tad_shape_of(in[k]), x);
            value[step] = tad_item(f(other));
        }
        x[i] = at;
        ck_near(sweep[i], (8 * (value[2] - value[1]) - (value[3] - value[0])) / (12 * h), 1e-9);
        ck_near(graph[i], sweep[i], 1e-14);
        total += sweep[i];
    }
    ck_near(tad_item(tangent), total, 1e-14);
    ck_tape(t);
}

static tad_var bce_of_one(const tad_var *in) { return tad_bce(in[0], in[1], in[2], TAD_MEAN); }
static tad_var logits_of_one(const tad_var *in) {
    return tad_bce_with_logits(in[0], in[1], in[2], in[3], TAD_MEAN);
}

/* Weights of full rank that broadcast, beside one number for all elements. */
START_TEST(weights_that_broadcast_reach_every_input) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var full = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){0.9, 0.2, 0.4, 0.3, 0.8, 0.6}),
            one = tad_scalar(t, 0.35),
            rows = tad_input(t, TAD_F64, TAD_SHAPE(2, 1), (double[]){1.5, 0.5}),
            columns = tad_input(t, TAD_F64, TAD_SHAPE(1, 3), (double[]){1, 3, 2});
    const tad_var cases[][4] = {
        {one, full, rows, columns}, {full, one, columns, rows}, {full, full, rows, columns}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (size_t k = 0; k < 4; k++) {
            if (c == 2 && k < 2) continue; /* one variable in two places */
            if (k < 3) check_input(bce_of_one, cases[c], 3, k);
            check_input(logits_of_one, cases[c], 4, k);
        }
    tad_tape_free(t);
}
END_TEST

static tad_var entropy_of_labels(const tad_var *in) {
    return tad_cross_entropy_ignoring(
        in[0], in[2], 1, &(tad_cross_entropy_options){.weight = in[1], .label_smoothing = 0.2});
}
static tad_var nll_of_labels(const tad_var *in) {
    return tad_nll_loss_ignoring(in[0], in[2], 1, &(tad_cross_entropy_options){.weight = in[1]});
}

START_TEST(class_weights_have_gradients) {
    tad_tape *t = tad_tape_new(NULL);
    double x[12];
    for (int i = 0; i < 12; i++) x[i] = 2 * sin(3 * i);
    const tad_var in[] = {tad_input(t, TAD_F64, TAD_SHAPE(4, 3), x),
                          vector(t, 3, (double[]){0.5, 2, 1.25}),
                          labels(t, 4, (double[]){2, 0, 1, 2})};
    for (size_t k = 0; k < 2; k++) {
        check_input(entropy_of_labels, in, 3, k);
        check_input(nll_of_labels, in, 3, k);
    }
    tad_tape_free(t);
}
END_TEST

/* The mean does not change when all weights grow alike; a class that nothing counts for has no
 * say. */
START_TEST(weights_of_classes_in_float32) {
    tad_tape *t = tad_tape_new(NULL);
    float x[] = {1, 2, 0.5f, -1, 0, 3}, w[] = {0.5f, 1.5f, 2}, g[3];
    tad_var v = tad_input(t, TAD_F32, TAD_SHAPE(2, 3), x),
            c = tad_input(t, TAD_F32, TAD_SHAPE(3), w);
    tad_cross_entropy_options o = {.weight = c};
    tad_var loss = tad_cross_entropy(v, labels(t, 2, (double[]){0, 2}), &o);
    ck_done(tad_reverse(loss), t);
    memcpy(g, tad_gradient_data(c), sizeof g);
    ck_near(w[0] * g[0] + w[1] * g[1] + w[2] * g[2], 0, 1e-6);
    ck_assert(g[0] != 0 && g[1] == 0 && g[2] != 0);
    /* added to what is there */
    tad_var again = tad_add(loss, tad_cast(tad_sum(c, tad_all()), TAD_F32));
    ck_done(tad_reverse(again), t);
    for (int i = 0; i < 3; i++) ck_near(((const float *)tad_gradient_data(c))[i], g[i] + 1, 1e-6);
    tad_tape_free(t);
}
END_TEST

/* An impossible class that the target has no share in costs nothing, in the weight's gradient
 * too. */
START_TEST(zero_shares_of_infinite_losses_count_as_zero) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(1, 3), (double[]){-INFINITY, 0, 0}),
            w = vector(t, 3, (double[]){1, 2, 1}), g;
    const tad_var targets[] = {labels(t, 1, (double[]){1}),
                               tad_input(t, TAD_F64, TAD_SHAPE(1, 3), (double[]){0, 0.5, 0.5})};
    const double right[2][3] = {{0, 0, 0}, {0, 0.34657359027997264, 0.34657359027997264}};
    for (int k = 0; k < 2; k++) {
        tad_var loss = tad_cross_entropy(x, targets[k], &(tad_cross_entropy_options){.weight = w});
        ck_done(tad_reverse(loss), t);
        ck_values(tad_gradient(w), 1e-15, right[k][0], right[k][1], right[k][2]);
        ck_done(tad_grad(&loss, NULL, 1, &w, 1, &g), t);
        ck_values(g, 1e-15, right[k][0], right[k][1], right[k][2]);
    }
    tad_tape_free(t);
}
END_TEST

/* The mean of no rows is a NaN, but nothing moves it. */
START_TEST(ignored_rows_alone_have_zero_gradients) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var in[] = {tad_input(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){1, 2, 3, 5}),
                    vector(t, 2, (double[]){1, 3})};
    tad_var y = labels(t, 2, (double[]){1, 1});
    const tad_cross_entropy_options o = {.weight = in[1]};
    for (int nll = 0; nll < 2; nll++) {
        tad_var loss = (nll ? tad_nll_loss_ignoring : tad_cross_entropy_ignoring)(in[0], y, 1, &o),
                g[2];
        tad_var ones[] = {tad_full(t, TAD_F64, TAD_SHAPE(2, 2), 1),
                          tad_full(t, TAD_F64, TAD_SHAPE(2), 1)};
        ck_values(loss, 0, NAN);
        ck_done(tad_reverse(loss), t);
        ck_done(tad_grad(&loss, NULL, 1, in, 2, g), t);
        ck_values(tad_gradient(in[0]), 0, 0, 0, 0, 0);
        ck_values(tad_gradient(in[1]), 0, 0, 0);
        ck_values(g[0], 0, 0, 0, 0, 0);
        ck_values(g[1], 0, 0, 0);
        for (int k = 0; k < 2; k++) {
            tad_var tangent;
            ck_done(tad_tangent(&loss, 1, &in[k], &ones[k], 1, &tangent), t);
            ck_values(tangent, 0, 0);
        }
    }
    tad_tape_free(t);
}
END_TEST

/* (p - t) / max(p (1 - p), 1e-12): at 0 and 1 the slope is 1 / 1e-12, by the sweep and by the
 * rule. */
START_TEST(bce_has_finite_derivatives_at_0_and_1) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var p = vector(t, 4, (double[]){0, 1, 0, 1}), y = vector(t, 4, (double[]){0, 1, 1, 0}), g,
            gg;
    tad_var loss = tad_bce(p, y, tad_none(), TAD_SUM), ones = tad_full(t, TAD_F64, TAD_SHAPE(4), 1);
    ck_done(tad_reverse(loss), t);
    ck_values(tad_gradient(p), 1e-15, 0, 0, -1e12, 1e12);
    ck_done(tad_grad(&loss, NULL, 1, &p, 1, &g), t);
    ck_values(g, 1e-15, 0, 0, -1e12, 1e12);
    ck_done(tad_grad(&g, &ones, 1, &p, 1, &gg), t);
    ck_values(gg, 1e-15, 1e12, 1e12, 1e12, 1e12);
    tad_tape_free(t);
}
END_TEST

/* Where a share is zero the derivative by it is not: d^2 / dx dt of kl_div is -1, of weighted
 * cross-entropy d^2 / dw dt is -log p, of bce with logits d^2 / dp dt log(1 + e^-x). */
START_TEST(zero_targets_hide_no_mixed_derivative) {
    tad_tape *t = tad_tape_new(NULL);
    const double logits[] = {0.5, -1, 2};
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(1, 3), logits),
            w = vector(t, 3, (double[]){1, 2, 3}), g, gg;
    tad_var y = tad_input(t, TAD_F64, TAD_SHAPE(1, 3), (double[]){0, 1, 0}),
            ones = tad_full(t, TAD_F64, TAD_SHAPE(1, 3), 1);
    double total = exp(0.5) + exp(-1) + exp(2);
    tad_var kl = tad_kl_div(x, y, false, TAD_SUM);
    ck_done(tad_grad(&kl, NULL, 1, &x, 1, &g), t);
    ck_done(tad_grad(&g, &ones, 1, &y, 1, &gg), t);
    ck_values(gg, 1e-15, -1, -1, -1);
    tad_var entropy = tad_cross_entropy(x, y, &(tad_cross_entropy_options){TAD_SUM, .weight = w}),
            three = vector(t, 3, (double[]){1, 1, 1});
    ck_done(tad_grad(&entropy, NULL, 1, &w, 1, &g), t);
    ck_done(tad_grad(&g, &three, 1, &y, 1, &gg), t);
    ck_values(gg, 1e-14, log(total) - 0.5, log(total) + 1, log(total) - 2);
    tad_var bce = tad_bce_with_logits(x, y, tad_none(), w, TAD_SUM);
    ck_done(tad_grad(&bce, NULL, 1, &w, 1, &g), t);
    ck_done(tad_grad(&g, &three, 1, &y, 1, &gg), t);
    ck_values(gg, 1e-14, log1p(exp(-0.5)), log1p(exp(1)), log1p(exp(-2)));
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("loss");
    TCase *c = support_case(s, "elements");
    tcase_add_test(c, many_rows_without_gradient);
    tcase_add_test(c, reductions);
    tcase_add_test(c, huber_and_smooth_l1);
    tcase_add_test(c, the_slope_of_a_mean_has_its_share);
    tcase_add_test(c, bce_is_bounded);
    tcase_add_test(c, bce_weights);
    c = support_case(s, "cross_entropy");
    tcase_add_test(c, cross_entropy_is_exact);
    tcase_add_test(c, targets_agree);
    tcase_add_test(c, cross_entropy_gradients_grow_with_the_cotangent);
    tcase_add_test(c, what_is_nearly_certain_keeps_its_digits);
    tcase_add_test(c, a_recorded_gradient_of_cross_entropy_has_the_bits_of_the_sweep);
    tcase_add_test(c, ignored_labels);
    tcase_add_test(c, sweeps_agree);
    tcase_add_test(c, steady_steps_allocate_nothing);
    tcase_add_test(c, pictures);
    c = support_case(s, "gradients");
    tcase_add_test(c, hinge_moves_with_its_target);
    tcase_add_test(c, weights_that_broadcast_reach_every_input);
    tcase_add_test(c, class_weights_have_gradients);
    tcase_add_test(c, eight_axes);
    tcase_add_test(c, weights_of_classes_in_float32);
    tcase_add_test(c, zero_shares_of_infinite_losses_count_as_zero);
    tcase_add_test(c, bce_has_finite_derivatives_at_0_and_1);
    tcase_add_test(c, zero_targets_hide_no_mixed_derivative);
    tcase_add_test(c, ignored_rows_alone_have_zero_gradients);
    tcase_add_test(support_case(s, "refusals"), refusals);
    tcase_add_test(support_case(s, "float32"), float32);
    return s;
}
SUPPORT_MAIN(suite)
