/* What runs the rows of the table. Rests on node.h. */
#ifndef ONNX_ROWS_H
#define ONNX_ROWS_H

#include "node.h"

/* run_elementwise.c */
void run_plain(node_run *r, const row *is);
void run_choice(node_run *r, const row *is);
void run_numbers(node_run *r, const row *is);
void run_chain(node_run *r, const row *is);
void run_sum(node_run *r, const row *is);
void run_prelu(node_run *r, const row *is);
void run_mod(node_run *r, const row *is);
void run_pow(node_run *r, const row *is);
void run_clip(node_run *r, const row *is);
void run_selu(node_run *r, const row *is);
void run_hardsigmoid(node_run *r, const row *is);
void run_thresholded(node_run *r, const row *is);
void run_shrink(node_run *r, const row *is);
void run_isnan(node_run *r, const row *is);
void run_isinf(node_run *r, const row *is);
void run_cast(node_run *r, const row *is);
void run_cast_like(node_run *r, const row *is);
void run_identity(node_run *r, const row *is);
void run_dropout(node_run *r, const row *is);
/* run_shape.c */
void run_constant(node_run *r, const row *is);
void run_constant_of_shape(node_run *r, const row *is);
void run_eye(node_run *r, const row *is);
void run_range(node_run *r, const row *is);
void run_shape(node_run *r, const row *is);
void run_size(node_run *r, const row *is);
void run_reshape(node_run *r, const row *is);
void run_flatten(node_run *r, const row *is);
void run_squeeze(node_run *r, const row *is);
void run_unsqueeze(node_run *r, const row *is);
void run_transpose(node_run *r, const row *is);
void run_expand(node_run *r, const row *is);
void run_concat(node_run *r, const row *is);
void run_split(node_run *r, const row *is);
void run_slice(node_run *r, const row *is);
void run_pad(node_run *r, const row *is);
void run_tile(node_run *r, const row *is);
void run_upsample(node_run *r, const row *is);
void run_grid_sample(node_run *r, const row *is);
void run_trilu(node_run *r, const row *is);
void run_depth_to_space(node_run *r, const row *is);
void run_space_to_depth(node_run *r, const row *is);
/* run_index.c */
void run_gather(node_run *r, const row *is);
void run_gather_elements(node_run *r, const row *is);
void run_scatter_elements(node_run *r, const row *is);
void run_gather_nd(node_run *r, const row *is);
void run_scatter_nd(node_run *r, const row *is);
void run_max_unpool(node_run *r, const row *is);
void run_compress(node_run *r, const row *is);
void run_one_hot(node_run *r, const row *is);
void run_reverse_sequence(node_run *r, const row *is);
void run_topk(node_run *r, const row *is);
void run_cumsum(node_run *r, const row *is);
/* run_reduce.c */
void run_reduce(node_run *r, const row *is);
void run_reduce_log_sum(node_run *r, const row *is);
void run_reduce_sum_square(node_run *r, const row *is);
void run_arg(node_run *r, const row *is);
void run_softmax(node_run *r, const row *is);
void run_hardmax(node_run *r, const row *is);
void run_gemm(node_run *r, const row *is);
void run_einsum(node_run *r, const row *is);
/* run_net.c */
void run_conv(node_run *r, const row *is);
void run_conv_transpose(node_run *r, const row *is);
void run_max_pool(node_run *r, const row *is);
void run_average_pool(node_run *r, const row *is);
void run_global_pool(node_run *r, const row *is);
void run_batch_norm(node_run *r, const row *is);
void run_instance_norm(node_run *r, const row *is);
void run_layer_norm(node_run *r, const row *is);
void run_mean_variance_norm(node_run *r, const row *is);
void run_lrn(node_run *r, const row *is);
/* run_recurrent.c */
void run_rnn(node_run *r, const row *is);
void run_lstm(node_run *r, const row *is);
void run_gru(node_run *r, const row *is);
/* run_loss.c */
void run_nll(node_run *r, const row *is);
void run_cross_entropy(node_run *r, const row *is);
/* run_signal.c */
void run_dft(node_run *r, const row *is);
void run_stft(node_run *r, const row *is);
void run_window(node_run *r, const row *is);
/* run_train.c */
void run_gradient(node_run *r, const row *is);
void run_adagrad(node_run *r, const row *is);
void run_adam(node_run *r, const row *is);
void run_momentum(node_run *r, const row *is);

#endif
