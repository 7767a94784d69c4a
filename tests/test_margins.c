/* Losses of likelihoods, margins and several labels: values and gradients against PyTorch 1.13,
 * which adds 1e-12 to the lengths of vectors. */
#include "support.h"

#include <tad/diff.h>
#include <tad/ops.h>

static tad_tape *t;
static void new_tape(void) { t = tad_tape_new(NULL); }
static void free_tape(void) { tad_tape_free(t); }

/* ---- operands: two rows of three ---- */

static const double a[] = {.5, -1.2, 2, .3, .8, -.7}, b[] = {1.5, .2, -.4, -1, .6, .9},
                    n[] = {.1, .4, 1.1, 2, -.3, .2}, weights[] = {1, 2, .5};

static tad_var rows(const double *x) { return tad_constant(t, TAD_F64, TAD_SHAPE(2, 3), x); }
static tad_var weight(void) { return tad_constant(t, TAD_F64, TAD_SHAPE(3), weights); }
static tad_var magnitudes(const double *x, double factor) {
    return tad_mul(tad_abs(rows(x)), tad_number(factor));
}
static tad_var positives(const double *x) {
    return tad_cast(tad_greater(rows(x), tad_number(0)), TAD_F64);
}

/* ---- losses of the first operand ---- */

typedef tad_var loss(tad_var x, tad_reduction r);

static tad_var poisson(tad_var x, tad_reduction r) {
    return tad_poisson_nll(x, magnitudes(b, 1), true, false, 1e-8, r);
}
static tad_var poisson_full(tad_var x, tad_reduction r) {
    return tad_poisson_nll(x, magnitudes(b, 3), false, true, 1e-3, r);
}
static tad_var gaussian(tad_var x, tad_reduction r) {
    return tad_gaussian_nll(x, rows(b), magnitudes(n, 1), true, .3, r);
}
static tad_var soft(tad_var x, tad_reduction r) { return tad_soft_margin(x, tad_sign(rows(b)), r); }
static tad_var ranking(tad_var x, tad_reduction r) {
    return tad_margin_ranking(x, rows(n), tad_sign(rows(b)), .3, r);
}
static tad_var triplet(tad_var x, tad_reduction r) {
    return tad_triplet_margin(x, rows(b), rows(n), 2, 3, true, r);
}
static tad_var cosine(tad_var x, tad_reduction r) {
    const double target[] = {1, -1};
    return tad_cosine_embedding(x, rows(b), tad_constant(t, TAD_F64, TAD_SHAPE(2), target), .1, r);
}
static tad_var multi(tad_var x, tad_reduction r) {
    const int64_t label[] = {1, 0};
    return tad_multi_margin(x, tad_constant(t, TAD_I64, TAD_SHAPE(2), label), weight(), .7, 2, r);
}
static tad_var labels_soft(tad_var x, tad_reduction r) {
    return tad_multilabel_soft_margin(x, positives(b), weight(), r);
}
static tad_var labels(tad_var x, tad_reduction r) {
    const int64_t label[] = {2, 0, -1, 1, 1, -1};
    return tad_multilabel_margin(x, tad_constant(t, TAD_I64, TAD_SHAPE(2, 3), label), r);
}

