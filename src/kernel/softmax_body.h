/* The loops of softmax_kernel.c for one element type; see instantiate.h. Sums run in a fixed order,
 * over LANES or over PARTS partial sums. */
/* Lane by lane; b where one is a NaN. */
static inline VEC N(larger)(VEC a, VEC b) {
    const __typeof__(a > b) wins = a > b;
    return (VEC)((wins & (__typeof__(wins))a) | (~wins & (__typeof__(wins))b));
}

static T N(largest)(size_t n, const T *x) {
    VEC best[VECTORS];
    T lane[LANES], m = x[0];
    size_t i = 0;
#pragma GCC unroll 16
    for (size_t v = 0; v < VECTORS; v++) best[v] = (VEC){0} + m;
    for (; i + LANES <= n; i += LANES)
#pragma GCC unroll 16
        for (size_t v = 0; v < VECTORS; v++)
            best[v] = N(larger)(N(load)(x + i + v * WIDTH), best[v]);
    memcpy(lane, best, sizeof lane);
    for (size_t half = LANES / 2; i && half; half /= 2)
        for (size_t k = 0; k < half; k++)
            lane[k] = lane[k + half] > lane[k] ? lane[k + half] : lane[k];
    m = lane[0];
    for (; i < n; i++) m = x[i] > m ? x[i] : m;
    return m;
}

static T N(short_total)(size_t n, const T *x) {
    T part[PARTS] = {0}, rest = 0;
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t k = 0; k < PARTS; k++) part[k] += x[i + k];
    for (; i < n; i++) rest += x[i];
    return M(fold_16)(part) + rest;
}

static T N(total)(size_t n, const T *x) {
    VEC sum[VECTORS] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
#pragma GCC unroll 16
        for (size_t v = 0; v < VECTORS; v++) sum[v] += N(load)(x + i + v * WIDTH);
    return N(fold)(sum) + N(short_total)(n - i, x + i);
}

static T N(inner)(size_t n, const T *x, const T *y) {
    T lane[PARTS] = {0}, rest = 0;
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t k = 0; k < PARTS; k++) lane[k] += x[i + k] * y[i + k];
    for (; i < n; i++) rest += x[i] * y[i];
    return M(fold_16)(lane) + rest;
}

/* The largest element, or the sum, of each row. Short rows are walked side by side: each would be
 * one chain of additions that wait for each other. The order within a row is the same. */
static void N(largest_of_rows)(size_t rows, size_t n, const T *x, T *restrict out) {
    if (n >= PARTS)
        for (size_t r = 0; r < rows; r++) out[r] = N(largest)(n, x + r * n);
    else {
        for (size_t r = 0; r < rows; r++) out[r] = x[r * n];
        for (size_t c = 1; c < n; c++)
            for (size_t r = 0; r < rows; r++)
                out[r] = x[r * n + c] > out[r] ? x[r * n + c] : out[r];
    }
}

static void N(total_of_rows)(size_t rows, size_t n, const T *x, T *restrict out) {
    if (n >= PARTS)
        for (size_t r = 0; r < rows; r++) out[r] = N(total)(n, x + r * n);
    else {
        for (size_t r = 0; r < rows; r++) out[r] = x[r * n];
        for (size_t c = 1; c < n; c++)
            for (size_t r = 0; r < rows; r++) out[r] += x[r * n + c];
    }
}

/* y = e^(x - shift) for one row. Meanwhile asks for what lies `ahead` bytes on. */
static void N(exps_of_row)(size_t n, const T *restrict x, T *restrict y, T shift, size_t ahead) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        ask_for_next(x + i, ahead);
        ask_for_room(y + i, ahead);
        for (size_t k = 0; k < LANES; k++) y[i + k] = M(exp_term)(x[i + k] - shift);
    }
    for (; i < n; i++) y[i] = M(exp_term)(x[i] - shift);
}

/* y = e^(x - shift) of each row. */
static void N(exps_beyond)(size_t rows, size_t n, const T *x, T *restrict y, const T *shift) {
    if (n >= LANES) {
        for (size_t r = 0; r < rows; r++)
            N(exps_of_row)(n, x + r * n, y + r * n, shift[r], rows * n * sizeof *x);
        return;
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++) y[r * n + i] = x[r * n + i] - shift[r];
    /* all rows in one loop: short rows do not fall out of the vector registers */
    for (size_t i = 0; i < rows * n; i++) y[i] = M(exp_term)(y[i]);
}

