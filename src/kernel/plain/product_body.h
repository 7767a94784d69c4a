/* Matrix products for one element type; see product.h and instantiate.h. */

/* M(name) is taken for a macro call. */
/* clang-format off */

/* All strides count elements. */
struct M(product) {
    ptrdiff_t m, n, k; /* C is m x n, A is m x k, B is k x n */
    const T *a;
    ptrdiff_t a_row, a_col;
    const T *b;
    ptrdiff_t b_row, b_col;
    T *c;
    ptrdiff_t c_row, c_col;
    const T *start; /* NULL: 0 */
    ptrdiff_t start_row, start_col;
    ptrdiff_t block, longer;
    ptrdiff_t left; /* of k, behind the block that this is */
};

/* ---- blocks of k ---- */

static inline void M(product_take)(struct M(product) *one) {
    const ptrdiff_t most = one->block + (one->longer > 0);
    one->k = most < one->left ? most : one->left;
    one->left -= one->k;
    one->longer--;
}

static inline struct M(product) M(product_first)(const struct M(product) *p) {
    struct M(product) one = *p;
    one.left = p->k;
    M(product_take)(&one);
    return one;
}

/* Makes it the next block; false: there is none. */
static inline int M(product_next)(struct M(product) *one) {
    one->a += one->k * one->a_col;
    one->b += one->k * one->b_row;
    one->start = one->c;
    one->start_row = one->c_row;
    one->start_col = one->c_col;
    M(product_take)(one);
    return one->k > 0;
}

/* Columns [j, j + n) of row i. */
static inline void M(product_put)(const struct M(product) *p, ptrdiff_t i, ptrdiff_t j,
                                  ptrdiff_t n, const T *sum) {
    T *c = p->c + i * p->c_row + j * p->c_col;
    if (p->start) {
        const T *start = p->start + i * p->start_row + j * p->start_col;
        for (ptrdiff_t q = 0; q < n; q++) c[q * p->c_col] = sum[q] + start[q * p->start_col];
    } else {
        for (ptrdiff_t q = 0; q < n; q++) c[q * p->c_col] = sum[q];
    }
}

/* ---- by tiles ---- */

/* Adds to the sums of six rows. Where there are fewer, the last is computed again and again. */
static inline void M(product_six)(ptrdiff_t rows, ptrdiff_t depth, const T *a, ptrdiff_t a_row,
                                  ptrdiff_t a_col, const T *b, T *sum) {
    enum { WIDE = TAD__TILE_COLUMNS };
    T s0[WIDE], s1[WIDE], s2[WIDE], s3[WIDE], s4[WIDE], s5[WIDE];
    const ptrdiff_t r1 = rows > 1 ? a_row : 0, r2 = r1 + (rows > 2 ? a_row : 0),
                    r3 = r2 + (rows > 3 ? a_row : 0), r4 = r3 + (rows > 4 ? a_row : 0),
                    r5 = r4 + (rows > 5 ? a_row : 0);
    memcpy(s0, sum, sizeof s0), memcpy(s1, sum + WIDE, sizeof s1);
    memcpy(s2, sum + 2 * WIDE, sizeof s2), memcpy(s3, sum + 3 * WIDE, sizeof s3);
    memcpy(s4, sum + 4 * WIDE, sizeof s4), memcpy(s5, sum + 5 * WIDE, sizeof s5);
    for (; depth > 0; depth--, a += a_col, b += WIDE) {
        const T x0 = a[0], x1 = a[r1], x2 = a[r2], x3 = a[r3], x4 = a[r4], x5 = a[r5];
        for (int j = 0; j < WIDE; j++) {
            const T y = b[j];
            s0[j] += x0 * y, s1[j] += x1 * y, s2[j] += x2 * y;
            s3[j] += x3 * y, s4[j] += x4 * y, s5[j] += x5 * y;
        }
    }
    memcpy(sum, s0, sizeof s0), memcpy(sum + WIDE, s1, sizeof s1);
    memcpy(sum + 2 * WIDE, s2, sizeof s2), memcpy(sum + 3 * WIDE, s3, sizeof s3);
    memcpy(sum + 4 * WIDE, s4, sizeof s4), memcpy(sum + 5 * WIDE, s5, sizeof s5);
}

