/* Layers of nets beside what they are made of: normalised, embedded, attention, transformers. */
#include "support.h"

static tad_tape *t;
static tad_net *net;
static void new_net(void) {
    t = tad_tape_new(&(tad_settings){.seed = 3});
    net = tad_net_new(t, TAD_F64);
}
static void free_net(void) { tad_tape_free(t); }

static tad_var param(const char *name) {
    tad_var p = tad_dict_get(tad_net_params(net), name);
    ck_assert_msg(!tad_is_nil(p), "no parameter %s", name);
    return p;
}

/* Parameters that begin alike get numbers of their own, so that none can stand for another. */
static void stir(const char *name) {
    tad_var p = param(name);
    double *x = tad_param_data(p);
    for (int64_t i = 0; i < tad_size_of(p); i++) x[i] += 0.1 * sin((double)(i + 5 * name[4]));
}

static tad_var sequence(int64_t batch, int64_t places, int64_t width) {
    double x[200];
    for (int i = 0; i < batch * places * width; i++) x[i] = sin(1.0 + i * i);
    return tad_input(t, TAD_F64, TAD_SHAPE(batch, places, width), x);
}

static void ck_same(tad_var a, tad_var b, double tol) {
    double x[200], y[200];
    size_t n = (size_t)tad_size_of(b);
    ck_tape(t);
    ck_done(tad_read(a, x, n), t);
    ck_done(tad_read(b, y, n), t);
    for (size_t i = 0; i < n; i++) ck_near(x[i], y[i], tol);
}

START_TEST(normalises_rows) {
    ck_done(tad_net_layer_norm(net, "norm", 4, 0), t);
    ck_values(param("norm.weight"), 0, 1, 1, 1, 1);
    ck_values(param("norm.bias"), 0, 0, 0, 0, 0);
    tad_var x = sequence(2, 3, 4);
    stir("norm.weight");
    stir("norm.bias");
    ck_same(tad_net_apply(net, x),
            tad_layer_norm(x, param("norm.weight"), param("norm.bias"), TAD_0D, 1e-5), 0);
}
END_TEST

START_TEST(embeds_integers) {
    const int64_t ids[] = {4, 0, 4, 1};
    ck_done(tad_net_embedding(net, "table", 5, 3, NULL), t);
    tad_var i = tad_constant(t, TAD_I64, TAD_SHAPE(2, 2), ids), y = tad_net_apply(net, i);
    ck_shape(y, 2, 2, 3);
    ck_same(y, tad_embedding(i, param("table.weight")), 0);
}
END_TEST

/* Heads one by one, from slices of the rows that belong to them. */
static tad_var attention_by_hand(tad_var x, const char *prefix, int heads, int64_t width,
                                 bool causal, bool rope) {
    char name[64];
    tad_var p[4], out[4];
    const char *names[] = {"in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"};
    const int64_t d = width / heads;
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", prefix, names[i]);
        p[i] = param(name);
    }
    for (int h = 0; h < heads; h++) {
        tad_var part[3];
        for (int k = 0; k < 3; k++) {
            int64_t at = k * width + h * d;
            part[k] =
                tad_linear(x, tad_slice(p[0], 0, at, at + d, 1), tad_slice(p[1], 0, at, at + d, 1));
            if (rope && k < 2) part[k] = tad_rope(part[k], NULL);
        }
        out[h] = tad_scaled_dot_product_attention(part[0], part[1], part[2], tad_none(),
                                                  &(tad_attention_options){.is_causal = causal});
    }
    return tad_linear(tad_concat(out, (size_t)heads, -1), p[2], p[3]);
}

static const tad_transformer_options kinds[] = {
    {.heads = 1},
    {.heads = 2, .is_causal = true},
    {.heads = 2, .rope = true, .hidden = 5},
    {.heads = 3, .is_causal = true, .activation = tad_tanh}};

