/* batch_norm, group_norm and their kin: values and gradients beside a composition at sizes that cut
 * pieces and blocks everywhere; running statistics; constant channels; bits on threads. */
#include "support.h"

enum { MOST = 40000 };

static double wave(size_t i) { return sin(1.7 * (double)i) + 0.3 * cos(0.01 * (double)i); }

static tad_var waves(tad_tape *t, tad_dtype dtype, tad_shape shape, double offset) {
    static double x[MOST];
    static float narrow[MOST];
    size_t n = 1;
    for (int i = 0; i < shape.rank; i++) n *= (size_t)shape.dim[i];
    ck_assert_uint_le(n, MOST);
    for (size_t i = 0; i < n; i++) narrow[i] = (float)(x[i] = offset + wave(i));
    return tad_input(t, dtype, shape, dtype == TAD_F32 ? (void *)narrow : x);
}

/* ---- beside a composition ---- */

typedef struct trial {
    tad_shape shape;
    int64_t groups; /* 0: of a batch */
} trial;

static const trial trials[] = {
    {{2, {300, 3}}, 0},        {{3, {5, 3, 300}}, 0},  {{4, {7, 2, 7, 7}}, 0},
    {{3, {1, 2, 2048}}, 0},    {{3, {3, 2, 1500}}, 0}, {{2, {4, 6}}, 3},
    {{3, {2, 6, 300}}, 2},     {{4, {2, 8, 7, 7}}, 4}, {{3, {2, 2, 1024}}, 2},
    {{3, {2, 4, 900}}, 1},     {{2, {2, 3000}}, 1},    {{3, {64, 64, 5}}, 0},
    {{5, {2, 4, 2, 3, 4}}, 2}, {{3, {3, 3, 1}}, 0},    {{2, {1500, 21}}, 0},
    {{3, {40, 32, 1}}, 0},
};

static tad_var composed(const trial *c, tad_var x, tad_var gain, tad_var bias) {
    tad_shape s = tad_shape_of(x);
    int64_t inner = 1;
    for (int i = 2; i < s.rank; i++) inner *= s.dim[i];
    const int64_t groups = c->groups ? c->groups : s.dim[1], members = s.dim[1] / groups;
    tad_axes own = tad_keepdims(c->groups ? TAD_AXES(2, 3) : TAD_AXES(0, 2, 3));
    tad_var v = tad_reshape(x, TAD_SHAPE(s.dim[0], groups, members, inner));
    tad_var centred = tad_sub(v, tad_mean(v, own));
    tad_var variance = tad_mean(tad_square(centred), own);
    tad_var h = tad_mul(centred, tad_rsqrt(tad_add(variance, tad_number(0.1))));
    tad_shape each = TAD_SHAPE(groups, members, 1);
    h = tad_fma(h, tad_reshape(gain, each), tad_reshape(bias, each));
    return tad_reshape(h, s);
}

static tad_var fused(const trial *c, tad_var x, tad_var gain, tad_var bias) {
    if (c->groups) return tad_group_norm(x, gain, bias, c->groups, 0.1);
    const tad_batch_norm_options o = {.training = true, .eps = 0.1};
    return tad_batch_norm(x, tad_none(), tad_none(), gain, bias, &o);
}

/* y, then the gradients of <w, y> by x, gain and bias; x is used before too, where its gradient is
 * added to, or is a constant. */
static size_t differentiate(const trial *c, bool compose, int how, tad_dtype dtype, double *out) {
    tad_tape *t = tad_tape_new(NULL);
    tad_shape channels = TAD_SHAPE(c->shape.dim[1]);
    tad_var x = waves(t, dtype, c->shape, 3), gain = waves(t, dtype, channels, 1),
            bias = waves(t, dtype, channels, -2);
    if (how == 2) x = tad_constant(t, dtype, c->shape, tad_data(x));
    tad_var y = (compose ? composed : fused)(c, x, gain, bias);
    tad_var w = waves(t, dtype, c->shape, 0.1),
            loss = tad_sum(tad_mul(y, tad_square(w)), tad_all());
    if (how == 1) loss = tad_add(tad_sum(tad_mul(x, w), tad_all()), loss);
    ck_done(tad_reverse(loss), t);
    const tad_var each[] = {y, how == 2 ? bias : tad_gradient(x), tad_gradient(gain),
                            tad_gradient(bias)};
    size_t n = 0;
    for (size_t i = 0; i < 4; i++) {
        tad_var wide = tad_cast(each[i], TAD_F64);
        ck_done(tad_read(wide, out + n, (size_t)tad_size_of(wide)), t);
        n += (size_t)tad_size_of(wide);
    }
    ck_tape(t);
    tad_tape_free(t);
    return n;
}