/* y = e^(x - shift), shift the row's largest. */
static void N(exps)(size_t rows, size_t n, const T *x, T *restrict y, T *restrict shift) {
    N(largest_of_rows)(rows, n, x, shift);
    N(exps_beyond)(rows, n, x, y, shift);
}

static void N(softmax)(size_t rows, size_t n, const void *x, void *out) {
    T *y = out, shift[TAD__TILE_ROWS], sum[TAD__TILE_ROWS];
    N(exps)(rows, n, x, y, shift);
    N(total_of_rows)(rows, n, y, sum);
    for (size_t r = 0; r < rows; r++) {
        T scale = 1 / sum[r];
        for (size_t i = 0; i < n; i++) y[r * n + i] *= scale;
    }
}

static void N(log_softmax)(size_t rows, size_t n, const void *in, void *out) {
    const T *x = in;
    T *y = out;
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        T m = N(largest)(n, x), log_total = M(log)(M(exp_total)((ptrdiff_t)n, x, 1, m));
        for (size_t i = 0; i < n; i++) y[i] = (x[i] - m) - log_total;
    }
}

/* ---- logsumexp ---- */

/* Of a row with an infinite number: that, or a NaN if there is one. */
static T N(largest_or_nan)(size_t n, const T *x, T largest) {
    for (size_t i = 0; i < n; i++)
        if (x[i] != x[i]) return x[i];
    return largest;
}

static void N(logsumexp)(size_t rows, size_t n, const void *in, void *out) {
    const T *x = in;
    T *y = out, shift[TAD__TILE_ROWS], power[PARTS * TAD__TILE_ROWS];
    N(largest_of_rows)(rows, n, x, shift);
    if (n < PARTS) {
        N(exps_beyond)(rows, n, x, power, shift);
        N(total_of_rows)(rows, n, power, y);
    } else
        for (size_t r = 0; r < rows; r++) y[r] = M(exp_total)((ptrdiff_t)n, x + r * n, 1, shift[r]);
    for (size_t r = 0; r < rows; r++)
        y[r] =
            isinf(shift[r]) ? N(largest_or_nan)(n, x + r * n, shift[r]) : shift[r] + M(log)(y[r]);
}

/* g e^(x - y): where y is -inf all x are, and have no share. */
static void N(logsumexp_backward)(size_t rows, size_t n, const void *in, const void *result,
                                  const void *cotangent, void *out) {
    const T *x = in, *y = result, *g = cotangent;
    T *dx = out;
    for (size_t r = 0; r < rows; r++, x += n, dx += n) {
        const T shift = y[r] == -(T)INFINITY ? 0 : y[r], scale = g[r];
        for (size_t i = 0; i < n; i++) dx[i] = scale * M(exp_term)(x[i] - shift);
    }
}

/* ---- backward of softmax ---- */

static void N(softmax_backward)(size_t rows, size_t n, const void *result, const void *cotangent,
                                void *out) {
    const T *y = result, *g = cotangent;
    T *dx = out;
    for (size_t r = 0; r < rows; r++, y += n, g += n, dx += n) {
        T mean = N(inner)(n, y, g);
        for (size_t i = 0; i < n; i++) dx[i] = y[i] * (g[i] - mean);
    }
}

static void N(log_softmax_backward)(size_t rows, size_t n, const void *result,
                                    const void *cotangent, void *out) {
    const T *y = result, *g = cotangent;
    T *dx = out;
    for (size_t r = 0; r < rows; r++, y += n, g += n, dx += n) {
        T sum = N(total)(n, g);
        for (size_t i = 0; i < n; i++) dx[i] = g[i] - M(exp_term)(y[i]) * sum;
    }
}

/* ---- cross-entropy ---- */

/* sum_c w_c */
static T N(weights)(const tad__entropy *e) {
    return e->weight ? N(total)(e->n, e->weight) : (T)e->n;
}

/* q_c without what a label adds: the part that every class has. */
static T N(share)(const tad__entropy *e, size_t row, size_t c) {
    T t = e->target ? ((const T *)e->target)[row * e->n + c] : 0;
    T q = (T)(1 - e->smoothing) * t + (T)(e->smoothing / (double)e->n);
    return e->weight ? q * ((const T *)e->weight)[c] : q;
}

/* What a label adds to its q. */
static T N(at_label)(const tad__entropy *e, size_t row) {
    T w = e->weight ? ((const T *)e->weight)[e->label[row]] : 1;
    return (T)(1 - e->smoothing) * w;
}

static T N(term)(T q, T log_total, T shifted) { return q == 0 ? 0 : q * (log_total - shifted); }

