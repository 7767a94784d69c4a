/* The five documents this library was asked to cover, S0 to S4, row by row: formulas, worked
 * numbers, and where they are wrong, the right values. Rows that need nets, data and the gradient
 * check are in test_documents_nets.c.
 *
 * S0  two-layer net without biases, softmax and cross-entropy, in the style of NumPy
 * S1  derivation for ReLU, sigmoid, binary cross-entropy, mean over the batch
 * S2  one neuron, then a net of sigmoids
 * S3  a textbook's chapter 3, the main one
 * S4  theory: any depth, column vectors, Jacobians */
#include "support.h"

/* ---- tools ---- */

static tad_tape *t;

static void begin(void) { t = tad_tape_new(NULL); }
static void end(void) {
    ck_tape(t);
    tad_tape_free(t);
}

enum { MOST = 64 };

static void ck_same(tad_var a, tad_var b, double tol) {
    double x[MOST], y[MOST];
    size_t n = (size_t)tad_size_of(a);
    ck_assert_int_eq(tad_size_of(b), tad_size_of(a));
    ck_assert_uint_le(n, MOST);
    ck_done(tad_read(a, x, n), t);
    ck_done(tad_read(b, y, n), t);
    for (size_t i = 0; i < n; i++) ck_near(x[i], y[i], tol);
}

/* The largest difference of two variables' elements. */
static double apart(tad_var a, tad_var b) {
    double x[MOST], y[MOST], most = 0;
    size_t n = (size_t)tad_size_of(a);
    ck_done(tad_read(a, x, n), t);
    ck_done(tad_read(b, y, n), t);
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs(x[i] - y[i]));
    return most;
}

static tad_var matrix(int64_t rows, int64_t columns, uint64_t seed) {
    tad_random random = {.seed = seed};
    double x[MOST];
    for (int64_t i = 0; i < rows * columns; i++) x[i] = tad_random_normal(&random);
    return tad_input(t, TAD_F64, TAD_SHAPE(rows, columns), x);
}

static tad_var T(tad_var x) { return tad_transpose(x, 0, 1); }
static tad_var times(double c, tad_var x) { return tad_mul(tad_number(c), x); }
static tad_var sum_rows(tad_var x) { return tad_sum(x, tad_axis(0)); }

/* f at in, with element e of input i moved by h. */
static double moved(tad_fn *f, void *user, const tad_var *in, size_t n, size_t i, int64_t e,
                    double h) {
    tad_var at[8];
    double x[MOST];
    size_t size = (size_t)tad_size_of(in[i]);
    memcpy(at, in, n * sizeof *in);
    ck_done(tad_read(in[i], x, size), t);
    x[e] += h;
    at[i] = tad_input(t, TAD_F64, tad_shape_of(in[i]), x);
    return tad_item(f(t, at, n, user));
}

/* Central differences of the one-element f for input i, as a constant of its shape. */
static tad_var slopes(tad_fn *f, void *user, const tad_var *in, size_t n, size_t i, double h) {
    double d[MOST];
    for (int64_t e = 0; e < tad_size_of(in[i]); e++)
        d[e] = (moved(f, user, in, n, i, e, h) - moved(f, user, in, n, i, e, -h)) / (2 * h);
    return tad_constant(t, TAD_F64, tad_shape_of(in[i]), d);
}

/* Every gradient of f against central differences. */
static void ck_slopes(tad_fn *f, void *user, const tad_var *in, size_t n, double tol) {
    tad_var y, gradient[8];
    ck_done(tad_vjp(f, user, in, n, tad_none(), &y, gradient), t);
    for (size_t i = 0; i < n; i++) ck_same(gradient[i], slopes(f, user, in, n, i, 1e-5), tol);
}

static tad_var identity(tad_var x) { return x; }

/* ==== S0
 * ======================================================================================= */

typedef struct s0 {
    tad_var X, Y, W1, W2, z1, a1, z2, a2, loss;
} s0;

typedef tad_var unary(tad_var x);

/* z1 = X W1, a1 = g(z1), z2 = a1 W2, a2 = softmax(z2), L = -sum(Y log a2). */
static s0 s0_forward(tad_var W1, tad_var W2, unary *g) {
    s0 n;
    n.X = tad_detach(matrix(4, 3, 1));
    n.Y = tad_constant(t, TAD_F64, TAD_SHAPE(4, 3), (double[]){1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1});
    n.W1 = W1;
    n.W2 = W2;
    n.z1 = tad_retain(tad_matmul(n.X, W1));
    n.a1 = tad_retain(g(n.z1));
    n.z2 = tad_retain(tad_matmul(n.a1, W2));
    n.a2 = tad_softmax(n.z2, 1);
    n.loss = tad_cross_entropy(n.z2, n.Y, &(tad_cross_entropy_options){.reduction = TAD_SUM});
    return n;
}

static s0 s0_net(unary *g) {
    s0 n = s0_forward(matrix(3, 5, 2), matrix(5, 3, 3), g);
    ck_done(tad_reverse(n.loss), t);
    return n;
}

static tad_var s0_loss(tad_tape *tape, const tad_var *in, size_t n, void *g) {
    (void)tape, (void)n;
    return s0_forward(in[0], in[1], *(unary **)g).loss;
}

/* The listing's backward pass: dw1 = X.T @ da1, without g'(z1). */
static tad_var s0_listing(s0 n) {
    tad_var dz2 = tad_sub(n.a2, n.Y);
    return tad_matmul(T(n.X), tad_matmul(dz2, T(n.W2)));
}

static double s0_distance(unary *g) {
    s0 n = s0_net(g);
    tad_var in[] = {n.W1, n.W2};
    tad_var true_slope = slopes(s0_loss, &g, in, 2, 0, 1e-5);
    ck_same(tad_gradient(n.W1), true_slope, 1e-8);
    return apart(s0_listing(n), true_slope);
}

/* S0: "return - np.sum(np.log(z) * y)", summed over batch and classes, no 1/m. */
START_TEST(S0_loss_is_a_sum) {
    s0 n = s0_net(tad_sigmoid);
    tad_var by_hand = tad_neg(tad_sum(tad_mul(n.Y, tad_log(n.a2)), tad_all()));
    ck_near(tad_item(n.loss), tad_item(by_hand), 1e-14);
    tad_var mean = tad_cross_entropy(n.z2, n.Y, NULL);
    ck_near(tad_item(n.loss), 4 * tad_item(mean), 1e-14);
}
END_TEST

