/* The functions of elementwise ops, on variables of any shape; operands broadcast. They are the rows of
 * scalar.def, from which tests/generated_headers.py writes this file; docs/ops.md has the defaults of
 * options for calls by name. A 0-d float64 operand is recorded as one node without an array. */
#ifndef TAD_ELEMENTWISE_H
#define TAD_ELEMENTWISE_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

TAD_API tad_var tad_add(tad_var a, tad_var b); /* a + b */
TAD_API tad_var tad_sub(tad_var a, tad_var b); /* a - b */
TAD_API tad_var tad_mul(tad_var a, tad_var b); /* a b */
TAD_API tad_var tad_div(tad_var a, tad_var b); /* a / b; by 0 as IEEE 754 */
TAD_API tad_var tad_fma(tad_var a, tad_var b, tad_var c); /* a b + c as one node */
TAD_API tad_var tad_fnma(tad_var a, tad_var b, tad_var c); /* c - a b as one node */
TAD_API tad_var tad_lerp(tad_var a, tad_var b, tad_var c); /* a + c (b - a) */
TAD_API tad_var tad_neg(tad_var x); /* -x */
TAD_API tad_var tad_square(tad_var x); /* x^2 */
TAD_API tad_var tad_reciprocal(tad_var x); /* 1 / x */
TAD_API tad_var tad_sqrt(tad_var x); /* square root; derivative inf at 0 */
TAD_API tad_var tad_rsqrt(tad_var x); /* 1 / sqrt(x) */
TAD_API tad_var tad_cbrt(tad_var x); /* cube root; derivative inf at 0 */
TAD_API tad_var tad_abs(tad_var x); /* |x|; derivative 0 at 0 */
/* a^b, of an array and a plain number pow_scalar; d/da a^0 = 0, at a = 0 too, d/db 0^b = 0
 * for b > 0, d/db NaN for a < 0 */
TAD_API tad_var tad_pow(tad_var a, tad_var b);
/* x^exponent; exponent 0 gives 1 and derivative 0 */
TAD_API tad_var tad_pow_scalar(tad_var x, double exponent);
/* the larger; equal ones share the derivative half and half */
TAD_API tad_var tad_maximum(tad_var a, tad_var b);
/* the smaller; equal ones share the derivative half and half */
TAD_API tad_var tad_minimum(tad_var a, tad_var b);
/* the larger; a NaN beside a number is ignored; equal ones share the derivative half and half */
TAD_API tad_var tad_fmax(tad_var a, tad_var b);
/* the smaller; a NaN beside a number is ignored; equal ones share the derivative half and
 * half */
