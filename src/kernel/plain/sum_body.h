/* Sums for one element type; see instantiate.h. */

static inline double M(sum_part)(size_t n, const T *x) {
    T part[32] = {0};
    size_t i = 0;
    for (; i + 32 <= n; i += 32)
        for (size_t k = 0; k < 32; k++) part[k] += x[i + k];
    for (size_t k = 0; i < n; i++, k++) part[k] += x[i];
    for (size_t half = 16; half; half /= 2)
        for (size_t k = 0; k < half; k++) part[k] += part[k + half];
    return (double)part[0];
}

/* What one thread sums. A single call: as two, of a part and of the rest, compilers unroll it
 * badly. */
static inline double M(sum_run)(size_t n, const T *x) {
    double sum = 0;
    size_t m;
    do {
        m = n < TAD__SUM_PART ? n : TAD__SUM_PART;
        sum += M(sum_part)(m, x);
        x += m;
    } while (n -= m);
    return sum;
}

/* The same as threads that share the work. */
static inline double M(sum)(size_t n, const T *x) {
    const size_t piece = tad__split_size(n, TAD__GRAIN);
    double sum = 0;
    for (; n > piece; n -= piece, x += piece) sum += M(sum_run)(piece, x);
    return sum + M(sum_run)(n, x);
}

/* Of a few numbers. */
static inline T M(sum_few)(size_t n, const T *x) {
    T part[4] = {0};
    size_t k = 0;
    for (; k + 4 <= n; k += 4)
        for (size_t lane = 0; lane < 4; lane++) part[lane] += x[k + lane];
    for (; k < n; k++) part[k % 4] += x[k];
    return (part[0] + part[1]) + (part[2] + part[3]);
}