START_TEST(equals_its_composition) {
    static double a[2 * MOST + 9000], b[2 * MOST + 9000];
    for (int how = 0; how < 3; how++) {
        size_t n = differentiate(&trials[_i], false, how, TAD_F64, a);
        ck_assert_uint_eq(differentiate(&trials[_i], true, how, TAD_F64, b), n);
        for (size_t i = 0; i < n; i++) ck_near(a[i], b[i], 1e-11 * fmax(1, fabs(b[i])));
        differentiate(&trials[_i], false, how, TAD_F32, b);
        for (size_t i = 0; i < n; i++) ck_near(b[i], a[i], 1e-3 * fmax(1, fabs(a[i])));
    }
}
END_TEST

/* ---- statistics ---- */

START_TEST(running_statistics_move_by_momentum) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){1, 10, 3, 30});
    tad_var mean = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){100, 200});
    tad_var variance = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){7, 9}), next[2];
    tad_batch_norm_options o = {true, 0.25, 0, &next[0], &next[1]};
    tad_var y = tad_batch_norm(x, mean, variance, tad_none(), tad_none(), &o);
    ck_values(y, 1e-5, -1, -1, 1, 1);
    ck_values(next[0], 1e-14, 75.5, 155);
    ck_values(next[1], 1e-14, 0.75 * 7 + 0.25 * 2, 0.75 * 9 + 0.25 * 200); /* over n - 1 */
    o = (tad_batch_norm_options){.eps = 2};
    ck_values(tad_batch_norm(x, mean, variance, tad_none(), tad_none(), &o), 1e-14, -99. / 3,
              -190 / sqrt(11), -97. / 3, -170 / sqrt(11));
    tad_tape_free(t);
}
END_TEST

START_TEST(what_has_no_statistics_is_refused) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = waves(t, TAD_F64, TAD_SHAPE(1, 2, 1), 0), v = waves(t, TAD_F64, TAD_SHAPE(2), 2);
    tad_batch_norm_options o = {.training = true};
    ck_assert(tad_is_nil(tad_batch_norm(x, v, v, v, v, &o)));
    ck_refused(t, TAD_BAD_SHAPE, "batch_norm", "(1,2,1)", "one number");
    ck_assert(tad_is_nil(tad_batch_norm(x, tad_none(), tad_none(), v, v, NULL)));
    ck_refused(t, TAD_BAD_ARGUMENT, "batch_norm", "running statistics");
    o.momentum = NAN;
    ck_assert(tad_is_nil(tad_batch_norm(v, v, v, v, v, &o)));
    ck_refused(t, TAD_BAD_SHAPE, "batch_norm");
    ck_assert(tad_is_nil(tad_group_norm(x, v, v, INT64_MIN, 1e-5)));
    ck_refused(t, TAD_BAD_ARGUMENT, "group_norm", "groups");
    ck_assert(tad_is_nil(tad_local_response_norm(x, INT64_MIN, 1, 1, 1)));
    ck_refused(t, TAD_BAD_ARGUMENT, "local_response_norm", "size");
    tad_tape_free(t);
}
END_TEST

/* A batch of nothing has no mean; what runs stays. */
START_TEST(an_empty_batch_leaves_running_statistics) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(0, 2), (double[]){0}), next[2];
    tad_var v = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){5, 6});
    tad_batch_norm_options o = {true, 0, 0, &next[0], &next[1]};
    tad_var y = tad_batch_norm(x, v, v, v, v, &o);
    ck_shape(y, 0, 2);
    ck_values(next[0], 0, 5, 6);
    ck_values(next[1], 0, 5, 6);
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    ck_values(tad_gradient(v), 0, 0, 0);
    tad_tape_free(t);
}
END_TEST

