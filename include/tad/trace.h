/* With TAD_TRACE defined before tad/tad.h: every call that records a variable also notes its file and
 * line, in the node and in the message of a failure. Written by tests/generated_headers.py. */
#ifndef TAD_TRACE_H
#define TAD_TRACE_H

#include <tad/files.h>
#include <tad/gradcheck.h>
#include <tad/optim.h>
#include <tad/program.h>
#include <tad/safetensors.h>
#include <tad/train.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TAD_HERE(call) tad_here(call, __FILE__, __LINE__)

#undef tad_add
#define tad_add(...) TAD_HERE(tad_add(__VA_ARGS__))
#undef tad_sub
#define tad_sub(...) TAD_HERE(tad_sub(__VA_ARGS__))
#undef tad_mul
#define tad_mul(...) TAD_HERE(tad_mul(__VA_ARGS__))
#undef tad_div
#define tad_div(...) TAD_HERE(tad_div(__VA_ARGS__))
#undef tad_fma
#define tad_fma(...) TAD_HERE(tad_fma(__VA_ARGS__))
#undef tad_fnma
#define tad_fnma(...) TAD_HERE(tad_fnma(__VA_ARGS__))
#undef tad_lerp
#define tad_lerp(...) TAD_HERE(tad_lerp(__VA_ARGS__))
#undef tad_neg
#define tad_neg(...) TAD_HERE(tad_neg(__VA_ARGS__))
#undef tad_square
#define tad_square(...) TAD_HERE(tad_square(__VA_ARGS__))
#undef tad_reciprocal
#define tad_reciprocal(...) TAD_HERE(tad_reciprocal(__VA_ARGS__))
#undef tad_sqrt
#define tad_sqrt(...) TAD_HERE(tad_sqrt(__VA_ARGS__))
#undef tad_rsqrt
#define tad_rsqrt(...) TAD_HERE(tad_rsqrt(__VA_ARGS__))
#undef tad_cbrt
#define tad_cbrt(...) TAD_HERE(tad_cbrt(__VA_ARGS__))
#undef tad_abs
#define tad_abs(...) TAD_HERE(tad_abs(__VA_ARGS__))
#undef tad_pow
#define tad_pow(...) TAD_HERE(tad_pow(__VA_ARGS__))
#undef tad_pow_scalar
#define tad_pow_scalar(...) TAD_HERE(tad_pow_scalar(__VA_ARGS__))
#undef tad_maximum
#define tad_maximum(...) TAD_HERE(tad_maximum(__VA_ARGS__))
#undef tad_minimum
#define tad_minimum(...) TAD_HERE(tad_minimum(__VA_ARGS__))
#undef tad_fmax
#define tad_fmax(...) TAD_HERE(tad_fmax(__VA_ARGS__))
#undef tad_fmin
#define tad_fmin(...) TAD_HERE(tad_fmin(__VA_ARGS__))
#undef tad_hypot
#define tad_hypot(...) TAD_HERE(tad_hypot(__VA_ARGS__))
#undef tad_fmod
#define tad_fmod(...) TAD_HERE(tad_fmod(__VA_ARGS__))
#undef tad_remainder
#define tad_remainder(...) TAD_HERE(tad_remainder(__VA_ARGS__))
#undef tad_exp
#define tad_exp(...) TAD_HERE(tad_exp(__VA_ARGS__))
#undef tad_exp2
#define tad_exp2(...) TAD_HERE(tad_exp2(__VA_ARGS__))
#undef tad_expm1
#define tad_expm1(...) TAD_HERE(tad_expm1(__VA_ARGS__))
#undef tad_log
#define tad_log(...) TAD_HERE(tad_log(__VA_ARGS__))
#undef tad_log2
#define tad_log2(...) TAD_HERE(tad_log2(__VA_ARGS__))
#undef tad_log10
#define tad_log10(...) TAD_HERE(tad_log10(__VA_ARGS__))
#undef tad_log1p
#define tad_log1p(...) TAD_HERE(tad_log1p(__VA_ARGS__))
#undef tad_xlogy
#define tad_xlogy(...) TAD_HERE(tad_xlogy(__VA_ARGS__))
#undef tad_logaddexp
#define tad_logaddexp(...) TAD_HERE(tad_logaddexp(__VA_ARGS__))
#undef tad_sin
#define tad_sin(...) TAD_HERE(tad_sin(__VA_ARGS__))
#undef tad_cos
#define tad_cos(...) TAD_HERE(tad_cos(__VA_ARGS__))
#undef tad_tan
#define tad_tan(...) TAD_HERE(tad_tan(__VA_ARGS__))
#undef tad_asin
#define tad_asin(...) TAD_HERE(tad_asin(__VA_ARGS__))
#undef tad_acos
#define tad_acos(...) TAD_HERE(tad_acos(__VA_ARGS__))
#undef tad_atan
#define tad_atan(...) TAD_HERE(tad_atan(__VA_ARGS__))
#undef tad_atan2
#define tad_atan2(...) TAD_HERE(tad_atan2(__VA_ARGS__))
#undef tad_sinh
#define tad_sinh(...) TAD_HERE(tad_sinh(__VA_ARGS__))
#undef tad_cosh
#define tad_cosh(...) TAD_HERE(tad_cosh(__VA_ARGS__))
#undef tad_tanh
#define tad_tanh(...) TAD_HERE(tad_tanh(__VA_ARGS__))
#undef tad_asinh
#define tad_asinh(...) TAD_HERE(tad_asinh(__VA_ARGS__))
#undef tad_acosh
#define tad_acosh(...) TAD_HERE(tad_acosh(__VA_ARGS__))
#undef tad_atanh
#define tad_atanh(...) TAD_HERE(tad_atanh(__VA_ARGS__))
#undef tad_erf
#define tad_erf(...) TAD_HERE(tad_erf(__VA_ARGS__))
#undef tad_erfc
#define tad_erfc(...) TAD_HERE(tad_erfc(__VA_ARGS__))
#undef tad_lgamma
#define tad_lgamma(...) TAD_HERE(tad_lgamma(__VA_ARGS__))
#undef tad_digamma
#define tad_digamma(...) TAD_HERE(tad_digamma(__VA_ARGS__))
#undef tad_polygamma
#define tad_polygamma(...) TAD_HERE(tad_polygamma(__VA_ARGS__))
#undef tad_erfinv
#define tad_erfinv(...) TAD_HERE(tad_erfinv(__VA_ARGS__))
#undef tad_erfcx
#define tad_erfcx(...) TAD_HERE(tad_erfcx(__VA_ARGS__))
#undef tad_ndtr
#define tad_ndtr(...) TAD_HERE(tad_ndtr(__VA_ARGS__))
#undef tad_log_ndtr
#define tad_log_ndtr(...) TAD_HERE(tad_log_ndtr(__VA_ARGS__))
#undef tad_inverse_mills
#define tad_inverse_mills(...) TAD_HERE(tad_inverse_mills(__VA_ARGS__))
#undef tad_ndtri
#define tad_ndtri(...) TAD_HERE(tad_ndtri(__VA_ARGS__))
#undef tad_logit
#define tad_logit(...) TAD_HERE(tad_logit(__VA_ARGS__))
#undef tad_bessel_i
#define tad_bessel_i(...) TAD_HERE(tad_bessel_i(__VA_ARGS__))
#undef tad_bessel_ie
#define tad_bessel_ie(...) TAD_HERE(tad_bessel_ie(__VA_ARGS__))
#undef tad_i0
#define tad_i0(...) TAD_HERE(tad_i0(__VA_ARGS__))
#undef tad_i1
#define tad_i1(...) TAD_HERE(tad_i1(__VA_ARGS__))
#undef tad_i0e
#define tad_i0e(...) TAD_HERE(tad_i0e(__VA_ARGS__))
#undef tad_i1e
#define tad_i1e(...) TAD_HERE(tad_i1e(__VA_ARGS__))
#undef tad_sinc
#define tad_sinc(...) TAD_HERE(tad_sinc(__VA_ARGS__))
#undef tad_bessel_j
#define tad_bessel_j(...) TAD_HERE(tad_bessel_j(__VA_ARGS__))
#undef tad_bessel_y
#define tad_bessel_y(...) TAD_HERE(tad_bessel_y(__VA_ARGS__))
#undef tad_bessel_k
#define tad_bessel_k(...) TAD_HERE(tad_bessel_k(__VA_ARGS__))
#undef tad_bessel_ke
#define tad_bessel_ke(...) TAD_HERE(tad_bessel_ke(__VA_ARGS__))
#undef tad_j0
#define tad_j0(...) TAD_HERE(tad_j0(__VA_ARGS__))
#undef tad_j1
#define tad_j1(...) TAD_HERE(tad_j1(__VA_ARGS__))
#undef tad_y0
#define tad_y0(...) TAD_HERE(tad_y0(__VA_ARGS__))
#undef tad_y1
#define tad_y1(...) TAD_HERE(tad_y1(__VA_ARGS__))
#undef tad_k0
#define tad_k0(...) TAD_HERE(tad_k0(__VA_ARGS__))
#undef tad_k1
#define tad_k1(...) TAD_HERE(tad_k1(__VA_ARGS__))
#undef tad_k0e
#define tad_k0e(...) TAD_HERE(tad_k0e(__VA_ARGS__))
#undef tad_k1e
#define tad_k1e(...) TAD_HERE(tad_k1e(__VA_ARGS__))
#undef tad_lambert_w
#define tad_lambert_w(...) TAD_HERE(tad_lambert_w(__VA_ARGS__))
#undef tad_sigmoid
#define tad_sigmoid(...) TAD_HERE(tad_sigmoid(__VA_ARGS__))
#undef tad_log_sigmoid
#define tad_log_sigmoid(...) TAD_HERE(tad_log_sigmoid(__VA_ARGS__))
#undef tad_relu
#define tad_relu(...) TAD_HERE(tad_relu(__VA_ARGS__))
#undef tad_leaky_relu
#define tad_leaky_relu(...) TAD_HERE(tad_leaky_relu(__VA_ARGS__))
#undef tad_elu
#define tad_elu(...) TAD_HERE(tad_elu(__VA_ARGS__))
#undef tad_celu
#define tad_celu(...) TAD_HERE(tad_celu(__VA_ARGS__))
#undef tad_selu
#define tad_selu(...) TAD_HERE(tad_selu(__VA_ARGS__))
#undef tad_gelu
#define tad_gelu(...) TAD_HERE(tad_gelu(__VA_ARGS__))
#undef tad_silu
#define tad_silu(...) TAD_HERE(tad_silu(__VA_ARGS__))
#undef tad_swiglu
#define tad_swiglu(...) TAD_HERE(tad_swiglu(__VA_ARGS__))
#undef tad_mish
#define tad_mish(...) TAD_HERE(tad_mish(__VA_ARGS__))
#undef tad_softplus
#define tad_softplus(...) TAD_HERE(tad_softplus(__VA_ARGS__))
#undef tad_softsign
#define tad_softsign(...) TAD_HERE(tad_softsign(__VA_ARGS__))
#undef tad_hardtanh
#define tad_hardtanh(...) TAD_HERE(tad_hardtanh(__VA_ARGS__))
#undef tad_relu6
#define tad_relu6(...) TAD_HERE(tad_relu6(__VA_ARGS__))
#undef tad_hardshrink
#define tad_hardshrink(...) TAD_HERE(tad_hardshrink(__VA_ARGS__))
#undef tad_softshrink
#define tad_softshrink(...) TAD_HERE(tad_softshrink(__VA_ARGS__))
#undef tad_tanhshrink
#define tad_tanhshrink(...) TAD_HERE(tad_tanhshrink(__VA_ARGS__))
#undef tad_threshold
#define tad_threshold(...) TAD_HERE(tad_threshold(__VA_ARGS__))
#undef tad_prelu
#define tad_prelu(...) TAD_HERE(tad_prelu(__VA_ARGS__))
#undef tad_hardsigmoid
#define tad_hardsigmoid(...) TAD_HERE(tad_hardsigmoid(__VA_ARGS__))
#undef tad_hardswish
#define tad_hardswish(...) TAD_HERE(tad_hardswish(__VA_ARGS__))
#undef tad_clamp
#define tad_clamp(...) TAD_HERE(tad_clamp(__VA_ARGS__))
#undef tad_sign
#define tad_sign(...) TAD_HERE(tad_sign(__VA_ARGS__))
#undef tad_step
#define tad_step(...) TAD_HERE(tad_step(__VA_ARGS__))
#undef tad_floor
#define tad_floor(...) TAD_HERE(tad_floor(__VA_ARGS__))
#undef tad_ceil
#define tad_ceil(...) TAD_HERE(tad_ceil(__VA_ARGS__))
#undef tad_round
#define tad_round(...) TAD_HERE(tad_round(__VA_ARGS__))
#undef tad_trunc
#define tad_trunc(...) TAD_HERE(tad_trunc(__VA_ARGS__))
#undef tad_scalar
#define tad_scalar(...) TAD_HERE(tad_scalar(__VA_ARGS__))
#undef tad_input
#define tad_input(...) TAD_HERE(tad_input(__VA_ARGS__))
#undef tad_param
#define tad_param(...) TAD_HERE(tad_param(__VA_ARGS__))
#undef tad_constant
#define tad_constant(...) TAD_HERE(tad_constant(__VA_ARGS__))
#undef tad_borrow
#define tad_borrow(...) TAD_HERE(tad_borrow(__VA_ARGS__))
#undef tad_input_borrow
#define tad_input_borrow(...) TAD_HERE(tad_input_borrow(__VA_ARGS__))
#undef tad_constant_from
#define tad_constant_from(...) TAD_HERE(tad_constant_from(__VA_ARGS__))
#undef tad_full
#define tad_full(...) TAD_HERE(tad_full(__VA_ARGS__))
#undef tad_eye
#define tad_eye(...) TAD_HERE(tad_eye(__VA_ARGS__))
#undef tad_arange
#define tad_arange(...) TAD_HERE(tad_arange(__VA_ARGS__))
#undef tad_linspace
#define tad_linspace(...) TAD_HERE(tad_linspace(__VA_ARGS__))
#undef tad_rand
#define tad_rand(...) TAD_HERE(tad_rand(__VA_ARGS__))
#undef tad_randn
#define tad_randn(...) TAD_HERE(tad_randn(__VA_ARGS__))
#undef tad_detach
#define tad_detach(...) TAD_HERE(tad_detach(__VA_ARGS__))
#undef tad_gradient
#define tad_gradient(...) TAD_HERE(tad_gradient(__VA_ARGS__))
#undef tad_apply
#define tad_apply(...) TAD_HERE(tad_apply(__VA_ARGS__))
#undef tad_call
#define tad_call(...) TAD_HERE(tad_call(__VA_ARGS__))
#undef tad_sum_list
#define tad_sum_list(...) TAD_HERE(tad_sum_list(__VA_ARGS__))
#undef tad_dot_list
#define tad_dot_list(...) TAD_HERE(tad_dot_list(__VA_ARGS__))
#undef tad_dot_list_plain
#define tad_dot_list_plain(...) TAD_HERE(tad_dot_list_plain(__VA_ARGS__))
#undef tad_matmul
#define tad_matmul(...) TAD_HERE(tad_matmul(__VA_ARGS__))
#undef tad_bmm
#define tad_bmm(...) TAD_HERE(tad_bmm(__VA_ARGS__))
#undef tad_mv
#define tad_mv(...) TAD_HERE(tad_mv(__VA_ARGS__))
#undef tad_dot
#define tad_dot(...) TAD_HERE(tad_dot(__VA_ARGS__))
#undef tad_outer
#define tad_outer(...) TAD_HERE(tad_outer(__VA_ARGS__))
#undef tad_addmm
#define tad_addmm(...) TAD_HERE(tad_addmm(__VA_ARGS__))
#undef tad_tensordot
#define tad_tensordot(...) TAD_HERE(tad_tensordot(__VA_ARGS__))
#undef tad_kron
#define tad_kron(...) TAD_HERE(tad_kron(__VA_ARGS__))
#undef tad_einsum
#define tad_einsum(...) TAD_HERE(tad_einsum(__VA_ARGS__))
#undef tad_affine
#define tad_affine(...) TAD_HERE(tad_affine(__VA_ARGS__))
#undef tad_linear
#define tad_linear(...) TAD_HERE(tad_linear(__VA_ARGS__))
#undef tad_conv1d
#define tad_conv1d(...) TAD_HERE(tad_conv1d(__VA_ARGS__))
#undef tad_conv2d
#define tad_conv2d(...) TAD_HERE(tad_conv2d(__VA_ARGS__))
#undef tad_conv3d
#define tad_conv3d(...) TAD_HERE(tad_conv3d(__VA_ARGS__))
#undef tad_conv_transpose1d
#define tad_conv_transpose1d(...) TAD_HERE(tad_conv_transpose1d(__VA_ARGS__))
#undef tad_conv_transpose2d
#define tad_conv_transpose2d(...) TAD_HERE(tad_conv_transpose2d(__VA_ARGS__))
#undef tad_conv_transpose3d
#define tad_conv_transpose3d(...) TAD_HERE(tad_conv_transpose3d(__VA_ARGS__))
#undef tad_max_pool1d
#define tad_max_pool1d(...) TAD_HERE(tad_max_pool1d(__VA_ARGS__))
#undef tad_max_pool2d
#define tad_max_pool2d(...) TAD_HERE(tad_max_pool2d(__VA_ARGS__))
#undef tad_max_pool3d
#define tad_max_pool3d(...) TAD_HERE(tad_max_pool3d(__VA_ARGS__))
#undef tad_avg_pool1d
#define tad_avg_pool1d(...) TAD_HERE(tad_avg_pool1d(__VA_ARGS__))
#undef tad_avg_pool2d
#define tad_avg_pool2d(...) TAD_HERE(tad_avg_pool2d(__VA_ARGS__))
#undef tad_avg_pool3d
#define tad_avg_pool3d(...) TAD_HERE(tad_avg_pool3d(__VA_ARGS__))
#undef tad_adaptive_max_pool1d
#define tad_adaptive_max_pool1d(...) TAD_HERE(tad_adaptive_max_pool1d(__VA_ARGS__))
#undef tad_adaptive_max_pool2d
#define tad_adaptive_max_pool2d(...) TAD_HERE(tad_adaptive_max_pool2d(__VA_ARGS__))
#undef tad_adaptive_max_pool3d
#define tad_adaptive_max_pool3d(...) TAD_HERE(tad_adaptive_max_pool3d(__VA_ARGS__))
#undef tad_adaptive_avg_pool1d
#define tad_adaptive_avg_pool1d(...) TAD_HERE(tad_adaptive_avg_pool1d(__VA_ARGS__))
#undef tad_adaptive_avg_pool2d
#define tad_adaptive_avg_pool2d(...) TAD_HERE(tad_adaptive_avg_pool2d(__VA_ARGS__))
#undef tad_adaptive_avg_pool3d
#define tad_adaptive_avg_pool3d(...) TAD_HERE(tad_adaptive_avg_pool3d(__VA_ARGS__))
#undef tad_lp_pool1d
#define tad_lp_pool1d(...) TAD_HERE(tad_lp_pool1d(__VA_ARGS__))
#undef tad_lp_pool2d
#define tad_lp_pool2d(...) TAD_HERE(tad_lp_pool2d(__VA_ARGS__))
#undef tad_lp_pool3d
#define tad_lp_pool3d(...) TAD_HERE(tad_lp_pool3d(__VA_ARGS__))
#undef tad_unfold
#define tad_unfold(...) TAD_HERE(tad_unfold(__VA_ARGS__))
#undef tad_fold
#define tad_fold(...) TAD_HERE(tad_fold(__VA_ARGS__))
#undef tad_upsample
#define tad_upsample(...) TAD_HERE(tad_upsample(__VA_ARGS__))
#undef tad_grid_sample
#define tad_grid_sample(...) TAD_HERE(tad_grid_sample(__VA_ARGS__))
#undef tad_affine_grid
#define tad_affine_grid(...) TAD_HERE(tad_affine_grid(__VA_ARGS__))
#undef tad_pixel_shuffle
#define tad_pixel_shuffle(...) TAD_HERE(tad_pixel_shuffle(__VA_ARGS__))
#undef tad_pixel_unshuffle
#define tad_pixel_unshuffle(...) TAD_HERE(tad_pixel_unshuffle(__VA_ARGS__))
#undef tad_zeta
#define tad_zeta(...) TAD_HERE(tad_zeta(__VA_ARGS__))
#undef tad_beta
#define tad_beta(...) TAD_HERE(tad_beta(__VA_ARGS__))
#undef tad_lbeta
#define tad_lbeta(...) TAD_HERE(tad_lbeta(__VA_ARGS__))
#undef tad_gammainc
#define tad_gammainc(...) TAD_HERE(tad_gammainc(__VA_ARGS__))
#undef tad_gammaincc
#define tad_gammaincc(...) TAD_HERE(tad_gammaincc(__VA_ARGS__))
#undef tad_betainc
#define tad_betainc(...) TAD_HERE(tad_betainc(__VA_ARGS__))
#undef tad_gammaincinv
#define tad_gammaincinv(...) TAD_HERE(tad_gammaincinv(__VA_ARGS__))
#undef tad_gammainccinv
#define tad_gammainccinv(...) TAD_HERE(tad_gammainccinv(__VA_ARGS__))
#undef tad_betaincinv
#define tad_betaincinv(...) TAD_HERE(tad_betaincinv(__VA_ARGS__))
#undef tad_poisson_quantile
#define tad_poisson_quantile(...) TAD_HERE(tad_poisson_quantile(__VA_ARGS__))
#undef tad_normal_log_density
#define tad_normal_log_density(...) TAD_HERE(tad_normal_log_density(__VA_ARGS__))
#undef tad_laplace_log_density
#define tad_laplace_log_density(...) TAD_HERE(tad_laplace_log_density(__VA_ARGS__))
#undef tad_cauchy_log_density
#define tad_cauchy_log_density(...) TAD_HERE(tad_cauchy_log_density(__VA_ARGS__))
#undef tad_student_log_density
#define tad_student_log_density(...) TAD_HERE(tad_student_log_density(__VA_ARGS__))
#undef tad_exponential_log_density
#define tad_exponential_log_density(...) TAD_HERE(tad_exponential_log_density(__VA_ARGS__))
#undef tad_gamma_log_density
#define tad_gamma_log_density(...) TAD_HERE(tad_gamma_log_density(__VA_ARGS__))
#undef tad_beta_log_density
#define tad_beta_log_density(...) TAD_HERE(tad_beta_log_density(__VA_ARGS__))
#undef tad_uniform_log_density
#define tad_uniform_log_density(...) TAD_HERE(tad_uniform_log_density(__VA_ARGS__))
#undef tad_poisson_log_density
#define tad_poisson_log_density(...) TAD_HERE(tad_poisson_log_density(__VA_ARGS__))
#undef tad_bernoulli_log_density
#define tad_bernoulli_log_density(...) TAD_HERE(tad_bernoulli_log_density(__VA_ARGS__))
#undef tad_multivariate_normal_log_density
#define tad_multivariate_normal_log_density(...) TAD_HERE(tad_multivariate_normal_log_density(__VA_ARGS__))
#undef tad_dirichlet_log_density
#define tad_dirichlet_log_density(...) TAD_HERE(tad_dirichlet_log_density(__VA_ARGS__))
#undef tad_categorical_log_density
#define tad_categorical_log_density(...) TAD_HERE(tad_categorical_log_density(__VA_ARGS__))
#undef tad_interp
#define tad_interp(...) TAD_HERE(tad_interp(__VA_ARGS__))
#undef tad_cubic_spline
#define tad_cubic_spline(...) TAD_HERE(tad_cubic_spline(__VA_ARGS__))
#undef tad_solve
#define tad_solve(...) TAD_HERE(tad_solve(__VA_ARGS__))
#undef tad_solve_banded
#define tad_solve_banded(...) TAD_HERE(tad_solve_banded(__VA_ARGS__))
#undef tad_banded_matmul
#define tad_banded_matmul(...) TAD_HERE(tad_banded_matmul(__VA_ARGS__))
#undef tad_solve_triangular
#define tad_solve_triangular(...) TAD_HERE(tad_solve_triangular(__VA_ARGS__))
#undef tad_inv
#define tad_inv(...) TAD_HERE(tad_inv(__VA_ARGS__))
#undef tad_det
#define tad_det(...) TAD_HERE(tad_det(__VA_ARGS__))
#undef tad_slogdet
#define tad_slogdet(...) TAD_HERE(tad_slogdet(__VA_ARGS__))
#undef tad_cholesky
#define tad_cholesky(...) TAD_HERE(tad_cholesky(__VA_ARGS__))
#undef tad_eigvalsh
#define tad_eigvalsh(...) TAD_HERE(tad_eigvalsh(__VA_ARGS__))
#undef tad_eigh
#define tad_eigh(...) TAD_HERE(tad_eigh(__VA_ARGS__))
#undef tad_qr
#define tad_qr(...) TAD_HERE(tad_qr(__VA_ARGS__))
#undef tad_lu
#define tad_lu(...) TAD_HERE(tad_lu(__VA_ARGS__))
#undef tad_svd
#define tad_svd(...) TAD_HERE(tad_svd(__VA_ARGS__))
#undef tad_svdvals
#define tad_svdvals(...) TAD_HERE(tad_svdvals(__VA_ARGS__))
#undef tad_pinv
#define tad_pinv(...) TAD_HERE(tad_pinv(__VA_ARGS__))
#undef tad_lstsq
#define tad_lstsq(...) TAD_HERE(tad_lstsq(__VA_ARGS__))
#undef tad_matrix_exp
#define tad_matrix_exp(...) TAD_HERE(tad_matrix_exp(__VA_ARGS__))
#undef tad_matrix_sqrt_pd
#define tad_matrix_sqrt_pd(...) TAD_HERE(tad_matrix_sqrt_pd(__VA_ARGS__))
#undef tad_matrix_log_pd
#define tad_matrix_log_pd(...) TAD_HERE(tad_matrix_log_pd(__VA_ARGS__))
#undef tad_sum
#define tad_sum(...) TAD_HERE(tad_sum(__VA_ARGS__))
#undef tad_mean
#define tad_mean(...) TAD_HERE(tad_mean(__VA_ARGS__))
#undef tad_amax
#define tad_amax(...) TAD_HERE(tad_amax(__VA_ARGS__))
#undef tad_amin
#define tad_amin(...) TAD_HERE(tad_amin(__VA_ARGS__))
#undef tad_logsumexp
#define tad_logsumexp(...) TAD_HERE(tad_logsumexp(__VA_ARGS__))
#undef tad_max
#define tad_max(...) TAD_HERE(tad_max(__VA_ARGS__))
#undef tad_min
#define tad_min(...) TAD_HERE(tad_min(__VA_ARGS__))
#undef tad_argmax
#define tad_argmax(...) TAD_HERE(tad_argmax(__VA_ARGS__))
#undef tad_argmin
#define tad_argmin(...) TAD_HERE(tad_argmin(__VA_ARGS__))
#undef tad_prod
#define tad_prod(...) TAD_HERE(tad_prod(__VA_ARGS__))
#undef tad_var_over
#define tad_var_over(...) TAD_HERE(tad_var_over(__VA_ARGS__))
#undef tad_std
#define tad_std(...) TAD_HERE(tad_std(__VA_ARGS__))
#undef tad_norm
#define tad_norm(...) TAD_HERE(tad_norm(__VA_ARGS__))
#undef tad_sum_to
#define tad_sum_to(...) TAD_HERE(tad_sum_to(__VA_ARGS__))
#undef tad_cumsum
#define tad_cumsum(...) TAD_HERE(tad_cumsum(__VA_ARGS__))
#undef tad_cumprod
#define tad_cumprod(...) TAD_HERE(tad_cumprod(__VA_ARGS__))
#undef tad_logcumsumexp
#define tad_logcumsumexp(...) TAD_HERE(tad_logcumsumexp(__VA_ARGS__))
#undef tad_cummax
#define tad_cummax(...) TAD_HERE(tad_cummax(__VA_ARGS__))
#undef tad_cummin
#define tad_cummin(...) TAD_HERE(tad_cummin(__VA_ARGS__))
#undef tad_diff
#define tad_diff(...) TAD_HERE(tad_diff(__VA_ARGS__))
#undef tad_sort
#define tad_sort(...) TAD_HERE(tad_sort(__VA_ARGS__))
#undef tad_argsort
#define tad_argsort(...) TAD_HERE(tad_argsort(__VA_ARGS__))
#undef tad_topk
#define tad_topk(...) TAD_HERE(tad_topk(__VA_ARGS__))
#undef tad_median
#define tad_median(...) TAD_HERE(tad_median(__VA_ARGS__))
#undef tad_quantile
#define tad_quantile(...) TAD_HERE(tad_quantile(__VA_ARGS__))
#undef tad_searchsorted
#define tad_searchsorted(...) TAD_HERE(tad_searchsorted(__VA_ARGS__))
#undef tad_histogram
#define tad_histogram(...) TAD_HERE(tad_histogram(__VA_ARGS__))
#undef tad_unique
#define tad_unique(...) TAD_HERE(tad_unique(__VA_ARGS__))
#undef tad_softmax
#define tad_softmax(...) TAD_HERE(tad_softmax(__VA_ARGS__))
#undef tad_log_softmax
#define tad_log_softmax(...) TAD_HERE(tad_log_softmax(__VA_ARGS__))
#undef tad_softmin
#define tad_softmin(...) TAD_HERE(tad_softmin(__VA_ARGS__))
#undef tad_layer_norm
#define tad_layer_norm(...) TAD_HERE(tad_layer_norm(__VA_ARGS__))
#undef tad_rms_norm
#define tad_rms_norm(...) TAD_HERE(tad_rms_norm(__VA_ARGS__))
#undef tad_scaled_dot_product_attention
#define tad_scaled_dot_product_attention(...) TAD_HERE(tad_scaled_dot_product_attention(__VA_ARGS__))
#undef tad_rope
#define tad_rope(...) TAD_HERE(tad_rope(__VA_ARGS__))
#undef tad_dft
#define tad_dft(...) TAD_HERE(tad_dft(__VA_ARGS__))
#undef tad_fft
#define tad_fft(...) TAD_HERE(tad_fft(__VA_ARGS__))
#undef tad_ifft
#define tad_ifft(...) TAD_HERE(tad_ifft(__VA_ARGS__))
#undef tad_rfft
#define tad_rfft(...) TAD_HERE(tad_rfft(__VA_ARGS__))
#undef tad_irfft
#define tad_irfft(...) TAD_HERE(tad_irfft(__VA_ARGS__))
#undef tad_fftn
#define tad_fftn(...) TAD_HERE(tad_fftn(__VA_ARGS__))
#undef tad_ifftn
#define tad_ifftn(...) TAD_HERE(tad_ifftn(__VA_ARGS__))
#undef tad_fft_convolve
#define tad_fft_convolve(...) TAD_HERE(tad_fft_convolve(__VA_ARGS__))
#undef tad_group_norm
#define tad_group_norm(...) TAD_HERE(tad_group_norm(__VA_ARGS__))
#undef tad_instance_norm
#define tad_instance_norm(...) TAD_HERE(tad_instance_norm(__VA_ARGS__))
#undef tad_batch_norm
#define tad_batch_norm(...) TAD_HERE(tad_batch_norm(__VA_ARGS__))
#undef tad_local_response_norm
#define tad_local_response_norm(...) TAD_HERE(tad_local_response_norm(__VA_ARGS__))
#undef tad_glu
#define tad_glu(...) TAD_HERE(tad_glu(__VA_ARGS__))
#undef tad_swiglu_split
#define tad_swiglu_split(...) TAD_HERE(tad_swiglu_split(__VA_ARGS__))
#undef tad_geglu_split
#define tad_geglu_split(...) TAD_HERE(tad_geglu_split(__VA_ARGS__))
#undef tad_reglu_split
#define tad_reglu_split(...) TAD_HERE(tad_reglu_split(__VA_ARGS__))
#undef tad_rnn_tanh_cell
#define tad_rnn_tanh_cell(...) TAD_HERE(tad_rnn_tanh_cell(__VA_ARGS__))
#undef tad_gru_cell
#define tad_gru_cell(...) TAD_HERE(tad_gru_cell(__VA_ARGS__))
#undef tad_lstm_cell
#define tad_lstm_cell(...) TAD_HERE(tad_lstm_cell(__VA_ARGS__))
#undef tad_rnn_tanh
#define tad_rnn_tanh(...) TAD_HERE(tad_rnn_tanh(__VA_ARGS__))
#undef tad_gru
#define tad_gru(...) TAD_HERE(tad_gru(__VA_ARGS__))
#undef tad_lstm
#define tad_lstm(...) TAD_HERE(tad_lstm(__VA_ARGS__))
#undef tad_mse
#define tad_mse(...) TAD_HERE(tad_mse(__VA_ARGS__))
#undef tad_half_sse
#define tad_half_sse(...) TAD_HERE(tad_half_sse(__VA_ARGS__))
#undef tad_l1
#define tad_l1(...) TAD_HERE(tad_l1(__VA_ARGS__))
#undef tad_smooth_l1
#define tad_smooth_l1(...) TAD_HERE(tad_smooth_l1(__VA_ARGS__))
#undef tad_huber
#define tad_huber(...) TAD_HERE(tad_huber(__VA_ARGS__))
#undef tad_hinge
#define tad_hinge(...) TAD_HERE(tad_hinge(__VA_ARGS__))
#undef tad_kl_div
#define tad_kl_div(...) TAD_HERE(tad_kl_div(__VA_ARGS__))
#undef tad_bce
#define tad_bce(...) TAD_HERE(tad_bce(__VA_ARGS__))
#undef tad_bce_with_logits
#define tad_bce_with_logits(...) TAD_HERE(tad_bce_with_logits(__VA_ARGS__))
#undef tad_cosine_similarity
#define tad_cosine_similarity(...) TAD_HERE(tad_cosine_similarity(__VA_ARGS__))
#undef tad_poisson_nll
#define tad_poisson_nll(...) TAD_HERE(tad_poisson_nll(__VA_ARGS__))
#undef tad_gaussian_nll
#define tad_gaussian_nll(...) TAD_HERE(tad_gaussian_nll(__VA_ARGS__))
#undef tad_soft_margin
#define tad_soft_margin(...) TAD_HERE(tad_soft_margin(__VA_ARGS__))
#undef tad_margin_ranking
#define tad_margin_ranking(...) TAD_HERE(tad_margin_ranking(__VA_ARGS__))
#undef tad_triplet_margin
#define tad_triplet_margin(...) TAD_HERE(tad_triplet_margin(__VA_ARGS__))
#undef tad_cosine_embedding
#define tad_cosine_embedding(...) TAD_HERE(tad_cosine_embedding(__VA_ARGS__))
#undef tad_multi_margin
#define tad_multi_margin(...) TAD_HERE(tad_multi_margin(__VA_ARGS__))
#undef tad_multilabel_margin
#define tad_multilabel_margin(...) TAD_HERE(tad_multilabel_margin(__VA_ARGS__))
#undef tad_multilabel_soft_margin
#define tad_multilabel_soft_margin(...) TAD_HERE(tad_multilabel_soft_margin(__VA_ARGS__))
#undef tad_ctc_loss
#define tad_ctc_loss(...) TAD_HERE(tad_ctc_loss(__VA_ARGS__))
#undef tad_cross_entropy
#define tad_cross_entropy(...) TAD_HERE(tad_cross_entropy(__VA_ARGS__))
#undef tad_nll_loss
#define tad_nll_loss(...) TAD_HERE(tad_nll_loss(__VA_ARGS__))
#undef tad_cross_entropy_ignoring
#define tad_cross_entropy_ignoring(...) TAD_HERE(tad_cross_entropy_ignoring(__VA_ARGS__))
#undef tad_nll_loss_ignoring
#define tad_nll_loss_ignoring(...) TAD_HERE(tad_nll_loss_ignoring(__VA_ARGS__))
#undef tad_reshape
#define tad_reshape(...) TAD_HERE(tad_reshape(__VA_ARGS__))
#undef tad_flatten
#define tad_flatten(...) TAD_HERE(tad_flatten(__VA_ARGS__))
#undef tad_transpose
#define tad_transpose(...) TAD_HERE(tad_transpose(__VA_ARGS__))
#undef tad_permute
#define tad_permute(...) TAD_HERE(tad_permute(__VA_ARGS__))
#undef tad_broadcast_to
#define tad_broadcast_to(...) TAD_HERE(tad_broadcast_to(__VA_ARGS__))
#undef tad_squeeze
#define tad_squeeze(...) TAD_HERE(tad_squeeze(__VA_ARGS__))
#undef tad_unsqueeze
#define tad_unsqueeze(...) TAD_HERE(tad_unsqueeze(__VA_ARGS__))
#undef tad_slice
#define tad_slice(...) TAD_HERE(tad_slice(__VA_ARGS__))
#undef tad_select
#define tad_select(...) TAD_HERE(tad_select(__VA_ARGS__))
#undef tad_at
#define tad_at(...) TAD_HERE(tad_at(__VA_ARGS__))
#undef tad_flip
#define tad_flip(...) TAD_HERE(tad_flip(__VA_ARGS__))
#undef tad_concat
#define tad_concat(...) TAD_HERE(tad_concat(__VA_ARGS__))
#undef tad_stack
#define tad_stack(...) TAD_HERE(tad_stack(__VA_ARGS__))
#undef tad_split_sizes
#define tad_split_sizes(...) TAD_HERE(tad_split_sizes(__VA_ARGS__))
#undef tad_chunk
#define tad_chunk(...) TAD_HERE(tad_chunk(__VA_ARGS__))
#undef tad_diagonal
#define tad_diagonal(...) TAD_HERE(tad_diagonal(__VA_ARGS__))
#undef tad_diag
#define tad_diag(...) TAD_HERE(tad_diag(__VA_ARGS__))
#undef tad_trace
#define tad_trace(...) TAD_HERE(tad_trace(__VA_ARGS__))
#undef tad_rot90
#define tad_rot90(...) TAD_HERE(tad_rot90(__VA_ARGS__))
#undef tad_meshgrid
#define tad_meshgrid(...) TAD_HERE(tad_meshgrid(__VA_ARGS__))
#undef tad_pad
#define tad_pad(...) TAD_HERE(tad_pad(__VA_ARGS__))
#undef tad_roll
#define tad_roll(...) TAD_HERE(tad_roll(__VA_ARGS__))
#undef tad_tril
#define tad_tril(...) TAD_HERE(tad_tril(__VA_ARGS__))
#undef tad_triu
#define tad_triu(...) TAD_HERE(tad_triu(__VA_ARGS__))
#undef tad_repeat
#define tad_repeat(...) TAD_HERE(tad_repeat(__VA_ARGS__))
#undef tad_tile
#define tad_tile(...) TAD_HERE(tad_tile(__VA_ARGS__))
#undef tad_cast
#define tad_cast(...) TAD_HERE(tad_cast(__VA_ARGS__))
#undef tad_gather
#define tad_gather(...) TAD_HERE(tad_gather(__VA_ARGS__))
#undef tad_scatter_add
#define tad_scatter_add(...) TAD_HERE(tad_scatter_add(__VA_ARGS__))
#undef tad_index_select
#define tad_index_select(...) TAD_HERE(tad_index_select(__VA_ARGS__))
#undef tad_take_along_axis
#define tad_take_along_axis(...) TAD_HERE(tad_take_along_axis(__VA_ARGS__))
#undef tad_take
#define tad_take(...) TAD_HERE(tad_take(__VA_ARGS__))
#undef tad_scatter
#define tad_scatter(...) TAD_HERE(tad_scatter(__VA_ARGS__))
#undef tad_scatter_reduce
#define tad_scatter_reduce(...) TAD_HERE(tad_scatter_reduce(__VA_ARGS__))
#undef tad_index_put
#define tad_index_put(...) TAD_HERE(tad_index_put(__VA_ARGS__))
#undef tad_index_add
#define tad_index_add(...) TAD_HERE(tad_index_add(__VA_ARGS__))
#undef tad_masked_select
#define tad_masked_select(...) TAD_HERE(tad_masked_select(__VA_ARGS__))
#undef tad_nonzero
#define tad_nonzero(...) TAD_HERE(tad_nonzero(__VA_ARGS__))
#undef tad_embedding
#define tad_embedding(...) TAD_HERE(tad_embedding(__VA_ARGS__))
#undef tad_embedding_padded
#define tad_embedding_padded(...) TAD_HERE(tad_embedding_padded(__VA_ARGS__))
#undef tad_masked_fill
#define tad_masked_fill(...) TAD_HERE(tad_masked_fill(__VA_ARGS__))
#undef tad_where
#define tad_where(...) TAD_HERE(tad_where(__VA_ARGS__))
#undef tad_one_hot
#define tad_one_hot(...) TAD_HERE(tad_one_hot(__VA_ARGS__))
#undef tad_greater
#define tad_greater(...) TAD_HERE(tad_greater(__VA_ARGS__))
#undef tad_greater_equal
#define tad_greater_equal(...) TAD_HERE(tad_greater_equal(__VA_ARGS__))
#undef tad_less
#define tad_less(...) TAD_HERE(tad_less(__VA_ARGS__))
#undef tad_less_equal
#define tad_less_equal(...) TAD_HERE(tad_less_equal(__VA_ARGS__))
#undef tad_equal
#define tad_equal(...) TAD_HERE(tad_equal(__VA_ARGS__))
#undef tad_not_equal
#define tad_not_equal(...) TAD_HERE(tad_not_equal(__VA_ARGS__))
#undef tad_logical_and
#define tad_logical_and(...) TAD_HERE(tad_logical_and(__VA_ARGS__))
#undef tad_logical_or
#define tad_logical_or(...) TAD_HERE(tad_logical_or(__VA_ARGS__))
#undef tad_logical_xor
#define tad_logical_xor(...) TAD_HERE(tad_logical_xor(__VA_ARGS__))
#undef tad_logical_not
#define tad_logical_not(...) TAD_HERE(tad_logical_not(__VA_ARGS__))
#undef tad_csr_matmul
#define tad_csr_matmul(...) TAD_HERE(tad_csr_matmul(__VA_ARGS__))
#undef tad_csr_matmul_transposed
#define tad_csr_matmul_transposed(...) TAD_HERE(tad_csr_matmul_transposed(__VA_ARGS__))
#undef tad_csr_sample_matmul
#define tad_csr_sample_matmul(...) TAD_HERE(tad_csr_sample_matmul(__VA_ARGS__))
#undef tad_csr_sample
#define tad_csr_sample(...) TAD_HERE(tad_csr_sample(__VA_ARGS__))
#undef tad_csr_rows
#define tad_csr_rows(...) TAD_HERE(tad_csr_rows(__VA_ARGS__))
#undef tad_csr_to_dense
#define tad_csr_to_dense(...) TAD_HERE(tad_csr_to_dense(__VA_ARGS__))
#undef tad_csr_sum
#define tad_csr_sum(...) TAD_HERE(tad_csr_sum(__VA_ARGS__))
#undef tad_segment_sum
#define tad_segment_sum(...) TAD_HERE(tad_segment_sum(__VA_ARGS__))
#undef tad_segment_mean
#define tad_segment_mean(...) TAD_HERE(tad_segment_mean(__VA_ARGS__))
#undef tad_segment_max
#define tad_segment_max(...) TAD_HERE(tad_segment_max(__VA_ARGS__))
#undef tad_segment_min
#define tad_segment_min(...) TAD_HERE(tad_segment_min(__VA_ARGS__))
#undef tad_segment_softmax
#define tad_segment_softmax(...) TAD_HERE(tad_segment_softmax(__VA_ARGS__))
#undef tad_embedding_bag
#define tad_embedding_bag(...) TAD_HERE(tad_embedding_bag(__VA_ARGS__))
#undef tad_embedding_bag_padded
#define tad_embedding_bag_padded(...) TAD_HERE(tad_embedding_bag_padded(__VA_ARGS__))
#undef tad_dropout
#define tad_dropout(...) TAD_HERE(tad_dropout(__VA_ARGS__))
#undef tad_dropout_mask
#define tad_dropout_mask(...) TAD_HERE(tad_dropout_mask(__VA_ARGS__))
#undef tad_dropout_channels
#define tad_dropout_channels(...) TAD_HERE(tad_dropout_channels(__VA_ARGS__))
#undef tad_gumbel_softmax
#define tad_gumbel_softmax(...) TAD_HERE(tad_gumbel_softmax(__VA_ARGS__))
#undef tad_normal_sample
#define tad_normal_sample(...) TAD_HERE(tad_normal_sample(__VA_ARGS__))
#undef tad_multivariate_normal_sample
#define tad_multivariate_normal_sample(...) TAD_HERE(tad_multivariate_normal_sample(__VA_ARGS__))
#undef tad_gamma_sample
#define tad_gamma_sample(...) TAD_HERE(tad_gamma_sample(__VA_ARGS__))
#undef tad_beta_sample
#define tad_beta_sample(...) TAD_HERE(tad_beta_sample(__VA_ARGS__))
#undef tad_student_sample
#define tad_student_sample(...) TAD_HERE(tad_student_sample(__VA_ARGS__))
#undef tad_dirichlet_sample
#define tad_dirichlet_sample(...) TAD_HERE(tad_dirichlet_sample(__VA_ARGS__))
#undef tad_poisson_sample
#define tad_poisson_sample(...) TAD_HERE(tad_poisson_sample(__VA_ARGS__))
#undef tad_categorical_sample
#define tad_categorical_sample(...) TAD_HERE(tad_categorical_sample(__VA_ARGS__))
#undef tad_npy_load
#define tad_npy_load(...) TAD_HERE(tad_npy_load(__VA_ARGS__))
#undef tad_npy_parse
#define tad_npy_parse(...) TAD_HERE(tad_npy_parse(__VA_ARGS__))
#undef tad_csv_load
#define tad_csv_load(...) TAD_HERE(tad_csv_load(__VA_ARGS__))
#undef tad_csv_parse
#define tad_csv_parse(...) TAD_HERE(tad_csv_parse(__VA_ARGS__))

