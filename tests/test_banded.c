/* Band matrices: SciPy's solutions and PyTorch's gradients of the whole matrix, exchanged rows,
 * what lies outside of the matrix, what is singular, and a system whose matrix would fit no memory.
 */
#include "support.h"

enum { LOWER = 2, UPPER = 1, N = 6, K = 2 };

/* Small on the main diagonal, so that rows are exchanged; scipy.linalg.solve_banded. */
static const double band[] = {1.22,   1.23,  0.06,   -0.86,   -1.78, -0.47, -0.0037, -0.0182,
                              -0.018, 0.02,  0.0061, -0.0106, -0.26, 1.9,   1.59,    1.38,
                              -0.43,  -0.03, 0.71,   -1.76,   0.22,  -0.91, 1.52,    -1.74},
                    right[] = {0.72, 1.48, -1.09, 1.58,  1.49,  -1.93,
                               0.83, -2,   0.01,  -0.25, -1.19, -0.7},
                    solution[] = {3.6448741017129862, -5.7716251829530911,  0.59633010908645367,
                                  1.1858902331894905, -2.1913254261541635,  1.6826775779374132,
                                  2.6399205548270426, 0.064010891581935056, -2.9836797800453585,
                                  1.4548150316509114, 6.6655283515938857,   1.5263797217497275},
                    turned[] = {-7.0969218489626948, 1.0609515686546656,  9.2692052887809684,
                                -8.31432904871515,   4.3714574144251968,  -0.95464793219988309,
                                0.28287254370905923, -1.100874916504502,  2.5580298710699614,
                                1.3730327153885007,  -1.1579282455548807, 5.1579833742834502},
                    product[] = {-1.343364, 1.937924, -0.077962, -0.529356, -2.30042,  5.80754,
                                 4.2863,    -5.4445,  2.032561,  -2.857125, -0.746986, 1.93492};
/* Of the solution with weights 1, 2, 3, ...; torch.linalg.solve. */
static const double by_band[] = {0,
                                 -5.7609582724524104,
                                 1.9676343672028835,
                                 -12.786296776913961,
                                 7.8428600035719356,
                                 186.28639082781078,
                                 2.7532003616510874,
                                 -17.634357806978407,
                                 -0.91448815636555558,
                                 -16.164141394021257,
                                 -31.298982008463412,
                                 385.16649428852958,
                                 27.650360555403566,
                                 -10.668111480123796,
                                 1.5668233502029523,
                                 60.611492778382342,
                                 -61.526005350020483,
                                 0,
                                 21.2643054224454,
                                 -11.648803360935993,
                                 -8.0236650569232779,
                                 124.51464115481097,
                                 0,
                                 0},
                    by_right[] = {3.861961635285216,   2.915914283141364,  8.8854592198145337,
                                  10.402051215116197,  4.6824065566230058, 6.6412988715180772,
                                  5.9574260858999439,  6.8271165295642664, -22.368871417048062,
                                  -24.362249887394668, -45.90853150824627, -51.862504992877909};

static void ck_all(tad_var x, const double *expected, double tol) {
    double got[4 * N];
    const size_t n = (size_t)tad_size_of(x);
    ck_assert_int_eq(tad_read(x, got, n), TAD_OK);
    for (size_t i = 0; i < n; i++) ck_near(got[i], expected[i], tol);
}

START_TEST(banded_as_scipy_and_torch) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = tad_input(t, TAD_F64, TAD_SHAPE(LOWER + 1 + UPPER, N), band),
            b = tad_input(t, TAD_F64, TAD_SHAPE(N, K), right);
    tad_var y = tad_solve_banded(a, b, LOWER, UPPER, false);
    ck_all(y, solution, 1e-14);
    ck_all(tad_solve_banded(a, b, LOWER, UPPER, true), turned, 1e-14);
    ck_all(tad_banded_matmul(a, b, LOWER, UPPER, false), product, 1e-15);
    tad_var w = tad_reshape(tad_arange(t, TAD_F64, 1, N * K + 1, 1), TAD_SHAPE(N, K));
    ck_done(tad_reverse(tad_sum(tad_mul(y, w), tad_all())), t);
    ck_all(tad_gradient(a), by_band, 1e-13);
    ck_all(tad_gradient(b), by_right, 1e-13);
    tad_tape_free(t);
}
END_TEST

