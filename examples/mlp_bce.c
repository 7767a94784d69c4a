/* A two-layer net for yes or no: Affine, ReLU, Affine, sigmoid, binary cross-entropy.
 *
 *     Z1 = X W1 + b1   A1 = max(0, Z1)   Z2 = A1 W2 + b2   A2 = sigmoid(Z2)
 *
 * Two things about its gradient are easy to get wrong. The loss is a mean over the m examples, so
 * dL/dZ2 = (A2 - Y) / m, with the 1/m from the start. And with a weight w on the positive examples
 * it is ((1 + (w - 1) Y) A2 - w Y) / m; A2 - Y is then simply wrong. Both are shown beside the
 * tape. Then the net learns a rare class, with and without weight. */
#include "show.h"

#include <tad/optim.h>
#include <tad/train.h>

enum { POINTS = 400, HIDDEN = 8, STEPS = 400 };

/* ---- the gradient with respect to Z2 ---- */

static tad_status output_gradient(tad_tape *t, double weight) {
    tad_var z = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){0.3, -1.2, 2});
    tad_var y = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 0, 1});
    tad_var loss =
        tad_bce_with_logits(z, y, tad_none(), tad_full(t, TAD_F64, TAD_0D, weight), TAD_MEAN);
    tad_status s = tad_reverse(loss);
    if (s != TAD_OK) return s;

    tad_var a = tad_sigmoid(z), m = tad_number(3);
    tad_var factor = tad_add(tad_number(1), tad_mul(tad_number(weight - 1), y));
    tad_var right = tad_div(tad_sub(tad_mul(factor, a), tad_mul(tad_number(weight), y)), m);
    printf("weight %g: loss %.6f\n", weight, tad_item(loss));
    show("  tape", tad_gradient(z));
    show("  formula", right);
    show("  A2 - Y", tad_sub(a, y));
    return tad_tape_status(t);
}

/* ---- a rare class ---- */

/* Points of a square; positive where they lie in a small disc, about 1 in 10. */
static void make_points(double x[2 * POINTS], double y[POINTS]) {
    tad_random random = {.seed = 3};
    for (int i = 0; i < POINTS; i++) {
        double a = 2 * tad_random_uniform(&random) - 1, b = 2 * tad_random_uniform(&random) - 1;
        x[2 * i] = a;
        x[2 * i + 1] = b;
        y[i] = (a - 0.3) * (a - 0.3) + (b - 0.3) * (b - 0.3) < 0.13;
    }
}

typedef struct outcome {
    int positive, found, false_alarms;
} outcome;

static outcome count(const double *z, const double *y) {
    outcome o = {0, 0, 0};
    for (int i = 0; i < POINTS; i++) {
        o.positive += y[i] > 0.5;
        o.found += y[i] > 0.5 && z[i] > 0;
        o.false_alarms += y[i] < 0.5 && z[i] > 0;
    }
    return o;
}

static tad_status learn(tad_tape *t, double weight) {
    double x[2 * POINTS], y[POINTS], z[POINTS];
    make_points(x, y);
    tad_var X = tad_borrow(t, TAD_F64, TAD_SHAPE(POINTS, 2), x);
    tad_var Y = tad_borrow(t, TAD_F64, TAD_SHAPE(POINTS, 1), y);
    tad_var pos_weight = tad_full(t, TAD_F64, TAD_0D, weight);
    tad_net *net = tad_mlp(t, (int64_t[]){2, HIDDEN, 1}, 3,
                           &(tad_mlp_options){.weight = {.kind = TAD_INIT_HE_NORMAL}});
    tad_optim *descent = tad_sgd(tad_net_params(net), 0.5, NULL);
    tad_mark start = tad_tape_mark(t);

    printf("\nweight %g\n", weight);
    for (int step = 0; step <= STEPS; step++) {
        tad_var logits = tad_net_apply(net, X);
        tad_var loss = tad_bce_with_logits(logits, Y, tad_none(), pos_weight, TAD_MEAN);
        if (tad_reverse(loss) != TAD_OK || tad_read(logits, z, POINTS) != TAD_OK) break;
        if (step % 100 == 0) {
            outcome o = count(z, y);
            printf("  step %3d  loss %.4f  found %2d of %d, false alarms %2d of %d\n", step,
                   tad_item(loss), o.found, o.positive, o.false_alarms, POINTS - o.positive);
        }
        if (tad_optim_step(descent) != TAD_OK || tad_tape_rewind(t, start) != TAD_OK) break;
    }
    return tad_tape_status(t);
}

int main(int argc, char **argv) {
    if (!no_options(argc, argv, "mlp_bce")) return EXIT_FAILURE;
    tad_tape *t = tad_tape_new(&(tad_settings){.seed = 1});
    tad_status s = output_gradient(t, 1);
    if (s == TAD_OK) s = output_gradient(t, 3);
    if (s == TAD_OK) s = learn(t, 1);
    if (s == TAD_OK) s = learn(t, 3);
    return finish(t, s);
}
