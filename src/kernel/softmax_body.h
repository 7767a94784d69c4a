/* The loops of softmax_kernel.c for one element type: T, NAME(f), EXP, LOG are set by the includer;
 * EXP is for arguments up to 0.
 * Sums run in a fixed order, over LANES or over PARTS partial sums. */
#include "lanes_body.h"

/* Lane by lane; b where one is a NaN. */
static inline VEC NAME(larger)(VEC a, VEC b) {
    const __typeof__(a > b) wins = a > b;
    return (VEC)((wins & (__typeof__(wins))a) | (~wins & (__typeof__(wins))b));
}

static T NAME(largest)(size_t n, const T *x) {
    VEC best[VECTORS];
    T lane[LANES], m = x[0];
    size_t i = 0;
#pragma GCC unroll 16
    for (size_t v = 0; v < VECTORS; v++) best[v] = (VEC){0} + m;
    for (; i + LANES <= n; i += LANES)
#pragma GCC unroll 16
        for (size_t v = 0; v < VECTORS; v++)
            best[v] = NAME(larger)(NAME(load)(x + i + v * WIDTH), best[v]);
    memcpy(lane, best, sizeof lane);
    for (size_t half = LANES / 2; i && half; half /= 2)
        for (size_t k = 0; k < half; k++)
            lane[k] = lane[k + half] > lane[k] ? lane[k + half] : lane[k];
    m = lane[0];
    for (; i < n; i++) m = x[i] > m ? x[i] : m;
    return m;
}

static T NAME(fold_parts)(T *part) {
    for (size_t half = PARTS / 2; half; half /= 2)
        for (size_t k = 0; k < half; k++) part[k] += part[k + half];
    return part[0];
}

static T NAME(short_total)(size_t n, const T *x) {
    T part[PARTS] = {0}, rest = 0;
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t k = 0; k < PARTS; k++) part[k] += x[i + k];
    for (; i < n; i++) rest += x[i];
    return NAME(fold_parts)(part) + rest;
}

static T NAME(total)(size_t n, const T *x) {
    VEC sum[VECTORS] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
#pragma GCC unroll 16
        for (size_t v = 0; v < VECTORS; v++) sum[v] += NAME(load)(x + i + v * WIDTH);
    return NAME(fold)(sum) + NAME(short_total)(n - i, x + i);
}

static T NAME(inner)(size_t n, const T *x, const T *y) {
    T lane[PARTS] = {0}, rest = 0;
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t k = 0; k < PARTS; k++) lane[k] += x[i + k] * y[i + k];
    for (; i < n; i++) rest += x[i] * y[i];
    return NAME(fold_parts)(lane) + rest;
}

/* The largest element, or the sum, of each row. Short rows are walked side by side: each would be
 * one chain of additions that wait for each other. The order within a row is the same. */
static void NAME(largest_of_rows)(size_t rows, size_t n, const T *x, T *restrict out) {
    if (n >= PARTS)
        for (size_t r = 0; r < rows; r++) out[r] = NAME(largest)(n, x + r * n);
    else {
        for (size_t r = 0; r < rows; r++) out[r] = x[r * n];
        for (size_t c = 1; c < n; c++)
            for (size_t r = 0; r < rows; r++)
                out[r] = x[r * n + c] > out[r] ? x[r * n + c] : out[r];
    }
}

static void NAME(total_of_rows)(size_t rows, size_t n, const T *x, T *restrict out) {
    if (n >= PARTS)
        for (size_t r = 0; r < rows; r++) out[r] = NAME(total)(n, x + r * n);
    else {
        for (size_t r = 0; r < rows; r++) out[r] = x[r * n];
        for (size_t c = 1; c < n; c++)
            for (size_t r = 0; r < rows; r++) out[r] += x[r * n + c];
    }
}

/* y = e^(x - shift) for one row. Meanwhile asks for what lies `ahead` bytes on. */
static void NAME(exps_of_row)(size_t n, const T *restrict x, T *restrict y, T shift, size_t ahead) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        ask_for_next(x + i, ahead);
        ask_for_room(y + i, ahead);
        for (size_t k = 0; k < LANES; k++) y[i + k] = EXP(x[i + k] - shift);
    }
    for (; i < n; i++) y[i] = EXP(x[i] - shift);
}