/* The corners of the diagonals that no element of the matrix stands in. */
START_TEST(outside_of_a_band_is_not_read) {
    double spoiled[4 * N];
    memcpy(spoiled, band, sizeof band);
    spoiled[0] = spoiled[3 * N - 1] = spoiled[4 * N - 1] = NAN;
    spoiled[4 * N - 2] = INFINITY;
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = tad_input(t, TAD_F64, TAD_SHAPE(4, N), spoiled),
            b = tad_input(t, TAD_F64, TAD_SHAPE(N, K), right);
    ck_all(tad_solve_banded(a, b, LOWER, UPPER, false), solution, 1e-14);
    ck_all(tad_solve_banded(a, b, LOWER, UPPER, true), turned, 1e-14);
    ck_all(tad_banded_matmul(a, b, LOWER, UPPER, false), product, 1e-15);
    tad_tape_free(t);
}
END_TEST

START_TEST(singular_bands_are_refused) {
    const double two[] = {0, 2};
    tad_tape *t = tad_tape_new(NULL);
    /* [[1 2][1 2]], after another one: diagonals above, on, below */
    const double batch[] = {0, 0, 1, 1, 0, 0, 0, 2, 1, 2, 1, 0};
    tad_var a = tad_input(t, TAD_F64, TAD_SHAPE(2, 3, 2), batch),
            b = tad_input(t, TAD_F64, TAD_SHAPE(2), two);
    ck_assert(tad_is_nil(tad_solve_banded(a, b, 1, 1, false)));
    ck_refused(t, TAD_SINGULAR, "solve_banded", "singular", "matrix 1");
    ck_values(tad_solve_banded(tad_at(a, 0), b, 1, 1, false), 0, 0, 2);
    ck_assert(tad_is_nil(tad_solve_banded(tad_at(a, 0), b, 1, 2, false)));
    ck_refused(t, TAD_BAD_SHAPE, "solve_banded", "1 diagonals below and 2 above", "3 rows");
    tad_tape_free(t);
}
END_TEST

/* With a zero on the diagonal that only an exchange passes by, and a NaN that goes as far as it is
 * used. */
START_TEST(bands_exchange_rows) {
    tad_tape *t = tad_tape_new(NULL);
    const double swap[] = {0, 1, 0, 0, 1, 0}, b[] = {3, 5};
    tad_var a = tad_input(t, TAD_F64, TAD_SHAPE(3, 2), swap);
    tad_var y = tad_solve_banded(a, tad_input(t, TAD_F64, TAD_SHAPE(2), b), 1, 1, false);
    ck_values(y, 0, 5, 3);
    const double none[] = {1, NAN};
    y = tad_solve_banded(tad_input(t, TAD_F64, TAD_SHAPE(1, 2), none),
                         tad_input(t, TAD_F64, TAD_SHAPE(2), b), 0, 0, false);
    ck_values(y, 0, 3, NAN);
    tad_tape_free(t);
}
END_TEST

/* 200000 equations, whose matrix would take 320 GB: x = 1 everywhere, and what its sum depends on.
 */
START_TEST(long_bands_are_never_whole) {
    const int64_t n = 200000;
    tad_tape *t = tad_tape_new(NULL);
    tad_var ones = tad_full(t, TAD_F64, TAD_SHAPE(1, n), 1),
            parts[] = {tad_neg(ones), tad_mul(ones, tad_number(4)), tad_neg(ones)};
    tad_var a = tad_detach(tad_concat(parts, 3, 0));
    a = tad_input(t, TAD_F64, TAD_SHAPE(3, n), tad_data(a));
    tad_var b = tad_banded_matmul(a, tad_reshape(ones, TAD_SHAPE(n)), 1, 1, false);
    tad_var y = tad_solve_banded(a, b, 1, 1, false);
    ck_near(tad_item(tad_amax(tad_abs(tad_sub(y, tad_number(1))), tad_all())), 0, 1e-15);
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    /* b follows a, so that x stays what it is */
    ck_near(tad_item(tad_amax(tad_abs(tad_gradient(a)), tad_all())), 0, 1e-15);
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("banded");
    TCase *c = support_case(s, "banded");
    tcase_add_test(c, banded_as_scipy_and_torch);
    tcase_add_test(c, outside_of_a_band_is_not_read);
    tcase_add_test(c, singular_bands_are_refused);
    tcase_add_test(c, bands_exchange_rows);
    tcase_add_test(c, long_bands_are_never_whole);
    return s;
}

SUPPORT_MAIN(suite)