TAD_API tad_var tad_fmin(tad_var a, tad_var b);
TAD_API tad_var tad_hypot(tad_var a, tad_var b); /* sqrt(a^2 + b^2); derivative 0 at (0, 0) */
/* remainder with the sign of a; d/db = -trunc(a / b) */
TAD_API tad_var tad_fmod(tad_var a, tad_var b);
/* remainder with the sign of b, of zero too; d/db = -floor(a / b) */
TAD_API tad_var tad_remainder(tad_var a, tad_var b);
TAD_API tad_var tad_exp(tad_var x); /* e^x */
TAD_API tad_var tad_exp2(tad_var x); /* 2^x */
TAD_API tad_var tad_expm1(tad_var x); /* e^x - 1, exact near 0 */
TAD_API tad_var tad_log(tad_var x); /* natural logarithm; derivative inf at 0 */
TAD_API tad_var tad_log2(tad_var x); /* logarithm to base 2 */
TAD_API tad_var tad_log10(tad_var x); /* logarithm to base 10 */
TAD_API tad_var tad_log1p(tad_var x); /* log(1 + x), exact near 0 */
TAD_API tad_var tad_xlogy(tad_var a, tad_var b); /* a log b; 0 where a is 0, unless b is a NaN */
TAD_API tad_var tad_logaddexp(tad_var a, tad_var b); /* log(e^a + e^b), which does not overflow */
TAD_API tad_var tad_sin(tad_var x); /* sine */
TAD_API tad_var tad_cos(tad_var x); /* cosine */
TAD_API tad_var tad_tan(tad_var x); /* tangent */
TAD_API tad_var tad_asin(tad_var x); /* arc sine */
TAD_API tad_var tad_acos(tad_var x); /* arc cosine */
TAD_API tad_var tad_atan(tad_var x); /* arc tangent */
/* angle of the point (b, a); derivative NaN at (0, 0) */
TAD_API tad_var tad_atan2(tad_var a, tad_var b);
TAD_API tad_var tad_sinh(tad_var x); /* hyperbolic sine */
TAD_API tad_var tad_cosh(tad_var x); /* hyperbolic cosine */
TAD_API tad_var tad_tanh(tad_var x); /* hyperbolic tangent */
TAD_API tad_var tad_asinh(tad_var x); /* inverse hyperbolic sine */
TAD_API tad_var tad_acosh(tad_var x); /* inverse hyperbolic cosine */
TAD_API tad_var tad_atanh(tad_var x); /* inverse hyperbolic tangent */
TAD_API tad_var tad_erf(tad_var x); /* error function */
TAD_API tad_var tad_erfc(tad_var x); /* 1 - erf(x) */
/* log |gamma(x)|; inf at its poles 0, -1, -2, ..., where the derivative is NaN */
TAD_API tad_var tad_lgamma(tad_var x);
TAD_API tad_var tad_digamma(tad_var x); /* derivative of lgamma; NaN at the poles 0, -1, -2, ... */
/* derivative of digamma of order n = 0, 1, 2, ...; at the poles inf where n is odd, else NaN */
TAD_API tad_var tad_polygamma(tad_var x, double n);
TAD_API tad_var tad_erfinv(tad_var x); /* inverse of erf; +-inf at +-1 */
/* derivative of order n = 0, 1, 2, ... of e^(x^2) erfc(x); of order 0 that itself */
TAD_API tad_var tad_erfcx(tad_var x, double n);
TAD_API tad_var tad_ndtr(tad_var x); /* normal distribution function, (1 + erf(x / sqrt 2)) / 2 */
TAD_API tad_var tad_log_ndtr(tad_var x); /* log ndtr(x), which does not vanish */
/* derivative of order n = 0, 1, 2, ..., 60 of phi(x) / ndtr(x), phi the normal density; of
 * order 0 that itself, the derivative of log_ndtr */
TAD_API tad_var tad_inverse_mills(tad_var x, double n);
TAD_API tad_var tad_ndtri(tad_var x); /* inverse of ndtr; -inf at 0, inf at 1 */
TAD_API tad_var tad_logit(tad_var x); /* log(x / (1 - x)), inverse of sigmoid */
/* modified Bessel function of the first kind, order n = 0, 1, 2, ... */
TAD_API tad_var tad_bessel_i(tad_var x, double n);
/* e^-|x| bessel_i(x, n); derivative at 0 that of bessel_i */
TAD_API tad_var tad_bessel_ie(tad_var x, double n);
TAD_API tad_var tad_i0(tad_var x); /* bessel_i(x, 0) */
TAD_API tad_var tad_i1(tad_var x); /* bessel_i(x, 1) */
TAD_API tad_var tad_i0e(tad_var x); /* e^-|x| i0(x); derivative 0 at 0 */
TAD_API tad_var tad_i1e(tad_var x); /* e^-|x| i1(x) */
/* derivative of order n = 0, 1, 2, ... of sin(pi x) / (pi x); of order 0 that itself */
TAD_API tad_var tad_sinc(tad_var x, double n);
/* Bessel function of the first kind, order n = 0, 1, 2, ... */
TAD_API tad_var tad_bessel_j(tad_var x, double n);
/* Bessel function of the second kind, order n = 0, 1, 2, ...; NaN below 0, derivative NaN at
 * 0 */
