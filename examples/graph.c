/* Any graph: shared subexpressions, loops and branches of C, second derivatives.
 *
 * The tape records what was computed, so control flow needs no words of its own: the loop that ran
 * is the graph. What a derivative is made of is recorded too, when asked for by tad_grad, so it can
 * be differentiated again. */
#include <math.h>

#include "show.h"

/* p = x y is used three times; it is one node, and its gradient is the sum of three arrivals. */
static tad_status shared(tad_tape *t) {
    tad_var x = tad_name(tad_scalar(t, 0.5), "x"), y = tad_name(tad_scalar(t, 2), "y");
    tad_var p = tad_name(tad_mul(x, y), "p");
    tad_var a = tad_name(tad_mul(p, tad_sin(p)), "a"), b = tad_name(tad_exp(p), "b");
    tad_var z = tad_name(tad_add(a, b), "z");
    tad_status s = tad_reverse(z);
    printf("z = p sin p + e^p, p = x y\n");
    if (s == TAD_OK)
        s = tad_dump(z, &(tad_show_options){.values = true, .gradients = true}, tad_file_sink,
                     stdout);
    printf("by hand: dz/dx = y (sin p + p cos p + e^p) = %.6g\n\n", 2 * (sin(1) + cos(1) + exp(1)));
    return s;
}

/* x^n by repeated squaring: which nodes there are depends on the bits of n. */
static tad_var power(tad_var x, unsigned n) {
    tad_var result = tad_none();
    for (tad_var square = x; n > 0; n >>= 1, square = n > 0 ? tad_mul(square, square) : square)
        if (n & 1) result = tad_is_none(result) ? square : tad_mul(result, square);
    return result;
}

static tad_status loop(tad_tape *t) {
    tad_var x = tad_scalar(t, 1.1), dy, d2y, d3y;
    size_t before = tad_node_count(t);
    tad_var y = power(x, 13);
    printf("y = x^13 at 1.1 in %zu products\n", tad_node_count(t) - before);
    tad_status s = tad_grad(&y, NULL, 1, &x, 1, &dy);
    if (s == TAD_OK) s = tad_grad(&dy, NULL, 1, &x, 1, &d2y);
    if (s == TAD_OK) s = tad_grad(&d2y, NULL, 1, &x, 1, &d3y);
    if (s != TAD_OK) return s;
    printf("y'   = %.10g (13 x^12       = %.10g)\n", tad_item(dy), 13 * pow(1.1, 12));
    printf("y''  = %.10g (13 12 x^11    = %.10g)\n", tad_item(d2y), 13 * 12 * pow(1.1, 11));
    printf("y''' = %.10g (13 12 11 x^10 = %.10g)\n\n", tad_item(d3y), 13 * 12 * 11 * pow(1.1, 10));
    return TAD_OK;
}

/* Newton's iteration for the square root of a, until it stands still: the number of steps is
 * decided by the values, and the derivative of what was computed is that of sqrt. */
static tad_status branch(tad_tape *t) {
    tad_var a = tad_scalar(t, 10), r = a;
    int steps = 0;
    for (double last = 0; fabs(tad_item(r) - last) > 1e-12 && steps < 50; steps++) {
        last = tad_item(r);
        r = tad_mul(tad_number(0.5), tad_add(r, tad_div(a, r)));
    }
    tad_status s = tad_reverse(r);
    if (s != TAD_OK) return s;
    printf("sqrt(10) by Newton in %d steps: %.10g, derivative %.10g (1 / (2 sqrt(10)) = %.10g)\n\n",
           steps, tad_item(r), tad_gradient_item(a), 0.5 / sqrt(10));
    return TAD_OK;
}

/* Rosenbrock's valley (1 - x)^2 + 100 (y - x^2)^2 as a function of the vector (x, y). */
static tad_var valley(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    tad_var x = tad_slice(in[0], 0, 0, 1, 1), y = tad_slice(in[0], 0, 1, 2, 1);
    tad_var a = tad_square(tad_sub(tad_number(1), x));
    tad_var b = tad_square(tad_sub(y, tad_square(x)));
    return tad_sum(tad_add(a, tad_mul(tad_number(100), b)), tad_all());
}

/* One step of Newton's method, p - H^-1 g, with gradient and Hessian from the tape. */
static tad_status newton_step(tad_tape *t, double p[2], double *value) {
    tad_mark mark = tad_tape_mark(t);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), p), y, gradient, hessian;
    double g[2], h[4];
    tad_status s = tad_vjp(valley, NULL, &x, 1, tad_none(), &y, &gradient);
    if (s == TAD_OK) s = tad_hessian(valley, NULL, &x, 1, 0, 0, NULL, &hessian);
    if (s == TAD_OK) s = tad_read(gradient, g, 2);
    if (s == TAD_OK) s = tad_read(hessian, h, 4);
    if (s != TAD_OK) return s;
    *value = tad_item(y);
    double det = h[0] * h[3] - h[1] * h[2];
    p[0] -= (h[3] * g[0] - h[1] * g[1]) / det;
    p[1] -= (h[0] * g[1] - h[2] * g[0]) / det;
    return tad_tape_rewind(t, mark);
}

static tad_status newton(tad_tape *t) {
    double p[2] = {-1.2, 1}, value = 0;
    tad_status s = TAD_OK;
    printf("Newton's method in Rosenbrock's valley\n");
    for (int step = 0; step < 7 && s == TAD_OK; step++) {
        printf("(%9.6f, %9.6f)", p[0], p[1]);
        s = newton_step(t, p, &value);
        printf("  f = %11.6f\n", value);
    }
    return s;
}

int main(int argc, char **argv) {
    if (!no_options(argc, argv, "graph")) return EXIT_FAILURE;
    tad_tape *t = tad_tape_new(NULL);
    tad_status s = shared(t);
    if (s == TAD_OK) s = loop(t);
    if (s == TAD_OK) s = branch(t);
    if (s == TAD_OK) s = newton(t);
    return finish(t, s);
}
