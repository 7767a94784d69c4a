/* Whole training steps (forward, reverse, update) of tad beside a loop written by hand with the
 * same matrix product (hand_net.h), and one thread beside two. Data are random, in the shape of
 * MNIST.
 *
 *   bench_train [--quick] [--rounds N] [NAME ...] */
#include "processors.h"

#include "bench.h"

#include <math.h>

#include <tad/tad.h>

#include "hand_net.h"

typedef struct {
    const char *name;
    tad_dtype dtype;
    int64_t sizes[HAND_MOST_LAYERS + 1];
    size_t layers, batch, batches; /* batches are taken in turn: they stream through the caches */
    bool adam;
    double lr;
    bool products; /* compare with its products alone as well */
    double limit;  /* of the time relative to the loop by hand, or to the products; 0: none */
} work;

static const work works[] = {
    {"net_f32", TAD_F32, {784, 50, 10}, 2, 100, 100, false, 0.1, false, 1.2},
    {"net_f64", TAD_F64, {784, 50, 10}, 2, 100, 50, false, 0.1, false, 1.2},
    {"wide_adam", TAD_F32, {784, 512, 512, 10}, 3, 128, 50, true, 0.001, false, 0},
    {"large", TAD_F32, {4096, 4096, 4096}, 2, 256, 1, false, 0.01, true, 1.1},
    {"tiny", TAD_F32, {2, 16, 16, 1}, 3, 100, 1, false, 0.1, false, 0},
};
enum { WORKS = sizeof works / sizeof *works };

/* ---- the same data for everybody ---- */

typedef struct {
    const work *w;
    char *x;
    int64_t *labels;
    size_t batch_bytes;
} data;

static data make_data(const work *w) {
    const size_t n = w->batches * w->batch * (size_t)w->sizes[0], bytes = tad_dtype_size(w->dtype);
    data d = {w, bench_memory(n * bytes), bench_memory(w->batches * w->batch * sizeof(int64_t)),
              w->batch * (size_t)w->sizes[0] * bytes};
    int64_t classes = w->sizes[w->layers] > 1 ? w->sizes[w->layers] : 2;
    unsigned long long seed = 1;
    for (size_t i = 0; i < n; i++) {
        double v = 0.5 + 0.5 * bench_random(&seed);
        if (w->dtype == TAD_F32)
            ((float *)d.x)[i] = (float)v;
        else
            ((double *)d.x)[i] = v;
    }
    for (size_t i = 0; i < w->batches * w->batch; i++) d.labels[i] = (int64_t)i * 7 % classes;
    return d;
}

static const void *batch_x(const data *d, size_t i) {
    return d->x + i % d->w->batches * d->batch_bytes;
}
static const int64_t *batch_labels(const data *d, size_t i) {
    return d->labels + i % d->w->batches * d->w->batch;
}

/* ---- a step with tad ---- */

typedef struct {
    const data *d;
    tad_tape *tape;
    tad_net *net;
    tad_optim *optim;
    tad_mark mark;
    size_t steps;
    double loss;
} trainer;

static tad_var targets(const trainer *t) {
    const work *w = t->d->w;
    const int64_t n = (int64_t)w->batch, *labels = batch_labels(t->d, t->steps);
    if (w->sizes[w->layers] > 1) return tad_constant(t->tape, TAD_I64, TAD_SHAPE(n), labels);
    double zero_one[256];
    for (int64_t i = 0; i < n; i++) zero_one[i] = (double)labels[i];
    return tad_constant_from(t->tape, w->dtype, TAD_SHAPE(n, 1), zero_one);
}

static void train_step(void *arg) {
    trainer *t = arg;
    const work *w = t->d->w;
    tad_var x = tad_borrow(t->tape, w->dtype, TAD_SHAPE((int64_t)w->batch, w->sizes[0]),
                           batch_x(t->d, t->steps));
    tad_var y = tad_net_apply(t->net, x), target = targets(t);
    tad_var loss = w->sizes[w->layers] > 1
                       ? tad_cross_entropy(y, target, NULL)
                       : tad_bce_with_logits(y, target, tad_none(), tad_none(), TAD_MEAN);
    t->loss = tad_item(loss);
    if (tad_reverse(loss) != TAD_OK || tad_optim_step(t->optim) != TAD_OK) return;
    (void)tad_tape_rewind(t->tape, t->mark);
    t->steps++;
}

static void trainer_make(trainer *t, const data *d, int threads) {
    const work *w = d->w;
    tad_mlp_options mlp = {.dtype = w->dtype};
    *t = (trainer){.d = d, .tape = tad_tape_new(&(tad_settings){.threads = threads})};
    t->net = tad_mlp(t->tape, w->sizes, w->layers + 1, &mlp);
    t->optim = w->adam ? tad_adam(tad_net_params(t->net), w->lr, NULL)
                       : tad_sgd(tad_net_params(t->net), w->lr, NULL);
    t->mark = tad_tape_mark(t->tape);
}

