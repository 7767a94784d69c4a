/* Softmax and its relatives for one element type; see instantiate.h. The next number of a row lies
 * `apart` on. */

/* Over 256 bytes of partial sums, and what is left over 16. */
static inline T M(total)(ptrdiff_t n, const T *x, ptrdiff_t apart) {
    enum { LANES = 256 / sizeof(T) };
    T lane[LANES] = {0}, part[16] = {0}, rest = 0;
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) lane[k] += x[(i + k) * apart];
    for (; i + 16 <= n; i += 16)
        for (int k = 0; k < 16; k++) part[k] += x[(i + k) * apart];
    for (; i < n; i++) rest += x[i * apart];
    return M(fold_lanes)(lane) + (M(fold_16)(part) + rest);
}

/* The sum of e^(x - shift). */
TAD__EMBEDDED T M(exp_total)(ptrdiff_t n, const T *x, ptrdiff_t apart, T shift) {
    T part[16] = {0}, rest = 0;
    ptrdiff_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (int k = 0; k < 16; k++) part[k] += M(exp_term)(x[(i + k) * apart] - shift);
    for (; i < n; i++) rest += M(exp_term)(x[i * apart] - shift);
    return M(fold_16)(part) + rest;
}

/* y = e^(x - the largest x) */
static inline void M(exps_of_row)(ptrdiff_t n, const T *x, ptrdiff_t apart, T *restrict y,
                                  ptrdiff_t y_apart) {
    const T shift = M(largest_of)(n, x, apart);
    for (ptrdiff_t i = 0; i < n; i++) y[i * y_apart] = M(exp_term)(x[i * apart] - shift);
}

static inline void M(softmax_row)(ptrdiff_t n, const T *x, ptrdiff_t apart, T *restrict y,
                                  ptrdiff_t y_apart) {
    M(exps_of_row)(n, x, apart, y, y_apart);
    const T scale = 1 / M(total)(n, y, y_apart);
    for (ptrdiff_t i = 0; i < n; i++) y[i * y_apart] *= scale;
}

static inline void M(log_softmax_row)(ptrdiff_t n, const T *x, ptrdiff_t apart, T *restrict y,
                                      ptrdiff_t y_apart) {
    const T m = M(largest_of)(n, x, apart), log_total = M(log)(M(exp_total)(n, x, apart, m));
    for (ptrdiff_t i = 0; i < n; i++) y[i * y_apart] = (x[i * apart] - m) - log_total;
}

/* ---- logsumexp ---- */

static inline T M(logsumexp_row)(ptrdiff_t n, const T *x, ptrdiff_t apart) {
    const T shift = M(largest_of)(n, x, apart);
    if (!isinf(shift)) return shift + M(log)(M(exp_total)(n, x, apart, shift));
    for (ptrdiff_t i = 0; i < n; i++)
        if (x[i * apart] != x[i * apart]) return x[i * apart];
    return shift;
}

/* Of a row along several axes. It does not matter which of equal numbers is the largest. */
static inline T M(logsumexp_over)(ptrdiff_t n, const T *x, int rank, const ptrdiff_t *dim,
                                  const ptrdiff_t *stride) {
    T shift = x[0], nan = 0, part[16] = {0}, rest = 0;
    for (ptrdiff_t i = 1; i < n; i++) {
        const T v = x[tad__place_in_row(i, rank, dim, stride)];
        shift = v > shift ? v : shift;
        nan = v != v ? v : nan;
    }
    if (isinf(shift)) return nan != nan ? nan : shift;
    for (ptrdiff_t i = 0; i < n; i++) {
        const T e = M(exp_term)(x[tad__place_in_row(i, rank, dim, stride)] - shift);
        if (i < n / 16 * 16)
            part[i % 16] += e;
        else
            rest += e;
    }
    return shift + M(log)(M(fold_16)(part) + rest);
}

/* ---- down columns ---- */

/* Columns that lie beside each other are walked row by row, each function of an element in a loop
 * over a row; sums are made of the sums of some rows. The rest of a column's numbers lie `stride`
 * on. */
static inline void M(largest_down)(size_t n, size_t cols, size_t stride, const T *restrict x,
                                   T *restrict most) {
    for (size_t j = 0; j < cols; j++) most[j] = x[j];
    for (size_t i = 1; i < n; i++)
        for (size_t j = 0; j < cols; j++)
            most[j] = x[i * stride + j] > most[j] ? x[i * stride + j] : most[j];
}

/* all += part; part = 0 */
static inline void M(take_part)(size_t cols, T *restrict all, T *restrict part) {
    for (size_t j = 0; j < cols; j++) {
        all[j] += part[j];
        part[j] = 0;
    }
}

static inline void M(softmax_down)(size_t n, size_t cols, size_t stride, const T *restrict x,
                                   T *restrict y) {
    T most[TAD__COLUMN_BLOCK], part[TAD__COLUMN_BLOCK] = {0}, sum[TAD__COLUMN_BLOCK] = {0};
    M(largest_down)(n, cols, stride, x, most);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < cols; j++) {
            const T e = M(exp_term)(x[i * stride + j] - most[j]);
            y[i * stride + j] = e;
            part[j] += e;
        }
        if (i % TAD__CHUNK_ROWS == TAD__CHUNK_ROWS - 1) M(take_part)(cols, sum, part);
    }
    M(take_part)(cols, sum, part);
    for (size_t j = 0; j < cols; j++) sum[j] = 1 / sum[j];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < cols; j++) y[i * stride + j] *= sum[j];
}

static inline void M(log_softmax_down)(size_t n, size_t cols, size_t stride, const T *restrict x,
                                       T *restrict y) {
    T most[TAD__COLUMN_BLOCK], part[TAD__COLUMN_BLOCK] = {0}, sum[TAD__COLUMN_BLOCK] = {0};
    M(largest_down)(n, cols, stride, x, most);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < cols; j++) part[j] += M(exp_term)(x[i * stride + j] - most[j]);
        if (i % TAD__CHUNK_ROWS == TAD__CHUNK_ROWS - 1) M(take_part)(cols, sum, part);
    }
    M(take_part)(cols, sum, part);
    for (size_t j = 0; j < cols; j++) sum[j] = M(log)(sum[j]);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < cols; j++)
            y[i * stride + j] = (x[i * stride + j] - most[j]) - sum[j];
}
