/* Examples of tad/elementwise.h: each function at a point; v shows what one does to an array. */
#include "example.h"

static void arithmetic(tad_tape *t) {
    const tad_var x = tad_scalar(t, 0.5), a = tad_scalar(t, 3), b = tad_scalar(t, 2);
    const tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){-2, 0, 3});

    IS(tad_add(v, a), "[1, 3, 6]");

    IS(tad_sub(a, b), 1);

    IS(tad_mul(v, tad_number(10)), "[-20, 0, 30]");

    IS(tad_div(a, b), 1.5);

    IS(tad_fma(a, b, x), 6.5);

    IS(tad_fnma(a, b, x), -5.5);

    IS(tad_lerp(a, b, tad_number(0.25)), 2.75);

    IS(tad_neg(v), "[2, -0, -3]");

    IS(tad_square(v), "[4, 0, 9]");

    IS(tad_reciprocal(b), 0.5);

    IS(tad_sqrt(b), 1.41421);

    IS(tad_rsqrt(b), 0.707107);

    IS(tad_cbrt(tad_number(27)), 3);

    IS(tad_abs(v), "[2, 0, 3]");

    IS(tad_pow(a, b), 9);

    IS(tad_pow_scalar(v, 3), "[-8, 0, 27]");

    IS(tad_maximum(v, tad_number(1)), "[1, 1, 3]");

    IS(tad_minimum(v, tad_number(1)), "[-2, 0, 1]");

    IS(tad_fmax(tad_number(NAN), b), 2);

    IS(tad_fmin(v, tad_number(NAN)), "[-2, 0, 3]");

    IS(tad_hypot(a, tad_number(4)), 5);

    IS(tad_fmod(tad_number(-7), a), -1);

    IS(tad_remainder(tad_number(-7), a), 2);

    IS(tad_exp(x), 1.64872);

    IS(tad_exp2(v), "[0.25, 1, 8]");

    IS(tad_expm1(tad_number(1e-20)), 1e-20);

    IS(tad_log(a), 1.09861);

    IS(tad_log2(tad_number(8)), 3);

    IS(tad_log10(tad_number(1000)), 3);

    IS(tad_log1p(tad_number(1e-20)), 1e-20);

    IS(tad_xlogy(tad_number(0), tad_number(0)), 0);

    IS(tad_logaddexp(tad_number(1000), tad_number(1000)), 1000.69);
}

static void functions(tad_tape *t) {
    const tad_var x = tad_scalar(t, 0.5), a = tad_scalar(t, 3);

    IS(tad_sin(x), 0.479426);

    IS(tad_cos(x), 0.877583);

    IS(tad_tan(x), 0.546302);

    IS(tad_asin(x), 0.523599);

    IS(tad_acos(x), 1.0472);

    IS(tad_atan(x), 0.463648);

    IS(tad_atan2(tad_number(-1), tad_number(-1)), -2.35619);

    IS(tad_sinh(x), 0.521095);

    IS(tad_cosh(x), 1.12763);

    IS(tad_tanh(x), 0.462117);

    IS(tad_asinh(x), 0.481212);

    IS(tad_acosh(a), 1.76275);

    IS(tad_atanh(x), 0.549306);

    IS(tad_erf(x), 0.5205);

    IS(tad_erfc(x), 0.4795);

    IS(tad_lgamma(tad_number(5)), 3.17805); /* log 4! */

    IS(tad_digamma(x), -1.96351);

    IS(tad_polygamma(x, 1), 4.9348); /* trigamma */

    IS(tad_erfinv(x), 0.476936);

    IS(tad_erfcx(x, 0), 0.61569);

    IS(tad_ndtr(tad_number(1.96)), 0.975002);

    IS(tad_log_ndtr(tad_number(-40)), -804.608);

    IS(tad_inverse_mills(x, 0), 0.50916);

    IS(tad_ndtri(tad_number(0.975)), 1.95996);

    IS(tad_logit(tad_number(0.75)), 1.09861);
}

