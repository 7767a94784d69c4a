/* One to four columns, too few for a vector, of a matrix product; part of gemm_body.h. Dots have
 * lanes along k, fans along the rows. */

/* N(name) is taken for a macro call. */
/* clang-format off */

static T *N(aligned)(void *workspace) {
    return (T *)(((uintptr_t)workspace + LINE - 1) / LINE * LINE);
}

/* A product with at most NARROW columns, all strides free: the columns left over at the right of
 * C, or, transposed, the rows of a very flat C. */
struct N(narrow) {
    size_t m, n, k;
    const T *a; ptrdiff_t a_row, a_col;
    const T *b; ptrdiff_t b_row, b_col;
    T *c; ptrdiff_t c_row, c_col;
    const T *start; ptrdiff_t start_row, start_col;
};

static void N(put)(const struct N(narrow) *g, size_t i, size_t j, T sum) {
    ptrdiff_t row = (ptrdiff_t)i, column = (ptrdiff_t)j;
    if (g->start) sum += g->start[row * g->start_row + column * g->start_col];
    g->c[row * g->c_row + column * g->c_col] = sum;
}

static __attribute__((noinline)) void N(put_apart)(const struct N(narrow) *g, size_t row, size_t j,
                                                   vec sum, size_t count) {
    T lane[LANES];
    memcpy(lane, &sum, sizeof sum);
    for (size_t i = 0; i < count; i++) N(put)(g, row + i, j, lane[i]);
}

/* Stores lanes along the rows, as a vector where rows are neighbours. */
static inline __attribute__((always_inline)) void N(put_lanes)(const struct N(narrow) *g,
                                                               size_t row, size_t j, vec sum,
                                                               size_t count) {
    if (g->c_row == 1 && (!g->start || g->start_row == 1)) {
        const T *start = g->start ? g->start + row + (ptrdiff_t)j * g->start_col : NULL;
        N(finish)(g->c + row + (ptrdiff_t)j * g->c_col, start, sum, 0, mask_first(count));
        return;
    }
    N(put_apart)(g, row, j, sum, count);
}

/* Elements of C from the sums of their lanes, which come column by column, zeros behind them up to
 * a multiple of LANES. Out of line: a whole tile of these adds up a good deal of code. */
static __attribute__((noinline)) void N(put_totals)(const struct N(narrow) *g, size_t row, int rows,
                                                    int columns, vec *sum) {
    for (int first = 0; first < rows * columns; first += (int)LANES) {
        T lane[LANES];
        vec all = N(totals)(sum + first);
        memcpy(lane, &all, sizeof lane);
        for (int i = first; i < first + (int)LANES && i < rows * columns; i++)
            N(put)(g, row + (size_t)(i % rows), (size_t)(i / rows), lane[i - first]);
    }
}

/* Lanes along k: rows of A against columns of B, both contiguous (a_col = b_row = 1). */
static inline __attribute__((always_inline)) void N(sum_dots)(const struct N(narrow) *g, size_t row,
                                                              int rows, int columns) {
    const T *a = g->a + (ptrdiff_t)row * g->a_row, *b = g->b;
    const int lanes = (int)LANES, sums = (rows * columns + lanes - 1) / lanes * lanes;
    vec sum[16]; /* column by column */
#pragma GCC unroll 16
    for (int i = 0; i < sums; i++) sum[i] = (vec){0};
    for (size_t p = 0; p < g->k; p += LANES) {
        size_t some = least_of(g->k - p, LANES);
        vec y[4];
#pragma GCC unroll 4
        for (int j = 0; j < columns; j++) y[j] = N(load_first)(b + j * g->b_col + p, some);
#pragma GCC unroll 16
        for (int i = 0; i < rows; i++) {
            vec x = N(load_first)(a + i * g->a_row + p, some);
#pragma GCC unroll 4
            for (int j = 0; j < columns; j++)
                sum[j * rows + i] = fma(x, y[j], sum[j * rows + i]);
        }
    }
    if (rows == lanes)
        N(put_lanes)(g, row, 0, N(totals)(sum), LANES);
    else
        N(put_totals)(g, row, rows, columns, sum);
}

/* One column, k of so many vectors: these stay in registers while the rows go by. Gives the row
 * behind the last. */
