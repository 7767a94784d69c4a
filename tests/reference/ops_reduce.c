/* Examples of tad/ops.h: reductions, order, softmax, normalisation, attention, cells, losses. */
#include "example.h"

static void reductions(tad_tape *t) {
    const tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){1, 2, 3, 4, 5, 6});

    IS(tad_sum(x, tad_axis(0)), "[5, 7, 9]");

    IS(tad_mean(x, tad_keepdims(tad_axis(-1))), "[[2], [5]]");

    IS(tad_amax(x, tad_all()), 6);

    IS(tad_amin(x, tad_axis(1)), "[1, 4]");

    IS(tad_logsumexp(tad_mul(x, tad_number(1000)), tad_axis(1)), "[3000, 6000]");

    {
        tad_var places;
        IS(tad_max(x, tad_axis(0), &places), "[4, 5, 6]");
        IS(places, "[1, 1, 1]");
    }

    IS(tad_min(x, tad_axis(1), NULL), "[1, 4]");

    IS(tad_argmax(x, tad_axis(1)), "[2, 2]");

    IS(tad_argmin(x, tad_all()), 0);

    IS(tad_prod(x, tad_axis(1)), "[6, 120]");

    IS(tad_var_over(x, tad_axis(1), 1), "[1, 1]");

    IS(tad_std(x, tad_all(), 0), 1.70783);

    IS(tad_norm(x, 2, tad_axis(1)), "[3.74166, 8.77496]");

    IS(tad_sum_to(x, TAD_SHAPE(2, 1)), "[[6], [15]]");
}

static void running(tad_tape *t) {
    const tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(4), (double[]){3, 1, 4, 1});

    IS(tad_cumsum(x, 0), "[3, 4, 8, 9]");

    IS(tad_cumprod(x, 0), "[3, 3, 12, 12]");

    IS(tad_logcumsumexp(x, 0), "[3, 3.12693, 4.34901, 4.38353]");

    IS(tad_cummax(x, 0, NULL), "[3, 3, 4, 4]");

    {
        tad_var places;
        IS(tad_cummin(x, 0, &places), "[3, 1, 1, 1]");
        IS(places, "[0, 1, 1, 3]");
    }

    IS(tad_diff(x, 1, 0), "[-2, 3, -3]");
}

static void order(tad_tape *t) {
    const tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(4), (double[]){3, 1, 4, 1});
    const tad_var sorted = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 2, 3});

    {
        tad_var places;
        IS(tad_sort(x, 0, false, &places), "[1, 1, 3, 4]");
        IS(places, "[1, 3, 0, 2]");
    }

    IS(tad_argsort(x, 0, true), "[2, 0, 1, 3]");

    IS(tad_topk(x, 2, 0, true, NULL), "[4, 3]");

    IS(tad_median(x, tad_all(), NULL), 1);

    IS(tad_quantile(x, 0.5, tad_all(), TAD_LINEAR), 2);

    IS(tad_searchsorted(sorted, x, false), "[2, 0, 3, 0]");

    IS(tad_histogram(x, 2, 0, 4), "[2, 2]");

    {
        tad_var inverse, counts;
        IS(tad_unique(x, &inverse, &counts), "[1, 3, 4]");
        IS(inverse, "[1, 0, 2, 0]");
        IS(counts, "[2, 1, 1]");
    }
}

static void softmaxes(tad_tape *t) {
    const tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 2, 3});
    const tad_var gain = tad_full(t, TAD_F64, TAD_SHAPE(3), 2);

    IS(tad_softmax(x, -1), "[0.0900306, 0.244728, 0.665241]");

    IS(tad_log_softmax(x, -1), "[-2.40761, -1.40761, -0.407606]");

    IS(tad_softmin(x, -1), "[0.665241, 0.244728, 0.0900306]");

    IS(tad_layer_norm(x, gain, tad_none(), TAD_0D, 1e-5), "[-2.44947, 0, 2.44947]");

    IS(tad_rms_norm(x, gain, TAD_0D, 1e-6), "[0.92582, 1.85164, 2.77746]");
}

