/* Examples of tad/gradcheck.h. */
#include "example.h"

static tad_var f(tad_tape *t, const tad_var *x, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_sum(tad_mul(tad_sin(x[0]), x[1]), tad_all());
}

static bool keep(void *user, const char *text, size_t length) {
    strncat(user, text, length);
    return true;
}

static void checks(tad_tape *t) {
    const tad_var x[] = {tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2}), tad_scalar(t, 3)};

    {
        tad_gradcheck_report report;
        IS(tad_gradcheck(f, NULL, x, 2, NULL, &report), TAD_CHECK_PASS);
        IS(report.row[0].checked, 2);
    }

    {
        const tad_gradcheck_options quick = {.order = 1, .repeats = 1};
        IS(tad_gradcheck_op(tad_op_find("tanh"), &quick, NULL), TAD_CHECK_PASS);
    }

    {
        char text[4000] = "";
        tad_gradcheck_report report;
        IS(tad_gradcheck(f, NULL, x, 2, NULL, &report), TAD_CHECK_PASS);
        OK(tad_gradcheck_print(&report, keep, text)); /* or tad_file_sink, stderr */
        IS(strstr(text, "PASS") != NULL, true);
    }

    IS(tad_verdict_text(TAD_CHECK_VACUOUS), "vacuous");

    IS(tad_grade_text(tad_grade_of(1e-6)), "acceptable");

    IS(tad_grade_of(NAN), TAD_GRADE_BUG);

    IS(tad_law_text(TAD_LAW_NAN), "a NaN in the cotangent arrives");
}

static void samples(tad_tape *t) {
    const tad_op *op = tad_op_find("matmul");

    {
        tad_sample_room room;
        IS(tad_sample_count(op) >= 5, true);
        IS(tad_sample_at(op, 0, &room), true);
        IS(tad_is_nil(tad_sample_fill(t, &room.sample.in[0], 7)), false);
    }
}

static void simple(tad_tape *t) {
    const tad_var x[] = {tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2}), tad_scalar(t, 3)};

    {
        tad_simple_row row[2];
        OK(tad_gradcheck_simple(f, NULL, x, 2, NULL, row));
        IS(row[0].norm_grade, TAD_GRADE_VERY_GOOD);
    }
}

EXAMPLES(checks, samples, simple)
