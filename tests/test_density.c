/* Logarithms of densities: values from their formulas in mpmath, compared with SciPy's; what lies
 * outside, where no gradient may come from; vectors and classes. */
#include "support.h"

typedef struct exact {
    const char *name;
    double x[4], y;
} exact;

static const exact table[] = {
    {"normal_log_density", {1.5, 0.25, 2.0}, -1.80739821376461805},
    {"normal_log_density", {-30.0, 1.0, 0.5}, -1922.22579135264473},
    {"laplace_log_density", {1.5, 0.25, 2.0}, -2.01129436111989062},
    {"laplace_log_density", {-3.0, 1.0, 0.5}, -8.0},
    {"cauchy_log_density", {1.5, 0.25, 2.0}, -2.16763035278181347},
    {"cauchy_log_density", {100000.0, 1.0, 0.5}, -24.8637079962748022},
    {"student_log_density", {1.5, 3.0, 0.25, 2.0}, -1.93883999320881103},
    {"student_log_density", {-2.0, 1000000000.0, 1.0, 0.5}, -18.2257910468947349},
    {"student_log_density", {0.5, 0.5, 0.0, 1.0}, -1.6146317569926328},
    {"exponential_log_density", {0.0, 2.0}, 0.693147180559945309},
    {"exponential_log_density", {3.0, 0.5}, -2.19314718055994531},
    {"gamma_log_density", {0.25, 0.5, 2.0}, -0.0326441720847821229},
    {"gamma_log_density", {30.0, 25.0, 1.5}, -8.01936453551648063},
    {"poisson_log_density", {0.0, 2.5}, -2.5},
    {"poisson_log_density", {7.0, 3.0}, -3.83487534038864646},
    {"poisson_log_density", {12.0, 11.0}, -2.21247122208143962},
    {"beta_log_density", {0.25, 2.0, 3.0}, 0.523248143764547837},
    {"beta_log_density", {1e-10, 3.0, 10000000000.0}, 21.3327037497305116},
    {"beta_log_density", {0.9, 0.5, 0.5}, 0.0592429184765359172},
    {"uniform_log_density", {0.5, -1.0, 3.0}, -1.38629436111989062},
    {"uniform_log_density", {3.0, -1.0, 3.0}, -1.38629436111989062},
    {"bernoulli_log_density", {1.0, 2.5}, -0.0788897342925496233},
    {"bernoulli_log_density", {0.0, 2.5}, -2.57888973429254962},
    {"bernoulli_log_density", {1.0, -700.0}, -700.0},
    {"exponential_log_density", {-1, 2}, -INFINITY},
    {"exponential_log_density", {1, -2}, NAN},
    {"gamma_log_density", {-1, 2, 1}, -INFINITY},
    {"gamma_log_density", {0, 2, 1}, -INFINITY},
    {"gamma_log_density", {0, 1, 1}, 0},
    {"poisson_log_density", {-1, 2}, -INFINITY},
    {"poisson_log_density", {0, 0}, 0},
    {"beta_log_density", {-0.5, 2, 3}, -INFINITY},
    {"beta_log_density", {1.5, 2, 3}, -INFINITY},
    {"beta_log_density", {1, 1, 1}, 0},
    {"beta_log_density", {0, 2, 1}, -INFINITY},
    {"uniform_log_density", {4, -1, 3}, -INFINITY},
    {"uniform_log_density", {NAN, -1, 3}, NAN},
    {"normal_log_density", {NAN, 0, 1}, NAN},
    {"normal_log_density", {0, 0, -1}, NAN},
    {"gamma_log_density", {NAN, 1, 1}, NAN},
    {"beta_log_density", {NAN, 1, 1}, NAN},
};
enum { TABLE = sizeof table / sizeof *table };

START_TEST(densities_of_the_table) {
    const exact *e = &table[_i];
    const tad_op *op = tad_op_find(e->name);
    tad_tape *t = tad_tape_new(NULL);
    tad_var number[4], array[4];
    for (int i = 0; i < 4; i++) {
        number[i] = tad_scalar(t, e->x[i]);
        array[i] = tad_full(t, TAD_F64, TAD_SHAPE(2), e->x[i]);
    }
    ck_near(tad_item(tad_apply(op, number, op->min_in, NULL, NULL, 0)), e->y, 1e-14);
    ck_values(tad_apply(op, array, op->min_in, NULL, NULL, 0), 1e-14, e->y, e->y);
    tad_tape_free(t);
}
END_TEST

