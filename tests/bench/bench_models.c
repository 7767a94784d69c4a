/* Attention beside the ops that it is made of, and training steps of whole models; peers.py runs
 * PyTorch beside them.
 *
 *   bench_models [--quick] [--rounds N] [NAME ...] */
#include "bench.h"

#include <tad/optim.h>
#include <tad/tad.h>

/* What is measured, and what it works on. Float32. */
typedef struct model {
    tad_tape *tape;
    tad_net *net;
    tad_optim *optim;
    tad_var x, labels, mask;
    tad_mark mark;
} model;

static tad_var random_array(tad_tape *t, tad_shape s, bool input) {
    tad_var x = tad_randn(t, TAD_F32, s);
    return input ? tad_input(t, TAD_F32, s, tad_data(x)) : x;
}

static tad_var random_labels(tad_tape *t, tad_shape s, uint64_t kinds) {
    int64_t n = 1;
    for (int i = 0; i < s.rank; i++) n *= s.dim[i];
    int64_t *label = bench_memory((size_t)n * sizeof *label);
    tad_random r = {.seed = 5};
    for (int64_t i = 0; i < n; i++) label[i] = (int64_t)tad_random_below(&r, kinds);
    tad_var v = tad_constant(t, TAD_I64, s, label);
    free(label);
    return v;
}

/* ---- attention: 64 heads of 128 places, or as many numbers in longer ones; forward, backward ----
 */

static void attention(model *m, int64_t places) {
    const int64_t heads = 64 * 128 / places;
    m->x = random_array(m->tape, TAD_SHAPE(3, heads, places, 32), true);
    m->labels = random_array(m->tape, TAD_SHAPE(heads, places, 32), false);
    float *mask = bench_memory((size_t)(places * places) * sizeof *mask);
    for (int64_t i = 0; i < places * places; i++)
        mask[i] = i % places <= i / places ? 0 : -INFINITY;
    m->mask = tad_constant(m->tape, TAD_F32, TAD_SHAPE(places, places), mask);
    free(mask);
}

static void attention_128(model *m) { attention(m, 128); }
static void attention_1024(model *m) { attention(m, 1024); }
static void attention_4096(model *m) { attention(m, 4096); }

static tad_var part(const model *m, int k) {
    return tad_squeeze(tad_slice(m->x, 0, k, k + 1, 1), tad_axis(0));
}

static void attend(model *m, bool causal) {
    tad_var y = tad_scaled_dot_product_attention(part(m, 0), part(m, 1), part(m, 2), tad_none(),
                                                 &(tad_attention_options){.is_causal = causal});
    (void)!tad_reverse_from(&y, &m->labels, 1);
}

/* All scores at once. */
static void attend_in_full(model *m, bool causal) {
    tad_var s = tad_matmul(part(m, 0), tad_transpose(part(m, 1), -1, -2));
    s = tad_mul(s, tad_number(1 / sqrt(32)));
    if (causal) s = tad_add(s, m->mask);
    tad_var y = tad_matmul(tad_softmax(s, -1), part(m, 2));
    (void)!tad_reverse_from(&y, &m->labels, 1);
}

static void attend_all(model *m) { attend(m, false); }
static void attend_causal(model *m) { attend(m, true); }
static void attend_all_in_full(model *m) { attend_in_full(m, false); }
static void attend_causal_in_full(model *m) { attend_in_full(m, true); }

/* ---- gpt: 4 blocks, 4 heads, width 128, 128 places, 16 sequences, 96 characters; AdamW ---- */

enum { PLACES = 128, SEQUENCES = 16, CHARACTERS = 96, WIDTH = 128 };

static tad_var gelu(tad_var x) { return tad_gelu(x, 0); }

static void gpt(model *m) {
    const tad_transformer_options o = {
        .heads = 4, .is_causal = true, .rope = true, .activation = gelu};
    const char *const block[] = {"a", "b", "c", "d"};
    m->net = tad_net_new(m->tape, TAD_F32);
    tad_net_embedding(m->net, "characters", CHARACTERS, WIDTH, NULL);
    for (int k = 0; k < 4; k++) tad_net_transformer(m->net, block[k], WIDTH, &o);
    tad_net_layer_norm(m->net, "norm", WIDTH, 0);
    tad_net_linear(m->net, "head", WIDTH, CHARACTERS, NULL);
    m->x = random_labels(m->tape, TAD_SHAPE(SEQUENCES, PLACES), CHARACTERS);
    m->labels = random_labels(m->tape, TAD_SHAPE(SEQUENCES * PLACES), CHARACTERS);
    m->optim = tad_adamw(tad_net_params(m->net), 1e-3, NULL);
}

static void train(model *m) {
    tad_var y = tad_net_apply(m->net, m->x);
    y = tad_reshape(y, TAD_SHAPE(SEQUENCES * PLACES, CHARACTERS));
    (void)!tad_reverse(tad_cross_entropy(y, m->labels, NULL));
    (void)!tad_optim_step(m->optim);
}

/* ---- lstm: 2 layers, width 128, 64 places, batch 32; forward, backward ---- */