static void attention(tad_tape *t) {
    const tad_var q = tad_full(t, TAD_F64, TAD_SHAPE(2, 2), 1), k = q;
    const tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(2, 1), (double[]){10, 20});
    const tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){1, 0, 1, 0});

    IS(tad_scaled_dot_product_attention(q, k, v, tad_none(),
                                        &(tad_attention_options){.is_causal = true}),
       "[[10], [15]]");

    IS(tad_rope(x, NULL), "[[1, 0], [0.540302, 0.841471]]"); /* by 0, by 1 */
}

static void channels(tad_tape *t) {
    /* two samples of two channels */
    const tad_var x =
        tad_constant(t, TAD_F64, TAD_SHAPE(2, 2, 2), (double[]){1, 3, 2, 6, 5, 7, 0, 4});
    const tad_var ones = tad_full(t, TAD_F64, TAD_SHAPE(2), 1);
    const tad_var none = tad_none();

    IS(tad_group_norm(x, none, none, 2, 0), "[[[-1, 1], [-1, 1]], [[-1, 1], [-1, 1]]]");

    IS(tad_instance_norm(x, none, ones, 0), "[[[0, 2], [0, 2]], [[0, 2], [0, 2]]]");

    {
        const tad_var zeros = tad_full(t, TAD_F64, TAD_SHAPE(2), 0);
        tad_var mean, variance;
        const tad_batch_norm_options o = {
            .training = true, .momentum = 0.5, .next_mean = &mean, .next_variance = &variance};
        const tad_var y = tad_batch_norm(x, zeros, ones, none, none, &o);
        IS(tad_shape_of(y), "(2, 2, 2)");
        IS(mean, "[2, 1.5]");
    }

    IS(tad_local_response_norm(tad_unsqueeze(ones, 0), 1, 1, 1, 1), "[[0.5, 0.5]]");
}

static void cells(tad_tape *t) {
    const tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(4), (double[]){1, 2, 0, 0});
    const tad_var one = tad_full(t, TAD_F64, TAD_SHAPE(1), 1), none = tad_none();
    const tad_var zero = tad_full(t, TAD_F64, TAD_SHAPE(1), 0);
    const tad_var w = tad_full(t, TAD_F64, TAD_SHAPE(1, 1), 0.5);
    const tad_var w3 = tad_full(t, TAD_F64, TAD_SHAPE(3, 1), 0.5); /* three gates */
    const tad_var w4 = tad_full(t, TAD_F64, TAD_SHAPE(4, 1), 0.5); /* four */
    const tad_var sequence = tad_full(t, TAD_F64, TAD_SHAPE(2, 1, 1), 1);
    const tad_var start = tad_full(t, TAD_F64, TAD_SHAPE(1, 1), 0);

    IS(tad_glu(x, 0), "[0.5, 1]");

    IS(tad_swiglu_split(x, 0), "[0, 0]");

    IS(tad_geglu_split(tad_neg(x), 0), "[0, 0]");

    IS(tad_reglu_split(tad_add(x, tad_number(1)), 0), "[2, 3]");

    IS(tad_rnn_tanh_cell(one, zero, w, w, none, none), "[0.462117]");

    IS(tad_gru_cell(one, zero, w3, w3, none, none), "[0.174468]");

    {
        tad_var c;
        IS(tad_lstm_cell(one, zero, zero, w4, w4, none, none, &c), "[0.17427]");
        IS(c, "[0.287649]");
    }

    {
        tad_var last;
        IS(tad_rnn_tanh(sequence, start, w, w, none, none, false, &last),
           "[[[0.462117]], [[0.623713]]]");
        IS(last, "[[0.623713]]");
    }

    IS(tad_gru(sequence, start, w3, w3, none, none, false, NULL), "[[[0.174468]], [[0.292576]]]");

    IS(tad_lstm(sequence, start, start, w4, w4, none, none, false, NULL, NULL),
       "[[[0.17427]], [[0.309059]]]");
}

