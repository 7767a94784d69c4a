/* Examples of tad/nn.h. */
#include "example.h"

/* x times a number that is learnt */
static tad_var scaled(tad_net *net, tad_var x, bool training, void *user) {
    (void)training, (void)user;
    return tad_mul(x, tad_net_param(net, "scale.factor"));
}

/* the net's loss as a function of its parameters */
static tad_var loss(tad_tape *t, const tad_var *params, size_t n, void *user) {
    return tad_sum(tad_net_apply_with(user, params, n, tad_full(t, TAD_F64, TAD_SHAPE(1, 2), 1)),
                   tad_all());
}

static void initial_values(tad_tape *t) {
    {
        const tad_init he = {.kind = TAD_INIT_HE_NORMAL};
        const tad_var w = tad_param_random(t, TAD_F32, TAD_SHAPE(784, 100), &he);
        IS(fabs(tad_item(tad_std(w, tad_all(), 1)) - sqrt(2.0 / 784)) < 1e-3, true);
    }
}

static void layers(tad_tape *t) {
    const tad_var x = tad_full(t, TAD_F64, TAD_SHAPE(5, 3), 1); /* five rows */
    const tad_var channels = tad_full(t, TAD_F64, TAD_SHAPE(2, 4, 7), 1);
    const tad_var words = tad_constant(t, TAD_I64, TAD_SHAPE(2), (int64_t[]){3, 0});
    tad_net *net = tad_net_new(t, TAD_F64);

    OK(tad_net_affine(net, "in", 3, 2, NULL));
    IS(tad_shape_of(tad_net_apply(net, x)), "(5, 2)");
    IS(tad_shape_of(tad_dict_get(tad_net_params(net), "in.weight")), "(3, 2)");

    {
        tad_net *torch = tad_net_new(t, TAD_F64);
        OK(tad_net_linear(torch, "fc", 3, 2, &(tad_layer_options){.no_bias = true}));
        IS(tad_shape_of(tad_dict_get(tad_net_params(torch), "fc.weight")), "(2, 3)");
    }

    {
        tad_net *norm = tad_net_new(t, TAD_F64);
        OK(tad_net_layer_norm(norm, "norm", 3, 0));
        IS(tad_sum(tad_net_apply(norm, x), tad_all()), 0);
    }

    {
        tad_net *norm = tad_net_new(t, TAD_F64);
        OK(tad_net_group_norm(norm, "norm", 4, 2, 0));
        IS(tad_shape_of(tad_net_apply(norm, channels)), "(2, 4, 7)");
    }

    {
        tad_net *norm = tad_net_new(t, TAD_F64);
        OK(tad_net_batch_norm(norm, "norm", 4, NULL));
        tad_net_apply(norm, channels); /* moves the running mean from 0 towards 1 */
        IS(tad_dict_get(tad_net_params(norm), "norm.running_mean"), "[0.1, 0.1, 0.1, 0.1]");
    }

    {
        tad_net *table = tad_net_new(t, TAD_F64);
        OK(tad_net_embedding(table, "words", 10, 6, NULL));
        IS(tad_shape_of(tad_net_apply(table, words)), "(2, 6)");
    }

    {
        tad_net *relu = tad_net_new(t, TAD_F64);
        OK(tad_net_activation(relu, "act", tad_relu));
        IS(tad_net_apply(relu, tad_scalar(t, -3)), 0);
    }

    {
        tad_net *drop = tad_net_new(t, TAD_F64);
        OK(tad_net_dropout(drop, "drop", 0.5));
        tad_net_train(drop, false);
        IS(tad_net_is_training(drop), false);
        IS(tad_net_apply(drop, tad_scalar(t, 3)), 3);
    }

    {
        tad_net *own = tad_net_new(t, TAD_F64);
        const tad_var factor = tad_param(t, TAD_F64, TAD_0D, (double[]){2});
        OK(tad_net_layer(own, "scale", scaled, NULL));
        OK(tad_dict_add(tad_net_params(own), "scale.factor", factor));
        IS(tad_net_apply(own, tad_scalar(t, 3)), 6);
    }
}

