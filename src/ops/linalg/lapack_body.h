/* Calls of LAPACK for one element type; see lapack.c and instantiate.h. */

void N(getrf)(const int *m, const int *n, T *a, const int *lda, int *pivot, int *info);
void N(getrs)(const char *trans, const int *n, const int *sides, const T *a, const int *lda,
              const int *pivot, T *b, const int *ldb, int *info LENGTH_OF_WORD);
void N(getri)(const int *n, T *a, const int *lda, const int *pivot, T *work, const int *lwork,
              int *info);
void N(potrf)(const char *uplo, const int *n, T *a, const int *lda, int *info LENGTH_OF_WORD);
void N(geqrf)(const int *m, const int *n, T *a, const int *lda, T *tau, T *work, const int *lwork,
              int *info);
void N(orgqr)(const int *m, const int *n, const int *k, T *a, const int *lda, const T *tau, T *work,
              const int *lwork, int *info);
void N(syevd)(const char *jobz, const char *uplo, const int *n, T *a, const int *lda, T *w, T *work,
              const int *lwork, int *iwork, const int *liwork,
              int *info LENGTH_OF_WORD LENGTH_OF_WORD);
void N(gesdd)(const char *jobz, const int *m, const int *n, T *a, const int *lda, T *s, T *u,
              const int *ldu, T *vt, const int *ldvt, T *work, const int *lwork, int *iwork,
              int *info LENGTH_OF_WORD);
void N(gemm)(const char *transa, const char *transb, const int *m, const int *n, const int *k,
             const T *alpha, const T *a, const int *lda, const T *b, const int *ldb, const T *beta,
             T *c, const int *ldc LENGTH_OF_WORD LENGTH_OF_WORD);

/* ---- operands ---- */

/* Whether no element is infinite or a NaN: 0 times each, summed in 8 lanes. */
static int N(finite)(ptrdiff_t n, const T *x) {
    T lane[8] = {0}, sum = 0;
    ptrdiff_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; k++) lane[k] += x[i + k] * 0;
    for (; i < n; i++) sum += x[i] * 0;
    for (int k = 0; k < 8; k++) sum += lane[k];
    return sum == 0;
}

/* y[k] = x[k apart], n of them. */
static void N(gather)(ptrdiff_t n, const T *restrict x, ptrdiff_t apart, T *restrict y) {
    for (ptrdiff_t k = 0; k < n; k++) y[k] = x[k * apart];
}

/* y = the m x n matrix x, row after row, square by square of what a cache has room for. */
static void N(lay)(ptrdiff_t m, ptrdiff_t n, const T *x, ptrdiff_t row, ptrdiff_t col, T *y) {
    for (ptrdiff_t i = 0; i < m && col == 1; i++)
        memcpy(y + i * n, x + i * row, (size_t)n * sizeof(T));
    for (ptrdiff_t top = 0; top < m && col != 1; top += SIDE)
        for (ptrdiff_t left = 0; left < n; left += SIDE)
            for (ptrdiff_t i = top; i < m && i < top + SIDE; i++) N(gather)
    (n - left < SIDE ? n - left : SIDE, x + i * row + left * col, col, y + i * n + left);
}

/* The operand a, or its transpose, row after row. 0: it is not finite. */
static int N(take)(const tad__sides *s, const T *a, int turned, T *y) {
    if (turned)
        N(lay)(s->n, s->m, a, s->a_col, s->a_row, y);
    else
        N(lay)(s->m, s->n, a, s->a_row, s->a_col, y);
    return N(finite)(s->m * s->n, y);
}

/* y = half of the m x k matrix x + half of the transpose of z, at most a tile; rows and columns of
 * both lie as given, those of y n and 1 apart. */
TAD__EMBEDDED void N(average_tile)(ptrdiff_t m, ptrdiff_t k, const T *x, const T *z, ptrdiff_t row,
                                   ptrdiff_t col, ptrdiff_t n, T *y) {
    T turned[SIDE][SIDE];
    for (ptrdiff_t j = 0; j < k; j++)
        for (ptrdiff_t i = 0; i < m; i++) turned[i][j] = z[j * row + i * col];
    for (ptrdiff_t i = 0; i < m; i++)
        for (ptrdiff_t j = 0; j < k; j++)
            y[i * n + j] = (T)0.5 * x[i * row + j * col] + (T)0.5 * turned[i][j];
}