static const struct {
    const char *name;
    loss *f;
    tad_reduction reduction;
    size_t size;
    double value[6], gradient[6]; /* of the sum of what is not reduced */
} cases[] = {
    {"poisson_nll mean",
     poisson,
     TAD_MEAN,
     1,
     {1.9918261035671436},
     {0.024786878450021366, 0.016865701985367021, 1.1648426831551084, 0.058309801262667188,
      0.270923488082078, -0.06723578270143174}},
    {"poisson_nll full mean",
     poisson_full,
     TAD_MEAN,
     1,
     {3.3714832026767803},
     {-1.3303393213572854, 0.083402719955592536, 0.066716641679160402, -1.4944629014396456,
      -0.20786516853932577, -0.4752734189253448}},
    {"gaussian_nll mean",
     gaussian,
     TAD_MEAN,
     1,
     {2.5224061875276678},
     {-0.55555555555555558, -0.58333333333333326, 0.36363636363636359, 0.10833333333333334,
      0.11111111111111115, -0.88888888888888895}},
    {"soft_margin mean",
     soft,
     TAD_MEAN,
     1,
     {1.0654882369771455},
     {-0.062923444799690906, -0.12808746391650291, 0.14679951299631375, 0.095740419468609825,
      -0.051670919812064585, -0.11136462869469435}},
    {"margin_ranking mean",
     ranking,
     TAD_MEAN,
     1,
     {0.71666666666666667},
     {-0, -0.16666666666666666, 0.16666666666666666, 0, -0, -0.16666666666666666}},
    {"triplet_margin mean",
     triplet,
     TAD_MEAN,
     1,
     {2.4194617443432946},
     {-0.10175911442397266, 0.29934043620741446, 0.28556798711642295, 0.64359749978243308,
      -0.15989617830948744, -0.26424401740218179}},
    {"cosine_embedding mean",
     cosine,
     TAD_MEAN,
     1,
     {0.53883549337078884},
     {-0.2042858508323413, -0.018592836654097073, 0.039915760715630494, 0, 0, 0}},
    {"multi_margin mean",
     multi,
     TAD_MEAN,
     1,
     {7.2299999999999995},
     {1.5999999999999999, -4.1999999999999993, 2.5999999999999996, -0.39999999999999997,
      0.39999999999999997, 0}},
    {"multilabel_soft_margin mean",
     labels_soft,
     TAD_MEAN,
     1,
     {1.1020425875307445},
     {-0.062923444799690906, -0.25617492783300588, 0.07339975649815686, 0.095740419468609811,
      -0.10334183962412918, -0.055682314347347169}},
    {"multilabel_margin mean",
     labels,
     TAD_MEAN,
     1,
     {0.16666666666666666},
     {0, 0, 0, 0.33333333333333331, -0.33333333333333331, 0}},
    {"poisson_nll sum",
     poisson,
     TAD_SUM,
     1,
     {11.950956621402861},
     {0.14872127070012819, 0.10119421191220213, 6.9890560989306501, 0.34985880757600318,
      1.6255409284924678, -0.4034146962085905}},
    {"poisson_nll full sum",
     poisson_full,
     TAD_SUM,
     1,
     {20.228899216060682},
     {-7.9820359281437128, 0.50041631973355516, 0.40029985007496238, -8.9667774086378742,
      -1.2471910112359548, -2.851640513552069}},
    {"gaussian_nll sum",
     gaussian,
     TAD_SUM,
     1,
     {15.134437125166007},
     {-3.3333333333333335, -3.5, 2.1818181818181817, 0.65000000000000002, 0.66666666666666696,
      -5.3333333333333339}},
    {"soft_margin sum",
     soft,
     TAD_SUM,
     1,
     {6.3929294218628732},
     {-0.37754066879814546, -0.76852478349901765, 0.88079707797788243, 0.57444251681165903,
      -0.31002551887238755, -0.66818777216816616}},
    {"margin_ranking sum", ranking, TAD_SUM, 1, {4.2999999999999998}, {-0, -1, 1, 0, -0, -1}},
    {"triplet_margin sum",
     triplet,
     TAD_SUM,
     1,
     {4.8389234886865893},
     {-0.20351822884794532, 0.59868087241482892, 0.5711359742328459, 1.2871949995648662,
      -0.31979235661897487, -0.52848803480436357}},
    {"cosine_embedding sum",
     cosine,
     TAD_SUM,
     1,
     {1.0776709867415777},
     {-0.4085717016646826, -0.037185673308194146, 0.079831521431260988, 0, 0, 0}},
    {"multi_margin sum",
     multi,
     TAD_SUM,
     1,
     {14.459999999999999},
     {3.1999999999999997, -8.3999999999999986, 5.1999999999999993, -0.79999999999999993,
      0.79999999999999993, 0}},
    {"multilabel_soft_margin sum",
     labels_soft,
     TAD_SUM,
     1,
     {2.2040851750614889},
     {-0.12584688959938181, -0.51234985566601177, 0.14679951299631372, 0.19148083893721962,
      -0.20668367924825837, -0.11136462869469434}},
    {"multilabel_margin sum",
     labels,
     TAD_SUM,
     1,
     {0.33333333333333331},
     {0, 0, 0, 0.66666666666666663, -0.66666666666666663, 0}},
    {"poisson_nll none",
     poisson,
     TAD_EACH,
     6,
     {0.89872127070012819, 0.54119421191220218, 6.5890560989306506, 1.0498588075760031,
      1.7455409284924679, 1.1265853037914095},
     {0.14872127070012819, 0.10119421191220213, 6.9890560989306501, 0.34985880757600318,
      1.6255409284924678, -0.4034146962085905}},
    {"poisson_nll full none",
     poisson_full,
     TAD_EACH,
     6,
     {7.5494968176237691, 1.090107274141292, 1.1965087130324799, 5.6660165862428409,
      1.6702576599243464, 3.0565121650959566},
     {-7.9820359281437128, 0.50041631973355516, 0.40029985007496238, -8.9667774086378742,
      -1.2471910112359548, -2.851640513552069}},
    {"gaussian_nll none",
     gaussian,
     TAD_EACH,
     6,
     {1.9836187977083712, 2.9107931672675948, 3.5847754412886528, 1.6880121234846452,
      0.38361879770837137, 4.5836187977083718},
     {-3.3333333333333335, -3.5, 2.1818181818181817, 0.65000000000000002, 0.66666666666666696,
      -5.3333333333333339}},
    {"soft_margin none",
     soft,
     TAD_EACH,
     6,
     {0.47407698418010669, 1.4632824673380311, 2.1269280110429727, 0.85435524446852718,
      0.37110066594777769, 1.1031860488854579},
     {-0.37754066879814546, -0.76852478349901765, 0.88079707797788243, 0.57444251681165903,
      -0.31002551887238755, -0.66818777216816616}},
    {"margin_ranking none",
     ranking,
     TAD_EACH,
     6,
     {0, 1.9000000000000001, 1.2, 0, 0, 1.2},
     {-0, -1, 1, 0, -0, -1}},
    {"triplet_margin none",
     triplet,
     TAD_EACH,
     2,
     {2.9023791149741673, 1.9365443737124215},
     {-0.20351822884794532, 0.59868087241482892, 0.5711359742328459, 1.2871949995648662,
      -0.31979235661897487, -0.52848803480436357}},
    {"cosine_embedding none",
     cosine,
     TAD_EACH,
     2,
     {1.0776709867415777, 0},
     {-0.4085717016646826, -0.037185673308194146, 0.079831521431260988, 0, 0, 0}},
    {"multi_margin none",
     multi,
     TAD_EACH,
     2,
     {13.979999999999999, 0.47999999999999998},
     {3.1999999999999997, -8.3999999999999986, 5.1999999999999993, -0.79999999999999993,
      0.79999999999999993, 0}},
    {"multilabel_soft_margin none",
     labels_soft,
     TAD_EACH,
     2,
     {1.488035308125885, 0.7160498669356038},
     {-0.12584688959938181, -0.51234985566601177, 0.14679951299631372, 0.19148083893721962,
      -0.20668367924825837, -0.11136462869469434}},
    {"multilabel_margin none",
     labels,
     TAD_EACH,
     2,
     {0, 0.33333333333333331},
     {0, 0, 0, 0.66666666666666663, -0.66666666666666663, 0}},
};
enum { CASES = sizeof cases / sizeof *cases };

