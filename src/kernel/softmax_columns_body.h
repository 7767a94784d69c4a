/* Softmax and its relatives down columns, for one element type; see instantiate.h. Columns that lie
 * beside each other are walked row by row, each function of an element in a loop over a row; sums
 * are made of the sums of CHUNK rows. */

/* The rest of an element's row lies `stride` numbers on. */
static void N(largest_down)(size_t n, size_t cols, size_t stride, const T *restrict x,
                            T *restrict most) {
    for (size_t j = 0; j < cols; j++) most[j] = x[j];
    for (size_t i = 1; i < n; i++)
        for (size_t j = 0; j < cols; j++)
            most[j] = x[i * stride + j] > most[j] ? x[i * stride + j] : most[j];
}

/* all += part; part = 0 */
static void N(take_part)(size_t cols, T *restrict all, T *restrict part) {
    for (size_t j = 0; j < cols; j++) {
        all[j] += part[j];
        part[j] = 0;
    }
}

static void N(softmax_down)(size_t n, size_t cols, size_t stride, const void *in, void *out) {
    const T *restrict x = in;
    T *restrict y = out, most[COLUMNS], part[COLUMNS] = {0}, sum[COLUMNS] = {0};
    N(largest_down)(n, cols, stride, x, most);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < cols; j++) {
            const T e = M(exp_term)(x[i * stride + j] - most[j]);
            y[i * stride + j] = e;
            part[j] += e;
        }
        if (i % CHUNK == CHUNK - 1) N(take_part)(cols, sum, part);
    }
    N(take_part)(cols, sum, part);
    for (size_t j = 0; j < cols; j++) sum[j] = 1 / sum[j];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < cols; j++) y[i * stride + j] *= sum[j];
}

static void N(log_softmax_down)(size_t n, size_t cols, size_t stride, const void *in, void *out) {
    const T *restrict x = in;
    T *restrict y = out, most[COLUMNS], part[COLUMNS] = {0}, sum[COLUMNS] = {0};
    N(largest_down)(n, cols, stride, x, most);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < cols; j++) part[j] += M(exp_term)(x[i * stride + j] - most[j]);
        if (i % CHUNK == CHUNK - 1) N(take_part)(cols, sum, part);
    }
    N(take_part)(cols, sum, part);
    for (size_t j = 0; j < cols; j++) sum[j] = M(log)(sum[j]);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < cols; j++)
            y[i * stride + j] = (x[i * stride + j] - most[j]) - sum[j];
}

static void N(softmax_backward_down)(size_t n, size_t cols, size_t stride, const void *result,
                                     const void *cotangent, void *out) {
    const T *y = result, *g = cotangent;
    T *dx = out, part[COLUMNS] = {0}, sum[COLUMNS] = {0};
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < cols; j++) part[j] += y[i * stride + j] * g[i * stride + j];
        if (i % CHUNK == CHUNK - 1) N(take_part)(cols, sum, part);
    }
    N(take_part)(cols, sum, part);
    for (size_t i = 0; i < n; i++) {
        TAD_TURNS_APART
        for (size_t j = 0; j < cols; j++)
            dx[i * stride + j] = y[i * stride + j] * (g[i * stride + j] - sum[j]);
    }
}

static void N(log_softmax_backward_down)(size_t n, size_t cols, size_t stride, const void *result,
                                         const void *cotangent, void *out) {
    const T *y = result, *g = cotangent;
    T *dx = out, part[COLUMNS] = {0}, sum[COLUMNS] = {0};
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < cols; j++) part[j] += g[i * stride + j];
        if (i % CHUNK == CHUNK - 1) N(take_part)(cols, sum, part);
    }
    N(take_part)(cols, sum, part);
    for (size_t i = 0; i < n; i++) {
        TAD_TURNS_APART
        for (size_t j = 0; j < cols; j++)
            dx[i * stride + j] = g[i * stride + j] - M(exp_term)(y[i * stride + j]) * sum[j];
    }
}