/* ---- a step as a program: recorded once, parameters read and written where they lie ---- */

enum { MOST_PARAMS = 2 * HAND_MOST_LAYERS };

typedef struct {
    const data *d;
    trainer t; /* of its own, with the same weights */
    tad_program *program;
    tad_workspace *workspace;
    tad_shape x, target;
    size_t steps;
    double loss;
} programmed;

static double loss_of(const void *number, tad_dtype dtype) {
    return dtype == TAD_F32 ? (double)*(const float *)number : *(const double *)number;
}

static void program_step(void *arg) {
    programmed *p = arg;
    const work *w = p->d->w;
    double loss[1];
    p->t.steps = p->steps++;
    tad_status s = tad_bind_in(p->workspace, 0, w->dtype, p->x, batch_x(p->d, p->t.steps));
    if (s == TAD_OK)
        s = tad_bind_in(p->workspace, 1, TAD_I64, p->target, batch_labels(p->d, p->t.steps));
    if (s == TAD_OK) s = tad_bind_out(p->workspace, 0, w->dtype, TAD_0D, loss);
    if (s == TAD_OK) s = tad_run(p->workspace);
    if (s != TAD_OK) bench_fail(w->name, tad_workspace_message(p->workspace));
    p->loss = loss_of(loss, w->dtype);
}

/* The loss, and each parameter after a step down its gradient. */
static tad_status freeze_step(programmed *p) {
    const work *w = p->d->w;
    const tad_dict *params = tad_net_params(p->t.net);
    const size_t n = tad_dict_count(params);
    tad_var list[MOST_PARAMS], gradient[MOST_PARAMS], out[MOST_PARAMS + 1],
        in[2] = {tad_borrow(p->t.tape, w->dtype, p->x, batch_x(p->d, 0)), targets(&p->t)};
    out[0] = tad_cross_entropy(tad_net_apply(p->t.net, in[0]), in[1], NULL);
    for (size_t k = 0; k < n; k++) list[k] = tad_dict_at(params, k).value;
    tad_status s = tad_grad(out, NULL, 1, list, n, gradient);
    for (size_t k = 0; k < n; k++)
        out[1 + k] = tad_sub(list[k], tad_mul(gradient[k], tad_number(w->lr)));
    if (s == TAD_OK) s = tad_freeze(in, 2, out, n + 1, NULL, &p->program);
    if (s != TAD_OK) return s;
    p->workspace = tad_workspace_new(p->program);
    for (size_t k = 0; k < n && s == TAD_OK; k++)
        s = tad_bind_out(p->workspace, 1 + k, w->dtype, tad_shape_of(list[k]),
                         tad_param_data(list[k]));
    return s;
}

static void program_make(programmed *p, const data *d) {
    const work *w = d->w;
    *p = (programmed){.d = d,
                      .x = TAD_SHAPE((int64_t)w->batch, w->sizes[0]),
                      .target = TAD_SHAPE((int64_t)w->batch)};
    trainer_make(&p->t, d, 1);
    if (freeze_step(p) != TAD_OK) bench_fail(w->name, tad_message(p->t.tape));
}

static void program_free(programmed *p) {
    tad_workspace_free(p->workspace);
    tad_program_free(p->program);
    tad_tape_free(p->t.tape);
}

/* ---- a step by hand ---- */

typedef struct {
    const data *d;
    hand_net *net;
    size_t steps;
    double loss;
} by_hand;

static void hand_step(void *arg) {
    by_hand *h = arg;
    h->loss = h->net->step(h->net, batch_x(h->d, h->steps), batch_labels(h->d, h->steps));
    h->steps++;
}

static void hand_products(void *arg) {
    by_hand *h = arg;
    h->net->products(h->net, batch_x(h->d, h->steps));
}

/* With the weights of the trainer. */
static void hand_make(by_hand *h, const trainer *t) {
    const work *w = t->d->w;
    *h = (by_hand){.d = t->d};
    h->net = hand_net_new(tad_dtype_size(w->dtype), w->sizes, w->layers, w->batch, w->adam, w->lr);
    const tad_dict *params = tad_net_params(t->net);
    for (size_t i = 0; i < w->layers; i++) {
        tad_var weight = tad_dict_at(params, 2 * i).value;
        const void *numbers = tad_data(weight);
        if (!numbers) bench_fail(w->name, tad_message(t->tape));
        memcpy(h->net->layer[i].w, numbers, (size_t)tad_size_of(weight) * tad_dtype_size(w->dtype));
    }
}