static inline __attribute__((always_inline)) size_t N(short_dots)(const struct N(narrow) *g,
                                                                  size_t row, size_t end,
                                                                  int vecs) {
    mask last = mask_first(g->k - (size_t)(vecs - 1) * LANES);
    vec y[4];
#pragma GCC unroll 4
    for (int p = 0; p < vecs; p++)
        y[p] = p + 1 < vecs ? N(load)(g->b + (size_t)p * LANES)
                            : load_part(g->b + (size_t)p * LANES, last);
    for (; row + LANES <= end; row += LANES) {
        const T *a = g->a + (ptrdiff_t)row * g->a_row;
        vec sum[LANES];
#pragma GCC unroll 16
        for (int i = 0; i < (int)LANES; i++, a += g->a_row) {
            sum[i] = (vec){0};
#pragma GCC unroll 4
            for (int p = 0; p < vecs; p++) {
                const T *x = a + (size_t)p * LANES;
                sum[i] = fma(p + 1 < vecs ? N(load)(x) : load_part(x, last), y[p], sum[i]);
            }
        }
        N(put_lanes)(g, row, 0, N(totals)(sum), LANES);
    }
    return row;
}

/* One column; gives the row behind the last that fills a vector of rows. */
static size_t N(column_dots)(const struct N(narrow) *g, size_t row, size_t end) {
    switch ((g->k + LANES - 1) / LANES) {
    case 1: return N(short_dots)(g, row, end, 1);
    case 2: return N(short_dots)(g, row, end, 2);
    case 3: return N(short_dots)(g, row, end, 3);
    case 4: return N(short_dots)(g, row, end, 4);
    }
    for (; row + LANES <= end; row += LANES) N(sum_dots)(g, row, (int)LANES, 1);
    return row;
}

static void N(dots)(const struct N(narrow) *g, size_t row, size_t end) {
    if (g->n == 1) row = N(column_dots)(g, row, end);
    for (; row + 4 <= end; row += 4) switch (g->n) {
        case 1: N(sum_dots)(g, row, 4, 1); break;
        case 2: N(sum_dots)(g, row, 4, 2); break;
        case 3: N(sum_dots)(g, row, 4, 3); break;
        default: N(sum_dots)(g, row, 4, 4);
        }
    for (; row < end; row++) switch (g->n) {
        case 1: N(sum_dots)(g, row, 1, 1); break;
        case 2: N(sum_dots)(g, row, 1, 2); break;
        case 3: N(sum_dots)(g, row, 1, 3); break;
        default: N(sum_dots)(g, row, 1, 4);
        }
}

/* Dots over runs of k, with a contiguous copy of each run of B. */
static void N(dots_by_runs)(const struct N(narrow) *g, size_t row, size_t end, T *copy) {
    struct N(narrow) run = *g;
    for (size_t p = 0; p < g->k; p += run.k) {
        run.k = least_of(g->k - p, DOT_DEPTH);
        run.a = g->a + p;
        run.b = copy;
        run.b_col = (ptrdiff_t)run.k;
        for (size_t j = 0; j < g->n; j++)
            for (size_t q = 0; q < run.k; q++)
                copy[j * run.k + q] =
                    g->b[(ptrdiff_t)(p + q) * g->b_row + (ptrdiff_t)j * g->b_col];
        N(dots)(&run, row, end);
        run.start = g->c;
        run.start_row = g->c_row;
        run.start_col = g->c_col;
    }
}

/* Lanes along the rows: contiguous columns of A (a_row = 1) fanned out by elements of B. */
static inline __attribute__((always_inline)) void N(sum_fan)(const struct N(narrow) *g, size_t row,
                                                             int vecs, int columns, size_t count) {
    mask last = mask_first(count); /* of the only vector, or of every one */
    const T *a = g->a + row, *b = g->b;
    ptrdiff_t b_col = g->b_col;
    vec sum[4][4];
#pragma GCC unroll 4
    for (int i = 0; i < vecs; i++)
#pragma GCC unroll 4
        for (int j = 0; j < columns; j++) sum[i][j] = (vec){0};
    for (size_t p = g->k; p; p--, a += g->a_col, b += g->b_row) {
        vec x[4];
#pragma GCC unroll 4
        for (int i = 0; i < vecs; i++)
            x[i] = vecs > 1 ? N(load)(a + (size_t)i * LANES) : load_part(a, last);
#pragma GCC unroll 4
        for (int j = 0; j < columns; j++) {
            vec y = b[j * b_col] - (vec){0};
#pragma GCC unroll 4
            for (int i = 0; i < vecs; i++) sum[i][j] = fma(x[i], y, sum[i][j]);
        }
    }
#pragma GCC unroll 4
    for (int i = 0; i < vecs; i++)
#pragma GCC unroll 4
        for (int j = 0; j < columns; j++)
            N(put_lanes)(g, row + (size_t)i * LANES, (size_t)j, sum[i][j], count);
}