/* The symmetric part of a in the tiles on and above the diagonal, nothing below them: column by
 * column, the lower triangle. A transpose has the same one. */
static void N(take_symmetric)(const tad__sides *s, const T *a, T *y) {
    const ptrdiff_t n = s->n, row = s->a_row == 1 ? s->a_col : s->a_row,
                    col = s->a_row == 1 ? 1 : s->a_col;
    for (ptrdiff_t top = 0; top < n; top += SIDE)
        for (ptrdiff_t left = top; left < n; left += SIDE) {
            const T *x = a + top * row + left * col, *z = a + left * row + top * col;
            const ptrdiff_t m = n - top < SIDE ? n - top : SIDE,
                            k = n - left < SIDE ? n - left : SIDE;
            if (k == SIDE && col == 1) /* and so is m */
                N(average_tile)(SIDE, SIDE, x, z, row, 1, n, y + top * n + left);
            else
                N(average_tile)(m, k, x, z, row, col, n, y + top * n + left);
        }
}

/* The tile of m rows below the diagonal, and the one above it, become each other's transpose; of a
 * triangle the one above, of which zeros are left. */
TAD__EMBEDDED void N(turn_tiles)(ptrdiff_t n, ptrdiff_t m, T *above, T *below, int triangle) {
    T turned[SIDE][SIDE];
    for (ptrdiff_t i = 0; i < SIDE; i++)
        for (ptrdiff_t j = 0; j < m; j++) turned[j][i] = above[i * n + j];
    for (ptrdiff_t i = 0; i < SIDE; i++)
        for (ptrdiff_t j = 0; j < m; j++) above[i * n + j] = triangle ? 0 : below[j * n + i];
    for (ptrdiff_t j = 0; j < m; j++)
        for (ptrdiff_t i = 0; i < SIDE; i++) below[j * n + i] = turned[j][i];
}

/* The square x becomes its transpose; of a triangle: what is above the diagonal goes below it, and
 * leaves zeros. */
static void N(turn)(ptrdiff_t n, T *x, int triangle) {
    for (ptrdiff_t top = 0; top < n; top += SIDE) {
        const ptrdiff_t m = n - top < SIDE ? n - top : SIDE;
        for (ptrdiff_t left = 0; left < top; left += SIDE) {
            T *const above = x + left * n + top, *const below = x + top * n + left;
            if (m < SIDE)
                N(turn_tiles)(n, m, above, below, triangle);
            else if (triangle)
                N(turn_tiles)(n, SIDE, above, below, 1);
            else
                N(turn_tiles)(n, SIDE, above, below, 0);
        }
        for (ptrdiff_t i = top; i < top + m; i++)
            for (ptrdiff_t j = top; j < i; j++) {
                const T v = x[j * n + i];
                x[j * n + i] = triangle ? 0 : x[i * n + j];
                x[i * n + j] = v;
            }
    }
}

/* ---- elimination: a^T = P L U ---- */

/* 0: a pivot is 0. */
static int N(factor)(ptrdiff_t size, T *a, int *pivot) {
    const int n = (int)size;
    int info;
    N(getrf)(&n, &n, a, &n, pivot, &info);
    return info == 0;
}

/* Sides are solved for n at a time, each a column. */
static int N(lapack_solve)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const int n = (int)s->n;
    T *const columns = work + s->n * s->n;
    int *const pivot = (void *)(columns + s->n * s->n), info;
    (void)y;
    if (!N(take)(s, a, 0, work)) return TAD__LEFT;
    if (!N(factor)(n, work, pivot)) return TAD__REFUSED;
    for (ptrdiff_t first = 0; first < s->k; first += n) {
        const ptrdiff_t rest = s->k - first, count = rest < n ? rest : n;
        const int sides = (int)count;
        N(lay)(count, n, b + first * s->b_col, s->b_col, s->b_row, columns);
        if (!N(finite)(count * n, columns)) return TAD__LEFT;
        N(getrs)(WORD('T'), &n, &sides, work, &n, pivot, columns, &n, &info, 1);
        for (ptrdiff_t i = 0; i < n; i++)
            for (ptrdiff_t j = 0; j < count; j++) x[i * s->k + first + j] = columns[j * n + i];
    }
    return TAD__DONE;
}

static int N(lapack_inverse)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const int n = (int)s->n, room = BLOCK * n;
    int *const pivot = (void *)(work + room), info;
    (void)b, (void)y;
    if (!N(take)(s, a, 0, x)) return TAD__LEFT;
    if (!N(factor)(n, x, pivot)) return TAD__REFUSED;
    N(getri)(&n, x, &n, pivot, work, &room, &info);
    return info == 0;
}

