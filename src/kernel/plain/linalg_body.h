/* Elimination for one element type; see instantiate.h. Functions that ops call have the sides of a
 * call, its operands, two results and room to work; they return 0 where there is no result. */

/* ---- rows ---- */

static inline void M(copy_matrix)(ptrdiff_t m, ptrdiff_t n, const T *x, ptrdiff_t row,
                                  ptrdiff_t col, T *y) {
    for (ptrdiff_t i = 0; i < m; i++)
        for (ptrdiff_t j = 0; j < n; j++) y[i * n + j] = x[i * row + j * col];
}

static inline void M(set_identity)(ptrdiff_t n, T *y) {
    for (ptrdiff_t i = 0; i < n * n; i++) y[i] = 0;
    for (ptrdiff_t i = 0; i < n; i++) y[i * n + i] = 1;
}

/* y -= f x; x and y, which are apart, swapped. */
static inline void M(take_row)(ptrdiff_t n, T f, const T *x, T *y) {
    for (ptrdiff_t i = 0; i < n; i++) y[i] -= f * x[i];
}

static inline void M(swap_rows)(ptrdiff_t n, T *x, T *y) {
    for (ptrdiff_t i = 0; i < n; i++) {
        const T v = x[i];
        x[i] = y[i];
        y[i] = v;
    }
}

/* ---- triangles ---- */

/* t y = x in the place of x, n x k, with row after row: those done are taken from the others. Of
 * unit: the diagonal is ones. 0: an element of it is 0. */
static inline int M(solve_upper)(ptrdiff_t n, const T *t, int unit, ptrdiff_t k, T *x) {
    for (ptrdiff_t j = n - 1; j >= 0; j--) {
        T *y = x + j * k;
        if (!unit && t[j * n + j] == 0) return 0;
        for (ptrdiff_t i = 0; i < k && !unit; i++) y[i] /= t[j * n + j];
        for (ptrdiff_t i = 0; i < j; i++) M(take_row)(k, t[i * n + j], y, x + i * k);
    }
    return 1;
}

static inline int M(solve_lower)(ptrdiff_t n, const T *t, int unit, ptrdiff_t k, T *x) {
    for (ptrdiff_t j = 0; j < n; j++) {
        T *y = x + j * k;
        if (!unit && t[j * n + j] == 0) return 0;
        for (ptrdiff_t i = 0; i < k && !unit; i++) y[i] /= t[j * n + j];
        for (ptrdiff_t i = j + 1; i < n; i++) M(take_row)(k, t[i * n + j], y, x + i * k);
    }
    return 1;
}

/* y t = x in the place of x, k x n. */
static inline int M(solve_before)(ptrdiff_t n, const T *t, int upper, int unit, ptrdiff_t k, T *x) {
    for (ptrdiff_t j = 0; j < n && !unit; j++)
        if (t[j * n + j] == 0) return 0;
    for (ptrdiff_t r = 0; r < k; r++) {
        T *y = x + r * n;
        for (ptrdiff_t at = 0; at < n; at++) {
            const ptrdiff_t j = upper ? at : n - 1 - at, from = upper ? j + 1 : 0;
            if (!unit) y[j] /= t[j * n + j];
            M(take_row)(upper ? n - from : j, y[j], t + j * n + from, y + from);
        }
    }
    return 1;
}

/* work: n x n. */
static inline int M(solve_triangular)(const tad__sides *s, const T *a, const T *b, T *x, T *y,
                                      T *work) {
    const ptrdiff_t n = s->n, k = s->k;
    (void)y;
    M(copy_matrix)(n, n, a, s->a_row, s->a_col, work);
    if (!s->left) {
        M(copy_matrix)(k, n, b, s->b_row, s->b_col, x);
        return M(solve_before)(n, work, s->upper, s->unit, k, x);
    }
    M(copy_matrix)(n, k, b, s->b_row, s->b_col, x);
    return s->upper ? M(solve_upper)(n, work, s->unit, k, x)
                    : M(solve_lower)(n, work, s->unit, k, x);
}

/* ---- Gaussian elimination ---- */

/* Of column j the row from j on whose element is the largest. */
static inline ptrdiff_t M(pivot_row)(ptrdiff_t n, ptrdiff_t j, const T *a) {
    ptrdiff_t best = j;
    for (ptrdiff_t i = j + 1; i < n; i++)
        if (M(fabs)(a[i * n + j]) > M(fabs)(a[best * n + j])) best = i;
    return best;
}

/* Leaves U of a = P L U in its upper triangle, and L^-1 P^T x in x, n x k. The sign of the
 * permutation; 0: a pivot is 0. */
