/* Windows on images: equal elements, NaN, padding, windows that stick out, places; threads; sizes
 * of images. */
#include "support.h"

static tad_var image(tad_tape *t, int64_t n, const double *x) {
    return tad_input(t, TAD_F64, TAD_SHAPE(1, 1, n), x);
}

/* ---- the largest ---- */

typedef struct largest {
    const char *label;
    double x[6];
    int64_t kernel, stride, padding;
    bool ceil_mode;
    int n;
    double y[6];
    int64_t place[6];
} largest;

static const largest largest_cases[] = {
    {"first of equals", {2, 2, 1, 3, 3, 3}, 3, 3, 0, false, 2, {2, 3}, {0, 3}},
    {"first NaN wins", {1, NAN, 9, NAN, NAN, 5}, 3, 3, 0, false, 2, {NAN, NAN}, {1, 3}},
    {"padding never wins", {-5, -6, -7, -8, -9, -4}, 3, 2, 1, false, 3, {-5, -6, -4}, {0, 1, 5}},
    {"minus infinity",
     {-INFINITY, -INFINITY, -1, -INFINITY, -INFINITY, -INFINITY},
     2,
     2,
     0,
     false,
     3,
     {-INFINITY, -1, -INFINITY},
     {0, 2, 4}},
    {"zeros of both signs", {-0.0, 0.0, 0.0, -0.0, 1, 2}, 2, 2, 0, false, 3, {0, 0, 2}, {0, 2, 5}},
    {"rounded up", {1, 2, 3, 4, 5, 6}, 4, 4, 0, true, 2, {4, 6}, {3, 5}},
    {"rounded up, one window", {6, 5, 4, 3, 2, 1}, 7, 2, 0, true, 1, {6}, {0}},
    {"none begins behind the image", {1, 2, 3, 4, 5, 6}, 3, 5, 0, true, 2, {3, 6}, {2, 5}},
};
enum { LARGEST = sizeof largest_cases / sizeof *largest_cases };

START_TEST(largest_of_windows) {
    const largest *c = &largest_cases[_i];
    const tad_pool_options o = {.stride = TAD_SHAPE(c->stride),
                                .padding = TAD_SHAPE(c->padding),
                                .ceil_mode = c->ceil_mode};
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = image(t, 6, c->x), places;
    tad_var y = tad_max_pool1d(x, TAD_SHAPE(c->kernel), &o, &places);
    tad_var alone = tad_max_pool1d(x, TAD_SHAPE(c->kernel), &o, NULL);
    ck_tape(t);
    ck_shape(y, 1, 1, c->n);
    double gradient[6] = {0};
    for (int i = 0; i < c->n; i++) {
        ck_near(((const double *)tad_data(y))[i], c->y[i], 0);
        ck_near(((const double *)tad_data(alone))[i], c->y[i], 0);
        ck_assert_msg(((const int64_t *)tad_data(places))[i] == c->place[i], "%s: %d", c->label, i);
        gradient[c->place[i]]++;
    }
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    for (int i = 0; i < 6; i++) ck_near(((const double *)tad_gradient_data(x))[i], gradient[i], 0);
    tad_tape_free(t);
}
END_TEST

/* Places are counted row by row within a channel. */
START_TEST(places_in_planes) {
    double x[2 * 3 * 4];
    for (int i = 0; i < 24; i++) x[i] = i < 12 ? i : -i;
    tad_tape *t = tad_tape_new(NULL);
    tad_var v = tad_input(t, TAD_F64, TAD_SHAPE(1, 2, 3, 4), x), places;
    tad_max_pool2d(v, TAD_SHAPE(2, 3), &(tad_pool_options){.stride = TAD_SHAPE(1)}, &places);
    ck_values(places, 0, 6, 7, 10, 11, 0, 1, 4, 5);
    tad_adaptive_max_pool2d(v, TAD_SHAPE(1, 2), &places);
    ck_values(places, 0, 9, 11, 0, 2);
    tad_tape_free(t);
}
END_TEST

/* ---- means ---- */

START_TEST(means) {
    const double x[] = {1, 2, 3, 4, 5, 6};
    tad_tape *t = tad_tape_new(NULL);
    tad_var v = image(t, 6, x);
    tad_pool_options o = {.stride = TAD_SHAPE(3), .padding = TAD_SHAPE(1)};
    ck_values(tad_avg_pool1d(v, TAD_SHAPE(3), &o), 1e-15, 1, 4);
    o.exclude_pad = true;
    ck_values(tad_avg_pool1d(v, TAD_SHAPE(3), &o), 1e-15, 1.5, 4);
    /* what sticks out behind the padding counts for nothing */
    o = (tad_pool_options){.stride = TAD_SHAPE(5), .padding = TAD_SHAPE(1), .ceil_mode = true};
    ck_values(tad_avg_pool1d(v, TAD_SHAPE(4), &o), 1e-15, 1.5, 11.0 / 3);
    o.stride = TAD_SHAPE(4);
    o.padding = TAD_0D;
    ck_values(tad_avg_pool1d(v, TAD_SHAPE(4), &o), 1e-15, 2.5, 5.5);
    ck_values(tad_adaptive_avg_pool1d(v, TAD_SHAPE(4)), 1e-15, 1.5, 2.5, 4.5, 5.5);
    ck_values(tad_adaptive_avg_pool1d(v, TAD_SHAPE(1)), 1e-15, 3.5);
    ck_values(tad_lp_pool1d(v, 2, TAD_SHAPE(2), NULL), 1e-15, sqrt(5), 5, sqrt(61));
    tad_tape_free(t);
}
END_TEST