/* All learn the same: a step that computes something else is not worth timing. */
static void same_losses(trainer *t, by_hand *h, programmed *p) {
    const char *name = t->d->w->name;
    for (int i = 0; i < 3; i++) {
        train_step(t);
        hand_step(h);
        if (p->program) program_step(p);
        if (tad_tape_status(t->tape)) bench_fail(name, tad_message(t->tape));
        if (!(fabs(t->loss - h->loss) <= 1e-3 * fabs(h->loss))) {
            fprintf(stderr, "%s: step %d: loss %.9g, by hand %.9g\n", name, i, t->loss, h->loss);
            exit(1);
        }
        if (p->program && !(fabs(t->loss - p->loss) <= 1e-5 * fabs(t->loss)))
            bench_fail(name, "the program has another loss than the tape");
    }
}

/* ---- one workload ---- */

static void print_case(const work *w, const char *what, const bench_case *c, const bench_case *base,
                       const char *base_name) {
    char name[64];
    snprintf(name, sizeof name, "%s_%s", w->name, what);
    bench_print(name, c, 1e6, "us/step", base, base_name);
}

/* Beside the tape and the loop by hand. */
static void measure_program(const work *w, trainer *t, by_hand *h, programmed *p,
                            const bench_options *o) {
    enum { PROGRAM, TAD, HAND };
    static bench_case cases[3];
    cases[PROGRAM] = (bench_case){.run = program_step, .arg = p};
    cases[TAD] = (bench_case){.run = train_step, .arg = t};
    cases[HAND] = (bench_case){.run = hand_step, .arg = h};
    bench_measure(cases, 3, o);
    print_case(w, "program", &cases[PROGRAM], &cases[TAD], "tad");
    print_case(w, "program", &cases[PROGRAM], &cases[HAND], "hand");
    printf("%s_program: %zu bytes of a workspace, the tape has %zu\n", w->name,
           tad_workspace_size(p->program), tad_tape_memory(t->tape).live);
}

static void measure_step(const work *w, trainer *t, by_hand *h, const bench_options *o) {
    enum { TAD, HAND, PRODUCTS };
    static bench_case cases[3];
    cases[TAD] = (bench_case){.run = train_step, .arg = t};
    cases[HAND] = (bench_case){.run = hand_step, .arg = h};
    cases[PRODUCTS] = (bench_case){.run = hand_products, .arg = h};
    bench_measure(cases, w->products ? 3 : 2, o);
    if (tad_tape_status(t->tape)) bench_fail(w->name, tad_message(t->tape));
    print_case(w, "tad", &cases[TAD], &cases[HAND], "hand");
    if (w->products) {
        print_case(w, "tad", &cases[TAD], &cases[PRODUCTS], "products");
        print_case(w, "products", &cases[PRODUCTS], &cases[HAND], "hand");
    }
    print_case(w, "hand", &cases[HAND], &cases[HAND], "hand");
    const bench_case *limit = &cases[w->products ? PRODUCTS : HAND];
    char name[64];
    snprintf(name, sizeof name, "%s_vs_%s", w->name, w->products ? "products" : "hand");
    if (w->limit > 0) bench_at_most(name, 1 / bench_ratio(&cases[TAD], limit), w->limit);
}

static void measure_threads(const work *w, trainer *one, const bench_options *o) {
    static bench_case cases[2];
    trainer two;
    trainer_make(&two, one->d, 2);
    cases[0] = (bench_case){.run = train_step, .arg = one};
    cases[1] = (bench_case){.run = train_step, .arg = &two};
    const clockid_t processor = bench_clock;
    bench_clock = CLOCK_MONOTONIC;
    bench_measure(cases, 2, o);
    bench_clock = processor;
    if (tad_tape_status(two.tape)) bench_fail(w->name, tad_message(two.tape));
    print_case(w, "2_threads", &cases[1], &cases[0], "1_thread");
    if (w->adam) bench_at_least("wide_adam_2_threads_vs_1", bench_ratio(&cases[1], &cases[0]), 1.7);
    tad_tape_free(two.tape);
}

static void measure(const work *w, const bench_options *o) {
    data d = make_data(w);
    trainer t;
    by_hand h;
    programmed p = {.program = NULL};
    trainer_make(&t, &d, 1);
    hand_make(&h, &t);
    if (!w->adam && !w->products && w->sizes[w->layers] > 1) program_make(&p, &d);
    same_losses(&t, &h, &p);
    measure_step(w, &t, &h, o);
    if (p.program) measure_program(w, &t, &h, &p, o);
    program_free(&p);
    hand_net_free(h.net);
    if (two_processors())
        measure_threads(w, &t, o);
    else
        printf("%s: one processor only, no threads compared\n", w->name);
    tad_tape_free(t.tape);
    free(d.x);
    free(d.labels);
}

int main(int argc, char **argv) {
    const char *names[WORKS + 1] = {NULL};
    for (int i = 0; i < WORKS; i++) names[i] = works[i].name;
    bench_options o = bench_arguments(argc, argv, names);
    for (int i = 0; i < WORKS; i++)
        if (o.quick && works[i].products && !bench_named(&o, works[i].name))
            printf("%s: takes long, left out unless named\n", works[i].name);
        else if (bench_wanted(&o, works[i].name))
            measure(&works[i], &o);
    return 0;
}
