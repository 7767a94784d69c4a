/* Column sums for one element type; see instantiate.h. */

static inline void M(add_row)(size_t n, const T *restrict x, T *restrict y) {
    for (size_t j = 0; j < n; j++) y[j] += x[j];
}

static inline void M(add_4_rows)(size_t n, const T *restrict x, size_t stride, T *restrict y) {
    const T *x1 = x + stride, *x2 = x1 + stride, *x3 = x2 + stride;
    for (size_t j = 0; j < n; j++) y[j] += (x[j] + x1[j]) + (x2[j] + x3[j]);
}

/* sum[0 .. n) += rows of x, some of them at a time, in `part`. */
TAD__EMBEDDED void M(add_rows)(size_t rows, size_t n, size_t stride, const T *x, T *part, T *sum) {
    for (size_t done = 0; done < rows;) {
        const size_t end = rows - done < TAD__COLUMN_PART ? rows : done + TAD__COLUMN_PART;
        memset(part, 0, n * sizeof *part);
        for (; done + 4 <= end; done += 4) M(add_4_rows)(n, x + done * stride, stride, part);
        for (; done < end; done++) M(add_row)(n, x + done * stride, part);
        M(add_row)(n, part, sum);
    }
}

/* Reads a power of two of short rows as one long row, whose sums are folded by halves at the
 * end. */
static inline void M(add_short_rows)(size_t rows, size_t cols, const T *x, T *y) {
    T sum[4 * TAD__COLUMNS], part[4 * TAD__COLUMNS];
    size_t at_once = 1;
    while (2 * at_once * cols <= 4 * TAD__COLUMNS && 8 * at_once <= rows) at_once *= 2;
    const size_t n = at_once * cols, whole = rows / at_once, rest = rows % at_once;
    memset(sum, 0, n * sizeof *sum);
    M(add_rows)(whole, n, n, x, part, sum);
    M(add_row)(rest * cols, x + whole * n, sum);
    for (size_t half = at_once / 2; half; half /= 2)
        M(add_row)(half * cols, sum + half * cols, sum);
    M(add_row)(cols, sum, y);
}

/* y[j] += sum over i of x[i stride + j]; `part` has room for the sums of so many columns. */
TAD__EMBEDDED void M(add_columns_by)(size_t rows, size_t cols, size_t stride, const T *x, T *y,
                                     size_t at_once, T *part) {
    if (cols == 0) return;
    if (stride <= TAD__COLUMNS) { /* then cols is stride */
        M(add_short_rows)(rows, cols, x, y);
        return;
    }
    for (size_t j = 0; j < cols; j += at_once)
        M(add_rows)(rows, cols - j < at_once ? cols - j : at_once, stride, x + j, part, y + j);
}

static inline void M(add_columns)(size_t rows, size_t cols, size_t stride, const T *x, T *y) {
    T part[TAD__COLUMN_SUMS];
    M(add_columns_by)(rows, cols, stride, x, y, TAD__COLUMN_SUMS, part);
}
