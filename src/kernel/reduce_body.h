/* Extremes for one element type; see instantiate.h. */

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

static size_t N(find)(size_t n, const T *x, T v) {
    const bool nan = v != v;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) { /* without branches, until it is among the next ones */
        INDEX among = 0;
        for (size_t k = 0; k < LANES; k++)
            among |= (x[i + k] == v) | (nan & (x[i + k] != x[i + k]));
        if (among) break;
    }
    while (nan ? x[i] == x[i] : x[i] != v) i++;
    return i;
}

static void N(share)(size_t rows, size_t n, const T *x, const T *best, const T *g, T *restrict dx) {
    for (size_t r = 0; r < rows; r++, x += n, dx += n) {
        const T v = best[r], rest = v == v ? 0 : v, share = g[r] / (T)N(count)(n, x, v);
        for (size_t i = 0; i < n; i++) dx[i] = x[i] == v ? share : rest;
    }
}

/* Rows are counted in a type as wide as T, from `base` on; -1: the place known before. */
static void N(note_places)(size_t n, size_t base, INDEX *at, int64_t *place) {
    for (size_t j = 0; j < n; j++) {
        if (at[j] >= 0) place[j] = (int64_t)base + at[j];
        at[j] = -1;
    }
}

#define EXTREMES(one, many, places, beats)                                                         \
    static double N(one)(size_t n, const T *x) {                                                   \
        T best[LANES];                                                                             \
        size_t i = 0;                                                                              \
        if (n < 2 * LANES) {                                                                       \
            T b = *x;                                                                              \
            for (i = 1; i < n; i++) b = WINS(x[i], beats, b) ? x[i] : b;                           \
            return (double)b;                                                                      \
        }                                                                                          \
        for (size_t k = 0; k < LANES; k++) best[k] = *x;                                           \
        for (; i + LANES <= n; i += LANES)                                                         \
            for (size_t k = 0; k < LANES; k++)                                                     \
                best[k] = WINS(x[i + k], beats, best[k]) ? x[i + k] : best[k];                     \
        for (; i < n; i++) best[0] = WINS(x[i], beats, best[0]) ? x[i] : best[0];                  \
        for (size_t k = 1; k < LANES; k++)                                                         \
            best[0] = WINS(best[k], beats, best[0]) ? best[k] : best[0];                           \
        return (double)best[0];                                                                    \
    }                                                                                              \
    static void N(many)(size_t n, const T *restrict x, T *restrict best) {                         \
        for (size_t i = 0; i < n; i++) best[i] = WINS(x[i], beats, best[i]) ? x[i] : best[i];      \
    }                                                                                              \
    static void N(places##_row)(size_t n, const T *restrict x, INDEX row, T *restrict best,        \
                                INDEX *restrict at) {                                              \
        for (size_t j = 0; j < n; j++) {                                                           \
            bool wins = WINS(x[j], beats, best[j]) & (best[j] == best[j]);                         \
            best[j] = wins ? x[j] : best[j];                                                       \
            at[j] = wins ? row : at[j];                                                            \
        }                                                                                          \
    }                                                                                              \
    static void N(places)(size_t n, size_t rows, size_t stride, const T *x, T *best,               \
                          int64_t *place) {                                                        \
        INDEX at[BLOCK];                                                                           \
        size_t base = 0;                                                                           \
        for (size_t j = 0; j < n; j++) best[j] = x[j], place[j] = 0, at[j] = -1;                   \
        for (size_t k = 1; k < rows; k++) {                                                        \
            N(places##_row)(n, x + k * stride, (INDEX)(k - base), best, at);                       \
            if (k - base < INT32_MAX) continue;                                                    \
            N(note_places)(n, base, at, place);                                                    \
            base = k + 1;                                                                          \
        }                                                                                          \
        N(note_places)(n, base, at, place);                                                        \
    }
EXTREMES(largest, keep_largest, find_largest, >)
EXTREMES(smallest, keep_smallest, find_smallest, <)
#undef EXTREMES