static void bessel_functions(tad_tape *t) {
    const tad_var x = tad_scalar(t, 0.5);

    IS(tad_bessel_i(x, 2), 0.0319061);

    IS(tad_bessel_ie(x, 2), 0.0193521);

    IS(tad_i0(x), 1.06348);

    IS(tad_i1(x), 0.257894);

    IS(tad_i0e(tad_number(1000)), 0.0126172);

    IS(tad_i1e(tad_number(1000)), 0.0126109);

    IS(tad_sinc(x, 0), 0.63662);

    IS(tad_bessel_j(x, 2), 0.030604);

    IS(tad_bessel_y(x, 2), -5.44137);

    IS(tad_bessel_k(x, 2), 7.55018);

    IS(tad_bessel_ke(x, 2), 12.4481);

    IS(tad_j0(x), 0.93847);

    IS(tad_j1(x), 0.242268);

    IS(tad_y0(x), -0.444519);

    IS(tad_y1(x), -1.47147);

    IS(tad_k0(x), 0.924419);

    IS(tad_k1(x), 1.65644);

    IS(tad_k0e(x), 1.52411);

    IS(tad_k1e(x), 2.73101);

    IS(tad_lambert_w(tad_number(1), 0), 0.567143);
}

static void activations(tad_tape *t) {
    const tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){-2, 0, 3});
    const tad_var gate = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 1, -1});
    const tad_var slope = tad_param(t, TAD_F64, TAD_0D, (double[]){0.25});

    IS(tad_sigmoid(v), "[0.119203, 0.5, 0.952574]");

    IS(tad_log_sigmoid(v), "[-2.12693, -0.693147, -0.0485874]");

    IS(tad_relu(v), "[0, 0, 3]");

    IS(tad_leaky_relu(v, 0.01), "[-0.02, 0, 3]");

    IS(tad_elu(v, 1), "[-0.864665, 0, 3]");

    IS(tad_celu(v, 2), "[-1.26424, 0, 3]");

    IS(tad_selu(v), "[-1.52017, 0, 3.1521]");

    IS(tad_gelu(v, 0), "[-0.0455003, 0, 2.99595]");

    IS(tad_silu(v), "[-0.238406, 0, 2.85772]");

    IS(tad_swiglu(v, gate), "[-0.238406, 0, -2.85772]");

    IS(tad_mish(v), "[-0.252501, 0, 2.98654]");

    IS(tad_softplus(v, 1), "[0.126928, 0.693147, 3.04859]");

    IS(tad_softsign(v), "[-0.666667, 0, 0.75]");

    IS(tad_hardtanh(v, -1, 1), "[-1, 0, 1]");

    IS(tad_relu6(tad_mul(v, tad_number(3))), "[0, 0, 6]");

    IS(tad_hardshrink(v, 2.5), "[0, 0, 3]");

    IS(tad_softshrink(v, 0.5), "[-1.5, 0, 2.5]");

    IS(tad_tanhshrink(v), "[-1.03597, 0, 2.00495]");

    IS(tad_threshold(v, 1, -7), "[-7, -7, 3]");

    IS(tad_prelu(v, slope), "[-0.5, 0, 3]");

    IS(tad_hardsigmoid(v), "[0.166667, 0.5, 1]");

    IS(tad_hardswish(v), "[-0.333333, 0, 3]");
}

static void steps(tad_tape *t) {
    const tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(4), (double[]){-1.5, 0, 0.5, 2.5});

    IS(tad_clamp(v, -1, 1), "[-1, 0, 0.5, 1]");

    IS(tad_sign(v), "[-1, 0, 1, 1]");

    IS(tad_step(v), "[0, 0, 1, 1]");

    IS(tad_floor(v), "[-2, 0, 0, 2]");

    IS(tad_ceil(v), "[-1, 0, 1, 3]");

    IS(tad_round(v), "[-2, 0, 0, 2]");

    IS(tad_trunc(v), "[-1, 0, 0, 2]");
}

EXAMPLES(arithmetic, functions, bessel_functions, activations, steps)