/* S0, step 1: "da2 = cache['z'] - y"; what it is the gradient of is z2, not a2. */
START_TEST(S0_dz2_is_probability_minus_label) {
    s0 n = s0_net(tad_sigmoid);
    ck_same(tad_gradient(n.z2), tad_sub(n.a2, n.Y), 1e-14);
}
END_TEST

/* S0, step 2: "dw2 = cache['a1'].T @ da2". */
START_TEST(S0_dW2) {
    s0 n = s0_net(tad_sigmoid);
    ck_same(tad_gradient(n.W2), tad_matmul(T(n.a1), tad_sub(n.a2, n.Y)), 1e-14);
}
END_TEST

/* S0, step 3: "da1 = da2 @ model['w2'].T". */
START_TEST(S0_da1) {
    s0 n = s0_net(tad_sigmoid);
    ck_same(tad_gradient(n.a1), tad_matmul(tad_sub(n.a2, n.Y), T(n.W2)), 1e-14);
}
END_TEST

/* S0, the remark under step 3: dL/dz1 = dL/da1 * g'(z1); then dW1 = X^T dz1. */
START_TEST(S0_dW1_with_the_missing_factor) {
    s0 n = s0_net(tad_sigmoid);
    tad_var slope = tad_mul(n.a1, tad_sub(tad_number(1), n.a1));
    tad_var dz1 = tad_mul(tad_gradient(n.a1), slope);
    ck_same(tad_gradient(n.z1), dz1, 1e-14);
    ck_same(tad_gradient(n.W1), tad_matmul(T(n.X), dz1), 1e-14);
}
END_TEST

/* S0, step 4: "dw1 = X.T @ da1" is right when the hidden layer is linear ... */
START_TEST(S0_shortcut_right_when_linear) { ck_assert_double_lt(s0_distance(identity), 1e-8); }
END_TEST

/* ... and wrong with any other activation. */
START_TEST(S0_shortcut_wrong_with_sigmoid) { ck_assert_double_gt(s0_distance(tad_sigmoid), 0.1); }
END_TEST
START_TEST(S0_shortcut_wrong_with_relu) { ck_assert_double_gt(s0_distance(tad_relu), 0.1); }
END_TEST

/* S0: "assert(dw2.shape == model['w2'].shape)". */
START_TEST(S0_gradients_have_the_parameters_shapes) {
    s0 n = s0_net(tad_relu);
    ck_shape(tad_gradient(n.W1), 3, 5);
    ck_shape(tad_gradient(n.W2), 5, 3);
}
END_TEST

/* S0, step 5: "model['w1'] -= alpha * dw1", and the loss returned is the one before the update. */
START_TEST(S0_loss_is_reported_before_the_update) {
    s0 before = s0_net(tad_sigmoid);
    tad_var W1 = tad_sub(before.W1, times(0.05, tad_gradient(before.W1)));
    tad_var W2 = tad_sub(before.W2, times(0.05, tad_gradient(before.W2)));
    double reported = tad_item(before.loss);
    s0 after = s0_forward(W1, W2, tad_sigmoid);
    ck_assert_double_lt(tad_item(after.loss), reported);
    ck_assert_double_eq(tad_item(before.loss), reported);
}
END_TEST

/* S0: np.log(z) * y is NaN where z = 0 and y = 0. From the logits it is exact. */
START_TEST(S0_no_nan_from_zero_times_log_zero) {
    tad_var z = tad_input(t, TAD_F64, TAD_SHAPE(1, 3), (double[]){1000, 0, -1000});
    tad_var y = tad_constant(t, TAD_F64, TAD_SHAPE(1, 3), (double[]){1, 0, 0});
    tad_var naive = tad_neg(tad_sum(tad_mul(tad_log(tad_softmax(z, 1)), y), tad_all()));
    ck_assert_double_nan(tad_item(naive));
    tad_var loss = tad_cross_entropy(z, y, NULL);
    ck_done(tad_reverse(loss), t);
    ck_values(loss, 0, 0);
    ck_values(tad_gradient(z), 0, 0, 0, 0);
}
END_TEST

/* ==== S1
 * ======================================================================================= */

enum { S1_M = 4 };

typedef struct s1 {
    tad_var X, Y, W1, b1, W2, b2, Z1, A1, Z2, A2, loss;
} s1;

static s1 s1_forward(const tad_var *in, double weight) {
    s1 n = {.W1 = in[0], .b1 = in[1], .W2 = in[2], .b2 = in[3]};
    n.X = tad_detach(matrix(S1_M, 3, 4));
    n.Y = tad_constant(t, TAD_F64, TAD_SHAPE(S1_M, 1), (double[]){1, 0, 1, 0});
    n.Z1 = tad_retain(tad_affine(n.X, n.W1, n.b1));
    n.A1 = tad_retain(tad_relu(n.Z1));
    n.Z2 = tad_retain(tad_affine(n.A1, n.W2, n.b2));
    n.A2 = tad_sigmoid(n.Z2);
    tad_var pos_weight = weight == 1 ? tad_none() : tad_full(t, TAD_F64, TAD_0D, weight);
    n.loss = tad_bce_with_logits(n.Z2, n.Y, tad_none(), pos_weight, TAD_MEAN);
    return n;
}

static void s1_parameters(tad_var out[4]) {
    out[0] = matrix(3, 5, 5);
    out[1] = tad_input(t, TAD_F64, TAD_SHAPE(5), (double[]){0.3, -0.2, 0.1, 0.5, -0.4});
    out[2] = matrix(5, 1, 7);
    out[3] = tad_input(t, TAD_F64, TAD_SHAPE(1), (double[]){0.1});
}

static s1 s1_net(double weight) {
    tad_var in[4];
    s1_parameters(in);
    s1 n = s1_forward(in, weight);
    ck_done(tad_reverse(n.loss), t);
    return n;
}

static tad_var s1_loss(tad_tape *tape, const tad_var *in, size_t n, void *weight) {
    (void)tape, (void)n;
    return s1_forward(in, *(double *)weight).loss;
}

