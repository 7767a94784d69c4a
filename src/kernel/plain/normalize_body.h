/* Normalised rows for one element type; see instantiate.h. Sums run over 256 bytes of partial
 * sums. */

/* Taken about the first element, so that a constant row has exactly its mean. */
static inline T M(mean_of_row)(ptrdiff_t n, const T *x) {
    enum { LANES = 256 / sizeof(T) };
    T lane[LANES] = {0}, rest = 0;
    const T about = x[0];
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) lane[k] += x[i + k] - about;
    for (; i < n; i++) rest += x[i] - about;
    return about + (M(fold_lanes)(lane) + rest) / (T)n;
}

/* 1 / sqrt(mean of (x - m)^2 + eps) */
static inline T M(scale_of_row)(ptrdiff_t n, const T *x, T m, T eps) {
    enum { LANES = 256 / sizeof(T) };
    T lane[LANES] = {0}, rest = 0;
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) lane[k] += (x[i + k] - m) * (x[i + k] - m);
    for (; i < n; i++) rest += (x[i] - m) * (x[i] - m);
    return 1 / M(sqrt)((M(fold_lanes)(lane) + rest) / (T)n + eps);
}

/* y may be x. */
static inline void M(normalize)(ptrdiff_t n, const T *x, int centred, double eps, T *y) {
    const T m = centred ? M(mean_of_row)(n, x) : 0, k = M(scale_of_row)(n, x, m, (T)eps);
    for (ptrdiff_t i = 0; i < n; i++) y[i] = (x[i] - m) * k;
}
