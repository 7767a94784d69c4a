/* Shares of extremes for one element type; see instantiate.h. */

/* How many elements equal v, counted in a type as wide as T. */
static size_t N(count)(size_t n, const T *x, T v) {
    size_t all = 0;
    for (size_t i = 0; i < n;) {
        size_t end = n - i < INT32_MAX ? n : i + INT32_MAX;
        INDEX some = 0;
        for (; i < end; i++) some += x[i] == v;
        all += (size_t)some;
    }
    return all;
}

static void N(share)(size_t rows, size_t n, const T *x, const T *best, const T *g, T *restrict dx) {
    for (size_t r = 0; r < rows; r++, x += n, dx += n) {
        const T v = best[r], rest = v == v ? 0 : v, share = g[r] / (T)N(count)(n, x, v);
        for (size_t i = 0; i < n; i++) dx[i] = x[i] == v ? share : rest;
    }
}