/* The sign of the permutation, 0 of a singular matrix; TAD__LEFT. */
static int N(factor_for_determinant)(const tad__sides *s, const T *a, T *work) {
    int *const pivot = (void *)(work + s->n * s->n), parity = 1;
    if (!N(take)(s, a, 0, work)) return TAD__LEFT;
    if (!N(factor)(s->n, work, pivot)) return 0;
    for (ptrdiff_t i = 0; i < s->n; i++) parity = pivot[i] == i + 1 ? parity : -parity;
    return parity;
}

static int N(lapack_determinant)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const int parity = N(factor_for_determinant)(s, a, work);
    (void)b, (void)y;
    if (parity == TAD__LEFT) return parity;
    *x = (T)parity;
    for (ptrdiff_t i = 0; i < s->n && *x != 0; i++) *x *= work[i * s->n + i];
    return TAD__DONE;
}

static int N(lapack_log_determinant)(const tad__sides *s, const T *a, const T *b, T *x, T *y,
                                     T *work) {
    const int parity = N(factor_for_determinant)(s, a, work);
    (void)b;
    if (parity == TAD__LEFT) return parity;
    *x = (T)parity;
    *y = parity ? 0 : -(T)HUGE_VAL;
    for (ptrdiff_t i = 0; i < s->n && parity; i++) {
        const T pivot = work[i * s->n + i];
        *x = pivot < 0 ? -*x : *x;
        *y += M(log)(M(fabs)(pivot));
    }
    return TAD__DONE;
}

/* Here a itself is factored: rows are exchanged. */
static int N(lapack_lu)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const ptrdiff_t n = s->n;
    int *const pivot = (void *)(work + n * n);
    (void)b;
    if (!N(take)(s, a, 1, work)) return TAD__LEFT;
    N(factor)(n, work, pivot);
    N(lay)(n, n, work, 1, n, x);
    M(set_identity)(n, y);
    for (ptrdiff_t j = 0; j < n; j++)
        if (pivot[j] != j + 1) M(swap_rows)(n, y + j * n, y + (pivot[j] - 1) * n);
    N(turn)(n, y, 0);
    return TAD__DONE;
}

/* ---- reflections ---- */

/* A wide or tall matrix of min(m, n) = k reflections, whose v are left below R. LQ of the
 * transpose, which would need no copies, takes a quarter longer. */
static int N(lapack_qr)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const ptrdiff_t least = s->m < s->n ? s->m : s->n;
    const int m = (int)s->m, n = (int)s->n, k = (int)least, room = BLOCK * (m > n ? m : n);
    T *const tau = work + s->m * s->n, *const blocks = tau + least;
    int info;
    (void)b;
    if (!N(take)(s, a, 1, work)) return TAD__LEFT;
    N(geqrf)(&m, &n, work, &m, tau, blocks, &room, &info);
    N(lay)(least, s->n, work, 1, s->m, y);
    for (ptrdiff_t i = 0; i < least; i++) memset(y + i * n, 0, (size_t)i * sizeof(T));
    N(orgqr)(&m, &k, &k, work, &m, tau, blocks, &room, &info);
    N(lay)(s->m, least, work, 1, s->m, x);
    return TAD__DONE;
}

/* ---- symmetric matrices ---- */

/* Of the upper triangle LAPACK would take a third longer than to leave L^T, which is turned. What
 * is not finite shows on the diagonal. */
static int N(lapack_cholesky)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const int n = (int)s->n;
    int info;
    T sum = 0;
    (void)b, (void)y, (void)work;
    N(take_symmetric)(s, a, x);
    N(potrf)(WORD('L'), &n, x, &n, &info, 1);
    for (ptrdiff_t i = 0; i < n; i++) sum += x[i * n + i] * 0;
    if (info != 0 || sum != 0) return TAD__LEFT;
    N(turn)(n, x, 1);
    return TAD__DONE;
}

