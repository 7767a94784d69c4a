/* Logistic regression with two inputs: one neuron a = sigmoid(w1 x1 + w2 x2 + b).
 *
 * First one example by hand, dJ/dw_j = (a - y) x_j and dJ/db = a - y, beside the tape; then
 * gradient descent on the mean loss over 200 points, whose gradient is the mean of those. */
#include <math.h>

#include "show.h"

enum { POINTS = 200, STEPS = 300 };

static tad_status one_example(tad_tape *t) {
    const double x1 = 0.5, x2 = -1.5, y = 1;
    tad_var w1 = tad_name(tad_scalar(t, 0.8), "w1"), w2 = tad_name(tad_scalar(t, -0.4), "w2");
    tad_var b = tad_name(tad_scalar(t, 0.1), "b");
    tad_var first = tad_mul(w1, tad_number(x1)), second = tad_mul(w2, tad_number(x2));
    tad_var z = tad_add(tad_add(first, second), b);
    tad_var a = tad_name(tad_sigmoid(tad_name(z, "z")), "a");
    /* J = -(y log a + (1 - y) log(1 - a)), and y = 1 */
    tad_var loss = tad_name(tad_neg(tad_log(a)), "J");
    tad_status s = tad_reverse(loss);
    if (s != TAD_OK) return s;
    const double delta = tad_item(a) - y;
    printf("one example: x = (%g, %g), y = %g\n", x1, x2, y);
    printf("  dJ/dw1 = %9.6f   (a - y) x1 = %9.6f\n", tad_gradient_item(w1), delta * x1);
    printf("  dJ/dw2 = %9.6f   (a - y) x2 = %9.6f\n", tad_gradient_item(w2), delta * x2);
    printf("  dJ/db  = %9.6f   (a - y)    = %9.6f\n\n", tad_gradient_item(b), delta);
    return tad_explain(loss, TAD_EXPLAIN_TEXT, tad_file_sink, stdout);
}

/* Two clouds around (1, 0.5) and (-1, -0.5). */
static void make_points(double x[2 * POINTS], double y[POINTS]) {
    tad_random random = {.seed = 7};
    for (int i = 0; i < POINTS; i++) {
        double side = i % 2 ? 1 : -1;
        x[2 * i] = side + tad_random_normal(&random);
        x[2 * i + 1] = 0.5 * side + tad_random_normal(&random);
        y[i] = i % 2;
    }
}

/* How many points lie on the right side. */
static int count_right(const double *z, const double *y) {
    int right = 0;
    for (int i = 0; i < POINTS; i++) right += (z[i] > 0) == (y[i] > 0.5);
    return right;
}

static tad_status train(tad_tape *t) {
    double x[2 * POINTS], y[POINTS], z[POINTS];
    make_points(x, y);
    tad_var X = tad_borrow(t, TAD_F64, TAD_SHAPE(POINTS, 2), x);
    tad_var Y = tad_borrow(t, TAD_F64, TAD_SHAPE(POINTS, 1), y);
    tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2, 1), NULL);
    tad_var b = tad_param(t, TAD_F64, TAD_SHAPE(1), NULL), params[] = {w, b};
    const double rate = 0.5;
    tad_mark start = tad_tape_mark(t);

    printf("\ngradient descent on %d points, learning rate %g\n", POINTS, rate);
    for (int step = 0; step <= STEPS; step++) {
        tad_var logits = tad_affine(X, w, b);
        tad_var loss = tad_bce_with_logits(logits, Y, tad_none(), tad_none(), TAD_MEAN);
        if (tad_reverse(loss) != TAD_OK || tad_read(logits, z, POINTS) != TAD_OK) break;
        if (step % 100 == 0)
            printf("  step %3d  loss %.6f  right %3d of %d\n", step, tad_item(loss),
                   count_right(z, y), POINTS);
        const double *dw = tad_gradient_data(w), *db = tad_gradient_data(b);
        double *weight = tad_param_data(w), *bias = tad_param_data(b);
        for (int j = 0; j < 2; j++) weight[j] -= rate * dw[j];
        bias[0] -= rate * db[0];
        if (tad_zero_gradients(params, 2) != TAD_OK || tad_tape_rewind(t, start) != TAD_OK) break;
    }
    show("w", w);
    show("b", b);
    return tad_tape_status(t);
}

int main(int argc, char **argv) {
    if (!no_options(argc, argv, "logistic")) return EXIT_FAILURE;
    tad_tape *t = tad_tape_new(NULL);
    tad_status s = one_example(t);
    if (s == TAD_OK) s = train(t);
    return finish(t, s);
}
