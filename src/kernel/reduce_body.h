/* Column sums and extremes for one element type; see instantiate.h. */

static void N(add_row)(size_t n, const T *restrict x, T *restrict y) {
    for (size_t j = 0; j < n; j++) y[j] += x[j];
}

static void N(add_4_rows)(size_t n, const T *restrict x, size_t stride, T *restrict y) {
    const T *x1 = x + stride, *x2 = x1 + stride, *x3 = x2 + stride;
    for (size_t j = 0; j < n; j++) y[j] += (x[j] + x1[j]) + (x2[j] + x3[j]);
}

/* sum[0 .. n) += rows of x, a chunk at a time. */
static void N(add_rows)(size_t rows, size_t n, size_t stride, const T *x, T *sum) {
    T part[BLOCK];
    for (size_t done = 0; done < rows;) {
        size_t end = rows - done < CHUNK ? rows : done + CHUNK;
        memset(part, 0, n * sizeof *part);
        for (; done + 4 <= end; done += 4) N(add_4_rows)(n, x + done * stride, stride, part);
        for (; done < end; done++) N(add_row)(n, x + done * stride, part);
        N(add_row)(n, part, sum);
    }
}

/* Reads a power of two of short rows as one long row, whose sums are folded by halves at the
 * end. */
static void N(narrow)(size_t rows, size_t cols, const T *x, T *y) {
    T sum[4 * NARROW];
    size_t at_once = 1;
    while (2 * at_once * cols <= 4 * NARROW && 8 * at_once <= rows) at_once *= 2;
    size_t n = at_once * cols, whole = rows / at_once, rest = rows % at_once;
    memset(sum, 0, n * sizeof *sum);
    N(add_rows)(whole, n, n, x, sum);
    N(add_row)(rest * cols, x + whole * n, sum);
    for (size_t half = at_once / 2; half; half /= 2)
        N(add_row)(half * cols, sum + half * cols, sum);
    N(add_row)(cols, sum, y);
}

static void N(columns)(size_t rows, size_t cols, size_t stride, const T *x, T *y) {
    if (cols == 0) return;
    if (stride <= NARROW) { /* then cols is stride */
        N(narrow)(rows, cols, x, y);
        return;
    }
    for (size_t j = 0; j < cols; j += BLOCK)
        N(add_rows)(rows, cols - j < BLOCK ? cols - j : BLOCK, stride, x + j, y + j);
}

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