/* S1: shapes (batch, hidden), (batch, 1); the biases (hidden,) and (1,) are added to every row. */
START_TEST(S1_shapes) {
    s1 n = s1_net(1);
    ck_shape(n.Z1, S1_M, 5);
    ck_shape(n.A1, S1_M, 5);
    ck_shape(n.Z2, S1_M, 1);
    ck_shape(tad_gradient(n.W1), 3, 5);
    ck_shape(tad_gradient(n.b1), 5);
    ck_shape(tad_gradient(n.W2), 5, 1);
    ck_shape(tad_gradient(n.b2), 1);
}
END_TEST

/* S1: L = -1/m sum(y log p + (1 - y) log(1 - p)), from probabilities and from logits. */
START_TEST(S1_loss_is_a_mean) {
    s1 n = s1_net(1);
    tad_var one = tad_number(1);
    tad_var terms = tad_add(tad_mul(n.Y, tad_log(n.A2)),
                            tad_mul(tad_sub(one, n.Y), tad_log(tad_sub(one, n.A2))));
    ck_near(tad_item(n.loss), -tad_item(tad_mean(terms, tad_all())), 1e-14);
    ck_near(tad_item(tad_bce(n.A2, n.Y, tad_none(), TAD_MEAN)), tad_item(n.loss), 1e-14);
}
END_TEST

/* S1, rows 1 to 7. With L a mean, dZ2 = (A2 - Y) / m: the document prints dZ2, dA1 and dZ1 without
 * the 1/m and has it only in the code of dW and db. */
START_TEST(S1_gradients_with_the_mean) {
    s1 n = s1_net(1);
    tad_var dZ2 = times(1.0 / S1_M, tad_sub(n.A2, n.Y));
    tad_var dA1 = tad_matmul(dZ2, T(n.W2));
    tad_var open =
        tad_where(tad_greater(n.Z1, tad_number(0)), tad_number(1), tad_mul(n.Z1, tad_number(0)));
    tad_var dZ1 = tad_mul(dA1, open);
    ck_same(tad_gradient(n.Z2), dZ2, 1e-15);
    ck_same(tad_gradient(n.W2), tad_matmul(T(n.A1), dZ2), 1e-15);
    ck_same(tad_gradient(n.b2), sum_rows(dZ2), 1e-15);
    ck_same(tad_gradient(n.A1), dA1, 1e-15);
    ck_same(tad_gradient(n.Z1), dZ1, 1e-15);
    ck_same(tad_gradient(n.W1), tad_matmul(T(n.X), dZ1), 1e-15);
    ck_same(tad_gradient(n.b1), sum_rows(dZ1), 1e-15);
    ck_assert_double_gt(apart(tad_gradient(n.Z2), tad_sub(n.A2, n.Y)),
                        0.1); /* as printed: m times */
}
END_TEST

/* S1, appendix A: sigma' = sigma (1 - sigma) and, for one example, dL/dz = p - y. */
START_TEST(S1_appendix_A) {
    for (int y = 0; y <= 1; y++) {
        tad_var z = tad_scalar(t, 0.7), p = tad_sigmoid(z), q = tad_sub(tad_number(1), p);
        tad_var loss = tad_neg(tad_log(y ? p : q)), slope;
        ck_done(tad_grad(&p, NULL, 1, &z, 1, &slope), t);
        ck_near(tad_item(slope), tad_item(p) * (1 - tad_item(p)), 1e-15);
        ck_done(tad_reverse(loss), t);
        ck_near(tad_gradient_item(z), tad_item(p) - y, 1e-14);
    }
}
END_TEST

/* S1: the loss with a weight w = 3 on the positives. It gives no gradient; A2 - Y is not it. */
START_TEST(S1_weighted_bce_gradient) {
    tad_var z = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){0.3, -1.2, 2});
    tad_var y = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 0, 1});
    tad_var w = tad_full(t, TAD_F64, TAD_0D, 3);
    tad_var loss = tad_bce_with_logits(z, y, tad_none(), w, TAD_MEAN);
    ck_done(tad_reverse(loss), t);
    ck_near(tad_item(loss), 0.769044, 1e-6);
    ck_values(tad_gradient(z), 1e-6, -0.425557, 0.077158, -0.119203);
    tad_var p = tad_sigmoid(z), factor = tad_add(tad_number(1), times(2, y));
    tad_var formula = times(1.0 / 3, tad_sub(tad_mul(factor, p), times(3, y)));
    ck_same(tad_gradient(z), formula, 1e-15);
    ck_assert_double_gt(apart(tad_gradient(z), times(1.0 / 3, tad_sub(p, y))), 0.1);
}
END_TEST

/* S1: 1 where Z1 > 0, 0 where Z1 <= 0, so 0 at 0. */
START_TEST(S1_relu_has_gradient_0_at_0) {
    tad_var z = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){-1, 0, 1});
    ck_done(tad_reverse(tad_sum(tad_relu(z), tad_all())), t);
    ck_values(tad_gradient(z), 0, 0, 0, 1);
}
END_TEST

/* S1, appendix B: central differences, eps 1e-5, |difference| < 1e-5, for every parameter; here
 * with the weights put back (the document's loop leaves W[i,j] moved) and in float64. */
START_TEST(S1_numeric_check) {
    tad_var in[4];
    double weight = _i ? 3 : 1;
    s1_parameters(in);
    ck_slopes(s1_loss, &weight, in, 4, 1e-8);
}
END_TEST

/* S1, the fourth step: the loss falls under W := W - alpha dL/dW, alpha = 0.001. */
START_TEST(S1_loss_falls) {
    tad_var in[4], gradient[4], y;
    double weight = 1, last = INFINITY;
    s1_parameters(in);
    for (int step = 0; step < 20; step++) {
        ck_done(tad_vjp(s1_loss, &weight, in, 4, tad_none(), &y, gradient), t);
        ck_assert_double_lt(tad_item(y), last);
        last = tad_item(y);
        for (int k = 0; k < 4; k++) in[k] = tad_sub(in[k], times(0.001, gradient[k]));
    }
}
END_TEST

/* ==== S2
 * ======================================================================================= */

