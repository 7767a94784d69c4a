/* Layers and nets: compositions of ops, with named parameters.
 *
 *     int64_t sizes[] = {784, 50, 10};
 *     tad_net *net = tad_mlp(t, sizes, 3, &(tad_mlp_options){.dtype = TAD_F32});
 *     tad_mark m = tad_tape_mark(t);
 *     tad_var loss = tad_cross_entropy(tad_net_apply(net, x), labels, NULL);
 *
 * A net is a sequence of layers. Its parameters are leaves of the tape: make it before the mark to
 * which the training steps rewind. It lives in the tape and dies with it. Failures stick to the
 * tape and every function accepts a NULL net, so one check after building is enough. A graph that
 * is no sequence needs no net: call the ops and keep the parameters in a tad_dict.
 *
 * Threads: as the tape. */
#ifndef TAD_NN_H
#define TAD_NN_H

#include <tad/dict.h>
#include <tad/ops.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- initial values ---- */

typedef enum tad_init_kind {
    TAD_INIT_XAVIER_UNIFORM, /* scale * U(-a, a), a = sqrt(6 / (fan_in + fan_out)) */
    TAD_INIT_XAVIER_NORMAL,  /* scale * sqrt(2 / (fan_in + fan_out)) * N(0, 1) */
    TAD_INIT_HE_UNIFORM,     /* scale * U(-a, a), a = sqrt(6 / fan_in) */
    TAD_INIT_HE_NORMAL,      /* scale * sqrt(2 / fan_in) * N(0, 1) */
    TAD_INIT_NORMAL,         /* scale * N(0, 1) */
    TAD_INIT_UNIFORM,        /* scale * U(-1, 1) */
    TAD_INIT_ZEROS,
    TAD_INIT_CONSTANT, /* scale itself */
    TAD_INIT_COUNT
} tad_init_kind;

typedef struct tad_init {
    tad_init_kind kind;
    double scale;            /* 0: 1 */
    int64_t fan_in, fan_out; /* 0: the first and the last size of the shape, tad_affine's layout */
} tad_init;

/* A parameter with random values from the tape's generator. init NULL: Xavier, uniform. */
TAD_API tad_var tad_param_random(tad_tape *t, tad_dtype dtype, tad_shape shape,
                                 const tad_init *init);

/* ---- nets ---- */

typedef struct tad_net tad_net;

typedef tad_var tad_activation(tad_var x); /* tad_relu, tad_sigmoid, or one's own */

/* A layer of one's own. training: dropout and the like are on. */
typedef tad_var tad_layer_fn(tad_net *net, tad_var x, bool training, void *user);

typedef struct tad_layer_options {
    tad_init weight, bias; /* bias: zeros, unless another kind, or a scale, is given */
    bool no_bias;
} tad_layer_options;

/* Without layers, for numbers of dtype. NULL on failure (BAD_DTYPE: no float). */
TAD_API tad_net *tad_net_new(tad_tape *t, tad_dtype dtype);

/* Each appends a layer. Names must differ; the parameters are called NAME.weight and NAME.bias.
 * BAD_ARGUMENT for a name that is empty or there already, and for sizes and options out of range;
 * of a failure nothing is appended. Whether shapes fit is seen when the net is applied. */
/* x W + b, W (in, out). */
TAD_API tad_status tad_net_affine(tad_net *net, const char *name, int64_t in, int64_t out,
                                  const tad_layer_options *options);
/* x W^T + b, W (out, in): the layout of PyTorch's files. */
TAD_API tad_status tad_net_linear(tad_net *net, const char *name, int64_t in, int64_t out,
                                  const tad_layer_options *options);
/* tad_layer_norm over the last axis, of `width` numbers; weight ones, bias zeros. eps 0: 1e-5. */
TAD_API tad_status tad_net_layer_norm(tad_net *net, const char *name, int64_t width, double eps);
/* tad_group_norm of x (B, channels, ...) in `groups` groups; weight and bias, of `channels`
 * numbers, ones and zeros. eps 0: 1e-5. */
