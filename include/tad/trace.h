/* With TAD_TRACE defined before tad/tad.h: every call that records a variable also notes its file and
 * line, in the node and in the message of a failure. Written by tests/trace_header.py. */
#ifndef TAD_TRACE_H
#define TAD_TRACE_H

#include <tad/tape.h>

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
#undef tad_selu
#define tad_selu(...) TAD_HERE(tad_selu(__VA_ARGS__))
#undef tad_gelu
#define tad_gelu(...) TAD_HERE(tad_gelu(__VA_ARGS__))
#undef tad_silu
#define tad_silu(...) TAD_HERE(tad_silu(__VA_ARGS__))
#undef tad_softplus
#define tad_softplus(...) TAD_HERE(tad_softplus(__VA_ARGS__))
#undef tad_softsign
#define tad_softsign(...) TAD_HERE(tad_softsign(__VA_ARGS__))
#undef tad_hardtanh
#define tad_hardtanh(...) TAD_HERE(tad_hardtanh(__VA_ARGS__))
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
#undef tad_affine
#define tad_affine(...) TAD_HERE(tad_affine(__VA_ARGS__))
#undef tad_linear
#define tad_linear(...) TAD_HERE(tad_linear(__VA_ARGS__))
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
#undef tad_sum_to
#define tad_sum_to(...) TAD_HERE(tad_sum_to(__VA_ARGS__))
#undef tad_softmax
#define tad_softmax(...) TAD_HERE(tad_softmax(__VA_ARGS__))
#undef tad_log_softmax
#define tad_log_softmax(...) TAD_HERE(tad_log_softmax(__VA_ARGS__))
#undef tad_layer_norm
#define tad_layer_norm(...) TAD_HERE(tad_layer_norm(__VA_ARGS__))
#undef tad_rms_norm
#define tad_rms_norm(...) TAD_HERE(tad_rms_norm(__VA_ARGS__))
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
#undef tad_flip
#define tad_flip(...) TAD_HERE(tad_flip(__VA_ARGS__))
#undef tad_concat
#define tad_concat(...) TAD_HERE(tad_concat(__VA_ARGS__))
#undef tad_stack
#define tad_stack(...) TAD_HERE(tad_stack(__VA_ARGS__))
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
#undef tad_equal
#define tad_equal(...) TAD_HERE(tad_equal(__VA_ARGS__))
#undef tad_dropout
#define tad_dropout(...) TAD_HERE(tad_dropout(__VA_ARGS__))
#undef tad_dropout_mask
#define tad_dropout_mask(...) TAD_HERE(tad_dropout_mask(__VA_ARGS__))

#endif
