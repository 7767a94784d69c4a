/* A multi-layer perceptron trained by a loop written by hand, without a tape: what tad's steps are
 * measured against. relu between the layers, softmax cross-entropy at the end or, with one output,
 * the logistic loss. Uses tad's own matrix product, on one thread, and nothing else of it. */
#ifndef TAD_TESTS_HAND_NET_H
#define TAD_TESTS_HAND_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/gemm.h"

enum { HAND_MOST_LAYERS = 4 };

typedef struct hand_layer {
    size_t in, out;
    void *w, *b;            /* (in, out), (out) */
    void *y, *d;            /* outputs and their cotangents, (batch, out) */
    void *g, *mean, *mean2; /* gradient (Adam, products) and moments (Adam) of w, then of b */
} hand_layer;

typedef struct hand_net {
    size_t layers, batch;
    bool adam; /* else SGD, the update fused into the product that makes the gradient */
    double lr;
    long steps;
    hand_layer layer[HAND_MOST_LAYERS];
    void *workspace;
    tad__gemm_kernel kernel;
    /* One step on x (batch, in); labels, or with one output targets 0 and 1. Returns the loss. */
    double (*step)(struct hand_net *net, const void *x, const int64_t *labels);
    /* Its matrix products alone. */
    void (*products)(struct hand_net *net, const void *x);
} hand_net;

/* sizes: layers + 1 numbers. Weights and biases are zeros. bytes: 4 for float, 8 for double. */
hand_net *hand_net_new(size_t bytes, const int64_t *sizes, size_t layers, size_t batch, bool adam,
                       double lr);
void hand_net_free(hand_net *net);

#endif