TAD_API tad_var tad_bessel_y(tad_var x, double n);
/* modified Bessel function of the second kind, order n = 0, 1, 2, ...; NaN below 0 */
TAD_API tad_var tad_bessel_k(tad_var x, double n);
TAD_API tad_var tad_bessel_ke(tad_var x, double n); /* e^x bessel_k(x, n) */
TAD_API tad_var tad_j0(tad_var x); /* bessel_j(x, 0) */
TAD_API tad_var tad_j1(tad_var x); /* bessel_j(x, 1) */
TAD_API tad_var tad_y0(tad_var x); /* bessel_y(x, 0) */
TAD_API tad_var tad_y1(tad_var x); /* bessel_y(x, 1) */
TAD_API tad_var tad_k0(tad_var x); /* bessel_k(x, 0) */
TAD_API tad_var tad_k1(tad_var x); /* bessel_k(x, 1) */
TAD_API tad_var tad_k0e(tad_var x); /* e^x k0(x) */
TAD_API tad_var tad_k1e(tad_var x); /* e^x k1(x) */
/* the w with w e^w = x: at least -1 for branch 0, at most for branch -1; derivative inf at
 * -1/e */
TAD_API tad_var tad_lambert_w(tad_var x, double branch);
TAD_API tad_var tad_sigmoid(tad_var x); /* 1 / (1 + e^-x) */
TAD_API tad_var tad_log_sigmoid(tad_var x); /* log sigmoid(x) */
TAD_API tad_var tad_relu(tad_var x); /* max(0, x); derivative 0 at 0 */
/* x, or negative_slope x below 0; derivative negative_slope at 0 */
TAD_API tad_var tad_leaky_relu(tad_var x, double negative_slope);
TAD_API tad_var tad_elu(tad_var x, double alpha); /* x, or alpha (e^x - 1) below 0 */
TAD_API tad_var tad_celu(tad_var x, double alpha); /* x, or alpha (e^(x / alpha) - 1) below 0 */
TAD_API tad_var tad_selu(tad_var x); /* 1.0507 elu(x, 1.6733) */
/* x Phi(x), Phi the normal distribution; approximate "tanh": 0.5 x (1 + tanh(c (x + 0.044715
 * x^3))) */
TAD_API tad_var tad_gelu(tad_var x, double approximate);
TAD_API tad_var tad_silu(tad_var x); /* x sigmoid(x) */
TAD_API tad_var tad_swiglu(tad_var a, tad_var b); /* silu(a) b: b through the gate a */
TAD_API tad_var tad_mish(tad_var x); /* x tanh(softplus(x)) */
TAD_API tad_var tad_softplus(tad_var x, double beta); /* log(1 + e^(beta x)) / beta, beta not 0 */
TAD_API tad_var tad_softsign(tad_var x); /* x / (1 + |x|) */
/* clip to min_val .. max_val, not crossed; derivative 0 at the corners */
TAD_API tad_var tad_hardtanh(tad_var x, double min_val, double max_val);
TAD_API tad_var tad_relu6(tad_var x); /* clip to 0 .. 6; derivative 0 at the corners */
TAD_API tad_var tad_hardshrink(tad_var x, double lambd); /* 0 within -lambd .. lambd, else x */
/* 0 within -lambd .. lambd, else x moved to 0 by lambd, not below 0 */
TAD_API tad_var tad_softshrink(tad_var x, double lambd);
TAD_API tad_var tad_tanhshrink(tad_var x); /* x - tanh(x) */
/* x above the threshold, else the value */
TAD_API tad_var tad_threshold(tad_var x, double threshold, double value);
/* a, or b a below 0; of channels b has shape (C,1,...); derivative b at 0 */
TAD_API tad_var tad_prelu(tad_var a, tad_var b);
/* clip(x / 6 + 1/2, 0, 1); derivative 0 at the corners */
TAD_API tad_var tad_hardsigmoid(tad_var x);
TAD_API tad_var tad_hardswish(tad_var x); /* x hardsigmoid(x) */
/* clip to min .. max (max wins); derivative 1 at the bounds */
TAD_API tad_var tad_clamp(tad_var x, double min, double max);
TAD_API tad_var tad_sign(tad_var x); /* -1, 0 or 1 */
TAD_API tad_var tad_step(tad_var x); /* 1 above 0, else 0 */
TAD_API tad_var tad_floor(tad_var x); /* round down */
TAD_API tad_var tad_ceil(tad_var x); /* round up */
TAD_API tad_var tad_round(tad_var x); /* round to the nearest, half to even */
TAD_API tad_var tad_trunc(tad_var x); /* round towards 0 */

#ifdef __cplusplus
}
#endif
#endif
