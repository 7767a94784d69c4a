/* What recording costs beside computing: time per recorded array op, a sweep's time per node
 * that it does not need, and a gradient of the documents' net (784-50-10, batch 100, float64) in
 * forward passes and against central differences.
 *
 *   bench_ops [--quick] [--rounds N] [NAME ...] */
#include "bench.h"

#include <tad/tad.h>

enum { STEPS = 1000, MOST_ELEMENTS = 64 };

static void check(tad_tape *t, const char *work) {
    if (tad_tape_status(t)) bench_fail(work, tad_message(t));
}

/* ---- a chain of one op: record, reverse, forget ---- */

typedef struct chain chain;
typedef tad_var chain_step(const chain *c, tad_var y);

struct chain {
    chain_step *step;
    tad_tape *tape;
    tad_var x, b, ones;
    tad_mark mark;
    size_t elements;
    float *value[STEPS + 1], *adjoint[2]; /* of the loop by hand */
    float addend[MOST_ELEMENTS];
};

static tad_var add(const chain *c, tad_var y) { return tad_add(y, c->b); }
static tad_var add_number(const chain *c, tad_var y) { return (void)c, tad_add(y, tad_number(1)); }
static tad_var mul_number(const chain *c, tad_var y) { return (void)c, tad_mul(y, tad_number(1)); }
static tad_var neg(const chain *c, tad_var y) { return (void)c, tad_neg(y); }

static void chain_tad(void *arg) {
    chain *c = arg;
    tad_var y = c->x;
    for (int i = 0; i < STEPS; i++) y = c->step(c, y);
    if (tad_reverse_from(&y, &c->ones, 1) != TAD_OK) return;
    (void)tad_tape_rewind(c->tape, c->mark);
}

/* The arithmetic of adds on the same amount of memory: every sum is kept, every adjoint passed
 * on. */
static void chain_hand(void *arg) {
    chain *c = arg;
    for (int i = 0; i < STEPS; i++)
        for (size_t e = 0; e < c->elements; e++) c->value[i + 1][e] = c->value[i][e] + c->addend[e];
    for (int i = 0; i < STEPS; i++)
        memcpy(c->adjoint[i & 1], c->adjoint[!(i & 1)], c->elements * sizeof(float));
}

static void chain_make(chain *c, size_t elements) {
    float ones[MOST_ELEMENTS];
    tad_shape shape = TAD_SHAPE((int64_t)elements);
    *c = (chain){.elements = elements};
    for (size_t i = 0; i < elements; i++) c->addend[i] = ones[i] = 1;
    for (int i = 0; i <= STEPS; i++) c->value[i] = bench_memory(elements * sizeof(float));
    for (int i = 0; i < 2; i++) c->adjoint[i] = bench_memory(elements * sizeof(float));
    c->tape = tad_tape_new(NULL);
    c->x = tad_input(c->tape, TAD_F32, shape, NULL);
    c->b = tad_constant(c->tape, TAD_F32, shape, ones);
    c->ones = tad_constant(c->tape, TAD_F32, shape, ones);
    c->mark = tad_tape_mark(c->tape);
}

static void chain_free(chain *c) {
    tad_tape_free(c->tape);
    for (int i = 0; i <= STEPS; i++) free(c->value[i]);
    for (int i = 0; i < 2; i++) free(c->adjoint[i]);
}

/* Every step on a tape of its own, beside the loop by hand. */
static void measure_chain(size_t elements, const bench_options *o) {
    static const struct {
        const char *name;
        chain_step *step;
    } steps[] = {
        {"", add}, {"_add_number", add_number}, {"_mul_number", mul_number}, {"_neg", neg}};
    enum { COUNT = sizeof steps / sizeof *steps };
    static chain c[COUNT];
    static bench_case cases[COUNT + 1];
    char name[64];
    for (int i = 0; i < COUNT; i++) {
        chain_make(&c[i], elements);
        c[i].step = steps[i].step;
        cases[i] = (bench_case){.run = chain_tad, .arg = &c[i]};
    }
    cases[COUNT] = (bench_case){.run = chain_hand, .arg = &c[0]};
    bench_measure(cases, COUNT + 1, o);
    for (int i = 0; i <= COUNT; i++) {
        snprintf(name, sizeof name, "chain_%zu%s", elements, i < COUNT ? steps[i].name : "_hand");
        if (i < COUNT) check(c[i].tape, name);
        bench_print(name, &cases[i], 1e9 / STEPS, "ns/op", &cases[COUNT], "hand");
        if (i < COUNT) bench_at_most(name, cases[i].median * 1e9 / STEPS, 100);
    }
    for (int i = 0; i < COUNT; i++) chain_free(&c[i]);
}

/* ---- a small graph on top of much that it does not depend on ---- */

enum { BELOW = 1000000, SMALL = 100 };

static void reverse(void *y) {
    if (tad_reverse(*(tad_var *)y) != TAD_OK) return;
}

static void measure_below(const bench_options *o) {
    static bench_case c;
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, 1), y = tad_scalar(t, 1);
    for (int i = 0; i < BELOW; i++) y = tad_mul(y, tad_number(0.9999));
    y = x;
    for (int i = 0; i < SMALL; i++) y = tad_add(y, x);
    c = (bench_case){.run = reverse, .arg = &y};
    bench_measure(&c, 1, o);
    check(t, "below");
    if (tad_gradient_item(x) != SMALL + 1) bench_fail("below", "a wrong gradient");
    bench_print("below", &c, 1e9 / BELOW, "ns/node", &c, "itself");
    bench_at_most("below", c.median * 1e9 / BELOW, 0.5);
    tad_tape_free(t);
}