/* The functions take their operands in the order of the ops. */
START_TEST(functions_are_the_ops) {
    const double at[] = {0.3, 0.7, 1.1, 1.9};
    tad_tape *t = tad_tape_new(NULL);
    tad_var x[4];
    for (int i = 0; i < 4; i++) x[i] = tad_scalar(t, at[i]);
    const struct {
        const char *name;
        tad_var y;
    } of[] = {
        {"normal_log_density", tad_normal_log_density(x[0], x[1], x[2])},
        {"laplace_log_density", tad_laplace_log_density(x[0], x[1], x[2])},
        {"cauchy_log_density", tad_cauchy_log_density(x[0], x[1], x[2])},
        {"student_log_density", tad_student_log_density(x[0], x[1], x[2], x[3])},
        {"exponential_log_density", tad_exponential_log_density(x[0], x[1])},
        {"gamma_log_density", tad_gamma_log_density(x[0], x[1], x[2])},
        {"poisson_log_density", tad_poisson_log_density(x[0], x[1])},
        {"beta_log_density", tad_beta_log_density(x[0], x[1], x[2])},
        {"uniform_log_density", tad_uniform_log_density(x[0], x[1], x[2])},
        {"bernoulli_log_density", tad_bernoulli_log_density(x[0], x[1])},
    };
    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        const tad_op *op = tad_op_find(of[k].name);
        const double named = tad_item(tad_apply(op, x, op->min_in, NULL, NULL, 0));
        ck_assert_msg(tad_item(of[k].y) == named, "%s: %g, by name %g", of[k].name,
                      tad_item(of[k].y), named);
    }
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* The gradient of an -inf is 0, not 0 times a NaN. */
START_TEST(no_gradient_comes_from_outside) {
    static const exact outside[] = {
        {"exponential_log_density", {-1, 2}, 0}, {"gamma_log_density", {-1, 2, 1.5}, 0},
        {"poisson_log_density", {-1, 2}, 0},     {"beta_log_density", {1.5, 2, 3}, 0},
        {"beta_log_density", {-0.5, 2, 3}, 0},   {"uniform_log_density", {4, -1, 3}, 0}};
    for (size_t k = 0; k < sizeof outside / sizeof *outside; k++) {
        const tad_op *op = tad_op_find(outside[k].name);
        tad_tape *t = tad_tape_new(NULL);
        tad_var in[4], g[4];
        for (int i = 0; i < 4; i++) in[i] = tad_scalar(t, outside[k].x[i]);
        tad_var y = tad_apply(op, in, op->min_in, NULL, NULL, 0);
        ck_done(tad_grad(&y, NULL, 1, in, op->min_in, g), t);
        for (size_t i = 0; i < op->min_in; i++) ck_near(tad_item(g[i]), 0, 0);
        tad_tape_free(t);
    }
}
END_TEST

START_TEST(densities_of_vectors) {
    const double factor[] = {2.0, 0.0, 0.0, 0.5, 1.0, 0.0, -1.0, 0.25, 0.75},
                 x[] = {1.0, -0.5, 2.0}, mean[] = {0.5, 0.0, 1.0}, shares[] = {0.2, 0.3, 0.5},
                 concentrations[] = {0.5, 2, 3.5}, logits[] = {1.0, -2.0, 0.5};
    const int64_t label = 2, none = 3;
    tad_tape *t = tad_tape_new(NULL);
    tad_var l = tad_input(t, TAD_F64, TAD_SHAPE(3, 3), factor);
    const tad_shape three = TAD_SHAPE(3);
    ck_values(tad_multivariate_normal_log_density(tad_input(t, TAD_F64, three, x),
                                                  tad_input(t, TAD_F64, three, mean), l),
              1e-14, -5.1466557077221839);
    ck_values(tad_dirichlet_log_density(tad_input(t, TAD_F64, three, shares),
                                        tad_input(t, TAD_F64, three, concentrations)),
              1e-14, 0.88203139800152242);
    tad_var z = tad_input(t, TAD_F64, three, logits);
    ck_values(tad_categorical_log_density(tad_input(t, TAD_I64, TAD_0D, &label), z), 1e-14,
              -1.0045969023422834);
    ck_assert(tad_is_nil(tad_categorical_log_density(tad_input(t, TAD_I64, TAD_0D, &none), z)));
    ck_refused(t, TAD_BAD_INDEX, "3");
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("density");
    TCase *c = support_case(s, "density");
    tcase_add_loop_test(c, densities_of_the_table, 0, TABLE);
    tcase_add_test(c, functions_are_the_ops);
    tcase_add_test(c, no_gradient_comes_from_outside);
    tcase_add_test(c, densities_of_vectors);
    return s;
}

SUPPORT_MAIN(suite)
