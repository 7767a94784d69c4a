/* Gradients, and steps of optimizers (ai.onnx.preview.training), whose inputs are the rate R, the
 * count T, then all X, all gradients G, then the states. Rests on node.h. */
#include <math.h>

#include "rows.h"

/* Of the value that is called y by the inputs, as far as they are xs. */
void run_gradient(node_run *r, const row *is) {
    (void)is;
    tad_var x[ONNX_NAMES];
    const onnx_attribute *name = attribute(r, "y");
    const tad_var y = name ? r->named(r->graph, name->text) : tad_none();
    attribute(r, "xs"); /* the names of the inputs */
    if (attribute(r, "zs")) skip(r, ATTRIBUTE, "zs");
    if (tad_is_none(y)) skip(r, ATTRIBUTE, "y");
    for (size_t i = 0; i < r->node->n_in; i++) x[i] = input(r, i);
    if (!going(r)) return;
    const tad_status s = tad_grad(&y, NULL, 1, x, r->node->n_in, r->out);
    if (s != TAD_OK) tad_tape_fail(r->tape, s, "tad_grad: %s", tad_status_text(s));
}

static tad_var scale(node_run *r, tad_var x, double factor) {
    return call(r, "mul", IN(x, tad_number(factor)), PLAIN);
}

/* a x + y */
static tad_var step(node_run *r, double a, tad_var x, tad_var y) {
    return call(r, "fma", IN(x, tad_number(a), y), PLAIN);
}

static tad_var by_root(node_run *r, tad_var x, tad_var square, double eps) {
    const tad_var root = call(r, "sqrt", IN(square), PLAIN);
    return call(r, "div", IN(x, call(r, "add", IN(root, tad_number(eps)), PLAIN)), PLAIN);
}

static tad_var squared(node_run *r, tad_var x) { return call(r, "square", IN(x), PLAIN); }

/* Tensors that are trained, when each has so many inputs. */
static size_t trained(const node_run *r, size_t inputs) {
    return r->node->n_in < 2 ? 0 : (r->node->n_in - 2) / inputs;
}

void run_adagrad(node_run *r, const row *is) {
    (void)is;
    const size_t n = trained(r, 3);
    const double rate = input_number(r, 0, 0), t = input_number(r, 1, 0);
    const double now = rate / (1 + t * number(r, "decay_factor", 0));
    const double eps = number(r, "epsilon", 1e-6), norm = number(r, "norm_coefficient", 0);
    for (size_t i = 0; i < n; i++) {
        const tad_var x = input(r, 2 + i), h = input(r, 2 + 2 * n + i);
        const tad_var g = step(r, norm, x, input(r, 2 + n + i));
        r->out[n + i] = call(r, "add", IN(h, squared(r, g)), PLAIN);
        r->out[i] = step(r, -now, by_root(r, g, r->out[n + i], eps), x);
    }
}

void run_adam(node_run *r, const row *is) {
    (void)is;
    const size_t n = trained(r, 4);
    const double rate = input_number(r, 0, 0), t = input_number(r, 1, 0);
    const double alpha = number(r, "alpha", 0.9), beta = number(r, "beta", 0.999);
    const double eps = number(r, "epsilon", 1e-6), norm = number(r, "norm_coefficient", 0);
    const double after = number(r, "norm_coefficient_post", 0);
    const double now = t > 0 ? rate * sqrt(1 - pow(beta, t)) / (1 - pow(alpha, t)) : rate;
    for (size_t i = 0; i < n; i++) {
        const tad_var x = input(r, 2 + i), v = input(r, 2 + 2 * n + i), h = input(r, 2 + 3 * n + i);
        const tad_var g = step(r, norm, x, input(r, 2 + n + i));
        r->out[n + i] = step(r, alpha, v, scale(r, g, 1 - alpha));
        r->out[2 * n + i] = step(r, beta, h, scale(r, squared(r, g), 1 - beta));
        const tad_var next = step(r, -now, by_root(r, r->out[n + i], r->out[2 * n + i], eps), x);
        r->out[i] = scale(r, next, 1 - after);
    }
}

void run_momentum(node_run *r, const row *is) {
    (void)is;
    const size_t n = trained(r, 3);
    const double rate = input_number(r, 0, 0), t = input_number(r, 1, 0);
    const double alpha = number(r, "alpha", 0), beta = t > 0 ? number(r, "beta", 1) : 1;
    const double norm = number(r, "norm_coefficient", 0);
    const bool nesterov = word(r, "mode", "nesterov", "standard");
    number(r, "beta", 1);
    for (size_t i = 0; i < n; i++) {
        const tad_var x = input(r, 2 + i), v = input(r, 2 + 2 * n + i);
        const tad_var g = step(r, norm, x, input(r, 2 + n + i));
        r->out[n + i] = step(r, alpha, v, scale(r, g, beta));
        r->out[i] = step(r, -rate, nesterov ? step(r, alpha, r->out[n + i], g) : r->out[n + i], x);
    }
}
