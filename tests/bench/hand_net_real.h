/* The body of hand_net.c for one type of number: REAL, NAME(function), EXP, LOG, LOG1P, SQRT.
 * Included twice, so without a guard. */

/* C (m, n) = S + A B, A (m, k) and B (k, n) given by their strides. */
static void NAME(product)(hand_net *net, tad__gemm g) {
    tad__gemm_run(net->kernel, &g, net->workspace, NULL);
}

static void NAME(product_forward)(hand_net *net, const hand_layer *l, const REAL *x) {
    ptrdiff_t in = (ptrdiff_t)l->in, out = (ptrdiff_t)l->out;
    NAME(product)
    (net, (tad__gemm){net->batch, l->out, l->in, x, in, 1, l->w, out, 1, l->y, out, l->b, 0});
}

/* start: NULL, or c to add to it. */
static void NAME(product_weights)(hand_net *net, const hand_layer *l, const REAL *x, REAL *c,
                                  const REAL *start) {
    ptrdiff_t in = (ptrdiff_t)l->in, out = (ptrdiff_t)l->out;
    NAME(product)
    (net, (tad__gemm){l->in, l->out, net->batch, x, 1, in, l->d, out, 1, c, out, start, out});
}

static void NAME(product_inputs)(hand_net *net, const hand_layer *l, REAL *dx) {
    ptrdiff_t in = (ptrdiff_t)l->in, out = (ptrdiff_t)l->out;
    NAME(product)
    (net, (tad__gemm){net->batch, l->in, l->out, l->d, out, 1, l->w, 1, out, dx, in, NULL, 0});
}

static void NAME(products)(hand_net *net, const void *x) {
    const hand_layer *l = net->layer;
    for (size_t i = 0; i < net->layers; i++) NAME(product_forward)(net, &l[i], i ? l[i - 1].y : x);
    for (size_t i = net->layers; i-- > 0;) {
        if (i) NAME(product_inputs)(net, &l[i], l[i - 1].d);
        NAME(product_weights)(net, &l[i], i ? l[i - 1].y : x, l[i].g, NULL);
    }
}

static void NAME(forward)(hand_net *net, const REAL *x) {
    for (size_t i = 0; i < net->layers; i++) {
        hand_layer *l = &net->layer[i];
        REAL *y = l->y;
        NAME(product_forward)(net, l, x);
        if (i + 1 < net->layers)
            for (size_t j = 0; j < net->batch * l->out; j++) y[j] = y[j] > 0 ? y[j] : 0;
        x = y;
    }
}

/* ---- losses: cotangents of the logits, times scale ---- */

static double NAME(softmax_loss)(hand_net *net, const int64_t *labels, REAL scale) {
    const hand_layer *l = &net->layer[net->layers - 1];
    double loss = 0;
    for (size_t i = 0; i < net->batch; i++) {
        const REAL *y = (const REAL *)l->y + i * l->out;
        REAL *d = (REAL *)l->d + i * l->out, largest = y[0], sum = 0;
        for (size_t j = 1; j < l->out; j++) largest = y[j] > largest ? y[j] : largest;
        for (size_t j = 0; j < l->out; j++) sum += d[j] = EXP(y[j] - largest);
        loss -= (double)(y[labels[i]] - largest - LOG(sum));
        for (size_t j = 0; j < l->out; j++) d[j] *= scale / sum;
        d[labels[i]] -= scale;
    }
    return loss / (double)net->batch;
}

static double NAME(logistic_loss)(hand_net *net, const int64_t *labels, REAL scale) {
    const hand_layer *l = &net->layer[net->layers - 1];
    const REAL *y = l->y;
    REAL *d = l->d;
    double loss = 0;
    for (size_t i = 0; i < net->batch; i++) {
        REAL e = EXP(y[i] > 0 ? -y[i] : y[i]), target = (REAL)labels[i];
        loss += (double)((y[i] > 0 ? y[i] : 0) - y[i] * target + LOG1P(e));
        d[i] = scale * ((y[i] > 0 ? 1 : e) / (1 + e) - target);
    }
    return loss / (double)net->batch;
}

/* ---- updates ---- */

static void NAME(add_rows)(const REAL *restrict d, size_t rows, size_t columns,
                           REAL *restrict sum) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) sum[j] += d[i * columns + j];
}

static void NAME(adam)(const hand_net *net, REAL *restrict p, const REAL *restrict g,
                       REAL *restrict mean, REAL *restrict mean2, size_t n) {
    const double correct1 = 1 - pow(0.9, (double)net->steps),
                 correct2 = 1 - pow(0.999, (double)net->steps);
    const REAL rate = (REAL)(net->lr / correct1), root = (REAL)(1 / sqrt(correct2)),
               eps = (REAL)1e-8;
    for (size_t i = 0; i < n; i++) {
        mean[i] = (REAL)0.9 * mean[i] + (REAL)0.1 * g[i];
        mean2[i] = (REAL)0.999 * mean2[i] + (REAL)0.001 * g[i] * g[i];
        p[i] -= rate * mean[i] / (SQRT(mean2[i]) * root + eps);
    }
}

static void NAME(update)(hand_net *net, const hand_layer *l, const REAL *x) {
    const size_t weights = l->in * l->out;
    REAL *g = l->g, *mean = l->mean, *mean2 = l->mean2;
    if (!net->adam) { /* the cotangents are scaled by -lr */
        NAME(product_weights)(net, l, x, l->w, l->w);
        NAME(add_rows)(l->d, net->batch, l->out, l->b);
        return;
    }
    NAME(product_weights)(net, l, x, g, NULL);
    memset(g + weights, 0, l->out * sizeof *g);
    NAME(add_rows)(l->d, net->batch, l->out, g + weights);
    NAME(adam)(net, l->w, g, mean, mean2, weights);
    NAME(adam)(net, l->b, g + weights, mean + weights, mean2 + weights, l->out);
}

static double NAME(step)(hand_net *net, const void *x, const int64_t *labels) {
    const REAL scale = (REAL)((net->adam ? 1 : -net->lr) / (double)net->batch);
    hand_layer *l = net->layer;
    net->steps++;
    NAME(forward)(net, x);
    double loss = l[net->layers - 1].out == 1 ? NAME(logistic_loss)(net, labels, scale)
                                              : NAME(softmax_loss)(net, labels, scale);
    for (size_t i = net->layers; i-- > 0;) {
        if (i) {
            const REAL *y = l[i - 1].y;
            REAL *d = l[i - 1].d;
            NAME(product_inputs)(net, &l[i], d);
            for (size_t j = 0; j < net->batch * l[i].in; j++) d[j] = y[j] > 0 ? d[j] : 0;
        }
        NAME(update)(net, &l[i], i ? l[i - 1].y : x);
    }
    return loss;
}
