/* The loops of pieces_kernel.c for one element type; see instantiate.h. */
static void N(measure)(const tad__pieces *p, const void *x, double *moments) {
    M(measure_pieces)((ptrdiff_t)p->count, (ptrdiff_t)p->size, (ptrdiff_t)p->step, x, moments);
}

static void N(normalize)(const tad__pieces *p, const tad__pieces_norm *c, const void *in,
                         void *out) {
    const T *restrict x = in, *gain = c->gain, *bias = c->bias, m = (T)c->mean, k = (T)c->scale;
    T *restrict y = out;
    for (size_t j = 0; j < p->count; j++, x += p->step, y += p->step) {
        const T a = k * gain[j * c->next], b = bias[j * c->next];
        for (size_t i = 0; i < p->size; i++) y[i] = (x[i] - m) * a + b;
    }
}

/* Of few neighbours, without the cost of many partial sums. */
static void N(few_sums)(size_t n, const T *x, T m, const T *g, double *sums) {
    enum { LANE = 8 };
    T sum[LANE] = {0}, sum_x[LANE] = {0};
    size_t i = 0;
    for (; i + LANE <= n; i += LANE)
        for (size_t k = 0; k < LANE; k++) {
            sum[k] += g[i + k];
            sum_x[k] += g[i + k] * (x[i + k] - m);
        }
    for (size_t k = 0; i < n; i++, k++) {
        sum[k] += g[i];
        sum_x[k] += g[i] * (x[i] - m);
    }
    for (size_t half = LANE / 2; half; half /= 2)
        for (size_t k = 0; k < half; k++) sum[k] += sum[k + half], sum_x[k] += sum_x[k + half];
    sums[0] = (double)sum[0];
    sums[1] = (double)sum_x[0];
}

static void N(sums)(const tad__pieces *p, double mean, const void *in, const void *cotangent,
                    double *sums) {
    enum { BLOCK = 1024, FEW = 256 };
    const T m = (T)mean;
    if (p->count == 1 && p->size <= FEW) {
        N(few_sums)(p->size, in, m, cotangent, sums);
        return;
    }
    const ptrdiff_t size = (ptrdiff_t)p->size, step = (ptrdiff_t)p->step,
                    all = (ptrdiff_t)p->count * size;
    T room[2][BLOCK];
    sums[0] = sums[1] = 0;
    for (ptrdiff_t at = 0, n = 0; at < all; at += n) {
        n = all - at < BLOCK ? all - at : BLOCK;
        const T *x = M(block)(size, step, in, at, n, m, room[0]);
        const T *g = M(block)(size, step, cotangent, at, n, 0, room[1]);
        VEC sum[VECTORS] = {0}, sum_x[VECTORS] = {0};
        for (size_t i = 0; i < (size_t)n; i += LANES)
#pragma GCC unroll 16
            for (size_t v = 0; v < VECTORS; v++) {
                const VEC c = N(load)(g + i + v * WIDTH);
                sum[v] += c;
                sum_x[v] += c * (N(load)(x + i + v * WIDTH) - m);
            }
        sums[0] += (double)N(fold)(sum);
        sums[1] += (double)N(fold)(sum_x);
    }
}

static void N(gradient)(const tad__pieces *p, const tad__pieces_norm *c, double slope, double shift,
                        const void *in, const void *cotangent, bool add, void *out) {
    const T *x = in, *g = cotangent, *gain = c->gain, m = (T)c->mean, b = (T)slope, d = (T)shift;
    T *dx = out;
    for (size_t j = 0; j < p->count; j++, x += p->step, g += p->step, dx += p->step) {
        const T a = (T)c->scale * gain[j * c->next];
        size_t i = 0;
        for (; i + WIDTH <= p->size; i += WIDTH) {
            VEC v = N(load)(g + i) * a - (N(load)(x + i) - m) * b - d;
            N(store)(dx + i, add ? N(load)(dx + i) + v : v);
        }
        for (; i < p->size; i++) dx[i] = (add ? dx[i] : 0) + (g[i] * a - (x[i] - m) * b - d);
    }
}
