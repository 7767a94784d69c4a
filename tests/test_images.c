/* Layers of images: beside the ops that they are, their fans, what is refused; a small net learns.
 */
#include "support.h"

static tad_tape *t;
static tad_net *net;
static void new_net(void) {
    t = tad_tape_new(&(tad_settings){.seed = 3});
    net = tad_net_new(t, TAD_F64);
}
static void free_net(void) { tad_tape_free(t); }

static tad_var images(tad_shape s) {
    double x[2000];
    for (int i = 0; i < 2000; i++) x[i] = sin(1.0 + i * i);
    return tad_input(t, TAD_F64, s, x);
}

static void ck_same(tad_var a, tad_var b) {
    const size_t n = (size_t)tad_size_of(b);
    ck_tape(t);
    ck_assert_uint_eq((size_t)tad_size_of(a), n);
    ck_assert(memcmp(tad_data(a), tad_data(b), n * sizeof(double)) == 0);
}

static tad_var param(const char *name) { return tad_dict_get(tad_net_params(net), name); }

START_TEST(convolves) {
    const tad_conv_options o = {.stride = TAD_SHAPE(2, 1), .padding = TAD_SHAPE(1), .groups = 2};
    ck_done(tad_net_conv2d(net, "conv", 4, 6, TAD_SHAPE(3, 2), &o, NULL), t);
    ck_shape(param("conv.weight"), 6, 2, 3, 2);
    ck_values(param("conv.bias"), 0, 0, 0, 0, 0, 0, 0);
    tad_var x = images(TAD_SHAPE(2, 4, 5, 6));
    ck_same(tad_net_apply(net, x), tad_conv2d(x, param("conv.weight"), param("conv.bias"), &o));
    ck_done(tad_net_conv2d(net, "plain", 6, 2, TAD_SHAPE(1), NULL,
                           &(tad_layer_options){.no_bias = true}),
            t);
    ck_assert_uint_eq(tad_dict_count(tad_net_params(net)), 3);
    ck_shape(tad_net_apply(net, x), 2, 2, 3, 7);
}
END_TEST

START_TEST(pools_and_flattens) {
    const tad_pool_options o = {.stride = TAD_SHAPE(1), .padding = TAD_SHAPE(1)};
    tad_var x = images(TAD_SHAPE(2, 3, 6, 5)), max = tad_max_pool2d(x, TAD_SHAPE(3), &o, NULL);
    ck_done(tad_net_max_pool2d(net, "max", TAD_SHAPE(3), &o), t);
    ck_same(tad_net_apply(net, x), max);
    ck_done(tad_net_avg_pool2d(net, "avg", TAD_SHAPE(2), NULL), t);
    tad_var avg = tad_avg_pool2d(max, TAD_SHAPE(2), NULL);
    ck_same(tad_net_apply(net, x), avg);
    ck_done(tad_net_flatten(net, "flat"), t);
    ck_shape(tad_net_apply(net, x), 2, 18);
    ck_same(tad_net_apply(net, x), avg);
}
END_TEST

/* The largest of many weights: the bound of a uniform distribution. */
static double largest(tad_init_kind kind, int64_t in, int64_t out, int64_t groups) {
    const tad_layer_options o = {.weight = {.kind = kind}};
    double most = 0;
    new_net();
    ck_done(tad_net_conv2d(net, "c", in, out, TAD_SHAPE(3, 5),
                           &(tad_conv_options){.groups = groups}, &o),
            t);
    tad_var w = param("c.weight");
    for (int64_t i = 0; i < tad_size_of(w); i++)
        most = fmax(most, fabs(((const double *)tad_data(w))[i]));
    free_net();
    return most;
}

