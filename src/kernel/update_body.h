/* The body of update_kernel.c for one type of number; see instantiate.h. PyTorch's formulas,
 * computed in T as PyTorch does. */

/* The gradient as the rules see it. Comparisons let a NaN through. The loops below are compiled
 * once with `clip` true and once with it false, as it is a constant where they are inlined. */
static inline T N(clipped)(T g, T scale, T bound, bool clip) {
    if (!clip) return g;
    g *= scale;
    return g > bound ? bound : g < -bound ? -bound : g;
}

static inline void N(sgd)(const tad__update *u, T *restrict p, const T *restrict g, int64_t n,
                          bool clip) {
    const T lr = (T)u->lr, decay = (T)u->decay;
    const T scale = (T)u->scale, bound = (T)u->bound;
    for (int64_t i = 0; i < n; i++)
        p[i] -= lr * (N(clipped)(g[i], scale, bound, clip) + decay * p[i]);
}

static inline void N(sgd_momentum)(const tad__update *u, T *restrict p, const T *restrict g,
                                   T *restrict buffer, int64_t n, bool clip) {
    const T lr = (T)u->lr, decay = (T)u->decay;
    const T scale = (T)u->scale, bound = (T)u->bound;
    const T keep = (T)u->keep, fresh = (T)u->fresh;
    /* With Nesterov the step is g + momentum * buffer, else the buffer. */
    const T of_g = u->nesterov ? 1 : 0, of_buffer = u->nesterov ? (T)u->momentum : 1;
    for (int64_t i = 0; i < n; i++) {
        T d = N(clipped)(g[i], scale, bound, clip) + decay * p[i];
        T b = keep * buffer[i] + fresh * d;
        buffer[i] = b;
        p[i] -= lr * (of_g * d + of_buffer * b);
    }
}

/* Adam and AdamW: the decay goes into the gradient, or straight into the parameter. */
static inline void N(adam)(const tad__update *u, T *restrict p, const T *restrict g,
                           T *restrict mean, T *restrict square, int64_t n, bool clip) {
    const bool decoupled = u->rule == TAD__ADAMW;
    const T into_g = decoupled ? 0 : (T)u->decay;
    const T shrink = decoupled ? (T)(1 - u->lr * u->decay) : 1;
    const T step = (T)u->step, root = (T)u->correct2, eps = (T)u->eps;
    const T beta1 = (T)u->beta1, rest1 = (T)(1 - u->beta1);
    const T beta2 = (T)u->beta2, rest2 = (T)(1 - u->beta2);
    const T scale = (T)u->scale, bound = (T)u->bound;
    for (int64_t i = 0; i < n; i++) {
        T d = N(clipped)(g[i], scale, bound, clip) + into_g * p[i];
        T m = beta1 * mean[i] + rest1 * d, v = beta2 * square[i] + rest2 * d * d;
        mean[i] = m;
        square[i] = v;
        p[i] = shrink * p[i] - step * (m / (M(sqrt)(v) / root + eps));
    }
}

/* NAdam; LAMB, whose direction goes to `along` and moves nothing. */
static inline void N(adam_kin)(const tad__update *u, T *restrict p, const T *restrict g,
                               T *restrict mean, T *restrict square, T *restrict along, int64_t n,
                               bool clip) {
    const T into_g = along ? 0 : (T)u->decay, into_step = (T)u->decay;
    const T step = (T)u->step, of_g = (T)u->of_gradient, root = (T)u->correct2, eps = (T)u->eps;
    const T beta1 = (T)u->beta1, rest1 = (T)(1 - u->beta1);
    const T beta2 = (T)u->beta2, rest2 = (T)(1 - u->beta2);
    const T scale = (T)u->scale, bound = (T)u->bound;
    for (int64_t i = 0; i < n; i++) {
        T d = N(clipped)(g[i], scale, bound, clip) + into_g * p[i];
        T m = beta1 * mean[i] + rest1 * d, v = beta2 * square[i] + rest2 * d * d;
        T under = M(sqrt)(v) / root + eps;
        mean[i] = m;
        square[i] = v;
        if (along)
            along[i] = step * m / under + into_step * p[i];
        else
            p[i] -= of_g * d / under + step * m / under;
    }
}