static inline int M(eliminate)(ptrdiff_t n, T *a, ptrdiff_t k, T *x) {
    int parity = 1;
    for (ptrdiff_t j = 0; j < n; j++) {
        const ptrdiff_t p = M(pivot_row)(n, j, a);
        T *const row = a + j * n;
        if (p != j) {
            M(swap_rows)(n - j, row + j, a + p * n + j);
            M(swap_rows)(k, x + j * k, x + p * k);
            parity = -parity;
        }
        if (row[j] == 0) return 0;
        for (ptrdiff_t i = j + 1; i < n; i++) {
            const T f = a[i * n + j] / row[j];
            M(take_row)(n - j - 1, f, row + j + 1, a + i * n + j + 1);
            M(take_row)(k, f, x + j * k, x + i * k);
        }
    }
    return parity;
}

/* work of these: n x n. */
static inline int M(solve)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    (void)y;
    M(copy_matrix)(s->n, s->n, a, s->a_row, s->a_col, work);
    M(copy_matrix)(s->n, s->k, b, s->b_row, s->b_col, x);
    return M(eliminate)(s->n, work, s->k, x) != 0 && M(solve_upper)(s->n, work, 0, s->k, x);
}

static inline int M(inverse)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    (void)b, (void)y;
    M(copy_matrix)(s->n, s->n, a, s->a_row, s->a_col, work);
    M(set_identity)(s->n, x);
    return M(eliminate)(s->n, work, s->n, x) != 0 && M(solve_upper)(s->n, work, 0, s->n, x);
}

static inline int M(determinant)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    (void)b, (void)y;
    M(copy_matrix)(s->n, s->n, a, s->a_row, s->a_col, work);
    T product = (T)M(eliminate)(s->n, work, 0, x);
    for (ptrdiff_t i = 0; i < s->n && product != 0; i++) product *= work[i * s->n + i];
    *x = product;
    return 1;
}

/* The sign of the determinant in x, the logarithm of its magnitude in y. */
static inline int M(log_determinant)(const tad__sides *s, const T *a, const T *b, T *x, T *y,
                                     T *work) {
    (void)b;
    M(copy_matrix)(s->n, s->n, a, s->a_row, s->a_col, work);
    *x = (T)M(eliminate)(s->n, work, 0, x);
    *y = *x == 0 ? -(T)HUGE_VAL : 0;
    for (ptrdiff_t i = 0; i < s->n && *x != 0; i++) {
        const T pivot = work[i * s->n + i];
        *x = pivot < 0 ? -*x : pivot > 0 ? *x : pivot;
        *y += M(log)(M(fabs)(pivot));
    }
    return 1;
}

/* ---- with complete pivoting: P a Q = L D U with ones on the diagonals of L and U ---- */

/* The largest element of what is left from row and column j on. */
static inline ptrdiff_t M(pivot_place)(ptrdiff_t n, ptrdiff_t j, const T *a) {
    ptrdiff_t best = j * n + j;
    for (ptrdiff_t i = j; i < n; i++)
        for (ptrdiff_t k = j; k < n; k++)
            if (M(fabs)(a[i * n + k]) > M(fabs)(a[best])) best = i * n + k;
    return best;
}

/* Brings element `place` to row and column j, with row i and column i of order and order + n. */
static inline int M(bring_pivot)(ptrdiff_t n, ptrdiff_t j, ptrdiff_t place, T *a, T *order) {
    const ptrdiff_t p = place / n, q = place % n;
    if (p != j) {
        M(swap_rows)(n, a + j * n, a + p * n);
        M(swap_rows)(1, order + j, order + p);
    }
    for (ptrdiff_t i = 0; i < n && q != j; i++) M(swap_rows)(1, a + i * n + j, a + i * n + q);
    if (q != j) M(swap_rows)(1, order + n + j, order + n + q);
    return (p != j) == (q != j) ? 1 : -1;
}

/* L below the diagonal of a, D on it, U above; row i of a was order[i], column i order[n + i]. The
 * sign of both permutations. From a zero pivot on nothing is left, and nothing divided. */
static inline T M(factor_completely)(ptrdiff_t n, T *a, T *order) {
    int parity = 1;
    for (ptrdiff_t i = 0; i < n; i++) order[i] = order[n + i] = (T)i;
    for (ptrdiff_t j = 0; j < n; j++) {
        parity *= M(bring_pivot)(n, j, M(pivot_place)(n, j, a), a, order);
        T *const row = a + j * n;
        if (row[j] == 0) break;
        for (ptrdiff_t i = j + 1; i < n; i++) {
            a[i * n + j] /= row[j];
            M(take_row)(n - j - 1, a[i * n + j], row + j + 1, a + i * n + j + 1);
        }
        for (ptrdiff_t k = j + 1; k < n; k++) row[k] /= row[j];
    }
    return (T)parity;
}