TAD_API tad_status tad_net_group_norm(tad_net *net, const char *name, int64_t channels,
                                      int64_t groups, double eps);

typedef struct tad_net_batch_norm_options {
    double momentum; /* 0 .. 1; 0: 0.1 */
    double eps;      /* 0: 1e-5 */
} tad_net_batch_norm_options;

/* tad_batch_norm of x (B, channels, ...): in training by the batch's own statistics, which move
 * NAME.running_mean and NAME.running_var whenever the net is applied (PyTorch's rule and names);
 * else by these. They are buffers of tad_net_params: saved with it, left alone by optimisers.
 * Applied with parameters of others the net changes nothing. A step in training cannot be frozen by
 * way of tad_net_apply, since it changes more than it computes: freeze tad_net_apply_with. */
TAD_API tad_status tad_net_batch_norm(tad_net *net, const char *name, int64_t channels,
                                      const tad_net_batch_norm_options *options);
/* Row i of NAME.weight (count, width) for each integer i of x: (...) -> (...,width). init NULL:
 * N(0, 1). */
TAD_API tad_status tad_net_embedding(tad_net *net, const char *name, int64_t count, int64_t width,
                                     const tad_init *init);
/* f(x), of any shape, without parameters. */
TAD_API tad_status tad_net_activation(tad_net *net, const char *name, tad_activation *f);
/* tad_dropout in training, else x. */
TAD_API tad_status tad_net_dropout(tad_net *net, const char *name, double p);
/* f(net, x, training, user); what it learns it adds to tad_net_params. */
TAD_API tad_status tad_net_layer(tad_net *net, const char *name, tad_layer_fn *f, void *user);

/* ---- images: x (B, channels, height, width) ----
 *
 * Of the options, conv and those of pooling are judged by their ops, when the net is applied. */

/* tad_conv2d; NAME.weight (out, in / groups, height, width of the kernel), NAME.bias (out). A fan
 * counts the whole kernel. */
TAD_API tad_status tad_net_conv2d(tad_net *net, const char *name, int64_t in, int64_t out,
                                  tad_shape kernel, const tad_conv_options *conv,
                                  const tad_layer_options *options);
/* tad_max_pool2d, tad_avg_pool2d. */
TAD_API tad_status tad_net_max_pool2d(tad_net *net, const char *name, tad_shape kernel,
                                      const tad_pool_options *options);
TAD_API tad_status tad_net_avg_pool2d(tad_net *net, const char *name, tad_shape kernel,
                                      const tad_pool_options *options);
TAD_API tad_status tad_net_flatten(tad_net *net, const char *name); /* (B, ...) -> (B,n) */

/* ---- transformers ---- */

typedef struct tad_transformer_options {
    int64_t heads;  /* 0: 1; the width is a multiple */
    bool is_causal; /* place l sees places 0 .. l */
    bool rope;      /* queries and keys are turned by their places; an even width of a head */
    double dropout; /* of what is added, and behind the activation */
    int64_t hidden; /* of a block; 0: 4 width */
    tad_activation *activation; /* of a block; NULL: tad_relu */
} tad_transformer_options;

/* Attention of the places of x (...,T,width) to each other, in heads: NAME.in_proj_weight
 * (3 width, width) makes queries, keys and values, NAME.out_proj.weight (width, width) the result,
 * with biases. Weights Xavier, uniform; biases zeros. Names and layouts are those of PyTorch's
 * MultiheadAttention, so its files fit. hidden and activation are not used. */
TAD_API tad_status tad_net_attention(tad_net *net, const char *name, int64_t width,
                                     const tad_transformer_options *options);
