/* Softmax and its relatives down columns, for one element type; see instantiate.h and
 * plain/softmax.h. */

static void N(softmax_down)(size_t n, size_t cols, size_t stride, const void *x, void *y) {
    M(softmax_down)(n, cols, stride, x, y);
}

static void N(log_softmax_down)(size_t n, size_t cols, size_t stride, const void *x, void *y) {
    M(log_softmax_down)(n, cols, stride, x, y);
}

static void N(softmax_backward_down)(size_t n, size_t cols, size_t stride, const void *result,
                                     const void *cotangent, void *out) {
    const T *y = result, *g = cotangent;
    T *dx = out, part[TAD__COLUMN_BLOCK] = {0}, sum[TAD__COLUMN_BLOCK] = {0};
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < cols; j++) part[j] += y[i * stride + j] * g[i * stride + j];
        if (i % TAD__CHUNK_ROWS == TAD__CHUNK_ROWS - 1) M(take_part)(cols, sum, part);
    }
    M(take_part)(cols, sum, part);
    for (size_t i = 0; i < n; i++) {
        TAD_TURNS_APART
        for (size_t j = 0; j < cols; j++)
            dx[i * stride + j] = y[i * stride + j] * (g[i * stride + j] - sum[j]);
    }
}

static void N(log_softmax_backward_down)(size_t n, size_t cols, size_t stride, const void *result,
                                         const void *cotangent, void *out) {
    const T *y = result, *g = cotangent;
    T *dx = out, part[TAD__COLUMN_BLOCK] = {0}, sum[TAD__COLUMN_BLOCK] = {0};
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < cols; j++) part[j] += g[i * stride + j];
        if (i % TAD__CHUNK_ROWS == TAD__CHUNK_ROWS - 1) M(take_part)(cols, sum, part);
    }
    M(take_part)(cols, sum, part);
    for (size_t i = 0; i < n; i++) {
        TAD_TURNS_APART
        for (size_t j = 0; j < cols; j++)
            dx[i * stride + j] = g[i * stride + j] - M(exp_term)(y[i * stride + j]) * sum[j];
    }
}
