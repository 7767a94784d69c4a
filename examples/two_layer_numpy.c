/* A two-layer net without biases, as a NumPy listing writes it, and where that listing is wrong.
 *
 *     z1 = X W1    a1 = g(z1)    z2 = a1 W2    a2 = softmax(z2)    L = -sum(y log a2)
 *
 * The listing goes backwards by hand: dz2 = a2 - y, dW2 = a1^T dz2, da1 = dz2 W2^T, and then
 * dW1 = X^T da1, which leaves out g'(z1). That is right for a linear hidden layer only. Here the
 * same five lines are computed beside the tape and beside a numeric derivative, for three g. */
#include <math.h>

#include "show.h"

enum { BATCH = 4, IN = 3, HIDDEN = 5, OUT = 3 };

typedef struct activation {
    const char *name;
    tad_var (*g)(tad_var z);
} activation;

static tad_var identity(tad_var z) { return z; }

typedef struct net {
    tad_var X, Y, W1, W2, z1, a1, z2, loss;
} net;

static net forward(tad_tape *t, const double *x, const double *y, const double *w1,
                   const double *w2, tad_var (*g)(tad_var)) {
    net n;
    n.X = tad_constant(t, TAD_F64, TAD_SHAPE(BATCH, IN), x);
    n.Y = tad_constant(t, TAD_F64, TAD_SHAPE(BATCH, OUT), y);
    n.W1 = tad_input(t, TAD_F64, TAD_SHAPE(IN, HIDDEN), w1);
    n.W2 = tad_input(t, TAD_F64, TAD_SHAPE(HIDDEN, OUT), w2);
    n.z1 = tad_matmul(n.X, n.W1);
    n.a1 = g(n.z1);
    n.z2 = tad_matmul(n.a1, n.W2);
    n.loss = tad_cross_entropy(n.z2, n.Y, &(tad_cross_entropy_options){.reduction = TAD_SUM});
    return n;
}

/* The listing's backward pass, line by line. */
static void by_hand(net n, tad_var *dW1, tad_var *dW2) {
    tad_var dz2 = tad_sub(tad_softmax(n.z2, 1), n.Y);
    *dW2 = tad_matmul(tad_transpose(n.a1, 0, 1), dz2);
    tad_var da1 = tad_matmul(dz2, tad_transpose(n.W2, 0, 1));
    *dW1 = tad_matmul(tad_transpose(n.X, 0, 1), da1);
}

/* dL/dW1 by central differences. */
static void numeric(tad_tape *t, const double *x, const double *y, double *w1, const double *w2,
                    tad_var (*g)(tad_var), double *out) {
    const double h = 1e-5;
    for (int i = 0; i < IN * HIDDEN; i++) {
        tad_mark mark = tad_tape_mark(t);
        double keep = w1[i];
        w1[i] = keep + h;
        double up = tad_item(forward(t, x, y, w1, w2, g).loss);
        w1[i] = keep - h;
        double down = tad_item(forward(t, x, y, w1, w2, g).loss);
        w1[i] = keep;
        out[i] = (up - down) / (2 * h);
        if (tad_tape_rewind(t, mark) != TAD_OK) return;
    }
}

/* |a - b| / (|a| + |b|) in the Euclidean norm. */
static double distance(const double *a, const double *b, int n) {
    double difference = 0, size_a = 0, size_b = 0;
    for (int i = 0; i < n; i++) {
        difference += (a[i] - b[i]) * (a[i] - b[i]);
        size_a += a[i] * a[i];
        size_b += b[i] * b[i];
    }
    return sqrt(difference) / (sqrt(size_a) + sqrt(size_b));
}

static tad_status compare(tad_tape *t, activation g) {
    tad_random random = {.seed = 1};
    double x[BATCH * IN], w1[IN * HIDDEN], w2[HIDDEN * OUT], y[BATCH * OUT] = {0};
    double tape[IN * HIDDEN], hand[IN * HIDDEN], slope[IN * HIDDEN];
    for (int i = 0; i < BATCH * IN; i++) x[i] = tad_random_normal(&random);
    for (int i = 0; i < IN * HIDDEN; i++) w1[i] = tad_random_normal(&random);
    for (int i = 0; i < HIDDEN * OUT; i++) w2[i] = tad_random_normal(&random);
    for (int i = 0; i < BATCH; i++) y[i * OUT + i % OUT] = 1;

    net n = forward(t, x, y, w1, w2, g.g);
    tad_status s = tad_reverse(n.loss);
    if (s == TAD_OK) s = tad_read(tad_gradient(n.W1), tape, IN * HIDDEN);
    tad_var dW1, dW2;
    by_hand(n, &dW1, &dW2);
    if (s == TAD_OK) s = tad_read(dW1, hand, IN * HIDDEN);
    if (s != TAD_OK) return s;
    numeric(t, x, y, w1, w2, g.g, slope);
    bool tape_right = distance(tape, slope, IN * HIDDEN) < 1e-7;
    bool hand_right = distance(hand, slope, IN * HIDDEN) < 1e-7;
    printf("%-8s  loss %8.6f  dW1 of the tape is %s, of the listing %s\n", g.name, tad_item(n.loss),
           tape_right ? "right" : "WRONG", hand_right ? "right" : "WRONG");
    if (!hand_right)
        printf("          the listing is off by %.3g\n", distance(hand, slope, IN * HIDDEN));
    return TAD_OK;
}

int main(int argc, char **argv) {
    if (!no_options(argc, argv, "two_layer_numpy")) return EXIT_FAILURE;
    static const activation all[] = {
        {"linear", identity}, {"sigmoid", tad_sigmoid}, {"relu", tad_relu}};
    tad_tape *t = tad_tape_new(NULL);
    tad_status s = TAD_OK;
    for (size_t i = 0; i < 3 && s == TAD_OK; i++) s = compare(t, all[i]);
    return finish(t, s);
}