START_TEST(knows_its_fans) {
    const int64_t in = 8, out = 24, area = 15;
    for (int64_t groups = 1; groups <= 4; groups *= 4) {
        const double fan_in = (double)(in / groups * area), fan_out = (double)(out / groups * area);
        const double he = sqrt(6 / fan_in), xavier = sqrt(6 / (fan_in + fan_out));
        const double a = largest(TAD_INIT_HE_UNIFORM, in, out, groups),
                     b = largest(TAD_INIT_XAVIER_UNIFORM, in, out, groups);
        ck_assert(a <= he && a > 0.98 * he);
        ck_assert(b <= xavier && b > 0.98 * xavier);
    }
}
END_TEST

START_TEST(refuses_what_cannot_be) {
    const tad_conv_options two = {.groups = 2};
    ck_assert_int_eq(tad_net_conv2d(net, "c", -1, 2, TAD_SHAPE(3), NULL, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "c with -1 inputs");
    ck_assert_int_eq(tad_net_conv2d(net, "c", 2, 3, TAD_SHAPE(3), &two, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "2 groups");
    ck_assert_int_eq(tad_net_conv2d(net, "c", 2, 2, TAD_SHAPE(0), NULL, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "kernel");
    ck_assert_int_eq(tad_net_max_pool2d(net, "p", TAD_0D, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "p without a kernel");
    ck_assert_int_eq(tad_net_avg_pool2d(net, "p", TAD_SHAPE(2, 2, 2), NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "p without a kernel");
    ck_assert_int_eq(tad_net_flatten(NULL, "f"), TAD_BAD_ARGUMENT);
    ck_assert_int_eq(tad_net_conv2d(NULL, "c", 2, 2, TAD_SHAPE(1), NULL, NULL), TAD_BAD_ARGUMENT);
    ck_assert_uint_eq(tad_net_layers(net), 0);
    ck_assert_uint_eq(tad_dict_count(tad_net_params(net)), 0);
}
END_TEST

/* Where a bright square lies, in which of four corners. */
START_TEST(learns_corners) {
    enum { BATCH = 16, SIDE = 8 };
    static double x[BATCH * SIDE * SIDE];
    int64_t corner[BATCH];
    for (int i = 0; i < BATCH; i++) {
        corner[i] = i % 4;
        const int at = i * SIDE * SIDE + i % 4 / 2 * 4 * SIDE + i % 2 * 4 + i / 4 % 3;
        x[at] = x[at + 1] = x[at + SIDE] = x[at + SIDE + 1] = 1;
    }
    tad_net_conv2d(net, "conv", 1, 4, TAD_SHAPE(3), &(tad_conv_options){.auto_pad = TAD_PAD_SAME},
                   NULL);
    tad_net_activation(net, "relu", tad_relu);
    tad_net_max_pool2d(net, "pool", TAD_SHAPE(4), NULL);
    tad_net_flatten(net, "flat");
    tad_net_affine(net, "head", 16, 4, NULL);
    tad_optim *optim = tad_adam(tad_net_params(net), 0.05, NULL);
    const tad_mark m = tad_tape_mark(t);
    double loss = 1;
    for (int i = 0; i < 60; i++) {
        tad_var in = tad_constant(t, TAD_F64, TAD_SHAPE(BATCH, 1, SIDE, SIDE), x),
                label = tad_constant(t, TAD_I64, TAD_SHAPE(BATCH), corner);
        tad_var l = tad_cross_entropy(tad_net_apply(net, in), label, NULL);
        loss = tad_item(l);
        ck_done(tad_reverse(l), t);
        ck_done(tad_optim_step(optim), t);
        ck_done(tad_tape_rewind(t, m), t);
    }
    ck_assert_msg(loss < 0.02, "loss %g", loss);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("images");
    TCase *c = support_case(s, "layers");
    tcase_add_checked_fixture(c, new_net, free_net);
    tcase_add_test(c, convolves);
    tcase_add_test(c, pools_and_flattens);
    tcase_add_test(c, refuses_what_cannot_be);
    tcase_add_test(c, learns_corners);
    tcase_add_test(support_case(s, "fans"), knows_its_fans);
    return s;
}
SUPPORT_MAIN(suite)