/* 0.1 has no exact float32 sum of 3 times 1100, and yet the channel is exactly its mean. */
START_TEST(a_constant_channel_is_its_bias) {
    static float x[3 * 1100];
    for (int i = 0; i < 3 * 1100; i++) x[i] = 0.1f;
    tad_tape *t = tad_tape_new(NULL);
    tad_var v = tad_input(t, TAD_F32, TAD_SHAPE(3, 1, 1100), x), none = tad_none();
    const tad_batch_norm_options o = {.training = true};
    tad_var y[] = {tad_batch_norm(v, none, none, none, none, &o),
                   tad_group_norm(v, none, none, 1, 1e-5), tad_instance_norm(v, none, none, 1e-5)};
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 3 * 1100; i++) ck_assert(((const float *)tad_data(y[k]))[i] == 0);
    tad_var sum = tad_add(tad_mul(y[0], y[1]), tad_square(y[2]));
    ck_done(tad_reverse(tad_sum(sum, tad_all())), t);
    for (int i = 0; i < 3 * 1100; i++) ck_assert(((const float *)tad_gradient_data(v))[i] == 0);
    tad_tape_free(t);
}
END_TEST

/* A mean of a million beside differences of one: two passes, not the square of the sum. */
START_TEST(large_means_lose_nothing) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = waves(t, TAD_F64, TAD_SHAPE(4, 1, 2500), 1e6),
            z = waves(t, TAD_F64, TAD_SHAPE(4, 1, 2500), 0);
    const tad_batch_norm_options o = {.training = true};
    tad_var none = tad_none(), a = tad_batch_norm(x, none, none, none, none, &o),
            b = tad_batch_norm(z, none, none, none, none, &o);
    for (int i = 0; i < 10000; i++)
        ck_near(((const double *)tad_data(a))[i], ((const double *)tad_data(b))[i], 1e-9);
    tad_tape_free(t);
}
END_TEST

/* ---- threads ---- */

static size_t on_threads(int threads, const trial *c, char *bits) {
    tad_tape *t = tad_tape_new(&(tad_settings){.threads = threads});
    tad_var x = waves(t, TAD_F32, c->shape, 3),
            v = waves(t, TAD_F32, TAD_SHAPE(c->shape.dim[1]), 1);
    tad_var y = fused(c, x, v, v);
    ck_done(tad_reverse(tad_sum(tad_mul(y, tad_square(x)), tad_all())), t);
    const size_t n = (size_t)tad_size_of(x) * sizeof(float),
                 m = (size_t)tad_size_of(v) * sizeof(float);
    memcpy(bits, tad_data(y), n);
    memcpy(bits + n, tad_gradient_data(x), n);
    memcpy(bits + 2 * n, tad_gradient_data(v), m);
    tad_tape_free(t);
    return 2 * n + m;
}

START_TEST(same_bits_on_threads) {
    static char one[3 * MOST * sizeof(float)], four[3 * MOST * sizeof(float)];
    size_t n = on_threads(1, &trials[_i], one);
    ck_assert_uint_eq(on_threads(4, &trials[_i], four), n);
    ck_assert_mem_eq(one, four, n);
}
END_TEST

/* ---- local response ---- */

/* A window of even size reaches further back than ahead. */
START_TEST(windows_lie_as_said) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(1, 4), (double[]){1, 2, 3, 4});
    ck_values(tad_local_response_norm(x, 2, 2, 1, 0), 1e-15, 1, 2 / 5., 3 / 13., 4 / 25.);
    ck_values(tad_local_response_norm(x, 3, 3, 1, 0), 1e-15, 1 / 5., 2 / 14., 3 / 29., 4 / 25.);
    ck_values(tad_local_response_norm(x, INT64_MAX, 0, 1, 2), 1e-15, 0.5, 1, 1.5, 2);
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("channels");
    TCase *c = support_case(s, "channels");
    const int n = sizeof trials / sizeof *trials;
    tcase_add_loop_test(c, equals_its_composition, 0, n);
    tcase_add_loop_test(c, same_bits_on_threads, 0, n);
    tcase_add_test(c, running_statistics_move_by_momentum);
    tcase_add_test(c, what_has_no_statistics_is_refused);
    tcase_add_test(c, an_empty_batch_leaves_running_statistics);
    tcase_add_test(c, a_constant_channel_is_its_bias);
    tcase_add_test(c, large_means_lose_nothing);
    tcase_add_test(c, windows_lie_as_said);
    return s;
}

SUPPORT_MAIN(suite)
