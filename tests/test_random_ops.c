/* What is computed with the tape's random numbers: dropped channels, drawn classes. */
#include "support.h"

#include <tad/diff.h>
#include <tad/ops.h>

static tad_tape *t;
static void new_tape(void) { t = tad_tape_new(&(tad_settings){.seed = 5}); }
static void free_tape(void) { tad_tape_free(t); }

/* ---- channels ---- */

START_TEST(drops_whole_channels) {
    enum { N = 50, C = 20, L = 3 };
    tad_var x = tad_full(t, TAD_F64, TAD_SHAPE(N, C, L), 1), y = tad_dropout_channels(x, 0.25);
    static double v[N][C][L];
    int kept = 0;
    ck_done(tad_read(y, &v[0][0][0], N * C * L), t);
    for (int i = 0; i < N * C; i++) {
        const double *channel = v[i / C][i % C];
        ck_assert(channel[0] == 0 || fabs(channel[0] - 1 / 0.75) < 1e-15);
        for (int k = 1; k < L; k++) ck_assert_double_eq(channel[k], channel[0]);
        kept += channel[0] != 0;
    }
    ck_near(kept, 750, 60); /* 4 deviations are 55 */
    tad_var none = tad_dropout_channels(x, 1);
    ck_values(tad_sum(none, tad_all()), 0, 0);
}
END_TEST

START_TEST(refuses_channels_that_cannot_be) {
    tad_var x = tad_full(t, TAD_F64, TAD_SHAPE(3), 1);
    const tad_random before = tad_tape_random(t);
    ck_assert(tad_is_nil(tad_dropout_channels(x, 0.5)));
    ck_refused(t, TAD_BAD_SHAPE, "dropout_channels");
    ck_assert(tad_is_nil(tad_dropout_channels(tad_unsqueeze(x, 0), 1.5)));
    ck_refused(t, TAD_BAD_ARGUMENT, "1.5");
    ck_assert_uint_eq(tad_tape_random(t).drawn, before.drawn);
}
END_TEST

/* ---- classes ---- */

static const double logits[3] = {0.5, -1, 1.2};

/* How often each class is drawn is the softmax of the logits, at any temperature. */
START_TEST(gumbel_draws_by_the_softmax) {
    enum { N = 4000 };
    double counts[3], p[3];
    tad_var row = tad_constant(t, TAD_F64, TAD_SHAPE(3), logits);
    tad_var x = tad_broadcast_to(row, TAD_SHAPE(N, 3));
    tad_var y = tad_gumbel_softmax(x, 0.7, true, -1);
    ck_done(tad_read(tad_sum(y, tad_axis(0)), counts, 3), t);
    ck_done(tad_read(tad_softmax(row, 0), p, 3), t);
    for (int k = 0; k < 3; k++) ck_near(counts[k], N * p[k], 4 * sqrt(N * p[k] * (1 - p[k])));
    ck_near(tad_item(tad_amax(tad_sum(y, tad_axis(1)), tad_all())), 1, 1e-15);
}
END_TEST

/* The hard one has the soft one's derivative, along any axis; both draw the same numbers. */
START_TEST(gumbel_hard_has_the_soft_gradient) {
    const double weight[] = {1, -2, 3, 0.5, 4, -1};
    double g[2][6], y[6];
    for (int hard = 0; hard < 2; hard++) {
        tad_tape_set_random(t, (tad_random){9, 0});
        tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3, 2), (double[]){1, 2, 0, -1, 0.5, 0.3});
        tad_var w = tad_constant(t, TAD_F64, TAD_SHAPE(3, 2), weight);
        tad_var out = tad_gumbel_softmax(x, 0.5, hard, 0);
        ck_done(tad_reverse(tad_sum(tad_mul(out, w), tad_all())), t);
        ck_done(tad_read(tad_gradient(x), g[hard], 6), t);
        ck_done(tad_read(out, y, 6), t);
    }
    for (int i = 0; i < 6; i++) {
        ck_near(g[0][i], g[1][i], 1e-14);
        ck_assert(fabs(y[i]) < 1e-15 || fabs(y[i] - 1) < 1e-15);
    }
    ck_near(y[0] + y[2] + y[4], 1, 1e-15);
    ck_assert_double_ne(g[0][0], 0);
}
END_TEST

/* By name, with the numbers given: what is chosen follows from them. */
START_TEST(gumbel_by_name) {
    const double u[] = {0.5, 0.99, 0.2};
    tad_var x[2] = {tad_constant(t, TAD_F64, TAD_SHAPE(3), logits),
                    tad_constant(t, TAD_F64, TAD_SHAPE(3), u)};
    double y[3], e[3], sum = 0;
    ck_done(tad_read(tad_call(t, "gumbel_softmax", x, 2, NULL, 0, NULL, 0), y, 3), t);
    for (int k = 0; k < 3; k++) sum += e[k] = exp(logits[k] - log(-log(u[k])));
    for (int k = 0; k < 3; k++) ck_near(y[k], e[k] / sum, 1e-15);
    const tad_value hard = {.name = "hard", .kind = TAD_VALUE_BOOL, .integer = 1};
    ck_values(tad_call(t, "gumbel_softmax", x, 2, &hard, 1, NULL, 0), 1e-15, 0, 1, 0);
}
END_TEST

START_TEST(gumbel_refuses) {
    tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(3), logits);
    ck_assert(tad_is_nil(tad_gumbel_softmax(x, 0, false, 0)));
    ck_refused(t, TAD_BAD_ARGUMENT, "gumbel_softmax", "tau = 0");
    ck_assert(tad_is_nil(tad_gumbel_softmax(x, NAN, false, 0)));
    ck_refused(t, TAD_BAD_ARGUMENT, "gumbel_softmax", "nan");
    ck_assert(tad_is_nil(tad_gumbel_softmax(x, 1, true, 1)));
    ck_refused(t, TAD_BAD_AXIS, "softmax");
    ck_assert(tad_is_nil(tad_gumbel_softmax(tad_number(1), 1, true, 1)));
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("random ops");
    TCase *c = support_case(s, "random ops");
    tcase_add_checked_fixture(c, new_tape, free_tape);
    tcase_add_test(c, drops_whole_channels);
    tcase_add_test(c, refuses_channels_that_cannot_be);
    tcase_add_test(c, gumbel_draws_by_the_softmax);
    tcase_add_test(c, gumbel_hard_has_the_soft_gradient);
    tcase_add_test(c, gumbel_by_name);
    tcase_add_test(c, gumbel_refuses);
    return s;
}

SUPPORT_MAIN(suite)