START_TEST(losses_equal_pytorch) {
    double value[6], gradient[6];
    loss *f = cases[_i].f;
    const bool magnitude = f == poisson_full; /* logarithms are taken */
    double x[6];
    for (int i = 0; i < 6; i++) x[i] = magnitude ? fabs(a[i]) : a[i];
    tad_var in = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), x), y = f(in, cases[_i].reduction);
    ck_done(tad_read(y, value, cases[_i].size), t);
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    ck_done(tad_read(tad_gradient(in), gradient, 6), t);
    for (size_t i = 0; i < cases[_i].size; i++)
        ck_assert_msg(fabs(value[i] - cases[_i].value[i]) < 1e-12, "%s[%zu] = %.17g, not %.17g",
                      cases[_i].name, i, value[i], cases[_i].value[i]);
    for (int i = 0; i < 6; i++)
        ck_assert_msg(fabs(gradient[i] - cases[_i].gradient[i]) < 1e-12,
                      "%s: gradient[%d] = %.17g, not %.17g", cases[_i].name, i, gradient[i],
                      cases[_i].gradient[i]);
}
END_TEST

/* A row's labels end at its first -1. */
START_TEST(labels_end_at_minus_one) {
    const int64_t label[] = {2, -1, 0, 1}, alone[] = {2, -1, -1, -1}, none[] = {-1, 0, 1, 2};
    const tad_shape row = TAD_SHAPE(4);
    tad_var x = tad_input(t, TAD_F64, row, (double[]){.1, .9, .3, .4});
    const double value =
        tad_item(tad_multilabel_margin(x, tad_constant(t, TAD_I64, row, label), TAD_MEAN));
    ck_near(value, ((1 - .3 + .1) + (1 - .3 + .9) + (1 - .3 + .4)) / 4, 1e-15);
    ck_assert_double_eq(
        tad_item(tad_multilabel_margin(x, tad_constant(t, TAD_I64, row, alone), TAD_MEAN)), value);
    ck_assert_double_eq(
        tad_item(tad_multilabel_margin(x, tad_constant(t, TAD_I64, row, none), TAD_MEAN)), 0);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("margins");
    TCase *c = support_case(s, "margins");
    tcase_add_checked_fixture(c, new_tape, free_tape);
    tcase_add_loop_test(c, losses_equal_pytorch, 0, CASES);
    tcase_add_test(c, labels_end_at_minus_one);
    return s;
}

SUPPORT_MAIN(suite)