/* The norm of zeros has gradient 0, also to second order. */
START_TEST(norm_of_zeros) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var v = image(t, 4, (double[]){0, 0, 3, 4});
    tad_var y = tad_lp_pool1d(v, 2, TAD_SHAPE(2), NULL), sum = tad_sum(y, tad_all()), g;
    ck_values(y, 1e-15, 0, 5);
    ck_done(tad_grad(&sum, NULL, 1, &v, 1, &g), t);
    ck_values(g, 1e-15, 0, 0, 0.6, 0.8);
    ck_done(tad_reverse(tad_sum(tad_square(g), tad_all())), t);
    for (int i = 0; i < 4; i++) ck_near(((const double *)tad_gradient_data(v))[i], 0, 1e-15);
    tad_tape_free(t);
}
END_TEST

/* ---- columns, sizes of images ---- */

START_TEST(columns) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var v = image(t, 5, (double[]){1, 2, 3, 4, 5});
    tad_pool_options o = {.stride = TAD_SHAPE(2), .padding = TAD_SHAPE(1)};
    tad_var u = tad_unfold(v, TAD_SHAPE(3), &o);
    ck_values(u, 0, 0, 2, 4, 1, 3, 5, 2, 4, 0);
    ck_values(tad_fold(u, TAD_SHAPE(5), TAD_SHAPE(3), &o), 0, 1, 4, 3, 8, 5);
    tad_fold(u, TAD_SHAPE(7), TAD_SHAPE(3), &o);
    ck_refused(t, TAD_BAD_SHAPE, "fold", "4 columns");
    tad_tape_free(t);
}
END_TEST

START_TEST(resized) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var v = image(t, 3, (double[]){0, 4, 8});
    ck_values(tad_upsample(v, TAD_SHAPE(6), TAD_UPSAMPLE_NEAREST, false), 0, 0, 0, 4, 4, 8, 8);
    ck_values(tad_upsample(v, TAD_SHAPE(2), TAD_UPSAMPLE_NEAREST, false), 0, 0, 4);
    ck_values(tad_upsample(v, TAD_SHAPE(6), TAD_UPSAMPLE_LINEAR, false), 1e-15, 0, 1, 3, 5, 7, 8);
    ck_values(tad_upsample(v, TAD_SHAPE(5), TAD_UPSAMPLE_LINEAR, true), 1e-15, 0, 2, 4, 6, 8);
    ck_values(tad_upsample(v, TAD_SHAPE(1), TAD_UPSAMPLE_LINEAR, true), 1e-15, 0);
    tad_var two = tad_input(t, TAD_F64, TAD_SHAPE(1, 1, 2, 3), (double[]){1, 2, -1, 0, 3, 5});
    ck_values(tad_upsample(two, TAD_SHAPE(3, 5), TAD_UPSAMPLE_CUBIC, false), 1e-14,
              1.0074722222222217, 1.654694444444445, 1.913194444444445, -0.12893055555555283,
              -1.8504999999999998, 0.3079999999999998, 1.3119999999999987, 2.5, 2.337999999999999,
              1.9520000000000004, -0.3914722222222228, 0.9693055555555522, 3.0868055555555562,
              4.804930555555553, 5.754500000000005); /* PyTorch 1.13 */
    ck_values(tad_upsample(two, TAD_SHAPE(4, 2), TAD_UPSAMPLE_CUBIC, true), 1e-14, 1, -1,
              0.6851851851851851, 0.8888888888888897, 0.31481481481481466, 3.111111111111111, 0, 5);
    tad_var p = tad_input(t, TAD_F64, TAD_SHAPE(1, 4, 1, 2), (double[]){1, 2, 3, 4, 5, 6, 7, 8});
    ck_values(tad_pixel_shuffle(p, 2), 0, 1, 3, 2, 4, 5, 7, 6, 8);
    tad_tape_free(t);
}
END_TEST

/* ---- threads ---- */

enum { SIDE = 67, PLANES = 12 };

static void sweep(int threads, double *out) {
    static double x[PLANES * SIDE * SIDE];
    for (int i = 0; i < PLANES * SIDE * SIDE; i++) x[i] = sin(1.3 * i) * cos(0.7 * i);
    tad_tape *t = tad_tape_new(&(tad_settings){.threads = threads});
    tad_var v = tad_input(t, TAD_F64, TAD_SHAPE(3, 4, SIDE, SIDE), x);
    const tad_pool_options o = {.stride = TAD_SHAPE(1), .padding = TAD_SHAPE(1)};
    tad_var a = tad_avg_pool2d(v, TAD_SHAPE(3), &o), m = tad_max_pool2d(v, TAD_SHAPE(3), &o, NULL),
            u = tad_unfold(v, TAD_SHAPE(2), NULL);
    tad_var sum = tad_add(tad_sum(tad_mul(a, m), tad_all()), tad_sum(tad_square(u), tad_all()));
    ck_done(tad_reverse(sum), t);
    memcpy(out, tad_gradient_data(v), sizeof x);
    tad_tape_free(t);
}

START_TEST(same_bits) {
    static double one[PLANES * SIDE * SIDE], many[PLANES * SIDE * SIDE];
    sweep(1, one);
    sweep(5, many);
    ck_assert(memcmp(one, many, sizeof one) == 0);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("pool");
    tcase_add_loop_test(support_case(s, "largest"), largest_of_windows, 0, LARGEST);
    tcase_add_test(support_case(s, "places"), places_in_planes);
    tcase_add_test(support_case(s, "means"), means);
    tcase_add_test(support_case(s, "norm"), norm_of_zeros);
    tcase_add_test(support_case(s, "columns"), columns);
    tcase_add_test(support_case(s, "resized"), resized);
    tcase_add_test(support_case(s, "threads"), same_bits);
    return s;
}
SUPPORT_MAIN(suite)
