/* ctc_loss against all ways counted one by one, at lengths that differ, where nothing fits, and
 * where probabilities are zero or as small as they can be. */
#include "support.h"

#include <tad/diff.h>
#include <tad/ops.h>

enum { T = 5, B = 3, C = 3, S = 2 };

static tad_tape *t;
static void new_tape(void) { t = tad_tape_new(NULL); }
static void free_tape(void) { tad_tape_free(t); }

static const int64_t targets[B][S] = {{1, 2}, {2, 2}, {1, -7}};
static const int64_t places[B] = {5, 4, 3}, labels[B] = {2, 2, 1};

/* Whether a way, without repetitions and blanks, says the target. */
static bool says(const int64_t *way, int64_t n, const int64_t *target, int64_t m) {
    int64_t said = 0, last = -1;
    for (int64_t i = 0; i < n; last = way[i++]) {
        if (way[i] == 0 || way[i] == last) continue;
        if (said == m || target[said] != way[i]) return false;
        said++;
    }
    return said == m;
}

/* The probability of the target, and with `gradient` what it owes to each factor. */
static double counted(const double *p, int64_t b, int64_t n, int64_t m, double *gradient) {
    double total = 0;
    int64_t way[T] = {0}, ways = 1;
    for (int64_t i = 0; i < n; i++) ways *= C;
    for (int64_t w = 0; w < ways; w++) {
        double product = 1;
        for (int64_t i = 0, rest = w; i < n; i++, rest /= C) {
            way[i] = rest % C;
            product *= p[(i * B + b) * C + way[i]];
        }
        if (!says(way, n, targets[b], m)) continue;
        total += product;
        for (int64_t i = 0; gradient && i < n; i++) gradient[(i * B + b) * C + way[i]] += product;
    }
    return total;
}

static void probabilities(double *p) {
    for (int i = 0; i < T * B; i++) {
        double sum = 0;
        for (int k = 0; k < C; k++) sum += p[i * C + k] = exp(sin(1 + i * 3 + k * k));
        for (int k = 0; k < C; k++) p[i * C + k] /= sum;
    }
}

static tad_var logarithms(const double *p) {
    double x[T * B * C];
    for (int i = 0; i < T * B * C; i++) x[i] = log(p[i]);
    return tad_input(t, TAD_F64, TAD_SHAPE(T, B, C), x);
}

static tad_var integers(const int64_t *x, tad_shape s) { return tad_constant(t, TAD_I64, s, x); }

START_TEST(counts_every_way) {
    const tad_ctc_options sum = {.reduction = TAD_SUM};
    double p[T * B * C], gradient[T * B * C] = {0}, want = 0, got[T * B * C];
    probabilities(p);
    tad_var x = logarithms(p);
    tad_var loss =
        tad_ctc_loss(x, integers(targets[0], TAD_SHAPE(B, S)), integers(places, TAD_SHAPE(B)),
                     integers(labels, TAD_SHAPE(B)), &sum);
    ck_done(tad_reverse(loss), t);
    ck_done(tad_read(tad_gradient(x), got, T * B * C), t);
    for (int b = 0; b < B; b++) {
        double own[T * B * C] = {0};
        const double whole = counted(p, b, places[b], labels[b], own);
        want -= log(whole);
        for (int i = 0; i < T * B * C; i++) gradient[i] -= own[i] / whole;
    }
    ck_near(tad_item(loss), want, 1e-13);
    for (int i = 0; i < T * B * C; i++) ck_near(got[i], gradient[i], 1e-13);
}
END_TEST

/* The mean is of each by its number of labels. */
START_TEST(reduces) {
    double p[T * B * C], each[B], want = 0;
    probabilities(p);
    tad_var x = logarithms(p), y = integers(targets[0], TAD_SHAPE(B, S)),
            m = integers(labels, TAD_SHAPE(B));
    for (int b = 0; b < B; b++) {
        each[b] = -log(counted(p, b, T, labels[b], NULL));
        want += each[b] / (double)labels[b] / B;
    }
    ck_values(tad_ctc_loss(x, y, tad_none(), m, &(tad_ctc_options){.reduction = TAD_EACH}), 1e-13,
              each[0], each[1], each[2]);
    ck_values(tad_ctc_loss(x, y, tad_none(), m, NULL), 1e-13, want);
}
END_TEST

