/* Functions at many points with the sums of their gradients, by hand: the works of bench_map. */
#ifndef TAD_TESTS_MAP_HAND_H
#define TAD_TESTS_MAP_HAND_H

#include <stddef.h>

enum {
    MAP_POINTS = 20000,
    MLP_IN = 4,
    MLP_HIDDEN = 8,
    MLP_SHARED =
        MLP_HIDDEN * (MLP_IN + 2) + 1, /* weights, biases, weights of the result, its bias */
    MIXTURE = 4,
    MIXTURE_SHARED = 3 * MIXTURE /* means, logarithms of widths, weights before softmax */
};

/* each: a row of MAP_POINTS for each operand. gradient: by the shared ones, summed over the points.
 * Returns the sum of the values. */
typedef double map_hand(const double *const *each, const double *shared, double *gradient);

/* The squared error of a net with one hidden layer of tanh; the last operand is what is wanted. */
map_hand map_hand_mlp;
/* The negative logarithm of the density of a mixture of normal distributions. */
map_hand map_hand_mixture;

#endif
