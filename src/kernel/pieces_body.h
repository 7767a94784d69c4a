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

static void N(sums)(const tad__pieces *p, double mean, const void *in, const void *cotangent,
                    double *sums) {
    enum { BLOCK = 1024 };
    const T m = (T)mean;
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