/* Values of x; the matrix becomes vectors, where they are wanted, as rows. */
static int N(diagonalize)(const tad__sides *s, const T *a, char wanted, T *x, T *matrix, T *work,
                          ptrdiff_t room) {
    const int n = (int)s->n, size = (int)room, many = 5 * n + 3;
    int info;
    N(take_symmetric)(s, a, matrix);
    for (ptrdiff_t i = 0; i < n; i++)
        if (!N(finite)(n - i, matrix + i * (n + 1))) return TAD__LEFT;
    N(syevd)
    (WORD(wanted), WORD('L'), &n, matrix, &n, x, work, &size, (void *)(work + room), &many, &info,
     1, 1);
    return info == 0 ? TAD__DONE : TAD__LEFT;
}

static int N(lapack_eigenvalues)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const ptrdiff_t n = s->n;
    (void)b, (void)y;
    return N(diagonalize)(s, a, 'N', x, work, work + n * n, (BLOCK + 2) * n);
}

static int N(lapack_eigenvectors)(const tad__sides *s, const T *a, const T *b, T *x, T *y,
                                  T *work) {
    const ptrdiff_t n = s->n;
    (void)b;
    const int done = N(diagonalize)(s, a, 'V', x, y, work, 2 * n * n + (BLOCK + 8) * n);
    if (done != TAD__DONE) return done;
    M(choose_signs)(n, n, y, 0, NULL);
    N(turn)(n, y, 0);
    return TAD__DONE;
}

/* ---- singular values ---- */

/* Of a^T = V w U^T: V as k columns, and U, m x k, as LAPACK sees U^T; `wanted`: 'S', or 'N' for
 * values alone. work: 7 or 2 m x n, and of their sides 2 BLOCK + 16. */
static int N(decompose)(const tad__sides *s, const T *a, char wanted, T *values, T *work, T **u,
                        T **v) {
    const ptrdiff_t all = s->m * s->n, least = s->m < s->n ? s->m : s->n,
                    most = s->m < s->n ? s->n : s->m, vectors = wanted == 'S' ? least : 0;
    const int m = (int)s->m, n = (int)s->n, k = (int)least;
    *v = work + all;
    *u = *v + s->n * vectors;
    int *const places = (void *)(*u + s->m * vectors), info;
    T *const room = *u + s->m * vectors + 8 * least;
    const int size = (int)((wanted == 'S' ? 4 * all : all) + (2 * BLOCK + 7) * most);
    if (!N(take)(s, a, 0, work)) return TAD__LEFT;
    N(gesdd)(WORD(wanted), &n, &m, work, &n, values, *v, &n, *u, &k, room, &size, places, &info, 1);
    return info == 0 ? TAD__DONE : TAD__LEFT;
}

static int N(lapack_singular_values)(const tad__sides *s, const T *a, const T *b, T *x, T *y,
                                     T *work) {
    T *u, *v;
    (void)b, (void)y;
    return N(decompose)(s, a, 'N', x, work, &u, &v);
}

/* U above V; signs are chosen by the one with the shorter columns. */
static int N(lapack_svd)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const ptrdiff_t m = s->m, n = s->n, k = m < n ? m : n;
    T *u, *v;
    (void)b;
    const int done = N(decompose)(s, a, 'S', x, work, &u, &v);
    if (done != TAD__DONE) return done;
    N(lay)(k, m, u, 1, k, work); /* as rows, where a was */
    if (m < n)
        M(choose_signs)(k, m, work, n, v);
    else
        M(choose_signs)(k, n, v, m, work);
    N(lay)(m, k, work, 1, m, y);
    N(lay)(n, k, v, 1, n, y + m * k);
    return TAD__DONE;
}

/* V (1 / w) U^T of the values that count. */
static int N(lapack_pseudo_inverse)(const tad__sides *s, const T *a, const T *b, T *x, T *y,
                                    T *work) {
    const ptrdiff_t least = s->m < s->n ? s->m : s->n, most = s->m < s->n ? s->n : s->m;
    const int m = (int)s->m, n = (int)s->n, k = (int)least;
    T *const values = work + 7 * s->m * s->n + (2 * BLOCK + 16) * most, *u, *v;
    int rank = 0;
    (void)b, (void)y;
    const int done = N(decompose)(s, a, 'S', values, work, &u, &v);
    if (done != TAD__DONE) return done;
    while (rank < k && values[rank] > (T)s->least * values[0]) rank++;
    for (ptrdiff_t r = 0; r < rank; r++)
        for (ptrdiff_t i = 0; i < n; i++) v[r * n + i] /= values[r];
    N(gemm)
    (WORD('T'), WORD('T'), &m, &n, &rank, &(const T){1}, u, &k, v, &n, &(const T){0}, x, &m, 1, 1);
    return TAD__DONE;
}
