/* Sets in pieces for one element type; see instantiate.h. A piece is `size` neighbours, the next
 * one lies `stride` behind it; x points to the first. Sums run over 256 bytes of partial sums in
 * blocks of 1024 numbers, which are added up as double. */

/* Numbers at .. at + n of a set, 1024 at most: where they lie, or in `room`, with `pad` behind them
 * up to whole partial sums. */
static inline const T *M(block)(ptrdiff_t size, ptrdiff_t stride, const T *x, ptrdiff_t at,
                                ptrdiff_t n, T pad, T *room) {
    enum { LANES = 256 / sizeof(T) };
    ptrdiff_t within = at % size, k = 0;
    x += at / size * stride;
    if (within + n <= size && n % LANES == 0) return x + within;
    while (k < n) {
        const ptrdiff_t run = size - within < n - k ? size - within : n - k;
        for (ptrdiff_t i = 0; i < run; i++) room[k + i] = x[within + i];
        k += run;
        x += stride;
        within = 0;
    }
    for (; k % LANES; k++) room[k] = pad;
    return room;
}

/* Sum of x - about, n in whole partial sums. */
static inline T M(sum_about)(ptrdiff_t n, const T *x, T about) {
    enum { LANES = 256 / sizeof(T) };
    T lane[LANES] = {0};
    for (ptrdiff_t i = 0; i < n; i += LANES)
        for (int k = 0; k < LANES; k++) lane[k] += x[i + k] - about;
    return M(fold_lanes)(lane);
}

static inline T M(squares_about)(ptrdiff_t n, const T *x, T about) {
    enum { LANES = 256 / sizeof(T) };
    T lane[LANES] = {0};
    for (ptrdiff_t i = 0; i < n; i += LANES)
        for (int k = 0; k < LANES; k++) lane[k] += (x[i + k] - about) * (x[i + k] - about);
    return M(fold_lanes)(lane);
}

/* moments: the mean, and the mean square about it. Blocks are measured about their first number,
 * so that equal numbers have exactly their mean, and joined by Chan's formula. */
static inline void M(measure_pieces)(ptrdiff_t count, ptrdiff_t size, ptrdiff_t stride, const T *x,
                                     double *moments) {
    enum { LANES = 256 / sizeof(T), BLOCK = 1024 };
    T room[BLOCK];
    double mean = 0, squares = 0;
    for (ptrdiff_t at = 0, n = 0; at < count * size; at += n) {
        n = count * size - at < BLOCK ? count * size - at : BLOCK;
        const T first = x[at / size * stride + at % size];
        const ptrdiff_t whole = (n + LANES - 1) / LANES * LANES;
        const T *v = M(block)(size, stride, x, at, n, first, room);
        const double own = first + (double)M(sum_about)(whole, v, first) / (double)n;
        for (ptrdiff_t k = n; k < whole; k++) room[k] = (T)own;
        const double away = own - mean, share = (double)n / (double)(at + n);
        squares += (double)M(squares_about)(whole, v, (T)own) + away * away * (double)at * share;
        mean += away * share;
    }
    moments[0] = mean;
    moments[1] = squares / (double)(count * size);
}