/* Copies columns of B, row after row without gaps; what a tile has beyond them is 0. */
static inline void M(product_copy)(T *to, const T *b, ptrdiff_t b_row, ptrdiff_t b_col,
                                   ptrdiff_t columns, ptrdiff_t depth) {
    enum { WIDE = TAD__TILE_COLUMNS };
    if (columns == WIDE && b_col == 1) {
        for (ptrdiff_t p = 0; p < depth; p++)
            memcpy(to + p * WIDE, b + p * b_row, WIDE * sizeof *to);
        return;
    }
    for (ptrdiff_t p = 0; p < depth; p++)
        for (ptrdiff_t j = 0; j < WIDE; j++)
            to[p * WIDE + j] = j < columns ? b[p * b_row + j * b_col] : 0;
}

static inline void M(product_panel)(const struct M(product) *p, ptrdiff_t i, ptrdiff_t rows,
                                    ptrdiff_t j, ptrdiff_t columns) {
    enum { WIDE = TAD__TILE_COLUMNS };
    T sum[TAD__PANEL * WIDE], copy[TAD__TILE_DEPTH * WIDE];
    const T *a = p->a + i * p->a_row, *b = p->b + j * p->b_col;
    for (int q = 0; q < TAD__PANEL * WIDE; q++) sum[q] = 0;
    for (ptrdiff_t at = 0; at < p->k; at += TAD__TILE_DEPTH) {
        const ptrdiff_t depth = p->k - at < TAD__TILE_DEPTH ? p->k - at : TAD__TILE_DEPTH;
        M(product_copy)(copy, b + at * p->b_row, p->b_row, p->b_col, columns, depth);
        for (ptrdiff_t r = 0; r < rows; r += 6)
            M(product_six)(rows - r, depth, a + r * p->a_row + at * p->a_col, p->a_row, p->a_col,
                           copy, sum + r * WIDE);
    }
    for (ptrdiff_t r = 0; r < rows; r++) M(product_put)(p, i + r, j, columns, sum + r * WIDE);
}

/* Any product, quickly where it has several rows and columns. */
static inline void M(product_tiles)(const struct M(product) *p) {
    enum { WIDE = TAD__TILE_COLUMNS };
    struct M(product) one = M(product_first)(p);
    do {
        for (ptrdiff_t j = 0; j < p->n; j += WIDE)
            for (ptrdiff_t i = 0; i < p->m; i += TAD__PANEL)
                M(product_panel)(&one, i, p->m - i < TAD__PANEL ? p->m - i : TAD__PANEL, j,
                                 p->n - j < WIDE ? p->n - j : WIDE);
    } while (M(product_next)(&one));
}

/* ---- by rows ---- */

/* The same for few rows, where columns of B are contiguous (b_col 1). */
static inline void M(product_rows)(const struct M(product) *p) {
    enum { WIDE = 4 * TAD__TILE_COLUMNS };
    struct M(product) one = M(product_first)(p);
    do {
        for (ptrdiff_t i = 0; i < p->m; i++)
            for (ptrdiff_t j = 0; j < p->n; j += WIDE) {
                const ptrdiff_t columns = p->n - j < WIDE ? p->n - j : WIDE;
                T sum[WIDE];
                for (int q = 0; q < WIDE; q++) sum[q] = 0;
                for (ptrdiff_t at = 0; at < one.k; at++) {
                    const T x = one.a[i * p->a_row + at * p->a_col], *b = one.b + at * p->b_row + j;
                    if (columns == WIDE)
                        for (int q = 0; q < WIDE; q++) sum[q] += x * b[q];
                    else
                        for (ptrdiff_t q = 0; q < columns; q++) sum[q] += x * b[q];
                }
                M(product_put)(&one, i, j, columns, sum);
            }
    } while (M(product_next)(&one));
}

/* ---- by dots ---- */

/* Adds products of rows of A and a column of B to four times the lanes. Rows that are not there are
 * the last one again. */
