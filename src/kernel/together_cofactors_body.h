/* Cofactors of small matrices for one element type, LANES of them together; see instantiate.h, and
 * plain/linalg_body.h, whose operations these are in the same order. */

/* Of what is left from row and column j on, where in each matrix the largest element is. */
static inline void N(find_places)(ptrdiff_t n, ptrdiff_t j, N(row) * a, T *rows, T *columns) {
    N(row) best, row, column;
    EACH best[l] = M(fabs)(a[j * n + j][l]);
    EACH row[l] = column[l] = (T)j;
    for (ptrdiff_t i = j; i < n; i++)
        for (ptrdiff_t k = j; k < n; k++) EACH {
                const T v = M(fabs)(a[i * n + k][l]);
                row[l] = v > best[l] ? (T)i : row[l];
                column[l] = v > best[l] ? (T)k : column[l];
                best[l] = v > best[l] ? v : best[l];
            }
    EACH rows[l] = row[l], columns[l] = column[l];
}

/* Exchanges row (of a column: element `step` further on) j with what each matrix has in `place`. */
static inline void N(exchange)(ptrdiff_t n, ptrdiff_t j, const T *place, ptrdiff_t apart,
                               ptrdiff_t step, N(row) * a, N(row) * order) {
    const unsigned found = N(places_found)(place);
    for (ptrdiff_t i = j + 1; i < n; i++) {
        if (!(found >> i & 1)) continue;
        for (ptrdiff_t k = 0; k < n; k++)
            N(swap_lanes)(1, (T)i, place, a + j * apart + k * step, a + i * apart + k * step);
        N(swap_lanes)(1, (T)i, place, order + j, order + i);
    }
}

/* As factor_completely; false: a pivot is 0. */
static inline bool N(factor_together)(ptrdiff_t n, N(row) * a, N(row) * order, T *sign) {
    N(row) p, q;
    EACH sign[l] = 1;
    for (ptrdiff_t i = 0; i < n; i++) EACH order[i][l] = order[n + i][l] = (T)i;
    for (ptrdiff_t j = 0; j < n; j++) {
        N(row) *const row = a + j * n;
        N(find_places)(n, j, a, p, q);
        N(exchange)(n, j, p, n, 1, a, order);
        N(exchange)(n, j, q, 1, n, a, order + n);
        EACH sign[l] = (p[l] == (T)j) == (q[l] == (T)j) ? sign[l] : -sign[l];
        if (N(has_zero)(row[j])) return false;
        for (ptrdiff_t i = j + 1; i < n; i++) {
            EACH a[i * n + j][l] /= row[j][l];
            N(take_rows)(n - j - 1, a[i * n + j], row + j + 1, a + i * n + j + 1);
        }
        for (ptrdiff_t k = j + 1; k < n; k++) EACH row[k][l] /= row[j][l];
    }
    return true;
}

/* As put_back. */
static inline void N(put_back_together)(ptrdiff_t n, N(row) * a, const T *sign, N(row) * order,
                                        N(row) * g, N(row) * x) {
    for (ptrdiff_t r = 0; r < n; r++)
        for (ptrdiff_t j = n - 1; j > 0; j--) N(take_rows)(j, g[r * n + j], a + j * n, g + r * n);
    for (ptrdiff_t j = n - 1; j > 0; j--)
        for (ptrdiff_t i = 0; i < j; i++) N(take_rows)(n, a[i * n + j], g + j * n, g + i * n);
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < n; j++) EACH {
                const ptrdiff_t to = (ptrdiff_t)order[i][l] * n + (ptrdiff_t)order[n + j][l];
                x[to][l] = sign[l] * g[j * n + i][l];
            }
}

static int N(cofactors_lanes)(const tad__sides *s, T *matrices, T *results, T *none, T *work) {
    const ptrdiff_t n = s->n;
    N(row) *const a = (N(row) *)(void *)matrices, *const x = (N(row) *)(void *)results;
    N(row) *const g = (N(row) *)(void *)work, *const order = g + n * n, sign;
    (void)none;
    if (!N(factor_together)(n, a, order, sign)) return 0;
    for (ptrdiff_t i = 0; i < n * n; i++) EACH g[i][l] = i % (n + 1) == 0;
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t k = 0; k < n; k++)
            if (k != i) EACH g[i * n + i][l] *= a[k * n + k][l];
    N(put_back_together)(n, a, sign, order, g, x);
    return 1;
}