/* S2, 2.3: dJ/dw_j = 1/m sum((h - y) x_j), dJ/db likewise, of logistic regression. */
START_TEST(S2_one_neuron_many_examples) {
    tad_var X = tad_detach(matrix(6, 2, 8)), w = matrix(2, 1, 9);
    tad_var b = tad_input(t, TAD_F64, TAD_SHAPE(1), (double[]){0.2});
    tad_var y = tad_constant(t, TAD_F64, TAD_SHAPE(6, 1), (double[]){1, 0, 0, 1, 1, 0});
    tad_var h = tad_sigmoid(tad_affine(X, w, b));
    ck_done(tad_reverse(tad_bce(h, y, tad_none(), TAD_MEAN)), t);
    tad_var off = times(1.0 / 6, tad_sub(h, y));
    ck_same(tad_gradient(w), tad_matmul(T(X), off), 1e-14);
    ck_same(tad_gradient(b), sum_rows(off), 1e-14);
}
END_TEST

/* S2, 4.3: two inputs, one example: dJ/da, da/dz, and (a - y) x1, (a - y) x2, a - y. */
START_TEST(S2_one_example_by_the_chain_rule) {
    const double x1 = 0.5, x2 = -1.5, y = 1;
    tad_var w1 = tad_scalar(t, 0.8), w2 = tad_scalar(t, -0.4), b = tad_scalar(t, 0.1);
    tad_var z = tad_add(tad_add(times(x1, w1), times(x2, w2)), b), a = tad_sigmoid(z);
    tad_var J =
        tad_neg(tad_add(times(y, tad_log(a)), times(1 - y, tad_log(tad_sub(tad_number(1), a)))));
    ck_done(tad_reverse(J), t);
    double p = tad_item(a);
    ck_near(tad_gradient_item(a), -y / p + (1 - y) / (1 - p), 1e-15);
    ck_near(tad_gradient_item(z), p - y, 1e-15);
    ck_near(tad_gradient_item(w1), (p - y) * x1, 1e-15);
    ck_near(tad_gradient_item(w2), (p - y) * x2, 1e-15);
    ck_near(tad_gradient_item(b), p - y, 1e-15);
}
END_TEST

typedef struct s2 {
    tad_var X, y, W1, b1, W2, b2, z1, a1, z2, a2, loss;
} s2;

/* Two layers of sigmoids; init_params gives biases of shape (1, n). */
static s2 s2_net(void) {
    s2 n = {.X = tad_detach(matrix(5, 3, 10)), .W1 = matrix(3, 4, 11), .W2 = matrix(4, 1, 12)};
    n.y = tad_constant(t, TAD_F64, TAD_SHAPE(5, 1), (double[]){0, 1, 1, 0, 1});
    n.b1 = tad_input(t, TAD_F64, TAD_SHAPE(1, 4), NULL);
    n.b2 = tad_input(t, TAD_F64, TAD_SHAPE(1, 1), NULL);
    n.z1 = tad_retain(tad_add(tad_matmul(n.X, n.W1), n.b1));
    n.a1 = tad_sigmoid(n.z1);
    n.z2 = tad_retain(tad_add(tad_matmul(n.a1, n.W2), n.b2));
    n.a2 = tad_sigmoid(n.z2);
    n.loss = tad_bce(n.a2, n.y, tad_none(), TAD_MEAN);
    ck_done(tad_reverse(n.loss), t);
    return n;
}

/* S2, 3.2: delta_h = (sum_k W_hk delta_k) sigma'(z_h). */
START_TEST(S2_delta_rule) {
    s2 n = s2_net();
    tad_var slope = tad_mul(n.a1, tad_sub(tad_number(1), n.a1));
    tad_var delta1 = tad_mul(tad_matmul(tad_gradient(n.z2), T(n.W2)), slope);
    ck_same(tad_gradient(n.z1), delta1, 1e-15);
}
END_TEST

/* S2, 3.2: dJ/dW_jk = a_j delta_k, summed over the examples. */
START_TEST(S2_weight_gradients) {
    s2 n = s2_net();
    ck_same(tad_gradient(n.W2), tad_matmul(T(n.a1), tad_gradient(n.z2)), 1e-15);
    ck_same(tad_gradient(n.W1), tad_matmul(T(n.X), tad_gradient(n.z1)), 1e-15);
    ck_shape(tad_gradient(n.b1), 1, 4);
    ck_same(tad_gradient(n.b1), sum_rows(tad_gradient(n.z1)), 1e-15);
}
END_TEST

/* S2, 3.3: the pseudocode's delta2 = a2 - y belongs to a sum, while its loss is a mean: the update
 * is 5 times too long for 5 examples. */
START_TEST(S2_pseudocode_lacks_the_mean) {
    s2 n = s2_net();
    tad_var printed = tad_matmul(T(n.a1), tad_sub(n.a2, n.y));
    ck_same(times(5, tad_gradient(n.W2)), printed, 1e-14);
}
END_TEST

/* S2: compute_loss(y, y_pred) is called as compute_loss(a2, y): log of the labels, not a number. */
START_TEST(S2_swapped_arguments_are_not_a_loss) {
    s2 n = s2_net();
    tad_var swapped = tad_mean(tad_mul(n.a2, tad_log(n.y)), tad_all());
    ck_assert(isinf(tad_item(swapped)));
    ck_assert(isfinite(tad_item(n.loss)));
}
END_TEST

/* S2, 5.2: 1 / (1 + exp(-z)) overflows inside at z = -800. */
START_TEST(S2_sigmoid_far_out) {
    tad_var z = tad_input(t, TAD_F64, TAD_SHAPE(4), (double[]){-800, -40, 40, 800});
    tad_var y = tad_sigmoid(z);
    ck_values(y, 0, 0, exp(-40) / (1 + exp(-40)), 1, 1);
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    ck_assert(isfinite(tad_item(tad_sum(tad_gradient(z), tad_all()))));
}
END_TEST

/* S2, 5.3: log(0) in compute_loss. From probabilities it is cut at -100, from logits it is
 * exact. */
START_TEST(S2_loss_of_a_certain_mistake) {
    tad_var one = tad_full(t, TAD_F64, TAD_SHAPE(1), 1),
            zero = tad_full(t, TAD_F64, TAD_SHAPE(1), 0);
    ck_values(tad_bce(zero, one, tad_none(), TAD_MEAN), 0, 100);
    tad_var z = tad_full(t, TAD_F64, TAD_SHAPE(1), -800);
    ck_values(tad_bce_with_logits(z, one, tad_none(), tad_none(), TAD_MEAN), 1e-15, 800);
}
END_TEST

