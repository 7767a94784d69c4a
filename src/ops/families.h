/* The families of built-in ops: the only list of them. Needs op.h. */
#ifndef TAD_OPS_FAMILIES_H
#define TAD_OPS_FAMILIES_H

#include <tad/op.h>

/* clang-format off */
#define TAD__FAMILIES(F)                                                                           \
    F(choice) F(compare) F(reshape) F(broadcast) F(permute) F(slice) F(at) F(join) F(pad) F(roll)  \
    F(diagonal) F(repeat) F(split) F(sum) F(extreme) F(logsumexp) F(argmax) F(prod) F(var)         \
    F(vector_norm) F(scan) F(diff) F(sort) F(quantile) F(conv) F(pool) F(fold) F(lp_pool)          \
    F(upsample) F(pixels) F(grid_sample) F(grid_taps) F(grid_sum) F(matmul) F(addmm) F(layer)      \
    F(solve) F(det) F(symmetric) F(factor) F(svd) F(matrix_exp) F(softmax) F(attention) F(rope)    \
    F(dft) F(fft) F(convolve) F(norm) F(regression) F(bce) F(kl_div) F(hinge) F(cross_entropy)     \
    F(nll) F(ctc) F(shares) F(entropy_gradient) F(gather) F(take) F(embedding) F(one_hot)          \
    F(masked_fill) F(dropout) F(distributions) F(gumbel) F(glu) F(cells) F(sequences)              \
    F(similarity) F(margins) F(multilabel) F(channels) F(batch_norm) F(local_norm) F(tensordot)    \
    F(einsum) F(positive) F(tridiagonal) F(banded) F(interpolate) F(special) F(quantiles)          \
    F(density) F(vectors) F(places) F(select) F(search) F(unique) F(scatter_reduce)                \
    F(scatter_recurrence) F(csr_matmul) F(csr_dense) F(coo) F(segment) F(embedding_bag) F(list)
/* clang-format on */

#define TAD__DECLARE(family)                                                                       \
    extern const tad_op tad__ops_##family[];                                                       \
    extern const size_t tad__ops_##family##_count;
TAD__FAMILIES(TAD__DECLARE)
#undef TAD__DECLARE

#endif
