/* The body of update_kernel.c for one type of number: REAL, NAME(function), SQRT. PyTorch's
 * formulas, computed in REAL as PyTorch does. Included twice, so without a guard. */

/* The gradient as the rules see it. Comparisons let a NaN through. The loops below are compiled
 * once with `clip` true and once with it false, as it is a constant where they are inlined. */
static inline REAL NAME(clipped)(REAL g, REAL scale, REAL bound, bool clip) {
    if (!clip) return g;
    g *= scale;
    return g > bound ? bound : g < -bound ? -bound : g;
}

static inline void NAME(sgd)(const tad__update *u, REAL *restrict p, const REAL *restrict g,
                             int64_t n, bool clip) {
    const REAL lr = (REAL)u->lr, decay = (REAL)u->decay;
    const REAL scale = (REAL)u->scale, bound = (REAL)u->bound;
    for (int64_t i = 0; i < n; i++)
        p[i] -= lr * (NAME(clipped)(g[i], scale, bound, clip) + decay * p[i]);
}

static inline void NAME(sgd_momentum)(const tad__update *u, REAL *restrict p,
                                      const REAL *restrict g, REAL *restrict buffer, int64_t n,
                                      bool clip) {
    const REAL lr = (REAL)u->lr, decay = (REAL)u->decay;
    const REAL scale = (REAL)u->scale, bound = (REAL)u->bound;
    const REAL keep = (REAL)u->keep, fresh = (REAL)u->fresh;
    /* With Nesterov the step is g + momentum * buffer, else the buffer. */
    const REAL of_g = u->nesterov ? 1 : 0, of_buffer = u->nesterov ? (REAL)u->momentum : 1;
    for (int64_t i = 0; i < n; i++) {
        REAL d = NAME(clipped)(g[i], scale, bound, clip) + decay * p[i];
        REAL b = keep * buffer[i] + fresh * d;
        buffer[i] = b;
        p[i] -= lr * (of_g * d + of_buffer * b);
    }
}

/* Adam and AdamW: the decay goes into the gradient, or straight into the parameter. */
static inline void NAME(adam)(const tad__update *u, REAL *restrict p, const REAL *restrict g,
                              REAL *restrict mean, REAL *restrict square, int64_t n, bool clip) {
    const bool decoupled = u->rule == TAD__ADAMW;
    const REAL into_g = decoupled ? 0 : (REAL)u->decay;
    const REAL shrink = decoupled ? (REAL)(1 - u->lr * u->decay) : 1;
    const REAL step = (REAL)(u->lr / u->correct1), root = (REAL)u->correct2, eps = (REAL)u->eps;
    const REAL beta1 = (REAL)u->beta1, rest1 = (REAL)(1 - u->beta1);
    const REAL beta2 = (REAL)u->beta2, rest2 = (REAL)(1 - u->beta2);
    const REAL scale = (REAL)u->scale, bound = (REAL)u->bound;
    for (int64_t i = 0; i < n; i++) {
        REAL d = NAME(clipped)(g[i], scale, bound, clip) + into_g * p[i];
        REAL m = beta1 * mean[i] + rest1 * d, v = beta2 * square[i] + rest2 * d * d;
        mean[i] = m;
        square[i] = v;
        p[i] = shrink * p[i] - step * (m / (SQRT(v) / root + eps));
    }
}

/* square and, if centered, mean are running averages; buffer only with momentum. To be inlined
 * where it is known which of them are NULL: then the loop has no branches. */
static inline void NAME(rmsprop)(const tad__update *u, REAL *restrict p, const REAL *restrict g,
                                 REAL *restrict square, REAL *restrict mean, REAL *restrict buffer,
                                 int64_t n, bool clip) {
    const REAL lr = (REAL)u->lr, decay = (REAL)u->decay, eps = (REAL)u->eps;
    const REAL alpha = (REAL)u->beta2, rest = (REAL)(1 - u->beta2), momentum = (REAL)u->momentum;
    const REAL scale = (REAL)u->scale, bound = (REAL)u->bound;
    for (int64_t i = 0; i < n; i++) {
        REAL d = NAME(clipped)(g[i], scale, bound, clip) + decay * p[i];
        REAL v = alpha * square[i] + rest * d * d, under = v;
        square[i] = v;
        if (mean) {
            REAL m = alpha * mean[i] + rest * d;
            mean[i] = m;
            under = v - m * m;
            under = under < 0 ? 0 : under; /* rounding, when the gradient is constant */
        }
        REAL step = d / (SQRT(under) + eps);
        if (buffer) buffer[i] = step = momentum * buffer[i] + step;
        p[i] -= lr * step;
    }
}

static inline void NAME(rule)(const tad__update *u, REAL *p, const REAL *g, void *const *state,
                              int64_t n, bool clip) {
    switch (u->rule) {
    case TAD__SGD:
        if (state[0])
            NAME(sgd_momentum)(u, p, g, state[0], n, clip);
        else
            NAME(sgd)(u, p, g, n, clip);
        break;
    case TAD__RMSPROP:
        if (!state[1] && !state[2])
            NAME(rmsprop)(u, p, g, state[0], NULL, NULL, n, clip);
        else if (!state[1])
            NAME(rmsprop)(u, p, g, state[0], NULL, state[2], n, clip);
        else if (!state[2])
            NAME(rmsprop)(u, p, g, state[0], state[1], NULL, n, clip);
        else
            NAME(rmsprop)(u, p, g, state[0], state[1], state[2], n, clip);
        break;
    default: NAME(adam)(u, p, g, state[0], state[1], n, clip); break;
    }
}

static void NAME(update)(const tad__update *u, void *p, const void *g, void *const *state,
                         int64_t n) {
    if (u->scale != 1 || u->bound < INFINITY)
        NAME(rule)(u, p, g, state, n, true);
    else
        NAME(rule)(u, p, g, state, n, false);
}

static double NAME(squares)(const void *numbers, int64_t n) {
    const REAL *x = numbers;
    double lane[8] = {0}, sum = 0; /* independent sums, so that the additions need not wait */
    const int64_t whole = n - n % 8;
    for (int64_t i = 0; i < whole; i += 8)
        for (int k = 0; k < 8; k++) lane[k] += (double)x[i + k] * (double)x[i + k];
    for (int64_t i = whole; i < n; i++) sum += (double)x[i] * (double)x[i];
    for (int k = 0; k < 8; k++) sum += lane[k];
    return sum;
}

#undef REAL
#undef NAME
#undef SQRT