/* The product of the pivots but those of rows i and j. */
static inline T M(pivots_but)(ptrdiff_t n, const T *a, ptrdiff_t i, ptrdiff_t j) {
    T product = 1;
    for (ptrdiff_t k = 0; k < n; k++) product *= k == i || k == j ? 1 : a[k * n + k];
    return product;
}

/* x^T as it was before the permutations: x = (L^-T g U^-T)^T of the permuted matrix, given g^T. */
static inline void M(put_back)(ptrdiff_t n, const T *a, T parity, const T *order, T *g, T *x) {
    M(solve_before)(n, a, 0, 1, n, g);
    M(solve_upper)(n, a, 1, n, g);
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < n; j++)
            x[(ptrdiff_t)order[i] * n + (ptrdiff_t)order[n + j]] = parity * g[j * n + i];
}

/* The cofactors of a: derivatives of its determinant, right where it is singular too. With a = X D
 * Y they are X^-T cof(D) Y^-T times det X det Y. work: 2 n x n, 2 n. */
static inline int M(cofactors)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const ptrdiff_t n = s->n;
    T *const g = work + n * n, *const order = g + n * n;
    (void)b, (void)y;
    M(copy_matrix)(n, n, a, s->a_row, s->a_col, work);
    const T parity = M(factor_completely)(n, work, order);
    M(set_identity)(n, g);
    for (ptrdiff_t i = 0; i < n; i++) g[i * n + i] = M(pivots_but)(n, work, i, i);
    M(put_back)(n, work, parity, order, g, x);
    return 1;
}

/* What the cofactors change by when a does by b. With b = X F Y: of cof(D + F) what F has a part in
 * once. work: 3 n x n, 2 n. */
static inline int M(cofactor_slope)(const tad__sides *s, const T *a, const T *b, T *x, T *y,
                                    T *work) {
    const ptrdiff_t n = s->n;
    T *const f = work + n * n, *const g = f + n * n, *const order = g + n * n;
    (void)y;
    M(copy_matrix)(n, n, a, s->a_row, s->a_col, work);
    const T parity = M(factor_completely)(n, work, order);
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < n; j++)
            f[i * n + j] = b[(ptrdiff_t)order[i] * s->b_row + (ptrdiff_t)order[n + j] * s->b_col];
    M(solve_lower)(n, work, 1, n, f);
    M(solve_before)(n, work, 1, 1, n, f);
    for (ptrdiff_t i = 0; i < n * n; i++) g[i] = 0;
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < n; j++) {
            if (i == j) continue;
            const T but = M(pivots_but)(n, work, i, j);
            g[i * n + j] = -but * f[i * n + j];
            g[i * n + i] += but * f[j * n + j];
        }
    M(put_back)(n, work, parity, order, g, x);
    return 1;
}

/* ---- symmetric matrices ---- */

static inline void M(copy_symmetric)(const tad__sides *s, const T *a, T *y) {
    for (ptrdiff_t i = 0; i < s->n; i++)
        for (ptrdiff_t j = 0; j <= i; j++)
            y[i * s->n + j] = y[j * s->n + i] =
                (T)0.5 * a[i * s->a_row + j * s->a_col] + (T)0.5 * a[j * s->a_row + i * s->a_col];
}

/* L of a = L L^T. Row after row of L^T, then it is transposed. */
static inline int M(cholesky)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const ptrdiff_t n = s->n;
    (void)b, (void)y, (void)work;
    M(copy_symmetric)(s, a, x);
    for (ptrdiff_t j = 0; j < n; j++) {
        T *const row = x + j * n;
        if (row[j] <= 0) return 0;
        const T root = M(sqrt)(row[j]);
        for (ptrdiff_t i = j; i < n; i++) row[i] /= root;
        for (ptrdiff_t i = j + 1; i < n; i++) M(take_row)(n - i, row[i], row + i, x + i * n + i);
    }
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < i; j++) {
            x[i * n + j] = x[j * n + i];
            x[j * n + i] = 0;
        }
    return 1;
}

/* x with a x = b for a tridiagonal a, by elimination without exchanges: 0 for a pivot of 0.
 * `apart`: how far elements of what is below, on and above the diagonal, and of b, lie from each
 * other. room: n. */
static inline int M(tridiagonal)(ptrdiff_t n, const ptrdiff_t *apart, const T *below, const T *on,
                                 const T *above, const T *b, T *x, T *room) {
    T before = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        const T left = i > 0 ? below[(i - 1) * apart[0]] : 0;
        const T pivot = on[i * apart[1]] - (i > 0 ? left * room[i - 1] : 0);
        if (pivot == 0) return 0;
        room[i] = i + 1 < n ? above[i * apart[2]] / pivot : 0;
        before = x[i] = (b[i * apart[3]] - left * before) / pivot;
    }
    for (ptrdiff_t i = n - 2; i >= 0; i--) x[i] -= room[i] * x[i + 1];
    return 1;
}