/* x + attention(norm1(x)), then x + linear2(activation(linear1(norm2(x)))). Parameters are those
 * of PyTorch's TransformerEncoderLayer (norm_first): NAME.self_attn. and as above, linear1,
 * linear2, norm1, norm2, each with weight and bias. */
TAD_API tad_status tad_net_transformer(tad_net *net, const char *name, int64_t width,
                                       const tad_transformer_options *options);

/* Sinusoidal places (Vaswani and others, 2017), to be added to an embedding: (places, width), in
 * columns 2 i and 2 i + 1 the sine and cosine of place / 10000^(2 i / width). A constant. */
TAD_API tad_var tad_sinusoidal_places(tad_tape *t, tad_dtype dtype, int64_t places, int64_t width);

/* ---- recurrent layers ---- */

typedef struct tad_recurrent_options {
    bool batch_first; /* x (B,T,in) in the place of (T,B,in), and so the result */
    bool reverse;     /* from the last place to the first */
    bool last;        /* the last state alone, (B,width), in the place of all, (T,B,width) */
} tad_recurrent_options;

/* A cell along x (T,B,in) from a state of zeros. Parameters are called NAME.weight_ih_l0,
 * weight_hh_l0, bias_ih_l0, bias_hh_l0 and begin within 1 / sqrt(width), as PyTorch's. */
TAD_API tad_status tad_net_rnn(tad_net *net, const char *name, int64_t in, int64_t width,
                               const tad_recurrent_options *options);
TAD_API tad_status tad_net_gru(tad_net *net, const char *name, int64_t in, int64_t width,
                               const tad_recurrent_options *options);
TAD_API tad_status tad_net_lstm(tad_net *net, const char *name, int64_t in, int64_t width,
                                const tad_recurrent_options *options);

/* ---- computing ---- */

/* Computes the net at x (B, in) or (in), layer after layer, whose errors are those of their ops.
 * Nodes are named after their layers. */
TAD_API tad_var tad_net_apply(tad_net *net, tad_var x);
/* The same as a function of its parameters: params has a variable for each entry of tad_net_params,
 * of its shape and type, in its order, which takes its place. So a net can be differentiated,
 * checked or frozen as a tad_fn. Layers of one's own find them by tad_net_param. */
TAD_API tad_var tad_net_apply_with(tad_net *net, const tad_var *params, size_t n, tad_var x);
/* In a layer: the parameter of this name that the net is being applied with. Nil if there is
 * none. */
TAD_API tad_var tad_net_param(tad_net *net, const char *name);
/* The output of every layer as well: outputs[i] of layer i, n = tad_net_layers, else
 * BAD_ARGUMENT. */
TAD_API tad_var tad_net_trace(tad_net *net, tad_var x, tad_var *outputs, size_t n);

TAD_API void tad_net_train(tad_net *net, bool training); /* a new net is training */
TAD_API bool tad_net_is_training(const tad_net *net);
TAD_API size_t tad_net_layers(const tad_net *net);
TAD_API const char *tad_net_layer_name(const tad_net *net, size_t i); /* NULL beyond the end */

/* The parameters, buffers too, in the order of the layers. Layers of one's own add theirs here. */
TAD_API tad_dict *tad_net_params(const tad_net *net);
TAD_API tad_tape *tad_net_tape(const tad_net *net);

/* ---- multi-layer perceptron ---- */

typedef struct tad_mlp_options {
    tad_dtype dtype;
    tad_init weight;
    tad_activation *hidden; /* NULL: tad_relu */
    tad_activation *output; /* NULL: none, the outputs are logits */
    double dropout;         /* after every hidden activation */
    bool no_bias;
} tad_mlp_options;

/* Layers affine1, act1, (dropout1,) affine2, ... with sizes[0] inputs and sizes[n - 1] outputs. */
TAD_API tad_net *tad_mlp(tad_tape *t, const int64_t *sizes, size_t n,
                         const tad_mlp_options *options);

#ifdef __cplusplus
}
#endif
#endif
