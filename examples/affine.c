/* The affine layer Y = X W + b and its three gradients, on numbers small enough to check by hand.
 *
 *     dX = dY W^T     dW = X^T dY     db = the sum of dY over the batch
 *
 * This is the worked example of a chapter on backpropagation. Its three gradients are right, its
 * printed Y = [[0.9, 1.5], [2.3, 3.5]] is not: 1 * 0.5 + 2 * 0.2 + 0.1 = 1.0. */
#include "show.h"

int main(int argc, char **argv) {
    if (!no_options(argc, argv, "affine")) return EXIT_FAILURE;
    tad_tape *t = tad_tape_new(NULL);
    tad_var X = tad_input(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){1, 2, 3, 4});
    tad_var W = tad_param(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){0.5, 0.8, 0.2, 0.3});
    tad_var b = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){0.1, 0.1});
    tad_var Y = tad_affine(X, W, b);

    tad_var dY = tad_constant(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){1.0, 1.5, 2.0, 2.5});
    tad_status s = tad_reverse_from(&Y, &dY, 1);

    show("Y", Y);
    show("dY", dY);
    show("dX", tad_gradient(X));
    show("dW", tad_gradient(W));
    show("db", tad_gradient(b));

    printf("\nthe graph:\n");
    if (s == TAD_OK)
        s = tad_dump(Y, &(tad_show_options){.values = true, .gradients = true}, tad_file_sink,
                     stdout);
    return finish(t, s);
}
