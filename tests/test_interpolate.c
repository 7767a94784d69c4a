/* Interpolation: values against NumPy and SciPy, derivatives of splines by places to order 2, what
 * lies outside, NaNs, places that do not ascend. */
#include "support.h"

#include <tad/program.h>

static const double places[] = {-1.0, -0.25, 0.5, 1.5, 2.0, 3.5},
                    values[] = {1.0, -2.0, 0.5, 3.0, -1.0, 2.0},
                    at[] = {-2.0, -1.0, -0.5, 0.5, 1.75, 3.0, 3.5, 4.25};
enum { POINTS = 8 };

typedef struct exact {
    tad_spline_ends ends;
    int64_t n;
    double y[POINTS], slope[POINTS], bend[POINTS];
} exact;

static const exact splines[] = {
    {TAD_SPLINE_NOT_A_KNOT,
     6,
     {20.532679738562088, 1.0, -1.8104575163398697, 0.5, 1.3752042483660132, -6.215686274509808,
      1.9999999999999964, 41.115808823529434},
     {-31.199346405228752, -9.46078431372549, -2.1797385620915044, 5.205882352941177,
      -8.39297385620915, 6.071895424836601, 28.362745098039234, 79.48284313725495},
     {26.522875816993455, 16.95424836601307, 12.169934640522875, 2.6013071895424815,
      -12.006535947712425, 35.15032679738564, 54.01307189542487, 82.30718954248373}},
    {TAD_SPLINE_NOT_A_KNOT,
     4,
     {22.944444444444432, 1.0, -1.8793650793650791, 0.5, 2.1349206349206318, -21.190476190476247,
      -43.14285714285724, -94.62500000000021},
     {-35.953968253968235, -10.080952380952379, -1.9730158730158731, 4.585714285714288,
      -5.323015873015887, -35.350793650793726, -52.995238095238214, -85.49761904761922},
     {32.31111111111109, 19.434920634920626, 12.996825396825397, 0.12063492063492554,
      -15.974603174603205, -32.06984126984133, -38.50793650793659, -48.165079365079464}},
    {TAD_SPLINE_NOT_A_KNOT,
     3,
     {13.555555555555557, 1.0, -1.6111111111111112, 0.5, 16.88888888888889, 48.55555555555556, 65.5,
      95.50000000000001},
     {-17.444444444444446, -7.666666666666667, -2.7777777777777777, 7.000000000000001,
      19.222222222222225, 31.444444444444446, 36.333333333333336, 43.666666666666664},
     {9.777777777777779, 9.777777777777779, 9.777777777777779, 9.777777777777779, 9.777777777777779,
      9.777777777777779, 9.777777777777779, 9.777777777777779}},
    {TAD_SPLINE_NOT_A_KNOT,
     2,
     {5.0, 1.0, -1.0, -5.0, -10.0, -15.0, -17.0, -20.0},
     {-4.0, -4.0, -4.0, -4.0, -4.0, -4.0, -4.0, -4.0},
     {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0}},
    {TAD_SPLINE_NATURAL,
     6,
     {3.6394978871488886, 1.0, -1.4858936117325376, 0.5, 1.1062779642058165, -1.0127268207805122,
      2.0, 6.047357382550331},
     {3.5799403430276016, -5.749217002237136, -3.416927665920955, 5.755480984340045,
      -8.896476510067114, 5.019090231170768, 6.528635346756152, 3.132158836689044},
     {-18.65831469052947, -4.440892098500626e-15, 9.32915734526473, 2.691722595078298,
      -3.400894854586131, 6.038180462341536, 0.0, -9.057270693512304}},
    {TAD_SPLINE_NATURAL,
     4,
     {3.4566736547868624, 1.0, -1.5511879804332633, 0.5, 3.4363207547169807, 8.259433962264147,
      12.830188679245278, 24.403301886792438},
     {4.598532494758909, -5.984276729559748, -3.338574423480084, 4.1100628930817615,
      1.8459119496855338, 7.128930817610059, 11.35534591194968, 19.959119496855337},
     {-21.165618448637314, 0.0, 10.582809224318657, -4.830188679245284, 1.2075471698113187,
      7.245283018867921, 9.660377358490562, 13.283018867924524}},
    {TAD_SPLINE_NATURAL,
     3,
     {3.574074074074072, 1.0, -1.5092592592592593, 0.5, 0.5925925925925952, -37.50925925925924,
      -71.99999999999999, -152.0},
     {3.944444444444449, -5.833333333333333, -3.388888888888889, 5.166666666666666,
      -10.111111111111104, -55.944444444444436, -82.83333333333333, -132.33333333333331},
     {-19.555555555555564, -1.7763568394002505e-15, 9.777777777777779, 3.552713678800501e-15,
      -24.44444444444444, -48.888888888888886, -58.66666666666666, -73.33333333333333}},
    {TAD_SPLINE_NATURAL,
     2,
     {5.0, 1.0, -1.0, -5.0, -10.0, -15.0, -17.0, -20.0},
     {-4.0, -4.0, -4.0, -4.0, -4.0, -4.0, -4.0, -4.0},
     {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0}},
};
enum { SPLINES = sizeof splines / sizeof *splines };

static tad_var list(tad_tape *t, int64_t n, const double *x) {
    return tad_input(t, TAD_F64, TAD_SHAPE(n), x);
}