/* S2 names mean squared error beside cross-entropy; its gradient is 2 (a - y) / n. */
START_TEST(S2_mean_squared_error) {
    tad_var a = matrix(2, 3, 13), y = tad_detach(matrix(2, 3, 14));
    ck_done(tad_reverse(tad_mse(a, y, TAD_MEAN)), t);
    ck_same(tad_gradient(a), times(2.0 / 6, tad_sub(a, y)), 1e-15);
}
END_TEST

/* S2 writes W1^T x + b, W x + b and X W + b: three layouts of one map. */
START_TEST(S2_three_layouts_one_map) {
    tad_var x = matrix(1, 3, 15), W = matrix(3, 2, 16);
    tad_var row = tad_matmul(x, W);
    ck_same(tad_affine(x, W, tad_none()), row, 0);
    ck_same(T(tad_matmul(T(W), T(x))), row, 1e-15);
    ck_same(tad_linear(x, T(W), tad_none()), row, 1e-15);
}
END_TEST

/* ==== S3
 * ======================================================================================= */

/* S3, 3.1.3: z = x y, x = 2, y = 3: z = 6, gradients 3 and 2; 3.3.2: upstream 1.5: 4.5 and 3. */
START_TEST(S3_product) {
    tad_var x = tad_scalar(t, 2), y = tad_scalar(t, 3), z = tad_mul(x, y);
    ck_near(tad_item(z), 6, 0);
    ck_done(tad_reverse(z), t);
    ck_near(tad_gradient_item(x), 3, 0);
    ck_near(tad_gradient_item(y), 2, 0);
    tad_var upstream = tad_full(t, TAD_F64, TAD_0D, 1.5);
    ck_done(tad_reverse_from(&z, &upstream, 1), t);
    ck_near(tad_gradient_item(x), 4.5, 0);
    ck_near(tad_gradient_item(y), 3, 0);
}
END_TEST

/* S3, 3.1.2: z = (x + y) 2. */
START_TEST(S3_sum_times_two) {
    tad_var x = tad_scalar(t, 1), y = tad_scalar(t, 4), a = tad_add(x, y), z = times(2, a);
    ck_done(tad_reverse(z), t);
    ck_near(tad_item(z), 10, 0);
    ck_near(tad_gradient_item(a), 2, 0);
    ck_near(tad_gradient_item(x), 2, 0);
    ck_near(tad_gradient_item(y), 2, 0);
}
END_TEST

/* S3, 3.2.3: y = (x + 1)^2, dy/dx = 2 (x + 1). */
START_TEST(S3_square_of_sum) {
    for (double at = -2; at <= 2; at += 0.5) {
        tad_var x = tad_scalar(t, at);
        ck_done(tad_reverse(tad_square(tad_add(x, tad_number(1)))), t);
        ck_near(tad_gradient_item(x), 2 * (at + 1), 0);
    }
}
END_TEST

/* S3, 3.2.3: L = (x + y)^2, both derivatives 2 (x + y). */
START_TEST(S3_square_of_two) {
    tad_var x = tad_scalar(t, 1.5), y = tad_scalar(t, -4);
    ck_done(tad_reverse(tad_square(tad_add(x, y))), t);
    ck_near(tad_gradient_item(x), -5, 0);
    ck_near(tad_gradient_item(y), -5, 0);
}
END_TEST

/* S3, 3.3.1: an addition passes the upstream gradient on to both. */
START_TEST(S3_addition_passes_on) {
    tad_var x = tad_scalar(t, 7), y = tad_scalar(t, -3), z = tad_add(x, y);
    tad_var upstream = tad_full(t, TAD_F64, TAD_0D, 1.3);
    ck_done(tad_reverse_from(&z, &upstream, 1), t);
    ck_near(tad_gradient_item(x), 1.3, 0);
    ck_near(tad_gradient_item(y), 1.3, 0);
}
END_TEST

/* S3, 3.3.3: x = 1, [*2] [+3] [*5]: a = 2, b = 5, y = 25; gradients b 5, a 5, x 10. */
START_TEST(S3_chain) {
    tad_var x = tad_scalar(t, 1), a = tad_mul(x, tad_number(2));
    tad_var b = tad_add(a, tad_number(3)), y = tad_mul(b, tad_number(5));
    ck_done(tad_reverse(y), t);
    ck_near(tad_item(a), 2, 0);
    ck_near(tad_item(b), 5, 0);
    ck_near(tad_item(y), 25, 0);
    ck_near(tad_gradient_item(b), 5, 0);
    ck_near(tad_gradient_item(a), 5, 0);
    ck_near(tad_gradient_item(x), 10, 0);
}
END_TEST

/* S3, 3.4.1: mask x <= 0. The listing's backward writes into dout; ours leaves it as it was. */
START_TEST(S3_relu_layer) {
    double upstream[] = {1, 2, 3, 4};
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(4), (double[]){-1, 0, 0.5, 2});
    tad_var dout = tad_borrow(t, TAD_F64, TAD_SHAPE(4), upstream), y = tad_relu(x);
    ck_values(y, 0, 0, 0, 0.5, 2);
    ck_done(tad_reverse_from(&y, &dout, 1), t);
    ck_values(tad_gradient(x), 0, 0, 0, 3, 4);
    ck_values(dout, 0, 1, 2, 3, 4);
}
END_TEST

/* S3, 3.4.2: sigmoid(0) = 0.5, gradient 0.25, its maximum; dx = dout y (1 - y). */
START_TEST(S3_sigmoid_layer) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(5), (double[]){-2, -0.5, 0, 0.5, 2}),
            y = tad_sigmoid(x);
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    double g[5];
    ck_done(tad_read(tad_gradient(x), g, 5), t);
    ck_near(g[2], 0.25, 0);
    for (int i = 0; i < 5; i++) ck_assert_double_le(g[i], 0.25);
    ck_same(tad_gradient(x), tad_mul(y, tad_sub(tad_number(1), y)), 1e-15);
}
END_TEST

/* S3, 3.5.4. The gradients are right; Y is printed [[0.9, 1.5], [2.3, 3.5]], without part of b. */
START_TEST(S3_affine_example) {
    tad_var X = tad_input(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){1, 2, 3, 4});
    tad_var W = tad_input(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){0.5, 0.8, 0.2, 0.3});
    tad_var b = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){0.1, 0.1});
    tad_var dY = tad_constant(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){1, 1.5, 2, 2.5});
    tad_var Y = tad_affine(X, W, b);
    ck_values(Y, 1e-15, 1.0, 1.5, 2.4, 3.7);
    ck_done(tad_reverse_from(&Y, &dY, 1), t);
    ck_values(tad_gradient(X), 1e-15, 1.7, 0.65, 3.0, 1.15);
    ck_values(tad_gradient(W), 1e-15, 7, 9, 10, 13);
    ck_values(tad_gradient(b), 1e-15, 3, 4);
}
END_TEST