/* RAdam: by the root of the variance only where that is known. */
static inline void N(radam)(const tad__update *u, T *restrict p, const T *restrict g,
                            T *restrict mean, T *restrict square, int64_t n, bool clip) {
    const T step = (T)u->step, eps = (T)u->eps, decay = (T)u->decay;
    const T beta1 = (T)u->beta1, rest1 = (T)(1 - u->beta1);
    const T beta2 = (T)u->beta2, rest2 = (T)(1 - u->beta2);
    const T scale = (T)u->scale, bound = (T)u->bound;
    const bool rectified = u->rectified;
    for (int64_t i = 0; i < n; i++) {
        T d = N(clipped)(g[i], scale, bound, clip) + decay * p[i];
        T m = beta1 * mean[i] + rest1 * d, v = beta2 * square[i] + rest2 * d * d;
        mean[i] = m;
        square[i] = v;
        p[i] -= step * (rectified ? m / (M(sqrt)(v) + eps) : m);
    }
}

static inline void N(adamax)(const tad__update *u, T *restrict p, const T *restrict g,
                             T *restrict mean, T *restrict most, int64_t n, bool clip) {
    const T step = (T)u->step, eps = (T)u->eps, decay = (T)u->decay;
    const T beta1 = (T)u->beta1, rest1 = (T)(1 - u->beta1), beta2 = (T)u->beta2;
    const T scale = (T)u->scale, bound = (T)u->bound;
    for (int64_t i = 0; i < n; i++) {
        T d = N(clipped)(g[i], scale, bound, clip) + decay * p[i], a = (d < 0 ? -d : d) + eps;
        T m = beta1 * mean[i] + rest1 * d, w = beta2 * most[i];
        w = w > a ? w : a; /* a NaN of the gradient stays */
        mean[i] = m;
        most[i] = w;
        p[i] -= step * m / w;
    }
}

static inline void N(lion)(const tad__update *u, T *restrict p, const T *restrict g,
                           T *restrict mean, int64_t n, bool clip) {
    const T lr = (T)u->lr, shrink = (T)(1 - u->lr * u->decay);
    const T beta1 = (T)u->beta1, rest1 = (T)(1 - u->beta1);
    const T beta2 = (T)u->beta2, rest2 = (T)(1 - u->beta2);
    const T scale = (T)u->scale, bound = (T)u->bound;
    for (int64_t i = 0; i < n; i++) {
        T d = N(clipped)(g[i], scale, bound, clip), m = beta1 * mean[i] + rest1 * d;
        T sign = m > 0 ? 1 : m < 0 ? -1 : m; /* a NaN is its own */
        mean[i] = beta2 * mean[i] + rest2 * d;
        p[i] = shrink * p[i] - lr * sign;
    }
}

static inline void N(adagrad)(const tad__update *u, T *restrict p, const T *restrict g,
                              T *restrict sum, int64_t n, bool clip) {
    const T step = (T)u->step, eps = (T)u->eps, decay = (T)u->decay;
    const T scale = (T)u->scale, bound = (T)u->bound;
    for (int64_t i = 0; i < n; i++) {
        T d = N(clipped)(g[i], scale, bound, clip) + decay * p[i], s = sum[i] + d * d;
        sum[i] = s;
        p[i] -= step * (d / (M(sqrt)(s) + eps));
    }
}

static inline void N(adadelta)(const tad__update *u, T *restrict p, const T *restrict g,
                               T *restrict square, T *restrict moved, int64_t n, bool clip) {
    const T lr = (T)u->lr, eps = (T)u->eps, decay = (T)u->decay;
    const T rho = (T)u->beta2, rest = (T)(1 - u->beta2);
    const T scale = (T)u->scale, bound = (T)u->bound;
    for (int64_t i = 0; i < n; i++) {
        T d = N(clipped)(g[i], scale, bound, clip) + decay * p[i];
        T v = rho * square[i] + rest * d * d;
        T step = M(sqrt)(moved[i] + eps) / M(sqrt)(v + eps) * d;
        square[i] = v;
        moved[i] = rho * moved[i] + rest * step * step;
        p[i] -= lr * step;
    }
}

