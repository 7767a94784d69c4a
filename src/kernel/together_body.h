/* Elimination of small matrices for one element type, LANES of them together; see instantiate.h. An
 * element has a row of what it is in each of them. Operations and their order are those of
 * plain/linalg_body.h, and so are the bits. 0: one of the matrices has no result, or a pivot that
 * is 0; all are left to those functions then. */

/* x and y swapped in the lanes that have their pivot in this row. */
static inline void N(swap_lanes)(ptrdiff_t n, T place, const T *pivot, N(row) *restrict x,
                                 N(row) *restrict y) {
    for (ptrdiff_t i = 0; i < n; i++) EACH {
            const T v = x[i][l], w = y[i][l];
            x[i][l] = pivot[l] == place ? w : v;
            y[i][l] = pivot[l] == place ? v : w;
        }
}

/* Of column j the rows whose elements are the largest; whether that is row j in all lanes. */
static inline bool N(find_pivots)(ptrdiff_t n, ptrdiff_t j, N(row) * a, T *pivot) {
    N(row) best, place;
    INDEX others = 0;
    EACH best[l] = M(fabs)(a[j * n + j][l]);
    EACH place[l] = (T)j;
    for (ptrdiff_t i = j + 1; i < n; i++) EACH {
            const T v = M(fabs)(a[i * n + j][l]);
            place[l] = v > best[l] ? (T)i : place[l];
            best[l] = v > best[l] ? v : best[l];
        }
    EACH others |= place[l] == (T)j ? 0 : 1;
    EACH pivot[l] = place[l];
    return others == 0;
}

/* Bit i: a lane has i. */
static inline unsigned N(places_found)(const T *place) {
    unsigned found = 0;
    EACH found |= 1u << (int)place[l];
    return found;
}

static inline void N(bring_pivots)(ptrdiff_t n, ptrdiff_t j, ptrdiff_t k, const T *pivot,
                                   N(row) * a, N(row) * x) {
    const unsigned found = N(places_found)(pivot);
    for (ptrdiff_t i = j + 1; i < n; i++) {
        if (!(found >> i & 1)) continue;
        N(swap_lanes)(n - j, (T)i, pivot, a + j * n + j, a + i * n + j);
        N(swap_lanes)(k, (T)i, pivot, x + j * k, x + i * k);
    }
}

static inline bool N(has_zero)(const T *row) {
    INDEX zero = 0;
    EACH zero |= row[l] == 0 ? 1 : 0;
    return zero != 0;
}

/* As eliminate; the signs of the permutations. */
static inline bool N(eliminate_together)(ptrdiff_t n, N(row) * a, ptrdiff_t k, N(row) * x,
                                         T *sign) {
    N(row) pivot, f;
    EACH sign[l] = 1;
    for (ptrdiff_t j = 0; j < n; j++) {
        N(row) *const row = a + j * n;
        if (!N(find_pivots)(n, j, a, pivot)) {
            N(bring_pivots)(n, j, k, pivot, a, x);
            EACH sign[l] = pivot[l] == (T)j ? sign[l] : -sign[l];
        }
        if (N(has_zero)(row[j])) return false;
        for (ptrdiff_t i = j + 1; i < n; i++) {
            EACH f[l] = a[i * n + j][l] / row[j][l];
            N(take_rows)(n - j - 1, f, row + j + 1, a + i * n + j + 1);
            N(take_rows)(k, f, x + j * k, x + i * k);
        }
    }
    return true;
}

/* As solve_upper, of a diagonal without zeros. */
static inline void N(solve_together)(ptrdiff_t n, N(row) * a, ptrdiff_t k, N(row) * x) {
    for (ptrdiff_t j = n - 1; j >= 0; j--) {
        for (ptrdiff_t i = 0; i < k; i++) EACH x[j * k + i][l] /= a[j * n + j][l];
        for (ptrdiff_t i = 0; i < j; i++) N(take_rows)(k, a[i * n + j], x + j * k, x + i * k);
    }
}

static int N(solve_lanes)(const tad__sides *s, T *matrices, T *sides, T *none, T *work) {
    N(row) *const a = (N(row) *)(void *)matrices, *const x = (N(row) *)(void *)sides, sign;
    (void)none, (void)work;
    if (!N(eliminate_together)(s->n, a, s->k, x, sign)) return 0;
    N(solve_together)(s->n, a, s->k, x);
    return 1;
}

static int N(inverse_lanes)(const tad__sides *s, T *matrices, T *inverses, T *none, T *work) {
    const ptrdiff_t n = s->n;
    N(row) *const a = (N(row) *)(void *)matrices, *const x = (N(row) *)(void *)inverses, sign;
    (void)none, (void)work;
    for (ptrdiff_t i = 0; i < n * n; i++) EACH x[i][l] = i % (n + 1) == 0;
    if (!N(eliminate_together)(n, a, n, x, sign)) return 0;
    N(solve_together)(n, a, n, x);
    return 1;
}

static int N(determinant_lanes)(const tad__sides *s, T *matrices, T *products, T *none, T *work) {
    N(row) *const a = (N(row) *)(void *)matrices;
    (void)none, (void)work;
    if (!N(eliminate_together)(s->n, a, 0, a, products)) return 0;
    for (ptrdiff_t i = 0; i < s->n; i++) EACH products[l] *= a[i * s->n + i][l];
    EACH if (products[l] == 0) return 0; /* what follows a zero is not multiplied */
    return 1;
}

static int N(cholesky_lanes)(const tad__sides *s, T *matrices, T *factors, T *none, T *work) {
    const ptrdiff_t n = s->n;
    N(row) *const a = (N(row) *)(void *)matrices, *const x = (N(row) *)(void *)factors, root;
    (void)none, (void)work;
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = i; j < n; j++)
            EACH x[i * n + j][l] = (T)0.5 * a[j * n + i][l] + (T)0.5 * a[i * n + j][l];
    for (ptrdiff_t j = 0; j < n; j++) {
        N(row) *const row = x + j * n;
        EACH if (row[j][l] <= 0) return 0;
        EACH root[l] = M(sqrt)(row[j][l]);
        for (ptrdiff_t i = j; i < n; i++) EACH row[i][l] /= root[l];
        for (ptrdiff_t i = j + 1; i < n; i++) {
            EACH root[l] = row[i][l];
            N(take_rows)(n - i, root, row + i, x + i * n + i);
        }
    }
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < i; j++) EACH {
                x[i * n + j][l] = x[j * n + i][l];
                x[j * n + i][l] = 0;
            }
    return 1;
}
