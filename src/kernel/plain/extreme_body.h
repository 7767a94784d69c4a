/* Largest and smallest numbers for one element type; see instantiate.h. */

/* Whether v takes the place of `best`. Without branches. */
TAD__EMBEDDED int M(is_larger)(T v, T best) { return (v > best) | (v != v); }
TAD__EMBEDDED int M(is_smaller)(T v, T best) { return (v < best) | (v != v); }

/* The first place of v among n numbers, where it is; of a NaN: of any NaN. */
static inline size_t M(find)(size_t n, const T *x, T v) {
    const int nan = v != v;
    size_t i = 0;
    for (; i + TAD__EXTREME_LANES <= n; i += TAD__EXTREME_LANES) {
        INDEX among = 0; /* without branches, until it is among the next ones */
        for (size_t k = 0; k < TAD__EXTREME_LANES; k++)
            among |= (x[i + k] == v) | (nan & (x[i + k] != x[i + k]));
        if (among) break;
    }
    while (nan ? x[i] == x[i] : x[i] != v) i++;
    return i;
}

/* Rows are counted in a type as wide as T, from `base` on; -1: the place known before. */
static inline void M(note_places)(size_t n, size_t base, INDEX *at, int64_t *place) {
    for (size_t j = 0; j < n; j++) {
        if (at[j] >= 0) place[j] = (int64_t)base + at[j];
        at[j] = -1;
    }
}

/* keep: best[i] becomes the better of best[i] and x[i]. places: the best of n columns and its
 * place, `at` has room for n. place_of: of contiguous numbers, of numbers a step apart. */
#define EXTREMES(best_of, keep, places, place_of, beats)                                           \
    static inline T M(best_of)(size_t n, const T *x) {                                             \
        T best[TAD__EXTREME_LANES];                                                                \
        size_t i = 0;                                                                              \
        if (n < 2 * TAD__EXTREME_LANES) {                                                          \
            T b = *x;                                                                              \
            for (i = 1; i < n; i++) b = M(beats)(x[i], b) ? x[i] : b;                              \
            return b;                                                                              \
        }                                                                                          \
        for (size_t k = 0; k < TAD__EXTREME_LANES; k++) best[k] = *x;                              \
        for (; i + TAD__EXTREME_LANES <= n; i += TAD__EXTREME_LANES)                               \
            for (size_t k = 0; k < TAD__EXTREME_LANES; k++)                                        \
                best[k] = M(beats)(x[i + k], best[k]) ? x[i + k] : best[k];                        \
        for (; i < n; i++) best[0] = M(beats)(x[i], best[0]) ? x[i] : best[0];                     \
        for (size_t k = 1; k < TAD__EXTREME_LANES; k++)                                            \
            best[0] = M(beats)(best[k], best[0]) ? best[k] : best[0];                              \
        return best[0];                                                                            \
    }                                                                                              \
    static inline void M(keep)(size_t n, const T *restrict x, T *restrict best) {                  \
        for (size_t i = 0; i < n; i++) best[i] = M(beats)(x[i], best[i]) ? x[i] : best[i];         \
    }                                                                                              \
    static inline void M(places##_row)(size_t n, const T *restrict x, INDEX row, T *restrict best, \
                                       INDEX *restrict at) {                                       \
        for (size_t j = 0; j < n; j++) {                                                           \
            const int wins = M(beats)(x[j], best[j]) & (best[j] == best[j]);                       \
            best[j] = wins ? x[j] : best[j];                                                       \
            at[j] = wins ? row : at[j];                                                            \
        }                                                                                          \
    }                                                                                              \
    TAD__EMBEDDED void M(places)(size_t n, size_t rows, size_t stride, const T *x, T *best,        \
                                 INDEX *at, int64_t *place) {                                      \
        size_t base = 0;                                                                           \
        for (size_t j = 0; j < n; j++) best[j] = x[j], place[j] = 0, at[j] = -1;                   \
        for (size_t k = 1; k < rows; k++) {                                                        \
            M(places##_row)(n, x + k * stride, (INDEX)(k - base), best, at);                       \
            if (k - base < INT32_MAX) continue;                                                    \
            M(note_places)(n, base, at, place);                                                    \
            base = k + 1;                                                                          \
        }                                                                                          \
        M(note_places)(n, base, at, place);                                                        \
    }                                                                                              \
    static inline void M(places##_of)(size_t rows, size_t cols, const T *x, T *value,              \
                                      int64_t *place) {                                            \
        T best[TAD__EXTREME_COLUMNS];                                                              \
        INDEX at[TAD__EXTREME_COLUMNS];                                                            \
        for (size_t j = 0; j < cols; j += TAD__EXTREME_COLUMNS) {                                  \
            const size_t n = cols - j < TAD__EXTREME_COLUMNS ? cols - j : TAD__EXTREME_COLUMNS;    \
            M(places)(n, rows, cols, x + j, value ? value + j : best, at, place + j);              \
        }                                                                                          \
    }                                                                                              \
    static inline size_t M(place_of)(size_t n, const T *x) {                                       \
        return M(find)(n, x, M(best_of)(n, x));                                                    \
    }                                                                                              \
    static inline size_t M(place_of##_apart)(size_t n, const T *x, ptrdiff_t apart) {              \
        const T *best = x;                                                                         \
        size_t place = 0;                                                                          \
        for (size_t i = 1; i < n; i++) {                                                           \
            x += apart;                                                                            \
            if (!(M(beats)(*x, *best) & (*best == *best))) continue;                               \
            best = x;                                                                              \
            place = i;                                                                             \
        }                                                                                          \
        return place;                                                                              \
    }
EXTREMES(largest_number, keep_larger, find_largest, place_of_largest, is_larger)
EXTREMES(smallest_number, keep_smaller, find_smallest, place_of_smallest, is_smaller)
#undef EXTREMES
