/* Examples of tad/diff.h. */
#include "example.h"

/* x0^2 x1 */
static tad_var f(tad_tape *t, const tad_var *x, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_mul(tad_square(x[0]), x[1]);
}

/* the squares of a vector */
static tad_var squares(tad_tape *t, const tad_var *x, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_square(x[0]);
}

static tad_status count(void *user, size_t k) {
    (void)k; /* the gradient of params[k] is complete: tad_gradient_data */
    ++*(int *)user;
    return TAD_OK;
}

static void sweeps(tad_tape *t) {
    const tad_var x = tad_scalar(t, 3);
    const tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});

    {
        const tad_var y = tad_square(x);
        OK(tad_reverse(y));
        IS(tad_gradient(x), 6);
    }

    {
        const tad_var y = tad_square(w);
        const tad_var cotangent = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 10});
        OK(tad_reverse_from(&y, &cotangent, 1));
        IS(tad_gradient(w), "[2, 40]");
    }

    {
        int finished = 0;
        const tad_var y = tad_sum(tad_square(w), tad_all());
        OK(tad_reverse_watched(&y, NULL, 1, &w, 1, count, &finished));
        IS(finished, 1);
    }

    {
        const tad_var h = tad_retain(tad_square(w)); /* else its gradient is released */
        OK(tad_reverse(tad_sum(tad_mul(h, tad_number(5)), tad_all())));
        IS(tad_gradient(h), "[5, 5]");
    }

    {
        const tad_var y = tad_mul(tad_square(x), x);
        tad_var first, second;
        OK(tad_grad(&y, NULL, 1, &x, 1, &first));
        OK(tad_grad(&first, NULL, 1, &x, 1, &second)); /* and so on */
        IS(first, 27);
        IS(second, 18);
    }

    {
        const tad_var y = tad_square(x), one = tad_scalar(t, 1);
        tad_var tangent;
        OK(tad_tangent(&y, 1, &x, &one, 1, &tangent));
        IS(tangent, 6);
    }

    {
        const tad_var y = tad_square(w);
        const tad_var direction = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 0});
        tad_var tangent;
        OK(tad_forward(&y, 1, &w, &direction, 1, &tangent));
        IS(tangent, "[2, 0]");
    }

    {
        const tad_var y = tad_sum(tad_mul(w, tad_square(w)), tad_all()); /* sum of w^3 */
        const tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 10});
        tad_var gradient, product;
        OK(tad_forward_over_reverse(y, &w, &v, 1, &gradient, &product));
        IS(gradient, "[3, 12]");
        IS(product, "[6, 120]"); /* 6 w v */
    }
}

static void drivers(tad_tape *t) {
    const tad_var x[] = {tad_scalar(t, 3), tad_scalar(t, 2)};
    const tad_var v[] = {tad_scalar(t, 1), tad_scalar(t, 0), tad_scalar(t, 0), tad_scalar(t, 1)};

    {
        tad_var y, gradient[2];
        OK(tad_vjp(f, NULL, x, 2, tad_none(), &y, gradient));
        IS(y, 18);
        IS(gradient[0], 12);
        IS(gradient[1], 9);
    }

    {
        tad_var tangent;
        OK(tad_jvp(f, NULL, x, v, 2, NULL, &tangent));
        IS(tangent, 12);
    }

    {
        const tad_var cotangents[] = {tad_scalar(t, 1), tad_scalar(t, 10)};
        tad_var gradient[4];
        OK(tad_vjp_many(f, NULL, x, 2, cotangents, 2, NULL, gradient));
        IS(gradient[0], 12);
        IS(gradient[2], 120);
    }

    {
        tad_var tangent[2];
        OK(tad_jvp_many(f, NULL, x, v, 2, 2, NULL, tangent));
        IS(tangent[0], 12);
        IS(tangent[1], 9);
    }

    {
        tad_var product[2]; /* the Hessian [[4, 6], [6, 0]] times (1, 0) */
        OK(tad_hvp(f, NULL, x, v, 2, NULL, NULL, product));
        IS(product[0], 4);
        IS(product[1], 6);
    }

    {
        tad_var product[4]; /* times (1, 0), times (0, 1) */
        OK(tad_hvp_many(f, NULL, x, v, 2, 2, NULL, NULL, product));
        IS(product[2], 6);
        IS(product[3], 0);
    }
}

static void matrices(tad_tape *t) {
    const tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});
    const tad_var p[] = {tad_scalar(t, 3), tad_scalar(t, 2)};

    {
        tad_var jacobian;
        OK(tad_jacobian(squares, NULL, &x, 1, 0, NULL, &jacobian));
        IS(jacobian, "[[2, 0], [0, 4]]");
    }

    {
        tad_var block;
        OK(tad_hessian(f, NULL, p, 2, 0, 1, NULL, &block)); /* d2 f / d p0 d p1 */
        IS(block, 6);
    }

    {
        tad_var diagonal;
        OK(tad_hessian_diagonal(f, NULL, p, 2, 0, NULL, &diagonal));
        IS(diagonal, 4);
    }

    {
        tad_var jacobian;
        OK(tad_jacobian_recorded(squares, NULL, &x, 1, 0, NULL, &jacobian));
        OK(tad_reverse(tad_sum(jacobian, tad_all()))); /* it has derivatives itself */
        IS(tad_gradient(x), "[2, 2]");
    }

    {
        tad_var block;
        OK(tad_hessian_recorded(f, NULL, p, 2, 0, 0, NULL, &block)); /* 2 p1 */
        OK(tad_reverse(block));
        IS(tad_gradient(p[1]), 2);
    }
}

EXAMPLES(sweeps, drivers, matrices)