enum { LSTM_PLACES = 64, LSTM_BATCH = 32 };

static void lstm(model *m) {
    m->net = tad_net_new(m->tape, TAD_F32);
    tad_net_lstm(m->net, "a", WIDTH, WIDTH, NULL);
    tad_net_lstm(m->net, "b", WIDTH, WIDTH, NULL);
    m->x = random_array(m->tape, TAD_SHAPE(LSTM_PLACES, LSTM_BATCH, WIDTH), false);
    m->labels = random_array(m->tape, TAD_SHAPE(LSTM_PLACES, LSTM_BATCH, WIDTH), false);
}

static void run_lstm(model *m) {
    const tad_dict *params = tad_net_params(m->net);
    tad_var y = tad_net_apply(m->net, m->x);
    (void)!tad_reverse_from(&y, &m->labels, 1);
    for (size_t i = 0; i < tad_dict_count(params); i++)
        (void)!tad_zero_gradients((tad_var[]){tad_dict_at(params, i).value}, 1);
}

/* ---- lenet: two convolutions, two pools, three dense layers; 64 images of 28 x 28; SGD ---- */

static void lenet(model *m) {
    m->net = tad_net_new(m->tape, TAD_F32);
    tad_net_conv2d(m->net, "conv1", 1, 6, TAD_SHAPE(5),
                   &(tad_conv_options){.padding = TAD_SHAPE(2)}, NULL);
    tad_net_activation(m->net, "relu1", tad_relu);
    tad_net_max_pool2d(m->net, "pool1", TAD_SHAPE(2), NULL);
    tad_net_conv2d(m->net, "conv2", 6, 16, TAD_SHAPE(5), NULL, NULL);
    tad_net_activation(m->net, "relu2", tad_relu);
    tad_net_max_pool2d(m->net, "pool2", TAD_SHAPE(2), NULL);
    tad_net_flatten(m->net, "flat");
    tad_net_linear(m->net, "dense1", 400, 120, NULL);
    tad_net_activation(m->net, "relu3", tad_relu);
    tad_net_linear(m->net, "dense2", 120, 84, NULL);
    tad_net_activation(m->net, "relu4", tad_relu);
    tad_net_linear(m->net, "dense3", 84, 10, NULL);
    m->x = random_array(m->tape, TAD_SHAPE(64, 1, 28, 28), false);
    m->labels = random_labels(m->tape, TAD_SHAPE(64), 10);
    m->optim = tad_sgd(tad_net_params(m->net), 0.1, NULL);
}

static void train_images(model *m) {
    (void)!tad_reverse(tad_cross_entropy(tad_net_apply(m->net, m->x), m->labels, NULL));
    (void)!tad_optim_step(m->optim);
}

/* ---- running ---- */

static const struct work {
    const char *name;
    void (*make)(model *m), (*step)(model *m), (*base)(model *m);
    const char *base_name;
} works[] = {
    {"attention_128", attention_128, attend_all, attend_all_in_full, "in_full"},
    {"attention_1024", attention_1024, attend_all, attend_all_in_full, "in_full"},
    {"attention_4096", attention_4096, attend_all, attend_all_in_full, "in_full"},
    {"causal_128", attention_128, attend_causal, attend_causal_in_full, "in_full"},
    {"causal_1024", attention_1024, attend_causal, attend_causal_in_full, "in_full"},
    {"causal_4096", attention_4096, attend_causal, attend_causal_in_full, "in_full"},
    {"gpt", gpt, train, train, "itself"},
    {"lstm", lstm, run_lstm, run_lstm, "itself"},
    {"lenet", lenet, train_images, train_images, "itself"},
};
enum { WORKS = sizeof works / sizeof *works };

typedef struct job {
    model *m;
    void (*step)(model *m);
} job;

static void run(void *arg) {
    const job *j = arg;
    j->step(j->m);
    (void)!tad_tape_rewind(j->m->tape, j->m->mark);
}

static void measure(const bench_options *o, const struct work *w) {
    model m = {.tape = tad_tape_new(NULL)};
    char name[64];
    w->make(&m);
    m.mark = tad_tape_mark(m.tape);
    job tad = {&m, w->step}, base = {&m, w->base};
    static bench_case cases[2];
    cases[0] = (bench_case){.run = run, .arg = &tad};
    cases[1] = (bench_case){.run = run, .arg = &base};
    bench_measure(cases, 2, o);
    snprintf(name, sizeof name, "%s_tad", w->name);
    bench_print(name, &cases[0], 1e6, "us/step", &cases[1], w->base_name);
    if (tad_tape_status(m.tape) != TAD_OK) bench_fail(w->name, tad_message(m.tape));
    tad_tape_free(m.tape);
}

int main(int argc, char **argv) {
    const char *names[WORKS + 1] = {NULL};
    for (int i = 0; i < WORKS; i++) names[i] = works[i].name;
    bench_options o = bench_arguments(argc, argv, names);
    for (int i = 0; i < WORKS; i++)
        if (bench_wanted(&o, works[i].name)) measure(&o, &works[i]);
    return 0;
}
