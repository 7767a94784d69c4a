/* Scans along a row for one element type; see instantiate.h. Steps between elements may be below 0:
 * then the pointers are to the last ones, and the scan goes backwards. Sums and products are kept
 * in double. */

/* y[i] = x[0] + ... + x[i] */
static inline void M(cumsum)(ptrdiff_t n, const T *x, ptrdiff_t x_step, T *y, ptrdiff_t y_step) {
    double sum = 0;
    for (ptrdiff_t i = 0; i < n; i++) y[i * y_step] = (T)(sum += x[i * x_step]);
}

/* y[i] = x[0] ... x[i] */
static inline void M(cumprod)(ptrdiff_t n, const T *x, ptrdiff_t x_step, T *y, ptrdiff_t y_step) {
    double product = 1;
    for (ptrdiff_t i = 0; i < n; i++) y[i * y_step] = (T)(product *= x[i * x_step]);
}

/* y[i] = log(e^x[0] + ... + e^x[i]): the sum is kept over e^largest. */
static inline void M(logcumsumexp)(ptrdiff_t n, const T *x, ptrdiff_t x_step, T *y,
                                   ptrdiff_t y_step) {
    double largest = -INFINITY, sum = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        const double v = x[i * x_step];
        if (v == largest) {
            sum += v == -INFINITY ? 0 : 1;
        } else if (v < largest) {
            sum += tad__exp_f64(v - largest);
        } else {
            sum = sum * tad__exp_f64(largest - v) + 1;
            largest = v;
        }
        y[i * y_step] = (T)(largest + tad__log_f64(sum));
    }
}

/* y[i] = b[i] + a[i] y[i - 1]; a[0] has no influence. */
static inline void M(recurrence)(ptrdiff_t n, const T *a, ptrdiff_t a_step, const T *b,
                                 ptrdiff_t b_step, T *y, ptrdiff_t y_step) {
    double last = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        last = i ? b[i * b_step] + a[i * a_step] * last : b[0];
        y[i * y_step] = (T)last;
    }
}

/* The best so far and its place: the last of equals, or of NaNs. */
#define CUMULATIVE(best_so_far, beats)                                                             \
    static inline void M(best_so_far)(ptrdiff_t n, const T *x, ptrdiff_t x_step, T *y,             \
                                      ptrdiff_t y_step, int64_t *place, ptrdiff_t place_step) {    \
        T best = x[0];                                                                             \
        int64_t at = 0;                                                                            \
        for (ptrdiff_t i = 0; i < n; i++) {                                                        \
            const T v = x[i * x_step];                                                             \
            if ((v beats best) | (v != v)) {                                                       \
                best = v;                                                                          \
                at = i;                                                                            \
            }                                                                                      \
            y[i * y_step] = best;                                                                  \
            place[i * place_step] = place_step < 0 ? n - 1 - at : at;                              \
        }                                                                                          \
    }
CUMULATIVE(cummax, >=)
CUMULATIVE(cummin, <=)
#undef CUMULATIVE

/* x[0] ... x[n - 1], as four products, which do not wait for each other. */
static inline T M(product_along)(ptrdiff_t n, const T *x, ptrdiff_t x_step) {
    double p[4] = {1, 1, 1, 1};
    ptrdiff_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (ptrdiff_t k = 0; k < 4; k++) p[k] *= x[(i + k) * x_step];
    for (; i < n; i++) p[i & 3] *= x[i * x_step];
    return (T)((p[0] * p[1]) * (p[2] * p[3]));
}