/* y = e^(x - shift) of each row. */
static void NAME(exps_beyond)(size_t rows, size_t n, const T *x, T *restrict y, const T *shift) {
    if (n >= LANES) {
        for (size_t r = 0; r < rows; r++)
            NAME(exps_of_row)(n, x + r * n, y + r * n, shift[r], rows * n * sizeof *x);
        return;
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++) y[r * n + i] = x[r * n + i] - shift[r];
    /* all rows in one loop: short rows do not fall out of the vector registers */
    for (size_t i = 0; i < rows * n; i++) y[i] = EXP(y[i]);
}

/* y = e^(x - shift), shift the row's largest. */
static void NAME(exps)(size_t rows, size_t n, const T *x, T *restrict y, T *restrict shift) {
    NAME(largest_of_rows)(rows, n, x, shift);
    NAME(exps_beyond)(rows, n, x, y, shift);
}

static void NAME(softmax)(size_t rows, size_t n, const void *x, void *out) {
    T *y = out, shift[TAD__TILE_ROWS], sum[TAD__TILE_ROWS];
    NAME(exps)(rows, n, x, y, shift);
    NAME(total_of_rows)(rows, n, y, sum);
    for (size_t r = 0; r < rows; r++) {
        T scale = 1 / sum[r];
        for (size_t i = 0; i < n; i++) y[r * n + i] *= scale;
    }
}

/* The sum of e^(x - shift). */
static T NAME(exp_total)(size_t n, const T *x, T shift) {
    T lane[PARTS] = {0}, rest = 0;
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t k = 0; k < PARTS; k++) lane[k] += EXP(x[i + k] - shift);
    for (; i < n; i++) rest += EXP(x[i] - shift);
    return NAME(fold_parts)(lane) + rest;
}

static void NAME(log_softmax)(size_t rows, size_t n, const void *in, void *out) {
    const T *x = in;
    T *y = out;
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        T m = NAME(largest)(n, x), log_total = LOG(NAME(exp_total)(n, x, m));
        for (size_t i = 0; i < n; i++) y[i] = (x[i] - m) - log_total;
    }
}

/* ---- logsumexp ---- */

/* Of a row with an infinite number: that, or a NaN if there is one. */
static T NAME(largest_or_nan)(size_t n, const T *x, T largest) {
    for (size_t i = 0; i < n; i++)
        if (x[i] != x[i]) return x[i];
    return largest;
}

static void NAME(logsumexp)(size_t rows, size_t n, const void *in, void *out) {
    const T *x = in;
    T *y = out, shift[TAD__TILE_ROWS], power[PARTS * TAD__TILE_ROWS];
    NAME(largest_of_rows)(rows, n, x, shift);
    if (n < PARTS) {
        NAME(exps_beyond)(rows, n, x, power, shift);
        NAME(total_of_rows)(rows, n, power, y);
    } else
        for (size_t r = 0; r < rows; r++) y[r] = NAME(exp_total)(n, x + r * n, shift[r]);
    for (size_t r = 0; r < rows; r++)
        y[r] = isinf(shift[r]) ? NAME(largest_or_nan)(n, x + r * n, shift[r]) : shift[r] + LOG(y[r]);
}

/* g e^(x - y): where y is -inf all x are, and have no share. */
static void NAME(logsumexp_backward)(size_t rows, size_t n, const void *in, const void *result,
                                     const void *cotangent, void *out) {
    const T *x = in, *y = result, *g = cotangent;
    T *dx = out;
    for (size_t r = 0; r < rows; r++, x += n, dx += n) {
        const T shift = y[r] == -(T)INFINITY ? 0 : y[r], scale = g[r];
        for (size_t i = 0; i < n; i++) dx[i] = scale * EXP(x[i] - shift);
    }
}

/* ---- backward of softmax ---- */

static void NAME(softmax_backward)(size_t rows, size_t n, const void *result, const void *cotangent,
                                   void *out) {
    const T *y = result, *g = cotangent;
    T *dx = out;
    for (size_t r = 0; r < rows; r++, y += n, g += n, dx += n) {
        T mean = NAME(inner)(n, y, g);
        for (size_t i = 0; i < n; i++) dx[i] = y[i] * (g[i] - mean);
    }
}

static void NAME(log_softmax_backward)(size_t rows, size_t n, const void *result,
                                       const void *cotangent, void *out) {
    const T *y = result, *g = cotangent;
    T *dx = out;
    for (size_t r = 0; r < rows; r++, y += n, g += n, dx += n) {
        T sum = NAME(total)(n, g);
        for (size_t i = 0; i < n; i++) dx[i] = g[i] - EXP(y[i]) * sum;
    }
}