/* ---- the documents' net ---- */

enum { BATCH = 100, IN = 784, HIDDEN = 50, OUT = 10, PROBED = 4 };

typedef struct {
    tad_tape *tape;
    tad_net *net;
    tad_var x, labels, weight;
    tad_mark mark;
    double numeric[PROBED], reverse[PROBED];
} net;

static void net_make(net *n) {
    int64_t sizes[] = {IN, HIDDEN, OUT}, labels[BATCH];
    double *x = bench_memory(BATCH * IN * sizeof *x);
    unsigned long long seed = 1;
    for (int i = 0; i < BATCH * IN; i++) x[i] = 0.5 + 0.5 * bench_random(&seed);
    for (int i = 0; i < BATCH; i++) labels[i] = i % OUT;
    n->tape = tad_tape_new(NULL);
    n->net = tad_mlp(n->tape, sizes, 3, &(tad_mlp_options){.dtype = TAD_F64});
    n->x = tad_constant(n->tape, TAD_F64, TAD_SHAPE(BATCH, IN), x);
    n->labels = tad_constant(n->tape, TAD_I64, TAD_SHAPE(BATCH), labels);
    n->weight = tad_dict_at(tad_net_params(n->net), 0).value;
    n->mark = tad_tape_mark(n->tape);
    free(x);
}

static tad_var net_loss(net *n) {
    return tad_cross_entropy(tad_net_apply(n->net, n->x), n->labels, NULL);
}

/* The loss alone, nothing recorded. */
static double net_value(net *n) {
    tad_record_pause(n->tape);
    double loss = tad_item(net_loss(n));
    tad_record_resume(n->tape);
    (void)tad_tape_rewind(n->tape, n->mark);
    return loss;
}

static void net_forward(void *arg) { (void)net_value(arg); }

static void net_gradient(void *arg) {
    net *n = arg;
    if (tad_reverse(net_loss(n)) != TAD_OK) return;
    const double *g = tad_gradient_data(n->weight);
    if (g) memcpy(n->reverse, g, sizeof n->reverse);
    tad_dict *params = tad_net_params(n->net);
    for (size_t i = 0; i < tad_dict_count(params); i++) {
        tad_entry param = tad_dict_at(params, i);
        if (tad_zero_gradients(&param.value, 1) != TAD_OK) return;
    }
    (void)tad_tape_rewind(n->tape, n->mark);
}

/* Central differences of the first PROBED weights: two forward passes each. */
static void net_numeric(void *arg) {
    net *n = arg;
    for (int i = 0; i < PROBED; i++) {
        const double h = 1e-5;
        double *w = tad_param_data(n->weight);
        if (!w) return;
        const double was = w[i];
        w[i] = was + h;
        double above = net_value(n);
        w = tad_param_data(n->weight);
        w[i] = was - h;
        double below = net_value(n);
        w = tad_param_data(n->weight);
        w[i] = was;
        n->numeric[i] = (above - below) / (2 * h);
    }
}

static void net_compare(const net *n) {
    for (int i = 0; i < PROBED; i++) {
        double difference = n->numeric[i] - n->reverse[i];
        if (!(difference < 1e-7 && difference > -1e-7))
            bench_fail("net", "the two gradients differ");
    }
}

static void measure_net(const bench_options *o) {
    static net n;
    static bench_case cases[3];
    net_make(&n);
    cases[0] = (bench_case){.run = net_forward, .arg = &n};
    cases[1] = (bench_case){.run = net_gradient, .arg = &n};
    cases[2] = (bench_case){.run = net_numeric, .arg = &n};
    bench_measure(cases, 3, o);
    check(n.tape, "net");
    net_compare(&n);
    double params = (double)tad_dict_elements(tad_net_params(n.net));
    double passes = 1 / bench_ratio(&cases[1], &cases[0]);
    bench_print("net_forward", &cases[0], 1e6, "us", &cases[0], "net_forward");
    bench_print("net_reverse_gradient", &cases[1], 1e6, "us", &cases[0], "net_forward");
    bench_print("net_numeric_gradient_of_4_weights", &cases[2], 1e6, "us", &cases[1],
                "net_reverse_gradient");
    printf("bench net_numeric_gradient %.4g s (%.4g .. %.4g) ratio %.3g vs net_reverse_gradient, "
           "from that of 4 of %.0f weights\n",
           cases[2].median * params / PROBED, cases[2].min * params / PROBED,
           cases[2].max * params / PROBED, bench_ratio(&cases[2], &cases[1]) * PROBED / params,
           params);
    bench_at_most("net_forward_and_reverse_in_forward_passes", passes, 4);
    tad_tape_free(n.tape);
}

int main(int argc, char **argv) {
    static const char *const works[] = {"chain_1", "chain_64", "below", "net", NULL};
    bench_options o = bench_arguments(argc, argv, works);
    if (bench_wanted(&o, "chain_1")) measure_chain(1, &o);
    if (bench_wanted(&o, "chain_64")) measure_chain(MOST_ELEMENTS, &o);
    if (bench_wanted(&o, "below")) measure_below(&o);
    if (bench_wanted(&o, "net")) measure_net(&o);
    return 0;
}