static void losses(tad_tape *t) {
    const tad_var y = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){0.5, 3});
    const tad_var target = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 1});
    const tad_var p = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){0.25, 0.75});
    const tad_var none = tad_none();

    IS(tad_mse(y, target, TAD_MEAN), 2.125);

    IS(tad_half_sse(y, target), 2.125);

    IS(tad_l1(y, target, TAD_EACH), "[0.5, 2]");

    IS(tad_smooth_l1(y, target, 1, TAD_EACH), "[0.125, 1.5]");

    IS(tad_huber(y, target, 1, TAD_SUM), 1.625);

    IS(tad_hinge(y, target, 1, TAD_EACH), "[0.5, 0]");

    IS(tad_kl_div(tad_log(p), tad_full(t, TAD_F64, TAD_SHAPE(2), 0.5), false, TAD_SUM), 0.143841);

    IS(tad_bce(p, target, none, TAD_EACH), "[1.38629, 0.287682]");

    IS(tad_bce_with_logits(y, target, none, none, TAD_EACH), "[0.474077, 0.0485874]");

    IS(tad_cosine_similarity(y, target, 0, 1e-8), 0.813733);

    IS(tad_poisson_nll(y, target, false, false, 1e-8, TAD_EACH), "[1.19315, 1.90139]");

    IS(tad_gaussian_nll(y, target, tad_number(1), false, 1e-6, TAD_EACH), "[0.125, 2]");

    IS(tad_soft_margin(y, target, TAD_EACH), "[0.474077, 0.0485874]");

    IS(tad_margin_ranking(y, p, target, 1, TAD_EACH), "[0.75, 0]");
}

static void losses_of_vectors(tad_tape *t) {
    const tad_var a = tad_constant(t, TAD_F64, TAD_SHAPE(1, 2), (double[]){3, 4});
    const tad_var b = tad_constant(t, TAD_F64, TAD_SHAPE(1, 2), (double[]){4, 3});
    const tad_var far = tad_constant(t, TAD_F64, TAD_SHAPE(1, 2), (double[]){3, 6});
    const tad_var same = tad_full(t, TAD_F64, TAD_SHAPE(1), 1);
    const tad_var logits = tad_constant(t, TAD_F64, TAD_SHAPE(1, 3), (double[]){1, 2, 3});
    const tad_var label = tad_constant(t, TAD_I64, TAD_SHAPE(1), (int64_t[]){2});
    const tad_var none = tad_none();

    IS(tad_triplet_margin(a, b, far, 1, 2, false, TAD_MEAN), 0.414215);

    IS(tad_cosine_embedding(a, b, same, 0, TAD_MEAN), 0.04);

    IS(tad_multi_margin(logits, label, none, 2, 1, TAD_MEAN), 0.333333);

    {
        const tad_var labels = tad_constant(t, TAD_I64, TAD_SHAPE(1, 3), (int64_t[]){2, -1, 0});
        IS(tad_multilabel_margin(logits, labels, TAD_MEAN), 0);
    }

    {
        const tad_var several = tad_constant(t, TAD_F64, TAD_SHAPE(1, 3), (double[]){0, 1, 1});
        IS(tad_multilabel_soft_margin(logits, several, none, TAD_MEAN), 0.496259);
    }

    {
        /* two places, of classes blank and "a": to say "a" */
        const tad_var log_probs = tad_full(t, TAD_F64, TAD_SHAPE(2, 1, 2), log(0.5));
        const tad_var said = tad_constant(t, TAD_I64, TAD_SHAPE(1, 1), (int64_t[]){1});
        IS(tad_ctc_loss(log_probs, said, none, none, NULL), 0.287682); /* -log 3/4 */
    }

    IS(tad_cross_entropy(logits, label, NULL), 0.407606);

    IS(tad_nll_loss(tad_log_softmax(logits, -1), label, NULL), 0.407606);

    {
        const tad_var two = tad_concat((tad_var[]){logits, logits}, 2, 0);
        const tad_var labels = tad_constant(t, TAD_I64, TAD_SHAPE(2), (int64_t[]){2, 9});
        IS(tad_cross_entropy_ignoring(two, labels, 9, NULL), 0.407606);
        IS(tad_nll_loss_ignoring(tad_log_softmax(two, -1), labels, 9, NULL), 0.407606);
    }
}

EXAMPLES(reductions, running, order, softmaxes, attention, channels, cells, losses,
         losses_of_vectors)