static void ck_list(tad_var v, const double *right) {
    double y[POINTS];
    ck_done(tad_read(v, y, POINTS), v.tape);
    for (int i = 0; i < POINTS; i++) ck_near(y[i], right[i], 2e-13);
}

/* Of each element by its own place. */
static tad_var slope_of(tad_var y, tad_var x) {
    tad_var slope, sum = tad_sum(y, tad_all());
    ck_done(tad_grad(&sum, NULL, 1, &x, 1, &slope), x.tape);
    return slope;
}

START_TEST(splines_of_scipy) {
    const exact *e = &splines[_i];
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = list(t, POINTS, at);
    tad_var y = tad_cubic_spline(x, list(t, e->n, places), list(t, e->n, values), e->ends, true);
    ck_list(y, e->y);
    y = slope_of(y, x);
    ck_list(y, e->slope);
    if (e->n > 2) ck_list(slope_of(y, x), e->bend);
    tad_tape_free(t);
}
END_TEST

START_TEST(lines_of_numpy) {
    const double outside[POINTS] = {1.0, 1.0, -1.0, 0.5, 1.0, 1.0, 2.0, 2.0};
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = list(t, POINTS, at), p = list(t, 6, places), v = list(t, 6, values), g[3];
    ck_list(tad_interp(x, p, v, false), outside);
    tad_var single = tad_interp(tad_cast(x, TAD_F32), tad_cast(p, TAD_F32), tad_cast(v, TAD_F32),
                                false); /* of numbers that float32 has, too */
    ck_list(tad_cast(single, TAD_F64), outside);
    tad_var on = tad_interp(x, p, v, true);
    ck_values(tad_slice(on, 0, 0, 1, 1), 1e-15, 5);
    ck_values(tad_slice(on, 0, 7, 8, 1), 1e-15, 3.5);
    tad_var one = tad_scalar(t, 1.75), y = tad_interp(one, p, v, false);
    ck_done(tad_grad(&y, NULL, 1, (tad_var[]){one, p, v}, 3, g), t);
    ck_near(tad_item(g[0]), -8, 1e-15);
    ck_values(g[1], 1e-15, 0, 0, 0, 4, 4, 0);
    ck_values(g[2], 1e-15, 0, 0, 0, 0.5, 0.5, 0);
    tad_var far = tad_scalar(t, 9), end = tad_interp(far, p, v, false);
    ck_done(tad_grad(&end, NULL, 1, (tad_var[]){far, p, v}, 3, g), t);
    ck_near(tad_item(g[0]), 0, 0);
    ck_values(g[1], 1e-15, 0, 0, 0, 0, 0, 0);
    ck_values(g[2], 1e-15, 0, 0, 0, 0, 0, 1);
    ck_assert(isnan(tad_item(tad_interp(tad_scalar(t, NAN), p, v, false))));
    tad_tape_free(t);
}
END_TEST

START_TEST(places_have_to_ascend) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = list(t, POINTS, at), v = list(t, 3, values);
    const double bad[][3] = {{0, 0, 1}, {0, 2, 1}, {0, NAN, 1}};
    for (int i = 0; i < 3; i++) {
        ck_assert(tad_is_nil(tad_interp(x, list(t, 3, bad[i]), v, false)));
        ck_refused(t, TAD_BAD_ARGUMENT, "interp: ", "do not ascend");
        ck_assert(tad_is_nil(tad_cubic_spline(x, list(t, 3, bad[i]), v, TAD_SPLINE_NATURAL, true)));
        ck_refused(t, TAD_BAD_ARGUMENT, "cubic_spline: ", "do not ascend");
    }
    tad_tape_free(t);
}
END_TEST

START_TEST(programs_name_whose_places_do_not_ascend) {
    tad_tape *t = tad_tape_new(NULL);
    for (int spline = 0; spline < 2; spline++) {
        double good[] = {0, 1, 2}, y[POINTS];
        tad_var x = list(t, POINTS, at), p = list(t, 3, good), v = list(t, 3, values);
        tad_var out = spline ? tad_cubic_spline(x, p, v, TAD_SPLINE_NATURAL, true)
                             : tad_interp(x, p, v, true);
        tad_program *program = NULL;
        ck_done(tad_freeze(&p, 1, &out, 1, NULL, &program), t);
        tad_workspace *w = tad_workspace_new(program);
        ck_assert_int_eq(tad_bind_in(w, 0, TAD_F64, TAD_SHAPE(3), good), TAD_OK);
        ck_assert_int_eq(tad_bind_out(w, 0, TAD_F64, TAD_SHAPE(POINTS), y), TAD_OK);
        ck_assert_int_eq(tad_run(w), TAD_OK);
        good[1] = 3;
        ck_assert_int_eq(tad_run(w), TAD_BAD_ARGUMENT);
        const char *name = spline ? "of cubic_spline do not" : "of interp do not";
        ck_assert_msg(strstr(tad_workspace_message(w), name), "%s", tad_workspace_message(w));
        tad_workspace_free(w);
        tad_program_free(program);
    }
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("interpolate");
    TCase *c = support_case(s, "interpolate");
    tcase_add_loop_test(c, splines_of_scipy, 0, SPLINES);
    tcase_add_test(c, lines_of_numpy);
    tcase_add_test(c, places_have_to_ascend);
    tcase_add_test(c, programs_name_whose_places_do_not_ascend);
    return s;
}

SUPPORT_MAIN(suite)