static void N(fans)(const struct N(narrow) *g, size_t row, size_t end) {
    for (; row + 4 * LANES <= end; row += 4 * LANES) switch (g->n) {
        case 1: N(sum_fan)(g, row, 4, 1, LANES); break;
        case 2: N(sum_fan)(g, row, 4, 2, LANES); break;
        case 3: N(sum_fan)(g, row, 4, 3, LANES); break;
        default: N(sum_fan)(g, row, 4, 4, LANES);
        }
    for (; row < end; row += LANES) {
        size_t count = least_of(end - row, LANES);
        switch (g->n) {
        case 1: N(sum_fan)(g, row, 1, 1, count); break;
        case 2: N(sum_fan)(g, row, 1, 2, count); break;
        case 3: N(sum_fan)(g, row, 1, 3, count); break;
        default: N(sum_fan)(g, row, 1, 4, count);
        }
    }
}

/* The same with columns of A that lie far apart: few at a time, to read memory along them. */
static void N(fans_by_runs)(const struct N(narrow) *g, size_t row, size_t end) {
    struct N(narrow) run = *g;
    for (size_t p = 0; p < g->k; p += FAN_DEPTH) {
        run.k = least_of(g->k - p, FAN_DEPTH);
        run.a = g->a + (ptrdiff_t)p * g->a_col;
        run.b = g->b + (ptrdiff_t)p * g->b_row;
        N(fans)(&run, row, end);
        run.start = g->c;
        run.start_row = g->c_row;
        run.start_col = g->c_col;
    }
}

/* How far apart in memory the neighbours along the strided dimension lie. */
static size_t N(leap)(ptrdiff_t row, ptrdiff_t column) {
    ptrdiff_t step = row == 1 ? column : row;
    return (size_t)(step < 0 ? -step : step) * sizeof(T);
}

/* Whether dots or fans beat mostly empty tiles: a short k does not pay for adding up the lanes. */
static int N(narrow_pays)(size_t columns, size_t k, ptrdiff_t a_row, ptrdiff_t a_col) {
    if (a_row == 1) return k >= 8;
    return a_col == 1 && k >= (columns == 1 ? SHORTEST_DOT : 40 * columns);
}

/* Fans or dots (by lanes), and how long their runs are. */
static tad__gemm_sums N(narrow_sums)(size_t k, ptrdiff_t a_row, ptrdiff_t a_col, ptrdiff_t b_row) {
    tad__gemm_sums sums = {k, 0, a_row != 1};
    if (a_row == 1 && k > FAN_DEPTH && N(leap)(a_row, a_col) >= PACK_LEAP) sums.block = FAN_DEPTH;
    if (a_row != 1 && b_row != 1) sums.block = DOT_DEPTH;
    return sums;
}

static void N(run_narrow)(const struct N(narrow) *g, size_t row, size_t end, void *workspace) {
    if (row == end) return;
    const tad__gemm_sums sums = N(narrow_sums)(g->k, g->a_row, g->a_col, g->b_row);
    if (sums.by_lanes && g->b_row == 1)
        N(dots)(g, row, end);
    else if (sums.by_lanes)
        N(dots_by_runs)(g, row, end, N(aligned)(workspace));
    else if (sums.block < g->k)
        N(fans_by_runs)(g, row, end);
    else
        N(fans)(g, row, end);
}

static struct N(narrow) N(right_columns)(const tad__gemm *g, size_t column) {
    const T *b = g->b, *start = g->start;
    return (struct N(narrow)){
        g->m, g->n - column, g->k, g->a, g->a_row, g->a_col,
        b + (ptrdiff_t)column * g->b_col, g->b_row, g->b_col,
        (T *)g->c + column, g->c_row, 1,
        start ? start + column : NULL, g->start_row, 1};
}

/* C' = S' + B' A': the rows of C as columns. */
static struct N(narrow) N(transposed)(const tad__gemm *g) {
    return (struct N(narrow)){g->n, g->m, g->k, g->b, g->b_col, g->b_row, g->a, g->a_col, g->a_row,
                              g->c, 1, g->c_row, g->start, 1, g->start_row};
}

/* clang-format on */