/* S3, 3.5.4: "any number of axes, flattened"; the listing then multiplies the unflattened x. dx has
 * the shape of the input again; b may be (m) or (1, m). */
START_TEST(S3_affine_flattens) {
    tad_random random = {.seed = 17};
    double x[24];
    for (int i = 0; i < 24; i++) x[i] = tad_random_normal(&random);
    tad_var X = tad_input(t, TAD_F64, TAD_SHAPE(2, 3, 2, 2), x), W = matrix(12, 3, 18);
    tad_var b = tad_input(t, TAD_F64, TAD_SHAPE(1, 3), (double[]){1, 2, 3}),
            Y = tad_affine(X, W, b);
    tad_var flat = tad_add(tad_matmul(tad_reshape(X, TAD_SHAPE(2, 12)), W), b);
    ck_same(Y, flat, 1e-14);
    ck_done(tad_reverse(tad_sum(tad_square(Y), tad_all())), t);
    ck_shape(tad_gradient(X), 2, 3, 2, 2);
    ck_shape(tad_gradient(b), 1, 3);
    ck_same(tad_gradient(W), tad_matmul(T(tad_reshape(X, TAD_SHAPE(2, 12))), times(2, Y)), 1e-13);
}
END_TEST

/* S3, 3.6.2: y = [0.3, 0.6, 0.1], t = [0, 1, 0]: the gradient is [0.3, -0.4, 0.1]. */
START_TEST(S3_softmax_with_loss_example) {
    tad_var a = tad_input(t, TAD_F64, TAD_SHAPE(1, 3), (double[]){log(0.3), log(0.6), log(0.1)});
    tad_var label = tad_constant(t, TAD_F64, TAD_SHAPE(1, 3), (double[]){0, 1, 0});
    ck_done(tad_reverse(tad_cross_entropy(a, label, NULL)), t);
    ck_values(tad_softmax(a, 1), 1e-15, 0.3, 0.6, 0.1);
    ck_values(tad_gradient(a), 1e-15, 0.3, -0.4, 0.1);
}
END_TEST

/* S3, 3.6.2: one-hot or integer labels, dA = (Y - T) / B; the listing ignores what comes from
 * above. */
START_TEST(S3_softmax_with_loss_layer) {
    tad_var a = matrix(4, 3, 19);
    tad_var hot =
        tad_constant(t, TAD_F64, TAD_SHAPE(4, 3), (double[]){1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1});
    tad_var label = tad_constant_from(t, TAD_I64, TAD_SHAPE(4), (double[]){0, 2, 1, 2});
    tad_var loss = tad_cross_entropy(a, label, NULL);
    ck_near(tad_item(loss), tad_item(tad_cross_entropy(a, hot, NULL)), 1e-15);
    tad_var formula = times(0.25, tad_sub(tad_softmax(a, 1), hot));
    ck_done(tad_reverse(loss), t);
    ck_same(tad_gradient(a), formula, 1e-15);
    ck_done(tad_reverse(times(3, tad_cross_entropy(a, hot, NULL))), t);
    ck_same(tad_gradient(a), times(3, formula), 1e-15);
}
END_TEST

static tad_var softmax_of(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_softmax(in[0], 0);
}

/* S3, 3.6.2: dy_k/dx_i = y_k (1 - y_k) for k = i, -y_k y_i else. */
START_TEST(S3_softmax_jacobian) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){0.2, -1, 0.7}), J;
    ck_done(tad_jacobian(softmax_of, NULL, &x, 1, 0, NULL, &J), t);
    double y[3], j[9];
    ck_done(tad_read(tad_softmax(x, 0), y, 3), t);
    ck_done(tad_read(J, j, 9), t);
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 3; i++) ck_near(j[3 * k + i], y[k] * ((k == i) - y[i]), 1e-15);
}
END_TEST

/* ==== S4
 * ======================================================================================= */

enum { LAYERS = 4 };
static const int64_t width[LAYERS + 1] = {3, 4, 5, 4, 2};

typedef struct s4 {
    tad_var x, y, W[LAYERS], b[LAYERS], z[LAYERS], a[LAYERS + 1], E;
} s4;

/* z(l) = W(l) a(l-1) + b(l), a(l) = sigma(z(l)), columns; E = 1/2 |a(4) - y|^2. */
static s4 s4_forward(tad_var x, const tad_var W[LAYERS], const tad_var b[LAYERS], unary *g) {
    s4 n = {.x = x, .y = tad_detach(matrix(width[LAYERS], tad_shape_of(x).dim[1], 30))};
    n.a[0] = x;
    for (int l = 0; l < LAYERS; l++) {
        n.W[l] = W[l];
        n.b[l] = b[l];
        n.z[l] = tad_retain(tad_add(tad_matmul(W[l], n.a[l]), b[l]));
        n.a[l + 1] = g(n.z[l]);
    }
    n.E = tad_half_sse(n.a[LAYERS], n.y);
    return n;
}

static s4 s4_net(double scale, unary *g) {
    tad_var W[LAYERS], b[LAYERS];
    for (int l = 0; l < LAYERS; l++) {
        double value[MOST];
        int64_t size = width[l + 1] * width[l];
        ck_done(tad_read(matrix(width[l + 1], width[l], 31 + (uint64_t)l), value, (size_t)size), t);
        for (int64_t i = 0; i < size; i++) value[i] *= scale;
        W[l] = tad_input(t, TAD_F64, TAD_SHAPE(width[l + 1], width[l]), value);
        b[l] = matrix(width[l + 1], 1, 41 + (uint64_t)l);
    }
    s4 n = s4_forward(matrix(width[0], 1, 51), W, b, g);
    ck_done(tad_reverse(n.E), t);
    return n;
}

static tad_var slope_of_sigmoid(tad_var a) { return tad_mul(a, tad_sub(tad_number(1), a)); }