/* square and, if centered, mean are running averages; buffer only with momentum. To be inlined
 * where it is known which of them are NULL: then the loop has no branches. */
static inline void N(rmsprop)(const tad__update *u, T *restrict p, const T *restrict g,
                              T *restrict square, T *restrict mean, T *restrict buffer, int64_t n,
                              bool clip) {
    const T lr = (T)u->lr, decay = (T)u->decay, eps = (T)u->eps;
    const T alpha = (T)u->beta2, rest = (T)(1 - u->beta2), momentum = (T)u->momentum;
    const T scale = (T)u->scale, bound = (T)u->bound;
    for (int64_t i = 0; i < n; i++) {
        T d = N(clipped)(g[i], scale, bound, clip) + decay * p[i];
        T v = alpha * square[i] + rest * d * d, under = v;
        square[i] = v;
        if (mean) {
            T m = alpha * mean[i] + rest * d;
            mean[i] = m;
            under = v - m * m;
            under = under < 0 ? 0 : under; /* rounding, when the gradient is constant */
        }
        T step = d / (M(sqrt)(under) + eps);
        if (buffer) buffer[i] = step = momentum * buffer[i] + step;
        p[i] -= lr * step;
    }
}

static inline void N(rule)(const tad__update *u, T *p, const T *g, void *const *state, int64_t n,
                           bool clip) {
    switch (u->rule) {
    case TAD__SGD:
        if (state[0])
            N(sgd_momentum)(u, p, g, state[0], n, clip);
        else
            N(sgd)(u, p, g, n, clip);
        break;
    case TAD__RMSPROP:
        if (!state[1] && !state[2])
            N(rmsprop)(u, p, g, state[0], NULL, NULL, n, clip);
        else if (!state[1])
            N(rmsprop)(u, p, g, state[0], NULL, state[2], n, clip);
        else if (!state[2])
            N(rmsprop)(u, p, g, state[0], state[1], NULL, n, clip);
        else
            N(rmsprop)(u, p, g, state[0], state[1], state[2], n, clip);
        break;
    case TAD__ADAGRAD: N(adagrad)(u, p, g, state[0], n, clip); break;
    case TAD__ADADELTA: N(adadelta)(u, p, g, state[0], state[1], n, clip); break;
    case TAD__ADAMAX: N(adamax)(u, p, g, state[0], state[1], n, clip); break;
    case TAD__NADAM: N(adam_kin)(u, p, g, state[0], state[1], NULL, n, clip); break;
    case TAD__LAMB: N(adam_kin)(u, p, g, state[0], state[1], state[2], n, clip); break;
    case TAD__RADAM: N(radam)(u, p, g, state[0], state[1], n, clip); break;
    case TAD__LION: N(lion)(u, p, g, state[0], n, clip); break;
    default: N(adam)(u, p, g, state[0], state[1], n, clip); break;
    }
}

static void N(update)(const tad__update *u, void *p, const void *g, void *const *state, int64_t n) {
    if (u->scale != 1 || u->bound < INFINITY)
        N(rule)(u, p, g, state, n, true);
    else
        N(rule)(u, p, g, state, n, false);
}

static double N(squares)(const void *numbers, int64_t n) {
    const T *x = numbers;
    double lane[8] = {0}, sum = 0; /* independent sums, so that the additions need not wait */
    const int64_t whole = n - n % 8;
    for (int64_t i = 0; i < whole; i += 8)
        for (int k = 0; k < 8; k++) lane[k] += (double)x[i + k] * (double)x[i + k];
    for (int64_t i = whole; i < n; i++) sum += (double)x[i] * (double)x[i];
    for (int k = 0; k < 8; k++) sum += lane[k];
    return sum;
}