START_TEST(attends_in_heads) {
    const tad_transformer_options *o = &kinds[_i];
    ck_done(tad_net_attention(net, "a", 12, o), t);
    ck_assert_uint_eq(tad_dict_count(tad_net_params(net)), 4);
    ck_values(param("a.out_proj.bias"), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    stir("a.in_proj_bias");
    stir("a.out_proj.bias");
    tad_var x = sequence(2, 4, 12);
    ck_same(tad_net_apply(net, x),
            attention_by_hand(x, "a.", (int)o->heads, 12, o->is_causal, o->rope), 1e-14);
}
END_TEST

START_TEST(blocks_are_made_of_these) {
    static const char *const stirred[] = {"b.norm1.weight", "b.norm1.bias",   "b.norm2.weight",
                                          "b.norm2.bias",   "b.linear1.bias", "b.linear2.bias"};
    tad_transformer_options o = kinds[_i];
    ck_done(tad_net_transformer(net, "b", 12, &o), t);
    ck_assert_uint_eq(tad_dict_count(tad_net_params(net)), 12);
    for (int i = 0; i < 6; i++) stir(stirred[i]);
    ck_assert_int_eq(tad_shape_of(param("b.linear1.weight")).dim[0], o.hidden ? o.hidden : 48);
    tad_var x = sequence(2, 4, 12), y = x;
    tad_var h = tad_layer_norm(y, param("b.norm1.weight"), param("b.norm1.bias"), TAD_0D, 1e-5);
    y = tad_add(y, attention_by_hand(h, "b.self_attn.", (int)o.heads, 12, o.is_causal, o.rope));
    h = tad_layer_norm(y, param("b.norm2.weight"), param("b.norm2.bias"), TAD_0D, 1e-5);
    h = tad_linear(h, param("b.linear1.weight"), param("b.linear1.bias"));
    h = o.activation ? o.activation(h) : tad_relu(h);
    y = tad_add(y, tad_linear(h, param("b.linear2.weight"), param("b.linear2.bias")));
    ck_same(tad_net_apply(net, x), y, 1e-13);
}
END_TEST

typedef tad_status add_fn(tad_net *net, const char *name, int64_t in, int64_t width,
                          const tad_recurrent_options *options);
static add_fn *const recurrent[] = {tad_net_rnn, tad_net_gru, tad_net_lstm};

/* Of the last layer: PyTorch's names. */
static tad_var recurrent_by_hand(int kind, tad_var x, const char *name, int64_t width, bool reverse,
                                 tad_var *last) {
    static const char *const names[] = {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"};
    tad_var w[4], zeros = tad_full(t, TAD_F64, TAD_SHAPE(tad_shape_of(x).dim[1], width), 0);
    char all[64];
    for (int k = 0; k < 4; k++) {
        snprintf(all, sizeof all, "%s.%s", name, names[k]);
        w[k] = param(all);
    }
    if (kind == 0) return tad_rnn_tanh(x, zeros, w[0], w[1], w[2], w[3], reverse, last);
    if (kind == 1) return tad_gru(x, zeros, w[0], w[1], w[2], w[3], reverse, last);
    return tad_lstm(x, zeros, zeros, w[0], w[1], w[2], w[3], reverse, last, NULL);
}

START_TEST(recurrent_layers_run_their_cells) {
    tad_var x = sequence(4, 3, 5), last, y;
    ck_done(recurrent[_i](net, "r", 5, 2, NULL), t);
    static const int rows[] = {2, 6, 8};
    ck_assert_int_eq(tad_shape_of(param("r.weight_ih_l0")).dim[0], rows[_i]);
    y = recurrent_by_hand(_i, x, "r", 2, false, &last);
    ck_same(tad_net_apply(net, x), y, 0);
    net = tad_net_new(t, TAD_F64);
    ck_done(recurrent[_i](net, "r", 5, 2,
                          &(tad_recurrent_options){.batch_first = true, .reverse = true}),
            t);
    y = recurrent_by_hand(_i, tad_transpose(x, 0, 1), "r", 2, true, &last);
    ck_same(tad_net_apply(net, x), tad_transpose(y, 0, 1), 0);
    net = tad_net_new(t, TAD_F64);
    ck_done(recurrent[_i](net, "r", 5, 2, &(tad_recurrent_options){.last = true}), t);
    (void)recurrent_by_hand(_i, x, "r", 2, false, &last);
    ck_same(tad_net_apply(net, x), last, 0);
    ck_assert_int_eq(recurrent[_i](net, "s", 5, 0, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "s with 5 inputs, width 0");
    ck_assert(tad_is_nil(tad_net_apply(net, tad_full(t, TAD_F64, TAD_SHAPE(2, 5), 0))));
    ck_refused(t, TAD_BAD_SHAPE, "r needs a sequence");
}
END_TEST

/* Blocks may be differentiated as functions of their parameters, like all layers. */
START_TEST(parameters_can_be_replaced) {
    tad_var with[12], x = sequence(1, 3, 4);
    ck_done(tad_net_transformer(net, "b", 4, &(tad_transformer_options){.heads = 2}), t);
    for (size_t i = 0; i < 12; i++)
        with[i] = tad_mul(tad_dict_at(tad_net_params(net), i).value, tad_number(i == 10 ? 1 : 0));
    /* all weights are 0: x goes through */
    ck_same(tad_net_apply_with(net, with, 12, x), x, 0);
    ck_assert(tad_item(tad_sum(tad_abs(tad_sub(tad_net_apply(net, x), x)), tad_all())) > 0.1);
}
END_TEST

START_TEST(drops_only_in_training) {
    tad_var x = sequence(1, 3, 4);
    ck_done(tad_net_transformer(net, "b", 4, &(tad_transformer_options){.dropout = 0.5}), t);
    tad_var a = tad_net_apply(net, x), b = tad_net_apply(net, x);
    ck_assert(tad_item(tad_sum(tad_abs(tad_sub(a, b)), tad_all())) > 0);
    tad_net_train(net, false);
    ck_same(tad_net_apply(net, x), tad_net_apply(net, x), 0);
}
END_TEST

START_TEST(refuses_what_cannot_be) {
    ck_assert_int_eq(tad_net_layer_norm(net, "n", -1, 0), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "n of -1 numbers");
    ck_assert_int_eq(tad_net_layer_norm(net, "n", 4, -1), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "eps -1");
    ck_assert_int_eq(tad_net_embedding(net, "e", 3, -1, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "e with 3 rows of -1");
    static const tad_transformer_options bad[] = {
        {.heads = 5}, {.heads = -1}, {.heads = 4, .rope = true}, {.hidden = -1}, {.dropout = 2}};
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(tad_net_attention(net, "a", 12, &bad[i]), TAD_BAD_ARGUMENT);
        ck_refused(t, TAD_BAD_ARGUMENT, i < 3 ? "width 12" : "dropout");
        ck_assert_int_eq(tad_net_transformer(net, "a", 12, &bad[i]), TAD_BAD_ARGUMENT);
        ck_refused(t, TAD_BAD_ARGUMENT, "net: a");
    }
    ck_assert_int_eq(tad_net_transformer(net, "a", 0, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "width 0");
    ck_assert_int_eq(tad_net_transformer(NULL, "a", 4, NULL), TAD_BAD_ARGUMENT);
    ck_assert_int_eq(tad_net_embedding(NULL, "a", 4, 4, NULL), TAD_BAD_ARGUMENT);
    ck_assert_uint_eq(tad_net_layers(net), 0);
    ck_assert_uint_eq(tad_dict_count(tad_net_params(net)), 0);
    ck_done(tad_net_attention(net, "a", 4, NULL), t);
    ck_assert(tad_is_nil(tad_net_apply(net, sequence(2, 3, 5))));
    ck_refused(t, TAD_BAD_SHAPE, "a needs (...,T,4)");
}
END_TEST

/* Each request is refused, by itself and with all that follow: all or nothing of a layer. */
START_TEST(survives_out_of_memory) {
    size_t tries = 0;
    for (bool done = false; !done; tries++) {
        support_memory m = {.fail_at = tries / 2 + 1, .for_ever = tries % 2, .scarce = true};
        t = support_tape(&m);
        net = t ? tad_net_new(t, TAD_F32) : NULL;
        tad_status s = tad_net_embedding(net, "table", 5, 4, NULL);
        if (s == TAD_OK) s = tad_net_transformer(net, "block", 4, NULL);
        if (s == TAD_OK) s = tad_net_layer_norm(net, "norm", 4, 0);
        if (s == TAD_OK) s = tad_net_gru(net, "gru", 4, 3, NULL);
        const size_t layers = tad_net_layers(net);
        const size_t entries[] = {0, 1, 13, 15, 19};
        ck_assert_uint_eq(tad_dict_count(tad_net_params(net)), entries[layers]);
        done = layers == 4 && !m.refused;
        tad_tape_free(t);
        ck_no_leak(&m);
        ck_assert_uint_lt(tries, 4000);
    }
    t = NULL;
}
END_TEST

START_TEST(places_are_waves) {
    double x[15];
    ck_done(tad_read(tad_sinusoidal_places(t, TAD_F64, 3, 5), x, 15), t);
    for (int p = 0; p < 3; p++)
        for (int k = 0; k < 5; k++) {
            const double angle = p / pow(10000, k / 2 * 2 / 5.0);
            ck_near(x[5 * p + k], k % 2 ? cos(angle) : sin(angle), 1e-15);
        }
    ck_assert_int_eq(tad_dtype_of(tad_sinusoidal_places(t, TAD_F32, 2, 2)), TAD_F32);
    ck_assert(tad_is_nil(tad_sinusoidal_places(t, TAD_I64, 2, 2)));
    ck_refused(t, TAD_BAD_DTYPE, "int64");
    ck_assert(tad_is_nil(tad_sinusoidal_places(t, TAD_F64, 2, -2)));
    ck_refused(t, TAD_BAD_ARGUMENT, "-2");
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("net layers");
    TCase *c = support_case(s, "layers");
    tcase_add_checked_fixture(c, new_net, free_net);
    tcase_add_test(c, normalises_rows);
    tcase_add_test(c, embeds_integers);
    tcase_add_loop_test(c, attends_in_heads, 0, 4);
    tcase_add_loop_test(c, blocks_are_made_of_these, 0, 4);
    tcase_add_loop_test(c, recurrent_layers_run_their_cells, 0, 3);
    tcase_add_test(c, parameters_can_be_replaced);
    tcase_add_test(c, drops_only_in_training);
    tcase_add_test(c, places_are_waves);
    tcase_add_test(c, refuses_what_cannot_be);
    c = support_case(s, "memory");
    tcase_add_test(c, survives_out_of_memory);
    return s;
}

SUPPORT_MAIN(suite)