/* ---- verbs: their failures have a place ---- */

static inline tad_tape *tad__tape_in(const tad_var *list) { return list ? tad_tape_of(*list) : NULL; }

static inline tad_status tad__traced_tape_rewind(const char *tad__file, int tad__line, tad_tape *t, tad_mark mark) {
    return tad_here_status(t, tad_tape_rewind(t, mark), tad__file, tad__line);
}
#undef tad_tape_rewind
#define tad_tape_rewind(...) tad__traced_tape_rewind(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_on_release(const char *tad__file, int tad__line, tad_var x, tad_release *release, void *owner) {
    return tad_here_status(tad_tape_of(x), tad_on_release(x, release, owner), tad__file, tad__line);
}
#undef tad_on_release
#define tad_on_release(...) tad__traced_on_release(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_read(const char *tad__file, int tad__line, tad_var x, double *out, size_t n) {
    return tad_here_status(tad_tape_of(x), tad_read(x, out, n), tad__file, tad__line);
}
#undef tad_read
#define tad_read(...) tad__traced_read(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_assign(const char *tad__file, int tad__line, tad_var param, const void *data) {
    return tad_here_status(tad_tape_of(param), tad_assign(param, data), tad__file, tad__line);
}
#undef tad_assign
#define tad_assign(...) tad__traced_assign(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_zero_gradients(const char *tad__file, int tad__line, const tad_var *params, size_t n) {
    return tad_here_status(tad__tape_in(params), tad_zero_gradients(params, n), tad__file, tad__line);
}
#undef tad_zero_gradients
#define tad_zero_gradients(...) tad__traced_zero_gradients(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_reverse(const char *tad__file, int tad__line, tad_var y) {
    return tad_here_status(tad_tape_of(y), tad_reverse(y), tad__file, tad__line);
}
#undef tad_reverse
#define tad_reverse(...) tad__traced_reverse(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_reverse_from(const char *tad__file, int tad__line, const tad_var *y, const tad_var *cotangent, size_t n) {
    return tad_here_status(tad__tape_in(y), tad_reverse_from(y, cotangent, n), tad__file, tad__line);
}
#undef tad_reverse_from
#define tad_reverse_from(...) tad__traced_reverse_from(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_reverse_watched(const char *tad__file, int tad__line, const tad_var *y, const tad_var *cotangent, size_t n, const tad_var *params, size_t n_params, tad_final_fn *final, void *user) {
    return tad_here_status(tad__tape_in(y), tad_reverse_watched(y, cotangent, n, params, n_params, final, user), tad__file, tad__line);
}
#undef tad_reverse_watched
#define tad_reverse_watched(...) tad__traced_reverse_watched(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_grad(const char *tad__file, int tad__line, const tad_var *y, const tad_var *cotangent, size_t ny, const tad_var *x, size_t nx, tad_var *out) {
    return tad_here_status(tad__tape_in(y), tad_grad(y, cotangent, ny, x, nx, out), tad__file, tad__line);
}
#undef tad_grad
#define tad_grad(...) tad__traced_grad(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_tangent(const char *tad__file, int tad__line, const tad_var *y, size_t ny, const tad_var *x, const tad_var *tangent, size_t nx, tad_var *out) {
    return tad_here_status(tad__tape_in(y), tad_tangent(y, ny, x, tangent, nx, out), tad__file, tad__line);
}
#undef tad_tangent
#define tad_tangent(...) tad__traced_tangent(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_forward(const char *tad__file, int tad__line, const tad_var *y, size_t ny, const tad_var *x, const tad_var *tangent, size_t nx, tad_var *out) {
    return tad_here_status(tad__tape_in(y), tad_forward(y, ny, x, tangent, nx, out), tad__file, tad__line);
}
#undef tad_forward
#define tad_forward(...) tad__traced_forward(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_forward_over_reverse(const char *tad__file, int tad__line, tad_var y, const tad_var *x, const tad_var *v, size_t n, tad_var *gradient, tad_var *product) {
    return tad_here_status(tad_tape_of(y), tad_forward_over_reverse(y, x, v, n, gradient, product), tad__file, tad__line);
}
#undef tad_forward_over_reverse
#define tad_forward_over_reverse(...) tad__traced_forward_over_reverse(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_vjp(const char *tad__file, int tad__line, tad_fn *f, void *user, const tad_var *x, size_t n, tad_var cotangent, tad_var *y, tad_var *gradients) {
    return tad_here_status(tad__tape_in(x), tad_vjp(f, user, x, n, cotangent, y, gradients), tad__file, tad__line);
}
#undef tad_vjp
#define tad_vjp(...) tad__traced_vjp(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_jvp(const char *tad__file, int tad__line, tad_fn *f, void *user, const tad_var *x, const tad_var *tangents, size_t n, tad_var *y, tad_var *tangent) {
    return tad_here_status(tad__tape_in(x), tad_jvp(f, user, x, tangents, n, y, tangent), tad__file, tad__line);
}
#undef tad_jvp
#define tad_jvp(...) tad__traced_jvp(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_vjp_many(const char *tad__file, int tad__line, tad_fn *f, void *user, const tad_var *x, size_t n, const tad_var *cotangents, size_t m, tad_var *y, tad_var *gradients) {
    return tad_here_status(tad__tape_in(x), tad_vjp_many(f, user, x, n, cotangents, m, y, gradients), tad__file, tad__line);
}
#undef tad_vjp_many
#define tad_vjp_many(...) tad__traced_vjp_many(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_jvp_many(const char *tad__file, int tad__line, tad_fn *f, void *user, const tad_var *x, const tad_var *tangents, size_t n, size_t m, tad_var *y, tad_var *out) {
    return tad_here_status(tad__tape_in(x), tad_jvp_many(f, user, x, tangents, n, m, y, out), tad__file, tad__line);
}
#undef tad_jvp_many
#define tad_jvp_many(...) tad__traced_jvp_many(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_hvp(const char *tad__file, int tad__line, tad_fn *f, void *user, const tad_var *x, const tad_var *v, size_t n, tad_var *y, tad_var *gradient, tad_var *out) {
    return tad_here_status(tad__tape_in(x), tad_hvp(f, user, x, v, n, y, gradient, out), tad__file, tad__line);
}
#undef tad_hvp
#define tad_hvp(...) tad__traced_hvp(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_hvp_many(const char *tad__file, int tad__line, tad_fn *f, void *user, const tad_var *x, const tad_var *v, size_t n, size_t m, tad_var *y, tad_var *gradient, tad_var *out) {
    return tad_here_status(tad__tape_in(x), tad_hvp_many(f, user, x, v, n, m, y, gradient, out), tad__file, tad__line);
}
#undef tad_hvp_many
#define tad_hvp_many(...) tad__traced_hvp_many(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_jacobian(const char *tad__file, int tad__line, tad_fn *f, void *user, const tad_var *x, size_t n, size_t i, tad_var *y, tad_var *out) {
    return tad_here_status(tad__tape_in(x), tad_jacobian(f, user, x, n, i, y, out), tad__file, tad__line);
}
#undef tad_jacobian
#define tad_jacobian(...) tad__traced_jacobian(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_hessian(const char *tad__file, int tad__line, tad_fn *f, void *user, const tad_var *x, size_t n, size_t i, size_t j, tad_var *y, tad_var *out) {
    return tad_here_status(tad__tape_in(x), tad_hessian(f, user, x, n, i, j, y, out), tad__file, tad__line);
}
#undef tad_hessian
#define tad_hessian(...) tad__traced_hessian(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_hessian_diagonal(const char *tad__file, int tad__line, tad_fn *f, void *user, const tad_var *x, size_t n, size_t i, tad_var *y, tad_var *out) {
    return tad_here_status(tad__tape_in(x), tad_hessian_diagonal(f, user, x, n, i, y, out), tad__file, tad__line);
}
#undef tad_hessian_diagonal
#define tad_hessian_diagonal(...) tad__traced_hessian_diagonal(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_jacobian_recorded(const char *tad__file, int tad__line, tad_fn *f, void *user, const tad_var *x, size_t n, size_t i, tad_var *y, tad_var *out) {
    return tad_here_status(tad__tape_in(x), tad_jacobian_recorded(f, user, x, n, i, y, out), tad__file, tad__line);
}
#undef tad_jacobian_recorded
#define tad_jacobian_recorded(...) tad__traced_jacobian_recorded(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_hessian_recorded(const char *tad__file, int tad__line, tad_fn *f, void *user, const tad_var *x, size_t n, size_t i, size_t j, tad_var *y, tad_var *out) {
    return tad_here_status(tad__tape_in(x), tad_hessian_recorded(f, user, x, n, i, j, y, out), tad__file, tad__line);
}
#undef tad_hessian_recorded
#define tad_hessian_recorded(...) tad__traced_hessian_recorded(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_dict_add(const char *tad__file, int tad__line, tad_dict *d, const char *name, tad_var value) {
    return tad_here_status(tad_dict_tape(d), tad_dict_add(d, name, value), tad__file, tad__line);
}
#undef tad_dict_add
#define tad_dict_add(...) tad__traced_dict_add(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_dict_add_buffer(const char *tad__file, int tad__line, tad_dict *d, const char *name, tad_var value) {
    return tad_here_status(tad_dict_tape(d), tad_dict_add_buffer(d, name, value), tad__file, tad__line);
}
#undef tad_dict_add_buffer
#define tad_dict_add_buffer(...) tad__traced_dict_add_buffer(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_dict_merge(const char *tad__file, int tad__line, tad_dict *d, const tad_dict *from, const char *prefix) {
    return tad_here_status(tad_dict_tape(d), tad_dict_merge(d, from, prefix), tad__file, tad__line);
}
#undef tad_dict_merge
#define tad_dict_merge(...) tad__traced_dict_merge(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_affine(const char *tad__file, int tad__line, tad_net *net, const char *name, int64_t in, int64_t out, const tad_layer_options *options) {
    return tad_here_status(tad_net_tape(net), tad_net_affine(net, name, in, out, options), tad__file, tad__line);
}
#undef tad_net_affine
#define tad_net_affine(...) tad__traced_net_affine(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_linear(const char *tad__file, int tad__line, tad_net *net, const char *name, int64_t in, int64_t out, const tad_layer_options *options) {
    return tad_here_status(tad_net_tape(net), tad_net_linear(net, name, in, out, options), tad__file, tad__line);
}
#undef tad_net_linear
#define tad_net_linear(...) tad__traced_net_linear(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_layer_norm(const char *tad__file, int tad__line, tad_net *net, const char *name, int64_t width, double eps) {
    return tad_here_status(tad_net_tape(net), tad_net_layer_norm(net, name, width, eps), tad__file, tad__line);
}
#undef tad_net_layer_norm
#define tad_net_layer_norm(...) tad__traced_net_layer_norm(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_group_norm(const char *tad__file, int tad__line, tad_net *net, const char *name, int64_t channels, int64_t groups, double eps) {
    return tad_here_status(tad_net_tape(net), tad_net_group_norm(net, name, channels, groups, eps), tad__file, tad__line);
}
#undef tad_net_group_norm
#define tad_net_group_norm(...) tad__traced_net_group_norm(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_batch_norm(const char *tad__file, int tad__line, tad_net *net, const char *name, int64_t channels, const tad_net_batch_norm_options *options) {
    return tad_here_status(tad_net_tape(net), tad_net_batch_norm(net, name, channels, options), tad__file, tad__line);
}
#undef tad_net_batch_norm
#define tad_net_batch_norm(...) tad__traced_net_batch_norm(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_embedding(const char *tad__file, int tad__line, tad_net *net, const char *name, int64_t count, int64_t width, const tad_init *init) {
    return tad_here_status(tad_net_tape(net), tad_net_embedding(net, name, count, width, init), tad__file, tad__line);
}
#undef tad_net_embedding
#define tad_net_embedding(...) tad__traced_net_embedding(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_activation(const char *tad__file, int tad__line, tad_net *net, const char *name, tad_activation *f) {
    return tad_here_status(tad_net_tape(net), tad_net_activation(net, name, f), tad__file, tad__line);
}
#undef tad_net_activation
#define tad_net_activation(...) tad__traced_net_activation(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_dropout(const char *tad__file, int tad__line, tad_net *net, const char *name, double p) {
    return tad_here_status(tad_net_tape(net), tad_net_dropout(net, name, p), tad__file, tad__line);
}
#undef tad_net_dropout
#define tad_net_dropout(...) tad__traced_net_dropout(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_layer(const char *tad__file, int tad__line, tad_net *net, const char *name, tad_layer_fn *f, void *user) {
    return tad_here_status(tad_net_tape(net), tad_net_layer(net, name, f, user), tad__file, tad__line);
}
#undef tad_net_layer
#define tad_net_layer(...) tad__traced_net_layer(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_conv2d(const char *tad__file, int tad__line, tad_net *net, const char *name, int64_t in, int64_t out, tad_shape kernel, const tad_conv_options *conv, const tad_layer_options *options) {
    return tad_here_status(tad_net_tape(net), tad_net_conv2d(net, name, in, out, kernel, conv, options), tad__file, tad__line);
}
#undef tad_net_conv2d
#define tad_net_conv2d(...) tad__traced_net_conv2d(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_max_pool2d(const char *tad__file, int tad__line, tad_net *net, const char *name, tad_shape kernel, const tad_pool_options *options) {
    return tad_here_status(tad_net_tape(net), tad_net_max_pool2d(net, name, kernel, options), tad__file, tad__line);
}
#undef tad_net_max_pool2d
#define tad_net_max_pool2d(...) tad__traced_net_max_pool2d(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_avg_pool2d(const char *tad__file, int tad__line, tad_net *net, const char *name, tad_shape kernel, const tad_pool_options *options) {
    return tad_here_status(tad_net_tape(net), tad_net_avg_pool2d(net, name, kernel, options), tad__file, tad__line);
}
#undef tad_net_avg_pool2d
#define tad_net_avg_pool2d(...) tad__traced_net_avg_pool2d(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_flatten(const char *tad__file, int tad__line, tad_net *net, const char *name) {
    return tad_here_status(tad_net_tape(net), tad_net_flatten(net, name), tad__file, tad__line);
}
#undef tad_net_flatten
#define tad_net_flatten(...) tad__traced_net_flatten(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_attention(const char *tad__file, int tad__line, tad_net *net, const char *name, int64_t width, const tad_transformer_options *options) {
    return tad_here_status(tad_net_tape(net), tad_net_attention(net, name, width, options), tad__file, tad__line);
}
#undef tad_net_attention
#define tad_net_attention(...) tad__traced_net_attention(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_transformer(const char *tad__file, int tad__line, tad_net *net, const char *name, int64_t width, const tad_transformer_options *options) {
    return tad_here_status(tad_net_tape(net), tad_net_transformer(net, name, width, options), tad__file, tad__line);
}
#undef tad_net_transformer
#define tad_net_transformer(...) tad__traced_net_transformer(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_rnn(const char *tad__file, int tad__line, tad_net *net, const char *name, int64_t in, int64_t width, const tad_recurrent_options *options) {
    return tad_here_status(tad_net_tape(net), tad_net_rnn(net, name, in, width, options), tad__file, tad__line);
}
#undef tad_net_rnn
#define tad_net_rnn(...) tad__traced_net_rnn(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_gru(const char *tad__file, int tad__line, tad_net *net, const char *name, int64_t in, int64_t width, const tad_recurrent_options *options) {
    return tad_here_status(tad_net_tape(net), tad_net_gru(net, name, in, width, options), tad__file, tad__line);
}
#undef tad_net_gru
#define tad_net_gru(...) tad__traced_net_gru(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_net_lstm(const char *tad__file, int tad__line, tad_net *net, const char *name, int64_t in, int64_t width, const tad_recurrent_options *options) {
    return tad_here_status(tad_net_tape(net), tad_net_lstm(net, name, in, width, options), tad__file, tad__line);
}
#undef tad_net_lstm
#define tad_net_lstm(...) tad__traced_net_lstm(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_optim_step(const char *tad__file, int tad__line, tad_optim *o) {
    return tad_here_status(tad_dict_tape(tad_optim_state(o)), tad_optim_step(o), tad__file, tad__line);
}
#undef tad_optim_step
#define tad_optim_step(...) tad__traced_optim_step(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_optim_set_lr(const char *tad__file, int tad__line, tad_optim *o, double lr) {
    return tad_here_status(tad_dict_tape(tad_optim_state(o)), tad_optim_set_lr(o, lr), tad__file, tad__line);
}
#undef tad_optim_set_lr
#define tad_optim_set_lr(...) tad__traced_optim_set_lr(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_optim_scale_lr(const char *tad__file, int tad__line, tad_optim *o, const tad_dict *of, double factor) {
    return tad_here_status(tad_dict_tape(tad_optim_state(o)), tad_optim_scale_lr(o, of, factor), tad__file, tad__line);
}
#undef tad_optim_scale_lr
#define tad_optim_scale_lr(...) tad__traced_optim_scale_lr(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_optim_set_decay(const char *tad__file, int tad__line, tad_optim *o, const tad_dict *of, double weight_decay) {
    return tad_here_status(tad_dict_tape(tad_optim_state(o)), tad_optim_set_decay(o, of, weight_decay), tad__file, tad__line);
}
#undef tad_optim_set_decay
#define tad_optim_set_decay(...) tad__traced_optim_set_decay(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_gradient_norm(const char *tad__file, int tad__line, const tad_dict *params, double *norm) {
    return tad_here_status(tad_dict_tape(params), tad_gradient_norm(params, norm), tad__file, tad__line);
}
#undef tad_gradient_norm
#define tad_gradient_norm(...) tad__traced_gradient_norm(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_optim_step_rows(const char *tad__file, int tad__line, tad_optim *o, const tad_rows *rows, size_t n) {
    return tad_here_status(tad_dict_tape(tad_optim_state(o)), tad_optim_step_rows(o, rows, n), tad__file, tad__line);
}
#undef tad_optim_step_rows
#define tad_optim_step_rows(...) tad__traced_optim_step_rows(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_freeze(const char *tad__file, int tad__line, const tad_var *in, size_t n_in, const tad_var *out, size_t n_out, const tad_freeze_options *options, tad_program **program) {
    return tad_here_status(tad__tape_in(in), tad_freeze(in, n_in, out, n_out, options, program), tad__file, tad__line);
}
#undef tad_freeze
#define tad_freeze(...) tad__traced_freeze(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_freeze_function(const char *tad__file, int tad__line, tad_fn *f, void *user, const tad_var *x, size_t n, unsigned give, const tad_freeze_options *options, tad_program **program) {
    return tad_here_status(tad__tape_in(x), tad_freeze_function(f, user, x, n, give, options, program), tad__file, tad__line);
}
#undef tad_freeze_function
#define tad_freeze_function(...) tad__traced_freeze_function(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_gradcheck_simple(const char *tad__file, int tad__line, tad_fn *f, void *user, const tad_var *x, size_t n, const tad_simple_options *options, tad_simple_row *rows) {
    return tad_here_status(tad__tape_in(x), tad_gradcheck_simple(f, user, x, n, options, rows), tad__file, tad__line);
}
#undef tad_gradcheck_simple
#define tad_gradcheck_simple(...) tad__traced_gradcheck_simple(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_dump(const char *tad__file, int tad__line, tad_var y, const tad_show_options *show, tad_sink *sink, void *user) {
    return tad_here_status(tad_tape_of(y), tad_dump(y, show, sink, user), tad__file, tad__line);
}
#undef tad_dump
#define tad_dump(...) tad__traced_dump(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_dot_graph(const char *tad__file, int tad__line, tad_var y, const tad_show_options *show, tad_sink *sink, void *user) {
    return tad_here_status(tad_tape_of(y), tad_dot_graph(y, show, sink, user), tad__file, tad__line);
}
#undef tad_dot_graph
#define tad_dot_graph(...) tad__traced_dot_graph(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_explain(const char *tad__file, int tad__line, tad_var y, tad_explain_format format, tad_sink *sink, void *user) {
    return tad_here_status(tad_tape_of(y), tad_explain(y, format, sink, user), tad__file, tad__line);
}
#undef tad_explain
#define tad_explain(...) tad__traced_explain(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_confusion(const char *tad__file, int tad__line, tad_var scores, tad_var labels, int64_t *counts, size_t n) {
    return tad_here_status(tad_tape_of(scores), tad_confusion(scores, labels, counts, n), tad__file, tad__line);
}
#undef tad_confusion
#define tad_confusion(...) tad__traced_confusion(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_evaluate(const char *tad__file, int tad__line, tad_net *net, tad_batches *batches, tad_score *out) {
    return tad_here_status(tad_net_tape(net), tad_evaluate(net, batches, out), tad__file, tad__line);
}
#undef tad_evaluate
#define tad_evaluate(...) tad__traced_evaluate(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_idx_parse(const char *tad__file, int tad__line, tad_tape *t, const void *bytes, size_t n, tad_idx *out) {
    return tad_here_status(t, tad_idx_parse(t, bytes, n, out), tad__file, tad__line);
}
#undef tad_idx_parse
#define tad_idx_parse(...) tad__traced_idx_parse(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_idx_load(const char *tad__file, int tad__line, tad_tape *t, const char *path, tad_idx *out) {
    return tad_here_status(t, tad_idx_load(t, path, out), tad__file, tad__line);
}
#undef tad_idx_load
#define tad_idx_load(...) tad__traced_idx_load(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_idx_load_part(const char *tad__file, int tad__line, tad_tape *t, const char *path, int64_t part, int64_t parts, tad_idx *out) {
    return tad_here_status(t, tad_idx_load_part(t, path, part, parts, out), tad__file, tad__line);
}
#undef tad_idx_load_part
#define tad_idx_load_part(...) tad__traced_idx_load_part(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_dataset_load(const char *tad__file, int tad__line, tad_tape *t, const char *dir, const char *name, const tad_dataset_options *options, tad_dataset *out) {
    return tad_here_status(t, tad_dataset_load(t, dir, name, options, out), tad__file, tad__line);
}
#undef tad_dataset_load
#define tad_dataset_load(...) tad__traced_dataset_load(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_dataset_load_part(const char *tad__file, int tad__line, tad_tape *t, const char *dir, const char *name, int64_t part, int64_t parts, const tad_dataset_options *options, tad_dataset *out) {
    return tad_here_status(t, tad_dataset_load_part(t, dir, name, part, parts, options, out), tad__file, tad__line);
}
#undef tad_dataset_load_part
#define tad_dataset_load_part(...) tad__traced_dataset_load_part(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_dataset_make(const char *tad__file, int tad__line, tad_tape *t, const tad_idx *examples, const tad_idx *labels, const tad_dataset_options *options, tad_dataset *out) {
    return tad_here_status(t, tad_dataset_make(t, examples, labels, options, out), tad__file, tad__line);
}
#undef tad_dataset_make
#define tad_dataset_make(...) tad__traced_dataset_make(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_dataset_split(const char *tad__file, int tad__line, tad_tape *t, const tad_dataset *all, int64_t every, tad_dataset *rest, tad_dataset *held_out) {
    return tad_here_status(t, tad_dataset_split(t, all, every, rest, held_out), tad__file, tad__line);
}
#undef tad_dataset_split
#define tad_dataset_split(...) tad__traced_dataset_split(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_safetensors_open(const char *tad__file, int tad__line, tad_tape *t, const void *buffer, size_t length, tad_safetensors **file) {
    return tad_here_status(t, tad_safetensors_open(t, buffer, length, file), tad__file, tad__line);
}
#undef tad_safetensors_open
#define tad_safetensors_open(...) tad__traced_safetensors_open(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_safetensors_open_path(const char *tad__file, int tad__line, tad_tape *t, const char *path, tad_safetensors **file) {
    return tad_here_status(t, tad_safetensors_open_path(t, path, file), tad__file, tad__line);
}
#undef tad_safetensors_open_path
#define tad_safetensors_open_path(...) tad__traced_safetensors_open_path(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_safetensors_write_path(const char *tad__file, int tad__line, tad_tape *t, const char *path, const tad_contents *contents) {
    return tad_here_status(t, tad_safetensors_write_path(t, path, contents), tad__file, tad__line);
}
#undef tad_safetensors_write_path
#define tad_safetensors_write_path(...) tad__traced_safetensors_write_path(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_safetensors_write(const char *tad__file, int tad__line, tad_tape *t, const tad_contents *contents, void *buffer, size_t capacity, size_t *length) {
    return tad_here_status(t, tad_safetensors_write(t, contents, buffer, capacity, length), tad__file, tad__line);
}
#undef tad_safetensors_write
#define tad_safetensors_write(...) tad__traced_safetensors_write(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_checkpoint_save(const char *tad__file, int tad__line, tad_tape *t, const char *path, const tad_slot *slots, size_t n, const tad_text *texts, size_t text_count) {
    return tad_here_status(t, tad_checkpoint_save(t, path, slots, n, texts, text_count), tad__file, tad__line);
}
#undef tad_checkpoint_save
#define tad_checkpoint_save(...) tad__traced_checkpoint_save(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_checkpoint_load(const char *tad__file, int tad__line, tad_tape *t, const char *path, const tad_slot *slots, size_t n, bool partial) {
    return tad_here_status(t, tad_checkpoint_load(t, path, slots, n, partial), tad__file, tad__line);
}
#undef tad_checkpoint_load
#define tad_checkpoint_load(...) tad__traced_checkpoint_load(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_npy_save(const char *tad__file, int tad__line, tad_var x, const char *path) {
    return tad_here_status(tad_tape_of(x), tad_npy_save(x, path), tad__file, tad__line);
}
#undef tad_npy_save
#define tad_npy_save(...) tad__traced_npy_save(__FILE__, __LINE__, __VA_ARGS__)
static inline tad_status tad__traced_npz_save(const char *tad__file, int tad__line, const tad_dict *d, const char *path) {
    return tad_here_status(tad_dict_tape(d), tad_npz_save(d, path), tad__file, tad__line);
}
#undef tad_npz_save
#define tad_npz_save(...) tad__traced_npz_save(__FILE__, __LINE__, __VA_ARGS__)

#ifdef __cplusplus
}
#endif
#endif