/* S4, 1: dy/dx = dy/df df/dg dg/dh dh/dx for y = f(g(h(x))). */
START_TEST(S4_chain_rule) {
    tad_var x = tad_scalar(t, 0.4), h = tad_exp(x), g = tad_sin(h), f = tad_square(g);
    ck_done(tad_reverse(f), t);
    ck_near(tad_gradient_item(x), 2 * tad_item(g) * cos(tad_item(h)) * exp(0.4), 1e-15);
}
END_TEST

static tad_var s4_output(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    const s4 *net = user;
    (void)tape, (void)n;
    return s4_forward(in[0], net->W, net->b, tad_sigmoid).a[LAYERS];
}

/* S4, 1: J_ij = dy_i/dx_j, and what a sweep computes is u^T J. */
START_TEST(S4_vjp_is_cotangent_times_jacobian) {
    s4 n = s4_net(1, tad_sigmoid);
    tad_var u = tad_constant(t, TAD_F64, TAD_SHAPE(2, 1), (double[]){1, -2}), product, J;
    ck_done(tad_vjp(s4_output, &n, &n.x, 1, u, NULL, &product), t);
    ck_done(tad_jacobian(s4_output, &n, &n.x, 1, 0, NULL, &J), t);
    ck_shape(J, 2, 1, 3, 1);
    ck_same(T(product), tad_matmul(T(u), tad_reshape(J, TAD_SHAPE(2, 3))), 1e-15);
}
END_TEST

/* S4, 3, step 1: delta(4) = dE/da(4) * sigma'(z(4)), and dE/da = a - y, so E is 1/2 |a - y|^2. */
START_TEST(S4_output_delta) {
    s4 n = s4_net(1, tad_sigmoid);
    tad_var off = tad_sub(n.a[LAYERS], n.y);
    ck_near(tad_item(n.E), 0.5 * tad_item(tad_sum(tad_square(off), tad_all())), 1e-15);
    ck_same(tad_gradient(n.z[LAYERS - 1]), tad_mul(off, slope_of_sigmoid(n.a[LAYERS])), 1e-15);
}
END_TEST

/* S4, 3, step 2: delta(l) = (W(l+1)^T delta(l+1)) * sigma'(z(l)). */
START_TEST(S4_delta_recursion) {
    s4 n = s4_net(1, tad_sigmoid);
    for (int l = LAYERS - 2; l >= 0; l--) {
        tad_var back = tad_matmul(T(n.W[l + 1]), tad_gradient(n.z[l + 1]));
        ck_same(tad_gradient(n.z[l]), tad_mul(back, slope_of_sigmoid(n.a[l + 1])), 1e-15);
    }
}
END_TEST

/* S4, 3, step 3: dW(l) = delta(l) a(l-1)^T, db(l) = delta(l). */
START_TEST(S4_parameter_gradients) {
    s4 n = s4_net(1, tad_sigmoid);
    for (int l = 0; l < LAYERS; l++) {
        ck_same(tad_gradient(n.W[l]), tad_matmul(tad_gradient(n.z[l]), T(n.a[l])), 1e-15);
        ck_same(tad_gradient(n.b[l]), tad_gradient(n.z[l]), 0);
    }
}
END_TEST

static tad_var s4_loss(tad_tape *tape, const tad_var *in, size_t n, void *g) {
    (void)tape, (void)n;
    return s4_forward(matrix(width[0], 1, 51), in, in + LAYERS, *(unary **)g).E;
}

/* S4: four weight matrices against central differences. */
START_TEST(S4_four_layers_numeric) {
    unary *g = _i ? tad_tanh : tad_sigmoid;
    s4 n = s4_net(1, g);
    tad_var in[2 * LAYERS];
    memcpy(in, n.W, sizeof n.W);
    memcpy(in + LAYERS, n.b, sizeof n.b);
    ck_slopes(s4_loss, &g, in, 2 * LAYERS, 1e-8);
}
END_TEST

static double norm(tad_var x) { return sqrt(tad_item(tad_sum(tad_square(x), tad_all()))); }

/* |delta(l)| of every layer. */
static void delta_norms(double scale, unary *g, double out[LAYERS]) {
    s4 n = s4_net(scale, g);
    for (int l = 0; l < LAYERS; l++) out[l] = norm(tad_gradient(n.z[l]));
}

/* S4, 3: where sigmoids are saturated the gradient vanishes on its way down; with relu it does
 * not. */
START_TEST(S4_gradient_vanishes_in_saturated_sigmoids) {
    double moderate[LAYERS], saturated[LAYERS], open[LAYERS];
    delta_norms(1, tad_sigmoid, moderate);
    delta_norms(12, tad_sigmoid, saturated);
    delta_norms(1, tad_relu, open);
    for (int l = 0; l < LAYERS - 1; l++) ck_assert_double_lt(moderate[l], moderate[l + 1]);
    ck_assert_double_lt(saturated[0], 1e-3 * moderate[0]);
    ck_assert_double_gt(open[0], 0.1 * open[LAYERS - 1]);
}
END_TEST

/* S4, 4: the gradient points uphill: a small step against it lowers E, along it raises E, by
 * step |gradient|^2 to first order. */
START_TEST(S4_gradient_points_uphill) {
    s4 n = s4_net(1, tad_sigmoid);
    const double step = 1e-5;
    for (int sign = -1; sign <= 1; sign += 2) {
        tad_var W[LAYERS];
        double rise = 0;
        for (int l = 0; l < LAYERS; l++) {
            W[l] = tad_add(n.W[l], times(sign * step, tad_gradient(n.W[l])));
            rise += sign * step * pow(norm(tad_gradient(n.W[l])), 2);
        }
        double change = tad_item(s4_forward(n.x, W, n.b, tad_sigmoid).E) - tad_item(n.E);
        ck_near(change / rise, 1, 1e-3);
    }
}
END_TEST

/* S4: backpropagation computes gradients, an optimiser uses them: a sweep changes no parameter. */
START_TEST(S4_a_sweep_changes_no_parameter) {
    tad_var p = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){1, -2});
    ck_done(tad_reverse(tad_sum(tad_square(p), tad_all())), t);
    ck_values(p, 0, 1, -2);
    ck_values(tad_gradient(p), 0, 2, -4);
}
END_TEST

