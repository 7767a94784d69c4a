/* The loops of norm_kernel.c for one element type; see instantiate.h. */
/* Of short rows nothing is in the vectors, and folding them would take most of the time. */
static inline T N(fold_long)(size_t n, const VEC *sum) { return n < LANES ? 0 : N(fold)(sum); }

/* Taken about the first element, so that a constant row has exactly its mean. */
static T N(mean)(size_t n, const T *x) {
    VEC sum[VECTORS] = {0};
    T rest = 0, about = x[0];
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
#pragma GCC unroll 16
        for (size_t v = 0; v < VECTORS; v++) sum[v] += N(load)(x + i + v * WIDTH) - about;
    for (; i < n; i++) rest += x[i] - about;
    return about + (N(fold_long)(n, sum) + rest) / (T)n;
}

/* Passes over a row take turns to ask for memory, so that it is never idle for one of them: this
 * one asks for `room`, which will be written. */
static T N(scale)(size_t n, const T *x, T m, double eps, const T *room) {
    VEC sum[VECTORS] = {0};
    T rest = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        ask_for_room(room + i, 0);
#pragma GCC unroll 16
        for (size_t v = 0; v < VECTORS; v++) {
            VEC c = N(load)(x + i + v * WIDTH) - m;
            sum[v] += c * c;
        }
    }
    for (; i < n; i++) rest += (x[i] - m) * (x[i] - m);
    return 1 / M(sqrt)((N(fold_long)(n, sum) + rest) / (T)n + (T)eps);
}

/* m and k of a row. */
static void N(measure_row)(const tad__norm *c, const T *x, T *stats, const T *room) {
    stats[0] = c->centred ? N(mean)(c->n, x) : 0;
    stats[1] = N(scale)(c->n, x, stats[0], c->eps, room);
}

static void N(measure)(const tad__norm *c, size_t rows, const void *x, void *stats) {
    for (size_t r = 0; r < rows; r++) {
        const T *row = (const T *)x + r * c->n;
        N(measure_row)(c, row, (T *)stats + 2 * r, row);
    }
}

/* Asks meanwhile for the next row. */
static void N(row)(size_t n, const T *restrict x, const T *restrict gain, const T *restrict bias,
                   T m, T k, T *restrict y) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        ask_for_next(x + i, n * sizeof *x);
#pragma GCC unroll 16
        for (size_t v = 0; v < VECTORS; v++) {
            const size_t at = i + v * WIDTH;
            VEC h = (N(load)(x + at) - m) * k;
            N(store)(y + at, h * N(load)(gain + at) + N(load)(bias + at));
        }
    }
    for (; i < n; i++) y[i] = (x[i] - m) * k * gain[i] + bias[i];
}

static void N(forward)(const tad__norm *c, size_t rows, const void *in, void *stats_, void *out) {
    const T *x = in;
    T *y = out, *stats = stats_;
    for (size_t r = 0; r < rows; r++, x += c->n, y += c->n, stats += 2) {
        N(measure_row)(c, x, stats, y);
        N(row)(c->n, x, c->gain, c->bias, stats[0], stats[1], y);
    }
}

/* Means of d = g gain and of d h, h = (x - m) k. Asks meanwhile for `room`. */
static void N(means)(size_t n, const T *x, const T *g, const T *gain, T m, T k, T *d, T *dh,
                     const T *room) {
    VEC sum[VECTORS] = {0}, sum_h[VECTORS] = {0};
    T rest = 0, rest_h = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        ask_for_room(room + i, 0);
#pragma GCC unroll 16
        for (size_t v = 0; v < VECTORS; v++) {
            const size_t at = i + v * WIDTH;
            VEC p = N(load)(g + at) * N(load)(gain + at);
            sum[v] += p;
            sum_h[v] += p * ((N(load)(x + at) - m) * k);
        }
    }
    for (; i < n; i++) {
        rest += g[i] * gain[i];
        rest_h += g[i] * gain[i] * ((x[i] - m) * k);
    }
    *d = (N(fold_long)(n, sum) + rest) / (T)n;
    *dh = (N(fold_long)(n, sum_h) + rest_h) / (T)n;
}

/* One row; d, dh: the means. Asks meanwhile for the next rows. */
static void N(gradients)(size_t n, const T *restrict x, const T *restrict g, const T *restrict gain,
                         T m, T k, T d, T dh, T *restrict dx, T *restrict dgain,
                         T *restrict dbias) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        ask_for_next(x + i, n * sizeof *x);
        ask_for_next(g + i, n * sizeof *x);
#pragma GCC unroll 16
        for (size_t v = 0; v < VECTORS; v++) {
            const size_t at = i + v * WIDTH;
            VEC h = (N(load)(x + at) - m) * k, c = N(load)(g + at);
            N(store)(dx + at, k * (c * N(load)(gain + at) - d - h * dh));
            N(store)(dgain + at, N(load)(dgain + at) + c * h);
            N(store)(dbias + at, N(load)(dbias + at) + c);
        }
    }
    for (; i < n; i++) {
        T h = (x[i] - m) * k;
        dx[i] = k * (g[i] * gain[i] - d - h * dh);
        dgain[i] += g[i] * h;
        dbias[i] += g[i];
    }
}

static void N(backward)(const tad__norm *c, size_t rows, const void *in, const void *stats,
                        const void *cotangent, void *out, void *dgain, void *dbias) {
    const T *x = in, *g = cotangent;
    T *dx = out;
    for (size_t r = 0; r < rows; r++, x += c->n, g += c->n, dx += c->n) {
        T m = ((const T *)stats)[2 * r], k = ((const T *)stats)[2 * r + 1], d, dh;
        N(means)(c->n, x, g, c->gain, m, k, &d, &dh, dx);
        N(gradients)(c->n, x, g, c->gain, m, k, c->centred ? d : 0, dh, dx, dgain, dbias);
    }
}
