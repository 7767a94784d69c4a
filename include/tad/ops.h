/* The ops: functions that compute with variables and are recorded.
 *
 * Common to all: operands belong to one tape; a failure gives a nil variable and sticks to the tape
 * (tad_tape_status, tad_message). float64 and float32 operands do not mix, except that 0-d operands
 * join the others' type; tad_number(c) stands for a plain number. Broadcasting is NumPy's. `options`
 * may be NULL. docs/ops.md lists every op with its options.
 *
 * Threads: as the tape. */
#ifndef TAD_OPS_H
#define TAD_OPS_H

#include <tad/op.h>
#include <tad/scalar.h> /* elementwise: tad_add, tad_mul, tad_sin, tad_relu, ... from scalar.def */

#ifdef __cplusplus
extern "C" {
#endif

/* ---- sums over a list, as one node: a neuron of scalar code ---- */

TAD_API tad_var tad_sum_list(const tad_var *x, size_t n); /* x[0] + x[1] + ... */
TAD_API tad_var tad_dot_list(const tad_var *a, const tad_var *b, size_t n, tad_var c); /* c + a[0] b[0] + ... */

/* ---- products ---- */

/* NumPy's matmul: 1-d and 2-d operands, leading axes are batches and broadcast. */
TAD_API tad_var tad_matmul(tad_var a, tad_var b);
TAD_API tad_var tad_bmm(tad_var a, tad_var b);   /* (B,n,k), (B,k,m) -> (B,n,m) */
TAD_API tad_var tad_mv(tad_var a, tad_var b);    /* (n,k), (k) -> (n) */
TAD_API tad_var tad_dot(tad_var a, tad_var b);   /* (n) . (n) -> () */
TAD_API tad_var tad_outer(tad_var a, tad_var b); /* (n), (m) -> (n,m) */
/* x W + b: x (n) or (B, ...) flattened to (B,n), W (n,m), b (m) or (1,m) or tad_none(). -> (m) or (B,m) */
TAD_API tad_var tad_affine(tad_var x, tad_var w, tad_var b);
/* x W^T + b on the last axis: x (...,n), W (m,n), b (m) or tad_none(). -> (...,m) */
TAD_API tad_var tad_linear(tad_var x, tad_var w, tad_var b);

/* ---- reductions, over tad_all(), tad_axis(1), TAD_AXES(0, 2), tad_keepdims(tad_axis(-1)) ---- */

TAD_API tad_var tad_sum(tad_var x, tad_axes over);
TAD_API tad_var tad_mean(tad_var x, tad_axes over); /* of nothing: NaN */
TAD_API tad_var tad_amax(tad_var x, tad_axes over); /* ties share the gradient evenly */
TAD_API tad_var tad_amin(tad_var x, tad_axes over);
TAD_API tad_var tad_logsumexp(tad_var x, tad_axes over);

/* Over one axis. The gradient goes to the first of equal elements. *indices (may be NULL) receives
 * their places. */
TAD_API tad_var tad_max(tad_var x, tad_axes over, tad_var *indices);
TAD_API tad_var tad_min(tad_var x, tad_axes over, tad_var *indices);
/* int64; over one axis or all; the first of equals. */
TAD_API tad_var tad_argmax(tad_var x, tad_axes over);
TAD_API tad_var tad_argmin(tad_var x, tad_axes over);
/* Undoes broadcasting: sums x down to `shape`. */
TAD_API tad_var tad_sum_to(tad_var x, tad_shape shape);

/* ---- softmax ---- */

TAD_API tad_var tad_softmax(tad_var x, int axis);
TAD_API tad_var tad_log_softmax(tad_var x, int axis);

/* ---- normalisation along the last axes ---- */

/* x's shape ends with `normalized` (TAD_0D: with any last axis), the shape of gain and bias, which may
 * be tad_none(). eps is added to
 * the variance (the mean square); 1e-5 is usual, 1e-6 for rms_norm. */
TAD_API tad_var tad_layer_norm(tad_var x, tad_var gain, tad_var bias, tad_shape normalized, double eps);
TAD_API tad_var tad_rms_norm(tad_var x, tad_var gain, tad_shape normalized, double eps);

/* ---- losses: inputs, targets and weights have gradients, where they are of a float type ---- */

typedef enum tad_reduction {
    TAD_MEAN,
    TAD_SUM,
    TAD_EACH,     /* not reduced: by name "none" */
    TAD_BATCHMEAN /* of kl_div only: the sum over shape[0] */
} tad_reduction;

TAD_API tad_var tad_mse(tad_var input, tad_var target, tad_reduction reduction);
TAD_API tad_var tad_half_sse(tad_var input, tad_var target); /* 1/2 sum (input - target)^2 */
TAD_API tad_var tad_l1(tad_var input, tad_var target, tad_reduction reduction);
TAD_API tad_var tad_smooth_l1(tad_var input, tad_var target, double beta, tad_reduction reduction);
TAD_API tad_var tad_huber(tad_var input, tad_var target, double delta, tad_reduction reduction);
TAD_API tad_var tad_hinge(tad_var input, tad_var target, double margin, tad_reduction reduction); /* target +-1 */
/* target (log target - log_probability); 0 log 0 is 0. log_target: the target is given as its log. */
TAD_API tad_var tad_kl_div(tad_var log_probability, tad_var target, bool log_target, tad_reduction reduction);
/* weight broadcasts to the target, pos_weight to its last axes; or they are tad_none(). */
TAD_API tad_var tad_bce(tad_var probability, tad_var target, tad_var weight, tad_reduction reduction);
TAD_API tad_var tad_bce_with_logits(tad_var logits, tad_var target, tad_var weight, tad_var pos_weight,
                                    tad_reduction reduction);

/* All zero, or NULL: the mean, without smoothing and weights. */
typedef struct tad_cross_entropy_options {
    tad_reduction reduction;
    double label_smoothing;
    tad_var weight; /* of the classes; left zero: none */
} tad_cross_entropy_options;

/* logits (C) or (B,C,...); target: int64 labels () or (B,...), or probabilities of logits' shape.
 * Labels that are -100 do not count. */
TAD_API tad_var tad_cross_entropy(tad_var logits, tad_var target, const tad_cross_entropy_options *options);
TAD_API tad_var tad_nll_loss(tad_var log_probability, tad_var target, const tad_cross_entropy_options *options);
/* The same, but labels that are ignore_index do not count. */
TAD_API tad_var tad_cross_entropy_ignoring(tad_var logits, tad_var target, int64_t ignore_index,
                                           const tad_cross_entropy_options *options);
TAD_API tad_var tad_nll_loss_ignoring(tad_var log_probability, tad_var target, int64_t ignore_index,
                                      const tad_cross_entropy_options *options);

/* ---- shape ---- */

TAD_API tad_var tad_reshape(tad_var x, tad_shape shape); /* one -1 is computed */
TAD_API tad_var tad_flatten(tad_var x, int start_axis, int end_axis);
TAD_API tad_var tad_transpose(tad_var x, int axis0, int axis1);
TAD_API tad_var tad_permute(tad_var x, tad_axes order); /* all axes of x, in their new order; tad_all(): reversed */
TAD_API tad_var tad_broadcast_to(tad_var x, tad_shape shape);
TAD_API tad_var tad_squeeze(tad_var x, tad_axes axes); /* of size 1; tad_all(): all that are */
TAD_API tad_var tad_unsqueeze(tad_var x, int axis);
/* Python's x[start:stop:step] along one axis: negative places count from the end, TAD_END is as far as
 * there is. A slice of several axes is a slice of a slice; all of them show x's memory. */
#define TAD_END INT64_MAX
TAD_API tad_var tad_slice(tad_var x, int axis, int64_t start, int64_t stop, int64_t step);
/* x[i] along the first axis: an element of a vector, a row of a matrix; negative i from the end. */
TAD_API tad_var tad_at(tad_var x, int64_t i);
TAD_API tad_var tad_flip(tad_var x, tad_axes axes);
TAD_API tad_var tad_concat(const tad_var *x, size_t n, int axis);
TAD_API tad_var tad_stack(const tad_var *x, size_t n, int axis);
TAD_API tad_var tad_cast(tad_var x, tad_dtype dtype); /* between float types differentiable */

/* ---- indexing and choice ---- */

TAD_API tad_var tad_gather(tad_var x, tad_var index, int axis); /* as torch.gather */
TAD_API tad_var tad_scatter_add(tad_var x, tad_var index, tad_var src, int axis);
TAD_API tad_var tad_index_select(tad_var x, tad_var index, int axis); /* index (n) */
/* As numpy.take_along_axis; one axis, or tad_all(): of x flattened. */
TAD_API tad_var tad_take_along_axis(tad_var x, tad_var index, tad_axes axis);
/* Rows of weight. */
TAD_API tad_var tad_embedding(tad_var indices, tad_var weight);
/* The same, but the row padding_idx counts as constant: no gradient, no tangent. */
TAD_API tad_var tad_embedding_padded(tad_var indices, tad_var weight, int64_t padding_idx);
TAD_API tad_var tad_masked_fill(tad_var x, tad_var mask, double value); /* mask bool, broadcasts to x */
TAD_API tad_var tad_where(tad_var condition, tad_var a, tad_var b); /* condition bool */
TAD_API tad_var tad_one_hot(tad_var indices, int64_t num_classes);  /* int64; -1: largest + 1 */
/* bool, of two operands of one type, without derivative; a NaN is not_equal to all, else false. */
TAD_API tad_var tad_greater(tad_var a, tad_var b);
TAD_API tad_var tad_greater_equal(tad_var a, tad_var b);
TAD_API tad_var tad_less(tad_var a, tad_var b);
TAD_API tad_var tad_less_equal(tad_var a, tad_var b);
TAD_API tad_var tad_equal(tad_var a, tad_var b);
TAD_API tad_var tad_not_equal(tad_var a, tad_var b);
TAD_API tad_var tad_logical_and(tad_var a, tad_var b); /* of bools */
TAD_API tad_var tad_logical_or(tad_var a, tad_var b);
TAD_API tad_var tad_logical_xor(tad_var a, tad_var b);
TAD_API tad_var tad_logical_not(tad_var x);

/* ---- random ---- */

TAD_API tad_var tad_dropout(tad_var x, double p); /* zeroes with probability p, scales by 1/(1-p) */
TAD_API tad_var tad_dropout_mask(tad_var x, tad_var keep, double p); /* the same with a given bool mask */

#ifdef __cplusplus
}
#endif
#endif