/* S4, 3, step 1 holds for elementwise outputs only: with a softmax delta(4) needs its Jacobian. */
START_TEST(S4_softmax_output_is_not_elementwise) {
    tad_var z = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){0.5, -0.3, 1}),
            a = tad_softmax(z, 0);
    tad_var y = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){0, 1, 0});
    ck_done(tad_reverse(tad_half_sse(a, y)), t);
    tad_var off = tad_sub(a, y), elementwise = tad_mul(off, slope_of_sigmoid(a));
    tad_var right = tad_mul(a, tad_sub(off, tad_sum(tad_mul(off, a), tad_all())));
    ck_same(tad_gradient(z), right, 1e-15);
    ck_assert_double_gt(apart(tad_gradient(z), elementwise), 0.01);
}
END_TEST

/* S4 has one example; a batch of columns sums their gradients. */
START_TEST(S4_batch_sums_over_examples) {
    s4 n = s4_net(1, tad_sigmoid);
    s4 two = s4_forward(matrix(width[0], 2, 52), n.W, n.b, tad_sigmoid);
    ck_done(tad_reverse(two.E), t);
    tad_var together = tad_gradient(n.W[1]), sum = tad_none();
    for (int k = 0; k < 2; k++) {
        tad_var E = tad_half_sse(tad_slice(two.a[LAYERS], 1, k, k + 1, 1),
                                 tad_slice(two.y, 1, k, k + 1, 1)),
                g;
        ck_done(tad_grad(&E, NULL, 1, &n.W[1], 1, &g), t);
        sum = k ? tad_add(sum, g) : g;
    }
    ck_same(together, sum, 1e-15);
}
END_TEST

/* S4 uses the one-sided f(w + e) - f(w); S1 and S3 the central difference, which is far closer. */
START_TEST(S4_one_sided_difference_is_cruder) {
    unary *g = tad_sigmoid;
    s4 n = s4_net(1, g);
    tad_var in[2 * LAYERS];
    memcpy(in, n.W, sizeof n.W);
    memcpy(in + LAYERS, n.b, sizeof n.b);
    const double h = 1e-4, here = tad_item(n.E);
    double up = moved(s4_loss, &g, in, 2 * LAYERS, 0, 0, h),
           down = moved(s4_loss, &g, in, 2 * LAYERS, 0, 0, -h);
    double truth[12];
    ck_done(tad_read(tad_gradient(n.W[0]), truth, 12), t);
    double central = fabs((up - down) / (2 * h) - truth[0]),
           one_sided = fabs((up - here) / h - truth[0]);
    ck_assert_double_lt(central, 0.01 * one_sided);
}
END_TEST

/* ---- suite ---- */

static void add_S0_to_S2(Suite *s) {
    TCase *c = support_case(s, "S0");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, S0_loss_is_a_sum);
    tcase_add_test(c, S0_dz2_is_probability_minus_label);
    tcase_add_test(c, S0_dW2);
    tcase_add_test(c, S0_da1);
    tcase_add_test(c, S0_dW1_with_the_missing_factor);
    tcase_add_test(c, S0_shortcut_right_when_linear);
    tcase_add_test(c, S0_shortcut_wrong_with_sigmoid);
    tcase_add_test(c, S0_shortcut_wrong_with_relu);
    tcase_add_test(c, S0_gradients_have_the_parameters_shapes);
    tcase_add_test(c, S0_loss_is_reported_before_the_update);
    tcase_add_test(c, S0_no_nan_from_zero_times_log_zero);
    c = support_case(s, "S1");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, S1_shapes);
    tcase_add_test(c, S1_loss_is_a_mean);
    tcase_add_test(c, S1_gradients_with_the_mean);
    tcase_add_test(c, S1_appendix_A);
    tcase_add_test(c, S1_weighted_bce_gradient);
    tcase_add_test(c, S1_relu_has_gradient_0_at_0);
    tcase_add_loop_test(c, S1_numeric_check, 0, 2);
    tcase_add_test(c, S1_loss_falls);
    c = support_case(s, "S2");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, S2_one_neuron_many_examples);
    tcase_add_test(c, S2_one_example_by_the_chain_rule);
    tcase_add_test(c, S2_delta_rule);
    tcase_add_test(c, S2_weight_gradients);
    tcase_add_test(c, S2_pseudocode_lacks_the_mean);
    tcase_add_test(c, S2_swapped_arguments_are_not_a_loss);
    tcase_add_test(c, S2_sigmoid_far_out);
    tcase_add_test(c, S2_loss_of_a_certain_mistake);
    tcase_add_test(c, S2_mean_squared_error);
    tcase_add_test(c, S2_three_layouts_one_map);
}

static void add_S3_and_S4(Suite *s) {
    TCase *c = support_case(s, "S3");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, S3_product);
    tcase_add_test(c, S3_sum_times_two);
    tcase_add_test(c, S3_square_of_sum);
    tcase_add_test(c, S3_square_of_two);
    tcase_add_test(c, S3_addition_passes_on);
    tcase_add_test(c, S3_chain);
    tcase_add_test(c, S3_relu_layer);
    tcase_add_test(c, S3_sigmoid_layer);
    tcase_add_test(c, S3_affine_example);
    tcase_add_test(c, S3_affine_flattens);
    tcase_add_test(c, S3_softmax_with_loss_example);
    tcase_add_test(c, S3_softmax_with_loss_layer);
    tcase_add_test(c, S3_softmax_jacobian);
    c = support_case(s, "S4");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, S4_chain_rule);
    tcase_add_test(c, S4_vjp_is_cotangent_times_jacobian);
    tcase_add_test(c, S4_output_delta);
    tcase_add_test(c, S4_delta_recursion);
    tcase_add_test(c, S4_parameter_gradients);
    tcase_add_loop_test(c, S4_four_layers_numeric, 0, 2);
    tcase_add_test(c, S4_gradient_vanishes_in_saturated_sigmoids);
    tcase_add_test(c, S4_gradient_points_uphill);
    tcase_add_test(c, S4_a_sweep_changes_no_parameter);
    tcase_add_test(c, S4_softmax_output_is_not_elementwise);
    tcase_add_test(c, S4_batch_sums_over_examples);
    tcase_add_test(c, S4_one_sided_difference_is_cruder);
}

static Suite *documents(void) {
    Suite *s = suite_create("documents");
    add_S0_to_S2(s);
    add_S3_and_S4(s);
    return s;
}

SUPPORT_MAIN(documents)