/* A label twice needs a blank between: three places at least. */
START_TEST(what_does_not_fit_is_infinite) {
    const int64_t twice[] = {1, 1};
    const double x[] = {-1, -1, -1, -1};
    tad_var two = tad_input(t, TAD_F64, TAD_SHAPE(2, 1, 2), x),
            y = integers(twice, TAD_SHAPE(1, 2));
    tad_var loss = tad_ctc_loss(two, y, tad_none(), tad_none(), NULL);
    ck_assert_double_eq(tad_item(loss), INFINITY);
    ck_done(tad_reverse(loss), t);
    double g[4];
    ck_done(tad_read(tad_gradient(two), g, 4), t);
    ck_assert(!isfinite(g[3])); /* of the last place */
    loss = tad_ctc_loss(two, y, tad_none(), tad_none(), &(tad_ctc_options){.zero_infinity = true});
    ck_assert_double_eq(tad_item(loss), 0);
    ck_done(tad_reverse(loss), t);
    ck_values(tad_gradient(two), 0, 0, 0, 0, 0);
}
END_TEST

/* Without places only the empty target can be said, and that for certain. */
START_TEST(no_places_say_nothing) {
    const int64_t none[] = {0, 0}, length[] = {0, 1}, y[] = {1, 1};
    const double x[4] = {-1, -2, -3, -4};
    tad_var in = tad_input(t, TAD_F64, TAD_SHAPE(1, 2, 2), x);
    tad_var loss =
        tad_ctc_loss(in, integers(y, TAD_SHAPE(2, 1)), integers(none, TAD_SHAPE(2)),
                     integers(length, TAD_SHAPE(2)), &(tad_ctc_options){.reduction = TAD_EACH});
    ck_values(loss, 0, 0, INFINITY);
}
END_TEST

/* A probability of zero is a logarithm of minus infinity: other ways remain, and their gradient. */
START_TEST(zero_probabilities_leave_the_others) {
    double p[T * B * C], gradient[T * B * C] = {0}, got[T * B * C];
    probabilities(p);
    for (int i = 0; i < T; i++) p[(i * B) * C + (i % 2 ? 2 : 1)] = 0;
    tad_var x = logarithms(p);
    tad_var loss =
        tad_ctc_loss(x, integers(targets[0], TAD_SHAPE(B, S)), tad_none(),
                     integers(labels, TAD_SHAPE(B)), &(tad_ctc_options){.reduction = TAD_EACH});
    tad_var first = tad_at(loss, 0);
    const double whole = counted(p, 0, T, 2, gradient);
    ck_assert_double_gt(whole, 0);
    ck_near(tad_item(first), -log(whole), 1e-13);
    ck_done(tad_reverse(first), t);
    ck_done(tad_read(tad_gradient(x), got, T * B * C), t);
    for (int i = 0; i < T * B * C; i++) ck_near(got[i], -gradient[i] / whole, 1e-13);
}
END_TEST

/* Blanks nearly certain over 400 places, labels at e^-40 each: products of probabilities underflow,
 * their logarithms do not. 20 labels fill 20 of 400 places. */
START_TEST(does_not_underflow) {
    enum { LONG = 400, MANY = 20 };
    static double x[LONG][2];
    int64_t y[MANY];
    for (int i = 0; i < LONG; i++) x[i][1] = -40;
    for (int i = 0; i < MANY; i++) y[i] = 1;
    tad_var in = tad_input(t, TAD_F64, TAD_SHAPE(LONG, 1, 2), x);
    tad_var loss = tad_ctc_loss(in, integers(y, TAD_SHAPE(1, MANY)), tad_none(), tad_none(),
                                &(tad_ctc_options){.reduction = TAD_SUM});
    /* each label once, one blank at least between two: C(LONG - MANY + 1, MANY) ways; others cost
     * e^-40 more */
    const double ways = lgamma(LONG - MANY + 2) - lgamma(MANY + 1) - lgamma(LONG - 2 * MANY + 2);
    ck_near(tad_item(loss), 40 * MANY - ways, 1e-9);
    ck_done(tad_reverse(loss), t);
    double g[2 * LONG], labels_said = 0;
    ck_done(tad_read(tad_gradient(in), g, 2 * LONG), t);
    for (int i = 0; i < LONG; i++) labels_said -= g[2 * i + 1];
    ck_near(labels_said, MANY, 1e-9);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("ctc");
    TCase *c = support_case(s, "ctc");
    tcase_add_checked_fixture(c, new_tape, free_tape);
    tcase_add_test(c, counts_every_way);
    tcase_add_test(c, reduces);
    tcase_add_test(c, what_does_not_fit_is_infinite);
    tcase_add_test(c, no_places_say_nothing);
    tcase_add_test(c, zero_probabilities_leave_the_others);
    tcase_add_test(c, does_not_underflow);
    return s;
}

SUPPORT_MAIN(suite)
