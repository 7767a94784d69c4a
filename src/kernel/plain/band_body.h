/* Band matrices for one element type; see instantiate.h. Row r of the operand a is a diagonal:
 * a[r][j] is element (r + j - upper, j) of the matrix, which is n x n; what lies outside is not
 * read. Not `left`: the transposed matrix is meant. */

/* Diagonals below the main one of the matrix that is meant; m - 1 less them lie above. */
static inline ptrdiff_t M(band_below)(const tad__sides *s) {
    return s->left ? s->m - 1 - s->upper : s->upper;
}

/* Where element (i, j) lies in a. */
static inline ptrdiff_t M(band_place)(const tad__sides *s, ptrdiff_t i, ptrdiff_t j) {
    return s->left ? (s->upper + i - j) * s->a_row + j * s->a_col
                   : (s->upper + j - i) * s->a_row + i * s->a_col;
}

/* The first column of row i with an element, and the one behind the last. */
static inline ptrdiff_t M(band_first)(const tad__sides *s, ptrdiff_t i) {
    const ptrdiff_t below = M(band_below)(s);
    return i > below ? i - below : 0;
}
static inline ptrdiff_t M(band_end)(const tad__sides *s, ptrdiff_t i) {
    const ptrdiff_t above = s->m - 1 - M(band_below)(s);
    return above < s->n - 1 - i ? i + above + 1 : s->n;
}

/* Rows of m elements from the first one in the band on; zeros follow. */
static inline void M(band_rows)(const tad__sides *s, const T *a, T *rows) {
    for (ptrdiff_t i = 0; i < s->n; i++, rows += s->m) {
        const ptrdiff_t first = M(band_first)(s, i), count = M(band_end)(s, i) - first;
        for (ptrdiff_t c = 0; c < count; c++) rows[c] = a[M(band_place)(s, i, first + c)];
        for (ptrdiff_t c = count; c < s->m; c++) rows[c] = 0;
    }
}

/* Takes row j, from its diagonal on, from a row below, which begins one further on then. */
static inline void M(band_take)(ptrdiff_t m, T f, const T *row, T *other) {
    for (ptrdiff_t c = 1; c < m; c++) other[c - 1] = other[c] - f * row[c];
    other[m - 1] = 0;
}

/* Leaves U in the rows, each from its diagonal on, and L^-1 P^T x in x, n x k. In step j the rows
 * that reach column j begin there. 0: a pivot is 0. */
static inline int M(band_eliminate)(const tad__sides *s, T *rows, T *x) {
    const ptrdiff_t m = s->m, k = s->k, below = M(band_below)(s);
    for (ptrdiff_t j = 0; j < s->n; j++) {
        const ptrdiff_t end = below < s->n - 1 - j ? j + below + 1 : s->n;
        T *const row = rows + j * m;
        ptrdiff_t best = j;
        for (ptrdiff_t i = j + 1; i < end; i++)
            if (M(fabs)(rows[i * m]) > M(fabs)(rows[best * m])) best = i;
        if (best != j) {
            M(swap_rows)(m, row, rows + best * m);
            M(swap_rows)(k, x + j * k, x + best * k);
        }
        if (row[0] == 0) return 0;
        for (ptrdiff_t i = j + 1; i < end; i++) {
            const T f = rows[i * m] / row[0];
            M(band_take)(m, f, row, rows + i * m);
            M(take_row)(k, f, x + j * k, x + i * k);
        }
    }
    return 1;
}

/* work: m x n. */
static inline int M(solve_banded)(const tad__sides *s, const T *a, const T *b, T *x, T *y,
                                  T *work) {
    const ptrdiff_t n = s->n, m = s->m, k = s->k;
    (void)y;
    M(band_rows)(s, a, work);
    M(copy_matrix)(n, k, b, s->b_row, s->b_col, x);
    if (!M(band_eliminate)(s, work, x)) return 0;
    for (ptrdiff_t i = n - 1; i >= 0; i--) {
        const ptrdiff_t count = m < n - i ? m : n - i;
        for (ptrdiff_t c = 1; c < count; c++)
            M(take_row)(k, work[i * m + c], x + (i + c) * k, x + i * k);
        for (ptrdiff_t c = 0; c < k; c++) x[i * k + c] /= work[i * m];
    }
    return 1;
}

/* x = a b */
static inline int M(multiply_banded)(const tad__sides *s, const T *a, const T *b, T *x, T *y,
                                     T *work) {
    (void)y, (void)work;
    for (ptrdiff_t i = 0; i < s->n; i++, x += s->k) {
        const ptrdiff_t end = M(band_end)(s, i);
        for (ptrdiff_t c = 0; c < s->k; c++) x[c] = 0;
        for (ptrdiff_t j = M(band_first)(s, i); j < end; j++) {
            const T f = a[M(band_place)(s, i, j)];
            for (ptrdiff_t c = 0; c < s->k; c++) x[c] += f * b[j * s->b_row + c * s->b_col];
        }
    }
    return 1;
}

/* The diagonals of a b^T, k of them, of which `upper` lie above the main one; a and b are m x n.
 * 0 outside of it. */
static inline int M(band_of_product)(const tad__sides *s, const T *a, const T *b, T *x, T *y,
                                     T *work) {
    (void)y, (void)work;
    for (ptrdiff_t r = 0; r < s->k; r++)
        for (ptrdiff_t j = 0; j < s->m; j++, x++) {
            const ptrdiff_t i = r + j - s->upper;
            *x = 0;
            for (ptrdiff_t c = 0; c < s->n && i >= 0 && i < s->m; c++)
                *x += a[i * s->a_row + c * s->a_col] * b[j * s->b_row + c * s->b_col];
        }
    return 1;
}