/* Loss of one row; x - shift is exact enough to cancel large logits before log_total is added. */
static T N(row_loss)(const tad__entropy *e, size_t row, const T *x, T shift, T log_total) {
    T lane[PARTS] = {0}, sum = 0;
    if (e->label) sum = N(term)(N(at_label)(e, row), log_total, x[e->label[row]] - shift);
    if (label_is_all(e)) return sum;
    size_t c = 0;
    for (; c + PARTS <= e->n; c += PARTS)
        for (size_t k = 0; k < PARTS; k++)
            lane[k] += N(term)(N(share)(e, row, c + k), log_total, x[c + k] - shift);
    for (; c < e->n; c++) sum += N(term)(N(share)(e, row, c), log_total, x[c] - shift);
    return M(fold_16)(lane) + sum;
}

/* Sum of q over the classes. */
static T N(mass)(const tad__entropy *e, size_t row, T weights) {
    if (e->label) return N(at_label)(e, row) + (T)(e->smoothing / (double)e->n) * weights;
    T sum = 0;
    for (size_t c = 0; c < e->n; c++) sum += N(share)(e, row, c);
    return sum;
}

/* The sum of e^(x - shift) of each row of a tile; where a label alone counts also that of the other
 * classes, and what the whole is more than 1. */
typedef struct N(totals) {
    T all[TAD__TILE_ROWS], others[TAD__TILE_ROWS], beyond_one[TAD__TILE_ROWS];
} N(totals);

/* p: e^(x - shift) of the row, becomes scale (Q softmax - q). */
static void N(row_gradient)(const tad__entropy *e, size_t row, T weights, const N(totals) * t,
                            T scale, T *p) {
    if (e->label && !has_label(e, row)) {
        memset(p, 0, e->n * sizeof *p);
        return;
    }
    T f = scale * N(mass)(e, row, weights) / t->all[row];
    if (label_is_all(e)) {
        for (size_t c = 0; c < e->n; c++) p[c] *= f;
        p[e->label[row]] = -f * t->others[row];
        return;
    }
    for (size_t c = 0; c < e->n; c++) p[c] = f * p[c] - scale * N(share)(e, row, c);
    if (e->label) p[e->label[row]] -= scale * N(at_label)(e, row);
}

/* The powers p of the rows' labels become 0, and are added last. */
static void N(total_of_labelled)(const tad__entropy *e, size_t rows, T *p, N(totals) * t) {
    T own[TAD__TILE_ROWS];
    for (size_t r = 0; r < rows; r++) {
        T *label = has_label(e, r) ? &p[r * e->n + (size_t)e->label[r]] : &own[r];
        own[r] = label == &own[r] ? 0 : *label;
        *label = 0;
    }
    N(total_of_rows)(rows, e->n, p, t->others);
    for (size_t r = 0; r < rows; r++) {
        t->all[r] = t->others[r] + own[r];
        t->beyond_one[r] = own[r] == 1 ? t->others[r] : t->others[r] - 1 + own[r];
    }
}

/* Loss and e^(x - shift) of each row with their sums, which loss and gradient share. The power of a
 * row's label may be lost. */
static void N(losses)(const tad__entropy *e, size_t rows, const T *x, T *loss, T *p,
                      N(totals) * t) {
    T shift[TAD__TILE_ROWS], log_total[TAD__TILE_ROWS];
    N(exps)(rows, e->n, x, p, shift);
    if (label_is_all(e))
        N(total_of_labelled)(e, rows, p, t);
    else
        N(total_of_rows)(rows, e->n, p, t->all);
    if (!loss) return;
    if (label_is_all(e))
        for (size_t r = 0; r < rows; r++) log_total[r] = M(log1p)(t->beyond_one[r]);
    else
        for (size_t r = 0; r < rows; r++) log_total[r] = M(log)(t->all[r]);
    for (size_t r = 0; r < rows; r++) {
        bool ignored = e->label && !has_label(e, r);
        loss[r] = ignored ? 0 : N(row_loss)(e, r, x + r * e->n, shift[r], log_total[r]);
    }
}

static void N(entropy)(const tad__entropy *e, size_t rows, const void *x, void *out, void *room) {
    N(totals) t;
    N(losses)(e, rows, x, out, room, &t);
}

static void N(entropy_gradient)(const tad__entropy *e, size_t rows, const void *x, double scale,
                                void *loss, void *dx) {
    N(totals) t;
    const T weights = N(weights)(e);
    N(losses)(e, rows, x, loss, dx, &t);
    for (size_t r = 0; r < rows; r++)
        N(row_gradient)(e, r, weights, &t, (T)scale, (T *)dx + r * e->n);
}
