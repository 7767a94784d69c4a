/* The training loop by hand, once for float and once for double. */
#include "bench.h"

#include "hand_net.h"

#include <math.h>

#include "kernel/kernels.h"

#define REAL float
#define NAME(f) f##_f32
#define EXP expf
#define LOG logf
#define LOG1P log1pf
#define SQRT sqrtf
#include "hand_net_real.h"
#undef REAL
#undef NAME
#undef EXP
#undef LOG
#undef LOG1P
#undef SQRT

#define REAL double
#define NAME(f) f##_f64
#define EXP exp
#define LOG log
#define LOG1P log1p
#define SQRT sqrt
#include "hand_net_real.h"

static void make_layer(hand_net *net, hand_layer *l, size_t bytes) {
    const size_t params = (l->in + 1) * l->out;
    l->w = bench_memory(l->in * l->out * bytes);
    l->b = bench_memory(l->out * bytes);
    l->y = bench_memory(net->batch * l->out * bytes);
    l->d = bench_memory(net->batch * l->out * bytes);
    l->g = bench_memory(params * bytes);
    if (!net->adam) return;
    l->mean = bench_memory(params * bytes);
    l->mean2 = bench_memory(params * bytes);
}

/* Enough for every product: the bytes are asked for with the sizes and strides that matter. */
static size_t workspace(const hand_net *net) {
    size_t most = 0;
    for (size_t i = 0; i < net->layers; i++) {
        size_t in = net->layer[i].in, out = net->layer[i].out, batch = net->batch;
        ptrdiff_t si = (ptrdiff_t)in, so = (ptrdiff_t)out;
        const tad__gemm products[] = {
            {batch, out, in, NULL, si, 1, NULL, so, 1, NULL, so, NULL, 0},
            {in, out, batch, NULL, 1, si, NULL, so, 1, NULL, so, NULL, 0},
            {batch, in, out, NULL, so, 1, NULL, 1, so, NULL, si, NULL, 0},
        };
        for (size_t p = 0; p < sizeof products / sizeof *products; p++) {
            size_t bytes = tad__gemm_workspace(net->kernel, &products[p], NULL);
            if (bytes > most) most = bytes;
        }
    }
    return most;
}

hand_net *hand_net_new(size_t bytes, const int64_t *sizes, size_t layers, size_t batch, bool adam,
                       double lr) {
    const bool f32 = bytes == sizeof(float);
    const tad__gemm_kernels *kernels = tad__kernels_choose(TAD_LEVEL_BEST)->gemm;
    hand_net *net = bench_memory(sizeof *net);
    *net = (hand_net){.layers = layers, .batch = batch, .adam = adam, .lr = lr};
    net->kernel = f32 ? kernels->f32 : kernels->f64;
    net->step = f32 ? step_f32 : step_f64;
    net->products = f32 ? products_f32 : products_f64;
    for (size_t i = 0; i < layers; i++) {
        net->layer[i].in = (size_t)sizes[i];
        net->layer[i].out = (size_t)sizes[i + 1];
        make_layer(net, &net->layer[i], bytes);
    }
    net->workspace = bench_memory(workspace(net));
    return net;
}

void hand_net_free(hand_net *net) {
    for (size_t i = 0; i < net->layers; i++) {
        hand_layer *l = &net->layer[i];
        void *all[] = {l->w, l->b, l->y, l->d, l->g, l->mean, l->mean2};
        for (size_t p = 0; p < sizeof all / sizeof *all; p++) free(all[p]);
    }
    free(net->workspace);
    free(net);
}
