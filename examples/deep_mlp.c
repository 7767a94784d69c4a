/* A net with four weight matrices, column vectors, one example: the theory of backpropagation.
 *
 *     z(l) = W(l) a(l-1) + b(l)    a(l) = sigma(z(l))    E = 1/2 |a(4) - y|^2
 *
 * Going backwards, delta(4) = (a(4) - y) * sigma'(z(4)), delta(l) = W(l+1)^T delta(l+1) *
 * sigma'(z(l)), dW(l) = delta(l) a(l-1)^T, db(l) = delta(l), products * elementwise. Shown here:
 * these formulas beside the tape; how the gradient vanishes towards the input with saturated
 * sigmoids; that what the tape computes is u^T J without ever forming the Jacobian J; and that a
 * small step against the gradient lowers E. (For a softmax at the end delta(4) is not elementwise:
 * the tape does not mind.) */
#include <math.h>

#include "show.h"

enum { LAYERS = 4 };
static const int64_t width[LAYERS + 1] = {4, 6, 6, 5, 3};

typedef struct deep {
    tad_var x, y, W[LAYERS], b[LAYERS], z[LAYERS], a[LAYERS + 1], loss;
} deep;

static tad_var column(tad_tape *t, tad_random *random, int64_t n, double scale) {
    double value[36];
    for (int64_t i = 0; i < n; i++) value[i] = scale * tad_random_normal(random);
    return tad_input(t, TAD_F64, TAD_SHAPE(n, 1), value);
}

static deep make(tad_tape *t, tad_var (*sigma)(tad_var), double scale) {
    tad_random random = {.seed = 5};
    deep d;
    d.x = column(t, &random, width[0], 1);
    d.y = column(t, &random, width[LAYERS], 1);
    d.a[0] = d.x;
    for (int l = 0; l < LAYERS; l++) {
        double value[36];
        for (int64_t i = 0; i < width[l] * width[l + 1]; i++)
            value[i] = scale * tad_random_normal(&random);
        d.W[l] = tad_input(t, TAD_F64, TAD_SHAPE(width[l + 1], width[l]), value);
        d.b[l] = column(t, &random, width[l + 1], 0.1);
        d.z[l] = tad_retain(tad_add(tad_matmul(d.W[l], d.a[l]), d.b[l]));
        d.a[l + 1] = sigma(d.z[l]);
    }
    d.loss = tad_half_sse(d.a[LAYERS], d.y);
    return d;
}

static double norm(tad_var x) {
    double sum = tad_item(tad_sum(tad_square(x), tad_all()));
    return sqrt(sum);
}

/* ---- the formulas ---- */

static tad_status recursion(tad_tape *t) {
    deep d = make(t, tad_sigmoid, 0.8);
    tad_status s = tad_reverse(d.loss);
    if (s != TAD_OK) return s;
    printf("layer  |delta|       formula - tape  |dW|          formula - tape\n");
    tad_var back = tad_sub(d.a[LAYERS], d.y);
    for (int l = LAYERS - 1; l >= 0; l--) {
        tad_var slope = tad_mul(d.a[l + 1], tad_sub(tad_number(1), d.a[l + 1]));
        tad_var delta = tad_mul(back, slope);
        tad_var dW = tad_matmul(delta, tad_transpose(d.a[l], 0, 1));
        double off_delta = norm(tad_sub(delta, tad_gradient(d.z[l])));
        double off_weight = norm(tad_sub(dW, tad_gradient(d.W[l])));
        printf("%5d  %.6e  %-14s  %.6e  %s\n", l + 1, norm(delta),
               off_delta < 1e-15 ? "< 1e-15" : "TOO FAR", norm(dW),
               off_weight < 1e-15 ? "< 1e-15" : "TOO FAR");
        back = tad_matmul(tad_transpose(d.W[l], 0, 1), delta);
    }
    return tad_tape_status(t);
}

/* ---- vanishing ---- */

static tad_status vanishing(tad_tape *t) {
    struct {
        const char *name;
        tad_var (*sigma)(tad_var);
        double scale;
    } nets[] = {{"sigmoid, moderate weights", tad_sigmoid, 0.8},
                {"sigmoid, large weights (saturated)", tad_sigmoid, 8},
                {"relu, moderate weights", tad_relu, 0.8}};
    printf("\n|dE/dW| by depth            layer 1    layer 2    layer 3    layer 4\n");
    for (int i = 0; i < 3; i++) {
        deep d = make(t, nets[i].sigma, nets[i].scale);
        tad_status s = tad_reverse(d.loss);
        if (s != TAD_OK) return s;
        printf("%-34s", nets[i].name);
        for (int l = 0; l < LAYERS; l++) printf("  %.1e", norm(tad_gradient(d.W[l])));
        printf("\n");
    }
    return tad_tape_status(t);
}

/* ---- the Jacobian ---- */

/* a(4) as a function of the input; user: the net whose weights to use. */
static tad_var output_of(tad_tape *t, const tad_var *in, size_t n, void *user) {
    const deep *d = user;
    tad_var a = in[0];
    (void)t, (void)n;
    for (int l = 0; l < LAYERS; l++) a = tad_sigmoid(tad_add(tad_matmul(d->W[l], a), d->b[l]));
    return a;
}

static tad_status jacobian(tad_tape *t) {
    deep d = make(t, tad_sigmoid, 0.8);
    tad_var u = tad_constant(t, TAD_F64, TAD_SHAPE(3, 1), (double[]){1, -2, 0.5});
    tad_var product, J;
    tad_status s = tad_vjp(output_of, &d, &d.x, 1, u, NULL, &product);
    if (s == TAD_OK) s = tad_jacobian(output_of, &d, &d.x, 1, 0, NULL, &J);
    if (s != TAD_OK) return s;
    tad_var flat = tad_reshape(J, TAD_SHAPE(3, 4));
    tad_var explicit_product = tad_matmul(tad_transpose(flat, 0, 1), u);
    printf("\nd a(4) / d x is a %d x %d matrix; with u = (1, -2, 0.5)\n", 3, 4);
    show("u^T J", tad_transpose(explicit_product, 0, 1));
    show("one sweep", tad_transpose(product, 0, 1));
    return tad_tape_status(t);
}

/* ---- downhill ---- */

static tad_status downhill(tad_tape *t) {
    deep d = make(t, tad_sigmoid, 0.8);
    tad_status s = tad_reverse(d.loss);
    if (s != TAD_OK) return s;
    printf("\nE = %.9f; after a step of 0.1 along dE/dW\n", tad_item(d.loss));
    for (int sign = 1; sign >= -1; sign -= 2) {
        deep moved = d;
        for (int l = 0; l < LAYERS; l++)
            moved.W[l] = tad_add(d.W[l], tad_mul(tad_number(0.1 * sign), tad_gradient(d.W[l])));
        tad_var E = tad_half_sse(output_of(t, &d.x, 1, &moved), d.y);
        printf("  %s it: %.9f\n", sign > 0 ? "up  " : "down", tad_item(E));
    }
    return tad_tape_status(t);
}

int main(int argc, char **argv) {
    if (!no_options(argc, argv, "deep_mlp")) return EXIT_FAILURE;
    tad_tape *t = tad_tape_new(NULL);
    tad_status s = recursion(t);
    if (s == TAD_OK) s = vanishing(t);
    if (s == TAD_OK) s = jacobian(t);
    if (s == TAD_OK) s = downhill(t);
    return finish(t, s);
}