/* ---- cross-entropy ---- */

/* sum_c w_c */
static T NAME(weights)(const tad__entropy *e) {
    return e->weight ? NAME(total)(e->n, e->weight) : (T)e->n;
}

/* q_c without what a label adds: the part that every class has. */
static T NAME(share)(const tad__entropy *e, size_t row, size_t c) {
    T t = e->target ? ((const T *)e->target)[row * e->n + c] : 0;
    T q = (T)(1 - e->smoothing) * t + (T)(e->smoothing / (double)e->n);
    return e->weight ? q * ((const T *)e->weight)[c] : q;
}

/* What a label adds to its q. */
static T NAME(at_label)(const tad__entropy *e, size_t row) {
    T w = e->weight ? ((const T *)e->weight)[e->label[row]] : 1;
    return (T)(1 - e->smoothing) * w;
}

static T NAME(term)(T q, T log_total, T shifted) { return q == 0 ? 0 : q * (log_total - shifted); }

/* Loss of one row; x - shift is exact enough to cancel large logits before log_total is added. */
static T NAME(row_loss)(const tad__entropy *e, size_t row, const T *x, T shift, T log_total) {
    T lane[PARTS] = {0}, sum = 0;
    if (e->label) sum = NAME(term)(NAME(at_label)(e, row), log_total, x[e->label[row]] - shift);
    if (e->label && e->smoothing == 0) return sum;
    size_t c = 0;
    for (; c + PARTS <= e->n; c += PARTS)
        for (size_t k = 0; k < PARTS; k++)
            lane[k] += NAME(term)(NAME(share)(e, row, c + k), log_total, x[c + k] - shift);
    for (; c < e->n; c++) sum += NAME(term)(NAME(share)(e, row, c), log_total, x[c] - shift);
    return NAME(fold_parts)(lane) + sum;
}

/* Sum of q over the classes. */
static T NAME(mass)(const tad__entropy *e, size_t row, T weights) {
    if (e->label) return NAME(at_label)(e, row) + (T)(e->smoothing / (double)e->n) * weights;
    T sum = 0;
    for (size_t c = 0; c < e->n; c++) sum += NAME(share)(e, row, c);
    return sum;
}

/* p: e^(x - shift) of the row, becomes scale (Q softmax - q). */
static void NAME(row_gradient)(const tad__entropy *e, size_t row, T weights, T total, T scale,
                               T *p) {
    if (e->label && e->label[row] == e->ignore) {
        memset(p, 0, e->n * sizeof *p);
        return;
    }
    T f = scale * NAME(mass)(e, row, weights) / total;
    if (!e->label || e->smoothing != 0)
        for (size_t c = 0; c < e->n; c++) p[c] = f * p[c] - scale * NAME(share)(e, row, c);
    else
        for (size_t c = 0; c < e->n; c++) p[c] *= f;
    if (e->label) p[e->label[row]] -= scale * NAME(at_label)(e, row);
}

/* Loss and e^(x - shift) of each row with their sums, which loss and gradient share. */
static void NAME(losses)(const tad__entropy *e, size_t rows, const T *x, T *loss, T *p, T *total) {
    T shift[TAD__TILE_ROWS], log_total[TAD__TILE_ROWS];
    NAME(exps)(rows, e->n, x, p, shift);
    NAME(total_of_rows)(rows, e->n, p, total);
    if (!loss) return;
    for (size_t r = 0; r < rows; r++) log_total[r] = LOG(total[r]);
    for (size_t r = 0; r < rows; r++) {
        bool ignored = e->label && e->label[r] == e->ignore;
        loss[r] = ignored ? 0 : NAME(row_loss)(e, r, x + r * e->n, shift[r], log_total[r]);
    }
}

static void NAME(entropy)(const tad__entropy *e, size_t rows, const void *x, void *out,
                          void *room) {
    T total[TAD__TILE_ROWS];
    NAME(losses)(e, rows, x, out, room, total);
}

static void NAME(entropy_gradient)(const tad__entropy *e, size_t rows, const void *x, double scale,
                                   void *loss, void *dx) {
    T total[TAD__TILE_ROWS], weights = NAME(weights)(e);
    NAME(losses)(e, rows, x, loss, dx, total);
    for (size_t r = 0; r < rows; r++)
        NAME(row_gradient)(e, r, weights, total[r], (T)scale, (T *)dx + r * e->n);
}
#include "lanes_end.h"