static void images(tad_tape *t) {
    const tad_var x = tad_full(t, TAD_F64, TAD_SHAPE(1, 1, 8, 8), 1);
    tad_net *net = tad_net_new(t, TAD_F64);

    {
        OK(tad_net_conv2d(net, "conv", 1, 4, TAD_SHAPE(3, 3), NULL, NULL));
        OK(tad_net_max_pool2d(net, "pool", TAD_SHAPE(2), NULL));
        OK(tad_net_flatten(net, "flat"));
        IS(tad_shape_of(tad_net_apply(net, x)), "(1, 36)");
    }

    {
        tad_net *mean = tad_net_new(t, TAD_F64);
        OK(tad_net_avg_pool2d(mean, "pool", TAD_SHAPE(4), NULL));
        IS(tad_net_apply(mean, x), "[[[[1, 1], [1, 1]]]]");
    }
}

static void sequences(tad_tape *t) {
    const tad_var x = tad_full(t, TAD_F64, TAD_SHAPE(2, 5, 8), 1); /* two, of five places */
    const tad_transformer_options two_heads = {.heads = 2, .is_causal = true};
    const tad_recurrent_options last = {.batch_first = true, .last = true};

    {
        tad_net *net = tad_net_new(t, TAD_F64);
        OK(tad_net_attention(net, "attention", 8, &two_heads));
        OK(tad_net_transformer(net, "block", 8, &two_heads));
        IS(tad_shape_of(tad_net_apply(net, x)), "(2, 5, 8)");
    }

    IS(tad_at(tad_sinusoidal_places(t, TAD_F64, 5, 4), 1),
       "[0.841471, 0.540302, 0.00999983, 0.99995]");

    {
        tad_net *net = tad_net_new(t, TAD_F64);
        OK(tad_net_rnn(net, "rnn", 8, 3, &last));
        IS(tad_shape_of(tad_net_apply(net, x)), "(2, 3)");
    }

    {
        tad_net *net = tad_net_new(t, TAD_F64);
        OK(tad_net_gru(net, "gru", 8, 3, &(tad_recurrent_options){.batch_first = true}));
        IS(tad_shape_of(tad_net_apply(net, x)), "(2, 5, 3)");
    }

    {
        tad_net *net = tad_net_new(t, TAD_F64);
        OK(tad_net_lstm(net, "lstm", 8, 3, &last));
        IS(tad_shape_of(tad_net_apply(net, x)), "(2, 3)");
    }
}

static void computing(tad_tape *t) {
    tad_net *net = tad_mlp(t, (int64_t[]){2, 3, 1}, 3, NULL);
    const tad_var x = tad_full(t, TAD_F64, TAD_SHAPE(1, 2), 1);

    IS(tad_shape_of(tad_net_apply(net, x)), "(1, 1)");

    {
        const tad_dict *params = tad_net_params(net);
        tad_var in[4], hessian;
        for (size_t i = 0; i < tad_dict_count(params); i++) in[i] = tad_dict_at(params, i).value;
        OK(tad_hessian(loss, net, in, 4, 0, 2, NULL, &hessian));
        IS(tad_shape_of(hessian), "(2, 3, 3, 1)");
    }

    {
        tad_var output[3]; /* of affine1, act1, affine2 */
        const tad_var y = tad_net_trace(net, x, output, tad_net_layers(net));
        IS(tad_sub(y, output[2]), "[[0]]");
        IS(tad_shape_of(output[0]), "(1, 3)");
    }

    IS(tad_net_layers(net), 3);

    IS(tad_net_layer_name(net, 1), "act1");

    IS(tad_dict_count(tad_net_params(net)), 4);

    IS(tad_net_tape(net) == t, true);

    {
        const tad_mlp_options o = {.dtype = TAD_F32, .hidden = tad_tanh, .dropout = 0.5};
        tad_net *mlp = tad_mlp(t, (int64_t[]){784, 50, 10}, 3, &o);
        IS(tad_dict_elements(tad_net_params(mlp)), 39760);
    }
}

EXAMPLES(initial_values, layers, images, sequences, computing)