static inline void M(product_four)(ptrdiff_t rows, ptrdiff_t depth, const T *a, ptrdiff_t a_row,
                                   const T *b, T *sum) {
    enum { LANES = 16 / sizeof(T) };
    T s0[LANES], s1[LANES], s2[LANES], s3[LANES];
    const T *a1 = a + (rows > 1 ? a_row : 0), *a2 = a1 + (rows > 2 ? a_row : 0),
            *a3 = a2 + (rows > 3 ? a_row : 0);
    ptrdiff_t p = 0;
    memcpy(s0, sum, sizeof s0), memcpy(s1, sum + LANES, sizeof s1);
    memcpy(s2, sum + 2 * LANES, sizeof s2), memcpy(s3, sum + 3 * LANES, sizeof s3);
    for (; p + LANES <= depth; p += LANES)
        for (int q = 0; q < LANES; q++) {
            const T y = b[p + q];
            s0[q] += a[p + q] * y, s1[q] += a1[p + q] * y;
            s2[q] += a2[p + q] * y, s3[q] += a3[p + q] * y;
        }
    for (int q = 0; p < depth; p++, q++) {
        s0[q] += a[p] * b[p], s1[q] += a1[p] * b[p];
        s2[q] += a2[p] * b[p], s3[q] += a3[p] * b[p];
    }
    memcpy(sum, s0, sizeof s0), memcpy(sum + LANES, s1, sizeof s1);
    memcpy(sum + 2 * LANES, s2, sizeof s2), memcpy(sum + 3 * LANES, s3, sizeof s3);
}

/* Adds up lanes in halves. */
static inline T M(product_total)(T *lane) {
    for (int half = 8 / sizeof(T); half; half /= 2)
        for (int q = 0; q < half; q++) lane[q] += lane[q + half];
    return lane[0];
}

/* Lines of n elements where they lie, if these are contiguous, else copied, *apart elements apart.
 */
static inline const T *M(product_lines)(const T *from, ptrdiff_t lines, ptrdiff_t *apart,
                                        ptrdiff_t stride, ptrdiff_t n, T *copy) {
    if (stride == 1) return from;
    for (ptrdiff_t i = 0; i < lines; i++)
        for (ptrdiff_t q = 0; q < n; q++) copy[i * n + q] = from[i * *apart + q * stride];
    *apart = n;
    return copy;
}

/* Four rows of A against a column of B. */
static inline void M(product_strip)(const struct M(product) *p, ptrdiff_t i, ptrdiff_t j) {
    enum { LANES = 16 / sizeof(T), PIECE = 64 };
    const T *a = p->a + i * p->a_row, *b = p->b + j * p->b_col;
    const ptrdiff_t rows = p->m - i < 4 ? p->m - i : 4;
    T sum[4 * LANES] = {0}, copy_a[4 * PIECE], copy_b[PIECE];
    for (ptrdiff_t at = 0; at < p->k; at += PIECE) {
        const ptrdiff_t depth = p->k - at < PIECE ? p->k - at : PIECE;
        ptrdiff_t a_row = p->a_row, alone = 0;
        const T *x = M(product_lines)(a + at * p->a_col, rows, &a_row, p->a_col, depth, copy_a),
                *y = M(product_lines)(b + at * p->b_row, 1, &alone, p->b_row, depth, copy_b);
        M(product_four)(rows, depth, x, a_row, y, sum);
    }
    for (ptrdiff_t r = 0; r < rows; r++) {
        const T total = M(product_total)(sum + r * LANES);
        M(product_put)(p, i + r, j, 1, &total);
    }
}

/* The same where a block is summed in lanes of 16 bytes, step p in lane p % lanes. */
static inline void M(product_dots)(const struct M(product) *p) {
    struct M(product) one = M(product_first)(p);
    do {
        for (ptrdiff_t j = 0; j < p->n; j++)
            for (ptrdiff_t i = 0; i < p->m; i += 4) M(product_strip)(&one, i, j);
    } while (M(product_next)(&one));
}

/* ---- step by step ---- */

/* One element, where no one stride steps through k. */
struct M(running) {
    T sum;     /* of what is closed; at first start */
    int begun; /* there is that */
    ptrdiff_t block, longer;
    int by_lanes;
    ptrdiff_t at; /* within the block */
    T lane[16 / sizeof(T)];
    int closed;
};

static inline void M(running_close)(struct M(running) *s) {
    const T total = M(product_total)(s->lane);
    s->sum = s->begun ? total + s->sum : total;
    s->begun = s->closed = 1;
    s->longer--;
    s->at = 0;
    memset(s->lane, 0, sizeof s->lane);
}

static inline void M(running_add)(struct M(running) *s, T product) {
    const ptrdiff_t lanes = s->by_lanes ? 16 / (ptrdiff_t)sizeof(T) : 1;
    s->lane[s->at % lanes] += product;
    if (++s->at == s->block + (s->longer > 0)) M(running_close)(s);
}

static inline T M(running_end)(struct M(running) *s) {
    if (s->at || !s->closed) M(running_close)(s);
    return s->sum;
}

/* clang-format on */
